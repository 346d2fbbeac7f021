"""The structure of a text, which is in the text itself: pages and sections.

A form feed ends a page, as `pdftotext` writes it; headings are those of Markdown (CommonMark 0.31, 4.2 and 4.3), and
lines such as 'CHAPTER IV' and '第三章 归来' of plain texts. None stands in what a file says of itself (`front_matter`).
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from extractor.front_matter import body_start

PAGE_BREAK = "\f"

_MOST_TITLE = 200  # characters of its line: a heading is shown with all that stands under it
_CHAPTER_EN = (
    r"(?:CHAPTER|Chapter|BOOK|Book|PART|Part|ACT|Act)\ (?:[IVXLC]{1,8}|\d{1,3}|[A-Z][A-Za-z-]{2,12})\b"
    r"[.:]?(?:[ \t—–-]+\S(?:.{0,59}[^ \t\n])?)?"
)
_CHAPTER_ZH = r"第[一二三四五六七八九十百千零〇两\d]{1,7}[章回卷部篇](?:[ \t\u3000]*\S(?:.{0,29}[^ \t\n])?)?"
_UNDERLINED = rf"\ {{0,3}}(?P<set>\S[^\n]{{0,{_MOST_TITLE - 1}}})\n\ {{0,3}}(?P<line>=+|--+)[ \t]*"
# A line that may begin or end code (CommonMark 0.31, 4.5): backticks that are in a line of text again are none.
FENCE = re.compile(r"\ {0,3}(?P<fence>(?:`{3,}+(?=[^`\n\f]*(?:[\n\f]|\Z))|~{3,}+)[^\n\f]*)")
# What stands behind marks is looked at in Python: a pattern for it would go through a line once for each of its blanks.
_HEADING = re.compile(
    rf"""(?mx)(?:^|(?<=\f))(?:\ {{0,3}}(?P<marks>\#{{1,6}})(?=[ \t])|{FENCE.pattern}|(?:
        {_UNDERLINED}
      | [ \t\u3000]*(?P<chapter>{_CHAPTER_EN}|{_CHAPTER_ZH})[ \t]*
    )\r?$)"""
)
_ALSO_UNDERLINED = re.compile(rf"(?mx){_UNDERLINED}\r?$")
_CHAPTER_LEVEL = {"b": 1, "p": 1, "a": 1, "卷": 1, "部": 1, "篇": 1}  # of books, parts and acts; chapters are in them


@dataclass(frozen=True, slots=True)
class Section:
    """A heading: where its line starts, how deep it is (1 is the outermost), and its words."""

    start: int
    level: int
    title: str


def pages(text: str) -> Sequence[int]:
    """Where each page starts; nothing of a text without page breaks."""
    if PAGE_BREAK not in text:
        return ()
    after = (found.end() for found in re.finditer(r"\f\n?", text))
    return array("Q", chain([0], (start for start in after if start < len(text))))


def page_at(starts: Sequence[int], at: int) -> int | None:
    """The number of the page of an offset, from 1; None where there are no pages."""
    return bisect_right(starts, at) or None


def sections(text: str) -> Iterator[Section]:
    """The headings of a text, in their order; none of those in code."""
    fence = ""
    for start, level, title in _headings(text, body_start(text)):
        if level:
            if not fence:
                yield Section(start, level, title)
        else:
            fence = fence_behind(fence, title)


def fence_behind(fence: str, line: str) -> str:
    """The marks around the code that one is in behind a line of marks, '' where in none.

    ('', '```py') → '```'; ('```', '````') → ''; ('```', '```py') → '```'.
    """
    line = line.strip()
    mark = line[: len(line) - len(line.lstrip(line[0]))]
    if not fence:
        return mark
    return "" if line == mark and mark.startswith(fence) else fence


def _headings(text: str, at: int) -> Iterator[tuple[int, int, str]]:
    """Where each heading starts, its level and its title, also in code; a fence of code, as a line, is of level 0."""
    untitled = 0  # where a line ends at whose end no title can, so that none of its page breaks looks at it again
    while found := _HEADING.search(text, at):
        start, at, marks = found.start(), found.end(), found["marks"]
        if marks and at > untitled:
            found_end = text.find("\n", at)
            end = found_end if found_end >= 0 else len(text)
            if end - start <= _MOST_TITLE and (title := _title(text[at:end])):
                yield start, len(marks), title
                at = end
                continue
            untitled = end
        if named := _ALSO_UNDERLINED.match(text, start) if marks else found:
            yield start, *_named(named)
            at = named.end()


def _title(line: str) -> str:
    """What stands behind marks, without those at its end: ' B ##' → 'B'; '' of what is no title."""
    line = line.removesuffix("\r").strip(" \t")
    if not line or line[-1].isspace():
        return ""
    title = line.rstrip("#").rstrip(" \t")
    return title if title and not title[-1].isspace() else line[: line.index("#", len(title)) + 1]


def _named(found: re.Match[str]) -> tuple[int, str]:
    if found["set"]:
        return (1 if found["line"].startswith("=") else 2), found["set"].strip()
    if found["fence"]:
        return 0, found["fence"]
    title = found["chapter"].strip()
    kind = title[0].lower() if title[0] != "第" else next(sign for sign in title if sign in "章回卷部篇")
    return _CHAPTER_LEVEL.get(kind, 2), title
