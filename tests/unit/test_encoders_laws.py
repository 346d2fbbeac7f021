"""The law of the encoders: what is written is read again, of the same types, for every schema and value."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from scripted import quick, schema_of

from extractor.encoders import encode, read, refuse
from extractor.errors import SchemaError
from extractor.types import Encoding, Schema

FORMS: list[Encoding] = ["json", "yaml", "xml"]
ODD = [
    "", "12", "-0.0", "1e300", "007", "+1", "0x1F", ".5", "null", "~", "true", "True", "no", "on", "y", "2024-01-02",
    "1_000", "12:30:45", ".inf", "a: b", "a:", "a #b", "#a", "- a", "-", "*a", "&a", "@a", "%a", "!a", "`a`", "a,b",
    'say "hi"', '"a" b', "it's", "'", " a", "a ", "\ta", "a\nb", "a\n", "\na", "a\n\n", "a\n  b", "a\n \nb", "a\r\nb",
    "a\rb", "\x00\x1b", "\x85", "a\u2028b", "\ufeff", "😀", "标题：值", "<b>x</b>", "</a>", "<item>", "a & b", "&amp;",
    "]]>", "<!-- x -->", "<![CDATA[", "```", "```json\n{}\n```", "---", "...", "{}", "[]", "[x](y)", "{a}", "|", ">",
    "? a", ": a", "<<", "=", "a;b", "; ", "-----", "| a | b |", "\\n", "\\", "\ud800", "\xa0", "a\tb", "a\x0bb",
    "```\na", "a\n```\nb", "a\n---\nb", "//", "/* */", "“a”", "“", "“a, b”", "a,“b”,c", "“a” b", "a, b", "[1]", '["a"]',
    "a、b", "a\\|b", "1. a\n2. b", "```yaml\na: 1\n```", "Run\n```yaml\ntitle: b\n```\nok", "1. a", "2,020",
]  # fmt: skip
NAMES = ["a", "b", "title", "Title", "item", "entry", "key", "", "a b", "1", "标题", "null", "no", "a: b", "x:y", "a,b",
         "#a", "-", "- a", "<a>", 'q"', "```", "a\nb", "~", "type", "é", "\x01", " a", "a ", "record"]  # fmt: skip

TEXTS = st.sampled_from(ODD) | st.text(max_size=12) | st.lists(st.sampled_from(ODD), max_size=3).map("".join)
KEYS = st.sampled_from(NAMES) | st.text(max_size=5)
NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from([10**40, -0.0, 1e300, 1.0])
SCALARS = st.none() | st.booleans() | NUMBERS | TEXTS
ANYTHING = st.recursive(
    SCALARS, lambda one: st.lists(one, max_size=3) | st.dictionaries(KEYS, one, max_size=3), max_leaves=6
)

Pair = tuple[dict[str, Any], st.SearchStrategy[Any]]  # a schema, and the values that it admits


def same(one: Any, other: Any) -> bool:
    """Equal, of the same types, whatever the order of keys."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def is_whole(value: Any) -> bool:
    """Whether a schema can hold it: not with half of a character."""
    return "\ud800" not in str(value)


@st.composite
def pairs(draw: st.DrawFn, depth: int = 0) -> Pair:  # noqa: PLR0911
    simple = ["string", "integer", "number", "boolean", "null", "enum", "any"]
    kind = draw(st.sampled_from(simple if depth > 2 else [*simple, *["object", "array", "tuple", "free", "union"] * 2]))
    inner = pairs(depth=depth + 1)
    if kind == "any":
        return {}, ANYTHING
    if kind == "enum":
        choices = draw(st.lists(SCALARS.filter(is_whole), min_size=1, max_size=4))
        return {"enum": choices}, st.sampled_from(choices)
    if kind == "array":
        node, values = draw(inner)
        return {"type": "array", "items": node}, st.lists(values, max_size=3)
    if kind == "tuple":
        parts = draw(st.lists(inner, min_size=1, max_size=3))
        node = {"type": "array", "prefixItems": [part[0] for part in parts], "items": False, "minItems": len(parts)}
        return node, st.tuples(*(part[1] for part in parts)).map(list)
    if kind == "free":
        node, values = draw(inner)
        return {"type": "object", "additionalProperties": node}, st.dictionaries(KEYS, values, max_size=3)
    if kind == "union":
        parts = draw(st.lists(inner, min_size=1, max_size=3))
        return {"anyOf": [part[0] for part in parts]}, st.one_of(*(part[1] for part in parts))
    if kind == "object":
        return draw(objects(inner))
    plain = {"string": TEXTS, "integer": st.integers(), "number": NUMBERS, "boolean": st.booleans(), "null": st.none()}
    return {"type": kind}, plain[kind]


@st.composite
def objects(draw: st.DrawFn, inner: st.SearchStrategy[Pair]) -> Pair:
    """An object, open or closed, some of whose properties may be missing."""
    parts = draw(st.dictionaries(KEYS, inner, max_size=4))
    optional = draw(st.sets(st.sampled_from([*parts]))) if parts else set()
    node = {
        "type": "object",
        "properties": {name: part[0] for name, part in parts.items()},
        "required": [name for name in parts if name not in optional],
    }
    if draw(st.booleans()):
        node["additionalProperties"] = False
    values = {name: part[1] for name, part in parts.items()}
    fixed = {name: one for name, one in values.items() if name not in optional}
    return node, st.fixed_dictionaries(fixed, optional={name: values[name] for name in optional})


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS)
@quick(80)
@given(data=st.data())
def test_what_is_written_is_read_again(form: Encoding, data: st.DataObject) -> None:
    node, values = data.draw(pairs())
    value = data.draw(values)
    schema = schema_of(node)
    text = encode(value, schema, form)
    assert not text.endswith("\n")
    found = read(text, schema, form)
    assert len(found.values) == 1
    assert same(found.values[0], value), (text, found)
    assert found.notes == ()


@st.composite
def tables(draw: st.DrawFn) -> Pair:
    """Schemas that a table can hold."""

    def column() -> Pair:
        kinds = {"string": TEXTS, "integer": st.integers(), "number": NUMBERS, "boolean": st.booleans()}
        kind = draw(st.sampled_from([*kinds]))
        node, values = {"type": kind}, kinds[kind]
        if draw(st.booleans()):
            node, values = {"type": "array", "items": node}, st.lists(values, max_size=3)
        if draw(st.booleans()):
            node, values = {"anyOf": [node, {"type": "null"}]}, st.none() | values
        return node, values

    names = draw(st.lists(KEYS, min_size=1, max_size=4, unique=True))
    parts = {name: column() for name in names}
    optional = draw(st.sets(st.sampled_from(names)))
    row = {
        "type": "object",
        "properties": {name: part[0] for name, part in parts.items()},
        "required": [name for name in names if name not in optional],
    }
    rows = st.fixed_dictionaries(
        {name: part[1] for name, part in parts.items() if name not in optional},
        optional={name: parts[name][1] for name in optional},
    )
    layout = draw(st.sampled_from(["one", "list", "inside", "maybe"]))
    if layout == "one":
        return row, rows
    many = {"type": "array", "items": row}, st.lists(rows, max_size=3)
    if layout == "list":
        return many
    name = draw(KEYS)
    node = {"type": "object", "properties": {name: many[0]}, "required": [name] if layout == "inside" else []}
    fixed = {name: many[1]}
    return node, st.fixed_dictionaries(fixed) if layout == "inside" else st.fixed_dictionaries({}, optional=fixed)


@quick(80)
@given(data=st.data())
def test_a_table_is_read_again(data: st.DataObject) -> None:
    node, values = data.draw(tables())
    value = data.draw(values)
    schema = schema_of(node)
    refuse(schema, "csv")
    text = encode(value, schema, "csv")
    found = read(text, schema, "csv")
    assert len(found.values) == 1, text
    assert same(found.values[0], value), (text, found)
    assert found.notes == ()


@quick(80)
@given(data=st.data())
def test_csv_holds_a_value_or_refuses_the_schema(data: st.DataObject) -> None:
    node, values = data.draw(pairs())
    value = data.draw(values)
    schema = schema_of(node)
    try:
        refuse(schema, "csv")
    except SchemaError:
        with pytest.raises(SchemaError):
            encode(value, schema, "csv")
        return
    assert same(read(encode(value, schema, "csv"), schema, "csv").values[0], value)


@quick(80)
@given(data=st.data())
def test_schemas_of_the_strategy_admit_their_values(data: st.DataObject) -> None:
    node, values = data.draw(pairs())
    assert Draft202012Validator(node).is_valid(data.draw(values))


# --- ours is YAML, and YAML of others is read ------------------------------------------------------------------


class _Core(yaml.SafeLoader):
    """PyYAML with the scalars of YAML 1.2."""


_Core.yaml_implicit_resolvers = {}
_Core.add_implicit_resolver("tag:yaml.org,2002:null", re.compile("(?:~|null|Null|NULL|)$"), None)
_Core.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("(?:true|false)$"), None)
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?$")
_Core.add_implicit_resolver("tag:json", _NUMBER, None)
_Core.add_constructor("tag:json", lambda _, node: json.loads(node.value))


@quick(80)
@given(data=st.data())
def test_ours_is_yaml_to_others(data: st.DataObject) -> None:
    node, values = data.draw(pairs())
    value = data.draw(values)
    assert same(yaml.load(encode(value, schema_of(node), "yaml"), _Core), value)  # noqa: S506


@quick(80)
@given(value=ANYTHING, style=st.sampled_from([None, True, False]), width=st.sampled_from([20, 80, 10**9]))
def test_yaml_of_others_is_read(value: Any, style: bool | None, width: int) -> None:
    if "\ud800" in str(value) or "“" in str(value):  # quotes of another script are taken for quotes
        return
    text = yaml.safe_dump({"a": value}, default_flow_style=style, allow_unicode=True, width=width, sort_keys=False)
    if (
        "? " in text or re.search("[\x85\u2028\u2029]", text) or "&id" in text or "!!" in text
    ):  # complex keys, breaks of YAML 1.1, anchors
        return
    schema: Schema = schema_of({"type": "object", "properties": {"a": {}}})
    assert same(read(text, schema, "yaml").values, [{"a": value}]), text
