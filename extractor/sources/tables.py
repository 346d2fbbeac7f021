"""CSV and TSV: records by the names in the first row, numbered from 1 after it."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from extractor.errors import SourceError
from extractor.loaders.encodings import around, find_alphabet, guess, guessed, refuse_binary
from extractor.sources.loading import opened
from extractor.sources.records import Fields
from extractor.sources.source import MOST_BYTES, Source

_CHUNK = 1 << 20
_SEPARATORS = {".csv": ",;\t", ".tsv": "\t,;"}  # the first that gives a header with the text's name
_QUOTING = 'a text with line breaks, quotes or separators stands in "…", with "" for each quote in it'


def read(name: str, fields: Fields) -> Iterator[Source]:
    """The records of a file; blank rows are none. `SourceError` where it cannot be read, or lacks a column."""
    with opened(name) as file:
        encoding, notes = (find_alphabet(fields.charset), ()) if fields.charset else _encoding(name, file)
        stream = io.TextIOWrapper(file, encoding, "surrogateescape", newline="")
        lines = _lines(name, stream)
        first = next((line for line in lines if not line.isspace()), None)
        if first is None:
            raise SourceError(f"{name}: empty", hint="the first row names the columns")
        separator = _separator(name, first, fields)
        csv.field_size_limit(MOST_BYTES)
        rows = csv.reader(chain([first], lines), delimiter=separator, strict=True)
        yield from _records(name, rows, fields, notes)


def count(name: str, is_stopped: Callable[[], bool]) -> int:
    """About how many records there are: line breaks outside of quotes, without the one of the header."""
    total, is_quoted, last = 0, False, b"\n"
    with opened(name) as file:
        while (chunk := file.read(_CHUNK)) and not is_stopped():
            pieces = chunk.split(b'"')
            total += sum(piece.count(b"\n") for piece in pieces[is_quoted::2])
            is_quoted ^= len(pieces) % 2 == 0
            last = chunk[-1:]
    return max(0, total + (last != b"\n") - 1)


def _records(name: str, rows: Iterator[list[str]], fields: Fields, notes: tuple[str, ...]) -> Iterator[Source]:
    try:
        header = [cell.strip() for cell in next(rows)]
    except csv.Error as error:
        raise SourceError(f"{name}: the first row is no CSV: {error}", hint=_QUOTING) from error
    fields.refuse_missing(name, header)
    wanted = [(column, header.index(column)) for column in fields.columns]
    number = 0
    while (row := _next(rows)) is not None:
        if not row:
            continue
        number += 1
        place = f"{name}:{number}"
        if isinstance(row, csv.Error):
            yield Source(place, SourceError(f"{place}: no CSV: {row}", hint=_QUOTING))
            if "limit" in str(row):  # within a text: what follows is not the begin of a record
                raise SourceError(f"{place}: a quote without an end; the rest of the file is not read", hint=_QUOTING)
        elif any(row[len(header) :]) or any(at >= len(row) for _, at in wanted):
            why = f"{len(row)} cells, where the header has {len(header)}"
            yield Source(place, SourceError(f"{place}: {why}", hint=_QUOTING))
        else:
            yield fields.source(place, {column: row[at] for column, at in wanted}, notes)
    if not number:
        raise SourceError(f"{name}: no records in it", hint="the first row names the columns")


def _next(rows: Iterator[list[str]]) -> list[str] | csv.Error | None:
    """The next row, what is wrong with it, or None at the end."""
    try:
        return next(rows, None)
    except csv.Error as error:
        return error


def _lines(name: str, stream: io.TextIOWrapper) -> Iterator[str]:
    """Lines that are no longer than a text may be."""
    number = 0
    while line := stream.readline(MOST_BYTES + 1):
        number += 1
        if len(line) > MOST_BYTES:
            why = f"line {number} is longer than {MOST_BYTES >> 20} MiB; the rest of the file is not read"
            raise SourceError(f"{name}: {why}", hint="split its text into several records")
        yield line


def _separator(name: str, header: str, fields: Fields) -> str:
    known = _SEPARATORS[Path(name).suffix.lower()]
    for separator in known:
        if fields.text_column in (cell.strip().strip('"') for cell in header.split(separator)):
            return separator
    return known[0]


def _encoding(name: str, file: BinaryIO) -> tuple[str, tuple[str, ...]]:
    """UTF-8 where all of it is; else a guess by what is around the first bytes that are not, and a note."""
    if not file.seekable():
        return "utf-8-sig", ()
    decoder = codecs.getincrementaldecoder("utf-8")()
    before = b""
    try:
        while chunk := file.read(_CHUNK):
            if not before:
                refuse_binary(name, chunk)
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as error:
                best = guess(name, around(chunk, error.start, is_begin=not before))
                return best, (guessed(best),)
            before = chunk
        return "utf-8-sig", ()
    finally:
        file.seek(0)
