"""The way of a long document: several questions about parts of it, or about some of its fields, and one record of all.

`whole` shows all of the text. `map-reduce` asks of each part what it has (`partial`). `retrieve` shows only the
passages that are about the fields. `auto` takes the whole where it is short, else asks for fields that say one thing as
with `retrieve`, and for lists, whose items may stand anywhere, as with `map-reduce`. A schema that is too much for one
answer is asked about in portions. What came is joined by what the fields mean (`merge`), the model makes one text of
several that it worded, and what is not valid then is asked for once more, with the passages that are about it.

Reading order: this file; `sharing`, what is asked for at once; `asking`, how; `joining`, one record of it.
"""

from __future__ import annotations

from extractor.choosing import choose
from extractor.errors import UsageError
from extractor.long.asking import Memo, Work, document_first, is_too_long, stands_first
from extractor.long.joining import answered
from extractor.long.sharing import WHOLE, chunks_of, outlook
from extractor.options import Options
from extractor.shortlist import shortlist
from extractor.tagged_union import choice_of
from extractor.types import Document, Engine, Extraction, Schema

__all__ = ["WHOLE", "Memo", "chunks_of", "extract", "outlook", "question_of"]


async def extract(
    document: Document, schema: Schema, engine: Engine, options: Options | None = None, memo: Memo | None = None
) -> Extraction:
    """Extract one record of a document of any length; raises what `pipeline.extract` does.

    `memo` keeps what parts of it gave, so that after a break only the others are asked about.
    """
    options = options or Options()
    if choice_of(schema):
        return await choose(document, schema, engine, options)
    work = await Work.of(document, schema, engine, options, memo)
    record = await answered(work, work.strategy)
    is_next = work.options.strategy == "auto" and work.strategy == "whole" and is_too_long(record)
    return await answered(work, "mixed") if is_next else record


async def question_of(
    document: Document, schema: Schema, engine: Engine, options: Options, number: int = 1
) -> tuple[Document, Schema, Options, int]:
    """What of a document one of the questions about it shows, what is asked and how, and how many questions there are.

    Raises `UsageError` where there are not so many.
    """
    if choice_of(schema):
        return document, shortlist(schema, document.text)[0], options, 1
    work = await Work.of(document, schema, engine, options, None)
    questions = [*work.questions(work.strategy)]
    if not 1 <= number <= len(questions):
        hint = f"there are {len(questions):,}" if len(questions) > 1 else "all of it is asked about at once"
        raise UsageError(f"{document.source}: there is no question {number}", hint=hint)
    options = document_first(options) if stands_first(questions) else options
    question = questions[number - 1]
    return question.excerpt.shown, question.schema, options, len(questions)
