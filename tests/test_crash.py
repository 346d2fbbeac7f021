"""Whatever ends a batch, a rerun completes it: nothing is lost, torn, left over, or asked twice.

The long version of this is `benchmarks/crash.py`.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from crash_runs import Fault, Nursery, build_shim, surroundings, words_for
from crashes import Scene, try_case
from server import Stub, answer, reply

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc, and makes faults by preloading")

PATIENCE = 90.0  # seconds; it is a guard, nothing waits for it to pass


@pytest.fixture(scope="module")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    work = tmp_path_factory.mktemp("crash")
    with Nursery(work, build_shim(work)) as nursery:
        yield nursery


# While the ledger is made, a record is kept, the output is written, synced, and named, and all is tidied up.
@pytest.mark.slow
@pytest.mark.parametrize(
    "case",
    [
        "jsonl:new:kill:fdatasync.3",
        "jsonl:new:torn:-wal.30",
        "jsonl:older:torn:.out.jsonl.tmp.2",
        "jsonl:older:kill:rename.1",
        "folder:new:kill:rename.4",
        "jsonl:killed:kill:.out.jsonl.lock.3",
        "jsonl:older:full:-wal.12",
        "jsonl:older:full:.out.jsonl.tmp.2",
        "db:older:full:.out.db.tmp.3",
        "jsonl:replay:int:.out.jsonl.tmp.4",
        "jsonl:new:int:-wal.40",
    ],
)
def test_a_fault_at_a_change_of_a_file(nursery: Nursery, case: str) -> None:
    if nursery.shim is None:
        pytest.skip("there is no C compiler")
    assert try_case(nursery, case), "the fault did not come to pass"


@pytest.mark.slow
@pytest.mark.parametrize("case", ["jsonl:new:size:40000", "jsonl:older:pages:7", "jsonl:replay:size:3000"])
def test_an_output_or_a_ledger_that_may_not_grow(nursery: Nursery, case: str) -> None:
    try_case(nursery, case)


def test_a_full_disk_is_told_of_what_met_it_first(nursery: Nursery) -> None:
    if nursery.shim is None:
        pytest.skip("there is no C compiler")
    words, scene = words_for("jsonl"), Scene(nursery, "jsonl", "replay")
    ran = nursery.run(scene.folder, words, Fault("full", 2, ".out.jsonl.tmp"))
    assert ran.code == 1
    assert "error: cannot write out.jsonl: No space left on device" in ran.told
    ran = nursery.run(scene.folder, words, Fault(size=3000))
    assert "error: kept.ledger: disk I/O error\nhint: is the disk full?" in ran.told


# --- real commands, and signals ------------------------------------------------------------------------------


def start(folder: Path, seconds: float, *more: str, words: list[str] | None = None) -> subprocess.Popen[bytes]:
    """Start a run whose engine takes up to so many seconds, in a group of its own as a shell does."""
    env = surroundings() | {"CRASH_ASKED": str(folder.parent / "asked"), "CRASH_SECONDS": str(seconds)}
    with (folder.parent / "told").open("wb") as told:
        return subprocess.Popen(
            [sys.executable, "-m", "extractor", *(words or words_for("jsonl", *more))],
            cwd=folder,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=told,
            start_new_session=True,
            # Where the tests run in the background, Ctrl-C is ignored, and that would be inherited.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509
        )


def wait_for(condition: Callable[[], object], process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert process.poll() is None, "it ended"
        assert time.monotonic() < deadline
        time.sleep(0.01)


def asked(scene: Scene) -> list[str]:
    log = scene.folder.parent / "asked"
    return log.read_text().split() if log.exists() else []


def told(scene: Scene) -> str:
    return (scene.folder.parent / "told").read_text()


@pytest.fixture
def scene(nursery: Nursery) -> Scene:
    (nursery.work / "asked").unlink(missing_ok=True)
    return Scene(nursery, "jsonl", "new")


def test_two_runs_at_once_and_the_next_after_a_kill(nursery: Nursery, scene: Scene) -> None:
    first = start(scene.folder, 10_000)
    wait_for(lambda: len(asked(scene)) == 3, first)
    second = nursery.run(scene.folder, words_for("jsonl"))
    assert second.code == 2
    assert f"another run writes it (pid {first.pid})" in second.told
    assert second.asked == []
    assert first.poll() is None
    first.kill()
    first.wait(PATIENCE)
    scene.finish()


def test_the_first_ctrl_c_finishes_what_is_under_way(scene: Scene) -> None:
    process = start(scene.folder, 1.0, "--concurrency", "2")
    wait_for(lambda: len(asked(scene)) >= 3, process)
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(PATIENCE) == 130, told(scene)
    assert told(scene).endswith("error: interrupted\nhint: run the same command again: it asks only the rest\n")
    assert set(scene.known()) == set(asked(scene)), "each that was asked about is kept"
    assert len(asked(scene)) < len(scene.quiet.names), "and the others were not"
    assert (scene.folder / "out.jsonl.partial").exists()
    scene.finish()


def test_the_second_ctrl_c_stops_at_once(scene: Scene) -> None:
    process = start(scene.folder, 10_000, "--progress", "0.2")
    wait_for(lambda: len(asked(scene)) == 3, process)
    process.send_signal(signal.SIGINT)
    stopping = r"stopping: waiting for \S+ and \d more; Ctrl-C once more stops at once\n"
    wait_for(lambda: re.search(stopping, told(scene)), process)
    progress = r"\nstopping, waiting for \S+ and \d more \(Ctrl-C stops at once\): 0 of "
    wait_for(lambda: re.search(progress, told(scene)), process)
    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE) == 130
    assert told(scene).endswith("error: interrupted\nhint: run the same command again: it asks only the rest\n")
    scene.finish()


def count_kept(ledger: Path) -> int:
    """Records in a ledger that a run writes at the same time."""
    try:
        with contextlib.closing(sqlite3.connect(f"file:{ledger}?mode=ro", uri=True)) as base:
            return int(base.execute("SELECT count(*) FROM result").fetchone()[0])
    except sqlite3.OperationalError:  # it is not there, or empty as yet
        return 0


@pytest.mark.slow
@pytest.mark.usefixtures("smollm2")
def test_ctrl_c_of_a_terminal_lets_the_model_finish(nursery: Nursery, tmp_path: Path) -> None:
    here = tmp_path / "here"
    here.mkdir()
    many = 20  # so that a slow machine does not finish them all before it sees the first
    for at in range(many):
        (here / f"{at:02}.txt").write_text(f"Bridge {at} was opened in {1900 + at}.")
    words = ["batch", ".", "-s", "year int", "-m", "smollm2-135m", "-o", "out.jsonl"]
    process = start(here, 0, words=words)
    wait_for(lambda: count_kept(here / "out.jsonl.ledger"), process)
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(PATIENCE) == 130, (tmp_path / "told").read_text()
    before = len((here / "out.jsonl.partial").read_text().splitlines())
    assert 0 < before < many
    again = nursery.run(here, words)
    assert again.code == 0, again.told
    assert f"({before} from the ledger): {many} valid" in again.told
    assert len((here / "out.jsonl").read_text().splitlines()) == many


# --- a server that is not there ------------------------------------------------------------------------------


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def served(url: str, seconds: int) -> list[str]:
    flags = ["-m", f"{url}#m", "--mode", "prompt", "--concurrency", "10", "--total-timeout", str(seconds)]
    return ["batch", "docs", "-s", "title str", "-o", "out.jsonl", *flags]


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    (tmp_path / "here" / "docs").mkdir(parents=True)
    for at in range(30):
        (tmp_path / "here" / "docs" / f"{at:02}.txt").write_text(f"This is text-{at}.")
    return tmp_path / "here"


def test_nobody_listens(nursery: Nursery, docs: Path) -> None:
    ran = nursery.run(docs, served(f"http://127.0.0.1:{free_port()}/v1", 60))
    assert ran.code == 3
    assert "error: " in ran.told
    assert not (docs / "out.jsonl").exists()


class Mortal:
    """Answers so many chats, then drops all that comes; counts those that it answered, by text."""

    def __init__(self, lives: int) -> None:
        self.lives = lives
        self.answered: Counter[str] = Counter()

    def __call__(self, handler: BaseHTTPRequestHandler) -> None:
        body: Any = handler.asked  # type: ignore[attr-defined]
        content = body["messages"][-1]["content"]
        if not self.lives:
            handler.close_connection = True
            return
        self.lives -= 1
        self.answered[content] += 1
        reply(answer(json.dumps({"title": "x"})))(handler)


@pytest.mark.slow
def test_a_server_that_dies_and_is_there_again(nursery: Nursery, docs: Path, stub: Stub) -> None:
    stub.behave = server = Mortal(12)
    ran = nursery.run(docs, served(stub.url, 2))
    assert ran.code == 3, ran.told
    assert "documents in a row" in ran.told
    assert not (docs / "out.jsonl").exists()
    assert (docs / "out.jsonl.partial").exists()
    server.lives = 1000
    ran = nursery.run(docs, served(stub.url, 60))
    assert ran.code == 0, ran.told
    assert set(server.answered.values()) == {1}, "nothing that was answered is asked again"
    assert len((docs / "out.jsonl").read_text().splitlines()) == 30
