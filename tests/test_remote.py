"""Endpoints of which nobody knows what they honour: modes are proven, models found, keys kept, budgets held."""

from __future__ import annotations

import asyncio
import itertools
import json
import math
import re
import socket
import sys
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import pytest
from server import Behaviour, Stub, answer, by_body, fail, in_turn, reply, stream

from extractor.engines import Access, Budget, LlamaEngine, Session, Trace, model_spec, open_engine
from extractor.engines.endpoint.remote import RemoteEngine
from extractor.engines.endpoint.transport import Patience
from extractor.engines.keys import key_for
from extractor.engines.own import kept
from extractor.engines.prices import cost_of
from extractor.engines.replay import ReplayEngine
from extractor.errors import (
    BudgetSpent,
    EngineDenied,
    EngineError,
    EngineUnavailable,
    ExtractError,
    RequestRejected,
    UsageError,
)
from extractor.options import Options
from extractor.pipeline import extract
from extractor.schema import load, many
from extractor.types import (
    Completion,
    Continuation,
    Document,
    Engine,
    Extraction,
    Likely,
    Message,
    Mode,
    Request,
    Schema,
    Token,
    Usage,
)

T = TypeVar("T")

SCHEMA = load("title, year int")
TEXT = Document("a.txt", "The harbour bridge opened in 1932.")
DATA = {"title": "harbour bridge", "year": 1932}
PROVEN = {"code": "k7-violet-31"}
OPENAI = "https://api.openai.com/v1"


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "EXTRACT_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


def models(*names: str, owner: str = "someone") -> Behaviour:
    return reply({"object": "list", "data": [{"id": name, "object": "model", "owned_by": owner} for name in names]})


def mode_of(body: dict[str, Any]) -> Mode:
    """How a body asks for structure."""
    if "grammar" in body or "structured_outputs" in body:
        return "grammar"
    return "json_schema" if "response_format" in body else "tools" if "tools" in body else "prompt"


def call(body: dict[str, Any], *several: object) -> dict[str, Any]:
    """An answer that calls the tool that is asked for, once with each of the data."""
    name = body["tools"][0]["function"]["name"]
    functions = [{"name": name, "arguments": json.dumps(data)} for data in several]
    return answer(None, "tool_calls", tool_calls=[{"type": "function", "function": one} for one in functions])


def honouring(*modes: Mode, other: Behaviour | None = None) -> Behaviour:
    """A server that honours some modes, and in the others says hello, or what is given; without any it obeys."""

    def choose(body: dict[str, Any]) -> Behaviour:
        mode, is_proof = mode_of(body), "hello" in body["messages"][0]["content"]
        data = PROVEN if is_proof else DATA
        if mode not in (*modes, "prompt"):
            return other or reply(answer("hello"))
        return reply(call(body, data) if mode == "tools" else answer(json.dumps(data)))

    return by_body(choose)


def use(engine: Engine, work: Callable[[Session], Coroutine[Any, Any, T]], **session: Any) -> T:
    async def main() -> T:
        opened = Session(engine, **session)
        try:
            return await asyncio.wait_for(work(opened), 30)
        finally:
            await opened.aclose()

    return asyncio.run(main())


def take(stub: Stub, notes: list[str] | None = None, name: str = "m", **options: Any) -> Extraction:
    """The record of the text by an endpoint."""
    access = Access(on_note=(notes if notes is not None else []).append)
    engine = open_engine(f"{stub.url}#{name}", access=access)
    return use(engine, lambda session: extract(TEXT, SCHEMA, session, Options(**options)))


# --- modes ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("modes", "expected", "ignored"),
    [
        (("json_schema", "tools"), "json_schema", []),
        (("tools",), "tools", ["json_schema"]),
        ((), "prompt", ["json_schema", "tools"]),
    ],
)
def test_a_mode_that_is_ignored_is_left_for_the_next(
    stub: Stub, modes: tuple[Mode, ...], expected: str, ignored: list[str]
) -> None:
    stub.behave = honouring(*modes)
    notes: list[str] = []
    record = take(stub, notes)
    assert (record.data, record.mode, record.attempts) == (DATA, expected, 1)
    assert [note.split("mode ")[1].split()[0] for note in notes] == ignored
    assert all("ignored" in note for note in notes)


def refuse(status: int, message: str = "response_format is not supported by this model") -> Behaviour:
    """An error that is no reason to wait."""
    return reply({"error": {"message": message}}, status, retry_after_ms="1")


@pytest.mark.parametrize("status", [400, 422, 500, 501])
def test_a_mode_that_is_rejected_is_left_for_the_next(stub: Stub, status: int) -> None:
    """Some servers fail at what they do not know."""
    stub.behave = honouring("tools", other=refuse(status))
    notes: list[str] = []
    record = take(stub, notes)
    assert (record.data, record.mode) == (DATA, "tools")
    assert f"mode json_schema is rejected (HTTP {status}: response_format is not supported" in notes[0]
    assert notes[0].count(record.engine) == 1


@pytest.mark.parametrize("status", [500, 501, 503])
def test_a_server_that_is_down_is_not_taken_for_one_that_rejects_a_mode(stub: Stub, status: int) -> None:
    stub.behave = refuse(status, "out of memory")
    notes: list[str] = []
    record = impatiently(stub, lambda session: extract(TEXT, SCHEMA, session), notes)
    assert [problem.kind for problem in record.errors] == ["EngineUnavailable"]
    assert f"HTTP {status}: out of memory" in record.errors[0].message
    assert (len(stub.bodies), notes) == (3, []), "the proof twice, and a plain request; or three tries"


def test_a_mode_at_which_a_server_fails_later_is_left_too(stub: Stub) -> None:
    def choose(body: dict[str, Any]) -> Behaviour:
        is_proof = "hello" in body["messages"][0]["content"]
        known: tuple[Mode, ...] = ("json_schema", "tools") if is_proof else ("tools",)
        return honouring(*known, other=refuse(500, "cannot compile"))

    stub.behave = by_body(choose)
    notes: list[str] = []
    record = impatiently(stub, lambda session: extract(TEXT, SCHEMA, session), notes)
    assert (record.data, record.mode) == (DATA, "tools")
    assert "mode json_schema is rejected (HTTP 500: cannot compile (3 tries" in notes[0]
    assert "a plain request works" in notes[0]


def test_a_proof_that_is_cut_off_proves_nothing(stub: Stub) -> None:
    stub.behave = honouring(other=reply(answer("Let me think", "length")))
    notes: list[str] = []
    assert take(stub, notes).mode == "prompt"
    assert "json_schema is not proven: the answer was cut off after 3 tokens" in notes[0]


# --- documents that wait for the same ------------------------------------------------------------------------


def impatiently(
    stub: Stub, work: Callable[[Session], Coroutine[Any, Any, T]], notes: list[str] | None = None, tries: int = 3
) -> T:
    """What is done at an endpoint of which each request is tried a few times."""
    engine = open_engine(f"{stub.url}#m", access=Access(on_note=(notes if notes is not None else []).append))
    assert isinstance(engine, RemoteEngine)
    engine.chat.transport.patience = Patience(tries)
    return use(engine, work)


async def until_asked(stub: Stub, times: int) -> None:
    while len(stub.bodies) < times:  # noqa: ASYNC110  # by a thread
        await asyncio.sleep(0.01)


async def side_by_side(session: Session, count: int) -> list[Extraction]:
    return await asyncio.gather(*(extract(TEXT, SCHEMA, session) for _ in range(count)))


@pytest.mark.parametrize("spec", ["vllm:m", "http://{}#m", "ollama:m"])
def test_that_nobody_listens_is_found_out_once(spec: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"127.0.0.1:{closed.getsockname()[1]}/v1"
    access = Access(base_url=None if "{}" in spec else f"http://{url}")
    started = time.monotonic()
    records = use(open_engine(spec.format(url), access=access), lambda session: side_by_side(session, 40))
    assert time.monotonic() - started < 5
    (told,) = {(error.kind, error.message, error.hint) for record in records for error in record.errors}
    assert told[0] == "EngineUnavailable"
    assert f"no connection to http://{url}" in told[1]
    assert "is the server running?" in str(told[2])


@pytest.mark.parametrize("at", ["/models", "/chat/completions"])
def test_a_failure_is_shared_by_those_who_wait_and_tried_once_by_later_ones(stub: Stub, at: str) -> None:
    busy, listed = refuse(503, "busy"), models("m")
    stub.list_models, stub.behave = (busy, busy) if at == "/models" else (listed, busy)

    async def waves(session: Session) -> tuple[list[Extraction], int, list[Extraction], int, list[Extraction]]:
        first = await side_by_side(session, 5)
        tries = sum(path.endswith(at) for path, _, _ in stub.seen)
        second = await side_by_side(session, 5)
        later = sum(path.endswith(at) for path, _, _ in stub.seen) - tries
        stub.list_models, stub.behave = listed, honouring("tools")
        return first, tries, second, later, await side_by_side(session, 2)

    first, tries, second, later, third = impatiently(stub, waves)
    assert {problem.kind for record in (*first, *second) for problem in record.errors} == {"EngineUnavailable"}
    assert (tries, later) == (3, 1)
    assert [(record.data, record.mode) for record in third] == [(DATA, "tools")] * 2


def test_who_is_cancelled_leaves_the_proof_to_the_others(stub: Stub) -> None:
    def slowly(handler: Any) -> None:
        stub.stopped.wait(0.2)
        honouring("json_schema")(handler)

    stub.behave = slowly

    async def work(session: Session) -> Extraction:
        first = asyncio.ensure_future(extract(TEXT, SCHEMA, session))
        await asyncio.sleep(0)
        second = asyncio.ensure_future(extract(TEXT, SCHEMA, session))
        await until_asked(stub, 1)
        first.cancel()
        return await second

    assert impatiently(stub, work).data == DATA
    assert len(stub.bodies) == 2


def test_a_mode_that_is_rejected_later_is_left_by_this_document_and_the_next(stub: Stub) -> None:
    def choose(body: dict[str, Any]) -> Behaviour:
        is_proof = "hello" in body["messages"][0]["content"]
        if mode_of(body) == "json_schema" and not is_proof:
            return fail(400, "Invalid schema for response_format")
        return honouring("json_schema", "tools")

    stub.behave = by_body(choose)
    notes: list[str] = []
    engine = open_engine(f"{stub.url}#m", access=Access(on_note=notes.append))

    async def twice(session: Session) -> list[Extraction]:
        return [await extract(TEXT, SCHEMA, session) for _ in range(2)]

    first, second = use(engine, twice)
    assert (first.data, first.mode, second.data, second.mode) == (DATA, "tools", DATA, "tools")
    assert len(notes) == 1
    assert sum(mode_of(body) == "json_schema" for body in stub.bodies) == 2, "the proof, and the first document"


@pytest.mark.parametrize("ignored", ["hello", f"```json\n{json.dumps(DATA)}\n```"])
def test_the_mode_after_one_that_fails_later_is_proven_too(stub: Stub, ignored: str) -> None:
    def choose(body: dict[str, Any]) -> Behaviour:
        is_proof = "hello" in body["messages"][0]["content"]
        if mode_of(body) == "grammar":
            return reply(answer(json.dumps(PROVEN))) if is_proof else fail(400, "the grammar is too large")
        return reply(answer(ignored if mode_of(body) == "json_schema" else json.dumps(DATA)))

    stub.list_models, stub.behave = models("m", owner="vllm"), by_body(choose)
    notes: list[str] = []
    record = take(stub, notes)
    assert (record.data, record.mode) == (DATA, "prompt")
    assert ["grammar is rejected" in notes[0], *("is ignored" in note for note in notes[1:])] == [True, True, True]


def test_a_mode_whose_answer_is_no_plain_json_is_left(stub: Stub) -> None:
    def choose(body: dict[str, Any]) -> Behaviour:
        is_proof = "hello" in body["messages"][0]["content"]
        fenced = f"```json\n{json.dumps(DATA)}\n```"
        return reply(answer(json.dumps(PROVEN) if is_proof else fenced))

    stub.behave = by_body(choose)
    notes: list[str] = []
    assert take(stub, notes).data == DATA
    assert "mode json_schema is ignored: an answer was not JSON alone" in notes[0]


def test_modes_are_proven_once_for_documents_side_by_side(stub: Stub) -> None:
    stub.behave = honouring("tools")

    async def many(session: Session) -> list[Extraction]:
        return await asyncio.gather(*(extract(TEXT, SCHEMA, session) for _ in range(6)))

    records = use(open_engine(f"{stub.url}#m"), many)
    assert [record.mode for record in records] == ["tools"] * 6
    assert sum("hello" in body["messages"][0]["content"] for body in stub.bodies) == 2


def test_a_mode_that_is_asked_for_is_not_proven_and_not_left(stub: Stub) -> None:
    stub.behave = honouring(other=fail(400, "response_format is not supported"))
    record = take(stub, mode="json_schema")
    assert record.data is None
    assert [problem.kind for problem in record.errors] == ["ModeRejected"]
    assert "--mode" in str(record.errors[0].hint)
    assert len(stub.bodies) == 1


@pytest.mark.parametrize("mode", ["grammar", "json_schema"])
def test_that_a_mode_which_was_asked_for_is_ignored_is_noted(stub: Stub, mode: Mode) -> None:
    stub.behave = reply(answer(f"Here it is: {json.dumps(DATA)}"))
    record = take(stub, mode=mode)
    assert (record.data, record.mode) == (DATA, mode)
    assert f"mode {mode} is ignored" in record.notes[""]


@pytest.mark.parametrize("at", ["/models", "/chat/completions"])
def test_what_is_asked_about_an_endpoint_keeps_to_the_time_of_one_try(stub: Stub, at: str) -> None:
    def hang(handler: Any) -> None:
        stub.stopped.wait(20)
        handler.close_connection = True

    stub.list_models = hang if at == "/models" else models("m")
    stub.behave = hang
    engine = open_engine(f"{stub.url}#m", access=Access(timeout=0.2))
    started = time.monotonic()
    record = use(engine, lambda session: extract(TEXT, SCHEMA, session, Options(timeout=0.2)))
    assert time.monotonic() - started < 10
    assert "no answer within" in record.errors[0].message


def test_a_stream_shows_each_value_once(stub: Stub) -> None:
    whole = json.dumps(DATA)

    def choose(body: dict[str, Any]) -> Behaviour:
        events = [{"choices": [{"index": 0, "delta": {"content": char}, "finish_reason": None}]} for char in whole]
        events[-1]["choices"][0]["finish_reason"] = "stop"  # type: ignore[index]
        return stream(events) if body.get("stream") else reply(answer(whole))

    stub.behave = by_body(choose)
    grown: list[Any] = []
    assert take(stub, mode="prompt", on_partial=grown.append).data == DATA
    assert all(one != other for one, other in itertools.pairwise(grown))
    assert grown[-1] == DATA


def test_an_answer_that_breaks_a_strict_schema_is_repaired(stub: Stub) -> None:
    """Servers promise strictness and do not keep it."""
    wrong = {"title": "harbour bridge", "year": "long ago"}

    def choose(body: dict[str, Any]) -> Behaviour:
        properties = body["response_format"]["json_schema"]["schema"]["properties"]
        assert body["response_format"]["json_schema"]["strict"] is True
        if len(body["messages"]) < 4:
            return reply(answer(json.dumps(wrong)))
        right = {name: 1932 for name in properties if name != "title"} | (
            {"title": "x"} if "title" in properties else {}
        )
        return reply(answer(json.dumps(right)))

    stub.behave = by_body(choose)
    record = take(stub, mode="json_schema")
    assert record.ok
    assert record.data["year"] == 1932
    assert record.attempts == 2


TOWER = {"title": "tower", "year": 1889}


@pytest.mark.parametrize(
    ("schema", "several", "expected"),
    [
        (SCHEMA, ({"title": 7}, DATA), DATA),
        (SCHEMA, (DATA, {"title": 7}), DATA),
        (many(SCHEMA), (DATA, TOWER), [DATA, TOWER]),
    ],
    ids=["valid last", "valid first", "one for each record"],
)
def test_several_calls_of_the_tool_are_several_values(
    stub: Stub, schema: Schema, several: tuple[object, ...], expected: object
) -> None:
    stub.behave = by_body(lambda body: reply(call(body, *several)))
    options = Options(mode="tools")
    record = use(open_engine(f"{stub.url}#m"), lambda session: extract(TEXT, schema, session, options))
    assert (record.data, len(stub.bodies)) == (expected, 1)
    assert "the model called the tool 2 times" in record.notes[""]


@pytest.mark.parametrize(("owner", "parameter"), [("vllm", "structured_outputs"), ("llamacpp", "grammar")])
def test_servers_that_have_grammars_are_asked_for_them(stub: Stub, owner: str, parameter: str) -> None:
    def choose(body: dict[str, Any]) -> Behaviour:
        return reply({"content": "7000.6"}) if "prompt" in body else honouring("grammar")

    stub.list_models = models("m", owner=owner)
    stub.behave = by_body(choose)
    record = take(stub)
    assert (record.data, record.mode) == (DATA, "grammar")
    assert parameter in stub.bodies[-1]
    assert parameter == "grammar" or not any("grammar" in body for body in stub.bodies)


def test_vllm_gets_the_layout_with_the_schema(stub: Stub) -> None:
    """Its backend guidance then writes as the embedded model does; with free white space small models never end."""
    stub.list_models = models("m", owner="vllm")
    stub.behave = honouring("grammar")
    assert take(stub).data == DATA
    for body in stub.bodies:
        layout = body["structured_outputs"]["json"]["x-guidance"]
        assert layout == {"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": "}


@pytest.mark.parametrize(("owner", "is_told"), [("vllm", True), ("llamacpp", False)])
def test_a_server_that_is_sent_no_runs_is_named_in_a_note(stub: Stub, owner: str, is_told: bool) -> None:
    stub.list_models, stub.behave = models("m", owner=owner), honouring("grammar")
    schema = load({"type": "object", "properties": {"title": {"type": "string", "x-verbatim": True}}})
    record = use(open_engine(f"{stub.url}#m"), lambda session: extract(TEXT, schema, session, Options(mode="grammar")))
    assert ("verbatim" in record.notes.get("", "")) is is_told
    assert ("%regex" in json.dumps(stub.bodies[-1])) is not is_told


@pytest.mark.parametrize(
    "words",
    [
        'Grammar error: Unimplemented keys: ["uniqueItems"]',
        "Grammar error: Invalid type: objekt",
        "Invalid grammar specification: 'triggers'",
        'tool_choice=function "Record" requires --tool-call-parser to be set',
    ],
)
def test_what_vllm_cannot_compile_is_asked_for_in_the_next_mode(stub: Stub, words: str) -> None:
    """Its own words, of version 0.32.0."""
    refusal = fail(400, words, type="BadRequestError", param=None, code=400)
    stub.list_models = models("m", owner="vllm")
    stub.behave = honouring(other=refusal)
    notes: list[str] = []
    record = take(stub, notes)
    assert (record.data, record.mode, len(notes)) == (DATA, "prompt", 3)
    assert all(words in note for note in notes)


def test_a_llama_cpp_without_llguidance_never_sees_its_grammars(stub: Stub) -> None:
    """It would end itself."""

    def choose(body: dict[str, Any]) -> Behaviour:
        return reply({"content": "12.5"}) if "prompt" in body else honouring("grammar", "json_schema")

    stub.list_models = models("m", owner="llamacpp")
    stub.behave = by_body(choose)
    notes: list[str] = []
    record = take(stub, notes)
    assert (record.data, record.mode) == (DATA, "json_schema")
    assert "%llguidance" not in json.dumps(stub.bodies)
    assert "llguidance" in notes[0]
    assert stub.seen[1][0] == "/completion", "beside /v1, not below it"


# --- models --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "refusal",
    [
        reply("404 page not found", 404, "text/plain"),
        fail(404, "This is not a chat model and thus not supported in the v1/chat/completions endpoint."),
        fail(400, "you must provide a chat template if the tokenizer does not define one"),
    ],
    ids=["no path", "OpenAI", "vLLM"],
)
@pytest.mark.parametrize("is_streamed", [False, True])
def test_a_model_that_only_continues_texts_is_asked_so(stub: Stub, refusal: Behaviour, is_streamed: bool) -> None:
    def continued(text: str) -> dict[str, Any]:
        counts = {"prompt_tokens": 5, "completion_tokens": 3}
        return {"choices": [{"index": 0, "text": text, "finish_reason": "stop"}], "usage": counts}

    def choose(body: dict[str, Any]) -> Behaviour:
        if "messages" in body:
            return refusal
        parts = [continued(part) for part in ('{"title": "harbour bridge"', ', "year": 1932}')]
        return stream(parts) if body.get("stream") else reply(continued(json.dumps(DATA)))

    stub.behave = by_body(choose)
    grown: list[Any] = []
    notes: list[str] = []
    found = take(stub, notes, on_partial=grown.append if is_streamed else None)
    assert (found.data, found.mode) == (DATA, "prompt")
    assert bool(grown) is is_streamed
    assert found.notes[""] == "asked as a text to continue, the model has no chats"
    assert [note.partition("; ")[0].rpartition(" mode ")[2][:11] for note in notes] == ["json_schema", "tools is re"]
    asked = stub.bodies[-1]
    assert asked["prompt"].endswith("opened in 1932.\n</text>\n\nOutput:\n")
    assert asked["stop"] == ["\nInput:"]
    assert [path for path, _, body in stub.seen if body].count("/v1/chat/completions") == 1


def test_where_neither_chats_nor_texts_are_answered_the_first_error_counts(stub: Stub) -> None:
    stub.behave = fail(404, "The model 'm' does not exist", code="model_not_found")
    with pytest.raises(EngineDenied, match="The model 'm' does not exist"):
        take(stub)


def test_the_only_model_needs_no_name(stub: Stub) -> None:
    stub.list_models = models("the-one")
    stub.behave = honouring("json_schema")
    assert take(stub, name="").data == DATA
    assert {body["model"] for body in stub.bodies} == {"the-one"}


@pytest.mark.parametrize(
    ("listed", "words"),
    [
        (models("a", "b"), "it has a, b"),
        (models(), "it does not say which"),
        (fail(404), "it does not say which"),
        (reply({"data": None}), None),
        (reply("<html>"), None),
        (reply({"data": "x"}), "it does not say which"),
        (reply({"data": [1, "x"]}), "it does not say which"),
    ],
    ids=["several", "none", "no list", "null", "html", "text", "odd"],
)
def test_a_model_that_cannot_be_known_has_to_be_named(stub: Stub, listed: Behaviour, words: str | None) -> None:
    stub.list_models = listed
    if words is None:
        record = take(stub, name="")
        assert record.errors[0].kind == "EngineUnavailable"
        return
    with pytest.raises(UsageError, match=words) as caught:
        take(stub, name="")
    assert str(caught.value.hint) == f"--model {stub.url}#NAME"


def test_an_endpoint_without_a_list_is_asked_all_the_same(stub: Stub) -> None:
    stub.behave = honouring("json_schema")
    assert take(stub).data == DATA


@pytest.mark.parametrize(
    "listed",
    [
        *map(fail, (400, 401, 403, 404, 405, 422)),
        *map(refuse, (500, 501)),
        reply("<html>", kind="text/html"),
        reply("<"),
    ],
    ids=["400", "401", "403", "404", "405", "422", "500", "501", "page", "no json"],
)
def test_a_model_that_is_named_needs_no_list(stub: Stub, listed: Behaviour) -> None:
    stub.list_models, stub.behave = listed, honouring("json_schema")
    assert take(stub).data == DATA


@pytest.mark.parametrize(
    ("name", "key", "hint"),
    [("m", "sk-x", "check the key"), ("", "sk-x", "check the key"), ("model-404", "", "no key was sent")],
)
def test_a_key_that_is_refused_ends_the_run(
    stub: Stub, monkeypatch: pytest.MonkeyPatch, name: str, key: str, hint: str
) -> None:
    monkeypatch.setenv("EXTRACT_API_KEY", key)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-openai")  # is not for this host
    stub.list_models = stub.behave = fail(401, "bad key")
    with pytest.raises(EngineDenied, match="bad key") as caught:
        take(stub, name=name)
    assert str(caught.value.hint).startswith(hint)
    assert len(stub.bodies) == bool(name)


# --- keys ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "base", "expected"),
    [
        (OPENAI, "", "sk-openai"),
        ("http://api.openai.com/v1", "", ""),
        ("https://api.openai.com.evil.example/v1", "", ""),
        ("https://other.example/v1", "", ""),
        ("https://gateway.example/v1", "https://gateway.example/v1", "sk-openai"),
        ("https://gateway.example/v2", "https://gateway.example/v1", "sk-openai"),
        ("https://gateway.example:8443/v1", "https://gateway.example/v1", ""),
        ("https://gateway.example/v1", "HTTPS://Gateway.Example:443/v1/", "sk-openai"),
        ("https://gateway.example/v1", "//gateway.example", ""),
        ("http://127.0.0.1:8000/v1", "", ""),
    ],
)
def test_openais_key_goes_to_openai_alone(monkeypatch: pytest.MonkeyPatch, url: str, base: str, expected: str) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", " sk-openai\n")
    monkeypatch.setenv("OPENAI_BASE_URL", base)
    assert key_for(url) == expected
    monkeypatch.setenv("EXTRACT_API_KEY", "sk-mine")
    assert key_for(url) == "sk-mine"


def test_what_reaches_another_host_is_no_key_of_openai(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-openai")
    stub.behave = honouring("json_schema")
    take(stub)
    assert "sk-openai" not in str(stub.seen)
    monkeypatch.setenv("EXTRACT_API_KEY", "sk-mine")
    take(stub)
    assert stub.seen[-1][1]["authorization"] == "Bearer sk-mine"


def test_a_key_file_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXTRACT_API_KEY", "sk-mine")
    file = tmp_path / "key"
    file.write_text("sk-of-the-file\n")
    file.chmod(0o600)
    assert key_for(OPENAI, file) == "sk-of-the-file"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o602, 0o601, 0o644])
def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "key"
    file.write_text("sk-x")
    file.chmod(mode)
    with pytest.raises(UsageError, match="others can read it") as caught:
        key_for(OPENAI, file)
    assert "chmod 600" in str(caught.value.hint)
    assert "sk-x" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"\n", b"one\ntwo\n", b"\xff\xfe"])
def test_a_key_file_without_one_key_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "key"
    file.write_bytes(content)
    file.chmod(0o600)
    with pytest.raises(UsageError, match="--key-file"):
        key_for(OPENAI, file)
    with pytest.raises(UsageError, match="No such file"):
        key_for(OPENAI, tmp_path / "none")


# --- budgets -------------------------------------------------------------------------------------------------


def usage(written: int) -> dict[str, int]:
    return {"prompt_tokens": 1_000, "completion_tokens": written}


def test_what_was_used_is_counted(stub: Stub) -> None:
    stub.behave = in_turn(honouring("json_schema"), reply(answer(json.dumps(DATA), usage=usage(30))))
    engine = open_engine(f"{stub.url}#m")

    async def work(session: Session) -> Session:
        await extract(TEXT, SCHEMA, session)
        return session

    session = use(engine, work)
    assert (session.account.requests, session.account.usage) == (2, Usage(1_007, 0, 33, None))
    assert session.summary == "2 requests: 1,007 tokens read, 33 written", "the proof of the mode is one of them"


@pytest.mark.parametrize(
    ("said", "written"),
    [({**answer(""), "choices": [], "usage": usage(9)}, 9), ({"error": "down", "usage": usage(9)}, 0)],
)
def test_what_was_used_for_no_answer_is_counted(stub: Stub, said: object, written: int) -> None:
    stub.behave = reply(said)

    async def work(session: Session) -> int:
        await extract(TEXT, SCHEMA, session, Options(mode="prompt"))
        return session.account.usage.output_tokens

    assert impatiently(stub, work, tries=1) == written


def test_what_an_endpoint_does_not_tell_is_estimated_and_said_so(stub: Stub) -> None:
    stub.behave = reply(answer(json.dumps(DATA), usage={}))

    async def work(session: Session) -> tuple[Extraction, str]:
        record = await extract(TEXT, SCHEMA, session, Options(mode="prompt"))
        with pytest.raises(BudgetSpent, match=r"--max-output-tokens 9: 1\d are written"):
            await extract(TEXT, SCHEMA, session, Options(mode="prompt"))
        return record, session.summary

    record, summary = use(open_engine(f"{stub.url}#m"), work, budget=Budget(output_tokens=9))
    assert record.usage.output_tokens == 0, "records have what was told"
    assert re.fullmatch(
        r"1 request: about \d+ tokens read, about 1\d written \(estimated where the engine tells no usage\)", summary
    )


def test_a_budget_of_tokens_shortens_the_last_answer_and_then_ends_the_run(stub: Stub) -> None:
    stub.behave = reply(answer("x", usage=usage(60)))
    request = Request((Message("user", "?"),), max_tokens=80, timeout=10.0)

    async def work(session: Session) -> None:
        await session.generate(request)
        await session.generate(request)
        with pytest.raises(BudgetSpent, match="--max-output-tokens 100: 120 are written"):
            await session.generate(request)

    use(open_engine(f"{stub.url}#m"), work, budget=Budget(output_tokens=100))
    assert [body["max_tokens"] for body in stub.bodies] == [80, 40]


@pytest.mark.slow
@pytest.mark.parametrize(("budget", "expected"), [(100, 10), (95, 10), (1_000, 64)])
def test_requests_under_way_never_exceed_the_budget(stub: Stub, budget: int, expected: int) -> None:
    """64 at once may write 40 tokens each and write 10: those wait that the rest might not hold."""
    under_way: list[int] = []
    most = 0

    def write(handler: Any) -> None:
        nonlocal most
        under_way.append(handler.asked["max_tokens"])
        most = max(most, sum(under_way))
        stub.stopped.wait(0.01)
        under_way.remove(handler.asked["max_tokens"])
        reply(answer("x", usage=usage(min(10, handler.asked["max_tokens"]))))(handler)

    stub.behave = write
    request = Request((Message("user", "?"),), max_tokens=40, timeout=10.0)

    async def work(session: Session) -> tuple[list[Any], int]:
        requests = (session.generate(request) for _ in range(64))
        return await asyncio.gather(*requests, return_exceptions=True), session.account.usage.output_tokens

    done, written = use(open_engine(f"{stub.url}#m"), work, budget=Budget(output_tokens=budget))
    assert most <= budget
    assert written == min(budget, 640)
    assert sum(not isinstance(answered, BudgetSpent) for answered in done) == expected


def test_a_request_that_fails_or_is_cancelled_gives_back_what_it_held(stub: Stub) -> None:
    stub.behave = in_turn(fail(400), lambda _: stub.stopped.wait(20) and None, reply(answer("x", usage=usage(5))))
    request = Request((Message("user", "?"),), max_tokens=80, timeout=10.0)

    async def work(session: Session) -> None:
        with pytest.raises(RequestRejected):
            await session.generate(request)
        slow = asyncio.ensure_future(session.generate(request))
        await until_asked(stub, 2)
        waiting = [asyncio.ensure_future(session.generate(request)) for _ in range(3)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        slow.cancel()
        assert [(await done).text for done in waiting[1:]] == ["x", "x"]

    use(open_engine(f"{stub.url}#m"), work, budget=Budget(output_tokens=80))
    assert [body["max_tokens"] for body in stub.bodies] == [80, 80, 80, 75]


def test_the_proofs_are_in_the_budget(stub: Stub) -> None:
    stub.behave = reply(answer("hello", usage=usage(9)))
    with pytest.raises(BudgetSpent, match="--max-output-tokens 9: 9 are written"):
        use(
            open_engine(f"{stub.url}#m"),
            lambda session: extract(TEXT, SCHEMA, session),
            budget=Budget(output_tokens=9),
        )
    assert [body["max_tokens"] for body in stub.bodies] == [9]


def test_a_budget_of_money_ends_the_run(stub: Stub) -> None:
    stub.behave = reply(answer("x", usage={"prompt_tokens": 1_000_000, "completion_tokens": 1_000}))
    request = Request((Message("user", "?"),), timeout=10.0)

    async def work(session: Session) -> None:
        spent = (await session.generate(request)).usage.cost
        assert spent is not None
        assert spent > 0.1
        assert f"{spent:.4f} US dollars" in session.summary
        with pytest.raises(BudgetSpent, match="--max-cost"):
            await session.generate(request)

    engine = open_engine("openai:gpt-4o-mini")
    assert isinstance(engine, RemoteEngine)
    engine.chat.transport.url = stub.url  # the price is that of the name; the answers are ours
    use(engine, work, budget=Budget(cost=0.1))
    assert len(stub.bodies) == 1
    assert "max_completion_tokens" in stub.bodies[0]


@pytest.mark.parametrize("mode", ["prompt", None])
def test_no_money_is_spent_where_none_may_be(stub: Stub, mode: Mode | None) -> None:
    engine = open_engine("openai:gpt-4o-mini")
    assert isinstance(engine, RemoteEngine)
    engine.chat.transport.url = stub.url
    with pytest.raises(BudgetSpent, match=r"--max-cost 0: 0\.0000 US dollars are spent"):
        use(engine, lambda session: extract(TEXT, SCHEMA, session, Options(mode=mode)), budget=Budget(cost=0.0))
    assert stub.bodies == []


def test_money_under_way_exceeds_the_budget_by_one_request_at_most(stub: Stub) -> None:
    under_way: list[None] = []
    most = 0

    def write(handler: Any) -> None:
        nonlocal most
        under_way.append(None)
        most = max(most, len(under_way))
        stub.stopped.wait(0.02)
        under_way.pop()
        reply(answer("x", usage=usage(1_000)))(handler)

    stub.behave = write
    request = Request((Message("user", "?"),), max_tokens=10_000, timeout=10.0)  # 0.006 dollars, and used 0.00075
    engine = open_engine("openai:gpt-4o-mini")
    assert isinstance(engine, RemoteEngine)
    engine.chat.transport.url = stub.url

    async def work(session: Session) -> float | None:
        await asyncio.gather(*(session.generate(request) for _ in range(40)), return_exceptions=True)
        return session.account.usage.cost

    spent = use(engine, work, budget=Budget(cost=0.013))
    assert most == 2
    assert 0.013 <= (spent or 0.0) < 0.013 + 0.00075


@pytest.mark.parametrize("spec", ["http://127.0.0.1:1/v1#m", "ollama:m", "openai:no-such-model-as-this"])
def test_a_budget_of_money_needs_a_price(spec: str) -> None:
    with pytest.raises(UsageError, match=r"the price of .* is not known") as caught:
        Session(open_engine(spec), Budget(cost=1.0))
    hint = str(caught.value.hint)
    assert "prices of OpenAI's own models" in hint
    assert hint.endswith("; --max-output-tokens needs none")
    assert ("pip install" in hint) == spec.startswith("openai:")


def test_what_costs_nothing_needs_no_money(tmp_path: Path) -> None:
    script = tmp_path / "script.jsonl"
    script.write_text(json.dumps({"text": json.dumps(DATA)}) + "\n")
    record = use(
        open_engine(f"replay:{script}"), lambda session: extract(TEXT, SCHEMA, session), budget=Budget(cost=0.0)
    )
    assert record.data == DATA


def test_what_runs_here_costs_nothing() -> None:
    assert cost_of("llama:smollm2-135m", Usage(9, 0, 9)) == 0.0


# --- specs ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spec", "url", "model", "name"),
    [
        ("openai:gpt-x", OPENAI, "gpt-x", "openai:gpt-x"),
        ("ollama:qwen3:8b", "http://127.0.0.1:11434/v1", "qwen3:8b", "127.0.0.1:11434/v1#qwen3:8b"),
        ("vllm:org/m", "http://127.0.0.1:8000/v1", "org/m", "127.0.0.1:8000/v1#org/m"),
        ("lmstudio:m", "http://127.0.0.1:1234/v1", "m", "127.0.0.1:1234/v1#m"),
        ("http://h:1/v1#org/m", "http://h:1/v1", "org/m", "h:1/v1#org/m"),
        ("HTTPS://H.Example:443/V1/#M/m", "https://h.example/V1", "M/m", "h.example/V1#M/m"),
        ("http://[::1]:80/v1#m#2", "http://[::1]/v1", "m#2", "[::1]/v1#m#2"),
        ("http://h:1/v1", "http://h:1/v1", "", "h:1/v1"),
    ],
)
def test_specs_of_endpoints(spec: str, url: str, model: str, name: str) -> None:
    engine = open_engine(spec)
    assert isinstance(engine, RemoteEngine)
    assert (engine.url, engine.chat.model, engine.id) == (url, model, name)


@pytest.mark.parametrize("url", ["https://api.openai.com/v1/", "HTTPS://API.OpenAI.com:443/v1", OPENAI])
def test_openai_is_openai_however_its_url_is_spelled(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-openai")
    for access, base in ((Access(base_url=url), ""), (Access(), url)):
        monkeypatch.setenv("OPENAI_BASE_URL", base)
        engine = open_engine("openai:gpt-4o", access=access)
        assert isinstance(engine, RemoteEngine)
        assert (engine.url, engine.id, key_for(engine.url)) == (OPENAI, "openai:gpt-4o", "sk-openai")
        assert cost_of(engine.id, Usage(9, 0, 9))


def test_a_base_url_is_not_for_what_runs_here_by_its_form(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.py").write_text(OWN)
    (tmp_path / "x.gguf").write_bytes(b"GGUF")
    monkeypatch.chdir(tmp_path)
    access = Access(base_url="http://h:1/v1")
    assert open_engine("mine.py:Mine", access=access).id == "mine:1"
    for spec in ("x.gguf", "./x.gguf", "hf:owner/repo/x.gguf"):
        assert isinstance(open_engine(spec, access=access), LlamaEngine)
    for spec in ("smollm2-135m", "llama3:latest", "package.module:thing"):
        engine = open_engine(spec, access=access)
        assert isinstance(engine, RemoteEngine)
        assert (engine.url, engine.chat.model) == ("http://h:1/v1", spec)


def test_two_endpoints_are_refused() -> None:
    assert open_engine("http://a:1/v1#m", access=Access(base_url="HTTP://A:1/v1/"))
    with pytest.raises(UsageError, match="--model names one endpoint, and --base-url another") as caught:
        open_engine("http://a:1/v1#m", access=Access(base_url="http://b:1/v1"))
    assert caught.value.hint == "one of them: --model m --base-url http://a:1/v1"


@pytest.mark.parametrize("url", ["", "h:1/v1", "http://h:1/v1#m", "http://h:123456/v1", "http://[h/v1", "http://h 1"])
def test_a_base_url_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="URL"):
        open_engine("m", access=Access(base_url=url))


@pytest.mark.parametrize("url", ["u:sk-leak@h/v1", "sk-leak@h", "http:u:sk-leak@h/v1", "http://u:p/sk-leak@h"])
def test_no_message_shows_the_password_of_what_was_meant_as_a_url(url: str) -> None:
    with pytest.raises(UsageError, match="a URL with a password in it") as caught:
        open_engine("m", access=Access(base_url=url))
    assert "sk-leak" not in f"{caught.value} {caught.value.hint}"


@pytest.mark.parametrize("spec", ["openai:gpt-x", "ollama:gpt-x", "gpt-x"])
def test_a_base_url_is_where_a_name_is_asked_for(spec: str) -> None:
    engine = open_engine(spec, access=Access(base_url="http://h:1/v1"))
    assert isinstance(engine, RemoteEngine)
    assert (engine.url, engine.chat.model) == ("http://h:1/v1", "gpt-x")


def test_the_base_url_of_the_environment_takes_names_but_no_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://h:1/v1")
    for spec in ("gpt-x", "openai:gpt-x"):
        engine = open_engine(spec)
        assert isinstance(engine, RemoteEngine)
        assert (engine.url, engine.chat.model) == ("http://h:1/v1", "gpt-x")
    assert isinstance(open_engine("smollm2-135m"), LlamaEngine)
    assert isinstance(open_engine("hf:owner/repo/file.gguf"), LlamaEngine)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("openai:", "names no model"),
        ("ollama:", "names no model"),
        ("http://", "is not a URL"),
        ("https:///v1#m", "is not a URL"),
        ("http://user:secret@h/v1#m", "a URL with a password in it"),
        ("http://user:secret@h:123456/v1#m", "a URL with a password in it"),
        ("http:/user:secret@h/v1#m", "a URL with a password in it"),
        ("user:secret@h/v1#m", "a password or a query in it"),
        ("no-such-model", "no-such-model"),
        ("replay:", "names no file"),
        ("mine.py", "which engine of the file"),
        ("no.such.module:engine", "no.such.module"),
        ("json:dumps_nothing", "dumps_nothing"),
        ("json:decoder", "no engine"),
        ("replay:/no/such/file.jsonl", "No such file"),
    ],
)
def test_specs_that_mean_nothing(spec: str, words: str) -> None:
    with pytest.raises(UsageError, match=words) as caught:
        open_engine(spec)
    assert caught.value.exit_code == 2
    assert "secret" not in f"{caught.value} {caught.value.hint}"


ALL_FORMS = ("gpt-4", "no.such.module:engine", "qwen3:8b", "org/model:12")


@pytest.mark.parametrize(
    ("spec", "hint"),
    [
        ("opanai:gpt-4", "did you mean openai:gpt-4?"),
        ("olama:qwen", "did you mean ollama:qwen?"),
        ("smollm-135m", "did you mean smollm2-135m? "),
        ("gpt-4", "openai:NAME, ollama:NAME, vllm:NAME, lmstudio:NAME, http://HOST:PORT/v1#NAME"),
        ("no.such.module:engine", "replay:FILE.jsonl\nan engine of your own: package.module:NAME, FILE.py:NAME"),
        ("mine.py", "mine.py:NAME"),
        ("none.py:x", "package.module:name, or file.py:name"),
        ("localhost:8080", "did you mean http://localhost:8080/v1?"),
        ("127.0.0.1:8080/v1/#m", "did you mean http://127.0.0.1:8080/v1#m?"),
        ("[::1]:80", "did you mean http://[::1]:80/v1?"),
        ("https//h.example", "did you mean https://h.example/v1?"),
        ("qwen3:8b", "openai:NAME"),
        ("org/model:12", "openai:NAME"),
    ],
)
def test_what_was_meant_is_guessed_or_all_forms_are_told(spec: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        open_engine(spec)
    assert hint in str(caught.value.hint)
    assert ("openai:NAME" in str(caught.value.hint)) == (spec in ALL_FORMS)


@pytest.mark.parametrize("spec", ["openai:m", "http://192.0.2.1/v1#m", "https://h.example/v1#m"])
def test_offline_leaves_this_machine_for_nobody(spec: str) -> None:
    with pytest.raises(UsageError, match="--offline"):
        open_engine(spec, access=Access(offline=True))


@pytest.mark.parametrize("spec", ["ollama:m", "http://localhost:1/v1#m", "http://[::1]:1/v1#m", "vllm:m"])
def test_offline_may_ask_this_machine(spec: str) -> None:
    assert isinstance(open_engine(spec, access=Access(offline=True)), RemoteEngine)


@pytest.mark.parametrize(
    ("spec", "kind", "seen"),
    [
        ("openai:x/y", "openai", None),
        ("HTTP://h/v1#x.gguf", "url", None),
        ("replay:x.jsonl", "replay", "replay:/a/x.jsonl"),
        ("replay:~/x.jsonl", "replay", "replay:/home/me/x.jsonl"),
        ("replay:", "replay", None),
        ("outlines:llamacpp:w/x.gguf", "outlines", "outlines:llamacpp:/a/w/x.gguf"),
        ("outlines:llamacpp:hf:o/r/x.gguf", "outlines", None),
        ("outlines:transformers:./dir", "outlines", "outlines:transformers:/a/./dir"),
        ("outlines:transformers:owner/name@main", "outlines", None),
        ("smollm2-135m", "weights", None),
        ("hf:o/r/x.gguf", "weights", None),
        ("w/X.GGUF", "weights", "/a/w/X.GGUF"),
        ("/w/x.gguf", "weights", "/w/x.gguf"),
        ("mine.py:X", "code", "/a/mine.py:X"),
        ("package.module:thing", "code", None),
        ("llama3:latest", "code", None),
        ("qwen3:8b", "name", None),
        ("org/model", "name", None),
        ("./weights", "name", "/a/./weights"),
    ],
)
def test_what_a_spec_names(monkeypatch: pytest.MonkeyPatch, spec: str, kind: str, seen: str | None) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    assert model_spec.kind_of(spec) == kind
    assert model_spec.anchor(spec, Path("/a")) == (seen or spec)
    assert model_spec.is_code(spec) == (kind == "code")
    assert model_spec.is_code(spec, has_base_url=True) == (spec == "mine.py:X")


def test_a_folder_of_a_model_beside_the_file_is_no_name_on_the_hub(tmp_path: Path) -> None:
    (tmp_path / "owner" / "name").mkdir(parents=True)
    assert model_spec.anchor("outlines:transformers:owner/name", tmp_path).endswith(f":{tmp_path}/owner/name")


OWN = """
class Mine:
    id = "mine:1"
    modes = ("prompt",)

    async def generate(self, request):
        from extractor.types import Completion, Usage
        return Completion('{"title": "x", "year": 1}', "stop", Usage())

class Half:
    id = "half"

    async def generate(self, request): ...

class Odd(Mine):
    modes = ("prompt", "foo")

class Modeless(Mine):
    modes = ()

class Word(Mine):
    modes = "prompt"

ready = Mine()
number = 7
def make(name="any"):
    if name == "none":
        raise SystemExit("no such model")
    if name == "void":
        import asyncio
        raise asyncio.CancelledError
    return Mine()
async def later():
    return Mine()
"""


@pytest.mark.parametrize("name", ["Mine", "ready", "make"])
def test_an_engine_of_the_users_own(tmp_path: Path, name: str) -> None:
    file = tmp_path / "mine.py"
    file.write_text(OWN)
    record = use(open_engine(f"{file}:{name}"), lambda session: extract(TEXT, SCHEMA, session))
    assert (record.data, record.engine, record.mode) == ({"title": "x", "year": 1}, "mine:1", "prompt")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Half", "it has no modes"),
        ("Odd", "unknown mode 'foo'"),
        ("Modeless", r"its modes are \(\)"),
        ("Word", "its modes are 'prompt'"),
        ("number", "no engine"),
        ("none", "'none'"),
        ("later", "later cannot be made: an engine is made without await"),
    ],
)
def test_what_is_no_engine_is_told(tmp_path: Path, name: str, words: str) -> None:
    file = tmp_path / "mine.py"
    file.write_text(OWN)
    with pytest.raises(UsageError, match=words) as caught:
        open_engine(f"{file}:{name}")
    assert caught.value.hint


@pytest.fixture
def offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installed package that offers engines."""
    entries = {"offered": "make", "ready": "ready", "number": "number", "gone": "gone", "half": "Half"}
    points = [f"{name} = offered_engines:{attribute}" for name, attribute in entries.items()]
    (tmp_path / "offered_engines.py").write_text(OWN)
    folder = tmp_path / "offered_engines-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: offered_engines\nVersion: 1.0\n")
    lines = ["[extractor.engines]", *points, "absent = no_such_module:make"]
    (folder / "entry_points.txt").write_text("\n".join(lines))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "offered_engines", raising=False)


@pytest.mark.usefixtures("offered")
@pytest.mark.parametrize("spec", ["offered", "offered:some/model:7b", "ready"])
def test_an_engine_that_a_package_offers(spec: str) -> None:
    record = use(open_engine(spec), lambda session: extract(TEXT, SCHEMA, session))
    assert (record.data, record.engine) == ({"title": "x", "year": 1}, "mine:1")


@pytest.mark.usefixtures("offered")
@pytest.mark.parametrize(
    ("spec", "words", "hint"),
    [
        ("offered:none", "offered:none cannot be made: SystemExit: no such model", "it is called with 'none'"),
        ("offered:void", "(?m)offered:void cannot be made: CancelledError$", "it is called with 'void'"),
        ("half:x", r"half:x cannot be made: TypeError: Half\(\) takes no arguments", "it is called with 'x'"),
        ("half", "half is no engine: it has no modes", "examples/engines.md"),
        ("number", "number is no engine", "examples/engines.md"),
        ("gone:x", "gone cannot be made: its entry point offered_engines:gone: AttributeError", "the package"),
        ("absent", "absent cannot be made: its entry point no_such_module:make: ModuleNotFoundError", "the package"),
    ],
)
def test_an_offered_engine_that_cannot_be_made_is_told(spec: str, words: str, hint: str) -> None:
    with pytest.raises(UsageError, match=words) as caught:
        open_engine(spec)
    assert hint in (caught.value.hint or "")


# --- replay --------------------------------------------------------------------------------------------------


def script(tmp_path: Path, *lines: object) -> str:
    file = tmp_path / "script.jsonl"
    file.write_text("".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines))
    return f"replay:{file}"


def test_a_script_is_played_in_order(tmp_path: Path) -> None:
    engine = open_engine(
        script(tmp_path, {"text": "{", "finish_reason": None}, "", {"text": DATA, "finish_reason": "stop"})
    )
    assert isinstance(engine, ReplayEngine)
    record = use(engine, lambda session: extract(TEXT, SCHEMA, session))
    assert (record.data, record.engine) == (DATA, "replay:script.jsonl")


def test_a_script_can_have_a_filter(tmp_path: Path) -> None:
    engine = open_engine(script(tmp_path, {"text": "", "finish_reason": "content_filter"}))
    record = use(engine, lambda session: extract(TEXT, SCHEMA, session))
    assert [problem.message for problem in record.errors] == ["a content filter of the server stopped the answer"]


def test_a_script_that_is_too_short_ends_the_run(tmp_path: Path) -> None:
    engine = open_engine(script(tmp_path, {"text": "nonsense"}))
    with pytest.raises(EngineError, match="has 1 answers, and one more was asked for"):
        use(engine, lambda session: extract(TEXT, SCHEMA, session))


@pytest.mark.parametrize(
    ("line", "words"),
    [("{", "not JSON"), ("[]", 'no "text"'), ('{"txt": ""}', 'no "text"'), ('{"text": "", "a": 1}', "unknown 'a'"),
     ('{"text": "", "finish_reason": ""}', "finish_reason ''"), ('{"text": "", "finish_reason": 0}', "finish_reason 0"),
     ('{"text": "", "finish_reason": false}', "finish_reason False"),
     ('{"text": "", "finish_reason": "done"}', "'done'"), ('{"text": "", "finish_reason": ["stop"]}', "finish_reason"),
     ("[" * 100_000, "not JSON")],
    ids=lambda value: value[:24],
)  # fmt: skip
def test_a_script_with_a_fault_names_its_line(tmp_path: Path, line: str, words: str) -> None:
    with pytest.raises(UsageError, match=words) as caught:
        open_engine(script(tmp_path, {"text": ""}, line))
    assert "script.jsonl:2" in str(caught.value)


def test_a_script_is_traced_by_the_session(tmp_path: Path) -> None:
    engine = open_engine(script(tmp_path, {"text": DATA}))
    use(engine, lambda session: extract(TEXT, SCHEMA, session), trace=Trace(tmp_path / "trace"))
    (file,) = (tmp_path / "trace").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    entry = json.loads(file.read_text())
    assert json.loads(entry["reply"]) == DATA
    assert "harbour bridge" in json.dumps(entry["request"])


def test_what_an_own_engine_thought_and_where_it_failed_is_traced(tmp_path: Path) -> None:
    thought = Completion(json.dumps(DATA), "stop", Usage(), "Hm.")
    for generate in (giving(thought), boom):
        own = kept(Faulty(generate=generate))
        use(own, lambda session: extract(TEXT, SCHEMA, session), trace=Trace(tmp_path))
    first, second = (json.loads(path.read_text()) for path in sorted(tmp_path.iterdir()))
    assert (json.loads(first["reply"]), first["thoughts"], first["finish"]) == (DATA, "Hm.", "stop")
    assert (second["reply"], second["fault"]) == ("", BOOM)


def test_what_an_own_engine_tells_of_tokens_is_traced(tmp_path: Path) -> None:
    chat, texts = (Message("assistant", "I say "),), [Continuation("a", '"')]
    with_all = kept(Faulty(likelihoods=giving([-1.0]), likeliest=giving([Likely("a", -1.0)])))
    use(with_all, lambda session: session.likelihoods(chat, texts), trace=Trace(tmp_path))
    use(with_all, lambda session: session.likeliest(chat, None, '"', 3), trace=Trace(tmp_path))
    with pytest.raises(EngineUnavailable):
        use(kept(Faulty(likelihoods=boom)), lambda session: session.likelihoods(chat, texts), trace=Trace(tmp_path))
    scored, likely, failed = (json.loads(path.read_text()) for path in sorted(tmp_path.iterdir()))
    assert (scored["reply"], scored["texts"]) == ("[-1.0]", [{"text": "a", "ends": '"'}])
    assert scored["request"]["messages"][0]["content"] == "I say "
    assert (likely["ends"], likely["count"]) == ('"', 3)
    assert (failed["reply"], failed["fault"]) == ("", BOOM)


class Faulty:
    """An engine of a user's, of which a member does what a test says."""

    id, modes = "mine", ("prompt",)

    def __init__(self, **members: Any) -> None:
        vars(self).update(members)

    async def generate(self, request: Request) -> Any:
        return Completion(json.dumps(DATA), "stop", Usage())


async def boom(*_: object) -> Any:
    raise ValueError("boom")


async def hang(*_: object) -> Any:
    await asyncio.sleep(60)


def raising(fault: type[BaseException]) -> Callable[..., Any]:
    async def fail(*_: object) -> Any:
        raise fault

    return fail


def giving(value: Any) -> Callable[..., Any]:
    async def give(*_: object) -> Any:
        return value

    return give


BOOM = "mine itself failed: ValueError: boom"


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"generate": boom}, BOOM),
        ({"generate": giving(None)}, "mine gave a NoneType for a Completion"),
        ({"generate": raising(KeyError)}, "mine itself failed: KeyError$"),
        ({"generate": raising(asyncio.CancelledError)}, "mine itself failed: CancelledError$"),
        ({"generate": raising(SystemExit)}, "mine itself failed: SystemExit$"),
        ({"generate": raising(BaseException)}, "mine itself failed: BaseException$"),
        ({"generate": lambda _: 7}, "mine: generate is no coroutine: write `async def generate`"),
        ({"honoured": lambda: ("prompt",)}, "mine: honoured is no coroutine: write `async def honoured`"),
        ({"generate": hang}, "mine: no answer within 0.2 s"),
        ({"generate": giving(Completion(None, "stop", Usage()))}, "mine gave a Completion with text None"),  # type: ignore[arg-type]
        ({"generate": giving(Completion("", "weird", Usage()))}, "mine gave a Completion with finish_reason 'weird'"),  # type: ignore[arg-type]
        ({"generate": giving(Completion("", "stop", None))}, "mine gave a Completion with usage None"),  # type: ignore[arg-type]
        ({"generate": giving(Completion("", "stop", Usage("7")))}, "mine gave a Completion with usage Usage"),  # type: ignore[arg-type]
        *[
            (
                {"generate": giving(Completion("", "stop", Usage(), tokens=tokens))},
                "mine gave a Completion with tokens ",
            )  # type: ignore[arg-type]
            for tokens in (
                None,
                "x",
                (None,),
                (Token(None, {}),),  # type: ignore[arg-type]
                (Token("x", None),),  # type: ignore[arg-type]
                (Token("x", ["x"]),),  # type: ignore[arg-type]
                (Token("x", {1: -1.0}),),  # type: ignore[dict-item]
                (Token("x", {"x": "-1"}),),  # type: ignore[dict-item]
                (Token("x", {"x": 1_000.0}),),
                (Token("x", {"x": math.nan}),),
                (Token("x", {"x": -(10**400)}),),
            )
        ],
        ({"stream": boom}, BOOM),
        ({"stream": giving(None)}, "mine gave a NoneType for a Completion"),
        ({"stream": hang}, "mine: no answer within 0.2 s"),
        ({"honoured": boom}, BOOM),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else value[:30],
)
def test_a_fault_of_an_own_engine_is_one_of_its_document(members: dict[str, Any], words: str) -> None:
    options = Options(timeout=0.2, on_partial=lambda _: None)
    record = use(kept(Faulty(**members)), lambda session: extract(TEXT, SCHEMA, session, options))
    (problem,) = record.errors
    assert problem.kind == "EngineUnavailable"
    assert re.match(words, problem.message)


@pytest.mark.parametrize(
    ("members", "work", "words"),
    [
        ({"count_tokens": boom}, lambda session: session.count_tokens(()), BOOM),
        ({"count_tokens": giving("7")}, lambda session: session.count_tokens(()), "mine counted '7' tokens"),
        ({"honoured": giving(("odd",))}, lambda session: session.honoured(), "mine: unknown mode 'odd'"),
        *[
            (
                {"likeliest": giving([one])},
                lambda session: session.likeliest((), None, "", 1),
                "mine: its likeliest texts are",
            )
            for one in ("x", Likely(None, -1.0), Likely("x", None), Likely("x", math.nan))  # type: ignore[arg-type]
        ],
        ({"slots": 0}, lambda session: giving(session.slots)(), "mine: its slots are 0"),
        (
            {"disown": lambda: None},
            lambda session: giving(session.disown("tools", ""))(),
            "mine itself failed: TypeError",
        ),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_what_an_own_engine_has_beside_is_guarded_too(members: dict[str, Any], work: Any, words: str) -> None:
    with pytest.raises(ExtractError, match=words):
        asyncio.run(work(Session(kept(Faulty(**members)))))


def test_a_cancelled_task_of_an_own_engine_is_cancelled() -> None:
    async def cancelled() -> bool:
        task = asyncio.ensure_future(extract(TEXT, SCHEMA, kept(Faulty(generate=hang))))
        await asyncio.sleep(0.1)
        task.cancel()
        return isinstance((await asyncio.gather(task, return_exceptions=True))[0], asyncio.CancelledError)

    assert asyncio.run(cancelled())


def test_a_property_of_an_own_engine_that_fails_is_told() -> None:
    class Odd(Faulty):
        @property
        def slots(self) -> int:
            raise ValueError("boom")

    with pytest.raises(EngineUnavailable, match=BOOM):
        _ = Session(kept(Odd())).slots


@pytest.mark.parametrize(
    ("aclose", "note"),
    [
        (boom, BOOM),
        (raising(SystemExit), "mine itself failed: SystemExit"),
        (lambda: None, "mine: aclose is no coroutine: write `async def aclose`"),
    ],
)
def test_what_goes_wrong_at_the_end_of_an_own_engine_is_a_note(aclose: Any, note: str) -> None:
    notes: list[str] = []
    asyncio.run(Session(kept(Faulty(aclose=aclose), on_note=notes.append)).aclose())
    assert notes == [f"while it was closed: {note}"]


def test_only_the_engines_of_this_package_are_taken_at_their_word(tmp_path: Path) -> None:
    class Mine(ReplayEngine):
        async def generate(self, request: Request) -> Completion:
            raise ZeroDivisionError

    path = Path(script(tmp_path, {"text": DATA}).removeprefix("replay:"))
    assert isinstance(kept(ReplayEngine(path)), ReplayEngine)
    record = use(kept(Mine(path)), lambda session: extract(TEXT, SCHEMA, session))
    assert [problem.message for problem in record.errors] == ["replay:script.jsonl itself failed: ZeroDivisionError"]


def test_a_url_with_a_query_is_refused() -> None:
    with pytest.raises(UsageError, match="query") as caught:
        open_engine("http://127.0.0.1:9/v1?key=hidden#m")
    assert "hidden" not in str(caught.value)


def test_a_key_of_two_lines_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXTRACT_API_KEY", "secret\nkey")
    with pytest.raises(UsageError) as caught:
        open_engine("http://127.0.0.1:9/v1#m")
    assert "secret" not in str(caught.value)
