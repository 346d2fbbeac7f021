"""What a schema is as a table, or why it cannot be one.

A list of flat records, one flat record, or an object whose only property is such a list. A column holds a text, a
number or a boolean, or a list of them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from extractor.errors import SchemaError
from extractor.pointers import pointer
from extractor.scopes import SCALARS, Nodes, Scope, Scopes, scopes_of
from extractor.types import Schema

MISSING = "-"  # a value that is missing, where an empty cell is null
_HINT = "ask for json, yaml or xml"


@dataclass(frozen=True, slots=True)
class Column:
    """A property: its name, the kind of its value or items, and whether it may be null or missing."""

    name: str
    kind: str
    is_list: bool
    is_nullable: bool
    is_required: bool


@dataclass(frozen=True, slots=True)
class Table:
    """Columns, and what the lines are: the items of a list, one record, or the list that is an object's `name`."""

    columns: tuple[Column, ...]
    rows: Literal["list", "one", "inside"]
    name: str = ""
    is_required: bool = True

    @property
    def names(self) -> list[str]:
        """What the header says."""
        return [column.name for column in self.columns]


def table_of(schema: Schema) -> Table:
    """The table of a schema; raises `SchemaError` for what it has and a table cannot hold."""
    scopes = scopes_of(schema)
    nodes = scopes.nodes
    root = scopes.of(nodes)
    if root.kinds == {"array"}:
        return Table(_columns(scopes, _items(scopes, nodes, ()), ("items",)), "list")
    _check_record(scopes, nodes, ())
    if len(root.properties) == 1:
        ((name, inner),) = root.properties.items()
        scope = scopes.of(inner)
        if scope.kinds == {"array"} and not scopes.of(scope.items).kinds <= SCALARS:
            path = ("properties", name)
            columns = _columns(scopes, _items(scopes, inner, path), (*path, "items"))
            return Table(columns, "inside", name, name in root.required)
    return Table(_columns(scopes, nodes, ()), "one")


def _items(scopes: Scopes, nodes: Nodes, path: tuple[str, ...]) -> Nodes:
    scope = scopes.of(nodes)
    if scope.prefix:
        raise _fault((*path, "prefixItems"), "items that differ by their place")
    return scope.items


def _columns(scopes: Scopes, nodes: Nodes, path: tuple[str, ...]) -> tuple[Column, ...]:
    _check_record(scopes, nodes, path)
    scope = scopes.of(nodes)
    if not scope.properties:
        raise _fault(path, "a record without properties, so that there are no columns")
    required = scope.required
    columns = (_column(name, scopes, inner, (*path, "properties", name)) for name, inner in scope.properties.items())
    return tuple(Column(name, kind, is_list, is_null, name in required) for name, kind, is_list, is_null in columns)


def _check_record(scopes: Scopes, nodes: Nodes, path: tuple[str, ...]) -> None:
    """Raise `SchemaError` where this is not one kind of object with known keys."""
    scope = scopes.of(nodes)
    if scope.kinds != {"object"}:
        raise _fault(path, f"{_told(scope)} where a record has to be")
    parts = scope.parts
    for part in parts:
        if part.get("patternProperties") or not _is_closed(part):
            raise _fault((*path, "additionalProperties"), "free keys")
        for keyword in ("anyOf", "oneOf"):
            if len(part.get(keyword, ())) > 1:
                raise _fault((*path, keyword), "a union of records")


def _is_closed(part: Mapping[str, Any]) -> bool:
    """Whether a schema does not ask for keys that it does not name; one that says nothing takes them as well."""
    extra = part.get("additionalProperties")
    return extra is None or extra is False


def _column(name: str, scopes: Scopes, nodes: Nodes, path: tuple[str, ...]) -> tuple[str, str, bool, bool]:
    scope = scopes.of(nodes)
    is_nullable = "null" in scope.kinds
    kinds = scope.kinds - {"null"}
    if kinds != {"array"}:
        return name, _kind(kinds, scope, path), False, is_nullable
    if scope.prefix:
        raise _fault((*path, "prefixItems"), "items that differ by their place")
    inner = scopes.of(scope.items)
    return name, _kind(inner.kinds, inner, (*path, "items")), True, is_nullable


def _kind(kinds: frozenset[str], scope: Scope, path: tuple[str, ...]) -> str:
    if not kinds:
        return "string"  # always null
    if len(kinds) > 1 or not kinds <= SCALARS or (kinds == {"null"}):
        raise _fault(path, _told(scope))
    return next(iter(kinds))


def _told(scope: Scope) -> str:
    kinds = sorted(scope.kinds)
    return f"a nested {kinds[0]}" if len(kinds) == 1 else f"a union ({' | '.join(kinds)})"


def _fault(path: tuple[str, ...], what: str) -> SchemaError:
    return SchemaError(f"csv cannot hold {what}: {pointer(path) or '/'}", hint=_HINT)


def check_keys(row: Mapping[str, Any], names: Collection[str]) -> None:
    """Raise `SchemaError` for a key that no column has."""
    unknown = [key for key in row if key not in names]
    if unknown:
        raise SchemaError(f"csv cannot hold the key {unknown[0]!r}, which the schema does not name", hint=_HINT)
