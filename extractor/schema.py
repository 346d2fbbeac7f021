"""From whatever a user points at to one `Schema`, and from an answer to validated data.

JSON Schema is the only inner form; nothing downstream knows where a schema came from.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError as JsonSchemaError
from jsonschema.exceptions import best_match
from jsonschema.validators import extend
from pydantic import BaseModel, ValidationError
from pydantic.errors import PydanticUserError
from pydantic_core import ErrorDetails

from extractor.errors import SchemaError
from extractor.pyfile import import_file, import_module
from extractor.types import Problem, Schema

SchemaSpec = str | Path | type[BaseModel] | Schema

_PACKAGE = Path(__file__).parent
_BUILTIN_FOLDERS = (_PACKAGE / "schemas", _PACKAGE.parent / "schemas")  # in the wheel; in a checkout


_LONGEST_RULE = 300  # characters; jsonschema puts the whole value into its message


class Valid(NamedTuple):
    """An answer that passed: JSON data, and the instance of the Pydantic class where the schema has one."""

    data: Any
    instance: BaseModel | None


def load(spec: SchemaSpec) -> Schema:
    """Load a schema.

    `spec` is a Pydantic class, `paper.py`, `paper.py:Paper`, `package.module:Paper` or the name of a built-in
    schema (`article`). Raises `SchemaError`; a fault inside a file is given with file and line.
    """
    if isinstance(spec, Schema):
        return spec
    if isinstance(spec, type):
        return from_model(spec)
    target, name = _split(str(spec))
    if target.endswith(".py") or "/" in target or "\\" in target:
        return from_model(_choose(import_file(Path(target).expanduser()), name, target))
    if name:
        return from_model(_named(import_module(target), name, target))
    return from_model(_choose(import_file(_find_builtin(target)), None, target))


def from_model(model: type[BaseModel]) -> Schema:
    """The schema of a Pydantic class, as its validation sees it (aliases, not attribute names)."""
    if not issubclass(model, BaseModel):
        raise SchemaError(f"{model!r} is not a Pydantic model", hint="derive it from pydantic.BaseModel")
    try:
        json_schema = model.model_json_schema(mode="validation")
    except PydanticUserError as error:
        raise SchemaError(f"{model.__name__} has no JSON Schema: {error.message}") from error
    return Schema(model.__name__, json_schema, digest(json_schema), model)


def digest(json_schema: Mapping[str, Any]) -> str:
    """sha256 (hex) of a JSON Schema; the order of its properties counts, it is the order of the answer."""
    return hashlib.sha256(json.dumps(json_schema, ensure_ascii=False).encode()).hexdigest()


def builtins() -> dict[str, Path]:
    """The built-in schemas: name → file."""
    folder = next((folder for folder in _BUILTIN_FOLDERS if folder.is_dir()), None)
    return {path.stem: path for path in sorted(folder.glob("[!_]*.py"))} if folder else {}


def validate(schema: Schema, data: Any) -> Valid | list[Problem]:
    """Check an answer; a list holds every problem with its pointer, its value and the rule that it breaks.

    First by the JSON Schema, which sees keywords that Pydantic does not, then by the Pydantic class. Valid
    data is what the class made of the answer, so normalising validators and defaults are in it.
    """
    problems = [_from_json_schema(error) for error in _validator(schema).iter_errors(data)]
    if problems or schema.model is None:
        return problems or Valid(data, None)
    try:
        instance = schema.model.model_validate_json(json.dumps(data))
    except ValidationError as error:
        return [_from_pydantic(details, data) for details in error.errors(include_url=False)]
    except Exception as error:  # noqa: BLE001  # the user's own validators run here
        return [Problem("", f"a validator of {schema.name} failed itself: {type(error).__name__}: {error}")]
    return Valid(instance.model_dump(mode="json", by_alias=True), instance)


def pointer(path: Iterable[str | int]) -> str:
    """A JSON Pointer (RFC 6901): ['a/b', 0] → '/a~1b/0'."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def _pattern(_: Any, pattern: str, value: Any, __: Any) -> Iterator[JsonSchemaError]:
    """As jsonschema's, but a pattern in a dialect that `re` does not know is left to Pydantic."""
    with contextlib.suppress(re.error):
        if isinstance(value, str) and not re.search(pattern, value):
            yield JsonSchemaError(f"{value!r} does not match {pattern!r}")


def _multiple_of(_: Any, step: float, value: Any, __: Any) -> Iterator[JsonSchemaError]:
    """As jsonschema's, but in decimals: 19.99 is a multiple of 0.01."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        quotient = Fraction(str(value)) / Fraction(str(step))
        if quotient.denominator != 1:
            yield JsonSchemaError(f"{value!r} is not a multiple of {step!r}")


Validator = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator, {"pattern": _pattern, "multipleOf": _multiple_of}
)


def resolve(root: Mapping[str, Any], reference: str) -> Any:
    """Follow a local reference: '#/$defs/Author' → its node."""
    node: Any = root
    try:
        if not reference.startswith("#"):
            raise KeyError(reference)
        for part in reference.removeprefix("#").split("/")[1:]:
            name = part.replace("~1", "/").replace("~0", "~")
            node = node[int(name) if isinstance(node, list) else name]
    except (LookupError, TypeError, ValueError):
        hint = "references stay within the schema: '#/$defs/Name'"
        raise SchemaError(f"$ref {reference!r} leads nowhere", hint=hint) from None
    return node


@lru_cache(maxsize=32)
def _validator(schema: Schema) -> Draft202012Validator:
    validator: Draft202012Validator = Validator(schema.json_schema, format_checker=Validator.FORMAT_CHECKER)
    return validator


def _from_json_schema(error: JsonSchemaError) -> Problem:
    """The innermost cause: of a value that fits no branch of a union, what the nearest branch has against it."""
    cause = best_match([error]) or error
    rule = (
        cause.message if len(cause.message) <= _LONGEST_RULE else f"breaks {cause.validator}: {cause.validator_value!r}"
    )
    return Problem(pointer(cause.absolute_path), rule, cause.instance)


def _from_pydantic(details: ErrorDetails, data: Any) -> Problem:
    """Pydantic's location without the names of union branches and validators, which are not in the data."""
    path: list[str | int] = []
    value: Any = data
    for part in details["loc"]:
        if (isinstance(value, dict) and part in value) or (isinstance(value, list) and part in range(len(value))):
            path.append(part)
            value = value[part]  # type: ignore[index]
    if details["type"] == "missing":
        return Problem(pointer([*path, details["loc"][-1]]), details["msg"])
    return Problem(pointer(path), details["msg"], value)


# --- finding the class in a module ---------------------------------------------------------------------------


def _split(spec: str) -> tuple[str, str | None]:
    """'paper.py:Paper' → ('paper.py', 'Paper'); the colon of a Windows drive is no separator."""
    target, colon, name = spec.rpartition(":")
    if colon and name.isidentifier() and len(target) > 1:
        return target, name
    return spec, None


def _find_builtin(name: str) -> Path:
    known = builtins()
    if name not in known:
        if os.path.isdir(name):
            raise SchemaError(f"{name}: is a folder, not a schema file", hint="name a .py file in it")
        choices = f"built-in are {', '.join(known)}; a file ends in .py"
        hint = f"did you mean ./{name}.py?" if os.path.exists(f"{name}.py") else choices
        raise SchemaError(f"unknown schema {name!r}", hint=hint)
    return known[name]


def _choose(module: ModuleType, name: str | None, target: str) -> type[BaseModel]:
    if name is not None:
        return _named(module, name, target)
    roots = _root_models(module)
    if not roots:
        hint = "a schema file defines a class that derives from pydantic.BaseModel"
        raise SchemaError(f"{target}: no Pydantic model in it", hint=hint)
    if len(roots) > 1:
        choices = ", ".join(f"{target}:{model.__name__}" for model in roots)
        raise SchemaError(f"{target}: several models could be meant", hint=f"choose one of {choices}")
    return roots[0]


def _named(module: ModuleType, name: str, target: str) -> type[BaseModel]:
    found = getattr(module, name, None)
    if isinstance(found, type) and issubclass(found, BaseModel):
        return found
    choices = ", ".join(f"{target}:{model.__name__}" for model in _own_models(module)) or "no Pydantic model"
    what = "not defined there" if found is None else "not a Pydantic model"
    raise SchemaError(f"{target}: {name} is {what}", hint=f"it has {choices}")


def _own_models(module: ModuleType) -> list[type[BaseModel]]:
    """The models that a module defines itself, in the order of the file."""
    classes = [value for value in vars(module).values() if isinstance(value, type)]
    own = [value for value in classes if issubclass(value, BaseModel) and value.__module__ == module.__name__]
    return list(dict.fromkeys(own))


def _root_models(module: ModuleType) -> list[type[BaseModel]]:
    """The models that no other model of the file refers to, by a field or as a base class.

    Models that refer only to each other have no root between them: then all are candidates.
    """
    models = _own_models(module)
    for model in models:
        with contextlib.suppress(NameError, PydanticUserError):  # told with its name when the model is used
            model.model_rebuild(_types_namespace=vars(module))
    used: set[object] = set()
    for model in models:
        with contextlib.suppress(PydanticUserError):
            used |= set(_classes_in(model.__pydantic_core_schema__)) - {model}
        used |= set(model.__mro__) - {model}
    return [model for model in models if model not in used] or models


def _classes_in(core: Any) -> Iterator[type]:
    """Every class in a core schema, through lists, unions, aliases, dataclasses and definitions."""
    if isinstance(core, Mapping):
        if isinstance(found := core.get("cls"), type):
            yield found
            yield getattr(found, "__pydantic_generic_metadata__", {}).get("origin") or found
        for part in core.values():
            yield from _classes_in(part)
    elif isinstance(core, list | tuple):
        for part in core:
            yield from _classes_in(part)
