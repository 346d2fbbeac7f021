"""`extract prompt`: its flags."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Annotated

import typer

from extractor.cli.asking import reading_of, style_of
from extractor.cli.flags import (
    AllowPrivateOption,
    AnswerLangOption,
    BaseUrlOption,
    ChunkTokensOption,
    ContextTokensOption,
    DescriptorOption,
    EncodingOption,
    ExamplesOption,
    FormOption,
    InstructionOption,
    LoaderOption,
    ManyOption,
    ModelOption,
    ModeOption,
    OfflineOption,
    OptionalSchemaOption,
    PromptLangOption,
    QuietOption,
    RawOption,
    ShotsOption,
    StrategyOption,
    VerboseOption,
)
from extractor.cli.frame import handled, held, recipe_of, refuse_mixed
from extractor.cli.terminal import Screen
from extractor.cli.tool_flags import AllowNoneOption, AskOption, OptionalToolsOption, ShownTokensOption
from extractor.models import DEFAULT
from extractor.types import SHOWN_TOKENS


def prompt(
    ctx: typer.Context,
    source: Annotated[str, typer.Argument(help="A file or URL, or - for standard input.")],
    schema: OptionalSchemaOption = None,
    tools: OptionalToolsOption = None,
    model: ModelOption = DEFAULT,
    many: ManyOption = False,
    allow_none: AllowNoneOption = False,
    ask: AskOption = False,
    shown_tokens: ShownTokensOption = SHOWN_TOKENS,
    mode: ModeOption = "auto",
    examples: ExamplesOption = None,
    shots: ShotsOption = None,
    instruction: InstructionOption = None,
    descriptor: DescriptorOption = "auto",
    encoding: EncodingOption = "json",
    prompt_lang: PromptLangOption = "auto",
    answer_lang: AnswerLangOption = None,
    form: FormOption = "chat",
    base_url: BaseUrlOption = None,
    strategy: StrategyOption = "auto",
    chunk_tokens: ChunkTokensOption = 2_000,
    context_tokens: ContextTokensOption = 100,
    question: Annotated[
        int, typer.Option("--question", metavar="N", min=1, help="Of a long text, which of the questions about it.")
    ] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="As one JSON object.")] = False,
    raw: RawOption = False,
    loader: LoaderOption = None,
    allow_private: AllowPrivateOption = False,
    offline: OfflineOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Print what a model would get of a document; generates nothing, and asks no server.

    The exact messages (of a long text those of the first question about it, or --question N), the mode with the grammar
    or the JSON Schema that is sent in it, and the count of tokens. Where only a server's answers can show which modes
    it honours, those are listed that would be tried. With --tools the document is what a user asks for.
    """
    screen = Screen(quiet, verbose)
    with handled(screen):
        refuse_mixed(ctx.params)
        from extractor.engines import Access, Session, Settings, open_engine
        from extractor.sources import Source, load

        engine = Session(open_engine(model, Settings(slots=1), Access(base_url, offline=offline)))
        with contextlib.closing(engine):
            engine.warm()
            from extractor.cli.prompting import prepare, print_prompt
            from extractor.talk import Options

            document = load(Source(source, reading=reading_of(ctx.params)))
            for note in document.notes:
                screen.note(f"{document.source}: {note}")
            style = style_of(ctx.params, screen)
            loaded = held(recipe_of(ctx.params).load(), screen, examples, style)
            options = Options(
                mode=None if mode == "auto" else mode,
                style=style,
                strategy=strategy,
                chunk_tokens=chunk_tokens,
                context_tokens=context_tokens,
            )
            found = asyncio.run(prepare(engine, document, loaded, options, question))
        if found.questions > 1:
            screen.note(f"{document.source}: this is question {question:,} of {found.questions:,} about it")
        print_prompt(found, as_json=as_json)
