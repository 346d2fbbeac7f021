"""Tools that a model chooses between: functions, classes of records, and definitions in JSON. None is ever run here.

Reading order: this file; `tool`, what one is; `functions` and their `docs`; `definitions`; `call`, what was chosen.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, get_origin

from extractor.errors import SchemaError
from extractor.files import read_document, read_json
from extractor.grammar import CLOSED, compile_schema
from extractor.pyfile import import_file, import_module, root_classes
from extractor.schema import from_type
from extractor.schema_spec import JSON, is_json, is_path, split
from extractor.scopes import scopes_of
from extractor.tagged_union import choice_of, one_of
from extractor.tools.call import Call, calls_of
from extractor.tools.definitions import of_definitions
from extractor.tools.functions import classes_around, is_function, of_function
from extractor.tools.tool import Tool
from extractor.types import SHOWN_TOKENS, Schema

__all__ = ["Call", "Tool", "ToolSpec", "calls_of", "load_tools", "schema_of"]

ToolSpec = Any  # str | Path | a function | a class | a definition as a dict | a list of such

_WHAT = "a tool is a function with type hints, a Pydantic class, or a definition in JSON"
_LISTED = "TOOLS"  # the name in a Python file of a list of its tools


def load_tools(spec: ToolSpec) -> tuple[Tool, ...]:
    """The tools that a user names.

    `spec` is a function with type hints and a docstring, a Pydantic class, a definition (`{"name", "description",
    "parameters"}`, in the form of OpenAI, Anthropic or MCP, or a JSON Schema with a title), a list of such; a file of
    definitions (`.json`, `.yaml`); or a Python file or module, of which all public functions and classes count, or
    what its list `TOOLS` has. `tools.py:book` is one of them. Raises `SchemaError`: for no tool, for two of one name,
    and for what a model could not be told.
    """
    tools = tuple(_loaded(spec))
    if not tools:
        raise SchemaError(f"{_called(spec)}: no tool in it", hint=_WHAT)
    seen: dict[str, Tool] = {}
    for tool in tools:
        if tool.name in seen:
            hint = f"{seen[tool.name].where or 'the first'} and {tool.where or 'another'}: rename one of them"
            raise SchemaError(f"two tools are called {tool.name!r}", hint=hint)
        seen[tool.name] = tool
        _refuse_impossible(tool)
    return tools


def _refuse_impossible(tool: Tool) -> None:
    """Refuse a tool that no call could be valid for."""
    try:
        compile_schema(tool.schema, CLOSED)
    except SchemaError as error:
        raise SchemaError(f"{tool.where or tool.name}: {error}", hint=error.hint) from error


def schema_of(
    tools: Sequence[Tool],
    *,
    many: bool = False,
    allow_none: bool = False,
    ask: bool = False,
    shown_tokens: int = SHOWN_TOKENS,
) -> Schema:
    """The schema of a call of one of some tools, as `one_of` makes it, for what a user asks for."""
    named = {tool.name: tool.schema for tool in tools}
    return one_of(named, many=many, allow_none=allow_none, ask=ask, for_query=True, shown_tokens=shown_tokens)


def _called(spec: ToolSpec) -> str:
    return str(spec) if isinstance(spec, str | Path) else "the tools"


def _loaded(spec: ToolSpec) -> Iterable[Tool]:
    if isinstance(spec, Tool):
        return [spec]
    if isinstance(spec, str | Path):
        return _named(str(spec))
    if isinstance(spec, Mapping):
        return of_definitions(spec, "the tools")
    if isinstance(spec, Iterable) and not isinstance(spec, type) and get_origin(spec) is None:
        return [tool for one in spec for tool in _loaded(one)]
    return [_of_object(spec)]


def _of_object(found: Any, where: str = "") -> Tool:
    """The tool of a function, of a class, or of a schema that was loaded."""
    if isinstance(found, Schema):
        if choice_of(found):
            raise SchemaError("a choice is no tool", hint="give what it chooses between, or ask for it by extract()")
        return Tool(found.name, found, found.model, where)
    if is_function(found):
        return of_function(found)
    if found is None or isinstance(found, int | float):
        raise SchemaError(f"{found!r} is no tool", hint=_WHAT)
    if callable(found) and not isinstance(found, type) and get_origin(found) is None:
        what = f"an object of {type(found).__name__} is no tool"
        raise SchemaError(what, hint="give its method, or a function around it")
    schema = from_type(found)
    if scopes_of(schema).root.kinds != {"object"}:
        raise SchemaError(f"{schema.name} is no tool: arguments have names", hint=_WHAT)
    return Tool(schema.name, schema, found, where)


def _named(spec: str) -> Iterable[Tool]:
    """The tools in a file or module, or in JSON that is given as text."""
    if is_json(spec) or spec.lstrip().startswith("["):
        return of_definitions(read_json(spec, hint=_WHAT), "the tools")
    target, name = split(spec)
    if target.lower().endswith(JSON):
        path = Path(target).expanduser()
        return of_definitions(read_document(path, _WHAT), str(path), only=name)
    is_other = os.path.exists(target) and not target.endswith(".py")
    if is_other or not (is_path(target) or name or "." in target):
        raise SchemaError(f"{spec}: no file of tools", hint="tools.py, tools.json, or package.module:function")
    module = import_file(Path(target).expanduser()) if is_path(target) else import_module(target)
    return _chosen(module, name, target) if name else _of_module(module, target)


def _of_module(module: ModuleType, target: str) -> Iterable[Tool]:
    """Its list of tools, or else its own functions and classes, in the order of the file."""
    if _LISTED in vars(module):
        return _chosen(module, _LISTED, target)
    own = {name: value for name, value in vars(module).items() if not name.startswith("_")}
    each = {id(value): value for value in own.values()}.values()  # one may have two names
    functions = [of_function(one) for one in each if is_function(one) and one.__module__ == module.__name__]
    inside = {type_ for tool in functions for type_ in classes_around(tool)}
    classes = [one for one in root_classes(module, []) if one not in inside and one in own.values()]
    return [*functions, *(_of_object(one, target) for one in classes)]


def _chosen(module: ModuleType, name: str, target: str) -> Iterable[Tool]:
    """What a file calls so: a function, a class, or a list of such."""
    if name not in vars(module):
        raise SchemaError(f"{target}: {name} is not defined there", hint=f"a function, a class, or a list {_LISTED}")
    return _loaded(vars(module)[name])
