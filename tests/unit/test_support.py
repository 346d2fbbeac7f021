"""Support of worded sentences: where the document says them best, and which numbers and names it does not have."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted import quick

from extractor.sentences import sentences
from extractor.support import Passages, is_worded, mentions
from extractor.support.claims import claims
from extractor.support.mentions import Index
from extractor.support.words import fold, stem, stems
from extractor.types import Support

FERRY = """The harbour at Quillmouth

A ferry called Rosalind crossed the strait 1,200 times last year. Its captain, Dr. Ida Marrow, retired in March.
She had worked for the Port of Quillmouth since 1987! The line lost 2.5 million crowns, said the O.L.B. on Monday.
Passengers want cheaper tickets."""

FACTORY = (
    "光明公司去年在青石市建成一座造纸厂。工厂每年生产一千二百吨纸张，使用GPU控制。厂长张伟表示，《纸的故事》下月出版。"
)


def cut(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


def only(text: str, sentence: str) -> Support:
    [support] = Passages(text).support(sentence)
    return support


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One two. Three four? Five!", ["One two.", "Three four?", "Five!"]),
        (
            "Dr. Bell of the U.S. Navy met J. R. Hart. He left.",
            ["Dr. Bell of the U.S. Navy met J. R. Hart.", "He left."],
        ),
        (
            "It is 3.5 km, e.g. by car, cf. Fig. 3 and No. 7. Go!",
            ["It is 3.5 km, e.g. by car, cf. Fig. 3 and No. 7.", "Go!"],
        ),
        ('"Why?" he asked. "No." She left.', ['"Why?" he asked.', '"No."', "She left."]),
        ("It went on ... and on. Then no more.", ["It went on ... and on.", "Then no more."]),
        (
            "A heading\n\nThe line that was\nwrapped here.\nAn item",
            ["A heading", "The line that was\nwrapped here.", "An item"],
        ),
        ("A line\n  that is wrapped\r\n\r\nand a paragraph", ["A line\n  that is wrapped", "and a paragraph"]),
        ("1. First point\n2. Second point", ["1. First point", "2. Second point"]),
        ("今天下雨。明天呢？“晴！”他说；好。", ["今天下雨。", "明天呢？", "“晴！”", "他说；", "好。"]),
        ("提出了方法.结果提高3.5%.最后讨论", ["提出了方法.", "结果提高3.5%.", "最后讨论"]),
        ("… \n---\n !?", []),
        ("", []),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    assert cut(text) == expected


def test_what_no_full_stop_ends_is_cut_into_windows() -> None:
    words = [f"w{at}" for at in range(150)]
    assert [len(part.split()) for part in cut(" ".join(words))] == [60, 60, 30]
    assert [len(part) for part in cut("水" * 300)] == [120, 120, 60]
    assert cut(" ".join(words[:120])) == [" ".join(words[:120])]


@pytest.mark.parametrize(
    "forms",
    [
        ("city", "cities"),
        ("make", "makes", "making", "made"),
        ("stop", "stopped", "stopping", "stops"),
        ("carry", "carries", "carried", "carrying"),
        ("agree", "agreed", "agreeing"),
        ("box", "boxes"),
        ("house", "houses", "housing"),
        ("glass", "glasses"),
        ("buy", "bought", "buying"),
        ("child", "children"),
        ("1,200", "1200"),
        ("virus", "viruses"),
    ],
)
def test_forms_of_a_word_have_one_stem(forms: tuple[str, ...]) -> None:
    assert len(set(map(stem, forms))) == 1


@pytest.mark.parametrize("pair", [("new", "news"), ("red", "r"), ("king", "k"), ("bus", "bu"), ("thing", "th")])
def test_what_only_looks_inflected_is_kept(pair: tuple[str, str]) -> None:
    assert stem(pair[0]) != pair[1]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Ann Bell", False),
        ("Ann Bell left today", True),
        ("3 March 2024", False),
        ("石墨烯导热膜", False),
        ("石墨烯薄膜的导热性研究", True),
        ("用 GPU 训练模型", False),
        ("https://example.org/a-long-way/to/a/page", False),
        ("- - - - -", False),
        ("", False),
    ],
)
def test_is_worded(value: str, expected: bool) -> None:
    assert is_worded(value) is expected


@pytest.mark.parametrize(
    ("sentence", "passage", "least"),
    [
        ("The ferries crossed the strait.", "A ferry called Rosalind crossed", 0.99),
        ("PASSENGERS WANTED CHEAPER TICKETS", "Passengers want cheaper tickets.", 0.99),
        ("Its captain had worked there since 1987", "She had worked for", 0.6),
    ],
)
def test_words_match_in_case_and_form(sentence: str, passage: str, least: float) -> None:
    found = only(FERRY, sentence)
    assert found.passage is not None
    assert passage in FERRY[slice(*found.passage)]
    assert found.score >= least


def test_two_neighbours_are_taken_where_they_say_clearly_more() -> None:
    text = "Ann bought a red bicycle. Bob sold his old lorry. The weather was mild."
    both = only(text, "Ann bought a bicycle and Bob sold a lorry")
    assert both.passage == (0, text.index(" The weather"))
    one = only(text, "Ann bought a red bicycle")
    assert one.passage == (0, text.index(" Bob"))


def test_each_sentence_has_its_own_offsets() -> None:
    value = "  Passengers want tickets.  The moon is made of cheese. "
    first, second = Passages(FERRY).support(value)
    assert value[first.start : first.end] == "Passengers want tickets."
    assert value[second.start : second.end] == "The moon is made of cheese."
    assert first.score == 1
    assert second.passage is None
    assert second.score == 0


def test_rare_words_weigh_more_than_those_of_every_sentence() -> None:
    text = "The committee met the board. The committee met the mayor. The committee met a walrus. The committee slept."
    assert only(text, "walrus committee banana").score > only(text, "committee banana").score
    assert only(text, "the walrus sang").score > only(text, "the committee sang").score


def test_chinese_is_compared_by_pairs() -> None:
    found = only(FACTORY, "工厂生产纸张")
    assert found.passage is not None
    assert FACTORY[slice(*found.passage)].startswith("工厂每年生产")
    assert found.score > 0.5
    assert only(FACTORY, "天气晴朗无风").passage is None


@pytest.mark.parametrize(
    "sentence",
    [
        "The Rosalind crossed it 1200 times.",
        "It crossed twelve hundred times for Ida Marrow's line.",
        "Marrow left in March, said the OLB.",
        "On Monday the loss was 2,500,000 crowns.",
        "The Port of Quillmouth lost 2.5m.",
        "However, passengers complained. Yesterday they left.",
        "Researchers found tickets.",
        "She said: “Nothing is cheap here.”",
        "A Quillmouth ferry.",
    ],
)
def test_what_the_document_has_is_not_flagged(sentence: str) -> None:
    assert [one.missing for one in Passages(FERRY).support(sentence) if one.missing] == []


@pytest.mark.parametrize(
    ("sentence", "missing"),
    [
        ("The Rosalind crossed it 1,300 times.", ("1,300",)),
        ("It crossed thirteen hundred times.", ("thirteen hundred",)),
        ("The line lost 2.5 billion.", ("2.5 billion",)),
        ("Dr. Tom Vance retired.", ("Tom Vance",)),
        ("Kestrel has retired, and so did Marrow.", ("Kestrel",)),
        ("Kestrel's captain retired.", ("Kestrel",)),
        ("She left on Friday in April.", ("Friday", "April")),
        ("She worked for the Bank of Elmsford, then NATO and a B52.", ("Bank of Elmsford", "NATO", "B52")),
        ("The Port of Elmsford is big.", ("Port of Elmsford",)),
        ("NATO Buys The Ferry Rosalind", ("NATO",)),
        ("Elmsford Vance Buys The Ferry Rosalind", ()),  # capitals say nothing in a headline
        ("The fare rose by 12% to £30m, ￥ 45 or $ 7.", ("12%", "£30m", "￥ 45", "$ 7")),
    ],
)
def test_what_the_document_lacks_is_flagged(sentence: str, missing: tuple[str, ...]) -> None:
    assert Passages(FERRY).support(sentence)[0].missing == missing


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("The World Health Organization met.", "It was the WHO that met."),
        ("The WHO met.", "So the World Health Organization met."),
        ("Troops of the United States left.", "The U.S. troops left."),
        ("The US left.", "The U.S. left."),
        ("Exports of Russia fell.", "Then Russian exports fell."),
        ("German and British cars", "Cars of Germany and Britain"),
        ("Date: 2024-03-07", "It was on 7 March 2024."),
        ("Open Mon to Fri", "It is open from Monday to Friday."),
        ("The price is 250万元", "The price is 2.5 million."),
        ("They sold fifty of them.", "They sold 50."),
        ("千万万人", "千万万人"),
    ],
)
def test_other_ways_to_write_a_name_or_number(text: str, sentence: str) -> None:
    assert only(text, sentence).missing == ()


@pytest.mark.parametrize(
    ("text", "sentence", "missing"),
    [
        ("It was on 3 March 2024.", "It was on 3 May 2024.", ("May",)),
        ("It may be on 3 March 2024.", "It opened on May 3rd.", ("May",)),
        ("They march on 3 May.", "March 2024 was warm, and so was the 3rd of March.", ("March",)),
        ("It was on 2024-05-03.", "It was on 3 May 2024.", ()),
        ("It was on 3 may 2024, and 4-mar-24.", "It was on May 3, 2024, and on March 4.", ()),
        ("It was in May, then March.", "It was on 3 May and in March 2024.", ()),
        ("They told it.", "It may cost May 5% or 3.", ()),
    ],
)
def test_a_month_that_is_a_verb_too(text: str, sentence: str, missing: tuple[str, ...]) -> None:
    found = [one for one in only(text, sentence).missing if not any(map(str.isdigit, one))]
    assert tuple(found) == missing


@pytest.mark.parametrize(
    ("text", "sentence", "missing"),
    [
        ("It cost £86.4m.", "It cost $86.4m.", ("$86.4m",)),
        ("It cost 5 € or ￥7.", "It cost £5 or $7.", ("£5", "$7")),
        ("It cost 86.4 million pounds, ￥7 and € 9.", "It cost £86.4m, ¥7 and 9.", ()),
        ("It cost £5 or $5, and USD 7.", "It cost $5, then $7.", ()),
        ("It cost £5, five in all.", "It cost $5.", ()),
    ],
)
def test_a_number_with_the_sign_of_another_currency(text: str, sentence: str, missing: tuple[str, ...]) -> None:
    assert only(text, sentence).missing == missing


@pytest.mark.parametrize(
    ("sentence", "missing"),
    [
        ("Wang Fang (王芳) happily swam across the harbour quickly while residents watched.", ()),
        ("Li Na (李娜) swam.", ("Li Na",)),
        ("王芳使用 numpy 游泳", ("numpy",)),
    ],
)
def test_latin_words_are_foreign_in_chinese_sentences_alone(sentence: str, missing: tuple[str, ...]) -> None:
    assert only("The city slept. Wang Fang (王芳) swam.", sentence).missing == missing


def test_the_pronoun_is_not_the_country() -> None:
    assert only("They told us that all is well.", "They told the US that all is well.").missing == ("US",)


@pytest.mark.parametrize(
    ("sentence", "missing"),
    [
        ("光明公司在青石市生产1200吨纸", ()),
        ("厂长张伟说，gpu控制《纸的 故事》", ()),
        ("该公司去年建厂，这所大学没有", ()),
        ("光明公司生产1300吨纸", ("1300",)),
        ("红星公司生产纸，使用TPU控制", ("红星公司", "TPU")),
        ("厂长，李明表示，《水的故事》出版", ("李明", "《水的故事》")),
        ("工厂生产三千吨", ("三千",)),
        ("在白水市建厂", ("白水市",)),
        ("在上海市建厂，晚上市民散步", ("上海市",)),
    ],
)
def test_chinese_numbers_and_names(sentence: str, missing: tuple[str, ...]) -> None:
    assert only(FACTORY, sentence).missing == missing


def test_an_empty_document_has_nothing() -> None:
    found = only("", "Ann paid 12 crowns to Bell.")
    assert (found.passage, found.score, found.missing) == (None, 0, ("12", "Bell"))
    assert Passages(FERRY).support("") == Passages(FERRY).support(" … ") == ()


WORDS = [
    "the",
    "Sea",
    "ferry",
    "ferries",
    "石墨烯",
    "Ann Bell",
    "1,200",
    "İß",
    "ﬁ",
    "🙂",
    "e\u0301",
    "12k",
    "of",
    "ＧＰＵ",
    "用",
]
SENTENCE = st.lists(st.sampled_from(WORDS), min_size=1, max_size=8).map(" ".join)
DOCUMENT = st.lists(st.tuples(SENTENCE, st.sampled_from([". ", "。", "\n\n", "! ", "\n"])), max_size=6).map(
    lambda parts: "".join(map("".join, parts))
)
ANY = st.one_of(DOCUMENT, st.text(max_size=80))


@quick(200)
@given(ANY)
def test_sentences_are_in_order_trimmed_and_hold_every_letter(text: str) -> None:
    places = sentences(text)
    assert all(start < end <= follows for (start, end), (follows, _) in pairwise(places))
    assert all(text[start:end].strip() == text[start:end] for start, end in places)
    outside = [
        text[end:start]
        for end, start in zip(
            [0, *(end for _, end in places)], [*(start for start, _ in places), len(text)], strict=True
        )
    ]
    assert not any(char.isalnum() for gap in outside for char in gap)


@quick(200)
@given(ANY, ANY)
def test_support_lies_within_and_passages_are_sentences(text: str, value: str) -> None:
    starts, ends = {start for start, _ in sentences(text)}, {end for _, end in sentences(text)}
    found = Passages(text).support(value)
    assert [(one.start, one.end) for one in found] == sentences(value)
    for one in found:
        assert 0 <= one.score <= 1
        assert one.passage is None or (one.passage[0] in starts and one.passage[1] in ends)
        assert all(missing in value[one.start : one.end] for missing in one.missing) or not value.isascii()


@quick(200)
@given(DOCUMENT)
def test_a_sentence_of_the_document_backs_itself(text: str) -> None:
    passages = Passages(text)
    for start, end in sentences(text):
        for one in passages.support(text[start:end]):
            inner = text[start + one.start : start + one.end]
            if not stems(fold(inner)):
                continue
            assert one.score == 1
            assert one.passage is not None
            assert inner in text[slice(*one.passage)]
            assert one.missing == ()


@quick(100)
@given(DOCUMENT, SENTENCE)
def test_searching_and_indexing_find_the_same(text: str, query: str) -> None:
    one, other = Index(text), Index(text)
    one._places_left, other._places_left = 10**9, 0
    for word in stems(fold(f"{query} {text}")):
        assert list(one.mentions(word)) == list(other.mentions(word))
        assert all(word in one.stems(at) for at in one.mentions(word))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a" * 10**6, "a" * 10**5),
        ("one " * 250_000, "one two " * 10_000),
        ("一" * 10**6, "一二" * 50_000),
        ("1,2." * 250_000, "1,3." * 25_000),
        (". " * 500_000, "!?" * 50_000),
        ("A.B." * 250_000, "U.S." * 25_000),
        ("the cat. " * 110_000, "the cat. The dog. " * 5_000),
        ("x\n" * 500_000, "“" * 10**5),
        ("Ann Bell " * 110_000, "N.O. Who Knows " * 6_000),
        (" " * 10**6, "Ann " + " " * 10**5 + "Bell"),
        ("Aa Ab " * 170_000, "AAAAAAAA " * 10_000),
    ],
)
def test_hostile_input_takes_linear_time(text: str, value: str) -> None:
    began = time.process_time()
    Passages(text).support(value)
    assert time.process_time() - began < 30


def test_nothing_is_read_before_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mentions, "sentences", lambda text: pytest.fail("read"))
    Passages(FERRY)


def test_claims_are_told_in_reading_order() -> None:
    assert [claim.text for claim in claims("Then Ann Bell paid 12k to AT&T on Monday.")] == [
        "Ann Bell",
        "12k",
        "AT&T",
        "Monday",
    ]


MET = "John Jones of Acme met Mary B. Smith, chair of the Borealis Corporation, and the Mayor. A mayor is welcome."


@pytest.mark.parametrize(
    ("sentence", "missing"),
    [
        ("There was Mary Jones, chair of the Acme Corporation.", ("Mary Jones", "Acme Corporation")),
        ("There was John Smith, chair of the Borealis Corporation.", ("John Smith",)),
        ("There was Mary Smith of the Borealis Corporation.", ()),
        ("There was Mayor Smith.", ()),  # who is called so, as any mayor
        ("There was Jones of Acme.", ()),
    ],
)
def test_a_name_made_of_two_is_in_no_document(sentence: str, missing: tuple[str, ...]) -> None:
    assert tuple(name for one in Passages(MET).support(sentence) for name in one.missing) == missing
