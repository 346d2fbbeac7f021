"""Whether a query says a number in another unit: 'for a week' says 7 (days), 'two hours' 120 (minutes), '一打' 12."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from extractor.coercion.numerals import chinese_integer

# What one of a unit is in smaller ones that arguments are in: days, hours, minutes, seconds, months, pieces.
_IN_OTHERS = {
    "fortnight": (14,),
    "week": (7,),
    "year": (12, 365, 52),
    "month": (30,),
    "day": (24,),
    "hour": (60, 3600),
    "minute": (60,),
    "dozen": (12,),
    "pair": (2,),
    "kilo": (1000,),
    "周": (7,),
    "星期": (7,),
    "礼拜": (7,),
    "年": (12, 365),
    "个月": (30,),
    "天": (24,),
    "小时": (60, 3600),
    "钟头": (60, 3600),
    "分钟": (60,),
    "打": (12,),
    "斤": (500,),
    "公斤": (1000,),
}
_WORDS = "a an one two three four five six seven eight nine ten eleven twelve".split()  # noqa: SIM905
_NUMBERS = {word: max(at - 1, 1) for at, word in enumerate(_WORDS)}
_ENGLISH = re.compile(
    rf"(?i)\b(?P<number>{'|'.join(_WORDS)}|half an?|\d+(?:\.\d+)?)[ -]"
    r"(?P<unit>fortnight|week|year|month|day|hour|minute|dozen|pair|kilo)(?:s|grams?)?\b"
    r"(?P<half> and a half)?"
)
_CHINESE = re.compile(
    r"(?P<number>\d+(?:\.\d+)?|[半一二两三四五六七八九十百]+)个?(?P<half>半)?"
    r"(?P<unit>个月|公斤|星期|礼拜|小时|钟头|分钟|周|年|天|打|斤)(?P<after>半)?"
)


def says(text: str, value: Any) -> bool:
    """Whether a text has a quantity that is so many of another unit: ('for two weeks', 14) → True."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and any(abs(value - said) < 1e-9 for said in _said(text))  # noqa: PLR2004  # rounding


def _said(text: str) -> Iterator[float]:
    """All numbers that the quantities of a text can be."""
    for found in _ENGLISH.finditer(text):
        word = found["number"].lower()
        number = 0.5 if word.startswith("half") else float(_NUMBERS.get(word, 0) or word)
        yield from _counts(number + 0.5 * (found["half"] is not None), found["unit"].lower())
    for found in _CHINESE.finditer(text):
        has_half = found["half"] is not None or found["after"] is not None
        yield from _counts(_number(found["number"]) + 0.5 * has_half, found["unit"])


def _counts(number: float, unit: str) -> Iterator[float]:
    """As the text has it, if in words ('两天' is 2), and in the units that it may be asked for in."""
    yield number
    yield from (number * times for times in _IN_OTHERS[unit])


def _number(text: str) -> float:
    """'两' → 2, '半' → 0.5, '2.5' → 2.5."""
    if text[0].isdigit():
        return float(text)
    if text == "半":
        return 0.5
    return float(chinese_integer(text.replace("半", "")) or 0)
