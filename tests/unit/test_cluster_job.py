"""What is sent to a worker: no key, no class, nothing to call; the user's files that an import leads to; errors."""

from __future__ import annotations

import pickle
import sys
from dataclasses import replace
from pathlib import Path
from threading import Lock

import pytest

from extractor import errors, schema
from extractor.cluster.job import Job, Order, order, sendable
from extractor.cluster.parcel import Parcel, pack
from extractor.engines import Access, Trace
from extractor.errors import EngineUnavailable, ExtractError, RequestRejected, UsageError
from extractor.options import Options
from extractor.plugins import NotThere
from extractor.recipes import OfSchema

PAPER = """
from pydantic import BaseModel
import inner.deep
from helpers import one
from inner import sibling


class Paper(BaseModel):
    title: str
"""
TREE = {
    "paper.py": PAPER,
    "helpers.py": "import json, os\none = 1\n\n\ndef late():\n    import paper\n",
    "inner/__init__.py": "",
    "inner/deep.py": "from . import near\nfrom .lower import x as y\n",
    "inner/near.py": "",
    "inner/lower/__init__.py": "x = 1\n",
    "inner/sibling.py": "",
    "inner/unused.py": "",
    "other.py": "",
    "json.py": "raise SystemExit('not the one that is meant')\n",
    ".env": "EXTRACT_API_KEY=sk-secret\n",
    "data.csv": "1,2\n",
}
TAKEN = {"paper.py", "helpers.py", "inner/__init__.py", "inner/deep.py", "inner/near.py", "inner/lower/__init__.py"} | {
    "inner/sibling.py"
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in TREE.items():
        path = tmp_path / "project" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.chdir(tmp_path / "project")
    return tmp_path / "project"


def opened(job: Job) -> Order:
    found = pickle.loads(order(job))  # noqa: S301
    assert isinstance(found, Order)
    return found


@pytest.mark.parametrize("spec", ["paper.py", "paper.py:Paper", "paper:Paper", "./paper.py:Paper", "paper"])
def test_files_that_imports_lead_to_go_along_and_no_others(folder: Path, spec: str) -> None:
    assert {name for name, _ in pack(spec).files} == TAKEN


@pytest.mark.parametrize("spec", ["article", "title, year int", "pydantic:BaseModel", "none.py", "none.py:Paper"])
def test_what_is_installed_or_no_file_goes_by_its_name(folder: Path, spec: str) -> None:
    assert pack(spec) == Parcel(spec)


def test_a_parcel_is_loaded_from_where_it_is_unpacked(folder: Path, tmp_path: Path) -> None:
    there = tmp_path / "there"
    spec = pack("paper.py:Paper").unpack(there)
    assert spec == f"{there / 'paper.py'}:Paper"
    assert schema.load(spec).digest == schema.load("paper.py:Paper").digest
    assert sys.path[-1] == str(there)


def test_a_file_that_is_no_python_goes_along_alone(tmp_path: Path) -> None:
    (tmp_path / "odd.py").write_bytes(b"import \0 (((")
    assert [name for name, _ in pack(str(tmp_path / "odd.py")).files] == ["odd.py"]


def test_an_order_has_no_key_no_class_and_nothing_to_call(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EXTRACT_API_KEY", "sk-secret")
    (tmp_path / "key").write_text("sk-secret\n")
    (tmp_path / "key").chmod(0o600)
    access = Access("http://127.0.0.1:1/v1", tmp_path / "key", trace=Trace(tmp_path / "trace"), on_note=lambda _: None)
    options = Options(on_partial=lambda _: None)
    job = Job(schema.load("paper.py"), OfSchema("paper.py"), "any", access=access, options=options)
    assert b"sk-secret" not in order(job)
    sent = opened(job)
    assert sent.schema.model is None
    assert sent.schema.digest == job.schema.digest
    assert sent.options.on_partial is None
    assert (sent.access.trace, sent.trace) == (None, tmp_path / "trace")
    assert sent.access.key_file == tmp_path / "key"


@pytest.mark.parametrize(
    ("model", "base_url", "is_everywhere"),
    [
        ("smollm2-135m", None, True),
        ("smollm2-135m", "http://h/v1", False),
        ("weights.gguf", "http://h/v1", True),
        ("mine.py:Engine", None, True),
        ("openai:gpt", None, False),
        ("http://h/v1#m", None, False),
        ("replay:x.jsonl", None, False),
    ],
)
def test_weights_are_everywhere_and_an_endpoint_is_asked_by_one(
    model: str, base_url: str | None, is_everywhere: bool
) -> None:
    job = Job(schema.load("title str"), None, model, access=Access(base_url))
    assert job.is_everywhere is is_everywhere


def test_a_class_without_a_spec_is_refused(folder: Path) -> None:
    with pytest.raises(UsageError, match="classes do not travel"):
        order(Job(schema.load("paper.py"), None, "any"))


def test_a_replay_takes_its_script_along(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text("{}")
    job = Job(schema.load("title str"), None, f"replay:{tmp_path / 'x.jsonl'}")
    assert opened(job).script == b"{}"
    with pytest.raises(UsageError, match="No such file"):
        order(replace(job, model="replay:none.jsonl"))


KINDS = [
    one
    for one in vars(errors).values()
    if isinstance(one, type) and issubclass(one, ExtractError) and one.__module__ == errors.__name__
]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: str(kind.__name__))
def test_errors_cross_as_what_they_are(kind: type[ExtractError]) -> None:
    there = pickle.loads(pickle.dumps(sendable(kind("what", hint="try that"), "host: ")))  # noqa: S301
    assert type(there) is kind
    assert (str(there), there.hint, there.exit_code) == ("host: what", "try that", kind.exit_code)


def test_what_errors_carry_beside_crosses_too() -> None:
    late = sendable(EngineUnavailable("busy", status=429, retry_after=2.5, is_unreachable=True))
    assert isinstance(late, EngineUnavailable)
    assert (late.status, late.retry_after, late.is_unreachable) == (429, 2.5, True)
    refused = sendable(RequestRejected("no", status=400, parameter="seed"))
    assert isinstance(refused, RequestRejected)
    assert refused.parameter == "seed"


class Mine(EngineUnavailable):
    """An error of a user's, with what only that process has."""

    def __init__(self) -> None:
        super().__init__("mine")
        self.lock = Lock()


@pytest.mark.parametrize(("error", "kind"), [(Mine(), EngineUnavailable), (NotThere("no such file"), UsageError)])
def test_errors_of_others_cross_as_the_next_of_ours(error: ExtractError, kind: type[ExtractError]) -> None:
    there = pickle.loads(pickle.dumps(sendable(error)))  # noqa: S301
    assert type(there) is kind
    assert str(there) == str(error)
