"""Which arguments a query has: models fill in every argument that they are shown.

An optional argument that is nowhere in the query is taken out: on 130 calls of a model of 1.5 billion parameters that
mended 12 and broke 2. Where a choice `asks`, what a call needs and is nowhere is looked for once more: the model has to
copy the words that state it, or to say that there are none. Then it is missing; so it is where those words are the ones
that state another argument of the call.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any

from extractor.absent import is_empty
from extractor.choosing.places import below, calls, is_there, without
from extractor.choosing.quantities import says
from extractor.errors import InvalidOutput, Ungrounded
from extractor.marks import VERBATIM
from extractor.options import Options
from extractor.pipeline import extract
from extractor.pointers import Path, changed, joined, pointer, value_at
from extractor.schema import digest
from extractor.tagged_union import INPUT, TAG, Choice, choice_of
from extractor.types import Document, Engine, Extraction, Schema, Span
from extractor.validation import Valid, validate

TAKEN_OUT = "taken out"  # what the note says on an argument that is not there any more
_LEFT_OUT = f"optional, and not in the query: {TAKEN_OUT}"
_ANSWERED = {InvalidOutput.__name__, Ungrounded.__name__}  # with words that the query does not have
_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?!\d)")
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()  # noqa: SIM905
_NOT_STATED = f"the query has no words for it: {TAKEN_OUT}"


async def stated_only(
    record: Extraction, schema: Schema, document: Document, engine: Engine, options: Options
) -> Extraction:
    """A record without the arguments that its query does not state."""
    choice = choice_of(schema)
    assert choice is not None
    found = dict(_unstated(record, choice, document.text, has_more=bool(options.style.instruction)))
    optional = {path: _LEFT_OUT for path, field in found.items() if field is None}
    record = _without(record, schema, optional, ...)
    needed = {path: field for path, field in found.items() if field is not None}
    if not needed:
        return record
    answers = {path: await _asked(path, field, document, engine, options) for path, field in needed.items()}
    silent = {path: why for path, answer in answers.items() if (why := _silence(path, answer, record))}
    said = {pointer(path): _told(path, answer) for path, answer in answers.items() if path not in silent}
    record = replace(
        record,
        notes=joined(record.notes, said),
        attempts=record.attempts + sum(answer.attempts for answer in answers.values()),
        usage=sum((answer.usage for answer in answers.values()), record.usage),
        seconds=round(record.seconds + sum(answer.seconds for answer in answers.values()), 3),
    )
    return _without(record, schema, silent, None)


def _unstated(
    record: Extraction, choice: Choice, text: str, *, has_more: bool
) -> Iterator[tuple[Path, Mapping[str, Any] | None]]:
    """Where arguments are that do not stand in the query, or are empty; with the schemas of those that a call needs.

    Of these only such as may be asked for; None for optional ones. Where the model was told more than the query
    (`has_more`: which day is today, say), a date may come of that.
    """
    known = {one.name: one.parameters for one in choice.alternatives}
    for path, call in calls(record, choice):
        parameters = known.get(call[TAG], {})
        for name, value in call.get(INPUT, {}).items():
            at = (*path, INPUT, name)
            place = pointer(at)
            is_stated = (
                is_there(record.spans, place)
                or says(text, value)
                or _has_day(value, text, record.spans.values())
                or (has_more and isinstance(value, str) and _DATE.match(value) is not None)
            )
            is_made_up = is_there(record.ungrounded, place)
            if name in parameters.get("required", ()):
                if not is_stated and value is not None and name in choice.asks.get(call[TAG], ()):
                    yield at, parameters["properties"][name]
            elif name in parameters.get("properties", {}) and (is_empty(value) or (is_made_up and not is_stated)):
                yield at, None


def _has_day(value: Any, text: str, taken: Collection[Span]) -> bool:
    """Whether day and month, or day and year, of a date are in a text: '12 March', '3月12日', 'in 2027, on the 12th'.

    What states another argument is neither: of '3 people'.
    """
    date = _DATE.match(value) if isinstance(value, str) else None
    if date is None:
        return False
    year, month, day = map(int, date.groups())
    free = "".join(" " if any(one.start <= at < one.end for one in taken) else sign for at, sign in enumerate(text))
    numbers = Counter(map(int, re.findall(r"\d+", free)))
    numbers[day] -= 1
    is_named = month <= len(_MONTHS) and re.search(rf"(?i)\b{_MONTHS[month - 1]}", free)
    return numbers[day] >= 0 and bool(numbers[year] > 0 or numbers[month] > 0 or is_named)


async def _asked(
    path: Path, field: Mapping[str, Any], document: Document, engine: Engine, options: Options
) -> Extraction:
    """A record of the words of a query that state an argument, as the model copies them; null where there are none.

    Each argument is asked for alone: beside others a small model takes for one what is said of another.
    """
    inner = {"type": ["string", "null"], VERBATIM: True, "description": field.get("description") or f"the {path[-1]}"}
    asked = {
        "type": "object",
        "properties": {path[-1]: inner},
        "required": [path[-1]],
        "additionalProperties": False,
    }
    alone = replace(options, think=False, on_partial=None)
    return await extract(document, Schema("Stated", asked, digest(asked)), engine, alone)


def _told(path: Path, answer: Extraction) -> str:
    return f"by the model, of {answer.data[path[-1]]!r:.80}" if answer.ok else f"not checked: {answer.errors[0]}"


def _silence(path: Path, answer: Extraction, record: Extraction) -> str | None:
    """Why the query does not state an argument, by the words that are to do so: none, or those of another argument.

    None where nobody knows, as there was no answer.
    """
    if {problem.kind for problem in answer.errors} - _ANSWERED:
        return None
    words = answer.data[path[-1]] if answer.ok else None
    if not words:
        return _NOT_STATED
    stands, call = answer.spans.get(pointer(path[-1:])), pointer(path[:-1])
    others = [span for place, span in record.spans.items() if place.startswith(f"{call}/")]
    if stands is not None and any(one.start <= stands.start and stands.end <= one.end for one in others):
        return f"the query has only {words!r:.80} for it, which is of another argument: {TAKEN_OUT}"
    return None


def _without(record: Extraction, schema: Schema, places: Mapping[Path, str], instead: Any) -> Extraction:
    """A record without some arguments (`instead` of them ... for nothing, or null), where it is valid so."""
    found = validate(schema, changed(record.data, dict.fromkeys(places, instead))) if places else None
    if not isinstance(found, Valid):
        return record
    was = {at: value_at(record.data, pointer(at)) for at in places}
    told = {  # of what is empty already, and said to be so, there is no more to say
        pointer(at): f"{why}: {was[at]!r:.80}"
        for at, why in places.items()
        if not (is_empty(was[at]) and pointer(at) in record.notes)
    }
    return replace(
        without(record, below(places)),
        data=found.data,
        instance=found.instance,
        absent=record.absent,  # why an argument is empty stays true of one that is not there
        notes=joined(record.notes, told),
    )
