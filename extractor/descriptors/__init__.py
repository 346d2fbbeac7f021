"""What is asked for, in words that a model reads: one module for each way to say it.

Reading order: `definitions` and `remarks`, which they share; `typescript`; `bullets`; `whole_schema`.
"""

from __future__ import annotations

from functools import lru_cache

from extractor.descriptors import typescript
from extractor.types import Descriptor, Schema


@lru_cache(maxsize=64)
def describe(schema: Schema, descriptor: Descriptor = "typescript") -> str:
    """The type of a record, as text without a line break at its end."""
    if descriptor == "typescript":
        return typescript.describe(schema)
    from extractor.descriptors import bullets, whole_schema  # seldom asked for

    return bullets.describe(schema) if descriptor == "bullet" else whole_schema.describe(schema)
