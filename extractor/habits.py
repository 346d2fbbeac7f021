"""What is done with values of a schema though no keyword of it says so: by what fields are called, and what they are.

Each habit has a keyword, or an option, by which it is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from extractor.disjoint import disjoint_lists
from extractor.kinded import kinded_lists
from extractor.marks import DISJOINT, RANKED
from extractor.pointers import escaped
from extractor.prior import is_quick, label_fields
from extractor.ranked import term_fields
from extractor.scopes import scopes_of
from extractor.tagged_union import choice_of
from extractor.types import Schema


class Habit(NamedTuple):
    """The pointer of a subschema, what is done with values of it, and how that is left out."""

    pointer: str
    what: str
    unless: str


def habits(schema: Schema) -> Iterator[Habit]:
    """What is done unasked with values of a schema, where an engine can tell how likely texts are."""
    if choice_of(schema):
        return
    at = _Pointers(schema)
    for terms in term_fields(schema):
        if not terms.is_marked:
            yield Habit(
                at(terms.path), "the likeliest terms of the document, as many as the model wrote", _false(RANKED)
            )
    for lists in disjoint_lists(schema):
        for names in lists.every:
            if not at.is_marked(names.path, DISJOINT):
                others = ", ".join(one.label for one in lists.every if one is not names)
                dropped = "" if lists.kinds.has_rest else "; what is of none is dropped"
                what = f"a name that is likelier by far in {others} goes there{dropped}"
                yield Habit(at(names.path), what, _false(DISJOINT))
    for kinded in kinded_lists(schema):
        dropped = "" if kinded.kinds.has_rest else "; what is of none is dropped"
        yield Habit(at(kinded.path), f"a name has the {kinded.kind} that is likelier by far{dropped}", _false(DISJOINT))
    for choice in label_fields(schema) if is_quick(schema) else ():
        yield Habit(at(choice.path), "the label that is likeliest beside what the model leans to", "--no-prior")


def _false(keyword: str) -> str:
    return f'"{keyword}": false'


class _Pointers:
    """Where the subschemas stand that say something of places of a record."""

    def __init__(self, schema: Schema) -> None:
        self._scopes = scopes_of(schema)
        self._by_node: dict[int, str] = {}
        todo: list[tuple[str, Any]] = [("", self._scopes.nodes[0])]  # by identity, and an equal schema may be another
        while todo:
            pointer, node = todo.pop()
            if isinstance(node, Mapping):
                self._by_node.setdefault(id(node), pointer)
                todo += [(f"{pointer}/{escaped(str(key))}", inner) for key, inner in node.items()]
            elif isinstance(node, list):
                todo += [(f"{pointer}/{index}", inner) for index, inner in enumerate(node)]

    def __call__(self, path: Sequence[str | int]) -> str:
        """The pointer of the first that says something of a place."""
        return next((self._by_node[id(part)] for part in self._parts(path) if id(part) in self._by_node), "")

    def is_marked(self, path: Sequence[str | int], keyword: str) -> bool:
        """Whether one of them has a keyword that is true."""
        return any(part.get(keyword) is True for part in self._parts(path))

    def _parts(self, path: Sequence[str | int]) -> Sequence[Mapping[str, Any]]:
        return self._scopes.at(path).parts
