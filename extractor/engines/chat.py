"""Any server that speaks the OpenAI chat API: one model of one endpoint."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from extractor.engines import wire
from extractor.engines.trace import Trace
from extractor.engines.transport import Patience, Transport
from extractor.errors import EngineUnavailable, RequestRejected
from extractor.types import Completion, Message, Mode, OnText, Request

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
            body = self._body(request)
            try:
                return self._read(await self.transport.post(_CHAT, body, request.timeout), request)
            except RequestRejected as error:
                self._do_without(error, body)

    async def stream(self, request: Request, on_text: OnText) -> Completion:
        """As `generate`; `on_text` gets the text so far, each time that it has grown.

        A stream that breaks, or is none, is asked for once more as a whole, with the tries of one.
        """
        try:
            return await self._stream(request, on_text)
        except EngineUnavailable:
            if self.transport.patience.tries == 1:
                raise
            return await self.generate(request)

    async def _stream(self, request: Request, on_text: OnText) -> Completion:
        while True:
            body, written = self._body(request), wire.Written()
            try:
                async for event in self.transport.stream(_CHAT, body, request.timeout):
                    if written.add(event):
                        on_text(written.text)
                if not written.is_ended:
                    raise EngineUnavailable(f"{self.id}: the stream ended before the answer did")
                return self._read(written.whole(), request)
            except RequestRejected as error:
                self._do_without(error, body)

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

    def _do_without(self, error: RequestRejected, body: Mapping[str, Any]) -> None:
        """Leave out from now on what the model does not take; raises where that was not sent, or is needed."""
        if error.parameter not in _DISPENSABLE & body.keys():
            raise error
        self._not_taken.add(error.parameter)

    def _read(self, answer: Any, request: Request) -> Completion:
        try:
            return wire.read(answer, request)
        except (LookupError, TypeError, AttributeError):
            raise EngineUnavailable(f"{self.id}: what came back is not an answer of a chat API") from None
