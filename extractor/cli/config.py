"""`extract config`: the defaults that are not built in."""

from __future__ import annotations

from typing import Annotated

import typer

from extractor.cli.defaults import print_defaults
from extractor.cli.frame import handled
from extractor.cli.terminal import Screen


def config(
    ctx: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON Lines, one for each option.")] = False,
) -> None:
    """Print the defaults that are not built in: of which option, and from which file or variable."""
    with handled(Screen()):
        code = print_defaults(ctx, as_json=as_json)
    raise typer.Exit(code)
