"""A warm engine for real: `extract serve` in a process of its own, real weights, real signals. Needs /proc."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from test_cli import BRIDGE, COMMAND, KIND, surroundings
from test_cli import extract as run_command
from test_llama import (
    A_MOMENT,
    HOSTILE,
    NOTE,
    SMALL,
    ask_http,
    assert_note,
    children_of,
    free,
    is_running,
    note,
    read,
    run,
    seconds_used,
    wait_for,
)

import extractor
from extractor import models
from extractor.engines import LlamaEngine, Settings
from extractor.engines.llama.warm import Attached, Card, Place, Unfit, find_served, place_of, served
from extractor.errors import EngineError
from extractor.grammar import compile_schema
from extractor.types import Completion, Message, Request

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at processes through /proc")

SMOL = ("-m", "smollm2-135m")
SMOL_FILE = models.resolve("smollm2-135m").file
FLAGS = (*SMOL, "--slots", "2", "--threads", "1", "--context", "2048")
WAY = ("run", "a.txt", "-s", "kind.py", *SMOL, "--threads", "1", "-v")
LONG = Request((Message("user", "Tell a very long story about the sea."),), max_tokens=150)


@dataclasses.dataclass
class Served:
    """A running `extract serve`."""

    process: subprocess.Popen[bytes]
    child: int
    told: Path
    place: Place

    @property
    def card(self) -> Card:
        return self.place.read()

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(A_MOMENT)

    def has_left_nothing(self, home: Path) -> bool:
        """Neither a process nor a card, and no log."""
        gone = not is_running(self.child) and self.place.is_free()
        return gone and not self.place.card.exists() and list((home / "logs").iterdir()) == []


@pytest.fixture
def work(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a text and a schema, the current one."""
    monkeypatch.delenv("EXTRACT_SERVED", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.txt").write_text(BRIDGE)
    (tmp_path / "kind.py").write_text(KIND)
    return tmp_path


Start = Callable[..., Served]


@pytest.fixture
def start(work: Path) -> Iterator[Start]:
    """Start a server and wait until it is ready; what still runs at the end of the test is ended."""
    with starting(work) as begin:
        yield begin


@contextmanager
def starting(work: Path) -> Iterator[Start]:
    begun: list[subprocess.Popen[bytes]] = []

    def begin(*flags: str) -> Served:
        told = work / f"told-{len(begun)}"
        begun.append(launch(told, *(flags or FLAGS)))
        process = begun[-1]
        wait_for(lambda: ready(process.pid) or process.poll() is not None, 60)
        assert process.poll() is None, told.read_text()
        (place,) = ready(process.pid)
        (child,) = children_of(process.pid)
        return Served(process, child, told, place)

    try:
        yield begin
    finally:
        for process in begun:
            process.kill()
            process.wait()
        wait_for(lambda: not served(), A_MOMENT)


def ready(pid: int) -> list[Place]:
    return [place for place in served() if place.pid == pid and place.card.exists()]


def launch(told: Path, *flags: str) -> subprocess.Popen[bytes]:
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # under nohup it is ignored, which children inherit
    try:
        with told.open("wb") as file:
            return subprocess.Popen([*COMMAND, "serve", *flags], env=surroundings(), stdout=file, stderr=file)
    finally:
        signal.signal(signal.SIGHUP, before)


def watched(*arguments: str, env: dict[str, str] | None = None) -> tuple[int, bytes, bytes, bool]:
    """Exit status, output and messages of a command, and whether it had a llama.cpp of its own at any time."""
    with subprocess.Popen(
        [*COMMAND, *arguments],
        env=surroundings(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        seen = False
        while process.poll() is None:
            seen = seen or bool(children_of(process.pid))
            time.sleep(0.1)  # the weights alone take longer to load
        out, err = process.communicate()
    return process.returncode, out, err, seen


# --- it is found and used ------------------------------------------------------------------------------------


def test_run_uses_it_and_says_the_same(start: Start) -> None:
    now = start()
    warm, cold = watched(*WAY), watched(*WAY, env={"EXTRACT_SERVED": "0"})
    assert (warm[0], cold[0]) == (0, 0), (warm, cold)
    assert warm[1] == cold[1]
    assert json.loads(warm[1])["kind"] in ("bridge", "road")
    assert (warm[3], cold[3]) == (False, True), "who had a llama.cpp of its own"
    assert f"note: using the engine that `extract serve` keeps warm (pid {now.process.pid})" in warm[2].decode()
    assert b"warm" not in cold[2]
    assert children_of(now.process.pid) == [now.child]
    code, out, err, alone = watched("prompt", "a.txt", "-s", "kind.py", *SMOL, "--json")
    assert (code, alone) == (0, False), err
    assert json.loads(out)["input_tokens"] > 20


@pytest.mark.slow
def test_the_library_uses_it_and_closing_does_not_end_it(start: Start) -> None:
    now = start()
    for _ in range(2):
        record = extractor.extract(BRIDGE, "kind: bridge|road, city", model="smollm2-135m")
        assert record.errors == ()
        assert children_of(os.getpid()) == []
        extractor.close()
    assert is_running(now.child)
    assert now.end() == 0


@pytest.mark.slow
def test_clients_at_the_same_time(start: Start) -> None:
    start()

    async def several(_: LlamaEngine) -> None:
        engines = [LlamaEngine(models.resolve("smollm2-135m"), SMALL) for _ in range(4)]
        try:
            for record in await asyncio.gather(*map(note, engines)):
                assert_note(record)
            assert all(isinstance(engine._child, Attached) for engine in engines)
            assert children_of(os.getpid()) == []
        finally:
            for engine in engines:
                await engine.aclose()

    run(several)


def test_the_window_and_a_link_to_the_weights(start: Start, work: Path, smollm2: Path) -> None:
    start()
    link = work / "link.gguf"
    link.symlink_to(smollm2)

    def slots(asked: int | None) -> int:
        engine = LlamaEngine(models.resolve(str(link)), Settings(asked))
        engine.prepare()
        assert isinstance(engine._child, Attached)
        return engine.slots

    assert [slots(None), slots(1), slots(2)] == [2, 1, 2]


# --- who may ask ---------------------------------------------------------------------------------------------


def test_nobody_is_served_without_the_key_and_it_is_seen_nowhere(start: Start, home: Path) -> None:
    now = start(*FLAGS, "-v")
    card = now.card
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (home / "served", now.place.card, now.place.lock)]
    assert modes == [0o700, 0o600, 0o600]
    chat = ("POST", "/v1/chat/completions")
    assert card.url.startswith("http://127.0.0.1:")
    assert [ask_http(card.url, *chat, Authorization=f"Bearer {key}")[0] for key in ("x", card.key)] == [401, 200]
    assert ask_http(card.url, *chat)[0] == 401
    seen = [read(pid, name) for pid in (now.process.pid, now.child) for name in ("cmdline", "environ")]
    seen += [now.told.read_bytes(), *(log.read_bytes() for log in (home / "logs").iterdir()), repr(card).encode()]
    assert all(seen)
    assert not any(card.key.encode() in text for text in seen)


def widen(place: Place) -> Path:
    place.card.chmod(0o640)
    return place.card


def widen_folder(place: Place) -> Path:
    place.card.parent.chmod(0o711)
    return place.card.parent


def widen_lock(place: Place) -> Path:
    place.lock.chmod(0o602)
    return place.lock


def link(place: Place) -> Path:
    place.card.rename(place.card.with_suffix(".moved"))
    place.card.symlink_to(place.card.with_suffix(".moved"))
    return place.card


def make_pipe(place: Place) -> Path:
    place.card.unlink()
    os.mkfifo(place.card, 0o600)
    return place.card


def give_away(place: Place) -> Path:
    os.chown(place.card, 12345, -1)
    return place.card


def test_a_card_that_is_not_ours_alone_is_not_used(start: Start, home: Path) -> None:
    place, weights = start().place, home / "models" / SMOL_FILE
    card = place.read()
    for spoil in (widen, widen_folder, widen_lock, link, make_pipe, *(() if os.geteuid() else (give_away,))):
        assert find_served(weights, Settings())[0] is not None
        path = spoil(place)
        server, told = find_served(weights, Settings())
        assert server is None, spoil
        assert str(path) in (told or ""), spoil
        place.card.parent.chmod(0o700)
        place.lock.chmod(0o600)
        place.publish(card)


def test_serve_refuses_a_folder_that_others_see(work: Path, home: Path) -> None:
    (home / "served").mkdir(mode=0o755)
    done = run_command("serve", *FLAGS, cwd=work)
    assert (done.code, done.out) == (1, "")
    assert f"{home / 'served'}: is not yours alone" in done.err


# --- what does not fit ---------------------------------------------------------------------------------------


@pytest.mark.slow
def test_settings_that_it_does_not_have(start: Start, home: Path) -> None:
    now = start()
    weights = home / "models" / SMOL_FILE

    def told(**asked: int) -> str | None:
        server, words = find_served(weights, Settings(**asked))
        assert words is not None
        assert (server is None) == words.startswith(f"not using the engine that `extract serve` keeps warm (pid {pid}")
        return words.partition("): ")[2]

    pid = now.process.pid
    assert told(context=1024) == "it has context 2048, not 1024"
    assert told(threads=2, gpu_layers=0) == "it has threads 1, not 2, gpu_layers -1, not 0"
    assert told(slots=3) == "it has slots 2, not 3"
    assert [told(slots=1), told(slots=2, threads=1, context=2048), told()] == ["", "", ""]
    code, _, err, alone = watched(*WAY, "--context", "1024")
    assert (code, alone) == (0, True)
    assert "it has context 2048, not 1024" in err.decode()


def test_cards_of_other_versions_and_weights(start: Start, home: Path) -> None:
    place = start().place
    card = place.read()
    for change, told in {
        ("version", "0.0.0"): "is of version 0.0.0",
        ("mtime_ns", 1): "the weights have changed",
        ("size", 1): "the weights have changed",
        ("more", 1): "cannot be read",
    }.items():
        place.card.write_text(json.dumps(dataclasses.asdict(card) | dict([change])))
        server, words = find_served(home / "models" / SMOL_FILE, Settings())
        assert server is None
        assert told in (words or "")


@pytest.mark.parametrize("text", ["", "[]", "7", "{}", "\x00\xff"])
def test_what_is_no_card(text: str, home: Path) -> None:
    place = place_of(home / "models" / SMOL_FILE)
    with place.claimed():
        place.card.touch(0o600)
        place.card.write_text(text)
        with pytest.raises(Unfit, match="cannot be read"):
            place.read()


# --- its end -------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("name", ["SIGINT", "SIGHUP"])  # SIGTERM below
def test_a_signal_ends_it(name: str, start: Start, home: Path) -> None:
    now = start()
    assert now.end(signal.Signals[name]) == 130
    assert now.has_left_nothing(home)
    assert now.told.read_text().splitlines() == [
        "serving smollm2-135m on 127.0.0.1, 2 slots; ends after 15 min without use; Ctrl-C ends it",
        "error: interrupted",
    ]


@pytest.mark.slow
def test_it_ends_when_nobody_uses_it(start: Start, home: Path) -> None:
    now = start(*FLAGS, "--idle-timeout", "1.5")
    wait_for(lambda: "ends after 1.5 s without use" in now.told.read_text(), A_MOMENT)
    before = seconds_used(now.process.pid)
    run(note)
    assert now.process.poll() is None
    used, began = seconds_used(now.process.pid), time.monotonic()
    assert now.process.wait(A_MOMENT) == 0
    assert 1.0 < time.monotonic() - began < 1.5 + 3
    assert used - before < 0.3, "it sleeps"
    assert now.has_left_nothing(home)


@pytest.mark.slow
def test_in_use_is_not_idle(start: Start) -> None:
    now = start(*FLAGS, "--idle-timeout", "0.3")

    async def tell(engine: LlamaEngine) -> float:
        began = time.monotonic()
        await engine.generate(LONG)
        assert isinstance(engine._child, Attached)
        return time.monotonic() - began

    assert run(tell) > 0.9, "too fast: this has shown nothing"
    assert now.process.wait(A_MOMENT) == 0


TELL = """
import asyncio
from extractor.engines import open_engine
from extractor.types import Message, Request
story = Request((Message("user", "Tell a very long story about the sea."),), max_tokens=1900)
asyncio.run(open_engine("smollm2-135m").generate(story))
"""


@pytest.mark.slow
def test_a_client_that_is_killed_holds_nothing(start: Start) -> None:
    now = start(*FLAGS, "--idle-timeout", "5")  # the client has to be there before
    with subprocess.Popen([sys.executable, "-P", "-c", TELL], env=surroundings()) as client:
        idle = seconds_used(now.child)
        wait_for(lambda: seconds_used(now.child) > idle + 1.5)
        assert now.process.poll() is None
        client.kill()
    assert now.process.wait(A_MOMENT) == 0


@pytest.mark.slow
@pytest.mark.parametrize("who", ["serve", "llama.cpp"])
def test_it_is_killed_in_mid_request(who: str, start: Start) -> None:
    now = start()

    async def kill() -> None:
        idle = seconds_used(now.child)
        while seconds_used(now.child) < idle + 0.2:  # noqa: ASYNC110  # a process tells nobody
            await asyncio.sleep(0.01)
        os.kill(now.process.pid if who == "serve" else now.child, signal.SIGKILL)

    async def both(engine: LlamaEngine) -> None:
        first, second, _ = await asyncio.gather(note(engine), note(engine), kill())
        assert_note(first)
        assert_note(second)
        assert len(children_of(os.getpid())) == 1, "goes on with one of its own"

    run(both)
    assert now.process.wait(A_MOMENT) == (-signal.SIGKILL if who == "serve" else 3)
    assert who == "serve" or "error: llama.cpp ended by signal SIGKILL" in now.told.read_text()
    wait_for(lambda: not is_running(now.child), A_MOMENT)


@pytest.mark.slow
def test_it_ends_between_two_requests(start: Start) -> None:
    now = start()

    async def both(engine: LlamaEngine) -> None:
        assert_note(await note(engine))
        assert now.end() == 0
        assert_note(await note(engine))
        assert len(children_of(os.getpid())) == 1

    run(both)


@pytest.mark.slow
def test_the_card_of_a_killed_server_is_stale(start: Start) -> None:
    now = start()
    now.process.kill()
    wait_for(lambda: not is_running(now.child), A_MOMENT)
    assert now.place.card.exists()
    now.place.lock.write_text(str(os.getpid()))  # as where its process id is somebody else's by now
    code, _, err, alone = watched(*WAY)
    assert (code, alone) == (0, True)
    assert b"warm" not in err
    assert not now.place.card.exists()
    stopped = run_command("serve", "--stop", cwd=Path())
    assert (stopped.code, stopped.out, stopped.err) == (0, "", "")
    start()


# --- several servers -----------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_second_one_is_refused_and_names_the_first(start: Start, work: Path) -> None:
    now = start()
    done = run_command("serve", *FLAGS, cwd=work)
    assert (done.code, done.out) == (2, "")
    assert f"served already (pid {now.process.pid})" in done.err
    assert "hint: " in done.err
    assert is_running(now.child)


@pytest.mark.slow
def test_of_two_that_start_together_one_serves(work: Path) -> None:
    both = [launch(work / f"{number}", *FLAGS, "--idle-timeout", "1") for number in range(2)]
    assert sorted(process.wait(60) for process in both) == [0, 2]


@pytest.mark.slow
def test_status_and_stop(start: Start, work: Path, smollm2: Path, home: Path) -> None:
    other = work / "other.gguf"
    shutil.copy(smollm2, other)
    first, second = start(), start("-m", str(other), "--slots", "1", "--context", "512", "-q")
    assert second.told.read_bytes() == b""
    listed = run_command("serve", "--status", cwd=work)
    assert listed.code == 0
    assert sorted(line.split(", idle")[0].split() for line in listed.out.splitlines()) == [
        ["other", "pid", f"{second.process.pid},", "1", "slot"],
        ["smollm2-135m", "pid", f"{first.process.pid},", "2", "slots"],
    ]
    assert all(0 <= int(line.split()[-2]) < 60 for line in listed.out.splitlines())
    first.process.send_signal(signal.SIGSTOP)
    assert os.getpgid(first.child) == first.child, "Ctrl-Z does not reach it"
    run(note)
    stopped = run_command("serve", "--stop", cwd=work)
    assert stopped.code == 0
    assert sorted(stopped.out.split()) == sorted(["ended", "ended", str(first.process.pid), str(second.process.pid)])
    assert {first.process.wait(A_MOMENT), second.process.wait(A_MOMENT)} == {0}
    assert first.told.read_text().splitlines()[1:] == ["ended by SIGTERM, as `extract serve --stop` sends it"]
    assert second.told.read_bytes() == b""
    assert first.has_left_nothing(home)
    assert second.has_left_nothing(home)
    assert run_command("serve", "--status", cwd=work).out == ""


def test_one_that_loads_is_listed_and_stopped(work: Path) -> None:
    process = launch(work / "told", *FLAGS)
    (place,) = wait_for(served)
    assert run_command("serve", "--stop", cwd=work).out == f"ended {process.pid}\n"
    assert process.wait(A_MOMENT) == 0
    assert place.is_free()


def test_weights_that_cannot_be_loaded(work: Path, smollm2: Path, home: Path) -> None:
    bad = work / "bad.gguf"
    bad.write_bytes(smollm2.read_bytes()[:1_000_000])
    done = run_command("serve", "-m", bad, cwd=work)
    assert (done.code, done.out) == (3, "")
    (log,) = (home / "logs").iterdir()
    assert str(log) in done.err
    assert served() == []


# --- grammars that llama.cpp drops ---------------------------------------------------------------------------


@pytest.mark.slow
def test_a_dropped_grammar_gives_no_answer_and_costs_no_other_client(start: Start) -> None:
    """The log does not say whose it was; who cannot tell asks again alone, in a llama.cpp of its own."""
    start()

    async def together(good: LlamaEngine) -> None:
        bad = LlamaEngine(good.weights, SMALL)
        request = free(compile_schema(NOTE).text)
        try:
            answer, *wrong = await asyncio.gather(
                good.generate(request), *(bad.generate(free(HOSTILE["not"])) for _ in range(2)), return_exceptions=True
            )
        finally:
            await bad.aclose()
        assert isinstance(answer, Completion)
        assert answer.text.startswith('{"title": "')
        assert [type(each) for each in wrong] == [EngineError, EngineError]
        assert all("does not apply the grammar" in str(each) for each in wrong)

    run(together)


@pytest.mark.slow
def test_the_log_of_the_server_is_read_after_each_answer(start: Start) -> None:
    start()

    async def ask(engine: LlamaEngine) -> None:
        engine._proven.add(HOSTILE["not"])  # the canary alone would find it
        engine.prepare()
        assert isinstance(engine._child, Attached)
        with pytest.raises(EngineError, match="dropped the grammar"):
            await engine.generate(free(HOSTILE["not"]))
        assert not isinstance(engine._child, Attached)

    run(ask)
