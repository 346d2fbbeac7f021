"""What Pydantic has against data, at places of the data: its own locations also name union branches and validators."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from pydantic_core import ErrorDetails

from extractor.pointers import pointer
from extractor.types import Problem
from extractor.unions import Fault, nearest

Path = tuple[str | int, ...]
Branch = tuple[Path, str | int]  # where a union stands, and the name that Pydantic gives to one of its branches

_SAID = {"int_parsing_size": "too large for a whole number that is written with an exponent; its digits are needed"}
_KEYWORDS = {"literal_error": "const", "enum": "enum"}


def problems_of(errors: Sequence[ErrorDetails], data: Any) -> list[Problem]:
    """What the nearest branch of each union has against data; where none is nearest, that none fits."""
    return [*_told([_breach(details, data) for details in errors], data)]


def _told(found: Sequence[_Breach], data: Any) -> Iterator[Problem]:
    """Union by union from outside; the branches further inside are those of the one that is nearest."""
    unions: dict[Path, dict[str | int, list[_Breach]]] = {}
    for one in found:
        if not one.branches:
            yield one.problem
            continue
        (place, name), *inside = one.branches
        unions.setdefault(place, {}).setdefault(name, []).append(one._replace(branches=(*inside,)))
    for place, branches in unions.items():
        near = nearest({name: [one.seen_from(place) for one in several] for name, several in branches.items()})
        if len(near) == 1:
            yield from _told(branches[near[0]], data)
        else:
            yield _fits_none(place, [one for several in branches.values() for one in several], data)


class _Breach(NamedTuple):
    """An error: its path in the data, the branches on the way that are not settled, and what it is, as a keyword."""

    path: Path
    branches: tuple[Branch, ...]
    keyword: str
    problem: Problem

    def seen_from(self, place: Path) -> Fault:
        """As what a branch has against the value at a place."""
        return Fault(self.path[len(place) :], self.keyword, self)


def _breach(details: ErrorDetails, data: Any) -> _Breach:
    kind, loc = details["type"], details["loc"]
    is_missing = kind == "missing"
    readings = [*_readings(loc[:-1] if is_missing else loc, data)]
    path, branches, value = next((one for one in readings if one[2] == details["input"]), readings[0])
    if is_missing:
        path, value = (*path, loc[-1]), None
    keyword = "type" if kind.endswith("_type") else _KEYWORDS.get(kind, kind)
    return _Breach(path, branches, keyword, Problem(pointer(path), _SAID.get(kind, details["msg"]), value))


def _readings(loc: Sequence[str | int], value: Any, path: Path = ()) -> Iterator[tuple[Path, tuple[Branch, ...], Any]]:
    """What a location can mean, as path, branches and value: in `{"cat": 1}`, 'cat' is a key or a branch's name."""
    if not loc:
        yield path, (), value
        return
    part, *rest = loc
    if (isinstance(value, dict) and part in value) or (isinstance(value, list) and part in range(len(value))):
        yield from _readings(rest, value[part], (*path, part))  # type: ignore[index]
    for found, branches, end in _readings(rest, value, path):
        yield found, ((path, part), *branches), end


def _fits_none(place: Path, found: Sequence[_Breach], data: Any) -> Problem:
    for key in place:
        data = data[key]
    why = "; ".join(dict.fromkeys(one.problem.message for one in found))
    return Problem(pointer(place), f"fits no branch: {why}", data)
