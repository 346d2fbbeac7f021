"""Which of its places a value takes: a list is mostly in reading order, and what belongs to a record stands near it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from operator import attrgetter

from extractor.ground.sought import Key, Leaf, Record
from extractor.types import Span

_MOST = 20_000  # places of one list that are weighed against each other
_LEAST = 8  # of each item
_PLACE = 1 << 20  # what one more item in its place is worth: more than that any number of others stand as written

Find = Callable[[Leaf], Sequence[Span]]  # the places of a leaf, which do not overlap, in reading order
_start, _end = attrgetter("start"), attrgetter("end")


def arrange(root: Record, find: Find, size: int) -> dict[str, Span]:
    """Spans by pointer. Equal values take different places as long as there are any.

    The root's own values take their first places. The items of a list take the longest run of places in reading order,
    each by its most telling leaf; the other leaves of an item stand as near to that one as they can.
    """
    board = _Board(find)
    for leaf in sorted(root.leaves, key=attrgetter("is_label")):
        board.take_first(leaf)
    todo = [(items, (0, size)) for items in reversed(root.lists)]
    while todo:
        items, territory = todo.pop()
        anchors = [board.most_telling(item) for item in items]
        board.take_in_order(anchors, territory)
        spans = [None if anchor is None else board.spans.get(anchor.pointer) for anchor in anchors]
        for item, anchor, span, own in zip(items, anchors, spans, _territories(spans, territory), strict=True):
            board.take_around(item, anchor, own)
            after = own if span is None else (span.start, own[1])
            todo += [(inner, after) for inner in reversed(item.lists)]
    return board.spans


@dataclass(slots=True)
class _Board:
    """Which places are free, and which are taken."""

    find: Find
    spans: dict[str, Span] = field(default_factory=dict)
    _free: dict[Key, list[Span]] = field(default_factory=dict)

    def free(self, leaf: Leaf) -> list[Span]:
        """The places of a leaf that no equal one has taken."""
        if leaf.key not in self._free:
            self._free[leaf.key] = [*self.find(leaf)]
        return self._free[leaf.key]

    def take(self, leaf: Leaf, span: Span) -> None:
        """Give a leaf its place, which may be one that an equal leaf has."""
        free = self.free(leaf)
        at = bisect_left(free, span.start, key=_start)
        if at < len(free) and free[at] == span:
            del free[at]
        self.spans[leaf.pointer] = span

    def take_first(self, leaf: Leaf) -> None:
        """Its first free place, or the last one of all."""
        free = self.free(leaf)
        if places := free[:1] or self.find(leaf)[-1:]:
            self.take(leaf, places[0])

    def take_around(self, item: Record, anchor: Leaf | None, own: tuple[int, int]) -> None:
        """The free places of an item's leaves that are the nearest to its anchor, at best in the item's own part."""
        span = None if anchor is None else self.spans.get(anchor.pointer)
        is_before = anchor in item.leaves
        for leaf in item.leaves:
            is_before = is_before and leaf is not anchor
            if span is None:
                self.take_first(leaf)
            elif leaf is not anchor and (places := self.free(leaf) or self.find(leaf)):
                self.take(leaf, _nearest(places, span, own, is_before=is_before))

    def most_telling(self, item: Record) -> Leaf | None:
        """The leaf of an item that says best where it stands: the fewest places, then the longest."""
        found = [leaf for leaf in item.leaves if self.find(leaf)] or [
            leaf for leaf in item.all_leaves() if self.find(leaf)
        ]
        return min(found, key=lambda leaf: (leaf.is_label, len(self.find(leaf)), -len(str(leaf.value))), default=None)

    def take_in_order(self, anchors: Sequence[Leaf | None], own: tuple[int, int]) -> None:
        """Places of the items of a list: the longest run in reading order, the first free place for the rest."""
        some = [anchor for anchor in anchors if anchor is not None]
        waiting = {anchor.pointer: anchor for anchor in some if anchor.pointer not in self.spans}
        for anchor, span in zip(some, longest_run(self._choices(some, own)), strict=True):
            if span is not None and waiting.pop(anchor.pointer, None) is not None:
                self.take(anchor, span)
        for anchor in waiting.values():
            self.take_first(anchor)

    def _choices(self, anchors: Sequence[Leaf], own: tuple[int, int]) -> list[Sequence[Span]]:
        """The places that each item may take; of equal items, each leaves some to those before it."""
        distinct = {anchor.key: anchor for anchor in anchors}
        places = {key: _within(self.free(anchor), own) or self.free(anchor) for key, anchor in distinct.items()}
        inside = _inside(span for some in places.values() for span in some)
        places = {
            key: [span for span in some if (span.start, span.end) not in inside] or some for key, some in places.items()
        }
        most = max(_LEAST, _MOST // len(anchors)) if anchors else 0
        rank: Counter[Key] = Counter()
        choices: list[Sequence[Span]] = []
        for anchor in anchors:
            fixed = self.spans.get(anchor.pointer)
            some = places[anchor.key]
            first = rank[anchor.key] if len(some) > most else 0
            choices.append([fixed] if fixed else some[first : first + most])
            rank[anchor.key] += 1
        return choices


def longest_run(choices: Sequence[Sequence[Span]]) -> list[Span | None]:
    """One place at most of each item so that most items have one, in order; leftmost among the best.

    The best ends so far are kept as a front: what ends later is worth more. (Fredman 1975, longest increasing runs.)
    """
    ends: list[int] = []
    worths: list[int] = []
    chains: list[_Link] = []
    for item, places in enumerate(choices):
        for span in reversed(places):  # no place of this item comes to stand before one that is still to be seen
            before = bisect_right(ends, span.start) - 1
            worth = _PLACE + (span.match == "exact") + (worths[before] if before >= 0 else 0)
            link = (item, span, chains[before] if before >= 0 else None)
            _keep(ends, worths, chains, worth, link)
    found: list[Span | None] = [None] * len(choices)
    step = chains[-1] if chains else None
    while step is not None:
        item, found[item], step = step
    return found


_Link = tuple[int, Span, "_Link | None"]


def _keep(ends: list[int], worths: list[int], chains: list[_Link], worth: int, link: _Link) -> None:
    """Put a chain into the front, unless one that ends no later is worth as much; it replaces those it outdoes."""
    end = link[1].end
    at = bisect_right(ends, end)
    if at and worths[at - 1] >= worth:
        return
    first = at - 1 if at and ends[at - 1] == end else at
    last = bisect_right(worths, worth, lo=at)
    ends[first:last], worths[first:last], chains[first:last] = [end], [worth], [link]


def _inside(spans: Iterable[Span]) -> set[tuple[int, int]]:
    """The places that lie inside of a longer one: 'England' in 'Bank of England'."""
    found = set()
    until = -1
    for start, negative in sorted({(span.start, -span.end) for span in spans}):  # the longer ones first
        if -negative <= until:
            found.add((start, -negative))
        until = max(until, -negative)
    return found


def _within(spans: Sequence[Span], own: tuple[int, int]) -> Sequence[Span]:
    return spans[bisect_left(spans, own[0], key=_start) : bisect_right(spans, own[1], key=_end)]


def _nearest(spans: Sequence[Span], anchor: Span, own: tuple[int, int], *, is_before: bool) -> Span:
    """The place with the smallest gap to another one, of two equal ones that before or after it."""
    after = bisect_left(spans, anchor.end, key=_start)
    before = bisect_right(spans, anchor.start, key=_end) - 1
    sides = [*spans[after : after + 1], *(spans[before : before + 1] if before >= 0 else ())]
    if is_before:
        sides.reverse()
    return min(sides or spans, key=lambda span: (not own[0] <= span.start < own[1], _gap(span, anchor)))


def _gap(one: Span, other: Span) -> int:
    return max(one.start - other.end, other.start - one.end)


def _territories(anchors: Sequence[Span | None], own: tuple[int, int]) -> list[tuple[int, int]]:
    """The part of the text of each item: from the end of the anchor before its own to the start of the next one."""
    starts = sorted(span.start for span in anchors if span is not None)
    ends = sorted(span.end for span in anchors if span is not None)
    return [own if span is None else _between(span, starts, ends, own) for span in anchors]


def _between(span: Span, starts: Sequence[int], ends: Sequence[int], own: tuple[int, int]) -> tuple[int, int]:
    before = bisect_right(ends, span.start) - 1
    after = bisect_left(starts, span.end)
    first = ends[before] if before >= 0 else own[0]
    return max(own[0], first), min(own[1], starts[after] if after < len(starts) else own[1])
