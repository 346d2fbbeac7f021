"""Where numbers, amounts, dates and times stand in a document in another form than in the record."""

from __future__ import annotations

import sys
import time
from calendar import month_name
from datetime import date
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scripted import quick

from extractor.coercion import numbers
from extractor.ground import amounts, days, spoken
from extractor.ground.typed import Typed


def said(value: Any, text: str, form: str | None = None) -> list[str]:
    """What stands at each place of a value."""
    return [text[start:end] for start, end in Typed(text).places(value, form)]


# --- numbers -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "forms"),
    [
        (1200, "1200 · 1,200 · 1 200 · 1.2k · 1'200 · 1.2 thousand · 1.200 · 1200.0 · １２００ · 1.2e3 · 1.2 x 10^3"),
        (
            1200,
            "twelve hundred · one thousand two hundred · Twelve Hundred · 一千二百 · 壹仟贰佰 · 1200元 · 一千二百米",
        ),
        (1205, "one thousand two hundred and five · 一千二百零五 · 1205 people"),
        (0.12, "12% · 12 % · 12 per cent · 12 percent · twelve percent · 百分之十二 · 百分之12 · 0.12 · .12 · １２％"),
        (12.5, "$12.50 · USD 12.5 · 12.5 元 · €12.50 · RM12.50 · 12,50 · ￥12.5 · twelve point five · 十二点五"),
        (2_500_000, "2.5 million · 250万 · 二百五十万 · two and a half million · $2.5M · 2.5-million · 250万元 · 2.5m"),
        (123_000, "12万3千 · 123,000 · 十二万三千 · 123k"),
        (-3, "-3 · −3 · (3) · minus three · -3.0"),
        (0.75, "3/4 · ¾ · 四分之三 · 75%"),
        (1.5, "1½ · 1 1/2 · 一个半小时 · 1.5 km · 1.50"),
        (24, "2 dozen · two dozen · 24 · twenty-four · 24-hour"),
        (0.8, "8/10 · 80%"),
        (100, "a hundred · one hundred · 100 · 一百"),
        (0, "0 · 0.00 · zero"),
    ],
)
def test_forms_of_a_number(value: float, forms: str) -> None:
    expected = forms.split(" · ")
    for text in (forms, f"价格是{forms}。", f"({forms.replace(' · ', '; ')})"):
        found = said(value, text)
        for form, stretch in zip(expected, found, strict=True):
            assert stretch == form


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (5, "15 and 5.3, 51, 0.5, 5e3"),
        (5, "the 5th floor, A5, 5G, v5, INV-5, F-5, 5-D, x_5"),
        (5, "at 10:05 or 5:30, 3/5, 5.com, 1.5.3, §1.5"),
        (5, "第五章, 第5章, 第 5 章, 星期五, 几十五, 五月, 5月, 5日"),
        (10, "几十个人, 数十人, 上百"),
        (2024, "INV-2024-03, 2024-03, A2024, +49 2024 2024, 03-2024 2024"),
        (3, "3 March 2024, March 3, 2024"),
        (1, "one of them, no one, this one, a house, 一个人, 一种, 一样"),
        (2, "two-thirds of it"),
        (800, "1-800-555-0199"),
        (4, "四川的三星, 十分好"),
        (1, "1 500 km,1 500℃"),
        (3, "-3, 3.5"),
        (2.5, "2.5 million"),
        (12, "12 million, 12万"),
        (7, "007, 07"),
        (12, "12th"),
    ],
)
def test_no_places_of_a_number(value: float, text: str) -> None:
    assert not said(value, text)


@pytest.mark.parametrize(
    ("value", "text", "expected"),
    [
        ("12 km", "12 kg, 12 km, 12公里, 12 kilometres, 12", ["12 km", "12公里", "12 kilometres", "12"]),
        ("$12", "12%, 12 km, $12, USD 12, 12 dollars, 12", ["$12", "USD 12", "12 dollars", "12"]),
        ("12%", "12, 12%, $12, 0.12", ["12%", "0.12"]),
        (12, "12%, $12, 12 km", ["12%", "$12", "12 km"]),
        ("RM 6.00", "6.00, RM6, $6", ["6.00", "RM6"]),
        ("1,200", "1200 twelve hundred", ["1200", "twelve hundred"]),
        ("一千二百", "1,200", ["1,200"]),
        ("3/4", "75%", ["75%"]),
        ("0049", "49", []),
        ("5th", "5", []),
        ("No. 5", "5", []),
        ("Blue", "Blue", []),
        ("", "1", []),
        ("May", "May 2024", []),
        (True, "1", []),
        (float("nan"), "nan", []),
        (float("inf"), "inf", []),
        pytest.param(10**5000, "1" + "0" * 5000, [], id="huge"),
        (5, "3-5", ["5"]),
        (3, "3-5 or 3–7", ["3", "3"]),
        (1, "1, one percent, one dollar, 一元", ["1", "one percent", "one dollar", "一元"]),
        (2024, "in March 2024, on 3 March 2024, 2024年", ["2024", "2024", "2024年"]),
        (5, "total......5", ["5"]),
        (1234, "1.234", ["1.234"]),
        (1.234, "1.234", ["1.234"]),
        (5_000_000, "5m", ["5m"]),
        (3000, "三千克", ["三千克"]),
        (3, "三千克", ["三千克"]),
    ],
)
def test_places_of_a_value(value: Any, text: str, expected: list[str]) -> None:
    assert said(value, text) == expected


@pytest.mark.parametrize(
    ("value", "text", "expected"),
    [
        (5_000_000, "5-10 million, $5-10m or 5 to 10 million", ["5-10 million", "$5-10m", "5 to 10 million"]),
        (10_000_000, "5-10 million, $5-10m", ["10 million", "10m"]),
        (0.15, "15 to 20 per cent, 15–20%, 15%-20%", ["15 to 20 per cent", "15–20%", "15%"]),
        (50_000, "5至10万", ["5至10万"]),
        (5_000_000, "5, 10 million; 2.5-10 million; 1-5-10 million; 5-10 miles; 5-10", []),
        (
            -1_200_000,
            "minus 1.2m, minus £1.2m, Negative 1.2 million",
            ["minus 1.2m", "minus £1.2m", "Negative 1.2 million"],
        ),
        (-5, "minus £5, minus 5, minus five", ["minus £5", "minus 5", "minus five"]),
        (-5, "10 minus 5, terminus 5, 5", []),
        (5, "minus £5, minus 5", []),
        (-5, "零下五度, 零下5℃", ["零下五度", "零下5℃"]),
        (35_000, "3万5, 三万五。三万五月", ["3万5", "三万五"]),
        (23_000, "两万三块，两万三千五", ["两万三"]),
        (120, "一百二，一百二十", ["一百二", "一百二十"]),
        (1320, "一千三百二", ["一千三百二"]),
        (22_000, "两万两", []),
        (0.5, "占五成，5成，五成为", ["五成", "5成"]),
        (3456, "价３，４５６元", ["３，４５６元"]),
    ],
)
def test_what_says_more_than_its_signs(value: float, text: str, expected: list[str]) -> None:
    assert said(value, text) == expected


def test_equal_numbers_are_one() -> None:
    document = Typed("0.10 and 1200")
    assert document.places(0.1) == document.places("0.100") == [(0, 4)]
    assert document.places(1200) == document.places(1200.0) == [(9, 13)]
    assert not document.places(True)


_WORDS = st.sampled_from(["and", "over", "约", "和", "；", "Sales", "\n", "(", "the", "😀", "é"])
_NUMBERS = st.integers(0, 10**7) | st.decimals(0, 10**5, places=2).map(float)


def forms_of(value: float) -> list[str]:
    """Some ways to write a number."""
    plain = f"{value:.2f}" if isinstance(value, float) else str(value)
    return [
        plain,
        f"{value:,}" if isinstance(value, int) else f"{value:,.2f}",
        f"${plain}",
        f"{plain} km",
        f"{plain}元",
    ]


@quick(200)
@given(st.data(), _NUMBERS, st.lists(_WORDS, max_size=4), st.lists(_WORDS, max_size=4))
def test_a_number_is_found_in_each_form(data: st.DataObject, value: float, before: list[str], after: list[str]) -> None:
    form = data.draw(st.sampled_from(forms_of(value)))
    text = " ".join([*before, form, *after])
    start = len(" ".join([*before, ""]))
    assert any(one[0] <= start and one[1] >= start + len(form) for one in Typed(text).places(value))


_PIECES = st.sampled_from(
    ["1", "12", "1,200", "0.5", "03", "2024", "-", "/", ".", ",", ":", " ", "\n", "%", "$", "km", "k", "million",
     "one", "twelve", "hundred", "and", "a", "half", "一", "十", "千", "万", "百分之", "点", "年", "月", "日", "元",
     "个", "March", "May", "th", "am", "pm", "T", "+", "(", ")", "第", "１", "İ", "😀", "é", "½", "dozen", "x"]
)  # fmt: skip


@quick(300)
@given(st.lists(_PIECES, max_size=14).map("".join), st.sampled_from([1, 12, 1200, 0.5, 0.12, 2024, -12, 10, 12.5]))
@example("-12", 12)
@example("(12)", -12)
@example("1,200,12", 12)
def test_each_place_of_a_number_reads_as_it(text: str, value: float) -> None:
    places = Typed(text).places(value)
    for start, end in places:
        stretch = text[start:end]
        accounts = f"-{stretch[1:-1]}" if stretch[0] == "(" else stretch
        plain = " ".join(accounts.replace("１", "1").split())
        read = [one for way in (plain, plain.replace("-", " ")) for one in amounts.meanings(way)]
        assert Fraction(str(value)) in {one.number for one in (*read, *(one for _, one in spoken.read(plain)))}
    check_apart(places, text)


def check_apart(places: Any, text: str) -> None:
    """In reading order, within the text, and none over another."""
    assert all(0 <= start < end <= len(text) for start, end in places)
    assert all(one[1] <= other[0] for one, other in pairwise(places))


# --- dates and times -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "form",
    ["2024-03-03", "3 March 2024", "March 3rd, 2024", "3rd of March, 2024", "Mar. 3, 2024", "2024 March 3",
     "2024/3/3", "03/03/2024", "3.3.2024", "2024年3月3日", "二〇二四年三月三日", "２０２４年３月３日", "20240303",
     "03032024", "3/3/24", "3 Mar '24", "03-MAR-2024", "3 MARCH 2024", "3 March\n2024", "24年3月3日", "2024. 3. 3"],
)  # fmt: skip
def test_forms_of_a_date(form: str) -> None:
    for text in (form, f"On {form}, it rained.", f"于{form}下雨。", f"({form})"):
        assert said("2024-03-03", text, "date") == [form]
        assert said("2024-03-03", text) == [form]
        assert not said("2024-03-04", text, "date")
        assert not said("2023-03-03", text, "date")


@pytest.mark.parametrize(
    ("value", "text", "expected"),
    [
        ("2024-04-03", "03/04/2024, 4/3/2024 and 03-04-24", ["03/04/2024", "4/3/2024", "03-04-24"]),
        ("2024-03-04", "03/04/2024", ["03/04/2024"]),
        ("2018-10-17", "17-10-18 or 18-10-17", ["17-10-18", "18-10-17"]),
        ("2024-03", "March 2024; 2024年3月; 3 March 2023", ["March 2024", "2024年3月"]),
        ("2024-03", "on 3 March 2024", ["3 March 2024"]),
        ("March 2024", "2024年3月", ["2024年3月"]),
        ("2024", "3 March 2024, 2024年, 二〇二四年三月, 2024 km, A2024", ["2024", "2024年", "二〇二四年", "2024 km"]),
        ("3 March 2024", "2024-03-03", ["2024-03-03"]),
        ("2024-06-07", "5-7 June 2024; June 5th–7th, 2024; June 7", ["5-7 June 2024", "June 5th–7th, 2024", "June 7"]),
        ("2024-06-05", "5 - 7 June 2024; 05-07-2024; 5-JUN-2024", ["5 - 7 June 2024", "5-JUN-2024"]),
        ("5 May", "May 5 and 2024-05-05", ["May 5"]),
        ("2024-03-03", "3 and 5 March 2024, from 3 to 5 March 2024", ["3 and 5 March 2024", "3 to 5 March 2024"]),
        ("2024-03-05", "March 3 to 5, 2024; 3 March 2024 and 5 others", ["March 3 to 5, 2024"]),
        ("2024-03-05", "2024年3月3日至5日；2024年3月3-5日", ["2024年3月3日至5日", "2024年3月3-5日"]),
        ("2024-03", "March '24, 3/2024, 24年3月, 13/2024, 1/3/2024", ["March '24", "3/2024", "24年3月"]),
        ("03/04/2024", "3 April 2024, March 4, 2024", ["3 April 2024", "March 4, 2024"]),
        ("2024-05-05", "In 2024: on 5 May, and on May 5.", ["5 May", "May 5"]),
        ("2024-05-05", "2024年3月3日开工，5月5日完工。", ["5月5日"]),
        ("2024-05-05", "5 May", []),
        ("2024-05-05", "In 2024.\n\nOn 5 May", []),
        ("2024-05-05", "In 2024, not in 2023, on 5 May", []),
        ("2024-05-05", "In 2024 you may 5 times", []),
        ("2024-03-03", "id 12024-03-03, v2024-03-03.1, 2024-03-031", []),
        ("2024-02-30", "2024-02-30", []),
        ("yesterday", "yesterday", []),
    ],
)
def test_places_of_a_date(value: str, text: str, expected: list[str]) -> None:
    assert said(value, text, "date") == expected


@pytest.mark.parametrize(
    ("value", "text", "expected"),
    [
        ("2024-03-03T10:30:00", "on 3 March 2024", ["3 March 2024"]),
        ("2024-03-03T10:30:00", "3 March 2024 at 10:30 am.", ["3 March 2024 at 10:30 am"]),
        ("2024-03-03T10:30:00", "10:30 on 3 March 2024", ["10:30 on 3 March 2024"]),
        ("2024-03-03T10:30:00Z", "2024-03-03T10:30:00Z", ["2024-03-03T10:30:00Z"]),
        ("2024-03-03T10:30:00", "2024年3月3日上午10点半", ["2024年3月3日上午10点半"]),
        ("2024-03-03T22:30:00", "2024年3月3日（星期日）晚上十点半", ["2024年3月3日（星期日）晚上十点半"]),
        ("2024-03-03T10:30:00", "2024-03-03 11:45", []),
        ("2024-03-03T10:30:00+01:00", "2024-03-03T10:30:00+02:00", []),
        ("2024-03-03T10:30:00", "2024-03-03 11:45, 2024-03-03 10:30, 2024-03-03.", ["2024-03-03 10:30"]),
        ("3 March 2024, 10:30", "2024-03-03 10:30", ["2024-03-03 10:30"]),
    ],
)
def test_places_of_a_moment(value: str, text: str, expected: list[str]) -> None:
    assert said(value, text, "date-time") == expected


@pytest.mark.parametrize(
    ("value", "form", "text", "expected"),
    [
        ("15:00:00", "time", "3 pm, 15:00, 下午三点, 3:00 and 03:00", ["3 pm", "15:00", "下午三点", "3:00"]),
        ("12:00:00", "time", "at noon", ["noon"]),
        ("10:30:00Z", "time", "10:30 UTC, 10:30, 10:30+02:00", ["10:30 UTC", "10:30"]),
        ("10:30 am", None, "10:30", ["10:30"]),
        ("09:30:00", "time", "at 9.30am, 9.30 a.m.; 9.30, 1.9.30am", ["9.30am", "9.30 a.m."]),
        ("21:30:00", "time", "at 9.30 pm", ["9.30 pm"]),
        ("PT90M", "duration", "1.5 hours; 90 minutes; 一个半小时; 90分钟; 90-minute",
         ["1.5 hours", "90 minutes", "一个半小时", "90分钟", "90-minute"]),
        ("PT1H30M", "duration", "1 hour and 30 minutes, 90 min", ["1 hour and 30 minutes", "90 min"]),
        ("P2D", "duration", "two days or 2天", ["two days", "2天"]),
        ("P1Y", "duration", "12 months", ["12 months"]),
        ("P", "duration", "1 hour", []),
        ("soon", "duration", "soon", []),
    ],
)  # fmt: skip
def test_places_of_a_time(value: str, form: str | None, text: str, expected: list[str]) -> None:
    assert said(value, text, form) == expected


_DATES = st.dates(date(1900, 1, 1), date(2099, 12, 31))


@quick(200)
@given(st.data(), _DATES, st.lists(_WORDS, max_size=4), st.lists(_WORDS, max_size=4))
def test_a_date_is_found_in_each_form(data: st.DataObject, day: date, before: list[str], after: list[str]) -> None:
    name = month_name[day.month]
    western = [f"{day.day} {name} {day.year}", f"{name[:3]} {day.day}, {day.year}", f"{day.day}/{day.month}/{day.year}"]
    forms = [day.isoformat(), *western, f"{day.year}年{day.month}月{day.day}日", f"{day.year}{day:%m%d}"]
    form = data.draw(st.sampled_from(forms))
    text = " ".join([*before, form, *after])
    start = len(" ".join([*before, ""]))
    assert (start, start + len(form)) in Typed(text).places(day.isoformat(), "date")


@quick(300)
@given(st.lists(_PIECES, max_size=14).map("".join), st.sampled_from(["2024-12-01", "2024-03-12", "2024-03"]))
def test_each_place_of_a_date_reads_as_it(text: str, value: str) -> None:
    places = Typed(text).places(value, "date")
    for start, end in places:
        year, month, *rest = map(int, value.split("-"))
        read = days.meanings(" ".join(text[start:end].replace("１", "1").split()))
        assert any(one.month == month and one.year in {year, None} and (not rest or one.day == rest[0]) for one in read)
    check_apart(places, text)


# --- offsets and hostile texts -------------------------------------------------------------------------------


def test_offsets_are_those_of_the_document() -> None:
    every = "".join(map(chr, (*range(0xD800), *range(0xE000, sys.maxunicode + 1))))
    narrow, lower = Typed(every)._view
    assert len(narrow) == len(lower) == len(every)
    assert said(1200, "İİ 😀 １，２００ 价１２００元") == ["１，２００", "１２００元"]
    assert said(1200, "１，２００，３４ １，２０００ １，200") == []


def test_a_second_size_is_no_number() -> None:
    assert numbers.read("三万二万") == ()


@pytest.mark.slow
@pytest.mark.parametrize(
    "piece",
    ["1,", "1.", "1", "0", "1/", "1-", "1:", "1 ", "1 000 ", "一", "万", "1万", "百分之", "分之一", "一点", "one ",
     "a hundred ", "one hundred and ", "half an ", "-", "$", "+12 ", "(0", "年", "1月", "may 1 ", "3点", "1 hour ", " ",
     "1½", "e5", "×10^", "minus ", "3 and 5 ", "5 to ", "万三", "一百", "五成", "3日至", "零下"],
)  # fmt: skip
def test_hostile_texts_take_no_long(piece: str) -> None:
    document = Typed(piece * (100_000 // len(piece)))
    started = time.process_time()
    for value, form in (
        (1, None),
        ("2024-03-03T10:30:00", None),
        ("10:30:00", "time"),
        ("PT5H", "duration"),
        (0.5, None),
    ):
        document.places(value, form)
    assert time.process_time() - started < 20
