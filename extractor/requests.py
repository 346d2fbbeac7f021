"""The requests about a document: in which mode, with what in them, and how long they may take."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable
from dataclasses import replace

from extractor.errors import UsageError
from extractor.forgiving import spoken
from extractor.grammar import Grammar, compile_schema
from extractor.options import Options
from extractor.probabilities import LIKELIEST
from extractor.prompt import Voice, messages, voice_for, without_tools
from extractor.strict import Calls, to_calls, to_strict
from extractor.tagged_union import choice_of
from extractor.text import estimate_tokens
from extractor.types import Document, Engine, Message, Mode, Request, Schema

# Seconds granted to a request: a fixed part, prefill and decoding. A laptop with four requests under way does
# a multiple of this; what takes longer hangs.
_BASE_SECONDS = 60
_PREFILL_TOKENS_PER_SECOND = 8
_DECODED_TOKENS_PER_SECOND = 4

_NOT_IN_NAMES = re.compile("[^A-Za-z0-9_-]")
_LONGEST_NAME = 64  # of a schema or tool


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
    request = replace(free_request(chat, options), mode=mode, name=_NOT_IN_NAMES.sub("_", schema.name)[:_LONGEST_NAME])
    if mode == "tools" and (calls := to_calls(schema)):
        return _with_calls(request, calls, voice_for(text, options.style), schema)
    if choice_of(schema):
        request = replace(request, alternatives=LIKELIEST)
    if mode == "grammar":
        grammar = grammar_of(schema, text)
        return replace(request, grammar=grammar.text, json_schema=grammar.json_schema)
    return request if mode == "prompt" else replace(request, json_schema=to_strict(schema).json_schema)


def _with_calls(request: Request, calls: Calls, voice: Voice, schema: Schema) -> Request:
    """A request in which the alternatives of a choice are functions, so that no message has to describe them."""
    brief = without_tools(request.messages, schema, voice)
    choice = calls.choice
    return replace(
        request, messages=brief, functions=(*calls.functions,), many=choice.is_many, may_pass=choice.allows_none
    )


def grammar_of(schema: Schema, text: str) -> Grammar:
    """What the decoder of a request is held to."""
    return compile_schema(spoken(schema)).for_text(text)


def free_request(chat: tuple[Message, ...], options: Options, most: int | None = None) -> Request:
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
