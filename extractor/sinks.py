"""Write records as JSON, JSON Lines or YAML, to standard output or to a file that appears whole or not at all."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, TextIO

from extractor.errors import UsageError
from extractor.lines import escaped, to_json
from extractor.text import UNSAFE

Format = Literal["json", "jsonl", "yaml"]
_SUFFIXES: dict[str, Format] = {".json": "json", ".jsonl": "jsonl", ".ndjson": "jsonl", ".yaml": "yaml", ".yml": "yaml"}

_OTHER = (".csv", ".tsv", ".parquet", ".db", ".sqlite", ".xlsx", ".xml", ".html")


class Sink:
    """One stream of records in one format; `written` counts them."""

    def __init__(self, stream: TextIO, form: Format, *, single: bool) -> None:
        self.written = 0
        self._stream = stream
        self._form = form
        self._single = single

    def write(self, data: Any) -> None:
        """Write one record and flush it, so that a reader in a pipe sees it at once."""
        self._stream.write(self._lead() + self._encode(data))
        self._stream.flush()
        self.written += 1

    def finish(self) -> None:
        """Close what the format has open; a single document that failed leaves nothing at all."""
        if self._form == "json" and not self._single:
            self._stream.write("\n]\n" if self.written else "[]\n")
        self._stream.flush()

    def _lead(self) -> str:
        if self._single or self._form == "jsonl":
            return ""
        if self._form == "yaml":
            return "---\n"
        return ",\n" if self.written else "[\n"

    def _encode(self, data: Any) -> str:
        if self._form == "yaml":
            return to_yaml(data)
        text = to_json(data, indent=2 if self._form == "json" else None)
        return text if self._form == "json" and not self._single else f"{text}\n"


def to_yaml(data: Any) -> str:
    """YAML in readable characters; a text with unsafe ones is quoted, so that escapes work in it."""
    import yaml  # only this format needs it

    class Dumper(yaml.SafeDumper):
        """Safe, with our own way to write strings."""

    def represent(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"' if UNSAFE.search(text) else None)

    Dumper.add_representer(str, represent)
    if not isinstance(data, dict | list):
        return to_json(data) + "\n"  # of a lone scalar, PyYAML marks the end with dots
    text: str = yaml.dump(data, Dumper=Dumper, allow_unicode=True, sort_keys=False, width=100)
    return escaped(text)


def choose_format(given: Format | None, out: Path | None, *, single: bool) -> Format:
    """What the user said, or the suffix of the file, or JSON for one record and JSON Lines for several."""
    if out and not given and out.suffix.lower() in _OTHER:
        raise UsageError(f"--out {out}: cannot write {out.suffix} yet", hint=f"suffixes are {', '.join(_SUFFIXES)}")
    by_suffix = _SUFFIXES.get(out.suffix.lower()) if out else None
    return given or by_suffix or ("json" if single else "jsonl")


def refuse_overwriting(sources: list[str], out: Path | None) -> None:
    """The output must not take the place of a source."""
    there = [Path(source) for source in sources if os.path.exists(source)]
    if out and os.path.exists(out) and any(source.samefile(out) for source in there):
        raise UsageError(f"--out {out}: is one of the sources", hint="name another file")


@contextlib.contextmanager
def open_sink(out: Path | None, form: Format, *, single: bool) -> Iterator[Sink]:
    """A sink on standard output, or on a file that gets its name when all is written.

    Where the run is interrupted, the records so far stay beside it as `NAME.partial`. Without a record nothing
    is written, and an older file stays as it is.
    """
    if out is None or _is_device(out):
        with contextlib.nullcontext(sys.stdout) if out is None else out.open("w", encoding="utf-8") as stream:
            sink = Sink(stream, form, single=single)
            yield sink
            sink.finish()
        return
    out = out.resolve() if os.path.islink(out) else out  # a link stays a link
    temporary = out.with_name(f".{out.name[:60]}.{os.getpid()}.tmp")
    try:
        with _created(out, temporary) as stream:
            sink = Sink(stream, form, single=single)
            try:
                yield sink
            except BaseException:
                _keep(sink, temporary, out.with_name(f"{out.name}.partial"))
                raise
            _keep(sink, temporary, out)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


def _is_device(out: Path) -> bool:
    """A pipe or a terminal, which has no name to swap."""
    return os.path.exists(out) and not os.path.isfile(out) and not os.path.isdir(out)


def _created(out: Path, temporary: Path) -> TextIO:
    if os.path.isdir(out):
        raise UsageError(f"--out {out}: is a folder", hint="name a file in it")
    try:
        with contextlib.suppress(FileNotFoundError):
            out.lstat()  # a name that is too long fails now, not when all is done
        return temporary.open("x", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"--out {out}: {error.strerror}", hint="the folder must exist and be writable") from error


def _keep(sink: Sink, temporary: Path, path: Path) -> None:
    if sink.written:
        sink.finish()
        temporary.replace(path)
