"""Several values of one answer as the one that is meant: lists and records, one after another, as one list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from extractor.coercion.fit import written
from extractor.coercion.nodes import Nodes
from extractor.types import Schema

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
            if (text := written(value)) in again:
                continue
            again.add(text)
        found += value if isinstance(value, list) else [value]
        taken += 1
    return found, taken


def continued(schema: Schema, values: Sequence[Any], opened: Path | None) -> tuple[Any, Path | None]:
    """Of an answer that was cut off all values for a list, and the path to what is open in it; for a record the first.

    `opened` is the path in the last value, None where that is complete: ([{…}, {…}], ()) → ([{…}, {…}], (1,)).
    """
    nodes = Nodes(schema.json_schema, schema.dialect)
    root = nodes.shape(nodes.root)
    item = nodes.shape(nodes.child(root, 0))
    first = values[0]
    if len(values) == 1 and not (isinstance(first, dict) and first.keys() & item.properties.keys()):
        return first, opened
    if root.kinds != {"array"}:
        return first, opened if len(values) == 1 else None
    if opened is not None and not values[-1]:  # nothing of it is complete
        values, opened = values[:-1], None
    is_nested = "array" in item.kinds
    found: list[Any] = []
    for value in values:
        found += value if isinstance(value, list) and not is_nested else [value]
    if opened is None:
        return found, ()
    last = values[-1]
    if isinstance(last, dict) or is_nested:
        return found, (len(found) - 1, *opened)
    at = opened[:1] if not opened or isinstance(opened[0], str) else (len(found) - len(last) + opened[0],)
    return found, (*at, *opened[1:])
