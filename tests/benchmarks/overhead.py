"""What our way to an endpoint costs beside the bare client: wall time and CPU time for many tiny documents.

    python tests/benchmarks/overhead.py [ROUNDS] [DOCUMENTS]

A stub in a process of its own answers each request after 200 ms, whatever it is asked. Each round asks it once for each
document through `Batch`, with a ledger and a JSON Lines file, `Session` and `RemoteEngine`, and as often through a bare
`AsyncOpenAI`, 64 at once, in turn, so that both see the same noise; the first round warms up. Printed are medians, with
the range; the ratio is that of the two in one round.
The ideal wall time is that of the stub alone: documents / 64 × 200 ms.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine
from itertools import zip_longest
from multiprocessing.connection import Connection
from pathlib import Path

from extractor.batch import Batch, Inquiry
from extractor.engines import Access, Pace, Session, open_engine
from extractor.ledger import Ledger
from extractor.options import Options
from extractor.plan import plan_of
from extractor.schema import load
from extractor.sinks import Layout, open_sink
from extractor.sources import Source

_LATENCY = 0.2  # seconds
_WINDOW = 64
_SCHEMA = load({"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]})
_TEXT = "The harbour bridge opened on Monday."
_ANSWER = json.dumps(
    {
        "data": [],  # the list of models, which is looked for first
        "id": "1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [
            {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": '{"title": "harbour"}'}}
        ],
        "usage": {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10},
    }
).encode()
_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"


def serve(port: Connection) -> None:
    """Answer every request on every connection after the latency; sends the port that it listens on."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
                await reader.readexactly(length)
                await asyncio.sleep(_LATENCY)
                writer.write(_HEAD % len(_ANSWER) + _ANSWER)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def main() -> None:
        server = await asyncio.start_server(talk, "127.0.0.1", 0)
        port.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(main())


async def ours(url: str, files: list[Path]) -> None:
    """Every file through the whole pipeline; each has to become a valid record, in a new ledger and a file."""
    session = Session(open_engine(f"{url}#m", access=Access()), pace=Pace(concurrency=_WINDOW))
    options = Options(mode="json_schema")
    sources = (Source(str(file)) for file in files)
    layout = Layout("jsonl", "record", single=False, schema=_SCHEMA)
    with tempfile.TemporaryDirectory() as folder, Ledger(Path(folder, "l")) as ledger:
        ledger.begin(plan_of(_SCHEMA, options, session.identity, session.id))
        run = Batch(Inquiry(_SCHEMA, session, options), lambda: session.limit, ledger=ledger)
        with open_sink(Path(folder, "out.jsonl"), layout) as sink:
            async for outcome in run.outcomes(sources):
                assert outcome.line.data == '{"title": "harbour"}', outcome
                sink.write(outcome.line)
        assert run.tally.asked == len(files)
    await session.aclose()


async def bare(url: str, files: list[Path]) -> None:
    """As many requests of the same size, and nothing else."""
    from openai import AsyncOpenAI

    gate = asyncio.Semaphore(_WINDOW)
    async with AsyncOpenAI(base_url=url, api_key="-", max_retries=0) as client:

        async def one(file: Path) -> None:
            async with gate:
                done = await client.chat.completions.create(
                    model="m",
                    messages=[{"role": "system", "content": "Extract the title."}, {"role": "user", "content": _TEXT}],
                    max_tokens=4096,
                    temperature=0,
                    response_format={
                        "type": "json_schema",
                        "json_schema": {"name": "record", "strict": True, "schema": dict(_SCHEMA.json_schema)},
                    },
                )
                assert json.loads(done.choices[0].message.content or "") == {"title": "harbour"}, file

        await asyncio.gather(*map(one, files))


def measure(
    way: Callable[[str, list[Path]], Coroutine[None, None, None]], url: str, files: list[Path]
) -> tuple[float, float]:
    """Seconds of wall time, and milliseconds of CPU time for each document."""
    wall, cpu = time.perf_counter(), time.process_time()
    asyncio.run(way(url, files))
    return time.perf_counter() - wall, (time.process_time() - cpu) * 1000 / len(files)


def main() -> None:
    """Print one line for each way, and the ratio that matters."""
    rounds, count = (int(given or default) for given, default in zip_longest(sys.argv[1:], (3, 2000)))
    ours_end, child_end = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(child_end,), daemon=True)
    server.start()
    url = f"http://127.0.0.1:{ours_end.recv()}/v1"
    ways = {"extract": ours, "bare client": bare}
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder, f"{number}.txt") for number in range(count)]
        for file in files:
            file.write_text(f"{_TEXT} It is number {file.stem}.", encoding="utf-8")  # no text is asked about twice
        for turn in range(rounds + 1):
            for name, way in ways.items():
                found[name].append(measure(way, url, files if turn else files[:_WINDOW]))
    server.terminate()
    print(f"{count} documents, {_WINDOW} at once; ideal {count / _WINDOW * _LATENCY:.2f} s")
    for name, times in found.items():
        walls, cpus = zip(*times[1:], strict=True)
        print(
            f"{name:12} {statistics.median(walls):6.2f} s   ({min(walls):.2f} to {max(walls):.2f})"
            f"   {statistics.median(cpus):5.2f} ms of CPU for each"
        )
    pairs = zip(*(times[1:] for times in found.values()), strict=True)
    ratios = sorted(mine / theirs for (mine, _), (theirs, _) in pairs)
    print(f"extract / bare client    {statistics.median(ratios):.3f}   ({ratios[0]:.3f} to {ratios[-1]:.3f})")


if __name__ == "__main__":
    main()
