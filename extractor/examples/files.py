"""A file of examples: JSON Lines, or one list as JSON or YAML."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from extractor.errors import SchemaError
from extractor.examples.given import Given, refuse_odd, text_of
from extractor.files import read_json, read_text, read_yaml

VALUES = ("data", "expected", "record", "value")  # what the value of an example may be called

_FORM = 'a line is {"text": "…", "data": {…}}, with "data": null where there is nothing to extract'


def read_given(path: Path) -> Iterator[Given]:
    """The examples of a file, each with its line (of a list: its place) for messages."""
    text = read_text(path)
    entries = _lines(text, path) if path.suffix.lower() not in (".json", ".yaml", ".yml") else _listed(text, path)
    return (_given(entry, where) for where, entry in entries)


def _lines(text: str, path: Path) -> Iterator[tuple[str, Any]]:
    for at, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            where = f"{path}:{at}"
            yield where, _parsed(line, f"{where}: ", where)


def _listed(text: str, path: Path) -> Iterator[tuple[str, Any]]:
    is_json = path.suffix.lower() == ".json"
    found = _parsed(text, f"{path}: ", None) if is_json else _parsed_yaml(text, path)
    if not isinstance(found, list):
        raise SchemaError(f"{path}: no list of examples", hint=f"begin it with [, or name it .jsonl; {_FORM}")
    return ((f"{path}: [{at}]", entry) for at, entry in enumerate(found))


def _parsed(text: str, prefix: str, line: str | None) -> Any:
    """JSON; what is wrong with it is told with its place in the file (`line` is 'a.jsonl:3' of JSON Lines)."""
    try:
        return read_json(text, prefix)
    except json.JSONDecodeError as error:
        place = f"{line}:{error.pos + 1}" if line else f"{prefix.removesuffix(': ')}:{error.lineno}:{error.colno}"
        raise SchemaError(f"{place}: not JSON: {error.msg}", hint=_FORM) from error
    except ValueError as error:  # a number of thousands of digits
        raise SchemaError(f"{prefix}{error}", hint="write a smaller number") from error
    except RecursionError:
        raise SchemaError(f"{prefix}nested too deep", hint="show a simpler record") from None


def _parsed_yaml(text: str, path: Path) -> Any:
    try:
        return read_yaml(text, path)
    except RecursionError:
        raise SchemaError(f"{path}: nested too deep", hint="show a simpler record") from None


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
