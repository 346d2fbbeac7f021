"""One record of what the parts of a document gave."""

from __future__ import annotations

from typing import Any

import pytest

from extractor.grammar import compile_schema
from extractor.merge import Merged, merge
from extractor.schema import load
from extractor.types import Span

PEOPLE = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {"name": {"type": "string"}, "role": {"type": "string"}, "ages": {"type": "array"}},
    },
}
CODES = {"type": "array", "items": {"type": "object", "properties": {"id": {"type": "string"}}}}
LONG = "The ferry between the two towns sails again after a pause of twelve years, the board said."
OTHER = "A bridge with two tracks was opened by the mayor on Sunday, and many people walked across it."


def of(field: dict[str, Any], *values: Any) -> Any:
    schema = load({"type": "object", "properties": {"a": field}})
    return merge([{"a": value} for value in values], schema)


def told(found: Merged) -> Any:
    return [(one.pointer, [(group[0].value, len(group)) for group in one.groups], one.taken) for one in found.conflicts]


@pytest.mark.parametrize(
    ("field", "values", "merged"),
    [
        ({"enum": ["x", "y"]}, ["y", "x", "x", None], "x"),
        ({"enum": ["x", "y"]}, ["y", "x"], "y"),
        ({"type": "boolean"}, [True, False, False], False),
        ({"type": "integer"}, [None, 4, 5, 5], 5),
        ({"type": "number"}, [4, 4.5], 4),
        ({"type": "string"}, ["Ann Bell", "ANN  BELL", "Bo"], "Ann Bell"),
        ({"type": "string"}, ["", "  ", "Bo"], "Bo"),
        ({"type": "string"}, [None, None], None),
        ({"type": "string"}, ["", ""], ""),
        ({"type": "string", "x-merge": "last"}, ["a", None, "b"], "b"),
        ({"type": "string", "x-merge": "longest"}, ["ab", "abc", "d"], "abc"),
        ({"type": "integer", "x-merge": "sum"}, [1, 2, None, 2], 5),
        ({"type": "number", "x-merge": "sum"}, [0.1, 0.2], 0.3),
        ({"type": "integer", "x-merge": "sum"}, [10**30 + 1, 2], 10**30 + 3),
        ({"type": "number", "x-merge": "sum"}, [1e30, 1, -1e30], 1.0),
        ({"type": "number", "x-merge": "max"}, [4, 10, 9.5], 10),
        ({"type": "string", "x-merge": "min"}, ["2025-03-01", "2024-12-31"], "2024-12-31"),
        ({"type": "array"}, [["harbour", "Ferry"], ["ferry", "quay"]], ["harbour", "Ferry", "quay"]),
        ({"type": "array"}, [["海港大桥"], ["海港大桥", "霜江县"]], ["海港大桥", "霜江县"]),
        ({"type": "array"}, [["version 10"], ["version 11"]], ["version 10", "version 11"]),
        ({"type": "array", "maxItems": 2}, [["a", "b"], ["c", "b"], ["c"]], ["b", "c"]),
        ({"type": "array", "x-merge": "first"}, [["a"], ["b"]], ["a"]),
        ({"type": "array"}, [[1, 2], [2, 3]], [1, 2, 3]),
        ({"type": "number"}, [2, 1, 1.0], 1),
        ({"type": "array"}, [[120, 130], [120.0], [120.0]], [120.0, 130]),
        ({"type": "array"}, [[{"x": 1, "y": "a"}], [{"x": 1.0, "y": "A"}]], [{"x": 1, "y": "a"}]),
        ({"enum": ["A", "A-", "B"]}, ["A", "A-", "B", "B"], "B"),
        ({"type": "array", "items": {"enum": ["us", "US"]}}, [["us"], ["US"], ["us"]], ["us", "US"]),
        ({"type": "array"}, [["BBB", "C"], ["BBB-", "C++", "C#"], ["bbb"]], ["BBB", "C", "BBB-", "C++", "C#"]),
        ({"type": "array"}, [["re-sign", "resign"], ["Resign", "resign"]], ["re-sign", "resign", "Resign"]),
        ({"type": "array"}, [["re-sign"], ["resign"], ["RESIGN"]], ["re-sign"]),
        (CODES, [[{"id": "aB-1", "x": 1}], [{"id": "AB1", "x": 2}]], [{"id": "aB-1", "x": 1}, {"id": "AB1", "x": 2}]),
        (
            PEOPLE,
            [
                [{"name": "Ann Bell", "role": None}],
                [{"name": "ann bell", "role": "mayor"}, {"name": "Bo", "role": "x"}],
            ],
            [{"name": "Ann Bell", "role": "mayor"}, {"name": "Bo", "role": "x"}],
        ),
        ({"type": "array"}, [[{"x": 1}, {"x": 2}], [{"x": 1, "y": 3}]], [{"x": 2}, {"x": 1, "y": 3}]),
        (
            {"type": "array"},
            [[{"x": 1}], [{"x": 1, "y": 3}, {"x": 1, "y": 4}]],
            [{"x": 1}, {"x": 1, "y": 3}, {"x": 1, "y": 4}],
        ),
        ({"type": "array"}, [[{"x": 1}, {"x": 1, "y": 3}]], [{"x": 1}, {"x": 1, "y": 3}]),
        (PEOPLE, [[{"name": "Bo", "ages": [1]}], [{"name": "Bo", "ages": [2]}]], [{"name": "Bo", "ages": [1, 2]}]),
        ({"type": "object"}, [{"x": 1}, {"y": 2}, {"x": None}], {"x": 1, "y": 2}),
        ({"enum": ["low", "mid", "high"], "x-merge": "max"}, ["low", "high", "mid"], "high"),
        ({"enum": ["low", "mid", "high"], "x-merge": "min"}, ["mid", "low"], "low"),
        ({"type": "string", "x-merge": "sum"}, ["12", "7", "7"], "7"),  # no way to join them: as without it
        ({"type": "array", "x-merge": "sum"}, [[1], [2]], [1, 2]),
        ({"type": "array", "prefixItems": [{"type": "string"}, {}]}, [["a", None], ["a", 2], ["a", 2]], ["a", 2]),
    ],
)
def test_fields_are_merged_by_what_they_mean(field: dict[str, Any], values: list[Any], merged: Any) -> None:
    assert of(field, *values).data == {"a": merged}


def placed(field: dict[str, Any], *values: Any, text: str) -> Any:
    """The same of parts that show all of a text, where each value stands at its first place."""
    schema = load({"type": "object", "properties": {"a": field}})
    spans = []
    for value in values:
        leaves = {f"/a/{at}": one for at, one in enumerate(value)} if isinstance(value, list) else {"/a": value}
        found = {where: text.find(str(one)) for where, one in leaves.items()}
        spans.append({where: Span(at, at + 1, "exact") for where, at in found.items() if at >= 0})
    return merge([{"a": value} for value in values], schema, spans)


@pytest.mark.parametrize(
    ("field", "values", "merged"),
    [
        ({"type": "string"}, ["Hull", "Hull", "Hull", "Leith"], "Hull"),  # two places: of equals the first
        ({"type": "string", "x-merge": "last"}, ["Hull", "Leith", "Hull"], "Leith"),
        ({"type": "string", "x-merge": "first"}, ["Leith", "Hull"], "Hull"),
        ({"type": "string"}, ["Hull", "Hull", "elsewhere", "elsewhere"], "elsewhere"),  # which no place is known of
        ({"type": "integer", "x-merge": "sum"}, [100, 7, 100, 100], 107),
        ({"type": "integer", "x-merge": "sum"}, [50, 7, 50], 107),
        ({"type": "array", "maxItems": 1}, [["Hull"], ["Hull", "cranes"], ["elsewhere"], ["elsewhere"]], ["elsewhere"]),
    ],
)
def test_what_several_parts_show_counts_once(field: dict[str, Any], values: list[Any], merged: Any) -> None:
    text = "Hull paid 100 for cranes, and 7 to Leith."
    assert placed(field, *values, text=text).data == {"a": merged}


class Looked(dict[str, Span]):
    """Places that count how often all of them are looked at."""

    times = 0

    def items(self) -> Any:
        self.times += 1
        return super().items()


def test_the_places_of_a_part_are_looked_at_once_whatever_records_it_has() -> None:
    rows = [{"x": at, "y": at} for at in range(100)]
    spans = Looked({f"/a/{at}/{name}": Span(at, at + 1, "exact") for at in range(100) for name in "xy"})
    schema = load({"type": "object", "properties": {"a": {"type": "array"}}})
    assert merge([{"a": rows}] * 2, schema, [spans, dict(spans)]).data == {"a": rows}
    assert spans.times == 1


def test_only_what_the_document_does_not_have_is_a_slip() -> None:
    values = [["Lantern Bridge", "Hepatitis A"], ["Lantern Brigde", "Hepatitis B", "Hepatitis E"]]
    text = "Of the Lantern Bridge: Hepatitis A and Hepatitis B."
    found = placed({"type": "array"}, *values, text=text)
    assert found.data == {"a": ["Lantern Bridge", "Hepatitis A", "Hepatitis B"]}
    assert of({"type": "array"}, *values).data == {"a": [*values[0], *values[1]]}
    choices = {"type": "array", "items": {"enum": ["Hepatitis A", "Hepatitis B"]}}
    listed = placed(choices, ["Hepatitis A"], ["Hepatitis B"], text="Hepatitis A, and the other one.")
    assert listed.data == {"a": ["Hepatitis A", "Hepatitis B"]}


NO_WAY = "no way to join values of this type; done as without it"


@pytest.mark.parametrize(
    ("field", "told"),
    [
        ({"type": "integer", "x-merge": "sum"}, ("aside", "how the parts of a long text are joined")),
        ({"type": ["string", "null"], "x-merge": "sum"}, ("ignored", NO_WAY)),
        ({"type": "array", "x-merge": "reduce"}, ("ignored", NO_WAY)),
    ],
)
def test_a_way_that_does_not_go_with_the_values_is_told(field: dict[str, Any], told: tuple[str, str]) -> None:
    report = compile_schema(load({"type": "object", "properties": {"a": field}})).report
    assert [(row.status, row.why) for row in report if row.keyword == "x-merge"] == [told]


def union(*, tag: bool, way: str = "anyOf") -> dict[str, Any]:
    """A person or a company, which may say which of the two it is."""
    person, company = (
        {
            "type": "object",
            "properties": {**({"kind": {"const": kind}} if tag else {}), "name": {"type": "string"}, own: {}},
            "required": ["name", own],
            "additionalProperties": False,
        }
        for kind, own in (("person", "age"), ("company", "staff"))
    )
    return {way: [{"allOf": [person]}, company]}


@pytest.mark.parametrize("way", ["anyOf", "oneOf"])
@pytest.mark.parametrize("tag", [True, False])
def test_records_of_two_branches_are_never_one(tag: bool, way: str) -> None:
    person, company = {"name": "Ford", "age": 63}, {"name": "Ford", "staff": 9}
    if tag:
        person, company = {"kind": "person", **person}, {"kind": "company", **company}
    branches = union(tag=tag, way=way)
    listed = of({"type": "array", "items": branches}, [person], [{**company, "staff": None}, person], [company])
    assert listed.data == {"a": [person, company]}
    assert listed.conflicts == []
    alone = of(branches, person, company, {**company, "name": "FORD"})
    assert alone.data == {"a": company}
    assert told(alone) == [("/a", [(person, 1), (company, 2)], company)]


def test_a_record_of_a_branch_has_the_key_of_the_branch() -> None:
    rows = [
        {"type": "object", "properties": {"kind": {"const": kind}, key: {"type": "string"}, "year": {}}}
        for kind, key in (("person", "name"), ("book", "title"))
    ]
    ann, book = {"kind": "person", "name": "Ann"}, {"kind": "book", "title": "Ann"}
    found = of({"type": "array", "items": {"anyOf": rows}}, [ann, book], [{**book, "year": 2}, {**ann, "year": 1}])
    assert found.data == {"a": [{**ann, "year": 1}, {**book, "year": 2}]}


def test_what_a_record_needs_besides_makes_no_branches() -> None:
    needs = [{"required": ["mail"]}, {"required": ["phone"]}]
    fields = {name: {"type": "string"} for name in ("name", "mail", "phone")}
    items = {"type": "object", "properties": fields, "anyOf": needs}
    found = of({"type": "array", "items": items}, [{"name": "Bo", "mail": "b@x"}], [{"name": "Bo", "phone": "1"}])
    assert found.data == {"a": [{"name": "Bo", "mail": "b@x", "phone": "1"}]}


def test_a_list_and_a_text_are_not_made_one() -> None:
    found = of({"anyOf": [{"type": "string"}, {"type": "array"}]}, "x", ["y"], ["z"])
    assert found.data == {"a": ["y", "z"]}
    assert told(found) == [("/a", [("x", 1), (["y"], 2)], ["y", "z"])]


COFFEE, DEARER = {"name": "Coffee", "price": 3}, {"name": "Coffee", "price": 4}


@pytest.mark.parametrize(
    ("parts", "rows"),
    [
        ([[COFFEE, DEARER]], [COFFEE, DEARER]),
        ([[COFFEE, DEARER], [{**DEARER, "size": "big"}]], [COFFEE, {**DEARER, "size": "big"}]),
        ([[{**DEARER, "name": "COFFEE"}], [COFFEE, DEARER]], [{**DEARER, "name": "COFFEE"}, COFFEE]),
        ([[COFFEE], [DEARER], [COFFEE]], [COFFEE]),  # of other parts these are a conflict
        ([[COFFEE, {"name": "Coffee", "size": "big"}]], [{**COFFEE, "size": "big"}]),
        ([[COFFEE, {**COFFEE, "name": "coffee"}], [COFFEE]], [COFFEE, {**COFFEE, "name": "coffee"}]),
        ([[{**COFFEE, "at": {"shop": "a"}}, {**COFFEE, "at": {"shop": "b"}}]], None),
        ([[{**COFFEE, "tags": ["a"]}, {**COFFEE, "tags": ["b"]}]], [{**COFFEE, "tags": ["a", "b"]}]),
        ([[{**COFFEE, "sold": 1}, {**COFFEE, "sold": 2}]], [{**COFFEE, "sold": 3}]),
        ([[{**COFFEE, "state": state}] for state in ("new", "old", "new")], [{**COFFEE, "state": "new"}]),
        ([[{**COFFEE, "about": LONG}, {**COFFEE, "about": OTHER}]], [{**COFFEE, "about": LONG}]),
    ],
)
def test_records_of_one_name_that_a_part_tells_apart_stay_apart(parts: list[Any], rows: list[Any] | None) -> None:
    fields = {
        "name": {"type": "string"},
        "sold": {"type": "integer", "x-merge": "sum"},
        "state": {"type": "string", "x-merge": "last"},
    }
    field = {"type": "array", "items": {"type": "object", "properties": fields}}
    assert of(field, *parts).data["a"] == (parts[0] if rows is None else rows)


def test_of_many_records_of_one_name_the_same_are_one() -> None:
    rows = [{"name": "Coffee", "price": at} for at in range(500)]
    assert of({"type": "array", "items": {"properties": {"name": {}}}}, rows, rows).data == {"a": rows}


def test_a_key_of_ones_own() -> None:
    items = {"type": "object", "properties": {"name": {"type": "string"}, "code": {"type": "string", "x-key": True}}}
    rows = [[{"name": "a", "code": "1"}, {"name": "a", "code": "2"}], [{"name": "b", "code": "1"}]]
    found = of({"type": "array", "items": items}, *rows)
    assert [row["code"] for row in found.data["a"]] == ["1", "2"]
    assert told(found) == [("/a/0/name", [("a", 1), ("b", 1)], "a")]


def test_conflicts_have_every_value_and_how_many_said_it() -> None:
    found = of({"type": "string"}, "Ann", "Bo", "ANN")
    assert told(found) == [("/a", [("Ann", 2), ("Bo", 1)], "Ann")]
    assert of({"type": "string"}, "Ann", "ann", None).conflicts == []
    assert of({"type": "integer", "x-merge": "sum"}, 1, 2).conflicts == []


def test_every_value_knows_the_parts_that_gave_it() -> None:
    rows = [[{"name": "Ann", "role": "mayor"}], [{"name": "Bo"}, {"name": "ANN", "role": "mayor", "ages": [7]}]]
    found = of(PEOPLE, *rows)
    assert found.data["a"][0] == {"name": "Ann", "role": "mayor", "ages": [7]}
    assert [*found.sources("/a/0/name")] == [(0, "/a/0/name"), (1, "/a/1/name")]
    assert [*found.sources("/a/0/ages/0")] == [(1, "/a/1/ages/0")]
    assert [*found.sources("/a/1/name")] == [(1, "/a/0/name")]  # of a record that only one part has
    assert [*found.sources("/b")] == []


@pytest.mark.parametrize(
    ("field", "values", "parts"),
    [
        ({"type": "integer", "x-merge": "sum"}, [3, 3, 7], []),
        ({"type": "integer", "x-merge": "sum"}, [None, 3], [1]),
        ({"type": "string", "x-merge": "last"}, ["open", "shut", "open"], [2]),
        ({"type": "integer", "x-merge": "last"}, [5, 7, 5], [2]),
        ({"type": "string", "x-merge": "first"}, ["open", "shut", "open"], [0]),
        ({"type": "number", "x-merge": "max"}, [5, 7, 7], [1, 2]),
        ({"type": "string"}, ["ann", "Bo", "Ann", "Ann"], [2, 0, 3]),
    ],
)
def test_a_value_stands_where_the_part_has_it_from_which_it_was_taken(
    field: dict[str, Any], values: list[Any], parts: list[int]
) -> None:
    assert [part for part, _ in of(field, *values).sources("/a")] == parts


def test_texts_that_were_worded_are_for_the_model() -> None:
    found = of({"type": "string"}, LONG, OTHER, None, LONG)
    assert {where: [one.value for one in some] for where, some in found.to_reduce.items()} == {"/a": [LONG, OTHER]}
    assert found.conflicts == []
    assert of({"type": "string"}, LONG, LONG).to_reduce == {}
    assert of({"type": "string", "x-merge": "first"}, LONG, OTHER).data == {"a": LONG}
    assert [*of({"type": "string", "x-merge": "reduce"}, "a b", "c d").to_reduce] == ["/a"]


@pytest.mark.parametrize(
    ("field", "texts", "is_reduced"),
    [
        (
            {"type": "string", "description": "An overview."},
            ["A ferry sails again.", "A bridge opens on Sunday."],
            True,
        ),
        ({"type": "string", "description": "全文的摘要"}, ["渡轮下周一起恢复通航。", "大桥将于周日通车。"], True),
        ({"type": "string", "description": "An overview."}, ["Ferries", "Bridges"], False),
        ({"type": "string"}, ["A ferry sails again.", "A bridge opens on Sunday."], False),
        (
            {"type": "string"},
            ["渡轮在停航十二年之后，将从下周一恢复两地之间往返航班，每天六班。", "大桥" * 20],
            True,
        ),
        ({"type": "string"}, ["渡轮将从下周一起恢复通航", "海港大桥将于周日通车"], False),
    ],
)
def test_short_overviews_are_for_the_model_too(field: dict[str, Any], texts: list[str], is_reduced: bool) -> None:
    assert bool(of(field, *texts).to_reduce) == is_reduced


def test_properties_come_in_the_order_of_the_schema() -> None:
    schema = load("a, b?, c[]")
    assert list(merge([{"c": ["x"], "b": "y"}, {"a": "z"}], schema).data) == ["a", "b", "c"]
    assert merge([], schema).data is None


def test_a_schema_that_is_a_list() -> None:
    schema = load({"type": "array", "items": {"type": "object", "properties": {"name": {"type": "string"}}}})
    assert merge([[{"name": "a"}], [{"name": "A"}, {"name": "b"}]], schema).data == [{"name": "a"}, {"name": "b"}]


def test_a_key_is_one_in_any_case() -> None:
    items = {"type": "object", "properties": {"Name": {"type": "string"}, "Role": {"type": "string"}}}
    found = of({"type": "array", "items": items}, [{"Name": "Bo", "Role": "x"}], [{"Name": "Bo", "Role": "y"}])
    assert found.data == {"a": [{"Name": "Bo", "Role": "x"}]}
