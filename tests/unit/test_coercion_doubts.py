"""Texts that may mean something else than they seem to are doubts with a reason; everyday forms near them are read."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted import quick, record, schema_of

from extractor.coercion import align, dates, numbers, splits
from extractor.coercion.found import Doubt, Found

INTEGER, NUMBER, STRING, BOOLEAN, NULL = ({"type": kind} for kind in ("integer", "number", "string", "boolean", "null"))
LEVELS, VERDICTS = {"enum": ["low", "high"]}, {"enum": ["yes", "no", "unknown"]}


def many(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def formed(*forms: str) -> dict[str, Any]:
    """A text in one of some formats, as Pydantic asks for a datetime."""
    return {"anyOf": [STRING | {"format": form} for form in forms]}


def read(node: dict[str, Any], text: Any) -> tuple[Any, str, str]:
    """What a field has of a text, its changes and its doubts."""
    found = align(schema_of(record(a=node)), [{"a": text}])
    return found.value["a"], "; ".join(found.changes.values()), "; ".join(found.doubts.values())


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("high!", "high"),
        ("-high", "high"),
        ("low (90%)", "low"),
        ("low (0.5)", "low"),
        ("low (no. 3)", "low"),
        ("!high", None),
        ("~high", None),
        (">high", None),
        ("≠ high", None),
        ("high?", None),
        ("high (?)", None),
        ("~high (90%)", None),
        ("low (0%)", None),
        ("low (0.2)", None),
        ("low (at night)", None),
    ],
)
def test_what_may_change_a_choice_is_a_doubt(text: str, value: str | None) -> None:
    """None stands for a doubt."""
    found, change, doubt = read(LEVELS, text)
    assert found == (value or text)
    assert (bool(change), bool(doubt)) == (bool(value), not value)


def test_a_bare_answer_is_a_sentence_and_may_have_brackets() -> None:
    text = "High (it grew)"
    assert align(schema_of(LEVELS), [text], text).value == "high"


def test_a_sign_that_is_part_of_a_choice_is_none_beside_it() -> None:
    assert read({"enum": ["<5", "5", "!x"]}, "<5") == ("<5", "", "")
    assert read({"enum": ["<5", "5", "!x"]}, "!X")[0] == "!x"


@pytest.mark.parametrize(
    ("value", "node", "expected"),
    [
        (True, VERDICTS, "yes"),
        ("false", VERDICTS, "no"),
        ("yes", {"enum": ["true", "false"]}, "true"),
        (False, {"enum": ["有", "无"]}, "无"),
        (True, {"enum": ["no", "low", "high"]}, True),
        (True, {"enum": ["yes", "ok", "on", "no"]}, True),
        ("No!", {"enum": ["No", "Yes"]}, "No!"),
        (True, {"anyOf": [VERDICTS, BOOLEAN]}, True),
    ],
)
def test_true_and_false_are_the_choices_that_say_so(value: Any, node: dict[str, Any], expected: Any) -> None:
    found, change, _ = read(node, value)
    assert (found, bool(change)) == (expected, expected != value)


@pytest.mark.parametrize(
    ("text", "value"),
    [("√", True), ("☑", True), ("×", False), ("✕", False), ("不是的", False), ("不对。", False), ("x", "x")],
)
def test_more_signs_and_words_are_truth_values(text: str, value: Any) -> None:
    assert read(BOOLEAN, text)[0] == value


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("a; b", ["a", "b"]),
        ("Smith, J.; Jones, K.", ["Smith, J.", "Jones, K."]),
        ("Smith, J.; Madonna", ["Smith, J.", "Madonna"]),
        ("Paris, France; Bern, Switzerland", ["Paris, France", "Bern, Switzerland"]),
        ("learning (deep, shallow); graphs", ["learning (deep, shallow)", "graphs"]),
        ("1,000 m; 2 km", ["1,000 m", "2 km"]),
        ("He came, she saw; they left.", ["He came, she saw; they left."]),
        ("a, b; c", None),
        ("a; b, c", None),
        ("a、b; c", None),
        ("红，绿；蓝", None),
        ("a | b; c", None),
    ],
)
def test_marks_of_several_kinds_are_a_doubt(text: str, items: list[str] | None) -> None:
    """None stands for a doubt."""
    value, _, doubt = read(many(STRING), text)
    assert value == (text if items is None else items)
    assert ("several kinds" in doubt) == (items is None)


@pytest.mark.parametrize(
    ("text", "item", "expected"),
    [
        ("1, 2, and 3", NUMBER, [1, 2, 3]),
        ("1, 2, & 3", INTEGER, [1, 2, 3]),
        ("low, and high", LEVELS, ["low", "high"]),
        ("none", INTEGER, []),
        ("N/A", record(name=STRING), []),
        ("none", {"enum": ["none", "some"]}, ["none"]),
        ("无", BOOLEAN, [False]),
    ],
)
def test_more_texts_are_lists(text: str, item: dict[str, Any], expected: Any) -> None:
    value, change, _ = read(many(item), text)
    assert value == expected
    assert change


def test_a_list_that_cannot_be_empty_is_not_emptied() -> None:
    value, _, doubt = read(many(INTEGER) | {"minItems": 1}, "none")
    assert value == "none"
    assert "cannot be empty" in doubt


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("一个半小时", "PT1H30M"),
        ("2个半小时", "PT2H30M"),
        ("十个半小时", "PT10H30M"),
        ("半小时", "PT30M"),
        ("半个小时", "PT30M"),
        ("18 months", "P18M"),
        ("18个月", "P18M"),
    ],
)
def test_more_lengths_of_time_are_read(text: str, value: str) -> None:
    found = dates.read(text, "duration")
    assert isinstance(found, Found)
    assert found.value == value


@pytest.mark.parametrize("text", ["两三小时", "两三个半小时", "一个半月", "半", "个半小时"])
def test_a_length_of_time_that_is_not_clear_is_none(text: str) -> None:
    assert dates.read(text, "duration") is None


@pytest.mark.parametrize("text", ["半导体", "半数", "个半"])
def test_a_word_with_half_in_it_is_no_number(text: str) -> None:
    assert numbers.read(text) == ()


DAY_TIME, CLOCK = formed("date-time", "date-time-local"), formed("time", "time-local")


@pytest.mark.parametrize(
    ("node", "text", "why"),
    [
        (formed("date"), "五月三日", "names no year"),
        (formed("date"), "19年5月3日", "names no century"),
        (formed("date"), "十九年五月三日", "names no century"),
        (formed("date"), "二〇一九年五月", "names no day"),
        (formed("date"), "5月", "names no day"),
        (DAY_TIME, "3 May", "names no year"),
        (DAY_TIME, "五月三日", "names no year"),
        (DAY_TIME, "19年5月3日 10:30", "names no century"),
        (DAY_TIME, "10:30", "names no day"),
        (DAY_TIME, "tomorrow", "no clear day and time"),
        (CLOCK, "half past ten", "no clear time of the day"),
        (CLOCK, "晚上12点", "no clear time of the day"),
        (NUMBER, "-2 to 3", "range"),
        (NUMBER, "1 to 3", "range"),
        (NUMBER, "-2–3", "range"),
        (INTEGER, "2020-2021", "range"),
        (NUMBER, "between 1 and 3", "range"),
        (NUMBER, "$1 to $3", "range"),
        (NUMBER, "10-20%", "range"),
        (NUMBER, "3至5", "range"),
        (INTEGER, "1 or 2", "range"),
    ],
)
def test_each_text_that_is_not_taken_has_a_reason(node: dict[str, Any], text: str, why: str) -> None:
    value, change, doubt = read(node, text)
    assert (value, change) == (text, "")
    assert why in doubt


@pytest.mark.parametrize("text", ["公元十九年五月三日", "3 May 0019", "0019/5/3"])
def test_a_year_of_two_digits_is_one_where_it_is_said_to_be(text: str) -> None:
    assert read(formed("date"), text)[0] == "0019-05-03"


@pytest.mark.parametrize(("text", "value"), [("1e-5", 1e-5), ("10^-2", 0.01), ("-5", -5), ("1/2", 0.5)])
def test_a_number_with_a_sign_inside_is_no_range(text: str, value: float) -> None:
    assert read(NUMBER, text)[0] == value


PIECES = st.lists(st.sampled_from([*"ab,;、|，() ", "1", "Inc.", ", ", "and ", "-", "to "]), max_size=14).map("".join)


@given(text=PIECES)
@quick(300)
def test_a_text_is_items_that_stand_in_it_a_doubt_or_nothing(text: str) -> None:
    found = splits.of_texts(text)
    assert found is None or isinstance(found, Doubt) or all(item in text for item in found)
    numbers.read(text)


@pytest.mark.parametrize("text", ["a," * 50_000 + ";b", "(" * 100_000 + ";b", ";" + ", A." * 30_000, "a; b" * 30_000])
def test_mixed_marks_take_little_time(text: str) -> None:
    started = time.monotonic()
    read(many(STRING), text)
    assert time.monotonic() - started < 10


@pytest.mark.parametrize("text", ["1" * 99 + "-" + "1" * 99, "1." * 99, "1 " * 99, "- " * 99, "from " + "1," * 90])
def test_ranges_take_little_time(text: str) -> None:
    started = time.monotonic()
    for _ in range(20):
        numbers.read(text)
    assert time.monotonic() - started < 5
