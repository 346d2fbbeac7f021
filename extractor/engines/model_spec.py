"""What the text behind `--model` names, told without opening anything."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Literal, get_args

from extractor import models, plugins
from extractor.engines.base_url import is_url

GROUP = "extractor.engines"  # entry points of packages that bring engines
Server = Literal["openai", "ollama", "vllm", "lmstudio"]
Prefix = Literal[Server, "outlines", "replay"]
Kind = Literal[Prefix, "url", "code", "weights", "name"]
SERVERS: tuple[Server, ...] = get_args(Server)
PREFIXES: tuple[Prefix, ...] = get_args(Prefix)

_OBJECT = re.compile(r"(?:[\w.]+|.+\.py):[^\W\d]\w*")
_PATH = re.compile(r"(?i)(?!hf:)([~./\\]|[a-z]:[/\\]|.*\.gguf$)")  # and no name of a model somewhere


def kind_of(spec: str) -> Kind:
    """How a spec begins, or by its form: url, code, weights here or on the hub; name is what may be anything."""
    start, colon, _ = spec.partition(":")
    if is_url(spec):
        return "url"
    if prefix := next((prefix for prefix in PREFIXES if colon and prefix == start), None):
        return prefix
    if spec in models.CATALOGUE or spec.startswith("hf:") or spec.lower().endswith(".gguf"):
        return "weights"
    is_object = _OBJECT.fullmatch(spec) or spec.lower().endswith(".py")
    return "code" if is_object or plugins.is_entry_point(GROUP, start) else "name"


def takes_base_url(spec: str) -> bool:
    """Whether a base URL counts: 'llama3:latest' → True, of a file ('mine.py:X', 'x.gguf') or an entry point False."""
    match kind_of(spec):
        case "replay" | "outlines":
            return False
        case "weights":
            return spec in models.CATALOGUE
        case "code":
            start, _, _ = spec.partition(":")
            is_file = spec.rpartition(":")[0].endswith(".py") or spec.lower().endswith(".py")
            return not (is_file or plugins.is_entry_point(GROUP, start))
        case _:
            return True


def is_code(spec: str, *, has_base_url: bool = False) -> bool:
    """Whether to open it runs Python: 'mine.py:X', 'package.module:X' → True, where no endpoint has it as a name."""
    return kind_of(spec) == "code" and not (has_base_url and takes_base_url(spec))


def anchor(spec: str, folder: Path) -> str:
    """A file that a spec names, as seen from a folder: 'replay:x.jsonl', '/a' → 'replay:/a/x.jsonl'."""

    def seen(path: str) -> str:
        return os.path.join(folder, os.path.expanduser(path))  # noqa: PTH111, PTH118  # './a' stays a path

    match kind_of(spec):
        case "replay":
            script = spec.removeprefix("replay:")
            return f"replay:{seen(script)}" if script else spec
        case "outlines":
            library, _, where = spec.removeprefix("outlines:").partition(":")
            is_path = where and (_PATH.match(where) or (folder / where).is_dir())
            return f"outlines:{library}:{seen(where)}" if is_path else spec
        case "code":
            file, _, name = spec.rpartition(":")
            return f"{seen(file)}:{name}" if file.endswith(".py") else spec
        case "weights" | "name" if _PATH.match(spec):
            return seen(spec)
        case _:
            return spec
