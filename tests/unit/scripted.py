"""What the unit tests share: a scripted engine, schemas from plain dicts, and the Hypothesis settings."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, settings

from extractor.grammar import Grammar
from extractor.schema import digest
from extractor.types import Completion, FinishReason, Mode, Request, Schema, Usage

USAGE = Usage(input_tokens=11, cached_tokens=3, output_tokens=7)

# The same examples on every run; EXTRACT_EXAMPLES=5000 searches for new ones instead.
_SEARCH = os.environ.get("EXTRACT_EXAMPLES")


def quick(max_examples: int = 60) -> settings:
    """Settings of a property test."""
    return settings(
        max_examples=int(_SEARCH or max_examples),
        deadline=None,
        derandomize=not _SEARCH,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


@dataclass
class ScriptedEngine:
    """Answers from a list: a text, a (text, finish reason) pair or an error to raise; keeps the requests."""

    replies: Sequence[str | tuple[str, FinishReason] | Exception]
    id: str = "scripted:test"
    modes: tuple[Mode, ...] = ("grammar",)
    requests: list[Request] = field(default_factory=list)

    async def generate(self, request: Request) -> Completion:
        self.requests.append(request)
        reply = self.replies[min(len(self.requests), len(self.replies)) - 1]
        if isinstance(reply, Exception):
            raise reply
        text, reason = (reply, "stop") if isinstance(reply, str) else reply
        return Completion(text, reason, USAGE)


def schema_of(json_schema: dict[str, Any], name: str = "Test") -> Schema:
    """A schema without a Pydantic class."""
    return Schema(name, json_schema, digest(json_schema))


def left(grammar: Grammar) -> list[str]:
    """What the decoder leaves to validation: pointers with the keyword."""
    return [f"{row.pointer}/{row.keyword}" for row in grammar.report if row.status == "after"]


def record(**properties: Any) -> dict[str, Any]:
    """An object schema whose properties are all required: record(a=STRING)."""
    return {"type": "object", "properties": properties, "required": list(properties)}


def written(data: Any) -> str:
    """JSON in the one layout that the grammar takes: blanks after comma and colon, readable characters."""
    return json.dumps(data, ensure_ascii=False)
