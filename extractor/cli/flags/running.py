"""Flags about where a model runs, and what bounds a run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from extractor.cli.flags.asking import AnswerFlags, LabelFlags, PromptFlags
from extractor.cli.flags.documents import LongFlags
from extractor.cli.flags.groups import ENDPOINTS, WEIGHTS, WHOLE_RUN, Group
from extractor.cli.flags.single import BaseUrlOption, MaxTokensOption, OfflineOption, QuietOption, VerboseOption
from extractor.types import MOST_INT


@dataclass(frozen=True)
class EndpointFlags(Group):
    """How an endpoint is reached."""

    panel = ENDPOINTS

    base_url: BaseUrlOption = None
    key_file: Annotated[
        Path | None,
        typer.Option(
            help="A file with the key of the endpoint, that nobody else can read. Default: EXTRACT_API_KEY; "
            "OPENAI_API_KEY for OpenAI.",
            show_default=False,
            metavar="FILE",
        ),
    ] = None
    total_timeout: Annotated[
        float | None,
        typer.Option(
            min=0.1,
            help="Seconds for all tries of a request to a server, waits included. Default: twice --timeout.",
            show_default=False,
            metavar="SECONDS",
        ),
    ] = None


@dataclass(frozen=True)
class WeightsFlags(Group):
    """How weights run here."""

    panel = WEIGHTS

    threads: Annotated[
        int | None,
        typer.Option(min=1, max=512, help="Threads of the model. Default: the cores.", show_default=False, metavar="N"),
    ] = None
    gpu_layers: Annotated[
        int | None,
        typer.Option(
            min=0, max=MOST_INT, help="Layers on the GPU. Default: as many as fit.", show_default=False, metavar="N"
        ),
    ] = None
    context: Annotated[
        int | None,
        typer.Option(
            min=256,
            max=MOST_INT,
            help="Tokens of context. Default: the model's, as memory allows.",
            show_default=False,
            metavar="TOKENS",
        ),
    ] = None


@dataclass(frozen=True)
class BoundFlags(Group):
    """What a run may use, and where it is traced."""

    panel = WHOLE_RUN

    max_output_tokens: Annotated[
        int | None,
        typer.Option(
            min=1, help="Tokens that the whole run may write; then it stops.", show_default=False, metavar="TOKENS"
        ),
    ] = None
    max_cost: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            help="US dollars that the whole run may cost; then it stops. Needs a known price.",
            show_default=False,
            metavar="DOLLARS",
        ),
    ] = None
    trace: Annotated[
        Path | None,
        typer.Option(help="A folder for every request and raw reply, without keys.", show_default=False, metavar="DIR"),
    ] = None


@dataclass(frozen=True)
class PaceFlags(Group):
    """How much is asked at once."""

    panel = WHOLE_RUN

    concurrency: Annotated[
        str | None,
        typer.Option(
            help="Documents at once: a number, or auto, which finds out how many pay off and asks less where the "
            "server is overloaded. Default: auto; of weights on this machine their slots.",
            show_default=False,
            metavar="N|auto",
        ),
    ] = None
    rpm: Annotated[
        int | None, typer.Option(min=1, help="Requests that may go out in a minute.", show_default=False, metavar="N")
    ] = None
    tpm: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Tokens that may be read and written in a minute, as estimated before each request.",
            show_default=False,
            metavar="TOKENS",
        ),
    ] = None


@dataclass(frozen=True)
class CommonFlags(Group):
    """What nearly every command takes."""

    offline: OfflineOption = False
    quiet: QuietOption = False
    verbose: VerboseOption = False


@dataclass(frozen=True)
class AskFlags(AnswerFlags, PromptFlags, EndpointFlags, BoundFlags, WeightsFlags, CommonFlags):
    """All that commands share that ask a model."""


@dataclass(frozen=True)
class CallFlags(AskFlags):
    """As those, but for what is no long answer."""

    max_tokens: MaxTokensOption = 1024


@dataclass(frozen=True)
class ExtractFlags(AskFlags, LabelFlags, LongFlags):
    """All that commands share that extract records from documents."""
