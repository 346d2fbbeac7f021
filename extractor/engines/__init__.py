"""Engines by their spec. Opening one is cheap; loading begins at the first request, or with `warm`."""

from __future__ import annotations

from extractor import models
from extractor.engines.llama import LlamaEngine
from extractor.engines.llama_process import Settings

__all__ = ["LlamaEngine", "Settings", "open_engine"]


def open_engine(spec: str, settings: Settings | None = None, *, offline: bool = False) -> LlamaEngine:
    """The engine of a spec: a name of the catalogue, a `.gguf` path or `hf:owner/repo/file.gguf`.

    Raises `UsageError` for a spec that means nothing.
    """
    return LlamaEngine(models.resolve(spec), settings or Settings(), offline=offline)
