"""A record as it was written, read again: its JSON may come from anywhere, and what is wrong with it is told."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar, get_args

from extractor.depth import DEEPEST, is_deeper
from extractor.types import Alternative, Extraction, Match, Mode, Problem, Span, Support, Usage

_Part = TypeVar("_Part")


def as_record(fields: Any) -> Extraction:
    """A record from its JSON: {'source': …, 'data': …, 'spans': {…}} → Extraction; `ValueError` says what is wrong."""
    if not is_whole(fields):
        raise ValueError("no record with spans")
    if is_deeper(fields, 2 * DEEPEST):
        raise ValueError("too many brackets within each other")
    return Extraction(
        source=_text(fields["source"], "/source"),
        data=fields["data"],
        schema=str(fields.get("schema", "")),
        engine=str(fields.get("engine", "")),
        mode=next((mode for mode in get_args(Mode) if mode == fields.get("mode")), "prompt"),
        spans=_mapped(fields, "spans", _span),
        support=_mapped(fields, "support", _all_support),
        ungrounded=_mapped(fields, "ungrounded", _text),
        absent=_mapped(fields, "absent", _text),
        conflicts=_mapped(fields, "conflicts", _alternatives),
        probabilities=_mapped(fields, "probabilities", _likelihoods),
        errors=_problems(fields.get("errors"), "/errors"),
        notes=_mapped(fields, "notes", _text),
        attempts=_count(fields.get("attempts", 0), "/attempts"),
        usage=_usage(fields.get("usage") or {}),
        seconds=_number(fields.get("seconds", 0.0), "/seconds"),
        thoughts=_text(fields.get("thoughts") or "", "/thoughts"),
    )


def is_whole(fields: Any) -> bool:
    """Whether it is meant as a record with spans, whatever is wrong with them."""
    return isinstance(fields, dict) and {"source", "data", "spans"} <= fields.keys()


def _mapped(fields: Mapping[str, Any], name: str, read: Callable[[Any, str], _Part]) -> dict[str, _Part]:
    """What a record has by pointer."""
    given = fields.get(name)
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise ValueError(f"/{name}: not an object")  # noqa: TRY004
    return {at: read(value, f"/{name}: {at}") for at, value in given.items()}


def _span(value: Any, where: str) -> Span:
    start, end = _range(value, where)
    if value.get("match") not in get_args(Match):
        raise ValueError(f"{where}: no kind of match")
    page = value.get("page")
    score = _score(value.get("score", 1.0), where)
    return Span(start, end, value["match"], score, None if page is None else _count(page, where))


def _alternatives(value: Any, where: str) -> tuple[Alternative, ...]:
    return tuple(_alternative(one, where) for one in _list(value, where))


def _alternative(value: Any, where: str) -> Alternative:
    if not isinstance(value, dict):
        raise ValueError(f"{where}: not an object")  # noqa: TRY004
    spans = [_span(span, where) for span in _list(value.get("spans"), where)]
    return Alternative(value.get("value"), _count(value.get("parts"), where), spans)


def _all_support(value: Any, where: str) -> tuple[Support, ...]:
    return tuple(_support(one, where) for one in _list(value, where))


def _support(value: Any, where: str) -> Support:
    start, end = _range(value, where)
    passage = value.get("passage")
    if passage is not None:
        passage = _range(dict(zip(("start", "end"), _list(passage, where), strict=False)), where)
    missing = tuple(_text(word, where) for word in _list(value.get("missing"), where))
    return Support(start, end, passage, _score(value.get("score", 0.0), where), missing)


def _range(value: Any, where: str) -> tuple[int, int]:
    if not isinstance(value, dict):
        raise ValueError(f"{where}: not an object")  # noqa: TRY004
    start, end = _count(value.get("start"), where), _count(value.get("end"), where)
    if start > end:
        raise ValueError(f"{where}: ends before it starts")
    return start, end


def _problems(value: Any, where: str) -> tuple[Problem, ...]:
    return tuple(_problem(one, f"{where}/{at}") for at, one in enumerate(_list(value, where)))


def _problem(value: Any, where: str) -> Problem:
    if not isinstance(value, dict):
        raise ValueError(f"{where}: not an object")  # noqa: TRY004
    hint = value.get("hint")
    return Problem(
        _text(value.get("pointer", ""), where),
        _text(value.get("message"), where),
        value.get("value"),
        str(value.get("kind", "")),
        None if hint is None else _text(hint, where),
    )


def _usage(value: Any) -> Usage:
    if not isinstance(value, dict):
        raise ValueError("/usage: not an object")  # noqa: TRY004
    read, cached, written = (_count(value.get(f"{name}_tokens", 0), "/usage") for name in ("input", "cached", "output"))
    cost = value.get("cost")
    return Usage(read, cached, written, None if cost is None else _number(cost, "/usage"))


def _list(value: Any, where: str) -> Sequence[Any]:
    if value is not None and not isinstance(value, list | tuple):  # a record that never was a text has tuples
        raise ValueError(f"{where}: not a list")
    return value or ()


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{where}: not a text")  # noqa: TRY004
    return value


def _count(value: Any, where: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << 53:
        raise ValueError(f"{where}: not a count")
    return value


def _number(value: Any, where: str) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        raise ValueError(f"{where}: not a number")
    return float(value)


def _likelihoods(value: Any, where: str) -> dict[str, float]:
    if not isinstance(value, dict):
        raise ValueError(f"{where}: not an object")  # noqa: TRY004
    return {name: _score(likelihood, where) for name, likelihood in value.items()}


def _score(value: Any, where: str) -> float:
    return min(1.0, max(0.0, _number(value, where)))
