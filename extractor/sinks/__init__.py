"""Write records: to standard output, to a file that appears whole or not at all, or to a folder.

`--out` says the form by its suffix; a folder gets one file for each document. While a run lasts its output is locked.

Reading order: this file; `layout` (what a sink has to know); `sink` (what they share); `swap` (a file that gets its
name at the end); `text` (JSON, JSON Lines, YAML); `shapes` and `tables` (a schema as columns, a record as rows);
`as_csv`, `as_sqlite`, `as_parquet`; `names` and `folder`.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from extractor.errors import StorageError, UsageError
from extractor.locks import claimed
from extractor.sinks.layout import BINARY, TEXTS, Form, Layout
from extractor.sinks.sink import Sink, Writer
from extractor.sinks.swap import refuse_name, refused, swapped
from extractor.sinks.text import to_yaml

__all__ = ["Form", "Layout", "Sink", "choose_form", "is_stream", "open_sink", "refuse_overwriting", "to_yaml"]

_SUFFIXES: dict[str, Form] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".yaml": "yaml",
    ".yml": "yaml",
    ".csv": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
    ".db": "sqlite",
    ".sqlite": "sqlite",
    ".sqlite3": "sqlite",
}
_FOLDER = "or name a folder, which gets one file for each document"


def choose_form(given: Form | None, out: Path | None, *, single: bool) -> Form:
    """What the user said, or the suffix of the output; a folder, or a new name without a suffix, is a folder.

    Of one document a name without a suffix is a JSON file, as it is on standard output; of several, that has JSON
    Lines. Raises `UsageError` for a suffix that says nothing, and for a form that needs a file where there is none.
    """
    otherwise: Form = "json" if single else "jsonl"
    if is_stream(out) and given in BINARY:
        raise UsageError(f"--format {given}: cannot be written to a stream", hint="name a file with --out")
    if given or out is None or is_stream(out):
        return given or otherwise
    suffix = out.suffix.lower()
    if os.path.isdir(out):
        return "folder"
    if suffix and suffix not in _SUFFIXES:
        hint = f"suffixes are {', '.join(_SUFFIXES)}; {_FOLDER}"
        raise UsageError(f"--out {out}: {out.suffix} is no form that can be written", hint=hint)
    is_file = single or os.path.exists(out)
    return _SUFFIXES.get(suffix) or (otherwise if is_file else "folder")


def refuse_overwriting(sources: list[str], out: Path | None, flag: str = "--out") -> None:
    """The output, which a flag names, must not take the place of a source."""
    there = [Path(source) for source in sources if os.path.exists(source)]
    if out and os.path.exists(out) and any(source.samefile(out) for source in there):
        raise UsageError(f"{flag} {out}: is one of the sources", hint="name another file")


@contextlib.contextmanager
def open_sink(out: Path | None, layout: Layout) -> Iterator[Sink]:
    """A sink on standard output (None), or on an output that no other run writes meanwhile.

    A file gets its name when all is written and on the disk. Where the run is interrupted, the records so far stay
    beside it as `NAME.partial`, a valid file, which the next run that ends removes. Without a record nothing is
    written, and an older file stays as it is. A device or a pipe is written to as it is. What cannot be written
    (a full disk) is an `ExtractError` that names the output.
    """
    if is_stream(out):
        with _stream(out, layout) as sink:
            yield sink
        return
    assert out is not None
    refuse_name(out)
    out = out.resolve() if os.path.islink(out) or not out.name else out  # a link stays a link
    with _folder(out, layout) if layout.form == "folder" else _file(out, layout) as sink:
        yield sink


def is_stream(out: Path | None) -> bool:
    """Whether what is written goes on at once: to standard output (None), a device or a pipe."""
    return out is None or _is_device(out)


@contextlib.contextmanager
def _stream(out: Path | None, layout: Layout) -> Iterator[Sink]:
    try:
        with contextlib.nullcontext(sys.stdout) if out is None else out.open("w", encoding="utf-8") as stream:
            sink = Sink(_text_writer(stream, layout), str(out or "stdout"))
            yield sink
            sink.finish()
    except BrokenPipeError:
        raise
    except OSError as error:  # what was held back
        raise StorageError(f"cannot write {out or 'stdout'}: {error.strerror or error}") from error


@contextlib.contextmanager
def _folder(out: Path, layout: Layout) -> Iterator[Sink]:
    from extractor.sinks.folder import FolderWriter

    with claimed(out, "--out"):
        try:
            out.mkdir(exist_ok=True)
            writer = FolderWriter(out, layout)
        except OSError as error:
            raise refused(out, error) from error
        sink = Sink(writer, str(out))
        try:
            yield sink
        except BaseException:
            with contextlib.suppress(Exception):  # what interrupted the run is what is told
                sink.finish()
            raise
        sink.finish()


@contextlib.contextmanager
def _file(out: Path, layout: Layout) -> Iterator[Sink]:
    if os.path.isdir(out):
        raise refused(out, OSError(errno.EISDIR, "is a folder"), hint="name a file in it")
    if layout.form == "sqlite":
        from extractor.sinks.as_sqlite import refuse_others

        refuse_others(out)
    with claimed(out, "--out"), swapped(out) as swap, contextlib.ExitStack() as stack:
        sink = Sink(stack.enter_context(_file_writer(swap.temporary, layout)), str(out))
        try:
            yield sink
            sink.finish()
        except BaseException:
            with contextlib.suppress(Exception):  # what interrupted the run is what is told
                if not sink.is_torn:
                    sink.finish()
                stack.close()
                if not sink.is_torn or layout.form == "jsonl":
                    swap.keep(swap.cut() if sink.is_torn else sink.written, partly=True)
            raise
        stack.close()
        swap.keep(sink.written)


@contextlib.contextmanager
def _file_writer(path: Path, layout: Layout) -> Iterator[Writer]:
    """What writes to a file that is there, and empty."""
    if layout.form == "parquet":
        from extractor.sinks.as_parquet import ParquetWriter

        with path.open("wb") as binary:
            yield ParquetWriter(binary, layout)
    elif layout.form == "sqlite":
        from extractor.sinks.as_sqlite import SqliteWriter

        with contextlib.closing(SqliteWriter(path, layout)) as writer:
            yield writer
    else:
        # What a full disk has not taken is told by then; closing would only tell it again.
        stream = path.open("w", encoding="utf-8", newline="", buffering=1 << 18)
        try:
            yield _text_writer(stream, layout, is_file=True)
        finally:
            with contextlib.suppress(OSError):
                stream.close()


def _text_writer(stream: TextIO, layout: Layout, *, is_file: bool = False) -> Writer:
    from extractor.sinks.text import Flow, text_writer

    flow = Flow(stream, 1.0 if is_file else 0.0)
    if layout.form in TEXTS:
        return text_writer(flow, layout)
    from extractor.sinks.as_csv import CsvWriter

    return CsvWriter(flow, layout)


def _is_device(out: Path) -> bool:
    """A pipe or a terminal, which has no name to swap."""
    return os.path.exists(out) and not os.path.isfile(out) and not os.path.isdir(out)
