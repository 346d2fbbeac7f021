"""JSON Schema of any draft → one inner form: draft 2020-12, self-contained, each reference a pointer from the root.

What an older draft says with other keywords is rewritten; identifiers and anchors are followed and removed. Nothing is
fetched, and nothing recurses: a document is not trusted.

Reading order: this file; `keywords`; `metaschema`; `reading` (finds every subschema, then where each reference leads);
`loops`; `writing`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from extractor.dialect.keywords import Path
from extractor.dialect.loops import refuse_loops
from extractor.dialect.reading import Reader
from extractor.dialect.writing import Writer
from extractor.errors import SchemaError
from extractor.pointers import pointer

_HALF = re.compile("[\ud800-\udfff]")
MAX_DEPTH = 128  # containers in containers: the validators and writers of the inner form recurse
MAX_VALUES = 100_000
MAX_STRING = 300_000  # characters
LARGEST = 10**300  # of a number; beyond, a double cannot hold it
_PREFIX = 6  # parts of a pointer to what is too deep or too large
_CONTAINERS = (dict, list)
_NOUNS = {type(None): "null", str: "a text", int: "a number", float: "a number", list: "a list"}


def to_inner(document: Any, name: str) -> dict[str, Any]:
    """An equivalent schema of draft 2020-12 without identifiers, whose references all begin with '#'.

    {'definitions': {'A': {'$id': '#a'}}, '$ref': '#a'} → {'definitions': {'A': {}}, '$ref': '#/definitions/A'}. The
    document stays as it is. A keyword that its draft ignores where it stands is moved to `x-dropped`, with the reason.
    Raises `SchemaError` with the pointer of what is not valid by the draft's metaschema, of what lies outside of the
    document, and of what has no equivalent.
    """
    if document is True:
        return {}
    if document is False:
        raise SchemaError(f"{name}: the schema `false` admits nothing")
    if not isinstance(document, Mapping):
        kind = _NOUNS.get(type(document), type(document).__name__)
        raise SchemaError(f"{name}: a JSON Schema is an object, this is {kind}", hint="it begins with '{'")
    reader = Reader(name, _copied(document, name))
    reader.read()
    refuse_loops(reader)
    return Writer(reader).written()


# --- limits --------------------------------------------------------------------------------------------------


def _copied(document: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A copy of what is JSON and of bearable size."""
    root = dict(document)
    todo: list[tuple[Any, int, Path]] = [(root, 1, ())]
    count = 0
    while todo:
        container, depth, path = todo.pop()
        count += len(container)
        if depth > MAX_DEPTH or count > MAX_VALUES:
            what = f"nested deeper than {MAX_DEPTH} levels" if depth > MAX_DEPTH else f"more than {MAX_VALUES} values"
            raise SchemaError(f"{name}: {pointer(path)}…: {what}", hint="split the schema")
        for key, value in container.items() if isinstance(container, dict) else enumerate(container):
            if isinstance(value, _CONTAINERS):
                container[key] = value.copy()
                todo.append((container[key], depth + 1, (*path, key) if len(path) < _PREFIX else path))
            elif (value.__class__ is not str or len(value) > MAX_STRING or not value.isascii()) and (
                fault := _scalar_fault(value)
            ):
                hint = "in YAML, quote it" if isinstance(value, date) else None
                raise SchemaError(f"{name}: {pointer((*path, key))}: {fault}", hint=hint)
        if isinstance(container, dict) and (fault := _names_fault(container)):
            is_text = all(isinstance(key, str) for key in container)
            hint = None if is_text else "in YAML, quote names such as on, off, yes, no and 1"
            raise SchemaError(f"{name}: {pointer(path) or '/'}: {fault}", hint=hint)
    return root


def _scalar_fault(value: Any) -> str | None:
    if isinstance(value, str):
        if _HALF.search(value):
            return "half of a character (a lone surrogate)"
        return f"a text of more than {MAX_STRING} characters" if len(value) > MAX_STRING else None
    if isinstance(value, int) and abs(value) > LARGEST:
        return "a number of more than 300 digits"
    is_json = value is None or isinstance(value, int) or (isinstance(value, float) and abs(value) < float("inf"))
    shown = str(value) if isinstance(value, date) else repr(value)
    return None if is_json else f"{shown:.60} is not JSON"


def _names_fault(container: dict[Any, Any]) -> str | None:
    try:
        together = "".join(container)  # the fastest way to see that all are well
    except TypeError:
        return f"the name {next(name for name in container if not isinstance(name, str))!r:.60} is not a text"
    if not together.isascii() and _HALF.search(together):
        return "a name with half of a character (a lone surrogate)"
    is_long = len(together) > MAX_STRING and max(map(len, container)) > MAX_STRING
    return f"a name of more than {MAX_STRING} characters" if is_long else None
