"""Which values of several parts are the same: what they have in common, slips of the pen, and records in fragments."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Any

from extractor.absent import is_empty
from extractor.comparable import comparable
from extractor.ground.folding import squeezed
from extractor.pointers import escaped

_LEAST_SLIP = 8  # characters of a text in which one may differ
_MOST_COMPARED = 2_000  # items of a list that are compared with each other for slips


@dataclass(frozen=True, slots=True)
class Given:
    """A value that a part gave: the number of the part, and the place in its record."""

    value: Any
    part: int
    pointer: str = ""

    def child(self, key: str | int) -> Given:
        """A property or item of it."""
        return Given(self.value[key], self.part, f"{self.pointer}/{escaped(str(key))}")


def same(values: Iterable[Given], mark: Callable[[Given], Hashable]) -> list[list[Given]]:
    """Values in groups of the same, in the order of the first of each."""
    found: dict[Hashable, list[Given]] = {}
    for value in values:
        found.setdefault(mark(value), []).append(value)
    return [*found.values()]


def identity(value: Any, key: str | None = None) -> Hashable:
    """What values have in common that are the same: texts but for case, width, marks and white space."""
    if key is not None and isinstance(value, dict) and not is_empty(value.get(key)):
        return "key", identity(value[key])
    if isinstance(value, str):
        return squeezed(value) or value
    if isinstance(value, dict | list):
        return comparable(_plain(value))
    return comparable(value)


def _plain(value: Any) -> Any:
    """Data with its texts as they are compared."""
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return squeezed(value) or value if isinstance(value, str) else value


def without_slips(groups: list[list[Given]]) -> list[list[Given]]:
    """Groups of longer texts in which one letter differs are one, that of the spelling that most parts have."""
    if len(groups) > _MOST_COMPARED:
        return groups
    from rapidfuzz.distance import OSA  # few lists need it

    kept: list[tuple[str, list[Given]]] = []
    for group in groups:
        mine = _slippery(group[0].value)
        alike = (one for one in kept if mine and one[0] and abs(len(one[0]) - len(mine)) <= 1)
        twin = next((some for other, some in alike if OSA.distance(other, mine, score_cutoff=1) <= 1), None)
        if twin is None:
            kept.append((mine, [*group]))
        else:
            twin.extend(group)
    return [group for _, group in kept]


def without_fragments(groups: list[list[Given]]) -> list[list[Given]]:
    """Groups of records without those of which another part has more: {'a': 1} beside {'a': 1, 'b': 2}.

    A record that could be a fragment of several stays.
    """
    facts = [_facts(group[0].value) for group in groups]
    holders: dict[Hashable, set[int]] = {}
    for at, own in enumerate(facts):
        for fact in own:
            holders.setdefault(fact, set()).add(at)
    kept = [*groups]
    for at, own in enumerate(facts):
        wider = set.intersection(*(holders[fact] for fact in own)) - {at} if own else set()
        wider = {other for other in wider if len(facts[other]) > len(own)}
        whole = wider.pop() if len(wider) == 1 else at
        if {one.part for one in groups[at]}.isdisjoint(one.part for one in groups[whole]):
            kept[whole] = [*kept[whole], *kept[at]]
            kept[at] = []
    return [group for group in kept if group]


def _facts(value: Any) -> frozenset[Hashable]:
    """What a record says, as it is compared; nothing of other values."""
    said = value.items() if isinstance(value, dict) else ()
    return frozenset((name, identity(inner)) for name, inner in said if not is_empty(inner))


def _slippery(value: Any) -> str:
    """A text in which a letter may differ, as it is compared; '' for what is short, or has a digit."""
    if not isinstance(value, str) or len(value) < _LEAST_SLIP or any(map(str.isdigit, value)) or not value.isascii():
        return ""
    return squeezed(value)
