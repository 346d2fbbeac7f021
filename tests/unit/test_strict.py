"""to_strict(): every rule of the strict subset, and the way back from it.

The checker of the rules and the way into the strict shape are written here anew, from the rules alone.
"""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import islice, product
from random import Random
from time import perf_counter
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import BaseModel, Field
from scripted import quick, record
from test_features import CASES
from test_grammar_properties import FORMATS as KNOWN
from test_grammar_properties import NAMES, SCALARS, Near, documents, is_valid
from test_grammar_properties import TEXTS as SOME_TEXTS

from extractor.errors import SchemaError
from extractor.grammar import CLOSED, compile_schema
from extractor.patterns import check as check_pattern
from extractor.patterns import for_decoder, search
from extractor.schema import builtins, load, load_json, many
from extractor.strict import to_strict
from extractor.strict.texts import portable
from extractor.types import Schema
from extractor.validation import Valid, validate
from extractor.validators import VALIDATORS

TEXT: dict[str, Any] = {"type": "string"}
WHOLE: dict[str, Any] = {"type": "integer"}
NOTHING: dict[str, Any] = {"type": "null"}
READER = VALIDATORS["ecma"]  # 1.4 is a multiple of 0.1

# --- the rules of the subset ---------------------------------------------------------------------------------

OF_KINDS = {
    "null": set(),
    "boolean": {"enum"},
    "string": {"enum", "pattern", "format"},
    "integer": {"enum", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"},
    "number": {"enum", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"},
    "array": {"items", "minItems", "maxItems"},
    "object": {"properties", "required", "additionalProperties"},
}
FORMATS = {"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"}


class Rules:
    """Walks a strict schema, and counts what there are limits for."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self.root = root
        self.properties, self.values, self.characters = 0, 0, 0
        self.used: set[str] = set()

    def check(self) -> None:
        definitions = self.root.get("$defs", {})
        assert self.root["type"] == "object"
        self.node({keyword: value for keyword, value in self.root.items() if keyword != "$defs"}, 0)
        for node in definitions.values():
            self.node(node, 1)
        assert self.used == {f"#/$defs/{name}" for name in definitions}
        self.characters += sum(map(len, definitions))
        assert self.properties <= 5000
        assert self.values <= 1000
        assert self.characters <= 120_000
        Draft202012Validator.check_schema(self.root)
        json.dumps(self.root, allow_nan=False)

    def node(self, node: Any, level: int) -> None:
        assert isinstance(node, dict)
        assert level <= 10
        if "$ref" in node:
            assert node.keys() == {"$ref"}
            self.used.add(node["$ref"])
        elif "anyOf" in node:
            assert node.keys() == {"anyOf"}
            assert len(node["anyOf"]) > 1
            for branch in node["anyOf"]:
                self.node(branch, level + 1)
        else:
            assert node.keys() <= OF_KINDS[node["type"]] | {"type"}
            getattr(self, node["type"], lambda *_: None)(node, level)
            self.enum(node)

    def object(self, node: Mapping[str, Any], level: int) -> None:
        assert node["additionalProperties"] is False
        assert node["required"] == [*node["properties"]]
        self.properties += len(node["properties"])
        self.characters += sum(map(len, node["properties"]))
        for child in node["properties"].values():
            self.node(child, level + 1)

    def array(self, node: Mapping[str, Any], level: int) -> None:
        self.node(node["items"], level + 1)

    def string(self, node: Mapping[str, Any], _: int) -> None:
        assert node.get("format", "date") in FORMATS
        if "pattern" in node:
            assert_portable(node["pattern"])

    def enum(self, node: Mapping[str, Any]) -> None:
        if "enum" not in node:
            return
        values = node["enum"]
        assert len({json.dumps(value) for value in values}) == len(values) > 0
        assert Draft202012Validator({"type": node["type"]}).is_valid(values[0])
        characters = sum(len(value) for value in values if isinstance(value, str))
        assert len(values) <= 250 or characters <= 15_000
        self.values += len(values)
        self.characters += characters


def assert_portable(pattern: str) -> None:
    assert not re.search(r"\\[pPxzZAuU]|\(\?[^:]", pattern)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        re.compile(pattern)
    check_pattern(pattern, "ecma", strict=True)


def strict_of(document: Any) -> tuple[Schema, Mapping[str, Any]]:
    schema = load(document)
    found = to_strict(schema).json_schema
    Rules(found).check()
    return schema, found


def restored(document: Any, answer: Any) -> Any:
    before = json.dumps(answer)
    found = to_strict(load(document)).restore(answer)
    assert json.dumps(answer) == before
    return found


# --- into the strict shape -----------------------------------------------------------------------------------


class Encoder:
    """Ways to write a value in a strict schema: it is tried against what the schema has at each place."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self.root = root
        self.checker = READER(root)

    def encoded(self, value: Any) -> Iterator[Any]:
        """The ways that the strict schema takes."""
        ways = self.ways(self.root, value)
        if self.root["properties"].keys() == {"value"}:
            wrapped = ({"value": way} for way in self.ways(self.root["properties"]["value"], value))
            ways = (way for some in (ways, wrapped) for way in some)
        yield from (way for way in islice(ways, 200) if self.checker.is_valid(way))

    def ways(self, node: Mapping[str, Any], value: Any) -> Iterator[Any]:
        if "$ref" in node:
            yield from self.ways(self.root["$defs"][node["$ref"].removeprefix("#/$defs/")], value)
        elif "anyOf" in node:
            for branch in node["anyOf"]:
                yield from self.ways(branch, value)
        elif node["type"] == "object":
            yield from self.object_ways(node["properties"], value)
        elif node["type"] == "array":
            yield from self.array_ways(node["items"], value)
        elif isinstance(value, dict | list):
            yield from (text for text in node.get("enum", ()) if is_json_of(text, value))
        elif READER(node).is_valid(value):
            yield value

    def branches(self, node: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        if "$ref" in node:
            node = self.root["$defs"][node["$ref"].removeprefix("#/$defs/")]
        return [one for branch in node["anyOf"] for one in self.branches(branch)] if "anyOf" in node else [node]

    def object_ways(self, properties: Mapping[str, Any], value: Any) -> Iterator[Any]:
        if isinstance(value, list):
            size = len([name for name in properties if name != "rest"])
            value = {str(at): item for at, item in enumerate(value[:size])} | {"rest": value[size:]}
            value = value if "rest" in properties or value.pop("rest") == [] else None
        if not isinstance(value, dict):
            return
        extra = next((name for name in [*properties][::-1] if name.startswith("others") and name not in value), None)
        free = {name: child for name, child in value.items() if name not in properties}
        if free and extra is None:
            return
        choices = []
        for name, child in properties.items():
            given = value.get(name, free if name == extra else None)
            choices.append([*islice(self.ways(child, given), 4)])
        for choice in product(*choices):
            yield dict(zip(properties, choice, strict=True))

    def array_ways(self, items: Mapping[str, Any], value: Any) -> Iterator[Any]:
        if isinstance(value, list):
            choices = [[*islice(self.ways(items, item), 4)] for item in value]
        elif isinstance(value, dict):
            shapes = [shape for shape in self.branches(items) if shape.get("properties", {}).keys() == {"key", "value"}]
            pairs = [{"key": key, "value": child} for key, child in value.items()]
            choices = [[way for shape in shapes for way in islice(self.ways(shape, pair), 4)] for pair in pairs]
            choices = choices if shapes else [[]]
        else:
            return
        yield from map(list, product(*choices))


def is_json_of(text: Any, value: Any) -> bool:
    try:
        return isinstance(text, str) and json.dumps(json.loads(text)) == json.dumps(value)
    except ValueError:
        return False


# --- each mapping --------------------------------------------------------------------------------------------

PAIRS: dict[str, Any] = {"type": "object", "additionalProperties": WHOLE}
TWO: dict[str, Any] = {"type": "array", "prefixItems": [TEXT, WHOLE]}
MIXED: dict[str, Any] = {"type": "object", "properties": {"a": TEXT}, "required": ["a"], "additionalProperties": WHOLE}
TREE: dict[str, Any] = {
    "$ref": "#/$defs/Tree",
    "$defs": {
        "Tree": {
            "type": "object",
            "properties": {"name": TEXT, "left": {"$ref": "#/$defs/Tree"}, "size": WHOLE},
            "required": ["name"],
        }
    },
}
SHAPES = {
    "anyOf": [
        record(kind={"const": "circle"}, tags=PAIRS),
        record(kind={"const": "line"}, tags={"type": "array", "items": record(key=TEXT, value=WHOLE)}),
    ]
}


def pair(key: str, value: Any) -> dict[str, Any]:
    return {"key": key, "value": value}


def leaf(name: str) -> dict[str, Any]:
    return {"name": name, "left": None, "size": None}


@pytest.mark.parametrize(
    ("document", "answer", "expected"),
    [
        pytest.param(record(a=TEXT), {"a": "x"}, {"a": "x"}, id="nothing to do"),
        pytest.param({"type": "array", "items": TEXT}, {"value": ["x"]}, ["x"], id="a list at the root"),
        pytest.param(WHOLE, {"value": 3}, 3, id="a scalar at the root"),
        pytest.param(PAIRS, {"value": [pair("k", 1)]}, {"k": 1}, id="a map at the root"),
        pytest.param(record(value=WHOLE), {"value": 3}, {"value": 3}, id="a record with that very name"),
        pytest.param({"properties": {"a": TEXT}}, {"a": None}, {}, id="absent"),
        pytest.param({"properties": {"a": {"type": ["string", "null"]}}}, {"a": None}, {"a": None}, id="null"),
        pytest.param(record(a={"properties": {"b": TEXT}}), {"a": {"b": None}}, {"a": {}}, id="absent below"),
        pytest.param({"properties": {"a": PAIRS}}, {"a": None}, {}, id="an absent map"),
        pytest.param({"properties": {"a": PAIRS}}, {"a": []}, {"a": {}}, id="an empty map"),
        pytest.param(record(a=PAIRS), {"a": [pair("x", 1), pair("y", 2)]}, {"a": {"x": 1, "y": 2}}, id="a map"),
        pytest.param(
            record(a={"type": "object", "patternProperties": {"^n_": PAIRS, "^t_": TEXT}}),
            {"a": [pair("n_1", [pair("x", 1)]), pair("t_1", "z")]},
            {"a": {"n_1": {"x": 1}, "t_1": "z"}},
            id="a map by pattern",
        ),
        pytest.param(MIXED, {"a": "x", "others": [pair("b", 1)]}, {"a": "x", "b": 1}, id="named and free"),
        pytest.param(MIXED, {"a": "x", "others": []}, {"a": "x"}, id="named, none free"),
        pytest.param(MIXED, {"a": "x", "others": [pair("others", 1)]}, {"a": "x", "others": 1}, id="free, so named"),
        pytest.param(
            {**MIXED, "properties": {"a": TEXT, "others": TEXT}},
            {"a": "x", "others": "y", "others_": [pair("b", 1)]},
            {"a": "x", "others": "y", "b": 1},
            id="the name is taken",
        ),
        pytest.param(record(a={**TWO, "minItems": 2, "items": False}), {"a": {"0": "x", "1": 1}}, {"a": ["x", 1]},
                     id="a tuple"),
        pytest.param(record(a=TWO), {"a": {"0": "x", "1": None, "rest": []}}, {"a": ["x"]}, id="a short tuple"),
        pytest.param(record(a=TWO), {"a": {"0": "x", "1": 1, "rest": [True, [pair("k", 1)]]}},
                     {"a": ["x", 1, True, {"k": 1}]}, id="a long tuple"),
        pytest.param(
            record(a={**TWO, "prefixItems": [TEXT, NOTHING], "items": False}),
            {"a": {"0": "x", "1": None}}, {"a": ["x", None]}, id="a tuple that ends in null"),
        pytest.param(
            record(a={**TWO, "prefixItems": [TEXT, NOTHING], "items": False}),
            {"a": {"0": None, "1": None}}, {"a": []}, id="an empty tuple that could end in null"),
        pytest.param({**TWO, "minItems": 2, "maxItems": 2}, {"0": "x", "1": 1}, ["x", 1], id="a tuple at the root"),
        pytest.param(record(a={"enum": ["x", [1], {"y": 2}, 1, None]}), {"a": "[1]"}, {"a": [1]}, id="a listed list"),
        pytest.param(record(a={"const": {"y": 2}}), {"a": '{"y": 2}'}, {"a": {"y": 2}}, id="a constant object"),
        pytest.param(record(a={"enum": ["[1]", [1]]}), {"a": "[1]"}, {"a": "[1]"}, id="a text like a list"),
        pytest.param(record(a={}), {"a": [pair("x", [1, [pair("y", None)]])]}, {"a": {"x": [1, {"y": None}]}},
                     id="anything"),
        pytest.param(TREE, {"name": "a", "left": {**leaf("b"), "left": leaf("c")}, "size": None},
                     {"name": "a", "left": {"name": "b", "left": {"name": "c"}}}, id="recursion"),
        pytest.param(record(a=SHAPES), {"a": {"kind": "circle", "tags": [pair("k", 1)]}},
                     {"a": {"kind": "circle", "tags": {"k": 1}}}, id="the branch of a map"),
        pytest.param(record(a=SHAPES), {"a": {"kind": "line", "tags": [pair("k", 1)]}},
                     {"a": {"kind": "line", "tags": [pair("k", 1)]}}, id="the branch of a list of pairs"),
    ],
)  # fmt: skip
def test_restore(document: dict[str, Any], answer: Any, expected: Any) -> None:
    schema, strict = strict_of(document)
    assert Draft202012Validator(strict).is_valid(answer)
    assert restored(document, answer) == expected
    assert isinstance(validate(schema, expected), Valid)


@pytest.mark.parametrize(
    ("document", "answer"),
    [
        pytest.param(record(a=PAIRS), {"a": [pair("x", 1), pair("x", 2)]}, id="a key that repeats"),
        pytest.param(record(a=PAIRS), {"a": [pair("x", 1), {"key": "y"}]}, id="half a pair"),
        pytest.param(record(a=PAIRS), {"a": [{"key": 1, "value": 1}]}, id="a key that is no text"),
        pytest.param(record(a=PAIRS), {"a": 7}, id="no map"),
        pytest.param(MIXED, {"a": "x", "others": [pair("a", 1)]}, id="a free key like a named one"),
        pytest.param(MIXED, {"a": "x", "others": [pair("b", 1), pair("b", 1)]}, id="a free key that repeats"),
        pytest.param(record(a=TWO), {"a": {"0": None, "1": 1, "rest": []}}, id="a gap in a tuple"),
        pytest.param(record(a=TWO), {"a": {"0": "x", "1": None, "rest": [1]}}, id="a gap before the rest"),
        pytest.param(record(a=SHAPES), {"a": {"kind": "circle", "tags": 1}}, id="no branch"),
        pytest.param(record(a=WHOLE), [1], id="no record"),
    ],
)
def test_what_cannot_be_read_is_left_to_validation(document: dict[str, Any], answer: Any) -> None:
    assert restored(document, answer) == answer
    assert not isinstance(validate(load(document), answer), Valid)


@pytest.mark.parametrize(
    ("document", "answer"),
    [
        pytest.param({"type": "array", "items": TEXT}, ["x"], id="a list at the root"),
        pytest.param(PAIRS, {"k": 1}, id="a map at the root"),
        pytest.param(PAIRS, {"value": 1, "k": 2}, id="a map at the root with that very key"),
        pytest.param(record(a=PAIRS), {"a": {"k": 1}}, id="a map"),
        pytest.param(MIXED, {"a": "x", "b": 1}, id="named and free"),
        pytest.param({**MIXED, "additionalProperties": PAIRS}, {"a": "x", "others": {"b": 1}}, id="free, so named"),
        pytest.param(record(a=TWO), {"a": ["x", 1, 2]}, id="a tuple"),
        pytest.param(record(a={"enum": [[1], "x"]}), {"a": [1]}, id="a listed list"),
        pytest.param(record(a={}), {"a": {"x": [1, {"y": [{"z": 1}, []]}]}}, id="anything"),
        pytest.param({"properties": {"a": TEXT, "b": TEXT}}, {"a": "x"}, id="absent"),
        pytest.param(TREE, {"name": "a", "left": {"name": "b"}}, id="recursion"),
        pytest.param({"anyOf": [WHOLE, record(a=PAIRS)]}, {"a": {"k": 1}}, id="a union"),
    ],
)
def test_an_answer_in_the_shape_of_the_user_passes(document: dict[str, Any], answer: Any) -> None:
    assert isinstance(validate(load(document), answer), Valid)
    assert restored(document, answer) == answer


# --- what is kept and what is not ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        pytest.param({**TEXT, "minLength": 2, "maxLength": 9}, TEXT, id="length"),
        pytest.param({**TEXT, "pattern": "^[A-Z]{3}$"}, {**TEXT, "pattern": "^[A-Z]{3}$"}, id="pattern"),
        pytest.param({**TEXT, "pattern": r"^\d{4}-\d\d$"}, {**TEXT, "pattern": "^[0-9]{4}-[0-9][0-9]$"}, id="digits"),
        pytest.param({**TEXT, "pattern": r"^\p{L}+$"}, TEXT, id="pattern that not all can read"),
        pytest.param({**TEXT, "format": "date"}, {**TEXT, "format": "date"}, id="format"),
        pytest.param({**TEXT, "format": "date-time"}, {**TEXT, "format": "date-time"}, id="format with a long pattern"),
        pytest.param({**TEXT, "format": "uuid"}, {**TEXT, "format": "uuid"}, id="format that is native"),
        pytest.param({**TEXT, "format": "uri"}, TEXT, id="format that the subset lacks"),
        pytest.param(
            {**TEXT, "format": "email", "pattern": "org$"}, {**TEXT, "pattern": "org$", "format": "email"}, id="both"
        ),
        pytest.param({**WHOLE, "minimum": 1, "exclusiveMaximum": 9}, {**WHOLE, "minimum": 1, "exclusiveMaximum": 9},
                     id="range"),
        pytest.param({"type": "number", "minimum": 0, "multipleOf": 0.5},
                     {"anyOf": [{"type": "number", "minimum": 0, "multipleOf": 0.5}]}, id="step"),
        pytest.param({"type": "array", "items": TEXT, "minItems": 1, "maxItems": 3, "uniqueItems": True},
                     {"type": "array", "items": TEXT, "minItems": 1, "maxItems": 3}, id="list"),
        pytest.param({"type": "array", "items": TEXT}, {"type": "array", "items": TEXT}, id="no bound of our own"),
        pytest.param({"type": ["boolean", "null"]}, {"anyOf": [NOTHING, {"type": "boolean"}]}, id="types"),
        pytest.param({"const": "x"}, {**TEXT, "enum": ["x"]}, id="const"),
        pytest.param({"enum": ["x", 1, None]}, {"anyOf": [{**TEXT, "enum": ["x"]}, {**WHOLE, "enum": [1]}, NOTHING]},
                     id="enum of several types"),
        pytest.param({"allOf": [TEXT, {"pattern": "^a"}]}, {**TEXT, "pattern": "^a"}, id="allOf"),
        pytest.param({"oneOf": [TEXT, WHOLE]}, {"anyOf": [TEXT, WHOLE]}, id="oneOf"),
        pytest.param({"not": {"type": ["array", "object", "number", "null", "boolean"]}}, TEXT, id="not"),
    ],
)  # fmt: skip
def test_keywords(node: dict[str, Any], expected: dict[str, Any]) -> None:
    _, strict = strict_of(record(a=node))
    [found] = strict["properties"].values()
    if node.get("multipleOf"):
        branches = found.get("anyOf", [found])
        assert expected["anyOf"][0] in branches
    else:
        assert found == expected


class Author(BaseModel):
    name: str = Field(max_length=80)
    orcid: str | None = Field(None, pattern=r"^\d{4}-\d{4}$")


class Paper(BaseModel):
    title: str
    year: int | None = None
    authors: list[Author] = []
    kind: Literal["article", "book"]
    scores: dict[str, float] = {}
    pages: tuple[int, int] | None = None


def test_a_pydantic_class() -> None:
    schema, strict = strict_of(Paper)
    answer = {
        "title": "T",
        "year": None,
        "authors": [{"name": "N", "orcid": "0000-0001"}],
        "kind": "book",
        "scores": [pair("a", 0.5)],
        "pages": {"0": 1, "1": 9},
    }
    assert Draft202012Validator(strict).is_valid(answer)
    found = validate(schema, to_strict(schema).restore(answer))
    assert isinstance(found, Valid)
    assert found.instance.pages == (1, 9)
    assert found.instance.scores == {"a": 0.5}


def test_many_records() -> None:
    schema = many(load({"properties": {"name": TEXT, "year": WHOLE}, "required": ["name"]}))
    Rules(to_strict(schema).json_schema).check()
    assert to_strict(schema).restore({"value": [{"name": "a", "year": None}]}) == [{"name": "a"}]


def test_a_schema_is_rewritten_once() -> None:
    assert to_strict(load("name str")) is to_strict(load("name str"))


@pytest.mark.parametrize(
    "pattern",
    ["^[A-Z]{3}$", r"^\d{4}-\d\d?$", "^(?:a|b)+c*$", r"a\.b", "^[^,]{1,3}$", r"^[\w.-]+$", "^#[0-9a-f]{6}$",
     "[&~:/-]", "^(ab|a)b?$", r"\s", "é|中", r"^\S+$", "x{2,}"],
)  # fmt: skip
def test_a_portable_pattern_means_the_same_in_python(pattern: str) -> None:
    held = for_decoder(pattern, "ecma")
    assert held is not None
    found = portable(held.pattern)
    assert found is not None
    assert_portable(found)
    texts = [
        *SOME_TEXTS,
        "ABC",
        "2024-12",
        "aabc",
        "a.b",
        "a.b-c",
        "#00ff7f",
        "&",
        "-",
        "~",
        "abb",
        " ",
        "中",
        "xx",
        "a,",
    ]
    assert [bool(re.search(found, text)) for text in texts] == [search(pattern, text, "ecma") for text in texts]


@pytest.mark.parametrize("pattern", [r"^\p{L}$", "(?i:a)", "^[a--b]$", r"\x{10FFFF}", "(?s:.)", "[[^a]b]", "a" * 1_001])
def test_other_patterns_are_not(pattern: str) -> None:
    assert portable(pattern) is None


# --- limits --------------------------------------------------------------------------------------------------


def nested(levels: int) -> dict[str, Any]:
    node = TEXT
    for _ in range(levels):
        node = record(a=node)
    return node


def test_what_is_nested_deep_becomes_definitions() -> None:
    schema, strict = strict_of(nested(40))
    assert len(strict["$defs"]) > 3
    answer: Any = "x"
    for _ in range(40):
        answer = {"a": answer}
    assert Draft202012Validator(strict).is_valid(answer)
    assert to_strict(schema).restore(answer) == answer


def test_unions_below_many_levels_find_their_branch() -> None:
    document, answer, expected = record(a=SHAPES), *({"kind": "circle", "tags": tags} for tags in ([], {}))
    answer, expected = {"a": answer}, {"a": expected}
    for _ in range(20):
        document, answer, expected = record(a={"anyOf": [document, record(b=TEXT)]}), {"a": answer}, {"a": expected}
    strict_of(document)
    assert restored(document, answer) == expected


@pytest.mark.parametrize(
    ("document", "what"),
    [
        pytest.param(record(**{f"p{at}": TEXT for at in range(5_001)}), "5,001 properties", id="properties"),
        pytest.param(record(**{f"{at:0100}": TEXT for at in range(1_201)}), "120,100 characters", id="characters"),
    ],
)
def test_too_large(document: dict[str, Any], what: str) -> None:
    with pytest.raises(SchemaError, match=what) as caught:
        to_strict(load_json(document))
    assert "--mode prompt" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("listings", "kept"),
    [
        pytest.param([[f"{at:05}" for at in range(1_001)]], [False], id="one of too many values"),
        pytest.param([[f"{at:060}" for at in range(251)]], [False], id="one of too many characters"),
        pytest.param([[f"{at:060}" for at in range(249)]], [True], id="few values may be long"),
        pytest.param([[*range(600)], [*range(400)], [*range(401)]], [False, True, True], id="too many together"),
        pytest.param([[f"{at:0600}" for at in range(150)], [f"{at:0500}" for at in range(150)]], [False, True],
                     id="too many characters together"),
    ],
)  # fmt: skip
def test_long_lists_of_values_are_left_to_validation(listings: list[list[Any]], kept: list[bool]) -> None:
    _, strict = strict_of(record(**{f"p{at}": {"enum": values} for at, values in enumerate(listings)}))
    assert ["enum" in node for node in strict["properties"].values()] == kept


def test_a_schema_that_nothing_satisfies() -> None:
    with pytest.raises(SchemaError, match="no value satisfies"):
        to_strict(load_json(record(a=False)))


# --- any schema ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*CASES])
def test_the_schema_of_each_feature(name: str) -> None:
    schema = load(CASES[name].schema)
    Rules(to_strict(many(schema) if CASES[name].many else schema).json_schema).check()


@pytest.mark.parametrize("name", [*builtins()])
def test_the_schemas_that_we_ship(name: str) -> None:
    strict_of(name)


def strict_or_none(schema: Schema) -> Any:
    try:
        return to_strict(schema)
    except SchemaError:  # nothing satisfies it
        return None


def told(schema: Schema, strict: Any, *values: Any) -> str:
    shown = [schema.json_schema, strict.json_schema, *values]
    return "\n" + "\n".join(json.dumps(value, ensure_ascii=False) for value in shown)


seeds = st.integers(0, 2**32 - 1)
anything = st.recursive(
    st.sampled_from([None, True, 0, 1.5, "", "a", "[1]"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b", "value", "key", "others", "rest", "0", "1"]), inner, max_size=3)
    ),
    max_leaves=12,
)


@pytest.mark.slow
@quick(120)
@given(documents(), seeds)
def test_every_valid_value_can_be_had(schema: Schema, seed: int) -> None:
    """As far as an object with a set of names has no others."""
    strict = strict_or_none(schema)
    if strict is None:
        return
    Rules(strict.json_schema).check()
    closed = VALIDATORS["rust"](compile_schema(schema, CLOSED).lowered)
    encoder = Encoder(strict.json_schema)
    for value in Near(schema.json_schema, Random(seed)).some(8):
        if is_valid(schema, value) and closed.is_valid(value) and is_sayable(schema, value):
            answers = [*encoder.encoded(value)]
            assert any(is_valid(schema, strict.restore(answer)) for answer in answers), told(schema, strict, value)


def is_sayable(schema: Schema, value: Any) -> bool:
    """{} among values of any kind is [] in a strict answer; null is absence where properties are counted."""
    written = json.dumps(value)
    return "{}" not in written and ("null" not in written or "maxProperties" not in json.dumps(schema.json_schema))


@pytest.mark.slow
@quick(120)
@given(documents(), seeds)
def test_every_answer_comes_back_in_the_shape_of_the_user(schema: Schema, seed: int) -> None:
    """But for what the strict subset cannot say."""
    strict = strict_or_none(schema)
    if strict is None:
        return
    lowered = compile_schema(schema, CLOSED).lowered
    loose = VALIDATORS["rust"](loosened(lowered))
    writer = Answers(strict.json_schema, Random(seed))
    for answer in writer.some(8):
        assert READER(strict.json_schema).is_valid(answer), told(schema, strict, answer)
        back = strict.restore(answer)
        assert loose.is_valid(back), told(schema, strict, lowered, answer, back)


UNSAID = {"pattern", "minLength", "maxLength", "minProperties", "maxProperties", "allOf", "format"}


def loosened(node: Any) -> Any:
    """A lowered schema without what the subset cannot say; what cannot be there can be anything."""
    if isinstance(node, list):
        return [loosened(part) for part in node]
    if not isinstance(node, dict):
        return node
    found = {key: value if key in ("enum", "const") else loosened(value) for key, value in node.items()}
    if "type" in node:
        found = {key: value for key, value in found.items() if key not in UNSAID}
        for key in {"properties", "patternProperties"} & found.keys():
            found[key] = {name: child is False or child for name, child in found[key].items()}
        keys = found.get("patternProperties", {})
        if any(portable(pattern) is None for pattern in keys) or (keys and "properties" in found):
            found |= {"patternProperties": {}, "additionalProperties": True}
    return found


class Unmade(Exception):
    """No value was found, or the walk went too deep."""


class Answers:
    """Answers that a server could give which keeps to a strict schema."""

    def __init__(self, root: Mapping[str, Any], random: Random) -> None:
        self.root, self.random = root, random

    def some(self, size: int) -> Iterator[Any]:
        for _ in range(size):
            with suppress(Unmade):
                yield self.answer(self.root, 4)

    def answer(self, node: Mapping[str, Any], depth: int) -> Any:
        if depth < -8:
            raise Unmade
        if "$ref" in node:
            return self.answer(self.root["$defs"][node["$ref"].removeprefix("#/$defs/")], depth)
        if "anyOf" in node:
            flat = [branch for branch in node["anyOf"] if branch.get("type") not in (None, "object")]
            return self.answer(self.random.choice(flat if depth < 0 and flat else node["anyOf"]), depth)
        if node["type"] == "object":
            return self.object(node["properties"], depth - 1)
        if node["type"] == "array":
            return self.array(node, depth - 1)
        pool = [*node.get("enum", ()), *SCALARS, *(text for texts in KNOWN.values() for text in texts)]
        fitting = [value for value in pool if READER(node).is_valid(value)]
        if not fitting:
            raise Unmade
        return self.random.choice(fitting)

    def object(self, properties: Mapping[str, Any], depth: int) -> dict[str, Any]:
        """Of a tuple nothing stands after a place that is left out, and no free key is also a named one."""
        is_tuple, made = properties.keys() <= {*map(str, range(9)), "rest"}, {}
        for name, child in properties.items():
            is_over = is_tuple and None in made.values()
            if is_over and READER({**child, "$defs": self.root.get("$defs", {})}).is_valid(None):
                made[name] = None
            elif is_over and name == "rest" and not child.get("minItems"):
                made[name] = []
            elif name.startswith("others"):
                made[name] = self.pairs(child["items"], depth, {*properties})
            else:
                made[name] = self.answer(child, depth)
        return made

    def array(self, node: Mapping[str, Any], depth: int) -> list[Any]:
        least, most = node.get("minItems", 0), node.get("maxItems", 3)
        if is_pairs(node["items"]):
            made = self.pairs(node["items"], depth, set())
            if not least <= len(made) <= most:
                raise Unmade
            return made
        size = least if depth < 0 else self.random.randint(least, max(least, min(most, least + 2)))
        return [self.answer(node["items"], depth) for _ in range(size)]

    def pairs(self, items: Mapping[str, Any], depth: int, taken: set[str]) -> list[dict[str, Any]]:
        """Distinct keys, each with the value that the first pattern which it matches asks for."""
        made = {}
        shapes = [shape["properties"] for shape in items.get("anyOf", [items])]
        for key in self.random.sample(NAMES, self.random.randint(0, 2) if depth > 0 else 0):
            fitting = [shape for shape in shapes if READER(shape["key"]).is_valid(key)]
            if fitting and key not in taken:
                made[key] = pair(key, self.answer(fitting[0]["value"], depth))
        return [*made.values()]


def is_pairs(items: Mapping[str, Any]) -> bool:
    return all(shape.get("properties", {}).keys() == {"key", "value"} for shape in items.get("anyOf", [items]))


@pytest.mark.slow
@quick(150)
@given(documents(), anything)
def test_restore_never_raises(schema: Schema, answer: Any) -> None:
    strict = strict_or_none(schema)
    if strict is not None:
        before = json.dumps(answer)
        json.dumps(strict.restore(answer))
        assert json.dumps(answer) == before


@pytest.mark.slow
@pytest.mark.parametrize("document", [TREE, {}, record(a=SHAPES), PAIRS])
def test_an_answer_without_end_is_left_as_it_is(document: dict[str, Any]) -> None:
    answer: Any = "x"
    for _ in range(50_000):
        answer = {"left": [answer]}
    assert restore_timed(document, answer) < 5


def test_a_union_that_comes_back_to_itself_takes_no_time() -> None:
    either = {"anyOf": [{"$ref": "#/$defs/A"}, {"$ref": "#/$defs/B"}, NOTHING]}
    document = {
        "$ref": "#/$defs/A",
        "$defs": {"A": record(next=either, a=PAIRS), "B": record(next=either, a=PAIRS, b=TEXT)},
    }
    answer: Any = {"next": None, "a": 1}
    for _ in range(60):
        answer = {"next": answer, "a": [pair("k", 1)]}
    assert restore_timed(document, answer) < 5


def restore_timed(document: dict[str, Any], answer: Any) -> float:
    strict = to_strict(load_json(document))
    started = perf_counter()
    strict.restore(answer)
    return perf_counter() - started
