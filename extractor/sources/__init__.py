"""Find sources and load them as documents, one at a time.

Reading order: `source`; `fetching`, `loading`; `sorting`, `ignoring`, `walking` (folders and patterns); `lists` (paths
on standard input); `paths`; `records`, `json_lines`, `tables`, `parquet`, `text_lines` (records in files); `finding`.

Discovery streams and sorts folder by folder, so that the order is the same everywhere.
"""

from __future__ import annotations

from extractor.sources.finding import NUMBERED_SUFFIXES, RECORD_SUFFIXES, count, find, is_slow
from extractor.sources.loading import is_missing, is_small, load
from extractor.sources.paths import Wanted, discover, is_single
from extractor.sources.records import OnRepeat
from extractor.sources.source import MOST_BYTES, MOST_TEXT_BYTES, STDIN, Source

__all__ = [
    "MOST_BYTES",
    "MOST_TEXT_BYTES",
    "NUMBERED_SUFFIXES",
    "RECORD_SUFFIXES",
    "STDIN",
    "OnRepeat",
    "Source",
    "Wanted",
    "count",
    "discover",
    "find",
    "is_missing",
    "is_single",
    "is_slow",
    "is_small",
    "load",
]
