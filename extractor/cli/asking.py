"""From the flags of a command to an engine, and to how it is asked: the same flags mean the same in every command."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

from extractor.cli.frame import read_instruction
from extractor.cli.terminal import Screen

if TYPE_CHECKING:
    import typer

    from extractor.cli.flags.asking import PromptFlags
    from extractor.cli.flags.documents import ReadingFlags
    from extractor.cli.flags.running import AskFlags, PaceFlags
    from extractor.engines import Access, Pace, Session, Settings
    from extractor.loaders import Reading
    from extractor.options import Options
    from extractor.prompt import PromptStyle


def open_session(
    ctx: typer.Context, flags: AskFlags, screen: Screen, slots: int | None, pace: Pace | None = None
) -> Session:
    """The engine of --model, with what bounds a run.

    `slots` are those of weights on this machine; `pace` is for engines that have none of their own.
    """
    from extractor.engines import Budget, Session, open_engine

    budget, access = Budget(flags.max_output_tokens, flags.max_cost), access_of(flags, screen)
    model = open_engine(ctx.params["model"], settings_of(flags, slots), access)
    named = ctx.params.get("slots")
    engine = Session(model, budget, slots=named, trace=access.trace, pace=pace, tell=screen.note)
    _tell_unused(ctx, engine, screen)
    return engine


def settings_of(flags: AskFlags, slots: int | None) -> Settings:
    """How weights run here."""
    from extractor.engines import Settings

    return Settings(slots, flags.threads, flags.gpu_layers, flags.context, flags.verbose)


def access_of(flags: AskFlags, screen: Screen) -> Access:
    """How an endpoint is reached."""
    from extractor.engines import Access, Trace

    trace = Trace(flags.trace) if flags.trace else None
    times = (flags.total_timeout, trace, screen.warn, flags.timeout)
    return Access(flags.base_url, flags.key_file, flags.offline, *times)


def pace_of(flags: PaceFlags) -> tuple[Pace, int | None]:
    """How much is asked at once, and how many slots weights on this machine have; None where that is found out."""
    from extractor.engines import Pace, read_concurrency

    at_once = read_concurrency(flags.concurrency or "auto")
    return Pace(flags.rpm, flags.tpm, at_once), None if at_once == "auto" else at_once


def reading_of(flags: ReadingFlags, *, offline: bool) -> Reading:
    """How documents are read."""
    from extractor.loaders import Reading

    return checked(Reading(flags.raw, flags.loader, offline, flags.allow_private, flags.charset))


def checked(reading: Reading) -> Reading:
    """The same; what it names and is not there fails before the weights load, and is not said of each document."""
    from extractor.loaders import find_alphabet, find_loader

    if reading.loader is not None:
        find_loader(reading.loader)
    if reading.charset:
        find_alphabet(reading.charset)
    return reading


def style_of(flags: PromptFlags, screen: Screen) -> PromptStyle:
    """How the model is spoken to."""
    from extractor.prompt import PromptStyle

    told = read_instruction(flags.instruction, screen)
    language = None if flags.prompt_lang == "auto" else flags.prompt_lang
    descriptor = None if flags.descriptor == "auto" else flags.descriptor
    return PromptStyle(descriptor, flags.encoding, language, flags.answer_lang, told, flags.shots, flags.form)


def options_of(flags: AskFlags, style: PromptStyle) -> Options:
    """How it is asked."""
    from extractor.options import Options

    named = {field.name: value for field in fields(Options) if (value := getattr(flags, field.name, None)) is not None}
    return Options(**{**named, "mode": None if flags.mode == "auto" else flags.mode, "style": style})


def _tell_unused(ctx: typer.Context, engine: Session, screen: Screen) -> None:
    """A note on flags that the engine has no use for; defaults of files and variables are for any engine."""
    from extractor.engines import LlamaEngine, RemoteEngine

    unused = [] if isinstance(engine.engine, LlamaEngine) else ["threads", "gpu_layers", "context"]
    unused += [] if isinstance(engine.engine, RemoteEngine) else ["base_url", "key_file", "total_timeout"]
    unused += [] if engine.slots == ctx.params.get("slots") else ["slots"]
    sources = {name: ctx.get_parameter_source(name) for name in unused}
    given = [
        f"--{name.replace('_', '-')}" for name, source in sources.items() if source and source.name == "COMMANDLINE"
    ]
    if given:
        screen.warn(f"{', '.join(given)}: ignored, {engine.id} has no use for that")
