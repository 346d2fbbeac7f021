"""Where values stand in a document, and which it does not bear out."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz import fuzz
from scripted import quick, record, schema_of

from extractor.ground import Grounded, ground
from extractor.ground.folding import squeezed
from extractor.ground.fuzzy import BOUND
from extractor.ground.words import other_number
from extractor.pointers import leaves
from extractor.types import Document, Span

ANY: dict[str, Any] = {}


def grounded(data: Any, text: str, schema: dict[str, Any] = ANY) -> Grounded:
    return ground(data, Document("test", text), schema_of(schema))


def spans_of(data: Any, text: str, schema: dict[str, Any] = ANY) -> dict[str, Span]:
    return dict(grounded(data, text, schema).spans)


def said_of(data: Any, text: str, schema: dict[str, Any] = ANY) -> dict[str, str]:
    """What stands at each span."""
    return {where: text[span.start : span.end] for where, span in spans_of(data, text, schema).items()}


# --- leaves --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"a": [1]}, [("/a/0", 1)]),
        ({"a": {"b": "x"}, "c": None}, [("/a/b", "x"), ("/c", None)]),
        ({"a": [], "b": {}}, [("/a", []), ("/b", {})]),
        ({}, [("", {})]),
        ("x", [("", "x")]),
        (0, [("", 0)]),
        ({"a/b~": [[False]]}, [("/a~1b~0/0/0", False)]),
        ([{"a": 1}, {"a": 2}], [("/0/a", 1), ("/1/a", 2)]),
    ],
)
def test_leaves(data: Any, expected: list[tuple[str, Any]]) -> None:
    assert list(leaves(data)) == expected


# --- spans ---------------------------------------------------------------------------------------------------

TEXT = "The Harbour\n  Bridge opened in 1932. It cost 6.25 million; 海港大桥于1932年通车。"


@pytest.mark.parametrize(
    ("value", "text", "expected"),
    [
        pytest.param("opened", TEXT, Span(21, 27, "exact"), id="exact"),
        pytest.param("OPENED", TEXT, Span(21, 27, "normalised"), id="case"),
        pytest.param("the harbour bridge", TEXT, Span(0, 20, "normalised"), id="case and line break"),
        pytest.param("Harbour\n  Bridge", TEXT, Span(4, 20, "exact"), id="exact over a line break"),
        pytest.param(" opened ", TEXT, Span(20, 28, "exact"), id="space around it"),
        pytest.param("  opened\n", TEXT, Span(21, 27, "normalised"), id="other space around it"),
        pytest.param(1932, TEXT, Span(31, 35, "exact"), id="integer"),
        pytest.param(6.25, TEXT, Span(45, 49, "exact"), id="float"),
        pytest.param("海港大桥", TEXT, Span(59, 63, "exact"), id="Chinese"),
        pytest.param("大桥", TEXT, Span(61, 63, "exact"), id="Chinese within Chinese"),
        pytest.param("1932年", TEXT, Span(64, 69, "exact"), id="digits beside Chinese"),
        pytest.param("bridges", TEXT, Span(14, 20, "normalised"), id="plural"),
        pytest.param("tunnel", TEXT, None, id="not there"),
        pytest.param("pen", TEXT, None, id="part of a word"),
        pytest.param("Bridge open", TEXT, None, id="ends within a word"),
        pytest.param("193", TEXT, None, id="part of a number"),
        pytest.param("opened in 1932.", TEXT, Span(21, 36, "exact"), id="with its full stop"),
        pytest.param("NASA", "在NASA工作", Span(1, 5, "exact"), id="Latin within Chinese"),
        pytest.param("at", "a cat, at last", Span(7, 9, "exact"), id="later, as a whole word"),
        pytest.param("Straße", "Die STRASSE ruht", Span(4, 11, "normalised"), id="folds to more letters"),
        pytest.param("strasse", "Die Straße ruht", Span(4, 10, "normalised"), id="folds to fewer letters"),
        pytest.param(-3, "It was -3 degrees", Span(7, 9, "exact"), id="negative"),
        pytest.param("a", "a", Span(0, 1, "exact"), id="the whole text"),
        pytest.param("Ελλάδα", "στην ΕΛΛΆΔΑ", Span(5, 11, "normalised"), id="Greek"),
        pytest.param("C++", "Written in C++.", Span(11, 14, "exact"), id="marks"),
        pytest.param("😀", "so 😀 then", Span(3, 4, "exact"), id="emoji"),
        pytest.param(True, "True or not", None, id="a truth value is not looked up"),
        pytest.param("x", "", None, id="empty text"),
    ],
)
def test_span(value: Any, text: str, expected: Span | None) -> None:
    assert spans_of({"v": value}, text).get("/v") == expected


def test_equal_values_take_successive_places() -> None:
    text = "Li wrote to Ng, and Ng to Li."
    found = spans_of({"names": ["Li", "Ng", "Ng", "Li"]}, text)
    assert [found[f"/names/{at}"].start for at in range(4)] == [0, 12, 20, 26]


def test_equal_values_beyond_the_last_place_stay_there() -> None:
    found = spans_of(["sea", "sea", "sea"], "the sea and the sea")
    assert [found[f"/{at}"].start for at in range(3)] == [4, 16, 16]


def test_successive_places_are_whole_words_and_do_not_overlap() -> None:
    found = spans_of(["aa", "aa"], "aaa aa aa")
    assert [found[f"/{at}"].start for at in range(2)] == [4, 7]
    found = spans_of(["海海", "海海"], "海海海海")
    assert [found[f"/{at}"].start for at in range(2)] == [0, 2]


def test_a_number_and_its_text_count_as_equal() -> None:
    found = spans_of({"a": 7, "b": "7"}, "7 and 7")
    assert (found["/a"].start, found["/b"].start) == (0, 6)


@pytest.mark.parametrize(
    ("value", "text", "expected"),
    [
        ("Apple", "An apple a day. Apple Inc. rose.", [16, 16]),
        ("May", "We may go. Theresa May spoke.", [19, 19]),
        ("Apple", "apple, APPLE, apples and Apple", [7, 25]),
        ("Ferry", "ferries of the old quay, Ferries and the new Ferry", [25, 45]),
        ("North Quay", "north quay, North quay, North-Quay, North Quay", [24, 36]),
        ("North Quay", "NorthQuay, North Quay", [0, 11]),
        ("sea", "Sea and sea", [0, 8]),
    ],
)
def test_equal_names_take_no_ordinary_word_where_one_stands_as_written(
    value: str, text: str, expected: list[int]
) -> None:
    assert starts({"a": value, "b": value}, text) == expected
    assert starts([value, value], text) == expected


def test_an_exact_place_wins_over_an_earlier_normalised_one() -> None:
    assert spans_of(["the sea"], "The Sea, the sea")["/0"] == Span(9, 16, "exact")


@pytest.mark.parametrize("text", ["THE SEA and the sea", "The Sea and THE SEA"])
def test_equal_values_take_successive_places_when_folded_too(text: str) -> None:
    found = spans_of(["The Sea", "The Sea"], text)
    assert sorted(span.start for span in found.values()) == [0, 12]


@pytest.mark.parametrize(
    ("value", "text"),
    [(5, "It cost 3.5 million"), (500, "1,500 people"), (3, "3.5 million"), (12, "It was -12 degrees")],
)
def test_a_part_of_a_number_is_not_that_number(value: int, text: str) -> None:
    assert spans_of([value], text) == {}


@pytest.mark.parametrize(
    ("value", "text"), [("mai", "май"), ("й", "и"), ("Cafe", "a café"), ("j", "\u01f0"), ("i", "\u0130stanbul")]
)
def test_a_letter_without_its_mark_is_not_that_letter(value: str, text: str) -> None:
    assert spans_of([value], text) == {}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param("กรุงเทพ", "เขาอยู่ที่กรุงเทพวันนี้", id="Thai"),
        pytest.param("서울", "서울은 오늘 맑음", id="Korean, before a particle"),
        pytest.param("𠮷野", "在𠀋𠮷野家", id="Chinese of a later plane"),
    ],
)
def test_scripts_without_spaces(value: str, text: str) -> None:
    assert said_of([value], text) == {"/0": value}


def test_a_range_holds_no_negative_number() -> None:
    assert spans_of([-3], "pages 1-3") == {}


@pytest.mark.parametrize(
    ("value", "text", "expected"),
    [
        (5, "1-5", {"/0": "5"}),
        (5, "at 5, or 6.", {"/0": "5"}),
        (5, "It was 5.", {"/0": "5"}),
        (5, "x5 5x", {}),
        (1500, "1500,", {"/0": "1500"}),
        ("Boeing 737", "a Boeing 737, new", {"/0": "Boeing 737"}),
        (-5, "it was -5.", {"/0": "-5"}),
    ],
)
def test_numbers_end_where_a_sentence_ends(value: Any, text: str, expected: dict[str, str]) -> None:
    assert said_of([value], text) == expected


# --- in other words ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "text", "written"),
    [
        pytest.param("ＡＢＣ　1234", "the ABC 1234 series", "ABC 1234", id="full width in the value"),
        pytest.param("Ferry 7", "the Ｆｅｒｒｙ ７ left", "Ｆｅｒｒｙ ７", id="full width in the text"),
        pytest.param("US", "the U.S. Navy", "U.S", id="points of an acronym"),
        pytest.param("U.S. Navy", "the US Navy", "US Navy", id="points in the value alone"),
        pytest.param("“Sea-Bird's”", "the sea–bird’s nest", "sea–bird’s", id="curly quotes and dashes"),
        pytest.param("Pier 4, North Quay", "Pier 4. North\nQuay", "Pier 4. North\nQuay", id="comma and point"),
        pytest.param("international", "an inter-\nnational port", "inter-\nnational", id="hyphen at a line end"),
        pytest.param("New Harbour", "at NewHarbour now", "NewHarbour", id="blank left out"),
        pytest.param("双江 图书馆", "在双江图书馆里", "双江图书馆", id="blank between Chinese"),
        pytest.param("双江图书馆", "在双江\n图书馆里", "双江\n图书馆", id="Chinese over a line end"),
        pytest.param("双江(北)图书馆", "在双江（北）图书馆里", "双江（北）图书馆", id="Chinese brackets"),
        pytest.param("café", "the cafe\u0301 there", "cafe\u0301", id="composed and not"),
        pytest.param("ferries", "one ferry", "ferry", id="ies"),
        pytest.param("ferry", "two ferries", "ferries", id="y"),
        pytest.param("box", "two boxes", "boxes", id="es"),
        pytest.param("tide table", "the tide tables", "tide tables", id="plural at the end"),
        pytest.param("knives", "a knife", "knife", id="ves"),
        pytest.param("the child", "the children there", "the children", id="irregular plural"),
        pytest.param("tall men", "one tall man", "tall man", id="irregular singular"),
        pytest.param("12 m²", "of 12 m2 now", "12 m2", id="raised"),
        pytest.param("CO2 emission", "its CO₂ emissions", "CO₂ emissions", id="lowered, in the plural"),
        pytest.param("harbour's bridges", "the harbour bridge", "harbour bridge", id="possessive"),
        pytest.param("keeper log", "the keeper's logs", "keeper's logs", id="possessive in the text"),
        pytest.param("-3", "at −3 degrees", "−3", id="another minus"),
        pytest.param("soft­hyphen", "a softhyphen", "softhyphen", id="soft hyphen"),
        pytest.param("👩‍🔬 Ann", "so 👩🔬 ann says", "👩🔬 ann", id="emoji"),
    ],
)
def test_normalised(value: str, text: str, written: str | None) -> None:
    spans = spans_of([value], text)
    assert {text[span.start : span.end] for span in spans.values()} == ({written} if written else set())
    assert {span.match for span in spans.values()} <= {"normalised"}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("US", "they told us"),
        ("Iran", "then I ran away"),
        ("-3", "it was 3 degrees"),
        ("3.5", "it was 35 degrees"),
        ("3.5", "3 5"),
        ("C++", "in C# or C"),
        ("12 %", "12 $"),
        ("2024-03", "2024.03"),
        (102, "some 10² of them"),
        (210, "2¹⁰ of them"),
        ("102", "the binary 10₂ is 2"),
        ("ana", "banana"),
        ("!!!", "what, then"),
    ],
)
def test_other_words_are_not_the_same(value: Any, text: str) -> None:
    assert spans_of([value], text) == {}


@pytest.mark.parametrize(
    ("value", "text", "written", "score"),
    [
        pytest.param("harbuor", "the harbour", "harbour", 0.86, id="swapped"),
        pytest.param("habour", "the harbour", "harbour", 0.86, id="missing"),
        pytest.param("harbbour", "the harbour", "harbour", 0.88, id="doubled"),
        pytest.param("herbour", "the harbour", "harbour", 0.86, id="wrong"),
        pytest.param(
            "The Old Harbor Bridge", "the old harbour bridge", "the old harbour bridge", 0.95, id="in a phrase"
        ),
        pytest.param("harbour bridge", "the harbour and bridge", "harbour and bridge", 0.96, id="a word between"),
        pytest.param(
            "bridge of the north harbour", "bridge, north harbour", "bridge, north harbour", 0.95, id="left out"
        ),
        pytest.param(
            "northern harbour", "a harbour and a nothern harbour", "nothern harbour", 0.93, id="the nearer one"
        ),
        pytest.param("Zoe Smith", "by Zoë Smith", "Zoë Smith", 0.94, id="marks of letters"),
        pytest.param("naive cafe", "a naïve cafe\u0301.", "naïve cafe\u0301", 0.89, id="marks of letters in two words"),
        pytest.param("café", "a cafe", "cafe", 0.88, id="marks of letters in the value alone"),
        pytest.param("Lodz Opera", "the Łódź Opera", "Łódź Opera", 0.83, id="a stroke, and more than one mark"),
        pytest.param("Đà Nẵng", "in Da Nang", "Da Nang", 0.75, id="short words"),
        pytest.param("双江图书管", "在双江图书馆里", "双江图书", 0.89, id="wrong character at the end"),
        pytest.param("双江图书管理员", "在双江图书馆理员里", "双江图书馆理员", 0.86, id="wrong character within"),
        pytest.param("双图书馆", "在双江图书馆里", "双江图书馆", 0.89, id="missing character"),
    ],
)
def test_fuzzy(value: str, text: str, written: str, score: float) -> None:
    assert said_of([value], text) == {"/0": written}
    span = spans_of([value], text)["/0"]
    assert (span.match, span.score) == ("fuzzy", score)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param("Bank of England", "the Bank of Scotland", id="one word of two"),
        pytest.param("University of Bath", "the University of Leeds", id="a long word of two"),
        pytest.param("Institute of Arts and Letters", "the Institute of Applied Physics", id="one of three"),
        pytest.param("Ann Bell", "Ann and Tom Ball", id="short names"),
        pytest.param("Joan Smith", "John Smith", id="another first name"),
        pytest.param("42 kg", "47 kg", id="another number"),
        pytest.param("42 kilograms of flour", "43 kilograms of flour", id="another number in a phrase"),
        pytest.param("£42 of flour", "$42 of flour", id="another currency"),
        pytest.param("the and of", "the sea and of", id="function words alone"),
        pytest.param("harbour bridge", "bridge " + "far away from it all " * 5 + "harbour", id="far apart"),
        pytest.param("Paris", "the parts", id="a name and an ordinary word"),
        pytest.param("北京", "在东京", id="two characters"),
        pytest.param("江北", "江的北", id="two characters, one between"),
        pytest.param("李小明", "李大明", id="three characters, one wrong"),
        pytest.param("上海市第一图书馆", "广州市第一图书馆", id="another town"),
        pytest.param("第12号渡轮", "第13号渡轮", id="another number in Chinese"),
        pytest.param("harb0ur", "the harbour", id="a digit"),
    ],
)
def test_too_little_evidence_is_no_match(value: str, text: str) -> None:
    assert spans_of([value], text) == {}


def test_a_weaker_kind_is_not_looked_at_where_there_is_a_stronger_one() -> None:
    assert said_of(["Harbour"], "harbours, HARBOUR, Harbor") == {"/0": "HARBOUR"}
    assert said_of(["Harbour"], "harbors, harbours") == {"/0": "harbours"}


def test_what_a_schema_lists_is_found_as_written_alone() -> None:
    schema = record(a={"enum": ["Sea", "land"]}, b={"const": "port"}, c={"type": "string"})
    text = "the sea, land, Ports and SEA"
    assert said_of({"a": "land", "b": "port", "c": "sea"}, text, schema) == {"/a": "land", "/c": "sea"}
    assert said_of({"a": "Sea"}, text, schema) == {}


def test_typed_values_are_found_where_they_are_written_otherwise() -> None:
    schema = record(paid={"type": "number"}, day={"type": "string", "format": "date"})
    text = "They paid $1,200 on 3 March 2024."
    assert said_of({"paid": 1200, "day": "2024-03-03"}, text, schema) == {"/paid": "$1,200", "/day": "3 March 2024"}
    assert {span.match for span in spans_of({"paid": 1200}, text, schema).values()} == {"typed"}


# --- which of several places ---------------------------------------------------------------------------------


def starts(data: Any, text: str) -> list[int]:
    return [span.start for span in spans_of(data, text).values()]


@pytest.mark.parametrize(
    ("data", "text", "expected"),
    [
        pytest.param(["b", "a", "b"], "b a b", [0, 2, 4], id="in reading order"),
        pytest.param(["x", "b"], "b x b x", [2, 4], id="the longest run"),
        pytest.param(["b", "x"], "x b", [2, 0], id="out of order"),
        pytest.param(["Bank of Rome", "Rome"], "Bank of Rome in Rome", [0, 16], id="not inside of a sibling"),
        pytest.param(["Bank of Rome", "Rome"], "the Bank of Rome", [4, 12], id="inside where there is no other"),
        pytest.param(["Rome", "ROME"], "ROME and Rome", [9, 0], id="as written before order"),
        pytest.param(["Rome", "rome", "rome"], "Rome, Rome and ROME", [0, 6, 15], id="as written and folded together"),
        pytest.param({"a": "x", "b": "x"}, "x x", [0, 2], id="fields take the first places"),
        pytest.param([["a", "b"], ["a", "b"]], "a b a b", [0, 2, 4, 6], id="lists of lists"),
    ],
)
def test_places_of_a_list(data: Any, text: str, expected: list[int]) -> None:
    assert starts(data, text) == expected


@pytest.mark.parametrize(
    ("data", "text", "expected"),
    [
        pytest.param(
            [{"name": "Ann", "age": 30}, {"name": "Bob", "age": 30}], "Ann, 30; Bob, 30", [0, 5, 9, 14], id="after it"
        ),
        pytest.param(
            [{"age": 30, "name": "Ann"}, {"age": 30, "name": "Bob"}], "30: Ann; 30: Bob", [0, 4, 9, 13], id="before it"
        ),
        pytest.param(
            [{"name": "Bob", "age": 30}, {"name": "Ann", "age": 31}], "30, 31, 32. Ann is 31. Bob is 30.",
            [23, 30, 12, 19], id="records out of order",
        ),
        pytest.param(
            {"title": "Log", "rows": [{"who": "Li", "at": 5}, {"who": "Ng", "at": 5}]}, "Log: Li at 5, Ng at 5",
            [0, 5, 11, 14, 20], id="under a title",
        ),
        pytest.param(
            [{"p": "One", "by": ["Li", "Ng"]}, {"p": "Two", "by": ["Ng", "Li"]}], "One: Li, Ng. Two: Ng, Li.",
            [0, 5, 9, 13, 18, 22], id="lists in records",
        ),
        pytest.param(
            {"from": {"town": "Rome", "day": 5}, "to": {"town": "Oslo", "day": 5}}, "Rome on 5, Oslo on 5",
            [0, 8, 11, 19], id="objects of the root",
        ),
    ],
)  # fmt: skip
def test_the_leaves_of_a_record_stand_together(data: Any, text: str, expected: list[int]) -> None:
    assert starts(data, text) == expected


def test_equal_numbers_take_places_in_other_forms_where_there_are_too_few_as_written() -> None:
    text = "Ann paid $5,000 in March. Bob paid five thousand in May. Cy paid 5000 in June."
    data = [{"name": name, "paid": 5000} for name in ("Ann", "Bob", "Cy")]
    said = said_of(data, text)
    assert [said[f"/{at}/paid"] for at in range(3)] == ["$5,000", "five thousand", "5000"]
    assert said_of({"paid": 5000}, text) == {"/paid": "5000"}


# --- what is not borne out -------------------------------------------------------------------------------------


def test_a_value_that_is_not_found_is_not_borne_out() -> None:
    found = grounded({"a": "zebra", "b": None, "c": True, "d": 7}, "Nothing of the sort.")
    assert (found.spans, found.ungrounded, found.notes) == ({}, {"/a": "not in the text", "/d": "not in the text"}, {})


def test_what_the_schema_says_itself_needs_no_place() -> None:
    schema = {"properties": {"kind": {"enum": ["news"]}, "unit": {"default": "m"}, "fixed": {"const": 1}}}
    found = grounded({"kind": "news", "unit": "m", "fixed": 1, "other": "m"}, "Nothing of the sort.", schema)
    assert found.ungrounded == {"/other": "not in the text"}


def test_what_is_worded_is_borne_out_by_its_sentences() -> None:
    text = "The harbour bridge was opened in 1932. It is made of steel, and carries trams."
    found = grounded({"a": "The bridge in the harbour opened in 1932 and carries trams."}, text)
    assert (found.spans, found.ungrounded) == ({}, {})
    assert [one.missing for one in found.support["/a"]] == [()]
    found = grounded({"a": "The bridge in the harbour opened in 1931 and carries trams."}, text)
    assert found.ungrounded == {"/a": "the text has no 1931"}
    found = grounded({"a": "Zebras graze beside many quiet rivers."}, text)
    assert "no passage says more than" in found.ungrounded["/a"]


# --- properties ----------------------------------------------------------------------------------------------

words = st.sampled_from(
    ["The", "the", "Sea", "sea", "ﬁsh", "Straße", "x1", "12", "3.5", "海", "港口", "(b)", "C++", "don't"]
)
spaces = st.sampled_from([" ", "  ", "\n", "\t ", ", ", "。", "; "])


@st.composite
def documents(draw: st.DrawFn) -> str:
    return "".join(f"{draw(words)}{draw(spaces)}" for _ in range(draw(st.integers(1, 25))))


@quick(200)
@given(documents(), st.data())
def test_every_span_says_its_value(text: str, data: st.DataObject) -> None:
    values = []
    for _ in range(data.draw(st.integers(1, 6))):
        start = data.draw(st.integers(0, len(text) - 1))
        part = text[start : data.draw(st.integers(start + 1, len(text)))]
        change = data.draw(st.sampled_from([str, str.upper, str.swapcase, lambda part: part.replace(" ", "\n \n")]))
        values.append(change(part))
    for where, span in spans_of(values, text).items():
        check(values[int(where[1:])], span, text)


def check(value: str, span: Span, text: str) -> None:
    """The law of spans: what stands there is the value, as far as the span says so."""
    assert 0 <= span.start < span.end <= len(text)
    written = text[span.start : span.end]
    if span.match == "exact":
        assert written == value
    elif span.match == "normalised":
        assert squeezed(written) == squeezed(value) or one_number(written) == one_number(value)
    elif span.match == "fuzzy":
        assert BOUND <= span.score < 1
        assert fuzz.ratio(squeezed(written), squeezed(value)) / 100 > BOUND - 0.1
    if value.strip() and span.match != "typed":
        assert not inside_a_word(text, span.start)
        assert not inside_a_word(text, span.end)


def one_number(text: str) -> list[str]:
    """The words of a text, singular and plural alike."""
    words = squeezed(text.replace(" ", "+")).replace("'s", "").split("+")
    return [min((word, *other_number(word)), key=len) for word in words if word]


def inside_a_word(text: str, at: int) -> bool:
    pair = text[max(at - 1, 0) : at + 1]
    return len(pair) == 2 and all(char.isalnum() and not "\u3040" <= char <= "\u9fff" for char in pair)


@quick(100)
@given(st.lists(words, min_size=1, max_size=20), st.data())
def test_whole_words_of_the_document_are_found(parts: list[str], data: st.DataObject) -> None:
    text = " ".join(parts)
    start = data.draw(st.integers(0, len(parts) - 1))
    value = " ".join(parts[start : data.draw(st.integers(start + 1, len(parts)))])
    assert said_of([value], text) == {"/0": value}
    folded = spans_of([value.upper()], text)["/0"]
    assert squeezed(text[folded.start : folded.end]) == squeezed(value)


# --- time ----------------------------------------------------------------------------------------------------


def seconds(data: Any, text: str) -> float:
    started = time.process_time()
    spans_of(data, text)
    return time.process_time() - started


@pytest.mark.slow
@pytest.mark.parametrize(
    ("leaf", "line"),
    [
        pytest.param("zebra {}", "the sea and the zebras of the sea\n", id="nearly there"),
        pytest.param("the sea {}", "the sea\n", id="begins everywhere"),
        pytest.param("x{}", "x", id="one long word"),
        pytest.param("海港{}", "海", id="Chinese"),
    ],
)
def test_time_grows_no_faster_than_the_text(leaf: str, line: str) -> None:
    leaves = [leaf.format(f"{at:03}z") for at in range(200)]
    small, large = (line * (size // len(line)) for size in (30_000, 300_000))
    assert seconds(leaves, large) < 40 * (seconds(leaves, small) + 0.05), "squared it would be a hundred times"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("data", "text"),
    [
        pytest.param(["a", "aa", "a" * 1000, "a" * 50_000], "a" * 100_000, id="one long word"),
        pytest.param(["a"] * 10_000, "a " * 100_000, id="everywhere"),
        pytest.param([{"name": "ann", "age": 30}] * 5_000, "ann, 30; " * 10_000, id="equal records"),
        pytest.param([".".join("1" * at) for at in range(1, 20)], "1." * 50_000, id="numbers within numbers"),
        pytest.param(["a b c " * 15_000 + "d"], "a b c " * 20_000, id="a value as long as the text"),
        pytest.param(["é" * 100, "x"], "e" + "\u0301\u0316" * 50_000, id="marks upon marks"),
        pytest.param([f"海港大桥{at}港桥" for at in range(50)], "海港大桥" * 25_000, id="Chinese, nearly everywhere"),
        pytest.param([f"val{at}ue" for at in range(20_000)], "the sea and the harbour " * 4_000, id="many"),
    ],
)
def test_hostile_values_and_texts_cost_little(data: Any, text: str) -> None:
    assert seconds(data, text) < 60


def test_what_would_take_too_long_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("extractor.ground.places._BUDGET", 1_000_000)
    found = ground(["sea", *(f"{at} harbours" for at in range(50))], Document("test", "the sea " * 20), schema_of({}))
    assert found.spans == {"/0": Span(4, 7, "exact")}
    assert found.notes == {"": "too much to look for: 50 of the values were not looked for, or not in every way"}


# --- any text ------------------------------------------------------------------------------------------------

LETTERS = "abcdeé \u0301ßＡ１"
anything = st.text(alphabet=LETTERS + "海港大桥𠮷、。 \n-–.,'’😀👩\u200d🔬\u00ad12３½", max_size=60) | st.text(
    max_size=40
)


@pytest.mark.slow
@quick(300)
@given(anything, anything, st.lists(anything, max_size=3), st.data())
def test_any_span_says_its_value(text: str, more: str, values: list[str], data: st.DataObject) -> None:
    text += more
    for _ in range(data.draw(st.integers(0, 3))) if text else ():
        start = data.draw(st.integers(0, len(text) - 1))
        values = [*values, text[start : data.draw(st.integers(start + 1, len(text)))]]
    for where, span in spans_of(values, text).items():
        value = values[int(where[1:])]
        assert 0 <= span.start < span.end <= len(text)
        assert span.match != "exact" or text[span.start : span.end] == value
        assert 0 < span.score <= 1


LONG = ["harbour", "bridge", "ferries", "lantern", "captain", "northern", "keeper", "双江图书馆", "海港大桥工程"]


@quick(150)
@given(st.lists(st.sampled_from(LONG), min_size=1, max_size=12, unique=True), st.data())
def test_a_slip_in_a_long_word_is_found_where_the_word_stands(parts: list[str], data: st.DataObject) -> None:
    text = " and ".join(parts)
    word = data.draw(st.sampled_from(parts))
    at = data.draw(st.integers(1, len(word) - 2))
    slips = [word[:at] + word[at + 1 :], word[:at] + "q" + word[at + 1 :]]
    slips += [word[:at] + word[at] + word[at:], word[:at] + word[at + 1] + word[at] + word[at + 2 :]]
    value = data.draw(st.sampled_from(slips if word.isascii() else slips[:2]))
    span = spans_of([value], text)["/0"]
    start = text.index(word)
    assert start <= span.start < span.end <= start + len(word)


@quick(100)
@given(st.lists(st.sampled_from(["Ann", "Bob", "港口", "😀", "é"]), min_size=1, max_size=15))
def test_a_list_in_reading_order_takes_distinct_places_in_order(names: list[str]) -> None:
    text = "; ".join(names)
    found = starts(names, text)
    assert found == sorted(set(found))
    assert len(found) == len(names)


@pytest.mark.parametrize(
    ("value", "text", "written"),
    [
        ("-$5", "A refund of $5.", None),
        ("−$1,200", "It cost $1,200.", None),
        ("€9", "A balance of -€9 today.", None),
        ("$5 million", "A profit of -$5 million.", None),
        ("-€9", "A balance of −€9 today.", "−€9"),
        ("$7", "It costs $3-$7 a day.", "$7"),
        ("$7", "- $7 for the ferry", "$7"),
        ("$8", "A ticket ($8) is enough.", "$8"),
    ],
)
def test_the_sign_before_a_currency_counts(value: str, text: str, written: str | None) -> None:
    assert said_of(value, text).get("") == written


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("was guilty", "He was not guilty of fraud."),
        ("is guilty", "He was never guilty."),
        ("is safe", "It isn't safe to swim."),
        ("is safe for children", "The drug is not yet safe for children."),
        ("已批准该计划", "委员会未批准该计划。"),
    ],
)
def test_what_is_denied_just_before_is_something_else(value: str, text: str) -> None:
    assert spans_of(value, text) == {}


NUMBERS = (
    "Call (555) 123-4567 or +44 20 7946 0958, 010.1234.5678. 电话：010-12345678。ISBN 978-3-16-148410-0, "
    "IBAN DE89 3704 0044 0532 0130 00, a ratio of 123.4567 and 1 2 3 4 5 6 7 8"
)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("555-123-4567", "(555) 123-4567"),
        ("5551234567", "(555) 123-4567"),
        (5551234567, "(555) 123-4567"),
        ("442079460958", "+44 20 7946 0958"),
        ("+44 (20) 7946-0958", "+44 20 7946 0958"),
        ("01012345678", "010.1234.5678"),
        ("9783161484100", "978-3-16-148410-0"),
        ("DE89370400440532013000", "DE89 3704 0044 0532 0130 00"),
        ("2079460958", "20 7946 0958"),
        ("5551234568", None),
        ("551234567", None),  # no whole group
        ("1234567", "123-4567"),
        (1234567, None),  # a number, not a code
        ("FR89370400440532013000", None),
    ],
)
def test_long_rows_of_digits_however_they_are_parted(value: Any, written: str | None) -> None:
    found = spans_of(value, NUMBERS)
    assert (NUMBERS[found[""].start : found[""].end] if found else None) == written
    assert all(span.match == "normalised" for span in found.values())


def test_a_number_with_a_point_is_no_code() -> None:
    assert spans_of("1234567", "a ratio of 123.4567") == {}


@pytest.mark.parametrize(
    ("name", "value", "text", "said"),
    [
        ("cost", 86.4, "It cost 86.4 million pounds.", "86.4 million"),
        ("cost", 3, "It cost 3\nbillion.", "3\nbillion"),
        ("readers", 12, "读者有12万人。", "12万"),
        ("cost_millions", 86.4, "It cost 86.4 million pounds.", None),
        ("读者_万", 12, "读者有12万人。", None),
        ("cost", 86_400_000, "It cost 86.4 million pounds.", None),
        ("cost", "86.4", "It cost 86.4 million pounds.", None),  # as it is written
        ("weight", 3, "重3千克", None),
        ("cost", 3, "3 millionaires came", None),
    ],
)
def test_a_number_of_which_the_text_says_millions_is_told(name: str, value: Any, text: str, said: str | None) -> None:
    found = grounded({name: value}, text)
    assert found.notes == ({f"/{name}": f"the text says {said!r}"} if said else {})
