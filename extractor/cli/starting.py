"""The work of `extract schema init`: a schema to start from, of one line or a sample."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from extractor import dsl, starter
from extractor.errors import SchemaError, UsageError
from extractor.files import read_json
from extractor.sample import from_sample


def starter_source(spec: str, name: str) -> str:
    """The Python source of a starter schema, from an inline one or a file with a sample record."""
    if not spec.lower().endswith((".json", ".jsonl")):
        return starter.write(dsl.parse(spec), name)
    return starter.write(from_sample(_read_sample(Path(spec))), name)


def _read_sample(path: Path) -> Any:
    """The record in a JSON file, or those in the lines of a .jsonl file."""
    line = 1
    try:
        text = path.read_text(encoding="utf-8-sig")
        if path.suffix.lower() != ".jsonl":
            return read_json(text, f"{path}: ")
        samples = []
        for line, part in enumerate(text.split("\n"), start=1):
            samples += [read_json(part, f"{path}:{line}: ")] if part.strip() else []
    except (OSError, UnicodeDecodeError) as error:
        raise SchemaError(f"{path}: {getattr(error, 'strerror', None) or 'not UTF-8'}") from error
    except json.JSONDecodeError as error:
        raise SchemaError(f"{path}:{line + error.lineno - 1}:{error.colno}: not JSON: {error.msg}") from error
    except ValueError as error:  # a number of thousands of digits
        raise SchemaError(f"{path}: {error}", hint="write a smaller number") from error
    except RecursionError:
        raise SchemaError(f"{path}: nested too deep") from None
    return samples


def write_new(path: Path, text: str) -> None:
    """Write a file that is not there yet."""
    try:
        with path.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        raise UsageError(f"--out {path}: is there already", hint="name another file, or remove it") from None
