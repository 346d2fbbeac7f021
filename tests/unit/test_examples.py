"""Few-shot examples: where they come from, what is wrong with them, and which are shown."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AliasChoices, BaseModel, ConfigDict, Field, RootModel, computed_field
from scripted import quick, record, schema_of

from extractor.errors import SchemaError, UsageError
from extractor.examples import choose, read_examples, with_examples
from extractor.ground import ground
from extractor.schema import load, load_many, many
from extractor.types import Document, Example
from extractor.validation import Valid, validate

TEXT: dict[str, Any] = {"type": "string"}
WHOLE: dict[str, Any] = {"type": "integer"}
ITEM_HINT = "make it optional (`str | None = None`), or give the same text an example of that field, or use EXAMPLES"
NULL_HINT = "make it optional (`str | None = None`), or extract --many"


def fault(action: Any, *arguments: Any) -> tuple[str, str | None]:
    """Message and hint of the `SchemaError` that an action raises."""
    with pytest.raises(SchemaError) as caught:
        action(*arguments)
    return str(caught.value), caught.value.hint


def pairs(schema: Any) -> list[tuple[str, Any]]:
    return [(one.text, one.value) for one in schema.examples]


# --- EXAMPLES and PROMPT of a schema file --------------------------------------------------------------------

HEAD = """
from __future__ import annotations
import datetime
from dataclasses import dataclass
from pydantic import BaseModel, Field, RootModel, computed_field

class Author(BaseModel):
    name: str

class Paper(BaseModel):
    title: str | None = None
    day: datetime.date | None = None
    authors: list[Author] = []
    tags: set[str] = set()

    @computed_field
    def length(self) -> int:
        return len(self.title or "")

"""
NO_PAPER = {"title": None, "day": None, "authors": [], "tags": []}


@pytest.fixture
def file(tmp_path: Path) -> Any:
    def write(text: str, head: str = HEAD) -> Path:
        path = tmp_path / "paper.py"
        path.write_text(head + text, encoding="utf-8")
        return path

    return write


def test_instances_data_and_nothing(file: Any) -> None:
    path = file("""
EXAMPLES = [
    ("On sea, 3 May 2020.", Paper(title="On sea", day=datetime.date(2020, 5, 3), tags={"sea", "air", "ice"})),
    ["Über Eis, von Ada.", {"authors": [{"name": "Ada"}], "title": "Über Eis"}],
    ("海上日记", {"title": "海上日记", "authors": [Author(name="张三")], "day": datetime.date(1999, 1, 2)}),
    ("It rains.", None),
]
PROMPT = "  The papers that are cited.  "
""")
    schema = load(path)
    assert schema.instruction == "The papers that are cited."
    assert pairs(schema) == [
        ("On sea, 3 May 2020.", NO_PAPER | {"title": "On sea", "day": "2020-05-03", "tags": ["air", "ice", "sea"]}),
        ("Über Eis, von Ada.", NO_PAPER | {"title": "Über Eis", "authors": [{"name": "Ada"}]}),
        ("海上日记", NO_PAPER | {"title": "海上日记", "authors": [{"name": "张三"}], "day": "1999-01-02"}),
        ("It rains.", NO_PAPER),
    ]
    assert [*schema.examples[1].value] == ["title", "day", "authors", "tags"]  # as the class has them
    assert schema.digest == load(file("")).digest


def test_examples_of_a_list(file: Any) -> None:
    text = """
EXAMPLES = [("a", [Author(name="Ada"), {"name": "Bob"}]), ("b", Author(name="Cy")), ("c", {"name": "Di"}), ("d", None)]
"""
    wanted = [("a", [{"name": "Ada"}, {"name": "Bob"}]), ("b", [{"name": "Cy"}]), ("c", [{"name": "Di"}]), ("d", [])]
    path = file(text + "Authors = list[Author]\nclass All(RootModel[list[Author]]): pass\n")
    assert pairs(load(f"{path}:Authors")) == wanted
    assert pairs(load(f"{path}:All")) == wanted
    assert pairs(load_many(f"{path}:Author")) == wanted
    assert pairs(load_many(load(f"{file('')}:Author"))) == []


def test_of_a_record_the_examples_become_those_of_a_list(file: Any) -> None:
    path = file("EXAMPLES = [('a', Paper(title='A')), ('b', None), ('c', {})]\nPROMPT = 'All of them.'\n")
    listed = many(load(path))
    assert pairs(listed) == [("a", [NO_PAPER | {"title": "A"}]), ("b", []), ("c", [])]
    assert pairs(load_many(path)) == [("a", [NO_PAPER | {"title": "A"}]), ("b", []), ("c", [NO_PAPER])]
    assert listed.instruction == "All of them."


def test_of_a_list_the_records_of_one_text_come_together(file: Any) -> None:
    path = file(
        "EXAMPLES = [('Ada, Bob', Author(name='Ada')), ('Ada, Bob ', [Author(name='Ada'), Author(name='Bob')])]"
    )
    assert pairs(load_many(f"{path}:Author")) == [("Ada, Bob", [{"name": "Ada"}, {"name": "Bob"}])]


def test_of_one_text_two_that_differ_are_refused_and_the_same_is_shown_once(file: Any) -> None:
    path = file("EXAMPLES = [('x', Paper(title='A')), (' x', Paper(title='A')), ('y', None)]")
    assert pairs(load(path)) == [("x", NO_PAPER | {"title": "A"}), ("y", NO_PAPER)]
    said, hint = fault(with_examples, load(path), [("x", {"title": "B"})])
    assert "'x': two that differ: " in said
    assert '"title": "A"' in said
    assert '"title": "B"' in said
    assert "--many" in str(hint)
    with pytest.raises(SchemaError, match="two that differ"):  # nothing, and something
        with_examples(load_many(f"{path}:Author"), [("z", None), ("z", {"name": "Ada"})])


def test_examples_of_another_class_are_not_meant(file: Any) -> None:
    path = file("EXAMPLES = [('a', Paper(title='A')), ('b', None), ('c', [Paper()])]\nclass Other(BaseModel): x: int\n")
    assert pairs(load(f"{path}:Author")) == []  # and what says that there is no paper says nothing of authors
    assert len(load_many(f"{path}:Paper").examples) == 3
    mixed = file("EXAMPLES = [('a', Paper()), ('b', Author(name='Ada')), ('c', None)]\n")
    assert pairs(load_many(f"{mixed}:Author")) == [("b", [{"name": "Ada"}]), ("c", [])]


def test_dataclasses_and_unions_have_instances(file: Any) -> None:
    head = "from dataclasses import dataclass\n@dataclass\nclass Cat: lives: int\n@dataclass\nclass Dog: trick: str\n"
    text = "Pet = Cat | Dog\nPets = list[Pet]\nEXAMPLES = [('a cat', Cat(9)), ('a dog', Dog('sit'))]\n"
    path = file(text, head)
    assert pairs(load(f"{path}:Pet")) == [("a cat", {"lives": 9}), ("a dog", {"trick": "sit"})]
    assert pairs(load(f"{path}:Pets")) == [("a cat", [{"lives": 9}]), ("a dog", [{"trick": "sit"}])]
    assert pairs(load(f"{path}:Cat")) == [("a cat", {"lives": 9})]


OF_PAPER = "data has to be valid by Paper, null (None) is for nothing; instances are for their own class alone"
PAIR = 'an example is a pair: ("a text", Paper(...)), ("a text", {"title": ...}), or ("a text", None) for nothing'


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("EXAMPLES = {'a': 1}", "EXAMPLES is no list: {'a': 1}", f"{PAIR}, and EXAMPLES a list of such"),
        ("EXAMPLES = 'a'", "EXAMPLES is no list: 'a'", f"{PAIR}, and EXAMPLES a list of such"),
        ("EXAMPLES = [('a', None), 'bc']", "EXAMPLES[1]: no pair of a text and a value: 'bc'", PAIR),
        ("EXAMPLES = [('a', None, 1)]", "EXAMPLES[0]: no pair of a text and a value: ('a', None, 1)", PAIR),
        ("EXAMPLES = [(1, None)]", "EXAMPLES[0]: the text is none: 1", "the text comes first, then the value"),
        ("EXAMPLES = [(' ', None)]", "EXAMPLES[0]: the text is empty", "give a text such as the documents are"),
        (
            "EXAMPLES = [('a', {'title': 3})]",
            "EXAMPLES[0]: /title: 3 is not of type 'string', 'null'",
            OF_PAPER,
        ),
        ("EXAMPLES = [('a', {'titel': 'x'})]", "EXAMPLES[0]: /titel: no property 'titel' is foreseen", OF_PAPER),
        (
            "EXAMPLES = [('a', {'authors': [{'name': 'Ada', 'born': 1815}]})]",
            "EXAMPLES[0]: /authors/0/born: no property 'born' is foreseen",
            OF_PAPER,
        ),
        (
            "EXAMPLES = [('a', [Paper()])]",
            "EXAMPLES[0]: /: [{'title': None, 'day': None, 'authors': [], 'tags': []}] is not of type 'object'",
            "one record is asked for; for lists of them extract --many",
        ),
        (
            "EXAMPLES = [('a', {'title': object})]",
            "EXAMPLES[0]: no JSON can be made of the value: Unable to serialize unknown type: <class 'type'>",
            "give the record as a dict of JSON data",
        ),
        (
            "EXAMPLES = [('a', float('nan'))]",
            "EXAMPLES[0]: nan is not JSON",
            "JSON has texts, numbers, lists and objects",
        ),
        (
            "EXAMPLES = [('a', {'title': '\\ud800'})]",
            "EXAMPLES[0]: half of a character: '\\ud800'",
            "surrogates come in pairs: one alone is no character",
        ),
        (
            "EXAMPLES = [('a\\ud800', None)]",
            "EXAMPLES[0]: half of a character: '\\ud800'",
            "surrogates come in pairs: one alone is no character",
        ),
        ("PROMPT = 1", "PROMPT is no text: 1", 'PROMPT = "What to look for …"'),
        ("PROMPT = '  '", "PROMPT is empty", "say what to look for, or remove it"),
    ],
)
def test_what_is_wrong_with_them(file: Any, text: str, message: str, hint: str) -> None:
    path = file(f"{text}\n")
    assert fault(load, f"{path}:Paper") == (f"{path}: {message}", hint)


def test_a_single_record_that_cannot_say_nothing(file: Any) -> None:
    path = file("EXAMPLES = [('no paper', None)]\n")
    message = f'{path}: EXAMPLES[0]: the schema cannot say "nothing" at /name'
    assert fault(load, f"{path}:Author") == (message, NULL_HINT)
    assert pairs(load_many(f"{path}:Author")) == [("no paper", [])]


def test_a_module_has_examples_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "papers_of_a_module.py").write_text(HEAD + "EXAMPLES = [('a', Paper(title='A'))]\nPROMPT = 'x'\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    try:
        schema = load("papers_of_a_module:Paper")
    finally:
        sys.modules.pop("papers_of_a_module", None)
    assert (pairs(schema), schema.instruction) == ([("a", NO_PAPER | {"title": "A"})], "x")


def test_a_class_that_writes_other_names_than_it_reads_shows_what_it_reads() -> None:
    class Thing(BaseModel):
        model_config = ConfigDict(validate_by_name=False)
        name: str = Field(validation_alias="Name", serialization_alias="NAME")

    assert pairs(with_examples(load(Thing), [("a", {"Name": "x"})])) == [("a", {"Name": "x"})]


class ByAlias(BaseModel):
    title: str
    year: int = Field(alias="Jahr")
    kids: list[ByAlias] = []


class ByName(BaseModel):
    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True)
    title: str
    year: int = Field(alias="Jahr")
    kids: list[ByName] = []


class ByChoice(BaseModel):
    year: int = Field(validation_alias=AliasChoices("Jahr", "annee"))


class ByTwo(BaseModel):
    year: int | None = Field(None, validation_alias="Jahr", serialization_alias="an")
    title: str | None = None


@dataclass
class Plain:
    title: str
    year: int | None = None


NO_YEAR = "no property 'year' is foreseen; the schema calls it 'Jahr'"


@pytest.mark.parametrize(
    ("type_", "given_one", "shown"),
    [
        (ByAlias, {"title": "x", "Jahr": 1}, {"title": "x", "Jahr": 1, "kids": []}),
        (ByName, {"title": "x", "Jahr": 1}, {"title": "x", "Jahr": 1, "kids": []}),
        (ByName, {"title": "x", "year": 1}, {"title": "x", "Jahr": 1, "kids": []}),
        (
            ByName,
            {"kids": [{"title": "y", "year": 2}], "year": 1, "title": "x"},
            {"title": "x", "Jahr": 1, "kids": [{"title": "y", "Jahr": 2, "kids": []}]},
        ),
        (ByChoice, {"annee": 1}, {"Jahr": 1}),
        (ByTwo, {"Jahr": 1}, {"Jahr": 1, "title": None}),
        (ByTwo, ByTwo(Jahr=1), {"Jahr": 1, "title": None}),  # which is written as 'an'
        (Plain, {"title": "x"}, {"title": "x", "year": None}),
    ],
)
def test_names_that_a_class_reads_are_taken(type_: Any, given_one: Any, shown: Any) -> None:
    found = with_examples(load(type_), [("a", given_one)]).examples[0].value
    assert (found, [*found]) == (shown, [*shown])


@pytest.mark.parametrize(
    ("type_", "given_one", "said"),
    [
        (ByAlias, {"title": "x", "Jahr": 1, "year": 1}, f"/year: {NO_YEAR}"),
        (ByName, {"title": "x", "Jahr": 1, "year": 1}, f"/year: {NO_YEAR}"),
        (ByAlias, {"title": "x", "Jahr": 1, "kids": [{"title": "y", "Jahr": 1, "yeer": 2}]},
         "/kids/0/yeer: no property 'yeer' is foreseen"),
        (Plain, {"title": "x", "yaer": 1999}, "/yaer: no property 'yaer' is foreseen"),
        (list[Plain], {"title": "x", "yaer": 1999}, "/yaer: no property 'yaer' is foreseen"),
        ("title, year int?", {"title": "x", "yeer": 3}, "/yeer: no property 'yeer' is foreseen"),
    ],
)  # fmt: skip
def test_names_that_a_class_would_drop_are_refused(type_: Any, given_one: Any, said: str) -> None:
    assert fault(with_examples, load(type_), [("a", given_one)])[0] == f"examples[0]: {said}"


def test_what_a_class_allows_or_makes_is_not_dropped() -> None:
    class Free(BaseModel):
        model_config = ConfigDict(extra="allow")
        name: str = Field(max_length=3)
        counts: dict[int, int] = {}

    given_one = {"name": "x", "more": 1, "counts": {"7": 1}}
    assert with_examples(load(Free), [("a", given_one)]).examples[0].value["more"] == 1


def test_an_inner_record_of_a_pair_is_as_strict() -> None:
    class Outer(BaseModel):
        one: Plain | None = Field(None, examples=[("by x", {"title": "x", "yaer": 1})])

    assert "/one/yaer: no property 'yaer' is foreseen" in fault(load, Outer)[0]


MAYBE = {"type": ["integer", "null"]}
CAT = {**record(kind={"const": "cat"}), "additionalProperties": False}
DOG = {**record(kind={"const": "dog"}), "additionalProperties": False}


def _open(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": ["a"]}


@pytest.mark.parametrize(
    ("schema", "given_one", "shown"),
    [
        ("title, year int?", {"title": "x"}, {"title": "x", "year": None}),
        ("pages int?, title", {"title": "x"}, {"pages": None, "title": "x"}),
        ("authors[] {name, mail?}", {"authors": [{"name": "Bo"}]}, {"authors": [{"name": "Bo", "mail": None}]}),
        (_open(a=WHOLE, b=WHOLE), {"a": 1}, {"a": 1}),  # not null
        (_open(a=WHOLE, b={"type": "array"}), {"a": 1}, {"a": 1}),
        (_open(a=WHOLE, b=MAYBE | {"default": 7}), {"a": 1}, {"a": 1}),
        ({**_open(a=WHOLE, b=MAYBE), "maxProperties": 1}, {"a": 1}, {"a": 1}),
        ({"anyOf": [_open(a=WHOLE, b=MAYBE), {"type": "null"}]}, {"a": 1}, {"a": 1, "b": None}),
        ({"allOf": [_open(a=WHOLE, b=MAYBE), _open(c=MAYBE)]}, {"a": 1}, {"a": 1, "b": None, "c": None}),
        (
            {"anyOf": [{**CAT, "properties": {"kind": {"const": "cat"}, "lives": MAYBE}},
                       {**DOG, "properties": {"kind": {"const": "dog"}, "tricks": MAYBE}}]},
            {"kind": "dog"},
            {"kind": "dog", "tricks": None},
        ),
        ({"anyOf": [_open(a=WHOLE, b=MAYBE), _open(a=WHOLE, c=MAYBE)]}, {"a": 1}, {"a": 1}),  # which one is open
        (
            {"$ref": "#/$defs/T", "$defs": {"T": _open(a=WHOLE, b=MAYBE, t={"$ref": "#/$defs/T"})}},
            {"a": 1, "t": {"a": 2, "t": {"a": 3, "b": 3}}},
            {"a": 1, "b": None, "t": {"a": 2, "b": None, "t": {"a": 3, "b": 3}}},
        ),
        ({"type": "object", "additionalProperties": True}, {"a": 1}, {"a": 1}),
    ],
)  # fmt: skip
def test_what_may_be_null_is_null_in_examples_of_data(schema: Any, given_one: Any, shown: Any) -> None:
    found = with_examples(load(schema), [("a", given_one)]).examples[0].value
    assert (found, [*found]) == (shown, [*shown])


def test_records_without_end_and_unions_of_many_branches_take_no_time() -> None:
    branches = [_open(a=WHOLE, **{f"b{at}": MAYBE}) for at in range(60)]
    deep: Any = {"a": 1}
    for _ in range(90):
        deep = {"a": 1, "t": deep}
    tree = {"anyOf": [_open(a=WHOLE, b=MAYBE, t={"$ref": "#/$defs/T"}), {"type": "null"}]}
    began = time.monotonic()
    assert pairs(with_examples(load({"anyOf": branches}), [("a", {"a": 1})])) == [("a", {"a": 1})]
    found = with_examples(schema_of({"$ref": "#/$defs/T", "$defs": {"T": tree}}), [("a", deep)]).examples[0].value
    assert found["t"]["b"] is None
    assert time.monotonic() - began < 20


# --- a record that says nothing ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ("title?, year int?, keywords[]", {"title": None, "year": None, "keywords": []}),
        ("authors[] {name, mail?}", {"authors": []}),
        ("place {city?, zip?}", {"place": {"city": None, "zip": None}}),
        ({"properties": {"a": TEXT, "b": {"type": ["string", "null"]}}, "type": "object"}, {"b": None}),
        (record(kind={"const": "x"}, a={"type": ["null", "integer"]}), {"kind": "x", "a": None}),
        (record(scores={"type": "object", "additionalProperties": WHOLE}), {"scores": {}}),
        ({"type": ["object", "null"], "properties": {"a": TEXT}}, None),
        ({"type": "object", "allOf": [record(a={"type": ["string", "null"]}), record(b={"type": "array"})]},
         {"a": None, "b": []}),
        ({"$ref": "#/$defs/R", "$defs": {"R": record(a={"anyOf": [TEXT, {"type": "null"}]})}}, {"a": None}),
        ({"type": "array", "items": record(a=TEXT)}, []),
        (record(pet={"oneOf": [record(kind={"const": "cat"}), {"type": "null"}]}), {"pet": None}),
    ],
)  # fmt: skip
def test_nothing(schema: Any, value: Any) -> None:
    assert pairs(with_examples(load(schema), [("a", None)])) == [("a", value)]


@pytest.mark.parametrize(
    ("schema", "pointer", "hint"),
    [
        ("title str", "/title", NULL_HINT),
        ("place {city}, title?", "/place/city", NULL_HINT),
        (record(keywords={"type": "array", "minItems": 1}), "/keywords", NULL_HINT),
        (record(open={"type": "boolean"}), "/open", NULL_HINT),
        (record(pet={"oneOf": [record(kind={"const": "cat"}), record(kind={"const": "dog"})]}), "/pet", NULL_HINT),
        ({"type": "array", "minItems": 1}, "/", "allow an empty list"),
        (TEXT, "/", NULL_HINT),
    ],
)
def test_what_cannot_be_left_unsaid(schema: Any, pointer: str, hint: str) -> None:
    said = fault(with_examples, load(schema), [("a", None)])
    assert said == (f'examples[0]: the schema cannot say "nothing" at {pointer}', hint)


def test_definitions_that_name_others_twice_take_no_time() -> None:
    twice = {f"D{at}": {"allOf": [{"$ref": f"#/$defs/D{at + 1}"}] * 2} for at in range(25)}
    either = {f"E{at}": {"anyOf": [{"$ref": f"#/$defs/E{at + 1}"}] * 2} for at in range(25)}
    defs = {**twice, **either, "D25": record(a={"type": ["string", "null"]}), "E25": TEXT}
    began = time.monotonic()
    schema = schema_of({"$ref": "#/$defs/D0", "$defs": defs})
    assert pairs(with_examples(schema, [("a", None)])) == [("a", {"a": None})]
    with pytest.raises(SchemaError):
        with_examples(schema_of({"$ref": "#/$defs/E0", "$defs": defs}), [("a", None)])
    assert time.monotonic() - began < 20


def test_a_record_within_itself_is_never_at_an_end() -> None:
    endless = schema_of({"$ref": "#/$defs/N", "$defs": {"N": record(next={"$ref": "#/$defs/N"})}})
    with pytest.raises(SchemaError, match='cannot say "nothing" at /next/next'):
        with_examples(endless, [("a", None)])
    tree = schema_of(
        {"$ref": "#/$defs/N", "$defs": {"N": record(kids={"type": "array", "items": {"$ref": "#/$defs/N"}})}}
    )
    assert pairs(with_examples(tree, [("a", None)])) == [("a", {"kids": []})]


# --- pairs at fields and at the root -------------------------------------------------------------------------


class Person(BaseModel):
    name: str | None = Field(examples=[("Ada, 1815, and Bob, 1820", "Ada"), ("Ada, 1815, and Bob, 1820", "Bob")])
    born: int | None = Field(None, examples=[["Ada, 1815, and Bob, 1820", 1815], ["Ada, 1815, and Bob, 1820", 1820]])


class Family(BaseModel):
    name: str | None = Field(None, examples=["Byron", ("The Byrons", "Byron"), ["拜伦一家，住在伦敦", "拜伦"]])
    home: Annotated[str | None, Field(examples=[["拜伦一家，住在伦敦", "伦敦"]])] = None
    members: list[Person] = []
    pets: list[str] = Field(examples=[["cat", "dog"], ("Rex and Tom", ["Rex", "Tom"])])


NO_FAMILY = {"name": None, "home": None, "members": [], "pets": []}
MEMBERS = [{"name": "Ada", "born": 1815}, {"name": "Bob", "born": 1820}]
FAMILIES = [
    ("The Byrons", NO_FAMILY | {"name": "Byron"}),
    ("拜伦一家，住在伦敦", NO_FAMILY | {"name": "拜伦", "home": "伦敦"}),
    ("Rex and Tom", NO_FAMILY | {"pets": ["Rex", "Tom"]}),
    ("Ada, 1815, and Bob, 1820", NO_FAMILY | {"members": MEMBERS}),
]


def test_pairs_of_one_text_make_one_record() -> None:
    assert sorted(pairs(load(Family))) == sorted(FAMILIES)
    assert pairs(load(list[Family])) == pairs(many(load(Family))) == pairs(load_many(Family))
    assert pairs(load_many(Person)) == [("Ada, 1815, and Bob, 1820", MEMBERS)]


def test_of_a_class_several_values_for_one_place_are_told() -> None:
    class Day(BaseModel):
        year: int = Field(examples=[("1990 or 1991", [1990, 1991])])

    said = "Day: examples of the text '1990 or 1991': /year: two values for one place"
    assert fault(load, Day) == (said, "give that field one value of the text, or make it a list")
    assert pairs(load_many(Day)) == [("1990 or 1991", [{"year": 1990}, {"year": 1991}])]


def test_deep_values_are_refused_or_taken() -> None:
    node = {"anyOf": [{"type": "object", "properties": {"kid": {"$ref": "#/$defs/N"}}}, {"type": "null"}]}
    schema = schema_of({"$ref": "#/$defs/N", "$defs": {"N": node}})
    deep: Any = None
    for levels in range(1, 3000):
        deep = {"kid": deep}
        if levels == 99:
            assert pairs(with_examples(schema, [("a", deep)])) == [("a", deep)]
        if levels == 101:
            assert fault(with_examples, schema, [("a", deep)])[0] == "examples[0]: nested more than 100 levels deep"
    assert "no JSON can be made of the value" in fault(with_examples, schema, [("a", deep)])[0]


def test_pairs_at_the_root_are_whole_records() -> None:
    class Sea(BaseModel):
        model_config = ConfigDict(
            json_schema_extra={"examples": [["the Baltic", {"name": "Baltic"}], {"name": "a record"}]}
        )
        name: str
        depth: int | None = None

    assert pairs(load(Sea)) == [("the Baltic", {"name": "Baltic", "depth": None})]
    assert pairs(load_many(Sea)) == [("the Baltic", [{"name": "Baltic", "depth": None}])]


AT = {"type": ["integer", "null"]}


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        (record(pair={"type": "array", "prefixItems": [AT | {"examples": [["x", 1]]}, AT], "items": False}),
         {"pair": [1, None]}),
        (record(pet={"anyOf": [record(bark=AT), record(lives=AT | {"examples": [["x", 9]]})]}), {"pet": {"lives": 9}}),
        (record(a=record(b=record(c=AT | {"examples": [["x", 1]]}, d=AT))), {"a": {"b": {"c": 1, "d": None}}}),
        ({"type": "array", "items": {"type": "array", "items": WHOLE | {"examples": [["x", 1], ["x", 2]]}}}, [[1, 2]]),
        ({"$ref": "#/$defs/R", "$defs": {"R": record(a=AT | {"examples": [["x", 1]]})}}, {"a": 1}),
        ({"type": "array", "items": record(a=AT | {"examples": [["x", 1], ["x", 2]]})}, [{"a": 1}, {"a": 2}]),
        (record(a=WHOLE | {"examples": [["x", 1], ["x", 1]]}), {"a": 1}),
        (record(l={"type": "array", "items": record(a=TEXT | {"examples": [["x", ["A", "B"]]]},
                                                    b=AT | {"examples": [["x", [1, 2]]]}, c=AT)}),
         {"l": [{"a": "A", "b": 1, "c": None}, {"a": "B", "b": 2, "c": None}]}),
        (record(l={"type": "array", "items": record(a=AT | {"examples": [["x", 1]]}, m={
            "type": "array", "items": record(b=WHOLE | {"examples": [["x", [1, 2]]]})})}),
         {"l": [{"a": 1, "m": [{"b": 1}, {"b": 2}]}]}),
    ],
)  # fmt: skip
def test_values_are_wrapped_in_their_ancestors(schema: Any, value: Any) -> None:
    assert pairs(load(schema)) == [("x", value)]


@pytest.mark.parametrize(
    ("schema", "said", "hint"),
    [
        (
            record(a=WHOLE | {"examples": [["x", 1]]}, b=WHOLE),
            "/b: nothing is said of it, and it cannot be absent",
            ITEM_HINT,
        ),
        (
            record(a=WHOLE | {"examples": [["x", 1], ["x", 2]]}),
            "/a: two values for one place",
            "give that field one value of the text, or make it a list",
        ),
        (
            record(l={"type": "array", "items": record(a=AT | {"examples": [["x", 1], ["x", 2]]},
                                                       b=AT | {"examples": [["x", 1]]})}),
            "/l/-/b: 1 of its values beside 2 of another field",
            "give each field of the items as many, or use EXAMPLES",
        ),
        (
            record(l={"type": "array", "minItems": 2, "items": record(a=WHOLE | {"examples": [["x", 1]]})}),
            "/l: [{'a': 1}] is too short",
            "give whole records in EXAMPLES",
        ),
    ],
)  # fmt: skip
def test_records_that_fields_alone_do_not_make(schema: Any, said: str, hint: str) -> None:
    assert fault(load, schema) == (f"Record: examples of the text 'x': {said}", hint)


KINDS = st.sampled_from([AT, WHOLE, {"type": "array", "items": WHOLE}, {"type": "object"}])


@quick()
@given(st.dictionaries(st.sampled_from("abcd"), KINDS, min_size=1), st.sets(st.sampled_from("abcd")), st.booleans())
def test_composed_records_are_valid_or_refused(fields: dict[str, Any], required: set[str], is_list: bool) -> None:
    node: dict[str, Any] = {"type": "object", "properties": {}, "required": sorted(required & fields.keys())}
    for at, (name, kind) in enumerate(fields.items()):
        value = {"array": [at], "object": {}}.get(str(kind["type"]), at)
        node["properties"][name] = {**kind, "examples": [[f"text {at % 2}", value]]}
    schema = schema_of({"type": "array", "items": node} if is_list else node)
    told = {str(at % 2): {name for name, one in node["properties"].items() if one["examples"][0][0][-1] == str(at % 2)}
            for at in range(len(fields))}  # fmt: skip
    unsaid = {name for name in node["required"] if fields[name] == WHOLE}
    if any(unsaid - names for names in told.values()):
        assert "it cannot be absent" in fault(load, schema.json_schema)[0]
        return
    loaded = load(schema.json_schema)
    assert [one.text for one in loaded.examples] == [f"text {at}" for at in range(min(len(fields), 2))]
    assert all(isinstance(validate(schema, one.value), Valid) for one in loaded.examples)


# --- files ---------------------------------------------------------------------------------------------------

YEARS = schema_of(record(title={"type": ["string", "null"]}, year={"type": ["integer", "null"]}))
HINT = 'a line is {"text": "…", "data": {…}}, with "data": null where there is nothing to extract'


def test_json_lines(tmp_path: Path) -> None:
    path = tmp_path / "examples.jsonl"
    path.write_text(
        '\ufeff{"text": "A, 1990", "data": {"year": 1990, "title": "A"}, "id": 7}\n\n'
        '{"text": "甲\u2028乙", "expected": {"title": "甲", "year": null}}\r\n{"text": "x", "record": null}\n'
        '{"text": "y", "value": {"title": null, "year": 3}}',
        encoding="utf-8",
    )
    found = read_examples(path, YEARS)
    assert [(one.text, one.value) for one in found] == [
        ("A, 1990", {"title": "A", "year": 1990}),
        ("甲\u2028乙", {"title": "甲", "year": None}),
        ("x", {"title": None, "year": None}),
        ("y", {"title": None, "year": 3}),
    ]
    assert [*found[0].value] == ["title", "year"]
    listed = read_examples(path, many(YEARS))
    assert [len(one.value) for one in listed] == [1, 1, 0, 1]


@pytest.mark.parametrize("suffix", ["json", "yaml", "yml"])
def test_a_list_in_one_document(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"examples.{suffix}"
    path.write_text(json.dumps([{"text": "A", "data": {"title": "A", "year": None}}, {"text": "x", "data": None}]))
    assert [one.value["title"] for one in read_examples(str(path), YEARS)] == ["A", None]


GOOD = '{"text": "A", "data": null}'


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("e.jsonl", f'{GOOD}\n\n{{"text": "A", "data": {{"title": "A", "year": "x"}}}}',
         "e.jsonl:3: /year: 'x' is not of type 'integer', 'null'"),
        ("e.jsonl", f"{GOOD}\n{{text: 1}}",
         "e.jsonl:2:2: not JSON: Expecting property name enclosed in double quotes"),
        ("e.jsonl", "[1]", "e.jsonl:1: no object: [1]"),
        ("e.jsonl", '{"data": null}', "e.jsonl:1: no 'text'"),
        ("e.jsonl", '{"text": "A"}', "e.jsonl:1: no 'data'"),
        ("e.jsonl", '{"text": "A", "data": 1, "record": 1}', "e.jsonl:1: both 'data' and 'record'"),
        ("e.jsonl", '{"text": 5, "data": null}', "e.jsonl:1: the text is none: 5"),
        ("e.jsonl", '{"text": "A", "text": "B", "data": null}',
         "e.jsonl:1: the name 'text' stands twice in one object"),
        ("e.jsonl", '{"text": "A", "data": {"year": NaN}}', "e.jsonl:1: nan is not JSON"),
        ("e.jsonl", '{"text": "A", "data": "\\ud800"}', "e.jsonl:1: half of a character: '\\ud800'"),
        ("e.jsonl", '{"text": "A", "data": ' + "[" * 200 + "]" * 200 + "}",
         "e.jsonl:1: nested more than 100 levels deep"),
        ("e.jsonl", '{"text": "A", "data": ' + "[" * 90_000 + "]" * 90_000 + "}", "e.jsonl:1: nested too deep"),
        ("e.json", GOOD, "e.json: no list of examples"),
        ("e.json", f"[{GOOD}, 3]", "e.json: [1]: no object: 3"),
        ("e.json", "[\n{,}]", "e.json:2:2: not JSON: Expecting property name enclosed in double quotes"),
        ("e.yaml", "- text: A\n  data: {title: !!set {a}, year: null}", "e.yaml: [0]: {'a'} is not JSON"),
        ("e.yaml", "- text: A\n  data: {on: 1}", "e.yaml: [0]: the name True is not a text"),
        ("e.yaml", "- &a [x]\n- &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]\n" + "".join(
            f"- &{new} [{', '.join([f'*{old}'] * 10)}]\n" for old, new in zip("bcdefgh", "cdefghi", strict=True))
            + "- {text: A, data: *i}", "e.yaml: [0]: no object: ['x']"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).write_text(text, encoding="utf-8")
    said, hint = fault(read_examples, name, YEARS)
    assert said == message
    assert "instances" not in str(hint)  # which a file cannot have


def test_aliases_that_stand_for_billions_of_values(tmp_path: Path) -> None:
    names = "abcdefghijkl"
    lists = "".join(f"  {new}: &{new} [{', '.join([f'*{old}'] * 10)}]\n" for old, new in pairwise(names))
    path = tmp_path / "e.yaml"
    path.write_text(f"- text: A\n  rest:\n   z: &a [x]\n{lists.replace('  ', '   ')}  data: *l\n")
    assert "more than 1,000,000 values" in fault(read_examples, path, YEARS)[0]


def test_a_file_that_is_not_there_or_too_large(tmp_path: Path) -> None:
    path = tmp_path / "e.jsonl"
    assert fault(read_examples, path, YEARS) == (f"{path}: No such file or directory", "is the name right?")
    folder = (f"{tmp_path}: a folder, where a file is asked for", "name a file in it")
    assert fault(read_examples, tmp_path, YEARS) == folder
    path.write_text("\n" * 8_000_001)
    assert fault(read_examples, path, YEARS) == (f"{path}: larger than 8 MB", "split it")


def test_those_that_are_given_come_after_those_of_the_schema() -> None:
    both = with_examples(load(Family), [Example("z", None), ("y", Family(pets=["Rex"]))])
    assert pairs(both)[:-2] == pairs(load(Family))
    assert pairs(both)[-2:] == [("z", NO_FAMILY), ("y", NO_FAMILY | {"pets": ["Rex"]})]
    assert both.digest == load(Family).digest
    said = fault(with_examples, load(Family), [("z", None), ("y", {"pets": [3]})])[0]
    assert said == "examples[1]: /pets/0: 3 is not of type 'string'"


# --- which are shown -----------------------------------------------------------------------------------------

SHOWN = [Example(text, None) for text in ("cats and dogs", "石墨烯薄膜", "graphene oxide films", "the sea", "a cat")]


@pytest.mark.parametrize(
    ("text", "shots", "expected"),
    [
        ("a cat", None, [0, 2, 3, 4]),
        ("一只猫", None, [1]),
        ("", None, [0, 2, 3, 4]),
        ("a cat", 9, [0, 1, 2, 3, 4]),
        ("a cat", 5, [0, 1, 2, 3, 4]),
        ("a cat", 0, []),
        ("a cat", 1, [4]),
        ("films of graphene", 1, [2]),
        ("关于石墨烯的论文", 2, [0, 1]),
        ("dogs by the sea", 2, [0, 3]),
        ("nothing alike", 3, [0, 1, 2]),
    ],
)
def test_choice(text: str, shots: int | None, expected: Sequence[int]) -> None:
    assert choose(SHOWN, text, shots) == tuple(SHOWN[at] for at in expected)


def test_where_no_example_is_in_the_script_of_a_text_all_are_shown() -> None:
    assert choose(SHOWN[2:], "一只猫", None) == tuple(SHOWN[2:])
    assert choose(SHOWN[1:2], "a cat", None) == tuple(SHOWN[1:2])
    assert choose((), "a cat", None) == ()


def test_the_examples_of_article_are_two_in_each_language_which_their_texts_bear_out() -> None:
    schema = load("article")
    english, chinese = choose(schema.examples, "A boat.", None), choose(schema.examples, "一只船。", None)
    assert (len(english), len(chinese), len(schema.examples)) == (2, 2, 4)
    for one in schema.examples:
        assert not {*ground(one.value, Document("", one.text), schema).ungrounded} - {"/summary"}, one.text
        assert all(term.casefold() in one.text.casefold() for term in one.value["keywords"])
        assert one.value["title"] == one.text.partition("\n")[0]


def test_a_negative_number_is_refused() -> None:
    with pytest.raises(UsageError, match="-1 examples cannot be shown"):
        choose(SHOWN, "a", -1)


WORDS = st.lists(st.sampled_from(["red", "blue", "石墨", "sea"]), max_size=4).map(" ".join)


@quick()
@given(st.lists(WORDS, max_size=6), WORDS, st.integers(0, 8))
def test_the_choice_is_a_part_and_fewer_are_the_last_of_more(texts: list[str], text: str, shots: int) -> None:
    examples = [Example(one, at) for at, one in enumerate(texts)]
    chosen = choose(examples, text, shots)
    assert len(chosen) == min(shots, len(examples))
    assert {one.value for one in chosen} <= set(range(len(texts)))
    assert {one.value for one in chosen} <= {one.value for one in choose(examples, text, shots + 1)}
    assert chosen == choose(examples, text, shots)


class Kind(RootModel[Literal["a", "b"]]):
    pass


def test_a_record_may_be_any_value() -> None:
    assert pairs(with_examples(load(Kind), [("x", "a"), ("y", Kind("b"))])) == [("x", "a"), ("y", "b")]


def test_computed_fields_are_not_shown() -> None:
    class Sum(BaseModel):
        one: int

        @computed_field
        def two(self) -> int:
            return self.one * 2

    assert pairs(with_examples(load(Sum), [("x", Sum(one=1)), ("y", {"one": 2})])) == [
        ("x", {"one": 1}),
        ("y", {"one": 2}),
    ]


@pytest.mark.parametrize(("name", "text"), [("e.jsonl", ""), ("e.jsonl", "\n\n"), ("e.json", "[]")])
def test_a_file_without_examples(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(SchemaError, match="no example in it"):
        read_examples(tmp_path / name, load("title str"))
