"""How much of what is asked for stands in what a model is shown, without a model: passages beside a text cut off.

It says how far a way can get, whatever the model. A field counts by the share of its gold values that are shown; values
that stand in more than a few places of the document (small numbers) say nothing, nor do those that it words otherwise.
"""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from documents_scores import table
from documents_values import NOTHING

from extractor.ground import ground
from extractor.long.asking import Work
from extractor.options import Options
from extractor.pointers import leaves
from extractor.portions import Field, fields
from extractor.schema import load
from extractor.text import weigh_tokens
from extractor.types import Document, Mode

_MOST_PLACES = 5
_ANYTHING = load({"type": "object"})


@dataclass(frozen=True)
class Nobody:
    """An engine that nobody asks."""

    id: str = "nobody"
    modes: tuple[Mode, ...] = ("prompt",)
    slots: int = 1


def reach(documents: Sequence[Any], sizes: Sequence[int], beginning: Callable[[str, int], str]) -> None:
    """Print, by document and size of an excerpt, what passages show, and what as long a beginning of the text does."""
    rows = []
    for task in documents:
        for size in sizes:
            wanted, shown, tokens = passages(task, size)
            cut = beginning(task.text, tokens)
            values = {path: (here(cut, some), here(shown[path], some)) for path, some in wanted.items()}
            first, second = (statistics.fmean(pair[at] for pair in values.values()) for at in (0, 1))
            ratio = f"{second / first:.2f}" if first else "-"
            rows.append([task.id, str(size), str(len(values)), str(tokens), f"{first:.3f}", f"{second:.3f}", ratio])
    table(["document", "size", "fields", "tokens", "cut off", "passages", "ratio"], rows)


def passages(task: Any, size: int) -> tuple[dict[tuple[str, ...], list[Any]], dict[tuple[str, ...], str], int]:
    """The gold values of the fields, by path; what is shown for each field; how many tokens are read for all."""
    schema = load(task.schema)
    document = Document(task.id, task.text)
    options = Options(strategy="retrieve", chunk_tokens=size)
    work = asyncio.run(Work.of(document, schema, Nobody(), options, None))
    wanted = {one.path: some for one in fields(schema) if (some := telling(task.gold["gold"], one, task.text))}
    shown: dict[tuple[str, ...], str] = {}
    for question in work.questions("retrieve"):
        shown |= dict.fromkeys((one.path for one in question.sought or fields(schema)), question.excerpt.shown.text)
    return wanted, shown, round(sum(map(weigh_tokens, {*shown.values()})))


def telling(gold: Any, one: Field, text: str) -> list[Any]:
    """The gold values of a field that stand in a document, at a few places."""
    for name in one.path:
        gold = gold.get(name) if isinstance(gold, Mapping) else None
    values = [value for _, value in leaves(gold) if isinstance(value, str | int | float)]
    said = [value for value in values if not isinstance(value, bool) and str(value).strip().casefold() not in NOTHING]
    few = [value for value in said if text.count(str(value)) <= _MOST_PLACES]
    return [value for value, is_there in zip(few, _standing(text, few), strict=True) if is_there]


def here(text: str, values: Sequence[Any]) -> float:
    """The share of values that stand in a text."""
    return statistics.fmean(_standing(text, values))


def _standing(text: str, values: Sequence[Any]) -> list[bool]:
    """Of each value whether it stands in a text."""
    spans = ground({str(at): value for at, value in enumerate(values)}, Document("shown", text), _ANYTHING).spans
    return [f"/{at}" in spans for at in range(len(values))]
