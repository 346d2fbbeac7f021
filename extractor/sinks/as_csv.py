r"""CSV and TSV, in UTF-8, with a header.

An object of known properties is laid out in columns, `author.name`; lists and whatever else is nested are JSON text.
Null is an empty cell, an empty text is `""`, which most readers take for the same; in a table of a single column null
is `""` too, for an empty line is no row. Text that a spreadsheet would run as a formula gets an apostrophe before it,
and one more where it has some already, so that a reader can take one away (OWASP, CSV injection). Characters that a
terminal obeys are written as escapes: `\u001b`.
"""

from __future__ import annotations

import re
from typing import Any

from extractor.lines import Line
from extractor.sinks.layout import Layout
from extractor.sinks.tables import text_table
from extractor.sinks.text import Flow
from extractor.text import UNSAFE

_FORMULA = re.compile("'*[=+\\-@\t\r\n＝＋－＠]")
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)*(?:[eE][+-]?\d+)?")
_TO_QUOTE = re.compile("[\",;|\t\r\n']")


class CsvWriter:
    """A line of cells for each row; the header comes with the first."""

    def __init__(self, flow: Flow, layout: Layout) -> None:
        self._flow = flow
        self._sign = "\t" if layout.form == "tsv" else ","
        self._table = text_table(layout)
        self._is_first = True

    def write(self, line: Line) -> int:
        """The rows of a record, at once."""
        rows = [*self._table.rows(line)]
        lead = [[column.name for column in self._table.columns]] if self._is_first and rows else []
        self._flow.put("".join(map(self._line, [*lead, *rows])))
        self._is_first = self._is_first and not rows
        self._flow.pass_on()
        return len(rows)

    def finish(self) -> None:
        """There is no end to write."""
        self._flow.end()

    def _line(self, row: list[Any]) -> str:
        text = self._sign.join(map(cell, row))
        return f"{text}\n" if text else '""\n'


def cell(value: Any) -> str:
    """What stands for a value: None → '', 1 → '1', 'a, b' → '"a, b"', '=1' → an apostrophe before it, in quotes."""
    if value is None:
        return ""
    text = str(value)
    if _FORMULA.match(text) and not _NUMBER.fullmatch(text):
        text = f"'{text}"
    text = UNSAFE.sub(lambda found: found[0] if found[0] == "\r" else f"\\u{ord(found[0]):04x}", text)
    is_bare = text == text.strip() != "" and not _TO_QUOTE.search(text)
    return text if is_bare else '"' + text.replace('"', '""') + '"'
