"""Answers of servers that say anything: each is a completion with sound values, or the usual error."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.engines.endpoint import wire
from extractor.engines.endpoint.chat import ChatEngine
from extractor.errors import EngineUnavailable
from extractor.probabilities import of_choices
from extractor.tagged_union import choice_of, one_of
from extractor.types import Completion, Function, Message, Request, Token, Usage

HELLO = (Message("user", "Hello?"),)
PLAIN = Request(HELLO, alternatives=3)
TOOL = Request(HELLO, "tools", name="record")
CHOICE = Request(HELLO, "tools", functions=(Function("weather", "Tells it.", {}),), many=True, may_pass=True)
NOTHING = {"type": "object", "properties": {}, "additionalProperties": False}
DEEP = "[" * 5_000 + "]" * 5_000

HOSTILE = st.one_of(
    st.sampled_from([None, True, -1, 10**400, -(10**400), math.nan, math.inf, -math.inf, 1e308, DEEP, "\ud800", "x"]),
    st.lists(st.none() | st.text(max_size=2), max_size=2),
    st.dictionaries(st.sampled_from(["type", "text", "token", "function", "name"]), st.none() | st.text(max_size=2)),
)


def answered(**message: Any) -> dict[str, Any]:
    """An answer with all that one can have."""
    tokens = [{"token": "hi", "logprob": -0.5, "top_logprobs": [{"token": "ho", "logprob": -1.5}]}]
    choice = {"message": message, "finish_reason": "stop", "logprobs": {"content": tokens}}
    details = {"cached_tokens": 2}
    usage = {"prompt_tokens": 7, "completion_tokens": 3, "prompt_tokens_details": details}
    return {"choices": [choice], "usage": usage}


def calling(arguments: Any, name: str = "weather") -> dict[str, Any]:
    return answered(content=None, tool_calls=[{"function": {"name": name, "arguments": arguments}}])


ANSWERS = (answered(content="hi", refusal=None, reasoning_content="Hm."), calling("{}"), calling({}, "record"))


def read(answer: Any, request: Request) -> Completion | None:
    """What the engine makes of an answer; None for the usual error."""
    try:
        return ChatEngine("http://127.0.0.1:9/v1", "", "m")._read(answer, request)
    except EngineUnavailable:
        return None


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Each object and list inside of a value, with each key of it."""
    for key in [*value] if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield value, key
        yield from places(value[key])


@given(st.sampled_from(ANSWERS), st.sampled_from([PLAIN, TOOL, CHOICE]), st.data())
def test_an_answer_with_anything_at_any_place_is_read_or_is_none(answer: Any, request: Request, data: Any) -> None:
    answer = copy.deepcopy(answer)
    holder, key = data.draw(st.sampled_from([*places(answer)]))
    holder[key] = data.draw(HOSTILE)
    found = read(answer, request)
    if found is not None:
        used = found.usage
        assert all(type(count) is int and 0 <= count < 2**53 for count in (used.input_tokens, used.output_tokens))
        weights = [weight for token in found.tokens for weight in token.likeliest.values()]
        assert all(type(weight) is float and -math.inf < weight <= 0 for weight in weights)


def test_arguments_that_are_too_deep_stay_a_text() -> None:
    found = read(calling(DEEP), CHOICE)
    assert found is not None
    assert json.loads(found.text) == [{"tool": "weather", "arguments": DEEP}]


def test_counts_that_no_answer_has_are_none() -> None:
    details = {"cached_tokens": -1}
    counts = {"prompt_tokens": 10**400, "completion_tokens": True, "prompt_tokens_details": details}
    assert wire.usage_of(counts) == Usage()
    assert wire.usage_of({"prompt_tokens": 7, "completion_tokens": "3"}) == Usage(7, 0, 0)


@pytest.mark.parametrize(
    ("told", "weight"),
    [(-1.5, -1.5), (-1, -1.0), (1_000, 0.0), (1e-9, 0.0), (10**400, 0.0), (-(10**400), -10_000.0),
     (-math.inf, -10_000.0), (math.inf, 0.0), (math.nan, None), (True, None), ("-1", None), (None, None)],
    ids=lambda value: str(value)[:9],
)  # fmt: skip
def test_logarithms_are_those_of_probabilities(told: object, weight: float | None) -> None:
    assert wire.weight_of(told) == weight


@pytest.mark.parametrize(
    ("told", "likely"),
    [(1_000, 0.5), (10**400, 0.5), (math.nan, 0.0), (-math.inf, 0.0)],
    ids=lambda value: str(value)[:9],
)
def test_how_likely_a_choice_was_is_a_number_whatever_a_server_tells(told: float, likely: float) -> None:
    names = ("rain", "snow")
    choice = choice_of(one_of(dict.fromkeys(names, NOTHING)))
    assert choice is not None
    likeliest = [{"token": f'"{name}"', "logprob": told} for name in names]
    answer = answered(content='{"tool": "rain"}')
    answer["choices"][0]["logprobs"] = {
        "content": [
            {"token": '{"tool": ', "logprob": 0},
            {"token": '"rain"', "logprob": told, "top_logprobs": likeliest},
            {"token": "}", "logprob": 0},
        ]
    }
    found = read(answer, PLAIN)
    assert found is not None
    assert of_choices(found.tokens, choice) == {"/tool": {"rain": likely}}


def test_of_the_likeliest_tokens_those_that_are_none_are_left_out() -> None:
    answer = answered(content="hi")
    answer["choices"][0]["logprobs"]["content"][0]["top_logprobs"] = [None, {"token": "ho", "logprob": -2.0}]
    found = read(answer, PLAIN)
    assert found is not None
    assert found.tokens == (Token("hi", {"hi": -0.5, "ho": -2.0}),)
