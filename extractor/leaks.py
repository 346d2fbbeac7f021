"""Values of an answer that seem to come from the examples that the model was shown, and not from the document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from extractor.ground.whole import find_whole
from extractor.pointers import leaves
from extractor.scopes import leaves_of
from extractor.text import View, normalise
from extractor.types import Document, Example, Schema

IN_VALUES = "is in the examples and not in this document"
MAY_BE = "may come from the examples: it is in them, and not in this document as it is written here"
IN_TEXTS = "is in the text of an example and not in this document"

_LEAST_DIGITS = 3  # of a number
_LEAST_LETTERS = 2
_LEAST_RUN = 12  # characters of an example's text


def leaks(data: Any, shown: Sequence[Example], document: Document, schema: Schema) -> dict[str, str]:
    """Notes by JSON Pointer on the leaves that stand in the examples shown and not in the document.

    Numbers and dates can stand there in another form, so of what has digits it is only said that it may come from the
    examples.
    What the schema itself offers (choices, constants, defaults), and what is too short to tell, is no leak.
    """
    if not shown:
        return {}
    values = {key for one in shown for _, leaf in leaves(one.value) if (key := _key(leaf)) is not None}
    texts = "\n".join(normalise(one.text).text for one in shown)  # no value spans two
    view = normalise(document.text)
    found: dict[str, str] = {}
    verdicts: dict[str, str | None] = {}
    for where, leaf, scope in leaves_of(schema, data):
        key = _key(leaf)
        if key is None or any(_offers(part, leaf) for part in scope.parts):
            continue
        if key not in verdicts:
            verdicts[key] = _verdict(key, leaf, values, texts, view)
        if (note := verdicts[key]) is not None:
            found[where] = note
    return found


def _key(leaf: Any) -> str | None:
    """What two leaves have in common that are the same, or None where that says nothing: 'The  Sea' → 'the sea'."""
    if isinstance(leaf, bool) or not isinstance(leaf, str | int | float):
        return None
    if isinstance(leaf, str):
        key = normalise(leaf).text
        is_number = not any(char.isalpha() for char in key)
        least = _LEAST_DIGITS if is_number else _LEAST_LETTERS
        return key if sum(map(str.isalnum, key)) >= least else None
    key = str(int(leaf) if isinstance(leaf, float) and leaf.is_integer() else leaf)
    return key if sum(map(str.isdigit, key)) >= _LEAST_DIGITS else None


def _verdict(key: str, leaf: Any, values: set[str], texts: str, view: View) -> str | None:
    is_run = isinstance(leaf, str) and len(key) >= _LEAST_RUN and key in texts
    if (key not in values and not is_run) or _stands(key, view.text):
        return None
    if key in values:
        return MAY_BE if any(map(str.isdigit, key)) else IN_VALUES
    return IN_TEXTS if _stands(key, texts) else None


def _stands(key: str, text: str) -> bool:
    return next(find_whole(key, text), None) is not None


def _offers(node: Mapping[str, Any], leaf: Any) -> bool:
    """Whether a value is one that a schema names itself."""
    choices = [*node.get("enum", ()), *(node[name] for name in ("const", "default") if name in node)]
    return any(choice == leaf and type(choice) is type(leaf) for choice in choices)
