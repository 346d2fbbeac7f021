"""The texts of several lines that YAML has: `|` as they are, `>` folded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence


def block_text(lines: Sequence[str], at: int, parent: int, header: tuple[str, str]) -> tuple[str, int]:
    """The text that begins at a line and is indented further than its parent, and the line behind it."""
    style, signs = header
    last = at
    end = at
    while end < len(lines) and (_is_blank(lines[end]) or _indent(lines[end]) > parent):
        last = last if _is_blank(lines[end]) else end + 1
        end += 1
    digits = signs.strip("+-")
    first = next((line for line in lines[at:last] if not _is_blank(line)), "")
    column = max(parent, 0) + int(digits) if digits else _indent(first)
    body = [line[min(column, _indent(line)) :] for line in lines[at:last]]
    text = "\n".join(body) if style == "|" else "".join(_folded(body))
    if "-" in signs or not body:
        return text, end
    return text + "\n" * (1 + end - last if "+" in signs else 1), end


def _is_blank(line: str) -> bool:
    return not line.strip(" \t")


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _folded(lines: Sequence[str]) -> Iterator[str]:
    """Lines as one, where they are not empty and not indented: ['a', 'b', '', 'c'] → 'a b', a line break, 'c'."""
    breaks = 0
    before = ""
    for at, line in enumerate(lines):
        if not line:
            breaks += 1
            continue
        is_kept = line[0].isspace() or before[:1].isspace()
        if at and at > breaks:
            yield "\n" * (breaks + is_kept) or " "
        else:
            yield "\n" * breaks
        yield line
        before, breaks = line, 0
