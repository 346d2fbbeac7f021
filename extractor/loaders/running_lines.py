"""What stands above and below the pages of a file: numbers of pages are left out, other such lines stand once.

Only lines at the edge of a page are looked at, and only what comes again on page after page is taken for such a line.
As one may say what no other place does (the number of a contract), its first stays if its words are not in the text.
Lines that differ in a number are the same only where it is that of the page: it stands alone, or a word for pages is
beside it, or, as in books, it is the outer word of left and right pages. 'Invoice No. 1041' and 'Accounts for 2019'
count other things, and stay on each page.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from extractor.text import UNSPACED

_FEWEST = 3  # pages
_FEWEST_MIRRORED = 2  # pages on each side
_EDGE = 4  # lines
_WORDED_SHARE = 0.25  # of the lines of a page, that may be lines of words above or below it: a short one is its text
_SHARE = 0.4  # of the pages from the first to the last that has it: left and right pages differ, chapters begin
_LETTERS = 6  # of a line that is no number: not a value of a table
_MORE = 20  # than a file has pages: what is numbered higher, without a word for pages, is a year or a thing
_PAGE = (
    *("page", "pages", "pg", "p", "pp", "seite", "s", "página", "pág", "pagina", "pag", "sida", "side", "sivu", "str"),
    *("strona", "oldal", "sayfa", "страница", "стр", "σελίδα"),
)
_PAGE_UNSPACED = ("页", "頁", "쪽", "ページ")
_OF = ("of", "de", "von", "sur", "di", "van", "av", "iz", "из")  # all of them
_COUNTING = frozenset((*_PAGE, *_PAGE_UNSPACED, *_OF, "第", "共"))
_DIGITS = r"(?<![\d.,])\d{1,5}(?![.,]?\d)"
_NUMBER = re.compile(_DIGITS)
_BESIDE = re.compile(  # a word for pages: 'Page 3', 'S. 3', '第3页', but not '共9页', which is all of them
    rf"(?i)(?<![\w'’])(?:{'|'.join(_PAGE)})[.:\s]\s*(?P<behind>{_DIGITS})"
    rf"|(?<!共)(?<!共\s)(?P<before>{_DIGITS})\s*(?:{'|'.join(_PAGE_UNSPACED)})"
)
_ROUND = r"[-\s‐-―−•·|~*=_.\[\]()<>]*"
_ALONE = re.compile(rf"{_ROUND}{_DIGITS}(?:\s*(?:/|\||{'|'.join(_OF)})\s*{_DIGITS})?{_ROUND}")  # '- 3 -', '3 / 12'
_AMOUNT = re.compile(r"(?<![\d.,])\d{1,3}(?:[.,]?\d{3})*[.,]\d\d(?![.,]?\d)|[$€£¥]\s?\d")
_WORD = re.compile(rf"[ァ-ヶー]+|[{UNSPACED}]|[^\W\d_{UNSPACED}]+")
_MARK = "\0"  # stands for the number of the page
_MOST_TOLD = 60  # characters
_MOST_SOUGHT = 1_000  # lines, in the text

_Found = TypeVar("_Found", bound=Hashable)
_Keys = Mapping[int, str]  # of lines at one edge, by their places, the outermost first: the line, its number as a mark


@dataclass(slots=True)
class _Sheet:
    """A page: its lines, its edges (above, below), and the places of what is left out."""

    lines: list[str]
    edges: Sequence[_Keys]
    out: set[int] = field(default_factory=set)

    @property
    def left_out(self) -> list[str]:
        """The keys of what is left out."""
        return [key for edge in self.edges for at, key in edge.items() if at in self.out]

    @property
    def rest(self) -> str:
        return "\n".join(line for at, line in enumerate(self.lines) if at not in self.out).strip("\n")


def without_running_lines(pages: Sequence[str]) -> tuple[list[str], str]:
    r"""The pages without such lines, and what was left out in words; '' where nothing was.

    Of pages like 'Harbour Board\nIt rose …\n- 3 -' the first keeps 'Harbour Board', the others only 'It rose …'.
    """
    sheets = _sheets(pages)
    for side in (0, 1):
        lines = ((number, key) for number, sheet in enumerate(sheets) for key in sheet.edges[side].values())
        running = _often((number, key) for number, key in lines if _repeats(key))
        for sheet in sheets:  # a table's head that goes on stands in the middle of a page too
            running.difference_update(line for at, line in enumerate(sheet.lines) if at not in sheet.edges[side])
        for sheet in sheets:
            sheet.out.update(_outermost(sheet, sheet.edges[side], running))
    for sheet in sheets:
        if not sheet.rest:  # all that a page says is its text
            sheet.out.clear()
    _keep_first(sheets)
    return [sheet.rest for sheet in sheets], _told(sheets)


def _sheets(pages: Sequence[str]) -> list[_Sheet]:
    sheets = [page.split("\n") for page in pages]
    edges = [*map(_edges, sheets)]
    said = [
        (number, lines[at])
        for number, (lines, sides) in enumerate(zip(sheets, edges, strict=True))
        for at in sorted({*sides[0], *sides[1]})
    ]
    most = len(pages) + _MORE
    whole = _often((number, line.strip()) for number, line in said)  # '3 May 2025' is no page 3
    offsets = _often((number, int(line[at:end]) - number) for number, line in said for at, end in _counts(line, most))

    mirrored = _mirrored(said, most)

    def key(line: str, number: int) -> str:
        if line.strip() in whole:
            return line.strip()
        outer = _outer(line)
        if outer and int(line[slice(*outer[0])]) - number in mirrored:
            return _marked(line, outer[0])
        return _key(line, number, offsets, most)

    return [
        _Sheet(lines, [{at: key(lines[at], number) for at in side} for side in sides])
        for number, (lines, sides) in enumerate(zip(sheets, edges, strict=True))
    ]


def _edges(lines: Sequence[str]) -> tuple[list[int], list[int]]:
    """The places of the first and of the last lines that say something, the outermost first."""
    said = [at for at, line in enumerate(lines) if line.strip()]
    return said[:_EDGE], said[: -_EDGE - 1 : -1]


def _often(found: Iterable[tuple[int, _Found]]) -> set[_Found]:
    """What comes on page after page, of pairs of pages and what they have."""
    pages: dict[_Found, list[int]] = defaultdict(list)
    for number, key in found:
        if not pages[key] or pages[key][-1] != number:
            pages[key].append(number)
    return {key for key, on in pages.items() if len(on) >= max(_FEWEST, _SHARE * (on[-1] - on[0] + 1))}


# --- a line ------------------------------------------------------------------------------------------------------


def _key(line: str, number: int, offsets: set[int], most: int) -> str:
    r"""A line as it is known again: 'Page 3 of 9' → 'Page \0 of 9'."""
    for place in _counts(line, most):
        if int(line[slice(*place)]) - number in offsets:
            return _marked(line, place)
    return line.strip()


def _marked(line: str, place: tuple[int, int]) -> str:
    return f"{line[: place[0]]}{_MARK}{line[place[1] :]}".strip()


def _outer(line: str) -> tuple[tuple[int, int], str] | None:
    """Where the only number of a line stands that is at its left or right end, and at which: of '2 Ida Moss'."""
    numbers = [*_NUMBER.finditer(line)]
    if len(numbers) != 1 or not any(map(str.isalpha, line)):
        return None
    (found,) = numbers
    before, after = line[: found.start()], line[found.end() :]
    side = "left" if not before.strip() else "right" if not after.strip() else ""
    return (found.span(), side) if side else None


def _mirrored(said: Iterable[tuple[int, str]], most: int) -> set[int]:
    """How far numbers of pages are ahead of their places, in a book: even ones on the left, odd ones on the right."""
    on: dict[int, dict[str, set[int]]] = defaultdict(lambda: {"left": set(), "right": set()})
    for number, line in said:
        if (outer := _outer(line)) and (value := int(line[slice(*outer[0])])) <= most:
            on[value - number][outer[1]].add(value)
    return {
        ahead
        for ahead, sides in on.items()
        if all(len(values) >= _FEWEST_MIRRORED for values in sides.values())
        and all(value % 2 == 0 for value in sides["left"])
        and all(value % 2 for value in sides["right"])
    }


def _counts(line: str, most: int) -> Iterator[tuple[int, int]]:
    """Where the numbers in a line stand that may be that of its page: of 'Page 7 of 9', '- 7 -', 'The sea, p. 7'.

    One that stands alone is `most` at most.
    """
    beside = [found.span(found.lastgroup or 0) for found in _BESIDE.finditer(line)]
    yield from beside
    if not beside and _ALONE.fullmatch(line):
        numbers = [*_NUMBER.finditer(line)]
        if all(int(found[0]) <= most for found in numbers):  # not '1 / 2025'
            yield from (found.span() for found in numbers)


def _counts_only(line: str) -> bool:
    """Whether it says nothing but which page it is: '- 3 -', 'Page 3 of 9'."""
    return all(word.lower() in _COUNTING for word in _WORD.findall(line))


def _repeats(key: str) -> bool:
    """Whether it may be such a line, if it comes again: a sum that is the same on each page is that of each."""
    return _MARK in key or (sum(map(str.isalpha, key)) >= _LETTERS and not _AMOUNT.search(key))


# --- what is left out --------------------------------------------------------------------------------------------


def _outermost(sheet: _Sheet, edge: _Keys, running: set[str]) -> Sequence[int]:
    """The places of running lines with nothing else between them and the edge, if they are not most of a short page."""
    most = max(int(_WORDED_SHARE * sum(map(bool, map(str.strip, sheet.lines)))), 1)
    numbered = {at for one in sheet.edges for at, key in one.items() if _MARK in key}
    found: list[int] = []
    for at, key in edge.items():
        is_number = numbered == {at} and _counts_only(key)  # of a page without a head, where a chapter begins
        if key not in running and not is_number:
            break
        found.append(at)
    worded = [place for place, at in enumerate(found) if _MARK not in edge[at]]
    return found if len(worded) <= most else found[: worded[0]]


def _keep_first(sheets: Sequence[_Sheet]) -> None:
    """Let the first of each stay that is no number of a page, and whose words are nowhere in the text."""
    text = _plain(" ".join(sheet.rest for sheet in sheets))
    keys = dict.fromkeys(key for sheet in sheets for key in sheet.left_out if not _counts_only(key))
    once = {key for number, key in enumerate(keys) if number >= _MOST_SOUGHT or _words(key) not in text}
    for sheet in sheets:
        first = {at: key for edge in sheet.edges for at, key in edge.items() if at in sheet.out and key in once}
        sheet.out.difference_update(first)
        once.difference_update(first.values())


def _words(key: str) -> str:
    return _plain(key.replace(_MARK, ""))


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


def _told(sheets: Sequence[_Sheet]) -> str:
    """'left out of 9 pages, above and below the text: their numbers, 'Harbour Board''."""
    dropped = dict.fromkeys(key for sheet in sheets for key in sheet.left_out)
    if not dropped:
        return ""
    words = [key.replace(_MARK, "…") for key in dropped if not _counts_only(key)]
    what = ["their numbers"] if len(words) < len(dropped) else []
    what += [repr(words[0][:_MOST_TOLD])] if words else []
    what += [f"{len(words) - 1:,} more such lines"] if len(words) > 1 else []
    return f"left out of {sum(bool(sheet.out) for sheet in sheets):,} pages, above and below: {', '.join(what)}"
