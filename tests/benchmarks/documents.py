"""Ask long documents in several ways (cut off, whole, in parts, of the fitting parts) and score them on gold records.

    python tests/benchmarks/documents.py race GOLD PREDICTIONS.jsonl [--model SPEC] [--sets …] [--ways …] [--seconds N]
    python tests/benchmarks/documents.py score GOLD PREDICTIONS.jsonl [--sets …] [--ways …]
    python tests/benchmarks/documents.py reach GOLD [--sizes 1000,2000]

`race` goes on where it stopped: what is in PREDICTIONS is not asked again. It takes short documents first, each in all
ways, so that it can be ended at any time. GOLD is a folder with extractbench_dev, keywords_en_long_dev and blog_zh_dev
(.jsonl) and with long/romeo_and_juliet_en.txt and long/sanguo_ch1_10_zh.txt; its texts do not get into PREDICTIONS.
Without PREDICTIONS those beside this file are meant; ways that few documents were asked in are scored with `--ids`.
Needs `snowballstemmer` for key phrases.

Ways: `truncate:N`, the first N estimated tokens, asked whole; `whole`; `map-reduce:N`, `retrieve:N` and `auto`, with
parts of N tokens (`auto:N` too). Sets: `extractbench`, values by kind of field; `keywords_long`, stemmed exact matches;
`blog_zh`, title and tags; `names`, the people of a play and a novel beside a list made by rules, where `--part 1/10`
takes a tenth of each text. Of an answer that is not valid, what could be kept of it counts. Tokens are those read anew
and written; a way is compared with the truncated text that used least of those that used as many or more.
`reach` asks no model: it looks for gold values of extractbench in what would be shown.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from documents_names import Names, body, people, stretch
from documents_reach import reach
from documents_scores import MAIN, Points, blog, keywords, names, report, values
from documents_values import Tally
from racing import read

import extractor
from extractor.text import weigh_tokens

Row = dict[str, Any]

FILES = {"extractbench": "extractbench_dev", "keywords_long": "keywords_en_long_dev", "blog_zh": "blog_zh_dev"}
LONG = ("romeo_and_juliet_en", "sanguo_ch1_10_zh")
WAYS = ("truncate:2000", "truncate:8000", "map-reduce:2000", "retrieve:2000", "auto")


@dataclass(frozen=True)
class Task:
    """A document, and what is asked of it."""

    dataset: str
    id: str
    text: str
    schema: Row
    gold: Row


def tasks(gold: Path, datasets: list[str], part: str = "") -> Iterator[Task]:
    """All documents of the sets, the short ones of each first; `part` is of the texts of names."""
    for dataset in datasets:
        some = named_people(gold, part) if dataset == "names" else recorded(gold, dataset)
        yield from sorted(some, key=lambda task: len(task.text))


def recorded(gold: Path, dataset: str) -> Iterator[Task]:
    """The documents of a file of records."""
    for record in read(gold / f"{FILES[dataset]}.jsonl"):
        yield Task(dataset, record["id"], record["text"], schema_of(dataset, record), record)


def named_people(gold: Path, part: str) -> Iterator[Task]:
    """The play and the novel, or a part of each."""
    for name in LONG:
        path = gold / "long" / f"{name}.txt"
        if path.exists():
            text, found = long_text(path)
            schema = schema_of("names", {})
            yield Task("names", f"{name}:{part}" if part else name, stretch(text, part), schema, {"people": found})


@cache
def long_text(path: Path) -> tuple[str, Names]:
    """A text and the people in it."""
    text = body(path.read_text(encoding="utf-8"))
    return text, people(text)


def schema_of(dataset: str, record: Row) -> Row:
    """What is asked of a record."""
    texts = {"type": "array", "items": {"type": "string"}, "uniqueItems": True}
    title = {"type": "string"}
    properties = {
        "keywords_long": {
            "title": title,
            "keywords": {**texts, "minItems": 5, "maxItems": 15, "description": "key phrases of the text"},
        },
        "blog_zh": {"title": {**title, "description": "标题"}, "tags": {**texts, "description": "标签"}},
        "names": {"characters": {**texts, "description": "names of all people that occur in the text"}},
    }.get(dataset)
    if properties is None:
        found: Row = record["schema"].get("schema_definition", record["schema"])
        return found
    return {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False}


def beginning(text: str, limit: int) -> str:
    """As much of a text as weighs so many estimated tokens: ('abcdefgh', 1) → 'abcd'."""
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if weigh_tokens(text[:middle]) <= limit else (low, middle - 1)
    return text[:low]


# --- the race ------------------------------------------------------------------------------------------------


def race(given: argparse.Namespace) -> None:
    """Ask for all that is not there yet."""
    out: Path = given.predictions
    mend(out)
    done = {key(row) for row in read(out)}
    began, asked = time.monotonic(), 0
    with out.open("a", encoding="utf-8") as file:
        for task, way in turns(given):
            if (task.dataset, task.id, way, given.model) in done:
                continue
            if given.seconds is not None and time.monotonic() - began >= given.seconds:
                print(f"{given.seconds:g} seconds are over", file=sys.stderr)
                break
            row = answer(task, way, given)
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
            file.flush()
            asked += 1
            print(f"{asked}: {task.id}, {way}: {row['seconds']:.0f} s {' '.join(row['errors'])}", file=sys.stderr)
    extractor.close()


def turns(given: argparse.Namespace) -> Iterator[tuple[Task, str]]:
    """The first documents of each set, or those that are named, each in all ways."""
    counts = dict.fromkeys(given.sets, 0)
    for task in tasks(given.gold, given.sets, given.part):
        if wanted(task.id, given.ids) and (not given.limit or counts[task.dataset] < given.limit):
            counts[task.dataset] += 1
            yield from ((task, way) for way in given.ways or WAYS)


def answer(task: Task, way: str, given: argparse.Namespace) -> Row:
    """What the model says of a document; an error is an answer too."""
    began = time.monotonic()
    row: Row = {"set": task.dataset, "id": task.id, "way": way, "model": given.model}
    try:
        text, options = asking(task.text, way, given.max_tokens)
        found = extractor.extract(extractor.Document(task.id, text), task.schema, model=given.model, options=options)
    except Exception as error:  # noqa: BLE001 - one document that fails is a line, and the race goes on
        return row | line(None, extractor.Usage(), time.monotonic() - began, [type(error).__name__])
    return row | line(found.data, found.usage, found.seconds, [problem.kind for problem in found.errors])


def line(data: Any, usage: extractor.Usage, seconds: float, errors: list[str]) -> Row:
    """The second half of a line of predictions."""
    counts = {name: getattr(usage, name) for name in ("input_tokens", "cached_tokens", "output_tokens")}
    return {"data": data, **counts, "seconds": round(seconds, 2), "errors": errors, "ok": not errors}


def asking(text: str, way: str, max_tokens: int) -> tuple[str, extractor.Options]:
    """A way in the terms of the library: 'truncate:N' is the beginning of the text, asked whole."""
    strategy, _, count = way.partition(":")
    if strategy == "truncate":
        return beginning(text, int(count)), extractor.Options(strategy="whole", max_tokens=max_tokens)
    sized = {"chunk_tokens": int(count)} if count else {}
    return text, extractor.Options(strategy=strategy, max_tokens=max_tokens, **sized)  # type: ignore[arg-type]


def mend(path: Path) -> None:
    """Take a line away that was not written to its end."""
    if path.exists() and (there := path.read_bytes()) and not there.endswith(b"\n"):
        path.write_bytes(there[: there.rfind(b"\n") + 1])


def key(row: Row) -> tuple[str, str, str, str]:
    """What was asked, and of which model."""
    return row["set"], row["id"], row["way"], row["model"]


def wanted(one: str, ids: list[str]) -> bool:
    """Whether an id has one of the texts in it, or none are given."""
    return not ids or any(part in one for part in ids)


# --- scores --------------------------------------------------------------------------------------------------


def score(given: argparse.Namespace) -> None:
    """Print the tables of the sets of which there are predictions."""
    rows = [row for row in read(given.predictions) if wanted(row["id"], given.ids)]
    for dataset in given.sets:
        some = [row for row in rows if row["set"] == dataset and (not given.ways or row["way"] in given.ways)]
        if some:
            parts = {row["id"].partition(":")[2] for row in some}
            known = {task.id: task for part in parts for task in tasks(given.gold, [dataset], part)}
            report(dataset, some, lambda row, known=known: points(known[row["id"]], row["data"]))


def points(task: Task, data: Any) -> tuple[Points, Tally | None]:
    """Of one prediction."""
    if task.dataset == "extractbench":
        return values(task.gold, data)
    if task.dataset == "names":
        return names(task.text, task.gold["people"], data), None
    return (keywords if task.dataset == "keywords_long" else blog)(task.gold, data), None


def reached(given: argparse.Namespace) -> None:
    """Print how much of what is asked for the passages of long documents show."""
    every = (task for task in tasks(given.gold, ["extractbench"]) if wanted(task.id, given.ids))
    reach([task for task in every if weigh_tokens(task.text) > min(given.sizes)], given.sizes, beginning)


def listed(text: str) -> list[str]:
    """'a,b' → ['a', 'b']."""
    return [one for one in text.split(",") if one]


def ways(text: str) -> list[str]:
    """The same of ways; a wrong one is told before anything is asked."""
    for way in listed(text):
        try:
            asking("", way, 1)
        except (ValueError, extractor.ExtractError) as error:
            raise argparse.ArgumentTypeError(f"{way}: {error}") from error
    return listed(text)


def sets(text: str) -> list[str]:
    """The same of sets."""
    if unknown := {*listed(text)} - MAIN.keys():
        raise argparse.ArgumentTypeError(f"{', '.join(sorted(unknown))}: the sets are {', '.join(MAIN)}")
    return listed(text)


def sizes(text: str) -> list[int]:
    """'1000,2000' → [1000, 2000]."""
    return [int(one) for one in listed(text)]


def part(text: str) -> str:
    """'2/10'; '' is all."""
    at, _, of = text.partition("/")
    if text and not (at.isdecimal() and of.isdecimal() and 1 <= int(at) <= int(of)):
        raise argparse.ArgumentTypeError(f"{text}: as in 1/10")
    return text


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["race", "score", "reach"])
    parser.add_argument("gold", type=Path)
    parser.add_argument("predictions", type=Path, nargs="?", default=Path(__file__).with_suffix(".jsonl"))
    parser.add_argument("--model", default="qwen2.5-coder-1.5b")
    parser.add_argument("--sets", type=sets, default=[*MAIN])
    parser.add_argument("--ways", type=ways, default=[], help=f"default: {','.join(WAYS)}")
    parser.add_argument("--ids", type=listed, default=[], help="parts of ids, as in swimming,resume")
    parser.add_argument("--part", type=part, default="", help="of the texts of names, as in 1/10")
    parser.add_argument("--limit", type=int, help="documents of each set")
    parser.add_argument("--seconds", type=float, help="begin nothing after so long")
    parser.add_argument("--max-tokens", type=int, default=4096, help="of an answer")
    parser.add_argument("--sizes", type=sizes, default=[1000, 2000], help="of what is shown at once, in tokens")
    given = parser.parse_args()
    if not (given.gold / "extractbench_dev.jsonl").exists():
        sys.exit(f"{given.gold}: no gold records there, nothing to race on")
    {"race": race, "score": score, "reach": reached}[given.what](given)


if __name__ == "__main__":
    main()
