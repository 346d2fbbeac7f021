"""The longest run of places in reading order, and the nearest run of units."""

from __future__ import annotations

from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted import quick

from extractor.ground.alignment import Weighed, align
from extractor.ground.order import longest_run
from extractor.ground.words import Words, other_number
from extractor.types import Span

spans = st.builds(lambda start, size: Span(start, start + size, "exact"), st.integers(0, 12), st.integers(1, 3))
choices = st.lists(st.lists(spans, max_size=3).map(lambda some: sorted(some, key=lambda span: span.start)), max_size=5)


def in_order(run: list[Span | None]) -> bool:
    some = [span for span in run if span is not None]
    return all(one.end <= other.start for one, other in pairwise(some))


def length(run: list[Span | None]) -> int:
    return sum(span is not None for span in run)


@quick(300)
@given(choices)
def test_no_other_choice_places_more_items_in_order(some: list[list[Span]]) -> None:
    found = longest_run(some)
    assert in_order(found)
    assert all(span is None or span in places for span, places in zip(found, some, strict=True))
    every = (list(one) for one in product(*([None, *places] for places in some)))
    assert length(found) == max(length(run) for run in every if in_order(run))


def test_the_leftmost_run_is_taken_of_equal_ones() -> None:
    places = [Span(at, at + 1, "exact") for at in (0, 4, 8)]
    assert longest_run([places, places]) == places[:2]


def test_what_stands_as_written_is_taken_of_runs_as_long() -> None:
    folded, exact = Span(0, 1, "normalised"), Span(4, 5, "exact")
    assert longest_run([[folded, exact]]) == [exact]
    assert longest_run([[folded, exact], [Span(2, 3, "exact")]]) == [folded, Span(2, 3, "exact")]


@pytest.mark.parametrize(
    ("value", "text", "run"),
    [
        ("abcd", "xxabdxx", "abd"),
        ("abc", "xxaxbcxabcxx", "abc"),
        ("abc", "abcxabxx", "abc"),
        ("ab", "axxxxxxxxb", "b"),
        ("ab", "xxxx", None),
        ("", "abc", None),
    ],
)
def test_align(value: str, text: str, run: str | None) -> None:
    found = align(Weighed.evenly(value), Weighed.evenly(text))
    assert (None if found is None else text[found.start : found.end]) == run


@quick(200)
@given(st.text("abc", max_size=8), st.text("abcx", max_size=20))
def test_a_score_is_a_share_and_one_for_the_value_itself(value: str, text: str) -> None:
    found = align(Weighed.evenly(value), Weighed.evenly(text))
    assert found is None or 0 < found.score <= 1
    assert found is None or (found.score == 1) == (text[found.start : found.end] == value)


@pytest.mark.parametrize(
    ("one", "several"),
    [
        ("ferry", "ferries"),
        ("box", "boxes"),
        ("bridge", "bridges"),
        ("knife", "knives"),
        ("shelf", "shelves"),
        ("child", "children"),
        ("woman", "women"),
        ("person", "people"),
    ],
)
def test_other_number(one: str, several: str) -> None:
    assert several in other_number(one)
    assert one in other_number(several)


@pytest.mark.parametrize(("one", "other"), [("marie", "mary"), ("glass", "glas"), ("mp3", "mp3s"), ("anne", "ann")])
def test_other_words_are_no_other_number(one: str, other: str) -> None:
    assert other not in other_number(one)
    assert one not in other_number(other)


@quick(200)
@given(st.text("abcdefgh", min_size=5, max_size=9), st.data())
def test_one_slip_leads_back_to_the_word(word: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(word) - 2))
    letter = data.draw(st.sampled_from("abcxyz"))
    slips = [
        word[:at] + word[at + 1 :],
        word[:at] + letter + word[at:],
        word[:at] + letter + word[at + 1 :],
        word[:at] + word[at + 1] + word[at] + word[at + 2 :],
    ]
    slip = data.draw(st.sampled_from([slip for slip in slips if slip == word or not is_longer(slip, word)] or [word]))
    assert word in [form for form, _ in Words(f"the {word} is").forms(slip)]


def is_longer(one: str, other: str) -> bool:
    """Whether the one is the other with more letters at its end, which is another word, or the other way round."""
    return one.startswith(other) or other.startswith(one)


@pytest.mark.parametrize(("value", "written"), [("germany", "german"), ("swede", "sweden"), ("princes", "princess")])
def test_a_letter_more_or_less_at_the_end_is_another_word(value: str, written: str) -> None:
    assert Words(f"the {written} is").forms(value) == []
    assert Words(f"the {value} is").forms(written) == []
