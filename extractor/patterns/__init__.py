r"""One regular expression, three engines: what the schema says, what Python checks, what the decoder holds.

A pattern of a JSON Schema is ECMA-262, one of a Pydantic class is in the syntax of Rust's `regex`. Both are parsed here
and written again in a form that means the same everywhere: `\d` as `[0-9]` where it is ASCII, say. Python's own
syntax (`\Z`, `(?P<n>…)`, `(?i)`) is common in schemas, and is read as it is meant.

Reading order: this file; `tree`; `characters` and `reading` (a pattern → a tree); `writing` (a tree → each engine);
`automaton` (how large it gets).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from extractor.patterns.automaton import MOST as MOST_STATES
from extractor.patterns.automaton import states
from extractor.patterns.characters import PatternError, UnreadError, cut
from extractor.patterns.reading import LARGEST, Parser
from extractor.patterns.tree import Tree, escaped, fewest, repeats, shortest
from extractor.patterns.writing import GUARD, STAND_IN, ForDecoder, for_python, is_escaped_in_json
from extractor.types import Dialect

if TYPE_CHECKING:
    from regex import Pattern

__all__ = ["GUARD", "MOST_STATES", "Held", "PatternError", "UnreadError", "check", "for_decoder", "literal", "search"]

SECONDS = 1.0  # what one search may take
LONGEST = 5_000  # characters of a pattern that the decoder gets
MOST_REPEATS = 10_000  # of the innermost part, all counts around it multiplied


@dataclass(frozen=True, slots=True)
class Held:
    """A pattern as the decoder gets it, beside `GUARD` if it needs that.

    Where it is not `exact` it admits more than the one it is made from, and `why` names the construct.
    """

    pattern: str
    exact: bool
    why: str = ""
    shortest: int = 0  # characters of what it matches
    states: int = 1  # of its automaton

    @property
    def needs_guard(self) -> bool:
        """Whether `GUARD` belongs beside it."""
        return STAND_IN in self.pattern


def search(pattern: str, value: str, dialect: Dialect) -> bool:
    r"""Whether a pattern is found in a text: (r'^\d+$', '12\n', 'ecma') → False, a line break is no digit.

    Raises `PatternError` where no engine understands it, `TimeoutError` where it takes longer than `SECONDS`.
    """
    compiled = _compiled(pattern, dialect)
    try:
        return compiled.search(value, timeout=SECONDS) is not None
    except TimeoutError:
        what = f"{cut(pattern)} takes longer than {SECONDS:g} s on a text of {len(value)} characters"
        raise TimeoutError(what) from None


def check(pattern: str, dialect: Dialect, *, strict: bool = False) -> None:
    r"""Raise `PatternError` for what is not a pattern; `strict` refuses what ECMA-262 does not have, as `\Z`."""
    if strict:
        Parser(pattern, dialect, strict).whole()
        _compiled(pattern, dialect)
    else:
        _tree(pattern, dialect)


@lru_cache(maxsize=1024)
def for_decoder(pattern: str, dialect: Dialect) -> Held | None:
    r"""The pattern for llguidance: ('^(?!x)a', 'ecma') → Held('^a', exact=False, why='look-ahead').

    None where there is none, or where compiling it could take llguidance long.
    """
    if len(pattern) > LONGEST:
        return None
    try:
        tree = _tree(pattern, dialect)
        _compiled(pattern, dialect)
    except PatternError:
        return None
    if repeats(tree) > MOST_REPEATS or (size := states(tree)) == MOST_STATES:
        return None
    writer = ForDecoder()
    written = writer.text(tree, start=True, end=True)
    return Held(written, not writer.why, ", ".join(writer.why), fewest(tree), size)


def literal(text: str) -> str:
    r"""A pattern that admits exactly this text through llguidance, alone: 'a.b' → r'^a\.b$'.

    It needs no `GUARD`: instead of an escaped character there could only stand more than any text has. Beside `GUARD`
    or a `maxLength` llguidance would have to prove that there is such a text, and gives up at some 1,000 characters.
    """
    return f"^{''.join(map(_spelled, text))}$"


def _spelled(char: str) -> str:
    written = escaped(char)
    return f"(?:{written}|{STAND_IN}{{1000000000}})" if is_escaped_in_json(written) else written


@lru_cache(maxsize=1024)
def _tree(pattern: str, dialect: Dialect) -> Tree:
    return Parser(pattern, dialect).whole()


@lru_cache(maxsize=1024)
def _compiled(pattern: str, dialect: Dialect) -> Pattern[str]:
    import regex  # 25 ms

    tree = _tree(pattern, dialect)
    if shortest(tree) > LARGEST:
        raise PatternError(f"{cut(pattern)}: more than {LARGEST} characters, its counts written out")
    try:
        return regex.compile(for_python(tree), regex.VERSION1)
    except (regex.error, OverflowError, RecursionError) as error:
        raise PatternError(f"{cut(pattern)}: {error}") from None
