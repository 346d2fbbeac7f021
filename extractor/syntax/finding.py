"""Where the values of a text stand: one after another, among prose, or in fences; or nowhere."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from extractor.syntax.fences import MARK, fenced, says, unfenced
from extractor.syntax.guesses import meant
from extractor.syntax.library import guess
from extractor.syntax.reader import Path, Reader
from extractor.syntax.strings import CUT_STRING, Doubt

# Where JSON seems to begin, and not a bracket of prose: '{"a"', "{a:", '[1', '["a"'.
BEGIN = re.compile(
    r"""[{｛]\s*(?=["'＂“‘「『}｝,.]|\w[\w-]*\s*[:：]|//|/\*|\#|\Z)"""
    r"""|[\[［]\s*(?=["'＂“‘「『{\[\]｛［\d-]|(?:true|false|null|None|True|False)\b|\Z)"""
    r"""|[{｛\[［](?:\s*+\\[nrt])++\s*+(?=["“]\w|[{｛])"""
)
_BEGIN_IN_FENCE = re.compile(rf"{MARK}\s*(?=\()|(?:{BEGIN.pattern})")  # tuples are too common in prose
_BETWEEN = re.compile(r"(?:[\s\u200b\ufeff,;]++|```(?:\w*(?=\s|\Z))?+)*+")
_FIRST_BRACKET = re.compile(rf"\s*+(?:{MARK}\s*+)?+(?=[{{｛\[［])")
_BRACKET = re.compile(r"[\[\]{}]")
# A list of words, where nothing stands before it: 'It is in [brackets]' has none.
_LIST = re.compile(r"\[[^\[\]{}()\"'\n:,]{1,100},[^\[\]{}()\"'\n:]{1,500}\](?!\()")
_FURTHER_MEMBER = re.compile(r"\s*+,\s*+\"[^\"\n]{0,200}\"\s*+[:\"]")
_FIRST_KEY = re.compile(r"\s*\"[^\"\n]{1,200}\"\s*:")
_QUOTED = {'"': '"', "'": "'", "“": "”", "‘": "’", "`": "`'", "「": "」", "『": "』"}
_MOST_CUTS = 20  # values without an end, each of which is looked for up to the end of the text
_SHOWN = 200  # characters of a text in a message
_MOST_BEFORE = 400  # characters that are kept of what is said before a value


@dataclass(slots=True)
class Found:
    """Values, the faults that they had, keys that were met twice, and whether other things are said around them."""

    values: list[Any] = field(default_factory=list)
    faults: dict[str, None] = field(default_factory=dict)
    repeated: dict[str, None] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)
    has_prose: bool = False
    before: list[str] = field(default_factory=list)  # what is said before each value, among prose
    fenced: list[int] = field(default_factory=list)  # which of the values stand in fences
    is_reordered: bool = False
    open: Path | None = None  # to what is not complete in the last value
    left_out: str = ""  # what can be meant in several ways, and all behind it

    def pass_over(self, text: str) -> None:
        """Note what stands between values: words, or brackets that belong to none."""
        if says(text):
            self.has_prose = True
        elif _BRACKET.search(text):
            self.faults["stray brackets"] = None

    def put_fenced_first(self) -> None:
        """Put the values in fences before those in prose, which may be examples or drafts."""
        if self.has_prose and self.fenced and self.fenced != [*range(len(self.fenced))]:
            inside = frozenset(self.fenced)
            rest = [value for at, value in enumerate(self.values) if at not in inside]
            self.values = [*(self.values[at] for at in self.fenced), *rest]
            others = [said for at, said in enumerate(self.before) if at not in inside]
            self.before = [*(self.before[at] for at in self.fenced), *others]
            self.is_reordered = True

    def keep_fenced(self) -> None:
        """Leave the values in prose out where some are in fences."""
        if not self.has_prose or not self.fenced or len(self.fenced) == len(self.values):
            return
        self.open = self.open if self.fenced[-1] == len(self.values) - 1 else None
        rest = [value for at, value in enumerate(self.values) if at not in self.fenced]
        self.skipped += [json.dumps(value, ensure_ascii=False)[:_SHOWN] for value in rest]
        self.values = [self.values[at] for at in self.fenced]
        self.before = [self.before[at] for at in self.fenced]

    def take(self, reader: Reader, *values: Any) -> None:
        """Add what a reader read."""
        self.values += values
        self.open = reader.open
        self.left_out = self.left_out or reader.left_out
        self.faults |= reader.faults
        self.repeated |= reader.repeated


def find(text: str) -> Found | None:
    """The values in a text that is no JSON; None where there are none."""
    text = text.strip()
    if text[:1] == "`" and text[1:2] in ("{", "["):
        text = text.strip("`")  # code within a line
    ways: tuple[Callable[[str], Found | None], ...] = (
        _in_sequence,
        _without_brackets,
        _among_prose,
        _at_first,
        _in_fences,
    )
    if _is_quoted(text):
        ways = (_in_sequence,)
    return next((found for way in ways if (found := way(text))), None)


def find_begun(text: str) -> Found | None:
    """The objects and arrays of a text that ends too early; of the last what is complete, and where it was open."""
    found = _among_prose(text, is_ending=True)
    if found:
        found.keep_fenced()
    return found


def bare(text: str) -> str:
    """A text that is no JSON, without a fence and the quotes around it: ' "so' → 'so'."""
    text = text.strip()
    text = unfenced(text)
    closers = _QUOTED.get(text[:1], "")
    if closers and len(text) > 1 and text[-1] in closers:
        return text[1:-1] if _is_quoted(text) or text[0] not in text[1:-1] else text
    if text[-1:] in _QUOTED and text.count(text[-1]) == 1:
        return text[:-1]
    return text[1:] if closers and text.count(text[0]) == 1 else text


def _is_quoted(text: str) -> bool:
    """Whether a text is in quotes as a whole, and has another one inside: '"the list [1, 2"] more"'."""
    text = text.strip()
    return len(text) > 1 and text[0] in "\"'" and text[-1] == text[0] and text.count(text[0]) % 2 == 1


def _in_sequence(text: str) -> Found | None:
    """The values of a text that has nothing but values, one after another: '1, 2' → [1, 2]."""
    reader = Reader(text)
    found = Found()
    values: list[Any] = []
    try:
        while _go_on(reader, has_begun=bool(values)):
            if values and (reader.is_cut or not _may_go_on(reader)):
                return None
            values.append(reader.value())
    except Doubt:
        return None
    found.take(reader, *values)
    return found if values and not reader.is_unsure() else None


def _go_on(reader: Reader, *, has_begun: bool) -> bool:
    """Go over what stands between values, and brackets that close nothing; whether something follows."""
    start = -1
    while reader.at != start:
        start = reader.at
        reader.skip()
        between = _BETWEEN.match(reader.text, reader.at)
        assert between is not None
        if "," in between[0] or ";" in between[0]:
            reader.faults["stray commas"] = None
        reader.at = between.end()
        if has_begun and reader.char() in ("}", "]", ")"):
            reader.faults["wrong brackets"] = None
            reader.at += 1
    return reader.at < len(reader.text)


def _may_go_on(reader: Reader) -> bool:
    """Whether another value may come: after a comma or a line break, or where a bracket opens."""
    before = reader.text[max(0, reader.at - 50) : reader.at].rstrip(" \t")
    return reader.char() in ("{", "[") or before.endswith((",", "\n", "，", ";"))


def _without_brackets(text: str) -> Found | None:
    """An object that lacks its first bracket, or both: '"a": 1, "b": 2}'."""
    if not _FIRST_KEY.match(text):
        return None
    found = _in_sequence("{" + text if text.rstrip()[-1:] == "}" else f"{{{text}}}")
    if not found or len(found.values) > 1:
        return None
    found.faults["missing brackets"] = None
    return found


def _among_prose(text: str, *, is_ending: bool = False) -> Found | None:
    """The objects and arrays of a text that says other things too; see `Reader` for one that is ending."""
    found = Found()
    begins = _BEGIN_IN_FENCE if "```" in text else BEGIN
    begin = (_begun(text) if is_ending else None) or begins.search(text)
    at = cuts = marks = 0
    while begin and cuts < _MOST_CUTS:
        start = begin.start() if text[begin.start()] in "{｛[［" else begin.end()  # behind the mark of a fence
        found.pass_over(text[at:start])
        marks += text.count("```", at, start)
        reader = Reader(text, start, is_ending)
        try:
            value = _surely(reader)
        except Doubt:
            _guess(text[reader.start :], found, is_fenced=marks % 2 == 1)
            break
        cuts += reader.is_cut
        if value or not reader.is_cut:
            found.fenced += [len(found.values)] if marks % 2 else []
            found.take(reader, value)
            found.before.append(text[max(at, start - _MOST_BEFORE) : start])
        else:
            found.skipped.append(text[start : start + _SHOWN])
        at = max(reader.at, start + 1)
        begin = begins.search(text, at)
    else:
        found.pass_over(text[at:])
    if not is_ending:
        found.put_fenced_first()
    return found if found.values else None


def _begun(text: str) -> re.Match[str] | None:
    """Where a cut text begins with a bracket, and not one of prose, as '[brackets] are' does."""
    begin = _FIRST_BRACKET.match(text)
    if begin is None or text[begin.end()] in "{｛" or BEGIN.match(text, begin.end()):
        return begin
    reader = Reader(text, begin.end(), is_ending=True)
    is_all = reader.value() and not reader.left_out and not says(text[reader.at :])
    return begin if is_all else None


def _at_first(text: str) -> Found | None:
    """A list of words that a text begins with: '[a, b] is the output.' → [['a', 'b']]."""
    words = _LIST.match(text)
    found = words and _in_sequence(words[0])
    if not found:
        return None
    found.has_prose = True
    return found


def _surely(reader: Reader) -> Any:
    value = reader.value()
    if reader.is_ending:
        return value
    if reader.is_unsure() or _FURTHER_MEMBER.match(reader.text, reader.at):
        raise Doubt("more of an object after its end")
    return value


def _count_open(pair: str, text: str) -> int:
    """How many brackets of a kind are open behind a text, more or less: ('{}', '{"a": {') → 2."""
    return text.count(pair[0]) - text.count(pair[1])


def _guess(text: str, found: Found, *, is_fenced: bool) -> None:
    """Add what the library makes of the rest of a text; of a fence within a value nothing."""
    inner, mark, _ = text.partition("\n```")
    goes_on = mark and not is_fenced and any(_count_open(pair, inner) > 0 for pair in ("{}", "[]"))
    if goes_on or inner.count("```") % 2:
        found.skipped.append(text[:_SHOWN])
        return
    end = max(inner.rfind("}"), inner.rfind("]"))
    part = inner[: end + 1] if end >= 0 else inner
    values = meant(guess(part), part, inner)
    found.values += values
    found.before += [""] * len(values)
    if values:
        found.faults["what can be meant in several ways"] = None
        found.has_prose = found.has_prose or says(text[len(inner) :])
    else:
        found.skipped.append(text[:_SHOWN])


def _in_fences(text: str) -> Found | None:
    r"""The values of the first fence with some, which holds no object and no array: 'So:\n```\n42\n```' → [42]."""
    begin = BEGIN.search(text)
    at = begin.start() if begin else len(text)
    depth = 0
    for start, inner in fenced(text):
        depth += _count_open("{}", text[at:start])  # not of lists: '[0, 1)' is an interval
        at = max(at, start)
        found = _in_sequence(inner) if depth <= 0 else None  # else it is a part of a value that could not be read
        if found and CUT_STRING not in found.faults:
            found.has_prose = True
            return found
    return None
