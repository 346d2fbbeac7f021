"""JSON in the layout that models write, and what is complete in an answer that was cut off."""

from __future__ import annotations

import json
import re
from typing import Any

from pydantic_core import from_json

from extractor import syntax
from extractor.encoders.decoded import Decoded, Path, nothing, refuse_depth
from extractor.encoders.shapes import Shapes
from extractor.types import Schema

_TOKEN = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+("?)|[\[\]{}]', re.DOTALL)
_UNFINISHED = re.compile(r"[-+.\w]{1,400}\Z")  # a number or word at the end may go on


def encode(value: Any) -> str:
    """A value as JSON: {'a': 'é'} → '{"a": "é"}'."""
    refuse_depth(value)
    return json.dumps(value, ensure_ascii=False)


def read_cut(text: str) -> Decoded:
    """What is complete in JSON that ends too early."""
    begin = min((at for at in (text.find("{"), text.find("[")) if at >= 0), default=-1)
    if begin < 0:
        return Decoded((), open=())
    text = text[begin:]
    depth, in_string, end = _depth(text)
    try:
        if end:
            whole = syntax.strictly(text[:end])
            syntax.check_depth(whole, text)
            return Decoded((whole,), syntax.repetitions(text[:end]))
        text = text if in_string else _UNFINISHED.sub("", text)
        value = from_json(text, allow_partial=True, allow_inf_nan=False)
        syntax.check_depth(value, text)
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


def read(text: str, schema: Schema) -> Decoded:
    """The values of an answer in JSON; a bare text is one only where the schema admits a text."""
    found = syntax.read(text)
    if found.is_text and "string" not in Shapes(schema.json_schema).root.kinds:
        raise nothing(text, "JSON")
    return Decoded(found.values, found.notes)
