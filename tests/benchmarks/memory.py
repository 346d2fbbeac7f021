"""What a long text costs at each step before a model is asked: peak memory and time.

    python tests/benchmarks/memory.py [--size 50] [--texts NAME …] [--steps STEP …]

Texts of so many MB (UTF-8 but for one) are written: numbered paragraphs under numbered headings, in English and in
Chinese; one paragraph without a break; one line that is a table's; CSV. Each step runs in a process of its own, whose
peak is what the system saw of it (`ru_maxrss`), all of Python and of the text included; `text` is what the text alone
takes as a string. A step takes what the one before it gives, so that the time of loading is in all of them.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

_ENGLISH = (
    "Paragraph {n} of the harbour report says that the ferry No. {n} sailed at nine. It carried {n} people to "
    "Reef Sound; nobody swam. The fare was {n}.20, as Dr. Bell had written on 3 June.\n\n"
)
_CHINESE = "第{n}段说：海港大桥于六月通车，全长{n}米。有人问：贵吗？不贵，票价{n}元。霜降图书馆也在同一天开放！\n\n"
_CODE = "import sys\nfrom extractor.sources import Source, load\ntext = load(Source(sys.argv[1])).text\n"
_QUERIES = ["fare of the ferry", "通车 全长", "Dr. Bell paragraph 17"]
_STEPS = {
    "python": "import extractor.sources",
    "load": _CODE,
    "outline": _CODE + "from extractor.front_matter import metadata_of\nfrom extractor.outline import pages, sections\n"
    "metadata_of(text), pages(text)\nfor _ in sections(text): pass",
    "split": _CODE + "from extractor.chunks import split\nsplit(text, 2000, 100)",
    "rank": _CODE + "from extractor.chunks import split\nfrom extractor.rank import scores\n"
    f"scores({_QUERIES!r}, (text[one.start : one.end] for one in split(text, 500)))",
}
_CLI = {"text": (), "text --outline": ("--outline",), "text --json": ("--json",)}
_RECORDS = (
    "import sys\nfrom extractor.sources import Wanted, find, load\nfor one in find(Wanted((sys.argv[1],))): load(one)"
)


def english(size: int) -> Iterator[str]:
    """Paragraphs of so many bytes, a heading before every twentieth."""
    return _cut(_numbered("# Chapter {n}\n\n", _ENGLISH), size)


def chinese(size: int) -> Iterator[str]:
    """The same in Chinese."""
    return _cut(_numbered("第{n}章 归来\n\n", _CHINESE), size)


def _numbered(heading: str, paragraph: str) -> Iterator[str]:
    number = 0
    while True:
        if number % 20 == 0:
            yield heading.format(n=number // 20 + 1)
        number += 1
        yield paragraph.format(n=number)


def _cut(parts: Iterator[str], size: int) -> Iterator[str]:
    for part in parts:
        size -= len(part.encode())
        if size < 0:
            return
        yield part


def one_block(size: int) -> Iterator[str]:
    """One paragraph, of sentences."""
    return (part.rstrip() + " " for part in english(size) if not part.startswith("#"))


def one_row(size: int) -> Iterator[str]:
    """One line of a table, of words."""
    yield "| "
    yield from (part.rstrip() + " " for part in english(size) if not part.startswith("#"))


def with_one_emoji(size: int) -> Iterator[str]:
    """English with a character at the end for which Python takes four bytes for each."""
    yield from english(size - 4)
    yield "😀"


def csv(size: int) -> Iterator[str]:
    """Records with a text each."""
    yield "id,text\n"
    yield from (f'{at},"{part.strip()}"\n' for at, part in enumerate(english(size)))


_TEXTS: dict[str, tuple[Callable[[int], Iterator[str]], str]] = {
    "english.txt": (english, "utf-8"),
    "chinese.txt": (chinese, "utf-8"),
    "emoji.md": (with_one_emoji, "utf-8"),
    "block.txt": (one_block, "utf-8"),
    "row.md": (one_row, "utf-8"),
    "gb18030.txt": (chinese, "gb18030"),
    "records.csv": (csv, "utf-8"),
}


def measured(arguments: list[str]) -> tuple[float, float, int]:
    """Seconds of the CPU, peak in MB and exit status of a process."""
    child = subprocess.Popen([sys.executable, *arguments], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    peak = usage.ru_maxrss / (1e6 if sys.platform == "darwin" else 1024)  # bytes there, KiB elsewhere
    return usage.ru_utime + usage.ru_stime, peak, child.returncode


def _commands(name: str) -> Iterator[tuple[str, list[str]]]:
    if name.endswith(".csv"):
        yield "records", ["-c", _RECORDS, name]
        return
    for step, code in _STEPS.items():
        yield step, ["-c", code, name]
    for step, flags in _CLI.items():
        yield step, ["-m", "extractor", "text", name, *flags]


def _written(name: str, size: int) -> float:
    """Write a text; what it takes in memory, in MB."""
    made, encoding = _TEXTS[name]
    characters, width = 0, 1
    with Path(name).open("w", encoding=encoding) as file:
        parts = made(size)
        while part := "".join(islice(parts, 1000)):
            file.write(part)
            characters += len(part)
            width = max(width, 1 if part.isascii() else 2 if max(part) < "\U00010000" else 4)
    return characters * width / 1e6


def main() -> None:
    """Print a table."""
    reader = argparse.ArgumentParser()
    reader.add_argument("--size", type=float, default=50, help="MB")
    reader.add_argument("--texts", nargs="*", default=_TEXTS, choices=_TEXTS)
    reader.add_argument("--steps", nargs="*", help="all, if none is named")
    asked = reader.parse_args()
    print(f"{'text':12} {'text MB':>8}  {'step':16} {'CPU s':>6} {'peak MB':>8}")
    os.environ["PYTHONPATH"] = str(Path(__file__).parents[2])
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for name in asked.texts:
            taken = _written(name, int(asked.size * 1e6))
            for step, arguments in _commands(name):
                if asked.steps and step not in asked.steps:
                    continue
                seconds, peak, status = measured(arguments)
                fault = f"  failed ({status})" if status else ""
                print(f"{name:12} {taken:8.0f}  {step:16} {seconds:6.1f} {peak:8.0f}{fault}", flush=True)
            Path(name).unlink()
        os.chdir("/")


if __name__ == "__main__":
    main()
