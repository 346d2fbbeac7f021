"""Two records side by side: what of the one is in the other, place by place.

Items of lists stand beside those that they are most like, so that the sum is greatest (an assignment problem; Kuhn
1955, "The Hungarian method"): which comes first does not matter, unless a field is `ordered`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

from extractor.absent import is_empty
from extractor.evaluate.pairing import Alike, best, in_order, once
from extractor.evaluate.rules import Rule, Rules, shown_name
from extractor.pointers import escaped
from extractor.sameness import marked_key
from extractor.scopes import Nodes, Scope, Scopes, ordered, scopes_of
from extractor.types import Schema

Kind = Literal["value", "absence", "record"]

_FEW, _FEW_LEAVES = 2_500, 250_000  # pairs of records, and of texts and numbers, that are all compared
_MOST_KEPT = 20_000  # pairs of a list whose comparison is kept until it is known which belong together
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
_Kept = dict[tuple[int, int], list[Mark]]  # the comparisons of two items, which are known by their identity


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
        elif shape == "object":  # there is none: its fields are neither here nor there
            yield from _absence(where, sides)
        else:
            yield from self._leaf(scope, where, sides)

    def _object(self, scope: Scope, where: str, sides: _Pair) -> Iterator[Mark]:
        names = dict.fromkeys((*scope.properties, *(name for side in sides for name in side.value or ())))
        for name in ordered(scope, names):
            inner = shown_name(name, scope.properties) if name in scope.properties else "*"
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
        if self._are_ignored(self.scopes.of(scope.items), f"{where}[]"):
            return
        yield from _absence(f"{where}[]", sides)
        kept: _Kept = {}
        for pair in self._paired(scope, where, (sides[0].items(), sides[1].items()), kept):
            yield from self._item(scope, where, pair, kept)

    def _are_ignored(self, items: Scope, inside: str) -> bool:
        """Whether nothing of the items of a list is compared: then they are not counted as right either."""
        known = items.properties
        fields = [(f"{inside}.{shown_name(name, known)}", nodes) for name, nodes in known.items()]
        are_ignored = [self.rules.is_ignored(self.scopes.of(nodes), where) for where, nodes in fields]
        return self.rules.is_ignored(items, inside) or (bool(fields) and all(are_ignored))

    def _paired(
        self, scope: Scope, where: str, lists: tuple[Sequence[_Side], Sequence[_Side]], kept: _Kept
    ) -> Iterator[_Pair]:
        """Which items of two lists are compared, also those that have none beside them."""
        gold, found = lists
        alike = self._likeness(scope, where, kept)
        few = _FEW_LEAVES if all(_shape(item.value) == "leaf" for item in (*gold, *found)) else _FEW
        order = self.rules.listing(scope, where)
        if order == "set":
            gold, found = ([items[at] for at in once(_values(items), alike, few)] for items in (gold, found))
        pairs = in_order if order == "ordered" else best
        for at, to in pairs(_values(gold), _values(found), alike, few):
            yield _NOWHERE if at is None else gold[at], _NOWHERE if to is None else found[to]

    def _item(self, scope: Scope, where: str, sides: _Pair, kept: _Kept) -> Iterator[Mark]:
        inside = f"{where}[]"
        if all(_shape(side.value) in ("leaf", "empty") for side in sides):
            yield from _marked(inside, sides, self.rules.of_items(self.scopes.of(scope.items), scope, where))
            return
        known = kept.get((id(sides[0].value), id(sides[1].value)))
        inner = [*self.pair(scope.items, inside, sides)] if known is None else [_moved(mark, sides) for mark in known]
        if any(_shape(side.value) == "object" for side in sides):
            are_equal = all(mark.score == 1 for mark in inner if mark.kind == "value")
            is_pair = not any(side.is_empty for side in sides)
            yield Mark("record", inside, sides[0].filled, sides[1].filled, float(is_pair and are_equal))
        yield from inner

    def _likeness(self, scope: Scope, where: str, kept: _Kept) -> Alike:
        """How much two items of a list have in common, from 0 to 1; other keys are other records.

        What was compared for that is kept: where lists are in lists, to do it twice doubles the time with each level.
        """
        items = self.scopes.of(scope.items)
        key = marked_key(items)
        rule = self.rules.of_items(items, scope, where) if _expected(items) == "leaf" else None

        def alike(gold: Any, found: Any) -> float:
            if rule is not None and _shape(gold) == _shape(found) == "leaf":
                return rule.alike(gold, found)
            sides = _Side(gold, ""), _Side(found, "")
            every = [*self.pair(scope.items, f"{where}[]", sides)]
            if len(kept) < _MOST_KEPT:
                kept[id(gold), id(found)] = every
            marks = [mark for mark in every if mark.kind == "value"]
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


def _moved(mark: Mark, sides: _Pair) -> Mark:
    """The comparison of two items, where these stand."""
    gold, found = (
        None if at is None else f"{side.at}{at}" for at, side in zip((mark.gold, mark.found), sides, strict=True)
    )
    return replace(mark, gold=gold, found=found)


def _values(items: Sequence[_Side]) -> list[Any]:
    return [item.value for item in items]


def _shape(value: Any) -> Literal["object", "array", "leaf", "empty"]:
    if is_empty(value):
        return "empty"
    return "object" if isinstance(value, Mapping) else "array" if isinstance(value, list) else "leaf"


def _expected(scope: Scope) -> Literal["object", "array", "leaf"]:
    """What a place has in it, by the schema."""
    kinds = scope.kinds - {"null"}
    return "array" if kinds == {"array"} else "object" if kinds == {"object"} else "leaf"
