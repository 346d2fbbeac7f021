"""Verbatim fields in the grammar: what the decoder can write there, asked of llguidance itself."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from functools import lru_cache
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from llguidance import LLMatcher, LLTokenizer
from scripted import ScriptedEngine, left, quick, record, schema_of, written

from extractor import repair
from extractor.grammar import BOUNDED, COMPACT, EXACT, Bounds, Grammar, Layout, compile_schema, shape_of
from extractor.grammar.verbatim import MOST_CHUNKS
from extractor.options import Options
from extractor.pipeline import extract
from extractor.requests import build_request
from extractor.schema import load_json
from extractor.strict import to_strict
from extractor.types import Document
from extractor.validators import VALIDATORS
from extractor.verbatim import BREAK, runs

BYTES = LLTokenizer("byte")
TEXT: dict[str, Any] = {"type": "string"}
WHOLE: dict[str, Any] = {"type": "integer"}
NOTHING: dict[str, Any] = {"type": "null"}
RUN: dict[str, Any] = {"type": "string", "x-verbatim": True}
OR_NULL: dict[str, Any] = {"anyOf": [RUN, NOTHING]}
RUNS: dict[str, Any] = {"type": "array", "items": RUN}

FERRY = 'The "Sea Lark" left Paris, in 1999\nwith 1,200 well-known\\odd guests.'


def grammar_of(schema: dict[str, Any], text: str = FERRY, bounds: Bounds | None = BOUNDED) -> Grammar:
    return compile_schema(schema_of(schema), bounds).for_text(text)


@lru_cache(maxsize=8)
def matcher_of(grammar: str) -> LLMatcher:
    matcher = LLMatcher(BYTES, grammar)
    assert not matcher.get_error()
    return matcher


def takes(grammar: str, answer: str) -> bool:
    """Whether the decoder can write an answer and stop there."""
    matcher = matcher_of(grammar).deep_copy()
    tokens = list(answer.encode())
    if matcher.validate_tokens(tokens) < len(tokens):
        return False
    matcher.consume_tokens(tokens)
    return bool(matcher.is_accepting())


def accepts(schema: dict[str, Any], answer: Any, text: str = FERRY, bounds: Bounds | None = BOUNDED) -> bool:
    grammar = grammar_of(schema, text, bounds)
    assert grammar.rules, "no rules, so nothing is verbatim"
    assert not grammar.loose
    return takes(grammar.text, answer if isinstance(answer, str) else written(answer))


def without(schema: dict[str, Any]) -> str:
    """The grammar of the same schema with any text where a run has to be."""
    return compile_schema(schema_of(json.loads(json.dumps(schema).replace(', "x-verbatim": true', "")))).text


# --- one text ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "accepted"),
    [
        ("The", True),
        ("Sea Lark", True),
        ('"Sea Lark" left', True),
        ("Paris", True),
        ("Paris,", True),
        ("in 1999 with", True),
        ("1,200 well-known\\odd", True),
        ("odd guests.", True),
        ("known", True),
        ("", False),
        (" Sea", False),
        ("Sea ", False),
        ("Sea Lar", False),
        ("ea Lark", False),
        ("Sea  Lark", False),
        ("1999\nwith", False),
        ("200", False),
        ("Sea left", False),
        ("the", False),
        ("London", False),
    ],
)
def test_a_run_of_whole_words(value: str, accepted: bool) -> None:
    assert accepts(record(a=RUN), {"a": value}) is accepted
    assert runs(FERRY).admits(value) is accepted


@pytest.mark.parametrize(
    ("value", "accepted"),
    [
        ("大学", True),
        ("港大学BERT", True),
        ("😀", True),
        ("BER", False),
        ("大 学", False),
        ("学港", False),
        ("v1", False),
    ],
)
def test_a_run_of_chinese_characters(value: str, accepted: bool) -> None:
    assert accepts(record(a=RUN), {"a": value}, "海港大\n学BERT v1.5 😀。") is accepted


@pytest.mark.parametrize("answer", ['{"a": "\\u0054he"}', '{"a": "The\\n"}', '{"a":"The"}', '{"a": The}', '{"a": "The'])
def test_other_spellings_are_none(answer: str) -> None:
    assert not accepts(record(a=RUN), answer)


@pytest.mark.parametrize(
    ("length", "value", "accepted"),
    [
        ({"maxLength": 5}, "Paris", True),
        ({"maxLength": 5}, "Paris,", False),
        ({"maxLength": 1}, ",", True),
        ({"maxLength": 2}, "in", True),
        ({"maxLength": 2}, "The", False),
        ({"minLength": 6}, "Paris", False),
        ({"minLength": 6}, "Paris,", True),
        ({"minLength": 3, "maxLength": 4}, "Lark", True),
        ({"minLength": 3, "maxLength": 4}, "in", False),
        ({"maxLength": 10}, '"Sea Lark"', True),
        ({"maxLength": 9}, '"Sea Lark"', False),
        ({}, FERRY.replace("\n", " "), True),
    ],
)
def test_its_length_counts_characters(length: dict[str, int], value: str, accepted: bool) -> None:
    assert accepts(record(a={**RUN, **length}), {"a": value}) is accepted


def test_our_own_bound_is_short() -> None:
    text = "word " * 100
    assert accepts(record(a=RUN), {"a": text[:199]}, text)
    assert not accepts(record(a=RUN), {"a": text[:204]}, text)
    assert accepts(record(a={**RUN, "maxLength": 300}), {"a": text[:299]}, text)
    assert accepts(record(a=RUN), {"a": text[:-1]}, text, EXACT)


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        pytest.param(RUN, "", id="an empty text"),
        pytest.param(RUN, " \x00\x1b ", id="nothing but control characters"),
        pytest.param({**RUN, "maxLength": 1}, "one two", id="nothing so short"),
        pytest.param({**RUN, "minLength": 50}, "one two", id="nothing so long"),
    ],
)
def test_where_there_is_no_run_only_the_empty_text_is_left(schema: dict[str, Any], text: str) -> None:
    assert accepts(record(a=schema), {"a": ""}, text)
    assert not accepts(record(a=schema), {"a": "one"}, text)
    assert accepts(record(a={"anyOf": [schema, NOTHING]}), {"a": None}, text)


# --- where it stands -----------------------------------------------------------------------------------------

TREE: dict[str, Any] = {
    **record(name=RUN, children={"type": "array", "items": {"$ref": "#/$defs/Tree"}}),
    "additionalProperties": False,
}
TAGGED: dict[str, Any] = {
    "oneOf": [record(kind={"const": "ship"}, name=RUN), record(kind={"const": "sum"}, amount=WHOLE)],
    "discriminator": {"propertyName": "kind"},
}


@pytest.mark.parametrize(
    ("schema", "answer", "accepted"),
    [
        pytest.param(RUN, "Paris", True, id="the whole answer"),
        pytest.param(RUNS, ["Paris", "1999"], True, id="a list"),
        pytest.param(RUNS, [], True, id="an empty list"),
        pytest.param(RUNS, ["Paris", "Rome"], False, id="a list with one that is none"),
        pytest.param({**RUNS, "minItems": 2}, ["Paris"], False, id="too few"),
        pytest.param({**RUNS, "minItems": 2}, ["Paris", "in", "Sea"], True, id="enough"),
        pytest.param({**RUNS, "maxItems": 1}, ["Paris", "in"], False, id="too many"),
        pytest.param({**RUNS, "maxItems": 0}, [], True, id="none at all"),
        pytest.param({**RUNS, "uniqueItems": True}, ["in", "in"], True, id="repeated ones are for later"),
        pytest.param(record(a=OR_NULL), {"a": None}, True, id="null"),
        pytest.param(record(a={"type": ["string", "null"], "x-verbatim": True}), {"a": None}, True, id="or null"),
        pytest.param(record(a={"type": ["string", "null"], "x-verbatim": True}), {"a": "in"}, True, id="not null"),
        pytest.param(record(a={"type": ["string", "null"], "x-verbatim": True}), {"a": "Rome"}, False, id="neither"),
        pytest.param(record(a={"x-verbatim": True}), {"a": "Paris"}, True, id="no type"),
        pytest.param(record(a={**RUN, "x-verbatim": False}, b=RUN), {"a": "Rome", "b": "in"}, True, id="false"),
        pytest.param(record(a={"anyOf": [RUN, {"enum": ["unknown"]}]}), {"a": "unknown"}, True, id="or a word"),
        pytest.param(record(a={"anyOf": [RUN, {"enum": ["unknown"]}]}), {"a": "guests"}, True, id="or a run"),
        pytest.param(
            record(a={"anyOf": [RUN, {"enum": ["wild"]}]}), {"a": "with"}, True, id="or one that begins alike"
        ),
        pytest.param(record(a={"anyOf": [RUN, {"enum": ["Sea"]}]}), {"a": "Sea Lark"}, True, id="or a longer one"),
        pytest.param(record(a={"anyOf": [RUN, {"enum": ["unknown"]}]}), {"a": "unkn"}, False, id="or neither"),
        pytest.param(record(a={"anyOf": [RUN, WHOLE]}), {"a": 5}, True, id="or a number"),
        pytest.param(record(a={"allOf": [TEXT, {"x-verbatim": True}]}), {"a": "Rome"}, False, id="allOf"),
        pytest.param(record(a=TEXT, b=RUN, c=WHOLE), {"a": "Rome", "b": "Paris", "c": 7}, True, id="beside others"),
        pytest.param(record(a=TEXT, b=RUN, c=WHOLE), {"a": "Rome", "b": "Paris"}, False, id="one is missing"),
        pytest.param(record(a=TEXT, b=RUN, c=WHOLE), {"b": "in", "a": "Rome", "c": 7}, False, id="another order"),
        pytest.param(record(a=record(b=record(c=RUN))), {"a": {"b": {"c": "Sea"}}}, True, id="nested"),
        pytest.param(record(a=record(b=record(c=RUN))), {"a": {"b": {"c": "See"}}}, False, id="nested, none"),
        pytest.param({"type": "array", "items": TAGGED}, [{"kind": "ship", "name": "Sea Lark"}], True, id="tagged"),
        pytest.param(
            {"type": "array", "items": TAGGED},
            [{"kind": "sum", "amount": 3}, {"kind": "ship", "name": "in"}],
            True,
            id="tagged, both",
        ),
        pytest.param(TAGGED, {"kind": "ship", "name": "Sea Lion"}, False, id="tagged, none"),
        pytest.param(TAGGED, {"kind": "sum", "name": "Sea"}, False, id="tagged, mixed up"),
        pytest.param({"type": "object", "additionalProperties": RUN}, {"x": "in", "y": "Sea"}, True, id="a map"),
        pytest.param({"type": "object", "additionalProperties": RUN}, {}, True, id="an empty map"),
        pytest.param({"type": "object", "additionalProperties": RUN}, {"x": "on"}, False, id="a map, none"),
        pytest.param(
            {"type": "object", "patternProperties": {"^x": RUN}, "additionalProperties": False},
            {"xa": "in"},
            True,
            id="keys by a pattern",
        ),
        pytest.param(
            {"type": "object", "patternProperties": {"^x": RUN}, "additionalProperties": False},
            {"a": "in"},
            False,
            id="another key",
        ),
        pytest.param(
            {**record(a=RUN), "additionalProperties": True}, {"a": "in", "b": [1, "x"]}, True, id="free keys beside"
        ),
        pytest.param({**record(a=RUN), "additionalProperties": True}, {"a": "in", "a ": 1}, True, id="nearly the name"),
        pytest.param({**record(a=RUN), "additionalProperties": True}, '{"a": "in", "a": 1}', False, id="it again"),
        pytest.param(
            {**record(a=WHOLE), "additionalProperties": RUN}, {"a": 1, "b": "in"}, True, id="free keys hold runs"
        ),
        pytest.param({"type": "array", "prefixItems": [RUN, WHOLE], "items": False}, ["in", 1], True, id="a tuple"),
        pytest.param({"type": "array", "prefixItems": [RUN, WHOLE], "items": False}, ["in"], True, id="its beginning"),
        pytest.param({"type": "array", "prefixItems": [RUN, WHOLE], "items": False}, ["in", 1, 2], False, id="longer"),
        pytest.param(
            {"type": "array", "prefixItems": [RUN, WHOLE], "minItems": 2, "items": False}, ["in"], False, id="shorter"
        ),
        pytest.param({"type": "array", "prefixItems": [WHOLE], "items": RUN}, [1, "in", "Sea"], True, id="and a rest"),
        pytest.param({"type": "array", "prefixItems": [WHOLE], "items": RUN}, [1, "in", "See"], False, id="none there"),
    ],
)
def test_places(schema: dict[str, Any], answer: Any, accepted: bool) -> None:
    is_written = isinstance(answer, str) and answer.startswith("{")
    assert accepts(schema, answer if is_written else written(answer)) is accepted


@pytest.mark.parametrize(
    ("answer", "accepted"),
    [
        ({"name": "Sea", "children": []}, True),
        ({"name": "Sea", "children": [{"name": "Lark", "children": []}, {"name": "in", "children": []}]}, True),
        ({"name": "Sea", "children": [{"name": "Lion", "children": []}]}, False),
        ({"name": "Sea", "children": [{"name": "Lark"}]}, False),
    ],
)
@pytest.mark.parametrize("bounds", [BOUNDED, EXACT])
def test_recursion(answer: Any, accepted: bool, bounds: Bounds | None) -> None:
    schema = {"$ref": "#/$defs/Tree", "$defs": {"Tree": TREE}}
    assert accepts(schema, answer, bounds=bounds) is accepted


def test_recursion_ends_where_it_does_without_runs() -> None:
    def nested(levels: int) -> Any:
        return {"name": "Sea", "children": [nested(levels - 1)] if levels else []}

    schema = {"$ref": "#/$defs/Tree", "$defs": {"Tree": TREE}}
    deepest = max(at for at in range(12) if takes(without(schema), written(nested(at))))
    verbatim = grammar_of(schema).text
    assert [takes(verbatim, written(nested(at))) for at in (deepest, deepest + 1)] == [True, False]


# Every subset of properties of which some are optional, and how many of them there can be.
OPTIONAL = {"a": WHOLE, "b": RUN, "c": TEXT, "d": RUN}
VALUES = {"a": 1, "b": "Sea", "c": "free", "d": "Paris"}


@pytest.mark.parametrize(
    ("required", "counts"),
    [
        (required, counts)
        for required in ([], ["a"], ["b"], ["d"], ["a", "c"], ["b", "c"], ["a", "b", "c", "d"])
        for counts in ({}, {"minProperties": 1}, {"maxProperties": 1}, {"minProperties": 3}, {"maxProperties": 3})
        if len(required) <= counts.get("maxProperties", 4)
    ],
)
@pytest.mark.parametrize("is_closed", [True, False])
def test_objects_are_those_of_the_grammar_without_runs(
    required: list[str], counts: dict[str, int], is_closed: bool
) -> None:
    schema = {"type": "object", "properties": OPTIONAL, "required": required, "additionalProperties": not is_closed}
    schema |= counts
    plain = without(schema)
    verbatim = grammar_of(schema).text
    for chosen in range(16):
        answer = {name: VALUES[name] for at, name in enumerate(OPTIONAL) if chosen >> at & 1}
        for more in ({}, {"e": None}, {"e": None, "f": "x"}):
            text = written(answer | more)
            assert takes(verbatim, text) is takes(plain, text), text


@pytest.mark.parametrize(
    ("least", "most"),
    [(least, most) for least in range(4) for most in (None, 0, 1, 2, 3) if most is None or least <= most],
)
@pytest.mark.parametrize("prefix", [0, 1, 2])
def test_lists_are_those_of_the_grammar_without_runs(least: int, most: int | None, prefix: int) -> None:
    schema: dict[str, Any] = {"type": "array", "items": RUN, "minItems": least}
    schema |= {"prefixItems": [RUN, RUN][:prefix]} if prefix else {}
    schema |= {} if most is None else {"maxItems": most}
    for size in range(5):
        answer = written(["Sea"] * size)
        assert takes(grammar_of(schema).text, answer) is takes(without(schema), answer), answer


@pytest.mark.parametrize("name", ['a"b', "a\\b", "书名", "", "\n", "😀", "</text>", "\x7f", "x" * 60 + '"' * 9])
def test_a_property_with_an_odd_name(name: str) -> None:
    grammar = compile_schema(schema_of(record(**{name: RUN, "z": WHOLE}))).for_text(FERRY)
    assert takes(grammar.text, written({name: "Sea", "z": 1}))
    assert not takes(grammar.text, written({name: "See", "z": 1}))


def test_definitions_that_are_shared() -> None:
    schema = {
        **record(a={"$ref": "#/$defs/P"}, b={"type": "array", "items": {"$ref": "#/$defs/P"}}, c={"$ref": "#/$defs/Q"}),
        "$defs": {"P": record(name=RUN, q={"$ref": "#/$defs/Q"}), "Q": record(n=WHOLE, of=record(m=WHOLE))},
    }
    q = {"n": 1, "of": {"m": 2}}
    p = {"name": "Sea Lark", "q": q}
    assert accepts(schema, {"a": p, "b": [p, p], "c": q})
    assert not accepts(schema, {"a": p, "b": [p, {"name": "Lark Sea", "q": q}], "c": q})


def test_the_layout_is_that_of_the_grammar() -> None:
    schema = schema_of(record(a=RUNS, b=record(c=WHOLE, d=RUN)))
    answer = {"a": ["Sea", "in"], "b": {"c": 1, "d": "Paris"}}
    compact = compile_schema(schema, BOUNDED, COMPACT).for_text(FERRY).text
    assert takes(compact, json.dumps(answer, separators=(",", ":")))
    assert not takes(compact, written(answer))
    assert Layout(*COMPACT) == COMPACT


# --- what is asked of the rest of the house ------------------------------------------------------------------


def test_without_verbatim_texts_nothing_changes() -> None:
    grammar = compile_schema(schema_of(record(a=TEXT)))
    assert grammar.rules is None
    assert grammar.for_text(FERRY) is grammar
    assert shape_of(grammar.text) == grammar.text


def test_the_grammar_of_a_schema_alone_admits_any_text() -> None:
    grammar = compile_schema(schema_of(record(a=RUN)))
    assert takes(grammar.text, written({"a": "Rome"}))


def test_grammars_of_two_documents_have_one_shape() -> None:
    grammar = compile_schema(schema_of(record(a=RUN)))
    one, other = grammar.for_text("one text").text, grammar.for_text('// or /"another').text
    assert one != other
    assert shape_of(one) == shape_of(other)
    assert shape_of(one) != shape_of(compile_schema(schema_of(record(b=RUN))).for_text("one text").text)


def test_a_canary_fits_in_front() -> None:
    text = grammar_of({"anyOf": [RUN, NOTHING]}).text.replace("start: ", 'start: "¤§¤" ', 1)
    assert takes(text, '¤§¤"Sea"')
    assert takes(text, "¤§¤null")
    assert not takes(text, "null")


@pytest.mark.parametrize(
    ("child", "expected"),
    [
        pytest.param(RUN, {"x-verbatim": "enforced"}, id="alone"),
        pytest.param({**TEXT, "x-verbatim": "true"}, {"x-verbatim": "ignored"}, id="a word for true"),
        pytest.param({"type": "array", "x-verbatim": True}, {"x-verbatim": "ignored"}, id="of a list"),
        pytest.param({"type": ["integer", "string"], "x-verbatim": True}, {"x-verbatim": "enforced"}, id="or a number"),
        pytest.param({**RUN, "maxLength": 9}, {"x-verbatim": "enforced", "maxLength": "enforced"}, id="a length"),
        pytest.param({**RUN, "pattern": "^S"}, {"x-verbatim": "enforced", "pattern": "after"}, id="a pattern"),
        pytest.param({**RUN, "format": "date"}, {"x-verbatim": "enforced", "format": "after"}, id="a format"),
        pytest.param({**RUN, "enum": ["Sea", "x"]}, {"x-verbatim": "after", "enum": "enforced"}, id="listed values"),
        pytest.param({"anyOf": [RUN, {**TEXT, "pattern": "^a"}]}, {"x-verbatim": "after"}, id="beside another text"),
        pytest.param({"anyOf": [RUN, {"enum": ["x", None]}]}, {"x-verbatim": "enforced"}, id="beside a listed text"),
        pytest.param(
            {**record(a=RUN), "patternProperties": {"^x": WHOLE}},
            {"x-verbatim": "enforced", "patternProperties": "after"},
            id="names by a pattern beside it",
        ),
        pytest.param(
            {**record(a=TEXT), "patternProperties": {"^x": WHOLE}},
            {"patternProperties": "enforced"},
            id="names by a pattern without it",
        ),
    ],
)
def test_the_report(child: dict[str, Any], expected: dict[str, str]) -> None:
    rows = {row.keyword: row for row in compile_schema(schema_of(record(a=child))).report if row.pointer}
    assert {keyword: rows[keyword].status for keyword in expected} == expected
    assert all(row.why for row in rows.values() if row.status == "after")


def test_a_text_that_is_too_long_is_left_to_validation_and_says_so() -> None:
    text = "海" * (MOST_CHUNKS + 1)
    grammar = grammar_of(record(a=RUN), text)
    assert takes(grammar.text, written({"a": "Rome"}))
    assert left(grammar) == ["/properties/a/x-verbatim"]
    assert f"{MOST_CHUNKS + 1:,}" in grammar.loose


def test_strict_schemas_do_without() -> None:
    assert "x-verbatim" not in json.dumps(to_strict(schema_of(record(a=RUN, b=RUNS))).json_schema)


def test_a_request_has_the_runs_of_its_document() -> None:
    schema = load_json(record(a=RUN), "Ship")
    request = build_request(Document("s", FERRY), schema, Options())
    assert request.grammar == compile_schema(schema).for_text(FERRY).text
    assert takes(str(request.grammar), written({"a": "Sea Lark"}))
    assert not takes(str(request.grammar), written({"a": "Sea Lion"}))


def test_what_is_asked_again_has_them_too() -> None:
    schema = load_json(record(a=RUN, n={**WHOLE, "maximum": 9}), "Ship")
    engine = ScriptedEngine(['{"a": "Sea Lark", "n": 12}', '{"/n": 3}'])
    asyncio.run(extract(Document("s", FERRY), schema, engine, Options()))
    pieces = repair.asked(schema, [repair.Piece(("a",), RUN, "why")])
    asked = compile_schema(pieces).for_text(FERRY).text
    assert takes(asked, written({"/a": "Paris"}))
    assert not takes(asked, written({"/a": "Rome"}))
    assert len(engine.requests) == 2


def test_a_cut_answer_goes_on_with_runs() -> None:
    schema = load_json(record(a=RUNS), "Ship")
    engine = ScriptedEngine([('{"a": ["Sea Lark", "Par', "length"), '{"/a/-": ["Paris"]}'])
    made = asyncio.run(extract(Document("s", FERRY), schema, engine, Options()))
    assert made.data == {"a": ["Sea Lark", "Paris"]}
    grammar = str(engine.requests[1].grammar)
    assert takes(grammar, written({"/a/-": ["Paris", "1999"]}))
    assert not takes(grammar, written({"/a/-": ["Rome"]}))


def test_that_a_text_is_too_long_is_noted() -> None:
    engine = ScriptedEngine(['{"a": "海"}'])
    document = Document("s", "海" * (MOST_CHUNKS + 1))
    made = asyncio.run(extract(document, load_json(record(a=RUN), "S"), engine, Options()))
    assert "verbatim" in made.notes[""]


# --- any text ------------------------------------------------------------------------------------------------

ALPHABET = (
    "abAB12 _" * 2 + "海港的ひ" + "\t\n　" + ".,;:'’\"\\/-@&$%()，。“”{}[]|~" + "😀é́\ufe0f" + "\x00\x1b\x7f\u2028\ud800"
)
texts = st.text(alphabet=ALPHABET, min_size=1, max_size=80)


@quick(150)
@given(texts, st.data())
def test_every_run_can_be_written_and_its_near_misses_cannot(text: str, data: st.DataObject) -> None:
    found = runs(text)
    assume(found.starts)
    first = data.draw(st.integers(0, len(found.starts) - 1))
    last = data.draw(st.integers(first, len(found.starts) - 1))
    value = found.view[found.starts[first] : found.ends[last]]
    grammar = grammar_of(record(a=RUN), text).text
    assert takes(grammar, written({"a": value})) is (BREAK not in value)
    at = data.draw(st.integers(0, len(value)))
    for other in (value[:at], value[at:], value[:at] + "b" + value[at:], value[:at] + value[at + 1 :], f"{value} "):
        if "\x7f" not in other:
            assert takes(grammar, written({"a": other})) is found.admits(other), other


Shape = tuple[dict[str, Any], st.SearchStrategy[Any]]
WORDS = "The sea lark left with a wild 海港 lark"
written_runs = st.sampled_from(["The", "sea lark", "wild", "wild 海港", "海", "lark", "with a", "a"])
near_misses = st.sampled_from(["", "sea  lark", "lar", "Lark", "lark sea", "w", "wi", "unknown", "海港l"])
OF_RUNS: Shape = (RUN, written_runs | near_misses)
CLOSED: dict[str, Any] = {**record(k={"const": "a"}, n=WHOLE), "additionalProperties": False}
plain_leaves: list[Shape] = [
    (WHOLE, st.integers(-3, 30)),
    (NOTHING, st.none()),
    ({"enum": ["wi", "unknown", "sea", 1]}, st.sampled_from(["wi", "unknown", "sea", 1, "w"])),
    ({"const": "wild"}, st.sampled_from(["wild", "lark", None])),
    (CLOSED, st.sampled_from([{"k": "a", "n": 1}, {"k": "b", "n": 1}, {"k": "a"}])),
]


def listed(shape: Shape) -> Shape:
    return {"type": "array", "items": shape[0]}, st.lists(shape[1], max_size=3)


def either(shapes: list[Shape]) -> Shape:
    return {"anyOf": [node for node, _ in shapes]}, st.one_of([values for _, values in shapes])


def objected(shapes: dict[str, tuple[Shape, bool]]) -> Shape:
    node = {
        "type": "object",
        "properties": {name: inner for name, ((inner, _), _) in shapes.items()},
        "required": [name for name, (_, is_required) in shapes.items() if is_required],
        "additionalProperties": False,  # as the grammar has it anyway
    }
    return node, st.fixed_dictionaries({}, optional={name: values for name, ((_, values), _) in shapes.items()})


def mapped(shape: Shape) -> Shape:
    node = {"type": "object", "additionalProperties": shape[0]}
    return node, st.dictionaries(st.sampled_from(["k", "lark", "n"]), shape[1], max_size=2)


shapes = st.recursive(
    st.just(OF_RUNS) | st.sampled_from([OF_RUNS, *plain_leaves]),
    lambda inner: st.one_of(
        inner.map(listed),
        inner.map(mapped),
        st.lists(inner, min_size=2, max_size=3).map(either),
        st.dictionaries(st.sampled_from("abk"), st.tuples(inner, st.booleans()), min_size=1, max_size=3).map(objected),
    ),
    max_leaves=6,
)


@quick(100)
@given(shapes, st.data())
def test_any_schema_holds_runs_and_is_otherwise_as_without(shape: Shape, data: st.DataObject) -> None:
    schema = record(it=shape[0])
    grammar = grammar_of(schema, WORDS)
    assume(grammar.rules and not left(grammar))
    for _ in range(4):
        answer = {"it": data.draw(shape[1])}
        is_held = VALIDATORS["ecma"](runs_listed(schema)).is_valid(answer)
        assert takes(grammar.text, written(answer)) is (takes(without(schema), written(answer)) and is_held), answer


def runs_listed(schema: dict[str, Any]) -> dict[str, Any]:
    """The same schema with all runs that the values above can be."""
    listed = json.dumps({"enum": ["The", "sea lark", "wild", "wild 海港", "海", "lark", "with a", "a", "sea"]})[1:-1]
    found: dict[str, Any] = json.loads(json.dumps(schema).replace('"x-verbatim": true', listed))
    return found


def test_a_grammar_of_equal_parts_is_the_same() -> None:
    grammar = compile_schema(schema_of(record(a=RUN)))
    assert grammar.for_text("a b") == grammar.for_text("a b")
    assert replace(grammar, loose="x") != grammar
