"""Why an optional value is empty, place by place: the document does not say it, or something was lost on the way."""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Literal, TypeVar

from extractor.descent import Descent, inside
from extractor.pointers import pointer, value_at
from extractor.types import Schema
from extractor.validation import problems_at

Reason = Literal["not in the text", "not asked", "truncated", "invalid", "refused"]

NOT_SAID: Reason = "not in the text"  # by what the model says, who was asked
NOT_ASKED: Reason = "not asked"
_LOST: Mapping[str, Reason] = {"Refused": "refused", "Truncated": "truncated"}

Path = tuple[str | int, ...]
Note = TypeVar("Note", bound=str)


def absences(schema: Schema, data: Any, lost: Mapping[str, Reason]) -> dict[str, Reason]:
    """The empty places of data by pointer, and properties that are not there: {'doi': None} → {'/doi': 'not in …'}.

    `lost` are those that the record had to give up; of what the schema does not know, the model was not asked.
    """
    found: dict[str, Reason] = {}
    for path, is_known in _empty(Descent(schema), schema.json_schema, data):
        where = pointer(path)
        found[where] = lost.get(where, NOT_SAID if is_known else NOT_ASKED)
    return found


def _empty(walk: Descent, root: Any, data: Any) -> Iterator[tuple[Path, bool]]:
    """Where nothing stands, in reading order, and whether the schema speaks of it."""
    todo: list[tuple[Path, Any, Any]] = [((), root, data)]
    while todo:
        path, node, value = todo.pop()
        if is_empty(value):
            yield path, node is not None
        elif isinstance(value, dict | list):
            named = walk.names(node, value) if isinstance(value, dict) else ()
            keys = [*value, *(name for name in named if name not in value)] if isinstance(value, dict) else None
            below = [
                ((*path, key), walk.child(node, key, value), inside(value, key))
                for key in (range(len(value)) if keys is None else keys)
            ]
            todo += reversed(below)


def is_empty(value: Any) -> bool:
    """Whether a value says that there is none: None, '', ' ', [] and {}."""
    return value is None or value in ([], {}) or (isinstance(value, str) and not value.strip())


def reason_of(kinds: Collection[str]) -> Reason:
    """Why places are given up, by the kinds of what went wrong: {'Truncated'} → 'truncated', others → 'invalid'."""
    return next((reason for kind, reason in _LOST.items() if kind in kinds), "invalid")


def without(schema: Schema, data: Any, paths: Sequence[Path]) -> tuple[Any, list[Path]] | None:
    """Data with null where some paths lead, or at the nearest place around them that may be null, and these places.

    None where one of the paths is in no such place.
    """
    emptied = copy.deepcopy(data)
    places = []
    for path in paths:
        place = nullable(schema, data, path)
        if place is None:
            return None
        parent = value_at(emptied, pointer(place[:-1]))
        if parent is not None:  # it is empty already, for another of the paths
            parent[place[-1]] = None
        places.append(place)
    return emptied, [*dict.fromkeys(places)]


def without_items(data: Any, paths: Sequence[Path]) -> Any:
    """Data without the items of lists that some paths lead to: {'a': [1, 2]}, [('a', 0)] → {'a': [2]}."""
    data = copy.deepcopy(data)
    for path in sorted(paths, key=lambda path: (len(path), path[-1]), reverse=True):  # of lists in each other the inner
        del value_at(data, pointer(path[:-1]))[path[-1]]
    return data


def notes_without(notes: Mapping[str, Note], items: Sequence[Path]) -> dict[str, Note]:
    """Notes on data that lost such items of lists: {'/a/2': …} without ('a', 0) → {'/a/1': …}."""
    kept = {}
    for where, note in notes.items():
        path: list[str] | None = where.split("/")
        for item in sorted(items, key=lambda item: item[-1], reverse=True):
            path = path and _renumbered(path, pointer(item).split("/"))
        if path is not None:
            kept["/".join(path)] = note
    return kept


def _renumbered(path: list[str], item: list[str]) -> list[str] | None:
    """Parts of a pointer when an item of a list is gone; None where they lead to it or into it."""
    at = len(item) - 1
    if len(path) <= at or path[:at] != item[:at]:
        return path
    if path[at] == item[at]:
        return None
    behind = int(path[at]) > int(item[at])
    return [*path[:at], str(int(path[at]) - 1), *path[at + 1 :]] if behind else path


def nullable(schema: Schema, data: Any, path: Path) -> Path | None:
    """The longest beginning of a path that leads to a property where null may stand."""
    walk, node, value = Descent(schema), schema.json_schema, data
    found = None
    for depth, key in enumerate(path, 1):
        node, value = walk.child(node, key, value), inside(value, key)
        if node is None:
            break
        if isinstance(key, str) and _may_be_null(walk, node) and not problems_at(schema, node, None):
            found = path[:depth]
    return found


def _may_be_null(walk: Descent, node: Any) -> bool:
    """Whether it is said that null may stand here: {'minimum': 1} is valid for it, and says nothing of it."""
    return any("null" in ([kind] if isinstance(kind := part.get("type"), str) else kind or ())
               for part in walk.parts(node, None))  # fmt: skip
