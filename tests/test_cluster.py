"""A real cluster of Ray with several nodes, all on this machine: what is asked where, and what when one dies."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("ray")

from ray.cluster_utils import Cluster as Machines

from extractor import schema
from extractor.cluster import Cluster, Job, open_cluster
from extractor.engines import Access
from extractor.errors import EngineError, EngineUnavailable, SchemaError, UsageError
from extractor.options import Options
from extractor.recipes import OfSchema, OfTools
from extractor.types import Document, Extraction

pytestmark = pytest.mark.filterwarnings("ignore")

ENGINE = """
import asyncio
import os
import re
import signal
from pathlib import Path

import replies
from extractor.types import Completion, Usage


class Echo:
    id = "own:echo"
    modes = ("prompt",)
    slots = 3

    async def generate(self, request):
        word = re.findall(r"the word is (\\w+)", request.messages[-1].content)[-1]
        if word.startswith("killer"):
            await asyncio.sleep(0.1)
            os.kill(os.getpid(), signal.SIGKILL)
        if word.startswith("slow"):
            with Path(__file__).with_name("begun").open("a") as file:
                file.write(word + "\\n")
            await asyncio.sleep(1)
        if word.startswith("late"):
            await asyncio.sleep(600)
        return Completion(replies.written(word, os.getpid()), "stop", Usage(1, 0, 1))


class Denied(Echo):
    async def generate(self, request):
        from extractor.errors import EngineDenied

        raise EngineDenied("echo: 401: no key", status=401)


def broken():
    raise ValueError("no weights here")
"""
REPLIES = """
import json


def written(word, pid):
    return json.dumps({"word": word, "pid": pid, "node": "x"})
"""
SCHEMA = """
from pydantic import BaseModel
from shared import Word


class Found(BaseModel):
    word: Word
    pid: int
"""
TOOLS = """
from shared import Word


def note(word: Word, pid: int):
    raise AssertionError("nothing is run")
"""
CALL = """
import json


def written(word, pid):
    return json.dumps({"tool": "note", "arguments": {"word": word, "pid": pid}})
"""
SMALL = {"object_store_memory": 80_000_000}


@pytest.fixture(scope="module")
def machines() -> Iterator[Machines]:
    """A head without cores; the tests add nodes."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    head = {"num_cpus": 0, "include_dashboard": False, "_system_config": {"health_check_period_ms": 500}, **SMALL}
    found = Machines(initialize_head=True, head_node_args=head)  # asked that often, dead nodes are seen as such soon
    yield found
    found.shutdown()


@pytest.fixture
def add(machines: Machines, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Any]]:
    """Adds a node of one core, for this test."""
    monkeypatch.setenv("RAY_ADDRESS", machines.address)
    before = set(machines.worker_nodes)
    yield lambda: machines.add_node(num_cpus=1, **SMALL)
    for node in set(machines.worker_nodes) - before:
        machines.remove_node(node, allow_graceful=False)


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """A schema in a file, and an engine in another one, each with a neighbour that it imports."""
    for name, text in {"echo.py": ENGINE, "replies.py": REPLIES}.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "found.py").write_text(SCHEMA)
    (tmp_path / "schemas" / "shared.py").write_text("Word = str\n")
    spec = str(tmp_path / "schemas" / "found.py")
    return Job(schema.load(spec), OfSchema(spec), f"{tmp_path / 'echo.py'}:Echo", options=Options(retries=0))


def document(word: str) -> Document:
    return Document(f"{word}.txt", f"In this text the word is {word}.")


async def ask_all(cluster: Cluster, words: list[str]) -> list[Extraction]:
    return list(await asyncio.gather(*(cluster.ask(document(word)) for word in words)))


def run(job: Job, words: list[str], *, patience: float = 60.0) -> list[Extraction]:
    async def do() -> list[Extraction]:
        async with open_cluster("ray", job, patience=patience) as cluster:
            return await ask_all(cluster, words)

    return asyncio.run(do())


@contextmanager
def is_told() -> Iterator[tuple[list[str], Access]]:
    told: list[str] = []
    yield told, Access(on_note=told.append)


async def grown(cluster: Cluster, slots: int) -> None:
    async with asyncio.timeout(60):
        while cluster.slots < slots:  # noqa: ASYNC110  # how a batch sees it, too
            await asyncio.sleep(0.1)


def is_gone(pid: int, seconds: float = 20) -> bool:
    """Whether a process ends in time."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False


def pids(records: list[Extraction]) -> set[int]:
    return {record.data["pid"] for record in records if record.data}


def test_documents_are_spread_over_the_nodes_and_each_gets_its_own_record(add: Any, job: Job) -> None:
    add(), add()

    async def do() -> tuple[list[Extraction], int]:
        async with open_cluster("ray", job) as cluster:
            assert cluster.slots == 1
            await cluster.ready()
            await grown(cluster, 6)
            return await ask_all(cluster, [f"word{n}" for n in range(40)]), cluster.slots

    records, slots = asyncio.run(do())
    assert [record.data["word"] for record in records] == [f"word{n}" for n in range(40)]
    assert [record.source for record in records] == [f"word{n}.txt" for n in range(40)]
    assert slots == 6
    assert len(pids(records)) == 2
    assert os.getpid() not in pids(records)
    assert all(record.instance is None for record in records)
    assert records[0].engine == "own:echo"
    assert records[0].spans["/word"].match == "exact"


def test_what_goes_wrong_with_one_document_is_its_record(add: Any, job: Job) -> None:
    add()

    async def do() -> list[Extraction]:
        async with open_cluster("ray", job) as cluster:
            odd = [Document("empty.txt", " "), Document("bug.txt", None), Document("none.txt", "no word at all")]  # type: ignore[arg-type]
            return list(await asyncio.gather(*map(cluster.ask, [*odd, document("fine")])))

    empty, bug, none, fine = asyncio.run(do())
    assert empty.errors[0].kind == "SourceError"
    assert bug.errors[0].kind == "AttributeError"
    assert none.errors[0].kind == "EngineUnavailable"
    assert "IndexError" in none.errors[0].message
    assert fine.data["word"] == "fine"


def test_a_document_that_always_kills_its_worker_is_given_up_and_its_neighbours_are_not(add: Any, job: Job) -> None:
    add()
    records = run(job, ["killer", *(f"slow{n}" for n in range(5))])
    assert [record.ok for record in records] == [False, *(True,) * 5]
    problem = records[0].errors[0]
    assert problem.kind == "EngineUnavailable"
    assert "died 3 times with this document, the last time alone" in problem.message


def test_documents_of_a_worker_that_is_killed_are_asked_again(add: Any, job: Job) -> None:
    add()
    with is_told() as (told, access):

        async def do() -> list[Extraction]:
            async with open_cluster("ray", replace(job, access=access)) as cluster:
                first = await cluster.ask(document("first"))
                others = asyncio.ensure_future(ask_all(cluster, ["slow1", "slow2", "after1", "after2"]))
                await asyncio.sleep(0.3)
                os.kill(first.data["pid"], signal.SIGKILL)
                return [first, *await others]

        records = asyncio.run(do())
    assert [record.data["word"] for record in records] == ["first", "slow1", "slow2", "after1", "after2"]
    assert len(pids(records)) == 2
    assert any("its worker is lost" in note for note in told)


def test_documents_of_a_node_that_dies_are_asked_on_another_one(
    add: Any, machines: Machines, job: Job, capfd: pytest.CaptureFixture[str]
) -> None:
    nodes = [add(), add()]

    async def do() -> list[Extraction]:
        async with open_cluster("ray", job) as cluster:
            await cluster.ready()
            await grown(cluster, 6)
            under_way = asyncio.ensure_future(ask_all(cluster, [f"slow{n}" for n in range(12)]))
            await asyncio.sleep(0.5)
            await asyncio.to_thread(machines.remove_node, nodes[0], allow_graceful=False)
            return await under_way

    records = asyncio.run(do())
    assert [record.data["word"] for record in records] == [f"slow{n}" for n in range(12)]
    assert not capfd.readouterr().out  # Ray's word on it: stdout is data


def test_a_node_that_joins_gets_work_and_when_all_are_gone_the_run_ends(add: Any, machines: Machines, job: Job) -> None:
    first = add()

    async def do() -> set[int]:
        async with open_cluster("ray", job, patience=20) as cluster:
            await cluster.ready()
            assert cluster.slots == 3
            second = add()  # not in a thread: it sets a handler of signals
            await grown(cluster, 6)
            found = pids(await ask_all(cluster, [f"slow{n}" for n in range(6)]))
            under_way = asyncio.ensure_future(ask_all(cluster, ["late1", "late2"]))
            await asyncio.sleep(0.5)
            for node in (first, second):
                await asyncio.to_thread(machines.remove_node, node, allow_graceful=False)
            with pytest.raises(EngineUnavailable, match="no node with free cores for 20 s") as raised:
                await under_way
            assert raised.value.exit_code == 3
            return found

    assert len(asyncio.run(do())) == 2


def test_without_any_node_the_run_ends_after_some_patience(add: Any, job: Job) -> None:
    with pytest.raises(EngineUnavailable, match="no node with free cores for 1 s"):
        run(job, ["word"], patience=1)


def test_errors_of_opening_end_the_run_as_what_they_are(add: Any, job: Job, tmp_path: Path) -> None:
    add()
    echo = tmp_path / "echo.py"
    for model, kind, words in [
        (f"{echo}:broken", UsageError, "cannot be made: ValueError: no weights here"),
        (str(tmp_path / "none.gguf"), UsageError, "none.gguf"),
        (f"{echo}:Denied", EngineError, "echo: 401: no key"),
    ]:
        with pytest.raises(kind, match=words) as raised:
            run(replace(job, model=model), ["word"])
        assert raised.value.exit_code in (2, 3)
    assert "EXTRACT_API_KEY" in str(raised.value.hint)


def test_tools_of_a_file_go_along(add: Any, job: Job, tmp_path: Path) -> None:
    add()
    (tmp_path / "schemas" / "tools.py").write_text(TOOLS)
    (tmp_path / "replies.py").write_text(CALL)
    recipe = OfTools(str(tmp_path / "schemas" / "tools.py"))
    (record,) = run(replace(job, schema=recipe.load(), recipe=recipe), ["nail"])
    assert record.ok, record.errors
    assert record.data["tool"] == "note"
    assert record.data["arguments"]["word"] == "nail"


def test_another_schema_under_the_same_name_is_refused(add: Any, job: Job) -> None:
    add()
    other = replace(job, schema=replace(job.schema, digest="f" * 64))
    with pytest.raises(SchemaError, match="is Found@"):
        run(other, ["word"])


def test_a_cancelled_run_leaves_no_worker_and_the_cluster_runs_on(add: Any, job: Job) -> None:
    add()

    async def do() -> int:
        async with open_cluster("ray", job) as cluster:
            first = await cluster.ask(document("first"))
            asking = asyncio.ensure_future(cluster.ask(document("late")))
            await asyncio.sleep(0.3)
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking
            again = await ask_all(cluster, [f"word{n}" for n in range(9)])  # its place is free again
            assert pids([first]) == pids(again)
            return int(first.data["pid"])

    pid = asyncio.run(do())
    assert is_gone(pid)
    assert [record.data["word"] for record in run(job, ["again"])] == ["again"]


def test_large_documents_pass(add: Any, job: Job) -> None:
    add()

    async def do() -> Extraction:
        async with open_cluster("ray", job) as cluster:
            return await cluster.ask(Document("large.txt", "x " * 500_000 + "the word is large."))

    assert asyncio.run(do()).data["word"] == "large"


def test_a_replay_goes_along_and_one_worker_answers_in_order(add: Any, job: Job, tmp_path: Path) -> None:
    add(), add()
    script = tmp_path / "answers.jsonl"
    script.write_text("".join(f'{{"text": {{"word": "{word}", "pid": 1}}}}\n' for word in "abc"))

    async def do() -> list[Extraction]:
        async with open_cluster("ray", replace(job, model=f"replay:{script}")) as cluster:
            return [await cluster.ask(document(word)) for word in "abc"]

    assert [record.data["word"] for record in asyncio.run(do())] == ["a", "b", "c"]


def test_weights_answer_on_every_node(add: Any, job: Job) -> None:
    add()
    small = replace(
        job,
        schema=schema.load("title str"),
        recipe=None,
        model="smollm2-135m",
        options=Options(max_tokens=40, retries=0),
    )
    (record,) = run(small, ["harbour"])
    assert record.engine == "llama:smollm2-135m"
    assert record.mode == "grammar"
    assert record.usage.output_tokens


@pytest.mark.parametrize(
    "address", ["ray://", "ray:/head", "http://head:10001", "ray://head/path", "spark", "ray://h:x"]
)
def test_addresses_that_are_none(address: str, job: Job) -> None:
    with pytest.raises(UsageError, match="no cluster"):
        run_at(address, job)


def run_at(address: str, job: Job) -> None:
    async def do() -> None:
        async with open_cluster(address, job):
            pass

    asyncio.run(do())


ALONE = """
import asyncio, sys
from extractor import schema
from extractor.cluster import Job, open_cluster
from extractor.types import Document


async def main():
    job = Job(schema.load("word str, pid int"), None, sys.argv[1])
    async with open_cluster("ray", job) as cluster:
        record = await cluster.ask(Document("a", "the word is first"))
        print(record.data["pid"], flush=True)
        await cluster.ask(Document("a", "the word is late"))


asyncio.run(main())
"""


def test_a_cluster_of_our_own_ends_with_ctrl_c_and_only_data_is_printed(job: Job) -> None:
    environment = {**os.environ, "RAY_ADDRESS": "local"}
    command = [sys.executable, "-c", ALONE, job.model]
    done = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, text=True)
    assert done.stdout
    pid = int(done.stdout.readline())
    done.send_signal(signal.SIGINT)
    out, err = done.communicate(timeout=60)
    assert out == ""
    assert err.rstrip().endswith("KeyboardInterrupt")
    assert done.returncode == -signal.SIGINT
    assert is_gone(pid)
    assert not list(Path("/tmp").glob(f"extract-ray-{done.pid}-*"))  # noqa: S108
