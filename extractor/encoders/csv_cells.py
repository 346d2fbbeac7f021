"""The cells of a line of a table, and what is in them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from extractor.encoders.decoded import number

DELIMITERS = ",;\t|"
FULL_WIDTH = "，"  # a delimiter only where the header has it: sentences have it too
_CELL = {
    sign: re.compile(rf'[ ]*+"([^"]*+(?:""[^"]*+)*+)"[ ]*+\r?+(?=[{re.escape(sign)}\n]|\Z)|([^{re.escape(sign)}\n]*+)')
    for sign in DELIMITERS + FULL_WIDTH
}
SMART = {sign: re.compile(rf"(?<![^{sign}])([ \t]*+)“([^“”\"\n]*+)”(?=[ \t\r]*+(?:[{sign}\n]|\Z))") for sign in _CELL}
_ITEM = re.compile(r'\s*+(?:"([^"]*+(?:""[^"]*+)*+)"\s*+(?=;|\Z)|([^;]*+))(;|\Z)')
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
        cells.append(Cell(found[1].replace('""', '"') if is_quoted else found[2].strip(" \t\r"), is_quoted))
        at = found.end() + 1
        if found.end() == len(text) or text[found.end()] == "\n":
            break
    if sign == "|":
        cells = _without_edges(cells)
    return cells, at


def items(text: str) -> list[str]:
    """The items of a cell: 'a; "b; c"' → ['a', 'b; c']."""
    found_items = []
    at = 0
    while at < len(text):
        found = _ITEM.match(text, at)
        assert found is not None
        found_items.append(found[1].replace('""', '"') if found[1] is not None else found[2].strip())
        at = found.end()
    return found_items


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
