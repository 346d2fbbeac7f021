"""Records of names with their kinds: which those are, what becomes of the kinds, what is told, what a rule forbids."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Literal

import pytest
from pydantic import BaseModel, field_validator
from sorter import Sorter

from extractor.errors import EngineUnavailable
from extractor.kinded import kinded_lists
from extractor.kinds import Kinds
from extractor.options import Options
from extractor.pipeline import extract
from extractor.prompt import PromptStyle
from extractor.schema import load
from extractor.types import Document, Extraction

TEXT = "The harbour bank of Mole sold the ferry. Ann Bell of Mole paid for it, as growth is slow."
LIKELY = {
    "Ann Bell": {"person": -0.1, "place": -9.0, "organisation": -8.0},
    "harbour bank": {"person": -7.0, "place": -4.0, "organisation": -0.2},
    "Mole": {"person": -4.3, "place": -0.3, "organisation": -1.2},
    "growth": {"person": -5.0, "place": -2.0, "organisation": -6.0, "other": -0.2},
}
Kind = Literal["person", "place", "organisation"]


class Entity(BaseModel):
    name: str
    kind: Kind
    role: str | None = None


class News(BaseModel):
    entities: list[Entity]


def read(record: Any, schema: Any = News, likely: Any = LIKELY, fault: Any = None, **more: Any) -> Extraction:
    return asyncio.run(extract(Document("a.txt", TEXT), load(schema), Sorter(record, likely, fault), **more))


def one(name: str, kind: str | None, role: str | None = None) -> dict[str, Any]:
    return {"name": name, "kind": kind, "role": role}


def news(*entities: Any) -> dict[str, Any]:
    return {"entities": [*entities]}


# --- kinds ---------------------------------------------------------------------------------------------------


def test_a_name_has_the_kind_that_is_much_likelier() -> None:
    record = read(news(one("Ann Bell", "person"), one("harbour bank", "person", "seller")))
    assert record.data == news(one("Ann Bell", "person"), one("harbour bank", "organisation", "seller"))
    told = "the model wrote 'person'; of the name alone 'organisation' is likelier"
    assert record.notes == {"/entities/1/kind": told}


def test_a_kind_that_is_about_as_likely_stays() -> None:
    written = news(one("Mole", "organisation"))
    record = read(written)
    assert (record.data, record.notes) == (written, {})


def test_what_is_of_no_kind_is_dropped_and_told() -> None:
    record = read(news(one("growth", "place", "slow"), one("harbour bank", "person")))
    assert record.data == news(one("harbour bank", "organisation"))
    assert record.notes == {
        "/entities": '{"name": "growth", "kind": "place", "role": "slow"} dropped: likelier none of these kinds',
        "/entities/0/kind": "the model wrote 'person'; of the name alone 'organisation' is likelier",
    }


def test_what_is_there_already_is_not_there_twice() -> None:
    record = read(
        news(one("Mole", "place"), one("Ann Bell", "place"), one("Mole", "person"), one("Ann Bell", "person"))
    )
    assert record.data == news(one("Mole", "place"), one("Ann Bell", "person"))
    assert record.notes["/entities"] == (
        """{"name": "Mole", "kind": "person", "role": null} dropped: it is there as 'place' already; """
        """{"name": "Ann Bell", "kind": "place", "role": null} dropped: it is there as 'person' already"""
    )


def test_two_that_differ_in_more_stay_two() -> None:
    record = read(news(one("Mole", "place", "port"), one("Mole", "person", "home")))
    assert record.data == news(one("Mole", "place", "port"), one("Mole", "place", "home"))


def test_a_kind_that_is_null_stays_so() -> None:
    class Vague(Entity):
        kind: Kind | None = None  # type: ignore[assignment]

    class Many(BaseModel):
        entities: list[Vague]

    assert read(news(one("Ann Bell", None)), Many).data == news(one("Ann Bell", None))


def test_each_name_is_asked_about_once_and_alone() -> None:
    engine = Sorter(news(one("Mole", "place"), one("Ann Bell", "person"), one("Mole", "place")), LIKELY)
    asyncio.run(extract(Document("a.txt", TEXT), load(News), engine))
    assert engine.asked == [("Mole",) * 2, ("Ann Bell",) * 2]


def test_labels_that_have_one_for_the_rest_drop_nothing() -> None:
    kind = {"enum": ["person", "place", "MISC"]}
    item = {"type": "object", "properties": {"text": {"type": "string"}, "type": kind}, "required": ["text", "type"]}
    schema = {"properties": {"names": {"type": "array", "items": item}}, "required": ["names"]}
    likely = {"growth": {"person": -5.0, "place": -5.0, "MISC": -0.1, "other": 0.0}}
    record = read({"names": [{"text": "growth", "type": "place"}]}, schema, likely)
    assert record.data == {"names": [{"text": "growth", "type": "MISC"}]}


def test_records_of_their_own_stay() -> None:
    """Each is what was asked for."""
    written = [one("growth", "place"), one("harbour bank", "person")]
    assert read(written, list[Entity]).data == written


def test_texts_that_are_no_names_are_not_asked_about() -> None:
    engine = Sorter(news(one("The ferry was late again, " * 4, "place")), LIKELY)
    record = asyncio.run(extract(Document("a.txt", TEXT), load(News), engine))
    assert (len(record.data["entities"]), engine.asked) == (1, [])


# --- rules, faults, other answers ----------------------------------------------------------------------------


def test_a_rule_of_the_users_holds_and_the_other_names_change() -> None:
    class Strict(News):
        @field_validator("entities")
        @classmethod
        def no_banks(cls, value: list[Entity]) -> list[Entity]:
            if any(entity.kind == "organisation" for entity in value):
                raise ValueError("no banks")
            return value

    record = read(news(one("harbour bank", "person"), one("Ann Bell", "place")), Strict)
    assert record.data == news(one("harbour bank", "person"), one("Ann Bell", "person"))
    assert (
        record.notes["/entities"] == "'harbour bank' is likelier 'organisation', but the record would not be valid so"
    )


def test_a_fault_is_told_and_the_record_stays() -> None:
    written = news(one("harbour bank", "person"))
    record = read(written, fault=EngineUnavailable("gone"))
    assert record.data == written
    assert record.notes == {"/entities": "names from 'harbour bank' on are as the model wrote them: gone"}


def test_an_engine_that_cannot_tell_leaves_kinds_alone() -> None:
    written = news(one("harbour bank", "person"))
    record = read(written, likely=None)
    assert (record.data, record.notes) == (written, {})


def test_other_answers_than_json_stay() -> None:
    engine = Sorter(news(one("harbour bank", "person")), LIKELY)
    engine.modes = ("prompt",)
    options = Options(style=PromptStyle(encoding="yaml"))
    asyncio.run(extract(Document("a.txt", TEXT), load(News), engine, options))
    assert engine.asked == []


# --- which lists ---------------------------------------------------------------------------------------------


def meant(labels: Sequence[Any], key: str = "name", **more: Any) -> list[tuple[str, str]]:
    item = {"type": "object", "properties": {key: {"type": "string"}, "kind": {"enum": [*labels]}, **more}}
    schema = load({"properties": {"found": {"type": "array", "items": item}}})
    return [(one.key, one.kind) for one in kinded_lists(schema)]


@pytest.mark.parametrize(
    "labels",
    [
        ["person", "place"],
        ["PER", "LOC", "ORG", "MISC"],
        ["date", "company", "location"],
        ["人名", "地名"],
        ["姓名", "公司"],
    ],
)
def test_kinds_of_names_are_known_by_their_labels(labels: list[str]) -> None:
    assert meant(labels) == [("name", "kind")]


@pytest.mark.parametrize(
    "labels",
    [
        ["buyer", "seller"],  # what somebody does in the document
        ["person", "people"],  # one kind
        ["positive", "place", "negative"],
        ["person", 1, "place"],
        ["in person", "by_product", "online"],
        ["person", "place", *(f"kind {at}" for at in range(30))],  # each name would take long
    ],
)
def test_other_labels_are_not_meant(labels: list[Any]) -> None:
    assert meant(labels) == []


def test_the_name_stands_under_a_usual_key() -> None:
    assert meant(["person", "place"], "实体", note={"type": "string"}) == [("实体", "kind")]
    assert meant(["person", "place"], "sentence") == []
    assert meant(["person", "place"], other={"enum": ["person", "company"]}) == [("name", "kind")]
    assert meant(["person", "place"], label={"enum": ["person", "company"]}) == []  # which of the two?
    assert meant(["person", "place"], "Name") == [("Name", "kind")]
    assert meant(["person", "place"], "text", entity={"type": "string"}) == [("entity", "kind")]  # a name in its text


def test_a_choice_that_is_called_otherwise_is_none_of_kinds() -> None:
    item = {"properties": {"text": {"type": "string"}, "about": {"enum": ["product", "company", "delivery"]}}}
    assert kinded_lists(load({"properties": {"complaints": {"type": "array", "items": item}}})) == ()


@pytest.mark.parametrize("label", ["other", "MISC", "misc entity", "other_entity", "N/A", "O", "其它", "杂项"])
def test_a_label_for_the_rest_is_known(label: str) -> None:
    assert Kinds({"person": "", label: ""}).has_rest
    assert not Kinds({"person": "", "mother": ""}).has_rest


def test_what_is_said_of_labels_is_asked_with() -> None:
    kind = {"oneOf": [{"const": "person", "title": "somebody with a name"}, {"const": "place"}]}
    item = {"type": "object", "properties": {"name": {"type": "string"}, "kind": kind}}
    (found,) = kinded_lists(load({"properties": {"found": {"type": "array", "items": item}}}))
    assert found.kinds.about == {"person": "somebody with a name", "place": ""}


def test_records_of_several_forms_are_not_meant() -> None:
    """With another kind it would have to be another form."""
    forms = [
        {"type": "object", "properties": {"name": {"type": "string"}, "kind": {"enum": [kind]}}, "required": ["kind"]}
        for kind in ("person", "place")
    ]
    assert kinded_lists(load({"properties": {"found": {"type": "array", "items": {"anyOf": forms}}}})) == ()


def test_a_list_that_says_so_stays_as_it_is_written() -> None:
    class Plain(BaseModel):
        entities: list[Entity]

    schema = Plain.model_json_schema()
    schema["properties"]["entities"]["x-disjoint"] = False
    assert kinded_lists(load(schema)) == ()
    assert len(kinded_lists(load(Plain))) == 1
