"""From a spec to an engine. Opening one is cheap, nothing is loaded or asked yet."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from inspect import iscoroutine
from pathlib import Path
from typing import Any

from extractor import models, plugins
from extractor.config import has_secret
from extractor.engines.base_url import OPENAI, normalise
from extractor.engines.endpoint.chat import ChatEngine
from extractor.engines.endpoint.remote import RemoteEngine
from extractor.engines.endpoint.transport import Patience, is_loopback
from extractor.engines.endpoint.wire import Server
from extractor.engines.keys import key_for
from extractor.engines.llama.engine import LlamaEngine
from extractor.engines.llama.process import Settings
from extractor.engines.model_spec import GROUP, PREFIXES, SERVERS, Kind, kind_of, takes_base_url
from extractor.engines.own import is_fault, kept
from extractor.engines.replay import ReplayEngine
from extractor.engines.trace import Trace
from extractor.errors import UsageError, spell
from extractor.types import Engine

# Where servers listen when nobody says otherwise.
_USUAL = {
    "openai": OPENAI,
    "ollama": "http://127.0.0.1:11434/v1",
    "vllm": "http://127.0.0.1:8000/v1",
    "lmstudio": "http://127.0.0.1:1234/v1",
}
_FORMS = (
    f"{', '.join(f'{kind}:NAME' for kind in SERVERS)}, http://HOST:PORT/v1#NAME, NAME with --base-url URL\n"
    "outlines:transformers:PATH_OR_ID, outlines:llamacpp:FILE.gguf, replay:FILE.jsonl\n"
    "an engine of your own: package.module:NAME, FILE.py:NAME"
)
_TRIES = 6  # of one request
# A URL without its scheme, or with half of it: 'localhost:8080', 'https//host/v1#m'.
_ADDRESS = re.compile(
    r"(?i)(?=https?/|[^/]+:\d)(?:(https?)/+)?((?:\[[\da-f:]+\]|[\w.-]+)(?::\d{2,5})?)(/[^#?@]*)?(#.*)?"
)

_log = logging.getLogger("extractor")


@dataclass(frozen=True, slots=True)
class Access:
    """How to reach an engine that is not in this process; `total_timeout` is in seconds, for all tries of a request.

    `timeout` is in seconds too, for one try of what is asked about an endpoint before the first document; what is asked
    of a document has its own. `on_note` gets what people should know, by default the log `extractor`.
    """

    base_url: str | None = None
    key_file: Path | None = None
    offline: bool = False
    total_timeout: float | None = None
    trace: Trace | None = None
    on_note: Callable[[str], None] = _log.warning
    timeout: float | None = None


def open_engine(spec: str, settings: Settings | None = None, access: Access | None = None) -> Engine:
    """The engine of a spec.

    A name of the catalogue, a `.gguf` path or `hf:owner/repo/file.gguf` runs here; `openai:NAME`, `ollama:NAME`,
    `vllm:NAME`, `lmstudio:NAME`, `http://host:port/v1#NAME`, or any name where there is a base URL, is asked over HTTP;
    `outlines:transformers:…` and `outlines:llamacpp:…` run in this process; `replay:FILE.jsonl` is a script;
    `package.module:object`, or the name of an entry point, is the user's own.
    Raises `UsageError` for a spec that means nothing.
    """
    access = access or Access()
    kind = kind_of(spec)
    if (url := _endpoint(kind, spec, access)) is not None:
        return _remote(url, _asked_for(kind, spec), access, _server(kind, url))
    if kind == "replay":
        return ReplayEngine(Path(_rest(spec, "replay:FILE.jsonl")).expanduser())
    if kind == "outlines":
        from extractor.engines.local.engine import open_outlines

        return open_outlines(spec.partition(":")[2], offline=access.offline)
    if kind == "code":
        return kept(_own(spec), spec, access.on_note)
    return LlamaEngine(_weights(spec), settings or Settings(), offline=access.offline, trace=access.trace)


def _endpoint(kind: Kind, spec: str, access: Access) -> str | None:
    """The base URL that a spec is asked at: its own, the given one, that of the environment, the usual one."""
    if not takes_base_url(spec):
        return None
    given = None if access.base_url is None else normalise(access.base_url)
    if kind == "url":
        own = normalise(spec.partition("#")[0])
        if given not in (None, own):
            hint = f"one of them: --model {_asked_for(kind, spec) or 'NAME'} --base-url {own}"
            raise UsageError("--model names one endpoint, and --base-url another", hint=hint)
        return own
    theirs = os.environ.get("OPENAI_BASE_URL") if kind in ("openai", "name") else None
    return given or (normalise(theirs) if theirs else _USUAL.get(kind))


def _asked_for(kind: Kind, spec: str) -> str:
    """The name of the model at its endpoint; '' where a URL leaves that to the endpoint."""
    if kind == "url":
        return spec.partition("#")[2]
    return _rest(spec, f"{kind}:NAME") if kind in SERVERS else spec


def _rest(spec: str, form: str) -> str:
    """What stands behind the prefix."""
    if not (rest := spec.partition(":")[2]):
        what = "file" if form.startswith("replay") else "model"
        raise UsageError(f"--model {spec} names no {what}", hint=form)
    return rest


def _server(kind: Kind, url: str) -> Server | None:
    """Which server it is, as far as a spec says that; None where the server is asked."""
    if kind == "openai":
        return "openai" if url == OPENAI else None
    return "vllm" if kind == "vllm" else "other" if kind in SERVERS else None


def _remote(url: str, name: str, access: Access, server: Server | None) -> RemoteEngine:
    if access.offline and not is_loopback(url):
        raise UsageError(f"{url} is not on this machine, and --offline forbids to leave it")
    where = url.partition("://")[2]
    chat = ChatEngine(
        url,
        key_for(url, access.key_file),
        name,
        RemoteEngine.modes,
        name=f"openai:{name}" if server == "openai" else f"{where}#{name}" if name else where,
        server=server,
        patience=Patience(_TRIES, access.total_timeout),
        trace=access.trace,
    )
    return RemoteEngine(chat, seconds=access.timeout, on_note=access.on_note)


def _weights(spec: str) -> models.Weights:
    """Weights that run here."""
    weights = models.find(spec)
    if weights is None:
        if has_secret(spec):
            hint = "keys go into EXTRACT_API_KEY, or --key-file"
            raise UsageError("--model is no URL, and has a password or a query in it", hint=hint)
        raise UsageError(f"unknown model {spec!r}", hint=_suggest(spec))
    return weights


def _own(spec: str) -> Any:
    """What is to be an engine of the user's: the object, or what a class or function gives."""
    found, given = _found(spec)
    is_ready = not given and not isinstance(found, type) and hasattr(found, "generate")
    return found if is_ready else _made(found, spec, given)


def _found(spec: str) -> tuple[Any, str]:
    """What a spec names, and what stands behind the name of an entry point.

    The name of a module that is not there may be a slip in something else.
    """
    name, _, rest = spec.partition(":")
    if (found := plugins.find_entry_point(GROUP, name)) is not None:
        return found, rest
    if spec.lower().endswith(".py"):
        raise UsageError(f"--model {spec} does not say which engine of the file is meant", hint=f"{spec}:NAME")
    try:
        return plugins.find(spec), ""
    except plugins.NotThere as error:
        is_slip = isinstance(error.__cause__, ModuleNotFoundError)
        raise UsageError(f"--model {spec}: {error}", hint=_suggest(spec) if is_slip else error.hint) from error


def _made(make: Any, spec: str, given: str) -> Any:
    """What a class or function gives, called with what there is to give it."""
    if not callable(make):
        raise UsageError(f"{spec} is no engine, and nothing that makes one", hint="examples/engines.md shows one")
    try:
        made = make(given) if given else make()
    except BaseException as error:
        if not is_fault(error):
            raise
        hint = f"it is called with {given!r}" if given else "it is called without arguments"
        raise UsageError(f"{spec} cannot be made: {spell(error)}", hint=hint) from error
    if iscoroutine(made):
        made.close()  # else Python complains that nobody awaits it
        raise UsageError(f"{spec} cannot be made: an engine is made without await", hint="write `def`, not `async def`")
    return made


def _suggest(spec: str) -> str:
    """What may have been meant: 'opanai:x' → 'did you mean openai:x?'; all forms where that cannot be guessed."""
    kind, colon, rest = spec.partition(":")
    if colon and (meant := get_close_matches(kind.lower(), PREFIXES, n=1)):
        return f"did you mean {meant[0]}:{rest}?"
    if address := _ADDRESS.fullmatch(spec):
        scheme, host, path, model = address.groups(default="")
        return f"did you mean {scheme or 'http'}://{host}{path.rstrip('/') or '/v1'}{model}?"
    near = models.suggest(spec)
    return near if near.startswith("did you mean") else f"{near}\n{_FORMS}"
