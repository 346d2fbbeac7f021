"""The values of an answer in another form than JSON, which was asked for: YAML, XML, or a table in Markdown.

Read where the text names properties of the schema as such a form does; prose that mentions them is none.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace
from typing import Any

from extractor.errors import ParseError, SchemaError
from extractor.pointers import unescaped
from extractor.scopes import Scopes, kind_of, scopes_of
from extractor.syntax import BEGIN, Reading
from extractor.types import Encoding, Schema

_KEY = re.compile(
    r"^[ \t]*+(?:-[ \t]++)?[*_`\"']{0,3}(/?[^\W\d][\w /-]{0,60}?)[*_`\"']{0,3}[:：](?=\s|\*|\Z)", re.MULTILINE
)
# A key and what follows it in other forms than YAML: 'a = [1]', or a list on the next line.
_ASSIGNED = re.compile(
    r"^([ \t]*+[*_`\"']{0,3}(/?[^\W\d][\w /-]{0,60}?)[*_`\"']{0,3})[ \t]?(?:=(?!=)[ \t]*|[:：][ \t]*\n[ \t]*(?=\[))",
    re.MULTILINE,
)
_FENCE = re.compile(r"```\w{0,20}[ \t]*\n\s*\Z")
_INNER_KEY = re.compile(r"[,;，；][ \t]*+[*_`\"']{0,3}([^\W\d][\w -]{0,60}?)[*_`\"']{0,3}[ \t]?[:：=]")
_TAG = re.compile(r"<([^\W\d][\w.:-]{0,60})>")
_RULE = re.compile(r"^(?=[^\n|]*+\|)[ \t|:]*+--[-| \t:]*+$", re.MULTILINE)
_FURTHEST = 100  # characters before a value in which its key is
_NAMED = {"yaml": "YAML", "xml": "XML", "csv": "a table"}


def read_unasked(text: str, schema: Schema) -> Reading | None:
    """The values of an answer that is no JSON; None for prose, and for what the form that it has cannot hold."""
    names = _names(schema)
    given, text = text, _ASSIGNED.sub(lambda found: f"{found[1]}: " if _folded(found[2]) in names else found[0], text)
    encoding = _encoding(text, names) if names else None
    if encoding is None:
        return None
    from extractor.encoders import as_csv, as_xml, as_yaml

    form = {"yaml": as_yaml, "xml": as_xml, "csv": as_csv}[encoding]
    try:
        found: Reading = form.read(text, schema, is_cut=False)
    except (ParseError, SchemaError):
        return None
    if not found.values or as_yaml.NOT_YAML in found.notes:
        return None  # a table without lines; a list in a fence, which stands behind a key
    told = ("what is behind '=' or on the next line is read as the value of a key",) if text != given else ()
    return replace(found, notes=(f"the answer is {_NAMED[encoding]}, not JSON", *told, *found.notes))


def stands_behind_key(found: Reading, schema: Schema) -> bool:
    r"""Whether the JSON in a text is no answer, but the value of a property: of 'title: A\ntags: ["x"]', the list."""
    names = _names(schema) if found.before else frozenset()
    if not names:
        return False
    scopes = scopes_of(schema)
    pairs = zip(found.values, found.before, strict=True)
    of_keys = [_is_of_key(value, _key_before(said, names), scopes) for value, said in pairs]
    others = [value for value, is_inner in zip(found.values, of_keys, strict=True) if not is_inner]
    return any(of_keys) and not any(kind_of(value) in scopes.root.kinds for value in others)


def _key_before(said: str, names: Collection[str]) -> str:
    """The name that stands right before a value, folded: 'so **Tags**: ' → 'tags'; '' for none."""
    head = _FENCE.sub("", said[-_FURTHEST:]).rstrip(" \t\n*_`")
    line = _folded(head[:-1].rstrip(" \t*_`\"'").rpartition("\n")[2]) if head[-1:] in {":", "：", "="} else ""
    ends = [name for name in names if line.endswith(name) and not line[: -len(name)][-1:].isalnum()]
    return max(ends, key=len, default="")


def _is_of_key(value: Any, key: str, scopes: Scopes) -> bool:
    """Whether a value behind a key is that of the key; of the only property, both can be meant and are the same."""
    root = scopes.root
    if not key or [*map(_folded, root.properties)] == [key]:
        return False
    kind = kind_of(value)
    if kind not in root.kinds:
        return True
    # The whole answer may stand there: 'Title: {"title": "A"}'.
    at = root if root.properties else scopes.of(root.items)
    inner = [scopes.of(child) for name, child in at.properties.items() if _folded(name) == key]
    is_whole = isinstance(value, dict) and key in map(_folded, value)
    return not is_whole and any(kind in scope.kinds for scope in inner)


def _names(schema: Schema) -> frozenset[str]:
    """The names of the properties at the top, or of the records of the only list; none where a text is valid."""
    scopes = scopes_of(schema)
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
