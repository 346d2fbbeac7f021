"""Which branch of a union a record is of: the one with its tag ({'kind': 'cat'}), else the one that it is nearest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from extractor.comparable import comparable
from extractor.descent import Descent
from extractor.pointers import resolve
from extractor.scopes import Nodes, scopes_of
from extractor.types import Schema


class Branches:
    """The branches of the unions of records in a schema, each union looked at once."""

    def __init__(self, schema: Schema) -> None:
        self._walk = Descent(schema)
        self._scopes = scopes_of(schema)
        self._made: dict[tuple[int, ...], tuple[Nodes, Sequence[Mapping[str, Any]]]] = {}

    def of(self, nodes: Nodes, value: Any) -> Nodes:
        """What is said of a record by its branch; all that is said of the place where there is no such choice."""
        key = tuple(map(id, nodes))
        if key not in self._made:
            self._made[key] = nodes, [branch for node in nodes for branch in self._records(node, ())]
        branches = self._made[key][1]
        if not branches[1:] or not isinstance(value, dict):
            return nodes
        return (self._tagged(branches, value) or next(self._walk.alternatives({"anyOf": branches}, value))[0],)

    def _records(self, node: Any, above: tuple[int, ...]) -> Iterator[Mapping[str, Any]]:
        """The records that a schema lets choose between; itself where it is one."""
        if not isinstance(node, Mapping) or id(node) in above:
            return
        inner = [*node.get("anyOf", ()), *node.get("oneOf", ())]
        inner += [resolve(self._walk.root, node["$ref"])] if "$ref" in node else []
        inner += node.get("allOf", ()) if len(node.get("allOf", ())) == 1 else ()
        found = [one for child in inner for one in self._records(child, (*above, id(node)))]
        yield from found or ([node] if "properties" in node else [])

    def _tagged(self, branches: Sequence[Mapping[str, Any]], value: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """The only branch that has a choice that the record made, where each branch has some of its own."""
        for name, said in value.items():
            choices = [self._choices(branch, name) for branch in branches]
            fitting = [branch for branch, own in zip(branches, choices, strict=True) if comparable(said) in own]
            if all(choices) and len(fitting) == 1:
                return fitting[0]
        return None

    def _choices(self, branch: Mapping[str, Any], name: str) -> set[str]:
        """What a property of a branch may be, where all of it is listed."""
        own = branch.get("properties", {})
        return set(map(comparable, self._scopes.of((own[name],)).choices or ())) if name in own else set()
