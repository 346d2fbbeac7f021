"""`extract prompt`: its flags."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Annotated

import typer

from extractor.cli.flags import (
    BaseUrlOption,
    ManyOption,
    ModelOption,
    ModeOption,
    OfflineOption,
    QuietOption,
    SchemaOption,
    VerboseOption,
)
from extractor.cli.frame import handled, load_schema
from extractor.cli.terminal import Screen
from extractor.models import DEFAULT


def prompt(
    source: Annotated[str, typer.Argument(help="A text or Markdown file, or - for standard input.")],
    schema: SchemaOption,
    model: ModelOption = DEFAULT,
    many: ManyOption = False,
    mode: ModeOption = "auto",
    base_url: BaseUrlOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="As one JSON object.")] = False,
    offline: OfflineOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Print what a model would get of a document; generates nothing, and asks no server.

    The exact messages, the mode with the grammar or the JSON Schema that is sent in it, and the count of tokens. Where
    only a server's answers can show which modes it honours, those are listed that would be tried.
    """
    screen = Screen(quiet, verbose)
    with handled(screen):
        from extractor.engines import Access, Session, Settings, open_engine
        from extractor.sources import Source, load

        engine = Session(open_engine(model, Settings(slots=1), Access(base_url, offline=offline)))
        with contextlib.closing(engine):
            engine.warm()
            from extractor.cli.prompting import prepare, print_prompt

            document = load(Source(source))
            for note in document.notes:
                screen.note(f"{document.source}: {note}")
            loaded = load_schema(schema, screen, many=many)
            found = asyncio.run(prepare(engine, document, loaded, None if mode == "auto" else mode))
        print_prompt(found, as_json=as_json)
