"""The library json_repair, for what can be meant in several ways, at a price that is bounded.

Its look-ahead is quadratic and worse on hostile text, so it reads a text that counts how often it is looked at, and
gives up when that is too often.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, SupportsIndex

_LONGEST = 100_000  # characters that are left to the library
_LOOKS_PER_CHARACTER = 30  # what it mends takes 3, seldom 9
_MOST_LOOKS = 500_000


class _Spent(ValueError):
    """The library has looked too often."""


@dataclass(slots=True)
class _Meter:
    left: int


class _Metered(str):
    """A text that is paid for by the look."""

    __slots__ = ("meter",)
    meter: _Meter

    def __getitem__(self, key: SupportsIndex | slice) -> str:
        found = str.__getitem__(self, key)
        self.meter.left -= 1 + len(found) // 16
        if self.meter.left < 0:
            raise _Spent("json_repair does not come to an end")
        return metered(found, self.meter) if len(found) > 1 else found

    def __add__(self, other: str) -> str:
        return metered(str.__add__(self, other), self.meter)


def metered(text: str, meter: _Meter) -> _Metered:
    """The text with a meter that its parts share."""
    found = _Metered(text)
    found.meter = meter
    return found


def guess(text: str) -> list[Any]:
    """The values that the library sees in a text that begins like JSON; none where it finds only prose, or no end."""
    from json_repair import repair_json

    if len(text) > _LONGEST:
        return []
    meter = _Meter(min(_MOST_LOOKS, 2_000 + _LOOKS_PER_CHARACTER * len(text)))
    try:
        value = repair_json(metered(text, meter), return_objects=True, skip_json_loads=True)
        value = json.loads(json.dumps(value, allow_nan=False))  # no part of it is metered
    except (ValueError, RecursionError, TypeError):
        return []
    except Exception:  # noqa: BLE001 - a fault of the library is no fault of the answer
        return []
    values = value if isinstance(value, list) and text[0] == "{" else [value]
    return [one for one in values if one and isinstance(one, dict | list)]
