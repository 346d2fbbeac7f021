"""From arguments and lists to paths: files, folders, patterns, and what is passed over."""

from __future__ import annotations

import glob as globbing
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from extractor.errors import SourceError
from extractor.loaders import SUFFIXES, Reading
from extractor.sources.fetching import has_scheme
from extractor.sources.ignoring import IGNORE_FILE, Outputs, Rule, are_about, given_rules, parse
from extractor.sources.lists import label, paths_in
from extractor.sources.source import STDIN, Source
from extractor.sources.walking import Bounds, Pattern, parts_of, suffixed, walk


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a batch reads.

    `arguments` are files, URLs, folders, patterns, `-` for a list of paths on standard input; `lists` are files with
    one path a line. `glob` says which files of folders are taken instead of documents: a name, or with a slash the path
    below the folder. `ignore` are rules in the syntax of .gitignore, relative to the folder or pattern that is
    named, and for files that are named to the current folder. `text_field` and `id_field` are the fields of records:
    names, or JSON Pointers. `skip` are paths that the run writes; `guarded` are those of them that no run has written.
    With `by_line` each line of a text file is a source.
    """

    arguments: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    glob: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    text_field: str = "text"
    id_field: str | None = None
    limit: int | None = None
    skip: frozenset[Path] = frozenset()
    guarded: frozenset[Path] = frozenset()
    reading: Reading = field(default_factory=Reading)
    by_line: bool = False


def discover(arguments: Iterable[str], reading: Reading | None = None) -> Iterator[Source]:
    """Files, URLs, folders (their documents, recursively), glob patterns and `-`, in the order given.

    Folder by folder, names in sorted order. What cannot be found or listed is a source with a fault, so that the others
    go on.
    """
    search, reading = Search(), reading or Reading()
    for argument in arguments:
        for source in [Source(STDIN)] if argument == STDIN else search.argument(argument):
            yield replace(source, reading=reading)


def is_single(arguments: Sequence[str]) -> bool:
    """True where the arguments name exactly one document: one file or standard input."""
    return len(arguments) == 1 and not _is_folder(arguments[0]) and not _is_pattern(arguments[0])


@dataclass(frozen=True, slots=True)
class Search:
    """How paths are found: which files of a folder are wanted, and what is passed over."""

    glob: tuple[str, ...] = ()
    ignore: tuple[Rule, ...] = ()
    bounds: Bounds = field(default_factory=Bounds)

    @classmethod
    def of(cls, wanted: Wanted) -> Search:
        """That of a batch; raises `UsageError` for a rule that is none."""
        return cls(wanted.glob, parse(wanted.ignore, "--ignore"), Bounds(Outputs.of(wanted.skip, wanted.guarded)))

    def argument(self, argument: str) -> Iterator[Source]:
        """What an argument names."""
        if _is_pattern(argument):
            root, pattern = _split(argument)
            found = self._walk(root, [pattern]) if os.path.isdir(root or ".") else ()
            yield from _or_fault(found, argument, "no file matches this pattern", self._hint())
        else:
            yield from self.path(argument)

    def path(self, path: str) -> Iterator[Source]:
        """A file, or the files in a folder; no pattern."""
        if _is_folder(path):
            yield from self._folder(path)
        elif path not in self.bounds.outputs and not self._ignores(path):
            yield Source(path)

    def listed(self, name: str) -> Iterator[Source]:
        """What a list of paths names."""
        found = None
        try:
            for path in paths_in(name):
                for found in self._line(path, label(name)):
                    yield found
        except SourceError as error:
            yield Source(label(name), error)
        else:
            if found is None:
                yield Source(label(name), SourceError(f"{label(name)}: no path in this list", hint="one path a line"))

    def _line(self, path: str | SourceError, where: str) -> Iterator[Source]:
        if isinstance(path, SourceError):
            yield Source(where, path)
        elif os.path.lexists(path) or has_scheme(path):
            if not _is_folder(path):
                self.bounds.outputs.refuse(path)
            yield from self.path(os.path.join(os.curdir, path) if path == STDIN else path)  # noqa: PTH118
        else:
            yield Source(path, SourceError(f"{path}: no such file", hint=f"{where} is read as paths, one a line"))

    def _folder(self, folder: str) -> Iterator[Source]:
        if folder in self.bounds.outputs:
            fault = SourceError(f"{folder}: the output goes into this folder", hint="name another one, or its files")
            yield Source(folder, fault)
            return
        patterns = [parts_of(name if "/" in name else f"**/{name}") for name in self.glob]
        otherwise = f"no file matches --glob {' '.join(self.glob)}" if patterns else "no document"
        found = self._walk(folder, patterns or [suffixed(SUFFIXES)])
        yield from _or_fault(found, folder, f"{otherwise} in this folder", self._hint())

    def _walk(self, root: str, patterns: list[Pattern]) -> Iterator[Source]:
        return walk(root, patterns, given_rules(self.ignore, root), self.bounds)

    def _ignores(self, path: str) -> bool:
        """Whether a file that is named is passed over: only a rule of the command line says so of those."""
        return bool(self.ignore) and are_about(self.ignore, re.sub(r"^(?:\.\./)+", "", os.path.relpath(path)))

    def _hint(self) -> str:
        hint = f"documents end in {', '.join(sorted(SUFFIXES))}"
        return f"what --ignore and {IGNORE_FILE} name is passed over" if self.ignore else hint


def _is_folder(argument: str) -> bool:
    return argument != STDIN and os.path.isdir(argument)


def _is_pattern(argument: str) -> bool:
    if argument == STDIN or has_scheme(argument):
        return False
    return globbing.has_magic(argument) and not os.path.lexists(argument)


def _split(pattern: str) -> tuple[str, Pattern]:
    """The folder that a pattern begins with, and the rest: 'd/e/*.md' → 'd/e', what matches '*.md'."""
    found = re.match(r"(?:[^*?\[/]*/)*", pattern)
    root = found[0] if found else ""
    return root.rstrip("/") or root[:1], parts_of(pattern[len(root) :])


def _or_fault(sources: Iterable[Source], argument: str, otherwise: str, hint: str) -> Iterator[Source]:
    """The sources, or one that says that there were none."""
    found = None
    for found in sources:
        yield found
    if found is None:
        yield Source(argument, SourceError(f"{argument}: {otherwise}", hint=hint))
