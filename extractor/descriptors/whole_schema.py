"""The JSON Schema itself, one property on each line, without what tells a model nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from extractor.descriptors.definitions import without_unused
from extractor.descriptors.remarks import MOST_CHOICES, examples_of, literal, one_line
from extractor.dialect.keywords import ALIAS, ALIASES, DEFINITIONS, DROPPED, NAMED, SUBSCHEMAS
from extractor.marks import COMPARE, DISJOINT, RANKED
from extractor.types import Schema

_SILENT = frozenset(
    (
        DROPPED,
        ALIAS,
        COMPARE,
        DISJOINT,
        RANKED,
        "x-guidance",
        "x-merge",
        "x-key",
        "$schema",
        "$comment",
        "discriminator",
    )
)
_ON_LINES = frozenset(("properties", "patternProperties", *DEFINITIONS))
_MEANINGS = "enumDescriptions"  # the name that editors know; here an object, which shows what belongs to what


def describe(schema: Schema) -> str:
    """The schema as text; definitions come last, and only those that are referred to."""
    return _written(pruned(schema), "")


def pruned(schema: Schema) -> Any:
    """The JSON Schema without what says nothing."""
    return _pruned(schema, without_unused(schema.json_schema))


def _pruned(schema: Schema, node: Any, name: str = "") -> Any:
    """A subschema without what says nothing; `name` is what it is called above."""
    if not isinstance(node, Mapping):
        return node
    new: dict[str, Any] = {}
    for keyword, value in node.items():
        if keyword in SUBSCHEMAS:
            new[keyword] = _pruned_inside(schema, keyword, value)
        elif not _is_silent(keyword, value, name):
            new |= _reworded(schema, node, keyword)
    return new


def _pruned_inside(schema: Schema, keyword: str, value: Any) -> Any:
    if isinstance(value, list):
        return [_pruned(schema, child) for child in value]
    if keyword in NAMED and isinstance(value, Mapping):
        return {name: _pruned(schema, child, name) for name, child in value.items()}
    return _pruned(schema, value)


def _is_silent(keyword: str, value: Any, name: str) -> bool:
    is_echo = keyword == "title" and isinstance(value, str) and _folded(value) == _folded(name)
    return keyword in _SILENT or is_echo or (keyword == "default" and value is None)


def _folded(name: str) -> str:
    """A name without what a title changes: 'first_name', 'First Name' → 'firstname'."""
    return "".join(filter(str.isalnum, name.casefold()))


def _reworded(schema: Schema, node: Mapping[str, Any], keyword: str) -> dict[str, Any]:
    """A keyword as the model sees it: short examples that are right, a long enum cut, one line of description."""
    value = node[keyword]
    if keyword == "examples":
        shown = examples_of(schema, node)
        return {keyword: shown} if shown else {}
    if keyword == ALIASES:
        told = {name: one_line(entry["description"]) for name, entry in value.items() if entry.get("description")}
        return {_MEANINGS: told} if told else {}
    if keyword == "enum" and len(value) > MOST_CHOICES:
        return {keyword: value[:MOST_CHOICES], "$comment": f"{len(value) - MOST_CHOICES} more values"}
    return {keyword: one_line(value) if keyword == "description" else value}


def _written(value: Any, indent: str) -> str:
    """JSON, with a line for each property and definition; blanks after colons and commas would be an eighth of it."""
    if isinstance(value, list):
        return "[" + ",".join(_written(item, indent) for item in value) + "]"
    if not isinstance(value, Mapping):
        return literal(value)
    parts = [f"{literal(key)}:{_lines(part, indent) if key in _ON_LINES else _written(part, indent)}"
             for key, part in value.items()]  # fmt: skip
    return "{" + ",".join(parts) + "}"


def _lines(value: Any, indent: str) -> str:
    if not isinstance(value, Mapping) or not value:
        return _written(value, indent)
    inner = indent + "  "
    lines = (f"{inner}{literal(name)}:{_written(child, inner)}" for name, child in value.items())
    return "{\n" + ",\n".join(lines) + f"\n{indent}}}"
