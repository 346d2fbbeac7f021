"""The work of `extract run`: the record of each source, as soon as it is done."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import dataclass, replace

from extractor.batch import Tally, extract_all
from extractor.cli.terminal import Screen
from extractor.engines import Session
from extractor.errors import BudgetSpent, SourceError
from extractor.lines import Line
from extractor.sinks import Sink
from extractor.sources import Source, discover, is_missing, is_single
from extractor.talk import Options
from extractor.types import Schema


@dataclass(frozen=True, slots=True)
class Job:
    """What one run is about."""

    sources: list[str]
    schema: Schema
    engine: Session
    options: Options
    is_streamed: bool = False


async def write_all(job: Job, sink: Sink, screen: Screen) -> Tally:
    """Write the record of each source as soon as it and those before it are done."""
    engine, tally = job.engine, Tally()
    if engine.note:
        screen.note(engine.note)
    under_way: deque[str] = deque()  # and those that wait for their turn

    def taken() -> Iterator[Source]:
        for source in discover(job.sources):
            under_way.append(source.label)
            yield source

    begun = f"{engine.id}: {'loading and reading' if engine.has_weights else 'reading'}"
    languages = engine.languages()
    try:
        with screen.growing() if job.is_streamed else screen.working(begun) as view:
            options = replace(job.options, on_partial=view.show)
            found = extract_all(taken(), job.schema, engine, options, window=engine.slots, languages=languages)
            async with aclosing(found) as records:
                async for record in records:
                    tally.add(record)
                    under_way.popleft()
                    with view.paused(f"{engine.id}: {tally.done} done, {tally.failed} failed"):
                        screen.report(record)
                        sink.write(Line.of(record))
    except BudgetSpent as error:
        if is_single(job.sources) or not under_way:
            raise
        done = f"{tally.done} of the documents {'is' if tally.done == 1 else 'are'} done"
        raise error.reworded(f"{error}; {done}, the first that is not: {under_way[0]}", error.hint) from error
    finally:
        await engine.aclose()
        screen.note(engine.summary)  # also of a run that an error ends
    return tally


def refuse_missing(sources: list[str]) -> None:
    """Before a long download: where none of the sources is there, it would be for nothing."""
    if all(is_missing(source) for source in discover(sources)):
        raise SourceError(f"{sources[0]}: no such file")
