"""The values of enums, with what a schema or a class says of them."""

from __future__ import annotations

from enum import Enum, IntEnum
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel
from scripted import record, schema_of

from extractor.choices import Choice, choices
from extractor.docstrings import members_docs
from extractor.errors import SchemaError
from extractor.grammar import compile_schema
from extractor.schema import from_type, load, load_json


class Colour(Enum):
    """Of a flag."""

    RED = "red"
    """Warm,
       like fire."""
    BLUE = "blue"
    # no docstring
    GREEN = "green"
    "Grass."
    GRASS = "green"  # noqa: PIE796
    """Another name of it."""
    _ignore_ = ("x",)
    """No member."""


class Rank(IntEnum):
    FIRST = 1
    """gold"""
    LAST = 9


Called = Enum("Called", {"RED": "red"})


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        ({"enum": ["a", 1, None]}, (Choice("a"), Choice(1), Choice(None))),
        ({"const": "a"}, (Choice("a"),)),
        ({"enum": ["a"], "x-aliases": {"a": {"description": "A."}}}, (Choice("a", ("A.",)),)),
        ({"enum": ["a"], "x-aliases": {"a": {"x-alias": "k"}}}, (Choice("a", (), ("k",)),)),
        ({"enum": [1, True], "x-aliases": {"1": {"x-alias": ["k", "l"]}}}, (Choice(1, (), ("k", "l")), Choice(True))),
        ({"oneOf": [{"const": "a", "title": "A"}, {"const": "b"}]}, (Choice("a", ("A",), ("A",)), Choice("b"))),
        ({"anyOf": [{"const": "a", "title": "a", "description": "x"}]}, (Choice("a", ("x",)),)),
        ({"anyOf": [{"enum": ["a", "b"]}, {"type": "null"}]}, (Choice("a"), Choice("b"), Choice(None))),
        ({"anyOf": [{"const": "a"}, {"type": "string"}]}, ()),
        ({"type": "string"}, ()),
        (True, ()),
    ],
)
def test_choices(node: Any, expected: tuple[Choice, ...]) -> None:
    assert choices(node) == expected


def test_docstrings_of_members() -> None:
    assert members_docs(Colour) == {"RED": "Warm,\nlike fire.", "GREEN": "Grass.", "GRASS": "Another name of it."}
    assert members_docs(Rank) == {"FIRST": "gold"}


def test_no_source_is_no_failure() -> None:
    scope: dict[str, Any] = {"__name__": "nowhere"}
    exec('from enum import Enum\nclass Made(Enum):\n    A = "a"\n    """of nothing"""', scope)  # noqa: S102
    assert members_docs(Called) == members_docs(scope["Made"]) == {}


def test_an_enum_carries_what_its_members_mean() -> None:
    class Flag(BaseModel):
        colour: Colour
        rank: Rank

    definitions = from_type(Flag).json_schema["$defs"]
    assert choices(definitions["Colour"]) == (
        Choice("red", ("Warm,\nlike fire.",)),
        Choice("blue"),
        Choice("green", ("Grass.",)),
    )
    assert choices(definitions["Rank"]) == (Choice(1, ("gold",)), Choice(9))


def test_an_enum_of_a_schema_file(tmp_path: Path) -> None:
    file = tmp_path / "flags.py"
    file.write_text(
        "from enum import Enum\nfrom pydantic import BaseModel\n"
        "class Hue(str, Enum):\n    RED = 'r'\n    'like fire'\n"
        "class Flag(BaseModel):\n    hue: Hue\n"
    )
    assert choices(load(f"{file}:Flag").json_schema["$defs"]["Hue"]) == (Choice("r", ("like fire",)),)


def test_an_enum_without_docstrings_is_as_pydantic_has_it() -> None:
    assert "x-aliases" not in from_type(Called).json_schema


ALIASED = record(
    kind={"enum": ["a", 1], "x-aliases": {"a": {"x-alias": "k1", "description": "A."}, "1": {"x-alias": ["k2"]}}},
    name={"type": "string", "x-alias": ["title", "heading"]},
)


def test_aliases_say_nothing_about_what_is_valid() -> None:
    grammar = compile_schema(load_json(ALIASED))
    assert {(row.pointer, row.keyword, row.status) for row in grammar.report if row.pointer} == {
        ("/properties/kind", "enum", "enforced"),
        ("/properties/name", "type", "enforced"),
    }
    assert "k1" not in grammar.text


@pytest.mark.parametrize(
    ("node", "message"),
    [
        ({"x-alias": 1}, "/x-alias: x-alias is a name, or a list of names"),
        ({"x-alias": []}, "/x-alias: x-alias is a name, or a list of names"),
        ({"x-alias": ["a", " "]}, "/x-alias: x-alias is a name, or a list of names"),
        ({"enum": ["a"], "x-aliases": []}, "/x-aliases: x-aliases is an object"),
        ({"x-aliases": {}}, "/x-aliases: says nothing without enum or const"),
        ({"enum": ["a"], "x-aliases": {"b": {}}}, "/x-aliases/b: 'b' is no value of the enum"),
        ({"enum": ["a"], "x-aliases": {"a": "k"}}, "/x-aliases/a: is an object"),
        ({"enum": ["a"], "x-aliases": {"a": {"as": "k"}}}, "/x-aliases/a: 'as' is neither x-alias nor description"),
        ({"enum": ["a"], "x-aliases": {"a": {"description": 1}}}, "/x-aliases/a: its description is a text"),
        ({"const": "/", "x-aliases": {"/": {"x-alias": {}}}}, "/x-aliases/~1: x-alias is a name, or a list of names"),
    ],
)
@pytest.mark.parametrize("draft", ["draft-07", "draft/2020-12"])
def test_aliases_of_another_shape(node: dict[str, Any], message: str, draft: str) -> None:
    uri = f"http{'s' if '/' in draft else ''}://json-schema.org/{draft}/schema"
    with pytest.raises(SchemaError) as caught:
        load_json({"$schema": uri, **record(a=node)})
    assert str(caught.value) == f"the schema: /properties/a{message}"
    assert caught.value.hint


def test_names_of_ours_are_free_as_names_of_properties() -> None:
    assert load_json(record(**{"x-alias": {"type": "integer"}, "x-aliases": {"type": "integer"}}))
    assert schema_of(ALIASED)
