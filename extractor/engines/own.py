"""Engines of users, kept to the contract: whatever goes wrong in one is an error of its document."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from inspect import isawaitable
from typing import Any, get_args
from weakref import WeakKeyDictionary

from extractor.engines.kept import Kept
from extractor.errors import EngineUnavailable, ExtractError, UsageError, spell
from extractor.types import (
    Admitted,
    Completion,
    Continuation,
    Engine,
    FinishReason,
    Likely,
    Memory,
    Message,
    Mode,
    OnText,
    Request,
    Token,
    Usage,
)

_SECONDS = 600.0  # of what is no answer to a document
_NEEDED = ("id", "modes", "generate")
_OPTIONAL = ("stream", "honoured", "disown", "slots", "count_tokens", "likelihoods", "likeliest", "aclose")
_EXAMPLE = "examples/engines.md shows one"

_MEMORIES: WeakKeyDictionary[Any, Memory] = WeakKeyDictionary()


def kept(engine: Any, name: str = "", on_note: Callable[[str], None] = lambda _: None) -> Engine:
    """An engine that keeps to the contract: one of this package as it is, another one wrapped.

    `name` is what the user calls it; `on_note` gets what goes wrong when all is done.
    Raises `UsageError` for what is no engine.
    """
    if type(engine).__module__.startswith(f"{__package__}."):
        return engine  # type: ignore[no-any-return]
    return OwnEngine(engine, name or f"engine={engine!r:.80}", on_note)


def _memory_of(engine: Any) -> Memory:
    """One for an engine, however often it is wrapped."""
    try:
        return _MEMORIES.setdefault(engine, Kept())
    except TypeError:  # it has no hash, or nothing can refer to it weakly
        return Kept()


def is_fault(error: BaseException) -> bool:
    """Whether an exception out of a user's code is a fault of it: no Ctrl-C, and nobody cancelled the task."""
    if isinstance(error, asyncio.CancelledError):
        return not _is_cancelled()
    return not isinstance(error, KeyboardInterrupt | GeneratorExit)


def _is_cancelled() -> bool:
    try:
        task = asyncio.current_task()
    except RuntimeError:  # there is no loop
        return False
    return task is not None and task.cancelling() > 0


class OwnEngine:
    """Wraps an engine of the user's: in time, with sound values, and no traceback but as a message.

    What it has beside `generate` is there where the engine has it. `id` and `modes` are read once.
    """

    def __init__(self, engine: Any, name: str, on_note: Callable[[str], None]) -> None:
        if isinstance(engine, type):
            raise UsageError(f"{name} is a class, not an engine", hint=f"{engine.__name__}()")
        try:
            missing = [member for member in _NEEDED if not hasattr(engine, member)]
            found = None if missing else (engine.id, engine.modes)
        except BaseException as error:
            if not is_fault(error):
                raise
            raise UsageError(f"{name} is no engine: {spell(error)}", hint=_EXAMPLE) from error
        if found is None:
            raise UsageError(f"{name} is no engine: it has no {', '.join(missing)}", hint=_EXAMPLE)
        if not isinstance(found[0], str):
            raise UsageError(f"{name}: its id is {found[0]!r}", hint="a text, that records call it")
        self.engine = engine
        self.id: str = found[0]
        self.modes = _modes(found[1], name)
        self._note = on_note

    async def generate(self, request: Request) -> Completion:
        """Answer a request within its timeout."""
        return self._sound(await self._within(request.timeout, "generate", request))

    @property
    def memory(self) -> Memory:
        """What was found out about the model: where the engine keeps it, else for as long as the engine lives."""
        with self._guarded():
            own: Memory | None = getattr(self.engine, "memory", None)
        return _memory_of(self.engine) if own is None else own

    def __getattr__(self, name: str) -> Any:
        """What the engine has beside."""
        if name in _OPTIONAL:
            with self._guarded():
                is_there = hasattr(self.engine, name)
            if is_there:
                return getattr(self, f"_{name}")
        raise AttributeError(name)

    async def _stream(self, request: Request, on_text: OnText) -> Completion:
        return self._sound(await self._within(request.timeout, "stream", request, on_text))

    async def _honoured(self) -> tuple[Mode, ...]:
        return _modes(await self._within(_SECONDS, "honoured"), self.id)

    def _disown(self, mode: Mode, why: str) -> None:
        with self._guarded():
            self.engine.disown(mode, why)

    @property
    def _slots(self) -> int:
        with self._guarded():
            slots = self.engine.slots
        if not isinstance(slots, int) or slots < 1:
            raise UsageError(f"{self.id}: its slots are {slots!r}", hint="how many requests it takes at once, from 1")
        return slots

    async def _count_tokens(self, messages: tuple[Message, ...]) -> int:
        count = await self._within(_SECONDS, "count_tokens", messages)
        if not isinstance(count, int):
            raise EngineUnavailable(f"{self.id} counted {count!r} tokens")
        return count

    async def _likelihoods(self, messages: Sequence[Message], texts: Sequence[Continuation]) -> list[float]:
        found = await self._within(_SECONDS, "likelihoods", messages, texts)
        if not isinstance(found, list) or len(found) != len(texts) or not all(map(_is_weight, found)):
            raise EngineUnavailable(f"{self.id}: its likelihoods are {found!r:.80}, not a logarithm for each text")
        return [float(weight) for weight in found]

    async def _likeliest(self, messages: Sequence[Message], admitted: Admitted, ends: str, count: int) -> list[Likely]:
        found = await self._within(_SECONDS, "likeliest", messages, admitted, ends, count)
        if not isinstance(found, list) or not all(map(_is_likely, found)):
            raise EngineUnavailable(f"{self.id}: its likeliest texts are {found!r:.80}, not a list of Likely")
        return found[:count]

    async def _aclose(self) -> None:
        """What goes wrong here comes after all answers, and takes none of them away."""
        try:
            await self._within(_SECONDS, "aclose")
        except ExtractError as error:
            self._note(f"while it was closed: {error}")

    async def _within(self, seconds: float, name: str, *given: Any) -> Any:
        """What a member gives in time; a timeout within it is no other fault than the rest."""
        clock = asyncio.timeout(seconds)
        with self._guarded():
            try:
                async with clock:
                    answer = getattr(self.engine, name)(*given)
                    if not isawaitable(answer):
                        raise EngineUnavailable(f"{self.id}: {name} is no coroutine: write `async def {name}`")
                    return await answer
            except TimeoutError:
                if clock.expired():
                    raise EngineUnavailable.late(self.id, seconds) from None
                raise

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except ExtractError:
            raise
        except BaseException as error:
            if not is_fault(error):
                raise
            raise EngineUnavailable(f"{self.id} itself failed: {spell(error)}") from error

    def _sound(self, completion: Any) -> Completion:
        """A completion with values of the right types."""
        if not isinstance(completion, Completion):
            raise EngineUnavailable(f"{self.id} gave a {type(completion).__name__} for a Completion")
        for name, is_right, right in _FIELDS:
            value = getattr(completion, name)
            if not is_right(value):
                raise EngineUnavailable(
                    f"{self.id} gave a Completion with {name} {value!r:.80}", hint=f"{name}: {right}"
                )
        return completion


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_usage(value: object) -> bool:
    if not isinstance(value, Usage):
        return False
    counts = (value.input_tokens, value.cached_tokens, value.output_tokens)
    return all(isinstance(count, int) and count >= 0 for count in counts)


def _are_notes(value: object) -> bool:
    return isinstance(value, tuple) and all(map(_is_text, value))


def _are_tokens(value: object) -> bool:
    return isinstance(value, tuple) and all(isinstance(one, Token) and _is_token(one) for one in value)


def _is_token(token: Token) -> bool:
    likeliest: Any = token.likeliest
    if not _is_text(token.text) or not isinstance(likeliest, Mapping):
        return False
    return all(_is_text(text) and _is_weight(weight) for text, weight in likeliest.items())


# Of a completion: the field, whether a value is right, and what is.
_FIELDS: tuple[tuple[str, Callable[[Any], bool], str], ...] = (
    ("text", _is_text, "a text, '' where there is none"),
    ("finish_reason", get_args(FinishReason).__contains__, ", ".join(get_args(FinishReason))),
    ("usage", _is_usage, "a Usage with whole numbers, Usage() where nothing is known"),
    ("thoughts", _is_text, "a text, '' where there is none"),
    ("notes", _are_notes, "a tuple of texts"),
    (
        "tokens",
        _are_tokens,
        "a tuple of Token, each with the logarithms of probabilities by text, () where none are known",
    ),
)


def _is_likely(value: object) -> bool:
    return isinstance(value, Likely) and _is_text(value.text) and _is_weight(value.weight)


def _is_weight(value: object) -> bool:
    """Whether a value can be the logarithm of a probability: -inf is that of what cannot be."""
    try:
        return isinstance(value, int | float) and not isinstance(value, bool) and float(value) <= 0
    except OverflowError:  # a whole number of hundreds of digits
        return False


def _modes(found: Any, name: str) -> tuple[Mode, ...]:
    """The modes that an engine says it has; `UsageError` where they are none."""
    known = ", ".join(get_args(Mode))
    if not found or not isinstance(found, tuple | list):
        raise UsageError(f"{name}: its modes are {found!r}", hint=f"a tuple of one or more of {known}")
    if unknown := [mode for mode in found if mode not in get_args(Mode)]:
        raise UsageError(f"{name}: unknown mode {', '.join(map(repr, unknown))}", hint=f"modes are {known}")
    return (*found,)
