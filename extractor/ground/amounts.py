"""Numbers in a document, however they are written: 1200 stands in '1,200', '1.2k', 'twelve hundred', '一千二百'.

What is around digits is looked at only for a number that is asked for: a power of ten does not change the digits that
count, so '1,200', '1.2k', '12%' and '0.12' are all kept as '12'. Other forms are few, and read at once. The reading is
that of `extractor.coercion`; where it has a doubt, each meaning counts, as the record says which is meant.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache
from itertools import accumulate
from math import isfinite
from operator import itemgetter

from extractor.coercion import numbers
from extractor.coercion.found import Doubt, Found
from extractor.coercion.number_words import LARGE, SMALL
from extractor.coercion.numerals import CHINESE
from extractor.coercion.said import units_of
from extractor.coercion.units import BEHIND, CURRENCY, is_money_unit

Place = tuple[int, int]

_LONGEST = 80  # characters of a stretch that is read
_MOST = 20_000  # runs of the same digits that are looked at
_HUGE = 600  # bits of a whole number that nobody writes out
_LETTER = r"[^\W\u3400-\u9fff]"  # or a digit; no Chinese character, as those stand without blanks

# --- what may be one number ----------------------------------------------------------------------------------
# A pattern begins with a set of characters or with words, as `re` skips to these fast; looking behind comes after.

_DIGITS = re.compile(r"([0-9](?:[0-9]|[.,'’_](?=[0-9]))*+)")
_MARKS = str.maketrans("", "", ".,'’_ ")
_SPACED = re.compile(r"([1-9](?<![0-9].)(?<![0-9][.,'’_].)[0-9]?[0-9]?(?: [0-9]{3}(?![0-9]))++(?:[.,][0-9]++)?)")
_MINUS = "(?i:minus|negative) "
_LEAD = re.compile(
    rf"(?:(?<!{_LETTER})(?<![%°)万亿千百元])(?:[-−–]|(?<![0-9] ){_MINUS}))?"
    rf"(?:(?:(?<![A-Za-z])|(?=[^\w]))(?:{CURRENCY}) ?)?\Z"
)
_LED = re.compile(r"(?<=[-−–$€£¥￥₩₹₽₺₫฿₪₱A-Zs.币])|(?<=[$€£¥￥₩₹₽₺₫฿₪₱A-Zse.币] )")
_LONGEST_LEAD = 14
_SAID_MINUS = re.compile(rf"\A{_MINUS}(?![a-z])")
_POWER = rf"[eE][-+]?[0-9]{{1,3}}(?!{_LETTER})| ?[x×*] ?10(?:\^[-+]?[0-9]{{1,3}}|[⁻⁺]?[⁰¹²³⁴-⁹]{{1,3}})"
_PER = rf"[%‰]|(?i:per ?cent|pct)(?!{_LETTER})"
_TAIL = re.compile(
    r"(?=[ \n-]?[^\s\d.,;:()\[\]/|'\"])"  # mostly there is nothing
    rf"(?:{_POWER}|(?:[ -]?|\n(?=(?i:thousand|[mbt]r?illion|per ?cent)))(?:{_PER}|{BEHIND}))"
    r"(?!(?:(?<=[A-Z][A-Z])|(?<=[$€£¥￥])) ?[0-9]|[0-9])"  # no currency of the next number
)
_WORDS = re.compile(f"{SMALL}|an? (?={LARGE})|minus (?={SMALL})|negative (?={SMALL})")
_WORDS_ON = re.compile(  # 'and' only behind hundred, thousand, million: 'two and three' are two numbers
    rf"(?:(?:[ \n-]|(?:(?<=d)|(?<=on))[ \n]and[ \n]|(?<=[ ]))(?:{SMALL}|{LARGE})(?![a-z])"
    rf"|[ \n](?:and a half|point(?=[ \n](?:{SMALL})))(?![a-z])){{0,24}}+"
)
_SIGNS = re.compile(
    rf"[负{CHINESE}](?<![0-9{CHINESE}点].)[{CHINESE}]*+(?:点[{CHINESE}]++|个半)?"
    rf"(?:分之(?:[0-9]{{1,15}}(?:\.[0-9]{{1,15}})?|[{CHINESE}]++(?:点[{CHINESE}]++)?))?"
)
_SIZE = "(?:[十百千]?万|[千百]?亿|[十百千])"
_ODD = {  # what is looked for only where its sign is there
    "/": re.compile(
        r"[0-9](?<![0-9A-Za-z_./-].)[0-9]{0,14}(?: [0-9]{1,15})? ?/ ?[0-9]{1,15}(?![0-9A-Za-z_/]|[.,-][0-9])"
    ),
    "dozen": re.compile(r"[0-9](?<![0-9A-Za-z_.,].)[0-9]{0,5} dozen(?![a-z])"),
    "½⅓⅔¼¾⅛⅜⅝⅞": re.compile(r"(?:(?<![0-9A-Za-z_.,/-])[0-9]{1,6} ?)?[½⅓⅔¼¾⅛⅜⅝⅞](?![0-9])"),
    "万千百亿": re.compile(
        rf"[0-9](?<![0-9A-Za-z_.,].)[0-9]{{0,3}}{_SIZE}(?:[零〇]?[0-9]{{1,4}}{_SIZE}){{0,3}}[零〇]?[0-9]{{1,8}}{_SIZE}?(?![0-9.])"
    ),
}

# --- what is none, or a part of one --------------------------------------------------------------------------

_CLEAN_BEFORE = re.compile(
    rf"(?<!{_LETTER})(?<![0-9][.,:∶/'’_])(?<!\w/)(?<!(?<!\.)\.)(?<![A-Za-z_][-–—])"  # v5, 10:05, 1/5, .5, F-16
    rf"(?<![第几数上周点{CHINESE}])(?<!第 )(?<!分之)(?<!星期)(?<!礼拜)"  # the fifth, some ten, Wednesday
)
_CLEAN_AFTER = re.compile(
    rf"(?!{_LETTER})(?![.,:∶/'’_][0-9])(?!\.[a-z])(?!-(?:[A-Z_]|[a-z](?![a-z])))(?![{CHINESE}点])"  # 5th, 5:30, 3-D
    r"(?![-–—](?:0[0-9]|[0-9][0-9.,]*+[-–—/]))"  # 2024-03, 555-123-4567
)
_ENDED = re.compile(rf"(?!{_LETTER})(?![.,][0-9])(?!(?<=[百千万亿])[{CHINESE}])")
_WITHIN = re.compile(rf"(?<={_LETTER})|(?<=[-'’])")
_POINT = re.compile(r"(?<=\.)(?<!\w\.)(?<!\.\.)")
_DASHES = frozenset("-–—")
_FREE_DASH = re.compile(r"(?<=\s.)|(?<![^(].)")
_HYPHEN = re.compile(r"(?<=[0-9a-z])-(?=[a-zA-Z])")
_FRACTION = re.compile(r"[ -](?:half|halves|(?:third|quarter|fifth|sixth|eighth|tenth)s?)(?![a-z])", re.IGNORECASE)
_ALONE = re.compile(r"(?<![\u3400-\u9fff]).(?![\u3400-\u9fff])")
_ARTICLE = re.compile(r"(?:one|一)(?![ -]?(?:hundred|thousand|[mbt]r?illion|and)|[十百千万亿])", re.IGNORECASE)
_RANGE = re.compile(rf"(?<![\w./:–-])(?:(?:{CURRENCY}) ?)?(?!0[0-9])[0-9][0-9.,]*(?:[%°万亿千元]|[a-z]{{1,2}})?[-–—]\Z")
_LONGEST_SIDE = 20
_PHONE = re.compile(
    r"[+(0](?<![0-9A-Za-z_.,].)(?!(?<=\()[^0])[0-9]{1,12}\)?(?:[ -]{1,2}[0-9]{2,8}(?![.,]?[0-9]))++(?!-?[A-Za-z])"
)
_FEWEST = 7  # digits of a phone number
_CALENDAR = frozenset("月日")  # May and the fifth rather than five months

# --- what a doubt can mean -----------------------------------------------------------------------------------

_THOUSANDS = re.compile(r"(?<![\d.,])[1-9]\d{0,2}(?:\.\d{3})+(?![\d.,])")
_MEANT = (
    (re.compile(r"(?<=\d),(?=\d)"), "."),
    (re.compile(r"(?<=\d)m\Z"), " m"),
    (re.compile(r"(?<=\d)m\Z"), " million"),
    (re.compile(r"千(?=[克米瓦卡帕赫])"), " 千"),
    (re.compile(r"(?<=千)[克米瓦卡帕赫]\Z"), ""),
    (re.compile(r"\A(\d+) ?/ ?(\d+)\Z"), r"\2分之\1"),
)


@dataclass(frozen=True, slots=True)
class Amount:
    """A number and the unit that is said with it, '%' of a percentage; empty where none is."""

    number: Fraction
    unit: str = ""

    def agrees(self, other: Amount) -> bool:
        """Whether both may be the same: 12 and '12 km' may, '12 km' and '12 kg' not."""
        if self.number != other.number:
            return False
        return not self.unit or not other.unit or not units_of(self.unit).isdisjoint(units_of(other.unit))


def wanted(value: str | float) -> tuple[Amount, ...]:
    """What a value of a record can be as a number: 12 → 12, 'RM 6.00' → 6 RM, '12%' → 0.12, '007' → nothing."""
    if isinstance(value, str):
        plain = value.strip()
        found = () if re.match(r"\W*0\d", plain) else meanings(plain)
        return found[:1] if found and found[0].unit == "%" else found  # '12%' is no 12
    if isinstance(value, float):
        return (Amount(Fraction(str(value))),) if isfinite(value) else ()
    return () if isinstance(value, bool) or value.bit_length() > _HUGE else (Amount(Fraction(value)),)


@lru_cache(maxsize=65_536)
def said(text: str) -> Amount | None:
    """The amount that a text is beyond doubt: '12 km' → 12 km, '12%' → 0.12, '1.234' → 1.234; '(5)', '1,5' → None."""
    found = numbers.read(text) if len(text) <= _LONGEST else ()
    return None if isinstance(found, Doubt) else next(_amounts(found), None)


@lru_cache(maxsize=65_536)
def meanings(text: str) -> tuple[Amount, ...]:
    """The amounts that a text can be: '12 km' → 12 km, '12%' → 0.12 and 12, '1.234' → 1.234 and 1234, '5th' → none."""
    if len(text) > _LONGEST:
        return ()
    found = numbers.read(text)
    texts = [text] if not isinstance(found, Doubt) else [form.sub(to, text) for form, to in _MEANT if form.search(text)]
    if _THOUSANDS.search(text):
        texts.append(_THOUSANDS.sub(lambda number: number[0].replace(".", ""), text))
    read = [numbers.read(meant) for meant in texts]
    return tuple(dict.fromkeys(one for found in read if not isinstance(found, Doubt) for one in _amounts(found)))


def _amounts(found: Sequence[Found]) -> Iterator[Amount]:
    for one in found:
        is_beside = one.how.startswith("without") and not one.without  # the 'th' of an ordinal
        if not is_beside:
            unit = "%" if len(found) > 1 else next(iter(one.without[::-1]), "")
            yield Amount(Fraction(str(one.value)), unit)


def _counting(number: Fraction) -> str | None:
    """The digits of a number that count: 1200 → '12', 0.05 → '5', 1/3 → None."""
    rest, places = number.denominator, 0
    for prime in (2, 5):
        power = 0
        while rest % prime == 0:
            rest, power = rest // prime, power + 1
        places = max(places, power)
    return str(abs(number.numerator) * 10**places // number.denominator).strip("0") if rest == 1 else None


class Amounts:
    """The numbers of a text, in which full-width characters are narrow; `lower` is the same in small letters."""

    def __init__(self, text: str, lower: str) -> None:
        self._text = text
        self._lower = lower

    def places(self, amount: Amount) -> Iterator[Place]:
        """Where the text says an amount."""
        key = _counting(amount.number)
        for run in () if key is None else self._runs(key):
            yield from (place for place, said in self._around(*run) if any(map(amount.agrees, said)))
        for place, said in self._spelt.get(amount.number, ()):
            if amount.agrees(said):
                yield place

    def _runs(self, key: str) -> Iterator[Place]:
        """Runs of digits by those of them that count: '1,200' and '0.12' by '12'."""
        for pattern, starts in self._digits:
            for start in starts.get(key, ())[:_MOST]:
                run = pattern.match(self._text, start)
                assert run
                yield run.span()

    @cached_property
    def _digits(self) -> Sequence[tuple[re.Pattern[str], Mapping[str, Sequence[int]]]]:
        return [(pattern, self._by_digits(pattern)) for pattern in (_DIGITS, _SPACED)]

    def _by_digits(self, pattern: re.Pattern[str]) -> Mapping[str, Sequence[int]]:
        """Where runs of digits start; each is read once, as tables have many that are equal."""
        parts = pattern.split(self._text)  # what is between runs, at the even places
        starts = [*accumulate(map(len, parts))][::2]
        keys = {run: run.translate(_MARKS).strip("0") for run in set(parts[1::2])}
        found: defaultdict[str, list[int]] = defaultdict(list)
        for run, start in zip(parts[1::2], starts, strict=False):
            found[keys[run]].append(start)
        return found

    @cached_property
    def _phones(self) -> Sequence[Place]:
        """Phone numbers: '+49 30 1234-5678', '03-6258 7191'."""
        return [phone.span() for phone in _PHONE.finditer(self._text) if sum(map(str.isdigit, phone[0])) >= _FEWEST]

    @cached_property
    def _spelt(self) -> Mapping[Fraction, Sequence[tuple[Place, Amount]]]:
        """Numbers whose digits do not tell the value: in words, in Chinese, fractions, dozens."""
        found: defaultdict[Fraction, list[tuple[Place, Amount]]] = defaultdict(list)
        for start, end in self._stretches():
            for amount in meanings(" ".join(self._text[start:end].split())):
                if not _is_article(self._text[start:end], amount):
                    found[amount.number].append(((start, end), amount))
        return found

    def _stretches(self) -> Iterator[Place]:
        yield from self._worded()
        for signs in _SIGNS.finditer(self._text):
            if place := self._signed(signs):
                yield place
        for marks, pattern in _ODD.items():
            if marks in self._lower or (not marks.isascii() and any(mark in self._text for mark in marks)):
                yield from (odd.span() for odd in pattern.finditer(self._lower))

    def _worded(self) -> Iterator[Place]:
        """Numbers in English words, with the unit behind: 'two and a half million dollars'."""
        end = 0
        for words in _WORDS.finditer(self._lower):
            start = words.start()
            if start < end or _WITHIN.match(self._lower, start):
                continue
            on = _WORDS_ON.match(self._lower, words.end())
            assert on
            end = on.end()
            if not _ENDED.match(self._text, end) or _FRACTION.match(self._text, end):
                continue
            yield start, self._with_tail(start, end)

    def _signed(self, signs: re.Match[str]) -> Place | None:
        """A number in Chinese, with the unit behind; one sign alone is a part of many words, and counts with a unit."""
        start, end = signs.span()
        if not _CLEAN_BEFORE.match(self._text, start) or self._text[end : end + 1].isdecimal():
            return None
        stop = self._with_tail(start, end)
        is_part = end - start == 1 and stop == end and not _ALONE.match(self._text, start)
        return None if is_part or self._text[end : end + 1] in _CALENDAR else (start, stop)

    def _with_tail(self, start: int, end: int) -> int:
        """Where a number in words ends with its unit, if that can be read."""
        tail = _TAIL.match(self._text, end)
        return tail.end() if tail and meanings(_plain(self._text[start : tail.end()])) else end

    def _around(self, start: int, end: int) -> Iterator[tuple[Place, Sequence[Amount]]]:
        """What a run of digits says with its sign, currency and unit; nothing where it is a part of something else."""
        text = self._text
        begin = self._begin(start)
        if begin is None or self._is_in_phone(start) or self._goes_on(start, end):
            return
        stop, said = self._read(begin, end)
        if not said or said[0].unit in _CALENDAR:
            return
        yield (begin, stop), said
        if text[begin - 1 : begin] == "(" and text[stop : stop + 1] == ")":  # as accounts write -5
            yield (begin - 1, stop + 1), [Amount(-one.number, one.unit) for one in said]

    def _read(self, begin: int, end: int) -> tuple[int, Sequence[Amount]]:
        """Where a number ends, and what it can be: with the unit behind where that can be read, or alone."""
        text = self._text
        tail = _TAIL.match(text, end)
        if tail and _ENDED.match(text, tail.end()) and (said := meanings(_plain(text[begin : tail.end()]))):
            return tail.end(), said
        return end, meanings(_plain(text[begin:end])) if _CLEAN_AFTER.match(text, end) else ()

    def _begin(self, start: int) -> int | None:
        """Where the sign or currency before digits begins; None where a number cannot begin there.

        Behind a dash it can only in a range: 5 is in '3-5', not in 'X-5' or '1-800-5'.
        """
        text = self._text
        if text[start] == "0" and text[start + 1 : start + 2].isdecimal():
            return None
        if text[start - 1 : start] == "." and _POINT.match(text, start):
            start -= 1
        if _LED.match(text, start) and (lead := _LEAD.search(text, max(0, start - _LONGEST_LEAD), start)):
            start = lead.start()
        if not _CLEAN_BEFORE.match(text, start):
            return None
        is_free = start == 0 or text[start - 1] not in _DASHES or _FREE_DASH.match(text, start)
        return start if is_free or _RANGE.search(text, max(0, start - _LONGEST_SIDE), start) else None

    def _goes_on(self, start: int, end: int) -> bool:
        """Whether digits are the beginning of a number with blanks in it, as a unit behind shows: '1 500 km'."""
        if not self._text[end : end + 2].strip().isdecimal() or self._text[end : end + 1] != " ":
            return False
        spaced = _SPACED.match(self._text, start)
        return bool(spaced and spaced.end() > end and _TAIL.match(self._text, spaced.end()))

    def _is_in_phone(self, start: int) -> bool:
        at = bisect_right(self._phones, start, key=itemgetter(0))
        return at > 0 and start < self._phones[at - 1][1]


def _plain(stretch: str) -> str:
    """As one line, without the hyphen of '5-year', and with a sign for the word: 'minus £5' → '-£5'."""
    return _SAID_MINUS.sub("-", _HYPHEN.sub(" ", " ".join(stretch.split())))


def _is_article(stretch: str, amount: Amount) -> bool:
    """Whether 'one' or '一' may be an article or a pronoun: they count with money and percent alone."""
    return amount.number == 1 and bool(_ARTICLE.match(stretch)) and not _is_counted(amount.unit)


def _is_counted(unit: str) -> bool:
    return unit == "%" or is_money_unit(unit)
