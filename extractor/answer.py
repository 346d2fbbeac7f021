"""From what a model wrote to a JSON value: whole, mended where no grammar held it, or as far as it was written."""

from __future__ import annotations

import contextlib
import json
import math
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from pydantic_core import from_json

from extractor.errors import ParseError, Refused, Truncated
from extractor.types import Completion

_DEEPEST = 100  # levels of an answer; validators and writers walk it by recursion
# Where JSON seems to begin, and not a bracket of prose: '{"a"', "{a:", '[1', '["a"'.
_BEGIN = re.compile(r"""\{\s*(?=["'“}]|[^\W\d][\w-]*\s*:|//|/\*|\Z)|\[\s*(?=["'“{\[\]\d-]|(?:true|false|null)\b|\Z)""")
# An escape in JSON: a pair of surrogates, one alone, or any other; or one alone that is not escaped.
_ESCAPE = re.compile(r"\\(?:u[dD][89abAB]\w\w\\u[dD][c-fC-F]\w\w|(u[dD][89a-fA-F]\w\w)|.)|([\ud800-\udfff])", re.DOTALL)
_THOUGHTS = re.compile(r"\s*<(think|thinking|thought)>(.*?)(?:</\1>|\Z)\s*", re.DOTALL)
_UNFINISHED = re.compile(r"[-+.\w]+\Z")  # a number or word at the end may go on
_SHOWN = 200  # characters of an answer in a message


@dataclass(frozen=True, slots=True)
class Answer:
    """A value, and notes on what had to be done to read it.

    `open` is None for a whole answer. For one that was cut off it is the path to the innermost container that can
    be kept, and `value` has what was complete. Where an answer has several values, `several` are all of them, and
    `value` is the last.
    """

    value: Any
    notes: dict[str, str] = field(default_factory=dict)
    open: tuple[str | int, ...] | None = None
    several: tuple[Any, ...] = ()


def decode(completion: Completion) -> Answer:
    """The value of an answer; raises the `OutputError` that fits.

    JSON is taken as it is. What is around or wrong with it (a fence, a sentence before, a comma too many) is what
    models without a grammar write: it is read tolerantly, and a note says so.
    """
    refuse(completion)
    text = completion.text
    if not text.strip() and completion.finish_reason != "length":
        raise ParseError(_why_empty(completion))
    if completion.finish_reason == "length":
        return _cut(text)
    try:
        value = _strictly(text)
    except (ValueError, RecursionError) as error:
        return _mended(text, error)
    return Answer(_not_too_deep(value, text), _repetitions(text))


def refuse(completion: Completion) -> None:
    """Raise `Refused` where there is no answer because nobody was willing to give one."""
    text = completion.text
    if completion.finish_reason == "refusal":
        raise Refused(f"the model declined: {text[:_SHOWN]!r}")
    if completion.finish_reason == "content_filter":
        written = f", of which is written: {text[:_SHOWN]!r}" if text.strip() else ""
        hint = "another model or endpoint may answer"
        raise Refused(f"a content filter of the server stopped the answer{written}", hint=hint)


def is_plain_json(completion: Completion) -> bool:
    """Whether an answer is JSON and nothing else, as far as it came: what a decoder holds cannot be otherwise."""
    if completion.finish_reason != "stop" or not completion.text.strip():
        return True
    try:
        _strictly(completion.text)
    except (ValueError, RecursionError):
        return False
    return True


def _why_empty(completion: Completion) -> str:
    if completion.notes:
        return f"the answer is empty, not JSON: {'; '.join(completion.notes)}"
    return "the model thought, and gave no answer" if completion.thoughts else "the answer is empty, not JSON"


def partial(text: str) -> Any:
    """An answer that is still being written, as far as it is; None before it begins: '{"a": "Por' → {'a': 'Por'}."""
    begin = _BEGIN.search(text)
    with contextlib.suppress(ValueError, RecursionError):
        return from_json(text[begin.start() :], allow_partial="trailing-strings") if begin else None
    return None


def well_formed(text: str) -> str:
    r"""JSON without halves of surrogate pairs, which UTF-8 cannot carry: of '"\ud83d\ude00 \ud83d"' the last goes."""
    return _ESCAPE.sub(lambda found: r"\ufffd" if found[1] else "\ufffd" if found[2] else found[0], text)


def apart(text: str) -> tuple[str, str]:
    """Thoughts and answer: '<think>Hm.</think>{}' → ('Hm.', '{}'); thoughts without an end are all there is."""
    found = _THOUGHTS.match(text)
    if found:
        return found[2].strip(), text[found.end() :]
    # Templates that open the tag in the prompt leave only its end in the answer.
    thoughts, tag, answer = text.partition("</think>")
    return (thoughts.strip(), answer.lstrip()) if tag and not _BEGIN.match(text.lstrip()) else ("", text)


def explain_cut(completion: Completion, max_tokens: int) -> Truncated:
    """Why an answer of at most `max_tokens` ended too early, and what helps."""
    written = completion.usage.output_tokens
    told = f" after {written} tokens" if written else ""  # not every engine counts
    if completion.thoughts and not completion.text:
        so_long = f" for {written} tokens" if written else ""
        return Truncated(f"the model thought{so_long} and never answered", hint="raise --max-tokens")
    if 0 < written < max_tokens:
        hint = "shorten the text, or use a model with a longer context"
        what = f"the context was full{told} of the answer, or the budget of the run spent"
        return Truncated(what, hint=hint)
    hint = "raise --max-tokens or --retries, or bound the lists and texts of the schema (max_length)"
    return Truncated(f"the answer was cut off{told}", hint=hint)


def _mended(text: str, error: Exception) -> Answer:
    """The JSON in an answer that is not just that: in a fence, among prose, in several parts, with faults."""
    values: list[Any] = []
    notes: dict[str, str] = {}
    at = 0
    while begin := _BEGIN.search(text, at):
        try:
            value, at = _DECODER.raw_decode(text, begin.start())
        except (ValueError, RecursionError):
            break
        values.append(value)
        notes |= _repetitions(text[begin.start() : at])
    if begin:
        mended = _repaired(text[begin.start() :])
        values += mended
        told = "and was mended" if mended else f"nor is {text[begin.start() :][:_SHOWN]!r} in it"
        notes = {"": f"the answer was not JSON ({error}), {told}"}
    if not values:
        raise ParseError(f"the answer is not JSON ({error}): {text[:_SHOWN]!r}") from error
    values = [_not_too_deep(value, text) for value in values]
    return Answer(values[-1], notes, several=(*values,) if len(values) > 1 else ())


def _repaired(text: str) -> list[Any]:
    """The values of a text that begins like JSON, and is none; of prose with a bracket in it nothing is left."""
    from json_repair import repair_json

    inner = text.partition("\n```")[0]
    end = max(inner.rfind("}"), inner.rfind("]"))
    try:
        value = repair_json(inner[: end + 1] if end >= 0 else inner, return_objects=True, ensure_ascii=False)
        _strictly(json.dumps(value, allow_nan=False))
    except (ValueError, RecursionError):
        return []
    values = value if isinstance(value, list) and text[0] == "{" else [value]
    return [one for one in values if one and isinstance(one, dict | list)]


def _cut(text: str) -> Answer:
    """What is complete in an answer that ends too early."""
    begin = _BEGIN.search(text)
    if not begin:
        return Answer(None, open=())
    text = text[begin.start() :]
    depth, in_string = _depth(text)
    if not depth:
        return _whole_after_all(text)
    if not in_string:
        text = _UNFINISHED.sub("", text)
    try:
        value = from_json(text, allow_partial=True, allow_inf_nan=False)
    except (ValueError, RecursionError):
        return Answer(None, open=())
    path: list[str | int] = []
    at = value
    while len(path) < depth - 1 and at:
        key: str | int = len(at) - 1 if isinstance(at, list) else next(reversed(at))
        if not isinstance(at[key], dict | list):
            break
        path.append(key)
        at = at[key]
    return Answer(_not_too_deep(value, text), open=tuple(path))


def _whole_after_all(text: str) -> Answer:
    """The limit came just after the end, or in what was said about it."""
    try:
        value, _ = _DECODER.raw_decode(text)
    except (ValueError, RecursionError):
        return Answer(None, open=())
    return Answer(_not_too_deep(value, text), _repetitions(text))


def _depth(text: str) -> tuple[int, bool]:
    """How many brackets are open at the end, and whether a string is: '{"a": ["b' → (2, True)."""
    depth, in_string, escaped = 0, False, False
    for char in text:
        if in_string:
            in_string = escaped or char != '"'
            escaped = char == "\\" and not escaped
        elif char == '"':
            in_string = True
        elif char in "{[":
            depth += 1
        elif char in "}]":
            depth -= 1
            if not depth:
                return 0, False
    return depth, in_string


def _repetitions(text: str) -> dict[str, str]:
    """A note on keys that stand in one object more than once, as free keys can: '{"a": 1, "a": 2}'."""
    repeated: dict[str, None] = {}

    def note(pairs: list[tuple[str, Any]]) -> None:
        counts = Counter(key for key, _ in pairs)
        repeated.update((key, None) for key, times in counts.items() if times > 1)

    with contextlib.suppress(ValueError, RecursionError):  # told elsewhere
        json.loads(text, object_pairs_hook=note)
    names = ", ".join(map(repr, [*repeated][:5]))
    return {"": f"keys that the answer repeats, the last value of each counts: {names}"} if repeated else {}


def _strictly(text: str) -> Any:
    return json.loads(text, parse_constant=_finite, parse_float=_finite)


def _finite(number: str) -> float:
    """JSON knows no infinity, also not as 1e999."""
    value = float(number)
    if not math.isfinite(value):
        raise ValueError(f"{number} is not a JSON number")
    return value


_DECODER = json.JSONDecoder(parse_constant=_finite, parse_float=_finite)


def _not_too_deep(data: Any, text: str) -> Any:
    """The data; level by level, since recursion is what too deep an answer would break."""
    level = [data]
    for _ in range(_DEEPEST + 1):
        level = [
            child
            for value in level
            if isinstance(value, dict | list)
            for child in (value.values() if isinstance(value, dict) else value)
        ]
        if not level:
            return data
    raise ParseError(f"the answer is nested more than {_DEEPEST} levels deep: {text[:_SHOWN]!r}")
