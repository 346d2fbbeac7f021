"""`extract prompt`: its flags."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Annotated

import typer

from extractor.cli.asking import reading_of, style_of
from extractor.cli.flags.asking import PromptFlags
from extractor.cli.flags.documents import PartFlags, ReadingFlags
from extractor.cli.flags.running import CommonFlags
from extractor.cli.flags.single import BaseUrlOption, ManyOption, ModelOption, ModeOption, OptionalSchemaOption
from extractor.cli.flags.tools import ChoosingFlags, OptionalToolsOption
from extractor.cli.frame import handled, held, recipe_of, refuse_mixed
from extractor.cli.terminal import Screen
from extractor.models import DEFAULT


def prompt(
    source: Annotated[str, typer.Argument(help="A file or URL, or - for standard input.")],
    schema: OptionalSchemaOption = None,
    tools: OptionalToolsOption = None,
    *,
    choosing: ChoosingFlags,
    model: ModelOption = DEFAULT,
    many: ManyOption = False,
    mode: ModeOption = "auto",
    flags: PromptFlags,
    base_url: BaseUrlOption = None,
    parts: PartFlags,
    question: Annotated[
        int, typer.Option("--question", metavar="N", min=1, help="Of a long text, which of the questions about it.")
    ] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="As one JSON object.")] = False,
    reading: ReadingFlags,
    common: CommonFlags,
) -> None:
    """Print what a model would get of a document; generates nothing, and asks no server.

    The exact messages (of a long text those of the first question about it, or --question N), the mode with the grammar
    or the JSON Schema that is sent in it, and the count of tokens. Where only a server's answers can show which modes
    it honours, those are listed that would be tried. With --tools the document is what a user asks for.
    """
    screen = Screen(common.quiet, common.verbose)
    with handled(screen):
        refuse_mixed(schema, tools, choosing)
        from extractor.engines import Access, Session, Settings, open_engine
        from extractor.sources import Source, load

        engine = Session(open_engine(model, Settings(slots=1), Access(base_url, offline=common.offline)))
        with contextlib.closing(engine):
            engine.warm()
            from extractor.cli.prompting import prepare, print_prompt
            from extractor.options import Options

            document = load(Source(source, reading=reading_of(reading, offline=common.offline)))
            for note in document.notes:
                screen.note(f"{document.source}: {note}")
            style = style_of(flags, screen)
            recipe = recipe_of(schema, tools, choosing, many=many)
            loaded = held(recipe.load(), screen, flags.examples, style)
            options = Options(mode=None if mode == "auto" else mode, style=style, **vars(parts))
            found = asyncio.run(prepare(engine, document, loaded, options, question))
        if found.questions > 1:
            screen.note(f"{document.source}: this is question {question:,} of {found.questions:,} about it")
        print_prompt(found, as_json=as_json)
