"""A schema as a TypeScript type, with descriptions and bounds as comments: the descriptor that Kor made its default."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from extractor.descriptors.definitions import DEEPEST, ENTRY, Definitions, kinds
from extractor.descriptors.remarks import about, description, joined, key, listed, meanings, remarks
from extractor.types import Schema

_WORDS = ("any", "array", "boolean", "integer", "never", "null", "number", "object", "string", "type")


def describe(schema: Schema) -> str:
    """The type of a record.

    A definition that is used once is written in its place; the others are named, above.
    """
    writer = _Writer(schema)
    known, root = writer.known, schema.json_schema
    start = {"$ref": "#"} if known.uses["#"] else root
    body = writer.type_of(start, 0) + _comment(meanings(known, start))
    told = about(known)
    lines = [f"// {told}"] if told else []
    while known.wanted:
        name, reference = known.wanted.popleft()
        node = known.resolve(reference)
        if (inner := description(node)) not in {"", told}:
            lines.append(f"// {inner}")
        lines.append(f"type {name} = {writer.type_of(node, 0)}{_comment(meanings(known, node))}")
    return "\n".join([*lines, body])


class _Writer:
    """Writes types; `level` is how many types the one that is being written stands in."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.known = Definitions(schema.json_schema, _WORDS)
        self.level = 0

    def type_of(self, node: Any, depth: int) -> str:
        """One node as a type expression, `depth` steps from the margin."""
        if not isinstance(node, Mapping) or not node:
            return "never" if node is False else "any"
        if "const" in node or "enum" in node:
            return _choices([node["const"]] if "const" in node else node["enum"])
        if self.level >= DEEPEST:
            return "any"
        self.level += 1
        parts = dict.fromkeys(part for part in self._parts(node, depth) if part != "any")
        self.level -= 1
        return _joined(parts, " & ") or "any"

    def _parts(self, node: Mapping[str, Any], depth: int) -> Iterator[str]:
        """What has to hold at once: a reference, the node's own type, one of its branches, all of `allOf`."""
        if "$ref" in node:
            yield self._definition(node["$ref"], depth)
        others = node.keys() & {"$ref", "anyOf", "oneOf", "allOf"}
        if not others or node.keys() & {"properties", "items", "prefixItems"}:
            yield " | ".join(self._plain(kind, node, depth) for kind in kinds(node))
        branches = [text for key in ("anyOf", "oneOf") for text in self._branches(node.get(key, ()), depth)]
        yield _joined(dict.fromkeys(branch for branch in branches if branch != "any"), " | ") or "any"
        yield from (self.type_of(branch, depth) for branch in node.get("allOf", ()))

    def _branches(self, branches: Sequence[Any], depth: int) -> Iterator[str]:
        """The branches of a union; of several records each has its name."""
        records = [self.known.is_record(branch) for branch in branches]
        are_several = sum(records) > 1
        for branch, is_record in zip(branches, records, strict=True):
            is_named = is_record and "$ref" in branch and are_several
            yield self.known.name(branch["$ref"]) if is_named else self.type_of(branch, depth)

    def _definition(self, reference: str, depth: int) -> str:
        if self.known.is_in_place(reference, self.level):
            return self.type_of(self.known.resolve(reference), depth)
        return self.known.name(reference)

    def _plain(self, kind: str, node: Mapping[str, Any], depth: int) -> str:
        if kind == "array":
            return self._array(node, depth)
        return self._object(node, depth) if kind == "object" else kind

    def _array(self, node: Mapping[str, Any], depth: int) -> str:
        if "prefixItems" in node:
            return "[" + ", ".join(self.type_of(item, depth) for item in node["prefixItems"]) + "]"
        is_entry = node is self.known.root and self.known.uses[ENTRY]
        item = self.type_of({"$ref": ENTRY} if is_entry else node.get("items"), depth)
        return f"({item})[]" if self._is_union(node.get("items")) else f"{item}[]"

    def _is_union(self, node: Any) -> bool:
        level = self.level
        while isinstance(node, Mapping) and "$ref" in node and self.known.is_in_place(node["$ref"], level):
            node, level = self.known.resolve(node["$ref"]), level + 1
        if not isinstance(node, Mapping) or "$ref" in node:
            return False
        return any(len(node.get(key, ())) > 1 for key in ("anyOf", "oneOf", "allOf", "enum")) or len(kinds(node)) > 1

    def _object(self, node: Mapping[str, Any], depth: int) -> str:
        if "properties" not in node:
            return f"{{ [key: string]: {self.type_of(node.get('additionalProperties'), depth)} }}"
        indent = "  " * (depth + 1)
        lines = []
        for name, child in node["properties"].items():
            told = _comment((*remarks(self.schema, self.known, child), *meanings(self.known, child)))
            lines.append(f"{indent}{key(name)}: {self.type_of(child, depth + 1)}{told}")
        return "{\n" + "\n".join(lines) + "\n" + "  " * depth + "}" if lines else "{}"


def _comment(told: Iterable[str]) -> str:
    text = joined(told)
    return f"  // {text}" if text else ""


def _choices(values: list[Any]) -> str:
    """Values of an enum; of a long list the first ones, the decoder knows them all."""
    shown, more = listed(values, " | ")
    return f"{shown} | …  /* {more} more */" if more else shown


def _joined(parts: Iterable[str], sign: str) -> str:
    """Several types as one; a union inside of something else stands in brackets."""
    parts = list(parts)
    if len(parts) > 1 and sign == " & ":
        parts = [f"({part})" if " | " in part and part[0] != "{" else part for part in parts]
    return sign.join(parts)
