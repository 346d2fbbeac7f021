"""A folder with a file for each document, whatever the documents are called."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted import quick, schema_of

from extractor.errors import UsageError
from extractor.lines import Line, View
from extractor.locks import claimed
from extractor.sinks import Layout, open_sink
from extractor.sinks.names import Names
from extractor.types import Extraction, Problem

ANY = schema_of({})
LIST = schema_of({"type": "array", "items": {}})
HOSTILE = [
    "../../etc/passwd", "/etc/passwd", "..", ".", "", "/", "//", "a/../b", "C:\\x", "C:/x", "\\\\host\\share", "a\x00b",
    "a\nb", "\x1b[2J", "CON", "con.txt", "a/NUL", "com1", "LPT¹.txt", "aux ", "x" * 300, "海" * 200, "d/" * 90 + "f",
    "a.", "a ", " a", "a:b", "a?b", "a|b", '"', "*", "<>", ".hidden", ".git/hooks/x", ".record.tmp", "\u202efdp",
    "s\udce9", "https://host/p?q=1#f", "a.json/b", "a", "A", "é", "e\u0301", "É", "ß", "SS", "data.jsonl#1", "-rf", "~",
]  # fmt: skip


def line(data: Any, source: str = "a.txt", *errors: Problem) -> Line:
    return Line.of(Extraction(source, data, "A@1", "e", "grammar", errors=errors))


def layout(view: View = "data", schema: Any = ANY) -> Layout:
    return Layout("folder", view, single=False, schema=schema)


def files_in(folder: Path) -> dict[str, Any]:
    found = {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}
    return {name: json.loads(path.read_text(encoding="utf-8")) for name, path in found.items()}


def test_each_document_has_a_file_where_its_source_lies(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with open_sink(out, layout()) as sink:
        for source in ("articles/a.txt", "articles/deep/er/a.txt", "b.md"):
            sink.write(line({"s": source}, source))
        assert len(files_in(out)) == 3, "each is there as soon as it is written"
    assert files_in(out) == {
        "articles/a.txt.json": {"s": "articles/a.txt"},
        "articles/deep/er/a.txt.json": {"s": "articles/deep/er/a.txt"},
        "b.md.json": {"s": "b.md"},
    }
    assert sink.written == 3
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_file_is_for_people(tmp_path: Path) -> None:
    with open_sink(tmp_path, layout()) as sink:
        sink.write(line({"a": "海\x9b"}))
    assert (tmp_path / "a.txt.json").read_text(encoding="utf-8") == '{\n  "a": "海\\u009b"\n}\n'


@pytest.mark.parametrize(
    ("view", "schema", "expected"),
    [("data", ANY, [1, 2]), ("entries", LIST, [1, 2]), ("data", LIST, [1, 2])],
)
def test_views(view: View, schema: Any, expected: Any, tmp_path: Path) -> None:
    with open_sink(tmp_path, layout(view, schema)) as sink:
        sink.write(line([1, 2]))
        sink.write(line(None, "b.txt", Problem("", "is missing")))
    assert files_in(tmp_path) == {"a.txt.json": expected}


def test_whole_records_have_files_for_failed_documents_too(tmp_path: Path) -> None:
    failed = line(None, "b.txt", Problem("", "is missing"))
    with open_sink(tmp_path, layout("record")) as sink:
        sink.write(failed)
    assert files_in(tmp_path) == {"b.txt.json": json.loads(failed.text)}


def test_a_rerun_writes_the_same_names_and_leaves_others_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.json").write_text("0")
    for round_ in (1, 2):
        with open_sink(tmp_path, layout()) as sink:
            for source in ("a", "A", "a", "b/a"):
                sink.write(line(round_, source))
        found = files_in(tmp_path)
        assert [*found.values()].count(round_) == 4
        assert found["mine.json"] == 0
    assert len(found) == 5


def test_data_of_an_earlier_run_do_not_stand_for_a_document_that_failed(tmp_path: Path) -> None:
    for one in (line(1), line(None, "a.txt", Problem("", "is missing"))):
        with open_sink(tmp_path, layout()) as sink:
            sink.write(one)
    assert files_in(tmp_path) == {}


def test_what_is_done_stays_after_an_interruption(tmp_path: Path) -> None:
    def run() -> None:
        with open_sink(tmp_path, layout()) as sink:
            sink.write(line(1))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run()
    assert files_in(tmp_path) == {"a.txt.json": 1}


def test_a_folder_is_written_by_one_run(tmp_path: Path) -> None:
    out = tmp_path / "out"
    busy = pytest.raises(UsageError, match="another run writes it")
    with claimed(out, "--out"), busy, open_sink(out, layout()):
        raise AssertionError("the run began")


@pytest.mark.parametrize(("name", "why"), [("nowhere/out", "No such file"), ("file", "File exists")])
def test_a_folder_that_cannot_be_made(name: str, why: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(UsageError, match=f"--out .*: {why}"), open_sink(tmp_path / name, layout()):
        raise AssertionError("the run began")


# --- names ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("a.txt", "a.txt.json"),
        ("./a//b.txt", "a/b.txt.json"),
        ("/data/a.txt", "data/a.txt.json"),
        ("论文/一.md", "论文/一.md.json"),
        ("../a", "_/a-*.json"),
        ("nul.txt", "_nul.txt-*.json"),
        (".env", "_env-*.json"),
        ("a:b?", "a_b_-*.json"),
        ("a.json/b", "a.json_/b-*.json"),
        ("", "_-*.json"),
    ],
)
def test_names(source: str, name: str) -> None:
    found = Names().name(source)
    start, _, end = name.partition("*")
    assert found.startswith(start)
    assert found.endswith(end)
    assert len(found) == len(name) + (7 if "*" in name else 0)


def test_hostile_names_stay_in_the_folder_and_apart(tmp_path: Path) -> None:
    out = tmp_path / "out"
    sources = HOSTILE * 2
    with open_sink(out, layout()) as sink:
        for at, source in enumerate(sources):
            sink.write(line(at, source))
    assert sorted(files_in(out).values()) == [*range(len(sources))]
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def assert_safe(name: str) -> None:
    parts = name.split("/")
    assert not {"", ".", ".."} & {*parts}
    assert len(name.encode()) <= 220
    for part in parts:
        assert not set(part) & set('<>:"|?*\\')
        assert not any(unicodedata.category(char) == "Cc" for char in part)
        assert part == part.strip(".").rstrip()
        assert part.split(".")[0].strip().upper() not in {"CON", "PRN", "AUX", "NUL", "COM1", "LPT¹"}


@quick(200)
@given(st.lists(st.sampled_from(HOSTILE) | st.text(max_size=8) | st.text(st.sampled_from("aA./\\ é"), max_size=5)))
def test_names_are_safe_and_distinct_whatever_the_case(sources: list[str]) -> None:
    names = Names()
    found = [names.name(source) for source in sources]
    for name in found:
        assert_safe(name)
    files = {unicodedata.normalize("NFC", name).casefold() for name in found}
    assert len(files) == len(found)
    folders = {"/".join(name.split("/")[:depth]) for name in files for depth in range(1, name.count("/") + 1)}
    assert not files & folders
    again = Names()
    assert [again.name(source) for source in sources] == found
