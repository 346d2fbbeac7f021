"""Several values of one answer as the one that is meant: lists and records, one after another, as one list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from extractor.coercion.begun import is_record_of, renamed, unwrapped
from extractor.coercion.keys import folded
from extractor.coercion.nodes import Nodes
from extractor.comparable import comparable
from extractor.pointers import by_pointer, pointer
from extractor.types import Schema
from extractor.validation import names_of_fields

Path = tuple[str | int, ...]


def joined(nodes: Nodes, values: Sequence[Any]) -> tuple[list[Any], int] | None:
    """The items of several values, and how many values they are of: [[{…}], {…}] → ([{…}, {…}], 2).

    None where the values are no parts of a list. A list that is written again counts once, an empty one for nothing;
    what is a list of no records (a mark like [1]) or no record is not taken where records are asked for.
    """
    root = nodes.shape(nodes.root)
    kinds = nodes.shape(nodes.child(root, 0)).kinds
    if "array" in kinds and any(isinstance(value, list) for value in values):
        return None
    full = [value for value in values if isinstance(value, dict | list) and value]
    if kinds == {"object"}:
        records = [one for one in full if isinstance(one, dict) or any(isinstance(item, dict) for item in one)]
        full = records or full
    again: set[str] = set()
    found: list[Any] = []
    taken = 0
    for value in full or values:
        if isinstance(value, list):
            if (text := comparable(value)) in again:
                continue
            again.add(text)
        found += value if isinstance(value, list) else [value]
        taken += 1
    return found, taken


def in_parts(nodes: Nodes, values: Sequence[Any]) -> Any:
    """Several values as the record that they are parts of, or the list that it asks for; None where they are neither.

    [{'title': 'A'}, {'year': 1999}] → {'title': 'A', 'year': 1999}; of records of which it has a list → that list.
    """
    if not all(isinstance(value, dict) and value for value in values):
        return None
    keys = [folded(key) for value in values for key in value]
    own = {*map(folded, nodes.names(nodes.root))}
    if own.isdisjoint(keys):
        return [*values]
    if not own.issuperset(keys) or len({*keys}) < len(keys):
        return None
    return {key: inner for value in values for key, inner in value.items()}


def continued(schema: Schema, values: Sequence[Any], opened: Path | None) -> tuple[Any, Path | None, Mapping[str, str]]:
    """Of an answer that was cut off all values for a list, and the path to what is open in it; for a record one.

    `opened` is the path in the last value, None where that is complete: ([{…}, {…}], ()) → ([{…}, {…}], (1,)). Keys on
    that path are those of the schema; the notes, by JSON Pointer, say which were others.
    """
    nodes = Nodes(schema.json_schema, schema.dialect, names_of_fields(schema))
    value, opened, which = _taken(nodes, values, opened)
    told = {"": f"the answer has {len(values)} values, {which}"} if len(values) > 1 else {}
    if opened is None:
        return value, None, told
    value, opened, unwrapping = unwrapped(nodes, value, opened)
    value, opened, renaming = renamed(nodes, value, opened)
    notes = [(pointer(path), text) for path, text in (*unwrapping.items(), *renaming.items())]
    return value, opened, by_pointer([*told.items(), *notes])


def _taken(nodes: Nodes, values: Sequence[Any], opened: Path | None) -> tuple[Any, Path | None, str]:
    """The value, where it is open, and which of the values it is."""
    root = nodes.shape(nodes.root)
    node = nodes.child(root, 0)
    item = nodes.shape(node)
    first = values[0]
    if len(values) == 1 and not (root.kinds == {"array"} and is_record_of(nodes, node, first)):
        return first, opened, ""
    if root.kinds != {"array"}:
        number = next((at for at, value in enumerate(values) if is_record_of(nodes, nodes.root, value)), 0)
        which = f"number {number + 1} is taken" if number else "the first is taken"
        return values[number], opened if number == len(values) - 1 else None, which
    if opened is not None and not values[-1]:  # nothing of it is complete
        values, opened = values[:-1], None
    which = "all are taken as one list"
    is_nested = "array" in item.kinds
    found: list[Any] = []
    for value in values:
        found += value if isinstance(value, list) and not is_nested else [value]
    if opened is None:
        return found, (), which
    last = values[-1]
    if isinstance(last, dict) or is_nested:
        return found, (len(found) - 1, *opened), which
    at = opened[:1] if not opened or isinstance(opened[0], str) else (len(found) - len(last) + opened[0],)
    return found, (*at, *opened[1:]), which
