"""Many at once, or one alone: who had to be disturbed is repeated with nobody beside it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager


class Gate:
    """A shared and an exclusive way in, for the coroutines of one event loop; the exclusive one goes first."""

    def __init__(self) -> None:
        self._changed = asyncio.Condition()
        self._entered = 0
        self._alone = 0  # waiting or inside

    @asynccontextmanager
    async def shared(self) -> AsyncIterator[None]:
        """Enter beside others."""
        async with self._inside(lambda: not self._alone):
            yield

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Wait until all have left, and keep others out."""
        async with self._changed:
            self._alone += 1
        try:
            async with self._inside(lambda: not self._entered):
                yield
        finally:
            async with self._changed:
                self._alone -= 1
                self._changed.notify_all()

    @asynccontextmanager
    async def _inside(self, is_free: Callable[[], bool]) -> AsyncIterator[None]:
        """Enter once the way is free, and tell those who wait when it is left."""
        async with self._changed:
            await self._changed.wait_for(is_free)
            self._entered += 1
        try:
            yield
        finally:
            async with self._changed:
                self._entered -= 1
                self._changed.notify_all()
