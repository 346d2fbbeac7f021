"""How fast a run may ask: its rates, how much at once, and the pauses that a server asks for."""

from __future__ import annotations

import asyncio
import contextlib
import math
import re
from types import TracebackType
from typing import Literal

from extractor.engines.limit import MOST, AdaptiveLimit
from extractor.engines.rates import Rates
from extractor.errors import BudgetSpent, EngineUnavailable, UsageError
from extractor.requests import estimate_request
from extractor.text import estimate_tokens
from extractor.types import Completion, Request

Concurrency = int | Literal["auto"]

SLOTS = 4
# Work of a request in tokens that are written: some for the way, and reading is faster than writing.
_WAY, _READ = 16, 1 / 16


def read_concurrency(given: str) -> Concurrency:
    """'8' → 8, 'auto' → 'auto'; `UsageError` for anything else."""
    if given == "auto":
        return "auto"
    if re.fullmatch("[1-9][0-9]{0,2}", given) and int(given) <= MOST:
        return int(given)
    raise UsageError(f"--concurrency {given!r:.40}", hint=f"a number from 1 to {MOST}, or auto")


class Pace:
    """Requests and tokens a minute, and requests at once; `auto` finds out how many.

    Requests go in the order in which they came. What a server asks one of them to wait, all wait. How long a request
    waits here is none of the time that the server is given.
    """

    def __init__(self, rpm: int | None = None, tpm: int | None = None, concurrency: Concurrency = SLOTS) -> None:
        self.rates = Rates(rpm, tpm)
        self._is_rated = bool(rpm or tpm)
        self._fixed = SLOTS if concurrency == "auto" else concurrency
        self._is_auto = concurrency == "auto"
        self.adaptive = AdaptiveLimit() if self._is_auto else None
        self.under_way = 0
        self._until = -math.inf  # nobody asks before
        self._asker: EngineUnavailable | None = None  # for that
        self._order = asyncio.Lock()
        self._changed = asyncio.Event()
        self._has_ended = False

    @property
    def fixed(self) -> int | None:
        """The number that was asked for; None where that is left to what pays off."""
        return None if self._is_auto else self._fixed

    @property
    def limit(self) -> int:
        """Documents that may be under way at once, as of now."""
        return self.adaptive.value if self.adaptive else self._fixed

    def fix(self) -> None:
        """Adapt no more: the engine says itself how much it takes at once."""
        self.adaptive = None

    def end(self) -> None:
        """Let no more requests out: those that wait are not made."""
        self._has_ended = True
        self._changed.set()

    def turn(self, request: Request, tokens: float | None = None) -> Turn:
        """A way in for a request, for each of its tries.

        `tokens` is what it comes to where that is known before: of what is asked beside an answer that is there. So it
        is asked when the run ends, too, or that answer would be lost.
        """
        return Turn(self, request, tokens)

    async def enter(self, tokens: float, patience: float, *, ends: bool = True) -> float:
        """Wait for a turn, which `ends` with the run; seconds that it took.

        `EngineUnavailable` where a pause is longer than the patience.
        """
        clock = asyncio.get_running_loop().time
        began = now = clock()
        async with self._order:
            while wait := self._wait(tokens, patience, now := clock(), ends=ends):
                self._changed.clear()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(None if wait == math.inf else wait):
                        await self._changed.wait()
            self.rates.take(tokens)
            self.under_way += 1
        return now - began

    def note(self, tokens: float) -> None:
        """Count a request that did not wait: the same one in another form, at once."""
        self.rates.take(tokens)

    def leave(self) -> None:
        """Make room."""
        self.under_way -= 1
        self._changed.set()

    def refuse(self, error: EngineUnavailable, number: int, tokens: float) -> None:
        """A try of a round failed: all wait for what the server asks, and fewer ask at once where it is too much."""
        if error.retry_after:
            until = asyncio.get_running_loop().time() + error.retry_after
            if until > self._until:
                self._until, self._asker = until, error
        if error.is_overload:
            self.rates.give_back(tokens)
            if self.adaptive:
                self.adaptive.overload(number)

    def _wait(self, tokens: float, patience: float, now: float, *, ends: bool) -> float:
        """Seconds until there is a reason to look again, infinite until something changes; 0: go."""
        if self._has_ended and ends:
            raise BudgetSpent("the run ends, and this was not asked any more")
        if (pause := self._until - now) > 0:
            if pause > patience and self._asker:
                error = self._asker.reworded(f"{self._asker} (told to another request)", self._asker.hint)
                error.retry_after = pause
                raise error
            return pause
        if self.adaptive and self.under_way >= self.adaptive.value:
            return math.inf
        return self.rates.wait(tokens, now) if self._is_rated else 0.0


class Turn:
    """`enter` before each try, then `with turn:` around it, and `answered` with what came."""

    __slots__ = ("_began", "_beside", "_known", "_pace", "_prompt", "_request", "_round", "_tokens")

    def __init__(self, pace: Pace, request: Request, tokens: float | None = None) -> None:
        self._pace = pace
        self._request = request
        self._known = tokens
        self._prompt = estimate_request(request) if pace.rates.counts_tokens and tokens is None else 0
        self._tokens = self._began = 0.0
        self._round = self._beside = 0

    async def enter(self, patience: float) -> float:
        """Wait until a try may go; seconds that it took."""
        pace = self._pace
        estimate = pace.rates.estimate(self._prompt, self._request.max_tokens)
        self._tokens = estimate if self._known is None else self._known
        waited = await pace.enter(self._tokens, patience, ends=self._known is None)
        self._began = asyncio.get_running_loop().time()
        self._round, self._beside = pace.adaptive.round if pace.adaptive else 0, pace.under_way
        return waited

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if isinstance(error, EngineUnavailable):
            self._pace.refuse(error, self._round, self._tokens)
        self._pace.leave()

    def again(self) -> None:
        """Count the same request, which goes out once more at once."""
        self._pace.note(self._tokens)

    def answered(self, completion: Completion) -> Completion:
        """Learn from an answer; the same answer."""
        usage, pace = completion.usage, self._pace
        if pace.rates.counts_tokens and (used := usage.input_tokens + usage.output_tokens):
            pace.rates.settle(self._tokens, self._prompt, used)
        if pace.adaptive:
            written = usage.output_tokens or estimate_tokens(completion.thoughts + completion.text)
            seconds = asyncio.get_running_loop().time() - self._began
            pace.adaptive.answer(self._round, seconds, _WAY + written + usage.input_tokens * _READ, self._beside)
        return completion
