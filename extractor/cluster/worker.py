"""What runs on the other machines: one engine, and the documents that it is given."""

from __future__ import annotations

import asyncio
import os
import pickle
import shutil
import socket
import tempfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from extractor import __version__
from extractor.cluster.job import Answer, Opened, Order, bare, sendable
from extractor.engines import Session, Trace, open_engine
from extractor.errors import EngineDenied, EngineError, ExtractError, SchemaError, UsageError, spell
from extractor.long import extract
from extractor.options import Options
from extractor.pipeline import unread
from extractor.talk import Talk
from extractor.types import Document, Schema

_FOLDER = "extract-worker-"  # of the user's files; then comes the pid
_NO_KEY = "keys do not travel: EXTRACT_API_KEY belongs into the environment of `ray start` on each machine"


class Worker:
    """An engine, and several documents in it at once; nothing is done before `open`.

    Errors are given back, not raised: Ray would wrap them.
    """

    def __init__(self) -> None:
        self._told: list[str] = []  # by the engine, and not yet passed on
        self._where = ""
        self._folder = Path()
        self._schema: Schema
        self._session: Session | None = None
        self._options = Options()

    async def ping(self) -> None:
        """Show that there is a process."""

    async def open(self, version: str, packed: bytes, cores: int) -> Opened | ExtractError:
        """Open the engine, and pull its weights; the packed `Order` is only read where both versions are the same."""
        host = socket.gethostname()
        if version != __version__:
            what = f"{host} has extractor {__version__}, and the driver {version}"
            return UsageError(what, hint="the same version on all machines")
        order: Order = pickle.loads(packed)  # noqa: S301  # from whoever started this process
        self._where = "" if host == order.host else f"{host}: "
        try:
            return await self._open(order, cores)
        except ExtractError as error:
            return self._sent(error)
        except Exception as error:  # noqa: BLE001  # a bug ends the run in words
            return EngineError(f"{self._where}{spell(error)}")

    async def answer(self, document: Document) -> Answer:
        """The record of a document, of a bug too; or what ends the run."""
        assert self._session is not None
        try:
            record = await extract(document, self._schema, self._session, self._options)
            return Answer(bare(record), notes=self._notes())
        except ExtractError as error:
            return Answer(None, self._sent(error), self._notes())
        except Exception as error:  # noqa: BLE001  # the other documents go on
            record = unread(document.source, error, self._schema, self._session, self._options)
            return Answer(record, notes=self._notes())

    async def close(self) -> None:
        """End what runs for the engine."""
        if self._session is not None:
            with suppress(ExtractError):
                await self._session.aclose()
        if self._folder.name:
            shutil.rmtree(self._folder, ignore_errors=True)

    async def _open(self, order: Order, cores: int) -> Opened:
        _sweep()
        self._folder = folder = Path(tempfile.mkdtemp(prefix=f"{_FOLDER}{os.getpid()}-"))
        trace = Trace(order.trace) if order.trace else None
        access = replace(order.access, trace=trace, on_note=self._told.append)
        settings = replace(order.settings, threads=order.settings.threads or cores or None)
        self._schema = _schema(order, folder / "schema")
        engine = open_engine(_model(order, folder / "engine"), settings, access)
        self._session = session = Session(engine, slots=order.slots, trace=trace)
        self._options = order.options
        await asyncio.to_thread(session.prepare)
        mode = Talk(session, order.options).mode
        return Opened(session.id, mode, session.slots, (*self._notes(), *filter(None, [session.note])))

    def _notes(self) -> tuple[str, ...]:
        told, self._told[:] = (*self._told,), []
        return told

    def _sent(self, error: ExtractError) -> ExtractError:
        if isinstance(error, EngineDenied):
            error = error.reworded(str(error), f"{error.hint}; {_NO_KEY}" if error.hint else _NO_KEY)
        return sendable(error, self._where)


def _sweep() -> None:
    """Remove what workers left here that were killed; the files of living ones stay, and those of other users."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_FOLDER}*-*"):
        pid = folder.name.removeprefix(_FOLDER).partition("-")[0]
        try:
            os.kill(int(pid), 0)
        except ProcessLookupError:
            shutil.rmtree(folder, ignore_errors=True)
        except (ValueError, OSError):
            continue


def _schema(order: Order, folder: Path) -> Schema:
    """The driver's schema, with the classes that are found here; it has to be the same one."""
    if order.classes is None or order.recipe is None:
        return order.schema
    loaded = replace(order.recipe, spec=order.classes.unpack(folder)).load()
    if loaded.digest != order.schema.digest:
        what = f"the schema {order.classes.spec} is {loaded.id} there, and {order.schema.id} with the driver"
        raise SchemaError(what, hint="the same versions of its modules and of pydantic on all machines")
    return replace(order.schema, model=loaded.model)


def _model(order: Order, folder: Path) -> str:
    if order.script is None:
        return order.model.unpack(folder)
    folder.mkdir()
    path = folder / Path(order.model.spec.partition(":")[2]).name
    path.write_bytes(order.script)
    return f"replay:{path}"
