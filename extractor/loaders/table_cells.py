"""Tables of HTML as Markdown can have them: none in another, none that only lays out a page, no cell over two rows."""

from __future__ import annotations

from collections import defaultdict
from copy import copy
from typing import Any

_PARTS = ("thead", "tbody", "tfoot", "tr", "td", "th", "caption")
_BLOCKS = ("pre", "h1", "h2", "h3", "h4", "h5", "h6")
_MOSTLY = 0.5  # of the text of a table is in tables within it: it lays them out
_DEEPEST = 20  # tables in tables
_MOST_REPEATED = 200  # characters of a cell, so that nothing grows out of proportion
_MOST_FILLED = 20_000  # cells that are set again, of all tables of a page


def settle(page: Any) -> None:
    """Change the tables of a parsed page: what lays it out is no table any more, and each row has all of its cells.

    '<tr><td rowspan=2>Monday<td>9:00<tr><td>11:00' → '<tr><td>Monday<td>9:00<tr><td>Monday<td>11:00'.
    """
    owned: dict[int, list[Any]] = defaultdict(list)  # the parts of each table, and the tables right in it
    depths: dict[int, int] = {}
    for part in page.find_all((*_PARTS, "table")):
        outer = part.find_parent("table")
        owned[id(outer)].append(part)
        depths[id(part)] = depths.get(id(outer), 0) + (part.name == "table")
    filled = 0
    for table in reversed(page.find_all("table")):  # what is within another one first
        parts = [part for part in owned[id(table)] if id(part) not in owned]
        within = [part for part in owned[id(table)] if id(part) in owned]
        if depths[id(table)] > _DEEPEST or _is_layout(table, parts, within):
            _unmake(table, parts, "div")
            continue
        for each in within:
            _unmake(each, owned[id(each)], "span")
        rows = [part for part in parts if part.name == "tr"]
        filled += (more := _lacking(rows))
        if more and filled <= _MOST_FILLED:
            _fill(rows)


def _is_layout(table: Any, parts: list[Any], within: list[Any]) -> bool:
    """Whether it is there for the look: it says so, has one cell, or code, headings or mostly tables in its cells."""
    is_said = table.get("role") in ("presentation", "none")
    if is_said or sum(part.name in ("td", "th") for part in parts) < 2 or table.find(_BLOCKS) is not None:  # noqa: PLR2004
        return True
    return sum(len(each.get_text()) for each in within) > _MOSTLY * len(table.get_text())


def _unmake(table: Any, parts: list[Any], name: str) -> None:
    """A table as blocks, or as words in a line."""
    for part in parts:
        if name == "span":
            part.append(" ")
        part.name = name
    table.name = name


def _lacking(rows: list[Any]) -> int:
    """In how many rows cells stand that span them, but for their first."""
    spans = ((at, _number(cell, "rowspan")) for at, row in enumerate(rows) for cell in _cells(row))
    return sum(max(min(span, len(rows) - at) - 1, 0) for at, span in spans)


def _fill(rows: list[Any]) -> None:
    """Set a cell that spans rows in each of them."""
    lasting: dict[int, tuple[int, Any]] = {}  # by column: in how many rows more, and which cell
    for row in rows:
        cells, column = _cells(row), 0
        while cells or column in lasting:
            more, cell = lasting.pop(column, (0, None))
            if cell is None:
                cell = cells.pop(0)
                more = _number(cell, "rowspan")
                del cell["rowspan"]
            elif cells:
                cells[0].insert_before(cell := _again(cell))
            else:
                row.append(cell := _again(cell))
            if more > 1:
                lasting[column] = (more - 1, cell)
            column += max(_number(cell, "colspan"), 1)


def _cells(row: Any) -> list[Any]:
    return row.find_all(["td", "th"], recursive=False)  # type: ignore[no-any-return]


def _again(cell: Any) -> Any:
    found = copy(cell)
    if len(cell.get_text()) > _MOST_REPEATED:
        found.clear()
    return found


def _number(cell: Any, name: str) -> int:
    said = str(cell.get(name, ""))
    return int(said) if said.isdecimal() and len(said) < 6 else 1  # noqa: PLR2004
