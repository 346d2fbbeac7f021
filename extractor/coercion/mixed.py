"""Numbers of digits and signs together: '三分之一', '百分之百', '12万3千', '1½'. With what stands behind them."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from fractions import Fraction

from extractor.coercion.found import Doubt
from extractor.coercion.numerals import CHINESE, from_chinese
from extractor.coercion.units import is_unit

_ROUND = {"百": 100, "千": 1000, "万": 10**4, "亿": 10**8}
_VULGAR = "½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅐⅛⅜⅝⅞⅑⅒"
_NUMBER = rf"(?:[{CHINESE}]+(?:点[零〇一二三四五六七八九]+)?|\d{{1,15}}(?:\.\d{{1,15}})?)"
_PARTS = re.compile(rf"(?:(?P<whole>{_NUMBER})又)?(?P<below>{_NUMBER})分之(?P<above>{_NUMBER})(?P<after>.*)")
_HALVES = re.compile(rf"(?:(?P<whole>\d{{1,15}})\s?)?(?P<sign>[{_VULGAR}])(?P<after>.*)")
_AND_A_HALF = re.compile(rf"(?P<whole>[{CHINESE}]{{1,9}}|\d{{1,9}})个半(?P<after>.*)|半个?(?P<unit>.+)")
_TENTHS = re.compile(r"(?P<tens>[一二两三四五六七八九])成(?P<ones>[一二三四五六七八九])?")
_SIZES = {"千万": 10**7, "百万": 10**6, "十万": 10**5, "亿": 10**8, "万": 10**4, "千": 1000, "百": 100, "十": 10}
_STEP = re.compile(rf"[零〇]?(?P<digits>\d{{1,4}}|[一二两三四五六七八九])(?P<size>{'|'.join(_SIZES)})")
_STEPS = re.compile(rf"\d{{1,4}}(?:{'|'.join(_SIZES)})[零〇]?[\d一二两三四五六七八九]")
_LAST = re.compile(r"(?P<zero>[零〇]?)(?P<digits>\d{1,8}|[一二两三四五六七八九])(?![\d.,])")


@dataclass(frozen=True, slots=True)
class Mixed:
    """A number and what is behind it; `is_percent` where the number counts hundredths."""

    number: Fraction
    after: str
    is_percent: bool = False


def read(text: str, whole: str) -> Mixed | Doubt | None:
    """'三分之一' → 1/3, '百分之百' → 100 percent, '1½ km' → 3/2 and ' km'; `whole` is what a doubt names."""
    if tenths := _TENTHS.fullmatch(text):  # 三成五
        return Mixed(Fraction(10 * _digit(tenths["tens"]) + _digit(tenths["ones"] or "零")), "", is_percent=True)
    if found := _HALVES.fullmatch(text):
        part = Fraction(unicodedata.numeric(found["sign"])).limit_denominator(10)
        return Mixed(int(found["whole"] or 0) + part, found["after"])
    if parts := _PARTS.fullmatch(text):
        return _of_parts(parts, whole)
    if halved := _AND_A_HALF.fullmatch(text):
        return _of_half(halved)
    return _stepped(text, whole) if _STEPS.match(text) else None


def _of_half(halved: re.Match[str]) -> Mixed | None:
    """'两个半小时' → 5/2 and '小时', '半小时' → 1/2 and '小时'; '半导体' → None."""
    if unit := halved["unit"]:
        return Mixed(Fraction(1, 2), unit) if is_unit(unit) else None
    count = _number(halved["whole"])
    return None if count is None else Mixed(count + Fraction(1, 2), halved["after"])


def _of_parts(parts: re.Match[str], whole: str) -> Mixed | Doubt | None:
    """'四分之三' → 3/4, '一又二分之一' → 3/2, '百分之12.5' → 12.5 percent."""
    below, above = _number(parts["below"]), _number(parts["above"])
    full = _number(parts["whole"]) if parts["whole"] else Fraction(0)
    if not below or above is None or full is None or below.denominator != 1:
        return Doubt(f"{whole!r} is no clear fraction")
    if parts["after"] and _is_in_unit(parts["above"], parts["after"]):
        return Doubt(f"{whole!r} may be in {parts['after']} or in {parts['above'][-1]}{parts['after']}")  # 五分之一千克
    if isinstance(found := from_chinese(parts["above"]) if parts["above"][0] in CHINESE else None, Doubt):
        return found
    if below == 100 and not parts["whole"]:  # noqa: PLR2004
        return Mixed(above, parts["after"], is_percent=True)
    return Mixed(full + above / below, parts["after"])


def _number(text: str) -> Fraction | None:
    """'12.5' → 12.5, '十二' → 12, '百' → 100."""
    if text[0].isdigit():
        return Fraction(text)
    found = Fraction(_ROUND[text]) if text in _ROUND else from_chinese(text)
    return None if isinstance(found, Doubt) else found


def _stepped(text: str, whole: str) -> Mixed | Doubt | None:
    """'12万3千' → 123000, '3万5000' → 35000; '12万3', which is 123000 in speech, is a doubt."""
    total, last, at = Fraction(0), 10**12, 0
    while step := _STEP.match(text, at):
        size = _SIZES[step["size"]]
        count = _digit(step["digits"]) * size
        if size >= last or count >= last:
            return Doubt(f"{whole!r} is no clear number")
        total, last, at = total + count, size, step.end()
    if rest := _LAST.match(text, at):
        value = _digit(rest["digits"])
        if value >= last or not (rest["zero"] or 10 * value >= last):
            return Doubt(f"{whole!r} is no clear number")
        total, at = total + value, rest.end()
    after = text[at:].strip()
    is_scaled = after[:1] in {*CHINESE} or _is_in_unit(text[:at], after)
    return Doubt(f"{whole!r} is no clear number") if is_scaled else Mixed(total, after)


def _is_in_unit(number: str, after: str) -> bool:
    """Whether a unit may begin within a number: ('3千', '克') → True."""
    return bool(after) and number[-1] in CHINESE and is_unit(number[-1] + after)


def _digit(text: str) -> int:
    found = int(text) if text.isdecimal() else from_chinese(text)
    return 0 if found is None or isinstance(found, Doubt) else int(found)
