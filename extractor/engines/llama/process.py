"""Start llama.cpp as a child process and watch it: address and key over stdio, the log in a file.

Nothing heavy is imported here, so that the child starts before the rest of the program is loaded.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import select
import signal
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from extractor import models
from extractor.engines.machine import context_for, usable_cores
from extractor.errors import EngineError
from extractor.gguf import read_header

_CHILD = Path(__file__).with_name("child.py")

# Measured on 2 cores: four requests at once give 1.5 times the documents per second of one, eight give less.
SLOTS = 4

# OpenMP's threads spin while they wait for each other. On a machine that has anything else to do they then burn the
# time slices that the last one needs. Measured on 2 cores, seconds for one article: idle 4.7 with this, 4.7 without
# and 7.1 with OMP_WAIT_POLICY=passive; beside two busy processes 11.7, 16.0 and 14.9.
_ENVIRONMENT = {"GOMP_SPINCOUNT": "1000"}

_EXIT_SECONDS = 1.0
_LOG_DAYS = 7


@dataclass(frozen=True, slots=True)
class Settings:
    """How to run llama.cpp; None is chosen from the machine. `context` is in tokens, shared by all slots."""

    slots: int | None = None
    threads: int | None = None
    gpu_layers: int | None = None
    context: int | None = None
    verbose: bool = False


class Child:
    """One child process; `connect` waits until the weights are loaded.

    `lock` is the descriptor of a locked file: the child holds it for as long as it lives. It serves others then, so
    what a terminal does to our process group (Ctrl-Z) is not for it.
    """

    def __init__(self, weights: Path, settings: Settings, lock: int | None = None) -> None:
        self.key = secrets.token_urlsafe(32)
        self.settings = _chosen(weights, settings)  # raises before anything is started
        self.log = _new_log()
        self._weights = weights
        self._connecting = threading.Lock()
        self._url: str | None = None
        with self.log.open("wb") as log:
            # -P keeps the script's own folder and the current one off the import path.
            self._process = subprocess.Popen(
                [sys.executable, "-P", str(_CHILD)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                pass_fds=() if lock is None else (lock,),
                process_group=None if lock is None else 0,
                env=_ENVIRONMENT | os.environ,
            )
        self._send({"model": str(weights), "key": self.key, **_sent(self.settings)})

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def connect(self) -> str:
        """The URL of the server, after the weights are loaded (blocks); `EngineError` where they cannot be."""
        with self._connecting:  # who waited for it may have been cancelled, its thread goes on
            if self._url is None:
                self._url = self._read_url()
            return self._url

    def _read_url(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        answer = json.loads(line) if line else {"error": f"llama.cpp ended {self.ending()}"}
        if "error" in answer:
            self.close(keep_log=True)
            answer["error"] = self._last_complaint() or answer["error"]
            hint = f"the file may be damaged, or too large for the memory; its log: {self.log}"
            raise EngineError(f"cannot load {self._weights.name}: {answer['error']}", hint=hint)
        return str(answer["url"])

    def _last_complaint(self) -> str | None:
        """What llama.cpp has against the weights, from its log; that goes with an engine closed while it loads."""
        try:
            lines = self.log.read_text("utf-8", "replace").splitlines()
        except FileNotFoundError:
            return None
        found = (line.partition("error loading model: ")[2] for line in lines)
        return next(filter(None, found), None)

    def hold(self) -> contextlib.AbstractContextManager[None]:
        """Nothing to do, while a request is under way: it is ours and goes on."""
        return contextlib.nullcontext()

    def wait(self, seconds: float | None) -> bool:
        """Whether it ends within some seconds, None for ever; its stdout, silent once it has loaded, closes then."""
        assert self._process.stdout is not None
        return bool(select.select([self._process.stdout], [], [], seconds)[0])

    def ended(self, wait: float = 1.0) -> bool:
        """Whether the process is gone; a broken connection comes a moment before that can be seen."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(wait)
        return self._process.poll() is not None

    def ending(self) -> str:
        """How it ended, for people: 'by signal SIGSEGV', 'with exit status 1'."""
        code = self._process.wait()
        return f"by signal {signal.Signals(-code).name}" if code < 0 else f"with exit status {code}"

    def close(self, *, keep_log: bool = False) -> None:
        """End the process: close its stdin, and kill it where that is not enough. Its log goes with it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        if not self.ended(_EXIT_SECONDS):
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()  # only now: another thread may be reading from it
        if not keep_log:
            self.log.unlink(missing_ok=True)

    def _send(self, settings: dict[str, object]) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # `connect` tells how it ended
            self._process.stdin.write(json.dumps(settings).encode() + b"\n")
            self._process.stdin.flush()


def dropped_grammar(log: Path, since: int) -> str | None:
    """The line in which llama.cpp says that it dropped a grammar, in a log after `since` bytes."""
    with log.open("rb") as file:
        file.seek(since)
        text = file.read().decode("utf-8", "replace")
    return next((line.partition("llg error: ")[2] for line in text.splitlines() if "llg error" in line), None)


def _chosen(weights: Path, settings: Settings) -> Settings:
    """The settings with what was left to the machine filled in."""
    header = read_header(weights)
    return replace(
        settings,
        slots=settings.slots or SLOTS,
        threads=settings.threads or usable_cores(),
        gpu_layers=-1 if settings.gpu_layers is None else settings.gpu_layers,  # -1: as many as fit
        context=settings.context or context_for(header),
    )


def _sent(settings: Settings) -> dict[str, object]:
    """The settings as the child reads them."""
    sent = asdict(settings)
    sent["verbosity"] = 3 if sent.pop("verbose") else 1  # 1 is the least that shows a dropped grammar
    return sent


def _new_log() -> Path:
    """A private file for the log of one child; those of crashed ones are kept for a week."""
    folder = models.store().with_name("logs")
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("llama-*.log"):
        with contextlib.suppress(OSError):
            if time.time() - old.stat().st_mtime > _LOG_DAYS * 86_400:
                old.unlink()
    path = folder / f"llama-{os.getpid()}-{secrets.token_hex(4)}.log"
    path.touch(mode=0o600)
    return path
