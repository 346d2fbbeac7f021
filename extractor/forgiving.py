"""A schema as a model is asked by it: what may be left out may be null, for models fill in every key that they know.

A field that is not required, and does not take null, would be made up by small models: they leave nothing out. So they
are offered null, which is taken out of the answer again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from extractor.schema import digest
from extractor.scopes import Nodes, Scopes
from extractor.types import Schema

_OUTER = ("description", "title", "examples", "default", "x-merge", "x-key")  # of a field, whatever its value may be
_HOLDERS = ("properties", "patternProperties", "$defs", "definitions")
# What makes a difference between a key that is null and one that is not there.
_BOUND = frozenset((
    "dependentRequired", "dependentSchemas", "if", "not", "allOf", "anyOf", "oneOf", "minProperties", "maxProperties",
    "$ref",
))  # fmt: skip
_LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")
_NODES = ("items", "additionalProperties", "contains", "then", "else")


@lru_cache(maxsize=64)
def forgiving(schema: Schema) -> Schema:
    """The schema by which a model is asked: {'properties': {'a': {'type': 'string'}}} → a may be null."""
    loose = _loosened(Scopes(schema.json_schema), schema.json_schema)
    return schema if loose == schema.json_schema else replace(schema, json_schema=loose, digest=digest(loose))


def _loosened(scopes: Scopes, node: Any, *, is_whole: bool = True) -> Any:
    """A schema whose fields take null; of a branch that is not the `whole` of an object, only those inside of them."""
    if not isinstance(node, Mapping):
        return node
    found = dict(node)
    is_plain = node.keys().isdisjoint(_BOUND)
    for key in _HOLDERS:
        if isinstance(node.get(key), Mapping):
            found[key] = {name: _loosened(scopes, inner) for name, inner in node[key].items()}
    for key in _LISTS:
        if isinstance(node.get(key), list):
            is_choice = key != "allOf" and node.keys() <= {key, *_OUTER}
            found[key] = [_loosened(scopes, inner, is_whole=is_choice or key == "prefixItems") for inner in node[key]]
    for key in _NODES:
        if key in node:
            found[key] = _loosened(scopes, node[key], is_whole=key not in ("then", "else"))
    if "properties" in node and is_whole and is_plain:
        required = scopes.of((node,)).required
        found["properties"] = {
            name: inner if name in required or not _is_stern(scopes, (node["properties"][name],)) else nullable(inner)
            for name, inner in found["properties"].items()
        }
    return found


def nullable(node: Mapping[str, Any]) -> dict[str, Any]:
    """A schema that takes null too; what is said of the field stays outside."""
    inner = dict(node)
    outer = {name: inner.pop(name) for name in _OUTER if name in inner}
    return {**outer, "anyOf": [inner, {"type": "null"}]}


def _is_stern(scopes: Scopes, nodes: Nodes) -> bool:
    """Whether a field takes neither null nor an empty list or object: a text, a choice, a record with a name."""
    scope = scopes.of(nodes)
    if not isinstance(nodes[0], Mapping) or not scope.kinds or (scope.choices is not None and None in scope.choices):
        return False
    is_bare = "object" in scope.kinds and not scope.required
    return scope.kinds.isdisjoint(("null", "array")) and not is_bare


def without_nulls(schema: Schema, data: Any) -> Any:
    """An answer without the nulls of fields that may be left out and do not take null."""
    if forgiving(schema) is schema:
        return data
    return _cleaned(Scopes(schema.json_schema), (schema.json_schema,), data)


def _cleaned(scopes: Scopes, nodes: Nodes, value: Any) -> Any:
    scope = scopes.of(nodes)
    if isinstance(value, list):
        return [_cleaned(scopes, scope.child(at), item) for at, item in enumerate(value)]
    if not isinstance(value, dict):
        return value
    return {
        name: _cleaned(scopes, scope.child(name), inner)
        for name, inner in value.items()
        if inner is not None
        or name not in scope.properties
        or name in scope.required
        or not _is_stern(scopes, scope.properties[name])
    }
