"""Names in lists by kind: as the model writes them, kept apart by `extractor.disjoint`, and asked with their kinds.

    python tests/benchmarks/names.py race GOLD [PREDICTIONS.jsonl] [--model SPEC] [--seconds N]
    python tests/benchmarks/names.py score GOLD [PREDICTIONS.jsonl]

`race` goes on where it stopped, and takes the sources in turn, so that it can be ended at any time. GOLD is a folder
with ner_zh_dev (CLUENER, MSRA) and ner_en_dev (CoNLL-2003) (.jsonl). PREDICTIONS, those beside this file where they
are not given, have ids and names, no text of the gold records.

The ways: `written`, a list each of people, places and organisations; `apart`, the same record with its names where they
are likeliest; `kinds`, one list of records with a name and its kind, of which there is an "other". A score is the F1 of
a record's names with their kinds; intervals are 95 %, paired, by bootstrap. Seconds of `apart` are those of the moves.
"""

from __future__ import annotations

import asyncio
import time
from argparse import Namespace
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import mean
from typing import Any

from racing import Row, f1, opened, paired, parser_of, raced, read, records_of, stratum
from wordings import ENTITIES

from extractor.disjoint import moves_of
from extractor.draft import Draft
from extractor.engines import Session
from extractor.evidence import Evidence
from extractor.options import Options
from extractor.pipeline import extract
from extractor.prompt import voice_for
from extractor.schema import load
from extractor.types import Document, Schema

HERE = Path(__file__).parent
SETS = ("ner_zh", "ner_en")
WAYS = ("written", "apart", "kinds")
TOLD = {
    "ner_zh": {name: told for name, (told, _) in ENTITIES.items()},
    "ner_en": {"people": "names of people", "places": "names of places", "organisations": "names of organisations"},
}
KINDS = {"person": "people", "place": "places", "organisation": "organisations"}
MOST = 12  # names of a kind

Names = list[tuple[str, str]]  # kind and name


def main() -> None:
    """Run one of the commands."""
    given = parser_of(__doc__, HERE / "names.jsonl").parse_args()
    asyncio.run(race(given)) if given.command == "race" else score(given)


def lists(dataset: str) -> Schema:
    """A list for each kind, which stays as it is written."""
    texts = {"type": "array", "items": {"type": "string"}, "maxItems": MOST, "x-disjoint": True}
    fields = {name: {**texts, "description": told} for name, told in TOLD[dataset].items()}
    return load({"type": "object", "properties": fields, "required": [*fields]})


def kinds(dataset: str) -> Schema:
    """One list of names with their kinds."""
    item = {
        "properties": {"name": {"type": "string"}, "kind": {"enum": [*KINDS, "other"]}},
        "required": ["name", "kind"],
    }
    about = ", ".join(TOLD[dataset].values())
    names = {"type": "array", "items": item, "maxItems": 3 * MOST, "description": about}
    return load({"type": "object", "properties": {"names": names}, "required": ["names"]})


async def race(given: Namespace) -> None:
    """Ask for all that is not there yet."""
    records = {name: records_of(given.gold, name) for name in SETS}
    async with opened(given.model) as engine:
        await raced(given, turns(records, engine))


def turns(records: dict[str, list[Row]], engine: Session) -> Iterator[tuple[Row, Callable[[], Awaitable[Row]]]]:
    """Each record, the sets in turn; then all in the other form."""
    for form, ask in (("lists", in_lists), ("kinds", in_kinds)):
        for at in range(max(map(len, records.values()))):
            for name, some in records.items():
                if at < len(some):
                    key = {"set": name, "id": some[at]["id"], "form": form}
                    yield key, partial(ask, engine, name, some[at]["text"])


async def in_lists(engine: Session, dataset: str, text: str) -> Row:
    """What the model writes, and where it goes."""
    schema, began = lists(dataset), time.monotonic()
    plain = load({**schema.json_schema, "properties": unmarked(schema)})
    document, voice = Document("x", text), voice_for(text)
    data = (await extract(document, plain, engine, Options(max_tokens=400))).data or {}
    written, wrote = named(data), time.monotonic()
    draft = Draft(schema, voice, Evidence(document, schema, "off"), data=data)
    for move in (await moves_of(schema, data, voice.language, engine)).every if data else ():
        draft = move.applied(draft)
    seconds = {"written": round(wrote - began, 1), "apart": round(time.monotonic() - wrote, 1)}
    return {"written": written, "apart": named(draft.data), "seconds": seconds}


def unmarked(schema: Schema) -> Row:
    """The lists as they are written."""
    return {name: {**node, "x-disjoint": False} for name, node in schema.json_schema["properties"].items()}


async def in_kinds(engine: Session, dataset: str, text: str) -> Row:
    """What the model writes with the kinds."""
    began = time.monotonic()
    data = (await extract(Document("x", text), kinds(dataset), engine, Options(max_tokens=600))).data or {}
    found = [(KINDS[one["kind"]], one["name"]) for one in data.get("names", ()) if one["kind"] in KINDS]
    return {"kinds": found, "seconds": {"kinds": round(time.monotonic() - began, 1)}}


def named(data: Row) -> Names:
    """{'people': ['Ann']} → [('people', 'Ann')]."""
    return [(kind, name) for kind, names in data.items() for name in names]


# --- the scores ----------------------------------------------------------------------------------------------


def score(given: Namespace) -> None:
    """Print for each source how good each way is, and how it differs from what is written."""
    found: dict[tuple[str, str], dict[str, Any]] = defaultdict(lambda: {"seconds": {}})
    for row in read(given.predictions):
        known = found[row["set"], row["id"]]
        known |= {**{way: row[way] for way in WAYS if way in row}, "seconds": known["seconds"] | row["seconds"]}
    for dataset in SETS:
        records = [(one, found[dataset, one["id"]]) for one in records_of(given.gold, dataset)]
        by_source: dict[str, list[tuple[dict[str, float], dict[str, float]]]] = defaultdict(list)
        for one, answers in records:
            points = {way: f1({*map(tuple, answers[way])}, right(one)) for way in WAYS if way in answers}
            for source in (stratum(one["id"]), dataset) if "written" in points else ():
                by_source[source].append((points, answers["seconds"]))
        for source, some in by_source.items():
            for way in WAYS:
                there = [(points, seconds[way]) for points, seconds in some if way in points]
                if there:
                    points_of = mean(points[way] for points, _ in there)
                    gains = paired([points[way] - points["written"] for points, _ in there])
                    took = mean(seconds for _, seconds in there)
                    print(f"{source:8} {way:8} {len(there):3}  {points_of:.3f}  {gains}  {took:.1f} s")


def right(record: Row) -> set[tuple[str, str]]:
    """The names of the gold with their kinds."""
    by_type = {kind: name for name, (_, some) in ENTITIES.items() for kind in some}
    return {(by_type[one["type"]], one["text"]) for one in record["entities"] if one["type"] in by_type}


if __name__ == "__main__":
    main()
