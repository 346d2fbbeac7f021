"""`--trace DIR`: what went to a model and what came back, one private file for each try."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from extractor.engines.keys import hide
from extractor.errors import UsageError

_numbers = itertools.count(1)  # of the process: several engines can share a folder


class Trace:
    """A folder that only its owner can read. Headers, and with them the key, are never written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._run = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{os.getpid()}"
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(f"--trace {folder}: {error.strerror}") from error

    def write(self, request: Any, reply: str, secret: str = "", **facts: Any) -> None:
        """Keep one exchange: the request's JSON, the reply, and facts (status, seconds); no secret in any."""
        entry = {"at": datetime.now(UTC).isoformat(timespec="milliseconds"), **facts, "request": request}
        text = json.dumps(_without(secret, {**entry, "reply": reply}), ensure_ascii=False, indent=2)
        path = self.folder / f"{self._run}-{next(_numbers):05}.json"
        with contextlib.suppress(OSError):  # a full disk takes no answer away
            handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            # Half of a surrogate pair, which UTF-8 has no bytes for, is written as JSON escapes it.
            with open(handle, "w", encoding="utf-8", errors="backslashreplace") as file:  # noqa: PTH123
                file.write(text + "\n")


def _without(secret: str, value: Any) -> Any:
    """JSON data of which no text has the secret in it."""
    if isinstance(value, dict):
        return {hide(name, secret): _without(secret, inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_without(secret, inner) for inner in value]
    return hide(value, secret) if isinstance(value, str) else value
