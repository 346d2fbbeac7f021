"""JSON Lines: a record a line, named by file and line; a bad line is a fault, and the others go on."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterator
from itertools import count as counted
from typing import Any, BinaryIO

from extractor.errors import SourceError
from extractor.loaders.encodings import is_utf_16
from extractor.sources.loading import opened
from extractor.sources.records import Fields
from extractor.sources.source import MOST_BYTES, Source

CHUNK = 1 << 20
_HINT = "each line is one JSON object; `jq -c '.[]'` writes a list so"


def read(name: str, fields: Fields) -> Iterator[Source]:
    """The records of a file; blank lines count too. `SourceError` where it cannot be read, or has no such field."""
    found = None
    if os.path.isfile(name):  # a pipe comes only once
        with opened(name) as file:
            fields.refuse_absent(name, _values(file))
    with opened(name) as file:
        for number in counted(1):
            line = file.readline(MOST_BYTES + 1)
            if not line:
                break
            if number == 1:
                line = _begun(name, line)
            if line and not line.isspace():
                found = _record(file, line, f"{name}:{number}", fields)
                yield found
    if found is None:
        raise SourceError(f"{name}: no records in it", hint=_HINT)


def count(name: str, is_stopped: Callable[[], bool]) -> int:
    """How many lines are not blank."""
    total, is_begun = 0, False
    with opened(name) as file:
        while (chunk := file.read(CHUNK)) and not is_stopped():
            *lines, rest = chunk.split(b"\n")
            for line in lines:
                total += is_begun or bool(line and not line.isspace())
                is_begun = False
            is_begun = is_begun or bool(rest and not rest.isspace())
    return total + is_begun


def _values(file: BinaryIO) -> Iterator[Any]:
    """What the lines of a file say, as far as they can be read."""
    while line := file.readline(MOST_BYTES + 1):
        with contextlib.suppress(ValueError, RecursionError):
            yield json.loads(line.removeprefix(b"\xef\xbb\xbf").decode())


def _begun(name: str, line: bytes) -> bytes:
    """The first line without the mark of UTF-8."""
    if is_utf_16(line):
        raise SourceError(f"{name}: UTF-16, where JSON Lines are UTF-8", hint="iconv -f UTF-16 -t UTF-8 converts it")
    return line.removeprefix(b"\xef\xbb\xbf")


def _record(file: BinaryIO, line: bytes, place: str, fields: Fields) -> Source:
    if len(line) > MOST_BYTES and not line.endswith(b"\n"):
        while (more := file.readline(CHUNK)) and not more.endswith(b"\n"):
            pass
        why = f"a line of more than {MOST_BYTES >> 20} MiB"
        return Source(place, SourceError(f"{place}: {why}", hint="split its text into several records"))
    try:
        record = json.loads(line.decode())
    except UnicodeDecodeError as error:
        return Source(place, SourceError(f"{place}: not UTF-8 at byte {error.start + 1}", hint="JSON Lines are UTF-8"))
    except json.JSONDecodeError as error:
        where = f"column {error.colno}" if error.lineno == 1 else "its end"
        why = f"not JSON: {error.msg.removesuffix(' at')} at {where}"
        return Source(place, SourceError(f"{place}: {why}", hint=_HINT))
    except ValueError as error:  # a number of thousands of digits
        return Source(place, SourceError(f"{place}: {error}", hint=_HINT))
    except RecursionError:
        return Source(place, SourceError(f"{place}: too many brackets within each other", hint=_HINT))
    return fields.source(place, record)
