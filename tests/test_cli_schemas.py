"""The commands about schemas, and schemas of every form on the command line, as a real process."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from test_cli import COMMAND, SMOL, surroundings

LISTING = {
    "$schema": "http://json-schema.org/draft-04/schema#",
    "title": "Town",
    "type": "object",
    "properties": {
        "name": {"type": "string", "maxLength": 30},
        "size": {"type": "integer", "minimum": 0, "exclusiveMinimum": True, "maximum": 9},
        "tags": {"type": "array", "items": {"enum": ["old", "new"]}, "uniqueItems": True, "maxItems": 2},
    },
    "required": ["name", "size", "tags"],
}
TEXT = "Perth is a new town with some two million people. Fremantle, beside it, is an old port.\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "town.json").write_text(json.dumps(LISTING))
    (tmp_path / "a.txt").write_text(TEXT)
    return tmp_path


def extract(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *words],
        cwd=folder,
        env=surroundings({}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


def test_check_tells_how_each_keyword_is_held(folder: Path) -> None:
    done = extract(folder, "schema", "check", "town.json")
    assert (done.returncode, done.stderr) == (0, "")
    lines = [line.split(maxsplit=4) for line in done.stdout.splitlines()]
    assert ["checked", "after", "/properties/tags", "uniqueItems", "true:"] in [
        line[:4] + line[4].split()[:1] for line in lines if line[0] == "checked"
    ]
    assert done.stdout.splitlines()[-1].startswith("Town@")
    assert "exclusiveMinimum 0" in done.stdout


def test_check_tells_of_what_nothing_can_fulfil(folder: Path) -> None:
    document = {"type": "object", "properties": {"n": {"type": "integer", "minimum": 10, "maximum": 3}}}
    (folder / "none.json").write_text(json.dumps(document))
    done = extract(folder, "schema", "check", "none.json")
    assert (
        "never fulfilled           /properties/n  maximum 3: beside minimum 10 it leaves no whole number" in done.stdout
    )
    assert done.stdout.endswith("enforced while decoding, 1 never fulfilled; none refused\n")


def test_check_as_json(folder: Path) -> None:
    done = extract(folder, "schema", "check", "--json", "town.json")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert {row["status"] for row in rows} == {"enforced", "after"}
    [after] = [row for row in rows if row["status"] == "after"]
    assert (after["pointer"], after["keyword"], after["value"]) == ("/properties/tags", "uniqueItems", "true")


def test_check_tells_of_examples_that_no_model_sees(folder: Path) -> None:
    name = {"type": "string", "examples": ["Perth", 7, ["Perth is old.", "Perth"]], "x-alias": "town"}
    (folder / "named.json").write_text(json.dumps({"type": "object", "properties": {"name": name}}))
    done = extract(folder, "schema", "check", "--json", "named.json")
    [row] = [row for line in done.stdout.splitlines() if (row := json.loads(line))["status"] == "ignored"]
    assert (row["pointer"], row["keyword"], row["value"]) == ("/properties/name", "examples", "7")
    assert row["why"] == "/examples/1: 7 is not of type 'string'; no model sees it"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("spec", "message", "hint"),
    [
        ('{"properties": {"a": {"$ref": "other.json"}}}', "/properties/a/$ref", "nothing is fetched"),
        ('{"properties": {"a": {"type": "strin"}}}', "/properties/a/type", ""),
        ('{"allOf": [{"type": "string"}, {"type": "integer"}]}', "no value satisfies", ""),
        ('{"type": "object"', "", ""),
        ("name, size itn", "column 12", "name, size itn"),
        ("nowhere.json", "nowhere.json: No such file", ""),
        ("sample.json", "no keyword of JSON Schema", "schema init"),
        ("deep.json", "nested too deep", ""),
        ("broken.json", "broken.json:1:10", ""),
        ("broken.yaml", "broken.yaml:1:", ""),
        ("bomb.yaml", "more than 100000 values", ""),
        ("on.yaml", "/properties: the name True is not a text", "quote"),
    ],
)
def test_what_is_refused(folder: Path, spec: str, message: str, hint: str) -> None:
    (folder / "sample.json").write_text('{"name": "Perth", "size": 3}')
    (folder / "deep.json").write_text('{"not":' * 60_000 + "{}" + "}" * 60_000)
    (folder / "broken.json").write_text('{"type": }')
    (folder / "broken.yaml").write_text('{"type": "object')
    lists = [f"a{at}: &a{at} [{', '.join([f'*a{at - 1}' if at else 'x'] * 9)}]" for at in range(12)]
    (folder / "bomb.yaml").write_text("\n".join([*lists, "enum: *a11"]))
    (folder / "on.yaml").write_text("properties: {on: {type: boolean}}")
    done = extract(folder, "schema", "check", spec)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: ")
    assert message in done.stderr
    assert hint in done.stderr
    assert "Traceback" not in done.stderr


def test_init_writes_a_file_that_can_be_used(folder: Path) -> None:
    done = extract(
        folder, "schema", "init", "name # as printed, size int?, tags[]: old|new", "-o", "town.py", "--name", "Town"
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    checked = extract(folder, "schema", "check", "town.py")
    assert checked.returncode == 0
    assert checked.stdout.splitlines()[-1].startswith("Town@")
    again = extract(folder, "schema", "init", "name", "-o", "town.py")
    assert again.returncode == 2
    assert "is there already" in again.stderr


def test_init_from_samples(folder: Path) -> None:
    (folder / "one.json").write_text('{"name": "Perth", "founded": "1829-06-12", "people": [{"name": "Stirling"}]}')
    (folder / "many.jsonl").write_text('{"name": "Perth", "size": 2}\n\n{"name": "Albany"}\n')
    one = extract(folder, "schema", "init", "one.json").stdout
    assert "founded: date" in one
    assert "people: list[Person]" in one
    assert "size: int | None = None" in extract(folder, "schema", "init", "many.jsonl").stdout
    (folder / "bad.json").write_text('{"a": ')
    bad = extract(folder, "schema", "init", "bad.json")
    assert (bad.returncode, bad.stdout) == (2, "")
    assert "bad.json:1:" in bad.stderr


@pytest.mark.slow
@pytest.mark.usefixtures("smollm2")
def test_an_inline_schema(folder: Path) -> None:
    done = extract(folder, "run", "a.txt", *SMOL, "-s", "town str, size: small|large, old bool")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert list(found) == ["town", "size", "old"]
    assert found["size"] in ("small", "large")
    assert isinstance(found["old"], bool)


@pytest.mark.slow
@pytest.mark.usefixtures("smollm2")
def test_many_records_from_each_of_two_sources(folder: Path) -> None:
    (folder / "b.txt").write_text("Albany is an old town in the south.\n")
    done = extract(folder, "run", "a.txt", "b.txt", *SMOL, "-s", "town.json", "--many", "--max-tokens", "300")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert lines, done.stderr
    assert done.returncode == (1 if "error:" in done.stderr else 0)
    assert {line["source"] for line in lines} <= {"a.txt", "b.txt"}
    for source in ("a.txt", "b.txt"):
        numbers = [line["record"] for line in lines if line["source"] == source]
        assert numbers == list(range(len(numbers)))
    for line in lines:
        assert list(line["data"]) == ["name", "size", "tags"]
        assert 0 < line["data"]["size"] <= 9
        assert len(set(line["data"]["tags"])) == len(line["data"]["tags"])


@pytest.mark.slow
@pytest.mark.usefixtures("smollm2")
def test_many_in_full_is_one_record_for_a_document(folder: Path) -> None:
    done = extract(folder, "run", "a.txt", *SMOL, "-s", "town.json", "--many", "--full", "--max-tokens", "300")
    found = json.loads(done.stdout)
    assert isinstance(found["data"], list)
    assert found["source"] == "a.txt"
    assert bool(found["errors"]) == (done.returncode == 1)
