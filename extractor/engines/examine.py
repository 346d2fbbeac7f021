"""`extract models check`: what an engine really honours, by its answers."""

from __future__ import annotations

import time
from dataclasses import dataclass

from extractor.engines.remote import ANSWER, RemoteEngine, proof
from extractor.engines.session import Session
from extractor.errors import RequestRejected
from extractor.types import Message, Mode, Request

_QUESTION = Request((Message("user", "Write the numbers from 1 to 30 in words."),), max_tokens=60)


@dataclass(frozen=True, slots=True)
class Findings:
    """Of each mode '' where it works, else why not; `seconds` until the first answer, context in tokens."""

    engine: str
    server: str
    modes: dict[Mode, str]
    context: int | None
    seconds: float
    tokens_per_second: float


async def examine(session: Session) -> Findings:
    """Try each mode on a tiny schema and time a plain answer; raises what makes that impossible."""
    engine = session.engine
    server = await engine.look() if isinstance(engine, RemoteEngine) else "in process"
    started = time.monotonic()
    first = await session.generate(_QUESTION)
    seconds = time.monotonic() - started
    started = time.monotonic()
    second = await session.generate(_QUESTION)
    rate = second.usage.output_tokens / (time.monotonic() - started)
    modes = {mode: await _tried(session, mode) for mode in session.modes}
    context = await engine.context() if isinstance(engine, RemoteEngine) else None
    return Findings(engine.id, server, modes, context, seconds, rate if first.text else 0.0)


async def _tried(session: Session, mode: Mode) -> str:
    """'' where a mode works."""
    engine = session.engine
    if mode == "prompt":
        return ""
    if isinstance(engine, RemoteEngine):
        return await engine.prove(mode)
    try:
        completion = await session.generate(proof(mode))
    except RequestRejected as error:
        return f"is rejected ({error})"
    return "" if ANSWER in completion.text else "is ignored"
