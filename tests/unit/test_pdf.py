"""PDF files as they are printed: heads, feet and numbers of pages, bookmarks, columns."""

from __future__ import annotations

from pathlib import Path

import pytest

from extractor.loaders import Loaded, Reading, read
from extractor.loaders.pdf_outline import with_headings
from extractor.loaders.running_lines import without_running_lines
from extractor.outline import page_at, pages, sections

ROOT = Path(__file__).parents[2]
HEAD = "Harbour Board of Saltings Annual report 2024"


def of(name: str, *, raw: bool = False) -> Loaded:
    return read(name, (ROOT / name).read_bytes(), Reading(raw=raw))


def left(*sheets: str) -> list[str]:
    return without_running_lines(sheets)[0]


# --- what stands above and below the pages ------------------------------------------------------------------------


def test_the_head_of_all_pages_stands_once_and_their_numbers_not_at_all() -> None:
    found = of("examples/documents/annual.pdf")
    assert found.text.startswith(f"{HEAD}\n# Annual report\n")
    assert found.text.count(HEAD) == 1
    assert "Page " not in found.text
    assert found.text.count("Day Boat Pounds") == 3  # the head of a table that goes on
    assert found.notes == (f"left out of 4 pages, above and below: their numbers, '{HEAD}' (--raw keeps all)",)


def test_the_page_of_a_value_is_that_of_the_file() -> None:
    text = of("examples/documents/annual.pdf").text
    assert [page_at(pages(text), text.index(said)) for said in ("3 March 2025", "24 May", "crew 2", "£12,400")] == [
        1,
        2,
        3,
        4,
    ]


def test_raw_keeps_what_stands_above_and_below() -> None:
    found = of("examples/documents/annual.pdf", raw=True)
    assert found.text.count(HEAD) == 4
    assert "Page 4 of 4" in found.text
    assert found.notes == ()


@pytest.mark.parametrize(
    ("number", "first"),
    [
        *((number, 1) for number in ("{}", "- {} -", "{} / 9", "[{}]", "{} of 9", "| {} |")),
        *((number, 20) for number in ("{}", "- {} -", "{} / 24", "[{}]")),
        *(
            (number, first)
            for number in (
                "Page {}",
                "Seite {} von 9",
                "S. {}",
                "第{}页",
                "第 {} 頁 共 9 頁",
                "共9页 第{}页",
                "{}ページ",
            )
            for first in (1, 6, 57, 4711)
        ),
    ],
)
def test_numbers_of_pages(number: str, first: int) -> None:
    texts = ["It rose.", "It fell.", "It rained.", "It blew."]
    sheets = [number.format(first + at) for at in range(4)]
    assert left(*(f"{text}\n{said}" for text, said in zip(texts, sheets, strict=True))) == texts
    assert left(*(f"{said}\n{text}" for text, said in zip(texts, sheets, strict=True))) == texts


def test_left_and_right_pages_have_heads_of_their_own() -> None:
    heads = [f"The long old sea {at}" if at % 2 else f"{at} Ida Moss" for at in range(2, 12)]
    sheets = [f"{head}\nText of {at}a." for at, head in enumerate(heads, 2)]
    assert left(*sheets) == [
        "2 Ida Moss\nText of 2a.",
        "The long old sea 3\nText of 3a.",
        *(f"Text of {at}a." for at in range(4, 12)),
    ]


@pytest.mark.parametrize("left_one", ["{} Ida Moss", "{} lots, Ida Moss"])
def test_numbers_on_the_wrong_side_are_none_of_pages(left_one: str) -> None:
    heads = [f"Lot {at}" if at % 3 else left_one.format(at) for at in range(2, 12)]
    sheets = [f"{head}\nText of {at}a." for at, head in enumerate(heads, 2)]
    assert left(*sheets) == sheets


def test_the_number_of_the_page_may_stand_in_its_head() -> None:
    sheets = [f"The long old sea, p. {at}\nText of {at}a." for at in range(2, 8)]
    assert left(*sheets) == ["The long old sea, p. 2\nText of 2a.", *(f"Text of {at}a." for at in range(3, 8))]


@pytest.mark.parametrize(
    ("line", "first"),
    [
        ("Saltings Harbour, Invoice No. {}", 1041),
        ("Saltings Harbour, Invoice No. {}", 1),
        ("Harbour's {}", 1),
        ("Annual accounts for {}", 2019),
        ("{}", 2019),
        ("- {} -", 2019),
        ("{}", 1041),
        ("{} / 2025", 1),
        ("{} May 2025", 1),
        ("Report of the harbour master, May {}", 1),
        ("{} Gulls and terns", 1),
        ("第{}号", 1),
        ("50 % of {}", 1),
        ("Total due {}.00 EUR", 50),
    ],
)
def test_other_numbers_stay_on_each_page(line: str, first: int) -> None:
    said = [line.format(first + at) for at in range(4)]
    texts = ["Sold to Ann Bell", "Sold to Bo Hale", "Sold to Cy Moss", "Sold to Di Kay"]
    for sheets in (
        [f"{a}\n{b}" for a, b in zip(said, texts, strict=True)],
        [f"{b}\n{a}" for a, b in zip(said, texts, strict=True)],
    ):
        assert without_running_lines(sheets) == (sheets, "")


@pytest.mark.parametrize("total", ["Total due 50.00 EUR", "To pay: 1,250,00", "Harbour dues £50"])
def test_a_sum_that_is_the_same_on_each_page_is_that_of_each(total: str) -> None:
    sheets = [f"Invoice {name}\nSold to {name}\n{total}" for name in ("Bell", "Hale", "Moss", "Kay")]
    assert without_running_lines(sheets) == (sheets, "")


def test_lines_that_are_most_of_a_short_page_are_its_text() -> None:
    ends = "It was paid at once.\nNothing is left to pay.\nThe harbour master signed."
    sheets = [f"Sold to {name}\n{ends}" for name in ("Bell", "Hale", "Moss", "Kay")]
    assert without_running_lines(sheets) == (sheets, "")
    numbered = [f"{sheet}\nPage {at}" for at, sheet in enumerate(sheets, 1)]
    assert left(*numbered) == sheets


def test_a_date_that_stands_above_all_pages_is_no_number_of_one() -> None:
    sheets = [f"3 May 2025, Harbour Board\nText of {at}a.\n{at}" for at in range(1, 6)]
    assert left(*sheets) == ["3 May 2025, Harbour Board\nText of 1a.", *(f"Text of {at}a." for at in range(2, 6))]


def test_the_head_of_a_chapter_goes_where_its_words_are_in_the_text() -> None:
    sheets = ["Day fares\nA day costs", "DAY FARES\nfive pounds", "DAY FARES\nand a year", "DAY FARES\nfifty."]
    assert left(*sheets) == ["Day fares\nA day costs", "five pounds", "and a year", "fifty."]


@pytest.mark.parametrize(
    "sheets",
    [
        ("Board\nIt rose.\n1", "Board\nIt fell.\n2"),  # two pages
        ("Lot 1\nA boat", "Lot 2\nA buoy", "Lot 3\nA bell"),  # numbers of things
        ("Total 12.50\nEbb", "Total 13.50\nFlood", "Total 14.50\nNeap"),
        ("a\n0.00", "b\n0.00", "c\n0.00"),  # the last cell of a table
        ("a\nNone", "b\nNone", "c\nNone"),
        ("Harbour dues\nof Saltings", "Harbour dues\nof Saltings", "Harbour dues\nof Saltings"),  # nothing else
        ("1 May Gull", "2 May Tern", "3 May Skua"),
    ],
)
def test_what_may_say_something_stays(sheets: tuple[str, ...]) -> None:
    assert without_running_lines(sheets) == ([*sheets], "")


def test_the_head_of_a_table_that_begins_within_a_page_stays() -> None:
    rows = ["\n".join(f"{at} {month} 3.50" for at in range(9)) for month in ("May", "June", "July", "August")]
    sheets = [f"Day Fare\n{said}" for said in rows]
    sheets[0] = f"It rose.\nIt fell.\nIt rained.\nIt blew.\n{sheets[0]}"
    assert left(*sheets) == sheets


def test_empty_pages_have_nothing_to_leave_out() -> None:
    assert without_running_lines([]) == ([], "")
    assert left("", "", "", "") == ["", "", "", ""]
    assert left("Harbour\nEbb", "", "Harbour\nFlood", "Harbour\nNeap") == ["Harbour\nEbb", "", "Flood", "Neap"]


# --- structure ---------------------------------------------------------------------------------------------------


def test_bookmarks_make_headings() -> None:
    assert [(one.level, one.title) for one in sections(of("examples/documents/annual.pdf").text)] == [
        (1, "Annual report"),
        (2, "1 Sailings"),
        (2, "2 Fares"),
        (2, "3 Repairs of the lantern bridge and of the two stairs beside it"),  # two lines on paper
        (3, "Cost"),
    ]


@pytest.mark.parametrize(
    ("text", "heading"),
    [
        ("A day\nFares\nTwo pounds", "A day\n## Fares\nTwo pounds"),
        ("A day\n2.1 FARES\nTwo pounds", "A day\n## 2.1 FARES\nTwo pounds"),
        ("A day\nB. Fares\nTwo pounds", "A day\n## B. Fares\nTwo pounds"),
        ("Fares\nA day\nFares\nTwo pounds", "Fares\nA day\n## Fares\nTwo pounds"),  # the first is the page's head
        ("Fares in May\nThe Fares\nsee Fares", None),
    ],
)
def test_a_heading_stands_on_a_line_of_its_own(text: str, heading: str | None) -> None:
    assert with_headings(["", text], [(1, 2, "Fares"), (7, 2, "Fares")]) == ["", heading or text]


def test_a_long_title_that_is_not_there_takes_no_time() -> None:
    text = "a" + " " * 100_000 + "b"
    assert with_headings([text], [(0, 1, "ab" * 150)]) == [text]


def test_columns_are_read_one_after_the_other() -> None:
    text = " ".join(of("tests/files/columns.pdf").text.split())
    ends = [
        text.index(f"{what} {part}.{at}.") for part in range(1, 5) for at in range(1, 4) for what in ("Begin", "End")
    ]
    assert ends == sorted(ends)
