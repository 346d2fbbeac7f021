"""The window: order, bound, laziness, and what happens to the others when one fails."""

from __future__ import annotations

import asyncio
import itertools
import os
import threading
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted import ScriptedEngine, quick, record, schema_of

from extractor import batch
from extractor.batch import Tally, extract_all, in_order
from extractor.errors import EngineDenied, EngineUnavailable, RequestRejected, SourceError, Truncated
from extractor.sources import Source
from extractor.talk import Options
from extractor.types import Document, Extraction, Problem

SCHEMA = schema_of(record(a={"type": "string"}))


class Worker:
    """Counts what is under way; `pauses` are the loop turns that each item takes."""

    def __init__(self, pauses: Iterable[int] = ()) -> None:
        self.pauses = itertools.chain(pauses, itertools.repeat(1))
        self.running = 0
        self.most = 0
        self.started = 0
        self.cancelled: list[int] = []

    async def __call__(self, item: int) -> int:
        pauses = next(self.pauses)
        self.started += 1
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            for _ in range(pauses):
                await asyncio.sleep(0)
        except asyncio.CancelledError:
            self.cancelled.append(item)
            raise
        finally:
            self.running -= 1
        return item * 10


async def collect(results: AsyncIterator[int]) -> list[int]:
    return [result async for result in results]


@quick(80)
@given(st.lists(st.integers(0, 12), max_size=25), st.integers(1, 6))
def test_results_come_in_the_order_of_the_items_within_the_window(pauses: list[int], window: int) -> None:
    work = Worker(pauses)
    results = asyncio.run(collect(in_order(range(len(pauses)), work, window)))
    assert results == [item * 10 for item in range(len(pauses))]
    assert work.most <= window
    assert work.running == 0


@pytest.mark.parametrize("window", [1, 2, 5, 16])
def test_the_window_is_made_full_use_of(window: int) -> None:
    work = Worker(itertools.repeat(20))
    asyncio.run(collect(in_order(range(window * 3), work, window)))
    assert work.most == window


def test_what_is_done_early_keeps_no_place_for_some_windows() -> None:
    work = Worker([10**6])

    async def run() -> None:
        first = asyncio.ensure_future(anext(results := in_order(range(100), work, 2)))
        for _ in range(200):
            await asyncio.sleep(0)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        await results.aclose()

    asyncio.run(run())
    assert (work.started, work.most, work.running) == (4 * 2, 2, 0)


def test_items_are_taken_as_they_are_needed() -> None:
    taken = 0

    def items() -> Iterator[int]:
        nonlocal taken
        for item in range(1_000_000):
            taken += 1
            yield item

    async def first(count: int) -> list[int]:
        results = in_order(items(), Worker(), 4)
        found = [await anext(results) for _ in range(count)]
        await results.aclose()
        return found

    assert asyncio.run(first(3)) == [0, 10, 20]
    assert taken <= 3 + 4


def test_a_failure_comes_in_its_turn_and_cancels_the_rest() -> None:
    work = Worker(itertools.repeat(1000))
    seen: list[int] = []

    async def one(item: int) -> int:
        if item == 2:
            raise RuntimeError("the third")
        if item < 2:
            return item
        return await work(item)

    async def run() -> None:
        async for result in in_order(range(100), one, 4):
            seen.append(result)  # noqa: PERF401

    with pytest.raises(RuntimeError, match="the third"):
        asyncio.run(run())
    assert seen == [0, 1]
    assert work.cancelled == list(range(3, 3 + work.started))
    assert work.started <= 3
    assert work.running == 0


def test_leaving_early_cancels_the_rest() -> None:
    work = Worker([0, *[1000] * 10])

    async def run() -> int:
        results = in_order(range(100), work, 3)
        first = await anext(results)
        await asyncio.sleep(0)
        await results.aclose()
        assert work.running == 0
        return first

    assert asyncio.run(run()) == 0
    assert work.cancelled == list(range(1, work.started))


def test_a_cancelled_run_leaves_nothing_under_way() -> None:
    work = Worker(itertools.repeat(10**9))

    async def run() -> None:
        task = asyncio.ensure_future(collect(in_order(range(10), work, 3)))
        for _ in range(5):
            await asyncio.sleep(0)
        assert work.running == 3
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert work.running == 0

    asyncio.run(run())
    assert sorted(work.cancelled) == [0, 1, 2]


def test_items_that_fail_to_come_end_the_run_and_leave_nothing_under_way() -> None:
    work = Worker(itertools.repeat(1000))

    def items() -> Iterator[int]:
        yield from range(2)
        raise OSError("the list is gone")

    with pytest.raises(OSError, match="the list is gone"):
        asyncio.run(collect(in_order(items(), work, 4)))
    assert work.running == 0


def test_nothing_to_do() -> None:
    assert asyncio.run(collect(in_order([], Worker(), 3))) == []


# --- extract_all ---------------------------------------------------------------------------------------------


def run_all(sources: Iterable[Source], engine: ScriptedEngine, **options: object) -> list[Extraction]:
    async def run() -> list[Extraction]:
        return [found async for found in extract_all(sources, SCHEMA, engine, Options(), **options)]  # type: ignore[arg-type]

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
        return batch_load(source)

    batch_load = batch.load
    monkeypatch.setattr(batch, "load", load)
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

    monkeypatch.setattr(batch, "load", load)
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
        tally.add(found)
    assert tally.exit_code == code
    assert (tally.done, tally.failed, tally.unanswered) == counts
