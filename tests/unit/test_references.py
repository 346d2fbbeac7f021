"""What names one thing and cannot be worded, and whether a text has it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from scripted import ScriptedEngine

from extractor.feigned import MADE_UP, without_feigned
from extractor.options import Options
from extractor.pipeline import extract
from extractor.references import is_made_of, is_reference
from extractor.schema import load
from extractor.types import Document

TEXT = "Ann Bell runs the ferry (ann@ferry.example, 020 7946 0958)."


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("ann.bell@ferry.example", ""),
        ("ＡＮＮ@ferry.example", ""),
        ("https://ferry.example", ""),
        ("http://ferry.example/a?b=c#d", ""),
        ("www.ferry.example", ""),
        ("https://www.ferry.example/the log/2024", ""),
        ("+44 20 7946 0958", ""),
        ("(020) 7946-0958", ""),
        ("020 7946 0958", "phone"),
        ("020 7946 0958", "contactPhones"),
        ("010-6275 1234", "联系电话"),
        ("13812345678", "手机"),
        ("10.1000/xyz123", ""),
        ("doi:10.1000/xyz123", ""),
        ("123e4567-e89b-12d3-a456-426614174000", ""),
        ("192.0.2.7", ""),
        ("2001:db8:0:0:0:0:0:7", ""),
        ("978-0-306-40615-7", ""),
        ("ISBN 9780306406157", ""),
        ("0000-0002-1825-0097", ""),
        ("GB33 BUKB 2020 1555 5555 55", ""),
    ],
)
def test_references(value: str, name: str) -> None:
    assert is_reference(value, name)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("Ann Bell", ""),
        ("ann@ferry", ""),  # a handle
        ("write to ann@ferry.example", ""),
        ("https://ferry.example has the fares of all ferries", ""),
        ("Node.js", "link"),
        ("020 7946 0958", "total"),
        ("12-34", "phone"),
        ("Nokia 3310", "phone"),
        ("2024-05-03", "day"),
        ("10.5", ""),
        ("12:30:45", "at"),
        ("1.2.3", "version"),
        ("+5 points", ""),
        ("", "phone"),
        ("the telephone", "phone"),
        ("0123456789", "saxophone"),
    ],
)
def test_what_is_none(value: str, name: str) -> None:
    assert not is_reference(value, name)


@pytest.mark.parametrize(
    ("value", "text", "is_there"),
    [
        ("ann@ferry.example", TEXT, True),
        ("Ann@Ferry.example", TEXT, True),
        ("bell@ferry.example", TEXT.replace("(ann@ferry", "(bell [at] ferry"), True),
        ("jane@ferry.example", TEXT, False),
        ("+44 20 7946 0958", "Tel. +44 (0)20 7946 0958", False),
        ("(020) 79460958", TEXT, True),
        ("020 7946 0959", TEXT, False),
        ("https://www.ferry.example/", "See ferry.example.", True),
        ("https://ferry.example/fares/2026", "https://ferry.example/fa-\nres/2026", True),
        ("https://arxiv.org/abs/2401.01234", "arXiv:2401.01234", True),
        ("https://en.wikipedia.org/wiki/Ferry", "A ferry.", False),
        ("https://doi.org/10.1000/xyz12", "doi 10.1000/xyz12", True),
        ("doi:10.1000/xyz12", "10.1000/xyz12", True),
        ("978-0-306-40615-7", "ISBN 9780306406157", True),
        ("www.ferry.example", TEXT, True),
    ],
)
def test_what_a_text_has(value: str, text: str, is_there: bool) -> None:
    assert is_made_of(value, text) is is_there


LIST = {"type": "array", "items": {"type": "string"}}


@pytest.mark.parametrize(
    ("field", "value", "left"),
    [
        ({"type": ["string", "null"], "format": "email"}, "jane@ferry.example", None),
        ({"type": ["string", "null"], "format": "email"}, "ann@ferry.example", "ann@ferry.example"),
        ({"type": "string"}, "jane@ferry.example", "jane@ferry.example"),  # it has to be there
        ({"type": ["string", "null"], "x-verbatim": False}, "jane@ferry.example", "jane@ferry.example"),
        ({"enum": ["www.ferry.example", None]}, "www.ferry.example", "www.ferry.example"),
        ({"type": ["string", "null"], "default": "www.x.example"}, "www.x.example", "www.x.example"),
        (LIST, ["jane@ferry.example", "ann@ferry.example"], ["ann@ferry.example"]),
        (LIST, ["jane@ferry.example", "jim@ferry.example"], []),
        ({**LIST, "minItems": 2}, ["jane@ferry.example", "x"], ["jane@ferry.example", "x"]),
    ],
)
def test_what_is_made_up_is_taken_out(field: Any, value: Any, left: Any) -> None:
    schema = load({"type": "object", "properties": {"a": field}, "required": ["a"]})
    data, notes = without_feigned(schema, {"a": value}, Document("d", TEXT))
    assert data == {"a": left}
    gone = [one for one in value if one not in (left or ())] if isinstance(value, list) else [value] * (left is None)
    assert notes == ({"/a": "; ".join(MADE_UP.format(one) for one in gone)} if gone else {})


def test_a_class_that_makes_an_id_of_its_own_keeps_that() -> None:
    schema = load({"type": "object", "properties": {"id": {"type": "string", "format": "uuid"}, "name": {}}})
    data = {"id": "123e4567-e89b-12d3-a456-426614174000", "name": "Ann Bell"}
    assert without_feigned(schema, data, Document("d", TEXT))[0] == {"name": "Ann Bell"}


@pytest.mark.parametrize("ground", ["report", "off"])
def test_a_record_says_that_there_is_none(ground: Any) -> None:
    schema = load("name, mails[]{kind, at?}, phone?")
    said = {"name": "Ann Bell", "mails": [{"kind": "ferry", "at": "a.bell@work.example"}], "phone": "+44 1632 960001"}
    engine = ScriptedEngine([json.dumps(said)], modes=("grammar",))
    record = asyncio.run(extract(Document("d", TEXT), schema, engine, Options(ground=ground)))
    assert record.ok
    if ground == "off":
        assert record.data == said
        return
    assert record.data == {"name": "Ann Bell", "mails": [{"kind": "ferry", "at": None}], "phone": None}
    assert record.notes == {
        "/mails/0/at": MADE_UP.format("a.bell@work.example"),
        "/phone": MADE_UP.format("+44 1632 960001"),
    }
    assert record.absent == {"/mails/0/at": "not in the text", "/phone": "not in the text"}
    assert not record.ungrounded
