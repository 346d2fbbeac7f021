"""Tables of HTML as Markdown can have them: none in another, none that only lays out a page, no cell over two rows."""

from __future__ import annotations

from copy import copy
from typing import Any

_PARTS = ("thead", "tbody", "tfoot", "tr", "td", "th", "caption")
_BLOCKS = ("pre", "h1", "h2", "h3", "h4", "h5", "h6")
_MOSTLY = 0.5  # of the text of a table is in tables within it: it lays them out
_MOST_REPEATED = 200  # characters of a cell, so that nothing grows out of proportion


def settle(page: Any) -> None:
    """Change the tables of a parsed page: what lays it out is no table any more, and each row has all of its cells.

    '<tr><td rowspan=2>Monday<td>9:00<tr><td>11:00' → '<tr><td>Monday<td>9:00<tr><td>Monday<td>11:00'.
    """
    for table in reversed(page.find_all("table")):  # what is within another one first
        within = table.find_all("table")
        inner = sum(len(each.get_text()) for each in within if each.find_parent("table") is table)
        if _is_layout(table) or inner > _MOSTLY * len(table.get_text()):
            _unmake(table, "div")
            continue
        for each in within:
            _unmake(each, "span")
        _fill([*table.find_all("tr")])


def _is_layout(table: Any) -> bool:
    """Whether it is there for the look: it says so, has one cell, or code and headings in its cells."""
    is_said = table.get("role") in ("presentation", "none")
    return is_said or len(table.find_all(["td", "th"], limit=2)) < 2 or table.find(_BLOCKS) is not None  # noqa: PLR2004


def _unmake(table: Any, name: str) -> None:
    """A table as blocks, or as words in a line."""
    for part in [*table.find_all(_PARTS)]:
        if part.find_parent("table") is table:
            if name == "span":
                part.append(" ")
            part.name = name
    table.name = name


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
