"""Fences: the marks of Markdown around code, which models put around what they answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

MARK = r"```[\w+-]*"
_MARK = re.compile(MARK)
_FENCED = re.compile(rf"{MARK}[ \t]*\n?(.*?)(?:```|\Z)", re.DOTALL)
# Where the text in a fence is no JSON, marks count that have their line for themselves.
_ON_LINES = re.compile(r"^[ \t]*+```[ \t]*+[\w+-]*+[ \t]*+\n(.*?)(?:^[ \t]*```[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)
_LETTER = re.compile(r"\w")
_MOST = 50  # fences of one text


def fenced(text: str) -> Iterator[tuple[int, str]]:
    r"""What stands in the fences of a text, wherever their marks are, and where: 'So ```{a: 1}```' → (3, '{a: 1}')."""
    yield from ((found.start(), found[1]) for found in _FENCED.finditer(text))


def fenced_lines(text: str) -> list[str]:
    r"""What stands in fences whose marks are lines: 'So:\n```yaml\na: 1\n```' → ['a: 1\n']."""
    return [found[1] for found in islice(_ON_LINES.finditer(text), _MOST)]


def unfenced(text: str) -> str:
    """A text without the fence that is around the whole of it."""
    found = _FENCED.match(text)
    return found[1].strip() if found and found.end() == len(text) else text


def is_mark(text: str) -> bool:
    """Whether a line is the mark of a fence: ' ```csv' → True."""
    return bool(_MARK.fullmatch(text.strip()))


def says(text: str) -> bool:
    """Whether there are words in what stands between values, beside the marks of fences."""
    return bool(_LETTER.search(_MARK.sub("", text)))
