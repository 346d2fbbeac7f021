"""Which values are the same: texts but for case, width, marks and white space; choices and ids as they are written.

'The U.S.' and 'the US' are the same; 'BBB' and 'BBB-' are not, nor are the choices 'us' and 'US', or the ids 'aB-1' and
'AB1'. 1 and 1.0 are one number, and true is none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from extractor.absent import is_empty
from extractor.field_words import is_id
from extractor.ground.folding import squeezed
from extractor.pointers import Path
from extractor.scopes import Nodes, Scope, Scopes, kind_of, scopes_of
from extractor.types import Schema

_LAST_SIGNS = re.compile(r"\w([-−–*]+)$")  # '+' and '#' are no marks
_DASHES = str.maketrans("−–－＊", "---*")


@dataclass(frozen=True, slots=True)
class Sameness:
    """What values have in common that are the same at a place of a schema."""

    scopes: Scopes

    @classmethod
    def by(cls, schema: Schema) -> Sameness:
        """By what a schema says of its places."""
        return cls(scopes_of(schema))

    def of(self, value: Any, nodes: Nodes, name: str = "") -> Hashable:
        """What is the same for all values that are, at a place with these schemas, of a field of such a name."""
        if isinstance(value, str):
            return "string", value.strip() if self._is_as_written(value, nodes, name) else _text(value)
        if not isinstance(value, dict | list):
            return literal(value)
        scope = self.scopes.of(nodes)
        if isinstance(value, list):
            return "array", tuple(self.of(inner, scope.child(at), name) for at, inner in enumerate(value))
        return "object", frozenset((key, self.of(inner, scope.child(key), key)) for key, inner in value.items())

    def facts(self, value: Any, nodes: Nodes) -> dict[str, Hashable]:
        """What a record says, property by property; nothing of other values."""
        scope = self.scopes.of(nodes)
        said = value.items() if isinstance(value, dict) else ()
        return {name: self.of(inner, scope.child(name), name) for name, inner in said if not is_empty(inner)}

    def of_items(self, path: Path) -> Callable[[Any], Hashable]:
        """The same for the items of a list at a path."""
        nodes, name = self.scopes.at(path).items, next((key for key in reversed(path) if isinstance(key, str)), "")
        return lambda item: self.of(item, nodes, name)

    def _is_as_written(self, value: str, nodes: Nodes, name: str) -> bool:
        """Whether letters and marks tell values apart: choices, ids, and keys with a digit (others are names)."""
        is_code = is_key(nodes) and any(map(str.isdigit, value))
        return is_id(name) or is_code or self.scopes.of(nodes).choices is not None


_ANYTHING = Sameness(Scopes({}))


def identity(value: Any) -> Hashable:
    """What values have in common that are the same, where no schema says more of them."""
    return _ANYTHING.of(value, ())


def literal(value: Any) -> Hashable:
    """What values have in common that are written the same, but for how a number is: 1 and 1.0."""
    if isinstance(value, dict):
        return "object", frozenset((name, literal(inner)) for name, inner in value.items())
    if isinstance(value, list):
        return "array", tuple(map(literal, value))
    kind = kind_of(value)
    return kind, Decimal(str(value)) if kind == "number" and isinstance(value, float) else value


def is_key(nodes: Nodes) -> bool:
    """Whether a field tells records apart, by `x-key`."""
    return any(isinstance(node, Mapping) and node.get("x-key") is True for node in nodes)


def marked_key(scope: Scope) -> str | None:
    """The property with `x-key`."""
    return next((name for name, nodes in scope.properties.items() if is_key(nodes)), None)


def _text(value: str) -> tuple[str, str]:
    """A text as it is compared, and the signs at its end: 'BBB-' → 'bbb', '-'; those around it are dress: '*Ann*'."""
    bare = value.strip()
    found = _LAST_SIGNS.search(bare)
    signs = found[1].translate(_DASHES) if found and bare[0] != bare[-1] else ""
    return squeezed(value) or value, signs
