"""A schema as types of columns, and a value as one of such a type."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from itertools import chain
from typing import Any, Literal

from extractor.depth import DEEPEST
from extractor.lines import escaped as without_unsafe
from extractor.lines import to_json
from extractor.pointers import escaped
from extractor.scopes import Nodes, Scope, Scopes, kind_of

Kind = Literal["string", "integer", "number", "boolean", "date", "datetime", "list", "struct", "json"]

_MOST = 2_000  # shapes of one schema; definitions that name others twice could make them without end
_FORMATS: Mapping[str, Kind] = {"date": "date", "date-time": "datetime"}
_INT64 = 1 << 63
_HALF = re.compile("[\ud800-\udfff]")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:[Zz]|[+-]\d\d:\d\d)")


@dataclass(frozen=True, slots=True)
class Shape:
    """The type of a column, or of what is inside of one; what no other kind can hold is JSON text.

    `is_open` where an object may have keys beside its fields; `is_safe` where each integer fits 64 bits.
    """

    kind: Kind
    fields: tuple[tuple[str, Shape], ...] = ()
    item: Shape | None = None
    is_open: bool = False
    is_safe: bool = False


JSON = Shape("json")
STRING = Shape("string")


def shape_of(root: Mapping[str, Any], *, entry: bool) -> Shape:
    """The shape of the data, or of an entry of a list of records: 'a, b int' → a struct of a string and an integer.

    JSON text is what unions, free maps, tuples, recursion and what nothing is said of become; null may be anywhere.
    """
    scopes = Scopes(root)
    return _Shapes(scopes).of(scopes.root.items if entry else (root,), frozenset())


class _Shapes:
    """The shapes of the places of one schema, within a budget."""

    def __init__(self, scopes: Scopes) -> None:
        self._scopes = scopes
        self._made = 0

    def of(self, nodes: Nodes, above: frozenset[int], depth: int = 0) -> Shape:
        """The shape at a place; `above` are the schemas of what it is in, one of which says that it never ends."""
        self._made += 1
        scope = self._scopes.of(nodes)
        kinds = scope.kinds - {"null"}
        parts = frozenset(map(id, scope.parts))
        if not nodes or len(kinds) != 1 or parts & above or depth > DEEPEST or self._made > _MOST:
            return JSON
        (kind,) = kinds
        if kind == "array":
            return self._list(scope, above | parts, depth)
        return self._struct(scope, above | parts, depth) if kind == "object" else _scalar(scope, kind)

    def _list(self, scope: Scope, above: frozenset[int], depth: int) -> Shape:
        if scope.prefix or not scope.items or _branches(scope, "array") > 1:
            return JSON
        item = self.of(scope.items, above, depth + 1)
        return JSON if item.kind == "json" else Shape("list", item=item)

    def _struct(self, scope: Scope, above: frozenset[int], depth: int) -> Shape:
        if not scope.properties or _branches(scope, "object") > 1:
            return JSON
        fields = tuple((name, self.of(nodes, above, depth + 1)) for name, nodes in scope.properties.items())
        return Shape("struct", fields, is_open=not _is_closed(scope))


def _branches(scope: Scope, kind: str) -> int:
    """How many branches of a union at a place are of a kind: 2 of `Cat | Dog`, 1 of `Cat | None`."""
    unions = [part[key] for part in scope.parts for key in ("anyOf", "oneOf") if key in part]
    own = [[node for node in union if _may_be(node, kind)] for union in unions]
    return max(map(len, own), default=0)


def _may_be(node: Any, kind: str) -> bool:
    """Whether a node does not say that it is of other kinds."""
    kinds = node.get("type", kind) if isinstance(node, Mapping) else kind
    return kind in ([kinds] if isinstance(kinds, str) else kinds)


def _is_closed(scope: Scope) -> bool:
    keys = ("additionalProperties", "unevaluatedProperties")
    return any(part.get(key) is False for part in scope.parts for key in keys) and not scope.extra


def _scalar(scope: Scope, kind: str) -> Shape:
    if kind == "string":
        return Shape(_text_kind(scope))
    if kind == "boolean":
        return Shape("boolean")
    typed = [part for part in scope.parts if part.keys() & {"type", "enum", "const"} and part.get("type") != "null"]
    if not typed or not all(map(_is_integer, typed)):
        return Shape("number")
    most = [part[key] for part in typed for key in ("maximum", "exclusiveMaximum") if key in part]
    least = [part[key] for part in typed for key in ("minimum", "exclusiveMinimum") if key in part]
    is_safe = len(typed) == 1 and bool(most and least) and max(map(abs, (*most, *least))) < _INT64
    return Shape("integer", is_safe=is_safe)


def _text_kind(scope: Scope) -> Kind:
    """The kind of a text: a date where every schema of a text says so."""
    typed = [part for part in scope.parts if "string" in str(part.get("type")) or part.keys() & {"enum", "const"}]
    formats = {_FORMATS.get(str(part.get("format")), "string") for part in typed}
    return formats.pop() if len(formats) == 1 else "string"


def _is_integer(part: Mapping[str, Any]) -> bool:
    listed = [part["const"]] if "const" in part else part.get("enum")
    if listed is not None:
        return all(isinstance(value, int) for value in listed if kind_of(value) == "number")
    kinds = part["type"]
    return "number" not in ([kinds] if isinstance(kinds, str) else kinds)


def reduced(shape: Shape, kinds: Mapping[Kind, Kind], *, depth: int) -> Shape:
    """A shape for a form that has fewer kinds; below `depth` objects, one is of the kind that it is for such a form."""
    if shape.kind == "struct" and depth:
        fields = tuple((name, reduced(inner, kinds, depth=depth - 1)) for name, inner in shape.fields)
        return replace(shape, fields=fields)
    kind = kinds.get(shape.kind, shape.kind)
    return shape if kind == shape.kind else Shape(kind)


def leaves(shape: Shape, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Shape]]:
    """The columns of a record whose objects are laid out flat: a struct in a struct has a column for each field."""
    for name, inner in shape.fields:
        if inner.kind == "struct":
            yield from leaves(inner, (*path, name))
        else:
            yield (*path, name), inner


def may_spill(shape: Shape) -> bool:
    """Whether there can be valid data that the shape has no place for."""
    if shape.kind in ("date", "datetime", "number"):
        return True
    if shape.kind == "integer":
        return not shape.is_safe
    inner = chain((field for _, field in shape.fields), (shape.item,) if shape.item else ())
    return shape.is_open or any(map(may_spill, inner))


def fitted(shape: Shape, value: Any, at: str, spilled: dict[str, Any]) -> Any:
    """A value as its shape has it; what has no place in that goes by its pointer into `spilled`, and null stands there.

    {'a': 1, 'b': 2} of a struct of 'a' → {'a': 1}, with {'/b': 2} spilled.
    """
    if value is None:
        return None
    if shape.kind == "json":
        return to_json(value)
    if shape.kind == "list" and shape.item and isinstance(value, list):
        return [fitted(shape.item, item, f"{at}/{place}", spilled) for place, item in enumerate(value)]
    if shape.kind == "struct" and isinstance(value, dict):
        known = dict(shape.fields)
        spilled.update((f"{at}/{escaped(key)}", value[key]) for key in value if key not in known)
        return {name: fitted(inner, value.get(name), f"{at}/{escaped(name)}", spilled) for name, inner in shape.fields}
    convert = _CONVERSIONS.get(shape.kind)
    found = convert(value) if convert else None
    if found is None:
        spilled[at] = value
    return found


def _string(value: Any) -> str:
    """A text that is all characters: half of one is written as its escape; what a user's class made else is JSON."""
    return _HALF.sub(lambda half: without_unsafe(half[0]), value) if isinstance(value, str) else to_json(value)


def _integer(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
        return None
    return int(value) if -_INT64 <= value < _INT64 else None


def _number(value: Any) -> float | None:
    """A number that a double holds as it is."""
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) >= 10**300:
        return None
    return float(value) if float(value) == value else None


def _boolean(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _date(value: Any) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) and value[4:5] == "-" else None
    except ValueError:
        return None


def _datetime(value: Any) -> datetime | None:
    """An instant, in UTC; one without an offset is none, and neither is a leap second."""
    try:
        is_instant = isinstance(value, str) and _INSTANT.fullmatch(value)
        return datetime.fromisoformat(value.upper()).astimezone(UTC) if is_instant else None
    except (ValueError, OverflowError):
        return None


_CONVERSIONS: Mapping[Kind, Callable[[Any], Any]] = {
    "string": _string,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "date": _date,
    "datetime": _datetime,
}
