"""Whether probabilities mean what they say: of labels that are held to be 80 % likely, 80 % should be right.

Expected calibration error with bins of equal width (Naeini et al. 2015; Guo et al. 2017, "On Calibration of Modern
Neural Networks"), and the Brier score of the labels that were given (Brier 1950).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import mean

_BINS = 10

Told = tuple[float, float]  # how likely a label was held, and whether it was right (1, or 0)


@dataclass(frozen=True, slots=True)
class Bin:
    """Labels that were held about as likely as each other: how many, how likely on average, which share was right."""

    count: int
    likely: float
    right: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """Bins that have something in them, from unlikely to likely."""

    bins: Sequence[Bin]
    brier: float

    @property
    def count(self) -> int:
        """How many labels there are."""
        return sum(one.count for one in self.bins)

    @property
    def error(self) -> float:
        """The expected calibration error: how far likelihood and share of right ones are apart, on average."""
        return sum(one.count * abs(one.likely - one.right) for one in self.bins) / self.count


def calibration(told: Sequence[Told]) -> Calibration | None:
    """How well likelihoods are calibrated; None for none."""
    if not told:
        return None
    return Calibration([*_bins(told)], mean((likely - right) ** 2 for likely, right in told))


def _bins(told: Sequence[Told]) -> Iterator[Bin]:
    for at in range(_BINS):
        some = [one for one in told if min(int(one[0] * _BINS), _BINS - 1) == at]
        if some:
            yield Bin(len(some), mean(likely for likely, _ in some), mean(right for _, right in some))
