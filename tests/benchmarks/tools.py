"""Choose tools and their arguments in every mode, beside the server's own function calling, and score the calls.

    python tests/benchmarks/tools.py race GOLD PREDICTIONS.jsonl [--model NAME] [--ways …] [--sets …] [--seconds N]
    python tests/benchmarks/tools.py score GOLD PREDICTIONS.jsonl

GOLD is tool_calls_dev.jsonl (id, query, tools, acceptable); the set `cases` is tools_cases.jsonl beside this file,
written for this project. `race` starts llama.cpp's own HTTP server with the weights (its templates on) and asks each
record in all ways in turn; what is in PREDICTIONS is not asked again, so it can be ended at any time. PREDICTIONS hold
ids and calls, no text of the gold records. Without PREDICTIONS those beside this file are meant.

Ways: `grammar`, `prompt`, `tools` (our requests by function calling); `grammar:typescript` with another descriptor,
`grammar:think` with thoughts first, `grammar:reversed` with the tools in the opposite order, `grammar:bare` without
their descriptions, `grammar:examples` with two calls of other tools shown first (those of the user's own tools only the
user can write); `native`, the server's function calling as it comes: the tools as they are, its calls as they are. In
scores `native, read` counts the JSON in a text too, where the model wrote its call in a form that the server did not
take for one. Counts are of calls with the right tool, and of calls in which all arguments are acceptable too. Texts are
compared without case, spaces and punctuation, as the Berkeley Function-Calling Leaderboard does it. Intervals are
paired, by bootstrap.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import mean
from typing import Any, get_args

import httpx
from racing import paired, parser_of, read

from extractor import models
from extractor.engines import Session, open_engine
from extractor.long import extract
from extractor.options import Options
from extractor.prompt import PromptStyle
from extractor.tagged_union import one_of
from extractor.tools import load_tools
from extractor.types import Descriptor, Document, Example

Row = dict[str, Any]

WAYS = ("grammar", "prompt", "tools", "native")
READ = "native, read"
SETS = ("gold", "cases")
HERE = Path(__file__).parent
CASES = HERE / "tools_cases.jsonl"
MOST_TOKENS = 160  # of an answer; after a call some models only write line breaks
EXAMPLES = (
    Example(
        "Wake me at half past six tomorrow, please.",
        {"tool": "alarms.set", "arguments": {"time": "06:30", "day": "tomorrow"}},
    ),
    Example(
        "Send 20 euros to Ana for the tickets",
        {"tool": "payments.send", "arguments": {"to": "Ana", "amount": 20, "currency": "EUR", "note": "tickets"}},
    ),
)
_IGNORED = re.compile(r"[\s,./\-_*^()]")


def main() -> None:
    """Run one of the commands."""
    parser = parser_of(__doc__, HERE / "tools.jsonl")
    parser.add_argument("--ways", default=",".join(WAYS))
    parser.add_argument("--sets", default=",".join(SETS))
    given = parser.parse_args()
    given.ways, given.sets = given.ways.split(","), given.sets.split(",")
    asyncio.run(race(given)) if given.command == "race" else score(given)


def records(given: argparse.Namespace) -> Iterator[tuple[str, Row]]:
    """All records of the sets; those with several tools come first."""
    for name in given.sets:
        some = read(given.gold if name == "gold" else CASES)
        yield from ((name, record) for record in sorted(some, key=lambda one: len(one["tools"]) == 1))


# --- the race ------------------------------------------------------------------------------------------------


async def race(given: argparse.Namespace) -> None:
    """Ask for all that is not there yet."""
    done = {(row["id"], row["way"]) for row in read(given.predictions)}
    began = time.monotonic()
    async with contextlib.AsyncExitStack() as stack:
        url = stack.enter_context(serving(given.model))
        file = stack.enter_context(given.predictions.open("a", encoding="utf-8"))
        engine = Session(open_engine(f"{url}/v1#{given.model}"))
        stack.push_async_callback(engine.aclose)
        for name, record in records(given):
            for way in given.ways:
                if (record["id"], way) in done:
                    continue
                if time.monotonic() - began >= given.seconds:
                    return
                started = time.monotonic()
                row = await (native(record, url) if way == "native" else ours(record, way, engine))
                row = {"set": name, "id": record["id"], "way": way, **row}
                row["seconds"] = round(time.monotonic() - started, 1)
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
                file.flush()


@contextlib.contextmanager
def serving(model: str) -> Iterator[str]:
    """llama.cpp's server with the weights, with templates and one slot, in which its last prompt stays."""
    path = models.locate(models.resolve(model))
    if path is None:
        sys.exit(f"`extract models pull {model}` first")
    env = {**os.environ, "PYTHONPATH": str(HERE.parent.parent)}
    with subprocess.Popen(
        [sys.executable, "-c", _SERVER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env
    ) as child:
        assert child.stdout is not None
        try:
            yield child.stdout.readline().strip()
        finally:
            child.kill()


_SERVER = """
import os, sys, threading, xllamacpp
params = xllamacpp.CommonParams()
params.model.path, params.hostnames, params.port = sys.argv[1], ["127.0.0.1"], 0
params.n_ctx, params.n_parallel, params.use_jinja, params.verbosity = 16384, 1, True, 0
params.cache_ram_mib = 0
server = xllamacpp.Server(params)
print(server.listening_address, flush=True)
os.read(0, 1)
os._exit(0)
"""


async def ours(record: Row, way: str, engine: Session) -> Row:
    """The calls of a record in one of our modes."""
    flags = record.get("flags", ())
    mode, _, variant = way.partition(":")
    tools = load_tools([bare(tool) for tool in record["tools"]] if variant == "bare" else record["tools"])
    schema = one_of(
        {tool.name: tool.schema for tool in (reversed(tools) if variant == "reversed" else tools)},
        many="many" in flags,
        allow_none="allow_none" in flags,
        ask="ask" in flags,
        for_query=True,
    )
    schema = replace(schema, examples=EXAMPLES) if variant == "examples" else schema
    style = PromptStyle(descriptor=variant) if variant in get_args(Descriptor) else PromptStyle()  # type: ignore[arg-type]
    options = Options(mode=mode, max_tokens=MOST_TOKENS, style=style, think=variant == "think")  # type: ignore[arg-type]
    found = await extract(Document(record["id"], record["query"]), schema, engine, options)
    told = found.to_dict()
    return {
        "calls": found.data if isinstance(found.data, list) else [found.data] if found.data else [],
        "probability": [next(iter(one.values())) for one in told["probabilities"].values()],
        "ungrounded": [*told["ungrounded"]],
        "errors": [str(problem) for problem in found.errors][:3],
        "attempts": found.attempts,
        "tokens": [found.usage.input_tokens, found.usage.output_tokens],
    }


def bare(tool: Any) -> Any:
    """A tool, or a part of one, without what is said about it."""
    if isinstance(tool, list):
        return [bare(one) for one in tool]
    if not isinstance(tool, dict):
        return tool
    return {key: bare(value) for key, value in tool.items() if key != "description" or not isinstance(value, str)}


async def native(record: Row, url: str) -> Row:
    """The calls that the server itself reads from the model's answer."""
    body = {
        "messages": [{"role": "user", "content": record["query"]}],
        "tools": [{"type": "function", "function": tool} for tool in record["tools"]],
        "tool_choice": "auto",
        "parallel_tool_calls": "many" in record.get("flags", ()),
        "temperature": 0,
        "max_tokens": MOST_TOKENS,
    }
    async with httpx.AsyncClient(timeout=600, trust_env=False) as client:
        answer = (await client.post(f"{url}/v1/chat/completions", json=body)).json()
    message = answer["choices"][0]["message"] if "choices" in answer else {}
    calls = [call["function"] for call in message.get("tool_calls") or ()]
    usage = answer.get("usage", {})
    return {
        "calls": [{"tool": call["name"], "arguments": parsed(call["arguments"])} for call in calls],
        "text": message.get("content") or "",
        "errors": [str(answer.get("error"))] if "choices" not in answer else [],
        "tokens": [usage.get("prompt_tokens", 0), usage.get("completion_tokens", 0)],
    }


def parsed(text: str) -> Any:
    """JSON, or the text itself."""
    try:
        return json.loads(text)
    except ValueError:
        return text


# --- the scores ----------------------------------------------------------------------------------------------


def score(given: argparse.Namespace) -> None:
    """Print a table for each set, and how the ways compare."""
    rows = {(row["id"], row["way"]): row for row in read(given.predictions)}
    rows |= {(id_, READ): read_text(row) for (id_, way), row in rows.items() if way == "native"}
    every = [(name, record) for name, record in records(given)]
    print(f"{'set':24} {'way':20} {'n':>3} {'tool':>6} {'call':>6} {'valid':>6} {'tokens':>7} {'seconds':>7}")
    for label, some in sets(every).items():
        marks = {}
        for way in (*given.ways, READ):
            pairs = [(record, rows[record["id"], way]) for record in some if (record["id"], way) in rows]
            if not pairs:
                continue
            marks[way] = {record["id"]: judged(record, row) for record, row in pairs}
            tools, calls = (mean(mark[at] for mark in marks[way].values()) for at in (0, 1))
            valid = mean(not row["errors"] and bool(row["calls"]) for _, row in pairs)
            tokens = mean(sum(row["tokens"]) for _, row in pairs)
            seconds = mean(row["seconds"] for _, row in pairs)
            told = f"{tools:6.3f} {calls:6.3f} {valid:6.3f} {tokens:7.0f} {seconds:7.1f}"
            print(f"{label:24} {way:20} {len(pairs):3} {told}")
        for way in [way for way in marks if way != "native" and "native" in marks]:
            print(f"{label:24} {way} - native: {interval(marks[way], marks['native'])}")


def read_text(row: Row) -> Row:
    """A row of `native` with the call that stands in its text, if there is none beside."""
    found = re.search(r"\{.*\}", row.get("text", ""), re.DOTALL)
    call = parsed(found[0]) if found and not row["calls"] else None
    if not isinstance(call, dict):
        return row
    return {**row, "calls": [{"tool": call.get("name"), "arguments": call.get("arguments")}]}


def sets(every: Sequence[tuple[str, Row]]) -> dict[str, list[Row]]:
    """The sets by which scores are told apart."""
    gold = [record for name, record in every if name == "gold"]
    cases = [record for name, record in every if name == "cases"]
    return {
        "gold": gold,
        "gold, several tools": [record for record in gold if len(record["tools"]) > 1],
        **{f"cases, {flag}": [one for one in cases if flag in one["flags"]] for flag in ("many", "allow_none", "ask")},
        "cases, English": [one for one in cases if "-en-" in one["id"]],
        "cases, Chinese": [one for one in cases if "-zh-" in one["id"]],
    }


def judged(record: Row, row: Row) -> tuple[float, float]:
    """Whether the right tools were chosen, and whether all of their arguments are acceptable."""
    calls = [call for call in row["calls"] if call.get("tool") is not None]
    wanted = record["acceptable"]
    is_tool = [call["tool"] for call in calls] == [one["name"] for one in wanted]
    missing = set(record.get("missing", ())) == {name for call in calls for name in call.get("missing", ())}
    is_call = is_tool and missing and all(map(fits, calls, (one["acceptable"] for one in wanted)))
    return float(is_tool), float(is_call)


def fits(call: Row, acceptable: Row) -> bool:
    """Whether each argument is one of the values that are right, and none is left out that may not be."""
    given = call.get("arguments")
    return isinstance(given, dict) and all(
        is_one_of(given[name], acceptable.get(name, ())) if name in given else "" in acceptable[name]
        for name in {**given, **acceptable}
    )


def is_one_of(value: Any, some: Sequence[Any]) -> bool:
    """Whether a value equals one of some; of an object each key has a list of its own."""
    return any(equals(value, one) for one in some)


def equals(value: Any, wanted: Any) -> bool:
    """('New York, NY', 'new york ny') → True; (1, True) → False; (1, 1.0) → True."""
    if isinstance(value, dict) and isinstance(wanted, dict):
        if all(isinstance(one, list) for one in wanted.values()):
            return fits({"arguments": value}, wanted)
        return value.keys() == wanted.keys() and all(equals(value[key], wanted[key]) for key in value)
    if isinstance(value, list) and isinstance(wanted, list):
        return len(value) == len(wanted) and all(map(equals, value, wanted))
    if isinstance(value, str) and isinstance(wanted, str):
        return _IGNORED.sub("", value).lower() == _IGNORED.sub("", wanted).lower()
    return isinstance(value, bool) == isinstance(wanted, bool) and value == wanted


def interval(ours_: dict[str, tuple[float, float]], other: dict[str, tuple[float, float]]) -> str:
    """The difference in full calls on the records that both have, with a 95 % interval of the paired bootstrap."""
    gains = [ours_[id_][1] - other[id_][1] for id_ in ours_ if id_ in other]
    return f"{paired(gains)}, {len(gains)} records"


if __name__ == "__main__":
    main()
