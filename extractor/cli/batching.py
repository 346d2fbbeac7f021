"""The work of `extract batch`: the record of each source, kept as soon as it is there and written in its turn."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from extractor.batch import Ask, Batch, Inquiry, Tolerance
from extractor.cli.draining import draining
from extractor.cli.frame import Interrupted
from extractor.cli.progress import State, shown
from extractor.cli.telling import Repeats, Told, print_survey
from extractor.cli.terminal import Screen
from extractor.engines import Session
from extractor.engines.prices import cost_of
from extractor.errors import StorageError
from extractor.ledger import Ledger
from extractor.locks import claimed
from extractor.long import Memo, extract
from extractor.options import Options
from extractor.plan import Plan, plan_of
from extractor.sinks import Layout, Sink, open_sink
from extractor.sources import OnRepeat, Source, Wanted, count, find, is_slow
from extractor.survey import survey
from extractor.types import Document, Extraction, Request, Schema

if TYPE_CHECKING:
    from extractor.cluster import Job


@dataclass(frozen=True, slots=True)
class Far:
    """A cluster that asks, and what its workers are told."""

    address: str
    job: Job


@dataclass(frozen=True, slots=True)
class Listed:
    """Sources that are known already, in place of what a user named."""

    sources: Sequence[Source]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a run reads, and how it asks about it: here, or on a cluster."""

    schema: Schema
    engine: Session
    options: Options
    wanted: Wanted | Listed
    retries_failed: bool
    far: Far | None = None

    def sources(self, on_repeat: OnRepeat) -> Iterable[Source]:
        """What is read, as it is found; `on_repeat` is told of each record that has the id of another one."""
        return find(self.wanted, on_repeat) if isinstance(self.wanted, Wanted) else self.wanted.sources

    def count(self, is_stopped: Callable[[], bool] = lambda: False) -> int | None:
        """How many there are; None where that cannot be known beforehand, or it was stopped."""
        return count(self.wanted, is_stopped) if isinstance(self.wanted, Wanted) else len(self.wanted.sources)

    @property
    def are_slow(self) -> bool:
        """Whether the next one may have to be waited for."""
        return isinstance(self.wanted, Wanted) and is_slow(self.wanted)

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


_AGAIN = "run the same command again: it asks only the rest"


def run_to_end(asked: Asked, target: Target, tolerance: Tolerance, screen: Screen, every: float) -> Batch:
    """As `run`, in a loop of its own; raises what ended the run before its end."""
    interrupted = Interrupted(_AGAIN if target.ledger else None)
    try:
        batch = asyncio.run(run(asked, target, tolerance, screen, every))
    except (asyncio.CancelledError, KeyboardInterrupt):
        raise interrupted from None
    if batch.ended_by is not None:
        raise interrupted if isinstance(batch.ended_by, KeyboardInterrupt) else batch.ended_by
    return batch


async def run(asked: Asked, target: Target, tolerance: Tolerance, screen: Screen, every: float) -> Batch:
    """Write the record of every source; `ended_by` of the batch says why a run ended before its end.

    `every` is in seconds, between two lines about the progress.
    """
    engine, told = asked.engine, Told(screen, target.out, target.ledger)
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(engine.aclose)
        ask, limit = await stack.enter_async_context(_asking(asked, told))
        inquiry = Inquiry(asked.schema, engine, asked.options, engine.languages(), ask)
        try:
            with (
                contextlib.suppress(_Ended),
                open_sink(target.out, target.layout) as sink,
                _ledger(target, asked.plan) as ledger,
            ):
                batch = Batch(inquiry, limit, ledger=ledger, retries_failed=asked.retries_failed, tolerance=tolerance)
                told.begin(State(batch, engine, asked.count))
                with draining(batch, screen), _timed(ledger, batch):
                    async with shown(told.state, screen, every):
                        await _write(asked, batch, sink, told)
                told.written = sink.written
                if batch.ended_by is not None:
                    raise _Ended
        except BrokenPipeError:
            screen.warn("nobody reads standard output any more: the rest is not done")
            raise
        finally:
            told.at_end()
    return batch


@contextlib.contextmanager
def _timed(ledger: Ledger | None, batch: Batch) -> Iterator[None]:
    """Keep how long it took; on a full disk nothing else is lost."""
    try:
        yield
    finally:
        if ledger is not None:
            with contextlib.suppress(StorageError):
                ledger.end(batch.seconds, batch.tally.asked)


class _Ended(Exception):
    """The run ended before its end: what is written is not the whole."""


async def _write(asked: Asked, batch: Batch, sink: Sink, told: Told) -> None:
    async with aclosing(batch.outcomes(asked.sources(told.repeats.add), are_slow=asked.are_slow)) as outcomes:
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


@contextlib.asynccontextmanager
async def _asking(asked: Asked, told: Told) -> AsyncIterator[tuple[Ask, Callable[[], int]]]:
    """How a document is asked about, and how many may be at once."""
    engine = asked.engine
    if asked.far is None:
        yield _when_ready(asked, told), lambda: engine.limit
        return
    from extractor.cluster import open_cluster

    async with open_cluster(asked.far.address, asked.far.job) as cluster:

        async def ask(document: Document, _: Memo | None) -> Extraction:
            told.waiting("waiting for the cluster")
            most = Request((), max_tokens=asked.options.max_tokens)
            async with engine.account.hold(most):
                record = await cluster.ask(document)
                engine.account.add(record.usage, requests=record.attempts)
                return record

        yield ask, lambda: cluster.slots


def _when_ready(asked: Asked, told: Told) -> Ask:
    """Asks the engine; before the first document, the weights are fetched where they are not here."""
    engine, is_ready, one = asked.engine, False, asyncio.Lock()

    async def ask(document: Document, memo: Memo | None) -> Extraction:
        nonlocal is_ready
        if not is_ready:
            async with one:
                if not engine.is_here():
                    await asyncio.to_thread(engine.prepare, told.fetching)
                told.waiting("loading" if engine.has_weights else "")
                is_ready = True
        return await extract(document, asked.schema, engine, replace(asked.options, on_part=told.part), memo)

    return ask


def tell_survey(asked: Asked, ledger: Path | None, screen: Screen) -> None:
    """What a run would do, without doing it."""
    with contextlib.ExitStack() as stack:
        kept = None
        if ledger is not None and ledger.exists():
            kept = stack.enter_context(Ledger(ledger, read_only=True))
            kept.look(asked.plan)
        repeats = Repeats()
        sources = asked.sources(repeats.add)
        found = survey(sources, asked.schema, asked.options, kept, retries_failed=asked.retries_failed)
    print_survey(found, cost_of(asked.engine.id, found.usage), screen)
    repeats.tell(screen)
