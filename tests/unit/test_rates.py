"""Requests and tokens a minute: what no minute sees, and that no more is lost than must be."""

from __future__ import annotations

from bisect import bisect_left

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted import quick

from extractor.engines.rates import Bucket, Rates


def spend(bucket: Bucket, costs: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """When each cost went out; each comes so many seconds after the one before it went, or waits longer."""
    now, gone = 1000.0, []
    for pause, cost in costs:
        now += pause
        while wait := bucket.wait(cost, now):
            now += wait
        bucket.take(cost)
        gone.append((now, cost))
    return gone


def fullest(gone: list[tuple[float, float]]) -> float:
    """The most that went out in any minute."""
    times = [at for at, _ in gone]
    return max(sum(cost for _, cost in gone[i : bisect_left(times, times[i] + 60.0)]) for i in range(len(gone)))


@quick(60)
@given(
    st.integers(1, 300),
    st.lists(st.tuples(st.sampled_from([0.0, 0.0, 0.0, 0.5, 7.0, 90.0]), st.just(1.0)), min_size=1, max_size=400),
)
def test_no_minute_sees_more_requests(a_minute: int, costs: list[tuple[float, float]]) -> None:
    assert fullest(spend(Bucket(a_minute), costs)) <= a_minute


@quick(60)
@given(
    st.integers(1, 100_000),
    st.lists(st.tuples(st.sampled_from([0.0, 0.0, 1.0, 90.0]), st.integers(1, 9000)), min_size=1, max_size=200),
)
def test_no_minute_sees_more_tokens_but_for_a_request_that_is_larger(
    a_minute: int, costs: list[tuple[float, float]]
) -> None:
    bucket = Bucket(a_minute)
    over = max(0.0, max(cost for _, cost in costs) - bucket.size)
    assert fullest(spend(bucket, costs)) <= a_minute + over + 1


@pytest.mark.parametrize("a_minute", [1, 2, 19, 20, 39, 60, 500, 10_000])
def test_nearly_all_that_is_allowed_goes_out(a_minute: int) -> None:
    gone = spend(Bucket(a_minute), [(0.0, 1.0)] * (5 * a_minute))
    assert gone[-1][0] - gone[0][0] <= 5 * 60 / 0.94


def test_what_is_larger_than_the_bucket_is_not_stuck() -> None:
    (first, _), (second, _), (third, _) = spend(Bucket(1000), [(0.0, 5000.0), (0.0, 10.0), (0.0, 5000.0)])
    assert first == 1000.0
    assert 4 * 60 < second - first < 6 * 60, "its debt is paid first"
    assert third > second


def test_tokens_are_settled_with_what_was_used() -> None:
    rates = Rates(tokens=6000)
    rates.wait(100, 0.0)
    rates.take(100)
    assert rates.wait(100, 0.0) == 0.0
    rates.settle(100, 50, 2100)
    assert rates.wait(100, 0.0) > 15, "it took twenty times as much"
    assert rates.estimate(50, 4096) == 2100, "and so will the next one, it seems"
    rates.give_back(4000)
    assert rates.wait(100, 0.0) == 0.0


def test_before_any_answer_no_more_is_expected_than_may_be_written() -> None:
    assert Rates(tokens=100).estimate(50, 20) == 70
