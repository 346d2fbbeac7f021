"""Records and their documents as one HTML page that needs nothing else.

Reading order: `records` (a file of records), `documents` (the texts that they are of), `rows` (a record as what is
drawn), `entries` (records with documents), `units` (offsets of JavaScript), `page` (the HTML); `assets` (its template,
style and scripts).
"""

from __future__ import annotations

from extractor.view.documents import Places, find_documents
from extractor.view.entries import Entry, pair, with_documents
from extractor.view.page import render
from extractor.view.records import read_records

__all__ = ["Entry", "Places", "find_documents", "pair", "read_records", "render", "with_documents"]
