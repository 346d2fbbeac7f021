"""The leaves of a record that are looked for in the document, record by record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from extractor.pointers import escaped
from extractor.scopes import Scope, Scopes

Key = tuple[str, str | None, bool]


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value that may stand in the document; `form` is its format in the schema, a label is what the schema lists."""

    pointer: str
    value: str | int | float
    form: str | None = None
    is_label: bool = False

    @property
    def key(self) -> Key:
        """What leaves have in common that stand at the same places: a number and its text do."""
        return str(self.value), self.form, self.is_label


@dataclass(slots=True)
class Record:
    """Leaves that belong together, and the lists of further ones that belong to them."""

    leaves: list[Leaf] = field(default_factory=list)
    lists: list[list[Record]] = field(default_factory=list)

    def all_leaves(self) -> Iterator[Leaf]:
        """Those of its lists too."""
        todo = [self]
        while todo:
            record = todo.pop()
            yield from record.leaves
            todo += reversed([item for items in record.lists for item in items])


def record_of(data: Any, scopes: Scopes) -> Record:
    """What of data may stand in a document; no recursion, as it may be deep.

    The fields of an object belong together, those of objects in it too; only the root is no such record, but the
    page that records are on.
    """
    root = Record()
    todo = [(root, "", data, scopes.root)]
    while todo:
        record, where, value, scope = todo.pop()
        if not isinstance(value, dict | list):
            record.leaves += _leaf(where, value, scope)
            continue
        is_list = isinstance(value, list)
        parts: Iterable[tuple[str | int, Any]] = enumerate(value) if isinstance(value, list) else value.items()
        items: list[Record] = []
        below = []
        for key, inner in parts:
            owner = record
            if is_list or (record is root and isinstance(inner, dict) and len(value) > 1):
                items.append(owner := Record())
            below.append((owner, f"{where}/{escaped(str(key))}", inner, scopes.of(scope.child(key))))
        record.lists += [items] if is_list else [[item] for item in items]
        todo += reversed(below)
    return root


def _leaf(where: str, value: Any, scope: Scope) -> Iterator[Leaf]:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return
    is_label = any(value in (*part.get("enum", ()), part.get("const"), part.get("default")) for part in scope.parts)
    yield Leaf(where, value, scope.format, is_label)
