"""What is done unasked with values of a schema: `schema check` tells each, where it stands, and how it is left out."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from pydantic import BaseModel, Field

from extractor.habits import habits
from extractor.schema import load
from extractor.tagged_union import one_of

TEXTS = {"type": "array", "items": {"type": "string"}}


def told(schema: Any) -> dict[str, tuple[str, str]]:
    return {one.pointer: (one.what, one.unless) for one in habits(load(schema))}


def test_each_habit_is_told_where_it_stands() -> None:
    found = told("keywords[], people[], places[], kind: a|b|c, found[]{name, type: person|place|date}")
    people = "a name that is likelier by far in places goes there; what is of none is dropped"
    assert found == {
        "/properties/keywords": (
            "the likeliest terms of the document, as many as the model wrote",
            '"x-ranked": false',
        ),
        "/properties/people": (people, '"x-disjoint": false'),
        "/properties/places": (people.replace("places", "people"), '"x-disjoint": false'),
        "/properties/found": (
            "a name has the type that is likelier by far; what is of none is dropped",
            '"x-disjoint": false',
        ),
        "/properties/kind": ("the label that is likeliest beside what the model leans to", "--no-prior"),
    }


def test_where_there_is_a_label_for_the_rest_nothing_is_dropped() -> None:
    ((what, _),) = told("found[]{name, type: person|place|other}").values()
    assert what == "a name has the type that is likelier by far"


def test_a_place_behind_a_reference_is_told_where_its_schema_is() -> None:
    class Report(BaseModel):
        who: Who

    class Who(BaseModel):
        kind: Literal["a", "b", "c"]
        keywords: list[str]

    Report.model_rebuild(_types_namespace={"Who": Who})
    assert [*told(Report)] == ["/$defs/Who/properties/keywords", "/$defs/Who/properties/kind"]


@pytest.mark.parametrize(
    ("name", "keyword"), [("keywords", "x-ranked"), ("people", "x-disjoint"), ("found", "x-disjoint")]
)
def test_what_a_keyword_says_is_no_habit(name: str, keyword: str) -> None:
    item = {"type": "object", "properties": {"name": {"type": "string"}, "type": {"enum": ["person", "place"]}}}
    found = {"type": "array", "items": item}
    properties: dict[str, Any] = {"keywords": TEXTS, "people": TEXTS, "places": TEXTS, "found": found}
    assert f"/properties/{name}" in told({"properties": properties})
    properties[name] = {**properties[name], keyword: False}
    assert f"/properties/{name}" not in told({"properties": properties})


def test_a_mark_that_is_none_changes_no_habit() -> None:
    assert [*told({"properties": {"people": {**TEXTS, "x-disjoint": "yes"}, "places": TEXTS}})] == [
        "/properties/people",
        "/properties/places",
    ]


def test_of_a_choice_between_schemas_nothing_is_done() -> None:
    report = {"title": "Report", "properties": {"keywords": TEXTS, "people": TEXTS, "places": TEXTS}}
    note = {"title": "Note", "properties": {"kind": {"enum": ["a", "b", "c"]}}}
    assert told(one_of([report, note])) == {}


def test_a_schema_without_any_has_none() -> None:
    class Plain(BaseModel):
        title: str
        year: int = Field(ge=1900)
        tags: list[str]

    assert told(Plain) == {}
