"""The runs of a text: what a verbatim value may be, contiguous whole words of it, with the way back.

Grammar and validation share this one definition. A text is cut into chunks: words as of Unicode's word boundaries
(UAX 29: "O'Neill", '3.5' and 'x.org' are one, 'well-known' is three chunks), each mark apart, each character apart in
scripts that are written without blanks, and one blank where the text has white space. A run is a row of chunks that
neither begins nor ends with a blank, and does not cross a control character.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import regex

from extractor.text import UNSAFE

BLANK = " "
BREAK = "\n"  # no run has one in it

_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}ー\p{Bopomofo}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
_LETTER = rf"[[\p{{L}}\p{{M}}\p{{N}}_]--[{_UNSPACED}]]"
# What joins two parts of a word: marks of numbers between digits, and others that are not the end of a sentence
# without a blank ('networks.The'), nor a possessive ('Ann's' is Ann's, 'O'Neill' is no O).
_JOINT = rf"""(?: (?<=\p{{Nd}}) [,:] (?=\p{{Nd}})
                | (?!(?<=[\p{{Ll}}\p{{Nd}}])\.\p{{Lu}}) [.@&·] (?={_LETTER})
                | ['’] (?![sS](?!{_LETTER})) (?={_LETTER}) )"""
_CHUNK = regex.compile(
    rf"""(?P<blank>\s+)
    | {_LETTER}+ (?:{_JOINT} {_LETTER}+)*
    | [{_UNSPACED}]\p{{M}}*
    | (?<={_LETTER}) ['’][sS] (?!{_LETTER})
    | (?P<mark>\X)""",
    regex.VERBOSE | regex.VERSION1,
)


@dataclass(frozen=True, slots=True)
class Runs:
    """The chunks of a text; together they are the `view` of it that runs are looked up in.

    `starts` and `ends` are where chunks that are no blank begin and end in the view, `offsets` and `stops` the same in
    the text itself.
    """

    chunks: Sequence[str]
    view: str
    starts: Sequence[int]
    ends: Sequence[int]
    offsets: Sequence[int]
    stops: Sequence[int]

    def places(self, value: str) -> Iterator[tuple[int, int]]:
        """The (start, end) in the text of each run that is the value, from the left and without overlaps."""
        first = 0 if value and BREAK not in value else len(self.starts)
        while first < len(self.starts):
            at = self.view.find(value, self.starts[first])
            if at < 0:
                return
            first, last = bisect_left(self.starts, at), bisect_left(self.ends, at + len(value))
            begins_here = self._is_at(self.starts, first, at)
            if begins_here and self._is_at(self.ends, last, at + len(value)):
                yield self.offsets[first], self.stops[last]
                first = last
            first += begins_here

    def admits(self, value: str) -> bool:
        """Whether a value is a run: of 'the well-known Ann', 'well' and 'known Ann' are, 'wel' and ' Ann' are not."""
        return next(self.places(value), None) is not None

    def has_length(self, least: int, most: int) -> bool:
        """Whether a run has at least and at most so many characters."""
        last = 0
        for first, start in enumerate(self.starts):
            last = max(last, first)
            while last + 1 < len(self.ends) and self._reaches(start, last + 1, most):
                last += 1
            if least <= self.ends[last] - start <= most:
                return True
        return False

    def _reaches(self, start: int, last: int, most: int) -> bool:
        end = self.ends[last]
        return end - start <= most and BREAK not in self.view[self.ends[last - 1] : self.starts[last]]

    @staticmethod
    def _is_at(places: Sequence[int], index: int, place: int) -> bool:
        return index < len(places) and places[index] == place


@lru_cache(maxsize=16)  # retries and pieces ask for the same text again
def runs(text: str) -> Runs:
    r"""The runs of a text: 'Ann,\n 3.5%' → chunks 'Ann' ',' ' ' '3.5' '%'."""
    chunks: list[str] = []
    starts, ends, offsets, stops = array("q"), array("q"), array("q"), array("q")
    at = 0
    for chunk, start, end in _chunks(text):
        if chunk not in (BLANK, BREAK):
            starts.append(at)
            ends.append(at + len(chunk))
            offsets.append(start)
            stops.append(end)
        chunks.append(chunk)
        at += len(chunk)
    return Runs(tuple(chunks), "".join(chunks), starts, ends, offsets, stops)


def collapsed(value: str) -> str:
    r"""A value with white space as in runs: ' the\n sea ' → 'the sea'."""
    return "".join(chunk for chunk, _, _ in _chunks(value)).strip(BLANK)


def _chunks(text: str) -> Iterator[tuple[str, int, int]]:
    """Each chunk with its (start, end) in the text."""
    for found in _CHUNK.finditer(text):
        start, end = found.span()
        if found.lastgroup is None:
            yield text[start:end], start, end
        elif found.lastgroup == "mark":
            yield BREAK if UNSAFE.match(text, start) else text[start:end], start, end
        elif not _is_wrapped(text, start, end):
            yield BLANK, start, end


def _is_wrapped(text: str, start: int, end: int) -> bool:
    """Whether white space is a line's end between two characters of a script without blanks: it means nothing there."""
    return text.count("\n", start, end) == 1 and bool(_AROUND.match(text, max(0, start - 1), end + 1))


_AROUND = regex.compile(rf"[{_UNSPACED}]\s+[{_UNSPACED}]", regex.VERSION1)
