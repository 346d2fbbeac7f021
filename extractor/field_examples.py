"""Examples that stand at a field: values that show what it holds, and pairs of a text and what the field is in it.

JSON Schema's `examples`, Pydantic's `Field(examples=[…])`. A pair fits the field with its second half alone:
`["born in 1990", 1990]` at an integer; the two-part lists that a list of texts may hold are values. In a class a tuple
tells a pair from a list, so one at a list may have an item for its second half, as with Kor's `many=True`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from itertools import islice
from typing import Any

from extractor.dialect.keywords import placed
from extractor.errors import SchemaError
from extractor.field_names import classes, properties_of
from extractor.pointers import pointer, resolve
from extractor.scopes import SCALARS, Scopes
from extractor.types import Problem, Schema
from extractor.validation import problems_at

ITEM = "-"  # a step of a path: one item of a list

_MOST_PLACES = 10_000  # of a type that names its parts over and over; those nearest to the root come first
_BRANCHES = ("anyOf", "oneOf", "allOf")

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class FieldExample:
    """A text, and what a field is in it.

    `path` leads from the record to the field: names of properties, '-' for an item of a list, a number for a place of
    a tuple: ('authors', '-', 'name').
    """

    path: Path
    text: str
    value: Any


def hints(schema: Schema, node: Any) -> Iterator[Any]:
    """The examples of a field that are values of it: {'type': 'integer', 'examples': [1, 'x', ['one', 1]]} → 1."""
    return (example for example in listed(node) if not _problems(schema, node, example))


def pairs(schema: Schema) -> Iterator[FieldExample]:
    """The pairs of all fields, by the paths that a record has; those at the root are whole records.

    A definition is followed on each way to it, but not within itself; keys that are free have no path. A field of
    records in a list may have a list of values, one for each record: they come one by one.
    """
    if not any(listed(node) for _, node in placed(schema.json_schema)):
        return
    known: dict[int, list[tuple[Any, list[Any]]]] = {}  # by id of the node: a definition has many places
    for path, node in islice(_fields(schema.json_schema), _MOST_PLACES):
        if id(node) not in known:
            known[id(node)] = [(example, _stated(schema, node, example)) for example in listed(node)]
        for example, values in known[id(node)]:
            if len(values) == 1 or ITEM in path or schema.model is not None:
                yield from (FieldExample(path, example[0], value) for value in values)


def faults(schema: Schema) -> Iterator[tuple[str, Problem]]:
    """The pointer of a subschema, and what is wrong with an example of it: '', '/examples/0: 'x' is not …'."""
    for path, node in placed(schema.json_schema):
        for at, example in enumerate(listed(node)):
            for problem in _against(schema, node, example)[:1]:
                yield pointer(path), Problem(f"/examples/{at}{problem.pointer}", problem.message, problem.value)


def check(schema: Schema) -> Schema:
    """The schema itself; raises `SchemaError` for the first example that its field does not admit."""
    for place, problem in faults(schema):
        hint = "an example is a value of its field, or a pair of a text and such a value"
        raise SchemaError(f"{schema.name}: {place}{problem}", hint=hint)
    return schema


def with_items_in_lists(schema: Schema, core: Any) -> Mapping[str, Any]:
    """The JSON Schema of a class, in which pairs of a text and an item have lists: all that are said of one text.

    Field(examples=[('a b', 'a'), ('a b', 'b')]) at a `list[str]` → [['a b', ['a', 'b']]]. `core` is Pydantic's own
    schema, which has the tuples that are lists in JSON.
    """
    fields_of = {key: properties_of(cls) for key, cls in classes(core).items()}
    if not any(_has_tuple(field.examples) for fields in fields_of.values() for _, field in fields.values()):
        return schema.json_schema
    root: dict[str, Any] = deepcopy(dict(schema.json_schema))
    scopes = Scopes(root)
    for _, node in placed(root):
        properties = node.get("properties", {})
        title = node.get("title")
        fields = fields_of.get((title, frozenset(properties)), {}) if isinstance(title, str) else {}
        for key, (_, field) in fields.items():
            in_json, given = listed(properties[key]), field.examples or ()
            if _has_tuple(given) and len(in_json) == len(given) and _is_flat(scopes, properties[key]):
                properties[key]["examples"] = _by_text(in_json, given)
    return root


def _has_tuple(given: Any) -> bool:
    return any(isinstance(example, tuple) for example in given or ())


def _is_flat(scopes: Scopes, node: Any) -> bool:
    """Whether a field is a list of scalars, or null: `list[str] | None` → True."""
    scope = scopes.of((node,))
    is_plain = bool(scope.items) and not scope.prefix and scopes.of(scope.items).kinds <= SCALARS
    return is_plain and scope.kinds <= {"array", "null"}


def _by_text(examples: list[Any], given: Sequence[Any]) -> list[Any]:
    """The items of one text together; `given` has what are lists in JSON: ('a', 1), ('a', 2) → [['a', [1, 2]]]."""
    found: list[Any] = []
    items: dict[str, list[Any]] = {}
    for example, own in zip(examples, given, strict=True):
        is_item = _has_form(example) and isinstance(own, tuple) and isinstance(example[1], str | int | float)
        if is_item and example[0] in items:
            items[example[0]].append(example[1])
        elif is_item:
            items[example[0]] = [example[1]]
            found.append([example[0], items[example[0]]])
        else:
            found.append(example)
    return found


def listed(node: Any) -> list[Any]:
    """What stands under `examples`, where it is a list: old drafts take anything."""
    found = node.get("examples") if isinstance(node, Mapping) else None
    return found if isinstance(found, list) else []


def _has_form(example: Any) -> bool:
    """Whether an example looks like a pair: ['born in 1990', 1990]."""
    return isinstance(example, list) and len(example) == 2 and isinstance(example[0], str)  # noqa: PLR2004


def _stated(schema: Schema, node: Mapping[str, Any], example: Any) -> list[Any]:
    """What a pair says of a field, in a list of records of several: ['Ada and Bo', ['Ada', 'Bo']] → ['Ada', 'Bo']."""
    if not _has_form(example) or not _problems(schema, node, example):
        return []
    if not _problems(schema, node, example[1]):
        return [example[1]]
    return example[1] if _holds_each(schema, node, example[1]) else []


def _holds_each(schema: Schema, node: Any, values: Any) -> bool:
    return isinstance(values, list) and bool(values) and not any(_problems(schema, node, one) for one in values)


def _problems(schema: Schema, node: Any, value: Any) -> list[Problem]:
    """What a field has against a value."""
    try:
        return problems_at(schema, node, value)
    except RecursionError:
        return [Problem("", "nested too deep")]


def _against(schema: Schema, node: Mapping[str, Any], example: Any) -> list[Problem]:
    """What is wrong with an example, read as the value or the pair that it comes nearer to."""
    plain = _problems(schema, node, example)
    if not plain or not _has_form(example):
        return plain
    paired = [] if _holds_each(schema, node, example[1]) else _problems(schema, node, example[1])
    is_pair = all(problem.pointer for problem in paired) or not all(problem.pointer for problem in plain)
    moved = [Problem(f"/1{problem.pointer}", problem.message, problem.value) for problem in paired]
    return moved if is_pair else plain


def _fields(root: Mapping[str, Any]) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Every field by its path in a record, the nearest first; a path comes again where several nodes describe it."""
    todo: deque[tuple[Path, Any, frozenset[str]]] = deque([((), root, frozenset())])
    while todo:
        path, node, above = todo.popleft()
        if not isinstance(node, Mapping):
            continue
        yield path, node
        reference = node.get("$ref")
        if isinstance(reference, str) and reference not in above:
            todo.append((path, resolve(root, reference), above | {reference}))
        todo += [((*path, *step), child, above) for step, child in _parts(node)]


def _parts(node: Mapping[str, Any]) -> Iterator[tuple[Path, Any]]:
    """What a node has inside, with the step that leads there; none leads to a branch."""
    yield from (((name,), child) for name, child in node.get("properties", {}).items())
    yield from (((at,), child) for at, child in enumerate(node.get("prefixItems", ())))
    if "items" in node:
        yield (ITEM,), node["items"]
    yield from (((), branch) for keyword in _BRANCHES for branch in node.get(keyword, ()))
