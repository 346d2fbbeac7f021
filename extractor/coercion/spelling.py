"""How numbers are written in an answer: 1.10 is 1.1 as a value, and another version of a program."""

from __future__ import annotations

import json
import re
from functools import cached_property
from typing import Any

from extractor.coercion.nodes import is_number

_NUMBER = re.compile(r"(?<![\w.\"'+-])-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?(?=\s*+(?:[,;\]})]|\Z)|\s*+\n)", re.ASCII)


class Spelling:
    """Of the numbers of one answer; its text is looked at when the first of them is asked for."""

    def __init__(self, text: str) -> None:
        self._text = text

    def of(self, value: Any) -> tuple[str, str]:
        """A scalar as a text, and what is left open about that: 1.1 → ('1.10', '') where only that is in the answer."""
        plain = value if isinstance(value, str) else json.dumps(value)
        written = self._written.get(value, [plain]) if is_number(value) else [plain]
        return (written[0], "") if len(written) == 1 else (plain, f"which stands there as {' and '.join(written)}")

    @cached_property
    def _written(self) -> dict[float, list[str]]:
        found: dict[float, list[str]] = {}
        for text in dict.fromkeys(_NUMBER.findall(self._text)):
            found.setdefault(float(text), []).append(text)
        return found
