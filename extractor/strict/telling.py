"""What a strict schema says beside what it holds: descriptions, for models that get it and no words about it.

What is alike in two places is one definition of a strict schema; where they mean different things each gets its own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from extractor.pointers import behind

_AT = "#/$defs/"
_UNTOLD: Mapping[str, Any] = {}  # of a place nothing is said; one for all of them, as they are known by identity


def told(strict: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """A strict schema with the descriptions and defaults of the schema that it was made of."""
    telling = _Telling(schema, strict.get("$defs", {}))
    root = telling.node({keyword: part for keyword, part in strict.items() if keyword != "$defs"}, schema)
    root.pop("description", None)  # of a function it stands beside
    return {**root, **({"$defs": telling.made} if telling.made else {})}


@dataclass(slots=True)
class _Telling:
    """Walks both schemas at once; `made` are the definitions with what is said of the places that they stand for."""

    root: Mapping[str, Any]
    known: Mapping[str, Any]  # the strict definitions
    made: dict[str, Any] = field(default_factory=dict)
    names: dict[tuple[str, int, str], tuple[str, Any]] = field(default_factory=dict)  # with what the identity is of

    def node(self, strict: Mapping[str, Any], origin: Any) -> dict[str, Any]:
        origin = origin if isinstance(origin, Mapping) else _UNTOLD
        meant = behind(self.root, origin)
        about = _about(origin, meant)
        if "$ref" in strict:  # beside it nothing may stand
            return {"$ref": _AT + self._definition(strict["$ref"].removeprefix(_AT), meant, about)}
        return {**({"description": about} if about else {}), **self._inside(strict, meant)}

    def _definition(self, name: str, origin: Mapping[str, Any], about: str) -> str:
        key = name, id(origin), about
        if key not in self.names:
            new = f"{name}_{len(self.names)}" if name in self.made else name
            self.names[key], self.made[new] = (new, origin), {}
            said = {"description": about} if about else {}
            self.made[new] = {**said, **self._inside(self.known[name], origin)}
        return self.names[key][0]

    def _inside(self, strict: Mapping[str, Any], origin: Mapping[str, Any]) -> dict[str, Any]:
        found = dict(strict)
        if "properties" in strict:
            fields = origin.get("properties", {})
            found["properties"] = {
                name: self.node(part, fields.get(name)) for name, part in strict["properties"].items()
            }
        if "items" in strict:
            found["items"] = self.node(strict["items"], origin.get("items"))
        if "anyOf" in strict:
            branches = [behind(self.root, one) for one in (*origin.get("anyOf", ()), *origin.get("oneOf", ()))]
            found["anyOf"] = [self._branch(part, [_silent(origin), *branches]) for part in strict["anyOf"]]
        return found

    def _branch(self, strict: Mapping[str, Any], origins: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        shape = self.known[strict["$ref"].removeprefix(_AT)] if "$ref" in strict else strict
        return self.node(strict, next((origin for origin in origins if _is_alike(shape, origin)), None))


def _about(origin: Mapping[str, Any], meant: Mapping[str, Any]) -> str:
    """What is said of a place, or else of what stands there, with the default."""
    about = str(origin.get("description") or meant.get("description") or "")
    default = origin.get("default")
    if default in (None, [], {}, ""):
        return about
    return f"{about} (default: {json.dumps(default, ensure_ascii=False)})".strip()


def _silent(origin: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a place asks for, without what is said of it already."""
    return {keyword: part for keyword, part in origin.items() if keyword not in ("description", "default")}


def _is_alike(strict: Mapping[str, Any], origin: Mapping[str, Any]) -> bool:
    """Whether a branch of a strict schema can be made of a schema, by its fields or items."""
    if "properties" in strict:
        return {*strict["properties"]} == {*origin.get("properties", ())}
    return "items" in strict and "items" in origin
