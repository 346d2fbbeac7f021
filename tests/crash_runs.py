"""Runs of `extract batch` in processes of their own, with a fault at a change of a file, and what they asked about."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Self

HERE = Path(__file__).parent
# As crash_faults.c has them.
HOWS = {
    "kill": 1,
    "torn": 2,  # half of a write, then a kill
    "full": 3,  # half of a write, then nothing more
    "broken": 4,  # once
    "int": 100 + signal.SIGINT,
    "term": 100 + signal.SIGTERM,
    "hup": 100 + signal.SIGHUP,
    "twice": 200 + signal.SIGINT,
}
LATE = "late"  # a kill after so many milliseconds
FORMS = ("jsonl", "json", "yaml", "csv", "parquet", "db", "folder")

ENGINE = '''
import asyncio, json, os, random, re
from extractor.types import Completion, Usage

class Engine:
    """Notes what it is asked, then answers after a while."""

    id = "mine:noting"
    modes = ("prompt",)

    async def generate(self, request):
        name = re.search(r"text-[0-9]+", request.messages[-1].content)[0]
        with open(os.environ["CRASH_ASKED"], "a") as log:
            log.write(name + "\\n")
        await asyncio.sleep(random.random() * float(os.environ["CRASH_SECONDS"]))
        title = {"title": f"about {name}"}
        return Completion("what?" if name.endswith("3") else json.dumps(title), "stop", Usage(7, 0, 3))
'''


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong at the Nth change of a file; `only` counts those by a call, or to a file with that in its name.

    `size` is the most bytes of a file, `pages` those of the ledger.
    """

    how: str = ""
    at: int = 0
    only: str = ""
    size: int = 0
    pages: int = 0


@dataclass(frozen=True, slots=True)
class Ran:
    """A run that has ended: the texts that it asked about, and those that its ledger has said to keep."""

    code: int
    told: str
    asked: list[str]
    kept: list[str]
    fired: str


@dataclass(slots=True)
class Nursery:
    """Makes processes of `extract`; `work` holds what is none of their business. Has to be closed."""

    work: Path
    shim: Path | None
    seconds: float = 0.003
    count: int = 0
    parent: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        env = surroundings() | ({"LD_PRELOAD": str(self.shim)} if self.shim else {})
        command = [sys.executable, str(HERE / "crash_child.py")]
        self.parent = subprocess.Popen(
            command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        assert self._line() == "ready"
        return self

    def __exit__(self, *_: object) -> None:
        assert self.parent is not None
        self.parent.communicate(timeout=60)

    def _line(self) -> str:
        assert self.parent is not None
        assert self.parent.stdout is not None
        return self.parent.stdout.readline().strip()

    def run(self, folder: Path, words: list[str], fault: Fault | None = None) -> Ran:
        """A run in a folder, to its end."""
        assert self.parent is not None
        assert self.parent.stdin is not None
        fault = fault or Fault()
        self.count += 1
        asked, kept, told, mark = (self.work / f"{self.count}.{what}" for what in ("asked", "kept", "told", "mark"))
        order = {
            "folder": str(folder),
            "words": words,
            "env": {"CRASH_ASKED": str(asked), "CRASH_SECONDS": str(self.seconds)},
            "told": str(told),
            "kept": str(kept),
            "mark": str(mark),
            "how": HOWS.get(fault.how, 0),
            "at": fault.at,
            "only": fault.only,
            "size": fault.size,
            "pages": fault.pages,
        }
        self.parent.stdin.write(json.dumps(order) + "\n")
        late = threading.Timer(fault.at / 1000, os.kill, (int(self._line()), signal.SIGKILL))
        if fault.how == LATE:
            late.start()
        code = int(self._line())
        late.cancel()
        texts = [path.read_text() if path.exists() else "" for path in (told, asked, kept, mark)]
        for path in (told, asked, kept, mark):
            path.unlink(missing_ok=True)
        return Ran(code, texts[0], texts[1].split(), texts[2].split(), texts[3].strip())


def surroundings() -> dict[str, str]:
    """Those of a run: the code under test, no files of bytecode, and no answer for a terminal."""
    path = os.pathsep.join(filter(None, (str(HERE.parent), os.environ.get("PYTHONPATH", ""))))
    return dict(os.environ) | {"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1", "EXTRACT_SERVED": "0"}


def build_shim(folder: Path) -> Path | None:
    """The library that makes faults; None where it cannot be made."""
    compiler = shutil.which("cc")
    if compiler is None or sys.platform != "linux":
        return None
    shim = folder / "crash_faults.so"
    done = subprocess.run(
        [compiler, "-shared", "-fPIC", "-o", shim, HERE / "crash_faults.c", "-ldl"], check=False, capture_output=True
    )
    return shim if done.returncode == 0 else None


# --- what is read and written --------------------------------------------------------------------------------


def write_corpus(folder: Path, texts: int) -> None:
    """Texts of which some get no valid answer, two are the same, and some cannot be read."""
    docs = folder / "docs"
    docs.mkdir(parents=True)
    (folder / "engine.py").write_text(ENGINE)
    for at in range(texts):
        (docs / f"{at:03}.txt").write_text(f"This is text-{at} about the sea.\n")
    (docs / "twin.txt").write_text("This is text-1 about the sea.\n")
    (docs / "unread.txt").write_bytes(b"\0\1\2" * 50)
    records: list[dict[str, str]] = [{"text": f"text-{1000 + texts}"}, {"none": ""}, {"text": f"text-{2000 + texts}"}]
    (folder / "notes.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))


def words_for(form: str, *more: str) -> list[str]:
    """The command of a form of output."""
    flags = ["-s", "title str", "-m", "engine.py:Engine", "--retries", "0", "--concurrency", "3"]
    return ["batch", "docs", "notes.jsonl", *flags, "-o", out_of(form), "--ledger", "kept.ledger", *more]


def out_of(form: str) -> str:
    return "out" if form == "folder" else f"out.{form}"
