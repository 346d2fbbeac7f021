"""`extract prompt`: its flags."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Annotated

import typer

from extractor.cli.flags import (
    ManyOption,
    ModelOption,
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
    as_json: Annotated[bool, typer.Option("--json", help="As one JSON object.")] = False,
    offline: OfflineOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Print the exact messages and the grammar of a document, with the token count; generates nothing."""
    screen = Screen(quiet, verbose)
    with handled(screen):
        from extractor.engines import Access, Session, Settings, open_engine
        from extractor.sources import Source, load
        from extractor.talk import Options, build_request

        engine = Session(open_engine(model, Settings(slots=1), Access(offline=offline)))
        with contextlib.closing(engine):
            engine.warm()
            from extractor.cli.prompting import count_tokens, print_prompt

            document = load(Source(source))
            for note in document.notes:
                screen.note(f"{document.source}: {note}")
            request = build_request(document, load_schema(schema, screen, many=many), Options())
            count = asyncio.run(count_tokens(engine, request))
        print_prompt(request, count, as_json=as_json)
