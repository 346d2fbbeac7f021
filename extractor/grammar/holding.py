"""What llguidance holds of texts, numbers and keys, asked of llguidance itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import prod
from typing import Any

from extractor.formats import SHAPES
from extractor.grammar.check import check
from extractor.grammar.report import Report
from extractor.grammar.shapes import ANY, LARGEST, RANGE, Shape, is_beyond, least_of, steps_of
from extractor.marks import VERBATIM
from extractor.patterns import GUARD, MOST_STATES, Held, for_decoder
from extractor.types import Dialect

MAX_ITEMS = 5_000  # llguidance writes them out one by one
LARGEST_EXCLUSIVE = 2**53 - 1  # the last whole number whose neighbours are doubles as well
MAX_LENGTH = 100_000  # characters; a longer minLength or maxLength costs more than a grammar can


@dataclass(frozen=True, slots=True)
class Holding:
    """Turns the patterns and limits of shapes into those that llguidance holds; the rest is reported.

    Asking about a part costs as much as compiling a small grammar, and nearly every answer is yes. So first little is
    in doubt, and the whole is compiled; only where that fails is each part asked about, with `doubts`.
    """

    report: Report
    dialect: Dialect
    doubts: bool

    def fault(self, node: Mapping[str, Any], *, doubts: bool = False) -> str | None:
        """What llguidance has against a node, if there is doubt: None, 'unsatisfiable', or its message."""
        return _fault(json.dumps(node)) if self.doubts or doubts else None

    def settle(self, shape: Shape) -> None:
        """Leave in a shape what is held."""
        if "string" in shape.kinds:
            if shape.patterns:
                self._settle_patterns(shape)
            self._settle_text(shape)
        if shape.limits and shape.kinds & {"integer", "fraction"}:
            self._settle_range(shape)
            if "multipleOf" in shape.limits:
                self._settle_multiple(shape)
        if shape.keyed and "object" in shape.kinds:
            self._settle_keys(shape)
        for keyword in ("minItems", "maxItems") if shape.limits and "array" in shape.kinds else ():
            if shape.limits.get(keyword, 0) > MAX_ITEMS:
                _leave(shape, keyword)
                self.widen(shape, keyword, f"more than {MAX_ITEMS:,} items")

    def _settle_patterns(self, shape: Shape) -> None:
        held: list[Held] = []
        for pattern in shape.patterns:
            found = self._pattern(pattern)
            if found is None:
                self.widen(shape, "pattern", "the decoder cannot hold this expression", pattern)
            elif prod(one.states for one in (*held, found)) > MOST_STATES:
                self.widen(shape, "pattern", "too much for the decoder beside the other patterns", pattern)
            else:
                held.append(found)
                if not found.exact:
                    self.widen(shape, "pattern", f"{found.why} is not held", pattern)
        shape.shortest = max((found.shortest for found in held), default=0)
        guard = [GUARD] if any(found.needs_guard for found in held) else []
        shape.patterns = [*(found.pattern for found in held), *guard]

    def _pattern(self, pattern: str) -> Held | None:
        found = for_decoder(pattern, self.dialect)
        return None if found is None or self.fault({"type": "string", "pattern": found.pattern}) else found

    def _settle_text(self, shape: Shape) -> None:
        """Together, patterns, format and length can be too much for llguidance, or nothing at all."""
        for keyword in ("minLength", "maxLength") if shape.limits else ():
            if shape.limits.get(keyword, 0) > MAX_LENGTH:
                _leave(shape, keyword)
                self.widen(shape, keyword, f"longer than {MAX_LENGTH:,} characters")
        asked = len(shape.patterns) + bool(shape.format) + bool(shape.limits.keys() & {"minLength", "maxLength"})
        for keyword in ("length", "format", "pattern"):
            found = self.fault(text_node(shape)) if asked > 1 else None  # a pattern alone was asked before
            if found == "unsatisfiable":
                shape.kinds.discard("string")
            if found in (None, "unsatisfiable"):
                return
            self._give_up(shape, keyword)

    def _give_up(self, shape: Shape, what: str) -> None:
        """Leave a part of a text's keywords to validation."""
        for keyword in ("minLength", "maxLength") if what == "length" else (what,):
            if keyword in shape.limits or what != "length":
                shape.limits.pop(keyword, None)
                self.widen(shape, keyword, "together with other keywords it is too much for the decoder")
        shape.format = None if what == "format" else shape.format
        shape.patterns = [] if what == "pattern" else shape.patterns

    def _settle_range(self, shape: Shape) -> None:
        """What is too large or too fine for llguidance is left to validation."""
        given = [keyword for keyword in RANGE if keyword in shape.limits]
        for keyword in given:
            limit, is_exclusive = shape.limits[keyword], keyword.startswith("exclusive")
            if is_beyond(limit) or abs(limit) > (LARGEST_EXCLUSIVE if is_exclusive else LARGEST):
                _leave(shape, keyword)
                self.widen(shape, keyword, "a number too large for the decoder")
            elif is_exclusive and "fraction" in shape.kinds:
                self.widen(shape, keyword, "held, but for a fraction so long that it is rounded to the limit")
        node = {"type": "number", **{keyword: shape.limits[keyword] for keyword in given if keyword in shape.limits}}
        if self.fault(node) not in (None, "unsatisfiable"):
            for keyword in given:
                shape.limits.pop(keyword, None)
                self.widen(shape, keyword, "a number too fine for the decoder")

    def _settle_multiple(self, shape: Shape) -> None:
        """`multipleOf` of llguidance knows no negative numbers."""
        step = shape.limits["multipleOf"]
        if float(step).is_integer():
            shape.kinds.discard("fraction")
        if step == 1:
            del shape.limits["multipleOf"]
        elif any(self.fault({"type": "number", "minimum": 0, "multipleOf": each}) for each in steps_of(step, "number")):
            self.widen(shape, "multipleOf", "the decoder cannot hold this step")
            del shape.limits["multipleOf"]
        elif least_of(shape.limits) < 0:
            self.widen(shape, "multipleOf", "held for numbers that are not negative")

    def _settle_keys(self, shape: Shape) -> None:
        """Patterns of keys have to exclude each other for llguidance; others are left to validation."""
        held = {pattern: self._pattern(pattern) for pattern in shape.keyed}
        exact = {
            found.pattern: shape.keyed[pattern]
            for pattern, found in held.items()
            if found and found.exact and not found.needs_guard
        }
        node = {"type": "object", "patternProperties": dict.fromkeys(exact, True), "additionalProperties": False}
        if len(exact) == len(held) and not self.fault(node, doubts=len(exact) > 1):
            shape.keyed = exact
            return
        why = "patterns that overlap" if len(exact) == len(held) else "the decoder cannot hold this expression"
        for keyword in ("patternProperties", "additionalProperties", "propertyNames"):
            self.widen(shape, keyword, why)
        shape.keyed, shape.free = {}, ANY

    def widen(self, shape: Shape, keyword: str, why: str, value: Any = None) -> None:
        """Report a keyword of a shape as not held, or not wholly; `value` names one of several patterns."""
        for place in shape.facts:
            if keyword in place.node and value in (None, place.node[keyword]):
                self.report.widen(place, keyword, why)


def text_node(shape: Shape) -> dict[str, Any]:
    """The text of a settled shape as a node of the grammar."""
    node: dict[str, Any] = {"type": "string", **({VERBATIM: True} if shape.verbatim else {})}
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
def _fault(node: str) -> str | None:
    found = check(f"%llguidance {{}}\nstart: %json {node}\n")
    return "unsatisfiable" if found and "nsatisfiable" in found else found


def _leave(shape: Shape, keyword: str) -> None:
    del shape.limits[keyword]
    shape.loose.add(keyword)
