"""What is asked for, in each of the three ways. Snapshots are plain files, see described.py."""

from __future__ import annotations

import json
import re
import time
from typing import Any, get_args

import pytest
from described import SCHEMAS, SNAPSHOTS, TEXT, WHOLE, compare
from hypothesis import given
from hypothesis import strategies as st
from scripted import quick, record, schema_of

from extractor.descriptors import describe
from extractor.schema import load_json, many
from extractor.types import Descriptor, Schema

WAYS: tuple[Descriptor, ...] = get_args(Descriptor)
each_way = pytest.mark.parametrize("way", WAYS)


def _file(name: str, way: Descriptor) -> str:
    return name if way == "typescript" else f"{name}.{way}"


@each_way
@pytest.mark.parametrize("name", SCHEMAS)
def test_describe(name: str, way: Descriptor) -> None:
    compare(_file(name, way), describe(SCHEMAS[name], way))


def test_every_snapshot_has_its_schema() -> None:
    files = {file.stem for file in SNAPSHOTS.glob("*.txt") if not file.stem.startswith("conversation")}
    assert files == {_file(name, way) for name in SCHEMAS for way in WAYS}


# --- shapes of types -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("child", "expected"),
    [
        ({"type": "array", "items": {"enum": ["a", "b"]}}, '("a" | "b")[]'),
        ({"anyOf": [WHOLE, {"type": "null"}]}, "integer | null"),
        ({"anyOf": [WHOLE, {"type": "integer", "title": "Whole"}]}, "integer"),
        ({"type": "array", "items": {"anyOf": [WHOLE, TEXT]}}, "(integer | string)[]"),
        ({"type": "array", "prefixItems": [WHOLE, TEXT]}, "[integer, string]"),
        ({"type": "number"}, "number"),
        ({"type": "boolean"}, "boolean"),
        ({}, "any"),
    ],
)
def test_types(child: dict[str, Any], expected: str) -> None:
    assert describe(schema_of(record(a=child))) == f"{{\n  a: {expected}\n}}"


@pytest.mark.parametrize(
    ("child", "expected"),
    [
        ({"type": "array", "items": {"enum": ["a", "b"]}}, 'list of (one of "a", "b")'),
        ({"anyOf": [WHOLE, {"type": "null"}]}, "whole number or null"),
        ({"anyOf": [WHOLE, {"type": "integer", "minimum": 1}]}, "whole number"),
        (
            {"anyOf": [{"enum": ["a", "b"]}, WHOLE, {"type": "null"}]},
            'either (one of "a", "b") or whole number or null',
        ),
        ({"anyOf": [{"const": "a"}, {"type": "null"}]}, 'one of "a", null'),
        ({"type": ["null", "string"]}, "text or null"),
        ({"type": "null"}, "null"),
        ({"type": "array", "items": {"anyOf": [WHOLE, TEXT]}}, "list of (either whole number or text)"),
        (
            {"type": "array", "prefixItems": [WHOLE, {"anyOf": [TEXT, WHOLE]}]},
            "list: whole number, then (either text or whole number)",
        ),
        ({"type": "array", "items": {"type": "array", "items": TEXT}}, "list of list of text"),
        ({"type": "object", "additionalProperties": TEXT}, "free keys, each text"),
        ({"type": "boolean"}, "true/false"),
        ({"type": "string", "format": "date-time-local"}, "date and time"),
        ({"enum": list(range(203))}, f"one of {', '.join(map(str, range(200)))}, … (3 more)"),
        ({"allOf": [{}, TEXT]}, "text"),
        (False, "nothing"),
        ({}, "anything"),
    ],
)
def test_types_in_words(child: Any, expected: str) -> None:
    assert describe(schema_of(record(a=child)), "bullet").partition("):")[0].removesuffix(")") == f"- a ({expected}"


def _lines(*lines: str) -> str:
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        (record(a=record(b=record(c=WHOLE))), _lines("- a (record)", "  - b (record)", "    - c (whole number)")),
        (
            record(a={"type": "array", "items": record(b=WHOLE)}),
            _lines("- a (list of records)", "  - b (whole number)"),
        ),
        (
            record(a={"anyOf": [record(b=WHOLE), {"type": "null"}]}),
            _lines("- a (record or null)", "  - b (whole number)"),
        ),
        (
            record(a={"anyOf": [record(b=WHOLE), record(c=WHOLE)]}),
            _lines(
                "- a (either Record or Record2)",
                "  Record:",
                "  - b (whole number)",
                "  Record2:",
                "  - c (whole number)",
            ),
        ),
        (
            record(a={"oneOf": [{**record(b=WHOLE), "title": "record"}, record(c={"const": "record"})]}),
            _lines(
                "- a (either record2 or Record)",
                "  record2:",
                "  - b (whole number)",
                "  Record:",
                '  - c (always "record")',
            ),
        ),
        (
            record(a={"allOf": [record(b=WHOLE), record(c=WHOLE)]}),
            _lines("- a (record)", "  - b (whole number)", "  - c (whole number)"),
        ),
        (
            record(a={"type": "array", "prefixItems": [record(b=WHOLE), record(c=WHOLE)]}),
            _lines(
                "- a (list: Record, then Record2)",
                "  Record:",
                "  - b (whole number)",
                "  Record2:",
                "  - c (whole number)",
            ),
        ),
        (
            record(a={"type": "object", "additionalProperties": record(b=WHOLE)}),
            _lines("- a (free keys, each record)", "  - b (whole number)"),
        ),
        (
            {"type": "array", "items": {"anyOf": [record(a=WHOLE), TEXT]}},
            _lines("list of (either record or text):", "- a (whole number)"),
        ),
        ({"type": "array", "items": WHOLE}, "list of whole number"),
        ({"type": "object", "properties": {"kid": {"$ref": "#"}}}, _lines("Record:", "- kid (Record)")),
    ],
)
def test_records_in_words(schema: dict[str, Any], expected: str) -> None:
    assert describe(schema_of(schema), "bullet") == expected


@pytest.mark.parametrize(
    ("name", "way"), [("any", "typescript"), ("string", "typescript"), ("anything", "bullet"), ("null", "bullet")]
)
def test_no_definition_has_the_name_of_a_type(name: str, way: Descriptor) -> None:
    reference = {"$ref": f"#/$defs/{name}"}
    schema = schema_of({**record(a=reference, b=reference), "$defs": {name: record(c=WHOLE)}})
    assert f"{name}2" in describe(schema, way)


# --- remarks -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        ({**TEXT, "examples": ["a", "b", "b", "c", "d"]}, 'e.g. "a", "b", "c"'),
        ({**TEXT, "examples": ["x" * 58, "y" * 59]}, f'e.g. "{"x" * 58}"'),
        (
            {**TEXT, "examples": [["the text", "a"], "on\ntwo lines\u2028or three"]},
            'e.g. "on\\ntwo lines\\u2028or three"',
        ),
        ({**TEXT, "examples": [1, {"value": "a"}, ["a"], None]}, ""),
        ({**TEXT, "examples": {"odd": 1}}, ""),
        ({"anyOf": [{**TEXT, "examples": ["a"]}, {"type": "null"}], "examples": [None]}, 'e.g. "a"'),
        ({"type": "array", "items": {**TEXT, "examples": ["a"]}}, 'e.g. "a"'),
        ({"type": "array", "items": TEXT, "examples": [["a"]]}, 'e.g. ["a"]'),
        ({**TEXT, "description": "one\ntwo.", "maxLength": 9}, "one two; at most 9 characters"),
        ({"anyOf": [{**TEXT, "description": "inside"}, {"type": "null"}]}, "inside"),
        ({"anyOf": [{**TEXT, "description": "one"}, {**WHOLE, "description": "two"}]}, ""),
        ({"enum": ["a", "b"], "x-aliases": {"a": {"description": "x\ny"}, "b": {"x-alias": "k"}}}, '"a": x y'),
        ({"oneOf": [{"const": "a", "title": "A"}, {"const": 1, "title": "B", "description": "c"}]}, '"a": A; 1: B, c'),
        ({"type": "array", "items": {"$ref": "#/$defs/Told"}}, '"a": x'),
        ({"anyOf": [{"$ref": "#/$defs/Told"}, {"type": "null"}]}, '"a": x'),
    ],
)
def test_remarks(node: dict[str, Any], expected: str) -> None:
    told = {"enum": ["a"], "x-aliases": {"a": {"description": "x"}}}
    schema = schema_of({**record(a=node), "$defs": {"Told": told}})
    script = describe(schema).splitlines()
    assert len(script) == 3
    assert script[1].partition("  // ")[2] == expected
    (bullet,) = describe(schema, "bullet").splitlines()
    assert bullet.partition("): ")[2] == expected


@each_way
def test_meanings_stand_where_a_named_enum_is_explained(way: Descriptor) -> None:
    told = {"enum": ["a"], "x-aliases": {"a": {"description": "of little use"}}}
    reference = {"$ref": "#/$defs/Told"}
    assert describe(schema_of({**record(a=reference, b=reference), "$defs": {"Told": told}}), way).count("little") == 1


@pytest.mark.parametrize("keyword", ["x-dropped", "x-guidance", "$comment", "x-alias"])
def test_what_says_nothing_is_left_out_of_a_schema(keyword: str) -> None:
    node = {**WHOLE, keyword: "silent", "title": "First Name", "default": None}
    text = describe(schema_of(record(first_name=node)), "json-schema")
    assert json.loads(text) == record(first_name=WHOLE)


def test_what_says_something_stays_in_a_schema() -> None:
    node = {**WHOLE, "title": "Years", "default": 0, "description": "whole", "minimum": 0}
    properties = record(age=node, title=TEXT, examples=TEXT)
    text = describe(schema_of({**properties, "additionalProperties": False}), "json-schema")
    assert json.loads(text) == {**properties, "additionalProperties": False}


def test_definitions_that_only_others_refer_to() -> None:
    used = {"A": record(b={"$ref": "#/$defs/B%25/properties/c"}), "B%": record(c=WHOLE)}
    unused = {"C": record(d={"$ref": "#/$defs/D"}), "D": TEXT}
    text = describe(schema_of({"$ref": "#/$defs/A", "$defs": {**unused, **used}}), "json-schema")
    assert json.loads(text) == {"$ref": "#/$defs/A", "$defs": used}


def test_a_list_of_a_union_of_objects() -> None:
    text = describe(schema_of({"type": "array", "items": {"anyOf": [record(a=WHOLE), record(b=WHOLE)]}}))
    assert text == "({\n  a: integer\n} | {\n  b: integer\n})[]"


def test_the_description_of_a_recursive_root() -> None:
    assert describe(SCHEMAS["node"]).startswith("// A node.\n")


@pytest.mark.parametrize("way", ["typescript", "bullet"])
@pytest.mark.parametrize("is_referred", [False, True])
def test_what_each_record_of_a_list_is(way: Descriptor, *, is_referred: bool) -> None:
    note = {**record(a=WHOLE), "description": "A note\nof the log."}
    items = {"$ref": "#/$defs/Note"} if is_referred else note
    text = describe(schema_of({"type": "array", "items": items, "$defs": {"Note": note}}), way)
    assert "A note of the log." in text.partition("\n")[0]
    assert text.count("A note") == 1


def test_a_list_that_is_described_is_not_described_by_its_records() -> None:
    items = {**record(a=WHOLE), "description": "A note."}
    text = describe(schema_of({"type": "array", "items": items, "description": "The log."}))
    assert text.startswith("// The log.\n")
    assert "A note." not in text


def test_a_reference_to_the_root_has_a_name() -> None:
    assert "#" not in describe(schema_of({"type": "object", "properties": {"kid": {"$ref": "#"}}}))


def test_definitions_that_end_alike() -> None:
    places = {"a": "#/$defs/A", "b": "#/definitions/A", "c": "#/$defs/A", "d": "#/definitions/A"}
    properties = record(**{name: {"$ref": place} for name, place in places.items()})
    text = describe(schema_of({**properties, "$defs": {"A": WHOLE}, "definitions": {"A": TEXT}}))
    assert "integer" in text
    assert "string" in text


# --- recursion -----------------------------------------------------------------------------------------------


@st.composite
def graphs(draw: st.DrawFn) -> Schema:
    """Definitions that refer to one another at will."""
    names = [f"D{at}" for at in range(draw(st.integers(1, 4)))]

    def node() -> dict[str, Any]:
        reference = {"$ref": f"#/$defs/{draw(st.sampled_from(names))}"}
        shapes = [WHOLE, reference, {"type": "array", "items": reference}, {"anyOf": [reference, {"type": "null"}]}]
        return draw(st.sampled_from(shapes))

    def definition() -> dict[str, Any]:
        return record(**{f"p{at}": node() for at in range(draw(st.integers(1, 3)))})

    return schema_of({**definition(), "$defs": {name: definition() for name in names}})


@quick(150)
@given(graphs())
def test_recursion_ends_and_every_name_is_explained_once(schema: Schema) -> None:
    text = describe(schema)
    declared = re.findall(r"^type (D\d) = ", text, flags=re.MULTILINE)
    used = set(re.findall(r"\bD\d\b", text))
    assert sorted(declared) == sorted(used)
    assert text.count("{") == text.count("}")


@quick(150)
@given(graphs())
def test_in_words_every_name_is_explained_once(schema: Schema) -> None:
    text = describe(schema, "bullet")
    declared = re.findall(r"^ *(D\d):", text, flags=re.MULTILINE)
    assert sorted(declared) == sorted(set(re.findall(r"\bD\d\b", text)))


@quick(150)
@given(graphs())
def test_a_schema_that_is_written_says_the_same(schema: Schema) -> None:
    written = load_json(json.loads(describe(schema, "json-schema"))).json_schema
    assert all(written[keyword] == schema.json_schema[keyword] for keyword in ("type", "properties", "required"))
    definitions = written.get("$defs", {})
    assert all(schema.json_schema["$defs"][name] == node for name, node in definitions.items())
    assert describe(load_json(written)) == describe(schema)


@each_way
def test_definitions_that_are_used_twice_do_not_blow_up(way: Descriptor) -> None:
    def half(at: int) -> dict[str, Any]:
        reference = {"$ref": f"#/$defs/D{at + 1}"}
        return record(a=reference, b=reference)

    schema = schema_of({**half(-1), "$defs": {**{f"D{at}": half(at) for at in range(10)}, "D10": TEXT}})
    assert len(describe(schema, way)) < 10_000


@each_way
def test_definitions_that_all_refer_to_each_other_take_little_time(way: Descriptor) -> None:
    def tangle(size: int) -> Schema:
        names = [f"D{at}" for at in range(size)]
        body = record(**{name: {"$ref": f"#/$defs/{name}"} for name in names})
        return schema_of({"$ref": "#/$defs/D0", "$defs": dict.fromkeys(names, body)})

    def seconds(size: int) -> float:
        started = time.process_time()
        describe.__wrapped__(tangle(size), way)
        return time.process_time() - started

    assert min(seconds(7) for _ in range(3)) < 40 * min(seconds(4) for _ in range(3))


def _chain(link: Any) -> dict[str, Any]:
    """3,000 definitions, each used once, in the next one."""
    places = {f"D{at}": link({"$ref": f"#/$defs/D{at + 1}"}) for at in range(3_000)}
    return {"$ref": "#/$defs/D0", "$defs": {**places, "D3000": TEXT}}


def _nested(link: Any, levels: int) -> dict[str, Any]:
    node: dict[str, Any] = TEXT
    for _ in range(levels):
        node = link(node)
    return node


LINKS: dict[str, Any] = {
    "items": lambda node: {"type": "array", "items": node},
    "properties": lambda node: record(a=node),
    "anyOf": lambda node: {"anyOf": [node, WHOLE]},
    "allOf": lambda node: {"allOf": [node]},
    "map": lambda node: {"type": "object", "additionalProperties": node},
    "tuple": lambda node: {"type": "array", "prefixItems": [node, node]},
}


@pytest.mark.slow
@each_way
@pytest.mark.parametrize("link", [*LINKS])
def test_long_ways_inside_do_not_end_the_stack(way: Descriptor, link: str) -> None:
    if link != "tuple":
        assert describe(schema_of(_chain(LINKS[link])), way)
    assert describe(schema_of(_nested(LINKS[link], 12 if link == "tuple" else 60)), way)


@each_way
def test_the_deepest_schema_that_can_be_loaded(way: Descriptor) -> None:
    assert describe(load_json(_nested(LINKS["items"], 126)), way)


@each_way
def test_a_definition_that_is_used_within_a_part_of_itself(way: Descriptor) -> None:
    body = record(a={"type": "array", "items": {"$ref": "#/$defs/D"}})
    schema = schema_of({**record(x={"$ref": "#/$defs/D/properties/a"}), "$defs": {"D": body}})
    assert len(describe(schema, way)) < 300


@each_way
def test_data_that_looks_like_a_reference(way: Descriptor) -> None:
    node = {"default": {"$ref": "#/$defs/Nope"}, "enum": [{"$ref": "#/nowhere"}], "x-other": {"$ref": "elsewhere"}}
    assert describe(load_json(record(a=node)), way)


def test_what_a_definition_is_for_is_told_where_it_stands_and_branches_have_names() -> None:
    definitions = {
        "Where": record(place=TEXT) | {"description": "Where it was."},
        "Cat": record(miaow=TEXT) | {"description": "A cat."},
        "Dog": record(bark=TEXT),
    }
    pet = {"anyOf": [{"$ref": "#/$defs/Cat"}, {"$ref": "#/$defs/Dog"}]}
    where = {"anyOf": [{"$ref": "#/$defs/Where"}, {"type": "null"}]}
    schema = schema_of(record(where=where, pet=pet) | {"$defs": definitions})
    assert (
        describe(schema)
        == """\
// A cat.
type Cat = {
  miaow: string
}
type Dog = {
  bark: string
}
{
  where: {
    place: string
  } | null  // Where it was.
  pet: Cat | Dog
}"""
    )
    assert (
        describe(schema, "bullet")
        == """\
- where (record or null): Where it was.
  - place (text)
- pet (either Cat or Dog)
  Cat: A cat.
  - miaow (text)
  Dog:
  - bark (text)"""
    )


def test_of_a_list_of_records_definitions_stand_where_those_of_one_record_do() -> None:
    person = record(address={"$ref": "#/$defs/address"}, children={"type": "array", "items": {"$ref": "#"}})
    one = load_json(person | {"title": "Person", "$defs": {"address": record(street=TEXT)}})
    listed = describe(many(one))
    assert listed == describe(one).removesuffix("Person") + "Person[]"
    assert "address: {\n    street: string" in listed


@each_way
def test_many_definitions_of_one_name(way: Descriptor) -> None:
    names = [f"d-{at}" for at in range(4_000)]
    properties = {f"{name}{half}": {"$ref": f"#/$defs/{name}"} for name in names for half in "ab"}
    schema = schema_of({**record(**properties), "$defs": {name: {**record(a=TEXT), "title": "D"} for name in names}})
    started = time.process_time()
    describe(schema, way)
    assert time.process_time() - started < 10


def test_an_example_that_nests_as_deep_as_its_schema() -> None:
    value: Any = {"kids": []}
    for _ in range(50):
        value = {"kids": [value]}
    kids = {"type": "array", "items": {"$ref": "#"}, "examples": [[value]]}
    schema = load_json({"type": "object", "properties": {"kids": kids}})
    assert "e.g." not in describe(schema)


@pytest.mark.parametrize("descriptor", ["typescript", "bullet"])
@pytest.mark.parametrize(
    ("bounds", "told"),
    [
        ({"minimum": 0, "maximum": 1}, "0 to 1"),
        ({"minimum": 1900}, "at least 1900"),
        ({"exclusiveMinimum": 0, "maximum": 9}, "more than 0; at most 9"),
        ({"exclusiveMaximum": 0.5}, "less than 0.5"),
    ],
)
def test_bounds_of_numbers(descriptor: Any, bounds: dict[str, Any], told: str) -> None:
    assert told in describe(schema_of(record(a={"type": "number", **bounds})), descriptor)
