"""Where in the document a value stands, and which values the document is said not to hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from extractor.ground.whole import find_whole
from extractor.pointers import leaves
from extractor.text import View, normalise
from extractor.types import Document, Schema, Span, Support

ABSENT = "not in the text"


@dataclass(frozen=True, slots=True)
class Grounded:
    """What the document says of a record's leaves."""

    spans: Mapping[str, Span]
    support: Mapping[str, Sequence[Support]] = field(default_factory=dict)
    ungrounded: Mapping[str, str] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)


def ground(data: Any, document: Document, schema: Schema) -> Grounded:
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
    return Grounded(
        spans,
        {},
        {
            at: ABSENT
            for at, value in leaves(data)
            if at not in spans and at not in absent and isinstance(value, str | int) and not isinstance(value, bool)
        },
    )


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
