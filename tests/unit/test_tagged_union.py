"""A choice between schemas: its schema, what is valid, what a decoder lets through, what is shown of many."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import llguidance
import pytest
from llguidance import LLMatcher
from pydantic import BaseModel, Field, field_validator

from extractor.errors import SchemaError
from extractor.grammar import compile_schema
from extractor.prompt import PromptStyle, messages, voice_for
from extractor.prompt.calls import described
from extractor.schema import load
from extractor.shortlist import shortlist
from extractor.strict import to_calls, to_strict
from extractor.tagged_union import among, choice_of, one_of, settled
from extractor.types import Document, Extraction
from extractor.validation import Valid, validate


class Person(BaseModel):
    """Somebody."""

    name: str
    boss: Person | None = None


class Call(BaseModel):
    """Call somebody."""

    caller: Person = Field(description="Who calls.")
    called: Person


class Weather(BaseModel):
    """Tell the weather."""

    city: str = Field(description="The city.")
    days: int = 3

    @field_validator("city")
    @classmethod
    def capitalised(cls, city: str) -> str:
        if city == "Atlantis":
            raise ValueError("there is no such city")
        return city.title()


LOG = {"title": "log", "type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}
THREE = {"weather": Weather, "find/person": Person, "log": LOG}


def problems(schema: Any, data: Any) -> list[str]:
    found = validate(schema, data)
    return [] if isinstance(found, Valid) else [str(problem) for problem in found]


def admitted(schema: Any, text: str) -> bool:
    """Whether a decoder lets a text through, to its end."""
    tokens = llguidance.LLTokenizer("byte")
    matcher = LLMatcher(tokens, compile_schema(schema).for_text("").text)
    return matcher.consume_tokens(tokens.tokenize_str(text)) and matcher.is_accepting()


class TestSchema:
    def test_is_a_tagged_union_with_the_tag_first(self) -> None:
        schema = one_of(THREE)
        first = schema.json_schema["oneOf"][0]
        assert [*first["properties"]] == ["tool", "arguments"]
        assert first["properties"]["tool"]["const"] == "weather"
        assert first["description"] == "Tell the weather."
        assert first["additionalProperties"] is False

    def test_names_are_those_of_the_schemas(self) -> None:
        choice = choice_of(one_of([Weather, Person]))
        assert choice is not None
        assert choice.names == ["Weather", "Person"]

    def test_a_schema_that_is_no_choice_says_so(self) -> None:
        assert choice_of(load("title, year int")) is None

    @pytest.mark.parametrize("known", [True, {}, {"within": 1, "asks": {}, "query": False}])
    def test_a_keyword_of_ours_that_we_did_not_write_is_told(self, known: Any) -> None:
        schema = load({"x-one-of": known, "oneOf": [{"type": "object", "properties": {"a": {"type": "string"}}}]})
        with pytest.raises(SchemaError, match="x-one-of: Record is no choice"):
            choice_of(schema)

    def test_two_of_one_name_are_refused(self) -> None:
        with pytest.raises(SchemaError, match="two of them are called 'Weather'"):
            one_of([Weather, Weather])

    def test_nothing_to_choose_from_is_refused(self) -> None:
        with pytest.raises(SchemaError, match="nothing to choose from"):
            one_of([])

    @pytest.mark.parametrize("odd", [Weather, "news", {1: Weather}])
    def test_what_is_no_list_of_schemas(self, odd: Any) -> None:
        with pytest.raises(SchemaError, match=r"one_of\(\)"):
            one_of(odd)

    def test_its_digest_is_that_of_all_alternatives(self) -> None:
        assert one_of([Weather]).digest != one_of([Weather, Person]).digest
        assert one_of([Weather]).digest != one_of([Weather], allow_none=True).digest


class TestValidation:
    @pytest.mark.parametrize(
        "data",
        [
            {"tool": "weather", "arguments": {"city": "Oslo"}},
            {"tool": "find/person", "arguments": {"name": "Ann", "boss": {"name": "Bo", "boss": None}}},
            {"tool": "log", "arguments": {"text": ""}},
        ],
    )
    def test_each_alternative_has_its_arguments(self, data: Any) -> None:
        assert not problems(one_of(THREE), data)

    @pytest.mark.parametrize(
        ("data", "where"),
        [
            ({"tool": "rain", "arguments": {"city": "Oslo"}}, "/tool"),
            ({"tool": "weather", "arguments": {"name": "Ann"}}, "/arguments/city"),
            ({"tool": "log", "arguments": {"text": 1}}, "/arguments/text"),
            ({"tool": None, "reason": "x"}, "/: "),
        ],
    )
    def test_what_is_wrong_is_named_by_its_place(self, data: Any, where: str) -> None:
        assert any(problem.startswith(where) for problem in problems(one_of(THREE), data))

    def test_the_users_class_has_the_last_word(self) -> None:
        schema = one_of(THREE)
        assert problems(schema, {"tool": "weather", "arguments": {"city": "Atlantis"}}) == [
            "/arguments/city: Value error, there is no such city"
        ]
        found = validate(schema, {"tool": "weather", "arguments": {"city": "oslo"}})
        assert isinstance(found, Valid)
        assert found.data == {"tool": "weather", "arguments": {"city": "Oslo"}}  # without the default of days
        assert found.instance.arguments == Weather(city="Oslo", days=3)

    def test_none_and_many(self) -> None:
        schema = one_of(THREE, many=True, allow_none=True)
        assert not problems(schema, [{"tool": "log", "arguments": {"text": "a"}}, {"tool": None, "reason": "b"}])
        assert problems(schema, [])


class TestDecoder:
    def test_lets_only_real_names_through_and_then_their_arguments(self) -> None:
        schema = one_of(THREE)
        assert admitted(schema, '{"tool": "log", "arguments": {"text": "a"}}')
        assert not admitted(schema, '{"tool": "logs", "arguments": {"text": "a"}}')
        assert not admitted(schema, '{"tool": "log", "arguments": {"city": "a"}}')
        assert not admitted(schema, '{"arguments": {"text": "a"}, "tool": "log"}')

    def test_lets_none_through_where_it_is_allowed(self) -> None:
        none = '{"tool": null, "reason": "a"}'
        assert admitted(one_of(THREE, allow_none=True), none)
        assert not admitted(one_of(THREE), none)


class TestAsking:
    def test_an_argument_that_is_not_stated_is_missing(self) -> None:
        schema = one_of(THREE, ask=True)
        data = {"tool": "weather", "arguments": {"city": None, "days": 2}}
        found = validate(schema, data)
        assert isinstance(found, Valid)
        record = settled(schema, Extraction("q", found.data, "", "", "grammar"))
        assert record.data == {"tool": "weather", "arguments": {"days": 2}, "missing": {"city": "The city."}}

    def test_what_the_tool_takes_null_for_is_not_missing(self) -> None:
        spec = {
            "title": "note",
            "type": "object",
            "properties": {"to": {"type": ["string", "null"]}},
            "required": ["to"],
        }
        schema = one_of([spec], ask=True)
        record = Extraction("q", {"tool": "note", "arguments": {"to": None}}, "", "", "grammar")
        assert settled(schema, record) == record

    def test_without_it_null_is_not_valid(self) -> None:
        assert problems(one_of(THREE), {"tool": "weather", "arguments": {"city": None}})


class TestOfMany:
    TOOLS = tuple(
        {
            "title": f"report_{at}",
            "description": f"Report about {subject}.",
            "type": "object",
            "properties": {"text": {"type": "string", "description": "What is said " * 20}},
        }
        for at, subject in enumerate(["rain", "snow", "trains", "ships", "bees", "roads"] * 20)
    )

    def test_those_nearest_to_the_text_are_shown(self) -> None:
        tools = {f"{one['title']}": one for one in self.TOOLS} | {"keepBees": LOG}
        schema = one_of(tools, shown_tokens=300)
        narrow, told = shortlist(schema, "My bees are restless")
        choice = choice_of(narrow)
        assert choice is not None
        assert "keepBees" in choice.names
        assert told == f"the {len(choice.names)} nearest of 121 were shown"
        assert len(choice.names) < 10
        assert narrow.json_schema["$defs"].keys() == {*choice.names}

    def test_few_are_all_shown(self) -> None:
        schema = one_of(THREE)
        assert shortlist(schema, "anything") == (schema, "")

    def test_a_text_that_shares_no_word_is_told(self) -> None:
        schema = one_of({one["title"]: one for one in self.TOOLS}, shown_tokens=300)
        assert "shares a word" in shortlist(schema, "蜜蜂")[1]

    def test_a_choice_of_some_has_only_these(self) -> None:
        schema = among(one_of(THREE, many=True), ["log"])
        assert not problems(schema, [{"tool": "log", "arguments": {"text": "a"}}])
        assert problems(among(one_of({"a": LOG, "b": LOG}), ["a"]), {"tool": "b", "arguments": {"text": "a"}})


class TestOtherModes:
    def test_functions_have_all_definitions_that_they_refer_to(self) -> None:
        whether = {"enum": ["True", "False", "either"]}
        fields = {name: {**whether, "description": name, "default": "either"} for name in ("free", "open")}
        calls = to_calls(one_of({"find": {"type": "object", "properties": fields}}))
        assert calls
        parameters = calls.functions[0].parameters
        used = {*re.findall(r"#/\$defs/(\w+)", json.dumps(parameters))}
        assert used
        assert used == {*parameters["$defs"]}

    def test_functions_have_the_names_that_servers_take(self) -> None:
        calls = to_calls(one_of({"find/person": Person, "find person": LOG, "log": LOG}))
        assert calls is not None
        assert [one.name for one in calls.functions] == ["find_person", "find_person_2", "log"]
        assert all(one.parameters["additionalProperties"] is False for one in calls.functions)

    def test_functions_say_what_arguments_mean_and_strict_schemas_stay_silent(self) -> None:
        calls = to_calls(one_of(THREE))
        assert calls is not None
        fields = calls.functions[0].parameters["properties"]
        assert fields["city"] == {"description": "The city.", "type": "string"}
        assert fields["days"]["description"] == "(default: 3)"
        assert "The city." not in json.dumps(to_strict(one_of(THREE)).json_schema)

    def test_what_is_alike_and_means_other_things_is_described_twice(self) -> None:
        calls = to_calls(one_of({"call": Call}))
        assert calls is not None
        parameters = calls.functions[0].parameters
        told = {name: part["$ref"].rpartition("/")[2] for name, part in parameters["properties"].items()}
        assert told["caller"] != told["called"]
        made = {name: parameters["$defs"][at] for name, at in told.items()}
        assert (made["caller"]["description"], made["called"]["description"]) == ("Who calls.", "Somebody.")
        assert [one["properties"]["name"] for one in made.values()] == [{"type": "string"}] * 2

    def test_calls_come_back_under_their_own_names(self) -> None:
        calls = to_calls(one_of(THREE))
        assert calls is not None
        call = {"tool": "weather", "arguments": {"city": "Oslo", "days": None}}
        assert calls.restore(call) == {"tool": "weather", "arguments": {"city": "Oslo"}}
        call = {"tool": "find_person", "arguments": {"name": "Ann", "boss": None}}
        assert calls.restore(call)["tool"] == "find/person"
        assert calls.restore([{"tool": "other"}]) == [{"tool": "other"}]

    def test_names_of_which_nothing_is_left_are_in_the_description(self) -> None:
        calls = to_calls(one_of({"查天气": {**LOG, "description": "天气"}, "查酒店": LOG, "x" * 70: LOG}))
        assert calls is not None
        assert [one.description for one in calls.functions] == ["查天气: 天气", "查酒店", "x" * 70]

    def test_calls_with_another_word_for_the_tag(self) -> None:
        calls = to_calls(one_of(THREE))
        assert calls is not None
        call = {"name": "find_person", "arguments": {"name": "Ann", "boss": None}}
        assert calls.restore(call)["name"] == "find/person"
        assert calls.restore({"tool": ["log"], "arguments": {}}) == {"tool": ["log"], "arguments": {}}

    def test_strict_json_schema_holds_the_union(self) -> None:
        strict = to_strict(one_of(THREE))
        text = json.dumps(strict.json_schema)
        assert '"find/person"' in text
        answer = {"value": {"tool": "weather", "arguments": {"city": "Oslo", "days": None}}}
        assert strict.restore(answer) == {"tool": "weather", "arguments": {"city": "Oslo"}}


class TestPrompt:
    def test_a_query_stands_as_the_user_said_it(self) -> None:
        schema = one_of({"log": {**LOG, "description": "Write it down."}}, for_query=True, allow_none=True)
        system, user = messages(Document("q", "Note <|im_end|> this"), schema)
        assert '{"name": "log", "description": "Write it down.", "parameters": {' in system.content
        assert '{"tool": null, "reason": …}' in system.content
        assert user.content == "Note <\\|im_end|> this"

    def test_tools_can_be_described_in_other_ways(self) -> None:
        schema = one_of({"log": {**LOG, "description": "Write it down."}}, for_query=True)
        for descriptor, told in (
            ("typescript", "// Write it down.\nlog {\n  text: string\n}"),
            ("bullet", "log: Write it down.\n- text (text)"),
        ):
            voice = voice_for("Note this", PromptStyle(descriptor=descriptor))
            assert told in messages(Document("q", "Note this"), schema, voice)[0].content

    def test_a_tool_is_described_without_the_definitions_of_others(self) -> None:
        schema = one_of({"find": Person, "log": LOG, "weather": Weather}, for_query=True)
        told = {json.loads(line)["name"]: line for line in described(schema, None).splitlines()}
        assert "$ref" in told["find"]
        assert "The city." not in told["find"]
        assert "The city." in told["weather"]

    def test_titles_that_repeat_a_name_are_not_shown(self) -> None:
        (line,) = described(one_of([Weather], for_query=True), None).splitlines()
        assert json.loads(line)["parameters"]["properties"] == {
            "city": {"description": "The city.", "type": "string"},
            "days": {"default": 3, "type": "integer"},
        }

    def test_a_document_stays_in_its_fence(self) -> None:
        *_, user = messages(Document("d", "Note this"), one_of([LOG]))
        assert user.content == "<text>\nNote this\n</text>"

    def test_a_chinese_query_is_answered_in_chinese(self) -> None:
        system, _ = messages(Document("q", "记下来：买牛奶"), one_of([LOG], for_query=True, many=True))
        assert "工具" in system.content


def test_a_choice_in_a_file_is_a_schema_like_any_other(tmp_path: Path) -> None:
    path = tmp_path / "kinds.py"
    path.write_text(
        "from pydantic import BaseModel\n"
        "from extractor import one_of\n"
        "class Ship(BaseModel):\n    name: str\n"
        "class Port(BaseModel):\n    country: str\n"
        "Kind = one_of([Ship, Port])\n"
    )
    schema = load(f"{path}:Kind")
    assert schema.digest == one_of(load(f"{path}:{name}") for name in ("Ship", "Port")).digest
    assert isinstance(validate(schema, {"tool": "Ship", "arguments": {"name": "Ada"}}), Valid)
