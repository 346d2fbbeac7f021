"""The numbers and names that a sentence states.

Seen are numbers in digits and words; in scripts with capitals, capitalised words that do not merely begin a sentence,
abbreviations and words with digits in them; in Chinese, foreign words, 《titles》 and “quoted” names, and names that a
telling character ends (公司, 大学, 市) or a verb of speech follows (张伟表示).

Not seen are a single capitalised word that begins a sentence, unless it is the subject of a verb in the singular; names
in sentences whose words are all capitalised, as in headlines, other than abbreviations; most names of persons and
places in Chinese; ordinals in words; and what stands in the document, but for something else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from extractor.support import figures
from extractor.support.facts import CALENDAR, Claim, is_abbreviation, squeezed
from extractor.support.words import fold, is_function_word, narrow, stem, words
from extractor.text import UNSPACED

_LETTER = rf"[^\W\d_{UNSPACED}]"
_WORD = re.compile(rf"(?<![^\W{UNSPACED}])(?:(?:{_LETTER}\.){{2,9}}|{_LETTER}(?:{_LETTER}|\d|['’&](?={_LETTER}))*+)")
_BEGINNING = re.compile(r"(?:\A|[:：“‘\"(\[「『!?…]|\.\.)\s*['\"“‘(]*\Z")
_JOINT = re.compile(r"[ \-–]|['’]s | (?:of|of the|de|la|da|von|van|al|bin|&) ")
_POSSESSIVE = re.compile(r"['’](?:s|d|ll|re|ve|m|t)?\Z", re.IGNORECASE)
_SINGULAR_VERBS = frozenset(("is", "was", "has", "does", "says"))
_VERBS = _SINGULAR_VERBS | {"will", "would", "said", "told", "could", "can", "had", "may", "might", "must", "should"}
_NO_NAMES = frozenset(  # which stand without an article as names do
    """access advice air anyone anything art business cash children crime crowd data debt demand education energy
    equipment everybody everyone everything evidence food freedom fuel funding gas gold government growth health help
    history hope housing income inflation information interest investment justice knowledge law less let life love
    management media men money music nature news nobody nothing oil opposition output paper parliament peace people
    performance police policy politics poverty power pressure production progress property quality rain research safety
    science security society software somebody someone something space speculation spending sport staff steel supply
    support tax technology time today tomorrow tonight trade traffic training transport travel treatment unemployment
    violence war water weather well women work year yesterday""".split()  # noqa: SIM905
)
_HONORIFICS = frozenset(("mr", "mrs", "ms", "miss", "dr", "prof", "professor", "sir", "messrs"))
_PERCENT = re.compile(r"\s?[%‰]")
_HEADLINE = 0.85  # share of capitalised words from which on capitals say nothing
_FEWEST = 4  # words of a headline
_UNSPACED = re.compile(f"[{UNSPACED}]")
_CHARACTERS = 2  # of Chinese that say as much as one word
_AMBIGUOUS_MONTHS = frozenset(("may", "march"))
_DAY_BEFORE = re.compile(r"(?<![\d.,])\d\d?(?:st|nd|rd|th)?(?: of)? \Z")
_DAY_AFTER = re.compile(r" \d\d?(?:st|nd|rd|th)?(?![\w%]|[.,]\d)|,? (?:1\d|2[01])\d\d(?!\d)")

_HAN = "\u3400-\u4dbf\u4e00-\u9fff"
_QUOTED = re.compile(r"《([^《》\n]{1,40})》|[“「『]([^“”「」『』\n]{1,20})[”」』]")
_BODY = re.compile(
    rf"[{_HAN}]{{2}}(?:公司|大学|学院|银行|集团|医院|法院|研究院|研究所|委员会|出版社|电视台|[省市县](?![场民长政值内级委区辖]))"
)
_ANY_BODY = re.compile(
    "[该本这那所家个各其此我某新多的在和与及是有们一两几每全城股超楼都房车门夜集节反子一二三四五六七八九十]|上(?!海)|商业|保险|科技|证券|中央|医科|综合|重点|地方|投资|跨国|现代|民营|私立|公立|专业|综合|基层|普通|高等|人民"
)
_SPEAKER = re.compile(
    r"(?:\A|[，。、：；“（\s])([王李张刘陈杨赵黄周吴徐孙胡朱林郭罗梁宋郑谢韩唐冯董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾魏薛叶阎潘杜戴夏钟汪姜范]"
    rf"[{_HAN}]{{1,2}}?)(?=说|表示|称|认为|指出|介绍|透露|告诉|强调|先生|女士|教授|博士)"
)
_IDIOMS = frozenset(("千万", "万一", "万千", "万万", "一一", "百万", "千百", "十万", "一百", "一千", "一万", "一亿"))


def claims(sentence: str) -> list[Claim]:
    """The numbers and names of a sentence: 'Then Ann Bell paid 12k.' → Ann Bell, 12k."""
    plain = narrow(sentence)
    found = [*_numbers(plain), *_names(plain), *_chinese_names(plain)]
    return sorted(found, key=lambda claim: claim.start)


def _numbers(sentence: str) -> Iterator[Claim]:
    for figure in figures.written(sentence):
        start, end = _dressed(sentence, figure.start, figure.end)
        yield Claim(start, sentence[start:end], figure.amounts, sign=figures.sign(sentence, figure))
    for figure in (*figures.spoken(sentence), *figures.chinese(sentence)):
        text = sentence[figure.start : figure.end]
        if len(text) > 1 and text.casefold() != "one" and text not in _IDIOMS:
            yield Claim(figure.start, text, figure.amounts)


def _dressed(sentence: str, start: int, end: int) -> tuple[int, int]:
    """Where a number stands with its sign of a currency or of percent: 30m in 'over £30m' → £30m."""
    lead, tail = figures.CURRENCY.search(sentence, max(start - 2, 0), start), _PERCENT.match(sentence, end)
    return lead.start() if lead else start, tail.end() if tail else end


def _names(sentence: str) -> Iterator[Claim]:
    """Runs of words that capitals, digits or a foreign script mark as names."""
    words = list(_WORD.finditer(sentence))
    marks = _Marks.of(sentence, words)
    run: list[re.Match[str]] = []
    for at, word in enumerate(words):
        if marks.is_dated(at):
            yield Claim(word.start(), word[0], words=(word[0].capitalize(),))
            continue
        if not marks.is_name(at):
            continue
        if run and not _JOINT.fullmatch(sentence, run[-1].end(), word.start()):
            yield from _claim(sentence, run)
            run = []
        run.append(word)
    yield from _claim(sentence, run)


def _claim(sentence: str, run: Sequence[re.Match[str]]) -> Iterator[Claim]:
    parts = tuple(part for word in run for part in _parts(word[0]))
    if parts:
        start, end = run[0].start(), run[-1].end()
        yield Claim(start, _POSSESSIVE.sub("", sentence[start:end]), words=parts)


def _parts(word: str) -> list[str]:
    """What has to be known of a word of a name: "O'Hara's" → ['o', 'hara'], 'U.S.' → ['US'], 'Mr' → []."""
    bare = _POSSESSIVE.sub("", word)
    if is_abbreviation(bare):
        return [bare.replace(".", "")]
    return [part for part in words(fold(bare)) if part not in _HONORIFICS and not is_function_word(stem(part))]


@dataclass(frozen=True, slots=True)
class _Marks:
    """The words of a sentence, and whether capitals and the script tell its names."""

    sentence: str
    words: Sequence[re.Match[str]]
    has_plain_case: bool  # not a headline
    is_loud: bool  # capitals throughout
    is_foreign: bool  # for Latin words, as it is mostly Chinese

    @classmethod
    def of(cls, sentence: str, words: Sequence[re.Match[str]]) -> _Marks:
        telling = [word[0] for word in words if not _is_grammar(word[0])]
        capitals = sum(word[0].isupper() for word in telling)
        is_long = len(telling) >= _FEWEST
        return cls(
            sentence,
            words,
            not is_long or capitals < _HEADLINE * len(telling),
            is_long and all(word.isupper() for word in telling),
            len(_UNSPACED.findall(sentence)) > _CHARACTERS * len(words),
        )

    def is_name(self, at: int) -> bool:
        word = self.words[at][0]
        if any(map(str.isdigit, word)):
            return True
        if self.is_loud or len(word) == 1 or (_is_grammar(word) and not is_abbreviation(word)):
            return False
        if self.is_foreign or sum(map(str.isupper, word)) > 1:
            return True
        if not self.has_plain_case or not word[0].isupper():
            return False
        return not self._begins(at) or self._is_name_at_the_beginning(at)

    def is_dated(self, at: int) -> bool:
        """Whether a word is a month, as a day or a year is beside it: in '3 May 2024', not in 'It May rain'."""
        word, (start, end) = self.words[at][0], self.words[at].span()
        if not word[0].isupper() or word.casefold() not in _AMBIGUOUS_MONTHS:
            return False
        return bool(_DAY_BEFORE.search(self.sentence, max(start - 8, 0), start) or _DAY_AFTER.match(self.sentence, end))

    def _begins(self, at: int) -> bool:
        """Whether a word is the first one, or the first of what is quoted: its capital says nothing."""
        start = self.words[at].start()
        return _BEGINNING.search(self.sentence[max(start - 4, 0) : start]) is not None

    def _is_name_at_the_beginning(self, at: int) -> bool:
        """'Ann Bell left', 'Monday is', "Bell's hat" and 'Bell has'; neither 'Money is' nor 'Boys left'."""
        word = self.words[at][0].casefold()
        bare = _POSSESSIVE.sub("", word)
        if bare in CALENDAR - _AMBIGUOUS_MONTHS:
            return True
        if bare in _NO_NAMES or bare.endswith(("ing", "ly")):
            return False
        return word.endswith(("'s", "’s")) or self._leads(at)

    def _leads(self, at: int) -> bool:
        """Whether a capitalised word, or a verb that fits one person, is next to a word."""
        if at + 1 == len(self.words):
            return False
        word, following = self.words[at], self.words[at + 1][0]
        if not _JOINT.fullmatch(self.sentence, word.end(), self.words[at + 1].start()):
            return False
        if following[0].isupper():
            return not _is_grammar(following)
        if word[0].endswith("s"):  # or it may be a plural
            return following in _SINGULAR_VERBS
        return following in _VERBS or following.endswith("ed")


def _is_grammar(word: str) -> bool:
    return is_function_word(stem(_POSSESSIVE.sub("", word.casefold())))


def _chinese_names(sentence: str) -> Iterator[Claim]:
    if not re.search(f"[{_HAN}]", sentence):
        return
    for found in _QUOTED.finditer(sentence):
        if quoted := squeezed(found[1] or found[2]):
            yield Claim(found.start(), found[0], quoted=quoted)
    for found in _BODY.finditer(sentence):
        if not _ANY_BODY.search(found[0][:2]):
            yield Claim(found.start(), found[0], quoted=squeezed(found[0]))
    for found in _SPEAKER.finditer(sentence):
        yield Claim(found.start(1), found[1], quoted=squeezed(found[1]))
