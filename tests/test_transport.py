"""One layer of retries, and what may not happen on the way: endpoints that fail, hang, redirect, flood and lie."""

from __future__ import annotations

import asyncio
import email.utils
import gzip
import html
import json
import os
import socket
import struct
import time
import tracemalloc
from collections.abc import Callable, Coroutine
from dataclasses import replace
from functools import cache
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, TypeVar

import pytest
from server import Behaviour, Stub, answer, by_body, delta, fail, in_turn, reply, stream, wait

from extractor.engines.endpoint.chat import ChatEngine
from extractor.engines.endpoint.transport import Patience
from extractor.engines.trace import Trace
from extractor.errors import EngineDenied, EngineError, EngineUnavailable, ExtractError, ModeRejected, RequestRejected
from extractor.types import Completion, Message, Request

T = TypeVar("T")

KEY = "sk-never-show-this-0123456789"
HELLO = Request((Message("user", "Hello?"),), max_tokens=20, timeout=10.0)
AT_ONCE = {"retry_after_ms": "1"}
TOOL = Request(HELLO.messages, "tools", None, {"type": "object"}, name="record", timeout=10.0)


def run(url: str, work: Callable[[ChatEngine], Coroutine[Any, Any, T]], patience: Patience, trace: Path | None) -> T:
    async def main() -> T:
        engine = ChatEngine(url, KEY, "m", patience=patience, trace=Trace(trace) if trace else None)
        try:
            return await asyncio.wait_for(work(engine), 30)
        finally:
            await engine.aclose()

    return asyncio.run(main())


def ask(stub: Stub, tries: int = 4, request: Request = HELLO, trace: Path | None = None, **patience: Any) -> Completion:
    return run(stub.url, lambda engine: engine.generate(request), Patience(tries, **patience), trace)


def fault(stub: Stub, tries: int = 4, request: Request = HELLO, **patience: Any) -> ExtractError:
    """The error of a request that must fail; it shows no key, wherever it came from."""
    with pytest.raises(ExtractError) as caught:
        ask(stub, tries, request, **patience)
    error = caught.value
    assert KEY not in f"{error} {error.hint}"
    while error is not None:
        assert KEY not in repr(error)
        error = error.__cause__ or error.__context__  # type: ignore[assignment]
    return caught.value


def show(
    stub: Stub, request: Request = HELLO, trace: Path | None = None, **patience: Any
) -> tuple[list[str], Completion]:
    """What a streamed answer looked like on the way, and the answer."""
    seen: list[str] = []
    return seen, run(stub.url, lambda engine: engine.stream(request, seen.append), Patience(**patience), trace)


def broken(stub: Stub, **patience: Any) -> ExtractError:
    with pytest.raises(ExtractError) as caught:
        show(stub, **patience)
    assert KEY not in str(caught.value)
    return caught.value


def waits(stub: Stub) -> list[float]:
    return [later - earlier for earlier, later in zip(stub.times, stub.times[1:], strict=False)]


# --- Retry-After ---------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("headers", "at_least", "at_most"),
    [
        ({"retry_after": "1"}, 1.0, 2.0),
        ({"retry_after": "0.3"}, 0.3, 0.9),
        ({"retry_after": "0"}, 0.0, 0.5),
        ({"retry_after_ms": "300"}, 0.3, 0.9),
        ({"retry_after_ms": "300", "retry_after": "20"}, 0.3, 0.9),
        ({"retry_after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0, 0.5),
    ],
    ids=str,
)
@pytest.mark.parametrize("status", [429, 503])
def test_the_server_says_when_to_come_back(
    stub: Stub, status: int, headers: dict[str, str], at_least: float, at_most: float
) -> None:
    stub.behave = in_turn(wait(status, **headers), reply(answer("hi")))
    assert ask(stub).text == "hi"
    (waited,) = waits(stub)
    assert at_least <= waited < at_most


@pytest.mark.slow
def test_the_server_names_the_time_to_come_back_at(stub: Stub) -> None:
    at = int(time.time()) + 3  # whole seconds, as HTTP dates are
    stub.behave = in_turn(wait(retry_after=email.utils.formatdate(at, usegmt=True)), reply(answer("hi")))
    assert ask(stub).text == "hi"
    assert at <= time.time() < at + 1.5


NONSENSE = [
    "soon", "-5", "1.2.3", "nan", "²", "120 seconds", "2026-11-24T00:00:00Z", "Wed, 99 Oct 2015 07:28:00 GMT",
    "Wed, 21 Oct 99999999999999999999 07:28:00 GMT", "1 Jan 20 1:1:1 +99999999999999999",
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", ["retry-after", "retry-after-ms"])
def test_nonsense_is_a_wait_of_the_usual_length_or_none(stub: Stub, name: str) -> None:
    told: set[str] = set()

    def behave(handler: Any) -> None:
        asked = handler.asked["messages"][0]["content"]
        if asked in told:
            reply(answer(asked))(handler)
            return
        told.add(asked)
        handler.wfile.write(f"HTTP/1.1 429 x\r\n{name}: {asked}\r\ncontent-length: 2\r\n\r\n{{}}".encode())

    async def work(engine: ChatEngine) -> list[Completion]:
        requests = [Request((Message("user", asked),), timeout=10.0) for asked in NONSENSE]
        return await asyncio.gather(*map(engine.generate, requests))

    stub.behave = behave
    assert [done.text for done in run(stub.url, work, Patience(2), None)] == NONSENSE
    assert stub.times[-1] - stub.times[0] < 3


@pytest.mark.parametrize("asked", ["60", "9" * 400, "Fri, 31 Dec 9999 23:59:59 GMT"], ids=lambda asked: asked[:8])
def test_a_wait_beyond_the_time_for_all_tries_ends_them_at_once(stub: Stub, asked: str) -> None:
    stub.behave = wait(retry_after=asked)
    started = time.monotonic()
    error = fault(stub, total=5.0)
    assert time.monotonic() - started < 3
    assert type(error) is EngineUnavailable
    assert len(stub.seen) == 1
    assert "--total-timeout" in f"{error} {error.hint}"
    assert asked != "60" or "60 s" in str(error)


# --- what is tried again, and how often ----------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 504, 529])
def test_what_may_pass_is_tried_again(stub: Stub, status: int) -> None:
    stub.behave = in_turn(wait(status, **AT_ONCE), wait(status, **AT_ONCE), reply(answer("hi")))
    assert ask(stub).text == "hi"
    assert len(stub.seen) == 3
    assert stub.bodies[0] == stub.bodies[2]


def test_what_does_not_pass_is_given_up_and_says_how_often_it_was_tried(stub: Stub) -> None:
    stub.behave = wait(503, **AT_ONCE)
    error = fault(stub, tries=3)
    assert type(error) is EngineUnavailable
    assert len(stub.seen) == 3
    assert "3 tries" in str(error)
    assert "HTTP 503: too many requests" in str(error)


@pytest.mark.slow
def test_waits_grow(stub: Stub) -> None:
    stub.behave = in_turn(fail(500), fail(500), reply(answer("hi")))
    ask(stub)
    first, second = waits(stub)
    assert 0.5 <= first < second < 2.5


def test_the_time_for_all_tries_ends_the_try_that_is_under_way(stub: Stub) -> None:
    stub.behave = in_turn(wait(503, **AT_ONCE), lambda _: stub.stopped.wait(20) and None)
    started = time.monotonic()
    error = fault(stub, total=1.0)
    assert time.monotonic() - started < 3
    assert "no answer within 1 s (2 tries in 1 s)" in str(error), "of the total, not of what was left of it"
    assert "--total-timeout" in str(error.hint)


@pytest.mark.parametrize("status", [401, 402, 403, 404, 405, 410])
def test_a_denial_is_final(stub: Stub, status: int) -> None:
    stub.behave = fail(status)
    error = fault(stub)
    assert type(error) is EngineDenied
    assert sum("messages" in body for body in stub.bodies) == 1
    assert error.hint


@pytest.mark.parametrize(
    "error", [{"code": "insufficient_quota"}, {"type": "insufficient_quota", "code": None}], ids=str
)
def test_a_quota_that_is_used_up_is_final(stub: Stub, error: dict[str, Any]) -> None:
    stub.behave = fail(429, "You exceeded your current quota", **error)
    told = fault(stub)
    assert type(told) is EngineDenied
    assert len(stub.seen) == 1
    assert "account" in str(told.hint)


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_request_that_is_refused_is_refused_once(stub: Stub, status: int) -> None:
    stub.behave = fail(status)
    assert type(fault(stub)) is RequestRejected
    assert len(stub.seen) == 1


@pytest.mark.parametrize("word", ["response_format", "json_schema", "tools", "grammar", "guided_json"])
def test_a_way_to_ask_that_is_refused_is_told_apart(stub: Stub, word: str) -> None:
    stub.behave = fail(400, f"Unknown field: {word}")
    error = fault(stub, request=TOOL)
    assert type(error) is ModeRejected
    assert "--mode" in str(error.hint)
    plain = fault(stub)
    assert (type(plain), plain.hint) == (RequestRejected, None), "nothing special was asked for"


def test_where_nobody_listens_there_is_no_second_try(stub: Stub) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        stub.url = f"http://127.0.0.1:{closed.getsockname()[1]}/v1"
    started = time.monotonic()
    error = fault(stub, tries=6)
    assert type(error) is EngineUnavailable
    assert f"no connection to {stub.url}" in str(error)
    assert "running" in str(error.hint)
    assert time.monotonic() - started < 2


def test_a_server_that_went_away_is_waited_for(stub: Stub) -> None:
    stub.behave = reply(answer("hi"), connection="close")

    async def twice(engine: ChatEngine) -> str:
        await engine.generate(HELLO)
        await asyncio.to_thread(stub.close)
        with pytest.raises(EngineUnavailable) as caught:
            await engine.generate(HELLO)
        return str(caught.value)

    told = run(stub.url, twice, Patience(2), None)
    assert "no connection to" in told
    assert "2 tries" in told


# --- the connection ------------------------------------------------------------------------------------------


def half(length: int) -> Behaviour:
    """The start of an answer of a stated length, then nothing more."""

    def behave(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("content-type", "application/json")
        handler.send_header("content-length", str(length))
        handler.end_headers()
        handler.wfile.write(json.dumps(answer("hi")).encode())
        handler.wfile.flush()
        handler.close_connection = True

    return behave


def reset(handler: BaseHTTPRequestHandler) -> None:
    """Half of an answer, then a TCP reset."""
    half(9_999)(handler)
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    os.close(handler.connection.detach())


@pytest.mark.slow
@pytest.mark.parametrize("broken", [reset, half(9_999), half(20)], ids=["reset", "too short", "too long"])
def test_an_answer_that_breaks_off_is_asked_for_again(stub: Stub, broken: Behaviour) -> None:
    stub.behave = in_turn(broken, reply(answer("hi")))
    assert ask(stub).text == "hi"
    assert len(stub.seen) == 2


def test_a_dripping_answer_is_given_up_as_one_try(stub: Stub) -> None:
    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 999\r\n\r\n")
        while not stub.stopped.wait(0.1):
            handler.wfile.write(b" ")

    stub.behave = in_turn(drip, reply(answer("hi")))
    assert ask(stub, request=Request(HELLO.messages, timeout=0.7), total=9.0).text == "hi"
    assert 0.7 <= waits(stub)[0] < 3


# --- answers that are none -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "behaviour",
    [
        reply("<html>Welcome to the hotel WLAN</html>", kind="text/html"),
        reply({**answer("hi"), "choices": None}),
        reply({"choices": [{"message": None}]}),
        reply({"object": "list"}),
    ],
    ids=["html", "no choices", "no message", "something else"],
)
def test_what_is_no_answer_ends_with_an_error_that_says_so(stub: Stub, behaviour: Behaviour) -> None:
    stub.behave = behaviour
    error = fault(stub, tries=1)
    assert isinstance(error, EngineUnavailable)
    assert "not an answer of a chat API" in str(error)


@pytest.mark.slow
@pytest.mark.parametrize("is_streamed", [False, True])
@pytest.mark.parametrize(
    ("nothing", "words"),
    [
        (reply("<html>Welcome</html>", kind="text/html"), "not an answer of a chat API"),
        (reply('{"choices": [{"mess'), "cannot be read"),
        (reply({"choices": []}), "the server sent no choice"),
    ],
    ids=["html", "broken", "empty"],
)
def test_what_is_no_answer_is_asked_for_once_more(
    stub: Stub, nothing: Behaviour, words: str, *, is_streamed: bool
) -> None:
    async def ask_twice(engine: ChatEngine) -> None:
        request = (lambda: engine.stream(HELLO, lambda _: None)) if is_streamed else (lambda: engine.generate(HELLO))
        assert (await request()).text == "hi"
        stub.behave = nothing
        with pytest.raises(EngineUnavailable, match=words):
            await request()

    stub.behave = in_turn(nothing, reply(answer("hi")))
    run(stub.url, ask_twice, Patience(6), None)
    assert len(stub.bodies) == 4


def test_an_error_in_an_answer_that_claims_success_is_told(stub: Stub) -> None:
    stub.behave = reply({"error": {"message": f"the upstream is down, {KEY}", "code": 502}})
    assert "the upstream is down" in str(fault(stub, tries=1))


@pytest.mark.parametrize("status", [200, 400, 401, 500])
def test_half_of_a_surrogate_pair_in_an_error_can_be_shown(stub: Stub, status: int) -> None:
    stub.behave = fail(status, "It is \ud83d.")
    error = fault(stub, tries=1)
    assert str(error).encode().decode().endswith("It is \ufffd.")


@pytest.mark.parametrize(
    ("message", "expected", "reason"),
    [
        (answer(None), "", "stop"),
        (answer(None, refusal="I would rather not."), "I would rather not.", "refusal"),
        (answer("", "content_filter"), "", "content_filter"),
        (answer('{"a"', "length"), '{"a"', "length"),
    ],
    ids=["null", "refusal", "filter", "length"],
)
def test_an_answer_without_content(stub: Stub, message: Any, expected: str, reason: str) -> None:
    stub.behave = reply(message)
    done = ask(stub)
    assert (done.text, done.finish_reason) == (expected, reason)


def endless(stub: Stub, part: bytes, *headers: str) -> Behaviour:
    def behave(handler: BaseHTTPRequestHandler) -> None:
        lines = ("HTTP/1.1 200 OK", "content-type: application/json", "connection: close", *headers)
        handler.wfile.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        while not stub.stopped.is_set():
            handler.wfile.write(part)

    return behave


def test_an_endless_answer_is_stopped(stub: Stub) -> None:
    stub.behave = endless(stub, b" " * 65_536)
    error = fault(stub, most_bytes=1_000_000)
    assert type(error) is RequestRejected
    assert "longer than 1,000,000 bytes" in str(error)
    assert len(stub.seen) == 1, "the next one would be no shorter"


def test_an_endless_stream_is_stopped(stub: Stub) -> None:
    event = b"data: " + json.dumps(delta(content="a" * 4_000)).encode() + b"\n\n"
    stub.behave = endless(stub, event)
    error = broken(stub, most_bytes=1_000_000)
    assert "longer than" in str(error)


@cache
def bomb() -> bytes:
    """100 MB of blanks in 0.1 MB."""
    return gzip.compress(b" " * 100_000_000, 9)


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "deflate", "br", "zstd", "gzip, gzip"])
def test_a_small_answer_that_unpacks_to_a_huge_one_is_stopped(stub: Stub, encoding: str) -> None:
    stub.behave = reply(bomb(), content_encoding=encoding)
    tracemalloc.start()
    try:
        error = fault(stub, most_bytes=5_000_000)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert isinstance(error, EngineError)
    assert peak < 40_000_000
    assert len(stub.seen) == 1


def test_a_packed_answer_within_the_limit_is_read(stub: Stub, tmp_path: Path) -> None:
    stub.behave = reply(gzip.compress(json.dumps(answer("packed")).encode()), content_encoding="gzip")
    assert ask(stub, trace=tmp_path).text == "packed"
    (file,) = tmp_path.iterdir()
    assert json.loads(json.loads(file.read_text())["reply"]) == answer("packed")


# --- redirects -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_neither_key_nor_text_follows_a_redirect(stub: Stub, status: int) -> None:
    other = Stub()
    try:
        stub.behave = reply({}, status, location=f"{other.url}/chat/completions?token={KEY}")
        error = fault(stub)
        assert type(error) is EngineDenied
        assert f"{other.url}/chat/completions" in str(error)
        assert "redirect" in str(error.hint)
        assert len(stub.seen) == 1
        assert other.seen == []
    finally:
        other.close()


def test_a_redirect_to_what_is_no_url_is_told(stub: Stub) -> None:
    stub.behave = reply({}, 302, location="http://[")
    error = fault(stub)
    assert type(error) is EngineDenied
    assert "HTTP 302: moved to what is no URL" in str(error)


# --- parameters that are not taken ---------------------------------------------------------------------------


def picky(*parameters: str, code: str = "unsupported_value") -> Behaviour:
    """A model that does not take some parameters."""

    def behave(handler: Any) -> None:
        time.sleep(0.1)  # so that several are under way at once
        found = next((name for name in parameters if name in handler.asked), None)
        refusal = fail(400, f"Unsupported value: {found}", param=found, code=code)
        (
            refusal
            if found
            else stream([delta("stop", content="hi")])
            if "stream" in handler.asked
            else reply(answer("hi"))
        )(handler)

    return behave


def test_a_parameter_that_is_not_taken_is_left_out(stub: Stub) -> None:
    stub.behave = picky("temperature", "seed")
    request = Request(HELLO.messages, temperature=0.0, seed=3, timeout=10.0)

    async def twice(engine: ChatEngine) -> None:
        assert (await engine.generate(request)).text == "hi"
        assert (await engine.generate(request)).text == "hi"

    run(stub.url, twice, Patience(), None)
    sent = [body.keys() & {"temperature", "seed"} for body in stub.bodies]
    assert sent == [{"temperature", "seed"}, {"seed"}, set(), set()]


def test_several_requests_at_once_learn_it_together(stub: Stub) -> None:
    stub.behave = picky("temperature")

    async def many(engine: ChatEngine) -> list[Completion]:
        return await asyncio.gather(*(engine.generate(HELLO) for _ in range(8)))

    assert [done.text for done in run(stub.url, many, Patience(), None)] == ["hi"] * 8


def test_a_streamed_request_learns_it_too(stub: Stub) -> None:
    stub.behave = picky("temperature")
    assert show(stub) == (["hi"], Completion("hi", "stop", show(stub)[1].usage))


def test_what_an_answer_needs_is_not_left_out(stub: Stub) -> None:
    stub.behave = picky("messages")
    assert type(fault(stub)) is RequestRejected
    assert len(stub.seen) == 1


def test_a_value_that_is_only_wrong_is_told(stub: Stub) -> None:
    stub.behave = picky("temperature", code="invalid_value")
    assert type(fault(stub)) is RequestRejected
    assert len(stub.seen) == 1


GATEWAY = "litellm.BadRequestError: Unsupported parameter: '{}' is not supported with this model."
LIMITS = {"max_tokens", "max_completion_tokens"}


def gateway(*refused: str) -> Behaviour:
    """In front of models that do not take some parameters: only its words say which."""
    plain = reply(answer("hi"))

    def choose(body: dict[str, Any]) -> Behaviour:
        found = next((name for name in refused if name in body), None)
        return fail(400, GATEWAY.format(found), param=None, code="400") if found else plain

    return by_body(choose)


@pytest.mark.parametrize("refused", sorted(LIMITS))
@pytest.mark.parametrize("server", ["openai", "other"])
def test_a_limit_that_has_another_name_is_sent_by_that(stub: Stub, refused: str, server: Any) -> None:
    stub.behave = gateway(refused, "temperature")

    async def twice(engine: ChatEngine) -> None:
        engine.server = server
        await engine.generate(HELLO)
        await engine.generate(HELLO)

    run(stub.url, twice, Patience(), None)
    (other,) = LIMITS - {refused}
    last = stub.bodies[-1]
    assert (last[other], last.keys() & {refused, "temperature"}) == (20, set())
    is_refused_first = (server == "openai") == (refused == "max_completion_tokens")
    assert len(stub.bodies) == 3 + is_refused_first, "it is asked once for each, and remembered"


def test_a_limit_of_no_name_is_an_error(stub: Stub) -> None:
    stub.behave = gateway(*LIMITS)
    assert type(fault(stub)) is RequestRejected
    assert len(stub.bodies) == 2


# --- tool calls and thoughts ---------------------------------------------------------------------------------


def call(name: str, arguments: object) -> dict[str, Any]:
    return {"id": "1", "type": "function", "function": {"name": name, "arguments": arguments}}


@pytest.mark.parametrize(
    ("message", "expected", "note"),
    [
        ({"tool_calls": [call("record", '{"a": 1}')]}, '{"a": 1}', None),
        ({"tool_calls": [call("record", {"a": "é"})]}, '{"a": "é"}', None),
        ({"tool_calls": [call("record", '{"a": 1}'), call("record", {"a": 2})]}, '{"a": 1}\n{"a": 2}', "2 times"),
        ({"tool_calls": [call("other", "{}"), call("record", '{"a": 1}')]}, '{"a": 1}', "'other'"),
        ({"tool_calls": [call("other", "{}")]}, "", "'other'"),
        ({"tool_calls": []}, "", None),
        ({"tool_calls": None, "content": '{"a": 1}'}, '{"a": 1}', "in text instead of calling"),
        ({"function_call": {"name": "record", "arguments": '{"a": 1}'}}, '{"a": 1}', None),
    ],
    ids=["one", "object", "two", "another too", "only another", "none", "text", "legacy"],
)
def test_calls_of_the_tool(stub: Stub, message: dict[str, Any], expected: str, note: str | None) -> None:
    stub.behave = reply(answer(**{"content": None, "finish": "tool_calls", **message}))
    done = ask(stub, request=TOOL)
    assert (done.text, done.finish_reason) == (expected, "stop")
    assert (note in "; ".join(done.notes)) if note else not done.notes


@pytest.mark.parametrize(
    "calls", ["x", [None], [{}], [{"function": None}], [{"function": {"name": "record"}}]], ids=str
)
def test_calls_of_a_wrong_shape_are_no_traceback(stub: Stub, calls: object) -> None:
    stub.behave = reply(answer(None, tool_calls=calls))
    assert isinstance(fault(stub, tries=1, request=TOOL), EngineUnavailable)


@pytest.mark.parametrize(
    ("message", "thoughts", "text"),
    [
        (answer("<think>Hm.</think>\n{}"), "Hm.", "{}"),
        (answer("\n<think>\nHm.\n</think>{}"), "Hm.", "{}"),
        (answer("Hm.</think>{}"), "Hm.", "{}"),
        (answer("<think>Hm. And so on", "length"), "Hm. And so on", ""),
        (answer("{}", reasoning_content="Hm."), "Hm.", "{}"),
        (answer("{}", reasoning="Hm."), "Hm.", "{}"),
        (answer("{}", reasoning_content=None), "", "{}"),
        (answer('{"a": "</think>"}'), "", '{"a": "</think>"}'),
    ],
    ids=["tag", "tag on lines", "end only", "no end", "beside", "openrouter", "none", "in a value"],
)
def test_thoughts_are_kept_apart(stub: Stub, message: Any, thoughts: str, text: str) -> None:
    stub.behave = reply(message)
    done = ask(stub)
    assert (done.thoughts, done.text) == (thoughts, text)


# --- streams -------------------------------------------------------------------------------------------------

USAGE = {"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 3}}


def test_a_stream_grows_to_the_answer(stub: Stub) -> None:
    parts = [delta(role="assistant", content=""), delta(content='{"a"'), delta(content=": 1}"), delta("stop"), USAGE]
    stub.behave = stream([*parts, "[DONE]"])
    seen, done = show(stub)
    assert seen == ['{"a"', '{"a": 1}']
    assert (done.text, done.finish_reason) == ('{"a": 1}', "stop")
    assert (done.usage.input_tokens, done.usage.output_tokens) == (7, 3)
    assert stub.bodies[0]["stream"] is True


def test_a_stream_tells_how_likely_its_tokens_are(stub: Stub) -> None:
    def piece(token: str, other: str) -> dict[str, Any]:
        told = {"token": token, "logprob": -0.5, "top_logprobs": [{"token": other, "logprob": -1.5}]}
        event = delta(content=token)
        return {"choices": [{**event["choices"][0], "logprobs": {"content": [told]}}]}

    stub.behave = stream([piece("a", "b"), piece("c", "d"), delta("stop")])
    _, done = show(stub, replace(HELLO, alternatives=2))
    assert [(one.text, one.likeliest) for one in done.tokens] == [
        ("a", {"a": -0.5, "b": -1.5}),
        ("c", {"c": -0.5, "d": -1.5}),
    ]


def test_what_follows_a_stream_has_a_connection_of_its_own(stub: Stub) -> None:
    """Servers that end a connection behind a stream do so when they like, as when the next request is on its way."""
    callers = []

    def behave(handler: BaseHTTPRequestHandler) -> None:
        callers.append(handler.client_address)
        is_streamed = handler.asked.get("stream")  # type: ignore[attr-defined]
        (stream([delta("stop", content="hi"), "[DONE]"]) if is_streamed else reply(answer("hi")))(handler)

    async def work(engine: ChatEngine) -> None:
        await engine.generate(HELLO)
        await engine.stream(HELLO, lambda _: None)
        await engine.generate(HELLO)
        await engine.generate(HELLO)

    stub.behave = behave
    run(stub.url, work, Patience(), None)
    assert callers[0] == callers[1] != callers[2] == callers[3]


def test_a_call_of_a_tool_is_streamed_in_pieces(stub: Stub) -> None:
    def piece(**function: str) -> dict[str, Any]:
        return delta(tool_calls=[{"index": 0, "function": function}])

    stub.behave = stream(
        [piece(name="record", arguments=""), piece(arguments='{"a"'), piece(arguments=": 1}"), delta("tool_calls")]
    )
    seen, done = show(stub, TOOL)
    assert seen == ['{"a"', '{"a": 1}']
    assert (done.text, done.notes) == ('{"a": 1}', ())


def test_streamed_thoughts_are_no_text(stub: Stub) -> None:
    stub.behave = stream([delta(reasoning_content="H"), delta(reasoning_content="m."), delta("stop", content="{}")])
    seen, done = show(stub)
    assert (seen, done.text, done.thoughts) == (["{}"], "{}", "Hm.")


def test_an_endpoint_that_does_not_stream_is_asked_as_a_whole(stub: Stub) -> None:
    stub.behave = reply(answer('{"a": 1}'))
    seen, done = show(stub, tries=2)
    assert (seen, done.text) == ([], '{"a": 1}')
    assert ["stream" in body for body in stub.bodies] == [True, False]


@pytest.mark.parametrize(
    ("refused", "refusal", "expected"),
    [
        (("stream_options",), fail(400, "Unknown parameter: 'stream_options'"), ["both", "stream"]),
        (("stream_options",), reply({"detail": [{"loc": ["body", "stream_options"]}]}, 422), ["both", "stream"]),
        (("stream",), fail(400, "Verify your organization", param="stream", code="unsupported_value"), ["both", ""]),
        (("stream",), fail(400, "Streaming is not supported for this model with tools"), ["both", ""]),
        (("stream_options", "stream"), fail(400, "No stream_options, please"), ["both", "stream", ""]),
    ],
    ids=["options", "pydantic", "openai", "words", "both"],
)
def test_an_endpoint_that_refuses_streams_is_asked_without(
    stub: Stub, refused: tuple[str, ...], refusal: Behaviour, expected: list[str]
) -> None:
    def choose(body: dict[str, Any]) -> Behaviour:
        if body.keys() & {*refused}:
            return refusal
        return stream([delta("stop", content="hi")]) if "stream" in body else reply(answer("hi"))

    async def twice(engine: ChatEngine) -> None:
        for _ in range(2):
            assert (await engine.stream(TOOL, lambda _: None)).text == "hi"

    stub.behave = by_body(choose)
    run(stub.url, twice, Patience(1), None)
    sent = ["both" if "stream_options" in body else "stream" if "stream" in body else "" for body in stub.bodies]
    assert sent == [*expected, expected[-1]], "it is remembered"


def test_a_stream_that_breaks_is_tried_again(stub: Stub) -> None:
    stub.behave = in_turn(stream([delta(content='{"a": [1')], is_whole=False), reply(answer('{"a": [1, 2]}')))
    assert show(stub, tries=2)[1].text == '{"a": [1, 2]}'


def test_a_stream_without_a_proper_end_is_no_answer(stub: Stub) -> None:
    stub.behave = stream([delta(content='{"a": [1')], is_whole=False)
    assert type(broken(stub)) is EngineUnavailable


def test_a_stream_that_ends_before_the_model_does_is_no_answer(stub: Stub) -> None:
    stub.behave = stream([delta(content='{"a": [1')])
    error = broken(stub)
    assert type(error) is EngineUnavailable
    assert "before" in str(error)


def test_an_error_in_the_middle_of_a_stream_is_told(stub: Stub) -> None:
    words = {"error": {"message": f"overloaded, {KEY}", "code": 503}}
    stub.behave = stream([delta(content="{"), words])
    error = broken(stub)
    assert type(error) is EngineUnavailable
    assert "overloaded" in str(error)


@pytest.mark.parametrize(
    "events",
    [["{not json"], ["null"], ["[]"], [{"choices": None}], [{"choices": [{"delta": "x"}]}], [delta(tool_calls="x")],
     [delta(tool_calls=[None])], [delta(tool_calls=[{"index": [], "function": {}}])], [delta(tool_calls=7)]],
    ids=str,
)  # fmt: skip
def test_events_of_a_wrong_shape_are_no_traceback(stub: Stub, events: list[object]) -> None:
    stub.behave = stream(events)
    assert isinstance(broken(stub), EngineUnavailable)


@pytest.mark.parametrize(
    ("behaviour", "kind"), [(fail(401), EngineDenied), (fail(429), EngineUnavailable), (fail(400), RequestRejected)]
)
def test_a_stream_that_does_not_begin(stub: Stub, behaviour: Behaviour, kind: type[ExtractError]) -> None:
    stub.behave = behaviour
    assert type(broken(stub)) is kind


@pytest.mark.parametrize("status", [429, 503])
def test_a_stream_that_does_not_begin_is_tried_again_when_the_server_says(stub: Stub, status: int) -> None:
    stub.behave = in_turn(wait(status, retry_after_ms="300"), reply(answer("hi")))
    assert show(stub, tries=2)[1].text == "hi"
    assert 0.3 <= waits(stub)[0] < 0.9
    assert ["stream" in body for body in stub.bodies] == [True, False]


def test_a_stream_is_one_of_the_tries(stub: Stub) -> None:
    stub.behave = wait(503, **AT_ONCE)
    assert "3 tries" in str(broken(stub, tries=3))
    assert len(stub.bodies) == 3


def test_a_stream_that_is_to_wait_too_long_ends_at_once(stub: Stub) -> None:
    stub.behave = wait(429, retry_after="60")
    assert "it asks for 60 s more" in str(broken(stub, tries=3, total=5.0))
    assert len(stub.bodies) == 1


# --- traces --------------------------------------------------------------------------------------------------


def entries(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(path.read_text()) for path in sorted(folder.iterdir())]


def test_each_try_is_kept_with_its_raw_reply(stub: Stub, tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "trace"
    page = reply(f"<html>{KEY}</html>", 503, "text/html", **AT_ONCE)
    stub.behave = in_turn(page, reply(answer("hi")))
    ask(stub, trace=folder)
    first, second = entries(folder)
    assert first["reply"] == "<html>…</html>"
    assert "HTTP 503" in first["fault"]
    assert json.loads(second["reply"]) == answer("hi")
    assert "fault" not in second
    assert (first["status"], second["status"]) == (503, 200)
    assert first["request"] == second["request"] == stub.bodies[0]
    assert first["url"] == f"{stub.url}/chat/completions"


def test_a_trace_is_private_and_has_no_key(stub: Stub, tmp_path: Path) -> None:
    folder = tmp_path / "trace"
    stub.behave = fail(401, f"Incorrect API key provided: {KEY}")
    with pytest.raises(EngineDenied):
        ask(stub, trace=folder)
    (file,) = folder.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700
    assert "Incorrect API key" in file.read_text()
    assert KEY not in file.read_text()


ODD_KEY = 'sk"qqab\\cd/ef&gh-wxyz'


@pytest.mark.parametrize(
    "body",
    [
        ODD_KEY,
        html.escape(f"<p>{ODD_KEY}"),
        {"error": {"message": ODD_KEY}},
        {"detail": [ODD_KEY, json.dumps(ODD_KEY)]},
        json.dumps({"error": ODD_KEY}).replace("/", "\\/").replace("&", "\\u0026"),
    ],
    ids=["text", "page", "json", "json in json", "escaped"],
)
@pytest.mark.parametrize("status", [200, 401, 500])
def test_a_key_that_is_repeated_in_any_form_is_shown_nowhere(
    stub: Stub, tmp_path: Path, status: int, body: object
) -> None:
    async def main() -> ExtractError:
        engine = ChatEngine(stub.url, ODD_KEY, "m", trace=Trace(tmp_path))
        with pytest.raises(EngineError) as caught:
            await engine.generate(HELLO)
        await engine.aclose()
        return caught.value

    stub.behave = reply(body, status, "application/json" if isinstance(body, dict) else "text/plain")
    shown = [str(asyncio.run(main())), *(file.read_text() for file in tmp_path.iterdir())]
    assert len(shown) > 1
    assert not [text for text in shown if "qqab" in text or "wxyz" in text]
    assert "…" in shown[1]


def test_a_streamed_answer_is_in_the_trace(stub: Stub, tmp_path: Path) -> None:
    stub.behave = stream([delta("stop", content="hi"), "[DONE]"])
    show(stub, trace=tmp_path)
    (entry,) = entries(tmp_path)
    assert json.loads(entry["reply"])["choices"][0]["message"]["content"] == "hi"
    assert entry["status"] == 200
    assert entry["request"] == stub.bodies[0]


def test_a_stream_that_breaks_is_in_the_trace(stub: Stub, tmp_path: Path) -> None:
    stub.behave = stream([delta(content="half")], is_whole=False)
    with pytest.raises(EngineUnavailable):
        show(stub, trace=tmp_path)
    (entry,) = entries(tmp_path)
    assert "half" in entry["reply"]
    assert entry["fault"]


DEEP = "[" * 5_000


@pytest.mark.parametrize(
    "behaviour",
    [reply(f"data: {DEEP}"), reply(f"data: {DEEP}\n\n", kind="text/event-stream")],
    ids=["whole", "streamed"],
)
@pytest.mark.parametrize("is_streamed", [False, True])
def test_what_is_too_deep_to_be_read_is_in_the_trace_as_it_came(
    stub: Stub, tmp_path: Path, behaviour: Behaviour, is_streamed: bool
) -> None:
    stub.behave = behaviour
    with pytest.raises(EngineUnavailable):
        show(stub, trace=tmp_path) if is_streamed else ask(stub, 1, trace=tmp_path)
    assert DEEP in entries(tmp_path)[0]["reply"]


def test_half_of_a_surrogate_pair_is_in_the_trace(stub: Stub, tmp_path: Path) -> None:
    stub.behave = stream([delta("stop", content="\ud800")])
    assert show(stub, trace=tmp_path)[1].text == "\ud800"
    (entry,) = entries(tmp_path)
    assert json.loads(entry["reply"])["choices"][0]["message"]["content"] == "\ud800"


def test_two_traces_of_one_process_share_a_folder(stub: Stub, tmp_path: Path) -> None:
    for _ in range(2):
        ask(stub, trace=tmp_path)
    assert len(entries(tmp_path)) == 2


def test_a_trace_that_cannot_be_written_takes_no_answer_away(stub: Stub, tmp_path: Path) -> None:
    async def work(engine: ChatEngine) -> Completion:
        (tmp_path / "gone").rmdir()
        return await engine.generate(HELLO)

    assert run(stub.url, work, Patience(), tmp_path / "gone").text == "hi"
