"""Answers that go round in circles: seen, stopped, and what is kept of them."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from scripted import ScriptedEngine

from extractor.engines.endpoint.loops import goes_in_circles
from extractor.grammar.bounds import LIST_BOUND
from extractor.pipeline import extract
from extractor.schema import load
from extractor.types import Document, Extraction


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ('{"names": [' + '"Ann Bell", ' * 60, True),
        ('{"names": [' + '"Ann Bell", "Bo Hale", "Ida Moss", ' * 20, True),
        ('{"rows": [' + '{"name": "Ann Bell", "role": "the master of the ferry"}, ' * 12, True),
        ('{"names": [' + '"Ann Bell", ' * 30, False),
        ('{"names": [' + ", ".join(f'"No. {at}"' for at in range(200)), False),
        ('{"a": "' + "ha " * 300, False),
        ('{"a": "' + 'he said \\"ha\\", ' * 300, False),
        ('{"a": [' + "0, " * 300, False),
        ("", False),
        ("short", False),
    ],
)
def test_what_ends_in_the_same_again_and_again(text: str, is_one: bool) -> None:
    assert goes_in_circles(text) is is_one
    assert not goes_in_circles(text + "and then something else")


@pytest.mark.parametrize("piece", range(1, 80, 7))
def test_it_is_seen_wherever_the_piece_is_cut(piece: int) -> None:
    whole = "start " + '{"name": "Ann Bell", "age": 7, "city": "Hull"}, ' * 40
    assert goes_in_circles(whole[: len(whole) - piece])


def run(spec: Any, *replies: Any) -> tuple[Extraction, ScriptedEngine]:
    engine = ScriptedEngine(replies)
    return asyncio.run(extract(Document("d", "Ann Bell and Bo Hale met in Hull."), load(spec), engine)), engine


def test_the_list_is_done_and_the_rest_is_asked_for() -> None:
    looping = '{"people": ["Ann Bell", "Bo Hale", ' + '"Ann Bell", ' * 80 + '"Ann'
    record, engine = run("people[], city str", (looping, "repetition"), '{"/city": "Hull"}')
    assert record.ok
    assert record.data == {"people": ["Ann Bell", "Bo Hale"], "city": "Hull"}
    assert record.notes["/people"].endswith("went round in circles: 80 items dropped")
    assert len(engine.requests) == 2


def test_a_record_in_circles_is_complete_where_nothing_comes_after_the_list() -> None:
    looping = '{"people": [' + '{"name": "Ann Bell", "age": 7}, ' * 40 + '{"name": "Ann'
    record, engine = run("people[]{name, age int}", (looping, "repetition"))
    assert record.data == {"people": [{"name": "Ann Bell", "age": 7}]}
    assert record.ok
    assert len(engine.requests) == 1


def test_a_text_in_circles_is_asked_for_again() -> None:
    record, _ = run("note str", ('{"note": "' + "ha " * 300, "repetition"), '{"note": "They met."}')
    assert record.data == {"note": "They met."}
    record, _ = run("note str", *[('{"note": "' + "ha " * 300, "repetition")] * 5)
    assert "went round in circles" in str(record.errors[0])


def test_of_lists_in_each_other_the_one_that_went_round_is_ended() -> None:
    looping = '{"crews": [{"ship": "A", "names": ["Ann"]}, {"ship": "B", "names": [' + '"Bo", ' * 120 + '"Bo'
    record, engine = run(
        "crews[]{ship, names[], port?}", (looping, "repetition"), '{"/crews/1/port": "Hull", "/crews/-": []}'
    )
    assert record.data["crews"][1]["names"] == ["Bo"]
    assert record.data["crews"][1]["port"] == "Hull"
    assert record.data["crews"][0]["names"] == ["Ann"]
    assert len(engine.requests) == 2


def full(*items: Any) -> str:
    """A list that our own bound stops, of items that come again and again."""
    return json.dumps({"people": [*items] * (LIST_BOUND // len(items))}, ensure_ascii=False)


@pytest.mark.parametrize(
    ("spec", "answer", "kept"),
    [
        ("people[]", full("Bo Hale"), ["Bo Hale"]),
        ("people[]", full("Ann Bell", "Bo Hale"), ["Ann Bell", "Bo Hale"]),
        ("people[]{name}", full({"name": "Ann Bell"}), [{"name": "Ann Bell"}]),
    ],
)
def test_a_list_that_is_full_of_the_same_items_went_round_too(spec: str, answer: str, kept: list[Any]) -> None:
    """Its items are too short for 600 characters of them."""
    record, engine = run(spec, answer)
    assert record.data == {"people": kept}
    assert record.notes == {"/people": f"went round in circles: {LIST_BOUND - len(kept)} items dropped"}
    assert len(engine.requests) == 1


@pytest.mark.parametrize(
    "items",
    [
        [f"N{at}" for at in range(LIST_BOUND)],
        [*(f"N{at % 3}" for at in range(LIST_BOUND - 1)), "and then another"],
        [f"N{at % 11}" for at in range(LIST_BOUND)],  # not six times the same
    ],
)
def test_other_full_lists_stay(items: list[str]) -> None:
    record, _ = run("people[]", json.dumps({"people": items}), *['{"/people/-": []}'] * 3)
    assert record.data == {"people": items}
    assert "stopped at 64 items" in record.notes["/people"]


def test_what_comes_before_the_circle_stays_as_it_is() -> None:
    head = ["Ann Bell", "Bo Hale", "Ann Bell"]
    record, _ = run("people[]", json.dumps({"people": head + ["Bo Hale", "Ida Moss"] * 40}))
    assert record.data == {"people": [*head, "Ida Moss"]}


@pytest.mark.parametrize(
    ("items", "value"),
    [
        ({"enum": ["yes", "no"]}, "yes"),
        ({"type": "object", "properties": {"amount": {"type": "integer"}}, "required": ["amount"]}, {"amount": 0}),
        ({"type": "array", "items": {"type": "integer"}}, [0, 0]),
    ],
)
def test_labels_and_numbers_may_come_again(items: Any, value: Any) -> None:
    schema = {"properties": {"rows": {"type": "array", "items": items}}, "required": ["rows"]}
    record, _ = run(schema, json.dumps({"rows": [value] * LIST_BOUND}), *['{"/rows/-": []}'] * 3)
    assert len(record.data["rows"]) == LIST_BOUND


@pytest.mark.parametrize("more", [{"minItems": 5}, {"x-merge": "all"}])
def test_a_list_that_would_be_too_short_and_one_of_which_each_item_counts_stay(more: Any) -> None:
    texts = {"type": "array", "items": {"type": "string"}, **more}
    answer = json.dumps({"people": ["Bo Hale"] * LIST_BOUND})
    record, _ = run({"properties": {"people": texts}, "required": ["people"]}, answer, *['{"/people/-": []}'] * 3)
    assert record.data == {"people": ["Bo Hale"] * LIST_BOUND}


def test_of_full_lists_in_each_other_the_outer_one_is_told() -> None:
    crew = {"ship": "A", "names": ["Bo"] * LIST_BOUND}
    record, _ = run("crews[]{ship, names[]}", json.dumps({"crews": [crew] * LIST_BOUND}))
    assert record.data == {"crews": [{"ship": "A", "names": ["Bo"]}]}
    assert [*record.notes] == ["/crews/0/names", "/crews"]


def test_numbers_may_come_again() -> None:
    record, _ = run("heights[] int", json.dumps({"heights": [7] * LIST_BOUND}), *['{"/heights/-": []}'] * 3)
    assert record.data == {"heights": [7] * LIST_BOUND}
