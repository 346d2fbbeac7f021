"""CSV by RFC 4180: a header, then a line for each record.

An empty cell is null, `""` the empty text; where a value may be null and may be missing, `-` says that it is missing.
A list stands in one cell, its items separated by '; '; an item with ';', quotes or blanks at its ends, or an empty one,
is in double quotes, those inside doubled. So is an only item that could be taken for several, as 'Paris, France'.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

from extractor.encoders.columns import MISSING, Column, Table, check_keys, table_of
from extractor.encoders.csv_reader import CsvReader
from extractor.encoders.decoded import may_be_list
from extractor.pointers import pointer
from extractor.syntax import Reading
from extractor.types import Schema

_NAME = re.compile(r"[^\W_][\w .()/-]*(?<! )")
_SPECIAL = re.compile(r'[,"\r\n]|\A(?:[\s`|“]|[-*•·‣] |(?:\.{3}|…)\Z)|\s\Z')
_ITEM_SPECIAL = re.compile(r'[;"]|\A[\s\[]|\s\Z|\A\Z')


def encode(value: Any, schema: Schema) -> str:
    """Records as CSV; raises `SchemaError` where a table cannot hold them."""
    table = table_of(schema)
    if table.rows == "inside" and table.name not in value:
        check_keys(value, [])
        return MISSING
    if table.rows == "inside":
        check_keys(value, [table.name])
    rows = value[table.name] if table.rows == "inside" else [value] if table.rows == "one" else value
    for row in rows:
        check_keys(row, table.names)
    return "\n".join([header(table), *(_line(row, table) for row in rows)])


def header(table: Table) -> str:
    """The names of the columns: 'title,year'."""
    return ",".join(name if _NAME.fullmatch(name) else _quoted(name) for name in table.names)


def _line(row: dict[str, Any], table: Table) -> str:
    is_alone = len(table.columns) == 1
    return ",".join(_cell(row, column, is_alone=is_alone) for column in table.columns)


def _cell(row: dict[str, Any], column: Column, *, is_alone: bool) -> str:
    """One cell; that of a table with a single column is never empty, since that is an empty line."""
    if column.name not in row:
        return MISSING if is_alone or column.is_nullable else ""
    value = row[column.name]
    if value is None:
        return "null" if is_alone else ""
    if value == [] and column.is_required and not column.is_nullable and not is_alone:
        return ""
    if isinstance(value, list):
        text = "; ".join(_item(item, is_alone=len(value) == 1) for item in value)
        return text if value and is_bare(text) else _quoted(text)
    text = _scalar(value)
    return text if is_bare(text) or not isinstance(value, str) else _quoted(text)


def is_bare(text: str) -> bool:
    """Whether a text can stand in a cell without quotes."""
    return bool(text) and text not in {MISSING, "null"} and not _SPECIAL.search(text)


def _item(item: Any, *, is_alone: bool) -> str:
    text = _scalar(item)
    is_special = _ITEM_SPECIAL.search(text) or (is_alone and may_be_list(text))
    return _quoted(text) if isinstance(item, str) and is_special else text


def _scalar(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def read(text: str, schema: Schema, *, is_cut: bool) -> Reading:
    """The value of an answer in CSV, in which line breaks within quotes are kept as they are."""
    table = table_of(schema)
    if table.rows == "inside" and not table.is_required and text.strip() == MISSING:
        return Reading(({},))
    reader = CsvReader(text, table, is_cut=is_cut)
    rows = reader.read()
    values: tuple[Any, ...] = (*rows,)
    if table.rows != "one":
        values = (({table.name: rows} if table.rows == "inside" else rows),)
    found = Reading(values, (*reader.notes,))
    if is_cut:
        found = _cut_table(values, rows, table.name if table.rows == "inside" else None, found.notes)
    path = (table.name,) if table.rows == "inside" else ()
    unread = {pointer((*path, at)): why for at, why in reader.unread.items() if at < len(rows)}
    return replace(found, unread=unread)


def _cut_table(values: tuple[Any, ...], rows: list[Any], name: str | None, notes: tuple[str, ...]) -> Reading:
    """Without the last line of a list, which may not be finished; of a record what came is given."""
    if values and isinstance(values[-1], dict) and name is None:
        return Reading(values, notes, ())
    if rows:
        rows.pop()
    return Reading(values, notes, () if name is None else (name,))
