"""What is asked for, in words that a model reads: one module for each way to say it."""

from __future__ import annotations

from functools import lru_cache

from extractor.descriptors import typescript
from extractor.types import Descriptor, Schema


@lru_cache(maxsize=64)
def describe(schema: Schema, descriptor: Descriptor = "typescript") -> str:
    """The type of a record, as text without a line break at its end."""
    return {"typescript": typescript.describe}[descriptor](schema)
