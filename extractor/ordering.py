"""Work on many items at once, with the results in the order of the items."""

from __future__ import annotations

import asyncio
import inspect
from collections import deque
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable
from typing import Any, TypeVar, cast

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


async def in_order(
    items: Iterable[T], begin: Callable[[T], R | Coroutine[Any, Any, R]], places: Places
) -> AsyncGenerator[R, None]:
    """The results of items, in their order.

    `begin` gives a result at once, or work that takes a place. What is done early waits for its turn without keeping
    one; some windows of results at most, then for a slow item all others wait too.
    """
    waiting: deque[R | asyncio.Task[R]] = deque()
    at_once = 0
    try:
        for item in items:
            if places.is_closed:
                break
            found = begin(item)
            if inspect.iscoroutine(found):
                if not await _started(found, waiting, places):
                    break
            else:
                waiting.append(cast("R", found))
                at_once += 1
                if at_once % _IN_A_ROW == 0:
                    await asyncio.sleep(0)
            while waiting and (_is_there(waiting[0]) or len(waiting) >= _most(places)):
                yield await _taken(waiting)
        while waiting:
            yield await _taken(waiting)
    finally:
        tasks = [one for one in waiting if isinstance(one, asyncio.Task)]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _started(work: Coroutine[Any, Any, R], waiting: deque[R | asyncio.Task[R]], places: Places) -> bool:
    """Start some work once there is a place for it; False where there is none any more."""
    try:
        has_place = await places.take()
    except BaseException:
        work.close()
        raise
    if not has_place:
        work.close()
        return False
    task = asyncio.ensure_future(work)
    task.add_done_callback(lambda _: places.free())
    waiting.append(task)
    return True


def _is_there(one: object) -> bool:
    return not isinstance(one, asyncio.Task) or one.done()


async def _taken(waiting: deque[R | asyncio.Task[R]]) -> R:
    """The first result; it stays in the queue until it is there, so that nobody loses sight of it."""
    first = waiting[0]
    found = await first if isinstance(first, asyncio.Task) else first
    waiting.popleft()
    return found


def _most(places: Places) -> int:
    return max(_AHEAD * places.limit(), _LEAST_AHEAD)
