"""Tolerant JSON: which values are read from which text, what is told of it, and what it costs."""

from __future__ import annotations

import json
import time
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted import quick

from extractor.errors import ParseError
from extractor.syntax import read
from extractor.syntax.library import guess
from extractor.syntax.words import constant, cut_constant, unescape, without_odd_backslash

MILL = {"mill": "old", "wheels": 3}


@pytest.mark.parametrize(
    "text", ['{"mill": "old", "wheels": 3}', "[]", "null", '"old"', " 3.5\n", '{"a": "“x”, \'y\'"}']
)
def test_json_is_taken_as_it_is(text: str) -> None:
    found = read(text)
    assert (found.values, found.notes, found.is_strict, found.is_text) == ((json.loads(text),), (), True, False)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("[old, new] is what I found.", (["old", "new"],)),
        ('["""one\n\ntwo""", 3]', (["one\n\ntwo", 3],)),
        ("[The author] wrote it.", ("[The author] wrote it.",)),
        ("[the mill](http://mill.example), and more", ("[the mill](http://mill.example), and more",)),
    ],
)
def test_lists_of_words_and_texts_of_several_lines(text: str, values: tuple[Any, ...]) -> None:
    assert read(text).values == values


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("\ufeff" + '{"mill": "old", "wheels": 3}', "byte order mark"),
        ("{'mill': 'old', 'wheels': 3}", "single quotes"),
        ("{mill: old, wheels: 3}", "keys without quotes, texts without quotes"),
        ('{"mill": "old", "wheels": 3,}', "stray commas"),
        ('{,"mill": "old",, "wheels": 3}', "stray commas"),
        ('{"mill": "old" "wheels": 3}', "missing commas"),
        ('{"mill": "old"\nwheels: 3}', "missing commas"),
        ('{"mill" "old", "wheels" 3}', "missing colons"),
        ('{"mill" => "old", wheels = 3}', "=> for a colon"),
        ('{"mill": "old"; "wheels": 3}', "semicolons"),
        ('// the mill\n{"mill": "old", # no\n /* nor */ "wheels": 3} // so', "comments"),
        ('{"mill": "ol" +\n "d", "wheels": 3}', "joined strings"),
        ('mills({"mill": "old", "wheels": 3});', "wrapped values"),
        ('{"mill": Name("old"), "wheels": NumberLong(3)}', "wrapped values"),
        ('{"mill": "old", ..., "wheels": 3, ...}', "ellipses"),
        ("｛“mill”：“old”，‘wheels’：3｝", "full-width punctuation"),
        ("{「mill」: 「old」, 'wheels': 3}", "typographic quotes"),
        ('{\u200b"mill":\u180e"old", "wheels": 3}', "special white space"),
        ('{\\"mill\\": \\"old\\", \\"wheels\\": 3}', "one level of escapes"),
        ('{"mill": "old", "wheels": 3', "missing brackets at the end"),
        ('{"mill": "old", "wheels": 3, "wat"', "a key that is cut off"),
        ('{"mill": """old""", "wheels": 3}', "triple quotes"),
        ('{"mill": "old", "wheels": 3]', "wrong brackets"),
        ('{"mill": "old", "wheels": 3}}]', "wrong brackets"),
        ('"mill": "old", "wheels": 3}', "missing brackets"),
        ('{"mill": "old, "wheels": 3}', "missing quotes"),
        ("{u'mill': u'old', 'wheels': 3}", "letters before quotes"),
        ('{"mill": "old", "wheels": 0x3}', "hexadecimal"),
        ('{"mill": "old", "wheels": (3)}', "tuples"),
        ('{"mill": "o\\x6cd", "wheels": 3}', "escapes that JSON lacks"),
        ("{「mill」：「old」，『wheels』：3}", "typographic quotes"),
        ("{&quot;mill&quot;: &#34;old&#34;, &quot;wheels&quot;: 3}", "escapes of HTML"),
        ('{"mill": "old,\n "wheels": 3}', "missing quotes"),
        ('{"mill": "old\n "wheels": 3}', "missing quotes, missing commas"),
        (r'{ "mill": "old", \n "wheels": 3 }', "escapes outside of strings"),
        (r'{\n\t"mill":\n"old",\n"wheels": 3\n}\n', "escapes outside of strings"),
        (r'{"mill": "old", // no' + "\n" + r' \n "wheels": 3}', "comments, escapes outside of strings"),
        ('{“mill”: "old”, "wheels": 3}', "typographic quotes, missing quotes"),
    ],
)
def test_what_json_lacks_is_read_and_told(text: str, told: str) -> None:
    found = read(text)
    assert found.values == (MILL,)
    assert (found.is_strict, found.is_text) == (False, False)
    assert "was mended: " in found.notes[0]
    assert told in found.notes[0]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{'a': None, 'b': True, 'c': FALSE, 'd': undefined}", {"a": None, "b": True, "c": False, "d": None}),
        ('{"a": NaN, "b": -Infinity, "c": 1e999}', {"a": None, "b": None, "c": None}),
        ('{"a": , "b": 1}', {"a": None, "b": 1}),
        ('{"a":', {"a": None}),
        ('{"a"', {}),
        ('{"a": 1, "b', {"a": 1}),
        ('{"a": "har', {"a": "har"}),
        (r'{"a": "har\u20', {"a": "har"}),
        ('{"a": \'b\\', {"a": "b"}),
        ('{"a": 2.5e', {"a": 2.5}),
        ('{"a": -', {"a": None}),
        ("[1 2 3]", [1, 2, 3]),
        ("[3 apples, 2 pears]", ["3 apples", "2 pears"]),
        ("[007, 1.2.3, 2024-10-18, 1/3]", ["007", "1.2.3", "2024-10-18", "1/3"]),
        ("{see: https://mill.org/?a=1, at: 12:30}", {"see": "https://mill.org/?a=1", "at": "12:30"}),
        ("{name: F(3) and more}", {"name": "F(3) and more"}),
        ("((1, 2), ('a',))", [[1, 2], ["a"]]),
        ("['it's', 'don't']", ["it's", "don't"]),
        ('["“a”, ：b", "c"]; ', ["“a”, ：b", "c"]),
        (r'["\d+\.", "it\'s", "\(x\)"]', [r"\d+\.", "it's", r"\(x\)"]),
        (r'["\ud83d\ude00" 1]', ["😀", 1]),
        ('["two\nlines"]', ["two\nlines"]),
        ('{"a": [1, {"b": 2], "c": 3}', {"a": [1, {"b": 2}], "c": 3}),
        ('["// no comment", "/* nor */", "# this"],', ["// no comment", "/* nor */", "# this"]),
        ('{"a": "a "good" mill", "b": 1}', {"a": 'a "good" mill', "b": 1}),
        ("'abc", "abc"),
        ("`abc'", "abc"),
        ('"the list [1, 2"] more"', 'the list [1, 2"] more'),
        ("2.", 2.0),
        ('{"a": tru', {"a": True}),
        (r'["\ud83d\ude00\ud83d\ude', ["😀"]),
        ('{"re": /a+/, b: 1}', {"re": "/a+/", "b": 1}),
        ("None", None),
        ('["桥梁"、"电车"、「港口」]', ["桥梁", "电车", "港口"]),
        ('{"a": f"the mill", b: r\'x\', c: Rb"y"}', {"a": "the mill", "b": "x", "c": "y"}),
        ("{「a」：「b「c」d」，『e』: 『f『g』』}", {"a": "b「c」d", "e": "f『g』"}),
        ("{&quot;a&quot;: &quot;b &amp; &lt;c&gt;&quot;}", {"a": "b & <c>"}),
        ('{"a": ["one,\n "two"], "b": 1}', {"a": ["one", "two"], "b": 1}),
        ('{"a": ["one\n, "two"]}', {"a": ["one", "two"]}),
        ('{"a": "one\ntwo\n  "b": "c"}', {"a": "one\ntwo", "b": "c"}),
        (r'{"a": [\n1,\n"\\n"\n], "b": \n{\n}}', {"a": [1, "\\n"], "b": {}}),
        (r"{at: C:\new, re: \d}", {"at": r"C:\new", "re": r"\d"}),
        ("{‘a’: ‘Ann’s’, ‘b’: [‘it’s’, ‘so’], ‘c’: 3}", {"a": "Ann’s", "b": ["it’s", "so"], "c": 3}),
        ("{‘a’: ‘d’Or et l’eau’}", {"a": "d’Or et l’eau"}),
        ('{"a": "水"，"b": 【"水车"，"桥"】}', {"a": "水", "b": ["水车", "桥"]}),
        ("{“a”：【“水车”，【1，2】】，“b”：3}", {"a": ["水车", [1, 2]], "b": 3}),
        ("{a: 【新】水车, b: [水【1】, 桥]}", {"a": "【新】水车", "b": ["水【1】", "桥"]}),
        (
            r"""{"a": r"C:\new\bin", "b": rb'\d\t', "c": "\t" + R"\"n"}""",
            {"a": r"C:\new\bin", "b": r"\d\t", "c": '\t\\"n'},
        ),
        (r'{"a": r"C:\new', {"a": r"C:\new"}),
        ("{“a”：“水“车”桥”，“b”：““水”车”，“c”：3}", {"a": "水“车”桥", "b": "“水”车", "c": 3}),
        ("{“a”：“说“水”，“车””，“b”：［“水“车””，“桥”］}", {"a": "说“水”，“车”", "b": ["水“车”", "桥"]}),
        ('{“a": “b", “c”: “d”}', {"a": "b", "c": "d"}),
        ('{"a":"She said "now", "here" and went","b":3}', {"a": 'She said "now", "here" and went', "b": 3}),
        ('{"a":"The "Old", "New" Mill"}', {"a": 'The "Old", "New" Mill'}),
        ('{"a":"水"车"、"桥"","b":3}', {"a": '水"车"、"桥"', "b": 3}),
        ('{"a":"["x", "y"]","b":3}', {"a": '["x", "y"]', "b": 3}),
        ('{"a": "水“车”、“桥”", "b": "a "good" mill"}', {"a": "水“车”、“桥”", "b": 'a "good" mill'}),
        ("{“a”: “x “y”, “b”: “5” pipes”, “n”: 3}", {"a": "x “y", "b": "5” pipes", "n": 3}),
        (
            '{"a": ["der „alte“ Hof", "so"], "b": "a "good" mill"}',
            {"a": ["der „alte“ Hof", "so"], "b": 'a "good" mill'},
        ),
        ('{"a": "", "b": "a "good" mill"}', {"a": "", "b": 'a "good" mill'}),
    ],
)
def test_the_value_that_is_meant(text: str, value: Any) -> None:
    found = read(text)
    assert [json.dumps(one) for one in found.values] == [json.dumps(value)]
    assert found.notes


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ('{"a": 1}\n{"a": 2}\n', ({"a": 1}, {"a": 2})),
        ("1, 2, 3", (1, 2, 3)),
        ('{"a": 1}, ["b"]', ({"a": 1}, ["b"])),
        ('One:\n```json\n{"a": 1}\n```\nTwo:\n```\n[2, True]\n```\nDone.', ({"a": 1}, [2, True])),
        ('First {"a": 1}, then {a: 2,}.', ({"a": 1}, {"a": 2})),
        ('- {"a": 1}\n- {"a": 2}', ({"a": 1}, {"a": 2})),
        ("```json\n{'a': 'x\n```\nThat is all.", ({"a": "x"},)),
        ("So:\n```\n42\n```\n", (42,)),
        ("So:\n```python\n(1, 2)\n```\n", ([1, 2],)),
        ('```json\n{"a": "```sh\\nls```"}\n```', ({"a": "```sh\nls```"},)),
        ("`{a: 1}`", ({"a": 1},)),
        ("/* 1 */\n{}\n\n/* 2 */\n{}", ({}, {})),
        ("（１）見よ ```{a: 1}```", ({"a": 1},)),
        (r'So: {\n"a": 1,\n "b": 2\n} Done.', ({"a": 1, "b": 2},)),
        (r"Split it on [\r\n] or {\n}.", (r"Split it on [\r\n] or {\n}.",)),
    ],
)
def test_the_values_of_a_text_in_its_order(text: str, values: tuple[Any, ...]) -> None:
    assert read(text).values == values


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("The mill.", "The mill."),
        ("  The mill\n", "The mill"),
        ('"The mill" and "the weir"', '"The mill" and "the weir"'),
        ("a, b", "a, b"),
        ("a\nb", "a\nb"),
        ("/[a-z]_/", "/[a-z]_/"),
        ("It is in [brackets: yes] {so}", "It is in [brackets: yes] {so}"),
        ("{ nothing", "{ nothing"),
        ('mill"', "mill"),
        ("```\nThe mill\n```", "The mill"),
        ("Answer: 42", "Answer: 42"),
        ("-", "-"),
        ("9" * 5_000, "9" * 5_000),
        ("", ""),
    ],
)
def test_a_text_without_json_is_one_string(text: str, bare: str) -> None:
    found = read(text)
    assert (found.values, found.is_text) == ((bare,), True)
    assert "taken as a text" in found.notes[0]


def test_a_key_that_would_swallow_the_next_is_none() -> None:
    assert read('{"a: 1,\n "b": 2}').is_text


def test_what_is_skipped_or_lost_is_told() -> None:
    assert read('Here: {"a": 1}').notes == ("text around the JSON was skipped",)
    assert "last value of each counts: 'a'" in read("{a: 1, a: 2}").notes[-1]
    assert "a key that is cut off, and dropped" in read('{"a": 1, "b').notes[0]
    assert read('{"a": 1} {broken').notes == ("text around the JSON was skipped",)
    assert """nor is '{"broken' in it""" in read('{"a": 1} or {"broken').notes[0]
    assert "stray commas" in read('{"a": 1}, {"a": 2}').notes[0]


@pytest.mark.parametrize(("levels", "usable"), [(100, True), (101, False), (50_000, False)])
@pytest.mark.parametrize("pair", [("[", "]"), ("{a:", "}"), ("(", ",)"), ("f(", ")")])
def test_depth_is_bounded(pair: tuple[str, str], levels: int, usable: bool) -> None:
    text = pair[0] * levels + "1" + pair[1] * levels
    if usable:
        assert read(text).values
    else:
        with pytest.raises(ParseError, match="levels deep"):
            read(text)


CUT_UNITS = ["\n", "「", "[「", '{"a": "x\n "b', "{&quot;", '{"a": [', '"""', "[[1], ", '" + "', "x ", "1, "]
CUT_UNITS += ["{\\n", "\\n ", "【", "【1,", "“a “", "‘a’b", 'x "a", "', '{"k": "x "y", "z" w"}, ', '"“k”: ""a", ']


@pytest.mark.slow
@pytest.mark.parametrize(
    "unit",
    [*CUT_UNITS,
     "{", '{"', '["', '"', "'", "“", "\\", '\\"', "`", "```\n", "/", "/*", "[/*", "#", ",", "[,", "{a:", "[1 ", "f(",
     "(", '{"a": 1} or ', "{}  ", '{"a": "b', '["a,\n', '{"k": "x "y" z"}, ', "[a (b", "```\n{a: 「x\n```\n", "}",
     "[1}", "."],
)  # fmt: skip
def test_hostile_texts_cost_no_more_than_they_are_long(unit: str) -> None:
    start = time.process_time()
    for begin, is_cut in product(("", "[", '{"a": '), (False, True)):
        try:
            read(begin + unit * (60_000 // len(unit)), is_cut=is_cut)
        except ParseError:
            continue
    assert time.process_time() - start < 30, "a guard against blow-up, not a timing"


def test_the_library_is_stopped_where_it_does_not_come_to_an_end() -> None:
    start = time.process_time()
    assert guess('{"' * 8_000) == []
    assert guess("[" * 300_000) == []
    assert guess("{" * 5_000) == []
    assert time.process_time() - start < 30
    (found,) = guess('{"a": "a "good" mill"}')
    assert type(found["a"]) is str


json_data = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)
containers = st.lists(json_data, max_size=4) | st.dictionaries(st.text(max_size=5), json_data, max_size=4)


@quick()
@given(json_data, st.sampled_from([None, 2]))
def test_strict_json_is_never_changed(value: Any, indent: int | None) -> None:
    assert read(json.dumps(value, indent=indent)).values == (value,)


@quick(200)
@given(containers, st.booleans())
def test_json_after_prose_with_a_comma_too_many_is_the_same(value: Any, ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only)
    mended = text[:-1] + "," + text[-1] if value else text
    assert read(f"As JSON:\n```json\n{mended}\n```").values == (value,)
    assert read(f"// so\n{text}").values == (value,)


@quick(200)
@given(containers.filter(bool))
def test_what_python_prints_is_read(value: Any) -> None:
    text = repr(value)
    if "\\U" not in text and "\\x" not in text:
        assert read(text).values == (value,)


@quick(200)
@given(containers, st.data())
def test_a_text_that_is_cut_anywhere_is_read(value: Any, data: Any) -> None:
    text = json.dumps(value)
    found = read(text[: data.draw(st.integers(1, len(text)))])
    assert found.is_strict or found.notes


@quick(300)
@given(st.text(alphabet="{}[]():,\"'`\\/*#+-.e0a \n“”「：nul", max_size=60))
def test_any_text_gives_values_or_our_error(text: str) -> None:
    try:
        found = read(text)
    except ParseError:
        return
    json.dumps(found.values, allow_nan=False)
    assert found.values
    assert found.is_strict or found.notes or len(found.values) > 1 or found.values[0] is not None


@pytest.mark.parametrize(
    ("word", "found"),
    [("true", (True, True)), ("NULL", (True, None)), ("1.", (True, 1.0)), ("+1", (True, 1)), ("01", (False, None))],
)
def test_constants(word: str, found: tuple[bool, Any]) -> None:
    assert constant(word)[:2] == found


def test_what_is_cut_off() -> None:
    assert cut_constant("-1.25e+")[:2] == (True, -1.25)
    assert cut_constant("e")[:2] == (False, None)
    assert [without_odd_backslash(text) for text in ("a\\", "a\\\\", "a\\u26", "a\\\\u26")] == [
        "a",
        "a\\\\",
        "a",
        "a\\\\u26",
    ]
    assert unescape("a\\\nb") == "ab"


@pytest.mark.parametrize(
    ("text", "values", "is_told"),
    [
        ('As in {"a": 1}:\n```json\n{"a": 2}\n```', ({"a": 2}, {"a": 1}), True),
        ('```json\n{"a": 2}\n```\nnot {"a": 1}', ({"a": 2}, {"a": 1}), False),
        (
            'Not {"a": "```"}:\n```\n{"a": 2}\n{"a": 3}\n```\nor {"a": 4}',
            ({"a": 2}, {"a": 3}, {"a": "```"}, {"a": 4}),
            True,
        ),
        ('{"a": 1}\n```json\n{"a": 2}\n```', ({"a": 1}, {"a": 2}), False),
        ('So {"a": 1} or {"a": 2}', ({"a": 1}, {"a": 2}), False),
    ],
)
def test_values_in_fences_come_before_those_in_prose(text: str, values: Any, is_told: bool) -> None:
    found = read(text)
    assert found.values == values
    assert ("what stands in a fence is taken first" in found.notes) == is_told


def test_many_values_that_were_cut_off_take_linear_time() -> None:
    start = time.monotonic()
    assert len(read('{"a": 1}\n' * 20_000 + '{"a', is_cut=True).values) == 20_000
    assert time.monotonic() - start < 10


# --- texts that were cut off ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value", "opened"),
    [
        ('{"a": 1, "b": [2, 3', {"a": 1, "b": [2]}, ("b",)),
        ("{'a': 'x', 'b': ['y', 'z', ", {"a": "x", "b": ["y", "z"]}, ("b",)),
        ("{'a': 'x', 'b': ['y', 'it'", {"a": "x", "b": ["y"]}, ("b",)),
        ("{a: hello, b: wor", {"a": "hello"}, ()),
        ("{a: hello, b: two ", {"a": "hello"}, ()),
        ("{'a': True, 'b': [{'c': None}, {'c': 1, 'd", {"a": True, "b": [{"c": None}, {"c": 1}]}, ("b", 1)),
        ('Sure: {"a": 1, // no\n "b": tru', {"a": 1}, ()),
        ('```json\n{"a": {"b": 2, "c": "d', {"a": {"b": 2}}, ("a",)),
        ("｛“姓名”：“李雷”，“年”：［1，2", {"姓名": "李雷", "年": [1]}, ("年",)),
        ("{「姓名」：「李雷」，「城」：「北", {"姓名": "李雷"}, ()),
        (r"{\"a\": 1, \"b\": {\"c\": [1, \"d", {"a": 1, "b": {"c": [1]}}, ("b", "c")),
        ("{&quot;a&quot;: 1, &quot;b&qu", {"a": 1}, ()),
        ('{"a": "one\n "b": 2, "c": [1, ', {"a": "one", "b": 2, "c": [1]}, ("c",)),
        ('{"a": 1, "b": "c" + "d', {"a": 1}, ()),
        ('{"a": 1, "b": """c\n', {"a": 1}, ()),
        ('{"a": [(1, 2), (3', {"a": [[1, 2]]}, ("a",)),
        ('{"a": [1, Number(2', {"a": [1]}, ("a",)),
        ("[old, new, ol", ["old", "new"], ()),
        ('{"a": 1, "a": {"b": 2, ', {"a": {"b": 2}}, ("a",)),
        ('{"a": 1, "b": [2, {"c": 3}], "d"', {"a": 1, "b": [2, {"c": 3}]}, ()),
        ('{"a": 1,\n "b": [2]}\n``', {"a": 1, "b": [2]}, None),
        ('As in {"a": 0}:\n```\n{"a": 1, "b": [', {"a": 1, "b": []}, ("b",)),
        ('```\n{"a": 1}\n```\nnot {"a": 0, "b', {"a": 1}, None),
    ],
)
def test_what_is_complete_in_a_text_that_was_cut_off(text: str, value: Any, opened: Any) -> None:
    found = read(text, is_cut=True)
    assert ([json.dumps(one) for one in found.values], found.open) == ([json.dumps(value)], opened)


@pytest.mark.parametrize("text", ["", "The mill", '{"a": "b', "12", '{"a', '"the mill', "{a: (1, 2"])
def test_a_text_of_which_nothing_is_complete(text: str) -> None:
    found = read(text, is_cut=True)
    assert (not any(found.values), found.open is None, found.is_text) == (True, False, False)


def test_reading_of_a_cut_text_stops_where_it_can_be_meant_in_several_ways() -> None:
    found = read('{"a": [1, 2], "b": {"c": "x "y" z", "d": 1}, "e": [', is_cut=True)
    assert (found.values, found.open) == (({"a": [1, 2], "b": {}},), ("b",))
    assert "left out, since it can be meant in several ways: 'y\" z" in found.notes[0]


def test_of_a_cut_text_faults_are_told_and_its_end_is_none() -> None:
    assert read('{"a": [1, "b', is_cut=True).notes == ()
    assert read("{'a': [1, 'b", is_cut=True).notes == ("the answer was not JSON, and was mended: single quotes",)
    assert "missing brackets at the end" in read('```\n{"a": 1\n```\n{"b": 2, "c', is_cut=True).notes[0]


def lax(value: Any) -> str:
    """As some models write it: full-width punctuation, keys and words without quotes, commas at the end."""
    if isinstance(value, dict):
        return "｛" + "".join(f"{key}：{lax(inner)}，" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + " , ".join(map(lax, value)) + "]"
    return f"“{value}”" if isinstance(value, str) else repr(value)


words = st.sampled_from(["x", "a, b", "two words", "李雷", "http://x.org/a", "12 apples", "", "it's"])
plain = st.recursive(
    st.integers(-99, 999) | words | st.none() | st.booleans() | st.just(2.5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b_c", "姓"]), inner, max_size=3),
    max_leaves=10,
).filter(lambda value: isinstance(value, dict | list) and value)


@quick(300)
@given(plain, st.sampled_from([json.dumps, repr, lax]), st.sampled_from(["", "Sure:\n```\n"]), st.data())
def test_what_is_kept_of_a_cut_text_is_whole_but_on_the_path_to_what_is_open(
    value: Any, write: Any, before: str, data: Any
) -> None:
    text = write(value)
    found = read(before + text[: data.draw(st.integers(1, len(text) - 1))], is_cut=True)
    assert len(found.values) < 2
    assert found.open is not None
    if found.values:
        assert_begins(found.values[0], value, found.open)


def assert_begins(part: Any, whole: Any, opened: tuple[str | int, ...]) -> None:
    """Whether one container is the begin of another, and the same in all that is not on a path."""
    keys, all_keys = ([*part], [*whole]) if isinstance(part, dict) else (range(len(part)), range(len(whole)))
    assert [*keys] == [*all_keys][: len(keys)]
    for key in keys:
        if opened and key == opened[0]:
            assert_begins(part[key], whole[key], opened[1:])
        else:
            assert json.dumps(part[key]) == json.dumps(whole[key])


@pytest.mark.parametrize(
    "text",
    [r"\alpha + \beta", r"C:\Users\new\test.txt", r"$\sum_{i}$ and $\theta$", r"\d+\.\w \%"],
)
def test_backslashes_that_escape_nothing_stay(text: str) -> None:
    found = read(f'{{"a": "{text}"}}')
    assert found.values == ({"a": text},)
    assert "backslashes that escape nothing" in found.notes[0]


@pytest.mark.parametrize(
    ("text", "value"),
    [(r"one\n\nC:\Users", "one\n\nC:\\Users"), (r"\\Users\new\d", "\\Users\new\\d"), (r"a \ b", "a \\ b")],
)
def test_where_something_is_escaped_escapes_are_meant(text: str, value: str) -> None:
    assert read(f'{{"a": "{text}"}}').values == ({"a": value},)


@pytest.mark.parametrize(
    "text",
    ['{"f": "a" or "b"}', '{"f": "a" | "b"}', '{"f":"5" pipe"}', '{"a":"Ann","b":ok then, fine,"c":[{"d":"a"}]}',
     '{"a":Ann, Bo,"b":true}'],
)  # fmt: skip
def test_quotes_that_can_be_meant_in_several_ways_make_no_text(text: str) -> None:
    assert read(text).is_text


@pytest.mark.parametrize("text", ['5" pipe', 'a 3" nail and 4" nail', 'the "best"', 'He said "hi", then left'])
def test_quotes_around_words_and_behind_numbers_belong_to_a_text(text: str) -> None:
    assert read(f'{{"f": "{text}", "g": "x"}}').values == ({"f": text, "g": "x"},)


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1 // and }, "b": 2}',
        '{"title": Smith, Jones, "pages": 5}',
        "{title: Smith, Jones, pages: 5}",
        '{"n": 5, 6}',
        '{"n": "5" "6"}',
        '{"n": "2000"+20}',
        '{"tags": ["a"|"b"]}',
        '{"tags": ["a"/"b"]}',
        '{"a": 1, SOMETHING "b": 2}',
        '{"tags":["桥梁"|"电车"]}',
        '{"tags": "a"|"b", "n": 3}',
        '{"tags": "a", "b", "n": 3}',
        '{"tags": "a", "b"}',
        '{"tags": "an "a" b","a "c" d", "n": 3}',
        '{"tags": ["The "Old", "New" Mill"]}',
        '{"a": "x", "b": ""Old", "New"", "n": 3}',
        '{"a": "x", "b": ""Old" and "New"", "n": 3}',
        "{‘a’: ‘the mills’ wheels’, ‘n’: 3}",
        "{“a”：“x，“b”：“y”}",
        "{“a”: [“so “水”、“车””, “c”]}",
        "{“a”: [“x “y”], “b”: [“5” pipes”]}",
        "[“x “y”, “5” pipes”]",
        '{"a": "x”}',
        '{"a": "x", "b": "y”}',
    ],
)
def test_a_reading_that_would_lose_words_or_swallow_keys_is_none(text: str) -> None:
    assert read(text).is_text


def test_brackets_that_belong_to_no_value_are_told() -> None:
    assert "stray brackets" in read('{{"a": 1}}').notes[0]
    assert read("{'a': 1}").notes == read("\n{'a': 1}\n").notes


def test_a_number_at_the_end_of_what_lacks_a_bracket_is_told() -> None:
    assert "a number at the end, which may be cut off" in read('{"a": "x", "n": 20').notes[0]
    assert "cut off" not in read('{"n": 20, "a": true').notes[0]


@pytest.mark.parametrize(
    "text",
    ['{"a": "good", "b": "```json\n{"a": "evil"}\n```"}', 'So:\n{"a": "good", "b": "```json\n{"a": "evil"}\n```"}',
     '```json\n{"a": "good", "b": "```json\n{"a": "evil"}\n```"}\n```',
     '{"a": "good", "b": "```\nx = {"a": 1}\n```", "c": 1}',
     '{"a": "good", "b": "\n```\nx = {"a": 1}\n```", "c": 1}'],
)  # fmt: skip
def test_a_fence_within_a_value_that_cannot_be_read_is_not_the_answer(text: str) -> None:
    assert read(text).is_text


@pytest.mark.parametrize("before", ["In [0, 1)", "With {braces} and [1, 2", "A set {1, 2}"])
def test_what_is_said_before_a_fence_does_not_hide_it(before: str) -> None:
    assert {"a": 1} in read(f'{before}:\n```json\n{{"a": 1}}\n```').values
