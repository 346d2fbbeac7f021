"""What the text behind `--schema` names, told without loading anything."""

from __future__ import annotations

import re
from pathlib import Path

from extractor import dsl

JSON = (".json", ".yaml", ".yml")

_LIKE_JSON = re.compile(r'\s*\{\s*("(\$|[^"\\])*"\s*:|\}\s*$)')


def is_json(spec: str) -> bool:
    """Whether a spec is a JSON Schema itself: '{"type": "object"}' → True."""
    return bool(_LIKE_JSON.match(spec))


def split(spec: str) -> tuple[str, str | None]:
    """'paper.py:Paper' → ('paper.py', 'Paper'); the colon of a Windows drive is no separator."""
    target, colon, name = spec.rpartition(":")
    if colon and name.isidentifier() and len(target) > 1:
        return target, name
    return spec, None


def is_path(target: str) -> bool:
    """'paper.py', './paper' → True; 'article', 'package.module' → False."""
    return target.endswith(".py") or "/" in target or "\\" in target


def is_code(spec: str) -> bool:
    """Whether to load it runs Python: 'paper.py', 'module:Paper' → True; 'article', 'paper.json', 'title?' → False."""
    target, name = split(spec)
    is_data = is_json(spec) or dsl.looks_like_dsl(spec) or target.lower().endswith(JSON)
    return not is_data and (name is not None or is_path(target))


def anchor(spec: str, folder: Path) -> str:
    """A file that a spec names, as seen from a folder: 'paper.py:Paper', '/a' → '/a/paper.py:Paper'."""
    target, name = split(spec)
    if is_json(spec) or dsl.looks_like_dsl(spec) or not (target.lower().endswith(JSON) or is_path(target)):
        return spec
    return str(folder / Path(target).expanduser()) + (f":{name}" if name else "")
