"""One document, every way that it can end."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AfterValidator, BaseModel, Field
from scripted import USAGE, ScriptedEngine, quick, record, schema_of

from extractor.answer import decode
from extractor.errors import (
    EngineDenied,
    EngineError,
    EngineUnavailable,
    InvalidOutput,
    ParseError,
    Refused,
    RequestRejected,
    SchemaError,
)
from extractor.options import Options
from extractor.pipeline import extract
from extractor.requests import build_request
from extractor.schema import from_type
from extractor.text import estimate_tokens
from extractor.types import Completion, Document, Extraction, FinishReason, Schema, Span

KEYS = [
    "source",
    "data",
    "spans",
    "support",
    "ungrounded",
    "absent",
    "conflicts",
    "probabilities",
    "errors",
    "schema",
    "engine",
    "mode",
    "attempts",
    "usage",
    "seconds",
    "notes",
    "thoughts",
]


class Bridge(BaseModel):
    name: str = Field(max_length=50)
    opened: int | None = Field(None, le=1999)
    builders: list[str] = []


BRIDGE = from_type(Bridge)
DOCUMENT = Document("a.txt", "The Harbour Bridge opened in 1932.", ("not UTF-8, decoded as cp1252",))
GOOD = '{"name": "harbour bridge", "opened": 1932, "builders": []}'


def run(
    reply: str | tuple[str, FinishReason] | Exception,
    schema: Schema = BRIDGE,
    document: Document = DOCUMENT,
    options: Options | None = None,
) -> Extraction:
    return asyncio.run(extract(document, schema, ScriptedEngine([reply]), options or Options(retries=0)))


def test_a_good_answer() -> None:
    found = run(GOOD)
    assert found.ok
    assert found.data == {"name": "harbour bridge", "opened": 1932, "builders": []}
    assert found.value == Bridge(name="harbour bridge", opened=1932)
    assert found.spans == {"/name": Span(4, 18, "normalised"), "/opened": Span(29, 33, "exact")}
    assert found.absent == {"/builders": "not in the text"}
    assert (found.source, found.schema, found.engine, found.mode) == ("a.txt", BRIDGE.id, "scripted:test", "grammar")
    assert (found.attempts, found.usage) == (1, USAGE)
    assert found.notes == {"": "not UTF-8, decoded as cp1252"}
    assert found.seconds >= 0


@pytest.mark.parametrize(
    ("reply", "kind", "message"),
    [
        pytest.param((GOOD[:20], "length"), "Truncated", "the context was full after 7 tokens", id="length"),
        pytest.param(("I cannot help with that", "refusal"), "Refused", "I cannot help with that", id="refusal"),
        pytest.param("", "ParseError", "not JSON", id="empty"),
        pytest.param("The bridge …", "ParseError", "The bridge …", id="prose"),
        pytest.param("[" * 100_000 + "]" * 100_000, "ParseError", "levels deep", id="deep"),
        pytest.param('{"a":' * 100_000 + "1" + "}" * 100_000, "ParseError", "levels deep", id="deep objects"),
        pytest.param("9" * 5_000, "ParseError", "not JSON", id="a very long number"),
        pytest.param("{}", "InvalidOutput", "'name' is a required property", id="missing"),
        pytest.param('{"name": [1, 2]}', "InvalidOutput", "not of type 'string'", id="wrong type"),
        pytest.param("[]", "InvalidOutput", "not of type 'object'", id="wrong shape"),
        pytest.param("null", "InvalidOutput", "not of type 'object'", id="null"),
        pytest.param('{"name": "x", "builders": [{}]}', "InvalidOutput", "not of type 'string'", id="an item"),
        pytest.param(RequestRejected("too long", hint="shorter"), "RequestRejected", "too long", id="rejected"),
        pytest.param(EngineUnavailable("slow", hint="later"), "EngineUnavailable", "slow", id="unavailable"),
    ],
)
def test_an_answer_that_cannot_be_used(reply: Any, kind: str, message: str) -> None:
    found = run(reply)
    assert not found.ok
    assert found.data is None
    assert found.instance is None
    assert found.spans == found.absent == {}
    assert {problem.kind for problem in found.errors} == {kind}
    assert message in found.errors[0].message
    assert found.attempts == 1
    assert found.usage == (USAGE if not isinstance(reply, Exception) else type(USAGE)())
    assert found.notes == {"": "not UTF-8, decoded as cp1252"}
    if isinstance(reply, EngineError):
        assert found.errors[0].hint == reply.hint
    assert len(json.dumps(found.to_dict())) < 20_000
    with pytest.raises(InvalidOutput):
        _ = found.value


@pytest.mark.parametrize("error", [EngineDenied("no such model"), EngineError("died"), RuntimeError("a fault of ours")])
def test_what_no_other_document_would_escape_is_raised(error: Exception) -> None:
    with pytest.raises(type(error)) as caught:
        run(error)
    assert caught.value is error


def test_a_schema_that_cannot_be_decoded_is_raised_before_any_token() -> None:
    engine = ScriptedEngine([GOOD])
    with pytest.raises(SchemaError):
        asyncio.run(extract(DOCUMENT, schema_of(record(a=False)), engine))
    assert engine.requests == []


def test_every_problem_of_an_answer_is_kept() -> None:
    found = run('{"opened": "x", "builders": [[1, 2], {}]}')
    assert sorted(problem.pointer for problem in found.errors) == ["/builders/0", "/builders/1", "/name", "/opened"]


def test_a_text_beyond_its_bound_is_cut_and_the_cut_is_noted() -> None:
    name = "the harbour bridge " * 4
    found = run(json.dumps({"name": name, "opened": None, "builders": []}))
    assert found.ok
    assert found.data["name"] == "the harbour bridge the harbour bridge the harbour"
    assert found.notes == {"": "not UTF-8, decoded as cp1252", "/name": "cut at 50 characters"}


@pytest.mark.parametrize("schema", [BRIDGE, schema_of(record(name={"type": "string"}))], ids=["class", "schema"])
@pytest.mark.parametrize("half", [r"\ud83d", r"\uDE00", "\ud83d", r"\\\ud83d"])
def test_half_a_surrogate_pair_is_replaced_and_told(schema: Schema, half: str) -> None:
    found = run(rf'{{"name": "\ud83d\ude00 {half}!"}}', schema)
    assert found.data["name"] in ("\U0001f600 \ufffd!", "\U0001f600 \\\ufffd!")
    assert "half of a surrogate pair" in found.notes[""]
    json.dumps(found.data, ensure_ascii=False).encode()


def test_an_escaped_backslash_before_a_u_is_no_surrogate() -> None:
    found = run(r'{"name": "C:\\ud800"}')
    assert found.data["name"] == r"C:\ud800"
    assert "surrogate" not in found.notes[""]


def test_without_a_class_the_value_is_the_data() -> None:
    found = run('{"a": [1, {"b": null}]}', schema_of({"type": "object"}))
    assert found.value == found.data == {"a": [1, {"b": None}]}


def test_an_answer_that_is_no_object() -> None:
    assert run("[1, 2]", schema_of({"type": "array", "items": {"type": "integer"}})).value == [1, 2]


@pytest.mark.parametrize("reason", ["stop", "other"])
def test_an_answer_counts_whatever_else_ended_it(reason: FinishReason) -> None:
    assert run((GOOD, reason)).ok


@pytest.mark.parametrize("number", ["1e999", "-1e999"])
def test_a_number_too_large_for_a_float_is_not_infinity(number: str) -> None:
    found = run(f'{{"a": {number}}}', schema_of(record(a={"type": "number"})))
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False))


@pytest.mark.parametrize(
    ("schema", "answer"),
    [
        pytest.param(schema_of({}), "[" * 900 + "]" * 900, id="anything"),
        pytest.param(
            schema_of({"$ref": "#/$defs/N", "$defs": {"N": {"type": "array", "items": {"$ref": "#/$defs/N"}}}}),
            "[" * 400 + "]" * 400,
            id="recursive",
        ),
    ],
)
def test_an_answer_deeper_than_can_be_walked_is_an_error_of_its_document(schema: Schema, answer: str) -> None:
    json.dumps(run(answer, schema).to_dict())


def test_a_key_that_is_repeated_is_told() -> None:
    found = run('{"a": {"x": 1, "y": 2, "x": 3}}', schema_of(record(a={"type": "object"})))
    assert (found.data, found.ok) == ({"a": {"x": 3, "y": 2}}, True)
    assert found.notes[""].endswith("the last value of each counts: 'x'")


def test_a_validator_that_fails_is_an_error_of_its_document() -> None:
    class Broken(BaseModel):
        a: Annotated[str, AfterValidator(lambda text: text or 1 / 0)]

    assert not run('{"a": ""}', from_type(Broken)).ok


@pytest.mark.parametrize(("levels", "usable"), [(100, True), (101, False)])
def test_the_deepest_answer(levels: int, usable: bool) -> None:
    found = run("[" * levels + "1" + "]" * levels, schema_of({}))
    assert found.ok is usable
    assert usable or found.errors[0].kind == "ParseError"


@pytest.mark.parametrize(
    ("child", "value"),
    [
        pytest.param({"type": "string", "pattern": r"^\p{Lu}"}, '"Abc"', id="pattern"),
        pytest.param({"type": "number", "multipleOf": 0.5}, "1" + "0" * 400, id="multipleOf"),
    ],
)
def test_what_jsonschema_cannot_check_does_not_end_the_run(child: dict[str, Any], value: str) -> None:
    assert run(f'{{"a": {value}}}', schema_of(record(a=child))).attempts == 1


# --- the record ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reply", [GOOD, "", '{"name": [1]}', RequestRejected("no")])
def test_the_record_as_written(reply: Any) -> None:
    written = run(reply).to_dict()
    assert sorted(written) == sorted(KEYS)
    assert json.loads(json.dumps(written)).keys() == written.keys()
    assert written["usage"].keys() == {"input_tokens", "cached_tokens", "output_tokens", "cost"}
    assert all(span.keys() == {"start", "end", "match"} for span in written["spans"].values())
    assert all(error.keys() == {"pointer", "message", "value", "kind", "hint"} for error in written["errors"])
    assert (written["data"] is None) == bool(written["errors"])


json_data = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**12), 10**12) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@quick(80)
@given(json_data, st.text(min_size=1, max_size=30).filter(str.strip))
def test_any_json_becomes_a_record_whose_spans_and_absences_point_into_it(data: Any, text: str) -> None:
    found = run(json.dumps(data), schema_of({}), Document("s", text))
    written = json.loads(json.dumps(found.to_dict()))
    assert written["data"] == data
    assert not found.spans.keys() & found.absent.keys()
    for where, span in found.spans.items():
        value = at(data, where)
        assert isinstance(value, str | int)
        assert text[span.start : span.end] == str(value) or span.match == "normalised"
    assert all(is_blank(at(data, where)) for where in found.absent)


def is_blank(value: Any) -> bool:
    return value in (None, [], {}) or (isinstance(value, str) and not value.strip())


def at(data: Any, pointer: str) -> Any:
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        data = data[int(name)] if isinstance(data, list) else data[name]
    return data


# --- the request ---------------------------------------------------------------------------------------------


def test_the_request_says_what_the_options_say() -> None:
    engine = ScriptedEngine([GOOD])
    asyncio.run(extract(DOCUMENT, BRIDGE, engine, Options(max_tokens=9, temperature=0.5, seed=3, timeout=2.5)))
    [request] = engine.requests
    assert (request.max_tokens, request.temperature, request.seed, request.timeout) == (9, 0.5, 3, 2.5)
    assert [turn.role for turn in request.messages] == ["system", "user"]
    assert DOCUMENT.text in request.messages[1].content
    assert request.grammar is not None
    assert request.grammar.startswith("%llguidance {}\nstart: %json {")


def test_extract_sends_what_build_request_shows() -> None:
    engine = ScriptedEngine([GOOD])
    asyncio.run(extract(DOCUMENT, BRIDGE, engine))
    assert engine.requests == [build_request(DOCUMENT, BRIDGE, Options())]


def test_the_timeout_grows_with_the_text_and_with_the_answer() -> None:
    def patience(text: str, max_tokens: int = 100) -> float:
        return build_request(Document("s", text), BRIDGE, Options(max_tokens=max_tokens)).timeout

    short, long = patience("sea"), patience("sea " * 20_000)
    assert 60 < short < 200
    assert long - short > 20_000 / 60  # a laptop reads some 60 tokens a second
    assert patience("海" * 20_000) > patience("a" * 20_000)
    assert patience("sea", 4100) - short >= 4000 / 11  # and writes some 11


@pytest.mark.parametrize(("text", "tokens"), [("", 0), ("abcd" * 10, 10), ("海港大" * 10, 20), ("ab海港大", 2)])
def test_estimate_tokens(text: str, tokens: int) -> None:
    assert estimate_tokens(text) == pytest.approx(tokens, abs=1)


# --- decode --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "reason", "error"),
    [
        ("{}", "refusal", Refused),
        (" ", "stop", ParseError),
    ],
)
def test_decode_raises_what_fits(text: str, reason: FinishReason, error: type[Exception]) -> None:
    with pytest.raises(error):
        decode(Completion(text, reason, USAGE))


def test_a_text_alone_is_read_as_one_with_the_fault_that_it_has() -> None:
    answer = decode(Completion("```\nThe mill\n```", "stop", USAGE))
    assert (answer.value, answer.several) == ("The mill", ())
    assert "not JSON" in str(answer.fault)


@pytest.mark.parametrize(
    ("schema", "reply", "data"),
    [
        ({"enum": ["ONE", "TWO"]}, "The answer is Two.", "TWO"),
        ({"type": "integer"}, "1,234", 1234),
        ({"type": "string"}, "The mill", "The mill"),
        ({"type": "boolean"}, "是", True),
    ],
)
def test_a_text_alone_is_an_answer_where_it_can_be_meant(schema: Any, reply: str, data: Any) -> None:
    found = asyncio.run(extract(DOCUMENT, schema_of(schema), ScriptedEngine([reply], modes=("prompt",))))
    assert (found.data, found.attempts) == (data, 1)


def test_why_a_text_alone_is_no_answer_is_told() -> None:
    engine = ScriptedEngine(["ONE or TWO"], modes=("prompt",))
    found = asyncio.run(extract(DOCUMENT, schema_of({"enum": ["ONE", "TWO"]}), engine, Options(retries=0)))
    assert [problem.kind for problem in found.errors] == ["ParseError"]
    assert "'ONE', 'TWO'" in found.errors[0].message


class Opening(BaseModel):
    place_name: str
    day: dt.date | None
    guests: list[str]


def test_what_is_meant_is_taken_and_listed() -> None:
    reply = '{"placeName": "The mill", "day": "3 March 1822", "guests": "Tom"}'
    found = asyncio.run(extract(DOCUMENT, from_type(Opening), ScriptedEngine([reply])))
    assert found.data == {"place_name": "The mill", "day": "1822-03-03", "guests": ["Tom"]}
    assert found.notes.keys() >= {"/place_name", "/day", "/guests"}


def test_what_can_mean_two_things_is_asked_again_with_the_reason() -> None:
    first = '{"place_name": "x", "day": "03/04/1822", "guests": []}'
    engine = ScriptedEngine([first, '{"/day": "1822-04-03"}'])
    found = asyncio.run(extract(DOCUMENT, from_type(Opening), engine))
    assert found.data["day"] == "1822-04-03"
    assert "3 April" in engine.requests[1].messages[-1].content


@pytest.mark.parametrize("number", ["NaN", "-Infinity", "1e999"])
def test_what_is_no_number_is_null_and_told(number: str) -> None:
    answer = decode(Completion(f'{{"opened": {number}}}', "stop", USAGE))
    assert answer.value == {"opened": None}
    assert "null for NaN and infinities" in answer.notes[""]


def test_messages_stay_short_whatever_the_answer() -> None:
    for reply in ("x" * 10_000, ("x" * 10_000, "refusal")):
        assert len(run(reply).errors[0].message) < 400  # type: ignore[arg-type]


@quick()
@given(json_data)
def test_decode_leads_back(data: Any) -> None:
    assert decode(Completion(json.dumps(data), "stop", USAGE)).value == data


@pytest.mark.parametrize("text", ["", " \n\t"])
def test_an_empty_text_is_an_error_and_costs_no_request(text: str) -> None:
    found = run("{}", schema_of({}), Document("s", text))
    assert [problem.kind for problem in found.errors] == ["SourceError"]
    assert found.attempts == 0
