"""The sentences of a document by their words: which ones have a word in some form, and what each one has."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from extractor.sentences import sentences
from extractor.support.words import fold, is_pair, pairs, stem, stems, words

# The cost of an index of every word and of one search, as characters of the text for each place that a search visits.
_INDEX, _SEARCH = 24, 8_000


class Index:
    """Where sentences stand in a text, and which of them have a stem or a pair of characters.

    A title or a summary asks for a few dozen words, which are searched for one by one; whoever asks for many gets all
    words indexed. Both find the same.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._places_left = len(text) // _INDEX
        self._found: dict[str, Sequence[int]] = {}
        self._stems: dict[int, set[str]] = {}

    def mentions(self, word: str) -> Sequence[int]:
        """The sentences that have a stem or a pair, in reading order."""
        forms = self.forms.get(word, () if word.isascii() else (word,))
        holders = [self._holders(form) for form in forms]
        return holders[0] if len(holders) == 1 else sorted({at for some in holders for at in some})

    def stems(self, at: int) -> set[str]:
        """What a sentence has."""
        if at not in self._stems:
            self._stems[at] = stems(self._folded, *self.places[at])
        return self._stems[at]

    @cached_property
    def places(self) -> Sequence[tuple[int, int]]:
        """Start and end of each sentence."""
        return sentences(self.text)

    @cached_property
    def forms(self) -> Mapping[str, Sequence[str]]:
        """The words of the text by their stems."""
        found: defaultdict[str, list[str]] = defaultdict(list)
        for word in {*words(self._folded)}:
            found[stem(word)].append(word)
        return dict(found)

    @cached_property
    def _folded(self) -> str:
        return fold(self.text)

    @cached_property
    def _starts(self) -> Sequence[int]:
        return [start for start, _ in self.places]

    @cached_property
    def _all(self) -> Mapping[str, Sequence[int]]:
        found: defaultdict[str, list[int]] = defaultdict(list)
        for at, (start, end) in enumerate(self.places):
            for word in {*words(self._folded, start, end), *pairs(self._folded, start, end)}:
                found[word].append(at)
        return dict(found)

    def _holders(self, form: str) -> Sequence[int]:
        if form not in self._found:
            is_cheap = self._places_left > 0
            self._found[form] = [*self._search(form)] if is_cheap else self._all.get(form, ())
        return self._found[form]

    def _search(self, form: str) -> Iterator[int]:
        """The sentences that have a word as it is written, or a pair."""
        self._places_left -= 1 + len(self.text) // _SEARCH
        start = self._folded.find(form)
        while start >= 0:
            self._places_left -= 1
            at = bisect_right(self._starts, start) - 1
            is_there = self._is_whole(form, start, at)
            if is_there:
                yield at
            start = self._folded.find(form, start + 1 if is_there is False else self.places[at][1])

    def _is_whole(self, form: str, start: int, at: int) -> bool | None:
        """Whether what stands in a sentence is all of a word; None where no word of the sentence is it."""
        end = start + len(form)
        if is_pair(form):
            return end <= self.places[at][1]
        around = self._folded[max(start - 1, 0) : start] + self._folded[end : end + 1]
        if form.isalpha() and around.isascii():
            return not any(map(str.isalnum, around)) and end <= self.places[at][1]
        return form in words(self._folded, *self.places[at]) or form in pairs(self._folded, *self.places[at]) or None
