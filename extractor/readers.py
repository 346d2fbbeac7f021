"""Load sources beside the event loop, those that take no time on the spot."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import AsyncGenerator, Callable, Iterable
from queue import SimpleQueue
from typing import TypeVar, cast

from extractor.sources import Source, is_small, load
from extractor.types import Document

_QUICK = 0.05  # seconds

R = TypeVar("R")


class Readers:
    """Threads for what may block for ever (a pipe, a network drive), so that Ctrl-C and other documents go on.

    Daemons, since the loop's executor would wait for them at the end. An idle one is taken again: to start a thread
    holds up the loop, and with it the answers of a fast server. So does the way to a thread and back, which takes many
    times as long as a small file: those are read on the spot, until one was slow.
    """

    def __init__(self) -> None:
        self._are_quick = True
        self._work: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._started = 0
        self._idle = 0

    def are_quick(self, source: Source) -> bool:
        """Whether a source can be read on the spot."""
        return self._are_quick and is_small(source)

    def load_now(self, source: Source) -> Document:
        """The document of a source, read on the spot; raises `SourceError`."""
        started = time.monotonic()
        try:
            return load(source)
        finally:
            self._are_quick = time.monotonic() - started < _QUICK

    async def load(self, source: Source) -> Document:
        """The document of a source, read beside the loop; raises `SourceError`."""
        return await self.run(lambda: load(source))

    async def beside(self, items: Iterable[R]) -> AsyncGenerator[R, None]:
        """Items that may be slow to come, each taken beside the loop."""
        coming, end = iter(items), object()
        while (item := await self.run(lambda: next(coming, end))) is not end:
            yield cast("R", item)

    async def run(self, work: Callable[[], R]) -> R:
        """The outcome of some work, done beside the loop."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[R] = loop.create_future()

        def do() -> None:
            try:
                outcome, settle = work(), future.set_result
            except Exception as error:  # noqa: BLE001  # whoever awaits gets it
                outcome, settle = error, future.set_exception  # type: ignore[assignment]
            with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(self._settle, future, lambda: settle(outcome))

        if self._idle:
            self._idle -= 1
        else:
            self._started += 1
            threading.Thread(target=self._serve, daemon=True).start()
        self._work.put(do)
        return await future

    def close(self) -> None:
        """Let the idle threads go, and the busy ones once they are done."""
        for _ in range(self._started):
            self._work.put(None)

    def _settle(self, future: asyncio.Future[R], settle: Callable[[], None]) -> None:
        self._idle += 1
        if not future.done():
            settle()

    def _serve(self) -> None:
        while (do := self._work.get()) is not None:
            do()
