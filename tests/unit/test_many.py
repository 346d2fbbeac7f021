"""A list of records from one document: what is valid is kept, what is not is reported, nothing is lost."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field, RootModel, computed_field, model_validator
from scripted import ScriptedEngine, record, schema_of

from extractor import prompt
from extractor.descriptors import describe
from extractor.errors import InvalidOutput
from extractor.grammar.bounds import LIST_BOUND
from extractor.options import Options
from extractor.pipeline import extract
from extractor.schema import from_type, is_many, load, many
from extractor.types import Document, Extraction, FinishReason, Schema

TEXT = Document("a.txt", "Ada was born in 1815, Grace in 1906, Alan in 1912.")


class Person(BaseModel):
    name: str
    born: int = Field(ge=1800)

    @model_validator(mode="after")
    def check(self) -> Person:
        if self.name == "Nobody":
            raise ValueError("there is no such person")
        return self


class People(RootModel[list[Person]]):
    pass


def run(answer: Any, schema: Any = list[Person], reason: FinishReason = "stop") -> Extraction:
    text = answer if isinstance(answer, str) else json.dumps(answer)
    return asyncio.run(extract(TEXT, load(schema), ScriptedEngine([(text, reason)]), Options(retries=0)))


def test_a_bad_line_of_a_table_is_asked_again_alone() -> None:
    table, ada = "name,born\nAda,1815\nHopper, Grace,1906\nAlan,1912", {"name": "Hopper, Grace", "born": 1906}
    style = prompt.PromptStyle(encoding="csv")
    engine = ScriptedEngine([table, json.dumps({"/1": ada})], modes=("prompt",))
    options = Options(mode="prompt", style=style, retries=0)
    alone = asyncio.run(extract(TEXT, load(list[Person]), engine, options))
    assert [one["name"] for one in alone.data] == ["Ada", "Alan"]
    (error,) = alone.errors
    assert (error.pointer, "3 cells, not 2: 'Hopper,Grace,1906'" in error.message) == ("/1", True)
    engine = ScriptedEngine([table, json.dumps({"/1": ada})], modes=("prompt",))
    mended = asyncio.run(extract(TEXT, load(list[Person]), engine, replace(options, retries=1)))
    assert [one["name"] for one in mended.data] == ["Ada", "Hopper, Grace", "Alan"]
    assert mended.errors == ()


ADA, GRACE = {"name": "Ada", "born": 1815}, {"name": "Grace", "born": 1906}


@pytest.mark.parametrize("schema", [list[Person], People, many(from_type(Person))], ids=["list", "root", "many"])
def test_all_are_valid(schema: Any) -> None:
    found = run([ADA, GRACE], schema)
    assert (found.ok, found.data, found.errors) == (True, [ADA, GRACE], ())
    assert found.spans["/1/name"].start == TEXT.text.index("Grace")
    assert len(found.value.root if schema is People else found.value) == 2


@pytest.mark.parametrize(
    ("answer", "kept", "pointers"),
    [
        pytest.param([ADA, {"name": "Tom"}, GRACE], [ADA, GRACE], ["/1/born"], id="by the JSON Schema"),
        pytest.param([{"name": "Nobody", "born": 1900}, ADA], [ADA], ["/0"], id="by the class"),
        pytest.param(
            [{"name": {}, "born": 1}, {"name": "Nobody", "born": 1900}, ADA], [ADA], ["/0/name", "/0/born", "/1"],
            id="by both",
        ),
        pytest.param([7, ADA, None], [ADA], ["/0", "/2"], id="no records at all"),
    ],
)  # fmt: skip
def test_the_valid_ones_of_a_partly_invalid_answer(answer: Any, kept: Any, pointers: list[str]) -> None:
    found = run(answer)
    assert found.data == kept
    assert sorted(problem.pointer for problem in found.errors) == sorted(pointers)
    assert not found.ok
    with pytest.raises(InvalidOutput):
        _ = found.value
    assert found.spans["/0/name"].start == TEXT.text.index("Ada")


def test_a_record_on_which_the_class_itself_fails_costs_the_others_nothing() -> None:
    class Share(BaseModel):
        parts: int

        @computed_field
        def part(self) -> float:
            return 1 / self.parts

    found = run([{"parts": 2}, {"parts": 0}, {"parts": 4}], list[Share])
    assert found.data == [{"parts": 2, "part": 0.5}, {"parts": 4, "part": 0.25}]
    assert [(problem.pointer, problem.value) for problem in found.errors] == [("/1", {"parts": 0})]
    assert "ZeroDivisionError" in found.errors[0].message


def test_what_the_class_adds_to_the_valid_ones_is_told_beside_an_invalid_one() -> None:
    class Thing(BaseModel):
        name: str
        size: int = 3

    found = run([{"name": {}}, {"name": "x"}], list[Thing])
    assert found.data == [{"name": "x", "size": 3}]
    assert found.notes == {"/0/size": "not in the answer, added by the class"}


def test_notes_about_the_whole_answer_are_all_kept() -> None:
    text = "[" + ", ".join(['{"a": 1, "a": 2}'] * LIST_BOUND) + "]"
    counts = {"type": "object", "additionalProperties": {"type": "integer"}}
    note = run(text, {"type": "array", "items": counts}).notes[""]
    assert "keys that the answer repeats" in note
    assert f"stopped at {LIST_BOUND} items" in note


def test_none_is_valid() -> None:
    found = run([{"name": "Tom"}])
    assert found.data is None
    assert [problem.pointer for problem in found.errors] == ["/0/born"]


def test_an_empty_list_is_an_answer() -> None:
    found = run([])
    assert (found.ok, found.data, found.absent) == (True, [], {"": "not in the text"})


def test_what_the_list_itself_breaks_leaves_nothing() -> None:
    found = run([ADA], Annotated[list[Person], Field(min_length=2)])
    assert found.data is None
    assert [problem.pointer for problem in found.errors] == [""]


class Pair(RootModel[Annotated[list[Person], Field(min_length=2)]]):
    pass


NOBODY = {"name": "Nobody", "born": 1900}
SHORTEST = {
    "type": "array",
    "minItems": 2,
    "items": {"type": "object", "properties": {"name": {}, "born": {"minimum": 1815}}},
}


@pytest.mark.parametrize(
    ("schema", "bad"),
    [
        pytest.param(Annotated[list[Person], Field(min_length=2)], NOBODY, id="annotated"),
        pytest.param(Pair, NOBODY, id="by the class"),
        pytest.param(Pair, {**ADA, "born": 1}, id="by the schema of the class"),
        pytest.param(Annotated[Pair, Field(description="two")], NOBODY, id="annotated root"),
        pytest.param({"$ref": "#/$defs/L", "$defs": {"L": SHORTEST}}, {"born": 1}, id="JSON Schema"),
        pytest.param({**SHORTEST, "contains": {"properties": {"born": {"const": 1}}}}, {"born": 1}, id="contains"),
    ],
)
def test_that_too_few_are_left_is_held_against_none(schema: Any, bad: Any) -> None:
    found = run([bad, ADA], schema)
    assert found.data == [ADA]
    assert {problem.pointer.split("/")[1] for problem in found.errors} == {"0"}
    assert run([ADA], schema).data is None
    cut = run(json.dumps([ADA])[:-1], schema, "length")
    assert (cut.data, [problem.kind for problem in cut.errors]) == ([ADA], ["Truncated"])


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ('[{"name": "Ada", "born": 1815}, {"name": "Gra', [ADA]),
        ('[{"name": "Ada", "born": 1815}, {"name": "Grace", "born": 1906}, ', [ADA, GRACE]),
        ('[{"name": "Ada", "born": 1815}, {"name": "Tom"}, {"na', [ADA]),
        ('[{"name": "A', None),
        ("[", None),
        ("", None),
        ('[{"name": "Ada", "born": 1e999}, {"n', None),
    ],
)
def test_an_answer_that_was_cut_off_keeps_its_whole_records(text: str, kept: Any) -> None:
    found = run(text, reason="length")
    assert found.data == kept
    assert "Truncated" in {problem.kind for problem in found.errors}
    assert not found.ok


def test_a_record_that_was_cut_off_is_no_list() -> None:
    found = run('{"name": "Ada", "born": 1815', Person, reason="length")
    assert found.data is None
    assert [problem.kind for problem in found.errors] == ["Truncated"]


def test_repeated_records_are_dropped_where_they_have_to_be_unique() -> None:
    schema = schema_of({"type": "array", "uniqueItems": True, "items": record(name={"type": "string"})})
    found = run([{"name": "Ada"}, {"name": "Grace"}, {"name": "Ada"}], schema)
    assert found.data == [{"name": "Ada"}, {"name": "Grace"}]
    assert found.notes[""] == "1 repeated item dropped"


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        (list[Person], True),
        (People, True),
        (Person, False),
        (tuple[int, str], False),
        ({"type": "array"}, True),
        ({"$ref": "#/$defs/L", "$defs": {"L": {"type": "array", "items": {}}}}, True),
        ({"type": ["array", "null"]}, False),
    ],
)
def test_what_is_a_list_of_records(schema: Any, expected: bool) -> None:
    assert is_many(load(schema)) is expected
    assert is_many(many(load(schema)))


def test_many_of_a_recursive_schema_refers_to_itself_in_its_new_place() -> None:
    tree: dict[str, Any] = {
        "type": "object",
        "properties": {
            "children": {"type": "array", "items": {"$ref": "#"}},
            "size": {"$ref": "#/$defs/size"},
            "kind": {"enum": [{"$ref": "#"}, "leaf"]},
        },
        "$defs": {"size": {"type": "integer"}},
    }
    listed = many(Schema("Tree", tree, "tree"))
    assert listed.json_schema["items"]["properties"]["children"]["items"] == {"$ref": "#/items"}
    assert listed.json_schema["items"]["properties"]["kind"]["enum"][0] == {"$ref": "#"}
    found = run([{"children": [{"children": [], "size": 1, "kind": "leaf"}], "size": 2, "kind": "leaf"}], listed)
    assert found.ok
    assert not run([{"children": [{"size": "x"}], "size": 2, "kind": "leaf"}], listed).ok
    assert describe(listed).endswith("\nRecord[]")


def test_the_model_is_asked_for_all_of_them() -> None:
    [system, _] = prompt.messages(TEXT, load(list[Person]))
    assert "Extract all such records" in system.content
    assert system.content.count("}[]") == 1


# --- several values in one answer --------------------------------------------------------------------------------

LINES = f"{json.dumps(ADA)}\n{json.dumps(GRACE)}"


@pytest.mark.parametrize(
    "answer",
    [
        f'{LINES}\n{{"name": "Al',
        f"{LINES}\n",
        f"They are: {LINES.replace(chr(10), ', ')}, {{",
        f'[{json.dumps(ADA)}]\n[{json.dumps(GRACE)}, {{"na',
        f"```json\n{json.dumps(ADA)}\n```\n```json\n{json.dumps(GRACE)}\n```\n```",
    ],
)
def test_of_several_records_that_were_cut_off_all_are_kept(answer: str) -> None:
    found = run(answer, reason="length")
    assert found.data == [ADA, GRACE]
    assert [problem.kind for problem in found.errors] == ["Truncated"]
    assert "values, all are taken as one list" in found.notes[""]


def test_the_last_of_several_records_that_was_cut_off_is_continued() -> None:
    engine = ScriptedEngine([(f'{json.dumps(ADA)}\n{{"name": "Grace", "bo', "length"), '{"/1/born": 1906, "/-": []}'])
    found = asyncio.run(extract(TEXT, load(list[Person]), engine, Options(retries=1)))
    assert (found.data, found.errors) == ([ADA, GRACE], ())


def test_one_record_for_a_list_that_was_cut_off_is_continued() -> None:
    engine = ScriptedEngine([('{"name": "Grace", "bo', "length"), '{"/0/born": 1906, "/-": []}'])
    found = asyncio.run(extract(TEXT, load(list[Person]), engine, Options(retries=1)))
    assert (found.data, found.errors) == ([GRACE], ())


def test_of_several_records_that_were_cut_off_the_first_counts_for_one() -> None:
    found = run(f'{LINES}\n{{"name": "Al', Person, "length")
    assert (found.data, found.errors) == (ADA, ())
    assert "the first is taken" in found.notes[""]


def test_of_a_cut_answer_the_prose_and_what_is_not_taken_are_told() -> None:
    found = run(f"{json.dumps(ADA)} and {json.dumps(GRACE)}", Person, "length")
    assert found.data == ADA
    assert found.notes[""] == "text around the JSON was skipped; the answer has 2 values, the first is taken"


def test_a_record_in_prose_beside_a_fenced_list_is_no_part_of_it() -> None:
    example = json.dumps({"name": "Example", "born": 1900})
    engine = ScriptedEngine([f"As in {example}:\n```json\n[{json.dumps(ADA)}]\n```"], modes=("prompt",))
    found = asyncio.run(extract(TEXT, load(list[Person]), engine, Options(retries=0)))
    assert found.data == [ADA]
    assert "1 values in prose are left out" in found.notes[""]
