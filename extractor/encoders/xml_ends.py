"""Tags that are written wrongly: an end without its slash, of another name, or of none.

Each is read where it can be meant in one way only; else an error says so, since what stands in the element is not sure.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Literal, NamedTuple

from extractor.errors import ParseError

_TAG = re.compile(r"<(/?)([^\W\d][\w.:-]*+)[^<>]*+(?<!/)>")
_AHEAD = re.compile(r"\s*+(?:<\s*+(/?)\s*+([^\W\d][\w.:-]*+)?[^<>]*+>|(?:```[^<]*+)?(\Z))")

Meant = Literal["end", "next", "child"]


class Ahead(NamedTuple):
    """What comes behind a tag: another one, the end of the answer, or (neither) a text."""

    name: str = ""
    is_tag: bool = False
    is_closing: bool = False
    is_end: bool = False


def ahead(text: str, at: int) -> Ahead:
    """What comes at a place, behind blanks: (' </a>', 0) → a closing tag 'a'."""
    found = _AHEAD.match(text, at)
    if not found:
        return Ahead()
    is_end = found[3] is not None
    return Ahead((found[2] or "").casefold(), not is_end, bool(found[1]), is_end)


def unbalanced(text: str) -> frozenset[str]:
    """The names that have more begins than ends: '<a><b></b>' → {'a'}."""
    balance: Counter[str] = Counter()
    for found in _TAG.finditer(text):
        balance[found[2].casefold()] += -1 if found[1] else 1
    return frozenset(name for name, more in balance.items() if more > 0)


def text_again(tag: str, then: Ahead, *, is_list: bool, is_inner: bool) -> Meant:
    """What a tag means in a text that the same tag begins: '<a>Ann<a>' ends it, before another tag or the end.

    `is_list` says that several may follow each other; `is_inner` that the element around is called the same.
    """
    is_own_end = then.is_closing and then.name == tag.casefold()
    if (then.is_tag or then.is_end) and (not is_own_end or is_inner):
        return "end"
    if is_list:
        return "next"
    raise ParseError(
        f"<{tag}> stands within <{tag}>: it can be its end without a slash, the next one, or a part of the text",
        hint=f"an element ends with </{tag}>",
    )
