"""The embedded engine: llama.cpp in a child process, spoken to by the chat engine.

llama.cpp generates without a grammar when it cannot compile one, and answers 200. Three things guard against
that: each grammar was compiled in this process (grammar.py), a canary shows that the child applies it, and the
child's log is read after each answer.
"""

from __future__ import annotations

import asyncio
import importlib
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property

from extractor import models
from extractor.engines.account import Account
from extractor.engines.endpoint.chat import ChatEngine
from extractor.engines.kept import Kept
from extractor.engines.llama.gate import Gate
from extractor.engines.llama.process import SLOTS, Child, Settings, dropped_grammar
from extractor.engines.llama.warm import Attached, find_served
from extractor.engines.trace import Trace
from extractor.errors import EngineError, EngineUnavailable, PromptTooLong, RequestRejected
from extractor.gguf import read_header
from extractor.types import (
    Admitted,
    Completion,
    Continuation,
    Likely,
    Message,
    Mode,
    OnText,
    Request,
)

# A literal that no model begins an answer with: where it does not appear, the grammar is not applied.
_CANARY = "¤§¤"
_PROBE = Request((Message("user", "?"),), "grammar", max_tokens=12)

_FULL = "Context size has been exceeded"  # of the cache that all slots share, in mid-answer


class LlamaEngine:
    """Weights that run on this machine: in a server that `extract serve` keeps, or in a child process.

    A crash restarts the child and repeats the requests that it broke, each of them alone: so only the
    document that brings the model down twice is given up, and its neighbours are not.
    """

    modes: tuple[Mode, ...] = ("grammar", "prompt")

    def __init__(
        self,
        weights: models.Weights,
        settings: Settings,
        *,
        offline: bool = False,
        trace: Trace | None = None,
    ) -> None:
        self.id = f"llama:{weights.name}"
        self.weights = weights
        self.note: str | None = None  # on the server that is used, or not used though there is one
        self._settings = settings
        self._offline = offline
        self._trace = trace
        self._child: Child | Attached | None = None
        self._apart = False  # from others: no server but a child of our own
        self._chat: ChatEngine | None = None
        self.account = Account()  # of the run, for what is asked beside documents
        self._closed = False
        self._preparing = threading.Lock()
        self._gate = Gate()
        self._starting = asyncio.Lock()
        self._proving = asyncio.Lock()
        self._proven: set[str] = set()

    @property
    def identity(self) -> str:
        """What tells the weights apart, whatever they are called."""
        return models.fingerprint(self.weights)

    @cached_property
    def memory(self) -> Kept:
        """What was found out about the weights, which is kept beside them."""
        return Kept(models.store().with_name("leanings") / self.identity.replace(":", "-"))

    @property
    def slots(self) -> int:
        """Requests that can be under way at once."""
        asked = self._settings if self._child is None else self._child.settings
        return self._settings.slots or asked.slots or SLOTS

    def warm(self) -> None:
        """Begin to load, where that needs no download; for a head start before slow imports."""
        if self.is_here():
            self.prepare()

    def is_here(self) -> bool:
        """Whether the weights are on this machine already."""
        return models.locate(self.weights) is not None

    def prepare(self, on_progress: Callable[[models.Progress], None] | None = None) -> None:
        """Begin to load, after the download where one is needed (blocks for that)."""
        with self._preparing:  # a cancelled request leaves its thread at work
            if self._closed:
                raise EngineError(f"{self.id} is closed")
            if self._child is None:
                path = models.fetch(self.weights, offline=self._offline, on_progress=on_progress)
                server, self.note = (None, None) if self._apart else find_served(path, self._settings)
                self._child = server or Child(path, self._settings)

    def languages(self) -> tuple[str, ...]:
        """The languages that the weights say they know (ISO 639-1); empty where they say nothing."""
        path = models.locate(self.weights)
        return self.weights.languages or (read_header(path).languages if path else ())

    async def generate(self, request: Request) -> Completion:
        """Answer a request; what the neighbours broke is asked once more, alone."""
        return await self.stream(request, _unseen)

    async def stream(self, request: Request, on_text: OnText) -> Completion:
        """As `generate`; `on_text` gets the text so far, from the start again where it is asked once more."""
        async with self._gate.shared():
            try:
                return await self._answer(request, on_text)
            except _Disturbed:
                pass
        async with self._gate.alone():
            await self._part()
            try:
                return await self._answer(request, on_text)
            except _Disturbed as error:
                raise RequestRejected(f"{error} twice on this document", hint=error.hint) from error

    async def count_tokens(self, messages: tuple[Message, ...]) -> int:
        """Tokens of a chat, with the template of the weights; counts once more where the child had died."""
        try:
            return await (await self._ready()).count_tokens(messages)
        except EngineUnavailable:
            if self._child is None or not await asyncio.to_thread(self._child.ended):
                raise
            return await (await self._ready()).count_tokens(messages)

    async def likelihoods(self, messages: Sequence[Message], texts: Sequence[Continuation]) -> list[float] | None:
        """How likely texts come next: the logarithms of their probabilities."""
        async with self._gate.shared():
            return await (await self._ready()).likelihoods(messages, texts)

    async def likeliest(
        self, messages: Sequence[Message], admitted: Admitted, ends: str, count: int
    ) -> list[Likely] | None:
        """Of the texts that are admitted next the likeliest."""
        async with self._gate.shared():
            return await (await self._ready()).likeliest(messages, admitted, ends, count)

    async def context(self) -> int | None:
        """Tokens of context, that all slots share; None before the weights are prepared."""
        return None if self._child is None else self._child.settings.context

    def close(self) -> None:
        """End the child, from outside of an event loop, for good."""
        self._closed = True
        with self._preparing:  # whoever is starting a child finishes that first
            child, self._child = self._child, None
        if child is not None:
            child.close()

    async def aclose(self) -> None:
        """End the child and the connections to it, for good."""
        self._closed = True
        chat, self._chat = self._chat, None
        if chat is not None:
            await chat.aclose()
        await asyncio.to_thread(self.close)

    async def _answer(self, request: Request, on_text: OnText) -> Completion:
        chat = await self._ready()
        child = self._child
        assert child is not None
        try:
            with child.hold():
                await self._prove(chat, child, request)
                completion, fault = await _watched(chat, child, request, on_text)
        except PromptTooLong as error:
            hint = f"{_more_context(self.weights, child.settings.context)}{error.hint}"
            raise error.reworded(str(error), hint) from error
        except EngineUnavailable as error:
            if _FULL in str(error):
                hint = "use --slots 1, --strategy map-reduce or retrieve"
                raise _Disturbed("the context was full", hint=hint) from error
            if not await asyncio.to_thread(child.ended):
                raise
            raise _Disturbed(f"llama.cpp ended {child.ending()}", hint=f"its log: {child.log}") from error
        if request.grammar is not None and fault:  # its own or a neighbour's: alone it will show
            raise _Disturbed(f"llama.cpp dropped the grammar ({fault})", hint=f"its log: {child.log}")
        return completion

    async def _prove(self, chat: ChatEngine, child: Child | Attached, request: Request) -> None:
        """Show once for each grammar that the child applies it: with a canary in front, the answer begins with it.

        What is of the document in it was compiled here, and the log is read after each answer.
        """
        if request.grammar is None:
            return
        from extractor.grammar import shape_of  # its imports take longer than a child takes to start

        shape = shape_of(request.grammar)
        async with self._proving:
            if shape in self._proven:
                return
            grammar = _with_canary(request.grammar)
            probe = replace(_PROBE, grammar=grammar, timeout=request.timeout)
            answer, fault = await _watched(chat, child, probe, _unseen)
            if fault or not answer.text.startswith(_CANARY):
                what = f"llama.cpp does not apply the grammar of this schema ({fault or 'without a word'})"
                if isinstance(child, Attached):  # the word may be on the grammar of somebody else
                    raise _Disturbed(what)
                hint = f"nothing was printed; please report the schema; the log of llama.cpp: {child.log}"
                raise EngineError(what, hint=hint)
            self._proven.add(shape)

    async def _ready(self) -> ChatEngine:
        """The chat engine of a living child; starts one where there is none."""
        async with self._starting:
            if self._child is not None and self._chat is not None and self._child.ended(0):
                await self._forget()
            if self._child is None or self._closed:
                await asyncio.to_thread(self.prepare)
            if self._chat is None:
                self._chat = await self._connect()
            return self._chat

    async def _connect(self) -> ChatEngine:
        """Wait until the weights are loaded; the client's slow import fits into that time."""
        child = self._child
        if child is None:
            raise EngineError(f"{self.id} is closed")
        try:
            url, _ = await asyncio.gather(
                asyncio.to_thread(child.connect), asyncio.to_thread(importlib.import_module, "openai")
            )
        except EngineError:
            self._child = None
            raise
        if self._closed:
            raise EngineError(f"{self.id} is closed")
        name = self.weights.name
        chat = ChatEngine(f"{url}/v1", child.key, name, self.modes, name=self.id, trace=self._trace)
        chat.account = self.account
        return chat

    async def _part(self) -> None:
        """Leave a server that others use too: nobody is alone there."""
        async with self._starting:
            if isinstance(self._child, Attached):
                self._apart = True
                await self._forget()

    async def _forget(self) -> None:
        """Let a dead child go; its log stays, an error names it."""
        chat, child, self._chat, self._child = self._chat, self._child, None, None
        if chat is not None:
            await chat.aclose()
        if child is not None:
            child.close(keep_log=True)


class _Disturbed(EngineError):
    """The request was broken by what happened to the child; it may be innocent."""


async def _watched(
    chat: ChatEngine, child: Child | Attached, request: Request, on_text: OnText
) -> tuple[Completion, str | None]:
    """An answer, and what the log says meanwhile of a grammar that was dropped, this one or a neighbour's.

    It is a stream whether somebody looks on or not, so that one that goes round in circles is stopped on its way.
    """
    try:
        before = child.log.stat().st_size
        completion = await chat.stream(request, on_text)
        return completion, dropped_grammar(child.log, before)
    except FileNotFoundError:  # it goes with a server that ends
        raise EngineUnavailable(f"the log of llama.cpp is gone: {child.log}") from None


def _unseen(_: str) -> None:
    pass


def _more_context(weights: models.Weights, context: int | None) -> str:
    """What more of a context the weights can have than they were given, and how; '' where they have all of it."""
    path = models.locate(weights)
    most = read_header(path).context_length if path else None
    if not most or not context or context >= most:
        return ""
    return f"--context, up to {most:,} tokens with these weights, as far as the memory holds them; or "


def _with_canary(grammar: str) -> str:
    """'… start: %json {…}' → '… start: "¤§¤" %json {…}'."""
    return grammar.replace("start: ", f'start: "{_CANARY}" ', 1)
