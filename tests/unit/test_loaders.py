"""Real files of each format, and files that are broken, encrypted, empty or bombs."""

from __future__ import annotations

import io
import os
import struct
import subprocess
import sys
import time
import zipfile
import zlib
from pathlib import Path

import pytest

from extractor.errors import SourceError, UsageError
from extractor.front_matter import metadata_of
from extractor.loaders import Loaded, Reading, find_loader, kind_of, read
from extractor.outline import pages, sections

FILES = Path(__file__).parents[1] / "files"


def json_ld(text: str) -> str:
    return f'<script type="application/ld+json">{text}</script>'


def of(name: str, **reading: object) -> Loaded:
    return read(name, (FILES / name).read_bytes(), Reading(**reading))  # type: ignore[arg-type]


def fault(name: str, data: bytes) -> str:
    with pytest.raises(SourceError) as caught:
        read(name, data)
    return str(caught.value)


def read_or_told(name: str, data: bytes) -> str:
    """The text, or the fault, which names the file."""
    try:
        return read(name, data).text
    except SourceError as error:
        told = str(error)
    assert told.startswith(f"{name}: ")
    assert "Traceback" not in told
    return told


def packed(parts: dict[str, bytes | str]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


def directory(parts: int, extra: bytes = b"") -> bytes:
    """A zip file that is all directory."""
    entry = struct.pack("<4s24x3H12x", b"PK\x01\x02", 1, len(extra), 0) + b"a" + extra
    return b"PK\x03\x04" + entry * parts + struct.pack("<4s8x2LH", b"PK\x05\x06", len(entry) * parts, 4, 0)


# --- what a file is ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "data", "media_type", "kind"),
    [
        ("a.txt", b"sea", "", "text"),
        ("a.md", b"# sea", "", "text"),
        ("notes", b"sea", "", "text"),
        ("a.HTM", b"sea", "", "html"),
        ("stdin", b"\n <!DOCTYPE html><p>", "", "html"),
        ("stdin", b"<!-- a --><html>", "", "html"),
        ("page.txt", b"<!doctype html><p>", "", "text"),
        ("http://x/a", b"sea", "text/html", "html"),
        ("http://x/a.html", b"sea", "text/plain", "html"),
        ("http://x/a", b"sea", "application/pdf", "pdf"),
        ("renamed.txt", b"%PDF-1.7", "", "pdf"),
        ("a.pdf", b"\n\n%PDF-1.7", "", "pdf"),
        ("a.docx", b"PK\x03\x04 cut", "", "docx"),
        ("a.txt", b"PK\x03\x04 cut", "", None),
        ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "", None),
    ],
)
def test_the_kind_of_a_file(name: str, data: bytes, media_type: str, kind: str | None) -> None:
    assert kind_of(name, data, media_type) == kind


def test_what_is_in_an_archive_decides() -> None:
    assert kind_of("a.zip", (FILES / "report.docx").read_bytes()) == "docx"
    assert kind_of("a.docx", (FILES / "report.epub").read_bytes()) == "epub"
    assert kind_of("a.xlsx", packed({"[Content_Types].xml": "", "xl/workbook.xml": ""})) is None
    assert kind_of("a.zip", packed({"a.docx": (FILES / "report.docx").read_bytes()})) is None
    assert kind_of("a.zip", directory(3)) is None
    assert fault("a.xlsx", packed({"xl/workbook.xml": ""})) == "a.xlsx: not a kind of file that can be read"


# --- each format -------------------------------------------------------------------------------------------------


def test_a_web_page_is_its_main_text() -> None:
    found = of("notice.html")
    assert found.metadata == {"title": "Ferry returns after twelve years", "author": "Ann Bell", "date": "2025-06-15"}
    assert metadata_of(found.text)["author"] == "Ann Bell"
    assert "date: 2025-06-15\n" in found.text
    assert [section.title for section in sections(found.text)] == ["Ferry returns after twelve years", "Fares"]
    assert "The ferry between Saltings and Elermouth sails again" in found.text
    assert "| Single | £3.20 |" in found.text
    assert "- Dogs go free" in found.text
    assert "340 m² large" in found.text
    assert not any(word in found.text for word in ("Tides", "cookies", "never run", "**"))


def test_raw_takes_all_of_a_page() -> None:
    found = of("notice.html", raw=True)
    assert all(word in found.text for word in ("Tides", "cookies", "| Single | £3.20 |"))
    assert "never run" not in found.text


def test_a_chinese_page_in_the_alphabet_that_it_has() -> None:
    found = of("tongzhi.html")
    assert "馆方表示，夜读服务停办两年后" in found.text  # a line's end in the file is no blank
    assert "首页" not in found.text
    assert found.notes == ()


@pytest.mark.parametrize(
    ("head", "author"),
    [
        ('<meta name="author" content=" 周念 ">', "周念"),
        ('<meta name="Author" content="Dr. José Ñu">', "Dr. José Ñu"),
        ('<meta property="article:author" content="周念">', "周念"),
        (
            '<meta property="article:author" content="https://example.org/zhou"><meta name="byl" content="By 周念">',
            "By 周念",
        ),
        ('<meta name="DC.creator" content="Bell, Ann"><meta name="DC.creator" content="周念">', "Bell, Ann; 周念"),
        ('<meta name="author" content=""><meta itemprop="author" content="阿来">', "阿来"),
        (json_ld('{"@type": "NewsArticle", "author": {"@type": "Person", "name": "周念"}}'), "周念"),
        (json_ld('[{"author": ["阿来", {"name": "Bo"}]}]'), "阿来; Bo"),
        (json_ld('{"@graph": [{"author": {"@id": "#a"}}, {"@id": "#a", "name": "周念"}]}'), "周念"),
        (json_ld("{broken") + '<meta name="author" content="周念">', "周念"),
        (json_ld('{"author": {"@id": "#none"}}') + json_ld("[" * 100_000), None),
        ("", None),
    ],
)
def test_the_author_is_who_the_page_names(head: str, author: str | None) -> None:
    page = f"<html><head><title>Ferry</title>{head}</head><body><p>{'The ferry sails again. ' * 30}</p></body></html>"
    assert read("a.html", page.encode()).metadata.get("author") == author


def test_who_commented_is_no_author() -> None:
    page = f"<html><body><p>{'The ferry sails. ' * 30}</p><div><meta itemprop=author content=Gull></div></body></html>"
    assert "author" not in read("a.html", page.encode()).metadata


@pytest.mark.parametrize("raw", [False, True])
@pytest.mark.parametrize(
    "declared",
    [
        '<!DOCTYPE html [<!ENTITY b "x">]>',
        '<?xml version="1.0"?>\n<!-- a [ -->\n<!doctype html PUBLIC "-//W3C" [<!ENTITY b "]>"><!-- it\'s ]> -->\n] >',
        "<!DOCTYPE html>",
    ],
)
def test_what_a_document_type_declares_is_no_text(declared: str, raw: bool) -> None:
    page = f"{declared}<html><body><p>{'The ferry [1] sails. ' * 20}</p></body></html>"
    assert read("a.html", page.encode(), Reading(raw=raw)).text == ("The ferry [1] sails. " * 20).strip()


@pytest.mark.parametrize("again", ["<!--", "[", "'", "<?", " ", "]", "<!-- --"])
def test_a_document_type_without_an_end_takes_no_time(again: str) -> None:
    started = time.perf_counter()
    read("a.html", f"<!doctype html [{again * 50_000}<p>sea</p>".encode(), Reading(raw=True))
    assert time.perf_counter() - started < 10


def test_a_page_made_by_scripts_is_empty() -> None:
    page = b"<html><body><noscript>Enable JavaScript, please.</noscript><div id='app'></div></body></html>"
    with pytest.raises(SourceError, match="no text in this page"):
        read("a.html", page)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_its_mark(encoding: str) -> None:
    found = read("a.txt", "The ferry sails again: £3.20, 海港.\n".encode(encoding))
    assert found.text == "The ferry sails again: £3.20, 海港.\n"
    assert found.notes == (f"not UTF-8, decoded as {encoding}",)
    with pytest.raises(SourceError, match="binary"):
        read("a.txt", b"\x00\x01\x02\x00\x00abc" * 50)


@pytest.mark.parametrize("charset", ["nonesuch", "undefined", "rot13", "a\x00b", "\ud800"])
def test_a_charset_that_names_no_alphabet_says_nothing(charset: str) -> None:
    data = "海港大桥通车后，渡轮仍然每天往返两岸。".encode("gbk") * 9
    assert read("a.txt", data, charset=charset) == read("a.txt", data)


def test_an_encrypted_word_file_is_told_as_such() -> None:
    data = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le") + bytes(600)
    with pytest.raises(SourceError, match="is encrypted"):
        read("a.docx", data)


def test_a_page_without_a_main_text_is_taken_whole() -> None:
    found = read("a.html", b"<p>Gulls.</p>")
    assert "Gulls." in found.text


@pytest.mark.parametrize("name", ["report.docx", "report.epub"])
def test_word_and_epub_have_the_same_structure(name: str) -> None:
    found = of(name)
    assert found.metadata["title"] == "The Lantern Bridge"
    assert found.metadata["author"] == "Ann Bell"
    assert [(one.level, one.title) for one in sections(found.text)] == [
        (1, "The Lantern Bridge"),
        (1, "Ferry and bridge"),
        (2, "Fares"),
        (1, "海港大桥"),
    ]
    assert "said on Friday.[1]" in found.text
    assert "1. Board minutes of 13 June.\n" in f"{found.text}\n"
    assert "| Single | £3.20 |\n| Return | £5.00 |" in found.text
    assert "海港大桥于2025年6月15日通车，全长312米。" in found.text


def test_a_word_file_has_its_formulas_code_terms_and_what_stands_around_its_pages() -> None:
    text = of("contract.docx").text
    assert text.startswith("Contract No. 4711\n\n# Contract\n")
    assert text.endswith("\n\nHarbour Board, Saltings")  # without the number of the page
    assert "The fee is (a+1)/2⋅x^2 pounds, √(x_i) at least." in text
    assert "∑_(i=1)^n (i+1)" in text
    assert "```\ndef fee(x):\n    return x\n```" in text
    assert "```\nfor berth in quay:\n    print(berth)\n```" in text  # by its font only
    assert "Berth\n:   A place at the quay." in text


def test_a_pdf_has_pages() -> None:
    found = of("minutes.pdf")
    first, second = pages(found.text)
    assert "infrastructure\nof the quay" in found.text[first:second]  # a word that may be broken is whole
    assert "海港大桥" in found.text[second:]
    assert found.metadata == {}  # its title is the first line


def test_what_is_filled_into_a_pdf_form_stands_behind_its_words() -> None:
    assert of("form.pdf").text.split("\n")[:6] == [
        "First name Ida Last name Moss",
        "Boat: Sail",
        "[x] Member of the club",
        "[ ] Wants a berth",
        "Remarks: Two lines of remark",
        "\f",
    ]
    assert of("form.pdf").metadata == {}  # 'anonymous' is nobody


def test_pages_that_are_turned_are_read_as_their_letters_stand() -> None:
    read_pages = of("turned.pdf").text.split("\n\f\n")
    assert read_pages == ["First line.\nSecond line.\nThird line."] * 16 + [""]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("scan.pdf", "scan.pdf: no text in its page, only pictures: a scan"),
        ("encrypted.pdf", "encrypted.pdf: is encrypted: it needs a password"),
    ],
)
def test_a_pdf_that_has_no_text_says_why(name: str, told: str) -> None:
    assert fault(name, (FILES / name).read_bytes()) == told


# --- what is broken, or meant to break ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["report.docx", "report.epub", "minutes.pdf", "notice.html"])
def test_a_file_that_is_cut_anywhere_is_read_or_told(name: str) -> None:
    data = (FILES / name).read_bytes()
    for size in (0, 1, 7, 100, len(data) // 2, len(data) - 30, len(data) - 1):
        read_or_told(name, data[:size])


def test_flipped_bytes_are_read_or_told() -> None:
    for name in ("report.docx", "report.epub", "minutes.pdf"):
        whole = (FILES / name).read_bytes()
        for at in range(40, len(whole), len(whole) // 25):
            data = whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :]
            read_or_told(name, data)


BOMB = b'<!DOCTYPE a [<!ENTITY x "y"><!ENTITY z "&x;&x;&x;">]><a>&z;</a>'


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("a.pdf", b"%PDF-1.4 junk", "is damaged, or no PDF"),
        ("a.docx", b"PK\x03\x04junk", "is damaged: not a whole zip archive"),
        ("a.epub", packed({"META-INF/container.xml": "<a>"}), "is no XML"),
        ("a.epub", packed({"META-INF/container.xml": BOMB}), "defines XML entities: not read"),
        (
            "a.epub",
            packed({"META-INF/container.xml": BOMB.decode().encode("utf-16")}),
            "defines XML entities: not read",
        ),
        ("a.epub", packed({"META-INF/container.xml": "<a/>"}), "has no part ''"),
        ("a.docx", packed({"[Content_Types].xml": "", "word/document.xml": BOMB}), "defines XML entities: not read"),
        ("a.docx", packed({"[Content_Types].xml": "", "word/a": bytes(300 << 20)}), "unpacks to more than 256 MiB"),
        ("a.docx", packed({"[Content_Types].xml": "", "word/a": bytes(9 << 20)}), "unpacks to 9 MiB: not read"),
        ("a.html", b"<script>x</script>", "no text in this page"),
        ("a.txt", b"a\x00b", "binary, not text"),
    ],
)
def test_bad_files_are_told(name: str, data: bytes, told: str) -> None:
    started = time.monotonic()
    assert told in fault(name, data)
    assert time.monotonic() - started < 30


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (directory(600_000), "a.docx: has more than 20,000 parts: not read"),
        (directory(250, b"\x99\x99\0\0" * 16_000), "a.docx: has more than 1 MiB of extra fields: not read"),
    ],
    ids=["parts", "fields"],
)
def test_an_archive_whose_directory_has_no_end_is_told_soon(data: bytes, told: str) -> None:
    started, worked = time.monotonic(), time.process_time()
    assert kind_of("a.zip", data) is None
    assert fault("a.docx", data) == told
    assert time.process_time() - worked < 1
    assert time.monotonic() - started < 9


def book(*chapters: bytes | None) -> bytes:
    names = [f"c{at}.xhtml" for at in range(len(chapters))]
    items = "".join(f'<item id="{name}" href="{name}" media-type="application/xhtml+xml"/>' for name in names)
    spine = "".join(f'<itemref idref="{name}"/>' for name in names)
    package = (
        f'<package xmlns="http://www.idpf.org/2007/opf"><manifest>{items}</manifest><spine>{spine}</spine></package>'
    )
    parts: dict[str, bytes | str] = {"META-INF/container.xml": '<c><rootfile full-path="a.opf"/></c>', "a.opf": package}
    return packed(parts | {name: data for name, data in zip(names, chapters, strict=True) if data is not None})


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1", "gbk"])
def test_chapters_in_the_encoding_that_they_say(encoding: str) -> None:
    words = "海港大桥" if encoding == "gbk" else "Die Brücke"
    page = f'<?xml version="1.0" encoding="{encoding}"?><html><title>No</title><body><p>{words}</p></body></html>'
    assert read("a.epub", book(page.encode(encoding))) == Loaded(words)


def test_a_book_that_lacks_a_chapter_has_the_others() -> None:
    found = read("a.epub", book(b"<p>One.</p>", None, b"<p>Three\x00\x01.</p>", b"<p>Four.</p>"))
    assert found.text == "One.\n\nFour."
    missing, binary = found.notes
    assert missing == "has no part 'c1.xhtml', which is one of its chapters"
    assert binary == "c2.xhtml: binary, not text"
    assert fault("a.epub", book(None, b"<p> </p>")) == "a.epub: a book without text"


def test_what_a_book_says_of_itself() -> None:
    def metadata(language: str) -> object:
        says = (
            '<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata>'
            f"<dc:creator>Bell, Ann</dc:creator><dc:creator>Hale, Bo</dc:creator><dc:language>{language}</dc:language>"
            '</metadata><manifest><item id="a" href="a.xhtml" media-type="application/xhtml+xml"/></manifest>'
            '<spine><itemref idref="a"/></spine></package>'
        )
        parts: dict[str, bytes | str] = {
            "META-INF/container.xml": '<c><rootfile full-path="a.opf"/></c>',
            "a.opf": says,
            "a.xhtml": "<p>Sea.</p>",
        }
        return read("a.epub", packed(parts)).metadata

    assert metadata("C") == {"author": "Bell, Ann; Hale, Bo"}
    assert metadata("en-GB") == {"author": "Bell, Ann; Hale, Bo", "language": "en-GB"}


def test_a_protected_book_is_told() -> None:
    parts = {
        "META-INF/container.xml": "<a/>",
        "META-INF/encryption.xml": '<e><m Algorithm="http://www.w3.org/2001/04/xmlenc#aes128-cbc"/></e>',
    }
    assert "protected against copies (DRM)" in fault("a.epub", packed(parts))


@pytest.mark.slow
def test_a_pdf_whose_stream_unpacks_to_much_is_told() -> None:
    stream = zlib.compress(zlib.compress(bytes(1 << 29), 9), 9)
    head = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    page = b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R>>endobj\n"
    body = b"4 0 obj<</Length %d/Filter[/FlateDecode/FlateDecode]>>stream\n%s\nendstream endobj\n" % (
        len(stream),
        stream,
    )
    assert fault("a.pdf", head + page + body + b"trailer<</Root 1 0 R>>\n%%EOF").startswith("a.pdf: ")


def test_deep_nesting_is_told_or_read() -> None:
    for html in (b"<div>" * 100_000 + b"deep", b"<table><tr><td>" * 3_000 + b"deep", b"<ul><li>" * 3_000 + b"deep"):
        assert "deep" in read_or_told("a.html", html)


def test_a_deep_formula_takes_no_longer_than_it_is() -> None:
    from xml.etree.ElementTree import fromstring

    from extractor.loaders.word_parts import linear

    space = "http://schemas.openxmlformats.org/officeDocument/2006/math"
    deep = f'<oMath xmlns="{space}">{"<box><e>" * 100}<r><t>x</t></r>{"</e></box>" * 100}</oMath>'
    assert linear(fromstring(deep)) == "x"  # noqa: S314  # ours


def test_what_crashes_the_reader_ends_no_run(monkeypatch: pytest.MonkeyPatch) -> None:
    from extractor.loaders import isolated

    monkeypatch.setattr(isolated, "_CHILD", "import os; os.abort()")
    monkeypatch.setattr(isolated, "_idle", [])
    assert "crashed what reads such files" in fault("a.pdf", b"%PDF-1.4")


def test_what_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    from extractor.loaders import isolated

    monkeypatch.setattr(isolated, "_CHILD", "import time; time.sleep(60)")
    monkeypatch.setattr(isolated, "_SECONDS", 0.5)
    monkeypatch.setattr(isolated, "_idle", [])
    assert "took longer than" in fault("a.pdf", b"%PDF-1.4")


@pytest.mark.skipif(os.name != "posix", reason="processes end otherwise")
def test_what_another_program_kills_took_not_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    from extractor.loaders import isolated

    monkeypatch.setattr(isolated, "_CHILD", "import os; os.kill(os.getpid(), 9)")
    monkeypatch.setattr(isolated, "_idle", [])
    assert "PDF: what reads such files was killed from outside: is the memory full?" in fault("a.pdf", b"%PDF-1.4")


def test_what_was_killed_while_it_waited_is_not_asked() -> None:
    from extractor.loaders import isolated

    for _ in range(2):
        assert read("a.html", b"<p>The sea.").text.strip() == "The sea."
        isolated._idle[-1]._process.kill()
        isolated._idle[-1]._process.wait()


FORKS = """
import os
from extractor.loaders import isolated, read

def reader():
    assert read("a.html", b"<p>The sea.").text.strip() == "The sea."
    return [child._process.pid for child in isolated._idle]

mine = reader()
if pid := os.fork():
    assert os.waitpid(pid, 0)[1] == 0
    assert reader() == mine
else:
    assert len(reader()) == 1
    assert reader() != mine
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no forks here")
def test_a_forked_process_has_its_files_read_by_its_own() -> None:
    ran = subprocess.run([sys.executable, "-W", "error", "-c", FORKS], capture_output=True, timeout=60, check=False)
    assert (ran.returncode, ran.stderr) == (0, b"")


def test_nothing_is_fetched_for_a_document() -> None:
    page = (
        b'<html><body><link rel="stylesheet" href="http://127.0.0.1:9/a.css"><img src="http://127.0.0.1:9/a.png"><p>Sea'
    )
    assert read("a.html", page).text.strip().endswith("Sea")


# --- readers of one's own ----------------------------------------------------------------------------------------


OWN = """
import extractor.loaders
def read(data, name):
    return "|".join(data.decode().split(";"))
def read_more(data, name):
    return extractor.loaders.Loaded("x", ("told",), {})
def halves(data, name):
    return "abc \\ud800 \\ud83d\\ude00"
def fail(data, name):
    raise KeyError("column")
def nothing(data, name):
    return None
value = 5
"""


def test_a_loader_of_ones_own(tmp_path: Path) -> None:
    file = tmp_path / "own.py"
    file.write_text(OWN)
    assert read("a.pdf", b"a;b", Reading(loader=f"{file}:read")).text == "a|b"
    assert read("a.x", b"a", Reading(loader=f"{file}:read_more")).notes == ("told",)
    replaced = "characters that are not valid Unicode are replaced by U+FFFD"
    assert read("a.x", b"a", Reading(loader=f"{file}:halves")) == Loaded("abc \ufffd 😀", (replaced,))
    for name, told in (("fail", "its loader failed: KeyError: 'column'"), ("nothing", "gave no text, but NoneType")):
        with pytest.raises(SourceError, match=told):
            read("a.x", b"a", Reading(loader=f"{file}:{name}"))
    with pytest.raises(UsageError, match="is no function"):
        find_loader(f"{file}:value")
    with pytest.raises(UsageError, match="has no 'other'"):
        find_loader(f"{file}:other")


def test_a_package_offers_a_loader_for_a_suffix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    info = tmp_path / "offering-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: offering\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[extractor.loaders]\nsrt9 = offering:read\ntxt = offering:read\n")
    (tmp_path / "offering.py").write_text("def read(data, name):\n    return data.decode()[::-1]\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert read("a.srt9", b"abc").text == "cba"
    assert read("a.txt", b"abc").text == "abc"
