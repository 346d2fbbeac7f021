"""The work of `extract batch`: each record as soon as it is its turn, and what there is to tell at the end."""

from __future__ import annotations

import asyncio
import contextlib
import shlex
import signal
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import aclosing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from extractor.batch import Batch, Inquiry, Outcome, Tally, Tolerance
from extractor.cli.progress import State, shown, spell_seconds
from extractor.cli.terminal import Screen
from extractor.engines import Session
from extractor.engines.prices import cost_of
from extractor.errors import StorageError
from extractor.ledger import Ledger
from extractor.locks import claimed
from extractor.models import Progress
from extractor.pipeline import extract
from extractor.plan import Plan, plan_of
from extractor.sinks import Layout, Sink, open_sink
from extractor.sources import Wanted, count, find, is_slow
from extractor.survey import Survey, survey
from extractor.talk import Options
from extractor.types import Document, Extraction, Request, Schema

if TYPE_CHECKING:
    from extractor.cluster import Job

_MOST_TOLD = 20  # documents that failed


@dataclass(frozen=True, slots=True)
class Far:
    """A cluster that asks, and what its workers are told."""

    address: str
    job: Job


@dataclass(frozen=True, slots=True)
class Asked:
    """What a run reads, and how it asks about it: here, or on a cluster."""

    schema: Schema
    engine: Session
    options: Options
    wanted: Wanted
    retries_failed: bool
    far: Far | None = None

    @property
    def plan(self) -> Plan:
        """What each record depends on beside the text."""
        return plan_of(self.schema, self.options, self.engine.identity, self.engine.id)


@dataclass(frozen=True, slots=True)
class Target:
    """Where a run writes, and where it keeps answers; None is standard output, or nowhere."""

    out: Path | None
    layout: Layout
    ledger: Path | None


async def run(asked: Asked, target: Target, tolerance: Tolerance, screen: Screen, every: float) -> Batch:
    """Write the record of every source; `ended_by` of the batch says why a run ended before its end.

    `every` is in seconds, between two lines about the progress.
    """
    engine, told = asked.engine, Told(screen, target.ledger)
    async with contextlib.AsyncExitStack() as stack:
        ledger = stack.enter_context(_ledger(target, asked.plan))
        ask, limit = await stack.enter_async_context(_asking(asked, told))
        inquiry = Inquiry(asked.schema, engine, asked.options, engine.languages(), ask)
        batch = Batch(inquiry, limit, ledger=ledger, retries_failed=asked.retries_failed, tolerance=tolerance)
        state = told.state = State(batch, engine)
        if target.out is not None and target.ledger is not None:
            screen.note(f"answers are kept in {target.ledger}")
        try:
            with contextlib.suppress(_Ended), open_sink(target.out, target.layout) as sink:
                with _counting(asked.wanted, state, is_shown=screen.has_bar), _draining(batch, screen):
                    async with shown(state, screen, every):
                        await _write(asked.wanted, batch, sink, told)
                if batch.ended_by is not None:
                    raise _Ended
        finally:
            await engine.aclose()
            told.at_end()
            if ledger:
                with contextlib.suppress(StorageError):  # on a full disk nothing but how long it took is lost
                    ledger.end(batch.seconds, batch.tally.asked)
    return batch


class _Ended(Exception):
    """The run ended before its end: what is written is not the whole."""


async def _write(wanted: Wanted, batch: Batch, sink: Sink, told: Told) -> None:
    async with aclosing(batch.outcomes(find(wanted), are_slow=is_slow(wanted))) as outcomes:
        async for outcome in outcomes:
            if outcome.record is not None or not outcome.line.ok:
                told.one(outcome)
            sink.write(outcome.line)


@contextlib.contextmanager
def _ledger(target: Target, plan: Plan) -> Iterator[Ledger | None]:
    """The ledger, which no other run writes meanwhile."""
    if target.ledger is None:
        yield None
        return
    with claimed(target.ledger, "--ledger"), Ledger(target.ledger) as ledger:
        ledger.begin(plan)
        yield ledger


Ask = Callable[[Document], Awaitable[Extraction]]


@contextlib.asynccontextmanager
async def _asking(asked: Asked, told: Told) -> AsyncIterator[tuple[Ask, Callable[[], int]]]:
    """How a document is asked about, and how many may be at once."""
    engine = asked.engine
    if asked.far is None:
        yield _when_ready(asked, told), lambda: engine.limit
        return
    from extractor.cluster import open_cluster

    async with open_cluster(asked.far.address, asked.far.job) as cluster:

        async def ask(document: Document) -> Extraction:
            most = Request((), max_tokens=asked.options.max_tokens)
            async with engine.account.hold(most):
                record = await cluster.ask(document)
                engine.account.add(record.usage, requests=record.attempts)
                return record

        yield ask, lambda: cluster.slots


def _when_ready(asked: Asked, told: Told) -> Ask:
    """Asks the engine; before the first document, the weights are fetched where they are not here."""
    engine, is_ready, one = asked.engine, False, asyncio.Lock()

    async def ask(document: Document) -> Extraction:
        nonlocal is_ready
        if not is_ready:
            async with one:
                if not engine.is_here():
                    await asyncio.to_thread(engine.prepare, told.fetching)
                is_ready = True
        return await extract(document, asked.schema, engine, asked.options)

    return ask


# --- at the end ----------------------------------------------------------------------------------------------


class Told:
    """What there is to tell of a run: each document that failed or has notes, and at the end the whole."""

    def __init__(self, screen: Screen, ledger: Path | None) -> None:
        self.state: State | None = None
        self._screen = screen
        self._ledger = ledger
        self._failed: list[str] = []  # the first of them

    def fetching(self, now: Progress) -> None:
        """Show how far a download is."""
        if self.state is not None:
            share = f" {now.done / now.total:.0%}" if now.total else ""
            self.state.stage = f"{now.stage}{share}"

    def one(self, outcome: Outcome) -> None:
        """Report a document of this run, and remember it where it failed."""
        if not outcome.line.ok and len(self._failed) < _MOST_TOLD:
            self._failed.append(outcome.line.source)
        record = outcome.record
        if record is None:
            return
        if self._screen.as_json:
            facts = {name: value for name, value in record.to_dict().items() if name in _FACTS}
            self._screen.event("document", state=outcome.state, **facts)
        else:
            self._screen.report(record)

    def at_end(self) -> None:
        """Counts, what was used, the documents that failed, and how to ask for them again."""
        state, screen = self.state, self._screen
        assert state is not None
        tally, again = state.batch.tally, self._again(state.batch.tally)
        if screen.as_json:
            screen.event("end", **state.facts(), retry=again)
            return
        screen.say(state.summary())
        if state.engine.account.requests:
            screen.say(state.engine.summary)
        if more := tally.failed - len(self._failed):
            self._failed.append(f"and {more:,} more")
        if tally.failed:
            screen.say(f"failed: {', '.join(self._failed)}")
        if tally.kept_failed:
            screen.say(f"why those of earlier runs failed: extract ledger failed {shlex.quote(str(self._ledger))}")
        if again:
            screen.say(f"to ask for them again: {again}")

    def _again(self, tally: Tally) -> str | None:
        """The command that asks again for what failed; none where there is nothing to ask, or all would be asked."""
        words = ["extract", *sys.argv[1:]]
        has_bad = tally.failed > tally.unanswered + tally.unread
        if not tally.failed or self._ledger is None:
            return None
        return shlex.join([*words, "--retry-failed"] if has_bad and "--retry-failed" not in words else words)


_FACTS = ("source", "mode", "errors", "attempts", "usage", "seconds")


def tell_survey(asked: Asked, ledger: Path | None, screen: Screen) -> None:
    """What a run would do, without doing it."""
    with contextlib.ExitStack() as stack:
        kept = None
        if ledger is not None and ledger.exists():
            kept = stack.enter_context(Ledger(ledger, read_only=True))
            kept.look(asked.plan)
        found = survey(find(asked.wanted), asked.schema, asked.options, kept, retries_failed=asked.retries_failed)
    _print(found, cost_of(asked.engine.id, found.usage), screen)


def _print(found: Survey, cost: float | None, screen: Screen) -> None:
    if screen.as_json:
        screen.event("dry-run", documents=found.documents, **asdict(found), cost=cost)
        return
    counts = ((found.new, "new"), (found.kept, "in the ledger"), (found.failed, "failed before"))
    others = (
        (found.unanswered, "without an answer before"),
        (found.twins, "with the text of another one"),
        (found.unread, "cannot be read"),
    )
    told = [f"{number:,} {what}" for number, what in (*counts, *(pair for pair in others if pair[0]))]
    print(f"{found.documents:,} documents: {', '.join(told)}")
    tokens = f"{found.input_tokens:,} tokens to read and {found.output_tokens:,} to write"
    print(f"to ask about: {found.to_ask:,}; about {tokens} ({found.basis})")
    about = "not known before some are done (--limit 10)" if found.seconds is None else spell_seconds(found.seconds)
    price = "not known" if cost is None else "nothing, it runs here" if not cost else f"about {cost:.2f} US dollars"
    print(f"time: {about}; cost: {price}")
    for why in found.unreadable:
        screen.error(why)


# --- beside it -----------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _counting(wanted: Wanted, state: State, *, is_shown: bool) -> Iterator[None]:
    """Count the documents beside the work, for a bar that has an end."""
    if not is_shown:
        yield
        return
    ended = threading.Event()

    def work() -> None:
        state.total = count(wanted, ended.is_set)

    threading.Thread(target=work, daemon=True).start()
    try:
        yield
    finally:
        ended.set()


@contextlib.contextmanager
def _draining(batch: Batch, screen: Screen) -> Iterator[None]:
    """At the first Ctrl-C (or SIGTERM, SIGHUP) finish what is under way, at the second stop at once."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None

    def stop() -> None:
        if batch.ended_by is None:
            screen.say("stopping: what is under way is finished first; once more stops at once")
            batch.stop(KeyboardInterrupt())
        else:
            task.cancel()

    with _handled(loop, stop):
        yield


@contextlib.contextmanager
def _handled(loop: asyncio.AbstractEventLoop, stop: Callable[[], None]) -> Iterator[None]:
    numbers = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in numbers}
    wanted = [number for number in numbers if before[number] is not signal.SIG_IGN]
    try:
        for number in wanted:
            loop.add_signal_handler(number, stop)
    except (NotImplementedError, RuntimeError):  # Windows, or not in the main thread: Ctrl-C stops at once
        wanted = []
    try:
        yield
    finally:
        for number in wanted:
            loop.remove_signal_handler(number)
            signal.signal(number, before[number])
