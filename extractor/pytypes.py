"""JSON Schema of Python types, with what Pydantic checks in a class and leaves out of its own."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from enum import Enum
from typing import Any

from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import SchemaValidator, ValidationError, core_schema, to_json, to_jsonable_python

from extractor.choices import name_of
from extractor.docstrings import members_docs
from extractor.errors import SchemaError

_WRAPPERS = ("function-before", "function-after", "function-wrap", "nullable", "default")  # of another type
_WITH_HOST = frozenset(("http", "https", "ws", "wss", "ftp"))  # by the URL standard none of theirs is without one
_MOST_DIGITS = 15  # where a Decimal has no bound of its own


class Generator(GenerateJsonSchema):
    """Pydantic's, but as exact as the type.

    A Decimal is no free text, a URL has the schemes that its type admits, the keys of a `dict[int, …]` are numbers, and
    a time needs an offset only where the type asks for one.
    """

    def decimal_schema(self, schema: core_schema.DecimalSchema) -> dict[str, Any]:
        """Digits before and after the point: `max_digits=6, decimal_places=2` → at most 9999.99."""
        json_schema = super().decimal_schema(schema)
        places = schema.get("decimal_places")
        most = schema.get("max_digits")
        whole = _MOST_DIGITS if most is None else most - (places or 0)
        fraction = "" if places == 0 else rf"(?:\.[0-9]{{1,{_MOST_DIGITS if places is None else places}}})?"
        for branch in json_schema.get("anyOf", ()):
            if branch.get("type") == "string":
                branch["pattern"] = rf"^-?{'0' if whole < 1 else f'[0-9]{{1,{whole}}}'}{fraction}$"
            elif branch.get("type") == "number" and places is not None:
                branch["multipleOf"] = 10**-places if places else 1
        return json_schema

    def url_schema(self, schema: core_schema.UrlSchema) -> dict[str, Any]:
        """`HttpUrl` → 'https://…' with a host; `FileUrl` → 'file:…'; other characters than ASCII's as well."""
        json_schema = super().url_schema(schema)
        if schemes := schema.get("allowed_schemes"):
            is_required = schema.get("host_required") and not schema.get("default_host")
            host = "//[^/?#@:]" if is_required or _WITH_HOST.issuperset(schemes) else ""
            json_schema["pattern"] = rf"^(?:{'|'.join(map(re.escape, schemes))}):{host}"
        return {**json_schema, "format": "iri"}

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> dict[str, Any]:
        """Without a default that JSON cannot say, as `inf`: none restricts anything."""
        json_schema = super().default_schema(schema)
        try:
            json.dumps(json_schema.get("default"), allow_nan=False)
        except ValueError:
            del json_schema["default"]
        return json_schema

    def enum_schema(self, schema: core_schema.EnumSchema) -> dict[str, Any]:
        """Each value once, with what is written below the members as `x-aliases`."""
        json_schema = super().enum_schema(schema)
        if "enum" in json_schema:  # a member with two names is in it twice
            json_schema["enum"] = [*{(type(value), name_of(value)): value for value in json_schema["enum"]}.values()]
        members = schema["cls"].__members__
        docs: dict[str, str] = {}
        for name, text in members_docs(schema["cls"]).items():
            docs.setdefault(name_of(to_jsonable_python(members[name].value)), text)
        known = set(map(name_of, json_schema.get("enum", [json_schema.get("const")])))
        told = {value: {"description": text} for value, text in docs.items() if value in known}
        return {**json_schema, "x-aliases": told} if told else json_schema

    def datetime_schema(self, schema: core_schema.DatetimeSchema) -> dict[str, Any]:
        """`datetime` → with an offset or without; `NaiveDatetime`, `AwareDatetime` → one of the two."""
        return _time("date-time", schema.get("tz_constraint"))

    def time_schema(self, schema: core_schema.TimeSchema) -> dict[str, Any]:
        """As `datetime_schema`."""
        return _time("time", schema.get("tz_constraint"))

    def dict_schema(self, schema: core_schema.DictSchema) -> dict[str, Any]:
        """Names as the type of the keys has them: `dict[int, str]` → decimal digits; nothing else beside a pattern."""
        return self._named(super().dict_schema(schema), schema.get("keys_schema", {}))

    def ordered_dict_schema(self, schema: Any) -> dict[str, Any]:
        """As `dict_schema`."""
        return self._named(super().ordered_dict_schema(schema), schema.get("keys_schema", {}))

    def _named(self, json_schema: dict[str, Any], keys: Any) -> dict[str, Any]:
        keys = _unwrapped(keys)
        if keys.get("type") in _KEYS:
            json_schema["propertyNames"] = {"pattern": _KEYS[keys["type"]]}
        elif keys.get("type") in ("datetime", "time"):
            json_schema["propertyNames"] = self.generate_inner(keys)
        elif (names := _names(keys)) is not None:
            json_schema["propertyNames"] = {"enum": names}
        if "patternProperties" in json_schema:
            json_schema["additionalProperties"] = False
        return json_schema


def _unwrapped(core: Any) -> Any:
    while core.get("type") in _WRAPPERS:
        core = core["schema"]
    return core


# What the names of an object are for keys that are no texts.
_KEYS = {
    "int": "^(?:0|-?[1-9][0-9]{0,17})$",
    **dict.fromkeys(
        ("float", "decimal"), rf"^-?(?:0|[1-9][0-9]{{0,{_MOST_DIGITS - 1}}})(?:\.[0-9]{{1,{_MOST_DIGITS}}})?$"
    ),
    "bool": "^(?:true|false)$",
}


def _names(keys: Any) -> list[str] | None:
    """The names that stand for keys of a finite type, as Pydantic takes them: Literal['a', 1] → ['a']."""
    if keys.get("type") not in ("enum", "literal", "none", "tuple"):
        return None
    values = [member.value for member in keys.get("members", ())] or keys.get("expected", ())
    texts = [str(value).lower() if isinstance(value, bool) else str(value) for value in values]
    checker = SchemaValidator({"type": "dict", "keys_schema": keys, "values_schema": {"type": "any"}})
    return [text for text in texts if _is_taken(checker, {text: 0})]


def _is_taken(checker: SchemaValidator, value: Any) -> bool:
    try:
        checker.validate_json(to_json(value))
    except ValidationError:
        return False
    return True


def _time(name: str, constraint: object) -> dict[str, Any]:
    local, aware = {"type": "string", "format": f"{name}-local"}, {"type": "string", "format": name}
    if constraint is None:
        return {"anyOf": [local, aware]}
    return local if constraint == "naive" else aware


# --- what can never be valid ---------------------------------------------------------------------------------


def refuse_impossible(core: Any, name: str) -> None:
    """Raise `SchemaError` for a type of which a part is never valid, whatever the JSON."""
    todo = [core]
    while todo:
        node = todo.pop()
        if isinstance(node, Mapping):
            _refuse_alias_path(node.get("validation_alias"), name)
            if node.get("type") in ("literal", "enum"):
                _refuse_listed(node, name)
            if _names(_unwrapped(node.get("keys_schema", {}))) == []:
                raise SchemaError(f"{name}: no name of a JSON object is valid as the key of one of its dictionaries",
                                  hint="keys are texts, numbers, dates or the members of an enum of such")  # fmt: skip
            todo += [part for key, part in node.items() if key != "metadata"]
        elif isinstance(node, list | tuple):
            todo += node


def _refuse_alias_path(alias: Any, name: str) -> None:
    """An AliasPath reads from inside of other values; no flat answer could ever be valid."""
    paths = alias if isinstance(alias, list) and alias and isinstance(alias[0], list) else [alias]
    if alias is not None and all(isinstance(path, list) and len(path) > 1 for path in paths):
        raise SchemaError(f"{name}: a field reads its value by AliasPath {paths[0]}", hint="use a plain alias")


def _refuse_listed(node: Any, name: str) -> None:
    """Bytes, tuples, and in a Literal members of an Enum, are never equal to a JSON value."""
    checker = SchemaValidator(node)
    for value in node.get("members") or node["expected"]:
        if not _is_taken(checker, value):
            what = repr(value) if node["type"] == "enum" else f"Literal[{value!r}]"
            is_member = isinstance(value, Enum) and node["type"] == "literal"
            hint = "write the enum itself as the type" if is_member else "write it as a text"
            raise SchemaError(f"{name}: no JSON value is valid for {what}", hint=hint)


def additions(answer: Any, written: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Where a class put something into an answer: {'a': 1}, {'a': 1, 'b': 0} → [('b',)]."""
    if isinstance(answer, Mapping) and isinstance(written, Mapping):
        new = [(*path, key) for key in written if key not in answer]
        both = [key for key in written if key in answer]
        return new + [found for key in both for found in additions(answer[key], written[key], (*path, key))]
    if isinstance(answer, list) and isinstance(written, list) and len(answer) == len(written):
        pairs = enumerate(zip(answer, written, strict=True))
        return [found for at, (mine, its) in pairs for found in additions(mine, its, (*path, at))]
    if isinstance(answer, list) and isinstance(written, list):
        return [
            (*path, at) for at in range(len(answer), len(written))
        ]  # that many; which they are is the class's affair
    return []


def in_order(answer: Any, written: Any, native: Any) -> Any:
    """What a class made of an answer, its sets in the order of the answer: they have none of their own.

    `written` is JSON, `native` the same with the class's own containers.
    """
    if isinstance(native, set | frozenset) and isinstance(answer, list) and isinstance(written, list):
        return answer if sorted(map(repr, answer)) == sorted(map(repr, written)) else written
    if isinstance(answer, Mapping) and isinstance(written, Mapping) and isinstance(native, Mapping):
        pairs = zip(written.items(), native.values(), strict=True)
        return {key: in_order(answer[key], value, own) if key in answer else value for (key, value), own in pairs}
    lists = isinstance(answer, list) and isinstance(written, list) and isinstance(native, list | tuple)
    if lists and len(answer) == len(written) == len(native):
        return [in_order(*items) for items in zip(answer, written, native, strict=True)]
    return written
