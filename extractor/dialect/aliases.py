"""Our own keywords `x-aliases` and `x-alias`: what has to stand under them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from extractor.choices import name_of
from extractor.dialect.keywords import ALIAS, ALIASES, Path

_LIKE = 'it is like {"ONE": {"x-alias": ["one", "1"], "description": "the first"}}'

Complaint = tuple[Path, str, str]  # where, what, and a hint


def complaint(node: Mapping[str, Any]) -> Complaint | None:
    """What is wrong with the keywords of one subschema, the first that there is."""
    if ALIAS in node and (why := _alias(node[ALIAS])):
        return (ALIAS,), why, "another name of the property, or a list of such"
    return _aliases(node) if ALIASES in node else None


def _aliases(node: Mapping[str, Any]) -> Complaint | None:
    entries = node[ALIASES]
    if not isinstance(entries, Mapping):
        return (ALIASES,), f"{ALIASES} is an object", _LIKE
    values = node["enum"] if isinstance(node.get("enum"), list) else [node["const"]] if "const" in node else None
    if values is None:
        return (ALIASES,), "says nothing without enum or const", "write it beside the values that it is about"
    names = set(map(name_of, values))
    for name, entry in entries.items():
        if name not in names:
            return (ALIASES, name), f"{name!r:.60} is no value of the enum", "name values as the enum has them"
        if why := _entry(entry):
            return (ALIASES, name), why, _LIKE
    return None


def _entry(entry: Any) -> str | None:
    if not isinstance(entry, Mapping):
        return "is an object"
    if unknown := next((key for key in entry if key not in (ALIAS, "description")), None):
        return f"{unknown!r:.60} is neither {ALIAS} nor description"
    if not isinstance(entry.get("description", ""), str):
        return "its description is a text"
    return _alias(entry[ALIAS]) if ALIAS in entry else None


def _alias(value: Any) -> str | None:
    names = value if isinstance(value, list) else [value]
    is_right = names and all(isinstance(name, str) and name.strip() for name in names)
    return None if is_right else f"{ALIAS} is a name, or a list of names"
