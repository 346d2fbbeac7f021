"""Which items of long lists are compared: those that have in common what a comparator may see, then what is left over.

What many items have tells none of them apart. What nothing tells apart is compared in blocks of neighbours, in the
order of what items say and of where they stand (sorted neighbourhoods; Hernández and Stolfo 1995), so that what is
compared grows with the length of the lists, and not its square.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from itertools import pairwise
from math import floor, log
from typing import Any

from extractor.absent import is_empty
from extractor.evaluate.comparators import amount_of, normal
from extractor.ground.days import wanted
from extractor.pointers import leaves
from extractor.text import UNSPACED

Places = tuple[int, int]

_SHARED = 20  # items that have a value, above which it does not tell them apart
_STEP = 0.1  # of the logarithm of a number: those that differ by five per cent are in a common step of two grids
_UNSPACED = re.compile(f"[{UNSPACED}]{{2,}}")
_DAY_LIKE = re.compile(r"jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|[年月日]|\d[-/.]\d|\d{8}", re.IGNORECASE)


def near(gold: Mapping[int, Any], found: Mapping[int, Any]) -> set[Places]:
    """The places of items that have something in common that tells them apart from most."""
    holders: dict[str, list[int]] = {}
    for to, other in found.items():
        for value in _said(other):
            holders.setdefault(value, []).append(to)
    telling = {value: some for value, some in holders.items() if len(some) <= _SHARED}
    return {(at, to) for at, one in gold.items() for value in _said(one) for to in telling.get(value, ())}


def spelled(item: Any) -> str:
    """All that an item says, but for how it is spelled: equal for 'Coffee' and 'COFFEE'."""
    return repr(sorted((at, normal(value)) for at, value in leaves(item) if not is_empty(value)))


def blocks(gold: Mapping[int, Any], found: Mapping[int, Any], few: int) -> Iterator[tuple[list[int], list[int]]]:
    """The places of items that are compared each with each: all where they are few, else in blocks of neighbours.

    What gets a partner is taken out of `gold` and `found` while this goes on.
    """
    if len(gold) * len(found) <= few:
        yield [*gold], [*found]
        return
    for order in (_by_meaning, _by_place):
        for shift in (0, 1):  # the second time the borders are elsewhere
            if not gold or not found:
                return
            size = max(few // max(len(gold), len(found)), 1)
            line = order(gold, found)
            for begin in range(-shift * size, len(line), 2 * size):
                block = line[max(begin, 0) : begin + 2 * size]
                yield [at for is_gold, at in block if is_gold], [at for is_gold, at in block if not is_gold]


_Line = list[tuple[bool, int]]  # whether an item is of the gold, and its place


def _by_meaning(gold: Mapping[int, Any], found: Mapping[int, Any]) -> _Line:
    """Items of both lists, those beside each other that say nearly the same."""
    every = [(True, at, one) for at, one in gold.items()] + [(False, to, other) for to, other in found.items()]
    return [(is_gold, at) for is_gold, at, _ in sorted(every, key=lambda entry: _meaning(entry[2]))]


def _by_place(gold: Mapping[int, Any], found: Mapping[int, Any]) -> _Line:
    """Items of both lists, those beside each other that stand at about the same place."""
    every = [
        (rank / len(side), is_gold, at)
        for is_gold, side in ((True, gold), (False, found))
        for rank, at in enumerate(side)
    ]
    return [(is_gold, at) for _, is_gold, at in sorted(every)]


# --- what an item says ---------------------------------------------------------------------------------------


def _said(item: Any) -> set[str]:
    """The leaves of an item as comparators see them, and all of them at once.

    Of a text that is its words too, the pairs of signs of a script without blanks, and the days that it may be; of a
    number about how large it is.
    """
    found = {spelled(item)}
    for _, value in leaves(item):
        if isinstance(value, bool) or is_empty(value):
            continue
        found.add(normal(value))
        if isinstance(value, str):
            found.update(map(normal, value.split()))
            found.update(first + second for run in _UNSPACED.findall(value) for first, second in pairwise(run))
            found.update(f"day {day}" for day in _days(value))
        if amount := amount_of(value):
            found.update(_sizes(amount.number))
    return found


def _days(text: str) -> Iterable[Any]:
    return wanted(text) if _DAY_LIKE.search(text) else ()


def _sizes(number: Fraction) -> Iterator[str]:
    """About how large a number is, in two grids: what falls apart in the one is together in the other."""
    if number:
        sign, at = "-" if number < 0 else "", (log(abs(number.numerator)) - log(number.denominator)) / _STEP
        yield from (f"{name} {sign}{floor(at + shift)}" for name, shift in (("size", 0), ("about", 0.5)))


def _meaning(item: Any) -> list[tuple[str, int, Fraction, str]]:
    """What items are ordered by: numbers as such, days whichever way they are written, texts but for their spelling."""
    return [(at, *_rank(value)) for at, value in sorted(leaves(item), key=lambda leaf: leaf[0]) if not is_empty(value)]


def _rank(value: Any) -> tuple[int, Fraction, str]:
    if amount := amount_of(value):
        return 0, amount.number, ""
    if isinstance(value, str) and (day := next(iter(_days(value)), None)) is not None:
        return 1, Fraction(), f"{day.year or 0:04}-{day.month:02}-{day.day or 0:02}"
    return 2, Fraction(), normal(value)
