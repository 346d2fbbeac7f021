"""The lowered schema → the strict one: one walk makes each node together with its way back.

What the subset does not have is first said in other words (a map as a list of pairs, a tuple as an object), and these
are rewritten like anything else.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from typing import Any, NamedTuple, cast

from jsonschema import Draft202012Validator

from extractor.grammar.shapes import RANGE
from extractor.strict.backs import Back, each, keyed, merged, named, ordered, parsed, same
from extractor.strict.texts import text_node
from extractor.validators import VALIDATORS, errors_of


class Part(NamedTuple):
    """A node of the strict schema, and what makes of its values those of the user's schema."""

    node: dict[str, Any]
    back: Back


_ANY = "any"
_ANYTHING = {  # any value, in the words of the lowered schema; an empty object comes back as an empty list
    "anyOf": [
        {"type": ["null", "boolean"]},
        {"type": "number"},
        {"type": "string"},
        {"type": "array", "items": {}},
        {"type": "object", "additionalProperties": {}},
    ]
}
_NULL = Part({"type": "null"}, same)
_OF_NUMBERS = (*RANGE, "multipleOf")
_OF_LISTS = ("minItems", "maxItems")
_OF_MAPS = {"minProperties": "minItems", "maxProperties": "maxItems"}
_OF_FREE = ("patternProperties", "additionalProperties")
_CONTAINERS = ("array", "object")


@dataclass(slots=True)
class Rewriting:
    """Rewrites one lowered schema; definitions wait until something refers to them."""

    lowered: Mapping[str, Any]
    definitions: dict[str, Any] = field(default_factory=dict)
    backs: dict[str, Back] = field(default_factory=dict)
    waiting: list[str] = field(default_factory=list)
    known: Mapping[str, Any] = field(init=False)  # the lowered definitions
    validator: Draft202012Validator = field(init=False)

    def __post_init__(self) -> None:
        self.known = {**self.lowered.get("$defs", {}), _ANY: _ANYTHING}
        self.validator = VALIDATORS["rust"]({"$defs": self.definitions})

    def run(self) -> Part:
        """The root; afterwards all that it refers to is in `definitions`."""
        root = self._part({keyword: value for keyword, value in self.lowered.items() if keyword != "$defs"})
        while self.waiting:
            name = self.waiting.pop()
            self.definitions[name], self.backs[name] = self._part(self.known[name])
        return root

    def _part(self, node: Any) -> Part:
        return self._union(list(self._ways(node)))

    def _ways(self, node: Any) -> Iterator[Part]:
        """The alternatives at a place, one for each branch and kind of value."""
        if not isinstance(node, dict) or not node:
            yield from self._referred(_ANY)
        elif "anyOf" in node:
            yield from chain.from_iterable(map(self._ways, node["anyOf"]))
        elif "$ref" in node:
            yield from self._referred(node["$ref"].removeprefix("#/$defs/"))
        elif "enum" in node or "const" in node:
            yield from _listed(node.get("enum", [node.get("const")]))
        else:
            kinds = node["type"] if isinstance(node["type"], list) else [node["type"]]
            yield from (self._of_kind(kind, node) for kind in kinds)

    def _of_kind(self, kind: str, node: Mapping[str, Any]) -> Part:
        match kind:
            case "object":
                return self._object(node)
            case "array":
                return self._tuple(node) if "prefixItems" in node else self._list(node)
            case "string":
                return Part(text_node(node), same)
        return Part({"type": kind, **_taken(node, _OF_NUMBERS)}, same)

    # --- references and unions ---

    def _referred(self, name: str) -> Iterator[Part]:
        """What a reference stands for, or the same reference where that is long or comes back to itself."""
        if self._is_scalar(self.known[name]):
            yield from self._ways(self.known[name])
            return
        if name not in self.definitions:
            self.definitions[name] = {}
            self.waiting.append(name)
        yield Part({"$ref": f"#/$defs/{name}"}, partial(self._by_name, name))

    def _by_name(self, name: str, value: Any) -> Any:
        """The way back of a definition, which is known once all is rewritten."""
        return self.backs[name](value)

    def _is_scalar(self, node: Any) -> bool:
        if "$ref" in node:
            return self._is_scalar(self.known[node["$ref"].removeprefix("#/$defs/")])
        if "anyOf" in node:
            return all(map(self._is_scalar, node["anyOf"]))
        return "type" in node and node["type"] not in _CONTAINERS

    def _union(self, parts: list[Part]) -> Part:
        if len(parts) == 1:
            return parts[0]
        is_same = all(part.back is same for part in parts)
        return Part({"anyOf": [part.node for part in parts]}, same if is_same else partial(self._by_branch, parts))

    def _by_branch(self, parts: list[Part], value: Any) -> Any:
        """The only branch for values of this kind, or the first one that the value fits."""
        able = [part for part in parts if _kind(value) in self._kinds(part.node)]
        if len(able) > 1:
            able = [part for part in able if self._fits(part.node, value)]
        return able[0].back(value) if able else value

    def _fits(self, node: Mapping[str, Any], value: Any) -> bool:
        return not errors_of(cast(Draft202012Validator, self.validator.evolve(schema=node)), value)

    def _kinds(self, node: Mapping[str, Any]) -> Collection[str]:
        if "$ref" in node:
            return self._kinds(self.definitions[node["$ref"].removeprefix("#/$defs/")])
        if "anyOf" in node:
            return set(chain.from_iterable(map(self._kinds, node["anyOf"])))
        return ("number",) if node["type"] == "integer" else (node["type"],)

    # --- lists and objects ---

    def _list(self, node: Mapping[str, Any]) -> Part:
        if node.get("items") is False:
            return Part({"type": "array", "items": _NULL.node, "maxItems": 0}, same)
        items = self._part(node.get("items", {}))
        return Part({"type": "array", **_taken(node, _OF_LISTS), "items": items.node}, partial(each, items.back))

    def _tuple(self, node: Mapping[str, Any]) -> Part:
        """As an object with a property for each place, and one for the rest."""
        least, most = node.get("minItems", 0), node.get("maxItems", float("inf"))
        places = {str(at): child for at, child in enumerate(node["prefixItems"]) if at < most}
        required = [at for at, child in places.items() if int(at) < least or self._takes_null(child)]
        size, properties = len(places), dict(places)
        if most > size and node.get("items") is not False:
            sizes = {"minItems": least - size, "maxItems": most - size}
            held = {keyword: limit for keyword, limit in sizes.items() if 0 < limit < float("inf")}
            properties["rest"] = {"type": "array", "items": node.get("items", {}), **held}
        part = self._record(properties, [*required, "rest"])
        return Part(part.node, partial(ordered, part.back, size))

    def _takes_null(self, node: Any) -> bool:
        if not isinstance(node, dict) or not node:
            return True
        if "$ref" in node:
            return self._takes_null(self.known[node["$ref"].removeprefix("#/$defs/")])
        if "anyOf" in node:
            return any(map(self._takes_null, node["anyOf"]))
        return None in node.get("enum", [node.get("const", False)]) or "null" in node.get("type", ())

    def _object(self, node: Mapping[str, Any]) -> Part:
        properties = {name: child for name, child in node.get("properties", {}).items() if child is not False}
        pairs = _pairs(node)
        if not pairs:
            return self._record(properties, node.get("required", ()))
        if not properties:
            items = self._part({"anyOf": pairs})
            sizes = {of_list: node[of_map] for of_map, of_list in _OF_MAPS.items() if of_map in node}
            return Part({"type": "array", **sizes, "items": items.node}, partial(keyed, items.back))
        return self._mixed(node, properties)

    def _record(self, properties: Mapping[str, Any], required: Collection[str]) -> Part:
        """Named properties only; one that may be absent can be null instead."""
        parts = {}
        for name, child in properties.items():
            ways = list(self._ways(child))
            parts[name] = self._union(ways if name in required or _NULL in ways else [*ways, _NULL])
        backs = {name: part.back for name, part in parts.items() if part.back is not same}
        optional = frozenset(properties).difference(required)
        node = closed({name: part.node for name, part in parts.items()})
        return Part(node, partial(named, backs, optional) if backs or optional else same)

    def _mixed(self, node: Mapping[str, Any], properties: Mapping[str, Any]) -> Part:
        """Named properties, and one more for all that have no name."""
        extra = "others"
        while extra in node["properties"]:
            extra += "_"
        free = {"type": "object", **_taken(node, _OF_FREE)}
        part = self._record({**properties, extra: free}, [*node.get("required", ()), extra])
        return Part(part.node, partial(merged, part.back, extra))


def closed(properties: Mapping[str, Any]) -> dict[str, Any]:
    """An object with just these properties."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _pairs(node: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What key and value can be where an object has free keys."""
    patterns = [({"type": "string", "pattern": key}, child) for key, child in node.get("patternProperties", {}).items()]
    children = [*patterns, ({"type": "string"}, node.get("additionalProperties", True))]
    return [closed({"key": key, "value": child}) for key, child in children if child is not False]


def _listed(values: list[Any]) -> Iterator[Part]:
    """The values of an enum by kind; lists and objects as their JSON text."""
    texts = [json.dumps(value, ensure_ascii=False) for value in values if isinstance(value, dict | list)]
    plain = [value for value in values if not isinstance(value, dict | list)]
    by_kind: dict[str, dict[Any, None]] = {}
    for value in [*plain, *texts]:
        kind = "integer" if isinstance(value, int) and not isinstance(value, bool) else _kind(value)
        by_kind.setdefault(kind, {})[value] = None
    only_texts = frozenset(texts).difference(value for value in plain if isinstance(value, str))
    for kind, found in by_kind.items():
        back = partial(parsed, only_texts) if kind == "string" and only_texts else same
        yield _NULL if kind == "null" else Part({"type": kind, "enum": list(found)}, back)


def _kind(value: Any) -> str:
    """JSON Schema's type of a value; whole numbers are numbers as well."""
    return _KINDS[type(value)]


_KINDS = {
    type(None): "null",
    bool: "boolean",
    int: "number",
    float: "number",
    str: "string",
    list: "array",
    dict: "object",
}


def _taken(node: Mapping[str, Any], keywords: Collection[str]) -> dict[str, Any]:
    return {keyword: node[keyword] for keyword in keywords if keyword in node}
