"""How many answers schema-aligned coercion turns into the record that was meant, beside json_repair alone.

    python tests/benchmarks/aligned.py GOLD_FOLDER [--show]

GOLD_FOLDER holds schema_aligned_dev.jsonl (id, input, schema, expected or expected_error). Printed are the exact
matches of the answers that have a record, how many match but for keys that the schema does not name, and the answers
that must not have a record and have none; `--show` prints the misses.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from json_repair import repair_json

from extractor.coercion import Aligned, align
from extractor.schema import load_json
from extractor.syntax import read
from extractor.validation import Valid, validate


def is_met(row: dict[str, Any], value: Any) -> bool:
    """Whether a value is the expected one, types included; for an answer without one, whether it is not valid."""
    is_valid = isinstance(validate(load_json(row["schema"]), value), Valid)
    return not is_valid if row.get("expected_error") else is_valid and written(value) == written(row["expected"])


def written(value: Any) -> str:
    """A value as text, in which 1, 1.0 and true differ."""
    return json.dumps(value, sort_keys=True)


def named_only(value: Any, expected: Any) -> Any:
    """A value without the keys that the expected one does not have."""
    if isinstance(value, dict) and isinstance(expected, dict):
        return {key: named_only(one, expected[key]) for key, one in value.items() if key in expected}
    if isinstance(value, list) and isinstance(expected, list) and len(value) == len(expected):
        return [named_only(*pair) for pair in zip(value, expected, strict=True)]
    return value


def show(row: dict[str, Any], found: Aligned) -> None:
    """Print a miss."""
    print(f"\n{row['id']} {row['test']}\n  input    {row['input'][:300]!r}")
    print(f"  expected {row.get('expected', 'an error')!r}")
    print(f"  found    {found.value!r}")
    print(f"  changes  {dict(found.changes)}\n  doubts   {dict(found.doubts)}")


def main() -> None:
    """Print the counts."""
    path = Path(sys.argv[1]) / "schema_aligned_dev.jsonl"
    if not path.is_file():
        sys.exit(f"{path} is not there: nothing to measure")
    counts: dict[tuple[bool, str], int] = {}
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    for row in rows:
        found = align(load_json(row["schema"]), read(row["input"]).values, row["input"])
        is_error = bool(row.get("expected_error"))
        met = {
            "ours": is_met(row, found.value),
            "ours, named keys": is_met(row, named_only(found.value, row.get("expected"))),
            "json_repair": is_met(row, repair_json(row["input"], return_objects=True)),
        }
        for name, is_right in met.items():
            counts[is_error, name] = counts.get((is_error, name), 0) + is_right
        if not met["ours"] and "--show" in sys.argv:
            show(row, found)
    errors = sum(bool(row.get("expected_error")) for row in rows)
    for (is_error, name), count in sorted(counts.items()):
        print(
            f"{'errors' if is_error else 'records':8} {name:18} {count} of {errors if is_error else len(rows) - errors}"
        )


if __name__ == "__main__":
    main()
