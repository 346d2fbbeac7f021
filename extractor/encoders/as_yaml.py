"""YAML as models write it: block style, `|-` for texts of several lines, no anchors, nothing folded."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import partial
from typing import Any

from extractor import syntax
from extractor.encoders.decoded import SHOWN, nothing, refuse_depth, trimmed
from extractor.encoders.scalars import NULLS, UNPRINTABLE, quoted, written
from extractor.encoders.yaml_begin import begin_any, begins_record
from extractor.encoders.yaml_fences import fenced_parts
from extractor.encoders.yaml_reader import REPEATED, YamlReader
from extractor.errors import ParseError
from extractor.scopes import Scope, Scopes, ordered, scopes_of
from extractor.syntax import Reading
from extractor.types import Schema

_KEY = re.compile(r"[^\W\d][\w-]*(?: [\w-]+)*")
NOT_YAML = "the answer is JSON, not YAML"  # a note
_MOST_RECORDS = 1000  # of a list, that are documents of their own; each is fitted to the schema


def encode(value: Any, schema: Schema) -> str:
    """A value as YAML, its keys in the order of the schema."""
    refuse_depth(value)
    scopes = scopes_of(schema)
    return "\n".join(_lines(value, scopes.root, scopes))


def _lines(value: Any, scope: Scope, scopes: Scopes) -> Iterator[str]:
    """The lines of a value, without indentation."""
    if isinstance(value, dict) and value:
        for key in ordered(scope, value):
            yield from _entry(_key(key, scope), value[key], scopes.of(scope.child(key)), scopes)
    elif isinstance(value, list) and value:
        for at, item in enumerate(value):
            yield from _item(item, scopes.of(scope.child(at)), scopes)
    else:
        yield _inline(value)


def _entry(key: str, value: Any, scope: Scope, scopes: Scopes) -> Iterator[str]:
    if isinstance(value, dict | list) and value:
        yield f"{key}:"
        yield from (f"  {line}" if line else "" for line in _lines(value, scope, scopes))
    elif isinstance(value, str) and is_block(value):
        yield f"{key}: |-"
        yield from _block(value)
    else:
        yield f"{key}: {_inline(value)}"


def _item(item: Any, scope: Scope, scopes: Scopes) -> Iterator[str]:
    if isinstance(item, str) and is_block(item):
        yield "- |-"
        yield from _block(item)
        return
    for at, line in enumerate(_lines(item, scope, scopes)):
        yield f"{'  ' if at else '- '}{line}" if line else ""


def _block(text: str) -> Iterator[str]:
    yield from (f"  {line}" if line else "" for line in text.split("\n"))


def is_block(text: str) -> bool:
    """Whether a text can be written line by line, so that every reader takes it as it is."""
    if "\n" not in text or text[0].isspace() or text[-1].isspace() or UNPRINTABLE.search(text):
        return False
    return all(line.strip() or not line for line in text.split("\n"))


def _inline(value: Any) -> str:
    if isinstance(value, str):
        return written(value)
    return "null" if value is None else json.dumps(value)


def _key(key: str, scope: Scope) -> str:
    is_other = scope.name(key) not in {None, key}  # without quotes, it would be taken for that property
    is_word = key.lower() in NULLS | {"true", "false"}
    return quoted(key) if is_other or is_word or not _KEY.fullmatch(key) or UNPRINTABLE.search(key) else key


def read(text: str, schema: Schema, *, is_cut: bool) -> Reading:
    """The values of an answer in YAML, in fences or without; of one that was cut off, without its last leaf."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    scopes = scopes_of(schema)
    fenced, is_around = fenced_parts(text, partial(begins_record, reader=YamlReader("", scopes)))
    notes = ["the text around the YAML is left out"] if fenced and is_around else []
    values: list[Any] = []
    faults: list[ParseError] = []
    for part in fenced or [text]:
        try:
            values += _json_in_yaml(part, notes) or _documents(part, scopes, notes)
        except ParseError as error:
            faults.append(error)
    if not values:
        raise faults[0] if faults else nothing(text, "YAML")
    notes += [f"left out: {fault}" for fault in faults]
    if not is_cut:
        return Reading((*values,), (*notes,))
    value, opened = trimmed(values[-1])
    return Reading((*values[:-1], *([] if value is None else [value])), (*notes,), opened)


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
    notes.append(NOT_YAML)
    return [value]


def _documents(text: str, scopes: Scopes, notes: list[str]) -> list[Any]:
    """The values of the documents in a text, which `---` separates; records for the list that they are to be in."""
    scope, lines, before = begin_any(text, scopes)
    if before:
        notes.append(f"left out, since it stands before the YAML: {before!r}")
    reader = YamlReader("\n".join(lines), scopes)
    values: list[Any] = []
    while reader.at < len(reader.lines):
        if reader.peek() is None:
            reader.at += 1  # a sign between documents
        elif values and not reader.at_document():
            reader.leave_out()
        else:
            values.append(reader.document(scope))
    if scope is not scopes.root:
        _check_records(reader, len(values))
    notes += [note for note in reader.notes if note not in notes]
    return values


def _check_records(reader: YamlReader, count: int) -> None:
    """Raise for too many records, and where nothing stands between them, so that the last would be all."""
    if count > _MOST_RECORDS or any(note.startswith(REPEATED) for note in reader.notes):
        how = f"that are more than {_MOST_RECORDS} documents" if count > _MOST_RECORDS else "that nothing separates"
        what = f"records of a list {how}: {reader.lines[0][:SHOWN]!r}"
        raise ParseError(what, hint="each item of a list begins with a dash")
    reader.note("records that are no items of a list")
