"""What every sink is to those who write to it."""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import Protocol

from extractor.errors import ExtractError
from extractor.lines import Line


class Writer(Protocol):
    """One form; raises `OSError` where the output takes no more."""

    def write(self, line: Line) -> int:
        """Write what a record shows; says how many values or rows that were."""
        ...

    def finish(self) -> None:
        """Write what is still held back, and the end of the form."""
        ...


class Sink:
    """Takes records in their order; `written` counts the values or rows that they showed.

    It `is_torn` where a write failed or was interrupted: nothing more may be written then.
    """

    __slots__ = ("_name", "_write", "_writer", "is_torn", "written")

    def __init__(self, writer: Writer, name: str) -> None:
        self.written = 0
        self.is_torn = False
        self._writer = writer
        self._write: Callable[[Line], int] = writer.write
        self._name = name

    def write(self, line: Line) -> None:
        """Write what a record shows; a failed one may show nothing."""
        try:
            self.written += self._write(line)
        except BaseException as error:
            self.is_torn = True
            self._write = _refuse
            if isinstance(error, OSError) and not isinstance(error, BrokenPipeError):
                raise unwritten(self._name, error) from error
            raise  # a reader that went away is for the caller

    def finish(self) -> None:
        """Write what is still held back, and close what the form has open."""
        try:
            if self.is_torn:
                _refuse()
            self._writer.finish()
        except BrokenPipeError:
            raise
        except OSError as error:
            self.is_torn = True
            raise unwritten(self._name, error) from error


def _refuse(_: Line | None = None) -> int:
    raise OSError(errno.EIO, "a record before was written in part")


def unwritten(name: str, error: OSError) -> ExtractError:
    """The error of an output that takes no more."""
    what = f"cannot write {name}: {error.strerror or error}"
    return ExtractError(what, hint="make room, or name another place with --out, and run it again")
