"""Grammar.clip(): strings that went into their slack are cut back, and bounds of our own are told."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field
from scripted import quick, record, schema_of

from extractor.grammar import compile_schema
from extractor.grammar.bounds import LIST_BOUND, SLACK, TEXT_BOUND
from extractor.schema import from_type
from extractor.validation import Valid, validate

TEXT: dict[str, Any] = {"type": "string"}
PROSE: dict[str, Any] = {"type": "string", "maxLength": 50}
WORDS = "the harbour bridge opened after nine years of work on both of its banks "  # 72 characters
CUT = "the harbour bridge opened after nine years of work"  # 50 characters


def clipped(schema: dict[str, Any], data: Any) -> tuple[Any, dict[str, str]]:
    return compile_schema(schema_of(schema)).clip(data)


@pytest.mark.parametrize(
    ("child", "value", "expected", "where"),
    [
        pytest.param(PROSE, WORDS, CUT, "/a", id="prose"),
        pytest.param(PROSE, CUT, CUT, None, id="at the bound"),
        pytest.param(PROSE, "short", "short", None, id="short"),
        pytest.param({"anyOf": [PROSE, {"type": "null"}]}, WORDS, CUT, "/a", id="or null"),
        pytest.param({"type": ["string", "null"], "maxLength": 50}, WORDS, CUT, "/a", id="list of types"),
        pytest.param({"type": "array", "items": PROSE}, ["x", WORDS], ["x", CUT], "/a/1", id="in a list"),
        pytest.param({"$ref": "#/$defs/P"}, WORDS, CUT, "/a", id="by reference"),
        pytest.param(record(**{"b/c": PROSE}), {"b/c": WORDS}, {"b/c": CUT}, "/a/b~1c", id="in an object"),
        pytest.param(
            {"type": "object", "additionalProperties": PROSE}, {"k": WORDS}, {"k": CUT}, "/a/k", id="in a dictionary"
        ),
        pytest.param({"type": "string", "pattern": "^[a-z ]*$", "maxLength": 50}, WORDS, WORDS, None, id="a shape"),
        pytest.param({"type": "string", "maxLength": 5}, "too long", "too long", None, id="a code"),
        pytest.param({"enum": [WORDS]}, WORDS, WORDS, None, id="enum"),
        pytest.param({"type": "string", "enum": [WORDS * 15]}, WORDS * 15, WORDS * 15, None, id="enum with a type"),
        pytest.param({"const": WORDS}, WORDS, WORDS, None, id="const"),
        pytest.param({}, WORDS * 30, WORDS * 30, None, id="anything"),
        pytest.param(TEXT, WORDS * 13, WORDS * 13, None, id="below our own bound"),
    ],
)
def test_clip(child: dict[str, Any], value: Any, expected: Any, where: str | None) -> None:
    data, notes = clipped({**record(a=child), "$defs": {"P": PROSE}}, {"a": value})
    assert data == {"a": expected}
    assert notes == ({} if where is None else {where: "cut at 50 characters"})


def test_clip_of_a_text_at_our_own_bound() -> None:
    text = (WORDS * 15)[: TEXT_BOUND + SLACK]
    data, notes = clipped(record(a=TEXT), {"a": text})
    assert TEXT_BOUND - 10 < len(data["a"]) <= TEXT_BOUND
    assert text.startswith(data["a"] + " ")
    assert notes == {"/a": f"cut at {TEXT_BOUND} characters"}


def test_clip_of_a_bare_string() -> None:
    assert clipped(PROSE, WORDS) == (CUT, {"": "cut at 50 characters"})


def test_several_cuts_are_all_told() -> None:
    data, notes = clipped(record(a=PROSE, b={"type": "array", "items": PROSE}), {"a": WORDS, "b": [WORDS, "x", WORDS]})
    assert data == {"a": CUT, "b": [CUT, "x", CUT]}
    assert set(notes) == {"/a", "/b/0", "/b/2"}


@pytest.mark.parametrize(
    ("child", "items", "told"),
    [
        ({"type": "array"}, LIST_BOUND, True),
        ({"type": "array"}, LIST_BOUND - 1, False),
        ({"type": "array", "maxItems": LIST_BOUND}, LIST_BOUND, False),
        ({"type": "array", "maxItems": 3}, 3, False),
        ({"anyOf": [{"type": "array", "items": TEXT}, {"type": "null"}]}, LIST_BOUND, True),
    ],
)
def test_a_list_that_reached_our_own_bound_is_told_and_kept(child: dict[str, Any], items: int, told: bool) -> None:
    data, notes = clipped(record(a=child), {"a": ["x"] * items})
    assert data == {"a": ["x"] * items}
    assert list(notes) == (["/a"] if told else [])
    assert all(f"stopped at {LIST_BOUND} items" in note for note in notes.values())


def test_our_own_bounds_do_not_count_where_they_were_not_in_force() -> None:
    schema = schema_of(record(a=TEXT, b={"type": "array"}, c=PROSE))
    answer = {"a": WORDS * 20, "b": ["x"] * 100, "c": WORDS}
    data, notes = compile_schema(schema).clip(answer, is_held=False)
    assert data == {"a": WORDS * 20, "b": ["x"] * 100, "c": CUT}
    assert notes == {"/c": "cut at 50 characters"}


def test_data_of_another_shape_is_left_alone() -> None:
    for data in (None, 1, "x" * 60, [WORDS], {}, {"a": 1}, {"b": WORDS}):
        assert clipped(record(a=PROSE), data) == (data, {})


def test_a_tagged_union_is_cut_by_the_bound_of_its_own_branch() -> None:
    class Long(BaseModel):
        kind: Literal["long"]
        text: str = Field(max_length=100)

    class Short(BaseModel):
        kind: Literal["short"]
        text: str = Field(max_length=50)

    class Both(BaseModel):
        it: Annotated[Long | Short, Field(discriminator="kind")]

    data, _ = compile_schema(from_type(Both)).clip({"it": {"kind": "long", "text": WORDS + WORDS[:40]}})
    assert len(data["it"]["text"]) > 90


def test_a_cut_text_is_not_too_short() -> None:
    schema = record(a={"type": "string", "minLength": 45, "maxLength": 50})
    data, _ = clipped(schema, {"a": "x" * 40 + " " + "y" * 20})
    assert isinstance(validate(schema_of(schema), data), Valid)


@pytest.mark.parametrize("shape", [{"pattern": r"^(?=.)(\w+-)+end$"}, {"format": "uri"}])
def test_a_shape_that_the_decoder_does_not_hold_is_not_cut(shape: dict[str, str]) -> None:
    value = "part-" * 11 + "end"
    assert clipped(record(a={"type": "string", "maxLength": 50, **shape}), {"a": value})[0] == {"a": value}


prose = st.text("abc海港 .,。，", max_size=90)


@quick(150)
@given(
    st.fixed_dictionaries({"a": prose, "b": st.none() | prose, "c": st.lists(prose, max_size=4)}), st.integers(40, 60)
)
def test_a_clipped_answer_is_valid(data: dict[str, Any], limit: int) -> None:
    text = {"type": "string", "maxLength": limit}
    schema = schema_of(record(a=text, b={"anyOf": [text, {"type": "null"}]}, c={"type": "array", "items": text}))
    was = {"a": data["a"], "b": data["b"], **dict(enumerate(data["c"]))}
    result, notes = compile_schema(schema).clip(data)
    assert isinstance(validate(schema, result), Valid)
    now = {"a": result["a"], "b": result["b"], **dict(enumerate(result["c"]))}
    changed = {f"/c/{key}" if isinstance(key, int) else f"/{key}" for key in now if now[key] != was[key]}
    assert changed == notes.keys()
    assert all(now[key] == was[key] or was[key].startswith(now[key]) for key in now)


@quick(60)
@given(st.lists(st.text("abcdefgh", min_size=1, max_size=12), min_size=20, max_size=60), st.integers(40, 80))
def test_a_clipped_text_ends_with_a_whole_word(words: list[str], limit: int) -> None:
    data, _ = clipped(record(a={"type": "string", "maxLength": limit}), {"a": " ".join(words)})
    kept = data["a"].split(" ")
    assert kept == words[: len(kept)]
