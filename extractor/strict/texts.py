r"""Patterns and formats of the grammar's schema, as far as servers read them alike.

A pattern of the grammar is in the syntax of Rust. It is kept where ECMA-262 and Python's `re` read the same in it;
what has `\p{L}`, `(?i:…)`, `[a--b]` or `\x{…}` in it is left to validation.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from extractor.formats import SHAPES

FORMATS = ("date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid")
LONGEST = 1_000  # characters of a pattern; those of a URI have thousands, and guide no model

# The grammar has some formats as patterns.
_BY_PATTERN = {SHAPES[name].pattern: name for name in FORMATS if SHAPES[name].pattern}

_DIGITS = r"\p{Nd}"  # Pydantic's `\d`; no one misses those of other scripts
_PIECE = re.compile(
    r"""(?P<set>\[\^?(?:\\(?:[^0-9A-Za-z]|[nr])|[^\\\[\]])+\])
    | \\(?P<escaped>[^0-9A-Za-z]|[nr])
    | \(\?: | \((?!\?)
    | [^\\\[\](]""",
    re.VERBOSE | re.DOTALL,
)
_OPERATOR = re.compile(r"--|&&|~~|\|\|")
_NEEDLESS = re.compile(r"\\([#&~:])")  # escapes that ECMA-262 has not, with its flag u


def text_node(node: Mapping[str, Any]) -> dict[str, Any]:
    """A text of the grammar: {'type': 'string', 'maxLength': 9, 'pattern': '^[a-z]$'} → without `maxLength`."""
    patterns = [part["pattern"] for part in (node, *node.get("allOf", ())) if "pattern" in part]
    formats = [node.get("format"), *map(_BY_PATTERN.get, patterns)]
    held: dict[str, Any] = {
        "pattern": _first(portable(pattern) for pattern in patterns if pattern not in _BY_PATTERN),
        "format": _first(name for name in formats if name in FORMATS),
    }
    return {"type": "string", **{keyword: value for keyword, value in held.items() if value is not None}}


def portable(pattern: str) -> str | None:
    r"""A pattern that means the same everywhere: r'^[0-9]{4}\-[\p{Nd}]$' → '^[0-9]{4}-[0-9]$'; None if it cannot."""
    pattern = pattern.replace(_DIGITS, "0-9")
    if len(pattern) > LONGEST or re.search(r"\\x\{", pattern):
        return None
    written, at = [], 0
    while at < len(pattern):
        piece = _PIECE.match(pattern, at)
        if piece is None or (piece["set"] and _OPERATOR.search(piece["set"])):
            return None
        written.append(_written(piece))
        at = piece.end()
    return "".join(written)


def _written(piece: re.Match[str]) -> str:
    if piece["escaped"] and piece["escaped"] in "#&~:-/":
        return piece["escaped"]
    return _NEEDLESS.sub(r"\1", piece["set"]) if piece["set"] else piece[0]


def _first(found: Iterable[str | None]) -> str | None:
    return next((one for one in found if one is not None), None)
