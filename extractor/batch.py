"""Many documents: a bounded window of them at once, records in the order of the input."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from extractor.errors import EngineUnavailable, SourceError
from extractor.pipeline import extract
from extractor.sources import Source, load
from extractor.talk import Options
from extractor.text import is_known, main_script
from extractor.types import Document, Engine, Extraction, Problem, Schema

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
            document = await _apart(lambda: load(source))
        except SourceError as error:
            fault = (Problem.of(error),)
            mode = options.mode or engine.modes[0]
            return Extraction(source.label, None, schema.id, engine.id, mode, errors=fault)
        return await extract(_with_language_note(document, engine.id, languages), schema, engine, options)

    async for record in in_order(sources, one, window):
        yield record


async def in_order(items: Iterable[T], work: Callable[[T], Awaitable[R]], window: int) -> AsyncGenerator[R, None]:
    """Results in the order of the items, with at most `window` of them being worked on."""
    waiting: deque[asyncio.Task[R]] = deque()
    try:
        for item in items:
            waiting.append(asyncio.ensure_future(work(item)))
            if len(waiting) >= window:
                yield await waiting.popleft()
        while waiting:
            yield await waiting.popleft()
    finally:
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)


async def _apart(work: Callable[[], R]) -> R:
    """Run what may block for ever (a pipe, a network drive) beside the loop, so that Ctrl-C and others go on.

    In a daemon thread of its own: the loop's executor would wait for it at the end.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[R] = loop.create_future()

    def run() -> None:
        try:
            outcome, settle = work(), future.set_result
        except Exception as error:  # noqa: BLE001  # whoever awaits gets it
            outcome, settle = error, future.set_exception  # type: ignore[assignment]
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(lambda: None if future.done() else settle(outcome))

    threading.Thread(target=run, daemon=True).start()
    return await future


def _with_language_note(document: Document, engine: str, languages: Sequence[str]) -> Document:
    script = main_script(document.text)
    if script is None or is_known(script, languages):
        return document
    note = f"the text is mostly {script}, which {engine} was not trained on ({', '.join(languages)} only)"
    return replace(document, notes=(*document.notes, note))
