"""What a value looks like before it is fitted: records in a wrapper too many or too few, keys that nothing foresees."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

from extractor.coercion.found import shown
from extractor.coercion.keys import folded
from extractor.coercion.nodes import DEEPEST_UNION, Node, Nodes, Shape

_MOST_TOLD = 5  # names in a message


def has_place(nodes: Nodes, node: Node, value: Any, depth: int = 0) -> bool:
    """Whether a node asks for records with the keys of a value, or its items do; or for a list of what is no record."""
    shape = nodes.shape(node)
    if depth < DEEPEST_UNION and any(has_place(nodes, one, value, depth + 1) for some in shape.unions for one in some):
        return True
    item = nodes.child(shape, 0)
    records = value if isinstance(value, list) else [value]
    if not any(isinstance(record, dict) for record in records):
        return shape.kinds == {"array"} and item is not None and bool(records)
    names = {*map(folded, (*nodes.names(node), *nodes.names(item)))}
    return all(isinstance(one, dict) and one and names.issuperset(map(folded, one)) for one in records)


def are_items(values: list[Any], names: set[str]) -> bool:
    """Whether the values of a list have anything of what is asked for; of texts and numbers the schema says that."""
    return not names or all(isinstance(one, dict) and not names.isdisjoint(map(folded, one)) for one in values)


def are_foreign(nodes: Nodes, shape: Shape, keys: Mapping[str, Any]) -> bool:
    """Whether there are keys, and none that may be in an object that has properties."""
    return bool(keys and shape.properties) and all(nodes.child(shape, key) is False for key in keys)


def has_more(value: Any, shape: Shape, record: Mapping[str, Any]) -> bool:
    """Whether what has no place in a record is one of its kind, which says other things: {'a': 1} in {'a': 2}."""
    names = {folded(name): name for name in shape.properties}
    if not isinstance(value, dict) or not value or not names.keys() >= {*map(folded, value)}:
        return False
    return any(inner is not None and inner != record.get(names[folded(key)]) for key, inner in value.items())


def foreign(keys: Iterable[str], names: Iterable[str]) -> str:
    """The doubt about such an object: which keys it has, and which it should have."""
    return f"none of the keys ({listed(keys)}) is foreseen, which would be {listed(names)}"


def listed(names: Iterable[str]) -> str:
    """['a', 'b'] → "'a', 'b'"; of many the first, shortened."""
    first = [shown(name) for name in islice(names, _MOST_TOLD + 1)]
    return ", ".join(first[:_MOST_TOLD]) + (", …" if len(first) > _MOST_TOLD else "")
