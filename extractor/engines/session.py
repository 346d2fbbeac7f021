"""An engine as one run uses it: tokens and money are counted and bounded, and what an engine may lack has a default."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from functools import cached_property
from typing import Any, TypeVar

from extractor.engines.account import Account, Budget
from extractor.engines.endpoint.remote import RemoteEngine
from extractor.engines.kept import Kept
from extractor.engines.llama.engine import LlamaEngine
from extractor.engines.pace import SLOTS, Pace
from extractor.engines.prices import cost_of
from extractor.engines.trace import Trace
from extractor.errors import UsageError
from extractor.models import Progress
from extractor.requests import estimate_request
from extractor.types import (
    Admitted,
    Completion,
    Continuation,
    Engine,
    Likely,
    Memory,
    Message,
    Mode,
    OnText,
    Request,
    Usage,
)

T = TypeVar("T")

_SCORED = Completion("", "stop", Usage())  # nothing is written where texts are scored


class Session:
    """Wraps an engine for one run. What is over the budget ends the run with `BudgetSpent`, before the next request.

    `pace` is how fast it may ask: by default as fast as it answers, with so many `slots`. `tell` shows the user why
    something takes long.
    """

    def __init__(
        self,
        engine: Engine,
        budget: Budget | None = None,
        *,
        slots: int | None = None,
        trace: Trace | None = None,
        pace: Pace | None = None,
        tell: Callable[[str], None] | None = None,
    ) -> None:
        self.engine = engine
        self.tell = tell
        self._slots = slots or SLOTS
        self.pace = pace or Pace(concurrency=self._slots)
        if hasattr(engine, "slots"):
            self.pace.fix()
        self.account = Account(budget, lambda usage: cost_of(self.id, usage))
        self._has_wire = isinstance(engine, RemoteEngine | LlamaEngine)
        self._trace = None if self._has_wire else trace  # what was on a wire is kept there
        if isinstance(engine, LlamaEngine):
            engine.account = self.account  # it also asks about single tokens
        if isinstance(engine, RemoteEngine):
            engine.chat.account = self.account  # it also asks what no document asks for
            engine.chat.pace = self.pace  # and each of its tries counts
        if budget and budget.cost is not None and cost_of(self.id, Usage()) is None:
            what = f"--max-cost: the price of {self.id} is not known"
            known = "only prices of OpenAI's own models are known"
            if self.id.startswith("openai:"):
                known = "pip install 'extractor[prices]' has prices of OpenAI's own models"
            raise UsageError(what, hint=f"{known}; --max-output-tokens needs none")

    @property
    def id(self) -> str:
        """What records call the engine."""
        return self.engine.id

    @property
    def identity(self) -> str:
        """What tells the model apart from others: the hash of its weights, or its name."""
        return str(getattr(self.engine, "identity", self.id))

    @cached_property
    def memory(self) -> Memory:
        """What was found out about the model; where it is kept hangs on the hash of weights, so only who asks waits."""
        return getattr(self.engine, "memory", None) or Kept()

    @property
    def summary(self) -> str:
        """What was used, in words."""
        return self.account.summary

    @property
    def modes(self) -> tuple[Mode, ...]:
        """The modes of the engine."""
        return self.engine.modes

    async def generate(self, request: Request) -> Completion:
        """Answer a request, and count it."""
        async with self.account.hold(request) as allowed:
            return self.account.count(allowed, await self._traced(allowed, self._paced(allowed, self.engine.generate)))

    async def stream(self, request: Request, on_text: OnText) -> Completion:
        """Answer a request, and show the text on the way where the engine can."""
        if not hasattr(self.engine, "stream"):
            return await self.generate(request)
        async with self.account.hold(request) as allowed:
            stream = self.engine.stream
            answer = self._paced(allowed, lambda request: stream(request, on_text))
            return self.account.count(allowed, await self._traced(allowed, answer))

    async def honoured(self) -> tuple[Mode, ...]:
        """The modes that the engine was seen to honour, or says that it does."""
        found = getattr(self.engine, "honoured", None)
        return await found() if found else self.engine.modes

    @property
    def disown(self) -> Callable[[Mode, str], None] | None:
        """How to tell the engine of a mode that failed on a real request; None where it keeps no such memory."""
        return getattr(self.engine, "disown", None)

    # --- what engines of weights have, and others need not ---

    @property
    def has_weights(self) -> bool:
        """Whether there is something to load on this machine."""
        return hasattr(self.engine, "prepare")

    @property
    def slots(self) -> int:
        """Requests that can be under way at once; of weights it is known for certain once they are prepared."""
        return int(getattr(self.engine, "slots", self._slots))

    @property
    def limit(self) -> int:
        """Documents that may be under way at once, as of now: the slots of an engine that has some, else the pace's.

        Of the slots no more than were asked for.
        """
        slots = getattr(self.engine, "slots", None)
        return self.pace.limit if slots is None else min(int(slots), self.pace.fixed or int(slots))

    def end(self) -> None:
        """Make no more requests: what waits for its turn is left, what is under way goes on."""
        self.pace.end()

    @property
    def note(self) -> str | None:
        """What there is to tell about the server that `extract serve` keeps."""
        return getattr(self.engine, "note", None)

    def warm(self) -> None:
        """Begin to load."""
        self._call("warm")

    def is_here(self) -> bool:
        """Whether nothing has to be downloaded."""
        return bool(self._call("is_here", default=True))

    def prepare(self, on_progress: Callable[[Progress], None] | None = None) -> None:
        """Begin to load, after the download where one is needed."""
        if hasattr(self.engine, "prepare"):
            self.engine.prepare(on_progress)

    def languages(self) -> tuple[str, ...]:
        """The languages that weights say they know; empty where nobody says."""
        return tuple(self._call("languages", default=()))

    async def count_tokens(self, messages: tuple[Message, ...]) -> int | None:
        """Tokens of a chat; None where the engine does not count."""
        count = getattr(self.engine, "count_tokens", None)
        return await count(messages) if count and self.is_here() else None

    async def likelihoods(self, messages: Sequence[Message], texts: Sequence[Continuation]) -> list[float] | None:
        """How likely texts come next; None where the engine cannot tell."""
        ask = getattr(self.engine, "likelihoods", None)
        asked = {"texts": [asdict(one) for one in texts]}
        return await self._scored(messages, lambda: ask(messages, texts), **asked) if ask else None

    async def likeliest(
        self, messages: Sequence[Message], admitted: Admitted, ends: str, count: int
    ) -> list[Likely] | None:
        """Of the texts that are admitted next the likeliest; None where the engine cannot tell."""
        ask = getattr(self.engine, "likeliest", None)
        asked = {"ends": ends, "count": count}
        return await self._scored(messages, lambda: ask(messages, admitted, ends, count), **asked) if ask else None

    def close(self) -> None:
        """End what runs for it, from outside of an event loop."""
        self._call("close")

    async def aclose(self) -> None:
        """End what runs for it."""
        if hasattr(self.engine, "aclose"):
            await self.engine.aclose()

    def _call(self, name: str, default: Any = None) -> Any:
        found = getattr(self.engine, name, None)
        return found() if found else default

    async def _scored(self, messages: Sequence[Message], ask: Callable[[], Awaitable[T]], **asked: Any) -> T:
        """What the engine tells of tokens, as one request; those that go over a wire are counted there one by one.

        Nothing is written for it, so it needs no budget.
        """
        if isinstance(self.engine, RemoteEngine):
            return await ask()
        request = Request((*messages,))
        told = await self._traced(request, self._in_turn(request, ask), **asked)
        if not self._has_wire:
            self.account.count(request, _SCORED)
        return told

    async def _in_turn(self, request: Request, ask: Callable[[], Awaitable[T]]) -> T:
        turn = self.pace.turn(request, estimate_request(request))
        await turn.enter(2 * request.timeout)
        with turn:
            return await ask()

    async def _paced(self, request: Request, ask: Callable[[Request], Awaitable[Completion]]) -> Completion:
        """An answer, asked for when it may be; an endpoint sees to that for each of its tries."""
        if isinstance(self.engine, RemoteEngine):
            return await ask(request)
        turn = self.pace.turn(request)
        await turn.enter(2 * request.timeout)
        with turn:
            return turn.answered(await ask(request))

    async def _traced(self, request: Request, answer: Awaitable[T], **asked: Any) -> T:
        """An answer, which goes into the trace with what the model thought, or with the error that came instead."""
        started = time.monotonic()
        try:
            told = await answer
        except Exception as error:
            self._keep(request, "", started, fault=str(error) or type(error).__name__, **asked)
            raise
        if isinstance(told, Completion):
            self._keep(request, told.text, started, finish=told.finish_reason, thoughts=told.thoughts)
        else:
            self._keep(request, str(told), started, **asked)
        return told

    def _keep(self, request: Request, reply: str, started: float, **facts: Any) -> None:
        if self._trace:
            seconds = round(time.monotonic() - started, 3)
            self._trace.write(asdict(request), reply, engine=self.id, seconds=seconds, **facts)
