"""Which items belong together: long lists beside the same ones with all pairs compared, and what that takes."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from extractor.evaluate.pairing import Alike, Pair, best, in_order, once

ALL, NONE = 10**9, 0  # so many pairs are few
TEXT = st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=3).map(" ".join)
TEXTS = st.lists(TEXT, max_size=9)


def alike(one: str, other: str) -> float:
    """The share of words that are in both."""
    ours, theirs = {*one.split()}, {*other.split()}
    return 2 * len(ours & theirs) / (len(ours) + len(theirs))


def counted(calls: list[Any]) -> Alike:
    return lambda one, other: calls.append((one, other)) or alike(one, other)  # type: ignore[func-returns-value]


def summed(gold: Sequence[str], found: Sequence[str], pairs: Sequence[Pair]) -> float:
    """How alike all pairs are; each item is in one of them."""
    assert sorted(at for at, _ in pairs if at is not None) == [*range(len(gold))]
    assert sorted(to for _, to in pairs if to is not None) == [*range(len(found))]
    both = [(at, to) for at, to in pairs if at is not None and to is not None]
    return sum(alike(gold[at], found[to]) for at, to in both)


def greatest(gold: Sequence[str], found: Sequence[str]) -> float:
    scores = np.array([[alike(one, other) for other in found] for one in gold]).reshape(len(gold), len(found))
    return float(scores[linear_sum_assignment(scores, maximize=True)].sum())


@given(TEXTS, TEXTS)
def test_no_sum_is_greater(gold: list[str], found: list[str]) -> None:
    assert summed(gold, found, [*best(gold, found, alike, ALL)]) == pytest.approx(greatest(gold, found))


@given(TEXTS, TEXTS)
def test_nor_of_long_lists_beside_what_is_equal(gold: list[str], found: list[str]) -> None:
    ours, theirs, equals = [*gold], [*found], 0
    for one in gold:
        if one in theirs:
            theirs.remove(one)
            ours.remove(one)
            equals += 1
    assert summed(gold, found, [*best(gold, found, alike, NONE)]) == pytest.approx(equals + greatest(ours, theirs))


@given(TEXTS, TEXTS)
def test_the_order_of_long_lists_is_kept_as_that_of_short_ones(gold: list[str], found: list[str]) -> None:
    short, long = ([*in_order(gold, found, alike, few)] for few in (ALL, NONE))
    assert summed(gold, found, short) == pytest.approx(summed(gold, found, long))
    for pairs in (short, long):
        for side in zip(*pairs, strict=True):
            assert [place for place in side if place is not None] == sorted(
                place for place in side if place is not None
            )


@given(TEXTS)
def test_what_repeats_an_earlier_one_is_left_out(items: list[str]) -> None:
    kept: list[int] = []
    for at, one in enumerate(items):
        if not any(alike(one, items[to]) == 1 for to in kept):
            kept.append(at)
    assert once(items, alike, ALL) == once(items, alike, NONE) == kept


def test_what_is_the_same_but_for_spelling_is_near_whatever_else_has_its_words() -> None:
    def same(one: str, other: str) -> float:
        return float(one.casefold() == other.casefold())

    titles = [f"the way {at}" for at in range(40)]
    assert (0, 40) in best(["The", *titles], [*reversed(titles), "the"], same, NONE)
    assert once([*titles, "the", "THE"], same, NONE) == [*range(41)]


def test_what_has_no_word_in_common_is_compared_where_it_would_stand() -> None:
    gold = [100 * at for at in range(300)]
    found = [value + 1 for value in gold[5:]]
    pairs = [*in_order(gold, found, lambda one, other: float(abs(one - other) <= 1), NONE)]
    assert [pair for pair in pairs if None not in pair] == [(at + 5, at) for at in range(295)]


# --- what it takes -------------------------------------------------------------------------------------------

SIZE = 2_000


def long_lists() -> tuple[list[str], list[str]]:
    """Of names, and the same with a word more in every third, without every twentieth."""
    gold = [f"a{at} b{at // 5} c{at % 500}" for at in range(SIZE)]
    return gold, [f"{one} jun" if at % 3 else one for at, one in enumerate(gold) if at % 20]


@pytest.mark.parametrize("pair", [best, in_order])
def test_long_lists_take_as_long_as_they_are(pair: Callable[..., Iterator[Pair]]) -> None:
    gold, found = long_lists()
    if pair is best:
        Random(1).shuffle(found)
    calls: list[Any] = []
    tracemalloc.start()
    pairs = [*pair(gold, found, counted(calls), 1_000)]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(calls) < 60 * SIZE
    assert peak < 20e6  # a table of all pairs would have 4 million places
    assert summed(gold, found, pairs) == pytest.approx(sum(6 / 7 if " jun" in one else 1 for one in found))


def test_long_lists_with_nothing_in_common_take_as_long_as_they_are() -> None:
    ours, theirs = ([f"{name}{at}" for at in range(2 * SIZE)] for name in "ab")
    calls: list[Any] = []
    tracemalloc.start()
    assert summed(ours, theirs, [*best(ours, theirs, counted(calls), 1_000)]) == 0
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(calls) < 10 * SIZE
    assert peak < 40e6


@pytest.mark.parametrize("few", [100, 2_500])
def test_what_is_left_over_is_compared_with_its_neighbours(few: int) -> None:
    """Numbers that are nearly equal, with too many of about their size to tell them apart."""
    gold = [1000 + at for at in range(500)]
    found = [value + 0.4 for value in gold]
    Random(1).shuffle(found)
    pairs = best(gold, found, lambda one, other: float(abs(one - other) < 0.5), few)
    assert all(at is not None and to is not None and found[to] == gold[at] + 0.4 for at, to in pairs)


def test_lists_that_are_equal_are_not_compared() -> None:
    gold, _ = long_lists()
    for pair in (best, in_order):
        calls: list[Any] = []
        assert [*pair(gold, [*gold], counted(calls), 1_000)] == [(at, at) for at in range(SIZE)]
        assert calls == []


def test_a_list_of_a_few_labels_compares_each_with_each_once() -> None:
    draw = Random(1)
    gold, found = ([draw.choice("abc") for _ in range(1_000)] for _ in range(2))
    calls: list[Any] = []
    pairs = [*in_order(gold, found, counted(calls), 1_000)]
    assert len(calls) == len({*calls}) <= 9
    assert summed(gold, found, pairs) > 600


def test_a_long_set_compares_near_ones() -> None:
    gold, found = long_lists()
    calls: list[Any] = []
    assert len(once([*gold, *gold, *found], counted(calls), 1_000)) == SIZE + sum(" jun" in one for one in found)
    assert len(calls) < 60 * SIZE
