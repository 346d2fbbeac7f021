"""A schema in the strict subset of JSON Schema that servers hold an answer to, and the way back from it.

The subset is that of OpenAI's structured outputs: closed objects whose properties are all required, unions and
references, few other keywords. The schema is rewritten and never sent as it is: an optional property can be null,
an object with free keys is a list of pairs, a tuple an object, and `restore` makes of an answer in that shape one in
the shape of the user's schema. What the subset cannot say is left to validation.

Reading order: this file; `rewriting` (lowered schema → strict schema and way back); `backs` (the ways back);
`texts` (patterns and formats); `limits` (how large a strict schema can be); `calls` (a choice as functions); `telling`
(descriptions, for these).
Source of the rules: https://platform.openai.com/docs/guides/structured-outputs (supported schemas).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

from extractor.grammar import CLOSED, compile_schema
from extractor.strict.backs import Back, total, unwrapped
from extractor.strict.calls import Calls, to_calls
from extractor.strict.limits import keep_within
from extractor.strict.rewriting import Part, Rewriting, closed
from extractor.types import Schema

__all__ = ["Calls", "Strict", "to_calls", "to_strict"]


@dataclass(frozen=True, slots=True)
class Strict:
    """A schema in the strict subset; `restore` makes of an answer to it one to the user's schema.

    `restore` never raises. What it cannot make sense of it leaves as it is, for validation to complain about, and an
    answer that has the user's shape already passes, unless it could be read both ways.
    """

    json_schema: Mapping[str, Any]
    restore: Callable[[Any], Any]


@lru_cache(maxsize=64)
def to_strict(schema: Schema) -> Strict:
    """Rewrite a schema; raises `SchemaError` where nothing satisfies it, or where it is larger than servers take."""
    rewriting = Rewriting(compile_schema(schema, CLOSED).lowered)
    root, back = _as_record(rewriting.run())
    definitions = rewriting.definitions
    keep_within(root, definitions, schema.name)
    return Strict({**root, **({"$defs": definitions} if definitions else {})}, partial(total, back))


def _as_record(part: Part) -> tuple[dict[str, Any], Back]:
    """The root has to be an object: a list, a scalar or a union becomes its only property."""
    if part.node.get("type") == "object":
        return part
    return closed({"value": part.node}), partial(unwrapped, part.back)
