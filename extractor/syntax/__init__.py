"""Tolerant JSON syntax: from a text to the values that are meant, and what had to be done to read them.

Strict JSON is taken as it is. Else `finding` looks for values, `reader` reads those that can be meant in one way only,
and what remains is left to the library json_repair, bounded, by `library`. A text without any JSON is one string.
An answer that was cut off at the token limit is read by the same reader, as far as it is complete.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from extractor.depth import DEEPEST, is_deeper
from extractor.errors import ParseError
from extractor.syntax.finding import BEGIN, bare, find, find_begun
from extractor.syntax.reader import Path
from extractor.syntax.strings import LINE_COMMENTS
from extractor.syntax.words import in_html, is_escaped, unescape_document

__all__ = ["AROUND", "BEGIN", "Reading", "check_depth", "read", "repetitions", "strictly"]

AROUND = "text around the JSON was skipped"  # a note
_MARK = "\ufeff"  # of UTF-8, as Windows writes it
_MENDED = ", and was mended: "
_SHOWN = 200  # characters of a text in a message


@dataclass(frozen=True, slots=True)
class Reading:
    """The values of a text in its order, but those in fences before those in prose; what was changed to read them.

    `is_strict` says that it was JSON and nothing else; the first `fenced` values are in fences, others in prose.
    `is_text` says that there was no JSON at all: the one value is the text.
    `open` is None for a whole text; of one that ends too early it is the path to the innermost container that is not
    complete, in the last value. `before` is what is said before each value, where anything is. `unread` says, by
    pointer into the last value, why what is null there could not be read.
    """

    values: tuple[Any, ...]
    notes: tuple[str, ...] = ()
    open: Path | None = None
    is_strict: bool = False
    is_text: bool = False
    fenced: int = 0
    before: tuple[str, ...] = ()
    unread: Mapping[str, str] = field(default_factory=dict)


def read(text: str, *, is_cut: bool = False) -> Reading:
    """The values of a text: '{"a": 1}' and "Sure: {a: 1,}" → ({'a': 1},); raises `ParseError` for one too deep.

    Where it was cut off, what is complete: '{"a": 1, b: [2, 3' → {'a': 1, 'b': [2]}, open at ('b',).
    """
    try:
        value = strictly(text)
        if is_cut and not isinstance(value, str | dict | list):
            return Reading((), open=())  # a number may go on
    except (ValueError, RecursionError):
        try:
            found = _tolerantly(text, is_cut=is_cut)
        except RecursionError:
            raise ParseError(f"the answer is nested too deep: {text[:_SHOWN]!r}") from None
    else:
        found = Reading((value,), repetitions(text), is_strict=True)
    for value in found.values:
        check_depth(value, text)
    return found


def strictly(text: str) -> Any:
    """A value of JSON as it is defined; raises `ValueError` for all else, also for NaN and 1e999."""
    return json.loads(text, parse_constant=_finite, parse_float=_finite)


def repetitions(text: str) -> tuple[str, ...]:
    """A note on keys that stand in one object more than once: '{"a": 1, "a": 2}'."""
    repeated: dict[str, None] = {}

    def note(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            repeated.update((key, None) for key, times in Counter(key for key, _ in pairs).items() if times > 1)
        return found

    json.loads(text, object_pairs_hook=note)
    return _told(repeated)


def _told(repeated: Iterable[str]) -> tuple[str, ...]:
    names = ", ".join(map(repr, [*repeated][:5]))
    return (f"keys that the answer repeats, the last value of each counts: {names}",) if names else ()


def _tolerantly(text: str, *, is_cut: bool) -> Reading:
    """The JSON in a text that is not just that: in a fence, among prose, in several parts, with faults."""
    why = "the answer was not JSON"
    marks, text = (["a byte order mark"], text[1:]) if text.startswith(_MARK) else ([], text)
    if is_escaped(text):
        return _mended(read(unescape_document(text), is_cut=is_cut), f"{why}{_MENDED}one level of escapes too many")
    if in_html(text):
        from html import unescape  # its table of names is large

        return _mended(read(unescape(text), is_cut=is_cut), f"{why}{_MENDED}escapes of HTML")
    found = find_begun(text) if is_cut else find(text)
    if found is None and is_cut:
        return Reading((), open=())
    if found is None:
        return Reading((bare(text),), (f"{why}: it is taken as a text",), is_text=True)
    faults = ", ".join((*marks, *(fault for fault in found.faults if fault != LINE_COMMENTS)))
    mended = (f"{why}{_MENDED}{faults}",) if faults else ()
    skipped = tuple(f"{why}, nor is {rest!r} in it" for rest in found.skipped)
    around = (AROUND,) if found.has_prose else ()
    fenced = len(found.fenced) if found.has_prose else 0
    order = ("what stands in a fence is taken first",) if found.is_reordered else ()
    doubt = (f"left out, since it can be meant in several ways: {found.left_out!r}",) if found.left_out else ()
    notes = (*mended, *skipped, *around, *order, *doubt, *_told(found.repeated))
    return Reading(tuple(found.values), notes, found.open if is_cut else None, fenced=fenced, before=(*found.before,))


def _mended(inner: Reading, how: str) -> Reading:
    """What was read of another text than was given; what was mended of that, too, is said once."""
    first, *rest = inner.notes or ("",)
    _, is_mended, faults = first.partition(_MENDED)
    notes = (f"{how}, {faults}", *rest) if is_mended else (how, *inner.notes)
    return replace(inner, is_strict=False, notes=notes)


def _finite(number: str) -> float:
    """JSON knows no infinity, also not as 1e999."""
    value = float(number)
    if not math.isfinite(value):
        raise ValueError(f"{number} is not a JSON number")
    return value


def check_depth(data: Any, text: str) -> None:
    """Raise `ParseError` for what is too deep."""
    if is_deeper(data):
        raise ParseError(f"the answer is nested more than {DEEPEST} levels deep: {text[:_SHOWN]!r}")
