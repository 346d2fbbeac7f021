"""JSON that ends too early, as an answer does at the token limit: what is complete in it, and where it was open."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from pydantic_core import from_json

from extractor import syntax
from extractor.syntax.finding import BEGIN

_TOKEN = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+("?)|[\[\]{}]', re.DOTALL)
_UNFINISHED = re.compile(r"[-+.\w]{1,400}\Z")  # a number or word at the end may go on

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Cut:
    """What is complete; `open` is the path to the innermost container that is not, None where all is whole after all.

    The value is None where nothing is complete.
    """

    value: Any = None
    open: Path | None = ()
    notes: tuple[str, ...] = ()


def read(text: str) -> Cut:
    """What is complete in JSON that ends too early: '{"a": 1, "b": [2, 3' → {'a': 1, 'b': [2]}, open at ('b',)."""
    begin = BEGIN.search(text)
    if not begin:
        return Cut()
    text = text[begin.start() :]
    depth, in_string, end = _depth(text)
    try:
        if end:  # the limit came just after the end, or in what was said about it
            whole = syntax.strictly(text[:end])
            syntax.check_depth(whole, text)
            return Cut(whole, None, syntax.repetitions(text[:end]))
        text = text if in_string else _UNFINISHED.sub("", text)
        value = from_json(text, allow_partial=True, allow_inf_nan=False)
    except (ValueError, RecursionError):
        return Cut()
    syntax.check_depth(value, text)
    return Cut(value, _opened(value, depth))


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
