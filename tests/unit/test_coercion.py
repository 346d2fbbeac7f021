"""What models mean: values that a schema takes after small, told changes, and those that stay as they are."""

from __future__ import annotations

import json
import math
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted import quick, record, schema_of

from extractor.coercion import align, dates, number_words, numbers
from extractor.coercion.branches import Branches
from extractor.coercion.found import Doubt, Found
from extractor.errors import ParseError
from extractor.unsaid import has_unsaid
from extractor.validation import Valid, validate

INTEGER, NUMBER, STRING, BOOLEAN, NULL = ({"type": kind} for kind in ("integer", "number", "string", "boolean", "null"))
DATE = {"type": "string", "format": "date"}
COLOUR = {
    "enum": ["RED", "DARK_BLUE"],
    "x-aliases": {"RED": {"x-alias": ["crimson", "k1"], "description": "the colour of blood"}},
}


def either(*branches: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [*branches]}


def many(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


CHANGED: list[tuple[Any, dict[str, Any], Any]] = [
    ("12", INTEGER, 12),
    ("12.0", INTEGER, 12),
    ("1,234", INTEGER, 1234),
    ("1 234", INTEGER, 1234),
    ("1_234", INTEGER, 1234),
    ("１２", INTEGER, 12),
    ("12,345.5", NUMBER, 12345.5),
    ("1.234,56", NUMBER, 1234.56),
    ("12%", NUMBER, 0.12),
    ("12%", NUMBER | {"minimum": 1}, 12),
    ("百分之十二", NUMBER, 0.12),
    ("1/5", NUMBER, 0.2),
    ("1 1/2", NUMBER, 1.5),
    ("$12.50", NUMBER, 12.5),
    ("12 km", INTEGER, 12),
    ("2024年", INTEGER, 2024),
    ("1.2k", INTEGER, 1200),
    ("3 million", INTEGER, 3_000_000),
    ("1.2万", INTEGER, 12_000),
    ("3亿", INTEGER, 300_000_000),
    ("一千二百", INTEGER, 1200),
    ("三万零五十", INTEGER, 30_050),
    ("二〇二四", INTEGER, 2024),
    ("−5", INTEGER, -5),
    ("1.5e3", NUMBER, 1500.0),
    ("三分之一", NUMBER, 1 / 3),
    ("百分之百", NUMBER, 1),
    ("12万3千", INTEGER, 123_000),
    ("1½", NUMBER, 1.5),
    ("twenty-one", INTEGER, 21),
    ("Five people", INTEGER, 5),
    ("Yes", BOOLEAN, True),
    ("是的", BOOLEAN, True),
    ("没有", BOOLEAN, False),
    ("✔️", BOOLEAN, True),
    ("❌", BOOLEAN, False),
    ("否", BOOLEAN, False),
    ("1", BOOLEAN, True),
    (0, BOOLEAN, False),
    (12, STRING, "12"),
    ("N/A", either(INTEGER, NULL), None),
    ("未提及", {"type": ["number", "null"]}, None),
    ("dark blue", COLOUR, "DARK_BLUE"),
    ('"RED"', COLOUR, "RED"),
    ("ＲＥＤ", COLOUR, "RED"),
    ("Crimson", COLOUR, "RED"),
    ("k1: the colour of blood", COLOUR, "RED"),
    ("RED!#", COLOUR, "RED"),
    ("2", {"enum": [1, 2]}, 2),
    ("warm", {"oneOf": [{"const": "w", "title": "Warm"}, {"const": "c", "title": "Cold"}]}, "w"),
    ("The answer is Red.", COLOUR, "RED"),
    ("not DARK_BLUE: RED, only RED", COLOUR, "RED"),
    ("The answer is **True**", BOOLEAN, True),
    ("3 March 2024", DATE, "2024-03-03"),
    ("March 3rd, 2024", DATE, "2024-03-03"),
    ("2024/3/3", DATE, "2024-03-03"),
    ("13/4/2024", DATE, "2024-04-13"),
    ("2024年3月3日", DATE, "2024-03-03"),
    ("二〇二四年十二月二十三日", DATE, "2024-12-23"),
    ("2024-03-03T10:00:00Z", DATE, "2024-03-03"),
    ("3/May/2019", DATE, "2019-05-03"),
    ("2019-05-03 (Fri)", DATE, "2019-05-03"),
    ("May the 3rd 2019", DATE, "2019-05-03"),
    ("the 3rd of May 2019", DATE, "2019-05-03"),
    ("二千零一十九年五月三日", DATE, "2019-05-03"),
    ("3 March 2024, 10:30 UTC", {"type": "string", "format": "date-time"}, "2024-03-03T10:30:00Z"),
    ("10:30 pm", {"type": "string", "format": "time-local"}, "22:30:00"),
    ("a", many(STRING), ["a"]),
    (["12"], INTEGER, 12),
    (["1", "2"], many(INTEGER), [1, 2]),
    ("1, 2", many(INTEGER), [1, 2]),
    ({"people": [{"name": "Ada"}], "count": 1}, many(record(name=STRING)), [{"name": "Ada"}]),
    ({"firstName": "Ada"}, record(first_name=STRING), {"first_name": "Ada"}),
    ({"Nom": "Ada"}, record(name=STRING | {"x-alias": "nom"}), {"name": "Ada"}),
    ({"Paper": {"a": 1}}, record(a=INTEGER), {"a": 1}),
    ([{"a": "1"}], record(a=INTEGER), {"a": 1}),
    ({"result": 3}, INTEGER, 3),
    ({"colour": "Red"}, COLOUR, "RED"),
    (7, record(a=INTEGER), {"a": 7}),
    ({"a": '{"b": 1}'}, record(a=record(b=INTEGER)), {"a": {"b": 1}}),
    ({"a": 1}, record(a=INTEGER, b=either(STRING, NULL)), {"a": 1, "b": None}),
    ({"a": 1, "c": 2}, record(a=INTEGER) | {"additionalProperties": False}, {"a": 1}),
    ({"kind": "Cat", "lives": "9"}, either(record(kind={"const": "cat"}, lives=INTEGER), record(kind={"const": "dog"})),
     {"kind": "cat", "lives": 9}),
]  # fmt: skip


@pytest.mark.parametrize(("value", "schema", "expected"), CHANGED)
def test_what_is_meant_is_taken_and_told(value: Any, schema: dict[str, Any], expected: Any) -> None:
    found = align(schema_of(schema), [value])
    assert json.dumps(found.value) == json.dumps(expected)
    assert found.changes
    assert isinstance(validate(schema_of(schema), found.value), Valid)


LEFT: list[tuple[Any, dict[str, Any], str]] = [
    ("1,5", NUMBER, "comma"),
    ("about 12 or 13", INTEGER, "no exact number"),
    ("12 or 13", INTEGER, ""),
    ("12.7", INTEGER, "no whole number"),
    ("5m", INTEGER, "metres"),
    ("12左右", INTEGER, "no exact number"),
    ("(5)", NUMBER, "-5"),
    ("12万3", INTEGER, "no clear number"),
    ("a dozen or so", INTEGER, "no exact number"),
    ("five or six", INTEGER, "not one clear number"),
    ("2019-05-03 (Mon)", DATE, "is a Friday"),
    ("二千零一九年五月三日", DATE, "no clear numeral"),
    ("没有", either(BOOLEAN, NULL), "false or null"),
    ("1,5", many(NUMBER), "comma"),
    ("1,5,2,5", many(NUMBER), "commas"),
    ("12,111,5", many(INTEGER), "commas"),
    ("03/04/2024", DATE, "3 April or 4 March"),
    ("March 2024", DATE, "names no day"),
    ("2024-02-30", DATE, ""),
    ("2024-03-03", {"type": "string", "format": "date-time"}, "names no time"),
    ("2024-03-03 10:00", {"type": "string", "format": "date-time"}, "no offset"),
    ("RED or DARK_BLUE", COLOUR, "names"),
    ("It is not RED", COLOUR, "negates"),
    ("true, or rather false", BOOLEAN, "both"),
    ("some sentence", record(a=STRING), ""),
    ("some sentence", record(a=record(b=STRING)), ""),
    ({"a": 1}, record(a=INTEGER, b=INTEGER), ""),
    ({"aB": 1, "a-b": 2}, record(a_b=INTEGER), "both"),
    ([1, 2], INTEGER, ""),
    ("C#", {"enum": ["C", "C++"]}, ""),
    ("无", either(BOOLEAN, NULL), "false or null"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "schema", "why"), LEFT)
def test_what_is_not_sure_stays(value: Any, schema: dict[str, Any], why: str) -> None:
    found = align(schema_of(schema), [value])
    assert found.value == value
    assert not found.changes
    assert why in "; ".join(found.doubts.values())
    assert not isinstance(validate(schema_of(schema), found.value), Valid)


def test_changes_are_told_by_pointer() -> None:
    schema = schema_of(record(first_name=STRING, year=INTEGER))
    found = align(schema, [{"firstName": "Ada", "year": "1,234"}])
    assert found.changes == {"/first_name": "was 'firstName'", "/year": "'1,234' → 1234"}


def test_a_word_that_is_a_number_or_true_in_a_union_is_the_number() -> None:
    assert align(schema_of(either(BOOLEAN, INTEGER)), ["1"]).value == 1


@pytest.mark.parametrize(
    ("values", "schema", "expected"),
    [
        ([{"a": 1}, {"a": 2}], record(a=INTEGER), {"a": 1}),
        ([{"a": "x"}, {"a": 2}], record(a=INTEGER), {"a": 2}),
        ([{"a": "1"}, {"a": 2}], record(a=INTEGER), {"a": 2}),
        ([{}, {"a": 2}], {"type": "object", "properties": {"a": INTEGER}}, {"a": 2}),
        ([{"a": 1}, {"a": 2}], many(record(a=INTEGER)), [{"a": 1}, {"a": 2}]),
    ],
)
def test_of_several_values_the_one_with_the_fewest_changes_counts(values: Any, schema: Any, expected: Any) -> None:
    found = align(schema_of(schema), values)
    assert found.value == expected
    assert f"has {len(values)} values" in found.changes[""]


def test_a_record_that_is_said_twice_is_no_choice() -> None:
    found = align(schema_of(record(a=INTEGER, b=INTEGER)), [{"a": 1, "b": 2}, {"b": 2, "a": 1}])
    assert (found.value, found.changes) == ({"a": 1, "b": 2}, {})


NAMED = record(v=STRING)


@pytest.mark.parametrize(
    ("values", "schema", "expected"),
    [
        ([[{"v": "a"}], [{"v": "b"}]], NAMED, [{"v": "a"}, {"v": "b"}]),
        ([[{"v": "a"}], {"v": "b"}], NAMED, [{"v": "a"}, {"v": "b"}]),
        ([{"v": "a"}, [{"v": "b"}, {"v": "c"}]], NAMED, [{"v": "a"}, {"v": "b"}, {"v": "c"}]),
        ([[{"v": "a"}], [{"v": "a"}]], NAMED, [{"v": "a"}]),
        ([{"v": "a"}, {"v": "a"}], NAMED, [{"v": "a"}, {"v": "a"}]),
        ([[1], [{"v": "a"}]], NAMED, [{"v": "a"}]),
        ([[], {"v": "a"}], NAMED, [{"v": "a"}]),
        ([[1], [2, 3]], INTEGER, [1, 2, 3]),
    ],
)
def test_several_parts_of_a_list_are_one(values: Any, schema: Any, expected: Any) -> None:
    found = align(schema_of(many(schema)), values)
    assert found.value == expected
    assert f"has {len(values)} values" in found.changes[""]


@pytest.mark.parametrize("values", [[{}], [None], [{"v": None}], [{"v": ""}], [{}, {}], [{"v": None, "w": {"x": []}}]])
def test_an_answer_that_states_nothing_is_the_empty_list(values: Any) -> None:
    found = align(schema_of(many(NAMED)), values)
    assert found.value == []
    assert "empty" in found.changes[""]
    bounded = many(NAMED) | {"minItems": 1}
    assert align(schema_of(bounded), values).value != []


@pytest.mark.parametrize(
    ("node", "value"),
    [
        (many(STRING), []),
        (many(NULL), []),
        ({"type": "object", "additionalProperties": STRING}, {}),
        (many(STRING) | {"minItems": 1}, None),
        (record(a=STRING), None),
        (either(many(STRING), NULL), None),
    ],
)
def test_null_is_an_empty_list_or_map_where_one_is_asked_for(node: Any, value: Any) -> None:
    found = align(schema_of(record(a=node)), [{"a": None}])
    assert found.value == {"a": value}
    assert found.changes == ({} if value is None else {"/a": "null, taken as empty"})


def test_an_answer_that_may_be_any_text_is_taken_as_it_stands() -> None:
    text = 'It is: {"a": 1}'
    assert align(schema_of(STRING), [{"a": 1}], text).value == text
    assert align(schema_of(STRING), ["hello"], '"hello"').value == "hello"


def test_numbers_with_commas_are_one_number_or_several_by_the_schema() -> None:
    assert align(schema_of(INTEGER), [12, 111], "12,111").value == 12_111
    assert align(schema_of(many(INTEGER)), [12, 111], "12,111").value == [12, 111]


RECURSIVE = {"$ref": "#/$defs/T", "$defs": {"T": many(either(INTEGER, {"$ref": "#/$defs/T"}))}}


def nested(value: Any, levels: int) -> Any:
    for _ in range(levels):
        value = [value]
    return value


def test_too_deep_is_an_error_of_ours() -> None:
    with pytest.raises(ParseError, match="nested more than"):
        align(schema_of(RECURSIVE), [nested("1", 5000)])


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        (RECURSIVE, nested("1", 95)),
        ({"$ref": "#/$defs/T", "$defs": {"T": many({"$ref": "#/$defs/T"})}}, "x"),
        ({"$ref": "#/$defs/T", "$defs": {"T": record(t={"$ref": "#/$defs/T"})}}, 5),
        (record(a=INTEGER), {"a": "9" * 1_000_000}),
        (record(a=record(b=INTEGER)), {"a": "[" * 1_000_000}),
        (record(a=INTEGER), {"a": "1e999999999"}),
        (record(first_name=STRING), {f"k{at}": at for at in range(20_000)} | {"firstName": "x"}),
        ({"enum": [f"label {at}" for at in range(2000)]}, "label" * 20_000),
        (many(INTEGER), "1," * 200_000),
        (many(STRING), "a;" * 200_000),
        (many(STRING), "- a\n" * 200_000),
        (many(STRING), " " * 200_000 + "-"),
        (NUMBER, "(" * 95 + "5" + ")" * 95),
        (NUMBER, "三" * 190 + "分之"),
        (INTEGER, "hundred and " * 16),
    ],
)
def test_hostile_values_take_bounded_time(schema: dict[str, Any], value: Any) -> None:
    started = time.monotonic()
    align(schema_of(schema), [value], value if isinstance(value, str) else "")
    assert time.monotonic() - started < 20


def test_nested_unions_are_not_tried_again_and_again() -> None:
    definitions: dict[str, Any] = {"D40": INTEGER}
    for at in range(40):
        child = {"$ref": f"#/$defs/D{at + 1}"}
        definitions[f"D{at}"] = either(record(a=child), record(a=child, b=INTEGER))
    value: Any = "1"
    for _ in range(40):
        value = {"a": value}
    started = time.monotonic()
    found = align(schema_of({"$ref": "#/$defs/D0", "$defs": definitions}), [value])
    assert [*found.changes.values()] == ["'1' → 1"]
    assert time.monotonic() - started < 20


SCALARS = st.none() | st.booleans() | st.integers(-50, 5000) | st.sampled_from(
    ["", "12", "1,234", "yes", "null", "RED", "red", "3 March 2024", "03/04/2024", "a b", "12%", "[1]", '{"a": "1"}',
     "1, 2", "a; b", "five", "1½", "没有", "yes, since 2010", "(5)"]
)  # fmt: skip
KEYS = st.sampled_from(["a", "A", "b", "first_name", "firstName", "result"])
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3))
LEAVES = st.sampled_from([INTEGER, NUMBER, STRING, BOOLEAN, NULL, DATE, COLOUR])
SCHEMAS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(many, inner),
        st.builds(either, inner, inner),
        st.builds(lambda one, two: record(a=one, first_name=two), inner, inner),
        st.builds(lambda one: {"type": "object", "properties": {"a": one}, "additionalProperties": False}, inner),
    ),
    max_leaves=5,
)


@given(schema=SCHEMAS, value=VALUES)
@quick(200)
def test_laws(schema: dict[str, Any], value: Any) -> None:
    found = align(schema_of(schema), [value])
    if isinstance(validate(schema_of(schema), value), Valid) and not has_unsaid(value):
        assert (found.value, found.changes) == (value, {})
    if found.changes:
        assert json.dumps(found.value) != json.dumps(value)
    else:
        assert json.dumps(found.value) == json.dumps(value)
    if isinstance(validate(schema_of(schema), found.value), Valid):
        assert align(schema_of(schema), [found.value]).changes == {}


@pytest.mark.parametrize("text", ["零下5度", "零下十度", "七折", "3斤半", "一元五角", "1二", "一些"])
def test_a_number_that_words_change_is_not_cut_out_of_them(text: str) -> None:
    """'零下5度' is not 0, '一半' not 1."""
    assert not isinstance(numbers.read(text), tuple) or not numbers.read(text)


@pytest.mark.parametrize("text", ["晚上12点", "晚上1点"])
def test_a_night_hour_past_midnight_is_no_hour_of_noon(text: str) -> None:
    """'晚上12点' is midnight, of a day that is not said; it is not 12:00."""
    assert dates.read(text, "time-local") is None


GRADES, YES_NO = {"enum": ["A", "B", "C"]}, {"enum": ["yes", "no"]}
LEVELS, MOODS = {"enum": ["高", "中", "低"]}, {"enum": ["正面", "负面"]}
FEELINGS, KINDS = {"enum": ["positive", "negative"]}, {"enum": ["some", "none"]}


@pytest.mark.parametrize(
    ("text", "schema"),
    [
        ("I could not find a grade.", GRADES),
        ("A good answer has no grade", GRADES),
        ("Is it B?", GRADES),
        ("The grade is not **B**", GRADES),
        ("A- is what it gets", GRADES),
        ("A - good\nB - bad", GRADES),
        ("There is no information", YES_NO),
        ("No one knows", YES_NO),
        ("其中没有提到", LEVELS),
        ("级别并不算高", LEVELS),
        ("级别不是高", LEVELS),
        ("不是很正面", MOODS),
        ("谈不上正面", MOODS),
        ("很难说是正面", MOODS),
        ("It is hardly positive.", FEELINGS),
        ("Nobody would call it positive", FEELINGS),
        ("It fails to be positive", FEELINGS),
        ("It isn't, all in all, positive", FEELINGS),
        ("Is it positive?", FEELINGS),
        ("Positive, though hardly so", FEELINGS),
        ("That's not quite true.", BOOLEAN),
        ("That would be true unless it rains", BOOLEAN),
        ("That is a true story", BOOLEAN),
        ("There is no information", BOOLEAN),
        ("No. 5 is the best", BOOLEAN),
        ("Yes, but only on Sundays", BOOLEAN),
        ("Yes and no", BOOLEAN),
        ("No, that is true", BOOLEAN),
        ("It could be positive", FEELINGS),
        ("It is the opposite of positive", FEELINGS),
        ("None of this is stated.", KINDS),
        ("There is some left.", KINDS),
    ],
)
def test_a_word_of_prose_is_no_answer(text: str, schema: dict[str, Any]) -> None:
    found = align(schema_of(schema), [text], text)
    assert found.value == text
    assert not found.changes


@pytest.mark.parametrize(
    ("text", "schema", "expected"),
    [
        ("B.", GRADES, "B"),
        ("B - because it is not finished", GRADES, "B"),
        ("B: it has no end", GRADES, "B"),
        ("The answer is B.", GRADES, "B"),
        ("Grade: (C)", GRADES, "C"),
        ("**Answer:** B", GRADES, "B"),
        ("The answer is no.", BOOLEAN, False),
        ("Answer: yes", BOOLEAN, True),
        ("I take **B** as a grade", GRADES, "B"),
        ("I take “B” here", GRADES, "B"),
        ("No, there is nothing", YES_NO, "no"),
        ("Yes, there is no doubt", BOOLEAN, True),
        ("级别是高", LEVELS, "高"),
        ("级别：中", LEVELS, "中"),
        ("评价是正面的", MOODS, "正面"),
        ("非常正面", MOODS, "正面"),
        ("The review is positive. It has no flaws.", FEELINGS, "positive"),
        ("It is rated not stated", {"enum": ["stated", "not stated"]}, "not stated"),
        ("It is true that it rains", BOOLEAN, True),
    ],
)
def test_an_answer_in_a_sentence_is_taken(text: str, schema: dict[str, Any], expected: Any) -> None:
    assert align(schema_of(schema), [text], text).value == expected


@pytest.mark.parametrize(
    ("values", "schema"),
    [
        ([{"sentiment": "hardly positive"}, {"sentiment": "n/a"}], FEELINGS),
        ([{"v": "false positive"}], BOOLEAN),
        ([{"v": "The answer is positive"}], FEELINGS),
        ([["It is true."], ["x"]], BOOLEAN),
        ([{"v": "x"}, "It is positive"], FEELINGS),
    ],
)
def test_a_text_inside_of_json_is_no_prose(values: list[Any], schema: dict[str, Any]) -> None:
    found = align(schema_of(schema), values, " ".join(json.dumps(value) for value in values))
    assert not isinstance(validate(schema_of(schema), found.value), Valid)


@pytest.mark.parametrize(
    "text", ["A not " * 330, '"A"' * 660, "positive. " * 199, "true not " * 220, "不" * 1999 + "高"]
)
def test_long_sentences_take_little_time(text: str) -> None:
    started = time.monotonic()
    for schema in (GRADES, FEELINGS, BOOLEAN, LEVELS):
        align(schema_of(schema), [text], text)
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("5 millions", 5_000_000),
        ("5 crores", 50_000_000),
        ("2 lakh", 200_000),
        ("3 dozen", 36),
        ("$5m", 5_000_000),
        ("€5 mn", 5_000_000),
        ("5 bn USD", 5_000_000_000),
        ("5k", 5_000),
        ("3千克", 3),
        ("3千人", 3_000),
        ("三千元", 3_000),
        ("5万元", 50_000),
        ("3亿", 300_000_000),
        ("5 km/h", 5),
        ("12 m²", 12),
        ("5 square feet", 5),
        ("5 people", 5),
        ("30 years old", 30),
        ("20 °C", 20),
        ("5s", 5),
        ("3年", 3),
        ("二十三个", 23),
        ("二〇", 20),
        ("3/4", 0.75),
    ],
)
def test_units_are_left_out_and_factors_multiply(text: str, number: float) -> None:
    found = numbers.read(text)
    assert isinstance(found, tuple)
    assert [one.value for one in found] == [number]


@pytest.mark.parametrize(
    "text",
    ["2 thirds", "3 quarters", "1h20m", "5 below", "1980s", "80s", "5 cents", "5mn", "5 K", "5 k", "$12 km",
     "三千克", "24/7", "10/12", "8/10", "7/3", "1 3/2", "两三", "七八", "三五个", "5 per day", "5kk"],
)  # fmt: skip
def test_a_number_with_words_that_are_not_known_is_a_doubt(text: str) -> None:
    assert isinstance(numbers.read(text), Doubt)


@pytest.mark.parametrize("text", ["四川", "一般", "一定", "三国", "80后", "十分", "千万", "5-10"])
def test_a_word_with_a_numeral_in_it_is_no_number(text: str) -> None:
    assert not isinstance(numbers.read(text), tuple) or not numbers.read(text)


@pytest.mark.parametrize(
    ("text", "schema", "expected"),
    [
        ("12%", NUMBER | {"minimum": 0}, 0.12),
        ("12%", NUMBER | {"minimum": 0, "maximum": 1}, 0.12),
        ("1%", NUMBER | {"minimum": 0, "maximum": 1}, 0.01),
        ("12%", NUMBER | {"minimum": 1, "maximum": 100}, 12),
        ("100%", INTEGER, 100),
        ("100%", INTEGER | {"maximum": 1}, 1),
        ("150%", NUMBER | {"minimum": 1, "maximum": 100}, "150%"),
        ("12%", NUMBER | {"minimum": 0, "maximum": 100}, "12%"),
    ],
)
def test_a_percentage_is_read_by_the_bounds(text: str, schema: dict[str, Any], expected: Any) -> None:
    assert align(schema_of(schema), [text]).value == expected


def test_a_percentage_above_a_maximum_of_one_is_not_valid() -> None:
    schema = schema_of(NUMBER | {"maximum": 1})
    assert not isinstance(validate(schema, align(schema, ["150%"]).value), Valid)


@pytest.mark.parametrize(
    ("text", "schema", "expected"),
    [
        ("none", many(STRING), []),
        ("", many(STRING), []),
        ("n/a", many(STRING), []),
        ("无", many(STRING), []),
        ("none", many(STRING) | {"minItems": 1}, "none"),
        ("none", many({"enum": ["none", "some"]}), ["none"]),
        ("none", either(many(STRING), NULL), None),
        ("nobody", many(STRING), ["nobody"]),
    ],
)
def test_a_word_for_nothing_is_an_empty_list(text: str, schema: dict[str, Any], expected: Any) -> None:
    for wanted, value, result in ((schema, text, expected), (record(a=schema), {"a": text}, {"a": expected})):
        found = align(schema_of(wanted), [value])
        assert found.value == result
        assert bool(found.changes) == (result != value)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("百分之十二", 0.12),
        ("百分之12.5", 0.125),
        ("千分之三", 0.003),
        ("一又二分之一", 1.5),
        ("四分之三个", 0.75),
        ("负三分之一", -1 / 3),
        ("3万5000", 35_000),
        ("1万零5", 10_005),
        ("2亿零3万", 200_030_000),
        ("5万3千人", 53_000),
        ("12万3千元", 123_000),
        ("1亿2千万", 120_000_000),
        ("½", 0.5),
        ("-½", -0.5),
        ("⅓", 1 / 3),
        ("1 ½", 1.5),
        ("2½ hours", 2.5),
        ("five", 5),
        ("zero", 0),
        ("minus five", -5),
        ("Two hundred and five", 205),
        ("twelve hundred", 1200),
        ("one million", 1_000_000),
        ("one million two hundred thousand and six", 1_200_006),
        ("a hundred", 100),
        ("two dozen", 24),
        ("two and a half million", 2_500_000),
        ("three point one four", 3.14),
        ("five million dollars", 5_000_000),
        ("ten per cent", 0.1),
    ],
)
def test_numbers_in_other_forms_are_read(text: str, number: float) -> None:
    found = numbers.read(text)
    assert isinstance(found, tuple)
    assert found[0].value == number


@pytest.mark.parametrize(
    "text",
    ["(1,234)", "($5)", "2千3百万", "1万23千", "12万3千多", "三分之一以上", "百分之五十多", "五分之一千克", "12万3千克",
     "several", "twenty-odd",
     "about five", "more than ten", "two to three", "twenty twenty", "nineteen eighty-four", "one two three", "million",
     "two three hundred", "fifty-fifty", "dozens"],
)  # fmt: skip
def test_a_number_that_is_not_clear_is_a_doubt(text: str) -> None:
    assert isinstance(numbers.read(text), Doubt)


@pytest.mark.parametrize(
    "text",
    ["One Direction", "no one", "someone", "one's", "an hour", "a", "and", "Ten Commandments", "five, six", "tent",
     "often", "½-1", "()", "百", "one and only", "weighty"],
)  # fmt: skip
def test_words_that_are_no_number_are_none(text: str) -> None:
    assert numbers.read(text) == ()


ONES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
        "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")  # fmt: skip
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")


def spelled(number: int) -> str:
    """205 → 'two hundred and five'."""
    if number < 20:
        return ONES[number]
    if number < 100:
        return TENS[number // 10 - 2] + (f"-{ONES[number % 10]}" if number % 10 else "")
    size, word = next(pair for pair in ((10**6, "million"), (1000, "thousand"), (100, "hundred")) if number >= pair[0])
    head, rest = divmod(number, size)
    joint = " and " if rest < 100 else " "
    return f"{spelled(head)} {word}" + (f"{joint}{spelled(rest)}" if rest else "")


@given(number=st.integers(0, 10**9 - 1))
@quick(200)
def test_every_number_is_read_from_its_words(number: int) -> None:
    assert number_words.read(spelled(number)) == number
    assert number_words.leading(f"{spelled(number)} ships") == (number, "ships")


@given(words=st.lists(st.sampled_from(["a", "and", "half", "one", "ten", "twenty", "hundred", "dozen", "thousand",
                                       "million", "point", "minus", "so", "or", "-"]), max_size=12))  # fmt: skip
@quick(200)
def test_any_words_are_a_number_a_doubt_or_none(words: list[str]) -> None:
    numbers.read(" ".join(words))


@pytest.mark.parametrize(
    ("text", "time_", "is_told"),
    [
        ("下午三点", "15:00:00", False),
        ("上午九点三刻", "09:45:00", False),
        ("晚上11点半", "23:30:00", False),
        ("早上8点", "08:00:00", False),
        ("中午12点", "12:00:00", False),
        ("傍晚6点", "18:00:00", False),
        ("二十三点四十五分", "23:45:00", False),
        ("3点半", "03:30:00", True),
        ("三点一刻", "03:15:00", True),
        ("8点整", "08:00:00", True),
        ("三点零五分", "03:05:00", True),
        ("noon", "12:00:00", True),
        ("Midnight", "00:00:00", True),
    ],
)
def test_times_are_read_and_what_is_supposed_is_told(text: str, time_: str, is_told: bool) -> None:
    found = dates.read(text, "time-local")
    assert isinstance(found, Found)
    assert found.value == time_
    assert bool(found.how) == is_told


@pytest.mark.parametrize(
    "text", ["三点五", "早上12点", "上午12点", "中午3点", "25点", "下午15点", "3点半分", "三", "点半"]
)
def test_a_time_that_is_not_clear_is_none(text: str) -> None:
    assert dates.read(text, "time-local") is None


def test_noon_is_a_time_and_no_moment() -> None:
    assert dates.read("3 May 2019, midnight", "date-time-local") is None
    assert isinstance(dates.read("noon", "time"), Doubt)
    found = dates.read("2019年5月3日下午三点", "date-time-local")
    assert isinstance(found, Found)
    assert found.value == "2019-05-03T15:00:00"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes, since 2010", True),
        ("No. It was closed.", False),
        ("**Yes** - since 2010", "**Yes** - since 2010"),
        ("Yes - since 2010", True),
        ("没有，已关闭", False),
        ("是的，自2010年起", True),
        ("Yes, mostly", None),
        ("No, until 2010", None),
        ("No, that is true", None),
        ("是，否", None),
        ("有，但不多", None),
        ("No. 5 is the best", "No. 5 is the best"),
        ("No. of rooms", "No. of rooms"),
        ("No one", "No one"),
        ("N. America", "N. America"),
        ("有人，不知", "有人，不知"),
    ],
)
def test_a_firm_yes_or_no_at_the_beginning_counts(text: str, value: Any) -> None:
    """None stands for a doubt, the text for nothing at all."""
    found = align(schema_of(record(a=BOOLEAN)), [{"a": text}])
    assert found.value == {"a": value if isinstance(value, bool) else text}
    assert bool(found.doubts) == (value is None)
    assert ("without the rest" in found.changes.get("/a", "")) == isinstance(value, bool)


MAIL = {"type": "string", "format": "email"}


@pytest.mark.parametrize(
    ("text", "item", "expected"),
    [
        ("1,2", INTEGER, [1, 2]),
        ("1;2；3", INTEGER, [1, 2, 3]),
        ("1,2,3", NUMBER, [1, 2, 3]),
        ("1,234", INTEGER, [1234]),
        ("1,234, 5", INTEGER, [1234, 5]),
        ("2019、2020", INTEGER, [2019, 2020]),
        ("- 1\n- 2", INTEGER, [1, 2]),
        ("1. 5\n2. 6", INTEGER, [5, 6]),
        ("1, 2", either(INTEGER, NULL), [1, 2]),
        ("five, six", INTEGER, [5, 6]),
        ("yes, no", BOOLEAN, [True, False]),
        ("yes, since 2010", BOOLEAN, [True]),
        ("RED, dark blue", COLOUR, ["RED", "DARK_BLUE"]),
        ("a, b", {"enum": ["a", "b", "a, b"]}, ["a, b"]),
        ("3 May 2019, 4 June 2020", DATE, ["2019-05-03", "2020-06-04"]),
        ("May 3, 2019", DATE, ["2019-05-03"]),
        ("a@b.example, c@d.example", MAIL, ["a@b.example", "c@d.example"]),
        ("a, b", STRING, ["a, b"]),
        ("a; b", STRING, ["a", "b"]),
        ("张三、李四；", STRING, ["张三、李四；"]),
        ("张三、李四", STRING, ["张三", "李四"]),
        ("一、背景", STRING, ["一、背景"]),
        ("Smith, J.; Jones, K.", STRING, ["Smith, J.", "Jones, K."]),
        ("He came; she left.", STRING, ["He came; she left."]),
        ("AT&amp;T; x", STRING, ["AT&amp;T; x"]),
        ("a\nb", STRING, ["a", "b"]),
        ("* a, b\n* It ends. Here.", STRING, ["a, b", "It ends. Here."]),
        ("1. a\n2) b", STRING, ["a", "b"]),
        ("1. a\n3. b", STRING, ["1. a\n3. b"]),
        ("Keywords:\na\nb", STRING, ["Keywords:\na\nb"]),
    ],
)
def test_a_text_with_several_items_is_a_list(text: str, item: dict[str, Any], expected: Any) -> None:
    found = align(schema_of(record(a=many(item))), [{"a": text}])
    assert found.value == {"a": expected}
    assert found.changes["/a"].startswith("one")


@pytest.mark.parametrize("text", ["1, n/a", "1, 2 and 3", "1, 2.5", "1. 5\n3. 6", ", 1", "1 - 2"])
def test_a_text_of_which_a_part_is_no_item_stays(text: str) -> None:
    assert align(schema_of(record(a=many(INTEGER))), [{"a": text}]).value == {"a": text}


COUNTED = record(name=STRING) | {"properties": {"name": STRING, "count": INTEGER}}


@pytest.mark.parametrize(
    ("value", "item", "expected"),
    [
        ({"people": [{"name": "Ada"}], "total": 1}, COUNTED, [{"name": "Ada"}]),
        ({"people": [{"name": "Ada"}], "count": 1}, COUNTED, None),
        ({"people": [{"name": "Ada"}], "others": []}, NAMED, None),
        ({"headline": "x", "authors": [{"name": "Ada"}]}, record(title=STRING), None),
        ({"headline": "x", "tags": ["a"]}, record(title=STRING), None),
        ({"people": [{"name": "Ada"}], "about": {}}, record(name=STRING), None),
        ({"names": ["Ada"], "n": 1, "source": None}, STRING, ["Ada"]),
    ],
)
def test_the_only_list_of_an_object_is_taken_out_of_it(value: Any, item: dict[str, Any], expected: Any) -> None:
    found = align(schema_of(record(a=many(item))), [{"a": value}])
    assert found.value == {"a": value if expected is None else expected}
    assert all(key in found.changes["/a"] for key in value) if expected else not found.changes


def tagged(at: int, **more: Any) -> dict[str, Any]:
    return record(kind={"const": f"k{at}"}, **{f"size{at}": INTEGER, "note": either(STRING, NULL)}, **more)


def test_a_long_list_of_a_union_takes_little_time() -> None:
    schema = schema_of(many(either(*map(tagged, range(12)))))
    items = [{"kind": f"k{at % 12}", f"size{at % 12}": "12 km", "note": "x"} for at in range(3000)]
    started = time.process_time()
    found = align(schema, [items])
    assert len(found.changes) == 3000
    assert time.process_time() - started < 20


PARTS = st.sampled_from(
    [{"const": "cat"}, {"const": "dog"}, {"enum": ["Cat", "cow"]}, STRING, INTEGER, either(INTEGER, NULL)]
)
SPECIES = st.dictionaries(st.sampled_from(["kind", "a", "first_name"]), PARTS, min_size=1).map(
    lambda some: record(**some)
)
OPTIONAL = SPECIES.map(lambda one: one | {"required": one["required"][:1]})
TAGGED = st.sampled_from(["cat", "Dog", "cow", "1", "x", None, 2, ["cat"], {"a": "1"}, "null"])
SPELT = st.sampled_from(["kind", "Kind", "a", "A", "firstName", "first_name", "x", "result"])
ANIMALS = st.dictionaries(SPELT, TAGGED, max_size=4)


@given(
    branches=st.lists(SPECIES | OPTIONAL, min_size=2, max_size=4),
    value=ANIMALS,
    word=st.sampled_from(["anyOf", "oneOf"]),
)
@quick(200)
def test_sorting_out_branches_changes_no_result(branches: list[Any], value: Any, word: str) -> None:
    schema = schema_of({word: branches})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Branches, "possible", lambda _, branches, value: ([*branches], (math.inf,)))
        expected = align(schema, [value])
    assert align(schema, [value]) == expected
