"""Forms of an answer: JSON, YAML, XML and CSV, each written for a prompt and read from what a model made of it.

Reading order: here; `scopes` (what a schema admits at a place); `as_json`; `as_yaml`, `scalars`, `blocks`, `flow`,
`yaml_begin`, `yaml_fences`, `yaml_reader`; `xml_text`, `as_xml`, `xml_values`, `xml_ends`, `xml_reader`; `columns`,
`as_csv`, `csv_cells`, `csv_reader`; `wording`; `unasked`.

What is written is read again as the same value, of the same types, for every value that the schema admits; the readers
take much more than is written. Where a type cannot be read (`twelve` for a number), the text is left as it is.
"""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from typing import Any, Protocol, cast

from extractor.encoders import as_json
from extractor.encoders.wording import instructions
from extractor.errors import ParseError
from extractor.syntax import Reading
from extractor.syntax.fences import fenced_lines
from extractor.types import Encoding, Schema

__all__ = ["encode", "instructions", "read", "refuse"]

_MOST_NOTES = 20


class _Form(Protocol):
    """What a module of a form has: `as_yaml`."""

    def encode(self, value: Any, schema: Schema) -> str:
        """A value as text without a line break at its end."""

    def read(self, text: str, schema: Schema, *, is_cut: bool) -> Reading:
        """The values of an answer."""


def _form(encoding: Encoding) -> _Form:
    """What most runs do not need is imported when it is."""
    return cast(_Form, import_module(f"extractor.encoders.as_{encoding}"))


def encode(value: Any, schema: Schema, encoding: Encoding) -> str:
    """A value as text without a line break at its end; raises `SchemaError` for what the form cannot hold."""
    return _form(encoding).encode(value, schema)


def refuse(schema: Schema, encoding: Encoding) -> None:
    """Raise `SchemaError`, with the place, for a schema whose values the form cannot hold."""
    if encoding == "csv":
        from extractor.encoders.columns import table_of

        table_of(schema)


def read(text: str, schema: Schema, encoding: Encoding, *, is_cut: bool = False) -> Reading:
    """The values of an answer; raises `ParseError` where nothing of the form is in it.

    `is_cut` says that the answer ended at the token limit: what is complete is given, with the path to what is open.
    """
    text = text.removeprefix("\ufeff") if encoding != "json" else text
    try:
        return _noted(_form(encoding).read(text, schema, is_cut=is_cut))
    except ParseError as error:
        if encoding == "json":
            raise
        return Reading((), open=()) if is_cut else _noted(_json_instead(text, schema, encoding, error))


def _json_instead(text: str, schema: Schema, encoding: Encoding, error: ParseError) -> Reading:
    """The JSON in an answer that was to be something else; raises the error about that where there is none."""
    inner = next(iter(fenced_lines(text)), text)
    if inner.lstrip()[:1] not in {"{", "["}:
        raise error
    try:
        found = as_json.read(inner, schema, is_cut=False)
    except ParseError:
        raise error from None
    return Reading(found.values, (*found.notes, f"the answer is JSON, not {encoding.upper()}"))


def _noted(found: Reading) -> Reading:
    """With so many notes that a record can carry them."""
    more = len(found.notes) - _MOST_NOTES
    return replace(found, notes=(*found.notes[:_MOST_NOTES], f"and {more} more notes")) if more > 0 else found
