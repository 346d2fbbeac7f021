"""A pattern as a tree.

A leaf is a str: one character or set, in the syntax that Rust and Python (`regex`, version 1) share.
"""

from __future__ import annotations

from dataclasses import dataclass

FOLDED = "(?i:"  # how a leaf begins that is of any case
AROUND = ("?<=", "?<!", "?=", "?!")
_META = frozenset(r"\.+*?()|[]{}^$#&-~/:")


@dataclass(frozen=True, slots=True)
class Look:
    """An assertion about a place; `words` is the set of word characters of its dialect."""

    kind: str  # one of those that writing.py has
    words: str = ""


@dataclass(slots=True)
class Back:
    """A back-reference; the number is known when all groups are."""

    number: int = 0


@dataclass(frozen=True, slots=True)
class Group:
    """`opening` is empty for a capturing group, else `?:`, `?>` (atomic) or one of `AROUND`."""

    opening: str
    inner: Tree


@dataclass(frozen=True, slots=True)
class Many:
    """A repetition; a possessive one gives nothing back."""

    inner: Tree
    least: int
    most: int | None
    possessive: bool

    @property
    def count(self) -> str:
        """As all engines write it."""
        if self.least == self.most:
            return f"{{{self.least}}}"
        short = {(0, None): "*", (1, None): "+", (0, 1): "?"}
        return short.get((self.least, self.most)) or f"{{{self.least},{'' if self.most is None else self.most}}}"


@dataclass(frozen=True, slots=True)
class Join:
    """Several parts: one after the other (no separator), or a choice (`|`)."""

    separator: str
    parts: tuple[Tree, ...]


Tree = str | Look | Back | Group | Many | Join


def escaped(char: str) -> str:
    """A character as a leaf, or in a set."""
    return f"\\{char}" if char in _META else char


def repeats(tree: Tree) -> int:
    """The most that anything in it is counted: `(a{1,30}b){2}` → 60."""
    match tree:
        case Many(inner, least, most):
            return max(1, least, most or 0) * repeats(inner)
        case Join(_, parts):
            return max(map(repeats, parts), default=1)
        case Group(_, inner):
            return repeats(inner)
    return 1


def fewest(tree: Tree) -> int:
    """Characters of the shortest text that it matches, or less: `a{2}(?:bc|d)(?=e)` → 3."""
    match tree:
        case Many(inner, least):
            return least * fewest(inner)
        case Join("|", parts):
            return min(map(fewest, parts), default=0)
        case Join(_, parts):
            return sum(map(fewest, parts))
        case Group(opening, inner):
            return 0 if opening in AROUND else fewest(inner)
        case Look() | Back():
            return 0
    return 1


def shortest(tree: Tree) -> int:
    """How many leaves it has at least, its counts written out: `(ab{3,}){2}` → 8. `regex` does write them out."""
    match tree:
        case Many(inner, least):
            return max(1, least) * shortest(inner)
        case Join(_, parts):
            return sum(map(shortest, parts))
        case Group(_, inner):
            return shortest(inner)
    return 1
