"""Chunks cover a text exactly, fit, and respect its structure."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.chunks import Chunk, split
from extractor.text import estimate_tokens, weigh_tokens

UNITS = [*"ab c.。\n\f#|-`=，第三章回海港 \t\r\u3000😀e\u0301", "\n\n", "# A\n", "```\n", "| a |\n"]
TEXTS = st.lists(st.sampled_from(UNITS), max_size=300).map("".join)


def own(text: str, chunks: list[Chunk]) -> list[str]:
    return [text[chunk.start : chunk.end] for chunk in chunks]


@given(TEXTS, st.integers(1, 60), st.integers(0, 20))
def test_they_cover_the_text_exactly_and_fit(text: str, size: int, overlap: int) -> None:
    overlap = min(overlap, size - 1)
    chunks = split(text, size, overlap)
    assert "".join(own(text, chunks)) == text
    assert [chunk.start for chunk in chunks] == [0, *(chunk.end for chunk in chunks[:-1])]
    assert chunks[-1].end == len(text)
    for chunk in chunks:
        assert 0 <= chunk.lead <= chunk.start <= chunk.end
        assert weigh_tokens(text[chunk.lead : chunk.end]) <= size + 1e-6
        assert weigh_tokens(text[chunk.lead : chunk.start]) <= overlap
        assert len(chunks) == 1 or chunk.end > chunk.start


PARAGRAPH = "The ferry sails at nine. It carries a hundred people. Nobody swims. "
REPORT = f"""# Report

{PARAGRAPH * 3}

## Fares

{PARAGRAPH}

| Ticket | Price |
| --- | --- |
| Single | £3.20 |
| Return | £5.00 |

{PARAGRAPH * 2}

## Tides

{PARAGRAPH * 2}
"""


def test_a_cut_is_made_before_headings_rather_than_in_paragraphs() -> None:
    chunks = split(REPORT, 100)
    assert [text.split("\n", 1)[0] for text in own(REPORT, chunks)] == ["# Report", "## Fares", "## Tides"]
    assert [chunk.headings for chunk in chunks] == [(), ("Report",), ("Report",)]


def test_tables_and_code_stay_whole_where_they_fit() -> None:
    table = "".join(f"| row {number} | value |\n" for number in range(12))
    code = "```python\n" + "x = 1\n\n" * 12 + "```\n"
    text = f"{PARAGRAPH * 2}\n\n{table}\n{PARAGRAPH * 2}\n\n{code}\n{PARAGRAPH * 2}\n"
    parts = own(text, split(text, 110))
    assert any(table in part for part in parts)
    assert any(code in part for part in parts)
    rows = own(table * 5, split(table * 5, 60))
    assert all(part.startswith("| row") for part in rows)  # one that is too long is cut between its rows


def test_code_ends_where_headings_begin_again() -> None:
    inner = "```\n```python\n" + "x = 1\n\n" * 12 + "```\n"
    text = f"```code in a line```\n\n{PARAGRAPH * 2}\n\n{inner}\n{PARAGRAPH * 2}\n"
    assert any(inner in part for part in own(text, split(text, 110)))


def test_a_heading_is_not_parted_from_what_it_is_about() -> None:
    text = f"{PARAGRAPH * 5}\n\n# A\n\n## B\n\n{PARAGRAPH * 5}"
    parts = own(text, split(text, 100))
    assert not any(part.rstrip().endswith(("# A", "## B")) for part in parts)
    assert any(part.startswith("# A\n\n## B\n\nThe ferry") for part in parts)


def test_sentences_in_english_and_chinese() -> None:
    for text, ends in ((PARAGRAPH * 20, ". "), ("海港大桥于六月通车。全长三百米！有人问：贵吗？不贵。" * 20, "。！？")):
        parts = own(text, split(text, 50))
        assert len(parts) > 5
        assert all(part.endswith(ends) if ends == ". " else part[-1] in ends for part in parts)


def test_words_where_there_are_no_sentences() -> None:
    text = "harbour " * 300
    assert all(part.endswith("harbour ") for part in own(text, split(text, 40)))
    assert all(len(part) <= 160 for part in own("x" * 1000, split("x" * 1000, 40)))


def test_pages() -> None:
    text = "".join(f"{PARAGRAPH * 2}\n\f\n" for _ in range(4))
    chunks = split(text, 50)
    assert [chunk.page for chunk in chunks] == [1, 2, 3, 4]
    assert all(part.endswith("\f\n") for part in own(text, chunks))


def test_what_is_shown_again_begins_with_a_sentence() -> None:
    text = PARAGRAPH * 10
    first, *others = split(text, 60, 20)
    assert first.lead == first.start
    for chunk in others:
        shown = text[chunk.lead : chunk.start]
        assert shown.startswith(("The ferry", "It carries", "Nobody"))
        assert 0 < estimate_tokens(shown) <= 20


def test_a_text_that_fits_is_one_chunk() -> None:
    assert split(REPORT, 1000) == [Chunk(0, len(REPORT), 0)]
    assert split("", 5) == [Chunk(0, 0, 0)]


@pytest.mark.parametrize(("size", "overlap"), [(0, 0), (5, 5), (5, -1)])
def test_there_has_to_be_room(size: int, overlap: int) -> None:
    with pytest.raises(ValueError, match="tokens"):
        split("a", size, overlap)


@pytest.mark.slow
@pytest.mark.parametrize("unit", [PARAGRAPH, "x", "海", "\n", "# A\n", "| a |\n", "```\n", "\f", "a. ", " "])
def test_the_time_grows_with_the_length(unit: str) -> None:
    def seconds(size: int) -> float:
        started = time.process_time()
        split(unit * (size // len(unit)), 500, 50)
        return time.process_time() - started

    assert min(seconds(200_000) for _ in range(2)) < 10 * max(seconds(50_000), 0.02)
