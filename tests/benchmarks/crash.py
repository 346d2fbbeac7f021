"""Faults at every change of a file, then at random, for so many minutes: nothing may be lost, torn or asked twice.

    python tests/benchmarks/crash.py [--minutes 10] [--seed N] [CASE ...]

A case is `jsonl:older:kill:17` (the form, what is there before, the fault, at which change), or `chain:5` (of a seed);
`jsonl:older:kill:1-200` tries all of them in turn. Half of the time goes to the changes of small runs, some of each at
first, the rest to chains of faults.
Needs Linux and a C compiler. Each violation is printed with what repeats it; exit status 1 if there was one.
"""

from __future__ import annotations

import argparse
import itertools
import os
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from crash_runs import FORMS, Nursery, build_shim
from crashes import STARTS, try_case, try_chain

_STRIDE = 24  # changes that are passed over at first
_MOST = 400  # changes of a small run
_SIZES = range(2048, 120_000, 3500)  # bytes
_PAGES = range(1, 16)
_ROOM = range(4, 300, 12)  # kilobytes that are left on a disk


def sweep() -> Iterator[tuple[str, range]]:
    """What is tried at every change, what matters most before the rest."""
    everywhere = range(1, _MOST)
    for start in STARTS:
        for how in ("kill", "torn", "full", "broken", "int"):
            yield f"jsonl:{start}:{how}:", everywhere
    yield "jsonl:new:size:", _SIZES
    yield "jsonl:new:pages:", _PAGES
    if os.geteuid() == 0:
        yield "jsonl:new:disk:", _ROOM
    for form in FORMS[1:]:
        yield from ((f"{form}:older:{how}:", everywhere) for how in ("kill", "full", "int"))
    for how in ("twice", "term", "hup"):
        yield f"jsonl:older:{how}:", everywhere


class Report:
    """Counts, and each violation once it is there."""

    def __init__(self) -> None:
        self.tried: Counter[str] = Counter()
        self.violations = 0

    def violation(self, error: AssertionError, command: str) -> None:
        self.violations += 1
        print(f"VIOLATION {error}\n  again: python tests/benchmarks/crash.py {command}", flush=True)


def try_all(nursery: Nursery, prefix: str, numbers: range, report: Report, deadline: float) -> None:
    """Try a fault at each change, until there are no more."""
    is_bound = prefix.endswith((":size:", ":pages:", ":disk:"))
    for at in numbers:
        if time.monotonic() > deadline:
            return
        try:
            fired = bool(try_chain(nursery, at)) if prefix == "chain:" else try_case(nursery, f"{prefix}{at}")
        except AssertionError as error:
            report.violation(error, f"{prefix}{at}")
            fired = True
        if not fired and not is_bound:
            return
        report.tried[prefix] += 1


def try_widely(nursery: Nursery, report: Report, deadline: float) -> None:
    """Try a few changes of everything, then some more, until all were tried."""
    for first in range(_STRIDE):
        for prefix, numbers in sweep():
            try_all(nursery, prefix, numbers[first::_STRIDE], report, deadline)


def try_chains(nursery: Nursery, seed: int, report: Report, deadline: float) -> None:
    """Try chains of faults, of one seed after another."""
    for at in itertools.count(seed):
        if time.monotonic() > deadline:
            return
        try:
            form, *_ = try_chain(nursery, at)[0].split(":")
            report.tried[f"chains, {form}"] += 1
        except AssertionError as error:
            report.violation(error, f"chain:{at}")


def given(case: str) -> tuple[str, range]:
    """'jsonl:new:kill:1-5' → 'jsonl:new:kill:' and 1 to 5, 'jsonl:new:kill:write.3' → 'jsonl:new:kill:write.' and 3."""
    found = re.fullmatch(r"(.+[:.])(\d+)(?:-(\d+))?", case)
    if found is None:
        sys.exit(f"{case} is no case: jsonl:older:kill:17, or jsonl:older:kill:1-200")
    first, last = int(found[2]), int(found[3] or found[2])
    return found[1], range(first, last + 1)


def main() -> None:
    """Print what was tried."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=0, help="of the first chain of faults")
    parser.add_argument("cases", nargs="*", metavar="CASE")
    asked = parser.parse_args()
    report, begun = Report(), time.monotonic()
    with tempfile.TemporaryDirectory() as work:
        shim = build_shim(Path(work))
        if shim is None:
            sys.exit("skipped: faults are made by a C library, on Linux")
        with Nursery(Path(work), shim) as nursery:
            end = begun + 60 * asked.minutes
            if asked.cases:
                for prefix, numbers in map(given, asked.cases):
                    try_all(nursery, prefix, numbers, report, end)
            else:
                try_widely(nursery, report, begun + 30 * asked.minutes)
                try_chains(nursery, asked.seed, report, end)
            runs = nursery.count
    for name, count in sorted(report.tried.items()):
        print(f"{count:5}  {name}")
    seconds = time.monotonic() - begun
    print(f"{report.tried.total()} faults and chains, {runs} runs, {seconds:.0f} s, {report.violations} violations")
    sys.exit(bool(report.violations))


if __name__ == "__main__":
    main()
