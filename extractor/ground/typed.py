"""Where a number, amount, percentage, date or time of a record stands in a document, in whatever form.

Reading order: `amounts`, `spoken`, `days`, `clocks`, this file.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from extractor.coercion import dates
from extractor.coercion.found import LONGEST, Found
from extractor.ground import amounts, clocks, days, spoken

Place = tuple[int, int]

# As wide as before, so that offsets stay: signs that are written wide beside numbers; a comma only within wide ones.
_NARROW = {wide: wide - 0xFEE0 for wide in (*range(0xFF10, 0xFF1B), *range(0xFF21, 0xFF5B), *map(ord, "％＄＋－．／"))}
_NARROW |= dict.fromkeys((0x3000, 0xA0, 0x2009, 0x202F), 0x20) | {0x2212: 0x2D}
_WIDE = re.compile(f"[{''.join(map(chr, _NARROW))}]")
_WIDE_GROUPS = re.compile("(?<![０-９，])[０-９]{1,3}(?:，[０-９]{3})+(?!，?[０-９])")
_YEAR = re.compile(r"\d{4}")
_MOMENT = re.compile(r"(?P<day>\d{4}-\d\d-\d\d)[Tt ](?P<time>.+)")
_GAP = re.compile(r"[^0-9\n.。;；]{0,12}")  # between a day and its time: 'T', ' at ', ' (Sun), '
_LONGEST_GAP = 12


class Typed:
    """A document in which typed values are looked up; it is indexed on first use."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._known: dict[tuple[type, str | float, str | None], Sequence[Place]] = {}

    def places(self, value: str | float, form: str | None = None) -> Sequence[Place]:
        """All places where the text says a value, in reading order: 1200 → where '1,200', 'twelve hundred' stand.

        `form` is the format that the schema asks for: date, time, date-time or duration. Empty where the value is
        nothing of that sort.
        """
        if isinstance(value, str) and len(value) > LONGEST:
            return ()
        key = type(value), value, form
        if key not in self._known:
            self._known[key] = _apart(self._found(value, form))
        return self._known[key]

    def _found(self, value: str | float, form: str | None) -> Iterable[Place]:
        if not isinstance(value, str):
            return self._numbers(value)
        plain = value.translate(_NARROW).strip()
        match form:
            case "date" | "date-time":
                return self._numbers(plain) if _YEAR.fullmatch(plain) else self._moments(plain)
            case "time":
                return self._times(plain)
            case "duration":
                length = clocks.length(plain)
                return self._clocks.lengths(length) if length else ()
            case _:
                return [*self._moments(plain)] or [*self._times(plain)] or self._numbers(plain)

    def _numbers(self, value: str | float) -> Iterator[Place]:
        for amount in amounts.wanted(value):
            places = (*self._amounts.places(amount), *self._spoken.places(amount))
            yield from (place for place in places if not self._days.covers(*place))

    def _times(self, value: str) -> Iterator[Place]:
        for time in clocks.times(value.lower()):
            yield from self._clocks.times(time)

    def _moments(self, value: str) -> Iterator[Place]:
        """Where a date stands, with the time where the value has one; beside another time it does not count."""
        moment = _MOMENT.fullmatch(_as_iso(value))
        times = clocks.times(moment["time"].lower()) if moment else ()
        for day in days.wanted(moment["day"] if moment else value):
            places = self._days.places(day)
            yield from self._with_time(places, times) if times else places

    def _with_time(self, places: Sequence[Place], times: Sequence[clocks.Time]) -> Sequence[Place]:
        alone, joined = list[Place](), list[Place]()
        for start, end in places:
            near = self._time_beside(start, end)
            if near is None:
                alone.append((start, end))
            elif any(time.agrees(other) for time in times for other in near[1]):
                joined.append((min(start, near[0][0]), max(end, near[0][1])))
        return joined or alone

    def _time_beside(self, start: int, end: int) -> tuple[Place, Sequence[clocks.Time]] | None:
        """The time that is said with a date, behind it or before it."""
        said = self._clocks.said
        at = bisect_left(said, end, key=lambda one: one[0][0])
        if at < len(said) and _is_gap(self._view[1], end, said[at][0][0]):
            return said[at]
        if at and _is_gap(self._view[1], said[at - 1][0][1], start):
            return said[at - 1]
        return None

    @cached_property
    def _view(self) -> tuple[str, str]:
        """The text with narrow signs, and the same in small letters; both are as long as the text."""
        narrow = _WIDE_GROUPS.sub(lambda number: number[0].replace("，", ","), self._text)
        for wide in set(_WIDE.findall(narrow)):
            narrow = narrow.replace(wide, chr(_NARROW[ord(wide)]))
        return narrow, narrow.replace("İ", "i").lower()

    @cached_property
    def _amounts(self) -> amounts.Amounts:
        return amounts.Amounts(*self._view)

    @cached_property
    def _spoken(self) -> spoken.Spoken:
        return spoken.Spoken(self._view[0])

    @cached_property
    def _days(self) -> days.Days:
        return days.Days(*self._view)

    @cached_property
    def _clocks(self) -> clocks.Clocks:
        return clocks.Clocks(self._view[1])


def _as_iso(value: str) -> str:
    """'3 March 2024, 10:30' → '2024-03-03T10:30:00'; what is no date with a time stays."""
    if _MOMENT.fullmatch(value):
        return value
    readings = (dates.read(value, form) for form in ("date-time", "date-time-local"))
    return next((str(found.value) for found in readings if isinstance(found, Found)), value)


def _is_gap(text: str, start: int, end: int) -> bool:
    return 0 <= end - start <= _LONGEST_GAP and _GAP.fullmatch(text, start, end) is not None


def _apart(places: Iterable[Place]) -> Sequence[Place]:
    """Places in reading order, without those in others: [(5, 6), (0, 3), (1, 2)] → [(0, 3), (5, 6)]."""
    found = list[Place]()
    for place in sorted(set(places), key=lambda place: (place[0], -place[1])):
        if not found or place[0] >= found[-1][1]:
            found.append(place)
    return found
