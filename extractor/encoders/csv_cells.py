"""The cells of a line of a table, and what is in them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from extractor.encoders.decoded import may_be_list, number

DELIMITERS = ",;\t|"
FULL_WIDTH = "，"  # a delimiter only where the header has it: sentences have it too
_CELL = {
    sign: re.compile(
        rf'[ ]*+"([^"]*+(?:""[^"]*+)*+)"[ ]*+\r?+(?=[{re.escape(sign)}\n]|\Z)'
        + (r"|([^|\\\n]*+(?:\\\|?[^|\\\n]*+)*+)" if sign == "|" else rf"|([^{re.escape(sign)}\n]*+)")  # 'a \| b' is one
    )
    for sign in DELIMITERS + FULL_WIDTH
}
# A cell in quotes stays as it is, with all that is in it.
_SMART = {
    sign: re.compile(
        rf'(?<![^{sign}])([ \t]*+)(?:"[^"\n]*+(?:""[^"\n]*+)*+"|“([^“”"\n]*+)”)(?=[ \t\r]*+(?:[{sign}\n]|\Z))'
    )
    for sign in _CELL
}
_ITEM = re.compile(r'\s*+(?:"([^"]*+(?:""[^"]*+)*+)"\s*+(?=;|\Z)|([^;]*+))(;|\Z)')
_TORN = re.compile(r"[-+$€£¥]?\d{1,3}"), re.compile(r"\d{3}(?:\.\d+)?")
_BULLETS = ("- ", "* ", "• ", "· ", "‣ ")
_BOOLEANS = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Cell:
    """A text, without the quotes around it."""

    text: str
    is_quoted: bool


def cells_at(text: str, at: int, sign: str) -> tuple[list[Cell], int]:
    """The cells of a line, which may go on over line breaks in quotes, and where the next one begins."""
    cells: list[Cell] = []
    while True:
        found = _CELL[sign].match(text, at)
        assert found is not None
        is_quoted = found[1] is not None
        inner = found[1].replace('""', '"') if is_quoted else found[2].strip(" \t\r")
        cells.append(Cell(inner if is_quoted or sign != "|" else inner.replace("\\|", "|"), is_quoted))
        at = found.end() + 1
        if found.end() == len(text) or text[found.end()] == "\n":
            break
    if sign == "|":
        cells = _without_edges(cells)
    return cells, at


def with_quotes(line: str, sign: str) -> str:
    """A line with quotes around the cells that have typographic ones: 'a,“b, c”' → 'a,"b, c"'."""
    return _SMART[sign].sub(lambda found: found[0] if found[2] is None else f'{found[1]}"{found[2]}"', line)


def has_torn_number(cells: Sequence[Cell]) -> bool:
    """Whether two cells may be one number, with a comma for thousands: ['A', '2', '020'] → True."""
    first, second = _TORN
    return any(
        first.fullmatch(one.text) and second.fullmatch(other.text) and not (one.is_quoted or other.is_quoted)
        for one, other in pairwise(cells)
    )


def in_quotes(text: str) -> str | None:
    """What the outer quotes hold where the inner are not doubled: '"a "b" c"' → 'a "b" c'; '"a" or "b"' → None."""
    if len(text) < 3 or text[0] != '"' or text[-1] != '"':  # noqa: PLR2004
        return None
    is_open = False
    for at in range(1, len(text) - 1):
        if text[at] != '"':
            continue
        before, after = text[at - 1] if at > 1 else " ", text[at + 1] if at < len(text) - 2 else " "
        is_right = (
            not before.isspace() and not after.isalnum() if is_open else before in " \t([" and not after.isspace()
        )
        if not is_right:
            return None
        is_open = not is_open
    return None if is_open else text[1:-1]


def mended(cell: Cell) -> tuple[Cell, str]:
    """A cell without quotes that begins with one, as it is meant, and what is wrong with it."""
    if (inner := in_quotes(cell.text)) is not None:
        return Cell(inner, is_quoted=True), "quotes within a cell in quotes that are not doubled"
    what = "a quote that is within a cell is" if cell.text.count('"') % 2 == 0 else "a quote that is not closed is"
    return cell, f"{what} read as a character"


def without_bullets(rows: Sequence[list[Cell]], width: int) -> tuple[list[list[Cell]], list[str]]:
    """The lines of a table without the bullets that all whole ones have, and a note: '- Ann,4' → 'Ann,4'."""
    found = [not cells[0].is_quoted and cells[0].text.startswith(_BULLETS) for cells in rows]
    if not any(found):
        return [*rows], []
    if not all(has for cells, has in zip(rows, found, strict=True) if len(cells) == width and cells[0].text):
        return [*rows], ["a bullet that not all lines of the table have is kept"]
    bare = [[Cell(cells[0].text[2:].lstrip(), is_quoted=False), *cells[1:]] if has else cells
            for cells, has in zip(rows, found, strict=True)]  # fmt: skip
    return bare, ["bullets before the lines of the table are left out"]


def is_ellipsis(cells: Sequence[Cell]) -> bool:
    """Whether a line stands for records that are left out: '...'."""
    said = [cell for cell in cells if cell.text or cell.is_quoted]
    return bool(said) and all(cell.text in {"...", "…"} and not cell.is_quoted for cell in said)


def items(text: str) -> list[str] | None:
    """The items of a cell: 'a; "b; c"' → ['a', 'b; c']; None where a text can stand for several: 'a, b'."""
    if text.lstrip()[:1] == "[" and text.rstrip()[-1:] == "]":
        return None
    found_items: list[str] = []
    is_bare = False
    at = 0
    while at < len(text):
        found = _ITEM.match(text, at)
        assert found is not None
        is_bare = found[1] is None
        found_items.append(found[2].strip() if is_bare else found[1].replace('""', '"'))
        at = found.end()
    return None if is_bare and len(found_items) == 1 and may_be_list(found_items[0]) else found_items


def scalar(text: str, kind: str) -> Any:
    """A value of a kind; what is none stays the text: ('number', '12') → 12."""
    if kind == "number":
        value = number(text)
        return text if value is None else value
    return _BOOLEANS.get(text.casefold(), text) if kind == "boolean" else text


def _without_edges(cells: list[Cell]) -> list[Cell]:
    """Those of a Markdown table, whose lines begin and end with the delimiter."""
    cells = cells[1:] if len(cells) > 1 and not cells[0].text and not cells[0].is_quoted else cells
    return cells[:-1] if len(cells) > 1 and not cells[-1].text and not cells[-1].is_quoted else cells


def folded(name: str) -> str:
    """A name of a column in the spelling that names are compared in: '**Full Name**' → 'full_name'."""
    return name.strip(" *`").casefold().replace(" ", "_")
