"""Dates and times in a document: 2024-03-03 stands in '3 March 2024', 'March 3rd, 2024', '2024年3月3日', '03/03/2024'.

The reading is that of `extractor.coercion`. Where it has a doubt each meaning counts, as the record says which is
meant: '03/04/24' is in March or April, of 2024 or 1924. A day without a year is a date of the year that the text names
last before it in the same paragraph, as people write; of another year, or of one that is named nowhere, it is not.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from operator import itemgetter

from extractor.coercion import dates
from extractor.coercion.found import Found

Place = tuple[int, int]

_LONGEST = 40  # characters of a date
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:t(?:ember)?)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)(?![a-z])\.?"
)
_DAY = "[0-9][0-9]?(?:st|nd|rd|th)?(?![0-9])"
_TO = "(?: ?[-–] ?| (?:to|and|&) )"
_YEAR = "(?:1[0-9]|2[01])[0-9]{2}(?![0-9])"
_SHORT = "['’][0-9]{2}(?![0-9])"
_N = "[0-9零〇一二三四五六七八九十]"
_DAY_SIGNS = rf"{_N}{{1,3}} ?(?:[日号](?: ?[-–—~至到] ?{_N}{{1,3}} ?[日号])?|[-–—~至到] ?{_N}{{1,3}} ?[日号])"
_AFTER = r"(?!(?!t[0-9])[0-9a-z_])(?![-/][0-9])(?!\.[0-9])"
_DIGITS_FIRST = re.compile(  # each begins with one digit, as `re` skips to these fast
    r"[0-9](?<![0-9a-z_].)(?<![0-9a-z_][-/.:].)(?:"
    rf"[0-9]?(?:st|nd|rd|th)?(?:{_TO}{_DAY})?(?:[ \n/-]|\. ?)(?:of )?{_MONTH}"
    rf"(?:,?[ \n/-]?(?:{_YEAR}|{_SHORT})|[ /-][0-9]{{2}}(?![0-9]))?"
    r"|[0-9]?([-/.])[0-9][0-9]?\1(?:[0-9]{4}|['’]?[0-9]{2})"
    r"|[0-9]{3}([-/.] ?)[0-9][0-9]?\2[0-9][0-9]?"
    rf"|[0-9]{{3}},?[ /-]{_MONTH}(?:[ /-]{_DAY})?"
    rf"|[0-9]{{7}}|[0-9]?/{_YEAR}){_AFTER}"
)
_MONTH_FIRST = re.compile(
    rf"{_MONTH},?[ \n/-]?(?:{_YEAR}|{_SHORT}|(?:the )?{_DAY}(?: ?[-–] ?{_DAY}|{_TO}{_DAY}(?=,?[ \n]{_YEAR}))?"
    rf"(?:,?[ \n/-]?(?:{_YEAR}|{_SHORT}))?){_AFTER}"
)
_SIGNS = re.compile(rf"{_N}(?<!{_N}.)(?:{_N}{{0,3}} ?年 ?{_N}{{1,2}} ?月(?: ?{_DAY_SIGNS})?|{_N}? ?月 ?{_DAY_SIGNS})")
_NUMBERS = re.compile(r"([0-9]{1,2})[-/.]([0-9]{1,2})[-/.]['’]?([0-9]{2}|[0-9]{4})")
_COMPACT = re.compile(r"([0-9]{2})([0-9]{2})([0-9]{4})")
_SHORT_YEAR = re.compile(r"['’]?(?<![0-9])([0-9]{2})\Z")
_DAYS = re.compile(rf"(\D*)(\d{{1,2}}) ?(?:st|nd|rd|th)?{_TO}(\d{{1,2}})((?!\d).*)", re.IGNORECASE)
_DAYS_IN_SIGNS = re.compile(rf"(.*月 ?)({_N}{{1,3}}) ?[日号]? ?[-–—~至到] ?({_N}{{1,3}})( ?[日号])")
_MONTH_OF_YEAR = re.compile(r"(0?[1-9]|1[0-2])/(\d{4})")
_CENTURIES = ("20", "19")
_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
_ISO_MONTH = re.compile(r"(\d{4})-(\d\d)")
_WITHIN = re.compile(r"(?<=[a-z])")
_NAMED_YEAR = re.compile(r"(?<![0-9A-Za-z_.,])(?:1[0-9]|2[01])[0-9]{2}(?![0-9.,]?[0-9])")
_NEARBY = 1_000  # characters before a day that may name its year


@dataclass(frozen=True, slots=True)
class Day:
    """A date; of '5 May' the year is None, of 'March 2024' the day."""

    year: int | None
    month: int
    day: int | None


def wanted(value: str) -> Sequence[Day]:
    """What a value of a record can be as a date: '2024-03-03' → that day, '2024-03' → that month, 'May' → nothing."""
    plain = value.strip()
    if month := _ISO_MONTH.fullmatch(plain):
        return (Day(int(month[1]), int(month[2]), None),)
    return meanings(plain)


@lru_cache(maxsize=16_384)
def meanings(text: str) -> tuple[Day, ...]:
    """The dates that a text can be: '03/04/2024' → 3 April and 4 March, 'March 2024' → that month."""
    if len(text) > _LONGEST:
        return ()
    if day := _read(text):
        return (day,)
    for variants in (
        _numeric(text),
        _first_and_last(text),
        _without_day(text),
        _without_year(text),
        _without_century(text),
    ):
        if found := tuple(dict.fromkeys(variants)):
            return found
    return ()


def _read(text: str) -> Day | None:
    found = dates.read(text, "date")
    day = _ISO.fullmatch(found.value) if isinstance(found, Found) else None
    return Day(*map(int, day.groups())) if day else None


def _numeric(text: str) -> Iterator[Day]:
    """'3/4/24' → 2024-04-03, 2024-03-04, 2003-04-24 and the same of the 20th century; '03042024' → two."""
    numbers = _NUMBERS.fullmatch(text) or _COMPACT.fullmatch(text)
    if not numbers:
        return
    one, two, last = numbers.groups()
    orders = [(last, two, one), (last, one, two)]
    if len(last) == 2:  # noqa: PLR2004
        orders = [
            (century + year, month, day)
            for century in _CENTURIES
            for year, month, day in (*orders, (one.zfill(2), two, last))
        ]
    yield from (day for order in orders if (day := _read("-".join(order))))


def _first_and_last(text: str) -> Iterator[Day]:
    """'5-7 June 2024', '5 and 7 June 2024' → 5 June and 7 June."""
    if days := _DAYS.fullmatch(text) or _DAYS_IN_SIGNS.fullmatch(text):
        for day in (days[2], days[3]):
            yield from meanings(f"{days[1]}{day}{days[4]}")


def _without_day(text: str) -> Iterator[Day]:
    """'March 2024', '3/2024' → that month."""
    if month := _MONTH_OF_YEAR.fullmatch(text):
        yield Day(int(month[2]), int(month[1]), None)
        return
    for whole in (f"1 {text}", f"{text}1日", f"{text} 1"):
        if day := _read(whole):
            yield Day(day.year, day.month, None)
            return


def _without_year(text: str) -> Iterator[Day]:
    for whole in (f"{text} 2024", f"2024年{text}"):  # a leap year
        if day := _read(whole):
            yield Day(None, day.month, day.day)
            return


def _without_century(text: str) -> Iterator[Day]:
    for century in _CENTURIES:
        whole = f"{century}{text}" if "年" in text else _SHORT_YEAR.sub(rf"{century}\1", text)
        if day := _read(whole):
            yield day
        elif whole != text:  # the month of a year: "March '24"
            yield from _without_day(whole)


class Days:
    """The dates of a text, in which full-width characters are narrow; `lower` is the same in small letters."""

    def __init__(self, text: str, lower: str) -> None:
        self._text = text
        self._lower = lower

    def places(self, day: Day) -> Sequence[Place]:
        """Where the text says a date; a part of a date counts in whole dates where it stands nowhere alone."""
        found = self._said.get(day) or self._parts.get(day, ())
        if day.year is None or day.day is None:
            return found
        near = self._said.get(Day(None, day.month, day.day), ())
        return sorted((*found, *(place for place in near if self._year_before(place[0]) == day.year)))

    def covers(self, start: int, end: int) -> bool:
        """Whether a stretch is a part of a date with a year, and shorter than the year: '3' of '3 March 2024'."""
        at = bisect_right(self._whole, start, key=itemgetter(0)) - 1
        return at >= 0 and end <= self._whole[at][1] and end - start < len("2024")

    @cached_property
    def _said(self) -> Mapping[Day, Sequence[Place]]:
        found: defaultdict[Day, list[Place]] = defaultdict(list)
        for start, end in self._stretches():
            stretch = " ".join(self._text[start:end].split())
            for day in meanings(stretch):
                if day.year is not None or stretch[0].isdigit() or stretch[0].isupper() or not stretch[0].isascii():
                    found[day].append((start, end))
        return found

    @cached_property
    def _parts(self) -> Mapping[Day, Sequence[Place]]:
        """Whole dates by their month, and by their day without the year."""
        found: defaultdict[Day, list[Place]] = defaultdict(list)
        for day, places in self._said.items():
            if day.year is not None and day.day is not None:
                found[Day(day.year, day.month, None)] += places
                found[Day(None, day.month, day.day)] += places
        return {day: sorted(set(places)) for day, places in found.items()}

    @cached_property
    def _whole(self) -> Sequence[Place]:
        return sorted({place for day, places in self._said.items() if day.year is not None for place in places})

    def _stretches(self) -> Iterator[Place]:
        """What looks like a date, with the longest first of those that begin at one place."""
        patterns = (_DIGITS_FIRST, _MONTH_FIRST, *([_SIGNS] if "月" in self._lower else ()))
        found = [match.span() for pattern in patterns for match in pattern.finditer(self._lower)]
        end = 0
        for place in sorted(found, key=lambda place: (place[0], -place[1])):
            if place[0] >= end and not _WITHIN.match(self._lower, place[0]):
                end = place[1]
                yield place[0], end - (self._lower[end - 1] == ".")

    def _year_before(self, at: int) -> int | None:
        """The year that the paragraph names last before a place."""
        last = bisect_left(self._years, at, key=itemgetter(0)) - 1
        if last < 0:
            return None
        place, year = self._years[last]
        is_near = at - place < _NEARBY and self._text.find("\n\n", place, at) < 0
        return year if is_near else None

    @cached_property
    def _years(self) -> Sequence[tuple[int, int]]:
        return [(year.start(), int(year[0])) for year in _NAMED_YEAR.finditer(self._text)]
