"""Which branch of a union a value was meant to be, where it fits in none: what is told of it and what is asked agree.

The branch that is of the value's kind and has its constants (the tag of `{"kind": "cat", …}`); of several the one that
has the fewest faults, and those the furthest inside.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from jsonschema.exceptions import ValidationError as JsonSchemaError

# What an object or list that is still being written can yet get right.
_TO_COME = frozenset(("required", "dependentRequired", "minItems", "minProperties", "contains"))

Branch = TypeVar("Branch")


class Fault(NamedTuple):
    """What one branch has against a value: where in the value, the keyword that says so, and the error itself."""

    path: tuple[str | int, ...]
    keyword: str
    error: Any


def nearest(branches: Mapping[Branch, Sequence[Fault]]) -> list[Branch]:
    """The branches that a value comes nearest to, by the faults of each; several where none is nearer."""
    ranks = {branch: distance(faults) for branch, faults in branches.items()}
    least = min(ranks.values(), default=())
    return [branch for branch, rank in ranks.items() if rank == least]


def distance(faults: Sequence[Fault]) -> tuple[int, ...]:
    """How far a branch is: of another kind, other constants, other choices, how many faults, how far outside."""
    tags = [fault.keyword for fault in faults if len(fault.path) <= 1]
    kinds = [fault.keyword for fault in faults if not fault.path]
    depth = max((len(fault.path) for fault in faults), default=0)
    return kinds.count("type"), tags.count("const"), tags.count("enum"), len(faults), -depth


def innermost(error: JsonSchemaError, *, is_whole: bool = True) -> Iterator[Fault]:
    """The causes of an error: of a value that fits no branch of a union, what the nearest one has against it.

    Of a value that is not written to its end (not `is_whole`) only what no more of it could mend.
    """
    branches: dict[Any, list[Fault]] = {}
    for inner in error.context or ():
        branch = next(iter(inner.schema_path), None)  # that of `false` has no path
        branches.setdefault(branch, []).extend(innermost(inner, is_whole=is_whole))
    found = nearest(branches)
    if len(found) == 1 and len(branches) > 1 and _is_null(branches[found[0]]):  # what is no null was meant as another
        del branches[found[0]]
        found = nearest(branches)
    at = (*error.relative_path,)
    if len(found) == 1 and branches[found[0]]:
        yield from (fault._replace(path=(*at, *fault.path)) for fault in branches[found[0]])
    elif is_whole or error.validator not in _TO_COME:
        yield Fault(at, _keyword(error), error)


def _is_null(faults: Sequence[Fault]) -> bool:
    """Whether a branch takes null alone, by what it has against a value."""
    return len(faults) == 1 and not faults[0].path and faults[0].error.validator_value == "null"


def _keyword(error: JsonSchemaError) -> str:
    """A choice of one is a constant, and where nothing may stand (`false`) no kind is right."""
    if error.validator is None:
        return "type"
    choices: Any = error.validator_value
    return "const" if error.validator == "enum" and len(choices) == 1 else str(error.validator)
