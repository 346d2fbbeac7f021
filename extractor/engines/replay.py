"""Scripted answers from a file, for users' own tests: what they wrote is what the model says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

from extractor.errors import EngineError, UsageError
from extractor.types import Completion, FinishReason, Mode, Request, Usage

_SHOWN = 200  # characters of a question in a message


class ReplayEngine:
    """One line for each completion, used in order: `{"text": "…", "finish_reason": "stop"}`.

    `text` may also be JSON data, which stands for its text. When the lines are used up, the run ends with an error.
    """

    modes: tuple[Mode, ...] = ("grammar", "json_schema", "tools", "prompt")
    slots = 1  # in order

    def __init__(self, path: Path) -> None:
        self.id = f"replay:{path.name}"
        self.path = path
        self._answers = iter(_read(path))
        self._used = 0

    async def generate(self, request: Request) -> Completion:
        """The next answer."""
        answer = next(self._answers, None)
        if answer is None:
            asked = " ".join(request.messages[-1].content.split())[:_SHOWN]
            what = f"{self.path}: has {self._used} answers, and one more was asked for: {asked!r}"
            raise EngineError(what, hint="a repair of an answer is a request too: add a line, or --retries 0")
        self._used += 1
        return answer


def _read(path: Path) -> list[Completion]:
    """All answers of a file; `UsageError` names the line that is none."""
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{path}: {getattr(error, 'strerror', None) or 'not UTF-8'}", hint="replay:FILE.jsonl"
        ) from error
    return [_answer(line, f"{path}:{number}") for number, line in enumerate(lines, start=1) if line.strip()]


def _answer(line: str, where: str) -> Completion:
    hint = 'a line is {"text": "…"}, and "finish_reason" may say length, repetition, refusal, content_filter or other'
    try:
        entry: Any = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{where}: not JSON: {error}", hint=hint) from error
    if not isinstance(entry, dict) or "text" not in entry:
        raise UsageError(f'{where}: no "text" in it', hint=hint)
    if unknown := entry.keys() - {"text", "finish_reason"}:
        raise UsageError(f"{where}: unknown {', '.join(sorted(map(repr, unknown)))}", hint=hint)
    reason: FinishReason = "stop" if entry.get("finish_reason") is None else entry["finish_reason"]
    if reason not in get_args(FinishReason):
        raise UsageError(f"{where}: unknown finish_reason {reason!r}", hint=hint)
    text = entry["text"]
    return Completion(text if isinstance(text, str) else json.dumps(text, ensure_ascii=False), reason, Usage())
