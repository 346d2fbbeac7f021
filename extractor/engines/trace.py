"""`--trace DIR`: what went to a model and what came back, one private file for each try."""

from __future__ import annotations

import itertools
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from extractor.errors import UsageError


class Trace:
    """A folder that only its owner can read. Headers, and with them the key, are never written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._numbers = itertools.count(1)
        self._run = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{os.getpid()}"
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(f"--trace {folder}: {error.strerror}") from error

    def write(self, request: Any, reply: str, secret: str = "", **facts: Any) -> None:
        """Keep one exchange: the request's JSON, the raw reply, and facts such as status and seconds."""
        entry = {"at": datetime.now(UTC).isoformat(timespec="milliseconds"), **facts, "request": request}
        text = json.dumps({**entry, "reply": reply}, ensure_ascii=False, indent=2)
        if secret:
            text = text.replace(secret, "…")
        path = self.folder / f"{self._run}-{next(self._numbers):05}.json"
        with open(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:  # noqa: PTH123
            file.write(text + "\n")
