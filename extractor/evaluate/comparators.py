"""How alike two values are, from 0 to 1. What a field takes is `x-compare` in its schema; `rules` has the defaults.

All but `rouge` say yes or no. Texts count as the same but for case, width, punctuation and white space, unless `exact`
asks for more.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from typing import Any

from extractor.comparable import comparable
from extractor.errors import UsageError
from extractor.ground.days import wanted
from extractor.ground.folding import squeezed
from extractor.text import UNSPACED

Alike = Callable[[Any, Any], float]

IGNORE = "ignore"  # the name of the one that compares nothing
_NEARLY = 0.9  # of 1, that texts have in common by default
_WORD = re.compile(rf"[{UNSPACED}]|[^\W_{UNSPACED}]+")
_GROUPED = re.compile(r"[-+]?\d{1,3}(?:,\d{3})+(?:\.\d+)?")  # 1,200.5
_EXTRA = "pip install 'extractor[eval]'"


def comparator(spec: str) -> Alike:
    """The one that a name means, with a bound where it has one: 'normalised', 'fuzzy:0.8', 'number:0.01'.

    Raises `UsageError` for other names.
    """
    name, _, bound = spec.partition(":")
    if name in _PLAIN and not bound:
        return _PLAIN[name]
    if name in _BOUND:
        try:
            return _BOUND[name](float(bound) if bound else None)
        except ValueError:
            pass
    known = ", ".join(sorted(NAMES))
    hint = f"one of {known}, of lists also set and ordered; bounds are from 0 to 1: fuzzy:0.9, number:0.01"
    raise UsageError(f"{spec!r} compares nothing", hint=hint)


def _exact(one: Any, other: Any) -> float:
    """(1, 1.0) → 1; ('a', 'A') → 0; (True, 1) → 0."""
    return float(_is_same_number(one, other, 0.0) or comparable(one) == comparable(other))


def _normalised(one: Any, other: Any) -> float:
    """('The U.S.', 'the us') → 1."""
    return (
        float(_plain(one) == _plain(other)) if isinstance(one, str) and isinstance(other, str) else _exact(one, other)
    )


def _date(one: Any, other: Any) -> float:
    """('3 May 2027', '2027-05-03') → 1; what is no date is compared as a text."""
    days, others = (wanted(value) if isinstance(value, str) else () for value in (one, other))
    return float(bool({*days} & {*others})) if days and others else _normalised(one, other)


def _stem(one: Any, other: Any) -> float:
    """('neural networks', 'Neural network') → 1: words by their stems (Porter), as keywords are usually compared."""
    if not (isinstance(one, str) and isinstance(other, str)):
        return _exact(one, other)
    return float(_stems(one) == _stems(other))


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
    _refuse(0 < bound <= 1)

    def alike(one: Any, other: Any) -> float:
        if not (isinstance(one, str) and isinstance(other, str)):
            return _exact(one, other)
        return float(fuzz.ratio(_plain(one), _plain(other)) >= 100 * bound)

    return alike


def _number(error: float | None) -> Alike:
    """(99.5, 100) → 1 with a relative error of 0.01; texts are read as numbers: ('1,200', 1200) → 1."""
    most = error or 0.0
    _refuse(0 <= most < 1)

    def alike(one: Any, other: Any) -> float:
        return float(_is_same_number(_as_number(one), _as_number(other), most) or _normalised(one, other))

    return alike


def _refuse(is_fit: bool) -> None:  # noqa: FBT001  # it is all that it is about
    if not is_fit:
        raise ValueError


_PLAIN: Mapping[str, Alike] = {
    "exact": _exact,
    "normalised": _normalised,
    "date": _date,
    "stem": _stem,
    "rouge": _rouge,
    IGNORE: lambda _, __: 1.0,
}
_BOUND: Mapping[str, Callable[[float | None], Alike]] = {"fuzzy": _fuzzy, "number": _number}
NAMES: Collection[str] = (*_PLAIN, *_BOUND)


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


def _as_number(value: Any) -> Any:
    """'1,200' → 1200.0; what is no number stays."""
    if not isinstance(value, str):
        return value
    plain = value.strip()
    try:
        return float(plain.replace(",", "") if _GROUPED.fullmatch(plain) else plain)
    except ValueError:
        return value


def _is_same_number(one: Any, other: Any, error: float) -> bool:
    if any(isinstance(value, bool) or not isinstance(value, int | float) for value in (one, other)):
        return False
    try:
        return bool(one == other) or abs(one - other) <= error * max(abs(one), abs(other))
    except OverflowError:  # a number of hundreds of digits beside a fraction
        return False


@lru_cache(maxsize=65_536)
def _stems(text: str) -> tuple[str, ...]:
    return tuple(_stemmer().stemWords(_words(text)))


def _words(text: str) -> list[str]:
    """Words without case and marks, each sign of a script without spaces alone: 'A 图书馆' → a, 图, 书, 馆."""
    found: list[str] = _WORD.findall(text.casefold())
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
