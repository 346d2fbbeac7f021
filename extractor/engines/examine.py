"""What an engine really honours, by its answers; the steps of `extract models check`."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import NamedTuple

from extractor.engines.endpoint.proof import prove_by_answer
from extractor.engines.endpoint.remote import RemoteEngine
from extractor.engines.llama.engine import LlamaEngine
from extractor.engines.session import Session
from extractor.errors import EngineUnavailable, RequestRejected
from extractor.types import Message, Mode, Request

# Of the form that documents have, since own engines may count on it.
_CHAT = (Message("system", "You are helpful."), Message("user", "Write the numbers from 1 to 30\nin words."))
_QUESTION = Request(_CHAT, max_tokens=60)


class Speed(NamedTuple):
    """Seconds until the first answer is there, loading included, and tokens written in a second (0: none counted)."""

    seconds: float
    tokens_per_second: float


async def identify(session: Session) -> str:
    """Which server it is, or where it runs; raises where an endpoint cannot be reached."""
    engine = session.engine
    if isinstance(engine, RemoteEngine):
        return await engine.look()
    return "llama.cpp, on this machine" if isinstance(engine, LlamaEngine) else "in this process"


async def find_context(session: Session) -> int | None:
    """Tokens of context; None where an endpoint does not tell, or nobody knows."""
    engine = session.engine
    return await engine.context() if isinstance(engine, RemoteEngine | LlamaEngine) else None


async def measure(session: Session, limit: float | None = None) -> Speed:
    """Time two plain answers, of which the first may have to wait for the weights; `limit` is in seconds, of one."""
    question = replace(_QUESTION, timeout=limit or _QUESTION.timeout)
    started = time.monotonic()
    await session.generate(question)
    seconds = time.monotonic() - started
    started = time.monotonic()
    second = await session.generate(question)
    return Speed(seconds, second.usage.output_tokens / (time.monotonic() - started))


async def try_mode(session: Session, mode: Mode, limit: float | None = None) -> str:
    """'' where a mode works on a tiny schema, else why not."""
    engine = session.engine
    try:
        if isinstance(engine, RemoteEngine):
            return await engine.prove(mode, limit)
        return await prove_by_answer(session.generate, mode, limit)
    except RequestRejected as error:
        return f"is rejected ({error})"
    except EngineUnavailable as error:  # the other modes may fare better
        return f"was not answered ({error})"
