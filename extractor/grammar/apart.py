"""Which shapes exclude each other, so that `oneOf` needs no counting."""

from __future__ import annotations

from collections.abc import Mapping

from extractor.comparable import comparable
from extractor.grammar.shapes import ANYTHING, Limit, Shape, State, kind_of

_DEEPEST_LOOK = 4  # levels; a discriminator stands near the top


def are_disjoint(one: State | None, other: State | None, depth: int = _DEEPEST_LOOK) -> bool:
    """Whether it is certain that no value satisfies both."""
    if one is None or other is None or depth == 0:
        return False
    return all(is_apart(mine, its, depth) for mine in one.shapes for its in other.shapes)


def is_apart(one: Shape, other: Shape, depth: int = _DEEPEST_LOOK) -> bool:
    """Whether it is certain that no value satisfies both shapes."""
    if one.values is not None and other.values is not None:
        return not {comparable(value) for value in one.values} & {comparable(value) for value in other.values}
    if one.values is not None or other.values is not None:
        listed, open_one = (one, other) if one.values is not None else (other, one)
        # What was rejected because both admit it would come back through the other one.
        return not {kind_of(value) for value in [*(listed.values or ()), *listed.rejected]} & open_one.kinds
    shared = one.kinds & other.kinds
    return all(_is_kind_apart(kind, one, other, depth) for kind in shared)


def _is_kind_apart(kind: str, one: Shape, other: Shape, depth: int) -> bool:
    if kind == "object":
        required = {**one.required, **other.required}
        return any(_at(name, one) is None or _at(name, other) is None
                   or are_disjoint(_at(name, one), _at(name, other), depth - 1) for name in required)  # fmt: skip
    if kind in ("integer", "fraction"):
        return _is_below(one.limits, other.limits) or _is_below(other.limits, one.limits)
    sizes = {"string": "Length", "array": "Items"}.get(kind)
    if sizes is None:
        return False
    return any(
        mine.limits.get(f"max{sizes}", 1 << 60) < its.limits.get(f"min{sizes}", 0)
        for mine, its in ((one, other), (other, one))
    )


def _at(name: str, shape: Shape) -> State | None:
    """What a property holds; None: it cannot be there."""
    if name in shape.properties:
        state = shape.properties[name]
        return state if state.shapes else None
    return ANYTHING if shape.keyed else shape.free


def _is_below(one: Mapping[str, Limit], other: Mapping[str, Limit]) -> bool:
    most, least = one.get("maximum", float("inf")), other.get("minimum", -float("inf"))
    return (
        most < least
        or one.get("exclusiveMaximum", float("inf")) <= least
        or most <= other.get("exclusiveMinimum", -float("inf"))
    )
