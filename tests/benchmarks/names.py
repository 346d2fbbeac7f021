"""Names with their kinds: as the model writes them, and as they are where each is asked about once more, alone.

    python tests/benchmarks/names.py race GOLD [PREDICTIONS.jsonl] [--model SPEC] [--seconds N]
    python tests/benchmarks/names.py score GOLD [PREDICTIONS.jsonl]

`race` goes on where it stopped, and takes the sources in turn, so that it can be ended at any time. GOLD is a folder
with ner_zh_dev (CLUENER, MSRA) and ner_en_dev (CoNLL-2003) (.jsonl). PREDICTIONS, those beside this file where they
are not given, have ids and names, no text of the gold records.

The ways: `lists`, a list each of people, places and organisations, as it is written; `apart`, the same record after
`extractor.disjoint`; `records`, one list of records with a name and its kind; `judged`, the same one after
`extractor.kinded`. A score is the F1 of a record's names with their kinds; intervals are 95 %, paired, by bootstrap.
"""

from __future__ import annotations

import asyncio
from argparse import Namespace
from collections import defaultdict
from collections.abc import Awaitable, Callable, Container, Iterator
from functools import partial
from pathlib import Path
from statistics import mean

from racing import Row, f1, opened, paired, parser_of, raced, read, records_of, stratum
from wordings import ENTITIES

from extractor.disjoint import moves_of
from extractor.draft import Draft
from extractor.engines import Session
from extractor.evidence import Evidence
from extractor.kinded import judgements_of
from extractor.kinds import Inquiry
from extractor.options import Options
from extractor.pipeline import extract
from extractor.prompt import voice_for
from extractor.schema import load
from extractor.types import Document, Schema

HERE = Path(__file__).parent
SETS = ("ner_zh", "ner_en")
WAYS = {"apart": "lists", "judged": "records"}  # what each of the better ones starts from
TOLD = {
    "ner_zh": {name: told for name, (told, _) in ENTITIES.items()},
    "ner_en": {"people": "names of people", "places": "names of places", "organisations": "names of organisations"},
}
KINDS = {"person": "people", "organization": "organisations", "location": "places"}
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


def records() -> Schema:
    """One list of names with their kinds."""
    item = {
        "type": "object",
        "properties": {"text": {"type": "string"}, "type": {"enum": [*KINDS]}},
        "required": ["text", "type"],
        "additionalProperties": False,
    }
    fields = {"entities": {"type": "array", "items": item}}
    return load({"type": "object", "title": "Entities", "properties": fields, "required": [*fields]})


async def race(given: Namespace) -> None:
    """Ask for all that is not there yet."""
    gold = {name: records_of(given.gold, name) for name in SETS}
    async with opened(given.model) as engine:
        for way, before in WAYS.items():
            await raced(given, turns(gold, before, partial(written, engine)))
            known = {(row["set"], row["id"]): row["names"] for row in read(given.predictions) if row["way"] == before}
            await raced(given, turns(gold, way, partial(better, engine, known), known))


def turns(
    gold: dict[str, list[Row]],
    way: str,
    ask: Callable[[str, str, Row], Awaitable[Row]],
    known: Container[tuple[str, str]] | None = None,
) -> Iterator[tuple[Row, Callable[[], Awaitable[Row]]]]:
    """Each record that is known, the sets in turn."""
    for at in range(max(map(len, gold.values()))):
        for name, some in gold.items():
            if at < len(some) and (known is None or (name, some[at]["id"]) in known):
                yield {"set": name, "id": some[at]["id"], "way": way}, partial(ask, way, name, some[at])


async def written(engine: Session, way: str, dataset: str, record: Row) -> Row:
    """The names as the model writes them."""
    schema = lists(dataset) if way == "lists" else records()
    fields = {name: {**node, "x-disjoint": False} for name, node in schema.json_schema["properties"].items()}
    plain = load({**schema.json_schema, "properties": fields})
    data = (await extract(Document("x", record["text"]), plain, engine, Options(max_tokens=500))).data or {}
    return {"names": named(data)}


async def better(engine: Session, known: dict[tuple[str, str], Names], way: str, dataset: str, record: Row) -> Row:
    """The names that a model wrote, after what is asked about each."""
    schema, judged = (lists(dataset), moves_of) if way == "apart" else (records(), judgements_of)
    document, voice = Document("x", record["text"]), voice_for(record["text"])
    data = data_of(known[dataset, record["id"]], is_of_lists=way == "apart")
    draft = Draft(schema, voice, Evidence(document, schema, "off"), data=data)
    for change in (await judged(schema, data, Inquiry(voice.language, engine)))[0]:
        draft = change.applied(draft)
    return {"names": named(draft.data)}


def named(data: Row) -> Names:
    """{'people': ['Ann']}, and {'entities': [{'text': 'Ann', 'type': 'person'}]} → [('people', 'Ann')]."""
    if "entities" in data:
        return [(KINDS[one["type"]], one["text"]) for one in data["entities"]]
    return [(kind, name) for kind, names in data.items() for name in names]


def data_of(names: Names, *, is_of_lists: bool) -> Row:
    """Names as records have them."""
    if is_of_lists:
        return {kind: [name for one, name in names if one == kind] for kind in KINDS.values()}
    types = {kind: label for label, kind in KINDS.items()}
    return {"entities": [{"text": name, "type": types[kind]} for kind, name in names]}


# --- the scores ----------------------------------------------------------------------------------------------


def score(given: Namespace) -> None:
    """Print for each source how good each way is, and how the better one differs from what it starts from."""
    found: dict[tuple[str, str], dict[str, Row]] = defaultdict(dict)
    for row in read(given.predictions):
        found[row["set"], row["id"]][row["way"]] = row
    for dataset in SETS:
        by_source: dict[str, list[tuple[Row, dict[str, Row]]]] = defaultdict(list)
        for one in records_of(given.gold, dataset):
            for source in (stratum(one["id"]), dataset):
                by_source[source].append((one, found[dataset, one["id"]]))
        for source, some in by_source.items():
            for way, before in WAYS.items():
                both = [(one, rows[before], rows[way]) for one, rows in some if way in rows and before in rows]
                points = [[f1({*map(tuple, row["names"])}, right(one)) for row in rows] for one, *rows in both]
                if points:
                    means = " → ".join(f"{mean(column):.3f}" for column in zip(*points, strict=True))
                    gains = paired([after - first for first, after in points])
                    seconds = " + ".join(f"{mean(row[at]['seconds'] for row in both):.1f}" for at in (1, 2))
                    print(f"{source:8} {before:8} {way:7} {len(both):3}  {means}  {gains}  {seconds} s")


def right(record: Row) -> set[tuple[str, str]]:
    """The names of the gold with their kinds."""
    by_type = {kind: name for name, (_, some) in ENTITIES.items() for kind in some}
    return {(by_type[one["type"]], one["text"]) for one in record["entities"] if one["type"] in by_type}


if __name__ == "__main__":
    main()
