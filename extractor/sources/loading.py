"""Load a source as a document: its bytes, read once and within a limit, as text."""

from __future__ import annotations

import contextlib
import os
import re
import stat
import sys
from collections.abc import Iterator
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from extractor.errors import ExtractError, SourceError, spell
from extractor.loaders import kind_of, read
from extractor.sources.fetching import Fetched, fetch, has_scheme, is_url, not_fetched
from extractor.sources.source import MOST_BYTES, MOST_TEXT_BYTES, STDIN, Source, visible
from extractor.types import Document

_SMALL_BYTES = 1 << 18
_CHUNK = 1 << 20
_SAID = re.compile(rb"[^ \t\r\n]")
_MOST_NEIGHBOURS = 10_000
_BUG = "a bug, or a file that is made to break readers: please report it"


def is_missing(source: Source) -> bool:
    """Whether loading it would only say that it is not there."""
    if source.document is not None or is_url(source.name):
        return False
    return source.fault is not None or (source.name != STDIN and not os.path.exists(source.name))


def is_small(source: Source) -> bool:
    """Whether it takes next to no time: a record, or a plain text; no pipe, no device, no PDF, nothing long."""
    if source.document is not None:
        return True
    if source.fault is not None or source.name == STDIN or is_url(source.name):
        return False
    if kind_of(source.name, b"") != "text" or source.reading.loader is not None:
        return False
    try:
        found = Path(source.name).stat()
    except (OSError, ValueError):
        return False
    return stat.S_ISREG(found.st_mode) and found.st_size <= _SMALL_BYTES


def load(source: Source) -> Document:
    """Read one source; raises `SourceError` for what is missing, empty, binary, huge or not text.

    A file is hostile input: whatever else a library makes of it is an error of this source too.
    """
    if source.document is not None:
        return source.document
    if source.fault is not None:
        raise _visible(source.fault)
    try:
        return _loaded(source)
    except SourceError as error:
        raise _visible(error) from error
    except ExtractError:
        raise
    except Exception as error:
        raise _visible(SourceError(f"{source.label}: cannot be read: {spell(error)}", hint=_BUG)) from error


def _loaded(source: Source) -> Document:
    name, found = _read(source)
    most = _most(source, found)
    if len(found.data) > most:
        raise SourceError(f"{name}: larger than {most >> 20} MiB", hint="split it into several files")
    if not _SAID.search(found.data):
        raise _empty(name)
    loaded = read(_path(name), found.data, source.reading, found.media_type, found.charset)
    if not loaded.text or loaded.text.isspace():
        raise _empty(name)
    return Document(source.label, loaded.text, loaded.notes)


def _most(source: Source, found: Fetched) -> int:
    """How many bytes it may have, by what it is; the user's own reader is told no more than ours for other kinds."""
    is_text = source.reading.loader is None and kind_of(_path(source.name), found.data, found.media_type) == "text"
    return MOST_TEXT_BYTES if is_text else MOST_BYTES


def _empty(name: str) -> SourceError:
    return SourceError(f"{name}: empty", hint="there is nothing to extract from")


def _visible(error: SourceError) -> SourceError:
    """The same error, in words that any file can hold."""
    return SourceError(visible(str(error)), hint=None if error.hint is None else visible(error.hint))


@contextlib.contextmanager
def opened(name: str) -> Iterator[BinaryIO]:
    """A file to read from; what goes wrong in opening or reading it is a `SourceError`."""
    try:
        with Path(name).open("rb") as file:
            yield file
    except FileNotFoundError as error:
        if has_scheme(name):
            raise not_fetched(name) from error
        raise SourceError(f"{name}: no such file", hint=_neighbour(name)) from error
    except IsADirectoryError as error:
        raise SourceError(f"{name}: is a folder") from error
    except (OSError, ValueError) as error:
        raise SourceError(f"{name}: {getattr(error, 'strerror', None) or error}") from error


def from_stdin(size: int) -> bytes:
    """What has come by now, at most `size` bytes; b"" at the end.

    By its descriptor: a thread that waits in Python's own buffer would break the end of the program.
    """
    if sys.stdin is None:
        raise SourceError("stdin: closed", hint="name a file")
    try:
        descriptor = sys.stdin.fileno()
    except OSError:  # a stand-in without one
        return sys.stdin.buffer.read(size)
    return os.read(descriptor, size)


def _path(name: str) -> str:
    """What has the suffix: 'https://example.org/a.pdf?page=2' → 'https://example.org/a.pdf'."""
    return name.partition("#")[0].partition("?")[0] if is_url(name) else name


def _read(source: Source) -> tuple[str, Fetched]:
    """The name for people and at most a few bytes more than is allowed."""
    name = source.name
    if is_url(name):
        return name, fetch(name, source.reading)
    if name != STDIN:
        with opened(name) as file:
            return name, Fetched(file.read(MOST_TEXT_BYTES + 1))
    data = bytearray()
    while len(data) <= MOST_TEXT_BYTES and (chunk := from_stdin(_CHUNK)):
        data += chunk
    return "stdin", Fetched(bytes(data))


def _neighbour(name: str) -> str | None:
    """'artcle.txt' → 'did you mean article.txt?', where that is there."""
    folder = Path(name).parent
    with contextlib.suppress(OSError):
        names = [path.name for path in islice(folder.iterdir(), _MOST_NEIGHBOURS) if path.exists()]
        near = get_close_matches(Path(name).name, names, n=1)
        return f"did you mean {folder / near[0]}?" if near else None
    return None
