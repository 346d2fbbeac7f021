"""BM25, for words and for scripts without spaces."""

from __future__ import annotations

import math
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted import quick

from extractor.rank import Index, rank, scores, terms


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Das GRAPHENOXID, 2nd ed.", ["das", "graphenoxid", "2nd", "ed"]),
        ("Straße STRASSE", ["strasse", "strasse"]),
        ("石墨烯", ["石墨", "墨烯"]),
        ("用GPU训练，快", ["用", "gpu", "训练", "快"]),
        ("ﬁne ｆｕｌｌ", ["fine", "full"]),
        ("cafe\u0301 café", ["café", "café"]),
        ("한국어", ["한국", "국어"]),
        ("แมว", ["แม", "มว"]),
        ("हिन्दी", ["हिन्दी"]),
        ("", []),
        (" … — ", []),
    ],
)
def test_terms(text: str, expected: list[str]) -> None:
    assert terms(text) == expected


@pytest.mark.parametrize(
    ("query", "texts", "best"),
    [
        ("a cat", ["the dog", "the cat"], 1),
        ("the rare word", ["the the the", "the word rare", "the"], 1),
        ("cat", ["cat and so much else beside it", "cat"], 1),  # the shorter text
        ("石墨烯的导热性", ["今天天气很好", "石墨烯薄膜", "导演"], 1),
        ("GPU", ["cpu", "ｇｐｕ"], 1),
        ("nothing", ["a", "b"], 0),
    ],
)
def test_the_nearest_comes_first(query: str, texts: list[str], best: int) -> None:
    assert rank(query, texts)[0][0] == best


def test_the_formula() -> None:
    [(at, score), (other, zero)] = rank("cat", ["cat cat", "dog fox"])
    rarity = math.log(1 + (2 - 1 + 0.5) / (1 + 0.5))
    assert (at, other, zero) == (0, 1, 0.0)
    assert score == pytest.approx(rarity * 2 * 2.2 / (2 + 1.2))


def test_no_texts_and_empty_ones() -> None:
    assert rank("a", []) == []
    assert rank("a", ["", ""]) == [(0, 0.0), (1, 0.0)]


WORDS = st.lists(st.sampled_from(["red", "blue", "石墨烯", "sea", "a"]), max_size=6).map(" ".join)


@quick()
@given(WORDS, st.lists(WORDS, max_size=6))
def test_every_text_once_by_falling_score_equals_in_order(query: str, texts: list[str]) -> None:
    found = rank(query, texts)
    assert sorted(at for at, _ in found) == list(range(len(texts)))
    assert found == sorted(found, key=lambda one: (-one[1], one[0]))
    shared = [at for at, text in enumerate(texts) if set(terms(text)) & set(terms(query))]
    assert sorted(at for at, score in found if score > 0) == shared
    assert Index.of(texts).rank(query) == found


@quick()
@given(st.lists(WORDS, max_size=4), st.lists(WORDS, max_size=6))
def test_a_few_queries_of_passages_that_are_read_once(queries: list[str], texts: list[str]) -> None:
    index = Index.of(texts)
    assert scores(queries, iter(texts)) == [index.score(query) for query in queries]


def test_only_terms_of_the_queries_are_kept() -> None:
    index = Index.of(iter(["a cat", "a dog 石墨烯"]), {"cat", "石墨"})
    assert (index.size, set(index.postings)) == (2, {"cat", "石墨"})


@given(st.text(alphabet=st.characters(max_codepoint=127)))
def test_plain_letters_are_read_as_others(text: str) -> None:
    assert terms(text) == terms(f"{text} 海")[:-1]


def test_many_texts_and_many_queries() -> None:
    texts = [f"the paper {number} about topic{number % 97} and word{number % 31}" for number in range(5000)]
    began = time.monotonic()
    index = Index.of(texts)
    for number in range(50):
        assert index.rank(f"rare topic{number} word{number % 31}")[0][1] > 0
    assert time.monotonic() - began < 20
