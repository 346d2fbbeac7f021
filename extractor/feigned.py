"""Values that a model has not from its document: copied from what the schema says of a field, or made up.

'The identifier, e.g. "arXiv:1234.5678"' is meant to show a form; small models take it for the answer. What a schema
names as a category ('Sports', say) can be right though no text has the word, so only what points to one thing is
looked at: numbers, dates, identifiers, addresses; and not where several are listed, as of bands ("18-24, 25-34 or
35-44"), nor where the document has the numbers in other words ("version 1.2.0"). They also answer with the description
itself. What is made up is seen of references alone (`references`), which nobody can word.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from extractor.absent import without, without_items
from extractor.forgiving import forgiving, without_nulls
from extractor.ground import ground
from extractor.marks import VERBATIM
from extractor.pointers import by_pointer, pointer, value_at
from extractor.references import is_made_of, is_reference
from extractor.scopes import Nodes, Scope, Scopes, scopes_of
from extractor.text import normalise
from extractor.types import Document, Schema

FEIGNED = "{!r} is an example of the schema, and not in the document: taken out"
REPEATED = "{!r} is what the schema says of the field, and not in the document: taken out"
MADE_UP = "{!r} is not in the document: taken out"

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
    told = _feigned(schema, data, document)
    if not told:
        return data, {}
    items = _spare(schema, data, [path for path in told if isinstance(path[-1], int)])
    loose = forgiving(schema)
    empty = [path for path in told if isinstance(path[-1], str) and without(loose, data, [path]) is not None]
    emptied = without(loose, data, empty)
    if not (empty or items) or emptied is None:
        return data, {}
    places = [*((path, path) for path in empty), *((path[:-1], path) for path in items)]  # items are told at their list
    notes = by_pointer((pointer(place), told[path]) for place, path in places)
    return without_items(without_nulls(schema, emptied[0]), items), notes


def _feigned(schema: Schema, data: Any, document: Document) -> dict[Path, str]:
    """What there is to say of values that are copied from the schema or made up, and not in the document; by path."""
    scopes = scopes_of(schema)
    alike = {
        path: told.format(_shortened(value))
        for path, value, scope, around in _texts(scopes, scopes.nodes, data, ())
        if path
        and (told := _copied(value, scope, around) or _made_up(value, path, scope))
        and not _is_said_otherwise(told, value, document.text)
    }
    spans = ground(data, document, schema).spans if alike else {}
    return {path: told for path, told in alike.items() if pointer(path) not in spans}


def _spare(schema: Schema, data: Any, items: Sequence[Path]) -> list[Path]:
    """Those of some items of lists without which these are still as long as they have to be."""
    scopes, gone = scopes_of(schema), Counter(path[:-1] for path in items)
    least = {path: max((part.get("minItems", 0) for part in scopes.at(path).parts), default=0) for path in gone}
    return [path for path in items if len(value_at(data, pointer(path[:-1]))) - gone[path[:-1]] >= least[path[:-1]]]


def _is_said_otherwise(told: str, value: str, text: str) -> bool:
    """Whether a text says in other words what there is to tell something of."""
    return (told == FEIGNED and _has_numbers(text, value)) or (told == MADE_UP and is_made_of(value, text))


def _has_numbers(text: str, value: str) -> bool:
    """Whether a text has the several numbers of a value: '2023/24' of 'from 2023 to 2024'.

    Those of one digit say nothing beside longer ones.
    """
    numbers, said = _NUMBER.findall(value), {*_NUMBER.findall(text)}
    telling = [one for one in numbers if len(one) > 1] or numbers
    return len(numbers) > 1 and all(any(other.endswith(one) for other in said) for one in telling)


def _texts(
    scopes: Scopes, nodes: Nodes, value: Any, path: Path, around: Scope | None = None
) -> Iterator[tuple[Path, str, Scope, Scope | None]]:
    """The texts of data, with what is said of them, and of the list that they are items of."""
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


def _made_up(value: str, path: Path, scope: Scope) -> str:
    """What is told of a reference; '' of other texts, and where the schema lists it, or says whose words it is in."""
    if scope.choices is not None or any(VERBATIM in part or part.get("default") == value for part in scope.parts):
        return ""
    return MADE_UP if is_reference(value, next((key for key in path[::-1] if isinstance(key, str)), "")) else ""


def _shortened(value: str) -> str:
    return value if len(value) <= _SHOWN else f"{value[:_SHOWN]}…"


@lru_cache(maxsize=4_096)
def _key(said: str) -> str:
    """What a schema says, as it is compared."""
    return normalise(said).text


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
