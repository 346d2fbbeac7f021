"""How much of malformed JSON is read as its authors want it: ours, json_repair alone, and json.loads.

    python tests/benchmarks/malformed.py GOLD_FOLDER [--show SOURCE]

GOLD_FOLDER holds malformed_json_dev as JSON Lines (source, input, expected, also_accepted?). Exact matches, with types,
are counted by source; --show prints what we read otherwise. Several values count where a list of them is expected.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from json_repair import repair_json

from extractor.errors import ParseError
from extractor.syntax import read


def ours(text: str) -> Any:
    """The one value, or the list of several."""
    try:
        values = read(text).values
    except ParseError as error:
        return f"ParseError: {error}"
    return values[0] if len(values) == 1 else [*values]


def strict(text: str) -> Any:
    """As json.loads reads it."""
    try:
        return json.loads(text)
    except ValueError as error:
        return f"ValueError: {error}"


READERS = {"ours": ours, "json_repair": lambda text: repair_json(text, return_objects=True), "json.loads": strict}


def main() -> None:
    """Print one line for each source, or what is missed of one."""
    path = Path(sys.argv[1]) / "malformed_json_dev.jsonl"
    if not path.is_file():
        sys.exit(f"{path} is not there: nothing to measure")
    shown = sys.argv[3] if "--show" in sys.argv else ""
    hits: Counter[tuple[str, str]] = Counter()
    totals: Counter[str] = Counter()
    for line in path.read_text("utf-8").splitlines():
        row = json.loads(line)
        accepted = [json.dumps(one, sort_keys=True) for one in (row["expected"], *row.get("also_accepted", ()))]
        totals[row["source"]] += 1
        for name, reader in READERS.items():
            found = reader(row["input"])
            is_hit = json.dumps(found, sort_keys=True) in accepted
            hits[row["source"], name] += is_hit
            if name == "ours" and row["source"] == shown and not is_hit:
                print(f"{row['id']}  {row['input']!r}\n    wanted {row['expected']!r}\n    read   {found!r}")
    for source, total in totals.items():
        print(f"{source:20} of {total:4}", *(f"{name} {hits[source, name]:4}" for name in READERS), sep="  ")


if __name__ == "__main__":
    main()
