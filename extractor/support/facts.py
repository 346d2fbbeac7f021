"""What a document has of the numbers and names that a sentence states."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from unicodedata import normalize

from extractor.support import figures
from extractor.support.mentions import Index
from extractor.support.words import fold, is_function_word, narrow, stem, words

_CAPITALS = re.compile(r"[A-Z](?<!\w.)[A-Z&]{1,9}(?!\w)")
_CAPITALISED = re.compile(r"[A-Z](?<!\w.)[\w.’']*+(?:[ \n-](?:(?:of|and|the|for|de) ){0,2}[A-Z][\w.’']*+)++")
_INITIAL = re.compile(r"(?<!\w)[A-Z]")
_DOTTED = re.compile(r"(?<![\w.])(?:[^\W\d_]\.){2,9}")
_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
CALENDAR = frozenset((*_MONTHS, *_DAYS))
_IN_DATES = {  # months that are verbs too, by their capital or beside a day or year
    "May": re.compile(r"(?<![^\W_])(?:May|MAY|may(?=,?[ /-]['’]?\d)|(?<=\d[ /-])may)(?![^\W_])"),
    "March": re.compile(
        r"(?<![^\W_])(?:Mar(?:ch)?|MAR(?:CH)?|mar(?:ch)?(?=,?[ /-]['’]?\d)|(?<=\d[ /-])mar(?:ch)?)(?![^\W_])"
    ),
}
_ABBREVIATED = 3  # letters of a month or weekday
_ROOT = 4  # letters that the names of a country and of its people share
_PEOPLE = frozenset("|a|ain|an|ans|e|ean|en|ese|ey|i|ia|ian|ians|is|ish|n|ns|o|s|y".split("|"))  # noqa: SIM905
_SHORTEST = 2  # letters of an abbreviation
_LONGEST = 8
_NEAR = 2  # words from one part of a name to the next: 'Ann', 'B.', 'Bell'
_MOST_LOOKS = 50  # at sentences, for two words
_LATIN = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Claim:
    """What a sentence states: a number with what it may amount to, a name with its words, or a quoted text.

    A word is folded, other than an abbreviation ('US') and a month that a day or year is beside ('May').
    """

    start: int
    text: str
    amounts: frozenset[figures.Amount] = frozenset()
    words: tuple[str, ...] = ()
    quoted: str = ""
    sign: str = ""  # of the currency


def is_abbreviation(word: str) -> bool:
    """'US' and 'U.S.' → True, 'Us' → False."""
    letters = word.replace(".", "").replace("&", "")
    return _SHORTEST <= len(letters) <= _LONGEST and letters.isalpha() and letters.isupper()


def squeezed(text: str) -> str:
    """'《Das Kapital》 ' → 'daskapital'."""
    return re.sub(r"[\W_]+", "", normalize("NFKC", text).casefold())


class Facts:
    """The numbers and names of a document; each kind is collected when first asked for."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._text = index.text
        self._known: dict[str, bool] = {}
        self._apart: dict[tuple[str, str], bool] = {}

    def lacks(self, claim: Claim) -> bool:
        """Whether a number or name is nowhere in the document, in no form that is known here."""
        if claim.amounts:
            return self._lacks_written(claim) and claim.amounts.isdisjoint(self._spoken)
        if claim.quoted:
            return claim.quoted not in self._letters
        if not all(map(self._knows, claim.words)):
            return not self._has_initials(claim.words)
        return any(map(self._are_apart, claim.words, claim.words[1:]))

    def _are_apart(self, one: str, other: str) -> bool:
        """Whether the text has two words of a name, but of different ones: Mary Jones, of 'Ann Jones met Mary Bell'."""
        keys = stem(one), stem(other)
        if not all(
            key in self._index.forms and word not in CALENDAR for key, word in zip(keys, (one, other), strict=True)
        ):
            return False
        if keys not in self._apart:
            self._apart[keys] = not self._stand_together(*keys) and not any(map(self._is_plain, keys))
        return self._apart[keys]

    def _stand_together(self, one: str, other: str) -> bool:
        """Whether two words stand side by side, or with one between them, in any sentence."""
        both = {*self._index.mentions(one)}.intersection(self._index.mentions(other))
        for at in islice(sorted(both), _MOST_LOOKS):
            start, end = self._index.places[at]
            found = [key for word in words(fold(self._text[start:end])) if not is_function_word(key := stem(word))]
            places = [place for place, word in enumerate(found) if word == one]
            if any(other in found[max(place - _NEAR, 0) : place + _NEAR + 1] for place in places):
                return True
        return len(both) > _MOST_LOOKS

    def _is_plain(self, key: str) -> bool:
        """Whether the text has a word without a capital too: then it is none of a name, but a title, say."""
        for at in islice(self._index.mentions(key), _MOST_LOOKS):
            start, end = self._index.places[at]
            if any(word[0].islower() and stem(fold(word)) == key for word in _LATIN.findall(self._text, start, end)):
                return True
        return False

    def _lacks_written(self, claim: Claim) -> bool:
        """Whether no digits say a number: '$5' is not '£5', but may be '5', '5 dollars' or 'USD 5'."""
        signs = {sign for amount in claim.amounts for sign in self._written.get(amount, ())}
        return not signs if not claim.sign else signs.isdisjoint(("", claim.sign))

    @cached_property
    def _written(self) -> Mapping[figures.Amount, set[str]]:
        """The signs of currencies with which the text has each number in digits, '' for none."""
        text = narrow(self._text)
        found: defaultdict[figures.Amount, set[str]] = defaultdict(set)
        for figure in figures.written(text):
            sign = figures.sign(text, figure)
            for amount in figure.amounts | figure.bare:
                found[amount].add(sign)
        return dict(found)

    @cached_property
    def _spoken(self) -> frozenset[figures.Amount]:
        places = sorted({at for word in figures.WORDS for at in self._index.mentions(stem(word))})
        spans = (self._index.places[at] for at in places)
        found = (figure for start, end in spans for figure in figures.spoken(self._text[start:end]))
        return frozenset(amount for figure in (*found, *figures.chinese(self._text)) for amount in figure.amounts)

    @cached_property
    def _letters(self) -> str:
        return squeezed(self._text)

    @cached_property
    def _abbreviations(self) -> frozenset[str]:
        """Those in capitals, and the initials of names: 'U.S.' → US, 'World Health Organization' → WHO, WH, HO."""
        found = {*self._capitals}
        for run in _CAPITALISED.finditer(self._text):
            initials = "".join(_INITIAL.findall(run[0])).upper()
            for start in range(len(initials) - 1):
                found.update(initials[start : start + size] for size in range(_SHORTEST, _LONGEST + 1))
        return frozenset(found)

    @cached_property
    def _capitals(self) -> frozenset[str]:
        return frozenset(
            one[0].replace(".", "") for one in (*_DOTTED.finditer(self._text), *_CAPITALS.finditer(self._text))
        )

    @cached_property
    def _by_root(self) -> Mapping[str, Sequence[str]]:
        found: defaultdict[str, list[str]] = defaultdict(list)
        for word in self._index.forms:
            found[word[:_ROOT]].append(word)
        return found

    def _knows(self, word: str) -> bool:
        """Whether a word of a name stands in the text: 'Bell', the 'US' as 'U.S.', 'Russian' as 'Russia'."""
        if word not in self._known:
            self._known[word] = self._looks_up(word)
        return self._known[word]

    def _looks_up(self, word: str) -> bool:
        if is_abbreviation(word):
            return self._knows_abbreviation(word)
        return self._knows_month(word) if word in _IN_DATES else self._knows_word(word)

    def _knows_month(self, word: str) -> bool:
        """'May' by 'May', '3 may 2024' and '2024-05-03', not by the verb."""
        return _IN_DATES[word].search(self._text) is not None or self._knows_digits(word.casefold())

    def _knows_word(self, word: str) -> bool:
        key = stem(word)
        return key in self._index.forms or self._knows_date(word) or self._knows_kin(key)

    def _knows_abbreviation(self, word: str) -> bool:
        """'EU' stands there as such, as 'E.U.', 'eu' or 'European Union'; 'US' is not 'us'."""
        key = stem(fold(word))
        return word in self._abbreviations or (key in self._index.forms and not is_function_word(key))

    def _knows_date(self, word: str) -> bool:
        """A weekday or month that is shortened, or a month in digits."""
        if word not in CALENDAR:
            return False
        if word[:_ABBREVIATED] in self._index.forms:
            return True
        return word in _MONTHS and self._knows_digits(word)

    def _knows_digits(self, word: str) -> bool:
        """A month in a date of digits: 'may' by '2024-05-03'."""
        month = f"0?{_MONTHS.index(word) + 1}"
        dates = rf"\d{{4}}\s?[-/.年]\s?{month}(?!\d)|{month}\s?月|{month}[/.-]\d\d?[/.-]\d\d|\d[/.-]{month}[/.-]\d\d"
        return re.search(rf"(?<!\d)\d?(?:{dates})", self._text) is not None

    def _knows_kin(self, key: str) -> bool:
        """'britain' by 'british', 'german' by 'germany'."""
        for other in self._by_root.get(key[:_ROOT], ()):
            shared = next(
                (at for at, (a, b) in enumerate(zip(key, other, strict=False)) if a != b), min(len(key), len(other))
            )
            if key[shared:] in _PEOPLE and other[shared:] in _PEOPLE:
                return True
        return False

    def _has_initials(self, words: Sequence[str]) -> bool:
        """Whether the text has a name by its initials: 'World Health Organization' as 'WHO'."""
        initials = "".join(word[0] for word in words).upper()
        return len(initials) > _SHORTEST and initials in self._capitals
