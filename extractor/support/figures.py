"""Numbers in prose, by what they amount to: '1,200', '1.2k', 'twelve hundred' and 一千二百 are one.

Values and documents are read alike, so that a doubt ('1,5', '5m') has the same meanings on both sides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from extractor.coercion import number_words
from extractor.coercion.numerals import CHINESE, from_chinese

_SCALES = {
    "thousand": 3, "k": 3, "million": 6, "mn": 6, "m": 6, "billion": 9, "bn": 9, "b": 9, "trillion": 12, "tn": 12,
    "百": 2, "千": 3, "万": 4, "亿": 8, "万亿": 12,
}  # fmt: skip
_DIGITS = re.compile(
    r"(?P<digits>\d(?<![A-Za-z\d_].)\d*+(?:[.,]\d+)*+)"
    r"(?P<scale>\s?(?:thousand|million|billion|trillion|mn|bn|tn)(?![A-Za-z])|[kmb](?![A-Za-z])"
    r"|\s?(?:万亿|[百千万亿]))?",
    re.IGNORECASE,
)
_ONES = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen"
    "|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
)
_BIG = "hundred|thousand|million|billion|trillion|dozen"
WORDS = (*_ONES.split("|"), *_BIG.split("|"))
_ANY = f"{_ONES}|{_BIG}|point|half"
_SPOKEN = re.compile(
    rf"\b(?:(?:{_ONES})|an?\s(?:{_BIG}))\b(?:(?:-|\s(?:and\s)?)(?:a\s)?(?:{_ANY})\b){{0,9}}",
    re.IGNORECASE,
)
_CHINESE = re.compile(rf"[{CHINESE}]{{1,40}}+(?:点[零〇一二三四五六七八九]{{1,40}}+)?")
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d{1,2}(?:,\d\d)+,\d{3}(?:\.\d+)?")  # the other ones are lakhs
CURRENCY = re.compile(r"[$€£¥￥₹₩₽]\s?\Z")
_SIGN_BEHIND = re.compile(r"\s?([$€£¥￥₹₩₽])(?!\s?\d)")
_AMBIGUOUS = frozenset("kmb")  # '5m' may be metres
_LOWEST = -40

Amount = tuple[str, int]  # digits without zeros around, and the power of ten of the last one


@dataclass(frozen=True, slots=True)
class Figure:
    """A number where it stands, what it may amount to, and what its digits alone do."""

    start: int
    end: int
    amounts: frozenset[Amount]
    bare: frozenset[Amount] = frozenset()


def written(text: str) -> Iterator[Figure]:
    """Numbers in digits: in 'over 1.2bn' → 1200000000, with the bare 1.2; 'A320' and the like are words."""
    for found in _DIGITS.finditer(text):
        scale = (found["scale"] or "").strip().casefold()
        readings = _readings(found["digits"])
        bare = frozenset(map(_amount, readings))
        amounts = frozenset(_amount(reading, _SCALES[scale]) for reading in readings) if scale else bare
        yield Figure(found.start(), found.end(), amounts | bare if scale in _AMBIGUOUS else amounts, bare)


def sign(text: str, figure: Figure) -> str:
    """The sign of a currency beside a number, '' where none is: '£' of 5 in '£5' and in '5 £'."""
    lead = CURRENCY.search(text, max(figure.start - 2, 0), figure.start)
    behind = None if lead else _SIGN_BEHIND.match(text, figure.end)
    found = lead[0].strip() if lead else behind[1] if behind else ""
    return found.replace("￥", "¥")


def spoken(text: str) -> Iterator[Figure]:
    """Numbers in English words, each as long as it goes: 'twelve hundred men' → 1200."""
    for found in _SPOKEN.finditer(text):
        number = number_words.leading(found[0])
        if isinstance(number, tuple) and not number[1]:
            yield Figure(*found.span(), frozenset((_exactly(number[0]),)))


def chinese(text: str) -> Iterator[Figure]:
    """Numbers in Chinese characters, each as long as it goes: 一千二百人 → 1200."""
    for found in _CHINESE.finditer(text):
        if amount := _chinese(found[0]):
            yield Figure(*found.span(), frozenset((amount,)))


@lru_cache(maxsize=1 << 12)
def _chinese(text: str) -> Amount | None:
    number = from_chinese(text)
    return _exactly(number) if isinstance(number, Fraction) else None


def _readings(digits: str) -> list[str]:
    """What digits may say: '1,200' → ['1200'], '1,5' → ['1.5', '1', '5'], '1,2,3' → ['1', '2', '3']."""
    if _GROUPED.fullmatch(digits):
        return [digits.replace(",", "")]
    parts = digits.split(",")
    return [".".join(parts), *parts] if len(parts) == 2 and "." not in digits else parts  # noqa: PLR2004


def _amount(digits: str, power: int = 0) -> Amount:
    """('01.50', 3) → ('15', 2)."""
    whole, _, part = digits.partition(".")
    figures = (whole + part).lstrip("0")
    kept = figures.rstrip("0")
    return (kept, power - len(part) + len(figures) - len(kept)) if kept else ("0", 0)


def _exactly(number: Fraction) -> Amount:
    """5/2 → ('25', -1)."""
    power = 0
    while number.denominator > 1 and power > _LOWEST:
        number, power = number * 10, power - 1
    return _amount(str(int(number)), power)
