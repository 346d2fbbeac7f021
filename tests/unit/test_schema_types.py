"""What Pydantic's own JSON Schema leaves out, and what a class does to an answer."""

from __future__ import annotations

import asyncio
import json
import time
from collections import OrderedDict
from datetime import date, datetime
from datetime import time as daytime
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from typing import Annotated, Any, Literal

import pytest
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    Field,
    HttpUrl,
    NaiveDatetime,
    computed_field,
    field_validator,
)
from pydantic.networks import FileUrl, MySQLDsn, RedisDsn
from scripted import ScriptedEngine, left, schema_of
from test_grammar import accepts

from extractor.errors import SchemaError
from extractor.grammar import compile_schema
from extractor.pipeline import extract
from extractor.schema import from_type, load, many
from extractor.types import Document, Extraction
from extractor.validation import Valid, validate


class Sale(BaseModel):
    price: Decimal = Field(max_digits=6, decimal_places=2)


@pytest.mark.parametrize(
    ("answer", "accepted"),
    [
        ("12.50", True),
        ("-3", True),
        (12.5, True),
        ("12.50 euros", False),
        ("12.505", False),
        ("12345.00", False),
        ("", False),
        (12.505, False),
    ],
)
def test_a_decimal_is_no_free_text(answer: Any, accepted: bool) -> None:
    assert accepts(Sale, {"price": answer}) is accepted
    assert isinstance(validate(from_type(Sale), {"price": answer}), Valid) is accepted


class Site(BaseModel):
    site: HttpUrl


@pytest.mark.parametrize(
    ("url", "accepted"),
    [("https://x.org/a", True), ("http://x.org", True), ("mailto:a@x.org", False), ("https://", False)],
)
def test_a_url_has_the_schemes_of_its_type(url: str, accepted: bool) -> None:
    assert accepts(Site, {"site": url}) is accepted


def run(answer: Any, schema: Any) -> Extraction:
    return asyncio.run(extract(Document("a", "text"), load(schema), ScriptedEngine([json.dumps(answer)])))


def test_a_set_keeps_the_order_of_the_answer() -> None:
    words = ["z", "b", "q", "a", "hello", "x y"]
    assert run(words, set[str]).data == words
    assert run({"k": words}, dict[str, set[str]]).data == {"k": words}


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Size(IntEnum):
    S = 1
    L = 2


class Mood(StrEnum):
    GLAD = "glad"


@pytest.mark.parametrize(
    ("type_", "good", "bad"),
    [
        (datetime, ["2026-03-31T07:05:59", "2026-03-31T07:05:59+08:00"], ["2026-03-31", "2026-02-30T07:05:59"]),
        (NaiveDatetime, ["2026-03-31T07:05:59"], ["2026-03-31T07:05:59Z"]),
        (AwareDatetime, ["2026-03-31T07:05:59Z"], ["2026-03-31T07:05:59"]),
        (daytime, ["07:05:59", "07:05:59Z"], ["07:05"]),
        (dict[int, int], [{"1": 1, "-20": 2}], [{"a": 1}, {"01": 1}]),
        (dict[Colour, int], [{"red": 1}, {"blue": 2, "red": 1}], [{"green": 1}]),
        (dict[Size, int], [{"1": 1}], [{"3": 1}, {"S": 1}]),
        (dict[Annotated[int, AfterValidator(abs)], int], [{"-3": 1}], [{"a": 1}]),
        (dict[Annotated[str, Field(pattern="^a")], int], [{"ab": 1}], [{"b": 1}]),
        (dict[date, int], [{"2026-03-31": 1}], [{"2026-02-30": 1}]),
        (dict[float, int], [{"1.5": 1, "-20": 2}], [{"a": 1}]),
        (dict[Decimal, int], [{"19.99": 1}], [{"a": 1}, {"": 1}]),
        (dict[bool, int], [{"true": 1}], [{"maybe": 1}]),
        (dict[datetime, int], [{"2026-03-31T07:05:59": 1}, {"2026-03-31T07:05:59Z": 1}], [{"2026-02-30T07:05:59": 1}]),
        (dict[Literal["a", 1], int], [{"a": 1}], [{"1": 1}, {"b": 1}]),
        (OrderedDict[int, str], [{"1": "x"}], [{"a": "x"}, {"1": 1}]),
        (
            HttpUrl,
            ["https://例え.jp/パス", "http://münchen.de/straße?q=ä", "https://a.org/b"],
            ["例え.jp", "https://a b"],
        ),
        (Literal[Mood.GLAD, 3], ["glad", 3], ["sad"]),
    ],
    ids=str,
)
def test_the_decoder_admits_what_the_type_takes(type_: Any, good: list[Any], bad: list[Any]) -> None:
    schema = load(dict[str, type_])
    for answer in good:
        swapped = {"v": dict(reversed(answer.items()))} if isinstance(answer, dict) else {"v": answer}
        assert accepts(schema, {"v": answer}) or accepts(schema, swapped)
        assert isinstance(validate(schema, {"v": answer}), Valid)
    for answer in bad:
        assert not accepts(schema, {"v": answer})
        assert not isinstance(validate(schema, {"v": answer}), Valid)


@pytest.mark.parametrize(
    ("type_", "hint"),
    [(Literal[Colour.RED], "the enum itself"), (Literal[b"x"], "as a text"), (list[Literal["a", Colour.RED]], "enum")],
)
def test_a_literal_that_no_json_value_equals(type_: Any, hint: str) -> None:
    with pytest.raises(SchemaError, match="no JSON value is valid for Literal") as caught:
        load(dict[str, type_])
    assert hint in str(caught.value.hint)


class Pair(Enum):
    ONE = (1, 2)


class Rate(Enum):
    HALF = 0.5


@pytest.mark.parametrize(
    ("type_", "fault"),
    [
        (Pair, r"no JSON value is valid for <Pair.ONE: \(1, 2\)>"),
        (dict[Literal[1, 2], int], "no name of a JSON object"),
        (dict[tuple[int, int], int], "no name of a JSON object"),
        (dict[Rate, int], "no name of a JSON object"),
        (OrderedDict[None, int], "no name of a JSON object"),
    ],
    ids=str,
)
def test_what_no_json_value_is_valid_for_is_refused(type_: Any, fault: str) -> None:
    assert load(dict[str, Rate])
    with pytest.raises(SchemaError, match=fault):
        load(dict[str, type_])


def test_what_a_class_leaves_out_is_told() -> None:
    class Thing(BaseModel):
        name: str
        secret: str = Field(exclude=True)

    found = run({"name": "x", "secret": "y"}, Thing)
    assert found.data == {"name": "x"}
    assert found.notes == {"/secret": "in the answer, not kept by the class"}


def test_an_item_that_a_class_leaves_out_is_told() -> None:
    class Thing(BaseModel):
        tags: list[str]

        @field_validator("tags")
        @classmethod
        def known(cls, tags: list[str]) -> list[str]:
            return [tag for tag in tags if tag != "b"]

    assert run({"tags": ["a", "b"]}, Thing).notes == {"/tags/1": "in the answer, not kept by the class"}


def test_keys_that_a_class_makes_equal_are_told() -> None:
    found = run({"k": {"1.0": "a", "1.00": "b"}}, dict[str, dict[Decimal, str]])
    assert len(found.data["k"]) < 2
    assert "in the answer, not kept by the class" in found.notes.values()


def test_a_list_that_the_class_sorts_is_sorted() -> None:
    class Crew(BaseModel):
        names: list[str]
        known: set[str]

        @field_validator("names")
        @classmethod
        def in_order(cls, names: list[str]) -> list[str]:
            return sorted(names)

    found = run({"names": ["Zoe", "Adam"], "known": ["z", "a"]}, Crew)
    assert found.data == {"names": ["Adam", "Zoe"], "known": ["z", "a"]}


@pytest.mark.parametrize(
    ("type_", "url"),
    [(FileUrl, "file:///etc/hosts"), (MySQLDsn, "mysql+pymysql://u:p@h/db"), (RedisDsn, "redis:///0")],
)
def test_a_url_as_its_type_takes_it(type_: Any, url: str) -> None:
    schema = load(dict[str, type_])
    assert accepts(schema, {"v": url})
    assert isinstance(validate(schema, {"v": url}), Valid)


def test_what_a_class_adds_is_told() -> None:
    class Thing(BaseModel):
        name: str
        size: int = 3

        @computed_field
        def loud(self) -> str:
            return self.name.upper()

    found = run({"name": "x"}, Thing)
    assert found.data == {"name": "x", "size": 3, "loud": "X"}
    assert found.notes.keys() == {"/size", "/loud"}
    assert run({"name": "x", "size": 3}, Thing).notes.keys() == {"/loud"}


def test_properties_with_the_names_of_keywords_follow_into_a_list() -> None:
    names = ("default", "examples", "enum", "const", "properties", "$ref")
    schema = schema_of(
        {
            "type": "object",
            "properties": {name: {"$ref": "#/$defs/x"} for name in names},
            "required": list(names),
            "$defs": {"x": {"type": "string"}},
        }
    )
    assert accepts(many(schema), [dict.fromkeys(names, "v")])


@pytest.mark.parametrize("spec", ['{"type": "string", }', '{"type": "object", ', '{"title": "x", "type": "object",}'])
def test_broken_json_is_not_taken_for_another_language(spec: str) -> None:
    with pytest.raises(SchemaError, match=r"column \d+: not JSON"):
        load(spec)


def test_no_schema_is_no_schema() -> None:
    with pytest.raises(SchemaError, match="no schema"):
        load(None)


@pytest.mark.parametrize(
    ("child", "answer"),
    [
        ({"type": "integer", "minimum": 10**30}, 10**30),
        ({"type": "array", "items": {"type": "null"}, "minItems": 5_001}, [None] * 5_001),
    ],
)
def test_no_bound_of_ours_breaks_a_limit_that_was_too_large(child: dict[str, Any], answer: Any) -> None:
    assert accepts(child, answer)
    assert left(compile_schema(schema_of(child)))


def test_nor_a_length_that_was_too_large() -> None:
    assert compile_schema(schema_of({"type": "string", "minLength": 100_001})).lowered == {"type": "string"}


@pytest.mark.parametrize("answer", [{"a": "x" * 2_000}, {"a": [[[[1]]]]}, {"a": 10**16}, {"a" * 90: 1}])
def test_what_is_not_described_is_bounded_too(answer: Any) -> None:
    assert not accepts({"type": "object"}, answer)
    assert accepts({"type": "object"}, {"a": [1, {"b": None}]})
    assert not accepts({"type": "array"}, [answer])


def test_a_slow_pattern_is_given_up_once() -> None:
    slow = {"enum": [f"{'a' * 40}!{at}" for at in range(50)], "pattern": "^(a|a|aa)+$"}
    started = time.process_time()
    grammar = compile_schema(schema_of(slow))
    assert time.process_time() - started < 8
    assert "/pattern" in left(grammar)


def test_an_unknown_keyword_is_told_also_beside_an_enum() -> None:
    rows = compile_schema(schema_of({"enum": ["x"], "maxlength": 3, "bogus": 1})).report
    ignored = {row.keyword: row.why for row in rows if row.status == "ignored"}
    assert ignored.keys() == {"maxlength", "bogus"}
    assert "did you mean maxLength?" in ignored["maxlength"]
