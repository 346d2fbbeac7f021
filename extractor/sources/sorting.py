"""Sort more names than memory should hold: in runs on disk that are merged."""

from __future__ import annotations

import heapq
import json
import tempfile
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import BinaryIO

_PAGE = 256  # names of a run that are in memory while runs are merged


def in_order(names: Iterable[str], run: int) -> Iterator[str]:
    """The names sorted; at most `run` of them are in memory, more go through a temporary file."""
    rest = iter(names)
    first = sorted(islice(rest, run))
    if len(first) < run:
        yield from first
        return
    with tempfile.TemporaryFile() as file:
        starts = [_spill(file, first)]
        del first
        while more := sorted(islice(rest, run)):
            starts.append(_spill(file, more))
        yield from heapq.merge(*(_pages(file, start) for start in starts))


def _spill(file: BinaryIO, names: list[str]) -> int:
    """Append a run, a page a line, and an empty one at its end; where it begins."""
    start = file.tell()
    file.writelines(json.dumps(names[at : at + _PAGE]).encode() + b"\n" for at in range(0, len(names), _PAGE))
    file.write(b"[]\n")
    return start


def _pages(file: BinaryIO, at: int) -> Iterator[str]:
    """A run again, page by page."""
    while True:
        file.seek(at)
        names: list[str] = json.loads(file.readline())
        if not names:
            return
        at = file.tell()
        yield from names
