"""Examples as the schema has them: valid, in the names and with all the nulls of an answer, and nothing dropped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter

from extractor.errors import SchemaError
from extractor.examples.absence import Composer, StatedError, nothing
from extractor.examples.given import NOTHING, Given
from extractor.field_names import Names
from extractor.pointers import is_list, pointer
from extractor.pytypes import additions, in_order
from extractor.scopes import Scope, by_scope, in_schema_order, scopes_of
from extractor.types import Example, Problem, Schema
from extractor.validation import Valid, names_of_fields, names_read, problems_at, validate

OPTIONAL = "make it optional (`str | None = None`)"


def checked(schema: Schema, given: Iterable[Given]) -> tuple[Example, ...]:
    """Examples with their values as the schema has them; raises `SchemaError` for the first that is not valid."""
    return tuple(Example(one.text, valid(schema, one)) for one in given)


def valid(schema: Schema, given: Given) -> Any:
    """The value of an example as the schema has it; raises `SchemaError`."""
    if given.value is NOTHING:
        return value_of_nothing(schema, given.where)
    is_wrapped = is_list(schema.json_schema) and not isinstance(given.value, list)
    value = [given.value] if is_wrapped else given.value
    found = admitted(schema, value, given.where)
    if not isinstance(found, Problem):
        return found[0]
    place = found.pointer.removeprefix("/0") if is_wrapped else found.pointer
    hint = _hint(schema, value, is_of_module=given.is_of_module)
    raise SchemaError(f"{given.where}: {place or '/'}: {found.message}", hint=hint)


def admitted(schema: Schema, value: Any, where: str) -> tuple[Any] | Problem:
    """A value as the schema's class writes it, or what is wrong with it, or would be dropped."""
    try:
        value = _renamed(schema, value)
        found = validate(bare(schema), value)
    except RecursionError:  # validators recurse, and a caller may be deep itself
        raise SchemaError(f"{where}: nested too deep", hint="show a simpler record") from None
    if not isinstance(found, Valid):
        return found[0]
    dropped = next(_dropped(schema, value, found), None)
    return (_as_asked(schema, value, found.instance),) if dropped is None else dropped


def value_of_nothing(schema: Schema, where: str) -> Any:
    """The record, or list, in which all is absent; raises `SchemaError` where there is none."""
    try:
        value = _empty(bare(schema))
    except StatedError as error:
        hint = "allow an empty list" if is_list(schema.json_schema) else f"{OPTIONAL}, or extract --many"
        raise SchemaError(f'{where}: the schema cannot say "nothing" at {error.pointer}', hint=hint) from None
    return value if value is None else valid(schema, Given(where, "", value))


@lru_cache(maxsize=8)
def _empty(schema: Schema) -> Any:
    return nothing(schema)


def bare(schema: Schema) -> Schema:
    """As validators are kept by, whatever examples a schema has so far."""
    return replace(schema, examples=(), instruction=None)


def _hint(schema: Schema, value: Any, *, is_of_module: bool) -> str:
    if isinstance(value, list) and not is_list(schema.json_schema):
        return "one record is asked for; for lists of them extract --many"
    alone = "; instances are for their own class alone" if is_of_module else ""
    return f"data has to be valid by {schema.name}, null (None) is for nothing{alone}"


def _as_asked(schema: Schema, data: Any, instance: Any) -> Any:
    """What the class writes, as far as it is what is asked for: no computed fields, no names for output only."""
    if instance is None:
        return in_schema_order(schema, _with_nulls(schema, data))
    adapter = TypeAdapter(schema.model)
    try:
        written = adapter.dump_python(instance, mode="json", by_alias=True, round_trip=True)
        native = adapter.dump_python(instance, by_alias=True, round_trip=True)
        value = _renamed(schema, in_order(data, written, native))
    except ValueError:  # what serialises only with a computed field
        return data
    return value if value == data or not problems_at(bare(schema), schema.json_schema, value) else data


def _with_nulls(schema: Schema, data: Any) -> Any:
    """What a class would write, too: null for what is not said and may be null, where it stays valid."""
    try:
        full = Composer(bare(schema)).with_nulls(schema.json_schema, data)
    except StatedError:  # too many branches to tell
        return data
    return full if full == data or not problems_at(bare(schema), schema.json_schema, full) else data


# --- names ---------------------------------------------------------------------------------------------------


def _renamed(schema: Schema, data: Any) -> Any:
    """Data with the names of the schema, where its classes read others: by alias 'Jahr', {'year': 1} → {'Jahr': 1}."""
    names = names_read(schema)

    def read(scope: Scope, value: dict[str, Any]) -> dict[str, Any]:
        to = {key: key for key in value}
        for key, labels in _others(scope, names):
            label = next((label for label in labels if label in value and label not in scope.properties), None)
            if label is not None and key not in to.values():
                to[label] = key
        return {key: value[label] for label, key in to.items()}

    return by_scope(schema, data, read) if names else data


def _others(scope: Scope, names: Names) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The properties of the classes at a place, each with other names of its field."""
    for part in scope.parts:
        title = part.get("title")
        yield from names.get((str(title), frozenset(part.get("properties", ()))), {}).items()


def _dropped(schema: Schema, data: Any, found: Valid) -> Iterator[Problem]:
    """The keys that a class drops without a word, since it does not name them."""
    if found.instance is None:
        return
    scopes = scopes_of(schema)
    for path in additions(found.data, data):
        scope = scopes.root
        for step in path[:-1]:
            scope = scopes.of(scope.child(step))
        name = path[-1]
        if isinstance(name, str) and scope.properties and name not in scope.properties:
            others = _others(scope, names_of_fields(schema))
            named = next((f"; the schema calls it {key!r}" for key, labels in others if name in labels), "")
            yield Problem(pointer(path), f"no property {name!r} is foreseen{named}")
