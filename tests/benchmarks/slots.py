"""The embedded engine as a batch uses it, beside its own server asked directly, and beside outlines.

    python tests/benchmarks/slots.py [ROUNDS] [--slots N] [--outlines PYTHON]

Each round asks about the same number of short texts, 64 in four rounds, twice: through `Batch` with a ledger, and
straight at the same server of llama.cpp with the same bodies, by a bare `AsyncOpenAI`, as many at once as there are
slots. Every answer is 100 tokens long, as a title, a summary and some keywords are (it is cut there), and no two texts
are equal, so that neither way finds the other's in the cache. The order changes from round to round. Printed are
documents a second, and the ratio of each round.

With --outlines the same texts go through outlines with llama-cpp-python, one by one, in a process of that interpreter
(no peer can do several at once). Its environment takes some minutes to build, since llama-cpp-python comes as source:

    python3 -m venv peer && peer/bin/pip install llama-cpp-python==0.3.36 outlines==1.3.3 llguidance==1.0.1
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from extractor import models
from extractor.batch import Batch, Inquiry
from extractor.engines import LlamaEngine, Session, Settings, open_engine
from extractor.engines.endpoint.wire import body_of
from extractor.ledger import Ledger
from extractor.options import Options
from extractor.plan import plan_of
from extractor.requests import build_request
from extractor.schema import load
from extractor.sources import Source
from extractor.types import Document

_TEXTS, _TOKENS = 16, 100
_NOTES = {"type": "array", "items": {"type": "string"}, "minItems": 40}  # none ends before it is cut
_SCHEMA = load({"type": "object", "properties": {"notes": _NOTES}, "required": ["notes"]})
_OPTIONS = Options(max_tokens=_TOKENS, retries=0, mode="grammar")
_SUBJECTS = ("ferry", "library", "harbour bridge", "market hall", "lighthouse", "tram line", "school", "town museum")
_PEER = """
import json, sys, time
import llama_cpp, outlines
from outlines.backends import get_json_schema_logits_processor
job = json.loads(sys.stdin.readline())
model = outlines.from_llamacpp(llama_cpp.Llama(job["weights"], n_ctx=4096, n_threads=job["threads"], verbose=False))
generate = outlines.Generator(model, outlines.json_schema(job["schema"]), backend="llguidance")
print(json.dumps({"ready": True}), flush=True)
for line in sys.stdin:
    begun = time.perf_counter()
    for messages in json.loads(line):
        generate(outlines.inputs.Chat(messages), max_tokens=job["tokens"], temperature=0.0)
    print(json.dumps(time.perf_counter() - begun), flush=True)
"""


def texts(mark: str) -> list[str]:
    """Short texts, none of which begins as another one."""
    return [
        f"{mark}-{number:03}. The council of Aldmouth said on {number % 28 + 1} March that the {subject} will close "
        f"for {number % 7 + 2} weeks. Repairs cost {number * 37 + 900} pounds. The mayor, Ann Bell, thanked the "
        f"{number + 20} volunteers who had written to the paper, and asked for patience until the work is done."
        for number, subject in zip(range(_TEXTS), _SUBJECTS * _TEXTS, strict=False)
    ]


async def through_batch(session: Session, given: Sequence[str]) -> float:
    """Seconds for all texts, through the whole of a batch."""
    with tempfile.TemporaryDirectory() as folder, Ledger(Path(folder, "l")) as ledger:
        ledger.begin(plan_of(_SCHEMA, _OPTIONS, session.identity, session.id))
        sources = [Source(f"{at}", document=Document(f"{at}", text)) for at, text in enumerate(given)]
        batch = Batch(Inquiry(_SCHEMA, session, _OPTIONS), lambda: session.limit, ledger=ledger)
        begun = time.perf_counter()
        async for outcome in batch.outcomes(sources):
            assert outcome.record is not None
            assert outcome.record.usage.output_tokens == _TOKENS, outcome.record
        return time.perf_counter() - begun


async def straight(url: str, key: str, given: Sequence[str], slots: int) -> float:
    """Seconds for all texts, with the same bodies and nothing else."""
    from openai import AsyncOpenAI

    gate = asyncio.Semaphore(slots)
    async with AsyncOpenAI(base_url=url, api_key=key, max_retries=0) as client:

        async def one(text: str) -> None:
            body = body_of(build_request(Document("", text), _SCHEMA, _OPTIONS), "smollm2-135m", "llama.cpp")
            async with gate:
                done: Any = await client.post("/chat/completions", cast_to=object, body=body)
            assert done["usage"]["completion_tokens"] == _TOKENS, done

        begun = time.perf_counter()
        await asyncio.gather(*map(one, given))
        return time.perf_counter() - begun


class Peer:
    """outlines with llama-cpp-python in a process of its own."""

    def __init__(self, python: str, weights: Path, threads: int) -> None:
        job = {"weights": str(weights), "threads": threads, "tokens": _TOKENS, "schema": dict(_SCHEMA.json_schema)}
        self._process = subprocess.Popen(
            [python, "-c", _PEER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._say(job)

    def _say(self, what: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def ask(self, given: Sequence[str]) -> float:
        """Seconds for all texts, one by one."""
        requests = (build_request(Document("", text), _SCHEMA, _OPTIONS) for text in given)
        chats = [[{"role": turn.role, "content": turn.content} for turn in request.messages] for request in requests]
        return float(self._say(chats))

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()


async def main() -> None:
    """Print documents a second of each way in each round, and the ratios."""
    given = argparse.ArgumentParser()
    given.add_argument("rounds", nargs="?", type=int, default=4)
    given.add_argument("--slots", type=int)
    given.add_argument("--outlines", metavar="PYTHON")
    flags = given.parse_args()
    engine = open_engine("smollm2-135m", Settings(flags.slots))
    assert isinstance(engine, LlamaEngine)
    session = Session(engine)
    engine.prepare()
    chat = await engine._ready()
    await through_batch(session, texts("warm")[:8])  # proves the grammar, and fills the shared prefix
    url, key, slots = chat.url, chat.transport._key, session.limit
    weights = models.fetch(models.resolve("smollm2-135m"))
    peer = Peer(flags.outlines, weights, engine._child.settings.threads) if flags.outlines else None  # type: ignore[union-attr, arg-type]
    found: dict[str, list[float]] = {"batch": [], "straight": [], "outlines": []}
    for turn in range(flags.rounds):
        ways = {
            "batch": lambda turn=turn: through_batch(session, texts(f"A{turn}")),
            "straight": lambda turn=turn: straight(url, key, texts(f"B{turn}"), slots),
        }
        for name in [*ways] if turn % 2 else [*reversed(ways)]:
            found[name].append(await ways[name]())
        if peer:
            found["outlines"].append(await asyncio.to_thread(peer.ask, texts(f"C{turn}")))
        print(
            f"round {turn + 1}: "
            + ", ".join(f"{name} {_TEXTS / times[-1]:.2f}/s" for name, times in found.items() if times),
            flush=True,
        )
    await session.aclose()
    for other in ("straight", "outlines") if peer else ("straight",):
        ratios = sorted(theirs / mine for mine, theirs in zip(found["batch"], found[other], strict=True))
        print(f"batch / {other}: {statistics.median(ratios):.3f} ({ratios[0]:.3f} to {ratios[-1]:.3f}), {slots} slots")
    if peer:
        peer.close()


if __name__ == "__main__":
    asyncio.run(main())
