"""What users bring along: an object by its dotted path, or by an entry point of an installed package."""

from __future__ import annotations

import os
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from extractor.errors import SchemaError, UsageError, spell
from extractor.pyfile import import_file, import_module


class NotThere(UsageError):
    """There is no such file or module, or it has no such object."""


def find(spec: str) -> Any:
    """What `package.module:name` or `file.py:name` names.

    Raises `NotThere`, or another `UsageError` for what goes wrong while it is imported.
    """
    target, _, name = spec.rpartition(":")
    module = _import(target)
    try:
        return getattr(module, name)
    except AttributeError:
        raise NotThere(f"{target} has no {name!r}", hint="package.module:name, or file.py:name") from None


def _import(target: str) -> ModuleType:
    is_file = target.endswith(".py")
    if is_file and not os.path.isfile(target):
        raise NotThere(f"{target}: no such file", hint="package.module:name, or file.py:name")
    try:
        return import_file(Path(target)) if is_file else import_module(target)
    except SchemaError as error:  # as which it is told of schema files
        cause = error.__cause__
        if isinstance(cause, ModuleNotFoundError) and f"{target}.".startswith(f"{cause.name}."):
            raise NotThere(str(cause), hint=error.hint) from cause
        raise UsageError(str(error), hint=error.hint) from cause


def is_entry_point(group: str, name: str) -> bool:
    """Whether an installed package offers something under a name."""
    return bool(entry_points(group=group, name=name))


def find_entry_point(group: str, name: str) -> Any:
    """What an installed package offers under a name; None where none does.

    Raises `UsageError` for what goes wrong while it is imported.
    """
    for point in entry_points(group=group, name=name):
        try:
            return point.load()
        except (Exception, SystemExit) as error:
            what = f"{name} cannot be made: its entry point {point.value}: {spell(error)}"
            raise UsageError(what, hint="mend or remove the package that offers it") from error
    return None
