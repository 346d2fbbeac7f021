"""Down a schema along a value: at each node the least that makes the value valid there, and nothing where it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError as JsonSchemaError

from extractor.coercion.branches import Branches
from extractor.coercion.embedded import read_json
from extractor.coercion.fit import UNDECIDED, Fit, Notes, best, inside, is_settled, then
from extractor.coercion.found import Doubt, Found, shown
from extractor.coercion.keys import renames
from extractor.coercion.nodes import ALL, Node, Nodes, Shape, is_number, is_of
from extractor.coercion.reshaping import LIST_OF_ONE, emptied, reshaped
from extractor.coercion.said import SAID
from extractor.coercion.scalars import readings
from extractor.coercion.spelling import Spelling
from extractor.coercion.tags import LEFT_OUT
from extractor.coercion.wrappers import are_foreign, foreign, has_more
from extractor.types import Schema
from extractor.unions import Fault, innermost
from extractor.unsaid import has_unsaid, is_unsaid
from extractor.validation import names_of_fields
from extractor.validators import checker, errors_of, has_errors

_MOST_CHECKED = 1_000_000  # values that are validated, all nodes together
_WRAPPERS = frozenset(
    ("result", "answer", "output", "value", "response", "data", "record", "json", "arguments", "parameters",
     "extraction", "extracted")
)  # fmt: skip
_PLAIN = frozenset(("type", "title", "description", "default", "examples", "x-alias", SAID))
_TEXT_OR_NULL = frozenset(("string", "null"))
_WRONG = (Fault((), "type", None),)
_NULLED = " → null"
_MOST_FAULTS = 20  # of a part that are told above it


class TooMuchError(Exception):
    """The value and the schema take more steps than are allowed."""


class Walk:
    """Fits values of an answer, with this `text`, to the nodes of one schema.

    `bare` are strings that are the answer itself, by their identity.
    """

    def __init__(self, schema: Schema, text: str = "", bare: Sequence[str] = ()) -> None:
        self.spelling = Spelling(text)
        self.nodes = Nodes(schema.json_schema, schema.dialect, names_of_fields(schema))
        self.wrappers = _WRAPPERS | {schema.name.casefold()}
        self.bare = frozenset(map(id, bare))
        self._validator = checker(schema)
        self._validators: dict[int, Draft202012Validator] = {}
        self._fits: dict[tuple[int, int | str], Fit] = {}
        self._kept: list[Any] = [*bare]  # identities are worth something as long as the value lives
        self._sizes: dict[int, int] = {}
        self._parsed: dict[int, Any] = {}
        self.branches = Branches(self.nodes)
        self._has_open_tags = self.branches.have_open_tags(schema.json_schema)
        self._left = _MOST_CHECKED

    def is_valid(self, value: Any) -> bool:
        """Whether a value is valid as it stands."""
        return not has_errors(self._validator, value)

    def aligned(self, value: Any) -> Fit:
        """The value as the whole schema would have it; the validator decides whether that is valid."""
        is_valid = self.is_valid(value)
        has_tags = self._has_open_tags and isinstance(value, dict | list)
        if is_valid and not has_tags and not has_unsaid(value):
            return Fit(value)
        found = self.fit(self.nodes.root, value)
        if is_valid and not (has_tags and found.doubts):
            is_little = not found.doubts and all(text.endswith(_NULLED) for _, text in found.changes)
            return found if is_little and self.is_valid(found.value) else Fit(value)
        return found if self.is_valid(found.value) else replace(found, faults=found.faults or _WRONG)

    def fit(self, node: Node, value: Any) -> Fit:
        """The value as the node would have it, each pair of both once."""
        is_text = isinstance(value, str) and id(value) not in self.bare
        key = id(node), value if is_text else id(value)  # equal texts are the same
        if key not in self._fits:
            self._kept.append(value)
            self._left -= 1
            if self._left < 0:
                raise TooMuchError
            shape = self.nodes.shape(node)
            source = Fit(value, faults=self.faults(node, value))
            self._fits[key] = source  # what comes back to itself on the way gets this
            if not source.faults and self._is_unsaid(shape, node, value):
                self._fits[key] = Fit(None, (((), f"{shown(value)}{_NULLED}"),), cost=1)
            elif shape.unions and source.faults:
                self._fits[key] = self._by_branches(shape, node, source)
            elif source.faults or (isinstance(value, dict | list) and node is not True):
                self._fits[key] = best([*self._options(shape, node, source)], source)
        return self._fits[key]

    def _is_unsaid(self, shape: Shape, node: Node, value: Any) -> bool:
        """Whether a text says only that nothing is stated, where null may stand, and no choice is so called."""
        if not isinstance(value, str) or not is_unsaid(value) or shape.choices:
            return False
        kinds = self.nodes.kinds(node)
        inner = (self.nodes.shape(branch) for branches in shape.unions for branch in branches)
        is_choice = any(choice.value == value for branch in inner for choice in branch.choices)
        return kinds >= _TEXT_OR_NULL and len(kinds) < len(ALL) and not is_choice and not self._validated(node, None)

    def faults(self, node: Node, value: Any) -> tuple[Fault, ...]:
        """What a node has against a value; of an object or list only what it has against the outside of it."""
        if isinstance(node, bool):
            return () if node else _WRONG
        if _PLAIN.issuperset(node) and isinstance(node.get("type"), str):
            return () if is_of(node["type"], value) else _WRONG
        if not isinstance(value, dict | list):
            return self._validated(node, value)
        shape = self.nodes.shape(node)
        if ("object" if isinstance(value, dict) else "array") not in shape.kinds:
            return _WRONG
        if shape.unions:
            return UNDECIDED  # the branches say more
        missing = [name for name in shape.required if name not in value] if isinstance(value, dict) else ()
        faults = tuple(Fault((), "required", None) for _ in missing)
        return faults or (self._validated(shape.rest, value) if shape.rest else ())

    def _validated(self, node: Node, value: Any) -> tuple[Fault, ...]:
        """What jsonschema says; the size of the value counts."""
        self._left -= self._size(value)
        if self._left < 0:
            raise TooMuchError
        if id(node) not in self._validators:
            self._validators[id(node)] = cast(Draft202012Validator, self._validator.evolve(schema=node))
        return _faults(errors_of(self._validators[id(node)], value))

    def _size(self, value: Any) -> int:
        if not isinstance(value, dict | list):
            return 1
        if id(value) not in self._sizes:
            self._kept.append(value)
            children = value.values() if isinstance(value, dict) else value
            self._sizes[id(value)] = 1 + sum(map(self._size, children))
        return self._sizes[id(value)]

    def _by_branches(self, shape: Shape, node: Node, source: Fit) -> Fit:
        """By the branch of each union that it fits with the fewest changes, and by what holds beside them."""
        found = source
        for branches in shape.unions:
            found = self._by_union(branches, found)
        beside = self.fit(self.nodes.without_unions(shape), found.value)
        found = replace(then(found, beside), faults=(*found.faults, *beside.faults))
        if not isinstance(found.value, dict | list):
            return replace(found, faults=self._validated(node, found.value))
        return found if self._is_one_of(shape, found.value) else replace(found, faults=(Fault((), "oneOf", None),))

    def _by_union(self, branches: Sequence[Node], source: Fit) -> Fit:
        tags = self.branches.tags(branches)
        meant, told = tags.told_apart(branches, source)
        source, value = replace(told, faults=source.faults), told.value
        self._kept.append(value)
        possible, bound = self.branches.possible(meant, value)
        fits = [self.fit(branch, value) for branch in possible]
        if not is_settled(fits, bound):
            possible, fits = [*meant], [self.fit(branch, value) for branch in meant]
        if len(meant) < len(branches):
            fits = [self._telling(meant[0], fit, [one for one in branches if one is not meant[0]]) for fit in fits]
        why = tags.doubt(value, [*zip(possible, fits, strict=True)], found := best(fits, _bare(source)))
        if why and found.is_valid:
            return then(source, replace(_bare(source), doubts=(((), why),), faults=UNDECIDED))
        if not isinstance(value, bool) and any(is_number(fit.value) for fit in fits if fit.is_valid):
            fits = [fit for fit in fits if not (fit.is_valid and isinstance(fit.value, bool))]
            found = best(fits, _bare(source))
        return then(source, found)

    def _telling(self, branch: Node, named: Fit, others: Sequence[Node]) -> Fit:
        """What the branch that was named has made of an object, with null for what tells it from the others."""
        if not named.is_valid or not any(_is_as_it_is(self.fit(other, named.value)) for other in others):
            return named
        shape, known = self.nodes.shape(branch), frozenset(name for other in others for name in self.nodes.names(other))
        own = {name: self.nodes.child(shape, name) for name in shape.properties if name not in named.value}
        new = {name: None for name, child in own.items() if name not in known and not self._validated(child, None)}
        if not new:
            return replace(named, doubts=(((), "nothing in it would say which branch it is"),), faults=UNDECIDED)
        told = tuple(((name,), "not in the answer, taken as null") for name in new)
        return then(named, replace(named, value=named.value | new, changes=told, doubts=(), cost=2 * len(new)))

    def _is_one_of(self, shape: Shape, value: Any) -> bool:
        """Whether no second branch of a `oneOf` has nothing against a value either."""
        for part in shape.parts:
            fits = [self.fit(branch, value) for branch in self.branches.possible(part.get("oneOf", ()), value)[0]]
            if sum(map(_is_as_it_is, fits)) > 1:
                return False
        return True

    def _options(self, shape: Shape, node: Node, source: Fit) -> Iterator[Fit]:
        """All that a value can be at a node without unions."""
        value = source.value
        is_other = not isinstance(value, str | dict | list) and not any(
            isinstance(one.value, str) for one in shape.choices
        )
        if is_other and any(is_of(kind, value) for kind in shape.kinds):
            return  # a number that is out of bounds is a wrong number, and no text
        for reading in readings(shape, value, self.spelling, is_bare=id(value) in self.bare):
            if not (isinstance(reading, Found) and reading.value is None and self.faults(node, None)):
                yield self._read(node, source, reading)
        if value is None:
            yield from emptied(self, shape, node)
        if isinstance(value, dict) and "object" in shape.kinds:
            yield self._object(shape, node, source)
        if isinstance(value, list) and "array" in shape.kinds:
            yield self._array(shape, node, source)
        refused = replace(source, faults=source.faults or _WRONG)
        yield from (fit for fit in reshaped(self, shape, node, refused) if fit.changes or fit.doubts)

    def _read(self, node: Node, source: Fit, reading: Found | Doubt) -> Fit:
        if isinstance(reading, Doubt):
            return replace(source, doubts=(((), reading.why),))
        new = reading.value
        text = f"{shown(source.value)} → {shown(new)}" + (f", {reading.how}" if reading.how else "")
        return Fit(new, (((), text),), faults=self.faults(node, new), cost=reading.cost)

    def _object(self, shape: Shape, node: Node, source: Fit) -> Fit:
        """Key by key; where that is not valid as it stands, with keys renamed, taken out, or added as null."""
        value: dict[str, Any] = source.value
        fits = {key: self._child(shape, key, inner) for key, inner in value.items()}
        if not source.faults and all(fit.is_valid and not fit.changes for fit in fits.values()):
            return source
        names, doubtful = renames(value, shape.properties, shape.aliases())
        fits |= {key: self._child(shape, name, value[key]) for key, name in names.items()}
        known = {names.get(key, key) for key in value} & shape.properties.keys()
        changes = [inside(name, [((), f"was {key!r}")]) for key, name in names.items()]
        lost = (key for key in value if known and self.nodes.child(shape, names.get(key, key)) is False)
        gone = dict.fromkeys(lost)
        changes += [inside(key, [((), f"{LEFT_OUT}: {shown(value[key])}")]) for key in gone]
        kept = {names.get(key, key): fits[key] for key in value if key not in gone}
        nulls = self._nulls(shape, kept) if known or not value else []
        changes += [inside(name, [((), "not in the answer, taken as null")]) for name in nulls]
        new = {name: fit.value for name, fit in kept.items()} | dict.fromkeys(nulls)
        doubts = [inside(key, [((), why)]) for key, why in doubtful.items()]
        doubts += [
            inside(name, [((), f"{key!r} is meant, and {shown(value[key])} does not fit")])
            for key, name in names.items()
            if not fits[key].is_valid and not fits[key].doubts
        ]
        if not known and not doubts and are_foreign(self.nodes, shape, value):
            doubts.append((((), foreign(value, shape.properties)),))
        doubts += [
            (((), f"{key!r} has what is asked for, too"),)
            for key in gone
            if key.casefold() in self.wrappers and has_more(value[key], shape, new)
        ]
        cost = len(names) + 3 * len(gone) + 2 * len(nulls)
        return self._built(node, (value, new), [*kept.items()], (changes, doubts), cost)

    def _child(self, shape: Shape, key: str | int, value: Any) -> Fit:
        """A property or item; of what the schema says nothing of, everything is valid."""
        child = self.nodes.child(shape, key)
        return Fit(value) if child is None else self.fit(child, value)

    def _nulls(self, shape: Shape, value: Mapping[str, Any]) -> list[str]:
        """The properties that have to be there, are not, and can be null."""
        missing = [(name, self.nodes.child(shape, name)) for name in shape.required if name not in value]
        return [name for name, child in missing if child is not None and not self._validated(child, None)]

    def _array(self, shape: Shape, node: Node, source: Fit) -> Fit:
        fits = [self._child(shape, at, item) for at, item in enumerate(source.value)]
        if len(fits) > 1 and all(((), LIST_OF_ONE) in fit.changes for fit in fits):
            why = f"it can be one list, or {len(fits)} lists of one value"
            return replace(source, doubts=(((), why),), faults=UNDECIDED)
        return self._built(node, (source.value, [fit.value for fit in fits]), [*enumerate(fits)], ([], []), 0)

    def _built(
        self,
        node: Node,
        values: tuple[Any, Any],
        fits: Sequence[tuple[Any, Fit]],
        notes: tuple[list[Notes], list[Notes]],
        cost: int,
    ) -> Fit:
        """The new one of two values out of what its parts became; the old one where nothing was changed."""
        changes = tuple(note for some in notes[0] for note in some)
        changes += tuple(note for key, fit in fits if fit.changes for note in inside(key, fit.changes))
        doubts = tuple(note for some in notes[1] for note in some)
        doubts += tuple(note for key, fit in fits if fit.doubts for note in inside(key, fit.doubts))
        value = values[1] if changes else values[0]
        below = tuple(
            fault._replace(path=(key, *fault.path)) for key, fit in fits for fault in fit.faults[:_MOST_FAULTS]
        )
        return Fit(value, changes, doubts, (*self.faults(node, value), *below), cost + sum(fit.cost for _, fit in fits))

    def embedded(self, text: str) -> Any:
        """The object or list that stands in a text as JSON; None where none does."""
        if id(text) not in self._parsed:
            self._parsed[id(text)] = read_json(text)
        return self._parsed[id(text)]


def _is_as_it_is(fit: Fit) -> bool:
    return fit.is_valid and not fit.changes


def _bare(fit: Fit) -> Fit:
    return replace(fit, changes=(), doubts=(), cost=0)


def _faults(errors: Sequence[JsonSchemaError]) -> tuple[Fault, ...]:
    return tuple(fault for error in errors for fault in innermost(error))
