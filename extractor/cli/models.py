"""`extract models …`: weights on this machine, and what engines honour."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Annotated

import typer

from extractor.cli.defaults import App
from extractor.cli.flags.running import EndpointFlags
from extractor.cli.flags.single import ModelArgument, OfflineOption, QuietOption, WeightsArgument
from extractor.cli.frame import handled
from extractor.cli.terminal import Screen
from extractor.models import DEFAULT

app = App(help="The weights on this machine, and what an engine honours.", no_args_is_help=True)


@app.command("list")
def print_list() -> None:
    """List known weights, and what is in the store."""
    with handled(Screen()):
        from extractor import models

        for row in models.installed():
            state = "here" if row.path else f"{row.partial / 1e6:,.0f} MB so far" if row.partial else "-"
            size = f"{row.size / 1e6:,.0f} MB" if row.size else ""
            star = "*" if row.name == models.DEFAULT else " "
            print(f"{star} {row.name:22} {size:>9}  {state:12} {','.join(row.languages):6} {row.licence}")


@app.command("pull")
def pull(spec: WeightsArgument = DEFAULT, offline: OfflineOption = False, quiet: QuietOption = False) -> None:
    """Download weights and verify them; prints their path."""
    screen = Screen(quiet)
    with handled(screen):
        from extractor import models

        with screen.pulling() as on_progress:
            print(models.fetch(models.resolve(spec), offline=offline, on_progress=on_progress))


@app.command("check")
def check(
    model: ModelArgument,
    *,
    endpoint: EndpointFlags,
    timeout: Annotated[
        float | None,
        typer.Option(
            min=0.1, metavar="SECONDS", help="Seconds for one answer. Default: 600, of a mode 120.", show_default=False
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As one JSON object.")] = False,
    offline: OfflineOption = False,
    quiet: QuietOption = False,
) -> None:
    """Ask an engine what it really honours: each mode is tried on a tiny schema, and the answer is looked at.

    Beside it stand context and speed; the first answer may have to wait for the weights.
    Exit status: 0 where it answers, 2 where the spec means nothing, 3 where it cannot be reached.
    """
    screen = Screen(quiet)
    with handled(screen):
        from extractor.cli.check import check_engine, refuse_script
        from extractor.engines import Access, Session, open_engine

        access = Access(endpoint.base_url, endpoint.key_file, offline, endpoint.total_timeout)
        engine = Session(open_engine(model, None, access))
        refuse_script(engine)
        with contextlib.closing(engine):
            with screen.pulling() as on_progress:
                engine.prepare(on_progress)
            asyncio.run(check_engine(engine, screen, timeout, as_json=as_json))


@app.command("path")
def path(spec: WeightsArgument = DEFAULT) -> None:
    """Print where weights are; exit status 2 where they are not."""
    with handled(Screen()):
        from extractor import models

        print(models.fetch(models.resolve(spec), offline=True))


@app.command("rm")
def rm(spec: WeightsArgument) -> None:
    """Delete weights from the store."""
    with handled(Screen()):
        from extractor import models

        print(f"{models.remove(models.resolve(spec)) / 1e6:,.0f} MB freed")
