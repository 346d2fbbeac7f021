"""A value that is not complete, as far as its schema tells what it is: its keys along the way to what is open.

What is complete beside that way is aligned when the whole is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from extractor.coercion.keys import renames
from extractor.coercion.nodes import Node, Nodes, Shape

Path = tuple[str | int, ...]


def unwrapped(nodes: Nodes, value: Any, opened: Path) -> tuple[Any, Path, dict[Path, str]]:
    """Out of a wrapper too many, in which all is: {'papers': [{…}]} → [{…}] where a list is asked for."""
    shapes = [*_shapes(nodes, [nodes.root])]
    if not isinstance(value, dict) or len(value) != 1 or not opened or _known(shapes, value):
        return value, opened, {}
    ((key, inner),) = value.items()
    takes_list = not any("object" in shape.kinds for shape in shapes)
    takes_record = isinstance(inner, dict) and bool(_known(shapes, inner))
    if not (takes_record or (takes_list and isinstance(inner, list))):
        return value, opened, {}
    return inner, opened[1:], {(): f"taken out of {key!r}"}


def renamed(nodes: Nodes, value: Any, opened: Path) -> tuple[Any, Path, dict[Path, str]]:
    """With the keys of the schema, also in the path: ({'newTags': ['a']}, ('newTags',)) → {'new_tags': ['a']}."""
    notes: dict[Path, str] = {}
    value, opened = _along(nodes, [nodes.root], value, ((), opened), notes)
    return value, opened, notes


def is_record_of(nodes: Nodes, node: Node, value: Any) -> bool:
    """Whether a value has keys that a node knows, or would if they were written alike."""
    return isinstance(value, dict) and _known([*_shapes(nodes, [node])], value) > 0


def _along(
    nodes: Nodes, candidates: list[Node], value: Any, where: tuple[Path, Path], notes: dict[Path, str]
) -> tuple[Any, Path]:
    """`where` is the way to the value, and that from there to what is open; one of the candidates holds there."""
    path, opened = where
    kind = "object" if isinstance(value, dict) else "array"
    shapes = [shape for shape in _shapes(nodes, candidates) if kind in shape.kinds]
    names: Mapping[Any, str] = {}
    if isinstance(value, dict):
        most = max((_known([shape], value) for shape in shapes), default=0)
        shapes = [shape for shape in shapes if _known([shape], value) == most]
        names = _names(shapes, value)
        value = {names.get(key, key): inner for key, inner in value.items()}
        notes |= {(*path, name): f"was {key!r}" for key, name in names.items()}
    if not opened:
        return value, ()
    key: Any = names.get(opened[0], opened[0])
    children = [child for shape in shapes if (child := nodes.child(shape, key)) is not None]
    inner, below = _along(nodes, children, value[key], ((*path, key), opened[1:]), notes)
    value = {**value, key: inner} if isinstance(value, dict) else [*value[:key], inner]  # what is open is the last
    return value, (key, *below)


def _shapes(nodes: Nodes, candidates: Iterable[Node]) -> Iterator[Shape]:
    """The shapes of some nodes, and of the branches of their unions, each once."""
    seen: set[int] = set()
    waiting = [*candidates]
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        shape = nodes.shape(node)
        if shape.properties or not shape.unions:
            yield shape
        waiting += [branch for branches in shape.unions for branch in branches]


def _names(shapes: Iterable[Shape], value: Mapping[str, Any]) -> Mapping[str, str]:
    """New names of keys, where all shapes that can hold agree on them."""
    found = [renames(value, shape.properties, shape.aliases())[0] for shape in shapes]
    first = found[0] if found else {}
    return {key: name for key, name in first.items() if all(names.get(key) == name for names in found)}


def _known(shapes: Iterable[Shape], value: Mapping[str, Any]) -> int:
    """How many keys of a value the shape knows that knows most of them."""
    counts = (
        len(value.keys() & shape.properties.keys()) + len(renames(value, shape.properties, shape.aliases())[0])
        for shape in shapes
    )
    return max(counts, default=0)
