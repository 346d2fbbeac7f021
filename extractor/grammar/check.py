"""llguidance, the embedded version, asked whether it takes a grammar."""

from __future__ import annotations


def check(grammar: str) -> str | None:
    """Compile a grammar with the embedded version of llguidance: None, or what it has against it (one line)."""
    from llguidance import LLMatcher  # a compiled library, needed by few commands

    fault: str = LLMatcher.validate_grammar(grammar)
    return fault.strip().partition("\n")[0] or None
