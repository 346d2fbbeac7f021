"""A number in a text, as people write it: '1,234', '12%', '1/5', '1½', '$12.50', '12 km', '一千二百', 'five'.

The whole text is the number; none is cut out of prose.
"""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from math import isfinite

from extractor.coercion import mixed, number_words
from extractor.coercion.found import LONGEST, Doubt, Found, unquoted
from extractor.coercion.numerals import CHINESE, from_chinese, from_digits
from extractor.coercion.units import CURRENCY, behind, is_money_unit, is_unit, scale_behind

_SIGNS = str.maketrans({"−": "-", "﹣": "-", "–": "-", "負": "负", "⁄": "/"})
_FORM = re.compile(
    rf"(?P<sign>[-+负]?)\s?(?P<before>{CURRENCY})?\s?"
    rf"(?:(?P<digits>\d(?:[\d.,'_ ]*\d)?|\.\d+)(?P<power>[eE][-+]?\d{{1,3}}|\s?[x×*]\s?10\^[-+]?\d{{1,3}})?"
    rf"|(?P<chinese>[{CHINESE}]+(?:点[零〇一二三四五六七八九]+)?))"
    r"(?P<blank>\s?)(?P<after>.*)",
)
_SIGN = re.compile(r"(?P<is_less>[-负])?\+?\s?(?P<rest>.*)", re.DOTALL)
_BRACKETS = re.compile(r"\(([^()]+)\)")
_RATIO = re.compile(r"(?P<sign>[-+]?)(?:(?P<whole>\d{1,15}) )?(?P<above>\d{1,15})\s?/\s?(?P<below>\d{1,15})")
_NO_FRACTION = frozenset((7, 10, 12, 20, 24, 30, 31, 60, 100, 365))  # what marks, clocks and calendars count to
_PERCENT = {"%": 100, "percent": 100, "per cent": 100, "pct": 100, "‰": 1000}
_ABOUT = re.compile(f"[多余几约至到或~半成折些]|左右|上下|以[上下]|分之|点|^下|[{CHINESE}]|[元块角时][0-9]")
_SHORT_YEAR = re.compile(r"\s*['’‘]\d\d\s*")
_POWER = re.compile(
    r"(?<![\d.,])(?P<by>(?:\d[\d.]*\s?[x×*·]\s?)?)10(?:\^(?P<to>[-+]?\d{1,3})|(?P<raised>[⁻⁺]?[⁰¹²³⁴-⁹]{1,3}))(?!\d)"
)
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_ORDINAL = re.compile(
    r"(?P<before>#|№|(?:no|nr)\.|number )?\s?(?P<number>\d{1,15})(?P<after>st|nd|rd|th)?", re.IGNORECASE
)
_SIDE = rf"[-+]?\s?(?:{CURRENCY})?\s?\d[\d.,]*\s?(?:[%°‰]|[^\W\d_]{{1,3}})?"
_RANGE = re.compile(
    rf"(?:from |between )?{_SIDE}\s?(?:to|or|and|until|through|-|\.\.\.?|…|~|[至到或和])\s?{_SIDE}\D{{0,24}}",
    re.IGNORECASE,
)
_THOUSANDS = re.compile(r"[1-9]\d{0,2}\.\d{3}")
_HALF = frozenset(("half", "a half", "one half", "一半"))
_LONGEST_WORD = 24  # characters behind a number that are told in a doubt
_ENDS = ".,;。，；"
_VAGUE = re.compile(r"[~≈<>≤≥约近超]|(?:about|around|approx\w*|roughly|nearly|over|under|almost|ca)\b", re.IGNORECASE)


def read(text: str) -> tuple[Found, ...] | Doubt:
    """The values that a text can be, the likelier first: '12%' → (0.12, 12); '1,5' → a doubt; 'Two' → ()."""
    if len(text) > LONGEST:
        return ()
    plain = _POWER.sub(_power, unquoted(text).translate(_SIGNS)).rstrip(_ENDS)
    if found := _named(plain, text):
        return found
    if ratio := _RATIO.fullmatch(plain):
        return _ratio(ratio, text)
    if _VAGUE.match(plain) and any(map(str.isdigit, plain)):
        return Doubt(f"{text!r} is no exact number")
    try:
        found = _exactly(plain, text)
    except OverflowError:
        return ()
    is_open = isinstance(found, Doubt) or not found
    return Doubt(f"{text!r} is a range, or more than one number") if is_open and _RANGE.fullmatch(plain) else found


def in_scale(found: Found, scale: int, text: str) -> Found | None:
    """A number as a field counts that is asked by the scale in the text: ('120万元', 10000) → 120; '5亿元' → None."""
    unit = found.without[-1] if found.without else ""
    tail = scale_behind(unquoted(text).rstrip(_ENDS), unit, scale)
    if not tail or found.factor not in {1, scale}:  # 1 where the number is in words
        return None
    before = [part for part in found.without if not tail.endswith(part)]
    how = f"without {' and '.join(map(repr, (*before, tail)))}"
    return replace(found, value=_plainly(Fraction(str(found.value)) / scale), how=how)


def _named(plain: str, text: str) -> tuple[Found, ...] | Doubt | None:
    """'12th' and 'No. 12' → 12, 'half' → 0.5; the year "'20" is a doubt."""
    if _SHORT_YEAR.fullmatch(text):
        return Doubt(f"{text!r} does not say the century")
    if (ordinal := _ORDINAL.fullmatch(plain)) and (beside := ordinal["before"] or ordinal["after"]):
        return (Found(int(ordinal["number"]), f"without {beside.strip()!r}"),)
    return (Found(0.5),) if plain.casefold() in _HALF else None


def _power(found: re.Match[str]) -> str:
    """'10^6' → '1x10^6', '1.5 x 10³' → '1.5x10^3'."""
    by = re.sub(r"[x×*·\s]", "", found["by"]) or "1"
    return f"{by}x10^{found['to'] or found['raised'].translate(_RAISED)}"


def _exactly(plain: str, text: str) -> tuple[Found, ...] | Doubt:
    signed = _SIGN.fullmatch(plain)
    assert signed
    found = mixed.read(signed["rest"], text)
    if isinstance(found, Doubt):
        return found
    if found:
        return _mixed(replace(found, number=-found.number) if signed["is_less"] else found, text)
    if (inner := _BRACKETS.fullmatch(plain)) and isinstance(value := read(inner[1]), tuple) and value:
        return Doubt(f"{text!r} may be {value[0].value} or, as in accounts, -{value[0].value}")
    if form := _FORM.fullmatch(plain):
        return _formed(form, text)
    return _in_words(plain, text)


def _mixed(found: mixed.Mixed, text: str) -> tuple[Found, ...] | Doubt:
    """'百分之百' → (1, 100), '2½ hours' → 2.5."""
    after = found.after.strip()
    if found.is_percent and not after:
        return _percent(found.number, has_point=False)
    if not found.is_percent and (per := _PERCENT.get(after.casefold())):
        return _percent(found.number, has_point=False) if per == 100 else _per_mille(found.number)  # noqa: PLR2004
    return _with_unit(found.number, after, text, touches=found.after == after)


def _with_unit(number: Fraction, after: str, text: str, *, touches: bool) -> tuple[Found, ...] | Doubt:
    """A number whose own form says how large it is, with a unit or a factor behind."""
    if known := behind(after, touches=touches):
        value, units = _plainly(number * known[0]), (known[1],) if known[1] else ()
        return (Found(value, f"without {known[1]!r}" if units else "", without=units, factor=known[0]),)
    return Doubt(f"{text!r} is no exact number") if _ABOUT.match(after) else ()


def _in_words(plain: str, text: str) -> tuple[Found, ...] | Doubt:
    """'twenty-one' → 21, 'five people' → 5; 'a dozen or so' → a doubt, 'One Direction' → ()."""
    found = number_words.leading(plain)
    if found is None or isinstance(found, Doubt):
        return Doubt(found.why.replace(repr(plain), repr(text))) if found else ()
    number, after = found
    if _PERCENT.get(after.casefold()) == 100:  # noqa: PLR2004
        return _percent(number, has_point=False)
    return _with_unit(number, after, text, touches=False)


def _percent(number: Fraction, *, has_point: bool) -> tuple[Found, ...]:
    parts = Found(_plainly(number / 100), "as a fraction")
    return parts, Found(_plainly(number, has_point=has_point), "in percent", cost=2)


def _per_mille(number: Fraction) -> tuple[Found, ...]:
    return (Found(_plainly(number / 1000), "as a fraction", without=("‰",)),)


def _ratio(ratio: re.Match[str], text: str) -> tuple[Found, ...] | Doubt:
    """'1/5' → 0.2; '1 1/2' → 1.5; '24/7' and '8/10' → a doubt, they may be a date, a mark or a turn of phrase."""
    above, below = int(ratio["above"]), int(ratio["below"])
    if not below:
        return ()
    if above >= below or below in _NO_FRACTION:
        return Doubt(f"{text!r} may be a fraction, a date or a rating")
    value = int(ratio["whole"] or 0) + Fraction(above, below)
    return (Found(_plainly(-value if ratio["sign"] == "-" else value)),)


def _formed(form: re.Match[str], text: str) -> tuple[Found, ...] | Doubt:
    chinese = form["chinese"]
    number = from_chinese(chinese) if chinese else from_digits(form["digits"], text)
    if number is None or isinstance(number, Doubt):
        return number or ()
    if form["power"]:
        number *= Fraction(10) ** int(re.split(r"[eE^]", form["power"])[-1])
    if form["sign"] and form["sign"] in "-负":
        number = -number
    has_point = bool(form["power"]) or (form["digits"] or "").count(".") == 1
    after = form["after"].strip()
    if per := _PERCENT.get(after.casefold()):
        return _percent(number, has_point=has_point) if per == 100 else _per_mille(number)  # noqa: PLR2004
    return _scaled((number, has_point), after, text, form)


def _scaled(read: tuple[Fraction, bool], after: str, text: str, form: re.Match[str]) -> tuple[Found, ...] | Doubt:
    """With what stands behind a number: a factor, a unit, both or nothing: 'million USD', 'km', 'k'."""
    if why := _unclear(form, after):
        return Doubt(f"{text!r} {why}")
    number, has_point = read
    chinese, known = form["chinese"], behind(after, form["before"] or "", touches=not form["blank"])
    if chinese and is_unit(chinese[-1] + after):
        return Doubt(f"{text!r} may be in {after} or in {chinese[-1]}{after}")  # 三千克: 3 kg or 3000 g
    if known is None:
        if _ABOUT.match(after):
            return Doubt(f"{text!r} is no exact number")
        is_word = not chinese and after[0].isalpha() and len(after) <= _LONGEST_WORD
        return Doubt(f"what {after!r} means in {text!r} is not known") if is_word else ()
    factor, unit = known
    units = tuple(part for part in (form["before"], unit) if part)
    value = _plainly(number * factor, has_point=has_point and factor == 1)
    how = f"without {' and '.join(map(repr, units))}" if units else ""
    return (Found(value, how, without=units, factor=factor),)


def _unclear(form: re.Match[str], after: str) -> str:
    """Why a number with what stands around it can mean two things; empty where it cannot."""
    digits, is_alone = form["digits"] or "", not after or is_money_unit(after)
    if (form["before"] or after) and is_alone and not form["power"] and _THOUSANDS.fullmatch(digits):
        return "has a point that may mark decimals or thousands"
    if after == "s" and not form["blank"] and digits.endswith("0"):
        return "may be seconds or a decade"
    return "may be in millions or in metres" if after == "m" and not form["blank"] and not form["before"] else ""


def _plainly(number: Fraction, *, has_point: bool = False) -> int | float:
    """A JSON number: 6/2 → 3, 1/5 → 0.2."""
    if number.denominator == 1 and not has_point:
        return int(number)
    value = float(number)
    if not isfinite(value):
        raise OverflowError
    return value
