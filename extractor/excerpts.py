"""Some passages of a document as a text of its own, and the way back from its places to those of the document."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate
from typing import TypeVar

from extractor.ground import Grounded
from extractor.outline import page_at
from extractor.types import Document, Extraction, Span, Support

GAP = "\n[…]\n"  # stands for what is not shown
_ACROSS = "stands across passages that are apart in the text"

Range = tuple[int, int]
Found = TypeVar("Found", Extraction, Grounded)


@dataclass(frozen=True)
class Excerpt:
    """Ranges of a document, in its order and apart from each other; `pages` is where its pages start, if it has any."""

    document: Document
    ranges: tuple[Range, ...]
    pages: Sequence[int] = ()

    @classmethod
    def of(cls, document: Document, ranges: Iterable[Range], pages: Sequence[int] = ()) -> Excerpt:
        """The excerpt of any ranges: [(0, 4), (2, 6), (9, 9)] → (0, 6)."""
        return cls(document, tuple(_united(ranges)), pages)

    @property
    def shown(self) -> Document:
        """The passages as a document; what is left out is marked."""
        if self.ranges == ((0, len(self.document.text)),):
            return self.document
        text, (first, *_), (*_, last) = self.document.text, self.ranges[0], self.ranges[-1]
        told = GAP.join(text[start:end] for start, end in self.ranges)
        return replace(self.document, text=f"{GAP.lstrip() * (first > 0)}{told}{GAP.rstrip() * (last < len(text))}")

    @cached_property
    def _starts(self) -> list[int]:
        """Where each passage starts in what is shown."""
        lead = len(GAP.lstrip()) * (self.ranges[0][0] > 0)
        lengths = (end - start + len(GAP) for start, end in self.ranges[:-1])
        return [*accumulate(lengths, initial=lead)]

    def place(self, start: int, end: int) -> Range | None:
        """The range of the document that a range of what is shown stands for; None where that is not one passage's."""
        at = bisect_right(self._starts, start) - 1
        if at < 0:
            return None
        first, last = self.ranges[at]
        moved = first - self._starts[at]
        return (start + moved, end + moved) if end + moved <= last else None

    def placed(self, record: Found) -> Found:
        """A record of what is shown, with the places of its values in the document."""
        places = {where: self.place(span.start, span.end) for where, span in record.spans.items()}
        across = {where: _ACROSS for where, place in places.items() if place is None}
        return replace(
            record,
            spans={where: self._moved(record.spans[where], place) for where, place in places.items() if place},
            support={where: tuple(map(self._backed, some)) for where, some in record.support.items()},
            ungrounded={**record.ungrounded, **across},
        )

    def _moved(self, span: Span, place: Range) -> Span:
        return replace(span, start=place[0], end=place[1], page=page_at(self.pages, place[0]))

    def _backed(self, support: Support) -> Support:
        return replace(support, passage=support.passage and self.place(*support.passage))


def _united(ranges: Iterable[Range]) -> Iterator[Range]:
    """Ranges in their order, those that meet as one, without empty ones."""
    start = end = 0
    for first, last in sorted(ranges):
        if first > end or start == end:
            if end > start:
                yield start, end
            start, end = first, last
        end = max(end, last)
    if end > start:
        yield start, end
