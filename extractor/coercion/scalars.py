"""What a value can be where a choice, a number, a truth value, null or a text is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import inf
from typing import Any

from extractor.coercion import dates, numbers
from extractor.coercion.found import Doubt, Found, Reading, unquoted
from extractor.coercion.nodes import Shape, is_number
from extractor.coercion.said import as_said
from extractor.coercion.spelling import Spelling
from extractor.coercion.words import (
    by_truth,
    choose,
    firm_boolean,
    is_null,
    named_boolean,
    named_choice,
    qualified,
    read_boolean,
    remarked,
)

_LEAST, _MOST = ("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")
PER_MILLE = "‰"
_UNREAD = dict.fromkeys(("time", "time-local"), "time of the day") | dict.fromkeys(
    ("date-time", "date-time-local"), "day and time"
)
_MOST_SHOWN = 60  # characters of a text that is not read
_ONLY_TRUTH = (frozenset(("boolean",)), frozenset(("boolean", "null")))


def readings(shape: Shape, value: Any, spelling: Spelling, *, is_bare: bool) -> Iterator[Found | Doubt]:
    """The values that one can be read as; `is_bare` where it is the answer itself, which may be a sentence."""
    if isinstance(value, dict | list) or value is None:
        return
    text, open_ = spelling.of(value)
    if shape.choices:
        if found := _chosen(shape, text, is_bare=is_bare):
            yield found
    else:
        if "integer" in shape.kinds and isinstance(value, str):
            yield from _numbers(shape, value)
        if "boolean" in shape.kinds:
            yield from _truths(shape, value, is_bare=is_bare)
        if "string" in shape.kinds:
            yield from _texts(shape, text) if isinstance(value, str) else (Found(text, open_), *_formatted(shape, text))
    if "null" in shape.kinds and isinstance(value, str) and is_null(value):
        yield Found(None)


def _chosen(shape: Shape, text: str, *, is_bare: bool) -> Reading:
    """The choice that a text is: by its name, as a number, with something beside it, or as a sentence names it."""
    found = choose(shape.choices, text) or by_truth(shape.choices, text) or _counted(shape, text)
    found = found or qualified(shape.choices, text, shape.said.name)
    return found or (named_choice if is_bare else remarked)(shape.choices, text)


def _counted(shape: Shape, text: str) -> Reading:
    """'one' → 1 and '−1' → -1, where the choices are numbers."""
    values = [choice.value for choice in shape.choices]
    if not all(map(is_number, values)):
        return None
    found = numbers.read(text)
    if isinstance(found, Doubt):
        return found
    kept = [replace(one, value=value) for one in found for value in values if one.value == value]
    return kept[0] if len(kept) == 1 else None


def _numbers(shape: Shape, text: str) -> Iterator[Found | Doubt]:
    """'12.0' → 12 where a whole number is asked for; '12.7' is not rounded."""
    found = numbers.read(text)
    if isinstance(found, Doubt):
        yield found
        return
    readings = _percents(shape, found, text) if len(found) > 1 else _said(shape, found, text)
    if isinstance(readings, Doubt):
        yield readings
        return
    whole = [_whole(one) for one in readings] if "number" not in shape.kinds else [*readings]
    kept = [one for one in whole if one]
    yield from kept
    if found and not kept:
        yield Doubt(f"{text!r} is no whole number")


def _percents(shape: Shape, found: tuple[Found, ...], text: str) -> tuple[Found, ...] | Doubt:
    """What a percentage can be: 12% is 0.12 up to a maximum of 1, 12 as a whole number or from a minimum of 1.

    Where the schema goes beyond 1, only a fraction that is out of bounds makes it 12; otherwise neither is sure.
    """
    part, percent = found
    least, most = _bounds(shape)
    if most <= 1:
        return (part,)
    if "number" not in shape.kinds or shape.said.is_percent:
        return (percent,)
    if part.value < least:
        return (percent,)
    return found if most == inf else Doubt(f"{text!r} may be {part.value} or {percent.value}")


def _said(shape: Shape, found: tuple[Found, ...], text: str) -> tuple[Found, ...] | Doubt:
    """Numbers that are in no other unit than the field is; of '5‰' nobody knows whether 0.005 or 5 is asked above 1."""
    most, kept = _bounds(shape)[1], list[Found]()
    for one in found:
        fitting = as_said(one, shape.said, text)
        if isinstance(fitting, Doubt):
            return fitting
        if PER_MILLE in one.without and (1 < most < inf or (shape.said.is_percent and most > 1)):
            return Doubt(f"{text!r} may be {one.value} or {one.value * 1000:g}")
        kept.append(fitting)
    return tuple(kept)


def _bounds(shape: Shape) -> tuple[float, float]:
    """The least and the greatest number that a schema takes; infinite where it says nothing."""
    said = [(word, part[word]) for part in shape.parts for word in _LEAST + _MOST if word in part]
    limits = [(word, value) for word, value in said if isinstance(value, int | float) and value is not True]
    least = max((value for word, value in limits if word in _LEAST), default=-inf)
    return least, min((value for word, value in limits if word in _MOST), default=inf)


def _whole(found: Found) -> Found | None:
    value = found.value
    if isinstance(value, float):
        # The float, where one is asked for as well, is nearer to what is written.
        return replace(found, value=int(value), cost=found.cost + 1) if value.is_integer() else None
    return found


def _truths(shape: Shape, value: Any, *, is_bare: bool) -> Iterator[Found | Doubt]:
    """'yes' → True; 1 is a truth value only where no number can be meant."""
    if isinstance(value, bool) or (not isinstance(value, str) and value not in (0, 1)):
        return
    text = value if isinstance(value, str) else str(int(value))
    found = read_boolean(text, with_digits=shape.kinds in _ONLY_TRUTH) or (named_boolean(text) if is_bare else None)
    found = found or (firm_boolean(text) if isinstance(value, str) else None)
    if found:
        yield found


def _texts(shape: Shape, text: str) -> Iterator[Found | Doubt]:
    """A date or time in its format; a text that is not valid, without the blanks and quotes around it."""
    yield from _formatted(shape, text)
    yield from (Found(short, cost=2) for short in dict.fromkeys((text.strip(), unquoted(text))) if short != text)


def _formatted(shape: Shape, text: str) -> Iterator[Found | Doubt]:
    """What a text is in a format of dates or times; that a moment or time is not read, as of a union nobody says it."""
    for form in shape.formats:
        if found := dates.read(text, form):
            yield found
        elif form in _UNREAD:
            yield Doubt(f"{text[:_MOST_SHOWN]!r} names no clear {_UNREAD[form]}")
