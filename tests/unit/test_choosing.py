"""From a query to a call: what is asked, what a user did not state, whether any tool fits."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field

from extractor import achoose, choose, choose_many
from extractor.errors import EngineUnavailable, InvalidOutput, SchemaError, UsageError
from extractor.long import extract, question_of
from extractor.options import Options
from extractor.prompt import PromptStyle
from extractor.tools import load_tools, schema_of
from extractor.types import Completion, Document, Extraction, Mode, Request, Token, Usage
from extractor.validation import Valid, validate


@dataclass
class Model:
    """Says its answers in turn, with tokens that give each tool name some probability; keeps the requests."""

    answers: Sequence[Any]
    sure: float = 1.0
    doubts: bool = False  # whether it may be none of them
    id: str = "scripted:calls"
    modes: tuple[Mode, ...] = ("grammar", "prompt")
    requests: list[Request] = field(default_factory=list)

    async def generate(self, request: Request) -> Completion:
        self.requests.append(request)
        answer = self.answers[len(self.requests) - 1]
        if isinstance(answer, Exception):
            raise answer
        text = json.dumps(answer, ensure_ascii=False)
        others = {'"other': math.log(1.001 - self.sure), **({"null": math.log(0.02)} if self.doubts else {})}
        tokens = [Token(one, {**others, one: math.log(self.sure)}) for one in parts(text)]
        return Completion(text, "stop", Usage(10, 0, 5), tokens=(*tokens,) if request.alternatives else ())


def parts(text: str) -> list[str]:
    """'{"tool": "a"}' → '{', '"tool', '": ', '"a', '"}', roughly as tokens are."""
    return [f'"{part}' if at else part for at, part in enumerate(text.split('"'))]


def weather(city: str, days: int = 1, unit: Literal["c", "f"] = "c") -> None:
    """Tell the weather.

    Args:
        city: The city.
        days: For how many days.
    """


def other(text: str) -> None:
    """Do something else."""


class Node(BaseModel):
    """A tree."""

    name: str
    size: int = 0
    kids: list[Node] = []


def run(
    query: str, *answers: Any, sure: float = 1.0, doubts: bool = False, options: Options | None = None, **kind: bool
) -> Extraction:
    model = Model(answers, sure, doubts)
    schema = schema_of(load_tools([weather, other]), **kind)
    record = asyncio.run(extract(Document("q", query), schema, model, options or Options(retries=0)))
    assert len(model.requests) == len(answers), "as many questions as expected"
    return record


def oslo(**arguments: Any) -> dict[str, Any]:
    return {"tool": "weather", "arguments": {"city": "Oslo", **arguments}}


class TestOptionalArguments:
    def test_what_the_query_states_stays(self) -> None:
        record = run("Oslo for 3 days", oslo(days=3, unit="f"))
        assert record.data == oslo(days=3, unit="f")
        assert record.spans["/arguments/days"].start == 9

    def test_what_it_does_not_state_is_taken_out_and_told(self) -> None:
        record = run("Oslo", oslo(days=7))
        assert record.data == oslo()
        assert record.notes["/arguments/days"] == "optional, and not in the query: taken out: 7"
        assert "/arguments/days" not in record.ungrounded
        assert record.value.arguments.days == 1  # the default of the function

    def test_choices_stay_as_they_need_not_stand_there(self) -> None:
        assert run("Oslo, in fahrenheit", oslo(unit="f")).data == oslo(unit="f")

    def test_what_is_needed_stays_and_is_told(self) -> None:
        record = run("Is it raining?", oslo())
        assert record.data == oslo()
        assert record.ungrounded == {"/arguments/city": "not in the text"}

    def test_a_date_whose_year_is_said_elsewhere_stays(self) -> None:
        def sail(to: str, day: date | None = None) -> None:
            """Sail."""

        asked = {"tool": "sail", "arguments": {"to": "Oslo", "day": "2027-03-12"}}
        for query, left in (
            ("It is 2028. To Oslo on the 12th of March!", 2),
            ("To Oslo, 12 of us!", 1),
            ("To Oslo!", 1),
        ):
            record = asyncio.run(extract(Document("q", query), schema_of(load_tools([sail])), Model([asked])))
            assert len(record.data["arguments"]) == left

    @pytest.mark.parametrize("instruction", ["", "My address is me@ferry.example."])
    def test_an_address_that_nobody_gave_is_told_once(self, instruction: str) -> None:
        def mail(to: str, cc: list[str] | None = None, reply_to: str | None = None) -> None:
            """Send a mail."""

        said = {"to": "Ann", "cc": ["bo@made.example"], "reply_to": "me@ferry.example"}
        options = Options(style=PromptStyle(instruction=instruction))
        asked = Model([{"tool": "mail", "arguments": said}])
        record = asyncio.run(extract(Document("q", "Mail to Ann"), schema_of(load_tools([mail])), asked, options))
        assert record.notes["/arguments/cc"] == "'bo@made.example' is not in the text: taken out"
        assert ("'me@ferry.example' is not in the text: taken out" in record.notes.values()) is not bool(instruction)

    def test_a_number_that_states_another_argument_is_no_day(self) -> None:
        def sail(people: int, day: date | None = None) -> None:
            """Sail."""

        asked = {"tool": "sail", "arguments": {"people": 3, "day": "2023-10-03"}}
        record = asyncio.run(extract(Document("q", "For 3 people"), schema_of(load_tools([sail])), Model([asked])))
        assert record.data["arguments"] == {"people": 3}

    @pytest.mark.parametrize(
        ("query", "days"),
        [("Oslo for a week", 7), ("Oslo, two weeks!", 14), ("奥斯陆一周", 7), ("Oslo for a fortnight", 14)],
    )
    def test_a_number_in_another_unit_stays(self, query: str, days: int) -> None:
        assert run(query, oslo(days=days)).data == oslo(days=days)

    def test_a_date_may_come_of_what_the_model_is_told_beside(self) -> None:
        def sail(to: str, day: date | None = None) -> None:
            """Sail."""

        asked = {"tool": "sail", "arguments": {"to": "Oslo", "day": "2027-05-04"}}
        for instruction, left in ((None, 1), ("Today is 3 May 2027.", 2)):
            options = Options(style=PromptStyle(instruction=instruction))
            schema = schema_of(load_tools([sail]))
            record = asyncio.run(extract(Document("q", "To Oslo, tomorrow"), schema, Model([asked]), options))
            assert len(record.data["arguments"]) == left

    def test_nothing_is_looked_up_with_ground_off(self) -> None:
        assert run("Oslo", oslo(days=7), options=Options(ground="off")).data == oslo(days=7)

    def test_each_call_of_several(self) -> None:
        record = run("Oslo, then Oslo for 3 days", [oslo(days=7), oslo(days=3)], many=True)
        assert record.data == [oslo(), oslo(days=3)]
        assert "/0/arguments/days" in record.notes


class TestAsk:
    def test_null_is_missing(self) -> None:
        record = run("How is the weather?", {"tool": "weather", "arguments": {"city": None}}, ask=True)
        assert record.data == {"tool": "weather", "arguments": {}, "missing": {"city": "The city."}}
        assert record.absent == {"/arguments/city": "not in the text", "/arguments/days": "not in the text",
                                 "/arguments/unit": "not in the text"}  # fmt: skip

    def test_what_is_not_in_the_query_is_looked_for_once_more(self) -> None:
        record = run("How is the weather?", oslo(), {"city": None}, ask=True)
        assert record.data == {"tool": "weather", "arguments": {}, "missing": {"city": "The city."}}
        assert record.notes["/arguments/city"] == "the query has no words for it: taken out: 'Oslo'"

    def test_where_nobody_answers_that_it_stays_and_a_note_says_so(self) -> None:
        record = run("How is the weather?", oslo(), EngineUnavailable("no answer in time"), ask=True)
        assert record.data == oslo()
        assert record.notes["/arguments/city"] == "not checked: no answer in time"

    def test_that_question_counts(self) -> None:
        record = run("How is the weather?", oslo(), {"city": None}, ask=True)
        assert (record.attempts, record.usage) == (2, Usage(20, 0, 10))

    def test_words_that_state_it_in_another_way_keep_it(self) -> None:
        record = run("How is it in Norway's capital?", oslo(), {"city": "Norway's capital?"}, ask=True)
        assert record.data == oslo()
        assert record.notes["/arguments/city"] == '''by the model, of "Norway's capital?"'''

    def test_words_of_another_argument_state_no_other(self) -> None:
        def pay(account: str, code: str) -> None:
            """Pay."""

        asked = {"tool": "pay", "arguments": {"account": "DE7", "code": "999"}}
        schema = schema_of(load_tools([pay]), ask=True)
        record = asyncio.run(extract(Document("q", "From DE7"), schema, Model([asked, {"code": "DE7"}])))
        assert (record.data["arguments"], record.data["missing"]) == ({"account": "DE7"}, {"code": ""})
        why = "the query has only 'DE7' for it, which is of another argument: taken out: '999'"
        assert record.notes == {"/arguments/code": why}

    def test_records_that_have_themselves_in_them(self) -> None:
        answer = {"tool": "Node", "arguments": {"name": None, "size": 7}}
        for _ in range(2):  # the second time the schema is an equal one of another load
            call = choose("Plant it", [Node, other], engine=Model([answer]), ask=True)
            assert (call.missing, call.kwargs) == ({"name": ""}, {})
        assert "taken out" in call.notes["size"]

    def test_what_is_inside_of_them_is_not_left_open(self) -> None:
        tree = schema_of(load_tools([Node]), ask=True)
        call = {"tool": "Node", "arguments": {"name": None, "kids": [{"name": None}]}}
        assert isinstance(validate(tree, call), list)
        assert isinstance(validate(tree, {**call, "arguments": {"name": None, "kids": [{"name": "a"}]}}), Valid)

    @pytest.mark.parametrize("described", [False, True])
    def test_definitions_are_asked_about_too(self, described: bool) -> None:
        about = {"description": "Book."} if described else {}
        day = {"type": "object", "properties": {"day": {"type": "string"}}, "required": ["day"]}
        for _ in range(2):
            tools = [{"name": "book", **about, "parameters": day}]
            call = choose("Book", tools, engine=Model([{"tool": "book", "arguments": {"day": None}}]), ask=True)
            assert call.missing == {"day": ""}

    def test_what_is_missing_is_no_fault_where_all_has_to_be_grounded(self) -> None:
        strict = Options(ground="require", retries=0)
        record = run("How is the weather?", oslo(), {"city": None}, ask=True, options=strict)
        assert record.data == {"tool": "weather", "arguments": {}, "missing": {"city": "The city."}}

    def test_what_stands_there_is_not_asked_about(self) -> None:
        assert run("Weather in Oslo", oslo(), ask=True).data == oslo()


NOTHING = {"tool": None, "reason": "no singing"}


class TestNone:
    def test_the_model_may_say_so(self) -> None:
        record = run("Sing!", NOTHING, allow_none=True)
        assert record.data == NOTHING
        assert (record.absent, record.ungrounded, record.support) == ({}, {}, {})

    def test_a_call_that_it_is_not_sure_of_is_none(self) -> None:
        record = run("Oslo, sing!", oslo(), sure=0.5, doubts=True, allow_none=True)
        assert record.data["tool"] is None
        assert "weather is the nearest" in record.data["reason"]

    def test_nothing_is_known_of_the_arguments_that_it_had(self) -> None:
        record = run("Sing!", oslo(days=3), sure=0.5, doubts=True, allow_none=True)
        assert (record.spans, record.ungrounded, record.absent) == ({}, {}, {})
        assert record.value.reason == record.data["reason"]

    def test_one_of_two_that_fit_stays(self) -> None:
        record = run("Oslo, sing!", oslo(), sure=0.5, allow_none=True)
        assert record.data == oslo()
        assert record.probabilities == {"/tool": {"weather": pytest.approx(0.5, abs=0.01), "null": 0.0}}

    def test_one_that_it_is_sure_of_stays(self) -> None:
        assert run("Oslo", oslo(), sure=0.95, allow_none=True).data == oslo()

    def test_how_sure_it_is_of_a_call_that_is_not_valid_is_not_held_against_the_next(self) -> None:
        class Halfway(Model):
            async def generate(self, request: Request) -> Completion:
                said = await super().generate(request)
                first = next(at for at, token in enumerate(said.tokens) if token.text == '"weather')
                unsure = Token('"weather', {'"weather': math.log(0.5), '"other': math.log(0.5)})
                return replace(said, tokens=(*said.tokens[:first], unsure, *said.tokens[first + 1 :]))

        schema = schema_of(load_tools([weather, other]), many=True, allow_none=True)
        model = Halfway([[{"tool": "weather", "arguments": {}}, oslo()]])
        record = asyncio.run(extract(Document("q", "Oslo"), schema, model, Options(retries=0)))
        assert record.data == [oslo()]
        assert record.probabilities == {"/0/tool": {"weather": pytest.approx(1.0, abs=0.01), "null": 0.0}}

    def test_unless_it_is_allowed_it_stays_too(self) -> None:
        record = run("Oslo", oslo(), sure=0.5)
        assert record.data == oslo()
        assert record.probabilities["/tool"]["weather"] < 0.8


class TestManyTools:
    TOOLS = tuple(
        {"name": f"tool_{at}", "description": f"About {word}. " * 30, "parameters": {"type": "object"}}
        for at, word in enumerate(["bees", "rain", "roads", "ships"] * 25)
    )

    def test_the_nearest_are_shown_and_the_record_is_of_all(self) -> None:
        model = Model([{"tool": "tool_0", "arguments": {}}])
        schema = schema_of(load_tools(self.TOOLS), shown_tokens=500)
        record = asyncio.run(extract(Document("q", "my bees"), schema, model))
        assert record.schema == schema.id
        assert record.notes[""].endswith("nearest of 100 were shown")
        assert "rain" not in model.requests[0].messages[0].content
        assert len(model.requests[0].grammar or "") < 3_000

    def test_the_prompt_is_that_of_the_run(self) -> None:
        schema = schema_of(load_tools(self.TOOLS), shown_tokens=500)
        _, shown, _, questions = asyncio.run(question_of(Document("q", "my bees"), schema, Model([]), Options()))
        assert questions == 1
        assert len(shown.json_schema["oneOf"]) < 10

    def test_no_more_are_shown_than_a_grammar_holds_apart(self) -> None:
        tools = load_tools([{"name": f"t{at}", "parameters": {"type": "object"}} for at in range(300)])
        model = Model([{"tool": "t7", "arguments": {}}])
        record = asyncio.run(extract(Document("q", "t7"), schema_of(tools, shown_tokens=100_000), model))
        assert record.data["tool"] == "t7"
        assert record.notes[""] == "the 200 nearest of 300 were shown"
        assert '"t7"' in (model.requests[0].grammar or "")


class TestLibrary:
    def test_an_engine_cannot_wait_for_itself(self) -> None:
        class Asking(Model):
            async def generate(self, request: Request) -> Completion:
                choose("Oslo", [weather], engine=Model([oslo()]))
                raise AssertionError

        with pytest.raises(UsageError, match="was called from inside an engine"):
            choose("Oslo", [weather], engine=Asking([]))

    def test_choose_gives_the_function_and_what_it_takes(self) -> None:
        call = choose("Oslo for 3 days", [weather, other], engine=Model([oslo(days=3)]))
        assert call.tool is weather
        assert call.kwargs == {"city": "Oslo", "days": 3}
        assert call.spans["city"].start == 0
        assert call.probability == pytest.approx(1.0, abs=0.01)

    def test_choose_many_gives_calls_in_order(self) -> None:
        answer = [oslo(), {"tool": "other", "arguments": {"text": "sing"}}]
        first, second = choose_many("Oslo, and sing", [weather, other], engine=Model([answer]))
        assert (first.name, second.tool) == ("weather", other)

    def test_none_and_missing(self) -> None:
        call = choose("Sing!", [weather], engine=Model([NOTHING]), allow_none=True)
        assert (call.name, call.tool, call.reason, call.is_complete) == (None, None, "no singing", False)
        call = choose("?", [weather], engine=Model([{"tool": "weather", "arguments": {"city": None}}]), ask=True)
        assert call.missing == {"city": "The city."}
        assert not call.is_complete

    def test_beside_a_call_that_is_none_the_others_are_still_instances(self) -> None:
        def sail(day: date) -> None:
            """Sail."""

        class Doubting(Model):
            async def generate(self, request: Request) -> Completion:
                said = await super().generate(request)
                unsure = {'"weather': math.log(0.5), '"sail': math.log(0.5), "null": math.log(0.05)}
                told = [unsure if "weather" in token.text else {token.text: 0.0} for token in said.tokens]
                tokens = tuple(replace(token, likeliest=one) for token, one in zip(said.tokens, told, strict=True))
                return replace(said, tokens=tokens)

        answer = [{"tool": "sail", "arguments": {"day": "2027-05-03"}}, oslo()]
        tools, query = [weather, sail], "Sail on 2027-05-03, Oslo"
        first, second = choose_many(query, tools, engine=Doubting([answer]), allow_none=True)
        assert first.kwargs == {"day": date(2027, 5, 3)}
        assert second.name is None

    def test_a_call_has_what_its_tool_takes(self) -> None:
        class Aliased(BaseModel):
            from_: str = Field(alias="from")

        def aliased(from_: Annotated[str, Field(alias="from")]) -> str:
            return from_

        @dataclass(slots=True)
        class Slotted:
            town: str
            days: int = 1

        def hiding(model_fields_set: str, copy: str) -> tuple[str, str]:
            return model_fields_set, copy

        for tool, given, made in (
            (Aliased, {"from": "Oslo"}, Aliased.model_validate({"from": "Oslo"})),
            (aliased, {"from": "Oslo"}, "Oslo"),
            (Slotted, {"town": "Oslo"}, Slotted("Oslo")),
            (hiding, {"model_fields_set": "Oslo", "copy": "Rome"}, ("Oslo", "Rome")),
        ):
            call = choose("Oslo Rome", [tool], engine=Model([{"tool": tool.__name__, "arguments": given}]))
            assert call.tool(**call.kwargs) == made

    def test_inside_a_loop(self) -> None:
        call = asyncio.run(achoose("Oslo", [weather], engine=Model([oslo()])))
        assert call.kwargs == {"city": "Oslo"}

    def test_what_is_not_valid_is_raised(self) -> None:
        with pytest.raises(InvalidOutput, match="not valid under any"):
            choose("Oslo", [weather, other], engine=Model([{"tool": "rain"}]), options=Options(retries=0))

    def test_bad_input(self) -> None:
        with pytest.raises(SchemaError, match="no tool in it"):
            choose("Oslo", [])
        with pytest.raises(UsageError, match="takes a text"):
            choose(3, [weather])  # type: ignore[arg-type]
        with pytest.raises(InvalidOutput, match="the text is empty"):
            choose(" ", [weather], engine=Model([]))
        with pytest.raises(UsageError, match="no 'many'"):
            choose("Oslo", [weather], engine=Model([]), many=True)  # type: ignore[call-arg]
