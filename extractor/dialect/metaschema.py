"""What a metaschema says of each keyword's value.

jsonschema needs 1.5 s for the metaschema of a document of 300 kB, and recurses. So metaschemas are compiled to one
predicate for each keyword; where one says no, jsonschema is asked about that keyword, and has the last word.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache, reduce
from typing import Any
from urllib.parse import urljoin

import jsonschema
from jsonschema.exceptions import SchemaError as MetaschemaError
from jsonschema_specifications import REGISTRY  # type: ignore[import-untyped]

from extractor import patterns
from extractor.comparable import comparable
from extractor.dialect.keywords import (
    CLASSES,
    DROPPED,
    EXCLUSIVE,
    IDENTIFIERS,
    NAMED,
    REFERENCES,
    SUBSCHEMAS,
    UNDECLARED,
    Path,
)
from extractor.types import Dialect

_SHORT = 60  # characters of a value in a message
_LONGEST_RULE = 200
_MANY = 1_000  # items; jsonschema would compare each with all others
_DIALECTS: tuple[Dialect, ...] = ("ecma", "rust")
_KINDS: dict[str, type | tuple[type, ...]] = {
    "array": list,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "object": dict,
    "string": str,
}

Rule = Callable[[Any], bool]


@lru_cache(maxsize=8)
def rules_of(draft: str) -> dict[str, Rule]:
    """Keyword → what its value has to be. A subschema has only to be one here: its keywords have their own turn."""
    if draft == UNDECLARED:
        newest, old, oldest = rules_of("2020-12"), rules_of("2019-09"), rules_of("draft-04")
        limits = {key: _any_of([newest[key], oldest[key]]) for key in ("exclusiveMinimum", "exclusiveMaximum")}
        return newest | limits | {key: old[key] for key in ("items", "additionalItems")}
    whole = CLASSES[draft].META_SCHEMA
    rules: dict[str, Rule] = {}
    for part in [*(REGISTRY.contents(uri) for uri in REGISTRY if f"/{draft}/meta/" in uri), whole]:
        compiler = _Metaschema(part, _is_of(whole["type"]))
        rules |= {keyword: compiler.rule(value) for keyword, value in part.get("properties", {}).items()}
    return rules


@dataclass(frozen=True, slots=True)
class _Metaschema:
    """A compiler of the few keywords that metaschemas are made of."""

    document: Mapping[str, Any]
    is_schema: Rule

    def rule(self, part: Any) -> Rule:
        """Whether a value is what a part of the metaschema asks for; its type comes first."""
        keywords = sorted(part, key=lambda keyword: keyword != "type") if isinstance(part, Mapping) else []
        return _all_of([found for keyword in keywords if (found := self._keyword(keyword, part))])

    def _keyword(self, keyword: str, part: Mapping[str, Any]) -> Rule | None:
        argument = part[keyword]
        if keyword in ("$ref", "$dynamicRef", "$recursiveRef"):
            return self._reference(argument)
        if keyword in ("anyOf", "allOf"):
            return (_any_of if keyword == "anyOf" else _all_of)(list(map(self.rule, argument)))
        if keyword in ("items", "propertyNames", "additionalProperties"):
            rule, is_map = self.rule(argument), keyword == "additionalProperties"
            return lambda value: all(map(rule, value.values() if is_map else value))
        return _CHECKS[keyword](argument, part) if keyword in _CHECKS else None

    def _reference(self, reference: str) -> Rule:
        if reference in ("#", "#meta"):
            return self.is_schema
        document, fragment = reference.split("#")
        part = REGISTRY.contents(urljoin(self.document["$id"], document)) if document else self.document
        inner = _Metaschema(part, self.is_schema)
        for name in fragment.split("/")[1:]:
            part = part[name]
        return inner.rule(part)


def _any_of(rules: list[Rule]) -> Rule:
    return reduce(lambda one, other: lambda value: one(value) or other(value), rules)


def _all_of(rules: list[Rule]) -> Rule:
    return reduce(lambda one, other: lambda value: one(value) and other(value), rules) if rules else lambda _: True


def _is_of(kinds: str | list[str]) -> Rule:
    classes = tuple(_KINDS[kind] for kind in _listed(kinds))
    return lambda value: isinstance(value, classes) and (not isinstance(value, bool) or bool in classes)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _are_distinct(values: list[Any]) -> bool:
    return len({comparable(value) for value in values}) == len(values)


@lru_cache(maxsize=1)
def known() -> frozenset[str]:
    """The keywords of all drafts."""
    return frozenset(keyword for draft in CLASSES for keyword in rules_of(draft))


@lru_cache(maxsize=8)
def touched(draft: str) -> frozenset[str]:
    """The keywords that are written in another way or perhaps left out, but for `items` where it is a list."""
    old = ("additionalItems", "dependencies", *EXCLUSIVE.values())
    return frozenset((*IDENTIFIERS, *REFERENCES, DROPPED, *old)) | (known() - rules_of(draft).keys())


def complaint(keyword: str, value: Any, draft: str) -> tuple[Path, str] | None:
    """What jsonschema has against a keyword, and where; it knows better than the rules, so perhaps nothing."""
    what = f"{short(value)} is not valid in {draft}"
    if isinstance(value, list | dict) and len(value) > _MANY:
        return (keyword,), what
    if keyword == "type" and (told := _unknown_type(value)):
        return (keyword,), told
    if draft == UNDECLARED:
        draft = "2019-09" if keyword in ("items", "additionalItems") else "2020-12"
    try:
        CLASSES[draft].check_schema({keyword: _hollow(keyword, value)}, format_checker=jsonschema.FormatChecker(()))
    except MetaschemaError as error:
        return tuple(error.absolute_path), _rule_of(error)
    if keyword not in ("pattern", "patternProperties"):
        return None
    what = next(text for text in _listed(value if keyword == "pattern" else [*value]) if not _is_pattern(text))
    return (keyword,), f"{short(what)} is not a regular expression"


_TYPES = ("string", "number", "integer", "boolean", "object", "array", "null")
_MEANT = {"str": "string", "text": "string", "int": "integer", "float": "number", "bool": "boolean", "list": "array",
          "dict": "object", "none": "null"}  # fmt: skip


def _unknown_type(value: Any) -> str | None:
    """What is wrong with a `type` that names none: 'objekt' → 'no type of JSON Schema; did you mean "object"?'."""
    name = next((name for name in _listed(value) if isinstance(name, str) and name not in _TYPES), None)
    if name is None:
        return None
    meant = [_MEANT[name.lower()]] if name.lower() in _MEANT else get_close_matches(name.lower(), _TYPES, n=1)
    return f"{short(name)} is no type of JSON Schema; " + (
        f'did you mean "{meant[0]}"?' if meant else f"they are {', '.join(_TYPES)}"
    )


def _hollow(keyword: str, value: Any) -> Any:
    """A keyword's value with nothing in its subschemas."""
    if keyword not in SUBSCHEMAS:
        return value
    if isinstance(value, list):
        return [{} if isinstance(child, dict) else child for child in value]
    if isinstance(value, dict) and keyword in NAMED:
        return {name: {} if isinstance(child, dict) else child for name, child in value.items()}
    return {} if isinstance(value, dict) else value


def _rule_of(error: MetaschemaError) -> str:
    """The words of jsonschema, with a long value cut."""
    message = error.message.replace(repr(error.instance), short(error.instance), 1)
    return message if len(message) <= _LONGEST_RULE else f"{short(error.instance)} breaks {error.validator}"


def short(value: Any) -> str:
    """A value as a message shows it."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHORT else text[: _SHORT - 1] + "…"


@lru_cache(maxsize=1024)
def _is_pattern(text: str) -> bool:
    """In any dialect: whose patterns these are is not known here."""
    for dialect in _DIALECTS:
        try:
            patterns.check(text, dialect)
        except patterns.UnreadError:
            return True
        except patterns.PatternError:
            continue
        return True
    return False


_CHECKS: dict[str, Callable[[Any, Mapping[str, Any]], Rule]] = {
    "type": lambda kinds, _: _is_of(kinds),
    "enum": lambda values, _: lambda value: value in values,
    "minItems": lambda least, _: lambda value: len(value) >= least,
    "uniqueItems": lambda _, __: _are_distinct,
    "minimum": lambda least, part: lambda value: value > least or (value == least and "exclusiveMinimum" not in part),
    "exclusiveMinimum": lambda least, _: lambda value: least is True or value > least,
    "pattern": lambda pattern, _: lambda value: re.search(pattern, value) is not None,
    "format": lambda name, _: lambda value: name != "regex" or _is_pattern(value),
}
