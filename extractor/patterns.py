r"""One regular expression, three engines: what the schema says, what Python checks, what the decoder holds.

A pattern of a JSON Schema is ECMA-262, one of a Pydantic class is in the syntax of Rust's `regex`. Both are parsed here
and written again in a form that means the same everywhere: `\d` as `[0-9]` where it is ASCII, say. Python's own
syntax (`\Z`, `(?P<n>…)`, `(?i)`) is common in schemas, and is read as it is meant.

Reading order: `search`, `for_decoder`, the tree, the two writers, `_Parser`.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from extractor.types import Dialect

if TYPE_CHECKING:
    from regex import Pattern

SECONDS = 1.0  # what one search may take
LONGEST = 5_000  # characters of a pattern that the decoder gets
MOST_REPEATS = 10_000  # of the innermost part, all counts around it multiplied
_DEEPEST = 60  # groups in groups
_LARGEST = 1_000_000  # characters that a pattern may stand for at least
_SHORT = 60  # characters of a pattern in a message

# llguidance 1.0.1 has two defects with characters that JSON escapes: quotes, backslashes, controls.
# 1. It forgets whatever follows such a character, in literals of any length. It does not where another character could
#    stand there too, so each gets one: a code point that is no character, and that nobody writes. `GUARD`, a second
#    pattern beside the first (allOf), takes it away again.
# 2. A set with all controls has the quote and the backslash too, even `[^"]`. So one control is taken out of the set
#    and put beside it, with something optional after it: alone it would be put back, and what follows is forgotten.
_STAND_IN = r"\x{10FFFF}"
GUARD = rf"^[^{_STAND_IN}]*$"


class PatternError(ValueError):
    """A pattern that no engine understands."""


class UnreadError(PatternError):
    """A pattern with something of Rust's that is not read here: Pydantic knows whether it is one."""


@dataclass(frozen=True, slots=True)
class Held:
    """A pattern as the decoder gets it, beside `GUARD` if it needs that.

    Where it is not `exact` it admits more than the one it is made from, and `why` names the construct.
    """

    pattern: str
    exact: bool
    why: str = ""

    @property
    def needs_guard(self) -> bool:
        """Whether `GUARD` belongs beside it."""
        return _STAND_IN in self.pattern


def search(pattern: str, value: str, dialect: Dialect) -> bool:
    r"""Whether a pattern is found in a text: (r'^\d+$', '12\n', 'ecma') → False, a line break is no digit.

    Raises `PatternError` where no engine understands it, `TimeoutError` where it takes longer than `SECONDS`.
    """
    compiled = _compiled(pattern, dialect)
    try:
        return compiled.search(value, timeout=SECONDS) is not None
    except TimeoutError:
        what = f"{_cut(pattern)} takes longer than {SECONDS:g} s on a text of {len(value)} characters"
        raise TimeoutError(what) from None


def check(pattern: str, dialect: Dialect, *, strict: bool = False) -> None:
    r"""Raise `PatternError` for what is not a pattern; `strict` refuses what ECMA-262 does not have, as `\Z`."""
    _Parser(pattern, dialect, strict).whole()
    if strict:
        _compiled(pattern, dialect)


@lru_cache(maxsize=1024)
def for_decoder(pattern: str, dialect: Dialect) -> Held | None:
    r"""The pattern for llguidance: ('^(?!x)a', 'ecma') → Held('^a', exact=False, why='look-ahead').

    None where llguidance compiles not even the widened one, or where that could take it long.
    """
    if len(pattern) > LONGEST:
        return None
    try:
        tree = _Parser(pattern, dialect).whole()
        _compiled(pattern, dialect)
    except PatternError:
        return None
    if _repeats(tree) > MOST_REPEATS:
        return None
    writer = _ForDecoder()
    written = writer.text(tree, start=True, end=True)
    return Held(written, not writer.why, ", ".join(writer.why)) if _compiles(written) else None


def literal(text: str) -> str:
    r"""A pattern that admits exactly this text through llguidance, alone: 'a.b' → r'^a\.b$'.

    It needs no `GUARD`: instead of an escaped character there could only stand more than any text has. Beside `GUARD`
    or a `maxLength` llguidance would have to prove that there is such a text, and gives up at some 1,000 characters.
    """
    return f"^{''.join(map(_spelled, text))}$"


def _spelled(char: str) -> str:
    written = _escaped(char)
    return f"(?:{written}|{_STAND_IN}{{1000000000}})" if _is_escaped_in_json(written) else written


@lru_cache(maxsize=1024)
def _compiled(pattern: str, dialect: Dialect) -> Pattern[str]:
    import regex  # 25 ms

    tree = _Parser(pattern, dialect).whole()
    if _shortest(tree) > _LARGEST:
        raise PatternError(f"{_cut(pattern)}: more than {_LARGEST} characters, its counts written out")
    try:
        return regex.compile(_for_python(tree), regex.VERSION1)
    except (regex.error, OverflowError, RecursionError) as error:
        raise PatternError(f"{_cut(pattern)}: {error}") from None


def _compiles(pattern: str) -> bool:
    from llguidance import LLMatcher  # a compiled library, needed by few commands

    node = json.dumps({"type": "string", "pattern": pattern})
    return not LLMatcher.validate_grammar("%llguidance {}\nstart: %json " + node)


def _cut(pattern: str) -> str:
    return repr(pattern if len(pattern) <= _SHORT else pattern[: _SHORT - 1] + "…")


# --- the tree ------------------------------------------------------------------------------------------------
# A leaf is a str: one character or set, in the syntax that Rust and Python (`regex`, version 1) share.


@dataclass(frozen=True, slots=True)
class _Look:
    """An assertion about a place; `words` is the set of word characters of its dialect."""

    kind: str  # one of `_LOOKS`
    words: str = ""


@dataclass(slots=True)
class _Back:
    """A back-reference; the number is known when all groups are."""

    number: int = 0


@dataclass(frozen=True, slots=True)
class _Group:
    """`opening` is empty for a capturing group, else `?:`, `?>` (atomic) or one of `_AROUND`."""

    opening: str
    inner: _Tree


@dataclass(frozen=True, slots=True)
class _Many:
    """A repetition; a possessive one gives nothing back."""

    inner: _Tree
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
class _Join:
    """Several parts: one after the other (no separator), or a choice (`|`)."""

    separator: str
    parts: tuple[_Tree, ...]


_Tree = str | _Look | _Back | _Group | _Many | _Join
_FOLDED = "(?i:"  # how a leaf begins that is of any case
_AROUND = ("?<=", "?<!", "?=", "?!")
_UNHELD = {"?<=": "look-behind", "?<!": "look-behind", "?=": "look-ahead", "?!": "look-ahead", "?>": "atomic group"}


def _repeats(tree: _Tree) -> int:
    """The most that anything in it is counted: `(a{1,30}b){2}` → 60."""
    match tree:
        case _Many(inner, least, most):
            return max(1, least, most or 0) * _repeats(inner)
        case _Join(_, parts):
            return max(map(_repeats, parts), default=1)
        case _Group(_, inner):
            return _repeats(inner)
    return 1


def _shortest(tree: _Tree) -> int:
    """How many leaves it has at least, its counts written out: `(ab{3,}){2}` → 8. `regex` does write them out."""
    match tree:
        case _Many(inner, least):
            return max(1, least) * _shortest(inner)
        case _Join(_, parts):
            return sum(map(_shortest, parts))
        case _Group(_, inner):
            return _shortest(inner)
    return 1


# --- writing -------------------------------------------------------------------------------------------------

_LOOKS = {
    "start": r"\A",
    "end": r"\Z",
    "line start": r"(?<![^\n])",
    "line end": r"(?![^\n])",
    "word boundary": "(?:(?<=W)(?!W)|(?<!W)(?=W))",
    "no word boundary": "(?:(?<=W)(?=W)|(?<!W)(?!W))",
}


def _for_python(tree: _Tree) -> str:
    """In the syntax of the `regex` module, version 1."""
    match tree:
        case str():
            return f"(?i-f:{tree.removeprefix(_FOLDED)}" if tree.startswith(_FOLDED) else tree  # one to one, as in Rust
        case _Look(kind, words):
            return _LOOKS[kind].replace("W", words)
        case _Back(number):
            return rf"(?({number})\{number}|)"  # in ECMA-262 one to a group that took no part is found everywhere
        case _Group(opening, inner):
            return f"({opening}{_for_python(inner)})"
        case _Many(inner):
            return f"{_one(_for_python(inner), inner)}{tree.count}{'+' * tree.possessive}"
        case _Join(separator, parts):
            return separator.join(map(_for_python, parts))


def _one(text: str, tree: _Tree) -> str:
    """A text that a count can follow."""
    return text if text and isinstance(tree, str | _Group) else f"(?:{text})"


@dataclass(slots=True)
class _ForDecoder:
    """In the syntax of llguidance, without look-around and references; `why` collects what was widened."""

    why: dict[str, None] = field(default_factory=dict)

    def text(self, tree: _Tree, *, start: bool = False, end: bool = False) -> str:
        """`start` and `end`: llguidance takes an anchor only where nothing stands before or after it."""
        written = self._widened(_unheld(tree))
        match tree:
            case str():
                written = _decoded(tree)
            case _Look(kind, ""):
                written = self._anchor(kind, start=start, end=end)
            case _Back():
                written = "(?s:.*)"
            case _Group(opening, inner) if opening not in _AROUND:
                written = f"(?:{self.text(inner, start=start, end=end)})"
            case _Many(inner):
                written = f"{_one(self.text(inner), inner)}{tree.count}"
            case _Join("|", parts):
                written = "|".join([self.text(part, start=start, end=end) for part in parts])
            case _Join(_, parts):
                kept = [at for at, part in enumerate(parts) if not _is_invisible(part)] or [0]
                ends = {"start": (start, kept[0]), "end": (end, kept[-1])}
                written = "".join(
                    self.text(part, **{name: may and at == edge for name, (may, edge) in ends.items()})
                    for at, part in enumerate(parts)
                )
        return written

    def _anchor(self, kind: str, *, start: bool, end: bool) -> str:
        if (kind == "start" and start) or (kind == "end" and end):
            return "^" if kind == "start" else "$"
        return self._widened("anchor within the pattern")

    def _widened(self, construct: str) -> str:
        if construct:
            self.why[construct] = None
        return ""


def _unheld(tree: _Tree) -> str:
    """What of a part llguidance cannot hold, '' for nothing."""
    match tree:
        case _Look(_, words):
            return "word boundary" if words else ""
        case _Back():
            return "back-reference"
        case _Group(opening):
            return _UNHELD.get(opening, "")
        case _Many():
            return "possessive repetition" if tree.possessive else ""
    return ""


def _is_invisible(tree: _Tree) -> bool:
    """Whether nothing is left of a part."""
    return isinstance(tree, _Look | _Group) and _unheld(tree) not in ("", "atomic group")


def _decoded(leaf: str) -> str:
    """A leaf as llguidance has to get it."""
    if _is_escaped_in_json(leaf):
        return f"[{leaf}{_STAND_IN}]"
    if not _is_blurred(leaf):
        return leaf
    members = f"[{leaf.removeprefix(_FOLDED).removesuffix(')')}--\x01]"
    return f"(?:{f'{_FOLDED}{members})' if leaf.startswith(_FOLDED) else members}|\x01\x01?)"


def _is_escaped_in_json(leaf: str) -> bool:
    char = leaf.removeprefix("\\") or leaf
    return len(char) == 1 and (char in '"\\\x7f' or char < " ")


@lru_cache(maxsize=1024)
def _is_blurred(leaf: str) -> bool:
    """Whether it has all controls, perhaps but for the line break, and not both the quote and the backslash."""
    import regex

    controls = {chr(code) for code in range(32)}
    found = set(regex.findall(_for_python(leaf), "".join(controls) + '"\\', regex.VERSION1))
    return found >= controls - {"\n"} and not found >= {'"', "\\"}


# --- reading -------------------------------------------------------------------------------------------------

_META = frozenset(r"\.+*?()|[]{}^$#&-~/:")
_CONTROLS = {"t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r"}
_PLACES = {"b": "word boundary", "B": "no word boundary", "A": "start", "Z": "end", "z": "end"}
_COUNTS: dict[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}

_HALVES = re.compile(r"u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")
_HEX = re.compile(r"[xuU]\{([0-9a-fA-F]{1,6})\}|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})")
_NAMED_CONTROL = re.compile(r"c([A-Za-z])")
_PROPERTY = re.compile(r"[pP](?:\{\^?[\w =:-]+\}|[A-Z])", re.ASCII)
_REFERENCE = re.compile(r"([1-9][0-9]{0,3})|k<([^>]+)>")
_PYTHON_REFERENCE = re.compile(r"P=(\w+)\)")
_COUNT = re.compile(r"\{(?:([0-9]+)|([0-9]*),([0-9]*))\}")
_NAME = re.compile(r"(P?)<([^>=!][^>]*)>")
_FLAGS = re.compile(r"([imsuaULx]*)(?:-([imsuUx]+))?([:)])")
_MODIFIERS = re.compile(r"[ims]*(?:-[ims]+)?:")  # those of ECMA-262
_OPERATOR = re.compile(r"&&|--|~~|\[")

# What `\w` and its like stand for, as members of a set: in ASCII, in Unicode as Rust has it, in ECMA-262.
_NARROW = {"d": "0-9", "w": "0-9A-Za-z_", "s": "\t-\r "}
_WIDE = {"d": r"\p{Nd}", "w": r"\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}", "s": r"\p{White_Space}"}
_ECMA = _NARROW | {"s": "\t-\r \xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"}
_NOTHING, _ANYTHING = "[a&&b]", "(?s:.)"
_DOTS = {"ecma": "[^\n\r\u2028\u2029]", "rust": "[^\n]"}


def _escaped(char: str) -> str:
    return f"\\{char}" if char in _META else char


@dataclass(slots=True)
class _Parser:
    """Recursive descent; `flags` are those in force, `u` among them where classes are of Unicode."""

    pattern: str
    dialect: Dialect
    strict: bool = False
    at: int = 0
    depth: int = 0
    groups: int = 0
    flags: frozenset[str] = frozenset()
    names: dict[str, int] = field(default_factory=dict)
    references: list[tuple[_Back, str]] = field(default_factory=list)

    def whole(self) -> _Tree:
        """The tree of all of it; a reference may stand before its group, so numbers come last."""
        self.flags = frozenset("u" if self.dialect == "rust" else "")
        tree = self._choice()
        if self.at < len(self.pattern):
            raise self._fault("a ) without its (")
        for back, name in self.references:
            back.number = int(name) if name.isdecimal() else self.names.get(name, 0)
            if not 0 < back.number <= self.groups:
                raise self._fault(f"no group {name}")
        return tree

    def _choice(self) -> _Tree:
        branches = [self._row()]
        while self._took("|"):
            branches.append(self._row())
        return _Join("|", tuple(branches)) if len(branches) > 1 else branches[0]

    def _row(self) -> _Tree:
        parts: list[_Tree] = []
        while self._here() not in ("|", ")", ""):
            if (part := self._atom()) is not None:
                parts.append(self._counted(part))
        return parts[0] if len(parts) == 1 else _Join("", tuple(parts))

    def _counted(self, part: _Tree) -> _Tree:
        """The part with its counts; only in Rust there may be several."""
        while (count := self._count()) is not None:
            lazy = self._took("?")
            possessive = not lazy and not self.strict and self.dialect == "ecma" and self._took("+")
            part = _Many(part, *count, possessive)
            if self.dialect == "ecma":
                break
        return part

    def _count(self) -> tuple[int, int | None] | None:
        if (char := self._here()) in _COUNTS:
            self.at += 1
            return _COUNTS[char]
        found = _COUNT.match(self.pattern, self.at)
        if not found or not (found[1] or found[2] or (found[3] and not self.strict)):
            return None  # a brace like any other character
        self.at = found.end()
        least = self._number(found[1] or found[2] or "0")
        most = self._number(found[1] or found[3]) if found[1] or found[3] else None
        if most is not None and most < least:
            raise self._fault("a count that ends before it begins")
        return least, most

    def _number(self, digits: str) -> int:
        if len(digits) > len(str(_LARGEST)):
            raise self._fault("too large a count")
        return int(digits)

    def _atom(self) -> _Tree | None:
        """One part; None for what matches nothing by itself."""
        char = self._next()
        if char in _COUNTS:
            raise self._fault("nothing to repeat")
        match char:
            case "(":
                return self._group()
            case "[":
                return self._set()
            case "\\":
                return self._escape()
            case "^" | "$":
                name = "start" if char == "^" else "end"
                return _Look(f"line {name}" if "m" in self.flags else name)
        return self._dot() if char == "." else self._leaf(char)

    def _dot(self) -> str:
        return _ANYTHING if "s" in self.flags else _DOTS[self.dialect]

    # Groups.

    def _group(self) -> _Tree | None:
        if self._took("?"):
            opening = next((opening for opening in ("?:", *_AROUND) if self._took(opening[1:])), None)
            if opening:
                return _Group(opening, self._inside(self.flags))
            name = self._match(_NAME)
            if not name or (name[1] and self.strict):
                return self._other_group()
            self.names[name[2]] = self.groups + 1
        self.groups += 1
        return _Group("", self._inside(self.flags))

    def _other_group(self) -> _Tree | None:
        """What Python and Rust have beyond ECMA-262."""
        if self.strict and not _MODIFIERS.match(self.pattern, self.at):
            raise self._fault("unknown group")
        if self._took(">"):
            return _Group("?>", self._inside(self.flags))
        if found := self._match(_PYTHON_REFERENCE):
            return self._reference(found[1])
        if not (found := self._match(_FLAGS)):
            raise self._fault("unknown group")
        if "x" in found[1]:
            raise self._unread("verbose mode")
        flags = (self.flags | set(found[1])) - set(found[2] or "") - set("u" if "a" in found[1] else "")
        if found[3] == ":":
            return _Group("?:", self._inside(flags))
        self.flags = flags
        return None

    def _inside(self, flags: frozenset[str]) -> _Tree:
        before, self.flags = self.flags, flags
        self.depth += 1
        if self.depth > _DEEPEST:
            raise self._fault(f"groups deeper than {_DEEPEST}")
        tree = self._choice()
        if not self._took(")"):
            raise self._fault("a ( without its )")
        self.depth -= 1
        self.flags = before
        return tree

    # Characters and escapes.

    def _leaf(self, char: str) -> str:
        is_folded = "i" in self.flags and char.lower() != char.upper()
        return f"{_FOLDED}[{_escaped(char)}])" if is_folded else _escaped(char)

    def _escape(self) -> _Tree:
        if (char := self._escaped_char()) is not None:
            return self._leaf(char)
        if members := self._class():
            return members if members.startswith("[") else f"[{members}]"
        if found := self._match(_REFERENCE):
            return self._reference(found[1] or found[2])
        char = self._next()
        kind = _PLACES.get(char)
        if kind is None or (self.strict and char not in "bB"):
            raise self._fault(f"unknown escape \\{char}")
        return _Look(kind, f"[{self._classes()['w']}]" if char in "bB" else "")

    def _escaped_char(self) -> str | None:
        """The character that an escape stands for; None, and nothing is read, where it stands for something else."""
        if found := self._match(_HALVES):
            return bytes.fromhex(found[1] + found[2]).decode("utf-16-be")
        if found := self._match(_HEX):
            return self._code_point(found[found.lastindex or 0])
        if found := self._match(_NAMED_CONTROL):
            return chr(ord(found[1]) % 32)
        char, after = self._here(), self.pattern[self.at + 1 : self.at + 2]
        known = _CONTROLS | ({} if self.strict else {"a": "\a"}) | ({} if after.isdigit() else {"0": "\0"})
        if char.isascii() and char.isalnum() and char not in known:
            return None
        return known.get(self._next(), char)

    def _code_point(self, digits: str) -> str:
        try:
            return chr(int(digits, 16))
        except ValueError:
            raise self._fault("no such character") from None

    def _class(self) -> str | None:
        r"""The members that `\d` or `\p{L}` stands for."""
        if found := self._match(_PROPERTY):
            return f"\\{found[0]}"
        char = self._here()
        members = self._classes().get(char.lower())
        if members is None:
            return None
        self.at += 1
        return f"[^{members}]" if char.isupper() else members

    def _classes(self) -> dict[str, str]:
        if "u" in self.flags:
            return _WIDE
        return _ECMA if self.dialect == "ecma" else _NARROW

    def _reference(self, name: str) -> _Tree:
        back = _Back()
        self.references.append((back, name))
        return back

    # Sets.

    def _set(self) -> str:
        negated = self._took("^")
        members = ["\\]"] if self.dialect == "rust" and self._took("]") else []
        while not self._took("]"):
            members.append(self._member())
        text = "".join(dict.fromkeys(members))
        if not text:
            return _ANYTHING if negated else _NOTHING
        if not negated and len(text.removeprefix("\\")) == 1:
            return self._leaf(text[-1])
        written = f"[{'^' * negated}{text}]"
        return f"{_FOLDED}{written})" if "i" in self.flags else written

    def _member(self) -> str:
        """A character, a range or a class; a hyphen beside a class stands for itself."""
        first = self._one_member()
        after = self.pattern[self.at + 1 : self.at + 2]
        is_range = self._here() == "-" and after not in ("]", "") and not (after == "-" and self.dialect == "rust")
        if len(first) > 1 or not is_range:
            return first if len(first) > 1 else _escaped(first)
        self.at += 1
        last = self._one_member()
        if len(last) > 1:
            return f"{_escaped(first)}\\-{last}"
        if last < first:
            raise self._fault("a range that ends before it begins")
        return _escaped(first) if first == last else f"{_escaped(first)}-{_escaped(last)}"

    def _one_member(self) -> str:
        """One character, or the text of several members."""
        if self.dialect == "rust" and self._match(_OPERATOR):
            raise self._unread("a set within a set")
        if (char := self._next()) != "\\":
            return char
        if (escaped := self._escaped_char()) is not None:
            return escaped
        if members := self._class():
            return members
        if self._took("b"):
            return "\b"
        raise self._fault(f"unknown escape \\{self._here()}")

    # The text.

    def _fault(self, what: str) -> PatternError:
        return PatternError(f"{_cut(self.pattern)}: {what}, at character {self.at}")

    def _unread(self, what: str) -> UnreadError:
        return UnreadError(f"{_cut(self.pattern)}: {what} is not read here, at character {self.at}")

    def _here(self) -> str:
        """The character here, '' at the end."""
        return self.pattern[self.at : self.at + 1]

    def _next(self) -> str:
        if not (char := self._here()):
            raise self._fault("it ends too early")
        self.at += 1
        return char

    def _took(self, text: str) -> bool:
        """Step over a text that stands here."""
        found = self.pattern.startswith(text, self.at)
        self.at += len(text) * found
        return found

    def _match(self, expression: re.Pattern[str]) -> re.Match[str] | None:
        """Step over a match that begins here."""
        if found := expression.match(self.pattern, self.at):
            self.at = found.end()
        return found
