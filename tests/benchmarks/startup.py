"""How long until `extract` helps, and until its first request leaves, beside what cannot be avoided.

    python tests/benchmarks/startup.py [ROUNDS]

Every round runs each row once, in turn, so that all see the same noise; printed are medians in seconds.
`model alone` starts the child process and waits for its URL; `first request` is a whole `extract run` until the
chat engine sends its first request (the canary). A ratio near 1 means that only the model's load is waited for.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

_ARTICLE = Path(__file__).parents[2] / "examples" / "harbour-bridge.txt"
_MODEL = "smollm2-135m"

_MODEL_ALONE = f"""
from extractor import models
from extractor.engines.llama.process import Child, Settings
child = Child(models.fetch(models.resolve("{_MODEL}")), Settings(slots=1))
child.connect()
print("READY", flush=True)
child.close()
"""

_FIRST_REQUEST = f"""
import sys
from extractor.engines.endpoint import chat

async def announce(engine, request):
    print("READY", flush=True)
    raise SystemExit(0)

chat.ChatEngine.generate = announce
sys.argv = ["extract", "run", "-q", "-s", "article", "-m", "{_MODEL}", {str(_ARTICLE)!r}]
from extractor.cli import app
app()
"""

ROWS = {
    "bare python": [sys.executable, "-c", "print('READY', flush=True)"],
    "import openai": [sys.executable, "-c", "import openai; print('READY', flush=True)"],
    "extract --help": [sys.executable, "-P", "-m", "extractor", "--help"],
    "model alone": [sys.executable, "-c", _MODEL_ALONE],
    "first request": [sys.executable, "-c", _FIRST_REQUEST],
}


def seconds(command: list[str]) -> float:
    """Wall time until READY is printed, or until the end where it never is."""
    started = time.perf_counter()
    with tempfile.TemporaryFile() as errors, subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors) as child:
        assert child.stdout is not None
        for line in child.stdout:
            if line.startswith(b"READY"):
                break
        else:
            child.wait()
        elapsed = time.perf_counter() - started
        child.stdout.read()
    return elapsed


def main() -> None:
    """Print one line for each row, and the two ratios that matter."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    times: dict[str, list[float]] = {name: [] for name in ROWS}
    for _ in range(rounds + 1):
        for name, command in ROWS.items():
            times[name].append(seconds(command))
    medians = {name: statistics.median(values[1:]) for name, values in times.items()}  # the first round warms up
    for name, median in medians.items():
        print(f"{name:16} {median:6.3f} s   ({min(times[name][1:]):.3f} to {max(times[name][1:]):.3f})")
    print(f"{'first request / model alone':30} {medians['first request'] / medians['model alone']:.2f}")
    print(f"{'first request / import openai':30} {medians['first request'] / medians['import openai']:.2f}")


if __name__ == "__main__":
    main()
