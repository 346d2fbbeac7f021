"""Flags and arguments that commands take one by one: names, bounds and help."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from extractor.cli.flags.groups import ANSWERS, DOCUMENTS, ENDPOINTS
from extractor.types import MOST_INT

Sources = Annotated[
    list[str] | None,
    typer.Argument(
        help="Files (text, Markdown, HTML, PDF, Word, EPUB), URLs, folders, glob patterns, or - for standard input.",
        show_default=False,
    ),
]
_SCHEMA = typer.Option(
    "--schema",
    "-s",
    metavar="SPEC",
    help="paper.py, paper.py:Paper, package.module:Paper, schema.json, 'title, year int, keywords[]', "
    "or a built-in name. A .py file is run: it is code.",
    show_default=False,
)
SchemaOption = Annotated[str, _SCHEMA]
OptionalSchemaOption = Annotated[str | None, _SCHEMA]
SchemaArgument = Annotated[
    str, typer.Argument(metavar="SPEC", help="As for --schema of `extract run`.", show_default=False)
]
ManyOption = Annotated[bool, typer.Option("--many", help="A list of such records from each source, one line each.")]
_WEIGHTS = "A name of `extract models list`, a .gguf file, or hf:OWNER/REPO/FILE.gguf."
WeightsArgument = Annotated[str, typer.Argument(metavar="WEIGHTS", help=_WEIGHTS)]
WeightsOption = Annotated[str, typer.Option("--model", "-m", metavar="WEIGHTS", help=_WEIGHTS)]
ModelArgument = Annotated[str, typer.Argument(metavar="SPEC", help="As --model of `extract run`.")]
ModelOption = Annotated[
    str,
    typer.Option(
        "--model",
        "-m",
        metavar="SPEC",
        help="A name of `extract models list`, a .gguf file, hf:OWNER/REPO/FILE.gguf; openai:NAME, ollama:NAME, "
        "vllm:NAME, lmstudio:NAME, http://HOST:PORT/v1#NAME, NAME with --base-url; outlines:transformers:PATH, "
        "outlines:llamacpp:FILE.gguf; replay:FILE.jsonl; package.module:NAME, FILE.py:NAME, an entry point.",
    ),
]
ModeOption = Annotated[
    Literal["auto", "grammar", "json_schema", "tools", "prompt"],
    typer.Option(
        "--mode",
        help="How to get structure: grammar, json_schema, tools, prompt; auto takes the strongest that is honoured.",
        rich_help_panel=ANSWERS,
        metavar="MODE",
    ),
]
MaxTokensOption = Annotated[
    int,
    typer.Option(
        min=1,
        max=MOST_INT,
        help="Most tokens of one answer; what is cut off is continued.",
        metavar="TOKENS",
        rich_help_panel=ANSWERS,
    ),
]
BaseUrlOption = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        help="The endpoint of --model NAME, as http://HOST:PORT/v1. OPENAI_BASE_URL does the same for names that "
        "are no known weights.",
        show_default=False,
        rich_help_panel=ENDPOINTS,
    ),
]
RawOption = Annotated[
    bool, typer.Option("--raw", help="All of a web page or PDF, with menus, heads and feet.", rich_help_panel=DOCUMENTS)
]
LoaderOption = Annotated[
    str | None,
    typer.Option(
        help="Your own reader: package.module:function or FILE.py:function, from (bytes, name) to a text.",
        show_default=False,
        rich_help_panel=DOCUMENTS,
        metavar="SPEC",
    ),
]
CharsetOption = Annotated[
    str,
    typer.Option(
        "--charset",
        help="The encoding of all texts, web pages and CSV files: gb18030, big5, windows-1252 … By default UTF-8, what "
        "a page or server says where that is true, or a guess.",
        show_default=False,
        rich_help_panel=DOCUMENTS,
        metavar="NAME",
    ),
]
ChunkTokensOption = Annotated[
    int,
    typer.Option(
        min=50,
        help="How long a part is, or all passages together, in tokens of the model (or estimated).",
        rich_help_panel=DOCUMENTS,
        metavar="TOKENS",
    ),
]
OfflineOption = Annotated[
    bool, typer.Option("--offline", help="Never leave this machine: no download, no server elsewhere.")
]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Errors only.")]
VerboseOption = Annotated[bool, typer.Option("--verbose", "-v", help="Notes also where stderr is no terminal.")]
