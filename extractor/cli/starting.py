"""The work of `extract schema init`: a schema to start from, of one line or a sample."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from extractor import dsl, starter
from extractor.errors import UsageError
from extractor.files import read_json, read_text
from extractor.sample import from_sample


def starter_source(spec: str, name: str) -> str:
    """The Python source of a starter schema, from an inline one or a file with a sample record."""
    if not spec.lower().endswith((".json", ".jsonl")):
        return starter.write(dsl.parse(spec), name)
    return starter.write(from_sample(_read_sample(Path(spec))), name)


def _read_sample(path: Path) -> Any:
    """The record in a JSON file, or those in the lines of a .jsonl file."""
    text = read_text(path)
    if path.suffix.lower() != ".jsonl":
        return read_json(text, path)
    lines = enumerate(text.split("\n"), start=1)
    return [read_json(part, path, line) for line, part in lines if part.strip()]


def write_new(path: Path, text: str) -> None:
    """Write a file that is not there yet."""
    try:
        with path.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        raise UsageError(f"--out {path}: is there already", hint="name another file, or remove it") from None
