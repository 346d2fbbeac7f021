"""A source: something to load, or a record whose text is there already."""

from __future__ import annotations

from dataclasses import dataclass, field

from extractor.errors import SourceError
from extractor.loaders.loaded import Reading
from extractor.types import Document

STDIN = "-"

# No context of today holds more: 32 MiB are about eight million tokens. A plain text, which is asked about in parts,
# costs no memory but that of itself, so twice as much may be read: 64 MiB are at worst 64 and four times that, where
# one character at the end has all of them take four bytes.
MOST_BYTES, MOST_TEXT_BYTES = 32 << 20, 64 << 20


@dataclass(frozen=True, slots=True)
class Source:
    """A path, or `-` for standard input; a record of a file has its `document` already, and is named by its id.

    A URL is a path too. A `fault` found on the way is raised by `load`; `reading` says how it is read.
    """

    name: str
    fault: SourceError | None = None
    document: Document | None = None
    reading: Reading = field(default_factory=Reading)

    @property
    def label(self) -> str:
        r"""What records and messages call it; a name that is not UTF-8 shows its bytes: 'n\udcff.txt'."""
        return "stdin" if self.name == STDIN and self.document is None else visible(self.name)


def visible(text: str) -> str:
    """A text that any file can hold: half of a surrogate pair, as Python makes them of odd names, becomes an escape."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()
