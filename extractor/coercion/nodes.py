"""What a node of a schema asks of a value, its references and `allOf` put together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from extractor.choices import Choice, choices
from extractor.coercion.said import NOTHING, SAID, Said, of_parts
from extractor.descent import own_child
from extractor.field_names import Names
from extractor.pointers import resolve
from extractor.types import Dialect

_DEEPEST = 100  # references that lead to each other without an end
DEEPEST_UNION = 3  # unions in unions of which the names are looked at
UNIONS = ("anyOf", "oneOf")
ALL = ("object", "array", "string", "integer", "number", "boolean", "null")

_TYPES: dict[str, type] = {"string": str, "boolean": bool, "null": type(None), "object": dict, "array": list}

# Keywords about an object or list as a whole, and those that depend on what others have seen of it.
_OUTSIDE = frozenset(
    ("const", "enum", "minItems", "maxItems", "uniqueItems", "contains", "minContains", "maxContains", "minProperties",
     "maxProperties", "propertyNames", "dependentRequired", "dependentSchemas", "not", "if", "then", "else")
)  # fmt: skip
_LOOKING_ASIDE = frozenset(("unevaluatedProperties", "unevaluatedItems"))

Node = Any  # a JSON Schema: an object or a boolean


@dataclass(frozen=True, slots=True)
class Shape:
    """A node, flat: `parts` hold at once; of the branches of each of `unions` one holds."""

    parts: tuple[Mapping[str, Any], ...]
    kinds: frozenset[str]
    choices: tuple[Choice, ...]
    unions: tuple[tuple[Node, ...], ...]
    properties: Mapping[str, Node]
    required: tuple[str, ...]
    rest: Node  # what is asked of an object or list beside its kind and its children; None for nothing
    others: Mapping[str, tuple[str, ...]]  # names that a class has for its fields beside those of the properties
    said: Said = NOTHING  # of its numbers, by descriptions and by the name of the property

    @property
    def formats(self) -> tuple[str, ...]:
        """The formats that a text has to have."""
        return tuple(part["format"] for part in self.parts if isinstance(part.get("format"), str))

    def aliases(self) -> Iterator[tuple[str, str]]:
        """Names of properties with another name that each goes by."""
        for name, node in self.properties.items():
            if isinstance(node, Mapping):
                yield from ((name, alias) for alias in _listed(node.get("x-alias")))
        yield from ((name, other) for name, some in self.others.items() for other in some)


class Nodes:
    """Flattens the nodes of one schema, each once."""

    def __init__(self, root: Mapping[str, Any], dialect: Dialect, names: Names | None = None) -> None:
        self.root = root
        self.dialect = dialect
        self._names = names or {}
        self._shapes: dict[int, Shape] = {}
        self._made: dict[tuple[int, ...], Node] = {}
        self._children: dict[tuple[int, str | int], Node | None] = {}
        self._saying: dict[tuple[int, Said], Node] = {}

    def shape(self, node: Node) -> Shape:
        """The flat form of a node."""
        if id(node) not in self._shapes:
            self._shapes[id(node)] = self._flattened(node)
        return self._shapes[id(node)]

    def _flattened(self, node: Node) -> Shape:
        parts = tuple(self._parts(node, 0))
        values = tuple(self._choices(node, 0))
        found = tuple(one for one in values if not (one.value is None or isinstance(one.value, dict | list)))
        above = next((part[SAID] for part in parts if isinstance(part.get(SAID), Said)), NOTHING)
        said = above if above.name else of_parts(parts) or above
        branches = () if found else tuple(part[word] for part in parts for word in UNIONS if part.get(word))
        unions = tuple(tuple(self._with(said, branch) for branch in some) for some in branches)
        kinds = frozenset(ALL).intersection(*map(_kinds, parts))
        if found and _are_scalars(values):
            kinds -= {"array", "object"}
        properties = {name: child for part in reversed(parts) for name, child in part.get("properties", {}).items()}
        required = tuple(dict.fromkeys(name for part in parts for name in part.get("required", ())))
        others = self._others(parts, properties) if self._names else {}
        return Shape(parts, kinds, found, unions, properties, required, _rest(node, parts), others, said)

    def _others(self, parts: Sequence[Mapping[str, Any]], names: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
        """What the class, which has this title and these properties, calls its fields itself."""
        keys = [(part["title"], frozenset(names)) for part in parts if isinstance(part.get("title"), str)]
        return next((self._names[key] for key in keys if key in self._names), {})

    def child(self, shape: Shape, key: str | int) -> Node | None:
        """The node of a property or item; None where nothing is said of it."""
        at = id(shape), key
        if at not in self._children:
            found = [child for part in shape.parts if (child := own_child(part, key, self.dialect)) is not None]
            node = self.together(found) if found else None
            is_named = isinstance(key, str) and key in shape.properties
            said = of_parts(self._parts(node, 0), str(key)) if is_named else shape.said
            if is_named and self.shape(node).choices:
                said = replace(said, name=str(key))
            self._children[at] = self._with(said, node)
        return self._children[at]

    def _with(self, said: Said, node: Node) -> Node:
        """A node that carries what is said above it, the same one each time."""
        if not said or not isinstance(node, Mapping):
            return node
        return self._saying.setdefault((id(node), said), {**node, SAID: said})

    def together(self, nodes: Sequence[Node]) -> Node:
        """One node for several that hold at once, the same one each time."""
        if len(nodes) == 1:
            return nodes[0]
        return self._made.setdefault(tuple(map(id, nodes)), {"allOf": [*nodes]})

    def names(self, node: Node, depth: int = 0) -> Iterator[str]:
        """Every name and alias of a property that a node or a branch of it has."""
        shape = self.shape(node)
        yield from shape.properties
        yield from (alias for _, alias in shape.aliases())
        if depth < DEEPEST_UNION:
            for branch in (branch for branches in shape.unions for branch in branches):
                yield from self.names(branch, depth + 1)

    def kinds(self, node: Node, depth: int = 0) -> frozenset[str]:
        """The kinds that a node takes, those of its branches if it is a union."""
        shape, kinds = self.shape(node), self.shape(node).kinds
        for branches in shape.unions if depth < DEEPEST_UNION else ():
            kinds &= frozenset(kind for branch in branches for kind in self.kinds(branch, depth + 1))
        return kinds

    def without_unions(self, shape: Shape) -> Node:
        """What holds whichever branch does."""
        key = (-1, *map(id, shape.parts))
        kept = [{word: part[word] for word in part if word not in {*UNIONS, "$ref", "allOf"}} for part in shape.parts]
        return self._made.setdefault(key, {"allOf": kept}) if any(kept) else True

    def _parts(self, node: Node, depth: int) -> Iterator[Mapping[str, Any]]:
        if not isinstance(node, Mapping) or depth > _DEEPEST:
            return
        yield node
        for inner in [*([resolve(self.root, node["$ref"])] if "$ref" in node else []), *node.get("allOf", ())]:
            yield from self._parts(inner, depth + 1)

    def _choices(self, node: Node, depth: int) -> Iterator[Choice]:
        """The values of an enum, or of a union that is made of constants and null alone."""
        for part in self._parts(node, depth):
            if "const" in part or "enum" in part:
                yield from choices({"anyOf": [part]} if "const" in part else part)
                return
            for word in UNIONS:
                branches = part.get(word, ())
                found = [[*self._choices(branch, depth + 1)] for branch in branches] if depth <= _DEEPEST else []
                if found and all(
                    _are_scalars(some) if some else _is_null(branch)
                    for some, branch in zip(found, branches, strict=True)
                ):
                    yield from (choice for some in found for choice in some)
                    return


def _rest(node: Node, parts: Sequence[Mapping[str, Any]]) -> Node | None:
    """The node without what is checked by other means; the whole where a keyword looks at the others."""
    if any(_LOOKING_ASIDE & part.keys() for part in parts):
        return node
    kept = [{word: part[word] for word in part.keys() & _OUTSIDE} for part in parts]
    return {"allOf": kept} if any(kept) else None


def _are_scalars(found: Sequence[Choice]) -> bool:
    return not any(isinstance(one.value, dict | list) for one in found)


def _kinds(part: Mapping[str, Any]) -> frozenset[str]:
    kinds = part.get("type")
    if kinds is None:
        if "properties" in part or "required" in part:
            return frozenset(("object",))
        return frozenset(("array",) if "items" in part or "prefixItems" in part else ALL)
    found = {kinds} if isinstance(kinds, str) else set(kinds)
    return frozenset(found | {"integer"} if "number" in found else found)


def _is_null(node: Node) -> bool:
    return isinstance(node, Mapping) and (node.get("type") == "null" or node.get("const", 0) is None)


def _listed(value: Any) -> list[str]:
    """'a' → ['a'], ['a', 1] → ['a'], None → []."""
    values = value if isinstance(value, list) else [value]
    return [one for one in values if isinstance(one, str) and one]


def is_of(kind: str, value: Any) -> bool:
    """Whether a value is of a type: ('integer', 3.0) → True, ('number', True) → False."""
    if kind == "integer":
        return is_number(value) and value == int(value)
    return is_number(value) if kind == "number" else isinstance(value, _TYPES[kind])


def is_number(value: Any) -> bool:
    """Whether a value is a number, which a truth value is not."""
    return isinstance(value, int | float) and not isinstance(value, bool)
