"""Which of some texts are the nearest to another one, by the words they share: BM25.

Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009). A word's rarity is the
logarithm of one more than theirs, so that no word that texts share counts against them.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from unicodedata import normalize

import regex

_K1 = 1.2  # how soon more of the same word says nothing new
_B = 0.75  # how much the length of a text counts

_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}ー"
_ASCII_TERM = re.compile("[a-z0-9]+")
_TERM = regex.compile(rf"(?V1)([{_UNSPACED}]+)|[[\p{{L}}\p{{M}}\p{{N}}]--[{_UNSPACED}]]+")


def terms(text: str) -> list[str]:
    """Words, or pairs of characters where words stand without spaces: 'Das GRAPHENOXID' → ['das', 'graphenoxid'].

    '石墨烯' → ['石墨', '墨烯']; a character alone stands for itself.
    """
    if text.isascii():
        return _ASCII_TERM.findall(text.lower())
    found: list[str] = []
    for term in _TERM.finditer(normalize("NFKC", normalize("NFKC", text).casefold())):
        run = term[0]
        if term[1] is None or len(run) == 1:
            found.append(run)
        else:
            found += map("".join, pairwise(run))
    return found


@dataclass(frozen=True, slots=True)
class Index:
    """Texts to choose from: of each term the texts that have it, and what it adds to their scores."""

    size: int
    postings: Mapping[str, Sequence[tuple[int, float]]]

    @classmethod
    def of(cls, texts: Iterable[str], only: Collection[str] | None = None) -> Index:
        """The index of some texts, which are known by their places from now on; of all their terms or of `only` some.

        Each text is looked at once and not kept.
        """
        lengths: list[int] = []
        found: dict[str, list[tuple[int, int]]] = {}
        for at, text in enumerate(texts):
            every = terms(text)
            lengths.append(len(every))
            for term, times in Counter(every if only is None else filter(only.__contains__, every)).items():
                found.setdefault(term, []).append((at, times))
        size = len(lengths)
        average = sum(lengths) / max(size, 1) or 1.0
        damping = [_K1 * (1 - _B + _B * length / average) for length in lengths]
        return cls(
            size,
            {
                term: [
                    (at, _rarity(len(places), size) * times * (_K1 + 1) / (times + damping[at])) for at, times in places
                ]
                for term, places in found.items()
            },
        )

    def score(self, query: str) -> dict[int, float]:
        """The scores of the texts that share a term with a query; each term of it counts once, as it may be long."""
        scores: dict[int, float] = {}
        for term in dict.fromkeys(terms(query)):
            for at, weight in self.postings.get(term, ()):
                scores[at] = scores.get(at, 0.0) + weight
        return scores

    def rank(self, query: str) -> list[tuple[int, float]]:
        """All texts with their scores, the best first, equals in their own order."""
        scores = self.score(query)
        return sorted(((at, scores.get(at, 0.0)) for at in range(self.size)), key=lambda one: (-one[1], one[0]))


def _rarity(holders: int, size: int) -> float:
    return math.log(1 + (size - holders + 0.5) / (holders + 0.5))


def scores(queries: Sequence[str], passages: Iterable[str]) -> list[dict[int, float]]:
    """For each query the scores of the passages that share a term with it: (['cat'], ['a dog', 'a cat']) → [{1: …}].

    The same as those of an `Index`, for a few queries of so many passages that the terms of all would be too much.
    """
    index = Index.of(passages, frozenset(term for query in queries for term in terms(query)))
    return [index.score(query) for query in queries]


def rank(query: str, texts: Sequence[str]) -> list[tuple[int, float]]:
    """Places and scores of texts, the nearest to a query first: ('a cat', ['the dog', 'the cat']) → [(1, …), (0, 0.0)].

    For several queries of the same texts, keep an `Index`.
    """
    return Index.of(texts).rank(query)
