"""What tells the branches of a union apart, beside what each asks for: their names, and constants that are tags."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from extractor.choices import name_of
from extractor.coercion.fit import Fit, Notes, then
from extractor.coercion.keys import folded
from extractor.coercion.nodes import Node, Nodes

_KINDS = frozenset(("type", "kind", "class", "model", "variant", "schema"))  # keys for the name of a branch
LEFT_OUT = "not foreseen by the schema, taken out"


@dataclass(frozen=True, slots=True)
class Tag:
    """A constant of one branch, in the spelling that is compared."""

    branch: Node
    value: Any
    label: str


@dataclass(frozen=True, slots=True)
class Tags:
    """`tags` by property; `names` of branches, and all `known` names of properties, in the spelling of `folded`."""

    tags: Mapping[str, tuple[Tag, ...]]
    names: Mapping[str, tuple[Node, ...]]
    known: frozenset[str]

    def told_apart(self, branches: Sequence[Node], source: Fit) -> tuple[Sequence[Node], Fit]:
        """The branches that an object names itself, and the object in their form.

        {'Cat': {…}} → the branch Cat, {'kind': 'cat', …}; {'species': 'cat', …} → {'kind': 'cat', …}.
        """
        value = source.value
        if not isinstance(value, dict) or not value:
            return branches, source
        if len(value) == 1 and (named := self._named(value)):
            branch, fit = named
            return [branch], then(source, fit)
        if called := [*self._called(value)]:
            return ([called[0][0]], then(source, called[0][1])) if len(called) == 1 else (branches, source)
        found = [*self._tagged(value)]
        return branches, then(source, found[0]) if len(found) == 1 else source

    def are_named(self, value: Any) -> bool:
        """Whether each key is the name of one branch, and has a list below it: {'cat': […], 'dog': […]}."""
        return (
            isinstance(value, dict)
            and bool(value)
            and all(isinstance(inner, list) and self._branch(key) is not None for key, inner in value.items())
        )

    def name(self, key: str) -> bool:
        """Whether a key is the name of one branch."""
        return self._branch(key) is not None

    def doubt(self, source: Any, tried: Sequence[tuple[Node, Fit]], chosen: Fit) -> str:
        """Why it is not sure that the branch is the one: only a default would decide, or another has what is lost."""
        if not isinstance(source, dict) or not isinstance(chosen.value, dict):
            return ""
        alike = [branch for branch, fit in tried if fit.is_valid and fit.cost == chosen.cost]
        for name, tags in self.tags.items():
            labels = [name_of(tag.value) for tag in tags if any(tag.branch is branch for branch in alike)]
            if len(labels) > 1 and name not in chosen.value:
                return f"it can be {' or '.join(map(repr, labels))}: nothing says which, {name!r} is not given"
        if not self.tags.keys().isdisjoint(chosen.value):
            return ""  # it says itself what it is
        lost = [key for key, inner in source.items() if inner is not None and _is_lost(key, chosen)]
        others = [repr(key) for key in lost if folded(key) in self.known]
        return f"{', '.join(others)} would be lost, and another branch has it" if others else ""

    def _branch(self, key: str) -> Node | None:
        found = self.names.get(folded(key), ()) if folded(key) not in self.known else ()
        return found[0] if len(found) == 1 else None

    def _named(self, value: Mapping[str, Any]) -> tuple[Node, Fit] | None:
        ((key, inner),) = value.items()
        branch = self._branch(key)
        if branch is None or not isinstance(inner, dict):
            return None
        given = frozenset(map(folded, inner))
        new = {
            name: tag.value for name, tags in self.tags.items() for tag in tags
            if tag.branch is branch and folded(name) not in given
        }  # fmt: skip
        told: Notes = (((), f"taken out of {key!r}, which names the branch"),)
        told += tuple(((name,), f"not in the answer, taken from {key!r}") for name in new)
        return branch, Fit({**new, **inner}, told, cost=1 + len(new))

    def _called(self, value: Mapping[str, Any]) -> Iterator[tuple[Node, Fit]]:
        """Each branch that an object says it is, where no property is for that: {'type': 'Org', 'name': …}."""
        for key, said in value.items():
            if (
                not self.tags
                and isinstance(said, str)
                and folded(key) in _KINDS - self.known
                and (branch := self._branch(said))
            ):
                rest = {one: inner for one, inner in value.items() if one != key}
                yield branch, Fit(rest, (((key,), f"{said!r} names the branch"),), cost=1)

    def _tagged(self, value: Mapping[str, Any]) -> Iterator[Fit]:
        """Each way in which a key that is not foreseen can be the tag of one branch."""
        given = frozenset(map(folded, value))
        strange = [key for key, inner in value.items() if isinstance(inner, str) and folded(key) not in self.known]
        for name, tags in self.tags.items():
            for key in strange if folded(name) not in given else ():
                if len(found := [tag for tag in tags if tag.label == folded(value[key])]) == 1:
                    new = {name if one == key else one: inner for one, inner in value.items()}
                    yield Fit({**new, name: found[0].value}, (((name,), f"was {key!r}"),), cost=1)


def tags_of(nodes: Nodes, branches: Sequence[Node]) -> Tags:
    """The tags and names of the branches that are objects."""
    shapes = [(branch, nodes.shape(branch)) for branch in branches]
    objects = [(branch, shape) for branch, shape in shapes if shape.kinds == {"object"} and shape.properties]
    constants: dict[str, list[Tag]] = {}
    for branch, shape in objects:
        for name in shape.properties:
            if len(found := nodes.shape(nodes.child(shape, name)).choices) == 1:
                value = found[0].value
                constants.setdefault(name, []).append(Tag(branch, value, folded(name_of(value))))
    tags = {name: (*found,) for name, found in constants.items() if len({tag.label for tag in found}) == len(found) > 1}
    names: dict[str, list[Node]] = {}
    for branch, shape in objects:
        titles = [part.get("title") for part in shape.parts] + [part.get("$ref") for part in shape.parts]
        labels = {folded(one.rpartition("/")[2]) for one in titles if isinstance(one, str) and one}
        labels |= {tag.label for found in tags.values() for tag in found if tag.branch is branch}
        for label in labels:
            names.setdefault(label, []).append(branch)
    known = frozenset(folded(name) for branch, _ in objects for name in nodes.names(branch))
    return Tags(tags, {label: (*found,) for label, found in names.items()}, known)


def _is_lost(key: str, fit: Fit) -> bool:
    return any(path == (key,) and text.startswith(LEFT_OUT) for path, text in fit.changes)
