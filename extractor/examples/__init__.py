"""Few-shot examples: texts, each with the record that is right for it.

They come from four places, and in this order: `EXAMPLES` of a schema file or module; pairs of a text and a record at
the root of a JSON Schema (`examples`); pairs at its fields, which are composed into records as Kor does, all pairs of
one text into one; and those that a caller adds, from a file say. A value of None says that the text holds nothing of
what is sought.

Reading order: this file; `given`, `files`; `checking`; `absence`, which composes records and knows what an empty one
is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

from extractor.brevity import shorten
from extractor.comparable import comparable
from extractor.errors import SchemaError, UsageError
from extractor.examples.absence import Composer, Entry, StatedError
from extractor.examples.checking import OPTIONAL, admitted, bare, checked, valid, value_of_nothing
from extractor.examples.files import read_given
from extractor.examples.given import NOTHING, Given, Pair, from_module, from_pairs, instruction_of
from extractor.field_examples import FieldExample, pairs
from extractor.pointers import is_list
from extractor.rank import Index
from extractor.text import is_chinese
from extractor.types import Example, Problem, Schema

_SHOWN = 40  # characters of a text in a message
_LONGEST_VALUE = 100  # of a value in one


def with_own(schema: Schema, module: ModuleType | None = None, where: str = "") -> Schema:
    """A schema with the examples that are written in it, and those and the instruction of its module."""
    given = [] if module is None else [*from_module(module, where, schema.model)]
    at_fields = [*pairs(schema)]
    if module is not None:
        schema = replace(schema, instruction=instruction_of(module, where))
    return _showing(schema, (*checked(schema, given), *_composed(schema, at_fields)))


def with_examples(schema: Schema, more: Sequence[Pair]) -> Schema:
    """A schema with more examples, which come after its own; raises `SchemaError` for those that are not valid.

    A value is an instance of the schema's class, JSON data, or None where there is nothing to extract; for a list of
    records also one record.
    """
    return _showing(schema, (*schema.examples, *checked(schema, from_pairs(more, "examples"))))


def read_examples(path: str | Path, schema: Schema) -> tuple[Example, ...]:
    """The examples of a file: JSON Lines, or a list in `.json` or `.yaml`.

    Each has a `text` and `data` (or `expected`, `record`, `value`), which may be null; other keys are not looked at.
    Raises `SchemaError` with the line and the JSON Pointer, and for a file without any.
    """
    found = checked(schema, read_given(Path(path).expanduser()))
    if not found:
        raise SchemaError(f"{path}: no example in it", hint='each line is {"text": …, "data": …}')
    return found


def of_many(schema: Schema) -> tuple[Example, ...]:
    """The examples of a record as those of a list of such records: one in which everything is absent is none."""
    if not schema.examples:
        return ()
    try:
        empty = value_of_nothing(schema, "")
    except SchemaError:
        empty = NOTHING
    return tuple(replace(one, value=[] if one.value == empty else [one.value]) for one in schema.examples)


def choose(examples: Sequence[Example], text: str, shots: int | None) -> tuple[Example, ...]:
    """The examples to show for a text: all in its script, in their own order; where none is in it, all that there are.

    So what they make is the same for every Chinese text, and for every other one. Or a number of them: the most similar
    ones (BM25), the most similar last, where the text is near; of equals the earlier ones, in their own order.
    """
    if shots is not None and shots < 0:
        raise UsageError(f"{shots} examples cannot be shown", hint="0 shows none; without a number all are shown")
    if shots is None:
        is_zh = is_chinese(text)
        return tuple(one for one in examples if is_chinese(one.text) is is_zh) or tuple(examples)
    if shots >= len(examples):
        return tuple(examples)
    if not shots:
        return ()
    nearest = _index(tuple(one.text for one in examples)).rank(text)[:shots]
    return tuple(examples[at] for at, _ in sorted(nearest, key=lambda one: (one[1], one[0])))


@lru_cache(maxsize=8)
def _index(texts: tuple[str, ...]) -> Index:
    """Kept, since a run asks for every document."""
    return Index.of(texts)


def _showing(schema: Schema, examples: Iterable[Example]) -> Schema:
    """A schema with examples, each text once: of lists the records come together, single records must not differ."""
    by_text: dict[str, Example] = {}
    for one in examples:
        first = by_text.setdefault(one.text.strip(), one)
        if comparable(first.value) == comparable(one.value):
            continue
        if not (is_list(schema.json_schema) and first.value and one.value):
            what = " and ".join(shorten(comparable(value), _LONGEST_VALUE) for value in (first.value, one.value))
            hint = "a model would be shown both: keep the one that is right, or extract --many"
            raise SchemaError(f"{_of_text(schema, one.text)}: two that differ: {what}", hint=hint)
        known = [*map(comparable, first.value)]
        more = [record for record in one.value if comparable(record) not in known]
        by_text[one.text.strip()] = replace(first, value=[*first.value, *more])
    return replace(schema, examples=tuple(by_text.values()))


# --- pairs at fields -----------------------------------------------------------------------------------------


def _composed(schema: Schema, at_fields: Sequence[FieldExample]) -> Iterator[Example]:
    """Whole records: those at the root as they are, then of the pairs at fields all that have the same text."""
    for one in at_fields:
        if not one.path:
            yield Example(one.text, valid(schema, Given(_of_text(schema, one.text), one.text, one.value)))
    by_text: dict[str, list[Entry]] = {}
    for one in at_fields:
        if one.path:
            by_text.setdefault(one.text, []).append((one.path, one.value))
    for text, entries in by_text.items():
        yield Example(text, _record(schema, text, entries))


def _record(schema: Schema, text: str, entries: Sequence[Entry]) -> Any:
    """The record of what is said about a text at several fields."""
    where = _of_text(schema, text)
    try:
        value = Composer(bare(schema)).record(entries)
    except StatedError as error:
        why = error.why or "nothing is said of it, and it cannot be absent"
        hint = error.hint or f"{OPTIONAL}, or give the same text an example of that field, or use EXAMPLES"
        raise SchemaError(f"{where}: {error.pointer}: {why}", hint=hint) from None
    found = admitted(schema, value, where)
    if isinstance(found, Problem):
        raise SchemaError(f"{where}: {found.pointer or '/'}: {found.message}", hint="give whole records in EXAMPLES")
    return found[0]


def _of_text(schema: Schema, text: str) -> str:
    shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
    return f"{schema.name}: examples of the text {shown!r}"
