"""A record that is read again is the same one."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.recorded import as_record
from extractor.types import Alternative, Extraction, Match, Mode, Problem, Span, Support, Usage

TEXT = st.text(max_size=5)
COUNT = st.integers(0, 2**53 - 1)
SHARE = st.floats(0, 1)
NUMBER = st.floats(0, 1e9)


def by(values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(TEXT, values, max_size=2)


def several(values: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(values, max_size=2).map(tuple)


@st.composite
def spans(draw: Any) -> Span:
    match = draw(st.sampled_from(get_args(Match)))
    score = draw(SHARE) if match == "fuzzy" else 1.0  # else it is not written
    return Span(*draw(RANGE), match, score, draw(st.none() | COUNT))


JSON = st.recursive(
    st.none() | st.booleans() | COUNT | NUMBER | TEXT,
    lambda inner: st.lists(inner, max_size=2) | by(inner),
    max_leaves=4,
)
RANGE = st.tuples(COUNT, COUNT).map(lambda ends: tuple(sorted(ends)))
SUPPORT = st.builds(lambda ends, *more: Support(*ends, *more), RANGE, st.none() | RANGE, SHARE, several(TEXT))
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "source": TEXT,
    "data": JSON,
    "schema": TEXT,
    "engine": TEXT,
    "mode": st.sampled_from(get_args(Mode)),
    "spans": by(spans()),
    "support": by(several(SUPPORT)),
    "ungrounded": by(TEXT),
    "absent": by(TEXT),
    "conflicts": by(several(st.builds(Alternative, JSON, COUNT, st.lists(spans(), max_size=2)))),
    "probabilities": by(by(SHARE)),
    "errors": several(st.builds(Problem, TEXT, TEXT, JSON, TEXT, st.none() | TEXT)),
    "notes": by(TEXT),
    "attempts": COUNT,
    "usage": st.builds(Usage, COUNT, COUNT, COUNT, st.none() | NUMBER),
    "seconds": NUMBER,
    "thoughts": TEXT,
}


@given(st.builds(Extraction, **FIELDS))
def test_a_record_is_read_as_it_was(record: Extraction) -> None:
    assert as_record(record.to_dict()) == record
    assert as_record(json.loads(json.dumps(record.to_dict()))) == record


def test_no_field_of_a_record_is_left_out_above() -> None:
    assert {field.name for field in fields(Extraction)} == {*FIELDS, "instance"}


@pytest.mark.parametrize("thoughts", [None, ""])
def test_a_record_of_a_model_that_did_not_think(thoughts: Any) -> None:
    record = Extraction("a", None, "s", "e", "prompt")
    assert as_record(record.to_dict() | {"thoughts": thoughts}) == replace(record, thoughts="")


def test_thoughts_that_are_no_text_are_told() -> None:
    with pytest.raises(ValueError, match="/thoughts: not a text"):
        as_record(Extraction("a", None, "s", "e", "prompt").to_dict() | {"thoughts": ["Hm."]})
