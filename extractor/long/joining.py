"""One record of what the questions about a document gave."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from statistics import mean
from typing import Any

from extractor import repair
from extractor.absent import is_empty
from extractor.brevity import counted
from extractor.errors import SourceError
from extractor.evidence import Evidence
from extractor.excerpts import Excerpt
from extractor.forgiving import without_nulls
from extractor.given import Given
from extractor.long.asking import Question, Work, ask_all, halves, is_too_long
from extractor.long.sharing import Way
from extractor.merge import Conflict, Merged, merge
from extractor.pipeline import complete, unread
from extractor.pointers import joined, leaves, pointer, unescaped, value_at
from extractor.pooled import Pooled
from extractor.portions import Field, fields
from extractor.schema import digest
from extractor.scopes import in_schema_order
from extractor.types import Document, Extraction, Problem, Schema
from extractor.validation import Valid, validate

_NOT_MADE = "no text was made of those of the parts"
_MOST_NAMED = 4  # fields of a question
_SELDOM = 10  # times as long as it takes to make what is shown, until it is shown again


async def answered(work: Work, strategy: Way) -> Extraction:
    """The record of a document, by a strategy; what is too long for the model at once is asked in smaller questions."""
    questions = [*work.questions(strategy)]
    while len(questions) == 1:
        record = await work.asked(questions[0])
        questions = [*halves(work, questions[0])] if is_too_long(record) else []
        if not questions:
            return record
    return await _joined(work, questions)


async def _joined(work: Work, questions: Sequence[Question]) -> Extraction:
    started = time.monotonic()
    pairs = await ask_all(work, questions, _Steps(work, questions).answered)
    asked = [record for _, record in pairs]
    failed = [(question, record.errors) for question, record in pairs if record.errors]
    records = [record for record in asked if record.data is not None]
    if not records:
        nothing = unread(work.document.source, SourceError(""), work.schema, work.engine, work.options)
        return _summed(replace(nothing, errors=tuple(_placed(failed))), asked, started)
    merged = merge([record.data for record in records], work.schema, [record.spans for record in records])
    merged.data = without_nulls(work.schema, merged.data)  # parts may have nulls where the record may not
    merged.data = in_schema_order(work.schema, merged.data)
    unmade: list[Problem] = []
    for where in merged.to_reduce:
        made = await _reduced(work, merged, records, where)
        records.append(made)
        asked.append(made)
        unmade += [replace(one, pointer=where, message=f"{_NOT_MADE}: {one.message}") for one in made.errors[:1]]
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
    lacking = [pair for pair in failed if not _is_answered(pair[0], record.data)]  # what `complete` got counts
    errors = (*record.errors, *_placed(lacking), *unmade)
    conflicts = {one.pointer: pooled.alternatives(one) for one in merged.conflicts}
    notes = joined({"": _told(pairs)}, record.notes)
    likely = dict(_likely(merged, records, record.data))
    data = in_schema_order(work.schema, record.data)
    record = replace(record, data=data, errors=errors, conflicts=conflicts, notes=notes, probabilities=likely)
    return _summed(record, asked, started)


def _likely(merged: Merged, records: Sequence[Extraction], data: Any) -> Iterator[tuple[str, Mapping[str, float]]]:
    """How likely labels are by the parts that gave what stands at a place; of several parts the mean."""
    for where, _ in leaves(data):
        told = [
            records[part].probabilities[inner]
            for part, inner in merged.sources(where)
            if inner in records[part].probabilities
        ]
        if told:
            yield where, {label: round(mean(one.get(label, 0.0) for one in told), 4) for label in told[0]}


class _Steps:
    """How far a document is, for whoever watches."""

    def __init__(self, work: Work, questions: Sequence[Question]) -> None:
        self._work = work
        self._records: dict[int, Sequence[Extraction]] = {id(one): () for one in questions}  # in their order
        self._done = 0
        self._shown = self._took = 0.0  # when, and how long it took to make what was shown

    def answered(self, question: Question, records: Sequence[Extraction]) -> None:
        """One question more is answered."""
        self._records[id(question)] = records
        self._done += 1
        options, started = self._work.options, time.monotonic()
        if options.on_part is not None:
            options.on_part(self._work.document.source, self._done, len(self._records))
        if options.on_partial is not None and started - self._shown >= _SELDOM * self._took:
            if (data := self._so_far()) is not None:
                options.on_partial(data)
            self._shown = time.monotonic()
            self._took = self._shown - started

    def _so_far(self) -> Any:
        """The record as far as it is known."""
        given = [record for some in self._records.values() for record in some if record.data is not None]
        merged = merge([one.data for one in given], self._work.schema, [one.spans for one in given])
        return without_nulls(self._work.schema, merged.data)


def _told(pairs: Sequence[tuple[Question, Extraction]]) -> str:
    """How it was asked, in words."""
    parts = len({question.excerpt.ranges for question, _ in pairs if question.is_partial})
    others = sum(not question.is_partial for question, _ in pairs)
    if not parts:
        return f"asked in {others} questions about some of its fields each"
    told = f"asked about in {counted(parts, 'part')}"
    return f"{told}, and {counted(others, 'more question')} on fields that say one thing" if others else told


def _summed(record: Extraction, parts: Sequence[Extraction], started: float) -> Extraction:
    """The record with what all questions took."""
    every = [*parts, record]
    return replace(
        record,
        mode=next((one.mode for one in every if one.attempts), record.mode),
        attempts=sum(one.attempts for one in every),
        usage=sum((one.usage for one in every[1:]), every[0].usage),
        seconds=round(time.monotonic() - started, 3),
        thoughts="\n".join(filter(None, (one.thoughts for one in every))),
    )


def _placed(failed: Iterable[tuple[Question, Sequence[Problem]]]) -> Iterator[Problem]:
    """Problems of questions as those of the document: of a part they name the part, of some fields the fields."""
    for question, problems in failed:
        names = [*dict.fromkeys(str(one.path[0]) for one in fields(question.schema) if one.path)]
        told = ", ".join(names[:_MOST_NAMED]) + " …" * (len(names) > _MOST_NAMED)
        if question.own is not None:
            told = f"the part from {question.own[0]} to {question.own[1]}"
        for problem in problems:
            is_placed = question.own is None and problem.pointer
            yield problem if is_placed else replace(problem, pointer="", message=f"{told}: {problem}", value=None)


def _is_answered(question: Question, data: Any) -> bool:
    """Whether a record has all fields that a question about some of them asked for."""
    places = [pointer(one.path) for one in fields(question.schema)]
    return question.own is None and all(not is_empty(value_at(data, place)) for place in places)


def _for_repair(work: Work, data: Any) -> Excerpt:
    """What is shown where fields are not valid yet: the passages that are about them; else the beginning."""
    found = validate(work.schema, data)
    names = () if isinstance(found, Valid) else {problem.pointer for problem in found}
    wrong = [one for one in fields(work.schema) if any(_is_in(one, name) for name in names)]
    return work.passages.about(wrong, work.size) if wrong else work.beginning


def _is_in(one: Field, where: str) -> bool:
    """Whether a pointer is that of a field, of what is inside of it, or of an object that it is in."""
    path = map(unescaped, where.split("/")[1:])
    return all(mine == theirs for mine, theirs in zip(one.path, path, strict=False))


# --- one text of several -----------------------------------------------------------------------------------------


async def _reduced(work: Work, merged: Merged, records: Sequence[Extraction], where: str) -> Extraction:
    """Put one text in the place of those that parts worded; what backs it is looked for where theirs were."""
    texts = merged.to_reduce[where]
    piece, schema = _alone(work.schema, where, merged.data)
    told = Document(work.document.source, "\n\n".join(one.value for one in texts))
    options = replace(work.options, ground="off", on_partial=None, on_part=None, passes=1)
    inner = await Work.of(told, schema, work.engine, options, None, work.depth + 1)
    said = await answered(inner, inner.strategy)
    (name,) = schema.json_schema["properties"]
    text = said.data.get(name) if isinstance(said.data, Mapping) else None
    if not isinstance(text, str) or not text.strip():
        merged.conflicts.append(Conflict(where, tuple((one,) for one in texts), value_at(merged.data, where)))
        return replace(said, errors=said.errors or (Problem("", "the answer is empty"),))
    places = [backed.passage for one in texts for backed in records[one.part].support.get(one.pointer, ())]
    backing = Excerpt.of(work.document, [place for place in places if place] or work.beginning.ranges, work.pages)
    found = backing.placed(Evidence(backing.shown, schema, work.options.ground).found({name: text}))
    merged.data, _ = repair.put(merged.data, [piece], {where: text})
    merged.origins[where] = [Given(text, len(records), f"/{name}")]
    return replace(said, spans=found.spans, support=found.support, ungrounded=found.ungrounded)


def _alone(schema: Schema, where: str, data: Any) -> tuple[repair.Piece, Schema]:
    """One place of a record, and a schema of it alone, under its name: '/parts/0/summary' → summary, '' → text."""
    path = repair.path_of(data, where)
    piece = repair.Piece(path, repair.subschema(schema, path, data), "")
    asked = repair.asked(schema, [piece])
    name = next((part for part in reversed(path) if isinstance(part, str)), "text")
    root = {**asked.json_schema, "properties": {name: asked.json_schema["properties"][where]}, "required": [name]}
    return piece, replace(asked, json_schema=root, model=None, examples=(), digest=digest(root))
