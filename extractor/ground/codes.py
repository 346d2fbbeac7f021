"""Long rows of digits that name something, however they are parted: telephone numbers, ISBN, IBAN, account numbers.

Between digits a mark mostly says which number it is ('3.5' is not '35'), so it counts; in such codes it does not.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property

_LEAST = 7  # digits of a code
_LEAST_NUMBER = 10  # of one that is given as a number
_PART = r"(?:[ \u00a0.\-–/]|\)[ \-]?| ?\()"
_CODE = re.compile(rf"\+?\(?(?:[A-Z]{{1,4}} ?)?\d(?:{_PART}?\d){{{_LEAST - 1},40}}X?")
_RUN = re.compile(rf"(?<![\w,])\+?\(?(?:[A-Z]{{1,4}} ?)?\d(?:{_PART}?[\dX])+(?!\w)")
_OPENING = ("+", "(")
_UNIT = re.compile(r"[A-Z]+|\d|X")


def code_of(value: str | float) -> str:
    """What is compared of a code: '+44 (20) 7946-0958' → '442079460958'; '' for what is none."""
    text = str(value)
    if _CODE.fullmatch(text.strip()) is None:
        return ""
    code = "".join(_UNIT.findall(text))
    return code if isinstance(value, str) or len(code) >= _LEAST_NUMBER else ""


class Codes:
    """The rows of digits of a text without what parts them, one after another."""

    def __init__(self, text: str) -> None:
        self._text = text

    def places(self, code: str) -> Iterator[tuple[int, int]]:
        """Where a code stands as whole groups of digits: '5551234567' in '(555) 123-4567'."""
        letters, starts, origins = self._row
        at = letters.find(code)
        while at >= 0:
            first, last = bisect_right(starts, at) - 1, bisect_right(starts, at + len(code) - 1) - 1
            start, end = origins[first], origins[last] + at + len(code) - starts[last]
            if starts[first] == at and self._is_whole(start, end) and _is_code(self._text[start:end]):
                yield start - (self._text[start - 1 : start] in _OPENING), end
            at = letters.find(code, at + 1)

    def _is_whole(self, start: int, end: int) -> bool:
        """Whether no digit or letter stands right before or after."""
        return not (self._text[start - 1 : start].isalnum() and start) and not self._text[end : end + 1].isalnum()

    @cached_property
    def _row(self) -> tuple[str, list[int], list[int]]:
        """All groups as one text, a line for each row, with where each group starts in it and in the document."""
        letters: list[str] = []
        starts: list[int] = []
        origins: list[int] = []
        size = 0
        for run in _RUN.finditer(self._text):
            for group in re.finditer(r"[A-Z\d]+", run[0]):
                letters.append(group[0])
                starts.append(size)
                origins.append(run.start() + group.start())
                size += len(group[0])
            letters.append("\n")
            size += 1
        return "".join(letters), starts, origins


def _is_code(written: str) -> bool:
    """Whether what is written is no number with a decimal point: '010.1234.5678' is none, '123.4567' is one."""
    return written.count(".") != 1
