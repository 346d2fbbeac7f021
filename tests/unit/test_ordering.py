"""Work in order: order, bound, laziness, and what happens to the others when one fails."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted import quick

from extractor.ordering import Places, in_order


def ordered(items: Iterable[int], begin: Callable[[int], Coroutine[Any, Any, int]], window: int) -> AsyncIterator[int]:
    return in_order(items, begin, Places(lambda: window))


class Worker:
    """Counts what is under way; `pauses` are the loop turns that each item takes."""

    def __init__(self, pauses: Iterable[int] = ()) -> None:
        self.pauses = itertools.chain(pauses, itertools.repeat(1))
        self.running = 0
        self.most = 0
        self.started = 0
        self.cancelled: list[int] = []

    async def __call__(self, item: int) -> int:
        pauses = next(self.pauses)
        self.started += 1
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            for _ in range(pauses):
                await asyncio.sleep(0)
        except asyncio.CancelledError:
            self.cancelled.append(item)
            raise
        finally:
            self.running -= 1
        return item * 10


async def collect(results: AsyncIterator[int]) -> list[int]:
    return [result async for result in results]


@quick(80)
@given(st.lists(st.integers(0, 12), max_size=25), st.integers(1, 6))
def test_results_come_in_the_order_of_the_items_within_the_window(pauses: list[int], window: int) -> None:
    work = Worker(pauses)
    results = asyncio.run(collect(ordered(range(len(pauses)), work, window)))
    assert results == [item * 10 for item in range(len(pauses))]
    assert work.most <= window
    assert work.running == 0


@pytest.mark.parametrize("window", [1, 2, 5, 16])
def test_the_window_is_made_full_use_of(window: int) -> None:
    work = Worker(itertools.repeat(20))
    asyncio.run(collect(ordered(range(window * 3), work, window)))
    assert work.most == window


def test_what_is_done_early_keeps_no_place_up_to_a_bound() -> None:
    work = Worker([10**6])

    async def run() -> None:
        first = asyncio.ensure_future(anext(results := ordered(range(1000), work, 2)))
        for _ in range(2000):
            await asyncio.sleep(0)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        await results.aclose()

    asyncio.run(run())
    assert (work.started, work.most, work.running) == (256, 2, 0)


def test_items_are_taken_as_they_are_needed() -> None:
    taken = 0

    def items() -> Iterator[int]:
        nonlocal taken
        for item in range(1_000_000):
            taken += 1
            yield item

    async def first(count: int) -> list[int]:
        results = ordered(items(), Worker(), 4)
        found = [await anext(results) for _ in range(count)]
        await results.aclose()
        return found

    assert asyncio.run(first(3)) == [0, 10, 20]
    assert taken <= 3 + 2 * 4


def test_a_failure_comes_in_its_turn_and_cancels_the_rest() -> None:
    work = Worker(itertools.repeat(1000))
    seen: list[int] = []

    async def one(item: int) -> int:
        if item == 2:
            raise RuntimeError("the third")
        if item < 2:
            return item
        return await work(item)

    async def run() -> None:
        async for result in ordered(range(100), one, 4):
            seen.append(result)  # noqa: PERF401

    with pytest.raises(RuntimeError, match="the third"):
        asyncio.run(run())
    assert seen == [0, 1]
    assert work.cancelled == list(range(3, 3 + work.started))
    assert work.started <= 3
    assert work.running == 0


def test_leaving_early_cancels_the_rest() -> None:
    work = Worker([0, *[1000] * 10])

    async def run() -> int:
        results = ordered(range(100), work, 3)
        first = await anext(results)
        await asyncio.sleep(0)
        await results.aclose()
        assert work.running == 0
        return first

    assert asyncio.run(run()) == 0
    assert work.cancelled == list(range(1, work.started))


def test_a_cancelled_run_leaves_nothing_under_way() -> None:
    work = Worker(itertools.repeat(10**9))

    async def run() -> None:
        task = asyncio.ensure_future(collect(ordered(range(10), work, 3)))
        for _ in range(5):
            await asyncio.sleep(0)
        assert work.running == 3
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert work.running == 0

    asyncio.run(run())
    assert sorted(work.cancelled) == [0, 1, 2]


def test_items_that_fail_to_come_end_the_run_and_leave_nothing_under_way() -> None:
    work = Worker(itertools.repeat(1000))

    def items() -> Iterator[int]:
        yield from range(2)
        raise OSError("the list is gone")

    with pytest.raises(OSError, match="the list is gone"):
        asyncio.run(collect(ordered(items(), work, 4)))
    assert work.running == 0


def test_nothing_to_do() -> None:
    assert asyncio.run(collect(ordered([], Worker(), 3))) == []


def test_what_is_there_at_once_takes_no_place_and_its_turn() -> None:
    work = Worker(itertools.repeat(3))
    seen: list[str] = []

    def begin(item: int) -> int | Coroutine[Any, Any, int]:
        seen.append(f"{item} begun")
        return item * 10 if item % 3 else work(item)

    assert asyncio.run(collect(in_order(range(100), begin, Places(lambda: 1)))) == [item * 10 for item in range(100)]
    assert work.most == 1
    assert seen == [f"{item} begun" for item in range(100)]


def test_many_that_are_there_at_once_do_not_keep_the_others_from_their_work() -> None:
    turns = 0

    async def slow() -> int:
        nonlocal turns
        for _ in range(20):
            await asyncio.sleep(0)
            turns += 1
        return -1

    async def run() -> int:
        results = in_order(range(10_000), lambda item: item or slow(), Places(lambda: 4))
        first = await anext(results)
        await results.aclose()
        return first

    assert asyncio.run(run()) == -1
    assert turns == 20


def test_a_limit_that_changes() -> None:
    limit = 1
    work = Worker(itertools.repeat(5))

    async def run() -> list[int]:
        nonlocal limit
        most = []
        places = Places(lambda: limit)  # it is to change
        async for result in in_order(range(40), work, places):
            most.append(work.most)
            work.most = work.running
            limit = 4 if result < 200 else 1
        return most

    most = asyncio.run(run())
    assert max(most) == 4
    assert most[-10:] == [1] * 10


def test_closed_places_let_what_is_under_way_finish() -> None:
    work = Worker(itertools.repeat(10))
    places = Places(lambda: 3)

    async def run() -> list[int]:
        asyncio.get_running_loop().call_later(0, places.close)
        return [found async for found in in_order(range(100), work, places)]

    assert asyncio.run(run()) == [0, 10, 20]
    assert (work.started, work.cancelled) == (3, [])


def test_no_result_waits_for_an_item_that_is_slow_to_come() -> None:
    async def run() -> tuple[list[int], list[int]]:
        is_due = asyncio.Event()

        async def items() -> AsyncIterator[int]:
            yield 0
            yield 1
            await is_due.wait()
            yield 2

        results = in_order(items(), Worker(), Places(lambda: 1))
        first = [await anext(results), await anext(results)]
        is_due.set()
        return first, [found async for found in results]

    assert asyncio.run(run()) == ([0, 10], [20])


def test_closed_places_wait_for_no_further_item() -> None:
    async def run() -> list[int]:
        async def items() -> AsyncIterator[int]:
            yield 0
            await asyncio.sleep(3600)
            yield 1

        places = Places(lambda: 1)
        found = []
        async for result in in_order(items(), Worker(), places):
            found.append(result)
            places.close()
        return found

    assert asyncio.run(run()) == [0]
