"""Any server that speaks the OpenAI chat API, or the older one of completions: one model of one endpoint."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from extractor.engines.account import Account
from extractor.engines.endpoint import wire
from extractor.engines.endpoint.faults import NO_ANSWER, NO_SUCH_PATH
from extractor.engines.endpoint.likeliest import likeliest
from extractor.engines.endpoint.likelihood import Scorer
from extractor.engines.endpoint.loops import goes_in_circles
from extractor.engines.endpoint.transport import Patience, Transport
from extractor.engines.pace import Pace, Turn
from extractor.engines.trace import Trace
from extractor.errors import EngineDenied, EngineError, EngineUnavailable, ModeRejected, RequestRejected
from extractor.text import estimate_tokens
from extractor.types import (
    Admitted,
    Completion,
    Continuation,
    Likely,
    Message,
    Mode,
    OnText,
    Request,
    Usage,
)

_COUNT_SECONDS = 60.0
_PROBE_SECONDS = 30.0
_TOKEN = Request((), max_tokens=1, timeout=120.0)  # a question about a single token
# Of OpenAI, vLLM and TGI, Ollama.
_NO_CHAT = re.compile(r"(?i)not a chat model|provide a chat template|template not found|does not support chat")
_CONTINUED = "asked as a text to continue, the model has no chats"
_NOT_HELD = "vLLM is asked by JSON Schema, so verbatim fields are checked after"
# Parameters that some models do not take and that an answer is possible without.
_DISPENSABLE = frozenset(("temperature", "seed", "logprobs", "top_logprobs", "parallel_tool_calls", *wire.STREAMED))
_OF_STREAMS = re.compile(r"(?i)\bstream(?:_options)?")


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
        server: wire.Server | None = "llama.cpp",
        patience: Patience | None = None,
        trace: Trace | None = None,
    ) -> None:
        self.url = url
        self.id = name or f"chat:{model}"
        self.modes = modes
        self.model = model
        self.server = server  # None until it was looked at
        self.transport = Transport(url, key, self.id, patience or Patience(), trace)
        self.account = Account()
        self.pace = Pace()
        self.has_chats = True  # until the server says that the model only continues texts
        self._not_taken: set[str] = set()

    def is_chat(self, request: Request) -> bool:
        """Whether a request goes out as a chat, rather than as a text to continue."""
        return self.has_chats and request.form == "chat"

    def name_model(self, model: str) -> None:
        """Take the model that was found, where only the endpoint was named."""
        self.model = model
        self.id = self.transport.name = f"{self.id}#{model}"

    async def generate(self, request: Request, patience: Patience | None = None) -> Completion:
        """One completion, once more without a parameter that the model does not take, or without a chat."""
        return await self._in_turns(request, lambda: None, patience)

    async def stream(self, request: Request, on_text: OnText) -> Completion:
        """As `generate`; `on_text` gets the text so far, each time that it has grown.

        Only the first try is a stream: what breaks, or is none, is asked for as a whole with the tries that are left.
        """
        shown = iter((on_text,))
        return await self._in_turns(request, lambda: next(shown, None))

    async def count_tokens(self, messages: tuple[Message, ...]) -> int:
        """Tokens of a chat with its template, by llama.cpp's own counter."""
        body = {"messages": [wire.turn(message) for message in messages]}
        answer = await self.transport.post(f"{wire.CHAT}/input_tokens", body, _COUNT_SECONDS)
        count = answer.get("input_tokens") if isinstance(answer, dict) else None
        if not isinstance(count, int):
            raise EngineUnavailable(f"{self.id}: the server does not count tokens")
        return count

    async def likelihoods(self, messages: Sequence[Message], texts: Sequence[Continuation]) -> list[float] | None:
        """How likely texts come next (logarithms); None from servers that tell few tokens."""
        scorer = self._scorer
        return await scorer.likelihoods(messages, texts) if scorer else None

    async def likeliest(
        self, messages: Sequence[Message], admitted: Admitted, ends: str, count: int
    ) -> list[Likely] | None:
        """The likeliest texts of those that are admitted; None from servers that tell few tokens."""
        scorer = self._scorer
        return await likeliest(scorer, messages, admitted, ends, count) if scorer else None

    async def aclose(self) -> None:
        """Close the connections."""
        await self.transport.aclose()

    @property
    def _scorer(self) -> Scorer | None:
        """What tells how likely texts are; None for servers other than llama.cpp's."""
        return Scorer(self._told_by, self.id) if self.server == "llama.cpp" else None

    async def _told_by(self, path: str, body: Mapping[str, Any], read: int) -> Any:
        """An answer of one of llama.cpp's own paths, which stand beside those of OpenAI's API, asked for in its turn.

        Where the model reads some tokens for it, these are counted. The one that it is made to write is nothing that it
        writes, so it is none of a budget, which would take away a record that is there.
        """
        path = f"{self.transport.url.removesuffix('/v1')}/{path}"
        named = {"model": self.model, **body} if self.model else body  # for servers that have several
        turn = self.pace.turn(_TOKEN, read)

        async def attempt(seconds: float) -> Any:
            with turn:
                return await self.transport.once(path, named, seconds)

        answer = await self.transport.patiently(attempt, _TOKEN.timeout, enter=turn.enter)
        if read:
            told = wire.usage_of_text(answer)
            self.account.add(replace(told, input_tokens=told.input_tokens or read, output_tokens=0))
        return answer

    async def _in_turns(
        self, request: Request, shown: Callable[[], OnText | None], patience: Patience | None = None
    ) -> Completion:
        """An answer; each try waits for its turn, and is a stream where somebody is shown it."""
        turn = self.pace.turn(request)

        async def attempt(seconds: float) -> Completion:
            with turn:
                return turn.answered(await self._adapted(request, shown(), seconds, turn))

        return await self.transport.patiently(attempt, request.timeout, patience, turn.enter)

    async def _adapted(self, request: Request, on_text: OnText | None, seconds: float, turn: Turn) -> Completion:
        """One try, with a body that the model takes; a stream where somebody looks on, and the server has streams."""
        while True:
            body = self._body(request, is_streamed=on_text is not None)
            path = wire.CHAT if self.is_chat(request) else wire.COMPLETIONS
            try:
                if on_text and "stream" in body:
                    return self._read(await self._streamed(path, body, on_text, seconds), request)
                return self._read(await self.transport.once(path, body, seconds), request)
            except (RequestRejected, EngineDenied) as error:
                if not (self.is_chat(request) and await self._only_continues(error)):
                    self._adapt(error, body)
            turn.again()

    async def _streamed(self, path: str, body: Mapping[str, Any], on_text: OnText, seconds: float) -> Any:
        """The answer that a stream comes to."""
        written = wire.Written()
        async with aclosing(self.transport.stream(path, body, seconds)) as events:
            async for event in events:
                if written.add(event):
                    on_text(written.text)
                if goes_in_circles(written.text):
                    written.stop(estimate_tokens(str(body.get("messages") or body.get("prompt"))))
                    break
        if not written.is_ended:
            self._lose(written.whole())
            raise EngineUnavailable(f"{self.id}: the stream ended before the answer did", retry_after=0.0)
        return written.whole()

    def _body(self, request: Request, *, is_streamed: bool) -> Mapping[str, Any]:
        """All that is sent, without what the model was seen not to take."""
        if not self.is_chat(request) and request.mode not in wire.OF_COMPLETIONS:
            raise ModeRejected(f"{self.id}: the model has no chats, it only continues texts")
        write = wire.body_of if self.is_chat(request) else wire.body_of_text
        body = write(request, self.model, self.server or "other")
        if is_streamed and "stream" not in self._not_taken:
            body |= wire.STREAMED
        for limit in wire.LIMITS:
            if limit in self._not_taken and limit in body:
                body[wire.other_limit(limit)] = body.pop(limit)
        return {name: value for name, value in body.items() if name not in self._not_taken}

    async def _only_continues(self, error: EngineError) -> bool:
        """Whether the model, which has just refused a chat, goes on with a text; it is not asked for chats again."""
        is_sign = error.status in NO_SUCH_PATH or _NO_CHAT.search(str(error))
        if not is_sign:
            return False
        body = {"model": self.model, "prompt": "Hello", "max_tokens": 1}
        try:
            answer = await self.transport.once(wire.COMPLETIONS, body, _PROBE_SECONDS)
        except EngineError:
            return False
        self._lose(answer)
        self.has_chats = False
        return True

    def _adapt(self, error: EngineError, body: Mapping[str, Any]) -> None:
        """Do from now on without what the model does not take; raises where that was not sent, or is needed."""
        refused = _refused(error, body) if isinstance(error, RequestRejected) else None
        is_limit = refused in wire.LIMITS and wire.other_limit(refused) not in self._not_taken
        if refused is None or not (is_limit or refused in _DISPENSABLE):
            raise error
        self._not_taken.add(refused)

    def _read(self, answer: Any, request: Request) -> Completion:
        """The completion in an answer; one that has none has its price all the same."""
        try:
            found = wire.read(answer, request)
            return replace(found, notes=(*found.notes, *self._told(request)))
        except wire.UNREADABLE:
            self._lose(answer)
        what = "the server sent no choice" if wire.is_empty(answer) else "what came back is not an answer of a chat API"
        raise EngineUnavailable(f"{self.id}: {what}", status=NO_ANSWER)

    def _told(self, request: Request) -> Iterator[str]:
        """What there is to say of how a request was asked."""
        if not self.has_chats:
            yield _CONTINUED
        if self.server == "vllm" and request.grammar is not None:
            from extractor.grammar import shape_of  # the embedded engine, which is never vLLM, starts sooner without

            if shape_of(request.grammar) != request.grammar:
                yield _NOT_HELD

    def _lose(self, answer: Any) -> None:
        """Count what was used for nothing."""
        used = wire.usage_of(answer.get("usage") if isinstance(answer, dict) else None)
        if used != Usage():
            self.account.add(used)


def _refused(error: RequestRejected, body: Mapping[str, Any]) -> str | None:
    """The parameter of a body that a server does not take; streams are refused in words of any form."""
    if error.parameter in body:
        return error.parameter
    if "stream" not in body or not (found := _OF_STREAMS.search(str(error))):
        return None
    return "stream_options" if "_" in found[0] and "stream_options" in body else "stream"
