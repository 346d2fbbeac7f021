"""What a long text costs before a model is asked: its bytes and itself, and nothing that grows with it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

MEMORY = Path(__file__).parents[1] / "benchmarks" / "memory.py"


def peaks(size: int, *names: str) -> dict[str, float]:
    """Peak in MB of cutting and ranking each text of so many MB. The benchmark is small; this process may not be,
    and what it starts would begin with its peak."""
    command = [sys.executable, str(MEMORY), "--size", str(size), "--texts", *names, "--steps", "rank"]
    done = subprocess.run(command, capture_output=True, check=True, text=True, timeout=300)
    rows = [line.split() for line in done.stdout.splitlines()[1:]]
    assert not [row for row in rows if "failed" in row]
    return {row[0]: float(row[-1]) for row in rows}


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="the system tells no peak")
def test_memory_does_not_grow_with_a_factor() -> None:
    names = ("english.txt", "chinese.txt", "block.txt", "row.md")
    small, large = peaks(2, *names), peaks(6, *names)
    for name in names:
        assert (large[name] - small[name]) / 4 < 2.5, name  # the bytes, and the text that is made of them
