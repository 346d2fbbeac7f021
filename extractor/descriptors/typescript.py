"""A schema as a TypeScript type, with descriptions and bounds as comments: the descriptor that Kor made its default."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import count
from typing import Any

from extractor.pointers import resolve
from extractor.types import Schema

_MOST_CHOICES = 200
_DATA = frozenset(("enum", "const", "default", "examples"))
_ENTRY = "#/items"  # one record of a list


def describe(schema: Schema) -> str:
    """The type of a record.

    A definition that is used once is written in its place; the others are named, above.
    """
    root = schema.json_schema
    writer = _Writer(root)
    body = writer.type_of({"$ref": "#"} if writer.uses["#"] else root, 0)
    above = ""
    while writer.wanted:
        name, reference = writer.wanted.popitem()
        above += f"type {name} = {writer.type_of(resolve(root, reference), 0)}\n"
    about = root.get("description") or (resolve(root, root["$ref"]).get("description") if "$ref" in root else None)
    return (f"// {_one_line(about)}\n" if about else "") + above + body


class _Writer:
    """Writes types; `wanted` are the named definitions that are referred to and not written yet."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self.root = root
        self.uses = Counter(_references(root))
        self.wanted: dict[str, str] = {}
        self.named: dict[str, str] = {}

    def type_of(self, node: Any, depth: int) -> str:
        """One node as a type expression."""
        if not isinstance(node, Mapping) or not node:
            return "never" if node is False else "any"
        if "const" in node or "enum" in node:
            return _choices([node["const"]] if "const" in node else node["enum"])
        parts = dict.fromkeys(part for part in self._parts(node, depth) if part != "any")
        return _joined(parts, " & ") or "any"

    def _parts(self, node: Mapping[str, Any], depth: int) -> Iterator[str]:
        """What has to hold at once: a reference, the node's own type, one of its branches, all of `allOf`."""
        if "$ref" in node:
            yield self._definition(node["$ref"], depth)
        others = node.keys() & {"$ref", "anyOf", "oneOf", "allOf"}
        if not others or node.keys() & {"properties", "items", "prefixItems"}:
            yield " | ".join(self._plain(kind, node, depth) for kind in _kinds(node))
        branches = [self.type_of(branch, depth) for key in ("anyOf", "oneOf") for branch in node.get(key, ())]
        yield _joined(dict.fromkeys(branch for branch in branches if branch != "any"), " | ") or "any"
        yield from (self.type_of(branch, depth) for branch in node.get("allOf", ()))

    def _definition(self, reference: str, depth: int) -> str:
        if self._is_written_in_place(reference):
            return self.type_of(resolve(self.root, reference), depth)
        if reference not in self.named:
            taken = set(self.named.values())
            self.named[reference] = next(free for free in _names(self._name(reference)) if free not in taken)
            self.wanted[self.named[reference]] = reference
        return self.named[reference]

    def _is_written_in_place(self, reference: str) -> bool:
        """A definition that is used once; what stands elsewhere may contain the reference itself."""
        return self.uses[reference] <= 1 and reference.startswith("#/$defs/") and reference.count("/") == 2  # noqa: PLR2004

    def _name(self, reference: str) -> str:
        title = resolve(self.root, reference).get("title")
        if isinstance(title, str) and title.isidentifier():
            return title
        last = reference.rpartition("/")[2]
        return last if last.isidentifier() and reference != _ENTRY else "Record"

    def _plain(self, kind: str, node: Mapping[str, Any], depth: int) -> str:
        if kind == "array":
            return self._array(node, depth)
        return self._object(node, depth) if kind == "object" else kind

    def _array(self, node: Mapping[str, Any], depth: int) -> str:
        if "prefixItems" in node:
            return "[" + ", ".join(self.type_of(item, depth) for item in node["prefixItems"]) + "]"
        is_entry = node is self.root and self.uses[_ENTRY]
        item = self.type_of({"$ref": _ENTRY} if is_entry else node.get("items"), depth)
        return f"({item})[]" if self._is_union(node.get("items")) else f"{item}[]"

    def _is_union(self, node: Any) -> bool:
        if not isinstance(node, Mapping):
            return False
        if "$ref" in node:
            return self._is_written_in_place(node["$ref"]) and self._is_union(resolve(self.root, node["$ref"]))
        return any(len(node.get(key, ())) > 1 for key in ("anyOf", "oneOf", "allOf", "enum")) or len(_kinds(node)) > 1

    def _object(self, node: Mapping[str, Any], depth: int) -> str:
        if "properties" not in node:
            return f"{{ [key: string]: {self.type_of(node.get('additionalProperties'), depth)} }}"
        indent = "  " * (depth + 1)
        lines = []
        for name, child in node["properties"].items():
            comment = "; ".join(_remarks(child))
            key = name if name.isidentifier() else _literal(name)
            line = f"{indent}{key}: {self.type_of(child, depth + 1)}"
            lines.append(f"{line}  // {comment}" if comment else line)
        return "{\n" + "\n".join(lines) + "\n" + "  " * depth + "}"


def _references(node: Any) -> Iterator[str]:
    """Every `$ref` in a schema, as often as it stands there."""
    if isinstance(node, Mapping):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for keyword, child in node.items():
            if keyword not in _DATA or isinstance(child, Mapping):  # a property can have such a name
                yield from _references(child)
    elif isinstance(node, list):
        for child in node:
            yield from _references(child)


def _names(name: str) -> Iterator[str]:
    """Author, Author2, Author3 and so on."""
    yield name
    yield from (f"{name}{number}" for number in count(2))


def _kinds(node: Mapping[str, Any]) -> list[str]:
    kinds = node.get("type", "object" if "properties" in node else "any")
    return [kinds] if isinstance(kinds, str) else list(kinds)


_TIMES = {
    ("date",): "YYYY-MM-DD",
    ("time",): "HH:MM:SS with offset",
    ("time-local",): "HH:MM:SS",
    ("time-local", "time"): "HH:MM:SS, with offset if stated",
    ("date-time",): "ISO 8601 with offset",
    ("date-time-local",): "ISO 8601",
    ("date-time-local", "date-time"): "ISO 8601, with offset if stated",
}


def _remarks(node: Any) -> Iterator[str]:
    """What a type cannot say: description, format and bounds, of the node or of its branch that is not null."""
    if not isinstance(node, Mapping):
        return
    if about := node.get("description"):
        yield _one_line(about)
    branches = [branch for branch in node.get("anyOf", []) if isinstance(branch, Mapping)]
    formats = tuple(part["format"] for part in (node, *branches) if "format" in part)
    if formats in _TIMES:
        yield _TIMES[formats]
    for part in (node, *branches):
        if "maxLength" in part:
            yield f"at most {part['maxLength']} characters"
        if "maxItems" in part:
            least = f"{part['minItems']} to " if part.get("minItems") else "at most "
            yield f"{least}{part['maxItems']} items"


def _choices(values: list[Any]) -> str:
    """Values of an enum; of a long list the first ones, the decoder knows them all."""
    shown = " | ".join(map(_literal, values[:_MOST_CHOICES]))
    return shown if len(values) <= _MOST_CHOICES else f"{shown} | …  /* {len(values) - _MOST_CHOICES} more */"


def _joined(parts: Iterable[str], sign: str) -> str:
    """Several types as one; a union inside of something else stands in brackets."""
    parts = list(parts)
    if len(parts) > 1 and sign == " & ":
        parts = [f"({part})" if " | " in part and part[0] != "{" else part for part in parts]
    return sign.join(parts)


def _literal(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _one_line(text: str) -> str:
    return " ".join(text.split())
