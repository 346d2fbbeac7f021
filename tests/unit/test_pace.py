"""Turns: in order, as fast as they may be, and without a hole where somebody left."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from itertools import pairwise
from typing import Any

import pytest
import virtual

from extractor.engines.account import Budget
from extractor.engines.own import kept
from extractor.engines.pace import Pace, read_concurrency
from extractor.engines.session import Session
from extractor.errors import BudgetSpent, EngineUnavailable, UsageError
from extractor.types import Completion, Continuation, Message, Request, Usage

REQUEST = Request((Message("user", "A text of some words."),), timeout=10.0)
DONE = Completion("{}", "stop", Usage(10, 0, 20))


def times(pace: Pace, count: int, leave: Callable[[list[asyncio.Task[float]]], Awaitable[Any]] | None = None) -> Any:
    """When each of some requests went out, in their order; infinite where it never did."""

    async def one() -> float:
        turn = pace.turn(REQUEST)
        await turn.enter(math.inf)
        with turn:
            return virtual.now()

    async def main() -> list[float]:
        tasks = [asyncio.ensure_future(one()) for _ in range(count)]
        if leave:
            await leave(tasks)
        done = await asyncio.gather(*tasks, return_exceptions=True)
        assert pace.under_way == 0
        return [at if isinstance(at, float) else math.inf for at in done]

    return virtual.run(main())


def test_requests_go_in_their_order_and_not_faster() -> None:
    gone = times(Pace(rpm=10), 25)
    assert gone == sorted(gone)
    assert gone[9] < 60.0 <= gone[10]
    assert gone[24] < 160.0


def test_who_leaves_the_queue_leaves_no_hole() -> None:
    async def leave(tasks: list[asyncio.Task[float]]) -> None:
        await asyncio.sleep(7.0)
        for task in tasks[2:5]:
            task.cancel()

    gone = times(Pace(rpm=10), 8, leave)
    assert gone[2:5] == [math.inf] * 3
    assert [*gone[:2], *gone[5:]] == pytest.approx(times(Pace(rpm=10), 5), abs=0.01)


def test_without_rates_nobody_waits() -> None:
    assert times(Pace(concurrency=3), 500) == [0.0] * 500


def test_tokens_are_held_before_they_are_used() -> None:
    async def main() -> list[float]:
        pace, seen = Pace(tpm=6000), []
        for _ in range(6):
            turn = pace.turn(REQUEST)
            await turn.enter(math.inf)
            with turn:
                seen.append(virtual.now())
                turn.answered(Completion("x", "stop", Usage(1000, 0, 1000)))
        return seen

    gone = virtual.run(main())
    assert gone[0] == 0.0
    assert all(19 < later - earlier < 23 for earlier, later in pairwise(gone))


def test_tokens_that_are_known_are_held_as_they_are_and_nothing_is_learnt_from_them() -> None:
    async def main() -> list[float]:
        pace, seen = Pace(tpm=6000), []
        for tokens in (1000, 1000, 0, None):
            turn = pace.turn(REQUEST, tokens)
            await turn.enter(math.inf)
            with turn:
                seen.append(virtual.now())
        return seen

    first, second, third, last = virtual.run(main())
    assert first == 0.0
    assert 9 < second < third < last < 24, "the bucket is full again, then the request is one of 256 tokens"


def test_what_is_asked_beside_an_answer_goes_out_when_the_run_ends() -> None:
    async def main() -> float:
        pace = Pace()
        pace.end()
        with pytest.raises(BudgetSpent):
            await pace.turn(REQUEST).enter(60.0)
        turn = pace.turn(REQUEST, 1)
        with turn:
            return await turn.enter(60.0)

    assert virtual.run(main()) == 0.0


@pytest.mark.parametrize("concurrency", [8, "auto"])
def test_what_one_is_told_to_wait_all_wait(concurrency: Any) -> None:
    async def main() -> None:
        pace = Pace(concurrency=concurrency)
        early, late = pace.turn(REQUEST), pace.turn(REQUEST)
        await early.enter(60.0)
        waiting = asyncio.ensure_future(late.enter(60.0))
        await waiting  # under way beside it, that is no fault
        with late:
            pass
        with pytest.raises(EngineUnavailable), early:
            raise EngineUnavailable("m: HTTP 503", status=503, retry_after=20.0)
        assert await late.enter(60.0) == pytest.approx(20.0)
        with late:
            pass
        assert await late.enter(60.0) == 0.0
        with late:
            pass

    virtual.run(main())


def test_a_pause_that_is_longer_than_the_patience_is_told() -> None:
    async def main() -> None:
        pace = Pace()
        turn = pace.turn(REQUEST)
        await turn.enter(60.0)
        with pytest.raises(EngineUnavailable), turn:
            raise EngineUnavailable("m: HTTP 429: come tomorrow", status=429, retry_after=80_000.0)
        with pytest.raises(EngineUnavailable, match="come tomorrow") as caught:
            await turn.enter(60.0)
        assert (caught.value.status, caught.value.retry_after) == (429, 80_000.0)
        assert virtual.now() == 0.0
        await asyncio.sleep(80_000)
        await turn.enter(60.0)

    virtual.run(main())


def test_no_more_are_under_way_than_pay_off() -> None:
    most = 0

    async def one(pace: Pace) -> None:
        nonlocal most
        turn = pace.turn(REQUEST)
        await turn.enter(math.inf)
        with turn:
            most = max(most, pace.under_way)
            assert pace.under_way <= pace.limit
            await asyncio.sleep(1.0)

    async def main() -> None:
        pace = Pace(concurrency="auto")
        tasks = [asyncio.ensure_future(one(pace)) for _ in range(40)]
        await asyncio.sleep(1.5)
        for task in tasks[10:20]:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert pace.under_way == 0

    virtual.run(main())
    assert most == 8


# --- a session -----------------------------------------------------------------------------------------------


class Own:
    """An engine of a user's."""

    id = "mine"
    modes = ("prompt",)

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.times: list[float] = []

    async def generate(self, _: Request) -> Completion:
        self.times.append(virtual.now())
        await asyncio.sleep(1.0)
        if self.error:
            raise self.error
        return DONE


class Slotted(Own):
    slots = 2


@pytest.mark.parametrize("pace", [None, Pace(concurrency=9), Pace(concurrency="auto")])
def test_the_limit_of_an_engine_that_has_slots_is_theirs(pace: Pace | None) -> None:
    session = Session(kept(Slotted()), slots=7, pace=pace)
    assert (session.limit, session.slots) == (2, 2)


@pytest.mark.parametrize("is_wrapped", [True, False])
def test_slots_of_the_engine_itself_count_as_those_of_its_class(is_wrapped: bool) -> None:
    engine = Own()
    engine.slots = 64
    session = Session(kept(engine) if is_wrapped else engine, pace=Pace(concurrency="auto"))

    async def main() -> None:
        await asyncio.gather(*(session.generate(REQUEST) for _ in range(64)))

    virtual.run(main())
    assert session.limit == 64
    assert engine.times == [0.0] * 64


@pytest.mark.parametrize(("pace", "limit"), [(None, 7), (Pace(concurrency=9), 9), (Pace(concurrency="auto"), 8)])
def test_the_limit_of_another_is_that_of_the_pace(pace: Pace | None, limit: int) -> None:
    session = Session(kept(Own()), slots=7, pace=pace)
    assert (session.limit, session.slots) == (limit, 7)


@pytest.mark.parametrize("budget", [None, Budget(output_tokens=100_000)])
def test_engines_without_an_endpoint_have_rates_too(budget: Budget | None) -> None:
    engine = Own()
    session = Session(kept(engine), budget, pace=Pace(rpm=10))

    async def main() -> None:
        await asyncio.gather(*(session.generate(REQUEST) for _ in range(12)))

    virtual.run(main())
    assert engine.times[9] < 60.0 <= engine.times[10]


def test_what_such_an_engine_is_asked_about_tokens_is_paced_and_counted() -> None:
    class Telling(Own):
        async def likelihoods(self, *_: Any) -> list[float]:
            self.times.append(virtual.now())
            return [-1.0]

    engine = Telling()
    session = Session(kept(engine), pace=Pace(rpm=10))

    async def main() -> None:
        await asyncio.gather(*(session.likelihoods(REQUEST.messages, [Continuation("a")]) for _ in range(12)))

    virtual.run(main())
    assert engine.times[9] < 60.0 <= engine.times[10]
    assert session.summary.startswith("12 requests: about ")
    assert "about 0 written" in session.summary


def test_an_overload_of_such_an_engine_shrinks_the_limit() -> None:
    session = Session(kept(Own(EngineUnavailable("full", status=529))), pace=Pace(concurrency="auto"))

    async def main() -> None:
        await asyncio.gather(*(session.generate(REQUEST) for _ in range(8)), return_exceptions=True)

    virtual.run(main())
    assert session.limit == 4


@pytest.mark.parametrize(("given", "expected"), [("auto", "auto"), ("1", 1), ("256", 256)])
def test_concurrency_is_a_number_or_auto(given: str, expected: Any) -> None:
    assert read_concurrency(given) == expected


@pytest.mark.parametrize("given", ["", "0", "257", "-1", "1.5", "Auto", "²", "9" * 5000])
def test_other_words_for_it_are_refused(given: str) -> None:
    with pytest.raises(UsageError, match="--concurrency") as caught:
        read_concurrency(given)
    assert "1 to 256" in str(caught.value.hint)
