"""Which property a key was meant to be: 'firstName' and 'First name' for 'first_name', or by an alias."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from extractor.coercion.found import LONGEST, narrow

_MARKS = re.compile(r"[\s_\-.]+")


def renames(
    keys: Collection[str], names: Collection[str], aliases: Iterable[tuple[str, str]]
) -> tuple[dict[str, str], dict[str, str]]:
    """New names of keys that are no property yet, and what is in doubt: (['firstName'], ['first_name']) → one name.

    A property that is there already is left alone, and so are two keys that both could be it.
    """
    free = set(names) - set(keys)
    meant: dict[str, set[str]] = {}
    for name, label in [*((name, name) for name in names), *aliases]:
        meant.setdefault(folded(label), set()).add(name)
    wanted: dict[str, list[str]] = {}
    doubts: dict[str, str] = {}
    for key in keys:
        found = meant.get(folded(key), set()) & free if key not in names else set()
        if len(found) > 1:
            doubts[key] = f"{key!r} can be {' and '.join(map(repr, sorted(found)))}"
        elif found:
            wanted.setdefault(found.pop(), []).append(key)
    for name, several in wanted.items():
        if len(several) > 1:
            doubts |= dict.fromkeys(several, f"{' and '.join(map(repr, several))} can both be {name!r}")
    return {several[0]: name for name, several in wanted.items() if len(several) == 1}, doubts


def folded(key: str) -> str:
    """A key in the spelling that keys are compared in: 'First-Name' → 'firstname'."""
    return _MARKS.sub("", narrow(key[:LONGEST])).casefold() or key
