"""A number in a text, as people write it: '1,234', '12%', '1/5', '$12.50', '12 km', '1.2k', '一千二百'.

The whole text is the number; none is cut out of prose.
"""

from __future__ import annotations

import re
from fractions import Fraction
from math import isfinite

from extractor.coercion.found import LONGEST, Doubt, Found, unquoted

_SIGNS = str.maketrans({"−": "-", "﹣": "-", "–": "-", "負": "负", "⁄": "/"})
_CURRENCY = r"(?:US|HK|NT|CA|AU)?\$|[€£¥₩₹₽]|USD|EUR|GBP|CNY|RMB|JPY|CHF|HKD|人民币"
_CHINESE = "零〇一二两三四五六七八九十百千万亿壹贰叁肆伍陆柒捌玖拾佰仟"
_FORM = re.compile(
    rf"(?P<sign>[-+负]?)\s?(?P<before>{_CURRENCY})?\s?"
    rf"(?:(?P<digits>\d(?:[\d.,'_ ]*\d)?|\.\d+)(?P<power>[eE][-+]?\d{{1,3}}|\s?[x×*]\s?10\^[-+]?\d{{1,3}})?"
    rf"|(?P<part>百分之)?(?P<chinese>[{_CHINESE}]+(?:点[零〇一二三四五六七八九]+)?))"
    r"(?P<blank>\s?)(?P<after>.*)",
)
_RATIO = re.compile(r"(?P<sign>[-+]?)(?:(?P<whole>\d{1,15}) )?(?P<above>\d{1,15})\s?/\s?(?P<below>\d{1,15})")
_PERCENT = {"%": 100, "percent": 100, "per cent": 100, "pct": 100, "‰": 1000}
_SCALES = {
    "hundred": 10**2, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12, "dozen": 12,
    "lakh": 10**5, "crore": 10**7, "bn": 10**9, "mn": 10**6, "百": 10**2, "千": 10**3, "万": 10**4, "亿": 10**8,
    "百万": 10**6, "千万": 10**7, "万亿": 10**12,
}  # fmt: skip
_LETTERS = {"k": 10**3, "K": 10**3, "M": 10**6, "B": 10**9}  # only where they touch the number: '5 K' is a temperature
_SCALED = re.compile(rf"({'|'.join(sorted(_SCALES, key=len, reverse=True))})(?![a-z])\s?(.*)", re.IGNORECASE)
_UNIT = re.compile(rf"(?:{_CURRENCY}|[°µμÅ]?[^\W\d_][\w°²³/·^]{{0,15}}|°)(?:/[^\W\d_]{{1,8}})?")
# Words that change what a number means, and are no unit of it.
_NO_UNIT = frozenset(
    (
        "or",
        "and",
        "to",
        "of",
        "from",
        "than",
        "plus",
        "minus",
        "x",
        "am",
        "pm",
        "bc",
        "bce",
        "ad",
        "ce",
        "about",
        "approx",
        "approximately",
        "roughly",
        "circa",
        "ish",
        "more",
        "less",
        "fewer",
        "times",
        "bps",
        "pp",
        "percent",
        "over",
        "up",
        "max",
        "min",
    )
)
_ABOUT = re.compile(f"[多余几约至到或~半成折些]|左右|上下|以[上下]|分之|点|^下|[{_CHINESE}]|[元块角时][0-9]")
_VAGUE = re.compile(r"[~≈<>≤≥约近超]|(?:about|around|approx\w*|roughly|nearly|over|under|almost|ca)\b", re.IGNORECASE)


def read(text: str) -> tuple[Found, ...] | Doubt:
    """The values that a text can be, the likelier first: '12%' → (0.12, 12); '1,5' → a doubt; 'Two' → ()."""
    if len(text) > LONGEST:
        return ()
    plain = unquoted(text).translate(_SIGNS).rstrip(".,;。，；")
    if ratio := _RATIO.fullmatch(plain):
        return _ratio(ratio)
    if _VAGUE.match(plain) and any(map(str.isdigit, plain)):
        return Doubt(f"{text!r} is no exact number")
    form = _FORM.fullmatch(plain)
    try:
        return _formed(form, text) if form else ()
    except OverflowError:
        return ()


def _ratio(ratio: re.Match[str]) -> tuple[Found, ...]:
    """'1/5' → 0.2; '1 1/2' → 1.5."""
    if not int(ratio["below"]):
        return ()
    value = int(ratio["whole"] or 0) + Fraction(int(ratio["above"]), int(ratio["below"]))
    return (Found(_plainly(-value if ratio["sign"] == "-" else value)),)


def _formed(form: re.Match[str], text: str) -> tuple[Found, ...] | Doubt:
    chinese = form["chinese"]
    number = _from_chinese(chinese) if chinese else _from_digits(form["digits"], text)
    if number is None or isinstance(number, Doubt):
        return number or ()
    if form["power"]:
        number *= Fraction(10) ** int(re.split(r"[eE^]", form["power"])[-1])
    if form["sign"] and form["sign"] in "-负":
        number = -number
    has_point = bool(form["power"]) or (form["digits"] or "").count(".") == 1
    after = form["after"].strip()
    per = 100 if form["part"] else _PERCENT.get(after.casefold())
    if per:
        parts = Found(_plainly(number / per), "as a fraction")
        return (parts, Found(_plainly(number, has_point=has_point), "in percent", cost=2)) if per == 100 else (parts,)  # noqa: PLR2004
    return _scaled((number, has_point), after, text, form)


def _scaled(read: tuple[Fraction, bool], after: str, text: str, form: re.Match[str]) -> tuple[Found, ...] | Doubt:
    """With what stands behind a number: a factor, a unit, both or nothing: 'million USD', 'km', 'k'."""
    number, has_point = read
    factor = 1
    if not form["blank"] and after in _LETTERS:
        factor, after = _LETTERS[after], ""
    elif not form["blank"] and after == "m":
        return Doubt(f"{text!r} may be in millions or in metres")
    elif scaled := _SCALED.fullmatch(after):
        factor, after = _SCALES[scaled[1].casefold()], scaled[2]
    if after and not _is_unit(after):
        return Doubt(f"{text!r} is no exact number") if _ABOUT.match(after) else ()
    dropped = " and ".join(repr(part) for part in (form["before"], after) if part)
    value = _plainly(number * factor, has_point=has_point and factor == 1)
    return (Found(value, f"without {dropped}" if dropped else ""),)


def _is_unit(text: str) -> bool:
    """Whether a text is one unit or sign: 'km/h' → True, 'or 13' → False."""
    is_word = text[0].isalpha() or text[0] in "°$€£¥₩₹₽"
    return is_word and bool(_UNIT.fullmatch(text)) and text.casefold() not in _NO_UNIT and not _ABOUT.search(text)


def _plainly(number: Fraction, *, has_point: bool = False) -> int | float:
    """A JSON number: 6/2 → 3, 1/5 → 0.2."""
    if number.denominator == 1 and not has_point:
        return int(number)
    value = float(number)
    if not isfinite(value):
        raise OverflowError
    return value


_GROUPED = re.compile(r"[1-9]\d{0,2}(?:([,.' _])\d{3})(?:\1\d{3})*")
_INDIAN = re.compile(r"[1-9]\d?(?:,\d\d)+,\d{3}")


def _from_digits(digits: str, text: str) -> Fraction | Doubt | None:
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


def _from_chinese(text: str) -> Fraction | None:
    """'一千二百' → 1200, '二〇二四' → 2024, '三点一四' → 3.14; '一千二', which is 1200 in speech, → None."""
    text, _, decimals = text.partition("点")
    whole = digits_of(text) if all(char in _DIGITS for char in text) else _counted(text)
    if whole is None:
        return None
    return Fraction(f"{whole}.{digits_of(decimals)}") if decimals else Fraction(whole)


def chinese_integer(text: str) -> int | None:
    """A whole number in Chinese characters or digits: '二十三' → 23, '2024' → 2024, '二点五' → None."""
    if text.isdecimal():
        return int(text)
    number = _from_chinese(text) if text and all(char in _CHINESE for char in text) else None
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
        elif digit:
            return None
        else:
            digit = _DIGITS[char]
            has_zero = has_zero or not digit
    if digit and _TENS < last < 10**4 and not has_zero:
        return None
    return total + (digit or 0)
