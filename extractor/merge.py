"""One record of several: what each part of a document gave, joined by what the fields mean.

`x-merge` of a field says how: `first`, `last`, `longest`, `majority`, `union` (of lists), `sum`, `min`, `max`, or
`reduce`, which the model does. Without it: a choice and a yes or no by vote; numbers, dates and names as the most parts
have them, of equals the first; lists by union, where the same in other letters is the same; lists of records by their
key, which `x-key` names (else `id`, `name`, `title`); texts that the model worded itself by `reduce`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, get_args

from extractor.absent import is_empty
from extractor.comparable import comparable
from extractor.ground.folding import squeezed
from extractor.pointers import pointer
from extractor.scopes import Nodes, Scope, Scopes, ordered
from extractor.support import is_worded
from extractor.types import Merge, Schema

Path = tuple[str | int, ...]

_KEYS = ("id", "name", "title", "标题", "名称", "姓名", "名字")
_LEAST_SLIP = 8  # characters of a text in which one may differ
_MOST_COMPARED = 2_000  # items of a list that are compared with each other for slips


@dataclass(frozen=True, slots=True)
class Conflict:
    """Values that parts gave for one place, in the order of the document, with the number of parts of each."""

    pointer: str
    values: tuple[tuple[Any, int], ...]
    taken: Any


@dataclass(slots=True)
class Merged:
    """The record, where its parts disagree, and by path the texts of parts of which the model is to make one."""

    data: Any
    conflicts: list[Conflict] = field(default_factory=list)
    to_reduce: dict[Path, list[str]] = field(default_factory=dict)


def merge(parts: Sequence[Any], schema: Schema) -> Merged:
    """The record of parts, in the order of the document; null in a part says nothing."""
    work = _Merging(Scopes(schema.json_schema))
    data = work.merged((schema.json_schema,), [*parts], ())
    return Merged(data, work.conflicts, work.to_reduce)


@dataclass(slots=True)
class _Merging:
    scopes: Scopes
    conflicts: list[Conflict] = field(default_factory=list)
    to_reduce: dict[Path, list[str]] = field(default_factory=dict)

    def merged(self, nodes: Nodes, values: list[Any], path: Path) -> Any:
        """One value of those of the parts."""
        said = [value for value in values if not is_empty(value)]
        if not said:
            return next((value for value in values if value is not None), None)
        scope = self.scopes.of(nodes)
        how = _how(scope)
        if all(isinstance(value, dict) for value in said) and how is None:
            return self._object(scope, said, path)
        if all(isinstance(value, list) for value in said) and how in (None, "union"):
            return self._list(scope, said, path)
        return self._chosen(scope, said, path, how)

    def _object(self, scope: Scope, said: list[dict[str, Any]], path: Path) -> dict[str, Any]:
        names = dict.fromkeys(name for value in said for name in value)
        return {
            name: self.merged(scope.child(name), [value[name] for value in said if name in value], (*path, name))
            for name in ordered(scope, names)
        }

    def _chosen(self, scope: Scope, said: list[Any], path: Path, how: Merge | None) -> Any:
        """One of the values, or what is reckoned of them."""
        groups = _grouped(said)
        if how is None and len(groups) > 1 and scope.choices is None and all(map(_is_text, said)) and _are_worded(said):
            how = "reduce"
        if how == "reduce" and len(groups) > 1 and all(map(_is_text, said)):
            self.to_reduce[path] = [group[0] for group in groups]
            return max(groups[0], key=len)
        taken = _WAYS[how or "majority"](said, groups)
        if len(groups) > 1 and how not in ("sum", "min", "max"):
            values = tuple((group[0], len(group)) for group in groups)
            self.conflicts.append(Conflict(pointer(path), values, taken))
        return taken

    def _list(self, scope: Scope, said: list[list[Any]], path: Path) -> list[Any]:
        """The union, the same items once; where there may not be so many, those that most parts have."""
        items = [item for value in said for item in value if not is_empty(item)]
        inside = self.scopes.of(scope.items) if scope.items else None
        key = key_of(inside) if inside is not None else None
        groups = _same(items, lambda item: _identity(item, key))
        if key is None:
            groups = _without_slips(groups)
        most = min((part["maxItems"] for part in scope.parts if "maxItems" in part), default=len(groups))
        kept = sorted(sorted(range(len(groups)), key=lambda at: -len(groups[at]))[:most])
        return [self._item(scope.items, groups[at], (*path, number)) for number, at in enumerate(kept)]

    def _item(self, nodes: Nodes, group: list[Any], path: Path) -> Any:
        if isinstance(group[0], dict | list):
            return group[0] if len(group) == 1 else self.merged(nodes, group, path)
        return _commonest(group)


# --- one of several values ---------------------------------------------------------------------------------------

_Groups = list[list[Any]]


def _majority(_: list[Any], groups: _Groups) -> Any:
    """What the most parts say, of equals the first."""
    return _commonest(max(groups, key=len))


def _number(value: Any) -> Decimal:
    return Decimal(str(value)) if isinstance(value, int | float) and not isinstance(value, bool) else Decimal(0)


def _summed(said: list[Any], _: _Groups) -> Any:
    total = sum(map(_number, said), Decimal(0))
    return int(total) if all(isinstance(value, int) for value in said) else float(total)


def _longest(said: list[Any], _: _Groups) -> Any:
    return max(said, key=lambda value: len(value) if isinstance(value, str | list | dict) else len(str(value)))


_WAYS: Mapping[str, Callable[[list[Any], _Groups], Any]] = {
    "first": lambda said, _: said[0],
    "last": lambda said, _: said[-1],
    "longest": _longest,
    "majority": _majority,
    "reduce": _majority,
    "union": _majority,
    "sum": _summed,
    "min": lambda said, _: min(said, key=_order),
    "max": lambda said, _: max(said, key=_order),
}


def _order(value: Any) -> tuple[Decimal, str]:
    """Numbers by size, dates and other texts by their letters."""
    return _number(value), "" if isinstance(value, int | float) else str(value)


def _commonest(group: list[Any]) -> Any:
    """Of spellings of one value the most frequent, of equals the first."""
    counts: dict[str, int] = {}
    for value in group:
        counts[comparable(value)] = counts.get(comparable(value), 0) + 1
    best = max(counts, key=lambda spelling: counts[spelling])
    return next(value for value in group if comparable(value) == best)


# --- what is the same --------------------------------------------------------------------------------------------


def _grouped(said: Iterable[Any]) -> _Groups:
    return _same(said, lambda value: _identity(value, None))


def _same(values: Iterable[Any], identity: Callable[[Any], Hashable]) -> _Groups:
    """Values in groups of the same, in the order of the first of each."""
    found: dict[Hashable, list[Any]] = {}
    for value in values:
        found.setdefault(identity(value), []).append(value)
    return [*found.values()]


def _identity(value: Any, key: str | None) -> Hashable:
    """What values have in common that are the same: texts but for case, width, marks and white space."""
    if key is not None and isinstance(value, dict) and not is_empty(value.get(key)):
        return "key", _identity(value[key], None)
    if isinstance(value, str):
        return squeezed(value) or value
    if isinstance(value, dict | list):
        return comparable(_plain(value))
    return comparable(value)


def _plain(value: Any) -> Any:
    """Data with its texts as they are compared."""
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return squeezed(value) or value if isinstance(value, str) else value


def _without_slips(groups: _Groups) -> _Groups:
    """Groups of longer texts in which one letter differs are one, that of the spelling that most parts have."""
    if len(groups) > _MOST_COMPARED:
        return groups
    from rapidfuzz.distance import OSA  # few lists need it

    kept: list[list[Any]] = []
    for group in groups:
        mine = _slippery(group[0])
        twin = None
        if mine:
            alike = (one for one in kept if (other := _slippery(one[0])) and abs(len(other) - len(mine)) <= 1)
            twin = next((one for one in alike if OSA.distance(_slippery(one[0]), mine, score_cutoff=1) <= 1), None)
        if twin is None:
            kept.append([*group])
        else:
            twin.extend(group)
    return kept


def _slippery(value: Any) -> str:
    """A text in which a letter may differ, as it is compared; '' for what is short, or has a digit."""
    if not isinstance(value, str) or len(value) < _LEAST_SLIP or any(map(str.isdigit, value)) or not value.isascii():
        return ""
    return squeezed(value)


# --- what a field means ------------------------------------------------------------------------------------------


def _how(scope: Scope) -> Merge | None:
    return next((part["x-merge"] for part in scope.parts if part.get("x-merge") in get_args(Merge)), None)


def key_of(scope: Scope) -> str | None:
    """The property that tells records apart: the one with `x-key`, else one that is called so."""
    marked = [
        name
        for name, nodes in scope.properties.items()
        if any(isinstance(node, Mapping) and node.get("x-key") is True for node in nodes)
    ]
    return next(iter(marked), None) or next((name for name in _KEYS if name in scope.properties), None)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _are_worded(said: Sequence[str]) -> bool:
    """Whether most texts are so long that the model may have worded them: summaries, not names."""
    return 2 * sum(len(value) >= _LONG and is_worded(value) for value in said) > len(said)


_LONG = 60  # characters, below which a text is a title or a name rather than a summary
