"""One regular expression in three engines: what `search` finds, and what the decoder admits of it."""

from __future__ import annotations

import json
import re
import time
from functools import lru_cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from llguidance import LLMatcher, LLTokenizer
from scripted import quick

from extractor import patterns
from extractor.patterns import GUARD, Held, PatternError, UnreadError, check, for_decoder, literal, search
from extractor.types import Dialect

BYTES = LLTokenizer("byte")


@lru_cache(maxsize=64)
def compiled(node: str) -> LLMatcher:
    """A matcher at its start: compiling takes longer than many texts."""
    matcher = LLMatcher(BYTES, f"%llguidance {{}}\nstart: %json {node}")
    assert not matcher.get_error()
    return matcher


def admits(held: Held | str, text: str, **bounds: Any) -> bool:
    """Whether the decoder can write a text and stop there."""
    node: dict[str, Any] = {"type": "string", "pattern": held if isinstance(held, str) else held.pattern, **bounds}
    if isinstance(held, Held) and held.needs_guard:
        node["allOf"] = [{"pattern": GUARD}]
    matcher = compiled(json.dumps(node)).deep_copy()
    tokens = list(json.dumps(text, ensure_ascii=False).encode())
    if matcher.validate_tokens(tokens) < len(tokens):
        return False
    matcher.consume_tokens(tokens)
    return bool(matcher.is_accepting())


def held(pattern: str, dialect: Dialect = "ecma") -> Held:
    found = for_decoder(pattern, dialect)
    assert found is not None, pattern
    return found


# --- what is found -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "good", "bad"),
    [
        ("port", ["port", "a port."], ["Port", "por"]),
        ("^port$", ["port"], ["port\n", "port\n\n", "a\nport", "\nport"]),
        ("^a|b$", ["ax", "xb"], ["xa", "bx"]),
        (r"^\d+$", ["0", "42"], ["", "४२", "4 2", "42\n"]),
        (r"^\D$", ["x", "४", "\n"], ["4", "xx"]),
        (r"^\w+$", ["a_Z9"], ["é", "书", "a-b", ""]),
        (r"^\W+$", ["é", "书-"], ["a", "_"]),
        (r"^\s+$", [" \t\n\r\v\f", "\xa0\u1680\u2003\u2028\u2029\u202f\u205f\u3000\ufeff"], ["\x85", "\x1c", "\u200b"]),
        (r"^\S$", ["\x85", "x"], [" ", "\ufeff"]),
        (r"^[\d_-]+$", ["1-2_3"], ["1.2", "१"]),
        (r"^[^\d\s]+$", ["ab"], ["a1", "a b", ""]),
        (r"^[\S\n]+$", ["a\nb"], ["a b"]),
        (r"^[a-\d]+$", ["a-7"], ["b", "+"]),
        ("^.$", ["a", "😀", "\x85"], ["", "\n", "\r", "\u2028", "\u2029", "ab"]),
        ("^[^]$", ["\n", "a", "😀"], ["", "ab"]),
        ("[]", [], ["", "a"]),
        (r"^\cJ\cj$", ["\n\n"], ["J"]),
        (r"^\x41\u0042\u{43}$", ["ABC"], ["abc"]),
        (r"^\ud83d\ude00$", ["😀"], ["\ud83d"]),
        (r"^\u{1F600}{2}$", ["😀😀"], ["😀"]),
        (r"^\0$", ["\0"], ["0"]),
        (r"^\/\-\_\@\:$", ["/-_@:"], ["\\/"]),
        (r"^[\b]$", ["\b"], ["b"]),
        (r"^\p{L}\p{Letter}\p{Lu}$", ["éxÉ", "书aA"], ["1aA", "aaa"]),
        (r"^\P{L}$", ["1"], ["a"]),
        (r"^[\p{Script=Greek}\d]+$", ["αβ1"], ["ab"]),
        (r"^\p{sc=Han}+$", ["书本"], ["a"]),
        (r"^(?:x|y){2,3}$", ["xy", "yyy"], ["x", "xxxx"]),
        ("^a{2}$", ["aa"], ["a", "a{2}"]),
        ("^a{,2}$", ["", "a", "aa"], ["aaa"]),
        ("^{a}{$", ["{a}{"], ["a"]),
        ("^a{b}]$", ["a{b}]"], ["ab]"]),
        ("^[[]$", ["["], ["[["]),
        ("^[a&&b|~]+$", ["a&b|~"], ["c"]),
        (r"^(a|b)\1$", ["aa", "bb"], ["ab", "a"]),
        (r"^(?<c>a|b)-\k<c>$", ["a-a"], ["a-b"]),
        (r"^(?:(a)|b)\1$", ["aa", "b"], ["ba", "ab"]),
        (r"^\k<later>(?<later>a)$", ["a"], ["aa"]),
        (r"(?<=€)\d", ["€5"], ["5€"]),
        (r"(?<!€)\d", ["5€"], ["€5"]),
        (r"^(?=.*\d)(?!.*x).{3}$", ["ab1"], ["abc", "x12", "1234"]),
        (r"\bsee\b", ["to see it", "see"], ["seen", "foresee"]),
        (r"\Bee", ["see"], ["ee", "eel"]),
        (r"\bé", ["aé"], ["é"]),  # é is no word character here
        ("(?i:port)Wine", ["PORTWine", "portWine"], ["PORTWINE"]),
        ("^x*?$", ["", "xxx"], ["xy"]),
        ("", ["", "anything"], []),
    ],
)
def test_ecma(pattern: str, good: list[str], bad: list[str]) -> None:
    assert [text for text in good if not search(pattern, text, "ecma")] == []
    assert [text for text in bad if search(pattern, text, "ecma")] == []


@pytest.mark.parametrize(
    ("pattern", "good", "bad"),
    [
        (r"\Aport\Z", ["port"], ["port\n", "a port"]),
        (r"^port\z", ["port"], ["port\n"]),
        (r"^(?P<c>a|b)(?P=c)$", ["aa"], ["ab"]),
        ("(?i)^port$", ["PoRt"], ["porto"]),
        ("(?i)^[a-f]$", ["F"], ["G"]),
        ("(?i)^[^a-f]$", ["G"], ["F", "f"]),
        ("(?s)^a.b$", ["a\nb"], ["ab"]),
        ("(?m)^b$", ["a\nb\nc"], ["ab"]),
        ("^(?>a*)a$", [], ["aaa"]),
        ("^a*+a$", [], ["aaa"]),
        (r"^\a$", ["\a"], ["a"]),
        ("^a{,1}$", ["", "a"], ["aa"]),
    ],
)
def test_what_only_python_has_is_read_as_python_means_it(pattern: str, good: list[str], bad: list[str]) -> None:
    assert [text for text in good if not search(pattern, text, "ecma")] == []
    assert [text for text in bad if search(pattern, text, "ecma")] == []
    with pytest.raises(PatternError):
        check(pattern if "{,1}" not in pattern else "^a{1,0}$", "ecma", strict=True)


@pytest.mark.parametrize(
    ("pattern", "good", "bad"),
    [
        (r"^\w+$", ["abc", "é书_9", "e\u0301", "क्षत्रिय"], ["a-b", "", "a\n"]),
        (r"^\d$", ["4", "४"], ["x", "½"]),
        (r"^\s$", [" ", "\x85", "\u2003"], ["\ufeff", "\x1c"]),
        (r"^[^\W\d]$", ["é"], ["4", "-"]),
        ("^.$", ["\r", "\u2028", "书"], ["\n"]),
        (r"\bé", ["é", " é"], ["aé"]),
        (r"^x\z", ["x"], ["x\n"]),
        ("^x$", ["x"], ["x\n"]),
        ("(?i)^straße$", ["STRAßE", "STRAẞE"], ["STRASSE"]),
        ("(?i)k", ["K", "\u212a"], ["c"]),
        (r"(?-u:^\w$)", ["a"], ["é"]),
        (r"^\x{e9}\u{4e66}\U0001F600$", ["é书😀"], ["é书"]),
        (r"^\pL\p{^L}$", ["é1"], ["11"]),
        ("^[]a]$", ["]", "a"], ["b"]),
        ("^(a+)+$", ["aa"], ["b"]),
        ("^a**$", ["", "aa"], ["b"]),
        (r"^(?P<year>\d{4})$", ["2026"], ["26"]),
        ("^(?s:.)$", ["\n"], [""]),
    ],
)
def test_rust(pattern: str, good: list[str], bad: list[str]) -> None:
    assert [text for text in good if not search(pattern, text, "rust")] == []
    assert [text for text in bad if search(pattern, text, "rust")] == []


@pytest.mark.parametrize(
    "pattern",
    ["(", ")", "[", "[b-a]", "a{2,1}", "*", "a**", r"(?<n>a)\k<m>", r"\2(a)", "\\", r"\y", r"\cé", r"\xZ", "(?z)",
     "(?<=", r"\u{110000}", r"[\q]", r"[\B]", r"\01", "(?P>a)", r"\p{NoSuchProperty}", "(?:" * 100 + ")" * 100,
     "a{99999999999}"],
)  # fmt: skip
def test_no_pattern(pattern: str) -> None:
    with pytest.raises(PatternError, match=r"^'"):
        search(pattern, "a", "ecma")
    assert for_decoder(pattern, "ecma") is None


def test_a_fault_is_told_with_its_place_and_stays_short() -> None:
    with pytest.raises(PatternError, match=r"'a\)b': a \) without its \(, at character 1"):
        check("a)b", "ecma")
    with pytest.raises(PatternError) as caught:
        check("x" * 9999 + "(", "ecma")
    assert len(str(caught.value)) < 150


@pytest.mark.parametrize("pattern", ["[a-z&&[^aeiou]]", "[[:alpha:]]", "[a--b]", "(?x) a b"])
def test_what_rust_has_and_is_not_read_here(pattern: str) -> None:
    with pytest.raises(UnreadError):
        search(pattern, "a", "rust")
    assert for_decoder(pattern, "rust") is None


@pytest.mark.parametrize(
    "pattern", ["^a$", r"(?<n>a)\k<n>", "(?i:a)", "(?s-i:a)", r"\p{L}[^]", "(?<=a)(?<!b)", "a{2}?"]
)
def test_strict_patterns(pattern: str) -> None:
    check(pattern, "ecma", strict=True)


# --- what the decoder holds ----------------------------------------------------------------------------------

SAMPLES = ["", "a", "ab", "aab", "é", "书本", "4", "४", "-", " ", "\n", "\t", '"', "\\", 'a"b', 'a"b"', "a\\b", "a\nb",
           '"a"', '""', "\x01", "a\x01b", "/", "x@y.org", "K", "\u212a", "\ufeff", "\u2028", "😀", "a_1"]  # fmt: skip


@pytest.mark.parametrize("dialect", ["ecma", "rust"])
@pytest.mark.parametrize(
    "pattern",
    [
        r"^\w+$",
        r"\W",
        r"^\d$",
        r"\s",
        r"^\S+$",
        "^.$",
        "^.*$",
        "a",
        "^a|b$",
        "^(?:a|b)+$",
        "^$",
        "",
        "^$|^a",
        "(^a|b$)",
        '"',
        '^"$',
        '^a"b$',
        'a"b',
        '^"[a-z]+"$',
        '^[^"]*$',
        '^"[^"]*"$',
        r"^[^\\]+$",
        r"^[^\"\\]$",
        '^[^"\n]$',
        '^[^a-z"]',
        '^(?:a|[^a-z"])$',
        r"\\",
        r"^a\\b$",
        "\n",
        "^a\nb",
        "\x01",
        r"^[\x00-\x1f]$",
        r"^[\s\S]$",
        r"^[\d\-]$",
        r"^\p{L}+$",
        r"^\P{L}$",
        "(?i:k)",
        "(?i:^[a-k]+$)",
        '(?i:[^k"])',
        "^.{2,3}$",
        "^(?:..)?$",
        r"^\/$",
        "^[^/]$",
        "@.*[.]",
    ],
)
def test_the_decoder_admits_exactly_what_is_found(pattern: str, dialect: Dialect) -> None:
    found = held(pattern, dialect)
    assert found.exact
    expected = [text for text in SAMPLES if search(pattern, text, dialect)]
    assert [text for text in SAMPLES if admits(found, text)] == expected


@pytest.mark.parametrize(
    ("pattern", "why", "more"),
    [
        (r"^(?=.*\d)[a-z\d]+$", "look-ahead", "abc"),
        (r"^(?!test)\w+$", "look-ahead", "test"),
        (r"(?<=€)\d+$", "look-behind", "5"),
        (r"^(\w)\1$", "back-reference", "ab"),
        (r"^\bx?\b$", "word boundary", ""),
        (r"^a\B$", "word boundary", "a"),
        ("a$b", "anchor within the pattern", "ab"),
        ("(?m)^b$", "anchor within the pattern", "ab"),
        ("^(?:^a|b)*$", "anchor within the pattern", "ba"),
        ("^(?>a*)ab$", "atomic group", "aab"),
        ("^a*+a$", "possessive repetition", "aa"),
        (r"(?!a)(\w)\1", "look-ahead, back-reference", "ab"),
        ("(?!a)", "look-ahead", "a"),
        ("(?=a)*b", "look-ahead", "b"),
    ],
)
def test_what_the_decoder_cannot_hold_is_widened(pattern: str, why: str, more: str) -> None:
    found = held(pattern)
    assert not found.exact
    assert found.why == why
    assert admits(found, more)
    assert [text for text in SAMPLES if search(pattern, text, "ecma") and not admits(found, text)] == []


def test_an_anchor_beside_what_is_left_out_is_held() -> None:
    assert admits(held("^a$(?!x)"), "a")
    assert not admits(held("^a$(?!x)"), "ab")
    assert not admits(held("(?=a)^a"), "ba")


def test_chinese_words_in_the_dialect_of_pydantic() -> None:
    assert admits(held(r"^\w+$", "rust"), "书_9é")
    assert not admits(held(r"^\w+$", "ecma"), "书")


def test_an_impossible_pattern_matches_nothing() -> None:
    assert not search("[]", "a", "ecma")


@pytest.mark.parametrize("pattern", ["^.+$", r"^\S$", r"^[\n\t]$", r"\n", r"^[^\n]$", "(?i:a.)"])
def test_no_line_break_stands_in_a_pattern(pattern: str) -> None:
    """Of vLLM's xgrammar it would be an internal error."""
    assert not {"\n", "\r"} & set(held(pattern).pattern)


def test_a_guard_goes_only_where_it_is_needed() -> None:
    assert not held(r"^\w+[^x]$").needs_guard
    found = held('"')
    assert found.needs_guard
    assert admits(found.pattern, "\U0010ffff")
    assert not admits(found, "\U0010ffff")


@pytest.mark.parametrize(
    "text", ["", "a.b*", 'He said "no".', "\\", "C:\\new\\table", "\n\t\x01", "书😀", "^$", 'x"' * 300]
)
def test_a_literal(text: str) -> None:
    assert admits(literal(text), text)
    near = {text + "x", text[:-1] + "y", text.replace('"', "'"), text.replace('"', "\U0010ffff"), text[1:]} - {text}
    assert [other for other in near if admits(literal(text), other)] == []


# --- hostile patterns ----------------------------------------------------------------------------------------

HOSTILE = {
    "(a{1,1000}){1,1000}": False,
    "((a{0,100}){0,100}){0,100}": False,
    "(x+x+)+y": True,
    "^(([a-z])+.)+[A-Z]([a-z])+$": True,
    "(a{99999}){99999}": False,
    "((a{0,9999}){9999}){999}b": False,
    "a" * 5001: False,
    "(" * 4000: False,
    "[" * 4000: False,
    "\\" * 4999: False,
    "(?=" * 50 + ")" * 50: True,
    "(.*a){50}": True,
    "a{0,9999}" * 500: True,
    r"^(\w{0,100}\s?){100}$": True,
}


@pytest.mark.parametrize("dialect", ["ecma", "rust"])
@pytest.mark.parametrize("pattern", HOSTILE, ids=lambda pattern: pattern[:25])
def test_hostile_patterns_are_decided_at_once(pattern: str, dialect: Dialect) -> None:
    started = time.process_time()
    found = for_decoder(pattern, dialect)
    try:
        search(pattern, "a" * 40, dialect)
    except PatternError:
        assert found is None
    assert time.process_time() - started < 5
    assert (found is not None) is HOSTILE[pattern]


@pytest.mark.parametrize(
    ("pattern", "is_held"),
    [
        ("a.{6}a", True),
        ("a.{7}a", False),
        ("[a-z].{8}a", False),
        (r"\w.{20}$", False),
        (r"^.*\w{4}.{10,30}\w$", False),
        ("[a-z]{3}.{0,40}[0-9]{4}", False),
        ("^(.*a.{20}|.*b.{20})$", False),
        ("a.{0,8}b.{0,8}c", False),
        (r"^(.{1,80}\n?){1,50}$", False),
        (r"^(.{1,20}\n?){1,10}$", True),
        ("^([a-z]{1,30} ?){1,100}$", False),
        ("^([a-z]{1,30} ){1,100}$", True),
        (r"^[\w.%+-]{1,64}@(?:[\w-]{1,63}\.){1,8}[A-Za-z]{2,63}$", True),
        ("^.{1,5000}$", True),
        ("|".join(f"{at:04x}" for at in range(0, 0x10000, 89)), True),
    ],
)
def test_an_automaton_that_grows_too_large_is_left_to_validation(pattern: str, is_held: bool) -> None:
    """Measured: with the vocabulary of smollm2, llguidance 1.0.1 gives up on those that are not held."""
    assert (for_decoder(pattern, "ecma") is not None) is is_held


@pytest.mark.parametrize(
    ("pattern", "number"), [("^ab$", 4), ("^a*$", 2), ("^(?:a|b)c{2}$", 5), ("^a{2,4}$", 6), ("ab", 3), ("a.{2}a", 9)]
)
def test_states(pattern: str, number: int) -> None:
    held = for_decoder(pattern, "ecma")
    assert held is not None
    assert held.states == number


def test_a_search_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "SECONDS", 0.1)
    with pytest.raises(TimeoutError, match=r"'\(a\|aa\)\+\$' takes longer than 0.1 s on a text of 61 characters"):
        search("(a|aa)+$", "a" * 60 + "b", "ecma")


# --- any pattern ---------------------------------------------------------------------------------------------

LETTERS = 'ab1_- "\\\n\té海😀\u2028AßK\u212a߀/\x01'
CLASSES = [r"\d", r"\D", r"\w", r"\W", r"\s", r"\S", ".", "[ab]", "[^ab]", "[a-z]", '[^a-z"]', r"[\d_]", r"[^\w\s]",
           r"[\s\S]", '["]', r"[\\]", r'["\n]', r"\n", r"\x41", r"\u00e9", r"\u{{1F600}}", r"\p{{L}}", r"\P{{L}}",
           r"[\p{{Lu}}\d]", r"\cJ", r"\/", '"a"', r"a\\b", "[a-c&]", "[|~]", '[^"]', r"[^\\]"]  # fmt: skip
JOINED = ["{0}{1}", "(?:{0}|{1})", "({0}|{1})"]
COUNTED = ["(?:{0})*", "(?:{0})+", "(?:{0})?", "(?:{0}){{2}}", "(?:{0}){{0,2}}?", "^{0}", "{0}$", "^{0}$", "(?i:{0})"]
WIDENED = ["(?={0})", "(?!{0})", "(?<={0})", "(?<!{0})", r"\b{0}", r"{0}\B", r"({0})\1"]
single = [re.escape(char) if char.isascii() and char.isprintable() else char for char in LETTERS]
leaves = st.sampled_from(single + [name.format() for name in CLASSES])


def combined(shapes: list[str], leaves: st.SearchStrategy[str] = leaves) -> st.SearchStrategy[str]:
    return st.recursive(
        leaves, lambda inner: st.builds(str.format, st.sampled_from(shapes), inner, inner), max_leaves=6
    )


texts = st.lists(st.text(st.sampled_from(LETTERS), max_size=6), min_size=1, max_size=4)
dialects = st.sampled_from(["ecma", "rust"])


@quick(250)
@given(combined([*JOINED, *JOINED, *COUNTED]) | combined([*JOINED, *COUNTED, *WIDENED]), dialects, texts)
def test_the_decoder_admits_all_that_is_found(pattern: str, dialect: Dialect, values: list[str]) -> None:
    found = for_decoder(pattern, dialect)
    if found is None:
        return  # an empty set, say
    for value in values:
        is_admitted = admits(found, value)
        assert is_admitted or not search(pattern, value, dialect)
        assert not (is_admitted and found.exact) or search(pattern, value, dialect)


PLAIN = ["a", "b", "1", r"\d", r"\D", r"\w", r"\W", "[^ab]", "[a-z]", '"', r"\\", r"\n", "é", r"\b", r"[\d_-]",
         "(?i:a)", r"\Z", r"\A", "(?P<n>a)(?P=n)"]  # fmt: skip
SHARED = ["{0}{1}", "(?:{0}|{1})", "(?:{0})*", "(?:{0})+?", "(?:{0}){{2}}", "(?={0})", "(?!{0})", "^{0}"]


@quick(150)
@given(combined(SHARED, st.sampled_from(PLAIN)), texts)
def test_python_finds_the_same_with_what_both_have(pattern: str, values: list[str]) -> None:
    try:
        expected = re.compile(pattern, re.ASCII)
    except re.error:
        return  # a name that stands there twice
    assert [search(pattern, value, "ecma") for value in values] == [bool(expected.search(value)) for value in values]


@quick(80)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x7f"), max_size=40), st.integers(0, 39))
def test_a_literal_admits_its_text_and_no_other(text: str, at: int) -> None:
    assert admits(literal(text), text)
    assert not admits(literal(text), f"{text[:at]}x{text[at:]}")
    assert not text or not admits(literal(text), text[: at % len(text)] + text[at % len(text) + 1 :])
