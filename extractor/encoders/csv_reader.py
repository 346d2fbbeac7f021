"""Reads tables as models write them: CSV with any delimiter, a Markdown table, with or without the header."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from extractor.encoders.columns import MISSING, Column, Table
from extractor.encoders.csv_cells import (
    DELIMITERS,
    FULL_WIDTH,
    Cell,
    cells_at,
    folded,
    has_torn_number,
    is_ellipsis,
    items,
    mended,
    scalar,
    with_quotes,
    without_bullets,
)
from extractor.encoders.decoded import SHOWN, nothing
from extractor.errors import ParseError
from extractor.syntax.fences import is_mark

_RULE = re.compile(r"[ \t|:=+]*+-[ \t|:=+-]*+\r?")
_DASHES = re.compile(r":?-{2,}:?|={2,}")
_REMARK = re.compile(r"(?:note|notes|n\.b\.|remark|remarks|注|注意|备注|说明)\s*[:：]|\.{3}|…|\(", re.IGNORECASE)
_TYPES: dict[str, type | tuple[type, ...]] = {"string": str, "number": (int, float), "boolean": bool}
_MOST_WORDS = 3  # of what may be a value of the first column, alone on its line behind the others
_FURTHEST = 200  # lines before the header


@dataclass(frozen=True, slots=True)
class _Header:
    """How the table is written: its delimiter, which column each cell is of, and where its lines begin."""

    sign: str
    order: tuple[int | None, ...]
    begin: int
    names: tuple[str, ...] = ()  # what is written in it
    is_fenced: bool = False


class CsvReader:
    """Reads one table; `notes` tell what was changed or left out, `unread` why a record of several could not be read.

    Of one that is cut off, the last cell may not be finished: it is not taken, nor are those that did not come.
    """

    def __init__(self, text: str, table: Table, *, is_cut: bool = False) -> None:
        self.notes: dict[str, None] = {}
        self.unread: dict[int, str] = {}
        self._text = text
        self._table = table
        self._is_cut = is_cut
        self._is_open = False  # whether the line at hand is one that did not come to its end

    def read(self) -> list[dict[str, Any] | None]:
        """The records of the table; None for a line that is none, which costs the others nothing."""
        header = self._header()
        records: list[dict[str, Any] | None] = []
        faults: list[ParseError] = []
        for cells in self._body(header):
            try:
                fitted = self._fitted(cells, header)
            except ParseError as error:
                self.note(str(error))
                self.unread[len(records)] = str(error)
                faults.append(error)
                records.append(None)
            else:
                records.append(self._record(fitted, header))
        if faults and (self._table.rows == "one" or len(faults) == len(records)):
            raise faults[0]
        return records

    def _body(self, header: _Header) -> Iterator[list[Cell]]:
        """The lines of the table that are neither header nor remark."""
        ended = False
        is_inside = header.is_fenced
        rows, told = without_bullets([*self._lines(header)], len(header.order))
        self.notes |= dict.fromkeys(told)
        tail = self._tail(rows, header)
        ends_open = self._is_open
        for at, cells in enumerate(rows):
            self._is_open = ends_open and at == len(rows) - 1
            is_empty = not any(cell.text or cell.is_quoted for cell in cells)
            if is_empty and len(cells) == 1:
                ended = True  # an empty line
                continue
            if is_mark(cells[0].text) and len(cells) == 1 and not cells[0].is_quoted:
                ended = True
                is_inside = not is_inside
                continue
            if self._is_no_row(cells, header, is_first=not at):
                continue
            fits = len(cells) == len(header.order)
            if at >= tail or (ended and (not fits or len(cells) == 1 or (header.is_fenced and not is_inside))):
                self.note(f"left out, since it stands behind the table: {_shown(cells, header)}")
                continue
            if is_ellipsis(cells):
                self.note(f"left out, since an ellipsis is no record: {_shown(cells, header)}")
                continue
            yield cells

    def _is_no_row(self, cells: Sequence[Cell], header: _Header, *, is_first: bool) -> bool:
        """Whether a line is the rule under the header, or the header once more."""
        texts = [cell.text for cell in cells]
        is_rule = is_first and bool(header.names) and all(map(_DASHES.fullmatch, texts))
        if is_rule and (len(texts) > 1 or len(texts[0]) > 2):  # noqa: PLR2004
            self.note("a line of dashes under the header is left out")
            return True
        if len(texts) > 1 and [text.casefold() for text in texts] == [name.casefold() for name in header.names]:
            self.note("the header stands there again, and is left out")
            return True
        order = self._order(texts) if len(texts) > 1 and header.names else ()
        if order and None not in order:
            what = f"the table has a second header, with other columns: {_shown(cells, header)}"
            raise ParseError(what, hint=f"the columns are {','.join(self._table.names)[:SHOWN]}")
        return False

    def _tail(self, rows: Sequence[Sequence[Cell]], header: _Header) -> int:
        """Where the remarks behind the records begin: lines with less than all cells that are no values for sure."""
        at = len(rows)
        while not self._is_cut and at > 0 and self._is_remark(rows[at - 1], header):
            at -= 1
        if at == 0 and rows and not _REMARK.match(rows[0][0].text):
            return 1  # the only record
        return at

    def _is_remark(self, cells: Sequence[Cell], header: _Header) -> bool:
        text = cells[0].text
        if len(cells) >= len(header.order) or cells[0].is_quoted:
            return False
        if is_mark(text) or not text:
            return len(cells) == 1
        first = self._table.columns[header.order[0]] if header.order[0] is not None else None
        if _REMARK.match(text):
            return True
        if len(cells) > 1 or first is None:
            return len(cells) == 1
        is_value = isinstance(scalar(text, first.kind), _TYPES[first.kind])
        return not is_value or len(text.split()) > _MOST_WORDS or text.endswith((*".!?:。！？：",))

    # --- the header --------------------------------------------------------------------------------------------

    def _header(self) -> _Header:
        at = 0
        for _ in range(_FURTHEST):
            if at > len(self._text):
                break
            for sign in DELIMITERS + FULL_WIDTH:
                cells, end = cells_at(self._text, at, sign)
                order = self._order([cell.text for cell in cells])
                if order:
                    if self._text[:at].strip("\n `") and not is_mark(self._text[:at]):
                        self.note("the text before the table is left out")
                    self._tell_header(order, cells, sign)
                    is_fenced = self._text.count("```", 0, at) % 2 == 1
                    return _Header(sign, order, end, (*(cell.text for cell in cells),), is_fenced)
            at = self._next(at)
        return self._by_position()

    def _order(self, names: Sequence[str]) -> tuple[int | None, ...]:
        """Which column each name is of, where most of them are known."""
        exact = {name: at for at, name in enumerate(self._table.names)}
        loosely = {folded(name): at for at, name in enumerate(self._table.names)}
        order = tuple(exact.get(name, loosely.get(folded(name))) for name in names)
        known = [at for at in order if at is not None]
        is_header = len(set(known)) == len(known) and len(known) * 2 > len(order)
        is_part = len(known) == len(order) > 1 and not any(
            column.is_required for at, column in enumerate(self._table.columns) if at not in known
        )
        return order if is_header and (is_part or len(known) * 2 >= len(exact)) else ()

    def _tell_header(self, order: Sequence[int | None], cells: Sequence[Cell], sign: str) -> None:
        if sign != "," and len(cells) > 1:
            self.note(f"the delimiter is {sign!r}, not ','")
        for at, cell in zip(order, cells, strict=True):
            if at is not None and cell.text != self._table.names[at]:
                self.note(f"the column {cell.text[:SHOWN]!r} is read as {self._table.names[at]!r}")
        for at, cell in zip(order, cells, strict=True):
            if at is None:
                self.note(f"left out, since no column of the schema is called so: {cell.text[:SHOWN]!r}")
        for at, name in enumerate(self._table.names):
            if at not in order:
                self.note(f"the table has no column {name!r}")

    def _by_position(self) -> _Header:
        """A table without a header: where a line has as many cells as there are columns."""
        wanted = len(self._table.columns)
        at = 0
        for _ in range(_FURTHEST if wanted > 1 else 0):
            if at > len(self._text):
                break
            for sign in DELIMITERS:
                cells, end = cells_at(self._text, at, sign)
                if len(cells) != wanted:
                    continue
                if self._has_names(cells) or (not self._is_data(cells) and self._is_header_of(end, sign, cells)):
                    what = f"the header of the table has other columns: {self._text[at:end].strip()[:SHOWN]!r}"
                    raise ParseError(what, hint=f"the columns are {','.join(self._table.names)[:SHOWN]}")
                if self._is_data(cells) and (self._is_typed(cells) or self._fits(end, sign)):
                    if sign != ",":
                        self.note(f"the delimiter is {sign!r}, not ','")
                    self.note("the header is missing: the cells are taken by their position")
                    return _Header(sign, (*range(wanted),), at)
            at = self._next(at)
        raise nothing(self._text, f"CSV with the header {','.join(self._table.names)[:SHOWN]!r}")

    def _has_names(self, cells: list[Cell]) -> bool:
        """Whether one of the cells is the name of a column, so that the line is a header with other ones."""
        names = {folded(name) for name in self._table.names}
        return any(folded(cell.text) in names for cell in cells)

    def _is_header_of(self, at: int, sign: str, cells: list[Cell]) -> bool:
        """Whether a line that is no data has some right under it, so that it names them."""
        is_words = all(cell.text and len(cell.text.split()) <= _MOST_WORDS for cell in cells)
        return is_words and self._fits(at, sign) and self._is_typed(cells_at(self._text, at, sign)[0])

    def _is_typed(self, cells: list[Cell], columns: Sequence[Column] = ()) -> bool:
        """Whether one of the cells is of a column that is no text: a line of texts alone can be a sentence."""
        return any(cell.text and column.kind != "string" and not column.is_list
                   for cell, column in zip(cells, columns or self._table.columns, strict=True))  # fmt: skip

    def _fits(self, at: int, sign: str) -> bool:
        """Whether the line at a place may be of the table too."""
        cells = cells_at(self._text, at, sign)[0] if at < len(self._text) else []
        return len(cells) == len(self._table.columns) and self._is_data(cells)

    def _is_data(self, cells: list[Cell], columns: Sequence[Column] = ()) -> bool:
        """Whether cells may be of these columns, and are no sentence that happens to have as many commas."""
        pairs = [*zip(cells, columns or self._table.columns, strict=True)]
        are_typed = all(cell.text == "" or isinstance(scalar(cell.text, column.kind), _TYPES[column.kind])
                        for cell, column in pairs if not column.is_list)  # fmt: skip
        return are_typed and not cells[-1].text.endswith((*".!?。！？",))

    # --- lines and cells ---------------------------------------------------------------------------------------

    def _next(self, at: int) -> int:
        end = self._text.find("\n", at)
        return end + 1 if end >= 0 else len(self._text) + 1

    def _lines(self, header: _Header) -> Iterator[list[Cell]]:
        at = header.begin
        while at <= len(self._text):
            end = self._next(at)
            if header.sign == "|" and _RULE.fullmatch(self._text, at, end - 1) and "|" in self._text[at:end]:
                at = end  # the line under the header of a Markdown table
                continue
            start = at
            cells, at = cells_at(self._text, at, header.sign)
            self._is_open = self._is_cut and at > len(self._text)
            yield self._otherwise(cells, start, header) if at == end else cells

    def _otherwise(self, cells: list[Cell], start: int, header: _Header) -> list[Cell]:
        """The cells of a line with quotes or commas of another script."""
        line = self._text[start : self._next(start) - 1]
        plain = with_quotes(line, header.sign) if "“" in line else line
        if plain != line:
            self.note("typographic quotes around a cell are read as quotes")
            return cells_at(plain, 0, header.sign)[0]
        if len(cells) > 1 or cells[0].is_quoted or header.sign != "," or FULL_WIDTH not in line:
            return cells
        parts, _ = cells_at(self._text, start, FULL_WIDTH)
        columns = [self._table.columns[at] for at in header.order[: len(parts)] if at is not None]
        is_whole = len(parts) == len(header.order)
        is_sure = len(parts) <= len(columns) and self._is_data(parts, columns) and self._is_typed(parts, columns)
        if not is_whole and not is_sure:
            return cells
        self.note(f"the delimiter of a line is {FULL_WIDTH!r}, not ','")
        return parts

    # --- records -----------------------------------------------------------------------------------------------

    def _record(self, cells: list[Cell], header: _Header) -> dict[str, Any]:
        record: dict[str, Any] = {}
        for at, cell in zip(header.order, cells, strict=False):
            if at is not None:
                column = self._table.columns[at]
                if not _is_missing(cell, column):
                    record[column.name] = self._value(cell, column)
        return {name: record[name] for name in self._table.names if name in record}

    def _fitted(self, cells: list[Cell], header: _Header) -> list[Cell]:
        """As many cells as the header has; of a line that is cut off those that are complete."""
        wanted = len(header.order)
        if self._is_open:
            return cells[: min(len(cells), wanted) - 1]
        if len(cells) < wanted:
            self.note(f"a line has {len(cells)} cells of {wanted}, the others are empty: {_shown(cells, header)}")
            return [*cells, *[Cell("", is_quoted=False)] * (wanted - len(cells))]
        if len(cells) == wanted:
            return cells
        last = header.order[-1]
        column = self._table.columns[last] if last is not None else None
        rest = cells[wanted - 1 :]
        is_torn = header.sign == "," and has_torn_number(cells)
        if not is_torn and not any(cell.text or cell.is_quoted for cell in rest[1:]):
            self.note("empty cells behind the last column are left out")
            return cells[:wanted]
        if column and column.kind == "string" and not is_torn and not any(cell.is_quoted for cell in rest):
            self.note(f"a line has {len(cells)} cells, not {wanted}; the last are read as one: {_shown(cells, header)}")
            sign = "; " if column.is_list else f"{header.sign} " if header.sign in ",;" else header.sign
            joined = sign.join(cell.text for cell in rest)
            return [*cells[: wanted - 1], Cell(joined, is_quoted=False)]
        why = ", of which two may be one number" if is_torn else ""
        raise ParseError(
            f"a line of the table has {len(cells)} cells, not {wanted}{why}: {_shown(cells, header)}",
            hint=f"a {'number' if is_torn else 'cell'} with a delimiter in it has to be in double quotes",
        )

    def _value(self, cell: Cell, column: Column) -> Any:
        if not cell.is_quoted and (cell.text == "" or (cell.text == "null" and column.is_nullable)):
            return [] if column.is_list and not column.is_nullable else None
        if not cell.is_quoted and cell.text.startswith('"'):
            cell, fault = mended(cell)
            self.note(f"{fault}: {cell.text[:SHOWN]!r}")
        if cell.is_quoted and "\n" in cell.text and column.kind != "string" and not column.is_list:
            what = f"a quote of the table is not closed: {cell.text[:SHOWN]!r} is no {column.kind}"
            raise ParseError(what, hint="a quote within a cell is written twice, in a cell in quotes")
        if column.is_list:
            found = items(cell.text)
            return cell.text if found is None else [scalar(text, column.kind) for text in found]
        return scalar(cell.text, column.kind)

    def note(self, text: str) -> None:
        """Tell once."""
        self.notes[text] = None


def _is_missing(cell: Cell, column: Column) -> bool:
    """Whether a record lacks a property."""
    if cell.is_quoted or column.is_required:
        return False
    return cell.text == MISSING or (cell.text == "" and not column.is_nullable)


def _shown(cells: Sequence[Cell], header: _Header) -> str:
    return repr(header.sign.join(cell.text for cell in cells)[:SHOWN])
