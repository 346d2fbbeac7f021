"""What a tool is: a name, the schema of its arguments, and what stands for it in the user's program."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from extractor.types import Schema


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool; `target` is the function or class that was given, None for a definition in JSON.

    What it does is the description of the schema of its arguments. `where` is the file that it comes from.
    """

    name: str
    schema: Schema
    target: Any = None
    where: str = ""
