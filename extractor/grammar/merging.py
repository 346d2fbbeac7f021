"""Subschemas that all hold at one place → one flat shape: the keywords of each kind of value, met."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from extractor.errors import SchemaError
from extractor.formats import SHAPES
from extractor.grammar.holding import Holding
from extractor.grammar.meetings import MEETINGS
from extractor.grammar.negation import ONLY, negate
from extractor.grammar.report import SILENT, UNKNOWN, Report
from extractor.grammar.shapes import LIMITS, Place, Shape, State, cost_of, is_beyond, kind_of, leaves
from extractor.grammar.trials import Trials
from extractor.marks import VERBATIM
from extractor.pointers import escaped, resolve

MAX_TEXT = 20_000  # characters of one value of an enum
MAX_COST = 950_000  # of the values of an enum together

# Keywords that the grammar holds, with those that the states above have taken up; and the others.
_HELD = LIMITS | {
    "$ref", "allOf", "anyOf", "oneOf", "if", "not", "dependentRequired", "dependentSchemas", "type", "enum", "const",
    "pattern", "format", "required", "properties", "patternProperties", "additionalProperties", "propertyNames",
    "prefixItems", "items", ONLY, VERBATIM,
} | SILENT  # fmt: skip
_CHECKED = {
    "contains": "how often an item occurs is not held by a grammar",
    "uniqueItems": "repeated items are dropped, then checked",
    "unevaluatedProperties": "depends on what other keywords matched",
    "unevaluatedItems": "depends on what other keywords matched",
}
_KNOWN = _HELD | _CHECKED.keys()
_OF_OBJECTS = frozenset(("properties", "required", "patternProperties", "additionalProperties", "propertyNames"))
_OF_NAMES = frozenset(("patternProperties", "propertyNames"))
_OF_FREE = frozenset(("patternProperties", "additionalProperties", "propertyNames"))
_OF_LISTS = frozenset(("items", "prefixItems"))


@dataclass(slots=True)
class Merging:
    """Makes shapes; `state` gives the state of some subschemas further down."""

    root: Mapping[str, Any]
    holding: Holding
    state: Callable[[Iterable[Place]], State]
    report: Report = field(init=False)
    trials: Trials = field(init=False)

    def __post_init__(self) -> None:
        self.report = self.holding.report
        self.trials = Trials(self.root, self.holding.dialect, self.report)

    def shape(self, facts: Sequence[Place]) -> Shape:
        """What satisfies all of these; without a kind where nothing does."""
        shape = Shape(facts=list(facts))
        for place in facts:
            self._meet(shape, place)
            if not _KNOWN.issuperset(place.node):
                for keyword in place.node.keys() - _KNOWN:
                    self.report.widen(place, keyword, UNKNOWN, ignored=True)
        if shape.values is not None:
            shape.values, shape.rejected = self.trials.values(shape.values, facts)
            shape.kinds &= {kind_of(value) for value in shape.values}
            self._report_values(shape, facts)
            if shape.verbatim:
                self.holding.widen(shape, VERBATIM, "its values are listed")
        if shape.values is not None:
            return shape
        for place in facts:
            self._report_unheld(place, shape)
        if "object" in shape.kinds:
            self._meet_objects(shape, [place for place in facts if not _OF_OBJECTS.isdisjoint(place.node)])
        if "array" in shape.kinds:
            self._meet_lists(shape, [place for place in facts if not _OF_LISTS.isdisjoint(place.node)])
        self.holding.settle(shape)
        return shape

    def _meet(self, shape: Shape, place: Place) -> None:
        """The keywords that have no subschema in them."""
        for keyword, value in place.node.items():
            if keyword in LIMITS:
                shape.meet(keyword, value)
            elif keyword in MEETINGS:
                MEETINGS[keyword](shape, place, value, self.report)

    def _report_values(self, shape: Shape, facts: Sequence[Place]) -> None:
        """Numbers that the decoder cannot write exactly, and texts that it cannot write at all."""
        listing = [(place, key) for place in facts for key in ("enum", "const") if key in place.node]
        found = [leaf for value in shape.values or () for leaf in leaves(value)]
        if sum(map(cost_of, found)) > MAX_COST:
            shape.values = None
            for place, key in listing:
                self.report.widen(place, key, "its values are too long for the decoder, with what is escaped in them")
        for leaf in found:
            if is_beyond(leaf):
                for place, key in listing:
                    self.report.widen(place, key, "a number too large for the decoder")
            elif isinstance(leaf, str) and len(leaf) > MAX_TEXT:
                where = f"{listing[0][0].path}/{listing[0][1]}" if listing else "/"
                hint = "leave it to a pattern or a description"
                raise SchemaError(
                    f"{where}: a value of {len(leaf):,} characters is too long for the decoder", hint=hint
                )

    def _report_unheld(self, place: Place, shape: Shape) -> None:
        for keyword in place.node:
            if keyword in _CHECKED and not _is_idle(keyword, place.node):
                self.report.widen(place, keyword, _CHECKED[keyword])
        if ONLY in place.node and "fraction" in shape.kinds and "integer" not in shape.kinds:
            self.report.widen(place, ONLY, "the decoder cannot exclude whole numbers")
        if "not" in place.node and negate(place.node["not"]) is None:
            self.report.widen(place, "not", "no grammar for what this excludes")

    # --- objects ---

    def _meet_objects(self, shape: Shape, speaking: Sequence[Place]) -> None:
        if not speaking:
            return
        shape.required = {name: None for place in speaking for name in place.node.get("required", ())}
        if len(speaking) == 1 and _OF_NAMES.isdisjoint(speaking[0].node):
            self._take_object(shape, speaking[0])
            return
        allowed = self._allowed_names(speaking)
        said = [(place, place.node.get("properties", {}), _OF_FREE.isdisjoint(place.node)) for place in speaking]
        for name in dict.fromkeys(
            [*chain.from_iterable(names for _, names, _ in said), *shape.required, *(allowed or ())]
        ):
            holds = [] if allowed is None or name in allowed else [Place("", node=False)]
            for place, names, is_of_names in said:
                if name in names or not is_of_names:
                    holds += self._at_name(place, name)
            shape.properties[name] = self.state(holds)
        self._meet_free(shape, [place for place, _, is_of_names in said if not is_of_names])
        if allowed is not None:
            shape.free, shape.keyed = None, {}

    def _take_object(self, shape: Shape, place: Place) -> None:
        """The usual case: one subschema speaks of objects, and of names one by one."""
        path = f"{place.path}/properties/"
        for name, node in place.node.get("properties", {}).items():
            shape.properties[name] = self.state((Place(path + escaped(name), node),))
        if "additionalProperties" in place.node:
            shape.free = self.state((place.child("additionalProperties"),))
        for name in shape.required:
            if name not in shape.properties:
                shape.properties[name] = shape.free or State()

    def _allowed_names(self, speaking: Iterable[Place]) -> Sequence[str] | None:
        """The only names that `propertyNames` leaves, where it lists them."""
        listed = (_listed_names(self._names(place)) for place in speaking)
        return next((names for names in listed if names is not None), None)

    def _names(self, place: Place) -> Any:
        """What `propertyNames` says, where a reference leads: `dict[Colour, int]` of Pydantic has one."""
        names = place.node.get("propertyNames")
        while isinstance(names, dict) and "$ref" in names and names.keys() - SILENT == {"$ref"}:
            names = resolve(self.root, names["$ref"])
        return names

    def _at_name(self, place: Place, name: str) -> Iterator[Place]:
        """What one subschema says about one property."""
        node = place.node
        is_met = name in node.get("properties", ())
        if is_met:
            yield place.child("properties", name)
        for pattern in node.get("patternProperties", ()):
            if self.trials.is_match(place, pattern, name):
                is_met = True
                yield place.child("patternProperties", pattern)
        if not is_met and "additionalProperties" in node:
            yield place.child("additionalProperties")
        if "propertyNames" in node and not self.trials.is_name(place, name):
            yield Place("", node=False)

    def _meet_free(self, shape: Shape, speaking: Sequence[Place]) -> None:
        """Properties without a name of their own: by the pattern of their name, and all others."""
        keyed = [place for place in speaking if place.node.get("patternProperties")]
        others = [place.child("additionalProperties") for place in speaking
                  if "additionalProperties" in place.node and place not in keyed]  # fmt: skip
        if len(keyed) > 1:
            for place in keyed:
                self._report_free(place, "beside the patterns of another subschema")
        elif keyed:
            others += self._meet_keyed(shape, keyed[0], others)
        if others:
            shape.free = self.state(others)
        for place in speaking:
            if isinstance(place.node.get("propertyNames"), dict):
                self._meet_names(shape, place)

    def _report_free(self, place: Place, why: str) -> None:
        for keyword in ("patternProperties", "additionalProperties"):
            if keyword in place.node:
                self.report.widen(place, keyword, why)

    def _meet_keyed(self, shape: Shape, place: Place, others: Sequence[Place]) -> Iterator[Place]:
        """The properties of one subschema with patterns; the others' rules hold for them too."""
        for pattern in place.node["patternProperties"]:
            shape.keyed[pattern] = self.state([place.child("patternProperties", pattern), *others])
        if "additionalProperties" in place.node:
            yield place.child("additionalProperties")

    def _meet_names(self, shape: Shape, place: Place) -> None:
        """`propertyNames` with a pattern or a length becomes the pattern of the free properties."""
        names = self._names(place)
        if not isinstance(names, dict) or names.keys() <= SILENT:
            return
        if _listed_names(names) is not None and names.keys() <= {"enum", "const", "type"} | SILENT:
            return
        pattern = _pattern_of_names(names)
        if pattern is not None and not shape.keyed and shape.free is not None:
            shape.keyed, shape.free = {pattern: shape.free}, None
        elif shape.free is not None or shape.keyed:
            self.report.widen(place, "propertyNames", "only a pattern, a format, a length or a list of names is held")

    # --- lists ---

    def _meet_lists(self, shape: Shape, speaking: Sequence[Place]) -> None:
        longest = max((len(place.node.get("prefixItems", ())) for place in speaking), default=0)
        shape.prefix = [self.state(_at_index(speaking, at)) for at in range(longest)]
        rest = [place.child("items") for place in speaking if "items" in place.node]
        if rest:
            shape.items = self.state(rest)


def _is_idle(keyword: str, node: Mapping[str, Any]) -> bool:
    """Whether a keyword that no grammar holds says nothing here, or nothing more than is held."""
    if keyword == "uniqueItems":
        return not node[keyword]
    if keyword == "contains" and node.get("minContains") == 0 and "maxContains" not in node:
        return True
    return node[keyword] in (True, {}) and (keyword != "contains" or "maxContains" not in node)


def _listed_names(names: Any) -> Sequence[str] | None:
    if names is False:
        return []
    if not isinstance(names, dict) or names.keys().isdisjoint(("enum", "const")):
        return None
    return [name for name in names.get("enum", [names.get("const")]) if isinstance(name, str)]


def _pattern_of_names(names: Mapping[str, Any]) -> str | None:
    said = names.keys() - SILENT - {"type"}
    if said == {"anyOf"}:
        several = [_pattern_of_names(branch) if isinstance(branch, dict) else None for branch in names["anyOf"]]
        return None if None in several else "|".join(f"(?:{pattern})" for pattern in several)
    if said == {"pattern"}:
        return str(names["pattern"])
    if said == {"format"} and names["format"] in SHAPES and not SHAPES[names["format"]].rest:
        return SHAPES[names["format"]].pattern
    if said and said <= {"minLength", "maxLength"}:
        most = int(names["maxLength"]) if "maxLength" in names else ""
        return rf"^[\s\S]{{{int(names.get('minLength', 0))},{most}}}$"
    return None


def _at_index(speaking: Iterable[Place], at: int) -> Iterator[Place]:
    """What is said about one item of a list."""
    for place in speaking:
        if at < len(place.node.get("prefixItems", ())):
            yield place.child("prefixItems", at)
        elif "items" in place.node:
            yield place.child("items")
