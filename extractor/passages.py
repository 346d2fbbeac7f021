"""The passages of a document that are about some fields, each of which has its turn: BM25 over small parts of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import nsmallest
from itertools import chain, pairwise, zip_longest
from math import log
from typing import Any

from extractor.chunks import split
from extractor.dialect.keywords import subschemas
from extractor.excerpts import Excerpt, Range
from extractor.field_words import spaced
from extractor.pointers import resolve
from extractor.portions import Field, fields
from extractor.rank import scores
from extractor.scopes import Scopes, scopes_of
from extractor.text import weigh_tokens
from extractor.types import Document, Schema

_SHARE = 1 / 16  # of what is shown, that a passage has at most
_BEGINNING = 1 / 8  # of it, that the beginning of the document has
_LEAST, _MOST = 40, 125  # tokens of a passage: more room is for more passages, so that each field has some
_MOST_RANKED = 64  # passages of a field
_OF_NAME = 2.0  # how much more the words of a name count than those of what is said of a field
_OF_KIND = 1.5  # how much more a passage counts that has a value of the kind

_DATE = (
    r"(?i)\b(?:1[5-9]|20)\d\d\b|\d年|\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.? \d|\d [a-z]+ \d{4}"
)
_NUMBER = r"\d|[一二三四五六七八九十百千万亿]{2}"


@dataclass(frozen=True, slots=True)
class Passages:
    """The passages of a document, and by the path of each field those that have words of it, the best first."""

    document: Document
    ranges: Sequence[Range]
    ranked: Mapping[tuple[str, ...], Sequence[int]]
    pages: Sequence[int] = ()

    @classmethod
    def of(cls, document: Document, schema: Schema, size: float, pages: Sequence[int] = ()) -> Passages:
        """Those for excerpts of about so many tokens, as estimated."""
        text = document.text
        ranges = [(one.start, one.end) for one in split(text, _length(size))]
        scopes = scopes_of(schema)
        sought = [_Sought.of(schema, scopes, one) for one in fields(schema)]
        queries = [query for one in sought for query in (one.name, one.words)]
        found = iter(scores(queries, _noted(text, ranges, sought)))
        ranked = {one.path: one.ranked(text, ranges, next(found), next(found)) for one in sought}
        return cls(document, ranges, ranked, pages)

    def about(self, some: Sequence[Field], size: float) -> Excerpt:
        """The excerpt of so many tokens that is the most about some fields, with how the document begins."""
        taken: list[Range] = []
        left = size
        turns = chain.from_iterable(zip_longest(*(self.ranked[one.path] for one in some)))
        for at in dict.fromkeys(chain(self._first(size), turns, range(len(self.ranges)))):
            weight = 0.0 if at is None else weigh_tokens(self.document.text[slice(*self.ranges[at])])
            if at is not None and weight <= left:
                taken.append(self.ranges[at])
                left -= weight
            if left < _length(size) / 2:
                break
        return Excerpt.of(self.document, taken or self.ranges[:1], self.pages)

    def _first(self, size: float) -> Iterator[int]:
        """The passages that the document begins with, as far as there is room for others beside them."""
        left = size * _BEGINNING
        for at, (start, end) in enumerate(self.ranges):
            weight = weigh_tokens(self.document.text[start:end])
            if weight > (left if at else size / 2):
                break
            left -= weight
            yield at


def _length(size: float) -> int:
    """How many tokens a passage has at most, of an excerpt of so many."""
    return max(round(min(size * _SHARE, _MOST)), _LEAST)


@dataclass(frozen=True, slots=True)
class _Sought:
    """What tells that a passage is about a field: words, pairs of words of its name with the passages that have them.

    `kind` is what a number, or a date, looks like, where the field is one.
    """

    path: tuple[str, ...]
    name: str
    words: str
    pairs: Mapping[str, list[int]]
    kind: re.Pattern[str] | None

    @classmethod
    def of(cls, schema: Schema, scopes: Scopes, field: Field) -> _Sought:
        """That of a field."""
        name = spaced(field.path[-1]) if field.path else ""
        words = " ".join([field.name, *_said(schema, field)])
        pairs: dict[str, list[int]] = {" ".join(pair): [] for pair in pairwise(name.casefold().split())}
        kinds = scopes.of((field.node,)).kinds - {"null"}
        is_date = re.search(r"(?i)\bdates?\b|日期|\byear\b|年份", words)
        kind = _DATE if is_date and kinds <= {"string", "number"} else _NUMBER if kinds == {"number"} else None
        return cls(field.path, name, words, pairs, re.compile(kind) if kind else None)

    def ranked(
        self, text: str, ranges: Sequence[Range], of_name: Mapping[int, float], of_all: Mapping[int, float]
    ) -> list[int]:
        """The passages that have to do with it, the best first, by their scores."""
        total = dict(of_all)
        for at, score in of_name.items():
            total[at] = total.get(at, 0.0) + _OF_NAME * score
        for having in self.pairs.values():
            for at in having:
                total[at] = total.get(at, 0.0) + log(1 + len(ranges) / len(having))
        best = nsmallest(_MOST_RANKED, total, key=lambda at: (-total[at], at))
        if self.kind is None:
            return best
        has_one = {at for at in best if self.kind.search(text, *ranges[at])}
        return sorted(best, key=lambda at: (-total[at] * (_OF_KIND if at in has_one else 1.0), at))


def _noted(text: str, ranges: Sequence[Range], sought: Sequence[_Sought]) -> Iterator[str]:
    """The passages one by one; which pairs of words each has is noted on the way."""
    pairs = [(pair, having) for one in sought for pair, having in one.pairs.items()]
    for at, (start, end) in enumerate(ranges):
        passage = text[start:end]
        flat = " ".join(passage.casefold().split()) if pairs else ""
        for pair, having in pairs:
            if pair in flat:
                having.append(at)
        yield passage


def _said(schema: Schema, field: Field) -> Iterator[str]:
    """What is said of a field: its description, and the names, descriptions and choices of what is inside of it."""
    todo: list[Any] = [field.node]
    seen: set[str] = set()
    while todo:
        for node in subschemas(todo.pop(0)):
            if isinstance(to := node.get("$ref"), str) and to not in seen:
                seen.add(to)
                todo.append(resolve(schema.json_schema, to))
            yield from map(spaced, node.get("properties", ()))
            yield from map(str, node.get("enum", ()))
            if isinstance(node.get("description"), str):
                yield node["description"]
