"""How a value fits a node of a schema: what it becomes, what was changed for that, and what still is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from extractor.comparable import comparable
from extractor.unions import Fault, distance, nearest

Path = tuple[str | int, ...]
Notes = tuple[tuple[Path, str], ...]
_SHOWN = 40  # characters of a value in a doubt
UNDECIDED = (Fault((), "anyOf", None),)


@dataclass(frozen=True, slots=True)
class Fit:
    """A value as a node would have it. `cost` grows with what was changed; without `faults` it is valid."""

    value: Any
    changes: Notes = ()
    doubts: Notes = ()
    faults: tuple[Fault, ...] = ()
    cost: int = 0

    @property
    def is_valid(self) -> bool:
        """Whether the node has nothing against the value."""
        return not self.faults

    def with_change(self, text: str, cost: int = 1) -> Fit:
        """After something was done to the whole of it, first of all."""
        return replace(self, changes=(((), text), *self.changes), cost=self.cost + cost)


def best(fits: Sequence[Fit], source: Fit) -> Fit:
    """The valid fit that costs least; where several values cost as little, the source, with a doubt.

    Where none is valid it is the one that comes nearest, or the source with all doubts.
    """
    valid = [fit for fit in fits if fit.is_valid]
    if valid:
        least = min(fit.cost for fit in valid)
        values = {comparable(fit.value): fit for fit in reversed(valid) if fit.cost == least}
        if len(values) == 1:
            return next(iter(values.values()))
        what = " or ".join(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…" for text in sorted(values)[:3])
        return replace(source, doubts=(((), f"it can be {what}"),), faults=source.faults or UNDECIDED)
    near = nearest({at: fit.faults for at, fit in enumerate(fits)}) if fits else []
    if len(near) == 1 and fits[near[0]].changes:
        return fits[near[0]]
    faults = fits[near[0]].faults if near else source.faults
    return replace(
        source, doubts=tuple(dict.fromkeys(doubt for at in near for doubt in fits[at].doubts)), faults=faults
    )


def is_settled(fits: Sequence[Fit], bound: tuple[float, ...]) -> bool:
    """Whether one is valid, or nearer than the `bound`, so that what is further than that does not count."""
    return any(fit.is_valid or distance(fit.faults)[: len(bound)] < bound for fit in fits)


def inside(key: str | int, notes: Iterable[tuple[Path, str]]) -> Notes:
    """Notes on a child as notes on its parent: ('a', [((0,), 'x')]) → ((('a', 0), 'x'),)."""
    return tuple(((key, *path), text) for path, text in notes)


def if_valid(fit: Fit, source: Fit) -> Fit:
    """A fit that is worth its change of shape only if nothing is wrong with it; its doubts count in any case."""
    return fit if fit.is_valid else replace(source, doubts=at_once(fit.doubts))


def at_once(doubts: Notes) -> Notes:
    """Doubts about what a value could become, as doubts about the value."""
    here: Path = ()
    return tuple((here, why) for _, why in doubts)


def then(first: Fit, second: Fit) -> Fit:
    """One change after another."""
    return Fit(
        second.value,
        (*first.changes, *second.changes),
        tuple(dict.fromkeys((*first.doubts, *second.doubts))),
        second.faults,
        first.cost + second.cost,
    )
