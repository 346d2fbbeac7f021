"""The passages of a document that are about some fields, each of which has its turn: BM25 over small parts of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, zip_longest
from typing import Any

from extractor.chunks import split
from extractor.excerpts import Excerpt, Range
from extractor.pointers import resolve
from extractor.portions import Field, spaced
from extractor.rank import scores
from extractor.text import weigh_tokens
from extractor.types import Document, Schema

_SHARE = 1 / 8  # of what is shown, that a passage has


def about(document: Document, schema: Schema, some: Sequence[Field], size: float, pages: Sequence[int] = ()) -> Excerpt:
    """The excerpt of so many tokens, as estimated, that is the most about some fields, and how the document begins."""
    text = document.text
    passages = split(text, max(round(size * _SHARE), 1))
    ranked = _ranked(schema, some, (text[one.start : one.end] for one in passages))
    taken: list[Range] = []
    left = size
    for at in _in_turn(ranked, len(passages)):
        weight = weigh_tokens(text[passages[at].start : passages[at].end])
        if weight <= left:
            taken.append((passages[at].start, passages[at].end))
            left -= weight
        if left < size * _SHARE / 2:
            break
    return Excerpt.of(document, taken or [(passages[0].start, passages[0].end)], pages)


def _in_turn(ranked: Sequence[Sequence[int]], size: int) -> Iterator[int]:
    """Each number once: the first; the best of each ranking, then the second of each, and so on; then what is left."""
    turns = chain.from_iterable(zip_longest(*ranked))
    yield from dict.fromkeys(at for at in chain([0], turns, range(size)) if at is not None)


def _ranked(schema: Schema, some: Sequence[Field], passages: Iterable[str]) -> list[list[int]]:
    """Of each field the passages that have words of it, the best first; those of its name count twice."""
    asked = [" ".join(_words(schema, field)) for field in some]
    found = scores([*asked, *(field.name for field in some)], passages)
    pairs = zip(found[: len(some)], found[len(some) :], strict=True)
    return [_best_first({at: score + named.get(at, 0.0) for at, score in said.items()}) for said, named in pairs]


def _best_first(total: Mapping[int, float]) -> list[int]:
    return sorted(total, key=lambda at: (-total[at], at))


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
