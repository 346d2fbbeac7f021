"""The schema of a part of a document: the same, but each value may be missing, as another part may have it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from extractor.forgiving import nullable
from extractor.merge import key_of
from extractor.schema import digest
from extractor.scopes import Scopes
from extractor.types import Schema

_COUNTS = ("minItems", "minProperties", "minContains", "contains")  # which the whole has to have


@lru_cache(maxsize=64)
def partial(schema: Schema) -> Schema:
    """The schema by which parts are asked about: 'title str, people[]{name, age int}' → title and age may be null.

    Records of a list keep their key, by which they are joined. Only the whole is validated by the user's class.
    """
    work = _Loosening(Scopes(schema.json_schema))
    loose = work.loosened(schema.json_schema, is_record=False)
    return replace(schema, json_schema=loose, model=None, digest=digest(loose))


class _Loosening:
    """A schema on its way; what is said of no value (a name, a note) stays."""

    def __init__(self, scopes: Scopes) -> None:
        self._scopes = scopes

    def loosened(self, node: Any, *, is_record: bool) -> Any:
        """A schema whose values may be missing; that of a record of a list but for its key."""
        if isinstance(node, list):
            return [self.loosened(inner, is_record=is_record) for inner in node]
        if not isinstance(node, Mapping):
            return node
        found = {name: inner for name, inner in node.items() if name not in _COUNTS}
        for name in ("anyOf", "oneOf", "allOf"):
            if name in node:
                found[name] = [self.loosened(inner, is_record=is_record) for inner in node[name]]
        if "properties" in node:
            key = key_of(self._scopes.of((node,))) if is_record else None
            found["properties"] = {
                name: self._field(inner, is_kept=name == key) for name, inner in node["properties"].items()
            }
        for name in ("items", "prefixItems"):
            if name in node:
                found[name] = self.loosened(node[name], is_record=True)
        for name in ("$defs", "definitions"):
            if name in node:
                found[name] = {at: self.loosened(inner, is_record=True) for at, inner in node[name].items()}
        return found

    def _field(self, node: Any, *, is_kept: bool) -> Any:
        inner = self.loosened(node, is_record=False)
        kinds = self._scopes.of((node,)).kinds
        if is_kept or not isinstance(node, Mapping) or "null" in kinds or kinds == {"array"}:  # a list may be empty
            return inner
        return nullable(inner)
