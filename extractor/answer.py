"""From what a model wrote to a JSON value: whole, mended where no grammar held it, or as far as it was written."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic_core import from_json

from extractor import encoders
from extractor.errors import ParseError, Refused, Truncated
from extractor.pointers import pointer
from extractor.schema import digest
from extractor.syntax import BEGIN, Reading, read, strictly
from extractor.types import UNENDED, Completion, Encoding, Schema

# An escape in JSON: a pair of surrogates, one alone, or any other; or one alone that is not escaped.
_ESCAPE = re.compile(r"\\(?:u[dD][89abAB]\w\w\\u[dD][c-fC-F]\w\w|(u[dD][89a-fA-F]\w\w)|.)|([\ud800-\udfff])", re.DOTALL)
_THOUGHTS = re.compile(r"\s*<(think|thinking|thought)>(.*?)(?:</\1>|\Z)\s*", re.DOTALL)
_MOST_WORDS = 4  # of an answer that can be a value
_SHOWN = 200  # characters of an answer in a message


@dataclass(frozen=True, slots=True)
class Answer:
    """A value, and notes on what had to be done to read it.

    `open` is None for a whole answer. For one that was cut off it is the path to the innermost container that can
    be kept, and `value` has what was complete. Where an answer has several values, `several` are all of them, of which
    the schema takes what it can (`coercion`); `value` and `open` are of the last. `fault` says that it has none, and
    that `value` is the text itself, which can be meant. The first `fenced` of several stand in fences, others in prose.
    """

    value: Any
    notes: dict[str, str] = field(default_factory=dict)
    open: tuple[str | int, ...] | None = None
    several: tuple[Any, ...] = ()
    fault: ParseError | None = None
    fenced: int = 0
    before: tuple[str, ...] = ()  # what is said before each of several
    unread: Mapping[str, str] = field(default_factory=dict)  # by pointer, why a null could not be read


def decode(completion: Completion, schema: Schema | None = None, encoding: Encoding = "json") -> Answer:
    """The value of an answer; raises the `OutputError` that fits.

    JSON is taken as it is. What is around or wrong with it (a fence, a sentence before, a comma too many) is what
    models without a grammar write: it is read tolerantly, and a note says so. Other encodings are read by the schema.
    """
    refuse(completion)
    text, is_cut = completion.text, completion.finish_reason in UNENDED
    if not text.strip() and not is_cut:
        raise ParseError(_why_empty(completion, encoding))
    if schema is None or encoding == "json":
        found = _read_json(text, schema, is_cut=is_cut)
        if found.is_text and schema is not None and (meant := _otherwise(text, found.values[0], schema)):
            return meant
    else:
        found = encoders.read(text, schema, encoding, is_cut=is_cut)
    values, notes = found.values, {"": "; ".join(found.notes)} if found.notes else {}
    fault = ParseError(f"the answer is not JSON{_reason(text)}: {text[:_SHOWN]!r}") if found.is_text else None
    several = values if len(values) > 1 else ()
    return Answer(
        values[-1] if values else None, notes, found.open, several, fault, found.fenced, found.before, found.unread
    )


def _read_json(text: str, schema: Schema | None, *, is_cut: bool) -> Reading:
    """The JSON of an answer; none where it is only the value of a property, which is written in another form."""
    found = read(text, is_cut=is_cut)
    if schema is not None and found.before:
        from extractor.encoders.unasked import stands_behind_key

        if stands_behind_key(found, schema):
            return Reading((), open=()) if is_cut else Reading((text.strip(),), is_text=True)
    return found


def _otherwise(text: str, said: Any, schema: Schema) -> Answer | None:
    """What an answer without JSON says in another form, or of the only place that was asked for (`repair`)."""
    from extractor.encoders.unasked import read_unasked

    if found := read_unasked(text, schema):
        several = found.values if len(found.values) > 1 else ()
        return Answer(found.values[-1], {"": "; ".join(found.notes)}, several=several, unread=found.unread)
    places, defs = schema.json_schema.get("properties", {}), schema.json_schema.get("$defs", {})
    name, node = next(iter(places.items()), ("", None))
    if len(places) != 1 or name[:1] != "/" or "record" not in defs or not isinstance(node, Mapping):
        return None
    from extractor.coercion import align
    from extractor.validators import checker, errors_of

    place = replace(schema, json_schema={**node, "$defs": defs}, digest=digest({**node, "$defs": defs}))
    meant = align(place, (said,), text)
    # Where a text is valid as it is, a sentence may be an excuse.
    is_excuse = isinstance(meant.value, str) and _is_prose(meant.value)
    if is_excuse or [*errors_of(checker(place), meant.value)]:
        return None
    notes = {f"{pointer((name,))}{at}": change for at, change in meant.changes.items()}
    return Answer({name: meant.value}, {"": "the answer is not JSON: it is the value that was asked for"} | notes)


def _is_prose(text: str) -> bool:
    return len(text.split()) > _MOST_WORDS or text.rstrip().endswith((*".!?。！？",))


def _reason(text: str) -> str:
    try:
        strictly(text)
    except ValueError as error:
        return f" ({error})"
    return ""


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
        strictly(completion.text)
    except (ValueError, RecursionError):
        return False
    return True


def _why_empty(completion: Completion, encoding: Encoding) -> str:
    what = f"the answer is empty, not {encoding.upper()}"
    if completion.notes:
        return f"{what}: {'; '.join(completion.notes)}"
    return "the model thought, and gave no answer" if completion.thoughts else what


def partial(text: str) -> Any:
    """An answer that is still being written, as far as it is; None before it begins: '{"a": "Por' → {'a': 'Por'}."""
    begin = BEGIN.search(text)
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
    return (thoughts.strip(), answer.lstrip()) if tag and not BEGIN.match(text.lstrip()) else ("", text)


def explain_cut(completion: Completion, max_tokens: int) -> Truncated:
    """Why an answer of at most `max_tokens` ended too early, and what helps."""
    if completion.finish_reason == "repetition":
        hint = "bound the lists of the schema (max_length), or take a larger model"
        return Truncated("the answer was stopped, it went round in circles", hint=hint)
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
