"""Values that come from the examples and not from the document."""

from __future__ import annotations

import time
from typing import Any

import pytest
from scripted import record, schema_of

from extractor.leaks import IN_TEXTS, IN_VALUES, MAY_BE, leaks
from extractor.types import Document, Example

TEXT: dict[str, Any] = {"type": "string"}
ANY = schema_of({})
SHOWN = [
    Example(
        "The bridge in Porto was opened by Maria Pia in 1877, at a cost of 12,500 reis.",
        {"city": "Porto", "people": [{"name": "Maria Pia"}], "year": 1877, "cost": 12500, "day": "1877-11-04", "no": 7},
    ),
    Example("这座大桥位于武汉，全长一千六百七十米。", {"city": "武汉", "tags": ["大桥"], "open": True}),
]


def found(data: Any, text: str, schema: Any = ANY) -> dict[str, str]:
    return leaks(data, SHOWN, Document("a.txt", text), schema)


@pytest.mark.parametrize(
    ("data", "text", "expected"),
    [
        ({"city": "Porto"}, "A house in Lisbon.", {"/city": IN_VALUES}),
        ({"city": "Porto"}, "A house in PORTO.", {}),
        ({"city": "Porto"}, "The Portonovo house.", {"/city": IN_VALUES}),  # whole words
        ({"city": "Lisbon"}, "A house in Braga.", {}),  # wrong, and no leak
        ({"name": "maria\n pia"}, "A house in Braga.", {"/name": IN_VALUES}),
        ({"other": {"a/b": ["x", "Porto"]}}, "", {"/other/a~1b/1": IN_VALUES}),
        ({"city": "武汉"}, "南京长江大桥", {"/city": IN_VALUES}),
        ({"city": "武汉"}, "在武汉的大桥", {}),
        ({"year": 1877}, "A house of 1901.", {"/year": MAY_BE}),
        ({"year": "1877"}, "A house of 1901.", {"/year": MAY_BE}),
        ({"year": 1877.0}, "A house of 1901.", {"/year": MAY_BE}),
        ({"year": 1877}, "A house of 1877.", {}),
        ({"cost": 12500}, "It cost 12 500.", {"/cost": MAY_BE}),
        ({"day": "1877-11-04"}, "On 4 November 1877.", {"/day": MAY_BE}),
        ({"no": 7}, "", {}),
        ({"no": "7"}, "", {}),
        ({"open": True}, "", {}),
        ({"city": None, "tags": []}, "", {}),
        ("Porto", "", {"": IN_VALUES}),
        ({"title": "was opened by Maria Pia"}, "A house.", {"/title": IN_TEXTS}),
        ({"title": "was opened by Maria Pia"}, "The house was opened by Maria Pia.", {}),
        ({"title": "as opened by Maria Pia"}, "A house.", {}),
        ({"title": "was opened"}, "A house.", {}),  # ten characters say little
        ({"title": "全长一千六百七十米。"}, "", {}),
        ({"title": "这座大桥位于武汉，全长一千"}, "", {"/title": IN_TEXTS}),
        ({"title": "12,500 reis. 这座大桥位于"}, "", {}),  # of two texts
    ],
)
def test_what_is_flagged(data: Any, text: str, expected: dict[str, str]) -> None:
    assert found(data, text) == expected


CITY = {"enum": ["Porto", "Lisbon"]}


@pytest.mark.parametrize(
    "node",
    [
        CITY,
        {"const": "Porto"},
        {"type": "string", "default": "Porto"},
        {"anyOf": [CITY, {"type": "null"}]},
        {"oneOf": [{"const": "Porto", "description": "in the north"}, {"const": "Braga"}]},
        {"$ref": "#/$defs/City"},
        {"allOf": [{"$ref": "#/$defs/City"}]},
    ],
)
def test_what_the_schema_offers_is_no_leak(node: dict[str, Any]) -> None:
    schema = schema_of({**record(city=node, name=TEXT), "$defs": {"City": CITY}})
    assert found({"city": "Porto", "name": "Porto"}, "", schema) == {"/name": IN_VALUES}
    listed = schema_of({"type": "array", "items": record(city=node), "$defs": {"City": CITY}})
    assert found([{"city": "Porto"}], "", listed) == {}


def test_without_examples_nothing_leaks() -> None:
    assert leaks({"city": "Porto"}, (), Document("a.txt", ""), ANY) == {}


def test_schemas_that_lead_to_themselves_and_deep_data() -> None:
    tree: dict[str, Any] = {"properties": {"kids": {"items": {"$ref": "#"}}}, "anyOf": [{"$ref": "#"}]}
    data: Any = "Porto"
    for _ in range(5000):
        data = {"kids": [data]}
    assert [*found(data, "", schema_of(tree)).values()] == [IN_VALUES]


def test_long_documents_and_records() -> None:
    shown = [Example("x", [f"name {number}" for number in range(2000)])]
    data = [f"name {number}" for number in range(2000)] * 5
    began = time.monotonic()
    notes = leaks(data, shown, Document("a.txt", "a name and more of it " * 20_000), ANY)
    assert len(notes) == len(data)
    assert time.monotonic() - began < 30
