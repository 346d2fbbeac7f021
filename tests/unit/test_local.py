"""Engines in process without their libraries: specs, missing extras, and the thread that does the work."""

from __future__ import annotations

import asyncio
import threading
from importlib.util import find_spec

import pytest

from extractor.engines.local.engine import open_outlines
from extractor.engines.local.runners import fill_template
from extractor.engines.local.worker import Worker
from extractor.errors import EngineError, UsageError
from extractor.types import Message

CHAT = (Message("system", "Be brief."), Message("user", "Hi"))


@pytest.mark.parametrize("spec", ["", "transformers", "transformers:", "vllm:a/b", "./model.gguf"])
def test_a_spec_that_names_no_library_is_refused_with_the_forms(spec: str) -> None:
    with pytest.raises(UsageError) as caught:
        open_outlines(spec)
    assert "llamacpp:FILE.gguf" in (caught.value.hint or "")


@pytest.mark.skipif(find_spec("outlines") is not None, reason="outlines is installed")
@pytest.mark.parametrize(
    ("spec", "extra"), [("transformers:a/b", "outlines"), ("llamacpp:model.gguf", "outlines-llamacpp")]
)
def test_a_missing_extra_is_named(spec: str, extra: str) -> None:
    with pytest.raises(UsageError, match="outlines is not installed") as caught:
        open_outlines(spec)
    assert caught.value.hint == f"pip install 'extractor[{extra}]'"


def test_jobs_are_done_in_order_in_one_thread() -> None:
    worker, seen = Worker("w"), []
    futures = [worker.submit(lambda at=at: seen.append((at, threading.get_ident())) or at) for at in range(50)]
    assert [future.result(10) for future in futures] == list(range(50))
    assert [at for at, _ in seen] == list(range(50))
    assert {ident for _, ident in seen} == {worker._thread.ident} - {threading.get_ident()}  # type: ignore[union-attr]
    worker.close(10)
    assert not worker._thread.is_alive()  # type: ignore[union-attr]


def test_an_error_belongs_to_its_job_and_the_next_one_is_done() -> None:
    worker = Worker("w")
    broken, sound = worker.submit(lambda: 1 // 0), worker.submit(lambda: 7)
    with pytest.raises(ZeroDivisionError):
        broken.result(10)
    assert sound.result(10) == 7
    worker.close(10)


def test_a_job_that_waits_can_be_cancelled_and_one_that_runs_goes_on() -> None:
    async def cancelled() -> list[str]:
        worker, go, done = Worker("w"), threading.Event(), []
        running = asyncio.wrap_future(worker.submit(lambda: go.wait(10) and done.append("running")))
        waiting = asyncio.wrap_future(worker.submit(lambda: done.append("waiting")))
        last = asyncio.wrap_future(worker.submit(lambda: done.append("last")))
        await asyncio.sleep(0.05)
        running.cancel()
        waiting.cancel()
        await asyncio.sleep(0)
        go.set()
        await asyncio.wait_for(last, 10)
        worker.close(10)
        return done

    assert asyncio.run(cancelled()) == ["running", "last"]


def test_a_closed_worker_takes_no_jobs_and_leaves_none_behind() -> None:
    worker = Worker("the engine")
    last = worker.submit(lambda: 7)
    worker.close(10)
    worker.close(10)
    assert last.result(0) == 7
    with pytest.raises(EngineError, match="the engine is closed"):
        worker.submit(lambda: 8)


def test_a_worker_that_is_busy_is_not_waited_for_without_end() -> None:
    worker, go = Worker("w"), threading.Event()
    busy = worker.submit(lambda: go.wait(10))
    worker.close(0.01)
    go.set()
    assert busy.result(10)


@pytest.mark.skipif(find_spec("jinja2") is None, reason="jinja2 comes with the extra")
def test_a_template_without_system_messages_gets_the_instruction_in_the_first_turn() -> None:
    def fill(turns: list[dict[str, str]]) -> list[int]:
        if turns[0]["role"] == "system":
            raise ValueError("System role not supported")
        return [len(turn["content"]) for turn in turns]

    assert fill_template(fill, CHAT) == [len("Be brief.\n\nHi")]
    with pytest.raises(ValueError, match="not supported"):
        fill_template(fill, CHAT[:1])
