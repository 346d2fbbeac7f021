"""What the worst texts cost to read: seconds of CPU for 64 kB to 1 MB, the ratio to half the size, and peak memory.

    python tests/benchmarks/hostile.py [--cut] [--largest KB] [NAME]

A ratio near 2 is linear. With --cut they are read as answers that ended at the token limit. Peak memory is that of the
largest text, by tracemalloc, in a run of its own.
"""

from __future__ import annotations

import argparse
import contextlib
import time
import tracemalloc

from extractor.errors import ParseError
from extractor.syntax import read

SIZES = [1 << power for power in range(14, 21)]
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
    "open strings on lines": ("", '{"a": "x\n "b'),
    "corner brackets": ("", "[「"),
    "quotes in HTML": ("", "{&quot;"),
    "triple quotes": ('{"a": ', '"""'),
    "line breaks": ("", "\n"),
}


def measure(text: str, *, is_cut: bool) -> float:
    """Seconds of CPU to read a text."""
    start = time.process_time()
    with contextlib.suppress(ParseError):
        read(text, is_cut=is_cut)
    return time.process_time() - start


def peak(text: str, *, is_cut: bool) -> float:
    """MB at the peak of reading a text."""
    tracemalloc.start()
    measure(text, is_cut=is_cut)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most / 1e6


def main() -> None:
    """Print a line for each text."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--cut", action="store_true")
    parser.add_argument("--largest", type=int, default=1024)
    parser.add_argument("names", nargs="*", metavar="NAME")
    asked = parser.parse_args()
    sizes = [size for size in SIZES if size <= asked.largest << 10][-5:]
    print(f"{'':24}", *(f"{size >> 10:8} kB   " for size in sizes), "peak MB")
    for name in asked.names or TEXTS:
        begin, unit = TEXTS[name]
        cells = []
        before = 0.0
        for size in sizes:
            seconds = measure(text := (begin + unit * (size // len(unit)))[:size], is_cut=asked.cut)
            cells.append(f"{seconds:7.3f} {f'x{seconds / before:.1f}' if before else '':6}")
            before = seconds
        print(f"{name:24}", *cells, f"{peak(text, is_cut=asked.cut):7.1f}", flush=True)


if __name__ == "__main__":
    main()
