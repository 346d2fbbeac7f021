"""The two writers: what Python's `regex` checks, and what the decoder, llguidance, holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from extractor.patterns.tree import AROUND, FOLDED, Back, Group, Join, Look, Many, Tree

# llguidance 1.0.1 has two defects with characters that JSON escapes: quotes, backslashes, controls.
# 1. It forgets whatever follows such a character, in literals of any length. It does not where another character could
#    stand there too, so each gets one: a code point that is no character, and that nobody writes. `GUARD`, a second
#    pattern beside the first (allOf), takes it away again.
# 2. A set with all controls has the quote and the backslash too, even `[^"]`. So one control is taken out of the set
#    and put beside it, with something optional after it: alone it would be put back, and what follows is forgotten.
STAND_IN = r"\x{10FFFF}"
GUARD = rf"^[^{STAND_IN}]*$"

_UNHELD = {"?<=": "look-behind", "?<!": "look-behind", "?=": "look-ahead", "?!": "look-ahead", "?>": "atomic group"}
_LOOKS = {
    "start": r"\A",
    "end": r"\Z",
    "line start": r"(?<![^\n])",
    "line end": r"(?![^\n])",
    "word boundary": "(?:(?<=W)(?!W)|(?<!W)(?=W))",
    "no word boundary": "(?:(?<=W)(?=W)|(?<!W)(?!W))",
}


def for_python(tree: Tree) -> str:
    """In the syntax of the `regex` module, version 1."""
    match tree:
        case str():
            return f"(?i-f:{tree.removeprefix(FOLDED)}" if tree.startswith(FOLDED) else tree  # one to one, as in Rust
        case Look(kind, words):
            return _LOOKS[kind].replace("W", words)
        case Back(number):
            return rf"(?({number})\{number}|)"  # in ECMA-262 one to a group that took no part is found everywhere
        case Group(opening, inner):
            return f"({opening}{for_python(inner)})"
        case Many(inner):
            return f"{_one(for_python(inner), inner)}{tree.count}{'+' * tree.possessive}"
        case Join(separator, parts):
            return separator.join(map(for_python, parts))


def _one(text: str, tree: Tree) -> str:
    """A text that a count can follow."""
    return text if text and isinstance(tree, str | Group) else f"(?:{text})"


@dataclass(slots=True)
class ForDecoder:
    """In the syntax of llguidance, without look-around and references; `why` collects what was widened."""

    why: dict[str, None] = field(default_factory=dict)

    def text(self, tree: Tree, *, start: bool = False, end: bool = False) -> str:
        """`start` and `end`: llguidance takes an anchor only where nothing stands before or after it."""
        written = self._widened(_unheld(tree))
        match tree:
            case str():
                written = _decoded(tree)
            case Look(kind, ""):
                written = self._anchor(kind, start=start, end=end)
            case Back():
                written = "(?s:.*)"
            case Group(opening, inner) if opening not in AROUND:
                written = f"(?:{self.text(inner, start=start, end=end)})"
            case Many(inner):
                written = f"{_one(self.text(inner), inner)}{tree.count}"
            case Join("|", parts):
                written = "|".join([self.text(part, start=start, end=end) for part in parts])
            case Join(_, parts):
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


def _unheld(tree: Tree) -> str:
    """What of a part llguidance cannot hold, '' for nothing."""
    match tree:
        case Look(_, words):
            return "word boundary" if words else ""
        case Back():
            return "back-reference"
        case Group(opening):
            return _UNHELD.get(opening, "")
        case Many():
            return "possessive repetition" if tree.possessive else ""
    return ""


def _is_invisible(tree: Tree) -> bool:
    """Whether nothing is left of a part."""
    return isinstance(tree, Look | Group) and _unheld(tree) not in ("", "atomic group")


def _decoded(leaf: str) -> str:
    """A leaf as llguidance has to get it."""
    # Escaped, since xgrammar, which vLLM has by default, cannot read a set with a line break in it.
    visible = leaf.replace("\n", r"\n").replace("\r", r"\r")
    if is_escaped_in_json(leaf):
        return f"[{visible}{STAND_IN}]"
    if not _is_blurred(leaf):
        return visible
    members = f"[{visible.removeprefix(FOLDED).removesuffix(')')}--\x01]"
    return f"(?:{f'{FOLDED}{members})' if leaf.startswith(FOLDED) else members}|\x01\x01?)"


def is_escaped_in_json(leaf: str) -> bool:
    """Whether it is a character that JSON escapes."""
    char = leaf.removeprefix("\\") or leaf
    return len(char) == 1 and (char in '"\\\x7f' or char < " ")


@lru_cache(maxsize=1024)
def _is_blurred(leaf: str) -> bool:
    """Whether it has all controls, perhaps but for the line break, and not both the quote and the backslash."""
    import regex

    controls = {chr(code) for code in range(32)}
    found = set(regex.findall(for_python(leaf), "".join(controls) + '"\\', regex.VERSION1))
    return found >= controls - {"\n"} and not found >= {'"', "\\"}
