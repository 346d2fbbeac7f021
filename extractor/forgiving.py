"""A schema as a model is asked by it: what may be left out may be null, for models fill in every key that they know.

A field that is not required, and does not take null, would be made up by small models: they leave nothing out. So they
are offered null, which is taken out of the answer again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from extractor.coercion.words import is_nothing
from extractor.loosening import NULL, Place, loosened
from extractor.scopes import Nodes, Scopes, scopes_of
from extractor.types import Schema

# What makes a difference between a key that is null and one that is not there.
_BOUND = frozenset((
    "dependentRequired", "dependentSchemas", "if", "not", "allOf", "anyOf", "oneOf", "minProperties", "maxProperties",
    "$ref",
))  # fmt: skip
_WORD = {"const": "null"}
_LIMITS = ("const", "enum", "format", "pattern", "minLength", "x-verbatim")  # of a text


@lru_cache(maxsize=64)
def forgiving(schema: Schema) -> Schema:
    """The schema by which a model is asked: {'properties': {'a': {'type': 'string'}}} → a may be null."""
    return loosened(schema, _left_out)


def _left_out(scopes: Scopes, node: Mapping[str, Any], place: Place) -> Mapping[str, Sequence[Any]]:
    """What may be left out and takes no null; none of a branch that is not the whole of an object."""
    if not place.is_whole or not node.keys().isdisjoint(_BOUND):
        return {}
    fields, required = node["properties"], scopes.of((node,)).required
    return {name: (NULL,) for name in fields if name not in required and _is_stern(scopes, (fields[name],))}


@lru_cache(maxsize=64)
def spoken(schema: Schema) -> Schema:
    """The schema that a grammar is made of: what may be null may be the word, which small models put in quotes.

    One that has begun a text to write "null" would have to go on with something else where only an address, a date or
    a choice is allowed: it writes nulls@nulls.com.
    """
    return loosened(forgiving(schema), _quoted)


def _quoted(scopes: Scopes, node: Mapping[str, Any], _: Place) -> Mapping[str, Sequence[Any]]:
    """What takes null, and no text."""
    places = {name: scopes.of((inner,)) for name, inner in node["properties"].items()}
    return {name: (_WORD,) for name, at in places.items() if "null" in at.kinds and not any(map(_is_text, at.parts))}


def _is_text(part: Mapping[str, Any]) -> bool:
    """Whether a schema takes any text."""
    kinds = part.get("type", ())
    return "string" in ((kinds,) if isinstance(kinds, str) else kinds) and part.keys().isdisjoint(_LIMITS)


def _is_stern(scopes: Scopes, nodes: Nodes) -> bool:
    """Whether a field takes neither null nor an empty list or object: a text, a choice, a record with a name."""
    scope = scopes.of(nodes)
    if not isinstance(nodes[0], Mapping) or not scope.kinds or (scope.choices is not None and None in scope.choices):
        return False
    is_bare = "object" in scope.kinds and not scope.required
    return scope.kinds.isdisjoint(("null", "array")) and not is_bare


def without_nulls(schema: Schema, data: Any) -> Any:
    """An answer without the nulls, in quotes or not, of fields that may be left out and do not take null."""
    if forgiving(schema) is schema:
        return data
    scopes = scopes_of(schema)
    return _cleaned(scopes, scopes.nodes, data)


def _cleaned(scopes: Scopes, nodes: Nodes, value: Any) -> Any:
    scope = scopes.of(nodes)
    if isinstance(value, list):
        return [_cleaned(scopes, scope.child(at), item) for at, item in enumerate(value)]
    if not isinstance(value, dict):
        return value
    return {
        name: _cleaned(scopes, scope.child(name), inner)
        for name, inner in value.items()
        if name not in scope.properties or name in scope.required or not _is_no(scopes, scope.properties[name], inner)
    }


def _is_no(scopes: Scopes, nodes: Nodes, value: Any) -> bool:
    """Whether a value says that there is none, where null is none of the schema's."""
    if not (value is None or (isinstance(value, str) and is_nothing(value))) or not _is_stern(scopes, nodes):
        return False
    return value not in (scopes.of(nodes).choices or ())
