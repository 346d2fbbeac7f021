"""Which values are the same, alone and by what a schema says of them."""

from __future__ import annotations

from typing import Any

import pytest

from extractor.further import Growth, drop_twins, end_circle
from extractor.repair import MORE, Piece
from extractor.sameness import Sameness, identity
from extractor.schema import load


@pytest.mark.parametrize(
    ("one", "other", "are_same"),
    [
        ("The U.S.", "the  us", True),
        ("re-sign", "resign", True),
        ("*Ann Bell*", "Ann Bell", True),
        ("Ｃ＋＋", "c++", True),
        ("BBB", "BBB-", False),
        ("BBB−", "bbb-", True),
        ("C", "C++", False),
        ("C", "C#", False),
        ("C", "C*", False),
        (120, 120.0, True),
        (10**23, 1e23, True),
        (0.1, 0.10000001, False),
        (True, 1, False),
        (True, 1.0, False),
        ("1", 1, False),
        ([1], [True], False),
    ],
)
def test_what_is_the_same_where_no_schema_says_more(one: Any, other: Any, are_same: bool) -> None:
    assert (identity(one) == identity(other)) is are_same
    assert (identity({"a": [one]}) == identity({"a": [other]})) is are_same


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("state", {"enum": ["us", "US"]}),
        ("id", {"type": "string"}),
        ("orderIds", {"type": "array", "items": {"type": "string"}}),
        ("编号", {"type": "string"}),
    ],
)
def test_choices_and_ids_are_as_they_are_written(name: str, field: dict[str, Any]) -> None:
    row = {"type": "object", "properties": {name: field}}
    same = Sameness.by(load({"type": "object", "properties": {"rows": {"type": "array", "items": row}}}))
    mark = same.of_items(("rows",))
    one, other = (["u-s"], ["US"]) if field.get("type") == "array" else ("us", "US")
    assert mark({name: one}) == mark({name: one})
    assert mark({name: one}) != mark({name: other})
    assert mark({"paid": "us"}) == mark({"paid": "US"})


def test_a_key_with_a_digit_is_as_it_is_written_and_others_are_names() -> None:
    row = {"type": "object", "properties": {"code": {"type": "string", "x-key": True}}}
    mark = Sameness.by(load({"type": "object", "properties": {"rows": {"type": "array", "items": row}}})).of_items(
        ("rows",)
    )
    assert mark({"code": "aB-1"}) != mark({"code": "AB1"})
    assert mark({"code": "Ann Bell"}) == mark({"code": "ANN BELL"})


def test_further_items_are_dropped_where_they_are_there_already() -> None:
    grades = ["A", "B", "A-", "b"]
    assert drop_twins(grades, 2) == 1
    assert grades == ["A", "B", "A-"]
    states = ["us", "US", "us"]
    schema = load({"type": "object", "properties": {"a": {"type": "array", "items": {"enum": ["us", "US"]}}}})
    assert drop_twins(states, 1, Sameness.by(schema).of_items(("a",))) == 1
    assert states == ["us", "US"]
    piece = Piece(("a", "-"), {}, MORE, is_further=True)
    _, notes = Growth(looks=1).after(schema, [piece], {"a": ["us", "US"]}, {"a": ["us"]}, {})
    assert notes == {"/a": "1 more item came when asked for"}
    circle = {"a": ["us", "US", "us", "US", "us"]}
    assert end_circle(schema, circle, ("a",)) == (("a",), 3)
    assert circle == {"a": ["us", "US"]}
