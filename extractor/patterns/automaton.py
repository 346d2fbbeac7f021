"""How large the automaton of a pattern is: llguidance makes it while it decodes, and gives up in mid-answer.

A pattern becomes the positions of its leaves (Glushkov 1961) and these, set by set, states (Rabin and Scott 1959);
`a.{10}a` needs two thousand of them, since each of the last ten characters could have been the first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain, product
from typing import NamedTuple

from extractor.patterns.tree import AROUND, Back, Group, Join, Look, Many, Tree
from extractor.patterns.writing import for_python

# Measured with llguidance 1.0.1 and the vocabulary of smollm2: it fails from some 250 states on, 90 of them at once.
LARGE, WIDE = 200, 60
MOST = 3_000

_COUNTS = (40, 15, 6)  # counts are cut to these: what explodes does so with small ones too
_MOST_POSITIONS = 3_500
_ANY, _NEVER = "(?s:.)", ""
# One character of each kind that patterns tell apart; those of the pattern itself are added.
_SAMPLE = "".join(map(chr, range(0x20, 0x7F))) + "\n\t\x01\x7f\xa0éßЖ٣あ书桥。\u2028\U0001f600"


class _Part(NamedTuple):
    """Of a part of a pattern: whether it may match nothing, and the positions that come first and last, as bits."""

    is_empty: bool
    first: int
    last: int


@dataclass(slots=True)
class _Positions:
    """The leaves of a pattern, numbered, and which may follow which."""

    most_count: int
    leaves: list[str] = field(default_factory=list)
    follow: list[int] = field(default_factory=list)

    def part(self, tree: Tree, *, start: bool = False) -> _Part:
        """Number a part; `start` where it stands at the beginning of the text."""
        found = _NOTHING
        match tree:
            case str():
                found = self._leaf(tree)
            case Look("start") if not start:
                found = self._leaf(_NEVER)
            case Look("end"):
                found = self._leaf(_NEVER)
            case Back():
                found = self._many(_ANY, 0, None, start=False)
            case Group(opening, inner) if opening not in AROUND:
                found = self.part(inner, start=start)
            case Many(inner, least, most):
                found = self._many(inner, least, most, start=start)
            case Join("|", parts):
                found = _either([self.part(part, start=start) for part in parts])
            case Join(_, parts):
                found = self._sequence(parts, start=start)
        return found

    def _leaf(self, leaf: str) -> _Part:
        if len(self.leaves) >= _MOST_POSITIONS:
            raise OverflowError
        self.leaves.append(leaf)
        self.follow.append(0)
        bit = 1 << len(self.leaves) - 1
        return _Part(is_empty=False, first=bit, last=bit)

    def _sequence(self, parts: Iterable[Tree], *, start: bool) -> _Part:
        whole = _NOTHING
        for part in parts:
            whole = self.then(whole, self.part(part, start=start and whole.is_empty))
        return whole

    def then(self, one: _Part, other: _Part) -> _Part:
        """One part after the other."""
        for at in _bits(one.last):
            self.follow[at] |= other.first
        first = one.first | (other.first if one.is_empty else 0)
        last = other.last | (one.last if other.is_empty else 0)
        return _Part(one.is_empty and other.is_empty, first, last)

    def _many(self, inner: Tree, least: int, most: int | None, *, start: bool) -> _Part:
        """Counts are written out, the optional ones within each other: a{2,4} is aa(a(a)?)?, a{2,} is aaa*."""
        whole = so_far = self._sequence([inner] * min(least, self.most_count), start=start)
        for _ in range(1 if most is None else min(most - least, self.most_count)):
            again = self.part(inner, start=start and so_far.is_empty)
            if most is None:
                self.then(again, again)
            so_far = self.then(so_far, again)
            whole = _Part(whole.is_empty, whole.first | so_far.first, whole.last | so_far.last)
        return whole


_NOTHING = _Part(is_empty=True, first=0, last=0)


def _either(parts: Iterable[_Part]) -> _Part:
    whole = _Part(is_empty=False, first=0, last=0)
    for part in parts:
        whole = _Part(whole.is_empty or part.is_empty, whole.first | part.first, whole.last | part.last)
    return whole


def states(tree: Tree) -> int:
    """How many states the automaton of a pattern has: `^ab$` → 4; `MOST` where there are too many for llguidance.

    Too many are more than `LARGE`, and than there are leaves, with more than `WIDE` after texts of one length. Those of
    a long text or of many words do no harm, as only those on the way are made.
    """
    for most_count in _COUNTS:
        positions = _Positions(most_count)
        try:
            before = positions.part(Many(_ANY, 0, None, possessive=False))
            ways = [] if _is_anchored(tree) else [positions.then(before, positions.part(tree))]
            if not ways or _NEVER in positions.leaves:  # else the start is a place like any other
                ways.append(positions.part(tree, start=True))
            after = positions.part(_ANY)
        except OverflowError:
            continue
        positions.then(after, after)
        return _reached(positions, positions.then(_either(ways), after).first, after.first)
    return LARGE  # of so many leaves as many states are no surprise


def _is_anchored(tree: Tree) -> bool:
    """Whether it is found at the start of a text alone."""
    match tree:
        case Look(kind):
            return kind == "start"
        case Group(opening, inner):
            return opening not in AROUND and _is_anchored(inner)
        case Join("|", parts):
            return all(map(_is_anchored, parts))
        case Join(_, parts):
            return bool(parts) and _is_anchored(parts[0])
    return False


def _reached(positions: _Positions, start: int, after: int) -> int:
    """The sets of positions that may come next after some text; behind the end of the pattern all are one."""
    kinds = _kinds(positions.leaves)
    found, level, widest = {start}, [start], 1
    while level and len(found) < MOST:
        further: dict[int, None] = {}
        for state, kind in product(level, kinds):
            following = 0
            for at in _bits(state & kind):
                following |= positions.follow[at]
            following = after if following & after else following
            if following not in found:
                found.add(following)
                further[following] = None
        level = [*further]
        widest = max(widest, len(level))
        if len(found) > max(LARGE, len(positions.leaves)) and widest > WIDE:
            return MOST
    return min(len(found), MOST - 1)


def _kinds(leaves: Sequence[str]) -> set[int]:
    """The kinds of characters: for each, the positions that take it, as bits."""
    distinct = tuple(dict.fromkeys(leaves))
    sample = "".join(dict.fromkeys(chain(_SAMPLE, *distinct)))
    taken = [_taken(leaf, sample) for leaf in distinct]
    places = [sum(1 << at for at, leaf in enumerate(leaves) if leaf == one) for one in distinct]
    return {sum(place for place, chars in zip(places, taken, strict=True) if char in chars) for char in sample}


def _taken(leaf: str, sample: str) -> frozenset[str]:
    import regex

    return frozenset(regex.findall(for_python(leaf), sample, regex.VERSION1)) if leaf else frozenset()


def _bits(number: int) -> list[int]:
    """0b101 → [0, 2]."""
    found = []
    while number:
        low = number & -number
        found.append(low.bit_length() - 1)
        number ^= low
    return found
