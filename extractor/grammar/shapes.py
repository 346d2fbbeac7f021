"""What a schema admits, as a graph: a `State` is a place in an answer, its `Shape`s are the alternatives there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, floor, gcd, lcm
from typing import Any, NamedTuple
from urllib.parse import unquote

from extractor.pointers import escaped, resolve

# JSON Schema's types, with `number` in its two halves, so that a type is a set and `not` its complement.
KINDS = ("null", "boolean", "integer", "fraction", "string", "array", "object")
_TYPES = {kind: frozenset((kind,)) for kind in KINDS} | {"number": frozenset(("integer", "fraction"))}

Limit = int | float


class Place(NamedTuple):
    """A subschema and where it stands; equal paths are equal places."""

    path: str
    node: Any

    def child(self, *parts: str | int) -> Place:
        """The subschema below: ('/a', {'items': {}}).child('items') → ('/a/items', {})."""
        path, node = self.path, self.node
        for part in parts:
            path = f"{path}/{escaped(str(part))}"
            node = node[part]
        return Place(path, node)


def referred(root: Mapping[str, Any], reference: str) -> Place:
    """Where a local reference leads: '#/$defs/A'."""
    return Place(unquote(reference.removeprefix("#")), resolve(root, reference))


@dataclass(slots=True)
class State:
    """A place in an answer: what is there satisfies one of the shapes. No shape: nothing can be there."""

    shapes: list[Shape] = field(default_factory=list)


ANYTHING = State()  # nothing was said
ANY = State()  # it was said that anything may stand here


@dataclass(slots=True)
class Shape:
    """One alternative, flat: the kinds of value, and what is asked of each kind.

    `values`, where there are any, are the only ones and stand for everything else. `limits` holds the keywords with a
    number, `keyed` properties by a pattern of their name. `free` is what all other properties hold; None: there can be
    none. Where nothing was said about items or free properties they are `ANYTHING` itself. `facts` are the subschemas
    that the shape was made of.
    """

    kinds: set[str] = field(default_factory=lambda: set(KINDS))
    values: list[Any] | None = None
    rejected: list[Any] = field(default_factory=list)  # values that only the branch of another shape may admit
    limits: dict[str, Limit] = field(default_factory=dict)
    patterns: list[str] = field(default_factory=list)
    format: str | None = None
    unique: bool = False
    verbatim: bool = False  # a text has to be a run of the document
    shortest: int = 0  # characters that the patterns ask for
    loose: set[str] = field(
        default_factory=set
    )  # keywords that are left to validation: no bound of ours may break them
    prefix: list[State] = field(default_factory=list)
    items: State | None = field(default_factory=lambda: ANYTHING)
    properties: dict[str, State] = field(default_factory=dict)
    required: dict[str, None] = field(default_factory=dict)
    keyed: dict[str, State] = field(default_factory=dict)
    free: State | None = field(default_factory=lambda: ANYTHING)
    facts: list[Place] = field(default_factory=list)

    def meet(self, keyword: str, limit: Limit) -> None:
        """Tighten a limit: the larger minimum, the smaller maximum, the common multiple."""
        limit = int(limit) if isinstance(limit, float) and limit.is_integer() else limit
        here = self.limits.get(keyword)
        self.limits[keyword] = limit if here is None else _MEET[keyword](here, limit)

    def children(self) -> Iterable[State]:
        """The states below, as often as they are named here; not those where anything may stand."""
        found: list[State | None] = []
        if self.values is None and "array" in self.kinds:
            found += [*self.prefix, self.items]
        if self.values is None and "object" in self.kinds:
            found += [*self.properties.values(), *self.keyed.values(), self.free]
        return (child for child in found if child is not None and child is not ANY and child is not ANYTHING)


ANYTHING.shapes.append(Shape())
ANY.shapes.append(Shape())


def kinds_of(types: str | Iterable[str]) -> frozenset[str]:
    """JSON Schema's types as kinds: 'number' → {'integer', 'fraction'}."""
    return _TYPES[types] if isinstance(types, str) else frozenset().union(*(_TYPES[name] for name in types))


def kind_of(value: Any) -> str:
    """The kind of a JSON value: 1.0 → 'integer'."""
    if value is None or isinstance(value, bool):
        return "null" if value is None else "boolean"
    if isinstance(value, int | float):
        return "integer" if value == int(value) else "fraction"
    return "string" if isinstance(value, str) else "array" if isinstance(value, list) else "object"


# llguidance reads numbers as doubles, so that a large whole number can become its neighbour; from 18 digits on it
# fails, and on the least of 64 bits it overflows its stack.
LARGEST = 10**17
RANGE = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")


def leaves(value: Any) -> Iterator[Any]:
    """The scalars in a JSON value: {'a': [1, None]} → 1, None."""
    if isinstance(value, dict | list):
        for child in value.values() if isinstance(value, dict) else value:
            yield from leaves(child)
    else:
        yield value


def is_beyond(value: Any) -> bool:
    """Whether a scalar is a whole number that the decoder may not write exactly."""
    return isinstance(value, int) and (abs(value) > LARGEST or int(float(value)) != value)


# llguidance 1.0.1 cuts string literals of more than 31 bytes short at an escaped character (its issues 218 and
# 326): such a value is written as a pattern.
_LONGEST_LITERAL = 31


_ESCAPED = re.compile(r'["\\\x00-\x1f]')


def is_cut(value: Any) -> bool:
    """Whether a scalar is a text that llguidance would cut short."""
    return len(_with_escapes(value).encode()) > _LONGEST_LITERAL


def cost_of(value: Any) -> int:
    """What the escaped characters of a scalar take of the million that llguidance's lexer has for all."""
    return _with_escapes(value).count("\\") * (17 if is_cut(value) else 75)


def _with_escapes(value: Any) -> str:
    """A text as JSON if that escapes something in it; '' for all else, which is nearly everything."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) and _ESCAPED.search(value) else ""


def common_multiple(one: Limit, other: Limit) -> Limit:
    """The least common multiple, of fractions too: 0.5, 0.75 → 1.5."""
    a, b = Fraction(str(one)), Fraction(str(other))
    common = Fraction(lcm(a.numerator, b.numerator), gcd(a.denominator, b.denominator))
    return common.numerator if common.denominator == 1 else float(common)


def steps_of(step: Limit, kind: str) -> list[Limit]:
    """A step, and what it is for numbers with fewer decimals, which llguidance does not see: 0.25 → 0.25, 0.5."""
    fraction, decimals = Fraction(str(step)), 0
    while (fraction * 10**decimals).denominator != 1:
        decimals += 1
    if kind == "integer" or 10 % (fraction * 10**decimals) == 0:  # with another decimal it is a multiple anyway
        return [step]
    return list(dict.fromkeys([step, *(common_multiple(step, 10.0**-fewer) for fewer in range(1, decimals))]))


_MEET: Mapping[str, Any] = {
    **dict.fromkeys(("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"), max),
    **dict.fromkeys(("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"), min),
    "multipleOf": common_multiple,
}
LIMITS = frozenset(_MEET)


# --- which states nothing satisfies --------------------------------------------------------------------------


def reachable(start: State, most: float = float("inf")) -> list[State]:
    """The state and all that it leads to, each once; the search ends where there are more than `most`."""
    found = {id(start): start}
    todo = [start]
    while todo and len(found) <= most:
        for shape in todo.pop().shapes:
            for child in shape.children():
                if id(child) not in found:
                    found[id(child)] = child
                    todo.append(child)
    return list(found.values())


def verbatim(start: State) -> set[int]:
    """The ids of the states that lead to a text which has to be a run of the document."""
    states = reachable(start)
    found = {id(state) for state in states if any(shape.verbatim for shape in state.shapes)}
    size = 0
    while size < len(found):
        size = len(found)
        found |= {
            id(state) for state in states for shape in state.shapes if any(id(one) in found for one in shape.children())
        }
    return found


def levels(start: State) -> int:
    """The longest way down on which a walk, depth first, meets new states only."""
    seen = {id(start)}
    walk = [iter([child for shape in start.shapes for child in shape.children()])]
    most = 1
    while walk:
        state = next((child for child in walk[-1] if id(child) not in seen), None)
        if state is None:
            walk.pop()
        else:
            seen.add(id(state))
            walk.append(iter([child for shape in state.shapes for child in shape.children()]))
            most = max(most, len(walk))
    return most


def prune(start: State) -> list[Shape]:
    """Remove the shapes that no finite value satisfies: the emptiness test of context-free grammars.

    Afterwards a state without shapes is one where nothing can stand, and no shape requires such a state. Returns the
    shapes that are to blame where nothing is left of the start: those that fail with all below them well.
    """
    states = reachable(start)
    filled: set[int] = {id(ANYTHING), id(ANY)}
    grown = True
    while grown:
        grown = False
        for state in reversed(states):
            if id(state) not in filled and any(_is_filled(shape, filled) for shape in state.shapes):
                filled.add(id(state))
                grown = True
    is_all = len(filled) == len(states) + 2
    empty = [state for state in states if id(state) not in filled] if id(start) not in filled else []
    blamed = [
        shape for state in empty for shape in state.shapes if all(id(child) in filled for child in shape.children())
    ]
    for state in states:  # where all are filled, only limits can leave a shape or a kind without a value
        state.shapes = [
            shape if is_all and not shape.limits else _without_empty(shape, filled)
            for shape in state.shapes
            if (is_all and not shape.limits) or _is_filled(shape, filled)
        ]
    return blamed


def _is_filled(shape: Shape, filled: set[int]) -> bool:
    return shape.values is not None or any(_is_possible(kind, shape, filled) for kind in shape.kinds)


def _is_possible(kind: str, shape: Shape, filled: set[int]) -> bool:
    """Whether a value of this kind exists, as far as the filled states show."""
    limits = shape.limits
    if kind == "object":
        most = min(limits.get("maxProperties", float("inf")), _most_names(shape, filled))
        if most < max(limits.get("minProperties", 0), len(shape.required)):
            return False
        return all(id(shape.properties[name]) in filled for name in shape.required)
    if kind == "array":
        return _shortest(shape, filled) >= limits.get("minItems", 0) <= limits.get("maxItems", 1 << 60)
    if kind == "string":
        return limits.get("minLength", 0) <= limits.get("maxLength", 1 << 60)
    return kind not in ("integer", "fraction") or has_room(kind, limits)


def _most_names(shape: Shape, filled: set[int]) -> float:
    """How many properties there can be."""
    if shape.keyed or id(shape.free) in filled:
        return float("inf")
    return sum(id(state) in filled for state in shape.properties.values())


def _shortest(shape: Shape, filled: set[int]) -> float:
    """How many items there can be: up to the first place where nothing can stand."""
    for at, state in enumerate(shape.prefix):
        if id(state) not in filled:
            return at
    return float("inf") if id(shape.items) in filled else len(shape.prefix)


def least_of(limits: Mapping[str, Limit]) -> Limit:
    """The larger one of both minima."""
    return max(limits.get("minimum", -float("inf")), limits.get("exclusiveMinimum", -float("inf")))


def has_room(kind: str, limits: Mapping[str, Limit]) -> bool:
    """Whether there is a number of this kind within limits."""
    least = least_of(limits)
    most = min(limits.get("maximum", float("inf")), limits.get("exclusiveMaximum", float("inf")))
    if kind == "integer" and -float("inf") < least and most < float("inf"):
        first = floor(least) + 1 if least == limits.get("exclusiveMinimum") else ceil(least)
        last = ceil(most) - 1 if most == limits.get("exclusiveMaximum") else floor(most)
        return first <= last
    if least == most:
        return kind_of(least) == kind and least not in (limits.get("exclusiveMinimum"), limits.get("exclusiveMaximum"))
    return least < most


def _without_empty(shape: Shape, filled: set[int]) -> Shape:
    """Without the kinds that cannot be; no kind at all is no value."""
    if shape.values is not None:
        return shape
    shape.kinds = {kind for kind in shape.kinds if _is_possible(kind, shape, filled)}
    most = _shortest(shape, filled)
    if most != float("inf"):
        shape.meet("maxItems", int(most))
        shape.prefix, shape.items = shape.prefix[: int(most)], None
    if id(shape.free) not in filled:
        shape.free = None
    return shape
