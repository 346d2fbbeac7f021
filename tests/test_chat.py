"""ChatEngine against a real socket that misbehaves: each fault becomes the error that says what it means."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import os
import socket
import struct
import time
from collections.abc import Callable, Coroutine
from http.server import BaseHTTPRequestHandler
from typing import Any, TypeVar

import pytest
from server import Behaviour, Stub, answer, reply

from extractor.engines.endpoint.chat import ChatEngine
from extractor.errors import EngineDenied, EngineError, EngineUnavailable, ExtractError, RequestRejected
from extractor.options import Options
from extractor.pipeline import extract
from extractor.schema import load
from extractor.types import Completion, Document, Extraction, Message, Request, Usage

T = TypeVar("T")

KEY = "sk-never-show-this-0123456789"
HELLO = Request((Message("system", "Be brief."), Message("user", "Hello?")), max_tokens=20, timeout=10.0)
DEAD = "http://127.0.0.1:9"  # the discard port: nothing listens there
PATIENCE = 30.0  # seconds until a test is given up


def ask(url: str, request: Request = HELLO) -> Completion:
    return run(url, lambda engine: engine.generate(request))


def run(url: str, work: Callable[[ChatEngine], Coroutine[Any, Any, T]]) -> T:
    async def main() -> T:
        engine = ChatEngine(url, KEY, "m")
        try:
            return await asyncio.wait_for(work(engine), PATIENCE)
        finally:
            await engine.aclose()

    return asyncio.run(main())


def fault(url: str, request: Request = HELLO) -> ExtractError:
    """The error of a request that must fail; anything but an ExtractError is a traceback for the user."""
    with pytest.raises(ExtractError) as caught:
        ask(url, request)
    error = caught.value
    assert KEY not in f"{error} {error.hint}"
    assert not str(error).rstrip().endswith(":"), "says what happened"
    return error


# --- what goes out, what comes back --------------------------------------------------------------------------


def test_a_request_goes_out_as_it_is(stub: Stub) -> None:
    request = Request(HELLO.messages, "grammar", "%llguidance {}\nstart: /x/\n", max_tokens=9, temperature=0.5, seed=4)
    ask(stub.url, request)
    ((path, headers, body),) = stub.seen
    assert path == "/v1/chat/completions"
    assert headers["authorization"] == f"Bearer {KEY}"
    assert body == {
        "model": "m",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello?"}],
        "max_tokens": 9,
        "temperature": 0.5,
        "seed": 4,
        "grammar": "%llguidance {}\nstart: /x/\n",
    }


def test_what_was_not_asked_for_is_not_sent(stub: Stub) -> None:
    ask(stub.url)
    assert not {"seed", "grammar"} & stub.seen[0][2].keys()


def test_an_answer_with_its_usage(stub: Stub) -> None:
    usage = {"prompt_tokens": 11, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 8}}
    stub.behave = reply(answer('{"a": 1}', usage=usage))
    assert ask(stub.url) == Completion('{"a": 1}', "stop", Usage(11, 8, 5))


@pytest.mark.parametrize(
    "usage",
    [{}, {"prompt_tokens": None, "completion_tokens": None}, {"prompt_tokens": 1, "prompt_tokens_details": None}],
    ids=str,
)
def test_a_usage_that_is_missing_counts_as_nothing(stub: Stub, usage: dict[str, Any]) -> None:
    stub.behave = reply(answer("x", usage=usage))
    counted = ask(stub.url).usage
    assert all(isinstance(count, int) for count in (counted.input_tokens, counted.cached_tokens, counted.output_tokens))


@pytest.mark.parametrize(
    ("finish", "expected"),
    [
        ("stop", "stop"),
        ("length", "length"),
        ("content_filter", "content_filter"),
        ("tool_calls", "stop"),
        (None, "other"),
        ("made-up", "other"),
    ],
)
def test_the_reason_why_it_ended(stub: Stub, finish: str | None, expected: str) -> None:
    stub.behave = reply(answer("half of it", finish))
    done = ask(stub.url)
    assert (done.text, done.finish_reason) == ("half of it", expected)


def test_a_refusal_is_one_whatever_the_reason_says(stub: Stub) -> None:
    stub.behave = reply(answer(None, refusal="I would rather not."))
    done = ask(stub.url)
    assert (done.text, done.finish_reason) == ("I would rather not.", "refusal")


def test_null_content_is_an_empty_text(stub: Stub) -> None:
    stub.behave = reply(answer(None))
    done = ask(stub.url)
    assert (done.text, done.finish_reason) == ("", "stop")


OTHER_TOOL = [{"id": "1", "type": "function", "function": {"name": "other", "arguments": "{}"}}]


@pytest.mark.parametrize(
    ("behaviour", "kind", "words"),
    [
        (answer(None, refusal="I would rather not."), "Refused", "the model declined: 'I would rather not.'"),
        (answer("", "content_filter"), "Refused", "a content filter of the server stopped the answer"),
        (answer('{"ti', "content_filter"), "Refused", "a content filter of the server stopped the answer, of which"),
        (answer(None), "ParseError", "the answer is empty, not JSON"),
        (answer(None, reasoning="Hm."), "ParseError", "the model thought, and gave no answer"),
        (answer(None, "tool_calls", tool_calls=OTHER_TOOL), "ParseError", "the model called 'other', which is no tool"),
        (answer("Sure! {"), "ParseError", "the answer is not JSON"),
        (answer('{"title": "The', "length"), "Truncated", "the context was full after 3 tokens"),
        ({**answer(""), "choices": []}, "EngineUnavailable", "the server sent no choice"),
    ],
    ids=["refusal", "filter", "filter later", "null", "thoughts", "other tool", "prose", "length", "no choice"],
)
def test_an_unusable_answer_is_an_error_of_the_record(stub: Stub, behaviour: object, kind: str, words: str) -> None:
    stub.behave = reply(behaviour)
    text, options = Document("a.txt", "A text."), Options(mode="tools" if "other" in words else "grammar")

    async def work(engine: ChatEngine) -> Extraction:
        engine.modes = ("grammar", "tools")
        return await extract(text, load("article"), engine, options)

    record = run(stub.url, work)
    assert ([problem.kind for problem in record.errors], record.data) == ([kind], None)
    assert words in record.errors[0].message


# --- statuses ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, RequestRejected),
        (401, EngineDenied),
        (403, EngineDenied),
        (404, EngineDenied),
        (413, RequestRejected),
        (422, RequestRejected),
        (429, EngineUnavailable),
        (500, EngineUnavailable),
        (502, EngineUnavailable),
        (503, EngineUnavailable),
        (529, EngineUnavailable),
    ],
)
def test_a_status_is_the_error_that_it_means(stub: Stub, status: int, kind: type[EngineError]) -> None:
    stub.behave = reply({"error": {"message": "the server's own words", "type": "x"}}, status)
    error = fault(stub.url)
    assert type(error) is kind
    assert str(status) in str(error)
    assert "the server's own words" in str(error)
    assert error.retryable is (kind is EngineUnavailable)
    assert error.hint or kind is not EngineDenied
    assert sum("messages" in body for body in stub.bodies) == 1, "the client has no retries of its own"


@pytest.mark.parametrize("status", [400, 401, 500])
@pytest.mark.parametrize(
    "body",
    ["<html>Bad gateway</html>", "", "null", "[]", '"words"', '{"error": "plain"}', '{"detail": [1]}', b"\xff\xfe"],
    ids=repr,
)
def test_a_status_counts_whatever_its_body(stub: Stub, status: int, body: str | bytes) -> None:
    stub.behave = reply(body, status)
    expected = {400: RequestRejected, 401: EngineDenied, 500: EngineUnavailable}[status]
    error = fault(stub.url)
    assert type(error) is expected
    assert str(status) in str(error)


PAGE = "<html><head><title>502</title><style>b {}</style></head><h1>Bad&nbsp;gateway</h1><hr>\nproxy/1.0</html>"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (PAGE, "HTTP 502: Bad gateway proxy/1.0"),
        ("<html><head><title>No\nroute</title></head></html>", "HTTP 502: No route"),
        ("upstream error\nreset", "HTTP 502: upstream error reset"),
        ("", "HTTP 502"),
        (f"<p>{KEY} has no right", "HTTP 502: … has no right"),
        ("x" * 280 + KEY + "y" * 99_999, "HTTP 502: " + "x" * 280 + "…" + "y" * 19 + " …"),
        ('{"detail": "Not Found"}', "HTTP 502: Not Found"),
        ('{"error": "plain"}', "HTTP 502: plain"),
        ('{"detail": [{"loc": 1}]}', 'HTTP 502: [{"loc": 1}]'),
        ('{"other": 1}', 'HTTP 502: {"other": 1}'),
    ],
    ids=lambda text: text[:24],
)
def test_the_words_of_a_server_are_told_whatever_their_form(stub: Stub, body: str, words: str) -> None:
    stub.behave = reply(body, 502, "text/html")
    assert str(fault(stub.url)) == f"chat:m: {words}"


@pytest.mark.parametrize("status", [400, 401, 429])
def test_a_server_that_repeats_the_key_does_not_get_it_shown(stub: Stub, status: int) -> None:
    stub.behave = reply({"error": {"message": f"Incorrect API key provided: {KEY}."}}, status)
    assert "Incorrect API key" in str(fault(stub.url))


def test_a_text_that_is_too_long_is_told_with_counts(stub: Stub) -> None:
    error = {
        "code": 400,
        "message": "request (5103 tokens) exceeds the available context size (2048 tokens), try increasing it",
        "type": "exceed_context_size_error",
        "n_prompt_tokens": 5103,
        "n_ctx": 2048,
    }
    stub.behave = reply({"error": error}, 400)
    told = fault(stub.url)
    assert isinstance(told, RequestRejected)
    assert all(count in str(told) for count in ("5,103", "3,055", "2,048"))
    assert told.hint


@pytest.mark.parametrize(
    "counts",
    [
        {},
        {"n_prompt_tokens": None, "n_ctx": None},
        {"n_prompt_tokens": "many", "n_ctx": [1]},
        {"n_prompt_tokens": 9 * 10**4299, "n_ctx": -9 * 10**4299},  # their difference has more digits than are written
    ],
    ids=lambda counts: str(counts)[:40],
)
def test_a_text_that_is_too_long_without_counts(stub: Stub, counts: dict[str, Any]) -> None:
    stub.behave = reply({"error": {"message": "too long", "type": "exceed_context_size_error", **counts}}, 400)
    found = fault(stub.url)
    assert isinstance(found, RequestRejected)
    assert "--strategy map-reduce" in str(found.hint)


# --- bodies that are not an answer ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("<html><body>Welcome to the hotel WLAN</body></html>", "text/html"),
        ("<html><body>Welcome to the hotel WLAN</body></html>", "application/json"),
        ("", "application/json"),
        ("null", "application/json"),
        ("[]", "application/json"),
        ("3", "application/json"),
        ('"text"', "application/json"),
        ("{}", "application/json"),
        ('{"choices": []}', "application/json"),
        ('{"choices": null}', "application/json"),
        ('{"choices": "abc"}', "application/json"),
        ('{"choices": {"0": 1}}', "application/json"),
        ('{"choices": [null]}', "application/json"),
        ('{"choices": [{}]}', "application/json"),
        ('{"choices": [{"message": null, "finish_reason": "stop"}]}', "application/json"),
        ('{"choices": [{"message": "hi", "finish_reason": "stop"}]}', "application/json"),
        ('{"error": {"message": "overloaded", "code": 503}}', "application/json"),
        ('{"choices": [{"message"', "application/json"),
        (b'{"choices": [{"message": {"content": "\xff\xfe"}}]}', "application/json"),
        ('{"choices": ' + "[" * 100_000, "application/json"),
    ],
    ids=lambda value: repr(value)[:45],
)
def test_a_body_that_is_no_answer_is_an_error_and_no_traceback(stub: Stub, body: str | bytes, kind: str) -> None:
    stub.behave = reply(body, kind=kind)
    error = fault(stub.url)
    assert isinstance(error, EngineError)
    assert "chat:m" in str(error), "names the engine"


@pytest.mark.parametrize("content", [5, True, {"a": 1}, [{"type": "text", "text": "a"}]], ids=str)
def test_content_of_a_wrong_type_never_leaves_the_engine(stub: Stub, content: object) -> None:
    stub.behave = reply(answer(content))
    with contextlib.suppress(EngineError):  # either is fine
        assert isinstance(ask(stub.url).text, str)


@pytest.mark.parametrize("usage", ["x", [1], {"prompt_tokens": "many"}, {"prompt_tokens_details": "x"}], ids=str)
def test_a_usage_of_a_wrong_type_does_not_break_an_answer(stub: Stub, usage: object) -> None:
    stub.behave = reply(answer("x", usage=usage))
    done = ask(stub.url)
    assert done.text == "x"
    assert sum((done.usage.input_tokens, done.usage.cached_tokens, done.usage.output_tokens)) >= 0


@pytest.mark.parametrize("finish", [["stop"], {"a": 1}, 7], ids=str)
def test_a_reason_of_a_wrong_type_is_another_reason(stub: Stub, finish: object) -> None:
    stub.behave = reply(answer("x", finish))
    assert ask(stub.url).finish_reason == "other"


def test_a_compressed_answer_is_read(stub: Stub) -> None:
    stub.behave = reply(gzip.compress(json.dumps(answer("packed")).encode()), content_encoding="gzip")
    assert ask(stub.url).text == "packed"


# --- the connection ------------------------------------------------------------------------------------------


def test_a_refused_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    error = fault(f"http://127.0.0.1:{port}/v1")
    assert type(error) is EngineUnavailable
    assert error.retryable


def start(handler: BaseHTTPRequestHandler, length: int) -> None:
    handler.send_response(200)
    handler.send_header("content-type", "application/json")
    handler.send_header("content-length", str(length))
    handler.end_headers()
    handler.wfile.write(b'{"choices"')
    handler.wfile.flush()


def reset(handler: BaseHTTPRequestHandler) -> None:
    """Half of an answer, then a TCP reset."""
    start(handler, 1000)
    time.sleep(0.1)
    handler.close_connection = True
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    os.close(handler.connection.detach())  # at once, whoever else holds the socket


def hang_up(handler: BaseHTTPRequestHandler) -> None:
    """Half of an answer, then a proper end."""
    start(handler, 1000)
    handler.close_connection = True


def say_nothing(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True


def not_http(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"SSH-2.0-OpenSSH_9.6\r\n")
    handler.close_connection = True


def not_gzip(handler: BaseHTTPRequestHandler) -> None:
    reply(b"abcd", content_encoding="gzip")(handler)


@pytest.mark.parametrize("behaviour", [reset, hang_up, say_nothing, not_http, not_gzip])
def test_a_connection_that_breaks_is_worth_another_try(stub: Stub, behaviour: Behaviour) -> None:
    stub.behave = behaviour
    error = fault(stub.url)
    assert type(error) is EngineUnavailable
    assert len(str(error)) > len("chat:m: "), "says what happened"
    assert len(stub.seen) == 1


def test_a_broken_connection_does_not_spoil_the_next_request(stub: Stub) -> None:
    async def twice(engine: ChatEngine) -> Completion:
        stub.behave = reset
        with pytest.raises(EngineUnavailable):
            await engine.generate(HELLO)
        stub.behave = reply(answer("back again"))
        return await engine.generate(HELLO)

    assert run(stub.url, twice).text == "back again"


def test_a_silent_server_is_given_up_in_time(stub: Stub) -> None:
    stub.behave = lambda _: stub.stopped.wait(30) and None
    started = time.monotonic()
    error = fault(stub.url, Request(HELLO.messages, timeout=1.0))
    assert time.monotonic() - started < 10
    assert type(error) is EngineUnavailable
    assert "no answer within 1 s" in str(error)
    assert error.hint


def test_a_dripping_server_is_given_up_in_time(stub: Stub) -> None:
    """The timeout is for the whole answer, not for the silence between two bytes of it."""

    def drip(handler: BaseHTTPRequestHandler) -> None:
        start(handler, 1000)
        for _ in range(100):
            handler.wfile.write(b" ")
            handler.wfile.flush()
            if stub.stopped.wait(0.1):
                break

    stub.behave = drip
    started = time.monotonic()
    error = fault(stub.url, Request(HELLO.messages, timeout=1.0))
    assert time.monotonic() - started < 6
    assert type(error) is EngineUnavailable
    assert "no answer within 1 s" in str(error)


def test_a_short_timeout_is_told_as_it_was_given(stub: Stub) -> None:
    stub.behave = lambda _: stub.stopped.wait(30) and None
    assert "within 0 s" not in str(fault(stub.url, Request(HELLO.messages, timeout=0.2)))


# --- the environment -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_proxy_never_sees_what_goes_to_this_machine(
    stub: Stub, monkeypatch: pytest.MonkeyPatch, name: str, host: str
) -> None:
    monkeypatch.setenv(name, DEAD)
    assert ask(stub.url.replace("127.0.0.1", host)).text == "hi"


def test_what_the_environment_holds_for_openai_stays_here(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-openai")
    monkeypatch.setenv("OPENAI_ADMIN_KEY", "sk-of-the-admin")
    monkeypatch.setenv("OPENAI_BASE_URL", DEAD)
    monkeypatch.setenv("OPENAI_ORG_ID", "org-secret")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-secret")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Gateway: gateway-secret\nAuthorization: Bearer sk-of-a-gateway")
    ask(stub.url)
    headers = stub.seen[0][1]
    assert headers["authorization"] == f"Bearer {KEY}"
    foreign = ("sk-of", "org-secret", "proj-secret", "gateway-secret")
    assert not [name for name, value in headers.items() if any(secret in value for secret in foreign)]


# --- counting tokens -----------------------------------------------------------------------------------------


def test_tokens_are_counted(stub: Stub) -> None:
    stub.behave = reply({"input_tokens": 37})
    assert run(stub.url, lambda engine: engine.count_tokens(HELLO.messages)) == 37
    assert stub.seen[0][0] == "/v1/chat/completions/input_tokens"


@pytest.mark.parametrize(
    "behaviour",
    [reply({"error": {"message": "no"}}, 404), reply("<html>", kind="text/html"), reply({}), reset, say_nothing],
    ids=["status", "html", "nothing", "reset", "hang-up"],
)
def test_a_count_that_fails_is_an_engine_error(stub: Stub, behaviour: Behaviour) -> None:
    stub.behave = behaviour
    with pytest.raises(EngineError):
        run(stub.url, lambda engine: engine.count_tokens(HELLO.messages))
