"""One of several values that parts gave for a place: the conflict resolution functions of `x-merge`.

The name is that of data fusion (Bleiholder and Naumann 2009, "Data Fusion").
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import Any

from extractor.given import Given, commonest

_EXACT = 700  # digits: from those of the greatest float to those of the least one


@dataclass(frozen=True, slots=True)
class Values:
    """What is said, in the order of the document; what means the same together; the choices that there are."""

    said: Sequence[Given]
    groups: Sequence[Sequence[Given]]
    choices: Sequence[Any]

    def order(self, one: Given) -> tuple[Decimal, str]:
        """Choices in the order of the schema, numbers by size, dates and other texts by their letters."""
        if one.value in self.choices:
            return Decimal(self.choices.index(one.value)), ""
        return _number(one.value), "" if isinstance(one.value, int | float) else str(one.value)


def _majority(values: Values) -> Given:
    """What is said most often, of equals the first."""
    return commonest(max(values.groups, key=len))


def _length(one: Given) -> int:
    return len(one.value) if isinstance(one.value, str | list) else 0


def _number(value: Any) -> Decimal:
    return Decimal(str(value)) if isinstance(value, int | float) and not isinstance(value, bool) else Decimal(0)


def total(values: Iterable[Any]) -> int | float:
    """Of decimal numbers as they are written: [0.1, 0.2] → 0.3."""
    numbers = [*values]
    if all(isinstance(one, int) for one in numbers):
        return int(sum(numbers))
    with localcontext(prec=_EXACT):
        return float(sum(map(_number, numbers), Decimal(0)))


WAYS: Mapping[str, Callable[[Values], Given]] = {
    "first": lambda values: values.said[0],
    "last": lambda values: values.said[-1],
    "longest": lambda values: max(values.said, key=_length),
    "majority": _majority,
    "reduce": _majority,
    "union": _majority,
    "all": _majority,
    "sum": lambda values: values.said[0],  # the only one
    "min": lambda values: min(values.said, key=values.order),
    "max": lambda values: max(values.said, key=values.order),
}
