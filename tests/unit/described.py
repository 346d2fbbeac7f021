"""Schemas that the tests of descriptors and prompts share, and their snapshots.

Snapshots are plain files; EXTRACT_WRITE_SNAPSHOTS=1 writes them anew.
"""

from __future__ import annotations

import datetime as dt
import os
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field
from scripted import record, schema_of

from extractor.schema import from_type, load_json

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


class Climate(Enum):
    """How the weather mostly is."""

    MILD = "mild"
    """never frost,
    never above 30 °C"""
    HARSH = "harsh"
    "anything else"


class River(BaseModel):
    """Running water."""

    name: str = Field(examples=["Douro", ["the Douro at Porto", "Douro"], "x" * 61])
    length: float | None = Field(None, description="in km", examples=[897, None])


class Coast(BaseModel):
    sea: str


class Town(BaseModel):
    """A town."""

    name: str = Field(examples=["Porto", "Lisbon", "Braga", "Faro"])
    climate: Climate
    also: list[Climate] = Field(description="of other years")
    by: River | Coast | None = None
    twins: list[list[River]] = []
    mayor: Annotated[str, Field(description="line one\u2028line two")] | None = None
    walls: Literal["none"] = "none"
    places: dict[str, Coast] = {}
    two: tuple[Coast, int]


SIZES = {
    "type": "array",
    "description": "Sizes.",
    "items": {
        "type": "object",
        "properties": {
            "size": {"oneOf": [{"const": "S", "title": "small"}, {"const": "L", "description": "large\nor more"}]},
            "unit": {
                "enum": ["cm", "in", None],
                "x-aliases": {"cm": {"x-alias": "cms", "description": "metric"}},
            },
            "also": {"type": "string", "x-alias": "other", "examples": [1, {"odd": [1]}, "usual"]},
        },
        "required": ["size"],
        "additionalProperties": {"type": "array", "items": {"type": ["number", "null"]}},
    },
    "$defs": {"Unused": {"type": "string"}},
}
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
    "town": from_type(Town),
    "sizes": load_json(SIZES),
}


def compare(name: str, text: str) -> None:
    """Hold a text against its snapshot."""
    file = SNAPSHOTS / f"{name}.txt"
    if os.environ.get("EXTRACT_WRITE_SNAPSHOTS"):
        file.write_text(text + "\n", encoding="utf-8")
    assert text + "\n" == file.read_text(encoding="utf-8"), "EXTRACT_WRITE_SNAPSHOTS=1 writes it anew"
