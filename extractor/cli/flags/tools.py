"""The flags about tools, in place of a schema."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

from extractor.cli.flags.groups import Group
from extractor.types import SHOWN_TOKENS

_TOOLS = typer.Option(
    "--tools",
    "-t",
    metavar="SPEC",
    help="tools.py (its functions and Pydantic classes), tools.py:NAME, package.module, or tools.json with "
    "definitions. A .py file is run: it is code.",
    show_default=False,
)
ToolsOption = Annotated[str, _TOOLS]
OptionalToolsOption = Annotated[
    str | None,
    typer.Option(
        "--tools",
        "-t",
        metavar="SPEC",
        help="Instead of a schema: choose a tool for each query, as `extract call` does. A .txt file has one query a "
        "line; records have them in the field `query`.",
        show_default=False,
    ),
]


@dataclass(frozen=True)
class ChoosingFlags(Group):
    """How a tool is chosen."""

    allow_none: Annotated[
        bool, typer.Option("--allow-none", help='Where no tool fits: {"tool": null, "reason": …}.')
    ] = False
    ask: Annotated[
        bool, typer.Option("--ask", help="Where the query leaves an argument open, say what is missing; make none up.")
    ] = False
    shown_tokens: Annotated[
        int,
        typer.Option(
            min=1,
            metavar="TOKENS",
            help="Of many tools the model is shown the nearest to the query, with so many tokens of descriptions.",
        ),
    ] = SHOWN_TOKENS
