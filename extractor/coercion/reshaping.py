"""Changes of shape: out of a wrapper, into one that is missing, apart or together; each only where the rest fits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Protocol

from extractor.brevity import few
from extractor.coercion import splits
from extractor.coercion.branches import Branches
from extractor.coercion.fit import Fit, at_once, if_valid, inside
from extractor.coercion.found import Doubt, shown
from extractor.coercion.keys import folded, renames
from extractor.coercion.nodes import Node, Nodes, Shape
from extractor.coercion.words import is_null
from extractor.coercion.wrappers import are_foreign, are_items, has_place, listed
from extractor.unions import Fault

SENTENCES = ("Zq", "Nothing but some sentence, which no schema would name.")  # who takes these takes any text
LIST_OF_ONE = "one value, taken as a list of one"
# How a call of a tool is written, and what in it the arguments are, or what has them.
_CALLS = {
    frozenset(keys): keys[-1]
    for keys in (
        ("name", "arguments"),
        ("name", "parameters"),
        ("tool", "arguments"),
        ("function", "arguments"),
        ("type", "function"),
        ("id", "type", "function"),
    )
}
_UNITS = frozenset(("unit", "units", "currency"))
# What is said of a value beside it, and changes nothing.
_ASIDE = frozenset(
    ("confidence", "score", "probability", "certainty", "source", "page", "line", "span", "start", "end", "evidence",
     "quote", "reason", "reasoning", "rationale", "explanation", "justification", "context", "type")
)  # fmt: skip
_MOST_PARTS = 10_000  # of one text
_MOST_TOLD = 5  # keys that are left out


class Fitting(Protocol):
    """Who fits the value in its new shape: the walk. `wrappers` are keys that only say that there is an answer."""

    nodes: Nodes
    branches: Branches
    wrappers: frozenset[str]

    def fit(self, node: Node, value: Any) -> Fit:
        """The value as the node would have it."""

    def faults(self, node: Node, value: Any) -> tuple[Fault, ...]:
        """What a node has against the outside of a value."""

    def embedded(self, text: str) -> Any:
        """The object or list that stands in a text as JSON; None where none does."""


def reshaped(walk: Fitting, shape: Shape, node: Node, source: Fit) -> Iterator[Fit]:
    """Out of a wrapper, or into one that is missing."""
    value = source.value
    takes_list = "array" in shape.kinds
    if isinstance(value, str) and shape.kinds & {"object", "array"} and (inner := walk.embedded(value)) is not None:
        yield walk.fit(node, inner).with_change("a text with JSON in it, read")
    if isinstance(value, list) and len(value) == 1 and (not takes_list or isinstance(value[0], list)):
        yield if_valid(walk.fit(node, value[0]).with_change("a list of one, its item taken", 2), source)
    if isinstance(value, dict):
        yield from _of_object(walk, shape, node, source)
        yield from _gathered(walk, shape, node, source)
    elif isinstance(value, list) and takes_list:
        yield from _of_records(walk, shape, node, source)
    if "object" in shape.kinds and value is not None:
        yield from _wrapped(walk, shape, node, source)
    if takes_list and not isinstance(value, list) and (item := walk.nodes.child(shape, 0)) is not None:
        is_open = "string" in (inner := walk.nodes.shape(item)).kinds and not inner.choices
        if isinstance(value, str) and is_null(value) and (is_open or not walk.fit(item, value).is_valid):
            yield _of_nothing(walk, node, source)
        elif split := _split(walk, node, item, source):
            yield split
        else:
            yield _listed(walk, node, walk.fit(item, value), source)


def _of_object(walk: Fitting, shape: Shape, node: Node, source: Fit) -> Iterator[Fit]:
    """What an object is around: the only thing in it, or the only one of several that is asked for."""
    if "array" in shape.kinds:
        yield from _of_branches(walk, shape, node, source.value)
    if frozenset(source.value) in _CALLS:
        yield from _of_call(walk, shape, node, source)
    elif len(source.value) == 1:
        yield from _unwrapped(walk, shape, node, source)
    elif "array" in shape.kinds and "object" not in shape.kinds:
        yield from _only_list(walk, shape, node, source)
    elif not shape.kinds & {"array", "object"}:
        yield from _only_value(walk, node, source)
    elif are_foreign(walk.nodes, shape, source.value):
        yield from _only_record(walk, node, source)


def emptied(walk: Fitting, shape: Shape, node: Node) -> Iterator[Fit]:
    """Null → [] or {}, for a list or map that may be empty; prompts ask for null where nothing is stated."""
    empty: list[Any] = [[]] if "array" in shape.kinds else []
    empty += [{}] if "object" in shape.kinds and not shape.properties else []
    yield from (Fit(new, (((), "null, taken as empty"),), cost=1) for new in empty if not walk.faults(node, new))


def _unwrapped(walk: Fitting, shape: Shape, node: Node, source: Fit) -> Iterator[Fit]:
    """{'Paper': {…}} → {…}; a single value only where it is a choice, or out of what is known to be a wrapper."""
    ((key, inner),) = source.value.items()
    is_map = isinstance(inner, dict) and "object" in shape.kinds and not shape.properties  # its keys are data
    is_told = bool(shape.choices) or (
        isinstance(inner, dict | list) and shape.kinds & {"object", "array"} and not is_map
    )
    if key in shape.properties or not (is_told or key.casefold() in walk.wrappers):
        return
    if not any(_names_branch(walk, child, key) for child in shape.properties.values()):
        yield walk.fit(node, inner).with_change(f"taken out of {key!r}")


def _has_place(walk: Fitting, node: Node, value: Any) -> bool:
    """Whether a node asks for a value by its keys, or by the branch that it names: {'Bike': {…}}."""
    is_called = isinstance(value, dict) and len(value) == 1 and _names_branch(walk, node, next(iter(value)))
    return is_called or has_place(walk.nodes, node, value)


def _names_branch(walk: Fitting, node: Node, key: str) -> bool:
    """Whether a key is the name of a branch of a node, which is a union."""
    return any(walk.branches.tags(branches).name(key) for branches in walk.nodes.shape(node).unions)


def _gathered(walk: Fitting, shape: Shape, node: Node, source: Fit) -> Iterator[Fit]:
    """{'tool': 'save', 'title': 'x'} → {'tool': 'save', 'arguments': {'title': 'x'}}, which is missing."""
    renamed, _ = renames(source.value, shape.properties, shape.aliases())
    own = {key: inner for key, inner in source.value.items() if key in shape.properties or key in renamed}
    others = {key: inner for key, inner in source.value.items() if key not in own}
    missing = [name for name in shape.required if name not in own and name not in renamed.values()]
    child = walk.nodes.child(shape, missing[0]) if own and len(missing) == 1 else None
    if child is None or walk.nodes.kinds(child) != {"object"}:
        return
    if {*map(folded, walk.nodes.names(child))}.issuperset(map(folded, others)):
        what = f"{listed(others)}, taken into" if others else "nothing beside it, taken as an empty"
        yield if_valid(walk.fit(node, {**own, missing[0]: others}).with_change(f"{what} {missing[0]!r}", 2), source)


def _of_call(walk: Fitting, shape: Shape, node: Node, source: Fit) -> Iterator[Fit]:
    """{'name': 'save', 'arguments': {…}} → {…}; the arguments can be a text."""
    key = _CALLS[frozenset(source.value)]
    inner = walk.embedded(source.value[key]) if isinstance(source.value[key], str) else source.value[key]
    is_asked = "array" in shape.kinds or key == "function" or has_place(walk.nodes, node, inner)
    if key not in shape.properties and isinstance(inner, dict | list) and is_asked:
        others = {name: rest for name, rest in source.value.items() if name != key}
        yield if_valid(walk.fit(node, inner).with_change(_without(key, others)), source)


def _of_branches(walk: Fitting, shape: Shape, node: Node, value: Mapping[str, Any]) -> Iterator[Fit]:
    """{'cat': [{…}], 'dog': [{…}]} → [{'cat': {…}}, {'dog': {…}}] for a list of a union with these branches."""
    for branches in walk.nodes.shape(walk.nodes.child(shape, 0)).unions:
        if walk.branches.tags(branches).are_named(value):
            new = [{key: item} for key, inner in value.items() for item in inner]
            told = f"the lists {listed(value)}, which name branches, taken as one"
            yield walk.fit(node, new).with_change(told)


def _only_list(walk: Fitting, shape: Shape, node: Node, source: Fit) -> Iterator[Fit]:
    """{'people': […], 'count': 1} → […], where nothing beside the list can be part of an item."""
    lists = [key for key, inner in source.value.items() if isinstance(inner, list)]
    others = {key: inner for key, inner in source.value.items() if not isinstance(inner, list)}
    names = {*map(folded, walk.nodes.names(walk.nodes.child(shape, 0)))}
    is_scalar = len(lists) == 1 and not any(isinstance(inner, dict) for inner in others.values())
    if is_scalar and names.isdisjoint(map(folded, source.value)) and are_items(source.value[lists[0]], names):
        yield walk.fit(node, source.value[lists[0]]).with_change(_without(lists[0], others), 1 + len(others))


def _of_records(walk: Fitting, shape: Shape, node: Node, source: Fit) -> Iterator[Fit]:
    """[{'name': 'a'}, {'name': 'b'}] → ['a', 'b'], where no objects are asked for, and all have the one key."""
    keys = {(*one,) if isinstance(one, dict) else () for one in source.value}
    item = walk.nodes.child(shape, 0)
    if len(keys) == 1 and len(names := keys.pop()) == 1 and item is not None and "object" not in walk.nodes.kinds(item):
        inner = [one[names[0]] for one in source.value]
        yield if_valid(walk.fit(node, inner).with_change(f"each item taken out of {names[0]!r}", 2), source)


def _only_record(walk: Fitting, node: Node, source: Fit) -> Iterator[Fit]:
    """{'status': 'ok', 'data': {…}} → {…}, where nothing else is a record, and only this has what is asked for."""
    records = [key for key, inner in source.value.items() if isinstance(inner, dict | list)]
    inner = source.value[records[0]] if len(records) == 1 and records[0].casefold() in walk.wrappers else None
    if isinstance(inner, dict) and has_place(walk.nodes, node, inner):
        others = {key: rest for key, rest in source.value.items() if key != records[0]}
        yield if_valid(walk.fit(node, inner).with_change(_without(records[0], others)), source)


def _only_value(walk: Fitting, node: Node, source: Fit) -> Iterator[Fit]:
    """{'value': 'A', 'confidence': 0.9} → 'A', {'value': 5, 'unit': 'km'} → '5 km'; nothing else may be beside it."""
    found = [key for key in source.value if key.casefold() in walk.wrappers]
    units = [key for key in source.value if key.casefold() in _UNITS]
    others = {key: rest for key, rest in source.value.items() if key not in (*found, *units)}
    own = {*map(folded, walk.nodes.names(walk.nodes.root))}
    is_plain = not any(isinstance(inner, dict | list) for inner in source.value.values())
    if len(found) != 1 or len(units) > 1 or not is_plain or not own.isdisjoint(map(folded, (*units, *others))):
        return
    if _ASIDE.issuperset(map(str.casefold, others)):
        value = source.value[found[0]]
        meant = f"{value} {source.value[units[0]]}" if units else value
        yield if_valid(walk.fit(node, meant).with_change(_without(found[0], others), 1 + len(others)), source)


def _without(key: str, others: Mapping[str, Any]) -> str:
    left = few([f"{name!r}: {shown(inner)}" for name, inner in others.items()], _MOST_TOLD)
    return f"taken out of {key!r}" + (f", without {left}" if left else "")


def _split(walk: Fitting, node: Node, item: Node, source: Fit) -> Fit | None:
    """'1, 2' → [1, 2], where every part is an item for sure and the whole is none; texts part at no comma."""
    value, kinds = source.value, walk.nodes.kinds(item)
    if not isinstance(value, str) or (kinds & {"object", "array"} and not walk.nodes.shape(item).choices):
        return None
    is_open = takes_any_text(walk, item)
    parts = splits.of_texts(value) if is_open else splits.of_others(value, has_decimals="number" in kinds)
    if isinstance(parts, Doubt):
        whole = walk.fit(item, value)
        return None if not is_open and (whole.is_valid or whole.doubts) else replace(source, doubts=(((), parts.why),))
    if (
        not parts or len(parts) > _MOST_PARTS or (not is_open and walk.fit(item, value[:1] + value[1:]).is_valid)
    ):  # another text: no bare one
        return None
    fits = [walk.fit(item, part) for part in parts]
    new = [fit.value for fit in fits]
    notes = tuple(note for at, fit in enumerate(fits) for note in inside(at, fit.changes))
    told = ((), f"one text, taken as a list of {len(parts)}"), *notes
    found = Fit(new, told, (), walk.faults(node, new), 2 + sum(fit.cost for fit in fits))
    return found if found.is_valid and all(fit.is_valid for fit in fits) else None


def _wrapped(walk: Fitting, shape: Shape, node: Node, source: Fit) -> Iterator[Fit]:
    """1214 → {'year': 1214} where that is all that is asked for; a mere sentence is no record.

    A list, or a record with the keys of an item, is what the one property asks for that takes it.
    """
    value = source.value
    if isinstance(value, dict) and value.keys() & shape.properties.keys():
        return
    places = _places(walk, shape, value)
    if len(places) > 1:
        yield replace(source, doubts=(((), f"it can be what {listed(places)} ask for"),))
    if len(places) != 1:
        return
    ((name, child),) = places.items()
    fit = walk.fit(child, value)
    is_other = isinstance(value, dict) and fit.changes and not _has_place(walk, child, value)
    if not fit.is_valid or is_other:
        yield replace(source, doubts=at_once(fit.doubts))
    elif not isinstance(value, str) or not takes_any_text(walk, child):
        new = {name: fit.value}
        told = ((), f"a bare value, taken as {name!r}"), *inside(name, fit.changes)
        yield if_valid(Fit(new, told, (), walk.faults(node, new), fit.cost + 2), source)


def _places(walk: Fitting, shape: Shape, value: Any) -> dict[str, Node]:
    """The only property that has to be there; where none has to, those that take a list or record."""
    if len(shape.required) == 1:
        child = walk.nodes.child(shape, shape.required[0])
        return {} if child is None else {shape.required[0]: child}
    names = () if shape.required or not isinstance(value, dict | list) else shape.properties
    children = {name: walk.nodes.child(shape, name) for name in names}
    own = {*map(folded, shape.properties)}
    if isinstance(value, list) and any(isinstance(one, dict) and not own.isdisjoint(map(folded, one)) for one in value):
        return {}  # several records of this kind
    near = {name: child for name, child in children.items() if _has_place(walk, child, value)}
    return {name: child for name, child in near.items() if walk.fit(child, value).is_valid}


def _listed(walk: Fitting, node: Node, item: Fit, source: Fit) -> Fit:
    """'a' → ['a'] where the item fits."""
    if not item.is_valid:
        return replace(source, doubts=at_once(item.doubts))
    told = ((), LIST_OF_ONE), *inside(0, item.changes)
    new = [item.value]
    return if_valid(Fit(new, told, (), walk.faults(node, new), item.cost + 2), source)


def _of_nothing(walk: Fitting, node: Node, source: Fit) -> Fit:
    """'none' → [] where a list is asked for of which it is no item."""
    none: list[Any] = []
    told = (((), f"{shown(source.value)} → [], a word for nothing"),)
    why = (((), f"{shown(source.value)} says that there is nothing, and the list cannot be empty"),)
    fit = Fit(none, told, (), walk.faults(node, none), 3)
    return fit if fit.is_valid else replace(source, doubts=why)


def takes_any_text(walk: Fitting, node: Node) -> bool:
    """Whether a node takes a sentence, whatever it says, in some shape or other."""
    return any(walk.fit(node, sentence).is_valid for sentence in SENTENCES)
