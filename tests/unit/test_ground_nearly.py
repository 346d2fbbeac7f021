"""What nearly says a value, and what says something else in nearly the same words."""

from __future__ import annotations

from typing import Any

import pytest
from scripted import schema_of

from extractor.ground import ground
from extractor.ground.meaning import telling, telling_characters
from extractor.types import Document, Span

NEWS = "Samuel Oyebeck designed the structure for Saltings Ltd in Northern Ireland."
LIBRARY = "禾渡纸业捐赠了三千册图书。改造花费一千二百万元。馆长祁若兰说图书会更多。"


def spans_of(data: Any, text: str) -> dict[str, Span]:
    return dict(ground(data, Document("test", text), schema_of({})).spans)


def said_of(data: Any, text: str) -> dict[str, tuple[str, str]]:
    """What stands at each span, and how it was found."""
    return {where: (text[span.start : span.end], span.match) for where, span in spans_of(data, text).items()}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param(
            "Boris Oyebeck designed the structure for Saltings Ltd in Northern Ireland", NEWS, id="first name"
        ),
        pytest.param("Samuel Oyebeck designed the structure for Google Ltd in Northern Ireland", NEWS, id="company"),
        pytest.param(
            "Ministry of Foreign Affairs of Sweden", "the Ministry of Foreign Affairs of Norway", id="country"
        ),
        pytest.param("Maria Martinez Gonzalez Fernandez", "Carlos Martinez Gonzalez Fernandez", id="of four names one"),
        pytest.param(
            "National Business Machines Corporation", "International Business Machines Corporation", id="longer"
        ),
        pytest.param("Hepatitis A", "a case of Hepatitis B", id="a letter as a name"),
        pytest.param("Department for IT", "the Department for Transport", id="an acronym"),
        pytest.param("馆长王若兰说图书会更多", LIBRARY, id="Chinese surname"),
        pytest.param("东海银行捐赠了三千册图书。改造花费一千二百万元", LIBRARY, id="Chinese words one after another"),
        pytest.param("Germany", "the German team", id="a letter more at the end"),
        pytest.param("Swede", "she is from Sweden", id="a letter less at the end"),
    ],
)
def test_another_name_is_another_value(value: str, text: str) -> None:
    assert spans_of([value], text) == {}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("five hundred passengers were killed there", "three hundred passengers were killed there"),
        ("hundred passengers were killed yesterday", "five hundred passengers were all killed yesterday"),
        ("the crew lost twenty", "the crew has lost twenty three"),
        ("二百万元捐款", "一千二百万元的捐款"),
        ("twenty-four", "twenty-three"),
        ("the second quarter results of the company", "the first quarter results of the company"),
        ("the thirtieth anniversary of the harbour", "the thirteenth anniversary of the harbour"),
        ("World War I", "World War II began"),
        ("禾渡纸业捐赠了三万册图书", LIBRARY),
        ("改造花费九千二百万元", LIBRARY),
        ("一千三百万元", LIBRARY),
        ("二〇二四年第一季度", "二〇二三年第一季度"),
        ("第三十三届奥运会", "第三十二届奥运会"),
        ("北京市第二中级人民法院", "北京市第一中级人民法院"),
        ("双江一书馆", "双江图书馆"),
    ],
)
def test_another_number_in_words_is_another_value(value: str, text: str) -> None:
    assert spans_of([value], text) == {}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("Samuel Oyebeck never designed the structure for Saltings Ltd in Northern Ireland", NEWS),
        ("the old harbour bridge opened in the north", "the old harbour bridge never opened in the north"),
        ("the old harbour bridge did open", "the old harbour bridge didn’t open"),
        ("die Brücke wurde heute eröffnet", "die Brücke wurde heute nicht eröffnet"),
        ("not stated", "She stated it"),
        ("not mentioned", "It is mentioned"),
        ("not stated", "He started"),
        ("没有捐赠三千册图书", "禾渡捐赠三千册图书"),
        ("图书馆今天不开放", "图书馆今天才开放"),
    ],
)
def test_what_is_denied_is_not_what_is_said(value: str, text: str) -> None:
    assert spans_of([value], text) == {}


@pytest.mark.parametrize(
    ("value", "text", "written"),
    [
        ("Samuel Oyebeck designed a structure for Saltings Ltd at Northern Ireland", NEWS, NEWS[:-1]),
        ("Samuel Oyebeck desinged the structures for Saltings Ltd in Northern Ireland", NEWS, NEWS[:-1]),
        ("Samuel Oyebeck designed the structure for Saltings Ltd, Ireland", NEWS, NEWS[:-1]),
        ("three hundred passengers died on the ferry", "three hundred passengers died on a ferry", None),
        ("it was not opened by the mayor", "it was not opened by a mayor", None),
        ("捐赠三千册图书", LIBRARY, "捐赠了三千册图书"),
    ],
)
def test_function_words_slips_and_what_a_value_leaves_out_may_differ(
    value: str, text: str, written: str | None
) -> None:
    assert said_of([value], text) == {"/0": (written or text, "fuzzy")}


def test_telling() -> None:
    words = ["it", "isn", "t", "the", "third", "of", "42", "nor", "ii"]
    assert telling(words) == ["not", "third", "42", "nor", "ii"]
    assert telling_characters("王先生没有三千") == ["王", "没", "三", "千"]
