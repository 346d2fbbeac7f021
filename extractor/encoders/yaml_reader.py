"""Reads YAML as models write it, line by line and led by the schema.

A reader of our own, since what models get wrong is valid YAML with another meaning, or none at all: texts with ': ' or
' #' in them, `"…" he said`, `*emphasis*`, a full-width colon. Nothing of YAML that grows is in it: an alias is refused.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from extractor.depth import DEEPEST
from extractor.encoders.blocks import block_text
from extractor.encoders.decoded import SHOWN, too_deep
from extractor.encoders.flow import QUOTED, FlowError, FlowReader
from extractor.encoders.scalars import fault_of, plain, unquoted
from extractor.errors import ParseError
from extractor.scopes import Scope, Scopes

_LENIENT = re.compile(r"[*_`]{0,3}([^\s:：*_`-][^:：]{0,200}?)[*_`]{0,3}[ \t]{0,9}[:：][*]{0,2}")
_NOT_A_KEY = frozenset("[]{}&*!|>%@`#,")
_HEADER = re.compile(r"([|>])([-+]?[1-9]?|[1-9][-+])[ \t]*(?:#.*)?")
_ALIAS = re.compile(r"\*[\w-]+")
_ANCHOR = re.compile(r"(?<=[:-] )&([\w-]++)(?!\S)")
_END = re.compile(r"(?:---|\.\.\.)(?:\s|\Z)")
_WRONG_QUOTES = re.compile(r"“([^“”]+)”|\"([^\"]+)", re.DOTALL)
BULLETS = ("* ", "• ", "· ", "‣ ")
REPEATED = "keys that the answer repeats, the last value of each counts"  # a note
_FURTHEST_ITEM = 50  # lines of the first item of a list with numbers
_MOST_FAILURES = 20  # brackets that open nothing; each costs a look to the end of the text


@dataclass(frozen=True, slots=True)
class _Line:
    """A line from a column on, without the blanks at its end."""

    indent: int
    content: str

    @property
    def is_item(self) -> bool:
        return self.content == "-" or self.content.startswith(("- ", "-\t"))

    @property
    def bullet(self) -> str:
        """What it begins with, if as an item of a list in Markdown or prose."""
        return self.content[0] if self.content.startswith(BULLETS) else ""

    def number(self, place: int) -> str:
        """What it begins with, if as the item of a list with numbers that has this place: '2. b' → '2.'."""
        mark = f"{place}. ", f"{place}) "
        return self.content[: len(mark[0]) - 1] if self.content.startswith(mark) else ""


class YamlReader:
    """Reads one document after the other from a text; `notes` tell what was changed or left out."""

    def __init__(self, text: str, scopes: Scopes) -> None:
        self.lines = text.split("\n")
        self.notes: dict[str, None] = {}
        self.at = 0
        self._text = text
        self.scopes = scopes
        self._flow = FlowReader(text, scopes)
        self._starts = [0, *accumulate(len(line) + 1 for line in self.lines)]
        self._column: tuple[int, int] = (-1, 0)  # a line that is begun, and up to where
        self._failures = 0
        self._lists = 0  # that are open
        self._anchors = frozenset(_ANCHOR.findall(text))

    def document(self, scope: Scope) -> Any:
        """The value that begins at the next line."""
        return self._block(scope, -1, 0)

    def peek(self) -> _Line | None:
        """The next line that says something; None at the end of a document."""
        while self.at < len(self.lines):
            line = self.lines[self.at].rstrip(" \t")
            begun = self._column[1] if self._column[0] == self.at else 0
            content = line[begun:].lstrip(" ")
            if content and content[0] != "#":
                is_end = _END.match(content) and len(content) == len(line)
                return None if is_end else _Line(len(line) - len(content), content)
            self.at += 1
        return None

    def _mark(self, line: _Line, scope: Scope, place: int = 1) -> str:
        """What an item begins with; a bullet or number that is none of YAML only where a list has to be."""
        if line.is_item:
            return "-"
        if "array" not in scope.kinds or "string" in scope.kinds:
            return ""
        number = line.number(place)
        return line.bullet or (number if place > 1 or (number and self._has_second(line)) else "")

    def _has_second(self, first: _Line) -> bool:
        """Whether a list with numbers goes on below: '1. FC Köln' alone is a name."""
        for line in self.lines[self.at + 1 : self.at + _FURTHEST_ITEM]:
            content = line.lstrip(" ")
            indent = len(line) - len(content)
            if content and indent <= first.indent:
                return indent == first.indent and bool(_Line(indent, content).number(2))
        return False

    # --- blocks ------------------------------------------------------------------------------------------------

    def _block(self, scope: Scope, parent: int, depth: int) -> Any:
        """A list, mapping or text that begins here, at a column behind that of its parent."""
        if depth > DEEPEST:
            raise too_deep()
        line = self.peek()
        if line is None:
            return None
        if self._mark(line, scope):
            self._lists += 1
            items = self._sequence(line.indent, parent, scope, depth)
            self._lists -= 1
            return items
        if self._is_mapping(line, scope):
            return self._mapping(line.indent, scope, depth)
        return self._scalar(line.indent, parent, scope, None)

    def _is_mapping(self, line: _Line, scope: Scope) -> bool:
        if "object" in scope.kinds and "string" not in scope.kinds:
            return self.key(line.content, scope) is not None
        return ("object" in scope.kinds or "string" not in scope.kinds) and strict_key(line.content) is not None

    def _sequence(self, column: int, parent: int, scope: Scope, depth: int) -> list[Any]:
        items: list[Any] = []
        first = column
        if "array" not in self.scopes.of(scope.items).kinds:
            column = min(column, parent + 1)  # an item that is indented less can be none of another list
        while (line := self.peek()) and line.indent >= column and (mark := self._mark(line, scope, len(items) + 1)):
            if mark != "-":
                self.note(f"{'a number' if mark[0].isdigit() else repr(mark)} is read as the dash of a list")
            if line.indent != first:
                self.note("a list whose items are not indented alike")
            inner = self.scopes.of(scope.child(len(items)))
            rest = line.content[len(mark) :].lstrip(" \t")
            if not rest or rest[0] == "#":
                self.at += 1
                items.append(self._below(inner, column, depth))
            else:
                self._column = self.at, line.indent + len(line.content) - len(rest)
                items.append(self._item(inner, line.indent, depth))
        return items

    def _item(self, scope: Scope, column: int, depth: int) -> Any:
        line = self.peek()
        assert line is not None
        is_block = self._mark(line, scope) or self._is_mapping(line, scope)
        return self._block(scope, column, depth + 1) if is_block else self._scalar(line.indent, column, scope, None)

    def _below(self, scope: Scope, column: int, depth: int) -> Any:
        """The block under a key or a dash, None where there is none."""
        line = self.peek()
        return self._block(scope, column, depth + 1) if line and line.indent > column else None

    def _mapping(self, column: int, scope: Scope, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while (line := self.peek()) and line.indent >= column:
            if line.is_item and self._lists:
                break  # an item that is indented too far
            entry = None if line.is_item else self.key(line.content, scope)
            if entry is None:
                self._leave_out(line)
                continue
            if line.indent > column:
                self.note("keys that are not indented alike")
            key, offset = entry
            self._tell_escapes(line.content[:offset])
            written = line.content[:offset].rstrip(" \t:：").strip("\"'")
            if key in scope.properties and written != key and line.content[0] not in "\"'":
                self.note(f"the key {written[:SHOWN]!r} is read as {key!r}")
            if key in found:
                self.note(f"{REPEATED}: {key!r}")
            inner = self.scopes.of(scope.child(key))
            found[key] = self._entry(line, offset, (inner, scope), (column, depth))
        return found

    def _entry(self, line: _Line, offset: int, scopes: tuple[Scope, Scope], where: tuple[int, int]) -> Any:
        """The value of a key: on its line, or below."""
        inner, outer = scopes
        column, depth = where
        rest = line.content[offset:].lstrip(" \t")
        if rest and not _is_comment(rest, inner):
            at = line.indent + len(line.content) - len(rest)
            return self._scalar(at, column, inner, outer)
        self.at += 1
        below = self.peek()
        if below and self._mark(below, inner) and below.indent == column:
            return self._block(inner, column - 1, depth + 1)
        if below and below.indent > column and self._is_meant_outside(below, inner, outer):
            return None
        return self._below(inner, column, depth)

    def _is_meant_outside(self, line: _Line, inner: Scope, outer: Scope) -> bool:
        """Whether a line that is indented too far goes on with the mapping around."""
        entry = None if inner.kinds & {"object", "array"} else self.key(line.content, outer)
        return entry is not None and entry[0] in outer.properties

    def key(self, content: str, scope: Scope) -> tuple[str, int] | None:
        """The key at the begin of a line, and where it ends: 'Title：x' → ('title', 6)."""
        lenient = _LENIENT.match(content)
        if lenient and content[0] not in "\"'":
            name = scope.name(lenient[1].strip())
            if name is not None:
                return name, lenient.end()
        return strict_key(content)

    def at_document(self) -> bool:
        """Whether a sign of a new document stands on the line before."""
        return self.at > 0 and bool(_END.match(self.lines[self.at - 1]))

    def leave_out(self) -> None:
        """Go on behind a line that is none of the value's."""
        if line := self.peek():
            self._leave_out(line)

    def _leave_out(self, line: _Line) -> None:
        self.note(f"left out, since it is no key with a value: {line.content[:SHOWN]!r}")
        self.at += 1

    def note(self, text: str) -> None:
        """Tell once."""
        self.notes[text] = None

    # --- texts -------------------------------------------------------------------------------------------------

    def _scalar(self, column: int, parent: int, scope: Scope, outer: Scope | None) -> Any:
        """What stands on a line from a column on, and goes on below where that is indented further than its parent."""
        content = self.lines[self.at][column:].rstrip(" \t")
        header = _HEADER.fullmatch(content)
        if header:
            self.at += 1
            value, self.at = block_text(self.lines, self.at, parent, (header[1], header[2]))
            return value
        if content[0] in "\"'" and (end := self._quoted_end(column)):
            text = self._text[self._starts[self.at] + column : end]
            self._tell_escapes(text)
            self._go_behind(end)
            return unquoted(text)
        if content[0] in "[{" and (scope.kinds & {"array", "object"} or "string" not in scope.kinds):
            value, end = self._bracketed(column, scope)
            if end:
                self._go_behind(end)
                return value
        return self._plain(column, parent, scope, outer)

    def _tell_escapes(self, text: str) -> None:
        if text[0] == '"' and (fault := fault_of(text)):
            self.note(fault)

    def _quoted_end(self, column: int) -> int:
        """Where a quoted text ends that has its last line for itself; else 0."""
        found = QUOTED.match(self._text, self._starts[self.at] + column)
        if found and self._is_last(found.end()):
            return found.end()
        if self.lines[self.at].count('"', column) != 1:
            self.note("quotes around a part of a text belong to it")
        return 0

    def _bracketed(self, column: int, scope: Scope) -> tuple[Any, int]:
        if self._failures > _MOST_FAILURES:
            return None, 0
        self._flow.faults.clear()
        try:
            value, end = self._flow.read(self._starts[self.at] + column, scope, 0)
        except FlowError:
            self._failures += 1
            return None, 0
        if not self._is_last(end):
            return None, 0
        self.notes |= self._flow.faults
        return value, end

    def _is_last(self, end: int) -> bool:
        """Whether nothing comes behind a place on its line."""
        line_end = self._text.find("\n", end)
        rest = self._text[end : line_end if line_end >= 0 else None].strip(" \t")
        return not rest or rest[0] == "#"

    def _go_behind(self, end: int) -> None:
        self.at = bisect_right(self._starts, end - 1)

    def _plain(self, column: int, parent: int, scope: Scope, outer: Scope | None) -> Any:
        first = self._without_comment(self.lines[self.at][column:].strip(" \t"), scope)
        parts = [first]
        self.at += 1
        is_code = first.startswith("```")
        while (more := self._continued(parent, None if is_code else outer)) is not None:
            parts.append(more)
            is_code ^= more.lstrip().startswith("```")
        text = "".join(parts)
        if _ALIAS.fullmatch(text) and text[1:] in self._anchors:
            what = f"the answer has an alias in it ({text[:SHOWN]}), which is not taken"
            raise ParseError(what, hint="ask for values without references")
        if found := _WRONG_QUOTES.fullmatch(text):
            what = "a quote that is not closed is" if text[0] == '"' else "typographic quotes around a text are"
            self.note(f"{what} left out")
            return found[1] or found[2]
        return plain(text, scope) if len(parts) == 1 else text

    def _continued(self, parent: int, outer: Scope | None) -> str | None:
        """The next line of a text, with what joins it to the one before."""
        at = self.at
        while at < len(self.lines) and not self.lines[at].strip(" \t"):
            at += 1
        if at == len(self.lines):
            return None
        content = self.lines[at].strip(" \t")
        indent = len(self.lines[at]) - len(self.lines[at].lstrip(" "))
        is_next = content.startswith("- ") and (
            outer is None or (self._lists > 0 and self._is_entry(content[2:].lstrip() or "-", outer))
        )
        if indent <= parent or parent < 0 or is_next or (outer and self._is_entry(content, outer)):
            return None
        breaks, self.at = at - self.at, at + 1
        return ("\n" * breaks or " ") + content

    def _is_entry(self, content: str, outer: Scope) -> bool:
        entry = self.key(content, outer)
        return entry is not None and entry[0] in outer.properties

    def _without_comment(self, text: str, scope: Scope) -> str:
        """'12 # a dozen' → '12'; of what may be a text, '#' goes only with a blank behind it: 'Song #1' stays."""
        sign = " # " if "string" in scope.kinds and scope.choices is None else " #"
        before, _, comment = text.partition(sign)
        if not comment:
            return text
        self.note(f"left out, as a comment: {comment.strip()[:SHOWN]!r}")
        return before.rstrip()


def _is_comment(rest: str, scope: Scope) -> bool:
    """Whether what stands behind a key is none of its value; a '#tag' is one."""
    return rest[0] == "#" and ("string" not in scope.kinds or rest[1:2] in {"", " ", "#"})


def strict_key(content: str) -> tuple[str, int] | None:
    """A key as YAML has it: 'a b: c' → ('a b', 5)."""
    if content[0] in "\"'":
        found = QUOTED.match(content)
        rest = content[found.end() :].lstrip(" \t") if found else ""
        is_key = rest[:1] in {":", "："} and (len(rest) == 1 or rest[0] == "：" or rest[1] in " \t")
        return (unquoted(found[0]), len(content) - len(rest) + 1) if found and is_key else None
    places = [at for at in (content.find(": "), content.find(":\t")) if at > 0]
    at = min(places, default=len(content) - 1 if content.endswith(":") else 0)
    return (content[:at].rstrip(" \t"), at + 1) if at > 0 and content[0] not in _NOT_A_KEY else None
