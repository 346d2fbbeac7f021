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
from extractor.draft import Draft
from extractor.field_words import kind_of_names
from extractor.kinds import Inquiry, Kinds, Weights, is_unlikely, likeliest, shown
from extractor.marks import DISJOINT
from extractor.pointers import Path, by_pointer, changed, joined, pointer, value_at
from extractor.scopes import Scope, Scopes, scopes_of, standing
from extractor.types import Schema

_NAMES = ("name", "text", "entity", "mention", "姓名", "名称", "名字", "文本", "实体", "实体名称")  # keys of records


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
            if isinstance(name, str) and name.strip() and isinstance(kind, str) and kind in self.kinds.about:
                yield (*self.path, at), name, kind


@dataclass(frozen=True, slots=True)
class Judgement:
    """How likely a name of a list is of each kind."""

    every: KindedList
    name: str
    weights: Weights

    def applied(self, draft: Draft) -> Draft:
        """A valid draft in which the name has likely kinds alone, which tells of it; where a rule is against it, that.

        What is no such name is in the list no more, and no record is there twice for having another kind.
        """
        label, data = likeliest(self.weights), draft.data
        there = [(path, kind) for path, name, kind in self.every.named(data) if name == self.name]
        wrong = {path: kind for path, kind in there if label is None or is_unlikely(kind, self.weights)}
        if not wrong:
            return draft
        gone, why = [*wrong], "likelier none of these kinds"
        if label is not None:
            data = changed(data, {(*path, self.every.kind): label for path in wrong})
            gone, why = _twins([*wrong], data), f"it is there as {label!r} already"
        told = {
            pointer((*path, self.every.kind)): f"the model wrote {kind!r}; of the name alone {label!r} is likelier"
            for path, kind in wrong.items()
        }
        dropped = (
            (pointer(self.every.path), f"{shown(value_at(draft.data, pointer(path)))} dropped: {why}") for path in gone
        )
        marked = replace(draft, notes=joined(draft.notes, told))
        other = marked.edited(without_items(data, gone), gone, by_pointer(dropped))
        if other.valid is not None:
            return other
        where = "none of these kinds" if label is None else repr(label)
        why = f"{shown(self.name)} is likelier {where}, but the record would not be valid so"
        return replace(draft, notes=joined(draft.notes, {pointer(self.every.path): why}))


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
    for every in kinded_lists(schema):
        told = await ask.about([*dict.fromkeys(name for _, name, _ in every.named(data))], every.kinds)
        found += [Judgement(every, name, weights) for name, weights in told.weights.items()]
        notes += [(pointer(every.path), why) for why in told.faults.values()]
    return found, by_pointer(notes)


@lru_cache(maxsize=64)
def kinded_lists(schema: Schema) -> tuple[KindedList, ...]:
    """The lists of a schema that stand in a record once, or are the record, of names with a kind.

    Such a kind is a choice between labels of which two are those of other kinds of names, as person and place.
    """
    scopes = scopes_of(schema)
    found = (_kinded(path, scope, scopes) for path, scope in standing(schema))
    return tuple(one for one in found if one)


def _kinded(path: Path, scope: Scope, scopes: Scopes) -> KindedList | None:
    if scope.kinds - {"null"} != {"array"} or any(part.get(DISJOINT) is False for part in scope.parts):
        return None
    inner = scopes.of(scope.items)
    if sum("properties" in part for part in inner.parts) != 1:  # records of one form
        return None
    key = next((name for name in _NAMES if _is_text(inner, name, scopes)), None)
    choices = {name: scopes.of(nodes) for name, nodes in inner.properties.items()}
    kinds = [name for name, one in choices.items() if len({*map(kind_of_names, one.labels)} - {""}) > 1]
    if key is None or len(kinds) != 1:
        return None
    one = choices[kinds[0]]
    return KindedList(path, key, kinds[0], Kinds({label: one.told.get(label, "") for label in one.labels}))


def _is_text(inner: Scope, name: str, scopes: Scopes) -> bool:
    one = scopes.of(inner.child(name)) if name in inner.properties else None
    return one is not None and one.kinds - {"null"} == {"string"} and one.choices is None
