"""A server on loopback that behaves as a test says: the OpenAI chat API and its faults, on real sockets."""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Behaviour = Callable[[BaseHTTPRequestHandler], None]


class Stub:
    """`behave` writes each answer to a POST, `list_models` each to a GET; `seen` holds what was asked, `times` when."""

    def __init__(self) -> None:
        self.behave: Behaviour = reply(answer("hi"))
        self.list_models: Behaviour = reply({"error": {"message": "no such path"}}, 404)
        self.seen: list[tuple[str, dict[str, str], Any]] = []
        self.times: list[float] = []
        self.stopped = threading.Event()
        stub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                self.asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
                self.note()
                stub.behave(self)

            def do_GET(self) -> None:
                self.asked = None
                self.note()
                stub.list_models(self)

            def note(self) -> None:
                headers = {name.lower(): value for name, value in self.headers.items()}
                stub.seen.append((self.path, headers, self.asked))
                stub.times.append(time.monotonic())

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            block_on_close = False

            def handle_error(self, *_: object) -> None:
                pass  # the client has hung up, as the test meant it to

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()

    @property
    def bodies(self) -> list[Any]:
        """The bodies of the POSTs."""
        return [body for _, _, body in self.seen if body is not None]

    def close(self) -> None:
        self.stopped.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def reply(body: object, status: int = 200, kind: str = "application/json", **headers: str) -> Behaviour:
    """Write a body: bytes and strings as they are, the rest as JSON."""
    raw = body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()

    def behave(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("content-type", kind)
        handler.send_header("content-length", str(len(raw)))
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(raw)

    return behave


def fail(status: int, message: str = "the server's own words", **error: object) -> Behaviour:
    """An error as the API has it."""
    return reply({"error": {"message": message, **error}}, status)


def wait(status: int = 429, **headers: str) -> Behaviour:
    """An error with headers that say when to come back."""
    return reply({"error": {"message": "too many requests"}}, status, **headers)


def in_turn(*behaviours: Behaviour) -> Behaviour:
    """One behaviour for each request; the last stays."""
    waiting = itertools.chain(behaviours, itertools.repeat(behaviours[-1]))

    def behave(handler: BaseHTTPRequestHandler) -> None:
        next(waiting)(handler)

    return behave


def by_body(choose: Callable[[dict[str, Any]], Behaviour]) -> Behaviour:
    """A behaviour that depends on what is asked."""
    return lambda handler: choose(handler.asked)(handler)  # type: ignore[attr-defined]


def stream(events: Iterable[object], *, is_whole: bool = True) -> Behaviour:
    """Server-sent events, chunked; without the end of the last chunk where it is not whole."""

    def behave(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("content-type", "text/event-stream")
        handler.send_header("transfer-encoding", "chunked")
        handler.end_headers()
        for event in events:
            data = f"data: {event if isinstance(event, str) else json.dumps(event)}\n\n".encode()
            handler.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
            handler.wfile.flush()
        if is_whole:
            handler.wfile.write(b"0\r\n\r\n")
        handler.close_connection = not is_whole

    return behave


def delta(finish: str | None = None, **delta: object) -> dict[str, Any]:
    """One event of a streamed answer."""
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


def answer(content: object, finish: object = "stop", usage: object = None, **message: object) -> dict[str, Any]:
    """A chat completion as servers send it."""
    turn = {"role": "assistant", "content": content, **message}
    counts = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10} if usage is None else usage
    return {
        "id": "1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "finish_reason": finish, "message": turn}],
        "usage": counts,
    }
