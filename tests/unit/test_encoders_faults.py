"""What models get wrong in YAML, XML and CSV: read where one thing can be meant, and told; else an error."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel
from scripted import record, schema_of

from extractor.encoders import read
from extractor.errors import ParseError
from extractor.schema import load
from extractor.types import Encoding


class Part(BaseModel):
    sku: str
    qty: int | None = None


class Order(BaseModel):
    buyer: str
    note: str | None = None
    parts: list[Part] = []


class Tagged(BaseModel):
    buyer: str
    tags: list[str] = []


ORDER, TAGGED = load(Order), load(Tagged)
ANN = {"buyer": "Ann", "note": "ok"}
TWO = [{"sku": "x", "qty": 2}, {"sku": "y", "qty": 3}]


def both(form: Encoding, text: str, schema: Any, value: Any) -> str:
    """The notes of what is read as a value."""
    found = read(text, schema, form)
    assert found.values == (value,)
    return "; ".join(found.notes)


@pytest.mark.parametrize(
    ("text", "told"),
    [("<order><buyer>Ann<buyer><note>ok<note></order>", "<buyer> without its slash"),
     ("<order>\n<buyer>Ann<buyer>\n<note>ok<note>\n<order>", "<order> without its slash"),
     ("<order><buyer>Ann</byer><note>ok</note></order>", "</byer> is read as the end of <buyer>"),
     ("<order><buyer>Ann</note><note>ok</note></order>", "</note> is read as the end of <buyer>"),
     ("<order><buyer>Ann</><note>ok</></order>", "</> is read as the end of <note>"),
     ("<order><buyer>Ann</buyer><note>ok</ note></order>", "</ note> is read as the end of <note>"),
     ("<order><Buyer>Ann</Buyer><note>ok</note></order>", "<Buyer> is read as <buyer>")],
)  # fmt: skip
def test_tags_that_are_written_wrongly(text: str, told: str) -> None:
    assert told in both("xml", text, ORDER, ANN)


@pytest.mark.parametrize(
    "text",
    ["<order><buyer>Ann <buyer> Lee</buyer></order>", "<order><buyer>Ann<buyer>Bo<buyer></order>",
     "<order><buyer>the <note> tag</buyer><note>ok</note></order>",
     "<order><parts><item><sku>x</sku><qty>2</qty><sku>y</sku></item></parts></order>",
     "<order><parts><sku>x</sku><sku>y</sku><qty>3</qty></parts></order>",
     "<order><parts><sku>x</sku><qty>2</qty><qty>3</qty></parts></order>"],
)  # fmt: skip
def test_elements_that_can_be_meant_in_several_ways(text: str) -> None:
    with pytest.raises(ParseError, match=r"not sure|stands within"):
        read(text, ORDER, "xml")


@pytest.mark.parametrize(
    ("inner", "told"),
    [("<parts><sku>x</sku><qty>2</qty><sku>y</sku><qty>3</qty></parts>", "read as 2 records"),
     ("<item><sku>x</sku><qty>2</qty></item><item><sku>y</sku><qty>3</qty></item>", "read as one of <parts>"),
     ("<parts><item><sku>x</sku><qty>2</qty><item><sku>y</sku><qty>3</qty><item></parts>", "<item> without its slash")],
)  # fmt: skip
def test_records_whose_tags_are_missing(inner: str, told: str) -> None:
    assert told in both("xml", f"<order><buyer>Ann</buyer>{inner}</order>", ORDER, {"buyer": "Ann", "parts": TWO})


@pytest.mark.parametrize("inner", ["<tags>a<tags>b", "<tags>a<tags>b<tags>", "<tags>a</tags><tags>b<tags>"])
def test_items_whose_ends_are_missing(inner: str) -> None:
    assert both("xml", f"<tagged><buyer>Ann</buyer>{inner}</tagged>", TAGGED, {"buyer": "Ann", "tags": ["a", "b"]})


def test_entities_of_html_are_read_and_told() -> None:
    text = "<tagged><buyer>Ren&eacute;e &amp;nbsp; AT&T;</buyer></tagged>"
    assert "HTML" in both("xml", text, TAGGED, {"buyer": "Renée &nbsp; AT&T;"})


class Person(BaseModel):
    name: str
    city: str | None = None
    age: int | None = None


PEOPLE = load(list[Person])
ANN_AND_BO = [{"name": "Ann", "city": "Rome", "age": 4}, {"name": "Bo", "city": "Oslo", "age": 5}]


@pytest.mark.parametrize(
    ("text", "told"),
    [("name,city,age\n---,---,---\nAnn,Rome,4\nBo,Oslo,5", "a line of dashes"),
     ("name;city;age\nAnn;Rome;4\nBo;Oslo;5", "delimiter is ';'"),
     ("name\tcity\tage\nAnn\tRome\t4\nBo\tOslo\t5", "delimiter is '\\t'"),
     ("| name | city | age |\n|---|---|---|\n| Ann | Rome | 4 |\n| Bo | Oslo | 5 |", "delimiter is '|'"),
     ("name,city,age\nAnn，Rome，4\nBo,Oslo,5", "delimiter of a line is '，'"),
     ("name,city,age\n“Ann”,“Rome”,4\n“Bo”,Oslo,5", "typographic quotes"),
     ("name,city,age\nAnn,Rome,4\nname,city,age\nBo,Oslo,5", "stands there again"),
     ("Name,CITY,age\nAnn,Rome,4\nBo,Oslo,5", "'Name' is read as 'name'"),
     ("name,city,age\nAnn,Rome,4\nBo,Oslo,5\nNote: Bo moved", "'Note: Bo moved'"),
     ("name,city,age\nAnn,Rome,4\nBo,Oslo,5\nNote: Bo moved, later", "'Note: Bo moved,later'"),
     ("name,city,age\nAnn,Rome,4\nBo,Oslo,5\n...\n", "'...'"),
     ("name,city,age\nAnn,Rome,4\nBo,Oslo,5\n(2 rows)", "'(2 rows)'"),
     ("name,city,age\nAnn,Rome,4\nBo,Oslo,5\n\nI hope this helps", "'I hope this helps'"),
     ("```\nname,city,age\nAnn,Rome,4\nBo,Oslo,5\n```\nNow, it is, done", "'Now,it is,done'")],
)  # fmt: skip
def test_what_stands_in_and_around_tables(text: str, told: str) -> None:
    assert told in both("csv", text, PEOPLE, ANN_AND_BO)


def test_a_comma_in_typographic_quotes_is_none_between_cells() -> None:
    both("csv", "name,city\n“Ann”,“Rome, Italy”", PEOPLE, [{"name": "Ann", "city": "Rome, Italy"}])


def test_a_header_may_lack_what_may_be_absent() -> None:
    wide = schema_of({"type": "array", "items": record(a={}, **{name: {} for name in "bcdefg"}) | {"required": ["a"]}})
    strict = schema_of({"type": "array", "items": record(a={}, **{name: {} for name in "bcdefg"})})
    rows = {"type": "string"}
    for schema in (wide, strict):
        for node in schema.json_schema["items"]["properties"].values():
            node.update(rows)
    assert "no column 'g'" in both("csv", "A,b\n1,2", wide, [{"a": "1", "b": "2"}])
    with pytest.raises(ParseError, match="no CSV"):
        read("A,b\n1,2", strict, "csv")


@pytest.mark.parametrize("text", ["Full Name,City,Years\nAnn,Rome,4", "Person,Town,Years\nAnn,Rome,4"])
def test_a_header_with_other_names_is_no_record(text: str) -> None:
    with pytest.raises(ParseError, match="other columns") as error:
        read(text, PEOPLE, "csv")
    assert "name,city,age" in str(error.value.hint)


def test_a_second_table_with_other_columns_is_no_record() -> None:
    with pytest.raises(ParseError, match="second header"):
        read("name,city\nAnn,Rome\n\nname,age\nBo,4", PEOPLE, "csv")


def test_a_single_cell_may_be_a_value_of_the_first_column() -> None:
    both("csv", "name,city,age\nAnn\nBo", PEOPLE, [{"name": name, "city": None, "age": None} for name in ("Ann", "Bo")])


@pytest.mark.parametrize(
    ("text", "told"),
    [("Buyer: Ann\nnote: ok", "'Buyer' is read as 'buyer'"),
     ("**buyer**: Ann\nnote: ok", "'**buyer**' is read as 'buyer'"),
     ("buyer: “Ann”\nnote: ok", "typographic quotes"), ('buyer: "Ann\nnote: ok', "a quote that is not closed"),
     ('buyer: "Ann\nnote: "ok"', "a quote that is not closed"), ("buyer: Ann\n- else: x\nnote: ok", "'- else: x'")],
)  # fmt: skip
def test_keys_and_quotes_in_yaml(text: str, told: str) -> None:
    assert told in both("yaml", text, ORDER, ANN)


@pytest.mark.parametrize("text", ['"buyer": Ann\nnote: ok', "buyer: 'Ann'\nnote: ok"])
def test_what_yaml_has_itself_is_not_told(text: str) -> None:
    assert not both("yaml", text, ORDER, ANN)


@pytest.mark.parametrize("columns", [(2, 1), (2, 3), (2, 4), (2, 5), (0, 1)])
def test_an_item_that_is_not_indented_like_the_others(columns: tuple[int, int]) -> None:
    first, second = (" " * column for column in columns)
    parts = f"{first}- sku: x\n{first}  qty: 2\n{second}- sku: y\n{second}  qty: 3"
    told = both("yaml", f"buyer: Ann\nparts:\n{parts}\nnote: ok", ORDER, ANN | {"parts": TWO})
    assert "not indented alike" in told
