"""What a run has used, and what it may use: each request holds all that it may write before it goes out."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from extractor.errors import BudgetSpent
from extractor.requests import estimate_request
from extractor.text import estimate_tokens
from extractor.types import Completion, Request, Usage

_HINT = "what was finished is printed, or in FILE.partial of --out; raise it, or run the rest later"


@dataclass(frozen=True, slots=True)
class Budget:
    """What a run may use; `cost` is in US dollars."""

    output_tokens: int | None = None
    cost: float | None = None


class Account:
    """The tokens and the money of a run. `price` is what a usage costs in US dollars, None where nobody knows.

    A request that the rest of the budget does not hold as a whole waits for those under way, in order, since most
    answers are far shorter than they may be; alone it is shortened to the rest. So the tokens that are written never
    exceed the budget as long as the engine keeps to `max_tokens`, and the money does by one request at most.
    """

    def __init__(self, budget: Budget | None = None, price: Callable[[Usage], float | None] = lambda _: None) -> None:
        self.usage = Usage()
        self.requests = 0
        self.is_estimated = False  # in part: an engine told no usage
        self._budget = budget or Budget()
        self._price = price
        self._under_way: list[Usage] = []  # the most that each may come to
        self._turn = asyncio.Lock()
        self._returned = asyncio.Event()

    @property
    def summary(self) -> str:
        """What was used, in words."""
        used, requests = self.usage, f"{self.requests} request{'' if self.requests == 1 else 's'}"
        about = "about " if self.is_estimated else ""
        cached = f" ({used.cached_tokens:,} cached)" if used.cached_tokens else ""
        cost = f", {about}{used.cost:.4f} US dollars" if used.cost else ""
        told = (
            f"{requests}: {about}{used.input_tokens:,} tokens read{cached}, {about}{used.output_tokens:,} written{cost}"
        )
        return f"{told} (estimated where the engine tells no usage)" if about else told

    @asynccontextmanager
    async def hold(self, request: Request) -> AsyncIterator[Request]:
        """The request as the budget allows it, shortened to what is left; `BudgetSpent` where that is nothing."""
        if self._budget == Budget():
            yield request
            return
        async with self._turn:
            request, most = await self._allowed(request)
            self._under_way.append(most)
        try:
            yield request
        finally:
            self._under_way.remove(most)
            self._returned.set()

    def count(self, request: Request, completion: Completion) -> Completion:
        """Add an answer; the completion with what it cost. What an engine does not tell is estimated."""
        told = completion.usage
        usage = replace(
            told,
            input_tokens=told.input_tokens or estimate_request(request),
            output_tokens=told.output_tokens or estimate_tokens(completion.thoughts + completion.text),
        )
        self.is_estimated |= usage != told
        return replace(completion, usage=replace(told, cost=self.add(usage)))

    def add(self, usage: Usage, requests: int = 1) -> float | None:
        """Add what was used, also for what was no answer; what it cost, None where nobody knows."""
        cost = self._price(usage)
        self.usage += replace(usage, cost=cost)
        self.requests += requests
        return cost

    async def _allowed(self, request: Request) -> tuple[Request, Usage]:
        """A request that the rest of the budget holds, or that is alone, and the most that it may come to."""
        most = self._most(request)
        while True:
            self._refuse_if_spent(most)
            tokens, dollars = self._left()
            if request.max_tokens <= tokens and (not self._under_way or (most.cost or 0.0) <= dollars):
                return request, most
            if not self._under_way:
                shorter = replace(request, max_tokens=int(tokens))
                return shorter, self._most(shorter)
            self._returned.clear()
            await self._returned.wait()

    def _refuse_if_spent(self, most: Usage) -> None:
        """Raise `BudgetSpent` where nothing is left; what costs nothing needs no money."""
        tokens, dollars = self._budget.output_tokens, self._budget.cost
        written, spent = self.usage.output_tokens, self.usage.cost or 0.0
        if dollars is not None and spent >= dollars and most.cost:
            raise BudgetSpent(f"--max-cost {dollars:g}: {spent:.4f} US dollars are spent", hint=_HINT)
        if tokens is not None and written >= tokens:
            raise BudgetSpent(f"--max-output-tokens {tokens}: {written} are written", hint=_HINT)

    def _left(self) -> tuple[float, float]:
        """Tokens and US dollars that are neither used nor held; infinite where nothing bounds them."""
        known = sum(self._under_way, self.usage)
        tokens, dollars = self._budget.output_tokens, self._budget.cost
        return (
            math.inf if tokens is None else tokens - known.output_tokens,
            math.inf if dollars is None else dollars - (known.cost or 0.0),
        )

    def _most(self, request: Request) -> Usage:
        """What a request may come to."""
        usage = Usage(estimate_request(request), 0, request.max_tokens)
        return replace(usage, cost=self._price(usage))
