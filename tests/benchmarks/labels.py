"""Which label to take: the one that the model writes, the likeliest, or the likeliest beside what the model leans to.

    python tests/benchmarks/labels.py race GOLD PREDICTIONS.jsonl [--model SPEC] [--seconds N]
    python tests/benchmarks/labels.py score GOLD PREDICTIONS.jsonl

`race` goes on where it stopped, and takes the sources in turn, so that it can be ended at any time. GOLD is a folder
with news_category_en_dev, news_category_zh_dev and csl_zh_dev (.jsonl), whose labels are topics; labels_cases.jsonl
beside this file, written for this project, has others (a feeling, a purpose, an urgency, a kind of text). PREDICTIONS
have ids, labels and logarithms of probabilities, no text. Without PREDICTIONS those beside this file are meant.

The ways: `written`, by decoding under the grammar; `scored`, the label with the greatest probability of its tokens;
`empty`, that with the greatest one beside its mean probability for texts without content ("N/A", "…", "[MASK]"; Zhao et
al. 2021, "Calibrate Before Use"); `prior`, beside what `extractor.prior` finds by headlines that the model makes for
each label. Intervals are 95 %, paired, of 2,000 bootstrap draws of the records.
"""

from __future__ import annotations

import argparse
import asyncio
import math
from collections.abc import Awaitable, Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from statistics import mean
from typing import Any

from racing import Row, in_turn, opened, paired, parser_of, raced, read, stratum, text_of
from wordings import LABELS

from extractor.engines import Session
from extractor.labels import likelihoods_of, logarithms
from extractor.options import Options
from extractor.pipeline import extract
from extractor.prior import Leaning, beside, label_fields, leaning_of
from extractor.prompt import messages, voice_for
from extractor.schema import load
from extractor.types import Document, Engine, Schema

HERE = Path(__file__).parent
SETS = ("news_category_en_dev", "news_category_zh_dev", "csl_zh_dev")
EMPTY = ("N/A", "…", "[MASK]")
CASES = HERE / "labels_cases.jsonl"
WAYS = ("written", "scored", "empty", "prior")
LEAST = 1e-9  # that a share is taken for


def main() -> None:
    """Run one of the commands."""
    given = parser_of(__doc__, HERE / "labels.jsonl").parse_args()
    asyncio.run(race(given)) if given.command == "race" else score(given)


def records(gold: Path) -> list[dict[str, Any]]:
    """All records, the sources in turn."""
    return in_turn(record for file in (*(gold / f"{name}.jsonl" for name in SETS), CASES) for record in read(file))


def schema_of(record: dict[str, Any]) -> Schema:
    """A record of the category alone."""
    labels = record.get("labels", LABELS)
    about = record.get("about") or ("what the text is about" if labels[0].isascii() else "文章的类别")
    kind = {"enum": labels, "description": about}
    return load({"title": "Article", "properties": {"category": kind}, "required": ["category"]})


async def race(given: argparse.Namespace) -> None:
    """Ask for all that is not there yet."""
    async with opened(given.model) as engine:
        await raced(given, turns(records(given.gold), engine))


def turns(every: Sequence[Row], engine: Session) -> Iterator[tuple[Row, Callable[[], Awaitable[Row]]]]:
    """What is asked about each record; before the first of its schema, what holds for all."""
    begun = set()
    for record in every:
        schema = schema_of(record)
        digest = schema.digest[:12]
        if digest not in begun:
            begun.add(digest)
            yield {"id": f"prior:{digest}"}, partial(asked, engine, schema, EMPTY)
            yield {"id": f"leaning:{digest}"}, partial(leant, engine, schema, record["text"])
        yield {"id": record["id"]}, partial(asked, engine, schema, (text_of(record),))


async def asked(engine: Session, schema: Schema, texts: Sequence[str]) -> dict[str, Any]:
    """What the model writes for a text, and how likely each label is; of several texts the mean of that."""
    labels = schema.json_schema["properties"]["category"]["enum"]
    found, written = [], None
    for text in texts:
        document = Document("x", text)
        if len(texts) == 1:
            record = await extract(document, schema, engine, Options(max_tokens=60, prior=False))
            written = record.data and record.data["category"]
        chat = messages(document, schema, voice_for(text, Options().style))
        weights = await likelihoods_of({"category": labels[0]}, ("category",), labels, chat, engine)
        found.append([math.exp(weight) for weight in logarithms(weights)])
    likely = {label: mean(one[at] for one in found) for at, label in enumerate(labels)}
    return {"written": written, "likely": {label: float(f"{share:.4g}") for label, share in likely.items()}}


async def leant(engine: Engine, schema: Schema, text: str) -> dict[str, Any]:
    """What the model leans to, asked in the language of a text."""
    voice = voice_for(text, Options().style)
    (field,) = label_fields(schema)
    leaning = await leaning_of(field, lambda made: messages(Document("x", made), schema, voice), voice, engine)
    return {"leaning": dict(zip(field.labels, leaning.means, strict=True)), "spread": leaning.spread}


# --- the scores ----------------------------------------------------------------------------------------------


def score(given: argparse.Namespace) -> None:
    """Print for each source how often each way is right, and how it differs from what is written."""
    rows = {row["id"]: row for row in read(given.predictions)}
    by_source: dict[str, list[dict[str, float]]] = {}
    for record in records(given.gold):
        digest = schema_of(record).digest[:12]
        prior, leaning = rows.get(f"prior:{digest}"), rows.get(f"leaning:{digest}")
        if prior and leaning and record["id"] in rows:
            found = chosen(rows[record["id"]], prior["likely"], leaning)
            right = {way: float(label == record["category"]) for way, label in found.items()}
            by_source.setdefault(stratum(record["id"]), []).append(right)
    print(f"{'source':12} {'n':>3} " + " ".join(f"{way:>9}" for way in WAYS))
    topics = {source: marks for source, marks in by_source.items() if "." not in source}
    others = {source: marks for source, marks in by_source.items() if "." in source}
    for name, some in (("topics", topics), ("others", others)):
        every = [mark for marks in some.values() for mark in marks]
        for source, marks in (*some.items(), *([(name, every)] if every else [])):
            print(f"{source:12} {len(marks):3} " + " ".join(f"{mean(one[way] for one in marks):9.3f}" for way in WAYS))
        for way in WAYS[1:] if every else ():
            print(f"{way} - written: {paired([one[way] - one['written'] for one in every])}")


def chosen(row: dict[str, Any], prior: dict[str, float], leant: dict[str, Any]) -> dict[str, Any]:
    """The label by each way."""
    likely = row["likely"]
    labels = [*likely]
    logs = [math.log(max(likely[label], LEAST)) for label in labels]
    leaning = Leaning([leant["leaning"][label] for label in labels], leant["spread"])
    impartial = dict(zip(labels, beside(logs, leaning), strict=True))
    return {
        "written": row["written"],
        "scored": max(likely, key=likely.__getitem__),
        "empty": max(likely, key=lambda label: likely[label] / max(prior[label], 1e-6)),
        "prior": max(impartial, key=impartial.__getitem__),
    }


if __name__ == "__main__":
    main()
