r"""From the bytes of a file to its text: Markdown with a form feed before each new page.

Reading order: `loaded` (what a reader gives); `kinds` (what a file is); `reading` (which function reads it);
`likely`, `encodings` (text); `table_cells`, `markdown` (from HTML); `main_text`, `authors`, `html`; `pdf_forms`,
`pdf_outline`, `running_lines`, `pdf`; `archive`, `word_lists`, `word_parts`, `docx`, `epub`; `child` and `isolated` (a
process of its own for formats whose parsers hostile bytes can hurt). The structure of a text (metadata, pages,
sections) is in the text itself, so that whatever has the text has it too: see `extractor.front_matter` and
`extractor.outline`.
"""

from __future__ import annotations

from extractor.loaders.encodings import GUESSED, find_alphabet
from extractor.loaders.kinds import SUFFIXES, kind_of
from extractor.loaders.loaded import Loaded, Reading
from extractor.loaders.reading import find_loader, read

__all__ = ["GUESSED", "SUFFIXES", "Loaded", "Reading", "find_alphabet", "find_loader", "kind_of", "read"]
