"""What users bring along: an object by its dotted path, or by an entry point of an installed package."""

from __future__ import annotations

from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from extractor.errors import UsageError
from extractor.pyfile import import_file, import_module


def find(spec: str) -> Any:
    """What `package.module:name` or `file.py:name` names; raises `UsageError` where there is no such thing."""
    target, _, name = spec.rpartition(":")
    module = import_file(Path(target)) if target.endswith(".py") else import_module(target)
    try:
        return getattr(module, name)
    except AttributeError:
        raise UsageError(f"{target} has no {name!r}", hint="package.module:name, or file.py:name") from None


def find_entry_point(group: str, name: str) -> Any:
    """What an installed package offers under a name; None where none does."""
    found = entry_points(group=group, name=name)
    return next(iter(found)).load() if found else None
