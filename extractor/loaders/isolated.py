"""Have a file read in a process of its own, which is kept for the next one."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from extractor.loaders.kinds import Kind, named
from extractor.loaders.loaded import Loaded, Reading, UnreadableError

_SECONDS = 120.0  # for one file
_DAMAGED = "it may be damaged: save it anew, or convert it to text"
_ROOT = str(Path(__file__).parents[2])
_CHILD = "import sys; sys.path.insert(0, sys.argv.pop(1)); from extractor.loaders.child import main; main()"


class _Child:
    """One such process; a file that it does not survive is told as that."""

    def __init__(self) -> None:
        self._is_late = False
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", _CHILD, _ROOT],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for the run, which ends it
        )

    def read(self, request: dict[str, Any], data: bytes, seconds: float) -> dict[str, Any] | None:
        """Its answer; None where it ended before, or took too long and was ended."""
        clock = threading.Timer(seconds, self._stop)
        clock.daemon = True
        clock.start()
        try:
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            self._process.stdin.write(json.dumps(request).encode() + b"\n" + data)
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except OSError:
            line = b""
        finally:
            clock.cancel()
        answer: dict[str, Any] | None = json.loads(line) if line.endswith(b"\n") else None
        return answer

    def _stop(self) -> None:
        self._is_late = True
        self._process.kill()

    @property
    def is_there(self) -> bool:
        """Whether it can be asked; a system that is short of memory ends also what waits."""
        return self._process.poll() is None

    def fault(self) -> tuple[str, str]:
        """Why it gave no answer, and what to do about it."""
        code = self._process.wait()
        if self._is_late:
            return f"took longer than {_SECONDS:.0f} s to be read", _DAMAGED
        if code == -9:  # noqa: PLR2004  # SIGKILL, and it is not ours
            return (
                "what reads such files was killed from outside: is the memory full?",
                "try again with more of it free",
            )
        return "crashed what reads such files", _DAMAGED

    def end(self) -> None:
        """Let it go."""
        self._process.kill()
        self._process.wait()
        self._close()

    def leave(self) -> None:
        """Let go of it where it is the child of the process that this one was forked from."""
        self._process.returncode = 0  # so that nobody asks what became of it
        self._close()

    def _close(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):  # of what it was not there to read
                    pipe.close()


_idle: list[_Child] = []


def read_isolated(kind: Kind, name: str, data: bytes, reading: Reading, charset: str = "") -> Loaded:
    """What a reader makes of a file; raises `UnreadableError`."""
    how = {"raw": reading.raw, "charset": charset, "given": reading.charset}
    request = {"kind": kind, "name": name, **how, "size": len(data)}
    child = _taken()
    answer = None
    try:
        answer = child.read(request, data, _SECONDS)
        if answer is None:
            why, hint = child.fault()
            raise UnreadableError(f"{named(kind)}: {why}", hint)
    finally:
        if answer is None:
            child.end()
        else:
            _idle.append(child)
    if "error" in answer:
        raise UnreadableError(answer["error"], answer["hint"])
    return Loaded(answer["text"], tuple(answer["notes"]), answer["metadata"])


def _taken() -> _Child:
    """One that waits, or a new one."""
    while True:
        try:
            child = _idle.pop()  # atomic: threads share them
        except IndexError:
            return _Child()
        if child.is_there:
            return child
        child.end()


@atexit.register
def _end() -> None:
    while _idle:
        _idle.pop().end()


def _leave() -> None:
    """A forked process has no right to the children, which answer one process at a time: it starts its own."""
    while _idle:
        _idle.pop().leave()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_leave)
