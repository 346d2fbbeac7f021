"""Which of hundreds of alternatives a model is shown: those that are the nearest to the text, by BM25.

A name counts as the words that it is made of, with the descriptions and the names of the arguments. In a text of
another language than theirs few words are the same; then those that share none come in their own order, and a note
says so.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from extractor.dialect.keywords import subschemas
from extractor.rank import Index
from extractor.tagged_union import Alternative, Choice, among, choice_of
from extractor.text import estimate_tokens
from extractor.types import Schema

MOST = 200  # alternatives that a grammar holds apart, and that a model is shown

_HUMPS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|_+")


def shortlist(schema: Schema, text: str) -> tuple[Schema, str]:
    """A choice between so many of the alternatives as may be shown, and what there is to say of that.

    The schema itself where it is no choice, or all may be shown; that are at most `MOST`.
    """
    choice = choice_of(schema)
    if choice is None or (sum(_costs(schema)) <= choice.shown_tokens and len(choice.names) <= MOST):
        return schema, ""
    ranked = _index(schema).rank(text)
    kept, left = set[str](), choice.shown_tokens
    for at, _ in ranked:
        cost = _costs(schema)[at]
        if (cost <= left and len(kept) < MOST) or not kept:
            kept.add(choice.names[at])
            left -= cost
    told = f"the {len(kept)} nearest of {len(ranked)} were shown"
    if not ranked[0][1]:
        told += "; none of them shares a word with the text"
    return among(schema, kept), told


def first_shown(schema: Schema) -> Schema:
    """A choice between no more alternatives than may be shown, whichever those are; another schema as it is."""
    choice = choice_of(schema)
    if choice is None or len(choice.names) <= MOST:
        return schema
    return among(schema, choice.names[:MOST])


@lru_cache(maxsize=16)
def _costs(schema: Schema) -> list[int]:
    """Tokens that each alternative takes, as estimated."""
    return [_cost(one) for one in _choice(schema).alternatives]


def _cost(one: Alternative) -> int:
    return estimate_tokens(f"{one.name} {one.description} {json.dumps(one.parameters, ensure_ascii=False)}")


@lru_cache(maxsize=16)
def _index(schema: Schema) -> Index:
    return Index.of(" ".join(_words(one)) for one in _choice(schema).alternatives)


def _choice(schema: Schema) -> Choice:
    choice = choice_of(schema)
    assert choice is not None
    return choice


def _words(one: Alternative) -> Iterator[str]:
    """What an alternative is about: `getWeather(city)` → 'get Weather', its description, 'city', its description."""
    yield _HUMPS.sub(" ", one.name)
    yield one.description
    yield from _said(one.parameters)


def _said(node: Any) -> Iterator[str]:
    """Names and descriptions in a schema, and the values of its choices."""
    for one in subschemas(node):
        yield str(one.get("description", ""))
        yield from (value for value in one.get("enum", ()) if isinstance(value, str))
        yield from (_HUMPS.sub(" ", name) for name in one.get("properties", ()))
