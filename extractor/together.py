"""Coroutines that are awaited together."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

R = TypeVar("R")


async def all_of(some: Sequence[Coroutine[Any, Any, R]]) -> list[R]:
    """What they return, in their order; the first that raises ends the others, as they are asked for in vain then."""
    tasks = [asyncio.ensure_future(one) for one in some]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
