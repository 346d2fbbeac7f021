"""Verbatim keywords beside free ones: the same texts with the grammar of the document's runs, and without it.

    python tests/benchmarks/verbatim.py GOLD_FOLDER [RECORDS] [MODEL]

GOLD_FOLDER holds keywords_en_dev and csl_zh_dev as JSON Lines (id, source?, title, text, keywords). RECORDS of each
are taken, as evenly as can be from each source, title and text together are the document, and each is asked for both
ways in turn. Printed per source and way: how many keywords are runs of the document, F1 (English stemmed by Porter;
of all gold keywords, and of those that stand in the document), tokens a second, and what compiling the grammar takes.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import snowballstemmer

from extractor import Document, extract
from extractor.grammar import compile_schema
from extractor.grammar.verbatim import with_runs
from extractor.schema import load_json
from extractor.types import Extraction, Schema
from extractor.verbatim import runs

_FILES = ("keywords_en_dev", "csl_zh_dev")


def schema_of(**keyword: Any) -> Schema:
    """A list of keywords, with more said of each."""
    keywords = {"type": "array", "items": {"type": "string", **keyword}, "description": "Keywords of the text"}
    return load_json({"type": "object", "properties": {"keywords": keywords}, "required": ["keywords"]}, "Keywords")


WAYS = {"plain": schema_of(), "verbatim": schema_of(**{"x-verbatim": True})}


class Score(NamedTuple):
    """One record: keywords, those of them that are runs, F1 of all gold and of what stands there, speed, compiling."""

    keywords: int
    runs: int
    f1: float
    f1_present: float
    tokens_per_second: float
    compile_ms: float


def taken(folder: Path, name: str, count: int) -> Iterator[dict[str, Any]]:
    """Records in turn from each source."""
    by_source: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for line in (folder / f"{name}.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        by_source[row.get("source", name)].append(row)
    turns = max(map(len, by_source.values()))
    rows = (rows[turn] for turn in range(turns) for rows in by_source.values() if turn < len(rows))
    return islice(rows, count)


def stems(keywords: Collection[str]) -> set[str]:
    """'Neural Networks' → 'neural network'; Chinese stays as it is."""
    stem: Callable[[list[str]], list[str]] = snowballstemmer.stemmer("porter").stemWords
    return {" ".join(stem(keyword.casefold().split())) for keyword in keywords}


def f1(found: Collection[str], gold: Collection[str]) -> float:
    """Of two sets of stems."""
    both = len(stems(found) & stems(gold))
    return 2 * both / (len(stems(found)) + len(stems(gold))) if both else 0.0


def compiled(schema: Schema, text: str) -> float:
    """Milliseconds until the grammar of a document is there, that of its schema compiled before."""
    grammar = compile_schema(schema)
    with_runs.cache_clear()
    runs.cache_clear()
    begun = time.perf_counter()
    grammar.for_text(text)
    return (time.perf_counter() - begun) * 1000


def score(row: dict[str, Any], text: str, record: Extraction, way: str) -> Score:
    """One answer, against the gold of its record."""
    found = record.data["keywords"] if record.ok else []
    present = [keyword for keyword in row["keywords"] if keyword.casefold() in text.casefold()]
    return Score(
        len(found),
        sum(map(runs(text).admits, found)),
        f1(found, row["keywords"]),
        f1(found, present),
        record.usage.output_tokens / record.seconds,
        compiled(WAYS[way], text),
    )


def told(name: str, scores: Collection[Score]) -> str:
    """A line."""
    keywords, held = sum(one.keywords for one in scores), sum(one.runs for one in scores)
    mean = Score(*(statistics.mean(values) for values in zip(*scores, strict=True)))
    return (
        f"{name:32} {len(scores):3} records {held:4}/{keywords:<4} runs {held / max(1, keywords):7.1%}"
        f"  F1 {mean.f1:.3f} (of present {mean.f1_present:.3f})"
        f"  {mean.tokens_per_second:5.2f} tokens/s  compile {mean.compile_ms:6.1f} ms"
    )


def main() -> None:
    """Print a line for each source and way, and the macro mean over sources."""
    folder, count = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 12
    model = sys.argv[3] if len(sys.argv) > 3 else "qwen2.5-coder-1.5b"
    if not folder.is_dir():
        sys.exit(f"{folder} is not there: nothing to measure")
    for name in _FILES:
        scores: dict[str, dict[str, list[Score]]] = {way: defaultdict(list) for way in WAYS}
        for at, row in enumerate(taken(folder, name, count)):
            text = "\n\n".join(filter(None, (row.get("title"), row["text"])))
            for way in [*WAYS][:: -1 if at % 2 else 1]:  # the second finds the prompt of the first in the cache
                record = extract(Document(row["id"], text), WAYS[way], model=model)
                scores[way][row.get("source", name)].append(score(row, text, record, way))
                print(f"  {row['id']} {way}: {record.data or record.errors}", file=sys.stderr, flush=True)
        for way, by_source in scores.items():
            for source, found in by_source.items():
                print(told(f"{name} {source} {way}", found), flush=True)
            means = [statistics.mean(one.f1 for one in found) for found in by_source.values()]
            present = [statistics.mean(one.f1_present for one in found) for found in by_source.values()]
            macro = f"F1 {statistics.mean(means):.3f} (of present {statistics.mean(present):.3f})"
            print(f"{name} {way}: macro {macro}", flush=True)


if __name__ == "__main__":
    main()
