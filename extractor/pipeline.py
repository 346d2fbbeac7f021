"""The way of one document: messages → generate → decode → validate → repair → ground. The steps meet only here.

`Talk` is the conversation with a model, in the mode that it honours; `Draft` is the record as it is so far, which says
what to ask next.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePath
from typing import Any

from extractor.absent import absences
from extractor.brevity import few_notes, few_problems
from extractor.draft import Draft
from extractor.errors import EngineUnavailable, ExtractError, Refused, RequestRejected, SourceError, spell
from extractor.evidence import Evidence
from extractor.examples import choose
from extractor.field_names import renamed
from extractor.grammar import compile_schema
from extractor.labels import SILENT, Chat, Labels, label_probabilities
from extractor.leaks import leaks
from extractor.pointers import by_pointer, changed, joined, pointer
from extractor.prior import impartial, is_quick, relabelled
from extractor.prompt import messages, unescape, voice_for
from extractor.pytypes import additions
from extractor.ranked import WRITTEN, fields_of, ranked
from extractor.schema import is_many
from extractor.tagged_union import choice_of
from extractor.talk import Options, Talk
from extractor.types import Document, Engine, Extraction, Message, Problem, Schema
from extractor.validation import Valid, validate, validate_each

VERSION = 4  # raised where the same answers of a model would make other records than before


async def extract(document: Document, schema: Schema, engine: Engine, options: Options | None = None) -> Extraction:
    """Extract one record.

    What goes wrong with this document alone stands in the record's `errors`. Raised is what ends a run:
    `SchemaError` before any token is spent, and engine errors that no other document would escape.
    """
    options = options or Options()
    return await complete(Evidence(document, schema, options.ground), engine, options)


async def complete(evidence: Evidence, engine: Engine, options: Options, data: Any = None) -> Extraction:
    """Extract one record of the evidence's document, of which some data may be known already; None for none."""
    document, schema = evidence.document, evidence.schema
    talk = Talk(engine, options, document.text)
    compile_schema(schema)
    if not document.text.strip():
        fault = SourceError(f"{document.source}: the text is empty")
        return replace(unread(document.source, fault, schema, engine, options), notes=_loading(document))
    started = time.monotonic()
    voice = voice_for(document.text, options.style)
    examples = choose(schema.examples, document.text, options.style.shots)

    def chat(text: str) -> tuple[Message, ...]:
        shown = examples if text == document.text else choose(schema.examples, text, options.style.shots)
        return messages(replace(document, text=text), schema, voice, shown)

    draft = Draft(schema, voice, evidence, looks=options.passes - 1)
    if data is not None:
        draft = replace(draft, data=data, is_free=True, looks=0, lost=evidence.lost).checked()
    if data is None or not draft.is_settled:
        draft = await _converse(talk, draft, chat(document.text))
    labels = Labels()
    if data is None and draft.valid is not None:
        draft = await _reranked(draft, chat, engine, options)
        draft, labels = await _relabelled(draft, chat, engine, options)  # last: it may ask about other texts than this
    record = Extraction(
        document.source,
        None,
        schema.id,
        engine.id,
        talk.mode,
        errors=draft.faults,
        notes=joined(_loading(document), draft.notes),
        attempts=talk.attempts,
        usage=talk.usage,
        thoughts=talk.thoughts,
        probabilities=talk.probabilities,
    )
    record = _finish(record, draft, evidence)
    if data is None:
        if options.probs and record.data is not None:
            record = await _with_labels(record, labels, chat(document.text), schema, engine, options)
        record = replace(record, notes=joined(record.notes, leaks(record.data, examples, document, schema)))
    errors, notes = few_problems(record.errors), few_notes(record.notes)
    return replace(record, errors=errors, notes=notes, seconds=round(time.monotonic() - started, 3))


async def _relabelled(draft: Draft, chat: Chat, engine: Engine, options: Options) -> tuple[Draft, Labels]:
    """A draft whose choices are the likeliest beside what the model leans to, and how likely they are."""
    is_sought = is_quick(draft.schema) and not options.think if options.prior is None else options.prior
    if not is_sought or choice_of(draft.schema):
        return draft, Labels()
    if why := _unscored(options):
        return _noted(draft, {"": why}, options), Labels()
    found = await impartial(draft.schema, draft.data, draft.evidence.document.text, chat, draft.voice, engine)
    if SILENT in found.notes.values():
        return _noted(draft, found.notes, options), Labels()
    draft = replace(draft, notes=joined(draft.notes, found.notes))
    for path, label, note in relabelled(draft.schema, draft.data, found):
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


async def _reranked(draft: Draft, chat: Chat, engine: Engine, options: Options) -> Draft:
    """A draft whose lists of terms are those that the model holds for the likeliest, of all in the document."""
    is_in_words_of_text = not (options.style.answer_language or choice_of(draft.schema) or _unscored(options))
    if not (is_in_words_of_text and fields_of(draft.schema)):
        return draft
    found = await ranked(draft.schema, draft.data, draft.evidence.document.text, chat, engine)
    draft = replace(draft, notes=joined(draft.notes, found.notes))
    if not found.terms:
        return draft
    other = replace(draft, data=changed(draft.data, found.terms)).checked()
    if other.valid is not None:
        return other
    why = f"{WRITTEN}: with others the record would not be valid"
    return replace(draft, notes=joined(draft.notes, {pointer(path): why for path in found.terms}))


async def _with_labels(
    record: Extraction,
    labels: Labels,
    chat: tuple[Message, ...],
    schema: Schema,
    engine: Engine,
    options: Options,
) -> Extraction:
    """A record with how likely the labels of its choices are; those of a choice between schemas are known already."""
    if choice_of(schema):
        return record
    if why := _unscored(options):
        return replace(record, notes=joined(record.notes, {"": why}))
    found = await label_probabilities(schema, record.data, chat, engine, labels.probabilities)
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


async def _converse(talk: Talk, draft: Draft, chat: tuple[Message, ...]) -> Draft:
    """Ask, and ask again for what failed, as often as allowed."""
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
