"""`extract eval` as people use it: files of predictions, a model that is asked, gold that is made, what is refused."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from test_cli import BRIDGE, CHINESE, ROAD, SMOL, Finished, extract, write_files
from test_cli_faults import assert_fault

from extractor import models

SPEC = ("-s", "title, year int?, tags[]")
GOLD = [
    {"id": "bridge", "text": BRIDGE, "title": "Harbour Bridge", "year": 1932, "tags": ["Sydney", "bridge"]},
    {"id": "road", "text": ROAD, "title": "Nullarbor road", "year": None, "tags": ["Perth"]},
    {"id": "zh", "text": CHINESE, "title": "悉尼海港大桥", "year": 1932, "tags": []},
]
GOOD = [{"source": row["id"], "data": {name: row[name] for name in ("title", "year", "tags")}} for row in GOLD]
BAD = [{"source": row["id"], "data": {"title": "x", "year": 1, "tags": ["y"]}} for row in GOLD]
ANSWERS = [{"text": {"title": "harbour bridge", "year": 1932, "tags": ["Sydney"]}}] * 3


def rows(items: list[Any]) -> str:
    return "".join(json.dumps(item, ensure_ascii=False) + "\n" for item in items)


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A folder with gold, predictions and scripted answers."""
    files = {"gold.jsonl": GOLD, "good.jsonl": GOOD, "bad.jsonl": BAD, "answers.jsonl": ANSWERS}
    return write_files(tmp_path, {name: rows(items) for name, items in files.items()})


def measured(here: Path, *arguments: str) -> dict[str, Any]:
    done = extract("eval", "gold.jsonl", *SPEC, "--json", *arguments, cwd=here)
    assert done.code == 0, done.err
    found: dict[str, Any] = json.loads(done.out)
    return found


@pytest.mark.slow
def test_predictions_of_a_file(here: Path) -> None:
    found = measured(here, "--pred", "good.jsonl")
    assert found["micro"]["f1"] == found["macro"]["f1"] == found["exact"] == found["valid"] == 1
    assert found["micro"]["gold"] == 8
    assert found["grounded"] == 1
    assert [one["field"] for one in found["fields"]] == ["title", "year", "tags[]"]
    assert found["fields"][1]["absence"] == {"precision": 1, "recall": 1, "f1": 1, "gold": 1, "found": 1, "right": 1}
    assert measured(here, "--pred", "bad.jsonl")["micro"]["right"] == 0


def test_the_table_is_for_people(here: Path) -> None:
    done = extract("eval", "gold.jsonl", *SPEC, "--pred", "good.jsonl", cwd=here)
    table = [line.split() for line in done.out.splitlines() if line.strip()]
    assert ["title", "normalised", "1.000", "1.000", "1.000", "1.000–1.000", "3", "3"] in table
    assert "3 documents: 100.0% without a fault, 100.0% valid; 100.0% of the values grounded" in done.out
    assert done.err == ""


@pytest.mark.slow
def test_two_files_are_compared(here: Path) -> None:
    done = extract("eval", "gold.jsonl", *SPEC, "--compare", "bad.jsonl", "good.jsonl", "--json", cwd=here)
    found = json.loads(done.out)
    assert found["differences"]["all values"]["by"] == 1
    assert found["differences"]["title"]["significant"] is False  # of three documents nobody can say
    told = extract("eval", "gold.jsonl", *SPEC, "--compare", "bad.jsonl", "good.jsonl", cwd=here).out
    assert "A is bad.jsonl, B is good.jsonl" in told
    names = ("all values", "mean of fields", "mean of documents")
    assert [told.index(f"\n{name} ") for name in names] == sorted(told.index(f"\n{name} ") for name in names)


@pytest.mark.slow
def test_the_model_is_asked_once(here: Path) -> None:
    ask = ("-m", "replay:answers.jsonl", "--concurrency", "1")
    found = measured(here, *ask)
    assert {one["field"]: one["f1"] for one in found["fields"]} == {
        "title": pytest.approx(1 / 3, abs=1e-4),
        "year": pytest.approx(0.8),
        "tags[]": pytest.approx(1 / 3, abs=1e-4),
    }
    (here / "answers.jsonl").write_text("")
    assert measured(here, *ask) == found  # out of the ledger
    records = [json.loads(line) for line in (here / "gold.predicted.jsonl").read_text().splitlines()]
    assert [record["source"] for record in records] == ["bridge", "road", "zh"]


@pytest.mark.slow
def test_real_weights(here: Path, home: Path) -> None:
    done = extract("eval", "gold.jsonl", "-s", "title!", *SMOL, "--json", "--max-tokens", "60", cwd=here)
    found = json.loads(done.out)
    assert found["documents"] == 3
    assert found["grounded"] == 1  # verbatim


@pytest.mark.slow
def test_comparators_of_the_user(here: Path) -> None:
    near = [{**row, "data": {**row["data"], "year": 1933}} for row in GOOD]
    (here / "near.jsonl").write_text(rows(near))
    assert measured(here, "--pred", "near.jsonl")["fields"][1]["right"] == 0
    found = measured(here, "--pred", "near.jsonl", "--as", "year=number:0.01")
    assert (found["fields"][1]["compare"], found["fields"][1]["right"]) == ("number:0.01", 2)
    left_out = measured(here, "--pred", "near.jsonl", "--as", "year=ignore")
    assert [one["field"] for one in left_out["fields"]] == ["title", "tags[]"]


def test_a_record_that_may_be_missing_has_no_numbers_of_values(here: Path) -> None:
    write_files(here, {"none.jsonl": rows([{"source": "a", "data": {"title": "x", "owner": None}}])})
    done = extract("eval", "none.jsonl", "-s", "title, owner?{city}", "--pred", "none.jsonl", cwd=here)
    assert ["owner", "absence", "1.000", "1.000"] in [line.split() for line in done.out.splitlines()]


def test_what_is_odd_is_told(here: Path) -> None:
    (here / "few.jsonl").write_text(rows([GOOD[0], {"source": "else", "data": GOOD[1]["data"]}]))
    spec = ("-s", "title, year int?, tags[], place?")
    done = extract("eval", "gold.jsonl", *spec, "--pred", "few.jsonl", cwd=here)
    assert done.code == 0
    assert "note: no prediction, so all of it is missing: road, zh" in done.err
    assert "note: no gold, so not measured: else" in done.err
    assert "note: in no gold record, so not measured: place" in done.err


@pytest.mark.slow
def test_what_failed_can_be_asked_again(here: Path) -> None:
    (here / "answers.jsonl").write_text(rows([{"text": "no idea"}, ANSWERS[0], ANSWERS[0]]))
    ask = ("eval", "gold.jsonl", *SPEC, "-m", "replay:answers.jsonl", "--concurrency", "1", "--retries", "0", "--json")
    first = extract(*ask, cwd=here)
    assert json.loads(first.out)["valid"] == pytest.approx(2 / 3, abs=1e-4)
    (here / "answers.jsonl").write_text(rows([ANSWERS[0]]))
    assert json.loads(extract(*ask, "--retry-failed", cwd=here).out)["valid"] == 1


def test_misspelt_gold_is_told(here: Path) -> None:
    (here / "odd.jsonl").write_text(rows([{**GOLD[1], "yaer": 1932}, *GOLD[::2]]).replace('"year": null, ', "", 1))
    done = extract("eval", "odd.jsonl", *SPEC, "--pred", "good.jsonl", cwd=here)
    assert (done.code, done.err) == (0, "note: in the gold and not in the schema: odd.jsonl:1 has yaer\n")


def test_gold_that_is_not_valid_is_told(here: Path) -> None:
    (here / "odd.jsonl").write_text(rows([{**GOLD[0], "year": "soon"}, *GOLD[1:]]))
    done = extract("eval", "odd.jsonl", *SPEC, "--pred", "good.jsonl", cwd=here)
    assert done.code == 0
    assert "note: not valid in 1 gold record: odd.jsonl:1: /year" in done.err


@pytest.mark.parametrize(
    "from_", [("--pred", "good.jsonl"), ("--compare", "bad.jsonl", "good.jsonl"), ("-m", "replay:answers.jsonl")]
)
def test_gold_of_another_schema_is_refused(here: Path, from_: tuple[str, ...]) -> None:
    done = extract("eval", "good.jsonl", "-s", "foo, bar", *from_, cwd=here)
    why = "none of the gold records fits the schema: good.jsonl:1: /title: no property 'title' is foreseen"
    hint = "the first has title, year, tags: --schema names the schema that the gold was made by"
    assert (done.code, done.out, done.err) == (2, "", f"error: {why}\nhint: {hint}\n")
    assert not (here / "good.predicted.jsonl").exists(), "the model is not asked"


@pytest.mark.slow
def test_a_bound_for_scripts(here: Path) -> None:
    done = extract("eval", "gold.jsonl", *SPEC, "--pred", "bad.jsonl", "--fail-under", "0.5", cwd=here)
    assert (done.code, done.err) == (1, "error: F1 0.000 is under 0.5\n")
    assert extract("eval", "gold.jsonl", *SPEC, "--pred", "good.jsonl", "--fail-under", "1", cwd=here).code == 0
    empty = {"title": None, "year": None, "tags": []}
    (here / "empty.jsonl").write_text(rows([{"source": "a", "data": empty}]))
    bound = ("-s", "title?, year int?, tags[]", "--fail-under", "1")
    assert extract("eval", "empty.jsonl", *bound, "--pred", "empty.jsonl", cwd=here).code == 0
    (here / "none.jsonl").write_text(rows([{"source": "a", "data": None}]))
    assert extract("eval", "empty.jsonl", *bound, "--pred", "none.jsonl", cwd=here).code == 1


def test_the_page(here: Path) -> None:
    done = extract("eval", "gold.jsonl", *SPEC, "--pred", "bad.jsonl", "--html", "scores.html", cwd=here)
    assert "scores.html: the page of the scores" in done.err
    page = (here / "scores.html").read_text()
    assert '<mark class="lacking">Harbour Bridge</mark>' in page
    assert "<script" not in page


# --- gold --------------------------------------------------------------------------------------------------------


def test_gold_is_made_corrected_and_used(here: Path) -> None:
    make = ("--init", "2", "--docs", "gold.jsonl", "--id-field", "id", "-m", "replay:answers.jsonl")
    done = extract("eval", "mine.yaml", *SPEC, *make, cwd=here)
    assert done.code == 0, done.err
    assert "mine.yaml: 2 documents to correct" in done.err
    text = (here / "mine.yaml").read_text()
    assert text.startswith("# Gold for Record: 2 documents")
    unused = extract("eval", "mine.yaml", *SPEC, "--pred", "good.jsonl", cwd=here)
    assert_fault(unused, 2, "none of its 2 records is reviewed")
    (here / "mine.yaml").write_text(text.replace("reviewed: false", "reviewed: true", 1))
    used = extract("eval", "mine.yaml", *SPEC, "--pred", "good.jsonl", cwd=here)
    assert "note: 1 document not reviewed yet, and not counted" in used.err
    again = extract("eval", "mine.yaml", *SPEC, *make, cwd=here)
    assert_fault(again, 2, "is there already")


def test_gold_of_predictions_that_are_there(here: Path) -> None:
    make = ("--init", "1", "--docs", "gold.jsonl", "--id-field", "id", "--pred", "good.jsonl")
    done = extract("eval", "mine.yaml", *SPEC, *make, cwd=here)
    assert done.code == 0, done.err
    assert "year:" in (here / "mine.yaml").read_text()


def test_gold_of_documents_that_cannot_all_be_read(here: Path) -> None:
    (here / "docs").mkdir()
    (here / "docs" / "bad.pdf").write_bytes(b"%PDF-1.7 no more of it")
    make = ("--init", "2", "--docs", "docs", "-m", "replay:answers.jsonl")
    none = extract("eval", "none.yaml", *SPEC, *make, cwd=here)
    assert none.code == 1
    assert "error: 1 of 1 document cannot be read: docs/bad.pdf: is damaged" in none.err
    assert not (here / "none.yaml").exists()
    (here / "docs" / "bridge.txt").write_text(BRIDGE)
    some = extract("eval", "some.yaml", *SPEC, *make, "--records", "more.jsonl", cwd=here)
    assert some.code == 1
    assert "error: 1 of 2 documents cannot be read: docs/bad.pdf: is damaged" in some.err
    assert "some.yaml: 1 document to correct" in some.err
    assert "source: docs/bridge.txt" in (here / "some.yaml").read_text()


@pytest.mark.slow
def test_the_least_sure_are_reviewed_first(here: Path) -> None:
    def record(source: str, likely: float) -> dict[str, Any]:
        told = {"/kind": {"a": likely, "b": round(1 - likely, 4)}}
        return {"source": source, "data": {"kind": "a"}, "spans": {}, "probabilities": told}

    records = [record("bridge", 0.9), record("road", 0.4), record("zh", 0.7)]
    write_files(here, {"sure.jsonl": rows(records)})
    make = ("--docs", "gold.jsonl", "--id-field", "id", "--pred", "sure.jsonl", "--init", "9", "--threshold")
    done = extract("eval", "low.yaml", "-s", "kind: a|b", *make, "0.8", cwd=here)
    assert "low.yaml: 2 documents to correct" in done.err
    text = (here / "low.yaml").read_text()
    assert text.index("source: road") < text.index("source: zh")
    assert "bridge" not in text
    none = extract("eval", "none.yaml", "-s", "kind: a|b", *make, "0.3", cwd=here)
    assert_fault(none, 2, "all labels are at least 0.3 likely", "a higher --threshold")
    unsure = ("--docs", "gold.jsonl", "--id-field", "id", "--pred", "good.jsonl", "--init", "9", "--threshold", "0.5")
    assert_fault(extract("eval", "x.yaml", *SPEC, *unsure, cwd=here), 2, "no record says how likely", "--probs")
    assert_fault(extract("eval", "x.yaml", *SPEC, "--threshold", "0.5", cwd=here), 2, "--threshold", "--init")


def test_documents_that_the_gold_only_names(here: Path) -> None:
    write_files(here, {"docs/bridge.txt": BRIDGE, "named.jsonl": rows([{"source": "docs/bridge.txt", "title": "x"}])})
    ask = ("-s", "title str", "-m", "replay:answers.jsonl", "--json")
    (here / "answers.jsonl").write_text(rows([{"text": {"title": "Harbour Bridge"}}]))
    found = json.loads(extract("eval", "named.jsonl", *ask, cwd=here).out)
    assert (found["documents"], found["grounded"]) == (1, 1)


# --- what is refused -----------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nothing.jsonl", "--pred", "good.jsonl"), "nothing.jsonl"),
        (("gold.jsonl", "--pred", "answers.jsonl"), "none of title, year, tags is in it"),
        (("gold.jsonl", "--pred", "good.jsonl", "--as", "title"), "names no field"),
        (("gold.jsonl", "--pred", "good.jsonl", "--as", "title=alike"), "'alike' compares nothing"),
        (("gold.jsonl", "--pred", "good.jsonl", "--as", "name=exact"), "no field 'name'"),
        (("gold.jsonl", "--pred", "good.jsonl", "--compare", "good.jsonl", "bad.jsonl"), "do not go together"),
        (("gold.jsonl", "--pred", "good.jsonl", "--id-field", "name"), "no field 'name'"),
        (("new.yaml", "--init", "3"), "--init has no documents"),
        (("gold.jsonl", "--records", "gold.jsonl", "-m", "replay:answers.jsonl"), "is one of the sources"),
        (("gold.jsonl", "--records", "good.jsonl", "-m", "replay:answers.jsonl"), "is there already, and of no run"),
        (("gold.jsonl", "--pred", "good.jsonl", "--html", "good.jsonl"), "is one of the sources"),
        (("gold.jsonl", "--pred", "good.jsonl", "--html", "page.txt"), "a page is an HTML file"),
        (("gold.jsonl", "--compare", "good.jsonl", "bad.jsonl", "--html", "x.html"), "do not go together"),
        (
            ("gold.jsonl", "--compare", "good.jsonl", "bad.jsonl", "--fail-under", "0"),
            "--fail-under do not go",
        ),
        (("gold.jsonl", "--pred", "good.jsonl", "--no-prior"), "--pred and --prior do not go together"),
        (("new.yaml", "--init", "3", "--as", "title=exact"), "--init and --as do not go together"),
        (("gold.jsonl", "--pred", "good.jsonl", "--as", "title=exact", "--as", "title=stem"), "says twice"),
        (("gold.jsonl", "--pred", "good.jsonl", "--as", "title=fuzzy:90"), "bounds are from 0 to 1"),
        (("gold.jsonl", "--init", "3", "--docs", "gold.jsonl", "--pred", "good.jsonl"), "a review file is YAML"),
    ],
)
def test_what_is_refused(here: Path, arguments: tuple[str, ...], message: str) -> None:
    done = extract("eval", *arguments, *SPEC, cwd=here)
    assert done.code == 2
    assert message in done.err
    assert "Traceback" not in done.err


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("gold.jsonl", "--records", "r.txt"), "--records r.txt: records are JSON Lines"),
        (("gold.jsonl", "--records", "gold.jsonl"), "--records gold.jsonl: is one of the sources"),
        (("good.jsonl",), "--records good.predicted.jsonl: is there already, and of no run"),
        ((".", "--pred", "good.jsonl"), "no answers are read from such files"),
        (("gold.jsonl", "--compare", "good.jsonl", "bad.jsonl", "--probs"), "--compare and --probs do not go together"),
        (("gold.jsonl", "--pred", "good.jsonl", "--retry-failed"), "--pred and --retry-failed do not go together"),
    ],
)
def test_what_is_refused_before_a_model_is_asked(here: Path, arguments: tuple[str, ...], message: str) -> None:
    write_files(here, {"good.predicted.jsonl": "my own", "answers.jsonl": ""})
    model = () if {"--pred", "--compare"} & {*arguments} else ("-m", "replay:answers.jsonl")
    done = extract("eval", *arguments, *SPEC, *model, cwd=here)
    assert (done.code, done.out) == (2, "")
    assert message in done.err
    assert "Traceback" not in done.err
    assert (here / "good.predicted.jsonl").read_text() == "my own"


@pytest.mark.slow
def test_defaults_that_are_for_other_commands_are_no_fault(here: Path) -> None:
    toml = 'probs = true\nretry-failed = true\ncompare = ["bad.jsonl", "good.jsonl"]\n'
    write_files(here, {"extract.toml": f"[eval]\n{toml}"})
    ours = {"EXTRACT_NO_CONFIG": ""}
    done = extract("eval", "gold.jsonl", *SPEC, "--pred", "good.jsonl", cwd=here, env=ours)
    assert (done.code, done.err) == (0, "")
    both = extract("eval", "gold.jsonl", *SPEC, cwd=here, env=ours)
    assert "A is bad.jsonl, B is good.jsonl" in both.out
    (here / "extract.toml").write_text('[eval]\ncompare = "bad.jsonl"\n')
    assert_fault(extract("eval", "gold.jsonl", *SPEC, cwd=here, env=ours), 2, "extract.toml:2: compare: 2 values")
    named = {"EXTRACT_COMPARE": "good.jsonl bad.jsonl"}
    assert "A is good.jsonl, B is bad.jsonl" in extract("eval", "gold.jsonl", *SPEC, cwd=here, env=named).out


@pytest.mark.slow
def test_an_engine_that_answers_nothing_is_no_measurement(here: Path) -> None:
    dead = ("-m", "http://127.0.0.1:9/v1#m", "--total-timeout", "0.2")
    done = extract("eval", "gold.jsonl", *SPEC, *dead, cwd=here)
    assert (done.code, done.out) == (3, "")
    make = ("--init", "2", "--docs", "gold.jsonl", "--id-field", "id")
    assert extract("eval", "mine.yaml", *SPEC, *make, *dead, cwd=here).code == 3
    assert not (here / "mine.yaml").exists()


def test_names_of_fields_are_no_markup(here: Path) -> None:
    write_files(here, {"odd.jsonl": rows([{"source": "a", "data": {"size [cm]": "5", "[/b]": "x"}}])})
    spec = json.dumps({"properties": {"size [cm]": {"type": "string"}, "[/b]": {"type": "string"}}})
    done = extract("eval", "odd.jsonl", "-s", spec, "--pred", "odd.jsonl", cwd=here)
    assert "size [cm] " in done.out
    assert "[/b] " in done.out
    both = extract("eval", "odd.jsonl", "-s", spec, "--compare", "odd.jsonl", "odd.jsonl", cwd=here).out
    assert "size [cm] " in both
    assert "[/b] " in both


def test_gold_without_documents_is_no_measurement(here: Path) -> None:
    lost = [{"source": f"{name}.txt", "title": "x", "year": 1, "tags": []} for name in ("one", "two")]
    (here / "lost.jsonl").write_text(rows(lost))
    done = extract("eval", "lost.jsonl", *SPEC, "-m", "replay:answers.jsonl", cwd=here)
    assert_fault(done, 2, "lost.jsonl: no document of it can be read: one.txt: not found", "--docs FILE")
    assert "--base" not in done.err
    assert not [*here.glob("lost.predicted*")], "nothing is asked or written"


def test_documents_that_cannot_be_read_are_a_fault(here: Path) -> None:
    known = {"source": "a", "text": BRIDGE, "title": "harbour bridge", "year": 1932, "tags": ["Sydney"]}
    (here / "some.jsonl").write_text(rows([known, {**known, "source": "one.txt", "text": None}]))
    done = extract("eval", "some.jsonl", *SPEC, "-m", "replay:answers.jsonl", "--json", cwd=here)
    assert done.code == 1
    assert "error: one.txt: not found\n" in done.err
    assert done.err.endswith(
        "error: 1 of 2 documents cannot be read, so all of it is missing: one.txt\nhint: --docs FILE\n"
    )
    found = json.loads(done.out)
    assert (found["documents"], found["valid"], found["micro"]["recall"]) == (2, 0.5, 0.5)


@pytest.mark.slow
@pytest.mark.parametrize("library", ["numpy", "scipy", "rouge_score", "snowballstemmer"])
def test_a_library_that_is_not_installed_is_named(here: Path, library: str) -> None:
    text, count = ("title", 1) if library == "numpy" else ("summary", 2)  # the others need it themselves
    tags = {"type": "array", "items": {"x-compare": "stem"}}
    spec = json.dumps({"properties": {text: {"type": "string"}, "tags": tags}})
    write_files(
        here,
        {
            "gold.jsonl": rows([{"source": "a", text: "a b", "tags": ["x", "y"][:count]}]),
            "pred.jsonl": rows([{"source": "a", text: "a c", "tags": ["xs", "ys"][:count]}]),
        },
    )
    without = f"import sys; sys.modules[{library!r}] = None; from extractor.__main__ import main; main()"
    done = run(here, without, "eval", "gold.jsonl", "-s", spec, "--pred", "pred.jsonl")
    name = library.replace("_", "-")
    assert_fault(done, 2, f"{name} is not installed", "pip install 'extractor[eval]'")


def run(here: Path, program: str, *arguments: str) -> Finished:
    import subprocess

    done = subprocess.run([sys.executable, "-c", program, *arguments], cwd=here, capture_output=True, check=False)
    return Finished(done.returncode, done.stdout.decode(), done.stderr.decode())


# --- how sure the model is ---------------------------------------------------------------------------------------


@pytest.mark.slow
def test_labels_have_probabilities_and_these_are_judged(here: Path, home: Path) -> None:
    write_files(
        here,
        {
            "gold.jsonl": rows(
                [{"id": "a", "text": BRIDGE, "kind": "bridge"}, {"id": "b", "text": ROAD, "kind": "road"}]
            )
        },
    )
    spec = ("-s", "kind: bridge|road|tunnel")
    done = extract("eval", "gold.jsonl", *spec, *SMOL, "--probs", "--json", "--html", "page.html", cwd=here)
    assert done.code == 0, done.err
    found = json.loads(done.out)["calibration"]
    assert sum(one["count"] for one in found["bins"]) == 2
    records = [json.loads(line) for line in (here / "gold.predicted.jsonl").read_text().splitlines()]
    for record in records:
        likely = record["probabilities"]["/kind"]
        assert [*likely] == ["bridge", "road", "tunnel"]
        assert sum(likely.values()) == pytest.approx(1, abs=1e-3)
    assert "Expected calibration error" in (here / "page.html").read_text()
    table = extract("eval", "gold.jsonl", *spec, "--pred", "gold.predicted.jsonl", cwd=here).out
    assert "2 labels with probabilities: expected calibration error" in table


def test_engines_that_cannot_tell_say_so(here: Path) -> None:
    write_files(here, {"a.txt": BRIDGE, "kind.jsonl": rows([{"text": {"kind": "road"}}])})
    done = extract("run", "a.txt", "-s", "kind: bridge|road", "-m", "replay:kind.jsonl", "--probs", "--full", cwd=here)
    record = json.loads(done.out)
    assert record["data"] == {"kind": "road"}
    assert record["probabilities"] == {}
    assert record["notes"][""].startswith("this engine does not tell how likely labels are; weights on this machine")


@pytest.mark.slow
def test_a_leaning_is_kept_for_the_next_run(here: Path) -> None:
    write_files(here, {"a.txt": BRIDGE})
    ask = ("run", "a.txt", "-s", "kind: crossing|street|tunnel", *SMOL, "--probs", "--full")  # none is in the text
    home = {"EXTRACT_HOME": str(here / "home")}
    (here / "home").mkdir()
    (here / "home" / "models").symlink_to(models.store())
    assert extract(*ask, "--no-prior", cwd=here, env=home).code == 0
    assert not (here / "home" / "leanings").exists()
    first, second = (extract(*ask, cwd=here, env=home) for _ in range(2))
    assert (first.code, second.code) == (0, 0), first.err
    one, other = json.loads(first.out), json.loads(second.out)
    likely = one["probabilities"]["/kind"]
    assert one["data"]["kind"] == max(likely, key=likely.__getitem__) == other["data"]["kind"]
    assert likely == pytest.approx(other["probabilities"]["/kind"], abs=0.05)
    (kept,) = (here / "home" / "leanings").rglob("*.json")
    assert len(json.loads(kept.read_text())) == 3 + 1  # and the spread
