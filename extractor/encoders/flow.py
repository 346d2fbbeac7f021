"""YAML on one line, and JSON with it: `[a, 'b', {c: 1}]`."""

from __future__ import annotations

import re
from typing import Any

from extractor.depth import DEEPEST
from extractor.encoders.scalars import fault_of, plain, unquoted
from extractor.scopes import Scope, Scopes

QUOTED = re.compile(r"""  "[^"\\]*+(?:\\.[^"\\]*+)*+"  |  '[^']*+(?:''[^']*+)*+'  """, re.VERBOSE | re.DOTALL)
_BLANK = re.compile(r"(?:[ \t\n]|(?<=[ \t\n])#[^\n]*+)*+")
_PLAIN = re.compile(r"(?:[^,\[\]{}:#\n]|:(?![ \t\n,\[\]{}]|\Z)|(?<![ \t\n])#|\n(?=[ \t]*[^\s,\[\]{}:#]))++")
_BREAK = re.compile(r"(?<![ \t])[ \t]*+\n[ \t\n]*+")


class FlowError(ValueError):
    """Not a list or mapping on one line, or one without an end."""


class FlowReader:
    """Reads what begins with a bracket."""

    def __init__(self, text: str, scopes: Scopes) -> None:
        self.text = text
        self.scopes = scopes
        self.faults: dict[str, None] = {}  # of the texts in quotes that were read

    def read(self, at: int, scope: Scope, depth: int) -> tuple[Any, int]:
        """The list or mapping that begins at a place, and where it ends; raises `FlowError`."""
        if depth > DEEPEST:
            raise FlowError("too deep")
        return self._sequence(at + 1, scope, depth) if self.text[at] == "[" else self._mapping(at + 1, scope, depth)

    def _sequence(self, at: int, scope: Scope, depth: int) -> tuple[list[Any], int]:
        items: list[Any] = []
        while True:
            at = self._skip(at)
            if self._at(at) == "]":
                return items, at + 1
            value, at = self._value(at, self.scopes.of(scope.child(len(items))), depth)
            items.append(value)
            at = self._separated(at, "]")

    def _mapping(self, at: int, scope: Scope, depth: int) -> tuple[dict[str, Any], int]:
        found: dict[str, Any] = {}
        while True:
            at = self._skip(at)
            if self._at(at) == "}":
                return found, at + 1
            key, at = self._key(at, scope)
            at = self._skip(at)
            value = None
            if self._at(at) == ":":
                at = self._skip(at + 1)
                if self._at(at) not in ",}":
                    value, at = self._value(at, self.scopes.of(scope.child(key)), depth)
            found[key] = value
            at = self._separated(at, "}")

    def _key(self, at: int, scope: Scope) -> tuple[str, int]:
        text, end, is_quoted = self._scalar(at)
        return text if is_quoted else scope.name(text) or text, end

    def _value(self, at: int, scope: Scope, depth: int) -> tuple[Any, int]:
        if self._at(at) in "[{":
            return self.read(at, scope, depth + 1)
        text, end, is_quoted = self._scalar(at)
        return text if is_quoted else plain(text, scope), end

    def _scalar(self, at: int) -> tuple[str, int, bool]:
        if self._at(at) in "\"'":
            found = QUOTED.match(self.text, at)
            if not found:
                raise FlowError("a quote without an end")
            self.faults |= {fault: None} if (fault := fault_of(found[0])) else {}
            return unquoted(found[0]), found.end(), True
        found = _PLAIN.match(self.text, at)
        if not found:
            raise FlowError(f"{self.text[at : at + 1]!r} at {at}")
        return _BREAK.sub(" ", found[0]).strip(" \t\n"), found.end(), False

    def _separated(self, at: int, end: str) -> int:
        """After the comma behind a value, or at the bracket."""
        at = self._skip(at)
        if self._at(at) == ",":
            return at + 1
        if self._at(at) != end:
            raise FlowError(f"no comma at {at}")
        return at

    def _at(self, at: int) -> str:
        if at >= len(self.text):
            raise FlowError("no end")
        return self.text[at]

    def _skip(self, at: int) -> int:
        found = _BLANK.match(self.text, at)
        return found.end() if found else at
