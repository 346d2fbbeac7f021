"""The way of a choice: of many alternatives the nearest are asked about, and what a user does not state is not made up.

Reading order: this file; `places`, where the calls of a record are; `doubts`, whether any tool fits; `stated`, which
arguments the query has; `quantities`, numbers in other units.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from extractor.choosing.doubts import without_doubtful
from extractor.choosing.places import without
from extractor.choosing.stated import stated_only
from extractor.options import Options
from extractor.pipeline import extract
from extractor.pointers import joined, value_at
from extractor.probabilities import NONE
from extractor.shortlist import shortlist
from extractor.tagged_union import REASON, TAG, choice_of, settled
from extractor.types import Document, Engine, Extraction, Schema

_NUMBERED = re.compile(r"/\d+(/|$)")


async def choose(document: Document, schema: Schema, engine: Engine, options: Options) -> Extraction:
    """The record of a choice; raises what `pipeline.extract` does."""
    asked, told = shortlist(schema, document.text)
    choice = choice_of(schema)
    assert choice is not None
    if choice.asks and options.ground == "require":  # what the query lacks is missing then, and no fault
        options = replace(options, ground="report")
    record = await extract(document, asked, engine, options)
    likely = {at: known for at, known in _of_kept(record).items() if _name(record, at) in known}
    notes = joined({"": told} if told else {}, record.notes)
    record = _without_names(replace(record, schema=schema.id, notes=notes, probabilities=likely))
    if choice.for_query and record.data is not None:
        record = without_doubtful(record, schema)
        if options.ground != "off":
            record = await stated_only(record, schema, document, engine, options)
    return settled(schema, record)


def _of_kept(record: Extraction) -> dict[str, Mapping[str, float]]:
    """The probabilities of the calls that are valid, by their places among these: without /0, '/1/tool' → '/0/tool'."""
    bad = {int(error.pointer.split("/")[1]) for error in record.errors if _NUMBERED.match(error.pointer)}
    found = {}
    for place, known in record.probabilities.items():
        number = int(place.split("/")[1]) if _NUMBERED.match(place) else None
        if number is None:
            found[place] = known
        elif number not in bad:
            found[f"/{number - sum(one < number for one in bad)}/{TAG}"] = known
    return found


def _name(record: Extraction, place: str) -> str:
    return str(value_at(record.data, place) or NONE)


def _without_names(record: Extraction) -> Extraction:
    """A record in which only arguments are looked for in the text: which tool is meant does not stand there."""
    names = re.compile(rf"(/\d+)?/({TAG}|{REASON})")
    return without(record, names)
