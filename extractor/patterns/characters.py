r"""What stands for one character: the character itself, `\x41`, `\d`, `\p{L}`, `[a-z]`. Each becomes a leaf."""

from __future__ import annotations

import re
from dataclasses import dataclass

from extractor.patterns.tree import FOLDED, escaped
from extractor.types import Dialect

_SHORT = 60  # characters of a pattern in a message
_CONTROLS = {"t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r"}
_HALVES = re.compile(r"u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")
_HEX = re.compile(r"[xuU]\{([0-9a-fA-F]{1,6})\}|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})")
_NAMED_CONTROL = re.compile(r"c([A-Za-z])")
_PROPERTY = re.compile(r"[pP](?:\{\^?[\w =:-]+\}|[A-Z])", re.ASCII)
_OPERATOR = re.compile(r"&&|--|~~|\[")

# What `\w` and its like stand for, as members of a set: in ASCII, in Unicode as Rust has it, in ECMA-262.
_NARROW = {"d": "0-9", "w": "0-9A-Za-z_", "s": "\t-\r "}
_WIDE = {"d": r"\p{Nd}", "w": r"\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}", "s": r"\p{White_Space}"}
_ECMA = _NARROW | {"s": "\t-\r \xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"}
_NOTHING, _ANYTHING = "[a&&b]", "(?s:.)"
_DOTS = {"ecma": "[^\n\r\u2028\u2029]", "rust": "[^\n]"}


class PatternError(ValueError):
    """A pattern that no engine understands."""


class UnreadError(PatternError):
    """A pattern with something of Rust's that is not read here: Pydantic knows whether it is one."""


def cut(pattern: str) -> str:
    """A pattern as a message shows it."""
    return repr(pattern if len(pattern) <= _SHORT else pattern[: _SHORT - 1] + "…")


@dataclass(slots=True)
class Characters:
    """The text of a pattern, read up to `at`; `flags` are those in force, `u` among them if classes are of Unicode."""

    pattern: str
    dialect: Dialect
    strict: bool = False
    at: int = 0
    flags: frozenset[str] = frozenset()

    # Characters and escapes.

    def dot(self) -> str:
        """What `.` stands for."""
        return _ANYTHING if "s" in self.flags else _DOTS[self.dialect]

    def leaf(self, char: str) -> str:
        """One character, by the flags in force."""
        is_folded = "i" in self.flags and char.lower() != char.upper()
        return f"{FOLDED}[{escaped(char)}])" if is_folded else escaped(char)

    def escaped_char(self) -> str | None:
        """The character that an escape stands for; None, and nothing is read, where it stands for something else."""
        if found := self.match(_HALVES):
            return bytes.fromhex(found[1] + found[2]).decode("utf-16-be")
        if found := self.match(_HEX):
            return self._code_point(found[found.lastindex or 0])
        if found := self.match(_NAMED_CONTROL):
            return chr(ord(found[1]) % 32)
        char, after = self.here(), self.pattern[self.at + 1 : self.at + 2]
        known = _CONTROLS | ({} if self.strict else {"a": "\a"}) | ({} if after.isdigit() else {"0": "\0"})
        if char.isascii() and char.isalnum() and char not in known:
            return None
        return known.get(self.step(), char)

    def _code_point(self, digits: str) -> str:
        try:
            return chr(int(digits, 16))
        except ValueError:
            raise self.fault("no such character") from None

    def members(self) -> str | None:
        r"""The members that `\d` or `\p{L}` stands for."""
        if found := self.match(_PROPERTY):
            return f"\\{found[0]}"
        char = self.here()
        members = self.classes().get(char.lower())
        if members is None:
            return None
        self.at += 1
        return f"[^{members}]" if char.isupper() else members

    def classes(self) -> dict[str, str]:
        r"""The members of `\d`, `\w` and `\s`."""
        if "u" in self.flags:
            return _WIDE
        return _ECMA if self.dialect == "ecma" else _NARROW

    # Sets.

    def whole_set(self) -> str:
        """A set as a leaf; its bracket has been read."""
        negated = self.took("^")
        members = ["\\]"] if self.dialect == "rust" and self.took("]") else []
        while not self.took("]"):
            members.append(self._member())
        text = "".join(dict.fromkeys(members))
        if not text:
            return _ANYTHING if negated else _NOTHING
        if not negated and len(text.removeprefix("\\")) == 1:
            return self.leaf(text[-1])
        written = f"[{'^' * negated}{text}]"
        return f"{FOLDED}{written})" if "i" in self.flags else written

    def _member(self) -> str:
        """A character, a range or a class; a hyphen beside a class stands for itself."""
        first = self._one_member()
        after = self.pattern[self.at + 1 : self.at + 2]
        is_range = self.here() == "-" and after not in ("]", "") and not (after == "-" and self.dialect == "rust")
        if len(first) > 1 or not is_range:
            return first if len(first) > 1 else escaped(first)
        self.at += 1
        last = self._one_member()
        if len(last) > 1:
            return f"{escaped(first)}\\-{last}"
        if last < first:
            raise self.fault("a range that ends before it begins")
        return escaped(first) if first == last else f"{escaped(first)}-{escaped(last)}"

    def _one_member(self) -> str:
        """One character, or the text of several members."""
        if self.dialect == "rust" and self.match(_OPERATOR):
            raise self.unread("a set within a set")
        if (char := self.step()) != "\\":
            return char
        if (meant := self.escaped_char()) is not None:
            return meant
        if members := self.members():
            return members
        if self.took("b"):
            return "\b"
        raise self.fault(f"unknown escape \\{self.here()}")

    # The text.

    def fault(self, what: str) -> PatternError:
        """What is wrong, with its place."""
        return PatternError(f"{cut(self.pattern)}: {what}, at character {self.at}")

    def unread(self, what: str) -> UnreadError:
        """What is right perhaps, with its place."""
        return UnreadError(f"{cut(self.pattern)}: {what} is not read here, at character {self.at}")

    def here(self) -> str:
        """The character here, '' at the end."""
        return self.pattern[self.at : self.at + 1]

    def step(self) -> str:
        """Step over the character here."""
        if not (char := self.here()):
            raise self.fault("it ends too early")
        self.at += 1
        return char

    def took(self, text: str) -> bool:
        """Step over a text that stands here."""
        found = self.pattern.startswith(text, self.at)
        self.at += len(text) * found
        return found

    def match(self, expression: re.Pattern[str]) -> re.Match[str] | None:
        """Step over a match that begins here."""
        if found := expression.match(self.pattern, self.at):
            self.at = found.end()
        return found
