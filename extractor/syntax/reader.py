"""A reader of what people and models write for JSON: JSON5, Python, JavaScript, and documents that were cut off.

It takes only what can be meant in one way; where several could be (a quote within a string that is not escaped, a
bracket that closes nothing), it raises `Doubt`. One pass, and its recursion is bounded by `DEEPEST`.
Many of the conventions are those that the tests of jsonrepair and json5 describe.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from extractor.depth import DEEPEST
from extractor.errors import ParseError
from extractor.syntax.quotes import BLANK, CLOSERS, Place, is_before_key, is_opening_next, may_follow, string_at
from extractor.syntax.words import constant, cut_constant, unescape

LINE_COMMENTS = "line comments"

_SKIPPED = re.compile(rf"(?:[{BLANK}]++|//[^\n]*+|#[^\n]*+|/\*.*?(?:\*/|\Z))*+", re.DOTALL)
_LINE_COMMENT = re.compile(r"(?<![:\w])(?://|#)")
_STRUCTURE = dict(zip("：，；;｛｝［］（）", ":,,,{}[]()", strict=True))
_COMMAS = re.compile(r"(?:\s*+,)*+")
_ELLIPSIS = re.compile(r"\.{3,}|…+")
_IN_NAME = r"\s,:：，={}\[\]｛｝［］()\"'“”‘’「」"
_NAME = re.compile(rf"[^{_IN_NAME}]++(?:[ \t]++[^{_IN_NAME}/#][^{_IN_NAME}]*+)*+")
# A text without quotes: with the colons of a URL, whole brackets as of 'F(3)', and blanks inside, before no comment.
_WORD = re.compile(
    rf"(?:[^{BLANK},，:：{{}}\[\]｛｝［］\"“”「」()/;；]++|[:：;](?=[^\s,}}\]])|/(?!\*)|\((?=[^()\"'\n]*\))[^()\n]*+\)"
    r"|[ \t]++(?![\s,，}\]｝］)]|//|#|/\*|\Z))*+"
)
_BLANKS_THEN_WORD = re.compile(r"[ \t]*+[^\s,;，}\])｝］]")
_WRAPPER = re.compile(r"(?:new\s+)?[A-Za-z_$][\w.$]*+[ \t]*+\(")
_PREFIX = re.compile(r"[uUbB](?=[\"'])")
_RAW = re.compile(r"[\x00-\x1f]")
_FOREIGN_ESCAPE = re.compile(r"(?:[^\\]++|\\[\"\\/bfnrt]|\\u[0-9a-fA-F]{4})*+\\")
_COLON = re.compile(r"[:：]|=>?")
_TRIPLE = re.compile(r"(\"\"\"|''')(?!['\"])(.*?)\1(?!['\"])", re.DOTALL)
_SEPARATED = re.compile(r"[-+.\w]++(?:[ \t]++[-+.\w]++)++(?=[ \t]*+(?:[,，\]］\n]|\Z))")


class Doubt(Exception):
    """What is written can be meant in several ways."""


@dataclass(slots=True)
class Reader:
    """Reads values of `text` from `at` on; `faults` are what JSON does not have, `repeated` the keys met twice."""

    text: str
    at: int = 0
    faults: dict[str, None] = field(default_factory=dict)
    repeated: dict[str, None] = field(default_factory=dict)
    is_cut: bool = False
    start: int = field(init=False)
    _open: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.start = self.at

    def value(self, place: Place = "top") -> Any:
        """The value that begins here; whatever is around it is not looked at."""
        char = self.char()
        if char in "{[(":
            return self._container(char)
        if self._is_quote() or self._is_prefixed():
            return self._strings(place)
        if wrapper := _WRAPPER.match(self.text, self.at):
            return self._wrapped(wrapper)
        return self._word(place)

    def char(self) -> str:
        """The next character, ASCII for its full-width form; '' at the end of the text or of its fence."""
        if self.at >= len(self.text):
            return ""
        char = self.text[self.at]
        return "" if char == "`" and self.text.startswith("```", self.at) else _STRUCTURE.get(char, char)

    def skip(self) -> str:
        """Go over blanks and comments, to the next character."""
        found = _SKIPPED.match(self.text, self.at)
        assert found is not None
        if found.end() - self.at and not found[0].isspace():
            comments = found[0].strip()
            self._note("comments" if comments.startswith(("/", "#")) else "special white space")
            if _LINE_COMMENT.search(comments):
                self._note(LINE_COMMENTS)
        self.at = found.end()
        return self.char()

    def is_unsure(self) -> bool:
        """Whether brackets may have got lost in a comment."""
        return self.is_cut and LINE_COMMENTS in self.faults

    def _note(self, fault: str) -> None:
        self.faults[fault] = None

    def _is_quote(self) -> bool:
        return self.at < len(self.text) and self.text[self.at] in CLOSERS and self.char() != ""

    def _is_prefixed(self) -> bool:
        """Go over the letter of Python before a quote: "u'a'"."""
        if not _PREFIX.match(self.text, self.at):
            return False
        self.at += 1
        self._note("letters before quotes")
        return True

    def _container(self, opener: str) -> Any:
        if len(self._open) >= DEEPEST:
            raise ParseError(f"the answer is nested more than {DEEPEST} levels deep: {self.text[:200]!r}")
        if self.text[self.at] != opener:
            self._note("full-width punctuation")
        self._open.append({"{": "}", "[": "]", "(": ")"}[opener])
        self.at += 1
        try:
            return self._object() if opener == "{" else self._array() if opener == "[" else self._tuple()
        finally:
            self._open.pop()

    def _closes(self, char: str) -> bool:
        """Whether the container ends here: with its bracket, with that of an outer one, or with the text."""
        if char == self._open[-1]:
            self.at += 1
            return True
        if not char:
            self.is_cut = True
            self._note("missing brackets at the end")
            return True
        if char not in "}])":
            return False
        if char not in self._open:
            self.at += 1
            if self.skip() and self.char() not in self._open:
                raise Doubt(f"a {char!r} that closes nothing")
        self._note("wrong brackets")
        return True

    def _comma(self, *, had_value: bool) -> bool:
        """Go over a comma or an ellipsis; whether there was one."""
        if self.char() == ",":
            sign = self.text[self.at]
            if not had_value or sign != ",":
                self._note({",": "stray commas", ";": "semicolons"}.get(sign, "full-width punctuation"))
            commas = _COMMAS.match(self.text, self.at + 1)
            assert commas is not None
            if commas[0]:
                self._note("stray commas")
            self.at = commas.end()
            return True
        if found := _ELLIPSIS.match(self.text, self.at):
            self._note("ellipses")
            self.at = found.end()
            return True
        return False

    def _object(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        is_apart = True  # a comma stands before
        while not self._closes(self.skip()):
            if self._comma(had_value=not is_apart):
                is_apart = True
                continue
            if not is_apart:
                self._note("missing commas")
            key = self._key()
            if key is None:
                continue
            if key in found:
                self.repeated[key] = None
            found[key] = self._member()
            is_apart = False
        if is_apart and found:
            self._note("stray commas")
        return found

    def _key(self) -> str | None:
        """A key; None for one that the end of the text cuts off."""
        if self._is_quote() or self._is_prefixed():
            key = self._string("key")
            if not self.skip() and not self.is_cut:  # who knows what was to come
                self.is_cut = True
                self._note("a key that is cut off, and dropped")
            return None if self.is_cut else key
        name = _NAME.match(self.text, self.at)
        if not name:
            raise Doubt(f"{self.text[self.at]!r} where a key should be")
        self.at = name.end()
        self._note("keys without quotes")
        if not self.skip():
            raise Doubt("a word at the end, which may be a key")
        return name[0]

    def _member(self) -> Any:
        self.skip()
        if colon := _COLON.match(self.text, self.at):
            if colon[0] != ":":
                self._note("full-width punctuation" if colon[0] == "：" else f"{colon[0]} for a colon")
            self.at = colon.end()
        elif self.char() in "}],":
            if self.char():
                raise Doubt("a key without a value")
        else:
            self._note("missing colons")
        if self.skip() and self.char() not in ",}])":
            return self.value("member")
        self._note("null for missing values")
        return None

    def _array(self) -> list[Any]:
        found: list[Any] = []
        is_apart = True
        while not self._closes(self.skip()):
            if self._comma(had_value=not is_apart):
                is_apart = True
                continue
            if not is_apart:
                self._note("missing commas")
            found += self._items()
            is_apart = False
        if is_apart and found:
            self._note("stray commas")
        return found

    def _items(self) -> list[Any]:
        """One item, or the several numbers and constants that only blanks separate."""
        if words := _SEPARATED.match(self.text, self.at):
            parts = words[0].split()
            if all(constant(part)[0] for part in parts):
                self.at = words.end()
                self._note("missing commas")
                return [constant(part)[1] for part in parts]
        return [self.value("item")]

    def _tuple(self) -> Any:
        start = self.at
        items = self._array()
        self._note("tuples")
        is_one = len(items) == 1 and not re.search(r",\s*\)?\Z", self.text[max(start, self.at - 20) : self.at])
        return items[0] if is_one else items

    def _wrapped(self, wrapper: re.Match[str]) -> Any:
        start, self.at = self.at, wrapper.end() - 1
        items = self._arguments()
        if len(items) != 1 or (self._open and _BLANKS_THEN_WORD.match(self.text, self.at)):
            if self._open:
                self.at = start
                return self._word("item")
            raise Doubt("a call that does not wrap one value")
        self._note("wrapped values")
        return items[0]

    def _arguments(self) -> list[Any]:
        self._open.append(")")
        self.at += 1
        if len(self._open) > DEEPEST:
            raise ParseError(f"the answer is nested more than {DEEPEST} levels deep: {self.text[:200]!r}")
        try:
            return self._array()
        finally:
            self._open.pop()

    def _word(self, place: Place) -> Any:
        found = _WORD.match(self.text, self.at)
        if not found or not found[0]:
            raise Doubt(f"{self.text[self.at : self.at + 1]!r} where a value should be")
        word = found[0].rstrip()
        self.at += len(word)
        is_one, value, fault = constant(word)
        if not is_one and (word != "-" or place != "top") and not _SKIPPED.sub("", self.text[self.at : self.at + 50]):
            is_one, value, fault = cut_constant(word)
        if is_one:
            if fault:
                self._note(fault)
            return value
        if place == "top" or not self._may_end(place):
            raise Doubt(f"{word[:40]!r} without quotes")
        self._note("texts without quotes")
        return word

    def _may_end(self, place: Place) -> bool:
        """Whether a text without quotes can end here: before what separates, or a string that is not glued on."""
        is_glued = self.text[self.at : self.at + 1].strip() != ""
        follows = self.skip()
        if follows and follows in "\"'“‘「":
            return not is_glued and (place == "item" or is_before_key(self.text, self.at))
        return not follows or follows not in "{[:("

    def _strings(self, place: Place) -> str:
        """A string, or several that a + joins."""
        parts = [self._string(place)]
        while self.skip() == "+" and not self.is_cut:
            self.at += 1
            self.skip()
            self._note("joined strings")
            if not self._is_quote() and not self._is_prefixed():
                break
            parts.append(self._string(place))
        return "".join(parts)

    def _string(self, place: Place) -> str:
        opener = self.text[self.at]
        if self.text.startswith(opener * 3, self.at) and (triple := _TRIPLE.match(self.text, self.at)):
            self._note("triple quotes")
            self.at = triple.end()
            self._check_end(place)
            return self._unescaped(triple[2])
        if opener != '"':
            self._note("single quotes" if opener in "'`´" else "typographic quotes")
        start = self.at + 1
        body = string_at(self.text, start)
        end = start + len(body)
        if end >= len(self.text) or self.text[end] == "\\":
            return self._cut_string(start, place)
        if is_opening_next(self.text, end, place):
            self._note("missing quotes")
            self.at = start + len(body.rstrip()) - 1  # the comma
            return self._unescaped(self.text[start : self.at])
        self.at = end + 1
        self._check_end(place)
        return self._unescaped(body)

    def _unescaped(self, text: str) -> str:
        if _RAW.search(text):
            self._note("line breaks and controls within strings")
        if _FOREIGN_ESCAPE.match(text):
            self._note("escapes that JSON lacks")
        return unescape(text)

    def _check_end(self, place: Place) -> None:
        """Raise `Doubt` where the quote before here may be a part of its string."""
        before, faults = self.at, dict(self.faults)
        if not may_follow(self.skip(), self.text, self.at, place):
            raise Doubt(f"a quote before {self.text[self.at : self.at + 20]!r}")
        self.at, self.faults = before, faults

    def _cut_string(self, start: int, place: Place) -> str:
        """A string that the text ends in, or its fence."""
        text = self.text[start:]
        inner, fence, _ = text.partition("\n```")
        rest = inner.rstrip()
        if place == "key" and ":" in rest:
            raise Doubt("a quote is missing at a key")
        if place != "top" and ("\n" in inner or rest.endswith(("}", "]", ",", '"'))):
            raise Doubt("a quote is missing somewhere")
        self.is_cut = True
        self._note("a string that is cut off" if place != "key" else "a key that is cut off, and dropped")
        self.at = start + len(inner) if fence else len(self.text)
        return unescape(inner, is_cut=True)
