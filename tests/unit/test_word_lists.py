"""Lists and headings of Word files have the numbers that Word shows."""

from __future__ import annotations

import io
import zipfile

import pytest

from extractor.loaders import read
from extractor.loaders.word_lists import with_numbers

SPACE = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def level(at: int, label: str, kind: str = "decimal", start: int = 1, more: str = "") -> str:
    said = f'<w:start w:val="{start}"/><w:numFmt w:val="{kind}"/>{more}<w:lvlText w:val="{label}"/>'
    return f'<w:lvl w:ilvl="{at}">{said}</w:lvl>'


def make(number: int, *levels: str) -> str:
    return f'<w:abstractNum w:abstractNumId="{number}">{"".join(levels)}</w:abstractNum>'


def num(number: int, make_of: int, more: str = "") -> str:
    return f'<w:num w:numId="{number}"><w:abstractNumId w:val="{make_of}"/>{more}</w:num>'


def style(name: str, more: str) -> str:
    number = name.title().replace(" ", "")
    return f'<w:style w:type="paragraph" w:styleId="{number}"><w:name w:val="{name}"/>{more}</w:style>'


NUMBERING = [
    make(
        1,
        level(0, "%1.", more='<w:pStyle w:val="Heading1"/>'),
        level(1, "§ %1.%2", "lowerLetter", more='<w:pStyle w:val="Heading2"/>'),
    ),
    make(2, level(0, "%1.", start=5), level(1, "%2)")),
    make(3, level(0, "•", "bullet")),
    *(num(1, 1), num(2, 2), num(3, 3), num(5, 99)),
    num(4, 2, '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride>'),
]
STYLES = [
    style("heading 1", '<w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr>'),
    style("heading 2", '<w:basedOn w:val="Heading1"/>'),
    style("round", '<w:basedOn w:val="Round"/>'),
]
TYPES = '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
RELATIONS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    f'<Relationship Id="a" Type="{RELATION}/numbering" Target="numbering.xml"/>'
    f'<Relationship Id="b" Type="{RELATION}/styles" Target="styles.xml"/></Relationships>'
)


def item(said: str, number: int, level: int = 0) -> str:
    return paragraph(said, f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>')


def styled(said: str, style: str) -> str:
    return paragraph(said, f'<w:pStyle w:val="{style}"/>')


def paragraph(said: str, more: str = "") -> str:
    return f"<w:p><w:pPr>{more}</w:pPr><w:r><w:t>{said}</w:t></w:r></w:p>"


def text_of(*paragraphs: str) -> str:
    parts = {
        "[Content_Types].xml": TYPES,
        "word/_rels/document.xml.rels": RELATIONS,
        "word/document.xml": f"<w:document {SPACE}><w:body>{''.join(paragraphs)}</w:body></w:document>",
        "word/numbering.xml": f"<w:numbering {SPACE}>{''.join(NUMBERING)}</w:numbering>",
        "word/styles.xml": f"<w:styles {SPACE}>{''.join(STYLES)}</w:styles>",
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return read("a.docx", file.getvalue()).text


def test_a_list_that_a_paragraph_interrupts_goes_on() -> None:
    text = text_of(item("one", 2), item("two", 2), paragraph("Between."), item("three", 2))
    assert text == "5. one\n6. two\n\nBetween.\n\n7. three"


def test_a_list_within_another_begins_anew() -> None:
    text = text_of(item("a", 2), item("b", 2, 1), item("c", 2, 1), paragraph("-"), item("d", 2), item("e", 2, 1))
    assert text == "5. a\n   1. b\n   2. c\n\n-\n\n6. d\n   1. e"


def test_lists_of_one_make_are_counted_together_unless_one_starts_anew() -> None:
    text = text_of(item("one", 2), item("two", 4), item("three", 4), paragraph("Between."), item("four", 4))
    assert text == "5. one\n\n1. two\n2. three\n\nBetween.\n\n3. four"


def test_bullets_have_no_numbers_and_bad_references_none_either() -> None:
    assert text_of(item("a", 3), item("b", 3)) == "- a\n- b"
    assert text_of(item("a", 5), item("b", 77), styled("c", "Round")) == "a\n\nb\n\nc"


def test_headings_have_the_labels_that_word_shows() -> None:
    text = text_of(*(styled(said, f"Heading{said[0]}") for said in ("1 Sea", "1 Tide", "2 Ebb", "2 Flood", "1 Wind")))
    assert text.split("\n\n") == [
        "# 1. 1 Sea",
        "# 2. 1 Tide",
        "## § 2.a 2 Ebb",
        "## § 2.b 2 Flood",
        "# 3. 1 Wind",
    ]


@pytest.mark.parametrize(
    ("html", "changed"),
    [
        ("<li>\uf8f14 4.\uf8f1Sea</li>", '<li value="4">Sea</li>'),
        ("<h1>\uf8f14 IV\uf8f1Sea</h1>", "<h1>IV Sea</h1>"),
        ("<p>\uf8f14 \uf8f1Sea</p>", "<p>Sea</p>"),
        ("<p>\uf8f1 4 \uf8f1</p>", "<p>\uf8f1 4 \uf8f1</p>"),
    ],
)
def test_marks_become_values_and_labels(html: str, changed: str) -> None:
    assert with_numbers(html) == changed
