"""Read records as `extract run --full` and `extract batch` write them: JSON Lines, a JSON list, a folder of JSON files.

A file may come from anywhere: what is no record is told, and the others go on.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar, get_args

from extractor.depth import DEEPEST, is_deeper
from extractor.errors import SourceError, UsageError
from extractor.sources.loading import from_stdin, opened
from extractor.sources.source import STDIN, visible
from extractor.types import Extraction, Match, Mode, Problem, Span, Support, Usage

_TABLES = (".csv", ".tsv", ".parquet", ".db", ".sqlite", ".sqlite3", ".yaml", ".yml")
_Part = TypeVar("_Part")
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


def as_record(fields: Any) -> Extraction:
    """A record from its JSON: {'source': …, 'data': …, 'spans': {…}} → Extraction; `ValueError` says what is wrong."""
    if not _is_whole(fields):
        raise ValueError("no record with spans")
    if is_deeper(fields, 2 * DEEPEST):
        raise ValueError("too many brackets within each other")
    return Extraction(
        source=_text(fields["source"], "/source"),
        data=fields["data"],
        schema=str(fields.get("schema", "")),
        engine=str(fields.get("engine", "")),
        mode=next((mode for mode in get_args(Mode) if mode == fields.get("mode")), "prompt"),
        spans=_mapped(fields, "spans", _span),
        support=_mapped(fields, "support", _all_support),
        ungrounded=_mapped(fields, "ungrounded", _text),
        absent=_mapped(fields, "absent", _text),
        errors=[_problem(error, f"/errors/{at}") for at, error in enumerate(_list(fields.get("errors"), "/errors"))],
        notes=_mapped(fields, "notes", _text),
        attempts=_count(fields.get("attempts", 0), "/attempts"),
        usage=_usage(fields.get("usage") or {}),
        seconds=_number(fields.get("seconds", 0.0), "/seconds"),
    )


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
        return SourceError(f"{place}: {visible(str(why))}", hint=_MEND if _is_whole(fields) else _HINT)


def _is_whole(fields: Any) -> bool:
    """Whether it is meant as a record with spans, whatever is wrong with them."""
    return isinstance(fields, dict) and {"source", "data", "spans"} <= fields.keys()


# --- the parts of a record ---------------------------------------------------------------------------------------


def _mapped(fields: Mapping[str, Any], name: str, read: Callable[[Any, str], _Part]) -> dict[str, _Part]:
    """What a record has by pointer."""
    given = fields.get(name)
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise ValueError(f"/{name}: not an object")  # noqa: TRY004
    return {at: read(value, f"/{name}: {at}") for at, value in given.items()}


def _span(value: Any, where: str) -> Span:
    start, end = _range(value, where)
    if value.get("match") not in get_args(Match):
        raise ValueError(f"{where}: no kind of match")
    return Span(start, end, value["match"], _score(value.get("score", 1.0), where))


def _all_support(value: Any, where: str) -> tuple[Support, ...]:
    return tuple(_support(one, where) for one in _list(value, where))


def _support(value: Any, where: str) -> Support:
    start, end = _range(value, where)
    passage = value.get("passage")
    if passage is not None:
        passage = _range(dict(zip(("start", "end"), _list(passage, where), strict=False)), where)
    missing = tuple(_text(word, where) for word in _list(value.get("missing"), where))
    return Support(start, end, passage, _score(value.get("score", 0.0), where), missing)


def _range(value: Any, where: str) -> tuple[int, int]:
    if not isinstance(value, dict):
        raise ValueError(f"{where}: not an object")  # noqa: TRY004
    start, end = _count(value.get("start"), where), _count(value.get("end"), where)
    if start > end:
        raise ValueError(f"{where}: ends before it starts")
    return start, end


def _problem(value: Any, where: str) -> Problem:
    if not isinstance(value, dict):
        raise ValueError(f"{where}: not an object")  # noqa: TRY004
    hint = value.get("hint")
    return Problem(
        _text(value.get("pointer", ""), where),
        _text(value.get("message"), where),
        value.get("value"),
        str(value.get("kind", "")),
        None if hint is None else _text(hint, where),
    )


def _usage(value: Any) -> Usage:
    if not isinstance(value, dict):
        raise ValueError("/usage: not an object")  # noqa: TRY004
    read, cached, written = (_count(value.get(f"{name}_tokens", 0), "/usage") for name in ("input", "cached", "output"))
    cost = value.get("cost")
    return Usage(read, cached, written, None if cost is None else _number(cost, "/usage"))


def _list(value: Any, where: str) -> list[Any]:
    if value is not None and not isinstance(value, list):
        raise ValueError(f"{where}: not a list")
    return value or []


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{where}: not a text")  # noqa: TRY004
    return value


def _count(value: Any, where: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << 53:
        raise ValueError(f"{where}: not a count")
    return value


def _number(value: Any, where: str) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        raise ValueError(f"{where}: not a number")
    return float(value)


def _score(value: Any, where: str) -> float:
    return min(1.0, max(0.0, _number(value, where)))
