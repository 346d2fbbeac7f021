"""Cut a text that is too long for one question where its structure allows it best.

The chunks cover the text exactly: each character is the own one of one chunk, whose `lead` shows some of the text
before it again. A cut is made at the strongest boundary within reach: before a heading (the higher the better), at the
end of a page, a paragraph, a sentence, a line, a word. Tables and code stay whole where they fit.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise, tee
from typing import NamedTuple

from extractor.outline import FENCE, Section, fence_behind, page_at, pages, sections
from extractor.sentences import each_sentence, sentences
from extractor.text import is_heavier, weigh_tokens

# How strong boundaries are; one before a heading of level 1 to 6 is 16 to 11.
_HEADING, _PAGE, _BLOCK, _SENTENCE, _LINE, _WORD, _CHARACTER = 17, 8, 6, 4, 3, 2, 0

_LEAST = 0.5  # of the size, that a chunk has at least where there is more text
_WHOLE = 0.5  # of the size, that a block may have without a look at what is in it
_GAP = 0.25  # of the size, that may be between two boundaries in a block

_LINE_OF = re.compile(r"[^\n\f]+(?:\n|\f\n?|\Z)|\n|\f\n?")
_EMPTY = re.compile(r"\s++")
_ROW = re.compile(r"[ \t]*\|")
_UNDERLINE = re.compile(r" {0,3}(?:=+|-+)[ \t]*\n?\Z")
_WORD_START = re.compile(r"(?<=\s)(?=\S)|(?<=[，、：；。！？])|(?<=[\u3400-\u9fff])(?=[\u3400-\u9fff])")


@dataclass(frozen=True, slots=True)
class Chunk:
    """A part of a text: `text[start:end]` is its own, `text[lead:start]` what it shows of the part before.

    `above` are the headings that it stands under, from the outermost, and `page` is that of its start.
    """

    start: int
    end: int
    lead: int
    above: tuple[Section, ...] = ()
    page: int | None = None

    @property
    def headings(self) -> tuple[str, ...]:
        """The words of the headings."""
        return tuple(section.title for section in self.above)


class _Boundary(NamedTuple):
    """Where a text may be cut, how well, and the tokens before it; a tuple, as there may be one for each word."""

    at: int
    strength: int
    tokens: float


def split(text: str, size: int, overlap: int = 0) -> list[Chunk]:
    """The chunks of a text, of at most `size` tokens each as estimated, with `overlap` tokens shown again.

    Raises `ValueError` where there would be no room for anything new.
    """
    if size < 1 or not 0 <= overlap < size:
        raise ValueError(f"chunks of {size} tokens, of which {overlap} are shown again")
    ahead, behind = tee(sections(text))  # which are never far from each other
    starts = pages(text)
    found: list[Chunk] = []
    path: list[Section] = []
    following = next(behind, None)
    for start, end in pairwise(chain([0], _cuts(text, size - overlap, ahead), [len(text)])):
        while following is not None and following.start < start:
            path = [*_over(following, path), following]
            following = next(behind, None)
        above = path
        if following is not None and following.start == start:  # it begins with a heading
            above = _over(following, path)
        lead = _lead(text, start, overlap) if found else start
        found.append(Chunk(start, end, lead, tuple(above), page_at(starts, start)))
    return found


def _over(heading: Section, path: Sequence[Section]) -> list[Section]:
    """The headings of a path that a heading stands under."""
    return [one for one in path if one.level < heading.level]


def _cuts(text: str, size: int, headings: Iterator[Section]) -> Iterator[int]:
    """Where to cut: of the boundaries between half of the size and the size the strongest, of equals the last."""
    within: deque[_Boundary] = deque()
    start = _Boundary(0, 0, 0.0)
    for boundary in _boundaries(text, size, headings):
        while boundary.tokens - start.tokens > size and within:
            start = _best(within, start, size)
            yield start.at
            while within and within[0].at <= start.at:
                within.popleft()
        within.append(boundary)


def _best(within: deque[_Boundary], start: _Boundary, size: int) -> _Boundary:
    far = [one for one in within if one.tokens - start.tokens >= _LEAST * size] or [within[-1]]
    return max(far, key=lambda one: (one.strength, one.at))


def _boundaries(text: str, size: int, headings: Iterator[Section]) -> Iterator[_Boundary]:
    """All places where the text may be cut, in their order, its end too, none far from the one before."""
    tokens, last = 0.0, 0
    for at, strength in _places(text, size, headings):
        tokens += weigh_tokens(text[last:at])
        yield _Boundary(at, strength, tokens)
        last = at


def _places(text: str, size: int, headings: Iterator[Section]) -> Iterator[tuple[int, int]]:
    follows_heading = False
    for start, end, level, has_lines in _blocks(text, headings):
        if start:
            yield start, _strength(text, start, level, follows_heading=follows_heading)
        follows_heading = level is not None
        if is_heavier(text, start, end, _WHOLE * size):
            yield from _inner(text, start, end, size, has_lines=has_lines)
    yield len(text), _HEADING


def _strength(text: str, start: int, level: int | None, *, follows_heading: bool) -> int:
    """That of the boundary before a block; what follows a heading goes with it."""
    if level is not None:
        return _WORD if follows_heading else _HEADING - level
    if follows_heading:
        return _WORD
    return _PAGE if "\f" in text[max(start - 2, 0) : start] else _BLOCK


def _blocks(text: str, headings: Iterator[Section]) -> Iterator[tuple[int, int, int | None, bool]]:
    """Headings, paragraphs, tables, code, each with the empty lines after it, its level, and whether lines count."""
    start, level, kind, before, fence = 0, None, "", "", ""
    for at, end, here in _lines(text, headings):
        mark = FENCE.match(text, at, end)
        if not fence and here is not None:
            now = "head"
        elif fence or mark:
            now, fence = "code", fence_behind(fence, mark["fence"]) if mark else fence
        elif _EMPTY.fullmatch(text, at, end):
            now = "blank"
        elif before == "head" and _UNDERLINE.match(text, at, end):
            now = "head"
        else:
            now = "table" if _ROW.match(text, at, end) else "text"
        if now != "blank" and (before == "blank" or now != kind or here is not None):
            if at > start:
                yield start, at, level, kind in _HAS_LINES
            start, level = at, here
        kind, before = (kind if now == "blank" else now), now
    if start < len(text):
        yield start, len(text), level, kind in _HAS_LINES


def _lines(text: str, headings: Iterator[Section]) -> Iterator[tuple[int, int, int | None]]:
    """Start and end of each line, and its level where it is a heading."""
    heading = next(headings, None)
    for line in _LINE_OF.finditer(text):
        at, end = line.span()
        while heading is not None and heading.start < at:
            heading = next(headings, None)
        yield at, end, heading.level if heading is not None and heading.start == at else None


_HAS_LINES = frozenset(("code", "table"))


def _inner(text: str, start: int, end: int, size: int, *, has_lines: bool) -> Iterator[tuple[int, int]]:
    """Places in a block: at sentences or lines, at words of long ones, anywhere where there are none."""
    most = max(_GAP * size, 1.0)
    strength = _LINE if has_lines else _SENTENCE
    lines = (line.start() for line in _LINE_OF.finditer(text, start, end))
    coarse = lines if has_lines else (first for first, _ in each_sentence(text, start, end))
    for first, last in pairwise(chain([start], (at for at in coarse if at > start), [end])):
        yield from _finer(text, first, last, most)
        if last < end:
            yield last, strength


def _finer(text: str, start: int, end: int, most: float) -> Iterator[tuple[int, int]]:
    """Places in a sentence or line that is longer than so many tokens."""
    if not is_heavier(text, start, end, most):
        return
    step = max(int(most), 1)  # characters, none of which is more than a token
    at = start
    for word in chain((found.start() for found in _WORD_START.finditer(text, start + 1, end)), [end]):
        for place in range(at + step, word, step) if word - at > step else ():
            yield place, _CHARACTER
        if word < end:
            yield word, _WORD
        at = word


def _lead(text: str, start: int, overlap: int) -> int:
    """Where the text begins that a chunk shows again: at a sentence, or else at a word, within so many tokens."""
    if not overlap:
        return start
    first = max(start - 4 * overlap, 0)
    places = [first + at for at, _ in sentences(text[first:start])]
    words = [found.start() for found in _WORD_START.finditer(text, first, start)]
    for some in (places, words):
        fitting = [at for at in some if at > first and weigh_tokens(text[at:start]) <= overlap]
        if fitting:
            return fitting[0]
    return start
