"""Records in files: JSON Lines, CSV, TSV and Parquet."""

from __future__ import annotations

import csv
import io
import json
import os
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.errors import SourceError
from extractor.sources import (
    MOST_BYTES,
    Source,
    Wanted,
    count,
    find,
    is_missing,
    is_small,
    json_lines,
    load,
    tables,
    text_lines,
)
from extractor.sources.records import Fields, _Ids
from extractor.types import Document
from tests.unit.scripted import quick

CHINESE = "今天天气很好，我们去公园散步。明天可能会下雨，记得带伞。"


@pytest.fixture(autouse=True)
def _inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def put(name: str, data: str | bytes) -> str:
    Path(name).write_bytes(data.encode() if isinstance(data, str) else data)
    return name


def found(name: str, **fields: object) -> list[Source]:
    return list(find(Wanted((name,), **fields)))  # type: ignore[arg-type]


def texts(name: str, **fields: object) -> list[tuple[str, str]]:
    sources = found(name, **fields)
    assert [str(source.fault) for source in sources if source.fault] == []
    return [(source.label, load(source).text) for source in sources]


def faults(sources: list[Source]) -> list[str]:
    assert all(source.fault.hint for source in sources if source.fault)
    return [str(source.fault) for source in sources if source.fault]


def lines(*records: Any) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


# --- JSON Lines ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["d.jsonl", "d.ndjson", "D.JSONL"])
@pytest.mark.parametrize(
    "data",
    [
        b'{"text": "one"}\n{"text": "two"}\n',
        b'{"text": "one"}\r\n{"text": "two"}',
        b'\xef\xbb\xbf{"text": "one"}\n{"text": "two"}\n',
    ],
)
def test_each_line_is_a_source(name: str, data: bytes) -> None:
    put(name, data)
    assert texts(name) == [(f"{name}:1", "one"), (f"{name}:2", "two")]
    assert count(Wanted((name,))) == 2


def test_blank_lines_are_no_records_but_lines() -> None:
    put("d.jsonl", '\n{"text": "one"}\n \n\n{"text": "two"}\n\n')
    assert texts("d.jsonl") == [("d.jsonl:2", "one"), ("d.jsonl:5", "two")]
    assert count(Wanted(("d.jsonl",))) == 2


def test_a_record_is_there_already() -> None:
    put("d.jsonl", lines({"text": "one", "id": "-"}))
    [source] = found("d.jsonl", id_field="id")
    Path("d.jsonl").unlink()
    assert load(source).text == "one"
    assert is_small(source)
    assert not is_missing(source)
    assert source.label == "-"


def test_records_come_from_patterns_globs_and_lists() -> None:
    Path("d").mkdir()
    put("d/a.jsonl", lines({"text": "one"}))
    put("list", "d/a.jsonl\n")
    for wanted in (Wanted(("d/*",)), Wanted(("d",), glob=("*.jsonl",)), Wanted(lists=("list",))):
        assert [source.name for source in find(wanted)] == ["d/a.jsonl:1"]
        assert count(wanted) == 1


@pytest.mark.parametrize(
    ("field", "record", "text"),
    [
        ("body", {"body": "b", "text": "t"}, "b"),
        ("/a/b", {"a": {"b": "b"}}, "b"),
        ("/a/1/b", {"a": [{}, {"b": "b"}]}, "b"),
        ("/a~1b", {"a/b": "b"}, "b"),
        ("a/b", {"a/b": "b"}, "b"),
    ],
)
def test_the_field_of_the_text(field: str, record: Any, text: str) -> None:
    put("d.jsonl", lines(record))
    assert texts("d.jsonl", text_field=field) == [("d.jsonl:1", text)]


@pytest.mark.parametrize(("field", "record", "name"), [("id", {"id": "x"}, "x"), ("/m/n", {"m": {"n": 17}}, "17")])
def test_the_field_of_the_name(field: str, record: Any, name: str) -> None:
    put("d.jsonl", lines(record | {"text": "t"}))
    assert texts("d.jsonl", id_field=field) == [(name, "t")]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("nonsense", "not JSON: Expecting value at column 1"),
        ('{"text": "a"} x', "not JSON: Extra data at column 15"),
        ('{"text": "a', "not JSON: Invalid control character at column 12"),
        ('{"text": "a"', "not JSON: Expecting ',' delimiter at its end"),
        ("[" * 100_000, "too many brackets within each other"),
        ('{"text": ' + "9" * 5_000 + "}", "Exceeds the limit"),
        (b'{"text": "\xff"}', "not UTF-8 at byte 11"),
        ('["a"]', "a list, not an object"),
        ('"a"', "a text, not an object"),
        ("{}", "no field 'text'; there are none"),
        ('{"id": 1, "body": "b"}', "no field 'text'; there are 'id', 'body'"),
        (json.dumps({f"f{at}": "" for at in range(20)}), "'f7' and 12 more"),
        ('{"text": null}', "'text' is null, not a text"),
        ('{"text": true}', "'text' is true, not a text"),
        ('{"text": 12}', "'text' is a number, not a text"),
        ('{"text": 1.5}', "'text' is a number, not a text"),
        ('{"text": ["a"]}', "'text' is a list, not a text"),
        ('{"text": {"a": "b"}}', "'text' is an object, not a text"),
        ('{"text": ""}', "'text' is empty"),
        ('{"text": " \\n"}', "'text' is empty"),
    ],
)
def test_a_bad_line_is_told_and_the_others_go_on(line: str | bytes, why: str) -> None:
    middle = line if isinstance(line, bytes) else line.encode()
    put("d.jsonl", b'{"text": "one"}\n' + middle + b'\n{"text": "three"}\n')
    first, bad, third = found("d.jsonl")
    assert (load(first).text, load(third).text) == ("one", "three")
    assert bad.name == "d.jsonl:2"
    [told] = faults([bad])
    assert told.startswith("d.jsonl:2: ")
    assert why in told
    with pytest.raises(SourceError, match=r"d\.jsonl:2"):
        load(bad)


@pytest.mark.parametrize(
    ("field", "record", "why"),
    [
        ("/a/b", {"a": {"c": 1}}, "no field 'b' in 'a'; there are 'c'"),
        ("/a/b", {"a": "x"}, "no field 'b' in 'a'; it is a text"),
        ("/a/5", {"a": []}, "no field '5' in 'a'; it is a list"),
        ("/a/b/c", {"a": {"b": None}}, "no field 'c' in '/a/b'; it is null"),
    ],
)
def test_a_nested_field_that_is_not_there(field: str, record: Any, why: str) -> None:
    put("d.jsonl", lines(record))
    assert faults(found("d.jsonl", text_field=field)) == [f"d.jsonl:1: {why}"]


@pytest.mark.parametrize(
    ("record", "why"),
    [
        ({"text": "t"}, "no field 'id'; there are 'text'"),
        ({"text": "t", "id": None}, "'id' is null, not a text or a whole number"),
        ({"text": "t", "id": 1.5}, "'id' is a number, not a text or a whole number"),
        ({"text": "t", "id": True}, "'id' is true, not a text or a whole number"),
        ({"text": "t", "id": ""}, "'id' is empty"),
    ],
)
def test_a_record_without_a_name(record: Any, why: str) -> None:
    put("d.jsonl", lines(record))
    [source] = found("d.jsonl", id_field="id")
    assert source.name == "d.jsonl:1"
    assert faults([source]) == [f"d.jsonl:1: {why}"]


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"text_field": "body"}, "none of its records has a field 'body'; there are 'id', 'text', 'm'"),
        ({"id_field": "key"}, "none of its records has a field 'key'; there are 'id', 'text', 'm'"),
        ({"text_field": "/m/n"}, "none of its records has a field '/m/n'; there are 'id', 'text', 'm'"),
    ],
)
def test_a_field_that_no_record_has_is_one_fault_of_the_file(fields: dict[str, str], why: str) -> None:
    put("d.jsonl", lines({"id": 1, "text": "a"}) + "no JSON\n[1]\n\n" + lines({"id": 2, "text": "b", "m": 1}))
    assert faults(found("d.jsonl", **fields)) == [f"d.jsonl: {why}"]
    put("d.jsonl", Path("d.jsonl").read_text() + lines({"body": "c", "key": "c", "text": "d", "m": {"n": "e"}}))
    assert len(found("d.jsonl", **fields)) == 5
    assert len(faults(found("d.jsonl", **fields))) == 4


def test_a_bad_record_has_its_name_where_it_has_one() -> None:
    put("d.jsonl", lines({"id": "x", "text": None}))
    [source] = found("d.jsonl", id_field="id")
    assert source.name == "x"
    assert faults([source]) == ["d.jsonl:1: 'text' is null, not a text"]


def test_two_records_with_one_id_are_both_done_and_told() -> None:
    put("d.jsonl", lines({"id": 1, "text": "a"}, {"id": "2", "text": "b"}, {"id": "1", "text": "c"}))
    documents = [load(source) for source in found("d.jsonl", id_field="id")]
    assert [(document.source, document.text) for document in documents] == [("1", "a"), ("2", "b"), ("1", "c")]
    assert [document.notes for document in documents] == [(), (), ("the id '1' is not unique: this is d.jsonl:3",)]


def test_both_places_of_an_id_are_told() -> None:
    repeats: list[tuple[str, str, str]] = []
    put("c.jsonl", lines({"text": "no id"}) + "\n\n" + lines({"id": "a", "text": "a"}))
    put("d.jsonl", lines({"id": "b", "text": "b"}, {"id": "a", "text": "c"}, {"id": "b", "text": "d"}))
    wanted = Wanted(("c.jsonl", "d.jsonl"), id_field="id")
    assert len([*find(wanted, lambda *told: repeats.append(told))]) == 5
    assert repeats == [("a", "c.jsonl:4", "d.jsonl:2"), ("b", "d.jsonl:1", "d.jsonl:3")]


def test_half_a_pair_of_surrogates_is_replaced_and_told() -> None:
    put("d.jsonl", '{"text": "a \\ud83d b", "id": "\\udc00"}\n{"text": "\\ud83d\\ude00", "id": "x"}\n')
    first, second = (load(source) for source in found("d.jsonl", id_field="id"))
    assert (first.source, first.text) == ("\ufffd", "a \ufffd b")
    assert "U+FFFD" in first.notes[0]
    assert (second.text, second.notes) == ("\U0001f600", ())


def test_a_line_of_any_length_is_not_read_into_memory() -> None:
    with Path("d.jsonl").open("wb") as file:
        file.write(b'{"text": "one"}\n{"text": "')
        file.writelines(b"a" * (1 << 20) for _ in range(3 * (MOST_BYTES >> 20)))
        file.write(b'"}\n{"text": "three"}\n')
    tracemalloc.start()
    first, bad, third = found("d.jsonl")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (load(first).text, load(third).text) == ("one", "three")
    assert faults([bad]) == ["d.jsonl:2: a line of more than 32 MiB"]
    assert peak < 2.5 * MOST_BYTES


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "d.jsonl: no records in it"),
        (b"\n\n", "d.jsonl: no records in it"),
        ('{"text": "a"}'.encode("utf-16"), "d.jsonl: UTF-16, where JSON Lines are UTF-8"),
    ],
)
def test_a_file_without_records_is_one_fault(data: bytes, why: str) -> None:
    put("d.jsonl", data)
    assert faults(found("d.jsonl")) == [why]


@pytest.mark.parametrize("name", ["gone.jsonl", "gone.csv", "gone.parquet"])
def test_a_file_that_is_not_there(name: str) -> None:
    if name.endswith("parquet"):
        pytest.importorskip("pyarrow")
    put("a.txt", "text")
    first, second = find(Wanted((name, "a.txt")))
    assert str(first.fault) == f"{name}: no such file"
    assert load(second).text == "text"
    assert count(Wanted((name, "a.txt"))) == 2


JUNK = st.one_of(
    st.binary(max_size=30).filter(lambda data: b"\n" not in data),
    st.sampled_from([b"{", b'{"text": 1}', b'{"text": ""}', b"[]", b'{"text"', b"\xff", b'{"txt": "a"}']),
).filter(lambda data: data.strip() != b"" and not data.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")))
GOOD = st.text(min_size=1).filter(lambda text: not text.isspace())


def as_json(text: str, escape: bool) -> bytes:
    return json.dumps({"text": text}, ensure_ascii=escape).encode()


@quick()
@given(lines=st.lists(st.one_of(JUNK, GOOD)), good=GOOD, escape=st.booleans(), size=st.sampled_from([1, 3, 1 << 20]))
def test_no_good_line_is_lost_and_each_bad_one_is_told(
    lines: list[bytes | str], good: str, escape: bool, size: int
) -> None:
    rows = [*lines, good]  # where none had the field, that would be one fault of the file
    written = [
        row if isinstance(row, bytes) else json.dumps({"text": row}, ensure_ascii=escape).encode() for row in rows
    ]
    put("d.jsonl", b"\n".join(written))
    sources = found("d.jsonl")
    told = {source.name for source in sources if source.fault}
    assert told == {f"d.jsonl:{at}" for at, row in enumerate(rows, 1) if isinstance(row, bytes)}
    assert [load(source).text for source in sources if not source.fault] == [
        row for row in rows if isinstance(row, str)
    ]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(json_lines, "CHUNK", size)
        assert count(Wanted(("d.jsonl",))) == len(sources)


def test_records_stream() -> None:
    os.mkfifo("d.jsonl")
    descriptor = os.open("d.jsonl", os.O_RDWR)
    os.write(descriptor, b'{"text": "one"}\n')
    records = find(Wanted(("d.jsonl",)))
    assert load(next(records)).text == "one"
    os.close(descriptor)


# --- CSV and TSV ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("d.csv", "id,text\n1,one\n2,two\n"),
        ("d.csv", "id,text\r\n1,one\r\n2,two"),
        ("d.csv", "\ufeffid,text\n1,one\n2,two\n"),
        ("d.csv", '"id","text"\n"1","one"\n\n"2","two"\n\n'),
        ("d.csv", "id, text\n1,one\n2,two\n"),
        ("d.csv", "id;text\n1;one\n2;two\n"),
        ("d.csv", "id\ttext\n1\tone\n2\ttwo\n"),
        ("d.csv", "id,text,,\n1,one,,\n2,two,,,\n"),
        ("d.csv", "text,id,more\none,1\ntwo,2,x\n"),
        ("d.tsv", "id\ttext\n1\tone\n2\ttwo\n"),
        ("D.TSV", "id\ttext\n1\tone\n2\ttwo\n"),
    ],
)
def test_each_row_is_a_source(name: str, data: str) -> None:
    put(name, data)
    assert texts(name) == [(f"{name}:1", "one"), (f"{name}:2", "two")]
    assert texts(name, id_field="id") == [("1", "one"), ("2", "two")]


@pytest.mark.parametrize("text", ["a, b", "a\nb\r\nc\rd", 'he said "no"', "a\tb", CHINESE])
@pytest.mark.parametrize("name", ["d.csv", "d.tsv"])
def test_what_is_quoted_is_a_text(text: str, name: str) -> None:
    stream = io.StringIO()
    csv.writer(stream, delimiter="\t" if name == "d.tsv" else ",").writerows([["text", "x"], [text, ""], [text, "1"]])
    put(name, stream.getvalue())
    assert texts(name) == [(f"{name}:1", text), (f"{name}:2", text)]
    assert count(Wanted((name,))) == 2


@pytest.mark.parametrize(
    ("encoding", "text"), [("cp1252", "Le café est fermé à midi"), ("gb18030", CHINESE), ("utf-16", CHINESE)]
)
def test_encodings_are_guessed_as_those_of_files(encoding: str, text: str) -> None:
    put("d.csv", f"id,text\n1,plain\n2,{text}\n".encode(encoding))
    documents = [load(source) for source in found("d.csv")]
    assert [document.text for document in documents] == ["plain", text]
    assert all(note.startswith("not UTF-8, decoded as ") for document in documents for note in document.notes)
    assert all(document.notes for document in documents)


@pytest.mark.slow
def test_an_encoding_that_shows_late_is_found_before_the_first_record() -> None:
    put("d.csv", b"text\n" + b"plain\n" * 400_000 + "fermé à midi\n".encode("cp1252"))
    last = [*found("d.csv")][-1]
    assert load(last).text == "fermé à midi"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ("", "d.csv: empty"),
        ("\n\n", "d.csv: empty"),
        ("text\n", "d.csv: no records in it"),
        ("id,body\n1,a\n2,b\n", "d.csv: no column 'text'; there are 'id', 'body'"),
        ("text,id,text\n1,a,b\n", "d.csv: several columns are called 'text'"),
        ("a\0b,text\nx,y\n", "d.csv: binary, not text"),
    ],
)
def test_a_table_that_cannot_be_read_is_one_fault(data: str, why: str) -> None:
    put("d.csv", data)
    assert faults(found("d.csv")) == [why]


def test_a_table_without_the_column_of_the_id_is_one_fault() -> None:
    put("d.csv", "text\na\nb\n")
    assert faults(found("d.csv", id_field="id")) == ["d.csv: no column 'id'; there are 'text'"]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("2,The sea, the harbour", "3 cells, where the header has 2"),
        ('2,"a"b', "no CSV: ',' expected after '\"'"),
        ("2", "1 cells, where the header has 2"),
        ("2,", "'text' is empty"),
    ],
)
def test_a_bad_row_is_told_and_the_others_go_on(row: str, why: str) -> None:
    put("d.csv", f"id,text\n1,one\n{row}\n3,three\n")
    first, bad, third = found("d.csv")
    assert (load(first).text, load(third).text, third.name) == ("one", "three", "d.csv:3")
    assert faults([bad]) == [f"d.csv:2: {why}"]


def test_a_quote_without_an_end_is_told() -> None:
    put("d.csv", 'text\none\n"two\nthree\n')
    first, bad = found("d.csv")
    assert load(first).text == "one"
    assert "unexpected end of data" in faults([bad])[0]


def test_a_quote_without_an_end_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MOST_BYTES", 1000)
    put("d.csv", 'text\none\n"' + "two\n" * 2_000)
    first, *bad = found("d.csv")
    assert load(first).text == "one"
    assert "the rest of the file is not read" in faults(bad)[-1]


def test_a_line_of_a_table_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MOST_BYTES", 1000)
    put("d.csv", "text\none\n" + "a," * 1_000)
    first, bad = found("d.csv")
    assert load(first).text == "one"
    assert faults([bad]) == ["d.csv: line 3 is longer than 0 MiB; the rest of the file is not read"]


def test_a_large_cell_is_a_text() -> None:
    put("d.csv", f"text\n{'a' * 200_000}\n")
    assert [len(text) for _, text in texts("d.csv")] == [200_000]


@quick()
@given(rows=st.lists(GOOD.filter(lambda text: "\0" not in text), min_size=1), delimiter=st.sampled_from([",", ";"]))
def test_a_table_is_read_as_it_was_written(rows: list[str], delimiter: str) -> None:
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writerows([["id", "text"], *([at, row] for at, row in enumerate(rows))])
    put("d.csv", stream.getvalue())
    assert texts("d.csv", id_field="id") == [(str(at), row) for at, row in enumerate(rows)]


# --- Parquet -------------------------------------------------------------------------------------------------


def parquet_file(columns: dict[str, Any], **options: Any) -> str:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow.parquet import write_table

    write_table(pyarrow.table(columns), "d.parquet", **options)
    return "d.parquet"


def test_each_row_of_parquet_is_a_source() -> None:
    rows = [f"text {at}" for at in range(1000)]
    name = parquet_file({"text": rows, "id": range(1000), "other": [[1.0]] * 1000}, row_group_size=300)
    assert texts(name) == [(f"{name}:{at}", row) for at, row in enumerate(rows, 1)]
    assert texts(name, id_field="id") == [(str(at), row) for at, row in enumerate(rows)]
    assert count(Wanted((name,))) == 1000
    assert len(found(name, limit=3)) == 3


def test_columns_within_columns_and_bytes() -> None:
    name = parquet_file({"a": [{"b": "one", "c": 1}, {"b": None, "c": 2}], "raw": [b"x", b"\xff"]})
    first, second = found(name, text_field="/a/b")
    assert load(first).text == "one"
    assert faults([second]) == ["d.parquet:2: '/a/b' is null, not a text"]
    documents = [load(source) for source in found(name, text_field="raw")]
    assert [(document.text, len(document.notes)) for document in documents] == [("x", 0), ("\ufffd", 1)]


def test_parquet_without_the_column_is_one_fault() -> None:
    assert faults(found(parquet_file({"a": ["x"], "b": ["y"]}))) == ["d.parquet: no column 'text'; there are 'a', 'b'"]


@pytest.mark.parametrize("damage", ["none of it", "cut off", "empty"])
def test_what_is_no_parquet(damage: str) -> None:
    name = parquet_file({"text": ["a"] * 100})
    data = Path(name).read_bytes()
    put(name, {"none of it": b"text\n" * 50, "cut off": data[:-20], "empty": b""}[damage])
    [told] = faults(found(name))
    assert told.startswith("d.parquet: not Parquet: ")


def test_parquet_that_is_damaged_within() -> None:
    name = parquet_file({"text": [f"{at}" * 50 for at in range(5_000)]}, row_group_size=1000, use_dictionary=False)
    data = bytearray(Path(name).read_bytes())
    data[len(data) // 2 : len(data) // 2 + 2000] = b"\xff" * 2000
    put(name, bytes(data))
    sources = found(name)
    assert load(sources[0]).text == "0" * 50
    assert "the rest of the file is not read" in faults(sources)[-1]


def test_parquet_without_its_library(monkeypatch: pytest.MonkeyPatch) -> None:
    from extractor.errors import UsageError

    monkeypatch.setitem(__import__("sys").modules, "pyarrow.parquet", None)
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    put("d.parquet", b"")
    with pytest.raises(UsageError) as caught:
        find(Wanted(("d.parquet",)))
    assert caught.value.hint == "pip install 'extractor[parquet]'"
    [source] = list(parquet_fault("d.parq*"))
    assert source.fault is not None
    assert source.fault.hint == "pip install 'extractor[parquet]'"


def parquet_fault(pattern: str) -> list[Source]:
    return list(find(Wanted((pattern,))))


# --- ids -----------------------------------------------------------------------------------------------------


@quick()
@given(names=st.lists(st.text(max_size=3), max_size=300))
def test_an_id_is_known_when_it_was_there(names: list[str]) -> None:
    ids, known = _Ids(), dict[str, str]()
    for at, name in enumerate(names):
        place = f"{at // 100}.jsonl:{at % 100 + 1}"
        assert ids.first(name, place) == known.get(name)
        known.setdefault(name, place)


def test_many_ids_take_little_memory() -> None:
    ids = _Ids()
    assert not any(ids.first(f"document-{at}", f"d.jsonl:{at + 1}") for at in range(20_000))
    assert all(ids.first(f"document-{at}", "e.jsonl:1") == f"d.jsonl:{at + 1}" for at in range(20_000))
    assert len(ids._table) * (8 + 4) < 20_000 * 75


def test_the_columns_that_a_table_has_to_have() -> None:
    assert Fields().columns == ["text"]
    assert Fields("/a/b", "/a/c").columns == ["a"]
    assert Fields("body", "id").columns == ["body", "id"]


def test_of_a_line_that_is_too_long_the_rest_is_no_other_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_lines, "MOST_BYTES", 10)
    path = tmp_path / "q.txt"
    path.write_text("\ufeffOslo\n" + "x" * 35 + "\n\u3000\nRome")
    first, long, last = find(Wanted((str(path),), by_line=True))
    assert (first.document, last.document) == (Document(f"{path}:1", "Oslo"), Document(f"{path}:4", "Rome"))
    assert "a line of more than" in str(long.fault)
