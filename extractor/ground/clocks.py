"""Times of the day and lengths of time in a document: 15:00:00 stands in '3 pm' and '下午三点', PT90M in '1.5 hours'.

The reading is that of `extractor.coercion`. A clock without a half of the day can be before or after noon.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache

from extractor.coercion import clock, durations
from extractor.coercion.found import Found
from extractor.coercion.number_words import SMALL

Place = tuple[int, int]

_LONGEST = 60
_N = "[0-9零〇一二两三四五六七八九十]"
_HALVES = "上午|下午|晚上|凌晨|早上|早晨|清晨|中午|傍晚"
_OFFSET = r"(?: ?(?:z|utc|gmt|(?:utc|gmt)?[-+][0-9]{2}:?[0-9]{2})(?![0-9a-z]))?"
_DIGITS = re.compile(
    r"[0-9](?<![0-9a-su-z_].)(?<![0-9][-/.:,].)[0-9]?(?:"
    rf"(?::[0-5][0-9]){{1,2}}(?:\.[0-9]{{1,9}})?(?: ?[ap](?:m|\.m\.))?{_OFFSET}"
    r"|(?:\.[0-5][0-9])? ?[ap](?:m|\.m\.)(?![a-z]))(?![0-9a-z:])"
)
_WORDS = re.compile("noon(?![a-z])|midday(?![a-z])|midnight(?![a-z])|正午")
_SIGNS = re.compile(
    rf"(?:{_HALVES}) ?{_N}{{1,3}}(?:[点时:](?:半|[一三]刻|整|{_N}{{1,3}}分?(?:{_N}{{1,3}}秒)?)?)"
    rf"|{_N}{{1,3}}[点时](?:半|[一三]刻|整|钟|{_N}{{1,3}}分?(?:{_N}{{1,3}}秒)?)?"
)
_EXACT = re.compile(r"(?P<time>[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.[0-9]+)?(?P<offset>z|[-+][0-9:]+)?", re.IGNORECASE)
_OPEN = re.compile(r"(?:[1-9]|1[0-2])[:点时][^ap]*", re.IGNORECASE)  # '3:30', which is not '03:30'
_POINT = re.compile(r"(?<=\d)\.(?=[0-5]\d ?[ap]\.?m)", re.IGNORECASE)  # '9.30 am'
_NOON = 12

_UNIT = (
    "(?:years?|yrs?|months?|weeks?|wks?|days?|hours?|hrs?|h|minutes?|mins?|m|seconds?|secs?|s)(?![a-z])"
    "|年|个月|个?星期|周|天|个?小时|个?钟头|分钟?|秒钟?"
)
_STEP = (
    rf"(?:[0-9]{{1,9}}(?:\.[0-9]{{1,6}})?|(?:half )?an?(?= )|(?:{SMALL})(?:[ -](?:{SMALL}))?(?![a-z])"
    rf"|[零〇一二两三四五六七八九十百]{{1,5}}(?:个半)?|半个?)[ -]?(?:{_UNIT})"
)
_ONE_LENGTH = re.compile(_STEP)
_LENGTH = re.compile(rf"(?<![^\W\u3400-\u9fff])(?<![.,:])(?:{_STEP})(?:,?(?: and)? ?(?:{_STEP})){{0,4}}")
_ISO = re.compile(
    r"P(?:(?P<Y>\d+)Y)?(?:(?P<O>\d+)M)?(?:(?P<W>\d+)W)?(?:(?P<D>\d+)D)?"
    r"(?:T(?:(?P<H>\d+)H)?(?:(?P<M>\d+)M)?(?:(?P<S>\d+(?:\.\d+)?)S)?)?",
    re.IGNORECASE,
)
_MONTHS = {"Y": 12, "O": 1}
_SECONDS = {"W": 604_800, "D": 86_400, "H": 3600, "M": 60, "S": 1}


@dataclass(frozen=True, slots=True)
class Time:
    """A time of the day and its offset; empty where none is said."""

    time: str
    offset: str = ""

    def agrees(self, other: Time) -> bool:
        """Whether both may be the same: one says no offset, or both the same one."""
        return self.time == other.time and (not self.offset or not other.offset or self.offset == other.offset)


@dataclass(frozen=True, slots=True)
class Length:
    """A length of time: months differ in length, all else can be counted in seconds."""

    months: int
    seconds: Fraction


@lru_cache(maxsize=16_384)
def times(text: str) -> tuple[Time, ...]:
    """The times that a text can be: '3 pm' → 15:00, '3:30' → 3:30 and 15:30, '10:30:00Z' → that with its offset."""
    text = _POINT.sub(":", text, count=1)
    found = (clock.read(text) or clock.by_word(text)) if len(text) <= _LONGEST else None
    if not found or not (exact := _EXACT.fullmatch(found.time + found.offset)):
        return ()
    first = Time(exact["time"], (exact["offset"] or "").upper().replace("Z", "+00:00"))
    if not _OPEN.fullmatch(text) or clock.doubt(text, found):
        return (first,)
    hour = (int(first.time[:2]) + _NOON) % 24
    return first, Time(f"{hour:02}{first.time[2:]}", first.offset)


@lru_cache(maxsize=16_384)
def length(text: str) -> Length | None:
    """'PT90M', '1.5 hours', '一个半小时' → 5400 seconds; 'P1Y' → 12 months."""
    if len(text) > _LONGEST:
        return None
    found = durations.read(text)
    iso = _ISO.fullmatch(found.value if isinstance(found, Found) else text)
    counts = {sign: Fraction(count) for sign, count in iso.groupdict().items() if count} if iso else {}
    if not counts:
        return None
    months = sum(int(count) * _MONTHS.get(sign, 0) for sign, count in counts.items())
    return Length(months, sum((count * _SECONDS.get(sign, 0) for sign, count in counts.items()), Fraction(0)))


class Clocks:
    """The times of a text, in which full-width characters are narrow, in small letters."""

    def __init__(self, lower: str) -> None:
        self._lower = lower

    @cached_property
    def said(self) -> Sequence[tuple[Place, Sequence[Time]]]:
        """The times in reading order, with what each can be."""
        found = [match.span() for pattern in (_DIGITS, _WORDS, _SIGNS) for match in pattern.finditer(self._lower)]
        return list(self._apart(sorted(found, key=lambda place: (place[0], -place[1]))))

    def _apart(self, found: Sequence[Place]) -> Iterator[tuple[Place, Sequence[Time]]]:
        last = 0
        for start, end in found:
            if start >= last and (meant := times(self._lower[start:end])):
                last = end
                yield (start, end), meant

    def times(self, time: Time) -> Iterator[Place]:
        """Where the text says a time of the day."""
        same = self._by_time.get(time.time, ())
        return (place for said, places in same if time.agrees(said) for place in places)

    @cached_property
    def _by_time(self) -> Mapping[str, Sequence[tuple[Time, Sequence[Place]]]]:
        """What the text says of each time, with and without an offset, and where."""
        stretches: defaultdict[str, list[Place]] = defaultdict(list)
        for place, _ in self.said:
            stretches[self._lower[slice(*place)]].append(place)
        found: defaultdict[str, list[tuple[Time, Sequence[Place]]]] = defaultdict(list)
        for stretch, places in stretches.items():
            for time in times(stretch):
                found[time.time].append((time, places))
        return found

    def lengths(self, length: Length) -> Sequence[Place]:
        """Where the text says a length of time."""
        return self._lengths.get(length, ())

    @cached_property
    def _lengths(self) -> Mapping[Length, Sequence[Place]]:
        found: defaultdict[Length, list[Place]] = defaultdict(list)
        for run in _LENGTH.finditer(self._lower):
            for start, end, meant in self._steps(run):
                found[meant].append((start, end))
        return found

    def _steps(self, run: re.Match[str]) -> Iterator[tuple[int, int, Length]]:
        """The lengths in a row of them: '1 hour and 30 minutes, 90 minutes' are two."""
        last: tuple[int, int, Length] | None = None
        for step in _ONE_LENGTH.finditer(self._lower, *run.span()):
            start, end = step.span()
            if last and (meant := length(self._plain(last[0], end))):
                last = last[0], end, meant
                continue
            if last:
                yield last
            last = (start, end, meant) if (meant := length(self._plain(start, end))) else None
        if last:
            yield last

    def _plain(self, start: int, end: int) -> str:
        return self._lower[start:end].replace("-", " ")
