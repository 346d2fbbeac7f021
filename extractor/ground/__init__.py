"""Where in the document the values of a record stand, and which values the document is said not to hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from extractor.ground.order import arrange
from extractor.ground.places import Places
from extractor.ground.sought import record_of
from extractor.pointers import leaves
from extractor.types import Document, Schema, Span, Support

ABSENT = "not in the text"
_NOT_LOOKED_FOR = "too much to look for: {} of the values were not looked for, or not in every way"


@dataclass(frozen=True, slots=True)
class Grounded:
    """What the document says of a record's leaves, by pointer: spans, support of worded ones, and those left empty."""

    spans: Mapping[str, Span]
    support: Mapping[str, Sequence[Support]] = field(default_factory=dict)
    absent: Mapping[str, str] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)


def ground(data: Any, document: Document, schema: Schema) -> Grounded:
    """Find each leaf: as written, then in other case, width, marks or number, as a number or date, then nearly.

    Truth values are not looked for, and what the schema lists (`enum`, `const`) is only found as written.
    """
    root = record_of(data, schema.json_schema)
    counts = Counter(leaf.key for leaf in root.all_leaves())
    places = Places(document.text, counts)
    found = arrange(root, places.of, len(document.text))
    spans = {where: found[where] for where, _ in leaves(data) if where in found}
    absent = {where: ABSENT for where, value in leaves(data) if _is_empty(value)}
    notes = {"": _NOT_LOOKED_FOR.format(places.missed)} if places.missed else {}
    support: dict[str, Sequence[Support]] = {}  # of the worded leaves: `Passages(document.text).support(value)`
    return Grounded(spans, support, absent, notes)


def _is_empty(value: Any) -> bool:
    return value is None or value in ([], {}) or (isinstance(value, str) and not value.strip())
