"""Keyword by keyword: what the decoder holds, what validation checks after it, what nobody heeds or can fulfil."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from math import inf
from typing import Any, Literal, NamedTuple, get_args

from extractor.comparisons import Fault, fault_of
from extractor.dialect.keywords import ANNOTATIONS, DROPPED, NAMED
from extractor.dialect.metaschema import known, short
from extractor.field_words import goes_with
from extractor.grammar.negation import MADE
from extractor.grammar.sameness import Sameness
from extractor.grammar.shapes import KINDS, LIMITS, Limit, Place, has_room, kinds_of, referred
from extractor.marks import COMPARE, DISJOINT, ONE_OF, RANKED
from extractor.pointers import escaped, unescaped
from extractor.scopes import Scopes, lists_texts
from extractor.types import Merge

Status = Literal["enforced", "after", "aside", "unasked", "ignored", "void"]
UNKNOWN = "no keyword of JSON Schema"

_MANY = 60  # entries of a keyword's value

# Keywords whose subschemas speak for themselves; what is below the others speaks through them.
_NAMED = NAMED - ANNOTATIONS
_JOINING: dict[str, tuple[Any, ...]] = {"x-merge": get_args(Merge), "x-key": (True, False)}  # with their values
_ASIDE = frozenset((*_JOINING, COMPARE, DISJOINT, RANKED))
_DEPENDENT = frozenset(("dependentRequired", "dependentSchemas"))
_LISTED = frozenset(("allOf", "anyOf", "oneOf", "prefixItems"))
# Keywords that say nothing alone, and beside what they do.
_NEEDED: Mapping[str, frozenset[str]] = {
    "if": frozenset(("then", "else")),
    **dict.fromkeys(("then", "else"), frozenset(("if",))),
    **dict.fromkeys(("minContains", "maxContains"), frozenset(("contains",))),
}
_SINGLE = frozenset(("items", "additionalProperties", "if", "then", "else"))

# Of types whose values have a size: what those values are called, and the keywords of their bounds.
_SIZED = {
    "string": ("text", "minLength", "maxLength"),
    "array": ("list", "minItems", "maxItems"),
    "object": ("object", "minProperties", "maxProperties"),
}

_CONTENT = frozenset(("contentEncoding", "contentMediaType", "contentSchema"))

# Keywords that say nothing about what is valid, and those whose subschemas speak for themselves.
SILENT = ANNOTATIONS | {"then", "else", "minContains", "maxContains", ONE_OF}


class Row(NamedTuple):
    """One keyword: the pointer of its subschema, its value (shortened JSON), and how it is held."""

    pointer: str
    keyword: str
    value: str
    status: Status
    why: str = ""


@dataclass(slots=True)
class Report:
    """Collected while a schema is lowered. What is visited and not widened is enforced.

    Of subschemas that say the same one is visited, and what is found there is told of each: what is held less well at
    one of them is told of all.
    """

    root: Mapping[str, Any]
    sameness: Sameness = field(default_factory=Sameness)
    visited: set[str] = field(default_factory=set)
    widened: dict[str, tuple[Status, str]] = field(default_factory=dict)

    def visit(self, place: Place) -> None:
        """A subschema that the answer can get to."""
        self.visited.add(place.path)

    def widen(self, place: Place, keyword: str, why: str, *, ignored: bool = False) -> None:
        """A keyword of a subschema is not held, or not wholly."""
        self.widen_at(f"{place.path}/{keyword}", why, ignored=ignored)

    def widen_at(self, path: str, why: str, *, ignored: bool = False) -> None:
        """As `widen`, by the pointer of the keyword; for one that we made, the keyword that it came from."""
        self.widened.setdefault(path.partition(MADE)[0], ("ignored" if ignored else "after", why))

    def is_widened(self, path: str) -> bool:
        """Whether the keyword at this pointer was widened already."""
        return path.partition(MADE)[0] in self.widened

    def rows(self) -> Iterator[Row]:
        """Every keyword with a say in what is valid, parents before children."""
        scopes = Scopes(self.root)
        for place in self._in_order_of_text(self._reached()):
            path, voids = self.sameness.first(place).path, _voids(place.node)
            for keyword, value in place.node.items() if path in self.visited else ():
                if _NEEDED.get(keyword, place.node.keys()).isdisjoint(place.node):
                    needed = " or ".join(sorted(_NEEDED[keyword], reverse=True))
                    yield Row(place.path, keyword, _shown(value), "ignored", f"says nothing without {needed}")
                elif keyword in _CONTENT:
                    yield Row(place.path, keyword, _shown(value), "ignored", "an annotation: nobody looks into a text")
                elif keyword in _ASIDE:
                    yield Row(place.path, keyword, _shown(value), *_aside(place, keyword, scopes))
                elif keyword in voids:
                    yield Row(place.path, keyword, _shown(value), "void", voids[keyword])
                elif keyword not in SILENT:
                    status, why = self._found(f"{path}/{keyword}", value if keyword in _DEPENDENT else ())
                    why += _advice(keyword) if why == UNKNOWN else ""
                    yield Row(place.path, keyword, _shown(value), status, why)
            for keyword, (value, why) in place.node.get(DROPPED, {}).items() if path in self.visited else ():
                yield Row(place.path, keyword, _shown(value), "ignored", why)

    def _reached(self) -> Collection[Place]:
        """The subschemas that an answer can get to, each once."""
        found = {"": Place("", self.root)}
        todo = [*found.values()]
        while todo:
            inner = [place for place in _inner(todo.pop(), self.root) if isinstance(place.node, dict)]
            todo += [place for place in inner if found.setdefault(place.path, place) is place]
        return found.values()

    def _in_order_of_text(self, places: Collection[Place]) -> Iterator[Place]:
        """By the positions of all parts of a pointer: '/properties/b' of {'properties': {'a': …, 'b': …}} is (0, 1)."""
        positions: dict[int, dict[str, int]] = {}  # of the parts of each container, by its id

        def position(place: Place) -> tuple[int, ...]:
            found, node = [], self.root
            for part in place.path.split("/")[1:]:
                if id(node) not in positions:
                    names = range(len(node)) if isinstance(node, list) else map(escaped, node)
                    positions[id(node)] = {str(name): at for at, name in enumerate(names)}
                found.append(positions[id(node)][part])
                node = node[found[-1] if isinstance(node, list) else unescaped(part)]
            return tuple(found)

        yield from sorted(places, key=position)

    def _found(self, path: str, names: Iterable[str]) -> tuple[Status, str]:
        """What was told of a keyword, or of one of the names in it that are alternatives of their own."""
        own = (path, *(f"{path}/{escaped(name)}" for name in names))
        return next((self.widened[at] for at in own if at in self.widened), ("enforced", ""))


def _voids(node: Mapping[str, Any]) -> dict[str, str]:
    """Upper bounds that leave nothing: {'minimum': 10, 'maximum': 3} → 'maximum' beside 'minimum' leaves no number."""
    kinds, limits = kinds_of(node.get("type", KINDS)), {name: node[name] for name in LIMITS & node.keys()}
    found = {}
    if (numbers := kinds & kinds_of("number")) and not any(has_room(kind, limits) for kind in numbers):
        least = max(("minimum", "exclusiveMinimum"), key=lambda name: limits.get(name, -inf))
        most = min(("maximum", "exclusiveMaximum"), key=lambda name: limits.get(name, inf))
        found[most] = _void(least, limits[least], "number" if "fraction" in numbers else "whole number")
    for kind, (told, least, most) in _SIZED.items():
        if kind in kinds and limits.get(least, 0) > limits.get(most, inf):
            found[most] = _void(least, limits[least], told)
    return found


def _void(least: str, limit: Limit, told: str) -> str:
    return f"beside {least} {limit} it leaves no {told}"


def _aside(place: Place, keyword: str, scopes: Scopes) -> tuple[Status, str]:
    """What is told of a keyword of ours that is no rule for an answer."""
    value, scope = place.node[keyword], scopes.of((place.node,))
    if keyword == RANKED:
        return _ranking(value, is_of_texts=lists_texts(scopes, scope))
    if keyword == DISJOINT:
        return _keeping_apart(value, is_list="array" in scope.kinds)
    if keyword == COMPARE:
        return _comparing(fault_of(value, scopes, scope))
    ways = _JOINING[keyword]
    if value not in ways or not isinstance(value, type(ways[0])):
        return "ignored", f"no way to join the parts of a long text; those are {', '.join(map(_shown, ways))}"
    if keyword == "x-merge" and not goes_with(value, scope):
        return "ignored", "no way to join values of this type; done as without it"
    return "aside", "how the parts of a long text are joined"


def _ranking(value: Any, *, is_of_texts: bool) -> tuple[Status, str]:
    """What is told of the mark of a list that has the likeliest terms, or has not."""
    if value is False:
        return "aside", "the list stays as the model wrote it"
    if value is True and is_of_texts:
        return "aside", "the likeliest terms of the document"
    return "ignored", "says something of lists of texts alone"


def _keeping_apart(value: Any, *, is_list: bool) -> tuple[Status, str]:
    """What is told of the mark of a list that has nothing in common with others so marked, or may have."""
    if not is_list:
        return "ignored", "says something of lists alone"
    if value is False:
        return "aside", "its names stay as the model wrote them"
    if value is True:
        return "aside", "a name leaves for the list beside it where it is likelier by far, or is dropped"
    return "ignored", "has to be true or false"


def _comparing(fault: Fault | None) -> tuple[Status, str]:
    """What is told of how values are compared."""
    if fault is not None:
        return "ignored", f"{fault.what}, and `extract eval` refuses it; {fault.hint}"
    return "aside", "how `extract eval` compares values"


def _advice(keyword: str) -> str:
    if keyword == "nullable":
        return ' but of OpenAPI 3.0; write "type": ["string", "null"]'
    near = get_close_matches(keyword, known(), 1, 0.8)
    return f"; did you mean {near[0]}?" if near else ": an annotation"


def _inner(place: Place, root: Mapping[str, Any]) -> Iterator[Place]:
    """The subschemas of one that speak for themselves, and where its reference leads."""
    for keyword, value in place.node.items():
        if keyword == "$ref":
            yield referred(root, value)
        elif keyword == "if" and place.node.keys().isdisjoint(("then", "else")):
            continue
        elif keyword in _NAMED:
            yield from (place.child(keyword, name) for name in value)
        elif keyword in _LISTED:
            yield from (place.child(keyword, at) for at in range(len(value)))
        elif keyword in _SINGLE:
            yield place.child(keyword)


def _shown(value: Any) -> str:
    """A keyword's value in a row: '12 entries' where those of a container are many."""
    return f"{len(value)} entries" if isinstance(value, dict | list) and len(value) > _MANY else short(value)
