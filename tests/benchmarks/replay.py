"""What a rerun costs where all is in the ledger already, and whether a document costs the same among many.

    python tests/benchmarks/replay.py [DOCUMENTS ...]       by default 1000 10000 100000

For each number, records of 2 KB are written into one JSON Lines file, and a ledger is filled with an answer to each
(records of about 600 bytes). Then the command itself, `extract batch`, replays them in a process of its own, full
records out, three times; the output has to be the same each time. Printed are documents a second, once of the whole
process with its start and once of what it does itself, and its peak memory.
"""

from __future__ import annotations

import hashlib
import json
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from extractor.ledger import Ledger
from extractor.lines import Line
from extractor.options import Options
from extractor.plan import plan_of, text_digest
from extractor.prompt import PromptStyle
from extractor.schema import load
from extractor.types import Extraction, Span, Usage

_RUNS = 3
_SCHEMA = "title str, year int, keywords[]"
_BYTES = 2000
_USAGE = Usage(700, 600, 40)
_WORDS = [
    "the",
    "of",
    "harbour",
    "bridge",
    "opened",
    "built",
    "by",
    "company",
    "lighthouse",
    "council",
    "river",
    "town",
    "ferry",
    "market",
    "library",
    "school",
]
_ENGINE = """
class Engine:
    id, modes = "own:none", ("grammar",)

    async def generate(self, request):
        raise RuntimeError("all is in the ledger")
"""


def fill(folder: Path, count: int) -> None:
    """Write the records, and a ledger that has an answer to each."""
    schema, rng = load(_SCHEMA), random.Random(count)
    (folder / "engine.py").write_text(_ENGINE, encoding="utf-8")
    plan = plan_of(schema, Options(style=PromptStyle()), "own:none", "own:none")
    with Ledger(folder / "out.jsonl.ledger") as ledger, (folder / "records.jsonl").open("w", encoding="utf-8") as file:
        ledger.begin(plan)
        ledger._base.execute("PRAGMA synchronous = OFF")
        for number in range(count):
            text = f"Document {number}. {' '.join(rng.choices(_WORDS, k=340))}"[:_BYTES]
            file.write(json.dumps({"id": f"r{number}", "text": text}) + "\n")
            data = {"title": f"Document {number}", "year": 1900 + number % 100, "keywords": _WORDS[2:6]}
            spans = {f"/keywords/{at}": Span(20 * at, 20 * at + 7, "exact") for at in range(4)}
            record = Extraction(
                "", data, schema.id, "own:none", "grammar", spans, attempts=1, usage=Usage(700, 600, 40)
            )
            ledger.put(text_digest(text), Line.of(record), "done")


def replay(folder: Path) -> tuple[float, float, int, str]:
    """Seconds of the process, seconds that it says it took, peak memory in MB, and a digest of its output."""
    command = [sys.executable, "-m", "extractor", "batch", "records.jsonl", "-s", _SCHEMA, "-m", "engine.py:Engine"]
    begun = time.perf_counter()
    done = subprocess.run(
        [*command, "--out", "out.jsonl", "--log-json"], cwd=folder, check=True, capture_output=True, text=True
    )
    seconds = time.perf_counter() - begun
    end = json.loads(done.stderr.splitlines()[-1])
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    assert end["kept"] == end["done"], end
    return seconds, end["seconds"], peak, hashlib.sha256((folder / "out.jsonl").read_bytes()).hexdigest()


def main() -> None:
    """Print a line for each number of documents."""
    for count in [*map(int, sys.argv[1:])] or [1000, 10_000, 100_000]:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            fill(folder, count)
            runs = [replay(folder) for _ in range(_RUNS)]
            assert len({run[3] for run in runs}) == 1, "the outputs differ"
        whole, own = (statistics.median(run[at] for run in runs) for at in (0, 1))
        print(
            f"{count:9,} documents: {count / whole:9,.0f} a second with the start, {count / max(own, 0.1):9,.0f}"
            f" without ({own / count * 1e6:,.0f} µs each), at most {max(run[2] for run in runs)} MB",
            flush=True,
        )


if __name__ == "__main__":
    main()
