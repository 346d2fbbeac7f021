"""Any server that speaks the OpenAI chat API: one model of one endpoint."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from extractor.engines import wire
from extractor.engines.account import Account
from extractor.engines.trace import Trace
from extractor.engines.transport import Patience, Transport
from extractor.errors import EngineUnavailable, RequestRejected
from extractor.types import Completion, Message, Mode, OnText, Request, Usage

T = TypeVar("T")

_COUNT_SECONDS = 60.0
_CHAT = "/chat/completions"
# Parameters that some models do not take and that an answer is possible without.
_DISPENSABLE = frozenset(("temperature", "seed"))


class ChatEngine:
    """Asks in the modes that it is told to; whether the server honours them is seen by `RemoteEngine`."""

    def __init__(  # noqa: PLR0913  # what an endpoint is
        self,
        url: str,
        key: str,
        model: str,
        modes: tuple[Mode, ...] = ("grammar",),
        *,
        name: str = "",
        server: wire.Server = "llama.cpp",
        patience: Patience | None = None,
        trace: Trace | None = None,
    ) -> None:
        self.url = url
        self.id = name or f"chat:{model}"
        self.modes = modes
        self.model = model
        self.server = server
        self.transport = Transport(url, key, self.id, patience or Patience(), trace)
        self.account = Account()
        self._not_taken: set[str] = set()

    def name_model(self, model: str) -> None:
        """Take the model that was found, where only the endpoint was named."""
        self.model = model
        self.id = self.transport.name = f"{self.id}{model}"

    async def generate(self, request: Request, patience: Patience | None = None) -> Completion:
        """One chat completion, once more without a parameter that the model does not take."""

        async def attempt(seconds: float) -> Any:
            return await self._adapted(request, lambda body: self.transport.once(_CHAT, body, seconds))

        return self._read(await self.transport.patiently(attempt, request.timeout, patience), request)

    async def stream(self, request: Request, on_text: OnText) -> Completion:
        """As `generate`; `on_text` gets the text so far, each time that it has grown.

        Only the first try is a stream: what breaks, or is none, is asked for as a whole with the tries that are left.
        """
        is_first = True

        async def attempt(seconds: float) -> Completion:
            nonlocal is_first
            if not is_first:
                answer = await self._adapted(request, lambda body: self.transport.once(_CHAT, body, seconds))
                return self._read(answer, request)
            is_first = False
            return await self._adapted(request, lambda body: self._streamed(body, request, on_text, seconds))

        return await self.transport.patiently(attempt, request.timeout)

    async def _streamed(self, body: Mapping[str, Any], request: Request, on_text: OnText, seconds: float) -> Completion:
        written = wire.Written()
        async for event in self.transport.stream(_CHAT, body, seconds):
            if written.add(event):
                on_text(written.text)
        answer = written.whole()
        if not written.is_ended:
            self._lose(answer)
            raise EngineUnavailable(f"{self.id}: the stream ended before the answer did", retry_after=0.0)
        return self._read(answer, request)

    async def count_tokens(self, messages: tuple[Message, ...]) -> int:
        """Tokens of a chat with its template, by llama.cpp's own counter."""
        body = {"messages": [wire.turn(message) for message in messages]}
        answer = await self.transport.post(f"{_CHAT}/input_tokens", body, _COUNT_SECONDS)
        count = answer.get("input_tokens") if isinstance(answer, dict) else None
        if not isinstance(count, int):
            raise EngineUnavailable(f"{self.id}: the server does not count tokens")
        return count

    async def aclose(self) -> None:
        """Close the connections."""
        await self.transport.aclose()

    async def _adapted(self, request: Request, send: Callable[[Mapping[str, Any]], Awaitable[T]]) -> T:
        """What is sent back to a body with the parameters that the model takes."""
        while True:
            body = self._body(request)
            try:
                return await send(body)
            except RequestRejected as error:
                self._adapt(error, body)

    def _body(self, request: Request) -> Mapping[str, Any]:
        body = wire.body_of(request, self.model, self.server)
        if refused := self._not_taken.intersection(wire.LIMITS) & body.keys():
            body[_other_limit(*refused)] = request.max_tokens
        return {name: value for name, value in body.items() if name not in self._not_taken}

    def _adapt(self, error: RequestRejected, body: Mapping[str, Any]) -> None:
        """Do from now on without what the model does not take; raises where that was not sent, or is needed."""
        refused = error.parameter
        is_limit = refused in wire.LIMITS and _other_limit(refused) not in self._not_taken
        if refused is None or refused not in body or not (is_limit or refused in _DISPENSABLE):
            raise error
        self._not_taken.add(refused)

    def _read(self, answer: Any, request: Request) -> Completion:
        """The completion in an answer; one that has none has its price all the same."""
        try:
            return wire.read(answer, request)
        except (LookupError, TypeError, AttributeError):
            self._lose(answer)
        what = "the server sent no choice" if wire.is_empty(answer) else "what came back is not an answer of a chat API"
        raise EngineUnavailable(f"{self.id}: {what}")

    def _lose(self, answer: Any) -> None:
        """Count what was used for nothing."""
        used = wire.usage_of(answer.get("usage") if isinstance(answer, dict) else None)
        if used != Usage():
            self.account.add(used)


def _other_limit(name: str) -> str:
    return wire.LIMITS[name == wire.LIMITS[0]]
