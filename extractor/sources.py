"""Find sources and load them as documents, one at a time.

Discovery streams and sorts folder by folder, so that the order is the same everywhere.
"""

from __future__ import annotations

import contextlib
import glob
import os
import re
import stat
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from extractor.errors import SourceError
from extractor.types import Document

TEXT_SUFFIXES = frozenset((".txt", ".text", ".md", ".markdown"))
STDIN = "-"

# No context of today holds more: 32 MiB are about eight million tokens.
MOST_BYTES = 32 << 20
_SMALL_BYTES = 1 << 18

_NOT_YET = {".pdf": "PDF", ".docx": "Word", ".epub": "EPUB", ".html": "HTML", ".htm": "HTML", ".doc": "Word"}


@dataclass(frozen=True, slots=True)
class Source:
    """Something to load: a path, or `-` for standard input. A `fault` found on the way is raised by `load`."""

    name: str
    fault: SourceError | None = None

    @property
    def label(self) -> str:
        """What records and messages call it."""
        return "stdin" if self.name == STDIN else self.name


def discover(arguments: Iterable[str]) -> Iterator[Source]:
    """Files, folders (their text and Markdown files, recursively), glob patterns and `-`, in the order given.

    What cannot be found or listed is a source with a fault, so that the others go on.
    """
    for argument in arguments:
        if _is_folder(argument):
            yield from _or_fault(_walk(argument), argument, "no text or Markdown file in this folder")
        elif _is_pattern(argument):
            matches = map(Source, filter(_is_offered, sorted(glob.iglob(argument, recursive=True))))  # noqa: PTH207
            yield from _or_fault(matches, argument, "no file matches this pattern")
        else:
            yield Source(argument)


def is_single(arguments: Sequence[str]) -> bool:
    """True where the arguments name exactly one document: one file or standard input."""
    return len(arguments) == 1 and not _is_folder(arguments[0]) and not _is_pattern(arguments[0])


def is_missing(source: Source) -> bool:
    """Whether loading it would only say that it is not there."""
    return source.fault is not None or (source.name != STDIN and not os.path.exists(source.name))


def is_small(source: Source) -> bool:
    """Whether it is a plain file that takes next to no time to read: no pipe, no device, nothing long."""
    if source.fault is not None or source.name == STDIN:
        return False
    try:
        found = Path(source.name).stat()
    except (OSError, ValueError):
        return False
    return stat.S_ISREG(found.st_mode) and found.st_size <= _SMALL_BYTES


def load(source: Source) -> Document:
    """Read one source; raises `SourceError` for what is missing, empty, binary, huge or not text."""
    if source.fault is not None:
        raise source.fault
    name, data = _read(source.name)
    if len(data) > MOST_BYTES:
        raise SourceError(f"{name}: larger than {MOST_BYTES >> 20} MiB", hint="split it into several files")
    text, notes = _decode(name, data)
    if not text.strip():
        raise SourceError(f"{name}: empty", hint="there is nothing to extract from")
    return Document(name, text, notes)


def _is_folder(argument: str) -> bool:
    return argument != STDIN and os.path.isdir(argument)


def _is_pattern(argument: str) -> bool:
    return argument != STDIN and glob.has_magic(argument) and not os.path.lexists(argument)


def _is_offered(path: str) -> bool:
    """Files, and broken links, so that loading says so; no folders, and no pipes, which would be waited for."""
    return os.path.isfile(path) or not os.path.exists(path)


def _or_fault(sources: Iterable[Source], argument: str, otherwise: str) -> Iterator[Source]:
    """The sources, or one that says that there were none."""
    found = None
    for found in sources:
        yield found
    if found is None:
        hint = f"text and Markdown files end in {', '.join(sorted(TEXT_SUFFIXES))}"
        yield Source(argument, SourceError(f"{argument}: {otherwise}", hint=hint))


def _walk(folder: str) -> Iterator[Source]:
    """Text files below a folder in sorted order; hidden names and links to folders are passed over."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        yield Source(folder, SourceError(f"{folder}: {error.strerror}"))
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(entry.path)
        elif Path(entry.name).suffix.lower() in TEXT_SUFFIXES and _is_offered(entry.path):
            yield Source(entry.path)


def _read(name: str) -> tuple[str, bytes]:
    """The name for people and at most one byte more than is allowed."""
    if name == STDIN:
        if sys.stdin is None:
            raise SourceError("stdin: closed", hint="name a file")
        return "stdin", _read_stdin()
    try:
        with Path(name).open("rb") as file:
            return name, file.read(MOST_BYTES + 1)
    except FileNotFoundError as error:
        raise SourceError(f"{name}: no such file", hint=_neighbour(name)) from error
    except IsADirectoryError as error:
        raise SourceError(f"{name}: is a folder") from error
    except (OSError, ValueError) as error:
        raise SourceError(f"{name}: {getattr(error, 'strerror', None) or error}") from error


def _read_stdin() -> bytes:
    """By its descriptor: a thread that waits in Python's own buffer would break the end of the program."""
    try:
        descriptor = sys.stdin.fileno()
    except OSError:  # a stand-in without one
        return sys.stdin.buffer.read(MOST_BYTES + 1)
    chunks: list[bytes] = []
    while sum(map(len, chunks)) <= MOST_BYTES and (chunk := os.read(descriptor, MOST_BYTES)):
        chunks.append(chunk)
    return b"".join(chunks)


def _neighbour(name: str) -> str | None:
    """'artcle.txt' → 'did you mean article.txt?', where that is there."""
    folder = Path(name).parent
    with contextlib.suppress(OSError):
        names = [path.name for path in folder.iterdir() if path.exists()]
        near = get_close_matches(Path(name).name, names, n=1)
        return f"did you mean {folder / near[0]}?" if near else None
    return None


def _decode(name: str, data: bytes) -> tuple[str, tuple[str, ...]]:
    """UTF-8 where it is that, else what the detector finds; says so in the notes."""
    kind = "PDF" if data.startswith(b"%PDF-") else _NOT_YET.get(Path(name).suffix.lower())
    utf16 = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    if kind or (b"\x00" in data and not utf16):
        raise _not_text(name, kind)
    try:
        return data.decode("utf-8-sig"), ()
    except UnicodeDecodeError:
        return _guess(name, data)


def _guess(name: str, data: bytes) -> tuple[str, tuple[str, ...]]:
    from charset_normalizer import from_bytes  # rarely needed

    # Letters outside of ASCII that stand alone are accents; the encodings of Asia write them in pairs.
    accents = not re.search(rb"[\x80-\xff]{2}", data)
    matches = from_bytes(data, cp_isolation=["cp1252", "cp1250", "cp1254"] if accents else None)
    best = matches.best()
    if best is None:
        raise _not_text(name, None)
    # Of equally good guesses the western one is a thousand times as common.
    common = (match for match in matches if match.encoding == "cp1252")
    best = next((match for match in common if match.chaos <= best.chaos and match.coherence >= best.coherence), best)
    return str(best), (f"not UTF-8, decoded as {best.encoding}",)


def _not_text(name: str, kind: str | None) -> SourceError:
    what = f"{kind} files cannot be read yet" if kind else "binary, not text"
    return SourceError(f"{name}: {what}", hint="convert it to text or Markdown first")
