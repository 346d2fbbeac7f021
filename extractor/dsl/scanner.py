"""A place in a text of the inline schema language, and how an error there is told."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass

from extractor.errors import SchemaError

_MARGIN, _SHOWN = 40, 76  # characters before the column; characters of a line
LONGEST_WORD = 40
HALVES = re.compile("[\ud800-\udfff]")

_BLANKS = re.compile(r"[^\S\n]*")
_QUOTED = re.compile(r'"(?:[^"\\\n]|\\[^\n])*"')

_FORMS = (
    "a field is `name`, `name int`, `name?`, `name!`, `name[]`, `name: a|b` or `name{…}`; commas stand between fields"
)


@dataclass(slots=True)
class Scanner:
    """A place in a text. `plain` is the same text, character by character, with ASCII marks."""

    text: str
    plain: str
    at: int = 0

    def peek(self) -> str:
        """The next character that is not a blank, `""` at the end; goes there."""
        self.at = self._match(_BLANKS).end()
        return self.plain[self.at : self.at + 1]

    def take(self, mark: str) -> bool:
        """Go past a mark, if it comes next."""
        found = self.peek() == mark
        self.at += found
        return found

    def newlines(self) -> bool:
        """Go to the next line that has something on it; whether that is another line."""
        start = self.at
        while self.take("\n"):
            pass
        return "\n" in self.text[start : self.at]

    def bare(self, pattern: re.Pattern[str]) -> str:
        """Text as it was typed, up to where the pattern ends."""
        self.peek()
        found = self._match(pattern)
        self.at = found.end()
        return self.text[found.start() : found.end()].strip()

    def quoted(self) -> str:
        """A JSON string; the next character is its quotation mark."""
        start = self.at
        found = _QUOTED.match(self.text, start)
        if not found:
            raise self.fault("this quotation mark is not closed on its line", start)
        self.at = found.end()
        try:
            value: str = json.loads(found[0], strict=False)
        except json.JSONDecodeError as error:
            advice = r'inside of quotes write \" for " and \\ for \ '.rstrip()
            raise self.fault("no such escape", start + error.pos, advice) from None
        if HALVES.search(value):
            raise self.fault("half of a character", start)
        return value

    def unexpected(self) -> SchemaError:
        """What to say about a character that cannot stand here."""
        return self.fault(f"unexpected {self.text[self.at]!r}", self.at)

    def fault(self, message: str, at: int, advice: str = _FORMS) -> SchemaError:
        """An error with its place; what is missing at an end is told of the last thing before it."""
        while at and (at >= len(self.text) or self.text[at].isspace()):
            at -= 1
        lines = self.text.split("\n")
        row = self.text.count("\n", 0, at)
        column = at - (self.text.rfind("\n", 0, at) + 1)
        where = f"line {row + 1}, column {column + 1}" if "\n" in self.text.rstrip() else f"column {column + 1}"
        return SchemaError(f"{where}: {message}", hint=f"{advice}\n{_picture(lines[row], column)}")

    def _match(self, pattern: re.Pattern[str]) -> re.Match[str]:
        found = pattern.match(self.plain, self.at)
        assert found is not None, "these patterns match the empty text too"
        return found


def short(value: object) -> str:
    """A value in a message: of a long text its beginning."""
    return repr(f"{value[:LONGEST_WORD]}…" if isinstance(value, str) and len(value) > LONGEST_WORD else value)


def _picture(line: str, column: int) -> str:
    """The line and, below it, a caret; of a long line the part around the column."""
    start = max(0, column - _MARGIN)
    line = "".join(char if char.isprintable() else " " for char in line)
    shown, before = line[start : start + _SHOWN], line[start:column]
    left, right = "…" if start else "", "…" if len(line) > start + _SHOWN else ""
    return f"  {left}{shown}{right}\n  {' ' * cells(left + before)}^"


def cells(text: str) -> int:
    """How many cells of a terminal a text takes: Chinese characters take two each, combining marks none."""
    shown = [char for char in text if unicodedata.category(char) not in ("Mn", "Me")]
    return len(shown) + sum(unicodedata.east_asian_width(char) in "WF" for char in shown)
