"""Engines of users, kept to the contract: whatever goes wrong in one is an error of its document."""

from __future__ import annotations

import asyncio
from typing import Any

from extractor.errors import EngineUnavailable, ExtractError
from extractor.types import Completion, Engine, Mode, Request


class OwnEngine:
    """Wraps an engine of the user's: in time, with a `Completion`, and no traceback but as a message."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @property
    def id(self) -> str:
        """As the engine says."""
        return self.engine.id

    @property
    def modes(self) -> tuple[Mode, ...]:
        """As the engine says."""
        return self.engine.modes

    async def generate(self, request: Request) -> Completion:
        """Answer a request within its timeout."""
        try:
            async with asyncio.timeout(request.timeout):
                completion: Any = await self.engine.generate(request)
        except ExtractError:
            raise
        except TimeoutError:
            raise EngineUnavailable.late(self.id, request.timeout) from None
        except Exception as error:
            raise EngineUnavailable(f"{self.id} itself failed: {type(error).__name__}: {error}") from error
        if not isinstance(completion, Completion):
            raise EngineUnavailable(f"{self.id} gave a {type(completion).__name__} for a Completion")
        return completion

    def __getattr__(self, name: str) -> Any:
        """What else the engine has."""
        return getattr(self.engine, name)
