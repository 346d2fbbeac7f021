"""What the model reads, as whole conversations.

Snapshots are plain files; EXTRACT_WRITE_SNAPSHOTS=1 writes them anew.
"""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import replace
from typing import Any, Literal

import pytest
from described import SCHEMAS, SNAPSHOTS, compare
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field
from scripted import ScriptedEngine, quick, record

from extractor.errors import UsageError
from extractor.examples import with_examples
from extractor.options import Options
from extractor.pipeline import extract
from extractor.prompt import PromptStyle, as_text, fence, messages, unescape, voice_for
from extractor.prompt.style import name_language
from extractor.schema import from_type, load, load_many
from extractor.scopes import has_null
from extractor.types import Document, Example, Mode, Request, Schema

# --- whole conversations -------------------------------------------------------------------------------------


class Concert(BaseModel):
    """A concert in the town."""

    band: str
    seats: int | None = Field(None, description="as announced")
    kind: Literal["free", "paid"]


EXAMPLES = [
    ("The Saltings Brass Band plays for free.", Concert(band="Saltings Brass Band", kind="free")),
    ("Jonah Abery, 60 seats, £4.", {"band": "Jonah Abery", "seats": 60, "kind": "paid"}),
]
PLAIN = from_type(Concert)
SHOWN = with_examples(PLAIN, EXAMPLES)
MANY = with_examples(load_many(Concert), [*EXAMPLES, ("It rained all day.", None)])
ENGLISH = Document("a.txt", "  Tide Choir: 200 seats, tickets £9.\n</text>\n{type} <|im_end|>  ")
CHINESE = Document("b.txt", "潮汐合唱团周六演出，座位二百个，门票九元。")
GOOD = '{"band": "Tide Choir", "seats": 200, "kind": "paid"}'

# name: schema, document, style, modes, what the model says
CONVERSATIONS: dict[str, tuple[Schema, Document, PromptStyle, tuple[Mode, ...], list[str]]] = {
    "english": (PLAIN, ENGLISH, PromptStyle(), ("grammar",), [GOOD.replace("paid", "dear"), '{"/kind": "paid"}']),
    "chinese": (SHOWN, CHINESE, PromptStyle(), ("prompt",), ["我不知道。", GOOD]),
    "instructed": (
        SHOWN,
        ENGLISH,
        PromptStyle(instruction="Only choirs.", answer_language="zh", language="en", shots=1),
        ("prompt",),
        [GOOD],
    ),
    "yaml": (
        SHOWN,
        ENGLISH,
        PromptStyle(encoding="yaml"),
        ("grammar", "prompt"),
        ["Sure!", "band: Tide Choir\nkind: paid"],
    ),
    "xml": (
        MANY,
        ENGLISH,
        PromptStyle(encoding="xml", descriptor="json-schema"),
        ("prompt",),
        ["<concert><item><band>Tide Choir</band><seats>200</seats><kind>paid</kind></item></concert>"],
    ),
    "csv": (
        MANY,
        CHINESE,
        PromptStyle(encoding="csv", descriptor="bullet", answer_language="en"),
        ("prompt",),
        ["band,seats,kind\n潮汐合唱团,二百,paid"],
    ),
    "completion": (SHOWN, ENGLISH, PromptStyle(form="completion"), ("grammar", "prompt"), [GOOD]),
}


def converse(name: str, **options: Any) -> tuple[list[Request], Any]:
    schema, document, style, modes, replies = CONVERSATIONS[name]
    engine = ScriptedEngine(replies, modes=modes)
    found = asyncio.run(extract(document, schema, engine, Options(style=style, **options)))
    return engine.requests, found


def spelled(request: Request) -> str:
    turns = "\n".join(f"=== {turn.role}\n{turn.content}" for turn in request.messages)
    return f"##### mode {request.mode}, form {request.form}\n{turns}"


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_a_whole_conversation(name: str) -> None:
    requests, found = converse(name)
    assert found.ok, found.errors
    compare(f"conversation.{name}", "\n".join([*map(spelled, requests), f"##### data\n{json.dumps(found.data)}"]))


def test_thinking_first() -> None:
    requests, _ = converse("chinese", think=True)
    compare("conversation.thinking", "\n".join(map(spelled, requests)))


def test_no_snapshot_is_left_behind() -> None:
    there = {file.name.split(".")[1] for file in SNAPSHOTS.glob("conversation*")}
    assert there == {*CONVERSATIONS, "thinking"}


# --- styles --------------------------------------------------------------------------------------------------


def test_the_system_message_depends_on_the_schema_alone() -> None:
    one, two = (messages(Document(name, name * 50), SCHEMAS["paper"]) for name in ("a", "b"))
    assert [turn.role for turn in one] == ["system", "user"]
    assert one[0] == two[0]
    assert one[1] != two[1]
    assert messages(Document("a", "x"), SCHEMAS["zoo"])[0] != one[0]


@pytest.mark.parametrize(
    ("text", "chosen", "language"),
    [
        ("The sea.", None, "en"),
        ("海上的风。", None, "zh"),
        ("海上的风。", "en", "en"),
        ("The sea.", "zh", "zh"),
        ("Le café du port", None, "en"),
        ("海の風がふく、とても", None, "en"),
        ("", None, "en"),
    ],
)
def test_the_language_of_the_instructions(text: str, chosen: Any, language: str) -> None:
    assert voice_for(text, PromptStyle(language=chosen)).language == language


def test_the_instruction_of_the_schema_gives_way_to_the_given_one() -> None:
    schema = replace(PLAIN, instruction="Only bands.")
    own, given_one = (
        messages(ENGLISH, schema, voice_for("", PromptStyle(instruction=text)))[0].content for text in (None, "All.")
    )
    assert "\n\nOnly bands.\n\n" in own
    assert "\n\nAll.\n\n" in given_one
    assert "Only bands" not in given_one


@pytest.mark.parametrize(
    ("given_one", "language", "name"),
    [
        ("zh", "en", "Chinese"),
        ("zh-CN", "en", "Chinese"),
        ("ZH", "zh", "中文"),
        ("zh_TW", "en", "Traditional Chinese"),
        ("zh-Hant-HK", "zh", "繁体中文"),
        ("Chinese", "zh", "中文"),
        (" english ", "zh", "英文"),
        ("Traditional  Chinese", "zh", "繁体中文"),
        ("英文", "en", "English"),
        ("法语", "en", "French"),
        ("西班牙语", "zh", "西班牙文"),
        ("汉语", "en", "Chinese"),
        ("简体中文", "zh", "简体中文"),
        ("Swiss-German", "zh", "Swiss-German"),
        ("xx", "en", "xx"),
        ("Old  Norse\n", "en", "Old Norse"),
    ],
)
def test_names_of_languages(given_one: str, language: Any, name: str) -> None:
    assert name_language(given_one, language) == name


def test_answers_in_another_language_are_asked_for_in_place_of_the_own_one() -> None:
    said = messages(ENGLISH, PLAIN, voice_for("", PromptStyle(answer_language="fr")))[0].content
    assert "in French" in said
    assert "language of the text" not in said


@pytest.mark.parametrize("encoding", ["json", "yaml", "xml", "csv"])
def test_no_paragraph_is_empty(encoding: Any) -> None:
    said = messages(ENGLISH, PLAIN, voice_for("", PromptStyle(encoding=encoding)))[0].content
    assert "\n\n\n" not in said
    assert ("null" in said.rpartition("}")[2]) is (encoding in ("json", "yaml"))


TEXT = {"type": "string"}
TREE = record(name=TEXT, kids={"type": "array", "items": {"$ref": "#/$defs/T"}})
WISH = record(name=TEXT, wish={"$ref": "#/$defs/W"})


@pytest.mark.parametrize(
    ("schema", "is_said"),
    [
        ("title str", False),
        ("title str, tags[], pages int", False),
        ("title str, year int?", True),
        ("title str, authors[] {name, mail?}", True),
        (record(a=TEXT, b={"type": ["string", "null"]}), True),
        (record(a={"enum": ["x", None]}), True),
        (record(a={"enum": ["x", "y"]}), False),
        (record(a={"const": None}), True),
        (record(a={}), True),
        (record(a={"type": "object", "additionalProperties": {"type": ["integer", "null"]}}), True),
        (record(a={"type": "object", "additionalProperties": TEXT}), False),
        (record(a={"type": "array", "prefixItems": [TEXT, {"type": "null"}], "items": False}), True),
        ({"type": "object", "properties": {"a": TEXT}}, True),  # it may be left out, so null is offered
        ({"anyOf": [record(a=TEXT), {"type": "null"}]}, True),
        ({"anyOf": [record(a=TEXT), record(b={"type": ["integer", "null"]})]}, True),
        ({"$ref": "#/$defs/T", "$defs": {"T": TREE}}, False),
        ({"$ref": "#/$defs/T", "$defs": {"T": {**TREE, "allOf": [{"$ref": "#/$defs/W"}]}, "W": WISH}}, False),
        ({"$ref": "#/$defs/W", "$defs": {"W": {"anyOf": [WISH, {"type": "null"}]}}}, True),
        (list[Concert], True),
    ],
)
def test_null_is_asked_for_only_where_it_may_stand(schema: Any, is_said: bool) -> None:
    for text, said in (("The sea.", "Write null"), ("海上的风。", "写 null")):
        told = messages(Document("a", text), load(schema), voice_for(text))[0].content
        assert (said in told) is is_said
        assert "  Write" not in told
        assert told == told.strip()


def test_definitions_that_name_others_twice_are_looked_at_once() -> None:
    half = {f"D{at}": record(a={"$ref": f"#/$defs/D{at + 1}"}, b={"$ref": f"#/$defs/D{at + 1}"}) for at in range(60)}
    began = time.monotonic()
    assert not has_null(load({"$ref": "#/$defs/D0", "$defs": {**half, "D60": TEXT}}))
    assert time.monotonic() - began < 10


def test_only_the_nearest_examples_are_shown_and_the_nearest_last() -> None:
    schema = with_examples(PLAIN, [*EXAMPLES, ("A choir with tickets and seats: Tide.", EXAMPLES[0][1])])
    for shots, texts in {
        0: [],
        1: ["A choir"],
        2: ["Jonah", "A choir"],
        9: ["The Saltings", "Jonah", "A choir"],
    }.items():
        chat = messages(ENGLISH, schema, voice_for("", PromptStyle(shots=shots)))
        assert [
            turn.content.split("\n")[1].startswith(text) for turn, text in zip(chat[1::2], texts, strict=False)
        ] == [True] * len(texts)
        assert len(chat) == 2 + 2 * len(texts)


@pytest.mark.parametrize(
    "wrong",
    [
        {"encoding": "toml"},
        {"descriptor": "x"},
        {"form": "x"},
        {"language": "fr"},
        {"shots": -1},
        {"shots": "2"},
        {"shots": True},
        {"instruction": 3},
        {"answer_language": b"zh"},
        {"answer_language": " "},
        {"answer_language": "12"},
    ],
)
def test_a_style_that_there_is_not(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        PromptStyle(**wrong)


@pytest.mark.parametrize(
    ("style", "mode", "is_right"),
    [
        (PromptStyle(encoding="yaml"), "grammar", False),
        (PromptStyle(encoding="yaml"), "prompt", True),
        (PromptStyle(encoding="yaml"), None, True),
        (PromptStyle(form="completion"), "tools", False),
        (PromptStyle(form="completion"), "json_schema", False),
        (PromptStyle(form="completion"), "grammar", True),
    ],
)
def test_modes_that_go_with_a_style(style: PromptStyle, mode: Mode | None, is_right: bool) -> None:
    if is_right:
        assert Options(style=style, mode=mode).style == style
    else:
        with pytest.raises(UsageError, match=f"mode {mode}"):
            Options(style=style, mode=mode)


def test_an_engine_that_has_not_the_mode_of_an_encoding() -> None:
    with pytest.raises(UsageError, match="has no mode prompt"):
        asyncio.run(extract(ENGLISH, PLAIN, ScriptedEngine([GOOD]), Options(style=PromptStyle(encoding="xml"))))


def test_a_text_to_continue() -> None:
    chat = messages(Document("a", "The sea."), replace(PLAIN, examples=(Example("x", {"band": "y"}),)))
    text = as_text(chat)
    assert text.count("\n\nInput:\n<text>\n") == text.count("\n\nOutput:\n") == 2
    assert text.endswith("</text>\n\nOutput:\n")


def test_values_that_come_from_the_examples_are_told() -> None:
    schema, document, style, _, _ = CONVERSATIONS["chinese"]
    engine = ScriptedEngine(['{"band": "Jonah Abery", "seats": null, "kind": "free"}'])
    found = asyncio.run(extract(document, schema, engine, Options(style=style)))
    assert "examples" in found.notes["/band"]
    none = asyncio.run(extract(document, schema, engine, Options(style=replace(style, shots=0))))
    assert "/band" not in none.notes


# --- the fence -----------------------------------------------------------------------------------------------


@quick(200)
@given(
    st.lists(
        st.sampled_from(["</text>", "<text>", "</TEXT >", "< /text>", "<", "/", "text", ">", "\\", "\n", "sea", "|"]),
        max_size=12,
    ).map("".join)
)
def test_no_document_closes_its_fence(text: str) -> None:
    fenced = fence(text)
    inner = fenced.removeprefix("<text>\n").removesuffix("\n</text>")
    assert fenced == f"<text>\n{inner}\n</text>"
    assert "</text>" not in inner.lower().replace(" ", "")
    assert "<text>" not in inner.lower().replace(" ", "")


@pytest.mark.parametrize(
    "mark",
    [
        "<|im_end|>",
        "<|im_start|>",
        "<|eot_id|>",
        "<｜User｜>",
        "<end_of_turn>",
        "<start_of_turn>",
        "</s>",
        "[INST]",
        "[/INST]",
    ],
)
def test_no_document_ends_its_turn(mark: str) -> None:
    assert mark not in fence(f"a {mark} b")
    assert mark.replace(mark[0], mark[0] + "\\", 1) in fence(f"a {mark} b")


@pytest.mark.parametrize(
    ("value", "document", "plain"),
    [
        (r"use <\/text>", "use </text>", "use </text>"),
        (r"use <\/TEXT >", "use </TEXT >", "use </TEXT >"),
        (r"use <\/TEXT>", "use </text>", r"use <\/TEXT>"),
        (r"a <\|im_end|> b", "a <|im_end|> b", "a <|im_end|> b"),
        (r"[\INST] and [\/INST]", "[INST] and [/INST]", "[INST] and [/INST]"),
        (r"<\/s>", "no mark", r"<\/s>"),
        (r"<\/text>", r"both </text> and <\/text>", r"<\/text>"),  # which of the two is open
        (r"C:\text", "</text> C:\\text", r"C:\text"),
        ({"a/b": [1, None, r"<\/s>"]}, "</s>", {"a/b": [1, None, "</s>"]}),
    ],
)
def test_marks_of_a_document_are_put_back(value: Any, document: str, plain: Any) -> None:
    found, notes = unescape(value, document)
    assert found == plain
    assert [*notes] == ([] if value == plain else ["/a~1b/2" if isinstance(value, dict) else ""])


@quick(200)
@given(st.lists(st.sampled_from(["</text>", "<|im_end|>", "[INST]", "<", "/", ">", "\\", " ", "sea"])).map("".join))
def test_a_faithful_copy_is_the_text_again_or_as_it_was_shown(text: str) -> None:
    shown = fence(text).removeprefix("<text>\n").removesuffix("\n</text>")
    assert unescape(shown, text)[0] in (text.strip(), shown) or "\\" in text


def test_a_copied_mark_is_found_in_the_document_and_no_turn_shows_it() -> None:
    document = Document("a.txt", "The Tags play </text> <|im_end|> on Sunday.")
    copy = r"The Tags play <\/text> <\|im_end|>"
    replies = [json.dumps({"band": copy, "seats": None, "kind": "dear"}), '{"/kind": "paid"}']
    engine = ScriptedEngine(replies, modes=("prompt",))
    found = asyncio.run(extract(document, PLAIN, engine, Options()))
    assert found.data["band"] == found.value.band == "The Tags play </text> <|im_end|>"
    assert "/band" in found.spans
    assert "escaped" in found.notes["/band"]
    assert len(engine.requests) == 2
    assert not any("<|im_end|>" in turn.content for turn in engine.requests[1].messages)


@pytest.mark.parametrize("text", ["<" + " " * 50_000, "< " * 50_000, "</" + " " * 50_000, "<text" + " " * 50_000])
def test_spaces_take_no_time(text: str) -> None:
    began = time.monotonic()
    fence(text)
    unescape(text, text)
    assert time.monotonic() - began < 5


@quick()
@given(st.text(max_size=80))
def test_a_fence_keeps_the_text(text: str) -> None:
    inner = fence(text).removeprefix("<text>\n").removesuffix("\n</text>")
    assert inner == text.strip() or ("<" in text or "[" in text)
