"""The numbers of Word's lists and headings, which no text of the file has: they are counted as Word counts them.

A list that a paragraph interrupts goes on; mammoth, which reads the file, starts it anew. So each number is written
before its paragraph, between marks, and what mammoth makes of it has it as HTML says it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element, SubElement

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_CHOICE = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Choice"
_UNNUMBERED = ("bullet", "none")
_MOST_BASES = 20  # styles that are based on each other
_LONGEST = 40  # characters of a label
_MOST = 3_999  # in letters
_MARK = "\uf8f1"  # of those that have no meaning
_MARKED = re.compile(rf"(<li>)?{_MARK}(\d+) ([^{_MARK}]*){_MARK}")
_PLACE = re.compile(r"%([1-9])")
_ROMANS = (
    *((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x")),
    *((9, "ix"), (5, "v"), (4, "iv"), (1, "i")),
)


@dataclass(frozen=True, slots=True)
class _Level:
    start: int = 1
    kind: str = "decimal"
    label: str = ""  # '%1.%2'
    style: str | None = None  # whose paragraphs are of it


@dataclass(slots=True)
class _List:
    """Lists of one make, which are counted together: how their levels are numbered, and how far they are."""

    levels: Mapping[str, _Level]
    counts: dict[str, int] = field(default_factory=dict)

    def next(self, at: str, start: int | None) -> int:
        """The number of an item; the levels within it begin anew."""
        before = self.counts.get(at, self.levels[at].start - 1) if start is None else start - 1
        self.counts = {one: count for one, count in self.counts.items() if one < at} | {at: before + 1}
        return before + 1

    def label(self, at: str) -> str:
        """What stands before an item: '2.1'."""
        return _PLACE.sub(lambda found: self._spelt(str(int(found[1]) - 1)), self.levels[at].label)[:_LONGEST].strip()

    def _spelt(self, at: str) -> str:
        level = self.levels.get(at, _Level())
        return _spell(self.counts.get(at, level.start), level.kind)


def write_numbers(body: Element, numbering: Element, styles: Element | None) -> None:
    """Write the number and the label of each numbered paragraph that has words at its beginning, between marks."""
    lists = _Lists(numbering, styles)
    for paragraph in _paragraphs(body):
        number, at = lists.place(paragraph)
        one = lists.by_number.get(number)
        if one is None or at not in one.levels or not any(each.text for each in paragraph.iter(f"{_W}t")):
            continue
        said = one.next(at, lists.starts.pop((number, at), None))
        if one.levels[at].kind not in _UNNUMBERED:
            run = Element(f"{_W}r")
            SubElement(run, f"{_W}t").text = f"{_MARK}{said} {one.label(at)}{_MARK}"
            paragraph.insert(int(paragraph.find(f"{_W}pPr") is not None), run)


def with_numbers(html: str) -> str:
    """What was written as HTML has it: an item with its value, a heading with its label before it."""
    return _MARKED.sub(lambda found: f'<li value="{found[2]}">' if found[1] else f"{found[3]} ".lstrip(), html)


def _paragraphs(body: Element) -> Iterator[Element]:
    """Those that are read: of what a file has twice, for older programs, the second."""
    unread = {one for choice in body.iter(_CHOICE) for one in choice.iter(f"{_W}p")}
    return (one for one in body.iter(f"{_W}p") if one not in unread)


class _Lists:
    """What a file says of its lists: by their numbers, and where some of these start."""

    def __init__(self, numbering: Element, styles: Element | None) -> None:
        self._styles = {_value(one, "styleId"): one for one in styles.iter(f"{_W}style")} if styles is not None else {}
        makes = {_value(one, "abstractNumId"): one for one in numbering.iter(f"{_W}abstractNum")}
        numbers = {_value(one, "numId"): one for one in numbering.iter(f"{_W}num")}
        make_of = {number: _said(one, "abstractNumId") for number, one in numbers.items()}
        for number, make in make_of.items():  # a style may say which list it is
            style = _said(makes[make], "numStyleLink") if make in makes else None
            if (linked := self._of_style(style)[0]) in make_of:
                make_of[number] = make_of[linked]
        lists = {
            make: _List({_value(one, "ilvl") or "0": _level(one) for one in makes[make].iter(f"{_W}lvl")})
            for make in makes
        }
        self.by_number = {number: lists[make] for number, make in make_of.items() if make in lists}
        self.starts = {
            (number, _value(one, "ilvl") or "0"): _count(start)
            for number, each in numbers.items()
            for one in each.iter(f"{_W}lvlOverride")
            if (start := one.find(f"{_W}startOverride")) is not None
        }

    def place(self, paragraph: Element) -> tuple[str | None, str]:
        """The number of the list of a paragraph, None where it is in none, and its level: '0' is the outermost."""
        said = paragraph.find(f"{_W}pPr")
        if said is None:
            return None, "0"
        style = _said(said, "pStyle")
        number, at = _said(said, "numPr", "numId"), _said(said, "numPr", "ilvl")
        if number is None:
            number, of_style = self._of_style(style)
            at = at or of_style
        one = self.by_number.get(number)
        levels = one.levels.items() if one is not None and at is None and style is not None else ()
        return number, at or next((level for level, each in levels if each.style == style), "0")

    def _of_style(self, name: str | None) -> tuple[str | None, str | None]:
        for _ in range(_MOST_BASES):
            style = self._styles.get(name)
            if style is None:
                break
            if (number := _said(style, "pPr", "numPr", "numId")) is not None:
                return number, _said(style, "pPr", "numPr", "ilvl")
            name = _said(style, "basedOn")
        return None, None


def _level(said: Element) -> _Level:
    kind, label, style = (_said(said, name) for name in ("numFmt", "lvlText", "pStyle"))
    return _Level(_count(said.find(f"{_W}start")), kind or "decimal", label or "", style)


def _count(said: Element | None) -> int:
    value = "1" if said is None else _value(said, "val") or ""
    return int(value) if value.isdecimal() and len(value) < 6 else 1  # noqa: PLR2004  # digits


def _said(element: Element, *path: str) -> str | None:
    found = element.find("/".join(f"{_W}{name}" for name in path))
    return None if found is None else _value(found, "val")


def _value(element: Element, name: str) -> str | None:
    return element.get(f"{_W}{name}")


def _spell(number: int, kind: str) -> str:
    """(4, 'lowerRoman') → 'iv', (28, 'upperLetter') → 'BB'."""
    if not 0 < number <= _MOST or kind not in ("lowerLetter", "upperLetter", "lowerRoman", "upperRoman"):
        return f"{number:02}" if kind == "decimalZero" else str(number)
    if kind.endswith("Letter"):
        spelt = chr(ord("a") + (number - 1) % 26) * ((number - 1) // 26 + 1)
    else:
        spelt = ""
        for value, letters in _ROMANS:
            spelt += letters * (number // value)
            number %= value
    return spelt.upper() if kind.startswith("upper") else spelt
