"""What is told of fields that a class reads by one name and writes by another."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import AliasChoices, BaseModel, ConfigDict, Field
from pydantic.dataclasses import dataclass

from extractor.field_names import renamed
from extractor.pipeline import _changed_by_class
from extractor.schema import from_type
from extractor.validation import Valid, validate

ADDED, LOST = "not in the answer, added by the class", "in the answer, not kept by the class"


def read_as(key: str) -> str:
    return f"{key!r} in the answer, written so by the class"


class Plain(BaseModel):
    a: int = Field(1, validation_alias="b")
    c: str = "x"


class Choices(BaseModel):
    a: int = Field(1, validation_alias=AliasChoices("b", "bb"), serialization_alias="s")


class ByName(BaseModel):
    model_config = ConfigDict(populate_by_name=True)
    a: int = Field(1, validation_alias="b")


class Swapped(BaseModel):
    a: int = Field(1, validation_alias="b")
    b: int = Field(2, validation_alias="a")


class Both(BaseModel):
    a: int = Field(1, alias="b")


class Outer(BaseModel):
    many: list[ByName] = []
    named: dict[str, ByName] = {}


@dataclass
class Data:
    a: int = Field(1, validation_alias="b")


@pytest.mark.parametrize(
    ("type_", "answer", "data", "notes"),
    [
        (Plain, {"b": 5, "c": "y"}, {"a": 5, "c": "y"}, {"/a": read_as("b")}),
        (Plain, {"c": "y"}, {"a": 1, "c": "y"}, {"/a": ADDED}),
        (Plain, {"b": 5, "c": "y", "z": 1}, {"a": 5, "c": "y"}, {"/a": read_as("b"), "/z": LOST}),
        (Plain, {"b": 5, "a": 6, "c": "y"}, {"a": 5, "c": "y"}, {"/a": f"{read_as('b')}; 'a' {LOST}"}),
        (Choices, {"bb": 5}, {"s": 5}, {"/s": read_as("bb")}),
        (ByName, {"a": 5}, {"a": 5}, {}),
        (Swapped, {"a": 5, "b": 6}, {"a": 6, "b": 5}, {"/a": read_as("b"), "/b": read_as("a")}),
        (Both, {"b": 5}, {"b": 5}, {}),
        (Data, {"b": 5}, {"a": 5}, {"/a": read_as("b")}),
        (list[Plain], [{"b": 5}], [{"a": 5, "c": "x"}], {"/0/a": read_as("b"), "/0/c": ADDED}),
        (
            Outer,
            {"many": [{"b": 1}, {"a": 2}], "named": {"k": {"b": 3}}},
            {"many": [{"a": 1}, {"a": 2}], "named": {"k": {"a": 3}}},
            {"/many/0/a": read_as("b"), "/named/k/a": read_as("b")},
        ),
    ],
)
def test_what_is_written_by_another_name_is_neither_added_nor_lost(
    type_: Any, answer: Any, data: Any, notes: dict[str, str]
) -> None:
    checked = validate(from_type(type_), answer)
    assert isinstance(checked, Valid)
    assert checked.data == data
    assert _changed_by_class(answer, checked.data, checked.instance)[0] == notes


def test_without_a_class_nothing_is_named_otherwise() -> None:
    assert renamed({"b": [1]}, {"b": [1]}, None) == ({"b": [1]}, [])
