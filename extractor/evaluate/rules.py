"""How each field is compared: as its schema says with `x-compare`, as the user says, else by what it is.

Choices, yes or no and numbers have to be equal, dates to be the same day, times the same instant, addresses the same
but for the case of a host, texts but for case, width and marks; a text about all of a document (a summary) is scored by
ROUGE-L. Of a list `x-compare` may say `set` (what is repeated counts once) or `ordered` (only what stands in order
counts); otherwise it is that of its items.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from extractor.comparisons import IGNORE, LISTINGS, fault_of
from extractor.dialect.keywords import placed
from extractor.errors import SchemaError, UsageError
from extractor.evaluate.comparators import Alike, comparator
from extractor.field_words import is_overview
from extractor.marks import COMPARE
from extractor.pointers import pointer
from extractor.scopes import Scope, Scopes, scopes_of
from extractor.types import Schema

_OF_FORMATS = {  # the comparator of texts that have a format
    "date": {"date"},
    "time": {"date-time", "time"},
    "address": {
        *("email", "idn-email", "hostname", "idn-hostname", "ipv4", "ipv6", "uuid"),
        *("uri", "uri-reference", "iri", "iri-reference"),
    },
    "exact": {"regex", "uri-template", "json-pointer", "relative-json-pointer"},
}

MICRO = "all values"  # what all fields together are called
MACRO, BY_DOCUMENT = "mean of fields", "mean of documents"
TOTALS = (MICRO, MACRO, BY_DOCUMENT)
_INSIDE = re.compile(r"\[(\d*)\]")  # an item of a list
_WAY = re.compile(r"[.\[]")  # into what a field has

Listing = Literal["any", "set", "ordered"]


def shown_name(name: str, beside: Collection[str]) -> str:
    """The name of a property in that of a field, in quotes where it would be read as another one: 'a.b' beside 'a'."""
    head = _WAY.split(name)[0]
    return f"'{name}'" if name in TOTALS or (head != name and head in beside) else name


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

    `named` are the names of the comparators of fields.
    """

    given: Mapping[str, str] = field(default_factory=dict)
    named: dict[str, str] = field(default_factory=dict)
    _known: dict[str, Alike] = field(default_factory=dict)

    def of(self, scope: Scope, where: str) -> Rule:
        """How the values of a field are compared; where a list is asked for and none stands, by what it is."""
        said = self._said(scope, where)
        name = _default(scope, where) if said is None or said in LISTINGS else said
        if name not in self._known:
            self._known[name] = comparator(name)
        self.named[where] = name
        return Rule(name, self._known[name])

    def listing(self, scope: Scope, where: str) -> Listing:
        """How the order of a list counts, and what is repeated in it."""
        said = self._said(scope, where)
        return said if said in LISTINGS else "any"  # type: ignore[return-value]

    def is_ignored(self, scope: Scope, where: str) -> bool:
        """Whether a field with all that is in it is left out."""
        return self._said(scope, where) == IGNORE

    def of_items(self, items: Scope, around: Scope, where: str) -> Rule:
        """How the items of a list are compared, if those say nothing, as the list does."""
        said = self._said(around, where)
        if said is None or said in LISTINGS or self._said(items, f"{where}[]"):
            return self.of(items, f"{where}[]")
        rule = self.of(around, where)
        self.named[f"{where}[]"] = rule.name
        return rule

    def _said(self, scope: Scope, where: str) -> str | None:
        if where in self.given:
            return self.given[where]
        return next((part[COMPARE] for part in scope.parts if COMPARE in part), None)


def _default(scope: Scope, where: str) -> str:
    kinds = scope.kinds - {"null"}
    if scope.choices is not None or kinds == {"boolean"}:
        return "exact"
    if kinds and kinds <= {"number", "integer"}:
        return "number"
    if formats := {part["format"] for part in scope.parts if "format" in part}:
        return next((name for name, some in _OF_FORMATS.items() if formats <= some), "normalised")
    return "rouge" if is_overview(scope, where.rpartition(".")[2]) else "normalised"


# --- what means nothing --------------------------------------------------------------------------------------


def refuse_nonsense(given: Mapping[str, str], schema: Schema) -> None:
    """Raise for ways in which values cannot be compared: `SchemaError` where the schema says so, else `UsageError`.

    That is raised too for fields that the schema does not have.
    """
    scopes = scopes_of(schema)
    for path, node in placed(schema.json_schema):
        if COMPARE in node and (fault := fault_of(node[COMPARE], scopes, scopes.of((node,)))):
            raise SchemaError(f"{pointer(path) or '/'}: {COMPARE}: {fault.what}", hint=fault.hint)
    for where, how in given.items():
        found = [*_named(scopes, scopes.root, where)]
        if not found:
            there = ", ".join(scopes.root.properties)
            hint = f"it has {there[:200]}; in lists as people[].name" if there else None
            raise UsageError(f"no field {where!r} in the schema", hint=hint)
        faults = [fault_of(how, scopes, scope, where) for scope in found]
        if all(faults) and (fault := faults[0]):
            raise UsageError(f"{where}={how}: {fault.what}", hint=fault.hint)


def _named(scopes: Scopes, scope: Scope, where: str) -> Iterator[Scope]:
    """What a schema says of a field: 'people[].name'; names may have dots and brackets in them."""
    if not where:
        yield scope
        return
    if item := _INSIDE.match(where):
        nodes = scope.child(int(item[1])) if item[1] else scope.items
        if "array" in scope.kinds:
            yield from _named(scopes, scopes.of(nodes), where[item.end() :])
    rest = where.removeprefix(".")
    for name in (*scope.properties, "*"):
        shown = shown_name(name, scope.properties)
        if rest.startswith(shown) and rest[len(shown) : len(shown) + 1] in ("", ".", "[") and "object" in scope.kinds:
            yield from _named(scopes, scopes.of(scope.child(name)), rest[len(shown) :])
