"""A schema in which objects have the properties that it names, and no others, as the decoders of models hold them.

JSON Schema lets an object have further keys where it says nothing of them. In an answer they are no data but slips: a
property in another spelling, a wrapper, a remark. What a schema says outright (`additionalProperties`) stays, and an
object that several parts of a schema describe together stays open.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from extractor.dialect.keywords import NAMED, SUBSCHEMAS
from extractor.pointers import resolve
from extractor.schema import digest
from extractor.types import Schema

_UNIONS = frozenset(("anyOf", "oneOf"))
_BESIDE = frozenset(("$ref", "allOf", "not", "if", "then", "else", "dependentSchemas")) | _UNIONS
_PARTIAL = frozenset(("allOf", "not", "if", "then", "else", "dependentSchemas", "contains", "propertyNames"))
_TOLD = ("additionalProperties", "patternProperties", "unevaluatedProperties")


@lru_cache(maxsize=32)
def closed(schema: Schema) -> Schema:
    """{'properties': {'a': {}}} → {'properties': {'a': {}}, 'additionalProperties': False}."""
    root = schema.json_schema
    partial: set[int] = set()
    for node in _nodes(root):
        together = node.keys() & (_BESIDE | {"properties"})
        for keyword in node.keys() & (_PARTIAL | _UNIONS | {"$ref"}):
            if keyword in _PARTIAL or len(together) > 1:
                partial |= {id(node)} if keyword in _BESIDE else set()
                for child in _children(root, node, keyword):
                    _mark(root, child, partial)
    inner = _closed(root, partial)
    return replace(schema, json_schema=inner, digest=digest(inner), examples=())


def _nodes(node: Any) -> Iterator[Mapping[str, Any]]:
    """Every object of a schema that is a schema."""
    if not isinstance(node, Mapping):
        return
    yield node
    for keyword in node.keys() & SUBSCHEMAS:
        for child in _values(node[keyword], keyword):
            yield from _nodes(child)


def _values(value: Any, keyword: str) -> list[Any]:
    if keyword in NAMED:
        return [*value.values()]
    return value if isinstance(value, list) else [value]


def _children(root: Mapping[str, Any], node: Mapping[str, Any], keyword: str) -> list[Any]:
    return [resolve(root, node["$ref"])] if keyword == "$ref" else _values(node[keyword], keyword)


def _mark(root: Mapping[str, Any], node: Any, partial: set[int]) -> None:
    """Keep open what describes a part of an object, with all that it is made of."""
    if not isinstance(node, Mapping) or id(node) in partial:
        return
    partial.add(id(node))
    for keyword in node.keys() & _BESIDE:
        for child in _children(root, node, keyword):
            _mark(root, child, partial)


def _closed(node: Any, partial: set[int]) -> Any:
    if not isinstance(node, Mapping):
        return node
    found = dict(node)
    for keyword in node.keys() & SUBSCHEMAS:
        value = node[keyword]
        if keyword in NAMED:
            found[keyword] = {name: _closed(child, partial) for name, child in value.items()}
        elif isinstance(value, list):
            found[keyword] = [_closed(child, partial) for child in value]
        else:
            found[keyword] = _closed(value, partial)
    if node.get("properties") and id(node) not in partial and not any(word in node for word in _TOLD):
        found["additionalProperties"] = False
    return found
