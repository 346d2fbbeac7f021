"""What the commands share: how an exception becomes an exit code, and how a schema is loaded."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from extractor.cli.terminal import Screen, explain, forsake
from extractor.errors import ExtractError, SourceError, UsageError

if TYPE_CHECKING:
    from extractor.cli.flags.tools import ChoosingFlags
    from extractor.prompt import PromptStyle
    from extractor.recipes import Recipe
    from extractor.types import Schema

_MOST_NOTES = 3  # about what the decoder does not hold


class Interrupted(KeyboardInterrupt):
    """Ctrl-C in a run; `hint` says how to go on with it, where that is possible."""

    def __init__(self, hint: str | None) -> None:
        super().__init__()
        self.hint = hint


@contextlib.contextmanager
def handled(screen: Screen) -> Iterator[None]:
    """The one place where an exception becomes an exit code."""
    try:
        yield
        sys.stdout.flush()
    except ExtractError as error:
        raise typer.Exit(explain(error, screen)) from None
    except KeyboardInterrupt as end:
        screen.error("interrupted", end.hint if isinstance(end, Interrupted) else None)
        raise typer.Exit(130) from None
    except BrokenPipeError:
        _forsake_unread()  # the reader has what it wanted (`| head`)
        raise typer.Exit(0) from None
    except SystemExit as end:
        if isinstance(pipe := end.__context__, BrokenPipeError):  # what the libraries that print the help make of one
            _forsake_unread()
            raise SystemExit(_code_of(pipe.__context__)) from None
        raise
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        screen.error(f"{where}{error.strerror or error}")
        _forsake_unread()
        raise typer.Exit(1) from None


def _code_of(told: BaseException | None) -> int:
    """The exit code of the fault that was being told when the pipe closed; 0 where it was data."""
    return 0 if told is None else int(getattr(told, "exit_code", 1))


def _forsake_unread() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            forsake(stream)


def load_schema(
    spec: str,
    screen: Screen,
    *,
    many: bool = False,
    examples: Sequence[Path] | None = None,
    style: PromptStyle | None = None,
) -> Schema:
    """A schema that the decoder can hold, with examples; what is wrong with it is said before any token is spent."""
    from extractor.recipes import OfSchema

    return held(OfSchema(spec, many).load(), screen, examples, style)


def refuse_mixed(schema: str | None, tools: str | None, choosing: ChoosingFlags) -> None:
    """Raise `UsageError` where neither a schema nor tools are named, or both, or flags of tools with a schema."""
    if (schema is None) == (tools is None):
        what = "names both a schema and tools" if schema else "has neither a schema nor tools"
        raise UsageError(f"the command {what}", hint="--schema article, say, or --tools tools.py")
    if schema is not None and (choosing.allow_none or choosing.ask):
        named = "--allow-none" if choosing.allow_none else "--ask"
        raise UsageError(f"{named} is about tools, and there are none", hint="--tools tools.py")


def recipe_of(schema: str | None, tools: str | None, choosing: ChoosingFlags, *, many: bool) -> Recipe:
    """What a command that takes --schema or --tools has to load; one of the two is there."""
    from extractor.recipes import OfSchema, OfTools

    return OfTools(tools, many, **vars(choosing)) if tools is not None else OfSchema(str(schema), many)


def held(schema: Schema, screen: Screen, examples: Sequence[Path] | None, style: PromptStyle | None) -> Schema:
    """A schema with examples; a note says what the decoder does not hold of it."""
    from extractor.encoders import refuse
    from extractor.examples import read_examples, with_examples
    from extractor.grammar import compile_schema
    from extractor.shortlist import first_shown

    for file in examples or ():
        schema = with_examples(schema, read_examples(file, schema))
    if style:
        refuse(schema, style.encoding)
    told = {"after": "it is checked after decoding", "ignored": "it is ignored", "void": "no model can give one"}
    rows = compile_schema(first_shown(schema)).report
    left = [row for row in rows if row.status in told and not row.why.startswith(("held", "its shape is held"))]
    for row in left[:_MOST_NOTES]:
        screen.note(f"{row.pointer}/{row.keyword}: {row.keyword} {row.value}: {row.why}; {told[row.status]}")
    if left[_MOST_NOTES:]:
        screen.note(f"{len(left) - _MOST_NOTES} more keywords are not held by the decoder: see `extract schema check`")
    return schema


def read_instruction(given: str | None, screen: Screen) -> str | None:
    """The text behind --instruction; of '@FILE' that of the file."""
    if given is None or not given.startswith("@"):
        return given
    from extractor.sources import Source, load

    named, to_mend = f"--instruction {given}", "a text that begins with @ has to be in a file: --instruction @FILE"
    if given == "@":
        raise UsageError(f"{named}: names no file", hint=to_mend)
    try:
        found = load(Source(given.removeprefix("@")))
    except SourceError as error:
        raise UsageError(f"{named}: {error}", hint=error.hint or to_mend) from error
    for note in found.notes:
        screen.note(f"{named}: {note}")
    return found.text.strip()
