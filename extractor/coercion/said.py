"""What the name or the description of a field says of its numbers: 'length_km' → km, 'in millions' → 1000000, percent.

A number in another unit is no number of that field; nothing is converted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from extractor.coercion.found import Doubt, Found
from extractor.coercion.numbers import in_scale
from extractor.coercion.units import is_unit, powered

SAID = "x-said"  # where a node carries what was said above it
_DOLLARS = ("USD", "CAD", "AUD", "HKD", "SGD", "NZD", "TWD")
_SPELLINGS = {
    "ms": "ms millisecond milliseconds 毫秒", "s": "s sec secs second seconds 秒 秒钟",
    "min": "min mins minute minutes 分钟", "h": "h hr hrs hour hours 小时 个小时", "day": "day days 天 日",
    "night": "night nights",
    "week": "wk wks week weeks 周 星期 个星期", "month": "month months 月 个月",
    "year": "yr yrs year years 年 岁 周岁", "decade": "decade decades", "century": "century centuries",
    "nm": "nm", "µm": "µm μm um micrometre micrometres micrometer micrometers", "dm": "dm 分米",
    "mm": "mm millimetre millimetres millimeter millimeters 毫米",
    "cm": "cm centimetre centimetres centimeter centimeters 厘米", "m": "m metre metres meter meters 米",
    "km": "km kilometre kilometres kilometer kilometers 公里 千米", "ft": "ft foot feet 英尺",
    "yd": "yd yard yards", "mi": "mi mile miles 英里", "inch": "inch inches 英寸", "nmi": "海里",
    "mg": "mg milligram milligrams 毫克", "µg": "µg μg ug", "g": "g gram grams gramme grammes 克",
    "kg": "kg kilogram kilograms kilo kilos 公斤 千克", "t": "t tonne tonnes ton tons 吨",
    "lb": "lb lbs pound pounds", "oz": "oz ounce ounces", "stone": "stone stones", "斤": "斤",
    "ml": "ml millilitre millilitres milliliter milliliters 毫升", "cl": "cl", "dl": "dl", "hl": "hl",
    "l": "l litre litres liter liters 升", "gallon": "gallon gallons", "pint": "pint pints",
    "m2": "sqm ㎡ 平方米 平米", "km2": "sqkm ㎢ 平方千米 平方公里", "cm2": "平方厘米", "m3": "㎥ 立方米", "ft2": "sqft",
    "ha": "ha hectare hectares 公顷", "acre": "acre acres", "亩": "亩",
    "°C": "°c ℃ celsius 摄氏度 ° degree degrees", "°F": "°f ℉ fahrenheit ° degree degrees",
    "km/h": "km/h kmh kph", "mph": "mph", "m/s": "m/s", "rpm": "rpm",
    "W": "w watt watts 瓦", "kW": "kw kilowatt kilowatts 千瓦", "MW": "mw 兆瓦", "GW": "gw", "Wh": "wh",
    "kWh": "kwh 千瓦时 度电", "MWh": "mwh", "GWh": "gwh", "J": "j joule joules", "kJ": "kj",
    "cal": "cal calorie calories 卡", "kcal": "kcal 千卡", "hz": "hz 赫", "khz": "khz 千赫", "MHz": "mhz", "GHz": "ghz",
    "byte": "byte bytes", "kB": "kb kilobyte kilobytes", "MB": "mb megabyte megabytes", "GB": "gb gigabyte gigabytes",
    "TB": "tb", "EUR": "eur € euro euros 欧元", "GBP": "gbp £ pound pounds 英镑", "JPY": "jpy ¥ ￥ yen 日元",
    "CNY": "cny rmb ¥ ￥ yuan 元 人民币 元人民币 块 块钱", "KRW": "krw ₩ won 韩元", "INR": "inr ₹ rs rupee rupees 卢比",
    "RUB": "rub ₽ 卢布", "CHF": "chf franc francs", "SEK": "sek", "NOK": "nok", "DKK": "dkk", "BRL": "brl",
    "MXN": "mxn", "ZAR": "zar", "USD": "usd us$ 美元", "CAD": "cad ca$ c$", "AUD": "aud au$ a$",
    "HKD": "hkd hk$ 港元 港币", "SGD": "sgd s$", "NZD": "nzd", "TWD": "twd nt$",
    "MYR": "myr rm ringgit",
}  # fmt: skip
_KINDS: dict[str, frozenset[str]] = {}
for _unit, _words in _SPELLINGS.items():
    for _word in _words.split() + (["$", "dollar", "dollars"] if _unit in _DOLLARS else []):
        _KINDS[_word] = _KINDS.get(_word, frozenset()) | {_unit}
_MONEY = frozenset((*_DOLLARS, "EUR", "GBP", "JPY", "CNY", "KRW", "INR", "RUB", "CHF", "SEK", "NOK", "DKK", "BRL",
                    "MXN", "ZAR", "MYR"))  # fmt: skip
_CODES = sorted(map(str.casefold, _MONEY))
_AGES = re.compile(r"years?(?: |-)old|years of age", re.IGNORECASE)
_DEGREES = re.compile(r"(?:degrees? |°)(c|f)[a-z]*", re.IGNORECASE)

_SCALES = {
    "thousand": 10**3, "million": 10**6, "billion": 10**9, "bn": 10**9, "trillion": 10**12, "lakh": 10**5,
    "crore": 10**7, "千": 10**3, "万": 10**4, "百万": 10**6, "千万": 10**7, "亿": 10**8, "万亿": 10**12,
}  # fmt: skip
_SHORT_SCALES = {"k": 10**3, "m": 10**6, "mn": 10**6, "mm": 10**6, "bn": 10**9, "b": 10**9}  # beside a currency
_SCALED_MONEY = re.compile(rf"(k|mn|mm|m|bn|b)({'|'.join(_CODES)})|({'|'.join(_CODES)})(k|mn|mm|m|bn|b)")
_SCALED = re.compile(r"(百万|千万|万亿|千|万|亿)(?!克|米|瓦|卡|帕|赫)(.*)")
_SCALE_WORD = re.compile(r"\b(?:hundred|thousand|million|billion|trillion|lakh|crore)s?\b|[百千万亿]", re.IGNORECASE)

# What a name of a field may end in and mean no unit: a minimum, games won, sales of the last year, option C.
_NO_UNITS = frozenset(
    ("min", "won", "second", "minute", "hour", "day", "night", "week", "month", "year", "decade", "century", "degree",
     "degrees", "年", "月", "日", "周", "块", "rs", "point", "stone", "foot", "tb", "mb", "rub", "cad")
)  # fmt: skip
# What counts time, and is a minimum or part of a date behind anything else: 'price_min', 'release_day'.
_TIMES = frozenset(("min", "second", "minute", "hour", "day", "week", "month", "year"))
# What a length of time is also told in: '2 hours' may be meant for minutes, '18 years' is the minimum of an age.
_NEAR = {
    "s": ("ms", "min", "h"), "min": ("s", "h"), "h": ("s", "min", "day"), "day": ("h", "week", "month", "year"),
    "week": ("day", "month", "year"), "month": ("day", "week", "year"), "year": ("day", "week", "month"),
}  # fmt: skip
_LASTING = frozenset(
    ("duration", "runtime", "time", "playtime", "uptime", "downtime", "delay", "timeout", "latency", "elapsed",
     "interval")
)  # fmt: skip
_BYTES = frozenset(("byte", "kB", "MB", "GB", "TB"))
_STORED = frozenset(
    ("size", "memory", "storage", "file", "disk", "ram", "length", "download", "upload", "cache", "heap", "capacity",
     "quota", "traffic", "data", "space", "limit")
)  # fmt: skip
# What single letters tell apart: sizes S, M and L, blocks G and H.
_LABELS = frozenset(
    ("size", "option", "group", "block", "team", "class", "grade", "type", "plan", "section", "category", "model",
     "variant", "tier", "part", "zone", "row", "column", "line", "series", "shirt", "vitamin")
)  # fmt: skip
_NO_THOUSANDS = _LABELS | {"top", "at", "temp", "temperature", "kelvin", "potassium"}  # 'top_k', 'temperature_k'
_CAPITALS = frozenset("LWJ")  # units of one letter that are written so
_TEMPERATURES = {"c": "°C", "f": "°F"}
_TOKEN = re.compile(r"[A-Z]?[a-z]+[\d²³]?|[A-Z]+(?![a-z])[\d²³]?|[\u4e00-\u9fff]+|\d+")
_PLACES = (
    re.compile(
        r"\b(?:in|units?(?: is|:)?|expressed as) +([^\s.,;:()。，；]+(?: [^\s.,;:()。，；]+){0,3})", re.IGNORECASE
    ),
    re.compile(r"(?:(?<![A-Za-z])|(?=.[^)）\]]{2}))[(（\[]([^()（）\[\]]{1,30})[)）\]]"),
    re.compile(r"单位(?:是|为|[:：])?\s*([^\s。，；,;）)]{1,8})"),
    re.compile(r"以\s*([^\s。，；]{1,8}?)\s*(?:为单位|计)"),
)
_ALONE = re.compile(r"^\s*(\S{1,12})\s*$", re.MULTILINE)  # a description that is the unit and nothing else
_PERCENT = re.compile(
    r"percent|per cent|\bpct\b|百分|[%％]|\b0 ?(?:-|–|to|through|…) ?100\b|\bbetween 0 and 100\b|[0０]\s?[到至~]\s?100",
    re.IGNORECASE,
)
_FRACTION = re.compile(
    r"fraction|\bratio\b|decimal|\b0 ?(?:-|–|to) ?1\b|between 0 and 1\b|小数|[0０]\s?[到至~]\s?1(?!\d)", re.IGNORECASE
)
_LETTER = re.compile(r"\d ?([kKMB])\W*\Z")
_LONGEST = 2_000  # characters of a description that are looked at


@dataclass(frozen=True, slots=True)
class Said:
    """Units that numbers are asked in, how much each counts, and whether they are percentages; empty for nothing.

    `maybe` is a unit of time or 'k', or nothing: 'cook_min' can count minutes, 'people_k' thousands. A field of choices
    has its `name`, which answers repeat.
    """

    units: frozenset[str] = frozenset()
    scale: int = 1
    is_percent: bool = False
    name: str = ""
    maybe: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return self != NOTHING


NOTHING = Said()


@lru_cache(maxsize=4096)
def heard(name: str, description: str = "") -> Said:
    """('length_km', '') → km; ('revenue', 'in millions of USD') → USD, 1000000; ('share', 'in percent') → percent."""
    description = description[:_LONGEST]
    units, scale = _of_name(name)
    places = [(place, text) for text in (name, description) for place in _PLACES]
    for place, text in (*places, (_ALONE, description)):
        for hit in place.finditer(text):
            more, larger = _of_words(re.split(r"[\s/]+(?!h\b|s\b)", hit[1].strip()))
            units, scale = units | more, larger if larger > 1 else scale
    tokens = _TOKEN.findall(name)
    words = f"{' '.join(tokens)} {name if '%' in name else ''} {description}"
    is_percent = bool(_PERCENT.search(words)) and not _FRACTION.search(words)
    maybe = frozenset[str]() if units or scale > 1 else _perhaps([token.casefold() for token in tokens[-2:]])
    return Said(units, scale, is_percent, maybe=maybe)


def of_parts(parts: Iterable[Mapping[str, Any]], name: str = "") -> Said:
    """What the descriptions of a node say, with the name of its property."""
    told = "\n".join(part["description"] for part in parts if isinstance(part.get("description"), str))
    return heard(name, told) if name or told else NOTHING


def as_said(found: Found, said: Said, text: str) -> Found | Doubt:
    """A number as a field counts, or why it is none of it: '5 million' by millions → 5, '800 m' for kilometres.

    Where a field counts millions of dollars '$5' may be five dollars; where it asks for kilometres '5k' may be 5 km.
    """
    if why := _in_another_unit(found, said, text) or _lettered(found, said, text):
        return why
    if said.scale == 1 and "k" not in said.maybe:
        return found
    by = f"the field counts by {said.scale:,}" if said.scale > 1 else "the field may count by 1,000"
    if found.factor > 1 or _SCALE_WORD.search(text):
        return in_scale(found, said.scale, text) or Doubt(f"{text!r} says how large it is itself, and {by}")
    return Doubt(f"{text!r} is in {found.without[0]!r}, and {by}") if found.without else found


def _in_another_unit(found: Found, said: Said, text: str) -> Doubt | None:
    """'800 m' for kilometres → a doubt, '2 hours' where minutes may be meant → a doubt, '18 years' there → None."""
    near = {unit for maybe in said.maybe for unit in _NEAR.get(maybe, ())}
    for unit in found.without:
        if said.units and said.units.isdisjoint(units_of(unit) | units_of(unit.split("/")[0])):
            asked = "dollars" if said.units.issuperset(_DOLLARS) else " or ".join(sorted(said.units))
            return Doubt(f"{text!r} is in {unit!r}, and the field asks for {asked}")
        if units_of(unit) & near:
            return Doubt(f"{text!r} is in {unit!r}, and the field may ask for {', '.join(said.maybe)}")
    return None


def _lettered(found: Found, said: Said, text: str) -> Doubt | None:
    """'5k' for kilometres → a doubt, '500K' for megabytes too; '5k' for people → None."""
    letter = _LETTER.search(text)
    if found.without or found.factor == 1 or not letter:
        return None
    units = said.units | _BYTES if said.units & _BYTES else said.units - _MONEY
    meant = sorted(unit for unit in units if unit[0].casefold() == letter[1].casefold())
    return Doubt(f"the {letter[1]!r} of {text!r} may be {found.factor:,} or {meant[0]}") if meant else None


def units_of(text: str) -> frozenset[str]:
    """The units that a word can mean: 'kilometres' → km, '$' → any dollar, 'm²' → m2, 'people' → people."""
    word = text.casefold().strip().rstrip(".")
    if word in _KINDS:
        return _KINDS[word]
    if _AGES.fullmatch(word):
        return frozenset(("year",))
    if degrees := _DEGREES.fullmatch(word):
        return frozenset((f"°{degrees[1].upper()}",))
    if raised := powered(word):
        return frozenset(f"{unit}{raised[1]}" for unit in units_of(raised[0]))
    return frozenset((word,))


def _of_name(name: str) -> tuple[frozenset[str], int]:
    """The unit that a name ends in: 'durationMinutes' → minutes, 'revenue_usd_millions' → USD by 1000000."""
    last = [token.casefold() for token in _TOKEN.findall(name)]
    if "per" in last:  # 'price_per_kg_usd' has money behind it
        at = last.index("per")
        last = [*last[:at], *(token for token in last[at:] if _known(token) & _MONEY)]
    found, scale = frozenset[str](), 1
    for at in range(len(last) - 1, -1, -1):
        token = last[at]
        pair = " ".join(last[max(at - 1, 0) : at + 1])
        if counted := _counted(last, at):
            found, scale = found | counted[0], counted[1]
        elif token in _TEMPERATURES and len(last) > 1:
            found |= {_TEMPERATURES[token]} if last[0].startswith("temp") else set()
        elif re.fullmatch(r"(?:sq|square|cubic) \w+", pair) and is_unit(pair):
            return found | units_of(pair), scale
        elif at and (speed := pair.replace(" ", "/")) in _KINDS:
            return found | units_of(speed), scale
        elif (chinese := _SCALED.fullmatch(token)) and _known(chinese[2]):
            return found | _known(chinese[2]), _SCALES[chinese[1]]
        elif (known := _known(token)) and _is_unit(token, last[at - 1] if at else ""):
            found |= known
        else:
            break
    return found, scale


def _perhaps(last: Sequence[str]) -> frozenset[str]:
    """What the last words of a name may ask for: ['cook', 'min'] → min, ['people', 'k'] → k; ['top', 'k'] → nothing."""
    if len(last) > 1 and last[1] in _TIMES:
        return _KINDS[last[1]]
    is_scale = last[1:] == ["k"] and last[0] not in _NO_THOUSANDS and not last[0].isdigit()  # '10k' is a race
    return frozenset(("k",)) if is_scale else frozenset()


def _counted(tokens: Sequence[str], at: int) -> tuple[frozenset[str], int] | None:
    """What a word of a name counts by, with its money: 'millions', 'm' beside 'usd' → 1000000, 'keur' → EUR, 1000."""
    token = tokens[at]
    if token in _SHORT_SCALES and _is_beside_money(tokens, at):
        return frozenset(), _SHORT_SCALES[token]
    if money := _SCALED_MONEY.fullmatch(token):
        return _known(money[2] or money[3]), _SHORT_SCALES[money[1] or money[4]]
    larger = _SCALES.get(token.removesuffix("s"))
    return (frozenset(), larger) if larger else None


def _is_beside_money(tokens: Sequence[str], at: int) -> bool:
    """Whether a scale of few letters is one: 'usd_m', 'm_usd' → True; 'plan_b_usd' → False."""
    if at and _known(tokens[at - 1]) & _MONEY:
        return True
    return tokens[at] != "b" and bool(_known(" ".join(tokens[at + 1 : at + 2])) & _MONEY)


def _is_unit(token: str, before: str) -> bool:
    """Whether a word of a name that could be a unit is one, behind the word before: ('m', 'length') → True.

    ('min', 'price') and ('m', 'size') → False; alone only what is no everyday word: ('km', '') → True, ('won', '').
    """
    if token in _TIMES:
        return before in _LASTING
    if token in {"mb", "tb"}:
        return before in _STORED
    if powered(token):  # M2 is a model, too
        return bool(before) and (before == "size" or before not in _LABELS)
    return token not in _NO_UNITS and (len(token) > 1 or (bool(before) and before not in _LABELS))


def _of_words(words: list[str]) -> tuple[frozenset[str], int]:
    """['millions', 'of', 'USD'] → USD, 1000000; nothing behind a word that is no unit."""
    found, scale = frozenset[str](), 1
    for at, word in enumerate(_joined(words)):
        plain = word.casefold()
        if larger := _SCALES.get(plain.removesuffix("s")):
            scale = larger
        elif (chinese := _SCALED.fullmatch(plain)) and _known(chinese[2]):
            found, scale = found | _known(chinese[2]), _SCALES[chinese[1]]
        elif len(word) == 1 and word.isupper() and word not in _CAPITALS:
            break  # in G major
        elif _known(plain) and (plain not in _NO_UNITS or not plain.isascii() or word == "MB"):
            found |= _known(plain)
        elif not (at and plain in {"of", "or", "and", "us"}) and plain not in {"the", "full", "whole", "us"}:
            break
    return found, scale


def _joined(words: list[str]) -> Iterator[str]:
    """['square', 'km'] → 'square km'."""
    rest = iter(words)
    for word in rest:
        is_pair = word.casefold() in {"square", "sq", "cubic", "degree", "degrees"}
        yield f"{word} {next(rest, '')}".strip() if is_pair else word


def _known(word: str) -> frozenset[str]:
    """The units of a word that is a measure, and no thing to be counted."""
    found = units_of(word)
    return found if word and (word in _KINDS or found != {word} or powered(word)) else frozenset()
