"""Many documents: what becomes of each, the ledger, and how a run ends."""

from __future__ import annotations

import asyncio
import json
import os
import re
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from scripted import ScriptedEngine, record, schema_of

from extractor import readers
from extractor.batch import Batch, Inquiry, Outcome, Tally, Tolerance
from extractor.errors import (
    BudgetSpent,
    EngineDenied,
    EngineUnavailable,
    ExtractError,
    RequestRejected,
    SourceError,
    TooManyFailed,
    Truncated,
)
from extractor.ledger import Ledger
from extractor.lines import Line
from extractor.options import Options
from extractor.plan import Plan, text_digest
from extractor.sources import Source
from extractor.types import Completion, Document, Extraction, Problem, Request, Usage

SCHEMA = schema_of(record(a={"type": "string"}))
PATIENT = Tolerance(dead=None)


def run_all(
    sources: Iterable[Source], engine: ScriptedEngine, window: int = 1, languages: Iterable[str] = ()
) -> list[Extraction]:
    batch = Batch(Inquiry(SCHEMA, engine, Options(), tuple(languages)), lambda: window, tolerance=PATIENT)
    return [found.record for found in collect(batch, sources) if found.record]


def collect(batch: Batch, sources: Iterable[Source]) -> list[Outcome]:
    async def run() -> list[Outcome]:
        return [found async for found in batch.outcomes(sources)]

    return asyncio.run(run())


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Source]:
    monkeypatch.chdir(tmp_path)
    Path("a.txt").write_text("the sea")
    Path("b.txt").write_text("海港大桥于1932年通车，是当时最长的桥。")
    return [Source("a.txt"), Source("nowhere.txt"), Source("d", SourceError("d: gone", hint="h")), Source("b.txt")]


@pytest.mark.parametrize("window", [1, 3])
def test_every_source_has_its_record(window: int, sources: list[Source]) -> None:
    engine = ScriptedEngine(['{"a": "x"}'])
    records = run_all(sources, engine, window=window)
    assert [(found.source, found.ok) for found in records] == [
        ("a.txt", True),
        ("nowhere.txt", False),
        ("d", False),
        ("b.txt", True),
    ]
    assert [problem.kind for found in records for problem in found.errors] == ["SourceError", "SourceError"]
    assert records[2].errors == (Problem("", "d: gone", kind="SourceError", hint="h"),)
    assert {(found.schema, found.engine, found.mode) for found in records} == {(SCHEMA.id, engine.id, "grammar")}
    assert len(engine.requests) == 2


def test_what_is_wrong_with_one_document_does_not_end_the_run(sources: list[Source]) -> None:
    replies = [EngineUnavailable("slow"), RequestRejected("too long")]
    records = run_all(sources, ScriptedEngine(replies))
    assert [found.errors[0].kind for found in records] == [
        "EngineUnavailable",
        "SourceError",
        "SourceError",
        "RequestRejected",
    ]


def test_what_nobody_foresaw_is_an_error_of_its_document(sources: list[Source]) -> None:
    found = run_all(sources, ScriptedEngine([KeyError("perhaps"), '{"a": "x"}']))
    assert [one.ok for one in found] == [False, False, False, True]
    (problem,) = found[0].errors
    assert problem.kind == "KeyError"
    assert re.fullmatch(r"KeyError: 'perhaps', scripted\.py line \d+", problem.message)


def test_what_no_document_would_escape_ends_the_run(sources: list[Source]) -> None:
    with pytest.raises(EngineDenied):
        run_all(sources, ScriptedEngine([EngineDenied("no such model")]))


@pytest.mark.parametrize(("languages", "noted"), [(["en"], ["b.txt"]), (["en", "zh"], []), ([], []), (["zh"], [])])
def test_a_text_in_a_script_that_the_weights_do_not_know_gets_a_note(
    languages: list[str], noted: list[str], sources: list[Source]
) -> None:
    records = run_all(sources, ScriptedEngine(['{"a": "x"}']), languages=languages)
    assert [found.source for found in records if found.notes] == noted
    assert all("mostly Chinese" in note for found in records for note in found.notes.values())


def test_only_what_may_block_is_read_beside_the_loop(sources: list[Source], monkeypatch: pytest.MonkeyPatch) -> None:
    Path("long.txt").write_text("the sea " * 100_000)
    os.mkfifo("pipe.txt")
    writer = threading.Thread(target=Path("pipe.txt").write_text, args=("the sea",), daemon=True)
    writer.start()
    here: dict[str, bool] = {}

    def load(source: Source) -> Document:
        here[source.name] = threading.current_thread() is threading.main_thread()
        return read(source)

    read = readers.load
    monkeypatch.setattr(readers, "load", load)
    run_all([*sources, Source("long.txt"), Source("pipe.txt")], ScriptedEngine(['{"a": "x"}'] * 4), window=2)
    assert here == {
        name: name in ("a.txt", "b.txt") for name in (*(one.name for one in sources), "long.txt", "pipe.txt")
    }


def test_a_drive_that_was_slow_once_does_not_hold_up_the_loop_again(
    sources: list[Source], monkeypatch: pytest.MonkeyPatch
) -> None:
    here: list[bool] = []

    def load(source: Source) -> Document:
        here.append(threading.current_thread() is threading.main_thread())
        time.sleep(0.1)
        return Document(source.name, "the sea")

    monkeypatch.setattr(readers, "load", load)
    run_all([sources[0], sources[3], sources[0]], ScriptedEngine(['{"a": "x"}'] * 3))
    assert here == [True, False, False]


# --- Tally ---------------------------------------------------------------------------------------------------


def extraction(*errors: Exception) -> Extraction:
    problems = tuple(Problem.of(error) for error in errors)  # type: ignore[arg-type]
    return Extraction("s", None, "T@0", "e", "grammar", errors=problems)


FINE, DOWN, BAD = extraction(), extraction(EngineUnavailable("slow")), extraction(Truncated("cut"))


@pytest.mark.parametrize(
    ("records", "code", "counts"),
    [
        ([], 0, (0, 0, 0)),
        ([FINE, FINE], 0, (2, 0, 0)),
        ([FINE, BAD], 1, (2, 1, 0)),
        ([BAD], 1, (1, 1, 0)),
        ([FINE, DOWN], 1, (2, 1, 1)),
        ([DOWN, BAD], 1, (2, 2, 1)),
        ([DOWN, DOWN], 3, (2, 2, 2)),
        ([DOWN, extraction(SourceError("gone"))], 1, (2, 2, 1)),
        ([extraction(RequestRejected("long"))], 1, (1, 1, 0)),
    ],
)
def test_exit_code(records: list[Extraction], code: int, counts: tuple[int, int, int]) -> None:
    tally = Tally()
    for found in records:
        state: Any = "done" if found.ok else "unanswered" if found.errors[0].kind == "EngineUnavailable" else "failed"
        tally.add(Outcome(Line.of(found), "asked", state, found))
    assert tally.exit_code == code
    assert (tally.done, tally.failed, tally.unanswered) == counts


# --- with a ledger -------------------------------------------------------------------------------------------


class Echo:
    """Answers with the text of the document, counts what it is asked, and fails as the text says."""

    id = "echo"
    modes = ("grammar",)

    def __init__(self, *faults: ExtractError) -> None:
        self.asked: list[str] = []
        self.faults = {str(fault): fault for fault in faults}
        self.is_open = asyncio.Event()
        self.is_open.set()

    async def generate(self, request: Request) -> Completion:
        text = next(text for text in TEXTS if f"\n{text}\n" in request.messages[-1].content)
        self.asked.append(text)
        await self.is_open.wait()
        await asyncio.sleep(0)
        if text in self.faults:
            raise self.faults[text]
        return Completion(json.dumps({"a": text}), "stop", Usage(7, 0, 3))


TEXTS = [f"text {number:03}." for number in range(100)]


@pytest.fixture
def files(tmp_path: Path) -> list[Source]:
    for number, text in enumerate(TEXTS):
        (tmp_path / f"{number:03}.txt").write_text(text)
    return [Source(str(tmp_path / f"{number:03}.txt")) for number in range(len(TEXTS))]


@pytest.fixture
def ledger_file(tmp_path: Path) -> Path:
    return tmp_path / "a.ledger"


def run_kept(path: Path, sources: Iterable[Source], engine: Any, plan: str = "p", **given: Any) -> Batch:
    """A run with a ledger; its lines are in `batch.lines`."""
    with Ledger(path) as ledger:
        ledger.begin(Plan({"plan": plan}, "A@1", "echo"))
        batch = Batch(Inquiry(SCHEMA, engine, Options()), lambda: 4, ledger=ledger, **given)
        batch.lines = [found.line for found in collect(batch, sources)]  # type: ignore[attr-defined]
        ledger.end(batch.seconds, batch.tally.asked)
    return batch


def test_what_is_in_the_ledger_is_replayed_byte_for_byte(files: list[Source], ledger_file: Path) -> None:
    engine = Echo()
    first = run_kept(ledger_file, files[:10], engine)
    again = run_kept(ledger_file, files[:10], engine)
    assert [line.text for line in again.lines] == [line.text for line in first.lines]
    assert sorted(engine.asked) == TEXTS[:10]
    assert (first.tally.kept, again.tally.kept, again.tally.done) == (0, 10, 10)
    more = run_kept(ledger_file, files[5:15], engine)
    assert [line.source for line in more.lines] == [file.name for file in files[5:15]]
    assert (more.tally.kept, more.tally.asked) == (5, 5)
    other = run_kept(ledger_file, files[:2], engine, plan="q")
    assert other.tally.kept == 0


def test_the_text_counts_and_not_the_name(files: list[Source], ledger_file: Path, tmp_path: Path) -> None:
    twin = tmp_path / "twin"
    twin.write_text(TEXTS[0])
    engine = Echo()
    run = run_kept(ledger_file, [files[0], Source(str(twin)), files[1], files[0]], engine)
    assert sorted(engine.asked) == TEXTS[:2]
    assert [Path(line.source).name for line in run.lines] == ["000.txt", "twin", "001.txt", "000.txt"]
    assert [line.data for line in run.lines] == [json.dumps({"a": TEXTS[at]}) for at in (0, 0, 1, 0)]


def test_what_is_told_of_a_source_is_not_told_of_its_twin(tmp_path: Path, ledger_file: Path) -> None:
    (tmp_path / "utf16.txt").write_bytes(TEXTS[0].encode("utf-16"))
    (tmp_path / "plain.txt").write_text(TEXTS[0])
    sources = [Source(str(tmp_path / name)) for name in ("utf16.txt", "plain.txt", "utf16.txt")]
    runs = [run_kept(ledger_file, sources, Echo()) for _ in range(2)]
    lines = [[line.text for line in run.lines] for run in runs]
    assert lines[0] == lines[1]
    notes = [line.fields["notes"] for line in runs[0].lines]
    assert ["not UTF-8" in str(note) for note in notes] == [True, False, True]


def test_what_failed_is_asked_again_where_that_is_wanted_and_without_an_answer_always(
    files: list[Source], ledger_file: Path
) -> None:
    faults = [RequestRejected(TEXTS[1]), EngineUnavailable(TEXTS[2])]
    first = run_kept(ledger_file, files[:4], Echo(*faults))
    assert [line.ok for line in first.lines] == [True, False, False, True]
    assert (first.tally.failed, first.tally.unanswered, first.tally.exit_code) == (2, 1, 1)
    again = Echo(*faults)
    second = run_kept(ledger_file, files[:4], again)
    assert again.asked == [TEXTS[2]]
    assert (second.tally.failed, second.tally.kept_failed) == (2, 1)
    mended = Echo()
    third = run_kept(ledger_file, files[:4], mended, retries_failed=True)
    assert sorted(mended.asked) == [TEXTS[1], TEXTS[2]]
    assert all(line.ok for line in third.lines)
    assert third.tally.exit_code == 0


def test_what_fails_is_asked_once_in_a_run(files: list[Source], ledger_file: Path) -> None:
    engine = Echo(RequestRejected(TEXTS[0]), EngineUnavailable(TEXTS[1]))
    run_kept(ledger_file, [*files[:2], *files[:2], *files[:2]], engine, retries_failed=True)
    assert sorted(engine.asked) == TEXTS[:2]


def test_a_run_that_is_stopped_finishes_what_is_under_way(files: list[Source], ledger_file: Path) -> None:
    engine = Echo()
    engine.is_open.clear()

    async def run() -> list[Outcome]:
        found = [one async for one in batch.outcomes(files)]
        assert batch.ended_by is why
        return found

    async def main() -> list[Outcome]:
        task = asyncio.ensure_future(run())
        while len(engine.asked) < 4:  # noqa: ASYNC110
            await asyncio.sleep(0)
        batch.stop(why)
        engine.is_open.set()
        return await task

    why = KeyboardInterrupt()
    with Ledger(ledger_file) as ledger:
        ledger.begin(Plan({"plan": "p"}, "A@1", "echo"))
        batch = Batch(Inquiry(SCHEMA, engine, Options()), lambda: 4, ledger=ledger)
        assert len(asyncio.run(main())) == 4
    assert run_kept(ledger_file, files[:5], engine).tally.kept == 4


def test_a_spent_budget_ends_a_run_and_loses_no_answer(files: list[Source], ledger_file: Path) -> None:
    engine = Echo(BudgetSpent(TEXTS[5]))
    run = run_kept(ledger_file, files, engine)
    assert isinstance(run.ended_by, BudgetSpent)
    assert run.tally.left >= 1
    assert run.tally.first_left == files[5].name
    assert [line.source for line in run.lines] == [file.name for file in files[:5]]  # no holes
    assert run_kept(ledger_file, files[: len(engine.asked)], Echo()).tally.kept == len(engine.asked) - run.tally.left


@pytest.mark.parametrize(
    ("tolerance", "asked"),
    [(Tolerance(failed=0), 5), (Tolerance(failed=2), 25), (Tolerance(share=0.15), None), (Tolerance(share=0.1), 25)],
)
def test_too_many_failures(tolerance: Tolerance, asked: int | None, files: list[Source], ledger_file: Path) -> None:
    engine = Echo(*(RequestRejected(TEXTS[at]) for at in range(4, 100, 10)))
    run = run_kept(ledger_file, files, engine, tolerance=tolerance)
    if asked is None:
        assert (run.ended_by, run.tally.failed) == (None, 10)
    else:
        assert isinstance(run.ended_by, TooManyFailed)
        assert asked <= len(engine.asked) <= asked + 4
        assert run.tally.done == len(engine.asked)


def test_what_failed_in_an_earlier_run_ends_none(files: list[Source], ledger_file: Path) -> None:
    run_kept(ledger_file, files[:20], Echo(*(RequestRejected(text) for text in TEXTS[:20])))
    run = run_kept(ledger_file, files[:30], Echo(), tolerance=Tolerance(failed=0))
    assert (run.ended_by, run.tally.failed, run.tally.done) == (None, 20, 30)


def test_a_dead_server_ends_the_run(files: list[Source], ledger_file: Path) -> None:
    engine = Echo(*(EngineUnavailable(text, hint="is it up?") for text in TEXTS[10:]))
    with pytest.raises(EngineUnavailable, match="no answer to 10 documents in a row, the last: text") as caught:
        run_kept(ledger_file, files, engine)
    assert caught.value.exit_code == 3
    assert 20 <= len(engine.asked) <= 24
    alive = Echo()
    assert run_kept(ledger_file, files, alive).tally.kept == 10
    assert sorted(alive.asked) == TEXTS[10:]


def test_now_and_then_no_answer_ends_no_run(files: list[Source], ledger_file: Path) -> None:
    engine = Echo(*(EngineUnavailable(text) for text in TEXTS if not text.endswith("9.")))
    run = run_kept(ledger_file, files, engine)
    assert (run.tally.done, run.tally.unanswered) == (100, 90)


def test_what_no_document_would_escape_ends_the_run_at_once(files: list[Source], ledger_file: Path) -> None:
    engine = Echo(EngineDenied(TEXTS[3]))

    async def never(request: Request) -> Completion:
        if TEXTS[0] in request.messages[-1].content:
            await asyncio.sleep(3600)
        return await Echo.generate(engine, request)

    engine.generate = never  # type: ignore[method-assign]
    with pytest.raises(EngineDenied):
        run_kept(ledger_file, files, engine)
    assert len(engine.asked) <= 8


def test_parts_of_a_document_that_were_answered_outlive_a_break(tmp_path: Path, ledger_file: Path) -> None:
    (tmp_path / "long.txt").write_text("\n\n".join(f"Part {at}. " + "It rained. " * 70 for at in range(4)))
    options = Options(strategy="map-reduce", chunk_tokens=200, context_tokens=0)
    plan = Plan({"plan": "p"}, "S@1", "e")

    def run(replies: list[Any]) -> tuple[ScriptedEngine, Batch, list[Outcome]]:
        engine = ScriptedEngine(replies)
        with Ledger(ledger_file) as ledger:
            ledger.begin(plan)
            batch = Batch(Inquiry(SCHEMA, engine, options), lambda: 1, ledger=ledger, tolerance=PATIENT)
            try:
                return engine, batch, collect(batch, [Source(str(tmp_path / "long.txt"))])
            except EngineDenied:
                return engine, batch, []

    run(['{"a": "x"}', '{"a": "y"}', EngineDenied("no key")])
    engine, _, (outcome,) = run(['{"a": "x"}'])
    assert outcome.record is not None
    assert outcome.record.ok
    assert outcome.record.notes[""] == f"asked about in {len(engine.requests) + 2} parts"
    with Ledger(ledger_file) as ledger:
        ledger.look(plan)
        assert ledger.get_part(text_digest((tmp_path / "long.txt").read_text()), "any") is None
        assert ledger._base.execute("SELECT count(*) FROM part").fetchone() == (0,)  # they are in the record now
