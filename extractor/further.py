"""Further items of lists: what comes when a model is asked for more, each once, and what is told of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from extractor import repair
from extractor.given import identity
from extractor.grammar.clip import is_of_bound
from extractor.pointers import pointer, value_at

_CAME = " came when asked for"

Path = repair.Path


def drop_twins(items: list[Any], kept: int) -> int:
    """Take out of a list what is in it already, but of its first so many items; how many of the others are left."""
    seen = set(map(identity, items[:kept]))
    new: list[Any] = []
    for item in items[kept:]:
        if (own := identity(item)) not in seen:
            seen.add(own)
            new.append(item)
    items[kept:] = new
    return len(new)


def goes_round(items: Sequence[Any]) -> bool:
    """Whether most items of a list are there already: ['a', 'b', 'a', 'b', 'a'] → True."""
    return 2 * len(set(map(identity, items))) < len(items)


def end_circle(value: Any, opened: Path) -> tuple[Path, int] | None:
    """End the outermost list, of those that an answer left open, that went round in circles; in place.

    Where it is, and how many items are gone; None where there is none.
    """
    for depth in range(len(opened) + 1):
        items = value_at(value, pointer(opened[:depth]))
        if isinstance(items, list):
            complete = items[: cast(int, opened[depth]) if depth < len(opened) else len(items)]
            count = len(complete)
            if (left := drop_twins(complete, 0)) < count:
                items[:] = complete
                return opened[:depth], count - left
    return None


def grown(
    data: Any, before: Any, pieces: Sequence[repair.Piece], notes: Mapping[str, str], came: Mapping[str, int]
) -> tuple[dict[str, str], dict[str, int]]:
    """Drop what lists have twice by the answer to some pieces, in place; the notes then, and how much came by list."""
    notes, came = dict(notes), dict(came)
    for piece in pieces:
        place = pointer(piece.path[:-1])
        new = drop_twins(value_at(data, place), len(value_at(before, place)))
        if new and piece.why in (repair.MORE, repair.ON):
            came[place] = came.get(place, 0) + new
            told = [part for part in notes.pop(place, "").split("; ") if part and not _is_past(part)]
            notes[place] = "; ".join([*told, f"{came[place]} more item{'s' * (came[place] > 1)}{_CAME}"])
    return notes, came


def _is_past(note: str) -> bool:
    return is_of_bound(note) or note.endswith(_CAME)
