"""What a dry run says: counts, and estimates."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from scripted import ScriptedEngine

from extractor import load_schema
from extractor.batch import Batch, Inquiry
from extractor.errors import RequestRejected, SourceError
from extractor.ledger import Ledger
from extractor.options import Options
from extractor.plan import Plan
from extractor.sources import Source
from extractor.survey import guess_tokens, survey
from extractor.types import Document

SCHEMA = load_schema("a str")
PLAN = Plan({"p": 1}, "A@1", "e")


def sources(*texts: str) -> list[Source]:
    return [Source(f"s{at}", document=Document(f"s{at}", text)) for at, text in enumerate(texts)]


def test_counts_and_estimates(tmp_path: Path) -> None:
    bad = Source("gone", SourceError("gone: no such file"))
    found = survey([*sources("one", "two", "one"), bad], SCHEMA, Options(), None, retries_failed=False)
    assert (found.documents, found.new, found.twins, found.unread, found.to_ask) == (4, 2, 1, 1, 2)
    assert found.unreadable == ["gone: no such file"]
    assert (found.seconds, found.basis) == (None, "a guess by the schema")
    assert found.input_tokens > 2 * 30
    longer = survey(sources("one " * 400, "two"), SCHEMA, Options(), None, retries_failed=False)
    assert 390 <= longer.input_tokens - found.input_tokens <= 410


def test_questions_about_long_texts_are_told() -> None:
    long = "The ferry left the quay at nine. " * 2_000
    found = survey(sources("one", long, long), load_schema("a, b[]"), Options(), None, retries_failed=False)
    assert (found.to_ask, found.questions, found.most_questions) == (2, 11, 10)
    big = survey(
        sources("one"), load_schema(", ".join(f"f{at}" for at in range(450))), Options(), None, retries_failed=False
    )
    assert (big.to_ask, big.questions) == (1, 3)


@pytest.mark.parametrize(("retries_failed", "to_ask"), [(False, 1), (True, 2)])
def test_what_the_ledger_knows(retries_failed: bool, to_ask: int, tmp_path: Path) -> None:
    with Ledger(tmp_path / "l") as ledger:
        ledger.begin(PLAN)
        engine = ScriptedEngine([json.dumps({"a": "x"}), RequestRejected("too long"), json.dumps({"a": "y"})])
        batch = Batch(Inquiry(SCHEMA, engine, Options()), lambda: 1, ledger=ledger)

        async def run() -> None:
            async for _ in batch.outcomes(sources("one", "two", "three")):
                pass

        asyncio.run(run())
        ledger.end(6.0, 3)
        found = survey(sources("one", "two", "three", "four"), SCHEMA, Options(), ledger, retries_failed=retries_failed)
        assert (found.new, found.kept, found.failed, found.to_ask) == (1, 2, 1, to_ask)
        assert found.basis == "as the 2 done so far"
        assert found.output_tokens == 7 * to_ask
        assert found.seconds is not None
        assert found.seconds == pytest.approx(2.0 * (found.input_tokens / 5 + 7 * to_ask) / (11 / 5 + 7))


def test_a_guess_grows_with_the_schema() -> None:
    specs = ["n int", "a str", "a, b", "a, b[]", "a, b[]{c, d, e[]}"]
    guesses = [guess_tokens(load_schema(spec)) for spec in specs]
    assert guesses == sorted({*guesses})
    assert guess_tokens(load_schema({"properties": {"s": {"type": "string", "maxLength": 800}}})) > 90
    loop = {"$ref": "#/$defs/n", "$defs": {"n": {"type": "object", "properties": {"n": {"$ref": "#/$defs/n"}}}}}
    assert guess_tokens(load_schema(loop)) < 100
