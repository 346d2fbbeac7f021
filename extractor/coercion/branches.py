"""Which branches of a union an object can be at all, by its keys and tags alone: cheaper than to fit it to each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

from extractor.choices import Choice
from extractor.coercion.keys import folded
from extractor.coercion.nodes import UNIONS, Node, Nodes, Shape
from extractor.coercion.tags import Tags, tags_of
from extractor.coercion.words import choose, is_null

Bound = tuple[float, ...]  # in the order of `unions.distance`
_INFINITE: Bound = (inf,)
_MOST_KEPT = 10_000  # verdicts on tags


@dataclass(frozen=True, slots=True)
class _Outline:
    """What an object must have: constants and choices by name, and keys, each in the spellings it goes by."""

    tags: Mapping[str, tuple[Choice, ...]]
    needed: tuple[frozenset[str], ...]
    names: frozenset[str]


class Branches:
    """Sorts out branches of the unions of one schema."""

    def __init__(self, nodes: Nodes) -> None:
        self.nodes = nodes
        self._outlines: dict[int, _Outline | None] = {}
        self._verdicts: dict[tuple[int, str, str], bool] = {}
        self._tags: dict[tuple[int, ...], Tags] = {}

    def tags(self, branches: Sequence[Node]) -> Tags:
        """What tells the branches of a union apart."""
        key = (*map(id, branches),)
        if key not in self._tags:
            self._tags[key] = tags_of(self.nodes, branches)
        return self._tags[key]

    def have_open_tags(self, root: Any) -> bool:
        """Whether tags of a union in a schema need not be given, so that a valid object can be of several branches."""
        waiting = [root]
        while waiting:
            node = waiting.pop()
            waiting += node if isinstance(node, list) else node.values() if isinstance(node, dict) else ()
            unions = [node.get(word) for word in UNIONS] if isinstance(node, dict) else []
            if any(isinstance(branches, list) and self._is_open(branches) for branches in unions):
                return True
        return False

    def _is_open(self, branches: Sequence[Node]) -> bool:
        tags = self.tags(branches).tags if len(branches) > 1 else {}
        return any(
            sum(name not in self.nodes.shape(tag.branch).required for tag in found) > 1 for name, found in tags.items()
        )

    def possible(self, branches: Sequence[Node], value: Any) -> tuple[list[Node], Bound]:
        """The branches that no missing key and no other tag rules out, and how far away the others are at least."""
        kept: list[Node] = []
        bound = _INFINITE
        is_alone = not isinstance(value, dict) or len(value) < 2  # noqa: PLR2004  # one key alone may be a wrapper
        keys = set() if is_alone else {folded(key) for key in value}
        for branch in branches:
            against = None if is_alone else self._against(branch, value, keys)
            if against is None:
                kept.append(branch)
            else:
                bound = min(bound, against)
        return kept, bound

    def _against(self, branch: Node, value: Mapping[str, Any], keys: set[str]) -> Bound | None:
        """What rules a branch out, as the least that its distance can be; None where it is possible."""
        outline = self._outline(branch)
        if outline is None or (len(outline.needed) == 1 and outline.names.isdisjoint(value)):
            return None
        missing = sum(map(keys.isdisjoint, outline.needed))
        others = sum(not self._has_tag(branch, name, value[name]) for name in outline.tags if name in value)
        return (0, 0, others, others + missing) if others or missing else None

    def _has_tag(self, branch: Node, name: str, tag: Any) -> bool:
        if not isinstance(tag, str) or is_null(tag):
            return True
        key = id(branch), name, tag
        if key not in self._verdicts:
            if len(self._verdicts) > _MOST_KEPT:
                self._verdicts.clear()
            outline = self._outline(branch)
            self._verdicts[key] = outline is None or choose(outline.tags[name], tag) is not None
        return self._verdicts[key]

    def _outline(self, branch: Node) -> _Outline | None:
        """None for what is more than a plain object."""
        if id(branch) not in self._outlines:
            shape = self.nodes.shape(branch)
            is_plain = shape.kinds == {"object"} and not shape.unions and not shape.choices
            self._outlines[id(branch)] = self._of(shape) if is_plain else None
        return self._outlines[id(branch)]

    def _of(self, shape: Shape) -> _Outline:
        children = {name: self.nodes.shape(self.nodes.child(shape, name)) for name in shape.properties}
        tags = {name: child.choices for name, child in children.items() if child.choices}
        labels: dict[str, set[str]] = {name: {folded(name)} for name in shape.required}
        for name, alias in shape.aliases():
            labels.get(name, set()).add(folded(alias))
        needed = [name for name in shape.required if name in children and not _takes_null(children[name])]
        return _Outline(tags, tuple(frozenset(labels[name]) for name in needed), frozenset(shape.properties))


def _takes_null(shape: Shape) -> bool:
    return "null" in shape.kinds and not (shape.choices and all("const" in part for part in shape.parts))
