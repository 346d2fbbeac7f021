"""JSON that stands in a text of a value: '{"b": 1}', and what is nearly so: "['red', 'green']"."""

from __future__ import annotations

import json
from typing import Any

from extractor.depth import is_deeper
from extractor.errors import ParseError
from extractor.syntax import AROUND, read

_LONGEST = 10_000  # characters of a text that nearly is JSON


def read_json(text: str) -> Any:
    """The object or list that a text is; None where it is none."""
    if text.lstrip()[:1] not in {"{", "["}:
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = _mended(text.strip())
    return value if isinstance(value, dict | list) and not is_deeper(value) else None


def _mended(text: str) -> Any:
    """What nearly is JSON, if it is all of a text: "['red', 'green']" and '[red, green]'; '[sic]' is no list."""
    if len(text) > _LONGEST or text[0] + text[-1] not in {"{}", "[]"}:
        return None
    try:
        found = read(text)
    except ParseError:
        return None
    is_whole = len(found.values) == 1 and not any(AROUND in note for note in found.notes)
    is_word = found.values[:1] == ([text[1:-1].strip()],)
    return found.values[0] if is_whole and not is_word else None
