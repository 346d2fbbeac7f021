"""Starts `extract` as often as it is told, each time in a process of its own that has nothing left to import.

Reads orders from standard input, a line of JSON each (see `crashes`), and prints two lines for each: the process, and
how it ended.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import resource
import signal
import sqlite3
import sys
from pathlib import Path
from typing import Any

_BEFORE = (
    "llguidance",
    "platformdirs",
    "filelock",
    "yaml",
    "uuid",
    "rich.console",
    "extractor.cli.main",
    "extractor.cli.batch",
    "extractor.cli.batching",
    "extractor.coercion",
    "extractor.encoders",
    "extractor.engines.own",
    "extractor.examples",
    "extractor.grammar",
    "extractor.repair",
    "extractor.sinks.as_csv",
    "extractor.sinks.as_sqlite",
    "extractor.sinks.folder",
    "extractor.sinks.tables",
    "extractor.sinks.text",
    "extractor.sources.finding",
    "extractor.sources.json_lines",
    "extractor.sources.paths",
    "extractor.syntax",
)


def main() -> None:
    """Make a process for each order."""
    for name in _BEFORE:
        importlib.import_module(name)
    print("ready", flush=True)
    for line in sys.stdin:
        if not (pid := os.fork()):
            become(json.loads(line))
            return
        print(pid, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


def become(order: dict[str, Any]) -> None:
    """Be `extract`, with what is to go wrong."""
    os.setsid()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(order["folder"])
    os.environ.update(order["env"])
    nothing = os.open(os.devnull, os.O_RDONLY)
    told = os.open(order["told"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for there, here in ((nothing, 0), (told, 1), (told, 2)):
        os.dup2(there, here)
    log_what_is_kept(order["kept"])
    if order["pages"]:
        bound_ledger(order["pages"])
    if order["size"]:
        resource.setrlimit(resource.RLIMIT_FSIZE, (order["size"], order["size"]))
    if order["how"]:
        words = (os.fsencode(Path.cwd()), order["mark"].encode(), order["only"].encode())
        ctypes.CDLL(None).crash_arm(*words, order["at"], order["how"])
    sys.argv = ["extract", *order["words"]]
    sys.path.insert(0, "")
    importlib.import_module("extractor.__main__").main()


def log_what_is_kept(path: str) -> None:
    """Note each record that the ledger has said to keep."""
    from extractor.ledger import Ledger

    put, log = Ledger.put, os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def logged(self: Ledger, text: bytes, *rest: Any) -> None:
        put(self, text, *rest)
        os.write(log, f"{text.hex()}\n".encode())

    Ledger.put = logged  # type: ignore[method-assign]


def bound_ledger(pages: int) -> None:
    """Let a ledger grow to so many pages, as on a full disk."""
    from extractor import ledger

    opened = ledger.opened

    def bounded(*given: Any, **named: Any) -> sqlite3.Connection:
        base = opened(*given, **named)
        base.execute(f"PRAGMA max_page_count = {pages}")
        return base

    ledger.opened = bounded


if __name__ == "__main__":
    main()
