"""What `--model` says: a spec to an engine. Opening one is cheap, nothing is loaded or asked yet."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from extractor import models, plugins
from extractor.engines.chat import ChatEngine
from extractor.engines.keys import OPENAI, key_for
from extractor.engines.llama import LlamaEngine
from extractor.engines.llama_process import Settings
from extractor.engines.own import kept
from extractor.engines.remote import RemoteEngine
from extractor.engines.replay import ReplayEngine
from extractor.engines.trace import Trace
from extractor.engines.transport import Patience, is_loopback
from extractor.engines.wire import Server
from extractor.errors import UsageError
from extractor.types import Engine

GROUP = "extractor.engines"  # entry points of packages that bring engines

# Where servers listen when nobody says otherwise.
_LOCAL: dict[str, tuple[str, Server]] = {
    "ollama": ("http://127.0.0.1:11434/v1", "other"),
    "vllm": ("http://127.0.0.1:8000/v1", "vllm"),
    "lmstudio": ("http://127.0.0.1:1234/v1", "other"),
}
_OBJECT = re.compile(r"(?:[\w.]+|.+\.py):[^\W\d]\w*")
_PREFIXES = ("openai", *_LOCAL, "outlines", "replay")
_FORMS = (
    f"{', '.join(f'{kind}:NAME' for kind in ('openai', *_LOCAL))}, http://HOST:PORT/v1#NAME, NAME with --base-url URL\n"
    "outlines:transformers:PATH_OR_ID, outlines:llamacpp:FILE.gguf, replay:FILE.jsonl\n"
    "an engine of your own: package.module:NAME, FILE.py:NAME"
)
_TRIES = 6  # of one request


@dataclass(frozen=True, slots=True)
class Access:
    """How to reach an engine that is not in this process; `total_timeout` is in seconds, for all tries of a request."""

    base_url: str | None = None
    key_file: Path | None = None
    offline: bool = False
    total_timeout: float | None = None
    trace: Trace | None = None
    on_note: Callable[[str], None] = field(default=lambda _: None)


def open_engine(spec: str, settings: Settings | None = None, access: Access | None = None) -> Engine:
    """The engine of a spec.

    A name of the catalogue, a `.gguf` path or `hf:owner/repo/file.gguf` runs here; `openai:NAME`, `ollama:NAME`,
    `vllm:NAME`, `lmstudio:NAME`, `http://host:port/v1#NAME`, or any name where there is a base URL, is asked over HTTP;
    `outlines:transformers:…` and `outlines:llamacpp:…` run in this process; `replay:FILE.jsonl` is a script;
    `package.module:object`, or the name of an entry point, is the user's own.
    Raises `UsageError` for a spec that means nothing.
    """
    access = access or Access()
    if engine := _by_prefix(spec, access) or _by_name(spec, access):
        return engine
    return LlamaEngine(_weights(spec), settings or Settings(), offline=access.offline, trace=access.trace)


def _by_prefix(spec: str, access: Access) -> Engine | None:
    """What a spec says by how it begins."""
    kind, _, rest = spec.partition(":")
    if kind == "replay":
        if not rest:
            raise UsageError(f"--model {spec} names no file", hint="replay:FILE.jsonl")
        return ReplayEngine(Path(rest))
    if kind == "outlines":
        from extractor.engines.local import open_outlines

        return open_outlines(rest, offline=access.offline)
    if kind in ("http", "https"):
        url, _, name = spec.partition("#")
        return _remote(url, name, access)
    return _named(kind, rest, access) if kind == "openai" or kind in _LOCAL else None


def _by_name(spec: str, access: Access) -> Engine | None:
    """A model of the base URL that was given, or an engine of the user's."""
    if access.base_url:
        return _remote(access.base_url, spec, access)
    name, _, rest = spec.partition(":")
    if (found := plugins.find_entry_point(GROUP, name)) is not None:
        return _own(found(rest) if rest else found(), spec)
    if _OBJECT.fullmatch(spec) and name != "hf":
        return _own(_found(spec), spec)
    if spec.lower().endswith(".py"):
        raise UsageError(f"--model {spec} does not say which engine of the file is meant", hint=f"{spec}:NAME")
    return _remote(os.environ["OPENAI_BASE_URL"], spec, access) if _is_of_openai_url(spec) else None


def _named(kind: str, name: str, access: Access) -> RemoteEngine:
    """`openai:gpt-x`, and servers on their usual ports."""
    if not name:
        raise UsageError(f"--model {kind}: names no model", hint=f"{kind}:NAME")
    if kind == "openai":
        url = access.base_url or os.environ.get("OPENAI_BASE_URL") or OPENAI
        return _remote(url, name, access, "openai" if url == OPENAI else None)
    url, server = _LOCAL[kind]
    return _remote(access.base_url or url, name, access, server)


def _remote(url: str, name: str, access: Access, server: Server | None = None) -> RemoteEngine:
    if not re.match(r"https?://[^/\s]+", url):
        raise UsageError(f"{url!r} is not a URL", hint="http://host:port/v1")
    if "?" in url:
        raise UsageError("a URL with a query in it", hint="keys go into EXTRACT_API_KEY, or --key-file")
    if "@" in url.partition("://")[2].partition("/")[0]:
        raise UsageError("a URL with a password in it", hint="EXTRACT_API_KEY, or --key-file")
    if access.offline and not is_loopback(url):
        raise UsageError(f"{url} is not on this machine, and --offline forbids to leave it")
    chat = ChatEngine(
        url,
        key_for(url, access.key_file),
        name,
        RemoteEngine.modes,
        name=f"{url.partition('://')[2]}#{name}" if server != "openai" else f"openai:{name}",
        server=server or "other",
        patience=Patience(_TRIES, access.total_timeout),
        trace=access.trace,
    )
    return RemoteEngine(chat, server=server, on_note=access.on_note)


def _weights(spec: str) -> models.Weights:
    """Weights that run here."""
    weights = models.find(spec)
    if weights is None:
        raise UsageError(f"unknown model {spec!r}", hint=_suggest(spec))
    return weights


def _found(spec: str) -> Any:
    """An object of the user's; the name of a module that is not there may be a slip in something else."""
    try:
        return plugins.find(spec)
    except plugins.NotThere as error:
        is_slip = isinstance(error.__cause__, ModuleNotFoundError)
        raise UsageError(f"--model {spec}: {error}", hint=_suggest(spec) if is_slip else error.hint) from error


def _suggest(spec: str) -> str:
    """What may have been meant: 'opanai:x' → 'did you mean openai:x?'; all forms where that cannot be guessed."""
    kind, colon, rest = spec.partition(":")
    if colon and (meant := get_close_matches(kind.lower(), _PREFIXES, n=1)):
        return f"did you mean {meant[0]}:{rest}?"
    near = models.suggest(spec)
    return near if near.startswith("did you mean") else f"{near}\n{_FORMS}"


def _own(found: Any, spec: str) -> Engine:
    """An engine of the user's: the object, or what a class or function without parameters gives."""
    engine = found if hasattr(found, "generate") and not isinstance(found, type) else _made(found, spec)
    return kept(engine, spec)


def _made(found: Any, spec: str) -> Any:
    if not callable(found):
        raise UsageError(f"{spec} is no engine, and nothing that makes one", hint="examples/engines.md shows one")
    try:
        return found()
    except Exception as error:
        what = f"{spec} cannot be made: {type(error).__name__}: {error}"
        raise UsageError(what, hint="it is called without arguments") from error


def _is_of_openai_url(spec: str) -> bool:
    """Whether OPENAI_BASE_URL is meant: not for what names weights."""
    is_weights = spec in models.CATALOGUE or spec.startswith("hf:") or spec.lower().endswith(".gguf")
    return bool(os.environ.get("OPENAI_BASE_URL")) and not is_weights
