"""What a file is: by its first bytes, else by what the server said, else by its suffix, else by how it begins."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from itertools import islice
from pathlib import PurePath
from typing import Literal

Kind = Literal["text", "html", "pdf", "docx", "epub"]

_BY_SUFFIX: dict[str, Kind] = {
    **dict.fromkeys((".txt", ".text", ".md", ".markdown"), "text"),
    **dict.fromkeys((".html", ".htm", ".xhtml"), "html"),
    ".pdf": "pdf",
    ".docx": "docx",
    ".epub": "epub",
}
SUFFIXES = frozenset(_BY_SUFFIX)  # of what is read in a folder
MEDIA_TYPES: dict[str, Kind] = {
    "text/html": "html",
    "application/xhtml+xml": "html",
    "application/pdf": "pdf",
    "application/epub+zip": "epub",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/json": "text",
    "application/xml": "text",
}
_NAMED = {
    "html": "HTML",
    "pdf": "PDF",
    "docx": "Word (.docx)",
    "epub": "EPUB",
}
_HTML = re.compile(
    rb"(?is)(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b"
)
_BEGINNING = 2_048
_ZIP, _PDF, _OLE = b"PK\x03\x04", b"%PDF-", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PART = struct.Struct("<4s24x3H12x")  # in the directory of a zip file: how long name, extra fields and comment are
_PART_MARK, _END, _END_64 = b"PK\x01\x02", b"PK\x05\x06", b"PK\x06\x07"
MOST_PARTS = 20_000  # of a zip file: one with more is not read, so that no more are looked at
_PDF_WITHIN = 1_024  # bytes before its mark, which readers forgive


def kind_of(name: str, data: bytes, media_type: str = "") -> Kind | None:
    """The kind of a file, None for what is none of ours: ('a.txt', b'%PDF-1.7') → 'pdf'; 'notes' → 'text'."""
    said = MEDIA_TYPES.get(media_type) or _BY_SUFFIX.get(PurePath(name).suffix.lower())
    if data.startswith(_PDF) or (said == "pdf" and _PDF in data[:_PDF_WITHIN]):
        return "pdf"
    if data.startswith(_ZIP):
        return _packed(data) or (said if said in ("docx", "epub") else None)
    if data.startswith(_OLE):
        return None
    if said in (None, "text") and not PurePath(name).suffix and _HTML.match(data[:_BEGINNING]):
        return "html"
    return said or "text"


def _packed(data: bytes) -> Kind | None:
    """What a zip file is, by the first of its parts."""
    names = set(islice(_parts(data), MOST_PARTS))
    if b"[Content_Types].xml" in names and any(name.startswith(b"word/") for name in names):
        return "docx"
    return "epub" if b"META-INF/container.xml" in names else None


def _parts(data: bytes) -> Iterator[bytes]:
    """The names of the parts of a zip file, by the directory at its end (APPNOTE.TXT, 4.3.12 to 4.3.16).

    Python's own reader takes seconds of a directory without end; here nothing but names is looked at.
    """
    end = data.rfind(_END)
    size = int.from_bytes(data[end + 12 : end + 16], "little")
    if data[max(end - 20, 0) : end].startswith(_END_64):
        end -= 76
        size = int.from_bytes(data[end + 40 : end + 48], "little")
    at = end - size
    while 0 <= at <= end - _PART.size:
        mark, name, extra, comment = _PART.unpack_from(data, at)
        if mark != _PART_MARK:
            return
        yield data[at + _PART.size : at + _PART.size + name]
        at += _PART.size + name + extra + comment


def named(kind: str) -> str:
    """As people call it: 'docx' → 'Word (.docx)'."""
    return _NAMED.get(kind, kind)
