"""How deep a value may be: validators and writers walk it by recursion, which what is too deep would break."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

DEEPEST = 100  # levels of containers and what is in them


def is_deeper(value: Any, levels: int = DEEPEST) -> bool:
    """Whether a value goes on below so many levels, seen level by level: ([[1]], 1) → True, ([[1]], 2) → False."""
    level = [value]
    for _ in range(levels + 1):
        level = [
            child
            for one in level
            if isinstance(one, Mapping | list)
            for child in (one.values() if isinstance(one, Mapping) else one)
        ]
        if not level:
            return False
    return True
