"""Where a string ends: which quote closes it, and which is a part of it or begins the next."""

from __future__ import annotations

import re
from typing import Literal

Place = Literal["key", "member", "item", "top"]

BLANK = "\\s\u200b\u180e\ufeff\u2060"
# What ends a string, by what began it. The first is the one that belongs there.
CLOSERS = {'"': '"', "'": "'", "“": '”"', "”": '”"', "„": '”“"', "‘": "’'‘", "’": "’'", "`": "`'´", "´": "´'"}
CLOSERS |= {"「": "」", "『": "』", "＂": '＂"'}

_NO_END = rf"(?![{BLANK}]*+(?:[,:}}\])，：｝］】;]|\Z))"  # punctuation after a quote makes it the end of a string


def _body(own: str, others: str) -> re.Pattern[str]:
    """What a string is made of up to a quote that may end it: `own`, or one of `others` before punctuation."""
    inner = rf"|[{others}]{_NO_END}" if others else ""
    signs = "".join(sign for sign in "'’" if sign in own + others)
    letters = rf"|(?<=[^\W\d_])[{signs}](?=[^\W\d_])" if signs else ""  # between them it is an apostrophe
    return re.compile(rf"(?:[^\\{own}{others}]++|\\.{letters}{inner})*+", re.DOTALL)


def _nesting(opener: str, closers: str) -> re.Pattern[str]:
    """What a string in brackets is made of, with such brackets in it: 'a「b」c', 'a“b”c'; else like `_body`."""
    own, others = closers[0], closers[1:]
    both = opener + own
    inner = rf"|[{others}]{_NO_END}" if others else ""
    return re.compile(rf"(?:[^\\{both}{others}]++|\\.|{opener}(?:[^{both}]*+{own})?+{inner})*+", re.DOTALL)


_BODIES = {opener: _body(closers[0], closers[1:]) for opener, closers in CLOSERS.items()}
_BODIES |= {opener: _nesting(opener, CLOSERS[opener]) for opener in "“「『"}
_NEXT_KEY = re.compile(
    r"""(["'])[^"'\n]{0,200}\1\s*[:：]|[＂“‘「『][^＂”’」』\n]{0,200}[＂”’」』"']\s*[:：]|[\w$-]{1,100}\s*:(?!//)"""
)
_NEXT_VALUE = re.compile(r"[-\d{\[\"'＂“‘「『｛［]|(?:true|false|null|None|True|False|undefined)\b")
_REST_OF_KEY = re.compile(r"[^\s\"][^\"\n]{0,200}\"\s*:")
_REST_OF_ITEM = re.compile(r"[^\s\",][^\",\n]{0,200}\"\s*[,\]]")
_GAP = re.compile(r"(?:,\s*+|[ \t]*+\r?\n\s*+(?:,\s*+)?)\Z")  # after a string that lacks its quote
_WIDEST_GAP = 200
_NESTED_KEY = re.compile(r"[,，]\s*+“[^“”]{0,200}”\s*+[:：]")
_NESTED_ITEM = re.compile(r"”\s*+[,，、;；]\s*+“")
_KEY_END = re.compile(r"[:：]|=>?")
_ELLIPSIS = re.compile(r"\.{3}|…")


def string_at(text: str, start: int) -> str:
    """What is written from `start` on, up to a quote that may end what the quote before it began."""
    body = _BODIES[text[start - 1]].match(text, start)
    assert body is not None
    return body[0]


def is_several(body: str, place: Place) -> bool:
    """Whether what stands in “…” may go on over the end of its string, into the next key or item: 'x “y”, “b”: “c'."""
    return bool(_NESTED_KEY.search(body) or (place == "item" and _NESTED_ITEM.search(body)))


def without_closer(text: str) -> str:
    """A text in ASCII quotes without the closer of other ones that is its end: 'A”' → 'A', '“A”' stays."""
    return text[:-1] if text[-1:] == "”" and "“" not in text else text


def is_before_key(text: str, at: int) -> bool:
    """Whether a key with its colon stands at a place: '"b": 1' → True."""
    return bool(_NEXT_KEY.match(text, at))


def break_before_next(text: str, end: int, place: Place) -> int | None:
    """Where a string ends that lacks its quote, since the one at `end` begins what comes next: of 'b, "c": 1' 1.

    That is before a comma or a line break; None where the quote at `end` is the end of the string.
    """
    gap = _GAP.search(text, max(0, end - _WIDEST_GAP), end) if place in ("member", "item") else None
    if gap is None:
        return None
    if place == "member":
        return gap.start() if _REST_OF_KEY.match(text, end + 1) else None
    is_apart = "\n" in gap[0] or text[end - 1] == ","
    return gap.start() if is_apart and _REST_OF_ITEM.match(text, end + 1) else None


def may_follow(char: str, text: str, at: int, place: Place) -> bool:
    """Whether the next character, which stands at `at`, can come after a string: in a list '2' can, 'x' not."""
    if not char or place == "top":
        return not char.isalnum()
    if place == "key":
        return bool(_KEY_END.match(text, at) or _NEXT_VALUE.match(text, at))
    if char in ",}])+" or _ELLIPSIS.match(text, at):
        return True
    return bool(_NEXT_VALUE.match(text, at)) if place == "item" else is_before_key(text, at)
