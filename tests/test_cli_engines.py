"""The command line with engines that are no weights of this machine: checks, prompts, and flags that mean nothing."""

from __future__ import annotations

import json
import re
import subprocess
import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from server import Behaviour, Stub, answer, by_body, fail, reply
from test_cli import BRIDGE, COMMAND, ROAD, extract, surroundings, write_files
from test_cli_faults import assert_fault

CODE = '{"code": "k7-violet-31"}'
FIRST_LINE = Path(__file__).parents[1] / "examples" / "first_line.py"


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A folder with two texts and a script."""
    script = "".join(json.dumps({"text": {"title": title}}) + "\n" for title in "ab")
    return write_files(tmp_path, {"bridge.txt": BRIDGE, "road.md": ROAD, "script.jsonl": script})


# --- models check --------------------------------------------------------------------------------------------


def by_mode(json_schema: Behaviour, tools: Behaviour) -> Behaviour:
    def choose(body: dict[str, object]) -> Behaviour:
        return json_schema if "response_format" in body else tools if "tools" in body else reply(answer("one two"))

    return by_body(choose)


def test_check_tells_of_each_mode_whether_it_works(here: Path, stub: Stub) -> None:
    stub.behave = by_mode(reply(answer(CODE)), fail(400, "no tools here"))
    done = extract("models", "check", f"{stub.url}#m", cwd=here)
    assert (done.code, done.err) == (0, "")
    head, context, speed, *modes = done.out.splitlines()
    assert head == f"{stub.url.removeprefix('http://')}#m: other"
    assert context.split() == ["context", "not", "told"]
    assert re.fullmatch(r"  speed        [\d.]+ tokens/s written, first answer after [\d.]+ s", speed)
    assert modes[0].split() == ["grammar", "is", "ignored"]
    assert modes[1].split() == ["json_schema", "works"]
    assert modes[2].startswith("  tools        is rejected (")
    assert "no tools here" in modes[2]
    assert modes[3:] == ["  prompt       gives text, not the JSON that it was asked for"]


def test_check_tells_what_auto_does_not_try(here: Path, stub: Stub) -> None:
    stub.behave = reply(answer(CODE))
    done = extract("models", "check", f"{stub.url}#m", cwd=here)
    assert "  grammar      works, but --mode auto does not try it here: --mode grammar\n" in done.out
    assert "  json_schema  works\n" in done.out


@pytest.mark.slow
def test_check_waits_no_longer_than_told_and_prints_each_line_when_it_is_known(here: Path, stub: Stub) -> None:
    is_read, in_time = threading.Event(), []

    def tools(handler: BaseHTTPRequestHandler) -> None:
        in_time.append(is_read.wait(5))
        reply(answer(CODE))(handler)

    stub.behave = by_mode(lambda _: stub.stopped.wait(60), tools)
    command = [*COMMAND, "models", "check", f"{stub.url}#m", "--timeout", "1"]
    with subprocess.Popen(command, cwd=here, env=surroundings(), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = [process.stdout.readline() for _ in range(5)][-1]
        is_read.set()
        process.stdout.read()
    assert line.startswith("  json_schema  was not answered (")
    assert "no answer within " in line
    assert in_time == [True]
    assert process.returncode == 0


@pytest.mark.slow
def test_check_waits_no_longer_for_all_tries_than_told(here: Path, stub: Stub) -> None:
    stub.behave = lambda _: stub.stopped.wait(60)
    done = extract("models", "check", f"{stub.url}#m", "--total-timeout", "1", cwd=here)
    assert done.code == 3
    told = r"no answer within 1 s \(1 try in [1-9](\.\d)? s\)\nhint: raise --total-timeout to wait longer\n"
    assert re.search(told, done.err)


def test_check_of_an_own_engine(here: Path) -> None:
    done = extract("models", "check", f"{FIRST_LINE}:FirstLine", "--json", cwd=here)
    assert (done.code, done.err) == (0, "")
    found = json.loads(done.out)
    assert (found["engine"], found["server"], found["modes"]) == ("mine:first-line", "in this process", {"prompt": ""})


OWN = """
import asyncio
from first_line import FirstLine

class Unclosed(FirstLine):
    async def aclose(self):
        raise ValueError("cannot close")

class Gone(FirstLine):
    async def generate(self, request):
        raise asyncio.CancelledError
"""


def test_an_own_engine_that_cannot_be_closed_leaves_its_answer(here: Path) -> None:
    write_files(here, {"own.py": OWN, "first_line.py": FIRST_LINE.read_text()})
    done = extract("run", "bridge.txt", "-s", "title str", "-m", "own.py:Unclosed", "-o", "out.json", cwd=here)
    assert (done.code, done.out) == (0, "")
    note = "while it was closed: mine:first-line itself failed: ValueError: cannot close"
    assert done.err.splitlines() == [f"note: {note}"]
    assert list(json.loads((here / "out.json").read_text())) == ["title"]


@pytest.mark.slow
@pytest.mark.parametrize("command", [("models", "check"), ("run", "bridge.txt", "-s", "title str", "-m")])
def test_an_own_engine_that_cancels_itself_is_told(here: Path, command: tuple[str, ...]) -> None:
    write_files(here, {"own.py": OWN, "first_line.py": FIRST_LINE.read_text()})
    done = extract(*command, "own.py:Gone", cwd=here)
    assert done.code == 3
    assert done.err.splitlines()[-1].endswith("mine:first-line itself failed: CancelledError")
    assert "Traceback" not in done.err


def test_check_of_a_script_is_refused(here: Path) -> None:
    done = extract("models", "check", "replay:script.jsonl", cwd=here)
    assert_fault(done, 2, "replay:script.jsonl is a script", "extract run")


@pytest.mark.parametrize(
    ("arguments", "error", "hint"),
    [
        (("serve", "-m", "openai:x"), "'openai:x' names no weights", "the path of a .gguf file"),
        (("serve", "--status", "--stop"), "--status and --stop: one of the two", "--stop"),
        (("models", "pull", "smollm"), "'smollm' names no weights", "did you mean smollm2-135m?"),
    ],
)
def test_commands_for_weights_alone(here: Path, arguments: tuple[str, ...], error: str, hint: str) -> None:
    assert_fault(extract(*arguments, cwd=here), 2, error, hint)


# --- prompt --------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("flags", "modes", "sent"),
    [
        (("-m", "openai:x"), ["json_schema", "tools", "prompt"], []),
        (("-m", "http://192.0.2.1/v1#m"), ["grammar", "json_schema", "tools", "prompt"], []),
        (("-m", "m", "--base-url", "http://192.0.2.1/v1"), ["grammar", "json_schema", "tools", "prompt"], []),
        (("-m", "openai:x", "--mode", "json_schema"), ["json_schema"], ["schema"]),
        (("-m", "openai:x", "--mode", "tools"), ["tools"], ["schema"]),
        (("-m", "openai:x", "--mode", "prompt"), ["prompt"], []),
        (("-m", "http://192.0.2.1/v1#m", "--mode", "grammar"), ["grammar"], ["grammar"]),
        (("-m", "vllm:m", "--mode", "grammar"), ["grammar"], ["schema"]),
        (("-m", "replay:script.jsonl"), ["grammar"], ["grammar"]),
        (("-m", f"{FIRST_LINE}:FirstLine"), ["prompt"], []),
    ],
)
def test_prompt_shows_what_goes_with_a_mode_and_asks_nobody(
    here: Path, flags: tuple[str, ...], modes: list[str], sent: list[str]
) -> None:
    done = extract("prompt", "bridge.txt", "-s", "title, note?", *flags, cwd=here)
    assert (done.code, done.err) == (0, "")
    titles = re.findall(r"^--- (\w+)$", done.out, flags=re.MULTILINE)
    assert titles == ["system", "user", "mode", *sent, "tokens"]
    listed = ", ".join(modes)
    assert f"--- mode\n{listed if len(modes) == 1 else f'the first of {listed} that the endpoint honours'}" in done.out
    assert re.search(r"--- tokens\nabout \d+, by estimate\n\Z", done.out)


@pytest.mark.slow
def test_prompt_leaves_out_a_mode_that_cannot_say_the_schema(here: Path) -> None:
    many = {"type": "object", "properties": {f"p{number}": {"type": "null"} for number in range(6_000)}}
    write_files(here, {"many.json": json.dumps({"type": "array", "items": many})})
    done = extract("prompt", "bridge.txt", "-s", "many.json", "-m", "openai:x", "--json", cwd=here)
    prompt = json.loads(done.out)
    assert (prompt["mode"], prompt["modes"]) == ("prompt", ["prompt"])
    assert (prompt["grammar"], prompt["json_schema"], prompt["input_tokens"]) == (None, None, None)


# --- budgets -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tokens", "done", "first"), [(1, "1 of the documents is", "road.md"), (2, "2 of the documents are", "third.txt")]
)
def test_a_spent_budget_tells_where_it_ended(here: Path, tokens: int, done: str, first: str) -> None:
    write_files(here, {"third.txt": BRIDGE})
    words = ("bridge.txt", "road.md", "third.txt", "-s", "title str", "-m", f"{FIRST_LINE}:FirstLine")
    ended = extract("run", *words, "--slots", "1", "--max-output-tokens", str(tokens), cwd=here)
    told = f"--max-output-tokens {tokens}: {tokens} are written; {done} done, the first that is not: {first}\n"
    assert (ended.code, len(ended.lines)) == (3, tokens)
    assert told in ended.err


# --- flags that mean nothing ---------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("flags", "notes"),
    [
        (("--threads", "2", "--slots", "4"), ["--threads, --slots: ignored, replay:script.jsonl has no use for that"]),
        (("--total-timeout", "9"), ["--total-timeout: ignored, replay:script.jsonl has no use for that"]),
        (("--base-url", "http://h/v1"), ["--base-url: ignored, replay:script.jsonl has no use for that"]),
        (("-m", f"{FIRST_LINE}:FirstLine", "--base-url", "http://h/v1"), ["--base-url: ignored, mine:first-line has"]),
        (("--slots", "1", "--timeout", "9"), []),
        (("--context", "900", "-q"), []),
        (("road.md", "--stream"), ["--stream shows a single record"]),
    ],
)
def test_flags_that_an_engine_has_no_use_for(here: Path, flags: tuple[str, ...], notes: list[str]) -> None:
    done = extract("run", "bridge.txt", "-s", "title str", "-m", "replay:script.jsonl", *flags, cwd=here)
    assert done.code == 0
    told = done.err.splitlines()
    assert len(told) == len(notes)
    assert all(line.startswith(f"note: {note}") for line, note in zip(told, notes, strict=True))


def test_a_default_for_other_engines_is_not_told(here: Path) -> None:
    write_files(here, {"extract.toml": 'threads = 2\n[run]\nmodel = "replay:script.jsonl"\nslots = 4\n'})
    env = {"EXTRACT_NO_CONFIG": "0", "EXTRACT_CONTEXT": "900"}
    done = extract("run", "bridge.txt", "-s", "title str", cwd=here, env=env)
    assert (done.code, done.err) == (0, "")
