"""The library's face: `extract` and `choose`, with those that are awaited.

Engines live on one event loop in a background thread, so that the same call works in scripts, in notebooks and
inside a running loop, and the weights stay loaded from one call to the next.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
from collections.abc import AsyncIterator, Coroutine
from concurrent.futures import Future
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, TypedDict, TypeVar

from typing_extensions import Unpack

from extractor.engines import Session, open_engine
from extractor.engines.own import kept
from extractor.errors import UsageError
from extractor.long import extract as extract_document
from extractor.models import DEFAULT
from extractor.options import Options
from extractor.schema import SchemaSpec, load, load_many
from extractor.tools import Call, ToolSpec, calls_of, load_tools, schema_of
from extractor.types import SHOWN_TOKENS, Document, Engine, Extraction

T = TypeVar("T")

_THREAD = "extract-loop"
_END = object()
_LONGEST_NAME = 250  # characters of a text that may be the name of a file
_IS_NAME = "the text is the name of a file: Path({!r}) reads it"
_engines: dict[str, Session] = {}
_guard = threading.Lock()


def extract(
    text: str | Path | Document,
    schema: SchemaSpec,
    *,
    model: str | None = None,
    engine: Engine | None = None,
    options: Options | None = None,
    many: bool = False,
) -> Extraction:
    """Extract one record from a text; with `many`, or a schema such as `list[Paper]`, a list of records.

    A `Path` is a file of any kind that the command line reads; raises `SourceError` where it cannot be read.
    `schema` is a Pydantic class or anything that `load_schema` takes; `model` is a spec as for `--model` (default
    EXTRACT_MODEL, else qwen2.5-coder-1.5b), `engine` anything with `generate` instead. The first call loads the
    weights, and downloads them where needed; they stay loaded until `close()` or the end of the process. `.value`
    of the result is the validated instance, or raises what is wrong with the answer.
    """
    _refuse_waiting("extract")
    return _wait(_submit(_extract(text, schema, model, engine, options, many=many)))


async def aextract(
    text: str | Path | Document,
    schema: SchemaSpec,
    *,
    model: str | None = None,
    engine: Engine | None = None,
    options: Options | None = None,
    many: bool = False,
) -> Extraction:
    """As `extract`, for use inside an event loop; many can be awaited at once."""
    return await asyncio.wrap_future(_submit(_extract(text, schema, model, engine, options, many=many)))


async def astream(
    text: str | Path | Document,
    schema: SchemaSpec,
    *,
    model: str | None = None,
    engine: Engine | None = None,
    options: Options | None = None,
    many: bool = False,
) -> AsyncIterator[Any]:
    """As `aextract`, but yields the data as far as it is written, each time that it has grown, and at last the record.

    What grows is the first answer, or of a long text what its parts have given; a repair is only in the record.
    """
    grown: asyncio.Queue[Any] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def show(value: Any) -> None:
        loop.call_soon_threadsafe(grown.put_nowait, value)

    options = replace(_checked(options), on_partial=show)
    record = asyncio.ensure_future(aextract(text, schema, model=model, engine=engine, options=options, many=many))
    record.add_done_callback(lambda _: grown.put_nowait(_END))
    try:
        while (value := await grown.get()) is not _END:
            yield value
        yield await record
    finally:
        record.cancel()


class Asked(TypedDict, total=False):
    """How `choose` and its kin ask: `allow_none` lets no tool fit, `ask` lets a call say what is `missing`.

    Of many tools a model is shown the nearest to the query, with so many `shown_tokens` of descriptions.
    """

    allow_none: bool
    ask: bool
    shown_tokens: int
    model: str | None
    engine: Engine | None
    options: Options | None


def choose(query: str, tools: ToolSpec, **asked: Unpack[Asked]) -> Call:
    """The tool that does what a query asks for, with its arguments, which are validated; nothing is run.

    `tools` are functions with type hints, Pydantic classes, definitions in JSON, or anything else that `load_tools`
    takes. With `allow_none` there may be none that fits; with `ask` the call says what is `missing` in the query, where
    arguments would be made up otherwise. `model`, `engine` and `options` are as for `extract`. Raises `InvalidOutput`
    where the model gave no valid call.
    """
    _refuse_waiting("choose")
    return _wait(_submit(_choose(query, tools, asked, many=False)))[0]


def choose_many(query: str, tools: ToolSpec, **asked: Unpack[Asked]) -> list[Call]:
    """As `choose`, for a query that asks for several things: the calls, in order."""
    _refuse_waiting("choose_many")
    return _wait(_submit(_choose(query, tools, asked, many=True)))


async def achoose(query: str, tools: ToolSpec, **asked: Unpack[Asked]) -> Call:
    """As `choose`, for use inside an event loop."""
    return (await asyncio.wrap_future(_submit(_choose(query, tools, asked, many=False))))[0]


async def achoose_many(query: str, tools: ToolSpec, **asked: Unpack[Asked]) -> list[Call]:
    """As `choose_many`, for use inside an event loop."""
    return await asyncio.wrap_future(_submit(_choose(query, tools, asked, many=True)))


def close() -> None:
    """Unload the weights; the next call loads them again."""
    with _guard:
        opened = list(_engines.values())
        _engines.clear()
    for engine in opened:
        _submit(engine.aclose()).result()


async def _extract(
    text: str | Path | Document,
    schema: SchemaSpec,
    model: str | None,
    engine: Engine | None,
    options: Options | None,
    *,
    many: bool,
) -> Extraction:
    if not isinstance(text, str | Path | Document):
        raise UsageError(f"extract() takes a text, a Path or a Document, not {type(text).__name__}")
    if engine is not None and model is not None:
        raise UsageError("model= and engine= each name an engine", hint="one of them")
    document = await asyncio.to_thread(_read, text) if isinstance(text, Path) else _document(text)
    loaded = load_many(schema) if many else load(schema)
    opened = _shared(model) if engine is None else kept(engine)
    return await extract_document(document, loaded, opened, _checked(options))


def _read(path: Path) -> Document:
    from extractor.sources import STDIN, Source, load  # with what reads files, which texts need not

    return load(Source(str(path.absolute()) if str(path) == STDIN else str(path)))


def _document(text: str | Document) -> Document:
    """A text as a document; one that is the name of a file says so."""
    if isinstance(text, Document):
        return text
    is_name = len(text) <= _LONGEST_NAME and text.isprintable() and Path(text).is_file()
    return Document("text", text, (_IS_NAME.format(text),) if is_name else ())


async def _choose(query: str, tools: ToolSpec, asked: Asked, *, many: bool) -> list[Call]:
    """The calls for a query."""
    if not isinstance(query, str):
        raise UsageError(f"choose() takes a text, not {type(query).__name__}")
    if unknown := next((name for name in asked if name not in Asked.__annotations__), None):
        known = ", ".join(Asked.__annotations__)
        hint = "choose_many gives several calls" if unknown == "many" else f"it takes {known}"
        raise UsageError(f"choose() has no {unknown!r}", hint=hint)
    loaded = load_tools(tools)
    kind = {"many": many, "allow_none": asked.get("allow_none", False), "ask": asked.get("ask", False)}
    schema = schema_of(loaded, **kind, shown_tokens=asked.get("shown_tokens", SHOWN_TOKENS))
    how = asked.get("model"), asked.get("engine"), asked.get("options")
    return [*calls_of(await _extract(Document("query", query), schema, *how, many=False), loaded)]


def _refuse_waiting(name: str) -> None:
    """Raise `UsageError` where an engine that asks would wait for itself."""
    if threading.current_thread().name == _THREAD:
        raise UsageError(f"{name}() was called from inside an engine", hint=f"await a{name}() there")


def _checked(options: Options | None) -> Options:
    if not isinstance(options, Options | None):
        raise UsageError(f"options= takes Options(…), not {type(options).__name__}")
    return options or Options()


def _shared(model: str | None) -> Session:
    spec = model or os.environ.get("EXTRACT_MODEL") or DEFAULT
    with _guard:
        if spec not in _engines:
            _engines[spec] = Session(open_engine(spec))
        return _engines[spec]


def _submit(work: Coroutine[Any, Any, T]) -> Future[T]:
    return asyncio.run_coroutine_threadsafe(work, _loop())


def _wait(work: Future[T]) -> T:
    """What work gives; where the wait is broken off, as by Ctrl-C, the work is too."""
    try:
        return work.result()
    except BaseException:
        work.cancel()
        raise


@cache
def _loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name=_THREAD, daemon=True).start()
    atexit.register(_end)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_forget)
    return loop


def _forget() -> None:
    """A forked process has neither the thread nor a right to the children: it starts its own."""
    _loop.cache_clear()
    _engines.clear()


def _end() -> None:
    """End the children when the interpreter ends; no event loop may start a thread any more."""
    for engine in _engines.values():
        engine.close()
