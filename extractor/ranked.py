"""The terms of a document that matter most: of all that it has, those that the model holds for the likeliest.

A model that writes a list of keywords decides token by token, and each is drawn to what it wrote before: "XML",
"problem", "validation". Here nothing is written: all terms of the document are admitted as the first item of the list,
and the engine finds the likeliest of them, each as a whole. So no term can be made up, and they come in the order of
what the model says of them. A term that is said often counts for more, as one of several words does, which is as
likely as all of its words together; one whose words are part of a better one is left out. (In scripts without blanks
such parts stay: they were right as often as others.) What the model wrote, as far as it stands in the text, is a second
opinion, which counts half: the two are joined by the places that terms have in each (reciprocal rank fusion, Cormack et
al. 2009).

A list is meant so by a mark (`Ranked`) or by its name (`keywords`, `关键词`). Without the mark what the model writes
says how many terms there are, and that they are in the words of the text: keywords in another language stay as written.

tests/benchmarks/keywords.py measures it beside lists that are written.
"""

from __future__ import annotations

import math
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import accumulate
from typing import Any

import regex

from extractor.errors import EngineUnavailable, RequestRejected
from extractor.field_words import are_keywords
from extractor.ground.whole import find_whole
from extractor.labels import Chat, before
from extractor.marks import RANKED
from extractor.pointers import Path, around, pointer, value_at
from extractor.scopes import lists_texts, scopes_of, standing
from extractor.support.words import is_function_word, stem
from extractor.types import Engine, Likely, Message, Schema
from extractor.verbatim import BLANK, Runs, runs

WRITTEN = "the terms are as the model wrote them"

_USUAL, _MOST = 8, 20  # terms
_MOST_WORDS = 6
_MOST_CHUNKS = 16  # words, joints between them, and characters of scripts without blanks
_LONGEST = 60  # characters
_WRITTEN_TOO = 0.5  # of the mark for a place among the likeliest: that for a place in what the model wrote
_SAID_AGAIN = 0.5  # what the logarithm of how often a term is said adds to that of its probability

_JOINTS = frozenset("-‐‑–/·・&+")
_WORD = regex.compile(r"[\p{L}\p{M}\p{N}]")
_PARAGRAPH = regex.compile(r"\n\s*\n|[^\s]")  # control characters too
_LETTER = regex.compile(r"\p{L}")


@dataclass(slots=True)
class RankedTerms:
    """By path the terms of lists, and notes by pointer about those that are as the model wrote them."""

    terms: dict[Path, list[str]] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TermField:
    """A list of terms: where it stands in a record, how many and how long they may be."""

    path: Path
    least: int = 0
    most: int = _USUAL
    longest: int = _LONGEST
    is_marked: bool = True

    def beside(self, written: Sequence[Any], there: Sequence[str]) -> TermField | None:
        """What is sought in place of what a model wrote, by what of that is in the text; None where it is to stay."""
        if self.is_marked:
            return self
        is_of_text = 0 < len(written) <= min(2 * len(there), self.most)
        return replace(self, least=len(written), most=len(written)) if is_of_text else None


async def ranked(schema: Schema, data: Any, text: str, chat: Chat, engine: Engine) -> RankedTerms:
    """The terms of the lists of a record that are meant so; `chat` makes of a text what the model is asked."""
    found = RankedTerms()
    for field_ in term_fields(schema):
        place = pointer(field_.path)
        written = value_at(data, place)
        if not isinstance(written, list):
            continue
        there = [*_spelled(map(str, written), text)]
        if (one := field_.beside(written, there)) is None:
            continue
        try:
            terms = await _terms(one, text, chat(text), engine)
        except (EngineUnavailable, RequestRejected) as error:
            found.notes[place] = f"{WRITTEN}: {error}"
            break
        if terms is None:  # an engine that cannot tell: that lists are as they are written is the rule there
            break
        if len(terms) >= max(one.least, 1):
            found.terms[one.path] = joined(terms, there)[: one.most]
        elif one.is_marked:
            found.notes[place] = f"{WRITTEN}: the text has {len(terms)} that it could be"
    return found


@lru_cache(maxsize=64)
def term_fields(schema: Schema) -> tuple[TermField, ...]:
    """The lists of terms by their mark or their name, of those that stand in a record once."""
    found = []
    for path, scope in standing(schema):
        said = [part[RANKED] for part in scope.parts if RANKED in part]
        is_meant = any(one is True for one in said) or (not said and bool(path) and are_keywords(path[-1]))
        if path and is_meant and lists_texts(scopes_of(schema), scope):
            least = max((_count(part, "minItems") or 0 for part in scope.parts), default=0)
            usual = _USUAL if said else _MOST
            most = min(filter(None, (_count(part, "maxItems") for part in scope.parts)), default=usual)
            inside = [node for node in scope.items if isinstance(node, Mapping)]
            longest = min(filter(None, (_count(node, "maxLength") for node in inside)), default=_LONGEST)
            found.append(TermField(path, least, min(most, _MOST), min(longest, _LONGEST), bool(said)))
    return tuple(found)


def _count(node: Mapping[str, Any], keyword: str) -> int | None:
    value = node.get(keyword)
    return value if isinstance(value, int) else None


async def _terms(one: TermField, text: str, messages: tuple[Message, ...], engine: Engine) -> list[str] | None:
    """The best terms of a text; None where the engine does not tell."""
    ask = getattr(engine, "likeliest", None)
    if ask is None:
        return None
    begun = Message("assistant", f'{before(around(one.path, [""]), (*one.path, 0))}"')
    found: list[Likely] | None = await ask((*messages, begun), Terms.of(text, one.longest), '"', 2 * one.most + 2)
    return None if found is None else best(found, text)


def _spelled(terms: Iterable[str], text: str) -> Iterator[str]:
    """Terms as a text has them as whole words: 'Solar Power' → 'solar power'; those that it has not are left out."""
    said = " ".join(text.casefold().split())
    for term in terms:
        is_there = next(find_whole(" ".join(term.casefold().split()), said), None) is not None
        if is_there and (found := regex.search(r"\s+".join(map(regex.escape, term.split())), text, regex.IGNORECASE)):
            yield " ".join(found[0].split())


def joined(likely: Sequence[str], written: Sequence[str]) -> list[str]:
    """The likeliest terms and those that a model wrote, by their places in both."""
    marks: dict[str, float] = defaultdict(float)
    named: dict[str, str] = {}
    for terms, share in ((likely, 1.0), (written, _WRITTEN_TOO)):
        for at, term in enumerate(dict.fromkeys(terms)):
            marks[_stems(term)] += share / (1 + at)
            named.setdefault(_stems(term), term)
    return _apart(named[stems] for stems in sorted(marks, key=marks.__getitem__, reverse=True))


def best(found: Iterable[Likely], text: str) -> list[str]:
    """Terms by how likely they are, how often they are said and how many words they have; no part of a better one."""
    said = runs(text).view.casefold()
    weights = {
        one.text: one.weight
        + math.log(one.text.count(BLANK) + 1)
        + _SAID_AGAIN * math.log(max(said.count(one.text.casefold()), 1))
        for one in found
        if _LETTER.search(one.text)
    }
    return _apart(sorted(weights, key=weights.__getitem__, reverse=True))


def _apart(terms: Iterable[str]) -> list[str]:
    """Terms, without those whose words are part of one before them."""
    kept: dict[str, str] = {}
    for term in terms:
        if not any(_stems(term) in other for other in kept):
            kept[_stems(term)] = term
    return [*kept.values()]


def _stems(term: str) -> str:
    """'Solar-power plants' → ' solar  power  plant '."""
    return "".join(f" {stem(word)} " for word in term.casefold().replace("-", " ").split())


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of a text, byte by byte: runs of its words without a mark between, no function word at either end.

    A state is how many bytes there are, and at which chunks what is written may have begun. `begins` are the places of
    chunks by their first byte, `reaches` up to where a term that begins there may go, `ends` where one may end.
    """

    view: bytes
    begins: Mapping[int, Sequence[int]]
    offsets: Sequence[int]
    reaches: Sequence[int]
    ends: frozenset[int]
    start: tuple[int, tuple[int, ...]] = (0, ())

    @classmethod
    def of(cls, text: str, longest: int = _LONGEST) -> Terms:
        """The terms of at most so many characters."""
        found = runs(text)
        view = found.view.encode("utf-8", "replace")
        place = array("q", accumulate((len(char.encode("utf-8", "replace")) for char in found.view), initial=0))
        words = [found.view[start:end] for start, end in zip(found.starts, found.ends, strict=True)]
        whole = [*map(_tells, words)]  # terms begin and end there
        begins: dict[int, list[int]] = defaultdict(list)
        reaches = []
        for at in range(len(words)):
            last = _reach(found, words, text, at, longest)
            while last > at and not whole[last]:
                last -= 1
            reaches.append(place[found.ends[last]])
            if whole[at]:
                begins[view[place[found.starts[at]]]].append(at)
        ends = frozenset(place[end] for end, is_end in zip(found.ends, whole, strict=True) if is_end)
        return cls(view, begins, [place[start] for start in found.starts], reaches, ends)

    def after(self, state: tuple[int, tuple[int, ...]], more: bytes) -> tuple[int, tuple[int, ...]] | None:
        """The state behind more bytes; None where no term goes on so."""
        size, places = state
        until = size + len(more)
        left = tuple(
            at
            for at in (places if size else self.begins.get(more[0], ()))
            if self.offsets[at] + until <= self.reaches[at] and self.view.startswith(more, self.offsets[at] + size)
        )
        return (until, left) if left else None

    def is_whole(self, state: tuple[int, tuple[int, ...]]) -> bool:
        """Whether a term ends here."""
        size, places = state
        return any(self.offsets[at] + size in self.ends for at in places)


def _tells(word: str) -> bool:
    """Whether a term may begin and end with a chunk: no mark, no 's and no 'the'; any character of Chinese may."""
    is_word = _WORD.search(word) and not word.startswith(("'", "’"))
    return bool(is_word) and not (word.isascii() and is_function_word(stem(word.casefold())))


def _reach(found: Runs, words: Sequence[str], text: str, at: int, longest: int) -> int:
    """The last chunk of the longest term that begins with one."""
    last, blanks = at, 0
    while last + 1 < len(words) and last + 1 - at < _MOST_CHUNKS:
        between = text[found.stops[last] : found.offsets[last + 1]]
        blanks += bool(between)
        is_on = (
            not _PARAGRAPH.search(between)
            and blanks < _MOST_WORDS
            and found.ends[last + 1] - found.starts[at] <= longest
        )
        if not is_on or not (_WORD.search(words[last + 1]) or words[last + 1] in _JOINTS):
            break
        last += 1
    return last
