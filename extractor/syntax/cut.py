"""JSON that ends too early, as an answer does at the token limit: what is complete in it, and where it was open."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from pydantic_core import from_json

from extractor import syntax
from extractor.syntax.finding import BEGIN

_TOKEN = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+("?)|[\[\]{}]', re.DOTALL)
_BETWEEN = re.compile(r"(?:[\s,;]++|[-*]\s|```\w*+)*+(?=[{\[])")  # one value and the next
_UNFINISHED = re.compile(r"[-+.\w]{1,400}\Z")  # a number or word at the end may go on

_SHOWN = 200  # characters of a text in a note

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Cut:
    """What is complete; `open` is the path to the innermost container that is not, None where all is whole after all.

    The value is None where nothing is complete. Where several values follow one another, `several` are all of them,
    and `value` and `open` are of the last.
    """

    value: Any = None
    open: Path | None = ()
    notes: tuple[str, ...] = ()
    several: tuple[Any, ...] = ()


def read(text: str) -> Cut:
    """What is complete in JSON that ends too early: '{"a": 1, "b": [2, 3' → {'a': 1, 'b': [2]}, open at ('b',)."""
    begin = BEGIN.search(text)
    if not begin:
        return Cut()
    at, parts, values = begin.start(), [], []
    try:
        while (found := _depth(text, at))[2]:  # the limit came after its end: in the next value, or what was said then
            values.append(syntax.strictly(text[at : found[2]]))
            syntax.check_depth(values[-1], text)
            parts.append(text[at : found[2]])
            at = found[2]
            if not (between := _BETWEEN.match(text, at)):
                return _together(values, None, (*syntax.repetitions(f"[{','.join(parts)}]"), *_left_out(text, at)))
            at = between.end()
        last = _last(text[at:], *found[:2])
    except (ValueError, RecursionError):
        last = Cut()
    if last.value is None:
        return _together(values, None, _left_out(text, at)) if values else last
    told = syntax.repetitions(f"[{','.join(parts)}]") if parts else ()
    return _together([*values, last.value], last.open, told)


def _together(values: list[Any], opened: Path | None, notes: tuple[str, ...]) -> Cut:
    return Cut(values[-1], opened, notes, (*values,) if len(values) > 1 else ())


def _left_out(text: str, at: int) -> tuple[str, ...]:
    """A note on what stands behind the values, and seems to be more of them."""
    begin = BEGIN.search(text, at)
    return (f"left out, since it stands behind the JSON: {text[begin.start() :][:_SHOWN]!r}",) if begin else ()


def _last(text: str, depth: int, in_string: bool) -> Cut:  # noqa: FBT001
    """The value that the limit cut, as far as it is complete."""
    text = text if in_string else _UNFINISHED.sub("", text)
    value = from_json(text, allow_partial=True, allow_inf_nan=False)
    syntax.check_depth(value, text)
    return Cut(value, _opened(value, depth))


def _depth(text: str, at: int) -> tuple[int, bool, int]:
    """How many brackets are open at the end, whether a string is, and where the value at a place ends, if it does."""
    depth = 0
    in_string = False
    for found in _TOKEN.finditer(text, at):
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
