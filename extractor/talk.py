"""One conversation with a model: what is asked in which mode, and what of the answers counts.

The mode is the strongest that the engine honours. One that it rejects, or that cannot say the schema, is left for the
next weaker one, openly: in a note, and in the record's `mode`.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, get_args

from extractor import repair
from extractor.answer import apart, is_plain_json, partial, refuse, well_formed
from extractor.errors import ModeRejected, SchemaError, UsageError
from extractor.forgiving import spoken, without_nulls
from extractor.grammar import Grammar, compile_schema
from extractor.probabilities import LIKELIEST, of_choices
from extractor.prompt import PromptStyle, Voice, answer_now, messages, think, voice_for, without_tools
from extractor.strict import Calls, to_calls, to_strict
from extractor.tagged_union import choice_of
from extractor.text import estimate_tokens
from extractor.types import (
    MOST_INT,
    Completion,
    Document,
    Encoding,
    Engine,
    Ground,
    Message,
    Mode,
    Request,
    Schema,
    Strategy,
    Usage,
)

# Seconds granted to a request: a fixed part, prefill and decoding. A laptop with four requests under way does
# a multiple of this; what takes longer hangs.
_BASE_SECONDS = 60
_PREFILL_TOKENS_PER_SECOND = 8
_DECODED_TOKENS_PER_SECOND = 4

_NOT_IN_NAMES = re.compile("[^A-Za-z0-9_-]")
_LONGEST_NAME = 64  # of a schema or tool
_THINKING_TOKENS = 1_000
_LEAST_CHUNK = 50
_PLAIN = PromptStyle()


@dataclass(frozen=True, slots=True)
class Options:
    """How to ask. `timeout` is in seconds and grows with prompt and answer by default.

    `mode` None takes the strongest that the engine honours. `retries` is how often what is invalid, unreadable or cut
    off is asked for again. With `think` the model writes freely first. `on_partial` gets the first answer as far as it
    is written, each time that it has grown; of a long text what its parts gave so far, and `on_part` gets its source,
    how many of the questions about it are answered, and how many there are. `ground` says whether values are looked up
    in the document (`report`), or have to stand there (`require`); verbatim fields always have to. `strategy` says what
    of a long text is asked about at once, `chunk_tokens` how much of it, and `context_tokens` how much of its beginning
    every part shows. With `passes` above 1 a model is asked so many times less one what its lists lack, as long as
    something comes. With `probs` the record says how likely each label of a choice is, where the engine can tell. With
    `prior` the label is taken that is likeliest beside what the model leans to, and the record says where that cannot
    be told; None does so where the engine can tell and the labels of a schema are few, but not with `think`, since
    thoughts led to the label then; False does not.
    """

    max_tokens: int = 4096
    temperature: float = 0.0
    seed: int | None = None
    timeout: float | None = None
    mode: Mode | None = None
    retries: int = 2
    think: bool = False
    style: PromptStyle = _PLAIN
    ground: Ground = "report"
    strategy: Strategy = "auto"
    chunk_tokens: int = 2_000
    context_tokens: int = 100
    passes: int = 1
    probs: bool = False
    prior: bool | None = None
    on_partial: OnPartial | None = field(default=None, compare=False)
    on_part: OnPart | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        """Raise `UsageError` for what no request can be made of."""
        _refuse("max_tokens", self.max_tokens, int, least=1, most=MOST_INT)
        _refuse("retries", self.retries, int, least=0)
        _refuse("temperature", self.temperature, int | float, least=0)
        _refuse("timeout", self.timeout or 1, int | float, least=0)
        _refuse("chunk_tokens", self.chunk_tokens, int, least=_LEAST_CHUNK)
        _refuse("context_tokens", self.context_tokens, int, least=0)
        _refuse("passes", self.passes, int, least=1)
        _refuse("seed", self.seed or 0, int, least=-MOST_INT, most=MOST_INT)
        if self.mode not in (None, *get_args(Mode)):
            hint = f"one of {', '.join(get_args(Mode))}, or None for the strongest"
            raise UsageError(f"options: mode {self.mode!r} is none", hint=hint)
        if self.ground not in get_args(Ground):
            raise UsageError(f"options: ground {self.ground!r} is none", hint=f"one of {', '.join(get_args(Ground))}")
        if self.strategy not in get_args(Strategy):
            hint = f"one of {', '.join(get_args(Strategy))}"
            raise UsageError(f"options: strategy {self.strategy!r} is none", hint=hint)
        if not isinstance(self.style, PromptStyle):
            raise UsageError(
                f"options: style is a {type(self.style).__name__}", hint="PromptStyle(encoding='yaml'), say"
            )
        if self.mode not in (None, *self.fitting):
            style = self.style
            is_form = style.encoding == "json"
            what = "form completion" if is_form else f"answers in {style.encoding.upper()}"
            hint = f"--mode {self.fitting[-1]} does, as auto; or take {'--form chat' if is_form else '--encoding json'}"
            raise UsageError(f"mode {self.mode} does not go with {what}", hint=hint)

    @property
    def fitting(self) -> tuple[Mode, ...]:
        """The modes that go with the style: what a decoder writes is JSON, and only chats have tools."""
        if self.style.encoding != "json":
            return ("prompt",)
        return ("grammar", "prompt") if self.style.form == "completion" else get_args(Mode)


OnPartial = Callable[[Any], None]
OnPart = Callable[[str, int, int], None]  # the source, answered, of all


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: a schema, and the pieces of a record that it stands for (none: the whole), which are in JSON."""

    schema: Schema
    messages: tuple[Message, ...]
    pieces: tuple[repair.Piece, ...] = ()
    encoding: Encoding = "json"


class Talk:
    """The requests of one document: in the strongest mode that the engine honours, counted.

    `text` is the document's, of which verbatim values are to be a part.
    """

    def __init__(self, engine: Engine, options: Options, text: str = "") -> None:
        self.engine = engine
        self.options = options
        self.text = text
        fitting: list[Mode] = [mode for mode in engine.modes if mode in options.fitting]
        self.mode: Mode = options.mode or (fitting[0] if fitting else "prompt")
        self.attempts = 0
        self.usage = Usage()
        self.thoughts = ""
        self.probabilities: Mapping[str, Mapping[str, float]] = {}
        self._unfit: dict[Mode, Exception] = {}
        self._notes: list[str] = []

    async def think(self, chat: tuple[Message, ...], schema: Schema, voice: Voice) -> tuple[Message, ...]:
        """The chat with the model's free thoughts in it; `Refused` where it declines already here."""
        *before, question = chat
        # In the same turn: templates of some models want turns to alternate.
        asked = (*before, replace(question, content=f"{question.content}\n\n{think(voice)}"))
        self.attempts += 1
        completion = self._count(await self.engine.generate(_request(asked, self.options, _THINKING_TOKENS)))
        refuse(completion)
        said = completion.text.strip() or completion.thoughts
        self.thoughts = _lines(self.thoughts, completion.text.strip())
        now = Message("user", answer_now(schema, voice))
        return (*asked, Message("assistant", said), now) if said else chat

    async def ask(self, question: Question) -> Completion:
        """The answer to a question, in the next weaker mode where the engine rejects one."""
        while True:
            mode = await choose_mode(self.engine, self.options, self._unfit)
            if mode is None:
                none = ModeRejected(f"{self.engine.id} honours none of its modes")
                raise next(reversed(self._unfit.values()), none)
            self.mode = mode
            try:
                request = structured(question.schema, question.messages, self.options, mode, self.text)
                if mode == "grammar" and (loose := _grammar(question.schema, self.text).loose):
                    self._notes.append(f"verbatim fields are checked after: {loose}")
                self.attempts += 1
                return self._weighed(self._doubted(self._count(await self._generate(request, question))), question)
            except ModeRejected as error:
                self._go_on_without(mode, f"is rejected ({error})", error)
            except SchemaError as error:
                if mode == "grammar":
                    raise
                self._go_on_without(mode, f"cannot say this schema ({error})", error)

    def restore(self, schema: Schema, value: Any) -> Any:
        """An answer in the shape of its schema: a model is asked by a forgiving one, or by a strict one."""
        if self.mode == "tools" and (calls := to_calls(schema)):
            value = calls.restore(value)
        elif self.mode in ("json_schema", "tools"):
            value = to_strict(schema).restore(value)
        return without_nulls(schema, value)

    def notes(self) -> dict[str, str]:
        """What there is to say of the last answer."""
        told, self._notes = "; ".join(dict.fromkeys(self._notes)), []
        return {"": told} if told else {}

    def _doubted(self, completion: Completion) -> Completion:
        """An answer; where it is no JSON and a decoder should have seen to that, the mode is not used again."""
        is_learning = getattr(self.engine, "disown", None) is not None
        if is_learning and self.mode in ("grammar", "json_schema") and not is_plain_json(completion):
            self._disown(self.mode, "is ignored: an answer was not JSON alone", is_for_all=self.options.mode is None)
        return completion

    def _weighed(self, completion: Completion, question: Question) -> Completion:
        """An answer; how likely what it chose was is kept."""
        if completion.tokens and (choice := choice_of(question.schema)):
            self.probabilities = of_choices(completion.tokens, choice)
        return completion

    def _disown(self, mode: Mode, why: str, *, is_for_all: bool) -> None:
        """Tell an engine that learns, for the documents to come; else, or where the mode was asked for, note it."""
        disown = getattr(self.engine, "disown", None)
        if disown and is_for_all:
            disown(mode, why)
        else:
            self._notes.append(f"mode {mode} {why}")

    async def _generate(self, request: Request, question: Question) -> Completion:
        show = self.options.on_partial
        is_shown = show is not None and not question.pieces and question.encoding == "json"
        if show is None or not is_shown or not hasattr(self.engine, "stream"):
            return await self.engine.generate(request)

        shown: Any = None

        def grow(text: str) -> None:
            nonlocal shown
            value = partial(text)
            if value is not None and value != shown:
                shown = value
                show(self.restore(question.schema, value))

        completion: Completion = await self.engine.stream(request, grow)
        return completion

    def _go_on_without(self, mode: Mode, why: str, error: Exception) -> None:
        """Take the next mode, for this document, and for the run where an engine remembers; raises if none is left."""
        if self.options.mode is not None or mode == "prompt":
            raise error
        self._unfit[mode] = error
        self._disown(mode, why, is_for_all=isinstance(error, ModeRejected))

    def _count(self, completion: Completion) -> Completion:
        self.usage += completion.usage
        self._notes += completion.notes
        thoughts, text = apart(completion.text)
        if (sound := well_formed(text)) != text:
            self._notes.append("half of a surrogate pair is no character, U+FFFD stands for it")
            text = sound
        completion = replace(completion, text=text, thoughts=_lines(completion.thoughts, thoughts))
        self.thoughts = _lines(self.thoughts, completion.thoughts)
        return completion


def _lines(*texts: str) -> str:
    return "\n".join(filter(None, texts))


def _refuse(name: str, value: Any, kind: Any, least: float, most: float = math.inf) -> None:
    if isinstance(value, bool) or not isinstance(value, kind):
        raise UsageError(f"options: {name} {value!r} is no number")
    if not value >= least:  # NaN is not either
        raise UsageError(f"options: {name} {value!r} is less than {least}")
    if value > most:
        raise UsageError(f"options: {name} {value!r:.40} is more than {most}", hint="no engine counts so far")


def of_engine(engine: Engine, mode: Mode) -> Mode:
    """A mode that the engine has; `UsageError` for another."""
    if mode not in engine.modes:
        hint = f"it has {', '.join(engine.modes)}; the strongest is taken where none is named"
        raise UsageError(f"{engine.id} has no mode {mode}", hint=hint)
    return mode


async def choose_mode(engine: Engine, options: Options, unfit: Collection[Mode] = ()) -> Mode | None:
    """The mode that is wanted, else the strongest that an engine honours; None where those in `unfit` were all."""
    if options.mode is not None:
        return of_engine(engine, options.mode)
    if options.fitting == ("prompt",):
        return of_engine(engine, "prompt")
    proven = getattr(engine, "honoured", None)
    modes: tuple[Mode, ...] = await proven() if proven else engine.modes
    usable = set(engine.modes).intersection(options.fitting).difference(unfit)
    return next((mode for mode in modes if mode in usable), None)


def build_request(document: Document, schema: Schema, options: Options, mode: Mode = "grammar") -> Request:
    """The exact first request of a document; needs no engine."""
    chat = messages(document, schema, voice_for(document.text, options.style))
    return structured(schema, chat, options, mode, document.text)


def structured(schema: Schema, chat: tuple[Message, ...], options: Options, mode: Mode, text: str = "") -> Request:
    """A request whose answer is held to a schema in the way of a mode; `text` is what verbatim values are a part of."""
    request = replace(_request(chat, options), mode=mode, name=_NOT_IN_NAMES.sub("_", schema.name)[:_LONGEST_NAME])
    if mode == "tools" and (calls := to_calls(schema)):
        return _with_calls(request, calls, voice_for(text, options.style), schema)
    if choice_of(schema):
        request = replace(request, alternatives=LIKELIEST)
    if mode == "grammar":
        grammar = _grammar(schema, text)
        return replace(request, grammar=grammar.text, json_schema=grammar.json_schema)
    return request if mode == "prompt" else replace(request, json_schema=to_strict(schema).json_schema)


def _with_calls(request: Request, calls: Calls, voice: Voice, schema: Schema) -> Request:
    """A request in which the alternatives of a choice are functions, so that no message has to describe them."""
    brief = without_tools(request.messages, schema, voice)
    choice = calls.choice
    return replace(
        request, messages=brief, functions=(*calls.functions,), many=choice.is_many, may_pass=choice.allows_none
    )


def _grammar(schema: Schema, text: str) -> Grammar:
    return compile_schema(spoken(schema)).for_text(text)


def _request(chat: tuple[Message, ...], options: Options, most: int | None = None) -> Request:
    """A request for free text."""
    max_tokens = min(options.max_tokens, most or options.max_tokens)
    return Request(
        chat,
        max_tokens=max_tokens,
        temperature=options.temperature,
        seed=options.seed,
        timeout=options.timeout or _patience(estimate_chat(chat), max_tokens),
        form=options.style.form,
    )


def estimate_request(request: Request) -> int:
    """Tokens that a request gives a model to read, as estimated: its messages, and its functions."""
    functions = sum(
        estimate_tokens(f"{one.name} {one.description} {json.dumps(one.parameters, ensure_ascii=False)}")
        for one in request.functions
    )
    return estimate_chat(request.messages) + functions


def estimate_chat(chat: Iterable[Message]) -> int:
    """The same of all turns of a chat."""
    return sum(estimate_tokens(turn.content) for turn in chat)


def _patience(prompt_tokens: int, max_tokens: int) -> float:
    return _BASE_SECONDS + prompt_tokens / _PREFILL_TOKENS_PER_SECOND + max_tokens / _DECODED_TOKENS_PER_SECOND
