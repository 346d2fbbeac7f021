"""Which property a key was meant to be: 'firstName' and 'First name' for 'first_name', or by an alias."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

from extractor.coercion.found import LONGEST, narrow

_MARKS = re.compile(r"[\s_\-.]+")
_MARKDOWN = "*`#\"'“”‘’ \t\n_"
_REMARK = re.compile(r"\s*[(（\[<][^()（）\[\]<>]*[)）\]>]\Z")


def renames(
    keys: Collection[str], names: Collection[str], aliases: Iterable[tuple[str, str]]
) -> tuple[dict[str, str], dict[str, str]]:
    """New names of keys that are no property yet, and what is in doubt: (['firstName'], ['first_name']) → one name.

    A property that is there already is left alone, and so are two keys that both could be it; doubts are by property.
    """
    free = set(names) - set(keys)
    meant: dict[str, set[str]] = {}
    for name, label in [*((name, name) for name in names), *aliases]:
        meant.setdefault(folded(label), set()).add(name)
    wanted: dict[str, list[str]] = {}
    doubts: dict[str, str] = {}
    for key in keys:
        found = _named(key, meant) & free if key not in names else set()
        if len(found) > 1:
            doubts |= dict.fromkeys(found, f"{key!r} can be {' and '.join(map(repr, sorted(found)))}")
        elif found:
            wanted.setdefault(found.pop(), []).append(key)
    for name, several in wanted.items():
        if len(several) > 1:
            doubts[name] = f"{' and '.join(map(repr, several))} can both be {name!r}"
    return {several[0]: name for name, several in wanted.items() if len(several) == 1}, doubts


def _named(key: str, meant: Mapping[str, set[str]]) -> set[str]:
    """What a key can mean, or without a remark behind it: 'title (text)' → {'title'}."""
    short = key[:LONGEST]
    return meant.get(folded(key)) or meant.get(folded(_REMARK.sub("", short.rstrip(_MARKDOWN + ":：")))) or set()


def folded(key: str) -> str:
    """A key in the spelling that keys are compared in, without markdown: 'First-Name', '**First name:**' → 'firstname'.

    Signs alone are left as they are: '*' → '*'.
    """
    bare = narrow(key[:LONGEST])
    stripped = bare.strip(_MARKDOWN).rstrip(":").rstrip(_MARKDOWN)
    return _MARKS.sub("", stripped).casefold() or _MARKS.sub("", bare).casefold() or key
