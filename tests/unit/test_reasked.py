"""What a record says that is not from its document: what is asked for once more, how, and which answer stays."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from scripted import ScriptedEngine

from extractor.errors import EngineUnavailable
from extractor.options import Options
from extractor.pipeline import extract
from extractor.prompt import PromptStyle
from extractor.schema import load
from extractor.types import Document, Example, Extraction

TEXT = "The tram bridge of Ellermouth opens on Monday. It cost £86.4m, and trams will cross it until midnight."
ZH = "霜江县图书馆九月重新开放，夜读服务延到凌晨一点，馆长祁若兰说，读者已有两千三百人。"
HONEST = "The tram bridge of Ellermouth opens on Monday, and cost £86.4m."
MADE_UP = "The tram bridge of Ellermouth in Northern Ireland opens on Monday, and cost £99m."
SHOWN = Example(
    "Fog is drunk by beetles in the desert.", {"title": "Fog", "summary": "Beetles drink fog in the desert."}
)
SPEC = "title str, summary str?"


def read(
    *replies: Any, text: str = TEXT, spec: Any = SPEC, shown: Sequence[Example] = (), options: Options | None = None
) -> tuple[Extraction, ScriptedEngine]:
    answers = [one if isinstance(one, Exception) else json.dumps(one, ensure_ascii=False) for one in replies]
    engine = ScriptedEngine(answers)
    schema = replace(load(spec), examples=(*shown,))
    record = asyncio.run(extract(Document("a.txt", text), schema, engine, options))
    assert len(engine.requests) == len(replies), "as many questions as expected"
    return record, engine


def of(summary: Any) -> dict[str, Any]:
    return {"title": "The tram bridge of Ellermouth", "summary": summary}


def test_names_and_numbers_that_the_text_does_not_have_are_asked_for_once_more() -> None:
    record, engine = read(of(MADE_UP), {"/summary": HONEST})
    assert record.data == of(HONEST)
    assert record.ungrounded == {}
    assert record.notes == {"/summary": "asked again: the text has no Northern Ireland, no £99m"}
    assert record.attempts == 2
    *_, said, asked = engine.requests[1].messages
    assert json.loads(said.content) == {"title": "The tram bridge of Ellermouth"}, "its own words are not shown again"
    assert "- /summary: say it without Northern Ireland, £99m, which the text does not have" in asked.content


def test_the_question_is_in_the_language_of_the_text() -> None:
    made_up = "霜江县图书馆九月重新开放，北京大学的馆长祁若兰说，读者已有九千人。"
    honest = "霜江县图书馆九月重新开放，夜读服务延到凌晨一点。"
    record, engine = read(of(made_up) | {"title": "霜江县图书馆"}, {"/summary": honest}, text=ZH)
    assert record.data["summary"] == honest
    assert "- /summary: 原文没有北京大学, 九千，不要写" in engine.requests[1].messages[-1].content


@pytest.mark.parametrize(
    "answer",
    [
        {"/summary": MADE_UP},
        {"/summary": "The bridge of Belfast in Northern Ireland cost £98m in May, they said."},
        {"/summary": None},  # a summary with a wrong name says more than none
        {"/summary": 7},
        EngineUnavailable("no answer in time"),
    ],
)
def test_what_is_no_better_is_not_taken_and_the_doubt_is_told(answer: Any) -> None:
    record, _ = read(of(MADE_UP), answer)
    assert (record.ok, record.data, record.notes) == (True, of(MADE_UP), {})
    assert record.ungrounded["/summary"].startswith("the text has no Northern Ireland, no £99m")


def test_of_several_texts_each_has_the_better_answer() -> None:
    spec = "title str, findings[]"
    first = {"title": "The tram bridge", "findings": [MADE_UP, HONEST, "Trams of Siemens will cross it all night."]}
    record, _ = read(first, {"/findings/0": HONEST, "/findings/2": "Trams of Alstom and Skoda will cross."}, spec=spec)
    assert record.data == {**first, "findings": [HONEST, HONEST, "Trams of Siemens will cross it all night."]}
    assert [*record.notes] == ["/findings/0"]


COPIED = {"title": "Fog", "summary": "Beetles drink fog in the desert."}


def test_a_record_with_a_text_of_an_example_is_asked_for_without_the_examples() -> None:
    record, engine = read(COPIED, of(HONEST), shown=[SHOWN])
    assert record.data == of(HONEST)
    assert record.notes == {"": "asked again without the examples: /summary was that of one"}
    assert "Beetles" in str(engine.requests[0].messages)
    assert "Beetles" not in str(engine.requests[1].messages)
    assert record.attempts == 2


def test_what_it_names_then_is_looked_at_too() -> None:
    record, engine = read(COPIED, of(MADE_UP), {"/summary": HONEST}, shown=[SHOWN])
    assert record.data == of(HONEST)
    assert [*record.notes] == ["", "/summary"]
    assert "Beetles" in str(engine.requests[2].messages), "what is read already is not read anew"


@pytest.mark.parametrize("answer", [COPIED, EngineUnavailable("no answer in time")])
def test_where_it_is_copied_again_the_first_stays_with_a_note(answer: Any) -> None:
    record, _ = read(COPIED, answer, shown=[SHOWN])
    assert (record.ok, record.data) == (True, COPIED)
    assert record.notes["/summary"] == "is in the examples and not in this document"


def test_short_values_may_be_those_of_an_example() -> None:
    """A kind or a name may be the same, whatever the words of the document are."""
    record, _ = read({"title": "Fog", "summary": None}, shown=[SHOWN])
    assert record.data == {"title": "Fog", "summary": None}


def test_the_better_answer_has_to_be_valid() -> None:
    spec = {"properties": {"title": {"type": "string"}, "summary": {"type": "string", "pattern": "^The "}}}
    record, _ = read(of(MADE_UP), {"/summary": "A tram bridge opens on Monday."}, spec=spec)
    assert (record.ok, record.data) == (True, of(MADE_UP))


@pytest.mark.parametrize(
    ("options", "first"),
    [
        (Options(retries=0), of(MADE_UP)),
        (Options(ground="off"), of(MADE_UP)),
        (Options(style=PromptStyle(answer_language="zh")), of(MADE_UP)),
        (
            Options(),
            of("在北爱尔兰的埃勒茅斯，有轨电车桥于星期一开通，耗资9900万英镑。"),
        ),  # names are written otherwise there
        (Options(), of(HONEST)),
        (Options(), of("Belfast bridge")),  # no sentence
    ],
)
def test_others_are_asked_nothing_more(options: Options, first: Any) -> None:
    record, _ = read(first, options=options)
    assert record.data == first


def test_labels_are_words_of_the_schema() -> None:
    label = "The bridge is in Northern Ireland or in Wales"
    record, _ = read({"where": label}, spec={"properties": {"where": {"enum": [label, "The bridge is elsewhere"]}}})
    assert record.data == {"where": label}
