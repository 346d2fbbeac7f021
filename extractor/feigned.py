"""Values that a model copied from what the schema says of a field, where its document has none.

'The identifier, e.g. "arXiv:1234.5678"' is meant to show a form; small models take it for the answer. What a schema
names as a category ('Sports', say) can be right though no text has the word, so only what points to one thing is
looked at: numbers, dates, identifiers, addresses; and not where several are listed, as of bands ("18-24, 25-34 or
35-44"), nor where the document has the numbers in other words ("version 1.2.0"). They also answer with the description
itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from extractor.absent import nullable, without, without_items
from extractor.dialect.keywords import subschemas
from extractor.forgiving import forgiving, without_nulls
from extractor.ground import ground
from extractor.pointers import by_pointer, pointer, value_at
from extractor.scopes import Nodes, Scope, Scopes, scopes_of
from extractor.text import normalise
from extractor.types import Document, Schema

FEIGNED = "{!r} is an example of the schema, and not in the document: taken out"
REPEATED = "{!r} is what the schema says of the field, and not in the document: taken out"

_MARK = re.compile(r"(?i)\be\.\s?g\.|\b(?:examples?|for instance|such as|i\.e\.)(?!\w)|例如|比如|示例|例[：:]|譬如")
_END = re.compile(r"[)）;；。\n]|\.(?=\s|$)")
_QUOTED = re.compile(r"'([^'\n]+)'|\"([^\"\n]+)\"|`([^`\n]+)`|‘([^’\n]+)’|“([^”\n]+)”|「([^」\n]+)」")
_BETWEEN = re.compile(r"[,，、]|\s(?:or|and)\s|或")
_AROUND = " \t:：.,，。'\"“”‘’"
_POINTING = re.compile(r"\d|@|://")
_NUMBER = re.compile(r"\d+")
_CATEGORIES = 3  # examples that are listed, from which on they are those that there are
_LEAST = 4  # characters of an example that can only be copied
_LEAST_SAID = 20  # characters of a description that can
_SHOWN = 60  # characters of a value in a note
_MOST_OF_IT = 0.6  # of a description: less can be one of several categories that it names

Path = tuple[str | int, ...]


def without_feigned(schema: Schema, data: Any, document: Document) -> tuple[Any, dict[str, str]]:
    """Data without such values, as far as they may be missing, and what is said of them by pointer."""
    return taken_out(schema, data, _feigned(schema, data, document))


def taken_out(schema: Schema, data: Any, told: Mapping[Path, str]) -> tuple[Any, dict[str, str]]:
    """Data without the values of some paths, each where it may be missing itself, and what is told of these by pointer.

    What is right around it stays, be the whole of it optional; a list stays as long as it has to be.
    """
    items = _spare(schema, data, [path for path in told if isinstance(path[-1], int)])
    loose = forgiving(schema)
    empty = [path for path in told if isinstance(path[-1], str) and nullable(loose, data, path) == path]
    emptied = without(loose, data, empty)
    if not (empty or items) or emptied is None:
        return data, {}
    places = [*((path, path) for path in empty), *((path[:-1], path) for path in items)]  # items are told at their list
    notes = by_pointer((pointer(place), told[path]) for place, path in places)
    return without_items(without_nulls(schema, emptied[0]), items), notes


def _spare(schema: Schema, data: Any, items: Sequence[Path]) -> list[Path]:
    """Those of some items of lists that may be missing: the last, as many as there are too many; of tuples none."""
    scopes, found = scopes_of(schema), []
    lists: dict[Path, list[Path]] = {}
    for path in items:
        lists.setdefault(path[:-1], []).append(path)
    for around, inside in lists.items():
        scope = scopes.at(around)
        least = max((part.get("minItems", 0) for part in scope.parts), default=0)
        spare = len(value_at(data, pointer(around))) - least if not scope.prefix else 0
        found += inside[-spare:] if spare > 0 else []
    return found


def _feigned(schema: Schema, data: Any, document: Document) -> dict[Path, str]:
    """What there is to say of values that are copied from the schema, and are not in the document; by path."""
    if not _has_any(schema):
        return {}
    alike = {
        path: told.format(shortened(value))
        for path, value, scope, around in texts_of(schema, data)
        if path
        and (told := _copied(value, scope, around))
        and not (told == FEIGNED and _has_numbers(document.text, value))
    }
    spans = ground(data, document, schema).spans if alike else {}
    return {path: told for path, told in alike.items() if pointer(path) not in spans}


def _has_numbers(text: str, value: str) -> bool:
    """Whether a text has the several numbers of a value: '2023/24' of 'from 2023 to 2024'.

    Those of one digit say nothing beside longer ones.
    """
    numbers, said = _NUMBER.findall(value), {*_NUMBER.findall(text)}
    telling = [one for one in numbers if len(one) > 1] or numbers
    return len(numbers) > 1 and all(any(other.endswith(one) for other in said) for one in telling)


def texts_of(schema: Schema, data: Any) -> Iterator[tuple[Path, str, Scope, Scope | None]]:
    """The texts of data, with what is said of them, and of the list that they are items of."""
    scopes = scopes_of(schema)
    yield from _texts(scopes, scopes.nodes, data, ())


def _texts(
    scopes: Scopes, nodes: Nodes, value: Any, path: Path, around: Scope | None = None
) -> Iterator[tuple[Path, str, Scope, Scope | None]]:
    scope = scopes.of(nodes)
    if isinstance(value, str):
        yield path, value, scope, around
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield from _texts(scopes, scope.child(at), inner, (*path, at), scope)
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _texts(scopes, scope.child(name), inner, (*path, name))


def _copied(value: str, scope: Scope, around: Scope | None) -> str:
    """What is told of a text that is an example of its field, or the most of its description; '' of others."""
    if scope.choices is not None:
        return ""
    nodes = (*scope.parts, *(around.parts if around else ()))
    samples = {_key(one) for node in nodes for one in named(node)}
    described = [_key(said) for node in nodes if isinstance(said := node.get("description"), str)]
    longest = max(map(len, (*samples, *described)), default=0)
    if len(value) < (_LEAST if samples else _LEAST_SAID) or len(value) > 2 * longest:
        return ""
    key = normalise(value).text
    if key in samples and len(samples) < _CATEGORIES:
        return FEIGNED
    is_said = any(key in one and len(key) >= _MOST_OF_IT * len(one) for one in described)
    return REPEATED if len(key) >= _LEAST_SAID and is_said else ""


def shortened(value: str) -> str:
    """A value as notes have it."""
    return value if len(value) <= _SHOWN else f"{value[:_SHOWN]}…"


@lru_cache(maxsize=4_096)
def _key(said: str) -> str:
    """What a schema says, as it is compared."""
    return normalise(said).text


@lru_cache(maxsize=64)
def _has_any(schema: Schema) -> bool:
    """Whether a schema names an example anywhere, or has a description that is no label."""
    return any(any(named(node)) or _is_long(node.get("description")) for node in subschemas(schema.json_schema))


def _is_long(said: Any) -> bool:
    return isinstance(said, str) and len(said) >= _LEAST_SAID


def named(node: Mapping[str, Any]) -> Iterator[str]:
    """The examples at a place that point to one thing: 'A code, e.g. "A-1234" or "x"' → 'A-1234'."""
    examples, said = node.get("examples"), node.get("description")
    found = (one for one in examples if isinstance(one, str)) if isinstance(examples, list) else ()
    for one in (*found, *(_marked(said) if isinstance(said, str) else ())):
        if len(plain := one.strip(_AROUND)) >= _LEAST and _POINTING.search(plain):
            yield plain


@lru_cache(maxsize=4_096)
def _marked(said: str) -> tuple[str, ...]:
    """What stands behind 'e.g.' in a description, thing by thing."""
    found: list[str] = []
    for mark in _MARK.finditer(said):
        rest = said[mark.end() :]
        end = _END.search(_QUOTED.sub(lambda one: "x" * len(one[0]), rest))
        rest = rest[: end.start()] if end else rest
        found += [group for one in _QUOTED.finditer(rest) for group in one.groups() if group] or _BETWEEN.split(rest)
    return tuple(found)
