"""What every engine keeps, whatever the schema: an answer is valid, or there is an honest error.

The embedded engine, the chat engine in each mode against llama.cpp's own HTTP server, and replay; the engine in process
through outlines has the same cases in test_outlines.py. smollm2 knows little, so nothing is said of its values.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from extractor.engines import Access, Session, Settings, open_engine
from extractor.engines.endpoint.remote import RemoteEngine
from extractor.options import Options
from extractor.pipeline import extract
from extractor.schema import load_json
from extractor.tagged_union import one_of
from extractor.types import Document, Engine, Extraction, Mode, Schema

SERVER = Path(__file__).with_name("chat_server.py")
TEXT = Document(
    "harbour.txt",
    "The Harbour Bridge opened in 1932. It was built by Ada Marsh and Bo Lind for 4.2 million pounds. "
    "海港大桥于1932年通车。",
)
WORD = {"type": "string", "maxLength": 20}


def closed(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": [*properties],
        "additionalProperties": False,
    }


def deep(levels: int) -> dict[str, Any]:
    return closed(at=deep(levels - 1)) if levels else closed(year={"type": "integer", "minimum": 1900, "maximum": 1999})


SCHEMAS: dict[str, dict[str, Any]] = {
    "nested": closed(bridge=closed(name=WORD, opened={"type": "integer"}), city={"anyOf": [WORD, {"type": "null"}]}),
    "recursive": {
        "$ref": "#/$defs/part",
        "$defs": {"part": closed(name=WORD, parts={"type": "array", "items": {"$ref": "#/$defs/part"}, "maxItems": 2})},
    },
    "union": closed(
        entry={
            "anyOf": [
                closed(kind={"const": "free"}),
                closed(kind={"const": "paid"}, pounds={"type": "number", "minimum": 0, "maximum": 99}),
            ]
        }
    ),
    "enum": closed(kind={"enum": ["bridge", "tunnel", 3, None]}, sure={"type": "boolean"}),
    "bounded": closed(
        year={"type": "integer", "minimum": 1900, "maximum": 1950},
        names={"type": "array", "items": WORD, "minItems": 1, "maxItems": 2},
        code={"type": "string", "pattern": "^[A-Z]{2}-[0-9]{3}$"},
    ),
    "Chinese": closed(名称={"enum": ["海港大桥", "隧道"]}, 年份={"type": "integer", "minimum": 0, "maximum": 9999}),
    "a hundred fields": closed(**{a + b: {"type": "boolean"} for a in "abcdefghij" for b in "abcdefghij"}),
    "deep": deep(8),
    "a choice": one_of(
        {"open": closed(bridge=WORD), "date/it": closed(year={"type": "integer"})}, for_query=True, allow_none=True
    ).json_schema,
    "a map": {"type": "object", "additionalProperties": {"type": "integer"}, "maxProperties": 2},
    "a list": {"type": "array", "items": closed(year={"type": "integer"}), "minItems": 1, "maxItems": 2},
}
TOKENS = {"a hundred fields": 800}
HELD: tuple[Mode, ...] = ("grammar", "json_schema", "tools")


CUT = [f"is not proven: the answer was cut off after {most} tokens" for most in ("200", "1,000")]


@pytest.fixture(scope="module")
def url(smollm2: Path) -> Iterator[str]:
    command = [sys.executable, "-P", str(SERVER), str(smollm2)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        assert server.stdout is not None
        assert server.stdin is not None
        yield server.stdout.readline().strip() + "/v1"
        server.stdin.close()


def ask(engine: Engine, schema: Schema, **options: Any) -> Extraction:
    async def main() -> Extraction:
        session = Session(engine)
        try:
            return await asyncio.wait_for(extract(TEXT, schema, session, Options(**options)), 300)
        finally:
            await session.aclose()

    return asyncio.run(main())


def assert_kept(record: Extraction, schema: Schema) -> None:
    if record.ok:
        Draft202012Validator(schema.json_schema).validate(record.data)
        return
    assert all(problem.message for problem in record.errors)
    assert {problem.kind for problem in record.errors} <= {"Truncated", "ParseError", "InvalidOutput"}
    assert record.data is None or isinstance(record.data, list)


@pytest.fixture(scope="module")
def embedded(smollm2: Path) -> Callable[[], Engine]:
    return lambda: open_engine(str(smollm2), Settings(slots=1, threads=1))


@pytest.mark.slow
@pytest.mark.parametrize("name", SCHEMAS)
def test_the_embedded_engine(embedded: Callable[[], Engine], name: str) -> None:
    schema = load_json(SCHEMAS[name])
    record = ask(embedded(), schema, max_tokens=TOKENS.get(name, 200), retries=1)
    assert_kept(record, schema)
    assert record.mode == "grammar"
    assert {problem.kind for problem in record.errors} <= {"Truncated"}


@pytest.mark.slow
@pytest.mark.parametrize("mode", [*HELD, "prompt"])
@pytest.mark.parametrize("name", SCHEMAS)
def test_a_server_in_each_mode(url: str, name: str, mode: Mode) -> None:
    schema = load_json(SCHEMAS[name])
    is_free = mode in ("tools", "prompt")  # smollm2 talks on, so what it says is cut short
    tokens, retries = (80, 0) if is_free else (TOKENS.get(name, 200), int(name not in TOKENS))
    record = ask(open_engine(url), schema, mode=mode, max_tokens=tokens, retries=retries)
    assert_kept(record, schema)
    assert record.mode == mode
    assert record.attempts >= 1
    assert record.usage.input_tokens > 0
    if mode == "grammar":
        assert {problem.kind for problem in record.errors} <= {"Truncated"}


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["grammar", "prompt"])
@pytest.mark.parametrize("name", ["nested", "Chinese", "a list"])
def test_a_model_that_only_continues_texts(url: str, name: str, mode: Mode) -> None:
    schema = load_json(SCHEMAS[name])
    engine = open_engine(url)
    assert isinstance(engine, RemoteEngine)
    engine.chat.has_chats = False
    record = ask(engine, schema, mode=mode, max_tokens=80 if mode == "prompt" else 200, retries=0)
    assert_kept(record, schema)
    assert "asked as a text" in record.notes.get("", "")
    assert record.ok or mode == "prompt"


def test_the_strongest_mode_that_works_is_taken(url: str) -> None:
    notes: list[str] = []
    schema = load_json(SCHEMAS["enum"])
    record = ask(open_engine(url, access=Access(on_note=notes.append)), schema)
    assert (record.ok, record.mode, notes) == (True, "grammar", [])


def test_a_record_that_grows(url: str) -> None:
    grown: list[Any] = []
    schema = load_json(SCHEMAS["bounded"])
    record = ask(open_engine(url), schema, mode="grammar", max_tokens=200, on_partial=grown.append)
    assert record.ok
    assert len(grown) > 5
    assert grown[-1] == record.data
    sizes = [len(json.dumps(value)) for value in grown]
    assert sizes == sorted(sizes)
    assert record.usage.output_tokens > 5


@pytest.mark.parametrize("mode", [*HELD, "prompt"])
@pytest.mark.parametrize("name", SCHEMAS)
def test_replay(tmp_path: Path, name: str, mode: Mode) -> None:
    schema = load_json(SCHEMAS[name])
    script = tmp_path / "answers.jsonl"
    script.write_text('{"text": "I do not know."}\n{"text": {"nothing": 1}}\n')
    record = ask(open_engine(f"replay:{script}"), schema, mode=mode, retries=1)
    assert_kept(record, schema)
    assert (record.mode, record.attempts) == (mode, 2)


def test_the_modes_of_a_server_are_seen(url: str) -> None:
    finished = subprocess.run(
        [sys.executable, "-m", "extractor", "models", "check", url, "--json"],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert finished.returncode == 0, finished.stderr
    found = json.loads(finished.stdout)
    assert {found["modes"].pop(mode) for mode in ("tools", "prompt")} <= {"", "is ignored", *CUT}, "smollm2 talks on"
    assert found["modes"] == {"grammar": "", "json_schema": ""}
    assert (found["server"], found["context"]) == ("llama.cpp", 8192)
    assert found["tokens_per_second"] > 0
