"""How the JSON is laid out that a grammar admits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class Layout(NamedTuple):
    """What stands between items and after keys; nothing else is white space, so that no model can loop on it."""

    item_separator: str
    key_separator: str


# With the blanks that json.dumps and nearly all JSON in the world have: without them a model's own next token (` "`)
# is masked, and the one that it takes instead begins the value with debris (`":`, `># `).
SPACED = Layout(", ", ": ")
COMPACT = Layout(",", ":")


def guided(lowered: Mapping[str, Any], layout: Layout) -> dict[str, Any]:
    """With the keyword by which llguidance lays out what it writes; others ignore it."""
    return {**lowered, "x-guidance": {"whitespace_flexible": False, **layout._asdict()}}
