"""From a record of a file to a source: which of its fields is the text, and which one names it."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable
from typing import Any

from extractor.brevity import few
from extractor.errors import SourceError
from extractor.pointers import unescaped
from extractor.sources.source import MOST_BYTES, Source
from extractor.text import REPLACED, without_halves
from extractor.types import Document

_MOST_FIELDS = 8  # that a message names
_LONGEST_NAME = 40
_TEXT_HINT = "--text-field NAME says which field is the text, /a/b one inside of another"
_ID_HINT = "--id-field NAME says which field names a record; without it, file and line do"

OnRepeat = Callable[[str, str, str], None]  # an id, where it was first, and where it is again


class Fields:
    """What is read of a record: the text, and the id where one is named; keeps which ids there were.

    A field is a name, or a JSON Pointer where it begins with a slash. `on_repeat` is told of ids that are not unique.
    `charset` is the encoding of tables, where the user said it.
    """

    def __init__(
        self,
        text: str = "text",
        id_: str | None = None,
        on_repeat: OnRepeat = lambda *_: None,
        *,
        charset: str = "",
    ) -> None:
        self.charset = charset
        self._text, self._id = _path(text), _path(id_) if id_ is not None else None
        self._ids, self._on_repeat = _Ids(), on_repeat

    @property
    def columns(self) -> list[str]:
        """The outermost of them: those that a table has to have."""
        return [*dict.fromkeys([self._text[0], *(self._id or ())[:1]])]

    @property
    def text_column(self) -> str:
        """The column of the text."""
        return self._text[0]

    def refuse_missing(self, name: str, columns: Iterable[str]) -> None:
        """A table without one of the columns is a `SourceError`."""
        there = [*columns]
        for column in self.columns:
            if there.count(column) > 1:
                raise SourceError(f"{name}: several columns are called {column!r}", hint="rename all but one")
            if column not in there:
                hint = _TEXT_HINT if column == self.text_column else _ID_HINT
                raise SourceError(f"{name}: no column {column!r}; {_listed(there)}", hint=hint)

    def refuse_absent(self, name: str, records: Iterable[Any]) -> None:
        """A file of several records none of which has one of the fields is a `SourceError`."""
        wanted = [(self._text, _TEXT_HINT), *([(self._id, _ID_HINT)] if self._id is not None else [])]
        there, count = dict[str, None](), 0
        for count, record in enumerate(records, 1):  # noqa: B007
            wanted = [(path, hint) for path, hint in wanted if not _has(record, path)]
            if not wanted:
                return
            if isinstance(record, dict) and len(there) <= _MOST_FIELDS:
                there |= dict.fromkeys(record)
        if there and count > 1:
            path, hint = wanted[0]
            raise SourceError(f"{name}: none of its records has a field {_called(path)}; {_listed(there)}", hint=hint)

    def source(self, place: str, record: Any, notes: tuple[str, ...] = ()) -> Source:
        """The source of a record; what it lacks is a fault. `place` is file and number: 'data.jsonl:17'."""
        name = place
        try:
            if self._id is not None:
                name = _as_name(_found(record, self._id, _ID_HINT), self._id)
            text = _as_text(_found(record, self._text, _TEXT_HINT), self._text)
        except _UnfitError as why:
            return Source(name, SourceError(f"{place}: {why}", hint=why.hint))
        if (whole := without_halves(text)) != text:
            text, notes = whole, (*notes, f"{place}: {REPLACED}")
        if self._id is not None and (first := self._ids.first(name, place)) is not None:
            notes = (*notes, f"the id {_short(name)} is not unique: this is {place}")
            self._on_repeat(name, first, place)
        return Source(name, None, Document(name, text, notes))


class _UnfitError(Exception):
    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


def _path(field: str) -> tuple[str, ...]:
    """'text' → ('text',); '/a/b' → ('a', 'b')."""
    return tuple(map(unescaped, field[1:].split("/"))) if field.startswith("/") else (field,)


def _found(record: Any, path: tuple[str, ...], hint: str) -> Any:
    """The value of a field."""
    value = record
    for depth, part in enumerate(path):
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list) and part.isdecimal() and part.isascii() and int(part[:9]) < len(value):
            value = value[int(part[:9])]
        elif depth == 0 and not isinstance(value, dict):
            raise _UnfitError(f"{_kind(value)}, not an object", hint)
        else:
            inside = f" in {_called(path[:depth])}" if depth else ""
            there = _listed(value) if isinstance(value, dict) else f"it is {_kind(value)}"
            raise _UnfitError(f"no field {_short(part)}{inside}; {there}", hint)
    return value


def _has(record: Any, path: tuple[str, ...]) -> bool:
    """Whether a record has a field, whatever stands in it."""
    try:
        _found(record, path, "")
    except _UnfitError:
        return False
    return True


def _as_text(value: Any, path: tuple[str, ...]) -> str:
    if not isinstance(value, str):
        raise _UnfitError(f"{_called(path)} is {_kind(value)}, not a text", _TEXT_HINT)
    if not value or value.isspace():
        raise _UnfitError(f"{_called(path)} is empty", "there is nothing to extract from")
    if len(value) > MOST_BYTES:
        raise _UnfitError(f"{_called(path)} is longer than {MOST_BYTES >> 20} MiB", "split it into several records")
    return value


def _as_name(value: Any, path: tuple[str, ...]) -> str:
    """An id is a text or a whole number: 17 → '17'."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise _UnfitError(f"{_called(path)} is {_kind(value)}, not a text or a whole number", _ID_HINT)
    if not value or value.isspace():
        raise _UnfitError(f"{_called(path)} is empty", _ID_HINT)
    return without_halves(value)


def _kind(value: Any) -> str:
    """None → 'null'; [] → 'a list'."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    kinds = (str, "a text"), (int | float, "a number"), (list, "a list"), (dict, "an object")
    return next((name for kind, name in kinds if isinstance(value, kind)), f"a {type(value).__name__}")


def _called(path: tuple[str, ...]) -> str:
    return _short(path[0] if len(path) == 1 else "/" + "/".join(path))


def _short(name: str) -> str:
    return repr(name if len(name) <= _LONGEST_NAME else name[:_LONGEST_NAME] + "…")


def _listed(names: Iterable[str]) -> str:
    """['id', 'body'] → "there are 'id', 'body'"."""
    there = [*map(_short, names)]
    return f"there are {few(there, _MOST_FIELDS)}" if there else "there are none"


class _Ids:
    """Which ids there were, as hashes in one block, and where, in another: 18 to 72 bytes each, not hundreds."""

    def __init__(self) -> None:
        self._table, self._at, self._count = array("q", bytes(8 << 10)), array("I", bytes(4 << 10)), 0
        self._places = _Places()

    def first(self, name: str, place: str) -> str | None:
        """Where an id was already; else it is known from now on."""
        if known := self._put(hash(name) or 1, self._places.number(place)):
            return self._places.place(known)
        self._count += 1
        if self._count * 3 > len(self._table) * 2:
            old = zip(self._table, self._at, strict=True)
            size = 4 * len(self._table)
            self._table, self._at = array("q", bytes(8 * size)), array("I", bytes(4 * size))
            for key, at in old:
                if key:
                    self._put(key, at)
        return None

    def _put(self, key: int, at: int) -> int:
        """Keep where a key is, or tell where it was; 0 where it is new."""
        table = self._table
        last = len(table) - 1
        slot = key & last
        while (known := table[slot]) and known != key:
            slot = (slot + 1) & last
        if known:
            return self._at[slot]
        table[slot], self._at[slot] = key, at
        return 0


class _Places:
    """Places as numbers, and back: behind an a.jsonl of 1,000 lines 'b.jsonl:17' is 1,017."""

    def __init__(self) -> None:
        self._files: list[str] = []
        self._starts: list[int] = []
        self._last = 0

    def number(self, place: str) -> int:
        """'a.jsonl:17' → 17, of the first file."""
        file, _, number = place.rpartition(":")
        if not self._files or self._files[-1] != file:
            self._files.append(file)
            self._starts.append(self._last)
        at = self._starts[-1] + int(number)
        self._last = max(self._last, at)
        return at

    def place(self, at: int) -> str:
        """17 → 'a.jsonl:17', of the first file."""
        file = bisect_left(self._starts, at) - 1
        return f"{self._files[file]}:{at - self._starts[file]}"
