"""A sample record → JSON Schema: the subset that the inline schema language gives, and texts by any name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from extractor.dsl import MAX_DEPTH, TYPES, optional, record
from extractor.errors import SchemaError
from extractor.pointers import pointer

Path = tuple[str | int, ...]

_LONGEST_POINTER = 200  # in a message


class _Found(NamedTuple):
    """A value of a sample and where it stands."""

    path: Path
    value: Any


def from_sample(sample: Any) -> dict[str, Any]:
    """The JSON Schema of a sample record, or of several in a list.

    What is missing or null in some of them may be null, a null in a list is passed over, a list that is always empty is
    one of texts, and an inner object that is always empty one of texts by any name. Raises `SchemaError` with the JSON
    Pointers of two values that no one type holds.
    """
    if isinstance(sample, dict) and ("$schema" in sample or _is_schema(sample)):
        hint = "it needs no starter: --schema takes the file as it is"
        raise SchemaError("this is a JSON Schema, not a sample record", hint=hint)
    whole = _Found((), sample)
    found = list(_items([whole])) if isinstance(sample, list) else [whole]
    if not found or not all(isinstance(one.value, dict) for one in found):
        raise SchemaError("a sample is a JSON object, or a list of them", hint='such as {"title": "…", "year": 2025}')
    return _record(found, 0)


def _is_schema(sample: Mapping[str, Any]) -> bool:
    """Whether it describes an object rather than being one."""
    return sample.get("type") == "object" and isinstance(sample.get("properties"), dict)


def _record(found: Sequence[_Found], depth: int) -> dict[str, Any]:
    keys = dict.fromkeys(key for one in found for key in one.value)
    if not keys and not depth:
        hint = "write a field into it"
        raise SchemaError(f"{_where(found[0])}: an empty object says nothing about its fields", hint=hint)
    if not keys:
        return {"type": "object", "additionalProperties": dict(TYPES["str"])}
    return record({key: _field(key, found, depth) for key in keys})


def _field(key: Any, found: Sequence[_Found], depth: int) -> dict[str, Any]:
    values = [_Found((*one.path, key), one.value[key]) for one in found if key in one.value]
    if not isinstance(key, str) or not key or not _is_text(key):
        raise SchemaError(f"{_where(values[0])}: {key!r} cannot be the name of a field")
    stated = [one for one in values if one.value is not None]
    node = _node(stated, depth)
    return node if len(stated) == len(found) else optional(node)


def _node(found: Sequence[_Found], depth: int) -> dict[str, Any]:
    """The schema that holds all of these values; `depth` counts the records and lists around."""
    kind = _kind_of_all(found)
    if kind in TYPES:
        return dict(TYPES[kind])
    if depth == MAX_DEPTH:
        raise SchemaError(f"{_where(found[0])}: nested deeper than {MAX_DEPTH} levels")
    if kind == "object":
        return _record(found, depth + 1)
    return {"type": "array", "items": _node([one for one in _items(found) if one.value is not None], depth + 1)}


def _items(found: Iterable[_Found]) -> Iterator[_Found]:
    return (_Found((*one.path, at), item) for one in found for at, item in enumerate(one.value))


_KINDS: Mapping[type, str] = {str: "str", int: "int", float: "float", bool: "bool", list: "list", dict: "object"}
_NOUNS = {"str": "a text", "int": "a number", "float": "a number", "bool": "true or false", "date": "a date",
          "list": "a list", "object": "an object"}  # fmt: skip
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _kind_of_all(found: Iterable[_Found]) -> str:
    """The kind that holds all of these values; a text where there is none."""
    kinds: dict[str, _Found] = {}
    for one in found:
        kinds.setdefault(_kind(one), one)
    for narrow, wide in (("int", "float"), ("date", "str")):
        if wide in kinds:
            kinds.pop(narrow, None)
    if len(kinds) > 1:
        (one_kind, one), (other_kind, other), *_ = kinds.items()
        message = f"{_where(one)} is {_NOUNS[one_kind]}, {_where(other)} is {_NOUNS[other_kind]}"
        raise SchemaError(message, hint="a field has one type in all samples")
    return next(iter(kinds), "str")


def _kind(found: _Found) -> str:
    kind = _KINDS.get(type(found.value))
    if kind is None:
        raise SchemaError(f"{_where(found)}: {type(found.value).__name__} is not a type of JSON")
    return "date" if kind == "str" and _is_date(found.value) else kind


def _is_date(text: str) -> bool:
    try:
        return bool(_DATE.fullmatch(text) and date.fromisoformat(text))
    except ValueError:
        return False


def _is_text(text: str) -> bool:
    """Whether there is no half of a character in it, which no file can hold."""
    return not any("\ud800" <= char <= "\udfff" for char in text)


def _where(found: _Found) -> str:
    return pointer(found.path)[:_LONGEST_POINTER] or "/"
