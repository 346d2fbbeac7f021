"""validate(): what the JSON Schema and the Pydantic class have against an answer, and where."""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Callable
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    RootModel,
    WithJsonSchema,
    computed_field,
    model_validator,
)
from scripted import quick, record, schema_of

from extractor.pointers import pointer
from extractor.schema import from_type
from extractor.types import Problem
from extractor.validation import Valid, validate


def complain(value: Any) -> Any:
    raise ValueError("never right")


class Author(BaseModel):
    name: str
    born: int | None = None


class Paper(BaseModel):
    title: str = Field(min_length=2)
    authors: list[Author] = Field(max_length=3)
    year: int | None = Field(None, ge=1600)


def problems(schema: type[BaseModel] | dict[str, Any], data: Any) -> list[Problem]:
    found = validate(schema_of(schema) if isinstance(schema, dict) else from_type(schema), data)
    assert isinstance(found, list), f"accepted as {found}"
    return found


def places(schema: type[BaseModel] | dict[str, Any], data: Any) -> list[str]:
    return [problem.pointer for problem in problems(schema, data)]


# --- valid ---------------------------------------------------------------------------------------------------


def test_valid_data_comes_with_the_instance() -> None:
    data = {"title": "Sea", "authors": [{"name": "Li", "born": None}], "year": 1999}
    assert validate(from_type(Paper), data) == Valid(data, Paper(title="Sea", authors=[Author(name="Li")], year=1999))


def test_without_a_class_the_data_is_what_was_given() -> None:
    data = {"a": 1, "extra": [1, {"b": None}]}
    assert validate(schema_of({"type": "object", "required": ["a"]}), data) == Valid(data, None)


def test_defaults_are_filled_in() -> None:
    checked = validate(from_type(Paper), {"title": "Sea", "authors": []})
    assert isinstance(checked, Valid)
    assert checked.data == {"title": "Sea", "authors": [], "year": None}


def test_data_is_what_the_validators_made_of_it() -> None:
    class Code(BaseModel):
        code: Annotated[str, AfterValidator(str.upper)]

    checked = validate(from_type(Code), {"code": "ab"})
    assert isinstance(checked, Valid)
    assert checked.data == {"code": "AB"}


def test_data_is_written_by_alias() -> None:
    class Aliased(BaseModel):
        class_: str = Field(alias="class")
        number: int = Field(validation_alias=AliasChoices("no", "nr"), serialization_alias="number")

    checked = validate(from_type(Aliased), {"class": "x", "no": 1})
    assert isinstance(checked, Valid)
    assert checked.data == {"class": "x", "number": 1}
    assert isinstance(checked.instance, Aliased)
    assert checked.instance.class_ == "x"


def test_a_set_that_is_written_by_another_name_keeps_the_order_of_the_answer() -> None:
    class Tagged(BaseModel):
        tags: set[str] = Field(validation_alias="labels")

    checked = validate(from_type(list[Tagged]), [{"labels": ["z", "a", "m"]}])
    assert isinstance(checked, Valid)
    assert checked.data == [{"tags": ["z", "a", "m"]}]


def test_computed_fields_are_in_the_data() -> None:
    class Box(BaseModel):
        side: int

        @computed_field  # type: ignore[prop-decorator]
        @property
        def area(self) -> int:
            return self.side**2

    checked = validate(from_type(Box), {"side": 3})
    assert isinstance(checked, Valid)
    assert checked.data == {"side": 3, "area": 9}


def test_dates_and_decimals_are_json_in_the_data_and_python_in_the_instance() -> None:
    class Kinds(Enum):
        A = "a"

    class Event(BaseModel):
        day: dt.date
        at: dt.datetime
        clock: dt.time
        lasts: dt.timedelta
        price: Decimal
        kind: Kinds
        pair: tuple[int, str]

    data = {
        "day": "2026-02-28",
        "at": "2026-02-28T10:00:00Z",
        "clock": "10:00:00Z",
        "lasts": "PT1H30M",
        "price": "12.50",
        "kind": "a",
        "pair": [1, "x"],
    }
    checked = validate(from_type(Event), data)
    assert isinstance(checked, Valid)
    assert checked.data == data
    assert isinstance(checked.instance, Event)
    assert checked.instance.day == dt.date(2026, 2, 28)
    assert checked.instance.price == Decimal("12.50")
    assert checked.instance.lasts == dt.timedelta(hours=1, minutes=30)
    assert json.dumps(checked.data)


def test_a_root_model() -> None:
    class Numbers(RootModel[list[int]]): ...

    checked = validate(from_type(Numbers), [1, 2])
    assert isinstance(checked, Valid)
    assert checked.data == [1, 2]
    assert places(Numbers, [1, "x"]) == ["/1"]


@pytest.mark.parametrize("number", [0, -1, 1.5, 10**15, -0.25, 1e-9])
def test_numbers_pass_unchanged(number: float) -> None:
    class Number(BaseModel):
        x: float

    checked = validate(from_type(Number), {"x": number})
    assert isinstance(checked, Valid)
    assert checked.data == {"x": number}


@quick()
@given(st.text(), st.lists(st.text(), max_size=3), st.none() | st.integers(1600, 10**9))
def test_every_valid_record_passes_unchanged(title: str, names: list[str], year: int | None) -> None:
    data = {"title": f"{title}!!", "authors": [{"name": name, "born": None} for name in names], "year": year}
    checked = validate(from_type(Paper), data)
    assert isinstance(checked, Valid)
    assert checked.data == data


@pytest.mark.parametrize(
    ("child", "value", "message"),
    [
        ({"anyOf": [{"type": "number"}, {"type": "null"}]}, "x", "'x' is not of type 'number', 'null'"),
        (
            {"oneOf": [{"type": "number"}, {"type": ["null", "array"]}]},
            "x",
            "'x' is not of type 'number', 'null', 'array'",
        ),
        ({"oneOf": [{"type": "number"}, {"type": "integer"}]}, "x", "'x' is not of type 'number', 'integer'"),
        ({"anyOf": [{"type": "array", "items": {"type": "null"}}, {"type": "null"}]}, [1], "1 is not of type 'null'"),
        (
            {"oneOf": [{"type": "number"}, {"type": "integer"}]},
            3,
            "3 is valid under each of {'type': 'integer'}, {'type': 'number'}",
        ),
    ],
)
def test_a_value_of_no_type_of_a_union_is_told_the_types(child: dict[str, Any], value: Any, message: str) -> None:
    assert [one.message for one in problems(record(a=child), {"a": value})] == [message]


# --- what the JSON Schema sees -------------------------------------------------------------------------------

TEXT: dict[str, Any] = {"type": "string"}


@pytest.mark.parametrize(
    ("schema", "data", "where", "rule", "value"),
    [
        pytest.param(record(a=TEXT), {"a": 1}, "/a", "not of type 'string'", 1, id="type"),
        pytest.param(record(a=TEXT), {}, "/a", "'a' is a required property", None, id="missing"),
        pytest.param(record(a=TEXT), [], "", "not of type 'object'", [], id="root"),
        pytest.param(
            {**record(a=TEXT), "additionalProperties": False},
            {"a": "", "b": 1},
            "/b",
            "'b'",
            1,
            id="extra",
        ),
        pytest.param(
            record(a={"type": "array", "items": TEXT}),
            {"a": ["x", 2]},
            "/a/1",
            "not of type 'string'",
            2,
            id="list item",
        ),
        pytest.param(record(a={"enum": ["x", "y"]}), {"a": "z"}, "/a", "not one of", "z", id="enum"),
        pytest.param(record(a={"not": {"const": 1}}), {"a": 1}, "/a", "should not be valid", 1, id="not"),
        pytest.param(
            record(a={"type": "array", "uniqueItems": True}),
            {"a": [1, 1]},
            "/a",
            "non-unique",
            [1, 1],
            id="uniqueItems",
        ),
        pytest.param(
            record(a={"type": "string", "pattern": "^(?!x)"}),
            {"a": "xy"},
            "/a",
            "does not match",
            "xy",
            id="look-ahead",
        ),
        pytest.param(
            record(a={"type": "string", "format": "date"}),
            {"a": "2026-02-30"},
            "/a",
            "not a 'date'",
            "2026-02-30",
            id="date",
        ),
        pytest.param(
            record(a={"type": "string", "format": "email"}),
            {"a": "nobody"},
            "/a",
            "not a 'email'",
            "nobody",
            id="email",
        ),
        pytest.param(record(**{"a/b": TEXT}), {"a/b": 1}, "/a~1b", "not of type", 1, id="slash"),
        pytest.param(record(**{"a~b": TEXT}), {"a~b": 1}, "/a~0b", "not of type", 1, id="tilde"),
        pytest.param(record(**{"": TEXT}), {"": 1}, "/", "not of type", 1, id="empty name"),
        pytest.param(
            {"type": "object", "propertyNames": {"pattern": "^a"}},
            {"b": 1},
            "",
            "does not match",
            "b",
            id="propertyNames",
        ),
        pytest.param(
            {"if": {"required": ["a"]}, "then": {"required": ["b"]}},
            {"a": 1},
            "/b",
            "'b' is a required",
            None,
            id="then",
        ),
        pytest.param(
            {"$ref": "#/$defs/N", "$defs": {"N": record(n={"anyOf": [{"$ref": "#/$defs/N"}, {"type": "null"}]})}},
            {"n": {"n": {"n": 1}}},
            "/n/n/n",
            "not",
            1,
            id="recursion",
        ),
    ],
)
def test_a_breach_of_the_json_schema(schema: dict[str, Any], data: Any, where: str, rule: str, value: Any) -> None:
    [problem] = problems(schema, data)
    assert (problem.pointer, problem.value, problem.kind) == (where, value, "InvalidOutput")
    assert rule in problem.message


@pytest.mark.parametrize(
    ("form", "wrong"), [("uri", "no uri"), ("duration", "an hour"), ("date-time", "2026-01-01"), ("time", "noon")]
)
def test_a_format_that_jsonschema_alone_does_not_check(form: str, wrong: str) -> None:
    [problem] = problems(record(a={"type": "string", "format": form}), {"a": wrong})
    assert (problem.pointer, problem.value) == ("/a", wrong)


def test_every_breach_is_reported() -> None:
    data = {"title": "x", "authors": [{"name": 1}, {}], "year": 1}
    assert sorted(places(Paper, data)) == ["/authors/0/name", "/authors/1/name", "/title", "/year"]


def test_of_a_union_the_branch_that_comes_nearest_speaks() -> None:
    assert places(Paper, {"title": "Sea", "authors": [], "year": 1000}) == ["/year"]
    [problem] = problems(record(a={"anyOf": [record(b=TEXT), {"type": "null"}]}), {"a": {"b": 1}})
    assert (problem.pointer, problem.message) == ("/a/b", "1 is not of type 'string'")


A, B = record(k={"const": "a"}, x={"type": "integer"}), record(k={"enum": ["b"]}, y=TEXT)
SHADES = record(k={"const": "a"}, shade={"enum": ["red", "blue"]}), record(k={"const": "b"}, shade=TEXT)


@pytest.mark.parametrize("keyword", ["anyOf", "oneOf"])
@pytest.mark.parametrize(
    ("branches", "data", "where"),
    [
        pytest.param([A, B], {"k": "a", "x": "no"}, ["/e/x"], id="tag"),
        pytest.param([B, A], {"k": "b"}, ["/e/y"], id="tag alone"),
        pytest.param([A, B], {"k": "c", "x": 1}, ["/e/k"], id="unknown tag"),
        pytest.param([A, B], {"x": "no"}, ["/e/k", "/e/x"], id="no tag"),
        pytest.param([A, B], {"k": "c"}, ["/e"], id="none is nearer"),
        pytest.param([{"type": "null"}, {"anyOf": [A, B]}], {"k": "a", "x": "no"}, ["/e/x"], id="nested"),
        pytest.param([{"type": "null"}, {"allOf": [A]}, False], {"k": "a", "x": "no"}, ["/e/x"], id="allOf"),
        pytest.param(SHADES, {"k": "a", "shade": "green"}, ["/e/shade"], id="an enum is less than a constant"),
        pytest.param([{"type": "array", "items": A}, A], [{"k": "a", "x": "no"}], ["/e/0/x"], id="kind"),
        pytest.param([{"items": TEXT}, {"items": {"type": "integer"}}], [1, "a", 2], ["/e/1"], id="fewest"),
    ],
)
def test_of_a_union_the_branch_that_is_meant_speaks(keyword: str, branches: Any, data: Any, where: list[str]) -> None:
    schema = record(e={keyword: [*branches]})
    assert sorted(places(schema, {"e": data})) == where
    schema = {**record(e={"$ref": "#/$defs/E"}, f={"$ref": "#/$defs/E"}), "$defs": {"E": {keyword: [*branches]}}}
    both = [*where, *(place.replace("/e", "/f", 1) for place in where)]
    assert sorted(places(schema, {"e": data, "f": data})) == both


@pytest.mark.parametrize("value", [1, "v"])
def test_of_a_long_enum_some_values_and_their_number_are_told(value: Any) -> None:
    [problem] = problems(record(a={"enum": [f"value {at}" for at in range(5000)]}), {"a": value})
    assert len(problem.message) < 400
    assert "'value 0', 'value 1'" in problem.message
    assert "5000 values" in problem.message
    [problem] = problems(record(a={"enum": ["x" * 5000]}), {"a": value})
    assert len(problem.message) < 400


def test_a_message_stays_short_whatever_the_value() -> None:
    [problem] = problems(Paper, {"title": ["q" * 5000], "authors": []})
    assert problem.pointer == "/title"
    assert len(problem.message) < 400
    assert "string" in problem.message


# --- what the Pydantic class sees ----------------------------------------------------------------------------


class Even(BaseModel):
    n: Annotated[int, AfterValidator(lambda n: n if n % 2 == 0 else complain(n))]


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: Annotated[int, AfterValidator(lambda n: n if n <= 9 else complain(n))]


class Dog(BaseModel):
    kind: Literal["dog"]
    tricks: list[Annotated[str, AfterValidator(lambda text: text or complain(text))]]


class Pair(BaseModel):
    low: int
    high: int

    @model_validator(mode="after")
    def ordered(self) -> Pair:
        return self if self.low <= self.high else complain(self)


class Holder(BaseModel):
    value: int = Field(alias="the/value~")
    slot: Annotated[str, AfterValidator(complain)] | None = Field(None, alias="Cat")


class Loose(BaseModel):
    """Its JSON Schema lets more through than the class takes."""

    at: Annotated[Author, WithJsonSchema({"type": "object"})] | None = None
    many: dict[str, Even] = {}
    pet: Annotated[Cat | Dog, Field(discriminator="kind")] | None = None
    pets: list[Annotated[Cat | Dog, Field(discriminator="kind")]] = []
    plain: Pair | None = None
    pairs: list[Pair] = []


@pytest.mark.parametrize(
    ("model", "data", "where", "value"),
    [
        pytest.param(Even, {"n": 3}, "/n", 3, id="validator"),
        pytest.param(Loose, {"many": {"a/b": {"n": 3}}}, "/many/a~1b/n", 3, id="dict key with /"),
        pytest.param(Loose, {"many": {"x~": {"n": 3}}}, "/many/x~0/n", 3, id="dict key with ~"),
        pytest.param(Loose, {"pet": {"kind": "cat", "lives": 10}}, "/pet/lives", 10, id="tagged union"),
        pytest.param(
            Loose,
            {"pets": [{"kind": "cat", "lives": 9}, {"kind": "dog", "tricks": ["sit", ""]}]},
            "/pets/1/tricks/1",
            "",
            id="tagged union in a list",
        ),
        pytest.param(Loose, {"plain": {"low": 2, "high": 1}}, "/plain", {"low": 2, "high": 1}, id="model validator"),
        pytest.param(
            Loose,
            {"pairs": [{"low": 1, "high": 2}, {"low": 2, "high": 1}]},
            "/pairs/1",
            {"low": 2, "high": 1},
            id="model validator in a list",
        ),
        pytest.param(Pair, {"low": 2, "high": 1}, "", {"low": 2, "high": 1}, id="model validator at the root"),
        pytest.param(Loose, {"at": {}}, "/at/name", None, id="missing"),
        pytest.param(Holder, {"the/value~": 1, "Cat": "x"}, "/Cat", "x", id="alias like the name of a model"),
    ],
)
def test_a_breach_of_the_class(model: type[BaseModel], data: Any, where: str, value: Any) -> None:
    [problem] = problems(model, data)
    assert (problem.pointer, problem.value) == (where, value)


def test_an_alias_with_slash_and_tilde_in_a_breach_of_the_class() -> None:
    class Odd(BaseModel):
        inner: Even = Field(alias="the/inner~")

    assert places(Odd, {"the/inner~": {"n": 1}}) == ["/the~1inner~0/n"]


class Fish(BaseModel):
    kind: Literal["name"]
    name: str
    fins: Annotated[int, AfterValidator(complain)]


Plain, Tagged = Cat | Dog | Fish, Annotated[Cat | Dog | Fish, Field(discriminator="kind")]


@pytest.mark.parametrize("pet", [Plain, Tagged, Plain | None, Tagged | None], ids=str)
@pytest.mark.parametrize(
    ("data", "where"),
    [
        ({"kind": "cat", "lives": 10}, "lives"),
        ({"kind": "cat", "lives": "no"}, "lives"),
        ({"kind": "dog", "tricks": ["sit", ""]}, "tricks/1"),
        ({"kind": "name", "name": "Bo", "fins": 2}, "fins"),
    ],
)
def test_of_a_union_of_classes_the_one_that_is_meant_speaks(pet: Any, data: Any, where: str) -> None:
    class Zoo(BaseModel):
        pet: pet
        pets: list[pet] = []
        named: dict[str, pet] = {}

    found = places(Zoo, {"pet": data, "pets": [data], "named": {"a": data}})
    assert found == [f"/pet/{where}", f"/pets/0/{where}", f"/named/a/{where}"]


def test_of_classes_none_of_which_is_nearer_all_speak() -> None:
    class Both(BaseModel):
        pet: Annotated[list[Even] | dict[str, Even], WithJsonSchema({})]

    [problem] = problems(Both, {"pet": "x"})
    assert (problem.pointer, problem.value) == ("/pet", "x")
    assert "array" in problem.message
    assert "object" in problem.message


def test_the_message_of_a_validator_is_in_the_problem() -> None:
    [problem] = problems(Even, {"n": 3})
    assert "never right" in problem.message


def test_an_unpaired_surrogate_is_a_problem_not_a_crash() -> None:
    [problem] = problems(Author, {"name": "\ud800"})
    assert problem.message


class Raw(BaseModel):
    x: Annotated[Any, BeforeValidator(lambda value: {1, 2} if value == "set" else value), WithJsonSchema({})]
    n: Annotated[int, BeforeValidator(lambda value: {1, 2}), WithJsonSchema({"type": "integer"})] = 0


def test_the_value_of_a_problem_is_json() -> None:
    assert json.dumps([problem.value for problem in problems(Raw, {"x": 1, "n": 1})])


def test_a_tuple_that_is_too_short_for_the_class_only() -> None:
    class Short(BaseModel):
        pair: Annotated[tuple[int, int], WithJsonSchema({"type": "array"})]

    assert places(Short, {"pair": [1]}) == ["/pair/1"]


def crash(error: Exception) -> Callable[[Any], Any]:
    def validator(value: Any) -> Any:
        raise error

    return validator


@pytest.mark.parametrize("error", [IndexError("no second word"), KeyError("x"), TypeError("t"), ZeroDivisionError()])
def test_a_validator_that_fails_in_its_own_code_is_a_problem(error: Exception) -> None:
    class Broken(BaseModel):
        a: Annotated[str, AfterValidator(crash(error))]

    assert problems(Broken, {"a": "x"})


def test_a_pattern_that_pydantic_knows_and_re_does_not() -> None:
    class Name(BaseModel):
        name: str = Field(pattern=r"^\p{Lu}")

    assert isinstance(validate(from_type(Name), {"name": "Åse"}), Valid)


def test_a_price_is_a_multiple_of_a_cent() -> None:
    class Price(BaseModel):
        price: float = Field(multiple_of=0.01)

    assert isinstance(validate(from_type(Price), {"price": 19.99}), Valid)


def test_a_huge_integer_is_a_problem_not_a_crash() -> None:
    class Price(BaseModel):
        price: float = Field(multiple_of=0.5)

    validate(from_type(Price), {"price": 10**400})


def test_extra_properties_are_refused_where_the_class_says_so() -> None:
    class Strict(BaseModel):
        model_config = ConfigDict(extra="forbid")
        a: int

    assert places(Strict, {"a": 1, "b": 2}) == ["/b"]


# --- pointers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ([], ""),
        (["a"], "/a"),
        (["a", 0, "b"], "/a/0/b"),
        (["a/b"], "/a~1b"),
        (["a~b"], "/a~0b"),
        (["~1"], "/~01"),
        ([""], "/"),
        (["a", ""], "/a/"),
        (["书名"], "/书名"),
    ],
)
def test_pointer(path: list[str | int], expected: str) -> None:
    assert pointer(path) == expected


@quick()
@given(st.lists(st.text(alphabet="a~/01", max_size=4), max_size=4))
def test_a_pointer_leads_back_to_its_path(path: list[str]) -> None:
    text = pointer(path)
    assert [part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:]] == path


# --- references that lead to the same, again and again -------------------------------------------------------


def test_what_a_reference_has_against_properties_is_told_each_time_with_their_names() -> None:
    node = {"type": "object", "properties": {"a": {}}, "required": ["a"], "additionalProperties": False}
    found = validate(schema_of({"allOf": [{"$ref": "#/$defs/n"}] * 2, "$defs": {"n": node}}), {"b/c": 1})
    told = [("/a", "'a' is a required property", None), ("/b~1c", "no property 'b/c' is foreseen", 1)]
    assert isinstance(found, list)
    assert [(one.pointer, one.message, one.value) for one in found] == told * 2


def ways(levels: int, twice: Callable[[dict[str, Any]], dict[str, Any]], end: dict[str, Any]) -> dict[str, Any]:
    """2 ** levels ways to one definition."""
    steps = {f"d{at}": twice({"$ref": f"#/$defs/d{at + 1}"}) for at in range(levels)}
    return {"$ref": "#/$defs/d0", "$defs": {**steps, f"d{levels}": end}}


@pytest.mark.parametrize(
    "twice",
    [
        lambda one: {"allOf": [one, one]},
        lambda one: {"allOf": [one, {"title": "again", **one}]},
        lambda one: {"anyOf": [one, one]},
        lambda one: {"not": {"not": {"allOf": [one, one]}}},
        lambda one: {"if": one, "then": one, "else": one},
    ],
    ids=["allOf", "other words", "anyOf", "not", "if"],
)
def test_each_reference_is_followed_once_for_each_value(twice: Any) -> None:
    schema = schema_of(ways(40, twice, {"type": "string", "maxLength": 3}))
    started = time.process_time()
    assert isinstance(validate(schema, "abc"), Valid)
    problems = validate(schema, "abcd")
    assert isinstance(problems, list)
    assert problems
    assert time.process_time() - started < 2


def test_a_value_that_is_wrong_in_two_places_is_told_in_both() -> None:
    name = {"anyOf": [{"type": "string", "maxLength": 3}, {"type": "null"}]}
    person = {"type": "object", "properties": {"a": {"$ref": "#/$defs/N"}, "b": {"$ref": "#/$defs/N"}}}
    schema = schema_of({"$defs": {"N": name}, "type": "array", "items": person})
    word = "long"
    problems = validate(schema, [{"a": word, "b": word}, {"b": word}])
    assert isinstance(problems, list)
    assert [problem.pointer for problem in problems] == ["/0/a", "/0/b", "/1/b"]
    assert {problem.message for problem in problems} == {"'long' is too long"}


def test_nested_answers_of_a_recursive_union_take_no_longer_than_they_are() -> None:
    node = {"type": "object", "properties": {"a": {"$ref": "#/$defs/n"}, "z": {"type": "null"}}}
    union = {"anyOf": [{**node, "required": ["a", "z"]}, {**node, "required": ["a"]}, {"type": "string"}]}
    answer: Any = "x"
    for _ in range(40):
        answer = {"a": answer}
    started = time.process_time()
    assert isinstance(validate(schema_of({"$ref": "#/$defs/n", "$defs": {"n": union}}), answer), Valid)
    assert time.process_time() - started < 2
