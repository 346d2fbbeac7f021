"""The worst that a model can say, through the whole pipeline: a record or an error, soon, and never a large one."""

from __future__ import annotations

import asyncio
import time
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel
from scripted import ScriptedEngine

from extractor import Document, load_schema
from extractor.brevity import few_notes, few_problems, shorten
from extractor.coercion import align
from extractor.encoders import read
from extractor.options import Options
from extractor.pipeline import extract
from extractor.prompt import PromptStyle
from extractor.repair import failing
from extractor.types import Encoding, FinishReason, Problem
from extractor.validation import validate


class Row(BaseModel):
    """One record."""

    title: str
    year: int | None
    tags: list[str]


ROW, ROWS = load_schema(Row), load_schema(list[Row])
SIZE = 100_000
HOSTILE = {  # a beginning, what is repeated, an end
    "brackets": ("", "[", ""),
    "objects in prose": ("", '{"a": 1} and ', ""),
    "empty objects": ("", "{}   ", ""),
    "numbers": ("[", "1, ", "1]"),
    "wrong tags": ('{"title": "x", "year": "1,932", "tags": ["a"', ', {"a": 1}', "]}"),
    "one word": ("[a", " ", ""),
    "half JSON": ("", '{"a": "b', ""),
    "dashes": ("", "- ", ""),
    "documents": ("", "title: a\n---\n", ""),
    "elements": ("<row>", "<a>", ""),
    "siblings": ("<row>", "<title>x", ""),
    "open cells": ("title,year,tags\n", '"x,', ""),
    "rules": ("title|year|tags\n", "|-", ""),
}


# What models write, to be put together in any order.
PIECES = (
    '{"title": "x", "year": 1, "tags": ["a"]}', '{"title": "b\\n', '["a", "b"]', "[a, b]", '"tags": ', "tags: ",
    "Title：", "title: x\n", "\n- a\n", "```json\n", "\n```", "```", "So: ", "这是结果：", '<title>"x"</title>',
    "<tags>", "</row>", "title,year,tags\n", "x,1,[a]\n", "| title | year |\n|---|---|\n", "null", "1,932", "}", "[",
    '{"row": ', "---\n", "\\n", "&quot;", " ", "\n", ", ", "# ", "'",
)  # fmt: skip


@pytest.mark.parametrize("encoding", get_args(Encoding))
@given(st.lists(st.sampled_from(PIECES), max_size=9), st.sampled_from(["stop", "length"]), st.booleans())
def test_pieces_of_answers_in_any_order_end_in_a_record(
    encoding: Encoding, pieces: list[str], reason: FinishReason, is_list: bool
) -> None:
    engine = ScriptedEngine([("".join(pieces), reason)], modes=("prompt",))
    options = Options(mode="prompt", retries=1, style=PromptStyle(encoding=encoding))
    record = asyncio.run(extract(Document("a", "x 1"), ROWS if is_list else ROW, engine, options))
    assert record.ok or record.errors


@pytest.mark.slow
@pytest.mark.parametrize("reason", ["stop", "length"])
@pytest.mark.parametrize("encoding", get_args(Encoding))
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_answer_ends_soon_in_a_small_record(name: str, encoding: Encoding, reason: FinishReason) -> None:
    begin, unit, end = HOSTILE[name]
    text = begin + unit * (SIZE // len(unit)) + end
    engine = ScriptedEngine([(text, reason)], modes=("prompt",))
    options = Options(mode="prompt", retries=1, style=PromptStyle(encoding=encoding))
    schema = ROWS if name in ("numbers", "documents") else ROW
    started = time.process_time()
    found = asyncio.run(extract(Document("a.txt", "The bridge is long."), schema, engine, options))
    assert time.process_time() - started < 20
    assert found.ok or found.errors
    assert sum(len(note) for note in found.notes.values()) < 20_000
    assert all(len(str(problem.value)) < 11_000 and len(problem.message) < 3_000 for problem in found.errors)
    for request in engine.requests[1:]:
        assert sum(len(turn.content) for turn in request.messages) < 3 * SIZE  # what is repeated is escaped


def test_thousands_of_names_that_are_missing_or_too_many_are_told_soon() -> None:
    names = [f"k{at}" for at in range(4_900)]
    closed = load_schema({"type": "object", "properties": {"a": {"type": "null"}}, "additionalProperties": False})
    nulls = {name: {"type": "null"} for name in names}
    full = load_schema({"type": "object", "properties": nulls, "required": names})
    started = time.process_time()
    unforeseen, missing = validate(closed, dict.fromkeys(names, 1)), validate(full, {})
    assert time.process_time() - started < 2
    assert unforeseen == [Problem(f"/{name}", f"no property {name!r} is foreseen", 1) for name in names]
    assert missing == [Problem(f"/{name}", f"{name!r} is a required property") for name in names]


def test_the_first_of_many_problems_and_how_many_more() -> None:
    *first, last = few_problems([Problem(f"/{at}", "wrong", "x" * 50_000) for at in range(1_000)])
    assert len(first) == 200
    assert first[0].value.endswith("… (50000 characters)")
    assert last.message == "and at least 800 more problems"
    assert few_problems([Problem("/a", "wrong", {"b": 1})]) == (Problem("/a", "wrong", {"b": 1}),)


def test_the_first_of_many_notes_and_how_many_more() -> None:
    notes = {f"/{at}": "was 'x'" for at in range(600)} | {"": "mended"}
    found = few_notes(notes)
    assert found[""] == "mended; and 100 more notes"
    assert len(found) == 501
    assert few_notes({"/a": "b"}) == {"/a": "b"}
    assert shorten("abcdef", 2) == "ab… (6 characters)"


def test_of_thousands_of_values_those_at_the_ends_are_looked_at() -> None:
    record = {"title": "x", "year": 1, "tags": []}
    found = align(ROW, [*({"a": at} for at in range(3_000)), record])
    assert found.value == record
    assert "of the answer's 3001 values the 2901 in the middle are not looked at" in found.changes[""]
    assert align(ROWS, [record] * 3_000).value == [record] * 3_000


def test_what_is_inside_of_a_wrong_place_is_no_piece_of_its_own() -> None:
    problems = [Problem("/tags/0/a", "wrong"), Problem("/tags", "wrong"), Problem("/year", "wrong")]
    pieces = failing(ROW, {"title": "x", "year": "y", "tags": [{"a": 1}]}, problems)
    assert sorted(piece.pointer for piece in pieces) == ["/tags", "/year"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("title,year,tags\nA,19", {"title": "A"}),
        ("title,year,tags\nA,1932,x; y", {"title": "A", "year": 1932}),
        ("tags,title,year\nx,A", {"tags": ["x"]}),
        ("title,year,tags\nA", {}),
        ("title,year,tags\nA,1932,x\n", {"title": "A", "year": 1932, "tags": ["x"]}),
    ],
)
def test_of_a_line_of_csv_that_was_cut_the_last_cell_is_not_taken(text: str, value: object) -> None:
    found = read(text, ROW, "csv", is_cut=True)
    assert (found.values, found.open, found.notes) == ((value,), (), ())
