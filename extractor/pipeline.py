"""The way of one document: messages → generate → decode → clip → validate → ground. The steps meet only here."""

from __future__ import annotations

import contextlib
import json
import math
import re
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from extractor.errors import (
    EngineUnavailable,
    OutputError,
    ParseError,
    Refused,
    RequestRejected,
    SourceError,
    Truncated,
)
from extractor.grammar import clip, compile_schema
from extractor.ground import ground
from extractor.pointers import pointer
from extractor.prompt import messages
from extractor.pytypes import additions
from extractor.schema import is_many
from extractor.types import Completion, Document, Engine, Extraction, Mode, Problem, Request, Schema
from extractor.validation import Valid, validate, validate_each

# Seconds granted to a request: a fixed part, prefill and decoding. A laptop with four requests under way does
# a multiple of this; what takes longer hangs.
_BASE_SECONDS = 60
_PREFILL_TOKENS_PER_SECOND = 8
_DECODED_TOKENS_PER_SECOND = 4


_BETWEEN = re.compile(r"[\s,]*")  # two items of a list

_NOT_IN_NAMES = re.compile("[^A-Za-z0-9_-]")
_LONGEST_NAME = 64  # of a schema or tool

_DEEPEST = 100  # levels of an answer; validators and writers walk it by recursion


@dataclass(frozen=True, slots=True)
class Options:
    """How to ask. `timeout` is in seconds and grows with prompt and answer by default."""

    max_tokens: int = 4096
    temperature: float = 0.0
    seed: int | None = None
    timeout: float | None = None


async def extract(document: Document, schema: Schema, engine: Engine, options: Options | None = None) -> Extraction:
    """Extract one record.

    What goes wrong with this document alone stands in the record's `errors`. Raised is what ends a run:
    `SchemaError` before any token is spent, and engine errors that no other document would escape.
    """
    mode = choose_mode(engine)
    request = build_request(document, schema, options or Options(), mode)
    record = Extraction(document.source, None, schema.id, engine.id, mode, notes=_loading_notes(document))
    if not document.text.strip():
        return replace(record, errors=(Problem.of(SourceError(f"{document.source}: the text is empty")),))
    started = time.monotonic()
    try:
        completion = await engine.generate(request)
    except (RequestRejected, EngineUnavailable) as error:
        return replace(record, errors=(Problem.of(error),), attempts=1, seconds=_since(started))
    record = replace(record, attempts=1, usage=completion.usage)
    try:
        answer = decode(completion, request.max_tokens)
    except OutputError as error:
        answer, record = _whole_records(completion, schema), replace(record, errors=(Problem.of(error),))
        if answer is None:
            return replace(record, seconds=_since(started))
    answer, cuts = clip(answer, compile_schema(schema).lowered)
    record = replace(record, notes=_joined(record.notes, _repetitions(completion.text), cuts))
    return replace(_finish(record, answer, document, schema), seconds=_since(started))


def choose_mode(engine: Engine) -> Mode:
    """The stronger of the two ways to ask that an engine has."""
    return "grammar" if "grammar" in engine.modes else "prompt"


def build_request(document: Document, schema: Schema, options: Options, mode: Mode = "grammar") -> Request:
    """The exact request of a document; needs no engine."""
    grammar = compile_schema(schema)
    chat = messages(document, schema)
    return Request(
        messages=chat,
        mode=mode,
        grammar=grammar.text if mode == "grammar" else None,
        json_schema=grammar.lowered if mode == "grammar" else None,
        name=_NOT_IN_NAMES.sub("_", schema.name)[:_LONGEST_NAME],
        max_tokens=options.max_tokens,
        temperature=options.temperature,
        seed=options.seed,
        timeout=options.timeout or _patience(sum(estimate_tokens(turn.content) for turn in chat), options.max_tokens),
    )


def estimate_tokens(text: str) -> int:
    """A rough count without a tokenizer: four ASCII characters, or one and a half others, make a token."""
    ascii_only = sum(char < "\x80" for char in text)
    return round(ascii_only / 4 + (len(text) - ascii_only) / 1.5)


def decode(completion: Completion, max_tokens: int) -> Any:
    """The JSON value of an answer of at most `max_tokens`; raises the `OutputError` that fits."""
    if completion.finish_reason == "length":
        written = completion.usage.output_tokens
        if 0 < written < max_tokens:
            hint = "shorten the text, or use a model with a longer context"
            raise Truncated(f"the context was full after {written} tokens of the answer", hint=hint)
        hint = "raise --max-tokens, or bound the lists and texts of the schema (max_length)"
        raise Truncated(f"the answer was cut off after {written} tokens", hint=hint)
    if completion.finish_reason == "refusal":
        raise Refused(f"the model declined: {completion.text[:200]!r}")
    try:
        data = json.loads(completion.text, parse_constant=_finite, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise ParseError(f"the answer is not JSON ({error}): {completion.text[:200]!r}") from error
    if _is_deeper(data, _DEEPEST):
        raise ParseError(f"the answer is nested more than {_DEEPEST} levels deep: {completion.text[:200]!r}")
    return data


def _repetitions(text: str) -> dict[str, str]:
    """A note on keys that stand in one object more than once, as free keys can: '{"a": 1, "a": 2}'."""
    repeated: dict[str, None] = {}

    def note(pairs: list[tuple[str, Any]]) -> None:
        counts = Counter(key for key, _ in pairs)
        repeated.update((key, None) for key, times in counts.items() if times > 1)

    with contextlib.suppress(ValueError, RecursionError):  # cut off, and told elsewhere
        json.loads(text, object_pairs_hook=note)
    names = ", ".join(map(repr, [*repeated][:5]))
    return {"": f"keys that the answer repeats, the last value of each counts: {names}"} if repeated else {}


def _whole_records(completion: Completion, schema: Schema) -> list[Any] | None:
    """Of a list that was cut off, the records that are complete; None where there are none."""
    if completion.finish_reason != "length" or not is_many(schema):
        return None
    text = completion.text
    decoder, records = json.JSONDecoder(parse_constant=_finite, parse_float=_finite), []
    at = text.find("[") + 1
    with contextlib.suppress(ValueError, RecursionError):
        while at:
            record, at = decoder.raw_decode(text, at)
            records.append(record)
            at = _BETWEEN.match(text, at).end()  # type: ignore[union-attr]
    return None if _is_deeper(records, _DEEPEST) else records or None


def _finish(record: Extraction, answer: Any, document: Document, schema: Schema) -> Extraction:
    """The record with the answer in it, or with the rules that the answer breaks; of a list, what is valid is kept."""
    checked: Valid | None
    problems: list[Problem] = []
    if is_many(schema) and isinstance(answer, list):
        checked, problems = validate_each(schema, answer, is_whole=not record.errors)
        lost = {int(problem.pointer.split("/")[1]) for problem in problems if problem.pointer}
        answer = [value for at, value in enumerate(answer) if at not in lost]
    else:
        found = validate(schema, answer)
        checked, problems = (None, found) if isinstance(found, list) else (found, [])
    record = replace(record, errors=(*problems, *record.errors))
    if checked is None or (problems and not checked.data):
        return record
    record = replace(record, notes=_joined(record.notes, _changed_by_class(answer, checked.data)))
    spans, absent = ground(checked.data, document)
    return replace(record, data=checked.data, instance=checked.instance, spans=spans, absent=absent)


def _changed_by_class(answer: Any, written: Any) -> dict[str, str]:
    """What the user's class added (defaults, computed fields) and left out (ignored fields, keys that became equal)."""
    return _joined(
        {pointer(path): "not in the answer, added by the class" for path in additions(answer, written)},
        {pointer(path): "in the answer, not kept by the class" for path in additions(written, answer)},
    )


def _joined(*several: Mapping[str, str]) -> dict[str, str]:
    """Notes by pointer, where a place can have more than one: {'': 'a'}, {'': 'b'} → {'': 'a; b'}."""
    found: dict[str, list[str]] = {}
    for at, text in chain.from_iterable(notes.items() for notes in several):
        found.setdefault(at, []).append(text)
    return {at: "; ".join(texts) for at, texts in found.items()}


def _loading_notes(document: Document) -> dict[str, str]:
    return {"": "; ".join(document.notes)} if document.notes else {}


def _patience(prompt_tokens: int, max_tokens: int) -> float:
    return _BASE_SECONDS + prompt_tokens / _PREFILL_TOKENS_PER_SECOND + max_tokens / _DECODED_TOKENS_PER_SECOND


def _since(started: float) -> float:
    return round(time.monotonic() - started, 3)


def _is_deeper(data: Any, limit: int) -> bool:
    """Level by level, since recursion is what too deep an answer would break."""
    level = [data]
    for _ in range(limit + 1):
        level = [
            child
            for value in level
            if isinstance(value, dict | list)
            for child in (value.values() if isinstance(value, dict) else value)
        ]
        if not level:
            return False
    return True


def _finite(number: str) -> float:
    """JSON knows no infinity, also not as 1e999."""
    value = float(number)
    if not math.isfinite(value):
        raise ValueError(f"{number} is not a JSON number")
    return value
