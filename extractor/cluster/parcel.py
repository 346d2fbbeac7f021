"""The user's own Python that goes along to a worker: a file, or a module of the current folder, with its neighbours.

Only files that an import statement leads to are taken. A whole folder would also carry its data, and its `.env`.
"""

from __future__ import annotations

import ast
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from extractor import schema_spec

_NOT_OURS = {*sys.stdlib_module_names, "extractor"}


@dataclass(frozen=True, slots=True)
class Parcel:
    """A spec, and the Python files that it needs beside what is installed: their paths in the folder, their bytes."""

    spec: str
    files: tuple[tuple[str, bytes], ...] = ()

    def unpack(self, folder: Path) -> str:
        """Write the files, and make them importable; the spec as it is there."""
        for name, content in self.files:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        if self.files and str(folder) not in sys.path:
            sys.path.append(str(folder))  # last: what is installed comes first, as it does with the driver
        target, name_in_it = schema_spec.split(self.spec)
        if not (self.files and target.endswith(".py")):
            return self.spec
        return str(folder / target) + (f":{name_in_it}" if name_in_it else "")


def pack(spec: str) -> Parcel:
    """What a worker needs for a file or module, alone or with a `:NAME` in it; of other specs the spec alone."""
    target, name = schema_spec.split(spec)
    if target.endswith(".py"):
        file = Path(os.path.expanduser(target))  # noqa: PTH111  # no error where there is no home
        root, first = file.parent.resolve(), [file.parent.resolve() / file.name]
        spec = file.name + (f":{name}" if name else "")
    else:
        root = Path.cwd()
        first = [*_files(root, target)]
    return Parcel(spec, tuple(sorted(_with_neighbours(root, first).items())))


def _with_neighbours(root: Path, first: Iterable[Path]) -> dict[str, bytes]:
    """Files, and what of their folder they import, directly or not: their paths in it → what is in them."""
    found: dict[str, bytes] = {}
    waiting = [*first]
    while waiting:
        path = waiting.pop()
        name = path.relative_to(root).as_posix()
        if name not in found and path.is_file():
            found[name] = path.read_bytes()
            waiting += (file for module in _imported(found[name], name) for file in _files(root, module))
    return found


def _imported(code: bytes, path: str) -> Iterator[str]:
    """The modules that may be imported: b'from .b import c', 'a/x.py' → 'a.b', 'a.b.c'."""
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # told with its line when it is imported
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = path.split("/")[: -node.level] if node.level else []
            module = ".".join([*package, *([node.module] if node.module else [])])
            yield module
            yield from (f"{module}.{alias.name}".removeprefix(".") for alias in node.names)


def _files(root: Path, module: str) -> Iterator[Path]:
    """The files of a module and of the packages around it, where they are in the folder."""
    parts = module.split(".")
    if parts[0] in _NOT_OURS or not all(map(str.isidentifier, parts)):
        return
    for most in range(1, len(parts) + 1):
        base = root.joinpath(*parts[:most])
        yield from (path for path in (base.with_suffix(".py"), base / "__init__.py") if path.is_file())
