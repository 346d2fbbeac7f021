"""Choosing tools for real: the command line, batches of queries, and servers that have function calling."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from server import Stub, answer, by_body, reply
from test_cli import SMOL, extract, write_files

from extractor.engines import Session, open_engine
from extractor.long import extract as ask
from extractor.options import Options
from extractor.tools import load_tools, schema_of
from extractor.types import Document, Extraction

TOOLS = '''
from datetime import date


def get_weather(city: str, days: int = 1) -> str:
    """Tell the weather of a city.

    Args:
        city: The city.
        days: For how many days.
    """
    raise AssertionError("nothing is run")


def book_flight(origin: str, destination: str, day: date) -> str:
    """Book a flight.

    Args:
        origin: Where it starts.
        destination: Where it goes.
        day: The day of departure.
    """
    raise AssertionError("nothing is run")
'''
OSLO = {"tool": "get_weather", "arguments": {"city": "Oslo"}}
FLIGHT = {"tool": "book_flight", "arguments": {"origin": "Oslo", "destination": "Rome", "day": None}}


@pytest.fixture
def here(tmp_path: Path) -> Path:
    return write_files(tmp_path, {"tools.py": TOOLS})


def replayed(here: Path, *answers: Any) -> tuple[str, str]:
    (here / "answers.jsonl").write_text("".join(json.dumps({"text": one}) + "\n" for one in answers))
    return "-m", "replay:answers.jsonl"


class TestCommand:
    def test_its_own_keyword_is_no_news(self, here: Path) -> None:
        done = extract("call", "Weather in Oslo?", "-t", "tools.py", "-v", *replayed(here, OSLO), cwd=here)
        assert "x-one-of" not in done.err

    def test_what_was_taken_out_is_told_where_nobody_looks(self, here: Path) -> None:
        filled = {"tool": "get_weather", "arguments": {"city": "Oslo", "days": 9}}
        done = extract("call", "Weather in Oslo?", "-t", "tools.py", *replayed(here, filled), cwd=here)
        assert json.loads(done.out) == OSLO
        assert done.err == "note: /arguments/days: optional, and not in the query: taken out: 9\n"

    def test_a_call_is_one_json_object(self, here: Path) -> None:
        done = extract("call", "Weather in Oslo?", "--tools", "tools.py", *replayed(here, OSLO), cwd=here)
        assert done.code == 0
        assert json.loads(done.out) == OSLO

    def test_the_query_may_be_piped_in(self, here: Path) -> None:
        done = extract("call", "-t", "tools.py", *replayed(here, OSLO), cwd=here, stdin="Weather in Oslo?\n")
        assert json.loads(done.out) == OSLO

    def test_several_calls_are_one_list(self, here: Path) -> None:
        answers = replayed(here, [OSLO, OSLO])
        done = extract("call", "Oslo and Oslo", "-t", "tools.py", "--many", *answers, cwd=here)
        assert json.loads(done.out) == [OSLO, OSLO]

    def test_what_is_missing_is_in_the_call_and_told(self, here: Path) -> None:
        flags = ("-t", "tools.py", "--ask")
        done = extract("call", "Fly from Oslo to Rome", *flags, *replayed(here, FLIGHT), cwd=here)
        assert json.loads(done.out)["missing"] == {"day": "The day of departure."}
        assert "missing information: day (The day of departure.)" in done.err

    def test_an_argument_that_the_query_does_not_have_is_told(self, here: Path) -> None:
        done = extract("call", "Is it raining?", "-t", "tools.py", *replayed(here, OSLO), cwd=here)
        assert "/arguments/city: 'Oslo': not in the text" in done.err

    def test_no_tool(self, here: Path) -> None:
        none = {"tool": None, "reason": "no singing"}
        flags = ("-t", "tools.py", "--allow-none", "--format", "yaml")
        done = extract("call", "Sing!", *flags, *replayed(here, none), cwd=here)
        assert done.out == "tool: null\nreason: no singing\n"

    def test_the_whole_record(self, here: Path) -> None:
        done = extract("call", "Weather in Oslo?", "-t", "tools.py", "--full", *replayed(here, OSLO), cwd=here)
        record = json.loads(done.out)
        assert record["data"] == OSLO
        assert record["spans"] == {"/arguments/city": {"start": 11, "end": 15, "match": "exact"}}

    def test_no_valid_call_is_status_1(self, here: Path) -> None:
        answers = replayed(here, {"tool": "sing", "arguments": {}})
        done = extract("call", "Sing!", "-t", "tools.py", "--retries", "0", *answers, cwd=here)
        assert (done.code, done.out) == (1, "")
        assert "/tool: 'get_weather' was expected" in done.err

    @pytest.mark.slow
    def test_the_prompt_of_a_query(self, here: Path) -> None:
        command = ("prompt", "-", "--tools", "tools.py", "--allow-none")
        done = extract(*command, "-m", "smollm2-135m", cwd=here, stdin="Weather in Oslo?")
        assert done.out.startswith("--- system\nChoose the tool")
        assert '{"name": "get_weather", "description": "Tell the weather of a city."' in done.out
        assert "--- user\nWeather in Oslo?\n" in done.out
        server = ("-m", "http://127.0.0.1:9/v1#x", "--mode", "tools", "--json")
        done = extract(*command, *server, cwd=here, stdin="Weather in Oslo?")
        told = json.loads(done.out)
        assert [one["name"] for one in told["functions"]] == ["get_weather", "book_flight"]
        assert told["functions"][0]["parameters"]["properties"]["city"]["description"] == "The city."

    @pytest.mark.slow
    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (("call", " ", "-t", "tools.py"), "the query is empty"),
            (("call", "x", "-t", "none.py"), "none.py: no such file"),
            (("call", "x", "-t", "tools"), "tools: no file of tools"),
            (("prompt", "q.txt"), "has neither a schema nor tools"),
            (("batch", "q.txt"), "has neither a schema nor tools"),
            (("batch", "q.txt", "-s", "article", "--ask"), "--ask is about tools"),
            (("batch", "q.txt", "-s", "article", "--tools", "tools.py"), "names both a schema and tools"),
        ],
    )
    def test_bad_input_is_status_2(self, here: Path, arguments: tuple[str, ...], said: str) -> None:
        done = extract(*arguments, cwd=here)
        assert done.code == 2
        assert said in done.err

    def test_the_embedded_model_calls_a_real_tool(self, here: Path) -> None:
        flags = ("-t", "tools.py:get_weather", "--max-tokens", "60", "--full")
        done = extract("call", "What is the weather in Oslo for 3 days?", *flags, *SMOL, cwd=here)
        record = json.loads(done.out)
        assert record["mode"] == "grammar"
        assert record["data"]["tool"] == "get_weather"
        assert record["probabilities"] == {"/tool": {"get_weather": 1.0}}  # there is no other


class TestBatch:
    @pytest.mark.slow
    def test_a_text_file_has_a_query_a_line(self, here: Path) -> None:
        write_files(here, {"q.txt": "Weather in Oslo?\n\nAnd in Oslo again\n"})
        flags = ("--tools", "tools.py", "--out", "calls.jsonl")
        done = extract("batch", "q.txt", *flags, *replayed(here, OSLO, OSLO), cwd=here)
        assert done.code == 0
        records = [json.loads(line) for line in (here / "calls.jsonl").read_text().splitlines()]
        assert [record["source"] for record in records] == ["q.txt:1", "q.txt:3"]
        assert [record["data"] for record in records] == [OSLO, OSLO]
        for flags in ((), ("--docs", "q.txt")):
            done = extract("view", "calls.jsonl", *flags, cwd=here)
            assert "2 records, 2 with their document" in done.err, done.err

    @pytest.mark.slow
    def test_records_have_it_in_a_field_and_a_rerun_asks_nothing(self, here: Path) -> None:
        write_files(here, {"q.jsonl": json.dumps({"query": "Weather in Oslo?"}) + "\n"})
        command = ("batch", "q.jsonl", "--tools", "tools.py", "--out", "calls.jsonl")
        first = extract(*command, *replayed(here, OSLO), cwd=here)
        assert first.code == 0
        again = extract(*command, "-m", "replay:answers.jsonl", cwd=here)
        assert again.code == 0
        assert "0 asked" in again.err or "1 known" in again.err or "from the ledger" in again.err, again.err

    @pytest.mark.slow
    def test_other_flags_are_another_plan(self, here: Path) -> None:
        write_files(here, {"q.txt": "Weather in Oslo?\n"})
        command = ("batch", "q.txt", "--tools", "tools.py", "--out", "calls.jsonl")
        extract(*command, *replayed(here, OSLO), cwd=here)
        none = {"tool": None, "reason": "none"}
        extract(*command, "--allow-none", *replayed(here, none), cwd=here)
        assert json.loads((here / "calls.jsonl").read_text())["data"] == none


# --- function calling ----------------------------------------------------------------------------------------

SCHEMAS = [
    {
        "name": "get weather",
        "description": "Tell the weather.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
            "required": ["city"],
        },
    },
    {"name": "sing", "description": "Sing.", "parameters": {"type": "object", "properties": {}}},
]


def call(*several: tuple[str, Any]) -> dict[str, Any]:
    functions = [{"name": name, "arguments": data} for name, data in several]
    return answer(None, "tool_calls", tool_calls=[{"type": "function", "function": one} for one in functions])


def record_of(stub: Stub, said: dict[str, Any], **kind: bool) -> Extraction:
    sent: list[dict[str, Any]] = []

    def behave(body: dict[str, Any]) -> Any:
        sent.append(body)
        return reply(said)

    stub.behave = by_body(behave)

    async def main() -> Extraction:
        session = Session(open_engine(f"{stub.url}#m"))
        try:
            options = Options(mode="tools", retries=0)
            return await ask(Document("q", "Oslo for 3 days"), schema_of(load_tools(SCHEMAS), **kind), session, options)
        finally:
            await session.aclose()

    record = asyncio.run(main())
    (body,) = sent
    stub.body = body  # type: ignore[attr-defined]
    return record


class TestFunctions:
    def test_each_tool_is_a_function_and_one_has_to_be_called(self, stub: Stub) -> None:
        record = record_of(stub, call(("get_weather", '{"city": "Oslo", "days": 3}')))
        body = stub.body  # type: ignore[attr-defined]
        assert [one["function"]["name"] for one in body["tools"]] == ["get_weather", "sing"]
        assert body["tools"][0]["function"]["description"] == "Tell the weather."
        assert (body["tool_choice"], body["parallel_tool_calls"]) == ("required", False)
        assert body["messages"] == [{"role": "user", "content": "Oslo for 3 days"}]
        assert record.data == {"tool": "get weather", "arguments": {"city": "Oslo", "days": 3}}
        assert record.mode == "tools"

    def test_several_calls(self, stub: Stub) -> None:
        record = record_of(stub, call(("get_weather", '{"city": "Oslo", "days": null}'), ("sing", "{}")), many=True)
        assert [one["tool"] for one in record.data] == ["get weather", "sing"]
        assert stub.body["parallel_tool_calls"] is True  # type: ignore[attr-defined]

    def test_where_one_is_asked_for_the_first_counts(self, stub: Stub) -> None:
        record = record_of(stub, call(("sing", "{}"), ("sing", "{}")))
        assert record.data == {"tool": "sing", "arguments": {}}
        assert "called 2 functions" in record.notes[""]

    def test_words_are_a_reason_where_none_may_be_called(self, stub: Stub) -> None:
        record = record_of(stub, answer("I cannot do that."), allow_none=True)
        assert record.data == {"tool": None, "reason": "I cannot do that."}
        assert stub.body["tool_choice"] == "auto"  # type: ignore[attr-defined]
        assert "call none" in stub.body["messages"][0]["content"]  # type: ignore[attr-defined]

    def test_a_call_that_is_written_as_text_is_read(self, stub: Stub) -> None:
        said = '```json\n{"name": "sing", "arguments": {}}\n```'
        record = record_of(stub, answer(said))
        assert record.data == {"tool": "sing", "arguments": {}}
        assert "answered in text" in record.notes[""]

    @pytest.mark.parametrize("nothing", [{"arguments": ""}, {"arguments": None}, {}])
    def test_no_arguments_at_all(self, stub: Stub, nothing: dict[str, Any]) -> None:
        calls = [{"type": "function", "function": {"name": "sing", **nothing}}]
        record = record_of(stub, answer(None, "tool_calls", tool_calls=calls))
        assert record.data == {"tool": "sing", "arguments": {}}

    def test_arguments_that_are_an_object_or_no_json(self, stub: Stub) -> None:
        assert record_of(stub, call(("get_weather", {"city": "Oslo", "days": 3}))).ok
        assert not record_of(stub, call(("get_weather", "Oslo"))).ok

    def test_a_function_that_is_none_of_them(self, stub: Stub) -> None:
        assert not record_of(stub, call(("dance", "{}"))).ok
