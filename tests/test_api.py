"""The library's face, as scripts, threads and event loops use it: real weights, and an engine of the user's own."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, Field

import extractor
from extractor import api
from extractor.engines import LlamaEngine
from extractor.errors import (
    EngineDenied,
    ExtractError,
    InvalidOutput,
    RequestRejected,
    SchemaError,
    SourceError,
    UsageError,
)
from extractor.options import Options
from extractor.types import Completion, Document, Mode, Request, Usage

ROOT = Path(extractor.__file__).parent.parent
PATIENCE = 200.0  # seconds until a test is given up
TEXT = "Reefs hum at night\n\nBy Ana Lobo. A young reef is loud before dawn."


class Paper(BaseModel):
    title: str = Field(max_length=30)
    year: int | None = None


class Mine:
    """An engine of the user's own: no base class, nothing registered."""

    id = "mine:scripted"
    modes: tuple[Mode, ...] = ("grammar",)

    def __init__(self, *answers: str | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[Request] = []

    async def generate(self, request: Request) -> Completion:
        self.asked.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return Completion(answer, "stop", Usage(5, 0, 2))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"retries": -1}, "options: retries -1 is less than 0"),
        ({"max_tokens": 0}, "options: max_tokens 0 is less than 1"),
        ({"max_tokens": "9"}, "options: max_tokens '9' is no number"),
        ({"temperature": float("nan")}, "options: temperature nan is less than 0"),
        ({"timeout": "5"}, "options: timeout '5' is no number"),
        ({"seed": True}, "options: seed True is no number"),
        ({"seed": 2**31}, "options: seed 2147483648 is more than 2147483647"),
        ({"seed": -(2**31)}, "options: seed -2147483648 is less than -2147483647"),
        ({"max_tokens": 10**20}, "options: max_tokens 100000000000000000000 is more than 2147483647"),
        ({"mode": "auto"}, "options: mode 'auto' is none"),
    ],
)
def test_options_that_mean_nothing_are_refused(given: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=re.escape(words)):
        Options(**given)


def test_arguments_that_contradict_or_are_none_are_refused() -> None:
    with pytest.raises(UsageError, match="takes Options"):
        extractor.extract(TEXT, schema=Paper, engine=Mine("{}"), options={"retries": 1})  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="each name an engine"):
        extractor.extract(TEXT, schema=Paper, engine=Mine("{}"), model="smollm2-135m")


@pytest.fixture
def small(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The small model by default, and its process ended afterwards."""
    monkeypatch.setenv("EXTRACT_MODEL", "smollm2-135m")
    yield home
    extractor.close()


def opened() -> list[LlamaEngine]:
    return [session.engine for session in api._engines.values()]


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def run_script(folder: Path, code: str, seconds: float = PATIENCE) -> subprocess.CompletedProcess[str]:
    script = folder / "script.py"
    script.write_text(code)
    paths = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, "PYTHONPATH": paths}
    return subprocess.run(
        [sys.executable, str(script)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


# --- with the real model -------------------------------------------------------------------------------------

SCRIPT = f"""
from pydantic import BaseModel, Field
from extractor import extract

class Paper(BaseModel):
    title: str = Field(max_length=30)

record = extract({TEXT!r}, schema=Paper)
print(type(record.value).__name__, record.engine, record.ok)
"""


def test_a_script_prints_its_record_and_ends(small: Path, tmp_path: Path) -> None:
    done = run_script(tmp_path, SCRIPT)
    assert (done.stdout, done.stderr, done.returncode) == ("Paper llama:smollm2-135m True\n", "", 0)
    assert list((small / "logs").iterdir()) == [], "the child was ended in order"


@pytest.mark.slow
def test_a_script_that_fails_after_its_call_ends_too(small: Path, tmp_path: Path) -> None:
    done = run_script(tmp_path, SCRIPT + "\nraise SystemExit(7)\n")
    assert (done.stderr, done.returncode) == ("", 7)
    assert list((small / "logs").iterdir()) == []


@pytest.mark.slow
@pytest.mark.usefixtures("small")
def test_the_sync_call_inside_of_a_running_loop() -> None:
    """It blocks that loop, and works all the same: notebooks run their cells in one."""

    async def cell() -> object:
        return extractor.extract(TEXT, schema=Paper).value

    value = asyncio.run(cell())
    assert isinstance(value, Paper)
    assert value.title


@pytest.mark.slow
@pytest.mark.usefixtures("small")
def test_many_at_once_share_one_model() -> None:
    async def three() -> list[extractor.Extraction]:
        texts = [f"Report {number}: reefs hum at night." for number in range(3)]
        return await asyncio.gather(*(extractor.aextract(text, schema=Paper) for text in texts))

    records = asyncio.run(three())
    assert [isinstance(record.value, Paper) for record in records] == [True] * 3
    assert len(opened()) == 1
    before = opened()[0]._child

    again = asyncio.run(three())  # another loop, the same weights
    assert all(record.ok for record in again)
    assert opened()[0]._child is before, "loaded once"


@pytest.mark.slow
@pytest.mark.usefixtures("small")
def test_threads_share_one_model() -> None:
    with ThreadPoolExecutor(3) as pool:
        records = list(pool.map(lambda number: extractor.extract(f"Report {number}.", schema=Paper), range(3)))
    assert all(isinstance(record.value, Paper) for record in records)
    assert len(opened()) == 1


@pytest.mark.slow
@pytest.mark.usefixtures("small")
def test_close_unloads_and_the_next_call_loads_again() -> None:
    extractor.extract(TEXT, schema=Paper)
    child = opened()[0]._child
    assert child is not None
    extractor.close()
    assert not is_running(child.pid)
    assert not child.log.exists()
    assert opened() == []
    extractor.close()  # twice is harmless

    assert extractor.extract(TEXT, schema=Paper).ok
    other = opened()[0]._child
    assert other is not None
    assert other.pid != child.pid


@pytest.mark.slow
@pytest.mark.usefixtures("small")
def test_a_cancelled_call_frees_its_place() -> None:
    class Endless(BaseModel):
        story: str = Field(min_length=900)

    async def impatient() -> extractor.Extraction:
        await extractor.aextract(TEXT, schema=Paper)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(extractor.aextract(TEXT * 5, schema=Endless), 0.5)
        return await asyncio.wait_for(extractor.aextract(TEXT, schema=Paper), PATIENCE)

    assert asyncio.run(impatient()).ok


@pytest.mark.slow
@pytest.mark.usefixtures("small")
def test_a_call_that_is_cancelled_while_the_weights_load_blocks_no_other() -> None:
    async def impatient() -> extractor.Extraction:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(extractor.aextract(TEXT, schema=Paper), 0.2)
        return await asyncio.wait_for(extractor.aextract(TEXT, schema=Paper), 20)

    assert asyncio.run(impatient()).ok


# --- with an engine of one's own -----------------------------------------------------------------------------


def test_an_engine_of_ones_own() -> None:
    mine = Mine('{"title": "Reefs hum at night", "year": null}')
    record = extractor.extract(TEXT, schema=Paper, engine=mine, options=Options(max_tokens=77, temperature=0.5, seed=3))
    assert record.value == Paper(title="Reefs hum at night")
    assert (record.engine, record.usage, record.source) == ("mine:scripted", Usage(5, 0, 2), "text")
    assert record.spans["/title"].start == 0
    assert record.absent == {"/year": "not in the text"}
    (request,) = mine.asked
    assert (request.max_tokens, request.temperature, request.seed) == (77, 0.5, 3)
    assert TEXT in request.messages[-1].content
    assert opened() == [], "the default model is not touched"


def test_an_engine_of_ones_own_in_a_loop() -> None:
    mine = Mine(*[f'{{"title": "{number}"}}' for number in range(3)])

    async def three() -> list[object]:
        records = await asyncio.gather(*(extractor.aextract(TEXT, schema=Paper, engine=mine) for _ in range(3)))
        return sorted(record.value.title for record in records)

    assert asyncio.run(three()) == ["0", "1", "2"]


def test_the_record_tells_a_mode_that_the_engine_has() -> None:
    mine = Mine('{"title": "x"}')
    mine.modes = ("prompt",)
    assert extractor.extract(TEXT, schema=Paper, engine=mine).mode == "prompt"


def test_a_document_keeps_its_name() -> None:
    record = extractor.extract(Document("reef.txt", TEXT), schema=Paper, engine=Mine('{"title": "Reefs"}'))
    assert record.source == "reef.txt"
    json.dumps(record.to_dict())


def test_a_path_is_read_as_the_command_line_reads_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("-").write_text("The bridge opened.")
    Path("page.html").write_text("<html><body><p>The bridge opened.</p></body></html>")
    mine = Mine(*['{"title": "bridge"}'] * 2)
    record = extractor.extract(Path("page.html"), "title str", engine=mine)
    assert (record.source, record.spans["/title"].start) == ("page.html", 4)
    assert "<p>" not in mine.asked[0].messages[-1].content
    assert extractor.extract(Path("-"), "title str", engine=mine).source == str(tmp_path / "-")
    with pytest.raises(SourceError, match=r"nowhere\.txt: no such file"):
        extractor.extract(Path("nowhere.txt"), "title str", engine=mine)


def test_a_text_that_is_the_name_of_a_file_says_so(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    mine = Mine(*['{"title": "bridge"}'] * 3)
    assert extractor.extract(str(file), "title str", engine=mine).notes == {}
    file.write_text("the sea")
    record = extractor.extract(str(file), "title str", engine=mine)
    assert record.notes[""] == f"the text is the name of a file: Path({str(file)!r}) reads it"
    assert extractor.extract("a\0b" * 80, "title str", engine=mine).notes == {}


def test_the_name_of_a_built_in_schema_will_do() -> None:
    answer = {"title": "Reefs", "summary": "They hum.", "keywords": ["reef", "night", "hum"], "category": "science"}
    record = extractor.extract(TEXT, schema="article", engine=Mine(json.dumps(answer)))
    assert record.data["category"] == "science"


# --- what goes wrong -----------------------------------------------------------------------------------------


def test_value_raises_what_is_wrong_with_the_answer() -> None:
    record = extractor.extract(TEXT, schema=Paper, engine=Mine('{"title": [7, 8], "year": "soon"}'))
    assert (record.ok, record.data) == (False, None)
    assert {problem.pointer for problem in record.errors} == {"/title", "/year"}
    with pytest.raises(InvalidOutput, match=r"/title: .*; /year: ") as caught:
        _ = record.value
    assert isinstance(caught.value, extractor.ExtractError)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ("Sure! Here it is:", "ParseError"),
        ("", "ParseError"),
        ('{"title": NaN}', "InvalidOutput"),
        ("[]", "InvalidOutput"),
    ],
)
def test_an_answer_that_cannot_be_used(answer: str, kind: str) -> None:
    record = extractor.extract(TEXT, schema=Paper, engine=Mine(answer))
    assert [problem.kind for problem in record.errors] == [kind]
    with pytest.raises(ExtractError):
        _ = record.value


def test_a_rejected_request_is_an_error_of_the_record() -> None:
    record = extractor.extract(TEXT, schema=Paper, engine=Mine(RequestRejected("too long", hint="split it")))
    assert [(problem.kind, problem.hint) for problem in record.errors] == [("RequestRejected", "split it")]
    with pytest.raises(ExtractError, match="too long") as caught:
        _ = record.value
    assert caught.value.hint == "split it"


def test_what_no_other_text_would_escape_is_raised() -> None:
    with pytest.raises(EngineDenied, match="wrong key"):
        extractor.extract(TEXT, schema=Paper, engine=Mine(EngineDenied("wrong key")))
    assert extractor.extract(TEXT, schema=Paper, engine=Mine('{"title": "on it goes"}')).ok


def test_a_bug_of_an_own_engine_is_an_error_of_the_record() -> None:
    record = extractor.extract(TEXT, schema=Paper, engine=Mine(ZeroDivisionError("a bug of mine")))
    assert [problem.kind for problem in record.errors] == ["EngineUnavailable"]
    assert record.errors[0].message == "mine:scripted itself failed: ZeroDivisionError: a bug of mine"


@pytest.mark.parametrize(
    ("engine", "words"), [("gpt-x", "engine='gpt-x' is no engine: it has no id, modes, generate"), (Mine, "is a class")]
)
def test_what_is_no_engine_is_told(engine: object, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        extractor.extract(TEXT, schema=Paper, engine=engine)


def test_a_model_or_schema_that_means_nothing_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="smollm-135m"):
        extractor.extract(TEXT, schema=Paper, model="smollm-135m")
    monkeypatch.setenv("EXTRACT_MODEL", "no-such-model")
    with pytest.raises(UsageError, match="no-such-model"):
        extractor.extract(TEXT, schema=Paper)
    mine = Mine()
    with pytest.raises(SchemaError, match="no-such-schema"):
        extractor.extract(TEXT, schema="no-such-schema", engine=mine)
    with pytest.raises(SchemaError):
        extractor.extract(TEXT, schema=object(), engine=mine)
    assert (mine.asked, opened()) == ([], [])


def test_close_without_anything_open_is_harmless() -> None:
    extractor.close()
    assert opened() == []


def test_the_names_of_the_package_are_there() -> None:
    assert all(getattr(extractor, name) is not None for name in extractor.__all__)
    assert dir(extractor) == sorted(extractor.__all__)
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = extractor.no_such_name


# --- what must not hang --------------------------------------------------------------------------------------

NO_MODEL = f"""
import multiprocessing
from pydantic import BaseModel
from extractor import ExtractError, extract
from extractor.types import Completion, Usage

class Paper(BaseModel):
    title: str

class Mine:
    id, modes = "mine", ("grammar",)

    async def generate(self, request):
        self.before()
        return Completion('{{"title": "x"}}', "stop", Usage())

    def before(self):
        pass

class Nested(Mine):
    def before(self):
        extract({TEXT!r}, schema=Paper, engine=Mine())

def ask(engine):
    try:
        return extract({TEXT!r}, schema=Paper, engine=engine).ok
    except (ExtractError, RuntimeError):
        return "told"
"""


INTERRUPTED = """
import asyncio, signal, threading, time
from extractor import choose, choose_many

class Slow(Mine):
    def __init__(self):
        self.told, self.ended = "goes on", threading.Event()

    async def generate(self, request):
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            self.told = "stopped"
            raise
        finally:
            self.ended.set()

def weigh(grams: int) -> None:
    pass

slow = Slow()
try:
    %s
except KeyboardInterrupt:
    slow.ended.wait(5)
    print(slow.told)
"""


def outcome(folder: Path, code: str) -> str:
    try:
        return run_script(folder, NO_MODEL + code, seconds=20).stdout.strip()
    except subprocess.TimeoutExpired:
        return "hangs"


def test_an_engine_that_calls_the_library_itself_does_not_hang(tmp_path: Path) -> None:
    """The inner call would wait for the loop that it is running on; it may work, or say that it cannot."""
    assert outcome(tmp_path, "print(ask(Nested()))") in ("True", "told")


def test_a_forked_process_does_not_hang(tmp_path: Path) -> None:
    """A pool of workers is forked by default on Linux before Python 3.14; threads are not copied."""
    code = """
print(ask(Mine()))
with multiprocessing.get_context("fork").Pool(1) as pool:
    print(pool.apply_async(ask, (Mine(),)).get(10))
"""
    assert outcome(tmp_path, code).split() in (["True", "True"], ["True", "told"])


@pytest.mark.parametrize(
    "call", ["ask(slow)", "choose('2 g', weigh, engine=slow)", "choose_many('2 g', weigh, engine=slow)"]
)
def test_who_is_interrupted_stops_their_request(tmp_path: Path, call: str) -> None:
    """Ctrl-C is of the thread that waits, and the request of another one: left alone it would be paid for."""
    assert outcome(tmp_path, INTERRUPTED % call) == "stopped"
