"""What has to stand in the document: verbatim fields, `--ground require`, and why optional values are empty."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, computed_field
from scripted import ScriptedEngine

from extractor.absent import absences, notes_without
from extractor.errors import EngineUnavailable, SchemaError
from extractor.evidence import as_written
from extractor.marks import Verbatim
from extractor.options import Options
from extractor.pipeline import extract
from extractor.schema import load
from extractor.types import Document, Extraction

TEXT = "The Harbour Bridge opened in 1932. It is made\nof steel. Many ships pass. 桥长三百米。"
DOCUMENT = Document("bridge.txt", TEXT)


class Bridge(BaseModel):
    name: Annotated[str, Verbatim]
    words: Annotated[list[str], Verbatim] = []
    opened: int | None = None
    designer: Annotated[str | None, Verbatim] = None


def run(*replies: Any, schema: Any = Bridge, **options: Any) -> tuple[Extraction, ScriptedEngine]:
    written = [one if isinstance(one, str | tuple | Exception) else json.dumps(one) for one in replies]
    engine = ScriptedEngine(written, modes=("prompt",))
    return asyncio.run(extract(DOCUMENT, load(schema), engine, Options(**options))), engine


# --- verbatim ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Harbour Bridge", "Harbour Bridge"),
        ("harbour bridge", "Harbour Bridge"),
        ("made  of steel", "made of steel"),
        ("ＨＡＲＢＯＵＲ Bridge", "Harbour Bridge"),
        ("桥长", "桥长"),
        (" ships ", "ships"),
    ],
)
def test_a_verbatim_value_is_as_the_document_spells_it(said: str, kept: str) -> None:
    found, engine = run({"name": said})
    assert found.data["name"] == kept
    assert len(engine.requests) == 1
    assert ("/name" in found.notes) == (" ".join(said.split()) != kept)


@pytest.mark.parametrize("said", ["Sydney Bridge", "bour Bridge", "193", "steel Bridge", "长三百里"])
def test_what_is_no_run_of_its_words_is_asked_for_again(said: str) -> None:
    found, engine = run({"name": said}, {"/name": "Bridge"})
    assert found.data["name"] == "Bridge"
    assert "word for word" in engine.requests[1].messages[-1].content
    assert said in engine.requests[1].messages[-1].content


def test_what_stays_made_up_fails_the_document() -> None:
    found, _ = run({"name": "Sydney"}, {"/name": "Paris"}, {"/name": "Rome"})
    assert (found.data, [(one.pointer, one.kind, one.value) for one in found.errors]) == (
        None,
        [("/name", "Ungrounded", "Rome")],
    )


def test_where_it_is_optional_it_is_left_empty_and_in_a_list_left_out() -> None:
    made_up = {"name": "Bridge", "designer": "Bradfield", "words": ["steel", "iron", "ships"]}
    found, engine = run(made_up, {"/designer": "Bradfield", "/words/1": "iron"}, retries=1)
    assert found.ok
    assert found.data == {"name": "Bridge", "words": ["steel", "ships"], "opened": None, "designer": None}
    assert found.absent["/designer"] == "invalid"
    assert found.absent["/opened"] == "not in the text"
    assert "Bradfield" in found.notes["/designer"]
    assert "iron" in found.notes["/words"]
    assert len(engine.requests) == 2


def test_what_is_required_and_made_up_fails_the_document_beside_items_too() -> None:
    found, _ = run({"name": "Sydney", "words": ["iron", "steel"], "designer": "Bradfield"}, retries=0)
    assert (found.data, [one.pointer for one in found.errors]) == (None, ["/name", "/words/0", "/designer"])


def test_notes_of_items_follow_them() -> None:
    found, _ = run({"name": "Bridge", "words": ["steel", "STEEL", "iron", "iron", "SHIPS"]}, retries=0)
    assert found.data["words"] == ["steel", "ships"]
    assert found.notes["/words/1"] == "'SHIPS' is written 'ships' in the text"
    assert "2 repeated items dropped" in found.notes["/words"]
    assert "iron" in found.notes["/words"]
    assert {at for at in found.notes if at.startswith("/words")} == {"/words", "/words/1"}


@pytest.mark.parametrize(
    ("items", "kept"),
    [
        ([("a", 0)], {"": "n", "/b/0": "n", "/a": "n", "/a/0/x": "n", "/a/1": "n", "/a/9": "n"}),
        ([("a", 1), ("a", 0)], {"": "n", "/b/0": "n", "/a": "n", "/a/0": "n", "/a/8": "n"}),
        ([("a", 2, "c", 0)], {"": "n", "/b/0": "n", "/a": "n", "/a/1/x": "n", "/a/0": "n", "/a/2": "n", "/a/10": "n"}),
    ],
)
def test_notes_are_renumbered(items: list[tuple[str | int, ...]], kept: dict[str, str]) -> None:
    notes = dict.fromkeys(["", "/b/0", "/a", "/a/0", "/a/1/x", "/a/2", "/a/10"], "n")
    assert notes_without(notes, items) == kept


@pytest.mark.parametrize(
    ("value", "text", "written"),
    [
        ("EXAMPLE.ORG", "Write to user@example.org or visit Example.org today", "Example.org"),
        ("oreal", "L'OREAL and Oreal shop", "Oreal"),
        ("oreal", "L'OREAL alone", None),
    ],
)
def test_a_run_is_looked_for_at_every_place(value: str, text: str, written: str | None) -> None:
    assert as_written(value, text) == written


def test_repeated_items_are_dropped_and_others_asked_for_once() -> None:
    found, engine = run(
        {"name": "Bridge", "words": ["steel", "ships", "steel", "Steel"]}, {"/words/-": ["ships", "1932"]}, {}
    )
    assert found.data["words"] == ["steel", "ships", "1932"]
    assert len(engine.requests) == 2, "once"
    assert "2 repeated items dropped" in found.notes["/words"]
    assert "at most 2 items" in engine.requests[1].messages[-1].content


NO_OTHERS = ["no idea", ("", "length"), ("I will not", "refusal"), '{"/words/-": ["gold"]}', EngineUnavailable("gone")]


@pytest.mark.parametrize("reply", NO_OTHERS)
def test_a_record_without_other_items_is_as_good_as_before(reply: Any) -> None:
    found, engine = run({"name": "Bridge", "words": ["steel", "steel"]}, reply)
    assert found.ok
    assert found.data["words"] == ["steel"]
    assert len(engine.requests) == 2, "they are asked for once"


def test_a_list_that_is_too_short_without_what_it_repeats_is_asked_for_again() -> None:
    schema = {
        "type": "object",
        "properties": {"words": {"type": "array", "minItems": 2, "items": {"type": "string", "x-verbatim": True}}},
        "required": ["words"],
    }
    found, engine = run({"words": ["steel", "steel"]}, {"/words": ["steel", "ships"]}, schema=schema)
    assert found.data == {"words": ["steel", "ships"]}
    assert len(engine.requests) == 2
    assert "is too short (1 repeated item dropped)" in engine.requests[1].messages[-1].content


def test_of_a_list_of_records_the_made_up_ones_are_left_out() -> None:
    found, _ = run([{"name": "Bridge"}, {"name": "Sydney"}], [], schema=list[Bridge], retries=0)
    assert [one["name"] for one in found.data] == ["Bridge"]
    assert [problem.pointer for problem in found.errors] == ["/1/name"]


@pytest.mark.parametrize("type_", [Annotated[int, Verbatim], Annotated[Bridge, Verbatim]])
def test_only_texts_can_be_verbatim(type_: Any) -> None:
    with pytest.raises(SchemaError, match="Verbatim marks a text"):
        load(type_)


def test_the_mark_of_the_inline_language() -> None:
    assert load("name!, words[]!, who!?").json_schema["properties"] == {
        "name": {"type": "string", "x-verbatim": True},
        "words": {"type": "array", "items": {"type": "string", "x-verbatim": True}},
        "who": {"anyOf": [{"type": "string", "x-verbatim": True}, {"type": "null"}], "default": None},
    }
    assert load("name！，words［］！").json_schema == load("name!, words[]!").json_schema


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("n int!", "a integer cannot be verbatim"),
        ("kind!: a|b", "a choice cannot be verbatim"),
        ("a!{b}", "a record cannot be verbatim"),
        ("a!!, b", "a second !"),
    ],
)
def test_what_cannot_be_marked(spec: str, message: str) -> None:
    with pytest.raises(SchemaError, match=message):
        load(spec)


# --- require -----------------------------------------------------------------------------------------------------


def test_with_require_what_the_document_does_not_say_is_asked_for_again() -> None:
    found, engine = run({"name": "Bridge", "opened": 1931}, {"/opened": 1932}, ground="require")
    assert found.data["opened"] == 1932
    assert "1931" in engine.requests[1].messages[-1].content


def test_and_then_fails_the_document() -> None:
    found, _ = run({"name": "Bridge", "opened": 1931}, {"/opened": 1930}, ground="require", retries=1)
    assert [(one.pointer, one.kind, one.value) for one in found.errors] == [("/opened", "Ungrounded", 1930)]
    assert found.data is None


@pytest.mark.parametrize(("ground", "told"), [("report", {"/opened"}), ("off", set())])
def test_else_it_is_told_where_anybody_asks(ground: Any, told: set[str]) -> None:
    found, _ = run({"name": "Bridge", "opened": 1931}, ground=ground)
    assert found.ok
    assert found.ungrounded.keys() == told
    assert bool(found.spans) == (ground == "report")
    assert found.absent["/words"] == "not in the text"


# --- absence -----------------------------------------------------------------------------------------------------

NESTED = "title, doi?, author{name, email?}?, tags[]"


def test_what_is_empty_is_absent_whether_it_is_written_or_not() -> None:
    found, _ = run({"title": "Bridge", "author": {"name": "x"}, "tags": []}, schema=NESTED)
    assert found.absent == dict.fromkeys(["/doi", "/author/email", "/tags"], "not in the text")
    found, _ = run({"title": "Bridge", "author": None, "tags": ["a"]}, schema=NESTED)
    assert found.absent == dict.fromkeys(["/doi", "/author"], "not in the text")


def test_what_was_lost_on_the_way_says_so() -> None:
    asked = "title, year int?, place{lat float, lon float}?"
    bad = {"title": "Bridge", "year": "long ago", "place": {"lat": "far", "lon": 2}}
    found, _ = run(bad, retries=0, schema=asked)
    assert found.data == {"title": "Bridge", "year": None, "place": None}
    assert found.absent == {"/year": "invalid", "/place": "invalid"}
    assert "long ago" in found.notes["/year"]
    assert "far" in found.notes["/place/lat"]
    found, _ = run(bad, ("I will not", "refusal"), schema=asked)
    assert found.absent == {"/year": "refused", "/place": "refused"}
    found, _ = run(('{"title": "Bridge", "year"', "length"), retries=0, schema=asked)
    assert found.absent == {"/year": "truncated", "/place": "truncated"}
    assert found.ok


def test_what_a_grammar_lets_pass_as_a_text_can_say_that_nothing_is_stated() -> None:
    said = {"title": "-", "doi": "N/A", "place": "未提及", "author": "unknown"}
    engine = ScriptedEngine([json.dumps(said)], modes=("grammar",))
    schema = load("title, doi?, place?, author?")
    found = asyncio.run(extract(DOCUMENT, schema, engine, Options()))
    assert (found.mode, found.data) == ("grammar", {"title": "-", "doi": None, "place": None, "author": "unknown"})
    assert found.absent == dict.fromkeys(["/doi", "/place"], "not in the text")
    assert found.notes["/doi"] == "'N/A' → null"


def test_what_no_server_answered_is_not_given_up() -> None:
    found, _ = run({"title": "Bridge", "year": "long ago"}, EngineUnavailable("gone"), schema="title, year int?")
    assert not found.ok


def test_what_the_model_was_not_asked_about() -> None:
    from pydantic import computed_field

    class Sized(BaseModel):
        name: str

        @computed_field  # type: ignore[prop-decorator]
        @property
        def size(self) -> int | None:
            return None

    found, _ = run({"name": "Bridge"}, schema=Sized)
    assert found.absent == {"/size": "not asked"}


def test_every_kind_of_empty_place_is_absent() -> None:
    data = {"a": None, "b": "", "c": [], "d": {}, "e": {"f": [None, "x"]}, "g/h": None, "i": 0, "j": False}
    assert [*absences(load({"type": "object"}), data, {})] == ["/a", "/b", "/c", "/d", "/e/f/0", "/g~1h"]
    assert [*absences(load({"type": "object"}), {}, {})] == [""]


def test_what_a_class_computes_is_not_looked_for() -> None:
    class Sum(BaseModel):
        name: Annotated[str, Verbatim]

        @computed_field
        def slug(self) -> str:
            return "harbour--0"

    found, _ = run({"name": "Bridge"}, schema=Sum, ground="require")
    assert (found.data, found.ungrounded) == ({"name": "Bridge", "slug": "harbour--0"}, {})
