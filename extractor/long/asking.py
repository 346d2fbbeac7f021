"""What is asked about a long document: questions about fields, with what of the text is shown for them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

from extractor.chunks import Chunk, split
from extractor.errors import EngineError, PromptTooLong, Truncated
from extractor.excerpts import Excerpt, Range
from extractor.front_matter import body_start
from extractor.ground import ground
from extractor.long.sharing import Way, chunks_of, groups_of, shared_out, strategy_for, times_of
from extractor.options import Options
from extractor.outline import pages
from extractor.partial import partial
from extractor.passages import Passages
from extractor.pipeline import extract
from extractor.portions import Field, portion
from extractor.schema import digest
from extractor.text import weigh_tokens
from extractor.together import all_of
from extractor.types import Document, Engine, Extraction, Message, Schema

_MOST_HALVED = 2  # times that a part is halved as its answer was cut off
_LEAST = 400  # characters of a part that is not cut any more
_DEEPEST = 3  # times that texts of texts are made
_SAMPLE = 6_000  # characters by which the tokens of a text are reckoned
_ITEM = re.compile(r"(?:/[^/]+)*?/\d+(?=/)")  # the outermost that a pointer leads into


class Memo(Protocol):
    """What is known already of parts of documents that were begun: a record by what was asked."""

    def get(self, key: str) -> Extraction | None:
        """The record of a part, if there is one."""
        ...

    def put(self, key: str, record: Extraction) -> None:
        """Keep the record of a part."""
        ...


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked at once: some fields of a record, and what of the document is shown.

    `sought` is what the excerpt is about, where it is about some fields. Where it is about a part of the document,
    `own` is that part; what is shown before it (how the document begins, headings, the end of the part before) is
    there to understand it by.
    """

    excerpt: Excerpt
    schema: Schema
    sought: Sequence[Field] = ()
    own: Range | None = None

    @property
    def is_partial(self) -> bool:
        """Whether what the excerpt does not have may be elsewhere."""
        return self.own is not None


@dataclass(frozen=True)
class Work:
    """A document under way. `tokens` are those of its text, `size` those of a part, both as estimated."""

    document: Document
    schema: Schema
    engine: Engine
    options: Options
    memo: Memo | None
    tokens: float
    size: float
    strategy: Way
    pages: Sequence[int]
    doors: asyncio.Semaphore
    depth: int = 0  # of texts that are made of texts

    @classmethod
    async def of(
        cls, document: Document, schema: Schema, engine: Engine, options: Options, memo: Memo | None, depth: int = 0
    ) -> Work:
        """What is to be done about a document."""
        weight = weigh_tokens(document.text)
        is_short = weight <= options.chunk_tokens / 2
        rate = 1.0 if is_short else await _rate(document, engine)
        size = options.chunk_tokens / rate
        strategy = "whole" if depth > _DEEPEST else strategy_for(weight * rate, options)
        doors = asyncio.Semaphore(max(getattr(engine, "slots", 1) or 1, 1))
        return cls(document, schema, engine, options, memo, weight, size, strategy, pages(document.text), doors, depth)

    def questions(self, strategy: Way) -> Iterator[Question]:
        """What is asked, by a strategy."""
        parted, others = shared_out(self.schema, strategy, self.document.text)
        groups = groups_of(self.schema, others, strategy, self.tokens, self.options)
        for some, excerpt in zip(groups, self._excerpts(groups, strategy), strict=True):
            sought = () if strategy == "whole" else some
            yield Question(excerpt, portion(self.schema, some), sought)
        if parted:
            groups = groups_of(self.schema, parted, "map-reduce", self.tokens, self.options)
            some_of_each = [partial(portion(self.schema, some)) for some in groups]
            for chunk in chunks_of(self.document.text, self.size):
                own = (chunk.start, chunk.end)
                yield from (Question(self._part(chunk), asked, own=own) for asked in some_of_each)

    def _excerpts(self, groups: Sequence[Sequence[Field]], strategy: Way) -> list[Excerpt]:
        """What is shown for each group of fields; several see the same, more of it therefore, as it is read once."""
        if strategy == "whole":
            return [Excerpt(self.document, ((0, len(self.document.text)),), self.pages)] * len(groups)
        if self.schema.examples:  # they stand between the document and the question
            return [self.passages.about(some, self.size) for some in groups]
        times = times_of(len(groups), self.options)
        return [self.passages.about([one for some in groups for one in some], self.size * times)] * len(groups)

    @cached_property
    def passages(self) -> Passages:
        """The passages of the document, and what each field has to do with them."""
        return Passages.of(self.document, self.schema, self.size, self.pages)

    def _part(self, chunk: Chunk) -> Excerpt:
        """What the model is shown of a chunk: how the document begins, the headings above it, and the text."""
        text = self.document.text
        above = [(one.start, _line_end(text, one.start)) for one in chunk.above]
        shown = [*self._context(), *above, (chunk.lead, chunk.end)]
        return Excerpt.of(self.document, shown, self.pages)

    @property
    def beginning(self) -> Excerpt:
        """The first part."""
        text = self.document.text[: 8 * round(self.size)]
        return Excerpt(self.document, ((0, split(text, max(round(self.size), 1))[0].end),), self.pages)

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

    async def asked(self, question: Question) -> Extraction:
        """The record of a question that is the only one, placed in the document."""
        shown = question.excerpt.shown
        record = question.excerpt.placed(await extract(shown, question.schema, self.engine, self.options))
        return replace(record, schema=self.schema.id)

    async def asked_of_several(self, question: Question, *, is_first: bool) -> Extraction:
        """The record of one question of several, which may be known; `is_first`: the document stands before it."""
        options = document_first(self.options) if is_first else self.options
        shown = question.excerpt.shown
        key = digest({"schema": question.schema.digest, "order": options.style.order, "text": shown.text})
        known = self.memo.get(key) if self.memo else None
        if known is not None:
            return replace(known, source=self.document.source)
        ground = "find" if options.ground == "off" else options.ground  # what is said twice is joined
        options = replace(options, ground=ground, on_partial=None)
        record = question.excerpt.placed(await extract(shown, question.schema, self.engine, options))
        record = in_own_part(record, question)
        if self.memo and record.ok:
            self.memo.put(key, record)
        return record


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


def is_too_long(record: Extraction) -> bool:
    """Whether what was shown is more than the model takes at once."""
    return any(problem.kind == PromptTooLong.__name__ for problem in record.errors)


async def ask_all(
    work: Work, questions: Sequence[Question], on_answer: Callable[[Question, Sequence[Extraction]], None]
) -> list[tuple[Question, Extraction]]:
    """All questions with their records. Those about one excerpt follow each other: what was read of it is kept.

    `on_answer` gets each question when it is answered.
    """
    runs: dict[tuple[Range, ...], list[Question]] = {}
    for question in questions:
        runs.setdefault(question.excerpt.ranges, []).append(question)
    is_first = stands_first(questions)

    async def one_by_one(run: list[Question]) -> list[tuple[Question, Extraction]]:
        found: list[tuple[Question, Extraction]] = []
        async with work.doors:
            for one in run:
                pairs = await _cut_to_fit(work, one, is_first=is_first)
                on_answer(one, [record for _, record in pairs])
                found += pairs
        return found

    found = await all_of([one_by_one(run) for run in runs.values()])
    return [pair for pairs in found for pair in pairs]


def in_own_part(record: Extraction, question: Question) -> Extraction:
    """A record; of a part, one whose values stand in what is the part's own, where that has them.

    What is shown before it is that of other parts, and what two parts say of one place counts once: the "5" of this day
    is not that of the title. Records move whole, so that one of the part before stays there.
    """
    if question.own is None or all(span.start >= question.own[0] for span in record.spans.values()):
        return record
    excerpt = Excerpt.of(question.excerpt.document, [question.own], question.excerpt.pages)
    found = excerpt.placed(ground(record.data, excerpt.shown, question.schema)).spans
    items: dict[str, list[str]] = {}
    for where in record.spans:
        items.setdefault(_item_of(where), []).append(where)
    moved = {where: found[where] for some in items.values() if found.keys() >= {*some} for where in some}
    return replace(record, spans={**record.spans, **moved})


def _item_of(where: str) -> str:
    """The item of a list that a place is in, else the place: '/people/2/name' → '/people/2'."""
    found = _ITEM.match(where)
    return found[0] if found else where


def stands_first(questions: Sequence[Question]) -> bool:
    """Whether the document comes first in the prompts: where several ask about the same of it, without examples."""
    shown = {question.excerpt.ranges for question in questions}
    return len(shown) < len(questions) and not any(question.schema.examples for question in questions)


def document_first(options: Options) -> Options:
    """The same, with the document before what is asked of it: what was read of it is kept for the next question."""
    return replace(options, style=replace(options.style, order="document-first"))


async def _cut_to_fit(
    work: Work, question: Question, *, is_first: bool, times: int = _MOST_HALVED
) -> list[tuple[Question, Extraction]]:
    """The record of a question, or those of smaller ones where it is too long for the model, or its answer was.

    An answer that is cut off for good gave nothing; of half of the text it is shorter.
    """
    record = await work.asked_of_several(question, is_first=is_first)
    is_cut = question.is_partial and times > 0 and any(one.kind == Truncated.__name__ for one in record.errors)
    smaller = [*halves(work, question)] if is_cut or is_too_long(record) else []
    if not smaller:
        return [(question, record)]
    left = times - is_cut
    return [pair for half in smaller for pair in await _cut_to_fit(work, half, is_first=is_first, times=left)]


def halves(work: Work, question: Question) -> Iterator[Question]:
    """Questions that show half of it each; nothing where it is no more to be cut."""
    excerpt = question.excerpt
    start, end = excerpt.ranges[-1]
    last = excerpt.document.text[start:end]
    if question.own and len(last) >= _LEAST:
        for half in split(last, max(round(weigh_tokens(last) / 2) + 1, 1)):
            shown = (start + half.start, start + half.end)
            part = (max(question.own[0], shown[0]), shown[1])
            yield replace(question, excerpt=replace(excerpt, ranges=(*excerpt.ranges[:-1], shown)), own=part)
    elif question.sought and len(text := excerpt.shown.text) >= _LEAST:
        less = work.passages.about(question.sought, weigh_tokens(text) / 2)
        if len(less.shown.text) < len(text):  # the least that can be shown is one passage
            yield replace(question, excerpt=less)
