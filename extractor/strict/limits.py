"""How large a strict schema can be; what is too much for a list of values is left to validation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from extractor.errors import SchemaError

MOST_PROPERTIES = 5_000
MOST_LEVELS = 10
MOST_CHARACTERS = 120_000  # of names and listed values together
MOST_VALUES = 1_000
MANY_VALUES, MOST_OF_MANY = 250, 15_000  # values of one list, and their characters where there are more

_HINT = "ask with --mode prompt, or split the schema"


def keep_within(root: dict[str, Any], definitions: dict[str, Any], name: str) -> None:
    """Shorten a schema in place until servers take it; raises `SchemaError` where it has too many names."""
    _flatten(root, definitions)
    found = [node for start in (root, *definitions.values()) for node in _nodes(start)]
    names = [name for node in found for name in node.get("properties", ())]
    if len(names) > MOST_PROPERTIES:
        what = f"{len(names):,} properties, a strict schema has at most {MOST_PROPERTIES:,}"
        raise SchemaError(f"{name}: {what}", hint=_HINT)
    characters = sum(map(len, (*names, *definitions)))
    if characters > MOST_CHARACTERS:
        what = f"names of {characters:,} characters together, a strict schema has at most {MOST_CHARACTERS:,}"
        raise SchemaError(f"{name}: {what}", hint=_HINT)
    _shorten([node for node in found if "enum" in node], MOST_CHARACTERS - characters)


def _children(node: Mapping[str, Any]) -> Iterator[tuple[Any, Any]]:
    """The subschemas, each by what holds it and where."""
    if "properties" in node:
        yield from ((node["properties"], name) for name in node["properties"])
    if "items" in node:
        yield node, "items"
    yield from ((node["anyOf"], at) for at in range(len(node.get("anyOf", ()))))


def _nodes(start: dict[str, Any]) -> Iterator[dict[str, Any]]:
    todo = [start]
    while todo:
        node = todo.pop()
        yield node
        todo += [holder[key] for holder, key in _children(node)]


def _flatten(root: dict[str, Any], definitions: dict[str, Any]) -> None:
    """Give definitions of their own to what is too many levels down; references are not followed in counting."""
    waiting = [(root, 0), *((node, 1) for node in definitions.values())]
    while waiting:
        node, level = waiting.pop()
        for holder, key in _children(node):
            child = holder[key]
            if level + 1 < MOST_LEVELS or not any(_children(child)):
                waiting.append((child, level + 1))
                continue
            name = f"level{len(definitions)}"
            definitions[name], holder[key] = child, {"$ref": f"#/$defs/{name}"}
            waiting.append((child, 1))


def _shorten(listings: list[dict[str, Any]], characters: int) -> None:
    """Leave the longest lists of values to validation, as many as it takes."""
    for node in listings:
        if len(node["enum"]) > MANY_VALUES and _characters(node) > MOST_OF_MANY:
            del node["enum"]
    for measure, most in ((_values, MOST_VALUES), (_characters, characters)):
        left = sorted((node for node in listings if "enum" in node), key=measure)
        total = sum(map(measure, left))
        while total > most:
            total -= measure(left[-1])
            del left.pop()["enum"]


_Measure = Callable[[Mapping[str, Any]], int]


def _values(node: Mapping[str, Any]) -> int:
    return len(node["enum"])


def _characters(node: Mapping[str, Any]) -> int:
    return sum(len(str(value)) for value in node["enum"])
