"""A function as a tool: its signature says which arguments there are, its docstring what they mean.

The signature alone counts for types. A docstring (`docs`) that describes what the signature does not have is a mistake,
and is told.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from pydantic import ConfigDict, Field, create_model
from pydantic.errors import PydanticSchemaGenerationError, PydanticUserError
from pydantic.fields import FieldInfo

from extractor.errors import SchemaError
from extractor.pyfile import classes_of
from extractor.schema import from_type
from extractor.tools import docs
from extractor.tools.tool import Tool

_RESERVED = "model_config"
_LAMBDA = "<lambda>"
_VARIOUS = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
_PLAIN: Mapping[str, frozenset[type]] = {  # as docstrings write them
    **{kind.__name__: frozenset({kind}) for kind in (str, int, float, bool, list, dict)},
    "string": frozenset({str}),
    "integer": frozenset({int}),
    "number": frozenset({int, float}),
    "boolean": frozenset({bool}),
    "array": frozenset({list}),
    "object": frozenset({dict}),
}


def is_function(found: Any) -> bool:
    """Whether it is called with arguments, and is no class."""
    return inspect.isroutine(found) or isinstance(found, functools.partial)


def of_function(function: Any) -> Tool:
    """The tool of a function; `SchemaError`, with its file and line, for what a model could not be told."""
    name, where = _name(function), _where(function)
    if name == _LAMBDA:
        raise SchemaError(
            f"{where} has neither a name nor types", hint="write it as a function: def book(day: date): …"
        )
    signature, hints = _signature(function, where)
    about = docs.read(inspect.getdoc(_written(function)) or "")
    # NumPy's style describes several at once: 'origin, destination : str'.
    told = {name.strip(): one for one in about.params for name in one.arg_name.split(",")}
    filled = {*inspect.signature(_written(function)).parameters} - {*signature.parameters}  # by a `partial`
    told = {name: one for name, one in told.items() if name not in filled}
    _refuse_strangers(told, signature.parameters, where)
    fields = {
        one.name: _field(one, hints.get(one.name), told.get(one.name), where) for one in signature.parameters.values()
    }
    description = "\n".join(filter(None, (about.short_description, about.long_description)))
    made: Any = create_model  # whose fields have names that are known only now
    config = ConfigDict(extra="forbid", protected_namespaces=())
    module = _written(function).__module__
    try:
        with warnings.catch_warnings():
            # A field may hide what models have (`copy`), and a default need not be JSON: neither is asked for.
            warnings.simplefilter("ignore", UserWarning)
            model = made(name, __config__=config, __doc__=description or None, __module__=module, **fields)
            return Tool(name, from_type(model, name), function, where)
    except (PydanticUserError, PydanticSchemaGenerationError, SchemaError) as error:
        hint = "a tool takes what JSON can say: texts, numbers, lists, choices, records"
        why = str(error).partition("\n")[0].partition(". Set")[0]
        raise SchemaError(f"{where}: {why}", hint=hint) from error


def _written(function: Any) -> Any:
    """What somebody wrote, without the arguments that a `partial` fills in."""
    while isinstance(function, functools.partial):
        function = function.func
    return function


def _name(function: Any) -> str:
    return str(_written(function).__name__)


def _where(function: Any) -> str:
    """'tools.py:12: book', or the name alone where there is no source."""
    inner = inspect.unwrap(_written(function))
    code = getattr(inner, "__code__", None)
    if code is None:
        return _name(function)
    file, here = Path(code.co_filename), Path.cwd()
    return f"{file.relative_to(here) if file.is_relative_to(here) else file}:{code.co_firstlineno}: {_name(function)}"


def _signature(function: Any, where: str) -> tuple[inspect.Signature, Mapping[str, Any]]:
    """The parameters, and their types with what `Annotated` says of them."""
    try:
        signature = inspect.signature(function)
        return signature, get_type_hints(_written(function), include_extras=True)
    except (TypeError, ValueError) as error:
        raise SchemaError(
            f"{where}: has no signature: {error}", hint="wrap it in a function with type hints"
        ) from error
    except Exception as error:  # a hint in quotes is code
        raise SchemaError(f"{where}: {error}", hint="every type that it names has to be defined there") from error


def _refuse_strangers(told: Mapping[str, Any], known: Mapping[str, inspect.Parameter], where: str) -> None:
    """Refuse a docstring about parameters that there are not, and parameters that have no name for a model."""
    if various := next((one for one in known.values() if one.kind in _VARIOUS), None):
        hint = "a model has to be told each argument: name them, or wrap the function"
        raise SchemaError(f"{where}: takes {str(various)!r}", hint=hint)
    if nameless := next((one for one in known.values() if one.kind == inspect.Parameter.POSITIONAL_ONLY), None):
        raise SchemaError(f"{where}: takes {nameless.name!r} by its place alone", hint="leave out the /: calls name it")
    if _RESERVED in known:
        raise SchemaError(f"{where}: {_RESERVED} is no name for a parameter", hint="Pydantic keeps it; take another")
    if stranger := next((name for name in told if name not in known), None):
        hint = f"its parameters are {', '.join(known)}" if known else "it has no parameters"
        raise SchemaError(f"{where}: its docstring describes {stranger!r}, which is no parameter", hint=hint)


def _disagrees(told: str | None, hint: Any) -> bool:
    """Whether a docstring has another plain type than the signature: ('str', int | None) → True."""
    stated = _PLAIN.get((told or "").partition("[")[0].partition(",")[0].strip().lower())
    members = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    kinds = {get_origin(one) or one for one in members if one is not type(None)}
    plain = frozenset[type]().union(*_PLAIN.values())
    return stated is not None and bool(kinds) and kinds <= plain and not kinds & stated


def _field(parameter: inspect.Parameter, hint: Any, about: Any, where: str) -> tuple[Any, Any]:
    """A field of the model of the arguments: its type, and its default and description."""
    if hint is None:
        to_mend = f"write its type: {parameter.name}: str"
        raise SchemaError(f"{where}: {parameter.name} has no type", hint=to_mend)
    inner, *marks = get_args(hint) if get_origin(hint) is Annotated else (hint,)
    written = next((mark for mark in marks if isinstance(mark, str)), None)  # Annotated[str, "the city"]
    own = any(isinstance(mark, FieldInfo) and mark.description for mark in marks)
    if about is not None and _disagrees(about.type_name, inner):
        shown = getattr(inner, "__name__", str(inner)) if get_origin(inner) is None else str(inner)
        said = f"its docstring says that {parameter.name} is {about.type_name}, its signature {shown}"
        raise SchemaError(f"{where}: {said}", hint="one of the two is wrong; the type in the docstring can go")
    description = None if own else written or (about and about.description)
    default = ... if parameter.default is inspect.Parameter.empty else parameter.default
    if isinstance(default, FieldInfo):
        return hint, default
    told: Any = {"description": " ".join(description.split())} if description else {}
    return hint, Field(default, **told)


def classes_around(tool: Tool) -> Iterator[type]:
    """The classes that a function takes and gives, which are no tools themselves."""
    yield from classes_of(tool.schema.model)
    with contextlib.suppress(Exception):  # what it gives may be anything
        yield from classes_of(get_type_hints(tool.target)["return"])
