"""Two records side by side: what of the one is in the other, place by place.

Items of lists stand beside those that they are most like, so that the sum is greatest (an assignment problem; Kuhn
1955, "The Hungarian method"): which comes first does not matter, unless a field is `ordered`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, NamedTuple

from extractor.absent import is_empty
from extractor.comparable import comparable
from extractor.evaluate.comparators import needed, normal
from extractor.evaluate.rules import Rule, Rules
from extractor.merge import marked_key
from extractor.pointers import escaped, leaves
from extractor.scopes import Nodes, Scope, Scopes, ordered, scopes_of
from extractor.types import Schema

Kind = Literal["value", "absence", "record"]

_FEW, _FEW_LEAVES = 1_000, 250_000  # pairs of records, and of texts and numbers, that are all compared
_SHARED = 20  # items that have a value, above which it does not tell them apart
_SLIGHT = 0.1  # what a choice weighs where records are paired: choices agree by chance


@dataclass(frozen=True, slots=True)
class Mark:
    """One comparison: the places in the gold record and in the one that was found (None: nowhere), and how alike.

    Of kind `value` it is about a leaf, `record` about an item of a list as a whole, `absence` about a place that is
    empty: there `gold` and `found` are the places where it is.
    """

    kind: Kind
    field: str
    gold: str | None
    found: str | None
    score: float = 0.0
    weight: float = 1.0


class _Side(NamedTuple):
    """A value of one of the records, and its place; without a place, what is around it is not there."""

    value: Any
    at: str | None

    @property
    def is_empty(self) -> bool:
        return is_empty(self.value)

    @property
    def filled(self) -> str | None:
        """The place, where something stands."""
        return None if self.is_empty else self.at

    @property
    def emptied(self) -> str | None:
        """The place, where nothing stands."""
        return self.at if self.is_empty else None

    def child(self, key: str | int) -> _Side:
        """What is inside of an object or a list."""
        if self.is_empty:
            return _Side(None, None if self.at is None else f"{self.at}/{escaped(str(key))}")
        value = self.value.get(key) if isinstance(self.value, Mapping) else self.value[key]
        return _Side(value, f"{self.at}/{escaped(str(key))}")

    def items(self) -> list[_Side]:
        """The items of a list that are not empty."""
        every = [] if self.is_empty else [self.child(at) for at in range(len(self.value))]
        return [one for one in every if not one.is_empty]


_NOWHERE = _Side(None, None)
_Pair = tuple[_Side, _Side]


def marks_of(gold: Any, found: Any, schema: Schema, rules: Rules) -> list[Mark]:
    """All comparisons of two records of a schema, in its order; raises `UsageError` where a library is missing."""
    work = _Comparing(scopes_of(schema), rules)
    other = _NOWHERE if found is None else _Side(found, "")  # where there is no answer, nobody said that it is empty
    return [*work.pair(work.scopes.nodes, "", (_Side(gold, ""), other))]


@dataclass(frozen=True, slots=True)
class _Comparing:
    scopes: Scopes
    rules: Rules

    def pair(self, nodes: Nodes, where: str, sides: _Pair) -> Iterator[Mark]:
        """The comparisons at a place and in it."""
        scope = self.scopes.of(nodes)
        if self.rules.is_ignored(scope, where):
            return
        shapes = dict.fromkeys(_shape(side.value) for side in sides if not side.is_empty)
        if len(shapes) > 1:  # of other kinds: all of the one is lacking, all of the other too much
            gold, found = sides
            yield from self.pair(nodes, where, (gold, _NOWHERE))
            yield from self.pair(nodes, where, (_NOWHERE, found))
            return
        shape = next(iter(shapes), _expected(scope))
        if shape == "object" and shapes:
            if any(side.value is None for side in sides):  # an object that is empty is there
                yield from _absence(where, sides)
            gold, found = (_NOWHERE if side.value is None else side for side in sides)
            yield from self._object(scope, where, (gold, found))
        elif shape == "array":
            yield from self._list(scope, where, sides)
        else:
            yield from self._leaf(scope, where, sides)

    def _object(self, scope: Scope, where: str, sides: _Pair) -> Iterator[Mark]:
        names = dict.fromkeys((*scope.properties, *(name for side in sides for name in side.value or ())))
        for name in ordered(scope, names):
            inner = name if name in scope.properties else "*"
            gold, found = (side.child(name) for side in sides)
            yield from self.pair(scope.child(name), f"{where}.{inner}" if where else inner, (gold, found))

    def _leaf(self, scope: Scope, where: str, sides: _Pair) -> Iterator[Mark]:
        yield from _marked(where, sides, self.rules.of(scope, where), _SLIGHT if scope.choices is not None else 1.0)

    # --- lists ---

    def _list(self, scope: Scope, where: str, sides: _Pair) -> Iterator[Mark]:
        if scope.prefix:
            lengths = [len(side.value) if not side.is_empty else 0 for side in sides]
            for at in range(max(lengths)):
                gold, found = (
                    side.child(at) if at < size else _NOWHERE for side, size in zip(sides, lengths, strict=True)
                )
                yield from self.pair(scope.child(at), f"{where}[{at}]", (gold, found))
            return
        yield from _absence(f"{where}[]", sides)
        gold_items, found_items = (side.items() for side in sides)
        alike = self._likeness(scope, where)
        order = self.rules.listing(scope, where)
        if order == "set":
            gold_items, found_items = (_once(items, alike) for items in (gold_items, found_items))
        are_leaves = all(_shape(item.value) == "leaf" for item in (*gold_items, *found_items))
        few = _FEW_LEAVES if are_leaves else _FEW
        pairs = _in_order if order == "ordered" else partial(_best, few=few)
        for gold, found in pairs(gold_items, found_items, alike):
            yield from self._item(scope, where, (gold, found))

    def _item(self, scope: Scope, where: str, sides: _Pair) -> Iterator[Mark]:
        inside = f"{where}[]"
        if all(_shape(side.value) in ("leaf", "empty") for side in sides):
            yield from _marked(inside, sides, self.rules.of_items(self.scopes.of(scope.items), scope, where))
            return
        inner = [*self.pair(scope.items, inside, sides)]
        if any(_shape(side.value) == "object" for side in sides):
            are_equal = all(mark.score == 1 for mark in inner if mark.kind == "value")
            is_pair = not any(side.is_empty for side in sides)
            yield Mark("record", inside, sides[0].filled, sides[1].filled, float(is_pair and are_equal))
        yield from inner

    def _likeness(self, scope: Scope, where: str) -> Callable[[_Side, _Side], float]:
        """How much two items of a list have in common, from 0 to 1; other keys are other records."""
        items = self.scopes.of(scope.items)
        key = marked_key(items)
        rule = self.rules.of_items(items, scope, where) if _expected(items) == "leaf" else None

        def alike(gold: _Side, found: _Side) -> float:
            if rule is not None and _shape(gold.value) == _shape(found.value) == "leaf":
                return rule.alike(gold.value, found.value)
            marks = [mark for mark in self.pair(scope.items, f"{where}[]", (gold, found)) if mark.kind == "value"]
            if key and any(mark.field == f"{where}[].{key}" and not mark.score for mark in marks):
                return 0.0
            both = sum(mark.weight * ((mark.gold is not None) + (mark.found is not None)) for mark in marks)
            return 2 * sum(mark.weight * mark.score for mark in marks) / both if both else 1.0

        return alike


def _marked(where: str, sides: _Pair, rule: Rule, weight: float = 1.0) -> Iterator[Mark]:
    """The comparison of two leaves, and what is said of one that is empty."""
    gold, found = sides
    if not (gold.is_empty and found.is_empty):
        score = 0.0 if gold.is_empty or found.is_empty else rule.alike(gold.value, found.value)
        yield Mark("value", where, gold.filled, found.filled, score, weight)
    yield from _absence(where, sides)


def _absence(where: str, sides: _Pair) -> Iterator[Mark]:
    """What is said of a place that is empty in one of the records; of what is around it both know."""
    gold, found = sides
    if gold.at is not None and found.at is not None and (gold.is_empty or found.is_empty):
        yield Mark("absence", where, gold.emptied, found.emptied, float(gold.is_empty and found.is_empty))


def _shape(value: Any) -> Literal["object", "array", "leaf", "empty"]:
    if is_empty(value):
        return "empty"
    return "object" if isinstance(value, Mapping) else "array" if isinstance(value, list) else "leaf"


def _expected(scope: Scope) -> Literal["object", "array", "leaf"]:
    """What a place has in it, by the schema."""
    kinds = scope.kinds - {"null"}
    return "array" if kinds == {"array"} else "object" if kinds == {"object"} else "leaf"


# --- which items belong together -----------------------------------------------------------------------------


_Alike = Callable[[_Side, _Side], float]
_Pairs = Iterator[_Pair]


def _best(gold: Sequence[_Side], found: Sequence[_Side], alike: _Alike, few: int) -> _Pairs:
    """The pairs with the greatest sum, then what is left over on either side.

    Of lists with more pairs than a few, equal items belong together, and only near ones are compared.
    """
    are_few = len(gold) * len(found) <= few
    if not are_few:
        same, gold, found = _equal(gold, found)
        yield from same
    near = _near(gold, found, few)
    scores = [
        [alike(one, other) if near(at, to) else 0.0 for to, other in enumerate(found)] for at, one in enumerate(gold)
    ]
    taken = {at: to for at, to in _assigned(scores) if scores[at][to]}
    for at, one in enumerate(gold):
        yield one, found[taken[at]] if at in taken else _NOWHERE
    yield from ((_NOWHERE, one) for at, one in enumerate(found) if at not in taken.values())


def _equal(gold: Sequence[_Side], found: Sequence[_Side]) -> tuple[list[_Pair], list[_Side], list[_Side]]:
    """Pairs that are equal in all, and the others."""
    waiting: dict[str, list[_Side]] = {}
    for one in reversed(found):
        waiting.setdefault(comparable(one.value), []).append(one)
    pairs: list[_Pair] = []
    others = []
    for one in gold:
        equals = waiting.get(comparable(one.value))
        if equals:
            pairs.append((one, equals.pop()))
        else:
            others.append(one)
    left = {one.at for rest in waiting.values() for one in rest}
    return pairs, others, [one for one in found if one.at in left]


def _near(gold: Sequence[_Side], found: Sequence[_Side], few: int) -> Callable[[int, int], bool]:
    """Which items are compared: all of short lists, of long ones those that have a value or a word in common.

    A value that many have tells nothing. So what is compared grows with the length of the lists, and not its square.
    """
    if len(gold) * len(found) <= few:
        return lambda _, __: True
    holders: dict[str, set[int]] = {}
    for to, other in enumerate(found):
        for value in _values(other.value):
            holders.setdefault(value, set()).add(to)
    telling = {value: some for value, some in holders.items() if len(some) <= _SHARED}
    pairs = {(at, to) for at, one in enumerate(gold) for value in _values(one.value) for to in telling.get(value, ())}
    return lambda at, to: (at, to) in pairs


def _values(item: Any) -> set[str]:
    """The leaves of an item as they are compared, and the words of its texts: others may be nearly the same."""
    said = [value for _, value in leaves(item) if not is_empty(value) and not isinstance(value, bool)]
    return {normal(part) for value in said for part in ([value, *value.split()] if isinstance(value, str) else [value])}


def _assigned(scores: Sequence[Sequence[float]]) -> list[tuple[int, int]]:
    """Row and column of each pair: [[0.2, 1], [0.9, 0]] → (0, 1), (1, 0)."""
    if not scores or not scores[0]:
        return []
    if len(scores) == 1 or len(scores[0]) == 1:
        best = max(
            ((row, at) for row, one in enumerate(scores) for at in range(len(one))), key=lambda to: scores[to[0]][to[1]]
        )
        return [best]
    try:
        from scipy.optimize import linear_sum_assignment
    except ImportError as error:
        raise needed("scipy") from error
    rows, columns = linear_sum_assignment(scores, maximize=True)
    return [*zip(rows.tolist(), columns.tolist(), strict=True)]


def _in_order(gold: Sequence[_Side], found: Sequence[_Side], alike: _Alike) -> _Pairs:
    """The pairs with the greatest sum that keep the order (an alignment; Needleman and Wunsch 1970, without costs)."""
    sums = [[0.0] * (len(found) + 1) for _ in range(len(gold) + 1)]
    scores = [[alike(one, other) for other in found] for one in gold]
    for at, row in enumerate(scores):
        for to, score in enumerate(row):
            sums[at + 1][to + 1] = max(sums[at][to + 1], sums[at + 1][to], sums[at][to] + score)
    pairs: list[_Pair] = []
    at, to = len(gold), len(found)
    while at and to:
        if sums[at][to] == sums[at - 1][to]:
            at -= 1
            pairs.append((gold[at], _NOWHERE))
        elif sums[at][to] == sums[at][to - 1]:
            to -= 1
            pairs.append((_NOWHERE, found[to]))
        else:
            at, to = at - 1, to - 1
            pairs.append((gold[at], found[to]))
    pairs += [*((one, _NOWHERE) for one in gold[:at][::-1]), *((_NOWHERE, one) for one in found[:to][::-1])]
    yield from reversed(pairs)


def _once(items: Sequence[_Side], alike: _Alike) -> list[_Side]:
    """Items without those that repeat an earlier one."""
    kept: list[_Side] = []
    for one in items:
        if not any(alike(one, other) == 1 for other in kept):
            kept.append(one)
    return kept
