"""What llama.cpp's server is asked about single tokens, and what becomes of its answers: on real sockets."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from server import Behaviour, Stub, reply

from extractor.engines.endpoint.chat import ChatEngine
from extractor.errors import EngineUnavailable
from extractor.types import Continuation, Message

CHAT = (Message("user", "A or b?"), Message("assistant", "I say "))
TEXTS = (Continuation("a"), Continuation("b"))


def entry(char: str, logprob: object) -> dict[str, Any]:
    """A token as the server tells it; each character is one."""
    return {"id": ord(char), "bytes": [*char.encode()], "logprob": logprob}


LIKELY = [entry("a", math.log(0.75)), entry("b", math.log(0.25))]


def told(entries: Any) -> dict[str, Any]:
    """The answer about the token behind some others."""
    return {"completion_probabilities": [{"top_logprobs": entries}], "tokens_evaluated": 7, "tokens_predicted": 1}


def scoring(**answers: Any) -> Behaviour:
    """A server of llama.cpp; by the name of a path another answer, or what makes one of what was asked."""
    usual = {
        "apply-template": lambda body: {"prompt": "".join(turn["content"] for turn in body["messages"])},
        "tokenize": lambda body: {"tokens": [ord(char) for char in body["content"]]},
        "completion": told(LIKELY),
    }

    def behave(handler: BaseHTTPRequestHandler) -> None:
        name = handler.path.rsplit("/", 1)[-1]
        found = {**usual, **{name.replace("_", "-"): given for name, given in answers.items()}}[name]
        reply(found(handler.asked) if callable(found) else found)(handler)  # type: ignore[attr-defined]

    return behave


def score(stub: Stub, texts: Sequence[Continuation] = TEXTS) -> list[float] | None:
    async def main() -> list[float] | None:
        engine = ChatEngine(stub.url, "", "m")
        try:
            return await engine.likelihoods(CHAT, texts)
        finally:
            await engine.aclose()

    return asyncio.run(main())


def test_texts_are_told_apart_by_their_tokens(stub: Stub) -> None:
    stub.behave = scoring()
    assert score(stub) == [math.log(0.75), math.log(0.25)]
    assert stub.bodies[-1]["prompt"] == [ord(char) for char in "A or b?I say "]


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({"apply_template": {"prompt": 7}}, "tells no prompt"),
        ({"tokenize": {"tokens": []}}, "tells no tokens"),
        ({"tokenize": {"tokens": [[1]]}}, "tells no tokens"),
        ({"tokenize": {"tokens": [{"id": 1, "piece": "a"}]}}, "tells no tokens"),
        ({"completion": {"completion_probabilities": [None]}}, "how likely"),
        ({"completion": told(None)}, "how likely"),
        ({"completion": told([None])}, "how likely"),
        ({"completion": told([{**LIKELY[0], "id": [1]}])}, "how likely"),
        ({"completion": told([{**LIKELY[0], "bytes": 10**15}])}, "how likely"),
        ({"completion": told([{**LIKELY[0], "bytes": [256]}])}, "how likely"),
        ({"completion": told([{**LIKELY[0], "logprob": math.nan}])}, "how likely"),
        ({"completion": told([{**LIKELY[0], "logprob": "x"}])}, "how likely"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_what_tells_nothing_of_tokens_is_an_error_that_says_so(stub: Stub, answers: Any, words: str) -> None:
    stub.behave = scoring(**answers)
    with pytest.raises(EngineUnavailable, match=words):
        score(stub)


@pytest.mark.parametrize(
    ("logprob", "weight"),
    [(10**400, 0.0), (7, 0.0), (-(10**400), -10_000.0), (-math.inf, -10_000.0)],
    ids=lambda value: str(value)[:9],
)
def test_what_is_out_of_all_bounds_is_at_their_edge(stub: Stub, logprob: float, weight: float) -> None:
    stub.behave = scoring(completion=told([LIKELY[0], entry("b", logprob)]))
    assert score(stub) == [math.log(0.75), weight]
