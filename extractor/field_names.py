"""Fields that a class reads by one name and writes by another: what of an answer is what of the data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any

from pydantic import AliasChoices, RootModel
from pydantic.fields import FieldInfo

_LOST = "in the answer, not kept by the class"

Path = tuple[str | int, ...]
Told = list[tuple[Path, str]]
# Of each class, by its title and the properties of its JSON Schema: other names of the fields behind these.
Names = Mapping[tuple[str, frozenset[str]], Mapping[str, tuple[str, ...]]]


def other_names(core: Any) -> Names:
    """Field(alias='firstName') of a field first → {'firstName': ('first',)}, for each class in a type's core schema."""
    found = {key: _named_otherwise(properties_of(cls)) for key, cls in classes(core).items()}
    return {key: names for key, names in found.items() if any(names.values())}


def read_names(core: Any) -> Names:
    """As `other_names`, but only what the class itself reads (`validate_by_name`, choices of an alias) or writes."""
    found: dict[tuple[str, frozenset[str]], dict[str, tuple[str, ...]]] = {}
    for key, cls in classes(core).items():
        keys = properties_of(cls)
        read = {
            to: (*_aliases(field)[1:], *([name] if _is_by_name(cls) else []), field.serialization_alias or name)
            for to, (name, field) in keys.items()
        }
        taken = Counter(chain.from_iterable(map(set, read.values())))
        found[key] = {
            to: tuple(name for name in names if name not in keys and taken[name] == 1) for to, names in read.items()
        }
    return {key: names for key, names in found.items() if any(names.values())}


def classes(core: Any) -> dict[tuple[str, frozenset[str]], Any]:
    """The classes in a type's core schema, each by its title and the properties of its JSON Schema."""
    found: dict[tuple[str, frozenset[str]], Any] = {}
    waiting = [core]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list | tuple):
            waiting += node
        elif isinstance(node, Mapping):
            waiting += [part for key, part in node.items() if key != "metadata"]
            cls: Any = node.get("cls")
            if hasattr(cls, "__pydantic_fields__"):
                found[_config(cls).get("title") or cls.__name__, frozenset(properties_of(cls))] = cls
    return found


def properties_of(cls: Any) -> dict[str, tuple[str, FieldInfo]]:
    """The fields of a class by their properties, each with its own name: {'firstName': ('first', Field(…))}."""
    fields: Mapping[str, FieldInfo] = cls.__pydantic_fields__
    return {next(iter(_aliases(field)), name): (name, field) for name, field in fields.items()}


def _named_otherwise(keys: Mapping[str, tuple[str, FieldInfo]]) -> dict[str, tuple[str, ...]]:
    """The properties of a class, each with what else its field is called, where no other goes by that."""
    labels = {key: {*_aliases(field), name, field.serialization_alias or name} for key, (name, field) in keys.items()}
    taken = Counter(label for some in labels.values() for label in some)
    return {
        key: tuple(sorted(label for label in some if label not in keys and taken[label] == 1))
        for key, some in labels.items()
    }


def _config(cls: Any) -> Mapping[str, Any]:
    return getattr(cls, "model_config", None) or getattr(cls, "__pydantic_config__", None) or {}


def _is_by_name(cls: Any) -> bool:
    return bool(_config(cls).get("populate_by_name") or _config(cls).get("validate_by_name"))


def renamed(answer: Any, written: Any, instance: Any, path: Path = ()) -> tuple[Any, Told]:
    """An answer with its keys as the class writes them, and what is told of that: {'b': 1} → {'a': 1}.

    `written` is what the class made of it as JSON, `instance` the same as an object of the class.
    """
    if isinstance(instance, RootModel):
        return renamed(answer, written, instance.root, path)
    if isinstance(answer, Mapping) and isinstance(written, Mapping):
        if hasattr(type(instance), "__pydantic_fields__"):
            return _by_fields(answer, written, instance, path)
        if isinstance(instance, Mapping) and len(answer) == len(instance) and all(key in written for key in answer):
            return _by_parts(answer, written, zip(answer, instance.values(), strict=True), path)
    are_lists = isinstance(answer, list) and isinstance(written, list) and isinstance(instance, list | tuple)
    if are_lists and len(answer) == len(written) == len(instance):
        return _by_parts(answer, written, enumerate(instance), path)
    return answer, []


def _by_parts(answer: Any, written: Any, parts: Iterable[tuple[Any, Any]], path: Path) -> tuple[Any, Told]:
    """A list or dictionary, part by part."""
    new: Any = {**answer} if isinstance(answer, Mapping) else [*answer]
    told: Told = []
    for at, part in parts:
        new[at], some = renamed(answer[at], written[at], part, (*path, at))
        told += some
    return new, told


def _by_fields(answer: Mapping[str, Any], written: Mapping[str, Any], instance: Any, path: Path) -> tuple[Any, Told]:
    """An object, field by field; a key that has the name of a field it is not read by is lost."""
    names: dict[str, str] = {}
    new: dict[str, Any] = {}
    told: Told = []
    for key, name, to in _names(answer, instance):
        if to not in written:
            continue
        names[key] = to
        told += [((*path, to), f"{key!r} in the answer, written so by the class")] if key != to else []
        new[key], some = renamed(answer[key], written[to], getattr(instance, name, None), (*path, to))
        told += some
    ours = {field.serialization_alias or name for name, field in _fields(instance).items()}
    lost = [key for key in answer if key not in names and key in ours]
    written_there = {*names.values()}
    told += [((*path, key), f"{repr(key) + ' ' if key in written_there else ''}{_LOST}") for key in lost]
    return {names.get(key, key): new.get(key, value) for key, value in answer.items() if key not in lost}, told


def _names(answer: Mapping[str, Any], instance: Any) -> Iterable[tuple[str, str, str]]:
    """The key of each field in an answer, its own name, and that by which it is written."""
    is_by_name = _is_by_name(type(instance))
    for name, field in _fields(instance).items():
        aliases = _aliases(field)
        labels = [*aliases, name] if is_by_name or not aliases else aliases
        if key := next((label for label in labels if label in answer), None):
            yield key, name, field.serialization_alias or name


def _fields(instance: Any) -> Mapping[str, FieldInfo]:
    found: Mapping[str, FieldInfo] = type(instance).__pydantic_fields__
    return found


def _aliases(field: FieldInfo) -> list[str]:
    """The plain names that a field is read by; empty where that is its own."""
    alias = field.validation_alias
    names = alias.choices if isinstance(alias, AliasChoices) else [alias]
    return [name for name in names if isinstance(name, str)]
