"""Values that the parts of a document gave: what they say of one place of it counts once, and which are the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, repeat
from typing import Any

from extractor.comparable import comparable
from extractor.ground.folding import squeezed
from extractor.pointers import escaped
from extractor.sameness import literal
from extractor.types import Span

_LEAST_SLIP = 8  # characters of a text in which one may differ
_MOST_COMPARED = 2_000  # items of a list that are compared with each other for slips

_MOST_NAMESAKES = 200  # records of one key with which another is compared


@dataclass(frozen=True, slots=True)
class Given:
    """A value that a part gave: the number of the part, the place in its record, where values of that one stand.

    `starts` says by pointer where what is in each list and object of the record begins, in order.
    """

    value: Any
    part: int
    pointer: str = ""
    spans: Mapping[str, Span] = field(default_factory=dict, repr=False, compare=False)
    starts: Mapping[str, Sequence[int]] = field(default_factory=dict, repr=False, compare=False)

    def child(self, key: str | int) -> Given:
        """A property or item of it."""
        return Given(self.value[key], self.part, f"{self.pointer}/{escaped(str(key))}", self.spans, self.starts)

    @property
    def span(self) -> Span | None:
        """Where it stands in the document, if that is known."""
        return self.spans.get(self.pointer)

    @property
    def place(self) -> tuple[int, ...]:
        """Where it begins in the document, or what is in it does; () where that is not known."""
        if not isinstance(self.value, dict | list):
            return (self.span.start,) if self.span else ()
        return tuple(self.starts.get(self.pointer, ()))


def records(parts: Iterable[Any], spans: Iterable[Mapping[str, Span]]) -> list[Given]:
    """The records of parts, with where their values stand, as far as that is known."""
    places: Iterable[Mapping[str, Span]] = chain(spans, repeat({}))
    pairs = enumerate(zip(parts, places, strict=False))
    return [Given(value, at, "", found, _starts(found)) for at, (value, found) in pairs]


def _starts(spans: Mapping[str, Span]) -> Mapping[str, Sequence[int]]:
    """Where what is in lists and objects begins: {'/a/0': 7, '/a/1': 3} → {'/a': [3, 7], '': [3, 7]}."""
    found: dict[str, list[int]] = {}
    for where, span in sorted(spans.items(), key=lambda pair: pair[1].start):
        around = where
        while around:
            around = around.rpartition("/")[0]
            found.setdefault(around, []).append(span.start)
    return found


def statements(said: Iterable[Given], mark: Callable[[Given], Hashable]) -> list[Given]:
    """Values in the order of their places, the same at one place once: several parts may show it."""
    found: dict[Hashable, tuple[tuple[int, ...], Given]] = {}
    for at, one in enumerate(said):
        place = one.place
        found.setdefault((mark(one), place) if place else at, (place, one))
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


def told_apart(values: Iterable[Given], mark: Callable[[Given], Hashable]) -> Callable[[Given], Hashable]:
    """A mark that also tells apart what one part gave beside each other: of 're-sign' and 'resign' it knew both."""
    spelled: dict[Hashable, dict[int, dict[Hashable, None]]] = {}
    for one in values:
        spelled.setdefault(mark(one), {}).setdefault(one.part, {})[literal(one.value)] = None
    apart = {
        own: {spelling: None for some in parts.values() if len(some) > 1 for spelling in some}
        for own, parts in spelled.items()
        if any(len(some) > 1 for some in parts.values())
    }

    def finer(one: Given) -> Hashable:
        if (own := mark(one)) not in apart:
            return own
        said = literal(one.value)
        return own, said if said in apart[own] else next(iter(apart[own]))

    return finer


def consistent(
    records: list[Given],
    mark: Callable[[Given], Hashable],
    claims_of: Callable[[Given], Mapping[Hashable, Hashable]],
) -> list[list[Given]]:
    """Records of one key in groups, several where a part contradicts itself: the key does not tell them apart then.

    Each goes with the first that it does not contradict. By `mark` are the same those that need no second look.
    """
    claims: dict[Hashable, dict[Hashable, Hashable]] = {}
    known: dict[Hashable, Hashable] = {}
    is_one = True
    for one in records:
        claims.setdefault(mark(one), {}).update(own := claims_of(one))
        is_one &= all(known.setdefault((one.part, what), said) == said for what, said in own.items())
    if is_one:
        return [records]
    groups: list[dict[Hashable, Hashable]] = []
    homes: dict[Hashable, int] = {}
    for same, own in claims.items():
        compared = enumerate(groups[:_MOST_NAMESAKES])
        fitting = (at for at, said in compared if all(said.get(what, one) == one for what, one in own.items()))
        if (home := next(fitting, len(groups))) == len(groups):
            groups.append({})
        groups[home].update(own)
        homes[same] = home
    return grouped(records, lambda one: homes[mark(one)])


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


def without_fragments(
    groups: Sequence[list[Given]], facts_of: Callable[[Given], Mapping[str, Hashable]]
) -> list[list[Given]]:
    """Groups of records without those of which another part has more: {'a': 1} beside {'a': 1, 'b': 2}.

    A record that could be a fragment of several stays.
    """
    facts = [frozenset(facts_of(group[0]).items()) for group in groups]
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


def commonest(values: Sequence[Given]) -> Given:
    """Of spellings of one value the most frequent, of equals the first."""
    counts = Counter(comparable(one.value) for one in values)
    best = max(counts, key=lambda spelling: counts[spelling])
    return next(one for one in values if comparable(one.value) == best)
