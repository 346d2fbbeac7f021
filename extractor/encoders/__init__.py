"""Forms of an answer: JSON, YAML, XML and CSV, each written for a prompt and read from what a model made of it.

Reading order: here; `shapes` (what a schema admits at a place); `as_json`; `as_yaml`, `scalars`, `blocks`, `flow`,
`yaml_reader`; `xml_text`, `as_xml`, `xml_reader`; `columns`, `as_csv`, `csv_reader`; `wording`.

What is written is read again as the same value, of the same types, for every value that the schema admits; the readers
take much more than is written. Where a type cannot be read (`twelve` for a number), the text is left as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import islice
from typing import Any

from extractor import syntax
from extractor.encoders import as_json
from extractor.encoders.decoded import Decoded, nothing, trimmed
from extractor.encoders.shapes import Shapes
from extractor.encoders.wording import instructions
from extractor.errors import ParseError
from extractor.types import Encoding, Schema

__all__ = ["Decoded", "encode", "instructions", "read", "refuse"]

_FENCED = re.compile(r"^```[ \t]*([\w-]*)[ \t]*\n(.*?)(?:^```[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)
_MOST_NOTES = 20
_MOST_FENCES = 50


def encode(value: Any, schema: Schema, encoding: Encoding) -> str:
    """A value as text without a line break at its end; raises `SchemaError` for what the form cannot hold."""
    if encoding == "json":
        return as_json.encode(value)
    from extractor.encoders import as_csv, as_xml, as_yaml  # what most runs do not need is imported when it is

    writers = {"yaml": as_yaml.encode, "xml": as_xml.encode, "csv": as_csv.encode}
    return writers[encoding](value, schema)


def refuse(schema: Schema, encoding: Encoding) -> None:
    """Raise `SchemaError`, with the place, for a schema whose values the form cannot hold."""
    if encoding == "csv":
        from extractor.encoders.columns import table_of

        table_of(schema)


def read(text: str, schema: Schema, encoding: Encoding, *, is_cut: bool = False) -> Decoded:
    """The values of an answer; raises `ParseError` where nothing of the form is in it.

    `is_cut` says that the answer ended at the token limit: what is complete is given, with the path to what is open.
    """
    if encoding == "json":
        return as_json.read_cut(text) if is_cut else _noted(as_json.read(text, schema))
    text = text.removeprefix("\ufeff")
    if encoding != "csv":  # where line breaks in quotes are kept as they are
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    readers: dict[str, Callable[[str, Schema, bool], Decoded]] = {"yaml": _yaml, "xml": _xml, "csv": _csv}
    try:
        return _noted(readers[encoding](text, schema, is_cut))
    except ParseError as error:
        if is_cut:
            return Decoded((), open=())
        return _json_instead(text, schema, encoding, error)


def _json_instead(text: str, schema: Schema, encoding: Encoding, error: ParseError) -> Decoded:
    """The JSON in an answer that was to be something else; raises the error about that where there is none."""
    fenced = _FENCED.search(text)
    inner = fenced[2] if fenced else text
    if inner.lstrip()[:1] not in {"{", "["}:
        raise error
    try:
        found = as_json.read(inner, schema)
    except ParseError:
        raise error from None
    return Decoded(found.values, (*found.notes, f"the answer is JSON, not {encoding.upper()}"))


def _noted(decoded: Decoded) -> Decoded:
    """With so many notes that a record can carry them."""
    more = len(decoded.notes) - _MOST_NOTES
    if more <= 0:
        return decoded
    return Decoded(decoded.values, (*decoded.notes[:_MOST_NOTES], f"and {more} more notes"), decoded.open)


def _yaml(text: str, schema: Schema, is_cut: bool) -> Decoded:  # noqa: FBT001
    fenced = [found[2] for found in islice(_FENCED.finditer(text), _MOST_FENCES)]
    notes = ["the text around the YAML is left out"] if fenced and _FENCED.sub("", text).strip() else []
    values: list[Any] = []
    faults: list[ParseError] = []
    for part in fenced or [text]:
        try:
            values += _json_in_yaml(part, notes) or _documents(part, schema, notes)
        except ParseError as error:
            faults.append(error)
    if not values:
        raise faults[0] if faults else nothing(text, "YAML")
    notes += [f"left out: {fault}" for fault in faults]
    if not is_cut:
        return Decoded((*values,), (*notes,))
    value, opened = trimmed(values[-1])
    return Decoded((*values[:-1], *([] if value is None else [value])), (*notes,), opened)


def _json_in_yaml(text: str, notes: list[str]) -> list[Any]:
    """The value of a text that is JSON, whose escapes are not all those of YAML."""
    stripped = text.strip()
    if stripped[:1] not in {"{", "["} or stripped in {"{}", "[]"}:
        return []
    try:
        value = syntax.strictly(stripped)
    except (ValueError, RecursionError):
        return []
    syntax.check_depth(value, stripped)
    notes.append("the answer is JSON, not YAML")
    return [value]


def _documents(text: str, schema: Schema, notes: list[str]) -> list[Any]:
    """The values of the documents in a text, which `---` separates."""
    from extractor.encoders.yaml_begin import begin
    from extractor.encoders.yaml_reader import YamlReader

    shapes = Shapes(schema.json_schema)
    lines, before = begin(text, shapes.root, shapes)
    if before:
        notes.append(f"left out, since it stands before the YAML: {before!r}")
    reader = YamlReader("\n".join(lines), shapes)
    values: list[Any] = []
    while reader.at < len(reader.lines):
        if reader.peek() is None:
            reader.at += 1  # a sign between documents
        elif values and not reader.at_document():
            reader.leave_out()
        else:
            values.append(reader.document())
    notes += reader.notes
    return values


def _xml(text: str, schema: Schema, is_cut: bool) -> Decoded:  # noqa: FBT001
    from extractor.encoders.xml_reader import XmlReader
    from extractor.encoders.xml_text import root_name

    reader = XmlReader(text, Shapes(schema.json_schema), root_name(schema))
    reader.read(reader.begin())
    if is_cut:
        opened = reader.finish_cut()
        return Decoded((*reader.values,), (*reader.notes,), opened)
    reader.finish()
    values = reader.values
    if len(values) > 1 and Shapes(schema.json_schema).root.kinds == {"array"}:
        reader.note("several lists are read as one")
        values = [[item for value in values for item in (value if isinstance(value, list) else [value])]]
    return Decoded((*values,), (*reader.notes,))


def _csv(text: str, schema: Schema, is_cut: bool) -> Decoded:  # noqa: FBT001
    from extractor.encoders import as_csv
    from extractor.encoders.columns import table_of
    from extractor.encoders.csv_reader import CsvReader

    table = table_of(schema)
    if table.rows == "inside" and not table.is_required and text.strip() == as_csv.MISSING:
        return Decoded(({},))
    reader = CsvReader(text, table, is_cut=is_cut)
    rows = reader.read()
    values: tuple[Any, ...] = (*rows,)
    if table.rows != "one":
        values = (({table.name: rows} if table.rows == "inside" else rows),)
    if not is_cut:
        return Decoded(values, (*reader.notes,))
    return _cut_table(values, rows, table.name if table.rows == "inside" else None, (*reader.notes,))


def _cut_table(values: tuple[Any, ...], rows: list[Any], name: str | None, notes: tuple[str, ...]) -> Decoded:
    """Without the last line of a list, which may not be finished; of a record what came is given."""
    if values and isinstance(values[-1], dict) and name is None:
        return Decoded(values, notes, ())
    if rows:
        rows.pop()
    return Decoded(values, notes, () if name is None else (name,))
