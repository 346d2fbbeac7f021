"""SQLite: a table `records` in a new database.

What is nested is JSON text, true and false are 1 and 0, dates are texts. An integer of more than 64 bits, or a number
that a double would round, is null in its column and stands in `extra`.
"""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from extractor.errors import UsageError
from extractor.lines import Line
from extractor.sinks.layout import Layout
from extractor.sinks.tables import flat_table

_TYPES = {"integer": "INTEGER", "boolean": "INTEGER", "number": "REAL"}
_STRICT = " STRICT" if sqlite3.sqlite_version_info >= (3, 37) else ""
_BATCH = 1_000
_TABLE = "records"


class SqliteWriter:
    """Rows of one transaction, in a database that nobody else has open."""

    def __init__(self, path: Path, layout: Layout) -> None:
        self._table = flat_table(layout)
        self._rows: list[list[Any]] = []
        names = [(_quoted(column.name), _TYPES.get(column.shape.kind, "TEXT")) for column in self._table.columns]
        self._insert = f"INSERT INTO {_TABLE} VALUES ({', '.join('?' for _ in names)})"  # noqa: S608
        self._database = sqlite3.connect(path, isolation_level=None)
        try:
            self._database.execute("PRAGMA synchronous = OFF")  # the whole file is synced at the end
            self._database.execute("PRAGMA journal_mode = MEMORY")
            self._database.execute("BEGIN")
            columns = ", ".join(f"{name} {type_}" for name, type_ in names)
            self._database.execute(f"CREATE TABLE {_TABLE} ({columns}){_STRICT}")
        except sqlite3.Error as error:
            self.close()
            hint = "write Parquet or JSON Lines" if "too many columns" in str(error) else None
            raise UsageError(f"--out: {error}", hint=hint) from error

    def write(self, line: Line) -> int:
        """Keep the rows of a record, and insert them when there are many."""
        before = len(self._rows)
        self._rows += self._table.rows(line)
        count = len(self._rows) - before
        if len(self._rows) >= _BATCH:
            self._pass_on()
        return count

    def finish(self) -> None:
        """Insert what is left, and end the transaction."""
        self._pass_on()
        with _as_os_error():
            self._database.execute("COMMIT")
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def _pass_on(self) -> None:
        with _as_os_error():
            self._database.executemany(self._insert, self._rows)
        self._rows.clear()


def refuse_others(out: Path) -> None:
    """A database that holds more than records of ours, or is in use, is not replaced."""
    if not os.path.isfile(out) or not out.stat().st_size:
        return
    hint = "name another file"
    if any(out.with_name(out.name + end).exists() for end in ("-wal", "-journal")):
        raise UsageError(f"--out {out}: the database is open elsewhere, or was not closed", hint=hint)
    try:
        with closing(sqlite3.connect(f"file:{quote(str(out))}?mode=ro", uri=True)) as database:
            names = {name for (name,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    except sqlite3.Error:
        return  # no database
    if others := sorted(name for name in names if name != _TABLE and not name.startswith("sqlite_")):
        raise UsageError(f"--out {out}: holds other tables, {others[0]!r} say, and would be replaced", hint=hint)


@contextmanager
def _as_os_error() -> Iterator[None]:
    """A fault of the database as one of its file."""
    try:
        yield
    except sqlite3.Error as error:
        is_full = getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
        raise OSError(errno.ENOSPC if is_full else errno.EIO, str(error)) from error


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
