"""The command line: names the flags and calls the library. Heavy imports wait until a command needs them."""

from __future__ import annotations

from extractor.cli.main import app, start

__all__ = ["app", "start"]
