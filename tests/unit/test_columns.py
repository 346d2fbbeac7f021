"""Tables on terminals of any width: which columns stay, and that no number is cut."""

from __future__ import annotations

import io
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from extractor.cli.columns import Column, fitted, print_table, shortened

COLUMNS = [
    Column("field", ["people[].address.street", "all values"], is_text=True),
    Column("compared", ["normalised", ""], 1, is_text=True),
    Column("F1", ["0.500", "1.000"]),
    Column("95 %", ["0.250–1.000", "0.000–1.000"], 2),
    Column("gold", ["8", "9"], 3),
    Column("found", ["8", "9"], 3),
]


@pytest.mark.parametrize(
    ("width", "names"),
    [
        (73, ["field", "compared", "F1", "95 %", "gold", "found"]),
        (72, ["field", "compared", "F1", "95 %"]),
        (57, ["field", "compared", "F1"]),
        (43, ["field", "F1"]),
        (20, ["field", "F1"]),
        (1, ["field", "F1"]),
    ],
)
def test_what_says_least_goes_first(width: int, names: list[str]) -> None:
    kept = fitted(COLUMNS, width)
    assert [column.name for column in kept] == names
    assert [one for one in kept if one.name != "field"] == [one for one in COLUMNS if one.name in names[1:]]
    assert (kept[0] == COLUMNS[0]) is (width >= 31)
    assert sum(column.width for column in kept) + 3 * (len(kept) - 1) <= max(width, 8 + 3 + 5)


def test_a_row_goes_with_its_numbers() -> None:
    columns = [
        Column("field", ["title", "owner"], is_text=True),
        Column("compared", ["exact", "absence"], 1, is_text=True),
        Column("F1", ["0.500", ""]),
        Column("absent P", ["", "1.000"], 2),
    ]
    assert fitted(columns, 40)[0].cells == ["title", "owner"]
    assert [column.cells for column in fitted(columns, 29)] == [["title"], ["exact"], ["0.500"]]


def test_names_lose_their_middle() -> None:
    assert shortened("people[].address.street", 16) == "people[]….street"
    assert shortened("title", 8) == "title"
    assert shortened("标题和作者的名字", 8) == "标题…字"


@given(st.text(max_size=30), st.integers(8, 40))
def test_a_short_name_fits(name: str, width: int) -> None:
    assert cell_len(shortened(name, width)) <= width


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("width", [20, 60, 80, 120])
def test_numbers_are_whole_on_any_terminal(monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    screen = Terminal()
    monkeypatch.setattr(sys, "stdout", screen)
    monkeypatch.setenv("COLUMNS", str(width))
    print_table(COLUMNS, 1)
    told = screen.getvalue()
    assert "0.500" in told
    assert max(map(cell_len, told.splitlines()[1:5])) <= width
    assert ("no room for" in told) is (width < 73)
    assert "…" not in told or width == 20


def test_a_file_has_room_for_all(capsys: pytest.CaptureFixture[str]) -> None:
    name = "a.very.long.name" * 20
    print_table([Column("field", [name], is_text=True), Column("F1", ["1.000"])])
    assert capsys.readouterr().out.splitlines()[-1] == f"{name}   1.000"
