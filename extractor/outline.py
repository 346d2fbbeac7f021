r"""The structure of a text, which is in the text itself: what its file says of it, pages, sections.

Metadata stand before it as YAML between two lines of `---` (front matter, as in Markdown files); a form feed ends a
page, as `pdftotext` writes it; headings are those of Markdown (CommonMark 0.31, 4.2 and 4.3), and lines such as
'CHAPTER IV' and '第三章 归来' of plain texts.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

PAGE_BREAK = "\f"

_MOST_FRONT = 20_000  # characters
_FRONT = re.compile(r"\ufeff?---[ \t]*\r?\n(.*?)\r?\n(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_CHAPTER_EN = (
    r"(?:CHAPTER|Chapter|BOOK|Book|PART|Part|ACT|Act)\ (?:[IVXLC]{1,8}|\d{1,3}|[A-Z][A-Za-z-]{2,12})\b"
    r"[.:]?(?:[ \t—–-]+\S.{0,60})?"
)
_CHAPTER_ZH = r"第[一二三四五六七八九十百千零〇两\d]{1,7}[章回卷部篇](?:[ \t\u3000]*\S.{0,30})?"
_HEADING = re.compile(
    rf"""(?mx)(?:^|(?<=\f))(?:
        \ {{0,3}}(?P<marks>\#{{1,6}})[ \t]+(?P<atx>[^\n]*?\S)[ \t]*\#*[ \t]*
      | \ {{0,3}}(?P<set>\S[^\n]{{0,200}})\n\ {{0,3}}(?P<line>=+|--+)[ \t]*
      | [ \t\u3000]*(?P<chapter>{_CHAPTER_EN}|{_CHAPTER_ZH})[ \t]*
      | \ {{0,3}}(?P<fence>```+|~~~+)[^\n]*
    )\r?$"""
)
_CHAPTER_LEVEL = {"b": 1, "p": 1, "a": 1, "卷": 1, "部": 1, "篇": 1}  # of books, parts and acts; chapters are in them


@dataclass(frozen=True, slots=True)
class Section:
    """A heading: where its line starts, how deep it is (1 is the outermost), and its words."""

    start: int
    level: int
    title: str


def metadata_of(text: str) -> Mapping[str, Any]:
    r"""What stands before a text about it: '---\ntitle: Sea\n---\nIt rose.' → {'title': 'Sea'}."""
    found = _FRONT.match(text, 0, _MOST_FRONT)
    if found is None:
        return {}
    import yaml  # few texts need it

    try:
        said = yaml.safe_load(found[1])
    except (yaml.YAMLError, ValueError, LookupError, AttributeError, RecursionError):  # as of `!!timestamp x`
        return {}
    return {str(name): value for name, value in said.items()} if isinstance(said, dict) else {}


def body_start(text: str) -> int:
    """Where a text begins behind its front matter: 0 where it has none."""
    found = _FRONT.match(text, 0, _MOST_FRONT)
    return found.end() if found is not None and metadata_of(text) else 0


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
    at, fence = body_start(text), ""
    while found := _HEADING.search(text, at):
        at = found.end()
        if mark := found["fence"]:
            fence = "" if fence and mark.startswith(fence) else fence or mark
        elif not fence:
            yield Section(found.start(), *_named(found))


def _named(found: re.Match[str]) -> tuple[int, str]:
    if found["marks"]:
        return len(found["marks"]), found["atx"]
    if found["set"]:
        return (1 if found["line"].startswith("=") else 2), found["set"].strip()
    title = found["chapter"].strip()
    kind = title[0].lower() if title[0] != "第" else next(sign for sign in title if sign in "章回卷部篇")
    return _CHAPTER_LEVEL.get(kind, 2), title
