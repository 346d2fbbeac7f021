"""The same records, the same weights, the same server: this project beside its peers.

    python tests/benchmarks/peers.py race GOLD [PREDICTIONS.jsonl] [--envs FOLDER] [--ways …] [--seconds N]
    python tests/benchmarks/peers.py score GOLD [PREDICTIONS.jsonl]

`race` makes an environment for each peer below FOLDER (its newest version), starts llama.cpp's own HTTP server with the
weights, and asks the records in blocks, in which each source has its turn, each block in one way after the other, as a
user would ask them: what the documents of a set have before them is read once. It goes on where it stopped, so that it
can be ended at any time. GOLD is a folder with keywords_en_dev, news_category_en_dev, news_category_zh_dev, csl_zh_dev
and ner_zh_dev (.jsonl). PREDICTIONS hold ids and values, no text of the gold records; those beside this file are meant
where they are not given.

Ways: `extract`, as it comes; `extract:written`, labels and lists as the model writes them; both also with the
example that Kor and LangExtract have (`extract:example`, `extract:written:example`); each peer as its own documents
show it (`kor`), and with our instruction in the place that it has for one (`kor:told`). Scores: category, 1 where it is
right; keywords and names, F1 of the record (keywords stemmed, names with their kind); of csl_zh the mean of both. What
is no record of the fields asked for has 0, and is not valid. `grounded` is the share of the listed texts that stand in
the document, but for case and spaces. Tokens are those of all requests for a document, read and written, as the server
bills them, whether it had read them before or not; of what it is asked about single tokens, which is no chat, those
that it had not. Intervals are 95 %, paired, by bootstrap; `p` by swapping the answers of two ways record by record,
corrected for the number of ways (Holm). `same` is the mean of the records that all of the ways have.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import math
import random
import subprocess
import sys
import threading
import venv
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import mean, median
from typing import Any

import httpx
from jsonschema import Draft202012Validator
from racing import SAMPLES, Row, in_turn, paired, parser_of, raced, read, records_of, stratum, text_of
from tools import serving
from wordings import SETS as WORDED
from wordings import points_of, schema_of

from extractor.engines import Session, open_engine
from extractor.evaluate.tally import Difference, corrected
from extractor.long import extract
from extractor.marks import DISJOINT, RANKED
from extractor.options import Options
from extractor.prompt import messages, voice_for
from extractor.schema import load
from extractor.types import Document, Example, Schema

HERE = Path(__file__).parent
OURS = "extract"
PEERS = {
    "kor": ["kor", "langchain-openai"],
    "langextract": ["langextract[openai]"],
    "instructor": ["instructor"],
    "outlines": ["outlines", "openai"],
    "llm": ["llm"],
}
BLOCK = 11  # records: one of each source
FORWARDED = ("content-type", "authorization", "accept")
OWN = (OURS, f"{OURS}:example", f"{OURS}:written", f"{OURS}:written:example")
WAYS = (*OWN, *(f"{peer}{told}" for peer in PEERS for told in ("", ":told")))


def main() -> None:
    """Run one of the commands."""
    parser = parser_of(__doc__, HERE / "peers.jsonl")
    parser.add_argument("--envs", type=Path, default=Path.home() / ".cache" / "extract-peers")
    parser.add_argument("--ways", default=",".join(WAYS))
    given = parser.parse_args()
    asyncio.run(race(given)) if given.command == "race" else score(given)


def records(gold: Path) -> list[tuple[str, Row]]:
    """All records with their sets, the sources in turn."""
    named = [{**record, "set": name} for name in WORDED for record in records_of(gold, name)]
    return [(record["set"], record) for record in in_turn(named)]


# --- the race ------------------------------------------------------------------------------------------------


async def race(given: argparse.Namespace) -> None:
    """Ask for all that is not there yet."""
    ways = given.ways.split(",")
    async with contextlib.AsyncExitStack() as stack:
        url, bill = stack.enter_context(billed(stack.enter_context(serving(given.model))))
        peers: dict[str, Any] = {
            name: stack.enter_context(peer(name, given.envs, f"{url}/v1", given.model))
            for name in PEERS
            if any(way.partition(":")[0] == name for way in ways)
        }
        peers[OURS] = Session(open_engine(f"{url}/v1#{given.model}"))
        stack.push_async_callback(peers[OURS].aclose)

        async def billed_to(way: str, name: str, record: Row) -> Row:
            bill[:] = [0, 0]
            return {**await asked(way, name, record, peers), "tokens": [*bill]}

        keyed = (({"set": one[1], "id": one[2]["id"], "way": one[0]}, one) for one in turns(records(given.gold), ways))
        await raced(given, ((key, partial(billed_to, *one)) for key, one in keyed))


def turns(every: list[tuple[str, Row]], ways: list[str]) -> Iterator[tuple[str, str, Row]]:
    """The order of the questions: a block of records in each way, set by set."""
    for at in range(0, len(every), BLOCK):
        block = sorted(every[at : at + BLOCK], key=lambda one: one[0])
        yield from ((way, name, record) for way in ways for name, record in block)


@contextlib.contextmanager
def billed(url: str) -> Iterator[tuple[str, list[int]]]:
    """A way to a server on which the tokens that it bills are added up: those read, and those written."""
    bill = [0, 0]

    class Between(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kept = {name: value for name, value in self.headers.items() if name.lower() in FORWARDED}
            self.answer(httpx.post(f"{url}{self.path}", content=body, headers=kept, trust_env=False, timeout=600))

        def do_GET(self) -> None:
            self.answer(httpx.get(f"{url}{self.path}", trust_env=False, timeout=60))

        def answer(self, got: httpx.Response) -> None:
            with contextlib.suppress(ValueError, AttributeError):
                told = got.json()
                usage, timings = told.get("usage") or {}, told.get("timings") or {}
                bill[0] += usage.get("prompt_tokens", timings.get("prompt_n", 0))
                bill[1] += usage.get("completion_tokens", timings.get("predicted_n", 0))
            self.send_response_only(got.status_code)
            self.send_header("Content-Type", got.headers.get("Content-Type", "application/json"))
            self.send_header("Server", got.headers.get("Server", ""))
            self.send_header("Content-Length", str(len(got.content)))
            self.end_headers()
            self.wfile.write(got.content)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Between)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", bill
    finally:
        server.shutdown()


@contextlib.contextmanager
def peer(name: str, envs: Path, url: str, model: str) -> Iterator[subprocess.Popen[str]]:
    """A peer that waits for questions, in an environment that is made where there is none."""
    home = envs / name
    python = home / "bin" / "python"
    if not (home / "ready").exists():
        venv.create(home, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *PEERS[name]], check=True)
        (home / "ready").touch()
    with subprocess.Popen(
        [python, HERE / "peers_worker.py", name, url, model], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        try:
            yield child
        finally:
            child.kill()


async def asked(way: str, name: str, record: Row, peers: Mapping[str, Any]) -> Row:
    """The record that one of the ways finds."""
    schema, text = schema_of(name, record), text_of(record)
    if way in OWN:
        is_written, is_shown = ":written" in way, ":example" in way
        asked_for = as_written(schema) if is_written else schema
        asked_for = with_example(asked_for, text) if is_shown else asked_for
        options = Options(max_tokens=200, prior=False if is_written else None)
        found = await extract(Document("x", text), asked_for, peers[OURS], options)
        return {"value": found.data, "errors": [str(one) for one in found.errors][:3]}
    who, _, told = way.partition(":")
    task = {"text": text, "fields": fields(schema), "example": example(schema, text)}
    if told:
        told = messages(Document("x", text), schema)[0].content
        task["instruction"] = told
        task["sentences"] = " ".join((voice_for(text).said.one.format(format="").strip(), told.rpartition("\n\n")[2]))
    answer = question(peers[who], task)
    return {"value": answer.get("data"), "errors": [answer["error"]] if "error" in answer else []}


def as_written(schema: Schema) -> Schema:
    """A schema whose lists are those that the model writes."""
    fields = {
        name: node if "enum" in node else {**node, RANKED if name == "keywords" else DISJOINT: False}
        for name, node in schema.json_schema["properties"].items()
    }
    return load({**schema.json_schema, "properties": fields})


def with_example(schema: Schema, text: str) -> Schema:
    """A schema with the example that Kor has."""
    shown = example(schema, text)
    return replace(schema, examples=(Example(shown["text"], shown["data"]),))


def question(child: subprocess.Popen[str], task: Row) -> Row:
    """One line to a peer, and one of it."""
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(json.dumps(task, ensure_ascii=False) + "\n")
    child.stdin.flush()
    line = child.stdout.readline()
    if not line:
        sys.exit("a peer ended: its error stands above")
    answer: Row = json.loads(line)
    return answer


def fields(schema: Schema) -> list[Row]:
    """A schema as the worker of the peers reads it."""
    return [
        {
            "name": name,
            "about": node.get("description", ""),
            **({"labels": node["enum"]} if "enum" in node else {"most": node["maxItems"]}),
        }
        for name, node in schema.json_schema["properties"].items()
    ]


def example(schema: Schema, text: str) -> Row:
    """What LangExtract cannot do without: a text with the record of it, in the language of the document."""
    shown = _CHINESE if any("\u4e00" <= sign <= "\u9fff" for sign in text) else _ENGLISH
    values = {
        name: shown.get(name, []) if "enum" not in node else node["enum"][0]
        for name, node in schema.json_schema["properties"].items()
    }
    return {"text": shown["text"], "data": values}


_ENGLISH: Row = {
    "text": "Mara Lind opened a solar power plant near Bergen on Monday. Nordkraft built its storage of molten salt.",
    "keywords": ["solar power plant", "storage of molten salt"],
    "people": ["Mara Lind"],
    "places": ["Bergen"],
    "organisations": ["Nordkraft"],
}
_CHINESE: Row = {
    "text": "周一，林岚在兰州附近启用了一座光热电站，北川电力为它修建了熔盐储热系统。",
    "keywords": ["光热电站", "熔盐储热系统"],
    "people": ["林岚"],
    "places": ["兰州"],
    "organisations": ["北川电力"],
}


# --- the scores ----------------------------------------------------------------------------------------------


def score(given: argparse.Namespace) -> None:
    """Print each way by its sets, what it costs, and how it differs from ours."""
    rows = {(row["set"], row["id"], row["way"]): row for row in read(given.predictions)}
    every = records(given.gold)
    points: dict[str, dict[tuple[str, str], float]] = defaultdict(dict)
    told: dict[str, list[tuple[bool, float | None, Row]]] = defaultdict(list)
    for name, record in every:
        for way in given.ways.split(","):
            row = rows.get((name, record["id"], way))
            if row is not None:
                valid = is_valid(schema_of(name, record), row["value"])
                points[way][name, record["id"]] = points_of(name, record, row["value"]) if valid else 0.0
                told[way].append((valid, grounded(row["value"], text_of(record)) if valid else None, row))
    sources = list(dict.fromkeys(stratum(record["id"]) for _, record in every))
    print(f"{'way':18} {'n':>4} " + " ".join(f"{source[:8]:>8}" for source in sources), end=" ")
    print(f"{'all':>6} {'same':>6} {'valid':>6} {'ground':>6} {'tokens':>7} {'sec.':>5}  ours - it")
    same = set.intersection(*map(set, points.values()))  # the records that each of the ways has
    found = {way: Difference(0, 0, 0, by_chance(gains_of(points, way))) for way in points if way not in OWN}
    chances = {way: one.p for way, one in corrected(found).items() if one}
    for way, scored in points.items():
        by_source = [mean_of([value for (_, id_), value in scored.items() if stratum(id_) == one]) for one in sources]
        marks = [mark for _, mark, _ in told[way] if mark is not None]
        tokens = mean(sum(row["tokens"]) for *_, row in told[way])
        seconds = median(row["seconds"] for *_, row in told[way])  # some have what is found out once
        gains = gains_of(points, way)
        print(f"{way:18} {len(scored):4} " + " ".join(f"{one:8.3f}" for one in by_source), end=" ")
        print(f"{mean(scored.values()):6.3f} {mean_of([scored[one] for one in same]):6.3f}", end=" ")
        print(f"{mean(valid for valid, *_ in told[way]):6.3f}", end=" ")
        print(f"{mean_of(marks):6.3f} {tokens:7.0f} {seconds:5.1f}  {paired(gains)} p {chances.get(way, math.nan):.3f}")


def gains_of(points: Mapping[str, Mapping[tuple[str, str], float]], way: str) -> list[float]:
    """What ours has more than another way, record by record."""
    return [value - points[way][one] for one, value in points[OURS].items() if one in points[way]]


def by_chance(gains: list[float]) -> float:
    """How often as large a difference comes of swapping the answers of two ways, record by record."""
    draw, seen = random.Random(0), abs(sum(gains))  # no secret
    drawn = (abs(sum(draw.choice((1, -1)) * gain for gain in gains)) for _ in range(SAMPLES))
    return (1 + sum(one >= seen - 1e-12 for one in drawn)) / (1 + SAMPLES)


def is_valid(schema: Schema, value: Any) -> bool:
    """Whether a value is a record of the fields; that lists are not too long is not asked of the peers."""
    nodes = {
        name: {"enum": node["enum"]} if "enum" in node else {"type": "array", "items": {"type": "string"}}
        for name, node in schema.json_schema["properties"].items()
    }
    return Draft202012Validator({"type": "object", "properties": nodes, "required": [*nodes]}).is_valid(value)


def grounded(value: Row, text: str) -> float | None:
    """The share of the listed texts that stand in a document."""
    where = "".join(text.casefold().split())
    listed = [one for some in value.values() if isinstance(some, list) for one in some]
    return mean("".join(one.casefold().split()) in where for one in listed) if listed else None


def mean_of(values: list[float]) -> float:
    """Not a number where there are none."""
    return mean(values) if values else math.nan


if __name__ == "__main__":
    main()
