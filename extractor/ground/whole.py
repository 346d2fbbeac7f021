"""Where a text stands in another one as whole words, and a number as a whole number."""

from __future__ import annotations

import re
from collections.abc import Iterator

from extractor.text import CURRENCIES, UNSPACED

_WORD = re.compile(rf"[^\W{UNSPACED}]+")
_LETTER = re.compile(_WORD.pattern[:-1])
_BEFORE_NUMBER = re.compile(r"(?<!\d[.,])(?<!(?<!\w)[-−])")  # 5 is neither in 3.5 nor in -5, but in 1-5
_AFTER_NUMBER = re.compile(r"(?![.,]\d)")
_SIGNED = re.compile(r"(?<![\w)\]])[-−]\Z")  # '$5' is not in '-$5', but in '3-$5'
_MARK = re.compile("[\u0300-\u036f]")  # a letter with a combining mark is another letter


def find_whole(value: str, text: str) -> Iterator[int]:
    """Offsets of a value as whole words, and of a number as a whole number: ('at', 'a cat, at') → 7."""
    return (at for at in glances(value, text) if at is not None)


def glances(value: str, text: str) -> Iterator[int | None]:
    """The same, with None for each place that was looked at and is none, so that the caller may lose patience."""
    is_word = _WORD.match(value) is not None
    at = text.find(value) if value else -1
    while at >= 0:
        inside = is_word and at > 0 and _WORD.match(text, at - 1)
        if inside:
            yield None
            at = text.find(value, inside.end())  # no place within this word can be its beginning
            continue
        end = at + len(value)
        if _is_clean(text, at, end):
            yield at
        else:
            yield None
            end = at + 1
        at = text.find(value, end)


def is_whole(text: str, start: int, end: int) -> bool:
    """Whether a part of a text is whole words and numbers: ('a cat', 2, 4) → False, ('3.5', 0, 1) → False."""
    goes_on = start > 0 and _LETTER.match(text[start]) and _LETTER.match(text, start - 1)
    return not goes_on and _is_clean(text, start, end)


def _is_clean(text: str, start: int, end: int) -> bool:
    """Whether nothing that belongs to a part of a text goes on after it, nor a number before it."""
    first, last = text[start], text[end - 1]
    if _MARK.match(text, end) or (_LETTER.match(last) and _LETTER.match(text, end)):
        return False
    if first in CURRENCIES and _SIGNED.search(text, max(start - 2, 0), start):
        return False
    if first in "-−" and text[max(start - 1, 0) : start].isalnum():  # the dash of a range is no sign
        return False
    if first.isdigit() and not _BEFORE_NUMBER.match(text, start):
        return False
    return not last.isdigit() or _AFTER_NUMBER.match(text, end) is not None
