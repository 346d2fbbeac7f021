"""Read records as `extract run --full` and `extract batch` write them: JSON Lines, a JSON list, a folder of JSON files.

A file may come from anywhere: what is no record is told, and the others go on.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from extractor.errors import SourceError, UsageError
from extractor.recorded import as_record, is_whole
from extractor.sources.loading import from_stdin, opened
from extractor.sources.source import STDIN, visible
from extractor.types import Extraction

_TABLES = (".csv", ".tsv", ".parquet", ".db", ".sqlite", ".sqlite3", ".yaml", ".yml")
_HINT = "whole records have spans: `extract run … --full`, `extract batch … --out x.jsonl` (without --data-only)"
_MEND = "the record is not as it was written: mend that place, or extract from the document again"


def read_records(name: str, limit: int | None = None) -> tuple[list[Extraction], list[SourceError]]:
    """The records of a file, of a folder, or of standard input (`-`), and what of it is none.

    Raises `UsageError` where none is.
    """
    if Path(name).suffix.lower() in _TABLES and not Path(name).is_dir():
        raise UsageError(f"{name}: no view of {Path(name).suffix} files", hint="write records with --out x.jsonl")
    records: list[Extraction] = []
    faults: list[SourceError] = []
    for one in islice(_read_any(name), limit):
        if isinstance(one, SourceError):
            faults.append(one)
        else:
            records.append(one)
    if not records:
        first = faults[0] if faults else SourceError(f"{name}: no records in it", hint=_HINT)
        raise UsageError(str(first), hint=first.hint or _HINT)
    return records, faults


# --- files -----------------------------------------------------------------------------------------------------


def _read_any(name: str) -> Iterator[Extraction | SourceError]:
    if name != STDIN and Path(name).is_dir():
        for path in sorted(Path(name).rglob("*.json")):
            yield from _read(str(path), _bytes(str(path)))
    else:
        yield from _read("stdin" if name == STDIN else name, _bytes(name))


def _bytes(name: str) -> bytes:
    if name != STDIN:
        with opened(name) as file:
            return file.read()
    chunks = []
    while chunk := from_stdin(1 << 20):
        chunks.append(chunk)
    return b"".join(chunks)


def _read(name: str, data: bytes) -> Iterator[Extraction | SourceError]:
    """Lines, where the first one is a whole JSON text, else one JSON text: a record, or a list of them."""
    if not data or data.isspace():
        return
    first = data.lstrip().split(b"\n", 1)[0].strip()
    if first[:1] == b"{" and first[-1:] == b"}":
        for number, line in enumerate(data.split(b"\n"), 1):
            if line and not line.isspace():
                found = _parsed(line, f"{name}:{number}")
                yield found if isinstance(found, SourceError) else _record(found, f"{name}:{number}")
        return
    found = _parsed(data, name)
    if isinstance(found, SourceError):
        yield found
    elif isinstance(found, list):
        yield from (_record(one, f"{name}:{number}") for number, one in enumerate(found, 1))
    else:
        yield _record(found, name)


def _parsed(data: bytes, place: str) -> Any | SourceError:
    try:
        return json.loads(data.decode("utf-8-sig"))
    except RecursionError:
        return SourceError(f"{place}: too many brackets within each other")
    except ValueError as error:  # no UTF-8, no JSON, a number of thousands of digits
        return SourceError(f"{place}: not JSON: {error}", hint=_HINT)


def _record(fields: Any, place: str) -> Extraction | SourceError:
    try:
        return as_record(fields)
    except ValueError as why:
        return SourceError(f"{place}: {visible(str(why))}", hint=_MEND if is_whole(fields) else _HINT)
