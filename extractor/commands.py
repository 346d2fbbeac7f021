"""What the commands do once their flags are read: guards, the run itself, and the print of a prompt."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from extractor.batch import Tally, extract_all
from extractor.engines import LlamaEngine
from extractor.errors import SourceError
from extractor.pipeline import Options, estimate_tokens
from extractor.sinks import Sink, to_json
from extractor.sources import discover, is_missing
from extractor.terminal import Screen, plain
from extractor.types import Request, Schema


@dataclass(frozen=True, slots=True)
class Job:
    """What one run is about."""

    sources: list[str]
    schema: Schema
    engine: LlamaEngine
    options: Options


async def write_all(job: Job, sink: Sink, screen: Screen, *, full: bool) -> Tally:
    """Write the record of each source as soon as it and those before it are done."""
    engine, tally = job.engine, Tally()
    records = extract_all(
        discover(job.sources), job.schema, engine, job.options, window=engine.slots, languages=engine.languages()
    )
    try:
        with screen.working(f"{engine.id}: loading and reading") as spinner:
            async for record in records:
                tally.add(record)
                with spinner.paused(f"{engine.id}: {tally.done} done, {tally.failed} failed"):
                    screen.report(record)
                    if full or record.ok:
                        sink.write(record.to_dict() if full else record.data)
    finally:
        await records.aclose()
        await engine.aclose()
    return tally


async def count_tokens(engine: LlamaEngine, request: Request) -> int | None:
    """Tokens of the messages; None where the weights are not here to count them."""
    try:
        return await engine.count_tokens(request.messages) if engine.is_here() else None
    finally:
        await engine.aclose()


def print_prompt(request: Request, count: int | None, *, as_json: bool) -> None:
    """Print what goes to the model, for people or as JSON."""
    turns = [asdict(message) for message in request.messages]
    if as_json:
        print(to_json({"messages": turns, "grammar": request.grammar, "input_tokens": count}, indent=2))
        return
    for turn in turns:
        print(f"--- {turn['role']}\n{plain(turn['content'])}\n")
    print(f"--- grammar\n{plain(request.grammar or '')}")
    about = sum(estimate_tokens(turn["content"]) for turn in turns)
    print("--- tokens\n" + (f"{count}" if count is not None else f"about {about}; the weights are not here to count"))


def refuse_missing(sources: list[str]) -> None:
    """Before a long download: where none of the sources is there, it would be for nothing."""
    if all(is_missing(source) for source in discover(sources)):
        raise SourceError(f"{sources[0]}: no such file")
