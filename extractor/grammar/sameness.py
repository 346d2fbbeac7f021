"""Which subschemas say the same: real schemas repeat themselves, and what is the same is lowered once.

Hash-consing (Ershov 1958): equal parts get equal numbers from the leaves up, so that comparing two subschemas is
comparing two numbers, however large they are.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

from extractor.dialect.keywords import ANNOTATIONS, NAMED, SUBSCHEMAS
from extractor.grammar.negation import MADE
from extractor.grammar.shapes import Place


@dataclass(frozen=True, slots=True)
class Sameness:
    """The subschemas of one schema, whose nodes have to live as long as this does."""

    numbers: dict[Hashable, int] = field(default_factory=dict)  # by what is said
    known: dict[int, int] = field(default_factory=dict)  # by id of the node
    firsts: dict[int, Place] = field(default_factory=dict)  # by number

    def first(self, place: Place) -> Place:
        """The place that stands for all that are equal but for annotations: the first that was asked for.

        A subschema of our own making stands for itself alone: reports lead to the keyword that it was made from, and
        its node does not live on, so that another could get its id.
        """
        return place if MADE in place.path else self.firsts.setdefault(self._number(place.node), place)

    def _number(self, node: Any) -> int:
        if not isinstance(node, dict):
            return -1 if node else -2
        found = self.known.get(id(node))
        if found is None:
            told = [keyword for keyword in node if keyword not in ANNOTATIONS]
            said = tuple([(keyword, self._said(keyword, node[keyword])) for keyword in told])
            found = self.known[id(node)] = self.numbers.setdefault(said, len(self.numbers))
        return found

    def _said(self, keyword: str, value: Any) -> Hashable:
        if keyword not in SUBSCHEMAS:
            return repr(value)  # as text, 1 and True and "1" are different
        if isinstance(value, list):
            return tuple(map(self._number, value))
        if keyword in NAMED:
            return tuple([(name, self._number(child)) for name, child in value.items()])
        return self._number(value)
