"""What the commands do once their flags are read: guards, the run itself, and the print of a prompt."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from extractor import dsl, starter
from extractor.batch import Tally, extract_all
from extractor.engines import Session
from extractor.errors import SchemaError, SourceError, UsageError
from extractor.grammar import Row, compile_schema
from extractor.grammar.report import Status
from extractor.sample import from_sample
from extractor.schema import is_many, read_json
from extractor.sinks import Sink, to_json
from extractor.sources import discover, is_missing
from extractor.talk import Options, estimate_tokens
from extractor.terminal import Screen, plain
from extractor.types import Extraction, Request, Schema


@dataclass(frozen=True, slots=True)
class Job:
    """What one run is about."""

    sources: list[str]
    schema: Schema
    engine: Session
    options: Options


async def write_all(job: Job, sink: Sink, screen: Screen, *, full: bool) -> Tally:
    """Write the record of each source as soon as it and those before it are done."""
    engine, tally, is_list = job.engine, Tally(), is_many(job.schema)
    if engine.note:
        screen.note(engine.note)
    records = extract_all(
        discover(job.sources), job.schema, engine, job.options, window=engine.slots, languages=engine.languages()
    )
    try:
        with screen.working(f"{engine.id}: loading and reading") as spinner:
            async for record in records:
                tally.add(record)
                with spinner.paused(f"{engine.id}: {tally.done} done, {tally.failed} failed"):
                    screen.report(record)
                    for line in [record.to_dict()] if full else _lines(record, is_list=is_list):
                        sink.write(line)
    finally:
        await records.aclose()
        await engine.aclose()
    return tally


def _lines(record: Extraction, *, is_list: bool) -> Iterator[Any]:
    """What is printed of a record: its data; of a list, an object for each entry that says where it comes from."""
    if not is_list and record.ok:
        yield record.data
    elif is_list:
        for at, entry in enumerate(record.data or ()):
            yield {"source": record.source, "record": at, "data": entry}


async def count_tokens(engine: Session, request: Request) -> int | None:
    """Tokens of the messages; None where the weights are not here to count them."""
    try:
        return await engine.count_tokens(request.messages)
    finally:
        await engine.aclose()


def print_prompt(request: Request, count: int | None, *, as_json: bool) -> None:
    """Print what goes to the model, for people or as JSON."""
    turns = [asdict(message) for message in request.messages]
    if as_json:
        print(to_json({"messages": turns, "grammar": request.grammar, "input_tokens": count}, indent=2))
        return
    for turn in turns:
        print(f"--- {turn['role']}\n{plain(turn['content'])}\n")
    print(f"--- grammar\n{plain(request.grammar or '')}")
    about = sum(estimate_tokens(turn["content"]) for turn in turns)
    print("--- tokens\n" + (f"{count}" if count is not None else f"about {about}; the weights are not here to count"))


def refuse_missing(sources: list[str]) -> None:
    """Before a long download: where none of the sources is there, it would be for nothing."""
    if all(is_missing(source) for source in discover(sources)):
        raise SourceError(f"{sources[0]}: no such file")


_STATUSES: dict[Status, str] = {"enforced": "enforced while decoding", "after": "checked after", "ignored": "ignored"}


_NESTED = frozenset(("properties", "patternProperties", "items", "prefixItems", "anyOf", "oneOf", "allOf"))
_WIDEST = 48  # column of pointers


def print_report(schema: Schema, *, as_json: bool) -> None:
    """Print keyword by keyword how a schema is held, and a summary."""
    rows = [*compile_schema(schema).report]
    if schema.model is not None:
        rows.append(Row("", "class", schema.name, "after", "its types and validators"))
    if as_json:
        for row in rows:
            print(to_json(row._asdict()))
        return
    wide = min(max((len(row.pointer) for row in rows), default=0), _WIDEST)
    for pointer, status, told in _grouped(rows):
        print(plain(f"{_STATUSES[status]:24}  {pointer or '/':{wide}}  {told}"))
    counts = Counter(row.status for row in rows)
    told = ", ".join(f"{counts[status]} {text}" for status, text in _STATUSES.items() if counts[status])
    print(f"{schema.id}: {told or 'no keyword that restricts anything'}; none refused")


def _grouped(rows: Iterable[Row]) -> Iterator[tuple[str, Status, str]]:
    """Enforced keywords of one subschema in one line, each of the others with its reason."""
    for pointer, found in groupby(rows, key=lambda row: row.pointer):
        told = [(row, row.keyword if row.keyword in _NESTED else f"{row.keyword} {row.value}") for row in found]
        if enforced := ", ".join(keyword for row, keyword in told if row.status == "enforced"):
            yield pointer, "enforced", enforced
        yield from ((pointer, row.status, f"{keyword}: {row.why}") for row, keyword in told if row.status != "enforced")


def starter_source(spec: str, name: str) -> str:
    """The Python source of a starter schema, from an inline one or a file with a sample record."""
    if not spec.lower().endswith((".json", ".jsonl")):
        return starter.write(dsl.parse(spec), name)
    return starter.write(from_sample(_read_sample(Path(spec))), name)


def _read_sample(path: Path) -> Any:
    """The record in a JSON file, or those in the lines of a .jsonl file."""
    line = 1
    try:
        text = path.read_text(encoding="utf-8-sig")
        if path.suffix.lower() != ".jsonl":
            return read_json(text, f"{path}: ")
        samples = []
        for line, part in enumerate(text.split("\n"), start=1):
            samples += [read_json(part, f"{path}:{line}: ")] if part.strip() else []
    except (OSError, UnicodeDecodeError) as error:
        raise SchemaError(f"{path}: {getattr(error, 'strerror', None) or 'not UTF-8'}") from error
    except json.JSONDecodeError as error:
        raise SchemaError(f"{path}:{line + error.lineno - 1}:{error.colno}: not JSON: {error.msg}") from error
    except ValueError as error:  # a number of thousands of digits
        raise SchemaError(f"{path}: {error}", hint="write a smaller number") from error
    except RecursionError:
        raise SchemaError(f"{path}: nested too deep") from None
    return samples


def write_new(path: Path, text: str) -> None:
    """Write a file that is not there yet."""
    try:
        with path.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        raise UsageError(f"--out {path}: is there already", hint="name another file, or remove it") from None
