"""What a reading of a text gives: a value with how it was got, or why it is none although it could be."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

LONGEST = 200  # characters of a text that is read as a number, a date or a word
_SHOWN = 60
_NARROW = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)} | dict.fromkeys((0x3000, 0xA0, 0x2009, 0x202F), " ")
_EDGES = " \t\r\n\"'“”‘’「」『』*_`"


@dataclass(frozen=True, slots=True)
class Found:
    """A value, and what had to be left out or supposed (`how`); a larger cost makes others come first.

    Of a number, the units that it is taken `without`, and the `factor` behind it.
    """

    value: Any
    how: str = ""
    cost: int = 1
    without: tuple[str, ...] = ()
    factor: int = 1


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a text that means something is not taken."""

    why: str


Reading = Found | Doubt | None


def narrow(text: str) -> str:
    """Full-width characters as ASCII, odd blanks as blanks, none around: '１２％ ' → '12%'."""
    return text.translate(_NARROW).strip()


def unquoted(text: str) -> str:
    """A word without the quotes and the markdown around it: '**"Two"**' → 'Two'."""
    return narrow(text).strip(_EDGES)


def shown(value: Any) -> str:
    """A value in a note, shortened: '1,234' → "'1,234'"."""
    text = repr(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
