"""XML as models write it: an element for each property, lists as `<item>`s, types from the schema."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from typing import Any

from extractor.encoders.decoded import refuse_depth
from extractor.encoders.xml_reader import XmlReader
from extractor.encoders.xml_text import BLANK, ENTRY, ITEM, NAME, kind_of_element, root_name
from extractor.scopes import Scope, Scopes, kind_of, ordered, scopes_of
from extractor.syntax import Reading
from extractor.types import Schema

# A carriage return would be read as a line break; the others XML forbids, and our reader takes their numbers.
_SPECIAL = re.compile("[&<>\r\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
_NAMED = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\n": "&#10;", "\t": "&#9;"}


def encode(value: Any, schema: Schema) -> str:
    """A value as XML, its elements in the order of the schema."""
    refuse_depth(value)
    scopes = scopes_of(schema)
    return "\n".join(_element(root_name(schema), "", value, (scopes.root, scopes)))


def _element(tag: str, key: str, value: Any, place: tuple[Scope, Scopes]) -> Iterator[str]:
    """The lines of one element."""
    scope, scopes = place
    head = f"<{tag}{key}{_marks(value, scope)}"
    if isinstance(value, dict | list) and value:
        yield f"{head}>"
        for name, inner_key, child, nodes in _children(value, scope):
            yield from (f"  {line}" for line in _element(name, inner_key, child, (scopes.of(nodes), scopes)))
        yield f"</{tag}>"
    else:
        yield f"{head}>{_text(value)}</{tag}>"


def _children(value: dict[str, Any] | list[Any], scope: Scope) -> Iterator[tuple[str, str, Any, tuple[Any, ...]]]:
    """Tag, key attribute, value and schemas of what is inside."""
    if isinstance(value, list):
        yield from ((ITEM, "", item, scope.child(at)) for at, item in enumerate(value))
        return
    for name in ordered(scope, value):
        tag, key = _tag(name, scope)
        yield tag, key, value[name], scope.child(name)


def _tag(name: str, scope: Scope) -> tuple[str, str]:
    if NAME.fullmatch(name) and scope.name(name) in {None, name}:
        return name, ""
    return ENTRY, f' key="{escaped(name, in_attribute=True)}"'


def _marks(value: Any, scope: Scope) -> str:
    """The attributes without which a reader would take the element for something else."""
    kind = kind_of(value)
    text = _text(value)
    blanks = ' xml:space="preserve"' if isinstance(value, str) and value.strip(BLANK) != value else ""
    tags: Collection[str] = ()
    if isinstance(value, dict | list):
        tags = [_tag(name, scope)[0] for name in value] if isinstance(value, dict) else [ITEM] * len(value)
    is_unsure = kind == "object" and ITEM in tags and "array" in scope.kinds  # is it an item, or a key of that name
    if kind_of_element(scope, tags, value if isinstance(value, str) else text, {}) == kind and not is_unsure:
        return blanks
    return ' null="true"' if value is None else f' type="{kind}"{blanks}'


def _text(value: Any) -> str:
    if isinstance(value, str):
        return escaped(value)
    return json.dumps(value) if isinstance(value, bool | int | float) else ""


def escaped(text: str, *, in_attribute: bool = False) -> str:
    r"""'a < b' → 'a &lt; b'; a control character as its number: '\x01' → '&#1;'."""
    text = _SPECIAL.sub(lambda found: _NAMED.get(found[0]) or f"&#{ord(found[0])};", text)
    return re.sub('["\n\t]', lambda found: _NAMED[found[0]], text) if in_attribute else text


def read(text: str, schema: Schema, *, is_cut: bool) -> Reading:
    """The values of an answer in XML; several lists are one."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    reader = XmlReader(text, scopes_of(schema), root_name(schema))
    reader.read(reader.begin())
    if is_cut:
        opened = reader.finish_cut()
        return Reading((*reader.values,), (*reader.notes,), opened)
    reader.finish()
    values = reader.values
    if len(values) > 1 and scopes_of(schema).root.kinds == {"array"}:
        reader.note("several lists are read as one")
        values = [[item for value in values for item in (value if isinstance(value, list) else [value])]]
    return Reading((*values,), (*reader.notes,))
