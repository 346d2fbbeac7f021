"""The way of a long document: several questions about parts of it, or about some of its fields, and one record of all.

`whole` shows all of the text. `map-reduce` asks of each part what it has (`partial`). `retrieve` shows only the
passages that are about the fields. `auto` takes the whole where it is short, else asks for fields that say one thing as
with `retrieve`, and for lists, whose items may stand anywhere, as with `map-reduce`. A schema that is too much for one
answer is asked about in portions. What came is joined by what the fields mean (`merge`), the model makes one text of
several that it worded, and what is not valid then is asked for once more, with the passages that are about it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from extractor import repair
from extractor.chunks import Chunk, split
from extractor.errors import EngineError, PromptTooLong, SourceError
from extractor.evidence import Evidence
from extractor.excerpts import Excerpt, Range
from extractor.merge import Given, Merged, merge
from extractor.outline import body_start, pages
from extractor.partial import partial
from extractor.passages import about
from extractor.pipeline import complete, unread
from extractor.pipeline import extract as extract_whole
from extractor.pointers import joined, unescaped
from extractor.pooled import Pooled
from extractor.portions import Field, fields, grouped, portion
from extractor.schema import digest
from extractor.talk import Options
from extractor.text import weigh_tokens
from extractor.types import Document, Engine, Extraction, Message, Problem, Schema
from extractor.validation import Valid, validate

WHOLE = 4_000  # tokens of a text that `auto` asks about as a whole

_MOST_VALUES = 200  # that one answer is asked for
_LEAST = 400  # characters of a part that is not cut any more
_OVERLAP = 0.05  # of a chunk
_SAMPLE = 6_000  # characters by which the tokens of a text are reckoned
_DEEPEST = 3  # times that texts of texts are made


class Memo(Protocol):
    """What is known already of parts of documents that were begun: a record by what was asked."""

    def get(self, key: str) -> Extraction | None:
        """The record of a part, if there is one."""
        ...

    def put(self, key: str, record: Extraction) -> None:
        """Keep the record of a part."""
        ...


@dataclass(frozen=True, slots=True)
class _Question:
    """What is asked at once: some fields of a record, and what of the document is shown."""

    excerpt: Excerpt
    schema: Schema
    sought: Sequence[Field] = ()  # what the excerpt is about, where it is about some fields
    is_partial: bool = False  # what the excerpt does not have may be elsewhere


async def extract(
    document: Document, schema: Schema, engine: Engine, options: Options | None = None, memo: Memo | None = None
) -> Extraction:
    """Extract one record of a document of any length; raises what `pipeline.extract` does.

    `memo` keeps what parts of it gave, so that after a break only the others are asked about.
    """
    work = await _Work.of(document, schema, engine, options or Options(), memo)
    record = await _answered(work, work.strategy)
    is_next = work.options.strategy == "auto" and work.strategy == "whole" and len(document.text) >= _LEAST
    return await _answered(work, "mixed") if is_next and _is_too_long(record) else record


async def _answered(work: _Work, strategy: str) -> Extraction:
    questions = [*work.questions(strategy)]
    return await work.asked(questions[0]) if len(questions) == 1 else await _joined(work, questions)


@dataclass(frozen=True, slots=True)
class _Work:
    """A document under way. `size` is that of a part, in tokens as estimated."""

    document: Document
    schema: Schema
    engine: Engine
    options: Options
    memo: Memo | None
    size: float
    strategy: str
    pages: Sequence[int]
    doors: asyncio.Semaphore
    depth: int = 0

    @classmethod
    async def of(
        cls, document: Document, schema: Schema, engine: Engine, options: Options, memo: Memo | None, depth: int = 0
    ) -> _Work:
        """What is to be done about a document."""
        weight = weigh_tokens(document.text)
        is_short = weight <= options.chunk_tokens / 2
        rate = 1.0 if is_short else await _rate(document, engine)
        size = options.chunk_tokens / rate
        most = max(WHOLE, options.chunk_tokens) if options.strategy == "auto" else options.chunk_tokens
        named = "mixed" if options.strategy == "auto" else options.strategy
        strategy = "whole" if weight * rate <= most or depth > _DEEPEST else named
        doors = asyncio.Semaphore(max(getattr(engine, "slots", 1) or 1, 1))
        return cls(document, schema, engine, options, memo, size, strategy, pages(document.text), doors, depth)

    def questions(self, strategy: str) -> Iterator[_Question]:
        """What is asked, by a strategy."""
        every = fields(self.schema)
        parted = {"map-reduce": every, "mixed": [one for one in every if one.is_everywhere]}.get(strategy, ())
        others = [one for one in every if one not in parted]
        for some in grouped(others, _MOST_VALUES):
            asked = portion(self.schema, some)
            if strategy == "whole":
                yield _Question(Excerpt(self.document, ((0, len(self.document.text)),), self.pages), asked)
            else:
                yield _Question(self.about(some, self.size), asked, some)
        if parted:
            some_of_each = [partial(portion(self.schema, some)) for some in grouped(parted, _MOST_VALUES)]
            for chunk in chunks_of(self.document.text, self.size):
                yield from (_Question(self._part(chunk), asked, is_partial=True) for asked in some_of_each)

    def about(self, some: Sequence[Field], size: float) -> Excerpt:
        """The passages that are about some fields."""
        return about(self.document, self.schema, some, size, self.pages)

    def _part(self, chunk: Chunk) -> Excerpt:
        """What the model is shown of a chunk: how the document begins, the headings above it, and the text."""
        text = self.document.text
        above = [(one.start, _line_end(text, one.start)) for one in chunk.above]
        shown = [*self._context(), *above, (chunk.lead, chunk.end)]
        return Excerpt.of(self.document, shown, self.pages)

    @property
    def beginning(self) -> Range:
        """The first part."""
        text = self.document.text[: 8 * round(self.size)]
        return 0, split(text, max(round(self.size), 1))[0].end

    def _context(self) -> list[Range]:
        """How the document begins, as much of it as every part shows: what its file says of it, its first sentences."""
        most = self.options.context_tokens * self.size / self.options.chunk_tokens
        start = body_start(self.document.text)
        front = [(0, start)] if start and weigh_tokens(self.document.text[:start]) <= most else []
        left = most - sum(weigh_tokens(self.document.text[first:last]) for first, last in front)
        if left < 1:
            return front
        first = split(self.document.text[start : start + 8 * round(most)], round(left))[0]
        return [*front, (start, start + first.end)]

    async def asked(self, question: _Question, *, is_document_first: bool = False) -> Extraction:
        """The record of a question, placed in the document."""
        options = self.options
        if is_document_first:
            options = replace(options, style=replace(options.style, order="document-first"))
        if question.schema is not self.schema or question.is_partial:
            options = replace(options, on_partial=None)
        shown = question.excerpt.shown
        key = digest({"schema": question.schema.digest, "order": options.style.order, "text": shown.text})
        known = self.memo.get(key) if self.memo and question.is_partial else None
        if known is not None:
            return replace(known, source=self.document.source)
        record = question.excerpt.placed(await extract_whole(shown, question.schema, self.engine, options))
        if self.memo and question.is_partial and record.ok:
            self.memo.put(key, record)
        return record


def chunks_of(text: str, size: float) -> list[Chunk]:
    """The parts of a text, each of at most so many tokens, as estimated, and some of the one before."""
    return split(text, max(round(size), 1), round(_OVERLAP * size))


async def _rate(document: Document, engine: Engine) -> float:
    """The tokens of a text, as the engine counts them, to one as estimated; 1 where it does not count."""
    count = getattr(engine, "count_tokens", None)
    text, third = document.text, _SAMPLE // 3
    middle = len(text) // 2
    sample = text[:third] + text[middle : middle + third] + text[-third:]
    try:
        tokens = await count((Message("user", sample),)) if count else None
    except EngineError:
        return 1.0
    return min(max(tokens / max(weigh_tokens(sample), 1.0), 0.25), 4.0) if tokens else 1.0


def _line_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    return len(text) if end < 0 else end


def _is_too_long(record: Extraction) -> bool:
    return any(problem.kind == PromptTooLong.__name__ for problem in record.errors)


# --- the questions -----------------------------------------------------------------------------------------------


async def _all_asked(work: _Work, questions: Sequence[_Question]) -> list[tuple[_Question, Extraction]]:
    """All questions with their records. Those about one excerpt follow each other: what was read of it is kept."""
    runs: dict[tuple[Range, ...], list[_Question]] = {}
    for question in questions:
        runs.setdefault(question.excerpt.ranges, []).append(question)
    is_first = any(len(run) > 1 for run in runs.values()) and not work.schema.examples

    async def one_by_one(run: list[_Question]) -> list[tuple[_Question, Extraction]]:
        async with work.doors:
            return [pair for one in run for pair in await _cut_to_fit(work, one, is_first=is_first)]

    found = await _gathered([one_by_one(run) for run in runs.values()])
    return [pair for pairs in found for pair in pairs]


async def _cut_to_fit(work: _Work, question: _Question, *, is_first: bool) -> list[tuple[_Question, Extraction]]:
    """The record of a question, or those of smaller ones where it is too long for the model."""
    record = await work.asked(question, is_document_first=is_first)
    halves = [*_halves(work, question)] if _is_too_long(record) else []
    if not halves:
        return [(question, record)]
    return [pair for half in halves for pair in await _cut_to_fit(work, half, is_first=is_first)]


def _halves(work: _Work, question: _Question) -> Iterator[_Question]:
    """Questions that show half of it each; nothing where it is no more to be cut."""
    excerpt = question.excerpt
    start, end = excerpt.ranges[-1]
    own = excerpt.document.text[start:end]
    if question.is_partial and len(own) >= _LEAST:
        for half in split(own, max(round(weigh_tokens(own) / 2) + 1, 1)):
            ranges = (*excerpt.ranges[:-1], (start + half.start, start + half.end))
            yield replace(question, excerpt=replace(excerpt, ranges=ranges))
    elif question.sought and len(text := excerpt.shown.text) >= _LEAST:
        yield replace(question, excerpt=work.about(question.sought, weigh_tokens(text) / 2))


async def _gathered(some: Sequence[Coroutine[Any, Any, Any]]) -> list[Any]:
    """What all of them return; the first that raises ends the others."""
    tasks = [asyncio.ensure_future(one) for one in some]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()


# --- one record of several ---------------------------------------------------------------------------------------


async def _joined(work: _Work, questions: Sequence[_Question]) -> Extraction:
    started = time.monotonic()
    pairs = await _all_asked(work, questions)
    asked = [record for _, record in pairs]
    problems = [_placed(question, problem) for question, record in pairs for problem in record.errors]
    records = [record for record in asked if record.data is not None]
    if not records:
        nothing = unread(work.document.source, SourceError(""), work.schema, work.engine, work.options)
        return _summed(replace(nothing, errors=tuple(problems)), asked, started)
    merged = merge([record.data for record in records], work.schema)
    for where in merged.to_reduce:
        records += await _reduced(work, merged, records, where)
    excerpt = _for_repair(work, merged.data)
    pooled = Pooled(
        document=excerpt.shown,
        schema=work.schema,
        level=work.options.ground,
        merged=merged,
        records=records,
        excerpt=excerpt,
    )
    record = await complete(pooled, work.engine, replace(work.options, on_partial=None), merged.data)
    conflicts = {one.pointer: pooled.alternatives(one) for one in merged.conflicts}
    notes = joined({"": _told(pairs)}, record.notes)
    record = replace(record, errors=(*record.errors, *problems), conflicts=conflicts, notes=notes)
    return _summed(record, [*asked, *(one for one in records if one not in asked)], started)


def _told(pairs: Sequence[tuple[_Question, Extraction]]) -> str:
    """How it was asked, in words."""
    parts = len({question.excerpt.ranges for question, _ in pairs if question.is_partial})
    others = sum(not question.is_partial for question, _ in pairs)
    if not parts:
        return f"asked in {others} questions about some of its fields each"
    told = f"asked about in {parts} part{'s' * (parts > 1)}"
    return f"{told}, and {others} more question{'s' * (others > 1)} on fields that say one thing" if others else told


def _summed(record: Extraction, parts: Sequence[Extraction], started: float) -> Extraction:
    """The record with what all questions took."""
    every = [*parts, record]
    return replace(
        record,
        attempts=sum(one.attempts for one in every),
        usage=sum((one.usage for one in every[1:]), every[0].usage),
        seconds=round(time.monotonic() - started, 3),
        thoughts="\n".join(filter(None, (one.thoughts for one in every))),
    )


def _placed(question: _Question, problem: Problem) -> Problem:
    """A problem of a part as one of the document."""
    if not question.is_partial:
        return problem
    start, end = question.excerpt.ranges[-1]
    return replace(problem, pointer="", message=f"the part from {start} to {end}: {problem}", value=None)


def _for_repair(work: _Work, data: Any) -> Excerpt:
    """The passages that are about the fields that are not valid yet; the beginning where all are."""
    found = validate(work.schema, data)
    names = () if isinstance(found, Valid) else {problem.pointer for problem in found}
    wrong = [one for one in fields(work.schema) if any(_is_in(one, name) for name in names)]
    return work.about(wrong, work.size)


def _is_in(one: Field, where: str) -> bool:
    """Whether a pointer is that of a field, of what is inside of it, or of an object that it is in."""
    path = map(unescaped, where.split("/")[1:])
    return all(mine == theirs for mine, theirs in zip(one.path, path, strict=False))


# --- one text of several -----------------------------------------------------------------------------------------


async def _reduced(work: _Work, merged: Merged, records: Sequence[Extraction], where: str) -> list[Extraction]:
    """Put one text in the place of those that parts worded; what backs it is looked for where theirs were."""
    texts = merged.to_reduce[where]
    piece, schema = _alone(work.schema, where, merged.data)
    told = Document(work.document.source, "\n\n".join(one.value for one in texts))
    options = replace(work.options, ground="off", on_partial=None, passes=1)
    inner = await _Work.of(told, schema, work.engine, options, None, work.depth + 1)
    said = await _answered(inner, inner.strategy)
    (name,) = schema.json_schema["properties"]
    text = said.data.get(name) if isinstance(said.data, Mapping) else None
    if not isinstance(text, str) or not text.strip():
        return [replace(said, data=None)]
    places = [backed.passage for one in texts for backed in records[one.part].support.get(one.pointer, ())]
    backing = Excerpt.of(work.document, [place for place in places if place] or [work.beginning], work.pages)
    found = backing.placed(Evidence(backing.shown, schema, work.options.ground).found({name: text}))
    merged.data, _ = repair.put(merged.data, [piece], {where: text})
    merged.origins[where] = [Given(text, len(records), f"/{name}")]
    return [replace(said, spans=found.spans, support=found.support, ungrounded=found.ungrounded)]


def _alone(schema: Schema, where: str, data: Any) -> tuple[repair.Piece, Schema]:
    """One place of a record, and a schema of it alone, under its name: '/parts/0/summary' → summary."""
    path = repair.path_of(data, where)
    piece = repair.Piece(path, repair.subschema(schema, path, data), "")
    asked = repair.asked(schema, [piece])
    name = next(part for part in reversed(path) if isinstance(part, str))
    root = {**asked.json_schema, "properties": {name: asked.json_schema["properties"][where]}, "required": [name]}
    return piece, replace(asked, json_schema=root, model=None, examples=(), digest=digest(root))
