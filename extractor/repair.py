"""Ask again only for what failed: the places of a record that are wrong or missing, as a small schema of their own.

Each place is a `Piece`; together they make an object whose keys are JSON Pointers into the record. What the model
answers is put there, and the rest of the record stays as it is, so that it cannot get worse. An answer that was cut off
is continued in the same way: by the pieces that it did not get to (`/keywords/-` are further items, as in RFC 6902).
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from jsonschema import Draft202012Validator

from extractor.patterns import PatternError, search
from extractor.pointers import pointer, resolve, unescaped
from extractor.schema import digest, relocated
from extractor.types import Problem, Schema
from extractor.unions import Fault, innermost, nearest
from extractor.validation import checker, errors_of

_RECORD = "#/$defs/record"
_FURTHER = "-"
CUT = "cut off"  # why a piece is asked for that an answer did not get to
_DEEPEST = 100  # references that lead to each other without an end

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """A place to be filled. `node` is its schema: False where nothing may stand, and what does has to go."""

    path: Path
    node: Any
    why: str
    optional: bool = False

    @property
    def pointer(self) -> str:
        """Where it goes."""
        return pointer(self.path)

    @property
    def is_further(self) -> bool:
        """Whether it is more items of a list, rather than a value in its place."""
        return bool(self.path) and self.path[-1] == _FURTHER


def failing(schema: Schema, data: Any, problems: Sequence[Problem]) -> list[Piece]:
    """The outermost places that the problems are about; the path of the first is () where that is the whole."""
    found: dict[Path, Piece] = {}
    paths = [(_path(data, problem.pointer), problem) for problem in problems]
    for path, problem in sorted(paths, key=lambda pair: len(pair[0])):
        if not any(path[: len(above)] == above for above in found if above != path):
            why = f"{found[path].why}; {problem.message}" if path in found else problem.message
            found[path] = Piece(path, subschema(schema, path, data), why)
    return [*found.values()]


def unwritten(schema: Schema, data: Any, opened: Path) -> tuple[Any, list[Piece]]:
    """The data of an answer that was cut off without what is incomplete, and what it lacks, the innermost first."""
    data, pieces = _unwritten(schema, data, opened)
    return data, sorted(pieces, key=lambda piece: -len(piece.path))


def _unwritten(schema: Schema, data: Any, opened: Path) -> tuple[Any, list[Piece]]:
    walk = _Walk(schema)
    data = copy.deepcopy(data)
    node, value = schema.json_schema, data
    path: Path = ()
    pieces: list[Piece] = []
    for step in (*opened, None):
        if isinstance(value, list):
            if step is not None:
                value.pop()
            item = walk.child(node, len(value), value)
            further = {"type": "array", "items": True if item is None else item}
            return data, [*pieces, Piece((*path, _FURTHER), further, CUT)]
        if not isinstance(value, dict):
            break
        names = walk.names(node, value)
        pieces += [
            Piece((*path, name), walk.child(node, name, value), CUT, optional=not is_required)
            for name, is_required in names.items()
            if name not in value
        ]
        if not names:  # free keys: how many there would have been nobody knows
            return data, [*pieces, Piece(path, node, CUT)]
        if step is None or step not in value:
            break
        node, value, path = walk.child(node, step, value), value[step], (*path, step)
    return data, pieces


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
        inside = value_at(answer, piece.path)
        if piece.pointer in answer:
            found[piece.pointer] = answer[piece.pointer]
        elif inside is not None and not piece.is_further:
            found[piece.pointer] = inside
        elif len(pieces) == 1 and len(piece.path) > 1 and piece.path[-1] in answer:
            found[piece.pointer] = answer[str(piece.path[-1])]
    return found


def without(data: Any, pieces: Sequence[Piece]) -> Any:
    """The data without what stands where nothing may."""
    data = copy.deepcopy(data)
    for piece in pieces:
        parent = value_at(data, piece.path[:-1])
        if isinstance(parent, dict):
            parent.pop(piece.path[-1], None)
    return data


def complete_part(answer: Any, opened: Path) -> Any:
    """Of an answer to pieces that was cut off, what is complete: whole pieces, and whole further items."""
    if not opened or not isinstance(answer, dict):
        return answer
    key = opened[0]
    if str(key).endswith("/" + _FURTHER) and len(opened) > 1:
        return {**answer, key: answer[key][:-1]}
    return answer if str(key).endswith("/" + _FURTHER) else {name: answer[name] for name in answer if name != key}


def subschema(schema: Schema, path: Path, data: Any) -> Any:
    """What a schema says of a place: a schema whose references are those of the whole; True where it says nothing."""
    walk, node = _Walk(schema), schema.json_schema
    value = data
    for key in path:
        node = walk.child(node, key, value)
        value = _get(value, key)
        if node is None:
            return True
    return node


class _Walk:
    """Steps down a schema along data, through references and branches."""

    def __init__(self, schema: Schema, *, is_whole: bool = True) -> None:
        self.root = schema.json_schema
        self.dialect = schema.dialect
        self.validator = checker(schema)
        self.is_whole = is_whole

    def child(self, node: Any, key: str | int, value: Any) -> Any:
        """The schema of a property or item of a value; None where nothing is said of it."""
        parts = [part for part in self._children(node, key, value, 0) if part is not None]
        return parts[0] if len(parts) == 1 else {"allOf": parts} if parts else None

    def names(self, node: Any, value: Any) -> dict[str, bool]:
        """The properties that an object can have, and whether each has to be there."""
        found: dict[str, bool] = {}
        for part in self._parts(node, value, 0):
            for name in part.get("properties", {}):
                found.setdefault(name, False)
            for name in part.get("required", ()):
                found[name] = True
        return found

    def _children(self, node: Any, key: str | int, value: Any, depth: int) -> Iterator[Any]:
        if not isinstance(node, Mapping) or depth > _DEEPEST:
            return
        yield self._own(node, key)
        for inner in self._together(node):
            yield from self._children(inner, key, value, depth + 1)
        for branches in self._alternatives(node, value):
            options = [part for branch in branches for part in self._children(branch, key, value, depth + 1)]
            options = [option for option in options if option is not None]
            yield {"anyOf": options} if len(options) > 1 else options[0] if options else None

    def _parts(self, node: Any, value: Any, depth: int) -> Iterator[Mapping[str, Any]]:
        if not isinstance(node, Mapping) or depth > _DEEPEST:
            return
        yield node
        for inner in [*self._together(node), *(one for some in self._alternatives(node, value) for one in some)]:
            yield from self._parts(inner, value, depth + 1)

    def _together(self, node: Mapping[str, Any]) -> list[Any]:
        """What holds beside a node's own keywords."""
        return [*([resolve(self.root, node["$ref"])] if "$ref" in node else []), *node.get("allOf", ())]

    def _alternatives(self, node: Mapping[str, Any], value: Any) -> Iterator[list[Any]]:
        """The branches of each union that the value comes nearest to."""
        for keyword in ("anyOf", "oneOf"):
            if branches := node.get(keyword):
                faults = {at: self._faults(branch, value) for at, branch in enumerate(branches)}
                yield [branches[at] for at in nearest(faults)]

    def _faults(self, branch: Any, value: Any) -> list[Fault]:
        errors = errors_of(cast(Draft202012Validator, self.validator.evolve(schema=branch)), value)
        return [fault for error in errors for fault in innermost(error, is_whole=self.is_whole)]

    def _own(self, node: Mapping[str, Any], key: str | int) -> Any:
        if isinstance(key, int):
            prefix = node.get("prefixItems", ())
            return prefix[key] if key < len(prefix) else node.get("items")
        if key in node.get("properties", {}):
            return node["properties"][key]
        for pattern, child in node.get("patternProperties", {}).items():
            if self._matches(pattern, key):
                return child
        return node.get("additionalProperties")

    def _matches(self, pattern: str, name: str) -> bool:
        try:
            return search(pattern, name, self.dialect)
        except (PatternError, TimeoutError):
            return False


def _moved(node: Any) -> Any:
    return relocated(node, _RECORD) if isinstance(node, Mapping) else node


def _path(data: Any, place: str) -> Path:
    """A pointer into data, with numbers where a list is: ({'a': [1]}, '/a/0') → ('a', 0)."""
    path: list[str | int] = []
    for part in place.split("/")[1:]:
        name = unescaped(part)
        key = int(name) if isinstance(data, list) and name.isdigit() else name
        path.append(key)
        data = _get(data, key)
    return tuple(path)


def _get(value: Any, key: str | int) -> Any:
    try:
        return value[key]
    except (LookupError, TypeError):
        return None


def value_at(data: Any, path: Path) -> Any:
    """What stands at a path; None where nothing does."""
    for key in path:
        data = _get(data, key)
    return data


def _set(data: Any, piece: Piece, value: Any) -> Any:
    """The data with a value in its place, or with further items at the end of a list."""
    if not piece.path:
        return value
    parent = value_at(data, piece.path[:-1])
    if piece.is_further and isinstance(parent, list):
        parent.extend(value if isinstance(value, list) else [])
    elif isinstance(parent, dict) or (isinstance(parent, list) and piece.path[-1] in range(len(parent))):
        parent[piece.path[-1]] = value  # type: ignore[index]
    return data
