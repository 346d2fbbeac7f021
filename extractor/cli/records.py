"""The work of `extract run`: the record of each source, as soon as it is done."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass, field, replace

from extractor.batch import Batch, Inquiry, Tally, Tolerance
from extractor.cli.showing import show
from extractor.cli.terminal import Screen
from extractor.engines import Session
from extractor.errors import BudgetSpent, SourceError
from extractor.loaders import Reading
from extractor.options import Options
from extractor.sinks import Sink
from extractor.sources import discover, is_missing, is_single
from extractor.types import Schema


@dataclass(frozen=True, slots=True)
class Job:
    """What one run is about."""

    sources: list[str]
    schema: Schema
    engine: Session
    options: Options
    is_streamed: bool = False
    is_shown: bool = False
    reading: Reading = field(default_factory=Reading)


async def write_all(job: Job, sink: Sink, screen: Screen) -> Tally:
    """Write the record of each source as soon as it and those before it are done."""
    engine = job.engine
    if engine.note:
        screen.note(engine.note)
    begun = f"{engine.id}: {'loading and reading' if engine.has_weights else 'reading'}"
    try:
        with screen.growing() if job.is_streamed else screen.working(begun) as view:
            options = replace(job.options, on_partial=view.show, on_part=view.part)
            asked = Inquiry(job.schema, engine, options, engine.languages())
            run = Batch(asked, lambda: engine.slots, tolerance=Tolerance(dead=None))
            async with aclosing(run.outcomes(discover(job.sources, job.reading))) as outcomes:
                async for outcome in outcomes:
                    assert outcome.record is not None  # there is no ledger
                    with view.paused(f"{engine.id}: {run.tally.done} done, {run.tally.failed} failed"):
                        screen.report(outcome.record)
                        if job.is_shown and outcome.document is not None:
                            show(outcome.record, outcome.document)
                        sink.write(outcome.line)
    finally:
        await engine.aclose()
        screen.note(engine.summary)  # also of a run that an error ends
    if run.ended_by is not None:
        raise _told(run.ended_by, run.tally, job)
    return run.tally


def _told(why: BaseException, tally: Tally, job: Job) -> BaseException:
    """What ended a run before its end, with what is done and what is not."""
    if not isinstance(why, BudgetSpent) or is_single(job.sources):
        return why
    done = f"{tally.done} of the documents {'is' if tally.done == 1 else 'are'} done"
    return why.reworded(f"{why}; {done}, the first that is not: {tally.first_left}", why.hint)


def refuse_missing(sources: list[str]) -> None:
    """Before a long download: where none of the sources is there, it would be for nothing."""
    if all(is_missing(source) for source in discover(sources)):
        raise SourceError(f"{sources[0]}: no such file")
