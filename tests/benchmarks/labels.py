"""Which label to take: the one that the model writes, the likeliest, or the likeliest beside a content-free prior.

    python tests/benchmarks/labels.py race GOLD PREDICTIONS.jsonl [--model SPEC] [--seconds N]
    python tests/benchmarks/labels.py score GOLD PREDICTIONS.jsonl

`race` goes on where it stopped, and takes the sources in turn, so that it can be ended at any time. GOLD is a folder
with news_category_en_dev, news_category_zh_dev and csl_zh_dev (.jsonl); PREDICTIONS have ids, labels and logarithms of
probabilities, no text. Without PREDICTIONS those beside this file are meant.

The ways: `written`, by decoding under the grammar; `scored`, the label with the greatest probability of its tokens;
`corrected`, that with the greatest one beside its mean probability for texts without content ("N/A", "…", "[MASK]";
Zhao et al. 2021, "Calibrate Before Use"). Intervals are 95 %, paired, of 2,000 bootstrap draws of the records.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import random
import time
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from pathlib import Path
from statistics import mean
from typing import Any

from wordings import read, stratum

from extractor import models
from extractor.engines import Session, Settings, open_engine
from extractor.labels import likelihoods_of
from extractor.pipeline import extract
from extractor.prompt import messages, voice_for
from extractor.schema import load
from extractor.talk import Options
from extractor.types import Document, Schema

HERE = Path(__file__).parent
SETS = ("news_category_en_dev", "news_category_zh_dev", "csl_zh_dev")
EMPTY = ("N/A", "…", "[MASK]")
CSL = [
    "军事学",
    "农学",
    "医学",
    "历史学",
    "哲学",
    "工学",
    "教育学",
    "文学",
    "法学",
    "理学",
    "管理学",
    "经济学",
    "艺术学",
]
WAYS = ("written", "scored", "corrected")
_DRAWS = 2_000


def main() -> None:
    """Run one of the commands."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("command", choices=("race", "score"))
    parser.add_argument("gold", type=Path)
    parser.add_argument("predictions", type=Path, nargs="?", default=HERE / "labels.jsonl")
    parser.add_argument("--model", default=models.DEFAULT)
    parser.add_argument("--seconds", type=float, default=math.inf)
    given = parser.parse_args()
    asyncio.run(race(given)) if given.command == "race" else score(given)


def records(gold: Path) -> Iterator[dict[str, Any]]:
    """All records, the sources in turn."""
    sources: dict[str, list[dict[str, Any]]] = {}
    for name in SETS:
        for record in read(gold / f"{name}.jsonl"):
            sources.setdefault(stratum(record["id"]), []).append(record)
    yield from (one for several in zip_longest(*sources.values()) for one in several if one is not None)


def schema_of(record: dict[str, Any]) -> Schema:
    """A record of the category alone."""
    labels = record.get("labels", CSL)
    about = "what the text is about" if labels[0].isascii() else "文章的类别"
    kind = {"enum": labels, "description": about}
    return load({"title": "Article", "properties": {"category": kind}, "required": ["category"]})


async def race(given: argparse.Namespace) -> None:
    """Ask for all that is not there yet."""
    done = {row["id"] for row in read(given.predictions)}
    began = time.monotonic()
    engine = Session(open_engine(given.model, Settings(slots=1)))
    engine.prepare()
    try:
        with given.predictions.open("a", encoding="utf-8") as file:
            for record in records(given.gold):
                schema = schema_of(record)
                own = f"prior:{schema.digest[:12]}"
                for id_, texts in ((own, EMPTY), (record["id"], (record["text"],))):
                    if id_ in done or time.monotonic() - began > given.seconds:
                        continue
                    done.add(id_)
                    started = time.monotonic()
                    row = {"id": id_, **await asked(engine, schema, texts)}
                    row["seconds"] = round(time.monotonic() - started, 1)
                    file.write(json.dumps(row, ensure_ascii=False) + "\n")
                    file.flush()
    finally:
        await engine.aclose()


async def asked(engine: Session, schema: Schema, texts: Sequence[str]) -> dict[str, Any]:
    """What the model writes for a text, and how likely each label is; of several texts the mean of that."""
    labels = schema.json_schema["properties"]["category"]["enum"]
    found, written = [], None
    for text in texts:
        document = Document("x", text)
        if len(texts) == 1:
            record = await extract(document, schema, engine, Options(max_tokens=60))
            written = record.data and record.data["category"]
        chat = messages(document, schema, voice_for(text, Options().style))
        found.append(shares(await likelihoods_of({"category": labels[0]}, ("category",), labels, chat, engine)))
    likely = {label: mean(one[at] for one in found) for at, label in enumerate(labels)}
    return {"written": written, "likely": {label: float(f"{share:.4g}") for label, share in likely.items()}}


def shares(weights: Sequence[float]) -> list[float]:
    """Logarithms as shares of their sum."""
    most = max(weights)
    every = [math.exp(weight - most) for weight in weights]
    return [one / sum(every) for one in every]


# --- the scores ----------------------------------------------------------------------------------------------


def score(given: argparse.Namespace) -> None:
    """Print for each source how often each way is right, and how it differs from what is written."""
    rows = {row["id"]: row for row in read(given.predictions)}
    by_source: dict[str, list[dict[str, float]]] = {}
    for record in records(given.gold):
        prior = rows.get(f"prior:{schema_of(record).digest[:12]}")
        if prior and record["id"] in rows:
            row = rows[record["id"]]
            right = {way: float(label == record["category"]) for way, label in chosen(row, prior).items()}
            by_source.setdefault(stratum(record["id"]), []).append(right)
    print(f"{'source':10} {'n':>3} " + " ".join(f"{way:>9}" for way in WAYS))
    for source, marks in by_source.items():
        print(f"{source:10} {len(marks):3} " + " ".join(f"{mean(one[way] for one in marks):9.3f}" for way in WAYS))
    every = [mark for marks in by_source.values() for mark in marks]
    print(f"{'all':10} {len(every):3} " + " ".join(f"{mean(one[way] for one in every):9.3f}" for way in WAYS))
    for way in WAYS[1:]:
        print(f"{way} - written: {interval([one[way] - one['written'] for one in every])}")


def chosen(row: dict[str, Any], prior: dict[str, Any]) -> dict[str, Any]:
    """The label by each way."""
    likely = row["likely"]
    return {
        "written": row["written"],
        "scored": max(likely, key=lambda label: likely[label]),
        "corrected": max(likely, key=lambda label: likely[label] / max(prior["likely"][label], 1e-6)),
    }


def interval(gains: Sequence[float]) -> str:
    """A mean with the interval of the bootstrap."""
    draw = random.Random(0)
    means = sorted(mean(draw.choices(gains, k=len(gains))) for _ in range(_DRAWS))
    return f"{mean(gains):+.3f} ({means[int(0.025 * _DRAWS)]:+.3f} to {means[int(0.975 * _DRAWS)]:+.3f})"


if __name__ == "__main__":
    main()
