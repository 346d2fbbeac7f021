"""Walk a folder for the files that patterns match, in the same order everywhere and in little memory.

A pattern is a tuple of parts, one for each step down; of `**`, None, which is any number of steps. Each folder is
looked at with what is left of the patterns there, so that a file comes once, however many ways lead to it.
"""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from extractor.errors import SourceError, UsageError
from extractor.sources.ignoring import Outputs, Rules
from extractor.sources.sorting import in_order
from extractor.sources.source import Source

Part = Callable[[str], object] | None
Pattern = tuple[Part, ...]

_FOLDER, _LINK, _FILE = "d", "l", "f"  # a folder, a link to one, a file
_RUN = 50_000  # names of a folder that are sorted in memory


def parts_of(pattern: str) -> Pattern:
    """'**/*.md' → (None, what matches '*.md')."""
    pieces = pattern.split("/")
    parts = [_part(piece) for piece in [*filter(_is_step, pieces[:-1]), pieces[-1]]]
    return (*parts, _part("*")) if parts[-1] is None else tuple(parts)


def _is_step(piece: str) -> bool:
    return piece not in {"", "."}


def _part(piece: str) -> Part:
    """A wildcard at the beginning is no dot: hidden names are only found by patterns that name the dot."""
    if piece == "**":
        return None
    visible = "" if piece.startswith(".") else r"(?!\.)"
    return re.compile(visible + fnmatch.translate(piece)).match


def suffixed(suffixes: Iterable[str]) -> Pattern:
    """Files with one of the suffixes, at any depth: '.TXT' is '.txt'."""
    ends = "|".join(map(re.escape, sorted(suffixes)))
    return None, re.compile(rf"(?is)[^.].*(?:{ends})\Z").match


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a walk passes over, and how many names it sorts in memory."""

    outputs: Outputs = field(default_factory=Outputs)
    run: int = _RUN


@dataclass(frozen=True, slots=True)
class _Folder:
    path: str
    patterns: tuple[Pattern, ...]
    rules: Rules


def walk(root: str, patterns: Iterable[Pattern], rules: Rules, bounds: Bounds) -> Iterator[Source]:
    """Files below a folder, name by name in sorted order; hidden names are passed over.

    A link to a file is taken. One to a folder is followed where a part of a pattern matches it, by `**` never, so that
    loops end. A folder that cannot be listed is a source with a fault.
    """
    closed = tuple(left for pattern in patterns for left in _closed(pattern))
    depth = [_inside(_Folder(root, closed, rules), bounds)]
    while depth:
        found = next(depth[-1], None)
        if found is None:
            depth.pop()
        elif isinstance(found, Source):
            yield found
        else:
            depth.append(_inside(found, bounds))


def _inside(folder: _Folder, bounds: Bounds) -> Iterator[Source | _Folder]:
    """The files and folders in a folder, in order."""
    try:
        rules = folder.rules.inside(folder.path)
    except UsageError as error:  # what it is to pass over is not to be asked about by mistake
        what = f"{error}; the folder {folder.path} is passed over"
        yield Source(folder.path, SourceError(what, hint=error.hint))
        return
    here = _Folder(folder.path, folder.patterns, rules)
    try:
        for item in in_order(_names(here, bounds), bounds.run):
            name, kind = item[:-2], item[-1]
            path = os.path.join(folder.path, name)  # noqa: PTH118  # half the time of Path
            if kind == _FILE:
                yield Source(path)
            else:
                yield _Folder(path, _left(folder.patterns, name, kind), rules)
    except OSError as error:
        yield Source(folder.path, SourceError(f"{folder.path}: {error.strerror}"))


def _names(folder: _Folder, bounds: Bounds) -> Iterator[str]:
    """What is taken of a folder, as it comes: name, zero, kind; sorted, 'a' comes before 'a.md'."""
    with os.scandir(folder.path or ".") as entries:
        for entry in entries:
            kind = _kind(entry, folder.patterns)
            path = os.path.join(folder.path, entry.name)  # noqa: PTH118
            if kind and path not in bounds.outputs and not folder.rules.ignore(path, is_folder=kind == _FOLDER):
                yield f"{entry.name}\0{kind}"


def _kind(entry: os.DirEntry[str], patterns: tuple[Pattern, ...]) -> str | None:
    """What an entry is, None where no pattern wants it; only links cost a look at the disk."""
    name = entry.name
    if entry.is_dir(follow_symlinks=False):
        return _FOLDER if _left(patterns, name, _FOLDER) else None
    is_link = entry.is_symlink()
    if is_link and os.path.isdir(entry.path):
        return _LINK if _left(patterns, name, _LINK) else None
    if not any(len(pattern) == 1 and pattern[0] and pattern[0](name) for pattern in patterns):
        return None
    is_offered = _is_offered(entry.path) if is_link else entry.is_file(follow_symlinks=False)
    return _FILE if is_offered else None


def _is_offered(path: str) -> bool:
    """Files, and broken links, so that loading says so; no folders, and no pipes, which would be waited for."""
    return os.path.isfile(path) or not os.path.exists(path)


def _left(patterns: tuple[Pattern, ...], name: str, kind: str) -> tuple[Pattern, ...]:
    """What is left of the patterns inside of a folder of that name."""
    found: dict[Pattern, None] = {}
    for pattern in patterns:
        part = pattern[0]
        if part is None and kind == _FOLDER and not name.startswith("."):
            found |= dict.fromkeys(_closed(pattern))
        elif part is not None and len(pattern) > 1 and part(name):
            found |= dict.fromkeys(_closed(pattern[1:]))
    return tuple(found)


def _closed(pattern: Pattern) -> Iterator[Pattern]:
    """A pattern, and what is left of it where its `**` are no step at all."""
    yield pattern
    while pattern[0] is None:
        pattern = pattern[1:]
        yield pattern
