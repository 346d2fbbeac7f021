"""`extract call`: its flags, and the order in which things are read, loaded and opened."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from typing import Annotated, Literal

import typer

from extractor.cli.asking import access_of, open_session, options_of, settings_of, style_of
from extractor.cli.flags import (
    AnswerLangOption,
    BaseUrlOption,
    ContextOption,
    DescriptorOption,
    EncodingOption,
    ExamplesOption,
    FormOption,
    GpuLayersOption,
    GroundOption,
    InstructionOption,
    KeyFileOption,
    MaxCostOption,
    MaxOutputTokensOption,
    MaxTokensOption,
    ModelOption,
    ModeOption,
    OfflineOption,
    PromptLangOption,
    QuietOption,
    RetriesOption,
    SeedOption,
    ShotsOption,
    TemperatureOption,
    ThinkOption,
    ThreadsOption,
    TimeoutOption,
    TotalTimeoutOption,
    TraceOption,
    VerboseOption,
)
from extractor.cli.frame import handled, held, recipe_of
from extractor.cli.terminal import Screen
from extractor.cli.tool_flags import AllowNoneOption, AskOption, ShownTokensOption, ToolsOption
from extractor.errors import UsageError
from extractor.models import DEFAULT
from extractor.types import SHOWN_TOKENS


def call(
    ctx: typer.Context,
    tools: ToolsOption,
    query: Annotated[
        str | None,
        typer.Argument(help="What a user asks for; by default, or as -, standard input.", show_default=False),
    ] = None,
    many: Annotated[bool, typer.Option("--many", help="Several calls, in order, as one list.")] = False,
    allow_none: AllowNoneOption = False,
    ask: AskOption = False,
    model: ModelOption = DEFAULT,
    full: Annotated[
        bool, typer.Option("--full", help="The whole record: where arguments stand, probabilities, usage, time.")
    ] = False,
    format: Annotated[Literal["json", "yaml"], typer.Option("--format", "-f", help="json or yaml.")] = "json",
    shown_tokens: ShownTokensOption = SHOWN_TOKENS,
    mode: ModeOption = "auto",
    retries: RetriesOption = 2,
    think: ThinkOption = False,
    ground: GroundOption = "report",
    max_tokens: MaxTokensOption = 1024,
    temperature: TemperatureOption = 0.0,
    seed: SeedOption = None,
    examples: ExamplesOption = None,
    shots: ShotsOption = None,
    instruction: InstructionOption = None,
    descriptor: DescriptorOption = "auto",
    encoding: EncodingOption = "json",
    prompt_lang: PromptLangOption = "auto",
    answer_lang: AnswerLangOption = None,
    form: FormOption = "chat",
    base_url: BaseUrlOption = None,
    key_file: KeyFileOption = None,
    timeout: TimeoutOption = None,
    total_timeout: TotalTimeoutOption = None,
    max_output_tokens: MaxOutputTokensOption = None,
    max_cost: MaxCostOption = None,
    trace: TraceOption = None,
    threads: ThreadsOption = None,
    gpu_layers: GpuLayersOption = None,
    context: ContextOption = None,
    offline: OfflineOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Choose the tool that does what a user asks for, with its arguments; no tool is ever run.

    Prints {"tool": …, "arguments": {…}}, with --many a list of such. What the query leaves open, and arguments that do
    not stand in it, are told on standard error. A file of queries is for `extract batch --tools`. Exit status: 0 a
    valid call, 1 the model gave none, 2 usage or tools, 3 engine, 130 interrupted.
    """
    screen = Screen(quiet, verbose)
    with handled(screen):
        text = _read(query)
        settings = settings_of(ctx.params, 1)
        engine = open_session(ctx, screen, settings, access_of(ctx.params, screen))
        with contextlib.closing(engine):
            engine.warm()  # the weights load while the rest of the program is imported
            from extractor.cli.calling import Query, answer

            style = style_of(ctx.params, screen)
            options = options_of(ctx.params, style)
            schema = held(recipe_of(ctx.params).load(), screen, examples, style)
            with screen.pulling() as on_progress:
                engine.prepare(on_progress)
            is_valid = asyncio.run(answer(Query(text, schema, engine, options), screen, format, full=full))
        raise typer.Exit(0 if is_valid else 1)


def _read(query: str | None) -> str:
    """The query, or what is piped in; `UsageError` where there is nothing."""
    if query in (None, "-"):
        if sys.stdin is None or (query is None and sys.stdin.isatty()):
            raise UsageError("no query", hint="extract call 'what to do' --tools tools.py, or - to read standard input")
        query = sys.stdin.read()
    if not query or not query.strip():
        raise UsageError("the query is empty", hint="say what is to be done")
    return query
