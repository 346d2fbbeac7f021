"""The ledger: what is kept, by which key, what ends it not, and what it says of a file that is none."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from extractor.errors import StorageError, UsageError
from extractor.ledger import Ledger
from extractor.lines import Line
from extractor.plan import Plan

LINE = Line("a.txt", '{"a": 1}', '{"usage": {"input_tokens": 10, "output_tokens": 4, "cost": 0.5}, "errors": []}')
BAD = Line(
    "b.txt", "null", '{"usage": {"input_tokens": 2, "output_tokens": 0, "cost": null}, "errors": [{}]}', ok=False
)
P, Q = Plan({"model": "m"}, "A@1", "llama:m"), Plan({"model": "n"}, "A@1", "llama:n")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "läd ger?#%.db"


def test_what_is_put_is_there_in_the_next_run_too(path: Path) -> None:
    with Ledger(path) as ledger:
        ledger.begin(P)
        assert ledger.get(b"1", "x") is None
        ledger.put(b"1", LINE, "done")
        ledger.put(b"2", BAD, "failed")
        kept = ledger.get(b"1", "x")
        assert kept is not None
        assert (kept.line, kept.state, kept.is_fresh) == (LINE.of_source("x"), "done", True)
    with Ledger(path) as ledger:
        ledger.begin(Q)
        assert ledger.get(b"1", "x") is None
        ledger.begin(P)
        kept = ledger.get(b"2", "b.txt")
        assert kept is not None
        assert (kept.line, kept.state, kept.is_fresh) == (BAD, "failed", False)
        ledger.put(b"2", LINE, "done")
        kept = ledger.get(b"2", "a.txt")
        assert kept is not None
        assert (kept.line, kept.state) == (LINE, "done")
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_totals_history_failures_and_what_is_pruned(path: Path) -> None:
    with Ledger(path) as ledger:
        ledger.begin(P)
        ledger.put(b"1", LINE, "done")
        ledger.put(b"2", LINE, "done")
        ledger.put(b"3", BAD, "failed")
        ledger.end(3.0, 3)
        assert ledger.history().seconds == 1.0
        assert (ledger.history().documents, ledger.history().input_tokens, ledger.history().output_tokens) == (2, 10, 4)
        ledger.begin(Q)
        ledger.put(b"1", BAD, "unanswered")
        assert ledger.history().seconds is None
        first, second = ledger.totals()
        assert (first.plan, first.facts, first.done, first.failed) == (P.digest, {"model": "m"}, 2, 1)
        assert (first.input_tokens, first.output_tokens, first.cost, first.documents) == (22, 8, 1.0, 3)
        assert (second.done, second.unanswered, second.cost) == (0, 1, None)
        assert [(plan, line.source) for plan, line in ledger.failed()] == [(P.digest, "b.txt"), (Q.digest, "b.txt")]
        assert ledger.prune(before=time.time() - 60) == 0
        assert ledger.prune(states=["unanswered"], plans=[P.digest]) == 0
        assert ledger.prune(states=["unanswered", "failed"], plans=[P.digest]) == 1
        assert ledger.prune(plans=[Q.digest]) == 1
        assert [total.plan for total in ledger.totals()] == [P.digest]
        assert ledger.prune() == 2
        assert ledger.totals() == []


def test_parts_that_nobody_named_are_not_pruned(path: Path) -> None:
    """Each is an answer that was paid for; a document that a run was stopped in has parts and no record."""

    def kept() -> list[tuple[bytes, str]]:
        return sorted(ledger._base.execute("SELECT text, record FROM part"))

    with Ledger(path) as ledger:
        for plan, record in ((P, "p"), (Q, "q")):
            ledger.begin(plan)
            ledger.put_part(b"1", "first", record)
        ledger.put(b"2", BAD, "failed")
        ledger.put_part(b"2", "first", "of a document that failed")
        assert ledger.prune(states=["unanswered"]) == 0
        assert kept() == [(b"1", "p"), (b"1", "q"), (b"2", "of a document that failed")]
        assert ledger.prune(states=["failed"], plans=[P.digest]) == 0
        assert ledger.prune(states=["failed"], before=time.time() - 60) == 0
        assert len(kept()) == 3
        assert ledger.prune(states=["failed", "unanswered"]) == 1
        assert kept() == [(b"1", "p"), (b"1", "q")]
        assert ledger.prune(before=time.time() - 60) == 0
        assert ledger.prune(plans=[Q.digest]) == 0
        assert kept() == [(b"1", "p")]
        ledger.look(P)
        assert ledger.get_part(b"1", "first") == "p"
        assert ledger.prune() == 0
        assert kept() == []
        assert ledger._base.execute("SELECT count(*) FROM plan").fetchone() == (0,)


def test_one_that_is_only_read_is_not_changed(path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        Ledger(path, read_only=True)
    with Ledger(path) as ledger:
        ledger.begin(P)
        ledger.put(b"1", LINE, "done")
    before = path.read_bytes()
    with Ledger(path, read_only=True) as ledger:
        ledger.look(P)
        assert ledger.get(b"1", "x")
        ledger.look(Q)
        assert ledger.get(b"1", "x") is None
        with pytest.raises(StorageError, match="readonly"):
            ledger.put(b"2", LINE, "done")
    assert path.read_bytes() == before


def test_files_that_are_no_ledgers(tmp_path: Path) -> None:
    text, other, newer = tmp_path / "a.txt", tmp_path / "other.db", tmp_path / "newer.db"
    text.write_text("something else " * 100)
    with sqlite3.connect(other) as base:
        base.execute("CREATE TABLE t (a)")
    Ledger(newer).close()
    with sqlite3.connect(newer) as base:
        base.execute("PRAGMA user_version = 99")
    for path, said in [
        (text, "is no ledger, but another file"),
        (other, "is a database of something else"),
        (newer, "a newer version of extract wrote it"),
        (tmp_path, "is a folder"),
        (tmp_path / "no" / "a.db", "unable to open"),
    ]:
        before = path.read_bytes() if path.is_file() else b""
        with pytest.raises(UsageError, match=said) as caught:
            Ledger(path)
        assert caught.value.hint
        assert before == (path.read_bytes() if path.is_file() else b"")


def test_what_was_put_outlives_a_kill(path: Path) -> None:
    code = """
import pathlib, sys
from extractor.ledger import Ledger
from extractor.lines import Line
from extractor.plan import Plan
ledger = Ledger(pathlib.Path(sys.argv[1]))
ledger.begin(Plan({"model": "m"}, "A@1", "llama:m"))
for number in range(10**9):
    ledger.put(b"%d" % number, Line("s", "1", "{}"), "done")
    print(number, flush=True)
"""
    with subprocess.Popen([sys.executable, "-c", code, path], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        seen = [int(child.stdout.readline()) for _ in range(300)]
        os.kill(child.pid, signal.SIGKILL)
        seen += map(int, child.stdout.read().split())
    with Ledger(path) as ledger:
        ledger.look(P)
        assert all(ledger.get(b"%d" % number, "s") for number in seen)


def test_a_full_disk_is_said(path: Path) -> None:
    with Ledger(path) as ledger:
        ledger.begin(P)
        ledger.put(b"1", LINE, "done")
        ledger._base.execute("PRAGMA max_page_count = 8")
        with pytest.raises(StorageError, match="the disk is full") as caught:
            ledger.put(b"2", Line("s", '"' + "x" * 100_000 + '"', "{}"), "done")
        assert "not asked again" in str(caught.value.hint)
        assert ledger.get(b"1", "x")
        assert ledger.get(b"2", "x") is None
