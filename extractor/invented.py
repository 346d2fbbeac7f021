"""References that are not from the document, but made up: they are taken out where they may be missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from extractor.dialect.keywords import subschemas
from extractor.feigned import Path, shortened, taken_out, texts_of
from extractor.ground import nearly_in
from extractor.marks import VERBATIM
from extractor.references import Sayings, is_reference
from extractor.types import Document, Schema
from extractor.validation import Valid, validate

MADE_UP = "{!r} is not in the text: taken out"

_MOST_LOOKED_FOR = 50  # that are sought in other spellings too, each of which takes time in a long text
_MOST_TRIED = 50  # that are taken out one by one


def without_invented(schema: Schema, data: Any, document: Document, told: str = "") -> tuple[Any, dict[str, str]]:
    """Data without such values, and what is said of them by pointer; with those that a rule of the user's needs.

    What the user says is none, be it `told` beside the document or by the schema (an example, a default), nor what a
    field may put in its own words (`x-verbatim` is false). Verbatim ones have a rule of their own.
    """
    doubtful = [(path, value) for path, value in _references(schema, data) if not _is_of_schema(schema, value)]
    if not doubtful:
        return data, {}
    said = Sayings(f"{document.text}\n{told}")
    strange = [(path, value) for path, value in doubtful if not said.make(value)]
    is_near = nearly_in(document.text)
    gone = {
        path: MADE_UP.format(shortened(value))
        for at, (path, value) in enumerate(strange)
        if at >= _MOST_LOOKED_FOR or not is_near(value)
    }
    found = _valid_without(schema, data, gone)
    if found is None:  # a rule of the user's needs some of them
        spare: dict[Path, str] = {}
        for path in [*gone][:_MOST_TRIED]:
            fewer = spare | {path: gone[path]}
            if (other := _valid_without(schema, data, fewer)) is not None:
                spare, found = fewer, other
    return found or (data, {})


def _valid_without(schema: Schema, data: Any, gone: Mapping[Path, str]) -> tuple[Any, dict[str, str]] | None:
    other, notes = taken_out(schema, data, gone)
    return (other, notes) if isinstance(validate(schema, other), Valid) else None


def _references(schema: Schema, data: Any) -> Iterator[tuple[Path, str]]:
    for path, value, scope, around in texts_of(schema, data):
        parts = (*scope.parts, *(around.parts if around else ()))
        if not path or scope.choices is not None or any(VERBATIM in part for part in parts):
            continue
        if is_reference(value, tuple(key for key in path if isinstance(key, str)), scope.format):
            yield path, value


def _is_of_schema(schema: Schema, value: str) -> bool:
    """Whether a schema has a value somewhere: as a choice, a default, an example, in a description."""
    return value in _said(schema)


@lru_cache(maxsize=64)
def _said(schema: Schema) -> str:
    """All texts of a schema, one under the other."""
    found: list[str] = []
    todo: list[Any] = [*subschemas(schema.json_schema)]
    while todo:
        value = todo.pop()
        if isinstance(value, str):
            found.append(value)
        elif isinstance(value, dict | list):
            todo += value.values() if isinstance(value, dict) else value
    return "\n".join(found)
