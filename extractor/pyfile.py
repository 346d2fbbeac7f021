"""Import a Python file or module that a user names, with its faults told by file and line.

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
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from extractor.errors import SchemaError


def import_file(path: Path) -> ModuleType:
    """Run a `.py` file as a module of its own; `SchemaError` names the line that failed."""
    if not os.path.isfile(path):
        what = "is a folder, not a Python file" if os.path.isdir(path) else "no such file"
        raise SchemaError(f"{path}: {what}", hint="a schema is a .py file or the name of a built-in schema")
    name = f"_extract_{path.stem}_{hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:8]}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise SchemaError(f"{path}: not a Python file", hint="a schema file ends in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # forward references between its classes are looked up there
    try:
        with _explained(str(path), path), _importable(path.parent):
            spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def import_module(name: str) -> ModuleType:
    """Import a module by its dotted name, from the environment or the current folder."""
    with _explained(name, None), _importable(Path.cwd()):
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
        message = f"{_where(error, target, path)}: {type(error).__name__}: {error}"
        raise SchemaError(message, hint=hint) from error


def _where(error: BaseException, target: str, path: Path | None) -> str:
    """'paper.py:7', the innermost line of the file itself."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if path and Path(frame.filename).resolve() == path.resolve()]
    return f"{target}:{lines[-1]}" if lines else target
