"""Where in the document a value stands, and which values the document is said not to hold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
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
    exact = [Span(*found.span(), "exact") for found in _whole(value).finditer(text)]
    yield from exact
    taken = {span.start for span in exact}
    folded = normalise(value).text
    for found in _whole(folded).finditer(view.text):
        start, end = view.span(*found.span())
        if start not in taken:
            yield Span(start, end, "normalised")


# Scripts whose words stand without spaces, or carry particles: each character may begin or end a value.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
_WORD = rf"[^\W{_UNSPACED}]"
_MARK = "[\u0300-\u036f]"  # a letter with a combining mark is another letter
_BEFORE_NUMBER = r"(?<!\d[.,])(?<!(?<!\w)[-−])"  # 5 is neither in 3.5 nor in -5, but in 1-5
_AFTER_NUMBER = r"(?![.,]\d)"


@lru_cache(maxsize=256)
def _whole(value: str) -> re.Pattern[str]:
    """A pattern that finds a value as whole words, and a number as a whole number."""
    before = (rf"(?<!{_WORD})" if re.match(_WORD, value) else "") + (_BEFORE_NUMBER if value[:1].isdigit() else "")
    after = (rf"(?!{_WORD})" if re.match(_WORD, value[-1:]) else "") + (_AFTER_NUMBER if value[-1:].isdigit() else "")
    return re.compile(f"{before}{re.escape(value)}{after}(?!{_MARK})" if value else r"(?!)")
