"""From HTML to Markdown: what is kept of the build of a text, and what only dresses it."""

from __future__ import annotations

import time

import pytest

from extractor.front_matter import metadata_of
from extractor.loaders.markdown import from_html, with_front_matter


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("<h2>Fares</h2><p>A <b>day</b> <a href='x'>ticket</a></p>", "## Fares\n\nA day ticket"),
        ("<p>a_b *c* [d] 1. e</p>", "a_b *c* [d] 1. e"),
        ("<p>H<sub>2</sub>O, 10<sup>-3</sup>, x<sup>n</sup></p>", "H₂O, 10⁻³, xn"),
        ("<p>Said.<sup><a href='#n'>3</a></sup></p>", "Said.[3]"),
        ("<p>Said.<a role='doc-noteref'>3</a> <a href='x'>More</a></p>", "Said.[3] More"),
        ("<p>one<br>two</p>", "one\ntwo"),
        ("<pre><code>a\n  b</code></pre>", "```\na\n  b\n```"),
        ("<pre>\n\n  a\n```\n````b\n</pre>", "`````\n  a\n```\n````b\n`````"),
        ("<pre>a<pre>b</pre></pre><pre> \n</pre>", "```\na\nb\n```"),
        ("<style>p{}</style><!-- x --><p>Sea</p><script>1</script>", "Sea"),
        (
            "<head><title>No</title></head><body><p>Sea<script src='a'/> and sky</p><noscript><p>No</p></noscript>",
            "Sea and sky",
        ),
        ("<ol><li>a</li><li>b<ul><li>c</li></ul></li></ol>", "1. a\n2. b\n   - c"),
        ("<ol start=3><li>a<li value=3>b<li>c<li value=x>d</ol>", "3. a\n\n3. b\n4. c\n5. d"),
        (
            "<p>Is <math><semantics><mi>mc2</mi><annotation encoding='application/x-tex'>mc^2</annotation></math>.</p>",
            "Is mc^2.",
        ),
        ("<p>It is <math><mi>m</mi><mi>c</mi></math>.</p>", "It is mc."),
        ("<table><tr><td>a<td>b<tr><td>1<td><p>2</p><p>3</p></table>", "| a | b |\n| --- | --- |\n| 1 | 2 3 |"),
        (
            "<table><tr><th>d<th>at<th>to<tr><td rowspan=2>Mo<td>9<td rowspan=9>E<tr><td>11<tr><td colspan=2>0</table>",
            "| d | at | to |\n| --- | --- | --- |\n| Mo | 9 | E |\n| Mo | 11 | E |\n| 0 | | E |",
        ),
        (
            "<table><tr><td>Side<td><h2>Fares</h2><table><tr><th>a<th>b<tr><td>1<td>2</table></table>",
            "Side\n\n## Fares\n\n| a | b |\n| --- | --- |\n| 1 | 2 |",
        ),
        ("<table><tr><td>1<td><pre>a\n b</pre></table>", "1\n\n```\na\n b\n```"),
        ("<table role=presentation><tr><td>a<td>b</table>", "a\n\nb"),
        (
            r"<p>x | y<table><tr><th>a<th>b|c<tr><td>Oat | seed<td><code>d|e</code><tr><td>f\|g<td>h</table>",
            "x | y\n\n| a | b\\|c |\n| --- | --- |\n| Oat \\| seed | `d\\|e` |\n| f\\\\\\|g | h |",
        ),
        (
            "<table><tr><th>item<th>sizes<tr><td>Rope of hemp<td>in <table><tr><td>m<td>ft</table></table>",
            "| item | sizes |\n| --- | --- |\n| Rope of hemp | in m ft |",
        ),
    ],
)
def test_from_html(html: str, markdown: str) -> None:
    assert from_html(html) == markdown


def test_cells_over_many_rows_cost_little() -> None:
    page = f"<table><tr><td rowspan=99999>{'sea ' * 9_000}<td>0" + "<tr><td>1" * 3_000 + "</table>"
    assert len(from_html(page)) < 200_000


def test_many_cells_over_many_rows_stay_where_they_stand() -> None:
    found = from_html(f"<table><tr>{'<td rowspan=9999>a' * 200}{'<tr><td>b' * 600}</table>")
    assert (found.count("a"), found.count("b")) == (200, 600)
    found = from_html(f"<table><tr>{'<td rowspan=99>a' * 90}{'<tr><td>b' * 90}</table>" * 5)
    assert found.count("a") == 5 * 90 + 2 * 90 * 90  # of all tables of a page


@pytest.mark.parametrize("unit", ["<script ", "<!--", "<head ", "</script", "   \n", "  ↑", "\t \t"])
def test_no_page_takes_long(unit: str) -> None:
    def seconds(size: int) -> float:
        started = time.process_time()
        from_html(f"<p>a{unit * size}b")
        return time.process_time() - started

    assert min(seconds(40_000) for _ in range(2)) < 8 * max(seconds(10_000), 0.1)


def test_front_matter_is_read_back() -> None:
    said = {"title": "A: 'b' # c", "author": "王, 李", "date": "2025-06-15"}
    assert {key: str(value) for key, value in metadata_of(with_front_matter("x", said)).items()} == said
