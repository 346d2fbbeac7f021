"""English words for numbers: 'twenty-one', 'two hundred and five', 'twelve hundred', 'two and a half million'.

The whole words of a text, or those at its beginning; 'a dozen or so' and 'several' are vague, and no number.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

from extractor.coercion.found import LONGEST, Doubt

_ONES = dict(zip(
    ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
     "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"), range(20), strict=True,
))  # fmt: skip
_TENS = dict(zip(
    ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"), range(20, 100, 10), strict=True,
))  # fmt: skip
_SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_BIG = _SCALES | {"hundred": 100, "dozen": 12}
_WORDS = frozenset((*_ONES, *_TENS, *_BIG))
SMALL = "|".join(sorted((*_ONES, *_TENS), key=len, reverse=True))  # as patterns: what a number begins with
LARGE = "|".join(_BIG)  # and what only goes on with one, or stands behind 'a'
_SIGNS = frozenset(("minus", "negative"))
_TOKEN = re.compile(r"[ -]?([a-z]+)(?![a-z'’])")
_VAGUE = re.compile(
    r"(?:(?:about|around|approximately|roughly|nearly|almost|over|under|some|more than|less than|at least|at most"
    r"|up to) (?=WORD)|(?:several|many|a few|few|a couple|dozens|scores|hundreds|thousands|millions|billions)\b)"
    .replace("WORD", rf"(?:an? )?(?:{'|'.join(sorted(_WORDS))})\b")
)  # fmt: skip
_VAGUELY = re.compile(
    r"(?:or (?:so|more|less|thereabouts|two|three)|odd|plus|ish|and more|and counting)\b|\+|-odd|-ish"
)
_RANGE = re.compile(rf"(?:or|to|and|[-–]) ?(?:{'|'.join(sorted(_WORDS))})\b")
_HUNDRED, _DOZEN, _TEN = 100, 12, 10


def read(text: str) -> Fraction | Doubt | None:
    """The number that a text is: 'Twenty-one' → 21, 'a dozen or so' → a doubt, 'one day' and 'no one' → None."""
    found = leading(text)
    if isinstance(found, tuple):
        return None if found[1] else found[0]
    return found


def leading(text: str) -> tuple[Fraction, str] | Doubt | None:
    """The number that a text begins with, and what is behind it: 'five million people' → (5000000, 'people')."""
    plain = " ".join(text.split()).casefold()
    if not plain or len(plain) > LONGEST:
        return None
    if _VAGUE.match(plain):
        return Doubt(f"{text!r} is no exact number")
    tokens, end = _tokens(plain)
    rest = plain[end:]
    if not tokens or (rest and rest[0] not in " ,"):
        return Doubt(f"{text!r} is no exact number") if tokens and _VAGUELY.match(rest) else None
    if _VAGUELY.match(rest.strip()):
        return Doubt(f"{text!r} is no exact number")
    value = _signed(tokens)
    if value is None or _RANGE.match(rest.strip()):
        return Doubt(f"{text!r} is not one clear number")
    return value, text.strip()[len(text.strip()) - len(rest.strip()) :] if rest.strip() else ""


def _tokens(text: str) -> tuple[list[str], int]:
    """The words of a number at the beginning of a text, and where they end: 'two hundred men' → (['two', …], 11)."""
    found: list[str] = []
    at = end = kept = 0
    while token := _TOKEN.match(text, at):
        word = token[1]
        if not _goes_on(found, word):
            break
        found.append(word)
        at = token.end()
        if word in _WORDS or word == "half":
            end, kept = at, len(found)
    return found[:kept], end


def _goes_on(found: Sequence[str], word: str) -> bool:
    """Whether a word can be part of a number, after those before it."""
    last = found[-1] if found else ""
    if word in {"a", "an"}:
        return not found or last in {*_SIGNS, "and"}
    if word == "half":
        return [*found[-2:]] == ["and", "a"]
    if word in {"and", "point"}:
        return last in _WORDS
    if word in _SIGNS:
        return not found
    return word in _WORDS and (last not in {"a", "an"} or word in _BIG)


def _signed(tokens: list[str]) -> Fraction | None:
    if tokens[0] in _SIGNS:
        value = _signed(tokens[1:])
        return None if value is None else -value
    if "point" in tokens:
        at = tokens.index("point")
        return _pointed(tokens[:at], tokens[at + 1 :])
    if "half" in tokens:
        return _halved(tokens)
    whole = _whole(tokens)
    return None if whole is None else Fraction(whole)


def _halved(tokens: list[str]) -> Fraction | None:
    """['two', 'and', 'a', 'half', 'million'] → 2500000."""
    at = tokens.index("half")
    whole, scale = _whole(tokens[: at - 2]), tokens[at + 1 :]
    if whole is None or len(scale) > 1 or not set(scale) <= _BIG.keys():
        return None
    return (whole + Fraction(1, 2)) * (_BIG[scale[0]] if scale else 1)


def _pointed(before: list[str], after: list[str]) -> Fraction | None:
    """'three point one four' → 3.14, 'one point five million' → 1500000."""
    scale = _BIG[after.pop()] if after and after[-1] in _BIG else 1
    whole = _whole(before)
    if whole is None or not after or any(_ONES.get(word, _TEN) >= _TEN for word in after):
        return None
    return Fraction(f"{whole}.{''.join(str(_ONES[word]) for word in after)}") * scale


def _whole(tokens: Sequence[str]) -> int | None:
    """['two', 'hundred', 'and', 'five'] → 205; what is no one number ('twenty twenty', 'one two') → None."""
    total, group, last = 0, list[str](), 10**15
    for word in tokens:
        if scale := _SCALES.get(word):
            below = _below_thousand(group)
            if scale >= last or not below:
                return None
            total, group, last = total + below * scale, [], scale
        else:
            group.append(word)
    if not group:
        return total or None
    is_joined = group[0] == "and"
    below = _below_thousand(group[1:] if is_joined else group)
    if below is None or (is_joined and not total) or below >= last or (total and not below):
        return None
    return total + below


def _below_thousand(group: Sequence[str]) -> int | None:
    """['a', 'hundred', 'and', 'five'] → 105, ['twelve', 'hundred'] → 1200, ['two', 'dozen'] → 24."""
    for word, size in (("hundred", _HUNDRED), ("dozen", _DOZEN)):
        if word not in group:
            continue
        at = group.index(word)
        head, rest = group[:at], group[at + 1 :]
        count = 1 if [*head] in (["a"], ["an"]) else _below_hundred(head)
        if not count or (size == _HUNDRED and not count % _TEN):
            return None
        if not rest:
            return count * size
        below = _below_hundred(rest[1:] if rest[0] == "and" else rest)
        return count * size + below if below and size == _HUNDRED else None
    return 1 if [*group] in (["a"], ["an"]) else _below_hundred(group)


def _below_hundred(group: Sequence[str]) -> int | None:
    """['twenty', 'one'] → 21, ['one', 'twenty'] → None."""
    if len(group) == 1:
        return _ONES.get(group[0], _TENS.get(group[0]))
    if len(group) == 2 and group[0] in _TENS and 0 < _ONES.get(group[1], 0) < _TEN:  # noqa: PLR2004
        return _TENS[group[0]] + _ONES[group[1]]
    return None
