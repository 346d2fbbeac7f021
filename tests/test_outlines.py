"""Engines in process for real: transformers under outlines. Needs the extra `outlines`.

`smol` is the real model, a few tokens a second; `tiny` has one layer of random weights, for whatever needs no sense.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from local_requests import CANARY, HELLO, ask, grammar_of, record, run

from extractor.engines.local.engine import OutlinesEngine, open_outlines
from extractor.engines.local.runners import prove
from extractor.errors import EngineError, EngineUnavailable, RequestRejected, UsageError
from extractor.pipeline import Options, extract
from extractor.schema import load
from extractor.types import Completion, Document, Message, Request

torch = pytest.importorskip("torch")
outlines = pytest.importorskip("outlines")
transformers = pytest.importorskip("transformers")

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # torch, of torch


CONTEXT = 4096
REFUSES_SYSTEM = "{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}{% endif %}"


@pytest.fixture(scope="module")
def smol(smollm2: Path) -> Iterator[OutlinesEngine]:
    engine = open_outlines(f"transformers:{smollm2}")
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def folder(smol: OutlinesEngine, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model in a folder: one layer of random weights, and the tokenizer of the real one."""
    asyncio.run(smol.count_tokens(HELLO))
    tokenizer = smol._runner._tokenizer  # type: ignore[union-attr]
    torch.manual_seed(0)
    sizes = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = transformers.LlamaConfig(
        vocab_size=len(tokenizer), max_position_embeddings=CONTEXT, eos_token_id=2, bos_token_id=1, **sizes
    )
    path = tmp_path_factory.mktemp("models") / "tiny"
    transformers.LlamaForCausalLM(config).save_pretrained(path)
    tokenizer.save_pretrained(path)
    return path


@pytest.fixture
def tiny(folder: Path) -> Iterator[OutlinesEngine]:
    engine = open_outlines(f"transformers:{folder}")
    yield engine
    engine.close()


# --- the real model ------------------------------------------------------------------------------------------


def test_free_text_ends_exactly_at_the_limit(smol: OutlinesEngine) -> None:
    (done,) = run(smol, ask(6))
    assert done.text.startswith("The Harbour")  # as llama.cpp has it
    assert (done.finish_reason, done.usage.output_tokens) == ("length", 6)


def test_a_record_is_held_to_its_schema_in_any_language(smol: OutlinesEngine) -> None:
    nested = json.loads(record(类={"enum": ["新闻", "评论"]}))
    (done,) = run(smol, ask(40, record(n={"type": "integer", "minimum": 7, "maximum": 9}, 文=nested)))
    data = json.loads(done.text)
    assert done.finish_reason == "stop"
    assert data["n"] in (7, 8, 9)
    assert data["文"]["类"] in ("新闻", "评论")
    assert done.usage.output_tokens < 40


def test_tokens_are_counted_as_they_will_be(smol: OutlinesEngine) -> None:
    (done,) = run(smol, ask(1))
    assert asyncio.run(smol.count_tokens(HELLO)) == done.usage.input_tokens > 20


def test_a_document_becomes_a_record(smol: OutlinesEngine) -> None:
    schema = load(record(place={"enum": ["Ellermouth", "Tarrant Bay"]}))
    done = asyncio.run(extract(Document("a.txt", "The ferry left Ellermouth."), schema, smol, Options(max_tokens=20)))
    assert done.errors == ()
    assert done.data["place"] in ("Ellermouth", "Tarrant Bay")
    assert (done.engine, done.mode) == (smol.id, "grammar")


def test_its_name_shows_no_folders(smol: OutlinesEngine, tiny: OutlinesEngine) -> None:
    assert smol.id == "outlines:transformers:smollm2-135m-instruct-q4_1"
    assert tiny.id == "outlines:transformers:tiny"
    assert (tiny.is_here(), tiny.languages(), tiny.slots) == (True, (), 1)


# --- grammars ------------------------------------------------------------------------------------------------


def test_a_canary_that_no_model_writes_shows_that_the_grammar_is_applied(tiny: OutlinesEngine) -> None:
    free, held = run(tiny, ask(30), ask(30, record(a={"const": CANARY})))
    assert CANARY not in free.text
    assert (held.text, held.finish_reason) == (f'{{"a": "{CANARY}"}}', "stop")


def test_an_answer_that_is_cut_off_says_so(tiny: OutlinesEngine) -> None:
    whole, cut = (run(tiny, ask(limit, record(a={"const": CANARY})))[0] for limit in (50, 3))
    assert (cut.finish_reason, cut.usage.output_tokens) == ("length", 3)
    assert whole.text.startswith(cut.text.rstrip("\N{REPLACEMENT CHARACTER}"))


@pytest.mark.parametrize("text", [grammar_of({"format": "nope"}), "start: %json {", "nonsense"])
def test_a_grammar_that_cannot_be_compiled_is_an_error(tiny: OutlinesEngine, text: str) -> None:
    with pytest.raises(EngineError, match="cannot compile the grammar"):
        run(tiny, Request(HELLO, "grammar", grammar=text, max_tokens=5))


def test_a_request_for_a_grammar_without_one_is_an_error(tiny: OutlinesEngine) -> None:
    with pytest.raises(EngineError, match="mode grammar without a grammar"):
        run(tiny, Request(HELLO, "grammar", max_tokens=5))


def test_an_answer_that_no_grammar_held_is_found_out(tiny: OutlinesEngine) -> None:
    grammar = grammar_of({"type": "object", "properties": {"a": {"const": CANARY}}, "required": ["a"]})
    asyncio.run(tiny.count_tokens(HELLO))
    runner = tiny._runner
    assert runner is not None
    sound = runner._tokenizer(f'{{"a":"{CANARY}"}}')["input_ids"]  # type: ignore[attr-defined]
    prove(runner, grammar, sound, ended=True)
    prove(runner, grammar, sound[:-1], ended=False)
    free, _ = runner.write(runner.encode(HELLO), ask(20), None, lambda: False)
    for tokens in (sound[:-1], [], free):
        with pytest.raises(EngineError, match="not in the grammar"):
            prove(runner, grammar, tokens, ended=True)
    with pytest.raises(EngineError, match="not in the grammar"):
        prove(runner, grammar, free, ended=False)


# --- limits --------------------------------------------------------------------------------------------------


def test_a_prompt_that_does_not_fit_is_refused_alone(tiny: OutlinesEngine) -> None:
    long = Request((Message("user", "word " * CONTEXT),), max_tokens=5)
    with pytest.raises(RequestRejected, match=rf"prompt too long: 4,\d+ tokens .* a context of {CONTEXT:,}"):
        run(tiny, long)
    assert run(tiny, ask(1))[0].usage.output_tokens == 1


def test_an_answer_ends_where_the_context_does(tiny: OutlinesEngine) -> None:
    nearly = (Message("user", "word " * (CONTEXT - 40)),)
    count = asyncio.run(tiny.count_tokens(nearly))
    (done,) = run(tiny, Request(nearly, max_tokens=500))
    assert 0 < CONTEXT - count < 40
    assert (done.finish_reason, done.usage.output_tokens) == ("length", CONTEXT - count)


def test_a_timeout_stops_the_model(tiny: OutlinesEngine) -> None:
    async def slow() -> Completion:
        await tiny.generate(ask(1))
        with pytest.raises(EngineUnavailable, match=r"no answer within 0\.3 s") as caught:
            await tiny.generate(ask(CONTEXT, timeout=0.3))
        assert "--timeout" in (caught.value.hint or "")
        return await tiny.generate(ask(2, timeout=5.0))

    assert asyncio.run(slow()).usage.output_tokens == 2


def test_a_cancelled_request_stops_the_model(tiny: OutlinesEngine) -> None:
    async def cancelled() -> Completion:
        await tiny.generate(ask(1))
        task = asyncio.create_task(tiny.generate(ask(CONTEXT)))
        await asyncio.sleep(0.3)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return await tiny.generate(ask(2, timeout=5.0))

    assert asyncio.run(cancelled()).usage.output_tokens == 2


def test_many_at_once_wait_their_turn(tiny: OutlinesEngine) -> None:
    async def several() -> list[Completion]:
        return await asyncio.gather(*(tiny.generate(ask(limit, timeout=30.0)) for limit in (4, 3, 2, 1)))

    assert [done.usage.output_tokens for done in asyncio.run(several())] == [4, 3, 2, 1]


@pytest.mark.parametrize("after", [0.0, 0.05, 1.5])
def test_an_engine_that_is_closed_at_work_stays_closed(folder: Path, after: float) -> None:
    async def closed() -> float:
        engine = open_outlines(f"transformers:{folder}")
        task = asyncio.create_task(engine.generate(ask(CONTEXT)))
        await asyncio.sleep(after)
        started = time.monotonic()
        await engine.aclose()
        took = time.monotonic() - started
        for work in (task, engine.generate(ask(1)), engine.count_tokens(HELLO)):
            with pytest.raises(EngineError, match="is closed"):
                await asyncio.wait_for(work, 10)
        return took

    assert asyncio.run(closed()) < 6


# --- sampling ------------------------------------------------------------------------------------------------


def test_a_seed_repeats_an_answer_and_leaves_other_random_numbers_alone(tiny: OutlinesEngine) -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    first, again, other = run(tiny, *(ask(8, temperature=1.0, seed=seed) for seed in (1, 1, 2)))
    assert torch.equal(torch.rand(3), expected)
    assert first.text == again.text != other.text


def test_greedy_is_greedy_whatever_the_publisher_has_set(folder: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    shutil.copytree(folder, own)
    settings = {"do_sample": True, "temperature": 2.0, "repetition_penalty": 1.9, "num_beams": 2, "eos_token_id": 2}
    (own / "generation_config.json").write_text(json.dumps(settings))
    for request in (ask(12), ask(12, record(a={"type": "string"}))):
        with contextlib.closing(open_outlines(f"transformers:{folder}")) as plain:
            (expected,) = run(plain, request)
        with contextlib.closing(open_outlines(f"transformers:{own}")) as engine:
            assert run(engine, request) == [expected]


# --- models of one's own -------------------------------------------------------------------------------------


def loaded(folder: Path, template: str | None) -> OutlinesEngine:
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    tokenizer.chat_template = template
    model = transformers.AutoModelForCausalLM.from_pretrained(folder)
    return OutlinesEngine(outlines.from_transformers(model, tokenizer), "mine")


def test_a_model_without_a_template_gets_plain_text(folder: Path) -> None:
    with contextlib.closing(loaded(folder, None)) as engine:
        (done,) = run(engine, ask(30, record(a={"const": CANARY})))
        assert engine.id == "outlines:mine"
        assert json.loads(done.text) == {"a": CANARY}
        runner = engine._runner
        assert runner is not None
        assert runner.decode(runner.encode(HELLO)) == "Input:\nSay hello to the harbour.\n\nOutput:\n"


def test_a_template_that_refuses_system_messages(folder: Path) -> None:
    template = REFUSES_SYSTEM + "{% for turn in messages %}[{{ turn.role }}] {{ turn.content }}{% endfor %}"
    with contextlib.closing(loaded(folder, template)) as engine:
        asyncio.run(engine.count_tokens(HELLO))
        runner = engine._runner
        assert runner is not None
        chat = (Message("system", "Be brief."), Message("user", "Hi"))
        assert runner.decode(runner.encode(chat)) == "[user] Be brief.\n\nHi"


def test_a_chat_that_the_template_refuses_altogether_is_refused_alone(folder: Path) -> None:
    template = "{{ raise_exception('never') }}"
    with contextlib.closing(loaded(folder, template)) as engine, pytest.raises(RequestRejected, match="never"):
        run(engine, ask(1))


def test_other_models_of_outlines_are_refused() -> None:
    from openai import OpenAI

    model = outlines.from_openai(OpenAI(api_key="k", base_url="http://127.0.0.1:9"), "m")
    with contextlib.closing(OutlinesEngine(model, "m")) as engine, pytest.raises(UsageError, match="OpenAI") as caught:
        run(engine, ask(1))
    assert "engine of your own" in (caught.value.hint or "")


# --- where models come from ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "where", ["nowhere.gguf", "./nowhere", "nowhere", "../a/b", "/nowhere/at/all", "a/b/c", "a/b@"]
)
def test_a_path_that_does_not_exist(where: str) -> None:
    with pytest.raises(UsageError, match="does not exist"):
        open_outlines(f"transformers:{where}")


def test_a_folder_without_a_model_is_an_error(tmp_path: Path) -> None:
    engine = open_outlines(f"transformers:{tmp_path}")
    with contextlib.closing(engine), pytest.raises(EngineError, match="cannot load"):
        run(engine, ask(1))


def test_a_damaged_file_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "half.gguf"
    path.write_bytes(b"GGUF" + bytes(64))
    engine = open_outlines(f"transformers:{path}")
    with contextlib.closing(engine), pytest.raises(EngineError, match="cannot load transformers:half"):
        run(engine, ask(1))


@pytest.mark.parametrize(("offline", "rule"), [(True, "--offline"), (False, "EXTRACT_OFFLINE")])
def test_the_hub_is_not_asked_offline(offline: bool, rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if not offline:
        monkeypatch.setenv("EXTRACT_OFFLINE", "1")
    engine = open_outlines("transformers:nobody-at-all/nothing-there", offline=offline)
    assert engine.id == "outlines:transformers:nothing-there"
    assert not engine.is_here()
    with contextlib.closing(engine), pytest.raises(UsageError, match=f"{rule} forbids to download"):
        run(engine, ask(1))


def test_a_model_in_the_cache_of_the_hub_needs_no_network(folder: Path, tmp_path: Path) -> None:
    cached = tmp_path / "hub" / "models--owner--small"
    (cached / "refs").mkdir(parents=True)
    (cached / "refs" / "v1").write_text("0" * 40)
    shutil.copytree(folder, cached / "snapshots" / ("0" * 40))
    code = """if True:
        import asyncio
        from extractor.engines.local.engine import open_outlines
        from extractor.types import Message, Request
        engine = open_outlines("transformers:owner/small@v1", offline=True)
        assert engine.is_here() and not open_outlines("transformers:owner/small", offline=True).is_here()
        print(engine.id, asyncio.run(engine.generate(Request((Message("user", "a"),), max_tokens=3))).usage)
    """
    told = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "HF_HUB_CACHE": str(cached.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.stdout.startswith("outlines:transformers:small Usage("), told.stderr
    assert "output_tokens=3" in told.stdout


def test_an_engine_that_nobody_holds_any_more_ends_its_thread(folder: Path) -> None:
    engine = open_outlines(f"transformers:{folder}")
    run(engine, ask(1))
    thread = engine._worker._thread
    assert thread is not None
    assert thread.is_alive()
    del engine
    gc.collect()
    thread.join(10)
    assert not thread.is_alive()


def test_ctrl_c_ends_a_program_in_the_middle_of_an_answer(folder: Path) -> None:
    code = f"""if True:
        import extractor
        from extractor.engines.local.engine import open_outlines
        engine = open_outlines({f"transformers:{folder}"!r})
        engine.prepare()
        engine._worker.submit(lambda: print("loaded", flush=True))
        extractor.extract("The sea. " * 99, "title, text", engine=engine, options=extractor.Options(max_tokens=4000))
    """
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "loaded\n"
        time.sleep(1.5)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
    assert process.returncode in (1, -signal.SIGINT), errors
    assert errors.rstrip().endswith("KeyboardInterrupt"), errors
