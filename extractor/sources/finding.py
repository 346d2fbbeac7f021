"""What a batch reads, one source after another: files, and the records in files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path
from stat import S_ISREG
from typing import Protocol

from extractor.errors import SourceError
from extractor.sources import json_lines, parquet, tables, text_lines
from extractor.sources.paths import Search, Wanted
from extractor.sources.records import Fields, OnRepeat
from extractor.sources.source import STDIN, Source


class _Format(Protocol):
    """What a module of a format has: `json_lines`."""

    def read(self, name: str, fields: Fields) -> Iterator[Source]:
        """The records of a file."""

    def count(self, name: str, is_stopped: Callable[[], bool]) -> int:
        """How many there are, more or less."""


Formats = Mapping[str, _Format]

_FORMATS: Formats = {
    ".jsonl": json_lines,
    ".ndjson": json_lines,
    ".csv": tables,
    ".tsv": tables,
    ".parquet": parquet,
}
RECORD_SUFFIXES = frozenset(_FORMATS)
_OF_LINES: Formats = {**_FORMATS, ".txt": text_lines}
NUMBERED_SUFFIXES = frozenset(_OF_LINES)  # of files whose records have names such as 'notes.jsonl:17'


def find(wanted: Wanted, on_repeat: OnRepeat = lambda *_: None) -> Iterator[Source]:
    """Sources in an order that is the same everywhere, as they are found; a list on standard input as it comes.

    The records of .jsonl, .ndjson, .csv, .tsv and .parquet files are sources each. Waits where a pipe makes it wait.
    `on_repeat` is told of each record that has the id of another one. Raises `UsageError` at once for what is wrong
    with the flags.
    """
    search = Search.of(wanted)
    fields = Fields(wanted.text_field, wanted.id_field, on_repeat, charset=wanted.reading.charset)
    if any(_suffix(argument) == ".parquet" for argument in wanted.arguments):
        parquet.need_library()
    formats = _formats(wanted)
    found = chain.from_iterable(_opened(source, fields, formats) for source in _paths(wanted, search))
    return (replace(source, reading=wanted.reading) for source in islice(found, wanted.limit))


def count(wanted: Wanted, is_stopped: Callable[[], bool] = lambda: False) -> int | None:
    """How many sources `find` gives, of CSV about; None where that cannot be known beforehand, or it was stopped."""
    if not all(map(_is_plain, (*wanted.lists, *(one for one in wanted.arguments if one == STDIN)))):
        return None
    total, limit, formats = 0, wanted.limit, _formats(wanted)
    for source in _paths(wanted, Search.of(wanted)):
        if is_stopped() or (_is_in(formats, source) and not _is_plain(source.name)):
            return None
        total += _size(source, formats, is_stopped)
        if limit is not None and total >= limit:
            return limit
    return None if is_stopped() else total


def is_slow(wanted: Wanted) -> bool:
    """Whether the next source may have to be waited for: out of a pipe, or until a large folder is sorted."""
    return not all(map(_is_plain, (*wanted.lists, *wanted.arguments)))


def _paths(wanted: Wanted, search: Search) -> Iterator[Source]:
    for argument in wanted.arguments:
        yield from search.listed(STDIN) if argument == STDIN else search.argument(argument)
    for name in wanted.lists:
        yield from search.listed(name)


def _formats(wanted: Wanted) -> Formats:
    """The files that are read record by record; of texts only where each line is one."""
    return _OF_LINES if wanted.by_line else _FORMATS


def _opened(source: Source, fields: Fields, formats: Formats) -> Iterator[Source]:
    """The records of a file that has some, else the source."""
    if not _is_in(formats, source):
        yield source
        return
    try:
        yield from formats[_suffix(source.name)].read(source.name, fields)
    except SourceError as error:
        yield Source(source.name, error)


def _size(source: Source, formats: Formats, is_stopped: Callable[[], bool]) -> int:
    if not _is_in(formats, source):
        return 1
    try:
        return max(1, formats[_suffix(source.name)].count(source.name, is_stopped))
    except SourceError:
        return 1


def _is_in(formats: Formats, source: Source) -> bool:
    return source.fault is None and _suffix(source.name) in formats


def _suffix(name: str) -> str:
    return Path(name).suffix.lower()


def _is_plain(name: str) -> bool:
    """Whether it can be read twice; also where it is not there at all."""
    try:
        return name != STDIN and S_ISREG(Path(name).stat().st_mode)
    except FileNotFoundError:
        return True
    except (OSError, ValueError):
        return False
