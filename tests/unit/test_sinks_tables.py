"""Records as tables: CSV, SQLite and Parquet, read back by readers that know nothing of us."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, computed_field
from scripted import quick, record, schema_of

from extractor.errors import UsageError
from extractor.lines import Line, View
from extractor.schema import from_type, load, many
from extractor.sinks import Form, Layout, open_sink
from extractor.sinks.as_csv import cell
from extractor.sinks.shapes import shape_of
from extractor.types import Extraction, Problem, Schema, Usage

pa = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")

PAPER = load("title, year int?, author{name, born date?}, tags[], price float, ok bool, rows[]{a int, b?}")
DATA = {
    "title": "A, b",
    "year": 2020,
    "author": {"name": "Zoë", "born": "1999-12-31"},
    "tags": ["x", ""],
    "price": 2,
    "ok": True,
    "rows": [{"a": 1, "b": None}],
}
FAULT = Problem("/title", "is missing")


def line(data: Any, source: str = "a.txt", *errors: Problem, **more: Any) -> Line:
    return Line.of(Extraction(source, data, "A@1", "e", "grammar", errors=errors, **more))


def write(form: Form, schema: Schema, lines: Iterable[Line], folder: Path, view: View = "record") -> Path:
    out = folder / f"out.{form}"
    with open_sink(out, Layout(form, view, single=False, schema=schema)) as sink:
        for one in lines:
            sink.write(one)
    return out


def in_csv(schema: Schema, lines: Iterable[Line], folder: Path, view: View = "record") -> list[dict[str, str]]:
    with write("csv", schema, lines, folder, view).open(encoding="utf-8", newline="") as file:
        return [*csv.DictReader(file)]


def in_sqlite(schema: Schema, lines: Iterable[Line], folder: Path, view: View = "record") -> list[dict[str, Any]]:
    with closing(sqlite3.connect(write("sqlite", schema, lines, folder, view))) as database:
        database.row_factory = sqlite3.Row
        return [dict(row) for row in database.execute("SELECT * FROM records ORDER BY rowid")]


def in_parquet(schema: Schema, lines: Iterable[Line], folder: Path, view: View = "record") -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = parquet.read_table(write("parquet", schema, lines, folder, view)).to_pylist()
    return rows


# --- what a table has ----------------------------------------------------------------------------------------


def test_csv(tmp_path: Path) -> None:
    out = write("csv", PAPER, [line(DATA), line(None, "b.txt", FAULT)], tmp_path)
    assert out.read_text(encoding="utf-8") == (
        "source,title,year,author.name,author.born,tags,price,ok,rows,error\n"
        'a.txt,"A, b",2020,Zoë,1999-12-31,"[""x"", """"]",2,true,"[{""a"": 1, ""b"": null}]",\n'
        "b.txt,,,,,,,,,/title: is missing\n"
    )


def test_tsv(tmp_path: Path) -> None:
    out = write("tsv", load("a, b int?"), [line({"a": "x\ty", "b": None})], tmp_path, "data")
    assert out.read_text(encoding="utf-8") == 'a\tb\n"x\ty"\t\n'


def test_sqlite(tmp_path: Path) -> None:
    ok, failed = in_sqlite(PAPER, [line(DATA, usage=Usage(7, 2, 3)), line(None, "b.txt", FAULT)], tmp_path)
    assert [*ok][:11] == ["source", *DATA, "extra", "error", "schema"]
    assert [*ok.values()][:10] == [
        "a.txt", "A, b", 2020, '{"name": "Zoë", "born": "1999-12-31"}', '["x", ""]', 2.0, 1,
        '[{"a": 1, "b": null}]', None, None,
    ]  # fmt: skip
    assert (ok["input_tokens"], ok["cached_tokens"], ok["output_tokens"], ok["cost"]) == (7, 2, 3, None)
    assert (failed["title"], failed["error"]) == (None, "/title: is missing")
    assert json.loads(failed["errors"])[0]["pointer"] == "/title"


def test_the_types_of_sqlite(tmp_path: Path) -> None:
    with closing(sqlite3.connect(write("sqlite", PAPER, [line(DATA)], tmp_path, "data"))) as database:
        types = {name: type_ for _, name, type_, *_ in database.execute("PRAGMA table_info(records)")}
    assert types == dict.fromkeys(("title", "author", "tags", "rows", "extra"), "TEXT") | {
        "year": "INTEGER", "price": "REAL", "ok": "INTEGER",
    }  # fmt: skip


def test_parquet(tmp_path: Path) -> None:
    ok, failed = in_parquet(PAPER, [line(DATA), line(None, "b.txt", FAULT)], tmp_path)
    assert {name: ok[name] for name in DATA} == DATA | {"author": {"name": "Zoë", "born": date(1999, 12, 31)}}
    assert (ok["source"], ok["extra"], ok["error"], ok["mode"]) == ("a.txt", None, None, "grammar")
    assert {failed[name] for name in (*DATA, "extra")} == {None}
    assert failed["error"] == "/title: is missing"


@pytest.mark.parametrize(
    ("node", "type_"),
    [
        ({"type": "string"}, "string"),
        ({"type": "integer"}, "int64"),
        ({"type": ["integer", "null"]}, "int64"),
        ({"type": "number"}, "double"),
        ({"enum": [1, 2.5]}, "double"),
        ({"enum": [1, 2, None]}, "int64"),
        ({"enum": ["a", "b"]}, "string"),
        ({"const": True}, "bool"),
        ({"type": "boolean"}, "bool"),
        ({"type": "string", "format": "date"}, "date32[day]"),
        ({"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]}, "timestamp[us, tz=UTC]"),
        ({"anyOf": [{"type": "string", "format": "date"}, {"type": "string"}]}, "string"),
        ({"type": "string", "format": "email"}, "string"),
        ({"type": "array", "items": {"type": "integer"}}, "list<element: int64>"),
        ({"type": "array", "items": {"type": ["string", "null"]}}, "list<element: string>"),
        ({"type": "array"}, "string"),
        ({"type": "array", "prefixItems": [{"type": "integer"}]}, "string"),
        ({"type": ["integer", "string"]}, "string"),
        ({}, "string"),
        ({"type": "object"}, "string"),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, "string"),
        (record(a={"type": "integer"}), "struct<a: int64>"),
        ({"anyOf": [record(a={"type": "integer"}), {"type": "null"}]}, "struct<a: int64>"),
        ({"anyOf": [record(a={"type": "integer"}), record(b={"type": "integer"})]}, "string"),
        ({"allOf": [record(a={"type": "integer"}), record(b={"type": "boolean"})]}, "struct<a: int64, b: bool>"),
        ({"$ref": "#/$defs/Point"}, "struct<x: double>"),
        ({"$ref": "#/$defs/Tree"}, "struct<name: string, children: string>"),
    ],
)
def test_the_types_of_parquet(node: dict[str, Any], type_: str, tmp_path: Path) -> None:
    tree = record(name={"type": "string"}, children={"type": "array", "items": {"$ref": "#/$defs/Tree"}})
    definitions = {"Point": record(x={"type": "number"}), "Tree": tree}
    schema = schema_of({"type": "object", "properties": {"v": node}, "$defs": definitions})
    assert str(parquet.read_schema(write("parquet", schema, [line({})], tmp_path)).field("v").type) == type_


def test_a_schema_without_end_has_a_bounded_table() -> None:
    definitions = {f"N{at}": record(a={"$ref": f"#/$defs/N{at + 1}"}, b={"$ref": f"#/$defs/N{at + 1}"})
                   for at in range(40)}  # fmt: skip
    definitions["N40"] = {"type": "string"}
    shape = shape_of({"$ref": "#/$defs/N0", "$defs": definitions}, entry=False)
    assert shape.kind == "struct"
    chain = {f"N{at}": record(a={"$ref": f"#/$defs/N{at + 1}"}) for at in range(1500)} | {"N1500": {"type": "string"}}
    assert shape_of({"$ref": "#/$defs/N0", "$defs": chain}, entry=False).kind == "struct"


# --- views and lists -----------------------------------------------------------------------------------------

MANY = many(load("a int, b?"))
BATCH = [
    line([{"a": 1, "b": "x"}, {"a": 2, "b": None}], "two"),
    line([], "none"),
    line(None, "bad", FAULT),
    line([{"a": 3, "b": None}], "partly", FAULT),
]


def test_a_list_of_records_has_a_row_for_each(tmp_path: Path) -> None:
    words = "/title: is missing"
    found = [(row["source"], row["record"], row["a"], row["error"]) for row in in_parquet(MANY, BATCH, tmp_path)]
    assert found == [
        ("two", 0, 1, None), ("two", 1, 2, None), ("none", None, None, None), ("bad", None, None, words),
        ("partly", 0, 3, None), ("partly", None, None, words),
    ]  # fmt: skip


def test_what_is_about_the_document_is_in_its_first_row(tmp_path: Path) -> None:
    rows = in_sqlite(MANY, BATCH, tmp_path)
    assert [row["mode"] for row in rows] == ["grammar", None, "grammar", "grammar", "grammar", None]


@pytest.mark.parametrize("read", [in_csv, in_sqlite, in_parquet])
def test_views_of_a_list(read: Any, tmp_path: Path) -> None:
    bare = read(MANY, BATCH, tmp_path, "data")
    assert [(str(row["a"]), row["b"] or None) for row in bare] == [("1", "x"), ("2", None), ("3", None)]
    assert not {"source", "record", "error", "mode"} & {*bare[0]}
    entries = read(MANY, BATCH, tmp_path, "entries")
    assert [(row["source"], str(row["record"])) for row in entries] == [("two", "0"), ("two", "1"), ("partly", "0")]
    assert not {"error", "mode"} & {*entries[0]}


@pytest.mark.parametrize("read", [in_csv, in_sqlite, in_parquet])
@pytest.mark.parametrize("view", ["data", "entries"])
def test_bare_data_have_no_row_for_a_failed_document(read: Any, view: View, tmp_path: Path) -> None:
    rows = read(load("a int, b?"), [line({"a": 1, "b": None}), line(None, "b", FAULT)], tmp_path, view)
    assert [str(row["a"]) for row in rows] == ["1"]
    assert {*rows[0]} <= {"a", "b", "extra"}


@pytest.mark.parametrize("read", [in_csv, in_sqlite, in_parquet])
@pytest.mark.parametrize(("node", "data"), [({"type": "string"}, "x"), ({"type": "object"}, {"k": 1}), ({}, [1])])
def test_data_that_are_no_record_are_one_column(read: Any, node: Any, data: Any, tmp_path: Path) -> None:
    (row,) = read(schema_of(node), [line(data)], tmp_path)
    assert row["data"] == data if isinstance(data, str) else json.loads(row["data"]) == data


# --- names ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("read", [in_csv, in_sqlite, in_parquet])
def test_a_property_of_our_name_keeps_it(read: Any, tmp_path: Path) -> None:
    schema = load("source, Error, source_, mode, record int")
    data = {"source": "s", "Error": "e", "source_": "t", "mode": "m", "record": 1}
    (row,) = read(schema, [line(data)], tmp_path)
    assert {name: row[name] for name in data} == data | {"record": row["record"]}
    assert str(row["record"]) == "1"
    assert row["source__"] == "a.txt"
    assert not row["error_"]


@pytest.mark.parametrize("read", [in_csv, in_sqlite, in_parquet])
def test_hostile_names_of_properties(read: Any, tmp_path: Path) -> None:
    names = ['a"); DROP TABLE records; --', "A\x00b", "=cmd()", "x", "X", "", "a.b", "select", "\x1b[2J", "'"]
    schema = schema_of(record(**{name: {"type": "string"} for name in names}, a=record(b={"type": "string"})))
    data = {name: f"v{at}" for at, name in enumerate(names)} | {"a": {"b": "w"}}
    (row,) = read(schema, [line(data)], tmp_path)
    values = [str(value) for value in row.values()]
    assert values[: 1 + len(names)] == ["a.txt", *(f"v{at}" for at in range(len(names)))]
    assert "w" in values[1 + len(names)]
    assert not any(char in name for name in row for char in "\x00\x1b")


def test_too_many_columns_for_sqlite(tmp_path: Path) -> None:
    schema = schema_of(record(**{f"p{at}": {"type": "string"} for at in range(2_500)}))
    with pytest.raises(UsageError, match="too many columns"):
        write("sqlite", schema, [], tmp_path)
    assert [*tmp_path.iterdir()] == []


# --- what does not fit ---------------------------------------------------------------------------------------

OPEN = schema_of(
    {
        "type": "object",
        "properties": {
            "n": {"type": "integer"},
            "x": {"type": "number"},
            "at": {"type": "string", "format": "date-time"},
            "in": record(d={"type": "string", "format": "date"}),
            "l": {"type": "array", "items": {"type": "integer"}},
        },
    }
)


@pytest.mark.parametrize(
    ("data", "left", "extra"),
    [
        ({"n": 2**63}, {"n": None}, {"/n": 2**63}),
        ({"n": -(2**63)}, {"n": -(2**63)}, None),
        ({"n": 5.0}, {"n": 5}, None),
        ({"x": 2**53 + 1}, {"x": None}, {"/x": 2**53 + 1}),
        ({"x": 10**400}, {"x": None}, {"/x": 10**400}),
        ({"x": 3}, {"x": 3.0}, None),
        ({"l": [1, 2**64]}, {"l": [1, None]}, {"/l/1": 2**64}),
        ({"in": {"d": "0000-01-01"}}, {"in": {"d": None}}, {"/in/d": "0000-01-01"}),
        ({"in": {"d": "2020-01-02", "e/f": 1}}, {"in": {"d": date(2020, 1, 2)}}, {"/in/e~1f": 1}),
        ({"more": [None]}, {}, {"/more": [None]}),
        ({"at": "2020-01-02T03:04:05.5+02:00"}, {"at": datetime(2020, 1, 2, 1, 4, 5, 500_000, UTC)}, None),
        ({"at": "2020-01-02t03:04:05z"}, {"at": datetime(2020, 1, 2, 3, 4, 5, 0, UTC)}, None),
        ({"at": "2016-12-31T23:59:60Z"}, {"at": None}, {"/at": "2016-12-31T23:59:60Z"}),
        ({"at": "2020-01-02T03:04:05"}, {"at": None}, {"/at": "2020-01-02T03:04:05"}),
        ({"at": "0001-01-01T00:00:00+10:00"}, {"at": None}, {"/at": "0001-01-01T00:00:00+10:00"}),
        ({"n": "five", "l": {}, "in": 3}, {"n": None, "l": None, "in": None}, {"/n": "five", "/l": {}, "/in": 3}),
    ],
)
def test_what_does_not_fit_is_told_in_extra(data: Any, left: Any, extra: Any, tmp_path: Path) -> None:
    (row,) = in_parquet(OPEN, [line(data)], tmp_path)
    assert {name: row[name] for name in left} == left
    assert json.loads(row["extra"] or "null") == extra


def test_large_integers_and_free_keys_in_sqlite_and_csv(tmp_path: Path) -> None:
    given_lines = [line({"n": 2**64, "more": 1, "in": {"d": "x", "e": 2}})]
    (row,) = in_sqlite(OPEN, given_lines, tmp_path)
    assert row["n"] is None
    assert json.loads(row["extra"]) == {"/n": 2**64, "/more": 1}
    assert json.loads(row["in"]) == {"d": "x", "e": 2}
    (cells,) = in_csv(OPEN, given_lines, tmp_path)
    assert cells["n"] == str(2**64)
    assert json.loads(cells["extra"]) == {"/more": 1, "/in/e": 2}


class Box(BaseModel):
    side: int

    @computed_field
    def area(self) -> int:
        return self.side**2


@pytest.mark.parametrize("read", [in_csv, in_sqlite, in_parquet])
def test_what_a_class_computes_is_in_extra(read: Any, tmp_path: Path) -> None:
    (row,) = read(from_type(Box), [line({"side": 2, "area": 4})], tmp_path)
    assert json.loads(row["extra"]) == {"/area": 4}


@pytest.mark.parametrize("read", [in_csv, in_sqlite, in_parquet])
def test_halves_of_characters(read: Any, tmp_path: Path) -> None:
    (row,) = read(load("a, b[]"), [line({"a": "x\ud800", "b": ["\udfff"]}, "s\udce9.txt")], tmp_path)
    assert (row["source"], row["a"]) == ("s\\udce9.txt", "x\\ud800")
    listed = row["b"] if isinstance(row["b"], list) else json.loads(row["b"])
    assert listed in (["\\udfff"], ["\udfff"])


# --- cells of CSV --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, ""),
        ("", '""'),
        ("a", "a"),
        ("a b", "a b"),
        (" a", '" a"'),
        ("a;b", '"a;b"'),
        ('a"b', '"a""b"'),
        ("a\nb\r", '"a\nb\r"'),
        ("=1+1", '"\'=1+1"'),
        ("'=1", "\"''=1\""),
        ("'a", '"\'a"'),
        ("-5", "-5"),
        ("+4.5e3", "+4.5e3"),
        ("-1,000.00", '"-1,000.00"'),
        ("+49 30 1", '"\'+49 30 1"'),
        ("@SUM(A1)", '"\'@SUM(A1)"'),
        ("\tx", '"\'\tx"'),
        ("＝1", '"\'＝1"'),
        ("a\x00\x1b[2J\u202e", "a\\u0000\\u001b[2J\\u202e"),
    ],
)
def test_cells(value: str | None, written: str) -> None:
    assert cell(value) == written


texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("=+-@'\t\n\r;,\""), max_size=12)


@quick(300)
@given(st.lists(texts, min_size=2, max_size=4))
def test_cells_are_read_back(values: list[str]) -> None:
    from extractor.text import UNSAFE

    values = [UNSAFE.sub("", value) for value in values]
    (found,) = csv.reader(io.StringIO(",".join(map(cell, values)), newline=""))
    for value, shown in zip(values, found, strict=True):
        assert shown in (value, f"'{value}")
        is_formula = value.lstrip("'")[:1] in (*"=+-@\t\r\n＝＋－＠",) and value != ""
        assert shown != value or not is_formula or float(value.replace(",", "").replace(".", "")) is not None
    assert not any(shown[:1] in {*"=@\t\r\n"} for shown in found if shown)


@pytest.mark.parametrize("value", [None, ""])
def test_a_row_of_one_empty_cell_is_a_row(value: str | None, tmp_path: Path) -> None:
    assert in_csv(load("a?"), [line({"a": value})] * 2, tmp_path, "data") == [{"a": ""}] * 2


# --- everything that the schema allows -----------------------------------------------------------------------

names = st.text(st.sampled_from('abAB.é_ "'), min_size=1, max_size=4)
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
scalars = st.sampled_from(
    [
        ({"type": "string"}, words),
        ({"type": "integer"}, st.integers()),
        ({"type": "number"}, st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**60), 2**60)),
        ({"type": "boolean"}, st.booleans()),
        ({"enum": ["x", "=y"]}, st.sampled_from(["x", "=y"])),
        ({"type": "string", "format": "date"}, st.dates().map(date.isoformat)),
        ({"type": ["integer", "string"]}, st.integers() | words),
        (
            {"type": "object", "additionalProperties": {"type": "integer"}},
            st.dictionaries(words, st.integers(), max_size=2),
        ),
    ]
)


@st.composite
def objects(draw: Any, inner: Any) -> Any:
    fields = draw(st.dictionaries(names, inner, min_size=1, max_size=4))
    node = record(**{name: node for name, (node, _) in fields.items()})
    return node, st.fixed_dictionaries({name: values for name, (_, values) in fields.items()})


def lists(inner: Any) -> Any:
    return inner.map(lambda one: ({"type": "array", "items": one[0]}, st.lists(one[1], max_size=3)))


def nullable(inner: Any) -> Any:
    return inner.map(lambda one: ({"anyOf": [one[0], {"type": "null"}]}, st.none() | one[1]))


nodes = st.recursive(scalars, lambda inner: objects(inner) | lists(inner) | nullable(inner), max_leaves=8)


@st.composite
def cases(draw: Any) -> tuple[Schema, list[Any]]:
    node, values = draw(objects(nodes))
    return schema_of(node), draw(st.lists(values, min_size=1, max_size=3))


def restored(node: Any, value: Any, extra: dict[str, Any], at: str = "") -> Any:
    """What was written, from what a table has: text of JSON is read, dates are texts, what did not fit is put back."""
    if at in extra:
        return extra[at]
    while "anyOf" in node:
        node = node["anyOf"][0]
    if value is None:
        return None
    if "properties" in node and isinstance(value, dict):
        return {name: restored(inner, value[name], extra, f"{at}/{name}") for name, inner in node["properties"].items()}
    if "items" in node and isinstance(value, list):
        return [restored(node["items"], item, extra, f"{at}/{place}") for place, item in enumerate(value)]
    if isinstance(value, date):
        return value.isoformat()
    is_text = node.get("type") == "string" or "enum" in node
    return json.loads(value) if isinstance(value, str) and not is_text else value


@quick(60)
@given(cases())
def test_parquet_and_sqlite_lead_back(case: tuple[Schema, list[Any]]) -> None:
    schema, records = case
    node = schema.json_schema
    for read in (in_parquet, in_sqlite):
        with TemporaryDirectory() as folder:
            rows = read(schema, map(line, records), Path(folder), "data")
        assert len(rows) == len(records)
        for row, data in zip(rows, records, strict=True):
            extra = json.loads([*row.values()][-1] or "{}")
            values = dict(zip(node["properties"], row.values(), strict=False))
            found = {
                name: restored(inner, values[name], extra, f"/{name}") for name, inner in node["properties"].items()
            }
            assert found == data


@quick(60)
@given(cases())
def test_csv_leads_back_text_by_text(case: tuple[Schema, list[Any]]) -> None:
    schema, records = case
    with TemporaryDirectory() as folder:
        out = write("csv", schema, map(line, records), Path(folder), "data")
        with out.open(encoding="utf-8", newline="") as file:
            header, *rows = csv.reader(file)
    assert len(rows) == len(records)
    assert {len(row) for row in rows} == {len(header)}
    assert len({*header}) == len(header)


# --- size ----------------------------------------------------------------------------------------------------


def test_parquet_is_written_in_groups_of_rows(tmp_path: Path) -> None:
    out = write("parquet", load("a int"), (line({"a": at}) for at in range(25_000)), tmp_path, "data")
    file = parquet.ParquetFile(out)
    assert [file.metadata.row_group(at).num_rows for at in range(file.num_row_groups)] == [10_000, 10_000, 5_000]
    assert file.read()["a"].to_pylist() == [*range(25_000)]


def test_large_records_make_smaller_groups(tmp_path: Path) -> None:
    out = write("parquet", load("a str"), (line({"a": "x" * 1_000_000}) for _ in range(40)), tmp_path, "data")
    assert parquet.ParquetFile(out).num_row_groups == 3


@pytest.mark.parametrize("form", ["csv", "sqlite", "parquet"])
def test_what_was_written_before_an_interruption_can_be_read(form: Form, tmp_path: Path) -> None:
    out = tmp_path / f"out.{form}"

    def run() -> None:
        with open_sink(out, Layout(form, "data", single=False, schema=load("a int"))) as sink:
            for at in range(1_500):
                sink.write(line({"a": at}))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run()
    (left,) = tmp_path.iterdir()
    assert left.name == f"{out.name}.partial"
    if form == "csv":
        count = len(left.read_text().splitlines()) - 1
    elif form == "parquet":
        count = parquet.read_table(left).num_rows
    else:
        with closing(sqlite3.connect(left)) as database:
            ((count,),) = database.execute("SELECT count(*) FROM records")
    assert count == 1_500


# --- databases that are there --------------------------------------------------------------------------------


def test_a_database_with_other_tables_is_not_replaced(tmp_path: Path) -> None:
    out = tmp_path / "out.sqlite"
    with closing(sqlite3.connect(out)) as database:
        database.execute("CREATE TABLE precious (a)")
    before = out.read_bytes()
    with pytest.raises(UsageError, match="holds other tables, 'precious'"):
        write("sqlite", load("a int"), [line({"a": 1})], tmp_path)
    assert out.read_bytes() == before


def test_a_database_that_is_open_elsewhere_is_not_replaced(tmp_path: Path) -> None:
    out = write("sqlite", load("a int"), [line({"a": 1})], tmp_path)
    with closing(sqlite3.connect(out)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("INSERT INTO records (source) VALUES ('x')")
        with pytest.raises(UsageError, match="open elsewhere"):
            write("sqlite", load("a int"), [line({"a": 2})], tmp_path)


def test_a_database_of_ours_is_replaced(tmp_path: Path) -> None:
    for at in (1, 2):
        (row,) = in_sqlite(load("a int"), [line({"a": at})], tmp_path, "data")
        assert row["a"] == at
