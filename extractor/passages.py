"""The passages of a document that are about some fields, each of which has its turn: BM25 over small parts of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import Any

from extractor.chunks import split
from extractor.excerpts import Excerpt, Range
from extractor.pointers import resolve
from extractor.portions import Field, fields, spaced
from extractor.rank import scores
from extractor.text import weigh_tokens
from extractor.types import Document, Schema

_SHARE = 1 / 8  # of what is shown, that a passage has


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
        ranges = [(one.start, one.end) for one in split(text, max(round(size * _SHARE), 1))]
        every = fields(schema)
        queries = [query for one in every for query in (one.name, " ".join(_words(schema, one)))]
        found = scores(queries, (text[start:end] for start, end in ranges))
        ranked = {one.path: _best_first(*found[2 * at : 2 * at + 2]) for at, one in enumerate(every)}
        return cls(document, ranges, ranked, pages)

    def about(self, some: Sequence[Field], size: float) -> Excerpt:
        """The excerpt of so many tokens that is the most about some fields, with how the document begins."""
        taken: list[Range] = []
        left = size
        for at in _in_turn([self.ranked[one.path] for one in some], len(self.ranges)):
            start, end = self.ranges[at]
            weight = weigh_tokens(self.document.text[start:end])
            if weight <= left:
                taken.append((start, end))
                left -= weight
            if left < size * _SHARE / 2:
                break
        return Excerpt.of(self.document, taken or self.ranges[:1], self.pages)


def _best_first(of_name: Mapping[int, float], of_all: Mapping[int, float]) -> list[int]:
    """Passages by their scores; the words of a name count twice."""
    total = {at: score + of_name.get(at, 0.0) for at, score in of_all.items()}
    return sorted(total, key=lambda at: (-total[at], at))


def _in_turn(ranked: Sequence[Sequence[int]], size: int) -> Iterator[int]:
    """Each number once: the first; the best of each ranking, then the second of each, and so on; then what is left."""
    turns = chain.from_iterable(zip_longest(*ranked))
    yield from dict.fromkeys(at for at in chain([0], turns, range(size)) if at is not None)


def _words(schema: Schema, field: Field) -> Iterator[str]:
    """What is said of a field: its name, and the names, descriptions and choices of what is inside of it."""
    yield field.name
    todo: list[Any] = [field.node]
    seen: set[str] = set()
    while todo:
        node = todo.pop(0)
        if isinstance(node, list):
            todo += node
        if not isinstance(node, Mapping):
            continue
        if isinstance(to := node.get("$ref"), str) and to not in seen:
            seen.add(to)
            todo.append(resolve(schema.json_schema, to))
        yield from map(spaced, node.get("properties", ()))
        yield from map(str, node.get("enum", ()))
        if isinstance(node.get("description"), str):
            yield node["description"]
        todo += node.values()
