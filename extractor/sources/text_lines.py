"""Lines of a text file as sources of their own, named by file and line: what users ask for, one a line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO

from extractor.errors import SourceError
from extractor.sources import json_lines
from extractor.sources.loading import opened
from extractor.sources.records import Fields
from extractor.sources.source import MOST_BYTES, Source
from extractor.types import Document

count: Callable[[str, Callable[[], bool]], int] = json_lines.count


def read(name: str, _: Fields) -> Iterator[Source]:
    """The lines of a file in UTF-8; blank ones are none, but count. `SourceError` where it has none."""
    is_there = False
    with opened(name) as file:
        number = 0
        while line := file.readline(MOST_BYTES + 1):
            number += 1
            line = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
            if line.decode(errors="replace").strip():
                is_there = True
                yield _source(file, f"{name}:{number}", line)
    if not is_there:
        raise SourceError(f"{name}: nothing in it", hint="a file of queries has one a line")


def _source(file: BinaryIO, place: str, line: bytes) -> Source:
    if len(line) > MOST_BYTES and not line.endswith(b"\n"):
        while (more := file.readline(json_lines.CHUNK)) and not more.endswith(b"\n"):
            pass
        why = f"a line of more than {MOST_BYTES >> 20} MiB"
        return Source(place, SourceError(f"{place}: {why}", hint="a query is shorter"))
    try:
        return Source(place, None, Document(place, line.decode().strip()))
    except UnicodeDecodeError as error:
        hint = "iconv -t UTF-8 converts it"
        return Source(place, SourceError(f"{place}: not UTF-8 at byte {error.start + 1}", hint=hint))
