"""What the examples in built-in schemas (article, product, receipt) are worth: texts with and without them.

    python tests/benchmarks/shipped.py race GOLD [PREDICTIONS.jsonl] [--model SPEC] [--seconds N]
    python tests/benchmarks/shipped.py score GOLD [PREDICTIONS.jsonl]

GOLD is a folder with keywords_en_dev, csl_zh_dev, news_category_en_dev and news_category_zh_dev (.jsonl), whose texts
are articles, and receipts_en_dev; shipped_cases.jsonl beside this file, written for this project, has products. They
are asked about in blocks of all sources, each way after the other. `race` goes on where it stopped, so that it can be
ended at any time. PREDICTIONS hold ids and records, no text of the gold records; those beside this file are meant where
they are not given.

Ways: `none`, without examples; `own`, as the schemas come, with the two in the language of the text. Scores: keywords,
F1 of the first five (English by Porter's stems); category, 1 where it is one that the gold label may be called by the
schema (sport: sports); of receipts the company and the address, 1 where nearly all of their letters are right, the day
and the total, 1 where they are equal; of our own cases each field in the same way, lists by F1. A text without a valid
record has 0. Intervals are 95 %, paired, by bootstrap.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from statistics import mean
from typing import Any

from keywords import FIRST
from racing import Row, f1, in_turn, opened, paired, parser_of, raced, read, records_of, stemmed, stratum, text_of
from rapidfuzz import fuzz

from extractor.options import Options
from extractor.pipeline import extract
from extractor.schema import load
from extractor.types import Document

HERE = Path(__file__).parent
SETS = {
    "keywords_en": "article",
    "csl_zh": "article",
    "news_category_en": "article",
    "news_category_zh": "article",
    "receipts_en": "receipt",
    "product": "product",
}
WAYS = ("none", "own")
CASES = HERE / "shipped_cases.jsonl"
_AMOUNT = re.compile(r"\d+(?:\.\d+)?")
BLOCK = 16  # records: some of each source
LONGEST = 3_000  # characters of a text
_MOST_TOKENS = 500  # of an answer
_NEARLY = 85  # per cent of the letters
CALLED = {  # what a gold label may be called by the schema; a text whose label has nothing of the kind is left out
    "politics": ("World", "politics", "时政", "国际", "军事"),
    "business": ("Business", "business", "股票", "财经", "房产"),
    "technology": ("Sci/Tech", "tech", "科技", "游戏", "汽车"),
    "science": ("Sci/Tech", "tech", "科技"),
    "culture": ("entertainment", "娱乐", "文化", "游戏"),
    "sports": ("Sports", "sport", "体育"),
    "society": ("World", "社会", "教育", "国际"),
}


def main() -> None:
    """Run one of the commands."""
    parser = parser_of(__doc__, HERE / "shipped.jsonl")
    parser.add_argument("--ways", default=",".join(WAYS))
    parser.add_argument("--sets", default=",".join(SETS))
    given = parser.parse_args()
    asyncio.run(race(given)) if given.command == "race" else score(given)


def turns(given: argparse.Namespace) -> Iterator[tuple[str, str, Row]]:
    """The order of the questions: a block of records in each way, set by set."""
    every = [
        record for name in given.sets.split(",") for record in gold_of(given.gold, name) if marks_of(name, record, None)
    ]
    every = in_turn(every)
    for at in range(0, len(every), BLOCK):
        block = sorted(every[at : at + BLOCK], key=lambda one: one["set"])
        yield from ((way, record["set"], record) for way in given.ways.split(",") for record in block)


def gold_of(folder: Path, name: str) -> Iterator[Row]:
    """The records of a set: of the folder, or of our own cases."""
    cases = [one for one in read(CASES) if one["set"] == name]
    yield from cases or ({**one, "set": name} for one in records_of(folder, name))


async def race(given: argparse.Namespace) -> None:
    """Ask for all that is not there yet."""
    own = {name: load(name) for name in {*SETS.values()}}
    schemas = {"own": own, "none": {name: replace(schema, examples=()) for name, schema in own.items()}}
    async with opened(given.model) as engine:

        async def asked(way: str, record: Row) -> Row:
            document = Document("x", text_of(record)[:LONGEST])
            schema = schemas[way][SETS[record["set"]]]
            found = await extract(document, schema, engine, Options(max_tokens=_MOST_TOKENS, prior=False))
            return {"value": found.data, "seconds": found.seconds}

        keyed = (({"set": name, "id": record["id"], "way": way}, way, record) for way, name, record in turns(given))
        await raced(given, ((key, partial(asked, way, record)) for key, way, record in keyed))


def marks_of(name: str, record: Row, value: Row | None) -> dict[str, float]:
    """The scores of a record, by what is scored of it."""
    if name.startswith("news"):
        called = {category for category, labels in CALLED.items() if record["category"] in labels}
        return {"category": float(value is not None and value["category"] in called)} if called else {}
    if name == "receipts_en":
        return receipt_marks(record["expected"], value or {})
    if name == "product":
        return {what: mark_of(right, (value or {}).get(what, ...)) for what, right in record["gold"].items()}
    same = stemmed if name == "keywords_en" else str.strip
    terms = [*dict.fromkeys(map(same, value["keywords"]))][:FIRST] if value else []
    return {"keywords": f1({*terms}, {*map(same, record["keywords"])})}


def mark_of(right: Any, value: Any) -> float:
    """How right a value is: a text where nearly all of its letters are, a list by F1, an object by its fields."""
    if isinstance(right, dict) and isinstance(value, dict):
        return mean(mark_of(one, value.get(key)) for key, one in right.items())
    if isinstance(right, list) and isinstance(value, list):
        same = [next((one for one in right if alike(item, one)), item) for item in value]
        return f1({*same}, {*right})
    return float(alike(value, right) if isinstance(right, str) and isinstance(value, str) else value == right)


def receipt_marks(right: Row, value: Row) -> dict[str, float]:
    """Those of the fields that the gold of receipts has."""
    found = {
        **{name: alike(value.get(name), right[name]) for name in ("company", "address")},
        "day": value.get("day") == day_of(right["date"]),
        "total": str(value.get("total")) == str(float(_AMOUNT.findall(right["total"].replace(",", ""))[0])),
    }
    return {name: float(mark) for name, mark in found.items()}


def alike(value: Any, right: str) -> bool:
    """Whether two texts have nearly the same letters and digits, in their order."""
    plain = ["".join(filter(str.isalnum, (one or "").casefold())) for one in (value, right)]
    return fuzz.ratio(*plain) >= _NEARLY


def day_of(written: str) -> str | None:
    """'29/12/2017', '30-05-18', '25032018', '02/JAN/2017' → '2017-12-29', …: the day is first in this set."""
    for form in ("%d/%m/%Y", "%d/%m/%y", "%d%m%Y", "%d/%b/%Y", "%Y/%m/%d"):
        with contextlib.suppress(ValueError):
            return datetime.strptime(written.replace("-", "/").replace(".", "/"), form).date().isoformat()  # noqa: DTZ007
    return None


def score(given: argparse.Namespace) -> None:
    """Print how good each way is by its sources, and how it differs from none."""
    rows = {(row["set"], row["id"], row["way"]): row for row in read(given.predictions)}
    marks: dict[str, dict[str, dict[str, float]]] = defaultdict(lambda: defaultdict(dict))
    for way, name, record in turns(given):
        if row := rows.get((name, record["id"], way)):
            for what, mark in marks_of(name, record, row["value"]).items():
                marks[f"{stratum(record['id'])} {what}"][way][record["id"]] = mark
    ways = given.ways.split(",")
    every: dict[str, list[float]] = defaultdict(list)
    for what, by_way in marks.items():
        ids = set.intersection(*(set(by_way[way]) for way in ways))
        if not ids:
            continue
        told = " ".join(f"{way} {mean(by_way[way][one] for one in ids):.3f}" for way in ways)
        print(f"{what:24} {len(ids):3} {told}")
        for way in ways:
            every[way] += [by_way[way][one] for one in sorted(ids)]
    for way in ways:
        gains = [mark - base for mark, base in zip(every[way], every[ways[0]], strict=True)]
        print(f"{way:5} {len(gains)} marks, {mean(every[way]):.3f}; - {ways[0]}: {paired(gains)}")


if __name__ == "__main__":
    main()
