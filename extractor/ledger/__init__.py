"""The ledger: one SQLite file with the record of each text that was asked about, so that a rerun asks only the rest.

A record is there once its transaction has ended, and then it outlives whatever ends the process. The key is the
sha256 of the text, under a plan (`extractor.plan`): the same question is never paid for twice.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

from extractor.ledger.file import explained, opened, prepare
from extractor.lines import Line, to_json
from extractor.plan import Plan
from extractor.recorded import as_record
from extractor.types import Extraction

State = Literal["done", "failed", "unanswered"]

_LOOKS = 256  # in one transaction
_PUT_PART = "INSERT OR REPLACE INTO part (plan, text, asked, at, record) VALUES (?, ?, ?, ?, ?)"
_GET_PART = "SELECT record FROM part WHERE plan = ? AND text = ? AND asked = ?"
_PRUNE_PARTS_OF = "DELETE FROM part WHERE plan = ? AND text = ?"
_PRUNE_PARTS = """
DELETE FROM part WHERE (json(:plans) = 'null'
    OR plan IN (SELECT id FROM plan WHERE digest IN (SELECT value FROM json_each(:plans))))
    AND (:before IS NULL OR at < :before)
"""
_PRUNE_PLANS = "DELETE FROM plan WHERE id NOT IN (SELECT plan FROM result UNION SELECT plan FROM part)"
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
RETURNING plan, text
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
            self._base = opened(path, read_only=read_only)
        except sqlite3.Error as error:
            raise explained(path, error) from error
        try:
            with self._explained():
                prepare(self._base, path, read_only=read_only)
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
            raise explained(self.path, error) from error
        if found is None:
            return None
        state, run, data, rest = found
        return Kept(state, Line(source, data, rest, state == "done"), run == self._run)

    def put(self, text: bytes, line: Line, state: State) -> None:
        """Keep a record; when this returns it is kept, whatever becomes of the process."""
        source = line.source.encode("utf-8", "backslashreplace").decode()  # a library may name documents in any way
        row = (self._plan, text, self._run, state, time.time(), source, line.data, line.rest)
        with self._explained():
            self._commit()
            self._base.execute("BEGIN")
            self._base.execute(_PUT, row)
            if state == "done":
                self._base.execute("DELETE FROM part WHERE plan = ? AND text = ?", (self._plan, text))
            self._commit()

    def parts(self, text: bytes) -> Parts:
        """What is known of the parts of a text (its sha256)."""
        return Parts(self, text)

    def get_part(self, text: bytes, asked: str) -> str | None:
        """The record of a part, as JSON."""
        with self._explained():
            found = self._base.execute(_GET_PART, (self._plan, text, asked)).fetchone()
        return found[0] if found else None

    def put_part(self, text: bytes, asked: str, record: str) -> None:
        """Keep the record of a part until that of its document is there."""
        with self._explained():
            self._base.execute(_PUT_PART, (self._plan, text, asked, time.time(), record))
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

        What is not given restricts nothing. Parts of documents go alike; they have no state of their own, so that by
        state only those go whose document has a record that goes. Returns how many records went; the file shrinks.
        """
        given = {"states": json.dumps(states or None), "plans": json.dumps(plans or None), "before": before}
        with self._explained():
            self._commit()
            self._base.execute("BEGIN IMMEDIATE")
            gone = self._base.execute(_PRUNE, given).fetchall()
            if states:
                self._base.executemany(_PRUNE_PARTS_OF, gone)
            else:
                self._base.execute(_PRUNE_PARTS, given)
            self._base.execute(_PRUNE_PLANS)
            self._base.execute("COMMIT")
            self._base.execute("VACUUM")
        return len(gone)

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
            raise explained(self.path, error) from error


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of one document that were asked about before a run ended."""

    ledger: Ledger
    text: bytes

    def get(self, key: str) -> Extraction | None:
        """The record of a part, if it is there."""
        record = self.ledger.get_part(self.text, key)
        return as_record(json.loads(record)) if record else None

    def put(self, key: str, record: Extraction) -> None:
        """Keep the record of a part; when this returns it is kept."""
        self.ledger.put_part(self.text, key, to_json(record.to_dict()))
