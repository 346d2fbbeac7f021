"""The tree of commands, and how it is started."""

from __future__ import annotations

import io
import os
import signal
import sys
from pathlib import Path
from typing import Annotated

import typer

from extractor import __version__
from extractor.cli import ledger, models, schemas
from extractor.cli.batch import batch
from extractor.cli.call import call
from extractor.cli.config import config
from extractor.cli.defaults import App
from extractor.cli.eval import eval_
from extractor.cli.frame import handled
from extractor.cli.prompt import prompt
from extractor.cli.run import run
from extractor.cli.serve import serve
from extractor.cli.terminal import Screen
from extractor.cli.text import text
from extractor.cli.view import view

app = App(
    name="extract",
    help="Turn text into validated JSON with a language model.",
    epilog="Options have defaults in extract.toml (max-tokens = 900) and in the environment (EXTRACT_MAX_TOKENS).",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (run, batch, call, eval_, text, view, prompt, config, serve):
    app.command(command.__name__.rstrip("_"))(command)
app.add_typer(schemas.app, name="schema")
app.add_typer(models.app, name="models")
app.add_typer(ledger.app, name="ledger")


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
    try:
        with handled(Screen()):  # the help may find the disk full
            app()
    except typer.Exit as end:
        sys.exit(end.exit_code)


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
        with handled(Screen()):
            print(f"extract {__version__}")
        raise typer.Exit
    if ctx.invoked_subcommand is None:
        ctx.fail("Missing command.")
