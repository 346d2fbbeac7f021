"""A text as it is compared: without case, width and ways to compose a letter, then without white space and marks.

Both have a way back to the text. Between digits white space and marks say which number it is, so they stay: '3.5' is
not '35'.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from unicodedata import category, combining, normalize

from extractor.text import CURRENCIES, RAISED, plain_digits

_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f]")
_SIGN = re.compile(rf"[-−](?<![\w)\]][-−])(?=[{CURRENCIES}]?\d)")
_BETWEEN = re.compile(r"(\d[^\w\x0e]+)(?=\d)")
_MEANT = frozenset("#%&@_‰§")  # marks that belong to a name or number

# What a folded text says between digits, by control characters, which it has no others of.
_JOINTS = {" ": "\x01", ".": "\x02", ",": "\x03", "-": "\x04", "/": "\x05", ":": "\x06", "'": "\x07"}
_OTHER_JOINT = "\x08"
_MINUS = "\x0e"

_MOST_MARKS = 30  # on one letter: to put them in order takes the square of the time


@dataclass(frozen=True, slots=True)
class Folded:
    """A text made of pieces of another one: where each starts here, and from where to where it was there.

    Pieces are as long as they were, but for `letters`, which are one in the other text.
    """

    text: str
    starts: Sequence[int]
    origins: Sequence[int]
    ends: Sequence[int]
    letters: Collection[int] = frozenset()

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where a non-empty part of this text was in the other one."""
        return self._whence(start)[0], self._whence(end - 1)[1]

    def _whence(self, at: int) -> tuple[int, int]:
        """Where a character comes from; one of several that another became comes from the whole of it."""
        piece = bisect_right(self.starts, at) - 1
        if piece in self.letters:
            return self.origins[piece], self.ends[piece]
        origin = self.origins[piece] + at - self.starts[piece]
        return origin, origin + 1


def fold(text: str) -> Folded:
    """Without case, width, and ways to compose a letter (NFKC): 'ＡＢ' → 'ab', 'Straße' → 'strasse'."""
    if text.isascii():
        return Folded(_CONTROL.sub(" ", text.lower()), (0,), (0,), (len(text),))
    lower = text.lower()
    plain = lower if len(lower) == len(text) else text  # 'İ' becomes two
    alphabet = set(plain)
    marks = {char for char in alphabet if _composes(char)}
    odd = {char for char in alphabet - marks if len(_folded(char)) != 1}
    for char in alphabet - marks - odd:
        if (new := _folded(char)) != char:
            plain = plain.replace(char, new)
    if not marks and not odd:
        return Folded(plain, (0,), (0,), (len(text),))
    follow = f"[{_class(marks)}]{{0,{_MOST_MARKS}}}" if marks else ""
    return _spliced(plain, re.compile(f"[{_class(odd | marks)}]{follow}"))


def squeeze(folded: Folded) -> Folded:
    """A folded text without white space and marks: 'the u.s., 3.5 %' → 'theus3.5%'."""
    text = _with_joints(folded.text)
    marks = "".join(map(re.escape, {" ", *filter(is_mark, set(text))}))
    parts = re.split(f"([{marks}]+)", text)  # what is kept at the even places
    ends = [*accumulate(map(len, parts))]
    kept = parts[::2]
    starts = [0, *accumulate(map(len, kept))]
    return Folded("".join(kept), starts[:-1], [0, *ends[1::2]], ends[::2])


def squeezed(value: str) -> str:
    """What is compared of a value: 'The U.S.' → 'theus'."""
    return "".join(char for char in _with_joints(fold(value).text) if not is_mark(char))


@lru_cache(maxsize=1 << 14)
def is_mark(char: str) -> bool:
    """Whether a folded character only parts or dresses words: ',' → True, '+' → False."""
    kind = category(char)
    is_dress = char in "`´" or "\ufe00" <= char <= "\ufe0f" or kind in {"Cf", "Zs", "Zl", "Zp"}
    return is_dress or char.isspace() or (kind.startswith("P") and char not in _MEANT) or char == "−"


def _spliced(text: str, odd: re.Pattern[str]) -> Folded:
    """A text, folded elsewhere, of which the odd places fold to more or fewer characters."""
    pieces: list[str] = []
    letters: set[int] = set()
    origins: list[int] = []
    ends: list[int] = []
    last = 0
    for found in odd.finditer(text):
        start, end = found.span()
        start -= start > last and _composes(text[start])  # with the letter before
        if start > last:
            pieces.append(text[last:start])
            origins.append(last)
            ends.append(start)
        if new := _folded(text[start:end]):
            letters.add(len(pieces))
            pieces.append(new)
            origins.append(start)
            ends.append(end)
        last = end
    if last < len(text):
        pieces.append(text[last:])
        origins.append(last)
        ends.append(len(text))
    starts = [0, *accumulate(map(len, pieces))]
    return Folded("".join(pieces), starts[:-1], origins, ends, letters)


def _with_joints(text: str) -> str:
    """A folded text whose signs, and marks between digits, are no marks any more; it is as long as before."""
    parts = _BETWEEN.split(_SIGN.sub(_MINUS, plain_digits(text)))
    joined = {run: run[0] + _joint(run[1:]) for run in set(parts[1::2])}  # tables have many, few of them different
    parts[1::2] = map(joined.__getitem__, parts[1::2])
    return "".join(parts)


def _joint(run: str) -> str:
    """What stands between two digits, in the same length: ', ' → a blank, ' - ' → a dash."""
    if not all(map(is_mark, run)):
        return run
    if any(category(char) == "Pd" or char == "−" for char in run):
        joint = _JOINTS["-"]
    else:
        joint = _JOINTS.get(" " if any(map(str.isspace, run)) else run[0], _OTHER_JOINT)
    return joint.ljust(len(run))


def _class(chars: Iterable[str]) -> str:
    return "".join(re.escape(char) for char in sorted(set(chars)))


@lru_cache(maxsize=1 << 14)
def _folded(char: str) -> str:
    if char in RAISED:
        return char
    if _CONTROL.match(char):
        return " "
    new = normalize("NFKC", normalize("NFKC", char).casefold()).replace("i̇", "i")  # what 'İ' becomes
    return new if new.strip(".") else new[:1]  # of '…'


def _composes(char: str) -> bool:
    """Whether a character can become one with the one before it."""
    return combining(char) != 0 or "\u1160" <= char <= "\u11ff"
