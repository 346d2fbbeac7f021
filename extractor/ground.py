"""Where in the document a value stands, and which values the document is said not to hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from extractor.schema import pointer
from extractor.text import View, normalise
from extractor.types import Document, Span

ABSENT = "not in the text"

Leaf = tuple[str, Any]


def leaves(data: Any, path: tuple[str | int, ...] = ()) -> Iterator[Leaf]:
    """Every leaf with its pointer; an empty list or object is a leaf: {'a': [1]} → ('/a/0', 1)."""
    children = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    if not data or not isinstance(data, dict | list):
        yield pointer(path), data
    for part, child in children:
        yield from leaves(child, (*path, part))


def ground(data: Any, document: Document) -> tuple[dict[str, Span], dict[str, str]]:
    """Spans of the leaves that stand in the document, and the leaves that were left empty, both by pointer.

    A string or number is looked up as written, then with case and white space folded. Equal values take
    successive places in reading order, as far as there are any.
    """
    view = normalise(document.text)
    spans: dict[str, Span] = {}
    absent: dict[str, str] = {}
    last: dict[str, Span] = {}
    for where, value in leaves(data):
        if value is None or value in ("", [], {}):
            absent[where] = ABSENT
        elif isinstance(value, str | int | float) and not isinstance(value, bool):
            key = str(value)
            if span := _find(key, document.text, view, last.get(key)):
                spans[where] = last[key] = span
    return spans, absent


def _find(value: str, text: str, view: View, after: Span | None) -> Span | None:
    """The next place after an earlier one, or that one again."""
    start = _whole(text, value, after.end if after else 0)
    if start >= 0:
        return Span(start, start + len(value), "exact")
    if after:
        return after
    needle = normalise(value).text
    start = _whole(view.text, needle, 0) if needle else -1
    return Span(*view.span(start, start + len(needle)), "normalised") if start >= 0 else None


def _whole(text: str, value: str, start: int) -> int:
    """Where a value stands as whole words: ('a cat, at', 'at', 0) → 7; -1 where it does not."""
    at = text.find(value, start)
    while at >= 0:
        before, after = text[max(at - 1, 0) : at], text[at + len(value) : at + len(value) + 1]
        if not (_joined(before, value[0]) or _joined(value[-1], after)):
            return at
        at = text.find(value, at + 1)
    return -1


def _joined(left: str, right: str) -> bool:
    """True where two neighbours belong to one word; Chinese characters each stand alone."""
    return all(char.isalnum() and not "\u3040" <= char <= "\u9fff" for char in (left or " ", right or " "))
