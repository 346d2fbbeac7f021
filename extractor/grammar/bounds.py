"""Our own size bounds, so that a small model that loops ends its value instead of filling the token limit.

The user's bounds replace them. With `EXACT` there are none: the grammar of just the schema.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from extractor.formats import SHAPES
from extractor.grammar.shapes import Shape
from extractor.marks import VERBATIM

TEXT_BOUND = 1_000
RUN_BOUND = 200  # of a verbatim text
LIST_BOUND = 64
KEY_BOUND = 80
NUMBER_BOUND = 10**15
DEPTH_BOUND = 6

# Where a bound bites, the model squeezes in whatever token still fits, in mid-word. So the grammar leaves this
# many characters of slack beyond the bound, and `clip` cuts back to the last sentence or word.
SLACK = 32
# A user's bound below this many characters is a code (ISO country, plate number), not prose: it is kept hard.
SHORTEST_PROSE = 40


@dataclass(frozen=True, slots=True)
class Bounds:
    """Characters of a text and of a key, items of a list or dictionary, magnitude of a number, levels of recursion.

    Objects have the named properties only, and say null or [] rather than leave one out. Without a `depth` recursion
    stays, and where not `is_sized` nothing else is bounded either.
    """

    text: int = TEXT_BOUND
    items: int = LIST_BOUND
    key: int = KEY_BOUND
    number: int = NUMBER_BOUND
    depth: int | None = DEPTH_BOUND
    is_sized: bool = True


BOUNDED = Bounds()
CLOSED = Bounds(depth=None, is_sized=False)  # for servers that have bounds of their own
EXACT = None


def bound_text(node: dict[str, Any], bounds: Bounds, shape: Shape) -> dict[str, Any]:
    """The length that `clip` cuts back to is `x-clip`, or `x-stop` where the bound is ours.

    A shape (pattern, format) cannot be cut, so it has none; a run of the document ends at a word anyway.
    """
    if VERBATIM in node:
        return {"maxLength": max(RUN_BOUND, node.get("minLength", 0)), **node}
    longest = (SHAPES[shape.format].longest if shape.format else bounds.text) + shape.shortest
    limit = node.get("maxLength", max(longest, node.get("minLength", 0)))
    if "pattern" in node or "format" in node:
        return {**node, "maxLength": limit}
    if "maxLength" in node and limit < SHORTEST_PROSE:
        return node
    return {**node, "maxLength": limit + SLACK, "x-clip" if "maxLength" in node else "x-stop": limit}


def bound_list(node: dict[str, Any], bounds: Bounds) -> dict[str, Any]:
    """The number of items."""
    if "maxItems" in node:
        return node
    limit = max(bounds.items, node.get("minItems", 0), len(node.get("prefixItems", ())))
    return {**node, "maxItems": limit, "x-stop": limit}


def bound_number(node: dict[str, Any], bounds: Bounds) -> dict[str, Any]:
    """Whole digits only: llguidance has no sound way to bound the fraction, there the token limit holds."""
    least = node.get("minimum", node.get("exclusiveMinimum"))
    most = node.get("maximum", node.get("exclusiveMaximum"))
    sides = {}
    if least is None and (most is None or most > -bounds.number):
        sides["minimum"] = -bounds.number
    if most is None and (least is None or least < bounds.number):
        sides["maximum"] = bounds.number
    return {**node, **sides, **({"x-stop": bounds.number} if sides else {})}


def bound_dictionary(node: dict[str, Any], bounds: Bounds) -> dict[str, Any]:
    """An object with free keys: their number and their length."""
    if "maxProperties" not in node:
        limit = max(bounds.items, node.get("minProperties", 0))
        node = {**node, "maxProperties": limit, "x-stop": limit}
    values = node.get("additionalProperties", {})
    if "patternProperties" not in node and values is not False:
        keys = f"^.{{0,{bounds.key}}}$"
        node = {**node, "patternProperties": {keys: values}, "additionalProperties": False}
    return node
