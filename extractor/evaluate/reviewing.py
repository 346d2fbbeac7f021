"""Predictions as a file that a person corrects by hand: what is right then is gold."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from heapq import nsmallest
from pathlib import Path
from typing import TypeVar

from extractor.brevity import counted
from extractor.errors import OutputError, UsageError
from extractor.evaluate.answers import DATA, NAME, REVIEWED, TEXT
from extractor.sinks import to_yaml
from extractor.types import Schema

_T = TypeVar("_T")

SUFFIXES = (".yaml", ".yml")
_HEAD = """\
# Gold for {schema}: {count}, with the data of a model. Correct `data` by `text`; what the text does not say
# is null, or []. Then set `reviewed: true`: `extract eval` counts only those, and tells how many are left.
"""


def sampled(items: Iterable[_T], count: int, name: Callable[[_T], str]) -> list[_T]:
    """Some of them, by chance, and the same ones each time: of more documents mostly the same too, in their order."""

    def draw(pair: tuple[int, _T]) -> bytes:
        return hashlib.sha256(name(pair[1]).encode("utf-8", "surrogateescape")).digest()

    return [item for _, item in sorted(nsmallest(count, enumerate(items), key=draw), key=lambda pair: pair[0])]


def refuse_review(path: Path) -> None:
    """Raise `UsageError` for a file that is there already, or is to be something else."""
    if path.suffix.lower() not in SUFFIXES:
        raise UsageError(f"{path}: a review file is YAML", hint=f"{path.stem or 'gold'}.yaml")
    if path.exists():
        raise UsageError(f"{path}: is there already", hint="corrections may be in it: name another file")


def write_review(path: Path, schema: Schema, drafts: Sequence[tuple[str, str, object]]) -> None:
    """Write names, texts and data as a review file; raises what `refuse_review` does."""
    refuse_review(path)
    entries = [
        {NAME: name, REVIEWED: False, DATA: {} if data is None else data, TEXT: text} for name, text, data in drafts
    ]
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(_HEAD.format(schema=schema.name, count=counted(len(entries), "document")) + to_yaml(entries))
    except OSError as error:
        raise OutputError(f"{path}: {error.strerror or error}") from error
