"""The values of an answer in another form than JSON, which was asked for: YAML, XML, or a table in Markdown.

Read where the text names properties of the schema as such a form does; prose that mentions them is none.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace

from extractor.errors import ParseError, SchemaError
from extractor.pointers import unescaped
from extractor.scopes import Scopes
from extractor.syntax import BEGIN, Reading
from extractor.types import Encoding, Schema

_KEY = re.compile(
    r"^[ \t]*+(?:-[ \t]++)?[*_`\"']{0,3}(/?[^\W\d][\w /-]{0,60}?)[*_`\"']{0,3}[:：](?=\s|\*|\Z)", re.MULTILINE
)
_INNER_KEY = re.compile(r"[,;，；][ \t]*+[*_`\"']{0,3}([^\W\d][\w -]{0,60}?)[*_`\"']{0,3}[ \t]?[:：=]")
_TAG = re.compile(r"<([^\W\d][\w.:-]{0,60})>")
_RULE = re.compile(r"^(?=[^\n|]*+\|)[ \t|:]*+--[-| \t:]*+$", re.MULTILINE)
_NAMED = {"yaml": "YAML", "xml": "XML", "csv": "a table"}


def read_unasked(text: str, schema: Schema) -> Reading | None:
    """The values of an answer that is no JSON; None for prose, and for what the form that it has cannot hold."""
    names = _names(schema)
    encoding = _encoding(text, names) if names else None
    if encoding is None:
        return None
    from extractor.encoders import as_csv, as_xml, as_yaml

    form = {"yaml": as_yaml, "xml": as_xml, "csv": as_csv}[encoding]
    try:
        found: Reading = form.read(text, schema, is_cut=False)
    except (ParseError, SchemaError):
        return None
    return replace(found, notes=(f"the answer is {_NAMED[encoding]}, not JSON", *found.notes))


def _names(schema: Schema) -> frozenset[str]:
    """The names of the properties at the top, or of the records of the only list; none where a text is valid."""
    scopes = Scopes(schema.json_schema)
    root = scopes.root
    if "string" in root.kinds:
        return frozenset()
    only = scopes.of(next(iter(root.properties.values()))) if len(root.properties) == 1 else root
    names = {*root.properties, *(scopes.of(only.items).properties if "array" in only.kinds else ())}
    return frozenset(_folded(part) for name in names for part in (name, unescaped(name.rpartition("/")[2])) if part)


def _encoding(text: str, names: Collection[str]) -> Encoding | None:
    """How a text names properties: 'a: 1' → 'yaml', '<a>1</a>' → 'xml'."""
    if any(_folded(found[1]) in names and f"</{found[1]}" in text for found in _TAG.finditer(text[:10_000])):
        return "xml"
    if _RULE.search(text):
        return "csv"
    keys = [found for found in _KEY.finditer(text) if _folded(found[1]) in names]
    if not keys or BEGIN.search(text, 0, keys[0].start()):
        return None  # JSON that could not be read has such keys, too
    if len(keys) == 1 and text.rstrip().endswith((*".!?。！？",)):
        return None  # 'Note: there is none.'
    is_in_line = any(_folded(found[1]) in names for found in _INNER_KEY.finditer(text))
    return None if is_in_line else "yaml"


def _folded(name: str) -> str:
    return name.strip().casefold().replace(" ", "_")
