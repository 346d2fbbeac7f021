"""What elements of XML stand for, by the schema: shared by writer and reader, so that both decide alike.

Every value is one element: an object has its properties in it, a list `<item>`s. An attribute says the type only where
the schema leaves it open: `null="true"`, `type="number"`. `<entry key="…">` is a property whose name is none of XML.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from extractor.encoders.decoded import number
from extractor.scopes import KINDS, Scope
from extractor.types import Schema

ITEM, ENTRY = "item", "entry"
NAME = re.compile(r"[^\W\d][\w.-]*")
BLANK = " \t\n\r"
_WORDS = {"true": True, "false": False}
_REFERENCE = re.compile(r"&(?:#x([0-9a-fA-F]{1,6})|#([0-9]{1,7})|(amp|lt|gt|quot|apos));")
_NAMED = re.compile(r"&([a-zA-Z][a-zA-Z0-9]{1,31};)")
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}


def root_name(schema: Schema) -> str:
    """The name of the outermost element: 'JobPosting' → 'job_posting'."""
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", schema.name).lower()
    return name if NAME.fullmatch(name) else "record"


def kind_of_element(scope: Scope, tags: Collection[str], text: str, attributes: Mapping[str, str]) -> str:
    """The kind of value that an element is, by its children and its text."""
    if attributes.get("null") == "true":
        return "null"
    stated = attributes.get("type", "")
    if stated in KINDS:
        return stated
    if tags:
        is_list = "array" in scope.kinds and all(tag == ITEM for tag in tags)
        is_list = is_list and not ("object" in scope.kinds and ITEM in scope.properties)
        return "array" if is_list or "object" not in scope.kinds else "object"
    if text:
        return _kind_of_text(text, scope)
    return next((kind for kind in ("null", "string", "array", "object") if kind in scope.kinds), "null")


def _kind_of_text(text: str, scope: Scope) -> str:
    if "string" in scope.kinds:
        return "string"
    if text in _WORDS and "boolean" in scope.kinds:
        return "boolean"
    if "number" in scope.kinds and number(text) is not None:
        return "number"
    return "null" if text == "null" and "null" in scope.kinds else "string"


def scalar(kind: str, text: str) -> Any:
    """A value of a kind; where the text is none, the text: ('number', '12') → 12."""
    if kind == "null":
        return None
    value = number(text) if kind == "number" else _WORDS.get(text) if kind == "boolean" else None
    return text if value is None else value


def unescaped(text: str) -> str:
    """'a &lt; b &amp c &eacute;' → 'a < b &amp c é': entities and numbers, whatever else looks like one stays."""
    return _REFERENCE.sub(_meant, _NAMED.sub(_of_html, text) if has_entities(text) else text)


def has_entities(text: str) -> bool:
    """Whether entities of HTML are in a text that XML does not have: '&nbsp;'."""
    return any(found[1][:-1] not in _ENTITIES and _of_html(found) != found[0] for found in _NAMED.finditer(text))


def _of_html(found: re.Match[str]) -> str:
    if found[1][:-1] in _ENTITIES:
        return found[0]
    from html.entities import html5  # a large table, which most answers do not need

    return html5.get(found[1], found[0])


def _meant(found: re.Match[str]) -> str:
    if found[3]:
        return _ENTITIES[found[3]]
    code = int(found[1], 16) if found[1] else int(found[2])
    return chr(code) if code <= 0x10FFFF else found[0]  # noqa: PLR2004
