"""`extract view` as people use it: the command in a folder of its own, and its page in a real browser.

The browser is the one that is installed (Debian's chromium). Where there is none these tests are skipped, unless
NEEDS_BROWSER is set.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest
from test_cli import extract

from extractor.lines import Line
from extractor.pointers import leaves
from extractor.types import Alternative, Document, Extraction, Match, Problem, Span, Support, Usage
from extractor.view import Entry, render

playwright = pytest.importorskip("playwright.sync_api")

LIGHT = (
    "Marram Light to be lit again\n\n"
    "The Marram Light, dark since 1987, will be lit again on 3 May 2026. Its keeper will be Edda Quill, 41.\n\n"
    "The Trust of Marram Sound paid £1,200 for the lamp. Visitors pay nothing.\n"
)
ISLAND = "🐟 𠀀岛灯塔重开\n\n𠀀岛的灯塔将于二〇二六年五月三日重新点亮，守塔人是🧑‍🚀易达。\n门票二十元。\n"
SUMMARY = "The Marram Light is lit again in May. It was built by Tom Aske in 1850."


def at(text: str, quote: str, match: Match = "exact", score: float = 1.0, after: int = 0) -> Span:
    start = text.index(quote, after)
    return Span(start, start + len(quote), match, score)


def support() -> tuple[Support, ...]:
    passage = LIGHT.index("The Marram Light,"), LIGHT.index(" Its keeper")
    return Support(0, 37, passage, 0.84), Support(38, len(SUMMARY), None, 0.2, ("Tom Aske", "1850"))


def made(source: str, data: Any, **more: Any) -> Extraction:
    usage = Usage(100, 10, 20, 0.0)
    more.setdefault("ungrounded", missing(data, more))
    return Extraction(source, data, "News@1", "replay:x", "grammar", attempts=1, usage=usage, seconds=1.5, **more)


def missing(data: Any, more: Mapping[str, Any]) -> dict[str, str]:
    """What is said of the leaves without a place; a kind is a choice."""
    known = {*more.get("spans", ()), *more.get("support", ()), *more.get("absent", ())}
    texts = [(at, value) for at, value in leaves(data) if isinstance(value, str | int) and value is not True]
    return {
        at: "not in the text" for at, value in texts if value != "" and not at.endswith("/kind") and at not in known
    }


def light() -> Extraction:
    data = {
        "title": "Marram Light to be lit again",
        "summary": SUMMARY,
        "day": "2026-05-03",
        "people": [{"name": "Edda Quill", "age": 41}],
        "places": ["Trust of Marram Sound", "Marram Sound", "Marram", "Atlantis"],
        "price": 1200,
        "kind": "news",
        "editor": "A. Nemo",
        "doi": None,
    }
    spans = {
        "/title": at(LIGHT, "Marram Light to be lit again"),
        "/day": at(LIGHT, "3 May 2026", "typed"),
        "/people/0/name": at(LIGHT, "Edda Quill"),
        "/people/0/age": at(LIGHT, "41"),
        "/places/0": at(LIGHT, "Trust of Marram Sound"),
        "/places/1": at(LIGHT, "Marram Sound"),
        "/places/2": at(LIGHT, "Marram", "fuzzy", 0.71, after=LIGHT.index("Trust")),
        "/price": at(LIGHT, "£1,200", "typed"),
    }
    absent = {"/doi": "not in the text"}
    notes = {"/title": "cut at 300 characters", "": "one more try"}
    return made("articles/light.txt", data, spans=spans, support={"/summary": support()}, absent=absent, notes=notes)


def island() -> Extraction:
    data = {
        "title": "𠀀岛灯塔重开",
        "people": [{"name": "🧑‍🚀易达", "age": None}],
        "price": 20,
        "kind": "news",
        "editor": "A. Nemo",
    }
    spans = {
        "/title": at(ISLAND, "𠀀岛灯塔重开"),
        "/people/0/name": at(ISLAND, "🧑‍🚀易达"),
        "/price": at(ISLAND, "二十", "typed"),
    }
    return made("articles/island.txt", data, spans=spans, absent={"/people/0/age": "not in the text"})


def failed() -> Extraction:
    return made("articles/broken.txt", None, errors=(Problem("/day", "'soon' is no date", "soon", hint="try again"),))


ENTRIES = (
    Entry(light(), Document("a", LIGHT)),
    Entry(island(), Document("b", ISLAND)),
    Entry(failed(), Document("c", "The lamp will be lit soon.\n")),
    Entry(made("gone.txt", {"title": "Gone"}, spans={"/title": Span(0, 4, "exact")}), None, "gone.txt: not found"),
)


# --- the command -------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "light.txt").write_text(LIGHT, encoding="utf-8")
    (tmp_path / "articles" / "island.txt").write_text(ISLAND, encoding="utf-8")
    lines = [Line.of(record).text for record in (light(), island())]
    (tmp_path / "out.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return tmp_path


def packed(page: Path) -> Any:
    found = re.search(r'type="application/json">(.*?)</script>', page.read_text(encoding="utf-8"), re.DOTALL)
    assert found
    return json.loads(found[1])


def test_one_record_is_told_as_one(folder: Path) -> None:
    done = extract("view", "out.jsonl", "--limit", "1", cwd=folder)
    assert (done.code, done.out) == (0, "")
    assert done.err.startswith("out.html: 1 record, 1 with their document; ")


def test_a_page_is_made_beside_the_records(folder: Path) -> None:
    done = extract("view", "out.jsonl", cwd=folder)
    assert (done.code, done.out) == (0, "")
    assert re.fullmatch(r"out\.html: 2 records, 2 with their document; 0\.\d MB\n", done.err)
    assert [one["text"] for one in packed(folder / "out.html")["documents"]] == [LIGHT, ISLAND]
    assert extract("view", "out.jsonl", "-q", cwd=folder).err == ""
    assert sorted(path.name for path in folder.iterdir()) == ["articles", "out.html", "out.jsonl"]


@pytest.mark.slow
def test_records_in_another_folder_find_their_documents(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    out = elsewhere / "page.html"
    assert "2 with their" in extract("view", folder / "out.jsonl", "--out", out, cwd=elsewhere).err
    moved = shutil.move(folder / "out.jsonl", elsewhere / "out.jsonl")
    done = extract("view", moved, cwd=elsewhere)
    assert (done.code, "0 with their" in done.err, "--base" in done.err) == (0, True, True)
    assert "2 with their" in extract("view", moved, "--base", folder, cwd=elsewhere).err
    assert "2 with their" in extract("view", moved, "--docs", folder / "articles", cwd=elsewhere).err


def test_a_document_that_has_changed_is_not_shown(folder: Path) -> None:
    (folder / "articles" / "light.txt").write_text(f"Once more: {LIGHT}", encoding="utf-8")
    done = extract("view", "out.jsonl", cwd=folder)
    assert (done.code, "1 with their" in done.err, "articles/light.txt: it has changed" in done.err) == (0, True, True)
    assert [one["text"] for one in packed(folder / "out.html")["documents"]] == [None, ISLAND]


def test_records_of_records_are_found_by_file_and_number_or_by_id(folder: Path) -> None:
    rows = [{"id": "l", "body": LIGHT}, {"id": "i", "body": ISLAND}]
    (folder / "docs.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    for names, flags in (("docs.jsonl:1 docs.jsonl:2", ()), ("l i", ("--docs", "docs.jsonl", "--id-field", "id"))):
        records = [
            Line.of(one).of_source(name).text for one, name in zip((light(), island()), names.split(), strict=True)
        ]
        (folder / "out.json").write_text(f"[{','.join(records)}]")
        done = extract("view", "out.json", "--text-field", "body", *flags, cwd=folder)
        assert (done.code, "2 with their" in done.err) == (0, True), done.err


def test_a_page_goes_to_standard_output(folder: Path) -> None:
    text = (folder / "out.jsonl").read_text(encoding="utf-8")
    done = extract("view", "-", cwd=folder, stdin=text)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("<!doctype html>")
    assert extract("view", "out.jsonl", "--out", "-", cwd=folder).out.count("articles/light.txt") >= 1


def test_what_is_no_record_is_told_and_the_exit_status_is_1(folder: Path) -> None:
    with (folder / "out.jsonl").open("a") as file:
        file.write('\n{"title": "bare"}\n')
    done = extract("view", "out.jsonl", cwd=folder)
    assert done.code == 1
    assert "error: out.jsonl:3: no record with spans\nhint: whole records" in done.err
    assert len(packed(folder / "out.html")["documents"]) == 2


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("bare.jsonl",), 2, "bare.jsonl:1: no record with spans\nhint: whole records"),
        (("bad.jsonl",), 2, "bad.jsonl:1: /spans: /a: not a count\nhint: the record is not as it was written"),
        (("out.csv",), 2, "no view of .csv files"),
        (("no.jsonl",), 1, "no such file"),
        (("out.jsonl", "--out", "out.jsonl"), 2, "a page is an HTML file"),
        (("out.jsonl", "--docs", "articles/mine.html", "--out", "articles/mine.html"), 2, "is one of the sources"),
        (("out.jsonl", "--out", "no/page.html"), 2, "No such file"),
        (("mine.jsonl",), 2, "mine.html: is there already, and no view"),
        (("out.jsonl", "--docs", "mine.html"), 1, "mine.html: no record is of a document in it"),
        (("out.jsonl", "--docs", "mime.html"), 1, "mime.html: no such file"),
    ],
)
def test_errors_say_what_to_do(arguments: Sequence[str], code: int, message: str, folder: Path) -> None:
    (folder / "bare.jsonl").write_text('{"title": "bare"}\n')
    (folder / "bad.jsonl").write_text('{"source": "a", "data": {"a": "b"}, "spans": {"/a": {"start": "0"}}}\n')
    (folder / "out.csv").write_text("source,title\n")
    (folder / "mine.html").write_text("<p>mine")
    (folder / "articles" / "mine.html").write_text("<p>mine")
    shutil.copy(folder / "out.jsonl", folder / "mine.jsonl")
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    done = extract("view", *arguments, cwd=folder)
    assert done.code == code, done.err
    assert message in done.err
    assert "hint: " in done.err
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before


def states_of(page: Path) -> dict[str, str]:
    return {row["at"]: row.get("state") for row in packed(page)["documents"][0]["rows"]}


def test_what_is_not_borne_out_is_told_from_labels(folder: Path) -> None:
    extract("view", "out.jsonl", cwd=folder)
    states = states_of(folder / "out.html")
    assert (states["/kind"], states["/title"], states["/places/3"]) == ("label", "exact", "none")


# --- the page in a browser ---------------------------------------------------------------------------------------

_FLAGS = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
_FLAGS += " --disable-component-update --disable-sync"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """For this module only: Playwright keeps an event loop, which others would stumble over."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        assert not os.environ.get("NEEDS_BROWSER"), "NEEDS_BROWSER is set, and there is no chromium"
        pytest.skip("chromium is not installed")
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=chromium, args=_FLAGS.split())
        yield opened
        opened.close()


class Page:
    """A page that is open; what it writes to its console, and where it goes, is kept."""

    def __init__(self, browser: Any, path: Path, **settings: Any) -> None:
        self.told: list[str] = []
        self.asked: list[str] = []
        self.tab = browser.new_page(
            **{"viewport": {"width": 1280, "height": 700}, "reduced_motion": "reduce"} | settings
        )
        self.tab.on("console", lambda message: self.told.append(message.text))
        self.tab.on("pageerror", lambda error: self.told.append(str(error)))
        self.tab.on("dialog", lambda dialog: (self.told.append(dialog.message), dialog.dismiss()))
        self.tab.on("request", lambda request: self.asked.append(request.url))
        self.tab.goto(path.as_uri())
        self.tab.set_default_timeout(5000)
        self.tab.wait_for_selector("#documents li", state="attached")
        self.address = path.as_uri()

    def row(self, at: str) -> Any:
        return self.tab.locator(f".row[data-at='{at}']")

    def active(self) -> str:
        """The text that is marked, whole also where marks within it cut it."""
        return "".join(self.tab.locator("mark.active").all_text_contents())

    def active_rows(self) -> list[str]:
        return self.tab.eval_on_selector_all(".row.active", "rows => rows.map((row) => row.dataset.at)")

    def listed(self) -> list[str]:
        return self.tab.locator(".entry:visible .name").all_text_contents()

    def current(self) -> str:
        return self.tab.locator(".entry[aria-current=true] .name").text_content()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.tab.keyboard.press(key)

    def is_seen(self, selector: str) -> bool:
        """Whether it is within its pane, after the frame in which that scrolls."""
        self.tab.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        script = """(one) => {
            const [a, b] = [one, one.closest('#text, #record, #list')].map((each) => each.getBoundingClientRect());
            return a.height > 0 && a.top >= b.top - 1 && a.bottom <= b.bottom + 1;
        }"""
        return self.tab.locator(selector).first.evaluate(script)


@pytest.fixture
def shown(browser: Any, tmp_path: Path) -> Iterator[Any]:
    """Opens a page of entries; in the end none may have said anything on its console, or asked for anything else."""
    pages: list[Page] = []

    def show(entries: Sequence[Entry] = ENTRIES, title: str = "out.jsonl", **settings: Any) -> Page:
        path = tmp_path / f"page{len(pages)}.html"
        path.write_text(render(title, entries), encoding="utf-8")
        pages.append(Page(browser, path, **settings))
        return pages[-1]

    yield show
    for page in pages:
        assert page.told == []
        assert page.asked == [page.address]
        page.tab.close()


def long_text() -> tuple[str, Extraction]:
    """A value far down in a text."""
    text = "".join(f"Line {number} of the log of the keeper.\n" for number in range(2000)) + "Quill signed it.\n"
    return text, made("log.txt", {"by": "Quill"}, spans={"/by": at(text, "Quill")})


def test_a_value_leads_to_its_place(shown: Any) -> None:
    page = shown()
    page.row("/people/0/name").click()
    assert page.active() == "Edda Quill"
    assert page.active_rows() == ["/people/0/name"]
    text, record = long_text()
    page = shown([Entry(record, Document("x", text))])
    assert not page.is_seen("mark")
    page.row("/by").click()
    assert page.active() == "Quill"
    assert page.is_seen("mark.active")


def test_a_place_leads_to_its_value(shown: Any) -> None:
    page = shown()
    page.tab.locator("mark", has_text="3 May 2026").click()
    assert page.active_rows() == ["/day"]
    assert page.is_seen(".row.active")


def test_values_within_each_other_show_and_a_click_goes_outwards(shown: Any) -> None:
    page = shown()
    inner = page.tab.locator("mark", has_text=re.compile("^Marram$")).last
    lines = inner.evaluate("(one) => getComputedStyle(one).boxShadow.split(/,\\s*(?=oklch|rgb|color)/).length")
    assert lines >= 3
    for expected, text in (
        ("/places/2", "Marram"),
        ("/places/1", "Marram Sound"),
        ("/places/0", "Trust of Marram Sound"),
    ):
        inner.click()
        assert (page.active_rows(), page.active()) == ([expected], text)


def test_hovering_links_both_ways(shown: Any) -> None:
    page = shown()
    page.row("/price").hover()
    assert page.tab.locator("mark.near").all_text_contents() == ["£1,200"]
    page.tab.locator("mark", has_text="Edda Quill").hover()
    assert page.tab.eval_on_selector_all(".row.near", "rows => rows.map((row) => row.dataset.at)") == ["/people/0/name"]


def test_each_kind_of_match_has_its_badge_and_absence_its_reason(shown: Any) -> None:
    page = shown()
    badges = {
        "/title": "exact",
        "/day": "typed",
        "/places/2": "fuzzy 0.71",
        "/places/3": "not found",
        "/summary": "worded 0.20",
    }
    for where, badge in badges.items():
        assert page.row(where).locator(".badge").text_content() == badge
    assert page.row("/doi").locator(".why").text_content() == "not in the text"
    assert page.row("/title").locator(".remark").text_content() == "cut at 300 characters"
    assert "one more try" in page.tab.locator("#record > .remark").text_content()


def test_a_sentence_leads_to_its_passage_and_shows_what_is_missing(shown: Any) -> None:
    page = shown()
    page.tab.locator(".sentence").first.click()
    assert page.active().startswith("The Marram Light, dark since 1987")
    assert page.tab.locator(".missing").all_text_contents() == ["Tom Aske", "1850"]
    assert page.tab.locator(".sentence.low").count() == 1
    page.press("Escape")
    page.tab.locator("mark.passage").first.click()
    assert page.active_rows() == ["/summary"]


def test_what_parts_say_otherwise_is_marked_in_a_manner_of_its_own(shown: Any) -> None:
    text = "Built in 1932 at Leith.\n\nShe was built in 1933, at Hull.\n"
    said = {"/port": [Alternative("Hull", 2, [at(text, "Hull")]), Alternative("Leith", 1, [at(text, "Leith")])]}
    record = made("log.md", {"port": "Hull"}, spans={"/port": at(text, "Hull")}, conflicts=said)
    page = shown([Entry(record, Document("log.md", text))])
    other = page.tab.locator("#text mark.other")
    assert other.all_text_contents() == ["Leith"]
    assert "dashed" in other.evaluate("(one) => getComputedStyle(one).textDecoration")
    other.click()
    assert (page.active(), page.active_rows()) == ("Leith", ["/port"])
    page.press("Escape")
    page.tab.locator(".saying", has_text="Hull").click()
    assert page.active() == "Hull"
    page.tab.locator(".saying", has_text="Leith").click()
    assert page.active() == "Leith"
    page.press("?")
    assert page.tab.locator("#legend .other").is_visible()


@pytest.mark.parametrize("name", ["𠀀岛灯塔重开", "🧑‍🚀易达", "二十"])
def test_chinese_and_emoji_are_marked_to_the_character(name: str, shown: Any) -> None:
    page = shown()
    page.press("j")
    assert name in page.tab.locator("mark").all_text_contents()
    assert page.tab.locator(".paper").text_content() == ISLAND


def test_failed_records_say_why(shown: Any) -> None:
    page = shown()
    page.tab.locator(".entry", has_text="broken").click()
    assert page.tab.locator(".card").inner_text().splitlines() == [
        "/day 'soon' is no date",
        'it was "soon"',
        "try again",
    ]
    assert page.tab.locator(".paper").text_content() == "The lamp will be lit soon.\n"


def test_a_record_without_its_document_is_shown_alone(shown: Any) -> None:
    page = shown()
    page.tab.locator(".entry", has_text="gone").click()
    assert page.tab.locator(".told").text_content() == "Note: gone.txt: not found; only its record is shown"
    assert page.tab.locator(".paper").count() == 0
    page.row("/title").click()
    assert page.active_rows() == ["/title"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "number", "expected"),
    [
        ("failed", "1", ["broken.txt"]),
        ("none", "2", ["light.txt", "island.txt"]),
        ("low", "1", ["light.txt"]),
        ("noted", "1", ["light.txt"]),
    ],
)
def test_filters(name: str, number: str, expected: list[str], shown: Any) -> None:
    page = shown()
    one = page.tab.locator(f"[data-filter={name}]")
    assert one.locator(".number").text_content() == number
    one.click()
    assert (one.get_attribute("aria-pressed"), page.listed()) == ("true", expected)
    assert page.current() == expected[0]
    assert page.tab.locator("#count").text_content() == f"{len(expected)} of 4 documents"
    one.click()
    assert len(page.listed()) == 4


@pytest.mark.slow
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("quill", ["light.txt"]),
        ("灯塔", ["island.txt"]),
        ("title", ["light.txt", "island.txt", "gone.txt"]),
        ("broken", ["broken.txt"]),
        ("no date", ["broken.txt"]),
        ('"be lit"', ["light.txt", "broken.txt"]),
        ("marram price", ["light.txt"]),
        ("ＱＵＩＬＬ", ["light.txt"]),
        ('"edda   quill"', ["light.txt"]),
        ('＂lit　again"', ["light.txt"]),
        ('"again the marram"', ["light.txt"]),
        ('"again summary"', []),
        ("(.*", []),
        ("", ["light.txt", "island.txt", "broken.txt", "gone.txt"]),
    ],
)
def test_search_looks_at_names_values_and_texts(query: str, expected: list[str], shown: Any) -> None:
    page = shown()
    page.press("/")
    page.tab.keyboard.type(query)
    assert page.listed() == expected


def test_what_was_searched_for_is_coloured_also_across_marks(shown: Any) -> None:
    page = shown()
    page.tab.fill("#query", '"the marram light, dark" quill')
    script = "() => [...CSS.highlights.get('search')].map((range) => range.toString())"
    found = page.tab.evaluate(script)
    assert found.count("The Marram Light, dark") == 1
    assert found.count("Quill") == 2
    page.press("Escape")
    assert page.tab.evaluate("() => CSS.highlights.has('search')") is False


LOOKED_FOR = (
    ("ＡＮＮ  Bell, Ann Bell", "ann bell", ["ＡＮＮ", "Bell", "Ann", "Bell"]),
    ("ＡＮＮ\n  Bell, Ann Bell", '"ann bell"', ["ＡＮＮ\n  Bell", "Ann Bell"]),
    ("the ﬁnal ㍿ of Zoe\N{COMBINING DIAERESIS}", "fin 会社 zoë", ["ﬁn", "㍿", "Zoe\N{COMBINING DIAERESIS}"]),
    ("ｶﾞｽ and ガス, 𝐀𝐧𝐧", "ガス ann", ["ｶﾞｽ", "ガス", "𝐀𝐧𝐧"]),
    ("Ο ΛΟΓΟΣ, ὁ λόγος", "λογοσ", ["ΛΟΓΟΣ"]),
    ("£5 (.*) 海港大桥", "(.* 港大", ["(.*", "港大"]),
    ("a㍿b", "株 会", ["㍿", "㍿"]),
)


@pytest.mark.slow
@pytest.mark.parametrize(("text", "query", "expected"), LOOKED_FOR)
def test_what_is_written_otherwise_is_coloured_where_it_stands(
    text: str, query: str, expected: Sequence[str], shown: Any
) -> None:
    for marked in ("", text[2:4]):  # also across the edges of a mark
        spans = {"/x": Span(2, 4, "exact")} if marked else {}
        page = shown([Entry(made("x", {"x": marked}, spans=spans), Document("x", text))])
        page.tab.fill("#query", query)
        script = """() => [...CSS.highlights.get('search')]
          .filter((range) => byId('text').contains(range.startContainer)).map((range) => range.toString())"""
        assert page.tab.evaluate(script) == expected


def test_texts_are_compared_as_they_are_coloured(shown: Any) -> None:
    """Random texts of what changes most: whole and in pieces they are the same."""
    chance = Random(3)
    letters = "aΣς.ﬁ㍿ＡｶﾞﾟがＫẛİé 　\t\u0301\u0323\u3099가각\u1100\u1161\u11a8ﾡￂ𝐀🐟海\u00a8\u00a0=\u0338\ud800"
    texts = ["".join(chance.choices(letters, k=chance.randint(1, 30))) for _ in range(3000)]
    differing = "(texts) => texts.filter((text) => folded(text).text !== comparable(text))"
    assert shown().tab.evaluate(differing, texts) == []


def test_where_nothing_is_found_nothing_is_shown(shown: Any) -> None:
    page = shown()
    page.press("j", "n")
    page.tab.fill("#query", "quillx")
    panes = page.tab.locator("#text"), page.tab.locator("#record")
    assert page.tab.locator("#count").inner_text() == "Nothing found in 4 documents"
    assert [one.inner_text().split("\n")[0] for one in panes] == ["Nothing found", ""]
    page.press("Enter", "j", "k", "n", "p", "s", "s")
    assert page.listed() == []
    page.press("Escape")
    assert (page.current(), page.tab.locator("#count").inner_text()) == ("island.txt", "4 documents")
    page.tab.locator("[data-filter=low]").click()
    page.tab.fill("#query", "gone")
    page.tab.get_by_role("button", name="Show all documents").click()
    assert (page.listed(), page.current()) == (["light.txt", "island.txt", "broken.txt", "gone.txt"], "light.txt")
    assert page.tab.input_value("#query") == ""


def test_escape_goes_one_step_back(shown: Any) -> None:
    """First what lies on top, then the search, then the value that is chosen."""
    page = shown()
    page.press("n")
    page.tab.fill("#query", "marram")
    page.press("Enter", "s")
    charts, query = page.tab.locator("#charts"), page.tab.locator("#query")
    steps = []
    for _ in range(3):
        page.press("Escape")
        steps.append((charts.is_visible(), query.input_value(), page.active_rows()))
    assert steps == [(False, "marram", ["/title"]), (False, "", ["/title"]), (False, "", [])]


def test_escape_leaves_the_search(shown: Any) -> None:
    page = shown()
    page.press("/", *"marram", "Escape", "j")
    assert (page.tab.input_value("#query"), page.current()) == ("", "island.txt")
    page.press("/", "Escape", "j")
    assert (page.tab.input_value("#query"), page.current()) == ("", "broken.txt")


def test_keys_go_through_documents_and_values(shown: Any) -> None:
    page = shown()
    assert page.current() == "light.txt"
    page.press("j", "j")
    assert page.current() == "broken.txt"
    page.press("k")
    assert page.current() == "island.txt"
    page.press("n")
    assert page.active_rows() == ["/title"]
    page.press("n", "n", "p")
    assert page.active_rows() == ["/people/0/name"]
    page.press("Escape")
    assert page.active_rows() == []
    page.tab.locator(".entry[aria-current=true]").focus()
    page.press("ArrowDown", "ArrowDown", "ArrowUp")
    assert page.current() == "broken.txt"
    assert page.tab.evaluate("() => document.activeElement.getAttribute('aria-current')") == "true"


def test_under_a_filter_keys_go_to_what_it_is_about(shown: Any) -> None:
    page = shown()
    page.tab.locator("[data-filter=none]").click()
    page.press("n")
    assert page.active_rows() == ["/places/3"]
    page.press("n")
    assert page.active_rows() == ["/editor"]


def test_help_tells_the_keys(shown: Any) -> None:
    page = shown()
    page.press("?")
    assert page.tab.locator("#keys").is_visible()
    page.press("j")
    assert page.current() == "light.txt"
    page.press("Escape")
    assert not page.tab.locator("#keys").is_visible()


def test_statistics_count_fields_and_follow_what_is_listed(shown: Any) -> None:
    page = shown()
    page.press("s")
    tiles = [text.splitlines() for text in page.tab.locator(".tiles li").all_inner_texts()]
    assert ["4", "documents"] in tiles
    assert ["1", "failed"] in tiles
    kind = page.tab.locator(".field[data-field=kind]")
    assert kind.locator(".top li").all_inner_texts() == ["news\n2"]
    assert "0 % found" in page.tab.locator(".field[data-field=editor]").inner_text()
    bar = page.tab.locator(".field[data-field='places[]'] svg").first
    assert bar.get_attribute("aria-label") == "exact 2, fuzzy 1, not found 1"
    assert page.tab.locator(".field[data-field=price] svg.bars rect").count() == 12
    page.tab.fill("#query", "quill")
    assert page.tab.locator(".tiles li").first.inner_text().split() == ["1", "document"]


def test_what_was_not_looked_up_is_not_called_found(shown: Any) -> None:
    unchecked = made("off.txt", {"name": "A. Nemo", "age": 7, "open": True}, ungrounded={})
    page = shown([Entry(unchecked, Document("x", LIGHT))])
    mood = page.tab.locator(".mood")
    assert (mood.inner_text(), mood.get_attribute("aria-label")) == ("–", "not looked up in the text")
    assert page.tab.locator(".badge").all_inner_texts() == ["not looked up", "not looked up", "label"]
    page.press("s")
    tiles = [text.splitlines() for text in page.tab.locator(".tiles li").all_inner_texts()]
    assert ["2", "not looked up"] in tiles
    assert ["–", "found in the text"] in tiles
    assert "not looked up" in page.tab.locator(".field[data-field=name] h3").inner_text()


def test_a_summary_with_an_invented_name_counts_as_not_found(shown: Any) -> None:
    record = made(
        "sum.txt",
        {"title": "Marram Light to be lit again", "summary": SUMMARY},
        spans={"/title": at(LIGHT, "Marram Light to be lit again")},
        support={"/summary": support()},
        ungrounded={"/summary": "says 'Tom Aske', which the text does not"},
    )
    page = shown([Entry(record, Document("x", LIGHT))])
    assert page.tab.locator(".entry .found").inner_text() == "1/2"
    assert page.tab.locator("[data-filter=none] .number").inner_text() == "1"
    assert "Tom Aske" in page.row("/summary").locator(".badge").get_attribute("title")
    page.press("s")
    card = page.tab.locator(".field[data-field=summary]")
    assert "0 % found" in card.inner_text()
    assert card.locator("svg").first.get_attribute("aria-label") == "not found 1"
    assert "50.0 %" in page.tab.locator(".tiles").inner_text()


def test_a_bar_of_the_statistics_shows_its_documents(shown: Any) -> None:
    page = shown()
    page.press("s")
    page.tab.locator(".field[data-field='people[].name'] .top button", has_text="易达").click()
    assert page.listed() == ["island.txt"]
    assert "people[].name" in page.tab.locator("#facet").inner_text()
    page.tab.locator("#facet").click()
    assert len(page.listed()) == 4


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_both_themes_have_contrast(scheme: str, shown: Any) -> None:
    """As WCAG AA asks of text: 4.5 to 1, on each tint and of each tone."""
    page = shown(color_scheme=scheme)
    contrast = """() => {
      const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
      const light = (colour) => {
        canvas.fillStyle = colour;
        canvas.fillRect(0, 0, 1, 1);
        const parts = [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).map((one) => one / 255);
        const [r, g, b] = parts.map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      const of = (one, name) => getComputedStyle(one)[name];
      const ratio = (a, b) => (Math.max(light(a), light(b)) + 0.05) / (Math.min(light(a), light(b)) + 0.05);
      const [panel, page, ink] = ['#record', 'body', 'body'].map((name, at) =>
        of(document.querySelector(name), at === 2 ? 'color' : 'backgroundColor'));
      const made = document.querySelector('.row.hue').cloneNode(true);
      document.querySelector('.tree').append(made);
      const found = [ratio(ink, panel), ratio(ink, page)];
      for (const name of ['.count', '.why', '.badge:not(.low)', '.badge.low', '.chip', '.entry .preview', '.remark']) {
        const one = document.querySelector(name);
        const behind = of(one, 'backgroundColor');
        const around = one.closest('#record') ? panel : page;
        found.push(ratio(of(one, 'color'), behind === 'rgba(0, 0, 0, 0)' ? around : behind));
      }
      for (let hue = 0; hue < 360; hue += 10) {
        made.style.setProperty('--h', hue);
        made.className = 'row leaf hue';
        found.push(ratio(of(made.querySelector('.label'), 'color'), panel));
        made.style.transition = 'none';
        made.classList.add('active');
        const tint = of(made, 'backgroundColor');
        found.push(ratio(ink, tint), ratio(of(made.querySelector('.label'), 'color'), tint));
      }
      return found;
    }"""
    assert min(page.tab.evaluate(contrast)) >= 4.5


def test_the_theme_follows_the_system_until_it_is_switched(shown: Any) -> None:
    page = shown(color_scheme="dark")
    ground = "() => getComputedStyle(document.body).backgroundColor"
    dark = page.tab.evaluate(ground)
    page.press("t")
    light_one = page.tab.evaluate(ground)
    assert light_one != dark
    page.tab.locator("#theme").click()
    assert page.tab.evaluate(ground) == dark
    assert page.tab.locator("#theme").get_attribute("aria-label") == "Theme: dark"


@pytest.mark.slow
@pytest.mark.parametrize("width", [400, 820, 1280])
def test_nothing_is_wider_than_the_window(width: int, shown: Any) -> None:
    page = shown(viewport={"width": width, "height": 700})
    for key in ("", "s"):
        page.press(*key)
        assert page.tab.evaluate("() => document.documentElement.scrollWidth") <= width


def test_a_small_window_has_one_column_at_a_time(shown: Any) -> None:
    page = shown(viewport={"width": 400, "height": 700})
    columns = "() => ['list', 'text', 'record'].filter((id) => document.getElementById(id).checkVisibility())"
    assert page.tab.evaluate(columns) == ["text"]
    page.tab.locator("mark", has_text="Edda Quill").click()
    assert page.tab.evaluate(columns) == ["record"]
    assert page.is_seen(".row.active")
    page.row("/price").click()
    assert page.tab.evaluate(columns) == ["text"]
    assert page.is_seen("mark.active")
    page.tab.locator("[data-pane=list]").click()
    page.tab.locator(".entry", has_text="island").click()
    assert (page.tab.evaluate(columns), page.current()) == (["text"], "island.txt")


def test_in_a_small_window_the_statistics_are_no_tab(shown: Any) -> None:
    page = shown(viewport={"width": 600, "height": 700})
    pressed = page.tab.locator(".tabs [aria-pressed=true]")
    page.press("s")
    assert pressed.count() == 0
    page.press("s")
    assert pressed.all_inner_texts() == ["Text"]


def test_on_paper_all_is_dark_on_white_and_whole(shown: Any) -> None:
    text = "A line of a long value.\n" * 60
    page = shown([Entry(made("x", {"a": text}), Document("x", text))])
    page.press("t", "t")
    assert page.tab.locator("#theme").get_attribute("aria-label") == "Theme: dark"
    page.tab.emulate_media(media="print")
    looks = "() => ['color', 'backgroundColor'].map((name) => getComputedStyle(document.body)[name])"
    assert page.tab.evaluate(looks) == ["rgb(31, 35, 40)", "rgb(255, 255, 255)"]
    assert page.row("/a").locator(".value").evaluate("(one) => one.scrollHeight - one.clientHeight") == 0
    assert not page.tab.locator("#list").is_visible()


HOSTILE = (
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(2)>",
    "javascript:alert(3)//{{script}}${alert(4)}",
    "a\u202eb\u2066c\x1b[31md\x00e\ud800f\u2028g\rh",
)


@pytest.mark.parametrize("text", HOSTILE, ids=["script", "image", "words", "controls"])
def test_hostile_text_is_shown_and_does_nothing(text: str, shown: Any) -> None:
    record = made(
        text,
        {text: text, "more": [text], "worded": text},
        spans={"/more/0": Span(0, len(text), "exact")},
        support={"/worded": (Support(0, len(text), (0, len(text)), 0.1, (text, text[:3])),)},
        absent={"/x": text},
        notes={"": text, "/more/0": text},
        errors=(Problem(text, text, text, hint=text),),
    )
    page = shown([Entry(record, Document(text, text, (text,)))] * 2, title=text)
    page.tab.locator(".row.leaf").nth(1).click()
    page.press("s", "s", "j", "n", "?", "Escape")
    page.tab.fill("#query", text[:12])
    assert page.tab.locator("img, iframe, a, object, link").count() == 0
    assert page.tab.locator("script").count() == 2
    seen = page.tab.locator(".paper").text_content()
    assert seen == re.sub("\r|[^ -\uffff]|[\u2028-\u202e\u2066\ud800]", lambda found: escaped(found[0]), text)


def escaped(char: str) -> str:
    return f"\\x{ord(char):02x}" if ord(char) < 256 else f"\\u{ord(char):04x}"


def test_line_ends_of_windows_are_no_controls(shown: Any) -> None:
    text = "one\r\ntwo\r\n"
    page = shown([Entry(made("x", {"a": "two"}, spans={"/a": at(text, "two")}), Document("x", text))])
    assert page.tab.locator("#text .unsafe").count() == 0
    assert page.tab.locator("mark").all_text_contents() == ["two"]


def test_a_thousand_documents_open_soon(shown: Any) -> None:
    text = LIGHT * 25
    entries = [
        Entry(made(f"d/{number}.txt", light().data, spans=light().spans), Document("x", text)) for number in range(1000)
    ]
    page = shown(entries)
    took = page.tab.evaluate("() => performance.getEntriesByType('navigation')[0].domComplete")
    assert page.tab.locator("#documents li").count() == 1000
    assert page.tab.locator(".paper").count() == 1
    assert took < 10_000  # about one second; a guard against worse than linear
    page.tab.fill("#query", "999.txt")
    assert page.listed() == ["999.txt"]


def test_a_long_document_stays_usable(shown: Any) -> None:
    text = "".join(f"Line {number} of the log of the keeper of the light.\n" for number in range(20_000))
    spans = {f"/lines/{number}": at(text, f"Line {number * 100} ") for number in range(200)}
    record = made("log.txt", {"lines": [f"Line {number * 100} " for number in range(200)]}, spans=spans)
    page = shown([Entry(record, Document("x", text))])
    page.row("/lines/199").click()
    assert page.active() == "Line 19900 "
    assert page.is_seen("mark.active")


def test_a_text_of_one_line_opens_as_soon(shown: Any) -> None:
    unit = "Ann Bell paid £5. 海港大桥 </script> "
    spans = {f"/names/{number}": at(unit * 30_000, "Ann Bell", after=number * 60 * len(unit)) for number in range(500)}
    record = made("log.jsonl:1", {"names": ["Ann Bell"] * 500}, spans=spans)
    page = shown([Entry(record, Document("x", unit * 30_000))])
    drawn = page.tab.evaluate(
        "() => new Promise((done) => requestAnimationFrame(() => setTimeout(() => done(performance.now()))))"
    )
    assert drawn < 10_000  # about one second; in one block it was more than thirty
    assert page.tab.locator(".paper").evaluate("(one) => one.textContent") == unit * 30_000
    page.row("/names/499").click()
    assert page.is_seen("mark.active")


@pytest.mark.slow
@pytest.mark.parametrize("unit", ["a\N{COMBINING ACUTE ACCENT}", "🧑‍🚀", "𠀀", "🇫🇷", "word "])
@pytest.mark.parametrize("shift", [0, 1, 2, 3])
def test_a_long_line_is_cut_between_characters(unit: str, shift: int, shown: Any) -> None:
    text = "x" * shift + unit * 6000
    page = shown([Entry(made("x", {}), Document("x", text))])
    blocks = page.tab.locator(".block").all_text_contents()
    assert "".join(blocks) == text
    assert len(blocks) > 1
    assert all(one.startswith(unit) for one in blocks[1:])


def test_any_spans_leave_the_text_whole(shown: Any) -> None:
    """Random values in random texts: in the page the text is what it was, and each value is marked to the character."""
    chance = Random(7)
    texts = ["".join(chance.choices("ab 海，🐟𠀀é\n", k=chance.randint(1, 4000))) for _ in range(60)]
    entries = []
    for text in texts:
        starts = [chance.randrange(len(text)) for _ in range(chance.randint(1, 12))]
        places = [(start, min(len(text), start + chance.choice((1, 2, 7, 900)))) for start in starts]
        data = {f"v{number}": text[start:end] for number, (start, end) in enumerate(places)}
        spans = {f"/v{number}": Span(start, end, "exact") for number, (start, end) in enumerate(places)}
        entries.append(Entry(made("x", data, spans=spans), Document("x", text)))
    page = shown(entries)
    broken = """() => pack.documents.flatMap((one, at) => {
      showDocument(at);
      const text = document.querySelector('.paper').textContent;
      const marked = one.rows.map((_, number) => now.marks[number].map((mark) => mark.textContent).join(''));
      return text === one.text && one.rows.every((row, number) => marked[number] === row.text) ? [] : [at];
    })"""
    assert page.tab.evaluate(broken) == []


@pytest.mark.slow
def test_many_values_at_one_place_are_no_trouble(shown: Any) -> None:
    text = "a" * 3000
    data = {"x": ["a" * 3000] * 1500}
    spans = {f"/x/{number}": Span(number, 3000 - number, "normalised") for number in range(1500)}
    page = shown([Entry(made("x", data, spans=spans), Document("x", text))])
    page.row("/x/7").click()
    assert len(page.active()) == 3000 - 14


def test_everything_is_reached_and_named_without_a_mouse(shown: Any) -> None:
    page = shown()
    unnamed = """() => [...document.querySelectorAll('button, input, nav, section, article, [role]')]
      .filter((one) => !(one.textContent.trim() || one.getAttribute('aria-label') || one.title))
      .map((one) => one.outerHTML.slice(0, 80))"""
    assert page.tab.evaluate(unnamed) == []
    page.tab.locator("#query").focus()
    reached = set()
    for _ in range(30):
        page.press("Tab")
        reached.add(
            page.tab.evaluate("() => document.activeElement.id || document.activeElement.className.split(' ')[0]")
        )
    assert {"statistics", "theme", "help", "entry", "text", "record", "row"} <= reached


@pytest.mark.slow
def test_documents_are_read_as_the_run_read_them(folder: Path) -> None:
    main = "<p>" + "The ferry sails again after a pause of twelve years, as the board said on Sunday. " * 6 + "</p>"
    page = f"<html><body><nav><a href='/x'>All our menus</a></nav><article><h1>Ferry</h1>{main}</article></body></html>"
    (folder / "page.html").write_text(page)
    (folder / "odd.py").write_text("def read(data, name):\n    return f'read by me: {len(data)}'\n")
    (folder / "web.jsonl").write_text(Line.of(made("page.html", {"title": "Ferry"})).text)

    def text(*flags: str) -> str:
        extract("view", "web.jsonl", *flags, cwd=folder)
        return str(packed(folder / "web.html")["documents"][0]["text"])

    assert "All our menus" not in text()
    assert "All our menus" in text("--raw")
    assert text("--loader", "odd.py:read") == f"read by me: {len(page)}"
    assert extract("view", "web.jsonl", "--loader", "odd.py:nobody", cwd=folder).code == 2
