"""How many at once: found out at servers that queue, share their time, or refuse, on a clock that jumps."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest
import virtual

from extractor.engines.limit import AdaptiveLimit
from extractor.engines.pace import Pace
from extractor.errors import EngineUnavailable
from extractor.types import Completion, Message, Request, Usage

REQUEST = Request((Message("user", "?"),))
MEAN = 2.2 * math.exp(0.2**2 / 2)  # seconds of an answer


@dataclass
class Server:
    """Works on `capacity` requests at once; answers have 20 to 400 tokens, and take 20 % more or less."""

    capacity: int
    random: Random = field(default_factory=lambda: Random(7))
    busy: int = 0
    done: int = 0
    refused: int = 0
    waiting: deque[asyncio.Future[None]] = field(default_factory=deque)

    async def ask(self) -> int:
        await self.admit()
        self.busy += 1
        try:
            tokens = self.random.randint(20, 400)
            await self.work((0.1 + tokens / 100) * math.exp(self.random.gauss(0.0, 0.2)))
        finally:
            self.busy -= 1
            self.leave()
        self.done += 1
        return tokens

    async def admit(self) -> None: ...

    async def work(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def leave(self) -> None: ...


class Queueing(Server):
    async def admit(self) -> None:
        while self.busy >= self.capacity:
            self.waiting.append(asyncio.get_running_loop().create_future())
            await self.waiting[-1]

    def leave(self) -> None:
        while self.waiting and self.busy < self.capacity:
            turn = self.waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return


class Sharing(Server):
    async def work(self, seconds: float) -> None:
        for _ in range(5):
            await asyncio.sleep(seconds / 5 * max(1.0, self.busy / self.capacity))


class Refusing(Server):
    retry_after: float | None = None

    async def admit(self) -> None:
        if self.busy >= self.capacity:
            self.refused += 1
            await asyncio.sleep(0.05)
            raise EngineUnavailable("too many", status=429, retry_after=self.retry_after)


class Pausing(Refusing):
    retry_after = 2.0


async def document(pace: Pace, server: Server, random: Random) -> None:
    turn, wait, is_done = pace.turn(REQUEST), 0.5, False
    while not is_done:
        await turn.enter(math.inf)
        try:
            with turn:
                turn.answered(Completion("x", "stop", Usage(10, 0, await server.ask())))
            is_done = True
        except EngineUnavailable:
            await asyncio.sleep(wait + random.random() * 0.5)
            wait *= 2


@dataclass
class Seen:
    """The limit after each document, and when that was."""

    times: list[float] = field(default_factory=list)
    limits: list[int] = field(default_factory=list)
    done: list[int] = field(default_factory=list)

    def since(self, done: int) -> Seen:
        first = next(i for i, count in enumerate(self.done) if count >= done)
        return Seen(self.times[first:], self.limits[first:], self.done[first:])

    @property
    def throughput(self) -> float:
        return (self.done[-1] - self.done[0]) / (self.times[-1] - self.times[0])

    def share(self, capacity: int) -> float:
        """How much of the time the limit was one that fits."""
        spans = [later - earlier for earlier, later in zip(self.times, self.times[1:], strict=False)]
        is_fit = [0.7 * capacity <= limit <= 1.5 * capacity for limit in self.limits]
        return sum(span for span, fits in zip(spans, is_fit, strict=False) if fits) / sum(spans)


def ask_all(server: Server, answers: int, becomes: tuple[int, int] | None = None) -> Seen:
    """As many answers; after some of them the server has another capacity."""

    async def main() -> Seen:
        pace, random, seen = Pace(concurrency="auto"), Random(3), Seen()
        tasks: set[asyncio.Task[None]] = set()
        while server.done < answers:
            while len(tasks) < pace.limit:
                tasks.add(asyncio.ensure_future(document(pace, server, random)))
            _, tasks = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            assert server.busy <= 256
            seen.times.append(virtual.now())
            seen.limits.append(pace.limit)
            seen.done.append(server.done)
            if becomes and server.done >= becomes[0]:
                server.capacity = becomes[1]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert pace.under_way == 0
        return seen

    return virtual.run(main())


@pytest.mark.parametrize("capacity", [4, 20, 100])
@pytest.mark.parametrize("kind", [Queueing, Sharing, Refusing, Pausing])
def test_a_limit_that_fits_is_found_and_kept(kind: Any, capacity: int) -> None:
    begin = 400 + 10 * capacity
    server = kind(capacity)
    found = ask_all(server, begin + 1000 + 10 * capacity).since(begin)
    assert found.share(capacity) >= 0.75
    assert found.throughput >= 0.85 * capacity / MEAN
    assert server.refused <= 0.1 * server.done


@pytest.mark.parametrize(("before", "after"), [(4, 20), (20, 100), (100, 20), (20, 4)])
@pytest.mark.parametrize("kind", [Queueing, Refusing])
def test_the_limit_follows_the_server(kind: Any, before: int, after: int) -> None:
    change = 400 + 10 * before
    found = ask_all(kind(before), change + 2400, (change, after)).since(change + 1500)
    assert found.share(after) >= 0.7
    assert found.throughput >= 0.75 * after / MEAN


def test_a_burst_of_refusals_halves_once() -> None:
    limit = AdaptiveLimit(64)
    sent = [limit.round] * 50
    for number in sent:
        limit.overload(number)
    assert limit.value == 32
    limit.overload(limit.round)
    assert limit.value == 16, "what was asked after that is refused too"


def test_a_limit_stays_in_its_bounds() -> None:
    limit = AdaptiveLimit(2)
    for _ in range(5):
        limit.overload(limit.round)
    assert limit.value == 1
    for _ in range(20_000):
        limit.answer(limit.round, 1.0, 1.0, limit.value)
        assert 1 <= limit.value <= 256
    assert limit.value > 100, "a server that is never busy takes all"


def test_a_limit_that_nobody_uses_does_not_grow() -> None:
    limit = AdaptiveLimit(8)
    for _ in range(500):
        limit.answer(limit.round, 1.0, 1.0, 1)
    assert limit.value == 8


def test_longer_answers_are_no_slower_server() -> None:
    limit, random = AdaptiveLimit(8), Random(1)
    for number in range(3000):
        tokens = random.randint(10, 50) * (1 if number < 1500 else 10)
        limit.answer(limit.round, tokens / 50, tokens, limit.value)
    assert limit.value > 100
