"""Which guesses of the library may be meant: those that lose no word, invent no key, and take no two texts for one."""

from __future__ import annotations

import json
import re
from typing import Any

# A value of the library in which a quote is missing, so that the next line is a part of it.
_SWALLOWED = re.compile(r"\n[ \t]*+\"[^\"\n]{0,200}(?:\"\s*+:|\Z)")
_BARE_KEY = re.compile(r"[,，][ \t]*+[^\W\d]\w{0,60}[ \t]*+[:：](?=\s)")  # in a text without quotes
_SEVERAL = re.compile(r"[\"”][ \t]*+[、,，;；|/][ \t]*+[\"“]")
_QUOTES = re.compile(r"[\"“”]")
_OPENERS = {"”": "“", "’": "‘", "」": "「", "』": "『"}
_BEGINS_WITH_SEPARATOR = re.compile(r"[\s\]}]*+[,，]")
_KEYS = re.compile(r"\"([^\"\n]*+)\"\s*+[:：=]|\b(\w++)[’”']?\s*+[:：=]")
_WORDS = re.compile(r"\w+")
_COMMENT = re.compile(r"(?://|\#)[^\n}\]]*+|/\*.*?\*/", re.DOTALL)
_QUOTE = re.compile(r"(?:(?<=([^\s(\[])))?\"(?=(\S)?)")
_TAIL = 10  # characters of a text that are looked for, since others may be escaped
_SHOWN = 200  # characters of a text that are compared


def meant(guesses: list[Any], part: str, text: str) -> list[Any]:
    """The values of the library that may be meant by the part of a text that it was given; if words are lost none."""
    values = [value for value in guesses if not _has_swallowed(value, text) and _are_texts(value, text)]
    return values if _are_all(values, part) and not _has_invented(values, text) else []


def _has_swallowed(value: Any, text: str) -> bool:
    r"""Whether what follows is a part of a text, since a quote is missing: {'a': 'one\n "b": 2'} → True."""
    if isinstance(value, dict | list):
        parts = (*value, *value.values()) if isinstance(value, dict) else value
        return any(_has_swallowed(part, text) for part in parts)
    if not isinstance(value, str):
        return False
    return bool(_SWALLOWED.search(value) or (_BARE_KEY.search(value) and f'"{value[:_SHOWN]}' not in text))


def _has_invented(values: list[Any], text: str) -> bool:
    """Whether a key with an empty text is none of the text: '{"a": ""b", "c"", …' → {'a': 'b', 'c': ''}."""
    keys = {key for names in _KEYS.findall(text) for key in names}
    parts = [*values]
    while parts:
        part = parts.pop()
        if isinstance(part, dict) and any(inner == "" and key not in keys for key, inner in part.items()):
            return True
        parts += part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    return False


def _are_all(values: list[Any], text: str) -> bool:
    """Whether the words of a text are in its values, but for those of comments; of '{"a": 5, 6}' 6 would be lost."""
    kept = {word for value in values for word in _WORDS.findall(json.dumps(value, ensure_ascii=False).lower())}
    return kept.issuperset(_WORDS.findall(_COMMENT.sub("", text).lower()))


def _are_texts(value: Any, text: str, *, in_list: bool = False) -> bool:
    """Whether the texts of a value may be meant, and none goes on over the end of another or of a key."""
    if isinstance(value, dict):
        return not any('"' in key or key[-1:] in _OPENERS for key in value) and all(
            _are_texts(inner, text) for inner in value.values()
        )
    if isinstance(value, list):
        return all(_are_texts(inner, text, in_list=True) for inner in value)
    return not isinstance(value, str) or (_is_one(value, text) and not _is_several(value, in_list=in_list))


def _is_several(value: str, *, in_list: bool) -> bool:
    """Whether a text is more than one: 'a"|"b', and in a list also what may be one, 'The "Big", "Bad" Wolf'."""
    is_begun = value.count("“") > value.count("”") + value.count("„")
    if in_list and (is_begun or _BEGINS_WITH_SEPARATOR.match(value)):
        return True
    quotes = at = 0
    for found in _SEVERAL.finditer(value):
        quotes += len(_QUOTES.findall(value, at, found.start()))
        at = found.start()
        if quotes % 2 == 0 or (in_list and value[at] == '"'):
            return True
    return at > 0 and (quotes + len(_QUOTES.findall(value, at))) % 2 == 1


def _is_one(value: str, text: str) -> bool:
    """Whether the quotes in a text stand around words or behind numbers: 'a" or "b' are two texts."""
    is_open = is_closed = False
    for found in _QUOTE.finditer(value):
        begins = not is_open and (found.start() == 0 or not found[1]) and bool(found[2])
        is_closed = is_closed or not (begins or is_open)
        is_open = begins
    is_two = is_open and is_closed
    is_left = is_closed and (f'""{value}' in text or (value[-1] == '"' and f'{value}"' not in text))
    return not is_two and not is_left and not _ends_with_closer(value, text)


def _ends_with_closer(value: str, text: str) -> bool:
    """Whether a text ends with a quote that may be its own, of another kind than the one it begins with: 'A”'."""
    ends = value[-1:]
    is_odd = ends in _OPENERS and value.count(ends) > value.count(_OPENERS[ends])
    return is_odd and f'{value[-_TAIL:]}"' not in text
