"""What a schema admits at a place at most: the widest view of it, for which one look at a node is enough.

Where several schemas hold at a place (unions, `allOf`, references), a scope knows the properties of all of them. What
is written by it is checked against it, so that being too wide costs a type mark and never a value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain
from threading import RLock
from typing import Any

from extractor.choices import choices
from extractor.errors import SchemaError
from extractor.pointers import escaped, resolve
from extractor.types import Schema

KINDS = frozenset(("null", "boolean", "number", "string", "array", "object"))
SCALARS = KINDS - {"array", "object"}

Nodes = tuple[Any, ...]

_MOST_LOOKED_AT = 1_000  # places of a record


@dataclass(frozen=True, slots=True)
class Scope:
    """The kinds of value at a place, and the schemas of what is inside of it; `choices` where all are listed."""

    parts: tuple[Mapping[str, Any], ...]  # all schemas that are said of it, those of branches too
    kinds: frozenset[str]
    properties: Mapping[str, Nodes]
    required: frozenset[str]
    extra: Nodes  # of further keys
    items: Nodes  # of further items
    prefix: tuple[Nodes, ...]
    choices: tuple[Any, ...] | None
    folded: Mapping[str, str] = field(default_factory=dict)  # names without their case

    @property
    def about(self) -> str:
        """The first description; '' where there is none."""
        return next((str(part["description"]) for part in self.parts if part.get("description")), "")

    @property
    def format(self) -> str | None:
        """The first format that is named: 'email'."""
        return next((part["format"] for part in self.parts if isinstance(part.get("format"), str)), None)

    @property
    def has_one_form(self) -> bool:
        """Whether all that is said of an object is of one, rather than of several that it may be."""
        return sum("properties" in part for part in self.parts) == 1

    @property
    def labels(self) -> list[str]:
        """The names that it is a choice between; [] where values are others."""
        values = [value for value in self.choices or () if value is not None]
        return values if all(isinstance(value, str) for value in values) else []

    @property
    def told(self) -> dict[str, str]:
        """What is said of some labels: {'a': 'the first'}."""
        every = [choice for part in self.parts for choice in choices(part)]
        return {one.value: one.about for one in every if one.about and isinstance(one.value, str)}

    def name(self, key: str) -> str | None:
        """The property that a key means, whatever its case: 'Title' → 'title'."""
        return key if key in self.properties else self.folded.get(key.strip().casefold())

    def foresees(self, key: str) -> bool:
        """Whether a key has a schema, or any may be there: where properties are named, others are none of them."""
        is_open = any(part.get("additionalProperties") is True for part in self.parts)
        return key in self.properties or bool(self.extra) or is_open or not self.properties

    def child(self, key: str | int) -> Nodes:
        """The schemas of a property or item."""
        if isinstance(key, int):
            return self.prefix[key] if key < len(self.prefix) else self.items
        return self.properties.get(key, self.extra)


class Scopes:
    """The scopes of one schema, each made once."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root = root
        self._made: dict[tuple[int, ...], tuple[Nodes, Scope]] = {}
        self._known: dict[int, frozenset[str]] = {}  # kinds of a node by its identity
        self._making = RLock()  # what is known of a node halfway is not for other threads

    @property
    def nodes(self) -> Nodes:
        """The schemas of the whole value."""
        return (self._root,)

    @property
    def root(self) -> Scope:
        """That of the whole value."""
        return self.of(self.nodes)

    def at(self, path: Iterable[str | int]) -> Scope:
        """That of a place in the value."""
        scope = self.root
        for key in path:
            scope = self.of(scope.child(key))
        return scope

    def of(self, nodes: Nodes) -> Scope:
        """The scope of a place that has these schemas; that of anything for none."""
        key = tuple(map(id, nodes))
        if key not in self._made:
            with self._making:
                self._made[key] = nodes, self._make(nodes)
        return self._made[key][1]

    def _make(self, nodes: Nodes) -> Scope:
        parts = (*self._parts(nodes),)
        properties: dict[str, Nodes] = {}
        for part in parts:
            for name, child in part.get("properties", {}).items():
                properties[name] = _united(properties.get(name, ()), (child,))
        prefix: list[Nodes] = []
        for part in parts:
            for at, child in enumerate(part.get("prefixItems", ())):
                prefix[at : at + 1] = [_united(prefix[at] if at < len(prefix) else (), (child,))]
        kinds = frozenset[str]().union(*(self._kinds(node) for node in nodes)) if nodes else KINDS
        # Beside a tuple, a list of another branch admits other things at its places.
        items = _inside(parts, "items")
        return Scope(
            parts=parts,
            kinds=kinds,
            properties=properties,
            required=frozenset(name for part in parts for name in part.get("required", ())),
            extra=_united(*((child,) for part in parts for child in _free(part))),
            items=items,
            prefix=tuple(_united(one, items) for one in prefix) if len(parts) > 1 else tuple(prefix),
            choices=_choices(parts),
            folded=_folded(properties),
        )

    def _parts(self, nodes: Iterable[Any]) -> Iterator[Mapping[str, Any]]:
        """The schemas that are not made of others, or as far as they are not."""
        seen: set[int] = set()
        waiting = [*nodes][::-1]
        while waiting:
            node = waiting.pop()
            if not isinstance(node, Mapping) or id(node) in seen:
                continue
            seen.add(id(node))
            yield node
            inner = [child for key in ("anyOf", "oneOf", "allOf") for child in node.get(key, ())]
            inner += [node[key] for key in ("then", "else") if key in node]
            waiting += [*inner[::-1], *self._referred(node)]

    def _referred(self, node: Mapping[str, Any]) -> list[Any]:
        try:
            return [resolve(self._root, node["$ref"])] if "$ref" in node else []
        except SchemaError:
            return []

    def _kinds(self, node: Any) -> frozenset[str]:
        """The kinds of value that a schema admits, or more; each is read once, as definitions may name others twice."""
        if not isinstance(node, Mapping):
            return KINDS if node is not False else frozenset()
        if id(node) not in self._known:
            self._known[id(node)] = KINDS  # for a node that leads to itself
            kinds = _own_kinds(node)
            for child in (*self._referred(node), *node.get("allOf", ())):
                kinds &= self._kinds(child)
            for key in ("anyOf", "oneOf"):
                if key in node:
                    kinds &= frozenset[str]().union(*(self._kinds(child) for child in node[key]))
            self._known[id(node)] = kinds
        return self._known[id(node)]


@lru_cache(maxsize=64)
def scopes_of(schema: Schema) -> Scopes:
    """The scopes of a schema, kept for the next document.

    They may be those of an equal schema: ways down begin at their `root`, not at the nodes that a caller has.
    """
    return Scopes(schema.json_schema)


def standing(schema: Schema) -> Iterator[tuple[tuple[str, ...], Scope]]:
    """The places that stand in a record once, in the order of the schema; what is in lists may be there often."""
    scopes = scopes_of(schema)
    todo: list[tuple[tuple[str, ...], tuple[Scope, ...]]] = [((), (scopes.root,))]
    for _ in range(_MOST_LOOKED_AT):
        if not todo:
            return
        path, (*above, scope) = todo.pop()
        if scope in above:
            continue
        yield path, scope
        inner = [((*path, name), (*above, scope, scopes.of(nodes))) for name, nodes in scope.properties.items()]
        todo += inner[::-1]


def leaves_of(schema: Schema, data: Any) -> Iterator[tuple[str, Any, Scope]]:
    """The leaves of data in reading order, each with what is said of its place; no recursion, as it may be deep."""
    scopes = scopes_of(schema)
    todo: list[tuple[str, Any, Scope]] = [("", data, scopes.root)]
    while todo:
        where, value, scope = todo.pop()
        if not isinstance(value, dict | list):
            yield where, value, scope
            continue
        inner: Iterable[tuple[str | int, Any]] = value.items() if isinstance(value, dict) else enumerate(value)
        below = [(f"{where}/{escaped(str(key))}", one, scopes.of(scope.child(key))) for key, one in inner]
        todo += reversed(below)


def lists_texts(scopes: Scopes, scope: Scope) -> bool:
    """Whether what a list at a place has are texts of free words."""
    inner = scopes.of(scope.items)
    return "array" in scope.kinds and inner.kinds == {"string"} and inner.choices is None


def kind_of(value: Any) -> str:
    """The kind of a JSON value: True → 'boolean'."""
    if value is None or isinstance(value, bool):
        return "null" if value is None else "boolean"
    if isinstance(value, int | float):
        return "number"
    return "string" if isinstance(value, str) else "object" if isinstance(value, Mapping) else "array"


def ordered(scope: Scope, value: Mapping[str, Any]) -> list[str]:
    """The keys of an object in the order of the schema, others after them."""
    return [*(key for key in scope.properties if key in value), *(key for key in value if key not in scope.properties)]


def in_schema_order(schema: Schema, data: Any) -> Any:
    """Data with its names in the order in which an answer has them: 'a, b', {'b': 1, 'a': 2} → {'a': 2, 'b': 1}."""
    return by_scope(schema, data, lambda scope, value: {name: value[name] for name in ordered(scope, value)})


def by_scope(schema: Schema, data: Any, change: Callable[[Scope, dict[str, Any]], dict[str, Any]]) -> Any:
    """Data in which each object is what `change` makes of it at its place, from the outside in."""
    scopes = scopes_of(schema)

    def changed(nodes: Nodes, value: Any) -> Any:
        scope = scopes.of(nodes)
        if isinstance(value, list):
            return [changed(scope.child(at), item) for at, item in enumerate(value)]
        if not isinstance(value, dict):
            return value
        return {name: changed(scope.child(name), inner) for name, inner in change(scope, value).items()}

    return changed(scopes.nodes, data)


@lru_cache(maxsize=64)
def has_null(schema: Schema) -> bool:
    """Whether null may stand anywhere in a value: 'title?' → True, 'title str, tags[]' → False.

    What nothing is said of (items of a bare list, keys that are merely allowed) does not count.
    """
    scopes = scopes_of(schema)
    seen: set[int] = set()
    waiting: list[Any] = [*scopes.nodes]
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        scope = scopes.of((node,))
        if "null" in scope.kinds:
            return True
        waiting += chain(*scope.properties.values(), *scope.prefix, scope.items, scope.extra)
    return False


def _own_kinds(node: Mapping[str, Any]) -> frozenset[str]:
    if "const" in node:
        return frozenset((kind_of(node["const"]),))
    if "enum" in node:
        return frozenset(map(kind_of, node["enum"]))
    kinds = node.get("type", KINDS)
    kinds = {kinds} if isinstance(kinds, str) else kinds
    return frozenset("number" if kind == "integer" else kind for kind in kinds)


def _united(*several: Nodes) -> Nodes:
    return tuple({id(node): node for nodes in several for node in nodes}.values())


def _inside(parts: Sequence[Mapping[str, Any]], keyword: str) -> Nodes:
    """The schemas under a keyword; none, which admits anything, where a list says nothing of its items."""
    return _united(*((part[keyword],) for part in parts if keyword in part and part[keyword] is not False))


def _free(part: Mapping[str, Any]) -> Iterator[Any]:
    yield from part.get("patternProperties", {}).values()
    if isinstance(part.get("additionalProperties"), Mapping):
        yield part["additionalProperties"]


def _choices(parts: Sequence[Mapping[str, Any]]) -> tuple[Any, ...] | None:
    """All values that are listed, where each part lists its own, or is null alone."""
    own = [part for part in parts if not part.keys() & {"anyOf", "oneOf", "allOf", "$ref"}]
    listed = [[part["const"]] if "const" in part else part.get("enum") for part in own]
    if not any(listed) or not all(some or part.get("type") == "null" for some, part in zip(listed, own, strict=True)):
        return None
    return tuple(value for some in listed for value in some or (None,))


def _folded(properties: Iterable[str]) -> dict[str, str]:
    """Names by what is left of them without case, where that is one's own."""
    folded: dict[str, list[str]] = {}
    for name in properties:
        folded.setdefault(name.strip().casefold(), []).append(name)
    return {key: names[0] for key, names in folded.items() if len(names) == 1}
