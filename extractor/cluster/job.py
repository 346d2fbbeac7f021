"""What a worker is told: frozen values and texts, and none of them is a key.

A worker finds keys where the engine looks for them anyway: EXTRACT_API_KEY in the environment that `ray start` had, or
the file of --key-file on its own machine. What goes through Ray may be in its logs, its dashboard, or on an open wire.
"""

from __future__ import annotations

import pickle
import socket
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from extractor.cluster.parcel import Parcel, pack
from extractor.engines import Access, Settings
from extractor.engines.model_spec import anchor, is_code, kind_of, takes_base_url
from extractor.errors import ExtractError, UsageError
from extractor.options import Options
from extractor.recipes import OfSchema, Recipe
from extractor.schema import builtins
from extractor.types import Extraction, Mode, Schema


@dataclass(frozen=True, slots=True)
class Job:
    """One run as the driver knows it.

    `schema` is loaded already; where it has classes, `recipe` says how a worker makes it with them. `slots` is how many
    documents an engine gets at once that does not know better itself.
    """

    schema: Schema
    recipe: Recipe | None
    model: str
    settings: Settings = field(default_factory=Settings)
    access: Access = field(default_factory=Access)
    options: Options = field(default_factory=Options)
    slots: int | None = None

    @property
    def is_everywhere(self) -> bool:
        """Whether each node gets an engine: weights and engines of a user's, whereas one worker asks an endpoint."""
        if self.access.base_url is not None and takes_base_url(self.model):
            return False
        return kind_of(self.model) in ("weights", "outlines", "code")


@dataclass(frozen=True, slots=True)
class Order:
    """A job as it goes to a worker: without the classes of the schema, with the user's files, and nothing to call."""

    schema: Schema
    recipe: Recipe | None
    classes: Parcel | None
    model: Parcel
    script: bytes | None
    settings: Settings
    access: Access
    trace: Path | None
    options: Options
    slots: int | None
    host: str


@dataclass(frozen=True, slots=True)
class Opened:
    """What a worker says once its engine is there."""

    engine: str
    mode: Mode
    slots: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """A record, or the error that ends the run; `notes` are what an engine had to tell people meanwhile."""

    record: Extraction | None
    fault: ExtractError | None = None
    notes: tuple[str, ...] = ()


def order(job: Job) -> bytes:
    """A job, packed; raises `UsageError` for what cannot be sent."""
    if job.schema.model is not None and job.recipe is None:
        hint = "say what a worker makes it of: OfSchema('paper.py:Paper'), or OfTools('tools.py')"
        raise UsageError(f"{job.schema.name} is a class, and classes do not travel", hint=hint)
    access, trace = job.access, job.access.trace
    key_file = access.key_file and access.key_file.expanduser().absolute()
    plain = Order(
        schema=replace(job.schema, model=None),
        recipe=job.recipe,
        classes=_classes(job.recipe) if job.recipe and job.schema.model is not None else None,
        model=_model(job),
        script=_script(job.model),
        settings=job.settings,
        access=Access(access.base_url, key_file, access.offline, access.total_timeout, timeout=access.timeout),
        trace=trace.folder.absolute() if trace else None,
        options=replace(job.options, on_partial=None, on_part=None),
        slots=job.slots,
        host=socket.gethostname(),
    )
    try:
        return pickle.dumps(plain)
    except RecursionError:
        raise UsageError("the schema or its examples are nested too deep to be sent") from None


def _classes(recipe: Recipe) -> Parcel:
    return Parcel(recipe.spec) if isinstance(recipe, OfSchema) and recipe.spec in builtins() else pack(recipe.spec)


def _model(job: Job) -> Parcel:
    """The spec of the engine, with the user's files where it is made of such; other paths as seen from anywhere."""
    if is_code(job.model, has_base_url=job.access.base_url is not None):
        return pack(job.model)
    return Parcel(anchor(job.model, Path.cwd()))


def _script(spec: str) -> bytes | None:
    """What is in the file of a replay."""
    if kind_of(spec) != "replay":
        return None
    path = Path(spec.partition(":")[2]).expanduser()
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", hint="replay:FILE.jsonl") from error


def sendable(error: ExtractError, where: str = "") -> ExtractError:
    """An error that any other process can read: of a class of ours, without its traceback; `where` comes first."""
    ours = next(one for one in type(error).__mro__ if one.__module__ == ExtractError.__module__)
    copy: ExtractError = ours(f"{where}{error}", hint=None if error.hint is None else str(error.hint))
    known = ("status", "retry_after", "is_unreachable", "parameter")
    vars(copy).update({name: value for name in known if _is_plain(value := getattr(error, name, None))})
    return copy


def _is_plain(value: Any) -> bool:
    return isinstance(value, str | int | float)


def bare(record: Extraction) -> Extraction:
    """A record without the instance of the user's class, whose module only this process has."""
    return replace(record, instance=None)
