"""Where a text nearly holds a value: most of its words, or characters, in order and close together.

The share of evidence is that of Dice (1945): twice what two runs have in common by what both have.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, islice

from extractor.ground.words import Words, is_function, numbers, weight, words_of

BOUND = 0.75  # of the evidence
_CONTENT = 0.75  # of the words that are not function words
_LEAST_WEIGHT = 3  # letters of what is looked for
_SAME = 0.005  # scores that are the same when written
_MOST_UNITS = 2_000  # words or characters of a value that is looked for in this way
_MOST_WITH_SLIPS = 50  # words of a value that may be misspelt: a longer one is known by the rest
_MOST_PLACES = 256  # of a value that are looked at
_MOST_WORK = 20_000  # units of them together
_MOST_PIECES = 8
_LEAST_CHARACTERS = 3  # that must be there, where words stand without spaces


@dataclass(frozen=True, slots=True)
class Near:
    """A run of units, words or characters, that is nearly a value; its score is 1 where nothing else is there."""

    start: int
    end: int
    score: float


_Forms = Mapping[str, Sequence[tuple[str, float]]]  # how the text writes a word, and the likeness
_Known = Mapping[str, tuple[str, float]]  # the word of the value that one of the text is, and the likeness
Pair = tuple[int, int, float]  # a unit of the value, one of the text, their likeness


def near_words(value: str, words: Words) -> list[Near]:
    """The best runs of words that are nearly a folded value, in reading order: 'a red habour' → 'the red harbour'."""
    sought = words_of(value)
    if not 0 < len(sought) <= _MOST_UNITS:
        return []
    has_slips = len(sought) <= _MOST_WITH_SLIPS
    forms = {word: words.forms(word, has_slips=has_slips) for word in dict.fromkeys(sought)}
    there = [word for word in sought if forms[word]]
    slack = sum(map(weight, there)) - BOUND * sum(map(weight, sought))
    if slack < 0 or sum(map(weight, sought)) < _LEAST_WEIGHT or not _has_content(sought, there):
        return []
    known = {form: (word, likeness) for word in reversed(forms) for form, likeness in forms[word]}
    windows = islice(_windows(sought, forms, words, slack), _most_places(len(sought)))
    return _best(near for window in windows if (near := _near(sought, words.words, window, known)))


def near_characters(value: str, text: str) -> list[Near]:
    """The best runs of characters that are nearly a squeezed value, in reading order: '海港大乔' → '海港大桥'."""
    size = len(value)
    if not _LEAST_CHARACTERS <= size <= _MOST_UNITS:
        return []
    slips = max(1, size // 5)
    places = islice(_places_of_pieces(value, text, slips), _most_places(size))
    return _best(near for place in places if (near := _near_there(value, text, place, slips)))


def _near_there(value: str, text: str, place: int, slips: int) -> Near | None:
    """The run around a place that is the nearest to a value, if there are no more slips than so many."""
    from rapidfuzz.distance import OSA

    start, size = max(place - slips, 0), len(value)
    if OSA.distance(value, text[place : place + size], score_cutoff=2 * slips) > 2 * slips:
        return None
    window = text[start : place + size + slips]
    pairs = [(one, other, 1.0) for one, other in _common(value, window)]
    near = _tightest(pairs, [1.0] * size, [1.0] * len(window))
    if near is None or numbers(value) != numbers(window[near.start : near.end]):
        return None
    run = [one for one, other, _ in pairs if near.start <= other < near.end]
    if len(run) < max(_LEAST_CHARACTERS, size - slips) or run[0] > 1 or run[-1] < size - 2:
        return None
    return replace(near, start=start + near.start, end=start + near.end)


def _near(sought: Sequence[str], words: Sequence[str], window: tuple[int, int], known: _Known) -> Near | None:
    """The run in a part of the text that is the nearest to the words of a value, if it is near enough."""
    start, end = window
    part = words[start:end]
    if sum(weight(known[word][0]) for word in part if word in known) < BOUND * sum(map(weight, sought)):
        return None
    meant, said = ([known[word][0] if word in known else word for word in some] for some in (sought, part))
    pairs = [(one, other, known[part[other]][1]) for one, other in _common(meant, said)]
    near = _tightest(pairs, [*map(weight, meant)], [*map(weight, said)])
    if near is None or numbers(sought) != numbers(part[near.start : near.end]):
        return None
    run = [sought[one] for one, other, _ in pairs if near.start <= other < near.end]
    if not _has_content(sought, run):
        return None
    return replace(near, start=start + near.start, end=start + near.end)


def _has_content(sought: Sequence[str], there: Sequence[str]) -> bool:
    """Whether enough words are there that are not function words: of a name of three, all."""
    least = _CONTENT * sum(not is_function(word) for word in sought)
    return 0 < least <= sum(not is_function(word) for word in there)


def _windows(sought: Sequence[str], forms: _Forms, words: Words, slack: float) -> Iterator[tuple[int, int]]:
    """Parts of the text that can hold enough of a value: around its rarest words, of which one must be there."""
    places = {word: [at for form, _ in forms[word] for at in words.places[form]] for word in forms if forms[word]}
    margin = 2 + len(sought) // 4
    seen = set()
    for word in sorted(places, key=lambda word: len(places[word]) / (weight(word) or 0.1)):
        if slack < 0:
            return
        for offset in (at for at, other in enumerate(sought) if other == word):
            slack -= weight(word)
            for place in places[word]:
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


def _most_places(size: int) -> int:
    return min(_MOST_PLACES, max(1, _MOST_WORK // size))


def _common(one: Sequence[str], other: Sequence[str]) -> Iterator[tuple[int, int]]:
    """The longest run of units, gaps allowed, that two have in common, as pairs of places: 'abc', 'xac' → (0, 1), …."""
    from rapidfuzz.distance import LCSseq  # what is found needs no such comparison

    for block in LCSseq.opcodes(one, other):
        if block.tag == "equal":
            yield from zip(range(block.src_start, block.src_end), range(block.dest_start, block.dest_end), strict=True)


def _tightest(pairs: Sequence[Pair], weights: Sequence[float], others: Sequence[float]) -> Near | None:
    """The run with the most evidence: without the outer pairs that are too far out to add any; None below the bound."""
    gains = [0.0, *accumulate(weights[one] * likeness for one, _, likeness in pairs)]
    costs = [0.0, *accumulate(others)]

    def score(first: int, last: int) -> float:
        run = costs[pairs[last][1] + 1] - costs[pairs[first][1]]
        return 2 * (gains[last + 1] - gains[first]) / (costs_of_value + run)

    costs_of_value = sum(weights)
    first, last = 0, len(pairs) - 1
    while first < last:
        inner = max((score(first + 1, last), first + 1, last), (score(first, last - 1), first, last - 1))
        if inner[0] <= score(first, last):
            break
        _, first, last = inner
    if first > last or score(first, last) < BOUND:
        return None
    return Near(pairs[first][1], pairs[last][1] + 1, score(first, last))


def _best(found: Iterable[Near]) -> list[Near]:
    """Those with the highest score, without overlaps, in reading order."""
    best: list[Near] = []
    every = sorted(found, key=lambda near: near.start)
    top = max((near.score for near in every), default=0.0)
    for near in every:
        if near.score > top - _SAME and (not best or near.start >= best[-1].end):
            best.append(near)
    return best
