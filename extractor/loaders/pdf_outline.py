"""The headings of a PDF file, by its bookmarks: what they name becomes one where it stands on a line of its own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

_MOST = 10_000  # bookmarks
_DEEPEST = 6
_LONGEST = 300  # characters
_NUMBER = r"(?-i:(?:[A-Z]?\d{1,3}|[A-Z]|[IVXLC]{1,7})(?:\.\d{1,3}){0,5}[.)]?[ \t]+)?"  # bookmarks may lack it
_GAP = r"[ \t]*(?:\n[ \t]*)?"  # long ones are broken in lines, where bookmarks may lack the blank
_HEAD_LINES = 2  # above the text

_Bookmark = tuple[int, int, str]  # the index of its page, how deep it is from 1, its title


def bookmarks(document: Any) -> list[_Bookmark]:
    """The bookmarks that lead to a page and say something."""
    return [*_bookmarks(islice(document.get_toc(max_depth=_DEEPEST), _MOST))]


def _bookmarks(found: Iterable[Any]) -> Iterator[_Bookmark]:
    for one in found:
        goal = one.get_dest()
        page = None if goal is None else goal.get_index()
        try:
            title = "".join(one.get_title().split())
        except UnicodeDecodeError:  # halves of characters
            continue
        if page is not None and re.search(r"[^\W\d_]", title) and len(title) <= _LONGEST:
            yield page, one.level + 1, title


def with_headings(pages: Sequence[str], found: Iterable[_Bookmark]) -> list[str]:
    r"""Pages with the lines of bookmarks as headings: ['Fares\nA day …'], [(0, 2, 'Fares')] → ['## Fares\nA day …'].

    What stands among other words, or on another page, is left as it is.
    """
    marked = [*pages]
    for page, level, title in found:
        if 0 <= page < len(marked):
            marked[page] = _with_heading(marked[page], level, title)
    return marked


def _with_heading(text: str, level: int, title: str) -> str:
    line = re.compile(rf"(?im)^[ \t]*({_NUMBER}{_GAP.join(map(re.escape, title))})[ \t]*$")
    first, second = [*islice(line.finditer(text), 2), None, None][:2]
    if first is None:
        return text
    is_head = text.count("\n", 0, first.start()) < _HEAD_LINES  # may be: of the page
    heading = second if second is not None and is_head else first
    return f"{text[: heading.start()]}{'#' * level} {' '.join(heading[1].split())}{text[heading.end() :]}"
