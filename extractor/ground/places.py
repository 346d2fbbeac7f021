"""Where the text of a document says a value: as written, but for how it is written, as a number or date, or nearly."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import islice

from extractor.ground.folding import Folded, fold, squeeze, squeezed
from extractor.ground.fuzzy import Near, near_characters, near_words
from extractor.ground.sought import Leaf
from extractor.ground.typed import Typed
from extractor.ground.whole import UNSPACED, find_whole, is_whole
from extractor.ground.words import Words, is_function, words_of
from extractor.types import Match, Span

_MOST = 1_000  # places of one value
_BUDGET = 4_000_000_000  # characters that are read for all values together
_COST_OF_NEAR = 2_000_000  # as many can be read in the time that it takes to look for what is nearly there
_MOST_KEY = 10_000  # characters of a value that is looked for as nearly there
_LEAST_JOINED = 5  # letters of a word that may be split at a blank, one more in the text: 'I ran' is not 'Iran'

_HAS_UNSPACED = re.compile(f"[{UNSPACED}]")
_HYPHENATED = re.compile(r"[-‐\xad]\s*\n\s*")
_FIGURE = re.compile(r"[$€£¥₹%‰+#]|\x0e?\d(?:[\x01-\x08]?\d)*")  # currencies and such, and whole numbers


class Places:
    """The places of values in one text; what it takes to find them is made when it is first asked for."""

    def __init__(self, text: str, counts: dict[tuple[str, str | None, bool], int]) -> None:
        self.text = text
        self.counts = counts  # of equal leaves
        self.missed = 0  # values that were not looked for, or not in every way, as it would take too long
        self._budget = _BUDGET
        self._known: dict[tuple[str, str | None, bool], list[Span]] = {}

    def of(self, leaf: Leaf) -> list[Span]:
        """The places of a leaf, in reading order: those of the surest kind that there are."""
        if leaf.key not in self._known:
            self._known[leaf.key] = self._find(leaf)
        return self._known[leaf.key]

    def _find(self, leaf: Leaf) -> list[Span]:
        value = str(leaf.value)
        if not value.strip() or not self._afford(len(value) + len(self.text)):
            return []
        wanted = self.counts.get(leaf.key, 1)
        exact = [Span(at, at + len(value), "exact") for at in islice(find_whole(value, self.text), _MOST)]
        if leaf.is_label or len(exact) >= wanted:
            return exact
        key = squeezed(value)
        found = _merged(exact, _spans(islice(self._folded(value, key), _MOST), "normalised"))
        if len(found) >= wanted or len(key) > _MOST_KEY:
            self.missed += not found
            return found
        if not found and (typed := self.typed.places(leaf.value, leaf.form)):
            return _spans(typed, "typed")
        if not isinstance(leaf.value, str) or not self._afford(_COST_OF_NEAR):
            return found
        near = [*self._near(value, key)]
        surer = [span for span in near if span.match == "normalised"]
        return _merged(found, surer) if found or surer else near

    def _afford(self, characters: int) -> bool:
        self._budget -= characters
        self.missed += self._budget < 0
        return self._budget >= 0

    # --- as written, but for case, width, marks, white space ---

    def _folded(self, value: str, key: str) -> Iterator[tuple[int, int]]:
        """Where the squeezed text holds a squeezed value as whole words."""
        text = self.squeezed.text
        at = text.find(key) if key else -1
        while at >= 0:
            start, end = self.folded.span(*self.squeezed.span(at, at + len(key)))
            if is_whole(self.text, start, end) and _is_same(value, self.text[start:end], key):
                yield start, end
                at += len(key) - 1
            at = text.find(key, at + 1)

    # --- nearly ---

    def _near(self, value: str, key: str) -> Iterator[Span]:
        """Where the text nearly says a value; 'normalised' where only the number of a noun is another."""
        spaced = _HAS_UNSPACED.search(value) is None
        for span in self._near_words(value) if spaced else self._near_characters(key):
            written = self.text[span.start : span.end]
            if not is_whole(self.text, span.start, span.end) or _figures(value) != _figures(written):
                continue
            if span.match == "normalised" or not _is_other_name(value, written):
                yield span

    def _near_words(self, value: str) -> Iterator[Span]:
        for run in near_words(fold(value).text, self.words):
            yield _near_span(self.folded.span(*self.words.span(run.start, run.end)), run)

    def _near_characters(self, key: str) -> Iterator[Span]:
        for run in near_characters(key, self.squeezed.text):
            yield _near_span(self.folded.span(*self.squeezed.span(run.start, run.end)), run)

    # --- what it takes ---

    @cached_property
    def folded(self) -> Folded:
        """The text without case and width."""
        return fold(self.text)

    @cached_property
    def squeezed(self) -> Folded:
        """That without white space and marks."""
        return squeeze(self.folded)

    @cached_property
    def words(self) -> Words:
        """Its words."""
        return Words(self.folded.text)

    @cached_property
    def typed(self) -> Typed:
        """Its numbers and dates."""
        return Typed(self.text)


def _is_same(value: str, written: str, key: str) -> bool:
    """Whether a value is what is written, where only their letters are known to be the same.

    A blank more or less is another word where there are few letters ('Iran', 'I ran'), and capitals are where they
    make a word of an acronym ('US', 'us').
    """
    if len(key) >= _LEAST_JOINED + (" " not in value) or _HAS_UNSPACED.search(key):
        return True
    if value.isupper() and written.islower() and is_function(key):
        return False
    parts = ([squeezed(part) for part in _HYPHENATED.sub("", text).split()] for text in (value, written))
    return _equal(parts) or _equal(words_of(fold(text).text) for text in (value, written))


def _is_other_name(value: str, written: str) -> bool:
    """Whether a single word is a name, and what is nearly the same an ordinary word: 'Paris', 'parts'."""
    return " " not in value and value[:1].isupper() and written[:1].islower()


def _figures(text: str) -> list[str]:
    """The numbers of a text, and the signs that say of what: 'for $3.50' → $, 3.50."""
    return _FIGURE.findall(squeezed(text))


def _equal(two: Iterable[list[str]]) -> bool:
    one, other = ([part for part in parts if part] for parts in two)
    return one == other


def _spans(places: Iterable[tuple[int, int]], match: Match) -> list[Span]:
    return [Span(start, end, match) for start, end in places]


def _near_span(place: tuple[int, int], near: Near) -> Span:
    return Span(*place, "normalised") if near.score == 1 else Span(*place, "fuzzy", min(round(near.score, 2), 0.99))


def _merged(first: Sequence[Span], second: Iterable[Span]) -> list[Span]:
    """All of the first, and those of the second that overlap none of them, in reading order."""
    ends = [span.end for span in first]
    free = []
    for span in second:
        at = bisect_right(ends, span.start)
        if at == len(first) or first[at].start >= span.end:
            free.append(span)
    return sorted([*first, *free], key=lambda span: span.start)
