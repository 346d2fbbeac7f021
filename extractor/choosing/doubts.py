"""Whether any tool fits: small models seldom say that none does, but they are less sure of one that does not.

With qwen2.5-coder-1.5b, of 11 queries that no tool fits it said so of one, and gave the tool that it chose at most 0.76
of the probability in 9; of 28 queries that one fits, it gave that 0.92 and more.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from extractor.choosing.places import Path, below, calls, changed, without
from extractor.pointers import joined, pointer
from extractor.tagged_union import INPUT, REASON, TAG, choice_of
from extractor.types import Extraction, Schema
from extractor.validation import Valid, validate

SURE = 0.8  # probability of a tool among the others and none, below which it does not count as fitting


def without_doubtful(record: Extraction, schema: Schema) -> Extraction:
    """A record in which a call that the model is not sure of is none, where that is allowed, with the reason."""
    choice = choice_of(schema)
    assert choice is not None
    nothing: dict[Path, Any] = {}
    for path, call in calls(record, choice) if choice.allows_none else ():
        likelihood = record.probabilities.get(f"{pointer(path)}/{TAG}", {}).get(call[TAG], 1.0)
        if call[TAG] is not None and likelihood < SURE:
            nothing[path] = {TAG: None, REASON: f"no tool fits well: {call[TAG]} is the nearest ({likelihood:.0%})"}
    found = validate(schema, changed(record.data, nothing)) if nothing else None
    if not isinstance(found, Valid):
        return record
    notes = {f"{pointer(path)}/{TAG}": call[REASON] for path, call in nothing.items()}
    record = without(record, below((*path, INPUT) for path in nothing))
    return replace(record, data=found.data, instance=found.instance, notes=joined(record.notes, notes))
