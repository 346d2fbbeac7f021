"""From an answer to validated data: by the JSON Schema first, then by the user's own type."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Annotated, Any, NamedTuple, cast, get_args, get_origin

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError as JsonSchemaError
from pydantic import RootModel, TypeAdapter, ValidationError

from extractor import breaches
from extractor.field_names import Names, other_names, read_names, renamed
from extractor.pointers import pointer, value_at
from extractor.pytypes import in_order
from extractor.types import Problem, Schema
from extractor.unions import Fault, innermost
from extractor.validators import PropertyError, checker, errors_of

_LONGEST_RULE = 300  # characters; jsonschema puts the whole value into its message, Pydantic all choices
_MOST_SHOWN = 10  # values of an enum in a message


class Valid(NamedTuple):
    """An answer that passed: JSON data, and the instance of the user's type where the schema has one."""

    data: Any
    instance: Any


def validate(schema: Schema, data: Any) -> Valid | list[Problem]:
    """Check an answer; a list holds every problem with its pointer, its value and the rule that it breaks.

    First by the JSON Schema, which sees keywords that Pydantic does not, then by the user's type. Valid data is
    what the type made of the answer, so normalising validators and defaults are in it.
    """
    return _by_type(schema, data, _against(schema, data))


def _against(schema: Schema, data: Any) -> list[Problem]:
    """What the JSON Schema has against data."""
    return problems_at(schema, schema.json_schema, data)


def problems_at(schema: Schema, node: Any, value: Any) -> list[Problem]:
    """What one of a schema's subschemas has against a value."""
    errors = errors_of(cast(Draft202012Validator, checker(schema).evolve(schema=node)), value)
    faults = [fault for error in errors for fault in innermost(error)]
    listed = {fault.path for fault in faults if fault.keyword in ("enum", "const")}
    return [_from_json_schema(fault) for fault in faults if fault.keyword != "type" or fault.path not in listed]


def _by_type(schema: Schema, data: Any, problems: list[Problem]) -> Valid | list[Problem]:
    """The user's type has the last word on what the JSON Schema has nothing against."""
    if problems or schema.model is None:
        return problems or Valid(data, None)
    try:
        return _built(schema, data)
    except _BrokenClassError as error:
        return [Problem("", str(error))]


class _BrokenClassError(Exception):
    """The user's class raised what is no verdict on a value."""


def _built(schema: Schema, data: Any) -> Valid | list[Problem]:
    """What the user's type makes of data, or has against it."""
    adapter = _adapter(schema)
    try:
        instance = adapter.validate_json(json.dumps(data))
        written = adapter.dump_python(instance, mode="json", by_alias=True)
        native = adapter.dump_python(instance, by_alias=True)
        json.dumps(written, allow_nan=False)  # what a class computes can be infinite
        named, _ = renamed(data, written, instance)
    except ValidationError as error:
        told = breaches.problems_of(error.errors(include_url=False), data)
        return [replace(problem, message=_shortened(problem.message)) for problem in told]
    except Exception as error:  # the user's own validators run here
        raise _BrokenClassError(f"{schema.name} itself failed: {type(error).__name__}: {error}") from error
    return Valid(in_order(named, written, native), instance)


def doubted(found: Valid | list[Problem], doubts: Mapping[str, str], data: Any) -> Valid | list[Problem]:
    """A verdict with doubts, by pointer, about what values could mean; what could mean two things is not valid.

    Of a record that has problems, only doubts about these places count, or about what is around them.
    """
    if not doubts:
        return found
    problems = [] if isinstance(found, Valid) else [_doubted(problem, doubts.get(problem.pointer)) for problem in found]
    records = {_record(problem.pointer, data) for problem in problems}  # what has problems has been told enough
    around = {parent for problem in problems for parent in _parents(problem.pointer)}
    new = {at: why for at, why in doubts.items() if at in around or _record(at, data) not in records}
    return [*problems, *(Problem(at, _shortened(why), value_at(data, at)) for at, why in new.items())]


def _parents(place: str) -> Iterator[str]:
    """'/a/0' → '/a', ''."""
    while place:
        place = place.rpartition("/")[0]
        yield place


def _record(place: str, data: Any) -> str:
    """Which record of a list a pointer is about: '/2/name' → '2'; '' for the only one."""
    return place.split("/")[1] if isinstance(data, list) and place else ""


def _doubted(problem: Problem, doubt: str | None) -> Problem:
    """A problem with why its value was not taken for what it could mean."""
    return replace(problem, message=f"{problem.message}; {doubt}") if doubt else problem


def validate_each(
    schema: Schema, records: list[Any], *, is_whole: bool = True, doubts: Mapping[str, str] | None = None
) -> tuple[Valid | None, list[Problem]]:
    """Check a list of records; the valid ones are kept, the problems of the others point into `records`.

    Those with `doubts`, by pointer, are not valid.

    None where the list itself is not valid (too short, say) as it was written; one that was cut off (not `is_whole`)
    is not asked, and that too few are left once the others are out is held against none.
    """
    places = list(range(len(records)))
    problems: list[Problem] = []
    checked = doubted(validate(schema, records) if is_whole else _validate_rest(schema, records), doubts or {}, records)
    while isinstance(checked, list):
        kept = [records[place] for place in places]
        bad = {int(problem.pointer.split("/")[1]) for problem in checked if problem.pointer}
        if not bad and (broken := _broken_alone(schema, kept)):
            bad, checked = set(broken), [*broken.values()]
        problems += [_moved(problem, places) for problem in checked]
        if not bad:
            return None, problems
        places = [place for at, place in enumerate(places) if at not in bad]
        checked = _validate_rest(schema, [records[place] for place in places])
    return (checked if all(problem.pointer for problem in problems) else None), problems


def _validate_rest(schema: Schema, records: list[Any]) -> Valid | list[Problem]:
    """Check what is left of a list, but for what is asked of the list as a whole."""
    problems = _against(schema, records)
    schema = replace(schema, model=_of_any_length(schema.model))
    return _by_type(schema, records, [problem for problem in problems if problem.pointer])


def _of_any_length(type_: Any) -> Any:
    """A list's type without its own bounds and validators: Annotated[list[Paper], Len(2)] → list[Paper]."""
    while True:
        if isinstance(type_, type) and issubclass(type_, RootModel):
            type_ = type_.model_fields["root"].annotation
        elif hasattr(type_, "__value__") or get_origin(type_) is Annotated:
            type_ = type_.__value__ if hasattr(type_, "__value__") else get_args(type_)[0]
        else:
            return type_


def _broken_alone(schema: Schema, records: list[Any]) -> dict[int, Problem]:
    """The records that the user's class fails on, rather than to say that they are not valid."""
    found: dict[int, Problem] = {}
    for at, record in enumerate(records if schema.model is not None else ()):
        try:
            _built(schema, [record])
        except _BrokenClassError as error:
            found[at] = Problem(f"/{at}", str(error), record)
    return found


def _moved(problem: Problem, places: list[int]) -> Problem:
    """A problem's pointer, from the records that were left to all of them: '/0/name', [3] → '/3/name'."""
    if not problem.pointer:
        return problem
    at, slash, rest = problem.pointer.removeprefix("/").partition("/")
    return replace(problem, pointer=f"/{places[int(at)]}{slash}{rest}")


@lru_cache(maxsize=32)
def names_of_fields(schema: Schema) -> Names:
    """What the user's classes call their fields, beside the names of the properties."""
    return {} if schema.model is None else other_names(_adapter(schema).core_schema)


@lru_cache(maxsize=32)
def names_read(schema: Schema) -> Names:
    """What the user's classes themselves take for their fields, beside the names of the properties."""
    return {} if schema.model is None else read_names(_adapter(schema).core_schema)


@lru_cache(maxsize=32)
def _adapter(schema: Schema) -> TypeAdapter[Any]:
    return TypeAdapter(schema.model)


def _from_json_schema(fault: Fault) -> Problem:
    path, _, error = fault
    if not path and error.validator == "type" and error.validator_value == "object" and _are_records(error.instance):
        what = f"the answer is a list of {len(error.instance)} records, and one is asked for"
        return Problem("", what, error.instance, hint="--many takes all of them")
    rule = _of_no_type(error) or error.message
    if len(rule) > _LONGEST_RULE:
        rule = f"breaks {error.validator}: {_shown(error.validator_value)}"
    if isinstance(error, PropertyError):
        value = cast(dict[str, Any], error.instance).get(error.name)
        return Problem(pointer([*path, error.name]), rule, value)
    return Problem(pointer(path), rule, error.instance)


def _are_records(value: Any) -> bool:
    return isinstance(value, list) and len(value) > 1 and all(isinstance(one, dict) for one in value)


def _of_no_type(error: JsonSchemaError) -> str | None:
    """What is wrong where the branches of a union ask for types alone: 'x' is not of type 'number', 'null'."""
    causes = error.context or []
    if error.validator not in ("anyOf", "oneOf") or not causes:
        return None
    if any(cause.validator != "type" or cause.relative_path for cause in causes):
        return None
    asked: list[Any] = [cause.validator_value for cause in causes]
    types = dict.fromkeys(name for one in asked for name in ([one] if isinstance(one, str) else one))
    return f"{error.instance!r} is not of type {', '.join(map(repr, types))}"


def _shown(value: Any) -> str:
    """A value of a schema in a message; of a long list the first ones, and how many there are."""
    if isinstance(value, list) and len(value) > _MOST_SHOWN:
        return _shortened(", ".join(map(repr, value[:_MOST_SHOWN]))) + f", … ({len(value)} values)"
    return _shortened(repr(value))


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_RULE else f"{text[:_LONGEST_RULE]}… ({len(text)} characters)"
