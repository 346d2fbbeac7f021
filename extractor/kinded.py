"""Records of names with their kinds: each has the kind that the model holds for likeliest by far, asked about the name.

Where a small model lists names with a kind for each, one kind draws the next, and what is no name is there too:
"Mole" is a person behind Ann Bell, "growth" is a place. The kinds are those of names (person, place, organisation …),
which a name alone tells apart (`kinds`); what somebody does in a document, or what is thought of it there, is none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from extractor.absent import without_items
from extractor.changes import shown, unless_valid
from extractor.draft import Draft
from extractor.field_words import are_kinds, kind_of_label
from extractor.kinds import Inquiry, Kinds, Weights, is_name, is_unlikely, likeliest
from extractor.marks import DISJOINT
from extractor.pointers import Path, by_pointer, changed, joined, pointer, value_at
from extractor.scopes import Scope, Scopes, scopes_of, standing
from extractor.types import Schema

_NAMES = ("name", "entity", "mention", "姓名", "名称", "名字", "实体", "实体名称", "text", "文本")  # keys of records


@dataclass(frozen=True, slots=True)
class KindedList:
    """A list of records with a name under one key and its kind under another one, of so many `kinds`."""

    path: Path
    key: str
    kind: str
    kinds: Kinds

    def named(self, data: Any) -> Iterator[tuple[Path, str, str]]:
        """The records that have both: where they stand, their names, and their kinds."""
        items = value_at(data, pointer(self.path))
        for at, item in enumerate(items if isinstance(items, list) else ()):
            name, kind = (item.get(key) if isinstance(item, Mapping) else None for key in (self.key, self.kind))
            if isinstance(name, str) and is_name(name) and isinstance(kind, str) and kind in self.kinds.about:
                yield (*self.path, at), name, kind


@dataclass(frozen=True, slots=True)
class Judgement:
    """How likely a name of a list is of each kind."""

    where: KindedList
    name: str
    weights: Weights

    def applied(self, draft: Draft) -> Draft:
        """A valid draft in which the name has likely kinds alone; what is no such name is in the list no more.

        No record is there twice for having another kind.
        """
        label, where = likeliest(self.weights), self.where
        wrong = {
            path: kind
            for path, name, kind in where.named(draft.data)
            if name == self.name and (label is None or is_unlikely(kind, self.weights))
        }
        if not wrong:
            return draft
        if label is None:
            data, gone, likelier = draft.data, [*wrong], "likelier none of these kinds"
            why = likelier
        else:
            data = changed(draft.data, {(*path, where.kind): label for path in wrong})
            gone, likelier, why = _twins([*wrong], data), f"likelier {label!r}", f"it is there as {label!r} already"
        told = {
            pointer((*path, where.kind)): f"the model wrote {kind!r}; of the name alone {label!r} is likelier"
            for path, kind in wrong.items()
        }
        items = [value_at(draft.data, pointer(path)) for path in gone]
        dropped = by_pointer((pointer(where.path), f"{shown(item)} dropped: {why}") for item in items)
        marked = replace(draft, notes=joined(draft.notes, told))
        other = marked.edited(without_items(data, gone), gone, dropped)
        return unless_valid(other, draft, [where.path], f"{shown(self.name)} is {likelier}")


def _twins(places: Sequence[Path], data: Any) -> list[Path]:
    """Those of some places in a list where an item stands that is in it elsewhere too; one of equal ones is none."""
    items: dict[str | int, Any] = dict(enumerate(value_at(data, pointer(places[0][:-1]))))
    gone = []
    for path in places:
        item = items.pop(at := path[-1])
        if item in items.values():
            gone.append(path)
        else:
            items[at] = item
    return gone


async def judgements_of(schema: Schema, data: Any, ask: Inquiry) -> tuple[list[Judgement], dict[str, str]]:
    """How likely the names of a record are of each kind; and by pointer why that is not known of some."""
    found, notes = [], []
    for one in kinded_lists(schema):
        told = await ask.about([*dict.fromkeys(name for _, name, _ in one.named(data))], one.kinds)
        found += [Judgement(one, name, weights) for name, weights in told.weights.items()]
        notes += [(pointer(one.path), why) for why in told.faults.values()]
    return found, by_pointer(notes)


@lru_cache(maxsize=64)
def kinded_lists(schema: Schema) -> tuple[KindedList, ...]:
    """The lists of names with a kind that stand in a record once.

    Such a kind is called so (`type`, `kind`, `类型` …), and a choice between labels of which two are those of different
    kinds of names, as person and place.
    """
    scopes = scopes_of(schema)
    found = (_kinded(path, scope, scopes) for path, scope in standing(schema) if path)
    return tuple(one for one in found if one)


def _kinded(path: Path, scope: Scope, scopes: Scopes) -> KindedList | None:
    if scope.kinds - {"null"} != {"array"} or any(part.get(DISJOINT) is False for part in scope.parts):
        return None
    inner = scopes.of(scope.items)
    if not inner.has_one_form:
        return None
    key = next((name for name in map(inner.name, _NAMES) if name and _is_text(inner, name, scopes)), None)
    choices = {name: scopes.of(nodes) for name, nodes in inner.properties.items() if are_kinds(name)}
    kinds = [name for name, one in choices.items() if len({*map(kind_of_label, one.labels)} - {""}) > 1]
    if key is None or len(kinds) != 1:
        return None
    one = choices[kinds[0]]
    found = KindedList(path, key, kinds[0], Kinds({label: one.told.get(label, "") for label in one.labels}))
    return found if found.kinds.are_few else None


def _is_text(inner: Scope, name: str, scopes: Scopes) -> bool:
    one = scopes.of(inner.child(name))
    return one.kinds - {"null"} == {"string"} and one.choices is None
