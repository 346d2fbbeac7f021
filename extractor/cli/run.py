"""`extract run`: its flags, and the order in which things are read, loaded and opened."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from extractor.cli.asking import open_session, options_of, reading_of, style_of
from extractor.cli.flags.documents import ReadingFlags
from extractor.cli.flags.groups import ANSWERS, WHOLE_RUN
from extractor.cli.flags.running import ExtractFlags
from extractor.cli.flags.single import ManyOption, ModelOption, SchemaOption, Sources
from extractor.cli.frame import handled, load_schema
from extractor.cli.terminal import Screen
from extractor.errors import UsageError
from extractor.models import DEFAULT


def run(
    ctx: typer.Context,
    schema: SchemaOption,
    sources: Sources = None,
    *,
    model: ModelOption = DEFAULT,
    format: Annotated[
        Literal["json", "jsonl", "yaml", "csv", "tsv", "parquet", "sqlite", "folder"] | None,
        typer.Option("--format", "-f", help="Default: by --out, or json for one source, jsonl for several."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Write to a file; it appears when all is done. Or a folder."),
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="The whole record: spans, errors, usage, time.")] = False,
    show: Annotated[
        bool, typer.Option("--show", help="Show the text with the places of the values marked, on standard error.")
    ] = False,
    many: ManyOption = False,
    flags: ExtractFlags,
    stream: Annotated[
        bool, typer.Option("--stream", help="Show the record as it grows, on a terminal.", rich_help_panel=ANSWERS)
    ] = False,
    slots: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=64,
            help="Documents at once. One slot repeats itself exactly. Default: 1 or 4.",
            show_default=False,
            rich_help_panel=WHOLE_RUN,
            metavar="N",
        ),
    ] = None,
    reading: ReadingFlags,
) -> None:
    """Extract one record from each source, or with --many a list of records.

    One source prints one JSON object, several print JSON Lines in the order given; of a list each record is a line
    with its source. Exit status: 0 all valid,
    1 some documents failed, 2 usage or schema, 3 engine, 130 interrupted.
    """
    screen = Screen(flags.quiet, flags.verbose)
    with handled(screen):
        from extractor.sinks import Layout, choose_form, open_sink, refuse_overwriting
        from extractor.sources import is_single

        named = sources_or_stdin(sources)
        out = None if out == Path("-") else out
        refuse_overwriting(named, out)
        single = is_single(named)
        choose_form(format, out, single=single)  # a wrong one fails before the weights load
        how_read = reading_of(reading, offline=flags.offline)
        engine = open_session(ctx, flags, screen, slots or (1 if single else None))
        if stream and not single:
            screen.warn("--stream shows a single record as it grows; of several sources each is shown when it is done")
        elif stream and flags.encoding != "json":
            screen.warn(
                f"--stream shows JSON as it grows; in {flags.encoding.upper()} the record is shown when it is done"
            )
        if show and flags.ground == "off":
            screen.warn("--show has no places to mark, as --ground off looks for none")
        with contextlib.closing(engine):
            engine.warm()  # the weights load while the rest of the program is imported
            from extractor.cli.records import Job, refuse_missing, write_all
            from extractor.schema import is_many

            style = style_of(flags, screen)
            options = options_of(flags, style)
            loaded = load_schema(schema, screen, many=many, examples=flags.examples, style=style)
            job = Job(named, loaded, engine, options, is_streamed=stream and single, is_shown=show, reading=how_read)
            single = single and (full or not is_many(loaded))
            shown = choose_form(format, out, single=single)
            layout = Layout(shown, "record" if full else "entries", single, loaded)
            with open_sink(out, layout) as sink:
                if not engine.is_here():
                    refuse_missing(named)
                with screen.pulling() as on_progress:
                    engine.prepare(on_progress)
                tally = asyncio.run(write_all(job, sink, screen))
        raise typer.Exit(tally.exit_code)


def sources_or_stdin(sources: list[str] | None) -> list[str]:
    """The sources; standard input where none is named and something is piped in."""
    if sources:
        return sources
    if sys.stdin is None or sys.stdin.isatty():
        raise UsageError("no source", hint="name files, folders or patterns, or - to read standard input")
    return ["-"]
