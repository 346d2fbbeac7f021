"""Books in EPUB: the chapters in the order of reading, with title, authors, date and language of the book.

After the Open Packaging Format (EPUB 3.3, W3C): container → package → spine.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote
from xml.etree.ElementTree import Element
from zipfile import ZipFile

from extractor.errors import SourceError
from extractor.loaders.archive import opened, part, tree
from extractor.loaders.encodings import decode, is_utf_16, stated
from extractor.loaders.loaded import Loaded, UnreadableError
from extractor.loaders.markdown import from_html

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_OPF = "{http://www.idpf.org/2007/opf}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_PAGES = frozenset(("application/xhtml+xml", "text/html"))
_LANGUAGE = re.compile(r"[a-zA-Z]{2,3}(?:-\w+)*(?:; [a-zA-Z]{2,3}(?:-\w+)*)*")  # pandoc takes that of its system: C
_FONTS = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")  # which only hide fonts


def read(data: bytes) -> Loaded:
    """The text of a book."""
    with opened(data) as archive:
        _refuse_protected(archive)
        found = tree(archive, _CONTAINER).find(".//{*}rootfile")
        path = "" if found is None else found.get("full-path", "")
        package = tree(archive, path)
        names = [*_spine(package, path)]
        there = {*archive.namelist()}
        chapters = [_chapter(archive, name) for name in names if name in there]
    text = "\n\n".join(filter(None, (chapter for chapter, _ in chapters)))
    if not text:
        raise UnreadableError("a book without text", "there is nothing to extract from")
    missing = [f"has no part {name[:80]!r}, which is one of its chapters" for name in names if name not in there]
    notes = [note for _, noted in chapters for note in noted]
    return Loaded(text, (*dict.fromkeys((*missing, *notes)),), _metadata(package))


def _spine(package: Element, path: str) -> Iterator[str]:
    """The parts with the text, in order; what is no part of the reading (the table of contents) is left out."""
    items = {item.get("id"): item for item in package.iter(f"{_OPF}item")}
    for reference in package.iter(f"{_OPF}itemref"):
        item = items.get(reference.get("idref"))
        if item is None or item.get("media-type") not in _PAGES or "nav" in item.get("properties", "").split():
            continue
        yield posixpath.normpath(posixpath.join(posixpath.dirname(path), unquote(item.get("href", ""))))


def _chapter(archive: ZipFile, name: str) -> tuple[str, tuple[str, ...]]:
    """The text of a chapter, in UTF-8, UTF-16 or what it says, and notes on that; no text of what is none."""
    data = part(archive, name)
    try:
        html, notes = decode(name[:80], data, stated(data))
    except SourceError as error:
        return "", (str(error),)
    start = html.find("<body")
    return from_html(html[max(start, 0) :]), () if is_utf_16(data) else notes


def _refuse_protected(archive: ZipFile) -> None:
    if _ENCRYPTION not in archive.namelist():
        return
    methods = [each.get("Algorithm", "") for each in tree(archive, _ENCRYPTION).iter() if "Algorithm" in each.attrib]
    if any(method not in _FONTS for method in methods):
        raise UnreadableError("is protected against copies (DRM): its text cannot be read")


def _metadata(package: Element) -> Mapping[str, Any]:
    names = {"title": "title", "author": "creator", "date": "date", "language": "language"}
    said = {name: _joined(package.iter(f"{_DC}{tag}")) for name, tag in names.items()}
    if not _LANGUAGE.fullmatch(said["language"]):
        said["language"] = ""
    return {name: value for name, value in said.items() if value}


def _joined(elements: Iterator[Element]) -> str:
    """As trafilatura and Word write them: names have commas of their own ('Bell, Ann')."""
    return "; ".join(" ".join(text.split()) for element in elements if (text := element.text or "").strip())
