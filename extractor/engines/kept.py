"""What was found out about a model once, and holds for as long as its weights are the same."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import Any


class Kept:
    """Values by key, for this process; with a folder for others too, each in a small file of its own.

    What cannot be read or written there is found out again.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._known: dict[str, Any] = {}

    def get(self, key: str) -> Any:
        """The value; None where there is none."""
        if key not in self._known and self._folder:
            with contextlib.suppress(OSError, ValueError):
                self._known[key] = json.loads((self._folder / f"{key}.json").read_text("utf-8"))
        return self._known.get(key)

    def keep(self, key: str, value: Any) -> None:
        """Keep a value of JSON; keys are names of files."""
        self._known[key] = value
        if self._folder:
            with contextlib.suppress(OSError):
                self._folder.mkdir(parents=True, exist_ok=True)
                fresh = self._folder / f".{key}.{os.getpid()}"
                fresh.write_text(json.dumps(value), "utf-8")
                fresh.replace(self._folder / f"{key}.json")
