"""How likely a choice was, by hand: tokens as a server tells them, and what may be chosen."""

from __future__ import annotations

import math
from typing import Any

import pytest

from extractor.probabilities import of_choices
from extractor.tagged_union import choice_of, one_of
from extractor.types import Token

EMPTY = {"type": "object", "properties": {}, "additionalProperties": False}


def choice(*names: str, **more: Any) -> Any:
    return choice_of(one_of(dict.fromkeys(names, EMPTY), **more))


def token(text: str, **likeliest: float) -> Token:
    return Token(text, {name: math.log(p) for name, p in likeliest.items()})


def written(text: str) -> Token:
    return Token(text, {text: 0.0})


START = (written('{"'), written("tool"), written('":'))


class TestOne:
    def test_only_what_may_be_chosen_counts(self) -> None:
        tokens = (*START, written(' "'), token("rain", rain=0.3, snow=0.1, hail=0.6), written('"'), written("}"))
        assert of_choices(tokens, choice("rain", "snow")) == {"/tool": {"rain": 0.75}}

    def test_names_that_begin_alike_are_told_apart_where_they_differ(self) -> None:
        tokens = (
            *START,
            written(' "'),
            token("get", get=0.8, put=0.2),
            Token("_a", {"_a": math.log(0.5), "_b": math.log(0.25), '"': math.log(0.25)}),
            written('"'),
        )
        assert of_choices(tokens, choice("get", "get_a", "get_b", "put")) == {"/tool": {"get_a": 0.4}}

    def test_a_shorter_name_ends_with_its_quote(self) -> None:
        last = Token('",', {'",': math.log(0.5), "_a": math.log(0.5)})
        tokens = (*START, written(' "'), written("get"), last)
        assert of_choices(tokens, choice("get", "get_a")) == {"/tool": {"get": 0.5}}

    def test_tokens_may_cut_a_name_anywhere(self) -> None:
        first = Token(' "ra', {' "ra': math.log(0.6), ' "sn': math.log(0.2), " 7": math.log(0.2)})
        tokens = (*START, first, written('in"'), written("}"))
        assert of_choices(tokens, choice("rain", "snow")) == {"/tool": {"rain": 0.75}}

    @pytest.mark.parametrize("space", ["", " "])
    def test_none_is_one_of_them_where_it_may_be_chosen(self, space: str) -> None:
        last = Token(f"{space}null", {f"{space}null": math.log(0.2), f'{space}"': math.log(0.6), " 7": math.log(0.2)})
        tokens = (*START, last, written("}"))
        assert of_choices(tokens, choice("rain", allow_none=True)) == {"/tool": {"null": 0.25}}

    def test_what_a_server_does_not_tell_counts_as_none(self) -> None:
        tokens = (*START, written(' "'), Token("rain", {"hail": 0.0}), written('"'))
        assert of_choices(tokens, choice("rain")) == {"/tool": {"rain": 0.0}}

    def test_an_argument_of_that_name_is_none(self) -> None:
        inner = Token(" {", {" {": math.log(0.5)}), written('"tool": "snow", "b": "}"}, "c": {"tool": null}')
        tokens = (*START, written(' "'), token("rain", rain=0.5, snow=0.5), written('", "arguments":'), *inner)
        assert of_choices(tokens, choice("rain", "snow", allow_none=True)) == {"/tool": {"rain": 0.5, "null": 0.0}}

    def test_none_may_begin_where_a_name_does(self) -> None:
        quote = Token(' "', {' "': math.log(0.6), " null": math.log(0.2), " [": math.log(0.2)})
        tokens = (*START, quote, token("rain", rain=0.5, snow=0.5), written('"}'))
        likely = {"/tool": {"rain": pytest.approx(0.375), "null": pytest.approx(0.25)}}
        assert of_choices(tokens, choice("rain", "snow", allow_none=True)) == likely

    def test_an_answer_without_a_tag(self) -> None:
        assert of_choices((written("I will not."),), choice("rain")) == {}


def test_each_call_of_a_list_has_its_own() -> None:
    call = (*START, written(' "'), token("rain", rain=0.5, snow=0.5), written('"'), written("}"))
    tokens = (written("["), *call, written(", "), *call, written("]"))
    assert of_choices(tokens, choice("rain", "snow", many=True)) == {"/0/tool": {"rain": 0.5}, "/1/tool": {"rain": 0.5}}
