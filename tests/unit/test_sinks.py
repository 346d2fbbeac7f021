"""Records written as text, to a stream or to a file that appears whole or not at all."""

from __future__ import annotations

import errno
import io
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from scripted import quick, schema_of

from extractor.errors import ExtractError, UsageError
from extractor.lines import Line, View, to_json
from extractor.locks import claimed
from extractor.sinks import Form, Layout, Sink, choose_form, open_sink
from extractor.sinks.text import Flow, text_writer
from extractor.types import Extraction, Problem

ONE = {"title": "海 sea", "n": [1, None]}
TWO = {"title": 'q"', "n": []}
FORMS: tuple[Form, ...] = ("json", "jsonl", "yaml")
ANY = schema_of({})
LIST = schema_of({"type": "array", "items": {}})
FAULT = Problem("/a", "is missing")


def line(data: Any, source: str = "a.txt", *errors: Problem) -> Line:
    return Line.of(Extraction(source, data, "A@1", "e", "grammar", errors=errors))


def layout(form: Form, *, single: bool = False, view: View = "data") -> Layout:
    return Layout(form, view, single, ANY)


def text_of(form: Form, *records: Any, single: bool = False) -> str:
    return lines_as_text(layout(form, single=single), map(line, records))


def lines_as_text(given_layout: Layout, lines: Any) -> str:
    stream = io.StringIO()
    sink = Sink(text_writer(Flow(stream, 0), given_layout), "stream")
    for one in lines:
        sink.write(one)
    sink.finish()
    return stream.getvalue()


def read_back(form: Form, text: str) -> list[Any]:
    if form == "yaml":
        return list(yaml.safe_load_all(text))
    return json.loads(text) if form == "json" else [json.loads(line) for line in text.splitlines()]


# --- formats -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "single", "records", "expected"),
    [
        ("json", True, [ONE], '{\n  "title": "海 sea",\n  "n": [\n    1,\n    null\n  ]\n}\n'),
        ("json", True, [], ""),
        ("json", False, [], "[]\n"),
        ("json", False, [1], "[\n1\n]\n"),
        ("json", False, [1, 2], "[\n1,\n2\n]\n"),
        ("jsonl", True, [ONE], '{"title": "海 sea", "n": [1, null]}\n'),
        ("jsonl", False, [ONE, TWO], '{"title": "海 sea", "n": [1, null]}\n{"title": "q\\"", "n": []}\n'),
        ("jsonl", False, [], ""),
        ("yaml", True, [ONE], "title: 海 sea\nn:\n- 1\n- null\n"),
        ("yaml", False, [ONE, TWO], '---\ntitle: 海 sea\nn:\n- 1\n- null\n---\ntitle: q"\nn: []\n'),
        ("yaml", True, ["plain"], '"plain"\n'),
        ("yaml", False, [], ""),
    ],
)
def test_formats(form: Form, single: bool, records: list[Any], expected: str) -> None:
    assert text_of(form, *records, single=single) == expected


@pytest.mark.parametrize("form", FORMS)
def test_several_records_are_read_back(form: Form) -> None:
    assert read_back(form, text_of(form, ONE, TWO, ONE)) == [ONE, TWO, ONE]


@pytest.mark.parametrize("form", FORMS)
def test_a_record_is_readable_as_soon_as_it_is_written(form: Form) -> None:
    class Stream(io.StringIO):
        flushed = ""

        def flush(self) -> None:
            self.flushed = self.getvalue()

    stream = Stream()
    sink = Sink(text_writer(Flow(stream, 0), layout(form)), "stream")
    for at, record in enumerate((ONE, TWO), 1):
        sink.write(line(record))
        assert sink.written == at
        assert "title" in stream.flushed
    assert "q" in stream.flushed


def test_a_file_is_flushed_once_in_a_while() -> None:
    class Stream(io.StringIO):
        flushes = 0

        def flush(self) -> None:
            self.flushes += 1

    stream = Stream()
    sink = Sink(text_writer(Flow(stream, 60), layout("jsonl")), "stream")
    for _ in range(100):
        sink.write(line(ONE))
    assert stream.flushes == 1, "the first line shows that it goes on"


@pytest.mark.parametrize(
    ("view", "schema", "shown"),
    [
        ("record", ANY, ["a", "b", "c"]),
        ("data", ANY, [[1], [2, 3]]),
        ("entries", ANY, [[1], [2, 3]]),
        ("data", LIST, [1, 2, 3]),
        ("entries", LIST, [("a", 0, 1), ("b", 0, 2), ("b", 1, 3)]),
    ],
)
@pytest.mark.parametrize("form", FORMS)
def test_what_of_records_is_written(form: Form, view: View, schema: Any, shown: list[Any]) -> None:
    lines = [line([1], "a"), line([2, 3], "b"), line(None, "c", FAULT)]
    found = read_back(form, lines_as_text(Layout(form, view, single=False, schema=schema), lines))
    if view == "record":
        assert found == [json.loads(one.text) for one in lines]
    elif schema is LIST and view == "entries":
        assert found == [{"source": source, "record": at, "data": data} for source, at, data in shown]
    else:
        assert found == shown


def test_a_record_in_json_lines_is_its_own_text() -> None:
    lines = [Line("a", '{"n":  1.50}', '{"schema": "A@1"}'), Line("b", "1e2", '{"schema": "A@1"}')]
    text = lines_as_text(layout("jsonl", view="record"), lines)
    assert text == "".join(f"{one.text}\n" for one in lines)


# --- which form ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given_form", "out", "single", "expected"),
    [
        (None, None, True, "json"),
        (None, None, False, "jsonl"),
        (None, "a.json", False, "json"),
        (None, "a.jsonl", True, "jsonl"),
        (None, "a.NDJSON", True, "jsonl"),
        (None, "a.yml", False, "yaml"),
        (None, "a.yaml", False, "yaml"),
        (None, "a.csv", False, "csv"),
        (None, "a.tsv", True, "tsv"),
        (None, "a.parquet", False, "parquet"),
        (None, "a.db", False, "sqlite"),
        (None, "a.sqlite3", False, "sqlite"),
        (None, "a", True, "json"),
        (None, "a", False, "folder"),
        (None, "there", True, "folder"),
        (None, "there.json", True, "folder"),
        (None, "file", False, "jsonl"),
        (None, os.devnull, False, "jsonl"),
        ("yaml", "a.json", True, "yaml"),
        ("yaml", "a.txt", True, "yaml"),
        ("json", None, False, "json"),
        ("csv", None, False, "csv"),
        ("folder", "a.b", False, "folder"),
    ],
)
def test_choose_form(
    given_form: Form | None, out: str | None, single: bool, expected: Form, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("there", "there.json"):
        (tmp_path / name).mkdir()
    (tmp_path / "file").write_text("x")
    assert choose_form(given_form, Path(out) if out else None, single=single) == expected


def test_a_suffix_that_says_nothing() -> None:
    with pytest.raises(UsageError, match=r"--out a\.xlsx: \.xlsx is no form") as caught:
        choose_form(None, Path("a.xlsx"), single=False)
    assert caught.value.hint is not None
    assert ".csv, .tsv, .parquet, .db" in caught.value.hint


@pytest.mark.parametrize("form", ["parquet", "sqlite", "folder"])
@pytest.mark.parametrize("out", [None, Path(os.devnull)])
def test_a_form_that_needs_a_file(form: Form, out: Path | None) -> None:
    with pytest.raises(UsageError, match=f"--format {form}: cannot be written to a stream"):
        choose_form(form, out, single=False)


# --- what a terminal must not obey ---------------------------------------------------------------------------

UNSAFE = "".join(
    map(chr, [*range(0x20), *range(0x7F, 0xA0), 0xD800, *range(0x2028, 0x202F), *range(0x2066, 0x206A), 0xDFFF])
)


def test_to_json_of_control_characters_and_halves_of_characters() -> None:
    assert to_json("\x9b31m") == '"\\u009b31m"'
    assert to_json("\x1b[31m\x7f\x85\u2028\u2029\ud800") == '"\\u001b[31m\\u007f\\u0085\\u2028\\u2029\\ud800"'
    assert to_json({"\x9b": "海é😀"}) == '{"\\u009b": "海é😀"}'


@pytest.mark.parametrize("form", FORMS)
def test_no_format_writes_a_control_character(form: Form) -> None:
    text = text_of(form, {"a": UNSAFE, UNSAFE: 1}, ONE)
    assert [char for char in text if char in UNSAFE and char != "\n"] == []
    assert text.encode()
    assert read_back(form, text) == [{"a": UNSAFE, UNSAFE: 1}, ONE]


def test_a_line_of_json_lines_is_one_line_to_everybody() -> None:
    assert len(text_of("jsonl", {"a": UNSAFE}).splitlines()) == 1


@pytest.mark.parametrize("record", [{"a": "to be continued..."}, ["wait..."], {"a": {"b": "..."}, "c": "well..."}])
def test_a_text_that_ends_with_three_dots_in_yaml(record: Any) -> None:
    assert read_back("yaml", text_of("yaml", record, ONE)) == [record, ONE]


@pytest.mark.parametrize("char", ["\x85", "\u2028", "\u2029", "\u202e"])
def test_a_line_break_of_unicode_in_yaml(char: str) -> None:
    text = text_of("yaml", {"a": f"b{char}c"})
    assert char not in text
    assert read_back("yaml", text) == [{"a": f"b{char}c"}]


whole = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
broken = st.text(st.characters(), max_size=20)


def json_data(text: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | text
    return st.recursive(leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4))


@quick(200)
@given(json_data(whole), st.sampled_from([None, 2]))
def test_to_json_leads_back(data: Any, indent: int | None) -> None:
    text = to_json(data, indent)
    assert json.loads(text) == data
    assert not set(text) & set(UNSAFE) - {"\n"}


@quick(200)
@given(json_data(broken | st.text(st.sampled_from("\ud83d\ude00\udfffa"), max_size=4)))
def test_to_json_leads_back_with_halves_of_characters_too(data: Any) -> None:
    text = to_json(data)
    assert text.encode()
    assert json.loads(text) == json.loads(json.dumps(data))  # to any reader, two halves side by side are one character


@quick(150)
@given(st.lists(json_data(whole), min_size=1, max_size=3), st.sampled_from(FORMS))
def test_every_format_leads_back(records: list[Any], form: Form) -> None:
    assert read_back(form, text_of(form, *records)) == records


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# --- where it goes -------------------------------------------------------------------------------------------


def test_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    with open_sink(None, layout("json")) as sink:
        sink.write(line(1))
        assert capsys.readouterr().out == "[\n1"
    assert capsys.readouterr().out == "\n]\n"


def test_a_file_has_its_name_when_all_is_written(tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    with open_sink(out, layout("json")) as sink:
        sink.write(line(ONE))
        assert not out.exists()
        sink.write(line(TWO))
    assert json.loads(out.read_text(encoding="utf-8")) == [ONE, TWO]
    assert names_in(tmp_path) == ["out.json"]


def test_an_older_file_is_replaced_at_once(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    out.write_text("old")
    second_name = tmp_path / "second.jsonl"
    second_name.hardlink_to(out)
    with open_sink(out, layout("jsonl")) as sink:
        sink.write(line(1))
        assert out.read_text() == "old"
    assert out.read_text() == "1\n"
    assert second_name.read_text() == "old"  # a new file took the name; nobody saw it half-written


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, GeneratorExit])
def test_what_was_written_before_an_interruption_is_kept_beside_it(
    form: Form, error: type[BaseException], tmp_path: Path
) -> None:
    out = tmp_path / f"out.{form}"
    out.write_text("old")

    def run() -> None:
        with open_sink(out, layout(form)) as sink:
            sink.write(line(ONE))
            sink.write(line(TWO))
            raise error

    with pytest.raises(error):
        run()
    assert out.read_text() == "old"
    assert read_back(form, (tmp_path / f"out.{form}.partial").read_text(encoding="utf-8")) == [ONE, TWO]
    assert names_in(tmp_path) == [f"out.{form}", f"out.{form}.partial"]


@pytest.mark.parametrize("interrupted", [False, True])
def test_without_a_record_nothing_is_written(interrupted: bool, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    out.write_text("old")

    def run() -> None:
        with open_sink(out, layout("json", single=True)):
            if interrupted:
                raise RuntimeError

    if interrupted:
        with pytest.raises(RuntimeError):
            run()
    else:
        run()
    assert out.read_text() == "old"
    assert names_in(tmp_path) == ["out.json"]


def test_a_terminal_is_written_to_directly() -> None:
    ours, theirs = os.openpty()
    try:
        with open_sink(Path(os.ttyname(theirs)), layout("jsonl")) as sink:
            sink.write(line(1))
            assert os.read(ours, 100) == b"1\r\n"
    finally:
        os.close(ours)
        os.close(theirs)


@pytest.mark.skipif(os.geteuid() == 0, reason="were the code wrong, root would replace /dev/null by a file")
def test_the_null_device_is_written_to_directly() -> None:
    with open_sink(Path("/dev/null"), layout("json")) as sink:
        sink.write(line(ONE))
    assert Path("/dev/null").is_char_device()


def test_a_named_pipe_is_written_to_directly(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        with open_sink(pipe, layout("jsonl")) as sink:
            sink.write(line(1))
            assert os.read(reader, 100) == b"1\n"
    finally:
        os.close(reader)
    assert pipe.is_fifo()


def test_the_file_is_utf_8_whatever_the_locale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C")
    out = tmp_path / "out.yaml"
    with open_sink(out, layout("yaml", single=True)) as sink:
        sink.write(line(ONE))
    assert yaml.safe_load(out.read_bytes().decode("utf-8")) == ONE


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "is a folder"),
        ("nowhere/out.json", "No such file"),
        ("file/out.json", "Not a directory"),
    ],
)
def test_a_place_that_cannot_be_written_to(name: str, why: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(UsageError, match=why) as caught, open_sink(tmp_path / name, layout("json", single=True)):
        raise AssertionError("the run began")
    assert str(caught.value).startswith(f"--out {tmp_path / name}: ")
    assert caught.value.hint
    assert caught.value.exit_code == 2
    assert names_in(tmp_path) == ["file"]


@pytest.mark.parametrize("name", ["海" * 80 + ".jsonl", "x" * 240 + ".jsonl"])
def test_a_long_name(name: str, tmp_path: Path) -> None:
    out = tmp_path / name
    with open_sink(out, layout("jsonl")) as sink:
        sink.write(line(1))
    assert names_in(tmp_path) == [name]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    link, target = tmp_path / "out.jsonl", tmp_path / "folder" / "real.jsonl"
    link.symlink_to(target)
    with open_sink(link, layout("jsonl")) as sink:
        sink.write(line(1))
    assert link.is_symlink()
    assert target.read_text() == "1\n"


# --- one run at a time, and what is left of others -----------------------------------------------------------


def test_an_output_is_written_by_one_run(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    busy = pytest.raises(UsageError, match="another run writes it")
    with claimed(out, "--out"), busy, open_sink(out, layout("jsonl")):
        raise AssertionError("the run began")
    assert names_in(tmp_path) == []


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs /proc")
def test_where_no_lock_can_be_made_nobody_holds_one() -> None:
    with (
        pytest.raises(UsageError, match=r"--out /proc/x\.json: No such file or directory") as caught,
        claimed(Path("/proc/x.json"), "--out"),
    ):
        raise AssertionError("the run began")
    assert caught.value.hint == "the folder must exist and be writable"


KILLED = """
import os, pathlib, sys
from extractor.lines import Line
from extractor.sinks import Layout, open_sink
from extractor.types import Schema
layout = Layout(sys.argv[2], "data", False, Schema("A", {"type": "object", "properties": {"n": {}}}, ""))
with open_sink(pathlib.Path(sys.argv[1]), layout) as sink:
    for at in range(3000):
        sink.write(Line(f"{at}.txt", '{"n": 1}', "{}"))
    os._exit(9)
"""


@pytest.mark.parametrize("name", ["out.json", "out.jsonl", "out.yaml", "out.csv", "out.db", "out.parquet"])
def test_after_a_kill_the_older_file_is_there_and_the_next_run_cleans_up(name: str, tmp_path: Path) -> None:
    out = tmp_path / name
    out.write_text("old")
    form = choose_form(None, out, single=False)
    done = subprocess.run([sys.executable, "-c", KILLED, out, form], check=False)
    assert done.returncode == 9
    assert out.read_text() == "old"
    assert f".{name}.tmp" in names_in(tmp_path)
    with open_sink(out, layout(form)) as sink:
        sink.write(line({"n": 1}))
    assert out.read_bytes() != b"old"
    assert names_in(tmp_path) == [name]


def test_a_run_that_ends_removes_what_an_interrupted_one_left(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"

    def run(*records: int, error: type[Exception] | None) -> None:
        with open_sink(out, layout("jsonl")) as sink:
            for record in records:
                sink.write(line(record))
            if error:
                raise error

    with pytest.raises(ValueError, match=r"^$"):
        run(1, error=ValueError)
    assert names_in(tmp_path) == ["out.jsonl.partial"]
    run(1, 2, error=None)
    assert names_in(tmp_path) == ["out.jsonl"]
    assert out.read_text() == "1\n2\n"


# --- a full disk ---------------------------------------------------------------------------------------------


FULL = """
import contextlib, os, pathlib, resource, signal, sys
from extractor.errors import ExtractError
from extractor.lines import Line
from extractor.sinks import Layout, open_sink
from extractor.types import Schema
import extractor.sinks.as_csv, extractor.sinks.as_sqlite, extractor.sinks.folder, extractor.sinks.text
with contextlib.suppress(ImportError):
    import pyarrow.parquet
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
schema = Schema("A", {"type": "object", "properties": {"n": {"type": "string"}}}, "")
try:
    with open_sink(pathlib.Path(sys.argv[1]), Layout(sys.argv[2], "record", False, schema)) as sink:
        for at in range(int(sys.argv[3])):
            with contextlib.suppress(ExtractError if sys.argv[4] == "deaf" else ()):
                sink.write(Line(f"{at}.txt", '{"n": "%s"}' % os.urandom(600).hex(), '{"schema": "A@1"}'))
except ExtractError as error:
    print(error)
    sys.exit(error.exit_code)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="limits the size of files")
@pytest.mark.parametrize("name", ["out.json", "out.jsonl", "out.yaml", "out.csv", "out.db", "out.parquet"])
# It fails at the end, or on the way; and a deaf caller goes on.
@pytest.mark.parametrize(("is_long", "caller"), [(False, "careful"), (True, "careful"), (True, "deaf")])
def test_where_the_disk_is_full_no_half_file_gets_the_name(
    name: str, is_long: bool, caller: str, tmp_path: Path
) -> None:
    out = tmp_path / name
    out.write_text("old")
    form = choose_form(None, out, single=False)
    count = 200 if not is_long else 14_000 if form == "parquet" else 3_000
    command: Sequence[Any] = [sys.executable, "-c", FULL, out, form, str(count), caller]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.startswith(f"cannot write {out}: ")
    assert out.read_text() == "old"
    left = {"out.jsonl.partial"} if form == "jsonl" else set()
    assert {*names_in(tmp_path)} == {name} | left
    for partial in left:
        sources = [json.loads(one)["source"] for one in (tmp_path / partial).read_text().splitlines()]
        assert sources == [f"{at}.txt" for at in range(len(sources))]
        assert 10 < len(sources) < 100


def test_a_write_that_fails_is_an_error_that_names_the_output() -> None:
    class Full(io.StringIO):
        def flush(self) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    sink = Sink(text_writer(Flow(Full(), 0), layout("jsonl")), "out.jsonl")
    with pytest.raises(ExtractError, match=r"cannot write out\.jsonl: No space left on device") as caught:
        sink.write(line(1))
    assert caught.value.exit_code == 1
    assert caught.value.hint
    with pytest.raises(ExtractError):
        sink.finish()


def test_a_reader_that_went_away_is_no_fault_of_the_output() -> None:
    class Closed(io.StringIO):
        def flush(self) -> None:
            raise BrokenPipeError

    sink = Sink(text_writer(Flow(Closed(), 0), layout("jsonl")), "stdout")
    with pytest.raises(BrokenPipeError):
        sink.write(line(1))
