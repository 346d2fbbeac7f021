"""Whether a mode is honoured, by an answer: a tiny schema admits one that no model gives by itself.

A server that does not know a parameter ignores it, so its status says nothing.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable

from extractor.engines.endpoint.wire import IN_TEXT
from extractor.grammar import compile_schema
from extractor.schema import load_json
from extractor.types import Completion, Message, Mode, Request, Schema

_ANSWER = "k7-violet-31"
_PROOF: Schema = load_json(
    {
        "type": "object",
        "properties": {"code": {"enum": [_ANSWER]}},
        "required": ["code"],
        "additionalProperties": False,
    },
    "proof",
)
_QUESTION = (Message("user", "Reply with the word hello."),)
_ORDER = (
    Message("system", "You answer with JSON alone."),  # own engines may count on two turns
    Message("user", f'Repeat this JSON:\n{{"code": "{_ANSWER}"}}'),
)
_ORDER_TOKENS = 200
_PROOF_TOKENS = 1_000  # a reasoning model thinks even about this
PROOF_SECONDS = 120.0

Ask = Callable[[Request], Awaitable[Completion]]


async def prove_by_answer(ask: Ask, mode: Mode, seconds: float | None = None) -> str:
    """'' where an engine honours a mode, by the answer that no model gives by itself; `RequestRejected` is let out.

    In mode prompt nothing holds the model, so there the answer says what the model does when it is asked.
    """
    completion = await ask(proof_of(mode, seconds or PROOF_SECONDS))
    if _is_proof(completion, mode):
        return ""
    if completion.finish_reason == "length":
        return f"is not proven: the answer was cut off after {completion.usage.output_tokens:,} tokens"
    if mode == "prompt":
        return "gives text, not the JSON that it was asked for" if completion.text.strip() else "gives no text"
    return "is ignored"


def proof_of(mode: Mode, seconds: float) -> Request:
    """The request whose answer shows it."""
    grammar = compile_schema(_PROOF)
    return Request(
        _ORDER if mode == "prompt" else _QUESTION,
        mode,
        grammar.text if mode == "grammar" else None,
        grammar.json_schema if mode == "grammar" else _PROOF.json_schema,
        name="proof",
        max_tokens=_ORDER_TOKENS if mode == "prompt" else _PROOF_TOKENS,
        timeout=seconds,
    )


def _is_proof(completion: Completion, mode: Mode) -> bool:
    """Whether an answer shows that the mode held it, and in mode prompt, that the model did as it was told."""
    if mode == "prompt":
        return _ANSWER in completion.text
    return IN_TEXT not in completion.notes and _has_code(completion.text, None if mode == "tools" else _ANSWER)


def _has_code(text: str, expected: str | None) -> bool:
    """Whether an answer is the record of the proof; None takes any code."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(data, dict) and "code" in data and expected in (None, data["code"])
