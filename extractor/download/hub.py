"""From the hub, with its own library: ask once what the file is, then stream it to where `.part` ends."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any, Self, cast

from extractor.download.job import FULL, Job, SourceFailed, Weights, check_space, clean, resume

if TYPE_CHECKING:
    from huggingface_hub import HfFileMetadata

_AGENT = "extract"
_PATIENCE = 5.0  # seconds for each step of the first question, and one more for all of it
_SHA256 = re.compile(r"[0-9a-f]{64}")


def pull(job: Job) -> str | None:
    """Bring `.part` to its full length; returns the sha256 that it must have, where known."""
    weights = job.weights
    job.tell("asking the hub")
    answer = _ask_hub(weights)
    stated = answer.etag if answer.etag and _SHA256.fullmatch(answer.etag) else None
    if weights.sha256 and stated not in (None, weights.sha256):
        raise SourceFailed(f"it has other bytes under this name (sha256 {stated})")
    total = weights.size or answer.size
    have = resume(job, weights.sha256 or answer.etag, total)
    check_space(job, (total or 0) - have)
    _stream_hub(job, answer.commit_hash or weights.revision, have, total)
    return weights.sha256 or stated


def _ask_hub(weights: Weights) -> HfFileMetadata:
    """One question, bounded as a whole: slow resolvers and dripping servers outlast a client's timeouts."""
    from queue import Empty, SimpleQueue
    from threading import Thread

    from huggingface_hub import get_hf_file_metadata

    answers: SimpleQueue[HfFileMetadata | Exception] = SimpleQueue()

    def ask() -> None:
        try:
            url = _hub_url(weights, weights.revision)
            endpoint = _hub_endpoint()
            answers.put(get_hf_file_metadata(url, timeout=_PATIENCE, endpoint=endpoint, library_name=_AGENT))
        except Exception as error:  # noqa: BLE001 - whatever it is, the thread that waits has to hear of it
            answers.put(error)

    Thread(target=ask, daemon=True).start()
    try:
        answer = answers.get(timeout=_PATIENCE + 1)
    except Empty:
        raise SourceFailed(f"no answer within {_PATIENCE:.0f} s") from None
    if isinstance(answer, Exception):
        raise SourceFailed(_describe(answer)) from answer
    if answer.commit_hash is None:
        raise SourceFailed("what answers there is not a hub (a proxy or a login page?)")
    return answer


def _hub_endpoint() -> str | None:
    return os.environ.get("HF_ENDPOINT", "").rstrip("/") or None


def _hub_url(weights: Weights, revision: str) -> str:
    from huggingface_hub import hf_hub_url

    repo, file = cast("tuple[str, str]", weights.hub)
    return hf_hub_url(repo, file, revision=revision, endpoint=_hub_endpoint())


def _stream_hub(job: Job, commit: str, have: int, total: int | None) -> None:
    """The library's `hf_hub_download` starts over after a kill (2.4); its `http_get` goes on."""
    from huggingface_hub.file_download import http_get
    from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]

    with job.part.open("r+b") as out:
        out.seek(have)
        try:
            http_get(
                _hub_url(job.weights, commit),
                out,
                resume_size=have,
                # Compressed, byte ranges would not be ranges of the file.
                headers=build_hf_headers(library_name=_AGENT) | {"Accept-Encoding": "identity"},
                expected_size=total,
                tqdm_class=cast("Any", _meter(job, total)),
            )
        except Exception as error:
            if getattr(error, "errno", None) in FULL:
                raise
            raise SourceFailed(_describe(error)) from error


def _meter(job: Job, total: int | None) -> type:
    """A stand-in for the library's progress bar that only counts, and tells `on_progress`."""

    class Meter:
        def __init__(self, *, initial: int = 0, **_: object) -> None:
            self.done = initial

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None:
            return None

        def update(self, count: float | None = 1) -> None:
            self.done += int(count or 0)
            job.tell("downloading from the hub", self.done, total)

    return Meter


def _describe(error: Exception) -> str:
    """A short reason without credentials: `HTTP 404 (…)`, `ConnectError: [Errno 111] Connection refused`."""
    status = getattr(getattr(error, "response", None), "status_code", None)
    if status in (401, 403, 404):
        return f"HTTP {status} (no such file there, or it wants a token: HF_TOKEN)"
    if status is not None:
        return f"HTTP {status}"
    first, *_ = str(error).strip().splitlines() or [""]
    return clean(f"{type(error).__name__}: {first}")
