"""Engines in process for real: llama-cpp-python under outlines. Needs the extra `outlines-llamacpp`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from local_requests import CANARY, HELLO, ask, grammar_of, record, run

from extractor import models
from extractor.engines.local.engine import OutlinesEngine, open_outlines
from extractor.errors import EngineError, EngineUnavailable, RequestRejected, UsageError
from extractor.types import Completion, Message, Request

pytest.importorskip("outlines")
pytest.importorskip("llama_cpp")

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # llguidance uses an old name of llama.cpp


@pytest.fixture
def llamacpp(smollm2: Path) -> Iterator[OutlinesEngine]:
    engine = open_outlines(f"llamacpp:{smollm2}")
    yield engine
    engine.close()


def test_writes_free_text(llamacpp: OutlinesEngine) -> None:
    (done,) = run(llamacpp, ask(6))
    assert llamacpp.id == "outlines:llamacpp:smollm2-135m-instruct-q4_1"
    assert done.text.startswith("The Harbour")
    assert (done.finish_reason, done.usage.output_tokens) == ("length", 6)
    assert asyncio.run(llamacpp.count_tokens(HELLO)) == done.usage.input_tokens > 20


def test_is_held_to_a_schema(llamacpp: OutlinesEngine) -> None:
    number = {"type": "integer", "minimum": 7, "maximum": 9}
    schema = record(n=number, a={"const": CANARY}, 文=json.loads(record(类={"enum": ["新闻"]})))
    (done,) = run(llamacpp, ask(60, schema))
    data = json.loads(done.text)
    assert done.finish_reason == "stop"
    assert data.pop("n") in (7, 8, 9)
    assert data == {"a": CANARY, "文": {"类": "新闻"}}
    with pytest.raises(EngineError, match="cannot compile the grammar"):
        run(llamacpp, Request(HELLO, "grammar", grammar=grammar_of({"format": "nope"}), max_tokens=5))


def test_stops_and_goes_on(llamacpp: OutlinesEngine) -> None:
    async def stopped() -> list[Completion]:
        before = await llamacpp.generate(ask(6))
        with pytest.raises(EngineUnavailable, match=r"no answer within 0\.5 s"):
            await llamacpp.generate(ask(2000, record(a={"type": "string"}), timeout=0.5))
        return [before, await llamacpp.generate(ask(6, timeout=20.0))]

    before, after = asyncio.run(stopped())
    assert before == after


def test_repeats_itself_with_a_seed(llamacpp: OutlinesEngine) -> None:
    first, again, other = run(llamacpp, *(ask(8, temperature=1.5, seed=seed) for seed in (1, 1, 2)))
    assert first.text == again.text != other.text


def test_refuses_what_does_not_fit(llamacpp: OutlinesEngine) -> None:
    with pytest.raises(RequestRejected, match="prompt too long"):
        run(llamacpp, Request((Message("user", "word " * 9000),), max_tokens=5))


def test_needs_a_file_of_weights(tmp_path: Path) -> None:
    for where in (tmp_path, tmp_path / "nowhere.gguf", "owner/name"):
        with pytest.raises(UsageError):
            open_outlines(f"llamacpp:{where}")
    assert open_outlines("llamacpp:smollm2-135m").is_here() == (
        models.locate(models.CATALOGUE["smollm2-135m"]) is not None
    )
