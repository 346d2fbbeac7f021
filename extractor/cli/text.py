"""`extract text`: its flags, and what it prints."""

from __future__ import annotations

import json
from heapq import merge
from itertools import chain, islice
from operator import itemgetter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from extractor.cli.asking import reading_of
from extractor.cli.flags.documents import ReadingFlags
from extractor.cli.flags.running import CommonFlags
from extractor.cli.flags.single import ChunkTokensOption, Sources
from extractor.cli.frame import handled
from extractor.cli.terminal import Screen, one_line
from extractor.errors import SourceError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from extractor.sources import Source
    from extractor.types import Document

_PIECE = 1 << 20  # characters


def text(
    sources: Sources = None,
    *,
    outline: Annotated[
        bool, typer.Option("--outline", help="Where pages and sections start instead of the text, with their offsets.")
    ] = False,
    chunks: Annotated[
        bool,
        typer.Option(
            "--chunks",
            help="The parts that a long text is asked about in, instead of the text: start, end, tokens as estimated, "
            "page, headings. With --json also where each begins to show the part before.",
        ),
    ] = False,
    chunk_tokens: ChunkTokensOption = 2_000,
    as_json: Annotated[
        bool,
        typer.Option(
            "--json", help="Metadata, pages, sections, notes and the text (or --chunks) as JSON, of each source a line."
        ),
    ] = False,
    reading: ReadingFlags,
    common: CommonFlags,
) -> None:
    """Print the text of a document as the model will see it; asks no model.

    What the file says of itself (title, author, date) stands before it, a form feed at the end of each page. Offsets of
    spans in records are those of this text. Exit status: 0, or 1 where a source cannot be read.
    """
    screen = Screen(common.quiet, common.verbose)
    with handled(screen):
        from extractor.sources import discover, load

        if chunks and outline:
            raise UsageError("--chunks and --outline", hint="one of them; --json has sections beside --chunks")
        failed = False
        found = discover(sources or ["-"], reading_of(reading, offline=common.offline))
        for source in found if as_json else _alone(found):
            try:
                document = load(source)
            except SourceError as error:
                if not as_json:
                    raise
                screen.error(str(error), error.hint)
                failed = True
                continue
            for note in document.notes:
                _tell(screen, document.source, note)
            if as_json:
                more = {"chunks": [*_chunks(document, chunk_tokens)]} if chunks else {}
                _write(_json(document, more, has_text=not (outline or chunks)), "\n")
            elif chunks or outline:
                for line in map(_told, _chunks(document, chunk_tokens)) if chunks else _lines(document):
                    print(line)
            else:
                _write(_pieces(document.text), "" if document.text.endswith("\n") else "\n")
        raise typer.Exit(int(failed))


def _tell(screen: Screen, source: str, note: str) -> None:
    """A note; that the encoding is a guess also where nobody looks, as all of the text may be wrong."""
    from extractor.loaders import GUESSED

    if note.startswith(GUESSED):
        screen.warn(f"{source}: {note}; --charset NAME takes another one")
    else:
        screen.note(f"{source}: {note}")


def _alone(sources: Iterator[Source]) -> Iterator[Source]:
    """One source; several are refused, but the fault of one that was not found is told before."""
    first = [*islice(sources, 2)]
    if len(first) > 1 and not any(source.fault for source in first):
        raise UsageError("several documents", hint="--json prints each on a line of its own")
    return chain(sorted(first, key=lambda source: source.fault is None), sources)


def _write(pieces: Iterable[str], end: str) -> None:
    for piece in pieces:
        print(piece, end="")
    print(end=end)


def _pieces(text: str) -> Iterator[str]:
    """A text in parts, of which what is printed makes copies."""
    for at in range(0, len(text), _PIECE):
        yield text[at : at + _PIECE]


def _json(document: Document, more: dict[str, Any], *, has_text: bool) -> Iterator[str]:
    """The JSON of a document in pieces, its text last."""
    facts = json.dumps(_facts(document) | more, ensure_ascii=False)
    if not has_text:
        yield facts
        return
    yield facts[:-1] + ', "text": "'
    for piece in _pieces(document.text):
        yield json.dumps(piece, ensure_ascii=False)[1:-1]
    yield '"}'


def _facts(document: Document) -> dict[str, Any]:
    from extractor.front_matter import metadata_of
    from extractor.outline import pages, sections

    return {
        "source": document.source,
        "characters": len(document.text),
        "metadata": metadata_of(document.text),
        "pages": [*pages(document.text)],
        "sections": [
            {"start": each.start, "level": each.level, "title": each.title} for each in sections(document.text)
        ],
        "notes": document.notes,
    }


def _chunks(document: Document, size: int) -> Iterator[dict[str, Any]]:
    """The parts of a long text; `lead` is from where each shows the part before."""
    from extractor.long import chunks_of
    from extractor.text import estimate_tokens

    for one in chunks_of(document.text, size):
        tokens = estimate_tokens(document.text[one.lead : one.end])
        place = {"start": one.start, "end": one.end, "lead": one.lead, "tokens": tokens}
        yield {**place, "page": one.page, "headings": [*one.headings]}


def _told(chunk: dict[str, Any]) -> str:
    """A part on a line: '       0     7412  1998 tokens  page 1  The log › Day 1'."""
    page = f"  page {chunk['page']}" if chunk["page"] else ""
    above = f"  {' › '.join(map(one_line, chunk['headings']))}" if chunk["headings"] else ""
    return f"{chunk['start']:>8} {chunk['end']:>8} {chunk['tokens']:>6} tokens{page}{above}"


def _lines(document: Document) -> Iterator[str]:
    """Pages and sections in the order of the text: '    3056  page 2'."""
    from extractor.outline import pages, sections

    starts = ((start, f"page {number}") for number, start in enumerate(pages(document.text), 1))
    headings = ((each.start, f"{'#' * each.level} {one_line(each.title)}") for each in sections(document.text))
    for start, told in merge(starts, headings, key=itemgetter(0)):
        yield f"{start:>8}  {told}"
