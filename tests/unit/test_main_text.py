"""Of a web page the main text, with its build: headings, lists, terms, code stand as the page has them."""

from __future__ import annotations

import pytest

from extractor.loaders import Reading, read
from extractor.outline import sections

TIDES = "<p>" + "The harbour board said that the ferry sails again. " * 9 + "</p>"
FARES = f"<h1>Ferry</h1>{TIDES}<h2>Fares</h2><ul><li>Single £3.20</ul>"


@pytest.mark.parametrize(
    "page",
    [
        f"<html><body><nav><a href='/'>All tides</a></nav>{FARES}</body></html>",
        f"<body><nav>All tides</nav>{FARES}",
        f"<html><ul><li><a href='/'>All tides</a><li><a href='/f'>Ferries</a></ul><div>{FARES}</div></html>",
        "<html><article><h1>Ferry</h1><p>It sails.</p><h2>Fares</h2><ul><li>Single £3.20</ul></article></html>",
        f"<html><body><main>{FARES}</main><footer>All tides</footer></body></html>",
    ],
)
def test_a_page_that_is_its_text_keeps_headings_and_lists(page: str) -> None:
    found = read("a.html", page.encode())
    assert [section.title for section in sections(found.text)] == ["Ferry", "Fares"]
    assert "- Single £3.20" in found.text
    assert "All tides" not in found.text


def test_what_is_around_a_text_stays_out() -> None:
    others = "".join(f"<p>{'I hate this, says number ' + str(at)}. {'So do I. ' * 9}</p>" for at in range(9))
    page = f"<html><body><article>{FARES}{TIDES}</article><div class='comments'>{others}</div></body></html>"
    assert "I hate this" not in read("a.html", page.encode()).text


def test_terms_numbers_captions_and_code_are_kept() -> None:
    """Of such a page, as pandoc writes it, trafilatura's own output has no heading, no list and no term."""
    page = (
        f"<html><body><header id='title'><h1 class='title'>Ferry</h1></header><h1 id='overview'>Overview</h1>{TIDES}"
        "<h2>Code</h2><pre><code>def fare(x):\n    return 3</code></pre>"
        "<h2>Terms</h2><dl><dt>Quay</dt><dd><p>A place to land.</p></dd></dl>"
        "<h2>Steps</h2><ol><li>First<ul><li>inner</li></ul></li><li><p>Second</p><p>And more.</p></li></ol>"
        "<table><caption>Fares in pounds.</caption><tr><th>Ticket</th><th>Price</th></tr>"
        "<tr><td>Single</td><td>3.20</td></tr></table></body></html>"
    )
    found = read("a.html", page.encode()).text
    assert [section.title for section in sections(found)] == ["Ferry", "Overview", "Code", "Terms", "Steps"]
    assert "```\ndef fare(x):\n    return 3\n```" in found
    assert "Quay\n:   A place to land." in found
    assert "1. First\n" in found
    assert "   - inner\n" in found
    assert "2. Second\n\n   And more." in found
    assert "Fares in pounds.\n\n| Ticket | Price |" in found


def test_what_has_a_name_of_its_own_beside_a_text_stays_out() -> None:
    related = "<div class='related'><h3>Related</h3><ul><li>A bridge opens</li><li>Gulls return</li></ul></div>"
    popular = "<ul class='sidebar'><li>Tide tables are out</li><li>The quay is mended</li></ul>"
    page = f"<html><body><article>{FARES}{related}{popular}{TIDES.replace('ferry', 'boat')}</article></body></html>"
    found = read("a.html", page.encode()).text
    assert "- Single £3.20" in found
    assert not any(word in found for word in ("Related", "Gulls", "Tide tables"))


def test_what_a_page_has_twice_is_taken_once() -> None:
    copy = f"<div id='print'><div><p>For print</p>{FARES}</div></div>"
    found = read("a.html", f"<html><body><div id='main'>{FARES}</div>{copy}</body></html>".encode()).text
    assert found.count("Single £3.20") == 1
    assert found.count("sails again") == 9
    assert "For print" not in found


def test_lines_of_a_chinese_paragraph_are_put_together_but_for_code() -> None:
    text = "海港大桥于二〇二五年六月十五日通车，全长三百一十二米，\n连接盐滩与埃勒茅斯两地。大桥由一家联合体承建。"
    page = f"<html><body><article><p>{text}</p><pre>海港\n大桥</pre><p>{text[::-1]}</p></article></body></html>"
    found = read("a.html", page.encode()).text
    assert "三百一十二米，连接盐滩" in found
    assert "```\n海港\n大桥\n```" in found


SPECS = "<table><tr><th>Model<td>P-200<tr><th>Power<td>1.2 kW<tr><th>Weight<td>12 kg</table>"
SHEET = "| Model | P-200 |\n| --- | --- |\n| Power | 1.2 kW |\n| Weight | 12 kg |"


@pytest.mark.parametrize(
    "page",
    [
        f"<header>Acme</header><nav>Home</nav><h1>P-200</h1>{SPECS}<aside>Acme P-300</aside><footer>Acme</footer>",
        f"<form><div><ul><li><a href=/>Acme</a><li><a href=/p>Home</a></ul><h1>P-200</h1>{SPECS}</div></form>",
        f"<div role=banner>Acme</div><h1>P-200</h1><aside>{SPECS}</aside><form><input><button>Acme</button></form>",
    ],
)
def test_a_data_sheet_stands_without_what_is_around_it(page: str) -> None:
    found = read("a.html", f"<html><body>{page}</body></html>".encode())
    assert found.text.split("---\n\n")[-1] == f"# P-200\n\n{SHEET}"
    assert found.notes == (
        "no main text was found in this page, so all of it is taken but for its menus, head and foot",
    )
    assert "Acme" in read("a.html", page.encode(), Reading(raw=True)).text


def test_a_page_that_is_a_menu_is_taken_whole() -> None:
    found = read("a.html", b"<body><nav><ul><li><a href=/>Tides</a><li><a href=/b>Gulls</a></ul></nav></body>")
    assert "- Tides\n- Gulls" in found.text
    assert found.notes == ("no main text was found in this page, so all of it is taken",)
