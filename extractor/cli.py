"""The command line: names the flags and calls the library. Heavy imports wait until a command needs them."""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from extractor import __version__
from extractor.defaults import App, print_defaults
from extractor.errors import ExtractError, UsageError
from extractor.models import DEFAULT
from extractor.terminal import Screen, explain

if TYPE_CHECKING:
    from extractor.types import Schema

app = App(
    name="extract",
    help="Turn text into validated JSON with a language model.",
    epilog="Options have defaults in extract.toml (max-tokens = 900) and in the environment (EXTRACT_MAX_TOKENS).",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
schema_app = App(help="Look at schemas.", no_args_is_help=True)
models_app = App(help="The weights on this machine.", no_args_is_help=True)
app.add_typer(schema_app, name="schema")
app.add_typer(models_app, name="models")

_MOST_NOTES = 3  # about what the decoder does not hold

Sources = Annotated[
    list[str] | None,
    typer.Argument(help="Text or Markdown files, folders, glob patterns, or - for standard input.", show_default=False),
]
SchemaOption = Annotated[
    str,
    typer.Option(
        "--schema",
        "-s",
        metavar="SPEC",
        help="paper.py, paper.py:Paper, package.module:Paper, schema.json, 'title, year int, keywords[]', "
        "or a built-in name. A .py file is run: it is code.",
        show_default=False,
    ),
]
ManyOption = Annotated[bool, typer.Option("--many", help="A list of such records from each source, one line each.")]
SchemaArgument = Annotated[str, typer.Argument(metavar="SPEC", help="As for --schema.", show_default=False)]
ModelArgument = Annotated[str, typer.Argument(metavar="SPEC", help="As for --model.")]
ModelOption = Annotated[
    str,
    typer.Option(
        "--model",
        "-m",
        metavar="SPEC",
        help="A name of `extract models list`, a .gguf file, or hf:OWNER/REPO/FILE.gguf.",
    ),
]
OfflineOption = Annotated[bool, typer.Option("--offline", help="Never leave this machine: no download.")]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Errors only.")]
VerboseOption = Annotated[bool, typer.Option("--verbose", "-v", help="Notes also where stderr is no terminal.")]
SlotsOption = Annotated[
    int | None,
    typer.Option(
        min=1, max=64, help="Documents at once. One slot repeats itself exactly. Default: 1 or 4.", show_default=False
    ),
]
ThreadsOption = Annotated[
    int | None, typer.Option(min=1, max=512, help="Threads of the model. Default: the cores.", show_default=False)
]
GpuLayersOption = Annotated[
    int | None,
    typer.Option(min=0, help="Layers on the GPU. Default: as many as fit.", show_default=False),
]
ContextOption = Annotated[
    int | None,
    typer.Option(min=256, help="Tokens of context. Default: the model's, as memory allows.", show_default=False),
]
ModeOption = Annotated[
    Literal["auto", "grammar", "json_schema", "tools", "prompt"],
    typer.Option("--mode", help="How to get structure. auto: the strongest that the model's engine honours."),
]
RetriesOption = Annotated[
    int, typer.Option(min=0, max=20, help="Times to ask again for what is invalid, unreadable or cut off.")
]
MaxTokensOption = Annotated[int, typer.Option(min=1, help="Most tokens of an answer.")]


def start() -> None:
    """Run the command line on standard streams that are there, and in UTF-8 whatever the locale says."""
    if sys.stderr is None:
        sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115  # print() would write errors to standard output
    if sys.stdout is None:
        sys.exit("error: standard output is closed")
    for name in ("SIGTERM", "SIGHUP"):  # as Ctrl-C: what is done is kept, and the child ends
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, signal.default_int_handler)
    for stream, errors in ((sys.stdout, "strict"), (sys.stderr, "backslashreplace")):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors=errors)
    app()


@app.callback(invoke_without_command=True)
def main(
    ctx: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
    no_config: Annotated[  # noqa: ARG001  # the commands ask the context for it
        bool, typer.Option("--no-config", envvar="EXTRACT_NO_CONFIG", help="Read no extract.toml.")
    ] = False,
) -> None:
    """Turn text into validated JSON with a language model."""
    if version:
        print(f"extract {__version__}")
        raise typer.Exit
    if ctx.invoked_subcommand is None:
        ctx.fail("Missing command.")


@app.command()
def run(
    schema: SchemaOption,
    sources: Sources = None,
    model: ModelOption = DEFAULT,
    format: Annotated[
        Literal["json", "jsonl", "yaml"] | None,
        typer.Option("--format", "-f", help="Default: json for one source, jsonl for several."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write to a file; it appears when all is done.")
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="The whole record: spans, errors, usage, time.")] = False,
    many: ManyOption = False,
    max_tokens: MaxTokensOption = 4096,
    temperature: Annotated[float, typer.Option(min=0.0, max=2.0, help="0 always takes the likeliest token.")] = 0.0,
    seed: Annotated[
        int | None, typer.Option(help="Of the sampling, where the temperature is not 0.", show_default=False)
    ] = None,
    mode: ModeOption = "auto",
    retries: RetriesOption = 2,
    timeout: Annotated[
        float | None,
        typer.Option(min=0.1, help="Seconds for one answer. Default: grows with the text.", show_default=False),
    ] = None,
    slots: SlotsOption = None,
    threads: ThreadsOption = None,
    gpu_layers: GpuLayersOption = None,
    context: ContextOption = None,
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
        from extractor.engines import Access, Session, Settings, open_engine
        from extractor.sinks import choose_format, open_sink, refuse_overwriting
        from extractor.sources import is_single

        named = sources_or_stdin(sources)
        out = None if out == Path("-") else out
        refuse_overwriting(named, out)
        single = is_single(named)
        choose_format(format, out, single=single)  # a wrong one fails before the weights load
        settings = Settings(slots or (1 if single else None), threads, gpu_layers, context, verbose)
        engine = Session(open_engine(model, settings, Access(offline=offline)))
        with contextlib.closing(engine):
            engine.warm()  # the weights load while the rest of the program is imported
            from extractor.commands import Job, refuse_missing, write_all
            from extractor.schema import is_many
            from extractor.talk import Options

            loaded = load_schema(schema, screen, many=many)
            wanted = None if mode == "auto" else mode
            options = Options(max_tokens, temperature, seed, timeout, wanted, retries)
            job = Job(named, loaded, engine, options)
            single = single and (full or not is_many(loaded))
            form = choose_format(format, out, single=single)
            with open_sink(out, form, single=single) as sink:
                if not engine.is_here():
                    refuse_missing(named)
                with screen.pulling() as on_progress:
                    engine.prepare(on_progress)
                tally = asyncio.run(write_all(job, sink, screen, full=full))
        raise typer.Exit(tally.exit_code)


@app.command()
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
            from extractor.commands import count_tokens, print_prompt

            document = load(Source(source))
            for note in document.notes:
                screen.note(f"{document.source}: {note}")
            request = build_request(document, load_schema(schema, screen, many=many), Options())
            count = asyncio.run(count_tokens(engine, request))
        print_prompt(request, count, as_json=as_json)


@app.command()
def serve(
    model: ModelOption = DEFAULT,
    slots: Annotated[
        int | None,
        typer.Option(min=1, max=64, help="Documents at once, of all commands. Default: 4.", show_default=False),
    ] = None,
    threads: ThreadsOption = None,
    gpu_layers: GpuLayersOption = None,
    context: ContextOption = None,
    idle_timeout: Annotated[
        float, typer.Option(min=0.0, help="Seconds without use after which it ends; 0: never.")
    ] = 900.0,
    status: Annotated[bool, typer.Option("--status", help="List what is served, and end.")] = False,
    stop: Annotated[bool, typer.Option("--stop", help="End all that you serve.")] = False,
    offline: OfflineOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Keep a model loaded, so that other commands need not load it each time.

    `extract run`, `extract prompt` and the library find it by themselves where they want the same weights, and no
    other threads, GPU layers, context or more slots than it has; EXTRACT_SERVED=0 makes them load their own.
    It listens on this machine only and answers nobody but you. Exit status: 0 idle, 130 interrupted.
    """
    screen = Screen(quiet, verbose)
    with handled(screen):
        from extractor import serving
        from extractor.engines import Settings
        from extractor.models import resolve

        if status:
            serving.print_served()
        elif stop:
            serving.stop_served()
        else:
            settings = Settings(slots, threads, gpu_layers, context, verbose)
            serving.serve(resolve(model), settings, screen, idle_timeout=idle_timeout, offline=offline)


@app.command("config")
def print_config(
    ctx: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON Lines, one for each option.")] = False,
) -> None:
    """Print the defaults that are not built in: of which option, and from which file or variable."""
    with handled(Screen()):
        code = print_defaults(ctx, as_json=as_json)
    raise typer.Exit(code)


@schema_app.command("show")
def schema_show(spec: SchemaArgument, many: ManyOption = False) -> None:
    """Print the JSON Schema of a spec."""
    with handled(Screen()):
        from extractor.sinks import to_json

        print(to_json(load_schema(spec, Screen(quiet=True), many=many).json_schema, indent=2))


@schema_app.command("check")
def schema_check(
    spec: SchemaArgument,
    many: ManyOption = False,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON Lines, one for each keyword.")] = False,
) -> None:
    """Tell keyword by keyword how a schema is kept: while decoding, or by validation after it.

    For the embedded engine (llama.cpp with llguidance). Exit status 2 where the schema is refused.
    """
    with handled(Screen()):
        from extractor.commands import print_report
        from extractor.schema import load
        from extractor.schema import many as list_of

        print_report(list_of(load(spec)) if many else load(spec), as_json=as_json)


@schema_app.command("init")
def schema_init(
    spec: Annotated[
        str,
        typer.Argument(
            metavar="FIELDS|SAMPLE.json",
            help="An inline schema ('title, year int, keywords[]'), or a JSON file with a sample record or several.",
            show_default=False,
        ),
    ],
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write to a new file instead.")] = None,
    name: Annotated[str, typer.Option("--name", help="Of the class.")] = "Record",
) -> None:
    """Write a commented schema file in Python to start from."""
    with handled(Screen()):
        from extractor.commands import starter_source, write_new

        source = starter_source(spec, name)
        if out is None:
            print(source, end="")
        else:
            write_new(out, source)


@schema_app.command("list")
def schema_list() -> None:
    """List the built-in schemas."""
    with handled(Screen()):
        from extractor.schema import builtins, load

        for name, path in builtins().items():
            about = load(str(path)).json_schema.get("description", "")
            print(f"{name:10} {about.partition(chr(10))[0]}")


@models_app.command("list")
def models_list() -> None:
    """List known weights, and what is in the store."""
    with handled(Screen()):
        from extractor import models

        for row in models.installed():
            state = "here" if row.path else f"{row.partial / 1e6:,.0f} MB so far" if row.partial else "-"
            size = f"{row.size / 1e6:,.0f} MB" if row.size else ""
            star = "*" if row.name == models.DEFAULT else " "
            print(f"{star} {row.name:22} {size:>9}  {state:12} {','.join(row.languages):6} {row.licence}")


@models_app.command("pull")
def models_pull(spec: ModelArgument = DEFAULT, offline: OfflineOption = False, quiet: QuietOption = False) -> None:
    """Download weights and verify them; prints their path."""
    screen = Screen(quiet)
    with handled(screen):
        from extractor import models

        with screen.pulling() as on_progress:
            print(models.fetch(models.resolve(spec), offline=offline, on_progress=on_progress))


@models_app.command("path")
def models_path(spec: ModelArgument = DEFAULT) -> None:
    """Print where weights are; exit status 2 where they are not."""
    with handled(Screen()):
        from extractor import models

        print(models.fetch(models.resolve(spec), offline=True))


@models_app.command("rm")
def models_rm(spec: ModelArgument) -> None:
    """Delete weights from the store."""
    with handled(Screen()):
        from extractor import models

        print(f"{models.remove(models.resolve(spec)) / 1e6:,.0f} MB freed")


# --- what the commands share ---------------------------------------------------------------------------------


@contextlib.contextmanager
def handled(screen: Screen) -> Iterator[None]:
    """The one place where an exception becomes an exit code."""
    try:
        yield
        sys.stdout.flush()
    except ExtractError as error:
        raise typer.Exit(explain(error, screen)) from None
    except KeyboardInterrupt:
        screen.error("interrupted")
        raise typer.Exit(130) from None
    except BrokenPipeError:
        # The reader has what it wanted (`| head`). Python would complain when it flushes at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(0) from None
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        screen.error(f"{where}{error.strerror or error}")
        raise typer.Exit(1) from None


def sources_or_stdin(sources: list[str] | None) -> list[str]:
    """The sources; standard input where none is named and something is piped in."""
    if sources:
        return sources
    if sys.stdin is None or sys.stdin.isatty():
        raise UsageError("no source", hint="name files, folders or patterns, or - to read standard input")
    return ["-"]


def load_schema(spec: str, screen: Screen, *, many: bool = False) -> Schema:
    """A schema that the decoder can hold; whatever is wrong with it is said before any token is spent."""
    from extractor.grammar import compile_schema
    from extractor.schema import load
    from extractor.schema import many as list_of

    schema = list_of(load(spec)) if many else load(spec)
    told = {"after": "it is checked after decoding", "ignored": "it is ignored"}
    rows = compile_schema(schema).report
    left = [row for row in rows if row.status in told and not row.why.startswith(("held", "its shape is held"))]
    for row in left[:_MOST_NOTES]:
        screen.note(f"{row.pointer}/{row.keyword}: {row.keyword} {row.value}: {row.why}; {told[row.status]}")
    if left[_MOST_NOTES:]:
        screen.note(f"{len(left) - _MOST_NOTES} more keywords are not held by the decoder: see `extract schema check`")
    return schema
