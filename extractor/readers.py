"""Load sources beside the event loop, those that take no time on the spot."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import AsyncGenerator, Callable, Iterable
from queue import SimpleQueue
from typing import Generic, TypeVar

from extractor.sources import Source, is_small, load
from extractor.types import Document

_QUICK = 0.05  # seconds
_MOST_WAITING = 512  # items that were taken, and are not wanted yet

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
        """Items that may be slow to come, taken in a thread of their own; raises what taking them raises."""
        flow = _Flow[R](asyncio.get_running_loop())
        threading.Thread(target=flow.fill, args=(items,), daemon=True).start()
        try:
            while found := await flow.some():
                for item in found:
                    yield item
        finally:
            flow.is_wanted = False
        if flow.fault is not None:
            raise flow.fault

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


class _Flow(Generic[R]):
    """Items on their way from a thread to the loop, which is woken only where it waits: that takes longer than most."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.is_wanted = True
        self.fault: BaseException | None = None
        self._loop = loop
        self._items: list[R] = []
        self._has_ended = False
        self._waiter: asyncio.Future[None] | None = None
        self._changed = threading.Condition()

    def fill(self, items: Iterable[R]) -> None:
        """Put all items in, as there is room for them."""
        try:
            for item in items:
                with self._changed:
                    self._items.append(item)
                    self._wake()
                    while self.is_wanted and len(self._items) >= _MOST_WAITING:
                        self._changed.wait(1.0)
                if not self.is_wanted:
                    return
        except BaseException as error:  # noqa: BLE001  # it is raised where the items are asked for
            self.fault = error
        with self._changed:
            self._has_ended = True
            self._wake()

    async def some(self) -> list[R]:
        """What is there, once there is anything; nothing at the end."""
        while True:
            with self._changed:
                found, self._items = self._items, []
                self._changed.notify()
                if found or self._has_ended:
                    return found
                self._waiter = waiter = self._loop.create_future()
            await waiter

    def _wake(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
                self._loop.call_soon_threadsafe(_settle, waiter)


def _settle(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)
