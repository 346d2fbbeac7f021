"""A choice of `one_of` as functions that a server lets a model call, and the calls as that choice again."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

from extractor.strict.backs import total
from extractor.strict.telling import told
from extractor.tagged_union import INPUT, TAG, TAGS, Choice, alone, choice_of
from extractor.types import Function, Schema

_NOT_IN_NAMES = re.compile("[^A-Za-z0-9_-]")
_LONGEST_NAME = 64  # that OpenAI takes


@dataclass(frozen=True, slots=True)
class Calls:
    """A choice as functions; `restore` makes of calls of them an answer to the choice."""

    functions: Sequence[Function]
    choice: Choice
    restore: Callable[[Any], Any]


@lru_cache(maxsize=64)
def to_calls(schema: Schema) -> Calls | None:
    """The functions of a choice; None for a schema that is none."""
    from extractor.strict import to_strict

    choice = choice_of(schema)
    if choice is None:
        return None
    functions: dict[str, Function] = {}
    backs: dict[str, tuple[str, Callable[[Any], Any]]] = {}
    for one in choice.alternatives:
        own = alone(schema, one.name)
        strict = to_strict(own)
        name = _free(_NOT_IN_NAMES.sub("_", one.name)[:_LONGEST_NAME] or "_", functions)
        # A model has to see what a server does not take: of '查天气' nothing is left.
        is_told = one.name.isascii() and len(one.name) <= _LONGEST_NAME
        about = one.description if is_told else f"{one.name}: {one.description}".rstrip(": ")
        functions[name] = Function(name, about, told(strict.json_schema, own.json_schema))
        backs[name] = one.name, strict.restore
    return Calls([*functions.values()], choice, partial(total, partial(_restored, backs)))


def _free(name: str, taken: Mapping[str, Any]) -> str:
    """A name that no other has: 'a', {'a'} → 'a_2'."""
    found, number = name, 1
    while found in taken:
        number += 1
        found = f"{name[: _LONGEST_NAME - 4]}_{number}"
    return found


def _restored(backs: Mapping[str, tuple[str, Callable[[Any], Any]]], value: Any) -> Any:
    if isinstance(value, list):
        return [_restored(backs, one) for one in value]
    if not isinstance(value, dict):
        return value
    tag = next((tag for tag in (TAG, *TAGS) if isinstance(value.get(tag), str)), None)
    if tag is None or value[tag] not in backs:
        return value
    name, back = backs[value[tag]]
    return {**value, tag: name, **({INPUT: back(value[INPUT])} if INPUT in value else {})}
