"""Down a schema along data: what it says of a place, through references and the branches that come nearest to them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from jsonschema import Draft202012Validator

from extractor.patterns import PatternError, search
from extractor.pointers import resolve
from extractor.types import Dialect, Schema
from extractor.unions import Fault, innermost, nearest
from extractor.validators import checker, errors_of

_DEEPEST = 100  # references that lead to each other without an end


class Descent:
    """Steps down a schema along data, through references and branches."""

    def __init__(self, schema: Schema, *, is_whole: bool = True) -> None:
        self.root = schema.json_schema
        self.dialect = schema.dialect
        self.validator = checker(schema)
        self.is_whole = is_whole

    def child(self, node: Any, key: str | int, value: Any) -> Any:
        """The schema of a property or item of a value; None where nothing is said of it."""
        parts = [part for part in self._children(node, key, value, 0) if part is not None]
        return parts[0] if len(parts) == 1 else {"allOf": parts} if parts else None

    def names(self, node: Any, value: Any) -> dict[str, bool]:
        """The properties that an object can have, and whether each has to be there."""
        found: dict[str, bool] = {}
        for part in self.parts(node, value):
            for name in part.get("properties", {}):
                found.setdefault(name, False)
            for name in part.get("required", ()):
                found[name] = True
        return found

    def is_settled(self, node: Any, value: Any) -> bool:
        """Whether one branch of each union is left for a value."""
        parts = self.parts(node, value)
        return all(len(branches) == 1 for part in parts for branches in self.alternatives(part, value))

    def _children(self, node: Any, key: str | int, value: Any, depth: int) -> Iterator[Any]:
        if not isinstance(node, Mapping) or depth > _DEEPEST:
            return
        yield own_child(node, key, self.dialect)
        for inner in self._together(node):
            yield from self._children(inner, key, value, depth + 1)
        for branches in self.alternatives(node, value):
            options = [part for branch in branches for part in self._children(branch, key, value, depth + 1)]
            options = [option for option in options if option is not None]
            yield {"anyOf": options} if len(options) > 1 else options[0] if options else None

    def parts(self, node: Any, value: Any, depth: int = 0) -> Iterator[Mapping[str, Any]]:
        """All that is said of a value in one place, subschema by subschema."""
        if not isinstance(node, Mapping) or depth > _DEEPEST:
            return
        yield node
        for inner in [*self._together(node), *(one for some in self.alternatives(node, value) for one in some)]:
            yield from self.parts(inner, value, depth + 1)

    def _together(self, node: Mapping[str, Any]) -> list[Any]:
        """What holds beside a node's own keywords."""
        return [*([resolve(self.root, node["$ref"])] if "$ref" in node else []), *node.get("allOf", ())]

    def alternatives(self, node: Mapping[str, Any], value: Any) -> Iterator[list[Any]]:
        """The branches of each union that the value comes nearest to."""
        for keyword in ("anyOf", "oneOf"):
            if branches := node.get(keyword):
                faults = {at: self._faults(branch, value) for at, branch in enumerate(branches)}
                yield [branches[at] for at in nearest(faults)]

    def _faults(self, branch: Any, value: Any) -> list[Fault]:
        errors = errors_of(cast(Draft202012Validator, self.validator.evolve(schema=branch)), value)
        return [fault for error in errors for fault in innermost(error, is_whole=self.is_whole)]


def own_child(node: Mapping[str, Any], key: str | int, dialect: Dialect) -> Any:
    """What a node itself says of a property or item: ({'items': {'type': 'null'}}, 0) → {'type': 'null'}; else None."""
    if isinstance(key, int):
        prefix = node.get("prefixItems", ())
        return prefix[key] if key < len(prefix) else node.get("items")
    if key in node.get("properties", {}):
        return node["properties"][key]
    for pattern, child in node.get("patternProperties", {}).items():
        if _matches(pattern, key, dialect):
            return child
    return node.get("additionalProperties")


def _matches(pattern: str, name: str, dialect: Dialect) -> bool:
    try:
        return search(pattern, name, dialect)
    except (PatternError, TimeoutError):
        return False


def inside(value: Any, key: str | int) -> Any:
    """A property or item of a value; None where it has none: ([1], 0) → 1, ('a', 0) → None."""
    try:
        return value[key]
    except (LookupError, TypeError):
        return None
