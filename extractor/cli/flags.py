"""The flags that commands share: names, bounds and help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from extractor.types import MOST_INT

# Of the flags in --help, those of one kind stand together.
_DOCUMENTS = "Documents"
_ANSWERS = "Answers"
_PROMPTS = "The prompt"
_ENDPOINTS = "Models elsewhere"
_WEIGHTS_HERE = "Weights on this machine"
_WHOLE_RUN = "The whole run"

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
RawOption = Annotated[
    bool,
    typer.Option("--raw", help="All of a web page or PDF, with menus, heads and feet.", rich_help_panel=_DOCUMENTS),
]
LoaderOption = Annotated[
    str | None,
    typer.Option(
        help="Your own reader: package.module:function or FILE.py:function, from (bytes, name) to a text.",
        show_default=False,
        rich_help_panel=_DOCUMENTS,
        metavar="SPEC",
    ),
]
AllowPrivateOption = Annotated[
    bool,
    typer.Option(
        "--allow-private",
        help="Fetch URLs of this machine and its network too; else only public addresses are.",
        rich_help_panel=_DOCUMENTS,
    ),
]
StrategyOption = Annotated[
    Literal["auto", "whole", "map-reduce", "retrieve"],
    typer.Option(
        help="Of long texts: ask about the whole; about each part, and join what they gave; or about the passages that "
        "are about the fields. auto: the whole up to 4,000 tokens, else parts for lists, passages for others.",
        rich_help_panel=_DOCUMENTS,
    ),
]
ChunkTokensOption = Annotated[
    int,
    typer.Option(
        min=50,
        help="How long a part is, or all passages together, in tokens of the model (or estimated).",
        rich_help_panel=_DOCUMENTS,
        metavar="TOKENS",
    ),
]
ContextTokensOption = Annotated[
    int,
    typer.Option(
        min=0,
        help="How much of the beginning of a long text (title, abstract) each part shows again.",
        rich_help_panel=_DOCUMENTS,
        metavar="TOKENS",
    ),
]
PassesOption = Annotated[
    int,
    typer.Option(
        min=1,
        help="How often the model looks: after the first time it is asked what lists lack, as long as something comes.",
        rich_help_panel=_DOCUMENTS,
    ),
]
ProbsOption = Annotated[
    bool,
    typer.Option(
        "--probs",
        help="Say of each label of a choice, and of yes and no, how likely the model holds it. Weights on this "
        "machine, and servers of llama.cpp.",
        rich_help_panel=_ANSWERS,
    ),
]
PriorOption = Annotated[
    bool | None,
    typer.Option(
        "--prior/--no-prior",
        help="Take off what the model leans to, whatever it reads, from its choice of a label. That is found out once "
        "for a schema, in a second or two for each label. By default with weights on this machine and servers of "
        "llama.cpp, where a schema has at most 30 such labels.",
        show_default=False,
        rich_help_panel=_ANSWERS,
    ),
]
ManyOption = Annotated[bool, typer.Option("--many", help="A list of such records from each source, one line each.")]
SchemaArgument = Annotated[
    str, typer.Argument(metavar="SPEC", help="As for --schema of `extract run`.", show_default=False)
]
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
OfflineOption = Annotated[
    bool, typer.Option("--offline", help="Never leave this machine: no download, no server elsewhere.")
]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Errors only.")]
VerboseOption = Annotated[bool, typer.Option("--verbose", "-v", help="Notes also where stderr is no terminal.")]
SlotsOption = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=64,
        help="Documents at once. One slot repeats itself exactly. Default: 1 or 4.",
        show_default=False,
        rich_help_panel=_WHOLE_RUN,
        metavar="N",
    ),
]
ConcurrencyOption = Annotated[
    str | None,
    typer.Option(
        help="Documents at once: a number, or auto, which finds out how many pay off and asks less where the server "
        "is overloaded. Default: auto; of weights on this machine their slots.",
        show_default=False,
        rich_help_panel=_WHOLE_RUN,
        metavar="N|auto",
    ),
]
RpmOption = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="Requests that may go out in a minute.",
        show_default=False,
        rich_help_panel=_WHOLE_RUN,
        metavar="N",
    ),
]
TpmOption = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="Tokens that may be read and written in a minute, as estimated before each request.",
        show_default=False,
        rich_help_panel=_WHOLE_RUN,
        metavar="TOKENS",
    ),
]
ThreadsOption = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=512,
        help="Threads of the model. Default: the cores.",
        show_default=False,
        rich_help_panel=_WEIGHTS_HERE,
        metavar="N",
    ),
]
GpuLayersOption = Annotated[
    int | None,
    typer.Option(
        min=0,
        max=MOST_INT,
        help="Layers on the GPU. Default: as many as fit.",
        show_default=False,
        rich_help_panel=_WEIGHTS_HERE,
        metavar="N",
    ),
]
ContextOption = Annotated[
    int | None,
    typer.Option(
        min=256,
        max=MOST_INT,
        help="Tokens of context. Default: the model's, as memory allows.",
        show_default=False,
        rich_help_panel=_WEIGHTS_HERE,
        metavar="TOKENS",
    ),
]
ModeOption = Annotated[
    Literal["auto", "grammar", "json_schema", "tools", "prompt"],
    typer.Option(
        "--mode",
        help="How to get structure: grammar, json_schema, tools, prompt; auto takes the strongest that is honoured.",
        rich_help_panel=_ANSWERS,
        metavar="MODE",
    ),
]
RetriesOption = Annotated[
    int,
    typer.Option(
        min=0,
        max=20,
        help="Times to ask again for what is invalid, unreadable or cut off.",
        rich_help_panel=_ANSWERS,
        metavar="N",
    ),
]
MaxTokensOption = Annotated[
    int,
    typer.Option(
        min=1,
        max=MOST_INT,
        help="Most tokens of one answer; what is cut off is continued.",
        rich_help_panel=_ANSWERS,
        metavar="TOKENS",
    ),
]
TemperatureOption = Annotated[
    float,
    typer.Option(
        min=0.0, max=2.0, help="0 always takes the likeliest token.", rich_help_panel=_ANSWERS, metavar="NUMBER"
    ),
]
SeedOption = Annotated[
    int | None,
    typer.Option(
        help="Of the sampling, where the temperature is not 0.",
        show_default=False,
        rich_help_panel=_ANSWERS,
        metavar="N",
    ),
]
TimeoutOption = Annotated[
    float | None,
    typer.Option(
        min=0.1,
        help="Seconds for one answer. Default: grows with the text.",
        show_default=False,
        rich_help_panel=_ANSWERS,
        metavar="SECONDS",
    ),
]
TotalTimeoutOption = Annotated[
    float | None,
    typer.Option(
        min=0.1,
        help="Seconds for all tries of a request to a server, waits included. Default: twice --timeout.",
        show_default=False,
        rich_help_panel=_ENDPOINTS,
        metavar="SECONDS",
    ),
]
ThinkOption = Annotated[
    bool,
    typer.Option(
        "--think", help="Let the model think freely first; the whole record has its thoughts.", rich_help_panel=_ANSWERS
    ),
]
GroundOption = Annotated[
    Literal["off", "report", "require"],
    typer.Option(
        "--ground",
        help="Look up where values stand in the text: report says it in the whole record, with require what does not "
        "stand there is asked for again and then fails the document. Verbatim fields always have to.",
        rich_help_panel=_ANSWERS,
        metavar="off|report|require",
    ),
]
StreamOption = Annotated[
    bool, typer.Option("--stream", help="Show the record as it grows, on a terminal.", rich_help_panel=_ANSWERS)
]
ExamplesOption = Annotated[
    list[Path] | None,
    typer.Option(
        help='Few-shot examples, after those of the schema file: JSON Lines of {"text": …, "data": …}; data null says '
        "that there is nothing to extract. Several files are given one by one.",
        show_default=False,
        rich_help_panel=_PROMPTS,
        metavar="FILE",
    ),
]
ShotsOption = Annotated[
    int | None,
    typer.Option(
        min=0,
        help="Show only the N examples that are most like the document. Default: all that are in its script, in their "
        "order.",
        show_default=False,
        rich_help_panel=_PROMPTS,
        metavar="N",
    ),
]
InstructionOption = Annotated[
    str | None,
    typer.Option(
        help="What else to tell the model, or @FILE. Takes the place of PROMPT in the schema file.",
        show_default=False,
        rich_help_panel=_PROMPTS,
        metavar="TEXT",
    ),
]
DescriptorOption = Annotated[
    Literal["auto", "typescript", "bullet", "json-schema"],
    typer.Option(
        help="How the schema is described: typescript, bullet, json-schema; auto is typescript, for tools json-schema.",
        rich_help_panel=_PROMPTS,
        metavar="NAME",
    ),
]
EncodingOption = Annotated[
    Literal["json", "yaml", "xml", "csv"],
    typer.Option(
        help="The format of answers: json, yaml, xml, csv. All but json are for mode prompt, and choose it.",
        rich_help_panel=_PROMPTS,
        metavar="NAME",
    ),
]
PromptLangOption = Annotated[
    Literal["auto", "en", "zh"],
    typer.Option(
        help="The language of the instructions: en, zh; auto takes that of the document.",
        rich_help_panel=_PROMPTS,
        metavar="LANG",
    ),
]
AnswerLangOption = Annotated[
    str | None,
    typer.Option(
        help="The language of what the model writes in its own words: zh, fr, Portuguese. Default: the document's.",
        show_default=False,
        rich_help_panel=_PROMPTS,
        metavar="LANG",
    ),
]
FormOption = Annotated[
    Literal["chat", "completion"],
    typer.Option(
        help="chat, or completion: one text with Input: and Output:, for models that were not trained on chats.",
        rich_help_panel=_PROMPTS,
        metavar="NAME",
    ),
]
BaseUrlOption = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        help="The endpoint of --model NAME, as http://HOST:PORT/v1. OPENAI_BASE_URL does the same for names that "
        "are no known weights.",
        show_default=False,
        rich_help_panel=_ENDPOINTS,
    ),
]
KeyFileOption = Annotated[
    Path | None,
    typer.Option(
        help="A file with the key of the endpoint, that nobody else can read. Default: EXTRACT_API_KEY; "
        "OPENAI_API_KEY for OpenAI.",
        show_default=False,
        rich_help_panel=_ENDPOINTS,
        metavar="FILE",
    ),
]
MaxOutputTokensOption = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="Tokens that the whole run may write; then it stops.",
        show_default=False,
        rich_help_panel=_WHOLE_RUN,
        metavar="TOKENS",
    ),
]
MaxCostOption = Annotated[
    float | None,
    typer.Option(
        min=0.0,
        help="US dollars that the whole run may cost; then it stops. Needs a known price.",
        show_default=False,
        rich_help_panel=_WHOLE_RUN,
        metavar="DOLLARS",
    ),
]
TraceOption = Annotated[
    Path | None,
    typer.Option(
        help="A folder for every request and raw reply, without keys.",
        show_default=False,
        rich_help_panel=_WHOLE_RUN,
        metavar="DIR",
    ),
]
