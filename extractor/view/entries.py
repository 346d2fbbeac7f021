"""Records with their documents, as far as those are there and the same as they were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from extractor.errors import SourceError
from extractor.types import Document, Extraction
from extractor.view.documents import Places, find_documents
from extractor.view.rows import fits


@dataclass(frozen=True, slots=True)
class Entry:
    """A record with its document, or with why there is none."""

    record: Extraction
    document: Document | None = None
    why: str = ""


def with_documents(records: Sequence[Extraction], places: Places) -> list[Entry]:
    """Each record with its document; raises `SourceError` where the files that were named have none of them."""
    found = find_documents([record.source for record in records], places)
    return [pair(record, one) for record, one in zip(records, found, strict=True)]


def pair(record: Extraction, found: Document | SourceError) -> Entry:
    """A record with what was found of its document, where its values still stand in that."""
    if isinstance(found, SourceError):
        return Entry(record, None, f"{found}; {found.hint}" if found.hint else str(found))
    if not fits(record, found.text):
        return Entry(record, None, f"{record.source}: it has changed since, so its values stand elsewhere")
    return Entry(record, found)
