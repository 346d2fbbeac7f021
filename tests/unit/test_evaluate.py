"""Scores by hand, beside brute force and scipy; what files may say; the page."""

from __future__ import annotations

import json
import math
import tracemalloc
from dataclasses import replace
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from extractor import schema
from extractor.comparisons import NAMES
from extractor.errors import SchemaError, UsageError
from extractor.evaluate import Reading, Scores, compare, paired, read_answers, score
from extractor.evaluate.answers import Answer, Answers
from extractor.evaluate.calibration import Bin, calibration
from extractor.evaluate.comparators import comparator
from extractor.evaluate.marks import Mark, marks_of
from extractor.evaluate.page import render
from extractor.evaluate.reviewing import sampled, write_review
from extractor.evaluate.rules import Rules
from extractor.evaluate.tally import Difference, Measure, Tally, corrected
from extractor.files import LARGEST
from extractor.types import Extraction, Schema


def scored(
    pairs: list[tuple[Any, Any]], spec: Any, ways: dict[str, str] | None = None, texts: dict[str, str] | None = None
) -> Scores:
    gold = Answers("g", [Answer(str(at), data, f"g:{at}") for at, (data, _) in enumerate(pairs)])
    found = Answers("p", [Answer(str(at), data, f"p:{at}") for at, (_, data) in enumerate(pairs) if data is not ...])
    loaded = spec if isinstance(spec, Schema) else schema.load(spec)
    return score(paired(gold, found), loaded, ways or {}, texts or {})


def of_fields(scores: Scores) -> dict[str, tuple[float, float, float]]:
    return {one.field: (one.measure.gold, one.measure.found, one.measure.right) for one in scores.fields}


# --- comparators ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "one", "other", "score"),
    [
        ("exact", "a", "A", 0),
        ("exact", 1, 1.0, 1),
        ("exact", True, 1, 0),
        ("exact", {"a": 1, "b": 2}, {"b": 2, "a": 1}, 1),
        ("normalised", "The U.S.", "the us", 1),
        ("normalised", "ＡＢ，Ｃ", "ab c", 1),
        ("normalised", "C++", "C", 0),
        ("normalised", "?", "!", 0),
        ("normalised", 5, "5", 0),
        ("fuzzy", "Dr. Ann Bell", "Dr Anne Bell", 1),
        ("fuzzy", "Ann Bell", "Bo Hale", 0),
        ("fuzzy:0.5", "abcd", "abxy", 1),
        ("fuzzy:0.51", "abcd", "abxy", 0),
        ("number", 1_200, "1,200", 1),
        ("number", 100, 99.5, 0),
        ("number:0.01", 100, 99.5, 1),
        ("number:0.01", 0, 0.0, 1),
        ("number", "no", "No", 1),
        ("date", "3 May 2027", "2027-05-03", 1),
        ("date", "2027年5月3日", "2027-05-03", 1),
        ("date", "2027-05-04", "2027-05-03", 0),
        ("date", "soon", "Soon", 1),
        ("number", "−5", -5, 1),
        ("number", "$1,200", 1200, 1),
        ("number", "12%", 12, 0),
        ("number", "12%", 0.12, 1),
        ("number", "12%", "12 percent", 1),
        ("number", "1.234", 1.234, 1),
        ("number", "1.234", 1234, 0),
        ("number", "1,5", 1.5, 0),
        ("number", "(5)", -5, 0),
        ("number", "(5)", 5, 0),
        ("number", "(5)", "5", 0),
        ("number", "(5)", "(5)", 1),
        ("date", "05/06/2026", "2026-06-05", 0),
        ("date", "05/06/2026", "2026-05-06", 0),
        ("date", "05/06/2026", "5.6.2026", 1),
        ("date", "05/06/2026", "06/05/2026", 0),
        ("date", "05/05/2026", "2026-05-05", 1),
        ("date", "13/06/2026", "2026-06-13", 1),
        ("date", "5-7 June 2024", "2024-06-05", 0),
        ("date", "3 May '27", "2027-05-03", 0),
        ("number", "5 km", 5, 1),
        ("number", "5 km", "5 kg", 0),
        ("number:0.01", math.inf, 3, 0),
        ("number:0.01", math.inf, math.inf, 1),
        ("number:0.01", "$100", 99.5, 1),
        ("time", "2027-05-03T10:00:00Z", "2027-05-03T10:00:00+00:00", 1),
        ("time", "2027-05-03T10:00:00.000Z", "2027-05-03T12:00:00+02:00", 1),
        ("time", "2027-05-03T10:00:00Z", "2027-05-03T10:00:01Z", 0),
        ("time", "10:00", "10:00:00", 1),
        ("time", "00:30+02:00", "22:30:00Z", 1),
        ("time", "0001-01-01T00:00:00+10:00", "0001-01-01T00:00:00+10:00", 1),
        ("time", "soon", "Soon", 1),
        ("address", "HTTPS://Example.org/A", "https://example.org/A", 1),
        ("address", "https://example.org/A", "https://example.org/a", 0),
        ("address", "Ann@Example.org", "Ann@example.org", 1),
        ("address", "a.b@example.org", "ab@example.org", 0),
        ("address", "10.0.0.1", "100.0.1", 0),
        ("address", "123E4567-E89B-12D3", "123e4567-e89b-12d3", 1),
        ("stem", "neural networks", "Neural network", 1),
        ("stem", "C++", "C", 0),
        ("stem", "C++ compilers", "C# compiler", 0),
        ("stem", "!!", "??", 0),
        ("stem", "ﬁnding ＡＢ", "finding ab", 1),
        ("rouge", "ﬁnding a cat", "finding ａ cat!", 1),
        ("stem", "neural networks", "networks", 0),
        ("stem", "神经网络", "神经网络", 1),
        ("rouge", "the cat sat", "the cat ran", 2 / 3),
        ("rouge", "图书馆开放", "图书馆关门", 3 / 5),
        ("rouge", "the cat", "", 0),
        ("ignore", 1, 2, 1),
    ],
)
def test_comparators(name: str, one: Any, other: Any, score: float) -> None:
    assert comparator(name)(one, other) == pytest.approx(score)
    assert comparator(name)(other, one) == pytest.approx(score)


@pytest.mark.parametrize("name", ["exactly", "exact:1", "fuzzy:x", "fuzzy:2", "fuzzy:0", "number:-1", "number:1", ""])
def test_comparators_that_are_none(name: str) -> None:
    with pytest.raises(UsageError, match="compares nothing"):
        comparator(name)


# --- fields --------------------------------------------------------------------------------------------------

TALK = "title, kind: a|b, keywords[], people[]{name, role?}, summary"
GOLD = {
    "title": "A ferry",
    "kind": "a",
    "keywords": ["x", "y"],
    "people": [{"name": "Ann", "role": "master"}, {"name": "Bo", "role": None}],
    "summary": "the cat sat",
}
FOUND = {
    "title": "a Ferry!",
    "kind": "b",
    "keywords": ["y", "z", "x", "x"],
    "people": [{"name": "Bo", "role": "cook"}, {"name": "ann", "role": "Master"}],
    "summary": "the cat ran",
}


def test_counts_by_hand() -> None:
    scores = scored([(GOLD, FOUND)], TALK)
    assert of_fields(scores) == {
        "title": (1, 1, 1),
        "kind": (1, 1, 0),
        "keywords[]": (2, 4, 2),
        "people[]": (2, 2, 1),  # Ann as a whole, Bo not
        "people[].name": (2, 2, 2),
        "people[].role": (1, 2, 1),
        "summary": (1, 1, pytest.approx(2 / 3)),
    }
    assert scores.micro == Measure(8, 11, pytest.approx(6 + 2 / 3))
    assert scores.micro.f1 == pytest.approx(2 * (6 + 2 / 3) / 19)
    assert scores.macro == pytest.approx((1 + 0 + 4 / 6 + 1 + 2 / 3 + 2 / 3) / 6)
    assert scores.exact == 0
    assert scores.by_document is not None
    assert scores.by_document[0] == scores.micro.f1  # it is the only one
    assert {one.field: one.by for one in scores.fields}["people[]"] == "all equal"
    role = next(one for one in scores.fields if one.field == "people[].role")
    assert role.absence == Measure(1, 0, 0)  # Bo has none, and one was found


def test_means_of_documents() -> None:
    scores = scored(
        [({"a": ["x", "y", "z"]}, {"a": ["x"]}), ({"a": ["x"]}, {"a": ["x"]}), ({"a": []}, {"a": []})], "a[]"
    )
    assert scores.micro.f1 == pytest.approx(2 * 2 / 6)
    assert scores.by_document is not None
    assert scores.by_document[0] == pytest.approx((0.5 + 1) / 2)  # the last has nothing to measure


def test_what_is_missing_and_what_is_too_much() -> None:
    scores = scored([(GOLD, ...), (GOLD, GOLD)], TALK)
    assert scores.missing == ["0"]
    assert of_fields(scores)["people[].name"] == (4, 2, 2)
    assert scores.exact == 0.5
    assert scores.valid == 0.5
    assert scores.micro.recall == 0.5
    assert scores.micro.precision == 1


def test_other_kinds_of_value() -> None:
    """A list in place of a text, a text in place of a record: all of the one is missing, all of the other too much."""
    scores = scored([({"a": "x", "b": {"c": "y"}}, {"a": ["x"], "b": "y"})], "a, b{c}")
    assert scores.micro == Measure(2, 2, 0)


def test_absences() -> None:
    pairs = [
        ({"doi": None}, {"doi": None}),
        ({"doi": None}, {"doi": "10.1/a"}),
        ({"doi": "10.1/b"}, {"doi": None}),
        ({"doi": "10.1/c"}, {"doi": "10.1/c"}),
        ({}, {"doi": ""}),
    ]
    (field,) = scored(pairs, "doi?").fields
    assert field.measure == Measure(2, 2, 1)
    assert field.absence == Measure(3, 3, 2)


def test_absent_lists_and_records() -> None:
    scores = scored([({"a": [], "b": None}, {"a": ["x"], "b": {"c": "y"}})], "a[], b?{c}")
    assert of_fields(scores) == {"a[]": (0, 1, 0), "b": (0, 0, 0), "b.c": (0, 1, 0)}
    assert scores.fields[1].absence == Measure(1, 0, 0)
    assert scores.micro.recall is None
    assert scores.micro.f1 == 0
    assert scores.fields[0].absence == Measure(1, 0, 0)


def test_fields_that_no_gold_has_are_not_measured() -> None:
    scores = scored([({"title": "a"}, {"title": "a", "people": [{"name": "x"}]})], "title, people[]{name}")
    assert scores.unmeasured == ["people"]
    assert of_fields(scores) == {"title": (1, 1, 1)}


def test_root_that_is_a_list_or_a_scalar() -> None:
    words = Schema("Words", {"type": "array", "items": {"type": "string"}}, "0" * 8)
    assert of_fields(scored([(["a", "b"], ["b"])], words)) == {"[]": (2, 1, 1)}
    word = Schema("Word", {"type": "string"}, "1" * 8)
    assert of_fields(scored([("a", "A")], word)) == {"": (1, 1, 1)}


def test_keys_that_the_schema_does_not_name() -> None:
    prices = Schema("Prices", {"type": "object", "additionalProperties": {"type": "number"}}, "2" * 8)
    assert of_fields(scored([({"a": 1, "b": 2}, {"a": 1.0, "c": 3})], prices)) == {"*": (2, 2, 1)}


def test_tuples_are_compared_by_place() -> None:
    pair = {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}], "items": False}
    assert of_fields(scored([(["a", 1], ["b", 1])], Schema("Pair", pair, "3" * 8))) == {
        "[0]": (1, 1, 0),
        "[1]": (1, 1, 1),
    }


def test_recursive_schemas_end() -> None:
    node = {
        "$ref": "#/$defs/N",
        "$defs": {"N": {"type": "object", "properties": {"v": {"type": "string"}, "next": {"$ref": "#/$defs/N"}}}},
    }
    scores = scored([({"v": "a", "next": {"v": "b"}}, {"v": "a"})], Schema("Node", node, "4" * 8))
    assert scores.micro == Measure(2, 1, 1)


def test_lists_in_lists_are_compared_once_each() -> None:
    """40 levels took 2 to the power of 40 steps."""
    node = {"type": "object", "properties": {"v": {"type": "string"}, "next": {"type": "array"}}}
    node["properties"]["next"]["items"] = {"$ref": "#"}  # type: ignore[index]

    def chain(levels: int, end: str) -> dict[str, Any]:
        return {"v": "a", "next": [chain(levels - 1, end)]} if levels else {"v": end, "next": []}

    loaded, depth = Schema("Node", node, "6" * 8), 40
    marks = marks_of(chain(depth, "x"), chain(depth, "y"), loaded, Rules())
    values = [mark for mark in marks if mark.kind == "value"]

    assert (values[2].gold, values[2].found) == ("/next/0/next/0/v", "/next/0/next/0/v")
    assert [mark.score for mark in values] == [1] * depth + [0, 0], (
        "what nothing tells together is lacking, and too much"
    )


def test_places_are_those_of_the_items_that_stand_beside_each_other() -> None:
    gold = {"r": [{"n": "a", "s": [{"v": "x"}, {"v": "y"}]}, {"n": "b", "s": [{"v": "z"}]}]}
    found = {"r": [{"n": "b", "s": [{"v": "z"}]}, {"n": "a", "s": [{"v": "y"}, {"v": "x"}]}]}
    marks = marks_of(gold, found, schema.load("r[]{n, s[]{v}}"), Rules())
    assert {(mark.gold, mark.found) for mark in marks if mark.field == "r[].s[].v"} == {
        ("/r/0/s/0/v", "/r/1/s/1/v"),
        ("/r/0/s/1/v", "/r/1/s/0/v"),
        ("/r/1/s/0/v", "/r/0/s/0/v"),
    }


# --- rules ---------------------------------------------------------------------------------------------------


def with_rule(how: str, items: dict[str, Any] | None = None) -> Schema:
    return schema.load({"properties": {"a": {"type": "array", "x-compare": how, "items": items or {"type": "string"}}}})


def test_a_set_counts_what_is_repeated_once() -> None:
    pair = ({"a": ["x", "y", "Y"]}, {"a": ["x", "X", "x"]})
    assert of_fields(scored([pair], with_rule("set"))) == {"a[]": (2, 1, 1)}
    assert of_fields(scored([pair], "a[]")) == {"a[]": (3, 3, 1)}


def test_ordered_lists_count_what_stands_in_order() -> None:
    pair = ({"a": ["x", "y", "z"]}, {"a": ["z", "x", "y"]})
    assert of_fields(scored([pair], with_rule("ordered"))) == {"a[]": (3, 3, 2)}
    assert of_fields(scored([pair], "a[]")) == {"a[]": (3, 3, 3)}


TABLE = [["x", "1"], ["y", "2"], ["z", "3"]]


@pytest.mark.parametrize(
    ("ways", "rows_moved", "cells_moved"),
    [
        ({}, 6, 6),
        ({"a": "ordered"}, 4, 6),
        ({"a[]": "ordered"}, 6, 5),
        ({"a": "ordered", "a[]": "ordered"}, 4, 5),
    ],
)
def test_rows_and_cells_are_in_order_where_that_is_said(
    ways: dict[str, str], rows_moved: int, cells_moved: int
) -> None:
    for found, right in (([TABLE[1], TABLE[0], TABLE[2]], rows_moved), ([["1", "x"], *TABLE[1:]], cells_moved)):
        assert of_fields(scored([({"a": TABLE}, {"a": found})], "a[][]", ways)) == {"a[][]": (6, 6, right)}


def test_the_schema_may_say_that_rows_are_in_order() -> None:
    spec = with_rule("ordered", {"type": "array", "items": {"type": "string"}})
    assert of_fields(scored([({"a": TABLE}, {"a": TABLE[::-1]})], spec)) == {"a[][]": (6, 6, 2)}


def test_a_list_says_it_for_its_items_and_the_user_before_all() -> None:
    pair = ({"a": ["cats"]}, {"a": ["cat"]})
    assert of_fields(scored([pair], with_rule("stem"))) == {"a[]": (1, 1, 1)}
    assert of_fields(scored([pair], with_rule("stem", {"type": "string", "x-compare": "exact"}))) == {"a[]": (1, 1, 0)}
    assert of_fields(scored([pair], with_rule("stem"), {"a[]": "exact"})) == {"a[]": (1, 1, 0)}
    assert of_fields(scored([(pair[0] | {"b": 1}, pair[1] | {"b": 2})], "a[], b int", {"a": "ignore"})) == {
        "b": (1, 1, 0)
    }


@pytest.mark.parametrize("how", ["set", "ordered"])
def test_a_value_of_another_kind_is_wrong_where_a_list_is_asked_for(how: str) -> None:
    pairs = [({"a": ["x", "y"]}, {"a": "x, y"}), ({"a": ["x"]}, {"a": ["x"]}), ({"a": ["x"]}, {"a": None})]
    assert scored(pairs, with_rule(how)).micro == Measure(4, 2, 1)
    either = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}, {"type": "null"}]}
    spec = schema.load({"properties": {"a": {**either, "x-compare": how}}})
    texts = [({"a": "X"}, {"a": "x"}), ({"a": None}, {"a": None}), ({"a": ["y", "z"]}, {"a": ["y", "z"]})]
    assert scored(texts, spec).micro == Measure(3, 3, 3)


def test_rules_that_are_none() -> None:
    with pytest.raises(SchemaError, match=r"a: x-compare: 'alike' compares nothing"):
        scored([({"a": ["x"]}, {"a": ["y"]})], with_rule("alike"))
    with pytest.raises(UsageError, match="no field 'b'"):
        scored([({"a": ["x"]}, {"a": ["y"]})], "a[]", {"b": "exact"})


def test_every_name_has_a_comparator() -> None:
    assert {name: comparator(name)("a", "a") for name in NAMES} == dict.fromkeys(NAMES, 1)


TEXTS = {"type": "array", "items": {"type": "string"}}
PERSON = {"type": "object", "properties": {"name": {"type": "string"}}}


@pytest.mark.parametrize(
    ("node", "how", "words", "hint"),
    [
        (PERSON, "alike", "'alike' compares nothing", "one of address, date"),
        (PERSON, "exact", "it has records", "as name; all of it can be ignore"),
        ({"type": "array", "items": PERSON}, "fuzzy:0.9", "it has records", "as [].name; all of it can be ignore"),
        (PERSON, "set", "it is no list", "of lists also set and ordered"),
        (TEXTS, "fuzzy:9", "'fuzzy:9' compares nothing", "bounds are from 0 to 1"),
        (TEXTS, 5, "5 compares nothing", "one of address, date"),
    ],
)
def test_what_a_schema_cannot_say_is_refused_at_its_place(
    node: dict[str, Any], how: Any, words: str, hint: str
) -> None:
    inner = {"type": "object", "properties": {"title": {"type": "string"}, "x": {**node, "x-compare": how}}}
    spec = schema.load({"type": "object", "properties": {"a": {"type": "array", "items": inner}}})
    with pytest.raises(SchemaError, match=f"^/properties/a/items/properties/x: x-compare: {words}") as told:
        scored([({"a": [{"title": "x"}]}, {"a": []})], spec)
    assert hint in (told.value.hint or "")


@pytest.mark.parametrize(
    ("node", "how"),
    [(PERSON, "ignore"), ({"type": "array", "items": PERSON}, "ordered"), (TEXTS, "stem"), ({}, "exact")],
)
def test_what_a_schema_may_say(node: dict[str, Any], how: str) -> None:
    spec = schema.load({"type": "object", "properties": {"a": {**node, "x-compare": how}, "b": {"type": "string"}}})
    assert scored([({"b": "x"}, {"b": "x"})], spec).micro == Measure(1, 1, 1)


LISTED = "title, addr{city}, tags[], people[]{name}, later?"


@pytest.mark.parametrize(
    ("field", "how", "words"),
    [
        ("people", "foo", "'foo' compares nothing"),
        ("addr", "qux", "'qux' compares nothing"),
        ("later", "foo", "'foo' compares nothing"),
        ("people", "exact", "'people' has records"),
        ("people[]", "fuzzy", "'people\\[\\]' has records"),
        ("addr", "exact", "'addr' has records"),
        ("title", "set", "'title' is no list"),
        ("addr", "ordered", "'addr' is no list"),
        ("tags", "any", "'any' compares nothing"),
        ("people.name", "exact", "no field 'people.name' in the schema"),
        ("title.x", "exact", "no field 'title.x' in the schema"),
    ],
)
def test_ways_that_mean_nothing_are_refused(field: str, how: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        scored([({"title": "x"}, {"title": "x"})], LISTED, {field: how})


@pytest.mark.parametrize(
    ("field", "how"),
    [
        *[("later", "exact"), ("people", "set"), ("people", "ignore"), ("people[]", "ignore"), ("addr", "ignore")],
        *[
            ("tags", "stem"),
            ("tags", "ordered"),
            ("tags[]", "stem"),
            ("people[].name", "fuzzy:0.9"),
            ("addr.city", "exact"),
        ],
    ],
)
def test_a_way_is_for_fields_of_the_schema_whether_documents_have_them_or_not(field: str, how: str) -> None:
    assert scored([({"title": "x"}, {"title": "x"})], LISTED, {field: how}).micro.f1 == 1


def test_ways_for_names_with_dots_and_brackets_and_for_a_value_alone() -> None:
    spec = schema.load({"properties": {"a.b": {"type": "string"}, "c[]": {"type": "string"}}})
    record = {"a.b": "x", "c[]": "y"}
    by = {one.field: one.by for one in scored([(record, record)], spec, {"a.b": "exact", "c[]": "stem"}).fields}
    assert by == {"a.b": "exact", "c[]": "stem"}
    assert scored([(["X"], ["x"])], Schema("L", {"type": "array"}, "7" * 8), {"[]": "exact"}).micro.f1 == 0
    assert scored([("X", "x")], Schema("T", {"type": "string"}, "8" * 8), {"": "exact"}).micro.f1 == 0


def test_defaults_by_what_a_field_is() -> None:
    spec = "n int, day date, ok bool, kind: a|b, name, 摘要"
    record = {"n": 1, "day": "2027-05-03", "ok": True, "kind": "a", "name": "x", "摘要": "好"}
    by = {one.field: one.by for one in scored([(record, record)], spec).fields}
    assert by == {"n": "number", "day": "date", "ok": "exact", "kind": "exact", "name": "normalised", "摘要": "rouge"}


@pytest.mark.parametrize(
    ("name", "how"),
    [
        *[("date-time", "time"), ("time", "time"), ("date", "date"), ("duration", "normalised"), ("regex", "exact")],
        *[(name, "address") for name in ("email", "uri", "uuid", "ipv4", "hostname")],
    ],
)
def test_defaults_by_format(name: str, how: str) -> None:
    spec = schema.load({"properties": {"a": {"type": "string", "format": name}}})
    assert scored([({"a": "x"}, {"a": "x"})], spec).fields[0].by == how


def test_a_key_tells_records_apart() -> None:
    item = {
        "type": "object",
        "properties": {"id": {"type": "string", "x-key": True}, "v": {"type": "string"}, "w": {"type": "string"}},
    }
    listed = schema.load({"properties": {"a": {"type": "array", "items": item}}})
    gold = {"a": [{"id": "1", "v": "x", "w": "y"}]}
    scores = scored([(gold, {"a": [{"id": "2", "v": "x", "w": "y"}]})], listed)
    assert scores.micro == Measure(3, 3, 0)


def test_choices_weigh_little_where_records_are_paired() -> None:
    gold = {"e": [{"kind": "a", "text": "Oslo"}, {"kind": "b", "text": "Bergen"}]}
    found = {"e": [{"kind": "a", "text": "Bergen"}, {"kind": "b", "text": "Oslo"}]}
    assert of_fields(scored([(gold, found)], "e[]{kind: a|b, text}")) == {
        "e[]": (2, 2, 0),
        "e[].kind": (2, 2, 0),
        "e[].text": (2, 2, 2),
    }


# --- matching: brute force -----------------------------------------------------------------------------------

ITEM = schema.load("a, b, c")
ITEMS = st.lists(st.fixed_dictionaries({name: st.sampled_from("xyz") for name in "abc"}), max_size=4)


def best_sum(gold: list[Any], found: list[Any]) -> int:
    """The most fields that can be equal, by all ways to pair."""
    one, other = sorted((gold, found), key=len)
    return max(
        sum(left[name] == right[name] for left, right in zip(one, order, strict=True) for name in "abc")
        for order in permutations(other, len(one))
    )


@given(ITEMS, ITEMS)
def test_no_pairing_is_better(gold: list[Any], found: list[Any]) -> None:
    marks = marks_of({"r": gold}, {"r": found}, schema.load("r[]{a, b, c}"), Rules())
    values = [mark for mark in marks if mark.kind == "value"]
    assert sum(mark.score for mark in values) == best_sum(gold, found)
    assert sum(mark.gold is not None for mark in values) == 3 * len(gold)
    assert sum(mark.found is not None for mark in values) == 3 * len(found)


def test_long_lists_are_paired_by_what_they_have_in_common() -> None:
    """What is found is the same but for one word, and in another order; short lists are compared pair by pair."""
    gold = [{"name": f"Ann Bell {at}", "kind": "a", "n": at % 3} for at in range(60)]
    found = [{**row, "name": f"{row['name']} jun.", "n": 1000} for row in reversed(gold)]
    scores = scored([({"r": gold}, {"r": found})], "r[]{name, kind: a|b, n int}", {"r[].name": "fuzzy:0.7"})
    assert of_fields(scores)["r[].name"] == (60, 60, 60)
    assert of_fields(scores)["r[].kind"] == (60, 60, 60)
    assert of_fields(scores)["r[].n"] == (60, 60, 0)


LONG = [
    ("item, price float", {"item": "Coffee", "price": 2.5}, {"item": "COFFEE", "price": 2.5}, {}),
    ("day date", {"day": "2027-05-03"}, {"day": "3 May 2027"}, {}),
    ("price float", {"price": 100.0}, {"price": 100.5}, {"r[].price": "number:0.01"}),
    ("name", {"name": "王小明先生"}, {"name": "王小明先"}, {"r[].name": "fuzzy:0.8"}),
]


@pytest.mark.parametrize(("spec", "one", "other", "ways"), LONG)
@pytest.mark.parametrize("size", [31, 32, 51, 400])
def test_a_score_is_the_same_however_long_the_list_is(
    spec: str, one: Any, other: Any, ways: dict[str, str], size: int
) -> None:
    scores = scored([({"r": [one] * size}, {"r": [other] * size})], f"r[]{{{spec}}}", ways)
    assert scores.micro.f1 == 1
    assert of_fields(scores)["r[]"] == (size, size, size)


def test_nor_does_it_matter_what_else_a_long_list_has() -> None:
    others = [f"word{at}" for at in range(475)]
    scores = scored([({"a": [*others, *["yes"] * 30]}, {"a": [*["Yes"] * 30, *others[::-1]]})], "a[]")
    assert of_fields(scores) == {"a[]": (505, 505, 505)}


@given(st.lists(st.sampled_from("xyz"), max_size=6), st.lists(st.sampled_from("xyz"), max_size=6))
def test_ordered_is_the_longest_common_subsequence(gold: list[str], found: list[str]) -> None:
    marks = marks_of({"a": gold}, {"a": found}, with_rule("ordered"), Rules())
    lengths = np.zeros((len(gold) + 1, len(found) + 1))
    for at, one in enumerate(gold):
        for to, other in enumerate(found):
            around = max(lengths[at, to + 1], lengths[at + 1, to])
            lengths[at + 1, to + 1] = lengths[at, to] + 1 if one == other else around
    assert sum(mark.score for mark in marks if mark.kind == "value") == lengths[-1, -1]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)


@given(JSON, JSON)
def test_any_two_values_can_be_compared(one: Any, other: Any) -> None:
    anything = Schema("Any", {}, "5" * 8)
    there = marks_of(one, other, anything, Rules())
    back = marks_of(other, one, anything, Rules())
    right = [sum(mark.score for mark in marks if mark.kind == "value") for marks in (there, back)]
    assert right[0] == pytest.approx(right[1])
    assert all(mark.score == 1 for mark in marks_of(one, one, anything, Rules()))


# --- intervals and differences: scipy ------------------------------------------------------------------------


def accuracies(rights: list[int]) -> list[tuple[Any, Any]]:
    return [({"k": "a"}, {"k": "a" if right else "b"}) for right in rights]


FIRST = [1, 0, 1, 1, 0, 1, 0, 0, 1, 0, 1, 0]
SECOND = [1, 1, 1, 1, 0, 1, 1, 1, 1, 0, 1, 1]


def test_intervals_are_those_of_scipy() -> None:
    ours = scored(accuracies(FIRST * 5), "k: a|b").micro_interval
    assert ours is not None
    theirs = stats.bootstrap((FIRST * 5,), np.mean, method="percentile", n_resamples=5_000, rng=1).confidence_interval
    assert ours == pytest.approx((theirs.low, theirs.high), abs=0.02)


def test_probabilities_are_those_of_scipy() -> None:
    found = compare(scored(accuracies(FIRST), "k: a|b"), scored(accuracies(SECOND), "k: a|b"))
    ours = found["k"]
    assert ours is not None
    theirs = stats.permutation_test(
        (SECOND, FIRST), lambda one, other: np.mean(one) - np.mean(other), permutation_type="samples"
    )
    assert ours.by == pytest.approx(theirs.statistic)
    assert ours.p == pytest.approx(theirs.pvalue, abs=0.02)
    assert not ours.is_significant
    assert found["mean of fields"] == found["all values"] == ours


def test_means_of_documents_are_compared_as_those_of_scipy() -> None:
    """Documents of one to four values: the F1 of each counts alike in their mean, not in that of all values."""
    found = [{"tags": [*"abcd"[: 1 + at % 4]]} for at in range(24)]
    one = [[*"abcd"[: max(1, at % 4)]] if at % 3 else ["x"] for at in range(24)]
    other = [[*"abcd"[: 1 + at % 4]] if at % 5 else ["y"] for at in range(24)]
    pairs = [[(gold, {"tags": tags}) for gold, tags in zip(found, some, strict=True)] for some in (one, other)]
    first, second = (scored(some, "tags[]") for some in pairs)
    f1 = [
        [2 * len({*gold["tags"]} & {*got["tags"]}) / (len(gold["tags"]) + len(got["tags"])) for gold, got in some]
        for some in pairs
    ]
    ours = compare(first, second)["mean of documents"]
    assert ours is not None
    gains = np.subtract(*f1[::-1])
    theirs = stats.permutation_test((gains,), np.mean, permutation_type="samples", n_resamples=10_000, rng=1)
    ends = stats.bootstrap((gains,), np.mean, method="percentile", n_resamples=5_000, rng=1).confidence_interval
    assert ours.by == pytest.approx(theirs.statistic)
    assert ours.p == pytest.approx(theirs.pvalue, abs=0.02)
    assert (ours.low, ours.high) == pytest.approx((ends.low, ends.high), abs=0.02)
    assert abs(ours.by - compare(first, second)["all values"].by) > 0.01  # type: ignore[union-attr]


def test_means_of_fields_are_compared() -> None:
    """Of two fields, one with nothing in the first: its mean is of the other alone."""
    gold = {"a": "x", "b": None}
    first, second = scored([(gold, {"a": "x", "b": None})], "a, b?"), scored([(gold, {"a": "x", "b": "y"})], "a, b?")
    found = compare(first, second)
    assert [*found] == ["a", "b", "all values", "mean of fields", "mean of documents"]
    assert found["b"] is None
    assert found["mean of fields"] == Difference(-0.5, -0.5, -0.5, 1)
    assert found["all values"] == Difference(pytest.approx(-1 / 3), *[pytest.approx(-1 / 3)] * 2, 1)


def test_what_is_better_everywhere_is_significant() -> None:
    found = compare(scored(accuracies([0] * 12), "k: a|b"), scored(accuracies([1] * 12), "k: a|b"))
    assert found["k"] == Difference(1, 1, 1, pytest.approx(2 / 4096, abs=5e-4))
    assert found["k"].is_significant


SOFT = [({"k": "a", "s": "the cat sat"}, {"k": "ab"[at % 3 == 0], "s": "the cat"[: at % 8]}) for at in range(90)]


@pytest.mark.parametrize("block", [1_000, 10**9])
def test_how_many_are_drawn_at_once_changes_nothing(monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    def told() -> list[float]:
        first, second = (scored(pairs, schema.load("k: a|b, s"), {"s": "rouge"}) for pairs in (SOFT, SOFT[::-1]))
        fields = [end for one in first.fields for end in (*(one.interval or ()), *(one.by_document or (0, ()))[1])]
        differences = [one for one in compare(first, second).values() if one is not None]
        return fields + [value for one in differences for value in (one.by, one.low, one.high, one.p)]

    usual = told()
    monkeypatch.setattr("extractor.evaluate.tally._BLOCK", block)
    assert len(usual) == 2 * 2 * 2 + 5 * 4
    assert told() == pytest.approx(usual, abs=1e-12)


def test_many_documents_are_not_drawn_at_once() -> None:
    """Of 3,000 documents all swaps have 30 million numbers, and all draws 6 million."""
    marks = [Mark("value", name, "/a", "/a", 1) for name in "abc"]
    first, second = Tally([marks] * 3_000), Tally([marks, [replace(one, score=0) for one in marks]] * 1_500)
    tracemalloc.start()
    found, same, *_ = first.differences(second, "ad")
    first.by_document("value", "abc")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found is not None
    assert (found.by, found.p, same) == (-0.5, pytest.approx(1e-4, rel=1e-3), None)
    assert peak < 70e6


def test_correction_by_holm() -> None:
    given = {name: Difference(0.1, 0, 0.2, p) for name, p in (("a", 0.01), ("b", 0.04), ("c", 0.03), ("d", 0.005))}
    found = corrected({**given, "e": None})
    assert {name: one and one.p for name, one in found.items()} == {
        "a": pytest.approx(0.03),
        "b": pytest.approx(0.06),
        "c": pytest.approx(0.06),
        "d": pytest.approx(0.02),
        "e": None,
    }


def test_an_empty_tally_has_nothing_to_say() -> None:
    tally = Tally([[]])
    assert tally.measure("value", []) == Measure(0, 0, 0)
    assert tally.interval("value", []) is None


# --- grounded ------------------------------------------------------------------------------------------------


def test_values_are_looked_up_where_the_text_is_there() -> None:
    scores = scored([({"a": "x", "b": "y"}, {"a": "Oslo", "b": "Bergen"})], "a, b", texts={"0": "a walk in Oslo"})
    assert scores.grounded == 0.5
    assert scored([({"a": "x"}, {"a": "Oslo"})], "a str").grounded is None


# --- files ---------------------------------------------------------------------------------------------------


def lines(path: Path, *rows: Any) -> Path:
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return path


def test_forms_of_a_line(tmp_path: Path) -> None:
    whole = {"source": "c.txt", "data": {"a": "3"}, "spans": {}, "seconds": 2.5, "usage": {"input_tokens": 7}}
    file = lines(
        tmp_path / "gold.jsonl",
        {"id": 7, "text": "hello", "a": "1", "more": True},
        {"source": "b.txt", "data": {"a": "2"}},
        whole,
        {"a": "4"},
    )
    found = read_answers(file, Reading(schema.load("a, b?"))).every
    assert [one.source for one in found] == ["7", "b.txt", "c.txt", f"{file}:4"]
    assert [one.data for one in found] == [{"a": "1"}, {"a": "2"}, {"a": "3"}, {"a": "4"}]
    assert found[0].text == "hello"
    assert found[2].record is not None
    assert found[2].record.seconds == 2.5


def test_predictions_are_found_by_name_or_by_line(tmp_path: Path) -> None:
    reading = Reading(schema.load("a str"))
    gold = read_answers(lines(tmp_path / "gold.jsonl", {"id": "x", "a": "1"}, {"id": "y", "a": "2"}), reading)
    named = lines(tmp_path / "one.jsonl", {"source": "y", "data": {"a": "2"}}, {"source": "z", "data": {"a": "3"}})
    found = paired(gold, read_answers(named, reading))
    assert (found.missing, [*found.unknown]) == (["x"], ["z"])
    numbered = lines(tmp_path / "two.jsonl", {"source": "data/gold.jsonl:1", "data": {"a": "1"}})
    assert paired(gold, read_answers(numbered, reading)).missing == ["y"]
    with pytest.raises(UsageError, match="has no document of"):
        paired(gold, read_answers(lines(tmp_path / "three.jsonl", {"source": "q", "data": {"a": ""}}), reading))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no records in it"),
        ("[1]", "not an object"),
        ('{"id": "a"}', "none of a is in it"),
        ('{"id": "a", "a": "1"}\n{"id": "a", "a": "2"}', "'a' is there twice"),
        ('{"id": "a", ', "gold.jsonl:1:"),
        ('{"source": "a", "data": {}, "spans": 3}', "/spans"),
    ],
)
def test_files_that_say_nothing(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "gold.jsonl"
    file.write_text(text)
    with pytest.raises((UsageError, SchemaError), match=message):
        read_answers(file, Reading(schema.load("a str")))


def test_a_review_file_counts_as_far_as_it_is_reviewed(tmp_path: Path) -> None:
    path, loaded = tmp_path / "gold.yaml", schema.load("a, b?")
    write_review(path, loaded, [("x.txt", "one\n\ntwo: three", {"a": "1", "b": None}), ("y.txt", "四", None)])
    with pytest.raises(UsageError, match="none of its 2 records is reviewed"):
        read_answers(path, Reading(loaded))
    path.write_text(path.read_text().replace("reviewed: false", "reviewed: true", 1))
    found = read_answers(path, Reading(loaded))
    assert found.unreviewed == ["y.txt"]
    assert (found.every[0].data, found.every[0].text) == ({"a": "1", "b": None}, "one\n\ntwo: three")
    with pytest.raises(UsageError, match="is there already"):
        write_review(path, loaded, [])


def test_gold_of_the_user_may_be_larger_than_a_schema(tmp_path: Path) -> None:
    path = tmp_path / "gold.json"
    path.write_text(json.dumps([{"source": "x", "data": {"a": "1"}, "text": "x" * LARGEST}]))
    assert len(read_answers(path, Reading(schema.load("a str"))).every) == 1


def test_days_and_times_of_a_review_file_are_texts(tmp_path: Path) -> None:
    path = tmp_path / "gold.yaml"
    path.write_text("- {source: a, reviewed: true, data: {day: 2027-05-03, at: 12:30, n: 7, x: 1.5}}\n")
    (answer,) = read_answers(path, Reading(schema.load("day date, at, n int, x float"))).every
    assert answer.data == {"day": "2027-05-03", "at": "12:30", "n": 7, "x": 1.5}


def test_a_sample_is_the_same_each_time_and_mostly_of_more() -> None:
    names = [f"{at}.txt" for at in range(100)]
    some = sampled(names, 10, str)
    assert some == sampled(names, 10, str)
    assert some == sorted(some, key=names.index)
    assert len({*some} & {*sampled([*names, *(f"new{at}" for at in range(20))], 10, str)}) >= 6


# --- the page ------------------------------------------------------------------------------------------------


def test_the_page_marks_what_is_wrong_and_escapes_all() -> None:
    evil = "<script>alert(1)</script>"
    pairs = [({"a": "Oslo", "b": evil}, {"a": "Bergen", "b": evil}), ({"a": "x", "b": "y"}, ...)]
    texts = {"0": f"From Bergen to Oslo. {evil}" + " and on" * 500, "1": "x"}
    page = render("p & g", scored(pairs, "a, b", texts=texts), schema.load("a, b"), texts)
    assert "<script" not in page
    assert "p &amp; g" in page
    assert '<mark class="wrong">Bergen</mark>' in page
    assert '<mark class="lacking">Oslo</mark>' in page
    assert "no prediction" in page
    assert page.count(" and on") < 60  # only what is around what is marked


def test_the_page_has_numbers_and_no_cards_without_any() -> None:
    pairs = [({"a": "x", "s": "the cat sat"}, {"a": "x", "s": "the cat"})] * 1_200
    scores = scored(pairs, "a, s", {"s": "rouge"})
    page = render("p", replace(scores, calibration=calibration([(0.85, 1.0), (0.25, 0.0)])), schema.load("a, s"), {})
    assert "<td>1.000–1.000</td>" in page
    assert "<td>1,200</td>" in page
    assert "<td>960</td>" in page
    assert "<dt>grounded" not in page
    assert "how likely labels were held" in page
    assert "share of them that is right" in page
    assert page.count("<table>") == page.count('<div class="wide"') == page.count("</table></div>")


# --- what a fresh look found ---------------------------------------------------------------------------------


def test_an_item_without_a_partner_is_not_right_as_a_whole() -> None:
    people = {
        "type": "array",
        "items": {"properties": {"name": {"type": "string"}, "note": {"type": "string", "x-compare": "ignore"}}},
    }
    gold = {"people": [{"name": "Al"}, {"note": "x"}, {"note": "y"}]}
    scores = scored([(gold, {"people": [{"name": "Al"}]})], schema.load({"properties": {"people": people}}))
    assert of_fields(scores)["people[]"] == (3, 1, 1)


@pytest.mark.parametrize("how", ["fuzzy:0.8", "stem", "number:0.01"])
def test_longer_lists_are_compared_like_short_ones(how: str) -> None:
    words = [f"{chr(97 + at % 26)}{chr(97 + at // 26)}zzzzzz{at}s" for at in range(60)]
    gold = [1000.0 + 50 * at for at in range(60)] if how.startswith("number") else words
    found = [value + 1 if isinstance(value, float) else value[:-1] for value in gold]
    assert scored([({"a": gold}, {"a": found})], with_rule(how, {})).micro.f1 == 1


def test_the_greatest_sum_counts_where_values_are_nearly_equal() -> None:
    scores = scored([({"a": [100, 101]}, {"a": [100, 99.1]})], with_rule("number:0.01", {"type": "number"}))
    assert of_fields(scores)["a[]"] == (2, 2, 2)


def test_absent_records_are_absent_as_such() -> None:
    there = {"address": {"city": "Oslo"}}
    pairs = [({"address": None}, {"address": None})] * 9 + [({"address": None}, there)]
    fields = {one.field: one for one in scored(pairs, "address?{city}").fields}
    assert fields["address"].absence == Measure(10, 9, 9)
    assert fields["address.city"].absence is None


@pytest.mark.parametrize("found", [None, {"city": "Oslo"}])
def test_a_record_that_may_be_missing_has_absences_alone(found: Any) -> None:
    spec = "a, owner?{city}, p[]{n}"
    pairs = [({"a": "x", "owner": None, "p": []}, {"a": "x", "owner": found, "p": []})]
    scores = scored(pairs, spec)
    by = {one.field: one.by for one in scores.fields}
    assert (by["a"], by["owner"], by["p[]"]) == ("normalised", "absence", "absence")
    assert ("owner.city" in by) is (found is not None)
    page = render("p", scores, schema.load(spec), {})
    row = page[page.index("<th>owner</th>") :].partition("</tr>")[0]
    said = int(found is None)
    assert row == f"<th>owner</th><td>absence</td>{'<td></td>' * 8}<td>{said} of 1; {said} said</td>"


def test_what_is_always_absent_has_a_line() -> None:
    (field, other) = scored([({"fax": None, "a": "x"}, {"fax": None, "a": "x"})] * 3, "fax?, a").fields
    assert (field.field, field.measure.f1, field.absence) == ("fax", None, Measure(3, 3, 3))
    assert other.field == "a"


def test_nobody_said_anything_where_there_is_no_answer() -> None:
    scores = scored([({"fax": None}, {"fax": None}), ({"fax": None}, ...), ({"fax": None}, None)], "fax?")
    assert scores.fields[0].absence == Measure(1, 1, 1)
    assert scores.exact == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("name", "one", "other", "score"),
    [
        ("number", "1,5", 15, 0),
        ("number", "1,234.5", 1234.5, 1),
        ("number", 10**400, 3.5, 0),
        ("rouge", "！？", "！？", 1),
        ("rouge", "？", "a", 0),
    ],
)
def test_odd_values(name: str, one: Any, other: Any, score: float) -> None:
    assert comparator(name)(one, other) == score


def test_latency_is_that_of_the_records_that_are_there() -> None:
    def answer(name: str, seconds: float | None) -> Answer:
        record = None if seconds is None else Extraction(name, {"a": "x"}, "", "", "prompt", seconds=seconds)
        return Answer(name, {"a": "x"}, "", record=record)

    gold = Answers("g", [Answer(name, {"a": "x"}, name) for name in "123"])
    found = [answer("1", 2.0), answer("2", 4.0)]
    assert score(paired(gold, Answers("p", found)), schema.load("a str"), {}, {}).to_dict()["latency"] == 3
    assert score(paired(gold, Answers("p", [answer("1", None)])), schema.load("a str"), {}, {}).latency is None


def test_null_is_a_label() -> None:
    def answer(at: int) -> Answer:
        record = Extraction(str(at), {"k": None}, "", "", "prompt", probabilities={"/k": {"a": 0.1, "null": 0.9}})
        return Answer(str(at), record.data, "", record=record)

    gold = Answers("g", [Answer("0", {"k": None}, ""), Answer("1", {"k": "a"}, "")])
    found = score(paired(gold, Answers("p", [answer(0), answer(1)])), schema.load("k?: a|b"), {}, {}).calibration
    assert found is not None
    assert found.bins == [Bin(2, pytest.approx(0.9), 0.5)]


def test_a_field_may_be_called_data(tmp_path: Path) -> None:
    reading = Reading(schema.load("t, data"))
    flat = lines(tmp_path / "a.jsonl", {"id": 1, "t": "x", "data": "blob"})
    assert read_answers(flat, reading).every[0].data == {"t": "x", "data": "blob"}
    whole = lines(tmp_path / "b.jsonl", {"id": 1, "data": {"t": "x", "data": "blob"}})
    assert read_answers(whole, reading).every[0].data == {"t": "x", "data": "blob"}


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("g.yaml", "- {source: a, reviewed: 'false', data: {a: x}}", "neither true nor false"),
        ("g.jsonl", '{"id": "a", "data": "x"}', "is no object"),
        (
            "g.jsonl",
            '{"source": "a", "data": null, "spans": {}, "errors": [{"pointer": "", "message": "no"}]}',
            "failed",
        ),
        ("g.csv", "a,b", "no answers are read from such files"),
        ("none.jsonl", None, "No such file"),
    ],
)
def test_gold_that_is_none(tmp_path: Path, name: str, text: str | None, message: str) -> None:
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(UsageError, match=message):
        read_answers(tmp_path / name, Reading(schema.load("a str")))


def test_a_failed_record_has_nothing_and_names_may_be_composed_otherwise(tmp_path: Path) -> None:
    reading = Reading(schema.load("a str"), predictions=True)
    failed = {"source": "x", "data": {"a": "1"}, "spans": {}, "errors": [{"pointer": "/a", "message": "no"}]}
    assert read_answers(lines(tmp_path / "p.jsonl", failed), reading).every[0].data is None
    gold = Answers("g", [Answer("café", {"a": "1"}, "g:1")])
    assert paired(gold, Answers("p", [Answer("cafe\u0301", {"a": "1"}, "p:1")])).missing == []


def answers(*names: str) -> Answers:
    return Answers("f", [Answer(name, {"a": name}, f"gold.jsonl:{at}") for at, name in enumerate(names, 1)])


def test_names_that_are_composed_otherwise_are_other_names_where_both_are_there() -> None:
    composed, decomposed = "caf\u00e9", "cafe\u0301"
    found = paired(answers(composed, decomposed), answers(decomposed, composed))
    assert all(other is not None and one.source == other.source for one, other in found.pairs)
    assert paired(answers("x", composed), answers("x", decomposed)).missing == []
    doubtful = paired(answers("x", "\u1e09"), answers("x", "c\u0327\u0301", "\u00e7\u0301"))
    assert doubtful.missing == ["\u1e09"]


def test_many_names_that_no_gold_has_are_looked_through_once() -> None:
    gold = answers(*(f"g{at}" for at in range(20_000)))
    found = paired(gold, answers("g7", *(f"data/other.jsonl:{at}" for at in range(20_000)), "data/gold.jsonl:3"))
    assert [one.source for one, other in found.pairs if other is not None] == ["g2", "g7"]


def test_a_field_of_the_schema_names_a_document_at_last(tmp_path: Path) -> None:
    reading = Reading(schema.load("source, title"))
    flat = lines(tmp_path / "a.jsonl", *({"id": at, "source": "BBC", "title": "x"} for at in range(2)))
    assert [one.source for one in read_answers(flat, reading).every] == ["0", "1"]
    alone = lines(tmp_path / "b.jsonl", {"source": "BBC", "title": "x"})
    assert read_answers(alone, reading).every[0].source == "BBC"
    whole = lines(tmp_path / "c.jsonl", {"id": 7, "source": "a.txt", "data": {"source": "BBC", "title": "x"}})
    assert read_answers(whole, reading).every[0].source == "a.txt"


def test_names_that_look_like_ways_into_others_have_lines_of_their_own() -> None:
    text = {"type": "string"}
    spec = schema.load({"properties": {"a.b": text, "a": {"properties": {"b": text}}, "all values": text}})
    record = {"a.b": "x", "a": {"b": "y"}, "all values": "z"}
    scores = scored([(record, {**record, "a.b": "n"})], spec, {"'a.b'": "exact"})
    assert of_fields(scores) == {"'a.b'": (1, 1, 0), "a.b": (1, 1, 1), "'all values'": (1, 1, 1)}
    found = compare(scores, scored([(record, record)], spec))
    assert found["all values"] is not None
    assert found["'all values'"] is not None
    assert found["all values"].by == pytest.approx(1 / 3)
    assert found["'all values'"].by == 0
    lacking = scored([({"a": {"b": "y"}, "all values": "z"}, record)], spec)
    assert lacking.unmeasured == ["'a.b'"]
    assert of_fields(lacking) == {"a.b": (1, 1, 1), "'all values'": (1, 1, 1)}


def test_what_nobody_foresaw_is_told() -> None:
    found = {"a": "x", "sure": 0.9, "p": [{"n": "y", "age": 3}, {"n": "z", "age": 4}]}
    gold = {"a": "x", "p": [{"n": "y"}, {"n": "z"}]}
    scores = scored([(gold, found)], "a, p[]{n}")
    assert scores.unforeseen == ["p[].age", "sure"]
    assert scores.micro.precision == 0.5
    assert scored([({"m": {"x": "1"}}, {"m": {"y": "2"}})], {"properties": {"m": {"type": "object"}}}).unforeseen == []


def test_fields_of_the_gold_that_the_schema_does_not_have_are_told(tmp_path: Path) -> None:
    text = {"type": "string"}
    spec = {"title": text, "b": text, "p": {"type": "array", "items": {"properties": {"n": text}}}}
    pairs = [({"ttile": "x", "b": "y"}, {"b": "y"}), ({"b": "y", "p": [{"n": "a", "m": "b"}, {"m": "c"}]}, {"b": "y"})]
    scores = scored(pairs, {"properties": spec})
    assert scores.strange_gold == ["g:0 has ttile", "g:1 has p[].m"]
    assert scored(pairs, {"properties": spec, "additionalProperties": True}).strange_gold == ["g:1 has p[].m"]
    assert scored([({"a": "x"}, {"a": "x"})], {"type": "object", "additionalProperties": text}).strange_gold == []
    flat = lines(tmp_path / "flat.jsonl", {"id": 1, "ttile": "x", "b": "y", "licence": "CC0"})
    answers = read_answers(flat, Reading(schema.load("title?, b?")))
    assert score(paired(answers, answers), schema.load("title?, b?"), {}, {}).strange_gold == [f"{flat}:1 has ttile"]


def test_gold_that_is_not_valid_is_told() -> None:
    told = scored(
        [({"kind": "evnt"}, {"kind": "event"}), ({"kind": "event"}, {"kind": "event"})], "kind: event|course, a"
    ).doubtful_gold
    assert [one.partition(" ")[0] for one in told] == ["g:0:"]


@pytest.mark.parametrize("name", ["a", "a[]"])
@pytest.mark.parametrize("spec", ["a[], b", "a[]{n}, b", "a[][], b"])
def test_items_that_are_ignored_do_not_count_as_right(name: str, spec: str) -> None:
    items: dict[str, Any] = {"a[], b": ["x", "y"], "a[]{n}, b": [{"n": "x"}, {"n": "y"}]}
    some = items.get(spec, [["x"], ["y"]])
    pairs = [({"a": some, "b": "x"}, {"a": some[:1], "b": "y"}), ({"a": [], "b": "x"}, {"a": some, "b": "x"})]
    assert of_fields(scored(pairs, spec, {name: "ignore"})) == {"b": (2, 2, 1)}


def test_records_of_which_all_fields_are_ignored_do_not_count_as_right() -> None:
    pairs = [({"a": [{"n": "x", "m": "y"}], "b": "x"}, {"a": [{"n": "z", "m": "z"}], "b": "x"})]
    both = {"a[].n": "ignore", "a[].m": "ignore"}
    assert of_fields(scored(pairs, "a[]{n, m}, b", both)) == {"b": (1, 1, 1)}
    assert of_fields(scored(pairs, "a[]{n, m}, b", {"a[].n": "ignore"}))["a[]"] == (1, 1, 0)


def test_a_listing_is_said_of_the_list() -> None:
    with pytest.raises(UsageError, match=r"'a\[\]' is no list") as told:
        scored([({"a": ["x"]}, {"a": ["y"]})], "a[]", {"a[]": "set"})
    assert told.value.hint == "say it of the list: a=set"
    words = Schema("Words", {"type": "array", "items": {"type": "string"}}, "0" * 8)
    with pytest.raises(UsageError) as told:
        scored([(["x"], ["y"])], words, {"[]": "ordered"})
    assert told.value.hint == "say it of the list: (value)=ordered"
