"""From bytes to text: UTF-8 where it is that, else what a detector finds."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from extractor.errors import SourceError

if TYPE_CHECKING:
    from charset_normalizer import CharsetMatch

_NOT_YET = {".pdf": "PDF", ".docx": "Word", ".epub": "EPUB", ".html": "HTML", ".htm": "HTML", ".doc": "Word"}
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def decode(name: str, data: bytes) -> tuple[str, tuple[str, ...]]:
    """The text of a file, and a note where its encoding had to be guessed."""
    refuse_binary(name, data)
    try:
        return data.decode("utf-8-sig"), ()
    except UnicodeDecodeError:
        best = guess(name, data)
        return str(best), (guessed(best.encoding),)


def refuse_binary(name: str, data: bytes) -> None:
    """Raise `SourceError` for what is no text: a PDF, or bytes with a zero among them."""
    kind = "PDF" if data.startswith(b"%PDF-") else _NOT_YET.get(Path(name).suffix.lower())
    if kind or (b"\x00" in data and not is_utf_16(data)):
        raise _not_text(name, kind)


def is_utf_16(data: bytes) -> bool:
    """Whether it begins with the mark of UTF-16, or of UTF-32."""
    return data.startswith(_UTF_16)


def guessed(encoding: str) -> str:
    """What a document's notes say of it."""
    return f"not UTF-8, decoded as {encoding}"


def guess(name: str, data: bytes) -> CharsetMatch:
    """The likeliest encoding of bytes that are not UTF-8, with the text; `SourceError` where none fits."""
    from charset_normalizer import from_bytes  # rarely needed

    # Letters outside of ASCII that stand alone are accents; the encodings of Asia write them in pairs.
    accents = not re.search(rb"[\x80-\xff]{2}", data)
    matches = from_bytes(data, cp_isolation=["cp1252", "cp1250", "cp1254"] if accents else None)
    best = matches.best()
    if best is None:
        raise _not_text(name, None)
    # Of equally good guesses the western one is a thousand times as common.
    common = (match for match in matches if match.encoding == "cp1252")
    return next((match for match in common if match.chaos <= best.chaos and match.coherence >= best.coherence), best)


def _not_text(name: str, kind: str | None) -> SourceError:
    what = f"{kind} files cannot be read yet" if kind else "binary, not text"
    return SourceError(f"{name}: {what}", hint="convert it to text or Markdown first")
