"""What llguidance holds of texts, numbers and keys, asked of llguidance itself."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from extractor.formats import SHAPES
from extractor.grammar.check import check
from extractor.grammar.report import Report
from extractor.grammar.shapes import ANY, LARGEST, Shape
from extractor.patterns import GUARD, for_decoder
from extractor.types import Dialect

MAX_ITEMS = 5_000  # llguidance writes them out one by one
MAX_LENGTH = 100_000  # characters; a longer minLength or maxLength costs more than a grammar can


def settle(shape: Shape, report: Report, dialect: Dialect) -> None:
    """Turn the patterns and limits of a shape into those that llguidance holds; the rest is reported."""
    if "string" in shape.kinds:
        _settle_patterns(shape, report, dialect)
        _settle_text(shape, report)
    if shape.limits and shape.kinds & {"integer", "fraction"}:
        _settle_range(shape, report)
        if "multipleOf" in shape.limits:
            _settle_multiple(shape, report)
    if shape.keyed and "object" in shape.kinds:
        _settle_keys(shape, report, dialect)
    for keyword in ("minItems", "maxItems"):
        if "array" in shape.kinds and shape.limits.get(keyword, 0) > MAX_ITEMS:
            _leave(shape, keyword)
            _widen(shape, report, keyword, f"more than {MAX_ITEMS:,} items")


def text_node(shape: Shape) -> dict[str, Any]:
    """The text of a settled shape as a node of the grammar."""
    node: dict[str, Any] = {"type": "string"}
    node |= {key: shape.limits[key] for key in ("minLength", "maxLength") if key in shape.limits}
    patterns = list(shape.patterns)
    if shape.format and SHAPES[shape.format].native:
        node["format"] = shape.format
    elif shape.format and (pattern := SHAPES[shape.format].pattern):
        patterns.append(pattern)
    if patterns:
        node["pattern"] = patterns[0]
    if patterns[1:]:
        node["allOf"] = [{"type": "string", "pattern": pattern} for pattern in patterns[1:]]
    return node


@lru_cache(maxsize=4096)
def fault(node: str) -> str | None:
    """What llguidance has against a node (JSON text): None, 'unsatisfiable', or its message."""
    found = check(f"%llguidance {{}}\nstart: %json {node}\n")
    return "unsatisfiable" if found and "nsatisfiable" in found else found


def _settle_patterns(shape: Shape, report: Report, dialect: Dialect) -> None:
    held = []
    for pattern in shape.patterns:
        found = for_decoder(pattern, dialect)
        if found is None or not found.exact:
            why = "the decoder cannot hold this expression" if found is None else f"{found.why} is not held"
            _widen(shape, report, "pattern", why, pattern)
        held += [found] if found is not None else []
    guard = [GUARD] if any(found.needs_guard for found in held) else []
    shape.patterns = [*(found.pattern for found in held), *guard]


def _settle_text(shape: Shape, report: Report) -> None:
    """Together, patterns, format and length can be too much for llguidance, or nothing at all."""
    for keyword in ("minLength", "maxLength"):
        if shape.limits.get(keyword, 0) > MAX_LENGTH:
            _leave(shape, keyword)
            _widen(shape, report, keyword, f"longer than {MAX_LENGTH:,} characters")
    asked = len(shape.patterns) + bool(shape.format) + bool(shape.limits.keys() & {"minLength", "maxLength"})
    for keyword in ("length", "format", "pattern"):
        found = fault(json.dumps(text_node(shape))) if asked > 1 else None  # one alone was asked before
        if found == "unsatisfiable":
            shape.kinds.discard("string")
        if found in (None, "unsatisfiable"):
            return
        _give_up(shape, keyword, report)


def _give_up(shape: Shape, what: str, report: Report) -> None:
    """Leave a part of a text's keywords to validation."""
    for keyword in ("minLength", "maxLength") if what == "length" else (what,):
        if keyword in shape.limits or what != "length":
            shape.limits.pop(keyword, None)
            _widen(shape, report, keyword, "together with other keywords it is too much for the decoder")
    shape.format = None if what == "format" else shape.format
    shape.patterns = [] if what == "pattern" else shape.patterns


def _settle_range(shape: Shape, report: Report) -> None:
    """What is too large for llguidance is left to validation."""
    for keyword in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"):
        if abs(shape.limits.get(keyword, 0)) > LARGEST:
            _leave(shape, keyword)
            _widen(shape, report, keyword, "a number too large for the decoder")
        elif keyword in shape.limits and keyword.startswith("exclusive") and "fraction" in shape.kinds:
            _widen(shape, report, keyword, "held, but for a fraction so long that it is rounded to the limit")


def _settle_multiple(shape: Shape, report: Report) -> None:
    """`multipleOf` of llguidance knows no negative numbers."""
    step = shape.limits["multipleOf"]
    if float(step).is_integer():
        shape.kinds.discard("fraction")
    if step == 1:
        del shape.limits["multipleOf"]
    elif fault(json.dumps({"type": "number", "minimum": 0, "multipleOf": step})):
        _widen(shape, report, "multipleOf", "the decoder cannot hold this step")
        del shape.limits["multipleOf"]
    elif shape.limits.get("minimum", shape.limits.get("exclusiveMinimum", -1)) < 0:
        _widen(shape, report, "multipleOf", "held for numbers that are not negative")


def _settle_keys(shape: Shape, report: Report, dialect: Dialect) -> None:
    """Patterns of keys have to exclude each other for llguidance; others are left to validation."""
    held = {pattern: for_decoder(pattern, dialect) for pattern in shape.keyed}
    exact = {
        found.pattern: shape.keyed[pattern]
        for pattern, found in held.items()
        if found and found.exact and not found.needs_guard
    }
    node = {"type": "object", "patternProperties": dict.fromkeys(exact, True), "additionalProperties": False}
    if len(exact) == len(held) and (len(exact) == 1 or not fault(json.dumps(node))):
        shape.keyed = exact
        return
    why = "patterns that overlap" if len(exact) == len(held) else "the decoder cannot hold this expression"
    for keyword in ("patternProperties", "additionalProperties", "propertyNames"):
        _widen(shape, report, keyword, why)
    shape.keyed, shape.free = {}, ANY


def _leave(shape: Shape, keyword: str) -> None:
    del shape.limits[keyword]
    shape.loose.add(keyword)


def _widen(shape: Shape, report: Report, keyword: str, why: str, value: Any = None) -> None:
    for place in shape.facts:
        if keyword in place.node and value in (None, place.node[keyword]):
            report.widen(place, keyword, why)
