"""How the sentences that a model worded itself are backed by the document: the passage that says each best.

The measure is lexical: the share of the words of a sentence that stand in one passage, the rare ones weighing more
(the logarithm of their rarity among the sentences of the document) and grammar hardly anything. It tells what is
copied or closely reworded from what is not there; it sees neither synonyms nor negation.
"""

from __future__ import annotations

import heapq
import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from extractor.sentences import sentences
from extractor.support.claims import claims
from extractor.support.facts import Facts
from extractor.support.mentions import Index
from extractor.support.words import fold, is_function_word, stems
from extractor.text import UNSPACED
from extractor.types import Support

_WORDED = 4  # words, or twice as many characters, from which on a text is worded rather than quoted
_UNIT = re.compile(rf"([{UNSPACED}])|[^\s{UNSPACED}]*[^\W{UNSPACED}][^\s{UNSPACED}]*+")
_FAINT = 0.1  # what a word of grammar weighs
_SMALL = 20  # sentences that a document is taken to have besides its own, so that rarity says little in a short one
_CANDIDATES = 8  # sentences around which the best passage is looked for
_WIDEST = 3  # sentences of a passage
_CLEARLY = 0.1  # what each further sentence of a passage has to add to the score
_WORK = 300_000  # mentions of words that are looked at for one value


def is_worded(value: str) -> bool:
    """Whether a text is so long that a model may have worded it: 'Ann Bell' → False, 'Ann Bell left today' → True."""
    units = islice(_UNIT.finditer(value), 2 * _WORDED)
    return sum(0.5 if unit[1] else 1 for unit in units) >= _WORDED


class Passages:
    """A document, to back sentences with; it is read once, when first asked about."""

    def __init__(self, text: str) -> None:
        self._index = Index(text)
        self._facts = Facts(self._index)

    def support(self, value: str) -> tuple[Support, ...]:
        """How each sentence of a value is backed by the document."""
        places = sentences(value)
        work = max(_WORK // max(len(places), 1), _CANDIDATES)
        return tuple(self._backed(value, start, end, work) for start, end in places)

    def _backed(self, value: str, start: int, end: int, work: int) -> Support:
        sentence = value[start:end]
        missing = dict.fromkeys(claim.text for claim in claims(sentence) if self._facts.lacks(claim))
        passage, score = _Search.of(sentence, self._index).best(work)
        return Support(start, end, passage, round(score, 2), tuple(missing))


def missing_of(found: Iterable[Support]) -> tuple[str, ...]:
    """The names and numbers of sentences that a document does not have, each once."""
    return tuple(dict.fromkeys(name for sentence in found for name in sentence.missing))


def without_names(names: Iterable[str]) -> str:
    """That a document does not have some names: 'the text has no Ann, no Bell'."""
    return f"the text has no {', no '.join(names)}"


@lru_cache(maxsize=4)
def passages_of(text: str) -> Passages:
    """The passages of a document, kept for the next question about it."""
    return Passages(text)


@dataclass(frozen=True, slots=True)
class _Search:
    """The words of a sentence with their weights, looked for in a document."""

    index: Index
    sentence: str
    weights: Mapping[str, float]

    @classmethod
    def of(cls, sentence: str, index: Index) -> _Search:
        words = dict.fromkeys(sorted(stems(fold(sentence))))
        return cls(index, sentence, {word: _weight(word, index) for word in words})

    def best(self, work: int) -> tuple[tuple[int, int] | None, float]:
        """Where one to three neighbours say the sentence best, and the share of it that they say."""
        ranges = {around for at in self._nearest(work) for around in _around(at, len(self.index.places))}
        if not ranges:
            return None, 0.0
        whole = math.fsum(self.weights.values())
        shares = {one: self._weigh(one) / whole for one in ranges}
        best = max(ranges, key=lambda one: self._rank(one, shares[one]))
        return self._place(best), shares[best]

    def _nearest(self, work: int) -> list[int]:
        """The sentences that share most with this one, of equals the shortest; the rare words are looked up first."""
        scores: defaultdict[int, float] = defaultdict(float)
        telling = [word for word in self.weights if not is_function_word(word)] or [*self.weights]
        holders = {word: self.index.mentions(word) for word in telling}
        for word in sorted(telling, key=lambda word: len(holders[word])):
            for at in islice(holders[word], max(work, 0)):
                scores[at] += self.weights[word]
            work -= len(holders[word])
        least = min(heapq.nlargest(_CANDIDATES, scores.values()), default=0)
        near = (at for at, score in scores.items() if score >= least)  # few, so that few are measured
        return heapq.nsmallest(_CANDIDATES, near, key=lambda at: (-scores[at], self._length(at), at))

    def _weigh(self, one: range) -> float:
        said = [self.index.stems(at) for at in one]
        return math.fsum(weight for word, weight in self.weights.items() if any(word in words for words in said))

    def _rank(self, one: range, share: float) -> tuple[float, bool, int, int]:
        start, end = self._place(one)
        is_there = self.sentence in self.index.text[start:end]
        return share - _CLEARLY * (len(one) - 1), is_there, start - end, -start

    def _place(self, one: range) -> tuple[int, int]:
        return self.index.places[one.start][0], self.index.places[one.stop - 1][1]

    def _length(self, at: int) -> int:
        start, end = self.index.places[at]
        return end - start


def _weight(word: str, index: Index) -> float:
    if is_function_word(word):
        return _FAINT
    return math.log(1 + (len(index.places) + _SMALL) / (len(index.mentions(word)) + 1))


def _around(at: int, count: int) -> Iterator[range]:
    """The passages of up to three sentences that a sentence is part of: (0, 2) → 0, 0 to 1."""
    for start in range(max(at - _WIDEST + 1, 0), at + 1):
        for stop in range(at + 1, min(start + _WIDEST, count) + 1):
            yield range(start, stop)
