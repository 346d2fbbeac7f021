"""Signals of a run: the first lets it finish what is under way, the second stops it."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Iterator

from extractor.batch import Batch
from extractor.brevity import few
from extractor.cli.terminal import Screen


@contextlib.contextmanager
def draining(batch: Batch, screen: Screen) -> Iterator[None]:
    """At the first Ctrl-C (or SIGTERM, SIGHUP) finish what is under way, at the second stop at once."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None

    def stop() -> None:
        if batch.ended_by is None:
            waits = f"waiting for {few(batch.under_way, 1)}; " if batch.under_way else ""
            screen.say(f"stopping: {waits}Ctrl-C once more stops at once")
            batch.stop(KeyboardInterrupt())
        else:
            task.cancel()

    with _handled(loop, stop):
        yield


@contextlib.contextmanager
def _handled(loop: asyncio.AbstractEventLoop, stop: Callable[[], None]) -> Iterator[None]:
    numbers = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in numbers}
    wanted = [number for number in numbers if before[number] is not signal.SIG_IGN]
    try:
        for number in wanted:
            loop.add_signal_handler(number, stop)
    except (NotImplementedError, RuntimeError):  # Windows, or not in the main thread: Ctrl-C stops at once
        wanted = []
    try:
        yield
    finally:
        for number in wanted:
            loop.remove_signal_handler(number)
            signal.signal(number, before[number])
