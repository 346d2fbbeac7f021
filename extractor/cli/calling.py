"""The work of `extract call`: one query, and what is said of the call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from extractor.choosing.stated import TAKEN_OUT
from extractor.cli.terminal import Screen
from extractor.engines import Session
from extractor.lines import to_json
from extractor.long import extract
from extractor.options import Options
from extractor.pointers import value_at
from extractor.sinks import to_yaml
from extractor.tagged_union import MISSING
from extractor.types import Document, Extraction, Schema

_SOURCE = "query"


@dataclass(frozen=True, slots=True)
class Query:
    """What a user asks for, and how a model is asked about it."""

    text: str
    schema: Schema
    engine: Session
    options: Options


async def answer(query: Query, screen: Screen, form: Literal["json", "yaml"], *, full: bool) -> bool:
    """Print the call (of a list of calls one value), and what there is to say of it; whether it is valid."""
    engine = query.engine
    if engine.note:
        screen.note(engine.note)
    try:
        with screen.working(f"{engine.id}: reading"):
            record = await extract(Document(_SOURCE, query.text), query.schema, engine, query.options)
    finally:
        await engine.aclose()
    taken = {place for place, note in record.notes.items() if TAKEN_OUT in note}
    screen.report(replace(record, notes={at: note for at, note in record.notes.items() if at not in taken}))
    for place in sorted(taken):  # a caller has to know of them wherever messages go
        screen.warn(f"{place}: {record.notes[place]}")
    _tell(record, screen)
    if record.ok or full:
        shown = record.to_dict() if full else record.data
        print(to_yaml(shown) if form == "yaml" else to_json(shown, indent=2) + "\n", end="", flush=True)
    screen.note(engine.summary)
    return record.ok


def _tell(record: Extraction, screen: Screen) -> None:
    """What a caller has to ask for, and what the query does not say."""
    calls: list[Mapping[str, Any]] = record.data if isinstance(record.data, list) else [record.data or {}]
    for call in calls:
        for name, about in call.get(MISSING, {}).items():
            screen.warn(f"missing information: {name}{f' ({about})' if about else ''}")
    for place, why in record.ungrounded.items():
        screen.warn(f"{place}: {value_at(record.data, place)!r:.80}: {why}")
