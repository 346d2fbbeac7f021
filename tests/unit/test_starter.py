"""Starters: what a sample says about its schema, and a Python file that means the schema it was written of."""

from __future__ import annotations

import ast
import builtins
import datetime as dt
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker
from pydantic import ValidationError
from scripted import quick

from extractor.cli.starting import starter_source
from extractor.dsl import MAX_DEPTH, optional, parse, record
from extractor.errors import SchemaError
from extractor.pointers import resolve
from extractor.sample import from_sample
from extractor.schema import load
from extractor.starter import write
from extractor.types import Schema
from extractor.validation import Valid, validate

STR: dict[str, Any] = {"type": "string"}
INT: dict[str, Any] = {"type": "integer"}
DATE: dict[str, Any] = {"type": "string", "format": "date"}
TEXTS: dict[str, Any] = {"type": "object", "additionalProperties": STR}
PAPER = """\
# A paper, as printed.
title # with the subtitle, published date?, pages int, open bool, score float
category: nlp|vision|rl # "the field, roughly"
authors[]{name # full name
          email?} # who wrote it
"""


def listed(node: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": node}


@pytest.fixture(autouse=True)
def _clean_imports() -> Iterator[None]:
    """What a test imports is not there for the next one."""
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if name.startswith("_extract_"):
            del sys.modules[name]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("starters")


numbers = count()


def loaded(source: str, folder: Path) -> Schema:
    file = folder / f"starter{next(numbers)}.py"
    file.write_text(source, encoding="utf-8")
    return load(str(file))


def plain(node: Any, root: Mapping[str, Any]) -> Any:
    """A schema without what the two forms say differently: references, titles, const, closed objects, order."""
    if isinstance(node, list):
        return [plain(part, root) for part in node]
    if not isinstance(node, Mapping):
        return node
    node = {**resolve(root, node["$ref"]), **node} if "$ref" in node else dict(node)
    if "const" in node:
        node["enum"] = [node.pop("const")]
    if "properties" in node:
        node["properties"] = [(key, plain(child, root)) for key, child in node["properties"].items()]
        node["required"] = sorted(node.get("required", []))
    lost = ("$ref", "$defs", "title", "additionalProperties")
    return {key: part if key in ("enum", "properties") else plain(part, root)
            for key, part in node.items() if key not in lost}  # fmt: skip


def same(json_schema: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return bool(plain(json_schema, json_schema) == plain(other, other))


# --- from_sample ---------------------------------------------------------------------------------------------


def test_a_sample_says_the_types() -> None:
    sample = {
        "title": "On bridges",
        "year": 2025,
        "score": 0.5,
        "open": True,
        "day": "2025-02-28",
        "doi": None,
        "tags": ["a", "b"],
        "none": [],
        "grid": [[1, 2], []],
        "place": {"city": "Porto"},
        "authors": [{"name": "A", "email": None}, {"name": "B", "orcid": "0"}],
        "关键词": ["桥"],
    }
    expected = parse(
        "title, year int, score float, open bool, day date, doi?, tags[], none[], grid[][] int, place{city},"
        "authors[]{name, email?, orcid?}, 关键词[]"
    )
    assert from_sample(sample) == expected
    assert list(from_sample(sample)["properties"]) == list(sample)
    assert from_sample(json.loads(json.dumps(sample))) == expected


@pytest.mark.parametrize(
    ("values", "node"),
    [
        pytest.param(["2025-02-28", "2024-02-29"], DATE, id="dates"),
        pytest.param(["2025-02-28", "in spring"], STR, id="a date and a text"),
        pytest.param(["2025-02-29"], STR, id="no such day"),
        pytest.param(["20250228"], STR, id="short date"),
        pytest.param(["2025-02-28T10:00:00"], STR, id="date and time"),
        pytest.param(["２０２５-02-28"], STR, id="other digits"),
        pytest.param(["2025-02-28\n"], STR, id="date and a line break"),
        pytest.param([1, 2.5], {"type": "number"}, id="int and float"),
        pytest.param([2.5, 1], {"type": "number"}, id="float and int"),
        pytest.param([1.0], {"type": "number"}, id="a float that is whole"),
        pytest.param([1, None], optional(INT), id="null in one"),
        pytest.param([None, None], optional(STR), id="null in all"),
        pytest.param([[], [1]], listed(INT), id="an empty list and one of int"),
        pytest.param([[1], [2.5]], listed({"type": "number"}), id="lists"),
        pytest.param([[1, None]], listed(INT), id="null in a list"),
        pytest.param([[None]], listed(STR), id="only null in a list"),
        pytest.param([[None], None], optional(listed(STR)), id="a list and null"),
        pytest.param([{"a": 1}, {"b": 1}], record({"a": optional(INT), "b": optional(INT)}), id="records"),
        pytest.param([{}, {"a": 1}], record({"a": optional(INT)}), id="an empty record and another"),
        pytest.param([[{"a": 1}, {}], [{"a": 2.5}]], listed(record({"a": optional({"type": "number"})})), id="both"),
        pytest.param([{"x": {}}, {"x": {}}], record({"x": TEXTS}), id="an empty record inside"),
        pytest.param([{}, None], optional(TEXTS), id="an empty record and null"),
        pytest.param([[{}, {}]], listed(TEXTS), id="empty records"),
        pytest.param([{"x": {"y": 1}}, {"x": None}], record({"x": optional(record({"y": INT}))}), id="nested"),
    ],
)
def test_samples_are_merged(values: list[Any], node: dict[str, Any]) -> None:
    assert from_sample([{"v": value} for value in values]) == record({"v": node})


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        ("a.json", '{"a": 1, "a": "x"}', "a.json: the name 'a' stands twice in one object"),
        ("a.jsonl", '{"a": 1}\n\n{"b": 1, "b": 2}\n', "a.jsonl:3: the name 'b' stands twice"),
        ("a.jsonl", '{"a": 1}\n\n{"a": }\n', "a.jsonl:3:7: not JSON: Expecting value"),
        ("a.json", '{"a": ' + "1" * 5000 + "}", "a.json: Exceeds the limit"),
    ],
)
def test_init_tells_where_a_sample_is_wrong(name: str, text: str, fault: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(SchemaError) as caught:
        starter_source(str(tmp_path / name), "Record")
    assert fault in str(caught.value)


def test_an_empty_record_is_a_dictionary(tmp_path: Path) -> None:
    source = write(from_sample({"meta": {}, "more": [{}], "dict": None}))
    assert "    meta: dict[str, str]\n    more: list[dict[str, str]]\n    dict_: str | None = Field(None" in source
    schema = loaded(source, tmp_path)
    assert schema.json_schema["properties"]["more"]["items"] == TEXTS
    assert isinstance(validate(schema, {"meta": {"any": "text"}, "more": [], "dict": None}), Valid)


def test_a_key_that_is_missing_in_some_samples_may_be_null() -> None:
    found = from_sample([{"a": 1}, {"b": "x", "a": 2}])
    assert found == record({"a": INT, "b": optional(STR)})
    assert found["required"] == ["a"]


@pytest.mark.parametrize(
    ("sample", "message"),
    [
        ("text", "a sample is a JSON object, or a list of them"),
        ([], "a sample is a JSON object, or a list of them"),
        ({"type": "object", "properties": {"a": {}}}, "this is a JSON Schema, not a sample record"),
        ({"$schema": "https://json-schema.org/draft/2020-12/schema"}, "this is a JSON Schema, not a sample record"),
        ([{"a": 1}, 2], "a sample is a JSON object, or a list of them"),
        ([[{"a": 1}]], "a sample is a JSON object, or a list of them"),
        ({}, "/: an empty object says nothing about its fields"),
        ([{}, {}], "/0: an empty object says nothing about its fields"),
        ({"a/b": [1, {}]}, "/a~1b/0 is a number, /a~1b/1 is an object"),
        ([{"a": 1}, {"b": 1}, {"a": "x"}], "/0/a is a number, /2/a is a text"),
        ({"a": [[1], [True]]}, "/a/0/0 is a number, /a/1/0 is true or false"),
        ({"a": ["2025-01-01", 2.5]}, "/a/0 is a date, /a/1 is a number"),
        ([{"a": [1]}, {"a": {"b": 1}}], "/0/a is a list, /1/a is an object"),
        ({"": 1}, "/: '' cannot be the name of a field"),
        ({"a": {1: 2}}, "/a/1: 1 cannot be the name of a field"),
        ({"\ud800": 1}, "/\ud800: '\\ud800' cannot be the name of a field"),
        ({"a": (1, 2)}, "/a: tuple is not a type of JSON"),
        ({"a": dt.date(2025, 1, 1)}, "/a: date is not a type of JSON"),
    ],
)
def test_what_no_schema_can_hold(sample: Any, message: str) -> None:
    with pytest.raises(SchemaError) as caught:
        from_sample(sample)
    assert str(caught.value) == message


def deep(levels: int) -> Any:
    sample: Any = 1
    for _ in range(levels):
        sample = {"a": sample} if isinstance(sample, list) else [sample]
    return {"a": sample}


def test_the_deepest_sample() -> None:
    from_sample(deep(MAX_DEPTH))
    for levels in (MAX_DEPTH + 1, 500):
        with pytest.raises(SchemaError, match=rf"^/a/.*: nested deeper than {MAX_DEPTH} levels$"):
            from_sample(deep(levels))


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-9, 9), st.floats(-9, 9), st.text(max_size=5), st.dates().map(str)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from("abc"), inner, min_size=1, max_size=3)
    ),
    max_leaves=8,
)


def schema_of(sample: Any) -> dict[str, Any] | SchemaError:
    try:
        return from_sample(sample)
    except SchemaError as error:
        return error


def without_nulls(value: Any) -> Any:
    """A value as a schema of its own takes it: lists pass over null."""
    if isinstance(value, list):
        return [without_nulls(part) for part in value if part is not None]
    return {key: without_nulls(part) for key, part in value.items()} if isinstance(value, dict) else value


@quick(300)
@given(st.lists(st.dictionaries(st.sampled_from("abc"), json_values, min_size=1, max_size=3), min_size=1, max_size=3))
def test_a_sample_is_valid_by_its_own_schema(samples: list[dict[str, Any]]) -> None:
    schema = schema_of(samples)
    if isinstance(schema, SchemaError):
        assert str(schema).startswith("/")
        return
    for sample in samples:
        Draft202012Validator(schema, format_checker=FormatChecker()).validate(without_nulls(sample))


# --- write ---------------------------------------------------------------------------------------------------

EXPECTED = '''\
"""A schema to start from. Change it, and try it: extract run FILE --schema THIS.py"""

from datetime import date
from typing import Literal

from pydantic import BaseModel, Field

# The model reads the names and the descriptions. Say what belongs in a field, and how:
#     title: str = Field(description="as printed, without the subtitle")
# Bounds hold while it writes: Field(max_length=200) for a text, Field(max_length=10)
# for a list, Field(ge=0, le=100) for a number.
# `| None = None` means: null where the text does not say. Others always get a value.


class Author(BaseModel):
    name: str = Field(description="full name")
    email: str | None = None


class Paper(BaseModel):
    """A paper, as printed."""

    title: str = Field(description="with the subtitle")
    published: date | None = None
    pages: int
    open: bool
    score: float
    category: Literal["nlp", "vision", "rl"] = Field(description="the field, roughly")
    authors: list[Author] = Field(description="who wrote it")
'''


def test_the_file_of_an_example() -> None:
    assert write(parse(PAPER), "paper") == EXPECTED


def test_the_file_means_the_schema(folder: Path) -> None:
    schema = loaded(write(parse(PAPER), "paper"), folder)
    assert schema.name == "Paper"
    assert same(parse(PAPER), schema.json_schema)
    assert not same(parse(PAPER.replace("int", "float")), schema.json_schema)
    assert not same(parse(PAPER.replace("email?", "email")), schema.json_schema)


def test_only_what_is_used_is_imported() -> None:
    assert "\nfrom pydantic import BaseModel\n" in write(parse("a"))
    assert "Field has to be imported" in write(parse("a"))
    assert "import Literal" not in write(parse("a date"))
    assert "\nfrom typing import Literal\n\nfrom pydantic import BaseModel\n" in write(parse("a: x|y"))


def test_verbatim_fields_are_marked(folder: Path) -> None:
    text = "name!, words[]!, who!?, kind: a|b"
    source = write(parse(text))
    assert "from typing import Annotated, Literal\n\nfrom pydantic import BaseModel\n\nfrom extractor import" in source
    assert same(parse(text), loaded(source, folder).json_schema)
    assert not same(parse(text.replace("!", "")), loaded(source, folder).json_schema)


@pytest.mark.parametrize(
    ("text", "classes"),
    [
        ("authors[]{a}, entities[]{a}, addresses[]{a}", ["Author", "Entity", "Address"]),
        ("boxes[]{a}, matches[]{a}, dishes[]{a}, movies[]{a}", ["Box", "Match", "Dish", "Movie"]),
        ("people[]{a}, children[]{a}, series[]{a}, status[]{a}", ["Person", "Child", "Series", "Status"]),
        ("line_items[]{a}, lineItems[]{a}", ["LineItem", "LineItem2"]),
        ('"line-items"[]{a}, s[]{a}, ties[][]{a}', ["LineItem", "S", "Tie"]),
        ("details{a}, address{a}", ["Details", "Address"]),
        ("作者[]{a}, 机构{a}, _x{a}", ["Item", "Item2", "Item3"]),
        ("records[]{a}, record{a}", ["Record2", "Record3"]),
        ("a{author{x}}, b{author{x}}", ["Author", "A", "Author2", "B"]),
        ("literal{a}, field{a}, none{a}, baseModel{a}", ["Literal2", "Field2", "None2", "BaseModel2"]),
        ("Author, authors[]{a}", ["Author2"]),
    ],
)
def test_classes_are_named_from_their_fields(text: str, classes: list[str], folder: Path) -> None:
    source = write(parse(text))
    found = [node.name for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ClassDef)]
    assert found == [*classes, "Record"]
    assert same(parse(text), loaded(source, folder).json_schema)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Paper", "Paper"),
        ("my paper", "MyPaper"),
        ("论文", "Record"),
        ("x:\n1", "Record"),
        ("Field", "Field2"),
        ("", "Record"),
    ],
)
def test_the_root_is_named_as_asked(name: str, expected: str) -> None:
    assert f"\nclass {expected}(BaseModel):\n" in write(parse("a"), name)


@pytest.mark.parametrize(
    ("key", "attribute"),
    [
        ("first-name", "first_name"),
        ("first name", "first_name"),
        ("1st", "field_1st"),
        ("class", "class_"),
        ("None", "None_"),
        ("_x", "x"),
        ("__init__", "init"),
        ("copy", "copy_"),
        ("json", "json_"),
        ("mro", "mro_"),
        ("model_config", "model_config_"),
        ("model_dump", "field_model_dump"),
        ("model_validate_x", "field_model_validate_x"),
        ("str", "str_"),
        ("list", "list_"),
        ("Field", "Field_"),
        ("ﬁne", "fine"),
        ("作者（们）", "作者_们"),
        ("?!", "field"),
        ("②", "field_2"),
        ("a৴", "a"),
        ("model_name", "model_name"),
        ("match", "match"),
        ("标题", "标题"),
        ("हिन्दी", "हिन्दी"),
    ],
)
def test_attributes_are_what_python_and_pydantic_take(key: str, attribute: str, folder: Path) -> None:
    schema = record({key: optional(STR), "other": INT})
    model = loaded(write(schema), folder)
    assert same(schema, model.json_schema)
    assert model.model is not None
    assert list(model.model.model_fields) == [attribute, "other"]
    assert model.model.model_validate({key: "x", "other": 1}).model_dump(by_alias=True) == {key: "x", "other": 1}


def test_attributes_are_unique(folder: Path) -> None:
    keys = ["a-b", "a b", "a_b", "a.b", "class", "class_", "class-", "_class"]
    schema = record(dict.fromkeys(keys, INT))
    model = loaded(write(schema), folder).model
    assert model is not None
    assert list(model.model_fields) == ["a_b_", "a_b_2", "a_b", "a_b_3", "class_2", "class_", "class_3", "class_4"]
    assert same(schema, model.model_json_schema())


@pytest.mark.parametrize(
    "text",
    [
        "date date?, day date",
        "date date # of birth\nday date?",
        "date?, datetime?, other date",
        'datetime?, "ｄａｔｅ"?, other date # in full',
        "int int?, year int",
        "list[]?, tags[]",
        "Literal?, kind: a|b",
        "kind?: aaaaaaaaaaaaaaaaaaaaaaaa|bbbbbbbbbbbbbbbbbbbbbb|c\nKind?, kinds[]: x|y",
        "Item?, 作者[]{x}",
        "Record?, records[]{x}",
    ],
)
def test_a_field_hides_no_type_from_the_fields_below_it(text: str, folder: Path) -> None:
    assert same(parse(text), loaded(write(parse(text)), folder).json_schema)


def test_a_field_that_is_called_date() -> None:
    assert "    date: datetime.date | None = None\n    day: datetime.date\n" in write(parse("date date?, day date"))
    assert "datetime" not in write(parse("date, day")).replace("import datetime", "")


def test_choices_of_numbers_stay_numbers(folder: Path) -> None:
    schema = parse("level int: 1|2|3, rating float?: 1|2.5")
    model = loaded(write(schema), folder).model
    assert model is not None
    assert model.model_validate_json('{"level": 2, "rating": 1.0}').model_dump() == {"level": 2, "rating": 1.0}
    for data in ('{"level": 4}', '{"level": 1, "rating": 2}', '{"level": "1"}'):
        with pytest.raises(ValidationError):
            model.model_validate_json(data)


# What is out for an end of its string, its docstring, its comment, its line or its bracket.
HOSTILE = [
    '"; boom() #',
    "'; boom() #",
    '"""; boom() #',
    '"""\nboom()\n"""',
    "'''\nboom()\n'''",
    '"',
    '""',
    '"""',
    "\\",
    '\\"',
    '\\"; boom() #',
    '\\\\"""\nboom()\n#',
    "\nboom()\n",
    "\r\nboom()\r\n",
    "\x0cboom()",
    "\u2028boom()\x85",
    "\u202ereversed\u2066",
    "{boom()}",
    "%s {0} {name}",
    "]\nboom()\nx = [",
    ")\nboom()\n#",
    "\x00\x1b[2J",
    "N\\N{BULLET}\\x41\\u0041",
    "= boom()",
    "x: boom() = boom()",
    "x = boom(),",
]


def calls_and_strings(source: str) -> tuple[set[str], set[str]]:
    nodes = list(ast.walk(ast.parse(source)))
    calls = {ast.unparse(node.func) for node in nodes if isinstance(node, ast.Call)}
    return calls, {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_becomes_code(text: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []
    monkeypatch.setattr(builtins, "boom", lambda: ran.append(text), raising=False)
    inner = record({text: {**optional(STR), "description": text}, "kind": {**STR, "enum": [text, text + "2"]}})
    schema = {"description": text, **record({text + "s": {**listed(inner), "description": text}, "last": INT})}
    source = write(schema, text)
    found = loaded(source, folder).json_schema
    assert not ran
    calls, strings = calls_and_strings(source)
    assert calls <= {"Field"}
    assert {text, text + "2", text + "s"} <= strings
    about = " ".join(text.split())
    assert " ".join(found.get("description", "").split()) == about.strip()
    assert same({**schema, "description": ""}, {**found, "description": ""})


def test_what_is_invisible_is_escaped() -> None:
    source = write({"description": "\u202e", **record({"\u200b": {**STR, "description": "\u2066\x1b\u3000"}})})
    assert all(char.isprintable() or char == "\n" for char in source)


hostile_texts = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(alphabet="\"'\\\n#{}()=, bo", min_size=1, max_size=20),
    st.text(min_size=1, max_size=20),
)


@quick(300)
@given(hostile_texts, hostile_texts, hostile_texts)
def test_any_text_stays_a_text(key: str, about: str, choice: str) -> None:
    node = {**STR, "enum": [choice], "description": about}
    calls, strings = calls_and_strings(write({"description": about, **record({key: node})}, key))
    assert calls <= {"Field"}
    assert {about, choice} <= strings


@pytest.mark.parametrize(
    "text",
    [
        PAPER,
        "a",
        '# He said "no", and \'yes\'\na # the "big" one\nb # it\'s\nc # "it\'s a \\"b\\""\nd: "it\'s"|\'x\'|"\\"y\\""',
        '# "\\"No\\" is all he said"\na',
        '# "All he said is \\"no\\""\na',
        "a? # " + "long " * 14 + "\nb # " + "long " * 30,
        '"first-name"? # ' + "long " * 9 + '\n"last-name" # ' + "long " * 12,
        "topic: economics|business|politics|sports|culture|society # one of\ntags[]?: "
        + "|".join("abcdefghijklmnopqr"),
        "标题 # " + "很长的说明" * 7 + "\n作者[]{姓名, 单位?} # " + "很长的说明" * 8,
        "date date?, level int: 1|2, rating float: 1|2.5, nested{deeper[]{x?}}",
    ],
)
def test_the_file_is_as_ruff_formats_it(text: str) -> None:
    source = write(parse(text))
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--diff", "-"]
    done = subprocess.run(command, input=source, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ({}, "/: a record without fields has no form in a starter"),
        ({"$ref": "#/$defs/A"}, "/$ref: $ref has no form"),
        (STR, "/: a record without fields has"),
        (record({}), "/: a record without fields has"),
        (record({"a": {**STR, "maxLength": 5}}), "/properties/a/maxLength: maxLength has"),
        (record({"a": {**STR, "format": "email"}}), "/properties/a: this type has"),
        (record({"a": {"type": ["string", "null"]}}), "/properties/a: this type has"),
        (record({"a": {"type": "array"}}), "/properties/a/items: this has"),
        ({"type": "object", "properties": {"a": True}, "required": ["a"]}, "/properties/a: this has"),
        (record({"a": {"anyOf": [STR, INT]}}), "/properties/a/anyOf: anyOf of anything but"),
        (record({"a": {**optional(STR), "default": "x"}}), "/properties/a/anyOf: anyOf of anything but"),
        (record({"a": {"enum": []}}), "/properties/a/enum: a choice that is neither text nor number has"),
        (record({"a": {"enum": [None]}}), "/properties/a/enum: a choice that is neither text nor number has"),
        (record({"a": {"enum": [True]}}), "/properties/a/enum: a choice that is neither text nor number has"),
        (record({"a": {"enum": [float("nan")]}}), "/properties/a/enum: a choice that is neither text nor number has"),
        (record({"a": {**STR, "description": 5}}), "/properties/a/description: a description that is not a text has"),
        ({**record({"a": STR}), "required": []}, "/properties/a: a field that may be left out and not be null has"),
    ],
)
def test_other_schemas_are_refused(schema: dict[str, Any], message: str) -> None:
    with pytest.raises(SchemaError) as caught:
        write(schema)
    assert str(caught.value).startswith(message)


def test_the_deepest_schema(folder: Path) -> None:
    schema = parse("a{" * MAX_DEPTH + "b" + "}" * MAX_DEPTH)
    assert same(schema, loaded(write(schema), folder).json_schema)
    with pytest.raises(SchemaError, match="has no form"):
        write(record({"a": schema}))


def test_endless_schemas_are_refused() -> None:
    endless: dict[str, Any] = {"type": "array"}
    endless["items"] = endless
    with pytest.raises(SchemaError, match=r"^/properties/a/items/items/.*: this has no form"):
        write(record({"a": endless}))


def test_a_field_that_may_be_null_and_not_be_left_out(folder: Path) -> None:
    schema = {**record({"a": optional(STR)}), "required": ["a"]}
    found = loaded(write(schema), folder).json_schema
    assert found["required"] == ["a"]
    assert found["properties"]["a"]["anyOf"] == [STR, {"type": "null"}]


# --- round trips ---------------------------------------------------------------------------------------------

odd = st.sampled_from(["title", "date", "int", "class", "_x", "copy", "first-name", "authors", "Author", "标题", "\\",
                       "ｄａｔｅ", "model_dump", "Literal", 'a"b', "entities", "str", "Field", "datetime"])  # fmt: skip
keys = st.one_of(odd, st.text(min_size=1, max_size=8))
abouts = st.one_of(st.just(""), st.just("what it is"), hostile_texts)
choices = st.one_of(
    st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=6, unique=True).map(lambda v: {**STR, "enum": v}),
    st.lists(st.integers(-99, 99), min_size=1, max_size=3, unique=True).map(lambda v: {**INT, "enum": v}),
    st.lists(st.floats(-9, 9), min_size=1, unique=True, max_size=3).map(lambda v: {"type": "number", "enum": v}),
)
scalars = st.one_of(st.sampled_from([STR, INT, DATE, {"type": "number"}, {"type": "boolean"}]), choices)


def fields(nodes: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    """A record of fields, some of them with a description, some that may be null."""

    def field(node: dict[str, Any], null: bool, about: str) -> dict[str, Any]:
        return {**(optional(node) if null else node), **({"description": about} if about else {})}

    field_nodes = st.builds(field, nodes, st.booleans(), abouts)
    return st.dictionaries(keys, field_nodes, min_size=1, max_size=5).map(record)


schemas = fields(st.recursive(scalars, lambda inner: st.one_of(inner.map(listed), fields(inner)), max_leaves=6))


def values_of(node: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    """Values that a schema of the subset holds."""
    if "anyOf" in node:
        return st.one_of(st.none(), values_of(node["anyOf"][0]))
    if "enum" in node:
        return st.sampled_from(node["enum"])
    if node["type"] == "array":
        return st.lists(values_of(node["items"]), max_size=2)
    if node["type"] == "object":
        return st.fixed_dictionaries({key: values_of(child) for key, child in node["properties"].items()})
    if node.get("format") == "date":
        return st.dates().map(str)
    simple = {
        "string": st.text(max_size=5),
        "integer": st.integers(),
        "number": st.floats(-9, 9),
        "boolean": st.booleans(),
    }
    return simple[node["type"]]


@pytest.mark.slow
@quick(120)
@given(schemas, abouts, st.data())
def test_a_starter_means_the_schema_it_was_written_of(
    folder: Path, schema: dict[str, Any], about: str, data: st.DataObject
) -> None:
    found = loaded(write({"description": about, **schema}), folder)
    assert same({**schema, "description": ""}, {**found.json_schema, "description": ""})
    value = data.draw(values_of(schema))
    assert found.model is not None
    assert found.model.model_validate_json(json.dumps(value)).model_dump(mode="json", by_alias=True) == value


@pytest.mark.parametrize(
    "text",
    [
        "title, year int, keywords[], category: nlp|vision|rl, doi?, authors[]{name, email?}",
        "# 论文\n标题 # 如印\n年份 int?，作者［］｛姓名，单位［］｝，类别：新闻｜评论",
        'a{b[][]{c?: x|y}}?, "d/e" date? # when\nf float[]?, g int: 1|2',
    ],
)
def test_from_the_language_to_a_file_and_back(text: str, folder: Path) -> None:
    assert same(parse(text), loaded(write(parse(text)), folder).json_schema)


def test_from_a_sample_to_a_file_and_back(folder: Path) -> None:
    sample = {"title": "x", "date": "2025-01-01", "authors": [{"name": "A"}, {"name": "B", "born": 1970}], "doi": None}
    schema = from_sample(sample)
    model = loaded(write(schema), folder)
    assert same(schema, model.json_schema)
    assert model.model is not None
    assert model.model.model_validate(sample).model_dump(mode="json", exclude_unset=True) == sample
