"""Requests for engines in process, and how to run them."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from extractor.engines.local.engine import OutlinesEngine
from extractor.grammar import compile_schema
from extractor.schema import load
from extractor.types import Completion, Message, Request

HELLO = (Message("user", "Say hello to the harbour."),)
CANARY = "¤§¤"


def run(engine: OutlinesEngine, *requests: Request) -> list[Completion]:
    """The answers to some requests, one after the other."""

    async def main() -> list[Completion]:
        return [await asyncio.wait_for(engine.generate(request), 150) for request in requests]

    return asyncio.run(main())


def ask(max_tokens: int, schema: str | None = None, **more: Any) -> Request:
    if schema is None:
        return Request(HELLO, max_tokens=max_tokens, **more)
    compiled = compile_schema(load(schema))
    held = {"mode": "grammar", "grammar": compiled.text, "json_schema": compiled.json_schema}
    return Request(HELLO, max_tokens=max_tokens, **held, **more)


def grammar_of(schema: dict[str, Any]) -> str:
    return f"%llguidance {{}}\nstart: %json {json.dumps(schema)}\n"


def record(**properties: Any) -> str:
    """A JSON Schema of an object with just these properties."""
    kept = {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False}
    return json.dumps(kept)
