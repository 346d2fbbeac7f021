"""The work of `extract serve`: keep an engine warm in the foreground, list what is kept, end it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from extractor import models
from extractor.cli.terminal import Screen, plain
from extractor.engines.llama.process import Child, Settings
from extractor.engines.llama.warm import Card, Place, Unfit, place_of, served
from extractor.errors import EngineError

_PATIENCE = 5.0  # seconds for a server to end


def serve(weights: models.Weights, settings: Settings, screen: Screen, *, idle_timeout: float, offline: bool) -> None:
    """Serve weights until nobody has used them for `idle_timeout` seconds (0: for ever).

    Raises `UsageError` where they are served already, `EngineError` where llama.cpp cannot load them or ends.
    """
    with _until_stopped(screen):
        _serve(weights, settings, screen, idle_timeout=idle_timeout, offline=offline)


def _serve(weights: models.Weights, settings: Settings, screen: Screen, *, idle_timeout: float, offline: bool) -> None:
    with screen.pulling() as on_progress:
        path = models.fetch(weights, offline=offline, on_progress=on_progress)
    place, before = place_of(path), path.stat()
    with place.claimed() as lock:
        child = Child(path, settings, lock)
    with _ended_with(child, place):
        with screen.working(f"{weights.name}: loading"):
            url = child.connect()
        whose = (str(path.resolve()), before.st_size, before.st_mtime_ns)
        place.publish(Card(weights.name, url, child.key, str(child.log), *whose, child.settings))
        ending = f"ends after {_spell(idle_timeout)} without use; " if idle_timeout else ""
        screen.say(f"serving {weights.name} on 127.0.0.1, {_count_slots(child.settings)}; {ending}Ctrl-C ends it")
        _watch(child, place, idle_timeout)


def print_served() -> None:
    """Print a line for each server: the name of its weights, process id, slots, and seconds since the last use."""
    for place in served():
        try:
            card, idle = place.read(), place.idle_seconds()
            name, told = card.name, f"{_count_slots(card.settings)}, idle {idle:.0f} s"
        except FileNotFoundError:
            name, told = "-", "loading"
        except Unfit as error:
            name, told = "-", f"its card {error}"
        print(plain(f"{name:22} pid {place.pid}, {told}"))


def stop_served() -> None:
    """End every server of this user on this machine, and wait for that; `EngineError` where one goes on."""
    for place in served():
        pid = place.pid
        if pid is None:
            continue
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
            os.kill(pid, signal.SIGCONT)  # where Ctrl-Z has stopped it
        until = time.monotonic() + _PATIENCE
        while not place.is_free():
            if time.monotonic() > until:
                raise EngineError(f"process {pid} has not ended", hint=f"kill -9 {pid}")
            time.sleep(0.05)
        print(f"ended {pid}")


class _Stopped(KeyboardInterrupt):
    """SIGTERM came, in order to end a server."""


@contextmanager
def _until_stopped(screen: Screen) -> Iterator[None]:
    """SIGTERM, as `--stop` and service managers send it, is how a server is meant to end: no error."""

    def stop(_number: int, _frame: object) -> None:
        raise _Stopped

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    except _Stopped:
        screen.say("ended by SIGTERM, as `extract serve --stop` sends it")
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _ended_with(child: Child, place: Place) -> Iterator[None]:
    """End the child and remove the card, whatever happens; the log stays where an error names it."""
    keep_log = False
    try:
        yield
    except EngineError:
        keep_log = True
        raise
    finally:
        place.card.unlink(missing_ok=True)
        child.close(keep_log=keep_log)


def _watch(child: Child, place: Place, idle_timeout: float) -> None:
    """Wait until nobody has used the server for long enough; asleep meanwhile."""
    left = idle_timeout
    while not child.wait(left or None):
        left = place.retire(idle_timeout)
        if not left:
            return
    raise EngineError(f"llama.cpp ended {child.ending()}", hint=f"its log: {child.log}; serve again")


def _count_slots(settings: Settings) -> str:
    return f"{settings.slots} slot{'' if settings.slots == 1 else 's'}"


def _spell(seconds: float) -> str:
    """900.0 → '15 min', 90.0 → '90 s'."""
    return f"{seconds / 60:g} min" if seconds % 60 == 0 else f"{seconds:g} s"
