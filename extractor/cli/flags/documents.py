"""Flags about documents: how they are read, and how long ones are asked about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import typer

from extractor.cli.flags.groups import DOCUMENTS, Group
from extractor.cli.flags.single import CharsetOption, ChunkTokensOption, LoaderOption, RawOption


@dataclass(frozen=True)
class ReadingFlags(Group):
    """How documents are read."""

    panel = DOCUMENTS

    raw: RawOption = False
    loader: LoaderOption = None
    charset: CharsetOption = ""
    allow_private: Annotated[
        bool,
        typer.Option(
            "--allow-private", help="Fetch URLs of this machine and its network too; else only public addresses are."
        ),
    ] = False


@dataclass(frozen=True)
class PartFlags(Group):
    """What of a long text is asked about at once."""

    panel = DOCUMENTS

    strategy: Annotated[
        Literal["auto", "whole", "map-reduce", "retrieve"],
        typer.Option(
            help="Of long texts: whole asks about all at once; map-reduce about each part, and joins what they gave; "
            "retrieve about the passages that are about the fields. auto: the whole up to 4,000 tokens, many lists "
            "apart, else parts for lists, and passages for others.",
            metavar="WAY",
        ),
    ] = "auto"
    chunk_tokens: ChunkTokensOption = 2_000
    context_tokens: Annotated[
        int,
        typer.Option(
            min=0,
            help="How much of the beginning of a long text (title, abstract) each part shows again.",
            metavar="TOKENS",
        ),
    ] = 100


@dataclass(frozen=True)
class LongFlags(PartFlags):
    """How a long text is asked about."""

    panel = DOCUMENTS

    passes: Annotated[
        int,
        typer.Option(
            min=1,
            help="How often the model looks: after the first time it is asked what lists lack, as long as something "
            "comes.",
            metavar="N",
        ),
    ] = 1
