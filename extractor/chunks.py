"""Cut a text that is too long for one question where its structure allows it best.

The chunks cover the text exactly: each character is the own one of one chunk, whose `lead` shows some of the text
before it again. A cut is made at the strongest boundary within reach: before a heading (the higher the better), at the
end of a page, a paragraph, a sentence, a line, a word. Tables and code stay whole where they fit.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from extractor.outline import Section, page_at, pages, sections
from extractor.sentences import sentences
from extractor.text import weigh_tokens

# How strong boundaries are; one before a heading of level 1 to 6 is 16 to 11.
_HEADING, _PAGE, _BLOCK, _SENTENCE, _LINE, _WORD, _CHARACTER = 17, 8, 6, 4, 3, 2, 0

_LEAST = 0.5  # of the size, that a chunk has at least where there is more text
_WHOLE = 0.5  # of the size, that a block may have without a look at what is in it
_GAP = 0.25  # of the size, that may be between two boundaries in a block

_LINE_OF = re.compile(r"[^\n\f]+(?:\n|\f\n?|\Z)|\n|\f\n?")
_FENCE = re.compile(r" {0,3}(```+|~~~+)")
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


@dataclass(frozen=True, slots=True)
class _Boundary:
    """Where a text may be cut, how well, and the tokens before it."""

    at: int
    strength: int
    tokens: float


def split(text: str, size: int, overlap: int = 0) -> list[Chunk]:
    """The chunks of a text, of at most `size` tokens each as estimated, with `overlap` tokens shown again.

    Raises `ValueError` where there would be no room for anything new.
    """
    if size < 1 or not 0 <= overlap < size:
        raise ValueError(f"chunks of {size} tokens, of which {overlap} are shown again")
    headings, starts = [*sections(text)], pages(text)
    cuts = [*_cuts(text, size - overlap, headings)]
    found: list[Chunk] = []
    path: list[Section] = []
    passed = 0
    for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True):
        while passed < len(headings) and headings[passed].start < start:
            path = [*(one for one in path if one.level < headings[passed].level), headings[passed]]
            passed += 1
        above = path
        if passed < len(headings) and headings[passed].start == start:  # it begins with a heading
            above = [one for one in path if one.level < headings[passed].level]
        lead = _lead(text, start, overlap) if found else start
        found.append(Chunk(start, end, lead, tuple(above), page_at(starts, start)))
    return found


def _cuts(text: str, size: int, headings: Sequence[Section]) -> Iterator[int]:
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


def _boundaries(text: str, size: int, headings: Sequence[Section]) -> Iterator[_Boundary]:
    """All places where the text may be cut, in their order, its end too, none far from the one before."""
    tokens, last = 0.0, 0
    for at, strength in _places(text, size, headings):
        tokens += weigh_tokens(text[last:at])
        yield _Boundary(at, strength, tokens)
        last = at


def _places(text: str, size: int, headings: Sequence[Section]) -> Iterator[tuple[int, int]]:
    heads = {section.start: section.level for section in headings}
    follows_heading = False
    for start, end, has_lines in _blocks(text, heads):
        level = heads.get(start)
        if start:
            yield start, _strength(text, start, level, follows_heading=follows_heading)
        follows_heading = level is not None
        if weigh_tokens(text[start:end]) > _WHOLE * size:
            yield from _inner(text, start, end, size, has_lines=has_lines)
    yield len(text), _HEADING


def _strength(text: str, start: int, level: int | None, *, follows_heading: bool) -> int:
    """That of the boundary before a block; what follows a heading goes with it."""
    if level is not None:
        return _WORD if follows_heading else _HEADING - level
    if follows_heading:
        return _WORD
    return _PAGE if "\f" in text[max(start - 2, 0) : start] else _BLOCK


def _blocks(text: str, heads: Collection[int]) -> Iterator[tuple[int, int, bool]]:
    """Headings, paragraphs, tables, code, each with the empty lines after it, and whether lines count in it."""
    start, kind, before, fence = 0, "", "", ""
    for line in _LINE_OF.finditer(text):
        mark = _FENCE.match(line[0])
        if fence:
            now = "code"
            fence = "" if mark and mark[1].startswith(fence) else fence
        elif line.start() in heads:
            now = "head"
        elif mark:
            now, fence = "code", mark[1]
        elif line[0].isspace():
            now = "blank"
        elif before == "head" and _UNDERLINE.match(line[0]):
            now = "head"
        else:
            now = "table" if _ROW.match(line[0]) else "text"
        is_new = now != "blank" and (before == "blank" or now != kind or line.start() in heads)
        if is_new and line.start() > start:
            yield start, line.start(), kind in _HAS_LINES
            start = line.start()
        kind, before = (kind if now == "blank" else now), now
    if start < len(text):
        yield start, len(text), kind in _HAS_LINES


_HAS_LINES = frozenset(("code", "table"))


def _inner(text: str, start: int, end: int, size: int, *, has_lines: bool) -> Iterator[tuple[int, int]]:
    """Places in a block: at sentences or lines, at words of long ones, anywhere where there are none."""
    most = max(_GAP * size, 1.0)
    if has_lines:
        coarse = [(line.start(), _LINE) for line in _LINE_OF.finditer(text, start, end)]
    else:
        coarse = [(start + first, _SENTENCE) for first, _ in sentences(text[start:end])]
    coarse = [(at, strength) for at, strength in coarse if at > start]
    for first, last in pairwise([(start, 0), *coarse, (end, 0)]):
        yield from _finer(text, first[0], last[0], most)
        if last[0] < end:
            yield last


def _finer(text: str, start: int, end: int, most: float) -> Iterator[tuple[int, int]]:
    """Places in a sentence or line that is longer than so many tokens."""
    if weigh_tokens(text[start:end]) <= most:
        return
    step = max(int(most), 1)  # characters, none of which is more than a token
    at = start
    for word in [*(found.start() for found in _WORD_START.finditer(text, start + 1, end)), end]:
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
