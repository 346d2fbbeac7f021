"""JSON in the layout that models write, and what is complete in an answer that was cut off."""

from __future__ import annotations

import json
import re
from typing import Any

from pydantic_core import from_json

from extractor.encoders.decoded import DEEPEST, Decoded, Path, nothing, number, refuse_depth, too_deep
from extractor.errors import ParseError

_TOKEN = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+("?)|[\[\]{}]', re.DOTALL)
_UNFINISHED = re.compile(r"[-+.\w]{1,400}\Z")  # a number or word at the end may go on


def encode(value: Any) -> str:
    """A value as JSON: {'a': 'é'} → '{"a": "é"}'."""
    refuse_depth(value)
    return json.dumps(value, ensure_ascii=False)


def strictly(text: str) -> Any:
    """A value of JSON alone; raises `ValueError`."""
    try:
        value = json.loads(text, parse_constant=_finite, parse_float=_finite)
    except RecursionError:
        raise too_deep() from None
    return checked(value)


def _finite(text: str) -> float:
    value = number(text)
    if value is None:
        raise ValueError(f"{text} is not a JSON number")
    return float(value)


def checked(value: Any) -> Any:
    """The value, where it is not too deep."""
    level = [value]
    for _ in range(DEEPEST + 1):
        level = [
            child
            for one in level
            if isinstance(one, dict | list)
            for child in (one.values() if isinstance(one, dict) else one)
        ]
        if not level:
            return value
    raise too_deep()


def read_cut(text: str) -> Decoded:
    """What is complete in JSON that ends too early."""
    begin = min((at for at in (text.find("{"), text.find("[")) if at >= 0), default=-1)
    if begin < 0:
        return Decoded((), open=())
    text = text[begin:]
    depth, in_string, end = _depth(text)
    try:
        if end:
            return Decoded((strictly(text[:end]),))
        text = text if in_string else _UNFINISHED.sub("", text)
        value = checked(from_json(text, allow_partial=True, allow_inf_nan=False))
    except ParseError:
        raise
    except (ValueError, RecursionError):
        return Decoded((), open=())
    return Decoded((value,), open=_opened(value, depth))


def _depth(text: str) -> tuple[int, bool, int]:
    """How many brackets are open at the end, whether a string is, and where the first value ends, if it does."""
    depth = 0
    in_string = False
    for found in _TOKEN.finditer(text):
        sign = found[0][0]
        if sign == '"':
            in_string = not found[1]
            continue
        depth += 1 if sign in "{[" else -1
        if not depth:
            return 0, False, found.end()
    return depth, in_string, 0


def _opened(value: Any, depth: int) -> Path:
    """The way to the innermost container that is open, as far as it was kept."""
    path: list[str | int] = []
    while len(path) < depth - 1 and value:
        key: Any = len(value) - 1 if isinstance(value, list) else next(reversed(value))
        if not isinstance(value[key], dict | list):
            break
        path.append(key)
        value = value[key]
    return (*path,)


def read(text: str) -> Decoded:
    """The values of an answer in JSON."""
    stripped = text.strip("\ufeff \t\r\n")
    try:
        return Decoded((strictly(stripped),))
    except ValueError:
        raise nothing(text, "JSON") from None
