"""A document with the values of its record marked in it, for a terminal: `extract run --show`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from extractor.cli.terminal import one_line, plain, tell
from extractor.pointers import leaves, unescaped
from extractor.types import Document, Extraction, Span

if TYPE_CHECKING:
    from rich.text import Text

_COLOURS = ("cyan", "green", "yellow", "magenta", "blue", "red")
_AROUND = 1  # lines around those that are marked
_FARTHEST = 300  # characters around a place that are shown of a long line
_BRACKETS = {ord(mark): f"\\u{ord(mark):04x}" for mark in "⟦⟧"}  # of the document, where ours mean something
_LONGEST = 60  # characters of a value in the list


def show(record: Extraction, document: Document) -> None:
    """Print a document with the places of its record, and the record's values by field, on standard error."""
    from rich.console import Console

    console = Console(stderr=True, highlight=False, soft_wrap=not sys.stderr.isatty())
    colours = _colours(record)
    with console.capture() as shown:
        console.rule(one_line(record.source), style="dim")
        console.print(marked(document.text, record.spans, colours, has_brackets=not console.is_terminal))
        for line in _fields(record, colours) if record.data is not None else ():
            console.print(line)
    tell(shown.get(), end="")


def marked(text: str, spans: Mapping[str, Span], colours: Mapping[str, str], *, has_brackets: bool = False) -> Text:
    """The lines of a text in which something is marked, and their neighbours; of nested places the inner one shows."""
    from rich.text import Text

    shown = Text()
    for start, end in _passages(text, [*spans.values()]):
        if shown or start:
            shown.append("⋯\n", style="dim")
        for piece in _pieces(start, end, spans):
            style = f"bold {colours[_field(piece.pointer)]}" if piece.pointer else ""
            said = _plain(text, piece)
            if has_brackets:
                said = said.translate(_BRACKETS)
                said = f"⟦{said}⟧" if piece.pointer else said
            shown.append(said, style=style)
        shown.append("\n")
    return shown


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch of the text that belongs to one value, or to none."""

    start: int
    end: int
    pointer: str


def _plain(text: str, piece: _Piece) -> str:
    """A piece of a text as a terminal shows it; of the end of a line in two characters the second one is enough."""
    said = text[piece.start : piece.end].replace("\r\n", "\n")
    return plain(said.removesuffix("\r") if text.startswith("\n", piece.end) else said)


def _pieces(start: int, end: int, spans: Mapping[str, Span]) -> Iterator[_Piece]:
    """A passage, cut wherever a place begins or ends; each piece belongs to the shortest place around it."""
    inside = {at: span for at, span in spans.items() if span.start < end and span.end > start}
    cuts = {start, end} | {min(max(cut, start), end) for span in inside.values() for cut in (span.start, span.end)}
    for begin, stop in pairwise(sorted(cuts)):
        around = [
            (span.end - span.start, at) for at, span in inside.items() if span.start <= begin and stop <= span.end
        ]
        yield _Piece(begin, stop, min(around)[1] if around else "")


def _passages(text: str, spans: Sequence[Span]) -> Iterator[tuple[int, int]]:
    """The stretches of whole lines that are shown."""
    begun, end = -1, -1
    for span in sorted(spans, key=lambda one: one.start):
        first, last = _line_start(text, span.start), _line_end(text, span.end)
        if first > end + 1 and begun >= 0:
            yield begun, end
            begun = -1
        begun, end = first if begun < 0 else begun, max(end, last)
    if begun >= 0:
        yield begun, end


def _line_start(text: str, place: int) -> int:
    at = place
    for _ in range(_AROUND + 1):
        at = text.rfind("\n", 0, max(at, 0))
        if at < 0:
            break
    return max(at + 1, place - _FARTHEST)


def _line_end(text: str, place: int) -> int:
    at = place - 1
    for _ in range(_AROUND + 1):
        at = text.find("\n", at + 1)
        if at < 0:
            at = len(text)
            break
    return min(at, place + _FARTHEST)


def _colours(record: Extraction) -> dict[str, str]:
    """A colour for each field of the record, in their order."""
    fields = dict.fromkeys(_field(where) for where, _ in leaves(record.data))
    return {name: _COLOURS[at % len(_COLOURS)] for at, name in enumerate(fields)}


def _field(pointer: str) -> str:
    """The field that a place belongs to, whatever record of a list: '/0/authors/1/name' → 'authors'."""
    return next((unescaped(part) for part in pointer.split("/")[1:] if not part.isdecimal()), "")


def _fields(record: Extraction, colours: Mapping[str, str]) -> Iterator[Text]:
    """A line for each leaf: where it is in the record, the value, and how it is borne out."""
    from rich.text import Text

    for where, value in leaves(record.data):
        line = Text(f"{plain(where) or '/'} ", style=colours.get(_field(where), ""))
        line.append(_short(value), style="" if where in record.spans else "dim")
        line.append(f"  {_told(record, where)}", style="red" if where in record.ungrounded else "dim")
        yield line


def _told(record: Extraction, where: str) -> str:
    if where in record.ungrounded:
        return plain(record.ungrounded[where])
    if where in record.absent:
        return record.absent[where]
    if (span := record.spans.get(where)) is not None:
        return span.match if span.match != "fuzzy" else f"fuzzy {span.score:.2f}"
    if where in record.support:
        return f"in other words, {min(one.score for one in record.support[where]):.2f}"
    return ""


def _short(value: Any) -> str:
    said = one_line(value) if isinstance(value, str) else json.dumps(value)
    return said if len(said) <= _LONGEST else f"{said[: _LONGEST - 1]}…"
