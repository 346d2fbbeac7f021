"""Engines in this process, through outlines: transformers, and llama-cpp-python.

A grammar is held by the llguidance backend of outlines, with the text that every other engine gets. The answer is
read with the grammar once more, so that one that was not applied is an error and never an answer.
"""

from __future__ import annotations

import asyncio
import threading
import weakref
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from extractor.engines.local.runners import Halted, Runner, mask_of, prove, runner_of
from extractor.engines.local.sources import Source, parse_source
from extractor.engines.local.worker import Worker
from extractor.errors import EngineError, EngineUnavailable, ExtractError, PromptTooLong, RequestRejected
from extractor.models import Progress
from extractor.prompt import NEXT_INPUT
from extractor.types import Completion, Message, Mode, Request, Usage

T = TypeVar("T")

_EXIT_SECONDS = 5.0  # until a token is done


def open_outlines(spec: str, *, offline: bool = False) -> OutlinesEngine:
    """The engine of `transformers:PATH_OR_ID` or `llamacpp:FILE.gguf`; loads at the first request.

    PATH_OR_ID is a folder, OWNER/NAME[@REVISION] on the hub, or a .gguf file. Raises `UsageError` for a spec that
    means nothing, and where an extra is missing.
    """
    source = parse_source(spec, offline=offline)
    return OutlinesEngine(source, source.name)


class OutlinesEngine:
    """A model that outlines wraps: one that is loaded (`outlines.from_transformers(…)`), or where it comes from.

    It answers one request at a time; the others wait, and their time begins when it is their turn.
    """

    modes: tuple[Mode, ...] = ("grammar", "prompt")
    slots = 1

    def __init__(self, model: Any, name: str) -> None:
        self.id = f"outlines:{name}"
        self._model = model
        self._runner: Runner | None = None
        self._worker = Worker(self.id)
        self._turn = asyncio.Lock()
        self._closing = threading.Event()
        # At exit too: torch ends the process with SIGABRT where the interpreter goes while it computes.
        self._end = weakref.finalize(self, _end, self._closing, self._worker)

    def warm(self) -> None:
        """Nothing: importing torch would hold up the imports that it is meant to overlap."""

    def is_here(self) -> bool:
        """Whether the weights are on this machine already."""
        return not isinstance(self._model, Source) or self._model.is_here()

    def prepare(self, on_progress: Callable[[Progress], None] | None = None) -> None:
        """Begin to load, after the download of a .gguf file where one is needed (blocks for that)."""
        if isinstance(self._model, Source):
            self._model.fetch(on_progress)
        self._worker.submit(self._load)

    def languages(self) -> tuple[str, ...]:
        """Nothing says which languages the weights know."""
        return ()

    async def generate(self, request: Request) -> Completion:
        """Answer a request; cancelling it stops the model at the next token."""
        async with self._turn:
            runner = await self._do(self._load)  # waits for what a cancelled request left at work, too
            halt = threading.Event()
            try:
                async with asyncio.timeout(request.timeout):
                    return await self._do(partial(self._answer, runner, request, halt))
            except TimeoutError:
                hint = "raise --timeout, shorten the text, or use a smaller model"
                raise EngineUnavailable.late(self.id, request.timeout, hint=hint) from None
            finally:
                halt.set()

    async def count_tokens(self, messages: tuple[Message, ...]) -> int:
        """Tokens of a chat, with the template of the weights; loads them."""
        async with self._turn:
            runner = await self._do(self._load)
            return len(await self._do(partial(runner.encode, messages)))

    def close(self) -> None:
        """Stop what is under way and let go of the weights, for good."""
        self._end()
        self._runner = self._model = None

    async def aclose(self) -> None:
        """As `close`, without holding up the event loop."""
        await asyncio.to_thread(self.close)

    async def _do(self, work: Callable[[], T]) -> T:
        return await asyncio.wrap_future(self._worker.submit(work))

    def _load(self) -> Runner:
        """The runner, of the model or of what its source loads; runs in the worker's thread."""
        if self._runner is None:
            self._runner = runner_of(self._model.load() if isinstance(self._model, Source) else self._model)
        return self._runner

    def _answer(self, runner: Runner, request: Request, halt: threading.Event) -> Completion:
        """One answer, in the worker's thread; what the libraries trip over is this request's fault alone."""
        if request.mode != "prompt" and request.grammar is None:
            raise EngineError(f"{self.id}: mode {request.mode} without a grammar", hint="use mode grammar or prompt")
        try:
            return self._write(runner, request, lambda: halt.is_set() or self._closing.is_set())
        except ExtractError:
            raise
        except Exception as error:
            line = str(error).strip().partition("\n")[0] or type(error).__name__
            hint = "where it is the memory: shorten the text, or use a smaller model"
            raise RequestRejected(f"{self.id}: {line}", hint=hint) from error

    def _write(self, runner: Runner, request: Request, halted: Halted) -> Completion:
        prompt = runner.encode(request.messages, request.form)
        if runner.context is not None:
            request = _fitted(request, len(prompt), runner.context)
        mask = None if request.grammar is None else mask_of(runner, request.grammar)
        tokens, ended = runner.write(prompt, request, mask, halted)
        if halted():  # whoever asked is gone, or the engine is being closed
            raise EngineError(f"{self.id} is closed")
        if request.grammar is not None:
            prove(runner, request.grammar, tokens, ended=ended)
        usage = Usage(input_tokens=len(prompt), output_tokens=len(tokens) + ended)
        text = runner.decode(tokens)
        if request.form == "completion" or not runner.has_chats:
            text, made_up, _ = text.partition(NEXT_INPUT)  # a text goes on after the answer
            ended = ended or bool(made_up)
        return Completion(text, "stop" if ended else "length", usage)


def _end(closing: threading.Event, worker: Worker) -> None:
    closing.set()
    worker.close(_EXIT_SECONDS)


def _fitted(request: Request, asked: int, context: int) -> Request:
    """The request with an answer that fits behind a prompt of some tokens; raises where there is no room for one."""
    if asked >= context:
        over = f"{asked:,} tokens of text, instruction and schema, in a context of {context:,}"
        raise PromptTooLong(f"prompt too long: {over}")
    return replace(request, max_tokens=min(request.max_tokens, context - asked))
