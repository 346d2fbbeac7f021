"""What llama.cpp's server is asked about single tokens, and what becomes of its answers: on real sockets."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Coroutine, Sequence
from http.server import BaseHTTPRequestHandler
from typing import Any, TypeVar

import pytest
from server import Behaviour, Stub, reply, wait

from extractor.engines import Budget, Pace, Session, open_engine
from extractor.engines.endpoint.chat import ChatEngine
from extractor.errors import BudgetSpent, EngineUnavailable
from extractor.types import Continuation, Message, Request, Usage

T = TypeVar("T")

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


# --- in a run ------------------------------------------------------------------------------------------------


def use(stub: Stub, work: Callable[[Session], Coroutine[Any, Any, T]], **session: Any) -> T:
    """What a run makes of an endpoint of llama.cpp."""
    stub.list_models = reply({"data": [{"id": "m", "owned_by": "llamacpp"}]})

    async def main() -> T:
        opened = Session(open_engine(stub.url), **session)
        try:
            return await asyncio.wait_for(work(opened), 30)
        finally:
            await opened.aclose()

    return asyncio.run(main())


def paths(stub: Stub) -> list[str]:
    return [path.rsplit("/", 1)[-1] for path, _, body in stub.seen if body is not None]


@pytest.mark.slow
def test_what_is_asked_about_tokens_keeps_to_the_rate(stub: Stub) -> None:
    """100 a minute let five out at once, and three more each two seconds."""
    stub.behave = scoring()
    texts = [Continuation(sign) for sign in "ababab"]
    use(stub, lambda session: session.likelihoods(CHAT, texts), pace=Pace(rpm=100))
    assert paths(stub) == ["apply-template", *["tokenize"] * 7, "completion"]
    assert stub.times[-1] - stub.times[1] >= 2.4, "the first one is the list of models"


def test_what_is_asked_about_tokens_at_once_is_within_the_limit(stub: Stub) -> None:
    under_way, most, usual = 0, 0, scoring()

    def behave(handler: BaseHTTPRequestHandler) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        stub.stopped.wait(0.02)
        under_way -= 1
        usual(handler)

    async def work(session: Session) -> None:
        await asyncio.gather(*(session.likelihoods(CHAT, TEXTS) for _ in range(12)))

    stub.behave = behave
    use(stub, work, pace=Pace(concurrency="auto"))
    assert most <= 8


def test_a_server_that_has_too_much_is_asked_less(stub: Stub) -> None:
    async def work(session: Session) -> int:
        with pytest.raises(EngineUnavailable):
            await session.likelihoods(CHAT, TEXTS)
        return session.limit

    stub.behave = wait(429, retry_after="999")
    assert use(stub, work, pace=Pace(concurrency="auto")) == 4


@pytest.mark.parametrize(
    ("more", "summary"),
    [
        ({}, "2 requests: 14 tokens read, 0 written"),
        ({"timings": {"cache_n": 6}}, "2 requests: 14 tokens read (12 cached), 0 written"),
        ({"tokens_evaluated": None, "timings": None}, "2 requests: 26 tokens read, 0 written"),
    ],
    ids=["usual", "cached", "untold"],
)
def test_what_is_read_for_it_is_counted(stub: Stub, more: dict[str, Any], summary: str) -> None:
    """Nothing is written for it; where the server tells no counts the tokens are those that were sent."""

    async def work(session: Session) -> str:
        for _ in range(2):
            await session.likelihoods(CHAT, TEXTS)
        return session.summary

    stub.behave = scoring(completion={**told(LIKELY), **more})
    assert use(stub, work) == summary


def test_a_record_that_is_there_is_scored_whatever_was_spent(stub: Stub) -> None:
    async def work(session: Session) -> list[float] | None:
        session.account.add(Usage(0, 0, 1))
        session.end()
        with pytest.raises(BudgetSpent):
            await session.generate(Request(CHAT, max_tokens=1))
        return await session.likelihoods(CHAT, TEXTS)

    stub.behave = scoring()
    assert use(stub, work, budget=Budget(output_tokens=1)) == [math.log(0.75), math.log(0.25)]


def test_an_endpoint_of_another_kind_is_asked_nothing_of_it(stub: Stub) -> None:
    async def work() -> tuple[list[float] | None, int]:
        session = Session(open_engine(f"{stub.url}#m"))
        found = await session.likelihoods(CHAT, TEXTS)
        await session.aclose()
        return found, session.account.requests

    assert asyncio.run(work()) == (None, 0)
    assert not stub.bodies
