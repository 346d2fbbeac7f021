"""Engines by their spec. Opening one is cheap; loading begins at the first request, or with `warm`."""

from __future__ import annotations

from extractor.engines.account import Budget
from extractor.engines.endpoint.remote import RemoteEngine
from extractor.engines.llama.engine import LlamaEngine
from extractor.engines.llama.process import Settings
from extractor.engines.opening import Access, open_engine
from extractor.engines.pace import Pace, read_concurrency
from extractor.engines.session import Session
from extractor.engines.trace import Trace

__all__ = [
    "Access",
    "Budget",
    "LlamaEngine",
    "Pace",
    "RemoteEngine",
    "Session",
    "Settings",
    "Trace",
    "open_engine",
    "read_concurrency",
]
