"""`extract serve`: its flags."""

from __future__ import annotations

from typing import Annotated

import typer

from extractor.cli.flags.running import CommonFlags, WeightsFlags
from extractor.cli.flags.single import WeightsOption
from extractor.cli.frame import handled
from extractor.cli.terminal import Screen
from extractor.errors import UsageError
from extractor.models import DEFAULT


def serve(
    *,
    model: WeightsOption = DEFAULT,
    slots: Annotated[
        int | None,
        typer.Option(
            min=1, max=64, metavar="N", help="Documents at once, of all commands. Default: 4.", show_default=False
        ),
    ] = None,
    weights: WeightsFlags,
    idle_timeout: Annotated[
        float, typer.Option(min=0.0, metavar="SECONDS", help="Seconds without use after which it ends; 0: never.")
    ] = 900.0,
    status: Annotated[bool, typer.Option("--status", help="List what is served, and end.")] = False,
    stop: Annotated[bool, typer.Option("--stop", help="End all that you serve.")] = False,
    common: CommonFlags,
) -> None:
    """Keep a model loaded, so that other commands need not load it each time.

    `extract run`, `extract prompt` and the library find it by themselves where they want the same weights, and no
    other threads, GPU layers, context or more slots than it has; EXTRACT_SERVED=0 makes them load their own.
    It listens on this machine only and answers nobody but you. Exit status: 0 idle or stopped, 130 interrupted.
    """
    screen = Screen(common.quiet, common.verbose)
    with handled(screen):
        from extractor.cli import serving
        from extractor.engines import Settings
        from extractor.models import resolve

        if status and stop:
            raise UsageError("--status and --stop: one of the two", hint="--stop tells what it ends")
        if status:
            serving.print_served()
        elif stop:
            serving.stop_served()
        else:
            settings = Settings(slots, **vars(weights), verbose=common.verbose)
            serving.serve(resolve(model), settings, screen, idle_timeout=idle_timeout, offline=common.offline)
