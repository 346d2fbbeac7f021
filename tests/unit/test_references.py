"""What names one thing and cannot be worded: whether a text has it, and what becomes of what it has not."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import pytest
from pydantic import BaseModel, model_validator
from scripted import ScriptedEngine

from extractor.invented import MADE_UP, without_invented
from extractor.options import Options
from extractor.pipeline import extract
from extractor.prompt.style import PromptStyle
from extractor.references import Sayings, is_reference
from extractor.schema import load
from extractor.types import Document

TEXT = "Ann Bell runs the ferry (ann@ferry.example, 020 7946 0958)."


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("ann.bell@ferry.example", ()),
        ("ann＠ferry.example", ()),
        ("mailto:ann@ferry.example", ()),
        ("https://ferry.example", ()),
        ("<http://ferry.example/a?b=c#d>", ()),
        ("www.ferry.example", ()),
        ("https://www.ferry.example/the log/2024", ()),
        ("ferry.example/log", ("links", "url")),
        ("linkedin.com/in/annbell", ("socialLinks",)),
        ("+44 20 7946 0958", ()),
        ("020 7946 0958", ("phone",)),
        ("(020) 7946-0958", ("contactPhones",)),
        ("020.7946.0958", ("phones", "number")),
        ("tel:02079460958", ("PHONE",)),
        ("Tel.: 01632 960123", ("phone",)),
        ("Website: https://board.example", ()),
        ("联系电话：0551-62881234", ("座机",)),
        ("010-6275 1234", ("联系电话",)),
        ("13812345678", ("手机",)),
        ("10.1000/xyz123", ()),
        ("doi:10.1000/xyz123", ()),
        ("123e4567-e89b-12d3-a456-426614174000", ()),
        ("978-0-306-40615-7", ()),
        ("ISBN 9780306406157", ()),
        ("0-306-40615-7", ("isbn",)),
        ("0000-0002-1825-0097", ()),
        ("GB82 WEST 1234 5698 7654 32", ()),
    ],
)
def test_references(value: str, names: tuple[str, ...]) -> None:
    assert is_reference(value, names)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("Ann Bell", ""),
        ("ann@ferry", ""),  # a handle
        ("write to ann@ferry.example", ""),
        ("https://ferry.example has the fares of all ferries", ""),
        ("Node.js", "link"),
        ("Node.js/React", "stack"),
        ("020 7946 0958", "total"),
        ("12-34", "phone"),
        ("Nokia 3310", "phone"),
        ("2024-09-20", "phone"),
        ("+51.5074 -0.1278", "position"),
        ("+12.50 - 15.00", "range"),
        ("(1914-1918)", "years"),
        ("2024-05-03", "day"),
        ("10.5", ""),
        ("12:30:45", "at"),
        ("01:23:45:12", "at"),
        ("1.2.3.4", "version"),
        ("AB12 CDEF GHIJ KLMN", "code"),
        ("+5 points", ""),
        ("", "phone"),
        ("the telephone", "phone"),
        ("0123456789", "saxophone"),
        ("0123456789", "automobile"),
    ],
)
def test_what_is_none(value: str, name: str) -> None:
    assert not is_reference(value, (name,))


@pytest.mark.parametrize(("value", "form"), [("192.0.2.7", "ipv4"), ("fe80::1", "ipv6"), ("ferry.example/log", "uri")])
def test_what_is_one_of_its_format_alone(value: str, form: str) -> None:
    assert is_reference(value, (), form)
    assert not is_reference(value)


@pytest.mark.parametrize(
    ("value", "text", "is_there"),
    [
        ("ann@ferry.example", TEXT, True),
        ("Ann@Ferry.example", TEXT, True),
        ("ann＠ferry.example", TEXT, True),
        ("ann@ferry.example", "ａｎｎ＠ferry.example", True),
        ("bell@ferry.example", "bell [at] ferry [dot] example", True),
        ("bell@ferry.example", "{ann, bell}@ferry.example", True),
        ("cy@ferry.example", "{ann, bell}@ferry.example, cy", False),
        ("bell@ferry.example", "Ann Bell, whose site is ferry.example", False),
        ("https://ferry.example/board", "ferry.example, the harbour board", False),
        ("0551-62881234", "电话62881234", False),
        ("(123) 456-7891", "1\n2\n3\n4\n5\n6\n7\n8\n9\n10", False),
        ("555-1234", "Room 555 has 1234 seats", False),
        ("Tel.: 020 7946 0958", TEXT, True),
        ("jane@ferry.example", TEXT, False),
        ("+44 20 7946 0958", "Tel. +44 (0)20 7946 0958", True),
        ("+44 20 7946 0958", "Call 020 7946 0958.", True),
        ("00442079460958", "+44 20 7946 0958", True),
        ("+1 415-555-0132", "(415) 555-0132", True),
        ("+86 10 6275 1234", "电话：010-6275 1234", True),
        ("+966 11 234 5678", "+٩٦٦ ١١ ٢٣٤ ٥٦٧٨", True),
        ("(020) 79460958", TEXT, True),
        ("020 7946 0959", TEXT, False),
        ("https://www.ferry.example/", "See ferry.example.", True),
        ("https://ferry.example/fares/2026", "https://ferry.example/fa-\nres/2026", True),
        ("https://ferry.example/caf%C3%A9", "https://ferry.example/café", True),
        ("https://ferry.example/café", "https://ferry.example/caf%C3%A9", True),
        ("https://xn--bcher-kva.example", "https://bücher.example", True),
        ("https://bücher.example/a", "https://xn--bcher-kva.example/a", True),
        ("https://ferry.example/a&amp;b", "https://ferry.example/a&b", True),
        ("https://ferry.example/fares", "[fares](/fares) on ferry.example", True),
        ("https://ferry.example/fares", "ferry.example has fares", False),
        ("https://ferry.example/fares/2026", "[the fares](/fares/2026)", True),
        ("https://social.example/annbell", "Follow @annbell", True),
        ("https://arxiv.org/abs/2401.01234", "arXiv:2401.01234", True),
        ("https://arxiv.org/abs/12", "12 papers", False),
        ("https://en.wikipedia.org/wiki/Ferry", "A ferry.", False),
        ("https://doi.org/10.1000/182", "doi:10.1000/182", True),
        ("doi:10.1000/xyz12", "10.1000/xyz12", True),
        ("978-0-306-40615-7", "ISBN 9780306406157", True),
        ("978-0-306-40615-7", "ISBN 9780306406150", False),
        ("GB82 WEST 1234 5698 7654 32", "GB82WEST12345698765432", True),
        ("www.ferry.example", TEXT, True),
        ("https://www.acme.com", "Acme Company opened a shop.", False),
        ("info@acme.com", "For more information ask Acme Company.", False),
        ("1.1.1.1", "11/11/2020", False),
        ("192.0.2.7", "host 192.0.2.7", True),
    ],
)
def test_what_a_text_has(value: str, text: str, is_there: bool) -> None:
    assert Sayings(text).make(value) is is_there


LIST = {"type": "array", "items": {"type": "string"}}
MAIL = {"type": ["string", "null"], "format": "email"}
SITES = ["https://a.example/1", "https://b.example/2", "https://c.example/3"]
CONTACT = {
    "type": ["object", "null"],
    "properties": {"name": {"type": "string"}, "mail": {"type": "string"}, "phones": LIST},
    "required": ["name", "mail"],
}


@pytest.mark.parametrize(
    ("field", "value", "left"),
    [
        (MAIL, "jane@work.example", None),
        (MAIL, "ann@ferry.example", "ann@ferry.example"),
        (MAIL, "ann@fery.example", "ann@fery.example"),  # nearly
        ({"type": "string"}, "jane@work.example", "jane@work.example"),  # it has to be there
        ({**MAIL, "x-verbatim": False}, "jane@work.example", "jane@work.example"),
        ({"enum": ["www.ferry.example", None]}, "www.ferry.example", "www.ferry.example"),
        ({"anyOf": [{"enum": SITES}, MAIL]}, SITES[0], SITES[0]),
        ({**MAIL, "examples": SITES}, SITES[0], SITES[0]),  # of so many it is one of those that there are
        ({**MAIL, "description": f"One of {', '.join(SITES)}"}, SITES[2], SITES[2]),
        ({**MAIL, "default": "www.x.example"}, "www.x.example", "www.x.example"),
        ({**LIST, "default": ["www.x.example"]}, ["www.x.example"], ["www.x.example"]),
        (LIST, ["jane@work.example", "ann@ferry.example"], ["ann@ferry.example"]),
        (LIST, ["jane@work.example", "jim@work.example"], []),
        ({**LIST, "minItems": 2}, ["jane@work.example", "x"], ["jane@work.example", "x"]),
        ({**LIST, "minItems": 1}, ["jane@work.example", "jim@work.example"], ["jane@work.example"]),
        ({**LIST, "contains": {"pattern": "@"}}, ["jane@work.example"], ["jane@work.example"]),
        ({**LIST, "x-verbatim": False}, ["jane@work.example"], ["jane@work.example"]),
        ({**LIST, "prefixItems": [MAIL, {}]}, ["jane@work.example", "Ann Bell"], ["jane@work.example", "Ann Bell"]),
        (
            CONTACT,
            {"name": "Ann Bell", "mail": "jane@work.example", "phones": ["+44 1632 960123"]},
            {"name": "Ann Bell", "mail": "jane@work.example", "phones": []},  # all of it stays for the name
        ),
        (
            {"type": "array", "items": {"anyOf": [{"type": "string"}, LIST]}},
            ["jane@work.example", ["jim@work.example"], "Ann Bell"],
            [[], "Ann Bell"],
        ),
    ],
)
def test_what_is_made_up_is_taken_out_where_it_may_be_missing(field: Any, value: Any, left: Any) -> None:
    schema = load({"type": "object", "properties": {"a": field}, "required": ["a"]})
    data, notes = without_invented(schema, {"a": value}, Document("d", TEXT))
    assert data == {"a": left}
    gone = [word for word in json.dumps(value).split('"') if "@" in word or "+" in word]
    gone = [word for word in gone if word not in json.dumps(left)]
    assert sorted("; ".join(notes.values()).split("; ") if notes else []) == sorted(map(MADE_UP.format, gone))


def test_an_id_that_a_model_made_is_left_out() -> None:
    schema = load({"type": "object", "properties": {"id": {"type": "string", "format": "uuid"}, "name": {}}})
    data = {"id": "123e4567-e89b-12d3-a456-426614174000", "name": "Ann Bell"}
    assert without_invented(schema, data, Document("d", TEXT))[0] == {"name": "Ann Bell"}


class Page(BaseModel):
    """What has a site."""

    name: str
    mail: str | None = None
    site: str | None = None

    @model_validator(mode="after")
    def has_site(self) -> Page:
        """A rule between fields."""
        assert self.site, "a site is needed"
        return self


def test_what_a_rule_of_the_user_needs_stays() -> None:
    said = {"name": "Ann Bell", "mail": "jane@x.example", "site": "https://x.example"}
    engine = ScriptedEngine([json.dumps(said)], modes=("grammar",))
    record = asyncio.run(extract(Document("d", TEXT), load(Page), engine))
    assert record.data == {"name": "Ann Bell", "mail": None, "site": "https://x.example"}
    assert record.ungrounded == {"/site": "not in the text"}
    assert len(engine.requests) == 1


@pytest.mark.parametrize("ground", ["report", "find", "off"])
def test_a_record_says_that_there_is_none(ground: Any) -> None:
    schema = load("name, mails[]{kind, at?}, phone?")
    said = {"name": "Ann Bell", "mails": [{"kind": "ferry", "at": "a.bell@work.example"}], "phone": "+44 1632 960001"}
    engine = ScriptedEngine([json.dumps(said)], modes=("grammar",))
    record = asyncio.run(extract(Document("d", TEXT), schema, engine, Options(ground=ground)))
    assert record.ok
    assert bool(record.spans) is (ground != "off")
    if ground != "report":
        assert record.data == said
        return
    assert record.data == {"name": "Ann Bell", "mails": [{"kind": "ferry", "at": None}], "phone": None}
    assert record.notes == {
        "/mails/0/at": MADE_UP.format("a.bell@work.example"),
        "/phone": MADE_UP.format("+44 1632 960001"),
    }
    assert record.absent == {"/mails/0/at": "not in the text", "/phone": "not in the text"}
    assert not record.ungrounded


def test_long_values_and_many_of_them_take_no_time() -> None:
    schema = load("mails[], site?")
    data = {"mails": [f"person{at}@work.example" for at in range(1_000)], "site": f"https://{'a.' * 50_000} b c d"}
    started = time.monotonic()
    found, _ = without_invented(schema, data, Document("d", TEXT * 2_000))
    assert not found["mails"]
    assert time.monotonic() - started < 30  # a slow machine's; quadratic it would be minutes


@pytest.mark.parametrize("is_told", [True, False])
def test_what_the_user_tells_beside_the_document_is_not_made_up(is_told: bool) -> None:
    engine = ScriptedEngine([json.dumps({"to": "desk@ferry.example"})], modes=("grammar",))
    style = PromptStyle(instruction="The desk is desk@ferry.example." if is_told else "Be brief.")
    record = asyncio.run(extract(Document("d", "Write to the desk."), load("to?"), engine, Options(style=style)))
    assert record.data == {"to": "desk@ferry.example" if is_told else None}
