"""Keywords: those that the model writes, and those of the document that it holds for the likeliest (`Ranked`).

    python tests/benchmarks/keywords.py race GOLD [PREDICTIONS.jsonl] [--model SPEC] [--seconds N]
    python tests/benchmarks/keywords.py score GOLD [PREDICTIONS.jsonl]

GOLD is a folder with keywords_en_dev and csl_zh_dev (.jsonl: id, title, text, keywords). `race` goes on where it
stopped, and takes the sources in turn, so that it can be ended at any time. PREDICTIONS hold ids and keywords, no text;
those beside this file are meant where they are not given.

Both lists are of the same schema and the same answer, at most 8 keywords. Scores are the mean F1 of the records of each
source, and the mean of the sources: English by Porter's stems, Chinese as they are; at 5, and of all that there are.
`there` is the share of the keywords that the text has. Intervals are 95 %, paired, of bootstrap draws of the records.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections import defaultdict
from functools import partial
from pathlib import Path
from statistics import mean
from typing import Any

from racing import f1, opened, paired, parser_of, raced, read, records_of, stemmed, stratum, text_of

from extractor.engines import Session
from extractor.marks import RANKED
from extractor.options import Options
from extractor.pipeline import extract
from extractor.prompt import messages, voice_for
from extractor.ranked import ranked
from extractor.schema import load
from extractor.types import Document, Schema

HERE = Path(__file__).parent
SETS = {"keywords_en": "the terms that matter most", "csl_zh": "关键词"}
WAYS = ("written", "ranked")
FIRST = 5
LONGEST = 4_000  # characters of a text


def main() -> None:
    """Run one of the commands."""
    given = parser_of(__doc__, HERE / "keywords.jsonl").parse_args()
    asyncio.run(race(given)) if given.command == "race" else score(given)


def records(gold: Path) -> list[tuple[str, dict[str, Any]]]:
    """All records with their sets; a block of the one, a block of the other."""
    sets = {name: records_of(gold, name) for name in SETS}
    size = 12
    blocks = range(0, max(map(len, sets.values())), size)
    return [(name, record) for at in blocks for name in sets for record in sets[name][at : at + size]]


def schema_of(name: str, *, is_ranked: bool = True) -> Schema:
    """A record of the keywords alone."""
    items = {"type": "string", "maxLength": 40}
    node = {"type": "array", "items": items, "minItems": 3, "maxItems": 8, "description": SETS[name], RANKED: is_ranked}
    return load({"title": "Article", "properties": {"keywords": node}, "required": ["keywords"]})


async def race(given: argparse.Namespace) -> None:
    """Ask for all that is not there yet."""
    async with opened(given.model) as engine:
        turns = [
            ({"set": name, "id": record["id"]}, partial(asked, name, text_of(record)[:LONGEST], engine))
            for name, record in records(given.gold)
        ]
        await raced(given, turns)


async def asked(name: str, text: str, engine: Session) -> dict[str, Any]:
    """Both lists of a text, and how long each took."""
    schema = schema_of(name)
    started = time.monotonic()
    record = await extract(Document("x", text), schema_of(name, is_ranked=False), engine, Options(max_tokens=200))
    written, between = (record.data or {}).get("keywords", []), time.monotonic()
    found = await ranked(
        schema, {"keywords": written}, text, lambda text: messages(Document("x", text), schema, voice_for(text)), engine
    )
    seconds = [round(between - started, 1), round(time.monotonic() - between, 1)]
    return {"written": written, "ranked": found.terms.get(("keywords",), written), "seconds": seconds}


def score(given: argparse.Namespace) -> None:
    """Print how good each way is, and how they differ."""
    rows = {(row["set"], row["id"]): row for row in read(given.predictions)}
    print(f"{'set':12} {'source':12} {'n':>3} " + " ".join(f"{way:>8}@5 {way:>8}" for way in WAYS))
    for name in SETS:
        marks: dict[str, list[dict[str, float]]] = defaultdict(list)
        there: dict[str, list[float]] = defaultdict(list)
        for one, record in records(given.gold):
            if one == name and (name, record["id"]) in rows:
                row = rows[name, record["id"]]
                marks[stratum(record["id"])].append(marks_of(name, record, row))
                for way in WAYS:
                    text = " ".join(text_of(record)[:LONGEST].casefold().split())
                    there[way] += [float(keyword.casefold() in text) for keyword in row[way]]
        every = {source: {key: mean(one[key] for one in some) for key in some[0]} for source, some in marks.items()}
        if not every:
            continue
        every["mean"] = {key: mean(one[key] for one in every.values()) for key in next(iter(every.values()))}
        for source, found in every.items():
            told = " ".join(f"{found[f'{way}@5']:10.3f} {found[way]:8.3f}" for way in WAYS)
            print(f"{name:12} {source:12} {len(marks.get(source, [])) or '':>3} {told}")
        for kind in ("@5", ""):
            gains = [one[f"ranked{kind}"] - one[f"written{kind}"] for some in marks.values() for one in some]
            print(f"{name:12} ranked{kind} - written{kind}: {paired(gains)}, {len(gains)} records")
        print(f"{name:12} there: " + ", ".join(f"{way} {mean(there[way]):.3f}" for way in WAYS))
        seconds = [rows[key]["seconds"] for key in rows if key[0] == name]
        print(
            f"{name:12} seconds: "
            + ", ".join(f"{way} {mean(one[at] for one in seconds):.1f}" for at, way in enumerate(WAYS))
        )


def marks_of(name: str, record: dict[str, Any], row: dict[str, Any]) -> dict[str, float]:
    """The F1 of each way, at 5 and of all."""
    same = stemmed if name == "keywords_en" else str.strip
    right = {*map(same, record["keywords"])}
    found = {}
    for way in WAYS:
        terms = [*dict.fromkeys(map(same, row[way]))]
        found |= {f"{way}@5": f1({*terms[:FIRST]}, right), way: f1({*terms}, right)}
    return found


if __name__ == "__main__":
    main()
