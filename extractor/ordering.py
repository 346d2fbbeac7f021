"""Work on many items at once, with the results in the order of the items."""

from __future__ import annotations

import asyncio
import inspect
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Coroutine, Iterable
from typing import Any, Generic, TypeVar, cast

_AHEAD = 4  # windows of results that may wait for their turn
_LEAST_AHEAD = 256  # results, however small the window is
_IN_A_ROW = 32  # results without work, after which those that work get a turn

T = TypeVar("T")
R = TypeVar("R")


class Places:
    """Places for what is under way at once; `limit` is asked each time, since it may change."""

    def __init__(self, limit: Callable[[], int]) -> None:
        self.limit = limit
        self.is_closed = False
        self.when_closed: Callable[[], None] = lambda: None
        self._taken = 0
        self._freed = asyncio.Event()

    async def take(self) -> bool:
        """Wait for a place; False where none will be given any more."""
        while not self.is_closed and self._taken >= max(1, self.limit()):
            self._freed.clear()
            await self._freed.wait()
        self._taken += not self.is_closed
        return not self.is_closed

    def free(self) -> None:
        """Give a place back."""
        self._taken -= 1
        self._freed.set()

    def close(self) -> None:
        """Give no more places: what is under way is finished, and nothing else begun."""
        self.is_closed = True
        self._freed.set()
        self.when_closed()


async def in_order(
    items: Iterable[T] | AsyncIterable[T], begin: Callable[[T], R | Coroutine[Any, Any, R]], places: Places
) -> AsyncGenerator[R, None]:
    """The results of items, in their order.

    `begin` gives a result at once, or work that takes a place. What is done early waits for its turn without keeping
    one; some windows of results at most, then for a slow item all others wait too. No result waits for an item that is
    slow to come.
    """
    queue = _Queue[R](places)
    feeder = asyncio.ensure_future(_feed(items, begin, queue))
    feeder.add_done_callback(lambda _: queue.changed.set())
    places.when_closed = queue.changed.set
    try:
        while True:
            queue.changed.clear()
            while queue.is_first_there():
                yield await queue.pop()
            if feeder.done():
                feeder.result()  # raises what went wrong with the items
            if not queue.waiting and (feeder.done() or places.is_closed):
                return
            await queue.changed.wait()
    finally:
        tasks = [feeder, *(one for one in queue.waiting if isinstance(one, asyncio.Task))]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class _Queue(Generic[R]):
    """Results, and work that will give one, in order; `changed` is set when there is a reason to look again."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self.waiting: deque[R | asyncio.Task[R]] = deque()
        self.changed = asyncio.Event()
        self._popped = asyncio.Event()

    def is_first_there(self) -> bool:
        """Whether the first one is a result, or work that is done."""
        if not self.waiting:
            return False
        first = self.waiting[0]
        return not isinstance(first, asyncio.Task) or first.done()

    async def pop(self) -> R:
        """The first result."""
        first = self.waiting.popleft()
        self._popped.set()
        return await first if isinstance(first, asyncio.Task) else first

    async def room(self) -> None:
        """Wait until there is room for one more."""
        while len(self.waiting) >= max(_AHEAD * self.places.limit(), _LEAST_AHEAD):
            self._popped.clear()
            await self._popped.wait()

    def put(self, one: R | asyncio.Task[R]) -> None:
        """Add a result, or work."""
        self.waiting.append(one)
        self.changed.set()

    def end(self, _: object) -> None:
        """Some work is done."""
        self.places.free()
        self.changed.set()


async def _feed(
    items: Iterable[T] | AsyncIterable[T], begin: Callable[[T], R | Coroutine[Any, Any, R]], queue: _Queue[R]
) -> None:
    """Put what comes of each item into the queue, until there are no more places."""
    at_once = 0
    async for item in items if isinstance(items, AsyncIterable) else _each(items):
        await queue.room()
        if queue.places.is_closed:
            return
        found = begin(item)
        if not inspect.iscoroutine(found):
            queue.put(cast("R", found))
            at_once += 1
            if at_once % _IN_A_ROW == 0:
                await asyncio.sleep(0)
        elif await _has_place(found, queue.places):
            task = asyncio.ensure_future(found)
            task.add_done_callback(queue.end)
            queue.put(task)


async def _each(items: Iterable[T]) -> AsyncGenerator[T, None]:
    for item in items:
        yield item


async def _has_place(work: Coroutine[Any, Any, Any], places: Places) -> bool:
    """Wait for a place for some work; without one it is never begun."""
    has_place = False
    try:
        has_place = await places.take()
    finally:
        if not has_place:
            work.close()
    return has_place
