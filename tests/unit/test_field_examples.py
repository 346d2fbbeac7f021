"""Examples at fields: which are values, which are pairs, and which are neither."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field
from scripted import record, schema_of

from extractor.errors import SchemaError
from extractor.field_examples import hints, pairs
from extractor.schema import from_type, load_json

TEXT: dict[str, Any] = {"type": "string"}
WHOLE: dict[str, Any] = {"type": "integer"}


class Person(BaseModel):
    name: str = Field(examples=[["I am Bo.", "Bo"], "Ada"])
    born: int | None = Field(None, examples=[("born in 1990", 1990), ("no year", None)])


class Book(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [["'Sea', by Bo", {"title": "Sea", "authors": []}]]})
    title: str
    authors: list[Person] = Field(examples=[["by Bo", [{"name": "Bo"}]]])
    editor: Person | None = None
    tags: list[Annotated[str, Field(examples=[["about salt", "salt"]])]] = []


class Tree(BaseModel):
    name: str = Field(examples=[["an oak", "oak"]])
    kids: list[Tree] = []


def test_pairs_by_their_paths() -> None:
    found = [(one.path, one.text, one.value) for one in pairs(from_type(Book))]
    person = [("name", "I am Bo.", "Bo"), ("born", "born in 1990", 1990), ("born", "no year", None)]
    assert found[:3] == [
        ((), "'Sea', by Bo", {"title": "Sea", "authors": []}),
        (("authors",), "by Bo", [{"name": "Bo"}]),
        (("tags", "-"), "about salt", "salt"),
    ]
    assert sorted(map(str, found[3:])) == sorted(
        str(((*path, field), text, value)) for path in (("authors", "-"), ("editor",)) for field, text, value in person
    )


def test_of_a_list_of_records() -> None:
    assert [one.path for one in pairs(from_type(list[Person]))] == [("-", "name"), ("-", "born"), ("-", "born")]


def test_a_definition_is_not_followed_within_itself() -> None:
    assert [one.path for one in pairs(from_type(Tree))] == [("name",)]


@pytest.mark.parametrize(
    ("node", "values", "halves"),
    [
        ({**WHOLE, "examples": [1, "x", ["one", 1], ["one", "1"]]}, [1], [1]),
        ({**TEXT, "examples": ["a", ["a", "b"], ["a", "b", "c"], [1, "b"]]}, ["a"], ["b"]),
        ({"type": "array", "items": TEXT, "examples": [["a", "b"], ["ab", ["a"]]]}, [["a", "b"]], [["a"]]),
        ({"type": "array", "prefixItems": [TEXT, WHOLE], "items": False, "examples": [["a", 1]]}, [["a", 1]], []),
        ({"examples": [["a", 1]]}, [["a", 1]], []),
        ({"$ref": "#/$defs/D", "examples": [7, ["seven", 7], "x"]}, [7], [7]),
        ({"type": ["integer", "null"], "examples": [None, ["none", None]]}, [None], [None]),
        ({"type": "string", "format": "date", "examples": ["soon", "2020-01-02"]}, ["2020-01-02"], []),
        ({**WHOLE, "examples": {"a": {"value": 1}}}, [], []),
        ({**WHOLE, "examples": []}, [], []),
        ({**WHOLE, "examples": [[], {}, [[]], None, {"value": 1}]}, [], []),
        (True, [], []),
    ],
)
def test_values_and_pairs(node: Any, values: list[Any], halves: list[Any]) -> None:
    schema = schema_of({**record(a=node), "$defs": {"D": WHOLE}})
    assert list(hints(schema, node)) == values
    assert [one.value for one in pairs(schema)] == halves


def test_definitions_that_are_used_twice_end() -> None:
    def half(at: int) -> dict[str, Any]:
        reference = {"$ref": f"#/$defs/D{at + 1}"}
        return record(a=reference, b=reference)

    last = {**TEXT, "examples": [["x y", "y"]]}
    schema = schema_of({**half(-1), "$defs": {**{f"D{at}": half(at) for at in range(40)}, "D40": last}})
    assert list(pairs(schema)) == []  # all of them are too far inside


# --- at load -------------------------------------------------------------------------------------------------


def _class(kind: Any, *examples: Any) -> type[BaseModel]:
    class Paper(BaseModel):
        year: kind = Field(examples=list(examples))  # type: ignore[valid-type]

    return Paper


@pytest.mark.parametrize(
    ("type_", "message"),
    [
        (_class(int, "x"), "Paper: /properties/year/examples/0: 'x' is not of type 'integer'"),
        (_class(int, 1, ("one", "x")), "Paper: /properties/year/examples/1/1: 'x' is not of type 'integer'"),
        (_class(list[int], ["a", 2]), "Paper: /properties/year/examples/0/0: 'a' is not of type 'integer'"),
        (_class(list[int], ("a", [2, "b"])), "Paper: /properties/year/examples/0/1/1: 'b' is not of type 'integer'"),
        (_class(list[int], [1, 2, "c"]), "Paper: /properties/year/examples/0/2: 'c' is not of type 'integer'"),
    ],
)
def test_a_class_with_a_wrong_example(type_: Any, message: str) -> None:
    with pytest.raises(SchemaError) as caught:
        from_type(type_)
    assert str(caught.value) == message
    assert "pair" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("kind", "examples", "stated", "shown"),
    [
        (list[str], [("t1 t2", "t1"), ("t1 t2", "t2"), ("u", ["u"])], [("t1 t2", ["t1", "t2"]), ("u", ["u"])], []),
        (list[str], [["a", "b"], ("a b", "a"), ["c", "d"]], [("a b", ["a"])], [["a", "b"], ["c", "d"]]),
        (list[str] | None, [("none", None), ("a", "a")], [("none", None), ("a", ["a"])], []),
        (list[int], [("one, two", 1), ("one, two", 2)], [("one, two", [1, 2])], []),
        (set[Literal["x", "y"]], [("x or y", "x"), ("x or y", "y")], [("x or y", ["x", "y"])], []),
        (list[str | float], [("a 1", "a"), ("a 1", 1.5)], [("a 1", ["a", 1.5])], []),
        (list[date], [("on the 2nd", date(2020, 1, 2))], [("on the 2nd", ["2020-01-02"])], []),
        (list[list[str]], [("a b", [["a", "b"]])], [("a b", [["a", "b"]])], []),
        (list[tuple[str, str]], [("a-b", [("a", "b")])], [("a-b", [["a", "b"]])], []),
        (tuple[str, str], [("a", "b")], [], [["a", "b"]]),
        (list[Any], [("a", "b")], [], [["a", "b"]]),
        (list[str] | str, [("a", "b")], [], [["a", "b"]]),  # nobody can tell
    ],
)
def test_pairs_of_a_text_and_an_item(kind: Any, examples: list[Any], stated: list[Any], shown: list[Any]) -> None:
    schema = from_type(_class(kind, *examples))
    assert [(one.text, one.value) for one in pairs(schema)] == stated
    assert [*hints(schema, schema.json_schema["properties"]["year"])] == shown


def test_items_of_fields_with_other_names_and_of_inner_classes() -> None:
    class Inner(BaseModel):
        tags: list[str] = Field([], alias="Tags", examples=[("a b", "a"), ("a b", "b")])

    class Outer(BaseModel):
        one: Inner | None = None
        all: list[Inner] = []

    found = {(one.path, one.text, tuple(one.value)) for one in pairs(from_type(Outer))}
    assert found == {(("one", "Tags"), "a b", ("a", "b")), (("all", "-", "Tags"), "a b", ("a", "b"))}


def test_a_wrong_item_is_told() -> None:
    with pytest.raises(SchemaError, match=r"/properties/year/examples/0/1/1: 'b' is not of type 'integer'"):
        from_type(_class(list[int], ("a", 2), ("a", "b")))


def test_a_file_with_a_wrong_example_is_loaded() -> None:
    node = {**WHOLE, "examples": ["x"]}
    assert list(hints(load_json(record(a=node)), node)) == []
