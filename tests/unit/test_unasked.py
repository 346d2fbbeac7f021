"""Answers in another form than JSON, where JSON was asked for."""

from __future__ import annotations

from typing import Any

import pytest
from scripted import record, schema_of

from extractor.answer import decode
from extractor.encoders.unasked import read_unasked
from extractor.errors import ParseError
from extractor.repair import Piece, asked
from extractor.types import Completion, Encoding, Schema, Usage

TEXT, WHOLE = {"type": "string"}, {"type": "integer"}
ORDER = schema_of(record(buyer=TEXT, note=TEXT, count=WHOLE) | {"required": ["buyer"]})
ORDERS = schema_of({"type": "array", "items": ORDER.json_schema})


def said(text: str) -> Completion:
    return Completion(text, "stop", Usage())


ANN = {"buyer": "Ann", "count": 2}


@pytest.mark.parametrize(
    ("text", "form"),
    [("buyer: Ann\ncount: 2", "YAML"), ("```yaml\nbuyer: Ann\ncount: 2\n```", "YAML"),
     ("Here it is:\n\n**Buyer**: Ann\n**Count**: 2\n\nI hope this helps.", "YAML"),
     ("<order><buyer>Ann</buyer><count>2</count></order>", "XML"),
     ("| buyer | count |\n|---|---|\n| Ann | 2 |", "a table")],
)  # fmt: skip
def test_another_form_is_read_and_told(text: str, form: str) -> None:
    answer = decode(said(text), ORDER)
    assert answer.value == ANN
    assert f"the answer is {form}, not JSON" in answer.notes[""]


@pytest.mark.parametrize(
    "text", ["- buyer: Ann\n  count: 2\n- buyer: Bo", "| buyer | count |\n|--|--|\n| Ann | 2 |\n| Bo | |"]
)
def test_records_in_another_form(text: str) -> None:
    (value,) = read_unasked(text, ORDERS).values  # type: ignore[union-attr]
    assert [one["buyer"] for one in value] == ["Ann", "Bo"]


ORDERS_WITHIN = schema_of(record(orders=ORDERS.json_schema))


@pytest.mark.parametrize("text", ["- buyer: Ann\n  count: 2\n- buyer: Bo", "```yaml\n- buyer: Ann\n- buyer: Bo\n```"])
def test_records_of_the_only_list_in_yaml(text: str) -> None:
    (value,) = read_unasked(text, ORDERS_WITHIN).values  # type: ignore[union-attr]
    assert [one["buyer"] for one in value] == ["Ann", "Bo"]


def test_json_that_cannot_be_read_is_no_yaml() -> None:
    assert read_unasked('{\n  "buyer": "Ann",\n  "note": "```json\n{"buyer": "Eve"}\n```"\n}', ORDER) is None


@pytest.mark.parametrize(
    "text",
    ["The buyer is Ann.", "buyer: Ann, count: 2", "Note: there is none in the text.", "I see: nothing", "<b>Ann</b>",
     "Here is the buyer: Ann"],
)  # fmt: skip
def test_prose_is_none(text: str) -> None:
    assert read_unasked(text, ORDER) is None


def test_where_a_text_is_valid_it_is_one() -> None:
    schema = schema_of({"anyOf": [TEXT, ORDER.json_schema]})
    assert decode(said("buyer: Ann"), schema).value == "buyer: Ann"


@pytest.mark.parametrize("text", ['"buyer":"Ann","count":2', "{＂buyer＂:＂Ann＂,＂count＂:2}"])
def test_brackets_and_quotes_of_another_kind(text: str) -> None:
    answer = decode(said(text), ORDER)
    assert (answer.value, answer.fault) == (ANN, None)
    assert "was mended" in answer.notes[""]


def place(node: Any) -> Schema:
    return asked(ORDER, [Piece(("day",), node, "wrong")])


DATE, SIZE = {"type": "string", "format": "date"}, {"enum": ["small", "large"]}


@pytest.mark.parametrize(
    ("node", "text", "value"),
    [(DATE, "2020-05-03", "2020-05-03"), (DATE, "```\n2020-05-03\n```", "2020-05-03"), (SIZE, "It is large.", "large"),
     (TEXT, "Long title", "Long title")],
)  # fmt: skip
def test_a_bare_value_is_that_of_the_only_place_that_was_asked_for(node: Any, text: str, value: str) -> None:
    answer = decode(said(text), place(node))
    assert answer.value == {"/day": value}
    assert "was asked for" in answer.notes[""]


def test_a_place_in_another_form() -> None:
    assert decode(said("day: 2020-05-03"), place(DATE)).value == {"day": "2020-05-03"}


@pytest.mark.parametrize(("node", "text"), [(DATE, "I do not know."), (TEXT, "I cannot find one in it, sorry.")])
def test_an_excuse_is_no_value(node: Any, text: str) -> None:
    assert isinstance(decode(said(text), place(node)).fault, ParseError)


@pytest.mark.parametrize("form", ["json", "yaml", "xml", "csv"])
def test_an_empty_answer_is_none_of_the_form_that_was_asked_for(form: Encoding) -> None:
    with pytest.raises(ParseError, match=f"empty, not {form.upper()}"):
        decode(said(" \n"), ORDER, form)


def test_what_was_mended_twice_is_said_once() -> None:
    answer = decode(said(r"{\"buyer\": \"Ann\", \"count\": 2,}"), ORDER)
    assert answer.value == ANN
    told = "the answer was not JSON, and was mended: one level of escapes too many, stray commas"
    assert answer.notes == {"": told}


NAMED = schema_of(record(title=TEXT | {"type": ["string", "null"]}, names={"type": "array", "items": TEXT}))
A_AND_LIST = {"title": "A", "names": ["x", "y"]}


@pytest.mark.parametrize(
    "text",
    ['title: A\nnames: ["x", "y"]', '**Title:** A\n**Names:** ["x", "y"]', 'title = "A"\nnames = ["x", "y"]',
     'names: ["x", "y"]\ntitle: A', 'title: A\nnames:\n["x", "y"]', 'So:\n\ntitle: A\nnames: ["x",\n  "y"]',
     '```toml\ntitle = "A"\nnames = ["x", "y"]\n```', 'title: A\nnames: ["x", "y"]\nodd: ["z"]'],
)  # fmt: skip
def test_a_list_behind_a_key_is_not_the_answer(text: str) -> None:
    answer = decode(said(text), NAMED)
    assert {name: answer.value[name] for name in A_AND_LIST} == A_AND_LIST
    assert "the answer is YAML, not JSON" in answer.notes[""]


@pytest.mark.parametrize("text", ['I saw these names: ["x"]', 'title: A\nnames:\n```json\n["x"]\n```'])
def test_a_list_behind_a_key_in_prose_is_no_record(text: str) -> None:
    assert isinstance(decode(said(text), NAMED).fault, ParseError)


def test_a_list_behind_a_key_of_a_cut_answer_is_not_kept() -> None:
    answer = decode(Completion('title: A\nnames: ["x", "y', "length", Usage()), NAMED)
    assert (answer.value, answer.open) == (None, ())


@pytest.mark.parametrize(
    ("schema", "text", "value"),
    [(NAMED, 'Title: {"title": "A", "names": []}', {"title": "A", "names": []}),
     (NAMED, 'Names: ["x"]\nThe record: {"title": "A", "names": ["x"]}', {"title": "A", "names": ["x"]}),
     (ORDERS, 'Buyer: [{"buyer": "Ann"}]', [{"buyer": "Ann"}]),
     (ORDERS_WITHIN, 'Here are the orders: [{"buyer": "Ann"}]', [{"buyer": "Ann"}])],
)  # fmt: skip
def test_a_whole_answer_behind_a_key_is_one(schema: Schema, text: str, value: Any) -> None:
    answer = decode(said(text), schema)
    assert (answer.value, answer.fault) == (value, None)


def test_a_mapping_behind_a_key_is_that_of_the_key() -> None:
    schema = schema_of(record(title=TEXT, order=ORDER.json_schema))
    answer = decode(said('title: A\norder: {"buyer": "Ann", "count": 2}'), schema)
    assert answer.value == {"title": "A", "order": ANN}
