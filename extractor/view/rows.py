"""A record as what is drawn: a row for each object, list and leaf, in reading order, with how the leaf was found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from extractor.absent import is_empty
from extractor.lines import to_json
from extractor.pointers import escaped, value_at
from extractor.types import Alternative, Extraction, Match, Span, Support

State = Literal[Match, "worded", "none", "label", "unchecked", "empty"]
Kind = Literal["object", "list", "text", "number", "flag", "empty"]

LOW_SPAN = 0.9  # a fuzzy match below it is looked at twice

_LEFT_EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class Saying:
    """What parts of a long document say of a place where they differ; whether the record has it."""

    said: Alternative
    is_taken: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the tree; of an object or a list the `state` is None.

    `field` is the place without the numbers of items: 'people[].name'. `is_unfounded` is what the document does not
    bear out, in whole or in part (a summary with an invented name); `why` says why, or why a leaf is empty.
    """

    at: str
    depth: int
    name: str
    field: str
    kind: Kind
    text: str
    is_item: bool = False
    state: State | None = None
    span: Span | None = None
    support: tuple[Support, ...] = ()
    is_unfounded: bool = False
    why: str = ""
    note: str = ""
    sayings: tuple[Saying, ...] = ()

    @property
    def is_low(self) -> bool:
        """Whether it was found with a doubt: by a low score, or with words that are nowhere in the document."""
        is_far = self.span is not None and self.span.score < LOW_SPAN
        return is_far or any(is_weak(one) for one in self.support)

    @property
    def score(self) -> float | None:
        """How well it was found, where that is a question of degree."""
        if self.state == "worded":
            return min(one.score for one in self.support)
        return self.span.score if self.span is not None and self.span.match == "fuzzy" else None


def is_weak(support: Support) -> bool:
    """Whether a sentence is hardly backed, or has names or numbers that the document has not."""
    return support.is_weak or bool(support.missing)


def rows_of(record: Extraction) -> list[Row]:
    """The rows of a record: data {'a': [1]} → 'a', with '1.' below it; what is absent at the end."""
    rows = [_row(one, record) for one in _walk(record.data)] if record.data is not None else []
    there = {row.at for row in rows}
    left = [at for at in record.absent if at not in there]
    return rows + [_row(_Place(at, 0, at.lstrip("/"), _field(at), None), record) for at in left]


def fits(record: Extraction, text: str) -> bool:
    """Whether a text is the one that the record is of: values that were found as written still stand there."""
    spans = record.spans.items()
    said = (span.end for some in record.conflicts.values() for one in some for span in one.spans)
    ends = (
        *(span.end for _, span in spans),
        *said,
        *(end for each in record.support.values() for end in _passages(each)),
    )
    if any(end > len(text) for end in ends):
        return False
    quoted = ((value_at(record.data, at), span) for at, span in spans if span.match == "exact")
    return all(text[span.start : span.end].strip() == value.strip() for value, span in quoted if isinstance(value, str))


def _passages(support: Sequence[Support]) -> Iterator[int]:
    return (one.passage[1] for one in support if one.passage is not None)


# --- the walk ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Place:
    at: str
    depth: int
    name: str
    field: str
    value: Any
    is_item: bool = False

    @property
    def is_group(self) -> bool:
        return isinstance(self.value, dict | list) and bool(self.value)


def _walk(data: Any) -> Iterator[_Place]:
    """Each value in reading order, without recursion; the root itself only where it is a leaf."""
    todo = [_Place("", -1, "value", "value", data)]
    while todo:
        one = todo.pop()
        if one.depth >= 0 or not one.is_group:
            yield one
        if one.is_group:
            todo += reversed([*_children(one)])


def _children(one: _Place) -> Iterator[_Place]:
    begin = one.field if one.depth >= 0 else ""
    pairs: Iterable[tuple[str | int, Any]] = enumerate(one.value) if isinstance(one.value, list) else one.value.items()
    for key, value in pairs:
        at, depth = f"{one.at}/{escaped(str(key))}", one.depth + 1
        if isinstance(key, int):
            yield _Place(at, depth, f"{key + 1}.", f"{begin}[]", value, is_item=True)
        else:
            yield _Place(at, depth, key, f"{begin}.{key}" if begin else key, value)


def _field(at: str) -> str:
    """'/people/0/name' → 'people[].name', of a place that is not in the data."""
    parts = ("[]" if part.isdecimal() else f".{part}" for part in at.split("/")[1:])
    return "".join(parts).lstrip(".")


# --- a leaf ------------------------------------------------------------------------------------------------------


def _row(one: _Place, record: Extraction) -> Row:
    note, value, depth = record.notes.get(one.at, ""), one.value, max(one.depth, 0)
    sayings = (*_sayings(one, record),)
    if one.is_group:
        kind: Kind = "list" if isinstance(value, list) else "object"
        return Row(one.at, depth, one.name, one.field, kind, "", one.is_item, note=note, sayings=sayings)
    support = (*record.support.get(one.at, ()),) if isinstance(value, str) else ()
    span = record.spans.get(one.at)
    state = _state(one, record)
    why = record.absent.get(one.at, _LEFT_EMPTY) if state == "empty" else record.ungrounded.get(one.at, "")
    text = value if isinstance(value, str) else to_json(value)
    is_unfounded = state != "empty" and one.at in record.ungrounded
    return Row(
        one.at,
        depth,
        one.name,
        one.field,
        _kind(value),
        text,
        one.is_item,
        state,
        span,
        support,
        is_unfounded,
        why,
        note,
        sayings,
    )


def _sayings(one: _Place, record: Extraction) -> Iterator[Saying]:
    span = record.spans.get(one.at)
    for said in record.conflicts.get(one.at, ()):
        yield Saying(said, to_json(said.value) == to_json(one.value) or (span is not None and span in said.spans))


def _state(one: _Place, record: Extraction) -> State:
    """How a leaf was found; what needs no place (choices, truth values) is a label.

    A record does not say what its schema lists. But where it says of no leaf how it was found, its texts and numbers
    were not looked up (`--ground off`).
    """
    if is_empty(one.value):
        return "empty"
    if (span := record.spans.get(one.at)) is not None:
        return span.match
    if record.support.get(one.at):
        return "worded"
    if one.at in record.ungrounded:
        return "none"
    was_grounded = record.spans or record.support or record.ungrounded
    return "label" if was_grounded or isinstance(one.value, bool) else "unchecked"


def _kind(value: Any) -> Kind:
    """'a' → 'text'; [] → 'empty'."""
    if isinstance(value, bool):
        return "flag"
    return "text" if isinstance(value, str) else "number" if isinstance(value, int | float) else "empty"
