"""Patterns, names and the values of an enum are tried out while a schema is compiled: with a time for all together."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from extractor.comparable import comparable
from extractor.dialect.keywords import IN_PLACE
from extractor.formats import CHECKER
from extractor.grammar.meetings import canonical
from extractor.grammar.negation import ONLY
from extractor.grammar.report import SILENT, Report
from extractor.grammar.shapes import KINDS, Place, kind_of, kinds_of
from extractor.patterns import PatternError, search
from extractor.types import Dialect
from extractor.validators import VALIDATORS, errors_of

SECONDS = 3.0

_LISTED = SILENT | {"type", "enum", "const", "pattern", ONLY}  # of these values are asked without a validator
_COMBINED = IN_PLACE | {"unevaluatedProperties", "unevaluatedItems"}


@dataclass(slots=True)
class Trials:
    """Tries what a schema names by what it asks; where that takes too long, all passes and the keyword is reported."""

    root: Mapping[str, Any]
    dialect: Dialect
    report: Report
    validator: Any = field(init=False)
    slow: set[str] = field(default_factory=set)  # patterns that took too long
    left: float = SECONDS

    def __post_init__(self) -> None:
        self.validator = VALIDATORS[self.dialect](self.root, format_checker=CHECKER)

    def values(self, values: list[Any], facts: Sequence[Place]) -> tuple[list[Any], list[Any]]:
        """Those values of an enum that satisfy all that holds here; and those that only a combination rejects.

        {'oneOf': [{'const': 5}, {'minimum': 1}]}, in the first branch → [], [5]: the second writes it all the same.
        """
        own = self._own_values(values, facts)
        valid = self._valid_values(own, facts)
        known = set(map(comparable, valid)) if len(own) > len(valid) else None
        return valid, [] if known is None else [value for value in own if comparable(value) not in known]

    def _own_values(self, values: list[Any], facts: Sequence[Place]) -> list[Any]:
        """Those values of an enum that satisfy all that holds here, but for what subschemas at the same place say."""
        for place in facts:
            node = place.node
            if "type" in node or ONLY in node:
                kinds = kinds_of(node.get("type", KINDS)) & set(node.get(ONLY, KINDS))
                values = [value for value in values if kind_of(value) in kinds]
            for listed in [node[key] if key == "enum" else [node[key]] for key in ("enum", "const") if key in node]:
                known = {comparable(canonical(value)) for value in listed}
                values = [value for value in values if comparable(value) in known]
            if "pattern" in node:
                values = self._matching(values, place)
            values = self._passing(values, place, node.keys() - _LISTED - _COMBINED)
        return values

    def _valid_values(self, values: list[Any], facts: Sequence[Place]) -> list[Any]:
        """Those that the subschemas at the same place admit as well."""
        for place in facts:
            if not _COMBINED.isdisjoint(place.node):
                values = self._passing(values, place, place.node.keys() - _LISTED)
        return values

    def _passing(self, values: list[Any], place: Place, keywords: Collection[str]) -> list[Any]:
        """Those that satisfy some keywords of a subschema; all, where that takes too long."""
        if not keywords:
            return values
        checker = self.validator.evolve(schema={keyword: place.node[keyword] for keyword in keywords})
        try:
            return [value for value in values if self._timed(_is_valid, checker, value)]
        except TimeoutError:
            for keyword in keywords:
                self.report.widen(place, keyword, "trying its values takes too long")
            return values

    def _matching(self, values: list[Any], place: Place) -> list[Any]:
        """Those that are no text or match a pattern; all, where matching takes too long."""
        pattern = place.node["pattern"]
        try:
            return [value for value in values if not isinstance(value, str) or self._is_found(pattern, value)]
        except PatternError:
            return values
        except TimeoutError:
            self.report.widen(place, "pattern", "matching takes too long on its values")
            return values

    def is_match(self, place: Place, pattern: str, name: str) -> bool:
        """Whether a name is one that a pattern of `patternProperties` speaks of."""
        try:
            return self._is_found(pattern, name)
        except PatternError:
            return False
        except TimeoutError:
            for keyword in place.node.keys() & {"patternProperties", "additionalProperties"}:
                self.report.widen(place, keyword, "matching takes too long on the names")
            return False

    def is_name(self, place: Place, name: str) -> bool:
        """Whether a name is one that `propertyNames` admits."""
        try:
            return self._timed(_is_valid, self.validator.evolve(schema=place.node["propertyNames"]), name)
        except TimeoutError:
            self.report.widen(place, "propertyNames", "trying the names takes too long")
            return True

    def _is_found(self, pattern: str, text: str) -> bool:
        """As `search`; a pattern that took too long once is not tried again."""
        if pattern in self.slow:
            raise TimeoutError
        try:
            return self._timed(search, pattern, text, self.dialect)
        except TimeoutError:
            self.slow.add(pattern)
            raise

    def _timed(self, ask: Callable[..., bool], *arguments: Any) -> bool:
        """Ask; raises `TimeoutError` where all questions together took too long."""
        if self.left < 0:
            raise TimeoutError
        started = monotonic()
        try:
            return ask(*arguments)
        finally:
            self.left -= monotonic() - started


def _is_valid(validator: Any, value: Any) -> bool:
    return not errors_of(validator, value)
