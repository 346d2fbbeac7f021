"""JSON Schema → llguidance grammar, and a report of what the grammar cannot hold.

llguidance refuses what it does not implement, and llama.cpp then generates without any grammar and says nothing. So
every schema is taken apart here and written anew in that part of JSON Schema that the embedded version implements;
each step that widens it is reported, and the result is compiled in this process before any token is spent.

Reading order: `compile_schema`; `shapes` (what a schema admits, as a graph; emptiness); `apart`; `sameness`;
`lowering` (schema → states) with `negation`, `merging`, `meetings` and `trials` (subschemas → a shape) and `holding`
(what llguidance holds); `recursion`; `writing` (states → the grammar's schema) with `bounds`; `lark` (that schema →
rules) and `verbatim` (the runs of a document in them); `clip`; `report`.
Grammar format: https://github.com/guidance-ai/llguidance, docs/syntax.md and docs/json_schema.md (1.0.1).
"""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from extractor.errors import SchemaError
from extractor.grammar.bounds import BOUNDED, CLOSED, EXACT, Bounds
from extractor.grammar.check import check
from extractor.grammar.clip import clip
from extractor.grammar.holding import Holding
from extractor.grammar.lark import Rules, rules_of
from extractor.grammar.layout import COMPACT, SPACED, Layout, guided
from extractor.grammar.lowering import Lowering
from extractor.grammar.negation import MADE
from extractor.grammar.recursion import unroll
from extractor.grammar.report import Report, Row
from extractor.grammar.shapes import State, levels, prune, reachable
from extractor.grammar.verbatim import shape_of, with_runs
from extractor.grammar.writing import Writer
from extractor.marks import VERBATIM
from extractor.types import Schema

MAX_LEVELS = 500  # llguidance 1.0.1 recurses; from some 1,200 levels on it ends the process

__all__ = [
    "BOUNDED",
    "CLOSED",
    "COMPACT",
    "EXACT",
    "SPACED",
    "Bounds",
    "Grammar",
    "Layout",
    "Row",
    "check",
    "compile_schema",
    "shape_of",
]


@dataclass(frozen=True, slots=True)
class Grammar:
    """A grammar that has been compiled once by the embedded version of llguidance.

    `lowered` is the JSON Schema in it, without its `layout`; `findings` say how the keywords of the user's schema are
    held. `rules` are there where texts in it are to be verbatim: `for_text` makes of them the grammar of a document,
    and `loose` says why it could not.
    """

    text: str
    lowered: Mapping[str, Any]
    layout: Layout
    findings: Report = field(repr=False)
    rules: Rules | None = field(default=None, repr=False)
    loose: str = ""

    @property
    def json_schema(self) -> dict[str, Any]:
        """The JSON Schema in the text, layout and all: llguidance keeps both where a server gives it a schema alone."""
        return guided(self.lowered, self.layout)

    @property
    def report(self) -> tuple[Row, ...]:
        """Every keyword with a say in what is valid: enforced while decoding, checked after, or ignored."""
        return tuple(map(self._row, self.findings.rows()))

    def for_text(self, text: str) -> Grammar:
        """The same grammar with the runs of a text where it is to be verbatim; as it is where nothing is."""
        if self.rules is None:
            return self
        filled, loose = with_runs(self.rules, text)
        return replace(self, text=filled or self.text, loose=loose)

    def _row(self, row: Row) -> Row:
        is_loose = self.loose and row.keyword == VERBATIM and row.status == "enforced"
        return row._replace(status="after", why=self.loose) if is_loose else row

    def clip(self, data: Any, *, is_held: bool = True) -> tuple[Any, dict[str, str]]:
        """`clip` by the bounds of this grammar; our own count where it held the answer (`is_held`)."""
        if not is_held and self.rules is None and '"x-clip"' not in self.text and '"x-unique"' not in self.text:
            return data, {}  # of a short answer the walk would be the most expensive part
        return clip(data, self.lowered, is_held=is_held)


@lru_cache(maxsize=64)
def compile_schema(schema: Schema, bounds: Bounds | None = BOUNDED, layout: Layout = SPACED) -> Grammar:
    """Lower a schema and compile it; raises `SchemaError` with pointer and keyword where that is impossible."""
    with _uncollected():
        for writer, start in _writers(schema, bounds):
            lowered = writer.write(start)
            text = _text(lowered, layout)
            fault = check(text)
            if not fault:
                return _with_rules(Grammar(text, lowered, layout, writer.holding.report))
    hint = "shorten its longest patterns and lists of values, or split the schema"
    raise SchemaError(f"{schema.name}: the decoder cannot hold this schema: {fault}", hint=hint)


def _with_rules(grammar: Grammar) -> Grammar:
    """With the rules of what is to be verbatim, if the decoder takes them."""
    rules = rules_of(grammar.lowered, grammar.layout)
    if rules is None:
        return grammar
    _, loose = with_runs(rules, "a")
    return replace(grammar, loose=loose) if loose else replace(grammar, rules=rules)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without the collector of cycles: nothing can go before the end, and looking for it takes half of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _writers(schema: Schema, bounds: Bounds | None) -> Iterator[tuple[Writer, State]]:
    """Writers and what they are to write: the first asks the decoder nothing, the last about each part."""
    for doubts in (False, True):
        holding = Holding(Report(schema.json_schema), schema.dialect, doubts)
        start = _states(schema, holding, bounds)
        yield Writer(holding, bounds), start
        if not doubts:
            yield Writer(replace(holding, doubts=True), bounds), start


def _states(schema: Schema, holding: Holding, bounds: Bounds | None) -> State:
    """What the schema admits, with at most the bounds' turns of recursion."""
    lowering = Lowering(schema.json_schema, holding)
    start = lowering.run()
    if bounds is not None and bounds.depth is not None:
        start = unroll(start, bounds.depth)
    blamed = prune(start)
    if not start.shapes:
        places = dict.fromkeys([*(fact.path for shape in blamed for fact in shape.facts), *lowering.dead])
        where = ", ".join(path.partition(MADE)[0] or "/" for path in list(places)[:3]) or "/"
        hint = "its keywords exclude each other, or it needs itself without end"
        raise SchemaError(f"{schema.name}: no value satisfies the schema at {where}", hint=hint)
    if len(reachable(start, MAX_LEVELS)) > MAX_LEVELS and levels(start) > MAX_LEVELS:
        why = f"its references lead more than {MAX_LEVELS} levels down"
        raise SchemaError(f"{schema.name}: {why}", hint="split the schema")
    return start


def _text(lowered: Mapping[str, Any], layout: Layout) -> str:
    return f"%llguidance {{}}\nstart: %json {json.dumps(guided(lowered, layout), ensure_ascii=False)}\n"
