"""Which run of a text's units, words or characters, is the nearest to those of a value.

The share of evidence is that of Dice (1945): twice what two have in common by what both have.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

Pair = tuple[int, int]  # a unit of the value, and the unit of the text that stands for it


@dataclass(frozen=True, slots=True)
class Alignment:
    """Units of a value and of a text that belong together, in order; its score is 1 where there are no others."""

    pairs: Sequence[Pair]
    score: float

    @property
    def start(self) -> int:
        """The first unit of the text."""
        return self.pairs[0][1]

    @property
    def end(self) -> int:
        """The unit after the last one."""
        return self.pairs[-1][1] + 1


@dataclass(frozen=True, slots=True)
class Weighed:
    """Units, how much each tells, and how well it stands for what it is taken for."""

    units: Sequence[str]
    weights: Sequence[float]
    likeness: Sequence[float]

    @classmethod
    def evenly(cls, units: Sequence[str]) -> Weighed:
        """Units that tell the same, as themselves."""
        return cls(units, [1.0] * len(units), [1.0] * len(units))


def align(value: Weighed, text: Weighed, kept: Collection[int] = ()) -> Alignment | None:
    """The run of a text with the most evidence for a value: 'abcd' in 'xxabdxx' → 'abd', 0.86; None without any.

    Units of the value that are `kept` are not given up where they stand far out, so that the score tells how far.
    """
    found = [_tightest(pairs, value, text, kept) for pairs in _pairs(value.units, text.units) if pairs]
    return max(found, key=lambda alignment: alignment.score, default=None)


def _pairs(value: Sequence[str], text: Sequence[str]) -> Iterator[list[Pair]]:
    """Equal units of two in order, taken from the left and from the right, where one can stand for two."""
    yield _equal(value, text)
    last = len(value) - 1, len(text) - 1
    yield [(last[0] - one, last[1] - other) for one, other in reversed(_equal(value[::-1], text[::-1]))]


def _equal(value: Sequence[str], text: Sequence[str]) -> list[Pair]:
    from rapidfuzz.distance import Levenshtein  # what stands as it is needs no such comparison

    return [
        pair
        for block in Levenshtein.opcodes(value, text)
        if block.tag == "equal"
        for pair in zip(range(block.src_start, block.src_end), range(block.dest_start, block.dest_end), strict=True)
    ]


def _tightest(pairs: Sequence[Pair], value: Weighed, text: Weighed, kept: Collection[int]) -> Alignment:
    """Without the outer pairs that are so far out that they take more evidence than they add."""
    gains = [0.0, *accumulate(value.weights[one] * text.likeness[other] for one, other in pairs)]
    costs = [0.0, *accumulate(text.weights)]
    own = sum(value.weights)

    def score(first: int, last: int) -> float:
        both = own + costs[pairs[last][1] + 1] - costs[pairs[first][1]]
        return 2 * (gains[last + 1] - gains[first]) / both if both else 0.0

    first, last, best = 0, len(pairs) - 1, score(0, len(pairs) - 1)
    while first < last:
        inner = [(score(first + 1, last), first + 1, last)] if pairs[first][0] not in kept else []
        inner += [(score(first, last - 1), first, last - 1)] if pairs[last][0] not in kept else []
        if not inner or max(inner)[0] <= best:
            break
        best, first, last = max(inner)
    return Alignment(pairs[first : last + 1], best)
