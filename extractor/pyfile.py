"""Import a Python file or module that a user names, with its faults told by file and line, and find the type in it.

Importing runs the file: a schema file is code, and is to be trusted like any script.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import importlib.util
import os
import sys
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import is_dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, get_origin

from pydantic import BaseModel, TypeAdapter
from pydantic.errors import PydanticUserError
from typing_extensions import TypeAliasType, is_typeddict

from extractor.errors import SchemaError
from extractor.types import Schema


def import_file(path: Path) -> ModuleType:
    """Run a `.py` file as a module of its own; `SchemaError` names the line that failed."""
    if not os.path.isfile(path):
        what = "is a folder, not a Python file" if os.path.isdir(path) else "no such file"
        raise SchemaError(f"{path}: {what}", hint="name a .py file that is there")
    name = f"_extract_{path.stem}_{hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:8]}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise SchemaError(f"{path}: not a Python file", hint="a schema file ends in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # forward references between its classes are looked up there
    try:
        # Standard output is data: what the file prints goes elsewhere.
        with _explained(str(path), path), _importable(path.parent), contextlib.redirect_stdout(sys.stderr):
            spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def import_module(name: str) -> ModuleType:
    """Import a module by its dotted name, from the environment or the current folder."""
    with _explained(name, None), _importable(Path.cwd()), contextlib.redirect_stdout(sys.stderr):
        return importlib.import_module(name)


_folders: set[str] = set()  # that schema files have imported neighbours from


@contextlib.contextmanager
def _importable(folder: Path) -> Iterator[None]:
    """Let the file import its neighbours, as a script can, for the time of the import only.

    The folder comes last, so that a neighbour cannot take the place of an installed package.
    """
    entry = str(folder.resolve())
    _forget_namesakes(folder)
    _folders.add(entry)
    sys.path.append(entry)
    try:
        yield
    finally:
        del sys.path[len(sys.path) - 1 - sys.path[::-1].index(entry)]  # ours, not an equal one of the user's


def _forget_namesakes(folder: Path) -> None:
    """A neighbour of the same name in another schema's folder is another module: unload that one."""
    for path in folder.glob("*.py"):
        loaded = getattr(sys.modules.get(path.stem), "__file__", None)
        if loaded and str(Path(loaded).parent) in _folders and Path(loaded) != path.resolve():
            del sys.modules[path.stem]


@contextlib.contextmanager
def _explained(target: str, path: Path | None) -> Iterator[None]:
    try:
        yield
    except SyntaxError as error:
        where = f"{error.filename or target}{'' if error.lineno is None else f':{error.lineno}'}"
        raise SchemaError(f"{where}: {error.msg}", hint="this is not valid Python") from error
    except ModuleNotFoundError as error:
        hint = "install it into the environment of `extract`, or mend the import"
        raise SchemaError(f"{_where(error, target, path)}: {error}", hint=hint) from error
    except (Exception, SystemExit) as error:
        hint = "raised while the file was imported"
        said = str(error).partition("\n\nFor further information")[0]  # as Pydantic ends what it says
        message = f"{_where(error, target, path)}: {type(error).__name__}: {said}"
        raise SchemaError(message, hint=hint) from error


def _where(error: BaseException, target: str, path: Path | None) -> str:
    """'paper.py:7', the innermost line of the file itself."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if path and Path(frame.filename).resolve() == path.resolve()]
    return f"{target}:{lines[-1]}" if lines else target


# --- finding the type in a module ----------------------------------------------------------------------------


def find_type(target: str, name: str | None) -> tuple[Any, ModuleType]:
    """The type that a file (`paper.py`) or module means, the one that is named or its only root; and the module."""
    is_file = target.endswith(".py") or "/" in target or "\\" in target
    module = import_file(Path(target).expanduser()) if is_file else import_module(target)
    return _named(module, name, target) if name else _only_root(module, target), module


def _only_root(module: ModuleType, target: str) -> Any:
    faults: list[str] = []
    roots = root_classes(module, faults)
    if faults and len(roots) > 1:
        raise SchemaError(f"{target}: {faults[0]}", hint="mend it, or name the class that is meant")
    if not roots:
        hint = "a schema file defines a class that derives from pydantic.BaseModel, a dataclass or a TypedDict"
        raise SchemaError(f"{target}: no Pydantic model in it", hint=hint)
    if len(roots) > 1:
        choices = ", ".join(f"{target}:{root.__name__}" for root in roots)
        raise SchemaError(f"{target}: several models could be meant", hint=f"choose one of {choices}")
    return roots[0]


def _named(module: ModuleType, name: str, target: str) -> Any:
    """What a file calls so: a class, another type (`Papers = list[Paper]`), or a schema (`Kind = one_of(…)`)."""
    found = getattr(module, name, None)
    if isinstance(found, type | Schema) or get_origin(found) is not None or isinstance(found, TypeAliasType):
        return found
    choices = ", ".join(f"{target}:{one.__name__}" for one in _own_classes(module)) or "no Pydantic model"
    what = "not defined there" if found is None else "not a type"
    raise SchemaError(f"{target}: {name} is {what}", hint=f"it has {choices}")


def _own_classes(module: ModuleType) -> list[type]:
    """The classes of records that a module defines itself, in the order of the file; Pydantic's before others."""
    classes = [value for value in vars(module).values() if isinstance(value, type)]
    own = dict.fromkeys(value for value in classes if value.__module__ == module.__name__)
    models = [value for value in own if issubclass(value, BaseModel)]
    return models or [value for value in own if is_dataclass(value) or is_typeddict(value)]


def root_classes(module: ModuleType, faults: list[str]) -> list[type]:
    """The classes that no other class of the file refers to, by a field or as a base class; `faults` are Pydantic's.

    Classes that refer only to each other have no root between them: then all are candidates.
    """
    classes = _own_classes(module)
    used: set[object] = set()
    for one in classes:
        if issubclass(one, BaseModel):
            with contextlib.suppress(NameError, PydanticUserError):  # told with its name when the model is used
                one.model_rebuild(_types_namespace=vars(module))
        try:
            used |= classes_of(one) - {one}
        except (NameError, PydanticUserError) as error:
            faults.append(f"{one.__name__}: {str(error).partition(chr(10))[0]}")
        used |= set(one.__mro__) - {one}
    return [one for one in classes if one not in used] or classes


def classes_of(type_: Any) -> set[type]:
    """The classes that a type is made of; raises what Pydantic has against it."""
    return set(_classes_in(TypeAdapter(type_).core_schema))


def _classes_in(core: Any) -> Iterator[type]:
    """Every class in a core schema, through lists, unions, aliases, dataclasses and definitions."""
    if isinstance(core, Mapping):
        if isinstance(found := core.get("cls"), type):
            yield found
            yield getattr(found, "__pydantic_generic_metadata__", {}).get("origin") or found
        for part in core.values():
            yield from _classes_in(part)
    elif isinstance(core, list | tuple):
        for part in core:
            yield from _classes_in(part)
