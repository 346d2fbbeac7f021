"""Records that say little or nothing: what is not stated is null, an empty list, an empty map, or left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import reduce
from itertools import islice, product
from operator import or_
from typing import Any

from extractor.field_examples import ITEM
from extractor.pointers import pointer, resolve
from extractor.types import Schema
from extractor.validation import problems_at

Path = tuple[str | int, ...]
Entry = tuple[Path, Any]  # where something is stated, seen from a node, and the value

_DEEPEST = 32  # levels of a record
_LONGEST_WAY = 100  # of references and branches that lead to a node
_MOST_VIEWS = 32  # of a node: branches of its unions, and of what they lead to
_MOST_TRIALS = 5_000  # values that are tried against nodes for one record
_MISSING = object()


class StatedError(Exception):
    """What stands at `path` cannot be left unsaid, or (`why`, with a `hint`) cannot be made of what is said."""

    def __init__(self, path: Path, why: str | None = None, hint: str | None = None) -> None:
        super().__init__(why)
        self.pointer = pointer(path) or "/"
        self.why = why
        self.hint = hint


@dataclass(frozen=True, slots=True)
class View:
    """One way to read a node: references followed, one branch of each union taken, everything merged."""

    properties: Mapping[str, Any] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    items: Any = _MISSING
    places: Sequence[Any] = ()
    fixed: Any = _MISSING

    def __or__(self, other: View) -> View:
        return View(
            {**self.properties, **other.properties},
            self.required | other.required,
            other.items if self.items is _MISSING else self.items,
            self.places or other.places,
            other.fixed if self.fixed is _MISSING else self.fixed,
        )


def _own(node: Mapping[str, Any]) -> View:
    choices = [node["const"]] if "const" in node else node.get("enum", ())
    return View(
        node.get("properties", {}),
        frozenset(node.get("required", ())),
        node.get("items", _MISSING),
        node.get("prefixItems", ()),
        choices[0] if len(choices) == 1 else _MISSING,
    )


def nothing(schema: Schema) -> Any:
    """The record in which everything is absent: 'title?, keywords[]' → {'title': None, 'keywords': []}.

    Raises `StatedError` where the schema wants something said.
    """
    return Composer(schema).absent(schema.json_schema, ())


@dataclass(slots=True)
class Composer:
    """Makes the least record that states something. `trials` are bounded, since unions in unions multiply."""

    schema: Schema
    trials: int = 0
    known: dict[int, list[View]] = field(default_factory=dict)  # the views of a node by its identity

    def record(self, entries: Sequence[Entry]) -> Any:
        """The record that states these values, and nothing else."""
        return self._value(self.schema.json_schema, entries, ())

    def absent(self, node: Any, path: Path) -> Any:
        """What a node holds where nothing is stated."""
        return self._least(node, path) if self._says_nothing(node) else self._value(node, (), path)

    def with_nulls(self, node: Any, value: Any) -> Any:
        """A value with all that may be null in its place: 'a, b?', {'a': 1} → {'a': 1, 'b': None}.

        Where it is open which branch of a union a value is of, nothing is added to it.
        """
        view = self._view_of(node, value)
        if view is not None and isinstance(value, list):
            nodes = [*view.places, *[view.items] * (len(value) - len(view.places))]
            return [self.with_nulls(inner, one) for inner, one in zip(nodes, value, strict=False)]
        if view is not None and isinstance(value, dict):
            own = view.properties
            found = {name: self.with_nulls(own.get(name), one) for name, one in value.items()}
            return found | {name: None for name, inner in own.items() if name not in value and self._is_null(inner)}
        return value

    def _view_of(self, node: Any, value: Any) -> View | None:
        """The only way to read a node that goes with a list or object."""
        found = self._views(node)
        if len(found) == _MOST_VIEWS:  # there may be more
            return None
        if isinstance(value, list):
            found = [view for view in found if view.items is not _MISSING or view.places]
        elif len(found := [view for view in found if view.properties]) > 1:
            found = [view for view in found if self._goes_with(view, value)]
        return found[0] if len(found) == 1 else None

    def _goes_with(self, view: View, value: Any) -> bool:
        return (
            isinstance(value, dict)
            and view.required <= value.keys() <= view.properties.keys()
            and all(self._admits(view.properties[name], one) for name, one in value.items())
        )

    def _is_null(self, node: Any) -> bool:
        """Whether what is left out of an answer is as good as null."""
        return isinstance(node, Mapping) and node.get("default") is None and self._admits(node, None)

    def _says_nothing(self, node: Any) -> bool:
        return self._admits(node, None) or self._admits(node, [])

    def _least(self, node: Any, path: Path) -> Any:
        """Null, an empty list, what is fixed, or an empty map; raises `StatedError` where a node admits none."""
        found = self._views(node)
        fixed = [view.fixed for view in found if view.fixed is not _MISSING]
        free: list[Any] = [{} for view in found if not view.properties]
        for value in (None, [], *fixed[: len(found) == 1], *free[:1]):
            if self._admits(node, value):
                return value
        raise StatedError(path)

    def _views(self, node: Any, depth: int = 0) -> list[View]:
        """The ways to read a node, in the order of its branches; definitions that name others twice are read once."""
        if not isinstance(node, Mapping) or depth > _LONGEST_WAY:
            return [View()]
        if id(node) not in self.known:
            self.known[id(node)] = [View()]  # for a node that leads to itself
            parts = [[_own(node)]]
            if "$ref" in node:
                parts.append(self._views(resolve(self.schema.json_schema, node["$ref"]), depth + 1))
            parts += (self._views(one, depth + 1) for one in node.get("allOf", ()))
            for keyword in ("anyOf", "oneOf"):
                if keyword in node:
                    branches = (view for one in node[keyword] for view in self._views(one, depth + 1))
                    parts.append([*islice(branches, _MOST_VIEWS)])
            self.known[id(node)] = [reduce(or_, views) for views in islice(product(*parts), _MOST_VIEWS)]
        return self.known[id(node)]

    def _admits(self, node: Any, value: Any) -> bool:
        self.trials += 1
        if self.trials > _MOST_TRIALS:
            raise StatedError((), "the schema has too many branches to try", "use EXAMPLES")
        return not problems_at(self.schema, node, value)

    def _value(self, node: Any, entries: Sequence[Entry], path: Path) -> Any:
        """The value of a node by what is stated in it, of a union's branches by the first that takes it."""
        whole = [value for rest, value in entries if not rest]
        if whole:
            return _only(whole, entries, path)
        faults: list[StatedError] = []
        made: list[Any] = []
        for view in self._views(node):
            try:
                made.append(self._by_view(view, node, entries, path))
            except StatedError as error:
                faults.append(error)
        fitting = [value for value in made if self._admits(node, value)]
        if fitting and (entries or all(value == fitting[0] for value in fitting)):  # else a branch would be stated
            return fitting[0]
        if made and entries:
            return made[0]  # validation tells what is wrong with it
        raise faults[0] if faults else StatedError(path)

    def _by_view(self, view: View, node: Any, entries: Sequence[Entry], path: Path) -> Any:
        if len(path) > _DEEPEST:
            raise StatedError(path)
        steps = {rest[0] for rest, _ in entries}
        if not steps and not view.properties:
            return self._least(node, path)
        if steps == {ITEM} and view.items is not _MISSING:
            return self._items(view.items, entries, path)
        if steps <= set(range(len(view.places))) and steps:
            parts = ((at, child, _under(entries, at)) for at, child in enumerate(view.places))
            return [
                self._value(child, inner, (*path, at)) if inner else self.absent(child, (*path, at))
                for at, child, inner in parts
            ]
        if not steps <= set(view.properties):
            raise StatedError(path)
        return self._object(view, entries, path)

    def _object(self, view: View, entries: Sequence[Entry], path: Path) -> dict[str, Any]:
        """What is stated in its place; the others absent, or left out where they may be and cannot be empty."""
        found: dict[str, Any] = {}
        for name, child in view.properties.items():
            at = (*path, name)
            if inner := _under(entries, name):
                found[name] = self._value(child, inner, at)
            elif name in view.required:
                found[name] = self.absent(child, at)
            else:
                try:
                    found[name] = self._least(child, at)
                except StatedError as error:
                    if error.why:
                        raise
        return found

    def _items(self, node: Any, entries: Sequence[Entry], path: Path) -> list[Any]:
        """The items of a list: the first one has the first value of each field, and so on."""
        fields: dict[Path, list[Any]] = {}
        for rest, value in entries:
            fields.setdefault(rest[1:], []).append(value)
        plain = {rest: len(values) for rest, values in fields.items() if ITEM not in rest}
        size = max(plain.values(), default=1)
        shared = {rest for rest in fields if size == 1 and ITEM in rest}  # all are inside of the only item
        for rest, values in fields.items():
            if rest not in shared and len(values) != size:
                why = f"{len(values)} of its values beside {size} of another field"
                raise StatedError((*path, ITEM, *rest), why, "give each field of the items as many, or use EXAMPLES")
        return [self._value(node, [*_at(fields, at, shared)], (*path, at)) for at in range(size)]


def _at(fields: Mapping[Path, Sequence[Any]], at: int, shared: AbstractSet[Path]) -> Iterator[Entry]:
    """What one item of a list has of each field; all that it has of the shared ones."""
    for rest, values in fields.items():
        yield from ((rest, value) for value in (values if rest in shared else [values[at]]))


def _under(entries: Sequence[Entry], step: str | int) -> list[Entry]:
    """What is stated under a step: [(('a', 'b'), 1)], 'a' → [(('b',), 1)]."""
    return [(rest[1:], value) for rest, value in entries if rest[0] == step]


def _only(whole: Sequence[Any], entries: Sequence[Entry], path: Path) -> Any:
    if len(whole) < len(entries) or any(value != whole[0] for value in whole):
        raise StatedError(path, "two values for one place", "give that field one value of the text, or make it a list")
    return whole[0]
