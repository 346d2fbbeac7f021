"""Words as two wordings of one thing share them: without inflection, and told apart by what they say.

A light stemmer, in the way of the first step of Porter's ("An algorithm for suffix stripping", 1980): plural, tense
and participle only, so that what is alike is the same word; it costs a microsecond, which the full ones in Python
do not.
"""

from __future__ import annotations

import re
from functools import lru_cache
from operator import add

from extractor.text import UNSPACED

_FUNCTION_WORDS = frozenset(
    """a about above after again all also although am an and another any are as at be because been before being below
    between both but by can could d did do does doing done down during each either else ever every few for from further
    had has have having he her here hers herself him himself his how however i if in into is it its itself just ll m
    many may me might mine more most much must my myself neither never no nor not of off on once only onto or other our
    ours out over own per quite rather re s same shall she should since so some such t than that the their theirs them
    then there these they this those though through thus to too toward towards under until up upon us ve very via was
    we were what when where whether which while who whom whose why will with within without would yet you your
    yours""".split()  # noqa: SIM905
)
_FUNCTION_CHARACTERS = frozenset("的了着是在和与及而或等之其这那此该将并被把也都就们于以为从对")
_IRREGULAR = {
    form: word
    for word, *forms in map(
        str.split,
        """buy bought|sell sold|say said|tell told|find found|lose lost|make made|take took taken|give gave given
        |get got gotten|go went gone|come came|become became|begin began begun|rise rose risen|fall fell fallen
        |grow grew grown|know knew known|see saw seen|show shown|hold held|keep kept|leave left|lead led|meet met
        |pay paid|send sent|spend spent|build built|win won|write wrote written|speak spoke spoken|think thought
        |bring brought|teach taught|catch caught|fight fought|feel felt|hear heard|run ran|drive drove driven
        |choose chose chosen|break broke broken|steal stole stolen|strike struck|shoot shot|sink sank sunk
        |man men|woman women|child children|person people|foot feet|life lives|wife wives|half halves
        """.split("|"),  # noqa: SIM905
    )
    for form in forms
}
_DOUBLE = re.compile(r"([bdfgmnprt])\1\Z")
_LAST_OF_ENDINGS = frozenset("sdgey")
_VOWEL = re.compile("[aeiouy]")
_SIBILANT = ("sses", "xes", "zzes", "ches", "shes")
_NO_PLURAL = ("ss", "us", "is")
_WORD = re.compile(rf"[^\W_{UNSPACED}]+(?:(?<=\d),\d{{3}}(?!\d))*+")
_RUN = re.compile(f"[{UNSPACED}]+")
_WIDE = re.compile("[\uff10-\uff5a]")
_NARROW = {wide: wide - 0xFEE0 for wide in range(0xFF10, 0xFF5B)}  # digits and letters
_SHORTEST = 3  # letters


def narrow(text: str) -> str:
    """Full-width digits and letters as ASCII: '１２km' → '12km'."""
    return text.translate(_NARROW) if _WIDE.search(text) else text


def fold(text: str) -> str:
    """Without case and width, at the same offsets: 'ＧＰＵ' → 'gpu'; of 'ß', which is longer without, one 's'."""
    folded = narrow(text).casefold()
    if len(folded) == len(text):
        return folded
    return "".join(char.casefold()[0] for char in narrow(text))


def words(folded: str, start: int = 0, end: int | None = None) -> list[str]:
    """Words of a stretch of a folded text: 'the 1,200 石墨烯' → ['the', '1,200']."""
    return _WORD.findall(folded, start, len(folded) if end is None else end)


def pairs(folded: str, start: int = 0, end: int | None = None) -> list[str]:
    """Pairs of characters where words stand without spaces: 'the 石墨烯' → ['石墨', '墨烯']; one alone stays."""
    found: list[str] = []
    if folded.isascii():
        return found
    for run in _RUN.findall(folded, start, len(folded) if end is None else end):
        found += map(add, run, run[1:]) if len(run) > 1 else run
    return found


def is_pair(term: str) -> bool:
    """'石墨' → True; '石', 'ab' → False."""
    return len(term) > 1 and _RUN.match(term) is not None


def stems(folded: str, start: int = 0, end: int | None = None) -> set[str]:
    """Words without their inflection, and pairs: 'the cities voted 1,200' → the, citi, vot, 1200."""
    return {*map(stem, words(folded, start, end)), *pairs(folded, start, end)}


@lru_cache(maxsize=1 << 16)
def stem(term: str) -> str:
    """A word without plural and tense: 'cities' → 'citi' as 'city', 'making' → 'mak' as 'make', 'bought' → 'buy'."""
    if not (term.isascii() and term.isalpha()):
        return term.replace(",", "")
    word = _IRREGULAR.get(term, term)
    if len(word) < _SHORTEST or word[-1] not in _LAST_OF_ENDINGS:
        return word
    word = _untensed(_singular(word))
    if word.endswith("e") and len(word) >= _SHORTEST:
        return word[:-1]
    return f"{word[:-1]}i" if word.endswith("y") and word[-2:-1] not in {*"aeiou"} else word


def _singular(word: str) -> str:
    """'boxes' → 'box', 'cities' → 'city'; 'houses' → 'house'; 'glass' and 'virus' stay."""
    if word.endswith("ies"):
        return f"{word[:-3]}y" if len(word) > len("ties") else word[:-1]
    if word.endswith(_SIBILANT):
        return word[:-2]
    return word[:-1] if len(word) > _SHORTEST and word.endswith("s") and not word.endswith(_NO_PLURAL) else word


def _untensed(word: str) -> str:
    """'stopped' → 'stop', 'running' → 'run', 'agreed' → 'agree'; 'red' and 'king' stay."""
    if word.endswith("eed"):
        return word[:-1] if len(word) > len("need") else word
    rest = word.removesuffix("ing") if word.endswith("ing") else word.removesuffix("ed")
    if rest == word or len(rest) < _SHORTEST - 1 or not _VOWEL.search(rest):
        return word
    if rest.endswith("i"):
        return f"{rest[:-1]}y"
    return rest[:-1] if _DOUBLE.search(rest) else rest


_FUNCTION_STEMS = frozenset(map(stem, _FUNCTION_WORDS))


@lru_cache(maxsize=1 << 16)
def is_function_word(word: str) -> bool:
    """Whether a stem, or a pair of characters, carries grammar rather than meaning: 'the' and '的人' → True."""
    return word in _FUNCTION_STEMS or (not word.isascii() and not _FUNCTION_CHARACTERS.isdisjoint(word))
