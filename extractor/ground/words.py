"""The words of a folded text, with the ways in which a word can be written: in the plural, with a slip of the pen."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import accumulate, islice
from unicodedata import normalize

from extractor.text import UNSPACED, plain_digits

_WORD = re.compile(rf"[^\W_{UNSPACED}]+")
_PARTS = re.compile(f"({_WORD.pattern})")
_POSSESSIVE = re.compile(r"['’ʼ](?<=\w['’ʼ])s(?!\w)")
_SIBILANT = ("s", "x", "z", "ch", "sh")
_IRREGULAR = {
    "child": "children", "foot": "feet", "goose": "geese", "man": "men", "mouse": "mice", "ox": "oxen",
    "person": "people", "tooth": "teeth", "woman": "women",
}  # fmt: skip
_IRREGULAR |= {several: one for one, several in _IRREGULAR.items()}
_MOST_ALIKE = 4_000  # words that are compared with one
_LEAST = 5  # letters of a word that may have a slip: in shorter ones another letter is another word

_MARKS = re.compile("(?<=[a-z])[\u0300-\u036f]+")
_STROKES = str.maketrans("øłđħı", "oldhi")  # which no other form of them parts

_FUNCTION = frozenset(
    """a an and are as at be but by for from had has he her his i if in into is it its me my of off on or our out
    she so than that the their them then they this to too under up us was we were what when which who will with
    you your""".split()  # noqa: SIM905
)


def words_of(text: str) -> list[str]:
    """The words of a folded text, not those of scripts without spaces: "ann's red cats" → ann, red, cats."""
    return _WORD.findall(_bare(text))


def weight(word: str) -> float:
    """How much a word tells, about its letters, a function word little: 'ferry' → 5, 'from' → 1."""
    return 1.0 if word in _FUNCTION else float(len(word))


def is_function(word: str) -> bool:
    """Whether a word merely holds others together: 'of' → True."""
    return word in _FUNCTION


def _bare(text: str) -> str:
    """A text without possessives and raised digits, as long as before: "ann's m²" → 'ann   m2'."""
    return _POSSESSIVE.sub("  ", plain_digits(text))


def other_number(word: str) -> Iterator[str]:
    """A word in the plural, or in the singular, by the rules of English: 'ferries' → ferrie, ferry."""
    if not word[1:].isalpha():
        return
    if word in _IRREGULAR:
        yield _IRREGULAR[word]
    if not word.endswith(_SIBILANT):
        yield word + "s"
    if word.endswith((*_SIBILANT, "o")):
        yield word + "es"
    if word.endswith("y") and word[-2] not in "aeiou":
        yield word[:-1] + "ies"
    if word.endswith(("f", "fe")):
        yield word.removesuffix("e")[:-1] + "ves"
    yield from _singular(word)


def _singular(word: str) -> Iterator[str]:
    if not word.endswith("s") or word.endswith("ss"):
        return
    yield word[:-1]
    if word.endswith("es") and word[:-2].endswith((*_SIBILANT, "o")):
        yield word[:-2]
    if word.endswith("ies"):
        yield word[:-3] + "y"
    if word.endswith("ves"):
        yield word[:-3] + "f"
        yield word[:-3] + "fe"


def unmarked(word: str) -> str:
    """A word without the marks of its Latin letters, as long as before: 'zoë' → 'zoe', 'łódź' → 'lodz', 'й' → 'й'."""
    if word.isascii():
        return word
    return normalize("NFC", _MARKS.sub("", normalize("NFD", word.translate(_STROKES))))


def _goes_on(one: str, other: str) -> bool:
    """Whether one word has a letter more at its end, other than its last one twice: 'swede', 'sweden'."""
    longer, shorter = sorted((one, other), key=len, reverse=True)
    is_twice = longer[-1] == longer[-2] != "s"  # 'princes', 'princess'
    return longer.startswith(shorter) and not is_twice


class Words:
    """The words of a folded text: all in their order, and the places of each."""

    def __init__(self, text: str) -> None:
        parts = _PARTS.split(_bare(text))  # the words at the odd places
        self.words = parts[1::2]
        self._ends = [*accumulate(map(len, parts))]
        self.places: dict[str, list[int]] = defaultdict(list)
        for at, word in enumerate(self.words):
            self.places[word].append(at)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where a run of words stands in the text."""
        return self._ends[2 * start], self._ends[2 * end - 1]

    def forms(self, word: str) -> Sequence[tuple[str, float]]:
        """How the text may write a word, each with the likeness: itself and its other number, or else with a slip."""
        others = (form for form in other_number(word) if not is_function(form))
        same = [form for form in (word, *others) if form in self.places]
        return [(form, 1.0) for form in dict.fromkeys(same)] or self._marked(word) or self._slips(word)

    def _marked(self, word: str) -> list[tuple[str, float]]:
        """The words of the text that have other marks on their letters, each of which counts as half a wrong one."""
        bare = unmarked(word)
        others = [*((bare,) if bare in self.places else ()), *self._by_bare.get(bare, ())]
        wrong = (sum(map(str.__ne__, word, other)) for other in others)
        return [(other, 1 - many / (2 * len(word))) for other, many in zip(others, wrong, strict=True)]

    def _slips(self, word: str) -> list[tuple[str, float]]:
        """The words of the text that are one letter away: too many, too few, a wrong one, two in the wrong order.

        A letter more or less at the end is no slip, but mostly makes another word: 'Sweden', 'Swede'.
        """
        if len(word) < _LEAST - 1 or not word.isalpha():
            return []
        from rapidfuzz.distance import OSA  # what is found needs no such comparison

        alike = islice(self._alike(word), _MOST_ALIKE)
        near = [
            other for other in alike if OSA.distance(word, other, score_cutoff=1) == 1 and not _goes_on(word, other)
        ]
        return [(other, 1 - 1 / max(len(word), len(other))) for other in near]

    def _alike(self, word: str) -> Iterable[str]:
        """Words of about the same length and beginning or end: one slip cannot change both."""
        head, tail = word[:2], word[-2:]
        shortest = max(len(word) - 1, _LEAST - 1) if len(word) >= _LEAST else _LEAST
        for size in range(shortest, len(word) + 2):
            yield from self._by_ends.get((head, "", size), ())
            yield from (other for other in self._by_ends.get(("", tail, size), ()) if other[:2] != head)

    @cached_property
    def _by_ends(self) -> dict[tuple[str, str, int], list[str]]:
        found: dict[tuple[str, str, int], list[str]] = {}
        for word in self.places:
            if len(word) >= _LEAST - 1 and word.isalpha():
                found.setdefault((word[:2], "", len(word)), []).append(word)
                found.setdefault(("", word[-2:], len(word)), []).append(word)
        return found

    @cached_property
    def _by_bare(self) -> dict[str, list[str]]:
        """The words with marks by how they are without."""
        found: dict[str, list[str]] = {}
        for word in self.places:
            if not word.isascii() and (bare := unmarked(word)) != word and len(bare) == len(word):
                found.setdefault(bare, []).append(word)
        return found
