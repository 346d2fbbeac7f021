"""The schema of a part of a document: the same, but each value may be missing, as another part may have it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from extractor.loosening import NULL, Place, loosened
from extractor.merge import key_of
from extractor.scopes import Scopes
from extractor.types import Schema

_COUNTS = ("minItems", "minProperties", "minContains", "contains")  # which the whole has to have


@lru_cache(maxsize=64)
def partial(schema: Schema) -> Schema:
    """The schema by which parts are asked about: 'title str, people[]{name, age int}' → title and age may be null.

    Records of a list keep their key, by which they are joined. Only the whole is validated by the user's class.
    """
    return replace(loosened(schema, _missing, without=_COUNTS), model=None)


def _missing(scopes: Scopes, node: Mapping[str, Any], place: Place) -> Mapping[str, Sequence[Any]]:
    """What a part may be without: all but the key of a record of a list, what takes null, and lists."""
    key = key_of(scopes.of((node,))) if place.is_record else None
    return {name: (NULL,) for name, inner in node["properties"].items() if name != key and _is_filled(scopes, inner)}


def _is_filled(scopes: Scopes, node: Any) -> bool:
    kinds = scopes.of((node,)).kinds
    return isinstance(node, Mapping) and "null" not in kinds and kinds != {"array"}  # a list may be empty
