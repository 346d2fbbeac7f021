"""The way of a long document: its chunks are asked about one by one, and one record is made of what they gave.

`map-reduce` asks of each chunk what it has (`partial`), joins the answers by what the fields mean (`merge`), has the
model make one text of several that it worded, and asks once more for what is not valid then, shown the passages that
are about it. `retrieve` shows the model only the chunks that are about the schema, and asks once. In both the record is
held against the whole document.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from extractor.chunks import Chunk, split
from extractor.errors import PromptTooLong, SourceError
from extractor.merge import Conflict, merge
from extractor.outline import body_start
from extractor.partial import partial
from extractor.pipeline import complete, unread
from extractor.pipeline import extract as extract_whole
from extractor.pointers import joined
from extractor.rank import Index
from extractor.schema import digest
from extractor.scopes import Scopes
from extractor.talk import Options
from extractor.text import estimate_tokens, weigh_tokens
from extractor.types import Document, Engine, Extraction, Problem, Schema

_LEAST = 400  # characters of a part that is not cut any more
_OVERLAP = 0.05  # of a chunk
_MOST_CONTEXT = 150  # tokens of what stands before a chunk: what the file says of itself, headings
_MOST_TOLD = 8  # values of a conflict


async def extract(document: Document, schema: Schema, engine: Engine, options: Options | None = None) -> Extraction:
    """Extract one record of a document of any length; raises what `pipeline.extract` does.

    With `auto` what fits into the context is asked about as a whole, the rest as with `map-reduce`.
    """
    options = options or Options()
    is_short = estimate_tokens(document.text) <= options.chunk_tokens
    if options.strategy == "retrieve" and not is_short:
        shown = _excerpt(document, _query(schema), options.chunk_tokens)
        return await complete(document, shown, None, schema, engine, options)
    if options.strategy in ("auto", "whole") or is_short:
        record = await extract_whole(document, schema, engine, options)
        if options.strategy != "auto" or not _is_too_long(record) or len(document.text) < _LEAST:
            return record
    return await _mapped(document, schema, engine, options)


def _is_too_long(record: Extraction) -> bool:
    return any(problem.kind == PromptTooLong.__name__ for problem in record.errors)


@dataclass(frozen=True, slots=True)
class _Mapping:
    """What asks about the parts of a document, as many at once as the engine takes."""

    document: Document
    schema: Schema
    engine: Engine
    options: Options
    doors: asyncio.Semaphore

    async def asked(self, chunk: Chunk) -> list[tuple[Chunk, Extraction]]:
        """The record of a chunk, or of its halves where it is too long for the model."""
        async with self.doors:
            record = await extract_whole(_part(self.document, chunk), self.schema, self.engine, self.options)
        if not _is_too_long(record) or chunk.end - chunk.start < _LEAST:
            return [(chunk, record)]
        return [pair for half in _halves(self.document.text, chunk) for pair in await self.asked(half)]


def _halves(text: str, chunk: Chunk) -> list[Chunk]:
    own = text[chunk.start : chunk.end]
    parts = split(own, max(round(weigh_tokens(own) / 2) + 1, 1))
    return [replace(chunk, start=chunk.start + one.start, end=chunk.start + one.end, lead=chunk.start + one.start)
            for one in parts]  # fmt: skip


async def _mapped(document: Document, schema: Schema, engine: Engine, options: Options) -> Extraction:
    started = time.monotonic()
    size = options.chunk_tokens
    inner = replace(options, ground="off", on_partial=None)
    doors = asyncio.Semaphore(max(getattr(engine, "slots", 1) or 1, 1))
    work = _Mapping(document, partial(schema), engine, inner, doors)
    found = await asyncio.gather(*map(work.asked, split(document.text, size, round(_OVERLAP * size))))
    parts = [pair for pairs in found for pair in pairs]
    records = [record for _, record in parts]
    problems = [_placed(chunk, problem) for chunk, record in parts for problem in record.errors]
    given = [record.data for record in records if record.data is not None]
    if given:
        merged = merge(given, schema)
        data, reduced = await _reduced(merged.data, merged.to_reduce, work, schema)
        shown = _excerpt(document, _query(schema), size)
        record = await complete(document, shown, data, schema, engine, replace(options, on_partial=None))
        told = joined({"": f"asked about in {len(parts)} parts"}, dict(map(_told, merged.conflicts)))
        records = [*records, *reduced, record]
    else:
        told = {}
        record = unread(document.source, SourceError("no part of it gave a record"), schema, engine, options)
        record = replace(record, errors=())
    return replace(
        record,
        errors=(*record.errors, *problems),
        notes=joined(record.notes, told),
        attempts=sum(one.attempts for one in records),
        usage=sum((one.usage for one in records[1:]), records[0].usage),
        seconds=round(time.monotonic() - started, 3),
    )


def _placed(chunk: Chunk, problem: Problem) -> Problem:
    """A problem of a part as one of the document."""
    page = f", page {chunk.page}" if chunk.page else ""
    where = f"the part from {chunk.start} to {chunk.end}{page}"
    return replace(problem, pointer="", message=f"{where}: {problem}", value=None)


def _part(document: Document, chunk: Chunk) -> Document:
    """What the model is shown of a chunk: what the file says of itself, the headings around it, and the text."""
    front = document.text[: body_start(document.text)] if chunk.start else ""
    if weigh_tokens(front) > _MOST_CONTEXT:
        front = ""
    above = " › ".join(chunk.headings)
    above = f"[… {above} …]\n\n" if above and weigh_tokens(above) <= _MOST_CONTEXT else "[…]\n\n" if chunk.start else ""
    return Document(document.source, f"{front}{above}{document.text[chunk.lead : chunk.end]}")


def _told(conflict: Conflict) -> tuple[str, str]:
    """Where parts disagree: '"1932" in 3 parts, "1933" in 1'."""
    named = [f"{json.dumps(value, ensure_ascii=False)} in {times}" for value, times in conflict.values[:_MOST_TOLD]]
    more = f" and {len(conflict.values) - _MOST_TOLD} more" * (len(conflict.values) > _MOST_TOLD)
    return conflict.pointer, f"parts of the text differ: {', '.join(named)}{more}"


# --- one text of several -----------------------------------------------------------------------------------------


async def _reduced(
    data: Any, texts: Mapping[tuple[str | int, ...], Sequence[str]], work: _Mapping, schema: Schema
) -> tuple[Any, list[Extraction]]:
    """The data with one text in place of those of the parts, made of them; of fields of the record itself."""
    fields = {str(path[0]): some for path, some in texts.items() if len(path) == 1}
    if not fields or not isinstance(data, dict):
        return data, []
    told = Document(work.document.source, "\n\n".join(text for some in fields.values() for text in some))
    said = await extract(told, _only(schema, [*fields]), work.engine, work.options)
    found = said.data if isinstance(said.data, dict) else {}
    return {**data, **{name: found[name] for name in fields if found.get(name)}}, [said]


def _only(schema: Schema, names: Sequence[str]) -> Schema:
    """A schema of some of its fields alone."""
    root = schema.json_schema
    scope = Scopes(root).root
    kept = {name: scope.properties[name][0] for name in names if name in scope.properties}
    node = {key: value for key, value in root.items() if key in ("$defs", "definitions", "title", "description")}
    node |= {"type": "object", "properties": kept, "required": [*kept], "additionalProperties": False}
    return replace(schema, json_schema=node, model=None, examples=(), digest=digest(node))


# --- what is about a schema --------------------------------------------------------------------------------------


def _excerpt(document: Document, query: str, size: int) -> Document:
    """The passages of a document that are about something, in its own order, of so many tokens together."""
    passages = split(document.text, max(size // 8, 1))
    index = Index.of([document.text[one.start : one.end] for one in passages])
    taken: set[int] = {0}
    left = size - weigh_tokens(document.text[passages[0].start : passages[0].end])
    for at, _ in index.rank(query):
        weight = weigh_tokens(document.text[passages[at].start : passages[at].end])
        if at not in taken and weight <= left:
            taken.add(at)
            left -= weight
    kept = [passages[at] for at in sorted(taken)]
    return Document(document.source, "\n[…]\n".join(document.text[one.start : one.end] for one in kept))


def _query(schema: Schema) -> str:
    """The words of a schema: the names of its fields, and what is said of them."""
    words: list[str] = []
    todo: list[Any] = [schema.json_schema]
    while todo:
        node = todo.pop()
        if isinstance(node, Mapping):
            words += [str(name) for name in node.get("properties", {})]
            words += [node["description"]] if isinstance(node.get("description"), str) else []
            words += [str(value) for value in node.get("enum", ())]
            todo += node.values()
        elif isinstance(node, list):
            todo += node
    return " ".join(words).replace("_", " ")
