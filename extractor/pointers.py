"""JSON Pointers (RFC 6901) and the references that are made of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any
from urllib.parse import unquote

from extractor.errors import SchemaError

Path = tuple[str | int, ...]


def pointer(path: Iterable[str | int]) -> str:
    """A JSON Pointer (RFC 6901): ['a/b', 0] → '/a~1b/0'."""
    return "".join("/" + escaped(str(part)) for part in path)


def by_pointer(notes: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Notes by pointer, where a place can have more than one: [('', 'a'), ('', 'b')] → {'': 'a; b'}."""
    found: dict[str, list[str]] = {}
    for at, text in notes:
        found.setdefault(at, []).append(text)
    return {at: "; ".join(dict.fromkeys(texts)) for at, texts in found.items()}


def joined(*several: Mapping[str, str]) -> dict[str, str]:
    """Several notes by pointer as one: {'': 'a'}, {'': 'b'} → {'': 'a; b'}."""
    return by_pointer(chain.from_iterable(notes.items() for notes in several))


def escaped(part: str) -> str:
    """One part of a pointer: 'a/b' → 'a~1b'."""
    return part.replace("~", "~0").replace("/", "~1")


def reference(*path: str) -> str:
    """A local reference, as `resolve` follows it: '$defs', 'a/b 5%' → '#/$defs/a~1b 5%25'."""
    return "#" + pointer(path).replace("%", "%25")


def unescaped(part: str) -> str:
    """The name that a part of a pointer stands for: 'a~1b' → 'a/b'."""
    return part.replace("~1", "/").replace("~0", "~")


def value_at(data: Any, place: str, otherwise: Any = None) -> Any:
    """The value at a pointer, or what is said otherwise where there is none: ({'a': [1]}, '/a/0') → 1."""
    for part in map(unescaped, place.split("/")[1:]):
        if isinstance(data, list) and part.isdecimal() and int(part) < len(data):
            data = data[int(part)]
        elif isinstance(data, Mapping) and part in data:
            data = data[part]
        else:
            return otherwise
    return data


def changed(data: Any, values: Mapping[Path, Any], path: Path = ()) -> Any:
    """Data with other values at some places; ... is none: ({'a': {'b': 1, 'c': 2}}, {('a', 'b'): ...}) → {'a': …}."""
    if path in values:
        return values[path]
    if isinstance(data, list):
        return [changed(inner, values, (*path, at)) for at, inner in enumerate(data)]
    if not isinstance(data, dict):
        return data
    found = {name: changed(inner, values, (*path, name)) for name, inner in data.items()}
    return {name: inner for name, inner in found.items() if inner is not ...}


Leaf = tuple[str, Any]


def around(path: Path, value: Any) -> Any:
    """A record of nothing but a value at its place: (('a', 'b'), 1) → {'a': {'b': 1}}."""
    for name in reversed(path):
        value = {name: value}
    return value


def leaves(data: Any) -> Iterator[Leaf]:
    """Every leaf with its pointer; an empty list or object is a leaf: {'a': [1]} → ('/a/0', 1). Data may be deep."""
    todo = [("", data)]
    while todo:
        where, value = todo.pop()
        if not value or not isinstance(value, dict | list):
            yield where, value
            continue
        inner: Iterable[tuple[str | int, Any]] = value.items() if isinstance(value, dict) else enumerate(value)
        todo += reversed([(f"{where}/{escaped(str(key))}", child) for key, child in inner])


def is_list(root: Mapping[str, Any]) -> bool:
    """Whether a schema is one of a list, also behind a reference: {'type': 'array'} → True; a tuple is none."""
    node = behind(root, root)
    return node.get("type") == "array" and "prefixItems" not in node


def behind(root: Mapping[str, Any], node: Mapping[str, Any]) -> Mapping[str, Any]:
    """A node of a schema, or the one that it refers to: ({'$defs': {'A': {'type': …}}}, {'$ref': …}) → {'type': …}."""
    while "$ref" in node and "type" not in node:
        node = resolve(root, node["$ref"])
    return node


def resolve(root: Mapping[str, Any], reference: str) -> Any:
    """Follow a local reference: '#/$defs/Author' → its node."""
    node: Any = root
    try:
        if not reference.startswith("#"):
            raise KeyError(reference)
        for part in unquote(reference.removeprefix("#")).split("/")[1:]:
            name = unescaped(part)
            node = node[int(name) if isinstance(node, list) else name]
    except (LookupError, TypeError, ValueError):
        hint = "references stay within the schema: '#/$defs/Name'"
        raise SchemaError(f"$ref {reference!r} leads nowhere", hint=hint) from None
    return node
