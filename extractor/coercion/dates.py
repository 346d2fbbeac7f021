"""Dates and times in a text, as ISO 8601: '3 March 2024', '2024年3月3日', '10:30 pm'. Nothing is made up.

A day that could be a month, a day that is not said, an offset that is not said and a weekday of another day are doubts.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

from extractor.coercion import clock, durations
from extractor.coercion.found import LONGEST, Doubt, Found, Reading, narrow
from extractor.coercion.numerals import chinese_integer

_LONGEST = 60
_NAMES = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
_MONTHS = {name[:3]: number for number, name in enumerate(_NAMES, 1)}
_MONTH = rf"(?P<month>{'|'.join(f'{name}|{name[:3]}' for name in _NAMES)}|sept)\.?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>\d{4})"
_NUMERAL = "[0-9零〇一二三四五六七八九十]"
_COUNTED = "零〇一二两三四五六七八九十百千"
_WRITTEN = [
    re.compile(rf"{_YEAR}([-/]|\. ?)(?P<month>\d{{1,2}})\2{_DAY}\.?"),
    re.compile(r"(?P<year>[12]\d{3})(?P<month>\d\d)(?P<day>\d\d)"),
    re.compile(rf"(?:the )?{_DAY}(?:[ /-]|\. ?)(?:of )?{_MONTH}(?:,?[ /-]|(?<=\.)){_YEAR}", re.IGNORECASE),
    re.compile(rf"{_MONTH} (?:the )?{_DAY},? {_YEAR}", re.IGNORECASE),
    re.compile(rf"{_YEAR},? {_MONTH} {_DAY}", re.IGNORECASE),
    re.compile(
        rf"(?:公元)?(?P<year>{_NUMERAL}{{4}}|[{_COUNTED}]{{2,9}}) ?年 ?(?P<month>{_NUMERAL}{{1,2}}) ?月"
        rf" ?(?P<day>{_NUMERAL}{{1,3}}) ?[日号]"
    ),
]
_NUMBERS = re.compile(rf"(?P<one>\d{{1,2}})([-/]|\. ?)(?P<two>\d{{1,2}})\2{_YEAR}")
_WEEKDAY = re.compile(
    r"[(]?\b(?P<name>mon|tues?|wed(?:nes)?|thur?s?|fri|sat(?:ur)?|sun)(?:day)?\b\.?[)]?,? ?"
    r"|[(]?(?:星期|周|礼拜)(?P<sign>[一二三四五六日天])[)]?",
    re.IGNORECASE,
)
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_DAYS_BY = {name[:3].casefold(): at for at, name in enumerate(_DAYS)}
_NAME = _MONTH.replace("?P<month>", "?:")
_SIGNED = rf"{_NUMERAL}{{1,2}} ?月"
_DAYLESS = re.compile(
    rf"(?:{_NAME},? )?\d{{4}}|\d{{4}}[-/]\d{{1,2}}|{_NUMERAL}{{4}} ?年(?: ?{_SIGNED})?|{_NAME}|{_SIGNED}", re.IGNORECASE
)
_YEARLESS = re.compile(
    rf"(?:the )?\d{{1,2}}(?:st|nd|rd|th)?(?:[ /-]|\. ?)(?:of )?{_NAME}|{_NAME} (?:the )?\d{{1,2}}(?:st|nd|rd|th)?"
    rf"|{_SIGNED} ?{_NUMERAL}{{1,3}} ?[日号]",
    re.IGNORECASE,
)
_SHORT_YEAR = re.compile(
    rf"\d{{1,2}}(?:[ /-]|\. ?){_NAME}(?:,?[ /-]|(?<=\.))['’]?\d\d|\d{{1,2}}([-/.])\d{{1,2}}\1['’]?\d\d"
    rf"|['’]?{_NUMERAL}{{2}} ?年 ?{_SIGNED} ?{_NUMERAL}{{1,3}} ?[日号]",
    re.IGNORECASE,
)
_LABEL = re.compile(r"(?:date(?: ?time)?|time|duration|on|日期|时间|时长)\s?:\s?", re.IGNORECASE)
_BOTH = re.compile(
    r"(?P<date>.*?\d|.*[日号]|.*\d{4})(?:t|,? at |, ?| |(?<=[日号]))"
    rf"(?P<time>\D{{0,2}}(?:\d{{1,2}}|[{_COUNTED[:-2]}]{{1,3}})[:时点].*|\d{{1,2}} ?[ap]\.?m\b.*)",
    re.IGNORECASE,
)
_HALF_DAY = 12
_CENTURY = 100


def read(text: str, form: str) -> Reading:
    """A text in a format of dates or times: ('March 3, 2024', 'date') → '2024-03-03'; None where it is not read."""
    plain = _LABEL.sub("", " ".join(narrow(text).split()), count=1) if len(text) <= LONGEST else ""
    if form not in _READERS or not plain or len(plain) > _LONGEST:
        return None
    return _READERS[form](plain)


def _date(text: str) -> Reading:
    """'3rd of March 2024' → '2024-03-03', '03/04/2024' → a doubt; of a date with a time the date."""
    found = _day(text)
    if found is None and (both := _BOTH.fullmatch(text)) and clock.read(both["time"]):
        found = _day(both["date"])
        found = Found(found.value, "without the time") if isinstance(found, Found) else found
        return found or _incomplete(both["date"])
    return found or _incomplete(text)


def _incomplete(text: str) -> Doubt | None:
    """What a date lacks: 'March 2024' has no day, '5 May' no year, '05-May-20' no century."""
    for form, what in ((_DAYLESS, "names no day"), (_YEARLESS, "names no year"), (_SHORT_YEAR, "names no century")):
        if form.fullmatch(text):
            return Doubt(f"{text!r} {what}")
    return None


def _day(text: str) -> Reading:
    found = _written(_WEEKDAY.sub("", text).strip(" ,"))
    weekday = _WEEKDAY.search(text)
    if not weekday or not isinstance(found, Found):
        return found
    said = (
        _DAYS_BY[weekday["name"][:3].casefold()]
        if weekday["name"]
        else min("一二三四五六日天".index(weekday["sign"]), 6)
    )
    day = date.fromisoformat(found.value).weekday()
    return found if day == said else Doubt(f"{found.value} is a {_DAYS[day]}, and {text!r} says {_DAYS[said]}")


def _written(text: str) -> Reading:
    """A date without a weekday."""
    if numbers := _NUMBERS.fullmatch(text):
        return _by_numbers(text, int(numbers["one"]), int(numbers["two"]), int(numbers["year"]))
    for form in _WRITTEN:
        if written := form.fullmatch(text):
            if not (year := _number(written["year"])):
                return Doubt(f"the year of {text!r} is no clear numeral")  # 二千零一九
            if year < _CENTURY and len(written["year"]) < len("2019") and not text.startswith("公元"):
                return Doubt(f"{text!r} names no century")  # 十九年
            return _calendar(*(_number(written[part]) for part in ("year", "month", "day")))
    return None


def _by_numbers(text: str, one: int, two: int, year: int) -> Reading:
    """Day and month in either order, where only one is possible."""
    if one == two or two > _HALF_DAY:
        return _calendar(year, one, two)
    if one > _HALF_DAY:
        return _calendar(year, two, one)
    names = [f"{day} {_NAMES[month - 1].title()}" for day, month in ((one, two), (two, one)) if month and day]
    return Doubt(f"{text!r} is {' or '.join(names)}") if len(names) > 1 else None


def _number(part: str) -> int:
    """'3' → 3, 'Sept' → 9, '二十三' → 23; 0 where it is none."""
    if part.isdecimal():
        return int(part)
    return _MONTHS.get(part[:3].casefold()) or chinese_integer(part) or 0


def _calendar(year: int, month: int, day: int) -> Found | None:
    try:
        return Found(date(year, month, day).isoformat())
    except ValueError:
        return None


def _time(text: str, *, zoned: bool) -> Reading:
    """'10:30Z' → '10:30:00Z'."""
    found = clock.read(text) or clock.by_word(text)
    return _with_offset(text, found, zoned=zoned) if found else None


def _with_offset(text: str, found: clock.Clock, *, zoned: bool) -> Found | Doubt:
    if why := clock.doubt(text, found):
        return Doubt(f"{text!r} {why}")
    if bool(found.offset) != zoned:
        return Doubt(f"{text!r} has {'no offset' if zoned else 'an offset, and none is asked for'}")
    return Found(found.time + found.offset, found.how)


def _moment(text: str, *, zoned: bool) -> Reading:
    """'3 March 2024, 10:30 UTC' → '2024-03-03T10:30:00Z'; midnight is not made up."""
    both = _BOTH.fullmatch(text)
    if not both or not (time := clock.read(both["time"])):
        if clock.read(text):
            return Doubt(f"{text!r} names no day")
        return Doubt(f"{text!r} names no time") if isinstance(day := _day(text), Found) else day or _incomplete(text)
    day = _day(both["date"]) or _incomplete(both["date"])
    found = _with_offset(text, time, zoned=zoned)
    if not isinstance(day, Found) or not isinstance(found, Found):
        return found if isinstance(day, Found) else day
    return Found(f"{day.value}T{found.value}", found.how)


_READERS: dict[str, Callable[[str], Reading]] = {
    "date": _date,
    "time": lambda text: _time(text, zoned=True),
    "time-local": lambda text: _time(text, zoned=False),
    "date-time": lambda text: _moment(text, zoned=True),
    "duration": durations.read,
    "date-time-local": lambda text: _moment(text, zoned=False),
}
