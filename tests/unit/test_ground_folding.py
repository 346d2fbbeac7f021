"""Texts as they are compared, and the way back."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scripted import quick

from extractor.ground.folding import Folded, fold, squeeze, squeezed

texts = st.text("abÉß İΣｆ㎏½海港e\u0301\u0316\u0327\ufb03，。.-−3 \n\t\x01'’\u200d😀🔬𠮷", max_size=40) | st.text(
    max_size=40
)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("The Sea", "the sea"),
        ("ＡＢ，１", "ab,1"),
        ("Straße", "strasse"),
        ("Cafe\u0301", "café"),
        ("5 ㎏", "5 kg"),
        ("İstanbul", "istanbul"),
        ("ΟΔΟΣ", "οδοσ"),
        ("𠮷野家", "𠮷野家"),
        ("a…b", "a.b"),
        ("a\x01b", "a b"),
        ("", ""),
    ],
)
def test_fold(text: str, folded: str) -> None:
    assert fold(text).text == folded


@pytest.mark.parametrize(
    ("value", "key"),
    [
        ("The U.S.", "theus"),
        ("well-known", "wellknown"),
        ("O’Neill & Co.", "oneill&co"),
        ("双江 （北） 图书馆", "双江北图书馆"),
        ("C++ / C#", "c++c#"),
        ("«Sea»—‘Bird’", "seabird"),
        ("!?", ""),
    ],
)
def test_squeezed(value: str, key: str) -> None:
    assert squeezed(value) == key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("3.5", "35"),
        ("3.5", "3,5"),
        ("1-3", "1 3"),
        ("-3", "3"),
        ("1 2", "12"),
        ("10:30", "10.30"),
        ("12/3", "12-3"),
        ("10²", "102"),
        ("2¹⁰", "210"),
        ("10₂", "102"),
    ],
)
def test_numbers_stay_apart(one: str, other: str) -> None:
    assert squeezed(one) != squeezed(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1 – 3", "1-3"),
        ("Quay 5. 51200", "Quay 5, 51200"),
        ("−3", "-3"),
        ("３．５", "3.5"),
        ("H₂O", "H2O"),
        ("5 m²", "5 m2"),
        ("x¹⁰", "x10"),
    ],
)
def test_numbers_that_are_written_alike_stay_together(one: str, other: str) -> None:
    assert squeezed(one) == squeezed(other)


@quick(300)
@given(texts, st.data())
def test_a_part_of_a_folded_text_leads_back_to_what_it_was(text: str, data: st.DataObject) -> None:
    folded = fold(text)
    assume(folded.text)
    start = data.draw(st.integers(0, len(folded.text) - 1))
    end = data.draw(st.integers(start + 1, len(folded.text)))
    first, last = folded.span(start, end)
    assert 0 <= first < last <= len(text)
    assert folded.text[start:end] in fold(text[first:last]).text


@quick(300)
@given(texts)
def test_the_whole_leads_back_to_the_whole(text: str) -> None:
    squeezed_text = squeeze(fold(text))
    assert squeezed_text.text == squeezed(text)
    if squeezed_text.text:
        first, last = squeezed_text.span(0, len(squeezed_text.text))
        assert squeezed(fold(text).text[first:last]) == squeezed_text.text or text.startswith(("-", "−"))


@quick(200)
@given(texts)
def test_folding_twice_changes_nothing_more(text: str) -> None:
    once = fold(text).text
    assert fold(once).text == once
    assert squeezed(once) == squeezed(text)


def test_pieces_lead_back_piece_by_piece() -> None:
    found = Folded("abc", (0, 2), (1, 5), (3, 7), {1})
    assert found.span(0, 3) == (1, 7)
    assert found.span(1, 2) == (2, 3)
    assert found.span(2, 3) == (5, 7)
