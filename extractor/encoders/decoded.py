"""What the readers and writers of all forms share."""

from __future__ import annotations

import math
import re
from typing import Any

from extractor.depth import DEEPEST, is_deeper
from extractor.errors import ParseError, SchemaError

SHOWN = 200  # characters of an answer in a message
NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_SEVERAL = re.compile(r"\A\s*\[|[,，、;；|\n]")
_MOST_DIGITS = 4000  # Python refuses to convert longer ones

Path = tuple[str | int, ...]


def number(text: str) -> int | float | None:
    """A number as JSON writes it: '1e3' → 1000.0; None for what is none, and for what is beyond all bounds."""
    if len(text) > _MOST_DIGITS or not NUMBER.fullmatch(text):
        return None
    if text.lstrip("-").isdigit():
        return int(text)
    value = float(text)
    return value if math.isfinite(value) else None


def may_be_list(text: str) -> bool:
    """Whether a text can stand for several items; which they are says `coercion`: 'a, b' and '["a"]' → True."""
    return bool(_SEVERAL.search(text))


def too_deep() -> ParseError:
    """An answer that would break whoever walks it by recursion."""
    return ParseError(f"the answer is nested more than {DEEPEST} levels deep")


def nothing(text: str, wanted: str) -> ParseError:
    """An answer in which nothing of its format is."""
    if not text.strip():
        return ParseError(f"the answer is empty; {wanted} was expected")
    return ParseError(f"the answer has no {wanted} in it: {text[:SHOWN]!r}", hint="show the model an example")


def refuse_depth(value: Any) -> None:
    """Raise `SchemaError` for a value that no reader would take."""
    if is_deeper(value, DEEPEST - 1):
        raise SchemaError(f"an example is nested {DEEPEST} levels deep or more", hint="make it flatter")


def trimmed(value: Any) -> tuple[Any, Path]:
    """A value without its last leaf, which may not be finished: {'a': [1, 2]} → ({'a': [1]}, ('a',))."""
    if not isinstance(value, dict | list) or not value:
        return None, ()
    path: list[str | int] = []
    at: Any = value
    while True:
        key: Any = len(at) - 1 if isinstance(at, list) else next(reversed(at))
        if not isinstance(at[key], dict | list) or not at[key]:
            if not isinstance(at[key], dict | list):
                del at[key]
            return value, (*path,)
        path.append(key)
        at = at[key]
