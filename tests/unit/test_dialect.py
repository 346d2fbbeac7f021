"""Every draft in one inner form: what is rewritten, where references lead, and what is refused."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError as MetaschemaError
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend, validator_for
from scripted import quick

from extractor import patterns
from extractor.dialect import MAX_DEPTH, MAX_STRING, MAX_VALUES, to_inner
from extractor.dialect.keywords import draft_of, subschemas
from extractor.dialect.metaschema import rules_of
from extractor.errors import SchemaError
from extractor.formats import CHECKER

ROOT = Path(__file__).parents[2]
GOLD = Path(os.environ.get("EXTRACT_GOLD") or ROOT.parent / "shared" / "gold")
D4 = {"$schema": "http://json-schema.org/draft-04/schema#"}
D6 = {"$schema": "http://json-schema.org/draft-06/schema#"}
D7 = {"$schema": "http://json-schema.org/draft-07/schema#"}
D19 = {"$schema": "https://json-schema.org/draft/2019-09/schema"}
D20 = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
TEXT: dict[str, Any] = {"type": "string"}
WHOLE: dict[str, Any] = {"type": "integer"}
NO_FORMATS = jsonschema.FormatChecker(())


def inner(document: Any) -> dict[str, Any]:
    """The inner form, which is valid, refers to what is there, leaves the document alone and is its own inner form."""
    before = copy.deepcopy(document)
    found = to_inner(document, "Test")
    assert document == before
    Draft202012Validator.check_schema(found, format_checker=NO_FORMATS)
    assert to_inner(found, "Again") == found
    return found


def fault(document: Any) -> str | None:
    """What `to_inner` has against a document, None for nothing."""
    try:
        to_inner(document, "Test")
    except SchemaError as error:
        return str(error)
    return None


def refused(document: Any) -> str:
    with pytest.raises(SchemaError) as caught:
        to_inner(document, "Test")
    message = str(caught.value)
    assert message.startswith("Test: ")
    assert "\n" not in message
    assert len(message) < 330
    return message.removeprefix("Test: ")


# --- drafts --------------------------------------------------------------------------------------------------


def test_draft_3_is_refused_by_name() -> None:
    assert refused({"$schema": "http://json-schema.org/draft-03/schema#"}) == "/$schema: draft-03 is not read"


@pytest.mark.parametrize(("document", "found"), [(True, {}), ({}, {}), ({"$comment": "x"}, {"$comment": "x"})])
def test_what_admits_everything(document: Any, found: dict[str, Any]) -> None:
    assert inner(document) == found


@pytest.mark.parametrize(
    ("document", "what"),
    [
        (False, "the schema `false` admits nothing"),
        ([{}], "a JSON Schema is an object, this is a list"),
        ("{}", "a JSON Schema is an object, this is a text"),
        (None, "a JSON Schema is an object, this is null"),
    ],
)
def test_what_is_no_schema(document: Any, what: str) -> None:
    assert refused(document) == what


# --- keywords ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("document", "found"),
    [
        pytest.param({**D4, "minimum": 3, "exclusiveMinimum": True}, {"exclusiveMinimum": 3}, id="exclusive"),
        pytest.param({**D4, "maximum": 3, "exclusiveMaximum": False}, {"maximum": 3}, id="not exclusive"),
        pytest.param({"maximum": 3, "exclusiveMaximum": True}, {"exclusiveMaximum": 3}, id="exclusive, undeclared"),
        pytest.param({**D7, "exclusiveMinimum": 3}, {"exclusiveMinimum": 3}, id="exclusive of a newer draft"),
        pytest.param(
            {**D7, "items": [TEXT, True], "additionalItems": WHOLE},
            {"prefixItems": [TEXT, True], "items": WHOLE},
            id="tuple and rest",
        ),
        pytest.param({"items": [TEXT], "additionalItems": False}, {"prefixItems": [TEXT], "items": False}, id="tuple"),
        pytest.param({**D19, "items": [{"items": [TEXT]}]}, {"prefixItems": [{"prefixItems": [TEXT]}]}, id="nested"),
        pytest.param(
            {**D7, "items": TEXT, "additionalItems": False},
            {"items": TEXT, "x-dropped": {"additionalItems": [False, "says nothing where `items` is no list"]}},
            id="a rest of nothing",
        ),
        pytest.param({**D20, "prefixItems": [TEXT], "items": WHOLE}, {"prefixItems": [TEXT], "items": WHOLE}, id="new"),
        pytest.param(
            {**D4, "dependencies": {"a": ["b"], "c": {"minProperties": 2}}},
            {"dependentRequired": {"a": ["b"]}, "dependentSchemas": {"c": {"minProperties": 2}}},
            id="both dependencies",
        ),
        pytest.param(
            {"dependencies": {"a": ["b"]}, "dependentRequired": {"c": ["d"]}},
            {"dependentRequired": {"a": ["b"], "c": ["d"]}},
            id="old and new dependencies",
        ),
        pytest.param({**D7, "dependencies": {"a": False}}, {"dependentSchemas": {"a": False}}, id="no dependency"),
        pytest.param({**D4, "id": "x", "type": "object"}, {"type": "object"}, id="id"),
        pytest.param({**D20, "$id": "x", "$anchor": "y", "$vocabulary": {"https://x.org": True}}, {}, id="identifiers"),
        pytest.param({**D4, "const": 3, "if": TEXT, "then": {}}, {"const": 3, "if": TEXT, "then": {}}, id="newer ones"),
        pytest.param(
            {**D4, "contains": "a word", "title": "t"},
            {"title": "t", "x-dropped": {"contains": ["a word", "no keyword of draft-04"]}},
            id="another so called",
        ),
        pytest.param(
            {**D7, "items": [TEXT], "prefixItems": [WHOLE]},
            {
                "prefixItems": [TEXT],
                "x-dropped": {"prefixItems": [[WHOLE], "another keyword before it says the same"]},
            },
            id="two that become one",
        ),
        pytest.param({**D7, "$defs": {"A": {"items": [{}]}}}, {"$defs": {"A": {"prefixItems": [{}]}}}, id="$defs"),
        pytest.param({"x-note": {"items": [1]}}, {"x-note": {"items": [1]}}, id="unknown keyword"),
    ],
)
def test_keywords(document: dict[str, Any], found: dict[str, Any]) -> None:
    assert inner(document) == found


VALUES = {"items": [{}], "$ref": "#/nowhere", "exclusiveMinimum": True, "id": "x", "dependencies": {}}


@pytest.mark.parametrize(
    "part",
    [
        {"const": VALUES},
        {"enum": [VALUES]},
        {"default": VALUES},
        {"examples": [VALUES]},
        {"properties": {"$ref": TEXT, "items": TEXT, "id": TEXT, "$id": TEXT, "dependencies": TEXT, "enum": TEXT}},
        {"properties": {"properties": {"properties": {"items": TEXT}}}},
        {"patternProperties": {"^items$": TEXT, "$ref": TEXT}},
        {"$defs": {"$ref": TEXT, "items": TEXT}},
        {"definitions": {"$schema": TEXT, "additionalItems": TEXT}},
        {"dependentSchemas": {"items": TEXT, "$ref": TEXT}},
        {"dependentRequired": {"items": ["$ref"]}},
        {"required": ["$ref", "items"]},
    ],
)
def test_what_only_looks_like_a_keyword_stays(part: dict[str, Any]) -> None:
    assert inner(part) == part
    assert inner({"properties": {"a": {"anyOf": [part]}}}) == {"properties": {"a": {"anyOf": [part]}}}


@pytest.mark.parametrize("keyword", ["items", "not", "if", "contains", "additionalProperties", "propertyNames",
                                     "unevaluatedItems", "unevaluatedProperties", "contentSchema", "else"])  # fmt: skip
def test_every_keyword_with_a_subschema_is_walked(keyword: str) -> None:
    assert inner({keyword: {"items": [TEXT]}}) == {keyword: {"prefixItems": [TEXT]}}


@pytest.mark.parametrize("draft", [D4, D6, D7])
def test_beside_a_reference_nothing_counts_in_old_drafts(draft: dict[str, str]) -> None:
    beside = {"title": "t", "description": "d", "default": 1, "x-order": 1}
    ignored = {"maxLength": 1, "enum": [1], "dependencies": {"a": ["b"]}, "items": [TEXT], "minimum": 3}
    document = {**draft, "properties": {"a": {"$ref": "#/definitions/A", **ignored, **beside}}}
    found = inner({**document, "definitions": {"A": TEXT}})
    dropped = found["properties"]["a"].pop("x-dropped")
    assert found["properties"]["a"] == {"$ref": "#/definitions/A", **beside}
    assert {keyword: value for keyword, (value, _) in dropped.items()} == ignored
    assert {why for _, why in dropped.values()} == {
        f"beside $ref nothing counts in {draft_of(draft)}; put both into an allOf"
    }


@pytest.mark.parametrize("draft", [D19, D20, {}])
def test_beside_a_reference_all_counts_in_new_drafts(draft: dict[str, str]) -> None:
    document = {**draft, "$ref": "#/$defs/A", "maxLength": 1, "$defs": {"A": TEXT}}
    assert inner(document) == {"$ref": "#/$defs/A", "maxLength": 1, "$defs": {"A": TEXT}}


def test_a_root_that_is_a_reference_keeps_its_definitions() -> None:
    found = inner({**D7, "$ref": "#/definitions/A", "definitions": {"A": {"items": [TEXT]}}, "type": "array"})
    assert found.pop("x-dropped").keys() == {"type"}
    assert found == {"$ref": "#/definitions/A", "definitions": {"A": {"prefixItems": [TEXT]}}}


# --- references ----------------------------------------------------------------------------------------------


def where(reference: str, document: dict[str, Any]) -> str:
    """What a reference in the property `r` becomes."""
    properties = document.get("properties", {})
    found = inner({**document, "properties": {**properties, "r": {"$ref": reference}}})
    return str(found["properties"]["r"]["$ref"])


@pytest.mark.parametrize(
    ("reference", "document", "pointer"),
    [
        ("#", {}, "#"),
        ("#/", {"": TEXT}, "#/"),
        ("#/$defs/A", {"$defs": {"A": TEXT}}, "#/$defs/A"),
        ("#/definitions/A", {**D4, "definitions": {"A": TEXT}}, "#/definitions/A"),
        ("#/$defs/a~1b~0c", {"$defs": {"a/b~c": TEXT}}, "#/$defs/a~1b~0c"),
        ("#/$defs/a%20b%25c", {"$defs": {"a b%c": TEXT}}, "#/$defs/a b%25c"),
        ("#/$defs/%E4%B9%A6", {"$defs": {"书": TEXT}}, "#/$defs/书"),
        ("#/$defs/Page<Book>", {"$defs": {"Page<Book>": TEXT}}, "#/$defs/Page<Book>"),
        ("#/properties/a/items/1", {**D7, "properties": {"a": {"items": [{}, TEXT]}}}, "#/properties/a/prefixItems/1"),
        (
            "#/properties/a/additionalItems",
            {"properties": {"a": {"items": [{}], "additionalItems": TEXT}}},
            "#/properties/a/items",
        ),
        ("#/properties/items/items", {"properties": {"items": {"items": TEXT}}}, "#/properties/items/items"),
        ("#/dependencies/a", {**D7, "dependencies": {"a": TEXT}}, "#/dependentSchemas/a"),
        ("#/allOf/0/items/0/not", {"allOf": [{"items": [{"not": TEXT}]}]}, "#/allOf/0/prefixItems/0/not"),
        ("#/x-shared/A", {"x-shared": {"A": TEXT}}, "#/x-shared/A"),
        ("#/x-shared/A/items/0", {"x-shared": {"A": {"items": [TEXT]}}}, "#/x-shared/A/items/0"),
        ("#/$defs/A", {"$defs": {"A": True}}, "#/$defs/A"),
        ("https://x.org/book", {"$id": "https://x.org/book"}, "#"),
        ("https://x.org/book#/$defs/A", {"$id": "https://x.org/book", "$defs": {"A": TEXT}}, "#/$defs/A"),
        ("book#/$defs/A", {"$id": "https://x.org/book", "$defs": {"A": TEXT}}, "#/$defs/A"),
        ("urn:x:book#/$defs/A", {"$id": "urn:x:book", "$defs": {"A": TEXT}}, "#/$defs/A"),
        ("#/$defs/A", {"$id": "urn:x:book", "$defs": {"A": TEXT}}, "#/$defs/A"),
        ("part", {"$id": "https://x.org/book", "$defs": {"A": {"$id": "part"}}}, "#/$defs/A"),
        ("part#/$defs/B", {"$defs": {"A": {"$id": "part", "$defs": {"B": {}}}}}, "#/$defs/A/$defs/B"),
        ("#here", {"$defs": {"A": {"$anchor": "here"}}}, "#/$defs/A"),
        ("part#here", {"$defs": {"A": {"$id": "part", "not": {"$anchor": "here"}}}}, "#/$defs/A/not"),
        ("#here", {**D7, "definitions": {"A": {"$id": "#here"}}}, "#/definitions/A"),
        ("#here", {**D4, "definitions": {"A": {"id": "#here"}}}, "#/definitions/A"),
        ("#here", {"definitions": {"A": {"id": "#here"}}}, "#/definitions/A"),
        ("part.json", {**D4, "id": "http://x.org/", "definitions": {"A": {"id": "part.json"}}}, "#/definitions/A"),
    ],
)  # fmt: skip
def test_where_a_reference_leads(reference: str, document: dict[str, Any], pointer: str) -> None:
    assert where(reference, document) == pointer


def test_a_reference_within_a_part_begins_there() -> None:
    part = {"$id": "part", "$defs": {"A": TEXT}, "$ref": "#/$defs/A"}
    found = inner({"$defs": {"A": WHOLE, "P": part}, "properties": {"a": {"$ref": "part"}}})
    assert found["$defs"]["P"] == {"$defs": {"A": TEXT}, "$ref": "#/$defs/P/$defs/A"}


def test_a_reference_from_a_part_to_the_root_is_read_as_many_write_it() -> None:
    part = {"id": "http://example.org/part", "properties": {"a": {"$ref": "#/definitions/A"}}}
    found = inner({**D4, "properties": {"p": part}, "definitions": {"A": TEXT}})
    assert found["properties"]["p"]["properties"]["a"] == {"$ref": "#/definitions/A"}


def test_an_identifier_beside_a_reference_is_none_in_old_drafts() -> None:
    definitions = {"A": {"$id": "http://x.org/else", "$ref": "#b"}, "B": {"$id": "#b"}}
    assert inner({**D7, "definitions": definitions})["definitions"]["A"] == {"$ref": "#/definitions/B"}


def test_what_a_reference_leads_to_is_rewritten_too() -> None:
    document = {"$ref": "#/x-shared/deep/A", "x-shared": {"deep": {"A": {"items": [{"$ref": "#"}]}}}}
    assert inner(document) == {
        "$ref": "#/x-shared/deep/A",
        "x-shared": {"deep": {"A": {"prefixItems": [{"$ref": "#"}]}}},
    }


def test_a_part_in_another_draft() -> None:
    part = {"$id": "part", **D7, "items": [TEXT], "dependencies": {"a": ["b"]}}
    found = inner({**D20, "$ref": "part", "$defs": {"P": part}})
    assert found["$defs"]["P"] == {"prefixItems": [TEXT], "dependentRequired": {"a": ["b"]}}


def test_two_references_in_one_place() -> None:
    document = {**D20, "$defs": {"A": TEXT, "B": {"maxLength": 3}}, "$ref": "#/$defs/A", "$dynamicRef": "#/$defs/B"}
    found = inner(document)
    assert found["$ref"] == "#/$defs/A"
    assert found["allOf"] == [{"$ref": "#/$defs/B"}]


@pytest.mark.parametrize(
    "uri",
    [
        "http://json-schema.org/draft-04/schema#",
        "http://json-schema.org/draft-06/schema",
        "https://json-schema.org/draft-07/schema#",
        "https://json-schema.org/draft/2019-09/schema",
        "https://json-schema.org/draft/2020-12/schema",
    ],
)
def test_a_metaschema_is_brought_in(uri: str) -> None:
    found = inner({"properties": {"schema": {"$ref": uri}}})
    validator = Draft202012Validator(found)
    assert validator.is_valid({"schema": {"type": "string", "properties": {"a": {"minLength": 1}}}})
    assert not validator.is_valid({"schema": {"type": "strin"}})
    assert not validator.is_valid({"schema": {"properties": {"a": {"minLength": -1}}}})


def test_a_metaschema_takes_a_free_name() -> None:
    name = "json-schema.org-draft-07-schema"
    found = inner({"$defs": {name: TEXT}, "$ref": "http://json-schema.org/draft-07/schema#/definitions/simpleTypes"})
    assert found["$ref"] == f"#/$defs/{name}_/definitions/simpleTypes"


@pytest.mark.parametrize(
    "reference",
    [
        "http://x.org/a.json",
        "other.json",
        "other.json#/A",
        "/root.json",
        "file:///a",
        "urn:x",
        "http://[",
        "a b",
        "//h",
    ],
)
def test_a_reference_to_elsewhere(reference: str) -> None:
    document = {"$id": "https://x.org/book", "properties": {"a": {"$ref": reference}}}
    assert refused(document) == f"/properties/a/$ref: {json.dumps(reference)} is outside of the schema"
    with pytest.raises(SchemaError) as caught:
        to_inner(document, "Test")
    assert caught.value.hint == "bring it into $defs; nothing is fetched"


@pytest.mark.parametrize(
    "reference",
    ["#/nowhere", "#/$defs/A/nowhere", "#nowhere", "#/$defs", "#/$defs/A/title", "#/$defs/A/enum/0", "#/properties",
     "#/$defs/L/anyOf", "#/$defs/L/anyOf/2", "#/$defs/L/anyOf/-1", "#/$defs/L/anyOf/x", "#/$defs/A/default",
     "#/uniqueItems", "#/x-note", "#/x-note/0", "#/x-note/1"],
)  # fmt: skip
def test_a_reference_to_nothing(reference: str) -> None:
    definitions = {"A": {"title": "t", "enum": [{}], "default": {}}, "L": {"anyOf": [{}]}}
    document = {"uniqueItems": True, "properties": {"a": {"$ref": reference}}, "$defs": definitions, "x-note": [1]}
    assert refused(document) == f"/properties/a/$ref: {json.dumps(reference)} leads to no schema"


def test_a_reference_into_what_the_draft_ignores() -> None:
    document = {**D7, "additionalItems": {"not": TEXT}, "properties": {"a": {"$ref": "#/additionalItems/not"}}}
    assert refused(document).startswith("/properties/a/$ref: leads into additionalItems, which its draft ignores")


@pytest.mark.parametrize(
    ("document", "place"),
    [
        ({"$ref": "#"}, "/$ref"),
        ({"anyOf": [TEXT, {"$ref": "#"}]}, "/anyOf/1/$ref"),
        ({"properties": {"a": {"$ref": "#/properties/a"}}}, "/properties/a/$ref"),
        ({"$ref": "#/$defs/A", "$defs": {"A": {"$ref": "#/$defs/B"}, "B": {"allOf": [{"$ref": "#/$defs/A"}]}}}, None),
        ({"$defs": {"A": {"not": {"$ref": "#/$defs/A"}}}}, "/$defs/A/not/$ref"),
        ({"$defs": {"A": {"if": {"$ref": "#/$defs/A"}}}}, "/$defs/A/if/$ref"),
        ({"$defs": {"A": {"oneOf": [{}, {"then": {"$ref": "#/$defs/A"}}]}}}, "/$defs/A/oneOf/1/then/$ref"),
        ({"$defs": {"A": {"dependentSchemas": {"b": {"$ref": "#/$defs/A"}}}}}, "/$defs/A/dependentSchemas/b/$ref"),
        ({**D7, "definitions": {"A": {"dependencies": {"b": {"$ref": "#/definitions/A"}}}}}, None),
        ({"properties": {"a": {"$ref": "#/$defs/A"}}, "$defs": {"A": {"$ref": "#/$defs/A"}}}, "/$defs/A/$ref"),
        ({"$recursiveRef": "#"}, "/$recursiveRef"),
    ],
)
def test_a_reference_that_comes_back_to_itself(document: dict[str, Any], place: str | None) -> None:
    message = refused(document)
    assert message.endswith(" refers to itself")
    assert place is None or message.startswith(f"{place}: ")


@pytest.mark.parametrize(
    "document",
    [
        {"properties": {"a": {"$ref": "#"}}},
        {"anyOf": [TEXT, {"items": {"$ref": "#"}}]},
        {"$defs": {"A": {"contains": {"$ref": "#/$defs/A"}}}},
        {"allOf": [{"$ref": "#/$defs/A"}, {"$ref": "#/$defs/A"}], "$defs": {"A": {"anyOf": [TEXT]}}},
        {**D7, "$ref": "#/definitions/A", "allOf": [{"$ref": "#"}], "definitions": {"A": {}}},
    ],
)
def test_recursion_that_goes_down_is_fine(document: dict[str, Any]) -> None:
    inner(document)


# --- dynamic references --------------------------------------------------------------------------------------

TREE = {"$id": "tree", "$dynamicAnchor": "node", "properties": {"kids": {"items": {"$dynamicRef": "#node"}}}}


def test_a_dynamic_reference_with_one_target() -> None:
    found = inner({**D20, "$ref": "tree", "$defs": {"T": TREE}})
    assert found["$defs"]["T"] == {"properties": {"kids": {"items": {"$ref": "#/$defs/T"}}}}


def test_a_dynamic_reference_leads_to_the_outermost() -> None:
    root = {**D20, "$id": "strict", "$dynamicAnchor": "node", "$ref": "tree", "unevaluatedProperties": False}
    found = inner({**root, "$defs": {"T": TREE}})
    assert found["$defs"]["T"]["properties"]["kids"]["items"] == {"$ref": "#"}
    validator = Draft202012Validator(found)
    assert validator.is_valid({"kids": [{"kids": []}]})
    assert not validator.is_valid({"kids": [{"kid": []}]})


@pytest.mark.parametrize(
    ("node", "target"),
    [
        ({"$dynamicRef": "#plain", "$defs": {"A": {"$anchor": "plain"}}}, "#/$defs/A"),
        ({"$dynamicRef": "#/$defs/A", "$defs": {"A": {"$dynamicAnchor": "A"}}}, "#/$defs/A"),
        ({**D19, "properties": {"a": {"$recursiveRef": "#"}}}, "#"),
    ],
)  # fmt: skip
def test_a_dynamic_reference_that_is_a_plain_one(node: dict[str, Any], target: str) -> None:
    found = inner(node)
    assert (found if "$ref" in found else found["properties"]["a"])["$ref"] == target


def test_a_recursive_reference_leads_to_the_outermost() -> None:
    tree = {"$id": "tree", "$recursiveAnchor": True, "properties": {"kid": {"$recursiveRef": "#"}}}
    found = inner({**D19, "$id": "strict", "$recursiveAnchor": True, "$ref": "tree", "$defs": {"T": tree}})
    assert found["$defs"]["T"]["properties"]["kid"] == {"$ref": "#"}


def test_a_dynamic_reference_that_depends_on_the_way() -> None:
    variants = {name: {"$id": name, "$ref": "tree", "$dynamicAnchor": "node"} for name in ("oak", "elm")}
    document = {**D20, "anyOf": [{"$ref": "oak"}, {"$ref": "elm"}], "$defs": {"T": TREE, **variants}}
    what = "'#node' leads to several places, by context"
    assert refused(document) == f"/$defs/T/properties/kids/items/$dynamicRef: {what}"


# --- the metaschema ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("document", "what"),
    [
        ({"type": "strin"}, '/type: "strin" is no type of JSON Schema; did you mean "string"?'),
        ({"type": ["null", "Int"]}, '/type: "Int" is no type of JSON Schema; did you mean "integer"?'),
        ({"type": "datetime"}, '/type: "datetime" is no type of JSON Schema; they are string, number, '),
        ({"type": ["null", "null"]}, '/type: ["null", "null"] is not '),
        ({"properties": {"a": {"type": ["string", "strin"]}}}, "/properties/a/type"),
        ({"properties": {"a": {"required": True}}}, "/properties/a/required: true is not of type 'array'"),
        ({**D4, "properties": {"a": {"required": []}}}, "/properties/a/required: [] should be non-empty"),
        ({"properties": {"a": 5}}, "/properties/a: 5 is not of type 'object', 'boolean'"),
        ({"properties": []}, "/properties: [] is not of type 'object'"),
        ({**D4, "properties": {"a": True}}, "/properties/a: true is not of type 'object'"),
        ({"allOf": []}, "/allOf: [] should be non-empty"),
        ({"anyOf": [{"oneOf": [{"not": 3}]}]}, "/anyOf/0/oneOf/0/not: 3 is not of type 'object', 'boolean'"),
        ({**D20, "items": [{}]}, "/items: [{}] is not of type 'object', 'boolean'"),
        ({"items": []}, "/items: [] "),
        ({**D7, "exclusiveMinimum": True}, "/exclusiveMinimum: true is not of type 'number'"),
        ({**D4, "exclusiveMinimum": 3}, "/exclusiveMinimum: 3 is not of type 'boolean'"),
        ({**D4, "exclusiveMinimum": True}, "/exclusiveMinimum: `true` needs minimum beside it"),
        ({**D4, "enum": [1, 2, 1]}, "/enum: [1, 2, 1] has non-unique elements"),
        ({"enum": "a"}, '/enum: "a" is not of type '),
        ({"minLength": -1}, "/minLength: -1 is less than the minimum of 0"),
        ({"multipleOf": 0}, "/multipleOf: 0 is less than or equal to the minimum of 0"),
        ({**D4, "multipleOf": 0}, "/multipleOf: 0 is less than or equal to the minimum of 0"),
        ({"maxItems": 1.5}, "/maxItems: 1.5 is not of type 'integer'"),
        ({"$defs": {"A": {"title": 3}}}, "/$defs/A/title: 3 is not of type 'string'"),
        ({"dependentRequired": {"a": "b"}}, '/dependentRequired/a: "b" is not of type '),
        ({"pattern": "a("}, '/pattern: "a(" is not a regular expression'),
        ({"items": {"patternProperties": {"x": {}, "[": {}}}}, '/items/patternProperties: "[" is not a regular'),
        ({"$ref": 5}, "/$ref: 5 is not of type 'string'"),
        ({**D20, "$id": "a#b"}, '/$id: "a#b" does not match'),
        ({"x-a": {"type": 3}, "$ref": "#/x-a"}, "/x-a/type: 3 is not "),
    ],
)  # fmt: skip
def test_what_a_metaschema_has_against_a_document(document: dict[str, Any], what: str) -> None:
    assert refused(document).startswith(what)


def test_a_long_value_is_cut() -> None:
    assert refused({"type": "x" * 9999}).startswith('/type: "' + "x" * 58 + "… is no type ")
    assert refused({"required": [*map(str, range(9999)), 5]}).startswith('/required: ["0", "1", "2", ')
    assert refused({**D4, "enum": ["x" * 9999] * 2}).startswith("/enum: ")


def test_what_jsonschema_knows_better() -> None:
    inner({"maxItems": 2.0})
    inner({"$anchor": "a-b.c_d"})


@pytest.mark.parametrize(
    "pattern", [r"^\p{L}+$", r"\Ax\z", "(?i)x", "[a-z&&[^b]]", "(?x) a b", "[[:alpha:]]", "(?<y>a)"]
)
def test_a_pattern_of_any_dialect_passes(pattern: str) -> None:
    inner({"pattern": pattern, "patternProperties": {pattern: {}}})


@pytest.mark.parametrize(
    "pattern", ["(a{99999}){99999}", "(x+x+)+y", "(" * 5000, "[" * 5000, "((a{0,100}){0,100}){0,100}"]
)
def test_a_hostile_pattern_does_not_hang(pattern: str) -> None:
    started = time.process_time()
    message = fault({"properties": {"a": {"pattern": pattern}}})
    assert message is None or "is not a regular expression" in message
    assert time.process_time() - started < 3


# --- limits --------------------------------------------------------------------------------------------------


def nested(levels: int) -> dict[str, Any]:
    node: dict[str, Any] = {}
    for _ in range(levels):
        node = {"not": node}
    return node


def test_depth_is_limited() -> None:
    assert to_inner(nested(MAX_DEPTH - 1), "Test") == nested(MAX_DEPTH - 1)
    assert refused(nested(MAX_DEPTH)) == "/not/not/not/not/not/not…: nested deeper than 128 levels"
    assert "nested deeper than 128 levels" in refused({"const": nested(50_000)})
    endless: dict[str, Any] = {}
    endless["not"] = endless
    assert "nested deeper than 128 levels" in refused(endless)


def test_size_is_limited() -> None:
    assert to_inner({"enum": [0] * (MAX_VALUES - 1)}, "Test")
    assert refused({"enum": [0] * MAX_VALUES}) == "/enum…: more than 100000 values"
    assert refused({"$defs": {f"d{at}": TEXT for at in range(MAX_VALUES // 2)}}).endswith("…: more than 100000 values")
    shared: Any = [1] * 10
    for _ in range(6):
        shared = [shared] * 10  # ten names for each
    assert "more than 100000 values" in refused({"const": shared})


def test_texts_are_limited() -> None:
    inner({"description": "x" * MAX_STRING})
    assert refused({"properties": {"a": {"title": "x" * (MAX_STRING + 1)}}}) == (
        "/properties/a/title: a text of more than 300000 characters"
    )
    assert refused({"properties": {"x" * (MAX_STRING + 1): {}}}) == "/properties: a name of more than 300000 characters"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {1}, b"x", object()])
def test_what_is_not_json(value: Any) -> None:
    assert refused({"properties": {"a": {"default": value}}}).endswith(" is not JSON")
    assert refused({"properties": {1: {}}}) == "/properties: the name 1 is not a text"


def test_many_references_and_a_large_document_take_no_time() -> None:
    definitions = {
        f"d{at}": {"type": "object", "properties": {"next": {"$ref": f"#/$defs/d{at + 1}"}}} for at in range(5_000)
    }
    document = {"$ref": "#/$defs/d0", "$defs": {**definitions, "d5000": {"items": [TEXT]}}}
    started = time.process_time()
    found = to_inner(document, "Test")
    assert time.process_time() - started < 5
    assert found["$defs"]["d5000"] == {"prefixItems": [TEXT]}


def test_a_long_chain_of_references_is_no_recursion() -> None:
    chain = {f"d{at}": {"$ref": f"#/$defs/d{at + 1}"} for at in range(5_000)}
    to_inner({"$ref": "#/$defs/d0", "$defs": {**chain, "d5000": TEXT}}, "Test")
    assert "refers to itself" in refused({"$ref": "#/$defs/d0", "$defs": {**chain, "d5000": {"$ref": "#/$defs/d0"}}})


def test_many_ways_to_the_same_place_take_no_time() -> None:
    twice = {f"d{at}": {"allOf": [{"$ref": f"#/$defs/d{at + 1}"}] * 2} for at in range(60)}
    started = time.process_time()
    to_inner({"$ref": "#/$defs/d0", "$defs": {**twice, "d60": TEXT}}, "Test")
    assert time.process_time() - started < 5


def test_the_same_fault_is_told_in_every_run() -> None:
    document = {"not": {"type": 1}, "if": {"type": 2}, "else": {"type": 3}}
    command = [sys.executable, "-c", f"from extractor.dialect import to_inner; to_inner({document}, 'T')"]
    runs = [
        subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env={"PYTHONHASHSEED": seed})
        for seed in "123"
    ]
    told = {run.stderr.splitlines()[-1] for run in runs}
    assert len(told) == 1


# --- any document --------------------------------------------------------------------------------------------

scalars = st.sampled_from(
    [None, True, False, 0, 1, -1, 2.0, 0.5, "", "a", "string", "a(", "#", [], {}, ["a"], ["a", "a"], [1, 1], [{}],
     [True], {"a": {}}, {"a": True}, {"a": ["b"]}, {"a": 1}, ["string", "null"], [None, {}, []]]
)  # fmt: skip


def documents(draft: dict[str, str]) -> st.SearchStrategy[dict[str, Any]]:
    """Documents of a draft's keywords, with any values."""
    keywords = st.sampled_from(sorted(rules_of(draft_of(draft)).keys() - {"$schema", "$id", "id"}))

    def wider(found: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        values = scalars | found | st.lists(found, max_size=2) | st.dictionaries(st.just("a"), found, max_size=1)
        return st.dictionaries(keywords, values, max_size=3)

    nodes = st.recursive(st.dictionaries(keywords, scalars, max_size=3), wider, max_leaves=4)
    return nodes.map(lambda node: {**node, **draft})


@quick(300)
@given(st.one_of([documents(draft) for draft in (D4, D6, D7, D19, D20)]))
def test_what_a_metaschema_refuses_is_refused_and_nothing_else(document: dict[str, Any]) -> None:
    try:
        validator_for(document).check_schema(document, format_checker=NO_FORMATS)
    except MetaschemaError:
        assert fault(document)
        return
    if message := fault(document):
        reasons = ("leads to", "outside of the schema", "refers to itself", "regular expression")
        assert any(reason in message for reason in reasons)
    else:
        Draft202012Validator.check_schema(to_inner(document, "Test"), format_checker=NO_FORMATS)


small = st.sampled_from(
    [{}, TEXT, WHOLE, {"minimum": 2, "exclusiveMinimum": True}, {"maximum": 2, "exclusiveMaximum": False},
     {"$ref": "#/definitions/A"}, {"$ref": "#/definitions/B", "type": "null"}, {"required": ["a"]}, {"enum": [1, "x"]}]
)  # fmt: skip


def wider(children: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    several = st.lists(children, min_size=1, max_size=2)
    return st.one_of(
        st.fixed_dictionaries({"items": several}, optional={"additionalItems": children | st.booleans()}),
        children.map(lambda child: {"items": child, "additionalItems": False}),
        children.map(lambda child: {"dependencies": {"a": child, "b": ["a"]}}),
        several.map(lambda found: {"anyOf": found}),
        children.map(lambda child: {"not": child}),
        children.map(lambda child: {"properties": {"a": child}, "additionalProperties": False}),
    )


def larger(found: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(found, max_size=3) | st.dictionaries(st.sampled_from("ab"), found, max_size=2)


old = st.recursive(small, wider, max_leaves=5)
instances = st.recursive(st.sampled_from([0, 1, 2, 3, "x", None]), larger, max_leaves=6)


@quick(300)
@given(old, old, old, st.lists(instances, min_size=1, max_size=5))
def test_an_old_document_means_the_same(root: Any, first: Any, second: Any, values: list[Any]) -> None:
    document = {**D4, "allOf": [root], "definitions": {"A": first, "B": second}}
    if message := fault(document):
        assert message.endswith("refers to itself")
        return
    found = to_inner(document, "Test")
    was, now = jsonschema.Draft4Validator(document), Draft202012Validator(found)
    assert [now.is_valid(value) for value in values] == [was.is_valid(value) for value in values]


# --- real documents ------------------------------------------------------------------------------------------


def _pattern(_: Any, pattern: str, value: Any, __: Any) -> Iterator[ValidationError]:
    if isinstance(value, str) and not patterns.search(pattern, value, "ecma"):
        yield ValidationError("pattern")


Inner = extend(Draft202012Validator, {"pattern": _pattern})


def agrees(validator: Any, value: Any, label: bool) -> bool:
    try:
        return validator.is_valid(value) is label
    except Exception:  # noqa: BLE001  # a pattern that `re` does not know, a reference that jsonschema does not follow
        return False


def gold(name: str) -> list[dict[str, Any]]:
    path = GOLD / name
    if not path.is_file():
        pytest.skip(f"no {path}")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]


def test_real_schemas_agree_with_their_labels() -> None:
    """No schema is refused; each instance is judged as its label says, or as the validator of its draft judges it."""
    worse = []
    for row in gold("jsonschemabench_dev.jsonl"):
        validator = validator_for(row["schema"], default=Draft202012Validator)
        own = validator(row["schema"], format_checker=validator.FORMAT_CHECKER)
        ours = Inner(to_inner(row["schema"], row["id"]), format_checker=CHECKER)
        labelled = [(value, True) for value in row["valid"]] + [(bad["data"], False) for bad in row["invalid"]]
        worse += [
            row["id"] for value, label in labelled if not agrees(ours, value, label) and agrees(own, value, label)
        ]
    assert worse == []


def test_the_test_suite_of_json_schema() -> None:
    """All of it, but for what needs a network, depends on the way, or says that a format is not checked."""
    wrong, refusals = [], []
    for row in gold("json_schema_test_suite_dev.jsonl"):
        if row["keyword"] == "format" and not row["optional"]:
            continue
        try:
            found = to_inner(row["schema"], row["id"]) if row["schema"] is not False else False
        except SchemaError as error:
            refusals += [] if row["needs_remote"] else [str(error)]
            continue
        own, ours = Draft202012Validator(row["schema"]), Inner(found, format_checker=CHECKER)
        tests = [(test["data"], test["valid"]) for test in row["tests"]]
        wrong += [row["id"] for value, label in tests if not agrees(ours, value, label) and agrees(own, value, label)]
    assert wrong == []
    assert [message for message in refusals if "by context" not in message] == []


@pytest.mark.parametrize("keyword", ["unevaluatedProperties", "unevaluatedItems"])
def test_more_ways_than_validation_can_follow_are_refused_beside_unevaluated(keyword: str) -> None:
    def ways(levels: int) -> dict[str, Any]:
        steps = {f"d{at}": {"allOf": [{"$ref": f"#/$defs/d{at + 1}"}] * 2} for at in range(levels)}
        return {"$defs": {**steps, f"d{levels}": TEXT}, keyword: False, "anyOf": [{"$ref": "#/$defs/d0"}]}

    assert to_inner(ways(8), "Test")
    assert f"/{keyword}: more than 10,000 ways" in refused(ways(60))
    plain = {name: node for name, node in ways(60).items() if name != keyword}
    assert to_inner(plain, "Test")


def test_subschemas_are_those_that_are_written_in_it_and_no_data() -> None:
    node = {
        "properties": {"enum": {"title": "a"}, "default": {"items": {"title": "b"}}},
        "default": {"title": "data"},
        "examples": [{"title": "data"}],
        "enum": [{"title": "data"}],
        "anyOf": [{"title": "c"}, True],
        "dependencies": {"a": ["b"], "b": {"title": "d"}},
        "$defs": {"x": {"not": {"title": "e"}}},
    }
    assert [one["title"] for one in subschemas(node) if "title" in one] == ["a", "b", "c", "d", "e"]
    assert [*subschemas(True)] == []
