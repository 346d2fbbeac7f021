"""What is asked again after an answer that failed, and what comes of it."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from scripted import ScriptedEngine, quick

from extractor import repair
from extractor.answer import decode, explain_cut
from extractor.coercion import continued as cut_values
from extractor.engines import Session
from extractor.errors import ModeRejected, RequestRejected
from extractor.options import Options
from extractor.pipeline import extract
from extractor.prompt import fence
from extractor.schema import from_type, load_json, many
from extractor.types import Completion, Document, Extraction, Mode, Usage

TEXT = Document("a.txt", "Ada and Bo wrote it in 1990. 艾达写了它。")


class Author(BaseModel):
    name: str
    born: Annotated[int, Field(ge=1000, le=2000)] | None = None


class Book(BaseModel):
    title: str
    year: Annotated[int, Field(ge=1450)]
    authors: list[Author] = []
    tags: list[str] = []


def run(replies: list[Any], type_: Any = Book, **options: Any) -> tuple[Extraction, ScriptedEngine]:
    engine = ScriptedEngine([written(reply) for reply in replies], modes=("grammar", "prompt"))
    return asyncio.run(extract(TEXT, from_type(type_), engine, Options(**options))), engine


def written(reply: Any) -> Any:
    if isinstance(reply, Exception | str):
        return reply
    return (reply[0], "length") if isinstance(reply, tuple) else json.dumps(reply, ensure_ascii=False)


GOOD = {"title": "It", "year": 1990, "authors": [{"name": "Ada", "born": 1950}], "tags": ["a"]}


def test_only_what_failed_is_asked_again() -> None:
    found, engine = run([GOOD | {"year": 19}, {"/year": 1990}])
    assert (found.data, found.errors, found.attempts) == (GOOD, (), 2)
    assert found.usage.output_tokens == 14
    first, second = engine.requests
    assert second.messages[:2] == first.messages, "the prefix stays the same, and cached"
    assert [turn.role for turn in second.messages[2:]] == ["assistant", "user"]
    assert "/year: 19 is less than the minimum of 1450 (it was 19)" in second.messages[3].content
    assert second.json_schema is not None
    assert [*second.json_schema["properties"]] == ["/year"]
    assert found.notes == {"/year": "asked again: 19 is less than the minimum of 1450"}


def test_the_rest_cannot_get_worse() -> None:
    found, _ = run([GOOD | {"year": 19}, {"/year": 1990, "title": "Other", "/title": "Other"}])
    assert found.data == GOOD


def test_several_places_at_once_also_deep_ones() -> None:
    bad = GOOD | {"year": 1, "authors": [{"name": "Ada"}, {"name": "Bo", "born": 3}]}
    found, engine = run([bad, {"/year": 1990, "/authors/1/born": 1955}])
    assert found.value.authors == [Author(name="Ada"), Author(name="Bo", born=1955)]
    assert sorted(engine.requests[1].json_schema["properties"]) == ["/authors/1/born", "/year"]  # type: ignore[index]


def test_what_is_missing_is_a_place_too() -> None:
    found, engine = run([{"year": 1990}, {"/title": "It"}])
    assert found.value == Book(title="It", year=1990)
    assert '"/title": string' in engine.requests[1].messages[3].content


def test_as_often_as_allowed() -> None:
    found, _ = run([GOOD | {"year": 1}, {"/year": 2}, {"/year": 1990}])
    assert (found.ok, found.attempts) == (True, 3)
    found, _ = run([GOOD | {"year": 1}, {"/year": 2}, {"/year": 3}, {"/year": 1990}])
    assert (found.data, found.attempts) == (None, 3)
    assert [(problem.pointer, problem.value) for problem in found.errors] == [("/year", 3)]
    assert run([GOOD | {"year": 1}], retries=0)[0].attempts == 1


class Leaf(BaseModel):
    kind: Literal["leaf"]
    size: int


class Tree(BaseModel):
    kind: Literal["tree"]
    size: str


@pytest.mark.parametrize("union", [Leaf | Tree, Annotated[Leaf | Tree, Field(discriminator="kind")]], ids=["|", "tag"])
def test_in_a_union_the_place_that_failed_is_asked_for_in_the_branch_that_is_meant(union: Any) -> None:
    class Wood(BaseModel):
        one: union
        more: list[union]

    leaf = {"kind": "leaf", "size": "big"}
    found, engine = run([{"one": leaf, "more": [leaf]}, {"/one/size": 1, "/more/0/size": 2}], Wood)
    assert found.value == Wood(one=Leaf(kind="leaf", size=1), more=[Leaf(kind="leaf", size=2)])
    assert "/one/size: 'big' is not of type 'integer'" in engine.requests[1].messages[3].content
    assert '"/one/size": integer' in engine.requests[1].messages[3].content


def test_a_fault_of_the_whole_asks_for_the_whole() -> None:
    class Pair(BaseModel):
        low: int
        high: int

        def model_post_init(self, _: Any) -> None:
            if self.low > self.high:
                raise ValueError("low is above high")

    found, engine = run([{"low": 2, "high": 1}, {"low": 1, "high": 2}], Pair)
    assert found.data == {"low": 1, "high": 2}
    assert "low is above high" in engine.requests[1].messages[3].content
    assert engine.requests[1].json_schema == engine.requests[0].json_schema


def test_of_two_whole_answers_the_better_counts() -> None:
    class Rule(BaseModel):
        a: Annotated[list[int], AfterValidator(lambda _: 1 / 0)]

    found, _ = run(["nothing", GOOD], retries=1)
    assert (found.data, found.attempts) == (GOOD, 2)
    found, _ = run([{"a": []}, "nothing"], Rule, retries=1)
    assert [problem.kind for problem in found.errors] == ["InvalidOutput"]


def test_an_answer_that_is_no_json_is_asked_again() -> None:
    found, engine = run(["I would say it is from 1990.", GOOD])
    assert (found.data, found.attempts) == (GOOD, 2)
    assert "not JSON" in engine.requests[1].messages[3].content


def test_a_refusal_is_final() -> None:
    engine = ScriptedEngine([("No.", "refusal")])
    found = asyncio.run(extract(TEXT, from_type(Book), engine))
    assert ([problem.kind for problem in found.errors], found.attempts) == (["Refused"], 1)


def test_a_repair_that_is_rejected_leaves_the_problem() -> None:
    found, _ = run([GOOD | {"year": 1}, RequestRejected("too long")])
    assert found.data is None
    assert {problem.kind for problem in found.errors} == {"InvalidOutput", "RequestRejected"}


def test_what_nothing_foresees_is_taken_out_and_told() -> None:
    class Closed(BaseModel):
        model_config = ConfigDict(extra="forbid")
        a: int

    found, _ = run([{"a": 1, "b": 2}], Closed)
    assert (found.data, found.attempts) == ({"a": 1}, 1)
    assert found.notes == {"/b": "not foreseen by the schema, taken out: 2"}


# --- answers that were cut off -------------------------------------------------------------------------------


def test_a_cut_answer_is_continued() -> None:
    whole = written(GOOD)
    found, engine = run(
        [(whole[: whole.index('"born"')],), {"/authors/0/born": 1950, "/authors/-": [], "/tags": ["a"]}]
    )
    assert (found.data, found.errors, found.attempts) == (GOOD, (), 2)
    assert [*engine.requests[1].json_schema["properties"]] == ["/authors/0/born", "/authors/-", "/tags"]  # type: ignore[index]


class Member(BaseModel):
    name: str
    tags: list[str] = []


class Dept(BaseModel):
    name: str
    staff: list[Member]
    lead: Member | None = None


class Firm(BaseModel):
    name: str
    depts: list[Dept]
    wood: list[Annotated[Leaf | Tree, Field(discriminator="kind")]] = []
    best: Leaf | Tree
    counts: dict[str, int] = {}
    grid: list[list[int]] = []
    pair: tuple[int, Member] | None = None
    model_config = ConfigDict(extra="allow")


BO, CY = {"name": "Bo", "tags": ["x", "y"]}, {"name": "Cy", "tags": []}
FIRM: dict[str, Any] = {
    "name": 'W, "的"',
    "depts": [{"name": "D1", "staff": [BO, CY], "lead": CY}, {"name": "E", "staff": [], "lead": None}],
    "wood": [{"kind": "leaf", "size": 1}, {"kind": "tree", "size": "big"}],
    "best": {"kind": "tree", "size": "small"},
    "counts": {"a": 1, "-": 22, "c/d": 3},
    "grid": [[1, 2], [], [3]],
    "pair": [1, CY],
    "motto": {"la": "A, B"},
}


@dataclass
class Knowing(ScriptedEngine):
    """Writes what it is asked for of a record that it knows; its answers end at `cuts`, one after the other."""

    record: Any = None
    cuts: tuple[int, ...] = ()

    async def generate(self, request: Any) -> Completion:
        self.requests.append(request)
        names = [*request.json_schema.get("properties", ())]
        asked = [name for name in names if name.startswith("/")]
        answer = self.record
        if asked:
            sofar = json.loads(request.messages[-2].content)
            answer = {name: self.value(self.record, sofar, name.split("/")[1:]) for name in asked}
        text = json.dumps(answer, ensure_ascii=False)
        at = self.cuts[len(self.requests) - 1] if len(self.requests) <= len(self.cuts) else len(text)
        return Completion(text[:at], "length" if at < len(text) else "stop", Usage())

    def value(self, known: Any, sofar: Any, path: list[str]) -> Any:
        key, *rest = path
        if key == "-" and not rest and isinstance(known, list):
            return known[len(sofar) :]
        if key == "-" and not rest:
            return {name: known[name] for name in known if name not in sofar}
        step: Any = int(key) if isinstance(known, list) else key
        there = sofar[step] if rest else None
        return self.value(known[step], there, rest) if rest else known[step]


def continued(record: Any, type_: Any, cuts: tuple[int, ...], **options: Any) -> tuple[Extraction, Knowing]:
    engine = Knowing([], record=record, cuts=cuts)
    schema = from_type(type_) if isinstance(type_, type) else type_
    return asyncio.run(extract(TEXT, schema, engine, Options(**options))), engine


@pytest.mark.slow
@pytest.mark.parametrize(
    ("record", "schema"),
    [(GOOD, Book), (FIRM, Firm), (FIRM["depts"], many(from_type(Dept)))],
    ids=["flat", "deep", "many"],
)
def test_a_cut_at_any_place_is_continued(record: Any, schema: Any) -> None:
    """A model that knows the record gives what is asked of it, wherever the answer ended."""
    for at in range(1, len(written(record))):
        found, _ = continued(record, schema, (at,))
        assert (found.data, found.errors) == (record, ()), written(record)[:at]
        assert found.attempts <= 2


@pytest.mark.slow
@quick(100)
@given(st.lists(st.integers(1, 300), min_size=1, max_size=6))
def test_cuts_of_the_continuations_are_continued(cuts: list[int]) -> None:
    found, _ = continued(FIRM, Firm, tuple(cuts), retries=9)
    is_given_up = "truncated" in found.absent.values()  # what is optional
    assert found.data == FIRM or is_given_up or [problem.kind for problem in found.errors] == ["Truncated"]


@pytest.mark.parametrize(
    ("end", "kept", "asked"),
    [
        ('"D1", "staff": [{"name": "Bo", "tags": ["x", "', BO | {"tags": ["x"]}, ["/depts/0/staff/0/tags/-"]),
        (
            '"D1", "staff": [{"name": "Bo", "tags": ["x", "y"]}, {"na',
            BO,
            ["/depts/0/staff/1/name", "/depts/0/staff/1/tags"],
        ),
    ],
)
def test_of_nested_lists_what_is_complete_is_kept(end: str, kept: Any, asked: list[str]) -> None:
    text = written(FIRM)
    _, engine = continued(FIRM, Firm, (text.index(end) + len(end),))
    second = engine.requests[1]
    assert json.loads(second.messages[-2].content)["depts"][0]["staff"][0] == kept
    further = ["/depts/0/staff/-", "/depts/0/lead", "/depts/-"]
    assert [*second.json_schema["properties"]][: len(asked) + 3] == [*asked, *further]  # type: ignore[index]


@pytest.mark.parametrize(
    ("reply", "asked"),
    [
        ('{"title": "It', ["title", "year", "authors", "tags"]),
        ("Here it is: ", ["title", "year", "authors", "tags"]),
        ('{"year": 19', ["title", "year", "authors", "tags"]),
    ],
)
def test_of_which_nothing_is_complete_the_whole_is_asked_for_again(reply: str, asked: list[str]) -> None:
    found, engine = run([(reply,), GOOD])
    assert (found.data, found.attempts) == (GOOD, 2)
    assert [*engine.requests[1].json_schema["properties"]] == asked  # type: ignore[index]
    assert run([(reply,)])[0].attempts == 3
    assert run([("",)])[0].attempts == 1, "an empty answer has no room"


def test_of_a_map_further_keys_are_asked_for() -> None:
    class Map(BaseModel):
        counts: dict[str, int]

    found, engine = run([('{"counts": {"a": 1, "b": 2, "c": 3',), {"/counts/-": {"b": 7, "c": 3}}], Map)
    assert found.data == {"counts": {"a": 1, "b": 2, "c": 3}}, "what was there stays"
    assert [*engine.requests[1].json_schema["properties"]] == ["/counts/-"]  # type: ignore[index]


def test_a_list_that_is_full_needs_no_further_items() -> None:
    class Full(BaseModel):
        tags: Annotated[list[str], Field(max_length=3)]
        more: int

    _, engine = run([('{"tags": ["a", "b"',)], Full, retries=1)
    assert '"/tags/-": string[]  // at most 1 items' in engine.requests[1].messages[3].content
    found, engine = run([('{"tags": ["a", "b", "c"',), {"/more": 1}], Full)
    assert (found.data, found.attempts) == ({"tags": ["a", "b", "c"], "more": 1}, 2)


def test_a_record_of_a_list_that_is_not_complete_is_not_in_it() -> None:
    begun = written(FIRM["depts"])
    found, _ = continued(FIRM["depts"], many(from_type(Dept)), (begun.index("Cy") + 1,), retries=0)
    assert ([problem.kind for problem in found.errors], found.data) == (["Truncated"], None)
    found, _ = continued(FIRM["depts"], many(from_type(Dept)), (begun.rindex("staff"),), retries=0)
    assert ([problem.kind for problem in found.errors], found.data) == (["Truncated"], FIRM["depts"][:1])


def test_where_tokens_are_not_counted_none_are_told() -> None:
    engine = Knowing([], record=GOOD, cuts=(14,))
    found = asyncio.run(extract(TEXT, from_type(Book), engine, Options(retries=0)))
    assert [problem.message for problem in found.errors] == ["the answer was cut off"]
    cut = Completion("", "length", Usage(), thoughts="Hm")
    assert explain_cut(cut, 10).args[0] == "the model thought and never answered"


class Person(BaseModel):
    first_name: str
    last_name: str
    old_jobs: list[str] = []


class Company(BaseModel):
    company_name: str
    staff_list: list[Person]
    main_office: Person | None = None


AL, EM = {"first_name": "Al", "last_name": "B"}, {"first_name": "Em", "last_name": "C"}


@pytest.mark.parametrize(
    ("type_", "begun", "rest", "data", "told"),
    [
        (
            Company,
            '{"companyName": "W", "staffList": [{"firstName": "Al", "last',
            {"/staff_list/0/last_name": "B", "/staff_list/-": [EM]},
            {"company_name": "W", "staff_list": [AL, EM]},
            "/staff_list/0/first_name",
        ),
        (
            Company,
            '{"companyName": "W", "staffList": [], "mainOffice": {"lastName": "B", "oldJobs": ["x", "y',
            {"/main_office/old_jobs/-": ["y"], "/main_office/first_name": "Al"},
            {"company_name": "W", "staff_list": [], "main_office": AL | {"old_jobs": ["x", "y"]}},
            "/main_office/old_jobs",
        ),
        (
            Person,
            '{"person": {"first_name": "Al", "oldJobs": ["x"],',
            {"/last_name": "B"},
            AL | {"old_jobs": ["x"]},
            "/old_jobs",
        ),
        (
            list[Person],
            '{"people": [{"firstName": "Al", "lastName": "B"}, {"firstName": "Em", ',
            {"/1/last_name": "C", "/-": []},
            [AL, EM],
            "/1/first_name",
        ),
        (list[Person], '{"firstName": "Al", ', {"/0/last_name": "B", "/-": [EM]}, [AL, EM], "/0/first_name"),
        (list[Person], '{"firstName": "Al", "lastName": "B"}\n', {"/-": [EM]}, [AL, EM], "/0/first_name"),
    ],
)
def test_keys_that_are_written_otherwise_are_no_keys_that_are_missing(
    type_: Any, begun: str, rest: Any, data: Any, told: str
) -> None:
    """Of a cut answer just what it lacks is asked for, under the names of the schema."""
    found, engine = run([(begun,), rest], type_, mode="prompt")
    assert (found.errors, found.attempts) == ((), 2)
    assert without_defaults(found.data, data) == data
    assert "was '" in found.notes[told]
    asked = engine.requests[1].messages[-1].content
    assert all(f'"{name}"' in asked for name in rest)
    assert f'"{told}"' not in asked


@pytest.mark.parametrize(
    ("schema", "begun", "value", "opened"),
    [
        ({}, '{"people": [{"b": 1, "c', {"people": [{"b": 1}]}, ("people", 0)),
        ({"type": "array"}, '{"people": [{"b": 1}, {"b": 2, ', [{"b": 1}, {"b": 2}], (1,)),
        (
            {"type": "object", "additionalProperties": {"properties": {"a_b": {}}}},
            '{"x": {"aB": 1, ',
            {"x": {"a_b": 1}},
            ("x",),
        ),
        (
            {"anyOf": [{"properties": {"a_b": {}, "d": {}}}, {"properties": {"a-b": {}}}]},
            '{"aB": [1, 2',
            {"aB": [1]},
            ("aB",),
        ),
        (
            {"anyOf": [{"properties": {"a_b": {}, "d": {}}}, {"properties": {"a-b": {}}}]},
            '{"d": 1, "aB": [1, 2',
            {"d": 1, "a_b": [1]},
            ("a_b",),
        ),
    ],
)
def test_what_the_begun_value_is_by_its_schema(schema: Any, begun: str, value: Any, opened: Any) -> None:
    answer = decode(Completion(begun, "length", Usage()))
    assert cut_values(load_json(schema), [answer.value], answer.open)[:2] == (value, opened)


def without_defaults(value: Any, like: Any) -> Any:
    """A value without the keys that another lacks."""
    if isinstance(value, dict):
        return {key: without_defaults(inner, like[key]) for key, inner in value.items() if key in like}
    return [without_defaults(*pair) for pair in zip(value, like, strict=True)] if isinstance(value, list) else value


@pytest.mark.parametrize(("first", "second", "kept"), [(1, 2, 2), (2, 1, 2), (1, 1, 1)])
def test_of_two_answers_with_as_many_problems_the_fuller_counts(first: int, second: int, kept: int) -> None:
    class Never(BaseModel):
        tags: list[str]

        def model_post_init(self, _: Any) -> None:
            raise ValueError("never right")

    found, _ = run([{"tags": ["a"] * first}, {"tags": ["b"] * second}], Never, retries=1)
    assert len(found.errors[0].value["tags"]) == kept


def test_an_answer_that_never_ends_does() -> None:
    found, _ = run(
        [('{"title": "It", "year": 1990, "authors": [], "tags": ["a", "b", "c',), ('{"/tags/-": ["d", "e',)], retries=5
    )
    assert found.attempts == 6
    assert [problem.kind for problem in found.errors] == ["Truncated"]


def test_no_progress_is_the_end() -> None:
    found, _ = run([('{"title": "It", "tags": ["a", "' + "b" * 50,), ('{"/tags/-": ["' + "b" * 50,)], retries=9)
    assert found.attempts <= 3
    assert [problem.kind for problem in found.errors] == ["Truncated"]


def test_a_rest_that_is_not_given_is_missed() -> None:
    begun = ('{"title": "It", "year": 1990, "authors": [], "tags": ["a", "b',)
    found, _ = run([begun, {}], retries=1)
    assert ([problem.kind for problem in found.errors], found.data) == (["Truncated"], None)
    found, _ = run([begun, {}, {"/tags/-": ["b"]}])
    assert found.value.tags == ["a", "b"]
    assert found.notes == {"": "an answer was cut off, and continued"}
    assert run([begun, '["b"]'])[0].value.tags == ["a", "b"], "one place needs no name"


@pytest.mark.parametrize("repaired", [GOOD, {"year": 1990}, {"/year": 1990}], ids=["whole", "name", "place"])
def test_a_repair_in_another_shape_counts(repaired: Any) -> None:
    assert run([GOOD | {"year": 1}, repaired])[0].data == GOOD


def test_a_draft_among_thoughts_is_no_answer() -> None:
    draft = "<think>Draft: " + written(GOOD) + " No, that is wrong, because"
    found, _ = run([(draft,)], retries=0)
    assert ([problem.kind for problem in found.errors], found.data) == (["Truncated"], None)
    assert "never answered" in found.errors[0].message
    assert run(["<think>" + written({"title": 7}) + "</think>" + written(GOOD)])[0].data == GOOD


# --- the walk down a schema ----------------------------------------------------------------------------------

UNION = load_json(
    {
        "$ref": "#/$defs/Node",
        "$defs": {
            "Node": {
                "anyOf": [
                    {"properties": {"kind": {"const": "leaf"}, "size": {"type": "integer"}}, "required": ["kind"]},
                    {
                        "properties": {
                            "kind": {"const": "tree"},
                            "size": {"type": "string"},
                            "nodes": {"type": "array", "items": {"$ref": "#/$defs/Node"}},
                        }
                    },
                ]
            }
        },
    }
)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (("size",), {"type": "string"}),
        (("nodes", 0, "size"), {"type": "integer"}),
        (("nodes", 1, "size"), {"anyOf": [{"type": "integer"}, {"type": "string"}]}),
        (("nothing",), True),
    ],
)
def test_the_schema_of_a_place_is_that_of_its_branch(path: Any, expected: Any) -> None:
    data = {"kind": "tree", "nodes": [{"kind": "leaf", "size": "x"}, {"kind": "?"}]}
    assert repair.subschema(UNION, path, data) == expected


def test_a_place_in_a_recursive_schema_brings_its_definitions() -> None:
    data = {"kind": "tree", "size": "s", "nodes": [{"kind": "leaf", "size": "x"}]}
    piece = repair.Piece(("nodes", 0), repair.subschema(UNION, ("nodes", 0), data), "wrong")
    asked = repair.asked(UNION, [piece])
    assert asked.json_schema["properties"]["/nodes/0"] == {"$ref": "#/$defs/record/$defs/Node"}


leaves = st.one_of(st.integers(0, 99), st.sampled_from(["a", "海港", 'x"y', "\\", "{", "]"]), st.none(), st.booleans())
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=12,
)


@quick(200)
@given(st.dictionaries(st.sampled_from("abc"), values, min_size=1), st.data())
def test_what_is_kept_of_a_cut_answer_is_a_part_of_it(value: Any, data: Any) -> None:
    text = json.dumps(value, ensure_ascii=False)
    at = data.draw(st.integers(1, len(text) - 1))
    answer = decode(Completion(text[:at], "length", Usage()))
    assert answer.open is not None
    assert is_part(answer.value, value)


def is_part(part: Any, whole: Any) -> bool:
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(key in whole and is_part(part[key], whole[key]) for key in part)
    if isinstance(part, list) and isinstance(whole, list):
        return len(part) <= len(whole) and all(map(is_part, part, whole))
    return part is None or part == whole


# --- modes ---------------------------------------------------------------------------------------------------


class Day(BaseModel):
    day: date
    kind: Literal["a", "b"]


def test_a_mode_that_is_rejected_gives_way_to_the_next() -> None:
    modes: tuple[Mode, ...] = ("json_schema", "tools", "prompt")
    engine = ScriptedEngine([ModeRejected("no response_format"), '{"day": "2024-03-03", "kind": "a"}'], modes=modes)
    found = asyncio.run(extract(TEXT, from_type(Day), engine))
    assert (found.ok, found.mode) == (True, "tools")
    assert "mode json_schema is rejected (no response_format)" in found.notes[""]
    assert [request.mode for request in engine.requests] == ["json_schema", "tools"]


def test_modes_that_an_own_engine_rejects_are_told_in_a_session_too() -> None:
    modes: tuple[Mode, ...] = ("grammar", "json_schema", "prompt")
    replies = [ModeRejected("no grammars"), ModeRejected("no schemas"), '{"day": "2024-03-03", "kind": "a"}']
    found = asyncio.run(extract(TEXT, from_type(Day), Session(ScriptedEngine(replies, modes=modes))))
    assert (found.ok, found.mode) == (True, "prompt")
    assert "mode grammar is rejected (no grammars); mode json_schema is rejected (no schemas)" in found.notes[""]


def test_an_engine_is_asked_in_no_mode_that_it_has_not() -> None:
    engine = ScriptedEngine([ModeRejected("no grammars")], modes=("grammar",))
    found = asyncio.run(extract(TEXT, from_type(Day), Session(engine)))
    assert [(problem.kind, problem.message) for problem in found.errors] == [("ModeRejected", "no grammars")]
    assert [request.mode for request in engine.requests] == ["grammar"]


def test_a_mode_that_was_asked_for_is_kept() -> None:
    engine = ScriptedEngine([ModeRejected("no response_format")], modes=("json_schema", "prompt"))
    found = asyncio.run(extract(TEXT, from_type(Day), engine, Options(mode="json_schema")))
    assert [problem.kind for problem in found.errors] == ["ModeRejected"]


@pytest.mark.parametrize(
    "reply",
    [
        'Here it is:\n```json\n{"day": "2024-03-03", "kind": "a"}\n```\nAnything else?',
        '{"day": "2024-03-03", "kind": "a",}',
        "{'day': '2024-03-03', 'kind': 'a'}",
        'The record: {"day": "2024-03-03", "kind": "a"} as you asked.',
    ],
)
def test_what_models_write_without_a_grammar_is_read(reply: str) -> None:
    engine = ScriptedEngine([reply], modes=("prompt",))
    found = asyncio.run(extract(TEXT, from_type(Day), engine))
    assert (found.data, found.attempts) == ({"day": "2024-03-03", "kind": "a"}, 1)


DAYS = ['{"day": "2024-03-03", "kind": "a"}', '{"day": "2024-03-04", "kind": "b"}', '{"day": "soon", "kind": "a"}']


@pytest.mark.parametrize(
    ("reply", "day", "told"),
    [
        (f"{DAYS[0]}\nNext input: {DAYS[1]}.", 3, "2 values, number 1 counts"),
        (f"```json\n{DAYS[2]}\n```\nOr {DAYS[0]}", 3, "2 values, number 2 counts"),
        (f"As [1] and [the rest] say: {DAYS[0]}", 3, "2 values, number 2 counts"),
        (f"{DAYS[0]} {{broken", 3, ""),
        (f'{DAYS[0]} and {{"day": 2024-', 3, "2 values, number 1 counts"),
        (f"{DAYS[0]}\n{{'day': '2024-03-04', 'kind': 'b'}}", 3, "2 values, number 1 counts"),
    ],
)
def test_of_several_values_in_an_answer_the_one_that_is_meant_counts(reply: str, day: int, told: str) -> None:
    engine = ScriptedEngine([reply], modes=("prompt",))
    found = asyncio.run(extract(TEXT, from_type(Day), engine))
    assert (found.data["day"], found.attempts) == (f"2024-03-0{day}", 1)
    assert told in found.notes.get("", "")


@pytest.mark.parametrize("between", ["\n", "\n- ", "\n```\n```json\n"])
def test_records_one_after_another_are_a_list(between: str) -> None:
    engine = ScriptedEngine([between.join(DAYS[:2])], modes=("prompt",))
    found = asyncio.run(extract(TEXT, many(from_type(Day)), engine))
    assert [day["kind"] for day in found.data] == ["a", "b"]
    assert "the answer has 2 values, 2 are taken as one list" in found.notes[""]


@pytest.mark.parametrize("reply", ["I think [the author] wrote {it}.", "It is in [brackets: yes]", "{ nothing"])
def test_prose_with_brackets_is_no_json(reply: str) -> None:
    found, _ = run([reply], retries=0)
    assert [problem.kind for problem in found.errors] == ["ParseError"]


def test_what_was_cut_off_a_repair_is_told_where_it_stands() -> None:
    class Note(BaseModel):
        about: Annotated[str, Field(max_length=50)]

    class Page(BaseModel):
        notes: list[Note]

    words = "the harbour bridge " * 4
    found, _ = run([{"notes": [{"about": {}}]}, {"/notes/0/about": words}], Page)
    assert found.data == {"notes": [{"about": "the harbour bridge the harbour bridge the harbour"}]}
    assert "cut at 50 characters" in found.notes["/notes/0/about"]


def test_thinking_first() -> None:
    found, engine = run(["The text states 1990.", GOOD], think=True)
    assert (found.data, found.thoughts, found.attempts) == (GOOD, "The text states 1990.", 2)
    first, second = engine.requests
    assert (first.mode, second.mode) == ("prompt", "grammar")
    assert second.messages[: len(first.messages)] == first.messages
    assert first.messages[1].content.startswith(fence(TEXT.text))
    assert [turn.role for turn in second.messages] == ["system", "user", "assistant", "user"], "they alternate"


@pytest.mark.parametrize(
    ("said", "thoughts"),
    [("<think>because</think>", "because"), ("<think>because</think>It is so.", "because\nIt is so."), ("", "")],
)
def test_thoughts_of_a_model_that_reasons_by_itself_are_kept(said: str, thoughts: str) -> None:
    found, engine = run([said, GOOD], think=True)
    assert (found.data, found.thoughts) == (GOOD, thoughts)
    assert all(turn.content for turn in engine.requests[1].messages)


def test_a_refusal_to_think_is_final() -> None:
    engine = ScriptedEngine([("I will not.", "refusal"), written(GOOD)])
    found = asyncio.run(extract(TEXT, from_type(Book), engine, Options(think=True)))
    assert [problem.kind for problem in found.errors] == ["Refused"]
    assert found.attempts == 1


def test_the_end_of_thoughts_in_a_value_ends_none() -> None:
    found, _ = run(['{"title": "uses </think> tags", "year": 1990, "authors": [], "tags": []}'])
    assert (found.data["title"], found.thoughts) == ("uses </think> tags", "")
