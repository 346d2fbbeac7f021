"""Pages and sections of a text."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.outline import page_at, pages, sections


def titles(text: str) -> list[tuple[int, str]]:
    return [(section.level, section.title) for section in sections(text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("# A\n\ntext\n\n## B ##\n", [(1, "A"), (2, "B")]),
        ("Sea and sky\n===\n\nFares\n---\n", [(1, "Sea and sky"), (2, "Fares")]),
        ("---\ntitle: # no\n---\n\n# Yes\n", [(1, "Yes")]),
        ("# A # #\n## ##\n# B#\n#\tC \t#\r\n", [(1, "A #"), (2, "#"), (1, "B"), (1, "C")]),
        ("# \n# A\u3000\n# B\f\n#\n# C\f\n---\n# D\fE", [(2, "# C"), (1, "D\fE")]),
        ("```\n# no\n```\n# yes\n~~~~\n# no\n~~~\n# no\n~~~~\n# yes\n", [(1, "yes"), (1, "yes")]),
        ("# a\n\n```code in a line```\n\n# b\n\n~~~ also`\n# no\n~~~\n", [(1, "a"), (1, "b")]),
        ("```\n```python\n# no\n```  \n# yes\n", [(1, "yes")]),
        ("```\n~~~\n    ```\n# no\n `````\r\n# yes\n", [(1, "yes")]),
        ("one\f```\n# no\n```\f# yes\n", [(1, "yes")]),
        ("```\n---\n```\n\n```a``` b\n---\n", [(2, "```a``` b")]),
        ("#hashtag\n#5 in line\n", []),
        (
            "CHAPTER IV\n\nChapter 3. The Quay\nPart One\n",
            [(2, "CHAPTER IV"), (2, "Chapter 3. The Quay"), (1, "Part One")],
        ),
        ("He read chapter IV of it.\nChapter heads were elected.\n", []),
        (
            "第一回 宴桃园豪杰三结义\n　　第12章 归来\n第二卷\n",
            [(2, "第一回 宴桃园豪杰三结义"), (2, "第12章 归来"), (1, "第二卷")],
        ),
        ("他读到第三章的时候睡着了。\n第一个人来了。\n", []),
        ("one\f# Two\n", [(1, "Two")]),
    ],
)
def test_headings(text: str, found: list[tuple[int, str]]) -> None:
    assert titles(text) == found


def test_a_form_feed_ends_a_page() -> None:
    text = "one\n\f\ntwo\n\f\n\n\f\nfour\n\f\n"
    starts = pages(text)
    assert [text[start:].split("\n", 1)[0] for start in starts] == ["one", "two", "", "four"]
    assert [page_at(starts, text.index(word)) for word in ("one", "two", "four")] == [1, 2, 4]
    assert pages("no pages") == ()
    assert page_at((), 3) is None


@pytest.mark.parametrize("line", ["# {}", "{}\n==="])
def test_a_long_line_is_no_heading(line: str) -> None:
    assert titles(f"# A\n\n{line.format('sea ' * 100_000)}\n\n# B\n") == [(1, "A"), (1, "B")]
    for size, is_heading in ((190, True), (201, False)):
        assert (len(titles(line.format("a" * size))) == 1) == is_heading


@given(st.text(alphabet="# \n\f=-`~a第三章回C1"))
def test_sections_start_where_their_titles_stand(text: str) -> None:
    found = list(sections(text))
    assert [section.start for section in found] == sorted({section.start for section in found})
    for section in found:
        assert section.title in text[section.start :]
        assert section.start == 0 or text[section.start - 1] in "\n\f"
    starts = pages(text)
    assert all(re.search("\f\n?$", text[:start]) for start in starts[1:])


@pytest.mark.parametrize(
    ("begin", "unit", "end"),
    [
        *(("", unit, "") for unit in ("#", "-", " ", "第", "Chapter ", "a\n", "`", "---\n")),
        ("# a", " ", "b"),
        ("# ", " ", "a\f"),
        ("", "\f# a", "\f"),
        ("# ", "#", "\f"),
        (f"CHAPTER I{'-' * 60}", " ", "x" * 70),
    ],
)
def test_no_text_takes_long(begin: str, unit: str, end: str) -> None:
    def seconds(size: int) -> float:
        started = time.process_time()
        list(sections(begin + unit * (size // len(unit)) + end))
        return time.process_time() - started

    assert min(seconds(400_000) for _ in range(2)) < 8 * max(seconds(100_000), 0.01)
