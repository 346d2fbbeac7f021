"""A text in which several items of a list may stand: '1, 2', 'a; b', lines with bullets. Where that is not sure, none.

A comma parts what can be told from a text with commas, as numbers, dates and choices can: 'Paris, France' is one. Of
texts only two commas or more between short parts do.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from extractor.coercion.found import Doubt

_LONGEST = 60  # characters of a line or part that is an item, and no sentence
_BULLET = re.compile(r"\s*(?:[-*•·‣–]\s+|(?P<number>\d{1,3})(?:[.)、]\s+|[.)、](?!\d)))(?P<item>\S.*)")
_SENTENCE = re.compile(r"(?:(?<![A-Z])\.|[!?。！？])(?:\s|\Z)|[:：]\s*\Z")  # 'Smith, J.' is none
_ENTITY = re.compile(r"&#?\w{1,10};")
_HEADING = re.compile(r"\s*[一二三四五六七八九十\d]{1,3}、")
_MARKS = (r"[;；]", "、", r"\s\|\s")
_LIST = "[,，]"
_INITIALS = re.compile(r"(?:[A-Z]\.[ -]?)+|(?:Jr|Sr|Inc|Ltd|Co|LLC|GmbH|PhD|MD)\.?")
_FEWEST, _MOST_WORDS, _MOST_CHARACTERS, _MOST_CHINESE = 3, 3, 30, 12  # of a list with commas, and of its parts
_AND = re.compile(r"(?:and|&|以及|和)\s+|(?:以及|和)(?=[\u4e00-\u9fff])")
_QUOTED = re.compile("\"[^\"]+\"|'[^']+'|“[^“”]+”|「[^「」]+」")
_OPENED = re.compile(r"\A[^(（\[{]*[)）\]}]|[(（\[{][^)）\]}]*\Z")
_JOINED = re.compile(r"\b(?:and|or|nor)\b|&|或")
_WITH_COMMAS = (r"[\r\n]+", *_MARKS, r"，|,\s", ",")
_COMMAS = Doubt("its commas may stand in numbers or between them")
_GROUPS = re.compile(r"\d,\d{3}(?!\d)")  # may be one number
_WITHIN = re.compile(rf"\([^()]*\)|（[^（）]*）|(?<=\d),(?=\d)|, ?(?:{_INITIALS.pattern})(?=\s|\Z)")  # part nothing
_MIXED = Doubt("it has marks of several kinds between its parts, and it is not clear which of them part items")


def of_texts(text: str) -> list[str] | Doubt | None:
    """The items of a list of texts: 'a; b' and lines → ['a', 'b']; 'a, b' and 'He came; she left.' → None.

    'Smith, J.; Jones, K.' are two, with a comma in each; 'a, b; c' is a doubt.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) > 1:
        return _of_lines(lines)
    if _ENTITY.search(text) or _HEADING.match(text):
        return None
    for mark in _MARKS:
        if len(parts := _parts(mark, text)) > 1:
            return _MIXED if _are_mixed(parts) else parts if _are_items(parts) else None
    return _at_commas(text)


def _are_mixed(parts: Sequence[str]) -> bool:
    """Whether parts may have items in them: ['a, b', 'c'] → True, ['Smith, J.', 'Jones, K.'] and sentences → False."""
    plain = [_WITHIN.sub("", part) for part in parts]
    has_others = any(re.search(mark, part) for mark in _MARKS for part in plain)
    is_uneven = len({len(re.findall(_LIST, part)) for part in plain}) > 1
    pieces = [piece.strip() for part in plain for piece in re.split("[;；、|,，]", part)]
    return (has_others or is_uneven) and _are_items(pieces)


def _at_commas(text: str) -> list[str] | None:
    """'red, green, and blue' → ['red', 'green', 'blue']; one comma, a number or a longer part makes it one text."""
    parts = _parts(_LIST, text)
    if len(parts) < _FEWEST or re.search(r"\d[,，]\d", text) or not _are_items(parts):
        return None
    if all(map(_QUOTED.fullmatch, parts)):
        return [part[1:-1] for part in parts]
    parts[-1] = _AND.sub("", parts[-1], count=1) if _AND.match(parts[-1]) else parts[-1]
    return parts if all(map(_is_short, parts)) else None


def _is_short(part: str) -> bool:
    """Whether a part between commas is a word or name: 'New York' → True; 'J.' and 'blue or red' → False."""
    most = _MOST_CHINESE if re.search(r"[\u4e00-\u9fff]", part) else _MOST_CHARACTERS
    if part.isdecimal() or _OPENED.sub("", part) != part:
        return False  # a year behind its day, or half of a pair of brackets
    is_short = 0 < len(part) <= most and len(part.split()) <= _MOST_WORDS
    return is_short and not _INITIALS.fullmatch(part) and not _JOINED.search(part)


def of_others(text: str, *, has_decimals: bool) -> list[str] | Doubt | None:
    """The parts of a list that has no texts in it: '1, 2' and '1,2' → ['1', '2'], '1,234, 5' → ['1,234', '5'].

    Whether each is an item the schema says. '12,111,5' may be two numbers or three, and '1,5' one with decimals.
    """
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) > 1:
        return _bulleted(lines) or [line.strip() for line in lines]
    for mark in _WITH_COMMAS:
        if len(parts := _parts(mark, text)) > 1:
            is_shaky = mark == "," and all(map(str.isdecimal, parts))
            is_even = has_decimals and not len(parts) % 2  # '1,5,2,5'
            parts[-1] = _AND.sub("", parts[-1], count=1) if _AND.match(parts[-1]) else parts[-1]
            return _COMMAS if is_shaky and (is_even or _GROUPS.search(text)) else parts
    return None


def _parts(mark: str, text: str) -> list[str]:
    """The text at each mark, without a last one that nothing follows."""
    parts = [part.strip() for part in re.split(mark, text.strip())]
    return parts[:-1] if not parts[-1] else parts


def _of_lines(lines: Sequence[str]) -> list[str] | None:
    if bulleted := _bulleted(lines):
        return bulleted
    has_bullets = any(map(_BULLET.match, lines))
    return None if has_bullets or not _are_items(lines) else [*lines]


def _bulleted(lines: Sequence[str]) -> list[str] | None:
    """Lines that each have a bullet, or a number that counts them: ['1. a', '2. b'] → ['a', 'b']."""
    found = [hit for line in lines if (hit := _BULLET.fullmatch(line))]
    if len(found) < len(lines):
        return None
    numbers = [hit["number"] for hit in found]
    counted = [str(at) for at in range(1, len(found) + 1)]
    return [hit["item"].strip() for hit in found] if numbers == counted or not any(numbers) else None


def _are_items(parts: Sequence[str]) -> bool:
    """Whether parts read as items, and not as sentences or as lists themselves."""
    return all(
        part and len(part) <= _LONGEST and not _SENTENCE.search(part) and not re.search("[;；、]", part)
        for part in parts
    )  # fmt: skip
