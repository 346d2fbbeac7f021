"""Work that many wait for is done once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Once(Generic[T]):
    """Begins the work when it is first asked for; whoever waits gets its result, or shares its failure.

    Who asks after a failure begins it anew. One who is cancelled leaves the others their work. `has_failed` says how
    it ended the last time.
    """

    def __init__(self, work: Callable[[], Coroutine[Any, Any, T]]) -> None:
        self._work = work
        self._task: asyncio.Task[T] | None = None
        self.has_failed = False

    async def __call__(self) -> T:
        """The result of the work."""
        if self._task is None or (self._task.done() and self.has_failed):
            self._task = asyncio.ensure_future(self._work())
            self._task.add_done_callback(self._note)
        return await asyncio.shield(self._task)

    async def aclose(self) -> None:
        """Stop the work that is under way."""
        if self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _note(self, task: asyncio.Task[T]) -> None:
        self.has_failed = task.cancelled() or task.exception() is not None
