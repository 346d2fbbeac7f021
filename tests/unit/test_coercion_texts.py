"""What texts mean where a schema asks for numbers, choices, times and lists, and which of them are left alone."""

from __future__ import annotations

import time
from typing import Any

import pytest
from scripted import record, schema_of

from extractor import syntax
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
        ("revenue_m_usd", {"USD"}, 10**6),
        ("revenue_musd", {"USD"}, 10**6),
        ("budget_kUSD", {"USD"}, 10**3),
        ("sales_eurbn", {"EUR"}, 10**9),
        ("plan_b_usd", {"USD"}, 1),
        ("scrub", set(), 1),
        ("duration_min", {"min"}, 1),
        ("prep_time_min", {"min"}, 1),
        ("release_day", set(), 1),
        ("length_m", {"m"}, 1),
        ("fat_g", {"g"}, 1),
        ("t_s", {"s"}, 1),
        ("size_m", set(), 1),
        ("size_mm", {"mm"}, 1),
        ("block_h", set(), 1),
        ("hours", {"h"}, 1),
        *((name, set[str](), 1) for name in ("min", "won", "second", "day", "stone", "rs", "s", "m", "l", "米")),
        ("name", set(), 1),
        ("file_size_mb", {"MB"}, 1),
        ("storageTB", {"TB"}, 1),
        ("cases_tb", set(), 1),
        ("area_m2", {"m2"}, 1),
        ("sizeM2", {"m2"}, 1),
        ("area_m²", {"m2"}, 1),
        ("floor_area_ft2", {"ft2"}, 1),
        ("model_m2", set(), 1),
        ("m2", set(), 1),
        ("revenue_bn", set(), 10**9),
        ("people_k", set(), 1),
    ],
)
def test_a_name_says_the_unit_that_it_ends_in(name: str, units: set[str], scale: int) -> None:
    found = heard(name)
    assert (set(found.units), found.scale) == (units, scale)


@pytest.mark.parametrize(
    ("description", "units"),
    [
        ("Length (in km)", {"km"}),
        ("Area (km²)", {"km2"}),
        ("以米为单位", {"m"}),
        ("Weight in kg or g", {"kg", "g"}),
        ("Temperature in degrees Celsius", {"°C"}),
        ("Speed in km/h", {"km/h"}),
        ("km", {"km"}),
        ("Download size in MB", {"MB"}),
        ("km of road", set()),
        ("day", set()),
        ("Number of author(s)", set()),
        ("Works in G major", set()),
        ("The month in which it was", set()),
        ("Score in the second half", set()),
    ],
)
def test_a_description_says_the_unit_that_something_is_in(description: str, units: set[str]) -> None:
    assert set(heard("x", description).units) == units


@pytest.mark.parametrize(
    ("name", "node", "text", "names"),
    [
        ("length_km", NUMBER, "800 m", ("'m'", "km")),
        ("duration_minutes", INTEGER, "2 hours", ("'hours'", "min")),
        ("price_usd", NUMBER, "€5", ("'€'", "USD")),
        ("price_usd", either(NUMBER, NULL), "€5", ("'€'", "USD")),
        ("revenue_millions", NUMBER, "5 billion", ("1,000,000",)),
        ("revenue_millions", NUMBER, "five billion", ("1,000,000",)),
        ("市值_亿元", NUMBER, "3万元", ("100,000,000",)),
        ("市值_亿元", NUMBER, "3亿美元", ("'美元'", "CNY")),
        ("面积_平方米", NUMBER, "3公顷", ("'公顷'", "m2")),
        ("age", told("in years", INTEGER), "6 months", ("'months'", "year")),
        ("length", told("The length, in kilometres."), "800 m", ("'m'", "km")),
        ("length", told("长度，单位：米"), "3公里", ("'公里'", "m")),
        ("sales", told("in millions of US dollars"), "€5", ("'€'", "dollars")),
        ("sales", told("in millions of US dollars"), "$5,000,000", ("'$'", "1,000,000")),
        ("金额", told("单位：万元"), "50000元", ("'元'", "10,000")),
        ("金额_万元", NUMBER, "5元", ("'元'", "10,000")),
        ("金额_万元", NUMBER, "5亿元", ("10,000",)),
        ("金额_万元", NUMBER, "5百万元", ("10,000",)),
        ("revenue_musd", NUMBER, "€5 million", ("'€'", "USD")),
        ("revenue_million", INTEGER, "1.5 million", ("whole",)),
        ("length_km", NUMBER, "5k", ("1,000 or km",)),
        ("length", told("km"), "5K", ("1,000 or km",)),
        ("duration_min", NUMBER, "2 hours", ("'hours'", "min")),
        ("size_mb", NUMBER, "5 GB", ("'GB'", "MB")),
        ("size_mb", NUMBER, "500 KB", ("'KB'", "MB")),
        ("size_mb", NUMBER, "5M", ("1,000,000 or MB",)),
        ("size_mb", NUMBER, "500K", ("1,000 or kB",)),
        ("area_m2", NUMBER, "2 ha", ("'ha'", "m2")),
        ("area_m2", NUMBER, "800 sq ft", ("'sq ft'", "m2")),
        ("area_sqft", NUMBER, "74 m²", ("'m²'", "ft2")),
        ("people_k", NUMBER, "5k", ("may count by 1,000",)),
        ("people_k", NUMBER, "five thousand", ("may count by 1,000",)),
        ("people_k", INTEGER, "5 people", ("'people'", "may count by 1,000")),
        ("road", told("in thousands of km"), "5k", ("1,000 or km",)),
        ("people_k", INTEGER, "5 million", ("may count by 1,000",)),
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
        ("min", NUMBER, "$3", 3),
        ("min", NUMBER, "3 km", 3),
        ("size_m", NUMBER, "40 cm", 40),
        ("won", INTEGER, "5 games", 5),
        ("power", told("in W"), "5k", 5000),
        ("salary_krw", NUMBER, "5k", 5000),
        ("duration_min", NUMBER, "5 min", 5),
        ("duration_months", INTEGER, "18 months", 18),
        ("hours", NUMBER, "一个半小时", 1.5),
        ("hours", NUMBER, "半个小时", 0.5),
        ("size_mb", NUMBER, "500 MB", 500),
        ("size_mb", NUMBER, "5 megabytes", 5),
        ("area_m2", NUMBER, "120 m²", 120),
        ("area_ft2", NUMBER, "800 sq ft", 800),
        ("race_10k", NUMBER, "5k", 5000),
        ("top_k", INTEGER, "1k", 1000),
        ("people_k", NUMBER, "1,200", 1200),
    ],
)
def test_a_number_in_the_unit_of_the_field_is_read_and_told(
    name: str, node: dict[str, Any], text: str, value: float
) -> None:
    assert read(name, node, text)[:1] == (value,)
    assert read(name, node, text)[1]


@pytest.mark.parametrize(
    ("name", "node", "text", "value", "without"),
    [
        ("金额_万元", NUMBER, "120万元", 120, "'万元'"),
        ("金额", told("单位：万元"), "120万元", 120, "'万元'"),
        ("金额_万元", INTEGER, "120 万", 120, "'万'"),
        ("金额_万元", NUMBER, "三百万元", 300, "'万元'"),
        ("市值_亿元", NUMBER, "1.2亿元", 1.2, "'亿元'"),
        ("revenue_million", INTEGER, "5 million", 5, "'million'"),
        ("revenue_million", NUMBER, "1.2345678 million", 1.2345678, "'million'"),
        ("revenue_millions", NUMBER, "Five Million.", 5, "'Million'"),
        ("revenue_millions", NUMBER, "-5 million euros", -5, "'million euros'"),
        ("revenue_musd", NUMBER, "$5 million", 5, "'$' and 'million'"),
        ("revenue_musd", NUMBER, "$5m", 5, "'$' and 'm'"),
        ("revenue_bn", NUMBER, "5 billion", 5, "'billion'"),
        ("sales", told("in thousands"), "5k", 5, "'k'"),
    ],
)
def test_a_number_that_tells_the_scale_of_the_field_is_counted_by_it(
    name: str, node: dict[str, Any], text: str, value: float, without: str
) -> None:
    found, change, doubt = read(name, node, text)
    assert (found, doubt) == (value, "")
    assert change.endswith(f"without {without}")


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


def one_of(*values: Any) -> dict[str, Any]:
    return {"enum": [*values]}


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("A-", ("A", "B")),
        ("-A", ("A", "B")),
        ("BBB-", ("BBB", "AAA")),
        ("B*", ("A", "B")),
        ("A/B", ("AB", "A")),
        ("A+", ("A", "B")),
        ("A", ("A-", "B")),
        ("Go?", ("Go", "C")),
        ("No!", ("No", "Yes")),
        ("-1", (1, 2)),
        ("1.5", (1, 15)),
    ],
)
def test_signs_of_a_short_choice_are_part_of_it(text: str, values: tuple[Any, ...]) -> None:
    assert read("a", one_of(*values), text)[:2] == (text, "")
    assert align(schema_of(one_of(*values)), [text], text).value == text


@pytest.mark.parametrize(
    ("text", "values", "value"),
    [
        ("TWO!@#", ("TWO", "ONE"), "TWO"),
        ("**B**", ("A", "B"), "B"),
        ("B.", ("A", "B"), "B"),
        ("- B", ("A", "B"), "B"),
        ("a-", ("A", "A-"), "A-"),
        ("In-Progress", ("in_progress", "done"), "in_progress"),
        ("v 2 3.1 1", ("v-2-3.1_1", "v"), "v-2-3.1_1"),
        ("−1", (-1, 1), -1),
        ("one", (1, 2, 3), 1),
        ("5 stars", (1, 5), 5),
        ("Positive (0.9)", ("positive", "negative"), "positive"),
        ("positive (90%)", ("positive", "negative"), "positive"),
        ("1. positive", ("positive", "negative"), "positive"),
        ("mood: positive", ("positive", "negative"), "positive"),
    ],
)
def test_a_choice_with_something_beside_it_is_read(text: str, values: tuple[Any, ...], value: Any) -> None:
    found, change, _ = read("mood", one_of(*values), text)
    assert found == value
    assert change


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12th", 12),
        ("#12", 12),
        ("No. 12", 12),
        ("120㎡", 120),
        ("10^6", 1_000_000),
        ("1.5 x 10³", 1500),
        ("2×10⁻³", 0.002),
        ("half", 0.5),
        ("一半", 0.5),
        ("五成", 0.5),
        ("三成五", 0.35),
        ("$1.234 billion", 1_234_000_000),
        ("€0.500", 0.5),
        ("1.500 km", 1.5),
    ],
)
def test_more_forms_of_numbers_are_read(text: str, value: float) -> None:
    assert read("a", NUMBER, text)[0] == value


@pytest.mark.parametrize(
    ("text", "why"), [("1.500 €", "thousands"), ("€1.500", "thousands"), ("'20", "century"), ("’20", "century")]
)
def test_more_numbers_that_are_not_clear(text: str, why: str) -> None:
    assert read("a", NUMBER, text)[0] == text
    assert why in read("a", NUMBER, text)[2]


def test_a_number_with_a_point_is_the_float_where_both_are_asked_for() -> None:
    found = read("a", either(INTEGER, NUMBER), "3.0")[0]
    assert (found, type(found)) == (3.0, float)


@pytest.mark.parametrize("text", ["Positive (or negative)", "mostly: positive", "1. positive 2. negative"])
def test_a_choice_with_more_than_that_beside_it_is_none(text: str) -> None:
    assert read("mood", one_of("positive", "negative"), text)[:2] == (text, "")


def formed(form: str) -> dict[str, Any]:
    return STRING | {"format": form}


@pytest.mark.parametrize(
    ("text", "form", "why"),
    [
        ("17:30-18:30", "time-local", "range"),
        ("9:00-17:00", "time", "range"),
        ("2020-05-03 09:00-10:00", "date-time", "range"),
        ("03:00-05:00", "time", "range"),
        ("09:00+15:00", "time", "'+15:00' is none"),
        ("18:00-13:00", "time", "'-13:00' is none"),
        ("5 May", "date", "year"),
        ("May 5", "date", "year"),
        ("5月3日", "date", "year"),
        ("05-May-20", "date", "century"),
        ("5/13/20", "date", "century"),
        ("1. 2. 2020", "date", "1 February or 2 January"),
        ("3 May 2020 at 5pm", "date-time", "no offset"),
        ("1:30", "duration", "hours and minutes"),
    ],
)
def test_times_that_are_not_clear_are_doubts(text: str, form: str, why: str) -> None:
    value, change, doubt = read("a", formed(form), text)
    assert (value, change) == (text, "")
    assert why in doubt


@pytest.mark.parametrize(
    ("text", "form", "value"),
    [
        ("9:00-08:00", "time", "09:00:00-08:00"),
        ("2020-05-03 03:00:00-05:00", "date-time", "2020-05-03T03:00:00-05:00"),
        ("2020-05-03T03:00-05:00", "date-time", "2020-05-03T03:00:00-05:00"),
        ("09:00+14:00", "time", "09:00:00+14:00"),
        ("1. 1. 2020", "date", "2020-01-01"),
        ("13. 2. 2020", "date", "2020-02-13"),
        ("2020. 1. 1.", "date", "2020-01-01"),
        ("2020-1-1 10:00", "date", "2020-01-01"),
        ("Date: 2020-01-01", "date", "2020-01-01"),
        ("日期：2020年1月1日", "date", "2020-01-01"),
        ("3 May 2020 at 5pm", "date", "2020-05-03"),
        ("3 May 2020 at 5pm", "date-time-local", "2020-05-03T17:00:00"),
        ("5 minutes", "duration", "PT5M"),
        ("90分钟", "duration", "PT90M"),
        ("1:30:00", "duration", "PT1H30M"),
        ("2 hours 30 minutes", "duration", "PT2H30M"),
        ("2 hours and 5 seconds", "duration", "PT2H0M5S"),
        ("1h30m", "duration", "PT1H30M"),
        ("1.5 hours", "duration", "PT1H30M"),
        ("half an hour", "duration", "PT30M"),
        ("twenty-one days", "duration", "P21D"),
        ("2 weeks", "duration", "P2W"),
        ("2 weeks 1 day", "duration", "P15D"),
        ("1 year, 2 months", "duration", "P1Y2M"),
        ("一小时三十分钟", "duration", "PT1H30M"),
        ("0 minutes", "duration", "PT0M"),
    ],
)
def test_more_forms_of_dates_and_lengths_of_time_are_read(text: str, form: str, value: str) -> None:
    found, change, _ = read("a", formed(form), text)
    assert found == value
    assert change


@pytest.mark.parametrize(
    "text", ["5 minutes 2 hours", "minutes", "about 5 minutes", "0.0000001 s", "1.5 years", "five"]
)
def test_what_is_no_length_of_time_stays(text: str) -> None:
    assert read("a", formed("duration"), text)[:2] == (text, "")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("['red', 'green']", ["red", "green"]),
        ("[red, green]", ["red", "green"]),
        ("[sic]", ["[sic]"]),
        ("[1] Smith, 2020 [2]", ["[1] Smith, 2020 [2]"]),
        ("red | green", ["red", "green"]),
        ("a|b", ["a|b"]),
        ("red, green, dark blue", ["red", "green", "dark blue"]),
        ("red, green, and blue", ["red", "green", "blue"]),
        ("张三，李四，王五", ["张三", "李四", "王五"]),
        ("red, green", ["red, green"]),
        ("red, green, blue or pink", ["red, green, blue or pink"]),
        ("red, green, blue and pink", ["red, green, blue and pink"]),
        ("Smith, J., Jones, K.", ["Smith, J., Jones, K."]),
        ("1,234,567", ["1,234,567"]),
        ("May 3, 2019, noon", ["May 3, 2019, noon"]),
        ("(a, b, c)", ["(a, b, c)"]),
        ("Ada (1815), Ben, Cy", ["Ada (1815)", "Ben", "Cy"]),
        ('"a", "b", "c"', ["a", "b", "c"]),
        ("one, two, three, and a rather long part of it", ["one, two, three, and a rather long part of it"]),
    ],
)
def test_one_text_for_a_list_of_texts(text: str, expected: list[str]) -> None:
    found, change, _ = read("a", many(STRING), text)
    assert found == expected
    assert change


def test_a_word_for_nothing_is_no_null_of_choices_without_it() -> None:
    assert read("a", one_of("x", "y"), "N/A") == ("N/A", "", "")


def test_an_object_that_is_nearly_json_in_a_text_is_read() -> None:
    assert read("a", record(b=INTEGER), "{'b': 1}")[0] == {"b": 1}


@pytest.mark.parametrize(
    "text",
    [
        "null",
        "None",
        "N/A",
        "not stated",
        "Not mentioned in the text.",
        "not provided",
        "未提及",
        "文中未提供",
        "-",
        " N/A ",
    ],
)
def test_words_for_nothing_are_null_where_a_text_or_null_may_stand(text: str) -> None:
    for node in (either(STRING, NULL), {"type": ["string", "null"]}):
        assert read("a", node, text) == (None, f"{text!r} → null", "")
    assert read("a", many(either(STRING, NULL)), ["x", text])[0] == ["x", None]


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("unknown", either(STRING, NULL)),
        ("none", either(STRING, NULL)),
        ("无", either(STRING, NULL)),
        ("none of them", either(STRING, NULL)),
        ("The price is not stated", either(STRING, NULL)),
        ("N/A", STRING),
        ("N/A", {}),
        ("N/A", either(one_of("N/A", "x"), NULL)),
        ("N/A", either(one_of("N/A", "x"), STRING, NULL)),
    ],
)
def test_what_can_be_a_value_is_no_word_for_nothing(text: str, node: dict[str, Any]) -> None:
    assert read("a", node, text) == (text, "", "")


@pytest.mark.parametrize(
    ("text", "value", "told"),
    [
        ('{"version": 1.10}', "1.10", "1.1 → '1.10'"),
        ("Sure: {version: 1.10}", "1.10", "1.1 → '1.10'"),
        ('{"version": 2.50, "other": "1.1"}', "2.50", "2.5 → '2.50'"),
        ('{"version": 1e5}', "1e5", "100000.0 → '1e5'"),
        ('{"version": 12}', "12", "12 → '12'"),
        ('{"version": 1.10, "other": 1.1}', "1.1", "1.1 → '1.1', which stands there as 1.10 and 1.1"),
    ],
)
def test_a_number_keeps_its_digits_as_a_text(text: str, value: str, told: str) -> None:
    schema = schema_of(record(version=STRING, other={"type": ["string", "null"]}))
    found = align(schema, syntax.read(text).values, text)
    assert found.value["version"] == value
    assert found.changes["/version"] == told


def test_a_number_is_a_choice_by_its_digits() -> None:
    schema = schema_of(record(version={"enum": ["1.1", "1.10"]}))
    assert align(schema, [{"version": 1.1}], '{"version": 1.10}').value == {"version": "1.10"}


@pytest.mark.parametrize(
    ("name", "text", "number"),
    [("cook_min", "30 min", 30), ("cook_min", "2 hours", None), ("release_day", "3 days", 3),
     ("release_day", "2 h", None), ("price_min", "$3", 3), ("distance_min", "3 km", 3), ("min", "2 days", 2),
     ("wait_max", "2 h", 2), ("age_min", "18 years", 18), ("age_min", "18 岁", 18), ("age_min", "18 years old", 18),
     ("stay_min", "2 days", 2), ("cook_min", "90 s", None), ("opening_hour", "30 min", None),
     ("stay_day", "2 weeks", None), ("age_month", "2 years", None)],
)  # fmt: skip
def test_a_name_that_may_end_in_a_unit_of_time_takes_no_other(name: str, text: str, number: int | None) -> None:
    """None stands for a doubt."""
    found, change, doubt = read(name, NUMBER, text)
    assert found == (text if number is None else number)
    assert (bool(change), bool(doubt)) == (number is not None, number is None)
