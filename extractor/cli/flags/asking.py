"""Flags about a question and its answer."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import typer

from extractor.cli.flags.groups import ANSWERS, PROMPT, Group
from extractor.cli.flags.single import MaxTokensOption, ModeOption


@dataclass(frozen=True)
class AnswerFlags(Group):
    """How the model answers."""

    panel = ANSWERS

    mode: ModeOption = "auto"
    retries: Annotated[
        int,
        typer.Option(min=0, max=20, help="Times to ask again for what is invalid, unreadable or cut off.", metavar="N"),
    ] = 2
    think: Annotated[
        bool, typer.Option("--think", help="Let the model think freely first; the whole record has its thoughts.")
    ] = False
    ground: Annotated[
        Literal["off", "report", "require"],
        typer.Option(
            "--ground",
            help="Look up where values stand in the text: report says it in the whole record, with require what does "
            "not stand there is asked for again and then fails the document. Verbatim fields always have to.",
            metavar="off|report|require",
        ),
    ] = "report"
    max_tokens: MaxTokensOption = 4096
    temperature: Annotated[
        float, typer.Option(min=0.0, max=2.0, help="0 always takes the likeliest token.", metavar="NUMBER")
    ] = 0.0
    seed: Annotated[
        int | None,
        typer.Option(help="Of the sampling, where the temperature is not 0.", show_default=False, metavar="N"),
    ] = None
    timeout: Annotated[
        float | None,
        typer.Option(
            min=0.1, help="Seconds for one answer. Default: grows with the text.", show_default=False, metavar="SECONDS"
        ),
    ] = None


@dataclass(frozen=True)
class LabelFlags(Group):
    """How labels are chosen."""

    panel = ANSWERS

    probs: Annotated[
        bool,
        typer.Option(
            "--probs",
            help="Say of each label of a choice, and of yes and no, how likely the model holds it. Weights on this "
            "machine, and servers of llama.cpp.",
        ),
    ] = False
    prior: Annotated[
        bool | None,
        typer.Option(
            "--prior/--no-prior",
            help="Take off what the model leans to, whatever it reads, from its choice of a label. That is found out "
            "once for a schema, in a second or two for each label. By default with weights on this machine and "
            "servers of llama.cpp, where a schema has at most 30 such labels.",
            show_default=False,
        ),
    ] = None


@dataclass(frozen=True)
class PromptFlags(Group):
    """How the model is spoken to."""

    panel = PROMPT

    examples: Annotated[
        list[Path] | None,
        typer.Option(
            help='Few-shot examples, after those of the schema file: JSON Lines of {"text": …, "data": …}; data null '
            "says that there is nothing to extract. Several files are given one by one.",
            show_default=False,
            metavar="FILE",
        ),
    ] = None
    shots: Annotated[
        int | None,
        typer.Option(
            min=0,
            help="Show only the N examples that are most like the document. Default: all that are in its script, in "
            "their order.",
            show_default=False,
            metavar="N",
        ),
    ] = None
    instruction: Annotated[
        str | None,
        typer.Option(
            help="What else to tell the model, or @FILE. Takes the place of PROMPT in the schema file.",
            show_default=False,
            metavar="TEXT",
        ),
    ] = None
    descriptor: Annotated[
        Literal["auto", "typescript", "bullet", "json-schema"],
        typer.Option(
            help="How the schema is described: typescript, bullet, json-schema; auto is typescript, for tools "
            "json-schema.",
            metavar="NAME",
        ),
    ] = "auto"
    encoding: Annotated[
        Literal["json", "yaml", "xml", "csv"],
        typer.Option(
            help="The format of answers: json, yaml, xml, csv. All but json are for mode prompt, and choose it.",
            metavar="NAME",
        ),
    ] = "json"
    prompt_lang: Annotated[
        Literal["auto", "en", "zh"],
        typer.Option(help="The language of the instructions: en, zh; auto takes that of the document.", metavar="LANG"),
    ] = "auto"
    answer_lang: Annotated[
        str | None,
        typer.Option(
            help="The language of what the model writes in its own words: zh, fr, Portuguese. Default: the document's.",
            show_default=False,
            metavar="LANG",
        ),
    ] = None
    form: Annotated[
        Literal["chat", "completion"],
        typer.Option(
            help="chat, or completion: one text with Input: and Output:, for models that were not trained on chats.",
            metavar="NAME",
        ),
    ] = "chat"
