"""Lists of names of different kinds: which those are, where names go, what is told, and what a rule forbids."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, field_validator
from sorter import Sorter

from extractor import Disjoint
from extractor.disjoint import NameList, disjoint_lists
from extractor.errors import EngineUnavailable, RequestRejected
from extractor.grammar import compile_schema
from extractor.options import Options
from extractor.pipeline import extract
from extractor.prompt import PromptStyle
from extractor.schema import load
from extractor.types import Continuation, Document, Extraction, Message

TEXT = "The harbour bank of Mole sold the ferry. Ann Bell of Mole paid for it."
KINDS = {
    "Ann Bell": {"people": -0.1, "places": -9.0, "organisations": -8.0},
    "harbour bank": {"people": -7.0, "places": -4.0, "organisations": -0.2},
    "Mole": {"people": -1.3, "places": -0.1, "organisations": -1.0},
    "Nowhere": {"people": -5.0, "places": -0.5, "organisations": -6.0},
    "growth": {"people": -5.0, "places": -2.0, "organisations": -6.0, "other": -0.2},
    "the ferry": {"people": -5.0, "places": -1.0, "organisations": -6.0, "other": -0.4},
}
TEXTS = {"type": "array", "items": {"type": "string"}}


def fields(**more: Any) -> dict[str, Any]:
    properties = {"people": TEXTS, "places": TEXTS, "organisations": TEXTS, **more}
    return {"type": "object", "properties": properties, "required": [*properties]}


def sorter(record: Any, likely: Any = KINDS, fault: Any = None) -> Sorter:
    return Sorter(record, likely, fault)


def read(engine: Any, schema: Any, text: str = TEXT, options: Options | None = None) -> Extraction:
    return asyncio.run(extract(Document("a.txt", text), load(schema), engine, options))


def record_of(people: Any = (), places: Any = (), organisations: Any = (), **more: Any) -> dict[str, Any]:
    return {"people": [*people], "places": [*places], "organisations": [*organisations], **more}


# --- where names go ------------------------------------------------------------------------------------------


def test_a_name_goes_where_it_is_much_likelier() -> None:
    record = read(sorter(record_of(["harbour bank", "Ann Bell"])), fields())
    assert record.data == record_of(["Ann Bell"], [], ["harbour bank"])
    assert record.notes == {"/organisations/0": "'harbour bank' was in people, where it is less likely"}
    assert {*record.spans} == {"/people/0", "/organisations/0"}


def test_a_name_in_several_lists_stays_in_those_that_are_about_as_likely() -> None:
    record = read(sorter(record_of(["Mole"], ["Mole"], ["Mole"])), fields())
    assert record.data == record_of([], ["Mole"], ["Mole"])  # by 0.9 and 1.2 less likely
    assert record.notes == {"/places/0": "'Mole' was in people, where it is less likely"}


def test_a_name_that_is_not_much_likelier_elsewhere_stays() -> None:
    written = record_of([], [], ["Mole"])
    record = read(sorter(written), fields())
    assert (record.data, record.notes) == (written, {})


def test_each_name_is_asked_about_once_and_alone() -> None:
    """With its sentence "Brazil beat Chad" are organisations."""
    engine = sorter(record_of(["Ann Bell", "Nowhere", "Ann Bell"], ["Mole", "Ann Bell"]))
    read(engine, fields())
    assert engine.asked == [("Ann Bell",) * 2, ("Nowhere",) * 2, ("Mole",) * 2]


def test_what_is_no_name_of_any_of_them_is_dropped_and_told() -> None:
    record = read(sorter(record_of(["growth", "Ann Bell"], ["growth", "Mole"])), fields())
    assert record.data == record_of(["Ann Bell"], ["Mole"])
    dropped = "'growth' dropped: likelier in none of these lists"
    assert record.notes == {"/people": dropped, "/places": dropped}


def test_what_is_about_as_likely_one_of_them_stays_or_goes_there() -> None:
    record = read(sorter(record_of([], ["the ferry"])), fields())
    assert (record.data, record.notes) == (record_of([], ["the ferry"]), {})
    assert read(sorter(record_of(["the ferry"])), fields()).data == record_of([], ["the ferry"])


def test_a_list_that_needs_it_keeps_what_is_no_name() -> None:
    written = record_of([], ["growth"])
    record = read(sorter(written), fields(places={**TEXTS, "minItems": 1}))
    assert record.data == written
    told = "'growth' is likelier in none of these lists, but the record would not be valid so"
    assert record.notes == {"/places": told}


def test_lists_that_have_a_place_for_the_rest_lose_nothing() -> None:
    marked = {**TEXTS, "x-disjoint": True}
    record = read(sorter({**record_of(["growth"]), "other": []}), fields(other=marked))
    assert record.data == {**record_of(), "other": ["growth"]}


@pytest.mark.parametrize(
    "beside",
    [
        {"events": TEXTS},  # of another kind
        {"companies": TEXTS, "institutions": TEXTS},  # of one kind, so that no name goes there
        {"companies": {**TEXTS, "x-disjoint": False}},
        {"misc": TEXTS},
    ],
)
def test_what_another_list_beside_them_is_likeliest_for_stays(beside: dict[str, Any]) -> None:
    written = {"people": ["growth", "Mole"], "places": [], **{name: [] for name in beside}}
    schema = {"properties": {"people": TEXTS, "places": TEXTS, **beside}, "required": [*written]}
    likely = {"growth": {next(iter(beside)): -0.1, "other": -0.2}, "Mole": KINDS["Mole"]}
    record = read(sorter(written, likely), schema)
    assert record.data == {**written, "people": ["growth"], "places": ["Mole"]}


def test_keywords_beside_them_are_of_no_kind() -> None:
    schema = {"properties": {**fields()["properties"], "keywords": {**TEXTS, "x-ranked": False}}}
    engine = sorter({**record_of(["growth"]), "keywords": ["growth"]}, {"growth": {"keywords": 0.0, "other": -1.0}})
    assert read(engine, schema).data == {**record_of(), "keywords": ["growth"]}


def test_blank_and_very_long_texts_are_not_asked_about() -> None:
    written = record_of(["growth " * 12])
    engine = sorter(written)
    assert read(engine, fields()).data == written
    assert engine.asked == []


def test_none_of_them_is_said_in_the_language_of_the_text() -> None:
    likely = {"增长": {"people": -3.0, "places": -4.0, "organisations": -3.0, "其他": -0.1}}
    assert read(sorter(record_of(["增长"]), likely), fields(), "经济增长的讲话。").data == record_of()


def test_repeated_names_go_all() -> None:
    record = read(sorter(record_of(["harbour bank", "Ann Bell", "harbour bank"])), fields())
    assert record.data == record_of(["Ann Bell"], [], ["harbour bank"])


def test_notes_on_what_comes_behind_move_with_it() -> None:
    rows = {
        "type": "array",
        "items": {"type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer"}}},
    }
    aged = sorter(record_of([{"name": "harbour bank", "age": 3}, {"name": "Ann Bell", "age": "61 years"}]))
    aged.modes = ("prompt",)
    record = read(aged, fields(people=rows))
    assert record.data == record_of([{"name": "Ann Bell", "age": 61}], [], ["harbour bank"])
    assert [*record.notes] == ["/people/0/age", "/organisations/0"]


def test_the_names_of_an_object_inside_are_kept_apart_too() -> None:
    schema = {"properties": {"title": {"type": "string"}, "who": fields()}, "required": ["title", "who"]}
    engine = sorter({"title": "Ferry", "who": record_of(["Mole"])})
    assert read(engine, schema).data == {"title": "Ferry", "who": record_of([], ["Mole"])}


def test_lists_that_are_null_or_missing_get_names_too() -> None:
    maybe = {"anyOf": [TEXTS, {"type": "null"}]}
    schema = {**fields(places=maybe), "required": ["people", "places"]}
    engine = sorter({"people": ["Mole", "harbour bank"], "places": None})
    assert read(engine, schema).data == {"people": [], "places": ["Mole"], "organisations": ["harbour bank"]}


# --- records that have a name --------------------------------------------------------------------------------


class Person(BaseModel):
    name: str
    role: str | None = None


class News(BaseModel):
    people: list[Person]
    organisations: list[str]
    places: list[str] = []


def test_a_record_goes_as_its_name_and_what_it_said_is_told() -> None:
    engine = sorter(record_of([{"name": "harbour bank", "role": "seller"}, {"name": "Ann Bell", "role": None}]))
    record = read(engine, News)
    assert record.data == record_of([{"name": "Ann Bell", "role": None}], [], ["harbour bank"])
    assert record.notes == {
        "/organisations/0": '{"name": "harbour bank", "role": "seller"} was in people, where it is less likely'
    }


def test_a_name_becomes_a_record_of_which_nothing_else_is_known() -> None:
    record = read(sorter(record_of([], [], ["Ann Bell"])), News)
    assert record.data == record_of([{"name": "Ann Bell", "role": None}])


def test_a_record_keeps_what_the_other_list_has_too() -> None:
    row = {"type": "object", "properties": {"name": {"type": "string"}, "role": {"type": "string"}}}
    rows = {"type": "array", "items": {**row, "required": ["name", "role"]}}
    written = record_of([{"name": "harbour bank", "role": "seller"}])
    record = read(sorter(written), fields(people=rows, organisations=rows))
    assert record.data == record_of([], [], [{"name": "harbour bank", "role": "seller"}])


def test_what_is_told_of_a_record_goes_with_it() -> None:
    row = {"name": {"type": "string"}, "age": {"type": ["integer", "null"]}, "home": {"type": ["string", "null"]}}
    rows = {"type": "array", "items": {"type": "object", "properties": row, "required": [*row]}}
    some = {name: one for name, one in row.items() if name != "home"}
    people = {"type": "array", "items": {"type": "object", "properties": some, "required": [*some]}}
    engine = sorter(record_of([{"name": "harbour bank", "age": "old as hills"}]))
    engine.modes = ("prompt",)
    record = read(engine, fields(people=people, organisations=rows), options=Options(retries=0))
    assert record.data == record_of([], [], [{"name": "harbour bank", "age": None, "home": None}])
    assert record.absent["/organisations/0/age"] == "invalid"
    assert record.absent["/organisations/0/home"] == "not asked"
    assert "old as hills" in record.notes["/organisations/0/age"]


def test_a_name_and_no_id_is_asked_about() -> None:
    row = {"id": {"type": "string"}, "name": {"type": "string"}}
    rows = {"type": "array", "items": {"type": "object", "properties": row, "required": [*row]}}
    record = read(sorter(record_of([{"id": "p1", "name": "harbour bank"}])), fields(people=rows))
    assert record.data == record_of([], [], ["harbour bank"])


def test_why_a_place_is_empty_moves_with_it() -> None:
    row = {"name": {"type": "string"}, "age": {"type": ["integer", "null"]}}
    rows = {"type": "array", "items": {"type": "object", "properties": row, "required": [*row]}}
    people = [{"name": "harbour bank", "age": 3}, {"name": "Ann Bell", "age": "old as hills"}]
    engine = sorter(record_of([*people, {"name": "Nowhere", "age": None}]))
    engine.modes = ("prompt",)
    record = read(engine, fields(people=rows), options=Options(retries=0))
    assert record.data["organisations"] == ["harbour bank"]
    assert record.absent["/people/0/age"] == "invalid"
    assert "/people/1/age" not in record.absent  # Nowhere is in places


def test_a_full_list_in_a_record_that_goes_is_no_fault() -> None:
    row = {"name": {"type": "string"}, "heights": {"type": "array", "items": {"type": "integer"}}}
    rows = {"type": "array", "items": {"type": "object", "properties": row, "required": [*row]}}
    record = read(sorter(record_of([{"name": "harbour bank", "heights": [7] * 64}])), fields(people=rows))
    assert record.data == record_of([], [], ["harbour bank"])


def test_a_record_that_needs_more_than_a_name_is_not_made_up() -> None:
    row = {"type": "object", "properties": {"name": {"type": "string"}, "role": {"type": "string"}}}
    schema = fields(people={"type": "array", "items": {**row, "required": ["name", "role"]}})
    record = read(sorter(record_of([], [], ["Ann Bell"])), schema)
    assert record.data == record_of([], [], ["Ann Bell"])
    told = "'Ann Bell' is likelier in people, but the record would not be valid so"
    assert record.notes == {"/organisations": told}


# --- rules, faults, other answers ----------------------------------------------------------------------------


def test_a_rule_of_the_users_holds_and_the_other_names_go() -> None:
    class Strict(News):
        @field_validator("organisations")
        @classmethod
        def no_banks(cls, value: list[str]) -> list[str]:
            if "harbour bank" in value:
                raise ValueError("no banks")
            return value

    record = read(sorter(record_of([{"name": "harbour bank"}, {"name": "Mole"}])), Strict)
    assert record.data == record_of([{"name": "harbour bank", "role": None}], ["Mole"])
    assert (
        record.notes["/people"] == "'harbour bank' is likelier in organisations, but the record would not be valid so"
    )


def test_a_list_that_is_full_gets_no_more() -> None:
    record = read(sorter(record_of(["Mole"], ["Nowhere"])), fields(places={**TEXTS, "maxItems": 1}))
    assert record.data == record_of(["Mole"], ["Nowhere"])
    assert "would not be valid" in record.notes["/people"]


def test_a_fault_is_told_and_the_record_stays() -> None:
    written = record_of(["harbour bank"])
    record = read(sorter(written, fault=EngineUnavailable("gone")), fields())
    assert record.data == written
    assert record.notes == {"/people": "names from 'harbour bank' on are as the model wrote them: gone"}


def test_a_name_that_cannot_be_asked_about_stays_and_the_others_go() -> None:
    class Picky(Sorter):
        async def likelihoods(self, messages: Sequence[Message], texts: Sequence[Continuation]) -> list[float] | None:
            if "Nowhere" in messages[-1].content:
                raise RequestRejected("too long")
            return await super().likelihoods(messages, texts)

    record = read(Picky(record_of(["Nowhere", "harbour bank"]), KINDS), fields())
    assert record.data == record_of(["Nowhere"], [], ["harbour bank"])
    assert record.notes["/people"] == "'Nowhere' is as the model wrote it: too long"


@pytest.mark.parametrize("style", [PromptStyle(encoding="yaml"), PromptStyle(form="completion")])
def test_other_answers_than_json_to_a_chat_stay(style: PromptStyle) -> None:
    engine = sorter(record_of(["harbour bank"]))
    engine.modes = ("prompt",)
    assert read(engine, fields(), options=Options(style=style)).data == record_of(["harbour bank"])
    assert engine.asked == []


def test_an_engine_that_cannot_tell_leaves_lists_alone() -> None:
    record = read(sorter(record_of(["harbour bank"]), likely=None), fields())
    assert (record.data, record.notes) == (record_of(["harbour bank"]), {})


def test_of_very_many_names_some_stay_and_that_is_told() -> None:
    names = [f"N{at}" for at in range(60)]
    likely = {name: {"people": -5.0, "places": -0.1, "organisations": -5.0} for name in names}
    record = read(sorter(record_of(names), likely), fields())
    assert [len(record.data[name]) for name in ("people", "places")] == [10, 50]
    assert record.notes["/people"] == (
        "names from 'N50' on are as the model wrote them: 50 of a record are asked about"
    )


# --- which lists ---------------------------------------------------------------------------------------------


def meant(properties: Mapping[str, Any]) -> list[list[str]]:
    return [[one.label for one in lists.every] for lists in disjoint_lists(load({"properties": properties}))]


def test_lists_of_names_of_other_kinds_are_meant_by_their_names() -> None:
    named = ("people", "mentioned_places", "Companies", "productNames")
    assert meant(dict.fromkeys(named, TEXTS)) == [[*named]]
    assert meant(dict.fromkeys(("人物", "地点", "机构"), TEXTS)) == [["人物", "地点", "机构"]]
    rows = {"type": "array", "items": {"properties": {"name": {"type": "string"}, "age": {"type": "integer"}}}}
    assert meant({"people": rows, "places": TEXTS}) == [["people", "places"]]


@pytest.mark.parametrize(
    "properties",
    [
        {"people": TEXTS, "title": {"type": "string"}},  # alone
        {"people": TEXTS, "persons": TEXTS, "tags": TEXTS},  # of one kind
        {"people": TEXTS, "places": {"type": "array", "items": {"enum": ["Mole", "Bergen"]}}},  # labels
        {"people": TEXTS, "places": {"type": "string"}},
        {"people": TEXTS, "places": {**TEXTS, "x-disjoint": False}},  # said so
        {"people": TEXTS, "places": {"type": "array", "items": {"properties": {"country": {"type": "string"}}}}},
        {"people": TEXTS, "place_types": TEXTS, "company_emails": TEXTS, "product_ids": TEXTS, "events": TEXTS},
        {"人物": TEXTS, "活动时间": TEXTS, "单位": TEXTS},
        {"people": TEXTS, "places": {"anyOf": [TEXTS, {"type": "string"}]}},  # or something else
        {"people": TEXTS, "places": {"type": "array", "items": {"properties": {"id": {"type": "string"}}}}},  # no name
        {"skills": TEXTS, "languages": TEXTS},
        {"rows": {"type": "array", "items": {"properties": {"people": TEXTS, "places": TEXTS}}}},  # there often
    ],
)
def test_other_lists_are_not_meant(properties: dict[str, Any]) -> None:
    assert meant(properties) == []


def test_marked_lists_are_meant_whatever_they_are_called() -> None:
    class Land(BaseModel):
        rivers: Annotated[list[str], Disjoint]
        mountains: Annotated[list[str] | None, Disjoint] = None
        people: list[str] = []
        persons: list[str] = []

    assert [[one.label for one in lists.every] for lists in disjoint_lists(load(Land))] == [["rivers", "mountains"]]
    assert Land.model_json_schema()["properties"]["mountains"]["x-disjoint"] is True


def test_marked_lists_are_meant_beside_those_that_are_called_so() -> None:
    marked = {**TEXTS, "x-disjoint": True}
    assert meant({"people": marked, "places": TEXTS}) == [["people", "places"]]
    assert meant({"rivers": marked, "places": TEXTS}) == [["rivers", "places"]]
    assert meant({"people": marked, "persons": TEXTS}) == []  # of one kind, and one is not marked
    assert meant({"people": {**TEXTS, "x-disjoint": "yes"}, "places": TEXTS}) == [["people", "places"]]


def test_lists_of_an_object_that_may_be_one_of_several_are_not_meant() -> None:
    """A name would go to a list of another one."""
    kinds = [{"type": "object", "properties": {"people": TEXTS, name: TEXTS}} for name in ("places", "organisations")]
    assert meant({"doc": {"anyOf": kinds}}) == []
    assert meant({"doc": {"anyOf": [kinds[0], {"type": "null"}]}}) == [["people", "places"]]


def test_a_list_knows_what_is_said_of_it() -> None:
    (lists,) = disjoint_lists(load(fields(people={**TEXTS, "description": "who acts"})))
    assert lists.every[0] == NameList(("people",), "who acts")


@pytest.mark.parametrize("kind", [str, dict[str, str], int | None])
def test_other_fields_cannot_be_marked(kind: Any) -> None:
    class Wrong(BaseModel):
        a: Annotated[kind, Disjoint]  # type: ignore[valid-type]

    with pytest.raises(TypeError, match="Disjoint marks a list"):
        Wrong.model_json_schema()


def test_the_mark_is_no_rule_and_where_it_says_nothing_that_is_told() -> None:
    for node, told in (
        (
            {**TEXTS, "x-disjoint": True},
            ["a name leaves for the list beside it where it is likelier by far, or is dropped"],
        ),
        ({**TEXTS, "x-disjoint": False}, ["its names stay as the model wrote them"]),
        ({**TEXTS, "x-disjoint": "people"}, ["has to be true or false"]),
        ({"type": "string", "x-disjoint": True}, ["says something of lists alone"]),
    ):
        rows = compile_schema(load({"properties": {"a": node}})).report
        assert [row.why for row in rows if row.keyword == "x-disjoint"] == told
