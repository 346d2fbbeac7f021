"""Any server that speaks the OpenAI chat API: one model of one endpoint."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from extractor.engines import wire
from extractor.engines.trace import Trace
from extractor.engines.transport import Patience, Transport
from extractor.errors import EngineUnavailable, RequestRejected
from extractor.types import Completion, Message, Mode, Request

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
        self._not_taken: set[str] = set()

    async def generate(self, request: Request) -> Completion:
        """One chat completion, once more without a parameter that the model does not take."""
        while True:
            try:
                answer = await self.transport.post(_CHAT, self._body(request), request.timeout)
            except RequestRejected as error:
                if not self._can_do_without(error.parameter):
                    raise
                continue
            return self._read(answer, request)

    async def stream(self, request: Request) -> AsyncIterator[str | Completion]:
        """The text of an answer piece by piece as it is written, and at last the completion."""
        written = wire.Written()
        async for event in self.transport.stream(_CHAT, self._body(request), request.timeout):
            if piece := written.add(event):
                yield piece
        yield self._read(written.whole(), request)

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

    def _body(self, request: Request) -> Mapping[str, Any]:
        body = wire.body_of(request, self.model, self.server)
        return {name: value for name, value in body.items() if name not in self._not_taken}

    def _can_do_without(self, parameter: str | None) -> bool:
        """Leave a parameter out from now on; False where that was tried, or cannot be."""
        if parameter not in _DISPENSABLE - self._not_taken:
            return False
        self._not_taken.add(parameter)
        return True

    def _read(self, answer: Any, request: Request) -> Completion:
        try:
            return wire.read(answer, request)
        except (LookupError, TypeError, AttributeError):
            raise EngineUnavailable(f"{self.id}: what came back is not an answer of a chat API") from None
