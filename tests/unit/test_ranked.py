"""The likeliest terms of a document: what is a term, which are better, and what becomes of the lists of a record."""

from __future__ import annotations

import asyncio
import json
import math
import re
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Annotated, Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, field_validator
from scripted import ScriptedEngine, quick

from extractor import Ranked, Verbatim
from extractor.errors import EngineUnavailable
from extractor.grammar import compile_schema
from extractor.options import Options
from extractor.pipeline import extract
from extractor.prompt import PromptStyle
from extractor.ranked import WRITTEN, Terms, best, joined, term_fields
from extractor.schema import load
from extractor.types import Admitted, Completion, Document, Extraction, Likely, Message, Mode, Request, Usage
from extractor.verbatim import runs

TEXT = "Solar power plants near Bergen store heat. A plant of molten salt stores it longest."


class Article(BaseModel):
    keywords: Annotated[list[Annotated[str, Field(max_length=30)]], Ranked] = Field(min_length=1, max_length=3)


def terms_of(text: str, longest: int = 60) -> set[str]:
    """All that the automaton admits, by all steps of one byte."""
    terms = Terms.of(text, longest)
    found, todo = set(), [(b"", terms.start)]
    while todo:
        text_, state = todo.pop()
        if text_ and terms.is_whole(state):
            found.add(text_.decode())
        next_to = [terms.offsets[at] + len(text_) for at in state[1]]
        more = {byte for at in next_to for byte in terms.view[at : at + 1]} if text_ else set(terms.view)
        nexts = ((text_ + bytes((byte,)), terms.after(state, bytes((byte,)))) for byte in more)
        todo += [(longer, after) for longer, after in nexts if after is not None]
    return found


# --- terms ---------------------------------------------------------------------------------------------------


def test_terms_are_runs_of_words_without_marks_between() -> None:
    assert terms_of("The well-known Ann, a baker") == {
        *("well", "known", "Ann", "baker"),
        *("well-known", "known Ann", "well-known Ann"),
    }
    assert terms_of("Ann's boat") == {"Ann", "boat", "Ann's boat"}
    assert terms_of("version\n3.5\n \nold") == {"version", "version 3.5", "3.5", "old"}
    assert terms_of("以太网。") == {"以", "太", "网", "以太", "太网", "以太网"}
    assert terms_of("the of and. !") == terms_of("") == set()


def test_terms_are_no_longer_than_they_may_be() -> None:
    assert terms_of("red sea, blue whale", 7) == {"red", "sea", "red sea", "blue", "whale"}
    assert max(len(term.split()) for term in terms_of("a1 b2 c3 d4 e5 f6 g7 h8")) == 6


@given(st.text(st.sampled_from("abß石墨 -,.’s\n的3the"), max_size=30))
@quick()
def test_any_term_is_a_run_of_the_text(text: str) -> None:
    found = runs(text)
    for term in terms_of(text):
        assert found.admits(term)
        assert not re.search(r"(?<!\d),|,(?!\d)|\n", term)  # 3,000 is one word


@given(st.text(st.sampled_from("ab石é -,"), min_size=1, max_size=14), st.data())
@quick(300)
def test_what_terms_begin_with_goes_on_and_nothing_else(text: str, data: st.DataObject) -> None:
    """Tokens are several bytes, and end inside of a character too."""
    terms = Terms.of(text)
    begin = data.draw(st.sampled_from([*terms.offsets, len(terms.view) // 2]))
    more = terms.view[begin : data.draw(st.integers(begin + 1, len(terms.view) + 1))]
    if not more or data.draw(st.booleans()):
        at = data.draw(st.integers(0, len(more)))
        more = more[:at] + bytes((data.draw(st.sampled_from([*b"ab- ,", *"石é".encode()])),)) + more[at + 1 :]
    begun = [terms.view[terms.offsets[at] : terms.reaches[at]] for some in terms.begins.values() for at in some]
    goes_on = any(run.startswith(more) for run in begun)
    event(f"goes on: {goes_on}")
    assert (terms.after(terms.start, more) is not None) == goes_on


# --- which are better ----------------------------------------------------------------------------------------


def likely(**weights: float) -> list[Likely]:
    return [Likely(name.replace("_", " "), weight) for name, weight in weights.items()]


def test_the_likelier_one_comes_first_and_its_parts_are_left_out() -> None:
    assert best(likely(salt=-3.0, molten_salt=-1.0, heat=-2.0), TEXT) == ["molten salt", "heat"]
    assert best(likely(salt=-1.0, molten_salt=-3.0), TEXT) == ["salt", "molten salt"]


def test_plural_and_case_make_no_other_term() -> None:
    found = [Likely("Solar power plants", -1.0), Likely("power plant", -1.5), Likely("solar power plant", -2.0)]
    assert best(found, TEXT) == ["Solar power plants"]


def test_what_is_said_often_and_has_more_words_counts_for_more() -> None:
    text = "heat, heat and heat; old salt, red iron"
    assert best(likely(iron=-1.0, heat=-1.4), text) == ["heat", "iron"]  # by half of log 3
    assert best(likely(iron=-1.0, old_salt=-1.6), text) == ["old salt", "iron"]  # by log 2
    assert best(likely(iron=-1.0, old_salt=-1.8), text) == ["iron", "old salt"]


def test_numbers_are_no_terms() -> None:
    assert best([Likely("2025", -0.1), Likely("3 tons", -0.2)], "2025: 3 tons") == ["3 tons"]


# --- the lists of a record -----------------------------------------------------------------------------------


class Teller(ScriptedEngine):
    """Writes a record, and finds of the terms that are admitted those it is told to hold for likely."""

    def __init__(self, record: Any, *terms: str, fault: Exception | None = None, is_silent: bool = False) -> None:
        super().__init__([json.dumps(record, ensure_ascii=False)], "teller")
        self.asked: list[tuple[str, str, int]] = []
        self._terms = terms
        self._fault = fault
        self._is_silent = is_silent

    async def likeliest(
        self, messages: Sequence[Message], admitted: Admitted, ends: str, count: int
    ) -> list[Likely] | None:
        await asyncio.sleep(0)
        if self._fault:
            raise self._fault
        self.asked.append((messages[-1].content, ends, count))
        states = ((term, admitted.after(admitted.start, term.encode())) for term in self._terms)
        there = [term for term, state in states if state is not None and admitted.is_whole(state)]
        return None if self._is_silent else [Likely(term, -at) for at, term in enumerate(there, 1)][:count]


def read(engine: Any, schema: Any = Article, text: str = TEXT, options: Options | None = None) -> Extraction:
    return asyncio.run(extract(Document("a.txt", text), load(schema), engine, options))


def test_a_list_gets_the_likeliest_terms() -> None:
    engine = Teller({"keywords": ["energy", "Norway"]}, "Bergen", "molten salt", "Oslo", "heat", "power plants")
    record = read(engine)
    assert record.data == {"keywords": ["Bergen", "molten salt", "heat"]}
    span = record.spans["/keywords/1"]
    assert TEXT[span.start : span.end] == "molten salt"
    assert engine.asked == [('{"keywords": ["', '"', 8)]
    assert record.notes == {}


def test_what_stands_before_the_list_is_not_said() -> None:
    """So that no list hangs on what the model wrote elsewhere."""
    inner = {"type": "array", "items": {"type": "string"}, "x-ranked": True}
    schema = {"properties": {"title": {"type": "string"}, "about": {"properties": {"terms": inner}}}}
    engine = Teller({"title": "Heat", "about": {"terms": ["x"]}}, "heat")
    assert read(engine, schema).data == {"title": "Heat", "about": {"terms": ["heat"]}}
    assert engine.asked == [('{"about": {"terms": ["', '"', 18)]


@pytest.mark.parametrize(
    ("engine", "why"),
    [
        (Teller({"keywords": ["sun"]}, fault=EngineUnavailable("gone")), "gone"),
        (Teller({"keywords": ["sun"]}), "the text has 0 that it could be"),
    ],
)
def test_where_there_are_none_the_list_stays_and_that_is_told(engine: Teller, why: str) -> None:
    record = read(engine)
    assert record.data == {"keywords": ["sun"]}
    assert record.notes == {"/keywords": f"{WRITTEN}: {why}"}


def test_an_engine_that_cannot_tell_writes_its_lists() -> None:
    class Writer:
        id = "writer"
        modes: tuple[Mode, ...] = ("grammar",)

        async def generate(self, request: Request) -> Completion:
            return Completion('{"keywords": ["sun"]}', "stop", Usage())

    for engine in (Writer(), Teller({"keywords": ["sun"]}, "heat", is_silent=True)):
        record = read(engine)
        assert (record.data, record.notes) == ({"keywords": ["sun"]}, {})


def test_a_rule_of_the_users_holds() -> None:
    class Short(Article):
        @field_validator("keywords")
        @classmethod
        def no_names(cls, value: list[str]) -> list[str]:
            if "Bergen" in value:
                raise ValueError("no places")
            return value

    record = read(Teller({"keywords": ["sun"]}, "Bergen"), Short)
    assert record.data == {"keywords": ["sun"]}
    assert record.notes == {"/keywords": f"{WRITTEN}: with others the record would not be valid"}


# --- what the model wrote, as a second opinion ---------------------------------------------------------------


def test_terms_are_joined_by_their_places_in_both_lists() -> None:
    marks = {"a": 1.0, "b": 1 / 2 + 0.5, "c": 1 / 3, "d": 0.5 / 2, "e": 0.5 / 3}
    assert marks == dict(sorted(marks.items(), key=lambda one: -one[1]))
    assert joined(["a", "b", "c"], ["b", "d", "e"]) == [*"abcde"]
    assert joined(["a", "b", "c"], []) == [*"abc"]
    assert joined(["a"], ["a", "a"]) == ["a"]


def test_the_same_term_in_other_forms_is_one_and_parts_of_it_go() -> None:
    assert joined(["heat", "molten salt", "sun"], ["Heats", "salt", "sun"]) == ["heat", "molten salt", "sun"]


def test_a_written_term_that_the_text_has_comes_as_the_text_spells_it() -> None:
    engine = Teller({"keywords": ["solar  POWER", "wind", "lants"]}, "Bergen")
    assert read(engine, Article).data == {"keywords": ["Bergen", "Solar power"]}  # a part of a word is none


# --- lists that are meant so by their name -------------------------------------------------------------------


NAMED = ("keywords", "keyWords", "key_phrases", "index terms", "author_keywords", "key-terms", "关键词", "论文关键字")


@pytest.mark.parametrize("name", NAMED)
def test_a_list_is_meant_so_by_its_name_and_has_as_many_terms_as_the_model_wrote(name: str) -> None:
    texts = {"type": "array", "items": {"type": "string"}}
    engine = Teller({name: ["Heat", "near bergen", "energy"]}, "Bergen", "molten salt", "heat", "power plants")
    record = read(engine, {"properties": {name: texts}})
    assert record.data == {name: ["Bergen", "heat", "molten salt"]}  # it wrote the second one too
    assert record.notes == {}
    assert [asked[2] for asked in engine.asked] == [8]


@pytest.mark.parametrize(
    ("name", "more", "written"),
    [
        ("topics", {}, ["heat"]),  # another name
        ("monkey", {}, ["heat"]),
        ("keywords", {"x-ranked": False}, ["heat"]),  # said so
        ("keywords", {}, []),  # there are none
        ("keywords", {}, ["热", "盐", "heat"]),  # not in the words of the text
        ("keywords", {}, ["heat"] * 21),  # more than terms are worth
        ("keywords", {}, ["heat", "plant", "salt"]),  # more than the text has
        ("keywords", {"items": {"enum": ["heat", "salt"]}}, ["heat"]),  # labels
        ("keywords", {"items": {"type": "object", "properties": {"word": {"type": "string"}}}}, [{"word": "heat"}]),
    ],
)
def test_other_lists_stay_as_they_are_written(name: str, more: dict[str, Any], written: list[Any]) -> None:
    schema = {"properties": {name: {"type": "array", "items": {"type": "string"}, **more}}}
    record = read(Teller({name: written}, "Bergen", "molten salt"), schema)
    assert (record.data, record.notes) == ({name: written}, {})


def test_a_term_that_a_line_of_the_text_ends_in_is_one_of_its_words() -> None:
    schema = {"properties": {"keywords": {"type": "array", "items": {"type": "string"}}}}
    engine = Teller({"keywords": ["molten salt"]}, "heat")
    assert read(engine, schema, "Heat is kept in molten\n  salt. The heat lasts.").data == {"keywords": ["heat"]}


@pytest.mark.parametrize("style", [PromptStyle(encoding="yaml"), PromptStyle(answer_language="zh")])
def test_where_the_answer_is_no_json_or_in_another_language_nobody_asks(style: PromptStyle) -> None:
    engine = Teller({"keywords": ["sun"]}, "heat")
    engine.modes = ("prompt",)
    record = read(engine, options=Options(style=style))
    assert (record.data, engine.asked) == ({"keywords": ["sun"]}, [])


# --- the mark ------------------------------------------------------------------------------------------------


def marks(node: dict[str, Any]) -> Iterator[Any]:
    yield from term_fields(
        load({"properties": {"a": node, "b": {"type": "array", "items": {"properties": {"c": node}}}}})
    )


def test_bounds_of_the_schema_are_those_of_the_search() -> None:
    texts = {"type": "array", "items": {"type": "string", "maxLength": 12}, "minItems": 2, "maxItems": 5}
    assert [*marks(texts)] == [*marks({**texts, "x-ranked": False})] == []
    (one,) = marks({**texts, "x-ranked": True})
    assert (one.path, one.least, one.most, one.longest) == (("a",), 2, 5, 12)
    (free,) = marks({"anyOf": [{"type": "array", "items": {"type": "string"}, "x-ranked": True}, {"type": "null"}]})
    assert (free.least, free.most, free.longest) == (0, 8, 60)
    (many,) = marks({"type": "array", "items": {"type": "string"}, "maxItems": 900, "x-ranked": True})
    assert many.most == 20


def test_the_mark_of_a_class_is_in_its_schema() -> None:
    class Marked(BaseModel):
        terms: Annotated[list[str], Ranked]
        maybe: Annotated[list[Annotated[str, Verbatim]] | None, Ranked] = None

    found = Marked.model_json_schema()["properties"]
    assert found["terms"]["x-ranked"] is True
    assert found["maybe"]["anyOf"][0] == {
        "type": "array",
        "items": {"type": "string", "x-verbatim": True},
        "x-ranked": True,
    }
    assert len(term_fields(load(Marked))) == 2


@pytest.mark.parametrize("kind", [str, list[int], dict[str, str], int | None])
def test_other_fields_cannot_be_marked(kind: Any) -> None:
    class Wrong(BaseModel):
        a: Annotated[kind, Ranked]  # type: ignore[valid-type]

    with pytest.raises(TypeError, match="Ranked marks a list of texts"):
        Wrong.model_json_schema()


def test_the_mark_is_no_rule_and_where_it_says_nothing_that_is_told() -> None:
    texts = {"type": "array", "items": {"type": "string"}}
    for node, told in (
        ({**texts, "x-ranked": True}, ["the likeliest terms of the document"]),
        ({**texts, "x-ranked": 1}, ["says something of lists of texts alone"]),
        ({"type": "string", "x-ranked": True}, ["says something of lists of texts alone"]),
    ):
        rows = compile_schema(load({"properties": {"a": node}})).report
        assert [row.why for row in rows if row.keyword == "x-ranked"] == told


def test_pairs_of_likely_terms_keep_their_order_whatever_comes_between() -> None:
    """The order is by each term alone."""
    found = [Likely(term, -math.log(at)) for at, term in enumerate(("iron", "salt", "heat", "plant"), 2)]
    whole = best(found, "")
    for some in combinations(found, 2):
        assert best(some, "") == [term for term in whole if term in {one.text for one in some}]


@given(st.text(st.sampled_from("abß石墨 -,.’s\n的3the"), max_size=24))
@quick()
def test_whatever_is_begun_can_be_ended(text: str) -> None:
    """No search for the likeliest goes into a dead end."""
    terms = Terms.of(text)
    todo = [(b"", terms.start)]
    while todo:
        begun, state = todo.pop()
        nexts = [(begun + bytes((byte,)), terms.after(state, bytes((byte,)))) for byte in set(terms.view)]
        longer = [(more, after) for more, after in nexts if after is not None]
        assert longer or not begun or terms.is_whole(state), begun
        todo += longer
