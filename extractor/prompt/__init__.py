"""What the model reads: what to extract and how to write it, examples, and the document last.

What is the same for every document comes first, so that an engine computes that prefix once; where one document is
asked about several times, it comes first.

Reading order: this file; `wording`, the sentences themselves; `style`, what a user chooses; `fence`; `calls`, for a
choice between tools, which is made for what a user says rather than for a document.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from extractor import encoders
from extractor.examples import choose
from extractor.forgiving import forgiving
from extractor.prompt import calls
from extractor.prompt.calls import described, is_query
from extractor.prompt.fence import escape, fence, unescape
from extractor.prompt.style import PromptStyle, name_language
from extractor.prompt.wording import WORDINGS, Wording
from extractor.schema import is_many
from extractor.scopes import has_null
from extractor.text import is_chinese
from extractor.types import Document, Example, Language, Message, Schema

__all__ = [
    "PromptStyle",
    "Voice",
    "again",
    "answer_now",
    "as_text",
    "fence",
    "messages",
    "think",
    "unescape",
    "voice_for",
    "without_tools",
]

_WITH_NULL = ("json", "yaml")


@dataclass(frozen=True, slots=True)
class Voice:
    """How a model is spoken to about one document."""

    style: PromptStyle
    language: Language
    said: Wording


def voice_for(text: str, style: PromptStyle | None = None) -> Voice:
    """In the language that is chosen, else in Chinese about a Chinese text."""
    style = style or PromptStyle()
    language = style.language or ("zh" if is_chinese(text) else "en")
    return Voice(style, language, WORDINGS[language])


def messages(
    document: Document, schema: Schema, voice: Voice | None = None, shown: tuple[Example, ...] | None = None
) -> tuple[Message, ...]:
    """The chat of one document: what to extract, the examples (`shown`, else those of the style), then the document."""
    voice = voice or voice_for(document.text)
    if voice.style.order == "document-first" and not is_query(schema):
        return (Message("user", f"{fence(document.text)}\n\n{_system(schema, voice).content}"),)
    shown = choose(schema.examples, document.text, voice.style.shots) if shown is None else shown
    question = Message("user", _asked(document.text, schema, voice))
    return (_system(schema, voice), *_turns(shown, schema, voice), question)


@lru_cache(maxsize=64)
def _system(schema: Schema, voice: Voice) -> Message:
    style, said = voice.style, voice.said
    if is_query(schema):
        return Message("system", _without_gaps(calls.system(schema, style, said, voice.language)))
    name = style.answer_language and name_language(style.answer_language, voice.language)
    filled = said.system.format(
        task=_task(schema, voice),
        instruction=style.told(schema),
        type=described(schema, style.descriptor),
        absent=_absent(forgiving(schema), voice),
        language=said.answer_language.format(name=name) if name else said.own_language,
    )
    return Message("system", _without_gaps(filled))


def _absent(schema: Schema, voice: Voice) -> str:
    """What to write where a text says nothing; where null may stand nowhere, no model is told to write it."""
    if voice.style.encoding not in _WITH_NULL:
        return voice.said.empty
    return voice.said.absent if has_null(schema) else ""


def _task(schema: Schema, voice: Voice) -> str:
    said = voice.said
    if voice.style.encoding == "json":
        return said.many_json if is_many(schema) else said.one_json
    form = encoders.instructions(schema, voice.style.encoding, voice.language)
    return (said.many if is_many(schema) else said.one).format(format=form)


def without_tools(chat: tuple[Message, ...], schema: Schema, voice: Voice) -> tuple[Message, ...]:
    """The chat of a query without the description of the tools, which a server has of its own."""
    if not is_query(schema):
        return chat
    left = calls.brief(schema, voice.style, voice.said)
    return (*([Message("system", left)] if left else []), *chat[1:])


@lru_cache(maxsize=64)
def _turns(shown: tuple[Example, ...], schema: Schema, voice: Voice) -> tuple[Message, ...]:
    """Each example as a turn of the user's, and one of the model's."""
    return tuple(
        turn
        for example in shown
        for turn in (
            Message("user", _asked(example.text, schema, voice)),
            Message("assistant", encoders.encode(example.value, schema, voice.style.encoding)),
        )
    )


def _asked(text: str, schema: Schema, voice: Voice) -> str:
    if is_query(schema):
        return escape(text).strip()
    return f"{fence(text)}\n\n{voice.said.after}" if voice.said.after else fence(text)


def again(faults: Sequence[str], schema: Schema, voice: Voice, *, is_whole: bool) -> Message:
    """The turn that asks for a record, or places of it, once more; `schema` is that of what is asked for.

    Places are asked for in JSON, whatever the encoding.
    """
    told = "\n".join(f"- {_one_line(escape(fault))}" for fault in faults)
    form = encoders.instructions(schema, voice.style.encoding if is_whole else "json", voice.language)
    filled = voice.said.again if is_whole else voice.said.pieces
    return Message("user", filled.format(faults=told, type=described(schema, voice.style.descriptor), format=form))


def think(voice: Voice) -> str:
    """What asks a model to think freely before it answers."""
    return voice.said.think


def answer_now(schema: Schema, voice: Voice) -> str:
    """What asks for the answer after that."""
    form = encoders.instructions(schema, voice.style.encoding, voice.language)
    return voice.said.answer_now.format(format=form)


NEXT_INPUT = "\nInput:"  # where a model that only continues a text makes up what it is asked next
_LABELS = {"system": "", "user": "Input:\n", "assistant": "Output:\n"}


def as_text(chat: Sequence[Message]) -> str:
    r"""A chat as one text for models that know no turns, in the form of Kor: '…\n\nInput:\n…\n\nOutput:\n'."""
    turns = (f"{_LABELS[message.role]}{message.content}" for message in chat)
    return "\n\n".join((*turns, _LABELS["assistant"]))


def _without_gaps(text: str) -> str:
    r"""A text without the paragraphs of which nothing is left: 'a\n\n\n\nb' → 'a\n\nb'."""
    return "\n\n".join(part.strip() for part in text.split("\n\n\n\n"))


def _one_line(text: str) -> str:
    return " ".join(text.split())
