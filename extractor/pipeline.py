"""The way of one document: messages → generate → decode → validate → repair → ground. The steps meet only here.

`Talk` is the conversation with a model, in the mode that it honours; `Draft` is the record as it is so far, which says
what to ask next.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Any

from extractor.absent import absences
from extractor.brevity import few_notes, few_problems
from extractor.disjoint import moves_of
from extractor.draft import Draft
from extractor.errors import EngineUnavailable, ExtractError, Refused, RequestRejected, SourceError, spell
from extractor.evidence import Evidence
from extractor.examples import choose
from extractor.field_names import renamed
from extractor.further import Growth
from extractor.grammar import compile_schema
from extractor.kinded import judgements_of
from extractor.kinds import Inquiry
from extractor.labels import SILENT, Labels, label_probabilities
from extractor.leaks import leaks
from extractor.options import Options
from extractor.pointers import by_pointer, changed, joined, pointer
from extractor.prior import impartial, is_quick, relabelled
from extractor.prompt import Voice, messages, unescape, voice_for
from extractor.pytypes import additions
from extractor.ranked import WRITTEN, ranked, term_fields
from extractor.reasked import without_copies, without_inventions
from extractor.schema import is_many
from extractor.tagged_union import choice_of
from extractor.talk import Talk
from extractor.types import Document, Engine, Example, Extraction, Message, Problem, Schema
from extractor.validation import Valid, validate, validate_each

VERSION = 8  # raised where the same answers of a model would make other records than before


async def extract(document: Document, schema: Schema, engine: Engine, options: Options | None = None) -> Extraction:
    """Extract one record.

    What goes wrong with this document alone stands in the record's `errors`. Raised is what ends a run:
    `SchemaError` before any token is spent, and engine errors that no other document would escape.
    """
    options = options or Options()
    case = _Case.of(Evidence(document, schema, options.ground, options.style.told(schema)), engine, options)
    if not document.text.strip():
        return case.blank()
    draft, labels = await _converse(case, case.draft()), Labels()
    if draft.valid is not None:
        draft = await _reasked(case, draft)
        draft = await _sorted_names(case, draft)
        draft = await _reranked(case, draft)
        draft, labels = await _relabelled(case, draft)  # last: it may ask about other texts than this
    record = case.record(draft)
    if case.options.probs and record.data is not None:
        record = await _with_labels(case, record, labels)
    told = leaks(record.data, case.shown, document, schema)
    return case.timed(replace(record, notes=joined(record.notes, told)))


async def complete(evidence: Evidence, engine: Engine, options: Options, data: Any) -> Extraction:
    """The record of data that are known already, of the evidence's document: what fails of them is asked for."""
    case = _Case.of(evidence, engine, options)
    if not evidence.document.text.strip():
        return case.blank()
    draft = replace(case.draft(), data=data, is_free=True, growth=Growth(), lost=evidence.lost).checked()
    if not draft.is_settled:
        draft = await _converse(case, draft) if options.retries else draft.given_up()
    return case.timed(case.record(draft))


@dataclass(frozen=True, slots=True)
class _Case:
    """One document, what is asked of it, and of whom; `shown` are the examples that go with it."""

    evidence: Evidence
    talk: Talk
    engine: Engine
    options: Options
    voice: Voice
    shown: tuple[Example, ...]
    started: float

    @classmethod
    def of(cls, evidence: Evidence, engine: Engine, options: Options) -> _Case:
        """Raises `SchemaError` for what the decoder cannot hold."""
        document, schema = evidence.document, evidence.schema
        compile_schema(schema)
        voice = voice_for(document.text, options.style)
        shown = choose(schema.examples, document.text, options.style.shots)
        return cls(evidence, Talk(engine, options, document.text), engine, options, voice, shown, time.monotonic())

    @property
    def schema(self) -> Schema:
        """What a record of it has to be."""
        return self.evidence.schema

    @property
    def document(self) -> Document:
        """What is asked about."""
        return self.evidence.document

    def chat(self, text: str | None = None) -> tuple[Message, ...]:
        """What the model is asked; of another text the same, with the examples that go with that one."""
        if text is None or text == self.document.text:
            return messages(self.document, self.schema, self.voice, self.shown)
        shown = choose(self.schema.examples, text, self.options.style.shots)
        return messages(replace(self.document, text=text), self.schema, self.voice, shown)

    def draft(self) -> Draft:
        """A record of which nothing is known."""
        return Draft(self.schema, self.voice, self.evidence, growth=Growth(self.options.passes - 1))

    def blank(self) -> Extraction:
        """The record of a text without a word."""
        fault = SourceError(f"{self.document.source}: the text is empty")
        record = unread(self.document.source, fault, self.schema, self.engine, self.options)
        return replace(record, notes=_loading(self.document))

    def record(self, draft: Draft) -> Extraction:
        """What a draft has become."""
        record = Extraction(
            self.document.source,
            None,
            self.schema.id,
            self.engine.id,
            self.talk.mode,
            errors=draft.faults,
            notes=joined(_loading(self.document), draft.notes),
            attempts=self.talk.attempts,
            usage=self.talk.usage,
            thoughts=self.talk.thoughts,
            probabilities=self.talk.probabilities,
        )
        return _finish(record, draft, self.evidence)

    def timed(self, record: Extraction) -> Extraction:
        """A record with what it took, and no more to read than anybody does."""
        errors, notes = few_problems(record.errors), few_notes(record.notes)
        return replace(record, errors=errors, notes=notes, seconds=round(time.monotonic() - self.started, 3))


async def _reasked(case: _Case, draft: Draft) -> Draft:
    """A draft without what is not from the document, as far as the model has something better."""
    options = case.options
    if (
        choice_of(case.schema)
        or not options.retries
        or options.ground in ("off", "find")
        or options.style.answer_language
    ):
        return draft
    bare = replace(case, shown=())
    draft = await without_copies(draft, case.shown, lambda: _converse(bare, bare.draft()))
    return await without_inventions(draft, case.chat(), case.talk)


async def _sorted_names(case: _Case, draft: Draft) -> Draft:
    """A draft whose names are of the kinds that the model holds for likely."""
    if choice_of(case.schema) or _unscored(case.options):
        return draft
    ask = Inquiry(case.voice.language, case.engine)
    for changes_of in (moves_of, judgements_of):
        changes, notes = await changes_of(case.schema, draft.data, ask)
        draft = replace(draft, notes=joined(draft.notes, notes))
        for change in changes:
            draft = change.applied(draft)
    return draft


async def _relabelled(case: _Case, draft: Draft) -> tuple[Draft, Labels]:
    """A draft whose choices are the likeliest beside what the model leans to, and how likely they are."""
    options, schema = case.options, case.schema
    is_sought = is_quick(schema) and not options.think if options.prior is None else options.prior
    if not is_sought or choice_of(schema):
        return draft, Labels()
    if why := _unscored(options):
        return _noted(draft, {"": why}, options), Labels()
    found = await impartial(schema, draft.data, case.document.text, case.chat, case.voice, case.engine)
    if SILENT in found.notes.values():
        return _noted(draft, found.notes, options), Labels()
    draft = replace(draft, notes=joined(draft.notes, found.notes))
    for path, label, note in relabelled(schema, draft.data, found):
        told = joined(draft.notes, {pointer(path): note})
        other = replace(draft, data=changed(draft.data, {path: label}), notes=told).checked()
        if other.valid is not None:
            draft = other
            continue
        found.probabilities.pop(pointer(path))  # a rule of the user's holds between fields
        told = joined(draft.notes, {pointer(path): f"{note}, but the record would not be valid with it"})
        draft = replace(draft, notes=told)
    return draft, found


def _noted(draft: Draft, told: Mapping[str, str], options: Options) -> Draft:
    """A draft that says why its labels are as they were written, where somebody asked for others."""
    return replace(draft, notes=joined(draft.notes, told)) if options.prior else draft


async def _reranked(case: _Case, draft: Draft) -> Draft:
    """A draft whose lists of terms are those that the model holds for the likeliest, of all in the document."""
    is_in_words_of_text = not (case.options.style.answer_language or choice_of(case.schema) or _unscored(case.options))
    if not (is_in_words_of_text and term_fields(case.schema)):
        return draft
    found = await ranked(case.schema, draft.data, case.document.text, case.chat, case.engine)
    draft = replace(draft, notes=joined(draft.notes, found.notes))
    if not found.terms:
        return draft
    other = replace(draft, data=changed(draft.data, found.terms)).checked()
    if other.valid is not None:
        return other
    why = f"{WRITTEN}: with others the record would not be valid"
    return replace(draft, notes=joined(draft.notes, {pointer(path): why for path in found.terms}))


async def _with_labels(case: _Case, record: Extraction, labels: Labels) -> Extraction:
    """A record with how likely the labels of its choices are; those of a choice between schemas are known already."""
    if choice_of(case.schema):
        return record
    if why := _unscored(case.options):
        return replace(record, notes=joined(record.notes, {"": why}))
    found = await label_probabilities(case.schema, record.data, case.chat(), case.engine, labels.probabilities)
    probabilities = {**found.probabilities, **labels.probabilities}
    return replace(record, probabilities=probabilities, notes=joined(record.notes, found.notes))


def _unscored(options: Options) -> str:
    """Why no label can be scored; '' where one can."""
    is_known = options.style.encoding == "json" and options.style.form == "chat"
    return "" if is_known else "labels are scored of answers in JSON to a chat only"


def unread(source: str, fault: Exception, schema: Schema, engine: Engine, options: Options) -> Extraction:
    """The record of a source that gave nothing but an error; one that none of us foresaw says where it arose."""
    mode = Talk(engine, options).mode
    problem = Problem.of(fault) if isinstance(fault, ExtractError) else _unforeseen(fault)
    return Extraction(source, None, schema.id, engine.id, mode, errors=(problem,))


def _unforeseen(fault: Exception) -> Problem:
    *_, last = traceback.extract_tb(fault.__traceback__) or [None]
    place = f", {PurePath(last.filename).name} line {last.lineno}" if last else ""
    return Problem("", f"{spell(fault)}{place}", kind=type(fault).__name__, hint="a bug: please report it")


async def _converse(case: _Case, draft: Draft) -> Draft:
    """Ask, and ask again for what failed, as often as allowed."""
    talk, chat = case.talk, case.chat()
    try:
        if talk.options.think:
            chat = await talk.think(chat, draft.schema, draft.voice)
        tries = 1 + talk.options.retries
        while True:
            draft = await draft.answered(draft.question(chat), talk)
            tries -= draft.valid is None  # what a valid record is asked for beside has bounds of its own
            if draft.is_settled or not tries:
                break
    except (RequestRejected, EngineUnavailable, Refused) as error:
        return draft.failed(error)
    return draft.given_up()


def _finish(record: Extraction, draft: Draft, evidence: Evidence) -> Extraction:
    """The record with the data in it, or with the rules that it breaks; of a list, what is valid is kept."""
    answer, schema = draft.data, draft.schema
    if answer is None or (record.errors and not is_many(schema)):
        return replace(record, errors=(*draft.problems, *record.errors))
    if is_many(schema) and isinstance(answer, list):
        answer = answer[: len(answer) - draft.has_open_record]
    checked, problems = draft.valid, list(draft.problems)
    if checked is None and is_many(schema) and isinstance(answer, list):
        checked, problems = validate_each(schema, answer, is_whole=not record.errors, doubts=draft.doubts)
        lost = {int(problem.pointer.split("/")[1]) for problem in problems if problem.pointer}
        answer = [value for at, value in enumerate(answer) if at not in lost]
    record = replace(record, errors=(*problems, *record.errors))
    if checked is None or ((problems or record.errors) and not checked.data):
        return record
    plain, told = unescape(
        answer, evidence.document.text
    )  # only now: a later turn would have shown the marks to the model
    if told and isinstance(found := validate(schema, plain), Valid):
        answer, checked = plain, found
        record = replace(record, notes=joined(record.notes, told))
    changes, added = _changed_by_class(answer, checked.data, checked.instance)
    record = replace(record, data=checked.data, instance=checked.instance, notes=joined(record.notes, changes))
    traced = evidence.found(checked.data)
    return replace(
        record,
        spans=traced.spans,
        support=traced.support,
        ungrounded={at: why for at, why in traced.ungrounded.items() if not f"{at}/".startswith(added)},
        absent=absences(schema, checked.data, draft.lost),
        notes=joined(record.notes, traced.notes),
    )


def _changed_by_class(answer: Any, written: Any, instance: Any) -> tuple[dict[str, str], tuple[str, ...]]:
    """What the user's class added (defaults), left out (ignored fields, keys that became equal) and named otherwise.

    With it the beginnings of the pointers of what it added: nobody read that in the document.
    """
    answer, told = renamed(answer, written, instance)
    added = [pointer(path) for path in additions(answer, written)]
    changes = joined(
        by_pointer((pointer(path), text) for path, text in told),
        dict.fromkeys(added, "not in the answer, added by the class"),
        {pointer(path): "in the answer, not kept by the class" for path in additions(written, answer)},
    )
    return changes, tuple(f"{at}/" for at in added)


def _loading(document: Document) -> dict[str, str]:
    return {"": "; ".join(document.notes)} if document.notes else {}
