"""How alike two values are, from 0 to 1. What a field takes is `x-compare` in its schema; `rules` has the defaults.

All but `rouge` say yes or no. Texts count as the same but for case, width, punctuation and white space, unless `exact`
asks for more. Texts that stand for days and numbers are read as `extractor.coercion` does; one with several meanings is
only the same as one that is written so, or a wrong answer would be right by one of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, time
from fractions import Fraction
from functools import lru_cache
from math import isfinite
from typing import Any
from unicodedata import normalize

from extractor.coercion import dates
from extractor.coercion.found import Found
from extractor.comparable import comparable
from extractor.comparisons import IGNORE, parsed, unknown
from extractor.errors import UsageError
from extractor.ground.amounts import Amount, said
from extractor.ground.days import wanted
from extractor.ground.folding import squeezed
from extractor.text import UNSPACED

Alike = Callable[[Any, Any], float]

_NEARLY = 0.9  # of 1, that texts have in common by default
_WORD = re.compile(rf"[{UNSPACED}]|[^\W_{UNSPACED}]+[+#%]*")  # C++, C# and 5% are no C and 5
_HOST = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*://)(?P<user>[^/?#@]*@)?(?P<host>[^/?#]*)(?P<rest>.*)", re.IGNORECASE | re.DOTALL
)
_NAME = re.compile(r"[\w.-]+|[0-9a-f:.]+", re.IGNORECASE)  # of a host, or a number of one: case says nothing
_EXTRA = "pip install 'extractor[eval]'"


def comparator(spec: str) -> Alike:
    """The one that a name means, with a bound where it has one: 'normalised', 'fuzzy:0.8', 'number:0.01'.

    Raises `UsageError` for other names.
    """
    found = parsed(spec)
    if found is None:
        told = unknown(spec)
        raise UsageError(told.what, hint=told.hint)
    name, bound = found
    return _PLAIN[name] if name in _PLAIN else _BOUND[name](bound)


def _exact(one: Any, other: Any) -> float:
    """(1, 1.0) → 1; ('a', 'A') → 0; (True, 1) → 0."""
    return float(_is_same_number(one, other, 0.0) or comparable(one) == comparable(other))


def _normalised(one: Any, other: Any) -> float:
    """('The U.S.', 'the us') → 1."""
    return (
        float(_plain(one) == _plain(other)) if isinstance(one, str) and isinstance(other, str) else _exact(one, other)
    )


def _date(one: Any, other: Any) -> float:
    """('3 May 2027', '2027-05-03') → 1, ('05/06/2026', '2026-06-05') → 0; what is no date is compared as a text."""
    days, others = (wanted(value) if isinstance(value, str) else () for value in (one, other))
    same = [*days] == [*others]  # the order of the meanings tells 05/06 from 06/05
    return float(same) if days and others else _normalised(one, other)


def _time(one: Any, other: Any) -> float:
    """('2027-05-03T10:00:00Z', '2027-05-03T12:00+02:00') → 1: the same instant; what is none is compared as a text."""
    instants = [_instant(value) if isinstance(value, str) else None for value in (one, other)]
    return float(instants[0] == instants[1]) if None not in instants else _normalised(one, other)


def _address(one: Any, other: Any) -> float:
    """('https://Example.org/A', 'https://example.org/A') → 1: all but the case of scheme and host has to be equal."""
    are_texts = isinstance(one, str) and isinstance(other, str)
    return float(_located(one) == _located(other)) if are_texts else _exact(one, other)


def _stem(one: Any, other: Any) -> float:
    """('neural networks', 'Neural network') → 1: words by their stems (Porter), as keywords are usually compared."""
    if not (isinstance(one, str) and isinstance(other, str)):
        return _exact(one, other)
    stems = _stems(one), _stems(other)
    return float(stems[0] == stems[1]) if any(stems) else _normalised(one, other)


def _rouge(one: Any, other: Any) -> float:
    """ROUGE-L (F measure) of two texts; signs of scripts without spaces count as words.

    Lin 2004, "ROUGE: A Package for Automatic Evaluation of Summaries".
    """
    if not (isinstance(one, str) and isinstance(other, str)) or _plain(one) == _plain(other):
        return _normalised(one, other)
    return float(_scorer().score(one, other)["rougeL"].fmeasure)


def _fuzzy(least: float | None) -> Alike:
    """('Dr. Ann Bell', 'Dr Anne Bell') → 1: texts of which so much is the same (indel similarity, 0 to 1)."""
    from rapidfuzz import fuzz

    bound = _NEARLY if least is None else least

    def alike(one: Any, other: Any) -> float:
        if not (isinstance(one, str) and isinstance(other, str)):
            return _exact(one, other)
        return float(fuzz.ratio(_plain(one), _plain(other)) >= 100 * bound)

    return alike


def _number(error: float | None) -> Alike:
    """(99.5, 100) → 1 with a relative error of 0.01; texts are read as numbers: ('$1,200', 1200), ('12%', 0.12) → 1."""
    most = error or 0.0

    def alike(one: Any, other: Any) -> float:
        if _is_same_number(one, other, most):
            return 1.0
        if not (isinstance(one, str) or isinstance(other, str)):
            return _normalised(one, other)
        amounts = amount_of(one), amount_of(other)
        if amounts[0] is None or amounts[1] is None:
            return _normalised(one, other) if amounts[0] is amounts[1] else 0.0
        return float(_is_same_amount(amounts[0], amounts[1], most))

    return alike


_PLAIN: Mapping[str, Alike] = {
    "exact": _exact,
    "normalised": _normalised,
    "date": _date,
    "time": _time,
    "address": _address,
    "stem": _stem,
    "rouge": _rouge,
    IGNORE: lambda _, __: 1.0,
}
_BOUND: Mapping[str, Callable[[float | None], Alike]] = {"fuzzy": _fuzzy, "number": _number}


def normal(value: Any) -> str:
    """What is compared of a value where nothing else is said: 'The U.S.' → 'theus', 1.0 → '1'."""
    if isinstance(value, str):
        return _plain(value)
    return comparable(int(value) if isinstance(value, float) and value.is_integer() else value)


def needed(library: str) -> UsageError:
    """That a library is missing, which the extra brings."""
    return UsageError(f"{library} is not installed, and scores need it", hint=_EXTRA)


def arrays() -> Any:
    """The library numpy, which the extra brings too."""
    try:
        import numpy as np
    except ImportError as error:
        raise needed("numpy") from error
    return np


# --- parts -------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=65_536)
def _plain(text: str) -> str:
    """What is compared of a text; marks alone are compared as they are."""
    return squeezed(text) or text


def amount_of(value: Any) -> Amount | None:
    """The number that a value is, with its unit: '12%' → 0.12; None for what is none, or may be several: '(5)'."""
    if isinstance(value, str):
        return said(value.strip())
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
    return Amount(Fraction(str(value)) if isinstance(value, float) else Fraction(value)) if is_number else None


def _is_same_amount(one: Amount, other: Amount, error: float) -> bool:
    """Whether numbers are the same, and no other unit stands behind: 5 km are no 5 kg."""
    return one.agrees(replace(other, number=one.number)) and _is_near(one.number, other.number, Fraction(str(error)))


def _is_same_number(one: Any, other: Any, error: float) -> bool:
    if any(isinstance(value, bool) or not isinstance(value, int | float) for value in (one, other)):
        return False
    try:
        return bool(one == other) or (isfinite(one) and isfinite(other) and _is_near(one, other, error))
    except OverflowError:  # a number of hundreds of digits beside a fraction
        return False


def _is_near(one: Any, other: Any, error: Any) -> bool:
    return bool(abs(one - other) <= error * max(abs(one), abs(other)))


@lru_cache(maxsize=65_536)
def _instant(text: str) -> datetime | time | None:
    """'2027-05-03T12:00+02:00' → 10 o'clock of that day in UTC, '12:00Z' → noon; as it is where no zone is said."""
    for kind in ("date-time", "time"):
        found = dates.read(text.strip(), kind)
        written = found.value if isinstance(found, Found) else text.strip()
        try:
            said = datetime.fromisoformat(written if kind == "date-time" else f"2000-01-01T{written}")
            said = said if said.tzinfo is None else said.astimezone(UTC)
        except (ValueError, OverflowError):  # no time, or one before the first day that there is
            continue
        return said if kind == "date-time" else said.timetz()
    return None


def _located(text: str) -> str:
    """'HTTPS://Example.org/A' → 'https://example.org/A', 'Ann@Example.ORG' → 'Ann@example.org'."""
    plain = text.strip()
    if url := _HOST.fullmatch(plain):
        return f"{url['scheme'].lower()}{url['user'] or ''}{url['host'].lower()}{url['rest']}"
    name, sign, host = plain.rpartition("@")
    return f"{name}{sign}{host.lower() if _NAME.fullmatch(host) else host}"


@lru_cache(maxsize=65_536)
def _stems(text: str) -> tuple[str, ...]:
    return tuple(_stemmer().stemWords(_words(text)))


def _words(text: str) -> list[str]:
    """Words without case and marks, each sign of a script without spaces alone: 'A 图书馆' → a, 图, 书, 馆."""
    found: list[str] = _WORD.findall(normalize("NFKC", text).casefold())
    return found


@lru_cache(maxsize=1)
def _stemmer() -> Any:
    try:
        from snowballstemmer import stemmer
    except ImportError as error:
        raise needed("snowballstemmer") from error
    return stemmer("porter")


@lru_cache(maxsize=1)
def _scorer() -> Any:
    try:
        from rouge_score.rouge_scorer import RougeScorer
    except ImportError as error:
        raise needed("rouge-score") from error
    return RougeScorer(["rougeL"], tokenizer=_Tokens())


class _Tokens:
    """What the library asks for."""

    def tokenize(self, text: str) -> list[str]:
        """The words of a text."""
        return _words(text)
