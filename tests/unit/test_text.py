"""Views of a text: normalise and its way back, clip, the main script."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scripted import quick

from extractor.text import View, clip, is_known, main_script, normalise

LETTERS = "abcXYZéß12"
CHINESE = "港口你好世界的桥"
MARKS = " \t\n.,;:!?'\")。！？；，、：…”』"
texts = st.text(alphabet=LETTERS + CHINESE + MARKS, max_size=120)


# --- clip ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("A b. C d", 6, "A b."),
        ("short", 5, "short"),
        ("short", 99, "short"),
        ("", 0, ""),
        ("abc", 0, ""),
        ("One two. Three four five", 14, "One two."),
        ("Yes. The harbour bridge opened", 24, "Yes. The harbour bridge"),  # the sentence end is too early
        ("The harbour bridge", 17, "The harbour"),
        ("The harbour bridge", 11, "The harbour"),
        ("The harbour bridge", 12, "The harbour"),
        ("The harbour, the bridge", 14, "The harbour"),  # no comma at the end
        ("The harbour; the bridge", 12, "The harbour"),
        ('He said "stop!" Then he left', 20, 'He said "stop!"'),
        ("(It ended.) Nobody knew", 16, "(It ended.)"),
        ("It ended (badly.) Nobody knew", 20, "It ended (badly.)"),
        ("Really?! Nobody knew", 11, "Really?!"),
        ("It costs 3.14 dollars", 12, "It costs"),  # the point of a number ends no sentence
        ("Ends with a full stop. Next", 22, "Ends with a full stop."),
        ("Ends with a full stop. Next", 21, "Ends with a full"),
        ("Donaudampfschifffahrt", 5, "Donau"),  # a word longer than the limit has no better place
        ("今天天气很好。我们去公园", 9, "今天天气很好。"),
        ("他说：“走吧。”然后离开了", 9, "他说：“走吧。”"),
        ("今天天气很好我们去公园", 6, "今天天气很好"),
        ("今天天气很好，我们去公园", 7, "今天天气很好"),
        ("今天天气，我们去公园散步", 10, "今天天气，我们去公园"),
        ("参观NASA总部大楼", 4, "参"),  # not within NASA
        ("等等……还没说完", 4, "等等……"),
        ("line one\nline two", 12, "line one"),
        ("word   spaced", 7, "word"),
    ],
)
def test_clip_ends_at_a_sentence_or_else_at_a_word(text: str, limit: int, expected: str) -> None:
    assert clip(text, limit) == expected


@quick(300)
@given(texts, st.integers(0, 130))
def test_clip_is_a_prefix_within_the_limit(text: str, limit: int) -> None:
    cut = clip(text, limit)
    assert len(cut) <= limit
    assert text.startswith(cut)
    assert cut == text or len(text) > limit


@quick(300)
@given(texts, st.integers(0, 130))
def test_clip_twice_is_clip_once(text: str, limit: int) -> None:
    assert clip(clip(text, limit), limit) == clip(text, limit)


def splits_a_word(text: str, at: int) -> bool:
    pair = text[at - 1 : at + 1]
    return 0 < at < len(text) and all(char.isalnum() and not "\u3400" <= char <= "\u9fff" for char in pair)


@quick(300)
@given(texts, st.integers(2, 130))
def test_clip_breaks_no_word_where_one_ends_within_the_limit(rest: str, limit: int) -> None:
    text = f"ab {rest}"
    assert not splits_a_word(text, len(clip(text, limit)))


@quick()
@given(st.lists(st.text(LETTERS, min_size=1, max_size=8), min_size=2, max_size=20), st.integers(8, 60))
def test_clip_of_plain_words_is_whole_words(words: list[str], limit: int) -> None:
    kept = clip(" ".join(words), limit).split(" ")
    assert kept == words[: len(kept)]


@quick()
@given(st.text(CHINESE, min_size=1, max_size=80), st.integers(1, 60))
def test_clip_of_chinese_without_marks_loses_nothing_that_fits(text: str, limit: int) -> None:
    assert clip(text, limit) == text[:limit]


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("The price was 1,234,567 dollars", 18, "The price was"),
        ("It starts at 12:30 sharp", 17, "It starts at"),
        ("See https://example.org for more", 12, "See"),
    ],
)
def test_clip_does_not_make_another_number_of_a_number(text: str, limit: int, expected: str) -> None:
    assert clip(text, limit) == expected


@pytest.mark.parametrize(
    ("text", "limit", "least", "expected"),
    [
        ("one two three", 10, 0, "one two"),
        ("one two three", 10, 7, "one two"),
        ("one two three", 10, 8, "one two th"),
        ("One. Two three", 9, 3, "One. Two"),
        ("One two. Three", 9, 9, "One two. "),
        ("short", 9, 7, "short"),
    ],
)
def test_clip_leaves_at_least_so_much(text: str, limit: int, least: int, expected: str) -> None:
    assert clip(text, limit, least) == expected


# --- normalise and the way back ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The\n  Sea ", "the sea"),
        ("", ""),
        (" \t\n", ""),
        ("  lead", "lead"),
        ("Straße", "strasse"),
        ("ΟΔΟΣ", "οδοσ"),
        ("你好\u3000世界", "你好 世界"),
        ("a\u00a0b", "a b"),
        ("\ufb01ne", "fine"),
    ],
)
def test_normalise(text: str, expected: str) -> None:
    assert normalise(text).text == expected


def test_span_leads_back_over_collapsed_space_and_expanded_letters() -> None:
    view = normalise("  Die\n\t Straße  ruht")
    assert view.text == "die strasse ruht"
    start = view.text.index("strasse ruht")
    assert view.span(start, start + len("strasse ruht")) == (8, 20)
    assert view.span(0, 3) == (2, 5)


@quick(300)
@given(st.text(max_size=60) | texts, st.data())
def test_a_span_of_the_view_normalises_to_that_part_of_the_view(text: str, data: st.DataObject) -> None:
    view = normalise(text)
    assert len(view.text) == len(view.offsets)
    assume(view.text)
    start = data.draw(st.integers(0, len(view.text) - 1))
    end = data.draw(st.integers(start + 1, len(view.text)))
    assume(not splits_a_letter(view, start))
    assume(not splits_a_letter(view, end))
    first, last = view.span(start, end)
    assert 0 <= first < last <= len(text)
    assert normalise(text[first:last]).text == view.text[start:end].strip(" ")


def splits_a_letter(view: View, at: int) -> bool:
    """True within the several letters that one folds to: 'ß' → 's|s'."""
    return 0 < at < len(view.offsets) and view.offsets[at - 1] == view.offsets[at]


@quick()
@given(st.text(max_size=60))
def test_normalise_is_idempotent_and_ignores_case_and_outer_space(text: str) -> None:
    once = normalise(text).text
    assert normalise(once).text == once
    assert normalise(f"\n {text}\t").text == once
    assert "  " not in once


# --- scripts -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("你好，世界 hi", "Chinese"),
        ("The harbour bridge opened", "Latin"),
        ("Łódź café naïve", "Latin"),
        ("東京は今日も晴れです", "Japanese"),
        ("서울은 오늘 맑음", "Korean"),
        ("Москва сегодня", "Cyrillic"),
        ("Η Αθήνα σήμερα", "Greek"),
        ("القاهرة اليوم", "Arabic"),
        ("ירושלים היום", "Hebrew"),
        ("दिल्ली आज", "Devanagari"),
        ("กรุงเทพ", "Thai"),
        ("NASA 与欧洲航天局昨日宣布了新的计划", "Chinese"),
        ("He said 你好 to the whole room", "Latin"),
        ("", None),
        ("123 — !?", None),
    ],
)
def test_main_script(text: str, script: str | None) -> None:
    assert main_script(text) == script


def test_main_script_looks_at_the_beginning_of_a_long_text_only() -> None:
    assert main_script("sea " * 5_000 + "海" * 200_000) == "Latin"


@pytest.mark.parametrize(
    ("script", "languages", "known"),
    [
        ("Chinese", ["en"], False),
        ("Chinese", ["en", "zh"], True),
        ("Latin", ["zh"], True),
        ("Cyrillic", ["uk"], True),
        ("Cyrillic", ["en", "zh"], False),
        ("Thai", [], True),
    ],
)
def test_is_known(script: str, languages: list[str], known: bool) -> None:
    assert is_known(script, languages) is known
