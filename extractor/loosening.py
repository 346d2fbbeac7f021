"""A schema whose fields take more than they did: what, a rule says, for each object that the schema describes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from extractor.schema import digest
from extractor.scopes import Scopes, scopes_of
from extractor.types import Schema

_OUTER = (
    "description",
    "title",
    "examples",
    "default",
    "x-merge",
    "x-key",
    "x-compare",
    "x-ranked",
)  # of a field, whatever its value may be
_BRANCHES = ("anyOf", "oneOf", "allOf", "then", "else")
_ITEMS = ("items", "prefixItems", "contains", "additionalProperties")
_NAMED = ("patternProperties", "$defs", "definitions")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a schema stands: for the whole of a value, or beside others; for a value in a list or under a free key."""

    is_whole: bool = True
    is_record: bool = False


# An object's schema → by field, what it takes too.
Rule = Callable[[Scopes, Mapping[str, Any], Place], Mapping[str, Sequence[Any]]]
NULL = {"type": "null"}


def loosened(schema: Schema, rule: Rule, without: Collection[str] = ()) -> Schema:
    """The schema with fields that take more, and without some keywords; itself where nothing changes."""
    scopes = scopes_of(schema)
    root = scopes.nodes[0]
    loose = _Loosening(scopes, rule, without).of(root, Place())
    return schema if loose == root else replace(schema, json_schema=loose, digest=digest(loose))


@dataclass(frozen=True, slots=True)
class _Loosening:
    scopes: Scopes
    rule: Rule
    without: Collection[str]

    def of(self, node: Any, place: Place) -> Any:
        if isinstance(node, list):
            return [self.of(inner, place) for inner in node]
        if not isinstance(node, Mapping):
            return node
        found = {name: value for name, value in node.items() if name not in self.without}
        for name in found.keys() & {*_BRANCHES}:
            is_choice = name in ("anyOf", "oneOf") and node.keys() <= {name, *_OUTER}
            found[name] = self.of(node[name], replace(place, is_whole=place.is_whole and is_choice))
        for name in found.keys() & {*_ITEMS}:
            found[name] = self.of(node[name], Place(is_record=True))
        for name in found.keys() & {*_NAMED}:
            found[name] = {at: self.of(inner, Place(is_record=True)) for at, inner in node[name].items()}
        if "properties" in node:
            more = self.rule(self.scopes, node, place)
            inside = {name: self.of(inner, Place()) for name, inner in node["properties"].items()}
            found["properties"] = {
                name: _either(inner, more[name]) if name in more else inner for name, inner in inside.items()
            }
        return found


def _either(node: Any, more: Sequence[Any]) -> dict[str, Any]:
    """A schema that takes something else too; what is said of the field stays outside."""
    inner = dict(node) if isinstance(node, Mapping) else {"allOf": [node]}  # true and false are schemas too
    outer = {name: inner.pop(name) for name in _OUTER if name in inner}
    return {**outer, "anyOf": [inner, *more]}
