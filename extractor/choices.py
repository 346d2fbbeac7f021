"""The values that a node admits one by one, with what a schema says of each of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Choice:
    """A value; what is told of it (title, description); and other names under which it may be given."""

    value: Any
    told: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    @property
    def about(self) -> str:
        """What it stands for, in one text; '' where nothing is told."""
        return ", ".join(self.told)


def choices(node: Any) -> tuple[Choice, ...]:
    """The values of an enum, of a constant, or of a union of nothing else; () of what is open.

    {'enum': ['a'], 'x-aliases': {'a': {'description': 'first'}}}, {'oneOf': [{'const': 'a', 'title': 'first'}]}
    → (Choice('a', ('first',)),)
    """
    if not isinstance(node, Mapping):
        return ()
    if isinstance(node.get("enum"), list):
        return tuple(_listed(node, node["enum"]))
    if "const" in node:
        return tuple(_listed(node, [node["const"]]))
    branches = node.get("oneOf", node.get("anyOf"))
    return tuple(_branches(branches)) if isinstance(branches, list) and all(map(_is_closed, branches)) else ()


def name_of(value: Any) -> str:
    """The name of a value among `x-aliases`: 'a' → 'a', 1 → '1', null → 'null'."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _listed(node: Mapping[str, Any], values: list[Any]) -> Iterator[Choice]:
    entries = node.get("x-aliases", {})
    for value in values:
        entry = entries.get(name_of(value), {})
        alias, about = entry.get("x-alias", ()), entry.get("description")
        names = (alias,) if isinstance(alias, str) else tuple(alias)
        yield Choice(value, () if about is None else (about,), names)


def _is_closed(branch: Any) -> bool:
    return isinstance(branch, Mapping) and ("const" in branch or "enum" in branch or branch.get("type") == "null")


def _branches(branches: list[Mapping[str, Any]]) -> Iterator[Choice]:
    for branch in branches:
        if "const" not in branch:
            yield from choices(branch) or [Choice(None)]
            continue
        own = choices({"enum": [branch["const"]], "x-aliases": branch.get("x-aliases", {})})[0]
        title = branch.get("title") if branch.get("title") != name_of(own.value) else None
        told = [part for part in (title, branch.get("description"), *own.told) if isinstance(part, str)]
        alias = branch.get("x-alias", ())
        names = (*([title] if title else ()), *((alias,) if isinstance(alias, str) else alias), *own.names)
        yield Choice(own.value, tuple(dict.fromkeys(told)), tuple(dict.fromkeys(names)))
