"""What stands without quotes, and what stands between them: words to values, escapes to characters."""

from __future__ import annotations

import json
import math
import re
from typing import Any

_LITERALS = {"true": True, "false": False, "null": None, "none": None, "undefined": None}
_CUT_LITERALS = {"tru": True, "Tru": True, "fal": False, "fals": False, "Fals": False, "nul": None, "Non": None}
_NO_NUMBERS = re.compile(r"[-+]?(?:nan|inf(?:inity)?)\Z", re.IGNORECASE)
_NUMBER = re.compile(r"[-+]?(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?\Z", re.ASCII)
_PLAIN = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?\Z", re.ASCII)
_HEX = re.compile(r"[-+]?0[xX][0-9a-fA-F]{1,16}\Z", re.ASCII)
_CUT_NUMBER = re.compile(r"(-?(?:0|[1-9]\d*)(?:\.\d+)?)(?:\.|[eE][-+]?)\Z", re.ASCII)
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(\r?\n)|(.))", re.DOTALL)
_CUT_ESCAPE = re.compile(r"(?:\\u[0-9a-fA-F]{0,3}|\\)\Z")
_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_SHORT = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_HTML = re.compile(r"[^\[{]*+[\[{][\s\[{]*+&(?:quot|apos|#0?3[49]|#x2[27]);")
_KEPT = "()[]{} \t"  # what LaTeX and patterns escape, and mean it
_QUOTES = "\"'`/"


def constant(word: str) -> tuple[bool, Any, str | None]:
    """Whether a word is a value of its own, the value, and what is wrong with it: 'None' → (True, None, 'None')."""
    if word in ("true", "false", "null"):
        return True, _LITERALS[word], None
    if len(word) <= len("undefined") and word.lower() in _LITERALS:
        return True, _LITERALS[word.lower()], f"{word} for {json.dumps(_LITERALS[word.lower()])}"
    if _NO_NUMBERS.match(word):
        return True, None, "null for NaN and infinities"
    return _number(word)


def cut_constant(word: str) -> tuple[bool, Any, str | None]:
    """A constant that the text ends in, as far as it is written, like `constant`: '2.5e-' → 2.5, 'tru' → True."""
    if word == "-":
        return True, None, "null for a number that is cut off"
    if word in _CUT_LITERALS:
        return True, _CUT_LITERALS[word], "a word that is cut off"
    found = _CUT_NUMBER.match(word)
    return (True, float(found[1]), "a number that is cut off") if found else (False, None, None)


def unescape(text: str, *, is_cut: bool = False) -> str:
    r"""The characters of a string, also of escapes that JSON lacks: r"it\'s \x41" → "it's A"; r'\d' stays.

    In a text whose backslashes are none of escapes, r'C:\Users\new', those before other letters are none either.
    """
    if "\\" not in text:
        return text
    if is_cut:
        text = without_odd_backslash(text)
    plain = _ESCAPE.sub(_literal if is_literal(text) else _character, text)
    whole = _PAIR.sub(lambda pair: pair[0].encode("utf-16", "surrogatepass").decode("utf-16"), plain)
    return whole[:-1] if is_cut and "\ud800" <= whole[-1:] <= "\udbff" else whole


def is_literal(text: str) -> bool:
    r"""Whether backslashes stand for themselves: before letters that are none of an escape, and nothing is escaped.

    r'\alpha + \beta' → True; r'\d\n' → False, since the end of a line is meant.
    """
    is_foreign = False
    for found in _ESCAPE.finditer(text):
        char = found[4] or ""
        if char == "\\" or (char in _SHORT and not text[found.end() : found.end() + 1].isalpha()):
            return False
        is_foreign = is_foreign or (char.isalpha() and char not in _SHORT)
    return is_foreign


def without_odd_backslash(text: str) -> str:
    r"""A text without the escape that its end cuts off: r'bar\u20' → 'bar', r'bar\\' stays."""
    found = _CUT_ESCAPE.search(text[-6:])
    if not found:
        return text
    end = len(text) - len(found[0])
    before = len(text[:end]) - len(text[:end].rstrip("\\"))
    return text if before % 2 else text[:end]


def is_escaped(text: str) -> bool:
    r"""Whether a whole document is escaped as if it were inside of a string: r'{\"a\": 1}' → True."""
    return bool(re.match(r"\s*+[\[{]{0,2}(?:\s|\\[nrt])*+\\\"", text))


def in_html(text: str) -> bool:
    """Whether the quotes of a document are written as in HTML: '{&quot;a&quot;: 1}' → True."""
    return bool(_HTML.match(text))


def unescape_document(text: str) -> str:
    r"""A document with one level of escapes less: r'{\"a\": 1}' → '{"a": 1}'."""
    return re.sub(
        r"\\(?:([\"\\/])|n|r|t)", lambda found: found[1] or {"n": "\n", "r": "\r", "t": "\t"}[found[0][1]], text
    )


def _number(word: str) -> tuple[bool, Any, str | None]:
    try:
        if _HEX.match(word):
            return True, int(word, 16), "hexadecimal numbers"
        if not _NUMBER.match(word):
            return False, None, None
        value = float(word) if re.search("[.eE]", word) else int(word)
    except ValueError:  # more digits than Python reads
        return False, None, None
    if isinstance(value, float) and not math.isfinite(value):
        return True, None, "null for NaN and infinities"
    return True, value, None if _PLAIN.match(word) else "numbers as JSON does not write them"


def _character(found: re.Match[str]) -> str:
    if code := found[1] or found[2]:
        return chr(int(code, 16))
    if found[3]:
        return ""  # a line that goes on, as in JSON5
    char = found[4]
    if char in _SHORT:
        return _SHORT[char]
    return found[0] if char.isalnum() or char in _KEPT else char


def _literal(found: re.Match[str]) -> str:
    """What a backslash and what it stands before are where nothing but quotes is escaped."""
    return found[0] if found[4] and found[4] not in _QUOTES else _character(found)
