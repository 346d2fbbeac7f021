"""Down a schema along a value: at each node the least that makes the value valid there, and nothing where it is."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, cast

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError as JsonSchemaError

from extractor.coercion.fit import Fit, Notes, Path, best, inside
from extractor.coercion.found import Doubt, Found, shown
from extractor.coercion.keys import renames
from extractor.coercion.nodes import Node, Nodes, Shape
from extractor.coercion.scalars import readings
from extractor.types import Schema
from extractor.unions import Fault, innermost
from extractor.validation import checker, errors_of

DEEPEST = 100  # levels of a value
SENTENCES = ("Zq", "Nothing but some sentence, which no schema would name.")  # who takes these takes any text
_MOST_CHECKED = 1_000_000  # values that are validated, all nodes together
_WRAPPERS = frozenset(("result", "answer", "output", "value", "response", "data", "record", "json"))
_PLAIN = frozenset(("type", "title", "description", "default", "examples", "x-alias"))
_TYPES: dict[str, tuple[type, ...]] = {"string": (str,), "integer": (int,), "boolean": (bool,), "null": (type(None),)}


class TooMuchError(Exception):
    """The value and the schema take more steps than are allowed."""


class Walk:
    """Fits values to the nodes of one schema. `bare` are strings that are the answer itself, by their identity."""

    def __init__(self, schema: Schema, bare: Sequence[str] = ()) -> None:
        self.nodes = Nodes(schema.json_schema, schema.dialect)
        self.wrappers = _WRAPPERS | {schema.name.casefold()}
        self.bare = frozenset(map(id, bare))
        self._validator = checker(schema)
        self._validators: dict[int, Draft202012Validator] = {}
        self._fits: dict[tuple[int, int], Fit] = {}
        self._kept: list[Any] = [*bare]  # identities are worth something as long as the value lives
        self._sizes: dict[int, int] = {}
        self._parsed: dict[int, Any] = {}
        self._left = _MOST_CHECKED

    def fit(self, node: Node, value: Any) -> Fit:
        """The value as the node would have it, each pair of both once."""
        key = id(node), id(value)
        if key not in self._fits:
            self._kept.append(value)
            errors = self.errors(node, value)
            self._fits[key] = Fit(value, faults=_faults(errors))  # what comes back to itself on the way gets this
            if errors:
                self._fits[key] = self._mended(node, self._fits[key], _places(errors))
        return self._fits[key]

    def errors(self, node: Node, value: Any) -> list[JsonSchemaError]:
        """What a node has against a value."""
        if isinstance(node, dict) and _PLAIN.issuperset(node) and _is_of(node.get("type"), value):
            return []
        self._left -= self._size(value)
        if self._left < 0:
            raise TooMuchError
        if id(node) not in self._validators:
            self._validators[id(node)] = cast(Draft202012Validator, self._validator.evolve(schema=node))
        return errors_of(self._validators[id(node)], value)

    def takes_any_text(self, node: Node) -> bool:
        """Whether a node takes a sentence, whatever it says, in some shape or other."""
        return any(self.fit(node, sentence).is_valid for sentence in SENTENCES)

    def _size(self, value: Any) -> int:
        if not isinstance(value, dict | list):
            return 1
        if id(value) not in self._sizes:
            self._kept.append(value)
            children = value.values() if isinstance(value, dict) else value
            self._sizes[id(value)] = 1 + sum(map(self._size, children))
        return self._sizes[id(value)]

    def _mended(self, node: Node, source: Fit, broken: frozenset[str | int]) -> Fit:
        shape = self.nodes.shape(node)
        if shape.unions:
            return self._by_branches(shape, node, source)
        return best([*self._options(shape, node, source, broken)], source)

    def _by_branches(self, shape: Shape, node: Node, source: Fit) -> Fit:
        """By the branch of each union that it fits with the fewest changes, and by what holds beside them."""
        found = source
        for branches in shape.unions:
            fits = [self.fit(branch, found.value) for branch in branches]
            if not isinstance(found.value, bool) and any(_is_number(fit.value) for fit in fits if fit.is_valid):
                fits = [fit for fit in fits if not (fit.is_valid and isinstance(fit.value, bool))]
            found = _then(found, best(fits, replace(found, changes=(), doubts=())))
        found = _then(found, self.fit(self.nodes.without_unions(shape), found.value))
        return replace(found, faults=_faults(self.errors(node, found.value)))

    def _options(self, shape: Shape, node: Node, source: Fit, broken: frozenset[str | int]) -> Iterator[Fit]:
        """All that a value can be at a node without unions."""
        value = source.value
        for reading in readings(shape, value, is_bare=id(value) in self.bare):
            yield self._read(node, source, reading)
        if isinstance(value, dict) and "object" in shape.kinds:
            yield self._object(shape, node, value, broken)
        if isinstance(value, list) and "array" in shape.kinds:
            yield self._array(shape, node, value, broken)
        yield from (fit for fit in self._reshaped(shape, node, source) if fit.changes or fit.doubts)

    def _reshaped(self, shape: Shape, node: Node, source: Fit) -> Iterator[Fit]:
        """Out of a wrapper, or into one that is missing."""
        value = source.value
        takes_list = "array" in shape.kinds
        if isinstance(value, str) and shape.kinds & {"object", "array"} and (inner := self._json(value)) is not None:
            yield self.fit(node, inner).with_change("a text with JSON in it, read")
        if isinstance(value, list) and len(value) == 1 and (not takes_list or isinstance(value[0], list)):
            yield _if_valid(self.fit(node, value[0]).with_change("a list of one, its item taken", 2), source)
        if isinstance(value, dict) and len(value) == 1:
            yield from self._unwrapped(shape, node, source)
        if "object" in shape.kinds and value is not None:
            yield from self._wrapped(shape, node, source)
        if takes_list and not isinstance(value, list) and (item := self.nodes.child(shape, 0)) is not None:
            yield self._listed(node, self.fit(item, value), source)

    def _read(self, node: Node, source: Fit, reading: Found | Doubt) -> Fit:
        if isinstance(reading, Doubt):
            return replace(source, doubts=(((), reading.why),))
        new = reading.value
        text = f"{shown(source.value)} → {shown(new)}" + (f", {reading.how}" if reading.how else "")
        return Fit(new, (((), text),), faults=_faults(self.errors(node, new)), cost=reading.cost)

    def _object(self, shape: Shape, node: Node, value: dict[str, Any], broken: frozenset[str | int]) -> Fit:
        """Key by key: renamed, fitted, taken out where nothing is foreseen, added as null where that is allowed."""
        properties = shape.properties
        names, doubtful = renames(value, properties, shape.aliases())
        known = {names.get(key, key) for key in value} & properties.keys()
        changes: list[Notes] = []
        doubts: list[Notes] = [inside(key, [((), why)]) for key, why in doubtful.items()]
        result: dict[str, Any] = {}
        cost = len(names)
        for key, inner in value.items():
            name = names.get(key, key)
            changes += [inside(name, [((), f"was {key!r}")])] if name != key else []
            child = self.nodes.child(shape, name)
            if child is False and known:
                changes.append(inside(name, [((), f"not foreseen by the schema, taken out: {shown(inner)}")]))
                cost += 2
                continue
            fit = Fit(inner) if child is None or (name == key and key not in broken) else self.fit(child, inner)
            result[name] = fit.value
            changes.append(inside(name, fit.changes))
            doubts.append(inside(name, fit.doubts))
            cost += fit.cost
        nulls = self._nulls(shape, result) if known or not value else []
        result |= dict.fromkeys(nulls)
        changes += [inside(name, [((), "not in the answer, taken as null")]) for name in nulls]
        return self._built(node, value, result, (changes, doubts), cost + 2 * len(nulls))

    def _nulls(self, shape: Shape, value: dict[str, Any]) -> list[str]:
        """The properties that have to be there, are not, and can be null."""
        missing = [(name, self.nodes.child(shape, name)) for name in shape.required if name not in value]
        return [name for name, child in missing if child is not None and not self.errors(child, None)]

    def _array(self, shape: Shape, node: Node, value: list[Any], broken: frozenset[str | int]) -> Fit:
        fits = [
            self.fit(child, item) if at in broken and (child := self.nodes.child(shape, at)) is not None else Fit(item)
            for at, item in enumerate(value)
        ]
        changes = [inside(at, fit.changes) for at, fit in enumerate(fits) if fit.changes]
        doubts = [inside(at, fit.doubts) for at, fit in enumerate(fits) if fit.doubts]
        return self._built(node, value, [fit.value for fit in fits], (changes, doubts), sum(fit.cost for fit in fits))

    def _built(self, node: Node, old: Any, new: Any, notes: tuple[list[Notes], list[Notes]], cost: int) -> Fit:
        changes, doubts = (tuple(note for some in notes_ for note in some) for notes_ in notes)
        kept = new if changes else old
        return Fit(kept, changes, doubts, _faults(self.errors(node, kept)), cost)

    def _unwrapped(self, shape: Shape, node: Node, source: Fit) -> Iterator[Fit]:
        """{'Paper': {…}} → {…}; a single value only out of what is known to be a wrapper."""
        ((key, inner),) = source.value.items()
        is_container = isinstance(inner, dict | list) and shape.kinds & {"object", "array"}
        if key not in shape.properties and (is_container or key.casefold() in self.wrappers):
            yield self.fit(node, inner).with_change(f"taken out of {key!r}")

    def _wrapped(self, shape: Shape, node: Node, source: Fit) -> Iterator[Fit]:
        """1214 → {'year': 1214} where that is all that is asked for; a mere sentence is no record."""
        value = source.value
        child = self.nodes.child(shape, shape.required[0]) if len(shape.required) == 1 else None
        if child is None or (isinstance(value, dict) and value.keys() & shape.properties.keys()):
            return
        fit = self.fit(child, value)
        if not fit.is_valid or (isinstance(value, dict) and fit.changes):
            yield replace(source, doubts=_at_once(fit.doubts))
        elif not isinstance(value, str) or not self.takes_any_text(child):
            name = shape.required[0]
            new = {name: fit.value}
            told = ((), f"a bare value, taken as {name!r}"), *inside(name, fit.changes)
            yield _if_valid(Fit(new, told, (), _faults(self.errors(node, new)), fit.cost + 2), source)

    def _listed(self, node: Node, item: Fit, source: Fit) -> Fit:
        """'a' → ['a'] where the item fits."""
        if not item.is_valid:
            return replace(source, doubts=_at_once(item.doubts))
        told = ((), "one value, taken as a list of one"), *inside(0, item.changes)
        new = [item.value]
        return _if_valid(Fit(new, told, (), _faults(self.errors(node, new)), item.cost + 2), source)

    def _json(self, text: str) -> Any:
        """The object or list that stands in a text as JSON; None where none does."""
        if id(text) not in self._parsed:
            self._parsed[id(text)] = _read_json(text)
        return self._parsed[id(text)]


def _read_json(text: str) -> Any:
    if text.lstrip()[:1] not in {"{", "["}:
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict | list) and not is_too_deep(value) else None


def is_too_deep(value: Any) -> bool:
    """Whether a value has more than `DEEPEST` levels; level by level, since recursion is what it would break."""
    level = [value]
    for _ in range(DEEPEST + 1):
        level = [
            child
            for one in level
            if isinstance(one, dict | list)
            for child in (one.values() if isinstance(one, dict) else one)
        ]
    return bool(level)


def _is_of(kind: Any, value: Any) -> bool:
    """Whether a value is of a simple type, the quick way: ('integer', 3) → True; other types are left to others."""
    return isinstance(kind, str) and type(value) in _TYPES.get(kind, ())


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _faults(errors: Sequence[JsonSchemaError]) -> tuple[Fault, ...]:
    return tuple(fault for error in errors for fault in innermost(error))


def _places(errors: Sequence[JsonSchemaError]) -> frozenset[str | int]:
    """The properties or items that errors are inside of."""
    return frozenset(error.relative_path[0] for error in errors if error.relative_path)


def _if_valid(fit: Fit, source: Fit) -> Fit:
    """A fit that is worth its change of shape only if nothing is wrong with it; its doubts count in any case."""
    return fit if fit.is_valid else replace(source, doubts=_at_once(fit.doubts))


def _at_once(doubts: Notes) -> Notes:
    here: Path = ()
    return tuple((here, why) for _, why in doubts)


def _then(first: Fit, second: Fit) -> Fit:
    """One change after another."""
    return Fit(
        second.value,
        (*first.changes, *second.changes),
        tuple(dict.fromkeys((*first.doubts, *second.doubts))),
        second.faults,
        first.cost + second.cost,
    )
