"""The work of `extract prompt`: what a model would get, without asking it."""

from __future__ import annotations

from dataclasses import asdict

from extractor.cli.terminal import plain
from extractor.engines import Session
from extractor.sinks import to_json
from extractor.talk import estimate_tokens
from extractor.types import Request


async def count_tokens(engine: Session, request: Request) -> int | None:
    """Tokens of the messages; None where the weights are not here to count them."""
    try:
        return await engine.count_tokens(request.messages)
    finally:
        await engine.aclose()


def print_prompt(request: Request, count: int | None, *, as_json: bool) -> None:
    """Print what goes to the model, for people or as JSON."""
    turns = [asdict(message) for message in request.messages]
    if as_json:
        print(to_json({"messages": turns, "grammar": request.grammar, "input_tokens": count}, indent=2))
        return
    for turn in turns:
        print(f"--- {turn['role']}\n{plain(turn['content'])}\n")
    print(f"--- grammar\n{plain(request.grammar or '')}")
    about = sum(estimate_tokens(turn["content"]) for turn in turns)
    print("--- tokens\n" + (f"{count}" if count is not None else f"about {about}; the weights are not here to count"))
