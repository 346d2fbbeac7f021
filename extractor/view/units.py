"""Offsets of Python count characters, those of JavaScript the halves of UTF-16."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable

_ASTRAL = re.compile("[\U00010000-\U0010ffff]")  # two units each


def units_of(text: str) -> Callable[[int], int]:
    """From offsets in a text to those that JavaScript has for it: '🐟 ab' → (2 → 3)."""
    astral = [] if text.isascii() else [found.start() for found in _ASTRAL.finditer(text)]
    return (lambda at: at + bisect_left(astral, at)) if astral else lambda at: at
