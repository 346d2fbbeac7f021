"""Ask again only for what failed: the places of a record that are wrong or missing, as a small schema of their own.

Each place is a `Piece`; together they make an object whose keys are JSON Pointers into the record. What the model
answers is put there, and the rest of the record stays as it is, so that it cannot get worse. An answer that was cut off
is continued in the same way: by the pieces that it did not get to (`/keywords/-` are further items, as in RFC 6902, or
further keys, where keys are free).
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from extractor.descent import Descent, inside
from extractor.pointers import pointer, unescaped, value_at
from extractor.schema import digest, relocated
from extractor.types import Problem, Schema

_RECORD = "#/$defs/record"
_FURTHER = "-"
CUT = "cut off"  # why a piece is asked for that an answer did not get to
ON = "further items, as far as the text has some"  # of a list that our own bound stopped
MORE = "items that the text has beside these, or none"  # why a piece is asked for that may not be there
_FREE = ("additionalProperties", "patternProperties", "propertyNames")  # what is said of keys that have no name
_MOST_FURTHER = 8  # items that are asked for in place of repeated ones
_MOST_LISTS = 16  # of which more items are asked for at once
_MOST_PROBLEMS = 2_000  # that are looked at; what is left of more has its turn when these are gone

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """A place to be filled. `node` is its schema: False where nothing may stand, and what does has to go."""

    path: Path
    node: Any
    why: str
    optional: bool = False
    is_further: bool = False  # more items of a list, or more keys of an object, rather than a value in its place

    @property
    def pointer(self) -> str:
        """Where it goes."""
        return pointer(self.path)

    @property
    def around(self) -> str:
        """The record or list that it is in."""
        return pointer(self.path[:-1])


def failing(schema: Schema, data: Any, problems: Sequence[Problem]) -> list[Piece]:
    """The outermost places that the problems are about; the path of the first is () where that is the whole."""
    found: dict[Path, Piece] = {}
    paths = [(path_of(data, problem.pointer), problem) for problem in problems[:_MOST_PROBLEMS]]
    for path, problem in sorted(paths, key=lambda pair: len(pair[0])):
        if not any(path[:depth] in found for depth in range(len(path))):
            why = f"{found[path].why}; {problem.message}" if path in found else problem.message
            found[path] = Piece(path, subschema(schema, path, data), why)
    return [*found.values()]


def unwritten(schema: Schema, data: Any, opened: Path) -> tuple[Any, list[Piece]]:
    """The data of an answer that was cut off without what no pieces can complete, and what it lacks, innermost first.

    None where that is the whole.
    """
    data = copy.deepcopy(data)
    pieces = _lacking(Descent(schema, is_whole=False), schema.json_schema, data, ((), opened))
    return (None, []) if pieces is None else (data, pieces)


def _lacking(walk: Descent, node: Any, value: Any, where: tuple[Path, Path]) -> list[Piece] | None:
    """What a list or object lacks that was cut off, innermost first; None where pieces cannot complete it.

    `where` is its path, and the path from there to the innermost container that is open. Of what is inside of it, what
    pieces cannot complete is taken out, and asked for as a whole.
    """
    path, opened = where
    if not isinstance(value, dict | list) or not walk.is_settled(node, value):
        return None
    inside: list[Piece] | None = []
    if opened and opened[0] in (value if isinstance(value, dict) else range(len(value))):
        key = opened[0]
        child = True if (found := walk.child(node, key, value)) is None else found
        inside = _lacking(walk, child, value[key], ((*path, key), opened[1:]))  # type: ignore[index]
        if inside is None:
            del value[key]  # type: ignore[arg-type]
    rest = _missing(walk, node, value, path)
    return None if rest is None else [*(inside or ()), *rest]


def further(schema: Schema, data: Any, repeated: Mapping[Path, int]) -> list[Piece]:
    """Pieces for other items of some lists, as many as each repeated, within reason."""
    pieces = []
    for path, times in repeated.items():
        items, most = value_at(data, pointer(path)), min(times, _MOST_FURTHER)
        node = Descent(schema).child(subschema(schema, path, data), len(items), items)
        further = {"type": "array", "items": True if node is None else node, "maxItems": most}
        why = f"items were repeated: up to {most} that are not in the list yet, or none"
        pieces.append(Piece((*path, _FURTHER), further, why, is_further=True))
    return pieces


def going_on(schema: Schema, data: Any, places: Collection[str]) -> list[Piece]:
    """Pieces for further items of some lists, by pointer, where they have room."""
    pieces: list[Piece] = []
    for path in [path_of(data, place) for place in places][:_MOST_LISTS]:
        node, value = subschema(schema, path, data), value_at(data, pointer(path))
        pieces += [replace(one, why=ON) for one in _missing(Descent(schema), node, value, path) or ()]
    return pieces


def more(schema: Schema, data: Any) -> list[Piece]:
    """Pieces for more items of the lists of a record that have room, but of those inside of other lists."""
    pieces: list[Piece] = []
    walk = Descent(schema)
    todo: list[tuple[Path, Any, Any]] = [((), schema.json_schema, data)]
    while todo and len(pieces) < _MOST_LISTS:
        path, node, value = todo.pop(0)
        if isinstance(value, list):
            pieces += [replace(one, why=MORE) for one in _missing(walk, node, value, path) or ()]
        elif isinstance(value, dict):
            todo += [((*path, key), walk.child(node, key, value), inner) for key, inner in value.items()]
    return pieces


def asked(schema: Schema, pieces: Sequence[Piece]) -> Schema:
    """The schema of an object with a property for each piece; of the user's type it has the dialect alone."""
    inner = {
        "type": "object",
        "properties": {piece.pointer: _moved(piece.node) for piece in pieces},
        "required": [piece.pointer for piece in pieces if not piece.optional],
        "additionalProperties": False,
        "$defs": {"record": relocated(schema.json_schema, _RECORD)},
    }
    return replace(schema, json_schema=inner, digest=digest(inner))


def put(data: Any, pieces: Sequence[Piece], answer: Any) -> tuple[Any, list[Piece]]:
    """The data with the answered pieces in it, and the pieces that the answer does not have."""
    data = copy.deepcopy(data)
    answer = _by_pointer(pieces, answer)
    for piece in pieces:
        if piece.pointer in answer:
            data = _set(data, piece, answer[piece.pointer])
    return data, [piece for piece in pieces if piece.pointer not in answer and not piece.optional]


def put_part(schema: Schema, data: Any, pieces: Sequence[Piece], cut: tuple[Any, Path]) -> tuple[Any, list[Piece]]:
    """As `put`, of an answer that was cut off: what it did not get to is missing, and what its last piece lacks."""
    answer, opened = _cut_by_pointer(pieces, *cut)
    last = next((piece for piece in pieces if opened and piece.pointer == opened[0]), None)
    complete = {name: value for name, value in answer.items() if last is None or name != last.pointer}
    if last and last.why == CUT:  # a wrong value is not replaced by half of a right one
        place = last.path[:-1] if last.is_further else last.path
        inner = opened[1:]
        if last.is_further and inner and isinstance(before := value_at(data, pointer(place)), list):
            inner = (len(before) + cast(int, inner[0]), *inner[1:])
        grown, _ = put(data, pieces, answer)
        value, node = value_at(grown, pointer(place)), subschema(schema, place, grown)
        lacking = _lacking(Descent(schema, is_whole=False), node, value, (place, inner))
        if lacking is not None:
            return grown, [*lacking, *(piece for piece in pieces if piece.pointer not in answer)]
    return put(data, pieces, complete)[0], [piece for piece in pieces if piece.pointer not in complete]


def _cut_by_pointer(pieces: Sequence[Piece], answer: Any, opened: Path) -> tuple[dict[str, Any], Path]:
    """Pieces of an answer that was cut off, and the path to its end; in another shape only what is complete counts."""
    names = [piece.pointer for piece in pieces]
    if not isinstance(answer, dict):
        return ({names[0]: answer}, (names[0], *opened)) if len(names) == 1 and answer is not None else ({}, ())
    if opened and opened[0] not in names:
        answer, opened = {key: value for key, value in answer.items() if key != opened[0]}, ()
    return _by_pointer(pieces, answer), opened


def in_record(at: str) -> str:
    """Where in the record a place of an answer to pieces is: '/~1a/0' → '/a/0', '/~1list~1-/0' → '/list'."""
    key, slash, below = at.removeprefix("/").partition("/")
    place = unescaped(key)
    return place.removesuffix("/" + _FURTHER) if place.endswith("/" + _FURTHER) else place + slash + below


def _by_pointer(pieces: Sequence[Piece], answer: Any) -> dict[str, Any]:
    """The answered pieces, also where a model without a grammar gave the whole record, names, or a bare value."""
    if not isinstance(answer, dict):
        return {pieces[0].pointer: answer} if len(pieces) == 1 else {}
    found: dict[str, Any] = {}
    for piece in pieces:
        inside = value_at(answer, piece.pointer)
        if piece.pointer in answer:
            found[piece.pointer] = answer[piece.pointer]
        elif inside is not None and not piece.is_further:
            found[piece.pointer] = inside
        elif piece.is_further and piece.why != CUT and isinstance(whole := value_at(answer, piece.around), list):
            found[piece.pointer] = whole  # what the list has already is dropped from it later
        elif len(pieces) == 1 and len(piece.path) > 1 and piece.path[-1] in answer:
            found[piece.pointer] = answer[str(piece.path[-1])]
    return found


def without(data: Any, pieces: Sequence[Piece]) -> Any:
    """The data without what stands where nothing may."""
    data = copy.deepcopy(data)
    for piece in pieces:
        parent = value_at(data, piece.around)
        if isinstance(parent, dict):
            parent.pop(piece.path[-1], None)
    return data


def subschema(schema: Schema, path: Path, data: Any) -> Any:
    """What a schema says of a place: a schema whose references are those of the whole; True where it says nothing."""
    walk, node = Descent(schema), schema.json_schema
    value = data
    for key in path:
        node = walk.child(node, key, value)
        value = inside(value, key)
        if node is None:
            return True
    return node


def _missing(walk: Descent, node: Any, value: Any, path: Path) -> list[Piece] | None:
    """The pieces that a list or object of a place does not have yet; None where pieces cannot give them."""
    parts = [*walk.parts(node, value, 0)]
    if isinstance(value, list):
        if any("prefixItems" in part for part in parts):
            return None
        room = min((part["maxItems"] - len(value) for part in parts if "maxItems" in part), default=None)
        item = walk.child(node, len(value), value)
        further = {"type": "array", "items": True if item is None else item}
        if room is not None:
            further["maxItems"] = room
        return [Piece((*path, _FURTHER), further, CUT, is_further=True)] if room is None or room > 0 else []
    names = walk.names(node, value)
    pieces = [
        Piece((*path, name), walk.child(node, name, value), CUT, optional=not is_required)
        for name, is_required in names.items()
        if name not in value
    ]
    free = [{name: part[name] for name in _FREE if name in part} for part in parts if _has_free_keys(part)]
    if free or not names:
        further = {"type": "object", **(free[0] if len(free) == 1 else {"allOf": free} if free else {})}
        pieces.append(Piece((*path, _FURTHER), further, CUT, optional=bool(names), is_further=True))
    return pieces


def _has_free_keys(node: Mapping[str, Any]) -> bool:
    return bool(node.get("patternProperties") or node.get("additionalProperties"))


def _moved(node: Any) -> Any:
    return relocated(node, _RECORD) if isinstance(node, Mapping) else node


def path_of(data: Any, place: str) -> Path:
    """A pointer into data, with numbers where a list is: ({'a': [1]}, '/a/0') → ('a', 0)."""
    path: list[str | int] = []
    for part in place.split("/")[1:]:
        name = unescaped(part)
        key = int(name) if isinstance(data, list) and name.isdigit() else name
        path.append(key)
        data = inside(data, key)
    return tuple(path)


def _set(data: Any, piece: Piece, value: Any) -> Any:
    """The data with a value in its place, or with further items or keys; those that are there already stay."""
    if not piece.path:
        return value
    parent = value_at(data, piece.around)
    if piece.is_further and isinstance(parent, list):
        parent.extend(value if isinstance(value, list) else [])
    elif piece.is_further and isinstance(parent, dict):
        parent |= {**(value if isinstance(value, dict) else {}), **parent}
    elif isinstance(parent, dict) or (isinstance(parent, list) and piece.path[-1] in range(len(parent))):
        parent[piece.path[-1]] = value  # type: ignore[index]
    return data
