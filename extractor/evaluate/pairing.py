"""Which items of two lists belong together: pairs of their places, None where an item has no partner.

How alike two values are, from 0 to 1, is for the caller to say, and 1 of equal ones. Of lists with more pairs than a
`few` those that are equal belong together, then only near ones are compared (`nearness`), and in blocks what is left of
both. So what is compared grows with the length of the lists, and not its square.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any

from extractor.comparable import comparable
from extractor.evaluate.comparators import arrays, needed
from extractor.evaluate.nearness import Places, blocks, near, spelled

Alike = Callable[[Any, Any], float]
Pair = tuple[int | None, int | None]
_Array = Any  # of numpy

_BESIDE = 10  # places to either side of its own where an item of a list in order is compared in any case


def best(gold: Sequence[Any], found: Sequence[Any], alike: Alike, few: int) -> Iterator[Pair]:
    """The pairs with the greatest sum, then what is left over on either side.

    Of lists with more pairs than a few, equal items belong together.
    """
    ours, theirs = dict(enumerate(gold)), dict(enumerate(found))
    if len(ours) * len(theirs) <= few:
        partners = _assigned({(at, to): alike(ours[at], theirs[to]) for at, to in product(ours, theirs)})
    else:
        partners = dict(_of_many(ours, theirs, alike, few))
    yield from ((at, partners.get(at)) for at in range(len(gold)))
    taken = {*partners.values()}
    yield from ((None, to) for to in range(len(found)) if to not in taken)


def _of_many(ours: dict[int, Any], theirs: dict[int, Any], alike: Alike, few: int) -> Iterator[Places]:
    """Partners in long lists; what has one is taken out of them."""

    def taken(pairs: Iterable[Places]) -> Iterator[Places]:
        for at, to in pairs:
            del ours[at], theirs[to]
            yield at, to

    yield from taken(_equal(ours, theirs, comparable))
    yield from taken((at, to) for at, to in _equal(ours, theirs, spelled) if alike(ours[at], theirs[to]) == 1)
    scores = {(at, to): alike(ours[at], theirs[to]) for at, to in near(ours, theirs)}
    yield from taken(_assigned_of_some(scores).items())
    for some, others in blocks(ours, theirs, few):
        pairs = product((at for at in some if at in ours), (to for to in others if to in theirs))
        yield from taken(_assigned({(at, to): alike(ours[at], theirs[to]) for at, to in pairs}).items())


def in_order(gold: Sequence[Any], found: Sequence[Any], alike: Alike, few: int) -> Iterator[Pair]:
    """The pairs with the greatest sum that keep the order (an alignment; Needleman and Wunsch 1970, without costs).

    Of lists with more pairs than a few, items that are equal at the begin and at the end belong together; between them
    those at about the same place are compared too. Sums are made of all pairs, a row at once.
    """
    head, tail = _equal_ends(gold, found) if len(gold) * len(found) > few else (0, 0)
    ours, theirs = range(head, len(gold) - tail), range(head, len(found) - tail)
    yield from ((at, at) for at in range(head))
    rows = _rows(gold[head : ours.stop], found[head : theirs.stop], alike, few)
    for at, to in _aligned(rows, len(theirs)):
        yield None if at is None else ours[at], None if to is None else theirs[to]
    yield from zip(range(ours.stop, len(gold)), range(theirs.stop, len(found)), strict=True)


def once(items: Sequence[Any], alike: Alike, few: int) -> list[int]:
    """The places of the items without those that repeat an earlier one."""
    first = {comparable(value): at for at, value in reversed([*enumerate(items)])}
    kinds = {at: items[at] for at in sorted(first.values())}
    rows = None if len(kinds) ** 2 <= few else _by_row(near(kinds, kinds))
    kept: dict[int, None] = {}
    for at, one in kinds.items():
        others: Iterable[int] = kept if rows is None else (to for to in rows.get(at, ()) if to in kept)
        if not any(alike(one, kinds[to]) == 1 for to in others):
            kept[at] = None
    return [*kept]


# --- what is compared ----------------------------------------------------------------------------------------


def _equal(gold: Mapping[int, Any], found: Mapping[int, Any], text: Callable[[Any], str]) -> list[Places]:
    """Pairs of which the text is equal."""
    waiting: dict[str, list[int]] = {}
    for to in reversed(found):
        waiting.setdefault(text(found[to]), []).append(to)
    return [(at, equals.pop()) for at, one in gold.items() if (equals := waiting.get(text(one)))]


def _equal_ends(gold: Sequence[Any], found: Sequence[Any]) -> tuple[int, int]:
    """How many items are equal at the begin, and then at the end: abcd, abxd → 2, 1."""
    ours, theirs = ([comparable(one) for one in items] for items in (gold, found))
    shorter = min(len(ours), len(theirs))
    head = next((at for at in range(shorter) if ours[at] != theirs[at]), shorter)
    left = shorter - head
    return head, next((at for at in range(left) if ours[-1 - at] != theirs[-1 - at]), left)


def _by_row(pairs: Iterable[Places]) -> dict[int, list[int]]:
    """[(0, 1), (0, 2)] → {0: [1, 2]}."""
    rows: dict[int, list[int]] = {}
    for at, to in sorted(pairs):
        rows.setdefault(at, []).append(to)
    return rows


# --- an assignment -------------------------------------------------------------------------------------------


def _assigned(scores: Mapping[Places, float]) -> dict[int, int]:
    """The partners with the greatest sum, by the scores of all pairs; of pairs that score nothing there are none.

    {(0, 0): 0.2, (0, 1): 1, (1, 0): 0.9, (1, 1): 0} → {0: 1, 1: 0}
    """
    if not scores:
        return {}
    rows, columns = ([*dict.fromkeys(places)] for places in zip(*scores, strict=True))
    if min(len(rows), len(columns)) == 1:
        pairs = [max(scores, key=scores.__getitem__)]
    else:
        try:
            from scipy.optimize import linear_sum_assignment
        except ImportError as error:
            raise needed("scipy") from error
        chosen = linear_sum_assignment([[scores[at, to] for to in columns] for at in rows], maximize=True)
        pairs = [(rows[row], columns[column]) for row, column in zip(*chosen, strict=True)]
    return {at: to for at, to in pairs if scores[at, to]}


def _assigned_of_some(scores: Mapping[Places, float]) -> dict[int, int]:
    """As `_assigned`, where most pairs have no score: it takes as long as there are others, and makes no table of all.

    Each row may have a column of its own too, which stands for nobody, so that all rows can have one.
    """
    worth = {pair: score for pair, score in scores.items() if score}
    if not worth:
        return {}
    try:
        from scipy.sparse import csr_array
        from scipy.sparse.csgraph import min_weight_full_bipartite_matching
    except ImportError as error:
        raise needed("scipy") from error
    places, others = ([*dict.fromkeys(side)] for side in zip(*worth, strict=True))
    row_of, column_of = ({place: at for at, place in enumerate(side)} for side in (places, others))
    rows = [*(row_of[at] for at, _ in worth), *range(len(places))]
    columns = [*(column_of[to] for _, to in worth), *range(len(others), len(others) + len(places))]
    costs = [*(2 - score for score in worth.values()), *([2.0] * len(places))]  # a cost of 0 would be no pair
    graph = csr_array((costs, (rows, columns)), shape=(len(places), len(others) + len(places)))
    chosen = zip(*min_weight_full_bipartite_matching(graph), strict=True)
    return {places[row]: others[column] for row, column in chosen if column < len(others)}


# --- an alignment --------------------------------------------------------------------------------------------


def _rows(gold: Sequence[Any], found: Sequence[Any], alike: Alike, few: int) -> Iterator[_Array]:
    """For each item how alike each of the others is; what stands in a list twice is compared once."""
    numpy = arrays()
    (ours, kinds), (theirs, others) = _kinds(gold), _kinds(found)
    if len(kinds) * len(others) <= few:
        pairs = {*product(range(len(kinds)), range(len(others)))}
    else:
        pairs = near(dict(enumerate(kinds)), dict(enumerate(others)))
        pairs |= {(ours[at], theirs[to]) for at, to in _beside(len(ours), len(theirs))}
    rows = _by_row(pairs)
    scores = {at: [alike(kinds[at], others[to]) for to in some] for at, some in rows.items()}
    columns = numpy.array(theirs, dtype=int)
    for kind in ours:
        row = numpy.zeros(len(others))
        row[rows.get(kind, [])] = scores.get(kind, [])
        yield row[columns]


def _kinds(items: Sequence[Any]) -> tuple[list[int], list[Any]]:
    """The kind of each item, and one of each: aba → [0, 1, 0], ab."""
    texts = [comparable(one) for one in items]
    firsts = {text: at for at, text in reversed([*enumerate(texts)])}
    kinds = {text: at for at, text in enumerate(dict.fromkeys(texts))}
    return [kinds[text] for text in texts], [items[firsts[text]] for text in kinds]


def _beside(size: int, other: int) -> Iterator[Places]:
    """Places at which one would look for an item of a list in another list, of another size."""
    for at in range(size):
        middle = at * other // size
        yield from ((at, to) for to in range(max(middle - _BESIDE, 0), min(middle + _BESIDE + 1, other)))


def _aligned(rows: Iterable[_Array], width: int) -> Iterator[Pair]:
    """The pairs of an alignment, by how alike each column is in each row."""
    numpy = arrays()
    sums = numpy.zeros(width + 1)  # the greatest up to here, with so many of the columns
    without: list[tuple[_Array, _Array]] = []  # bits: whether the row, or the last column, adds nothing
    for row in rows:
        above, sums = sums, numpy.zeros(width + 1)
        sums[1:] = numpy.maximum.accumulate(numpy.maximum(above[1:], above[:-1] + row))
        without.append((numpy.packbits(sums == above), numpy.packbits(sums[1:] == sums[:-1])))
    pairs: list[Pair] = []
    at, to = len(without), width
    while at and to:
        has_no_row, has_no_column = without[at - 1]
        if _bit(has_no_row, to):
            at -= 1
            pairs.append((at, None))
        elif _bit(has_no_column, to - 1):
            to -= 1
            pairs.append((None, to))
        else:
            at, to = at - 1, to - 1
            pairs.append((at, to))
    yield from ((None, one) for one in range(to))
    yield from ((one, None) for one in range(at))
    yield from reversed(pairs)


def _bit(packed: _Array, at: int) -> bool:
    return bool(packed[at >> 3] >> (7 - (at & 7)) & 1)
