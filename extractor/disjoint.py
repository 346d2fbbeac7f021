"""Lists of names of different kinds: each name goes to the one where the model holds it for likeliest by far.

Asked for people, places and organisations, a small model puts a bank into the first list, a town into all three, and
"the delegates" into one of them. What kind of thing a name stands for it knows, once it is asked that alone (`kinds`).
An item stays where it was written, in several lists too, unless another one is likelier by far; it leaves all of them
where none is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from extractor.absent import without_items
from extractor.draft import Draft
from extractor.field_words import kind_of_names
from extractor.kinds import Inquiry, Kinds, Weights, is_unlikely, likeliest, shown
from extractor.marks import DISJOINT
from extractor.pointers import Path, by_pointer, joined, pointer, value_at
from extractor.scopes import Scope, Scopes, lists_texts, scopes_of, standing
from extractor.types import Schema

_KEYS = ("name", "姓名", "名称", "名字")  # of records


@dataclass(frozen=True, slots=True)
class NameList:
    """A list of names, or of records that have one under a key: with which properties, and what those have at least."""

    path: tuple[str, ...]
    about: str = ""
    key: str | None = None
    properties: frozenset[str] = frozenset()
    blank: Mapping[str, Any] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """What it is called."""
        return self.path[-1]

    def items(self, data: Any) -> list[Any]:
        """What a record has in it."""
        found = value_at(data, pointer(self.path))
        return found if isinstance(found, list) else []

    def name(self, item: Any) -> str:
        """The name of an item; '' of what has none."""
        found = item.get(self.key) if self.key and isinstance(item, Mapping) else item
        return found if isinstance(found, str) else ""

    def item(self, name: str, known: Any) -> Any:
        """An item of this list, with what is known of the name in another one."""
        if not self.key:
            return name
        same = {at: value for at, value in known.items() if at in self.properties} if isinstance(known, Mapping) else {}
        return {**self.blank, **same, self.key: name}


@dataclass(frozen=True, slots=True)
class Lists:
    """Lists side by side."""

    every: tuple[NameList, ...]

    @property
    def kinds(self) -> Kinds:
        """What a name may be by them."""
        return Kinds({one.label: one.about for one in self.every})

    def move(self, name: str, there: Sequence[NameList], weights: Weights) -> Move | None:
        """Where a name of some of the lists goes, by how likely each is; None where it stays."""
        label = likeliest(weights)
        off = [one for one in there if label is None or is_unlikely(one.label, weights)]
        stays = [one for one in there if one not in off]
        into = None if stays else next((one for one in self.every if one.label == label), None)
        return Move(name, off, into, stays) if off else None


@dataclass(frozen=True, slots=True)
class Move:
    """A name, the lists that it leaves, and the one that it goes to; None where it `stays` in some, or is in none."""

    name: str
    out_of: Sequence[NameList]
    into: NameList | None
    stays: Sequence[NameList] = ()

    def applied(self, draft: Draft) -> Draft:
        """A valid draft after the move, of which it tells; where a rule is against it, that is."""
        data = draft.data
        gone: list[Path] = [
            (*one.path, at)
            for one in self.out_of
            for at, item in enumerate(one.items(data))
            if one.name(item) == self.name
        ]
        moved = without_items(data, gone)
        if self.into:
            *above, last = self.into.path
            item = self.into.item(self.name, value_at(data, pointer(gone[0])))
            value_at(moved, pointer(above))[last] = [*self.into.items(moved), item]
        other = draft.edited(moved, gone, self._told(data, moved, gone))
        if other.valid is not None:
            return other
        where = f"is likelier in {self.into.label}" if self.into else "is likelier in none of these lists"
        why = f"{self.name!r} {where}, but the record would not be valid so"
        return replace(draft, notes=joined(draft.notes, {pointer(one.path): why for one in self.out_of}))

    def _told(self, data: Any, moved: Any, gone: Sequence[Path]) -> dict[str, str]:
        """Where the name was, told where it is now; of what is in no list any more, where it was."""
        items = {path: value_at(data, pointer(path)) for path in gone}
        if there := next(iter([self.into] if self.into else self.stays), None):
            at = [*map(there.name, there.items(moved))].index(self.name)
            told = dict.fromkeys(
                f"{shown(item)} was in {path[-2]}, where it is less likely" for path, item in items.items()
            )
            return {pointer((*there.path, at)): "; ".join(told)}
        return by_pointer(
            (pointer(path[:-1]), f"{shown(item)} dropped: likelier in none of these lists")
            for path, item in items.items()
        )


async def moves_of(schema: Schema, data: Any, ask: Inquiry) -> tuple[list[Move], dict[str, str]]:
    """The names of a record that stand in a list where they are far less likely than in one beside it, or in none.

    With them, by pointer, why that is not known of others.
    """
    moves, notes = [], []
    for lists in disjoint_lists(schema):
        where = _where(lists, data)
        told = await ask.about([*where], lists.kinds)
        moves += [move for name, weights in told.weights.items() if (move := lists.move(name, where[name], weights))]
        notes += [(pointer(where[name][0].path), why) for name, why in told.faults.items()]
    return moves, by_pointer(notes)


def _where(lists: Lists, data: Any) -> dict[str, list[NameList]]:
    """By name the lists that have it."""
    found: dict[str, list[NameList]] = defaultdict(list)
    for one in lists.every:
        for name in dict.fromkeys(map(one.name, one.items(data))):
            if name:
                found[name].append(one)
    return found


# --- which lists ---------------------------------------------------------------------------------------------


@lru_cache(maxsize=64)
def disjoint_lists(schema: Schema) -> tuple[Lists, ...]:
    """The lists of a schema that stand in a record once, side by side, and are marked, or have names of other kinds.

    Of lists with names of one kind, as companies and institutions, none is meant that is not marked. Where an object
    may be one of several, they could be lists of different ones.
    """
    scopes, above = scopes_of(schema), {}
    found: dict[tuple[str, ...], list[tuple[bool, str, NameList]]] = defaultdict(list)
    for path, scope in standing(schema):
        above[path] = scope
        said = [part.get(DISJOINT) for part in scope.parts]
        kind = kind_of_names(path[-1]) if path else ""
        if path and (True in said or kind) and False not in said and (one := _name_list(path, scope, scopes)):
            found[path[:-1]].append((True in said, kind, one))
    found = {path: some for path, some in found.items() if sum("properties" in part for part in above[path].parts) == 1}
    groups = ([one for marked, kind, one in some if marked or _count(kind, some) == 1] for some in found.values())
    return tuple(Lists(tuple(some)) for some in groups if len(some) > 1)


def _count(kind: str, some: Sequence[tuple[bool, str, NameList]]) -> int:
    return sum(kind == other for _, other, _ in some)


def _name_list(path: tuple[str, ...], scope: Scope, scopes: Scopes) -> NameList | None:
    if scope.kinds - {"null"} != {"array"}:
        return None
    if lists_texts(scopes, scope):
        return NameList(path, scope.about)
    inner = scopes.of(scope.items)
    key = next(filter(None, map(inner.name, _KEYS)), None) if "object" in inner.kinds else None
    if key is None or scopes.of(inner.child(key)).kinds - {"null"} != {"string"}:
        return None
    kinds = {name: scopes.of(nodes).kinds for name, nodes in inner.properties.items() if name in inner.required}
    blank: dict[str, Any] = {
        name: [] if "array" in some and "null" not in some else None for name, some in kinds.items()
    }
    return NameList(path, scope.about, key, frozenset(inner.properties), blank)
