"""What the model reads: a description of the record, the instruction, and the document last.

What is the same for every document comes first, so that an engine computes that prefix once.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from extractor.types import Document, Message, Schema

INSTRUCTION = """\
Extract this record from the text and answer with JSON only:

{type}

Copy names, numbers and dates from the text. Write null where the text does not state a value. \
Write in the language of the text."""


def messages(document: Document, schema: Schema) -> tuple[Message, ...]:
    """The chat of one document: a system message that only depends on the schema, then the document."""
    return (
        Message("system", INSTRUCTION.format(type=describe(schema))),
        Message("user", fence(document.text)),
    )


def fence(text: str) -> str:
    r"""The document between tags that its own text cannot close: 'a </text>' → '<text>\na <\/text>\n</text>'."""
    return "<text>\n" + text.replace("</text>", "<\\/text>").strip() + "\n</text>"


def describe(schema: Schema) -> str:
    """A TypeScript type, with descriptions and bounds as comments (the descriptor that Kor made its default).

    A definition is written in its place; only recursive ones are named above.
    """
    writer = _Writer(schema.json_schema)
    body = writer.type_of(schema.json_schema, 0, ())
    names = "".join(f"type {name} = {text}\n" for name, text in writer.named.items())
    about = schema.json_schema.get("description")
    return (f"// {_one_line(about)}\n" if about else "") + names + body


class _Writer:
    """Writes types; `named` collects those that refer to themselves."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self.root = root
        self.named: dict[str, str] = {}

    def type_of(self, node: Any, depth: int, within: tuple[str, ...]) -> str:
        """One node as a type expression; `within` are the definitions being written around it."""
        if not isinstance(node, Mapping) or not node:
            return "any"
        if "$ref" in node:
            return self._definition(node["$ref"], depth, within)
        if "const" in node or "enum" in node:
            return " | ".join(map(_literal, [node["const"]] if "const" in node else node["enum"]))
        for key in ("anyOf", "oneOf"):
            if key in node:
                branches = [self.type_of(branch, depth, within) for branch in node[key]]
                return " | ".join(dict.fromkeys(branches))
        if "allOf" in node:
            return " & ".join(self.type_of(branch, depth, within) for branch in node["allOf"])
        kinds = node.get("type", "object" if "properties" in node else "any")
        return " | ".join(
            self._plain(kind, node, depth, within) for kind in ([kinds] if isinstance(kinds, str) else kinds)
        )

    def _definition(self, reference: str, depth: int, within: tuple[str, ...]) -> str:
        name = reference.rpartition("/")[2]
        target = _resolve(self.root, reference)
        if reference in within:
            self.named.setdefault(name, "")
            return name
        text = self.type_of(target, depth, (*within, reference))
        if name not in self.named:
            return text
        self.named[name] = self.named[name] or self.type_of(target, 0, (*within, reference))
        return name

    def _plain(self, kind: str, node: Mapping[str, Any], depth: int, within: tuple[str, ...]) -> str:
        if kind == "array":
            return self._array(node, depth, within)
        if kind == "object":
            return self._object(node, depth, within)
        return {"integer": "integer", "number": "number", "boolean": "boolean"}.get(kind, kind)

    def _array(self, node: Mapping[str, Any], depth: int, within: tuple[str, ...]) -> str:
        if "prefixItems" in node:
            return "[" + ", ".join(self.type_of(item, depth, within) for item in node["prefixItems"]) + "]"
        item = self.type_of(node.get("items"), depth, within)
        return f"({item})[]" if " | " in item and not item.startswith("{") else f"{item}[]"

    def _object(self, node: Mapping[str, Any], depth: int, within: tuple[str, ...]) -> str:
        if "properties" not in node:
            return f"{{ [key: string]: {self.type_of(node.get('additionalProperties'), depth, within)} }}"
        indent = "  " * (depth + 1)
        lines = []
        for name, child in node["properties"].items():
            comment = "; ".join(_remarks(child))
            key = name if name.isidentifier() else _literal(name)
            line = f"{indent}{key}: {self.type_of(child, depth + 1, within)}"
            lines.append(f"{line}  // {comment}" if comment else line)
        return "{\n" + "\n".join(lines) + "\n" + "  " * depth + "}"


def _remarks(node: Any) -> Iterator[str]:
    """What a type cannot say: description, format and bounds, of the node or of its branch that is not null."""
    if not isinstance(node, Mapping):
        return
    if about := node.get("description"):
        yield _one_line(about)
    branches = [branch for branch in node.get("anyOf", []) if isinstance(branch, Mapping)]
    for part in (node, *branches):
        if part.get("format") in ("date", "date-time", "time"):
            yield {"date": "YYYY-MM-DD", "time": "HH:MM:SS"}.get(part["format"], "ISO 8601")
        if "maxLength" in part:
            yield f"at most {part['maxLength']} characters"
        if "maxItems" in part:
            least = f"{part['minItems']} to " if part.get("minItems") else "at most "
            yield f"{least}{part['maxItems']} items"


def _resolve(root: Mapping[str, Any], reference: str) -> Any:
    """Follow a local reference: '#/$defs/Author' → its node."""
    node: Any = root
    for part in reference.removeprefix("#").split("/")[1:]:
        node = node[part.replace("~1", "/").replace("~0", "~")]
    return node


def _literal(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _one_line(text: str) -> str:
    return " ".join(text.split())
