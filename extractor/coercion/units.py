"""What may stand behind a number: a unit, which is left out, and a factor. What is not listed here is not guessed."""

from __future__ import annotations

import re

CURRENCY = (
    r"(?:US|HK|NT|CA|AU|A|C|S)?\$|[€£¥￥₩₹₽₺₫฿₪₱]|USD|EUR|GBP|CNY|RMB|JPY|CHF|HKD|AUD|CAD|INR|KRW|SGD|TWD|NZD|SEK|NOK|DKK"
    r"|RUB|BRL|MXN|ZAR|MYR|RM|人民币|Rs\.?"
)
_MONEY = frozenset(
    ("dollar", "dollars", "euro", "euros", "pound", "pounds", "yen", "yuan", "rupee", "rupees", "franc", "francs",
     "won", "ringgit", "元", "美元", "欧元", "日元", "英镑", "港元", "港币", "人民币", "块", "块钱", "元人民币", "韩元",
     "卢比", "卢布")
)  # fmt: skip
_FACTORS = {
    "hundred": 10**2, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12, "dozen": 12,
    "lakh": 10**5, "crore": 10**7, "bn": 10**9, "百": 10**2, "千": 10**3, "万": 10**4, "亿": 10**8,
    "百万": 10**6, "千万": 10**7, "万亿": 10**12,
}  # fmt: skip
_LETTERS = {"k": 10**3, "K": 10**3, "M": 10**6, "B": 10**9}  # only where they touch the number: '5 K' is a temperature
_MILLIONS = frozenset(("m", "mn", "mln", "M", "mio"))  # of money: '5m' may be metres, '5mn' minutes
_FACTOR = re.compile(rf"({'|'.join(sorted(_FACTORS, key=len, reverse=True))})(s?)(?![a-z])\s?(.*)", re.IGNORECASE)
_LETTER = re.compile(r"(mln|mio|mn|[kKMBm])(?![a-z])\s?(.*)")
_LENGTHS = frozenset(
    ("nm", "µm", "μm", "um", "mm", "cm", "dm", "m", "km", "ft", "yd", "mi", "米", "千米", "公里", "厘米", "毫米",
     "分米")
)  # fmt: skip
_SYMBOLS = _LENGTHS | frozenset(
    ("mg", "µg", "μg", "ug", "g", "kg", "t", "lb", "lbs", "oz", "ml", "cl", "dl", "l", "L", "hl", "ha", "sqm",
     "sqft", "sqkm", "ms", "µs", "s", "sec", "secs", "min", "mins",
     "h", "hr", "hrs", "yr", "yrs", "wk", "wks", "mph", "kph", "kmh",
     "rpm", "fps", "hz", "khz", "mhz", "ghz", "w", "W", "kw", "mw", "gw", "wh", "kwh", "mwh", "gwh", "V", "kv", "mv",
     "mah", "J", "kj", "cal", "kcal", "pa", "kpa", "mpa", "hpa", "psi", "db", "kb", "mb", "gb", "tb", "kib", "mib",
     "gib", "px", "dpi", "°", "°c", "°f", "℃", "℉", "㎡", "㎢", "㎥", "㎝", "㎞", "㎏", "km/h", "m/s", "pts")
)  # fmt: skip
_WORDS = frozenset(
    ("metre", "meter", "kilometre", "kilometer", "centimetre", "centimeter", "millimetre", "millimeter",
     "micrometre", "nanometre", "mile", "yard", "inch", "foot", "gram", "gramme", "kilogram", "kilo", "milligram",
     "tonne", "ton", "ounce", "stone", "litre", "liter", "millilitre", "milliliter", "gallon", "pint", "acre",
     "hectare", "millisecond", "second", "minute", "hour", "day", "night", "week", "month", "year", "decade",
     "century", "degree", "volt", "watt", "kilowatt", "joule", "calorie", "byte", "kilobyte", "megabyte", "gigabyte",
     "bit", "pixel", "point", "person", "employee", "seat", "ticket", "vote", "time", "page", "item", "copy", "unit",
     "piece", "star", "book", "student", "user", "customer", "patient", "participant", "child", "member",
     "inhabitant", "resident", "player", "passenger", "room", "bed", "floor", "storey", "car", "vehicle", "ship",
     "country", "city", "word", "character", "line", "chapter", "volume", "episode", "game", "goal", "match")
)  # fmt: skip
_IRREGULAR = {"people": "person", "children": "child", "feet": "foot", "inches": "inch", "copies": "copy",
              "centuries": "century", "countries": "country", "cities": "city", "matches": "match"}  # fmt: skip
_AGES = re.compile(r"years?(?: |-)old|years of age|degrees (?:celsius|fahrenheit|centigrade)", re.IGNORECASE)
_MEASURES = frozenset(
    ("人", "个", "件", "次", "天", "年", "月", "日", "周", "小时", "分钟", "秒", "秒钟", "毫秒", "个月", "个人",
     "个小时", "个星期", "星期", "名", "位", "座", "页", "本", "张", "台", "辆", "份", "篇", "部", "条", "项", "家",
     "间", "种", "层", "章", "集", "首", "岁", "周岁", "票", "斤", "公斤", "千克", "克", "毫克", "吨", "升", "毫升",
     "平方米", "平米", "平方千米", "平方公里", "平方厘米", "立方米", "公顷", "亩", "英里", "英尺", "英寸", "海里", "瓦",
     "千瓦", "兆瓦", "千瓦时", "度电", "伏", "千伏", "赫", "千赫", "卡", "千卡", "帕", "百帕", "千帕", "兆帕",
     "摄氏度", "名员工", "人次", "字")
)  # fmt: skip
_RAISED = re.compile(r"(.+?)\^?[23²³]")
_POWERED = re.compile(r"(?:square|sq\.?|cubic|cu\.?) ?(.+)", re.IGNORECASE)
_MONEY_SIGN = re.compile(CURRENCY, re.IGNORECASE)


def _any_of(*words: str) -> str:
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True)))


def _written() -> str:
    """What may stand behind a number in prose, as a pattern: '12 [km/h]', '2.5 [million dollars]', '250[万元]'."""
    units = _SYMBOLS | _MONEY | _MEASURES
    signs = {word for word in units if "\u3400" <= word[0] <= "\u9fff"}
    words = rf"(?:square |cubic |sq\.? )?(?:{_any_of(*_WORDS, *_IRREGULAR)})s?"
    unit = rf"(?:{words}|{_any_of(*units - signs)}|{CURRENCY})[²³]?"
    aged = r"years?[ -]old|years of age|degrees (?:celsius|fahrenheit|centigrade)"
    latin = rf"(?:(?:{_any_of(*filter(str.isascii, _FACTORS))})s?|[kmb]|mn|mln|mio)"
    sized = rf"{latin}(?: ?(?:{unit}))?|{aged}|{unit}(?:/(?:{unit}))?"
    factor = _any_of(*(word for word in _FACTORS if not word.isascii()))
    chinese = rf"(?:{factor})?(?:{_any_of(*signs)})|(?:{factor})(?:{CURRENCY})?"
    is_chinese = r"[\u3400-\u9fff]"  # looked at first, as the others are many
    return rf"(?!{is_chinese})(?i:{sized})(?![^\W\u3400-\u9fff])|(?={is_chinese})(?:{chinese})"


BEHIND = _written()


def behind(after: str, before: str = "", *, touches: bool = False) -> tuple[int, str] | None:
    """The factor and the unit behind a number: 'million USD' → (1000000, 'USD'), 'km' → (1, 'km'), 'below' → None.

    `before` is the currency in front of the number; `touches` says that nothing is between the number and this.
    """
    if not after or _fits(after, before, touches=touches):
        return 1, after
    if (scaled := _FACTOR.fullmatch(after)) and _fits(scaled[3], before):
        return (_FACTORS[scaled[1].casefold()], scaled[3]) if scaled[1].isascii() or not scaled[2] else None
    if letter := _LETTER.fullmatch(after):
        is_money = bool(before) if not letter[2] else is_money_unit(letter[2])
        if letter[1] in _MILLIONS and is_money:
            return 10**6, letter[2]
        if letter[1] in _LETTERS and (touches or is_money) and _fits(letter[2], before):
            return _LETTERS[letter[1]], letter[2]
    return None


def scale_behind(text: str, unit: str, scale: int) -> str:
    """The scale that a number ends in, with its unit: ('120万元', '元', 10000) → '万元'; ('5', '', 1000) → ''."""
    head = text.removesuffix(unit).rstrip()
    sizes = _FACTORS | _LETTERS | dict.fromkeys(_MILLIONS, 10**6)
    names = "|".join(name for name, size in sizes.items() if size == scale)
    found = re.search(rf"(?:{names})s?\Z", head, re.IGNORECASE) if names else None
    return text[found.start() :] if found else ""


def _fits(unit: str, before: str, *, touches: bool = False) -> bool:
    """Whether something is a unit at its place: money for money, and no 'm' that touches the number, nor nothing."""
    if not unit:
        return True
    if before:
        return is_money_unit(unit)
    return is_unit(unit) and not (touches and unit == "m")


def is_money_unit(text: str) -> bool:
    """'USD' → True, 'euros' → True, 'km' → False."""
    return bool(_MONEY_SIGN.fullmatch(text)) or text.casefold() in _MONEY


def powered(text: str) -> tuple[str, str] | None:
    """A length and its power: 'm²' → ('m', '2'), 'square feet' → ('feet', '2'), 'km' → None."""
    if (raised := _RAISED.fullmatch(text)) and _is_length(raised[1]):
        return raised[1], "3" if text[-1] in "3³" else "2"
    if (words := _POWERED.fullmatch(text)) and _is_length(words[1]):
        return words[1], "3" if text[:2] == "cu" else "2"
    return None


def is_unit(text: str) -> bool:
    """Whether a text is one unit that is known, or one by another: 'km/h' → True, 'or 13' → False."""
    parts = text.split("/")
    return len(parts) in {1, 2} and all(map(_is_single, parts))


def _is_single(text: str) -> bool:
    """'kg', 'm²', 'square feet', 'people', '公斤' → True."""
    word = text.casefold()
    if text in _SYMBOLS or (len(text) > 1 and word in _SYMBOLS) or text in _MEASURES or _AGES.fullmatch(text):
        return True
    return bool(powered(word)) or _singular(word) in _WORDS or is_money_unit(text)


def _is_length(word: str) -> bool:
    return word in _LENGTHS or _singular(word) in {
        "metre",
        "meter",
        "kilometre",
        "kilometer",
        "mile",
        "foot",
        "inch",
        "yard",
    }


def _singular(word: str) -> str:
    """'people' → 'person', 'pages' → 'page'."""
    return _IRREGULAR.get(word) or word.removesuffix("s")
