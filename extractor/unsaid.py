"""Texts that only say that nothing is stated: 'N/A', 'not mentioned in the text', 未提及."""

from __future__ import annotations

import re
from typing import Any

_LONGEST = 200  # characters
_UNSAID = re.compile(
    r"[Nn]ull|NULL|None|NONE|nil|N/A|n/a|[-–—]"
    r"|[Nn]ot (?:stated|mentioned|provided|specified|given)"
    r"(?: in the (?:text|document|source|article|passage|input))?\.?"
    r"|(?:文中|原文|文本中)?未(?:提及|提供|说明)。?"
)


def is_unsaid(text: str) -> bool:
    """Whether a text can only say that nothing is stated, and is no value: 'N/A' → True; 'unknown', 'none' → False."""
    return len(text) <= _LONGEST and bool(_UNSAID.fullmatch(text.strip()))


def has_unsaid(value: Any) -> bool:
    """Whether a text in a value says that nothing is stated."""
    if isinstance(value, dict | list):
        return any(map(has_unsaid, value.values() if isinstance(value, dict) else value))
    return isinstance(value, str) and is_unsaid(value)
