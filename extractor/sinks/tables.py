"""A record as rows of a table whose columns are known from the schema, before the first record.

First where a row comes from (`source`, and of a list of records `record`, the number of the entry), then the data in
the order of the properties, then `error` in words, and what else the record holds. Missing and null are both null.
What a schema admits and its columns cannot hold (free keys beside the named ones, integers of more than 64 bits) is
JSON text in `extra`: {"/pointer": value}. So is what a user's class computes beside its schema.

A failed document has a row without data. Of a list, each entry has a row; one more tells what is wrong, or that there
are no entries; what is about the document as a whole is in its first row.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from extractor.depth import DEEPEST
from extractor.lines import Line, escaped, to_json
from extractor.sinks.layout import Layout
from extractor.sinks.shapes import JSON, STRING, Kind, Shape, fitted, leaves, may_spill, reduced, shape_of
from extractor.types import Problem

_TEXTS: Mapping[Kind, Kind] = {
    "integer": "json", "number": "json", "boolean": "json", "date": "string", "datetime": "string", "list": "json",
}  # fmt: skip
_FLAT: Mapping[Kind, Kind] = {"date": "string", "datetime": "string", "list": "json", "struct": "json"}
_ABOUT: Mapping[str, Shape] = {
    "schema": STRING,
    "engine": STRING,
    "mode": STRING,
    "attempts": Shape("integer"),
    "input_tokens": Shape("integer"),
    "cached_tokens": Shape("integer"),
    "output_tokens": Shape("integer"),
    "cost": Shape("number"),
    "seconds": Shape("number"),
    "errors": JSON,
    "spans": JSON,
    "support": JSON,
    "ungrounded": JSON,
    "absent": JSON,
    "conflicts": JSON,
    "probabilities": JSON,
    "notes": JSON,
    "thoughts": STRING,
}
_MOST_NESTED = DEEPEST + 2


@dataclass(frozen=True, slots=True)
class Column:
    """A name that no other column has, and what is in it."""

    name: str
    shape: Shape


class Table:
    """The columns of a layout, and records as rows."""

    columns: tuple[Column, ...]

    def __init__(self, layout: Layout, root: Shape, *, is_flat: bool, is_wide: bool) -> None:
        self._layout = layout
        self._is_list = layout.is_list
        self._is_bare = root.kind != "struct"
        self._root = Shape("struct", (("data", root),)) if self._is_bare else root
        self._leaves = [*leaves(self._root)] if is_flat else [((name,), inner) for name, inner in self._root.fields]
        self._before = self._names_before()
        self._has_error = layout.view == "record"
        self._has_extra = is_wide or layout.schema.model is not None or may_spill(self._root)
        self._about = _ABOUT if is_wide and layout.view == "record" else {}
        self.columns = self._columns()

    def _names_before(self) -> list[str]:
        """What says where a row comes from."""
        if self._layout.view == "data" or (self._layout.view == "entries" and not self._is_list):
            return []
        return ["source", "record"] if self._is_list else ["source"]

    def _columns(self) -> tuple[Column, ...]:
        data = [(".".join(path), shape) for path, shape in self._leaves]
        taken = {_folded(name) for name, _ in data}
        before = [(name, Shape("integer") if name == "record" else STRING) for name in self._before]
        after = [("extra", JSON)] * self._has_extra + [("error", STRING)] * self._has_error
        after += self._about.items()
        ours = [[Column(_free(name, taken), shape) for name, shape in some] for some in (before, after)]
        seen: set[str] = set()
        return (*ours[0], *(Column(_free(name, seen), shape) for name, shape in data), *ours[1])

    def rows(self, line: Line) -> Iterator[list[Any]]:
        """The rows of a record."""
        entries = self._entries(line)
        rest = line.fields if self._has_error else {}
        about = self._of_document(rest)
        is_first = True
        for at, entry in entries:
            error = None if self._is_list else _error(rest)
            yield self._row(line, at, entry, error, about if is_first else [None] * len(about))
            is_first = False
        if self._has_error and (is_first or (self._is_list and not line.ok)):
            yield self._row(line, None, None, _error(rest), about if is_first else [None] * len(about))

    def _entries(self, line: Line) -> list[tuple[int | None, Any]]:
        if not line.has_data:
            return []
        data = json.loads(line.data)
        return [*enumerate(data)] if self._is_list and isinstance(data, list) else [(None, data)]

    def _row(self, line: Line, at: int | None, data: Any, error: str | None, about: list[Any]) -> list[Any]:
        spilled: dict[str, Any] = {}
        found = fitted(self._root, {"data": data} if self._is_bare else data, "", spilled) or {}
        before = [fitted(STRING, line.source, "", {}), at][: len(self._before)]
        extra = [to_json(spilled) if spilled else None] * self._has_extra
        cells = [_at(found, path) for path, _ in self._leaves]
        return [*before, *cells, *extra, *[error] * self._has_error, *about]

    def _of_document(self, rest: Mapping[str, Any]) -> list[Any]:
        known = {**rest, **rest.get("usage", {})}
        return [fitted(shape, known.get(name) or None, "", {}) if shape.kind in ("json", "string")
                else fitted(shape, known.get(name), "", {}) for name, shape in self._about.items()]  # fmt: skip


def text_table(layout: Layout) -> Table:
    """The table of a form that has only texts: `author.name` is a column, a list is JSON text."""
    shape = reduced(_shape(layout), _TEXTS, depth=_MOST_NESTED)
    return Table(layout, shape, is_flat=True, is_wide=False)


def flat_table(layout: Layout) -> Table:
    """The table of a form with columns of texts and numbers, in which all that is nested is JSON text."""
    return Table(layout, reduced(_shape(layout), _FLAT, depth=1), is_flat=False, is_wide=True)


def nested_table(layout: Layout) -> Table:
    """The table of a form that has types for all that a shape can say."""
    return Table(layout, _shape(layout), is_flat=False, is_wide=True)


def _shape(layout: Layout) -> Shape:
    return shape_of(layout.schema.json_schema, entry=layout.is_list)


def _error(rest: Mapping[str, Any]) -> str | None:
    """The first problem of a record in words."""
    errors = rest.get("errors") or ()
    return fitted(STRING, str(Problem(**errors[0])), "", {}) if errors else None


def _free(name: str, taken: set[str]) -> str:
    """A name that no other column has, whatever its case, and is then taken: 'source' → 'source_'."""
    name = escaped(name)
    while _folded(name) in taken:
        name += "_"
    taken.add(_folded(name))
    return name


def _folded(name: str) -> str:
    return escaped(name).casefold()


def _at(found: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        if found is None:
            return None
        found = found.get(name)
    return found
