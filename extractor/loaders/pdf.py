"""PDF files, by PDFium: the text of each page, and a form feed after it, as `pdftotext` writes it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from math import pi
from typing import Any

from extractor.loaders.loaded import Loaded, UnreadableError
from extractor.loaders.markdown import tidy
from extractor.loaders.pdf_forms import filled
from extractor.loaders.pdf_outline import bookmarks, with_headings
from extractor.loaders.running_lines import without_running_lines
from extractor.outline import PAGE_BREAK

_MOST_PAGES = 20_000
_HYPHEN = re.compile("(?<=[^\\W\\d_])(?:\ufffe|\x02|\xad)[ \t]*\n?")  # where a word was broken at the end of a line
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_JUNK_TITLE = re.compile(
    r"(?i)^(?:microsoft (?:word|powerpoint)\b|untitled|.*\.(?:docx?|tex|dvi|pdf|indd|rtf|qxd|html?)$|\W*$)"
)
_NOBODY = re.compile(r"(?i)(?:anonymous|unknown|user|admin(?:istrator)?|owner)?$")
_SAMPLE = 200  # letters of a page, by which it is turned
_SCANNED = "no text in its {}, only pictures: a scan"
_SCANNED_HINT = "let a program read its letters first, as `ocrmypdf in.pdf out.pdf` does"


def read(data: bytes, *, raw: bool = False) -> Loaded:
    """The text of all pages, without what stands above and below each where it is not wanted (`raw`)."""
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        raise _refused(error) from error
    with document:
        count = len(document)
        if count > _MOST_PAGES:
            raise UnreadableError(f"has {count:,} pages, more than {_MOST_PAGES:,}", "split it into several files")
        pages = with_headings([*_pages(document)], bookmarks(document))
        metadata = document.get_metadata_dict()
    empty = [number for number, page in enumerate(pages, 1) if not page]
    if len(empty) == count:
        raise UnreadableError(_SCANNED.format("page" if count == 1 else f"{count} pages"), _SCANNED_HINT)
    notes = [f"no text on {len(empty)} of {count} pages, only pictures: {_listed(empty)}"] if empty else []
    said = _metadata(metadata, pages[0])
    if not raw:
        pages, left_out = without_running_lines(pages)
        notes += [f"{left_out} (--raw keeps all)"] if left_out else []
    return Loaded("".join(f"{page}\n{PAGE_BREAK}\n" for page in pages), (*notes,), said)


def _pages(document: Any) -> Iterator[str]:
    if document.get_formtype():
        document.init_forms()
    for page in document:
        _turn(page)
        text_page = page.get_textpage()
        text = filled(document, page, text_page)
        text_page.close()
        page.close()
        yield _cleaned(text)


def _turn(page: Any) -> None:
    """Turn a page so that its letters stand upright, as the order of its lines is that in which they are then seen."""
    from pypdfium2 import raw

    text_page = page.get_textpage()
    letters = range(min(text_page.count_chars(), _SAMPLE))
    turns = Counter(round(raw.FPDFText_GetCharAngle(text_page.raw, at) / (pi / 2)) % 4 for at in letters)
    text_page.close()
    upright = -turns.most_common(1)[0][0] % 4 * 90 if turns else page.get_rotation()
    if upright != page.get_rotation():
        page.set_rotation(upright)


def _cleaned(text: str) -> str:
    """Words that were broken at the ends of lines are whole again."""
    return tidy(_CONTROL.sub("", _HYPHEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))))


def _refused(error: Exception) -> UnreadableError:
    said = str(error).lower()
    if "password" in said:
        return UnreadableError("is encrypted: it needs a password", "save a copy without one: `qpdf --decrypt`")
    if "security" in said:
        return UnreadableError("is encrypted in a way that is not known", "save a copy without encryption")
    return UnreadableError("is damaged, or no PDF", "`qpdf --check FILE` says what is wrong with it")


def _metadata(said: Mapping[str, str], first: str) -> Mapping[str, Any]:
    """Title and author, where they are no leavings of the program that wrote the file.

    Its dates are when the file was made, not the text.
    """
    title, author = (" ".join(said.get(name, "").split()) for name in ("Title", "Author"))
    found = {
        "title": title if not _JUNK_TITLE.match(title) else "",
        "author": author if not _NOBODY.match(author) else "",
    }
    return {name: value for name, value in found.items() if value and value not in " ".join(first.split())}


def _listed(numbers: list[int]) -> str:
    most = 8
    return ", ".join(map(str, numbers[:most])) + ", …" * (len(numbers) > most)
