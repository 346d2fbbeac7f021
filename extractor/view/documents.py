"""The documents that records are of: a record has but the name of its source, so the text is loaded once more.

Names come out of a file that may be somebody else's, and a page is passed on: what a name leads to is only read within
the folders that are given. Files that the user names are read wherever they are.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from extractor.errors import SourceError
from extractor.loaders import Reading
from extractor.sources import NUMBERED_SUFFIXES, Source, Wanted, find, is_missing, load
from extractor.types import Document

_NUMBERED = re.compile(r"(.+):(\d+)", re.DOTALL)
_LINE = re.compile(r".+\.txt:\d+", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Places:
    """Where documents are looked for: files and patterns that were named, then by the names in the records.

    Those are relative to each of the `folders` in turn; nothing outside of them is read. `reading` is how the run read
    them, and `has_base` whether the user can name another folder.
    """

    folders: tuple[Path, ...] = (Path(),)
    named: tuple[str, ...] = ()
    text_field: str = "text"
    id_field: str | None = None
    reading: Reading = field(default_factory=Reading)
    has_base: bool = True

    @property
    def hint(self) -> str:
        """How to name what is not found."""
        return "--base FOLDER, or --docs FILE" if self.has_base else "--docs FILE"

    def locate(self, name: str) -> Path | None:
        """The file of a name, None where there is none; `SourceError` for one outside of the folders."""
        inside = False
        for folder in self.folders:
            path = _absolute(folder / name)
            if any(path.is_relative_to(_absolute(one)) for one in self.folders):
                inside = True
                if os.path.isfile(path):
                    return path
        if not inside:
            raise SourceError(f"{name}: outside of the folder, so not read", hint=self.hint)
        return None


def _absolute(path: Path) -> Path:
    """Without '..', and with links as they are: the user's own may lead where the user likes."""
    return Path(os.path.abspath(path))  # noqa: PTH100


def find_documents(names: Sequence[str], places: Places) -> list[Document | SourceError]:
    """The document of each name, or why there is none. A name that comes again takes the next one that has it.

    Raises `SourceError` where none of the files that the user named has a document of these names.
    """
    shelf = _named(set(names), places) if places.named else {}
    shelf |= _numbered([name for name in names if name not in shelf], places)
    return [_load(name, shelf, places) for name in names]


_Shelf = dict[str, deque[Source]]


def _named(names: set[str], places: Places) -> _Shelf:
    """Of the files that were named, those that records are of: by name, or by its end where that tells them apart."""
    exact: _Shelf = defaultdict(deque)
    loose: _Shelf = defaultdict(deque)
    tails, unfit = _tails(names), None
    wanted = Wanted(
        places.named,
        text_field=places.text_field,
        id_field=places.id_field,
        reading=places.reading,
        by_line=any(_LINE.fullmatch(name) for name in names),
    )
    for source in find(wanted):
        label = source.label
        if label in names:
            exact[label].append(source)
        elif (name := tails.get(Path(label).name)) is not None:
            loose[name].append(source)
        elif unfit is None and is_missing(source):
            unfit = source
    if not exact and not loose:
        if unfit is not None:
            load(unfit)  # says why
        hint = "--id-field NAME, where the run had it"
        raise SourceError(f"{places.named[0]}: no record is of a document in it", hint=hint)
    return loose | exact


def _numbered(names: Iterable[str], places: Places) -> _Shelf:
    """The records of files that names number: 'notes.jsonl:17'."""
    files: dict[str, dict[str, str]] = defaultdict(dict)
    for name in names:
        found = _NUMBERED.fullmatch(name)
        if found and Path(found[1]).suffix.lower() in NUMBERED_SUFFIXES and not os.path.isfile(name):
            files[found[1]][found[2]] = name
    shelf: _Shelf = {}
    for file, labels in files.items():
        with contextlib.suppress(SourceError):  # told of each name when it is loaded
            if (path := places.locate(file)) is not None:
                shelf |= _records_of(str(path), labels, places.text_field)
    return shelf


def _records_of(path: str, labels: Mapping[str, str], text_field: str) -> _Shelf:
    """{'17': 'notes.jsonl:17'} → that record, or what is wrong with the whole file."""
    shelf: _Shelf = {}
    for source in find(Wanted((path,), text_field=text_field, by_line=True)):
        if source.name == path:
            return {name: deque([source]) for name in labels.values()} | shelf
        if name := labels.get(source.label.removeprefix(f"{path}:")):
            shelf[name] = deque([source])
    return shelf


def _tails(names: Iterable[str]) -> dict[str, str]:
    """The last parts of names that no two have: ['a/x.txt', 'b/y.txt', 'c/y.txt'] → {'x.txt': 'a/x.txt'}."""
    by_tail: dict[str, list[str]] = defaultdict(list)
    for name in names:
        by_tail[Path(name).name].append(name)
    return {tail: found[0] for tail, found in by_tail.items() if len(found) == 1}


def _load(name: str, shelf: _Shelf, places: Places) -> Document | SourceError:
    try:
        if own := shelf.get(name):
            return load(own.popleft() if len(own) > 1 else own[0])
        path = places.locate(name)
        if path is None:
            return SourceError(f"{name}: not found", hint=places.hint)
        return load(Source(str(path), reading=places.reading))
    except SourceError as error:
        return error
