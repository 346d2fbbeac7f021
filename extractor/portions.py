"""Some fields of a schema as a schema of their own, for records that are too much for one answer.

The fields are those of the record and of the objects in it; a list is one field, as its records are not taken apart.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import ceil
from typing import Any, Literal

from extractor.dialect.keywords import subschemas
from extractor.errors import SchemaError
from extractor.field_words import are_of_whole, headings, is_overview, spaced
from extractor.marks import RANKED
from extractor.pointers import resolve
from extractor.schema import digest
from extractor.scopes import Scope, Scopes, lists_texts, scopes_of
from extractor.types import Example, Schema

_LIST = 4  # values that a field of a record in a list is thought to have
_DEEPEST = 8  # objects in each other that are taken apart
_PLAIN = frozenset((
    "type", "properties", "required", "title", "description", "additionalProperties", "$defs", "definitions",
    "$schema", "$id", "$comment", "examples", "default", "deprecated", "minProperties",
))  # fmt: skip
_OF_ALL = ("minProperties", "default", "examples")  # of an object, which hold no more where some fields are left

_IDS = frozenset(("id", "key", "index", "编号", "序号"))

Path = tuple[str, ...]
Bound = Sequence[Collection[Path]]
Extent = Literal["one", "many", "all"]


@dataclass(frozen=True, slots=True)
class Field:
    """A field: its path, its schema, about how many values it has, and what of a text it says.

    `extent`: one thing (be it a list of tags, of which each part would have its own), many things, which may stand all
    over it, or what is made of all of it (a summary, what has `x-merge`). `sections` are the headings, in small
    letters, under which a document may have it itself: 'abstract'.
    """

    path: Path
    node: Any
    weight: int
    extent: Extent
    sections: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """The words of its name: ('terms', 'agreementDate') → 'terms agreement Date'."""
        return " ".join(map(spaced, self.path))


@lru_cache(maxsize=64)
def fields(schema: Schema) -> tuple[Field, ...]:
    """The fields of a schema, in its order; one that is the whole where it is no plain object."""
    scopes = scopes_of(schema)
    return tuple(_fields(scopes, scopes.nodes[0], scopes.nodes, ()))


def _fields(scopes: Scopes, root: Mapping[str, Any], nodes: tuple[Any, ...], path: Path) -> Iterator[Field]:
    """The fields of the last of some nodes, which are in each other."""
    node = nodes[-1]
    plain = _plain(root, node)
    if plain is None or any(_is_same(node, outer) for outer in nodes[:-1]):
        scope, name = scopes.of((node,)), path[-1] if path else ""
        extent = _extent(scopes, node)
        extent = "one" if extent == "many" and _are_of_whole(scopes, scope, name) else extent
        is_summary = extent == "one" and is_overview(scope, name)
        sections = headings(scope, name) if is_summary else frozenset[str]()
        yield Field(path, node, _weight(scopes, (node,), {}), "all" if is_summary else extent, sections)
        return
    for name, child in plain["properties"].items():
        yield from _fields(scopes, root, (*nodes, child), (*path, name))


def _is_same(node: Any, outer: Any) -> bool:
    """Whether a node leads to one that it is in: a tree is not taken apart."""
    reference = node.get("$ref") if isinstance(node, Mapping) else None
    return node is outer or (reference is not None and (reference == "#" or outer.get("$ref") == reference))


def _plain(root: Mapping[str, Any], node: Any) -> dict[str, Any] | None:
    """An object of which nothing but its properties is said, with what a reference says; None for anything else."""
    for _ in range(_DEEPEST):
        if not isinstance(node, Mapping) or "$ref" not in node:
            break
        try:
            node = {**resolve(root, node["$ref"]), **{key: value for key, value in node.items() if key != "$ref"}}
        except SchemaError:
            return None
    is_plain = isinstance(node, Mapping) and node.get("type", "object") == "object" and node.get("properties")
    if not is_plain or not _PLAIN.issuperset(node) or isinstance(node.get("additionalProperties"), Mapping):
        return None
    return dict(node)


def _weight(scopes: Scopes, nodes: tuple[Any, ...], seen: dict[int, int]) -> int:
    """About how many values there are at a place."""
    scope = scopes.of(nodes)
    key = id(scope)
    if key not in seen:
        seen[key] = 1  # for one that leads to itself
        inner = sum(_weight(scopes, some, seen) for some in scope.properties.values())
        below = [scope.items] * bool(scope.items) + [*scope.prefix] + [scope.extra] * bool(scope.extra)
        seen[key] = max(1, inner + sum(_LIST * _weight(scopes, some, seen) for some in below))
    return seen[key]


def _are_of_whole(scopes: Scopes, scope: Scope, name: str) -> bool:
    """Whether a list says what all of a text is about: all that `ranked.term_fields` has, and more.

    Tags are no terms of the text, and `"x-ranked": false` says who words keywords, not what of the text they are about.
    """
    is_ranked = any(part.get(RANKED) is True for part in scope.parts)
    return lists_texts(scopes, scope) and (is_ranked or are_of_whole(name))


def _extent(scopes: Scopes, node: Any) -> Extent:
    """How much of a text a field says something of, by its type and `x-merge`."""
    todo, seen, is_many = [(node,)], set(), False
    while todo:
        scope = scopes.of(todo.pop())
        if id(scope) in seen:
            continue
        seen.add(id(scope))
        if any("x-merge" in part for part in scope.parts):
            return "all"
        is_list = any(part.get("type") == "array" for part in scope.parts)
        is_many |= is_list or bool(scope.items or scope.prefix or scope.extra)
        todo += scope.properties.values()
    return "many" if is_many else "one"


def grouped(some: Sequence[Field], most: float, times: float = 1.0, bound: Bound = ()) -> list[list[Field]]:
    """Fields that follow each other, in groups of about as many values each, and not more than `most` of them.

    Lists are so many `times` as long as thought; where that is more than once, they come behind the other fields, none
    of which is then alone between two long lists. Those that are `bound` (by their paths) are in one group, which may
    have more, as one field may.
    """
    units = _units(some, bound)
    if times > 1:
        units.sort(key=lambda unit: unit[0].extent == "many")
    weights = [sum(one.weight * (times if one.extent == "many" else 1.0) for one in unit) for unit in units]
    total = sum(weights)
    share = total / max(ceil(total / most), 1)
    found: list[list[Field]] = []
    filled = 0.0
    for unit, weight in zip(units, weights, strict=True):
        if not found or filled + weight / 2 > share or filled + weight > most:
            found.append([])
            filled = 0.0
        found[-1] += unit
        filled += weight
    return found


def _units(some: Sequence[Field], bound: Bound) -> list[list[Field]]:
    """Fields one by one, but for those that are bound to the first of them."""
    units: dict[Path | int, list[Field]] = {}
    for one in some:
        unit = next((at for at, paths in enumerate(bound) if one.path in paths), one.path)
        units.setdefault(unit, []).append(one)
    return [*units.values()]


@lru_cache(maxsize=64)
def lists_with_ids(schema: Schema) -> frozenset[Path]:
    """All lists, where the records of one have an id by which others may refer to them; else none."""
    scopes = scopes_of(schema)
    lists = [one for one in fields(schema) if one.extent == "many"]
    keys = {key.casefold() for one in lists for key in scopes.of(scopes.of((one.node,)).items).properties}
    return frozenset(one.path for one in lists) if keys & _IDS else frozenset()


def portion(schema: Schema, some: Sequence[Field]) -> Schema:
    """The schema with these of its fields alone; only the whole is validated by the user's class.

    An object in which nothing has to be there is asked for all the same: models close the record instead.
    """
    is_whole = len(some) == len(fields(schema))
    if is_whole and (schema.model is not None or not _has_loose_objects(schema)):
        return schema
    tree: dict[str, Any] = {}
    for one in some:
        inner = tree
        for name in one.path[:-1]:
            inner = inner.setdefault(name, {})
        inner[one.path[-1]] = None
    root = schema.json_schema
    node = _pruned(root, root, tree)
    node |= {key: _used(root, key, node) for key in ("$defs", "definitions") if key in root}
    shown = tuple(Example(one.text, _cut(one.value, tree)) for one in schema.examples)
    return replace(schema, json_schema=node, model=None, examples=shown, digest=digest(node))


def _pruned(root: Mapping[str, Any], node: Any, tree: Mapping[str, Any]) -> dict[str, Any]:
    plain = _plain(root, node) or {}
    children = {
        name: child if tree[name] is None else _pruned(root, child, tree[name])
        for name, child in plain["properties"].items()
        if name in tree
    }
    kept = {key: value for key, value in plain.items() if key not in (*_OF_ALL, "$defs", "definitions")}
    inner = [name for name, child in children.items() if tree[name] is not None and not child.get("required")]
    required = [*dict.fromkeys([*(name for name in plain.get("required", ()) if name in tree), *inner])]
    return {**kept, "properties": children, **({"required": required} if required or "required" in plain else {})}


def _has_loose_objects(schema: Schema) -> bool:
    """Whether an object that is taken apart may be missing, though nothing in it has to be there."""
    root = schema.json_schema
    todo = {one.path[:-1] for one in fields(schema) if len(one.path) > 1}
    for path in todo:
        outer = node = _plain(root, root) or {}
        for name in path:
            outer, node = node, _plain(root, node["properties"][name]) or {}
        if path[-1] not in outer.get("required", ()) and not node.get("required"):
            return True
    return False


def _used(root: Mapping[str, Any], key: str, node: Any) -> dict[str, Any]:
    """The definitions that a schema leads to."""
    found: dict[str, Any] = {}
    todo = [node]
    while todo:
        for inner in subschemas(todo.pop()):
            reference = inner.get("$ref")
            name = reference.removeprefix(f"#/{key}/").partition("/")[0] if isinstance(reference, str) else ""
            if name in root[key] and name not in found:
                found[name] = root[key][name]
                todo.append(found[name])
    return found


def _cut(value: Any, tree: Mapping[str, Any]) -> Any:
    """Data with the fields of a portion alone."""
    if not isinstance(value, Mapping):
        return value
    return {
        name: inner if tree[name] is None else _cut(inner, tree[name]) for name, inner in value.items() if name in tree
    }
