"""A reader of what people and models write for JSON: JSON5, Python, JavaScript, and documents that were cut off.

It takes only what can be meant in one way; where several could be (a quote within a string that is not escaped, a
bracket that closes nothing), it raises `Doubt`. One pass, and its recursion is bounded by `DEEPEST`.
Of a text that ends at the token limit it keeps what is complete, and says what was open where it stopped.
Many of the conventions are those that the tests of jsonrepair and json5 describe.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from extractor.depth import DEEPEST
from extractor.errors import ParseError
from extractor.syntax.quotes import BLANK, Place, is_before_key
from extractor.syntax.strings import ESCAPED_BLANK, LINE_COMMENTS, SKIPPED, Doubt, StringReader, Unfinished
from extractor.syntax.words import constant, cut_constant

_SHOWN = 200  # characters of a text in a message

Path = tuple[str | int, ...]

_COMMAS = re.compile(r"(?:\s*+,)*+")
_ELLIPSIS = re.compile(r"\.{3,}|…+")
_IN_NAME = r"\s,:：，={}\[\]｛｝［］()\"'“”‘’「」『』"
_NAME = re.compile(rf"[^{_IN_NAME}]++(?:[ \t]++[^{_IN_NAME}/#][^{_IN_NAME}]*+)*+")
# A text without quotes: with the colons of a URL, whole brackets as of 'F(3)', and blanks inside, before no comment.
_WORD = re.compile(
    rf"(?:[^{BLANK},，:：{{}}\[\]｛｝［］【】\"“”「」『』()/;；\\]++|(?!{ESCAPED_BLANK})\\|【[^【】,，\"\n]*+】|[:：;](?=[^\s,}}\]])|/(?!\*)|\((?=[^()\"'\n]*\))[^()\n]*+\)"
    rf"|[ \t]++(?![\s,，}}\]｝］】)]|//|#|/\*|\Z|{ESCAPED_BLANK}))*+"
)
_BLANK_REST = re.compile(r"[ \t]*+\Z")
_BLANKS_THEN_WORD = re.compile(r"[ \t]*+[^\s,;，}\])｝］】]")
_WRAPPER = re.compile(r"(?:new\s+)?[A-Za-z_$][\w.$]*+[ \t]*+\(")
_COLON = re.compile(r"[:：]|=>?")
_SEPARATED = re.compile(r"[-+.\w]++(?:[ \t]++[-+.\w]++)++(?=[ \t]*+(?:[,，\]］】\n]|\Z))")


@dataclass(slots=True)
class Reader(StringReader):
    """Reads values of `text` from `at` on; `faults` are what JSON does not have, `repeated` the keys met twice.

    `is_ending` says that more was to come: what may go on behind the end is left out, and reading stops at a doubt, of
    which `left_out` is what stands there. `open` is then the path to the innermost container that is not complete.
    """

    repeated: dict[str, None] = field(default_factory=dict)
    open: Path | None = None
    left_out: str = ""
    start: int = field(init=False)
    _open: list[str] = field(default_factory=list)
    _path: list[str | int] = field(default_factory=list)

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

    def is_unsure(self) -> bool:
        """Whether brackets may have got lost in a comment."""
        return self.is_cut and LINE_COMMENTS in self.faults

    def _container(self, opener: str) -> Any:
        if len(self._open) >= DEEPEST:
            raise ParseError(f"the answer is nested more than {DEEPEST} levels deep: {self.text[:200]!r}")
        if self.text[self.at] != opener:
            self._note("full-width punctuation")
        self._open.append({"{": "}", "[": "]", "(": ")"}[opener])
        self.at += 1
        try:
            return self._tuple() if opener == "(" else self._filled({} if opener == "{" else [])
        finally:
            self._open.pop()

    def _filled(self, found: Any) -> Any:
        """A container with what stands up to its bracket; what is not complete stays out."""
        self._path.append(0)
        try:
            if isinstance(found, dict):
                self._members(found)
            else:
                self._elements(found)
        except Doubt as doubt:
            if not self.is_ending:
                raise
            if not isinstance(doubt, Unfinished):
                self.left_out = self.left_out or self.text[self.at : self.at + _SHOWN]
            self._stop()
        finally:
            self._path.pop()
        return found

    def _stop(self) -> None:
        """Take this place, which is within a container, for the end of the text."""
        self.is_cut, self.at = True, len(self.text)
        self.open = (*self._path[:-1],)

    def _closes(self, char: str) -> bool:
        """Whether the container ends here: with its bracket, with that of an outer one, or with the text."""
        if char == self._open[-1]:
            self.at += 1
            return True
        if not char:
            self.open = (*self._path[:-1],) if self.open is None else self.open
            self.is_cut = True
            if not self._is_at_limit():
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

    def _members(self, found: dict[str, Any]) -> None:
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
            self._path[-1] = key
            found[key] = self._member()
            is_apart = False
        self._end(is_apart=is_apart and bool(found))

    def _end(self, *, is_apart: bool) -> None:
        """Note the last comma of a container that is complete; in one that is not, it is none too many."""
        if is_apart and not self._is_at_limit():
            self._note("stray commas")

    def _is_at_limit(self) -> bool:
        return self.is_ending and self.at >= len(self.text) and self.is_cut

    def _key(self) -> str | None:
        """A key; None for one that the end of the text cuts off."""
        if self._is_quote() or self._is_prefixed():
            key = self._string("key")
            if not self.skip():
                self._refuse_at_limit()
            if not self.char() and not self.is_cut:  # who knows what was to come
                self.is_cut = True
                self._note("a key that is cut off, and dropped")
            return None if self.is_cut else key
        name = _NAME.match(self.text, self.at)
        if not name:
            raise Doubt(f"{self.text[self.at]!r} where a key should be")
        self.at = name.end()
        if not self.skip():
            raise Doubt("a word at the end, which may be a key")
        self._note("keys without quotes")
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
        self._refuse_at_limit()
        self._note("null for missing values")
        return None

    def _elements(self, found: list[Any]) -> None:
        is_apart = True
        while not self._closes(self.skip()):
            if self._comma(had_value=not is_apart):
                is_apart = True
                continue
            if not is_apart:
                self._note("missing commas")
            self._path[-1] = len(found)
            found += self._items()
            is_apart = False
        self._end(is_apart=is_apart and bool(found))

    def _items(self) -> list[Any]:
        """One item, or the several numbers and constants that only blanks separate."""
        words = _SEPARATED.match(self.text, self.at)
        if words and not (self.is_ending and words.end() == len(self.text)):
            parts = words[0].split()
            if all(constant(part)[0] for part in parts):
                self.at = words.end()
                self._note("missing commas")
                return [constant(part)[1] for part in parts]
        return [self.value("item")]

    def _tuple(self) -> Any:
        start = self.at
        items = self._filled([])
        if self.is_cut and self.is_ending and len(items) < 2:  # noqa: PLR2004
            raise Unfinished("a bracket that may be around one value, or around several")
        self._note("tuples")
        is_one = len(items) == 1 and not re.search(r",\s*\)?\Z", self.text[max(start, self.at - 20) : self.at])
        return items[0] if is_one else items

    def _wrapped(self, wrapper: re.Match[str]) -> Any:
        start, self.at = self.at, wrapper.end() - 1
        items = self._arguments()
        if self.is_cut and self.is_ending:
            raise Unfinished("a call without its end")
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
            items: list[Any] = self._filled([])
        finally:
            self._open.pop()
        return items

    def _word(self, place: Place) -> Any:
        found = _WORD.match(self.text, self.at)
        if not found or not found[0]:
            raise Doubt(f"{self.text[self.at : self.at + 1]!r} where a value should be")
        word = found[0].rstrip()
        self.at += len(word)
        if self.is_ending and _BLANK_REST.match(self.text, self.at):
            raise Unfinished("a word that may go on")
        is_one, value, fault = constant(word)
        if not is_one and (word != "-" or place != "top") and not SKIPPED.sub("", self.text[self.at : self.at + 50]):
            is_one, value, fault = cut_constant(word)
        if is_one:
            if fault:
                self._note(fault)
            if self._open and self.at == len(self.text) and word[-1:].isdigit():
                self._note("a number at the end, which may be cut off")
            return value
        if place == "top" or not self._may_end(place):
            raise Doubt(f"{word[:40]!r} without quotes")
        self._note("texts without quotes")
        return word

    def _may_end(self, place: Place) -> bool:
        """Whether a text without quotes can end here: before what separates, or a string that is not glued on."""
        is_glued = self.text[self.at : self.at + 1].strip() != ""
        follows = self.skip()
        if follows and follows in "\"'“‘「『":
            return not is_glued and (place == "item" or is_before_key(self.text, self.at))
        return not follows or follows not in "{[:("
