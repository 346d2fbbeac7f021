"""What a text says that another one has to say too, to be nearly the same: its numbers, and what it denies."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise

_NEGATIONS = frozenset(
    """except neither never no nobody non none nor not nothing nowhere unless without
    geen jamais kein keine keinem keinen keiner nicht nie niemals niet não nunca ohne pas sans""".split()  # noqa: SIM905
)
_ORDINALS = frozenset("first second third fifth eighth ninth twelfth half".split())  # noqa: SIM905 # the irregular ones
_ROMAN = re.compile(r"(?=.)x{0,3}(?:ix|iv|v?i{0,3})")
_REACH = 2  # words
_DENIALS = frozenset("不没沒未無无非别別勿莫否")
_CHINESE = _DENIALS | frozenset(
    "第半几"
    # and who: the commonest surnames, but for those that ordinary words are full of
    "王李张張刘劉陈陳杨楊赵趙周吴吳徐孙孫胡朱郭宋郑鄭韩韓冯馮董萧蕭曹袁邓鄧傅彭吕呂蔡贾賈魏薛阎閻潘杜戴汪姜祁"
)


def telling(words: Sequence[str]) -> list[str]:
    """The numbers and negations among folded words, in their order: "it isn't the third of 42" → not, third, 42."""
    return [said for before, word in pairwise(("", *words)) for said in _said(before, word)]


def _said(before: str, word: str) -> Iterator[str]:
    if word == "cannot" or (word == "t" and before.endswith("n")):
        yield "not"
    elif word in _NEGATIONS or word in _numerals() or _ROMAN.fullmatch(word) or any(map(str.isdigit, word)):
        yield word


def is_denied(words: Sequence[str], start: int) -> bool:
    """Whether one of the two words before a place denies what follows: (['is', 'not', 'yet', 'safe'], 3) → True."""
    return any(said in _NEGATIONS for said in telling(words[max(start - _REACH, 0) : start]))


def is_denied_character(text: str, start: int) -> bool:
    """The same of a character: ('未批准', 1) → True."""
    return text[max(start - 1, 0) : start] in _DENIALS


def telling_characters(text: str) -> list[str]:
    """The numerals, negations and surnames of a squeezed text, in their order: '王先生没有三千' → 王, 没, 三, 千."""
    numerals = _numerals()
    return [char for char in text if char in _CHINESE or char in numerals or char.isdigit()]


def cuts_number(units: Sequence[str], start: int, end: int) -> bool:
    """Whether a run of words or characters is a part of a number in words: (['twenty', 'two', 'men'], 1, 3) → True."""
    sides = (units[max(start - 1, 0) : start + 1], units[end - 1 : end + 1])
    return any(len(side) > 1 and _numerals().issuperset(side) for side in sides)


@cache
def _numerals() -> frozenset[str]:
    """Words for numbers, with their plurals and ordinals, and Chinese numerals: three, thirds, thirtieth, 三."""
    from extractor.coercion.number_words import LARGE, SMALL  # what stands as it is needs none
    from extractor.coercion.numerals import CHINESE

    words = [*SMALL.split("|"), *LARGE.split("|")]
    stems = [word[:-1] + "ie" if word.endswith("y") else word for word in words]
    ordinals = [*_ORDINALS, *(stem + "th" for stem in stems)]
    return frozenset([*words, *(stem + "s" for stem in stems), *ordinals, *(word + "s" for word in ordinals), *CHINESE])
