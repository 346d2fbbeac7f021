"""The ledger: one SQLite file with the record of each text that was asked about, so that a rerun asks only the rest.

A record is there once its transaction has ended, and then it outlives whatever ends the process. The key is the
sha256 of the text, under a plan (`extractor.plan`): the same question is never paid for twice.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

from extractor.errors import StorageError, UsageError
from extractor.lines import Line
from extractor.plan import Plan

State = Literal["done", "failed", "unanswered"]

_APPLICATION = 0x65787472  # 'extr'
_VERSION = 1
_BUSY_SECONDS = 30.0
_LOOKS = 256  # in one transaction
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
_GET = "SELECT state, run, data, rest FROM result WHERE plan = ? AND text = ?"
_PUT = """
INSERT INTO result (plan, text, run, state, at, source, data, rest) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (plan, text) DO UPDATE SET run = excluded.run, state = excluded.state, at = excluded.at,
    source = excluded.source, data = excluded.data, rest = excluded.rest
"""
_TOTALS = """
SELECT plan.digest, schema, engine, facts, sum(state = 'done'), sum(state = 'failed'), sum(state = 'unanswered'),
    sum(json_extract(rest, '$.usage.input_tokens')), sum(json_extract(rest, '$.usage.output_tokens')),
    sum(json_extract(rest, '$.usage.cost')), sum(length(data) + length(rest)), max(at)
FROM plan JOIN result ON result.plan = plan.id GROUP BY plan.id ORDER BY max(at)
"""
_TOKENS = """
SELECT count(*), avg(json_extract(rest, '$.usage.input_tokens')), avg(json_extract(rest, '$.usage.output_tokens'))
FROM result WHERE plan = ? AND state = 'done'
"""
_SECONDS = "SELECT sum(seconds), sum(answered) FROM run WHERE plan = ? AND answered > 0 AND seconds IS NOT NULL"
_FAILED = """
SELECT plan.digest, source, data, rest FROM result JOIN plan ON plan.id = plan
WHERE state <> 'done' ORDER BY result.id
"""
_PRUNE = """
DELETE FROM result WHERE (json(:states) = 'null' OR state IN (SELECT value FROM json_each(:states)))
    AND (json(:plans) = 'null'
        OR plan IN (SELECT id FROM plan WHERE digest IN (SELECT value FROM json_each(:plans))))
    AND (:before IS NULL OR at < :before)
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """A record of the ledger, without its source, and whether this run has put it there."""

    state: State
    line: Line
    is_fresh: bool

    def is_due(self, *, retries_failed: bool) -> bool:
        """Whether another run asks again: where nobody answered, or where it failed if that is wanted."""
        return self.state == "unanswered" or (self.state == "failed" and retries_failed)


@dataclass(frozen=True, slots=True)
class Totals:
    """What a ledger holds of one plan; `cost` in US dollars where a price was known, `bytes` of its records."""

    plan: str
    schema: str
    engine: str
    facts: dict[str, Any]
    done: int
    failed: int
    unanswered: int
    input_tokens: int
    output_tokens: int
    cost: float | None
    bytes: int
    last: float

    @property
    def documents(self) -> int:
        """Texts of which something is known."""
        return self.done + self.failed + self.unanswered


@dataclass(frozen=True, slots=True)
class History:
    """What documents took so far, on average; `seconds` are of the whole run for each, however many at once."""

    documents: int
    seconds: float | None
    input_tokens: float
    output_tokens: float


class Ledger:
    """A ledger that is open. `read_only` neither makes a file nor changes one."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path = path
        self._plan = self._run = self._looks = 0
        try:
            self._base = _open(path, read_only=read_only)
        except sqlite3.Error as error:
            raise _explain(path, error) from error
        try:
            with self._explained():
                _prepare(self._base, path, read_only=read_only)
        except BaseException:
            self._base.close()
            raise

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Let the file go; what is kept is kept already."""
        self._base.close()

    # --- of one plan ---

    def look(self, plan: Plan) -> None:
        """Read the records of a plan from now on."""
        with self._explained():
            found = self._base.execute("SELECT id FROM plan WHERE digest = ?", (plan.digest,)).fetchone()
        self._plan = found[0] if found else 0

    def begin(self, plan: Plan) -> None:
        """Begin a run with a plan."""
        with self._explained():
            self._commit()
            row = (plan.digest, plan.schema, plan.engine, json.dumps(plan.facts, ensure_ascii=False))
            self._base.execute("INSERT OR IGNORE INTO plan (digest, schema, engine, facts) VALUES (?, ?, ?, ?)", row)
            self.look(plan)
            begun = self._base.execute("INSERT INTO run (plan, begun) VALUES (?, ?)", (self._plan, time.time()))
            self._run = begun.lastrowid or 0

    def end(self, seconds: float, answered: int) -> None:
        """End the run; `seconds` are those in which it asked, and `answered` the documents that were answered."""
        with self._explained():
            self._commit()
            self._base.execute(
                "UPDATE run SET seconds = ?, answered = ? WHERE id = ?", (round(seconds, 3), answered, self._run)
            )

    def get(self, text: bytes, source: str) -> Kept | None:
        """The record of a text (its sha256), as that of a source."""
        try:
            # In a transaction of many: to lock the file for each takes as long as to read.
            if not self._looks:
                self._base.execute("BEGIN")
            self._looks += 1
            found = self._base.execute(_GET, (self._plan, text)).fetchone()
            if self._looks == _LOOKS:
                self._commit()
        except sqlite3.Error as error:
            raise _explain(self.path, error) from error
        if found is None:
            return None
        state, run, data, rest = found
        return Kept(state, Line(source, data, rest, state == "done"), run == self._run)

    def put(self, text: bytes, line: Line, state: State) -> None:
        """Keep a record; when this returns it is kept, whatever becomes of the process."""
        source = line.source.encode("utf-8", "backslashreplace").decode()  # a library may name documents in any way
        row = (self._plan, text, self._run, state, time.time(), source, line.data, line.rest)
        with self._explained():
            self._base.execute(_PUT, row)
            self._commit()

    def history(self) -> History:
        """What the documents of this plan took so far."""
        with self._explained():
            documents, read, written = self._base.execute(_TOKENS, (self._plan,)).fetchone()
            seconds, answered = self._base.execute(_SECONDS, (self._plan,)).fetchone()
        return History(documents, seconds / answered if answered else None, read or 0.0, written or 0.0)

    # --- of all plans ---

    def totals(self) -> list[Totals]:
        """What is kept of each plan, the one that was last used at the end."""
        with self._explained():
            rows = self._base.execute(_TOTALS).fetchall()
        return [
            Totals(digest, schema, engine, json.loads(facts), *counts)
            for digest, schema, engine, facts, *counts in rows
        ]

    def failed(self) -> Iterator[tuple[str, Line]]:
        """The records that failed, each with the digest of its plan."""
        with self._explained():
            for digest, source, data, rest in self._base.execute(_FAILED):
                yield digest, Line(source, data, rest, ok=False)

    def prune(self, *, states: Sequence[State] = (), plans: Sequence[str] = (), before: float | None = None) -> int:
        """Forget the records that are in one of the states, of one of the plans (digests), and older than a time.

        What is not given restricts nothing. Returns how many went; the file shrinks.
        """
        given = {"states": json.dumps(states or None), "plans": json.dumps(plans or None), "before": before}
        with self._explained():
            self._commit()
            self._base.execute("BEGIN IMMEDIATE")
            gone = self._base.execute(_PRUNE, given).rowcount
            self._base.execute("DELETE FROM plan WHERE id NOT IN (SELECT plan FROM result)")
            self._base.execute("COMMIT")
            self._base.execute("VACUUM")
        return gone

    def _commit(self) -> None:
        """End a transaction where there is one."""
        self._looks = 0
        if self._base.in_transaction:
            self._base.execute("COMMIT")

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            with contextlib.suppress(sqlite3.Error):
                self._looks = 0
                self._base.rollback()
            raise _explain(self.path, error) from error


def _open(path: Path, *, read_only: bool) -> sqlite3.Connection:
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


def _prepare(base: sqlite3.Connection, path: Path, *, read_only: bool) -> None:
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


def _explain(path: Path, error: sqlite3.Error) -> StorageError | UsageError:
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
