"""One record of several: what each part of a document gave, joined by what the fields mean.

`x-merge` of a field says how: `first`, `last`, `longest`, `majority`, `union`, `all` (of lists), `sum`, `min`, `max`,
or `reduce`, which the model does. Without it: a choice and a yes or no by vote; numbers, dates and names as they are
said most often, of equals the first; lists by union, where the same in other letters is the same; lists of records
by their key, which `x-key` names (else `id`, `name`, `title`); summaries, and long texts that the model worded, by
`reduce`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, get_args

from extractor.absent import is_empty
from extractor.branches import Branches
from extractor.field_words import goes_with, is_overview
from extractor.given import (
    Given,
    commonest,
    consistent,
    grouped,
    records,
    statements,
    told_apart,
    without_fragments,
    without_slips,
)
from extractor.pointers import Path, escaped, unescaped
from extractor.resolution import WAYS, Values, total
from extractor.sameness import Sameness, is_key, literal, marked_key
from extractor.scopes import Nodes, Scope, Scopes, kind_of, ordered, scopes_of
from extractor.support import is_worded
from extractor.text import UNSPACED
from extractor.types import Merge, Schema, Span

_KEYS = ("id", "name", "title", "标题", "名称", "姓名", "名字")


@dataclass(frozen=True, slots=True)
class Conflict:
    """Values that parts gave for one place, those that mean the same together, in the order of the document."""

    pointer: str
    groups: tuple[tuple[Given, ...], ...]
    taken: Any


@dataclass(slots=True)
class Merged:
    """The record, where its parts disagree, and by pointer the texts of parts of which the model is to make one.

    `origins` says by pointer which parts gave a value, or the whole list or object that it is in.
    """

    data: Any
    conflicts: list[Conflict] = field(default_factory=list)
    to_reduce: dict[str, list[Given]] = field(default_factory=dict)
    origins: dict[str, list[Given]] = field(default_factory=dict)

    def sources(self, where: str) -> Iterator[tuple[int, str]]:
        """The parts that gave what stands at a place, and the places in their records."""
        around = where
        while around not in self.origins and around:
            around = around.rpartition("/")[0]
        for one in self.origins.get(around, ()):
            yield one.part, one.pointer + where[len(around) :]


def merge(parts: Sequence[Any], schema: Schema, spans: Sequence[Mapping[str, Span]] = ()) -> Merged:
    """The record of parts, in the order of the document; null in a part says nothing.

    `spans` of each part say where its values stand: what several parts show of one place counts once.
    """
    work = _Merging(scopes_of(schema), Sameness.by(schema), Branches(schema), Merged(None))
    work.found.data = work.merged(work.scopes.nodes, records(parts, spans), "")
    return work.found


@dataclass(frozen=True, slots=True)
class _Merging:
    scopes: Scopes
    sameness: Sameness
    branches: Branches
    found: Merged

    def merged(self, nodes: Nodes, values: list[Given], where: str) -> Any:
        """One value of those of the parts."""
        said = [one for one in values if not is_empty(one.value)]
        if not said:
            return next((one.value for one in values if one.value is not None), None)
        how = _how(self.scopes.of(nodes))
        groups = self._by_branch(nodes, said) if how is None else [said]
        if len(groups) == 1:
            return self._joined(nodes, said, where, how)
        mark = self._marks(nodes, where)
        taken = self._joined(nodes, max(groups, key=lambda group: len(statements(group, mark))), where, how)
        self.found.conflicts.append(Conflict(where, tuple(map(tuple, groups)), taken))
        return taken

    def _by_branch(self, nodes: Nodes, said: list[Given]) -> list[list[Given]]:
        """Values that may be made one: lists, texts and records apart, and records of each branch of a union."""
        if not any(isinstance(one.value, dict | list) for one in said):
            return [said] if said else []
        return grouped(said, lambda one: (kind_of(one.value), *map(id, self.branches.of(nodes, one.value))))

    def _joined(self, nodes: Nodes, said: list[Given], where: str, how: Merge | None) -> Any:
        """One value of those that are of one kind, or that `x-merge` joins."""
        scope = self.scopes.of(nodes)
        if how is None and all(isinstance(one.value, dict) for one in said):
            return self._object(scope, said, where)
        if how in (None, "union", "all") and all(isinstance(one.value, list) for one in said):
            return self._tuple(scope, said, where) if scope.prefix else self._list(scope, said, where, how)
        return self._chosen(nodes, said, where, how)

    def _object(self, scope: Scope, said: list[Given], where: str) -> dict[str, Any]:
        names = dict.fromkeys(name for one in said for name in one.value)
        return {
            name: self.merged(
                scope.child(name),
                [one.child(name) for one in said if name in one.value],
                f"{where}/{escaped(name)}",
            )
            for name in ordered(scope, names)
        }

    def _tuple(self, scope: Scope, said: list[Given], where: str) -> list[Any]:
        """A list each of whose places has a meaning of its own."""
        return [
            self.merged(scope.child(at), [one.child(at) for one in said if at < len(one.value)], f"{where}/{at}")
            for at in range(max(len(one.value) for one in said))
        ]

    def _marks(self, nodes: Nodes, where: str) -> Callable[[Given], Hashable]:
        """What values have in common that are the same at a place, or those of a list at it."""
        name = _name(where)
        return lambda one: self.sameness.of(one.value, nodes, name)

    def _chosen(self, nodes: Nodes, said: list[Given], where: str, how: Merge | None) -> Any:
        """One of the values, or what is reckoned of them."""
        scope, mark = self.scopes.of(nodes), self._marks(nodes, where)
        said = statements(said, mark)
        groups = grouped(said, mark)
        texts = [one.value for one in said if isinstance(one.value, str)]
        are_texts = len(texts) == len(said) and scope.choices is None
        if (
            len(groups) > 1
            and are_texts
            and (how == "reduce" or (how is None and _are_worded(texts, scope, _name(where))))
        ):
            self.found.to_reduce[where] = [group[0] for group in groups]
            self.found.origins[where] = groups[0]
            return max((one.value for one in groups[0]), key=len)
        if how == "sum" and len(said) > 1:
            self.found.origins[where] = []  # it stands nowhere
            return total(one.value for one in said)
        taken = WAYS[how or "majority"](Values(said, groups, scope.choices or ()))
        group = next(group for group in groups if any(one is taken for one in group))
        others = [] if how in ("first", "last") else [one for one in group if one is not taken]
        self.found.origins[where] = [taken, *others]
        if len(groups) > 1 and how not in ("min", "max"):
            self.found.conflicts.append(Conflict(where, tuple(map(tuple, groups)), taken.value))
        return taken.value

    def _list(self, scope: Scope, said: list[Given], where: str, how: Merge | None) -> list[Any]:
        """The union, the same items once, or `all`; where there may not be so many, those that most parts have."""
        items = [one.child(at) for one in said for at, item in enumerate(one.value) if not is_empty(item)]
        mark = told_apart(items, self._marks(scope.items, where))
        items = statements(items, mark)
        groups = [[one] for one in items] if how == "all" else self._alike(scope.items, items, mark)
        most = min((part["maxItems"] for part in scope.parts if "maxItems" in part), default=len(groups))
        kept = sorted(sorted(range(len(groups)), key=lambda at: -len(groups[at]))[:most])
        return [self._item(scope.items, groups[at], f"{where}/{number}") for number, at in enumerate(kept)]

    def _alike(self, nodes: Nodes, items: list[Given], mark: Callable[[Given], Hashable]) -> list[list[Given]]:
        """Items of a list in groups of the same, in the order of the first of each; those of a branch by themselves."""
        order = {id(one): at for at, one in enumerate(items)}
        found = [group for some in self._by_branch(nodes, items) for group in self._of_branch(nodes, some, mark)]
        return sorted(found, key=lambda group: order[id(group[0])])

    def _of_branch(self, nodes: Nodes, items: list[Given], mark: Callable[[Given], Hashable]) -> list[list[Given]]:
        """The same of items of one branch: records by their key."""
        scope = self.scopes.of(nodes)
        key = key_of(self.scopes.of(self.branches.of(nodes, items[0].value))) or key_of(scope) if nodes else None
        if key is not None:
            namesakes = grouped(items, lambda one: self._key(scope, key, one) or mark(one))
            if is_key(scope.child(key)):
                return namesakes
            claims_of = partial(self._claims, nodes, key)
            return [group for some in namesakes for group in consistent(some, mark, claims_of)]
        groups = grouped(items, mark)
        if not is_key(nodes) and scope.choices is None:
            groups = without_slips(groups)
        return without_fragments(groups, lambda one: self.sameness.facts(one.value, nodes))

    def _key(self, scope: Scope, key: str, one: Given) -> Hashable:
        """What records have in common that are one; None of what has no key."""
        value = one.value.get(key) if isinstance(one.value, dict) else None
        return None if is_empty(value) else ("key", self.sameness.of(value, scope.child(key), key))

    def _claims(self, nodes: Nodes, key: str, one: Given) -> dict[Hashable, Hashable]:
        """What only one value can be true of in a record; a part that spells its key in two ways means two."""
        if not isinstance(one.value, dict):
            return {}
        return {**dict(self._facts(nodes, one.value, ())), ("spelled", one.part): literal(one.value.get(key))}

    def _facts(self, nodes: Nodes, value: Mapping[str, Any], path: Path) -> Iterator[tuple[Path, Hashable]]:
        """What a record says but for lists, texts that the model worded, and what `x-merge` joins."""
        for name, inner in value.items():
            below = self.scopes.of(nodes).child(name)
            scope = self.scopes.of(below)
            if isinstance(inner, dict):
                yield from self._facts(below, inner, (*path, name))
            elif _is_claim(inner, scope, name):
                yield (*path, name), self.sameness.of(inner, below, name)

    def _item(self, nodes: Nodes, group: list[Given], where: str) -> Any:
        if len(group) > 1 and isinstance(group[0].value, dict | list):
            return self.merged(nodes, group, where)
        self.found.origins[where] = group
        return commonest(group).value


# --- what a field means ------------------------------------------------------------------------------------------


def _how(scope: Scope) -> Merge | None:
    """What `x-merge` says, where it goes with the values."""
    ways = (part["x-merge"] for part in scope.parts if part.get("x-merge") in get_args(Merge))
    return next((way for way in ways if goes_with(way, scope)), None)


def key_of(scope: Scope) -> str | None:
    """The property that tells records apart: the one with `x-key`, else one that is called so."""
    return marked_key(scope) or next(filter(None, map(scope.name, _KEYS)), None)


def _name(where: str) -> str:
    """What the field is called that a place is in: '/people/0/order_ids/1' → 'order_ids'."""
    return next((unescaped(part) for part in reversed(where.split("/")) if not part.isdecimal()), "")


_LONG = 60  # letters, below which a text is a title or a name rather than a summary; a Chinese one counts as two
_WIDE = re.compile(f"[{UNSPACED}]")


def _are_worded(said: Sequence[str], scope: Scope, name: str) -> bool:
    """Whether the model may have worded most texts: summaries, not names."""
    least = 0 if is_overview(scope, name) else _LONG
    return 2 * sum(_width(value) >= least and is_worded(value) for value in said) > len(said)


def _is_claim(value: Any, scope: Scope, name: str) -> bool:
    """Whether a value is one beside which no other can be true of the same thing."""
    if isinstance(value, list) or is_empty(value) or _how(scope) is not None:
        return False
    return not (isinstance(value, str) and _are_worded([value], scope, name))


def _width(text: str) -> int:
    return len(text) + sum(1 for _ in _WIDE.finditer(text))
