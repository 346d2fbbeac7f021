"""Digits with separators and numerals in Chinese characters, as exact numbers."""

from __future__ import annotations

import re
from fractions import Fraction

from extractor.coercion.found import Doubt

CHINESE = "零〇一二两三四五六七八九十百千万亿壹贰叁肆伍陆柒捌玖拾佰仟"
_GROUPED = re.compile(r"[1-9]\d{0,2}(?:([,.' _])\d{3})(?:\1\d{3})*")
_INDIAN = re.compile(r"[1-9]\d?(?:,\d\d)+,\d{3}")


def from_digits(digits: str, text: str) -> Fraction | Doubt | None:
    """Digits with separators: '1,234.5' and '1.234,5' → 1234.5; '1,5' can be read in two ways."""
    if re.fullmatch(r"\d+(?:\.\d+)?|\.\d+", digits):
        return Fraction(digits)
    if _GROUPED.fullmatch(digits) or _INDIAN.fullmatch(digits):
        return Fraction(re.sub(r"\D", "", digits))
    at = max(digits.rfind(","), digits.rfind("."))
    whole, mark, decimals = digits[:at], digits[at], digits[at + 1 :]
    grouped = _GROUPED.fullmatch(whole) or _INDIAN.fullmatch(whole)
    if at > 0 and grouped and grouped[0].count(mark) == 0 and decimals.isdigit():
        return Fraction(re.sub(r"\D", "", whole) + "." + decimals)
    if re.fullmatch(r"\d+,\d+", digits):
        return Doubt(f"the comma of {text!r} may mark decimals, thousands or a second number")
    return None


_DIGITS = {
    char: value
    for chars in ("零一二三四五六七八九", "〇壹贰叁肆伍陆柒捌玖")
    for value, char in enumerate(chars)
} | {"两": 2}  # fmt: skip
_UNITS = {"十": 10, "百": 100, "千": 1000, "拾": 10, "佰": 100, "仟": 1000}
_TENS = 10
_PAIR = 2  # digits in a row that are a range in speech


def from_chinese(text: str) -> Fraction | Doubt | None:
    """'一千二百' → 1200, '二〇二四' → 2024, '三点一四' → 3.14; '一千二', which is 1200 in speech, → None.

    '两三' is two or three, a doubt.
    """
    if len(text) == _PAIR and all(_DIGITS.get(char) for char in text):
        return Doubt(f"{text!r} may be a range")
    return _exactly(text)


def _exactly(text: str) -> Fraction | None:
    text, _, decimals = text.partition("点")
    whole = digits_of(text) if all(char in _DIGITS for char in text) else _counted(text)
    if whole is None:
        return None
    return Fraction(f"{whole}.{digits_of(decimals)}") if decimals else Fraction(whole)


def chinese_integer(text: str) -> int | None:
    """A whole number in Chinese characters or digits: '二十三' → 23, '2024' → 2024, '二点五' → None."""
    if text.isdecimal():
        return int(text)
    number = _exactly(text) if text and all(char in CHINESE for char in text) else None
    return None if number is None else int(number)


def digits_of(text: str) -> str:
    """Chinese digits one by one: '二〇二四' → '2024'."""
    return "".join(str(_DIGITS[char]) for char in text)


def _counted(text: str) -> int | None:
    """Digits with 十百千 in blocks of 万 and 亿: '三万零五十' → 30050."""
    for mark, size in (("亿", 10**8), ("万", 10**4)):
        head, found, rest = text.rpartition(mark)
        if not found:
            continue
        above = _counted(head) if mark == "亿" else _block(head)
        below = _counted(rest) if rest else 0
        is_spoken = len(rest) == 1 and rest in _DIGITS  # 三万五 is 35,000
        return None if not above or below is None or is_spoken else above * size + below
    return _block(text)


def _block(text: str) -> int | None:
    """Less than 万: '二百零五' → 205; digits in a row, or units that do not fall, → None."""
    total, last, has_zero = 0, 10**4, False
    digit: int | None = None
    for char in text:
        if unit := _UNITS.get(char):
            if unit >= last or digit == 0 or (digit is None and unit != _TENS):
                return None
            total, digit, last, has_zero = total + (digit or 1) * unit, None, unit, False
        elif digit or char not in _DIGITS:  # a second 万
            return None
        else:
            digit = _DIGITS[char]
            has_zero = has_zero or not digit
    if digit and _TENS < last < 10**4 and not has_zero:
        return None
    return total + (digit or 0)
