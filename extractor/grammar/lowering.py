"""Schema → states and shapes: references followed, `allOf` merged, alternatives multiplied out, nothing nested.

A state is a *set of subschemas* that all hold at one place of an answer. Merging two of them is taking the union of
the sets, so `allOf`, `$ref` with siblings and recursion through either need no special case, and there are only
finitely many states: the subset construction of automata, applied to JSON Schema.

Whatever is not said exactly is widened, never narrowed, and reported: the decoder's language holds every valid
answer, and what it holds beyond is for validation to find.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from extractor.errors import SchemaError
from extractor.grammar.apart import is_apart
from extractor.grammar.holding import Holding
from extractor.grammar.merging import Merging
from extractor.grammar.negation import MADE, cases_of_dependence, cases_of_if, negate
from extractor.grammar.report import SILENT, Report
from extractor.grammar.sameness import Sameness
from extractor.grammar.shapes import ANY, Place, Shape, State, referred

MAX_MERGED = 2_000  # states; beyond, only the first of several subschemas at a place is held
MAX_STATES = 20_000
MAX_ALTERNATIVES = 256  # of one state; more are widened
MAX_TURNS = 100  # references and branches at one place

ALWAYS = Place("", node=True)
_REFERENCE = SILENT | {"$ref"}
_MERGED = frozenset(("$ref", "allOf"))
_FURTHER = frozenset(
    ("$ref", "allOf", "anyOf", "oneOf", "not", "if", "dependentRequired", "dependentSchemas")
)  # keywords that bring in other subschemas at the same place
_APPLIED = _MERGED | {"anyOf", "oneOf"} | SILENT  # keywords that say nothing of their own


class Group(NamedTuple):
    """Alternatives at a place: the keyword's path, the branches, and whether exactly one may hold."""

    path: str
    branches: Sequence[tuple[Place, ...]]
    is_exclusive: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """One way through all groups of a place: the subschemas that hold, and which branch was taken in each `oneOf`."""

    facts: Mapping[str, Place]
    taken: Mapping[str, int]

    def and_also(self, other: Case) -> Case:
        """Both."""
        return Case({**self.facts, **other.facts}, {**self.taken, **other.taken})


@dataclass(slots=True)
class Lowering:
    """The states of one schema."""

    root: Mapping[str, Any]
    holding: Holding
    states: dict[tuple[str, ...], State] = field(default_factory=dict)
    waiting: list[tuple[State, Mapping[str, Place], list[Group]]] = field(default_factory=list)
    exclusive: list[list[tuple[Case, Shape]]] = field(default_factory=list)
    options: dict[str, list[Case]] = field(default_factory=dict)
    single: dict[str, State] = field(default_factory=dict)  # the states of one subschema, by its path
    referred: dict[str, Place] = field(default_factory=dict)
    merged: int = 0  # states of more than one subschema
    dead: list[str] = field(default_factory=list)  # pointers where nothing can stand
    report: Report = field(init=False)
    sameness: Sameness = field(init=False)
    merging: Merging = field(init=False)

    def __post_init__(self) -> None:
        self.report = self.holding.report
        self.sameness = self.report.sameness
        self.merging = Merging(self.root, self.holding, self.state)

    def run(self) -> State:
        """The state of the root, with all that it leads to."""
        start = self.state((Place("", self.root),))
        while self.waiting:
            state, facts, groups = self.waiting.pop()
            self._fill(state, facts, groups)
        self._check_exclusive()
        return start

    def state(self, places: Iterable[Place]) -> State:
        """The state where all of these hold; the same for the same places."""
        places = tuple(places)
        if len(places) > 1:
            return self._state(places)
        first = places[0] if places else ALWAYS
        if isinstance(first.node, bool):
            return ANY if first.node else State()
        first = self.sameness.first(first)
        if first.path not in self.single:
            place = self._target(first)
            self.single[first.path] = self._state((place,)) if place is first else self.state((place,))
        return self.single[first.path]

    def _target(self, place: Place) -> Place:
        """Where a subschema leads that is nothing but a reference."""
        turns = 0
        while isinstance(place.node, dict) and "$ref" in place.node and _REFERENCE.issuperset(place.node):
            self.report.visit(place)
            place, turns = self._referred(place.node["$ref"]), turns + 1
            if turns > MAX_TURNS:
                raise SchemaError(f"{place.path}: more than {MAX_TURNS} references, one leading to the next")
        return place

    def _referred(self, reference: str) -> Place:
        if reference not in self.referred:
            self.referred[reference] = referred(self.root, reference)
        return self.referred[reference]

    def _state(self, places: Sequence[Place]) -> State:
        flat = self._flatten(places)
        if flat is None:
            return State()
        facts, groups = flat
        if not facts and not groups:
            return ANY
        if self.merged > MAX_MERGED and len(facts) > 1:
            facts, groups = self._first_only(facts, groups)
        key = (*facts, *(group.path for group in groups))
        if key not in self.states:
            self.merged += len(facts) > 1
            if len(self.states) >= MAX_STATES:
                raise SchemaError(f"the schema has more than {MAX_STATES} parts", hint="split the schema")
            self.states[key] = State()
            self.waiting.append((self.states[key], facts, groups))
        return self.states[key]

    def _first_only(self, facts: dict[str, Place], groups: list[Group]) -> tuple[dict[str, Place], list[Group]]:
        """Sets of subschemas can be exponentially many; single ones are as many as the schema has."""
        why = "the schema combines too many subschemas"
        first, *others = facts.values()
        for place in others:
            for keyword in place.node.keys() - SILENT:
                self.report.widen(place, keyword, why)
        own = [group for group in groups if group.path.rpartition("/")[0] == first.path]
        for group in groups:
            if group not in own:
                self.report.widen_at(group.path, why)
        return {first.path: first}, own

    # --- one place: references, allOf, alternatives ---

    def _flatten(self, places: Sequence[Place]) -> tuple[dict[str, Place], list[Group]] | None:
        """The subschemas that hold here, through references and `allOf`, and the groups; None: nothing can stand here.

        The order is that of the text, it decides the order of properties.
        """
        place = self.sameness.first(places[0])
        if len(places) == 1 and isinstance(place.node, dict) and _FURTHER.isdisjoint(place.node):  # the usual case
            self.report.visit(place)
            return {} if SILENT.issuperset(place.node) else {place.path: place}, []
        facts: dict[str, Place] = {}
        groups: dict[str, Group] = {}
        seen: set[str] = set()
        todo = [(place, False) for place in places][::-1]
        while todo:
            place, is_open = todo.pop()
            if place.node is False:
                return None
            place = self.sameness.first(place)
            if is_open:
                facts[place.path] = place
            if is_open or place.path in seen or place.node is True:
                continue
            seen.add(place.path)
            self.report.visit(place)
            groups.update((group.path, group) for group in self._groups(place))
            nested = [(inner, False) for inner in self._nested(place)]
            if not place.node.keys() <= _APPLIED:
                nested.insert(len(nested) if _comes_late(place.node) else 0, (place, True))
            todo += nested[::-1]
        return facts, list(groups.values())

    def _nested(self, place: Place) -> Iterator[Place]:
        for keyword in place.node:
            if keyword == "$ref":
                yield self._referred(place.node["$ref"])
            elif keyword == "allOf":
                yield from (place.child("allOf", at) for at in range(len(place.node["allOf"])))
            elif keyword == "not":
                cases = negate(place.node["not"])
                if cases is not None and len(cases) <= 1:
                    yield Place(f"{place.path}/not{MADE}", cases[0] if cases else False)

    def _groups(self, place: Place) -> Iterator[Group]:
        node = place.node
        for keyword in ("anyOf", "oneOf"):
            if keyword in node:
                branches = [(place.child(keyword, at),) for at in range(len(node[keyword]))]
                yield Group(f"{place.path}/{keyword}", branches, keyword == "oneOf")
        if "not" in node and len(cases := negate(node["not"]) or []) > 1:
            path = f"{place.path}/not"
            yield Group(path, [(Place(f"{path}{MADE}{at}", case),) for at, case in enumerate(cases)])
        if "if" in node and node.keys() & {"then", "else"}:
            yield Group(f"{place.path}/if", cases_of_if(place))
        for keyword in ("dependentRequired", "dependentSchemas"):
            for name in node.get(keyword, ()):
                yield Group(place.child(keyword, name).path, cases_of_dependence(place, keyword, name))

    def _cases(self, facts: Mapping[str, Place], groups: Iterable[Group], turns: int = 0) -> list[Case]:
        """Every combination of branches; a group that would make too many is left out, and reported."""
        if turns > MAX_TURNS:
            raise SchemaError(f"{next(iter(facts), '/')}: alternatives within alternatives, without end")
        cases = [Case(facts, {})]
        for group in groups:
            options = self._options(group, turns)
            if len(options) * len(cases) > MAX_ALTERNATIVES:
                self.report.widen_at(group.path, "too many combinations of alternatives")
            else:
                cases = [case.and_also(option) for case in cases for option in options]
        return cases

    def _options(self, group: Group, turns: int) -> list[Case]:
        """The ways through one group, with all that its branches lead to."""
        if group.path not in self.options:
            options = []
            for at, branch in enumerate(group.branches):
                flat = self._flatten(branch)
                tag = {group.path: at} if group.is_exclusive else {}
                cases = self._cases(*flat, turns + 1) if flat else []
                options += [Case(case.facts, {**case.taken, **tag}) for case in cases]
            self.options[group.path] = options
        return self.options[group.path]

    def _fill(self, state: State, facts: Mapping[str, Place], groups: list[Group]) -> None:
        cases = self._cases(facts, groups)
        shaped = [(case, self.merging.shape(list(case.facts.values()))) for case in cases]
        state.shapes = [shape for _, shape in shaped if shape.kinds]
        if not state.shapes:
            self.dead.append(next(iter(facts), ""))
        if any(group.is_exclusive for group in groups) or any(case.taken for case in cases):
            self.exclusive.append([(case, shape) for case, shape in shaped if shape.kinds or shape.rejected])

    def _check_exclusive(self) -> None:
        """`oneOf` is held where its branches exclude each other; elsewhere it is decoded as `anyOf`."""
        for cases in self.exclusive:
            for at, (case, shape) in enumerate(cases):
                for other_case, other in cases[:at]:
                    paths = [
                        path
                        for path, branch in case.taken.items()
                        if other_case.taken.get(path, branch) != branch and not self.report.is_widened(path)
                    ]
                    if paths and not is_apart(shape, other):
                        for path in paths:
                            self.report.widen_at(path, "more than one branch can hold; decoded as anyOf")


def _comes_late(node: Mapping[str, Any]) -> bool:
    """Whether `properties` are written after what is merged into them."""
    keys = list(node)
    return "properties" in node and any(keys.index(one) < keys.index("properties") for one in _MERGED & node.keys())
