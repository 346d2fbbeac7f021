"""A file of examples: JSON Lines, or one list as JSON or YAML."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from extractor.errors import SchemaError
from extractor.examples.given import Given, refuse_odd, text_of
from extractor.files import read_document, read_json, read_text

VALUES = ("data", "expected", "record", "value")  # what the value of an example may be called

_FORM = 'a line is {"text": "…", "data": {…}}, with "data": null where there is nothing to extract'


def read_given(path: Path) -> Iterator[Given]:
    """The examples of a file, each with its line (of a list: its place) for messages."""
    entries = _listed(path) if path.suffix.lower() in (".json", ".yaml", ".yml") else _lines(path)
    return (_given(entry, where) for where, entry in entries)


def _lines(path: Path) -> Iterator[tuple[str, Any]]:
    for at, line in enumerate(read_text(path).split("\n"), start=1):
        if line.strip():
            yield f"{path}:{at}", read_json(line, path, at, hint=_FORM)


def _listed(path: Path) -> Iterator[tuple[str, Any]]:
    found = read_document(path, _FORM)
    if not isinstance(found, list):
        raise SchemaError(f"{path}: no list of examples", hint=f"begin it with [, or name it .jsonl; {_FORM}")
    return ((f"{path}: [{at}]", entry) for at, entry in enumerate(found))


def _given(entry: Any, where: str) -> Given:
    if not isinstance(entry, dict):
        raise SchemaError(f"{where}: no object: {entry!r:.60}", hint=_FORM)
    if "text" not in entry:
        raise SchemaError(f"{where}: no 'text'", hint=_FORM)
    names = [name for name in VALUES if name in entry]
    if len(names) != 1:
        what = f"both {names[0]!r} and {names[1]!r}" if names else "no 'data'"
        raise SchemaError(f"{where}: {what}", hint=_FORM)
    text = text_of(entry["text"], where)
    refuse_odd(entry[names[0]], where)
    return Given(where, text, entry[names[0]])
