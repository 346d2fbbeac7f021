"""The parser: a pattern → a tree."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from extractor.patterns.characters import Characters
from extractor.patterns.tree import AROUND, Back, Group, Join, Look, Many, Tree

LARGEST = 1_000_000  # characters that a pattern may stand for at least
_DEEPEST = 60  # groups in groups
_PLACES = {"b": "word boundary", "B": "no word boundary", "A": "start", "Z": "end", "z": "end"}
_COUNTS: dict[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}

_REFERENCE = re.compile(r"([1-9][0-9]{0,3})|k<([^>]+)>")
_PYTHON_REFERENCE = re.compile(r"P=(\w+)\)")
_COUNT = re.compile(r"\{(?:([0-9]+)|([0-9]*),([0-9]*))\}")
_NAME = re.compile(r"(P?)<([^>=!][^>]*)>")
_FLAGS = re.compile(r"([imsuaULx]*)(?:-([imsuUx]+))?([:)])")
_MODIFIERS = re.compile(r"[ims]*(?:-[ims]+)?:")  # those of ECMA-262


@dataclass(slots=True)
class Parser(Characters):
    """Recursive descent through choices, groups and counts."""

    depth: int = 0
    groups: int = 0
    names: dict[str, int] = field(default_factory=dict)
    references: list[tuple[Back, str]] = field(default_factory=list)

    def whole(self) -> Tree:
        """The tree of all of it; a reference may stand before its group, so numbers come last."""
        self.flags = frozenset("u" if self.dialect == "rust" else "")
        tree = self._choice()
        if self.at < len(self.pattern):
            raise self.fault("a ) without its (")
        for back, name in self.references:
            back.number = int(name) if name.isdecimal() else self.names.get(name, 0)
            if not 0 < back.number <= self.groups:
                raise self.fault(f"no group {name}")
        return tree

    def _choice(self) -> Tree:
        branches = [self._row()]
        while self.took("|"):
            branches.append(self._row())
        return Join("|", tuple(branches)) if len(branches) > 1 else branches[0]

    def _row(self) -> Tree:
        parts: list[Tree] = []
        while self.here() not in ("|", ")", ""):
            if (part := self._atom()) is not None:
                parts.append(self._counted(part))
        return parts[0] if len(parts) == 1 else Join("", tuple(parts))

    def _counted(self, part: Tree) -> Tree:
        """The part with its counts; only in Rust there may be several."""
        while (count := self._count()) is not None:
            lazy = self.took("?")
            possessive = not lazy and not self.strict and self.dialect == "ecma" and self.took("+")
            part = Many(part, *count, possessive)
            if self.dialect == "ecma":
                break
        return part

    def _count(self) -> tuple[int, int | None] | None:
        if (char := self.here()) in _COUNTS:
            self.at += 1
            return _COUNTS[char]
        found = _COUNT.match(self.pattern, self.at)
        if not found or not (found[1] or found[2] or (found[3] and not self.strict)):
            return None  # a brace like any other character
        self.at = found.end()
        least = self._number(found[1] or found[2] or "0")
        most = self._number(found[1] or found[3]) if found[1] or found[3] else None
        if most is not None and most < least:
            raise self.fault("a count that ends before it begins")
        return least, most

    def _number(self, digits: str) -> int:
        if len(digits) > len(str(LARGEST)):
            raise self.fault("too large a count")
        return int(digits)

    def _atom(self) -> Tree | None:
        """One part; None for what matches nothing by itself."""
        char = self.step()
        if char in _COUNTS:
            raise self.fault("nothing to repeat")
        match char:
            case "(":
                return self._group()
            case "[":
                return self.whole_set()
            case "\\":
                return self._escape()
            case "^" | "$":
                name = "start" if char == "^" else "end"
                return Look(f"line {name}" if "m" in self.flags else name)
        return self.dot() if char == "." else self.leaf(char)

    # Groups.

    def _group(self) -> Tree | None:
        if self.took("?"):
            opening = next((opening for opening in ("?:", *AROUND) if self.took(opening[1:])), None)
            if opening:
                return Group(opening, self._inside(self.flags))
            name = self.match(_NAME)
            if not name or (name[1] and self.strict):
                return self._other_group()
            self.names[name[2]] = self.groups + 1
        self.groups += 1
        return Group("", self._inside(self.flags))

    def _other_group(self) -> Tree | None:
        """What Python and Rust have beyond ECMA-262."""
        if self.strict and not _MODIFIERS.match(self.pattern, self.at):
            raise self.fault("unknown group")
        if self.took(">"):
            return Group("?>", self._inside(self.flags))
        if found := self.match(_PYTHON_REFERENCE):
            return self._reference(found[1])
        if not (found := self.match(_FLAGS)):
            raise self.fault("unknown group")
        if "x" in found[1]:
            raise self.unread("verbose mode")
        flags = (self.flags | set(found[1])) - set(found[2] or "") - set("u" if "a" in found[1] else "")
        if found[3] == ":":
            return Group("?:", self._inside(flags))
        self.flags = flags
        return None

    def _inside(self, flags: frozenset[str]) -> Tree:
        before, self.flags = self.flags, flags
        self.depth += 1
        if self.depth > _DEEPEST:
            raise self.fault(f"groups deeper than {_DEEPEST}")
        tree = self._choice()
        if not self.took(")"):
            raise self.fault("a ( without its )")
        self.depth -= 1
        self.flags = before
        return tree

    # Escapes.

    def _escape(self) -> Tree:
        if (char := self.escaped_char()) is not None:
            return self.leaf(char)
        if members := self.members():
            return members if members.startswith("[") else f"[{members}]"
        if found := self.match(_REFERENCE):
            return self._reference(found[1] or found[2])
        char = self.step()
        kind = _PLACES.get(char)
        if kind is None or (self.strict and char not in "bB"):
            raise self.fault(f"unknown escape \\{char}")
        return Look(kind, f"[{self.classes()['w']}]" if char in "bB" else "")

    def _reference(self, name: str) -> Tree:
        back = Back()
        self.references.append((back, name))
        return back
