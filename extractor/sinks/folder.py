"""A folder: a JSON file for each document, where its source lies below the folder (see `names`).

A file gets its name when it is written; what lies in the folder of other runs stays there. A document without data to
show has no file, and one of an earlier run is removed.
"""

from __future__ import annotations

import json
from pathlib import Path

from extractor.lines import Line, to_json
from extractor.sinks.layout import Layout
from extractor.sinks.names import Names


class FolderWriter:
    """Files in a folder that is there."""

    def __init__(self, folder: Path, layout: Layout) -> None:
        self._folder = folder
        self._layout = layout
        self._temporary = folder / ".record.tmp"
        self._temporary.unlink(missing_ok=True)
        self._names = Names()

    def write(self, line: Line) -> int:
        """One file; that of a list of records holds the list."""
        path = self._folder / self._names.name(line.source)
        texts = [*line.texts(self._layout.view, is_list=False)]
        if not texts:
            path.unlink(missing_ok=True)
            return 0
        self._temporary.write_text(f"{to_json(json.loads(texts[0]), indent=2)}\n", encoding="utf-8")
        try:
            self._temporary.replace(path)
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._temporary.replace(path)
        return 1

    def finish(self) -> None:
        """All is written already."""
        self._temporary.unlink(missing_ok=True)
