"""Changes of a record that is valid already: each is told, and left where a rule of the user's is against it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from extractor.draft import Draft
from extractor.pointers import Path, joined, pointer


def unless_valid(other: Draft, draft: Draft, places: Iterable[Path], likelier: str) -> Draft:
    """The other draft where it is valid; else the draft itself, with a note at some places on what is likelier."""
    if other.valid is not None:
        return other
    why = f"{likelier}, but the record would not be valid so"
    return replace(draft, notes=joined(draft.notes, {pointer(path): why for path in places}))


def shown(item: Any) -> str:
    """An item of a list as notes have it: a name, or a record with one."""
    return repr(item) if isinstance(item, str) else json.dumps(item, ensure_ascii=False)
