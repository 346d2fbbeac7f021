"""The file of a ledger: how it is opened, the tables in it, and what errors of SQLite mean."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from extractor.errors import StorageError, UsageError

_APPLICATION = 0x65787472  # 'extr'
_VERSION = 1
_BUSY_SECONDS = 30.0
_CACHE = 32_768  # KiB
_SCHEMA = """
CREATE TABLE plan (
    id INTEGER PRIMARY KEY,
    digest TEXT NOT NULL UNIQUE, -- sha256 of the facts
    schema TEXT NOT NULL, -- name and digest
    engine TEXT NOT NULL, -- as the run called it that was the first
    facts TEXT NOT NULL -- JSON
) STRICT;
CREATE TABLE run (
    id INTEGER PRIMARY KEY,
    plan INTEGER NOT NULL REFERENCES plan ON DELETE CASCADE,
    begun REAL NOT NULL, -- seconds since 1970
    seconds REAL, -- that it asked for; NULL while it runs, and of one that was killed
    answered INTEGER NOT NULL DEFAULT 0 -- documents
) STRICT;
CREATE TABLE result (
    id INTEGER PRIMARY KEY,
    plan INTEGER NOT NULL REFERENCES plan ON DELETE CASCADE,
    text BLOB NOT NULL, -- sha256 of the document's text
    run INTEGER NOT NULL, -- that asked
    state TEXT NOT NULL, -- done, failed, unanswered
    at REAL NOT NULL, -- seconds since 1970
    source TEXT NOT NULL, -- the first that had this text
    data TEXT NOT NULL, -- JSON
    rest TEXT NOT NULL, -- JSON: the other fields of the record
    UNIQUE (plan, text)
) STRICT;
"""
_PARTS = """
CREATE TABLE IF NOT EXISTS part ( -- what is known of documents that are not done
    plan INTEGER NOT NULL REFERENCES plan ON DELETE CASCADE,
    text BLOB NOT NULL, -- sha256 of the document's text
    asked TEXT NOT NULL, -- digest of what was asked of which passages
    at REAL NOT NULL, -- seconds since 1970
    record TEXT NOT NULL, -- JSON
    PRIMARY KEY (plan, text, asked)
) STRICT
"""


def opened(path: Path, *, read_only: bool) -> sqlite3.Connection:
    """The file, which is made where there is none; raises `UsageError` for what cannot be one."""
    if os.path.isdir(path):
        raise UsageError(f"--ledger {path}: is a folder", hint="name a file in it")
    if read_only and not os.path.exists(path):
        raise UsageError(f"--ledger {path}: no such file", hint="a run of `extract batch` makes one")
    mode = "ro" if read_only else "rwc"
    base = _connect(path, f"mode={mode}")
    if read_only:
        try:
            base.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        except sqlite3.OperationalError:
            base.close()
            return _connect(path, "mode=ro&immutable=1")  # in a folder that nothing can be written to
    return base


def _connect(path: Path, how: str) -> sqlite3.Connection:
    address = f"{path.absolute().as_uri()}?{how}"
    return sqlite3.connect(address, uri=True, timeout=_BUSY_SECONDS, isolation_level=None, cached_statements=32)


def prepare(base: sqlite3.Connection, path: Path, *, read_only: bool) -> None:
    """Make the tables of a new file; raises `UsageError` for a file that is something else."""
    kind, version = (base.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version"))
    is_new = not base.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if not is_new and kind != _APPLICATION:
        raise UsageError(f"--ledger {path}: is a database of something else", hint="name another file")
    if version > _VERSION:
        raise UsageError(f"--ledger {path}: a newer version of extract wrote it", hint="pip install -U extractor")
    base.execute(f"PRAGMA cache_size = -{_CACHE}")
    if read_only:
        return
    # After a crash of the machine itself the last records may be missing, never damaged; of the process, none.
    for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON"):
        base.execute(f"PRAGMA {pragma}")
    if is_new:
        base.executescript(
            f"BEGIN IMMEDIATE; PRAGMA application_id = {_APPLICATION}; PRAGMA user_version = {_VERSION};"
            f"{_SCHEMA} COMMIT;"
        )
    base.execute(_PARTS)  # ledgers of earlier versions have no such table


def explained(path: Path, error: sqlite3.Error) -> StorageError | UsageError:
    """An error of SQLite in words that help."""
    name = getattr(error, "sqlite_errorname", "")
    name = "SQLITE_IOERR" if name.startswith("SQLITE_IOERR") else name
    what, hint = _FAULTS.get(name, (str(error), None))
    what = what.format(error=error)
    if name in _OF_USAGE:
        return UsageError(f"--ledger {path}: {what}", hint=hint)
    return StorageError(f"{path}: {what}", hint=hint)


_OTHER = "name another file"
_OF_USAGE = ("SQLITE_NOTADB", "SQLITE_ERROR", "SQLITE_CANTOPEN")
_FAULTS: dict[str, tuple[str, str | None]] = {
    "SQLITE_NOTADB": ("is no ledger, but another file", _OTHER),
    "SQLITE_ERROR": ("is no ledger of this version ({error})", _OTHER),
    "SQLITE_CANTOPEN": ("{error}", "the folder must exist and be writable"),
    "SQLITE_FULL": (
        "the disk is full",
        "free some space, then run the same command: what is in the ledger is not asked again",
    ),
    "SQLITE_IOERR": (  # a quota, or a disk too full for the index of the journal
        "{error}",
        "is the disk full? What is in the ledger is not asked again: run the same command once there is room",
    ),
    "SQLITE_CORRUPT": ("the ledger is damaged ({error})", "move it away; a new one is made"),
}
