"""Where the sentences of a text stand, in English and Chinese.

Full stops after titles, initials and abbreviations end none. A line break ends one, unless the next line goes on in
lower case: headings, list items and cells stand alone, wrapped lines do not. What is far too long for a sentence is
cut into windows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain, islice

from extractor.text import UNSPACED

_WINDOW = 60  # words, or twice as many characters where words stand without spaces
_LONGEST = 2 * _WINDOW
_SHORT = 2 * _LONGEST  # characters, which cannot have more words than that

_BREAKS = "\n\r\v\f\x85\u2028\u2029"
_WIDE = "。！？；"
_CLOSERS = "\"'”’)\\]»」』）》*_"
_MARK = re.compile(rf"[.!?;{_WIDE}{_BREAKS}](?:(?<=[{_BREAKS}])\s*+|(?<![{_BREAKS}])[.!?;{_WIDE}]*+[{_CLOSERS}]*+)")
_CLOSE = re.compile(rf"(?<=[{UNSPACED})）”》%])[.!?;]++[{_CLOSERS}]*+(?=[{UNSPACED}“《])")
_BLANK = re.compile(r"\s*+[\"'“‘(\[«]*+")
_ABBREVIATIONS = frozenset(
    """Mr Mrs Ms Messrs Dr Drs Prof St Mt Ft Gen Sen Rep Gov Capt Lt Col Sgt Cpl Maj Adm Rev Hon Pres Sr Jr vs Vs Inc
    Corp Co Ltd Bros Ave Blvd Rd cf al resp viz approx""".split()  # noqa: SIM905
)
_BEFORE_NUMBERS = frozenset(
    """No Nos Nr Fig Figs Eq Eqs Vol Sec Ch Art Tab pp ca Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov
    Dec""".split()  # noqa: SIM905
)
_NO_WORD = re.compile(r"[\W_]")
_LIST_NUMBER = re.compile(r"(?:\A|[\n\r])[ \t]*\d{1,3}\Z")
_BEFORE = 12  # characters, in which the longest abbreviation fits
_UNIT = re.compile(rf"[{UNSPACED}]{{1,2}}|[^\s{UNSPACED}]{{1,100}}")
_WORD = re.compile(r"[^\W_]")


def sentences(text: str) -> list[tuple[int, int]]:
    """Start and end of each, without the white space around: 'Dr. Ann left. Why?' → [(0, 13), (14, 18)].

    What has no letter and no digit is no sentence.
    """
    return [*each_sentence(text, 0, len(text))]


def each_sentence(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The sentences in a range of a text, one at a time."""
    for stop in chain(_ends(text, start, end), [end]):
        if _WORD.search(text, start, stop):
            yield from _windows(text, *_trimmed(text, start, stop))
        start = stop


def _ends(text: str, start: int, end: int) -> Iterator[int]:
    for mark in _MARK.finditer(text, start, end):
        first, follows = mark[0][0], text[mark.end() : min(mark.end() + 1, end)]
        if first in _BREAKS:
            is_end = not follows.islower() or _is_blank_line(mark[0])
        elif not follows.isspace():
            is_end = first in _WIDE or _CLOSE.match(text, mark.start(), end) is not None
        else:  # before a break, that tells
            is_end = first in _WIDE or (first != ";" and follows not in _BREAKS and _is_stop(text, mark))
        if is_end:
            yield mark.end()


def _is_blank_line(breaks: str) -> bool:
    r"""'\n  \n' → True; '\r\n' is one break."""
    return len(breaks.rstrip(" \t\u3000").splitlines()) > 1


def _is_stop(text: str, mark: re.Match[str]) -> bool:
    """Whether a mark before white space ends a sentence: no in 'Dr. Bell', 'e.g. salt', '"Why?" he asked'."""
    blank = _BLANK.match(text, mark.end(), mark.endpos)
    assert blank
    follows = text[blank.end() : min(blank.end() + 1, mark.endpos)]
    if follows.islower():
        return False
    if mark[0] != ".":
        return True
    before = text[max(mark.start() - _BEFORE, mark.pos) : mark.start()]
    word = _NO_WORD.split(before)[-1]
    if word.isdecimal():
        return not follows or not _LIST_NUMBER.search(before)
    if word in _BEFORE_NUMBERS:
        return not follows.isdecimal()
    return not follows or not (word in _ABBREVIATIONS or (len(word) == 1 and word.isalpha()))


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """A range that has a word, without the white space around; nothing is copied."""
    while text[start].isspace():
        start += 1
    while text[end - 1].isspace():
        end -= 1
    return start, end


def _windows(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The sentence itself, or stretches of sixty words where it has more than twice as many."""
    units = (unit.span() for unit in _UNIT.finditer(text, start, end))
    first = [*islice(units, _LONGEST + 1)] if end - start > _SHORT else []
    if len(first) <= _LONGEST:
        yield start, end
        return
    every = chain(first, units)
    while window := [*islice(every, _WINDOW)]:
        yield window[0][0], window[-1][1]
