"""The sentences of a document by their words: which ones have a word in some form, and what each one has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from extractor.support.sentences import sentences
from extractor.support.words import fold, pairs, stem, stems, words


@dataclass(frozen=True, slots=True)
class Index:
    """Where sentences stand in a text, those that have a word or pair of characters, and the forms of a stem."""

    text: str
    folded: str
    places: Sequence[tuple[int, int]]
    holders: Mapping[str, Sequence[int]]
    forms: Mapping[str, Sequence[str]]
    _stems: dict[int, set[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, text: str) -> Index:
        """The index of a text."""
        folded, places = fold(text), sentences(text)
        holders: defaultdict[str, list[int]] = defaultdict(list)
        for at, (start, end) in enumerate(places):
            for word in {*words(folded, start, end)}:
                holders[word].append(at)
        forms: defaultdict[str, list[str]] = defaultdict(list)
        for word in holders:
            forms[stem(word)].append(word)
        if not text.isascii():
            for at, (start, end) in enumerate(places):
                for pair in {*pairs(folded, start, end)}:
                    holders[pair].append(at)
        return cls(text, folded, places, dict(holders), dict(forms))

    def mentions(self, word: str) -> Sequence[int]:
        """The sentences that have a stem or a pair, in reading order."""
        forms = self.forms.get(word, (word,))
        if len(forms) == 1:
            return self.holders.get(forms[0], ())
        return sorted({at for form in forms for at in self.holders[form]})

    def stems(self, at: int) -> set[str]:
        """What a sentence has."""
        if at not in self._stems:
            self._stems[at] = stems(self.folded, *self.places[at])
        return self._stems[at]
