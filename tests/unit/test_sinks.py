"""Records written as JSON, JSON Lines and YAML, to a stream or to a file that appears whole or not at all."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from scripted import quick

from extractor.errors import UsageError
from extractor.lines import to_json
from extractor.sinks import Format, Sink, choose_format, open_sink

ONE = {"title": "海 sea", "n": [1, None]}
TWO = {"title": 'q"', "n": []}
FORMS: tuple[Format, ...] = ("json", "jsonl", "yaml")


def text_of(form: Format, *records: Any, single: bool = False) -> str:
    stream = io.StringIO()
    sink = Sink(stream, form, single=single)
    for record in records:
        sink.write(record)
    sink.finish()
    return stream.getvalue()


def read_back(form: Format, text: str) -> list[Any]:
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
def test_formats(form: Format, single: bool, records: list[Any], expected: str) -> None:
    assert text_of(form, *records, single=single) == expected


@pytest.mark.parametrize("form", FORMS)
def test_several_records_are_read_back(form: Format) -> None:
    assert read_back(form, text_of(form, ONE, TWO, ONE)) == [ONE, TWO, ONE]


@pytest.mark.parametrize("form", FORMS)
def test_a_record_is_readable_as_soon_as_it_is_written(form: Format) -> None:
    class Stream(io.StringIO):
        flushed = ""

        def flush(self) -> None:
            self.flushed = self.getvalue()

    stream = Stream()
    sink = Sink(stream, form, single=False)
    for at, record in enumerate((ONE, TWO), 1):
        sink.write(record)
        assert sink.written == at
        assert "title" in stream.flushed
    assert "q" in stream.flushed


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
        (None, "a.txt", True, "json"),
        (None, "a", False, "jsonl"),
        ("yaml", "a.json", True, "yaml"),
        ("json", None, False, "json"),
    ],
)
def test_choose_format(given_form: Format | None, out: str | None, single: bool, expected: Format) -> None:
    assert choose_format(given_form, Path(out) if out else None, single=single) == expected


# --- what a terminal must not obey ---------------------------------------------------------------------------

UNSAFE = "".join(
    map(chr, [*range(0x20), *range(0x7F, 0xA0), 0xD800, *range(0x2028, 0x202F), *range(0x2066, 0x206A), 0xDFFF])
)


def test_to_json_of_control_characters_and_halves_of_characters() -> None:
    assert to_json("\x9b31m") == '"\\u009b31m"'
    assert to_json("\x1b[31m\x7f\x85\u2028\u2029\ud800") == '"\\u001b[31m\\u007f\\u0085\\u2028\\u2029\\ud800"'
    assert to_json({"\x9b": "海é😀"}) == '{"\\u009b": "海é😀"}'


@pytest.mark.parametrize("form", FORMS)
def test_no_format_writes_a_control_character(form: Format) -> None:
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
def test_every_format_leads_back(records: list[Any], form: Format) -> None:
    assert read_back(form, text_of(form, *records)) == records


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# --- where it goes -------------------------------------------------------------------------------------------


def test_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    with open_sink(None, "json", single=False) as sink:
        sink.write(1)
        assert capsys.readouterr().out == "[\n1"
    assert capsys.readouterr().out == "\n]\n"


def test_a_file_has_its_name_when_all_is_written(tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    with open_sink(out, "json", single=False) as sink:
        sink.write(ONE)
        assert not out.exists()
        sink.write(TWO)
    assert json.loads(out.read_text(encoding="utf-8")) == [ONE, TWO]
    assert names_in(tmp_path) == ["out.json"]


def test_an_older_file_is_replaced_at_once(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    out.write_text("old")
    second_name = tmp_path / "second.jsonl"
    second_name.hardlink_to(out)
    with open_sink(out, "jsonl", single=False) as sink:
        sink.write(1)
        assert out.read_text() == "old"
    assert out.read_text() == "1\n"
    assert second_name.read_text() == "old"  # a new file took the name; nobody saw it half-written


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, GeneratorExit])
def test_what_was_written_before_an_interruption_is_kept_beside_it(
    form: Format, error: type[BaseException], tmp_path: Path
) -> None:
    out = tmp_path / f"out.{form}"
    out.write_text("old")

    def run() -> None:
        with open_sink(out, form, single=False) as sink:
            sink.write(ONE)
            sink.write(TWO)
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
        with open_sink(out, "json", single=True):
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
        with open_sink(Path(os.ttyname(theirs)), "jsonl", single=False) as sink:
            sink.write(1)
            assert os.read(ours, 100) == b"1\r\n"
    finally:
        os.close(ours)
        os.close(theirs)


@pytest.mark.skipif(os.geteuid() == 0, reason="were the code wrong, root would replace /dev/null by a file")
def test_the_null_device_is_written_to_directly() -> None:
    with open_sink(Path("/dev/null"), "json", single=False) as sink:
        sink.write(ONE)
    assert Path("/dev/null").is_char_device()


def test_a_named_pipe_is_written_to_directly(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        with open_sink(pipe, "jsonl", single=False) as sink:
            sink.write(1)
            assert os.read(reader, 100) == b"1\n"
    finally:
        os.close(reader)
    assert pipe.is_fifo()


def test_the_file_is_utf_8_whatever_the_locale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C")
    out = tmp_path / "out.yaml"
    with open_sink(out, "yaml", single=True) as sink:
        sink.write(ONE)
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
    with pytest.raises(UsageError, match=why) as caught, open_sink(tmp_path / name, "json", single=True):
        raise AssertionError("the run began")
    assert str(caught.value).startswith(f"--out {tmp_path / name}: ")
    assert caught.value.hint
    assert caught.value.exit_code == 2
    assert names_in(tmp_path) == ["file"]
