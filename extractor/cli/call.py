"""`extract call`: its flags, and the order in which things are read, loaded and opened."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from typing import Annotated, Literal

import typer

from extractor.cli.asking import open_session, options_of, style_of
from extractor.cli.flags.running import CallFlags
from extractor.cli.flags.single import ModelOption
from extractor.cli.flags.tools import ChoosingFlags, ToolsOption
from extractor.cli.frame import handled, held, recipe_of
from extractor.cli.terminal import Screen
from extractor.errors import UsageError
from extractor.models import DEFAULT


def call(
    ctx: typer.Context,
    tools: ToolsOption,
    query: Annotated[
        str | None,
        typer.Argument(help="What a user asks for; by default, or as -, standard input.", show_default=False),
    ] = None,
    *,
    many: Annotated[bool, typer.Option("--many", help="Several calls, in order, as one list.")] = False,
    model: ModelOption = DEFAULT,
    full: Annotated[
        bool, typer.Option("--full", help="The whole record: where arguments stand, probabilities, usage, time.")
    ] = False,
    format: Annotated[Literal["json", "yaml"], typer.Option("--format", "-f", help="json or yaml.")] = "json",
    choosing: ChoosingFlags,
    flags: CallFlags,
) -> None:
    """Choose the tool that does what a user asks for, with its arguments; no tool is ever run.

    Prints {"tool": …, "arguments": {…}}, with --many a list of such. What the query leaves open, and arguments that do
    not stand in it, are told on standard error. A file of queries is for `extract batch --tools`. Exit status: 0 a
    valid call, 1 the model gave none, 2 usage or tools, 3 engine, 130 interrupted.
    """
    screen = Screen(flags.quiet, flags.verbose)
    with handled(screen):
        text = _read(query)
        engine = open_session(ctx, flags, screen, 1)
        with contextlib.closing(engine):
            engine.warm()  # the weights load while the rest of the program is imported
            from extractor.cli.calling import Query, answer

            style = style_of(flags, screen)
            options = options_of(flags, style)
            schema = held(recipe_of(None, tools, choosing, many=many).load(), screen, flags.examples, style)
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
