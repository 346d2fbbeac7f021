"""JSON in the layout that models write."""

from __future__ import annotations

import json
from typing import Any

from extractor import syntax
from extractor.encoders.decoded import nothing, refuse_depth
from extractor.scopes import scopes_of
from extractor.types import Schema


def encode(value: Any, _: Schema) -> str:
    """A value as JSON: {'a': 'é'} → '{"a": "é"}'."""
    refuse_depth(value)
    return json.dumps(value, ensure_ascii=False)


def read(text: str, schema: Schema, *, is_cut: bool) -> syntax.Reading:
    """The values of an answer in JSON; a bare text is one only where the schema admits a text."""
    found = syntax.read(text, is_cut=is_cut)
    if found.is_text and "string" not in scopes_of(schema).root.kinds:
        raise nothing(text, "JSON")
    return found
