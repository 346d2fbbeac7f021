"""What the model reads. Snapshots are plain files; EXTRACT_WRITE_SNAPSHOTS=1 writes them anew."""

from __future__ import annotations

import datetime as dt
import os
import re
import time
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field
from scripted import quick, record, schema_of

from extractor.descriptors import describe
from extractor.prompt import fence, messages
from extractor.schema import from_type
from extractor.types import Document, Schema

SNAPSHOTS = Path(__file__).parent / "snapshots"
TEXT: dict[str, Any] = {"type": "string"}
WHOLE: dict[str, Any] = {"type": "integer"}


class Author(BaseModel):
    """Somebody who signs."""

    name: str = Field(description="as printed", max_length=100)
    mail: str | None = None


class Paper(BaseModel):
    """A paper,
    on two lines.
    """

    title: str = Field(description="the headline,\n   as printed", max_length=200)
    published: dt.date | None = Field(None, description="first day")
    at: dt.datetime | None = None
    authors: list[Author] = Field(description="in order", min_length=1, max_length=8)
    second: Author | None = None
    keywords: list[Annotated[str, Field(max_length=40)]] = Field(max_length=5)
    category: Literal["science", "政治", 'a "quoted" one']
    scores: dict[str, float]
    pair: tuple[int, str]
    open: bool = False
    anything: Any = None


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int


class Dog(BaseModel):
    kind: Literal["dog"]
    tricks: list[Literal["sit", "roll"]]


class Zoo(BaseModel):
    pet: Annotated[Cat | Dog, Field(discriminator="kind", description="the first one")]
    number_or_text: int | str | None = None
    many: list[int | str]


class Node(BaseModel):
    """A node."""

    name: str
    kids: list[Node] = Field(max_length=4)


class Husband(BaseModel):
    name: str
    wife: Wife | None = None


class Wife(BaseModel):
    name: str
    husband: Husband | None = None


class Wedding(BaseModel):
    groom: Husband
    bride: Wife


ODD_NAMES = [
    "two words",
    "class",
    "a-b",
    "a.b",
    "1st",
    "书名",
    'q"uote',
    "back\\slash",
    "",
    "</text>",
    "$ref",
    "{type}",
]
PLAIN: dict[str, Any] = {
    "description": "Not from Pydantic.",
    "type": "object",
    "properties": {
        "nullable": {"type": ["string", "null"], "maxLength": 9},
        "mixed": {"enum": ["x", 1, None, True, [1]]},
        "fixed": {"const": "y"},
        "both": {"allOf": [{"$ref": "#/$defs/Inner"}, record(b=WHOLE)]},
        "inner": {"$ref": "#/$defs/Inner"},
        "escaped": {"$ref": "#/$defs/a~1b~0c"},
        "untyped": {"properties": {"x": WHOLE}},
        "map": {"type": "object", "additionalProperties": WHOLE},
        "free": {"type": "object"},
        "list": {"type": "array"},
        "few": {"type": "array", "items": TEXT, "minItems": 1},
        "nested": {"type": "array", "items": {"type": "array", "items": WHOLE}},
        "anything": {},
        "yes": True,
        "nothing": {"type": "null"},
        "time": {"type": "string", "format": "time"},
    },
    "$defs": {"Inner": record(a=TEXT), "a/b~c": WHOLE},
}
SCHEMAS = {
    "paper": from_type(Paper),
    "zoo": from_type(Zoo),
    "node": from_type(Node),
    "wedding": from_type(Wedding),
    "odd_names": schema_of(record(**dict.fromkeys(ODD_NAMES, WHOLE))),
    "plain": schema_of(PLAIN),
}


def compare(name: str, text: str) -> None:
    file = SNAPSHOTS / f"{name}.txt"
    if os.environ.get("EXTRACT_WRITE_SNAPSHOTS"):
        file.write_text(text + "\n", encoding="utf-8")
    assert text + "\n" == file.read_text(encoding="utf-8"), "EXTRACT_WRITE_SNAPSHOTS=1 writes it anew"


@pytest.mark.parametrize("name", SCHEMAS)
def test_describe(name: str) -> None:
    compare(name, describe(SCHEMAS[name]))


def test_the_whole_conversation() -> None:
    chat = messages(Document("a.txt", "  The sea.\n</text>\n{type}  "), SCHEMAS["zoo"])
    compare("conversation", "\n".join(f"=== {turn.role}\n{turn.content}" for turn in chat))


def test_every_snapshot_has_its_schema() -> None:
    assert {file.stem for file in SNAPSHOTS.glob("*.txt")} == {*SCHEMAS, "conversation"}


def test_the_system_message_depends_on_the_schema_alone() -> None:
    one, two = (messages(Document(name, name * 50), SCHEMAS["paper"]) for name in ("a", "b"))
    assert [turn.role for turn in one] == ["system", "user"]
    assert one[0] == two[0]
    assert one[1] != two[1]
    assert messages(Document("a", "x"), SCHEMAS["zoo"])[0] != one[0]


# --- the fence -----------------------------------------------------------------------------------------------


@quick(200)
@given(
    st.lists(st.sampled_from(["</text>", "<text>", "<", "/", "text", ">", "\\", "\n", "sea"]), max_size=12).map("".join)
)
def test_no_document_closes_its_fence(text: str) -> None:
    fenced = fence(text)
    assert fenced.startswith("<text>\n")
    assert fenced.endswith("\n</text>")
    assert fenced.count("</text>") == 1


@quick()
@given(st.text(max_size=80))
def test_a_fence_keeps_the_text(text: str) -> None:
    assert (
        fence(text).removeprefix("<text>\n").removesuffix("\n</text>") == text.replace("</text>", "<\\/text>").strip()
    )


# --- shapes of types -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("child", "expected"),
    [
        ({"type": "array", "items": {"enum": ["a", "b"]}}, '("a" | "b")[]'),
        ({"anyOf": [WHOLE, {"type": "null"}]}, "integer | null"),
        ({"anyOf": [WHOLE, {"type": "integer", "minimum": 1}]}, "integer"),
        ({"type": "array", "items": {"anyOf": [WHOLE, TEXT]}}, "(integer | string)[]"),
        ({"type": "array", "prefixItems": [WHOLE, TEXT]}, "[integer, string]"),
        ({"type": "number"}, "number"),
        ({"type": "boolean"}, "boolean"),
        ({}, "any"),
    ],
)
def test_types(child: dict[str, Any], expected: str) -> None:
    assert describe(schema_of(record(a=child))) == f"{{\n  a: {expected}\n}}"


def test_a_list_of_a_union_of_objects() -> None:
    text = describe(schema_of({"type": "array", "items": {"anyOf": [record(a=WHOLE), record(b=WHOLE)]}}))
    assert text == "({\n  a: integer\n} | {\n  b: integer\n})[]"


def test_the_description_of_a_recursive_root() -> None:
    assert describe(SCHEMAS["node"]).startswith("// A node.\n")


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


def test_definitions_that_are_used_twice_do_not_blow_up() -> None:
    def half(at: int) -> dict[str, Any]:
        reference = {"$ref": f"#/$defs/D{at + 1}"}
        return record(a=reference, b=reference)

    schema = schema_of({**half(-1), "$defs": {**{f"D{at}": half(at) for at in range(10)}, "D10": TEXT}})
    assert len(describe(schema)) < 10_000


def test_definitions_that_all_refer_to_each_other_take_little_time() -> None:
    def tangle(size: int) -> Schema:
        names = [f"D{at}" for at in range(size)]
        body = record(**{name: {"$ref": f"#/$defs/{name}"} for name in names})
        return schema_of({"$ref": "#/$defs/D0", "$defs": dict.fromkeys(names, body)})

    def seconds(size: int) -> float:
        started = time.process_time()
        describe(tangle(size))
        return time.process_time() - started

    assert min(seconds(7) for _ in range(3)) < 40 * min(seconds(4) for _ in range(3))
