"""`--ground`, `--show` and verbatim fields, at the command line: with replayed answers, and with real weights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from test_cli import SMOL, Finished, extract, on_terminal, visible, write_files

TEXT = "The Harbour Bridge opened in 1932.\n\nIt is made of steel.\n\n\nMany ships pass.\n\n\n\n桥长三百米。\x1b[2J\n"
SCHEMA = "name, opened int?, words[]"


@pytest.fixture
def here(tmp_path: Path) -> Path:
    return write_files(tmp_path, {"bridge.txt": TEXT})


def run(here: Path, *flags: str, answers: list[Any], schema: str = SCHEMA) -> Finished:
    write_files(here, {"answers.jsonl": "".join(json.dumps({"text": answer}) + "\n" for answer in answers)})
    return extract("run", "bridge.txt", "-s", schema, "-m", "replay:answers.jsonl", *flags, cwd=here)


ANSWER = {"name": "harbour bridge", "opened": 1931, "words": ["ships", "桥长"]}


def test_the_whole_record_says_where_values_stand_and_which_do_not(here: Path) -> None:
    done = run(here, "--full", answers=[ANSWER])
    record = json.loads(done.out)
    assert done.code == 0
    assert record["spans"]["/name"] == {"start": 4, "end": 18, "match": "normalised"}
    spans = {at: TEXT[span["start"] : span["end"]] for at, span in record["spans"].items()}
    assert spans == {"/name": "Harbour Bridge", "/words/0": "ships", "/words/1": "桥长"}
    assert record["ungrounded"] == {"/opened": "not in the text"}


def test_off_looks_nothing_up(here: Path) -> None:
    record = json.loads(run(here, "--full", "--ground", "off", answers=[ANSWER]).out)
    assert (record["spans"], record["ungrounded"], record["support"]) == ({}, {}, {})


def test_require_asks_again_and_then_fails_the_document(here: Path) -> None:
    done = run(here, "--ground", "require", answers=[ANSWER, {"/opened": 1932}])
    assert (done.code, json.loads(done.out)["opened"]) == (0, 1932)
    done = run(here, "--ground", "require", "--retries", "1", answers=[ANSWER, {"/opened": 1930}])
    assert (done.code, done.out) == (1, "")
    assert "/opened: not in the text (it was 1930)" in done.err


@pytest.mark.slow
def test_batch_takes_it_too_and_another_level_is_another_question(here: Path) -> None:
    write_files(here, {"answers.jsonl": "".join(json.dumps({"text": ANSWER}) + "\n" for _ in range(4))})
    words = ["batch", "bridge.txt", "-s", SCHEMA, "-m", "replay:answers.jsonl", "--out", "o.jsonl"]
    for flags in ([], ["--ground", "off"]):
        done = extract(*words, *flags, cwd=here)
        assert done.code == 0
        assert "1 valid" in done.err
        assert "from the ledger" not in done.err
    assert json.loads((here / "o.jsonl").read_text())["spans"] == {}


def test_show_marks_the_places_in_the_text(here: Path) -> None:
    done = run(here, "--show", answers=[ANSWER])
    assert json.loads(done.out) == ANSWER
    assert "The ⟦Harbour Bridge⟧ opened in 1932." in done.err
    assert "Many ⟦ships⟧ pass." in done.err
    assert "/name harbour bridge  normalised" in done.err
    assert "/opened 1931  not in the text" in done.err
    assert "\x1b[2J" not in done.err
    assert r"\x1b[2J" in done.err


@pytest.mark.slow
def test_show_is_brief_and_its_marks_are_its_own(here: Path) -> None:
    text = "A line.\r\nThe ⟦Harbour Bridge⟧ opened.\r\nIt" + " is long" * 9999
    (here / "bridge.txt").write_bytes(text.encode())
    done = run(here, "--show", answers=[{"name": "Harbour Bridge", "opened": 1931}], schema="name, opened int")
    assert "A line.\nThe \\u27e6⟦Harbour Bridge⟧\\u27e7 opened.\nIt is long" in done.err
    assert len(done.err) < 2000
    failed = run(here, "--show", "--retries", "0", answers=["no idea"])
    assert failed.code != 0
    assert "None" not in failed.err
    assert "no places to mark" in run(here, "--show", "--ground", "off", answers=[ANSWER]).err


@pytest.mark.usefixtures("smollm2")
def test_on_a_terminal_it_has_colours_and_no_brackets(here: Path) -> None:
    write_files(here, {"answers.jsonl": json.dumps({"text": ANSWER}) + "\n"})
    shown = on_terminal("run", "bridge.txt", "-s", SCHEMA, "-m", "replay:answers.jsonl", "--show", cwd=here)
    assert "The Harbour Bridge opened in 1932." in visible(shown.err)
    assert "\x1b[1;36mHarbour Bridge" in shown.err


@pytest.mark.slow
@pytest.mark.usefixtures("smollm2")
@pytest.mark.parametrize("schema", ["name!, words[]!, place!?", "people[]{name!, made!?}"])
def test_the_smallest_model_writes_nothing_that_is_not_there(here: Path, schema: str) -> None:
    done = extract("run", "bridge.txt", "-s", schema, *SMOL, "--full", cwd=here)
    assert done.code == 0, done.err
    record = json.loads(done.out)
    texts = [value for _, value in leaves(record["data"]) if isinstance(value, str)]
    assert texts
    assert record["ungrounded"] == {}
    words = " ".join(TEXT.split())
    assert all(text in words for text in texts), texts


def leaves(data: Any) -> list[tuple[str, Any]]:
    from extractor.pointers import leaves as of

    return [*of(data)]
