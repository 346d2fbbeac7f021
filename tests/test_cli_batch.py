"""`extract batch` as people use it: many documents, a ledger, and an engine that counts what it is asked."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import re
import shlex
import sqlite3
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from server import Stub, answer, reply
from test_cli import COMMAND, KIND, SMOL, Finished, extract, on_terminal, surroundings

ENGINE = '''
import asyncio, json, os, re
from extractor.types import Completion, Usage

class Engine:
    """Answers with the first word; fails as the text says; writes down what it is asked."""

    id, modes = "own:first", ("grammar",)

    async def generate(self, request):
        text = re.search(r"\\n(.*)\\n", request.messages[-1].content)[1]
        with open("asked.log", "a") as log:
            log.write(text + "\\n")
        await asyncio.sleep(float(os.environ.get("LATENCY", 0)))
        if "bad" in text:
            return Completion('{}', "stop", Usage(10, 0, 3))
        return Completion(json.dumps({"word": text.split()[0]}), "stop", Usage(10, 0, 3))
'''
ARGUMENTS = ("-s", "word str", "-m", "engine.py:Engine", "--retries", "0")
WORDS = ["anchor", "buoy", "canal", "dyke", "eddy"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "engine.py").write_text(ENGINE)
    (tmp_path / "docs").mkdir()
    for word in WORDS:
        (tmp_path / "docs" / f"{word}.txt").write_text(f"{word} and more\n")
    return tmp_path


@pytest.fixture
def batch(folder: Path) -> Callable[..., Finished]:
    def run(*arguments: str, **given: Any) -> Finished:
        return extract("batch", *arguments, *ARGUMENTS, cwd=folder, **given)

    return run


def asked(folder: Path) -> list[str]:
    """The first words of the texts that the engine was asked about, sorted."""
    log = folder / "asked.log"
    return sorted(line.split()[0] for line in log.read_text().splitlines()) if log.exists() else []


def records(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def words_in(path: Path) -> list[str]:
    with contextlib.closing(sqlite3.connect(path)) as base:
        return [row[0] for row in base.execute("SELECT word FROM records ORDER BY rowid")]


Batch = Callable[..., Finished]


def test_a_folder_and_again(folder: Path, batch: Batch) -> None:
    done = batch("docs", "--out", "out.jsonl")
    assert (done.code, done.out) == (0, "")
    assert done.err.startswith("5 documents: 5 valid, 0 failed; ")
    found = records(folder / "out.jsonl")
    assert [one["source"] for one in found] == [f"docs/{word}.txt" for word in WORDS]
    assert [one["data"] for one in found] == [{"word": word} for word in WORDS]
    assert asked(folder) == WORDS
    before = (folder / "out.jsonl").read_bytes()
    again = batch("docs", "--out", "out.jsonl")
    assert again.err.startswith("5 documents (5 from the ledger): 5 valid, 0 failed; ")
    assert (folder / "out.jsonl").read_bytes() == before
    (folder / "docs" / "a-new.txt").write_text("zinc and more\n")
    assert batch("docs", "--out", "out.jsonl").code == 0
    assert asked(folder) == [*WORDS, "zinc"]
    assert [one["data"]["word"] for one in records(folder / "out.jsonl")] == ["zinc", *WORDS]
    assert sorted(path.name for path in folder.iterdir() if path.name != "__pycache__") == [
        "asked.log",
        "docs",
        "engine.py",
        "out.jsonl",
        "out.jsonl.ledger",
    ]


def test_the_rate_is_of_what_was_asked(folder: Path, batch: Batch) -> None:
    batch("docs", "--out", "out.jsonl")
    (folder / "docs" / "fjord.txt").write_text("fjord and more\n")
    done = batch("docs", "--out", "out.jsonl", "--progress", "0.5", env={"LATENCY": "1.1"})
    [progress, summary] = [line for line in done.err.splitlines() if "from the ledger" in line][-2:]
    assert progress == "5 of 6 done, 5 from the ledger"  # nothing is known yet
    assert re.fullmatch(r"6 documents \(5 from the ledger\): 6 valid, 0 failed; .* documents/min", summary)


@pytest.mark.parametrize("given", ["500%", "-1", "few", "nan%"])
def test_what_number_of_errors_is_one_is_told(batch: Batch, given: str) -> None:
    what = f"--max-errors '{given}' is neither a number of documents nor a share of them"
    done = batch("docs", "--max-errors", given)
    hint = "a whole number from 0 on, or a share from 0% to 100%"
    assert (done.code, done.err) == (2, f"error: {what}\nhint: {hint}\n")


def test_ids_that_are_not_unique_are_told_once(folder: Path, batch: Batch) -> None:
    rows = [("a", "fjord"), ("b", "gulf"), ("a", "islet"), ("b", "gulf"), ("a", "jetty")]
    (folder / "records.jsonl").write_text("".join(json.dumps({"id": i, "text": t}) + "\n" for i, t in rows))
    told = "note: the id 'a' is not unique: records.jsonl:1 and records.jsonl:3 have it; 2 more have the id of another"
    for command in (["--dry-run"], ["-o", "out.jsonl"], ["-o", "out.jsonl"]):  # the last is out of the ledger
        done = batch("records.jsonl", "--id-field", "id", *command)
        assert (done.code, done.err.count("not unique"), told in done.err) == (0, 1, True)
    assert [one["source"] for one in records(folder / "out.jsonl")] == ["a", "b", "a", "b", "a"]


@pytest.mark.slow
def test_what_would_be_asked_otherwise_is_asked_again(folder: Path, batch: Batch) -> None:
    batch("docs", "--out", "out.jsonl")
    batch("docs", "--out", "out.jsonl", "--instruction", "Be brief.")
    assert asked(folder) == sorted([*WORDS, *WORDS])
    batch("docs", "--out", "out.jsonl", "--timeout", "9", "--concurrency", "2")
    assert len(asked(folder)) == 10


@pytest.mark.slow
def test_on_standard_output_and_without_a_ledger(folder: Path, batch: Batch) -> None:
    done = batch("docs", "--data-only")
    assert done.lines == [{"word": word} for word in WORDS]
    batch("docs", "--data-only", "--ledger", "kept.db")
    assert batch("docs", "--data-only", "--ledger", "kept.db", "-q").lines == done.lines
    assert len(asked(folder)) == 10


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "stdin", "words"),
    [
        (["-"], "docs/buoy.txt\ndocs/anchor.txt\n", ["buoy", "anchor"]),
        (["-"], "docs/buoy.txt\0docs/dyke.txt\0", ["buoy", "dyke"]),
        (["--files-from", "list"], None, ["eddy", "canal"]),
        (["docs", "--glob", "*a*.txt"], None, ["anchor", "canal"]),
        (["docs", "--ignore", "a*", "--ignore", "b*"], None, ["canal", "dyke", "eddy"]),
        (["docs/*y*.txt"], None, ["buoy", "dyke", "eddy"]),
        (["docs", "--limit", "2"], None, ["anchor", "buoy"]),
        (["records.jsonl", "--text-field", "body"], None, ["fjord", "gulf"]),
        (["docs/eddy.txt", "records.csv", "--text-field", "body"], None, ["eddy", "harbour", "islet"]),
    ],
)
def test_what_is_read(
    arguments: Sequence[str], stdin: str | None, words: list[str], folder: Path, batch: Batch
) -> None:
    (folder / "list").write_text("docs/eddy.txt\ndocs/canal.txt\n")
    (folder / "records.jsonl").write_text('{"body": "fjord and"}\n\n{"body": "gulf and", "n": 1}\n')
    (folder / "records.csv").write_text('n,body\n1,harbour and\n2,"islet\n and"\n')
    done = batch(*arguments, "--data-only", stdin=stdin)
    assert (done.code, [one["word"] for one in done.lines]) == (0, words), done.err


@pytest.mark.slow
def test_records_have_names(folder: Path, batch: Batch) -> None:
    (folder / "r.jsonl").write_text('{"text": "one", "key": "A-1"}\nnot json\n{"text": "two", "key": "A-2"}\n')
    done = batch("r.jsonl", "--id-field", "key")
    assert [line["source"] for line in done.lines] == ["A-1", "r.jsonl:2", "A-2"]
    assert done.code == 1
    assert "error: r.jsonl:2" in done.err
    assert [line["source"] for line in batch("r.jsonl").lines] == ["r.jsonl:1", "r.jsonl:2", "r.jsonl:3"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["o.json", "o.yaml", "o.csv", "o.tsv", "o.parquet", "o.db", "o/", "o.ndjson"])
def test_what_is_written(name: str, folder: Path, batch: Batch) -> None:
    done = batch("docs", "--out", name)
    assert done.code == 0, done.err
    path = folder / name
    assert (folder / f"{name.rstrip('/')}.ledger").exists()
    words: dict[str, Callable[[], list[str]]] = {
        "o.json": lambda: [one["data"]["word"] for one in json.loads(path.read_text())],
        "o.csv": lambda: [row["word"] for row in csv.DictReader(path.read_text().splitlines())],
        "o.db": lambda: words_in(path),
        "o/": lambda: [json.loads(file.read_text())["data"]["word"] for file in sorted(path.rglob("*.json"))],
        "o.ndjson": lambda: [one["data"]["word"] for one in records(path)],
    }
    assert words.get(name, lambda: WORDS)() == WORDS
    before = path.read_bytes() if path.is_file() else b""
    assert batch("docs", "--out", name).err.startswith("5 documents (5 from the ledger)")
    if name != "o.db":
        assert before == (path.read_bytes() if path.is_file() else b"")


@pytest.mark.slow
def test_what_fails_is_named_with_the_way_to_ask_again(folder: Path, batch: Batch) -> None:
    (folder / "docs" / "canal.txt").write_text("bad and more\n")
    (folder / "docs" / "empty.txt").write_text(" \n")
    done = batch("docs", "--out", "o'ut.jsonl")
    assert done.code == 1
    assert done.err.count("error: docs/canal.txt: /word: 'word' is a required property") == 1
    assert "6 documents: 4 valid, 2 failed; " in done.err
    assert "\nfailed: docs/canal.txt, docs/empty.txt\n" in done.err
    assert "error: docs/empty.txt: empty" in done.err
    assert "\nto ask for them again: extract batch docs --out 'o'\"'\"'ut.jsonl' -s 'word str' " in done.err
    assert done.err.endswith("--retries 0 --retry-failed\n")
    assert [one["data"] is None for one in records(folder / "o'ut.jsonl")] == [False, False, True, False, False, True]
    again = batch("docs", "--out", "o'ut.jsonl")
    assert again.code == 1
    assert "\nfailed: docs/canal.txt, docs/empty.txt\n" in again.err
    assert "error: docs/canal.txt: /word: 'word' is a required property" in again.err  # out of the ledger
    assert asked(folder).count("bad") == 1
    (folder / "engine.py").write_text(ENGINE.replace('"bad" in text', "False"))
    mended = batch("docs", "--out", "o'ut.jsonl", "--retry-failed", "--ignore", "empty.txt")
    assert (mended.code, asked(folder).count("bad")) == (0, 2)


@pytest.mark.slow
def test_a_dry_run_asks_and_writes_nothing(folder: Path, batch: Batch) -> None:
    (folder / "docs" / "twin.txt").write_text("eddy and more\n")
    (folder / "docs" / "empty.txt").write_text("")
    done = batch("docs", "--out", "out.jsonl", "--dry-run")
    assert done.out.splitlines() == [
        "7 documents: 5 new, 0 in the ledger, 0 failed before, 1 with the text of another one, 1 cannot be read",
        done.out.splitlines()[1],
        "time: not known before some are done (--limit 10); cost: not known",
    ]
    assert done.out.splitlines()[1].startswith("to ask about: 5; about ")
    assert done.out.splitlines()[1].endswith(" to write (a guess by the schema)")
    assert "error: docs/empty.txt: empty" in done.err
    assert not asked(folder)
    assert not (folder / "out.jsonl.ledger").exists()
    batch("docs", "--out", "out.jsonl", "--limit", "2")
    kept = (folder / "out.jsonl.ledger").read_bytes()
    lines = batch("docs", "--out", "out.jsonl", "--dry-run").out.splitlines()
    assert lines[0].startswith("7 documents: 3 new, 2 in the ledger, 0 failed before")
    assert "9 to write (as the 2 done so far)" in lines[1]
    assert lines[2].startswith("time: 0.")
    assert (folder / "out.jsonl.ledger").read_bytes() == kept


@pytest.mark.slow
def test_a_dry_run_tells_how_many_questions_long_documents_make(folder: Path, batch: Batch) -> None:
    (folder / "docs" / "long.txt").write_text("The ferry left the quay at nine. " * 2_000)
    told = batch("docs", "--out", "out.jsonl", "--dry-run", "--strategy", "map-reduce").out.splitlines()[1]
    assert told.startswith("to ask about: 6, with about 14 questions, 9 of them about one; about ")
    event = json.loads(batch("docs", "--out", "out.jsonl", "--dry-run", "--strategy", "map-reduce", "--log-json").err)
    assert (event["to_ask"], event["questions"], event["most_questions"]) == (6, 14, 9)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (["--fail-fast"], "error: 1 of "),
        (["--max-errors", "3"], "error: 4 of "),
        (["--max-errors", "20%"], "error: "),
    ],
)
def test_too_many_failures_end_the_run(flags: list[str], says: str, folder: Path, batch: Batch) -> None:
    lines = [json.dumps({"text": f"bad {number}" if number > 4 else f"fine {number}"}) for number in range(60)]
    (folder / "r.jsonl").write_text("\n".join(lines))
    done = batch("r.jsonl", "--out", "out.jsonl", *flags, "--concurrency", "2")
    assert done.code == 1
    assert f"\n{says}" in done.err
    assert "run the same command once more" in done.err
    assert len(asked(folder)) < 40
    assert not (folder / "out.jsonl").exists()
    assert len(records(folder / "out.jsonl.partial")) == len(asked(folder))
    finished = batch("r.jsonl", "--out", "out.jsonl", "-q")
    assert (finished.code, len(asked(folder))) == (1, 60)
    assert not (folder / "out.jsonl.partial").exists()


def test_where_nobody_listens_the_run_ends_with_3(folder: Path) -> None:
    (folder / "r.jsonl").write_text("\n".join(json.dumps({"text": f"text {number}"}) for number in range(500)))
    arguments = ("batch", "r.jsonl", "-s", "word str", "-m", "http://127.0.0.1:9/v1#m", "--out", "out.jsonl")
    done = extract(*arguments, cwd=folder)
    assert done.code == 3
    assert "error: no answer to 10 documents in a row, the last: " in done.err
    assert done.err.count("\nerror: ") < 30
    assert not (folder / "out.jsonl").exists()


@pytest.mark.slow
def test_an_endpoint_within_its_rate(folder: Path, stub: Stub) -> None:
    stub.behave = reply(answer('{"word": "x"}'))
    arguments = ("batch", "docs", "-s", "word str", "-m", f"{stub.url}#m", "--mode", "prompt", "--out", "o.jsonl")
    done = extract(*arguments, "--rpm", "600", cwd=folder)
    assert (done.code, len(stub.bodies)) == (0, 5), done.err
    assert records(folder / "o.jsonl")[0]["engine"].endswith("#m")
    assert extract(*arguments, "--concurrency", "8", cwd=folder).err.startswith("5 documents (5 from the ledger)")
    assert len(stub.bodies) == 5


@pytest.mark.slow
def test_a_second_run_on_the_same_files_is_refused(folder: Path, batch: Batch) -> None:
    arguments = ["batch", "docs", *ARGUMENTS, "--concurrency", "1"]
    with subprocess.Popen(
        [*COMMAND, *arguments, "--out", "out.jsonl"], cwd=folder, env=surroundings({"LATENCY": "60"})
    ) as first:
        while not asked(folder):
            time.sleep(0.05)
        same = batch("docs", "--out", "out.jsonl")
        other = batch("docs", "--out", "out.jsonl", "--ledger", "other.ledger")
        third = batch("docs", "--out", "third.jsonl", "--ledger", "out.jsonl.ledger")
        look = extract("ledger", "stats", "out.jsonl.ledger", cwd=folder)
        plan = batch("docs", "--out", "out.jsonl", "--dry-run")
        first.kill()
    assert (same.code, other.code) == (2, 2)
    assert same.err.startswith(f"error: --out out.jsonl: another run writes it (pid {first.pid})")
    assert other.err.startswith(f"error: --out out.jsonl: another run writes it (pid {first.pid})")
    assert third.err.startswith(f"error: --ledger out.jsonl.ledger: another run writes it (pid {first.pid})")
    assert not (folder / "other.ledger").exists()
    assert (look.code, plan.code) == (0, 0)
    assert batch("docs", "--out", "out.jsonl").code == 0
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]


def test_a_long_text_goes_on_after_a_kill_where_it_was(folder: Path, batch: Batch) -> None:
    (folder / "book.txt").write_text("\n\n".join(f"part{at} begins. " + "It rained. " * 20 for at in range(9)))
    given = (
        "book.txt",
        "--out",
        "o.jsonl",
        "--strategy",
        "map-reduce",
        "--chunk-tokens",
        "80",
        "--context-tokens",
        "0",
    )
    with subprocess.Popen(
        [*COMMAND, "batch", *given, *ARGUMENTS], cwd=folder, env=surroundings({"LATENCY": "0.3"})
    ) as first:
        while len(asked(folder)) < 6:
            time.sleep(0.05)
        first.kill()
    under_way = 4  # at once, which nobody answered any more
    done = batch(*given)
    assert done.code == 0, done.err
    (record,) = records(folder / "o.jsonl")
    parts = int(record["notes"][""].split()[3])
    assert len(asked(folder)) <= parts + under_way
    assert f"\n{parts} requests" not in done.err


@pytest.mark.slow
def test_how_far_a_long_text_is(folder: Path) -> None:
    (folder / "book.txt").write_text("\n\n".join(f"part{at} begins. " + "It rained. " * 20 for at in range(9)))
    parts = ("--strategy", "map-reduce", "--chunk-tokens", "80", "--context-tokens", "0")
    given = ("book.txt", *ARGUMENTS, *parts)
    (folder / "engine.py").write_text(ENGINE.replace('"LATENCY", 0', '"LATENCY", 0.3'))
    batch = extract("batch", *given, "--out", "o.jsonl", "--progress", "0.2", cwd=folder)
    assert re.search(r"\n0 of 1 done, [1-8] of 9 questions about the next answered", batch.err), batch.err
    assert re.search("book.txt: [1-8] of 9 questions answered", on_terminal("run", *given, cwd=folder).err)


@pytest.mark.slow
def test_events(folder: Path, batch: Batch) -> None:
    (folder / "docs" / "canal.txt").write_text("bad and more\n")
    done = batch("docs", "--out", "out.jsonl", "--log-json", "--progress", "0.1", env={"LATENCY": "0.5"})
    events = [json.loads(line) for line in done.err.splitlines()]
    assert {one["event"] for one in events} >= {"document", "progress", "end"}
    documents = [one for one in events if one["event"] == "document"]
    assert [(one["source"], one["state"]) for one in documents][:3] == [
        ("docs/anchor.txt", "done"),
        ("docs/buoy.txt", "done"),
        ("docs/canal.txt", "failed"),
    ]
    assert documents[2]["errors"][0]["pointer"] == "/word"
    assert all(isinstance(one["time"], float) for one in events)
    end = events[-1]
    assert (end["event"], end["done"], end["failed"], end["kept"]) == ("end", 5, 1, 0)
    assert end["retry"].endswith("--retry-failed")
    broken = batch("docs", "--out", "no/out.jsonl", "--log-json")
    assert [json.loads(line)["event"] for line in broken.err.splitlines()] == ["error"]


@pytest.mark.slow
def test_lines_about_the_progress(folder: Path, batch: Batch) -> None:
    done = batch("docs", "--out", "o.jsonl", "--progress", "0.2", "--concurrency", "1", env={"LATENCY": "0.3"})
    lines = [line for line in done.err.splitlines() if " done" in line]
    assert any(" of 5 done; " in line and "tokens/s" in line and line.endswith(" left") for line in lines), done.err
    assert "done" not in batch("docs", "--out", "o.jsonl", "-q", "--progress", "0.1").err


@pytest.mark.slow
def test_a_bar_on_a_terminal(folder: Path) -> None:
    arguments = ("batch", "docs", *ARGUMENTS, "--out", "o.jsonl", "--concurrency", "1")
    os.environ["LATENCY"] = "0.4"
    try:
        shown = on_terminal(*arguments, cwd=folder)
    finally:
        del os.environ["LATENCY"]
    assert "of 5 done" in shown.err
    assert "left" in shown.err
    assert "5 documents: 5 valid, 0 failed" in shown.err


@pytest.mark.slow
def test_the_ledger_is_looked_at_and_pruned(folder: Path, batch: Batch) -> None:
    (folder / "docs" / "canal.txt").write_text("bad and more\n")
    batch("docs", "--out", "out.jsonl")
    ledger = "out.jsonl.ledger"
    stats = extract("ledger", "stats", ledger, cwd=folder)
    first, second = stats.out.splitlines()
    assert first[10:].startswith("Record@")
    assert "own:first" in first
    assert second.strip().startswith("4 done, 1 failed; 50 tokens read, 15 written; 0.0 MB; last ")
    (row,) = extract("ledger", "stats", ledger, "--json", cwd=folder).lines
    assert (row["done"], row["failed"], row["documents"], row["plan"][:8]) == (4, 1, 5, first[:8])
    failed = extract("ledger", "failed", ledger, cwd=folder)
    assert failed.out == f"{first[:8]}  docs/canal.txt: /word: 'word' is a required property\n"
    assert extract("ledger", "failed", ledger, "--json", cwd=folder).lines[0]["source"] == "docs/canal.txt"
    nothing = extract("ledger", "prune", ledger, cwd=folder)
    assert (nothing.code, "nothing says what to forget" in nothing.err) == (2, True)
    assert extract("ledger", "prune", ledger, "--older-than", "1d", cwd=folder).err == "0 records are forgotten\n"
    assert extract("ledger", "prune", ledger, "--failed", cwd=folder).err == "1 records are forgotten\n"
    assert extract("ledger", "prune", ledger, "--plan", "ffff", cwd=folder).code == 2
    assert extract("ledger", "prune", ledger, "--plan", "", cwd=folder).code == 2
    assert extract("ledger", "prune", ledger, "--plan", first[:8], cwd=folder).err == "4 records are forgotten\n"
    assert extract("ledger", "stats", ledger, cwd=folder).out == "nothing is kept\n"
    assert extract("ledger", "stats", "none.ledger", cwd=folder).code == 2
    assert extract("ledger", "prune", "none.ledger", "--all", cwd=folder).code == 2
    assert not (folder / "none.ledger").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "error: no source"),
        (["docs", "--concurrency", "many"], "error: --concurrency 'many'"),
        (["docs", "--concurrency", "0"], "error: --concurrency '0'"),
        (["docs", "--max-errors", "few"], "error: --max-errors 'few'"),
        (["docs", "--max-errors", "-1"], "error: --max-errors '-1'"),
        (["docs", "--max-errors", "1", "--fail-fast"], "error: --fail-fast is --max-errors 0"),
        (["docs", "--out", "out.xlsx"], "error: --out out.xlsx"),
        (["docs", "--out", "no/out.jsonl"], "error: --"),
        (["docs", "--out", "o.jsonl", "--ledger", "engine.py"], "error: --ledger engine.py: is no ledger"),
        (["docs", "--out", "engine.py"], "error: --out engine.py"),
        (["docs", "--out", "a.jsonl", "--ledger", "./a.jsonl"], "error: --ledger and --out name the same file"),
        (
            ["docs", "--out", "a.jsonl", "--ledger", "docs/x.txt"],
            "error: --ledger docs/x.txt: .txt files are documents",
        ),
        (["docs", "--out", "/"], "error: --out /: no ledger can stand beside it"),
    ],
)
def test_what_makes_no_sense_ends_with_2(arguments: list[str], says: str, folder: Path, batch: Batch) -> None:
    done = batch(*arguments)
    assert (done.code, done.out) == (2, ""), done.err
    assert done.err.startswith(says)
    assert "hint: " in done.err
    assert not asked(folder)


def test_a_list_that_is_still_being_written(folder: Path) -> None:
    with subprocess.Popen(
        [*COMMAND, "batch", "-", *ARGUMENTS, "--data-only"],
        cwd=folder,
        env=surroundings(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for word in WORDS[:3]:
            process.stdin.write(f"docs/{word}.txt\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline()) == {"word": word}
        process.stdin.close()
        assert process.wait(30) == 0


def test_records_out_of_a_pipe_come_as_they_are_written(folder: Path) -> None:
    os.mkfifo(folder / "p.jsonl")
    with subprocess.Popen(
        [*COMMAND, "batch", "p.jsonl", *ARGUMENTS, "--data-only"],
        cwd=folder,
        env=surroundings(),
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        with (folder / "p.jsonl").open("w") as pipe:
            for word in WORDS[:3]:
                pipe.write(json.dumps({"text": f"{word} and"}) + "\n")
                pipe.flush()
                assert json.loads(process.stdout.readline()) == {"word": word}
        assert process.wait(30) == 0


@pytest.mark.parametrize(
    ("name", "text"), [("none.txt", None), ("d.jsonl", "no JSON\n"), ("e.txt", " "), ("c.csv", "a,b\n1,2\n")]
)
def test_what_cannot_be_read_is_not_to_be_asked_again(folder: Path, batch: Batch, name: str, text: str | None) -> None:
    if text is not None:
        (folder / name).write_text(text)
    for _ in range(2):
        done = batch(name, "docs/buoy.txt", "--out", "o.jsonl")
        assert (done.code, f"failed: {name}" in done.err, "ask for them again" in done.err) == (1, True, False)


@pytest.mark.slow
def test_without_a_ledger_there_is_no_way_to_ask_for_a_part(folder: Path, batch: Batch) -> None:
    (folder / "docs" / "canal.txt").write_text("bad and more\n")
    assert "to ask for them again" not in batch("docs").err


@pytest.mark.slow
def test_texts_that_are_equal_are_asked_about_once(folder: Path, batch: Batch) -> None:
    (folder / "docs" / "twin.txt").write_text("eddy and more\n")
    assert batch("docs", "--out", "o.jsonl").err.startswith("6 documents (1 with the text of another one): 6 valid")
    assert asked(folder) == WORDS
    dead = extract("batch", "docs", "-s", "w str", "-m", "http://127.0.0.1:9/v1#m", "--out", "p.jsonl", cwd=folder)
    assert (dead.code, "6 documents (1 with the text of another one)" in dead.err) == (3, True)


@pytest.mark.slow
def test_the_current_folder_as_output(folder: Path) -> None:
    there = folder / "there"
    there.mkdir()
    done = extract("batch", "../docs", *ARGUMENTS, "--out", ".", cwd=there, env={"PYTHONPATH": str(folder)})
    assert done.code == 2  # the engine is not here
    (there / "engine.py").write_text(ENGINE)
    assert extract("batch", "../docs", *ARGUMENTS, "--out", ".", cwd=there).code == 0
    assert (folder / "there.ledger").exists()


@pytest.mark.slow
def test_what_a_run_writes_is_never_its_input(folder: Path, batch: Batch) -> None:
    for name in ("o.jsonl.partial", "o.jsonl.ledger-wal.txt"):
        (folder / "docs" / name).write_text("left behind\n")
    done = batch("docs", "--glob", "*", "--out", "docs/o.jsonl", "--fail-fast")
    assert done.err.startswith("6 documents: 6 valid"), done.err
    assert batch("docs", "--glob", "*", "--out", "docs/o.jsonl").err.startswith("6 documents (6 from the ledger)")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "stdin"), [(["-"], "r.jsonl\n"), (["r*.jsonl"], None), ([".", "--glob", "*l"], None)]
)
def test_a_source_is_not_overwritten(arguments: list[str], stdin: str | None, folder: Path, batch: Batch) -> None:
    (folder / "r.jsonl").write_text('{"text": "mine"}\n')
    done = batch(*arguments, "--out", "r.jsonl", stdin=stdin)
    assert (done.code, "r.jsonl: " in done.err) == (2, True)
    assert (folder / "r.jsonl").read_text() == '{"text": "mine"}\n'
    (folder / "r.jsonl").rename(folder / "other.jsonl")
    for _ in range(2):  # what a run wrote is passed over by the next one
        assert batch("*.jsonl", "--out", "r.jsonl").code == 0
    assert len(records(folder / "r.jsonl")) == 1


@pytest.mark.slow
def test_a_name_that_is_not_utf_8(folder: Path, batch: Batch) -> None:
    (folder / os.fsdecode(b"docs/n\xff.txt")).write_text("last and more\n")
    for name in ("o.jsonl", "o.csv", "o.db", "o.parquet", "o/"):
        done = batch("docs", "--out", name, "--ledger", "l.ledger")
        assert done.code == 0, done.err
    assert records(folder / "o.jsonl")[-1]["source"] == "docs/n\\udcff.txt"
    assert asked(folder).count("last") == 1


def test_a_bad_ignore_file_costs_its_folder_and_is_told(folder: Path, batch: Batch) -> None:
    (folder / "docs" / "z").mkdir()
    (folder / "docs" / "z" / ".extractignore").write_text("[[:alpha:]\n")
    (folder / "docs" / "z" / "secret.txt").write_text("secret and more\n")
    done = batch("docs", "--out", "o.jsonl")
    assert done.code == 1
    assert "error: docs/z/.extractignore:1: " in done.err
    assert asked(folder) == WORDS


@pytest.mark.slow
def test_a_device_gets_no_ledger_and_a_full_one_is_named(folder: Path, batch: Batch) -> None:
    assert batch("docs", "--out", "/dev/null").code == 0
    full = batch("docs", "--out", "/dev/full")
    assert (full.code, "error: cannot write /dev/full: No space left on device" in full.err) == (1, True)
    assert not Path("/dev/null.ledger").exists()
    assert not Path("/dev/full.ledger").exists()


def test_a_reader_that_leaves(folder: Path) -> None:
    (folder / "r.jsonl").write_text("".join(json.dumps({"text": f"word {at}"}) + "\n" for at in range(400)))
    command = shlex.join([*COMMAND, "batch", "r.jsonl", *ARGUMENTS, "--concurrency", "1"])
    env = surroundings({"LATENCY": "0.05"})
    pipe = ["bash", "-o", "pipefail", "-c", f"{command} | head -1"]
    done = subprocess.run(pipe, cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "note: nobody reads standard output any more: the rest is not done" in done.stderr


@pytest.mark.slow
def test_notes_are_counted_and_shown_where_asked_for(folder: Path, batch: Batch) -> None:
    (folder / "docs" / "anchor.txt").write_bytes("anchor and more".encode("utf-16"))
    shown = on_terminal("batch", "docs", *ARGUMENTS, "--out", "o.jsonl", cwd=folder)
    assert "1 records have notes (-v shows them)" in shown.err
    assert "not UTF-8" not in shown.err
    assert "not UTF-8" in batch("docs", "-v", "--out", "p.jsonl").err


def test_a_run_that_broke_off_has_data_that_it_did_not_put_in_their_place(folder: Path) -> None:
    (folder / "two.jsonl").write_text('{"text": {"word": "anchor"}}\n' * 2)
    done = extract("batch", "docs", "-s", "word str", "-m", "replay:two.jsonl", "--out", "o.jsonl", cwd=folder)
    assert done.code == 3
    assert "2 valid" in done.err
    assert "there are no data" not in done.err
    assert len(records(folder / "o.jsonl.partial")) == 2


def test_where_nothing_is_valid_nothing_is_written_and_that_is_said(folder: Path, batch: Batch) -> None:
    (folder / "o.jsonl").write_text("older\n")
    (folder / "bad.txt").write_text("bad and more\n")
    done = batch("bad.txt", "--data-only", "--out", "o.jsonl")
    assert (done.code, (folder / "o.jsonl").read_text()) == (1, "older\n")
    assert "note: there are no data: --out o.jsonl is not written" in done.err


@pytest.mark.slow
def test_a_ledger_that_cannot_be_written_is_looked_at(folder: Path, batch: Batch) -> None:
    batch("docs", "--out", "o.jsonl")
    (folder / "still").mkdir()
    (folder / "o.jsonl.ledger").rename(folder / "still" / "l.ledger")
    (folder / "still").chmod(0o500)
    try:
        assert "5 done" in extract("ledger", "stats", "still/l.ledger", cwd=folder).out
        assert "5 in the ledger" in batch("docs", "--ledger", "still/l.ledger", "--dry-run").out
    finally:
        (folder / "still").chmod(0o700)


def test_with_weights(folder: Path, home: Path) -> None:
    (folder / "kind.py").write_text(KIND)
    arguments = ("batch", "docs", "-s", "kind.py", *SMOL, "--out", "out.jsonl")
    done = extract(*arguments, cwd=folder)
    assert done.code == 0, done.err
    before = (folder / "out.jsonl").read_bytes()
    again = extract(*arguments, cwd=folder)
    assert again.err.startswith("5 documents (5 from the ledger)")
    assert "request" not in again.err
    assert (folder / "out.jsonl").read_bytes() == before
    assert [*(home / "logs").glob("*")] == []
