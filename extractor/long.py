"""The way of a long document: its chunks are asked about one by one, and one record is made of what they gave.

`map-reduce` asks of each chunk what it has (`partial`), joins the answers by what the fields mean (`merge`), has the
model make one text of several that it worded, and asks once more for what is not valid then, shown the passages that
are about it. `retrieve` shows the model only the chunks that are about the schema, and asks once. In both the record is
held against the whole document.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from extractor.chunks import Chunk, split
from extractor.errors import SourceError
from extractor.merge import Conflict, merge
from extractor.outline import body_start
from extractor.partial import partial
from extractor.pipeline import complete, unread
from extractor.pipeline import extract as extract_whole
from extractor.pointers import joined
from extractor.rank import Index
from extractor.scopes import Scopes
from extractor.talk import Options
from extractor.text import estimate_tokens, weigh_tokens
from extractor.types import Document, Engine, Extraction, Problem, Schema, Usage

_WHOLE = 2  # chunks, up to which a text is asked about as a whole
_OVERLAP = 0.05  # of a chunk
_MOST_CONTEXT = 150  # tokens of what stands before a chunk: what the file says of itself, headings
_MOST_TOLD = 8  # values of a conflict


async def extract(document: Document, schema: Schema, engine: Engine, options: Options | None = None) -> Extraction:
    """Extract one record of a document of any length; raises what `pipeline.extract` does."""
    options = options or Options()
    if _is_whole(document, options):
        return await extract_whole(document, schema, engine, options)
    size = options.chunk_tokens
    chunks = split(document.text, size, round(_OVERLAP * size))
    if options.strategy == "retrieve":
        shown = _excerpt(document, _query(schema), size)
        return await complete(document, shown, None, schema, engine, options)
    return await _mapped(document, chunks, schema, engine, options)


def _is_whole(document: Document, options: Options) -> bool:
    if options.strategy == "whole":
        return True
    most = options.chunk_tokens * (_WHOLE if options.strategy == "auto" else 1)
    return estimate_tokens(document.text) <= most


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the chunks gave, and what that took."""

    data: Sequence[Any]
    problems: Sequence[Problem]
    attempts: int
    usage: Usage

    @classmethod
    def of(cls, chunks: Sequence[Chunk], records: Sequence[Extraction]) -> _Asked:
        problems = [
            replace(problem, pointer="", message=f"{_called(chunk)}: {problem}")
            for chunk, record in zip(chunks, records, strict=True)
            for problem in record.errors
        ]
        usage = sum((record.usage for record in records), Usage())
        data = [record.data for record in records if record.data is not None]
        return cls(data, problems, sum(record.attempts for record in records), usage)


async def _mapped(
    document: Document, chunks: Sequence[Chunk], schema: Schema, engine: Engine, options: Options
) -> Extraction:
    started = time.monotonic()
    loose = partial(schema)
    part_options = replace(options, ground="off", on_partial=None)
    doors = asyncio.Semaphore(max(getattr(engine, "slots", 1) or 1, 1))

    async def ask(chunk: Chunk) -> Extraction:
        async with doors:
            return await extract_whole(_part(document, chunk), loose, engine, part_options)

    asked = _Asked.of(chunks, await asyncio.gather(*map(ask, chunks)))
    if not asked.data:
        failed = unread(document.source, SourceError("no part of it gave a record"), schema, engine, options)
        return replace(failed, errors=asked.problems, attempts=asked.attempts, usage=asked.usage)
    merged = merge(asked.data, schema)
    data, reduced = await _reduced(merged.data, merged.to_reduce, document, schema, engine, part_options)
    shown = _excerpt(document, _query(schema), options.chunk_tokens)
    record = await complete(document, shown, data, schema, engine, options)
    told = {"": f"asked about in {len(chunks)} parts"}
    return replace(
        record,
        errors=(*record.errors, *asked.problems),
        notes=joined(record.notes, told, dict(map(_told, merged.conflicts))),
        attempts=record.attempts + asked.attempts + sum(one.attempts for one in reduced),
        usage=sum((one.usage for one in (record, *reduced)), asked.usage),
        seconds=round(time.monotonic() - started, 3),
    )


def _part(document: Document, chunk: Chunk) -> Document:
    """What the model is shown of a chunk: what the file says of itself, the headings around it, and the text."""
    front = document.text[: body_start(document.text)] if chunk.start else ""
    if weigh_tokens(front) > _MOST_CONTEXT:
        front = ""
    above = " › ".join(chunk.headings)
    above = f"[… {above} …]\n\n" if above and weigh_tokens(above) <= _MOST_CONTEXT else "[…]\n\n" if chunk.start else ""
    return Document(document.source, f"{front}{above}{document.text[chunk.lead : chunk.end]}")


def _called(chunk: Chunk) -> str:
    page = f", page {chunk.page}" if chunk.page else ""
    return f"the part from {chunk.start} to {chunk.end}{page}"


def _told(conflict: Conflict) -> tuple[str, str]:
    """Where parts disagree: '"1932" in 3 parts, "1933" in 1'."""
    named = [f"{json.dumps(value, ensure_ascii=False)} in {times}" for value, times in conflict.values[:_MOST_TOLD]]
    more = f" and {len(conflict.values) - _MOST_TOLD} more" * (len(conflict.values) > _MOST_TOLD)
    return conflict.pointer, f"parts of the text differ: {', '.join(named)}{more}"


# --- one text of several -----------------------------------------------------------------------------------------


async def _reduced(
    data: Any,
    texts: Mapping[tuple[str | int, ...], Sequence[str]],
    document: Document,
    schema: Schema,
    engine: Engine,
    options: Options,
) -> tuple[Any, list[Extraction]]:
    """The data with one text in place of those of the parts, made of them; of fields of the record itself."""
    fields = {str(path[0]): some for path, some in texts.items() if len(path) == 1}
    if not fields or not isinstance(data, dict):
        return data, []
    asked = _only(schema, [*fields])
    told = "\n\n".join(text for some in fields.values() for text in some)
    said = await extract(Document(document.source, told), asked, engine, options)
    found = said.data if isinstance(said.data, dict) else {}
    return {**data, **{name: found[name] for name in fields if found.get(name)}}, [said]


def _only(schema: Schema, names: Sequence[str]) -> Schema:
    """A schema of some of its fields alone."""
    root = schema.json_schema
    scope = Scopes(root).root
    kept = {name: scope.properties[name][0] for name in names if name in scope.properties}
    node = {key: value for key, value in root.items() if key in ("$defs", "definitions", "title", "description")}
    node |= {"type": "object", "properties": kept, "required": [*kept], "additionalProperties": False}
    digest = hashlib.sha256(json.dumps(node, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
    return replace(schema, json_schema=node, model=None, examples=(), digest=digest)


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
