"""What people see: errors, notes and progress, on standard error. Standard output is data and nothing else."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TextIO

from extractor.brevity import differing
from extractor.errors import ExtractError, SourceError
from extractor.lines import to_json
from extractor.pointers import joined
from extractor.text import UNSAFE
from extractor.types import GIVEN_UP, Extraction

if TYPE_CHECKING:
    from rich.live import Live
    from rich.progress import Progress as Bar
    from rich.status import Status

    from extractor.models import Progress

_LONGEST_VALUE = 200


@dataclass(slots=True)
class Screen:
    """Standard error. Notes and progress appear on a terminal only, or where asked for; errors always.

    With `as_json` all of it is JSON Lines: an object for each event.
    """

    quiet: bool = False
    verbose: bool = False
    as_json: bool = False
    is_terminal: bool = field(default_factory=lambda: sys.stderr.isatty())  # noqa: PLW0108  # stderr as it is then

    def __post_init__(self) -> None:
        """A machine reads JSON, wherever it goes."""
        self.is_terminal = self.is_terminal and not self.as_json

    @property
    def chatty(self) -> bool:
        """Whether notes are wanted."""
        return not self.quiet and (self.is_terminal or self.verbose or self.as_json)

    @property
    def has_bar(self) -> bool:
        """Whether progress is drawn."""
        return self.is_terminal and not self.quiet

    def event(self, name: str, **facts: object) -> None:
        """One event, where events are wanted: {"event": "document", "time": 1795824000.0, …}."""
        if self.as_json:
            tell(to_json({"event": name, "time": round(time.time(), 3), **facts}))

    def error(self, message: str, hint: str | None = None) -> None:
        """`error: …` and, below it, `hint: …`."""
        if self.as_json:
            self.event("error", message=message, hint=hint)
            return
        self._line("error", message, "31")
        if hint:
            first, *others = hint.split("\n")
            self._line("hint", first, "36")
            for line in others:  # set in, so that none can pass for a message of its own
                tell(f"      {plain(line)}")

    def say(self, message: str) -> None:
        """What a command that prints no data has to tell."""
        if self.as_json:
            self.event("info", message=message)
        elif not self.quiet:
            tell(one_line(message))

    def warn(self, message: str) -> None:
        """What a person has to know also where nobody looks at a terminal."""
        if not self.quiet:
            self._line("note", message, "33")

    def note(self, message: str) -> None:
        """Something worth knowing, for a person."""
        if self.chatty:
            self._line("note", message, "33")

    def report(self, record: Extraction, *, has_notes: bool = True) -> None:
        """The notes and errors of one record; every error names the document. What it lost is told everywhere."""
        differ = {where: differing(some) for where, some in record.conflicts.items()}
        for where, note in joined(record.notes, differ).items():
            told = f"{record.source}{': ' + where if where else ''}: {note}"
            if GIVEN_UP in note:
                self.warn(told)
            elif has_notes:
                self.note(told)
        for problem in record.errors:
            value = "" if problem.value is None else f" (it was {_short(problem.value)})"
            name = "" if problem.kind == SourceError.__name__ else f"{record.source}: "  # those name it themselves
            self.error(f"{name}{problem}{value}", problem.hint)

    def _line(self, label: str, text: str, colour: str) -> None:
        if self.as_json:
            self.event(label, message=text)
            return
        tag = f"\x1b[{colour}m{label}:\x1b[0m" if self.is_terminal else f"{label}:"
        tell(f"{tag} {one_line(text)}")

    @contextlib.contextmanager
    def pulling(self) -> Iterator[Callable[[Progress], None] | None]:
        """A bar for a download, from its first byte on; nothing where there is no terminal."""
        if not self.has_bar:
            yield None
            return
        with contextlib.ExitStack() as stack:
            bars: list[Bar] = []

            def show(now: Progress) -> None:
                if not bars:
                    bars.append(stack.enter_context(_bar()))
                    bars[0].add_task("", total=None)
                bars[0].update(bars[0].task_ids[0], description=now.stage, completed=now.done, total=now.total)

            yield show

    @contextlib.contextmanager
    def growing(self) -> Iterator[Growth]:
        """A record that is shown as it grows; nothing where there is no terminal."""
        if not self.has_bar:
            yield Growth(None)
            return
        from rich.console import Console
        from rich.live import Live

        with Live(console=Console(stderr=True), transient=True, refresh_per_second=12) as live:
            yield Growth(live)

    @contextlib.contextmanager
    def working(self, text: str) -> Iterator[Spinner]:
        """A spinner; a silent one where there is no terminal."""
        if not self.has_bar:
            yield Spinner(None)
            return
        from rich.console import Console

        with Console(stderr=True).status(plain(text)) as status:
            yield Spinner(status)


@dataclass(frozen=True, slots=True)
class Spinner:
    """Something that turns while a model works."""

    status: Status | None
    show: None = None  # it has no place for a record that grows

    def part(self, source: str, done: int, of: int) -> None:
        """Say how far a long text is."""
        if self.status is not None:
            self.status.update(plain(f"{one_line(source)}: {done:,} of {of:,} questions answered"))

    @contextlib.contextmanager
    def paused(self, then: str) -> Iterator[None]:
        """Off the screen while data and messages are printed: they share the terminal. Goes on with a new text."""
        if self.status is None:
            yield
            return
        self.status.stop()
        yield
        self.status.update(plain(then))
        self.status.start()


@dataclass(frozen=True, slots=True)
class Growth:
    """A record on the screen as far as it is written, until it is there."""

    live: Live | None

    def show(self, value: object) -> None:
        """Show it as it is now."""
        from rich.text import Text

        if self.live is not None:
            self.live.update(Text(plain(json.dumps(value, ensure_ascii=False, indent=2))))

    def part(self, source: str, done: int, of: int) -> None:
        """How far a long text is: the record itself shows it."""

    @contextlib.contextmanager
    def paused(self, _: str) -> Iterator[None]:
        """Off the screen: what comes now is the record itself."""
        if self.live is not None:
            self.live.stop()
        yield


def tell(text: str, end: str = "\n") -> None:
    """A text on standard error; that nobody reads it ends nothing, as the output and the exit code say enough."""
    try:
        print(text, end=end, file=sys.stderr, flush=True)
    except BrokenPipeError:
        forsake(sys.stderr)


def forsake(stream: TextIO) -> None:
    """Let go nowhere what nobody can have any more; Python would complain when it flushes at the end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def plain(text: str) -> str:
    r"""Without what a terminal obeys: the escape in 'a\x1b[2J' becomes four visible characters."""
    return UNSAFE.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def one_line(text: str) -> str:
    """As `plain`, and on one line: a file name cannot pretend to be a message of its own."""
    return plain(text).replace("\n", "\\n")


def explain(error: ExtractError, screen: Screen) -> int:
    """Print an error; returns its exit code."""
    screen.error(str(error), error.hint)
    return error.exit_code


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"


def _bar() -> Bar:
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    text = TextColumn("{task.description}", markup=False)
    columns = (text, BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True)
