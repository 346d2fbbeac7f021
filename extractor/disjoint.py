"""Lists of names of different kinds: each name goes to the one where the model holds it for likeliest by far.

Asked for people, places and organisations, a small model puts a bank into the first list, and a town into all three.
What kind of thing a name stands for it knows, once it is asked that alone: which of the lists does it belong to?
Nothing is written; what counts is how likely the name of each list is (`labels`). An item stays where it was written,
in several lists too, unless another one is likelier by far.

The sentence around it is left out: "Brazil beat Chad" makes organisations of both. tests/benchmarks/names.py has what
that is worth.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from extractor.absent import notes_without, without_items
from extractor.draft import Draft
from extractor.errors import EngineUnavailable, RequestRejected
from extractor.field_words import kind_of_names
from extractor.labels import likelihoods_of
from extractor.marks import DISJOINT
from extractor.pointers import Path, joined, pointer, value_at
from extractor.prompt import PromptStyle, Voice, messages, voice_for
from extractor.schema import load
from extractor.scopes import Scope, Scopes, lists_texts, scopes_of, standing
from extractor.types import Document, Engine, Language, Schema

_FAR = 1.0  # of logarithms: one is e times as likely as the other
_MOST = 50  # names of a record that are asked about
_KEYS = ("name", "姓名", "名称", "名字")  # of records
_ITEMS, _TEXT, _LIST = "items", "text", "list"  # how it is asked


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
    """Lists side by side, and the schema of what is asked about a name."""

    every: tuple[NameList, ...]
    question: Schema

    @classmethod
    def of(cls, every: Sequence[NameList]) -> Lists:
        """A name, and as its list one of these: of a record, so that it is asked as everything is."""
        kinds = [{"const": one.label, **({"description": one.about} if one.about else {})} for one in every]
        inner = {_TEXT: {"type": "string"}, _LIST: {"anyOf": kinds}}
        item = {"type": "object", "properties": inner, "required": [*inner], "additionalProperties": False}
        fields = {_ITEMS: {"type": "array", "items": item}}
        return cls(tuple(every), load({"type": "object", "properties": fields, "required": [_ITEMS]}))


@dataclass(frozen=True, slots=True)
class Move:
    """A name, the lists that it leaves, and the one that it goes to; None where it `stays` in some already."""

    name: str
    out_of: Sequence[NameList]
    into: NameList | None
    stays: Sequence[NameList] = ()

    def applied(self, draft: Draft) -> Draft:
        """A valid draft after the move, which is told where the name stands; where a rule is against it, that is."""
        there, data = self.into or self.stays[0], draft.data
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
        at = [*map(there.name, there.items(moved))].index(self.name)
        told = "; ".join(dict.fromkeys(_was_in(path, value_at(data, pointer(path))) for path in gone))
        other = replace(
            draft,
            data=moved,
            notes=joined(notes_without(draft.notes, gone), {pointer((*there.path, at)): told}),
            lost=notes_without(draft.lost, gone),
            unread=notes_without(draft.unread, gone),
            doubts=notes_without(draft.doubts, gone),
            growth=draft.growth.ended,
        ).checked()
        if other.valid is not None:
            return other
        why = f"{self.name!r} is likelier in {there.label}, but the record would not be valid so"
        return replace(draft, notes=joined(draft.notes, {pointer(one.path): why for one in self.out_of}))


def _was_in(path: Path, item: Any) -> str:
    shown = repr(item) if isinstance(item, str) else json.dumps(item, ensure_ascii=False)
    return f"{shown} was in {path[-2]}, where it is less likely"


@dataclass(slots=True)
class Moves:
    """What is to be moved, and by pointer why some is not known."""

    every: list[Move] = field(default_factory=list)
    notes: dict[str, str] = field(default_factory=dict)

    def note(self, one: NameList, text: str) -> None:
        """Say something of a list."""
        self.notes = joined(self.notes, {pointer(one.path): text})


async def moves_of(schema: Schema, data: Any, language: Language, engine: Engine) -> Moves:
    """The names of a record that stand in a list where they are far less likely than in one beside it.

    Each question is put in the language, whatever the user says of prompts: it is about a name, not about the document.
    """
    found, left, voice = Moves(), _MOST, voice_for("", PromptStyle(language=language))
    for lists in disjoint_lists(schema):
        where = _where(lists, data)
        for name in [*where][:left]:
            try:
                weights = await _weights(lists, name, voice, engine)
            except RequestRejected as error:
                found.note(where[name][0], f"{name!r} is where the model wrote it: {error}")
                continue
            except EngineUnavailable as error:
                told = f"from {name!r} on its names, and those of the lists beside it, are as the model wrote them"
                found.note(where[name][0], f"{told}: {error}")
                return found
            if weights is None:
                return found
            if off := [one for one in where[name] if weights[one.label] < -_FAR]:
                stays = [one for one in where[name] if one not in off]
                best = max(lists.every, key=lambda one: weights[one.label])
                found.every.append(Move(name, off, None if stays else best, stays))
        if len(where) > left:
            told = f"{len(where) - left:,} of its names, and of the lists beside it, are where the model wrote them"
            found.note(lists.every[0], told)
        left = max(0, left - len(where))
    return found


def _where(lists: Lists, data: Any) -> dict[str, list[NameList]]:
    """By name the lists that have it."""
    found: dict[str, list[NameList]] = defaultdict(list)
    for one in lists.every:
        for name in dict.fromkeys(map(one.name, one.items(data))):
            if name:
                found[name].append(one)
    return found


async def _weights(lists: Lists, name: str, voice: Voice, engine: Engine) -> dict[str, float] | None:
    """How likely each list is for a name (logarithms; the likeliest has 0); None where the engine does not tell."""
    labels = [one.label for one in lists.every]
    chat = messages(Document("", name), lists.question, voice)
    asked = {_ITEMS: [{_TEXT: name, _LIST: labels[0]}]}
    found = await likelihoods_of(asked, (_ITEMS, 0, _LIST), labels, chat, engine)
    return None if found is None else dict(zip(labels, found, strict=True))


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
    return tuple(Lists.of(some) for some in groups if len(some) > 1)


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
