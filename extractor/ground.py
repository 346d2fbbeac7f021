"""Where in the document a value stands, and which values the document is said not to hold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from extractor.pointers import pointer
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
    places: dict[str, Iterator[Span]] = {}
    last: dict[str, Span] = {}
    for where, value in leaves(data):
        if value is None or value in ([], {}) or (isinstance(value, str) and not value.strip()):
            absent[where] = ABSENT
        elif isinstance(value, str | int | float) and not isinstance(value, bool):
            key = str(value)
            found = next(places.setdefault(key, _places(key, document.text, view)), last.get(key))
            if found is not None:
                spans[where] = last[key] = found
    return spans, absent


def _places(value: str, text: str, view: View) -> Iterator[Span]:
    """Where a value stands as whole words: first as written, then folded in other places."""
    taken = set()
    for start in find_whole(value, text):
        taken.add(start)
        yield Span(start, start + len(value), "exact")
    folded = normalise(value).text
    for at in find_whole(folded, view.text):
        start, end = view.span(at, at + len(folded))
        if start not in taken:
            yield Span(start, end, "normalised")


# Scripts whose words stand without spaces, or carry particles: each character may begin or end a value.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
_WORD = re.compile(rf"[^\W{_UNSPACED}]+")
_BEFORE_NUMBER = re.compile(r"(?<!\d[.,])(?<!(?<!\w)[-−])")  # 5 is neither in 3.5 nor in -5, but in 1-5
_AFTER_NUMBER = re.compile(r"(?![.,]\d)")
_MARK = re.compile("[\u0300-\u036f]")  # a letter with a combining mark is another letter


def find_whole(value: str, text: str) -> Iterator[int]:
    """Offsets of a value as whole words, and of a number as a whole number: ('at', 'a cat, at') → 7."""
    is_word = _WORD.match(value) is not None
    at = text.find(value) if value else -1
    while at >= 0:
        inside = is_word and at > 0 and _WORD.match(text, at - 1)
        if inside:
            at = text.find(value, inside.end())  # no place within this word can be its beginning
            continue
        end = at + len(value)
        if _is_clean(value, text, at, end):
            yield at
        else:
            end = at + 1
        at = text.find(value, end)


def _is_clean(value: str, text: str, start: int, end: int) -> bool:
    """Whether nothing that belongs to the value goes on before or after it."""
    if _MARK.match(text, end) or (_WORD.match(value[-1]) and _WORD.match(text, end)):
        return False
    if value[0] in "-−" and text[max(start - 1, 0) : start].isalnum():  # the dash of a range is no sign
        return False
    if value[0].isdigit() and not _BEFORE_NUMBER.match(text, start):
        return False
    return not value[-1].isdigit() or _AFTER_NUMBER.match(text, end) is not None
