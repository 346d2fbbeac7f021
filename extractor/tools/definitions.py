"""Definitions of tools in JSON, as the APIs of OpenAI, Anthropic and MCP have them, and plain JSON Schemas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from extractor.errors import SchemaError
from extractor.schema import digest, load_json
from extractor.scopes import scopes_of
from extractor.tools.tool import Tool

_FORMS = "{name, description, parameters}, an OpenAI tool, or a JSON Schema with a title"
_PARAMETERS = ("parameters", "input_schema", "inputSchema")
_OURS = (None, "function", "object", "custom")  # types of definitions
_NAMED = "arguments have names: a JSON Schema of type object"
_MADE_OF = {"$ref", "allOf", "anyOf", "oneOf", "if"}  # what else may be named there
_EMPTY: Mapping[str, Any] = {"type": "object", "properties": {}, "additionalProperties": False}


def of_definitions(document: Any, where: str, only: str | None = None) -> list[Tool]:
    """The tools of a document: one definition, a list of them, or {"tools": […]}; `only` is the name of one."""
    if isinstance(document, Mapping) and isinstance(document.get("tools"), Sequence):
        document = document["tools"]
    entries = document if isinstance(document, list) else [document]
    found = [_of_definition(entry, f"{where}: tool {at}") for at, entry in enumerate(entries, 1)]
    chosen = [tool for tool in found if only in (None, tool.name)]
    if only and not chosen:
        raise SchemaError(f"{where}: no tool {only!r}", hint=f"it has {', '.join(tool.name for tool in found)}")
    return chosen


def _of_definition(entry: Any, where: str) -> Tool:
    name, about, parameters = _parts(entry, where)
    if not isinstance(name, str) or not name.strip():
        raise SchemaError(f"{where}: has no name", hint=f"a definition is {_FORMS}")
    if about is not None and not isinstance(about, str):
        raise SchemaError(f"{where} ({name}): its description is no text", hint="say in a sentence what it does")
    if not isinstance({} if parameters is None else parameters, Mapping):
        raise SchemaError(f"{where} ({name}): its parameters are no object", hint=_NAMED)
    schema = load_json(_whole(parameters or {}), name, f"{where} ({name})")
    if scopes_of(schema).root.kinds != {"object"}:
        raise SchemaError(f"{where} ({name}): its parameters are no object", hint=_NAMED)
    inner = {**schema.json_schema, **({"description": about} if about else {})}
    return Tool(name, replace(schema, name=name, json_schema=inner, digest=digest(inner)), None, where)


def _whole(parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    """Parameters with what definitions leave out: {'properties': …} is an object, with no other names."""
    if parameters.keys() & _MADE_OF:
        return parameters if "$ref" in parameters else {"type": "object", **parameters}
    return {**_EMPTY, **parameters}


def _parts(entry: Any, where: str) -> tuple[Any, Any, Any]:
    """Name, description and parameters of a definition in whatever form."""
    if not isinstance(entry, Mapping):
        raise SchemaError(f"{where}: is no object", hint=f"a definition is {_FORMS}")
    inner = entry.get("function")
    if entry.get("type") == "function" and isinstance(inner, Mapping):
        return _parts(inner, where)
    form = next((key for key in _PARAMETERS if key in entry), None)
    if form is None and entry.get("type") not in _OURS:  # as of Anthropic's own: {"type": "web_search_20250305", …}
        what = f"is of type {entry['type']!r:.60}, which a server runs, and no program"
        raise SchemaError(f"{where}: {what}", hint="leave it out, or define what it takes")
    if form is None and ("properties" in entry or ("title" in entry and "name" not in entry)):
        return (
            entry.get("title") or entry.get("name"),
            entry.get("description"),
            {key: value for key, value in entry.items() if key not in ("title", "name")},
        )
    return entry.get("name") or entry.get("title"), entry.get("description"), entry[form] if form else None
