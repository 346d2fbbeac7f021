"""Fields that may be left out: a model is offered null for them, and the record is without."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from pydantic import BaseModel
from scripted import ScriptedEngine

from extractor.forgiving import forgiving, spoken, without_nulls
from extractor.grammar import compile_schema
from extractor.pipeline import extract
from extractor.schema import load
from extractor.types import Document, Mode

NAME = {"type": "string"}
EMAIL = {"type": "string", "format": "email", "description": "An address."}
AUTHOR = {"type": "object", "required": ["name"], "properties": {"name": NAME, "email": EMAIL}}


def of(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


@pytest.mark.parametrize(
    ("field", "is_offered"),
    [
        (NAME, True),
        ({"type": "integer"}, True),
        ({"enum": ["a", "b"]}, True),
        ({"enum": ["a", None]}, False),
        ({"type": ["string", "null"]}, False),
        ({"type": "array", "items": NAME}, False),  # it may be empty
        ({"type": "object"}, False),
        (of(x=NAME), False),
        ({**of(x=NAME), "required": ["x"]}, True),
        ({}, False),
        ({"$ref": "#/$defs/e"}, True),
    ],
)
def test_what_takes_no_null_is_offered_it(field: Any, is_offered: bool) -> None:
    schema = load({**of(a=field), "$defs": {"e": EMAIL}})
    asked = forgiving(schema).json_schema["properties"]["a"]
    assert (asked == {"anyOf": [field, {"type": "null"}]}) is is_offered
    required = forgiving(load({**of(a=field), "required": ["a"], "$defs": {"e": EMAIL}}))
    assert {"type": "null"} not in (required.json_schema["properties"]["a"] or {}).get("anyOf", ())


def test_fields_of_records_in_lists_and_definitions_too() -> None:
    schema = load({**of(people={"type": "array", "items": {"$ref": "#/$defs/A"}}), "$defs": {"A": AUTHOR}})
    email = forgiving(schema).json_schema["$defs"]["A"]["properties"]["email"]
    assert email == {"description": "An address.", "anyOf": [{"type": "string", "format": "email"}, {"type": "null"}]}
    data = {"people": [{"name": "Ann", "email": None}, {"name": None, "email": "a@b.org"}, None]}
    cleaned = {"people": [{"name": "Ann"}, {"name": None, "email": "a@b.org"}, None]}
    assert without_nulls(schema, data) == cleaned


@pytest.mark.parametrize("mode", ["grammar", "prompt", "json_schema"])
def test_the_record_is_without_what_the_text_does_not_state(mode: Mode) -> None:
    schema = load({**of(people={"type": "array", "items": AUTHOR}), "required": ["people"]})
    reply = json.dumps({"people": [{"name": "Ann Bell", "email": None}]})
    engine = ScriptedEngine([reply], modes=(mode,))
    record = asyncio.run(extract(Document("d", "Ann Bell came."), schema, engine))
    assert record.ok
    assert record.data == {"people": [{"name": "Ann Bell"}]}
    assert record.absent == {"/people/0/email": "not in the text"}
    assert "email: string | null" in engine.requests[0].messages[0].content
    assert len(engine.requests) == 1


@pytest.mark.parametrize(
    ("field", "is_offered"),
    [
        (EMAIL, True),
        ({"type": ["integer", "null"]}, True),
        ({"anyOf": [{"enum": ["a", "b"]}, {"type": "null"}]}, True),
        ({"type": ["string", "null"], "x-verbatim": True}, True),
        ({"anyOf": [AUTHOR, {"type": "null"}]}, True),
        (NAME, False),  # any text can be the word
        ({"type": "array", "items": NAME}, False),
    ],
)
def test_null_may_be_the_word_where_no_other_text_may_stand(field: Any, is_offered: bool) -> None:
    asked = spoken(load(of(a=field)))
    node = asked.json_schema["properties"]["a"]
    assert ({"const": "null"} in node.get("anyOf", ())) is is_offered
    grammar = compile_schema(asked).for_text("Ann Bell came.")
    assert grammar.text.startswith("%llguidance")
    assert not grammar.loose


def test_the_word_null_is_null() -> None:
    author = {**AUTHOR, "properties": {**AUTHOR["properties"], "born": {"type": ["integer", "null"]}, "city": NAME}}
    schema = load({**of(people={"type": "array", "items": author}), "required": ["people"]})
    said = {"name": "Ann Bell", "email": "null", "born": "null", "city": "null"}
    engine = ScriptedEngine([json.dumps({"people": [said]})], modes=("grammar",))
    record = asyncio.run(extract(Document("d", "Ann Bell came."), schema, engine))
    assert record.ok
    assert record.data == {"people": [{"name": "Ann Bell", "born": None}]}
    assert len(engine.requests) == 1


def test_a_choice_that_is_called_none_is_one() -> None:
    schema = load(of(damage={"enum": ["none", "some"]}, city=NAME))
    assert without_nulls(schema, {"damage": "none", "city": "None"}) == {"damage": "none"}


class Ship(BaseModel):
    """A ship."""

    name: str
    seats: int = 12


def test_the_default_of_a_class_stands_for_what_is_not_stated() -> None:
    engine = ScriptedEngine(['{"name": "Nemo", "seats": null}'])
    record = asyncio.run(extract(Document("d", "The Nemo came."), load(Ship), engine))
    assert record.value == Ship(name="Nemo", seats=12)
    assert record.notes["/seats"] == "not in the answer, added by the class"


@pytest.mark.parametrize(
    "rule",
    [
        {"dependentRequired": {"a": ["b"]}},
        {"dependentSchemas": {"a": {"required": ["b"]}}},
        {"if": {"required": ["a"]}, "then": {"required": ["b"]}},
        {"minProperties": 1},
        {"oneOf": [{"required": ["a"]}, {"required": ["b"]}]},
        {"not": {"required": ["a", "b"]}},
    ],
)
def test_where_it_counts_whether_a_key_is_there_nothing_is_offered(rule: dict[str, Any]) -> None:
    schema = load({**of(a=NAME, b=NAME), **rule})
    assert forgiving(schema).json_schema["properties"] == {"a": NAME, "b": NAME}
    inner = load({**of(x={**of(a=NAME, b=NAME), "required": ["b"]}), **rule})
    assert {"type": "null"} in forgiving(inner).json_schema["properties"]["x"]["properties"]["a"]["anyOf"]


def test_a_record_that_may_be_null_is_a_whole_one() -> None:
    schema = load({**of(x={"anyOf": [AUTHOR, {"type": "null"}]}), "required": ["x"]})
    assert "anyOf" in forgiving(schema).json_schema["properties"]["x"]["anyOf"][0]["properties"]["email"]
