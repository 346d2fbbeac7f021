"""Where a text nearly holds a value: its words, or most of its characters, in order and close together.

Words that only hold others together may differ, and a letter of a longer one; what the value says may not: each other
word of it has to be there, and there may be no other number, negation or name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice, pairwise

from extractor.ground.alignment import Weighed, align
from extractor.ground.meaning import cuts_number, is_denied, is_denied_character, telling, telling_characters
from extractor.ground.words import Words, is_function, weight, words_of

BOUND = 0.75  # of the evidence
_LEAST_WEIGHT = 3  # letters of what is looked for
_LEAST_CHARACTERS = 3  # that must be there, where words stand without spaces
_SAME = 0.005  # scores that are the same when written

_MOST_UNITS = 2_000  # words or characters of a value that is looked for in this way
_MOST_SLIPS = 50  # words of a value that may be misspelt
_MOST_PIECES = 8
_MOST_PLACES = 256  # of a value that are looked at
_MOST_ANCHORS = 2_000  # places of one word of it
_MOST_WORK = 20_000  # units of them together
_GLANCES = 10  # at places, for each look

_Forms = dict[str, Sequence[tuple[str, float]]]  # how the text writes a word, and the likeness
_Known = Mapping[str, tuple[str, float]]  # the word of the value that one of the text is, and the likeness


@dataclass(frozen=True, slots=True)
class Near:
    """A run of units, words or characters, that is nearly a value; its score is 1 where nothing else is there.

    `lacks_beginning` where the value begins with something else than the run.
    """

    start: int
    end: int
    score: float
    lacks_beginning: bool = False


def near_words(value: str, words: Words) -> list[Near]:
    """The best runs of words that are nearly a folded value, in reading order: 'a red habour' → 'the red harbour'."""
    sought = words_of(value)
    if sum(map(weight, sought)) < _LEAST_WEIGHT or len(sought) > _MOST_UNITS:
        return []
    forms = _forms(sought, words)
    known = {form: (word, likeness) for word in reversed(forms) for form, likeness in forms[word]}
    windows = islice(_windows(sought, forms, words), _most_places(len(sought)))
    nearest = _Nearest(sought, known)
    return _best(near for window in windows if (near := nearest.run(words.words, *window)))


def near_characters(value: str, text: str) -> list[Near]:
    """The best runs of characters that are nearly a squeezed value, in reading order: '海港大乔' → '海港大桥'."""
    size = len(value)
    if not _LEAST_CHARACTERS <= size <= _MOST_UNITS:
        return []
    slips = max(1, size // 5)
    most = _most_places(size)
    glances = islice(_places_of_pieces(value, text, slips), _GLANCES * most)
    places = (place for place in glances if _is_alike(value, text[place : place + size], 2 * slips))
    return _best(near for place in islice(places, most) if (near := _near_characters(value, text, place, slips)))


class _Nearest:
    """Where the words of a value nearly are in parts of a text; of parts that say the same only one is looked at."""

    def __init__(self, sought: Sequence[str], known: _Known) -> None:
        self._known = known
        self._words = {*known, *sought}
        self._least = BOUND * sum(map(weight, sought))
        self._needed = {at for at, word in enumerate(sought) if not is_function(word)}
        self._meant = _weighed([(known.get(word, (word, 1.0))[0], 1.0) for word in sought])
        self._telling = telling(sought)
        self._seen: dict[tuple[str, ...], Near | None] = {}

    def run(self, words: Sequence[str], start: int, end: int) -> Near | None:
        """The run in a part of the text that is the nearest to the words of the value, if it is near enough."""
        at = [at for at in range(start, min(end, len(words))) if words[at] in self._words]
        if not at:
            return None
        part = tuple(words[at[0] : at[-1] + 1])
        if part not in self._seen:
            self._seen[part] = self._find(part)
        near = self._seen[part]
        if near is None:
            return None
        start, end = at[0] + near.start, at[0] + near.end
        is_other = cuts_number(words, start, end) or (near.lacks_beginning and is_denied(words, start))
        return None if is_other else Near(start, end, near.score)

    def _find(self, part: Sequence[str]) -> Near | None:
        """The same in a part that begins and ends with words of the value."""
        known, needed = self._known, self._needed
        if sum(weight(known[word][0]) for word in part if word in known) < self._least:
            return None
        found = align(self._meant, _weighed([known.get(word, (word, 1.0)) for word in part]), needed)
        if found is None or found.score < BOUND or not needed.issubset(one for one, _ in found.pairs):
            return None
        is_same = self._telling == telling(part[found.start : found.end])
        return Near(found.start, found.end, found.score, found.pairs[0][0] > 0) if is_same else None


def _weighed(words: Sequence[tuple[str, float]]) -> Weighed:
    return Weighed([word for word, _ in words], [weight(word) for word, _ in words], [like for _, like in words])


def _near_characters(value: str, text: str, place: int, slips: int) -> Near | None:
    """The run around a place that is the nearest to a value, if it has no more slips than so many.

    No two stand together, as two characters are mostly a word.
    """
    start, size = max(place - slips, 0), len(value)
    window = text[start : place + size + slips]
    found = align(Weighed.evenly(value), Weighed.evenly(window))
    if found is None or found.score < BOUND:
        return None
    there = [one for one, _ in found.pairs]
    is_enough = len(there) >= max(_LEAST_CHARACTERS, size - slips)
    is_apart = all(after - before <= 2 for before, after in pairwise((-1, *there, size)))  # noqa: PLR2004 # one between
    run = window[found.start : found.end]
    is_other = cuts_number(window, found.start, found.end) or (
        there[0] > 0 and is_denied_character(window, found.start)
    )
    is_same = telling_characters(value) == telling_characters(run) and not is_other
    return Near(start + found.start, start + found.end, found.score) if is_enough and is_apart and is_same else None


def _forms(sought: Sequence[str], words: Words) -> _Forms:
    """How the text writes the words of a value that are not function words; nothing where one of them is not there."""
    found: _Forms = {}
    slips = 0
    for word in dict.fromkeys(word for word in sought if not is_function(word)):
        slips += word not in words.places
        found[word] = words.forms(word) if slips <= _MOST_SLIPS else ()
        if not found[word]:
            return {}
    return found


def _windows(sought: Sequence[str], forms: _Forms, words: Words) -> Iterator[tuple[int, int]]:
    """Parts of the text that can hold a value: around its rarest word, as all have to be there."""
    if not forms:
        return
    rarest = min(forms, key=lambda word: sum(len(words.places[form]) for form, _ in forms[word]))
    offset, margin = sought.index(rarest), 2 + len(sought) // 4
    seen = set()
    for place in islice(chain.from_iterable(words.places[form] for form, _ in forms[rarest]), _MOST_ANCHORS):
        start = place - offset - margin
        if start // margin not in seen:
            seen.add(start // margin)
            yield max(start, 0), place - offset + len(sought) + margin


def _places_of_pieces(value: str, text: str, slips: int) -> Iterator[int]:
    """Where a value would begin, by its pieces: with so many slips, one of one piece more must be as it is."""
    size = max(2, len(value) // (slips + 1))
    offsets = [*range(0, len(value) - size, size), len(value) - size]
    for offset in offsets[:: -(-len(offsets) // _MOST_PIECES)]:
        piece = value[offset : offset + size]
        at = text.find(piece)
        while at >= 0:
            yield max(at - offset, 0)
            at = text.find(piece, at + 1)


def _is_alike(value: str, written: str, most: int) -> bool:
    """Whether there are no more slips than so many, some of them perhaps since the place is not quite the right one."""
    from rapidfuzz.distance import OSA  # what stands as it is needs no such comparison

    return OSA.distance(value, written, score_cutoff=most) <= most


def _most_places(size: int) -> int:
    return min(_MOST_PLACES, max(1, _MOST_WORK // size))


def _best(found: Iterable[Near]) -> list[Near]:
    """Those with the highest score, without overlaps, in reading order."""
    best: list[Near] = []
    every = sorted(found, key=lambda near: near.start)
    top = max((near.score for near in every), default=0.0)
    for near in every:
        if near.score > top - _SAME and (not best or near.start >= best[-1].end):
            best.append(near)
    return best
