"""The fences around YAML, told from those that stand in its texts."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

_MARK = re.compile(r"```[ \t]*+([\w+-]*+)")
_BLOCK = re.compile(r"[:：-][ \t]++[|>][-+1-9]{0,2}\Z")  # a text goes on below, indented further
_MOST = 50  # fences of one text


@dataclass(slots=True)
class _Places:
    """Up to where lines are a part of a text of YAML: what is indented further than these columns."""

    block: int | None = None
    key: int | None = None  # of the outermost key outside of fences
    inside: list[str] | None = None  # the lines of an open fence
    found: list[str] = field(default_factory=list)
    is_around: bool = False


def fenced_parts(text: str, is_key: Callable[[str], bool]) -> tuple[list[str], bool]:
    r"""What stands in fences, and whether anything is said around them: 'So:\n```yaml\na: 1\n```' → (['a: 1\n'], True).

    A mark that is indented further than the begin of a block, or than a key before it that the schema has (`is_key`
    says which lines begin with one), belongs to a text.
    """
    at = _Places()
    if "```" not in text:
        return [], False
    for line in text.split("\n"):
        content = line.strip(" \t")
        indent = len(line) - len(line.lstrip(" \t"))
        is_text = not content or (at.block is not None and indent > at.block)
        mark = None if is_text else _MARK.fullmatch(content)
        if mark and at.inside is not None and not mark[1]:
            _close(at)
            continue
        if mark and at.inside is None and (at.key is None or indent <= at.key):
            at.inside = []
            continue
        if at.inside is not None:
            at.inside.append(line)
        elif content:
            at.is_around = True
            at.key = indent if (at.key is None or indent < at.key) and not is_text and is_key(content) else at.key
        if not is_text:
            at.block = indent if _BLOCK.search(content) else None
    if at.inside is not None:
        _close(at)
    return at.found[:_MOST], at.is_around


def _close(at: _Places) -> None:
    at.found.append("".join(f"{line}\n" for line in at.inside or ()))
    at.inside = at.block = None
