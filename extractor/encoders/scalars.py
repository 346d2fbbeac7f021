r"""Single values of YAML, by the core schema of YAML 1.2 alone: `no` is a text, and so is 2024-01-02.

What JSON would write so is a number or `true`, whatever is expected; the other forms that YAML has ('007', '.5',
'+1', 'True') are values only where no text is expected, so that 'phone: 007' stays what it is.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

from extractor.encoders.decoded import NUMBER, number
from extractor.scopes import Scope
from extractor.syntax.words import is_literal, unescape

NULLS = frozenset(("", "~", "null", "Null", "NULL"))
_WORDS = {"true": True, "false": False}
_CORE_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_CORE_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_INFINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))", re.DOTALL)
_ESCAPED = {"0": "\0", "a": "\a", "b": "\b", "t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r", "e": "\x1b",
            "N": "\x85", "_": "\xa0", "L": "\u2028", "P": "\u2029"}  # fmt: skip
_WORDLIKE = frozenset("aevLNP")  # what begins a word of LaTeX or a path, too
_OWN = frozenset('"/\\ \t\nbfnrt0') | _WORDLIKE
# What begins something else than a plain text.
_BEGINS = re.compile(r"""[\[\]{},#&*!|>'"“%@`]|[-?:](?:\s|\Z)|---|\.\.\.|<<\Z|=\Z""")
# What YAML may not carry as it is, or what its readers take for a line break.
UNPRINTABLE = re.compile("[^\t\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_LONGEST_NUMBER = 4000  # digits; Python refuses to convert longer ones


def plain(text: str, scope: Scope) -> Any:
    """What an unquoted text stands for at a place: '12' → 12, 'no' → 'no', '~' → None."""
    if text in NULLS:
        return None
    if text in _WORDS:
        return _WORDS[text]
    value = number(text)
    if value is not None and json.dumps(value) == text:
        return value
    if "string" in scope.kinds:
        return text if "number" not in scope.kinds or value is None else value
    return value if value is not None else _core(text)


def _core(text: str) -> Any:
    """The forms of the core schema that JSON does not have: '0x1F' → 31, 'TRUE' → True."""
    if text.lower() in _WORDS and text in {text.upper(), text.title()}:
        return _WORDS[text.lower()]
    if len(text) > _LONGEST_NUMBER:
        return text
    if _CORE_INT.fullmatch(text):
        return int(text, 0) if text[:2] in {"0o", "0x"} else int(text)
    value = float(text) if _CORE_FLOAT.fullmatch(text) else math.inf
    return value if math.isfinite(value) else text


def unquoted(text: str) -> str:
    r"""A text in quotes, lines folded: '"a\\tb"' → 'a	b', "'it''s'" → "it's".

    In one with escapes that YAML lacks, all are read as in JSON: r'"C:\data"' → r'C:\data'.
    """
    inner = _folded(text[1:-1], has_escapes=text[0] == '"') if "\n" in text else text[1:-1]
    if text[0] == "'":
        return inner.replace("''", "'")
    return unescape(inner) if _has_foreign(text) else _ESCAPE.sub(_meant, inner)


def fault_of(text: str) -> str:
    r"""What to tell of the escapes of a text in quotes, if anything: r'"\d"' → 'backslashes that escape nothing …'."""
    if text[0] != '"' or "\\" not in text:
        return ""
    if _has_foreign(text):
        what = "backslashes that escape nothing" if is_literal(text) else "escapes that YAML lacks"
        return f"{what} are read as in JSON"
    is_doubtful = any(
        (found[4] or " ") in _WORDLIKE and text[found.end()].isalpha() for found in _ESCAPE.finditer(text)
    )
    return "backslashes before letters are read as escapes of YAML" if is_doubtful else ""


def _has_foreign(text: str) -> bool:
    r"""Whether a backslash is none of an escape of YAML, or of one that nobody means: r'\d', r'\_'."""
    return any(found[4] is not None and found[4] not in _OWN for found in _ESCAPE.finditer(text))


def _meant(found: re.Match[str]) -> str:
    code = found[1] or found[2] or found[3]
    if code:
        return chr(int(code, 16)) if int(code, 16) <= 0x10FFFF else "\ufffd"  # noqa: PLR2004
    return _ESCAPED.get(found[4], found[4])


def _folded(text: str, *, has_escapes: bool) -> str:
    """A line break is a blank, an empty line a line break; one behind a backslash is nothing."""
    first, *rest = text.split("\n")
    lines = [first.rstrip(" \t"), *(line.strip(" \t") for line in rest[:-1]), rest[-1].lstrip(" \t")]
    parts = [lines[0]]
    empty = 0
    for at, line in enumerate(lines[1:], 1):
        if not line and at < len(lines) - 1:
            empty += 1
            continue
        is_joined = has_escapes and (len(parts[-1]) - len(parts[-1].rstrip("\\"))) % 2 == 1
        if is_joined:
            parts[-1] = parts[-1][:-1]
        parts += ["\n" * empty if empty or is_joined else " ", line]
        empty = 0
    return "".join(parts)


def written(text: str) -> str:
    """A text on one line, in quotes only where it needs some: 'a: b' → '"a: b"'."""
    return text if is_plain(text) else quoted(text)


def is_plain(text: str) -> bool:
    """Whether a text without quotes is read as that text."""
    if text in NULLS or text.lower() in _WORDS or text[0].isspace() or text[-1].isspace() or text[-1] in ":：":
        return False
    if _BEGINS.match(text) or ": " in text or " #" in text or "\n" in text or "\t" in text or UNPRINTABLE.search(text):
        return False
    return not any(form.fullmatch(text) for form in (NUMBER, _CORE_INT, _CORE_FLOAT, _INFINITE))


def quoted(text: str) -> str:
    """A text in double quotes, whose escapes are those of JSON."""
    inner = json.dumps(text, ensure_ascii=False)
    return UNPRINTABLE.sub(_code, inner)


def _code(found: re.Match[str]) -> str:
    at = ord(found[0])
    return f"\\u{at:04x}" if at <= 0xFFFF else f"\\U{at:08x}"  # noqa: PLR2004
