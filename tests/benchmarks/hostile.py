"""What the worst texts cost to read: seconds of CPU for 64 kB to 1 MB, the ratio to half the size, and peak memory.

    python tests/benchmarks/hostile.py [NAME]

A ratio near 2 is linear. Peak memory is that of the largest text, by tracemalloc, in a run of its own.
"""

from __future__ import annotations

import contextlib
import sys
import time
import tracemalloc

from extractor.errors import ParseError
from extractor.syntax import read

SIZES = [1 << power for power in (16, 17, 18, 19, 20)]
# A beginning, and what is repeated after it.
TEXTS = {
    "open brackets": ("", "["),
    "open braces": ("", "{"),
    "open objects": ("", '{"a":'),
    "half keys": ("", '{"'),
    "half items": ("", '["'),
    "quotes": ("", '"'),
    "apostrophes": ("", "'"),
    "typographic quotes": ("", "“"),
    "typographic and plain": ("{a: “", '" /* '),
    "corner quotes in fences": ("", "```\n{a: 「x\n```\n"),
    "backslashes": ("", "\\"),
    "escaped quotes": ("", '\\"'),
    "half of surrogates": ('["', "\\ud83d"),
    "backticks": ("", "`"),
    "fences": ("", "```\n"),
    "fences of tuples": ("", "```\n(1, "),
    "slashes": ("", "/"),
    "comments without end": ("", "/*"),
    "comments among items": ("[", "/*"),
    "hashes": ("{", "#\n"),
    "commas": ("[", ","),
    "colons": ("{a", ":"),
    "blanks": ("{", " "),
    "blanks in a word": ("[a", " "),
    "words": ("", "word "),
    "words in a list": ("[", "word "),
    "brackets in words": ("[a ", "(b "),
    "numbers": ("[", "1 "),
    "digits": ("", "9"),
    "dots": ("[", "."),
    "plus": ('["a"', ' + "a"'),
    "wrappers": ("", "f("),
    "objects in prose": ("", '{"a": 1} and '),
    "empty objects": ("", "{}   "),
    "half JSON": ("", '{"a": "b'),
    "quotes within strings": ("[", '{"k": "x "y" z", "n": 1}, '),
    "quotes after commas": ("[", '"a,\n'),
    "citations": ("", "as [1] said, "),
    "half of an array": ("", '[1, {"a": ["b", '),
    "closing brackets": ("{", "}"),
    "wrong brackets": ("[", "1}]"),
    "keys again": ("{", '"a": 1, '),
}


def measure(text: str) -> float:
    """Seconds of CPU to read a text."""
    start = time.process_time()
    with contextlib.suppress(ParseError):
        read(text)
    return time.process_time() - start


def peak(text: str) -> float:
    """MB at the peak of reading a text."""
    tracemalloc.start()
    measure(text)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most / 1e6


def main() -> None:
    """Print a line for each text."""
    print(f"{'':24}", *(f"{size >> 10:8} kB   " for size in SIZES), "peak MB")
    for name in sys.argv[1:] or TEXTS:
        begin, unit = TEXTS[name]
        cells = []
        before = 0.0
        for size in SIZES:
            seconds = measure(text := (begin + unit * (size // len(unit)))[:size])
            cells.append(f"{seconds:7.3f} {f'x{seconds / before:.1f}' if before else '':6}")
            before = seconds
        print(f"{name:24}", *cells, f"{peak(text):7.1f}", flush=True)


if __name__ == "__main__":
    main()
