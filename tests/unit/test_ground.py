"""Where values stand in a document, and which are absent."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted import quick

from extractor.ground import ABSENT, ground
from extractor.pointers import leaves
from extractor.text import normalise
from extractor.types import Document, Span


def spans_of(data: Any, text: str) -> dict[str, Span]:
    return ground(data, Document("test", text))[0]


def words_of(data: Any, text: str) -> dict[str, str]:
    """What stands at each span."""
    return {where: text[span.start : span.end] for where, span in spans_of(data, text).items()}


# --- leaves --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"a": [1]}, [("/a/0", 1)]),
        ({"a": {"b": "x"}, "c": None}, [("/a/b", "x"), ("/c", None)]),
        ({"a": [], "b": {}}, [("/a", []), ("/b", {})]),
        ({}, [("", {})]),
        ("x", [("", "x")]),
        (0, [("", 0)]),
        ({"a/b~": [[False]]}, [("/a~1b~0/0/0", False)]),
        ([{"a": 1}, {"a": 2}], [("/0/a", 1), ("/1/a", 2)]),
    ],
)
def test_leaves(data: Any, expected: list[tuple[str, Any]]) -> None:
    assert list(leaves(data)) == expected


# --- spans ---------------------------------------------------------------------------------------------------

TEXT = "The Harbour\n  Bridge opened in 1932. It cost 6.25 million; 海港大桥于1932年通车。"


@pytest.mark.parametrize(
    ("value", "text", "expected"),
    [
        pytest.param("opened", TEXT, Span(21, 27, "exact"), id="exact"),
        pytest.param("OPENED", TEXT, Span(21, 27, "normalised"), id="case"),
        pytest.param("the harbour bridge", TEXT, Span(0, 20, "normalised"), id="case and line break"),
        pytest.param("Harbour\n  Bridge", TEXT, Span(4, 20, "exact"), id="exact over a line break"),
        pytest.param(" opened ", TEXT, Span(20, 28, "exact"), id="space around it"),
        pytest.param("  opened\n", TEXT, Span(21, 27, "normalised"), id="other space around it"),
        pytest.param(1932, TEXT, Span(31, 35, "exact"), id="integer"),
        pytest.param(6.25, TEXT, Span(45, 49, "exact"), id="float"),
        pytest.param("海港大桥", TEXT, Span(59, 63, "exact"), id="Chinese"),
        pytest.param("大桥", TEXT, Span(61, 63, "exact"), id="Chinese within Chinese"),
        pytest.param("1932年", TEXT, Span(64, 69, "exact"), id="digits beside Chinese"),
        pytest.param("bridges", TEXT, None, id="not there"),
        pytest.param("ridge", TEXT, None, id="part of a word"),
        pytest.param("Bridge open", TEXT, None, id="ends within a word"),
        pytest.param("193", TEXT, None, id="part of a number"),
        pytest.param("opened in 1932.", TEXT, Span(21, 36, "exact"), id="with its full stop"),
        pytest.param("NASA", "在NASA工作", Span(1, 5, "exact"), id="Latin within Chinese"),
        pytest.param("at", "a cat, at last", Span(7, 9, "exact"), id="later, as a whole word"),
        pytest.param("Straße", "Die STRASSE ruht", Span(4, 11, "normalised"), id="folds to more letters"),
        pytest.param("strasse", "Die Straße ruht", Span(4, 10, "normalised"), id="folds to fewer letters"),
        pytest.param(-3, "It was -3 degrees", Span(7, 9, "exact"), id="negative"),
        pytest.param("a", "a", Span(0, 1, "exact"), id="the whole text"),
        pytest.param("Ελλάδα", "στην ΕΛΛΆΔΑ", Span(5, 11, "normalised"), id="Greek"),
        pytest.param("C++", "Written in C++.", Span(11, 14, "exact"), id="marks"),
        pytest.param("😀", "so 😀 then", Span(3, 4, "exact"), id="emoji"),
        pytest.param(True, "True or not", None, id="a truth value is not looked up"),
        pytest.param("x", "", None, id="empty text"),
    ],
)
def test_span(value: Any, text: str, expected: Span | None) -> None:
    assert spans_of({"v": value}, text).get("/v") == expected


def test_equal_values_take_successive_places() -> None:
    text = "Li wrote to Ng, and Ng to Li."
    found = spans_of({"names": ["Li", "Ng", "Ng", "Li"]}, text)
    assert [found[f"/names/{at}"].start for at in range(4)] == [0, 12, 20, 26]


def test_equal_values_beyond_the_last_place_stay_there() -> None:
    found = spans_of(["sea", "sea", "sea"], "the sea and the sea")
    assert [found[f"/{at}"].start for at in range(3)] == [4, 16, 16]


def test_successive_places_are_whole_words_and_do_not_overlap() -> None:
    found = spans_of(["aa", "aa"], "aaa aa aa")
    assert [found[f"/{at}"].start for at in range(2)] == [4, 7]
    found = spans_of(["海海", "海海"], "海海海海")
    assert [found[f"/{at}"].start for at in range(2)] == [0, 2]


def test_a_number_and_its_text_count_as_equal() -> None:
    found = spans_of({"a": 7, "b": "7"}, "7 and 7")
    assert (found["/a"].start, found["/b"].start) == (0, 6)


def test_an_exact_place_wins_over_an_earlier_normalised_one() -> None:
    assert spans_of(["the sea"], "The Sea, the sea")["/0"] == Span(9, 16, "exact")


@pytest.mark.parametrize("text", ["THE SEA and the sea", "The Sea and THE SEA"])
def test_equal_values_take_successive_places_when_folded_too(text: str) -> None:
    found = spans_of(["The Sea", "The Sea"], text)
    assert sorted(span.start for span in found.values()) == [0, 12]


@pytest.mark.parametrize(
    ("value", "text"),
    [(5, "It cost 3.5 million"), (500, "1,500 people"), (3, "3.5 million"), (12, "It was -12 degrees")],
)
def test_a_part_of_a_number_is_not_that_number(value: int, text: str) -> None:
    assert spans_of([value], text) == {}


@pytest.mark.parametrize(("value", "text"), [("cafe", "cafe\u0301"), ("j", "\u01f0"), ("i", "\u0130stanbul")])
def test_a_letter_without_its_mark_is_not_that_letter(value: str, text: str) -> None:
    assert spans_of([value], text) == {}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param("กรุงเทพ", "เขาอยู่ที่กรุงเทพวันนี้", id="Thai"),
        pytest.param("서울", "서울은 오늘 맑음", id="Korean, before a particle"),
        pytest.param("𠮷野", "在𠀋𠮷野家", id="Chinese of a later plane"),
    ],
)
def test_scripts_without_spaces(value: str, text: str) -> None:
    assert words_of([value], text) == {"/0": value}


def test_a_range_holds_no_negative_number() -> None:
    assert spans_of([-3], "pages 1-3") == {}


@pytest.mark.parametrize(
    ("value", "text", "expected"),
    [
        (5, "1-5", {"/0": "5"}),
        (5, "at 5, or 6.", {"/0": "5"}),
        (5, "It was 5.", {"/0": "5"}),
        (5, "x5 5x", {}),
        (1500, "1500,", {"/0": "1500"}),
        ("Boeing 737", "a Boeing 737, new", {"/0": "Boeing 737"}),
        (-5, "it was -5.", {"/0": "-5"}),
    ],
)
def test_numbers_end_where_a_sentence_ends(value: Any, text: str, expected: dict[str, str]) -> None:
    assert words_of([value], text) == expected


# --- absent --------------------------------------------------------------------------------------------------


def test_what_was_left_empty_is_absent() -> None:
    data = {"a": None, "b": "", "c": [], "d": {}, "e": {"f": [None, "x"]}, "g/h": None, "i": 0, "j": False}
    _, absent = ground(data, Document("test", "x"))
    assert absent == dict.fromkeys(["/a", "/b", "/c", "/d", "/e/f/0", "/g~1h"], ABSENT)


def test_a_value_that_is_not_found_is_neither_a_span_nor_absent() -> None:
    assert ground({"a": "made up"}, Document("test", "the sea")) == ({}, {})


def test_an_empty_record_is_absent() -> None:
    assert ground({}, Document("test", "x")) == ({}, {"": ABSENT})


def test_a_blank_value_has_no_span() -> None:
    assert spans_of(["\n"], "the\nsea") == {}


# --- properties ----------------------------------------------------------------------------------------------

words = st.sampled_from(
    ["The", "the", "Sea", "sea", "ﬁsh", "Straße", "x1", "12", "3.5", "海", "港口", "(b)", "C++", "don't"]
)
spaces = st.sampled_from([" ", "  ", "\n", "\t ", ", ", "。", "; "])


@st.composite
def documents(draw: st.DrawFn) -> str:
    return "".join(f"{draw(words)}{draw(spaces)}" for _ in range(draw(st.integers(1, 25))))


@quick(150)
@given(documents(), st.data())
def test_every_span_normalises_to_its_value(text: str, data: st.DataObject) -> None:
    values = []
    for _ in range(data.draw(st.integers(1, 6))):
        start = data.draw(st.integers(0, len(text) - 1))
        part = text[start : data.draw(st.integers(start + 1, len(text)))]
        change = data.draw(st.sampled_from([str, str.upper, str.swapcase, lambda part: part.replace(" ", "\n \n")]))
        values.append(change(part))
    for where, span in spans_of(values, text).items():
        value = values[int(where[1:])]
        written = text[span.start : span.end]
        assert normalise(written).text == normalise(value).text
        assert (span.match == "exact") <= (written == value)
        if value.strip():
            assert not inside_a_word(text, span.start)
            assert not inside_a_word(text, span.end)


def inside_a_word(text: str, at: int) -> bool:
    pair = text[max(at - 1, 0) : at + 1]
    return len(pair) == 2 and all(char.isalnum() and not "\u3040" <= char <= "\u9fff" for char in pair)


@quick(100)
@given(st.lists(words, min_size=1, max_size=20), st.data())
def test_whole_words_of_the_document_are_found(parts: list[str], data: st.DataObject) -> None:
    text = " ".join(parts)
    start = data.draw(st.integers(0, len(parts) - 1))
    value = " ".join(parts[start : data.draw(st.integers(start + 1, len(parts)))])
    assert words_of([value], text) == {"/0": value}
    folded = spans_of([value.upper()], text)["/0"]
    assert normalise(text[folded.start : folded.end]).text == normalise(value).text


# --- time ----------------------------------------------------------------------------------------------------


def seconds(data: Any, text: str) -> float:
    started = time.perf_counter()
    ground(data, Document("test", text))
    return time.perf_counter() - started


@pytest.mark.parametrize(
    ("leaf", "line"),
    [
        pytest.param("zebra {}", "the sea and the zebras of the sea\n", id="nearly there"),
        pytest.param("the sea {}", "the sea\n", id="begins everywhere"),
        pytest.param("x{}", "x", id="one long word"),
        pytest.param("海港{}", "海", id="Chinese"),
    ],
)
def test_time_grows_no_faster_than_the_text(leaf: str, line: str) -> None:
    leaves = [leaf.format(f"{at:03}z") for at in range(200)]
    small, large = (line * (size // len(line)) for size in (100_000, 300_000))
    assert min(seconds(leaves, large) for _ in range(2)) < 8 * min(seconds(leaves, small) for _ in range(2)) + 0.05
    assert seconds(leaves, large) < 5


def test_a_word_that_begins_everywhere_costs_no_more_than_reading_the_text() -> None:
    text = "a" * 60_000
    started = time.perf_counter()
    normalise(text)
    reading = time.perf_counter() - started
    assert seconds(["a"] * 8, text) < 10 * reading
