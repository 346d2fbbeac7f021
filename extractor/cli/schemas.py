"""`extract schema …`: show, check, begin and list schemas."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from extractor.cli.defaults import App
from extractor.cli.flags.single import ManyOption, SchemaArgument
from extractor.cli.frame import handled, load_schema
from extractor.cli.terminal import Screen

app = App(help="Look at schemas.", no_args_is_help=True)


@app.command("show")
def show(spec: SchemaArgument, many: ManyOption = False) -> None:
    """Print the JSON Schema of a spec."""
    with handled(Screen()):
        from extractor.lines import to_json

        print(to_json(load_schema(spec, Screen(quiet=True), many=many).json_schema, indent=2))


@app.command("check")
def check(
    spec: SchemaArgument,
    many: ManyOption = False,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON Lines, one for each keyword.")] = False,
) -> None:
    """Tell keyword by keyword how a schema is kept: while decoding, or by validation after it.

    For the embedded engine (llama.cpp with llguidance). Exit status 2 where the schema is refused.
    """
    with handled(Screen()):
        from extractor.cli.report import print_report
        from extractor.schema import load, load_many

        print_report(load_many(spec) if many else load(spec), as_json=as_json)


@app.command("init")
def init(
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
        from extractor.cli.starting import starter_source, write_new

        source = starter_source(spec, name)
        if out is None:
            print(source, end="")
        else:
            write_new(out, source)


@app.command("list")
def print_list() -> None:
    """List the built-in schemas."""
    with handled(Screen()):
        from extractor.schema import builtins, load

        for name, path in builtins().items():
            about = load(str(path)).json_schema.get("description", "")
            print(f"{name:10} {about.partition(chr(10))[0]}")
