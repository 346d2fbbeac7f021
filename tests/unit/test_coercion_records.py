"""Which record a model meant: keys that are none of the schema's, wrappers, branches of unions, several answers."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field
from scripted import ScriptedEngine, record, schema_of

from extractor.coercion import align
from extractor.options import Options
from extractor.pipeline import extract
from extractor.schema import load
from extractor.schema import many as many_of
from extractor.types import GIVEN_UP, Document, Extraction

TEXT = Document("a.txt", "Some text.")


def run(answer: Any, type_: Any, *, many: bool = False) -> Extraction:
    """What becomes of one answer that no grammar held."""
    schema = many_of(load(type_)) if many else load(type_)
    text = answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False)
    engine = ScriptedEngine([text], modes=("prompt",))
    return asyncio.run(extract(TEXT, schema, engine, Options(retries=0)))


def told(found: Extraction) -> str:
    """What failed of a record, and what is left out of it."""
    lost = (f"{at}: {note.partition(GIVEN_UP)[2]}" for at, note in found.notes.items() if GIVEN_UP in note)
    return "; ".join((*map(str, found.errors), *lost))


class Book(BaseModel):
    title: str | None = None
    year: int | None = None


class Shelf(BaseModel):
    books: list[Book]


@pytest.mark.parametrize(
    ("answer", "type_", "place"),
    [
        ({"Titel": "x", "Jahr": 2020}, Book, "/"),
        ({"error": "no record"}, Book, "/"),
        ({"type": "object", "properties": {"title": {"type": "string"}}}, Book, "/"),
        ({"books": [{"title": "y"}, {"Titel": "x"}]}, Shelf, "/books/1"),
    ],
)
def test_an_answer_of_which_nothing_is_foreseen_is_no_empty_record(answer: Any, type_: Any, place: str) -> None:
    found = run(answer, type_)
    assert found.data is None
    assert f"{place}: none of the keys (" in told(found)
    assert "'title', 'year'" in told(found)


@pytest.mark.parametrize("answer", [{}, {"title": None}, {"title": "x", "Jahr": 3}])
def test_an_empty_record_is_one(answer: Any) -> None:
    assert run(answer, Book).data == {"title": answer.get("title"), "year": None}


def test_of_a_list_the_records_of_which_nothing_is_foreseen_are_left_out() -> None:
    found = run([{"Titel": "x"}, {"title": "b"}], Book, many=True)
    assert found.data == [{"title": "b", "year": None}]
    assert "/0: none of the keys ('Titel')" in told(found)


@pytest.mark.parametrize("key", ["**title**", "`title`", "title:", "title (string)", "**Title:**", '"title"'])
def test_decoration_is_no_part_of_a_key(key: str) -> None:
    found = run({key: "x"}, Book)
    assert found.data == {"title": "x", "year": None}
    assert found.notes["/title"] == f"was {key!r}"


class Event(BaseModel):
    first_name: str | None = None
    day: Any = None


@pytest.mark.parametrize("more", [{}, {"day": 1}])
def test_two_keys_that_can_be_one_are_a_doubt(more: Any) -> None:
    found = run({"firstname": "a", "FIRST_NAME": "b"} | more, Event)
    assert (found.data["first_name"], found.absent["/first_name"]) == (None, "invalid")
    assert "/first_name: 'firstname' and 'FIRST_NAME' can both be 'first_name'" in told(found)


def test_a_doubt_about_a_record_of_a_list_is_told() -> None:
    schema = {"properties": {"d": {"type": "string", "format": "date"}}, "type": "object"}
    found = run([{"d": "03/05/2020"}, {"d": "2020-01-01"}], schema, many=True)
    assert found.data == [{"d": "2020-01-01"}]
    assert "3 May or 5 March" in told(found)


class Dog(BaseModel):
    kind: Literal["dog"] = "dog"
    name: str


class Cat(BaseModel):
    kind: Literal["cat"] = "cat"
    name: str


class Owner(BaseModel):
    pet: Dog | Cat


class Kennel(BaseModel):
    pets: list[Dog | Cat]


class Rex(BaseModel):
    kind: Literal["dog"]
    name: str


class Tom(BaseModel):
    kind: Literal["cat"]
    name: str


class Tagged(BaseModel):
    pet: Annotated[Rex | Tom, Field(discriminator="kind")]


class Circle(BaseModel):
    r: float


class Ellipse(BaseModel):
    r: float
    b: float
    c: float


class Drawing(BaseModel):
    shape: Circle | Ellipse


CAT = {"kind": "cat", "name": "Tom"}


@pytest.mark.parametrize(
    ("pet", "type_"),
    [
        ({"type": "cat", "name": "Tom"}, Owner),
        ({"species": "Cat", "name": "Tom"}, Owner),
        ({"Cat": {"name": "Tom"}}, Owner),
        ({"cat": {"name": "Tom"}}, Owner),
        ({"cat": {"type": "cat", "name": "Tom"}}, Owner),
        ({"Tom": {"name": "Tom"}}, Tagged),
        ({"cat": {"name": "Tom"}}, Tagged),
        ({"type": "cat", "name": "Tom"}, Tagged),
    ],
)
def test_a_branch_that_the_answer_names_is_taken(pet: Any, type_: Any) -> None:
    found = run({"pet": pet}, type_)
    assert found.data == {"pet": CAT}
    assert found.notes.keys() & {"/pet", "/pet/kind"}


@pytest.mark.parametrize("pets", [{"cat": [{"name": "Tom"}]}, [{"Cat": {"name": "Tom"}}], {"cat": [CAT]}])
def test_lists_under_the_names_of_branches_are_one_list(pets: Any) -> None:
    assert run({"pets": pets}, Kennel).data == {"pets": [CAT]}


@pytest.mark.parametrize(
    ("answer", "type_", "why"),
    [
        ({"pet": {"name": "Tom"}}, Owner, "it can be 'dog' or 'cat'"),
        ({"pet": {"type": "bird", "name": "Tom"}}, Owner, "it can be 'dog' or 'cat'"),
        ({"pet": {"a": "dog", "b": "cat", "name": "Tom"}}, Owner, "it can be 'dog' or 'cat'"),
        ({"pets": [CAT, {"name": "Tom"}]}, Kennel, "/pets/1: it can be 'dog' or 'cat'"),
        ({"shape": {"r": 1, "b": 2}}, Drawing, "'b' would be lost"),
    ],
)
def test_a_branch_that_nothing_names_is_a_doubt(answer: Any, type_: Any, why: str) -> None:
    found = run(answer, type_)
    assert found.data is None
    assert why in told(found)


@pytest.mark.parametrize(
    ("answer", "data"), [({"r": 1, "x": 2}, {"r": 1}), ({"r": 1, "b": None}, {"r": 1}), ({"r": 1}, {"r": 1})]
)
def test_what_no_other_branch_has_is_left_out(answer: Any, data: Any) -> None:
    assert run({"shape": answer}, Drawing).data == {"shape": data}


class Item(BaseModel):
    sku: str
    qty: int | None = None


class Order(BaseModel):
    items: list[Item]


class OpenOrder(BaseModel):
    items: list[Item] = []


class NullableOrder(BaseModel):
    items: list[Item] | None = None
    total: int | None = None


class TwoLists(BaseModel):
    items: list[Item] = []
    others: list[Item] = []


class Labelled(BaseModel):
    labels: dict[str, str] = {}
    title: str | None = None


class Bike(BaseModel):
    kind: Literal["bike"]
    wheels: Book


class Car(BaseModel):
    kind: Literal["car"]
    motor: Book


@pytest.mark.parametrize(
    ("answer", "meant"),
    [
        ({"kind": "bike", "title": "x"}, {"kind": "bike", "wheels": {"title": "x", "year": None}}),
        ({"bike": {"title": "x", "year": "1990"}}, {"kind": "bike", "wheels": {"title": "x", "year": 1990}}),
        ({"kind": "car"}, {"kind": "car", "motor": {"title": None, "year": None}}),
        ({"kind": "car", "title": "x", "colour": "red"}, None),  # of which something would be lost
        ({"title": "x"}, None),
    ],
)
def test_fields_that_stand_flat_are_taken_into_the_record_that_is_missing(answer: Any, meant: Any) -> None:
    assert run(answer, Bike | Car).data == meant


@pytest.mark.parametrize("type_", [Order, OpenOrder, NullableOrder])
@pytest.mark.parametrize(
    "answer", [[{"sku": "a"}], {"sku": "a"}, {"item": {"sku": "a"}}, {"Positionen": [{"sku": "a"}]}]
)
def test_a_wrapper_that_is_missing_is_put_around(answer: Any, type_: Any) -> None:
    found = run(answer, type_)
    assert found.data is not None
    assert found.data["items"] == [{"sku": "a", "qty": None}]
    assert "a bare value, taken as 'items'" in found.notes[""]


@pytest.mark.parametrize(
    ("answer", "type_", "why"),
    [
        ([{"sku": "a"}, {"sku": "b"}], TwoLists, "it can be what 'items', 'others' ask for"),
        ({"sku": "a"}, TwoLists, "none of the keys ('sku')"),
        ({"foo": {"bar": 1}}, OpenOrder, "none of the keys ('foo')"),
        ({"error": "none"}, Labelled, "none of the keys ('error')"),
        ([], NullableOrder, "is not of type 'object'"),
    ],
)
def test_a_wrapper_that_could_be_another_is_none(answer: Any, type_: Any, why: str) -> None:
    found = run(answer, type_)
    assert found.data is None
    assert why in told(found)


class Aliased(BaseModel):
    first: str = Field(alias="firstName")
    zip_code: str | None = Field(None, validation_alias="postal", serialization_alias="zip")


class Family(BaseModel):
    members: list[Aliased]


class Crossed(BaseModel):
    a: str = Field(alias="b")
    b: str = Field(alias="c")


@pytest.mark.parametrize(
    ("answer", "data"),
    [
        ({"first": "A"}, {"firstName": "A", "zip": None}),
        ({"firstName": "A", "zip_code": "0123"}, {"firstName": "A", "zip": "0123"}),
        ({"firstName": "A", "zip": "0123"}, {"firstName": "A", "zip": "0123"}),
        ({"firstName": "A", "postal": "0123"}, {"firstName": "A", "zip": "0123"}),
    ],
)
def test_a_field_goes_by_its_own_name_beside_its_alias(answer: Any, data: Any) -> None:
    assert run(answer, Aliased).data == data
    assert run({"members": [answer]}, Family).data == {"members": [data]}


def test_a_name_that_is_the_alias_of_another_field_is_that_field() -> None:
    assert run({"b": "1", "c": "2"}, Crossed).data == {"b": "1", "c": "2"}
    assert run({"a": "1", "b": "2"}, Crossed).data is None


class Deal(BaseModel):
    kind: Literal["merger", "sale"] | None = None
    size: Literal[1, 2, 3] | None = None
    count: int = 0


@pytest.mark.parametrize(
    ("answer", "data"),
    [
        ({"kind": ["merger"]}, {"kind": "merger"}),
        ({"kind": {"value": "Merger"}}, {"kind": "merger"}),
        ({"size": ["2"]}, {"size": 2}),
        ({"size": "3"}, {"size": 3}),
    ],
)
def test_a_choice_that_may_be_null_is_taken_out_of_a_list_or_wrapper(answer: Any, data: Any) -> None:
    assert run(answer, Deal).data == {"kind": None, "size": None, "count": 0} | data


@pytest.mark.parametrize(
    ("answer", "type_", "why"),
    [
        ({"kind": ["merger", "sale"]}, Deal, "/kind: ['merger', 'sale'] is not one of ['merger', 'sale']"),
        ({"size": "4"}, Deal, "/size: '4' is not one of [1, 2, 3]"),
        ({"count": 1e20}, Deal, "/count: too large for a whole number that is written with an exponent"),
        ([{"sku": "a"}, {"sku": "b"}], Item, "/: the answer is a list of 2 records, and one is asked for"),
    ],
)
def test_what_is_wrong_is_said_in_words_of_ours(answer: Any, type_: Any, why: str) -> None:
    found = run(answer, type_)
    assert found.data is None or "invalid" in found.absent.values()
    assert why in told(found)
    assert "of type" not in told(found)
    assert not isinstance(answer, list) or "--many" in (found.errors[0].hint or "")


class Bill(BaseModel):
    customer: str
    total: str


ANN, JOE = {"customer": "Ann", "total": "3"}, {"customer": "Joe", "total": "1"}
A, J = json.dumps(ANN), json.dumps(JOE)


@pytest.mark.parametrize(
    "text",
    [
        f"For example:\n{J}\nThe answer:\n{A}",
        f"The format is: {J}\n\n{A}",
        f"示例：{J}\n答案：{A}",
        f"Example output:\n```json\n{J}\n```\nAnswer:\n```json\n{A}\n```",
        f"{J}\nCorrected:\n{A}",
        f"{J}\n\nWait, that is wrong. Final answer:\n{A}",
        f"{J}\n更正：{A}",
        f"{J}\nCorrected:\n{A}\nIt is not {J}",
        f'{{"customer": string, "total": number}}\n{A}',
        f'{{"customer": "string", "total": "<number>"}}\n{A}',
        f"{A}\n{J}",
        f"{A} and {J}",
        f"{A} or {A}",
        f"Here is an example of the answer: {A}",
        f"Here it is in the format of the example:\n{A}\nor not at all. Others: {J}",
        f"Example: {A}\nwhich is all.",
    ],
)
def test_of_several_answers_the_one_that_is_meant_counts(text: str) -> None:
    found = run(text, Bill)
    assert found.data == ANN
    assert J not in text or "left out: " in found.notes[""]


def test_alternatives_are_a_doubt() -> None:
    found = run(f"{A} or {J}", Bill)
    assert found.data is None
    assert "leaves it open whether it is" in told(found)


@pytest.mark.parametrize(
    ("text", "data"),
    [
        (f"Draft: [{A}]\nComplete: [{A}, {J}]", [ANN, JOE]),
        (f"[{A}]\n[{J}]", [ANN, JOE]),
        (f"[{A}, {A}]\n[{A}, {J}]", [ANN, ANN, ANN, JOE]),
        (f"[{J}]\nCorrected list: [{A}]", [ANN]),
        (f"For example: {J}\nThe answer: [{A}]", [ANN]),
        (f"{A} or {J}", [ANN, JOE]),
    ],
)
def test_of_several_lists_what_is_meant_counts(text: str, data: Any) -> None:
    assert run(text, Bill, many=True).data == data


def test_a_value_under_another_name_that_does_not_fit_is_told() -> None:
    found = run({"Year": "unclear", "title": "x"}, Book)
    assert (found.data["year"], found.absent["/year"]) == (None, "invalid")
    assert "/year: 'Year' is meant, and 'unclear' does not fit" in told(found)


def test_equal_texts_that_are_doubtful_take_little_time() -> None:
    schema = {"type": "object", "properties": {"l": {"type": "array", "items": {"type": "integer"}}}}
    started = time.monotonic()
    assert len(align(schema_of(schema), [json.loads(json.dumps({"l": ["1 or 2"] * 20_000}))]).doubts) == 20_000
    assert time.monotonic() - started < 15


class Branching(BaseModel):
    name: str | None = None
    children: list[Branching] = []


def test_several_records_are_no_children_of_one() -> None:
    found = run([{"name": "a"}, {"name": "b"}], Branching)
    assert found.data is None
    assert "a list of 2 records" in told(found)


FREE = {"type": "object", "properties": {name: {"type": ["string", "null"]} for name in ("name", "title")}}
CLOSED = FREE | {"additionalProperties": False}


@pytest.mark.parametrize("schema", [FREE, CLOSED])
@pytest.mark.parametrize(
    ("answer", "data", "told"),
    [
        ({"status": "ok", "data": {"title": "x"}}, {"title": "x"}, "taken out of 'data', without 'status': 'ok'"),
        (
            {"name": "save", "arguments": {"name": "x"}},
            {"name": "x"},
            "taken out of 'arguments', without 'name': 'save'",
        ),
        ({"Record": {"title": "x"}, "Notes": "none"}, {"title": "x"}, "taken out of 'Record', without 'Notes': 'none'"),
    ],
)
def test_a_record_is_taken_out_of_what_says_other_things(schema: Any, answer: Any, data: Any, told: str) -> None:
    found = align(schema_of(schema), [answer])
    assert (found.value, dict(found.changes), found.doubts) == (data, {"": told}, {})


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ({"number": 5, "text": "x"}, "none of the keys ('number', 'text') is foreseen"),
        ({"a": {"title": "x"}, "b": {"title": "y"}}, "none of the keys"),
        ({"name": "x", "parameters": {"title": ["y", "z"]}}, "has what is asked for, too"),
        ({"first": "x", "employer": {"name": "y"}}, "none of the keys"),
        ({"a": 1, "parameters": {"title": ["y", "z"]}}, "none of the keys"),
        ({"title": "x", "data": {"title": "y"}}, "'data' has what is asked for, too"),
    ],
)
def test_what_would_be_lost_with_a_key_is_asked_for_again(answer: Any, why: str) -> None:
    found = asyncio.run(
        extract(
            Document("a.txt", "x"),
            schema_of(CLOSED),
            ScriptedEngine([json.dumps(answer)], modes=("prompt",)),
            Options(mode="prompt", retries=0),
        )
    )
    assert found.data is None
    assert why in " ".join(map(str, found.errors))


@pytest.mark.parametrize("beside", [{"data": {"title": "x"}}, {"publisher": {"title": "y"}}])
def test_a_record_beside_another_that_says_the_same_or_is_none_of_it_is_left_out(beside: Any) -> None:
    found = align(schema_of(CLOSED), [{"title": "x"} | beside])
    assert (found.value, found.doubts) == ({"title": "x"}, {})


@pytest.mark.parametrize(
    ("answer", "names"),
    [
        ({"name": "save", "arguments": '{"name": "x"}'}, ["x"]),
        ({"type": "function", "function": {"name": "save", "arguments": '{"name": "x"}'}}, ["x"]),
        ({"tool_calls": [{"function": {"name": "save", "arguments": {"name": name}}} for name in "xy"]}, ["x", "y"]),
        ({"name": "save", "arguments": {"people": [{"name": "x"}, {"name": "y"}]}}, ["x", "y"]),
    ],
)
def test_records_are_the_arguments_of_calls(answer: Any, names: list[str]) -> None:
    assert align(schema_of({"type": "array", "items": CLOSED}), [answer]).value == [{"name": name} for name in names]
    if len(names) == 1:
        assert align(schema_of(CLOSED), [answer]).value == {"name": names[0]}


@pytest.mark.parametrize(
    ("value", "length"),
    [
        ({"value": 5, "unit": "km"}, 5),
        ({"value": 5, "confidence": 0.9}, 5),
        ({"value": 800, "unit": "m"}, None),
        ({"value": 5, "scale": 1000}, None),
        ({"value": 5, "max": 9}, None),
        ({"value": 5, "currency": "USD"}, None),
    ],
)
def test_what_is_said_beside_a_value_is_heeded(value: Any, length: float | None) -> None:
    schema = record(length_km={"type": "number"}, currency={"type": ["string", "null"]})
    found = align(schema_of(schema), [{"length_km": value, "currency": None}])
    assert found.value["length_km"] == (value if length is None else length)


@pytest.mark.parametrize(
    ("values", "data"),
    [
        ([{"title": "x"}, {"name": "y"}], {"title": "x", "name": "y"}),
        ([{"title": "x"}, {"title": "y"}], {"title": "x"}),
        ([{"title": "x"}, {"other": "y"}], {"title": "x"}),
    ],
)
def test_records_with_other_keys_each_are_parts_of_one(values: Any, data: Any) -> None:
    found = align(schema_of(FREE), values)
    assert found.value == data
    assert "the answer has 2 values" in found.changes[""]


def test_records_of_which_one_list_is_asked_for_are_that_list() -> None:
    schema = schema_of({"type": "object", "properties": {"people": {"type": "array", "items": CLOSED}}})
    assert align(schema, [{"name": "x"}, {"name": "y"}]).value == {"people": [{"name": "x"}, {"name": "y"}]}


def test_keys_of_a_map_are_no_wrappers() -> None:
    schema = schema_of({"type": "object", "additionalProperties": {"type": "string"}})
    assert align(schema, [{"alpha": {"beta": "c"}}]).value == {"alpha": {"beta": "c"}}
    assert align(schema, [{"result": {"beta": "c"}}]).value == {"beta": "c"}


def test_a_value_is_taken_out_of_what_is_said_about_it() -> None:
    found = align(schema_of(CLOSED), [{"title": {"value": "x", "confidence": 0.9}}])
    assert found.value == {"title": "x"}
    assert found.changes == {"/title": "taken out of 'value', without 'confidence': 0.9"}
    assert align(schema_of(CLOSED), [{"title": {"value": "x", "text": "y", "at": [1]}}]).changes == {}


def test_a_row_for_a_list_of_rows_can_be_one_or_several() -> None:
    rows = schema_of({"type": "array", "items": {"type": "array", "items": {"type": "integer"}}})
    found = align(rows, [[1, 2, 3]])
    assert (found.value, dict(found.doubts)) == ([1, 2, 3], {"": "it can be one list, or 3 lists of one value"})
    assert align(rows, [["1, 2", "3"]]).value == [[1, 2], [3]]


class Person(BaseModel):
    name: str
    born: int | None = None


class Org(BaseModel):
    name: str
    staff: int | None = None


class Someone(BaseModel):
    who: Person | Org


@pytest.mark.parametrize(
    ("who", "instance"),
    [
        ({"Org": {"name": "x"}}, Org(name="x")),
        ({"type": "Org", "name": "x"}, Org(name="x")),
        ({"type": "person", "name": "x"}, Person(name="x")),
        ({"Org": {"name": "x", "staff": 3}}, Org(name="x", staff=3)),
        ({"name": "x", "Staff": "12"}, Org(name="x", staff=12)),
    ],
)
def test_the_branch_that_an_answer_names_is_the_one_of_the_class(who: Any, instance: Any) -> None:
    assert run({"who": who}, Someone).instance.who == instance


class Mayor(BaseModel):
    name: str


class Baker(BaseModel):
    name: str


class Office(BaseModel):
    holder: Mayor | Baker


def test_a_branch_that_is_named_without_the_field_is_the_value_of_the_only_one() -> None:
    assert run({"Org": {"name": "x"}}, Someone).instance == Someone(who=Org(name="x"))


def test_a_branch_that_is_named_and_cannot_be_told_from_another_is_a_doubt() -> None:
    found = run({"holder": {"Baker": {"name": "x"}}}, Office)
    assert found.data is None
    assert "nothing in it would say which branch it is" in str(found.errors)


def test_a_number_keeps_its_digits_in_a_record() -> None:
    schema = schema_of(CLOSED)
    engine = ScriptedEngine(['{"title": 1.10}'], modes=("prompt",))
    found = asyncio.run(extract(Document("a.txt", "x"), schema, engine, Options(mode="prompt", retries=0)))
    assert found.data == {"title": "1.10"}


def test_items_that_are_records_of_one_key_are_its_values() -> None:
    texts = schema_of({"type": "object", "properties": {"tags": {"type": "array", "items": {"type": "string"}}}})
    found = align(texts, [{"tags": [{"name": "x"}, {"name": "y"}]}])
    assert (found.value, dict(found.changes)) == ({"tags": ["x", "y"]}, {"/tags": "each item taken out of 'name'"})
    for items in ([{"name": "x"}, {"tag": "y"}], [{"name": "x", "at": 1}], [{"name": "x"}, "y"]):
        assert align(texts, [{"tags": items}]).changes == {}
