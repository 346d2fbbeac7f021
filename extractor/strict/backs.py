"""From an answer in the strict shape to the user's, one small step for each thing that was rewritten.

All are total: of a value that is not in the strict shape they leave what they cannot read as it is.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from typing import Any

Back = Callable[[Any], Any]


def same(value: Any) -> Any:
    """Nothing was rewritten."""
    return value


def total(back: Back, answer: Any) -> Any:
    """An answer that is too deep to walk stays as it is."""
    try:
        return back(answer)
    except RecursionError:
        return answer


def unwrapped(back: Back, value: Any) -> Any:
    """{'value': 1} → 1."""
    is_wrapped = isinstance(value, dict) and value.keys() == {"value"}
    return back(value["value"] if is_wrapped else value)


def each(back: Back, value: Any) -> Any:
    """The items of a list."""
    return list(map(back, value)) if isinstance(value, list) else value


def named(backs: Mapping[str, Back], optional: Collection[str], value: Any) -> Any:
    """The properties of an object, without those that may be absent and are null."""
    if not isinstance(value, dict):
        return value
    return {
        name: backs[name](child) if name in backs else child
        for name, child in value.items()
        if child is not None or name not in optional
    }


def keyed(back: Back, value: Any) -> Any:
    """[{'key': 'a', 'value': 1}] → {'a': 1}; `back` is that of the pairs. A key that repeats leaves all as it is."""
    pairs = each(back, value)
    if not isinstance(pairs, list) or not all(map(_is_pair, pairs)):
        return value
    found = {pair["key"]: pair["value"] for pair in pairs}
    return found if len(found) == len(pairs) else value


def _is_pair(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() == {"key", "value"} and isinstance(value["key"], str)


def merged(back: Back, extra: str, value: Any) -> Any:
    """An object whose free properties stand under the name `extra`: {'a': 1, 'others': […]} → {'a': 1, 'b': 2}.

    A free one with the name of another leaves them all where they are.
    """
    data = back(value)
    if not isinstance(data, dict) or not isinstance(value.get(extra), list) or not isinstance(data[extra], dict):
        return data
    rest = {name: child for name, child in data.items() if name != extra}
    return rest | data[extra] if rest.keys().isdisjoint(data[extra]) else data | {extra: value[extra]}


def ordered(back: Back, size: int, value: Any) -> Any:
    """{'0': 'a', '1': 'b', 'rest': ['c']} → ['a', 'b', 'c']; `size` is how many stand before the rest.

    The list ends at the first place that is left out, if there is nothing but null after it.
    """
    data = back(value)
    if not isinstance(data, dict):
        return value
    places = {name: child for name, child in data.items() if name != "rest"}
    first: list[Any] = []
    rest = data.get("rest", [])
    while str(len(first)) in places:
        first.append(places.pop(str(len(first))))
    is_ended = all(name.isdecimal() and child is None for name, child in places.items())
    is_whole = isinstance(rest, list) and (not rest or len(first) == size)
    return [*first, *rest] if is_ended and is_whole else value


def parsed(texts: Collection[str], value: Any) -> Any:
    """A listed value that is written as its JSON text: '[1]' → [1]."""
    return json.loads(value) if isinstance(value, str) and value in texts else value
