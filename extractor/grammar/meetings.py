"""The keywords without a subschema: what each makes of a shape."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from extractor.formats import SHAPES
from extractor.grammar.negation import ONLY
from extractor.grammar.report import Report
from extractor.grammar.shapes import Place, Shape, kind_of, kinds_of
from extractor.marks import VERBATIM

MAX_VALUES = 10_000  # of one enum


def _meet_type(shape: Shape, _: Place, types: str | Sequence[str], __: Report) -> None:
    shape.kinds &= kinds_of(types)


def _meet_kinds(shape: Shape, _: Place, kinds: Sequence[str], __: Report) -> None:
    shape.kinds &= set(kinds)


def _meet_enum(shape: Shape, place: Place, values: Sequence[Any], report: Report) -> None:
    if len(values) > MAX_VALUES:
        report.widen(place, "enum", f"more than {MAX_VALUES:,} values")
        shape.kinds &= {kind_of(value) for value in values}
    elif shape.values is None:  # the values of a second enum are met by validation, as all else is
        shape.values = [canonical(value) for value in values]


def _meet_const(shape: Shape, place: Place, value: Any, report: Report) -> None:
    _meet_enum(shape, place, [value], report)


def _meet_pattern(shape: Shape, _: Place, pattern: str, __: Report) -> None:
    shape.patterns += [pattern] if pattern not in shape.patterns else []


def _meet_format(shape: Shape, place: Place, name: str, report: Report) -> None:
    known = SHAPES.get(name)
    if known is None:
        report.widen(place, "format", "no such format is known: an annotation", ignored=True)
    elif shape.format not in (None, name):
        report.widen(place, "format", "a second format at one place")
    else:
        shape.format = name
        if known.rest:
            report.widen(place, "format", f"its shape is held; checked after is {known.rest}")


def _meet_unique(shape: Shape, _: Place, is_asked: bool, __: Report) -> None:  # noqa: FBT001  # a keyword's value
    shape.unique = shape.unique or is_asked


def _meet_verbatim(shape: Shape, place: Place, asked: Any, report: Report) -> None:
    if not isinstance(asked, bool):
        report.widen(place, VERBATIM, "only true asks for it", ignored=True)
    elif "string" not in kinds_of(place.node.get("type", "string")):
        report.widen(place, VERBATIM, "says nothing but of texts", ignored=True)
    else:
        shape.verbatim = shape.verbatim or asked


def _meet_contains(shape: Shape, place: Place, _: Any, __: Report) -> None:
    shape.meet("minItems", place.node.get("minContains", 1))


MEETINGS: Mapping[str, Callable[[Shape, Place, Any, Report], None]] = {
    "type": _meet_type,
    "enum": _meet_enum,
    "const": _meet_const,
    "pattern": _meet_pattern,
    "format": _meet_format,
    "uniqueItems": _meet_unique,
    "contains": _meet_contains,
    VERBATIM: _meet_verbatim,
    ONLY: _meet_kinds,
}


def canonical(value: Any) -> Any:
    """A value as we write it: whole numbers without a fraction, 1.0 → 1."""
    if isinstance(value, dict):
        return {key: canonical(child) for key, child in value.items()}
    if isinstance(value, list):
        return [canonical(child) for child in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
