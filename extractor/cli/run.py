"""`extract run`: its flags, and the order in which things are read, loaded and opened."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from extractor.cli.asking import access_of, open_session, options_of, reading_of, settings_of, style_of
from extractor.cli.flags import (
    AllowPrivateOption,
    AnswerLangOption,
    BaseUrlOption,
    ChunkTokensOption,
    ContextOption,
    ContextTokensOption,
    DescriptorOption,
    EncodingOption,
    ExamplesOption,
    FormOption,
    GpuLayersOption,
    GroundOption,
    InstructionOption,
    KeyFileOption,
    LoaderOption,
    ManyOption,
    MaxCostOption,
    MaxOutputTokensOption,
    MaxTokensOption,
    ModelOption,
    ModeOption,
    OfflineOption,
    PassesOption,
    PriorOption,
    ProbsOption,
    PromptLangOption,
    QuietOption,
    RawOption,
    RetriesOption,
    SchemaOption,
    SeedOption,
    ShotsOption,
    SlotsOption,
    Sources,
    StrategyOption,
    StreamOption,
    TemperatureOption,
    ThinkOption,
    ThreadsOption,
    TimeoutOption,
    TotalTimeoutOption,
    TraceOption,
    VerboseOption,
)
from extractor.cli.frame import handled, load_schema
from extractor.cli.terminal import Screen
from extractor.errors import UsageError
from extractor.models import DEFAULT


def run(
    ctx: typer.Context,
    schema: SchemaOption,
    sources: Sources = None,
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
    mode: ModeOption = "auto",
    retries: RetriesOption = 2,
    think: ThinkOption = False,
    ground: GroundOption = "report",
    stream: StreamOption = False,
    max_tokens: MaxTokensOption = 4096,
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
    slots: SlotsOption = None,
    threads: ThreadsOption = None,
    gpu_layers: GpuLayersOption = None,
    context: ContextOption = None,
    strategy: StrategyOption = "auto",
    chunk_tokens: ChunkTokensOption = 2_000,
    context_tokens: ContextTokensOption = 100,
    passes: PassesOption = 1,
    probs: ProbsOption = False,
    prior: PriorOption = None,
    raw: RawOption = False,
    loader: LoaderOption = None,
    allow_private: AllowPrivateOption = False,
    offline: OfflineOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Extract one record from each source, or with --many a list of records.

    One source prints one JSON object, several print JSON Lines in the order given; of a list each record is a line
    with its source. Exit status: 0 all valid,
    1 some documents failed, 2 usage or schema, 3 engine, 130 interrupted.
    """
    screen = Screen(quiet, verbose)
    with handled(screen):
        from extractor.sinks import Layout, choose_form, open_sink, refuse_overwriting
        from extractor.sources import is_single

        named = sources_or_stdin(sources)
        out = None if out == Path("-") else out
        refuse_overwriting(named, out)
        single = is_single(named)
        choose_form(format, out, single=single)  # a wrong one fails before the weights load
        reading = reading_of(ctx.params)
        settings = settings_of(ctx.params, slots or (1 if single else None))
        engine = open_session(ctx, screen, settings, access_of(ctx.params, screen))
        if stream and not single:
            screen.warn("--stream shows a single record as it grows; of several sources each is shown when it is done")
        elif stream and encoding != "json":
            screen.warn(f"--stream shows JSON as it grows; in {encoding.upper()} the record is shown when it is done")
        if show and ground == "off":
            screen.warn("--show has no places to mark, as --ground off looks for none")
        with contextlib.closing(engine):
            engine.warm()  # the weights load while the rest of the program is imported
            from extractor.cli.records import Job, refuse_missing, write_all
            from extractor.schema import is_many

            style = style_of(ctx.params, screen)
            options = options_of(ctx.params, style)
            loaded = load_schema(schema, screen, many=many, examples=examples, style=style)
            job = Job(named, loaded, engine, options, is_streamed=stream and single, is_shown=show, reading=reading)
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
