"""The page of `extract view` before a browser sees it: records read, documents found, rows, offsets, escapes."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted import quick

from extractor.errors import SourceError, UsageError
from extractor.lines import Line
from extractor.pointers import leaves
from extractor.types import Alternative, Document, Extraction, Problem, Span, Support
from extractor.view import Entry, Places, find_documents, pair, read_records, render
from extractor.view.records import as_record
from extractor.view.rows import fits, rows_of
from extractor.view.units import units_of

TEXT = "The Marram Light was lit in 1871. Its keeper, Edda Quill, wrote of 🐟 and 海 in her log.\n"
DATA = {"name": "Marram Light", "year": 1871, "people": [{"name": "Edda Quill"}], "depth": None, "open": True}


def extraction(data: Any = DATA, source: str = "light.txt", **more: Any) -> Extraction:
    more.setdefault("ungrounded", missing(data, more))
    return Extraction(source, data, "Light@1", "replay:x", "grammar", **more)


def missing(data: Any, more: Mapping[str, Any]) -> dict[str, str]:
    """What is said of the leaves without a place; a kind is a choice."""
    known = {*more.get("spans", ()), *more.get("support", ()), *more.get("absent", ())}
    texts = [(at, value) for at, value in leaves(data) if isinstance(value, str | int) and value is not True]
    return {
        at: "not in the text" for at, value in texts if value != "" and not at.endswith("/kind") and at not in known
    }


def exact(text: str, value: str) -> Span:
    return Span(text.index(value), text.index(value) + len(value), "exact")


def packed(page: str) -> Any:
    found = re.search(r'<script id="data" type="application/json">(.*?)</script>', page, re.DOTALL)
    assert found
    return json.loads(found[1])


def write(path: Path, *records: Extraction) -> str:
    path.write_text("".join(f"{Line.of(one).text}\n" for one in records), encoding="utf-8")
    return str(path)


# --- records -----------------------------------------------------------------------------------------------------

FULL = extraction(
    spans={"/name": exact(TEXT, "Marram Light"), "/year": Span(3, 9, "fuzzy", 0.83)},
    support={"/note": (Support(0, 4, (1, 9), 0.5, ("Quill",)), Support(5, 6, None, 0.0))},
    absent={"/depth": "not in the text"},
    errors=(Problem("/x", "is missing", [1], "InvalidOutput", "try"),),
    notes={"": "cut"},
    attempts=2,
    seconds=1.5,
)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    found, faults = read_records(write(tmp_path / "out.jsonl", FULL))
    assert faults == []
    assert Line.of(found[0]) == Line.of(FULL)
    assert (found[0].spans, found[0].support) == (FULL.spans, FULL.support)


@pytest.mark.parametrize("form", ["lines", "list", "one", "folder", "bom"])
def test_records_come_as_lines_a_list_one_record_or_a_folder(form: str, tmp_path: Path) -> None:
    record = json.loads(Line.of(FULL).text)
    path = tmp_path / "out.json"
    if form == "folder":
        path.mkdir()
        (path / "deep").mkdir()
        (path / "deep" / "a.json").write_text(json.dumps(record, indent=2))
    else:
        texts = {"lines": json.dumps(record) + "\n\n", "list": json.dumps([record], indent=2)}
        path.write_text(
            texts.get(form, json.dumps(record, indent=2)), encoding="utf-8-sig" if form == "bom" else "utf-8"
        )
    found, faults = read_records(str(path))
    assert ([one.source for one in found], faults) == (["light.txt"], [])


def test_a_record_of_an_older_version_lacks_what_came_later() -> None:
    old = {"source": "a", "data": {"x": "y"}, "spans": {"/x": {"start": 0, "end": 1, "match": "exact"}}}
    assert as_record(old).spans == {"/x": Span(0, 1, "exact")}


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.csv", "source,title\n", "no view of .csv files"),
        ("a.db", "", "no view of .db files"),
        ("a.jsonl", '{"title": "bare data"}\n', "a.jsonl:1: no record with spans"),
        ("a.jsonl", '{"source": "a", "record": 0, "data": {}}\n', "no record with spans"),
        ("a.jsonl", "", "no records in it"),
        ("a.json", "{", "not JSON"),
        ("a.json", "[" * 100_000, "too many brackets"),
        ("a.json", "[]", "no records in it"),
    ],
)
def test_what_holds_no_records_is_refused_with_a_hint(name: str, text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(UsageError, match=re.escape(message)) as caught:
        read_records(str(tmp_path / name))
    assert "--full" in (caught.value.hint or "") or "--out" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"spans": []}, "/spans: not an object"),
        ({"spans": {"/a": 1}}, "/spans: /a: not an object"),
        ({"spans": {"/a": {"start": 3, "end": 2, "match": "exact"}}}, "ends before it starts"),
        ({"spans": {"/a": {"start": -1, "end": 2, "match": "exact"}}}, "not a count"),
        ({"spans": {"/a": {"start": 1, "end": True, "match": "exact"}}}, "not a count"),
        ({"spans": {"/a": {"start": 1, "end": 2, "match": "<b>"}}}, "no kind of match"),
        ({"spans": {"/a": {"start": 1, "end": 2, "match": "fuzzy", "score": float("nan")}}}, "not a number"),
        ({"support": {"/a": [{"start": 0, "end": 1, "passage": [1], "score": 1}]}}, "not a count"),
        ({"support": {"/a": [{"start": 0, "end": 1, "passage": 7, "score": 1}]}}, "not a list"),
        ({"absent": {"/a": 3}}, "/absent: /a: not a text"),
        ({"errors": ["no"]}, "/errors/0: not an object"),
        ({"usage": {"input_tokens": "1"}}, "/usage: not a count"),
        ({"source": 3}, "/source: not a text"),
    ],
)
def test_a_malformed_part_is_named(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        as_record(json.loads(Line.of(FULL).text) | change)


def test_a_bad_line_is_told_and_the_others_go_on(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    text = Line.of(FULL).text
    deep = "[" * 900 + "]" * 900
    path.write_text(f"{text}\n{{cut\n[1]\n{text.replace('1871', deep)}\n{text}\n")
    found, faults = read_records(str(path))
    assert len(found) == 2
    assert [str(fault).removeprefix(f"{path}:")[:2] for fault in faults] == ["2:", "3:", "4:"]


def test_limit_takes_the_first(tmp_path: Path) -> None:
    found, _ = read_records(write(tmp_path / "out.jsonl", *(extraction(source=str(at)) for at in range(9))), 2)
    assert [one.source for one in found] == ["0", "1"]


# --- documents ---------------------------------------------------------------------------------------------------


def texts(found: list[Document | SourceError]) -> list[str]:
    return [one.text if isinstance(one, Document) else f"! {one}" for one in found]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    inside = tmp_path / "inside"
    (inside / "deep").mkdir(parents=True)
    (inside / "a.txt").write_text("A")
    (inside / "deep" / "b.md").write_text("B")
    (inside / "n.jsonl").write_text('{"id": "x", "text": "X"}\n{"id": "y", "text": "Y"}\n{"id": "x", "text": "Z"}\n')
    (inside / "n.csv").write_text("id,text\nc,C\n")
    (tmp_path / "secret.txt").write_text("S")
    return inside


def test_names_lead_to_files_and_to_the_records_of_files(folder: Path) -> None:
    names = ["a.txt", "deep/b.md", "n.jsonl:2", "n.csv:1", "./deep/../a.txt", "n.jsonl:1", "a.txt:1"]
    assert texts(find_documents(names, Places((folder,)))) == ["A", "B", "Y", "C", "A", "X", "A"]


def test_absolute_names_lead_to_files_within_the_folder(folder: Path) -> None:
    assert texts(find_documents([str(folder / "a.txt"), f"{folder}/n.jsonl:2"], Places((folder,)))) == ["A", "Y"]


@pytest.mark.parametrize("name", ["../secret.txt", "deep/../../secret.txt", "/etc/hostname", "../n.jsonl:1"])
def test_names_do_not_lead_out_of_the_folders(name: str, folder: Path) -> None:
    (folder.parent / "n.jsonl").write_text('{"text": "S"}\n')
    [found] = find_documents([name], Places((folder,)))
    assert isinstance(found, SourceError)
    assert "outside of the folder" in str(found)
    assert "--base" in (found.hint or "")


@pytest.mark.parametrize("name", ["stdin", "", "no.txt", "n.jsonl:9", "\0", "x" * 5000, "n-01", "deep"])
def test_what_is_not_there_is_told(name: str, folder: Path) -> None:
    [found] = find_documents([name], Places((folder,)))
    assert isinstance(found, SourceError)


def test_devices_are_not_read(folder: Path) -> None:
    os.mkfifo(folder / "pipe.txt")
    [found] = find_documents(["pipe.txt"], Places((folder,)))
    assert isinstance(found, SourceError)


def test_files_that_are_named_are_read_wherever_they_are(folder: Path, tmp_path: Path) -> None:
    places = Places((tmp_path / "elsewhere",), (str(folder / "n.jsonl"),), id_field="id")
    assert texts(find_documents(["y", "x", "x"], places)) == ["Y", "X", "Z"]


def test_a_path_that_ends_alike_will_do_where_no_other_does(folder: Path, tmp_path: Path) -> None:
    places = Places((tmp_path / "elsewhere",), (str(folder),))
    assert texts(find_documents(["was/here/a.txt"], places)) == ["A"]
    found = texts(find_documents(["one/a.txt", "two/a.txt", "b.md"], places))
    assert [text[:1] for text in found] == ["!", "!", "B"]


def test_named_files_without_any_of_the_documents_are_an_error(folder: Path) -> None:
    with pytest.raises(SourceError, match="no record is of a document in it") as caught:
        find_documents(["y"], Places((folder,), (str(folder / "n.jsonl"),)))
    assert "--id-field" in (caught.value.hint or "")
    with pytest.raises(SourceError, match="none of its records has a field 'name'"):
        find_documents(["y"], Places((folder,), (str(folder / "n.jsonl"),), id_field="name"))
    with pytest.raises(SourceError, match="none of its records has a field 'body'"):
        find_documents(["y"], Places((folder,), (str(folder / "n.jsonl"),), "body", "id"))
    [found] = find_documents(["n.jsonl:2"], Places((folder,), text_field="body"))
    assert "none of its records has a field 'body'" in str(found)


# --- rows --------------------------------------------------------------------------------------------------------


def test_rows_are_in_reading_order_with_how_each_was_found() -> None:
    spans = {"/name": exact(TEXT, "Marram Light"), "/people/0/name": Span(0, 3, "fuzzy", 0.8)}
    rows = rows_of(extraction(spans=spans, absent={"/depth": "not in the text", "/left": "truncated"}))
    assert [(row.at, row.depth, row.name, row.field, row.state) for row in rows] == [
        ("/name", 0, "name", "name", "exact"),
        ("/year", 0, "year", "year", "none"),
        ("/people", 0, "people", "people", None),
        ("/people/0", 1, "1.", "people[]", None),
        ("/people/0/name", 2, "name", "people[].name", "fuzzy"),
        ("/depth", 0, "depth", "depth", "empty"),
        ("/open", 0, "open", "open", "label"),
        ("/left", 0, "left", "left", "empty"),
    ]
    assert [row.why for row in rows if row.state == "empty"] == ["not in the text", "truncated"]
    assert [row.at for row in rows if row.is_low] == ["/people/0/name"]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("a text", [("", "value", "none")]),
        ([], [("", "value", "empty")]),
        (
            [{"a": 1}, {"a": ""}],
            [("/0", "1.", None), ("/0/a", "a", "none"), ("/1", "2.", None), ("/1/a", "a", "empty")],
        ),
        ({"a/b": {"~": "x"}}, [("/a~1b", "a/b", None), ("/a~1b/~0", "~", "none")]),
        (None, []),
    ],
)
def test_any_data_has_rows(data: Any, expected: list[Any]) -> None:
    assert [(row.at, row.name, row.state) for row in rows_of(extraction(data))] == expected


@pytest.mark.parametrize(
    ("support", "is_low"),
    [
        (Support(0, 4, (0, 9), 0.9), False),
        (Support(0, 4, (0, 9), 0.4), True),
        (Support(0, 4, None, 0.0), True),
        (Support(0, 4, (0, 9), 0.9, ("Quill",)), True),
    ],
)
def test_a_text_of_the_models_own_is_as_good_as_its_worst_sentence(support: Support, is_low: bool) -> None:
    [row] = rows_of(extraction({"a": "text of its own"}, support={"/a": (support, Support(5, 9, (0, 9), 1.0))}))
    assert (row.state, row.is_low, row.score) == ("worded", is_low, support.score)


def test_what_needs_no_place_is_a_label() -> None:
    data = {"kind": "a", "more": ["x"], "other": "y"}
    rows = rows_of(extraction(data, ungrounded={"/other": "not in the text"}))
    states = {row.at: row.state for row in rows}
    assert states == {"/kind": "label", "/more": None, "/more/0": "label", "/other": "none"}
    assert [row.why for row in rows] == ["", "", "", "not in the text"]


def test_a_record_that_says_nothing_of_its_leaves_was_not_looked_up() -> None:
    rows = rows_of(extraction({"name": "Nemo", "age": 7, "open": True, "left": None}, ungrounded={}))
    assert [row.state for row in rows] == ["unchecked", "unchecked", "label", "empty"]


def test_a_text_that_is_borne_out_in_part_is_unfounded() -> None:
    data, support = {"a": "text", "b": "text", "c": ""}, (Support(0, 4, (0, 9), 0.9, ("Quill",)),)
    why = {"/a": "says 'Quill', which the text does not", "/c": "x"}
    rows = rows_of(extraction(data, support={"/a": support, "/b": support}, ungrounded=why))
    assert [(row.state, row.is_unfounded) for row in rows] == [("worded", True), ("worded", False), ("empty", False)]


def test_a_record_of_a_changed_document_does_not_fit() -> None:
    record = extraction(spans={"/name": exact(TEXT, "Marram Light"), "/year": exact(TEXT, "1871")})
    assert fits(record, TEXT)
    assert not fits(record, f"x{TEXT}")
    assert not fits(record, TEXT[:20])
    worded = extraction(support={"/name": (Support(0, 3, (0, 50), 1.0),)})
    assert fits(worded, TEXT)
    assert not fits(worded, TEXT[:20])


def test_deep_data_and_many_leaves_are_walked() -> None:
    deep: Any = "x"
    for _ in range(5000):
        deep = [deep]
    assert len(rows_of(extraction(deep))) == 5000
    assert len(rows_of(extraction({str(at): at for at in range(50_000)}))) == 50_000


# --- offsets -----------------------------------------------------------------------------------------------------


@quick(200)
@given(st.text(st.sampled_from("ab 海\n🐟𠀀\ud800é")), st.data())
def test_offsets_count_halves_of_utf_16(text: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(text)))
    assert units_of(text)(at) == len(text[:at].encode("utf-16-le", "surrogatepass")) // 2


# --- the page ----------------------------------------------------------------------------------------------------

HOSTILE = "</script><script>alert(1)</script><!--<img src=x onerror=alert(2)>&amp;{{script}}\u2028\u202e\x1b[31m\ud800"


def hostile_page() -> str:
    record = extraction(
        {HOSTILE: HOSTILE, "n": [HOSTILE]},
        source=HOSTILE,
        notes={"": HOSTILE},
        absent={f"/{HOSTILE}x": HOSTILE},
        errors=(Problem(HOSTILE, HOSTILE, HOSTILE, hint=HOSTILE),),
    )
    return render(HOSTILE, [Entry(record, Document("x", HOSTILE, (HOSTILE,)))])


def test_hostile_text_stays_data() -> None:
    page = hostile_page()
    page.encode()
    assert page.count("<script") == 2
    assert page.count("</script") == 2
    assert "<img" not in page
    assert "alert(1)</" not in page
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]", page)
    [one] = packed(page)["documents"]
    assert (one["source"], one["text"], one["rows"][0]["name"]) == (HOSTILE, HOSTILE, HOSTILE)


def test_the_policy_lets_nothing_in_but_the_pages_own_script_and_style() -> None:
    page = hostile_page()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy
    rules = dict(rule.strip().split(" ", 1) for rule in policy[1].split(";"))
    assert rules.keys() == {"default-src", "script-src", "style-src", "base-uri", "form-action"}
    for name, pattern in (("script-src", r"<script>(.*?)</script>"), ("style-src", r"<style>(.*?)</style>")):
        found = re.search(pattern, page, re.DOTALL)
        assert found
        digest = base64.b64encode(hashlib.sha256(found[1].encode()).digest()).decode()
        assert rules[name] == f"'sha256-{digest}'"
    assert {rules[name] for name in ("default-src", "base-uri", "form-action")} == {"'none'"}
    assert not re.search(r"""https?://(?!www\.w3\.org)|\bon\w+="|style=""", page.split('<script id="data"')[0])


def test_the_script_makes_no_markup_of_text() -> None:
    assets = Path(__file__).parents[2] / "extractor" / "view" / "assets"
    script = "".join(path.read_text(encoding="utf-8") for path in assets.glob("*.js"))
    assert "createElement" in script
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|DOMParser", script
    )
    assert not re.search(r"fetch\(|XMLHttpRequest|WebSocket|localStorage|sessionStorage|\.cookie", script)


def test_offsets_of_the_page_are_those_of_javascript() -> None:
    record = extraction({"a": "海", "b": "log"}, spans={"/a": exact(TEXT, "海"), "/b": exact(TEXT, "log")})
    [one] = packed(render("x", [Entry(record, Document("x", TEXT))]))["documents"]
    units = one["text"].encode("utf-16-le")
    spans = [row["span"] for row in one["rows"]]
    assert [units[2 * start : 2 * end].decode("utf-16-le") for start, end in spans] == ["海", "log"]


def test_without_its_document_a_record_has_no_places() -> None:
    record = extraction({"a": "Light"}, spans={"/a": exact(TEXT, "Light")})
    missing = SourceError("light.txt: not found", hint="--base FOLDER")
    for found, why in ((missing, "not found; --base"), (Document("x", "changed since then, all of it"), "has changed")):
        entry = pair(record, found)
        [one] = packed(render("x", [entry]))["documents"]
        assert one["text"] is None
        assert "span" not in one["rows"][0]
        assert one["rows"][0]["state"] == "exact"
        assert why in one["told"][0]


def test_numbers_are_shown_as_they_were_written() -> None:
    data = {"big": 12345678901234567890, "whole": 1.0, "nan": float("nan")}
    [one] = packed(render("x", [Entry(extraction(data))]))["documents"]
    assert [row["text"] for row in one["rows"]] == ["12345678901234567890", "1.0", "NaN"]


@pytest.mark.parametrize(
    ("record", "mood"),
    [
        (extraction({"a": None}), "fine"),
        (extraction({"a": "x"}), "doubtful"),
        (extraction({"a": "x"}, spans={"/a": Span(0, 1, "fuzzy", 0.5)}), "doubtful"),
        (extraction({"a": "x"}, spans={"/a": Span(0, 1, "fuzzy", 0.95)}), "fine"),
        (extraction({"a": "x"}, ungrounded={}), "unchecked"),
        (extraction({"a": True}, ungrounded={}), "fine"),
        (extraction({"a": "x"}, support={"/a": ()}, ungrounded={"/a": "says 'Nemo'"}), "doubtful"),
        (extraction(None, errors=(Problem("", "no"),)), "failed"),
    ],
)
def test_a_document_of_the_list_says_how_it_went(record: Extraction, mood: str) -> None:
    assert packed(render("x", [Entry(record)]))["documents"][0]["mood"] == mood


def test_the_same_records_give_the_same_page() -> None:
    assert hostile_page() == hostile_page()


def test_what_parts_say_otherwise_has_its_places_but_for_the_value_itself() -> None:
    text = "🐟 Hull, 1932; Leith, 1933."
    said = {
        "/port": [Alternative("Hull", 3, [exact(text, "Hull")]), Alternative("Leith", 1, [exact(text, "Leith")])],
        "/built": [Alternative("1932", 1, [exact(text, "1932")]), Alternative(1933, 1, [exact(text, "1933")])],
        "/crew": [Alternative(["Ida"], 1), Alternative([], 1)],
    }
    spans = {"/port": exact(text, "Hull"), "/built": exact(text, "1932")}
    record = extraction({"port": "Hull", "built": 1932, "crew": ["Ida"]}, spans=spans, conflicts=said)
    rows = packed(render("x", [Entry(record, Document("light.txt", text))]))["documents"][0]["rows"]
    assert {row["at"]: row["sayings"] for row in rows if "sayings" in row} == {
        "/port": [
            {"text": "Hull", "parts": 3, "spans": [], "taken": True},
            {"text": "Leith", "parts": 1, "spans": [[15, 20]], "taken": False},
        ],
        "/built": [
            {"text": "1932", "parts": 1, "spans": [], "taken": True},
            {"text": "1933", "parts": 1, "spans": [[22, 26]], "taken": False},
        ],
        "/crew": [
            {"text": '["Ida"]', "parts": 1, "spans": [], "taken": True},
            {"text": "[]", "parts": 1, "spans": [], "taken": False},
        ],
    }
