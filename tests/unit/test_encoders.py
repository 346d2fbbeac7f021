"""The encoders: what is written, how answers of models are read, and what is told of it."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable
from typing import Any, Literal

import pytest
from pydantic import BaseModel, create_model
from scripted import record, schema_of

from extractor.encoders import encode, instructions, read, refuse
from extractor.errors import ParseError, SchemaError
from extractor.schema import load
from extractor.types import Encoding


class Author(BaseModel):
    name: str
    born: int | None = None


class Paper(BaseModel):
    title: str
    year: int
    doi: str | None = None
    keywords: list[str]
    authors: list[Author] = []


class Row(BaseModel):
    title: str
    year: int | None
    tags: list[str]


PAPER, ROWS, ROW = load(Paper), load(list[Row]), load(Row)
DATA = {"title": "Bridges: a tale", "year": 1999, "doi": None, "keywords": ["steel", "桥"],
        "authors": [{"name": "Ann", "born": 1970}]}  # fmt: skip

# --- written ---------------------------------------------------------------------------------------------------


def test_yaml_is_in_block_style_and_in_the_order_of_the_schema() -> None:
    assert encode(dict(reversed(DATA.items())), PAPER, "yaml") == (
        'title: "Bridges: a tale"\nyear: 1999\ndoi: null\nkeywords:\n  - steel\n  - 桥\n'
        "authors:\n  - name: Ann\n    born: 1970"
    )


def test_xml_has_an_element_for_each_value_and_no_types() -> None:
    assert encode(DATA, PAPER, "xml") == (
        "<paper>\n  <title>Bridges: a tale</title>\n  <year>1999</year>\n  <doi></doi>\n"
        "  <keywords>\n    <item>steel</item>\n    <item>桥</item>\n  </keywords>\n"
        "  <authors>\n    <item>\n      <name>Ann</name>\n      <born>1970</born>\n    </item>\n  </authors>\n</paper>"
    )


def test_csv_has_a_header_and_a_line_for_each_record() -> None:
    rows = [{"title": "a, b", "year": 1, "tags": ["x", "y; z", ""]}, {"title": "", "year": None, "tags": []}]
    assert encode(rows, ROWS, "csv") == 'title,year,tags\n"a, b",1,"x; ""y; z""; """""\n"",,'


@pytest.mark.parametrize(
    ("value", "line"),
    [("no", "a: no"), ("2024-01-02", "a: 2024-01-02"), ("12", 'a: "12"'), ("", 'a: ""'), ("a\nb", "a: |-\n  a\n  b"),
     ("null", 'a: "null"'), ("#a", 'a: "#a"'), ("C# and F#", "a: C# and F#"), (12, "a: 12"), ([], "a: []")],
)  # fmt: skip
def test_yaml_quotes_only_where_it_must(value: Any, line: str) -> None:
    assert encode({"a": value}, schema_of(record(a={})), "yaml") == line


@pytest.mark.parametrize(
    ("value", "element"),
    [(12, '<a type="number">12</a>'), ("12", "<a>12</a>"), (None, "<a></a>"), ("", '<a type="string"></a>'),
     (" x", '<a xml:space="preserve"> x</a>'), ("\x01", "<a>&#1;</a>"), ([], '<a type="array"></a>')],
)  # fmt: skip
def test_xml_says_the_type_where_the_schema_does_not(value: Any, element: str) -> None:
    assert element in encode({"a": value}, schema_of(record(a={})), "xml")


@pytest.mark.parametrize("form", ["json", "yaml", "xml", "csv"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_instructions_name_the_form(form: Encoding, language: Literal["en", "zh"]) -> None:
    told = instructions(ROWS, form, language)
    assert form.upper() in told
    assert ("title,year,tags" in told) == (form == "csv")


# --- faults that Kor has ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["json", "yaml", "xml", "csv"])
@pytest.mark.parametrize("value", [0, False])
def test_kor_zero_and_false_are_values(form: Encoding, value: Any) -> None:
    schema = schema_of(record(a={"type": "boolean" if value is False else "integer"}))
    (found,) = read(encode({"a": value}, schema, form), schema, form).values
    assert found["a"] is value


def test_kor_a_missing_closing_tag_loses_nothing() -> None:
    found = read("<paper><title>Foo<year>1999</year><keywords><item>a</item></paper>", PAPER, "xml")
    assert found.values == ({"title": "Foo", "year": 1999, "keywords": ["a"]},)
    assert [note for note in found.notes if "closing tag of <title>" in note]


@pytest.mark.parametrize(
    "text", ["title,year,tags", "```csv\ntitle,year,tags\n```", "| title | year | tags |\n|--|--|--|"]
)
def test_kor_a_table_without_lines_has_no_records(text: str) -> None:
    assert read(text, ROWS, "csv").values == ([],)


@pytest.mark.parametrize("form", ["json", "yaml", "xml"])
@pytest.mark.parametrize(
    ("type_", "value"),
    [
        (int | str, "1"),
        (Literal["a", 1], 1),
        (str | None, None),
        (dict[str, int], {"x y": 1}),
        (tuple[int, str], [1, "1"]),
    ],
)
def test_kor_types_that_it_does_not_know(form: Encoding, type_: Any, value: Any) -> None:
    schema = load(type_)
    assert read(encode(value, schema, form), schema, form).values == (value,)


# --- read ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("title: Foo: bar #1\nyear: 1999 # sure", {"title": "Foo: bar #1", "year": 1999}),
        ('title: "Foo" bar\nyear: 1', {"title": '"Foo" bar', "year": 1}),
        ("title: *so* it is\ndoi: @x", {"title": "*so* it is", "doi": "@x"}),
        ("title： 你好：世界\nyear：1999", {"title": "你好：世界", "year": 1999}),
        ("keywords:\n- a\n  - b: c\n- d", {"keywords": ["a", "b: c", "d"]}),
        ("authors:\n\t- name: Ann\n\t  born: 1970", {"authors": [{"name": "Ann", "born": 1970}]}),
        ("Here it is:\n```yaml\ntitle: x\n```\nDone.", {"title": "x"}),
        ("---\ntitle: x\n...\n", {"title": "x"}),
        ('{"title": "x"}', {"title": "x"}),
        ("title: no\ndoi: 2024-01-02\nyear: 1_000", {"title": "no", "doi": "2024-01-02", "year": "1_000"}),
        ("title: 007\nyear: twelve", {"title": "007", "year": "twelve"}),
        ("\ufefftitle: x\r\nyear: 1\r\n", {"title": "x", "year": 1}),
    ],
)
def test_yaml_of_models(text: str, expected: Any) -> None:
    assert read(text, PAPER, "yaml").values == (expected,)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<paper><Title>A & B < C</Title><year>1</year></paper>", {"title": "A & B < C", "year": 1}),
        ("Sure:\n```xml\n<paper><title>x</title></paper>\n```", {"title": "x"}),
        ("<title>x</title><year>1</year>", {"title": "x", "year": 1}),
        ("<data><title>x</title></data>", {"title": "x"}),
        ("<paper><title>an <b>old</b> one</title></paper>", {"title": "an <b>old</b> one"}),
        ("<paper><title><![CDATA[<x> & y]]></title><!-- no --></paper>", {"title": "<x> & y"}),
        ("<paper><keywords>a</keywords><keywords>b</keywords></paper>", {"keywords": ["a", "b"]}),
        ("<paper><keywords><keyword>a</keyword></keywords></paper>", {"keywords": ["a"]}),
        ("<paper><authors><name>A</name></authors><authors><name>B</name></authors></paper>",
         {"authors": [{"name": "A"}, {"name": "B"}]}),
        ("<paper><title>x</title><year>twelve</year></paper>", {"title": "x", "year": "twelve"}),
    ],
)  # fmt: skip
def test_xml_of_models(text: str, expected: Any) -> None:
    assert read(text, PAPER, "xml").values == (expected,)


@pytest.mark.parametrize(
    "text",
    ["title,year,tags\nA,1,x", "title;year;tags\nA;1;x",
     'title,year,tags\r\nA,1,"x"\r\n',
     "title\tyear\ttags\nA\t1\tx", "TITLE,Tags,year\nA,x,1",
     "A,1,x",
     "| Title | Year | Tags |\n|---|:--:|---|\n| A | 1 | x |", "Here:\n```csv\ntitle,year,tags\nA,1,x\n```\nBye."],
)  # fmt: skip
def test_tables_of_models(text: str) -> None:
    assert read(text, ROWS, "csv").values == ([{"title": "A", "year": 1, "tags": ["x"]}],)


@pytest.mark.parametrize(
    ("form", "text", "expected", "told"),
    [
        ("yaml", "title: x\nkeywords:\n* a\n* b", {"title": "x", "keywords": ["a", "b"]}, "'*' is read as the dash"),
        ("yaml", "keywords:\n  • a\n  • b\nyear: 3", {"keywords": ["a", "b"], "year": 3}, "'•' is read as the dash"),
        (
            "yaml",
            "authors:\n* name: A\n  born: 1\n* name: B",
            {"authors": [{"name": "A", "born": 1}, {"name": "B"}]},
            "'*' is read",
        ),
        ("xml", '<paper title="x &amp; y" year="3"/>', {"title": "x & y", "year": 3}, "attributes of <paper>"),
        (
            "xml",
            '<paper title="x"><authors><author name="A" born="1"/></authors></paper>',
            {"title": "x", "authors": [{"name": "A", "born": 1}]},
            "attributes of <author>",
        ),
        (
            "xml",
            '<paper title="x"><title>y</title></paper>',
            {"title": "y"},
            "an attribute of <paper> beside an element",
        ),
        (
            "xml",
            '<paper><title lang="en">y</title></paper>',
            {"title": "y"},
            "left out, an attribute of <title>: lang='en'",
        ),
    ],
)
def test_what_is_another_way_to_write_it_is_read_and_told(form: Encoding, text: str, expected: Any, told: str) -> None:
    found = read(text, PAPER, form)
    assert found.values == (expected,)
    assert told in "; ".join(found.notes)


def test_bullets_in_a_text_belong_to_it() -> None:
    text = "title: |-\n  * a\n  * b\ndoi: * c"
    assert read(text, PAPER, "yaml").values == ({"title": "* a\n* b", "doi": "* c"},)


def test_a_list_of_records_may_have_bullets() -> None:
    found = read("Here:\n* title: A\n  year: 1\n* title: B", ROWS, "yaml")
    assert found.values == ([{"title": "A", "year": 1}, {"title": "B"}],)


def test_an_element_that_was_begun_keeps_its_attributes() -> None:
    found = read('<paper title="x"><authors><author name="A"><born>19', PAPER, "xml", is_cut=True)
    assert (found.values, found.open) == (({"title": "x", "authors": [{"name": "A"}]},), ("authors", 0))


def test_full_width_commas_are_delimiters_where_the_header_has_them() -> None:
    found = read("title，year，tags\nA, or B，1，x; y", ROWS, "csv")
    assert found.values == ([{"title": "A, or B", "year": 1, "tags": ["x", "y"]}],)
    assert found.notes == ("the delimiter is '，', not ','",)
    with pytest.raises(ParseError, match="no CSV"):
        read("甲，乙，丙\n丁，戊，己", WORDS, "csv")


def test_a_carriage_return_in_a_cell_stays() -> None:
    value = [{"title": "a\r\nb", "year": 1, "tags": ["\r"]}]
    assert read(encode(value, ROWS, "csv"), ROWS, "csv").values == (value,)


def test_ragged_lines_are_told() -> None:
    found = read("title,year,tags\nA,1\nB,2,x,y", ROWS, "csv")
    assert found.values == ([{"title": "A", "year": 1, "tags": []}, {"title": "B", "year": 2, "tags": ["x", "y"]}],)
    assert len(found.notes) == 2
    with pytest.raises(ParseError, match="4 cells, not 3"):
        read('title,year,tags\nA,B,1,"x"', ROWS, "csv")


@pytest.mark.parametrize("form", ["yaml", "xml", "csv"])
def test_json_instead_is_told(form: Encoding) -> None:
    found = read('{"title": "A", "year": 1, "tags": []}', ROW, form)
    assert found.values == ({"title": "A", "year": 1, "tags": []},)
    assert found.notes == (f"the answer is JSON, not {form.upper()}",)


@pytest.mark.parametrize("form", ["json", "yaml", "xml", "csv"])
@pytest.mark.parametrize("text", ["", "I am sorry, I cannot do that."])
def test_an_answer_without_anything_of_the_form(form: Encoding, text: str) -> None:
    with pytest.raises(ParseError):
        read(text, ROWS, form)


def test_an_alias_is_refused() -> None:
    with pytest.raises(ParseError, match="alias"):
        read("title: &x Foo\ndoi: *x", PAPER, "yaml")


@pytest.mark.parametrize(
    ("form", "text", "value", "opened"),
    [
        ("json", '{"title": "x", "keywords": ["a", "b', {"title": "x", "keywords": ["a"]}, ("keywords",)),
        ("yaml", "title: x\nkeywords:\n  - a\n  - b", {"title": "x", "keywords": ["a"]}, ("keywords",)),
        ("yaml", "title: x\nyear: 19", {"title": "x"}, ()),
        (
            "xml",
            "<paper><title>x</title><keywords><item>a</item><item>b",
            {"title": "x", "keywords": ["a"]},
            ("keywords",),
        ),
        ("xml", "<paper><authors><item><name>A</name><born>19", {"authors": [{"name": "A"}]}, ("authors", 0)),
        ("xml", "<paper><title>x</title></paper>", {"title": "x"}, None),
    ],
)
def test_an_answer_that_was_cut_off(form: Encoding, text: str, value: Any, opened: Any) -> None:
    found = read(text, PAPER, form, is_cut=True)
    assert found.values == (value,)
    assert found.open == opened


def test_a_table_that_was_cut_off() -> None:
    found = read("title,year,tags\nA,1,x\nB,2", ROWS, "csv", is_cut=True)
    assert (found.values, found.open) == (([{"title": "A", "year": 1, "tags": ["x"]}],), ())


# --- refused ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("type_", "what"),
    [(Paper, "/properties/authors/items"), (dict[str, int], "free keys"), (tuple[int, str], "by their place"),
     (list[int | str], "union"), (int, "where a record")],
)  # fmt: skip
def test_csv_refuses_by_name(type_: Any, what: str) -> None:
    with pytest.raises(SchemaError, match=re.escape(what)):
        refuse(load(type_), "csv")


@pytest.mark.parametrize("form", ["yaml", "xml", "json"])
def test_a_value_that_is_too_deep(form: Encoding) -> None:
    value: Any = 1
    for _ in range(3000):
        value = [value]
    with pytest.raises(SchemaError, match="deep"):
        encode(value, load(list[Any]), form)


HOSTILE: list[Callable[[int], str]] = [
    lambda n: "[" * n, lambda n: "{a: " * (n // 4), lambda n: "- " * (n // 2), lambda n: "keywords: [\n" * (n // 12),
    lambda n: 'title: "x\n' * (n // 10), lambda n: "title: *x\n" * (n // 10), lambda n: "<paper>" + "<a>" * (n // 3),
    lambda n: "<paper>" + "<!--" * (n // 4), lambda n: "<paper>" + "<a b='" * (n // 6),
    lambda n: "title|year|tags\n" + "|-" * n,
    lambda n: "title,year,tags\n" + '"x,' * (n // 3), lambda n: "```\n" * (n // 4), lambda n: "title:" + " " * n + "x",
]  # fmt: skip


@pytest.mark.parametrize("form", ["yaml", "xml", "csv"])
@pytest.mark.parametrize("made", HOSTILE)
@pytest.mark.parametrize("is_cut", [False, True])
def test_hostile_answers_take_little_time(form: Encoding, made: Callable[[int], str], is_cut: bool) -> None:
    started = time.process_time()
    with contextlib.suppress(ParseError):
        read(made(100_000), ROWS if form == "csv" else PAPER, form, is_cut=is_cut)
    assert time.process_time() - started < 10


WORDS = load(list[create_model("Words", one=(str, ...), two=(str, ...), three=(str, ...))])


@pytest.mark.parametrize("text", ["Sorry, I could not, I fear", "Sorry, I could not, I fear\nSo it is.", "a,b,c"])
def test_a_sentence_with_as_many_commas_as_columns_is_no_table(text: str) -> None:
    with pytest.raises(ParseError, match="no CSV"):
        read(text, WORDS, "csv")


def test_two_lines_or_a_number_are_a_table_without_a_header() -> None:
    assert read("a,b,c\nd,e,f", WORDS, "csv").values[0][1] == {"one": "d", "two": "e", "three": "f"}
    assert read("A,1,x", ROWS, "csv").values == ([{"title": "A", "year": 1, "tags": ["x"]}],)


def test_a_quote_that_is_not_closed_swallows_no_lines() -> None:
    found = read('title,year,tags\n"A,5,x\nB,6,y', ROWS, "csv")
    assert [row["title"] for row in found.values[0]] == ['"A', "B"]
    assert "a quote that is not closed" in found.notes[0]
    with pytest.raises(ParseError, match="not closed"):
        read('title,year,tags\nA,"5,x\nB,6",y', ROWS, "csv")


@pytest.mark.parametrize("value", [{"a": 0, "item": 0}, {"item": 0}, ["0"], {"b": 1}])
def test_a_key_that_is_called_as_the_items_of_a_list_is_none_of_them(value: Any) -> None:
    schema = schema_of(
        {
            "anyOf": [
                {"type": "array", "items": {"type": "string"}},
                {"type": "object", "additionalProperties": {"type": "integer"}},
            ]
        }
    )
    assert read(encode(value, schema, "xml"), schema, "xml").values == (value,)
