"""A table that fits a terminal: what says least is left out, long names lose their middle, numbers stay whole."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import compress
from typing import TYPE_CHECKING

from extractor.cli.terminal import plain

if TYPE_CHECKING:
    from rich.console import Console

_GAP = 3  # blanks between two columns
_SHORTEST = 8  # signs of a name


@dataclass(frozen=True, slots=True)
class Column:
    """What a column is called, and its cells. Of those that may be left out, those of the highest rank go first."""

    name: str
    cells: Sequence[str]
    rank: int = 0
    is_text: bool = False

    @property
    def width(self) -> int:
        """In signs of a terminal, of which a Chinese character takes two."""
        return max(map(_width, (self.name, *self.cells)))


def print_table(columns: Sequence[Column], totals: int = 0) -> None:
    """Print a table, its totals apart. On a terminal no wider than that: what has no room is told below."""
    from rich.console import Console

    if not sys.stdout.isatty():  # a file has room for all
        console = Console(file=sys.stdout, width=_whole(columns), highlight=False)
        with console.capture() as shown:
            _print(columns, totals, console)
        print("\n".join(line.rstrip() for line in shown.get().splitlines()))
        return
    console = Console(highlight=False)
    kept = fitted(columns, console.width)
    console.width = max(console.width, _whole(kept))  # rather broken lines than a part of a number
    _print(kept, totals, console)
    shown_names = {column.name for column in kept}
    if lost := [column.name for column in columns if column.name not in shown_names]:
        print(f"no room for {', '.join(lost)}; --json has all")


def fitted(columns: Sequence[Column], width: int) -> list[Column]:
    """What is shown where so many signs have room; names, which come first, are shortened at last."""
    kept = [*columns]
    for rank in sorted({column.rank for column in columns if column.rank}, reverse=True):
        if _whole(kept) > width:
            kept = [column for column in kept if column.rank != rank]
    kept = _without_blank_rows(kept)
    names, lacking = kept[0], _whole(kept) - width
    if lacking > 0:
        most = max(names.width - lacking, _SHORTEST)
        kept[0] = replace(names, cells=[shortened(name, most) for name in names.cells])
    return kept


def _without_blank_rows(columns: Sequence[Column]) -> list[Column]:
    """Without rows of which all numbers are in columns that are left out."""
    numbers = [column.cells for column in columns if not column.is_text]
    has_some = [any(row) for row in zip(*numbers, strict=True)]
    return [replace(column, cells=[*compress(column.cells, has_some)]) for column in columns]


def shortened(name: str, width: int) -> str:
    """A name without its middle: ('people[].address.street', 16) → 'people[]…street'."""
    if _width(name) <= width:
        return name
    head, tail = name[: len(name) // 2], name[len(name) // 2 :]
    while _width(f"{head}…{tail}") > width:
        head, tail = (head[:-1], tail) if _width(head) > _width(tail) else (head, tail[1:])
    return f"{head}…{tail}"


def _width(text: str) -> int:
    from rich.cells import cell_len

    return cell_len(plain(text))


def _whole(columns: Sequence[Column]) -> int:
    return sum(column.width for column in columns) + _GAP * (len(columns) - 1)


def _print(columns: Sequence[Column], totals: int, console: Console) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in columns:
        table.add_column(Text(column.name), justify="left" if column.is_text else "right", no_wrap=True)
    rows = [*zip(*(column.cells for column in columns), strict=True)]
    for at, row in enumerate(rows, 1):
        table.add_row(*(Text(plain(cell)) for cell in row), end_section=bool(totals) and at == len(rows) - totals)
    console.print(table)
