"""The runs of a text: what its chunks are, what of it is a run, and where."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted import quick

from extractor.verbatim import BREAK, collapsed, runs

ALPHABET = "abAB12_" + "海港的ひカー" + " \t\n\r　" + ".,;:'’\"\\/-@&$%()，。“”" + "😀👩‍👩‍👧é́\ufe0f\x00\x1b\x7f\u2028"
texts = st.text(alphabet=ALPHABET, max_size=60)


def chunks(text: str) -> list[str]:
    return [chunk for chunk in runs(text).chunks if chunk != " "]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("The sea", "The|sea", id="words"),
        pytest.param("Paris, the", "Paris|,|the", id="a comma is apart"),
        pytest.param("O'Neill’s don't", "O'Neill|’s|don't", id="apostrophes join, a possessive is apart"),
        pytest.param("'quoted'", "'|quoted|'", id="quotation marks"),
        pytest.param("James' book", "James|'|book", id="a possessive of s"),
        pytest.param("the U.S. Army", "the|U.S|.|Army", id="initials"),
        pytest.param("It ended.Then more", "It|ended|.|Then|more", id="no blank after a sentence"),
        pytest.param("in 1999.Then ASP.NET", "in|1999|.|Then|ASP.NET", id="nor after a number"),
        pytest.param("well-known e-mail", "well|-|known|e|-|mail", id="hyphens are marks"),
        pytest.param("3.5 1,200.50 10:30 v2.0", "3.5|1,200.50|10:30|v2.0", id="numbers are whole"),
        pytest.param("in 1999, 2000", "in|1999|,|2000", id="a comma behind a number"),
        pytest.param("2024-03-03", "2024|-|03|-|03", id="a date in parts"),
        pytest.param("$12.50, 50%", "$|12.50|,|50|%", id="what stands beside numbers"),
        pytest.param("mail@x.org AT&T snake_case", "mail@x.org|AT&T|snake_case", id="marks within names"),
        pytest.param("海港，大学", "海|港|，|大|学", id="Chinese by character"),
        pytest.param("使用BERT模型v1.5", "使|用|BERT|模|型|v1.5", id="mixed"),
        pytest.param("ひらがなカー", "ひ|ら|が|な|カ|ー", id="kana"),
        pytest.param("한국어 문장", "한국어|문장", id="Korean has blanks"),
        pytest.param("café e\u0301te\u0301", "café|e\u0301te\u0301", id="accents, also apart"),
        pytest.param("a👩‍👩‍👧b 1️⃣", "a|👩‍👩‍👧|b|1️⃣", id="emoji are one"),
        pytest.param("a\x1b[0m", f"a|{BREAK}|[|0m", id="a control character is a break"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_chunks(text: str, expected: str) -> None:
    assert "|".join(chunks(text)) == expected


@pytest.mark.parametrize(
    ("text", "view"),
    [
        ("a \t\n b", "a b"),
        ("a\r\nb", "a b"),
        ("a　b", "a b"),
        ("海\n港", "海港"),
        ("海\n\n港", "海 港"),
        ("海 港", "海 港"),
        ("海\nport", "海 port"),
        (" a ", " a "),
    ],
)
def test_white_space_is_one_blank_and_none_where_a_chinese_line_is_wrapped(text: str, view: str) -> None:
    assert runs(text).view == view


@pytest.mark.parametrize(
    ("text", "value", "places"),
    [
        ("Paris, Paris", "Paris", [(0, 5), (7, 12)]),
        ("the well-known Ann", "known Ann", [(9, 18)]),
        ("the well-known Ann", "now", []),
        ("the well-known Ann", " Ann", []),
        ("the well-known Ann", "", []),
        ("costs 3.50", "3", []),
        ("costs 3.50", "3.50", [(6, 10)]),
        ("two\n  lines", "two lines", [(0, 11)]),
        ("two\n  lines", "two\n  lines", []),
        ("海港\n大学", "港大", [(1, 4)]),
        ("a\x00b", f"a{BREAK}b", []),
        ("😀 ok", "ok", [(2, 4)]),
        ("aaa a a", "a a", [(4, 7)]),
        ("哈哈哈", "哈哈", [(0, 2)]),
        ("a b a b a", "a b a", [(0, 5)]),
    ],
)
def test_places(text: str, value: str, places: list[tuple[int, int]]) -> None:
    assert list(runs(text).places(value)) == places
    assert runs(text).admits(value) is bool(places)


@pytest.mark.parametrize(
    ("text", "least", "most", "has"),
    [
        ("one two", 1, 3, True),
        ("one two", 4, 6, False),
        ("one two", 7, 7, True),
        ("one two", 8, 99, False),
        ("one two", 1, 2, False),
        ("one\x00two", 7, 7, False),
        ("", 1, 99, False),
        (" \x00 ", 1, 99, False),
        ("海港大学", 2, 2, True),
    ],
)
def test_which_lengths_there_are(text: str, least: int, most: int, has: bool) -> None:
    assert runs(text).has_length(least, most) is has


@quick(300)
@given(texts, st.data())
def test_every_row_of_chunks_is_a_run_and_says_where(text: str, data: st.DataObject) -> None:
    found = runs(text)
    if not found.starts:
        return
    first = data.draw(st.integers(0, len(found.starts) - 1))
    last = data.draw(st.integers(first, len(found.starts) - 1))
    value = found.view[found.starts[first] : found.ends[last]]
    place = (found.offsets[first], found.stops[last])
    if BREAK in value:
        assert not found.admits(value)
        return
    places = list(found.places(value))
    assert any(start <= place[0] < end for start, end in places)
    for start, end in places:
        assert collapsed(text[start:end]) == value
        assert not text[start].isspace()
        assert not text[end - 1].isspace()


@quick(200)
@given(texts, st.integers(0, 60), st.integers(0, 60))
def test_a_run_never_ends_within_a_word(text: str, start: int, end: int) -> None:
    value = text[start:end]
    for begin, stop in runs(text).places(value):
        for place in (begin, stop):
            around = text[max(0, place - 1) : place + 1]
            is_within = len(around) == 2 and place > 0 and all(char in "abAB12_" for char in around)
            assert not is_within


@quick(200)
@given(texts, st.integers(0, 12), st.integers(0, 12))
def test_the_lengths_are_those_of_runs(text: str, least: int, most: int) -> None:
    found = runs(text)
    lengths = {
        end - start
        for start in found.starts
        for end in found.ends
        if end > start and BREAK not in found.view[start:end]
    }
    assert found.has_length(least, most) is any(least <= length <= most for length in lengths)


@pytest.mark.parametrize("text", ["a" * 10**6, "a." * 500_000, "1," * 500_000, "'" * 200_000, "海\n" * 100_000])
def test_hostile_texts_are_cut_in_linear_time(text: str) -> None:
    assert runs.__wrapped__(text).chunks
