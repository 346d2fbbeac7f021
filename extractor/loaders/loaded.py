"""What the reader of a format gives, and how it is asked to read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Reading:
    """How documents are read: `raw` takes all of a web page or PDF, `loader` names the user's own reader.

    `offline` fetches none, `private` also those of this machine and its network. `charset` is the encoding of all
    texts, web pages and tables, whatever they or a server say.
    """

    raw: bool = False
    loader: str | None = None
    offline: bool = False
    private: bool = False
    charset: str = ""


@dataclass(frozen=True, slots=True)
class Loaded:
    """The text of a document, notes on what was done to it, and what the file says about it (title, author, date)."""

    text: str
    notes: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)


class UnreadableError(Exception):
    """Why a file cannot be read, and what to do about it; who knows its name makes a `SourceError` of it."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message, hint)
        self.message, self.hint = message, hint
