"""Lengths of time in a text, as ISO 8601: '2 hours 30 minutes' → 'PT2H30M', '90分钟' → 'PT90M'."""

from __future__ import annotations

import re
from fractions import Fraction

from extractor.coercion import number_words
from extractor.coercion.found import Doubt, Found, Reading
from extractor.coercion.numerals import from_chinese

_UNITS = {
    "Y": "years?|yrs?|年", "O": "months?|个月", "W": "weeks?|wks?|个星期|星期|周", "D": "days?|d|天|日",
    "H": "hours?|hrs?|h|个小时|小时|个钟头|钟头", "M": "minutes?|mins?|m|分钟|分", "S": "seconds?|secs?|s|秒钟|秒",
}  # fmt: skip
_ORDER = "".join(_UNITS)
_STEP = re.compile(
    r"(?:, ?| )?(?:and )?"
    r"(?P<number>\d{1,9}(?:\.\d{1,6})?|(?:\d{1,3}|[一二两三四五六七八九十]{1,3})个半|半个?"
    r"|[零〇一二两三四五六七八九十百]{1,5}|[a-z]+(?:[ -][a-z]+){0,3}?)"
    rf"[ -]?(?:{'|'.join(f'(?P<{sign}>{words})' for sign, words in _UNITS.items())})(?![a-z])"
)
_CLOCK = re.compile(r"(\d{1,3}):([0-5]\d):([0-5]\d)")
_SHORT_CLOCK = re.compile(r"\d{1,3}:[0-5]\d")
_IN_SECONDS = {"W": 604_800, "D": 86_400, "H": 3600, "M": 60, "S": 1}


def read(text: str) -> Reading:
    """A length of time: '3 days' → 'P3D', '1.5 hours' → 'PT1H30M'; '1:30', of hours or of minutes, is a doubt."""
    plain = text.casefold()
    if clock := _CLOCK.fullmatch(plain):
        return _written(dict(zip("HMS", map(int, clock.groups()), strict=True)))
    if _SHORT_CLOCK.fullmatch(plain):
        return Doubt(f"{text!r} may be hours and minutes or minutes and seconds")
    counts: dict[str, Fraction] = {}
    at = 0
    while step := _STEP.match(plain, at):
        sign, number = str(step.lastgroup), _number(step["number"])
        if number is None or any(_ORDER.index(sign) <= _ORDER.index(other) for other in counts):
            return None
        counts[sign], at = number, step.end()
    return _written(_whole(counts)) if at == len(plain) and counts else None


def _number(text: str) -> Fraction | None:
    """'1.5' and '一个半' → 3/2, '二十' → 20, 'two' and 'a' → 2 and 1, 'half an' → 1/2."""
    if (head := text.removesuffix("个")).endswith("半"):
        whole = _number(head[:-2]) if head != "半" else Fraction(0)
        return None if whole is None else whole + Fraction(1, 2)
    if text[0].isdecimal():
        return Fraction(text)
    if text in {"a", "an", "half", "half a", "half an"}:
        return Fraction(1, 2 if text.startswith("half") else 1)
    found = number_words.read(text) if text.isascii() else from_chinese(text)  # 两三 is no 23
    return None if isinstance(found, Doubt) else found


def _whole(counts: dict[str, Fraction]) -> dict[str, int]:
    """In whole numbers, in smaller units where one is broken: 1.5 hours → 1 hour and 30 minutes; of a year, nothing."""
    if all(count.denominator == 1 for count in counts.values()):
        return {sign: int(count) for sign, count in counts.items()}
    if not counts.keys() <= _IN_SECONDS.keys():
        return {}
    left = sum((count * _IN_SECONDS[sign] for sign, count in counts.items()), Fraction(0))
    found: dict[str, int] = {}
    for sign in "DHMS" if {"W", "D"} & counts.keys() else "HMS":
        found[sign], left = divmod(left, _IN_SECONDS[sign])
    return {} if left else found


def _written(counts: dict[str, int]) -> Found | None:
    """{'H': 2, 'S': 5} → 'PT2H0M5S': ISO 8601 lacks no unit in the middle, and has weeks alone."""
    if not counts:
        return None
    if "W" in counts and len(counts) > 1:
        days = counts.get("D", 0) + 7 * counts["W"]
        counts = {sign: count for sign, count in counts.items() if sign != "W"} | {"D": days}
    kept = {sign: count for sign, count in counts.items() if count} or dict([[*counts.items()][-1]])
    date, time = _between("YOD", kept).replace("O", "M"), _between("HMS", kept)
    return Found("P" + (f"{kept['W']}W" if "W" in kept else date) + (f"T{time}" if time else ""))


def _between(signs: str, counts: dict[str, int]) -> str:
    """The counts from the first unit to the last: ('HMS', {'H': 2, 'S': 5}) → '2H0M5S'."""
    there = [at for at, sign in enumerate(signs) if sign in counts]
    return "".join(f"{counts.get(sign, 0)}{sign}" for sign in signs[there[0] : there[-1] + 1]) if there else ""
