"""Which definitions of a schema stand in the place where they are used, and what the others are called."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from itertools import count
from typing import Any
from urllib.parse import unquote

from extractor.dialect.keywords import DEFINITIONS
from extractor.pointers import resolve, unescaped

ENTRY = "#/items"  # one record of a list
DEEPEST = 48  # types in types; what is further inside is not told

_DEEPEST_IN_PLACE = 16
_DATA = frozenset(("enum", "const", "default", "examples"))
_DEFINED = 3  # parts of '#/$defs/Author'


class Definitions:
    """Names of definitions; `wanted` are those that are referred to and not written yet: name and reference."""

    def __init__(self, root: Mapping[str, Any], words: Iterable[str]) -> None:
        """`words` are what no definition can be called: they mean something else."""
        self.root = root
        self.uses = Counter(_counted(without_unused(root)))
        self.wanted: deque[tuple[str, str]] = deque()
        self._named: dict[str, str] = {}
        self._taken = set(words)
        self._last: dict[str, Iterator[str]] = {}

    def is_in_place(self, reference: str, depth: int = 0) -> bool:
        """A definition that is used once; what stands elsewhere may contain the reference itself."""
        is_definition = reference.startswith("#/$defs/") and reference.count("/") == _DEFINED - 1
        return is_definition and self.uses[reference] <= 1 and depth < _DEEPEST_IN_PLACE

    def is_record(self, node: Any) -> bool:
        """Whether a node is an object with properties, or refers to one."""
        if isinstance(node, Mapping) and "$ref" in node:
            node = self.resolve(node["$ref"])
        return isinstance(node, Mapping) and bool(node.get("properties"))

    def name(self, reference: str) -> str:
        """What a definition is called from now on."""
        if reference not in self._named:
            self._named[reference] = self.reserve(self.title(reference))
            self.wanted.append((self._named[reference], reference))
        return self._named[reference]

    def title(self, reference: str) -> str:
        """A name for a definition that others may have, too: '#/$defs/Author' → 'Author'."""
        title = resolve(self.root, reference)
        title = title.get("title") if isinstance(title, Mapping) else None
        if isinstance(title, str) and title.isidentifier():
            return title
        last = reference.rpartition("/")[2]
        return last if last.isidentifier() and reference != ENTRY else "Record"

    def reserve(self, name: str) -> str:
        """The name, or the next one of its kind that is free: Author, Author2, Author3."""
        names = self._last.setdefault(name, _names(name))
        free = next(free for free in names if free not in self._taken)
        self._taken.add(free)
        return free

    def resolve(self, reference: str) -> Any:
        """Where a reference leads."""
        return resolve(self.root, reference)


def without_unused(root: Mapping[str, Any]) -> dict[str, Any]:
    """A schema with the definitions that references lead to from the record, as its last keywords."""
    kept = {keyword: value for keyword, value in root.items() if keyword not in DEFINITIONS}
    used = _used(root, kept)
    for keyword in DEFINITIONS:
        if named := {name: node for name, node in root.get(keyword, {}).items() if (keyword, name) in used}:
            kept[keyword] = named
    return kept


def _used(root: Mapping[str, Any], record: Mapping[str, Any]) -> set[tuple[str, str]]:
    """The definitions that references lead to from a record: {('$defs', 'Author')}."""
    found: set[tuple[str, str]] = set()
    todo: list[Any] = [record]
    while todo:
        for reference in references(todo.pop()):
            parts = [*map(unescaped, unquote(reference).split("/")[1:3])]
            keyword, name = parts if len(parts) > 1 else ("", "")
            if keyword in DEFINITIONS and name in root.get(keyword, {}) and (keyword, name) not in found:
                found.add((keyword, name))
                todo.append(root[keyword][name])
    return found


def _counted(root: Mapping[str, Any]) -> Iterator[str]:
    """Every reference, and for one that leads into a definition the definition, too."""
    for reference in references(root):
        yield reference
        parts = reference.split("/")
        if len(parts) > _DEFINED:
            yield "/".join(parts[:_DEFINED])


def references(node: Any) -> Iterator[str]:
    """Every `$ref` in a schema, as often as it stands there."""
    if isinstance(node, Mapping):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for keyword, child in node.items():
            if keyword not in _DATA or isinstance(child, Mapping):  # a property can have such a name
                yield from references(child)
    elif isinstance(node, list):
        for child in node:
            yield from references(child)


def kinds(node: Mapping[str, Any]) -> list[str]:
    """The types of a node: {'type': ['string', 'null']} → ['string', 'null'], {'properties': …} → ['object']."""
    found = node.get("type", "object" if "properties" in node else "any")
    return [found] if isinstance(found, str) else list(found)


def _names(name: str) -> Iterator[str]:
    yield name
    yield from (f"{name}{number}" for number in count(2))
