"""How each field is compared: as its schema says with `x-compare`, as the user says, else by what it is.

Choices, yes or no and numbers have to be equal, dates to be the same day, times the same instant, addresses the same
but for the case of a host, texts but for case, width and marks; a text about all of a document (a summary) is scored by
ROUGE-L. Of a list `x-compare` may say `set` (what is repeated counts once) or `ordered` (only what stands in order
counts); otherwise it is that of its items.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from extractor.errors import SchemaError, UsageError
from extractor.evaluate.comparators import IGNORE, Alike, comparator
from extractor.field_words import is_overview
from extractor.marks import COMPARE
from extractor.scopes import Scope

_OF_FORMATS = {  # the comparator of texts that have a format
    "date": {"date"},
    "time": {"date-time", "time"},
    "address": {
        *("email", "idn-email", "hostname", "idn-hostname", "ipv4", "ipv6", "uuid"),
        *("uri", "uri-reference", "iri", "iri-reference"),
    },
    "exact": {"regex", "uri-template", "json-pointer", "relative-json-pointer"},
}

Listing = Literal["any", "set", "ordered"]


@dataclass(frozen=True, slots=True)
class Rule:
    """The name of a comparator, and what it does."""

    name: str
    alike: Alike

    @property
    def is_ignored(self) -> bool:
        """Whether a field is left out."""
        return self.name == IGNORE


@dataclass(slots=True)
class Rules:
    """The rules of a schema; `given` are those of the user by field ('people[].name'), which come first.

    `used` are those of them that there was a field for, `named` the name of the comparator of each field.
    """

    given: Mapping[str, str] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    named: dict[str, str] = field(default_factory=dict)
    _known: dict[str, Alike] = field(default_factory=dict)

    def of(self, scope: Scope, where: str) -> Rule:
        """How the values of a field are compared; where a list is asked for and none stands, by what it is."""
        said = self._said(scope, where)
        name = _default(scope, where) if said is None or said in get_args(Listing) else said
        if name not in self._known:
            try:
                self._known[name] = comparator(name)
            except UsageError as error:
                if where in self.given:
                    raise
                raise SchemaError(f"{where}: {COMPARE}: {error}", hint=error.hint) from error
        self.named[where] = name
        return Rule(name, self._known[name])

    def listing(self, scope: Scope, where: str) -> Listing:
        """How the order of a list counts, and what is repeated in it."""
        said = self._said(scope, where)
        return said if said in get_args(Listing) else "any"  # type: ignore[return-value]

    def is_ignored(self, scope: Scope, where: str) -> bool:
        """Whether a field with all that is in it is left out."""
        return self._said(scope, where) == IGNORE

    def of_items(self, items: Scope, around: Scope, where: str) -> Rule:
        """How the items of a list are compared, if those say nothing, as the list does."""
        said = self._said(around, where)
        if said is None or said in get_args(Listing) or self._said(items, f"{where}[]"):
            return self.of(items, f"{where}[]")
        rule = self.of(around, where)
        self.named[f"{where}[]"] = rule.name
        return rule

    def _said(self, scope: Scope, where: str) -> str | None:
        if where in self.given:
            self.used.add(where)
            return self.given[where]
        said = next((part[COMPARE] for part in scope.parts if COMPARE in part), None)
        if said is not None and not isinstance(said, str):
            raise SchemaError(f"{where}: {COMPARE}: {said!r:.60} is no text", hint='"x-compare": "fuzzy:0.9", say')
        return said


def _default(scope: Scope, where: str) -> str:
    kinds = scope.kinds - {"null"}
    if scope.choices is not None or kinds == {"boolean"}:
        return "exact"
    if kinds and kinds <= {"number", "integer"}:
        return "number"
    if formats := {part["format"] for part in scope.parts if "format" in part}:
        return next((name for name, some in _OF_FORMATS.items() if formats <= some), "normalised")
    return "rouge" if is_overview(scope, where.rpartition(".")[2]) else "normalised"
