"""One conversation with a model: what is asked in which mode, and what of the answers counts.

The mode is the strongest that the engine honours. One that it rejects, or that cannot say the schema, is left for the
next weaker one, openly: in a note, and in the record's `mode`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from extractor import repair
from extractor.answer import apart, is_plain_json, partial, refuse, well_formed
from extractor.errors import ModeRejected, SchemaError
from extractor.forgiving import without_nulls
from extractor.options import Options
from extractor.probabilities import of_choices
from extractor.prompt import Voice, answer_now, think
from extractor.requests import choose_mode, free_request, grammar_of, structured
from extractor.strict import to_calls, to_strict
from extractor.tagged_union import choice_of
from extractor.types import Completion, Encoding, Engine, Message, Mode, Request, Schema, Usage

_THINKING_TOKENS = 1_000


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: a schema, and the pieces of a record that it stands for (none: the whole), which are in JSON."""

    schema: Schema
    messages: tuple[Message, ...]
    pieces: tuple[repair.Piece, ...] = ()
    encoding: Encoding = "json"


class Talk:
    """The requests of one document: in the strongest mode that the engine honours, counted.

    `text` is the document's, of which verbatim values are to be a part.
    """

    def __init__(self, engine: Engine, options: Options, text: str = "") -> None:
        self.engine = engine
        self.options = options
        self.text = text
        fitting: list[Mode] = [mode for mode in engine.modes if mode in options.fitting]
        self.mode: Mode = options.mode or (fitting[0] if fitting else "prompt")
        self.attempts = 0
        self.usage = Usage()
        self.thoughts = ""
        self.probabilities: Mapping[str, Mapping[str, float]] = {}
        self._unfit: dict[Mode, Exception] = {}
        self._notes: list[str] = []

    async def think(self, chat: tuple[Message, ...], schema: Schema, voice: Voice) -> tuple[Message, ...]:
        """The chat with the model's free thoughts in it; `Refused` where it declines already here."""
        *before, question = chat
        # In the same turn: templates of some models want turns to alternate.
        asked = (*before, replace(question, content=f"{question.content}\n\n{think(voice)}"))
        self.attempts += 1
        completion = self._count(await self.engine.generate(free_request(asked, self.options, _THINKING_TOKENS)))
        refuse(completion)
        said = completion.text.strip() or completion.thoughts
        self.thoughts = _lines(self.thoughts, completion.text.strip())
        now = Message("user", answer_now(schema, voice))
        return (*asked, Message("assistant", said), now) if said else chat

    async def ask(self, question: Question) -> Completion:
        """The answer to a question, in the next weaker mode where the engine rejects one."""
        while True:
            mode = await choose_mode(self.engine, self.options, self._unfit)
            if mode is None:
                none = ModeRejected(f"{self.engine.id} honours none of its modes")
                raise next(reversed(self._unfit.values()), none)
            self.mode = mode
            try:
                request = structured(question.schema, question.messages, self.options, mode, self.text)
                if mode == "grammar" and (loose := grammar_of(question.schema, self.text).loose):
                    self._notes.append(f"verbatim fields are checked after: {loose}")
                self.attempts += 1
                return self._weighed(self._doubted(self._count(await self._generate(request, question))), question)
            except ModeRejected as error:
                self._go_on_without(mode, f"is rejected ({error})", error)
            except SchemaError as error:
                if mode == "grammar":
                    raise
                self._go_on_without(mode, f"cannot say this schema ({error})", error)

    def restore(self, schema: Schema, value: Any) -> Any:
        """An answer in the shape of its schema: a model is asked by a forgiving one, or by a strict one."""
        if self.mode == "tools" and (calls := to_calls(schema)):
            value = calls.restore(value)
        elif self.mode in ("json_schema", "tools"):
            value = to_strict(schema).restore(value)
        return without_nulls(schema, value)

    def notes(self) -> dict[str, str]:
        """What there is to say of the last answer."""
        told, self._notes = "; ".join(dict.fromkeys(self._notes)), []
        return {"": told} if told else {}

    def _doubted(self, completion: Completion) -> Completion:
        """An answer; where it is no JSON and a decoder should have seen to that, the mode is not used again."""
        is_learning = getattr(self.engine, "disown", None) is not None
        if is_learning and self.mode in ("grammar", "json_schema") and not is_plain_json(completion):
            self._disown(self.mode, "is ignored: an answer was not JSON alone", is_for_all=self.options.mode is None)
        return completion

    def _weighed(self, completion: Completion, question: Question) -> Completion:
        """An answer; how likely what it chose was is kept."""
        if completion.tokens and (choice := choice_of(question.schema)):
            self.probabilities = of_choices(completion.tokens, choice)
        return completion

    def _disown(self, mode: Mode, why: str, *, is_for_all: bool) -> None:
        """Tell an engine that learns, for the documents to come; else, or where the mode was asked for, note it."""
        disown = getattr(self.engine, "disown", None)
        if disown and is_for_all:
            disown(mode, why)
        else:
            self._notes.append(f"mode {mode} {why}")

    async def _generate(self, request: Request, question: Question) -> Completion:
        show = self.options.on_partial
        is_shown = show is not None and not question.pieces and question.encoding == "json"
        if show is None or not is_shown or not hasattr(self.engine, "stream"):
            return await self.engine.generate(request)

        shown: Any = None

        def grow(text: str) -> None:
            nonlocal shown
            value = partial(text)
            if value is not None and value != shown:
                shown = value
                show(self.restore(question.schema, value))

        completion: Completion = await self.engine.stream(request, grow)
        return completion

    def _go_on_without(self, mode: Mode, why: str, error: Exception) -> None:
        """Take the next mode, for this document, and for the run where an engine remembers; raises if none is left."""
        if self.options.mode is not None or mode == "prompt":
            raise error
        self._unfit[mode] = error
        self._disown(mode, why, is_for_all=isinstance(error, ModeRejected))

    def _count(self, completion: Completion) -> Completion:
        self.usage += completion.usage
        self._notes += completion.notes
        thoughts, text = apart(completion.text)
        if (sound := well_formed(text)) != text:
            self._notes.append("half of a surrogate pair is no character, U+FFFD stands for it")
            text = sound
        completion = replace(completion, text=text, thoughts=_lines(completion.thoughts, thoughts))
        self.thoughts = _lines(self.thoughts, completion.thoughts)
        return completion


def _lines(*texts: str) -> str:
    return "\n".join(filter(None, texts))
