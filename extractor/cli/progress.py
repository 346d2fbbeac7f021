"""How far a run is: a bar on a terminal, else a line now and then, or events."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field

from extractor.batch import Batch
from extractor.brevity import counted, few
from extractor.cli.terminal import Screen
from extractor.engines import Session
from extractor.errors import ExtractError

_MINUTE, _HOUR = 60, 3600


@dataclass(slots=True)
class State:
    """A run as it is now. `total` is how many documents there are, None while nobody knows.

    `stage` is what the first answer waits for; `count` gives the total, until what it is given says that nobody wants
    it any more. `parts` has of each long text under way how many questions about it are answered, of how many.
    """

    batch: Batch
    engine: Session
    count: Callable[[Callable[[], bool]], int | None] = lambda _: None
    total: int | None = None
    stage: str = ""
    parts: dict[str, tuple[int, int]] = field(default_factory=dict)
    begun: float = field(default_factory=time.monotonic)

    @property
    def elapsed(self) -> float:
        """Seconds since it began."""
        return time.monotonic() - self.begun

    @property
    def rate(self) -> float:
        """Documents a second: those that were asked about while it asked; all, where it asked nothing."""
        tally, seconds = self.batch.tally, self.batch.seconds
        done, within = (tally.asked, seconds) if tally.asked and seconds else (tally.done, self.elapsed)
        return done / within if within else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Seconds until the end, as if nothing of the rest were in the ledger; None where that cannot be said."""
        if self.total is None or not self.rate or not self.batch.tally.asked:
            return None
        return max(0, self.total - self.batch.tally.done) / self.rate

    def facts(self) -> dict[str, object]:
        """The numbers."""
        tally, used = self.batch.tally, self.engine.account.usage
        return {
            "done": tally.done,
            "total": self.total,
            "kept": tally.kept,
            "twins": tally.twins,
            "failed": tally.failed,
            "unanswered": tally.unanswered,
            "unread": tally.unread,
            "left": tally.left,
            "questions": self._of_parts()[1],
            "answered": self._of_parts()[0],
            "seconds": round(self.elapsed, 1),
            "documents_per_second": round(self.rate, 2),
            "input_tokens": used.input_tokens,
            "output_tokens": used.output_tokens,
            "cost": used.cost,
            "seconds_left": None if self.seconds_left is None else round(self.seconds_left),
        }

    def _of_parts(self) -> tuple[int, int]:
        """Of the questions about long texts under way, how many are answered, and how many there are."""
        every = [*self.parts.values()]
        return sum(done for done, _ in every), sum(of for _, of in every)

    def told(self) -> str:
        """'1,200 of 5,000 done, 340 from the ledger, 2 failed; 3.1 documents/s, 120 tokens/s, 12 min left'.

        Of long texts under way also: '7 of 22 questions about the next answered'. First of all that the run is ending.
        """
        tally, used, seconds = self.batch.tally, self.engine.account.usage, self.batch.seconds
        of_all = f" of {self.total:,}" if self.total is not None else ""
        kept = f", {tally.kept:,} from the ledger" if tally.kept else ""
        failed = f", {tally.failed:,} failed" if tally.failed else ""
        answered, asked = self._of_parts()
        parts = f", {answered:,} of {asked:,} questions about the next answered" if asked else ""
        paces = [spell_rate(self.rate)] if tally.asked else []
        paces += [f"{used.output_tokens / seconds:,.0f} tokens/s"] if seconds and used.output_tokens else []
        paces += [f"{spell_seconds(self.seconds_left)} left"] if self.seconds_left else []
        paces += [f"{used.cost:.4f} US dollars"] if used.cost else []
        stage = f"{self.stage}: " if self.stage and not tally.asked else ""
        if self.batch.ended_by is not None and self.batch.under_way:
            stage = f"stopping, waiting for {few(self.batch.under_way, 1)} (Ctrl-C stops at once): "
        return f"{stage}{tally.done:,}{of_all} done{kept}{failed}{parts}{'; ' if paces else ''}{', '.join(paces)}"

    def summary(self) -> str:
        """'120 documents (80 from the ledger): 118 valid, 2 failed; 20 s, 2.0 documents/s', of the 40 asked about."""
        tally = self.batch.tally
        documents = counted(tally.done, "document")
        known = [f"{tally.kept:,} from the ledger"] if tally.kept else []
        known += [f"{tally.twins:,} with the text of another one"] if tally.twins else []
        kept = f" ({', '.join(known)})" if known else ""
        valid = f"{tally.done - tally.failed:,} valid, {tally.failed:,} failed"
        left = f", {tally.left:,} begun and not done" if tally.left else ""
        pace = f"{spell_seconds(self.elapsed)}, {spell_rate(self.rate)}"
        return f"{documents}{kept}: {valid}{left}; {pace}"


def spell_seconds(seconds: float) -> str:
    """42 → '42 s', 750 → '13 min', 9000 → '2 h 30 min'."""
    if seconds < 2 * _MINUTE:
        return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"  # noqa: PLR2004
    if seconds < 2 * _HOUR:
        return f"{seconds / _MINUTE:.0f} min"
    return f"{seconds // _HOUR:.0f} h {seconds % _HOUR // _MINUTE:.0f} min"


def spell_rate(rate: float) -> str:
    """Documents a second: 12.345 → '12.3 documents/s', 0.05 → '3.0 documents/min'."""
    return f"{rate:,.1f} documents/s" if rate >= 1 else f"{rate * _MINUTE:,.1f} documents/min"


@contextlib.asynccontextmanager
async def shown(state: State, screen: Screen, every: float) -> AsyncIterator[None]:
    """Show a run while it lasts: what is printed meanwhile stands above the bar. `every` is in seconds."""
    if screen.quiet:
        yield
    elif screen.has_bar:
        with _counting(state), _bar(state):
            yield
    else:
        teller = asyncio.ensure_future(_tell(state, screen, every))
        try:
            yield
        finally:
            teller.cancel()
            await asyncio.wait([teller])


async def _tell(state: State, screen: Screen, every: float) -> None:
    await asyncio.sleep(every)
    with _counting(state):  # a short run is over before anybody asks how much there is
        while True:
            if screen.as_json:
                screen.event("progress", **state.facts())
            else:
                screen.say(state.told())
            await asyncio.sleep(every)


@contextlib.contextmanager
def _counting(state: State) -> Iterator[None]:
    """Count the documents beside the work."""
    ended = threading.Event()

    def work() -> None:
        with contextlib.suppress(ExtractError):  # the run itself says what is wrong
            state.total = state.count(ended.is_set)

    threading.Thread(target=work, daemon=True).start()
    try:
        yield
    finally:
        ended.set()


@contextlib.contextmanager
def _bar(state: State) -> Iterator[None]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, Task
    from rich.text import Text

    class Told(ProgressColumn):
        """What there is to tell, and the bar of it, read when it is drawn."""

        def render(self, task: Task) -> Text:
            task.total, task.completed = state.total, state.batch.tally.done
            return Text(state.told(), overflow="ellipsis", no_wrap=True)

    columns = (SpinnerColumn(), BarColumn(bar_width=20), Told())
    with Progress(*columns, console=Console(stderr=True), transient=True, refresh_per_second=4) as bar:
        bar.add_task("", total=None)
        yield
