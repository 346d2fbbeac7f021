"""Lists of paths: one a line, or with zeros between them as `find -print0` writes them; taken as they come."""

from __future__ import annotations

import codecs
import os
from collections.abc import Iterator
from itertools import chain

from extractor.errors import SourceError
from extractor.loaders.encodings import is_utf_16
from extractor.sources.loading import from_stdin, opened
from extractor.sources.source import STDIN

_CHUNK = 1 << 16
_LONGEST = 1 << 16  # bytes of a path


def paths_in(name: str) -> Iterator[str | SourceError]:
    """The paths in a file, or on standard input (`-`); blank lines are none. `SourceError` where it cannot be read."""
    chunks = _chunks(name)
    first = next(chunks, b"")
    separator = b"\0" if b"\0" in first else b"\n"
    rest, number = b"", 0
    for chunk in chain([first.removeprefix(codecs.BOM_UTF8)], chunks):
        *lines, rest = (rest[: _LONGEST + 1] + chunk).split(separator)
        for line in lines:
            number += 1
            yield from _path(line, separator, f"{label(name)}:{number}")
    yield from _path(rest, separator, f"{label(name)}:{number + 1}")


def label(name: str) -> str:
    """What messages call a list: '-' → 'stdin'."""
    return "stdin" if name == STDIN else name


def _path(line: bytes, separator: bytes, where: str) -> Iterator[str | SourceError]:
    if separator == b"\n":
        line = b"" if line.isspace() else line.removesuffix(b"\r")
    if len(line) > _LONGEST:
        yield SourceError(f"{where}: a path of more than {_LONGEST} bytes", hint="a list has one path a line")
    elif line:
        yield os.fsdecode(line)


def _chunks(name: str) -> Iterator[bytes]:
    """Bytes as they come; those of UTF-16, which PowerShell writes, as UTF-8."""
    chunks = _raw_chunks(name)
    decoder = None
    for at, chunk in enumerate(chunks):
        if at == 0 and is_utf_16(chunk):
            decoder = codecs.getincrementaldecoder("utf-16")("replace")
        yield decoder.decode(chunk).encode("utf-8", "replace") if decoder else chunk


def _raw_chunks(name: str) -> Iterator[bytes]:
    if name == STDIN:
        while chunk := from_stdin(_CHUNK):
            yield chunk
        return
    with opened(name) as file:
        while chunk := file.read1(_CHUNK):  # type: ignore[attr-defined]
            yield chunk
