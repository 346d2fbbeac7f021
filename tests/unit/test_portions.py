"""Schemas in portions, excerpts of documents, and the passages that are about some fields."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel
from scripted import quick

from extractor.excerpts import GAP, Excerpt
from extractor.passages import Passages
from extractor.portions import fields, grouped, portion
from extractor.ranked import term_fields
from extractor.schema import load
from extractor.types import Document, Example, Extraction, Span, Support
from extractor.validation import Valid, validate


class Terms(BaseModel):
    """Terms of a loan."""

    agreement_date: str
    governingLaw: str  # noqa: N815
    lenders: list[str]


class Person(BaseModel):
    """A person."""

    name: str
    knows: list[Person] = []


class Loan(BaseModel):
    """A loan."""

    borrower: Person | None
    terms: Terms
    amount: float


def test_fields_are_those_of_the_record_and_of_the_objects_in_it() -> None:
    found = fields(load(Loan))
    assert [one.path for one in found] == [
        ("borrower",),
        ("terms", "agreement_date"),
        ("terms", "governingLaw"),
        ("terms", "lenders"),
        ("amount",),
    ]
    assert [one.extent for one in found] == ["many", "one", "one", "many", "one"]
    assert [one.name for one in found[1:3]] == ["terms agreement date", "terms governing Law"]
    assert found[3].weight > found[4].weight == 1


@pytest.mark.parametrize(
    "spec",
    [
        {"type": "array", "items": {"type": "string"}},
        {"anyOf": [{"type": "object", "properties": {"a": {}, "b": {}}}, {"type": "null"}]},
        {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": {"type": "string"}},
        {"type": "object", "properties": {"a": {}, "b": {}}, "dependentRequired": {"a": ["b"]}},
    ],
)
def test_what_is_no_plain_object_is_one_field(spec: dict[str, Any]) -> None:
    schema = load(spec)
    (whole,) = fields(schema)
    assert whole.path == ()
    assert portion(schema, [whole]) is schema


def test_x_merge_makes_a_field_one_of_the_whole_text() -> None:
    (field,) = fields(load({"type": "object", "properties": {"s": {"type": "string", "x-merge": "reduce"}}}))
    assert field.extent == "all"


@pytest.mark.parametrize(
    ("spec", "extent"),
    [
        ("summary str", "all"),
        ("newsSummary str", "all"),
        ("内容摘要 str", "all"),
        ("title str", "one"),
        ({"type": "object", "properties": {"text": {"type": "string", "description": "A short summary."}}}, "all"),
        ({"type": "object", "properties": {"summary_page": {"type": "integer"}}}, "one"),
        ("summary[]", "many"),
        ("keywords[]", "one"),
        ("tags[]", "one"),
        ("stages[]", "many"),
        ("keywords[]{term}", "many"),
        (
            {"type": "object", "properties": {"x": {"items": {"type": "string"}, "type": "array", "x-ranked": True}}},
            "one",
        ),
        ({"type": "object", "properties": {"tags": {"items": {"type": "string"}, "x-merge": "union"}}}, "all"),
        ({"type": "object", "properties": {"people": {"items": {"type": "string"}, "x-merge": "all"}}}, "all"),
    ],
)
def test_summaries_are_of_the_whole_text(spec: Any, extent: str) -> None:
    (field,) = fields(load(spec))
    assert field.extent == extent


@pytest.mark.parametrize("name", ["keywords", "tags", "stages", "关键词"])
@pytest.mark.parametrize("mark", [{}, {"x-ranked": True}, {"x-ranked": False}])
@pytest.mark.parametrize("items", [{"type": "string"}, {"type": "integer"}, {"enum": ["a", "b"]}])
def test_terms_that_are_ranked_are_of_the_whole_text(name: str, mark: dict[str, Any], items: dict[str, Any]) -> None:
    schema = load({"type": "object", "properties": {name: {"type": "array", "items": items, **mark}}})
    (field,) = fields(schema)
    are_said_once = items == {"type": "string"} and (mark.get("x-ranked", False) or name != "stages")
    assert field.extent == ("one" if are_said_once else "many")
    assert are_said_once or not term_fields(schema)


def test_a_portion_has_its_fields_alone() -> None:
    schema = load(Loan)
    example = Example("t", {"borrower": None, "terms": {"agreement_date": "a", "lenders": []}, "amount": 1})
    found = portion(
        schema.__class__(**{**vars_of(schema), "examples": (example,)}), [fields(schema)[1], fields(schema)[4]]
    )
    assert found.json_schema["properties"].keys() == {"terms", "amount"}
    assert [*found.json_schema["properties"]["terms"]["properties"]] == ["agreement_date"]
    assert found.json_schema["required"] == ["terms", "amount"]
    assert found.json_schema["$defs"] == {}  # nothing leads to a person any more
    assert found.model is None
    assert found.examples[0].value == {"terms": {"agreement_date": "a"}, "amount": 1}
    assert isinstance(validate(found, {"terms": {"agreement_date": "x"}, "amount": 2}), Valid)
    assert portion(schema, [fields(schema)[0]]).json_schema["$defs"].keys() == {"Person"}


def vars_of(schema: Any) -> dict[str, Any]:
    return {name: getattr(schema, name) for name in schema.__slots__}


def test_groups_follow_each_other_and_none_is_too_much() -> None:
    schema = load(", ".join(f"f{at} str" for at in range(10)) + ", rows[]{a, b, c}")
    groups = grouped(fields(schema), 4)
    assert [[one.path[0] for one in group] for group in groups] == [
        ["f0", "f1", "f2", "f3"],
        ["f4", "f5", "f6", "f7"],
        ["f8", "f9"],
        ["rows"],
    ]


# --- excerpts ---


@quick()
@given(
    st.text("ab \n", min_size=1, max_size=60), st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=1)
)
def test_an_excerpt_knows_the_way_back(text: str, pairs: list[tuple[int, int]]) -> None:
    ranges = [(min(pair), min(max(pair), len(text))) for pair in pairs if min(pair) < min(max(pair), len(text))]
    if not ranges:
        return
    excerpt = Excerpt.of(Document("d", text), ranges)
    shown = excerpt.shown.text
    for start in range(len(shown)):
        place = excerpt.place(start, start + 1)
        assert place is None or text[place[0] : place[1]] == shown[start]
        assert place is not None or shown[start] in GAP
    assert sum(end - start for start, end in excerpt.ranges) == len({at for pair in ranges for at in range(*pair)})


def test_a_record_of_an_excerpt_is_placed_in_the_document() -> None:
    text = "Page one.\n\fAnn Bell came.\n\fBo Hale left."
    excerpt = Excerpt.of(Document("d", text), [(11, 26), (27, 40)], (0, 11, 27))
    assert excerpt.ranges == ((11, 26), (27, 40))
    shown = excerpt.shown.text
    spans = {"/a": Span(shown.index("Bo"), shown.index("Bo") + 7, "exact"), "/b": Span(4, len(shown), "fuzzy", 0.9)}
    support = {"/c": (Support(0, 3, (shown.index("Ann"), shown.index("Ann") + 8), 1.0),)}
    record = excerpt.placed(Extraction("d", {}, "s", "e", "grammar", spans=spans, support=support))
    assert record.spans == {"/a": Span(27, 34, "exact", page=3)}
    assert record.ungrounded == {"/b": "stands across passages that are apart in the text"}
    assert record.support["/c"][0].passage == (11, 19)


# --- passages ---

FILLER = "The tide came and went, and nobody wrote a word of it down. " * 8
FACTS = ["The ferry has 120 seats.", "The agreement is dated 4 March 2022.", "It is governed by the law of Texas."]
TEXT = "\n\n".join(f"{FILLER}\n\n{fact}\n\n{FILLER}" for fact in FACTS)


def test_each_field_has_its_turn() -> None:
    schema = load("ferry_seats int, agreementDate, governing_law")
    excerpt = Passages.of(Document("d", TEXT), schema, 400).about(fields(schema), 400)
    assert all(fact in excerpt.shown.text for fact in FACTS)
    assert len(excerpt.shown.text) < 0.6 * len(TEXT)
    assert excerpt.ranges[0][0] == 0


def test_words_of_descriptions_and_definitions_count() -> None:
    schema = load(
        {
            "type": "object",
            "properties": {"x": {"$ref": "#/$defs/Law"}},
            "$defs": {"Law": {"type": "object", "properties": {"y": {"type": "string", "description": "governed by"}}}},
        }
    )
    assert FACTS[2] in Passages.of(Document("d", TEXT), schema, 250).about(fields(schema), 250).shown.text


def test_a_text_that_has_none_of_the_words_is_shown_from_its_beginning() -> None:
    schema = load("标题 str")
    excerpt = Passages.of(Document("d", TEXT), schema, 200).about(fields(schema), 200)
    assert excerpt.ranges[0][0] == 0
    assert len(excerpt.ranges) == 1


LOOSE = {
    "type": "object",
    "properties": {
        "parties": {
            "type": "object",
            "properties": {"agent": {"type": ["string", "null"]}, "borrower": {"type": "string"}},
        },
        "place": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


def test_an_object_in_which_nothing_has_to_be_there_is_asked_for_all_the_same() -> None:
    asked = portion(load(LOOSE), fields(load(LOOSE))).json_schema
    assert asked["required"] == ["parties"]
    assert portion(load(Loan), fields(load(Loan))) is not None
    strict = load({**LOOSE, "required": ["parties", "place"]})
    assert portion(strict, fields(strict)) is strict


def test_a_tree_is_not_taken_apart() -> None:
    node = {"type": "object", "properties": {"name": {"type": "string"}, "left": {"$ref": "#/$defs/node"}}}
    schema = load({"type": "object", "properties": {"top": {"$ref": "#/$defs/node"}}, "$defs": {"node": node}})
    assert [one.path for one in fields(schema)] == [("top", "name"), ("top", "left")]
    schema = load({"type": "object", "properties": {"name": {"type": "string"}, "left": {"$ref": "#"}}})
    assert [one.path for one in fields(schema)] == [("name",), ("left",)]
