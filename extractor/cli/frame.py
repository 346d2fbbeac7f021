"""What the commands share: how an exception becomes an exit code, and how a schema is loaded."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import typer

from extractor.cli.terminal import Screen, explain
from extractor.errors import ExtractError

if TYPE_CHECKING:
    from extractor.types import Schema

_MOST_NOTES = 3  # about what the decoder does not hold


@contextlib.contextmanager
def handled(screen: Screen) -> Iterator[None]:
    """The one place where an exception becomes an exit code."""
    try:
        yield
        sys.stdout.flush()
    except ExtractError as error:
        raise typer.Exit(explain(error, screen)) from None
    except KeyboardInterrupt:
        screen.error("interrupted")
        raise typer.Exit(130) from None
    except BrokenPipeError:
        # The reader has what it wanted (`| head`). Python would complain when it flushes at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(0) from None
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        screen.error(f"{where}{error.strerror or error}")
        raise typer.Exit(1) from None


def load_schema(spec: str, screen: Screen, *, many: bool = False) -> Schema:
    """A schema that the decoder can hold; whatever is wrong with it is said before any token is spent."""
    from extractor.grammar import compile_schema
    from extractor.schema import load
    from extractor.schema import many as list_of

    schema = list_of(load(spec)) if many else load(spec)
    told = {"after": "it is checked after decoding", "ignored": "it is ignored"}
    rows = compile_schema(schema).report
    left = [row for row in rows if row.status in told and not row.why.startswith(("held", "its shape is held"))]
    for row in left[:_MOST_NOTES]:
        screen.note(f"{row.pointer}/{row.keyword}: {row.keyword} {row.value}: {row.why}; {told[row.status]}")
    if left[_MOST_NOTES:]:
        screen.note(f"{len(left) - _MOST_NOTES} more keywords are not held by the decoder: see `extract schema check`")
    return schema
