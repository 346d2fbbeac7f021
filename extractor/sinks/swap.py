"""A file that gets its name when all of it is on the disk."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from extractor.errors import UsageError
from extractor.locks import claimed, short_name
from extractor.sinks.sink import unwritten

_BLOCK = 1 << 16


@dataclass(frozen=True, slots=True)
class Swap:
    """A file, and the temporary one beside it that is to take its name."""

    out: Path
    temporary: Path

    @property
    def partial(self) -> Path:
        """Where the records of an interrupted run stay."""
        return self.out.with_name(f"{short_name(self.out.name)}.partial")

    def keep(self, written: int, *, partly: bool = False) -> None:
        """Give the temporary file its name, where anything was written; what an interrupted run left goes then."""
        if not written:
            return
        try:
            sync(self.temporary)
            self.temporary.replace(self.partial if partly else self.out)
            with contextlib.suppress(OSError):  # some systems sync no folders
                sync(self.out.parent)
        except OSError as error:
            raise unwritten(str(self.out), error) from error
        if not partly:
            with contextlib.suppress(OSError):
                self.partial.unlink()

    def cut(self) -> int:
        """Cut off what comes after the last whole line; says how long the file is then."""
        with self.temporary.open("r+b") as file:
            at = file.seek(0, os.SEEK_END)
            while at:
                start = max(0, at - _BLOCK)
                file.seek(start)
                if (found := file.read(at - start).rfind(b"\n")) >= 0:
                    return file.truncate(start + found + 1)
                at = start
            return file.truncate(0)


@contextlib.contextmanager
def swapped(out: Path) -> Iterator[Swap]:
    """An empty temporary file of a fixed name, for an output that is claimed: what a killed run left is removed."""
    swap = Swap(out, out.with_name(f".{short_name(out.name)}.tmp"))
    try:
        swap.temporary.unlink(missing_ok=True)
        swap.temporary.open("xb").close()
    except OSError as error:
        raise refused(out, error) from error
    try:
        yield swap
    finally:
        with contextlib.suppress(OSError):
            swap.temporary.unlink()


def write_whole(out: Path, data: bytes, flag: str) -> None:
    """Write a file whole or not at all; `flag` is how the user named it. Raises `ExtractError` where that fails."""
    refuse_name(out)
    with claimed(out, flag), swapped(out) as swap:
        try:
            swap.temporary.write_bytes(data)
        except OSError as error:
            raise unwritten(str(out), error) from error
        swap.keep(len(data))


def refuse_name(out: Path) -> None:
    """Refuse a name that no file can have (it is too long, say) now, not when all is done."""
    try:
        with contextlib.suppress(FileNotFoundError):
            out.lstat()
    except OSError as error:
        raise refused(out, error) from error


def refused(out: Path, error: OSError, hint: str = "the folder must exist and be writable") -> UsageError:
    """The error of an output that cannot be begun."""
    return UsageError(f"--out {out}: {error.strerror or error}", hint=hint)


def sync(path: Path) -> None:
    """Have the disk hold what a file or folder holds."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
