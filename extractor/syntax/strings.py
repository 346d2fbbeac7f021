"""Strings as people and models write them, in any quotes, and what stands between values: blanks and comments."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from extractor.syntax.quotes import (
    BLANK,
    CLOSERS,
    Place,
    break_before_next,
    is_several,
    may_follow,
    string_at,
    without_closer,
)
from extractor.syntax.words import is_literal, unescape

LINE_COMMENTS = "line comments"
CUT_STRING = "a string that is cut off"
_APOSTROPHES = "'‘’`´"  # quotes that stand in words, too

ESCAPED_BLANK = r"\\[nrt](?![A-Za-z_])"  # a line break outside of strings, written as inside of them
SKIPPED = re.compile(rf"(?:[{BLANK}]++|{ESCAPED_BLANK}|//[^\n]*+|#[^\n]*+|/\*.*?(?:\*/|\Z))*+", re.DOTALL)
_COMMENT = re.compile(r"//[^\n]*+|#[^\n]*+|/\*.*?(?:\*/|\Z)", re.DOTALL)
_LINE_COMMENT = re.compile(r"(?<![:\w])(?://|#)")
_STRUCTURE = dict(zip("：，、；;｛｝［］（）】", ":,,,,{}[]()]", strict=True))
_LIST = re.compile(r"【\s*+(?:[\"'＂“‘「『{｛【】]|[-+.\d]++\s*+[,，])")  # as a bracket, and not as a mark in a text
_RAW_PREFIX = re.compile(r"[rR][bBfF]?\Z")
_PREFIX = re.compile(r"(?:[uUbBrRfF]|[rR][bBfF]|[bBfF][rR])(?=[\"'])")
_RAW = re.compile(r"[\x00-\x1f]")
_FOREIGN_ESCAPE = re.compile(r"(?:[^\\]++|\\[\"\\/bfnrt]|\\u[0-9a-fA-F]{4})*+\\")
_TRIPLE = re.compile(r"(\"\"\"|''')(?!['\"])(.*?)\1(?!['\"])", re.DOTALL)


class Doubt(Exception):
    """What is written can be meant in several ways."""


class Unfinished(Doubt):
    """What is written may go on behind the end of the text."""


@dataclass(slots=True)
class StringReader:
    """Reads strings of `text` from `at` on; `faults` are what JSON does not have.

    `is_ending` says that more was to come: of what may go on behind the end nothing is taken.
    """

    text: str
    at: int = 0
    is_ending: bool = False
    faults: dict[str, None] = field(default_factory=dict)
    is_cut: bool = False

    def char(self) -> str:
        """The next character, ASCII for its full-width form; '' at the end of the text or of its fence."""
        if self.at >= len(self.text):
            return ""
        char = self.text[self.at]
        if char == "【" and _LIST.match(self.text, self.at):
            return "["
        return "" if char == "`" and self.text.startswith("```", self.at) else _STRUCTURE.get(char, char)

    def skip(self) -> str:
        """Go over blanks and comments, to the next character."""
        found = SKIPPED.match(self.text, self.at)
        assert found is not None
        if found.end() - self.at and not found[0].isspace():
            self._note_skipped(found[0].strip())
        self.at = found.end()
        return self.char()

    def _note_skipped(self, text: str) -> None:
        """Tell what stands between values beside blanks."""
        blanks = _COMMENT.sub("", text)
        if blanks != text:
            self._note("comments")
        if "\\" in blanks:
            self._note("escapes outside of strings")
        elif blanks == text:
            self._note("special white space")
        if _LINE_COMMENT.search(text):
            self._note(LINE_COMMENTS)

    def _note(self, fault: str) -> None:
        self.faults[fault] = None

    def _is_quote(self) -> bool:
        return self.at < len(self.text) and self.text[self.at] in CLOSERS and self.char() != ""

    def _is_prefixed(self) -> bool:
        """Go over the letter of Python before a quote: "u'a'"."""
        found = _PREFIX.match(self.text, self.at)
        if not found:
            return False
        self.at = found.end()
        self._note("letters before quotes")
        return True

    def _refuse_at_limit(self) -> None:
        """Raise `Unfinished` where the text ends here, but was to go on."""
        if self.is_ending and self.at >= len(self.text):
            raise Unfinished("what the end of the text cuts off")

    def _strings(self, place: Place) -> str:
        """A string, or several that a + joins."""
        parts = [self._string(place)]
        while self.skip() == "+" and not self.is_cut:
            self.at += 1
            self.skip()
            self._refuse_at_limit()
            self._note("joined strings")
            if not self._is_quote() and not self._is_prefixed():
                break
            parts.append(self._string(place))
        return "".join(parts)

    def _string(self, place: Place) -> str:
        opener = self.text[self.at]
        is_raw = bool(_RAW_PREFIX.search(self.text, max(0, self.at - 2), self.at))
        if self.text.startswith(opener * 3, self.at) and (triple := _TRIPLE.match(self.text, self.at)):
            self._note("triple quotes")
            self.at = triple.end()
            self._check_end(place)
            return self._unescaped(triple[2], is_raw=is_raw)
        if self.is_ending and self.text.startswith(opener * 3, self.at):
            raise Unfinished("a string of several lines")
        if opener != '"':
            self._note("single quotes" if opener in "'`´" else "typographic quotes")
        start = self.at + 1
        body = string_at(self.text, start)
        end = start + len(body)
        if end >= len(self.text) or self.text[end] == "\\":
            return self._cut_string(start, place, is_raw=is_raw)
        if self.is_ending and end + 1 == len(self.text) and opener in _APOSTROPHES:
            raise Unfinished("a quote that may be an apostrophe")
        if (gap := break_before_next(self.text, end, place)) is not None:
            self._note("missing quotes")
            self.at = gap
            body = self.text[start:gap]
            return self._unescaped(without_closer(body) if opener == '"' else body, is_raw=is_raw)
        if opener == "“" and is_several(body, place):
            raise Doubt("quotes of several texts")
        self.at = end + 1
        self._check_end(place)
        return self._unescaped(body, is_raw=is_raw)

    def _unescaped(self, text: str, *, is_raw: bool) -> str:
        if _RAW.search(text):
            self._note("line breaks and controls within strings")
        if is_raw:
            return text
        if _FOREIGN_ESCAPE.match(text):
            self._note("backslashes that escape nothing" if is_literal(text) else "escapes that JSON lacks")
        return unescape(text)

    def _check_end(self, place: Place) -> None:
        """Raise `Doubt` where the quote before here may be a part of its string."""
        before, faults = self.at, dict(self.faults)
        if not may_follow(self.skip(), self.text, self.at, place):
            raise Doubt(f"a quote before {self.text[self.at : self.at + 20]!r}")
        self.at, self.faults = before, faults

    def _cut_string(self, start: int, place: Place, *, is_raw: bool) -> str:
        """A string that the text ends in, or its fence."""
        if self.is_ending:
            raise Unfinished("a string without its end")
        text = self.text[start:]
        inner, fence, _ = text.partition("\n```")
        rest = inner.rstrip()
        if place == "key" and ":" in rest:
            raise Doubt("a quote is missing at a key")
        if place != "top" and ("\n" in inner or rest.endswith(("}", "]", ",", '"'))):
            raise Doubt("a quote is missing somewhere")
        self.is_cut = True
        self._note(CUT_STRING if place != "key" else "a key that is cut off, and dropped")
        self.at = start + len(inner) if fence else len(self.text)
        return inner if is_raw else unescape(inner, is_cut=True)
