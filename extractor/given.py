"""Values that the parts of a document gave: what they say of one place of it counts once, and which are the same."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from extractor.absent import is_empty
from extractor.comparable import comparable
from extractor.ground.folding import squeezed
from extractor.pointers import escaped
from extractor.types import Span

_LEAST_SLIP = 8  # characters of a text in which one may differ
_MOST_COMPARED = 2_000  # items of a list that are compared with each other for slips


@dataclass(frozen=True, slots=True)
class Given:
    """A value that a part gave: the number of the part, the place in its record, where values of that one stand."""

    value: Any
    part: int
    pointer: str = ""
    spans: Mapping[str, Span] = field(default_factory=dict, repr=False, compare=False)

    def child(self, key: str | int) -> Given:
        """A property or item of it."""
        return Given(self.value[key], self.part, f"{self.pointer}/{escaped(str(key))}", self.spans)

    @property
    def span(self) -> Span | None:
        """Where it stands in the document, if that is known."""
        return self.spans.get(self.pointer)

    @property
    def place(self) -> tuple[int, ...]:
        """Where it begins in the document, or what is in it does; () where that is not known."""
        if not isinstance(self.value, dict | list):
            return (self.span.start,) if self.span else ()
        inside = f"{self.pointer}/"
        return tuple(sorted(span.start for where, span in self.spans.items() if where.startswith(inside)))


def statements(said: Iterable[Given]) -> list[Given]:
    """Values in the order of their places, each of one place once: several parts may show it."""
    found: dict[Hashable, tuple[tuple[int, ...], Given]] = {}
    for at, one in enumerate(said):
        place = one.place
        found.setdefault((identity(one.value), place) if place else at, (place, one))
    every = [*found.values()]
    if all(place for place, _ in every):
        every.sort(key=lambda pair: pair[0][0])
    return [one for _, one in every]


def grouped(values: Iterable[Given], mark: Callable[[Given], Hashable]) -> list[list[Given]]:
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


def without_slips(groups: Sequence[list[Given]]) -> list[list[Given]]:
    """Groups of longer texts, those that the document does not have with the one that it has, but for one letter.

    'Lantern Brigde' is a slip beside 'Lantern Bridge'; of 'Hepatitis A' and 'Hepatitis B' the document has both.
    """
    slips = [at for at, group in enumerate(groups) if not _is_written(group) and _slippery(group[0].value)]
    if not slips or len(groups) > _MOST_COMPARED:
        return [*groups]
    from rapidfuzz.distance import OSA  # few lists need it

    kept = [*groups]
    written = {
        at: text for at, group in enumerate(groups) if _is_written(group) and (text := _slippery(group[0].value))
    }
    for at in slips:
        mine = _slippery(groups[at][0].value)
        alike = (other for other, text in written.items() if abs(len(text) - len(mine)) <= 1)
        twin = next((other for other in alike if OSA.distance(written[other], mine, score_cutoff=1) <= 1), None)
        if twin is not None:
            kept[twin] = [*kept[twin], *groups[at]]
            kept[at] = []
    return [group for group in kept if group]


def _is_written(group: Sequence[Given]) -> bool:
    """Whether the document has a value letter by letter."""
    return any(one.span is not None and one.span.match != "fuzzy" for one in group)


def _slippery(value: Any) -> str:
    """A text in which a letter may differ, as it is compared; '' for what is short, or has a digit."""
    if not isinstance(value, str) or len(value) < _LEAST_SLIP or any(map(str.isdigit, value)) or not value.isascii():
        return ""
    return squeezed(value)


def without_fragments(groups: Sequence[list[Given]]) -> list[list[Given]]:
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


def commonest(values: Sequence[Any]) -> Any:
    """Of spellings of one value the most frequent, of equals the first."""
    counts: dict[str, int] = {}
    for value in values:
        counts[comparable(value)] = counts.get(comparable(value), 0) + 1
    best = max(counts, key=lambda spelling: counts[spelling])
    return next(value for value in values if comparable(value) == best)
