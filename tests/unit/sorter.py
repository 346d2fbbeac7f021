"""An engine that writes one record, and tells of names how likely it holds each kind."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any

from scripted import ScriptedEngine

from extractor.types import Continuation, Message

NEVER = -20.0


class Sorter(ScriptedEngine):
    """`asked` has the names with the texts that they were asked about in; labels that are not told of are unlikely."""

    def __init__(self, record: Any, likely: Mapping[str, Mapping[str, float]] | None, fault: Any = None) -> None:
        super().__init__([json.dumps(record, ensure_ascii=False)], "sorter")
        self.asked: list[tuple[str, str]] = []
        self._likely = likely
        self._fault = fault

    async def likelihoods(self, messages: Sequence[Message], texts: Sequence[Continuation]) -> list[float] | None:
        await asyncio.sleep(0)
        if self._fault:
            raise self._fault
        if self._likely is None:
            return None
        begun = json.loads(messages[-1].content + '""}]}')
        self.asked.append(
            (begun["items"][0]["text"], messages[-2].content.removeprefix("<text>\n").removesuffix("\n</text>"))
        )
        likely = self._likely[self.asked[-1][0]]
        return [likely.get(text.text.strip(' "'), NEVER) for text in texts]
