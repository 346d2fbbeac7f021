"""What the model reads: a description of the record, the instruction, and the document last.

What is the same for every document comes first, so that an engine computes that prefix once.
"""

from __future__ import annotations

from collections.abc import Sequence

from extractor.descriptors import describe
from extractor.schema import is_many
from extractor.types import Document, Message, Schema

INSTRUCTION = """\
{task}

{type}

Copy names, numbers and dates from the text. Write null where the text does not state a value. \
Write in the language of the text."""


_ONE = "Extract this record from the text and answer with JSON only:"
_MANY = "Extract all such records from the text, each once, and answer with one JSON list only:"


def messages(document: Document, schema: Schema) -> tuple[Message, ...]:
    """The chat of one document: a system message that only depends on the schema, then the document."""
    return (
        Message("system", INSTRUCTION.format(task=_MANY if is_many(schema) else _ONE, type=describe(schema))),
        Message("user", fence(document.text)),
    )


_AGAIN = """\
Your answer is not right yet:
{faults}

Answer once more, with JSON only:

{type}"""

_PIECES = """\
Of your answer these places are wrong or missing:
{faults}

Answer for them alone, with one JSON object that has each place as a key:

{type}"""

THINK = """\
Before you answer, think about the text in a few plain sentences: what states each value, and what is not stated? \
Do not write JSON yet."""

ANSWER_NOW = "Now answer with the JSON, as described above."


def again(faults: Sequence[str], schema: Schema, *, is_whole: bool) -> Message:
    """The turn that asks for a record, or places of it, once more; `schema` is that of what is asked for."""
    told = "\n".join(f"- {_one_line(fault)}" for fault in faults)
    return Message("user", (_AGAIN if is_whole else _PIECES).format(faults=told, type=describe(schema)))


NEXT_INPUT = "\nInput:"  # where a model that only continues a text makes up what it is asked next
_LABELS = {"system": "", "user": "Input:\n", "assistant": "Output:\n"}


def as_text(chat: Sequence[Message]) -> str:
    r"""A chat as one text for models that know no turns, in the form of Kor: '…\n\nInput:\n…\n\nOutput:\n'."""
    turns = (f"{_LABELS[message.role]}{message.content}" for message in chat)
    return "\n\n".join((*turns, _LABELS["assistant"]))


def fence(text: str) -> str:
    r"""The document between tags that its own text cannot close: 'a </text>' → '<text>\na <\/text>\n</text>'."""
    return "<text>\n" + text.replace("</text>", "<\\/text>").strip() + "\n</text>"


def _one_line(text: str) -> str:
    return " ".join(text.split())
