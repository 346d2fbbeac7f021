"""From whatever a user points at to one `Schema`.

JSON Schema (draft 2020-12, self-contained) is the only inner form; nothing downstream knows where a schema came from.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

from jsonschema import Draft202012Validator
from pydantic import BaseModel, TypeAdapter
from pydantic.errors import PydanticInvalidForJsonSchema, PydanticUserError
from pydantic_core import SchemaError as CoreError

from extractor import dsl, examples, field_examples
from extractor.dialect import to_inner
from extractor.dialect.keywords import DEFINITIONS, NAMED
from extractor.errors import SchemaError
from extractor.files import read_document, read_json
from extractor.pointers import is_list
from extractor.pyfile import find_type
from extractor.pytypes import Generator, refuse_impossible
from extractor.schema_spec import JSON, is_json, is_path, split
from extractor.types import Schema

SchemaSpec = Any  # str | Path | a type (Pydantic class, dataclass, TypedDict, list[Paper] …) | JSON Schema | Schema

_PACKAGE = Path(__file__).parent
_BUILTIN_FOLDERS = (_PACKAGE / "schemas", _PACKAGE.parent / "schemas")  # in the wheel; in a checkout

_LONGEST_FAULT = 300  # characters of what Pydantic says


def load(spec: SchemaSpec) -> Schema:
    """Load a schema.

    `spec` is a Pydantic class, a dataclass, a TypedDict or another type (`list[Paper]`); a JSON Schema as a dict;
    `paper.py`, `paper.py:Paper`, `package.module:Paper`, what `one_of` made there too; a JSON Schema file (`.json`,
    `.yaml`); an inline schema (`'title, year int, keywords[]'`); or the name of a built-in one (`article`). Raises
    `SchemaError`, with file and line, pointer, or column.

    Its few-shot examples come with it: see `extractor.examples`.
    """
    return spec if isinstance(spec, Schema) else examples.with_own(*_load_bare(spec))


def load_many(spec: SchemaSpec) -> Schema:
    """The schema of a list of such records; unlike one record, a list can always say that there is nothing."""
    if isinstance(spec, Schema):
        return many(spec)
    schema, module, where = _load_bare(spec)
    return examples.with_own(many(schema), module, where)


def _load_bare(spec: SchemaSpec) -> tuple[Schema, ModuleType | None, str]:
    """A schema without examples, and the module that may have some, by the name that a user gave it."""
    if isinstance(spec, Mapping):
        return load_json(spec), None, ""
    if spec is None:
        raise SchemaError("no schema", hint="give a Pydantic class, a file, an inline schema or a built-in name")
    if not isinstance(spec, str | Path):
        return from_type(spec), None, ""
    inline = _load_inline(spec) if isinstance(spec, str) else None
    return (inline, None, "") if inline else _load_named(str(spec))


def _load_inline(spec: str) -> Schema | None:
    """A schema that is given as text: '{"type": "object"}', or in our own language."""
    if is_json(spec):
        return load_json(
            read_json(spec, hint="a schema in JSON begins so; one in the inline language needs no outer braces")
        )
    return from_dsl(spec) if dsl.looks_like_dsl(spec) else None


def _load_named(spec: str) -> tuple[Schema, ModuleType | None, str]:
    """A schema in a file or module, or a built-in one."""
    target, name = split(spec)
    if target.lower().endswith(JSON):
        return _load_file(Path(target).expanduser(), name), None, ""
    if not name and not is_path(target):
        target = str(_find_builtin(target))
    type_, module = find_type(target, name)
    return (type_ if isinstance(type_, Schema) else from_type(type_, name)), module, target


def from_dsl(text: str) -> Schema:
    """The schema of an inline one: 'title, year int, keywords[]'."""
    return _schema("Record", dsl.parse(text))


def load_json(document: Any, name: str = "Record", where: str = "the schema") -> Schema:
    """The schema of a JSON Schema of any draft from 4 on; nothing outside of it is fetched.

    `name` counts where it has no title that can be one; `where` is what messages call it.
    """
    if isinstance(document, Mapping) and document and not document.keys() & _KEYWORDS:
        hint = "for a sample record, `extract schema init SAMPLE.json` writes a schema"
        keys = ", ".join(map(repr, [*document][:3]))
        raise SchemaError(f"{where}: no keyword of JSON Schema in it, but {keys}", hint=hint)
    inner = to_inner(document, where)
    return Schema(_title(document) or name, inner, digest(inner))


def from_type(type_: Any, name: str | None = None) -> Schema:
    """The schema of a Python type, as its validation by Pydantic sees it (aliases, not attribute names)."""
    name = name or _name_of(type_)
    try:
        if isinstance(type_, type) and issubclass(type_, BaseModel):
            type_.model_rebuild()  # names the type that is not defined, if there is one
        adapter = TypeAdapter(type_)
        refuse_impossible(adapter.core_schema, name)
        json_schema = adapter.json_schema(mode="validation", schema_generator=Generator)
    except SchemaError:
        raise
    except Exception as error:  # a type has hooks, which can fail in any way
        what, hint = _fault_of_type(error)
        raise SchemaError(f"{name}{what}", hint=hint) from error
    schema = _schema(name, json_schema, type_)
    inner = field_examples.with_items_in_lists(schema, adapter.core_schema)
    return field_examples.check(
        schema if inner is schema.json_schema else replace(schema, json_schema=inner, digest=digest(inner))
    )


def _fault_of_type(error: Exception) -> tuple[str, str]:
    """What Pydantic has against a type, and what to try."""
    if isinstance(error, PydanticUserError | PydanticInvalidForJsonSchema):
        is_old = getattr(error, "code", None) == "typed-dict-version"
        hint = "from typing_extensions import TypedDict" if is_old else "is it a Pydantic class, or made of such?"
        return f" has no JSON Schema: {error.message.partition(chr(10))[0]}", hint
    if isinstance(error, NameError):
        return f": {str(error).partition(chr(10))[0]}", "every type that a field names has to be defined in the module"
    if isinstance(error, CoreError):
        why = " ".join(str(error).split())
        is_look = "look-around" in why or "backreferences" in why
        hint = "regex_engine='python-re' in its model_config takes it" if is_look else "mend it where it is declared"
        return f" cannot be built: {why[:_LONGEST_FAULT]}", hint
    return f" itself failed: {type(error).__name__}: {error}", "is it a Pydantic class, or made of such?"


def many(schema: Schema) -> Schema:
    """The schema of a list of such records."""
    if is_many(schema):
        return schema
    inner = relocated(schema.json_schema, "#/items", DEFINITIONS)
    shared = {keyword: inner.pop(keyword) for keyword in DEFINITIONS if keyword in inner}  # where Pydantic has them
    model = None if schema.model is None else list[schema.model]  # type: ignore[name-defined]
    wrapped = {"type": "array", "items": inner, **shared}
    shown = examples.of_many(schema)
    return replace(_schema(schema.name, wrapped), model=model, examples=shown, instruction=schema.instruction)


def is_many(schema: Schema) -> bool:
    """Whether an answer is a list of records."""
    return is_list(schema.json_schema)


def digest(json_schema: Mapping[str, Any]) -> str:
    """sha256 (hex) of a JSON Schema; the order of its properties counts, it is the order of the answer."""
    try:
        return hashlib.sha256(json.dumps(json_schema, ensure_ascii=False).encode()).hexdigest()
    except UnicodeEncodeError as error:
        hint = "surrogates come in pairs: one alone is no character"
        raise SchemaError(f"the schema holds half of a character: {error.object[error.start]!r}", hint=hint) from error


def builtins() -> dict[str, Path]:
    """The built-in schemas: name → file."""
    folder = next((folder for folder in _BUILTIN_FOLDERS if folder.is_dir()), None)
    return {path.stem: path for path in sorted(folder.glob("[!_]*.py"))} if folder else {}


def _schema(name: str, json_schema: Mapping[str, Any], model: Any = None) -> Schema:
    inner = json_schema if model is None else to_inner(json_schema, name)
    return Schema(name, inner, digest(inner), model)


def _load_file(path: Path, name: str | None) -> Schema:
    if name is not None:
        raise SchemaError(f"{path}:{name}: a JSON Schema file has no classes to choose from", hint=f"use {path}")
    document = read_document(path, "a schema file is JSON (.json), YAML (.yaml) or Python (.py)")
    return load_json(document, path.stem, str(path))


# A document without any of these says nothing as a JSON Schema: it is something else.
_KEYWORDS = frozenset(Draft202012Validator.VALIDATORS) | frozenset(
    """$schema $id $defs definitions then else minContains maxContains additionalItems dependencies
    $recursiveRef""".split()  # noqa: SIM905
)


def _title(document: Any) -> str | None:
    title = document.get("title") if isinstance(document, Mapping) else None
    return title if isinstance(title, str) and title.isidentifier() else None


def _name_of(type_: Any) -> str:
    """Paper → 'Paper', list[Paper] → 'list[Paper]'."""
    if isinstance(type_, type) and not getattr(type_, "__args__", None):
        return type_.__name__
    return str(type_).replace(f"{getattr(type_, '__module__', '')}.", "").replace("typing.", "")[:80]


_DATA = frozenset(("enum", "const", "default", "examples"))


def relocated(root: Mapping[str, Any], place: str, staying: Collection[str] = ()) -> dict[str, Any]:
    """A schema whose root has moved to a place of another one, '#/items' say: its references follow it there.

    Those into keywords that stay at the root, `$defs` say, are as before.
    """
    kept = tuple(f"#/{keyword}/" for keyword in staying)

    def follow(reference: str) -> str:
        return reference if reference.startswith(kept) else place + reference.removeprefix("#")

    def moved(node: Any, keyword: str = "") -> Any:
        if keyword in _DATA:
            return node
        if isinstance(node, list):
            return [moved(part) for part in node]
        if not isinstance(node, Mapping):
            return follow(node) if keyword == "$ref" else node
        return {key: moved(part, "" if keyword in NAMED else key) for key, part in node.items()}

    return dict(moved(root))


def _find_builtin(name: str) -> Path:
    known = builtins()
    if name not in known:
        if os.path.isdir(name):
            raise SchemaError(f"{name}: is a folder, not a schema file", hint="name a file in it")
        if os.path.isfile(name):
            raise SchemaError(f"{name}: no schema file", hint="a schema file ends in .py, .json or .yaml")
        if len(name.split()) > 1:
            dsl.parse(name)  # 'title strr' is one field, and tells what is wrong with it
        there = next((f"./{name}{suffix}" for suffix in (".py", *JSON) if os.path.exists(name + suffix)), None)
        inline = f"'{name} str' is one field" if name.isidentifier() else "'title str, year int' is an inline one"
        choices = f"built-in are {', '.join(known)}; a file ends in .py or .json; {inline}"
        raise SchemaError(f"unknown schema {name!r}", hint=f"did you mean {there}?" if there else choices)
    return known[name]
