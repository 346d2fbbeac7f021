"""Rates, pauses and the limit at a real socket."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from server import Behaviour, Stub, answer, fail, in_turn, reply, wait

from extractor.engines import Access, Pace, Session, open_engine, rates
from extractor.errors import EngineUnavailable
from extractor.types import Message, Request

HELLO = Request((Message("user", "Hello?"),), max_tokens=20, timeout=10.0)
AT_ONCE = {"retry_after_ms": "1"}


def use(
    stub: Stub, pace: Pace, work: Callable[[Session], Coroutine[Any, Any, None]], total: float | None = None
) -> None:
    async def main() -> None:
        session = Session(open_engine(f"{stub.url}#m", access=Access(total_timeout=total)), pace=pace)
        try:
            await asyncio.wait_for(work(session), 30)
        finally:
            await session.aclose()

    asyncio.run(main())
    assert pace.under_way == 0


def posted(stub: Stub) -> list[float]:
    """When each POST arrived."""
    return [at for (_, _, body), at in zip(stub.seen, stub.times, strict=True) if body is not None]


@pytest.mark.slow
@pytest.mark.parametrize("status", [429, 503, 529])
@pytest.mark.parametrize("concurrency", [8, "auto"])
def test_no_request_arrives_within_a_pause(stub: Stub, status: int, concurrency: Any) -> None:
    stub.behave = in_turn(wait(status, retry_after="1"), reply(answer("hi")))

    async def later(session: Session) -> None:
        while not posted(stub):  # noqa: ASYNC110  # the client's import is slow
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.3)
        await session.generate(HELLO)

    async def work(session: Session) -> None:
        await asyncio.gather(session.generate(HELLO), *(later(session) for _ in range(5)))

    use(stub, Pace(concurrency=concurrency), work)
    first, *others = posted(stub)
    assert len(others) == 6
    assert min(others) >= first + 1.0
    assert max(others) < first + 3.0


def test_the_first_refusal_shrinks_the_limit_though_an_answer_comes(stub: Stub) -> None:
    stub.behave = in_turn(wait(429, **AT_ONCE), reply(answer("hi")))

    async def work(session: Session) -> None:
        assert session.limit == 8
        await session.generate(HELLO)
        assert session.limit == 4

    use(stub, Pace(concurrency="auto"), work)


@pytest.mark.parametrize("behaviour", [fail(400), fail(500), reply("nonsense")])
def test_what_is_no_overload_does_not_shrink_it(stub: Stub, behaviour: Behaviour) -> None:
    stub.behave = in_turn(behaviour, reply(answer("hi")))

    async def work(session: Session) -> None:
        await asyncio.gather(session.generate(HELLO), return_exceptions=True)
        assert session.limit == 8

    use(stub, Pace(concurrency="auto"), work)


def test_no_answer_in_time_shrinks_it(stub: Stub) -> None:
    stub.behave = in_turn(lambda _: stub.stopped.wait(1) and None, reply(answer("hi")))

    async def work(session: Session) -> None:
        await session.generate(Request(HELLO.messages, max_tokens=20, timeout=0.4))
        assert session.limit == 4

    use(stub, Pace(concurrency="auto"), work, total=10.0)


@pytest.mark.slow
def test_tries_count_and_waiting_for_a_turn_takes_none_of_their_time(
    stub: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rates, "_MINUTE", 2.0)
    stub.behave = in_turn(*[wait(503, **AT_ONCE)] * 4, reply(answer("hi")))

    async def work(session: Session) -> None:
        await session.generate(HELLO)  # imports, and looks at the server
        await asyncio.gather(*(session.generate(HELLO) for _ in range(12)))

    use(stub, Pace(rpm=10), work, total=2.5)
    gone = posted(stub)
    assert len(gone) == 17
    assert gone[-1] - gone[0] >= 3.0
    assert all(later - earlier >= 1.8 for earlier, later in zip(gone, gone[10:], strict=False))


def test_the_same_in_another_form_counts(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "_MINUTE", 2.0)
    refusal = fail(400, "Unsupported parameter: 'temperature'", param="temperature", code="unsupported_parameter")
    stub.behave = in_turn(refusal, reply(answer("hi")))

    async def work(session: Session) -> None:
        await session.generate(HELLO)
        await session.generate(HELLO)

    use(stub, Pace(rpm=10), work)
    first, second, third = posted(stub)
    assert second - first < 0.2
    assert third - first >= 0.35


def test_a_pause_beyond_the_time_for_all_tries_ends_them_for_all(stub: Stub) -> None:
    stub.behave = wait(429, retry_after="60")

    async def work(session: Session) -> None:
        for _ in range(3):
            started = time.monotonic()
            with pytest.raises(EngineUnavailable, match="it asks for 60 s more") as caught:
                await session.generate(HELLO)
            assert "--total-timeout" in str(caught.value.hint)
            assert time.monotonic() - started < 3

    use(stub, Pace(), work, total=5.0)
    assert len(posted(stub)) == 1


def test_a_stream_takes_its_turn(stub: Stub) -> None:
    stub.behave = in_turn(wait(429, retry_after="1"), reply(answer("hi")))

    async def work(session: Session) -> None:
        await session.stream(HELLO, lambda _: None)
        assert session.limit == 4

    use(stub, Pace(concurrency="auto"), work)
    first, second = posted(stub)
    assert second - first >= 1.0
