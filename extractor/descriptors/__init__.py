"""What is asked for, in words that a model reads: one module for each way to say it.

Reading order: `definitions` and `remarks`, which they share; `typescript`; `bullets`; `whole_schema`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache

from extractor.descriptors import bullets, typescript, whole_schema
from extractor.types import Descriptor, Schema

_WAYS: Mapping[Descriptor, Callable[[Schema], str]] = {
    "typescript": typescript.describe,
    "bullet": bullets.describe,
    "json-schema": whole_schema.describe,
}


@lru_cache(maxsize=64)
def describe(schema: Schema, descriptor: Descriptor = "typescript") -> str:
    """The type of a record, as text without a line break at its end."""
    return _WAYS[descriptor](schema)
