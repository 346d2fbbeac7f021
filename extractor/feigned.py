"""Values that a model copied from what the schema says of a field, where its document has none.

'The identifier, e.g. "arXiv:1234.5678"' is meant to show a form; small models take it for the answer. What a schema
names as a category ('Sports', say) can be right though no text has the word, so only what points to one thing is
looked at: numbers, dates, identifiers, addresses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from extractor.absent import without, without_items
from extractor.forgiving import forgiving, without_nulls
from extractor.ground import ground
from extractor.pointers import pointer
from extractor.scopes import Nodes, Scope, Scopes, scopes_of
from extractor.text import normalise
from extractor.types import Document, Schema

FEIGNED = "{!r} is an example of the schema, and not in the document: taken out"

_MARK = re.compile(r"(?i)\be\.\s?g\.|\b(?:examples?|for instance|such as|i\.e\.)(?!\w)|例如|比如|示例|例[：:]|譬如")
_END = re.compile(r"[)）;；。\n]|\.(?=\s|$)")
_QUOTED = re.compile(r"'([^'\n]+)'|\"([^\"\n]+)\"|`([^`\n]+)`|‘([^’\n]+)’|“([^”\n]+)”|「([^」\n]+)」")
_BETWEEN = re.compile(r"[,，、]|\s(?:or|and)\s|或")
_AROUND = " \t:：.,，。'\"“”‘’"
_POINTING = re.compile(r"\d|@|://")
_LEAST = 4  # characters of an example that can only be copied

Path = tuple[str | int, ...]


def without_feigned(schema: Schema, data: Any, document: Document) -> tuple[Any, dict[str, str]]:
    """Data without such values, as far as they may be missing, and what is said of them by pointer."""
    places = _feigned(schema, data, document)
    items = [path for path in places if isinstance(path[-1], int)]
    fields = [path for path in places if path not in items]
    loose = forgiving(schema)
    empty = [path for path in fields if without(loose, data, [path]) is not None]
    emptied = without(loose, data, empty)
    if not (empty or items) or emptied is None:
        return data, {}
    notes = {pointer(path): FEIGNED.format(places[path]) for path in empty}
    for path in items:
        notes[pointer(path[:-1])] = FEIGNED.format(places[path])
    return without_items(without_nulls(schema, emptied[0]), items), notes


def _feigned(schema: Schema, data: Any, document: Document) -> dict[Path, str]:
    """By path the values that are examples of their fields, and are not in the document."""
    if not _has_samples(schema):
        return {}
    scopes = scopes_of(schema)
    alike = {path: value for path, value, samples in _texts(scopes, scopes.nodes, data, ()) if _key(value) in samples}
    spans = ground(data, document, schema).spans if alike else {}
    return {path: value for path, value in alike.items() if path and pointer(path) not in spans}


def _texts(
    scopes: Scopes, nodes: Nodes, value: Any, path: Path, of_list: frozenset[str] = frozenset()
) -> Iterator[tuple[Path, str, frozenset[str]]]:
    """The texts of data, with the examples that the schema gives of each; those of a list are of its items."""
    scope = scopes.of(nodes)
    if isinstance(value, str):
        yield path, value, _samples(scope) | of_list
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield from _texts(scopes, scope.child(at), inner, (*path, at), _samples(scope))
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _texts(scopes, scope.child(name), inner, (*path, name))


def _samples(scope: Scope) -> frozenset[str]:
    """The examples that are named at a place, but for what it offers as a choice."""
    if scope.choices is not None:
        return frozenset()
    return frozenset(map(_key, (one for part in scope.parts for one in named(part))))


def _key(value: str) -> str:
    return normalise(value).text


@lru_cache(maxsize=64)
def _has_samples(schema: Schema) -> bool:
    """Whether a schema names an example anywhere."""
    todo: list[Any] = [schema.json_schema]
    while todo:
        node = todo.pop()
        if isinstance(node, Mapping):
            if any(named(node)):
                return True
            todo += node.values()
        elif isinstance(node, list):
            todo += node
    return False


def named(node: Mapping[str, Any]) -> Iterator[str]:
    """The examples at a place that point to one thing: 'A code, e.g. "A-1234" or "x"' → 'A-1234'."""
    examples = node.get("examples")
    found = [one for one in examples if isinstance(one, str)] if isinstance(examples, list) else []
    said = node.get("description")
    said = said if isinstance(said, str) else ""
    for mark in _MARK.finditer(said):
        rest = said[mark.end() :]
        end = _END.search(_QUOTED.sub(lambda one: "x" * len(one[0]), rest))
        rest = rest[: end.start()] if end else rest
        quoted = [group for one in _QUOTED.finditer(rest) for group in one.groups() if group]
        found += quoted or _BETWEEN.split(rest)
    plain = (one.strip(_AROUND) for one in found)
    yield from (one for one in plain if len(one) >= _LEAST and _POINTING.search(one))
