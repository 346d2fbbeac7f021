"""Examples that a schema gives of its fields, and that a model took for answers."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from scripted import ScriptedEngine

from extractor.feigned import FEIGNED, REPEATED, named, without_feigned
from extractor.options import Options
from extractor.pipeline import extract
from extractor.schema import load
from extractor.types import Document

CODE = {"type": ["string", "null"], "description": "The code, e.g. 'A-1234' or 'B-99'."}
TEXT = "The ferry of Ann Bell sails at noon."


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("An identifier. Example: '10.1000/xyz123' or 'arXiv:1234.5678'.", ["10.1000/xyz123", "arXiv:1234.5678"]),
        ("Where (e.g., 'NeurIPS 2024', 'Nature') it was.", ["NeurIPS 2024"]),
        ("例如：2024-01-31、2023年", ["2024-01-31", "2023年"]),
        ("编号（例如“A-1234”），没有写“0000”", ["A-1234"]),
        ("such as 12345 or 22222. Write 00000 if there is none", ["12345", "22222"]),
        ("e.g. 'a 12.5 b'; '0000' where unknown", ["a 12.5 b"]),
        ("E.g. anna@example.org", ["anna@example.org"]),
        ("A date as YYYY-MM-DD; '1970-01-01' where unknown", []),
        ("Sports, politics, e.g. 'Sports'", []),
        ("for example 7", []),
    ],
)
def test_the_examples_of_a_description_that_point_to_one_thing(said: str, found: list[str]) -> None:
    assert [*named({"description": said})] == found


def test_the_keyword_has_examples_too() -> None:
    assert [*named({"examples": ["A-1234", 12345, ["a text 12", "B-1234"], "none"]})] == ["A-1234"]


BAND = {"type": ["string", "null"], "description": "Age band such as 18-24, 25-34 or 35-44"}


@pytest.mark.parametrize(
    ("field", "value", "text", "is_kept"),
    [
        (CODE, "A-1234", TEXT, False),
        (CODE, "a-1234", TEXT, False),
        (CODE, "A-1234", "It is A-1234.", True),
        (CODE, "A-9999", TEXT, True),  # made up, but not copied
        ({**CODE, "type": "string"}, "A-1234", TEXT, False),  # it may be left out
        ({"enum": ["A-1234", None], "description": "e.g. A-1234"}, "A-1234", TEXT, True),
        ({"type": ["string", "null"], "examples": ["2024-01-31"]}, "2024-01-31", TEXT, False),
        ({"type": ["string", "null"], "examples": ["2024-01-31"]}, "2024-01-31", "On 31 January 2024.", True),
        (BAND, "25-34", "She is 29 years old.", True),  # one of several that are listed
        ({**CODE, "description": "School year, e.g. 2023/24"}, "2023/24", "From 2023 to 2024.", True),
        ({**CODE, "description": "School year, e.g. 2023/24"}, "2023/24", "In 2023.", False),
        ({**CODE, "description": "Quarter, e.g. 2024-Q1"}, "2024-Q1", "The first quarter of 2024.", True),
        ({**CODE, "description": "e.g. v1.2.0"}, "v1.2.0", "Version 1.2.0 is out.", True),
        ({**CODE, "description": "e.g. v1.2.0"}, "v1.2.0", "It is out.", False),
    ],
)
def test_what_is_copied_from_the_schema_is_taken_out(field: Any, value: str, text: str, is_kept: bool) -> None:
    schema = load({"type": "object", "properties": {"a": field}})
    data, notes = without_feigned(schema, {"a": value}, Document("d", text))
    assert (data.get("a") == value) is is_kept
    assert notes == ({} if is_kept else {"/a": FEIGNED.format(value)})
    required = load({"type": "object", "properties": {"a": {**CODE, "type": "string"}}, "required": ["a"]})
    assert without_feigned(required, {"a": "A-1234"}, Document("d", TEXT)) == ({"a": "A-1234"}, {})


ROLES = "Titles or positions of people who may decide on behalf of the borrower"
KINDS = "Computer Vision and Patterns, or Machine Learning and Statistics, or Systems"


@pytest.mark.parametrize(
    ("said", "value", "text", "is_kept"),
    [
        (ROLES, ROLES, TEXT, False),
        (ROLES, "titles or positions of people who may decide on behalf", TEXT, False),
        (ROLES, ROLES, f"It names {ROLES}.", True),
        (ROLES, "Titles or positions", TEXT, True),
        (ROLES, "The master and the mate of the ferry may decide", TEXT, True),
        (KINDS, "Machine Learning and Statistics", TEXT, True),  # a category
        ("The name", "The name", TEXT, True),
    ],
)
def test_a_description_is_no_answer(said: str, value: str, text: str, is_kept: bool) -> None:
    field = {"type": ["string", "null"], "description": said}
    schema = load({"type": "object", "properties": {"a": field}, "required": ["a"]})
    data, notes = without_feigned(schema, {"a": value}, Document("d", text))
    assert data == {"a": value if is_kept else None}
    assert notes == ({} if is_kept else {"/a": REPEATED.format(value if len(value) <= 60 else f"{value[:60]}…")})


def test_items_of_lists_too() -> None:
    codes = {"type": "array", "items": {"type": "string"}, "description": "Codes (e.g. 'A-1234', 'B-5678')."}
    schema = load({"type": "object", "properties": {"codes": codes}, "required": ["codes"]})
    data = {"codes": ["A-1234", "C-12", "B-5678"]}
    found, notes = without_feigned(schema, data, Document("d", "C-12, and B-5678."))
    assert found == {"codes": ["C-12", "B-5678"]}
    assert notes == {"/codes": FEIGNED.format("A-1234")}
    assert data["codes"][0] == "A-1234"
    found, notes = without_feigned(schema, data, Document("d", "C-12."))
    assert found == {"codes": ["C-12"]}
    assert "'A-1234'" in notes["/codes"]
    assert "'B-5678'" in notes["/codes"]


@pytest.mark.parametrize("is_looked_at", [True, False])
def test_the_record_has_null_and_says_so(is_looked_at: bool) -> None:
    schema = load({"type": "object", "properties": {"code": CODE}, "required": ["code"]})
    engine = ScriptedEngine([json.dumps({"code": "B-99"}), json.dumps({"code": "A-1234"})], modes=("grammar",))
    options = Options(ground="report" if is_looked_at else "off")
    first, second = (asyncio.run(extract(Document("d", TEXT), schema, engine, options)) for _ in range(2))
    assert first.data == {"code": None if is_looked_at else "B-99"}  # what has four letters
    assert second.data == {"code": None if is_looked_at else "A-1234"}
    assert second.ok
    assert ("/code" in second.absent) is is_looked_at
    assert len(engine.requests) == 2
