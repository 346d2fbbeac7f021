"""What benchmarks on gold records share: the records, a race that can be ended at any time, scores and intervals."""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import random
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

from extractor import models
from extractor.engines import Session, Settings, open_engine

Row = dict[str, Any]

SAMPLES = 4000
DRAWS = 2000  # of `paired`
LEAST = 5  # records of a stratum


def records_of(gold: Path, dataset: str) -> list[dict[str, Any]]:
    """All records of a set, taken in turn from each of its sources, so that any beginning is stratified."""
    return in_turn(json.loads(line) for line in (gold / f"{dataset}_dev.jsonl").read_text("utf-8").splitlines())


def in_turn(records: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Records by their sources in turn: [a-1, a-2, b-1] → [a-1, b-1, a-2]."""
    sources: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for record in records:
        sources[stratum(record["id"])].append(record)
    return [record for row in zip_longest(*sources.values()) for record in row if record is not None]


def text_of(record: dict[str, Any]) -> str:
    """What a model is shown of a record: its title too, where it has one."""
    return f"{record['title']}\n\n{record['text']}" if record.get("title") else str(record["text"])


def stratum(record_id: str) -> str:
    """Where a record comes from: 'bbc-tech-286' → 'bbc'."""
    return record_id.rpartition("/")[2].partition("-")[0]


def read(path: Path) -> list[dict[str, Any]]:
    """The predictions that are there."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def parser_of(doc: str, predictions: Path) -> argparse.ArgumentParser:
    """The arguments of a benchmark that races on gold records for some time, and scores what there is."""
    parser = argparse.ArgumentParser(description=doc.partition("\n")[0])
    parser.add_argument("command", choices=("race", "score"))
    parser.add_argument("gold", type=Path)
    parser.add_argument("predictions", type=Path, nargs="?", default=predictions)
    parser.add_argument("--model", default=models.DEFAULT)
    parser.add_argument("--seconds", type=float, default=math.inf)
    return parser


@contextlib.asynccontextmanager
async def opened(spec: str) -> AsyncIterator[Session]:
    """An engine that answers one question at a time."""
    engine = Session(open_engine(spec, Settings(slots=1)))
    engine.prepare()
    try:
        yield engine
    finally:
        await engine.aclose()


async def raced(given: argparse.Namespace, turns: Iterable[tuple[Row, Callable[[], Awaitable[Row]]]]) -> None:
    """Ask in turn for all that is not in the predictions yet, as long as there is time: a line for each answer.

    A turn is by what its row is known, as in {'id': 'bbc-1', 'way': 'written'}, and how the rest of the row is found.
    """
    rows, began = read(given.predictions), time.monotonic()
    with given.predictions.open("a", encoding="utf-8") as file:
        for key, ask in turns:
            if any(key.items() <= row.items() for row in rows):
                continue
            if time.monotonic() - began >= given.seconds:
                return
            started = time.monotonic()
            row = {**key, **await ask()}
            row.setdefault("seconds", round(time.monotonic() - started, 1))
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
            file.flush()


def f1(found: set[Any], right: set[Any]) -> float:
    """Of two sets."""
    return 2 * len(found & right) / (len(found) + len(right)) if found or right else 1.0


def stemmed(phrase: str) -> str:
    """'Neural networks' → 'neural network'."""
    import snowballstemmer

    return " ".join(snowballstemmer.stemmer("porter").stemWords(phrase.casefold().replace("-", " ").split()))


def paired(gains: Sequence[float]) -> str:
    """The mean of what records gain, with its 95 % interval by bootstrap: '+0.100 (+0.044 to +0.161)'."""
    draw = random.Random(0)  # no secret
    means = sorted(statistics.mean(draw.choices(gains, k=len(gains))) for _ in range(DRAWS))
    return f"{statistics.mean(gains):+.3f} ({means[int(0.025 * DRAWS)]:+.3f} to {means[int(0.975 * DRAWS)]:+.3f})"


def interval(differences: dict[str, float]) -> tuple[float, float]:
    """95 % by bootstrap; each sample has as many records of each source as there are.

    Sources with fewer than `LEAST` records are one stratum: of a single record each sample would be the same.
    """
    counts = Counter(map(stratum, differences))
    strata: dict[str, list[float]] = defaultdict(list)
    for one, difference in differences.items():
        strata[stratum(one) if counts[stratum(one)] >= LEAST else ""].append(difference)
    chance = random.Random(1)
    means = sorted(
        statistics.fmean([value for values in strata.values() for value in chance.choices(values, k=len(values))])
        for _ in range(SAMPLES)
    )
    return means[round(0.025 * SAMPLES)], means[round(0.975 * SAMPLES)]
