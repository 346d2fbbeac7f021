"""A record as far as it is: what a model has said of it, what validation has against it, and what to ask next.

A draft that is not valid asks for the places that failed, or for the whole where no place can be named.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from extractor import absent, repair
from extractor.answer import Answer, decode, explain_cut
from extractor.brevity import few_lines, shorten
from extractor.errors import EngineUnavailable, ExtractError, OutputError, ParseError, SchemaError, Ungrounded
from extractor.evidence import Evidence
from extractor.forgiving import spoken
from extractor.further import CIRCLED, Growth, end_circle, end_circles
from extractor.grammar import compile_schema
from extractor.grammar.clip import full_lists
from extractor.pointers import by_pointer, joined, pointer, value_at
from extractor.prompt import Voice, again
from extractor.schema import is_many
from extractor.talk import Question, Talk
from extractor.types import GIVEN_UP, UNENDED, Completion, Message, Problem, Schema
from extractor.unsaid import has_unsaid
from extractor.validation import Valid, doubted, validate

_LONGEST_FAULT = 300  # characters of a value in a message to the model
_MOST_FAULTS = 50  # that are told it at once
_LONGEST_ANSWER = 50_000  # characters of an answer without use that are shown to it again


@dataclass(frozen=True, slots=True)
class Draft:
    """A record on its way. `data` is None before there is any; `pieces` are what to ask for next.

    `valid` is what passed validation, `problems` are what it and the document have against the data, `faults` what else
    went wrong (cut off, unreadable), `lost` why optional values were given up, by pointer.
    """

    schema: Schema
    voice: Voice
    evidence: Evidence
    data: Any = None
    text: str = ""
    pieces: tuple[repair.Piece, ...] = ()
    valid: Valid | None = None
    problems: tuple[Problem, ...] = ()
    faults: tuple[Problem, ...] = ()
    notes: Mapping[str, str] = field(default_factory=dict)
    is_final: bool = False
    doubts: Mapping[str, str] = field(default_factory=dict)  # by pointer, why values stay that could mean something
    unread: Mapping[str, str] = field(default_factory=dict)  # by pointer, why a null of the answer is no value
    is_free: bool = False  # no grammar held it: what is valid can yet have keys that nothing names
    growth: Growth = field(default_factory=Growth)
    lost: Mapping[str, absent.Reason] = field(default_factory=dict)

    @property
    def is_settled(self) -> bool:
        """Valid, or beyond help."""
        return self.is_final or not (self.pieces or self.problems or self.faults)

    @property
    def has_open_record(self) -> bool:
        """Of a list, whether its last record was cut off, and lacks pieces."""
        return any(piece.why == repair.CUT and len(piece.path) > 1 for piece in self.pieces)

    def question(self, chat: tuple[Message, ...]) -> Question:
        """What to ask next: at first the record, then what failed of it."""
        encoding = self.voice.style.encoding
        if not (self.pieces or self.problems or self.faults):
            return Question(self.schema, chat, encoding=encoding)
        if self.pieces and all(piece.path for piece in self.pieces):
            is_cut = any(piece.why == repair.CUT for piece in self.pieces)
            pieces = self.pieces if is_cut else self.pieces[:_MOST_FAULTS]  # the others have their turn after these
            faults = [shorten(_fault(self.data, piece)) for piece in pieces]
            if (found := self.about(pieces, faults, self.data, chat)) is not None:
                return found
        faults = few_lines([str(problem) for problem in (*self.problems, *self.faults)], _MOST_FAULTS)
        is_json = self.data is not None and encoding == "json"
        said = Message(
            "assistant",
            shorten(json.dumps(self.data, ensure_ascii=False) if is_json else self.text, _LONGEST_ANSWER),
        )
        asked_again = again(faults, self.schema, self.voice, is_whole=True)
        return Question(self.schema, (*chat, said, asked_again), encoding=encoding)

    def about(
        self, pieces: tuple[repair.Piece, ...], faults: Sequence[str], shown: Any, chat: tuple[Message, ...]
    ) -> Question | None:
        """What asks for some places of a record that the model is shown, and says what is wrong with them.

        None where the decoder does not hold it: a part of a schema can be more for it than the whole.
        """
        asked = repair.asked(self.schema, pieces)
        try:
            compile_schema(asked)
        except SchemaError:
            return None
        said = Message("assistant", json.dumps(shown, ensure_ascii=False))
        return Question(asked, (*chat, said, again(faults, asked, self.voice, is_whole=False)), pieces)

    def edited(self, data: Any, gone: Sequence[absent.Path], told: Mapping[str, str]) -> Draft:
        """A valid draft with other data, without items of lists; what is known of those behind them moves with them."""
        return replace(
            self,
            data=data,
            notes=joined(absent.notes_without(self.notes, gone), told),
            lost=absent.notes_without(self.lost, gone),
            unread=absent.notes_without(self.unread, gone),
            doubts=absent.notes_without(self.doubts, gone),
            growth=self.growth.ended,
        ).checked()

    async def answered(self, question: Question, talk: Talk) -> Draft:
        """The draft with what the model says to a question."""
        completion = await talk.ask(question)
        try:
            answer = _meant(question, decode(completion, question.schema, question.encoding), talk, completion)
        except OutputError as error:
            return self.unread_answer(error, completion.text)
        value, cuts = compile_schema(spoken(question.schema)).clip(answer.value, is_held=talk.mode == "grammar")
        if answer.open is None and (ended := end_circles(question.schema, value, full_lists(value, cuts))):
            cuts = {at: told for at, told in cuts.items() if value_at(value, at, ...) is not ...} | ended
        told = joined(answer.notes, cuts)
        if question.pieces:
            told = joined(*({repair.in_record(at): text} for at, text in told.items()))
        notes = joined(self.notes, told, talk.notes())
        full = tuple(repair.in_record(at) if question.pieces else at for at in full_lists(value, cuts))
        is_free, growth = talk.mode != "grammar", replace(self.growth, full=full)
        taken = replace(self, text=completion.text, faults=(), notes=notes, is_free=is_free, growth=growth)
        taken = taken if question.pieces else replace(taken, unread=answer.unread)
        cut = (Problem.of(explain_cut(completion, talk.options.max_tokens)),)
        if question.pieces:
            if self.valid is not None:
                return taken.topped(question, value)
            return taken.pieced(question, value, answer.open, self.faults or cut)
        if answer.open is not None:
            if completion.finish_reason == "repetition":
                return taken.circled(value, answer.open, cut)
            return taken.begun(value, answer.open, cut)
        return self.better(replace(taken, data=value).checked())

    def unread_answer(self, error: OutputError, text: str) -> Draft:
        """After an answer that is none; data that are there are no worse than before."""
        if self.valid is not None:
            return self.failed(error)
        is_final = not isinstance(error, ParseError)
        why = (Problem.of(error),)
        if self.data is None:
            return replace(self, text=text, faults=why, is_final=is_final)
        return replace(self, is_final=is_final, faults=self.faults or why if is_final else self.faults)

    def begun(
        self, value: Any, opened: repair.Path, fault: tuple[Problem, ...], done: repair.Path | None = None
    ) -> Draft:
        """With an answer that was cut off: what it lacks is asked for next, or the whole where nothing was complete.

        Of a list that is `done` no further items are.
        """
        if self.data is not None:
            return replace(self, faults=fault, is_final=True)
        data, pieces = repair.unwritten(self.schema, value, opened) if value else (None, [])
        if not data or not _count_leaves(data):
            return replace(self, faults=fault, is_final=not self.text.strip())
        pieces = [piece for piece in pieces if done is None or piece.path[:-1] != done or not piece.is_further]
        draft = replace(self, data=data, pieces=tuple(pieces), faults=fault if pieces else ())
        return draft if pieces else draft.checked()

    def circled(self, value: Any, opened: repair.Path, fault: tuple[Problem, ...]) -> Draft:
        """With an answer that went round in circles: the list that did is done, what comes after it is asked for."""
        ended = end_circle(self.schema, value, opened) if self.data is None else None
        if ended is None:
            return self.begun(value, opened, fault)
        place, gone = ended
        told = {pointer(place): CIRCLED.format(gone)}
        return replace(self, notes=joined(self.notes, told)).begun(value, place, fault, done=place)

    def pieced(self, question: Question, value: Any, opened: repair.Path | None, cut: tuple[Problem, ...]) -> Draft:
        """With pieces of it put in their places; `cut` says why some of them are continuations."""
        if opened is None:
            data, missing = repair.put(self.data, question.pieces, value)
        else:
            data, missing = repair.put_part(self.schema, self.data, question.pieces, (value, opened))
        why = {piece.pointer: f"asked again: {piece.why}" for piece in question.pieces if piece.why != repair.CUT}
        continued = {"": "an answer was cut off, and continued"} if len(why) < len(question.pieces) else {}
        draft = replace(self, data=data, notes=joined(self.notes, why, continued), pieces=())
        if missing and (opened is not None or any(piece.why == repair.CUT for piece in missing)):
            stuck = opened is not None and _count_leaves(data) <= _count_leaves(self.data)
            return replace(draft, pieces=tuple(missing), faults=cut, is_final=stuck)
        return draft.checked()

    def topped(self, question: Question, value: Any) -> Draft:
        """With further items, where the record stays valid with them; where none came, nobody looks again."""
        data, _ = repair.put(self.data, question.pieces, value)
        growth, notes = self.growth.after(self.schema, question.pieces, data, self.data, self.notes)
        done = replace(self, pieces=(), growth=growth.ended)
        if data == self.data:
            return done
        draft = replace(self, pieces=(), growth=growth, data=data, notes=notes).checked()
        return draft if draft.valid is not None else done

    def checked(self) -> Draft:
        """With what its values mean, the verdict of validation, and what to ask about it."""
        found = validate(self.schema, self.data)
        if isinstance(found, Valid) and not self.is_free and not has_unsaid(self.data):
            return self.judged(found, {})
        from extractor.coercion import align  # what a decoder held seldom needs it

        aligned = align(self.schema, (self.data,), written=self.text)
        if not aligned.changes:
            return self.judged(found, aligned.doubts)
        draft = replace(self, data=aligned.value, notes=joined(self.notes, aligned.changes))
        return draft.judged(validate(self.schema, aligned.value), aligned.doubts)

    def judged(self, found: Valid | list[Problem], doubts: Mapping[str, str]) -> Draft:
        """With a verdict, and what to ask about it."""
        doubts = {at: why for at, why in self.unread.items() if value_at(self.data, at) is None} | {**doubts}
        found = doubted(found, doubts, self.data)
        if isinstance(found, Valid):
            return self.traced(found)
        return self.faulty(tuple(found), doubts)

    def traced(self, found: Valid) -> Draft:
        """Valid, as far as the document bears it out; in place of what lists repeat others are asked for, once."""
        told = self.evidence.trace(self.data)
        if told.data != self.data:
            again = validate(self.schema, told.data)
            if not isinstance(again, Valid):
                return self.faulty(tuple(_shortened(problem, told.notes) for problem in again), {})
            found = again
        draft = replace(self, data=told.data, notes=joined(self.notes, told.notes), doubts={})
        if told.problems:
            doubts = {problem.pointer: problem.message for problem in told.problems}
            return draft.faulty(tuple(told.problems), doubts)
        pieces = self.growth.pieces(self.schema, told.data, told.further)
        return replace(draft, pieces=tuple(pieces), valid=found, problems=(), faults=())

    def faulty(self, problems: tuple[Problem, ...], doubts: Mapping[str, str]) -> Draft:
        """With what is wrong, and what to ask about it; what nothing foresees is taken out."""
        pieces = repair.failing(self.schema, self.data, problems)
        if surplus := [piece for piece in pieces if piece.node is False and piece.path]:
            data = repair.without(self.data, surplus)
            told = {piece.pointer: "not foreseen by the schema, taken out" for piece in surplus}
            if data != self.data:
                return replace(self, data=data, notes=joined(self.notes, told)).checked()
        return replace(self, pieces=tuple(pieces), valid=None, problems=problems, faults=(), doubts=doubts)

    def failed(self, error: ExtractError) -> Draft:
        """After a question that has no answer."""
        if self.valid is not None:
            told = {"": f"no further items: {error}"}
            return replace(self, pieces=(), growth=self.growth.ended, notes=joined(self.notes, told))
        draft = replace(self, faults=self.faults or (Problem.of(error),))  # a cut answer says why there is a next
        return draft if isinstance(error, EngineUnavailable) else draft.given_up()

    def given_up(self) -> Draft:
        """Where nothing failed but optional values, and items of verbatim lists, the record without them.

        `lost` says why of each value.
        """
        kinds = {problem.kind for problem in (*self.faults, *self.problems)}
        is_required = self.evidence.level == "require" and Ungrounded.__name__ in kinds
        asked = [piece.path for piece in self.pieces]
        if self.data is None or self.valid is not None or is_required or not asked or not all(asked):
            return self
        items = [path for path in asked if isinstance(path[-1], int) and kinds == {Ungrounded.__name__}]
        emptied = absent.without(self.schema, self.data, [path for path in asked if path not in items])
        if emptied is None:
            return self
        data = absent.without_items(emptied[0], items)
        checked = validate(self.schema, data)
        if not isinstance(checked, Valid) or self.evidence.trace(data).problems:
            return self
        lost = dict.fromkeys(map(pointer, emptied[1]), absent.reason_of(kinds))
        kept = absent.notes_without(self.notes, items)
        told = by_pointer((_told_at(piece, items), f"{GIVEN_UP}{piece.why}{_was(self.data, piece)}")
                          for piece in self.pieces)  # fmt: skip
        notes = joined(kept, told)
        return replace(self, data=data, valid=checked, problems=(), faults=(), pieces=(), notes=notes, lost=lost)

    def better(self, other: Draft) -> Draft:
        """Of two whole answers the one with fewer problems; of equals the fuller, then the later."""
        if self.data is None or self.faults or other.badness <= self.badness:
            return other
        return replace(self, notes=other.notes)

    @property
    def badness(self) -> tuple[int, int]:
        """How many problems there are, and how little data; the less, the better."""
        return len(self.problems), -_count_leaves(self.data) if self.problems else 0


def _shortened(problem: Problem, notes: Mapping[str, str]) -> Problem:
    """What is wrong with a list that was long enough with what it repeats."""
    why = notes.get(problem.pointer)
    return replace(problem, message=f"{problem.message} ({why})") if why else problem


def _told_at(piece: repair.Piece, items: Sequence[repair.Path]) -> str:
    """Where it is told that a piece is left out: of an item at its list, where others have its number now."""
    return piece.around if piece.path in items else piece.pointer


def _meant(question: Question, answer: Answer, talk: Talk, completion: Completion) -> Answer:
    """An answer in the shape of the schema that was asked for; of several values, or a mere text, what is meant.

    What a single value means is seen where it is checked, with all of the record around it.
    """
    text, is_cut = completion.text, completion.finish_reason in UNENDED
    values = [talk.restore(question.schema, value) for value in answer.several or (answer.value,)]
    if is_cut and answer.value is not None:
        from extractor.coercion import continued

        value, opened, told = continued(question.schema, values, answer.open)
        return replace(answer, value=value, open=opened, notes=joined(answer.notes, told))
    if answer.open is not None or (len(values) == 1 and answer.fault is None):
        return replace(answer, value=values[-1])
    told = {}
    if is_many(question.schema) and 0 < answer.fenced < len(values):
        told = {"": f"{len(values) - answer.fenced} values in prose are left out, beside those in fences"}
        values = values[: answer.fenced]  # `before` is in their order
    from extractor.coercion import align

    found = align(question.schema, values, text, answer.before)
    if answer.fault and isinstance(validate(question.schema, found.value), list):
        raise ParseError("; ".join((str(answer.fault), *found.doubts.values()))) from answer.fault
    return replace(answer, value=found.value, notes=joined(answer.notes, told, found.changes))


def _fault(data: Any, piece: repair.Piece) -> str:
    """What is wrong with a place; of one that is not there the place alone: small models copy the reason into it."""
    return piece.pointer if piece.why == repair.CUT else f"{piece.pointer}: {piece.why}{_was(data, piece)}"


def _was(data: Any, piece: repair.Piece) -> str:
    """What stands at a place, in a few words for the model."""
    value = value_at(data, piece.pointer)
    return "" if value is None else f" (it was {json.dumps(value, ensure_ascii=False)[:_LONGEST_FAULT]})"


def _count_leaves(data: Any) -> int:
    """How many values there are in data."""
    if isinstance(data, dict | list):
        return sum(map(_count_leaves, data.values() if isinstance(data, dict) else data))
    return 1
