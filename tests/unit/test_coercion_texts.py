"""What texts mean where a schema asks for numbers, choices, times and lists, and which of them are left alone."""

from __future__ import annotations

import time
from typing import Any

import pytest
from scripted import record, schema_of

from extractor.coercion import align
from extractor.coercion.said import heard

INTEGER, NUMBER, STRING, NULL = ({"type": kind} for kind in ("integer", "number", "string", "null"))


def either(*branches: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [*branches]}


def many(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def told(description: str, node: dict[str, Any] = NUMBER) -> dict[str, Any]:
    return node | {"description": description}


def read(name: str, node: dict[str, Any], text: Any) -> tuple[Any, str, str]:
    """What a field has of a text, its change and its doubt."""
    found = align(schema_of(record(**{name: node})), [{name: text}])
    return found.value[name], "; ".join(found.changes.values()), "; ".join(found.doubts.values())


@pytest.mark.parametrize(
    ("name", "units", "scale"),
    [
        ("length_km", {"km"}, 1),
        ("durationMinutes", {"min"}, 1),
        ("temp_c", {"°C"}, 1),
        ("vitamin_c", set(), 1),
        ("games_won", set(), 1),
        ("price_min", set(), 1),
        ("revenue_last_year", set(), 1),
        ("price_per_kg", set(), 1),
        ("price_per_kg_usd", {"USD"}, 1),
        ("hours_per_week", {"h"}, 1),
        ("area_sq_km", {"km2"}, 1),
        ("speed_km_h", {"km/h"}, 1),
        ("面积_平方米", {"m2"}, 1),
        ("市值_亿元", {"CNY"}, 10**8),
        ("revenue_millions", set(), 10**6),
        ("revenue_usd_m", {"USD"}, 10**6),
        ("name", set(), 1),
    ],
)
def test_a_name_says_the_unit_that_it_ends_in(name: str, units: set[str], scale: int) -> None:
    found = heard(name)
    assert (set(found.units), found.scale) == (units, scale)


@pytest.mark.parametrize(
    ("name", "node", "text", "names"),
    [
        ("length_km", NUMBER, "800 m", ("'m'", "km")),
        ("duration_minutes", INTEGER, "2 hours", ("'hours'", "min")),
        ("price_usd", NUMBER, "€5", ("'€'", "USD")),
        ("price_usd", either(NUMBER, NULL), "€5", ("'€'", "USD")),
        ("revenue_millions", NUMBER, "5 million", ("1,000,000",)),
        ("revenue_millions", NUMBER, "five million", ("1,000,000",)),
        ("市值_亿元", NUMBER, "3亿元", ("100,000,000",)),
        ("面积_平方米", NUMBER, "3公顷", ("'公顷'", "m2")),
        ("age", told("in years", INTEGER), "6 months", ("'months'", "year")),
        ("length", told("The length, in kilometres."), "800 m", ("'m'", "km")),
        ("length", told("长度，单位：米"), "3公里", ("'公里'", "m")),
        ("sales", told("in millions of US dollars"), "€5", ("'€'", "dollars")),
    ],
)
def test_a_number_in_another_unit_than_the_field_is_a_doubt(
    name: str, node: dict[str, Any], text: str, names: tuple[str, ...]
) -> None:
    value, change, doubt = read(name, node, text)
    assert (value, change) == (text, "")
    assert all(word in doubt for word in names)


@pytest.mark.parametrize(
    ("name", "node", "text", "value"),
    [
        ("length_km", NUMBER, "5 kilometres", 5),
        ("length_km", NUMBER, "5", 5),
        ("price_usd", NUMBER, "$5", 5),
        ("price_usd", NUMBER, "5 dollars", 5),
        ("price_cny", NUMBER, "5元", 5),
        ("price", NUMBER, "€5", 5),
        ("revenue", NUMBER, "5 million", 5_000_000),
        ("age", told("in years", INTEGER), "30 years old", 30),
        ("area_m2", NUMBER, "120 square metres", 120),
        ("speed_kmh", NUMBER, "90 km/h", 90),
        ("hours_per_week", NUMBER, "40 hours", 40),
        ("month", told("The month in which it was", INTEGER), "5月", 5),
    ],
)
def test_a_number_in_the_unit_of_the_field_is_read_and_told(
    name: str, node: dict[str, Any], text: str, value: float
) -> None:
    assert read(name, node, text)[:1] == (value,)
    assert read(name, node, text)[1]


def test_items_have_the_unit_of_their_list() -> None:
    assert "km" in read("lengths_km", many(NUMBER), ["800 m"])[2]


def test_what_is_said_of_a_field_is_not_said_of_another() -> None:
    found = align(schema_of(record(a_km=NUMBER, a=NUMBER)), [{"a_km": "5 km", "a": "5 m"}])
    assert found.value == {"a_km": 5, "a": 5}


def test_units_in_nested_unions_take_little_time() -> None:
    definitions: dict[str, Any] = {"D40": INTEGER}
    for at in range(40):
        child = {"$ref": f"#/$defs/D{at + 1}", "description": f"in {'km' if at % 2 else 'hours'}"}
        definitions[f"D{at}"] = either(record(a_km=child), many({**child}), record(a_km=child, b=INTEGER))
    value: Any = "1"
    for _ in range(40):
        value = {"a_km": value}
    started = time.monotonic()
    align(schema_of({"$ref": "#/$defs/D0", "$defs": definitions}), [value])
    assert time.monotonic() - started < 20


@pytest.mark.parametrize(
    ("name", "node", "text", "value"),
    [
        ("share_percent", NUMBER, "45%", 45),
        ("share_pct", either(NUMBER, NULL), "45%", 45),
        ("占比", told("百分比"), "45%", 45),
        ("share", told("from 0-100"), "45%", 45),
        ("share", told("as a fraction, 0.12 for 12%"), "45%", 0.45),
        ("share_percent", NUMBER | {"maximum": 1}, "45%", 0.45),
        ("share", NUMBER, "45%", 0.45),
        ("share", NUMBER, "5‰", 0.005),
        ("share", NUMBER | {"maximum": 100}, "5‰", "5‰"),
        ("share_percent", NUMBER, "5‰", "5‰"),
    ],
)
def test_a_percentage_is_read_by_what_the_field_says(name: str, node: dict[str, Any], text: str, value: Any) -> None:
    found, change, doubt = read(name, node, text)
    assert found == value
    assert bool(doubt) == (value == text)
    assert ("in percent" in change) == (value == 45)
