"""Everything that can go wrong, as one tree.

Each class carries the exit code of the command line and whether trying again can help, so that no caller
has to keep a table of its own. A message says what and where; a hint says the next thing to try.
"""

from __future__ import annotations

from copy import copy
from typing import Self

_OVERLOADS = (429, 503, 504, 529)
_NOTE = "hint: "


class ExtractError(Exception):
    """Root of all errors that a user can act on; `str(error)` is the message, `error.hint` the next step.

    A traceback shows both.
    """

    exit_code = 1
    retryable = False

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self._advise(hint)

    def _advise(self, hint: str | None) -> None:
        """Keep a hint, as a note too, in place of the one before."""
        others = [note for note in getattr(self, "__notes__", ()) if not note.startswith(_NOTE)]
        self.hint, self.__notes__ = hint, [*others, *([f"{_NOTE}{hint}"] if hint else [])]

    @property
    def kind(self) -> str:
        """The class name, as it stands in a record's `errors`."""
        return type(self).__name__


class UsageError(ExtractError):
    """A bad flag or spec, or an extra that is not installed."""

    exit_code = 2


class SchemaError(ExtractError):
    """A schema that cannot be loaded, or that the engine cannot enforce."""

    exit_code = 2


class SourceError(ExtractError):
    """A source that is unreadable, unsupported or empty."""


class StorageError(ExtractError):
    """A ledger or an output that cannot be read or written, on a full disk, say; what was kept before stays kept."""


class TooManyFailed(ExtractError):
    """More documents failed than the run was to bear."""


class EngineError(ExtractError):
    """The engine cannot do its work; ends the run. `status` is the one of HTTP, where there was one."""

    exit_code = 3

    def __init__(self, message: str, *, hint: str | None = None, status: int | None = None) -> None:
        super().__init__(message, hint=hint)
        self.status = status

    def reworded(self, message: str, hint: str | None) -> Self:
        """The same error in other words."""
        error = copy(self)
        error.args = (message,)
        error._advise(hint)  # noqa: SLF001
        return error


class EngineUnavailable(EngineError):
    """A timeout, an overload or a refused connection: the same request may succeed later.

    `retry_after` is when, in seconds from now, where the server said so; `is_unreachable` where there is no server;
    `is_overload` where too much was asked at once.
    """

    retryable = True
    is_late = False

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        status: int | None = None,
        retry_after: float | None = None,
        is_unreachable: bool = False,
    ) -> None:
        super().__init__(message, hint=hint, status=status)
        self.retry_after = retry_after
        self.is_unreachable = is_unreachable

    @classmethod
    def late(cls, engine: str, seconds: float, *, hint: str = "raise --timeout") -> EngineUnavailable:
        """No answer in the time that it was given."""
        error = cls(f"{engine}: no answer within {round(seconds, 2):g} s", hint=hint)
        error.is_late = True
        return error

    @property
    def is_overload(self) -> bool:
        """Whether asking less at once may help: HTTP 429, 503, 504, 529, or no answer in time."""
        return self.is_late or self.status in _OVERLOADS


class EngineDenied(EngineError):
    """Wrong key, no right or no such model: no other document will fare better."""


class RequestRejected(EngineError):
    """The engine refuses this one document (too long, say); others go on.

    `parameter` is the one that it does not take, where the server said so.
    """

    exit_code = 1

    def __init__(
        self, message: str, *, hint: str | None = None, status: int | None = None, parameter: str | None = None
    ) -> None:
        super().__init__(message, hint=hint, status=status)
        self.parameter = parameter


class PromptTooLong(RequestRejected):
    """Text, instruction and schema are more than the context of the model."""

    def __init__(self, message: str, *, hint: str | None = None, status: int | None = None) -> None:
        super().__init__(message, hint=hint or _IN_PARTS, status=status)


_IN_PARTS = (
    "--strategy map-reduce asks about each part of the text, --strategy retrieve about the passages that matter; else "
    "shorten the schema, or use a model with a longer context"
)


class ModeRejected(RequestRejected):
    """The endpoint does not take the way in which the structure was asked for; another one may do."""


class BudgetSpent(EngineError):
    """The tokens or the money that the run was given are spent; what is done is kept."""


class OutputError(ExtractError):
    """The model answered, and the answer cannot be used."""


class Truncated(OutputError):
    """The answer ended at the token limit."""


class Refused(OutputError):
    """The model declined to answer, or a filter of its server withheld the answer."""


class ParseError(OutputError):
    """The answer is not in the format that was asked for."""


class InvalidOutput(OutputError):
    """The answer is well-formed and breaks the schema."""


class Ungrounded(OutputError):
    """The answer is valid and says what the document does not."""


def spell(error: BaseException) -> str:
    """What somebody's code raised, in words: 'ValueError: no weights', or the name alone where it says nothing."""
    return f"{type(error).__name__}: {error}".removesuffix(": ")
