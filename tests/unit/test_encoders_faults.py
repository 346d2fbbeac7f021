"""What models get wrong in YAML, XML and CSV: read where one thing can be meant, and told; else an error."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel

from extractor.encoders import read
from extractor.errors import ParseError
from extractor.schema import load
from extractor.types import Encoding


class Part(BaseModel):
    sku: str
    qty: int | None = None


class Order(BaseModel):
    buyer: str
    note: str | None = None
    parts: list[Part] = []


class Tagged(BaseModel):
    buyer: str
    tags: list[str] = []


ORDER, TAGGED = load(Order), load(Tagged)
ANN = {"buyer": "Ann", "note": "ok"}
TWO = [{"sku": "x", "qty": 2}, {"sku": "y", "qty": 3}]


def both(form: Encoding, text: str, schema: Any, value: Any) -> str:
    """The notes of what is read as a value."""
    found = read(text, schema, form)
    assert found.values == (value,)
    return "; ".join(found.notes)


@pytest.mark.parametrize(
    ("text", "told"),
    [("<order><buyer>Ann<buyer><note>ok<note></order>", "<buyer> without its slash"),
     ("<order>\n<buyer>Ann<buyer>\n<note>ok<note>\n<order>", "<order> without its slash"),
     ("<order><buyer>Ann</byer><note>ok</note></order>", "</byer> is read as the end of <buyer>"),
     ("<order><buyer>Ann</note><note>ok</note></order>", "</note> is read as the end of <buyer>"),
     ("<order><buyer>Ann</><note>ok</></order>", "</> is read as the end of <note>"),
     ("<order><buyer>Ann</buyer><note>ok</ note></order>", "</ note> is read as the end of <note>"),
     ("<order><Buyer>Ann</Buyer><note>ok</note></order>", "<Buyer> is read as <buyer>")],
)  # fmt: skip
def test_tags_that_are_written_wrongly(text: str, told: str) -> None:
    assert told in both("xml", text, ORDER, ANN)


@pytest.mark.parametrize(
    "text",
    ["<order><buyer>Ann <buyer> Lee</buyer></order>", "<order><buyer>Ann<buyer>Bo<buyer></order>",
     "<order><buyer>the <note> tag</buyer><note>ok</note></order>",
     "<order><parts><item><sku>x</sku><qty>2</qty><sku>y</sku></item></parts></order>",
     "<order><parts><sku>x</sku><sku>y</sku><qty>3</qty></parts></order>",
     "<order><parts><sku>x</sku><qty>2</qty><qty>3</qty></parts></order>"],
)  # fmt: skip
def test_elements_that_can_be_meant_in_several_ways(text: str) -> None:
    with pytest.raises(ParseError, match=r"not sure|stands within"):
        read(text, ORDER, "xml")


@pytest.mark.parametrize(
    ("inner", "told"),
    [("<parts><sku>x</sku><qty>2</qty><sku>y</sku><qty>3</qty></parts>", "read as 2 records"),
     ("<item><sku>x</sku><qty>2</qty></item><item><sku>y</sku><qty>3</qty></item>", "read as one of <parts>"),
     ("<parts><item><sku>x</sku><qty>2</qty><item><sku>y</sku><qty>3</qty><item></parts>", "<item> without its slash")],
)  # fmt: skip
def test_records_whose_tags_are_missing(inner: str, told: str) -> None:
    assert told in both("xml", f"<order><buyer>Ann</buyer>{inner}</order>", ORDER, {"buyer": "Ann", "parts": TWO})


@pytest.mark.parametrize("inner", ["<tags>a<tags>b", "<tags>a<tags>b<tags>", "<tags>a</tags><tags>b<tags>"])
def test_items_whose_ends_are_missing(inner: str) -> None:
    assert both("xml", f"<tagged><buyer>Ann</buyer>{inner}</tagged>", TAGGED, {"buyer": "Ann", "tags": ["a", "b"]})


def test_entities_of_html_are_read_and_told() -> None:
    text = "<tagged><buyer>Ren&eacute;e &amp;nbsp; AT&T;</buyer></tagged>"
    assert "HTML" in both("xml", text, TAGGED, {"buyer": "Renée &nbsp; AT&T;"})
