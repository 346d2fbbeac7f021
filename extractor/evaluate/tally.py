"""Counts of what is right, by document and field, and the measures that follow from them, with their intervals.

Precision is what was found and right of all that was found, recall of all that the gold has, F1 their harmonic mean.
Intervals are of the bootstrap over documents (percentiles; Efron and Tibshirani 1993); two sets of predictions are
compared on the same draws, and by an approximate randomisation test (Noreen 1989) that swaps them document by document.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from extractor.evaluate.comparators import arrays
from extractor.evaluate.marks import Kind, Mark

_DRAWS = 2_000
_SWAPS = 10_000
_SEED = 20_270_503
_TAIL = 2.5  # per cent, on either side of an interval
_BLOCK = 2**21  # numbers that are drawn at once

Key = tuple[Kind, str]
Interval = tuple[float, float]
Array = Any  # of numpy, which is imported where something is scored


@dataclass(frozen=True, slots=True)
class Measure:
    """How much the gold has, how much was found, how much of that is right; None where there is nothing to measure."""

    gold: float
    found: float
    right: float

    @property
    def is_empty(self) -> bool:
        """Whether neither has anything."""
        return not (self.gold or self.found)

    @property
    def precision(self) -> float | None:
        """Of what was found."""
        return self.right / self.found if self.found else None

    @property
    def recall(self) -> float | None:
        """Of what the gold has."""
        return self.right / self.gold if self.gold else None

    @property
    def f1(self) -> float | None:
        """The harmonic mean of both."""
        both = self.gold + self.found
        return 2 * self.right / both if both else None


@dataclass(frozen=True, slots=True)
class Difference:
    """How two sets of predictions differ in F1, on the same documents: the second less the first.

    `p` is the probability of a difference as large by chance, of all fields of a comparison corrected (Holm 1979).
    """

    by: float
    low: float
    high: float
    p: float

    @property
    def is_significant(self) -> bool:
        """At the level of 5 %."""
        return self.p < 0.05  # noqa: PLR2004


class Tally:
    """The counts of documents: an array of documents × keys × (gold, found, right)."""

    def __init__(self, documents: Sequence[Sequence[Mark]]) -> None:
        self.keys: Mapping[Key, int] = _numbered((mark.kind, mark.field) for marks in documents for mark in marks)
        numpy = arrays()
        self.counts: Array = numpy.zeros((len(documents), len(self.keys), 3))
        for at, marks in enumerate(documents):
            for mark in marks:
                row = self.counts[at, self.keys[mark.kind, mark.field]]
                row += (mark.gold is not None, mark.found is not None, mark.score)

    @property
    def size(self) -> int:
        """The number of documents."""
        return len(self.counts)

    def fields(self, kind: Kind) -> list[str]:
        """The fields of a kind, in their order."""
        return [field for one, field in self.keys if one == kind]

    def measure(self, kind: Kind, fields: Iterable[str]) -> Measure:
        """Over some fields together."""
        return Measure(*self.counts[:, self._columns(kind, fields)].sum(axis=(0, 1)).tolist())

    def by_document(self, kind: Kind, fields: Iterable[str]) -> tuple[float, Interval] | None:
        """The mean of the F1 of documents that have anything, over some fields together, with its 95 % interval."""
        own = self._own(kind, fields)
        interval = _percentiles(_f1(self._resampled(own)))
        return None if interval is None else (float(_f1(own.sum(axis=0))), interval)

    def interval(self, kind: Kind, fields: Iterable[str]) -> Interval | None:
        """The 95 % interval of F1 over some fields together; None where it cannot be told."""
        return _percentiles(self._drawn(kind, fields))

    def macro_interval(self, fields: Sequence[str]) -> Interval | None:
        """The 95 % interval of the mean of the F1 of fields."""
        return _percentiles(_mean(arrays().stack([self._drawn("value", [field]) for field in fields], axis=-1)))

    def _drawn(self, kind: Kind, fields: Iterable[str]) -> Array:
        return _f1(self._sums[:, self._columns(kind, fields)].sum(axis=1))

    def _of(self, kind: Kind, fields: Iterable[str]) -> Array:
        """Documents × 3."""
        return self.counts[:, self._columns(kind, fields)].sum(axis=1)

    def _own(self, kind: Kind, fields: Iterable[str]) -> Array:
        """The F1 of each document, as counts whose sums have the mean of the documents for their F1: documents × 3."""
        numpy = arrays()
        f1 = _f1(self._of(kind, fields))
        known = ~numpy.isnan(f1)
        return numpy.stack([known, known, numpy.where(known, f1, 0)], axis=1)

    def _columns(self, kind: Kind, fields: Iterable[str]) -> list[int]:
        return [self.keys[kind, field] for field in fields if (kind, field) in self.keys]

    @cached_property
    def _sums(self) -> Array:
        """The counts of each draw: draws × keys × 3."""
        return self._resampled(self.counts)

    def _resampled(self, counts: Array) -> Array:
        """The sums over the documents of each draw: documents × … → draws × …."""
        return arrays().concatenate([_weighed(draws, counts) for draws in self._draws])

    @cached_property
    def _draws(self) -> Sequence[Array]:
        """How often each document is in each draw: blocks of draws × documents; a byte will do, 256 times is never."""
        draw = arrays().random.default_rng(_SEED)
        even = [1 / self.size] * self.size
        return [draw.multinomial(self.size, even, size=many).astype("u1") for many in _blocks(_DRAWS, self.size)]

    # --- two of them ---

    def differences(self, other: Tally, fields: Sequence[str]) -> list[Difference | None]:
        """How the values of another tally of the same documents differ.

        In each of the fields; then in all of them together, in the mean of fields and in that of documents. None where
        one of the two has nothing to measure.
        """
        ours, theirs = self._for_shares(fields), other._for_shares(fields)
        by = _shares(theirs.sum(axis=0)) - _shares(ours.sum(axis=0))
        drawn = _shares(self._resampled(theirs)) - _shares(self._resampled(ours))
        rows = zip(by.tolist(), map(_percentiles, drawn.T), _chances(ours, theirs, by), strict=True)
        return [
            None if interval is None or math.isnan(one) else Difference(one, *interval, chance)
            for one, interval, chance in rows
        ]

    def _for_shares(self, fields: Sequence[str]) -> Array:
        """The counts that `_shares` takes, by document."""
        each = [self._of("value", some) for some in (*([field] for field in fields), fields)]
        return arrays().stack([*each, self._own("value", fields)], axis=1)


def _chances(ours: Array, theirs: Array, by: Array) -> list[float]:
    """How likely differences as large are by chance, of what `_shares` takes of two, by document."""
    numpy = arrays()
    draw = numpy.random.default_rng(_SEED)
    larger = numpy.zeros(len(by))
    for many in _blocks(_SWAPS, len(ours)):
        step = _weighed(draw.integers(0, 2, size=(many, len(ours))), ours - theirs)
        found = _shares(theirs.sum(axis=0) + step) - _shares(ours.sum(axis=0) - step)
        larger += (abs(found) >= abs(by) - 1e-12).sum(axis=0)
    chances: list[float] = ((1 + larger) / (1 + _SWAPS)).tolist()
    return chances


def _weighed(weights: Array, counts: Array) -> Array:
    """The sums over documents: draws × documents, documents × … → draws × …."""
    flat = counts.reshape(len(counts), math.prod(counts.shape[1:]))
    return (weights.astype(float) @ flat).reshape(len(weights), *counts.shape[1:])


def _blocks(draws: int, size: int) -> list[int]:
    """How many draws of so many documents are made at once: 2000, 10⁶ → 2, 2, …."""
    block = max(_BLOCK // size, 1)
    return [min(block, draws - begun) for begun in range(0, draws, block)]


def corrected(differences: Mapping[str, Difference | None]) -> dict[str, Difference | None]:
    """Differences of several fields, with the probabilities of Holm's correction for their number."""
    known = sorted((one.p, field) for field, one in differences.items() if one is not None)
    found, last = dict(differences), 0.0
    for at, (p, field) in enumerate(known):
        last = max(last, min(1.0, p * (len(known) - at)))
        one = differences[field]
        assert one is not None
        found[field] = Difference(one.by, one.low, one.high, last)
    return found


def _shares(counts: Array) -> Array:
    """The F1 of fields, of all together, the means of fields and of documents.

    … × (each field, all, the documents' own) × 3 → … × (each field, all, mean of fields, mean of documents).
    """
    f1 = _f1(counts)
    return arrays().concatenate([f1[..., :-1], _mean(f1[..., :-2])[..., None], f1[..., -1:]], axis=-1)


def _mean(shares: Array) -> Array:
    """The mean of those that are known along the last axis; no number where none is."""
    numpy = arrays()
    known = ~numpy.isnan(shares)
    counts = known.sum(axis=-1)
    return numpy.where(counts, numpy.where(known, shares, 0).sum(axis=-1) / numpy.maximum(counts, 1), numpy.nan)


def _f1(counts: Array) -> Array:
    """… × (gold, found, right) → …; no number where there is nothing."""
    numpy = arrays()
    both = counts[..., 0] + counts[..., 1]
    with numpy.errstate(invalid="ignore", divide="ignore"):
        found: Array = numpy.where(both > 0, 2 * counts[..., 2] / both, numpy.nan)
    return found


def _percentiles(drawn: Array) -> Interval | None:
    numpy = arrays()
    known = drawn[~numpy.isnan(drawn)]
    if not len(known):
        return None
    low, high = numpy.percentile(known, [_TAIL, 100 - _TAIL]).tolist()
    return low, high


def _numbered(keys: Iterable[Key]) -> dict[Key, int]:
    return {key: at for at, key in enumerate(dict.fromkeys(keys))}
