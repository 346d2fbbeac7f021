"""JSON in the layout that models write, and what is complete in an answer that was cut off."""

from __future__ import annotations

import json
from typing import Any

from extractor import syntax
from extractor.encoders.decoded import Decoded, nothing, refuse_depth
from extractor.encoders.shapes import Shapes
from extractor.syntax import cut
from extractor.types import Schema


def encode(value: Any) -> str:
    """A value as JSON: {'a': 'é'} → '{"a": "é"}'."""
    refuse_depth(value)
    return json.dumps(value, ensure_ascii=False)


def read_cut(text: str) -> Decoded:
    """What is complete in JSON that ends too early."""
    found = cut.read(text)
    if found.several:
        return Decoded(found.several, found.notes, found.open)
    return Decoded(() if found.value is None else (found.value,), found.notes, found.open)


def read(text: str, schema: Schema) -> Decoded:
    """The values of an answer in JSON; a bare text is one only where the schema admits a text."""
    found = syntax.read(text)
    if found.is_text and "string" not in Shapes(schema.json_schema).root.kinds:
        raise nothing(text, "JSON")
    return Decoded(found.values, found.notes)
