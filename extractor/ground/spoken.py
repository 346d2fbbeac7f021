"""Numbers in a document that say more than their own signs: '5-10 million' is from 5000000 on, 两万三 is 23000."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cached_property

from extractor.coercion.numerals import CHINESE
from extractor.ground.amounts import Amount, meanings

Place = tuple[int, int]
Said = tuple[Place, Amount]

_NUMBER = r"[0-9]{1,15}+(?:,[0-9]{3})*+(?:\.[0-9]{1,6}+)?"
_SIZE = r"[ -]?(?:[%‰]|(?i:per ?cent|pct|thousand|[mbt]r?illion|[mb]n|[kmb])(?!\w))| ?[十百千]?[万亿]"
_SIZED = re.compile(  # a number with its size, as the second end of a range
    rf"(?P<to> ?[-–—~至到] ?| to )(?P<sign>[$€£¥￥₩₹₽] ?)?{_NUMBER}(?P<size>{_SIZE})"
)
_FIRST = re.compile(rf"(?<![\w.,/:'’–-])(?P<sign>[$€£¥￥₩₹₽] ?)?(?P<number>{_NUMBER})\Z")
_LONGEST = 24  # characters of the first end
_ONES = "一二三四五六七八九"
_NOT_BEFORE = rf"(?<![第几数上零〇0-9.{CHINESE}点])"
_SHORTENED = re.compile(  # 两万三, 3万5: the last digit counts tenths of the unit before it
    rf"{_NOT_BEFORE}(?P<whole>(?:[0-9]{{1,4}}|[{CHINESE}]{{1,8}}?)(?P<unit>[百千万亿]))(?P<tenths>[1-9{_ONES}])"
    rf"(?![0-9{CHINESE}点分成折倍月日号年]|[.,:][0-9]|个月)"
)
_TENTHS = re.compile(  # 五成, but not 三成为 or 一成不变
    rf"{_NOT_BEFORE}(?P<tenths>[{_ONES}两]|[1-9](?:\.[0-9])?)成(?![为立功员本果长就都品分效交年人语名全不千百])"
)
_BELOW_ZERO = re.compile(
    rf"零下 ?(?P<number>[0-9]{{1,3}}(?:\.[0-9]{{1,2}})?|[{CHINESE}]{{1,5}}) ?(?:摄氏度|华氏度|度|℃|℉|°)"
)
_UNITS = {"百": 100, "千": 1000, "万": 10_000, "亿": 100_000_000}


class Spoken:
    """Such numbers of a text, in which full-width characters are narrow."""

    def __init__(self, text: str) -> None:
        self._text = text

    def places(self, amount: Amount) -> Iterator[Place]:
        """Where the text says an amount."""
        return (place for place, said in self._said.get(amount.number, ()) if amount.agrees(said))

    @cached_property
    def _said(self) -> Mapping[Fraction, Sequence[Said]]:
        found: defaultdict[Fraction, list[Said]] = defaultdict(list)
        for place, amount in read(self._text):
            found[amount.number].append((place, amount))
        return found


def read(text: str) -> Iterator[Said]:
    """'5-10 million' → 5000000, '15 to 20%' → 0.15, 3万5 → 35000, 五成 → 0.5, 零下五度 → -5."""
    yield from _ranges(text)
    for short in _SHORTENED.finditer(text) if any(map(text.__contains__, _UNITS)) else ():
        for whole in meanings(short["whole"])[:1]:
            yield short.span(), Amount(whole.number + _tenths(short) * _UNITS[short["unit"]])
    for share in _TENTHS.finditer(text) if "成" in text else ():
        yield share.span(), Amount(_tenths(share), "%")
    for degrees in _BELOW_ZERO.finditer(text) if "零下" in text else ():
        yield from ((degrees.span(), Amount(-amount.number)) for amount in meanings(degrees["number"]))


def _tenths(found: re.Match[str]) -> Fraction:
    return sum((one.number / 10 for one in meanings(found["tenths"])), Fraction(0))


def _ranges(text: str) -> Iterator[Said]:
    """The first ends of ranges whose size is said once."""
    for second in _SIZED.finditer(text):
        first = _FIRST.search(text, max(second.start() - _LONGEST, 0), second.start())
        if first:
            for amount in meanings(f"{first['sign'] or ''}{first['number']}{second['size']}"):
                yield (first.start(), second.end()), amount
