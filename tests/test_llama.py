"""The embedded engine for real: the child process, real weights, real signals. Needs /proc."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import pytest
from pydantic import BaseModel, Field

import extractor
from extractor import models
from extractor.engines import LlamaEngine, Session, Settings, Trace
from extractor.engines.account import Account
from extractor.errors import EngineError, EngineUnavailable, ExtractError, PromptTooLong, RequestRejected, UsageError
from extractor.grammar import compile_schema
from extractor.grammar.bounds import LIST_BOUND, TEXT_BOUND
from extractor.kinded import Judgement, judgements_of
from extractor.kinds import Inquiry, is_unlikely, likeliest
from extractor.options import Options
from extractor.pipeline import extract
from extractor.ranked import Terms
from extractor.requests import build_request
from extractor.schema import digest, load
from extractor.types import (
    Completion,
    Continuation,
    Document,
    Extraction,
    Likely,
    Message,
    Request,
    Schema,
    Usage,
)
from extractor.validation import validate
from extractor.verbatim import runs

pytestmark = [
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at processes through /proc"),
    pytest.mark.usefixtures("home"),
]

T = TypeVar("T")
Work = Callable[[LlamaEngine], Coroutine[Any, Any, T]]

# One thread: with two on a busy machine llama.cpp waits for its own threads and takes many times as long.
SMALL = Settings(slots=1, threads=1, context=2048)
WIDE = Settings(slots=4, threads=1, context=2048)
PATIENCE = 200.0  # seconds until a test is given up
A_MOMENT = 30.0  # seconds in which a process that should end ends, on a machine with other things to do
ROOT = Path(extractor.__file__).parent.parent

SENTENCE = "The harbour of Ellermouth was quiet on Sunday, and the ferry crossed the bay twice before noon. "
TEXT = f"Quiet Sunday in Ellermouth\n\n{SENTENCE}Winifred Tasker sold forty tickets and went home early."


class Note(BaseModel):
    title: str = Field(max_length=80)
    about: str = Field(max_length=120)


class Song(BaseModel):
    refrain: str


class Loose(BaseModel):
    refrain: str
    words: list[str]


NOTE = load(Note)
HELLO = Request((Message("user", "Say hello to the harbour."),), max_tokens=16)
STORY = Request((Message("user", "Tell a very long story about the sea."),), max_tokens=1500)


def run(work: Work[T], settings: Settings = SMALL, spec: str = "smollm2-135m") -> T:
    """Run a coroutine with an engine of its own, and leave nothing behind."""

    async def main() -> T:
        engine = LlamaEngine(models.resolve(spec), settings)
        try:
            return await asyncio.wait_for(work(engine), PATIENCE)
        finally:
            await engine.aclose()

    return asyncio.run(main())


async def note(engine: LlamaEngine, text: str = TEXT, source: str = "a.txt") -> Extraction:
    return await extract(Document(source, text), NOTE, engine)


def assert_note(record: Extraction) -> None:
    assert record.errors == ()
    assert isinstance(record.value, Note)
    assert record.value.title


def json_grammar(schema: object) -> str:
    """A grammar as `compile_schema` writes it, for schemas that it would refuse or lower."""
    guided = {**schema, "x-guidance": {"whitespace_flexible": False}} if isinstance(schema, dict) else schema
    return f"%llguidance {{}}\nstart: %json {json.dumps(guided)}\n"


def schema_of(json_schema: dict[str, Any], name: str = "Hand") -> Schema:
    return Schema(name, json_schema, digest(json_schema))


def test_what_is_on_the_wire_is_traced_once(tmp_path: Path) -> None:
    trace = Trace(tmp_path / "trace")

    async def main() -> Completion:
        session = Session(LlamaEngine(models.resolve("smollm2-135m"), SMALL, trace=trace), trace=trace)
        try:
            return await asyncio.wait_for(session.generate(HELLO), PATIENCE)
        finally:
            await session.aclose()

    done = asyncio.run(main())
    (entry,) = (json.loads(path.read_text()) for path in trace.folder.iterdir())
    assert entry["status"] == 200
    assert json.loads(entry["reply"])["choices"][0]["message"]["content"] == done.text


# --- processes -----------------------------------------------------------------------------------------------


def stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat after the name; empty where the process is gone."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return []


def is_running(pid: int) -> bool:
    fields = stat(pid)
    return bool(fields) and fields[0] not in "ZX"


def children_of(parent: int) -> list[int]:
    """The running children of a process that are llama.cpp's."""
    pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    mine = [pid for pid in pids if stat(pid)[1:2] == [str(parent)] and is_running(pid)]
    return [pid for pid in mine if b"llama/child" in read(pid, "cmdline")]


def read(pid: int, name: str) -> bytes:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/{name}").read_bytes()
    return b""


def seconds_used(pid: int) -> float:
    fields = stat(pid)
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") if fields else 0.0


def wait_for(condition: Callable[[], T], seconds: float = PATIENCE) -> T:
    """The first true value of a condition; fails where there is none in time."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if value := condition():
            return value
        time.sleep(0.02)
    pytest.fail(f"nothing came of it within {seconds} s")


async def until(condition: Callable[[], object], seconds: float = 60.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  # a process tells nobody
            await asyncio.sleep(0.01)


async def at_work(engine: LlamaEngine, but: list[int]) -> int:
    """The process id of a child, once it has loaded and is in mid-request."""
    await until(lambda: engine._chat and engine._child and engine._child.pid not in but)
    assert engine._child is not None
    pid = engine._child.pid
    idle = seconds_used(pid)
    await until(lambda: seconds_used(pid) > idle + 0.2)
    return pid


async def kill_at_work(engine: LlamaEngine, times: int = 1) -> list[int]:
    """Kill the child in mid-request, and the one that replaces it; returns their process ids."""
    killed: list[int] = []
    while len(killed) < times:
        pid = await at_work(engine, killed)
        os.kill(pid, signal.SIGKILL)
        killed.append(pid)
    return killed


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    """No test leaves a process behind."""
    yield
    gc.collect()
    left = children_of(os.getpid())
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    assert left == [], "children of llama.cpp that nobody has ended"


# --- a record ------------------------------------------------------------------------------------------------


def test_a_record_of_the_built_in_schema() -> None:
    schema = load("article")
    record = run(lambda engine: extract(Document("a.txt", TEXT), schema, engine))
    assert record.errors == ()
    assert not isinstance(validate(schema, record.data), list)
    assert (record.engine, record.mode, record.attempts) == ("llama:smollm2-135m", "grammar", 1)
    assert record.usage.input_tokens > 100
    assert 10 < record.usage.output_tokens < 4096
    assert record.seconds > 0


def test_the_second_document_finds_its_prefix_computed() -> None:
    async def two(engine: LlamaEngine) -> Extraction:
        await note(engine)
        return await note(engine, "Another text altogether, on trams in Tarrant Bay.")

    usage = run(two).usage
    assert 40 < usage.cached_tokens < usage.input_tokens


def test_without_a_grammar_it_writes_freely() -> None:
    done = run(lambda engine: engine.generate(HELLO))
    assert done.text
    assert not done.text.startswith("{")
    assert done.usage.output_tokens <= 16


def test_an_answer_in_circles_is_stopped_though_nobody_looks_on() -> None:
    begun = (Message("user", "Names, as a JSON list."), Message("assistant", "[" + '"Ann", ' * 6))
    done = run(lambda engine: engine.generate(Request(begun, mode="prompt", max_tokens=1_000)))
    assert done.finish_reason == "repetition"
    assert len(done.text) < 700


def test_tokens_are_counted_as_they_will_be() -> None:
    async def both(engine: LlamaEngine) -> tuple[int, int]:
        return await engine.count_tokens(HELLO.messages), (await engine.generate(HELLO)).usage.input_tokens

    counted, used = run(both)
    assert counted == used > 0


LABELS = ("sport", "sports", "business", "politics", "国际", "体育")


@pytest.mark.slow
def test_likelihoods_are_those_of_the_tokens_one_by_one() -> None:
    """Beside the chat's own log probabilities, read token by token along a label: another way to the same."""
    asked = (Message("system", f"Answer one of {', '.join(LABELS)} as JSON."), Message("user", "The team won the cup."))
    begun = '{"category":'

    async def along(engine: LlamaEngine, text: str) -> float:
        """The probability of a text, each token the likeliest one that goes on with it."""
        total, done = 0.0, ""
        while done != text:
            chat = (*asked, Message("assistant", begun + done))
            told = await engine.generate(Request(chat, mode="prompt", max_tokens=1, alternatives=20_000))
            rest = text[len(done) :]
            weight, token = max(
                (weight, one) for one, weight in told.tokens[0].likeliest.items() if rest.startswith(one)
            )
            total += weight
            done += token
        return total

    async def both(engine: LlamaEngine) -> tuple[list[float], list[float]]:
        chat = (*asked, Message("assistant", begun))
        texts = [f' "{label}' for label in LABELS]
        found = await engine.likelihoods(chat, [Continuation(text) for text in texts])
        return found, [await along(engine, text) for text in texts[:4]]

    found, others = run(both)
    assert len(found) == len(LABELS)
    beside = [[weight - some[0] for weight in some[:4]] for some in (found, others)]
    assert beside[0] == pytest.approx(beside[1], abs=0.1)  # a batch of other size rounds otherwise
    assert all(weight < 0 for weight in found)


def test_names_have_kinds_that_no_other_is_far_likelier_than() -> None:
    labels = ["person", "place", "organisation"]
    fields = {"name": {"type": "string"}, "kind": {"enum": labels}}
    rows = {"type": "array", "items": {"type": "object", "properties": fields, "required": ["name", "kind"]}}
    schema = load({"type": "object", "properties": {"found": rows}, "required": ["found"]})
    names = ["Ana Lobo", "Bergen", "Harbour Bank"]
    written = {"found": [{"name": name, "kind": label} for name in names for label in labels]}

    class Writer:
        """Writes each name with each kind; how likely those are the weights tell."""

        id, modes = "writer", ("grammar",)

        def __init__(self, engine: LlamaEngine) -> None:
            self.likelihoods = engine.likelihoods

        async def generate(self, request: Request) -> Completion:
            return Completion(json.dumps(written), "stop", Usage())

    async def work(engine: LlamaEngine) -> tuple[Extraction, list[Judgement]]:
        record = await extract(Document("a.txt", "Ana Lobo sold Harbour Bank in Bergen."), schema, Writer(engine))
        judged, _ = await judgements_of(schema, written, Inquiry("en", engine))
        return record, judged

    record, judged = run(work)
    assert [one.name for one in judged] == names
    for one in judged:
        kinds = {row["kind"] for row in record.data["found"] if row["name"] == one.name}
        likely = {label for label in labels if likeliest(one.weights) and not is_unlikely(label, one.weights)}
        assert kinds == likely
    assert len(record.data["found"]) < len(written["found"])
    assert "dropped" in record.notes["/found"]


@pytest.mark.slow
def test_what_is_read_for_likelihoods_is_counted() -> None:
    """The prompt once for each place where texts part, most of it from the cache; nothing is written."""
    chat = (Message("user", "The team won the cup. What is it about?"), Message("assistant", '{"category":'))

    async def ask(engine: LlamaEngine) -> Account:
        session = Session(engine)
        await session.likelihoods(chat, [Continuation(f' "{label}') for label in LABELS])
        return session.account

    account = run(ask)
    assert account.requests > 1
    assert account.usage.input_tokens > account.usage.cached_tokens > 0
    assert account.usage.output_tokens == 0
    assert not account.is_estimated


def test_what_has_to_follow_counts() -> None:
    """'sport' is what 'sports' begins with: only the quote says that it ends there."""

    async def ask(engine: LlamaEngine) -> list[float]:
        chat = (Message("user", "Sports or sport?"), Message("assistant", '{"category":'))
        texts = (Continuation(' "sport'), Continuation(' "sport', '"'), Continuation(' "sport', "q"))
        return await engine.likelihoods(chat, texts)

    open_, closed, never = run(ask)
    assert never < closed < open_


def test_the_likeliest_of_all_terms_are_found() -> None:
    """By asking about each of them, one by one."""
    text = "Solar power plants near Bergen store heat in molten salt."
    chat = (Message("user", f"{text}\nIts keywords as JSON, please."), Message("assistant", '{"keywords": ["'))
    terms = Terms.of(text)
    words = text.strip(".").split()
    spans = [" ".join(words[at:end]) for at in range(len(words)) for end in range(at + 1, len(words) + 1)]
    states = {span: terms.after(terms.start, span.encode()) for span in spans}
    admitted = [span for span, state in states.items() if state is not None and terms.is_whole(state)]

    async def both(engine: LlamaEngine) -> tuple[list[Likely] | None, list[float] | None]:
        found = await engine.likeliest(chat, terms, '"', 6)
        return found, await engine.likelihoods(chat, [Continuation(term, '"') for term in admitted])

    found, each = run(both)
    assert found is not None
    assert each is not None
    assert [one.weight for one in found] == sorted((one.weight for one in found), reverse=True)
    weights = dict(zip(admitted, each, strict=True))
    best = sorted(weights, key=weights.__getitem__, reverse=True)[:6]
    assert sorted(one.text for one in found) == sorted(best)
    for one in found:
        assert one.weight == pytest.approx(weights[one.text], abs=0.1)


# --- the child is killed -------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_killed_child_is_replaced_and_the_request_repeated() -> None:
    async def killed_once(engine: LlamaEngine) -> tuple[Extraction, list[int], int]:
        record, killed = await asyncio.gather(note(engine), kill_at_work(engine))
        assert engine._child is not None
        return record, killed, engine._child.pid

    record, killed, now = run(killed_once)
    assert_note(record)
    assert now not in killed
    assert not is_running(killed[0])


@pytest.mark.slow
def test_what_ends_the_child_twice_fails_alone() -> None:
    async def killed_twice(engine: LlamaEngine) -> tuple[Extraction, Extraction]:
        record, killed = await asyncio.gather(note(engine), kill_at_work(engine, times=2))
        assert len(set(killed)) == 2
        return record, await note(engine)

    record, following = run(killed_twice)
    (problem,) = record.errors
    assert (record.data, problem.kind) == (None, RequestRejected.__name__)
    assert "SIGKILL" in problem.message
    assert "twice" in problem.message
    assert re.search(r"llama-\S+\.log", problem.hint or ""), "names the log"
    assert_note(following)


def test_twice_is_a_rejected_request() -> None:
    async def killed_twice(engine: LlamaEngine) -> None:
        with pytest.raises(RequestRejected, match="twice"):
            await asyncio.gather(engine.generate(STORY), kill_at_work(engine, times=2))

    run(killed_twice)


@pytest.mark.slow
def test_a_kill_with_several_under_way_costs_none_of_them() -> None:
    async def several(engine: LlamaEngine) -> list[Extraction]:
        work = (note(engine, f"Report {number}. {TEXT}", f"{number}.txt") for number in range(4))
        *records, _ = await asyncio.gather(*work, kill_at_work(engine))
        return records

    records = run(several, WIDE)
    assert [record.source for record in records] == ["0.txt", "1.txt", "2.txt", "3.txt"]
    for record in records:
        assert_note(record)


@pytest.mark.slow
def test_of_several_only_the_one_that_ends_it_twice_is_lost() -> None:
    async def several(engine: LlamaEngine) -> list[Extraction]:
        work = (note(engine, f"Report {number}. {TEXT}") for number in range(3))
        *records, _ = await asyncio.gather(*work, kill_at_work(engine, times=2))
        return records

    records = run(several, WIDE)
    lost = [record for record in records if record.errors]
    assert [problem.kind for record in lost for problem in record.errors] == [RequestRejected.__name__]
    for record in records:
        if record not in lost:
            assert_note(record)


@pytest.mark.slow
def test_a_child_that_died_between_two_requests_costs_nothing() -> None:
    async def idle(engine: LlamaEngine) -> tuple[Completion, Completion]:
        before = await engine.generate(HELLO)
        assert engine._child is not None
        os.kill(engine._child.pid, signal.SIGSEGV)
        return before, await engine.generate(HELLO)

    before, after = run(idle)
    assert before.text == after.text


def test_a_child_that_dies_while_it_loads_is_an_error_and_the_next_one_loads() -> None:
    async def loading(engine: LlamaEngine) -> Completion:
        engine.prepare()
        assert engine._child is not None
        os.kill(engine._child.pid, signal.SIGKILL)
        with pytest.raises(EngineError, match=r"cannot load .*SIGKILL") as caught:
            await engine.generate(HELLO)
        assert ".log" in (caught.value.hint or "")
        return await engine.generate(HELLO)

    assert run(loading).text


@pytest.mark.slow
def test_counting_survives_the_death_of_the_child() -> None:
    async def count(engine: LlamaEngine) -> list[int]:
        first = await engine.count_tokens(HELLO.messages)
        assert engine._child is not None
        os.kill(engine._child.pid, signal.SIGKILL)
        for _ in range(3):  # told or repeated, but no traceback; its threads take a moment to be gone
            with contextlib.suppress(ExtractError):
                await engine.count_tokens(HELLO.messages)
            await asyncio.sleep(0.5)
        return [first, await engine.count_tokens(HELLO.messages)]

    first, again = run(count)
    assert first == again


@pytest.mark.slow
def test_a_child_that_hangs_is_given_up_and_ended() -> None:
    async def stopped(engine: LlamaEngine) -> tuple[int, threading.Timer]:
        await engine.generate(HELLO)
        assert engine._child is not None
        pid = engine._child.pid
        os.kill(pid, signal.SIGSTOP)
        rescue = threading.Timer(60, os.kill, (pid, signal.SIGKILL))  # so that this test ends, whatever happens
        rescue.start()
        with pytest.raises(EngineUnavailable, match="no answer within 2 s"):
            await engine.generate(Request(HELLO.messages, max_tokens=16, timeout=2.0))
        return pid, rescue

    pid, rescue = run(stopped)
    assert rescue.is_alive(), "a stopped process cannot see the end of its stdin"
    rescue.cancel()
    assert not is_running(pid)


# --- requests that end early ---------------------------------------------------------------------------------


def test_a_timeout_frees_the_slot() -> None:
    async def slow(engine: LlamaEngine) -> Completion:
        await engine.generate(HELLO)
        with pytest.raises(EngineUnavailable, match="no answer within 1 s"):
            await engine.generate(Request(STORY.messages, max_tokens=1500, timeout=1.0))
        return await engine.generate(Request(HELLO.messages, max_tokens=16, timeout=30.0))

    assert run(slow).text


@pytest.mark.slow
def test_a_cancelled_request_frees_the_slot() -> None:
    async def cancelled(engine: LlamaEngine) -> Completion:
        await engine.generate(HELLO)
        task = asyncio.create_task(engine.generate(STORY))
        await asyncio.sleep(0.5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return await engine.generate(Request(HELLO.messages, max_tokens=16, timeout=30.0))

    assert run(cancelled).text


@pytest.mark.slow
@pytest.mark.parametrize("after", [0.0, 0.3])
def test_a_request_that_is_cancelled_while_the_weights_load_blocks_no_other(after: float) -> None:
    async def cancelled(engine: LlamaEngine) -> Completion:
        task = asyncio.create_task(engine.generate(HELLO))
        await asyncio.sleep(after)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return await asyncio.wait_for(engine.generate(HELLO), 20)

    assert run(cancelled).text


def test_a_closed_engine_stays_closed() -> None:
    async def closed_in_flight(engine: LlamaEngine) -> list[int]:
        task = asyncio.create_task(engine.generate(Request(STORY.messages, max_tokens=300)))
        await at_work(engine, [])
        await engine.aclose()
        with contextlib.suppress(ExtractError):
            await task
        return children_of(os.getpid())

    assert run(closed_in_flight) == [], "the request that was under way has started another child"


@pytest.mark.parametrize("after", [0.0, 0.05, 0.3])
def test_an_engine_that_is_closed_while_it_loads_stays_closed(after: float, home: Path) -> None:
    async def closed_early(engine: LlamaEngine) -> None:
        task = asyncio.create_task(engine.generate(HELLO))
        await asyncio.sleep(after)
        await engine.aclose()
        with pytest.raises(EngineError):
            await task

    run(closed_early)
    assert children_of(os.getpid()) == []


# --- the parent is killed ------------------------------------------------------------------------------------

LIBRARY = """
import asyncio, sys
from extractor.engines import Settings, open_engine
from extractor.types import Message, Request
story = Request((Message("user", "Tell a very long story about the sea."),), max_tokens=1900)
asyncio.run(open_engine("smollm2-135m", Settings(slots=1, threads=1, context=2048)).generate(story))
print("the story ended")
"""
CLI = ("run", "-s", "article", "-m", "smollm2-135m", "--slots", "1", "--threads", "1", "--context", "2048", "long.txt")


def launch(way: str, folder: Path) -> subprocess.Popen[bytes]:
    """A parent that will be at work for many seconds."""
    (folder / "long.txt").write_text(SENTENCE * 70)
    command = ["-c", LIBRARY] if way == "library" else ["-m", "extractor", *CLI]
    paths = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, "PYTHONPATH": paths}
    with (folder / "out").open("wb") as out:
        return subprocess.Popen([sys.executable, *command], cwd=folder, env=environment, stdout=out, stderr=out)


def kill_parent(parent: subprocess.Popen[bytes], child: int) -> None:
    """Kill it, and see that its child follows."""
    try:
        assert parent.poll() is None, "was at work"
        parent.kill()
        parent.wait()
        wait_for(lambda: not is_running(child), A_MOMENT)
    finally:
        with contextlib.suppress(ProcessLookupError):
            if is_running(child):
                os.kill(child, signal.SIGKILL)


@pytest.mark.slow
@pytest.mark.parametrize("way", ["library", "cli"])
def test_the_child_of_a_killed_parent_ends_in_mid_generation(way: str, tmp_path: Path) -> None:
    with launch(way, tmp_path) as parent:
        (child,) = wait_for(lambda: children_of(parent.pid))
        wait_for(lambda: seconds_used(child) > 3.0)  # loading takes a second of it
        assert (tmp_path / "out").read_bytes() == b"", "has not finished"
        kill_parent(parent, child)


@pytest.mark.slow
@pytest.mark.parametrize("after", [0.0, 0.15, 0.3, 0.5])
def test_the_child_of_a_killed_parent_ends_while_it_loads(after: float, tmp_path: Path) -> None:
    with launch("library", tmp_path) as parent:
        (child,) = wait_for(lambda: children_of(parent.pid))
        time.sleep(after)
        kill_parent(parent, child)


# --- grammars that llama.cpp drops ---------------------------------------------------------------------------

WORDS = {"type": "string"}
# Compiles, and is too much for the lexer some ten characters into the answer.
BREAKS_LATE = {
    "type": "object",
    "properties": {
        "a": {"enum": ["an innocent beginning"]},
        "b": {"type": "string", "pattern": "^(.*[aeiou].{20}[b-q].{20}[aeiou].{40}[a-z].*){3}$"},
    },
    "required": ["a", "b"],
    "additionalProperties": False,
}
HOSTILE = {
    "not": json_grammar({"not": WORDS}),
    "unknown format": json_grammar({"type": "string", "format": "uuid4"}),
    "lookahead": json_grammar({"type": "string", "pattern": "^(?!a)b"}),
    "uniqueItems": json_grammar({"type": "array", "items": WORDS, "uniqueItems": True}),
    "remote reference": json_grammar({"$ref": "https://example.org/schema.json"}),
    "unsatisfiable": json_grammar({"type": "string", "minLength": 5, "maxLength": 2}),
    "false": json_grammar(False),
    "unknown type": json_grammar({"type": "nonsense"}),
    "unfinished JSON": '%llguidance {}\nstart: %json {"type": \n',
    "deep": "%llguidance {}\nstart: %json " + '{"items":' * 50_000 + "{}" + "}" * 50_000,
    "no rule": "%llguidance {}",
    "not Lark": "%llguidance {}\nstart: (((",
    "breaks late": json_grammar(BREAKS_LATE),
    "garbage": "hello, this is no grammar",
    "GBNF": 'root ::= "hello"',
    "empty": "",
    "blank": " \n",
}


def free(grammar: str) -> Request:
    return Request((Message("user", "Say hello in ten words."),), "grammar", grammar, max_tokens=60)


@pytest.mark.slow
def test_a_grammar_that_llama_cpp_drops_never_gives_an_answer() -> None:
    """It would answer 200 and write freely; each is asked twice, and a good request must work after all."""

    async def ask_all(engine: LlamaEngine) -> dict[str, list[object]]:
        answers: dict[str, list[object]] = {}
        for name, grammar in HOSTILE.items():
            answers[name] = list(
                await asyncio.gather(*(engine.generate(free(grammar)) for _ in range(2)), return_exceptions=True)
            )
        assert_note(await note(engine))
        return answers

    answers = run(ask_all, Settings(slots=2, threads=1, context=2048))
    wrong = {name: both for name, both in answers.items() if not all(isinstance(each, EngineError) for each in both)}
    assert wrong == {}
    assert all(str(each) for both in answers.values() for each in both)


@pytest.mark.slow
def test_each_guard_alone_catches_it() -> None:
    """The log, where the canary is taken for granted; and the canary, where the log says nothing."""

    async def ask(engine: LlamaEngine) -> None:
        engine._proven.add(HOSTILE["not"])
        for _ in range(5):
            with pytest.raises(EngineError, match="dropped the grammar"):
                await engine.generate(free(HOSTILE["not"]))
        with pytest.raises(EngineError, match="does not apply"):
            await engine.generate(free(HOSTILE["empty"]))

    run(ask)


def test_a_grammar_that_fails_after_its_proof_is_noticed() -> None:
    async def ask(engine: LlamaEngine) -> bool:
        with pytest.raises(EngineError, match="dropped the grammar"):
            await engine.generate(free(HOSTILE["breaks late"]))
        return HOSTILE["breaks late"] in engine._proven

    assert run(ask), "the canary was there, so this is about the answer"


@pytest.mark.slow
def test_a_dropped_grammar_beside_a_good_neighbour() -> None:
    """The neighbour may be told the same, for the log does not say whose it was; it never gets free text."""

    async def together(engine: LlamaEngine) -> list[object]:
        good, bad = compile_schema(NOTE).text, HOSTILE["not"]
        await engine.generate(free(good))
        engine._proven.add(bad)  # so that they are under way together
        requests = [free(good), free(bad), free(good), free(bad)]
        return list(await asyncio.gather(*map(engine.generate, requests), return_exceptions=True))

    first, bad, second, worse = run(together, WIDE)
    assert isinstance(bad, EngineError)
    assert isinstance(worse, EngineError)
    for neighbour in (first, second):
        assert isinstance(neighbour, Completion | EngineError)
        if isinstance(neighbour, Completion):
            assert neighbour.text.startswith('{"title": "')


# --- what the grammar cannot hold ----------------------------------------------------------------------------


@pytest.mark.slow
def test_what_is_lowered_is_reported_and_checked_after() -> None:
    """The decoder writes what the lowered grammar lets it; validation says what breaks the real schema."""
    schema = schema_of(
        {
            "type": "object",
            "properties": {
                "same": {"type": "array", "items": {"enum": ["x"]}, "minItems": 2, "maxItems": 2, "uniqueItems": True},
                "never": {"type": "string", "maxLength": 2, "not": {"maxLength": 2}},
                "ahead": {"type": "string", "pattern": "^(?!Z)(?=[0-9]{90})", "maxLength": 10},
            },
            "required": ["same", "never", "ahead"],
        }
    )
    lowered = {f"{row.pointer}/{row.keyword}" for row in compile_schema(schema).report if row.status == "after"}
    assert lowered == {"/properties/same/uniqueItems", "/properties/never/not", "/properties/ahead/pattern"}

    record = run(lambda engine: extract(Document("a.txt", TEXT), schema, engine))
    assert record.data is None
    assert {problem.pointer for problem in record.errors} == {"/same", "/never", "/ahead"}
    assert record.usage.output_tokens > 0


@pytest.mark.slow
def test_what_is_lowered_and_holds_anyway_is_a_record() -> None:
    schema = schema_of(
        {
            "type": "object",
            "properties": {"kinds": {"type": "array", "items": {"enum": ["note"]}, "minItems": 1, "uniqueItems": True}},
            "required": ["kinds"],
        }
    )
    assert "after" in {row.status for row in compile_schema(schema).report}
    record = run(lambda engine: extract(Document("a.txt", TEXT), schema, engine))
    assert (record.data, record.errors) == ({"kinds": ["note"]}, ())


# --- the context ---------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_text_that_is_too_long_is_rejected_with_counts() -> None:
    async def too_long(engine: LlamaEngine) -> tuple[Extraction, Extraction]:
        return await note(engine, SENTENCE * 300), await note(engine)

    record, following = run(too_long)
    (problem,) = record.errors
    assert problem.kind == PromptTooLong.__name__
    words = r"prompt too long: ([\d,]+) tokens .* ([\d,]+) more than the context of 2,048"
    found = re.fullmatch(words, problem.message)
    assert found, problem.message
    asked, excess = (int(number.replace(",", "")) for number in found.groups())
    assert asked - excess == 2048
    assert 3000 < asked < 12_000
    assert problem.hint
    assert all(flag in problem.hint for flag in ("--context, up to", "--strategy map-reduce", "--strategy retrieve"))
    assert_note(following)


@pytest.mark.slow
def test_documents_that_fill_the_shared_context_together_are_repeated_alone() -> None:
    async def several(engine: LlamaEngine) -> tuple[list[Extraction], str]:
        work = (note(engine, f"Report {number}. {SENTENCE * 9}", f"{number}.txt") for number in range(3))
        records = await asyncio.gather(*work)
        assert engine._child is not None
        return records, engine._child.log.read_text()

    records, log = run(several, Settings(slots=4, threads=1, context=512))
    assert "Context size has been exceeded" in log, "or this test has shown nothing"
    for record in records:
        assert_note(record)
        assert record.usage.input_tokens > 256, "two of them would fit"


@pytest.mark.slow
def test_an_answer_that_the_context_cuts_off_is_not_blamed_on_the_token_limit() -> None:
    """The text fits, its answer does not: `--max-tokens` would be the wrong thing to raise."""

    async def edge(engine: LlamaEngine) -> Extraction:
        room = 512 - await engine.count_tokens(HELLO.messages)
        bare = await note(engine, "x")
        each = (await engine.count_tokens((Message("user", SENTENCE * 20),)) - 30) // 20
        assert room > 0
        return await note(engine, SENTENCE * ((512 - bare.usage.input_tokens - 6) // each))

    record = run(edge, Settings(slots=1, threads=1, context=512))
    (problem,) = record.errors
    assert record.usage.output_tokens < 100
    assert "context" in f"{problem.message} {problem.hint}"
    assert "--max-tokens" not in f"{problem.message} {problem.hint}"


# --- our own bounds ------------------------------------------------------------------------------------------

REFRAIN = "la la la, la la la, and the wind went round and round and round and round. " * 4


@pytest.mark.slow
def test_a_text_that_loops_ends_by_itself() -> None:
    record = run(lambda engine: extract(Document("song.txt", REFRAIN), load(Song), engine))
    assert record.errors == ()
    assert record.notes.get("/refrain") == f"cut at {TEXT_BOUND} characters", "it did not loop: this has shown nothing"
    assert TEXT_BOUND // 2 < len(record.data["refrain"]) <= TEXT_BOUND
    assert record.usage.output_tokens < 1500


@pytest.mark.slow
def test_lists_of_a_hot_model_end_by_themselves() -> None:
    """In most cases: a list of the longest texts would be longer than an answer may be."""

    async def sing(engine: LlamaEngine) -> list[Extraction]:
        schema, document = load(Loose), Document("song.txt", REFRAIN)
        ways = [(0.8, 1), (1.5, 1), (1.5, 2)]
        return await asyncio.gather(
            *(extract(document, schema, engine, Options(temperature=heat, seed=seed)) for heat, seed in ways)
        )

    records = run(sing, Settings(slots=4, threads=1, context=8192))
    ended = [record for record in records if record.ok]
    assert len(ended) >= 2, [record.errors for record in records]
    assert all(record.usage.output_tokens < 3000 for record in ended)
    for record in ended:
        strings = [record.data["refrain"], *record.data["words"]]
        assert all(len(string) <= TEXT_BOUND for string in strings)
        assert len(record.data["words"]) <= LIST_BOUND


@pytest.mark.slow
def test_the_users_bound_wins_and_ends_at_a_word() -> None:
    """Greedy, it copies a text without stops; cut at 80 characters, its last word is one of the text's."""
    text = "Quiet Sunday in Ellermouth while the ferry crossed the bay twice before noon and nobody minded " * 4
    record = run(lambda engine: extract(Document("a.txt", text), NOTE, engine))
    assert_note(record)
    assert record.notes.get("/title") == "cut at 80 characters", "the bound did not bite, so this has shown nothing"
    title = record.data["title"]
    assert 40 < len(title) <= 80
    assert set(title.lower().split()) <= set(text.lower().split())
    assert len(record.data["about"]) <= 120


# --- verbatim fields -----------------------------------------------------------------------------------------

KINDLED = '"Tide\\House" burned at 3.45 on 2 May.\n灯塔在五月二日清晨起火，无人受伤。😀'


@pytest.mark.slow
def test_a_hot_model_writes_nothing_but_runs_of_the_text() -> None:
    """Two documents, so two grammars, of one shape: one proof is enough."""
    run_of = {"type": "string", "x-verbatim": True, "maxLength": 30}
    schema = schema_of(
        {
            "type": "object",
            "properties": {"who": {"anyOf": [run_of, {"type": "null"}]}, "words": {"type": "array", "items": run_of}},
            "required": ["who", "words"],
            "additionalProperties": False,
        }
    )
    options = Options(temperature=1.5, seed=3, max_tokens=300, retries=0)

    async def ask(engine: LlamaEngine) -> list[tuple[str, Completion]]:
        requests = [(text, build_request(Document("a", text), schema, options)) for text in (TEXT, KINDLED) * 2]
        answers = [(text, await engine.generate(request)) for text, request in requests]
        assert len(engine._proven) == 1
        return answers

    for text, answer in run(ask):
        data = json.loads(answer.text)
        found = [*filter(None, [data["who"]]), *data["words"]]
        assert found
        assert all(map(runs(text).admits, found)), found


# --- bad weights ---------------------------------------------------------------------------------------------


def write_bad(name: str, real: Path, folder: Path) -> Path:
    """A damaged file of a kind that people have."""
    path = folder / f"{name}.gguf"
    size = real.stat().st_size
    with real.open("rb") as file:
        keep = {"head": 100, "tokenizer": 300_000, "half": size // 2, "almost": size - 1000}.get(name, 0)
        body = file.read(keep)
    if name == "magic":
        body = b"GGUF" + bytes(range(256)) * 800
    if name == "version":
        body = b"GGUF\x03\x00\x00\x00" + bytes(range(1, 256)) * 800
    path.write_bytes(body)
    return path


@pytest.mark.slow
@pytest.mark.parametrize("name", ["magic", "version", "head", "tokenizer", "half", "almost"])
def test_bad_weights_are_told_and_leave_no_process(name: str, smollm2: Path, tmp_path: Path, home: Path) -> None:
    path = write_bad(name, smollm2, tmp_path)

    async def use(engine: LlamaEngine) -> ExtractError:
        with pytest.raises((EngineError, UsageError)) as caught:
            await engine.generate(HELLO)
        return caught.value

    error = run(use, spec=str(path))
    assert path.name in str(error)
    assert error.hint
    logs = sorted((home / "logs").glob("*"))
    if isinstance(error, UsageError):
        assert not isinstance(error, EngineError)
        assert logs == [], "nothing ran, so there is nothing to read"
    else:
        (log,) = logs
        assert str(log) in error.hint
        assert "error loading model" in log.read_text()


# --- privacy -------------------------------------------------------------------------------------------------


def ask_http(url: str, method: str, path: str, **headers: str) -> tuple[int, dict[str, str]]:
    body = {"messages": [{"role": "user", "content": "x"}], "prompt": "x", "content": "x", "input": "x"}
    where = urlsplit(url)
    connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=60)
    try:
        sent = json.dumps({**body, "max_tokens": 1, "n_predict": 1}) if method == "POST" else None
        connection.request(method, path, sent, {"Content-Type": "application/json", **headers})
        response = connection.getresponse()
        response.read()
        return response.status, {name.lower(): value for name, value in response.getheaders()}
    finally:
        connection.close()


CLOSED = [
    *(("POST", f"/v1/{name}") for name in ("chat/completions", "completions", "embeddings", "messages", "responses")),
    *(
        ("POST", path)
        for path in ("/completion", "/infill", "/tokenize", "/apply-template", "/props", "/lora-adapters")
    ),
    *(("GET", path) for path in ("/props", "/slots", "/metrics", "/v1/models", "/lora-adapters")),
    ("POST", "/slots/0?action=erase"),
]


def test_without_the_key_nobody_is_served() -> None:
    async def knock(engine: LlamaEngine) -> None:
        await engine.generate(HELLO)
        assert engine._child is not None
        url, key = engine._child.connect(), engine._child.key
        assert urlsplit(url).hostname == "127.0.0.1"

        def status(method: str, path: str, **headers: str) -> int:
            return ask_http(url, method, path, **headers)[0]

        def knock_everywhere() -> None:
            assert {path: status(method, path) for method, path in CLOSED if status(method, path) != 401} == {}
            chat = ("POST", "/v1/chat/completions")
            near = (f"Bearer {key[:-1]}", f"Bearer {key}x", f"Bearer {key.swapcase()}", f"Basic {key}")
            for wrong in ("", "Bearer", "Bearer ", "Bearer null", *near):
                assert status(*chat, Authorization=wrong) == 401, wrong
            assert status(*chat, Authorization=f"Bearer {key}") == 200
            assert status("GET", "/slots", Authorization=f"Bearer {key}") != 200, "shows other prompts"
            _, headers = ask_http(url, "POST", "/v1/chat/completions", Origin="https://evil.example")
            assert headers.get("access-control-allow-origin", "") not in ("*", "https://evil.example")

        await asyncio.to_thread(knock_everywhere)

    run(knock)


def test_the_key_is_seen_nowhere() -> None:
    async def look(engine: LlamaEngine) -> None:
        await engine.generate(HELLO)
        child = engine._child
        assert child is not None
        assert len(child.key) >= 32
        for process in (child.pid, os.getpid()):
            for name in ("cmdline", "environ"):
                seen = read(process, name)
                assert seen or process == os.getpid()
                assert child.key.encode() not in seen
        assert child.key not in repr(vars(engine))
        other = LlamaEngine(engine.weights, SMALL)
        other.prepare()
        assert other._child is not None
        assert other._child.key != child.key
        other.close()

    run(look)


def test_a_proxy_in_the_environment_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
        monkeypatch.setenv(name.lower(), "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    assert run(lambda engine: engine.generate(HELLO)).text


def test_headers_for_another_provider_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "Authorization: Bearer of-a-gateway")
    assert run(lambda engine: engine.generate(HELLO)).text


@pytest.mark.slow
@pytest.mark.parametrize("verbose", [False, True])
def test_the_log_is_private_and_holds_no_text(verbose: bool) -> None:
    settings = Settings(slots=2, threads=1, context=1024, verbose=verbose)

    async def use(engine: LlamaEngine) -> tuple[int, str, str]:
        await note(engine, f"Quibblesworth. {TEXT}")
        await note(engine, "Quibblesworth. " * 900)  # too long: an error in the log
        with pytest.raises(EngineError):
            await engine.generate(Request((Message("user", "Quibblesworth?"),), "grammar", HOSTILE["not"]))
        assert engine._child is not None
        log = engine._child.log
        return log.stat().st_mode & 0o777, log.read_text(), engine._child.key

    mode, text, key = run(use, settings)
    assert mode == 0o600
    assert "exceeds the available context" in text, "the log is where we look"
    assert key not in text
    assert "Quibblesworth" not in text
    assert "Winifred" not in text


@pytest.mark.slow
@pytest.mark.parametrize("how", ["aclose", "close"])
def test_a_closed_engine_leaves_nothing_behind(how: str, home: Path) -> None:
    async def use(engine: LlamaEngine) -> int:
        await engine.generate(HELLO)
        assert engine._child is not None
        pid = engine._child.pid
        assert len(list((home / "logs").iterdir())) == 1
        if how == "aclose":
            await engine.aclose()
            await engine.aclose()  # twice is harmless
        return pid

    pid = run(use)
    assert not is_running(pid)
    assert list((home / "logs").iterdir()) == []


def test_an_engine_that_only_began_to_load_leaves_nothing_behind(home: Path) -> None:
    engine = LlamaEngine(models.resolve("smollm2-135m"), SMALL)
    engine.warm()
    assert engine._child is not None
    pid = engine._child.pid
    engine.close()
    engine.close()
    assert not is_running(pid)
    assert list((home / "logs").iterdir()) == []


def test_a_closed_engine_says_so(home: Path) -> None:
    async def use(engine: LlamaEngine) -> None:
        await engine.generate(HELLO)
        await engine.aclose()
        with pytest.raises(EngineError, match="is closed"):
            await engine.generate(HELLO)

    run(use)
    assert list((home / "logs").iterdir()) == []
