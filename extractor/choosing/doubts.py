"""Whether any tool fits: small models seldom say that none does, but they are less sure of one that does not.

With qwen2.5-coder-1.5b, of 10 queries that no tool fits it said so of one, and gave the tool that it chose at most 0.77
of the probability in 8, and none at least 0.013; of 10 queries that one fits, it gave none at most 0.009. That two that
do the same share the probability is no doubt.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from extractor.choosing.places import below, calls, without
from extractor.pointers import Path, changed, joined, pointer
from extractor.probabilities import NONE
from extractor.tagged_union import INPUT, REASON, TAG, choice_of
from extractor.types import Extraction, Schema
from extractor.validation import Valid, validate

SURE = 0.8  # probability of a tool among the others and none, below which it may not fit
UNLIKELY = 0.01  # probability of none, below which one of them does fit


def without_doubtful(record: Extraction, schema: Schema) -> Extraction:
    """A record in which a call that the model is not sure of is none, where that is allowed, with the reason."""
    choice = choice_of(schema)
    assert choice is not None
    nothing: dict[Path, Any] = {}
    for path, call in calls(record, choice) if choice.allows_none else ():
        known = record.probabilities.get(f"{pointer(path)}/{TAG}", {})
        likelihood = known.get(call[TAG], 1.0)
        if call[TAG] is not None and likelihood < SURE and known.get(NONE, 0.0) >= UNLIKELY:
            nothing[path] = {TAG: None, REASON: f"no tool fits well: {call[TAG]} is the nearest ({likelihood:.0%})"}
    found = validate(schema, changed(record.data, nothing)) if nothing else None
    if not isinstance(found, Valid):
        return record
    notes = {f"{pointer(path)}/{TAG}": call[REASON] for path, call in nothing.items()}
    record = without(record, below((*path, INPUT) for path in nothing))
    return replace(record, data=found.data, instance=found.instance, notes=joined(record.notes, notes))
