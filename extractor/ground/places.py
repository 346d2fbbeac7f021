"""Where the text of a document says a value: as written, but for how it is written, as a number or date, or nearly."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from extractor.ground.codes import Codes, code_of
from extractor.ground.folding import Folded, fold, squeeze, squeezed
from extractor.ground.fuzzy import near_characters, near_words
from extractor.ground.sought import Key, Leaf
from extractor.ground.whole import glances, is_whole
from extractor.ground.words import Words, is_function, words_of
from extractor.text import CURRENCIES, UNSPACED
from extractor.types import Match, Span

if TYPE_CHECKING:
    from extractor.ground.typed import Typed

Place = tuple[int, int]

_MOST = 1_000  # places of one value
_MOST_GLANCES = 20_000  # at places that may be some
_BUDGET = 4_000_000_000  # characters that are read for all values together; what else is done is reckoned in these:
_GLANCE = 4_000
_TYPED = 200_000
_NEAR = 2_000_000
_MOST_KEY = 10_000  # characters of a value that is looked for as nearly there
_LEAST_JOINED = 5  # letters of a word that may be split at a blank, one more in the text: 'I ran' is not 'Iran'

_ACRONYMS = frozenset(("am", "as", "in", "is", "it", "me", "or", "us", "who"))  # that are words in small letters
_HAS_UNSPACED = re.compile(f"[{UNSPACED}]")
_WORD = re.compile(r"[^\W\d_]+")
_HYPHENATED = re.compile(r"[-‐\xad]\s*\n\s*")
_FIGURE = re.compile(rf"[{CURRENCIES}%‰+#]|\x0e|\d(?:[\x01-\x08]?\d)*")  # currencies and such, and whole numbers


class Places:
    """The places of values in one text; what it takes to find them is made when it is first asked for."""

    def __init__(self, text: str, counts: Mapping[Key, int]) -> None:
        self.text = text
        self.counts = counts  # of equal leaves, as more places are looked for where more are wanted
        self.missed = 0  # values that were not looked for, or not in every way, as it would take too long
        self._budget = _BUDGET
        self._known: dict[Key, list[Span]] = {}

    def of(self, leaf: Leaf) -> list[Span]:
        """The places of a leaf, in reading order: those of the surest kind that there are."""
        if leaf.key not in self._known:
            self._known[leaf.key] = self._find(leaf)
            self.missed += self._budget < 0
        return self._known[leaf.key]

    def _find(self, leaf: Leaf) -> list[Span]:
        value, wanted = str(leaf.value), self.counts.get(leaf.key, 1)
        if not value.strip():
            return []
        size = len(value)
        places = (None if at is None else (at, at + size) for at in glances(value, self.text))
        found = self._some(places, "exact", size)
        if leaf.is_label or len(found) >= wanted:
            return found
        key = squeezed(value)
        least = _capitalised(value) if found else 0  # beside 'Apple', as written, the fruit says something else
        found = _merged(found, self._with(least, self._some(self._folded(value, key), "normalised", size)))
        if not found and (code := code_of(leaf.value)):
            found = self._some(self.codes.places(code), "normalised", size)
        spaced = _HAS_UNSPACED.search(key) is None
        if len(found) >= wanted or (found and not spaced):
            return found
        near = self._near(value, key, spaced=spaced) if isinstance(leaf.value, str) else []
        found = _merged(found, self._with(least, [span for span in near if span.match == "normalised"]))
        if not found or (len(found) < wanted and any(map(str.isdigit, value))):
            found = _merged(found, self._typed(leaf))
        return found or near

    def _some(self, glances: Iterable[Place | None], match: Match, size: int) -> list[Span]:
        """The places of a value of some size among those that are looked at, not too many of either."""
        found: list[Span] = []
        if not self._afford(len(self.text)):
            return found
        for count, place in enumerate(glances):
            if place is not None:
                found.append(Span(*place, match))
            if len(found) == _MOST or count > _MOST_GLANCES or not self._afford(_GLANCE + size):
                break
        return found

    def _afford(self, characters: int) -> bool:
        self._budget -= characters
        return self._budget >= 0

    def _folded(self, value: str, key: str) -> Iterator[Place | None]:
        """Where a value stands but for case, width, marks, white space; None for each place that is none."""
        squeezed = self.squeezed
        at = squeezed.text.find(key) if key else -1
        while at >= 0:
            until = at + len(key)
            yield self._whole(value, key, at, until) if _may_part(squeezed, at) and _may_part(squeezed, until) else None
            at = squeezed.text.find(key, at + 1)

    def _whole(self, value: str, key: str, start: int, end: int) -> Place | None:
        """The place of a part of the squeezed text, if it is that of a value."""
        start, end = self.folded.span(*self.squeezed.span(start, end))
        is_value = is_whole(self.text, start, end) and _is_same(value, self.text[start:end], key)
        return (start, end) if is_value else None

    def _with(self, least: int, spans: Iterable[Span]) -> Iterator[Span]:
        """Those with so many capitals: 'Apples' and 'APPLE' for 'Apple', 'NewHarbour' for 'New Harbour'."""
        return (span for span in spans if sum(map(str.isupper, self.text[span.start : span.end])) >= least)

    def _typed(self, leaf: Leaf) -> list[Span]:
        places = self.typed.places(leaf.value, leaf.form) if self._afford(_TYPED) else ()
        return [Span(*place, "typed") for place in places]

    def _near(self, value: str, key: str, *, spaced: bool) -> list[Span]:
        """Where the text nearly says a value; 'normalised' where only a noun is in the singular or plural instead."""
        if len(key) > _MOST_KEY or not self._afford(_NEAR):
            self.missed += len(key) > _MOST_KEY
            return []
        if spaced:
            runs = near_words(fold(value).text, self.words)
            found = [(self.words.span(run.start, run.end), run.score) for run in runs]
        else:
            runs = near_characters(key, self.squeezed.text)
            found = [(self.squeezed.span(run.start, run.end), run.score) for run in runs]
        spans = [_near_span(self.folded.span(*place), score) for place, score in found]
        return [span for span in spans if is_whole(self.text, span.start, span.end) and self._may_be(value, span)]

    def _may_be(self, value: str, span: Span) -> bool:
        """Whether what is nearly a value can be it: with the same numbers, and no name that is an ordinary word."""
        written = self.text[span.start : span.end]
        is_other = span.match == "fuzzy" and (_is_other_name(value, written) or _lacks_name(value, written))
        return not is_other and _figures(value) == _figures(written)

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
    def codes(self) -> Codes:
        """Its long rows of digits."""
        return Codes(self.text)

    @cached_property
    def typed(self) -> Typed:
        """Its numbers and dates."""
        from extractor.ground.typed import Typed  # with all readers of numbers and dates; few values need them

        return Typed(self.text)


def _may_part(squeezed: Folded, at: int) -> bool:
    """Whether words may end and begin at a place of a squeezed text; quick, as most places of few letters are none."""
    around = squeezed.text[at - 1 : at + 1] if at else ""
    if not around.isalnum() or len(around) == 1 or _HAS_UNSPACED.search(around):
        return True
    piece = bisect_left(squeezed.starts, at)
    return piece < len(squeezed.starts) and squeezed.starts[piece] == at


def _is_same(value: str, written: str, key: str) -> bool:
    """Whether a value is what is written, where only their letters are known to be the same.

    A blank more or less is another word where there are few letters ('Iran', 'I ran'), and capitals are where they
    make a word of an acronym ('US', 'us').
    """
    if len(key) >= _LEAST_JOINED + (" " not in value) or _HAS_UNSPACED.search(key):
        return True
    if key in _ACRONYMS and value.isupper() and written.islower():
        return False
    parts = ([squeezed(part) for part in _HYPHENATED.sub("", text).split()] for text in (value, written))
    return _equal(parts) or _equal(words_of(fold(text).text) for text in (value, written))


def _is_other_name(value: str, written: str) -> bool:
    """Whether a single word is a name, and what is nearly the same an ordinary word: 'Paris', 'parts'."""
    return " " not in value and value[:1].isupper() and written[:1].islower()


def _capitalised(text: str) -> int:
    """How many words begin with a capital letter: 'the North Quay' → 2."""
    return sum(word[0].isupper() for word in _WORD.findall(text))


def _lacks_name(value: str, written: str) -> bool:
    """Whether capitals make a name of a function word, or a part of one, that is not there: 'Hepatitis A'."""
    words = () if value.isupper() else _WORD.findall(value)[1:]
    names = {word for word in words if word.isupper() and is_function(word.lower())}
    return not names.issubset(_WORD.findall(written))


def _figures(text: str) -> list[str]:
    """The numbers of a text, and the signs that say of what: 'for $3.50' → $, 3.50."""
    return _FIGURE.findall(squeezed(text))


def _equal(two: Iterable[list[str]]) -> bool:
    one, other = ([part for part in parts if part] for parts in two)
    return one == other


def _near_span(place: Place, score: float) -> Span:
    return Span(*place, "normalised") if score == 1 else Span(*place, "fuzzy", min(round(score, 2), 0.99))


def _merged(first: Sequence[Span], second: Iterable[Span]) -> list[Span]:
    """All of the first, and those of the second that overlap none of them, in reading order."""
    ends = [span.end for span in first]
    free = []
    for span in second:
        at = bisect_right(ends, span.start)
        if at == len(first) or first[at].start >= span.end:
            free.append(span)
    return sorted([*first, *free], key=lambda span: span.start)
