"""A source: something to load, or a record whose text is there already."""

from __future__ import annotations

from dataclasses import dataclass

from extractor.errors import SourceError
from extractor.types import Document

STDIN = "-"

# No context of today holds more: 32 MiB are about eight million tokens.
MOST_BYTES = 32 << 20


@dataclass(frozen=True, slots=True)
class Source:
    """A path, or `-` for standard input; a record of a file has its `document` already, and is named by its id.

    A `fault` found on the way is raised by `load`.
    """

    name: str
    fault: SourceError | None = None
    document: Document | None = None

    @property
    def label(self) -> str:
        """What records and messages call it."""
        return "stdin" if self.name == STDIN and self.document is None else self.name
