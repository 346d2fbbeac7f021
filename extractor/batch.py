"""Many documents: a bounded window of them at once, records in the order of the input."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from queue import SimpleQueue
from typing import TypeVar

from extractor.errors import EngineUnavailable, SourceError
from extractor.pipeline import extract, unread
from extractor.sources import Source, is_small, load
from extractor.talk import Options
from extractor.text import is_known, main_script
from extractor.types import Document, Engine, Extraction, Schema

_AHEAD = 4  # windows of results that may wait for their turn
_QUICK = 0.05  # seconds

T = TypeVar("T")
R = TypeVar("R")


@dataclass(slots=True)
class Tally:
    """Counts of a run, and the exit code that follows from them."""

    done: int = 0
    failed: int = 0
    unanswered: int = 0

    def add(self, record: Extraction) -> None:
        """Count one record."""
        self.done += 1
        self.failed += not record.ok
        self.unanswered += any(problem.kind == EngineUnavailable.__name__ for problem in record.errors)

    @property
    def exit_code(self) -> int:
        """0 all valid, 1 some failed, 3 the engine answered none."""
        if self.done and self.unanswered == self.done:
            return EngineUnavailable.exit_code
        return 1 if self.failed else 0


async def extract_all(
    sources: Iterable[Source],
    schema: Schema,
    engine: Engine,
    options: Options,
    *,
    window: int = 1,
    languages: Sequence[str] = (),
) -> AsyncGenerator[Extraction, None]:
    """The record of each source, `window` of them under way at once; only those are in memory.

    A source that cannot be loaded is a failed record. `languages` are what the weights know (ISO 639-1): a text
    in another script gets a note.
    """

    async def one(source: Source) -> Extraction:
        try:
            document = await readers.load(source)
        except SourceError as error:
            return unread(source.label, error, schema, engine, options)
        return await extract(_with_language_note(document, engine.id, languages), schema, engine, options)

    readers = _Readers()
    try:
        async for record in in_order(sources, one, window):
            yield record
    finally:
        readers.close()


async def in_order(items: Iterable[T], work: Callable[[T], Awaitable[R]], window: int) -> AsyncGenerator[R, None]:
    """Results in the order of the items, with at most `window` of them being worked on.

    What is done early waits for its turn without keeping a place; some windows of results at most, then for a slow
    item all others wait too.
    """
    waiting: deque[asyncio.Task[R]] = deque()
    places = asyncio.Semaphore(window)
    try:
        for item in items:
            await places.acquire()
            waiting.append(asyncio.ensure_future(work(item)))
            waiting[-1].add_done_callback(lambda _: places.release())
            while waiting and (waiting[0].done() or len(waiting) >= _AHEAD * window):
                yield await waiting.popleft()
        while waiting:
            yield await waiting.popleft()
    finally:
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)


class _Readers:
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

    async def load(self, source: Source) -> Document:
        """The document of a source; raises `SourceError`."""
        if not (self._are_quick and is_small(source)):
            return await self.run(lambda: load(source))
        started = time.monotonic()
        try:
            return load(source)
        finally:
            self._are_quick = time.monotonic() - started < _QUICK

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


def _with_language_note(document: Document, engine: str, languages: Sequence[str]) -> Document:
    script = main_script(document.text)
    if script is None or is_known(script, languages):
        return document
    note = f"the text is mostly {script}, which {engine} was not trained on ({', '.join(languages)} only)"
    return replace(document, notes=(*document.notes, note))
