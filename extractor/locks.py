"""A lock on a file that one run writes, so that two runs never write it at once."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from extractor.errors import UsageError

_LONGEST = 200  # bytes of a name that more is put around; systems take 255
_HINT = "wait for it, or end it; each run needs files of its own"


@contextlib.contextmanager
def claimed(path: Path, flag: str) -> Iterator[None]:
    """Hold a file for this run; `UsageError` where another run does, which may be on another machine.

    `flag` is what named it: `--out`. The lock is a hidden file beside it, which goes with the run; after a kill it
    stays, held by nobody.
    """
    from filelock import FileLock, Timeout

    lock = path.with_name(f".{short_name(path.name)}.lock")
    try:
        path.parent.stat()  # the library would make the folder
        with contextlib.suppress(FileExistsError):
            lock.touch(0o644, exist_ok=False)  # of what cannot be made, the library may say that another run has it
        held = FileLock(lock, timeout=0)
        held.acquire()
    except Timeout:
        with contextlib.suppress(OSError, ValueError):
            pid = int(lock.read_text())
            raise UsageError(f"{flag} {path}: another run writes it (pid {pid})", hint=_HINT) from None
        raise UsageError(f"{flag} {path}: another run writes it", hint=_HINT) from None
    except OSError as error:
        raise UsageError(f"{flag} {path}: {error.strerror}", hint="the folder must exist and be writable") from error
    try:
        lock.write_text(str(os.getpid()))
        yield
    finally:
        lock.unlink(missing_ok=True)  # while it is held: who takes it next sees that the file is gone
        held.release()


def short_name(name: str) -> str:
    """A name that more can be put around; of a long one its beginning, and what tells it from others."""
    data = os.fsencode(name)
    return name if len(data) <= _LONGEST else f"{name[:40]}-{hashlib.sha256(data).hexdigest()[:16]}"
