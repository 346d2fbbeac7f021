"""The validator of JSON Schema: jsonschema's, with our patterns, decimals and formats, in bounded work."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextvars import ContextVar
from fractions import Fraction
from functools import lru_cache
from itertools import islice
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError as JsonSchemaError
from jsonschema.validators import extend

from extractor.formats import CHECKER
from extractor.patterns import PatternError, search
from extractor.types import Dialect, Schema
from extractor.unions import Fault, innermost

_MOST_REPEATED = 20  # errors of a value that are told a second time, where another reference leads to the same
_MOST_ERRORS = 5_000  # of a value; more of them help nobody


class PropertyError(JsonSchemaError):
    """An error of an object about one of its properties, by name: one that is missing, or one too many."""

    def __init__(self, message: str, name: str, **where: Any) -> None:
        super().__init__(message, **where)
        self.name = name

    def _contents(self) -> dict[str, Any]:
        """What jsonschema makes a copy of."""
        return {**super()._contents(), "name": self.name}


def _required(_: Any, names: Iterable[str], value: Any, __: Any) -> Iterator[JsonSchemaError]:
    if isinstance(value, dict):
        for name in names:
            if name not in value:
                yield PropertyError(f"{name!r} is a required property", name)


def _pattern(dialect: Dialect) -> Any:
    def check(_: Any, pattern: str, value: Any, __: Any) -> Iterator[JsonSchemaError]:
        """By the dialect's rules; one that is not read here is left to Pydantic, where there is a class."""
        if not isinstance(value, str):
            return
        try:
            if not search(pattern, value, dialect):
                yield JsonSchemaError(f"{value!r} does not match {pattern!r}")
        except PatternError as error:
            if dialect == "ecma":
                yield JsonSchemaError(f"the pattern cannot be read, so nothing passes it: {error}")
        except TimeoutError:
            yield JsonSchemaError(f"matching {pattern!r} takes too long on this text")

    return check


def _multiple_of(_: Any, step: float, value: Any, __: Any) -> Iterator[JsonSchemaError]:
    """As jsonschema's, but in decimals: 19.99 is a multiple of 0.01."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        quotient = Fraction(str(value)) / Fraction(str(step))
        if quotient.denominator != 1:
            yield JsonSchemaError(f"{value!r} is not a multiple of {step!r}")


def _pattern_properties(dialect: Dialect) -> Any:
    def check(validator: Any, patterns: Mapping[str, Any], value: Any, __: Any) -> Iterator[JsonSchemaError]:
        if isinstance(value, dict):
            for pattern, child in patterns.items():
                for name in filter(lambda name: _is_found(pattern, name, dialect), value):
                    yield from validator.descend(value[name], child, path=name, schema_path=pattern)

    return check


def _additional_properties(dialect: Dialect) -> Any:
    def check(validator: Any, child: Any, value: Any, node: Mapping[str, Any]) -> Iterator[JsonSchemaError]:
        if not isinstance(value, dict):
            return
        named, patterns = node.get("properties", {}), node.get("patternProperties", {})
        for name in value:
            if name not in named and not any(_is_found(pattern, name, dialect) for pattern in patterns):
                if child is False:
                    yield PropertyError(f"no property {name!r} is foreseen", name)
                else:
                    yield from validator.descend(value[name], child, path=name)

    return check


def _is_found(pattern: str, name: str, dialect: Dialect) -> bool:
    """Whether a pattern is found in a key; one that no engine knows is found in none."""
    try:
        return search(pattern, name, dialect)
    except (PatternError, TimeoutError):
        return False


def _unevaluated_properties(validator: Any, child: Any, value: Any, node: Any) -> Iterator[JsonSchemaError]:
    """As jsonschema's; it has Python read the patterns of keys."""
    try:
        yield from Draft202012Validator.VALIDATORS["unevaluatedProperties"](validator, child, value, node)
    except re.error as error:
        yield JsonSchemaError(f"unevaluatedProperties cannot be checked beside the pattern {error.pattern!r}")


# What each reference had against each value, for one call of `errors_of`.
_followed: ContextVar[dict[tuple[str, int], list[JsonSchemaError]] | None] = ContextVar("followed", default=None)


def errors_of(validator: Draft202012Validator, data: Any) -> list[JsonSchemaError]:
    """All that a validator has against data, up to thousands, each reference followed once for each value.

    A few dozen definitions, each of which names the next one twice, would take for ever otherwise.
    """
    token = _followed.set({})
    try:
        return list(islice(validator.iter_errors(data), _MOST_ERRORS))
    finally:
        _followed.reset(token)


def has_errors(validator: Draft202012Validator, data: Any) -> bool:
    """Whether a validator has anything against data; the first thing settles it."""
    token = _followed.set({})
    try:
        return next(validator.iter_errors(data), None) is not None
    finally:
        _followed.reset(token)


def _reference(validator: Any, reference: str, value: Any, _: Any) -> Iterator[JsonSchemaError]:
    found = _followed.get()
    known = None if found is None else found.get((reference, id(value)))
    if known is not None:  # errors gather their path on the way up, so each way needs its own
        yield from (type(error).create_from(error) for error in known)
        return
    errors = list(validator._validate_reference(ref=reference, instance=value))  # noqa: SLF001  # as jsonschema's own
    if found is not None:
        faults = (fault for error in errors for fault in innermost(error))
        found[reference, id(value)] = [*map(_alone, islice(faults, _MOST_REPEATED))]
    yield from errors


def _alone(fault: Fault) -> JsonSchemaError:
    """An error without all that led to it, which would double with each way."""
    alone = {"path": fault.path, "schema_path": (), "context": (), "parent": None}
    contents = fault.error._contents()  # noqa: SLF001  # what `create_from` copies
    copy: JsonSchemaError = type(fault.error)(**{**contents, **alone})
    return copy


VALIDATORS: Mapping[Dialect, type[Draft202012Validator]] = {
    dialect: extend(  # type: ignore[no-untyped-call]
        Draft202012Validator,
        {
            "$ref": _reference,
            "required": _required,
            "pattern": _pattern(dialect),
            "patternProperties": _pattern_properties(dialect),
            "additionalProperties": _additional_properties(dialect),
            "unevaluatedProperties": _unevaluated_properties,
            "multipleOf": _multiple_of,
        },
    )
    for dialect in ("ecma", "rust")
}


@lru_cache(maxsize=32)
def checker(schema: Schema) -> Draft202012Validator:
    """The validator of a schema's JSON Schema, with formats."""
    return VALIDATORS[schema.dialect](schema.json_schema, format_checker=CHECKER)
