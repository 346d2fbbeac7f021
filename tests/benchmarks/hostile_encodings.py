"""Seconds that hostile text takes to be read, per encoding, and the ratio to the half size: about 2 is linear.

python tests/benchmarks/hostile_encodings.py [KILOBYTES]
"""

from __future__ import annotations

import contextlib
import sys
import time

from pydantic import BaseModel

from extractor import load_schema
from extractor.encoders import read
from extractor.errors import ParseError
from extractor.types import Encoding, Schema


class Row(BaseModel):
    """One record."""

    title: str
    year: int | None
    tags: list[str]


PARTS: dict[Encoding, dict[str, tuple[str, str]]] = {  # what comes first, and what is repeated
    "yaml": {
        "brackets": ("", "["),
        "mappings": ("", "{a: "),
        "dashes": ("", "- "),
        "open lists": ("", "tags: [\n"),
        "open quotes": ("", 'title: "x\n'),
        "pairs of quotes": ("title: '", "x ''\n"),
        "aliases": ("title: &x a\n", "title: *y\n"),
        "comments": ("title: [ ", "# "),
        "blanks": ("title:", " "),
        "empty lines": ("title: a", "\n"),
        "fences": ("", "```\n"),
        "documents": ("", "title: a\n---\n"),
    },
    "xml": {
        "tags": ("<row>", "<a>"),
        "closing tags": ("<row>", "</a>"),
        "comments": ("<row>", "<!--"),
        "sections": ("<row><title>", "<![CDATA["),
        "signs": ("<row>", "<"),
        "entities": ("<row><title>", "&"),
        "attributes": ("<row>", "<a b='"),
        "blanks": ("<row><a", " "),
        "siblings": ("<row>", "<title>x"),
    },
    "csv": {
        "quotes": ("title,year,tags\n", '"'),
        "open cells": ("title,year,tags\n", '"x,'),
        "open lines": ("title,year,tags\n", '"x\n'),
        "commas": ("", ","),
        "rules": ("title|year|tags\n", "|-"),
        "items": ('title,year,tags\na,1,"', "; "),
    },
}


def seconds(text: str, schema: Schema, encoding: Encoding) -> float:
    """How long one answer takes."""
    started = time.process_time()
    with contextlib.suppress(ParseError):
        read(text, schema, encoding)
    return time.process_time() - started


def main() -> None:
    """Print one line for each kind of text."""
    size = 1000 * (int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
    sizes = [size // 16, size // 4, size // 2, size]
    print(f"{'':24}" + "".join(f"{one // 1000:>7} kB" for one in sizes) + "   ratio")
    row, rows = load_schema(Row), load_schema(list[Row])
    for encoding, parts in PARTS.items():
        for name, (first, again) in parts.items():
            schema = rows if encoding == "csv" else row
            times = [seconds(first + again * (one // len(again)), schema, encoding) for one in sizes]
            shown = "".join(f"{one:>10.3f}" for one in times)
            print(f"{encoding:5}{name:19}{shown}{times[-1] / max(times[-2], 1e-4):>8.1f}", flush=True)


if __name__ == "__main__":
    main()
