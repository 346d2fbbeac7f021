"""From a schema to what the decoder gets: one table for each way to combine subschemas, and what the report says."""

from __future__ import annotations

import contextlib
import json
import time
from fractions import Fraction
from typing import Any

import pytest
from llguidance import LLMatcher, LLTokenizer
from scripted import left, record, written

from extractor.errors import SchemaError
from extractor.grammar import BOUNDED, EXACT, SPACED, Bounds, Grammar, compile_schema
from extractor.grammar.bounds import DEPTH_BOUND
from extractor.grammar.lowering import MAX_ALTERNATIVES
from extractor.grammar.meetings import MAX_VALUES
from extractor.grammar.report import Report
from extractor.grammar.shapes import Place
from extractor.grammar.trials import Trials
from extractor.schema import load_json
from extractor.validation import Valid, validate

BYTES = LLTokenizer("byte")
TEXT: dict[str, Any] = {"type": "string"}
WHOLE: dict[str, Any] = {"type": "integer"}
NUMBER: dict[str, Any] = {"type": "number"}
NOTHING: dict[str, Any] = {"type": "null"}
SECONDS = 8.0  # what any schema may take

Json = dict[str, Any]


def lowered_of(schema: Json, bounds: Bounds | None = EXACT) -> Grammar:
    return compile_schema(load_json(schema), bounds, SPACED)


def accepts(grammar: Grammar, answer: Any) -> bool:
    """Whether the decoder can write an answer and stop there."""
    return is_written(grammar, written(answer))


def is_written(grammar: Grammar, text: str) -> bool:
    """As `accepts`, for the text of an answer."""
    tokens = [*text.encode(), BYTES.eos_token]
    matcher = LLMatcher(BYTES, grammar.text)
    assert not matcher.get_error()
    return bool(matcher.validate_tokens(tokens) == len(tokens))


def check(schema: Json, good: list[Any], bad: list[Any], after: list[str] | None = None) -> None:
    """The decoder writes the good values and none of the bad ones, which are those that are valid."""
    grammar = lowered_of(schema)
    checked = load_json(schema)
    assert [value for value in good if not isinstance(validate(checked, value), Valid)] == []
    assert [value for value in bad if isinstance(validate(checked, value), Valid)] == []
    assert [value for value in good if not accepts(grammar, value)] == []
    assert [value for value in bad if accepts(grammar, value)] == []
    assert left(grammar) == (after or [])


def only(**properties: Any) -> Json:
    """A record with these properties and no others."""
    return {**record(**properties), "additionalProperties": False}


def case(schema: Json, good: list[Any], bad: list[Any], name: str, **marks: Any) -> Any:
    return pytest.param(schema, good, bad, id=name, **marks)


# --- subschemas that all hold --------------------------------------------------------------------------------

A, B = {"a": 1}, {"b": 1}
AB = {"a": 1, "b": 1}


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        case(
            {"allOf": [record(a=WHOLE), record(b=WHOLE)]},
            [AB, {**AB, "c": 0}],
            [A, B, {"a": 1, "b": "x"}, 1],
            "records",
        ),
        case(
            {"allOf": [{"properties": {"a": WHOLE}}, {"properties": {"a": {"minimum": 3}}}], "type": "object"},
            [{"a": 3}, {}, {"b": 0}],
            [{"a": 2}, {"a": 3.5}],
            "one property twice",
        ),
        case(
            {"allOf": [{"$ref": "#/$defs/P"}, {"properties": {"b": TEXT}}], "$defs": {"P": only(a=WHOLE)}},
            [A],
            [{"a": 1, "b": "x"}, {}],
            "a closed record stays closed",
        ),
        case(
            {"$ref": "#/$defs/P", "required": ["b"], "$defs": {"P": {"type": "object", "properties": {"b": WHOLE}}}},
            [B],
            [{}, {"b": "x"}],
            "$ref with siblings",
        ),
        case(
            {"type": "array", "allOf": [{"items": NUMBER}, {"items": {"minimum": 2}}, {"maxItems": 2}]},
            [[], [2, 2.5]],
            [[1], [2, 2, 2], ["x"]],
            "lists",
        ),
        case(
            {"allOf": [{"minimum": 1}, {"minimum": 3}, {"maximum": 9}, {"exclusiveMaximum": 9}], **WHOLE},
            [3, 8],
            [2, 9],
            "the narrowest limits",
        ),
        case(
            {**NUMBER, "minimum": 0, "multipleOf": 0.5, "allOf": [{"multipleOf": 0.75}]},
            [0, 1.5, 3],
            [0.5, 0.75],
            "steps",
        ),
        case(
            {**TEXT, "pattern": "^a", "allOf": [{"pattern": "b$"}, {"maxLength": 3}]},
            ["ab", "axb"],
            ["a", "b", "axxb"],
            "patterns and a length",
        ),
        case(
            {"allOf": [{"additionalProperties": WHOLE}, {"properties": {"a": TEXT}}], "type": "object"},
            [{"b": 1}, {}],
            [{"a": "x"}, {"b": "x"}, {"a": 1}],
            "additionalProperties of one meets properties of another",
        ),
        case(
            {
                "type": "object",
                "allOf": [
                    {"properties": {"a": {}}, "additionalProperties": False},
                    {"properties": {"b": {}}, "additionalProperties": False},
                ],
            },
            [{}],
            [A, B, AB],
            "two closed records",
        ),
        case(
            {
                "type": "object",
                "properties": {"xa": WHOLE},
                "patternProperties": {"^x": {"type": ["integer", "string"]}},
                "additionalProperties": NOTHING,
            },
            [{"xa": 1}, {"xb": "s"}, {"xa": 1, "c": None}],
            [{"xa": "s"}, {"xb": None}, {"c": 1}],
            "patternProperties next to properties",
        ),
        case(
            {
                "type": "object",
                "allOf": [
                    {"patternProperties": {"^x": WHOLE}},
                    {"additionalProperties": {"type": ["integer", "null"]}},
                ],
            },
            [{"xa": 1}, {"c": None}],
            [{"xa": None}, {"c": "s"}],
            "patternProperties of one, additionalProperties of another",
        ),
        case(
            {
                "type": "array",
                "allOf": [
                    {"prefixItems": [WHOLE]},
                    {"prefixItems": [{"minimum": 2}, TEXT], "items": False},
                    {"items": {"type": ["number", "string"]}},
                ],
            },
            [[], [2], [2, "x"]],
            [[1], [2, 3], [2, "x", 0]],
            "prefixItems",
        ),
        case({"type": "array", "prefixItems": [WHOLE, False], "items": TEXT}, [[], [1]], [[1, "x"], ["x"]], "an end"),
        case({"type": "array", "prefixItems": [WHOLE], "items": NOTHING}, [[1, None], []], [[None], [1, 1]], "a head"),
        case({"type": "array", "contains": {}, "minContains": 2}, [[1, 2]], [[1], []], "contains anything"),
    ],
)
def test_all_of(schema: Json, good: list[Any], bad: list[Any]) -> None:
    check(schema, good, bad)


def tree(**more: Any) -> Json:
    return {"type": "object", "properties": {"n": WHOLE, "kids": {"type": "array", "items": {"$ref": "#"}}}, **more}


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        case(tree(required=["n"]), [{"n": 1, "kids": [{"n": 2, "kids": []}]}], [{"n": 1, "kids": [{}]}], "a tree"),
        case(
            {
                "allOf": [{"$ref": "#/$defs/T"}, {"$ref": "#/$defs/U"}],
                "$defs": {
                    "T": {"type": "object", "properties": {"a": {"$ref": "#/$defs/T"}}},
                    "U": {"properties": {"a": {"$ref": "#/$defs/U"}}, "additionalProperties": False},
                },
            },
            [{}, {"a": {}}, {"a": {"a": {}}}],
            [{"b": 1}, {"a": {"b": 1}}, {"a": {"a": 1}}],
            "two recursive definitions in step",
        ),
        case(
            {"$ref": "#/$defs/L", "$defs": {"L": {"anyOf": [NOTHING, only(head=WHOLE, tail={"$ref": "#/$defs/L"})]}}},
            [None, {"head": 1, "tail": None}, {"head": 1, "tail": {"head": 2, "tail": None}}],
            [{"head": 1}, {"head": 1, "tail": 2}],
            "a linked list",
        ),
        case(
            {
                "$ref": "#/$defs/E",
                "$defs": {
                    "E": {"anyOf": [WHOLE, {"$ref": "#/$defs/S"}]},
                    "S": {
                        "type": "array",
                        "prefixItems": [{"const": "+"}, {"$ref": "#/$defs/E"}],
                        "minItems": 2,
                        "items": {"$ref": "#/$defs/E"},
                    },
                },
            },
            [1, ["+", 1], ["+", 1, ["+", 2]]],
            [["+"], ["-", 1], ["+", "+"]],
            "expressions",
        ),
    ],
)
def test_recursion(schema: Json, good: list[Any], bad: list[Any]) -> None:
    check(schema, good, bad)


# --- alternatives --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        case({"anyOf": [WHOLE, {**TEXT, "maxLength": 1}]}, [1, "x"], ["xx", None, 1.5], "types"),
        case(
            {**record(a={}), "anyOf": [record(b=WHOLE), record(c=TEXT)]},
            [AB, {"a": 1, "c": ""}],
            [A, B],
            "beside properties",
        ),
        case({"anyOf": [{"minimum": 5}, {"maximum": 1}], **NUMBER}, [5, 1, 0.5], [2, 4.5], "limits"),
        case({"anyOf": [WHOLE, TEXT], "allOf": [{"anyOf": [TEXT, NOTHING]}]}, ["x"], [1, None], "two unions"),
        case({"anyOf": [False, {"anyOf": [WHOLE, {"enum": ["x"]}]}]}, [1, "x"], ["y", None], "nested"),
        case({"anyOf": [{"type": "string"}, True]}, [1, None, [{}]], [], "one that takes all"),
        case(
            {"anyOf": [{"enum": [1, "x"]}, {"enum": [1, None]}], "type": ["integer", "null"]},
            [1, None],
            ["x", 2],
            "enums",
        ),
        case(
            {"type": "array", "items": {"anyOf": [WHOLE, {"type": "array", "items": {"$ref": "#/items"}}]}},
            [[], [1, [2, [3]]]],
            [["x"], [1, [None]]],
            "recursive",
        ),
    ],
)
def test_any_of(schema: Json, good: list[Any], bad: list[Any]) -> None:
    check(schema, good, bad)


@pytest.mark.parametrize(
    ("branches", "held"),
    [
        pytest.param([TEXT, WHOLE, NOTHING], True, id="types"),
        pytest.param([WHOLE, NUMBER], False, id="a whole number is a number"),
        pytest.param([{**WHOLE, "maximum": 3}, {**WHOLE, "minimum": 4}], True, id="ranges"),
        pytest.param([{**WHOLE, "exclusiveMaximum": 3}, {**NUMBER, "minimum": 3}], True, id="ranges that touch"),
        pytest.param([{**WHOLE, "maximum": 3}, {**WHOLE, "minimum": 3}], False, id="ranges that share a number"),
        pytest.param([{"enum": ["a", 1]}, {"enum": ["b", True]}], True, id="enums, true is not 1"),
        pytest.param([{"enum": ["a", "b"]}, {"const": "b"}], False, id="enums that share a value"),
        pytest.param([{"enum": [1.0]}, {"const": 1}], False, id="1.0 is 1"),
        pytest.param([{"const": "a"}, WHOLE], True, id="a value of another type"),
        pytest.param([{"const": "a"}, TEXT], False, id="a value of the type"),
        pytest.param([{**TEXT, "maxLength": 2}, {**TEXT, "minLength": 3}], True, id="lengths"),
        pytest.param([{"type": "array", "maxItems": 1}, {"type": "array", "minItems": 2}], True, id="sizes of lists"),
        pytest.param([record(k={"const": "a"}), record(k={"const": "b"})], True, id="a discriminator"),
        pytest.param([record(k=record(k={"const": 1})), record(k=record(k={"const": 2}))], True, id="further down"),
        pytest.param([record(k=WHOLE), record(k=TEXT)], True, id="a property of another type"),
        pytest.param([record(k={}), {"type": "object", "properties": {"k": False}}], True, id="there or not"),
        pytest.param([only(a=TEXT), only(b=TEXT)], True, id="closed records"),
        pytest.param([record(a=TEXT), record(b=TEXT)], False, id="open records"),
        pytest.param(
            [{"type": "object", "properties": {"k": {"const": at}}} for at in "ab"],
            False,
            id="a discriminator that may be missing",
        ),
        pytest.param([TEXT], True, id="only one"),
        pytest.param([TEXT, False], True, id="nothing beside it"),
        pytest.param([TEXT, {"allOf": [TEXT, WHOLE]}], True, id="what nothing satisfies beside it"),
    ],
)
def test_one_of_is_held_where_its_branches_exclude_each_other(branches: list[Any], held: bool) -> None:
    assert left(lowered_of({"oneOf": branches})) == ([] if held else ["/oneOf"])


def test_one_of_beside_what_tells_its_branches_apart() -> None:
    branches = [{"properties": {"a": WHOLE}}, {"properties": {"a": TEXT}}]
    assert left(lowered_of({"type": "object", "oneOf": branches})) == ["/oneOf"]
    assert left(lowered_of({"type": "object", "oneOf": branches, "required": ["a"]})) == []


@pytest.mark.parametrize("listed", [{"const": 5}, {"anyOf": [{"const": 5}, {"const": -1}]}, {"enum": [True, 1, -1]}])
def test_a_listed_value_that_another_branch_writes_as_well(listed: Json) -> None:
    one_of = {"oneOf": [{"minimum": 1}, listed]}
    assert left(lowered_of({**WHOLE, **one_of})) == ["/oneOf"]
    assert left(lowered_of({"allOf": [WHOLE, {"anyOf": [one_of, TEXT]}]})) == ["/allOf/1/anyOf/0/oneOf"]
    assert left(lowered_of({**TEXT, "oneOf": [{"minLength": 1}, listed]})) == []


def test_one_of_several_places_is_told_by_itself() -> None:
    apart, overlapping = {"oneOf": [WHOLE, TEXT]}, {"oneOf": [WHOLE, NUMBER]}
    assert left(lowered_of(record(a=apart, b=overlapping))) == ["/properties/b/oneOf"]


# --- negation ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        case({"not": TEXT}, [1, None, {}, [], 1.5, True], ["", "x"], "a type"),
        case({"not": {"type": ["string", "integer"]}, "type": ["string", "null"]}, [None], ["x", 1], "types"),
        case({"type": "object", "not": {"required": ["a"]}}, [{}, B], [A, AB], "required"),
        case({"type": "object", "not": {"required": ["a", "b"]}}, [{}, A, B], [AB], "either missing"),
        case(
            {"type": "object", "not": {"properties": {"a": TEXT}}}, [A, {"a": None}], [{"a": "x"}, {}, B], "a property"
        ),
        case(
            {"type": "object", "not": {"properties": {"a": TEXT}, "required": ["a"]}},
            [{}, A],
            [{"a": "x"}, {"a": "x", "b": 1}],
            "a property that is there",
        ),
        case({"not": {"anyOf": [TEXT, NUMBER]}}, [None, [], {}], ["x", 1, 1.5], "anyOf"),
        case({"not": {"allOf": [{"type": ["string", "null"]}, TEXT]}}, [None, 1], ["x"], "allOf"),
        case({"not": {"not": WHOLE}}, [1], ["x", 1.5], "not not"),
        case({"not": {"const": "b"}, "enum": ["a", "b"]}, ["a"], ["b", "c"], "a value, beside enum"),
        case({"not": {"pattern": "^a"}, "enum": ["a", "b", "ab"]}, ["b"], ["a", "ab"], "a pattern, beside enum"),
        case({"not": False}, [1, None], [], "nothing"),
        case({"type": "array", "items": {"not": {"type": "array"}}}, [[1, {}]], [[[]]], "of the items"),
        case({"not": {"title": "t", **TEXT}}, [1], ["x"], "beside a title"),
    ],
)
def test_not(schema: Json, good: list[Any], bad: list[Any]) -> None:
    check(schema, good, bad)


@pytest.mark.parametrize(
    "schema",
    [
        {"not": True},
        {"not": {}},
        {**TEXT, "not": TEXT},
        {"not": {"not": False}},
        {"enum": ["a"], "not": {"const": "a"}},
    ],
)
def test_not_of_all(schema: Json) -> None:
    with pytest.raises(SchemaError, match="no value satisfies"):
        lowered_of(schema)


@pytest.mark.parametrize(
    "inner", [{"const": 1}, {"minimum": 3}, {"pattern": "x"}, {"oneOf": [TEXT]}, {"$ref": "#/$defs/A"}]
)
def test_not_of_what_has_no_complement_is_reported(inner: Json) -> None:
    grammar = lowered_of({"not": inner, "$defs": {"A": TEXT}})
    assert left(grammar) == ["/not"]
    assert accepts(grammar, None)


# --- if, dependent…, names -----------------------------------------------------------------------------------

IS_A = {"properties": {"k": {"const": "a"}}, "required": ["k"]}
KIND = {"k": {"enum": ["a", "b"]}}


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        case(
            {
                "type": "object",
                "properties": KIND,
                "required": ["k"],
                "if": IS_A,
                "then": {"required": ["x"]},
                "else": {"required": ["y"]},
            },
            [{"k": "a", "x": 1}, {"k": "b", "y": 1}],
            [{"k": "a", "y": 1}, {"k": "b", "x": 1}, {"k": "a"}, {"k": "c", "y": 1}],
            "const beside an enum",
        ),
        case({"if": TEXT, "then": {"minLength": 2}}, ["xx", 1, None], ["x"], "then"),
        case({"if": TEXT, "else": WHOLE}, ["x", 1], [None, 1.5], "else"),
        case({"if": {"const": 1}}, [1, "x"], [], "neither"),
        case({"if": True, "then": WHOLE, "else": TEXT}, [1], ["x"], "always"),
        case({"if": False, "then": WHOLE, "else": TEXT}, ["x"], [1], "never"),
        case(
            {"type": "object", "properties": {"a": WHOLE}, "dependentRequired": {"a": ["b"]}},
            [{}, {"b": 0}, AB],
            [A, {"a": "x", "b": 0}],
            "dependentRequired",
        ),
        case(
            {"type": "object", "dependentSchemas": {"b": {"properties": {"a": TEXT}, "required": ["a"]}}},
            [{}, A, {"a": "x", "b": 1}],
            [B, AB],
            "dependentSchemas",
        ),
        case({"type": "object", "dependentSchemas": {"a": False}}, [{}, B], [A], "a property that nothing follows"),
        case({"type": "object", "dependentRequired": {"a": ["b"], "b": ["a"]}}, [{}, AB], [A, B], "both or none"),
        case(
            {"type": "object", "propertyNames": {"enum": ["a", "b"]}},
            [{}, A, B, AB],
            [{"c": 1}],
            "propertyNames, listed",
        ),
        case({"type": "object", "propertyNames": {"pattern": "^a"}}, [A, {"ab": 1}], [B], "propertyNames, a pattern"),
        case(
            {"type": "object", "propertyNames": {"maxLength": 1}}, [A, {"": 1}], [{"ab": 1}], "propertyNames, a length"
        ),
        case({"type": "object", "propertyNames": False}, [{}], [A], "no names"),
        case(
            {**record(a=WHOLE), "propertyNames": {"pattern": "^a"}, "additionalProperties": TEXT},
            [A, {"a": 1, "ab": "x"}],
            [{"a": 1, "b": "x"}, {"a": 1, "ab": 1}],
            "propertyNames beside properties",
        ),
        case(
            {"type": "object", "properties": {"a": WHOLE, "bb": WHOLE}, "propertyNames": {"maxLength": 1}},
            [A, {}],
            [{"bb": 1}],
            "propertyNames that forbid a property",
        ),
    ],
)
def test_conditions_and_names(schema: Json, good: list[Any], bad: list[Any]) -> None:
    check(schema, good, bad)


# --- values and numbers --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        case({"enum": [1, "a", None], "type": ["string", "null"]}, ["a", None], [1], "a type"),
        case({"enum": ["a", "ab"], "minLength": 2}, ["ab"], ["a"], "a length"),
        case({"enum": ["a", "b"], "pattern": "^(?!a)"}, ["b"], ["a"], "a pattern that the decoder does not hold"),
        case({"enum": [1, 2, 3], "allOf": [{"enum": [2, 3, 4]}, {"maximum": 2}]}, [2], [1, 3, 4], "another enum"),
        case({"enum": [A, B, AB], "required": ["a"], "maxProperties": 1}, [A], [B, AB], "objects"),
        case({"enum": [[1], [1, 1]], "uniqueItems": True}, [[1]], [[1, 1]], "lists"),
        case({"enum": [1, 2], "oneOf": [{"minimum": 1}, {"minimum": 2}]}, [1], [2], "oneOf"),
        case({"enum": [1.0, 2.5], **WHOLE}, [1], [2.5], "whole with a fraction of nought"),
        case({"type": ["integer", "number"]}, [1, 1.5], ["x"], "both halves"),
        case({"allOf": [NUMBER, WHOLE]}, [1], [1.5], "the whole half"),
        case({**NUMBER, "multipleOf": 1, "minimum": 0}, [0, 2], [0.5], "steps of one"),
        case({**NUMBER, "anyOf": [WHOLE, {"maximum": 0}]}, [3, -0.5, 0], [0.5], "whole or small"),
    ],
)
def test_values_and_numbers(schema: Json, good: list[Any], bad: list[Any]) -> None:
    check(schema, good, bad)


def test_fractions_only_are_not_held() -> None:
    grammar = lowered_of({**NUMBER, "not": WHOLE})
    assert left(grammar) == ["/not"]
    assert accepts(grammar, 1.5)


def test_steps_are_held_of_numbers_that_are_not_negative() -> None:
    grammar = lowered_of({**NUMBER, "multipleOf": 0.5})
    assert left(grammar) == ["/multipleOf"]
    assert [accepts(grammar, number) for number in (0.5, 0.3, -0.5, -0.3)] == [True, False, True, True]


# --- the order of properties ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schema", "order"),
    [
        pytest.param({"allOf": [record(a=WHOLE)], **record(b=WHOLE)}, "ab", id="allOf before properties"),
        pytest.param({**record(b=WHOLE), "allOf": [record(a=WHOLE)]}, "ba", id="allOf after properties"),
        pytest.param({"$ref": "#/$defs/A", **record(b=WHOLE), "$defs": {"A": record(a=WHOLE)}}, "ab", id="$ref before"),
        pytest.param({**record(b=WHOLE), "$ref": "#/$defs/A", "$defs": {"A": record(a=WHOLE)}}, "ba", id="$ref after"),
        pytest.param({"allOf": [record(c=WHOLE), record(a=WHOLE, b=WHOLE)]}, "cab", id="one part after the other"),
        pytest.param(
            {"allOf": [record(b=WHOLE, a=WHOLE), record(a=WHOLE, b=WHOLE)]}, "ba", id="the first part decides"
        ),
        pytest.param(
            {"required": ["b", "a"], "properties": {"a": {}, "b": {}}, "type": "object"}, "ab", id="not as required"
        ),
        pytest.param(
            {"type": "object", "required": ["b", "c"], "properties": {"a": {}, "b": {}}}, "abc", id="without a property"
        ),
        pytest.param({**record(c=WHOLE), "anyOf": [record(a=WHOLE)]}, "ca", id="anyOf after"),
    ],
)
def test_the_order_of_properties(schema: Json, order: str) -> None:
    grammar = lowered_of(schema)
    assert accepts(grammar, dict.fromkeys(order, 1))
    assert not accepts(grammar, dict.fromkeys(reversed(order), 1))


# --- the report ----------------------------------------------------------------------------------------------

UNIQUE = {"uniqueItems": True}


@pytest.mark.parametrize(
    ("schema", "after"),
    [
        ({"type": "array", **UNIQUE}, ["/uniqueItems"]),
        ({"$ref": "#/$defs/U", "$defs": {"U": UNIQUE}}, ["/$defs/U/uniqueItems"]),
        ({"allOf": [{"anyOf": [NOTHING, UNIQUE]}]}, ["/allOf/0/anyOf/1/uniqueItems"]),
        ({"not": {"not": UNIQUE}}, ["/not"]),
        ({"type": "object", "not": {"properties": {"a": {"const": 1}}, "required": ["a"]}}, ["/not"]),
        ({"if": {"pattern": "^a"}, "then": {"maxLength": 1}}, ["/if"]),
        ({"if": TEXT, "then": {"pattern": "(?=a)"}, "else": UNIQUE}, ["/then/pattern", "/else/uniqueItems"]),
        (
            {"type": "object", "dependentSchemas": {"a": {"not": {"minimum": 1}}}},
            ["/dependentSchemas/a/not"],
        ),
        (
            {"type": "array", "prefixItems": [{}, UNIQUE], "items": UNIQUE},
            ["/prefixItems/1/uniqueItems", "/items/uniqueItems"],
        ),
        ({"type": "object", "patternProperties": {"^a/~": UNIQUE}}, ["/patternProperties/^a~1~0/uniqueItems"]),
        (
            {"type": "object", "patternProperties": {"^a": WHOLE, "b$": TEXT}, "additionalProperties": NOTHING},
            ["/patternProperties", "/additionalProperties"],
        ),
        (
            {"allOf": [{"patternProperties": {"^a": WHOLE}}, {"patternProperties": {"^b": WHOLE}}]},
            ["/allOf/0/patternProperties", "/allOf/1/patternProperties"],
        ),
        ({"type": "object", "properties": {"a": {}, "b": {}}, "minProperties": 1}, ["/minProperties"]),
        ({"type": "object", "properties": {"a": {}, "b": {}}, "minProperties": 1, "additionalProperties": False}, []),
        ({"anyOf": [TEXT, {"format": "email"}]}, ["/anyOf/1/format"]),
        ({"type": "array", "contains": WHOLE, "minContains": 2, "maxContains": 3}, ["/contains"]),
        (
            {"unevaluatedProperties": False, "unevaluatedItems": False, "type": ["array", "object"]},
            ["/unevaluatedProperties", "/unevaluatedItems"],
        ),
    ],
)
def test_what_is_checked_after(schema: Json, after: list[str]) -> None:
    assert left(lowered_of(schema)) == after


def test_the_report_names_every_keyword_once() -> None:
    grammar = lowered_of(
        {
            "title": "Any",
            "type": "object",
            "properties": {"b": {"$ref": "#/$defs/T"}, "a": {"$ref": "#/$defs/T"}, "c": {**TEXT, "format": "x"}},
            "if": {"required": ["a"]},
            "then": {"required": ["b"]},
            "x-mine": 1,
            "$defs": {"T": {"type": "array", "uniqueItems": True}, "Unused": {"not": {"const": 1}}},
        }
    )
    assert [(row.pointer, row.keyword, row.status) for row in grammar.report] == [
        ("", "type", "enforced"),
        ("", "properties", "enforced"),
        ("", "if", "enforced"),
        ("", "x-mine", "ignored"),
        ("/properties/b", "$ref", "enforced"),
        ("/properties/a", "$ref", "enforced"),
        ("/properties/c", "type", "enforced"),
        ("/properties/c", "format", "ignored"),
        ("/if", "required", "enforced"),
        ("/then", "required", "enforced"),
        ("/$defs/T", "type", "enforced"),
        ("/$defs/T", "uniqueItems", "after"),
    ]
    assert [row.value for row in grammar.report][:1] == ['"object"']


# --- recursion, unrolled -------------------------------------------------------------------------------------


def chain(levels: int, end: Any, name: str = "a") -> Any:
    value = end
    for _ in range(levels):
        value = {name: value}
    return value


def test_recursion_is_unrolled_to_a_depth() -> None:
    schema = {"type": "object", "properties": {"a": {"$ref": "#"}}, "additionalProperties": False}
    bounded, exact = lowered_of(schema, BOUNDED), lowered_of(schema)
    assert "$ref" in str(exact.lowered)
    assert "$ref" not in str(bounded.lowered)
    assert accepts(bounded, chain(DEPTH_BOUND, {}))
    assert not accepts(bounded, chain(DEPTH_BOUND + 1, {}))
    assert accepts(exact, chain(40, {}))
    assert accepts(lowered_of(schema, Bounds(depth=2)), chain(2, {}))
    assert not accepts(lowered_of(schema, Bounds(depth=2)), chain(3, {}))


def test_a_value_that_needs_more_depth_keeps_it() -> None:
    """Where one level asks for the next, up to the tenth; with a loop at the end."""
    levels = {f"L{at}": only(a={"$ref": f"#/$defs/L{at + 1}"}) for at in range(DEPTH_BOUND + 4)}
    end = {"anyOf": [NOTHING, {"$ref": "#/$defs/L0"}]}
    schema = {"$ref": "#/$defs/L0", "$defs": {**levels, f"L{DEPTH_BOUND + 4}": end}}
    assert accepts(lowered_of(schema, BOUNDED), chain(DEPTH_BOUND + 4, None))


def test_each_cycle_has_its_own_turns() -> None:
    inner = {"type": "object", "properties": {"b": {"$ref": "#/$defs/I"}}, "additionalProperties": False}
    outer = {
        "type": "object",
        "properties": {"a": {"$ref": "#"}, "b": {"$ref": "#/$defs/I"}},
        "additionalProperties": False,
    }
    grammar = lowered_of({**outer, "$defs": {"I": inner}}, BOUNDED)
    assert accepts(grammar, chain(DEPTH_BOUND, chain(DEPTH_BOUND, {}, "b")))


def test_a_large_graph_keeps_its_recursion() -> None:
    kinds = [f"K{at}" for at in range(60)]
    definitions = {
        kind: {"type": "object", "properties": {"k": {"const": kind}, "n": {"$ref": f"#/$defs/{kinds[(at + 1) % 60]}"}},
               "additionalProperties": False}
        for at, kind in enumerate(kinds)
    }  # fmt: skip
    grammar = lowered_of({"$ref": "#/$defs/K0", "$defs": definitions}, BOUNDED)
    assert accepts(grammar, chain(100, {}, "n"))


# --- limits --------------------------------------------------------------------------------------------------


def paths(levels: int) -> Json:
    """2 ** levels ways through references."""
    steps = {
        f"P{at}": record(a={"$ref": f"#/$defs/P{at + 1}"}, b={"$ref": f"#/$defs/P{at + 1}"}) for at in range(levels)
    }
    return {"$ref": "#/$defs/P0", "$defs": {**steps, f"P{levels}": WHOLE}}


def merged(levels: int) -> Json:
    """2 ** levels references at one place."""
    steps = {f"P{at}": {"allOf": [{"$ref": f"#/$defs/P{at + 1}"}] * 2} for at in range(levels)}
    return {"$ref": "#/$defs/P0", "$defs": {**steps, f"P{levels}": WHOLE}}


def nested_unions(levels: int) -> Json:
    """2 ** levels alternatives at one place."""
    steps = {f"P{at}": {"anyOf": [{"$ref": f"#/$defs/P{at + 1}"}] * 2} for at in range(levels)}
    return {"$ref": "#/$defs/P0", "$defs": {**steps, f"P{levels}": WHOLE}}


def unions(count: int) -> Json:
    """2 ** count combinations of branches."""
    return {
        "type": "object",
        "allOf": [{"anyOf": [record(**{f"a{at}": {}}), record(**{f"b{at}": {}})]} for at in range(count)],
    }


def subsets(count: int) -> Json:
    """2 ** count sets of subschemas below."""
    loops = [
        {"properties": {"a": {"$ref": f"#/$defs/D{at}"}, "b": {"$ref": f"#/$defs/D{(at + 1) % count}"}}}
        for at in range(count)
    ]
    return {"type": "object", "allOf": [{"$ref": f"#/$defs/D{at}"} for at in range(count)],
            "$defs": {f"D{at}": loop for at, loop in enumerate(loops)}}  # fmt: skip


def deep(levels: int, keyword: str) -> Json:
    node: Any = WHOLE
    for _ in range(levels):
        node = {keyword: [node]} if keyword in ("allOf", "anyOf", "oneOf", "prefixItems") else {keyword: node}
    return node  # type: ignore[no-any-return]


@pytest.mark.parametrize("bounds", [pytest.param(EXACT, id="exact"), pytest.param(BOUNDED, id="bounded")])
@pytest.mark.parametrize(
    "schema",
    [
        pytest.param(paths(30), id="2^30 paths"),
        pytest.param(merged(30), id="2^30 in allOf"),
        pytest.param(nested_unions(30), id="2^30 in anyOf"),
        pytest.param(unions(30), id="2^30 combinations"),
        pytest.param(unions(8), id="as many as there may be"),
        pytest.param(subsets(14), id="sets of subschemas"),
        pytest.param(
            {"type": "object", "oneOf": [record(k={"const": at}) for at in range(MAX_ALTERNATIVES)]}, id="a wide oneOf"
        ),
        pytest.param({"type": "object", "oneOf": [record(k={"const": at}) for at in range(400)]}, id="a wider oneOf"),
        pytest.param({"enum": [f"value {at}" for at in range(MAX_VALUES)]}, id="a long enum"),
        pytest.param({"enum": [f"value {at}" for at in range(90_000)]}, id="a longer enum"),
        pytest.param({"allOf": [{"enum": [*range(60)]}] * 9}, id="enums"),
        *(
            pytest.param(deep(levels, key), id=f"{levels} levels of {key}")
            for levels in (45, 60)
            for key in ("allOf", "anyOf", "oneOf", "not", "items", "prefixItems", "additionalProperties", "if")
        ),
        pytest.param(record(a={**TEXT, "pattern": "^(a+)+$"}), id="a catastrophic pattern"),
        pytest.param({"enum": ["a" * 40 + "b"] * 1, "pattern": "^(a+)+$"}, id="a catastrophic pattern on an enum"),
        pytest.param({**TEXT, "pattern": "(a{1,1000}){1,1000}"}, id="counts of counts"),
        pytest.param({**TEXT, "pattern": "(x|y)*z(x|y){40}w"}, id="an automaton of 2^40 states"),
        pytest.param(
            {"allOf": [{**TEXT, "pattern": f"{char}.{{20}}$"} for char in "abcdef"]}, id="patterns that meet badly"
        ),
        pytest.param(
            {"type": "object", "patternProperties": {f"{at}.*{at}": WHOLE for at in range(40)}}, id="patterns of names"
        ),
        pytest.param({"type": "object", "required": [f"r{at}" for at in range(500)]}, id="required"),
        pytest.param(
            {"type": "object", "dependentRequired": {f"r{at}": [f"r{at + 1}"] for at in range(60)}}, id="dependents"
        ),
        pytest.param({**TEXT, "maxLength": 10**9}, id="a long text"),
        pytest.param({"type": "array", "items": WHOLE, "minItems": 0, "maxItems": 10**4}, id="a long list"),
        pytest.param({**NUMBER, "multipleOf": 1e-300}, id="a small step"),
        pytest.param({**WHOLE, "minimum": -(10**300), "maximum": 10**300}, id="a wide range"),
    ],
)
def test_large_schemas_compile_or_are_refused_in_time(schema: Json, bounds: Bounds | None) -> None:
    started = time.process_time()
    with contextlib.suppress(SchemaError):
        compile_schema(load_json(schema), bounds)
    assert time.process_time() - started < SECONDS


def test_too_many_combinations_are_reported() -> None:
    grammar = lowered_of(unions(9))
    assert left(grammar) == ["/allOf/8/anyOf"]
    assert left(lowered_of(unions(8))) == []


def test_too_many_values_are_reported() -> None:
    grammar = lowered_of({"enum": [*map(str, range(MAX_VALUES + 1))]})
    assert left(grammar) == ["/enum"]
    assert accepts(grammar, "7")
    assert not accepts(grammar, 7)


@pytest.mark.parametrize(
    "schema",
    [
        pytest.param({"allOf": [{"enum": [*range(5_000)]}, {"enum": [*range(5_000)]}]}, id="two long enums"),
        pytest.param(
            {"enum": [f"v{at}" for at in range(MAX_VALUES)], "minLength": 1}, id="a long enum beside another keyword"
        ),
    ],
)
def test_values_are_filtered_in_time(schema: Json) -> None:
    loaded = load_json(schema)
    started = time.process_time()
    compile_schema(loaded, EXACT)
    assert time.process_time() - started < SECONDS


def test_a_very_long_list_in_time() -> None:
    loaded = load_json({"type": "array", "items": WHOLE, "maxItems": 1_000_000})
    started = time.process_time()
    compile_schema(loaded, EXACT)
    assert time.process_time() - started < SECONDS


# --- what cannot be ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "schema",
    [
        {"allOf": [TEXT, False]},
        {"allOf": [TEXT, WHOLE]},
        {"enum": [None], "const": True},
        {"anyOf": [False, {**TEXT, "enum": [1]}]},
        {**WHOLE, "minimum": 2, "exclusiveMaximum": 2},
        {"type": "array", "prefixItems": [False], "minItems": 1},
        {"type": "array", "minItems": 2, "maxItems": 1},
        {"type": "object", "required": ["a"], "propertyNames": {"const": "b"}},
        {"type": "object", "required": ["a", "b"], "maxProperties": 1},
        {"type": "object", "required": ["a"], "patternProperties": {"^a": False}},
        {"if": True, "then": False},
        {"oneOf": [{**TEXT, "minLength": 3, "maxLength": 2}]},
        {
            "$ref": "#/$defs/Endless",
            "$defs": {"Endless": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/Endless"}}},
        },
    ],
)
def test_what_nothing_satisfies(schema: Json) -> None:
    for bounds in (EXACT, BOUNDED):
        with pytest.raises(SchemaError, match="no value satisfies") as caught:
            lowered_of(schema, bounds)
        assert caught.value.hint


# --- corners -------------------------------------------------------------------------------------------------


EMPTY_RANGE = {**WHOLE, "minimum": 1.2, "maximum": 1.8}


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        case(
            {"type": "object", "propertyNames": {"minLength": 2.0}},
            [{"ab": 1}],
            [A],
            "a length of names that is written 2.0",
        ),
        case({"anyOf": [EMPTY_RANGE, TEXT]}, ["x"], [1], "no whole number in a range, as a branch"),
        case({"type": "array", "items": EMPTY_RANGE}, [[]], [[1]], "no whole number in a range, as an item"),
        case(
            record(a={"anyOf": [{**NUMBER, "minimum": 0.1, "maximum": 0.9, "multipleOf": 1}, NOTHING]}),
            [{"a": None}],
            [{"a": 0.5}],
            "no step in a range",
        ),
    ],
)
def test_what_is_valid_is_admitted(schema: Json, good: list[Any], bad: list[Any]) -> None:
    check(schema, good, bad)


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        pytest.param({**WHOLE, "multipleOf": 2, "exclusiveMinimum": -0.5}, "2", id="no negative whole number is left"),
        pytest.param({**WHOLE, "minimum": -0.5, "multipleOf": 2}, "2", id="nor here"),
        pytest.param(
            {"type": ["string", "null"], "format": "uri", "pattern": 'q"'}, "null", id="a pattern beside a format"
        ),
    ],
)
def test_what_is_valid_is_not_refused(schema: Json, text: str) -> None:
    assert accepts(lowered_of(schema), json.loads(text))


def test_bounds_leave_what_has_to_be_counted() -> None:
    lowered_of({"type": "object", "properties": {"a": {}}, "required": ["a"], "minProperties": 2}, BOUNDED)


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        pytest.param({"enum": ["x", "1.2.3.4"], "format": "ipv4"}, '"x"', id="format beside enum"),
        pytest.param({"enum": [None, 1], "const": 1}, "null", id="enum and const in one subschema"),
        pytest.param(
            {"type": "object", "propertyNames": {"pattern": "^(?=a)"}}, '{"b": 1}', id="names by a look-ahead"
        ),
        pytest.param({"type": "object", "propertyNames": {"pattern": '^"$'}}, '{"b": 1}', id="names with a quote"),
        pytest.param(
            {"type": "object", "propertyNames": {"minLength": 20_000}},
            '{"b": 1}',
            id="names that are too long to count",
        ),
        pytest.param(
            {"type": "object", "patternProperties": {"^a": False}}, '{"a": 1}', id="a pattern that forbids names"
        ),
        pytest.param({"type": "object", "minProperties": 2}, '{"b": 1, "b": 1}', id="a name that is counted twice"),
        pytest.param(
            {"type": "object", "properties": {"a\0b": {"not": {"const": 1}}}}, '{"a\\u0000b": 1}', id="a NUL in a name"
        ),
    ],
)
def test_what_is_not_valid_is_kept_out_or_reported(schema: Json, text: str) -> None:
    loaded = load_json(schema)
    assert not isinstance(validate(loaded, json.loads(text)), Valid)
    grammar = lowered_of(schema)
    assert left(grammar) or not is_written(grammar, text)


@pytest.mark.parametrize(
    "schema",
    [
        pytest.param({"type": "object", "propertyNames": {}}, id="propertyNames that say nothing"),
        pytest.param({"type": "array", "contains": WHOLE, "minContains": 0}, id="contains that says nothing"),
        pytest.param({**NUMBER, "not": WHOLE, "enum": [1, 1.5]}, id="fractions only, listed"),
    ],
)
def test_what_is_held_is_not_reported(schema: Json) -> None:
    assert left(lowered_of(schema)) == []


@pytest.mark.parametrize("keyword", ["multipleOf", "minProperties", "exclusiveMinimum", "minContains"])
def test_any_keyword_makes_a_schema(keyword: str) -> None:
    assert lowered_of({keyword: 1})


def test_half_a_character_is_a_schema_error() -> None:
    with pytest.raises(SchemaError):
        lowered_of({"const": "\ud800"})


TOO_FEW = {"type": "object", "additionalProperties": False, "minProperties": 2}


def test_bounds_do_not_count_a_forbidden_property() -> None:
    lowered_of({"type": "object", "properties": {"a": False}, "minProperties": 1}, BOUNDED)


def test_more_properties_than_there_are_names() -> None:
    with pytest.raises(SchemaError, match="no value satisfies"):
        lowered_of({**TOO_FEW, "properties": {"a": {}}})


def test_too_few_names_in_one_of_several_cases() -> None:
    schema = {
        "type": "object",
        "required": ["a"],
        "propertyNames": {"pattern": "^[ab]*$"},
        "dependentSchemas": {"ab": {"additionalProperties": TOO_FEW}},
    }
    assert accepts(lowered_of(schema), {"a": {}})


@pytest.mark.parametrize(
    ("limits", "number"),
    [
        pytest.param({"maximum": 0, "multipleOf": 0.1}, 0, id="nought"),
        pytest.param({"minimum": -3, "maximum": -3, "multipleOf": 0.5}, -3, id="below nought"),
    ],
)
def test_one_whole_number_is_room_for_a_number(limits: Json, number: int) -> None:
    assert accepts(lowered_of({"anyOf": [{**NUMBER, **limits}, TEXT]}), number)


# --- numbers that llguidance sees otherwise ------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("bounds", [EXACT, BOUNDED])
@pytest.mark.parametrize("step", [0.25, 0.125, 0.05, 0.15, 0.012, 2.5, 0.0025, 3])
def test_a_multiple_can_be_written_with_as_few_decimals_as_it_needs(step: float, bounds: Bounds | None) -> None:
    grammar = lowered_of({**NUMBER, "multipleOf": step, "minimum": 0}, bounds)
    numbers = {number / 10**decimals for decimals in range(5) for number in range(64)}
    plain = [number for number in numbers if "e" not in str(number)]
    is_multiple = {number: (Fraction(str(number)) / Fraction(str(step))).denominator == 1 for number in plain}
    assert {number: is_written(grammar, f"{number:g}") for number in plain} == is_multiple
    assert left(grammar) == []


@pytest.mark.parametrize(
    "limits",
    [
        {"minimum": 2.2250738585072014e-308},
        {"exclusiveMinimum": 5e-324},
        {"minimum": 1e-100, "maximum": 3},
        {"multipleOf": 1.5e-30},
        {"exclusiveMinimum": 2**53},
        {"exclusiveMaximum": -(2**53)},
        {"maximum": 2**53 + 1},
        {"minimum": -(10**18)},
    ],
)
def test_numbers_that_the_decoder_cannot_hold_are_left_to_validation(limits: Json) -> None:
    grammar = lowered_of(record(n={**NUMBER, **limits}))
    assert set(left(grammar)) == {f"/properties/n/{keyword}" for keyword in limits}
    for bounds in (EXACT, BOUNDED):
        assert compile_schema(load_json(record(n={**WHOLE, **limits})), bounds)


@pytest.mark.parametrize("limit", [2**53 - 1, 1 - 2**53])
@pytest.mark.parametrize("kind", [WHOLE, NUMBER])
def test_the_largest_limits_are_held(kind: Json, limit: int) -> None:
    check({**kind, "maximum": 10**17}, [10**17, 10**17 - 16], [10**17 + 16])
    grammar = lowered_of({**kind, "exclusiveMaximum": limit})
    assert [accepts(grammar, limit + step) for step in (-1, 0, 1)] == [True, False, False]


@pytest.mark.parametrize(
    ("count", "text"), [(4, "\n" * 19_000), (40, "\n" * 1_900), (2_000, "\n" * 10), (5_000, "\n\n\n"), (7_000, '""')]
)
def test_values_with_too_much_that_is_escaped_are_left_to_validation(count: int, text: str) -> None:
    grammar = lowered_of({"enum": [f"{at}{text}" for at in range(count)]})
    assert left(grammar) == ["/enum"]
    assert accepts(grammar, f"0{text}")
    assert not accepts(grammar, 0)
    assert left(lowered_of({"enum": [f"{at}{text}" for at in range(count * 6 // 10)]})) == []


# --- what is tried while a schema is compiled ----------------------------------------------------------------


def trials_of(node: Json) -> tuple[Trials, Place]:
    return Trials(node, "ecma", Report(node), left=0.05), Place("", node)


SLOW = "^(a|aa)+$"
LONG = ["a" * 30 + f"!{at}" for at in range(400)]


def test_all_passes_where_trying_takes_too_long() -> None:
    node = {"enum": LONG, "pattern": SLOW}
    trials, place = trials_of(node)
    started = time.monotonic()
    assert trials.values(LONG, [place]) == (LONG, [])
    assert trials.report.is_widened("/pattern")
    assert time.monotonic() - started < 2 * SECONDS  # of 400 times as much


def test_the_time_is_for_all_together() -> None:
    node = {"propertyNames": {"pattern": SLOW}, "patternProperties": {SLOW: True, "^b": True}, "items": {}}
    trials, place = trials_of(node)
    assert [trials.is_name(place, name) for name in LONG][-1]
    assert not trials.is_match(place, "^b", "b")  # matched in no time, but there is none left
    assert trials.report.is_widened("/propertyNames")
    assert trials.report.is_widened("/patternProperties")
    assert trials.values([[name] for name in LONG], [Place("", {"items": {"pattern": SLOW}})])[0]
    assert trials.report.is_widened("/items")


def test_what_is_tried_in_time_is_not_reported() -> None:
    node = {"enum": ["aa", "b"], "pattern": SLOW, "propertyNames": {"pattern": SLOW}}
    trials, place = trials_of(node)
    assert trials.values(["aa", "b"], [place]) == (["aa"], [])
    assert [trials.is_name(place, name) for name in ("a", "b")] == [True, False]
    assert not any(trials.report.is_widened(f"/{keyword}") for keyword in node)
