"""Lists of names of different kinds: each name goes to the one where the model holds it for likeliest by far.

Asked for people, places and organisations, a small model puts a bank into the first list, a town into all three, and
"the delegates" into one of them. What kind of thing a name stands for it knows, once it is asked that alone (`kinds`).
An item stays where it was written, in several lists too, unless another one is likelier by far; it leaves all of them
where none is.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from extractor.absent import NOT_ASKED, without_items
from extractor.changes import shown, unless_valid
from extractor.draft import Draft
from extractor.field_words import are_of_whole, kind_of_names
from extractor.kinds import Inquiry, Kinds, Weights, is_name, is_unlikely, likeliest
from extractor.marks import DISJOINT, RANKED
from extractor.pointers import Path, by_pointer, pointer, value_at
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
        return found if isinstance(found, str) and is_name(found) else ""

    def known(self, item: Any) -> dict[str, Any]:
        """What an item of another list says that one of this list has too."""
        is_record = self.key and isinstance(item, Mapping)
        return {at: value for at, value in item.items() if at in self.properties} if is_record else {}

    def item(self, name: str, known: Mapping[str, Any]) -> Any:
        """An item of this list, with what is known of the name."""
        return {**self.blank, **known, self.key: name} if self.key else name


@dataclass(frozen=True, slots=True)
class Lists:
    """Lists side by side, between which names may move; and others `beside` them, with what is said of each."""

    every: tuple[NameList, ...]
    beside: Mapping[str, str] = field(default_factory=dict)

    @property
    def kinds(self) -> Kinds:
        """What a name may be by them."""
        return Kinds({**{one.label: one.about for one in self.every}, **self.beside})

    def move(self, name: str, there: Sequence[NameList], weights: Weights) -> Move | None:
        """Where a name of some of the lists goes, by how likely each is; None where it stays.

        So it does where one beside them is the likeliest.
        """
        best = max(weights[one.label] for one in self.every)
        if any(weights[label] > best for label in self.beside):
            return None
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
        moved, asked = without_items(data, gone), draft
        if self.into:
            *above, last = self.into.path
            known = self.into.known(value_at(data, pointer(gone[0])))
            items = [*self.into.items(moved), self.into.item(self.name, known)]
            value_at(moved, pointer(above))[last] = items
            asked = _with_known(draft, known, self.into.blank, gone[0], (*self.into.path, len(items) - 1))
        other = asked.edited(moved, gone, self._told(data, moved, gone))
        where = f"in {self.into.label}" if self.into else "in none of these lists"
        places = [one.path for one in self.out_of]
        return unless_valid(other, draft, places, f"{shown(self.name)} is likelier {where}")

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


def _with_known(draft: Draft, known: Mapping[str, Any], blank: Mapping[str, Any], old: Path, new: Path) -> Draft:
    """A draft that tells what is known of an item at its new place too, and that nobody was asked for its rest."""
    at = {name: (pointer((*old, name)), pointer((*new, name))) for name in known}
    notes = {new_at: draft.notes[old_at] for old_at, new_at in at.values() if old_at in draft.notes}
    lost = {new_at: draft.lost[old_at] for old_at, new_at in at.values() if old_at in draft.lost}
    unasked = {pointer((*new, name)): NOT_ASKED for name in blank if name not in known}
    return replace(draft, notes={**draft.notes, **notes}, lost={**draft.lost, **lost, **unasked})


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
    scopes = scopes_of(schema)
    found: dict[tuple[str, ...], list[tuple[bool, str, NameList]]] = defaultdict(list)
    for path, scope in standing(schema):
        said = [part.get(DISJOINT) for part in scope.parts]
        is_sought = path and (True in said or not _is_of_terms(path[-1], scope))
        if is_sought and (one := _name_list(path, scope, scopes)):
            is_marked, kind = (True in said, kind_of_names(path[-1])) if False not in said else (False, "")
            found[path[:-1]].append((is_marked, kind, one))
    groups = (_lists(some) for path, some in found.items() if scopes.at(path).has_one_form)
    return tuple(lists for lists in groups if len(lists.every) > 1 and lists.kinds.are_few)


def _lists(some: Sequence[tuple[bool, str, NameList]]) -> Lists:
    """Those of some lists that are meant, by whether they are marked, and their kinds; and the others."""
    count = Counter(kind for _, kind, _ in some)
    every = tuple(one for is_marked, kind, one in some if is_marked or (kind and count[kind] == 1))
    return Lists(every, {one.label: one.about for _, _, one in some if one not in every})


def _is_of_terms(name: str, scope: Scope) -> bool:
    """Whether a list has terms of all kinds, as keywords are."""
    return are_of_whole(name) or any(part.get(RANKED) for part in scope.parts)


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
