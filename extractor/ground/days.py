"""Dates and times in a document: 2024-03-03 stands in '3 March 2024', 'March 3rd, 2024', '2024年3月3日', '03/03/2024'.

The reading is that of `extractor.coercion`. Where it has a doubt each meaning counts, as the record says which is
meant: '03/04/24' is in March or April, of 2024 or 1924. A day without a year is a date of the year that the text names
last before it in the same paragraph, as people write; of another year, or of one that is named nowhere, it is not.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
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


_NUMBER = re.compile("[0-9]+")
_UNCLEAR = re.compile("[0-9]{5}|[零〇一二三四五六七八九十]")  # numbers that do not stand alone or as digits
_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_LAST_DAY = 31
_Equal = tuple[str, frozenset[int], Sequence[Place]]


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


def _parts(day: Day) -> Sequence[Day]:
    """The month of a whole date, and its day without the year."""
    if day.year is None or day.day is None:
        return ()
    return Day(day.year, day.month, None), Day(None, day.month, day.day)


def _has_year(meant: Iterable[Day]) -> bool:
    return any(day.year is not None for day in meant)


class _Stretches:
    """What looks like a date, by its numbers, so that few are read for a date that is asked for."""

    def __init__(self, text: str, places: Iterable[Place]) -> None:
        equal: defaultdict[str, list[Place]] = defaultdict(list)
        for place in places:
            equal[text[slice(*place)]].append(place)
        self._unclear: list[_Equal] = []
        self._all: defaultdict[int, list[_Equal]] = defaultdict(list)
        self._short: defaultdict[int, list[_Equal]] = defaultdict(list)  # those that may say no year
        for stretch, same in equal.items():
            self._file(stretch, same)

    def _file(self, stretch: str, places: Sequence[Place]) -> None:
        numbers = [int(number) for number in _NUMBER.findall(stretch)]
        ends = frozenset(number % 100 for number in numbers)  # as a year may be without its century
        one = (stretch.lower(), ends, places)
        if _UNCLEAR.search(stretch):
            self._unclear.append(one)
            return
        is_short = max(numbers) <= _LAST_DAY
        for number in ends:
            self._all[number].append(one)
            if is_short:
                self._short[number].append(one)

    def with_numbers_of(self, day: Day, *, may_have_year: bool) -> Iterator[Sequence[Place]]:
        """The places of each stretch that can say a date, and of some that cannot."""
        yield from (places for _, _, places in self._unclear)
        numbers = [number % 100 for number in (day.year, day.day) if number is not None]
        filed = self._all if may_have_year else self._short
        name = _NAMES[day.month - 1]
        for stretch, others, places in min((filed.get(number, ()) for number in numbers), key=len, default=()):
            if others.issuperset(numbers) and (day.month in others or name in stretch):
                yield places


class Days:
    """The dates of a text, in which full-width characters are narrow; `lower` is the same in small letters."""

    def __init__(self, text: str, lower: str) -> None:
        self._text = text
        self._lower = lower

    def places(self, day: Day) -> Sequence[Place]:
        """Where the text says a date; a part of a date counts in whole dates where it stands nowhere alone."""
        found = self._said(day) or self._as_part(day)
        if day.year is None or day.day is None:
            return found
        near = self._said(Day(None, day.month, day.day))
        return sorted((*found, *(place for place in near if self._year_before(place[0]) == day.year)))

    def covers(self, start: int, end: int) -> bool:
        """Whether a stretch is a part of a date with a year, and shorter than the year: '3' of '3 March 2024'."""
        if end - start >= len("2024"):
            return False
        at = bisect_right(self._stretches, start, key=itemgetter(0)) - 1
        return at >= 0 and end <= self._stretches[at][1] and _has_year(self._read(self._stretches[at]))

    def _said(self, day: Day) -> Sequence[Place]:
        return self._where(day, lambda said: said == day, may_have_year=day.year is not None)

    def _as_part(self, day: Day) -> Sequence[Place]:
        """Where whole dates have a month, or a day without the year."""
        return self._where(day, lambda said: day in _parts(said), may_have_year=True)

    def _where(self, day: Day, is_meant: Callable[[Day], bool], *, may_have_year: bool) -> Sequence[Place]:
        stretches = self._by_numbers.with_numbers_of(day, may_have_year=may_have_year)
        found = (places for places in stretches if any(map(is_meant, self._read(places[0]))))
        return sorted(place for places in found for place in places)

    def _read(self, place: Place) -> Sequence[Day]:
        """What a stretch can mean; 'may 5' in small letters is no date without a year."""
        stretch = self._text[slice(*place)]
        is_sure = stretch[0].isdigit() or stretch[0].isupper() or not stretch[0].isascii()
        return [day for day in meanings(" ".join(stretch.split())) if is_sure or day.year is not None]

    @cached_property
    def _by_numbers(self) -> _Stretches:
        return _Stretches(self._text, self._stretches)

    @cached_property
    def _stretches(self) -> Sequence[Place]:
        """What looks like a date, with the longest first of those that begin at one place."""
        patterns = (_DIGITS_FIRST, _MONTH_FIRST, *([_SIGNS] if "月" in self._lower else ()))
        found = [(match.start(), -match.end()) for pattern in patterns for match in pattern.finditer(self._lower)]
        return list(self._apart(sorted(found)))

    def _apart(self, found: Iterable[Place]) -> Iterator[Place]:
        last = 0
        for start, negative in found:
            if start >= last and not _WITHIN.match(self._lower, start):
                last = -negative
                yield start, last - (self._lower[last - 1] == ".")

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
