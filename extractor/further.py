"""Further items of lists: what comes when a model is asked for more, each once, and what is told of it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

from extractor import repair
from extractor.brevity import counted
from extractor.grammar.clip import is_of_bound
from extractor.pointers import pointer, value_at
from extractor.sameness import Sameness, identity
from extractor.scopes import leaves_of, scopes_of
from extractor.types import Schema

CIRCLED = "went round in circles: {} items dropped"

_CAME = " came when asked for"
_ROUNDS = 32
_TIMES = 6  # that the end of a list is the same, where it goes round in circles

Path = repair.Path


def drop_twins(items: list[Any], kept: int, mark: Callable[[Any], Hashable] = identity) -> int:
    """Take out of a list what is in it already, but of its first so many items; how many of the others are left."""
    seen = set(map(mark, items[:kept]))
    new: list[Any] = []
    for item in items[kept:]:
        if (own := mark(item)) not in seen:
            seen.add(own)
            new.append(item)
    items[kept:] = new
    return len(new)


def goes_round(items: Sequence[Any], mark: Callable[[Any], Hashable] = identity) -> bool:
    """Whether most items of a list are there already: ['a', 'b', 'a', 'b', 'a'] → True."""
    return 2 * len(set(map(mark, items))) < len(items)


def end_circle(schema: Schema, value: Any, opened: Path) -> tuple[Path, int] | None:
    """End the outermost list, of those that an answer left open, that went round in circles; in place.

    Where it is, and how many items are gone; None where there is none.
    """
    for depth in range(len(opened) + 1):
        items = value_at(value, pointer(opened[:depth]))
        if isinstance(items, list):
            complete = items[: cast(int, opened[depth]) if depth < len(opened) else len(items)]
            count = len(complete)
            if (left := drop_twins(complete, 0, Sameness.by(schema).of_items(opened[:depth]))) < count:
                items[:] = complete
                return opened[:depth], count - left
    return None


def end_circles(schema: Schema, data: Any, full: Iterable[str]) -> dict[str, str]:
    """End those of some full lists that go round in circles at their end, in place; what is told of them by pointer.

    Within its bound a list can be full before an answer is long enough to be stopped. What has no text of free words
    may well be the same again, as numbers and labels are.
    """
    told = {}
    for at in sorted(full, key=lambda at: at.count("/")):  # of one within another one there may be nothing left
        items = value_at(data, at)
        if not isinstance(items, list):
            continue
        path = repair.path_of(data, at)
        mark = Sameness.by(schema).of_items(path)
        begins, rest = _circle([*map(mark, items)]), [*items]
        if begins is None or not _may_end(schema, path, begins + drop_twins(rest, begins, mark)):
            continue
        if _has_words(schema, data, f"{at}/{len(items) - 1}"):
            told[at] = CIRCLED.format(len(items) - len(rest))
            items[:] = rest
    return told


def _circle(marks: list[Hashable]) -> int | None:
    """Where a list begins to be the same items again and again, six times or more up to its end."""
    for count in range(1, len(marks) // _TIMES + 1):
        if marks[-_TIMES * count :] == marks[-count:] * _TIMES:
            begins = len(marks) - _TIMES * count
            while begins and marks[begins - 1] == marks[begins - 1 + count]:
                begins -= 1
            return begins
    return None


def _may_end(schema: Schema, path: Path, count: int) -> bool:
    """Whether a list may have so few items, and nobody wants each of them."""
    parts = scopes_of(schema).at(path).parts
    return all(count >= part.get("minItems", 0) and part.get("x-merge") != "all" for part in parts)


def _has_words(schema: Schema, data: Any, place: str) -> bool:
    """Whether there is a text of free words at a place or in it."""
    leaves = ((at, scope) for at, value, scope in leaves_of(schema, data) if isinstance(value, str))
    return any(scope.choices is None and f"{at}/".startswith(f"{place}/") for at, scope in leaves)


@dataclass(frozen=True, slots=True)
class Growth:
    """How the lists of a valid record grow.

    Other items are asked for in place of repeated ones, once (`is_topped`); those behind a bound of our own, at which
    lists are `full` (by pointer), in as many `rounds` as there are left; and what lists lack, as often as the user has
    the model look again. `came` says by list how many items came when asked for.
    """

    looks: int = 0
    rounds: int = _ROUNDS
    is_topped: bool = False
    full: tuple[str, ...] = ()
    came: Mapping[str, int] = field(default_factory=dict)

    def pieces(self, schema: Schema, data: Any, repeated: Mapping[Path, int]) -> list[repair.Piece]:
        """What to ask for next; `repeated` says by path how many items were there twice."""
        pieces = [] if self.is_topped else repair.further(schema, data, repeated)
        if not pieces and self.rounds > 0:
            same = Sameness.by(schema)
            items = {at: (value_at(data, at), same.of_items(repair.path_of(data, at))) for at in self.full}
            growing = [at for at, (some, mark) in items.items() if not goes_round(some, mark)]
            pieces = repair.going_on(schema, data, growing)
        return pieces or (repair.more(schema, data) if self.looks > 0 else [])

    def after(
        self, schema: Schema, pieces: Sequence[repair.Piece], data: Any, before: Any, notes: Mapping[str, str]
    ) -> tuple[Growth, dict[str, str]]:
        """After an answer to some pieces, and the notes then; what lists have twice by it is dropped, in place."""
        notes, came = dict(notes), dict(self.came)
        for piece in pieces:
            place = piece.around
            mark = Sameness.by(schema).of_items(piece.path[:-1])
            new = drop_twins(value_at(data, place), len(value_at(before, place)), mark)
            if new and piece.why in (repair.MORE, repair.ON):
                came[place] = came.get(place, 0) + new
                told = [part for part in notes.pop(place, "").split("; ") if part and not _is_past(part)]
                notes[place] = "; ".join([*told, f"{counted(came[place], 'more item')}{_CAME}"])
        why = {piece.why for piece in pieces}
        looks, rounds = self.looks - (repair.MORE in why), self.rounds - (repair.ON in why)
        return Growth(looks, rounds, is_topped=True, full=self.full, came=came), notes

    @property
    def ended(self) -> Growth:
        """The same, after which nothing more is asked for."""
        return replace(self, looks=0, is_topped=True, full=())


def _is_past(note: str) -> bool:
    return is_of_bound(note) or note.endswith(_CAME)
